/* tap-tests: the tests of a batch as TAP, each when it has ended, with its
 * subtests. */
#ifndef DRIVER_BATCH_TAP_TESTS_H
#define DRIVER_BATCH_TAP_TESTS_H

#include <stddef.h>
#include <stdio.h>

struct batch_record;
struct outcome;

struct tap_tests {
	FILE *out;     /* borrowed */
	size_t n_told; /* points so far: numbers are in the order of ends */
};

void tap_tests_begin(struct tap_tests *tap, FILE *out,
		     const struct batch_record *batch);
/** tap_tests_ended() - @outcome was read with its story */
void tap_tests_ended(struct tap_tests *tap, const struct batch_record *batch,
		     const struct outcome *outcome);
/** tap_tests_end() - those that were not run: skipped, where an earlier failure
 * is why; @why: nothing more will come */
void tap_tests_end(struct tap_tests *tap, const struct batch_record *batch,
		   const char *why);

#endif /* DRIVER_BATCH_TAP_TESTS_H */
