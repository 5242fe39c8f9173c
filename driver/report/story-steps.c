/*
 * story-steps: the steps of a run and where it failed.
 *
 * There may be very many: then the first and the last ones stay, and those that
 * failed or had not ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/report-text.h"
#include "driver/report/story-internal.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	KIND_COST_MAX = 128,
	TEXT_COST_MAX = STORY_TEXT_MAX,
	FAILED_MAX = 1000, /* of those that stay for it */
	COMPARED = 60,	   /* octets of an error; cut ones have as many */
};

/* Steps have ascending numbers. */
int
story_step_of(const struct story *story, int64_t id)
{
	size_t low = 0, high = story->n_steps;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (story->steps[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < story->n_steps && story->steps[low].id == id ? (int)low
								  : -1;
}

/* ---- which stay ---- */

static void
step_fini(struct story_step *step)
{
	free(step->kind);
	free(step->text);
	free(step->error);
	free(step->at.file);
}

static size_t
cost_of(const struct story_step *step)
{
	return STORY_ROW_OCTETS + report_text_cost(step->text) +
	       (step->error != NULL ? report_text_cost(step->error) : 0);
}

/* The first and the last ones stay, each as many.  Parents are indexes only when
 * all is read. */
static void
thin_out(struct story_reader *reader)
{
	struct story *story = reader->story;
	size_t kept = 0, others = 0;
	size_t first = (STORY_STEPS_MAX - FAILED_MAX) / 2;
	size_t last = story->n_steps - first;

	reader->steps_octets = 0;
	for (size_t i = 0; i < story->n_steps; i++) {
		struct story_step *step = &story->steps[i];
		bool telling = !step->ended || !step->ok;
		bool is_middle = i >= first && i < last;

		if (is_middle && (!telling || others == FAILED_MAX)) {
			step_fini(step);
			continue;
		}
		others += is_middle;
		reader->steps_octets += cost_of(step);
		story->steps[kept++] = *step;
	}
	story->n_steps = kept;
}

/* ---- reading ---- */

/* Beyond what there is room for, texts are short. */
static char *
step_text(struct story_reader *reader, const char *text)
{
	size_t max = STORY_SHORT_TEXT;
	char *copy;

	if (reader->steps_octets < STORY_STEPS_OCTETS) {
		max = STORY_STEPS_OCTETS - reader->steps_octets;
		if (max > TEXT_COST_MAX)
			max = TEXT_COST_MAX;
		if (max < STORY_SHORT_TEXT)
			max = STORY_SHORT_TEXT;
	}
	copy = report_text_cut(text, max);
	reader->steps_octets += report_text_cost(copy) + STORY_ROW_OCTETS / 2;
	return copy;
}

void
story_on_step_begin(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	int64_t id = json_int_or(event, "step", 0);
	int64_t in = json_int_or(event, "in", 0);
	struct story_step *step;

	if (id <= 0 ||
	    (story->n_steps > 0 && story->steps[story->n_steps - 1].id >= id)) {
		reader->bad_lines++;
		return;
	}
	reader->steps_seen++;
	step = STORY_ADD(story->steps, story->n_steps);
	step->id = id;
	/* Its number, until all have been read. */
	step->parent = in > 0 && in < id && in <= INT32_MAX ? (int)in : 0;
	step->machine = story_machine(reader, story_text(event, "machine"));
	step->kind = report_text_cut(story_text(event, "kind"), KIND_COST_MAX);
	step->text = step_text(reader, story_text(event, "text"));
	step->begin_s = story_number(event, "t", 0);
	step->end_s = -1;
	step->at = story_place(story, json_object_get(event, "at"));
	if (story->n_steps == 2 * STORY_STEPS_MAX)
		thin_out(reader);
}

void
story_on_step_end(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	int i = story_step_of(story, json_int_or(event, "step", 0));
	const char *error = json_str_or(event, "error", NULL);
	struct story_step *step;

	if (i < 0)
		return; /* one that has been left out */
	step = &story->steps[i];
	if (step->ended) {
		reader->bad_lines++;
		return;
	}
	step->ended = true;
	step->end_s = story_number(event, "t", 0);
	step->ok = json_bool_or(event, "ok", false);
	step->timed_out = json_bool_or(event, "timed_out", false);
	if (error != NULL)
		step->error = step_text(reader, error);
}

/* ---- the failure ---- */

/* Is @step's error what the run died of?  Errors gain places in front and traces
 * behind on their way, and long ones are cut. */
static bool
is_cause(const struct story_run *run, const struct story_step *step)
{
	char begin[COMPARED + 1];

	if (run->code != EXIT_TEST_FAILED)
		return true; /* stopped: whatever went on failed by that */
	if (step->error == NULL)
		return false;
	snprintf(begin, sizeof(begin), "%s", step->error);
	return strstr(run->error, begin) != NULL;
}

static bool
has_failed(const struct story_step *step)
{
	return step->ended && !step->ok;
}

/* Down from the step that failed the run: a step fails by the last one in it
 * that did. */
static int
failed_step(const struct story *story)
{
	/* Of each step, behind that of the run: the last one in it that
	 * failed, counted from 1. */
	int *inner = xcalloc(story->n_steps + 1, sizeof(*inner));
	int step = -1;

	for (size_t i = 0; i < story->n_steps; i++) {
		const struct story_step *s = &story->steps[i];
		int *last = &inner[s->parent + 1];

		if (!has_failed(s) ||
		    (s->parent < 0 && !is_cause(&story->run, s)))
			continue;
		if (*last == 0 || story->steps[*last - 1].end_s <= s->end_s)
			*last = (int)i + 1;
	}
	while (inner[step + 1] != 0)
		step = inner[step + 1] - 1;
	free(inner);
	return step;
}

static struct story_place
copy_place(const struct story_place *place)
{
	struct story_place copy = *place;

	if (copy.file != NULL)
		copy.file = xstrdup(copy.file);
	return copy;
}

/* Of the run's end; else the failed step, or one that it is part of; else what
 * the error says. */
static struct story_place
failure_place(const struct story_reader *reader, int step)
{
	const struct story *story = reader->story;
	struct story_place place = story_place(story, reader->end_at);

	if (place.file != NULL)
		return place;
	for (int i = step; i >= 0; i = story->steps[i].parent)
		if (story->steps[i].at.file != NULL)
			return copy_place(&story->steps[i].at);
	return story_place_in(story, story->run.error);
}

static void
find_failure(const struct story_reader *reader)
{
	struct story *story = reader->story;
	struct story_failure *failure = &story->failure;

	if (!story->run.complete || story->run.error == NULL ||
	    story->run.code == 0)
		return;
	failure->happened = true;
	failure->step = failed_step(story);
	failure->t = failure->step >= 0 ? story->steps[failure->step].end_s
					: story->run.duration_s;
	failure->error = xstrdup(story->run.error);
	failure->at = failure_place(reader, failure->step);
}

void
story_end_steps(struct story_reader *reader)
{
	struct story *story = reader->story;

	if (story->n_steps > STORY_STEPS_MAX)
		thin_out(reader);
	for (size_t i = 0; i < story->n_steps; i++) {
		struct story_step *step = &story->steps[i];

		step->parent =
		    step->parent > 0 ? story_step_of(story, step->parent) : -1;
		if (step->at.file == NULL || step->at.source >= 0)
			continue;
		/* Its text may have come later. */
		for (size_t s = 0; s < story->n_sources; s++)
			if (strcmp(story->sources[s].file, step->at.file) == 0)
				step->at.source = (int)s;
	}
	find_failure(reader);
}
