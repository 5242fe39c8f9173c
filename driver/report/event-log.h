/*
 * event-log: the one stream of facts of a run.  Whatever happens is one event
 * here, written at once as one JSON line to log.jsonl; everything a person or
 * a program reads about the run is a view of these events.
 *
 * Every line has: "n" (1, 2, ...), "t" (seconds since the run began), "type";
 * the rest depends on the type.  doc/results.md documents them.
 */
#ifndef DRIVER_REPORT_EVENT_LOG_H
#define DRIVER_REPORT_EVENT_LOG_H

#include <stdint.h>

#include <jansson.h>

struct clock;
struct err;
struct event_log;

/* The members that each type has: what is written down of this number only gets
 * more. */
enum { EVENT_LOG_SCHEMA = 1 };

/* A view.  @event is borrowed. */
typedef void event_view_fn(const json_t *event, void *arg);

/** event_log_new() - @path: log.jsonl, created or replaced */
struct event_log *event_log_new(const struct clock *clock, const char *path,
				struct err *err);
/** event_log_add_view() - called for each event from now on; several are fine */
void event_log_add_view(struct event_log *log, event_view_fn *view, void *arg);
/**
 * event_log_add() - one event; of those that may go on without end no more than
 * event-budget.h says, for each machine and type
 * @type:   "step.begin", "serial", ...
 * @format: json_pack() format of an object's members, without the braces,
 *          e.g. "s:s, s:i"; "" for none
 */
void event_log_add(struct event_log *log, const char *type, const char *format,
		   ...);
/** event_log_place() - a line of a file of the test, for "at"; null when @line
 * is 0; returned owned */
json_t *event_log_place(const char *file, int line);
/** event_log_now_s() - seconds since the run began: the "t" of an event added
 * now */
double event_log_now_s(const struct event_log *log);
/**
 * event_log_began_ns() - the wall clock (clock_wall_ns()) at t = 0
 *
 * Captures stamp frames by the wall clock, so a frame's time less this is its
 * "t".  Both clocks are read together, within a microsecond unless the machine
 * keeps us from it each time we try; from then on they go equally fast, and only
 * somebody who sets the wall clock moves them apart.
 */
uint64_t event_log_began_ns(const struct event_log *log);
/** event_log_wall_text() - @wall_ns as "2026-11-23T06:10:00.123456789Z";
 * returned owned */
char *event_log_wall_text(uint64_t wall_ns);
/** event_log_error() - -EIO when a line could not be written (disk full) */
int event_log_error(const struct event_log *log);
void event_log_free(struct event_log *log);

#endif /* DRIVER_REPORT_EVENT_LOG_H */
