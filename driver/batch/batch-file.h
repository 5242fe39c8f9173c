/*
 * batch-file: results.json, which a run keeps up to date, and what the next one
 * is to know of it.
 *
 * Another run that uses the same directory at the same time has a file of its
 * own, results.2.json and so on; each shard has results.I-of-N.json.
 */
#ifndef DRIVER_BATCH_BATCH_FILE_H
#define DRIVER_BATCH_BATCH_FILE_H

struct batch_file;
struct batch_record;
struct err;
struct schedule_need;

/** batch_file_open() - of @record, whose .root exists and whose .tag is set here
 * Return: owned by the caller; NULL with @err set */
struct batch_file *batch_file_open(struct batch_record *record,
				   struct err *err);
/** batch_file_write() - @record as it is now; Return: 0; -errno with @err set */
int batch_file_write(struct batch_file *file, const struct batch_record *record,
		     struct err *err);
/** batch_file_expect() - set .expected_ms of @needs, those of @record's tests,
 * by what earlier runs took */
void batch_file_expect(const struct batch_file *file,
		       const struct batch_record *record,
		       struct schedule_need *needs);
/** batch_file_close() - keep how long @record's tests took for the next run,
 * which may do without; NULL is a no-op */
void batch_file_close(struct batch_file *file,
		      const struct batch_record *record);

#endif /* DRIVER_BATCH_BATCH_FILE_H */
