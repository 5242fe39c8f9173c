#include "driver/report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/event-log.h"
#include "driver/report/shown-text.h"
#include "driver/report/status-block.h"
#include "driver/report/terminal-internal.h"
#include "lib/json.h"
#include "lib/xalloc.h"

FILE *
terminal_out(const struct terminal *t)
{
	return t->block != NULL ? status_block_out(t->block) : t->look.out;
}

void
terminal_line(struct terminal *t, double at_s, const char *took,
	      const char *mark, enum look_role role, int depth,
	      const char *text)
{
	FILE *out = terminal_out(t);
	size_t columns = mark != NULL ? shown_columns(mark) : 0;

	fprintf(out, "%8.2f %9s ", at_s, took);
	if (mark != NULL)
		fprintf(out, "%s%s%s", look_begin(&t->look, role), mark,
			look_end(&t->look));
	fprintf(out, "%*s %*s", columns < 2 ? (int)(2 - columns) : 0, "",
		2 * depth, "");
	shown_put(out, text, TERMINAL_TEXT_INDENT);
	fputc('\n', out);
}

/* @text in the look of @role. */
static void
put(struct terminal *t, enum look_role role, const char *text)
{
	FILE *out = terminal_out(t);

	fputs(look_begin(&t->look, role), out);
	shown_put(out, text, 0);
	fputs(look_end(&t->look), out);
}

static void
on_run_begin(struct terminal *t, const json_t *event, double at_s)
{
	long long n_machines = json_int_or(event, "machines", 0);
	long long n_segments = json_int_or(event, "segments", 0);
	FILE *out = terminal_out(t);

	(void)at_s;
	put(t, LOOK_HEAD, json_str_or(event, "test", ""));
	fprintf(out, ": %lld machine%s, %lld segment%s, ", n_machines,
		n_machines == 1 ? "" : "s", n_segments,
		n_segments == 1 ? "" : "s");
	shown_put(out, json_str_or(event, "accel", ""), 0);
	fprintf(out, ", seed %lld\n", (long long)json_int_or(event, "seed", 0));
}

static void
on_run_end(struct terminal *t, const json_t *event, double at_s)
{
	bool good = json_int_or(event, "code", 0) == 0;
	FILE *out = terminal_out(t);

	terminal_unfold(t);
	if (json_str_or(event, "error", NULL) != NULL)
		failure_notes_print(&t->notes, event, &t->look, out);
	shown_put(out, json_str_or(event, "test", ""), 0);
	fputs(": ", out);
	put(t, good ? LOOK_GOOD : LOOK_BAD, json_str_or(event, "result", ""));
	fprintf(out, " after %.1f s; results in ", at_s);
	shown_put(out, json_str_or(event, "results", ""), 0);
	fputc('\n', out);
	terminal_end_live(t);
}

static void
on_log(struct terminal *t, const json_t *event, double at_s)
{
	terminal_unfold(t);
	terminal_line(
	    t, at_s, "", NULL, LOOK_FAINT,
	    progress_depth(&t->progress, json_int_or(event, "step", 0)),
	    json_str_or(event, "text", ""));
}

static void
on_run_paused(struct terminal *t, const json_t *event, double at_s)
{
	const char *error = json_str_or(event, "error", NULL);
	char *line =
	    xasprintf("stands still at %s", json_str_or(event, "place", ""));

	terminal_unfold(t);
	if (error != NULL)
		failure_notes_print(&t->notes, event, &t->look,
				    terminal_out(t));
	terminal_line(t, at_s, "", "|", LOOK_ODD, 0, line);
	free(line);
	line = xasprintf("to look at it: vdelab attach %s",
			 json_str_or(event, "run", ""));
	terminal_line(t, at_s, "", "|", LOOK_ODD, 0, line);
	free(line);
}

static void
on_run_continued(struct terminal *t, const json_t *event, double at_s)
{
	(void)event;
	terminal_line(t, at_s, "", "|", LOOK_FAINT, 0, "goes on");
}

static void
print_event(struct terminal *t, const json_t *event)
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
		{ "step.begin", terminal_step_begin },
		{ "step.end", terminal_step_end },
		{ "log", on_log },
		{ "output", terminal_output },
		{ "attempt", terminal_attempt },
		{ "serial", terminal_serial },
		{ "serial.shown", terminal_serial_shown },
		{ "qemu", terminal_notable },
		{ "switch", terminal_notable },
		{ "forward", terminal_notable },
		{ "switch.lost", terminal_switch_lost },
		{ "switch.restored", terminal_switch_restored },
		{ "snapshot", terminal_snapshot },
		{ "machine.snapshot", terminal_machine_line },
		{ "machine.started", terminal_machine_line },
		{ "machine.ready", terminal_machine_line },
		{ "machine.trouble", terminal_notable },
		{ "machine.panicked", terminal_notable },
		{ "machine.trouble", terminal_notable },
		{ "machine.disk-error", terminal_notable },
		{ "machine.shell-lost", terminal_notable },
		{ "machine.ended", terminal_machine_line },
	};
	const char *type = json_str_or(event, "type", "");
	double at_s = json_number_value(json_object_get(event, "t"));

	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		if (strcmp(type, shows[i].type) == 0)
			shows[i].show(t, event, at_s);
}

void
terminal_show(struct terminal *t, const json_t *event)
{
	bool is_end = strcmp(json_str_or(event, "type", ""), "step.end") == 0;
	bool changed = false;

	failure_notes_take(&t->notes, &t->progress, event);
	/* A step is there when its line is printed. */
	if (!is_end)
		changed = progress_take(&t->progress, event);
	if (!t->muted)
		print_event(t, event);
	if (is_end)
		changed = progress_take(&t->progress, event);
	if (t->block == NULL)
		fflush(t->look.out);
	else if (changed || status_block_has_text(t->block))
		status_block_change(t->block);
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
	if (t->block != NULL)
		status_block_hide(t->block, muted);
}

/* ---- live ---- */

static void
on_lines(struct status_lines *lines, const struct status_size *size, void *arg)
{
	const struct terminal *t = arg;

	status_lines_run(lines, &t->progress, event_log_now_s(t->log), &t->look,
			 size);
}

void
terminal_go_live(struct terminal *t, struct event_base *base,
		 struct clock *clock)
{
	if (t->look.live && t->log != NULL && t->block == NULL)
		t->block =
		    status_block_new(base, clock, t->look.out, on_lines, t);
}

void
terminal_end_live(struct terminal *t)
{
	status_block_free(t->block);
	t->block = NULL;
}

struct terminal *
terminal_new(struct event_log *log, const struct look *look)
{
	struct terminal *t = XNEW(struct terminal);

	t->look = *look;
	t->progress = (struct progress)PROGRESS_INIT;
	t->serial = look->verbose;
	t->log = log;
	if (log != NULL)
		event_log_add_view(log, on_event, t);
	return t;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	terminal_end_live(t);
	progress_fini(&t->progress);
	failure_notes_fini(&t->notes);
	free(t);
}
