/* terminal-machines: what machines and the switch say, as lines. */
#include "driver/report/terminal-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"

static void
print_said(struct terminal *t, double at_s, const char *line)
{
	terminal_unfold(t);
	terminal_line(t, at_s, "", "|", LOOK_FAINT, 0, line);
}

/* A line of a machine: serial, qemu, what QEMU did. */
static void
print_machine(struct terminal *t, const json_t *event, double at_s)
{
	char *line = xasprintf(
	    "%s %s: %s", json_str_or(event, "machine", "switch"),
	    json_str_or(event, "type", ""), json_str_or(event, "text", ""));

	print_said(t, at_s, line);
	free(line);
}

void
terminal_machine_line(struct terminal *t, const json_t *event, double at_s)
{
	if (t->look.verbose)
		print_machine(t, event, at_s);
}

void
terminal_serial(struct terminal *t, const json_t *event, double at_s)
{
	if (t->serial)
		print_machine(t, event, at_s);
}

void
terminal_serial_shown(struct terminal *t, const json_t *event, double at_s)
{
	(void)at_s;
	t->serial = json_bool_or(event, "on", false);
}

void
terminal_notable(struct terminal *t, const json_t *event, double at_s)
{
	print_machine(t, event, at_s);
}

/* What a command writes: "client stdout: ...", and in the background "client#3
 * stdout: ...". */
void
terminal_output(struct terminal *t, const json_t *event, double at_s)
{
	long long command = json_int_or(event, "command", 0);
	const char *text = json_str_or(event, "text", "");
	size_t len = strlen(text);
	char number[24] = "";
	char *line;

	if (!t->look.verbose)
		return;
	if (command > 0)
		snprintf(number, sizeof(number), "#%lld", command);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	line =
	    xasprintf("%s%s %s: %.*s", json_str_or(event, "machine", ""),
		      number, json_str_or(event, "stream", ""), (int)len, text);
	print_said(t, at_s, line);
	free(line);
}

/* Why what is waited for is not there yet. */
void
terminal_attempt(struct terminal *t, const json_t *event, double at_s)
{
	const struct progress_step *s =
	    progress_find(&t->progress, json_int_or(event, "step", 0));
	char *line;

	if (!t->look.verbose || s == NULL)
		return;
	line = xasprintf("%s%s%s, attempt %lld: %s",
			 s->machine != NULL ? s->machine : "",
			 s->machine != NULL ? ": " : "", s->kind,
			 (long long)json_int_or(event, "attempt", 0),
			 json_str_or(event, "text", ""));
	print_said(t, at_s, line);
	free(line);
}

void
terminal_switch_lost(struct terminal *t, const json_t *event, double at_s)
{
	char *line = xasprintf("the switch is lost, another is started: %s",
			       json_str_or(event, "text", ""));

	print_said(t, at_s, line);
	free(line);
}

void
terminal_switch_restored(struct terminal *t, const json_t *event, double at_s)
{
	char *line = xasprintf("the switch is back after %lld ms",
			       (long long)json_int_or(event, "ms", 0));

	print_said(t, at_s, line);
	free(line);
}

void
terminal_snapshot(struct terminal *t, const json_t *event, double at_s)
{
	if (t->look.verbose)
		print_said(t, at_s, json_str_or(event, "text", ""));
}
