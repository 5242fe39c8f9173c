#include "config.h"

#include "driver/report/junit/junit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/batch/record.h"
#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit-suite.h"
#include "driver/report/story.h"
#include "driver/report/xml.h"
#include "lib/draft.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* The directory from which CI systems see files, by the variable that tells it;
 * and whether they show the file of a case, for which Jenkins' schema has no
 * attribute. */
static const struct {
	const char *variable;
	bool names_files;
} systems[] = {
	{ "CI_PROJECT_DIR", true }, /* GitLab */
	{ "WORKSPACE", false },	    /* Jenkins */
	{ "GITHUB_WORKSPACE", false },
};

void
junit_options_init(struct junit_options *options, junit_env_fn *env)
{
	*options =
	    (struct junit_options){ .outputs_until = JUNIT_OUTPUTS_UNTIL,
				    .details_until = JUNIT_DETAILS_UNTIL };
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		const char *dir = env(systems[i].variable);

		if (dir == NULL || dir[0] != '/')
			continue;
		options->base = dir;
		options->names_files = systems[i].names_files;
		return;
	}
}

/* ---- a file ---- */

struct junit_file {
	struct draft draft;
	struct xml xml;
	struct junit_options options;
	char from[PATH_MAX]; /* its directory, as realpath(3) has it */
	char base[PATH_MAX]; /* .options.base likewise */
};

static int
file_open(struct junit_file *file, const char *path,
	  const struct junit_options *options, double duration_s,
	  struct err *err)
{
	char dir[PATH_MAX];
	char *slash;
	int ret = draft_open(&file->draft, path, err);

	if (ret < 0)
		return ret;
	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[1] = '\0';
	if (realpath(slash != NULL ? dir : ".", file->from) == NULL) {
		ret = err_errno(err, "%s", path);
		draft_drop(&file->draft);
		return ret;
	}
	file->options = *options;
	if (options->base != NULL)
		file->options.base = realpath(options->base, file->base) != NULL
					 ? file->base
					 : NULL;
	xml_init(&file->xml, file->draft.file);
	xml_begin(&file->xml, "testsuites");
	xml_attr(&file->xml, "name", "vdelab");
	xml_attrf(&file->xml, "time", "%.3f", duration_s);
	return 0;
}

static int
file_close(struct junit_file *file, struct err *err)
{
	xml_end(&file->xml);
	return draft_finish(&file->draft, err);
}

/* ---- a run ---- */

/* What the wire tells takes long to read, and is of interest after failures. */
static struct story *
read_story(const char *dir, bool failed, struct err *err)
{
	struct story *story = story_read(dir, err);

	if (story != NULL && (failed || story->run.code != EXIT_OK))
		story_read_wire(story);
	return story;
}

int
junit_write_story(const struct story *story, struct err *err)
{
	char *path = xasprintf("%s/junit.xml", story->dir);
	struct junit_options options;
	struct junit_file file;
	int ret;

	junit_options_init(&options, getenv);
	ret = file_open(&file, path, &options, story->run.duration_s, err);
	if (ret == 0) {
		struct junit_run *run = junit_run_make(story, NULL);
		const char *from = file.from;
		const struct junit_suite suite = { .name = story->run.test,
						   .runs = &run,
						   .dirs = &from,
						   .n_runs = 1 };

		junit_suite_write(&suite, &file.xml, &file.options, file.from);
		junit_run_free(run);
		ret = file_close(&file, err);
	}
	free(path);
	return ret;
}

int
junit_write_run(const char *dir, struct err *err)
{
	struct story *story = read_story(dir, false, err);
	int ret = story != NULL ? junit_write_story(story, err) : -EIO;

	story_free(story);
	return ret;
}

/* ---- all of them ---- */

/* The tries of a test, or one of its repetitions. */
struct tries {
	struct junit_run **runs;
	char **dirs;
	size_t n;
};

static void
tries_add(struct tries *tries, const struct batch_record *record,
	  const struct attempt_record *attempt)
{
	char *dir = attempt->dir != NULL
			? xasprintf("%s/%s", record->root, attempt->dir)
			: NULL;
	char *real = dir != NULL ? realpath(dir, NULL) : NULL;
	struct story *story =
	    real != NULL ? read_story(real, attempt->code != EXIT_OK, NULL)
			 : NULL;

	tries->runs = xrealloc(tries->runs, tries->n + 1, sizeof(*tries->runs));
	tries->dirs = xrealloc(tries->dirs, tries->n + 1, sizeof(*tries->dirs));
	tries->runs[tries->n] = junit_run_make(story, attempt);
	tries->dirs[tries->n] = real;
	tries->n++;
	story_free(story);
	free(dir);
}

static void
tries_write(struct tries *tries, struct junit_file *file, const char *name,
	    bool flaky_fails)
{
	const struct junit_suite suite = {
		.name = name,
		.runs = tries->runs,
		.dirs = (const char *const *)tries->dirs,
		.n_runs = tries->n,
		.flaky_fails = flaky_fails,
	};

	junit_suite_write(&suite, &file->xml, &file->options, file->from);
	for (size_t i = 0; i < tries->n; i++) {
		junit_run_free(tries->runs[i]);
		free(tries->dirs[i]);
	}
	free(tries->runs);
	free(tries->dirs);
	*tries = (struct tries){ 0 };
}

static void
write_skipped(struct junit_file *file, const struct batch_record *record,
	      const struct test_record *test)
{
	char *why = xasprintf("not run: %s", record->stop_reason != NULL
						 ? record->stop_reason
						 : "another test has failed");
	struct tries tries = { .runs = xcalloc(1, sizeof(*tries.runs)),
			       .dirs = xcalloc(1, sizeof(*tries.dirs)),
			       .n = 1 };

	tries.runs[0] = junit_run_skipped(why);
	free(tries.runs[0]->file);
	tries.runs[0]->file = xstrdup(test->file);
	tries_write(&tries, file, test->name, false);
	free(why);
}

static void
write_test(struct junit_file *file, const struct batch_record *record,
	   const struct test_record *test)
{
	bool repeated = test_record_repeat(record, test) > 1;
	struct tries tries = { 0 };

	if (test->n_attempts == 0)
		write_skipped(file, record, test);
	for (size_t i = 0; i < test->n_attempts; i++) {
		const struct attempt_record *attempt = &test->attempts[i];
		char *name;

		tries_add(&tries, record, attempt);
		if (!repeated && i + 1 < test->n_attempts)
			continue;
		name = repeated
			   ? xasprintf("%s/%u", test->name, attempt->number)
			   : xstrdup(test->name);
		tries_write(&tries, file, name,
			    test_record_flaky_fails(record, test));
		free(name);
	}
}

int
junit_write_all(const struct batch_record *record, const char *path,
		const struct junit_options *options, struct err *err)
{
	struct junit_file file;
	int ret = file_open(&file, path, options,
			    (double)record->duration_ms / 1e3, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < record->n_tests; i++)
		write_test(&file, record, &record->tests[i]);
	return file_close(&file, err);
}
