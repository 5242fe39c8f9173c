/*
 * manifest: what must be known of a run to understand the counters that it has
 * left: RESULTS/TEST/coverage/coverage.json.  It is there from the run's
 * beginning, so that they can be understood however the run ended.
 *
 * Beside it lie MACHINE.N.tar, what coverage_take_text() of a machine has said
 * last, since it was started for the N-th time.
 */
#ifndef DRIVER_COVERAGE_MANIFEST_H
#define DRIVER_COVERAGE_MANIFEST_H

#include <stddef.h>

struct err;
struct plan;

#define COVERAGE_MANIFEST "coverage.json"

struct coverage_manifest {
	char *test;
	char *source, *build; /* as of struct plan_coverage */
	char **exclude;
	size_t n_exclude;
	double fail_under;
};

/** coverage_manifest_write() - for a run of @plan, which has a coverage
 * @dir: the directory, which is there
 * Return: 0; -errno with @err set. */
int coverage_manifest_write(const char *dir, const struct plan *plan,
			    struct err *err);
/** coverage_manifest_read() - Return: 0, and @manifest is the caller's; -ENOENT
 * when there is none, -errno, with @err set */
int coverage_manifest_read(const char *dir, struct coverage_manifest *manifest,
			   struct err *err);
void coverage_manifest_fini(struct coverage_manifest *manifest);

#endif /* DRIVER_COVERAGE_MANIFEST_H */
