/*
 * event-budget: how much of what may go on without end is logged: the lines of
 * one machine's serial console, say.
 *
 * There is room for EVENT_BUDGET_BYTES at once, and EVENT_BUDGET_BYTES_S come
 * back in each second.  When the room is used up everything is left out, and
 * counted, until EVENT_BUDGET_RESUME of it is there again, so that what is
 * logged of a flood comes in pieces that make sense.  The end of what is left
 * out is kept.  Pure.
 */
#ifndef DRIVER_REPORT_EVENT_BUDGET_H
#define DRIVER_REPORT_EVENT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EVENT_BUDGET_BYTES = 4 * 1024 * 1024,
	EVENT_BUDGET_BYTES_S = 4 * 1024,
	EVENT_BUDGET_RESUME = 64 * 1024,
	EVENT_BUDGET_EVENT = 100, /* that an event takes beside its text */
	EVENT_BUDGET_KEPT = 4096, /* octets of the end */
};

/* Zeros, but for .room and .at_ns, to begin with: event_budget_init(). */
struct event_budget {
	uint64_t room;			     /* octets */
	uint64_t at_ns;			     /* when that was so */
	bool closed;			     /* what comes is left out */
	uint64_t n_left_out, left_out_bytes; /* since it was told last */
	char *kept; /* the end of that, EVENT_BUDGET_KEPT; owned; or NULL */
	size_t n_kept;
};

void event_budget_init(struct event_budget *budget, uint64_t now_ns);
/** event_budget_take() - is there room for an event with @text?  Else it is
 * counted as left out. */
bool event_budget_take(struct event_budget *budget, uint64_t now_ns,
		       const char *text, size_t size);
/** event_budget_told() - what was left out has been told: begin anew */
void event_budget_told(struct event_budget *budget);
void event_budget_fini(struct event_budget *budget);

#endif /* DRIVER_REPORT_EVENT_BUDGET_H */
