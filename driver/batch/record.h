/*
 * record: what came of each test, and of all together.
 *
 * Plain data, filled in as tests end; the summary and results.json are views.
 */
#ifndef DRIVER_BATCH_RECORD_H
#define DRIVER_BATCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/batch/log-compare.h"
#include "driver/batch/shard.h"

/* One run of a test. */
struct attempt_record {
	unsigned number; /* 1, 2, ... in the order in which they began */
	int code;	 /* an exit code, or 128 + a signal's number */
	uint64_t duration_ms;
	char *error; /* what it died of; or NULL */
	char *dir;   /* its results, below those of all; or NULL: none */
};

struct test_record {
	char *name;
	char *file;
	struct attempt_record *attempts; /* those that have ended, by number */
	size_t n_attempts;
	/* Of repetitions of which some failed and some passed: where the first
	 * that failed leaves the others; .text NULL: not known. */
	struct log_difference difference;
	size_t part; /* of a merged record: of which run it is */
};

/* One `vdelab run` of several whose results have been merged.  A shard that was
 * run again has several; those that a later one replaces say nothing about how
 * all ended. */
struct batch_part {
	char *from; /* what told of it, as seen from the record's root */
	struct shard shard; /* its .from is .shard_from */
	char *shard_from;   /* NULL: it was no shard */
	unsigned repeat;
	unsigned retries;
	bool flaky_fails;
	uint64_t seed;
	char *accel;
	char *accel_reason;
	double timeout_scale;
	int64_t began_s;
	uint64_t duration_ms;
	bool ended;   /* false: it was killed, or goes on */
	int code;     /* its exit code when it has ended */
	char *reason; /* what ended it early; or NULL */
	bool is_replaced;
};

struct batch_record {
	char *root; /* the directory of all results, absolute */
	struct test_record *tests;
	size_t n_tests;
	struct shard shard;
	unsigned repeat;  /* how often each test was to be run */
	unsigned retries; /* how often a failed one was to be run again */
	bool flaky_fails; /* a test that passed in the end counts as failed */
	char *jobs;	  /* "1", "auto" */
	uint64_t seed;
	const char *accel;	  /* "kvm", "tcg"; borrowed */
	const char *accel_reason; /* borrowed */
	double timeout_scale;
	int64_t began_s;      /* since 1970 */
	uint64_t duration_ms; /* until now */
	bool ended;
	int stop_code; /* 0; 128 + N or EXIT_TIMED_OUT: what ended it early;
			  EXIT_INFRA: parts of it are missing */
	char *stop_reason;
	struct batch_part *parts; /* when it is merged of several runs */
	size_t n_parts;
	struct batch_part *own; /* of one that was read from a file: it holds
				   the texts */
	/* What tells this run's files from those of others in .root: "", ".2",
	 * ".1-of-4". */
	char tag[48];
};

enum run_result {
	RESULT_NOT_RUN,
	RESULT_PASSED,
	RESULT_FLAKY, /* failed, was run again, and passed */
	RESULT_FAILED,
	RESULT_TIMED_OUT,
	RESULT_NO_RUN, /* could not be run */
	RESULT_INTERRUPTED,
	N_RESULTS,
};

enum run_result result_of_code(int code);
/** result_word() - "passed", "could not be run", ... */
const char *result_word(enum run_result result);

/** test_record_add() - @attempt ended; its texts are taken */
void test_record_add(struct test_record *test,
		     const struct attempt_record *attempt);
/** test_record_repeat() - how often it was to be run */
unsigned test_record_repeat(const struct batch_record *batch,
			    const struct test_record *test);
bool test_record_flaky_fails(const struct batch_record *batch,
			     const struct test_record *test);
/** test_record_code() - of the first repetition that failed, or of the last
 * try; 0 when nothing failed */
int test_record_code(const struct batch_record *batch,
		     const struct test_record *test);
enum run_result test_record_result(const struct batch_record *batch,
				   const struct test_record *test);

/* Of the runs that passed, or of all when none did. */
struct test_statistics {
	size_t n_passed;
	uint64_t min_ms, median_ms, max_ms;
};
void test_record_statistics(const struct test_record *test,
			    struct test_statistics *statistics);

/** batch_record_code() - the exit code: what ended it early, or the code of the
 * first test that failed, in the order of the files */
int batch_record_code(const struct batch_record *batch);
size_t batch_record_count(const struct batch_record *batch,
			  enum run_result result);
void batch_part_fini(struct batch_part *part);
/** batch_record_fini() - @batch is to be filled anew before it is used again */
void batch_record_fini(struct batch_record *batch);

#endif /* DRIVER_BATCH_RECORD_H */
