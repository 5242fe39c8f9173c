#include "driver/report/progress.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"

enum { DEPTH_MAX = 16, SEEN_MAX = 200, TEXT_MAX = 1000 };

/* ---- texts ---- */

/* As much of @text, which is UTF-8, as fits @len_max; no character is cut. */
static size_t
length_cut(const char *text, size_t len_max)
{
	size_t n = strnlen(text, len_max);

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static char *
copy_cut(const char *text, size_t len_max)
{
	return xasprintf("%.*s", (int)length_cut(text, len_max), text);
}

char *
progress_title(const char *machine, const char *kind, const char *text,
	       size_t len_max)
{
	size_t shown = length_cut(text, len_max);
	char *title = xasprintf(
	    "%s%s%s%s%.*s%s", machine != NULL ? machine : "",
	    machine != NULL ? ": " : "", kind, text[0] != '\0' ? ": " : "",
	    (int)shown, text, text[shown] != '\0' ? "..." : "");

	for (char *p = title; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return title;
}

/* ---- steps ---- */

struct progress_step *
progress_find(const struct progress *p, json_int_t id)
{
	struct progress_step *s = p->open;

	while (s != NULL && s->id != id)
		s = s->next;
	return s;
}

int
progress_depth(const struct progress *p, json_int_t id)
{
	const struct progress_step *s;
	int depth = 0;

	for (s = progress_find(p, id); s != NULL && depth < DEPTH_MAX;
	     s = progress_find(p, s->in))
		depth++;
	return depth;
}

const struct progress_step *
progress_of_machine(const struct progress *p, const char *machine)
{
	const struct progress_step *s = p->open;

	while (s != NULL &&
	       (s->machine == NULL || strcmp(s->machine, machine) != 0))
		s = s->next;
	return s;
}

static bool
take_step_begin(struct progress *p, const json_t *event)
{
	struct progress_step *s = XNEW(struct progress_step);
	const char *machine = json_str_or(event, "machine", NULL);
	const json_t *at = json_object_get(event, "at");
	const char *file = json_str_or(at, "file", NULL);
	const struct progress_step *outer;

	s->id = json_int_or(event, "step", 0);
	s->in = json_int_or(event, "in", 0);
	s->began_s = json_number_value(json_object_get(event, "t"));
	s->kind = xstrdup(json_str_or(event, "kind", ""));
	s->machine = machine != NULL ? xstrdup(machine) : NULL;
	s->text = copy_cut(json_str_or(event, "text", ""), TEXT_MAX);
	s->file = file != NULL ? xstrdup(file) : NULL;
	s->line = json_int_or(at, "line", 0);
	outer = progress_find(p, s->in);
	s->outline = outer == NULL ||
		     (outer->outline && strcmp(outer->kind, "subtest") == 0);
	s->looking = strcmp(s->kind, "polling_condition") == 0 ||
		     (outer != NULL && outer->looking);
	s->next = p->open;
	p->open = s;
	return true;
}

static void
step_free(struct progress_step *s)
{
	free(s->kind);
	free(s->machine);
	free(s->text);
	free(s->seen);
	free(s->file);
	free(s);
}

static bool
take_step_end(struct progress *p, const json_t *event)
{
	json_int_t id = json_int_or(event, "step", 0);
	struct progress_step **link = &p->open;
	struct progress_step *s, *outer;

	while (*link != NULL && (*link)->id != id)
		link = &(*link)->next;
	s = *link;
	if (s == NULL)
		return false;
	*link = s->next;
	p->n_steps++;
	outer = progress_find(p, s->in);
	if (outer != NULL && !s->looking)
		outer->n_inner++;
	step_free(s);
	return true;
}

/* @len octets of @line are what a step, and those around it, were seen to do
 * last: what a wait still waits for. */
static bool
set_seen(struct progress *p, const json_t *event, const char *line, size_t len)
{
	struct progress_step *s;
	int depth = 0;

	for (s = progress_find(p, json_int_or(event, "step", 0));
	     s != NULL && depth++ < DEPTH_MAX; s = progress_find(p, s->in)) {
		free(s->seen);
		s->seen = xasprintf("%.*s", (int)len, line);
		s->seen[length_cut(s->seen, SEEN_MAX)] = '\0';
	}
	return depth > 0;
}

/* The last line of what a command wrote. */
static bool
take_output(struct progress *p, const json_t *event)
{
	const char *text = json_str_or(event, "text", "");
	size_t len = strlen(text);
	const char *line;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0)
		return false;
	for (line = text + len; line > text && line[-1] != '\n'; line--)
		;
	return set_seen(p, event, line, len - (size_t)(line - text));
}

/* Why what is waited for is not there yet. */
static bool
take_attempt(struct progress *p, const json_t *event)
{
	const char *text = json_str_or(event, "text", "");

	return set_seen(p, event, text, strcspn(text, "\n"));
}

/* ---- machines ---- */

static struct progress_machine *
machine_named(struct progress *p, const char *name)
{
	for (size_t i = 0; i < p->n_machines; i++)
		if (strcmp(p->machines[i].name, name) == 0)
			return &p->machines[i];
	p->machines =
	    xrealloc(p->machines, p->n_machines + 1, sizeof(*p->machines));
	p->machines[p->n_machines] =
	    (struct progress_machine){ .name = xstrdup(name), .state = "off" };
	return &p->machines[p->n_machines++];
}

static bool
take_run_begin(struct progress *p, const json_t *event)
{
	json_t *node;
	size_t i;

	if (p->test == NULL)
		p->test = xstrdup(json_str_or(event, "test", ""));
	json_array_foreach(json_object_get(event, "nodes"), i, node)
	    machine_named(p, json_str_or(node, "name", ""));
	return true;
}

static bool
take_run_end(struct progress *p, const json_t *event)
{
	(void)p;
	(void)event;
	return true;
}

static bool
set_state(struct progress *p, const json_t *event, const char *state, bool bad)
{
	struct progress_machine *m =
	    machine_named(p, json_str_or(event, "machine", ""));

	m->state = state;
	m->bad = bad;
	return true;
}

static bool
take_started(struct progress *p, const json_t *event)
{
	return set_state(p, event, "booting", false);
}

static bool
take_loaded(struct progress *p, const json_t *event)
{
	return set_state(p, event, "loaded", false);
}

static bool
take_ready(struct progress *p, const json_t *event)
{
	return set_state(p, event, "up", false);
}

static bool
take_panicked(struct progress *p, const json_t *event)
{
	return set_state(p, event, "panicked", true);
}

static bool
take_shell_lost(struct progress *p, const json_t *event)
{
	return set_state(p, event, "no shell", true);
}

static bool
take_disk_error(struct progress *p, const json_t *event)
{
	return set_state(p, event, "disk error", true);
}

/* What was wrong with it is still worth knowing. */
static bool
take_ended(struct progress *p, const json_t *event)
{
	const struct progress_machine *m =
	    machine_named(p, json_str_or(event, "machine", ""));

	return m->bad || set_state(p, event, "off", false);
}

bool
progress_take(struct progress *p, const json_t *event)
{
	static const struct {
		const char *type;
		bool (*take)(struct progress *p, const json_t *event);
	} takes[] = {
		{ "run.begin", take_run_begin },
		{ "run.end", take_run_end },
		{ "step.begin", take_step_begin },
		{ "step.end", take_step_end },
		{ "output", take_output },
		{ "attempt", take_attempt },
		{ "machine.started", take_started },
		{ "machine.loaded", take_loaded },
		{ "machine.ready", take_ready },
		{ "machine.panicked", take_panicked },
		{ "machine.shell-lost", take_shell_lost },
		{ "machine.disk-error", take_disk_error },
		{ "machine.ended", take_ended },
	};
	const char *type = json_str_or(event, "type", "");

	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		if (strcmp(type, takes[i].type) == 0)
			return takes[i].take(p, event);
	return false;
}

void
progress_fini(struct progress *p)
{
	while (p->open != NULL) {
		struct progress_step *s = p->open;

		p->open = s->next;
		step_free(s);
	}
	for (size_t i = 0; i < p->n_machines; i++)
		free(p->machines[i].name);
	free(p->machines);
	free(p->test);
	*p = (struct progress)PROGRESS_INIT;
}
