#include "config.h"

#include "driver/merge/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/merge/record-read.h"
#include "driver/report/story.h"
#include "lib/err.h"
#include "lib/xalloc.h"

static struct input *
add(struct inputs *inputs, const char *label)
{
	struct input *input;

	inputs->items =
	    xrealloc(inputs->items, inputs->n + 1, sizeof(inputs->items[0]));
	input = &inputs->items[inputs->n++];
	*input = (struct input){ .label = xstrdup(label) };
	return input;
}

/* ---- a run without a results.json, or whose end it does not have ---- */

static bool
has_log(const char *dir)
{
	char *path = xasprintf("%s/log.jsonl", dir);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

/* @dir: relative to the record's root; taken */
static void
add_attempt(struct test_record *test, const struct story *story,
	    unsigned number, char *dir)
{
	const struct attempt_record attempt = {
		.number = number,
		.code = story->run.complete ? story->run.code : EXIT_INFRA,
		.duration_ms = (uint64_t)(story->run.duration_s * 1e3 + 0.5),
		.error =
		    story->run.error != NULL ? xstrdup(story->run.error) : NULL,
		.dir = dir,
	};

	test_record_add(test, &attempt);
}

static bool
has_attempt(const struct test_record *test, const char *dir)
{
	for (size_t i = 0; i < test->n_attempts; i++)
		if (test->attempts[i].dir != NULL &&
		    strcmp(test->attempts[i].dir, dir) == 0)
			return true;
	return false;
}

/* Did the results in @dir come into being in the time of @record's run? */
static bool
is_of_run(const struct batch_record *record, const struct story *story)
{
	return story->run.began_ns / 1000000000 >= record->began_s;
}

/* Return: is there a run in .root/@dir?  It is added then, unless @record has
 * it, or it is one of another time. */
static bool
find_attempt(const struct batch_record *record, struct test_record *test,
	     const char *dir)
{
	char *path = xasprintf("%s/%s", record->root, dir);
	bool found = has_log(path);
	struct story *story = NULL;

	if (found && !has_attempt(test, dir))
		story = story_read(path, NULL);
	if (story != NULL && is_of_run(record, story))
		add_attempt(
		    test, story,
		    story->run.attempt > 0 ? (unsigned)story->run.attempt : 1,
		    xstrdup(dir));
	story_free(story);
	free(path);
	return found;
}

/* A run that was killed has not told of the tests that ran then. */
static void
find_killed(struct batch_record *record)
{
	for (size_t i = 0; i < record->n_tests; i++) {
		struct test_record *test = &record->tests[i];

		if (find_attempt(record, test, test->name))
			continue;
		for (unsigned n = 1;; n++) {
			char *dir = xasprintf("%s/%u", test->name, n);
			bool found = find_attempt(record, test, dir);

			free(dir);
			if (!found)
				break;
		}
	}
}

/* ---- the directory of a test ---- */

/* A record of one test that was run by itself, and no attempts yet. */
static struct test_record *
add_test(struct inputs *inputs, const char *dir, const char *label,
	 const struct story *story)
{
	struct input *input = add(inputs, label);
	struct batch_part *own = XNEW(struct batch_part);

	own->accel = xstrdup(story->run.accel);
	own->accel_reason = xstrdup(story->run.accel_reason);
	input->record = (struct batch_record){
		.root = realpath(dir, NULL),
		.tests = XNEW(struct test_record),
		.n_tests = 1,
		.shard = { 1, 1, NULL },
		.repeat = 1,
		.jobs = xstrdup("1"),
		.seed = (uint64_t)story->run.seed,
		.accel = own->accel,
		.accel_reason = own->accel_reason,
		.timeout_scale = story->run.timeout_scale,
		.began_s = story->run.began_ns / 1000000000,
		.ended = true,
		.own = own,
	};
	input->file = xstrdup(input->record.root);
	input->record.tests[0].name = xstrdup(story->run.test);
	input->record.tests[0].file = xstrdup(story->run.file);
	return &input->record.tests[0];
}

/* The run in @dir, or in @dir/@number when that is not 0.  @test: NULL: it is the
 * first. */
static int
read_run(struct inputs *inputs, const char *dir, unsigned number,
	 struct test_record **test, struct err *err)
{
	char *rel = number > 0 ? xasprintf("%u", number) : xstrdup(".");
	char *path = xasprintf("%s/%s", dir, rel);
	struct story *story = story_read(path, err);

	free(path);
	if (story == NULL) {
		free(rel);
		return -EINVAL;
	}
	if (*test == NULL)
		*test = add_test(inputs, dir, dir, story);
	inputs->items[inputs->n - 1].record.duration_ms +=
	    (uint64_t)(story->run.duration_s * 1e3 + 0.5);
	add_attempt(*test, story, number > 0 ? number : 1, rel);
	story_free(story);
	return 0;
}

/* Return: -ENOENT when it is no test's directory. */
static int
read_test_dir(struct inputs *inputs, const char *dir, struct err *err)
{
	struct test_record *test = NULL;
	int ret = -ENOENT;

	if (has_log(dir))
		return read_run(inputs, dir, 0, &test, err);
	for (unsigned n = 1;; n++) {
		char *path = xasprintf("%s/%u", dir, n);
		bool has = has_log(path);

		free(path);
		if (!has)
			return ret;
		ret = read_run(inputs, dir, n, &test, err);
		if (ret < 0)
			return ret;
	}
}

/* ---- results.json ---- */

static int
is_results_file(const struct dirent *entry)
{
	static const char head[] = "results", tail[] = ".json";
	size_t len = strlen(entry->d_name);
	const char *rest = entry->d_name + strlen(head);

	return len >= strlen(head) + strlen(tail) &&
	       strncmp(entry->d_name, head, strlen(head)) == 0 &&
	       (*rest == '.') &&
	       strcmp(entry->d_name + len - strlen(tail), tail) == 0;
}

static int
read_files(struct inputs *inputs, const char *dir, struct err *err)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_results_file, versionsort);
	int ret = 0;

	if (n < 0)
		return err_errno(err, "cannot read %s", dir);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, entries[i]->d_name);
		struct batch_record record;
		struct input *input;

		if (ret == 0)
			ret = record_read(path, &record, err);
		if (ret == 0) {
			input = add(inputs, dir);
			input->record = record;
			input->file =
			    xasprintf("%s/%s", record.root, entries[i]->d_name);
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

/* An attempt's results are those of the newest run that names them. */
static void
forget_replaced(struct batch_record *older, const struct batch_record *newer)
{
	for (size_t i = 0; i < older->n_tests; i++) {
		struct test_record *test = &older->tests[i];

		for (size_t k = 0; k < newer->n_tests; k++) {
			if (strcmp(newer->tests[k].name, test->name) != 0)
				continue;
			for (size_t a = 0; a < test->n_attempts; a++)
				if (test->attempts[a].dir != NULL &&
				    has_attempt(&newer->tests[k],
						test->attempts[a].dir)) {
					free(test->attempts[a].dir);
					test->attempts[a].dir = NULL;
				}
		}
	}
}

int
inputs_read_files(struct inputs *inputs, const char *dir, struct err *err)
{
	size_t first = inputs->n;
	int ret = read_files(inputs, dir, err);

	for (size_t i = first; ret == 0 && i < inputs->n; i++) {
		struct batch_record *record = &inputs->items[i].record;

		if (!record->ended)
			find_killed(record);
		for (size_t k = first; k < inputs->n; k++)
			if (inputs->items[k].record.began_s > record->began_s)
				forget_replaced(record,
						&inputs->items[k].record);
	}
	return ret;
}

void
inputs_note_unfinished(struct batch_record *record)
{
	if (record->ended)
		return;
	free(record->stop_reason);
	record->stop_reason =
	    xstrdup("the run has not ended: it was killed, or goes on");
	record->stop_code = EXIT_INFRA;
}

int
inputs_add(struct inputs *inputs, const char *dir, struct err *err)
{
	size_t first = inputs->n;
	int ret = inputs_read_files(inputs, dir, err);

	if (ret < 0 || inputs->n > first)
		return ret;
	ret = read_test_dir(inputs, dir, err);
	return ret != -ENOENT
		   ? ret
		   : err_set(err, -ENOENT,
			     "%s: holds neither results.json nor log.jsonl; "
			     "give the directories that vdelab run made",
			     dir);
}

void
inputs_fini(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		batch_record_fini(&inputs->items[i].record);
		free(inputs->items[i].label);
		free(inputs->items[i].file);
	}
	free(inputs->items);
	*inputs = (struct inputs){ 0 };
}
