/*
 * shard: the part of many tests that one of several jobs runs.
 *
 * The parts are the same for all jobs that are given the same tests, in
 * whatever order: the names decide, and nothing needs to be told between jobs.
 */
#ifndef DRIVER_BATCH_SHARD_H
#define DRIVER_BATCH_SHARD_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { SHARD_COUNT_MAX = 100000 };

struct shard {
	unsigned index;	  /* 1..count */
	unsigned count;	  /* 1: everything, unless asked for */
	const char *from; /* "--shard", or the variable that said so; NULL:
			     nobody asked for a part */
};

/** shard_env_fn - getenv() */
typedef char *shard_env_fn(const char *name);

/**
 * shard_choose() - which part is it?
 * @option: "2/5" (of five the second), "auto" (what the job's system says in
 *          the environment), "off"; NULL: what Bazel says, if it runs us, for
 *          its variables are of tests; other systems' number jobs, and are
 *          asked by "auto" only
 *
 * Known to "auto", and looked for in this order: TEST_SHARD_INDEX of
 * TEST_TOTAL_SHARDS (Bazel, from 0), CI_NODE_INDEX of CI_NODE_TOTAL (GitLab,
 * from 1), SLURM_ARRAY_TASK_ID of SLURM_ARRAY_TASK_COUNT (from
 * SLURM_ARRAY_TASK_MIN, in steps of SLURM_ARRAY_TASK_STEP), and
 * JOB_COMPLETION_INDEX of JOB_COMPLETIONS (Kubernetes, from 0).  Where none is
 * set, "auto" is everything.
 *
 * Return: 0; -EINVAL with the option or the variable named in @err.
 */
int shard_choose(const char *option, shard_env_fn *env, struct shard *shard,
		 struct err *err);

/** shard_unasked() - a variable that would make a part of "auto" and was not
 * asked for; NULL: there is none */
const char *shard_unasked(shard_env_fn *env);

/** shard_select() - @mine[i]: does the shard run @names[i]?  Every name, of
 * which there are no two the same, is in exactly one shard; the numbers of
 * tests of any two differ by one at most. */
void shard_select(const struct shard *shard, const char *const *names, size_t n,
		  bool *mine);

/** shard_tell_bazel() - Bazel wants to be told that we know of shards: by a file
 * TEST_SHARD_STATUS_FILE.  Return: 0; -errno with @err set. */
int shard_tell_bazel(shard_env_fn *env, struct err *err);

#endif /* DRIVER_BATCH_SHARD_H */
