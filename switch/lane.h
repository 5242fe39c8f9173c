/*
 * lane: what one thread needs to move frames: its loop, its clock and timers,
 * memory for frames, the hooks that run on them, and what waits for the end of
 * a turn.
 *
 * A segment is on one lane for as long as it lives, and so is everything on
 * it: its table and its books, its ports with their descriptors and events,
 * their frames, the plugin instances that are for it.  Nothing of a lane is
 * ever touched by two threads at once, which is why there is neither a lock
 * nor an atomic on the way of a frame.
 *
 * A switch has one lane as a rule, that of the thread that runs it, lane 0.
 * With --workers N there are N more, each with a thread (switch/workers.h).
 *
 * Who may touch what, and when.
 *
 * A lane touches what is on it.  It reads what is the control thread's: names,
 * the lists of segments and ports, declarations, kinds.  All that changes these
 * is done on the control thread while all lanes stand.
 *
 * The control thread calls switch_hold() where its loop calls it (a method, a
 * peer that wants to attach, a note, a plugin's request): all lanes stand from
 * then on, until it is back in its loop.  Meanwhile it may do all that they may:
 * run turns, add events to their loops, set their timers.  So everything but
 * what runs in the midst of frames is written as for one thread.
 *
 * What happens on a lane and concerns the control thread (a port is gone, a
 * station moves in circles, a plugin answers a call) is left to it as news, of
 * values and not of pointers, where lane_is_away().
 *
 * A frame: the lane's loop, port_input(), hooks of lane.pipeline, lane_port(),
 * a queue, .transmit.  No other thread has to do with it.
 *
 * A port that a listener accepts: acceptors and newcomers are on the control
 * thread's loop (port_site_listen_base()); the port's own events are on the
 * lane's (port_site_base()).
 *
 * A port in limbo that sends: its frames wait as news.
 *
 * A plugin's timer, watch, program: on the loop, the clock and the supervisor of
 * the lane of its scope, all of whose instances are for one segment or port;
 * its methods and what it hears of ports: on the control thread.  Its answers,
 * events and requests to the switch go by news.
 *
 * Shutdown: switch_end_workers() first.  From then on there is one thread, and
 * all is taken apart as ever.
 *
 * A turn is one entry from outside: a batch of frames, a plugin's timer, a
 * method.  Work that must not happen in the middle waits for its end: frames
 * that plugins gave back go on, every port that got frames is flushed once.
 * Ports are removed between turns only.
 */
#ifndef SWITCH_LANE_H
#define SWITCH_LANE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "switch/backpressure.h"
#include "switch/drop-watch.h"
#include "switch/frame.h"
#include "switch/port.h"
#include "switch/workers.h"

struct bell;
struct clock;
struct event;
struct event_base;
struct pipeline;
struct pollers;
struct segment;
struct supervisor;
struct timer;
struct vswitch;

/* Something that happened on a lane and that the control thread is told. */
struct news {
	/* On the control thread, the lane standing; takes @news. */
	void (*tell)(struct lane *lane, struct news *news);
	TAILQ_ENTRY(news) link;
};

enum {
	LANE_ID_BUCKETS = 1024,
	LANE_AGEING_SWEEP_MS = 10 * 1000,
	/* given back by plugins, that go on in one turn: plugins can make more
	 * of each */
	LANE_RESUMED_MAX = 1024,
	/* news that wait; of those that may be lost */
	LANE_NEWS_MAX = 4096,
};

/* What every turn needs comes first. */
struct lane {
	struct vswitch *sw;
	struct clock *clock;
	struct frame_pool *pool;
	struct pipeline *pipeline;
	unsigned depth;		   /* of turns; 0 = between turns */
	uint64_t n_turns;	   /* so far */
	struct frame_list resumed; /* wait for the end of the turn */
	struct port_list touched;  /* likewise, to be flushed */
	uint64_t wall_offset_ns, wall_read_ns;
	struct drop_watchers drop_watchers;
	struct backpressure backpressure;
	struct event_base *base;
	struct supervisor *programs; /* of ports and plugins */
	struct bell *bell;	     /* for eventfds of ports */
	struct pollers *pollers;     /* ports whose peers share memory */
	TAILQ_HEAD(, segment) segments;
	uint32_t n_segments, n_ports;
	struct port_list gone; /* wait for the reaper */
	struct event *reaper;
	struct event *again; /* a turn that ended with more to do */
	struct timer *ageing;
	struct port *ports_by_id[LANE_ID_BUCKETS];
	/* With a thread of its own, the rest: */
	struct workers *workers; /* borrowed; NULL: the control thread's lane */
	unsigned number;	 /* 1..N; 0: the control thread's */
	struct workers_note note; /* there are news, or ports are gone */
	TAILQ_HEAD(news_list, news) news;
	unsigned n_news;
};

/** lane_new() - returned owned
 * @base, @clock: borrowed
 * @pool_bytes:   of memory for frames, at most */
struct lane *lane_new(struct vswitch *sw, struct event_base *base,
		      struct clock *clock, size_t pool_bytes);
/** lane_settle() - no turn is left to be continued */
void lane_settle(struct lane *lane);
/** lane_free() - its segments are gone; NULL is a no-op */
void lane_free(struct lane *lane);

/** lane_enter() - a turn begins, or an entry within one */
static inline void
lane_enter(struct lane *lane)
{
	lane->n_turns += lane->depth == 0;
	lane->depth++;
}

void lane_leave(struct lane *lane);
/** lane_wall_ns() - the wall clock's time at @now_ns, which is from .clock and
 * never goes back; the wall clock itself is looked at once a second only */
uint64_t lane_wall_ns(struct lane *lane, uint64_t now_ns);

/** lane_touch() - @port has frames to send at the end of this turn */
static inline void
lane_touch(struct lane *lane, struct port *port)
{
	if (port->touched)
		return;
	port->touched = true;
	TAILQ_INSERT_TAIL(&lane->touched, port, in_touched);
}

/** lane_give_away() - it gets a thread of its own: the @number-th of @workers,
 * borrowed */
void lane_give_away(struct lane *lane, struct workers *workers,
		    unsigned number);

/** lane_is_away() - is the caller, who works on this lane, another thread than
 * the control thread? */
static inline bool
lane_is_away(const struct lane *lane)
{
	return lane->workers != NULL && !workers_on_control(lane->workers);
}

/** lane_has_room() - for news that may be lost; else says so */
bool lane_has_room(const struct lane *lane);
/** lane_post() - @news, taken, are told soon, in the order of posting */
void lane_post(struct lane *lane, struct news *news);
/** lane_deliver() - tell all that wait; on the control thread, the lane
 * standing: before something goes that they may be about */
void lane_deliver(struct lane *lane);

/** lane_reap_soon() - @port is gone; it is removed soon */
void lane_reap_soon(struct lane *lane, struct port *port);

/** lane_add_port() - it can be found by its number from now on */
void lane_add_port(struct lane *lane, struct port *port);
void lane_remove_port(struct lane *lane, struct port *port);

/** lane_port() - NULL when there is none on this lane */
static inline struct port *
lane_port(const struct lane *lane, port_id_t id)
{
	struct port *port = lane->ports_by_id[id % LANE_ID_BUCKETS];

	while (port != NULL && port->id != id)
		port = port->next_by_id;
	return port;
}

/** lane_segment() - likewise */
struct segment *lane_segment(const struct lane *lane, uint32_t id);

#endif /* SWITCH_LANE_H */
