#include "switch/lanes.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/lane.h"
#include "switch/spin.h"
#include "switch/switch.h"
#include "switch/workers.h"

/* A lane, and what one with a thread has of its own. */
struct strand {
	struct lanes *lanes;
	struct lane *lane;
	struct event_base *base;
	struct clock *clock;
	struct event *idle; /* runs when the loop has nothing else to do */
	struct workers_note idle_note;
	uint64_t idle_asked; /* number of the wait that .idle was set for */
	uint64_t idle_seen;  /* and of the last that it has run for */
};

struct lanes {
	struct vswitch *sw;
	struct workers *workers;
	unsigned spin_us;
	uint64_t n_waits;	      /* for idleness, so far */
	void (*when_idle)(void *arg); /* or NULL */
	void *when_idle_arg;
	unsigned n;
	struct strand strands[];
};

/* ---- idleness ---- */

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct strand *s = arg;

	(void)fd;
	(void)what;
	s->idle_seen = s->idle_asked;
	workers_post(s->lanes->workers, &s->idle_note);
}

static void
on_idle_note(void *arg)
{
	struct lanes *lanes = ((struct strand *)arg)->lanes;
	void (*fn)(void *arg) = lanes->when_idle;

	lanes_hold(lanes);
	for (unsigned i = 0; i < lanes->n; i++) {
		if (lanes->strands[i].idle_seen != lanes->n_waits)
			return;
	}
	lanes->when_idle = NULL;
	if (fn != NULL)
		fn(lanes->when_idle_arg);
}

void
lanes_when_idle(struct lanes *lanes, void (*fn)(void *arg), void *arg)
{
	lanes_hold(lanes);
	lanes->when_idle = fn;
	lanes->when_idle_arg = arg;
	lanes->n_waits++;
	for (unsigned i = 0; i < lanes->n; i++) {
		lanes->strands[i].idle_asked = lanes->n_waits;
		event_active(lanes->strands[i].idle, 0, 0);
	}
}

void
lanes_forget_idle(struct lanes *lanes)
{
	lanes->when_idle = NULL;
}

/* ---- life ---- */

static void
open_strand(struct lanes *lanes, unsigned i, size_t pool_bytes)
{
	struct strand *s = &lanes->strands[i];

	s->lanes = lanes;
	s->base = switch_base_new();
	s->clock = clock_real_new(s->base);
	s->lane = lane_new(lanes->sw, s->base, s->clock, pool_bytes);
	lane_give_away(s->lane, lanes->workers, i + 1);
	s->idle = event_new(s->base, -1, 0, on_idle, s);
	if (s->idle == NULL)
		abort();
	event_priority_set(s->idle, SWITCH_PRIORITY_IDLE);
	s->idle_note = (struct workers_note){ .fn = on_idle_note, .arg = s };
}

struct lanes *
lanes_new(struct vswitch *sw, struct event_base *control, unsigned n,
	  size_t pool_bytes)
{
	struct lanes *lanes =
	    xcalloc(1, sizeof(*lanes) + n * sizeof(struct strand));

	assert(n >= 1 && n <= WORKERS_MAX);
	lanes->sw = sw;
	lanes->workers = workers_new(control);
	lanes->n = n;
	for (unsigned i = 0; i < n; i++)
		open_strand(lanes, i, pool_bytes / n);
	return lanes;
}

static void
close_strand(struct strand *s)
{
	lane_free(s->lane);
	workers_forget(s->lanes->workers, &s->idle_note);
	event_free(s->idle);
	clock_free(s->clock);
	event_base_free(s->base);
}

void
lanes_free(struct lanes *lanes)
{
	if (lanes == NULL)
		return;
	for (unsigned i = 0; i < lanes->n; i++)
		close_strand(&lanes->strands[i]);
	workers_free(lanes->workers);
	free(lanes);
}

static void
run(void *arg)
{
	const struct strand *s = arg;

	spin_dispatch(s->lane, s->lanes->spin_us);
}

int
lanes_start(struct lanes *lanes, unsigned spin_us, struct err *err)
{
	lanes->spin_us = spin_us;
	for (unsigned i = 0; i < lanes->n; i++) {
		struct strand *s = &lanes->strands[i];
		char name[24]; /* of which 15 characters are shown */

		snprintf(name, sizeof(name), "worker %u", i + 1);
		if (workers_add(lanes->workers, s->base, run, s, name) == NULL)
			return err_errno(err, "cannot start worker %u", i + 1);
	}
	return 0;
}

void
lanes_hold(struct lanes *lanes)
{
	workers_stop_all(lanes->workers);
}

void
lanes_end(struct lanes *lanes)
{
	workers_end(lanes->workers);
}

/* ---- which ---- */

unsigned
lanes_count(const struct lanes *lanes)
{
	return lanes->n;
}

struct lane *
lanes_nth(const struct lanes *lanes, unsigned number)
{
	assert(number >= 1 && number <= lanes->n);
	return lanes->strands[number - 1].lane;
}

struct lane *
lanes_least(const struct lanes *lanes)
{
	struct lane *least = lanes->strands[0].lane;

	for (unsigned i = 1; i < lanes->n; i++) {
		struct lane *lane = lanes->strands[i].lane;

		if (lane->n_segments < least->n_segments ||
		    (lane->n_segments == least->n_segments &&
		     lane->n_ports < least->n_ports))
			least = lane;
	}
	return least;
}
