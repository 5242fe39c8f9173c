/*
 * clock: the time, as something that can be handed around.
 *
 * Everything that ages, waits or expires asks a `struct clock` it was given,
 * never the system.  The real clock is CLOCK_MONOTONIC; a virtual one stands
 * still until a test advances it, and runs the timers that come due.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

struct clock;
struct event_base; /* libevent; only .c files include it */

/**
 * clock_real_new() - CLOCK_MONOTONIC; timers run from @base
 * @base: borrowed, must outlive the clock; NULL for a clock without timers
 *
 * Return: a clock the caller owns; aborts when out of memory.
 */
struct clock *clock_real_new(struct event_base *base);
/** clock_virtual_new() - stands at @start_ns until clock_advance() */
struct clock *clock_virtual_new(uint64_t start_ns);
/** clock_free() - every timer must have been freed before; not from a timer's
 * callback; NULL is a no-op */
void clock_free(struct clock *clock);

/** clock_now_ns() - nanoseconds, never goes backwards */
uint64_t clock_now_ns(const struct clock *clock);
uint64_t clock_now_ms(const struct clock *clock);
/** clock_wall_ns() - nanoseconds since 1970 UTC, for captures and reports
 * only; a virtual clock gives its own time */
uint64_t clock_wall_ns(const struct clock *clock);

/** clock_advance() - move a virtual clock forward by @ns
 *
 * Runs each timer that comes due, in order of time (equal times: in the order
 * they were set), with the clock standing at the timer's own time.  Those that
 * callbacks set within @ns run too.  Not from a timer's callback.
 */
void clock_advance(struct clock *clock, uint64_t ns);

/*
 * Timers.  One shot: the callback sets it again when it wants to.  A callback
 * may set, cancel or free any timer, its own included.  On a real clock they
 * run at the deadline or after it, never before; a timer that is set keeps
 * event_base_dispatch() going, one that is not does not; one that is always
 * due runs once in each turn of the loop.
 */
struct timer;
typedef void timer_fn(void *arg);

/** timer_new() - Return: an unset timer the caller owns; aborts on OOM */
struct timer *timer_new(struct clock *clock, timer_fn *fn, void *arg);
/** timer_set() - run at @deadline_ns (clock_now_ns() time), replacing an
 * earlier setting; a deadline in the past runs from the loop, not from here */
void timer_set(struct timer *timer, uint64_t deadline_ns);
/** timer_set_in() - run @delay_ns from now */
void timer_set_in(struct timer *timer, uint64_t delay_ns);
void timer_cancel(struct timer *timer);
bool timer_is_set(const struct timer *timer);
/** timer_free() - cancels; NULL is a no-op */
void timer_free(struct timer *timer);

#endif /* LIB_CLOCK_H */
