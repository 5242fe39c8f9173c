/*
 * terminal: the event log as lines for a person.
 *
 * Where nobody watches, a file or a CI service's log, each step gets a line
 * when it ends, with the time it began and how long it took.  On a terminal
 * lines at the bottom tell what goes on (status-block), and only what matters
 * stays above them: subtests, what failed, what took long, what the script
 * notes; the other steps are counted (terminal-steps.c).  What failed is told
 * in full at the end, with its line of the source and what the machine's
 * console showed meanwhile (terminal-failure.c).
 */
#ifndef DRIVER_REPORT_TERMINAL_H
#define DRIVER_REPORT_TERMINAL_H

#include <stdbool.h>

#include <jansson.h>

struct clock;
struct event_base;
struct event_log;
struct look;
struct terminal;

/** terminal_new() - a view of @log, which must not outlive it; NULL: of what
 * terminal_show() is given; @look: borrowed for the call */
struct terminal *terminal_new(struct event_log *log, const struct look *look);
/** terminal_go_live() - where somebody watches: from now on what goes on is
 * told, too; a no-op elsewhere.  Signals must go to @base's loop. */
void terminal_go_live(struct terminal *terminal, struct event_base *base,
		      struct clock *clock);
/** terminal_end_live() - whatever was drawn goes away, and stays so: we may be
 * killed at any moment */
void terminal_end_live(struct terminal *terminal);
/** terminal_show() - print @event, as if it came from a log */
void terminal_show(struct terminal *terminal, const json_t *event);
/** terminal_mute() - another one prints meanwhile; steps are followed all the
 * same */
void terminal_mute(struct terminal *terminal, bool muted);
/** terminal_free() - NULL is a no-op */
void terminal_free(struct terminal *terminal);

#endif /* DRIVER_REPORT_TERMINAL_H */
