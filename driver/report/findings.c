#include "driver/report/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/findings-internal.h"
#include "driver/report/story-internal.h"
#include "lib/xalloc.h"

void
frame_set_add(struct frame_set *set, const struct story *story, size_t frame)
{
	double t = story->frames[frame].t;

	if (set->n_all++ == 0)
		set->begin_s = set->end_s = t;
	if (t < set->begin_s)
		set->begin_s = t;
	if (t > set->end_s)
		set->end_s = t;
	if (set->n < FINDING_FRAMES_MAX)
		set->frames[set->n++] = frame;
}

void
frame_set_merge(struct frame_set *set, const struct frame_set *more)
{
	if (more->n_all == 0)
		return;
	if (set->n_all == 0 || more->begin_s < set->begin_s)
		set->begin_s = more->begin_s;
	if (set->n_all == 0 || more->end_s > set->end_s)
		set->end_s = more->end_s;
	set->n_all += more->n_all;
	for (size_t i = 0; i < more->n && set->n < FINDING_FRAMES_MAX; i++)
		set->frames[set->n++] = more->frames[i];
}

const char *
finding_times(const struct frame_set *set, size_t n,
	      char text[static FINDING_TIMES_SIZE])
{
	double s = set->end_s - set->begin_s;

	if (n <= 1)
		snprintf(text, FINDING_TIMES_SIZE, "once");
	else if (s < 0.05)
		snprintf(text, FINDING_TIMES_SIZE, "%zu times", n);
	else
		snprintf(text, FINDING_TIMES_SIZE, "%zu times in %.1f s", n, s);
	return text;
}

bool
finding_is_copy(const struct finder *finder, size_t frame)
{
	const struct story_frame *f = &finder->story->frames[frame];

	return wire_names_of_port(finder->names,
				  finder->story->ports[f->port]) != f->from;
}

static int
by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

void
finding_add(struct finder *finder, enum finding_rank rank,
	    const struct frame_set *set, const char *fmt, ...)
{
	struct story *story = finder->story;
	struct story_finding *finding;
	va_list ap;

	if (story->n_findings == STORY_FINDINGS_MAX || set->n == 0)
		return;
	finding = STORY_ADD(story->findings, story->n_findings);
	va_start(ap, fmt);
	finding->text = xvasprintf(fmt, ap);
	va_end(ap);
	finding->severity = finder->is_failure && rank < RANK_NOTES &&
				    set->end_s >= finder->failing_s
				? STORY_BAD
				: STORY_NOTE;
	finding->begin_s = set->begin_s;
	finding->end_s = set->end_s;
	finding->frames = xcalloc(set->n, sizeof(*finding->frames));
	memcpy(finding->frames, set->frames, set->n * sizeof(*finding->frames));
	finding->n_frames = set->n;
	qsort(finding->frames, set->n, sizeof(*finding->frames), by_number);
	finding->segment = story->frames[finding->frames[0]].segment;
	finding->rank = (int)rank;
}

static int
by_rank(const void *a, const void *b)
{
	const struct story_finding *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity == STORY_BAD ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->begin_s > y->begin_s) - (x->begin_s < y->begin_s);
}

/* What stands out in the frames from @from up to @to. */
static void
find_among(struct finder *finder, size_t from, size_t to, bool is_failure)
{
	struct story *story = finder->story;
	size_t first = story->n_findings;

	if (from >= to)
		return;
	finder->from = from;
	finder->to = to;
	finder->is_failure = is_failure;
	find_unanswered(finder);
	find_told(finder);
	if (story->n_findings - first > 1)
		qsort(story->findings + first, story->n_findings - first,
		      sizeof(*story->findings), by_rank);
}

/* The first frame at @t or later. */
static size_t
frame_at(const struct story *story, double t)
{
	size_t i = 0;

	while (i < story->n_frames && story->frames[i].t < t)
		i++;
	return i;
}

void
findings_find(struct story *story, const struct wire_names *names,
	      const struct wire_frame said[])
{
	struct finder finder = { .story = story,
				 .names = names,
				 .said = said,
				 .end_s = story->run.duration_s };
	double begin_s, end_s;
	size_t from, to, n = story->n_frames;

	if (n == 0)
		return;
	if (finder.end_s < story->frames[n - 1].t)
		finder.end_s = story->frames[n - 1].t;
	story_window(story, &begin_s, &end_s);
	finder.failing_s = story->failure.step >= 0
			       ? story->steps[story->failure.step].begin_s
			       : begin_s;
	from = begin_s < 0 ? 0 : frame_at(story, begin_s);
	to = begin_s < 0 ? 0 : frame_at(story, end_s);
	find_among(&finder, from, to, true);
	if (n > FINDINGS_FRAMES_MAX)
		return;
	find_among(&finder, 0, from, false);
	find_among(&finder, to, n, false);
}
