#include "driver/report/junit/junit-run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/batch/record.h"
#include "driver/report/cut-text.h"
#include "driver/report/junit/junit-maker.h"
#include "driver/report/junit/junit-output.h"
#include "driver/report/junit/junit-text.h"
#include "driver/report/story.h"
#include "lib/xalloc.h"

/* ---- files ---- */

static void
add_file(struct junit_case *c, const char *path)
{
	c->files = xrealloc(c->files, c->n_files + 1, sizeof(c->files[0]));
	c->files[c->n_files++] = xstrdup(path);
}

/* "main" has all, a case that failed what explains it, others what they took. */
static void
add_files(struct junit_maker *maker)
{
	const struct story *story = maker->story;
	struct junit_run *run = maker->run;

	for (size_t i = 0; i < run->n_cases; i++)
		if (i == 0 || run->cases[i].verdict != JUNIT_PASSED)
			add_file(&run->cases[i], "report.html");
	for (size_t i = 0; i < story->n_screenshots; i++) {
		const struct story_screenshot *shot = &story->screenshots[i];
		size_t owner =
		    shot->step >= 0 ? maker->case_of_step[shot->step] : 0;

		for (size_t k = 0; k < run->n_cases; k++)
			if (k == owner ||
			    (shot->step < 0 &&
			     run->cases[k].verdict != JUNIT_PASSED))
				add_file(&run->cases[k], shot->path);
	}
	for (size_t k = 0; k < run->n_cases; k++)
		for (size_t i = 0; i < story->n_segments; i++)
			if (story->segments[i].capture != NULL &&
			    (k == 0 || run->cases[k].verdict != JUNIT_PASSED))
				add_file(&run->cases[k],
					 story->segments[i].capture);
	for (size_t i = 0; i < story->n_machines; i++)
		if (story->machines[i].serial_log != NULL)
			add_file(&run->cases[0], story->machines[i].serial_log);
	add_file(&run->cases[0], "log.jsonl");
}

/* ---- properties ---- */

static void add_property(struct junit_run *run, const char *name,
			 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
add_property(struct junit_run *run, const char *name, const char *format, ...)
{
	va_list ap;
	char *value;

	va_start(ap, format);
	value = xvasprintf(format, ap);
	va_end(ap);
	run->properties = xrealloc(run->properties, run->n_properties + 1,
				   sizeof(run->properties[0]));
	run->properties[run->n_properties++] =
	    (struct junit_property){ .name = name, .value = value };
}

static void
add_properties(struct junit_run *run, const struct story *story)
{
	struct cut_text names;

	cut_text_init(&names, JUNIT_MESSAGE_MAX);
	for (size_t i = 0; i < story->n_machines; i++)
		cut_text_addf(&names, "%s%s", i > 0 ? " " : "",
			      story->machines[i].name);
	add_property(run, "result", "%s", story->run.result);
	add_property(run, "seed", "%" PRId64, story->run.seed);
	add_property(run, "accel", "%s", story->run.accel);
	add_property(run, "accel_reason", "%s", story->run.accel_reason);
	add_property(run, "timeout_scale", "%g", story->run.timeout_scale);
	run->properties = xrealloc(run->properties, run->n_properties + 1,
				   sizeof(run->properties[0]));
	run->properties[run->n_properties++] =
	    (struct junit_property){ .name = "machines",
				     .value = cut_text_take(&names) };
	if (story->run.version[0] != '\0')
		add_property(run, "vdelab", "%s", story->run.version);
}

/* ---- a run ---- */

static struct junit_case *
add_case(struct junit_run *run, char *name)
{
	run->cases =
	    xrealloc(run->cases, run->n_cases + 1, sizeof(run->cases[0]));
	run->cases[run->n_cases] = (struct junit_case){ .name = name };
	return &run->cases[run->n_cases++];
}

/* What a log says may be anything. */
static const char *
known_word(const char *word)
{
	for (int r = 0; r < N_RESULTS; r++)
		if (strcmp(word, result_word((enum run_result)r)) == 0)
			return result_word((enum run_result)r);
	return result_word(RESULT_NO_RUN);
}

static enum junit_verdict
verdict_of_word(const char *word)
{
	static const struct {
		const char *word;
		enum junit_verdict verdict;
	} verdicts[] = {
		{ "passed", JUNIT_PASSED },
		{ "failed", JUNIT_FAILED },
		{ "timed out", JUNIT_FAILED },
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (strcmp(word, verdicts[i].word) == 0)
			return verdicts[i].verdict;
	return JUNIT_ERROR;
}

static struct junit_run *
run_new(void)
{
	struct junit_run *run = XNEW(struct junit_run);

	add_case(run, xstrdup("main"));
	return run;
}

/* What happened to a run that is told by its log only in part. */
static void
choose_error(struct junit_maker *maker, const struct attempt_record *attempt)
{
	const struct story_run *run = &maker->story->run;

	maker->word = run->complete ? known_word(run->result) : "killed";
	maker->error = run->error;
	if (attempt != NULL && (!run->complete || attempt->code != run->code)) {
		maker->word = result_word(result_of_code(attempt->code));
		maker->error = attempt->error;
	}
}

static struct junit_run *
make_from_story(const struct story *story, const struct attempt_record *attempt)
{
	struct junit_run *run = run_new();
	struct junit_maker maker = { .story = story, .run = run };
	char **last;

	choose_error(&maker, attempt);
	run->verdict = verdict_of_word(maker.word);
	run->file = xstrdup(story->run.file);
	run->began_ns = story->run.began_ns;
	run->duration_s = story->run.duration_s;
	junit_make_cases(&maker);
	last = xcalloc(run->n_cases, sizeof(*last));
	junit_output_fill(story, maker.case_of_step, run->cases, run->n_cases,
			  last);
	for (size_t i = 0; i < run->n_cases; i++) {
		if (run->cases[i].verdict != JUNIT_PASSED)
			junit_explain(&maker, i, last[i]);
		free(last[i]);
	}
	add_files(&maker);
	add_properties(run, story);
	free(last);
	junit_maker_fini(&maker);
	return run;
}

/* Of a run without a log. */
static struct junit_run *
make_from_record(const struct attempt_record *attempt)
{
	struct junit_run *run = run_new();
	struct junit_case *c = &run->cases[0];
	const char *word = result_word(result_of_code(attempt->code));
	const char *error = attempt->error != NULL ? attempt->error : word;
	char *first = xasprintf("%.*s", (int)strcspn(error, "\n"), error);

	run->file = xstrdup("");
	run->duration_s = (double)attempt->duration_ms / 1e3;
	run->verdict = verdict_of_word(word);
	c->time_s = run->duration_s;
	c->verdict = run->verdict;
	c->out = xstrdup("");
	c->err = xstrdup("");
	if (c->verdict != JUNIT_PASSED) {
		c->type = word;
		c->message = junit_line(first, JUNIT_MESSAGE_MAX);
		c->detail = junit_text(error);
	}
	free(first);
	return run;
}

struct junit_run *
junit_run_make(const struct story *story, const struct attempt_record *attempt)
{
	if (story == NULL)
		return make_from_record(attempt);
	return make_from_story(story, attempt);
}

struct junit_run *
junit_run_skipped(const char *why)
{
	struct junit_run *run = run_new();
	struct junit_case *c = &run->cases[0];

	run->file = xstrdup("");
	run->verdict = JUNIT_SKIPPED;
	c->verdict = JUNIT_SKIPPED;
	c->type = "not run";
	c->message = junit_line(why, JUNIT_MESSAGE_MAX);
	c->detail = xstrdup(c->message);
	c->out = xstrdup("");
	c->err = xstrdup("");
	return run;
}

static void
junit_case_fini(struct junit_case *c)
{
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i]);
	free(c->files);
	free(c->name);
	free(c->message);
	free(c->detail);
	free(c->out);
	free(c->err);
}

void
junit_run_free(struct junit_run *run)
{
	if (run == NULL)
		return;
	for (size_t i = 0; i < run->n_cases; i++)
		junit_case_fini(&run->cases[i]);
	for (size_t i = 0; i < run->n_properties; i++)
		free(run->properties[i].value);
	free(run->cases);
	free(run->properties);
	free(run->file);
	free(run);
}
