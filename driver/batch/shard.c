#include "config.h"

#include "driver/batch/shard.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"

/* How systems that start jobs number them. */
struct scheme {
	const char *index;
	const char *count;
	const char *first;    /* variable of the first index; or NULL */
	const char *step;     /* variable of the distance of two; or NULL */
	const char *last;     /* variable of the last index; or NULL */
	unsigned first_index; /* when there is no variable for it */
};

static const struct scheme schemes[] = {
	{ "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", NULL, NULL, NULL, 0 },
	{ "CI_NODE_INDEX", "CI_NODE_TOTAL", NULL, NULL, NULL, 1 },
	{ "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT",
	  "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP",
	  "SLURM_ARRAY_TASK_MAX", 0 },
	{ "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", NULL, NULL, NULL, 0 },
};

enum { N_SCHEMES = sizeof(schemes) / sizeof(schemes[0]), BAZEL = 0 };

/* Digits only, up to @end or the text's own. */
static bool
read_count(const char *text, const char *end, unsigned *count)
{
	unsigned long n = 0;

	if (text == end || *text == '\0')
		return false;
	for (; text != end && *text != '\0'; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		n = n * 10 + (unsigned long)(*text - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*count = (unsigned)n;
	return true;
}

/* Variable @name, or *@value as it was when @name is NULL or not set. */
static int
read_variable(const char *name, shard_env_fn *env, unsigned *value,
	      struct err *err)
{
	const char *text = name != NULL ? env(name) : NULL;

	if (text == NULL || read_count(text, NULL, value))
		return 0;
	return err_set(err, -EINVAL, "%s=%s: must be a whole number", name,
		       text);
}

static int
check_shard(const struct shard *shard, const char *what, struct err *err)
{
	if (shard->count < 1 || shard->count > SHARD_COUNT_MAX)
		return err_set(err, -EINVAL,
			       "%s: there must be 1 to %d shards, not %u", what,
			       SHARD_COUNT_MAX, shard->count);
	if (shard->index < 1 || shard->index > shard->count)
		return err_set(err, -EINVAL,
			       "%s: there is no shard %u of %u; they are 1 to "
			       "%u",
			       what, shard->index, shard->count, shard->count);
	return 0;
}

static int
read_option(const char *option, struct shard *shard, struct err *err)
{
	const char *slash = strchr(option, '/');

	if (slash == NULL || !read_count(option, slash, &shard->index) ||
	    !read_count(slash + 1, NULL, &shard->count))
		return err_set(err, -EINVAL,
			       "--shard %s: must be auto, off, or the number "
			       "of a shard and how many there are, as 2/5",
			       option);
	shard->from = "--shard";
	return check_shard(shard, "--shard", err);
}

/* Are the indices those from the first on, in steps, without gaps? */
static int
check_indices(const struct scheme *s, unsigned index, unsigned count,
	      uint64_t first, uint64_t step, uint64_t last, struct err *err)
{
	if (count < 1 || count > SHARD_COUNT_MAX)
		return err_set(err, -EINVAL,
			       "%s=%u: there must be 1 to %d shards", s->count,
			       count, SHARD_COUNT_MAX);
	if (step == 0 || last != first + (count - 1) * step)
		return err_set(err, -EINVAL,
			       "%s=%u does not lead from %" PRIu64
			       " to %" PRIu64 ": the indices have gaps; name "
			       "the shard by --shard",
			       s->count, count, first, last);
	if (index < first || index > last || (index - first) % step != 0)
		return err_set(err, -EINVAL,
			       "%s=%u: with %s=%u it must be %" PRIu64
			       " to %" PRIu64,
			       s->index, index, s->count, count, first, last);
	return 0;
}

/* The variable @s->index is set. */
static int
read_scheme(const struct scheme *s, shard_env_fn *env, struct shard *shard,
	    struct err *err)
{
	unsigned index = 0, count = 0, first = s->first_index, step = 1;
	unsigned max = 0;
	uint64_t last;
	int ret = read_variable(s->index, env, &index, err);

	if (ret == 0 && env(s->count) == NULL)
		ret = err_set(err, -EINVAL,
			      "%s is set, but not %s: how many shards are "
			      "there? (--shard off runs all tests)",
			      s->index, s->count);
	if (ret == 0)
		ret = read_variable(s->count, env, &count, err);
	if (ret == 0)
		ret = read_variable(s->first, env, &first, err);
	if (ret == 0)
		ret = read_variable(s->step, env, &step, err);
	if (ret == 0)
		ret = read_variable(s->last, env, &max, err);
	if (ret < 0)
		return ret;
	last = s->last != NULL && env(s->last) != NULL
		   ? max
		   : first + ((uint64_t)count - 1) * step;
	ret = check_indices(s, index, count, first, step, last, err);
	if (ret == 0)
		*shard = (struct shard){ .index = (index - first) / step + 1,
					 .count = count,
					 .from = s->index };
	return ret;
}

int
shard_choose(const char *option, shard_env_fn *env, struct shard *shard,
	     struct err *err)
{
	size_t n = option == NULL ? BAZEL + 1 : N_SCHEMES;

	*shard = (struct shard){ 1, 1, NULL };
	if (option != NULL && strcmp(option, "off") == 0)
		return 0;
	if (option != NULL && strcmp(option, "auto") != 0)
		return read_option(option, shard, err);
	for (size_t i = 0; i < n; i++)
		if (env(schemes[i].index) != NULL)
			return read_scheme(&schemes[i], env, shard, err);
	return 0;
}

const char *
shard_unasked(shard_env_fn *env)
{
	for (size_t i = BAZEL + 1; i < N_SCHEMES; i++)
		if (env(schemes[i].index) != NULL &&
		    env(schemes[i].count) != NULL)
			return schemes[i].index;
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(**(const char *const *const *)a,
		      **(const char *const *const *)b);
}

void
shard_select(const struct shard *shard, const char *const *names, size_t n,
	     bool *mine)
{
	const char *const **sorted = xcalloc(n + 1, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &names[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	/* Round about, so that neighbours, which are often alike and long or
	 * short together, go to different shards. */
	for (size_t i = 0; i < n; i++)
		mine[sorted[i] - names] = i % shard->count + 1 == shard->index;
	free(sorted);
}

int
shard_tell_bazel(shard_env_fn *env, struct err *err)
{
	const char *path = env("TEST_SHARD_STATUS_FILE");
	int fd;

	if (path == NULL || env(schemes[BAZEL].index) == NULL)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, "TEST_SHARD_STATUS_FILE=%s", path);
	close(fd);
	return 0;
}
