/*
 * inputs: the results of runs, found in directories that may have been copied
 * from other machines.  Nothing in them is changed.
 */
#ifndef DRIVER_MERGE_INPUTS_H
#define DRIVER_MERGE_INPUTS_H

#include <stddef.h>

#include "driver/batch/record.h"

struct err;

/* What one file, or one test's directory, tells. */
struct input {
	struct batch_record record;
	char *label; /* the directory as it was given */
	char *file;  /* that told of it, absolute */
};

struct inputs {
	struct input *items;
	size_t n;
};

/**
 * inputs_add() - what is in @dir: all of its results*.json, or, when there is
 * none, the run or the runs of one test whose directory it is
 *
 * Of a run that was killed, the tests that ran then have an attempt that says
 * so.  Of two files of one directory that name the same results of a test, the
 * older one's are gone, and it has them no more.
 *
 * Return: 0; -ENOENT when there is nothing; -errno with @err set.
 */
int inputs_add(struct inputs *inputs, const char *dir, struct err *err);
void inputs_fini(struct inputs *inputs);

/** inputs_read_files() - only the results*.json of @dir; likewise, but there may
 * be none */
int inputs_read_files(struct inputs *inputs, const char *dir, struct err *err);
/** inputs_note_unfinished() - if @record's run has not come to its end, that is
 * why it ended */
void inputs_note_unfinished(struct batch_record *record);

#endif /* DRIVER_MERGE_INPUTS_H */
