/*
 * lanes: those of a switch that have threads of their own (--workers), which of
 * them a segment comes to, and waiting until all have nothing to do.
 */
#ifndef SWITCH_LANES_H
#define SWITCH_LANES_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct event_base;
struct lane;
struct lanes;
struct vswitch;

/** lanes_new() - @n lanes, which stand until lanes_start()
 * @sw, @control: borrowed; the control thread's loop
 * @pool_bytes:   of memory for the frames of all, at most
 *
 * Return: owned by the caller; the calling thread is the control thread. */
struct lanes *lanes_new(struct vswitch *sw, struct event_base *control,
			unsigned n, size_t pool_bytes);
/** lanes_free() - after lanes_end(), without segments; NULL is a no-op */
void lanes_free(struct lanes *lanes);

/** lanes_start() - their threads
 * @spin_us: as spin_dispatch()
 * Return: 0; negative with @err set. */
int lanes_start(struct lanes *lanes, unsigned spin_us, struct err *err);
/** lanes_hold() - they stand until the control thread is back in its loop */
void lanes_hold(struct lanes *lanes);
/** lanes_end() - from now on there is one thread; again is a no-op */
void lanes_end(struct lanes *lanes);

unsigned lanes_count(const struct lanes *lanes);
/** lanes_nth() - @number: 1..lanes_count() */
struct lane *lanes_nth(const struct lanes *lanes, unsigned number);
/** lanes_least() - the one with the fewest segments; of those the one with the
 * fewest ports, the first of equal ones */
struct lane *lanes_least(const struct lanes *lanes);

/** lanes_when_idle() - @fn runs, on the control thread, when each has had
 * nothing to do since; one such wait at a time: a second one replaces the first
 */
void lanes_when_idle(struct lanes *lanes, void (*fn)(void *arg), void *arg);
/** lanes_forget_idle() - nobody waits any more */
void lanes_forget_idle(struct lanes *lanes);

#endif /* SWITCH_LANES_H */
