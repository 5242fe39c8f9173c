/*
 * record-read: results.json as the record that it was written from.
 *
 * The file may come from another machine, and from anybody.
 */
#ifndef DRIVER_MERGE_RECORD_READ_H
#define DRIVER_MERGE_RECORD_READ_H

#include <jansson.h>

struct batch_record;
struct err;

enum {
	RECORD_READ_TESTS_MAX = 100000,
	RECORD_READ_ATTEMPTS_MAX = 100000,	  /* of a test */
	RECORD_READ_SIZE_MAX = 256 * 1024 * 1024, /* octets of a file */
};

/**
 * record_read() - the file @path, results*.json
 * @record: set; to be given to batch_record_fini().  Its .root is the directory
 *          of the file, and its tag that of the file's name
 *
 * Return: 0; -errno with @err set, which names the file and the line or the
 *         member that is wrong.
 */
int record_read(const char *path, struct batch_record *record, struct err *err);

/** record_from_json() - likewise of what such a file holds, but @record has no
 * .root; borrowed.  @record is to be given to batch_record_fini() also after an
 * error. */
int record_from_json(const json_t *json, struct batch_record *record,
		     struct err *err);

#endif /* DRIVER_MERGE_RECORD_READ_H */
