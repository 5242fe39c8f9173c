/* run: one execution of one test file, from the loaded file to its result. */
#ifndef DRIVER_RUN_H
#define DRIVER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/report/look.h"
#include "driver/vm/accel.h"

struct janitor;
struct test_file;

struct run_options {
	const char *results; /* directory that holds a directory a test */
	const char *qemu;
	enum accel accel;	  /* KVM or TCG */
	const char *accel_reason; /* for the report */
	double timeout_scale;
	uint64_t seed;
	struct look look;   /* of what is printed */
	bool pause_on_fail; /* a run that fails stands still */
	/* The script is not run: clients of the control socket do what they
	 * want, until one ends the run. */
	bool serve;
	int ready_fd;	 /* then: is told where the socket is; -1: none */
	int lifeline_fd; /* then: the run ends when all who could write to this
			    pipe are gone; -1: none */
	bool quiet;	 /* nothing is printed */
	bool snapshots;	 /* machines need not boot */
	struct janitor *janitor;
	/* When the run is one of several: */
	const char *dir;   /* for its results, made and held by the caller;
			      NULL: one below .results */
	unsigned attempt;  /* which run of the test it is; 0, 1: the first */
	uint64_t until_ns; /* CLOCK_MONOTONIC; when all are to have ended; 0:
			      no such time */
	double limit_s;	   /* how long all of them had */
};

/** run_test() - run @file's script on its machines
 * Return: an exit code (lib/err.h), or 128 + N when ended by signal N. */
int run_test(const struct run_options *options, struct test_file *file);

#endif /* DRIVER_RUN_H */
