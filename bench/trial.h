/* trial: one switch, one load, one result. */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include <stdbool.h>

#include <jansson.h>

#include "bench/cases.h"
#include "bench/child.h"
#include "bench/contestant.h"
#include "bench/gate.h"

struct err;

/* What holds for all trials; strings are borrowed. */
struct bench {
	struct runner runner;
	struct gate gate;
	const char *switch_path, *peer_path, *load_path, *relay_path;
	const char *pmd_load_path, *ovs_path;
	/* What is installed of those who need not be; NULL: it is not.  Owned. */
	char *ovs_version, *dpdk_version;
	char *dir; /* ours alone, 0700 */
	unsigned rounds, window_ms, warmup_ms;
	int switch_cpu, station_cpu; /* -1 = there is none */
};

struct sample {
	bool is_there;
	bool is_dirty;		 /* others were at work meanwhile */
	double value[N_METRICS]; /* NAN = not measured */
	double foreign_percent, steal_percent;
	json_t *raw; /* what the load generator said, owned */
};

/**
 * trial_run() - once, or until nobody has disturbed it, some times at most
 * @sample: out; trial_fini() it
 *
 * Return: 0; -EINTR when we have been told to stop; other -errno with @err.
 */
int trial_run(struct bench *bench, const struct bench_case *one,
	      enum contestant who, struct sample *sample, struct err *err);
void sample_fini(struct sample *sample);

#endif /* BENCH_TRIAL_H */
