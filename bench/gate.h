/* gate: is anybody else at work on this machine? */
#ifndef BENCH_GATE_H
#define BENCH_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct runner;

/* Percent of one CPU that others may have. */
enum { GATE_START_PERCENT = 8, GATE_KEEP_PERCENT = 12 };

struct gate {
	struct runner *runner; /* borrowed */
	bool is_open;	       /* --no-gate: look, but let everything pass */
};

/* From one moment on. */
struct gate_watch {
	uint64_t at_ns;
	int64_t foreign_ms, steal_ms;
};

/** gate_wait() - until others have been quiet for a moment, for some seconds at
 * most
 *
 * Return: 0, quiet or not; -EINTR when we have been told to stop.
 */
int gate_wait(const struct gate *gate);

void gate_watch_start(struct gate_watch *watch);
/** gate_watch_percent() - what others have had since the start, in percent of
 * one CPU, and the hypervisor (*@steal)
 * @own: process groups that are no others
 */
double gate_watch_percent(const struct gate_watch *watch, const pid_t *own,
			  size_t n_own, double *steal);

#endif /* BENCH_GATE_H */
