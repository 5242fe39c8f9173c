/* terminal-internal: what the files of the terminal's view share. */
#ifndef DRIVER_REPORT_TERMINAL_INTERNAL_H
#define DRIVER_REPORT_TERMINAL_INTERNAL_H

#include <stdio.h>

#include <jansson.h>

#include "driver/report/failure-notes.h"
#include "driver/report/look.h"
#include "driver/report/progress.h"

struct status_block;

/* Steps that got no line, since the last line. */
struct folded_steps {
	size_t n;
	double began_s; /* of the first */
	double took_s;	/* all together */
};

struct terminal {
	struct look look;
	struct progress progress;
	struct failure_notes notes;
	struct folded_steps folded;
	struct status_block *block;  /* owned; NULL: nothing is drawn */
	const struct event_log *log; /* borrowed; NULL: not known */
	bool muted;
	bool serial; /* lines of serial consoles are shown */
};

enum { TERMINAL_TEXT_INDENT = 25 };

/** terminal_out() - where lines are printed */
FILE *terminal_out(const struct terminal *t);
/** terminal_line() - one line, and those that @text has more; @mark: NULL:
 * none; shown like @role */
void terminal_line(struct terminal *t, double at_s, const char *took,
		   const char *mark, enum look_role role, int depth,
		   const char *text);

/* terminal-steps.c */
void terminal_step_begin(struct terminal *t, const json_t *event, double at_s);
void terminal_step_end(struct terminal *t, const json_t *event, double at_s);
/** terminal_unfold() - the steps that got no line so far get one together */
void terminal_unfold(struct terminal *t);

/* terminal-machines.c: what machines and the switch say */
void terminal_machine_line(struct terminal *t, const json_t *event,
			   double at_s);
void terminal_serial(struct terminal *t, const json_t *event, double at_s);
void terminal_serial_shown(struct terminal *t, const json_t *event,
			   double at_s);
void terminal_output(struct terminal *t, const json_t *event, double at_s);
void terminal_attempt(struct terminal *t, const json_t *event, double at_s);
void terminal_notable(struct terminal *t, const json_t *event, double at_s);
void terminal_switch_lost(struct terminal *t, const json_t *event, double at_s);
void terminal_switch_restored(struct terminal *t, const json_t *event,
			      double at_s);
void terminal_snapshot(struct terminal *t, const json_t *event, double at_s);

#endif /* DRIVER_REPORT_TERMINAL_INTERNAL_H */
