#include "config.h"

#include "lib/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/log.h"
#include "lib/xalloc.h"

/* What a time_t of 32 bits can tell: 68 years after the machine started. */
#define FAR_NS (INT32_MAX * NS_PER_S)

/* Where a timer is. */
enum timer_state {
	TIMER_UNSET,
	TIMER_WAITING, /* in the clock's heap */
	TIMER_DUE,     /* on the list of those that run in this turn */
};

TAILQ_HEAD(timer_list, timer);

struct timer {
	struct clock *clock; /* borrowed */
	timer_fn *fn;
	void *arg; /* borrowed */
	enum timer_state state;
	uint64_t deadline_ns;
	uint64_t seq;		 /* orders equal deadlines */
	size_t pos;		 /* in the heap, while TIMER_WAITING */
	TAILQ_ENTRY(timer) link; /* while TIMER_DUE */
};

/*
 * The timers that wait are a binary heap, earliest first, with room for every
 * timer there is, so that setting one never allocates.
 *
 * The real clock waits with a timerfd and not with an event's own time-out: it
 * takes an absolute time of our clock in nanoseconds, where libevent counts
 * from its cached time of this turn, in units of what the backend polls by.
 */
struct clock {
	bool is_virtual;
	uint64_t virtual_now_ns;
	struct event *event;	/* the timerfd is readable; NULL: no timers */
	int timer_fd;		/* or -1 */
	uint64_t armed_ns;	/* what timer_fd waits for; 0 = nothing */
	bool running;		/* callbacks run, the timerfd is set after */
	struct timer_list due;	/* empty outside on_timer_fd() */
	struct timer **waiting; /* heap, owned */
	size_t n_waiting;
	size_t n_timers; /* that exist: the room in waiting */
	uint64_t last_seq;
};

/* ---- heap ---- */

static bool
is_before(const struct timer *a, const struct timer *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return a->deadline_ns < b->deadline_ns;
	return a->seq < b->seq;
}

static void
heap_place(struct clock *clock, size_t pos, struct timer *timer)
{
	clock->waiting[pos] = timer;
	timer->pos = pos;
}

/* Put @timer into the hole at @pos or above it. */
static void
heap_up(struct clock *clock, size_t pos, struct timer *timer)
{
	while (pos > 0) {
		size_t parent = (pos - 1) / 2;

		if (!is_before(timer, clock->waiting[parent]))
			break;
		heap_place(clock, pos, clock->waiting[parent]);
		pos = parent;
	}
	heap_place(clock, pos, timer);
}

/* Put @timer into the hole at @pos or below it. */
static void
heap_down(struct clock *clock, size_t pos, struct timer *timer)
{
	for (;;) {
		size_t child = 2 * pos + 1;

		if (child >= clock->n_waiting)
			break;
		if (child + 1 < clock->n_waiting &&
		    is_before(clock->waiting[child + 1], clock->waiting[child]))
			child++;
		if (!is_before(clock->waiting[child], timer))
			break;
		heap_place(clock, pos, clock->waiting[child]);
		pos = child;
	}
	heap_place(clock, pos, timer);
}

static void
heap_add(struct clock *clock, struct timer *timer)
{
	heap_up(clock, clock->n_waiting++, timer);
	timer->state = TIMER_WAITING;
}

static void
heap_remove(struct clock *clock, struct timer *timer)
{
	struct timer *last = clock->waiting[--clock->n_waiting];
	size_t hole = timer->pos;

	timer->state = TIMER_UNSET;
	if (last == timer)
		return;
	if (hole > 0 && is_before(last, clock->waiting[(hole - 1) / 2]))
		heap_up(clock, hole, last);
	else
		heap_down(clock, hole, last);
}

/* Take out the earliest timer that is due at @now_ns, or NULL. */
static struct timer *
heap_pop_due(struct clock *clock, uint64_t now_ns)
{
	struct timer *timer = clock->n_waiting > 0 ? clock->waiting[0] : NULL;

	if (timer == NULL || timer->deadline_ns > now_ns)
		return NULL;
	heap_remove(clock, timer);
	return timer;
}

/* ---- the real clock ---- */

static uint64_t
read_system_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Make the loop wake up for the earliest timer.  Without one, the event is no
 * longer pending, so that it does not keep a loop alive. */
static void
rearm(struct clock *clock)
{
	uint64_t at_ns = 0;
	struct itimerspec its = { 0 };

	if (clock->event == NULL || clock->running)
		return;
	if (clock->n_waiting > 0) {
		at_ns = clock->waiting[0]->deadline_ns;
		if (at_ns == 0)
			at_ns = 1; /* zero would disarm; both are past */
		if (at_ns > FAR_NS)
			at_ns = FAR_NS; /* wakes for nothing, once */
	}
	if (at_ns == clock->armed_ns)
		return;
	its.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
	its.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
	timerfd_settime(clock->timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
	if (at_ns == 0)
		event_del(clock->event);
	else if (clock->armed_ns == 0)
		event_add(clock->event, NULL);
	clock->armed_ns = at_ns;
}

/* Run what is due now.  All of it is taken out of the heap first: a callback
 * that sets its timer to a past time would otherwise run for ever, or always
 * stand before the others. */
static void
on_timer_fd(evutil_socket_t fd, short what, void *arg)
{
	struct clock *clock = arg;
	uint64_t now_ns = clock_now_ns(clock);
	uint64_t n_expirations;
	struct timer *timer;

	(void)what;
	/* Nothing to read when the timer was set anew meanwhile. */
	if (read(fd, &n_expirations, sizeof(n_expirations)) > 0)
		clock->armed_ns = UINT64_MAX; /* spent: differs from any */
	while ((timer = heap_pop_due(clock, now_ns)) != NULL) {
		timer->state = TIMER_DUE;
		TAILQ_INSERT_TAIL(&clock->due, timer, link);
	}
	clock->running = true;
	while ((timer = TAILQ_FIRST(&clock->due)) != NULL) {
		TAILQ_REMOVE(&clock->due, timer, link);
		timer->state = TIMER_UNSET;
		timer->fn(timer->arg); /* may free the timer */
	}
	clock->running = false;
	rearm(clock);
}

/* ---- clocks ---- */

struct clock *
clock_real_new(struct event_base *base)
{
	struct clock *clock = XNEW(struct clock);

	clock->timer_fd = -1;
	TAILQ_INIT(&clock->due);
	if (base == NULL)
		return clock;
	clock->timer_fd =
	    timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (clock->timer_fd >= 0)
		clock->event =
		    event_new(base, clock->timer_fd, EV_READ | EV_PERSIST,
			      on_timer_fd, clock);
	if (clock->event == NULL) {
		log_error("cannot make a timer: out of memory or descriptors");
		abort();
	}
	return clock;
}

struct clock *
clock_virtual_new(uint64_t start_ns)
{
	struct clock *clock = clock_real_new(NULL);

	clock->is_virtual = true;
	clock->virtual_now_ns = start_ns;
	return clock;
}

void
clock_free(struct clock *clock)
{
	if (clock == NULL)
		return;
	assert(clock->n_timers == 0 && !clock->running);
	if (clock->event != NULL)
		event_free(clock->event);
	if (clock->timer_fd >= 0)
		close(clock->timer_fd);
	free(clock->waiting);
	free(clock);
}

uint64_t
clock_now_ns(const struct clock *clock)
{
	return clock->is_virtual ? clock->virtual_now_ns
				 : read_system_clock(CLOCK_MONOTONIC);
}

uint64_t
clock_now_ms(const struct clock *clock)
{
	return clock_now_ns(clock) / NS_PER_MS;
}

uint64_t
clock_wall_ns(const struct clock *clock)
{
	return clock->is_virtual ? clock->virtual_now_ns
				 : read_system_clock(CLOCK_REALTIME);
}

void
clock_advance(struct clock *clock, uint64_t ns)
{
	uint64_t until_ns = clock->virtual_now_ns + ns;
	struct timer *timer;

	assert(clock->is_virtual && !clock->running);
	clock->running = true;
	while ((timer = heap_pop_due(clock, until_ns)) != NULL) {
		if (timer->deadline_ns > clock->virtual_now_ns)
			clock->virtual_now_ns = timer->deadline_ns;
		timer->fn(timer->arg); /* may free the timer */
	}
	clock->running = false;
	clock->virtual_now_ns = until_ns;
}

/* ---- timers ---- */

struct timer *
timer_new(struct clock *clock, timer_fn *fn, void *arg)
{
	struct timer *timer = XNEW(struct timer);

	assert(clock->is_virtual || clock->event != NULL);
	clock->waiting =
	    xrealloc(clock->waiting, ++clock->n_timers, sizeof(struct timer *));
	timer->clock = clock;
	timer->fn = fn;
	timer->arg = arg;
	return timer;
}

static void
unset(struct timer *timer)
{
	struct clock *clock = timer->clock;

	if (timer->state == TIMER_WAITING)
		heap_remove(clock, timer);
	else if (timer->state == TIMER_DUE)
		TAILQ_REMOVE(&clock->due, timer, link);
	timer->state = TIMER_UNSET;
}

void
timer_set(struct timer *timer, uint64_t deadline_ns)
{
	struct clock *clock = timer->clock;

	unset(timer);
	timer->deadline_ns = deadline_ns;
	timer->seq = ++clock->last_seq;
	heap_add(clock, timer);
	rearm(clock);
}

void
timer_set_in(struct timer *timer, uint64_t delay_ns)
{
	uint64_t now_ns = clock_now_ns(timer->clock);

	timer_set(timer, delay_ns > UINT64_MAX - now_ns ? UINT64_MAX
							: now_ns + delay_ns);
}

void
timer_cancel(struct timer *timer)
{
	unset(timer);
	rearm(timer->clock);
}

bool
timer_is_set(const struct timer *timer)
{
	return timer->state != TIMER_UNSET;
}

void
timer_free(struct timer *timer)
{
	if (timer == NULL)
		return;
	timer_cancel(timer);
	timer->clock->n_timers--;
	free(timer);
}
