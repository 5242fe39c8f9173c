/* loop: run the event loop until something has happened; for the straight-line
 * parts of a run, before and after its script. */
#ifndef DRIVER_LOOP_H
#define DRIVER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct event_base;

/**
 * loop_until() - run @base until *@done, @timeout_ms at most
 * @done: set by some callback
 *
 * Not from inside a callback.  Return: *@done.
 */
bool loop_until(struct event_base *base, struct clock *clock, const bool *done,
		uint64_t timeout_ms);

#endif /* DRIVER_LOOP_H */
