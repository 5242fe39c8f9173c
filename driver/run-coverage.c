/* run-coverage: what the programs of a run's machines have counted. */
#include <stdlib.h>

#include <event2/event.h>

#include "driver/coverage/collect.h"
#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/results.h"
#include "driver/run-internal.h"
#include "driver/run.h"
#include "driver/script/script.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum {
	ALL_MS = 120000, /* multiplied by the scale */
	/* When the time of all tests is up already: who waits for us kills us
	 * soon. */
	ALL_LATE_MS = 5000,
};

int
run_setup_coverage(struct run *run, struct err *err)
{
	const struct coverage_spec spec = {
		.base = run->base,
		.clock = run->clock,
		.log = run->log,
		.plan = run->plan,
		.results_dir = results_dir(run->results),
		.timeout_scale = run->options->timeout_scale,
	};

	if (run->plan->coverage == NULL)
		return 0;
	run->coverage = coverage_new(&spec, err);
	if (run->coverage == NULL)
		log_warn("coverage: %s", err->text);
	return 0;
}

struct gathering {
	struct run *run;
	size_t n_due;
	bool late;
};

struct gathered {
	struct gathering *all;
	uint64_t step;
};

static void
on_taken(const char *error, void *arg)
{
	struct gathered *one = arg;

	one->all->n_due--;
	script_step_end(one->all->run->script, one->step, error);
}

static void
on_late(void *arg)
{
	struct gathering *all = arg;

	log_warn("coverage: %zu machines have not given away all within the "
		 "time there was",
		 all->n_due);
	all->late = true;
}

static void
ask(struct gathering *all, struct gathered *machines)
{
	struct run *run = all->run;

	for (size_t i = 0; i < run->plan->n_nodes; i++) {
		struct gathered *one = &machines[i];

		if (!coverage_can_take(run->coverage, run->live, i))
			continue;
		one->all = all;
		one->step = script_step_begin(run->script, "collect_coverage",
					      run->plan->nodes[i].name, "");
		all->n_due++;
		coverage_take(run->coverage, run->live, i, on_taken, one);
	}
}

void
run_collect_coverage(struct run *run)
{
	struct gathering all = { .run = run };
	struct gathered *machines;
	struct timer *timer;
	double ms;

	if (run->coverage == NULL || run->interrupted)
		return;
	ms = run->all_late && run->code == EXIT_TIMED_OUT
		 ? ALL_LATE_MS
		 : ALL_MS * run->options->timeout_scale;
	machines = xcalloc(run->plan->n_nodes + 1, sizeof(*machines));
	timer = timer_new(run->clock, on_late, &all);
	timer_set_in(timer, (uint64_t)(ms * NS_PER_MS));
	ask(&all, machines);
	while (all.n_due > 0 && !all.late && !run->interrupted &&
	       event_base_loop(run->base, EVLOOP_ONCE) == 0)
		;
	timer_free(timer);
	coverage_stop(run->coverage); /* who did not answer in time */
	free(machines);
}
