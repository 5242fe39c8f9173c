#include "driver/many-coverage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver/batch/record.h"
#include "driver/coverage/manifest.h"
#include "driver/report/coverage.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct dirs {
	char **paths;
	size_t n;
};

static void
add_dirs(struct dirs *dirs, const struct batch_record *record,
	 const struct test_record *test)
{
	for (size_t i = 0; i < test->n_attempts; i++) {
		const char *dir = test->attempts[i].dir;
		char *path, *manifest;

		if (dir == NULL)
			continue;
		path = xasprintf("%s/%s", record->root, dir);
		manifest = xasprintf("%s/coverage/" COVERAGE_MANIFEST, path);
		if (access(manifest, F_OK) == 0) {
			dirs->paths =
			    xrealloc(dirs->paths, dirs->n + 1, sizeof(char *));
			dirs->paths[dirs->n++] = path;
		} else {
			free(path);
		}
		free(manifest);
	}
}

/* Shards may share a directory. */
static char *
report_path(const struct batch_record *record)
{
	const struct shard *shard = &record->shard;

	if (shard->from == NULL)
		return xasprintf("%s/coverage", record->root);
	return xasprintf("%s/coverage.%u-of-%u", record->root, shard->index,
			 shard->count);
}

static int
report(const struct dirs *dirs, const struct batch_record *record)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;
	char *out = report_path(record);
	int ret = coverage_merge((const char *const *)dirs->paths, dirs->n, out,
				 &outcome, &err);
	int code = EXIT_OK;

	if (ret < 0)
		log_warn("coverage: %s", err.text);
	if (record->shard.from != NULL)
		outcome.fail_under = 0; /* that is for all shards together */
	if (ret < 0 && outcome.fail_under > 0)
		code = EXIT_INFRA;
	else if (ret == 0 && !coverage_is_enough(&outcome, out))
		code = EXIT_TEST_FAILED;
	free(out);
	return code;
}

static int
cover(const struct batch_record *record, bool trace)
{
	struct dirs dirs = { .n = 0 };
	struct err err = ERR_INIT;
	int code = EXIT_OK;

	for (size_t i = 0; i < record->n_tests; i++)
		add_dirs(&dirs, record, &record->tests[i]);
	for (size_t i = 0; trace && i < dirs.n; i++)
		if (coverage_trace(dirs.paths[i], &err) < 0)
			log_warn("coverage: %s", err.text);
	if (dirs.n > 0)
		code = report(&dirs, record);
	for (size_t i = 0; i < dirs.n; i++)
		free(dirs.paths[i]);
	free(dirs.paths);
	return code;
}

int
many_cover(const struct batch_record *record)
{
	return cover(record, true);
}

int
many_cover_merged(const struct batch_record *record)
{
	return cover(record, false);
}
