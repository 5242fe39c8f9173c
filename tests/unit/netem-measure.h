/*
 * netem-measure: what the impairments of the plugin netem do to many frames,
 * beside what was asked for; with confidence intervals.  For the test of it and
 * for the table that people read.  Simulated time.
 */
#ifndef TESTS_NETEM_MEASURE_H
#define TESTS_NETEM_MEASURE_H

#include <stdint.h>

/* Half widths of intervals are for this confidence; in a format. */
#define MEASURE_CONFIDENCE "99.9 %%"

struct measure {
	const char *spec; /* in netem's words */
	const char *what; /* that was measured: "loss, %" */
	double asked;
	double measured;
	double half_width; /* of the interval around .measured; 0: exact */
	uint64_t n;	   /* frames */
};

typedef void measure_fn(const struct measure *m, void *arg);

/** measure_all() - each row of the table
 * @n: frames for each, a multiple of 100 */
void measure_all(uint64_t seed, uint64_t n, measure_fn *fn, void *arg);

#endif /* TESTS_NETEM_MEASURE_H */
