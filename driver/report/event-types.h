/*
 * event-types: every type of event that the log of a run has, and its members.
 * doc/results.md says what they mean; tests hold code, table and document
 * together.
 */
#ifndef DRIVER_REPORT_EVENT_TYPES_H
#define DRIVER_REPORT_EVENT_TYPES_H

#include <stddef.h>

#include <jansson.h>

struct err;

/* Whatever a guest, or another program, may say without end is limited. */
enum event_kind {
	EVENT_FACT,
	EVENT_BULK,  /* limited, see event-budget.h */
	EVENT_POINT, /* something has happened: what led to it is of interest,
		      * so that the end of what was left out before is told */
	EVENT_POINT_IF_NOT_OK,
};

struct event_type {
	const char *name;
	const char *members; /* beside n, t and type: a json_check() signature;
			      * an optional one is null or not there */
	enum event_kind kind;
};

/** event_type_at() - the @i'th; NULL past the last */
const struct event_type *event_type_at(size_t i);
/** event_type_find() - NULL: there is none */
const struct event_type *event_type_find(const char *name);
/** event_check() - is @event, a line of a log, one of those?
 * Return: 0; -EINVAL with what is wrong. */
int event_check(const json_t *event, struct err *err);

#endif /* DRIVER_REPORT_EVENT_TYPES_H */
