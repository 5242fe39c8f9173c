#include "driver/report/junit/junit-output.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "driver/report/cut-text.h"
#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit-text.h"
#include "driver/report/story.h"
#include "lib/xalloc.h"

enum { TITLE_MAX = 250 };

/* What commands write comes in pieces, which need not be whole lines. */
struct lines {
	struct cut_text cut;
	bool open; /* its last line has not ended: it is of .step and .type */
	int step, type;
};

struct case_text {
	struct lines out, err;
	struct lines last; /* what commands wrote, as it is */
};

struct output {
	const struct story *story;
	const size_t *case_of_step;
	struct case_text *texts; /* of each case */
	bool *quiet;		 /* of each step: not worth a line */
	size_t *open;		 /* subtests that have begun, as steps */
	size_t n_open;
};

char *
junit_step_title(const struct story *story, size_t step)
{
	const struct story_step *s = &story->steps[step];
	const char *machine =
	    s->machine >= 0 ? story->machines[s->machine].name : NULL;
	char *all = xasprintf("%s%s%s%s%s", machine != NULL ? machine : "",
			      machine != NULL ? ": " : "", s->kind,
			      s->text[0] != '\0' ? ": " : "", s->text);
	char *title = clean_line(all, TITLE_MAX);

	free(all);
	return title;
}

static void
end_line(struct lines *lines)
{
	if (lines->open)
		cut_text_add(&lines->cut, "\n");
	lines->open = false;
}

/* Each line of @text behind @prefix; the last one may go on. */
static void
put_text(struct lines *lines, const char *prefix, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		cut_text_addf(&lines->cut, "%s%.*s%s",
			      lines->open ? "" : prefix, (int)len, text,
			      text[len] == '\n' ? "\n" : "");
		lines->open = text[len] != '\n';
		text += len;
		text += *text == '\n';
	}
}

static void
put_lines(struct lines *lines, const char *prefix, const char *text)
{
	end_line(lines);
	put_text(lines, prefix, text);
	end_line(lines);
}

/* Of the command that has written before it may be the rest of a line. */
static void
put_piece(struct lines *lines, const char *prefix,
	  const struct story_event *event)
{
	if (lines->step != event->step || lines->type != event->type)
		end_line(lines);
	put_text(lines, prefix, event->text);
	lines->step = event->step;
	lines->type = event->type;
}

/* ---- steps ---- */

static bool
is_subtest(const struct story_step *step)
{
	return strcmp(step->kind, "subtest") == 0;
}

/* A look at a condition, one of very many, and what it does. */
static bool
is_quiet(const struct output *output, size_t i)
{
	const struct story_step *s = &output->story->steps[i];

	if (s->parent >= 0 && output->quiet[s->parent])
		return true;
	return s->ok && strcmp(s->kind, "polling_condition") == 0;
}

/* The case that has the line of step @i: of a subtest the one around it. */
static size_t
case_of_line(const struct output *output, size_t i)
{
	const struct story_step *s = &output->story->steps[i];

	if (!is_subtest(s))
		return output->case_of_step[i];
	return s->parent >= 0 ? output->case_of_step[s->parent] : 0;
}

static void
put_step(struct output *output, size_t i)
{
	const struct story_step *s = &output->story->steps[i];
	struct case_text *text = &output->texts[case_of_line(output, i)];
	char *title;

	output->quiet[i] = is_quiet(output, i);
	if (is_subtest(s))
		output->open[output->n_open++] = i;
	if (output->quiet[i])
		return;
	title = junit_step_title(output->story, i);
	end_line(&text->out);
	cut_text_addf(&text->out.cut, "%9.3f %s %s", s->begin_s,
		      !s->ended ? ".." : (s->ok ? "ok" : "!!"), title);
	if (s->ended)
		cut_text_addf(&text->out.cut, " (%.3f s)\n",
			      s->end_s - s->begin_s);
	else
		cut_text_add(&text->out.cut, " (had not ended)\n");
	if (s->error != NULL && !is_subtest(s))
		put_lines(&text->out, "             ", s->error);
	free(title);
}

/* ---- events ---- */

/* The case in which something happens at @t that belongs to no step. */
static size_t
case_at(struct output *output, double t)
{
	const struct story_step *steps = output->story->steps;

	while (output->n_open > 0) {
		const struct story_step *s =
		    &steps[output->open[output->n_open - 1]];

		if (!s->ended || s->end_s > t)
			break;
		output->n_open--;
	}
	return output->n_open > 0
		   ? output->case_of_step[output->open[output->n_open - 1]]
		   : 0;
}

static void
put_stdout(struct case_text *text, const struct story_event *event,
	   const char *who)
{
	(void)who;
	put_piece(&text->out, "           | ", event);
	put_piece(&text->last, "  | ", event);
}

static void
put_stderr(struct case_text *text, const struct story_event *event,
	   const char *who)
{
	char *prefix = xasprintf("%9.3f %s%sstderr: ", event->t, who,
				 who[0] != '\0' ? " " : "");

	put_piece(&text->err, prefix, event);
	put_piece(&text->last, "  | ", event);
	free(prefix);
}

static void
put_log(struct case_text *text, const struct story_event *event,
	const char *who)
{
	char *prefix = xasprintf("%9.3f  # ", event->t);

	(void)who;
	put_lines(&text->out, prefix, event->text);
	free(prefix);
}

static const struct {
	const char *type;
	void (*put)(struct case_text *text, const struct story_event *event,
		    const char *who);
} puts_by_type[] = {
	{ "stdout", put_stdout },
	{ "stderr", put_stderr },
	{ "log", put_log },
};

/* What machines and the switch say. */
static const char *const said[] = {
	"machine.disk-error",
	"machine.ended",
	"machine.panicked",
	"machine.shell-lost",
	"qemu",
	"serial",
	"switch",
	"switch.lost",
	"time-out",
};

static void
put_event(struct output *output, const struct story_event *event)
{
	const struct story *story = output->story;
	const char *type = story_event_type(story, event);
	const char *who =
	    event->machine >= 0 ? story->machines[event->machine].name : "";
	size_t i = event->step >= 0 ? output->case_of_step[event->step]
				    : case_at(output, event->t);
	struct case_text *text = &output->texts[i];
	char *prefix;

	for (size_t k = 0; k < sizeof(puts_by_type) / sizeof(puts_by_type[0]);
	     k++) {
		if (strcmp(type, puts_by_type[k].type) != 0)
			continue;
		puts_by_type[k].put(text, event, who);
		return;
	}
	for (size_t k = 0; k < sizeof(said) / sizeof(said[0]); k++) {
		if (strcmp(type, said[k]) != 0)
			continue;
		prefix = xasprintf("%9.3f %s%s%s: ", event->t, who,
				   who[0] != '\0' ? " " : "", type);
		put_lines(&text->err, prefix, event->text);
		free(prefix);
	}
}

/* ---- all of it ---- */

static char *
take(struct lines *lines)
{
	char *text, *clean;

	end_line(lines);
	text = cut_text_take(&lines->cut);
	clean = junit_text(text);

	free(text);
	return clean;
}

void
junit_output_fill(const struct story *story, const size_t *case_of_step,
		  struct junit_case *cases, size_t n_cases, char **last)
{
	struct output output = {
		.story = story,
		.case_of_step = case_of_step,
		.texts = xcalloc(n_cases, sizeof(*output.texts)),
		.quiet = xcalloc(story->n_steps + 1, sizeof(*output.quiet)),
		.open = xcalloc(story->n_steps + 1, sizeof(*output.open)),
	};
	size_t i = 0, k = 0;

	for (size_t c = 0; c < n_cases; c++) {
		size_t max = cases[c].verdict == JUNIT_PASSED
				 ? JUNIT_PASSED_OUTPUT_MAX
				 : JUNIT_OUTPUT_MAX;

		cut_text_init(&output.texts[c].out.cut, max);
		cut_text_init(&output.texts[c].err.cut, max);
		cut_text_init(&output.texts[c].last.cut, JUNIT_LAST_MAX);
	}
	while (i < story->n_steps || k < story->n_events) {
		if (k == story->n_events ||
		    (i < story->n_steps &&
		     story->steps[i].begin_s <= story->events[k].t))
			put_step(&output, i++);
		else
			put_event(&output, &story->events[k++]);
	}
	for (size_t c = 0; c < n_cases; c++) {
		cases[c].out = take(&output.texts[c].out);
		cases[c].err = take(&output.texts[c].err);
		last[c] = take(&output.texts[c].last);
	}
	free(output.texts);
	free(output.quiet);
	free(output.open);
}
