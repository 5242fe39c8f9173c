#include "driver/report/terminal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/report/event-log.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { DEPTH_MAX = 16, LINE_SHOWN = 100 };

/* A step that has begun and not ended. */
struct open_step {
	struct open_step *next;
	json_int_t id;
	json_int_t in;
	double began_s;
	char *title; /* owned: "client: succeed: ping -c1 server" */
	bool quiet;  /* a look at a condition, one of very many */
};

struct terminal {
	bool verbose;
	bool muted;
	bool serial;		/* lines of serial consoles are shown */
	struct open_step *open; /* innermost of the latest first; owned */
};

/* Guest output may hold anything; a terminal must not obey it. */
void
terminal_print(const char *text, int indent)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++) {
		if (*p == '\n')
			printf("\n%*s", indent, "");
		else if (*p == '\t')
			putchar('\t');
		else if (*p < 0x20 || *p == 0x7f)
			printf("\\x%02x", *p);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			printf("\\x%02x", *++p); /* C1 controls, as UTF-8 */
		else
			putchar(*p);
	}
}

static const struct open_step *
find_step(const struct terminal *t, json_int_t id)
{
	const struct open_step *s = t->open;

	while (s != NULL && s->id != id)
		s = s->next;
	return s;
}

/* How many steps the step @id lies in, itself included. */
static int
depth_of(const struct terminal *t, json_int_t id)
{
	const struct open_step *s;
	int depth = 0;

	for (s = find_step(t, id); s != NULL && depth < DEPTH_MAX;
	     s = find_step(t, s->in))
		depth++;
	return depth;
}

/* Octets of @text, which is UTF-8, for a line: no character is cut. */
static int
length_shown(const char *text)
{
	int n = (int)strnlen(text, LINE_SHOWN);

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* "client: succeed: ping -c1 server", on one line. */
static char *
title_of(const json_t *event)
{
	const char *machine = json_str_or(event, "machine", NULL);
	const char *kind = json_str_or(event, "kind", "");
	const char *text = json_str_or(event, "text", "");
	int shown = length_shown(text);
	char *title = xasprintf(
	    "%s%s%s%s%.*s%s", machine != NULL ? machine : "",
	    machine != NULL ? ": " : "", kind, text[0] != '\0' ? ": " : "",
	    shown, text, text[shown] != '\0' ? "..." : "");

	for (char *p = title; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return title;
}

static void
print_line(double at_s, const char *took, const char *mark, int depth,
	   const char *text)
{
	printf("%8.2f %9s %-2s %*s", at_s, took, mark, 2 * depth, "");
	terminal_print(text, 25);
	putchar('\n');
}

static void
on_step_begin(struct terminal *t, const json_t *event, double at_s)
{
	struct open_step *s = XNEW(struct open_step);
	const char *kind = json_str_or(event, "kind", "");
	const struct open_step *outer;

	s->id = json_int_or(event, "step", 0);
	s->in = json_int_or(event, "in", 0);
	s->began_s = at_s;
	s->title = title_of(event);
	s->next = t->open;
	t->open = s;
	outer = find_step(t, s->in);
	s->quiet = !t->verbose && (strcmp(kind, "polling_condition") == 0 ||
				   (outer != NULL && outer->quiet));
	if (!t->muted && (t->verbose || strcmp(kind, "subtest") == 0))
		print_line(at_s, "", "", depth_of(t, s->in), s->title);
}

static void
on_step_end(struct terminal *t, const json_t *event, double at_s)
{
	json_int_t id = json_int_or(event, "step", 0);
	bool ok = json_bool_or(event, "ok", false);
	struct open_step **link = &t->open;
	struct open_step *s;
	char took[32];

	while (*link != NULL && (*link)->id != id)
		link = &(*link)->next;
	s = *link;
	if (s == NULL)
		return;
	snprintf(took, sizeof(took), "%.2f s", at_s - s->began_s);
	if (!t->muted && (!ok || !s->quiet))
		print_line(s->began_s, took, ok ? "ok" : "!!",
			   depth_of(t, s->in), s->title);
	*link = s->next;
	free(s->title);
	free(s);
}

static void
on_run_begin(struct terminal *t, const json_t *event, double at_s)
{
	long long n_machines = json_int_or(event, "machines", 0);
	long long n_segments = json_int_or(event, "segments", 0);

	(void)t;
	(void)at_s;
	printf("%s: %lld machine%s, %lld segment%s, %s, seed %lld\n",
	       json_str_or(event, "test", ""), n_machines,
	       n_machines == 1 ? "" : "s", n_segments,
	       n_segments == 1 ? "" : "s", json_str_or(event, "accel", ""),
	       (long long)json_int_or(event, "seed", 0));
}

static void
on_run_end(struct terminal *t, const json_t *event, double at_s)
{
	const char *error = json_str_or(event, "error", NULL);

	(void)t;
	if (error != NULL) {
		printf("\n    ");
		terminal_print(error, 4);
		printf("\n\n");
	}
	printf("%s: %s after %.1f s; results in %s\n",
	       json_str_or(event, "test", ""), json_str_or(event, "result", ""),
	       at_s, json_str_or(event, "results", ""));
	fflush(stdout);
}

static void
on_log(struct terminal *t, const json_t *event, double at_s)
{
	print_line(at_s, "", "", depth_of(t, json_int_or(event, "step", 0)),
		   json_str_or(event, "text", ""));
}

/* A line of a machine: serial, qemu, what QEMU did. */
static void
on_machine_line(struct terminal *t, const json_t *event, double at_s)
{
	const char *machine = json_str_or(event, "machine", "switch");
	char *line;

	if (!t->verbose)
		return;
	line = xasprintf("%s %s: %s", machine, json_str_or(event, "type", ""),
			 json_str_or(event, "text", ""));
	print_line(at_s, "", "|", 0, line);
	free(line);
}

static void
on_serial(struct terminal *t, const json_t *event, double at_s)
{
	bool verbose = t->verbose;

	t->verbose = t->serial;
	on_machine_line(t, event, at_s);
	t->verbose = verbose;
}

static void
on_serial_shown(struct terminal *t, const json_t *event, double at_s)
{
	(void)at_s;
	t->serial = json_bool_or(event, "on", false);
}

/* What a command writes: "client stdout: ...", and in the background "client#3
 * stdout: ...". */
static void
on_output(struct terminal *t, const json_t *event, double at_s)
{
	long long command = json_int_or(event, "command", 0);
	const char *text = json_str_or(event, "text", "");
	size_t len = strlen(text);
	char number[24] = "";
	char *line;

	if (!t->verbose)
		return;
	if (command > 0)
		snprintf(number, sizeof(number), "#%lld", command);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	line =
	    xasprintf("%s%s %s: %.*s", json_str_or(event, "machine", ""),
		      number, json_str_or(event, "stream", ""), (int)len, text);
	print_line(at_s, "", "|", 0, line);
	free(line);
}

static void
on_notable(struct terminal *t, const json_t *event, double at_s)
{
	bool verbose = t->verbose;

	t->verbose = true;
	on_machine_line(t, event, at_s);
	t->verbose = verbose;
}

static void
on_switch_lost(struct terminal *t, const json_t *event, double at_s)
{
	char *line = xasprintf("the switch is lost, another is started: %s",
			       json_str_or(event, "text", ""));

	(void)t;
	print_line(at_s, "", "|", 0, line);
	free(line);
}

static void
on_switch_restored(struct terminal *t, const json_t *event, double at_s)
{
	char *line = xasprintf("the switch is back after %lld ms",
			       (long long)json_int_or(event, "ms", 0));

	(void)t;
	print_line(at_s, "", "|", 0, line);
	free(line);
}

static void
on_snapshot(struct terminal *t, const json_t *event, double at_s)
{
	if (t->verbose)
		print_line(at_s, "", "|", 0, json_str_or(event, "text", ""));
}

static void
on_run_paused(struct terminal *t, const json_t *event, double at_s)
{
	const char *error = json_str_or(event, "error", NULL);
	char *line =
	    xasprintf("stands still at %s", json_str_or(event, "place", ""));

	(void)t;
	if (error != NULL) {
		printf("\n    ");
		terminal_print(error, 4);
		printf("\n\n");
	}
	print_line(at_s, "", "|", 0, line);
	free(line);
	line = xasprintf("to look at it: vdelab attach %s",
			 json_str_or(event, "run", ""));
	print_line(at_s, "", "|", 0, line);
	free(line);
}

static void
on_run_continued(struct terminal *t, const json_t *event, double at_s)
{
	(void)t;
	(void)event;
	print_line(at_s, "", "|", 0, "goes on");
}

void
terminal_show(struct terminal *t, const json_t *event)
{
	static const struct {
		const char *type;
		void (*show)(struct terminal *t, const json_t *event,
			     double at_s);
	} shows[] = {
		{ "run.begin", on_run_begin },
		{ "run.end", on_run_end },
		{ "run.paused", on_run_paused },
		{ "run.continued", on_run_continued },
		{ "step.begin", on_step_begin },
		{ "step.end", on_step_end },
		{ "log", on_log },
		{ "output", on_output },
		{ "serial", on_serial },
		{ "serial.shown", on_serial_shown },
		{ "qemu", on_notable },
		{ "switch", on_notable },
		{ "forward", on_notable },
		{ "switch.lost", on_switch_lost },
		{ "switch.restored", on_switch_restored },
		{ "snapshot", on_snapshot },
		{ "machine.snapshot", on_machine_line },
		{ "machine.started", on_machine_line },
		{ "machine.ready", on_machine_line },
		{ "machine.panicked", on_notable },
		{ "machine.shell-lost", on_notable },
		{ "machine.ended", on_machine_line },
	};
	const char *type = json_str_or(event, "type", "");
	double at_s = json_number_value(json_object_get(event, "t"));

	if (t->muted && strncmp(type, "step.", 5) != 0)
		return;
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		if (strcmp(type, shows[i].type) == 0)
			shows[i].show(t, event, at_s);
	fflush(stdout);
}

static void
on_event(const json_t *event, void *arg)
{
	terminal_show(arg, event);
}

void
terminal_mute(struct terminal *t, bool muted)
{
	t->muted = muted;
}

struct terminal *
terminal_new(struct event_log *log, bool verbose)
{
	struct terminal *t = XNEW(struct terminal);

	t->verbose = t->serial = verbose;
	if (log != NULL)
		event_log_add_view(log, on_event, t);
	return t;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	while (t->open != NULL) {
		struct open_step *s = t->open;

		t->open = s->next;
		free(s->title);
		free(s);
	}
	free(t);
}
