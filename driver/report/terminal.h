/*
 * terminal: the event log as lines for a person, on stdout: each step when it
 * ends, with the time it began and how long it took; what failed, in full.
 */
#ifndef DRIVER_REPORT_TERMINAL_H
#define DRIVER_REPORT_TERMINAL_H

#include <stdbool.h>

#include <jansson.h>

struct event_log;
struct terminal;

/** terminal_new() - a view of @log, which must not outlive it; NULL: of what
 * terminal_show() is given
 * @verbose: also beginnings of steps, output of commands, serial lines
 */
struct terminal *terminal_new(struct event_log *log, bool verbose);
/** terminal_show() - print @event, as if it came from a log */
void terminal_show(struct terminal *terminal, const json_t *event);
/** terminal_print() - text that may hold anything, at whose line ends @indent
 * spaces follow, on stdout */
void terminal_print(const char *text, int indent);
/** terminal_mute() - another one prints meanwhile; steps are followed all the
 * same */
void terminal_mute(struct terminal *terminal, bool muted);
void terminal_free(struct terminal *terminal);

#endif /* DRIVER_REPORT_TERMINAL_H */
