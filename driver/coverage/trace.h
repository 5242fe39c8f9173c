/*
 * trace: what the machines of one run have counted, as data.
 *
 * Beside the archives of a machine, MACHINE.N.tar, lies MACHINE.trace.json when
 * somebody has made it: that needs the build tree.  Reading it does not.
 */
#ifndef DRIVER_COVERAGE_TRACE_H
#define DRIVER_COVERAGE_TRACE_H

#include <stddef.h>

#include "driver/coverage/manifest.h"

struct cov_data;
struct err;

/* What a run has left in its directory. */
struct trace_run {
	char *dir; /* RESULTS/TEST/coverage */
	struct coverage_manifest manifest;
	char **machines; /* that have left something; by name */
	size_t n_machines;
};

/** trace_run_open() - @dir: RESULTS/TEST
 * Return: 0, to be ended by trace_run_fini(); -ENOENT when it has no coverage;
 * -errno with @err set. */
int trace_run_open(const char *dir, struct trace_run *run, struct err *err);
void trace_run_fini(struct trace_run *run);

/**
 * trace_read() - what a machine has counted
 * @work: a directory for what has to be unpacked on the way
 *
 * Return: returned owned; NULL with @err set.
 */
struct cov_data *trace_read(const struct trace_run *run, const char *machine,
			    const char *work, struct err *err);
/** trace_write() - write it down, beside the archives */
int trace_write(const struct trace_run *run, const char *machine,
		const struct cov_data *data, struct err *err);

/** trace_work_dir() - make one of our own below @parent
 * Return: its path, returned owned, to be removed with all in it; NULL with
 * @err set. */
char *trace_work_dir(const char *parent, struct err *err);

#endif /* DRIVER_COVERAGE_TRACE_H */
