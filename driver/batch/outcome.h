/*
 * outcome: what is to be told of a test that has ended: the run of it that
 * decides, and what that run's directory knows.
 */
#ifndef DRIVER_BATCH_OUTCOME_H
#define DRIVER_BATCH_OUTCOME_H

#include "driver/batch/record.h"

struct story;

struct outcome {
	const struct test_record *test; /* borrowed */
	enum run_result result;
	bool good; /* does no harm to the exit code */
	/* The first repetition that failed, or the last try; NULL: none was
	 * made. */
	const struct attempt_record *attempt;
	struct story *story; /* owned; NULL: there is no log, or it was not
			      * asked for */
	char *dir;	     /* the attempt's, absolute; owned; NULL: none */
	const char *error;   /* NULL: none; borrowed */
	char *file; /* the place of the failure; owned; NULL: unknown */
	long long line;
};

/** outcome_read() - of test @i; @with_story: its log is read, which may take a
 * while.  outcome_fini() is due. */
void outcome_read(struct outcome *outcome, const struct batch_record *batch,
		  size_t i, bool with_story);
void outcome_fini(struct outcome *outcome);

#endif /* DRIVER_BATCH_OUTCOME_H */
