/* pmd-load: vhost-user ports under load from dpdk-testpmd. */
#ifndef BENCH_PMD_LOAD_H
#define BENCH_PMD_LOAD_H

#include <sys/types.h>

#include <jansson.h>

#include "bench/pmd.h"

struct err;

struct pmd_load_config {
	struct pmd_config pmd;
	const char
	    *control;	  /* of our switch; NULL: it has nothing to be told */
	unsigned spin_us; /* of its ports; 0: not told */
	unsigned warmup_ms, window_ms;
	pid_t switch_pid; /* whose CPU time and memory to tell; 0: nobody's */
};

/** pmd_load_run() - Return: what was measured, an object that the caller owns;
 * NULL with @err set */
json_t *pmd_load_run(const struct pmd_load_config *config,
		     struct runner *runner, struct err *err);

#endif /* BENCH_PMD_LOAD_H */
