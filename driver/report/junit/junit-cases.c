#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/junit/junit-maker.h"
#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit-text.h"
#include "driver/report/story.h"
#include "lib/xalloc.h"

/* ---- cases ---- */

/* Readers drop what has the name of another: the second of a title is told by
 * a number. */
static bool
is_name_taken(const struct junit_run *run, const char *name)
{
	for (size_t i = 0; i < run->n_cases; i++)
		if (strcmp(run->cases[i].name, name) == 0)
			return true;
	return false;
}

static unsigned
count_titles(const struct junit_maker *maker, const char *title)
{
	unsigned n = 0;

	for (size_t i = 1; i < maker->run->n_cases; i++)
		n += strcmp(maker->makings[i].title, title) == 0;
	return n;
}

static char *
name_for(const struct junit_maker *maker, const char *title)
{
	unsigned n = count_titles(maker, title) + 1;
	char *name = n == 1 ? xstrdup(title) : xasprintf("%s (%u)", title, n);

	while (is_name_taken(maker->run, name)) {
		free(name);
		name = xasprintf("%s (%u)", title, ++n);
	}
	return name;
}

static size_t
add_subtest(struct junit_maker *maker, size_t step, size_t parent)
{
	struct junit_run *run = maker->run;
	const char *text = maker->story->steps[step].text;
	char *all = xasprintf(
	    "%s%s%s", parent > 0 ? run->cases[parent].name : "",
	    parent > 0 ? " / " : "", text[0] != '\0' ? text : "subtest");
	char *title = junit_line(all, JUNIT_NAME_MAX);
	char *name = name_for(maker, title);
	size_t i = run->n_cases++;

	free(all);
	run->cases = xrealloc(run->cases, run->n_cases, sizeof(run->cases[0]));
	run->cases[i] = (struct junit_case){ .name = name };
	maker->makings =
	    xrealloc(maker->makings, run->n_cases, sizeof(maker->makings[0]));
	maker->makings[i] = (struct junit_making){ .step = (int)step,
						   .parent = parent,
						   .title = title,
						   .failed_step = JUNIT_NONE };
	return i;
}

static void
add_cases(struct junit_maker *maker)
{
	const struct story *story = maker->story;

	for (size_t i = 0; i < story->n_steps; i++) {
		const struct story_step *s = &story->steps[i];
		size_t outer =
		    s->parent >= 0 ? maker->case_of_step[s->parent] : 0;

		maker->case_of_step[i] =
		    strcmp(s->kind, "subtest") == 0 &&
			    maker->run->n_cases < JUNIT_CASES_MAX
			? add_subtest(maker, i, outer)
			: outer;
	}
}

static double
step_duration(const struct story *story, const struct story_step *step)
{
	double end_s = step->ended ? step->end_s : story->run.duration_s;

	return end_s > step->begin_s ? end_s - step->begin_s : 0;
}

/* Each has the time of its own; subtests side by side may leave none. */
static void
share_times(struct junit_maker *maker)
{
	struct junit_run *run = maker->run;

	run->cases[0].time_s = run->duration_s;
	for (size_t i = 1; i < run->n_cases; i++) {
		const struct junit_making *making = &maker->makings[i];
		double s = step_duration(maker->story,
					 &maker->story->steps[making->step]);

		run->cases[i].time_s += s;
		run->cases[making->parent].time_s -= s;
	}
	for (size_t i = 0; i < run->n_cases; i++)
		if (run->cases[i].time_s < 0)
			run->cases[i].time_s = 0;
}

/* ---- verdicts ---- */

/* The step of each case that ended first without success: others ended because
 * of it. */
static void
find_failed_steps(struct junit_maker *maker)
{
	const struct story *story = maker->story;
	const struct story_failure *failure = &story->failure;

	for (size_t i = 0; i < story->n_steps; i++) {
		struct junit_making *m =
		    &maker->makings[maker->case_of_step[i]];
		const struct story_step *s = &story->steps[i];

		if (s->ok || (int)i == m->step)
			continue;
		if (m->failed_step == JUNIT_NONE ||
		    (s->ended &&
		     (!story->steps[m->failed_step].ended ||
		      s->end_s <= story->steps[m->failed_step].end_s)))
			m->failed_step = (int)i;
	}
	if (failure->happened && failure->step >= 0)
		maker->makings[maker->case_of_step[failure->step]].failed_step =
		    failure->step;
}

/* Further lines may be cut otherwise, or tell more. */
static bool
is_same_error(const char *outer, const char *inner)
{
	char *line = xasprintf("%.*s", (int)strcspn(inner, "\n"), inner);
	bool same = strstr(outer, line) != NULL;

	free(line);
	return same;
}

/* A case failed with @error: did the one around it, case @parent, with the same
 * error? */
static void
note_inner(struct junit_maker *maker, size_t parent, const char *error)
{
	struct junit_making *m = &maker->makings[parent];
	const char *own =
	    m->step >= 0 ? maker->story->steps[m->step].error : maker->error;

	if (error == NULL || own == NULL || is_same_error(own, error))
		m->failed_with_inner = true;
}

static void
fail_case(struct junit_maker *maker, size_t i)
{
	struct junit_case *c = &maker->run->cases[i];
	int step = maker->makings[i].failed_step;

	c->verdict = maker->run->verdict;
	c->type = maker->word;
	if (c->verdict == JUNIT_FAILED && step >= 0 &&
	    maker->story->steps[step].timed_out)
		c->type = "timed out";
}

/* Is there a subtest that the run failed by? */
static bool
is_told_by_subtest(const struct junit_maker *maker)
{
	const struct story_failure *failure = &maker->story->failure;
	size_t i = failure->happened && failure->step >= 0
		       ? maker->case_of_step[failure->step]
		       : 0;

	if (i > 0 && maker->run->cases[i].verdict != JUNIT_PASSED)
		return true;
	return maker->makings[0].failed_with_inner;
}

/* Subtests stand behind those that they are part of. */
static void
judge_cases(struct junit_maker *maker)
{
	const struct story *story = maker->story;

	if (maker->run->verdict == JUNIT_PASSED)
		return;
	find_failed_steps(maker);
	for (size_t i = maker->run->n_cases - 1; i > 0; i--) {
		const struct junit_making *m = &maker->makings[i];
		const struct story_step *s = &story->steps[m->step];

		if (s->ok)
			continue;
		if (!m->failed_with_inner)
			fail_case(maker, i);
		note_inner(maker, m->parent, s->error);
	}
	if (!is_told_by_subtest(maker))
		fail_case(maker, 0);
}

void
junit_make_cases(struct junit_maker *maker)
{
	maker->makings = XNEW(struct junit_making);
	maker->makings[0] = (struct junit_making){ .step = JUNIT_NONE,
						   .failed_step = JUNIT_NONE };
	maker->case_of_step =
	    xcalloc(maker->story->n_steps + 1, sizeof(*maker->case_of_step));
	add_cases(maker);
	share_times(maker);
	judge_cases(maker);
}

void
junit_maker_fini(struct junit_maker *maker)
{
	for (size_t i = 0; i < maker->run->n_cases; i++)
		free(maker->makings[i].title);
	free(maker->makings);
	free(maker->case_of_step);
}
