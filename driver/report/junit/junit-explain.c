#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/cut-text.h"
#include "driver/report/junit/junit-maker.h"
#include "driver/report/junit/junit-output.h"
#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit-text.h"
#include "driver/report/story.h"
#include "lib/xalloc.h"

static const char *
error_of_case(const struct junit_maker *maker, size_t i)
{
	const struct junit_making *m = &maker->makings[i];
	const struct story *story = maker->story;

	if (i > 0 && story->steps[m->step].error != NULL)
		return story->steps[m->step].error;
	if (i > 0 && story->steps[m->step].ended && m->failed_step >= 0 &&
	    story->steps[m->failed_step].error != NULL)
		return story->steps[m->failed_step].error;
	return maker->error != NULL ? maker->error : maker->word;
}

/* The line, and those around it. */
static void
put_source(FILE *f, const struct story *story, const struct story_place *at)
{
	for (int line = at->line - 1;
	     at->source >= 0 && at->line > 0 && line <= at->line + 1; line++) {
		char *text =
		    line > 0
			? story_source_line(&story->sources[at->source], line)
			: NULL;

		if (text != NULL)
			fprintf(f, "   %s %4d | %s\n",
				line == at->line ? ">" : " ", line, text);
		free(text);
	}
}

/* The last thing, for there readers of JUnit look for the file and the line. */
static void
put_place(FILE *f, const struct junit_maker *maker, size_t i)
{
	const struct story *story = maker->story;
	const struct junit_making *m = &maker->makings[i];
	const struct story_place *at = NULL;

	if (m->failed_step >= 0)
		at = &story->steps[m->failed_step].at;
	else if (i > 0)
		at = &story->steps[m->step].at;
	if (story->failure.happened &&
	    (i == 0 || m->failed_step == story->failure.step))
		at = &story->failure.at;
	if (at == NULL || at->file == NULL)
		return;
	fprintf(f, "\n at %s", at->file);
	if (at->line > 0)
		fprintf(f, ":%d", at->line);
	fputc('\n', f);
	put_source(f, story, at);
}

static void
put_findings(FILE *f, const struct story *story)
{
	char *findings = story_findings(story);

	if (findings[0] != '\0')
		fprintf(f, "\nOn the wire:\n");
	for (const char *p = findings; *p != '\0';) {
		size_t len = strcspn(p, "\n");

		fprintf(f, "  %.*s\n", (int)len, p);
		p += len;
		p += *p == '\n';
	}
	free(findings);
}

static void
put_failed_step(FILE *f, const struct story *story, int step)
{
	const struct story_step *s = &story->steps[step];
	char *title = junit_step_title(story, (size_t)step);

	fprintf(f, "\nIn the step: %s", title);
	if (s->ended)
		fprintf(f, " (%.3f s)\n", s->end_s - s->begin_s);
	else
		fputs(" (had not ended)\n", f);
	free(title);
}

void
junit_explain(struct junit_maker *maker, size_t i, const char *last)
{
	struct junit_case *c = &maker->run->cases[i];
	const struct story *story = maker->story;
	const char *error = error_of_case(maker, i);
	size_t line_len = strcspn(error, "\n");
	struct cut_text cut;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		abort(); /* out of memory, as in xalloc */
	c->message = xasprintf("%.*s", (int)line_len, error);
	cut_text_init(&cut, JUNIT_ERROR_MAX);
	cut_text_add(&cut, error);
	error = cut_text_take(&cut);
	fputs(error, f);
	free((char *)error);
	fputc('\n', f);
	if (maker->makings[i].failed_step >= 0)
		put_failed_step(f, story, maker->makings[i].failed_step);
	if (story->failure.step < 0 ||
	    maker->case_of_step[story->failure.step] == i)
		put_findings(f, story);
	if (last[0] != '\0')
		fprintf(f, "\nLast output:\n%s", last);
	put_place(f, maker, i);
	fclose(f);
	c->detail = junit_text(text);
	free(text);
	text = junit_line(c->message, JUNIT_MESSAGE_MAX);
	free(c->message);
	c->message = text;
}
