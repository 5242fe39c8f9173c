/*
 * terminal: the event log as lines for a person, on stdout: each step when it
 * ends, with the time it began and how long it took; what failed, in full.
 */
#ifndef DRIVER_REPORT_TERMINAL_H
#define DRIVER_REPORT_TERMINAL_H

#include <stdbool.h>

struct event_log;
struct terminal;

/** terminal_new() - a view of @log, which must not outlive it
 * @verbose: also beginnings of steps, output of commands, serial lines
 */
struct terminal *terminal_new(struct event_log *log, bool verbose);
void terminal_free(struct terminal *terminal);

#endif /* DRIVER_REPORT_TERMINAL_H */
