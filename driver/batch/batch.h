/*
 * batch: many tests, each in a process of its own, as many at a time as fit.
 *
 * Runs the event loop until all have ended, or had to.  A signal, or the end
 * of the time that all have, ends those that run in order; a second signal ends
 * them at once.  results.json is there from the beginning, and right after
 * each end.
 */
#ifndef DRIVER_BATCH_BATCH_H
#define DRIVER_BATCH_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/batch/record.h"
#include "driver/batch/schedule.h"

struct err;
struct look;
struct tellers;

enum {
	/* Beside the memory of its guests, what a QEMU needs; and what a switch
	 * and a driver do. */
	BATCH_MACHINE_MIB = 64,
	BATCH_TEST_MIB = 64,
	/* From a signal, or the end of the time, until what still runs is
	 * killed. */
	BATCH_STOP_MS = 20000,
};

struct batch_options {
	size_t n_jobs_max; /* 0: as many as memory and cores allow */
	bool keep_going;   /* start further tests after one has failed */
	bool verbose;
	const struct look *look; /* of what is printed, and where; borrowed */
	struct tellers *tellers; /* who else is told; borrowed */
	double limit_s;		 /* for all together; 0: none */
	/* For each test's process, NULL-ended: what all of them are told. */
	const char *const *test_options;
};

/**
 * batch_run() - run @record's tests, and fill it
 * @needs: of each of them; .n_waiting and .expected_ms are set here
 *
 * What tests print goes to .look's .out: as it comes when one runs at a time,
 * else each one's in one piece, or with .verbose line by line behind its name.
 * Where somebody watches, lines at the bottom tell which tests are running, and
 * of several one that passed leaves one line.
 *
 * Return: 0, whatever the tests do; -errno with @err set when not even the
 *         beginning was made.
 */
int batch_run(const struct batch_options *options, struct batch_record *record,
	      struct schedule_need *needs, struct err *err);

#endif /* DRIVER_BATCH_BATCH_H */
