#include "driver/report/status-lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/look.h"
#include "driver/report/progress.h"
#include "driver/report/shown-text.h"
#include "lib/xalloc.h"

enum { NAME_WIDTH_MAX = 20, WAIT_TOLD_S = 2, TEXT_LEN = 300 };

void
status_lines_add(struct status_lines *lines, char *line)
{
	lines->items =
	    xrealloc(lines->items, lines->n + 1, sizeof(lines->items[0]));
	lines->items[lines->n++] = line;
}

void
status_lines_clear(struct status_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct status_lines){ .n = 0 };
}

char *
status_time(double seconds, char text[STATUS_TIME_SIZE])
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;

	if (s < 60)
		snprintf(text, STATUS_TIME_SIZE, "%lu s", s);
	else if (s < 3600)
		snprintf(text, STATUS_TIME_SIZE, "%lu:%02lu", s / 60, s % 60);
	else
		snprintf(text, STATUS_TIME_SIZE, "%lu:%02lu:%02lu", s / 3600,
			 s / 60 % 60, s % 60);
	return text;
}

/* "succeed: ping -c1 server", and why it takes so long; returned owned */
static char *
doing(const struct progress_step *s, double now_s, bool with_machine)
{
	char *title = progress_title(with_machine ? s->machine : NULL, s->kind,
				     s->text, TEXT_LEN);
	char *both;

	if (s->seen == NULL || now_s - s->began_s < WAIT_TOLD_S)
		return title;
	both = xasprintf("%s (last: %s)", title, s->seen);
	free(title);
	return both;
}

static void
append(char **text, const char *between, const char *more)
{
	char *both = xasprintf("%s%s%s", *text, between, more);

	free(*text);
	*text = both;
}

/* The subtests that are under way, from the outermost: "one > two". */
static char *
subtests(const struct progress *p)
{
	char *text = xstrdup("");

	/* They are listed from the innermost. */
	for (const struct progress_step *s = p->open; s != NULL; s = s->next) {
		char *outer;

		if (strcmp(s->kind, "subtest") != 0)
			continue;
		outer = xasprintf("%s%s%s", s->text,
				  text[0] != '\0' ? " > " : "", text);
		free(text);
		text = outer;
	}
	return text;
}

/* What goes on at no machine: the step begun last, if it is such a one. */
static const struct progress_step *
step_of_none(const struct progress *p)
{
	const struct progress_step *s = p->open;

	while (s != NULL && (s->looking || s->machine != NULL ||
			     strcmp(s->kind, "subtest") == 0))
		s = s->next;
	return s;
}

/* @line, which fits, in the look of @role; it is taken. */
static char *
styled(char *line, const struct look *look, enum look_role role)
{
	char *result =
	    xasprintf("%s%s%s", look_begin(look, role), line, look_end(look));

	free(line);
	return result;
}

/* @head stands out, what is behind it does not; both are taken. */
static char *
join(char *head, char *rest, size_t columns, const struct look *look,
     enum look_role role)
{
	char *first = shown_line(head, columns, look->unicode);
	char *second =
	    shown_line(rest, columns - shown_columns(first), look->unicode);
	char *line;

	first = styled(first, look, role);
	line = xasprintf("%s%s", first, second);
	free(head);
	free(rest);
	free(first);
	free(second);
	return line;
}

static char *
test_line(const struct progress *p, double now_s, const struct look *look,
	  unsigned columns)
{
	char time[STATUS_TIME_SIZE];
	char *head = xasprintf("%s  %s", p->test != NULL ? p->test : "",
			       status_time(now_s, time));
	const struct progress_step *s = step_of_none(p);
	char *rest = subtests(p);

	if (s != NULL) {
		char *what = doing(s, now_s, false);

		append(&rest, rest[0] != '\0' ? " > " : "", what);
		free(what);
	}
	if (rest[0] != '\0') {
		char *text = xasprintf("  %s", rest);

		free(rest);
		rest = text;
	}
	return join(head, rest, columns, look, LOOK_HEAD);
}

static size_t
name_width(const struct progress *p)
{
	size_t width = 0;

	for (size_t i = 0; i < p->n_machines; i++) {
		size_t columns = strlen(p->machines[i].name);

		if (columns > width)
			width = columns;
	}
	return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

static enum look_role
role_of(const struct progress_machine *m)
{
	if (m->bad)
		return LOOK_BAD;
	if (strcmp(m->state, "up") == 0)
		return LOOK_GOOD;
	return strcmp(m->state, "off") == 0 ? LOOK_FAINT : LOOK_ODD;
}

static char *
machine_line(const struct progress *p, const struct progress_machine *m,
	     double now_s, const struct look *look, unsigned columns)
{
	const struct progress_step *s = progress_of_machine(p, m->name);
	char *head =
	    xasprintf("  %-*s  %-10s", (int)name_width(p), m->name, m->state);
	char time[STATUS_TIME_SIZE];
	char *rest, *what;

	if (s == NULL)
		return join(head, xstrdup(""), columns, look, role_of(m));
	what = doing(s, now_s, false);
	rest =
	    xasprintf("%7s  %s", status_time(now_s - s->began_s, time), what);
	free(what);
	return join(head, rest, columns, look, role_of(m));
}

/* Where there is not room for all: those where something happens. */
static int
interest(const struct progress *p, const struct progress_machine *m)
{
	return 2 * (progress_of_machine(p, m->name) != NULL) + m->bad;
}

static void
add_machines(struct status_lines *lines, const struct progress *p, double now_s,
	     const struct look *look, unsigned columns, size_t n_max)
{
	size_t n_left = p->n_machines, room = n_max;
	bool *shown = xcalloc(p->n_machines + 1, sizeof(*shown));

	if (n_left > room && room > 0)
		room--; /* for the line that tells of the rest */
	for (int least = 3; least >= 0; least--)
		for (size_t i = 0; i < p->n_machines && room > 0; i++) {
			if (shown[i] || interest(p, &p->machines[i]) < least)
				continue;
			shown[i] = true;
			room--;
			n_left--;
		}
	for (size_t i = 0; i < p->n_machines; i++)
		if (shown[i])
			status_lines_add(lines,
					 machine_line(p, &p->machines[i], now_s,
						      look, columns));
	if (n_left > 0 && n_max > 0) {
		char *more = xasprintf("  and %zu more", n_left);

		status_lines_add(
		    lines, join(more, xstrdup(""), columns, look, LOOK_FAINT));
	}
	free(shown);
}

void
status_lines_run(struct status_lines *lines, const struct progress *p,
		 double now_s, const struct look *look,
		 const struct status_size *size)
{
	status_lines_add(lines, test_line(p, now_s, look, size->columns));
	add_machines(lines, p, now_s, look, size->columns,
		     size->rows > 2 ? size->rows - 2 : 0);
}

char *
status_line_test(const char *name, size_t width, const struct progress *p,
		 double now_s, const struct look *look, unsigned columns)
{
	char time[STATUS_TIME_SIZE];
	char *head = xasprintf("  %-*s  %7s", (int)width, name,
			       status_time(now_s, time));
	const struct progress_step *s = p->open;
	char *rest = subtests(p);
	char *text;

	while (s != NULL && (s->looking || strcmp(s->kind, "subtest") == 0))
		s = s->next;
	if (s != NULL) {
		char *what = doing(s, now_s, true);

		append(&rest, rest[0] != '\0' ? " > " : "", what);
		free(what);
	}
	text = xasprintf("  %s", rest);
	free(rest);
	return join(head, text, columns, look, LOOK_HEAD);
}
