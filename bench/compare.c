#include "config.h"

#include "bench/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/trial.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { HELP_MS = 5000 };

/* Return: why @one cannot be measured here, the caller's; NULL = it can. */
static char *
why_not(struct bench *bench, const struct bench_case *one)
{
	struct rlimit limit;
	unsigned n_fds = 2 * (one->busy + one->idle) + 64;

	if (one->layout == LAYOUT_PIN && bench->station_cpu < 0)
		return xstrdup("it takes two CPUs");
	if (sysconf(_SC_NPROCESSORS_ONLN) < (long)one->cpus)
		return xasprintf("it takes %u CPUs", one->cpus);
	if (one->is_pmd && bench->dpdk_version == NULL)
		return xstrdup("dpdk-testpmd is not installed (Debian: "
			       "dpdk-dev)");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < n_fds)
		return xasprintf("it takes %u descriptors a process; ulimit -n "
				 "allows %lu",
				 n_fds, (unsigned long)limit.rlim_cur);
	return NULL;
}

/* Does our switch's help name @option? */
static bool
knows_option(struct bench *bench, const char *option)
{
	const char *const argv[] = { bench->switch_path, "--help", NULL };
	struct child child;
	bool knows;

	if (child_start(&child, &bench->runner, argv, -1, NULL) < 0)
		return false;
	knows = child_wait(&child, HELP_MS) == 0 &&
		strstr(child.output, option) != NULL;
	child_free(&child);
	return knows;
}

/* Odd rounds go the other way round.  Return: 0; -errno of trial_run(). */
static int
run_round(struct bench *bench, const struct bench_case *one, unsigned number,
	  struct round *round, struct err *err)
{
	for (int i = 0; i < N_CONTESTANTS; i++) {
		enum contestant who = (enum contestant)(
		    number % 2 == 0 ? i : N_CONTESTANTS - 1 - i);
		int ret;

		if (!contestant_takes_part(bench, one, who))
			continue;
		ret = trial_run(bench, one, who, &round->samples[who], err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Return: 0, whatever became of it; -EINTR. */
int
compare_case(struct bench *bench, const struct bench_case *one,
	     struct outcome *outcome)
{
	struct err err = ERR_INIT;
	int ret = 0;

	*outcome = (struct outcome){ .one = one, .verdict = VERDICT_SKIPPED };
	outcome->rounds = xcalloc(bench->rounds, sizeof(*outcome->rounds));
	outcome->reason = why_not(bench, one);
	if (outcome->reason == NULL && one->switch_args[0] != NULL &&
	    !knows_option(bench, one->switch_args[0]))
		outcome->reason =
		    xasprintf("vdelab-switch has no %s", one->switch_args[0]);
	if (outcome->reason != NULL)
		return 0;
	for (unsigned i = 0; ret == 0 && i < bench->rounds; i++) {
		ret = run_round(bench, one, i, &outcome->rounds[i], &err);
		outcome->n_rounds++;
	}
	if (ret < 0 && ret != -EINTR) {
		outcome->verdict = VERDICT_FAILED;
		outcome->reason = xstrdup(err.text);
		ret = 0;
	}
	return ret;
}

void
outcome_fini(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->n_rounds; i++) {
		for (int k = 0; k < N_CONTESTANTS; k++)
			sample_fini(&outcome->rounds[i].samples[k]);
	}
	free(outcome->rounds);
	free(outcome->reason);
}

struct row
outcome_row(const struct outcome *outcome, const struct check *check)
{
	struct row row = judge(check, outcome->rounds, outcome->n_rounds);

	if (outcome->reason != NULL)
		row.verdict = outcome->verdict;
	return row;
}
