#include "switch/lane.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/supervisor.h"
#include "lib/xalloc.h"
#include "switch/bell.h"
#include "switch/forward.h"
#include "switch/pipeline.h"
#include "switch/pollers.h"
#include "switch/segment.h"
#include "switch/switch.h"

/* ---- turns ---- */

static void
read_wall_clock(struct lane *lane, uint64_t now_ns)
{
	lane->wall_offset_ns = clock_wall_ns(lane->clock) - now_ns;
	lane->wall_read_ns = now_ns;
}

uint64_t
lane_wall_ns(struct lane *lane, uint64_t now_ns)
{
	/* Both run at one rate: only when somebody sets the wall clock is this
	 * wrong, until the next look. */
	if (now_ns - lane->wall_read_ns >= NS_PER_S)
		read_wall_clock(lane, now_ns);
	return now_ns + lane->wall_offset_ns;
}

static void
flush_touched(struct lane *lane)
{
	struct port *port;

	while ((port = TAILQ_FIRST(&lane->touched)) != NULL) {
		TAILQ_REMOVE(&lane->touched, port, in_touched);
		port->touched = false;
		port_flush(port);
	}
}

void
lane_leave(struct lane *lane)
{
	assert(lane->depth > 0);
	if (lane->depth == 1) {
		if (!TAILQ_EMPTY(&lane->resumed))
			forward_resume(lane, &lane->resumed, LANE_RESUMED_MAX,
				       clock_now_ns(lane->clock));
		flush_touched(lane);
		/* Many, or a port's plugin sends what it gets: not for ever
		 * now. */
		if (!TAILQ_EMPTY(&lane->resumed))
			event_active(lane->again, 0, 0);
	}
	lane->depth--;
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct lane *lane = arg;

	(void)fd;
	(void)what;
	lane_enter(lane);
	lane_leave(lane);
}

void
lane_settle(struct lane *lane)
{
	while (!TAILQ_EMPTY(&lane->resumed))
		on_again(-1, 0, lane);
}

/* ---- life ---- */

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	switch_remove_gone_ports(arg);
}

static void
on_ageing(void *arg)
{
	struct lane *lane = arg;
	uint64_t now_ms = clock_now_ms(lane->clock);
	struct segment *segment;

	TAILQ_FOREACH (segment, &lane->segments, in_lane)
		fdb_expire(segment->fdb, now_ms);
	frame_pool_trim(lane->pool);
	timer_set_in(lane->ageing, LANE_AGEING_SWEEP_MS * NS_PER_MS);
}

struct lane *
lane_new(struct vswitch *sw, struct event_base *base, struct clock *clock,
	 size_t pool_bytes)
{
	struct lane *lane = XNEW(struct lane);

	lane->sw = sw;
	lane->base = base;
	lane->clock = clock;
	lane->pool = frame_pool_new(pool_bytes);
	drop_watchers_init(&lane->drop_watchers, clock);
	lane->pipeline = pipeline_new(&lane->drop_watchers);
	lane->programs = supervisor_new(base, clock);
	lane->bell = bell_new();
	lane->pollers = pollers_new(base);
	TAILQ_INIT(&lane->segments);
	TAILQ_INIT(&lane->resumed);
	TAILQ_INIT(&lane->touched);
	TAILQ_INIT(&lane->gone);
	TAILQ_INIT(&lane->news);
	lane->reaper = event_new(base, -1, 0, on_reap, lane);
	lane->again = event_new(base, -1, 0, on_again, lane);
	if (lane->reaper == NULL || lane->again == NULL)
		abort();
	event_priority_set(lane->reaper, SWITCH_PRIORITY_FIRST);
	backpressure_init(&lane->backpressure, clock);
	lane->ageing = timer_new(clock, on_ageing, lane);
	timer_set_in(lane->ageing, LANE_AGEING_SWEEP_MS * NS_PER_MS);
	read_wall_clock(lane, clock_now_ns(clock));
	return lane;
}

void
lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	assert(TAILQ_EMPTY(&lane->segments));
	if (lane->workers != NULL) {
		lane_deliver(lane);
		workers_forget(lane->workers, &lane->note);
	}
	supervisor_free(lane->programs);
	bell_free(lane->bell);
	pollers_free(lane->pollers);
	timer_free(lane->ageing);
	backpressure_fini(&lane->backpressure);
	event_free(lane->reaper);
	event_free(lane->again);
	pipeline_free(lane->pipeline);
	frame_pool_free(lane->pool);
	free(lane);
}

/* ---- news ---- */

static void
on_note(void *arg)
{
	struct lane *lane = arg;

	switch_hold(lane->sw);
	lane_deliver(lane);
	switch_remove_gone_ports(lane);
}

void
lane_give_away(struct lane *lane, struct workers *workers, unsigned number)
{
	lane->workers = workers;
	lane->number = number;
	lane->note = (struct workers_note){ .fn = on_note, .arg = lane };
}

bool
lane_has_room(const struct lane *lane)
{
	if (lane->n_news < LANE_NEWS_MAX)
		return true;
	LOG_LIMITED(LOG_WARN,
		    "worker %u: an event is lost: %d others wait to be told",
		    lane->number, LANE_NEWS_MAX);
	return false;
}

void
lane_post(struct lane *lane, struct news *news)
{
	TAILQ_INSERT_TAIL(&lane->news, news, link);
	lane->n_news++;
	workers_post(lane->workers, &lane->note);
}

/* Telling may make more. */
void
lane_deliver(struct lane *lane)
{
	struct news *news;

	while ((news = TAILQ_FIRST(&lane->news)) != NULL) {
		TAILQ_REMOVE(&lane->news, news, link);
		lane->n_news--;
		news->tell(lane, news);
	}
}

/* ---- what is on it ---- */

void
lane_reap_soon(struct lane *lane, struct port *port)
{
	TAILQ_INSERT_TAIL(&lane->gone, port, in_gone);
	if (lane->workers != NULL)
		workers_post(lane->workers, &lane->note);
	else
		event_active(lane->reaper, 0, 0);
}

void
lane_add_port(struct lane *lane, struct port *port)
{
	struct port **bucket = &lane->ports_by_id[port->id % LANE_ID_BUCKETS];

	port->next_by_id = *bucket;
	*bucket = port;
	lane->n_ports++;
}

void
lane_remove_port(struct lane *lane, struct port *port)
{
	struct port **link = &lane->ports_by_id[port->id % LANE_ID_BUCKETS];

	while (*link != port)
		link = &(*link)->next_by_id;
	*link = port->next_by_id;
	lane->n_ports--;
}

struct segment *
lane_segment(const struct lane *lane, uint32_t id)
{
	struct segment *segment;

	TAILQ_FOREACH (segment, &lane->segments, in_lane) {
		if (segment->id == id)
			return segment;
	}
	return NULL;
}
