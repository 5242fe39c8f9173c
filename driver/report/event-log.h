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

#include <jansson.h>

struct clock;
struct err;
struct event_log;

/* A view.  @event is borrowed. */
typedef void event_view_fn(const json_t *event, void *arg);

/** event_log_new() - @path: log.jsonl, created or replaced */
struct event_log *event_log_new(const struct clock *clock, const char *path,
				struct err *err);
/** event_log_add_view() - called for each event from now on; several are fine */
void event_log_add_view(struct event_log *log, event_view_fn *view, void *arg);
/**
 * event_log_add() - one event
 * @type:   "step.begin", "serial", ...
 * @format: json_pack() format of an object's members, without the braces,
 *          e.g. "s:s, s:i"; "" for none
 */
void event_log_add(struct event_log *log, const char *type, const char *format,
		   ...);
/** event_log_now_s() - seconds since the run began: the "t" of an event added
 * now */
double event_log_now_s(const struct event_log *log);
/** event_log_error() - -EIO when a line could not be written (disk full) */
int event_log_error(const struct event_log *log);
void event_log_free(struct event_log *log);

#endif /* DRIVER_REPORT_EVENT_LOG_H */
