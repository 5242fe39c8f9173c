/*
 * junit: what came of tests as a JUnit XML file, for those who show such files.
 *
 * Valid against the schema that Jenkins' xUnit plugin checks (junit-10.xsd),
 * which is that of Ant with the output of each case and the runs of one that is
 * tried again, as Maven's Surefire writes them.  doc/junit.md tells what its
 * readers make of it.
 *
 * A suite is a test, a case is a subtest of it (junit-run.h).  Of a test that was
 * tried again the cases tell the last try; the tries that failed before are in
 * flakyFailure, of a case that never passed in failure and rerunFailure.  Each
 * repetition of --repeat is a suite of its own, NAME/N.
 */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_H
#define DRIVER_REPORT_JUNIT_JUNIT_H

#include <stdbool.h>
#include <stdint.h>

struct batch_record;
struct err;
struct story;

/* Readers refuse large files (GitLab: above 30 MB): beyond that size of the file
 * outputs are left out, then the details of failures, and that is told. */
enum {
	JUNIT_OUTPUTS_UNTIL = 16 * 1024 * 1024,
	JUNIT_DETAILS_UNTIL = 24 * 1024 * 1024,
};

struct junit_options {
	const char *base; /* the directory from which paths of attachments start
			     when they lie below; NULL: that of the file */
	bool names_files; /* cases have the attribute "file" */
	int64_t outputs_until, details_until; /* octets of the file */
};

/** junit_options_env_fn - getenv() */
typedef char *junit_env_fn(const char *name);

/** junit_options_init() - as the CI system around us wants it, whose variables
 * @env tells; texts are borrowed from there */
void junit_options_init(struct junit_options *options, junit_env_fn *env);

/** junit_write_run() - @dir/junit.xml, of the run whose results are there
 * Return: 0; -errno with @err set */
int junit_write_run(const char *dir, struct err *err);
/** junit_write_story() - the same of @story, whose frames have been read or are
 * of no interest */
int junit_write_story(const struct story *story, struct err *err);
/** junit_write_all() - file @path, of all of @record's tests; what of a run's log
 * cannot be read is left out
 * Return: 0; -errno with @err set */
int junit_write_all(const struct batch_record *record, const char *path,
		    const struct junit_options *options, struct err *err);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_H */
