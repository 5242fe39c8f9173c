/*
 * terminal-steps: which steps get a line.
 *
 * Where nobody watches: each, when it ends, and a subtest when it begins, too.
 *
 * On a terminal there are some hundred steps to be looked at, so a line is for
 * subtests; for steps that failed, unless within a step (a retry, a wait) whose
 * end tells more; and for those that took TERMINAL_SLOW_S or more.  The others
 * are counted: those in a subtest on its line, those outside together on one
 * of their own.  The line that a subtest begins with is printed when something
 * is printed inside.
 */
#include "driver/report/terminal-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"

enum { LINE_SHOWN = 100, TERMINAL_SLOW_S = 2, TOOK_SIZE = 32 };

static bool
is_subtest(const struct progress_step *s)
{
	return strcmp(s->kind, "subtest") == 0;
}

static char *
title_of(const struct terminal *t, const struct progress_step *s)
{
	bool bare = t->look.compact && is_subtest(s);

	return bare ? xstrdup(s->text)
		    : progress_title(s->machine, s->kind, s->text, LINE_SHOWN);
}

/* That the subtests around @step have begun has been printed when this returns.
 */
static void
print_outer(struct terminal *t, json_int_t id)
{
	struct progress_step *s = progress_find(&t->progress, id);
	char *title;

	if (s == NULL || s->told)
		return;
	s->told = true;
	print_outer(t, s->in);
	title = title_of(t, s);
	terminal_line(t, s->began_s, "", NULL, LOOK_HEAD,
		      progress_depth(&t->progress, s->in), title);
	free(title);
}

void
terminal_step_begin(struct terminal *t, const json_t *event, double at_s)
{
	const struct progress_step *s =
	    progress_find(&t->progress, json_int_or(event, "step", 0));

	(void)at_s;
	if (s != NULL && !t->look.compact &&
	    ((t->look.verbose || (is_subtest(s) && !s->looking))))
		print_outer(t, s->id);
}

void
terminal_unfold(struct terminal *t)
{
	struct folded_steps *f = &t->folded;
	char took[TOOK_SIZE], text[TOOK_SIZE];

	if (f->n == 0)
		return;
	snprintf(took, sizeof(took), "%.2f s", f->took_s);
	snprintf(text, sizeof(text), "%zu step%s", f->n, f->n == 1 ? "" : "s");
	terminal_line(t, f->began_s, took, look_mark(&t->look, true), LOOK_GOOD,
		      0, text);
	*f = (struct folded_steps){ .n = 0 };
}

static void
fold(struct terminal *t, const struct progress_step *s, double took_s)
{
	if (s->in != 0)
		return; /* it is counted in what it lies in */
	if (t->folded.n++ == 0)
		t->folded.began_s = s->began_s;
	t->folded.took_s += took_s;
}

static void
print_end(struct terminal *t, const struct progress_step *s, bool ok,
	  double took_s)
{
	char *title = title_of(t, s), *line;
	char took[TOOK_SIZE], inner[TOOK_SIZE + 16] = "";

	snprintf(took, sizeof(took), "%.2f s", took_s);
	if (t->look.compact && is_subtest(s) && s->n_inner > 0)
		snprintf(inner, sizeof(inner), " (%zu step%s)", s->n_inner,
			 s->n_inner == 1 ? "" : "s");
	line = xasprintf("%s%s", title, inner);
	terminal_line(t, s->began_s, took, look_mark(&t->look, ok),
		      ok ? LOOK_GOOD : LOOK_BAD,
		      progress_depth(&t->progress, s->in), line);
	free(title);
	free(line);
}

/* Does @s, which ends, get a line where somebody watches? */
static bool
is_worth_a_line(const struct progress_step *s, bool ok, double took_s)
{
	if (!s->outline)
		return !ok && s->looking;
	return !ok || is_subtest(s) || took_s >= TERMINAL_SLOW_S;
}

void
terminal_step_end(struct terminal *t, const json_t *event, double at_s)
{
	struct progress_step *s =
	    progress_find(&t->progress, json_int_or(event, "step", 0));
	bool ok = json_bool_or(event, "ok", false);
	double took_s;

	if (s == NULL)
		return;
	took_s = at_s - s->began_s;
	/* One of very many looks at a condition. */
	if (s->looking && ok && !t->look.verbose)
		return;
	if (t->look.compact && !is_worth_a_line(s, ok, took_s)) {
		fold(t, s, took_s);
		return;
	}
	if (t->look.compact) {
		terminal_unfold(t);
		print_outer(t, s->in);
	}
	print_end(t, s, ok, took_s);
}
