/*
 * junit-run: one run of a test as the test cases that JUnit's readers know.
 *
 * Each subtest is a case, named after those it is part of: "outer / inner".
 * The first case, "main", is what stands outside of subtests.  A case has what
 * happened in it and not in the subtests of it, its time too, so that the sum
 * of all is the run's.
 *
 * Of a run that did not pass each subtest that failed by itself, and not only
 * with one inside of it, has failed; when there is none, "main" has.  Of a run
 * that passed none has: its script has dealt with what failed.
 */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_RUN_H
#define DRIVER_REPORT_JUNIT_JUNIT_RUN_H

#include <stddef.h>
#include <stdint.h>

struct attempt_record;
struct story;

enum {
	JUNIT_CASES_MAX = 2000,	     /* what is in further ones, the case has
					that they are part of */
	JUNIT_NAME_MAX = 250,	     /* octets of a case's name */
	JUNIT_MESSAGE_MAX = 300,     /* of the one line */
	JUNIT_ERROR_MAX = 16 * 1024, /* of the error in full */
	JUNIT_LAST_MAX = 2048,	     /* of the last output with it */
	/* Of each of system-out and system-err. */
	JUNIT_OUTPUT_MAX = 64 * 1024,
	JUNIT_PASSED_OUTPUT_MAX = 8 * 1024,
};

enum junit_verdict {
	JUNIT_PASSED,
	JUNIT_FAILED,
	JUNIT_ERROR, /* could not be run, interrupted, killed */
	JUNIT_SKIPPED,
};

struct junit_case {
	char *name; /* of no other case of the run */
	double time_s;
	enum junit_verdict verdict;
	/* Unless it passed: */
	const char *type; /* "failed", "timed out", ... */
	char *message;	  /* one line */
	char *detail;	  /* what a person has to know */
	char *out, *err;  /* "" for nothing */
	char **files;	  /* that belong to it, in the directory of the run */
	size_t n_files;
};

struct junit_property {
	const char *name;
	char *value;
};

struct junit_run {
	struct junit_case *cases; /* "main" first */
	size_t n_cases;
	struct junit_property *properties;
	size_t n_properties;
	char *file;	  /* of the test; "" when nobody knows */
	int64_t began_ns; /* since 1970; 0: unknown */
	double duration_s;
	enum junit_verdict verdict;
};

/**
 * junit_run_make() - of @story, borrowed; NULL: there is none, all that is known
 * is @attempt
 * @attempt: what has been recorded of it, which outweighs the story; NULL:
 *           nothing
 *
 * Return: owned by the caller.
 */
struct junit_run *junit_run_make(const struct story *story,
				 const struct attempt_record *attempt);
/** junit_run_skipped() - of a test that was not run; @why: one line */
struct junit_run *junit_run_skipped(const char *why);
void junit_run_free(struct junit_run *run);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_RUN_H */
