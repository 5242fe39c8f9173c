/*
 * failure-notes: what is kept of a run while it goes on, so that its failure
 * can be told in full at the end: the steps that failed last, the last lines of
 * each machine's console, the texts of the test.
 */
#ifndef DRIVER_REPORT_FAILURE_NOTES_H
#define DRIVER_REPORT_FAILURE_NOTES_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

struct look;
struct progress;

enum {
	FAILURE_STEPS = 16, /* that failed; those before are forgotten */
	FAILURE_LINES = 8,  /* of each console */
	FAILURE_LINE_LEN = 200,
	FAILURE_SOURCES = 64, /* files of the test */
};

struct failed_step {
	json_int_t id, in;
	double began_s;
	char *machine; /* or NULL; owned, as are the other texts */
	char *error;
	char *file; /* NULL: the place is not known */
	json_int_t line;
};

struct console_tail {
	char *machine;		    /* owned */
	char *lines[FAILURE_LINES]; /* a ring; owned */
	double at_s[FAILURE_LINES];
	size_t n; /* that have ever been */
};

struct failure_notes {
	struct failed_step steps[FAILURE_STEPS]; /* as they ended */
	size_t n_steps;
	struct console_tail *tails;
	size_t n_tails;
	json_t *sources[FAILURE_SOURCES]; /* events; owned */
	size_t n_sources;
};

/** failure_notes_take() - before @progress takes it: what @event is good for
 */
void failure_notes_take(struct failure_notes *notes,
			const struct progress *progress, const json_t *event);
/** failure_notes_print() - why the run failed, which @event tells: its end, or
 * that it stands still */
void failure_notes_print(const struct failure_notes *notes, const json_t *event,
			 const struct look *look, FILE *out);
void failure_notes_fini(struct failure_notes *notes);

#endif /* DRIVER_REPORT_FAILURE_NOTES_H */
