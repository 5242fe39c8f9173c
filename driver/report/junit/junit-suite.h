/* junit-suite: the runs of one test as an element of a JUnit file. */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_SUITE_H
#define DRIVER_REPORT_JUNIT_JUNIT_SUITE_H

#include <stdbool.h>
#include <stddef.h>

struct junit_options;
struct junit_run;
struct xml;

struct junit_suite {
	const char *name;
	struct junit_run *const *runs; /* the tries, one at least */
	const char *const *dirs; /* of each of them, absolute; or NULL: none */
	size_t n_runs;
	bool flaky_fails;
};

/** junit_suite_write() - @from: the directory of the file, absolute */
void junit_suite_write(const struct junit_suite *suite, struct xml *xml,
		       const struct junit_options *options, const char *from);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_SUITE_H */
