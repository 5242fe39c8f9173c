/*
 * switch: the model's root: it owns segments and ports, by name and by number,
 * and the lanes (switch/lane.h) on which their frames move.
 */
#ifndef SWITCH_SWITCH_H
#define SWITCH_SWITCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "switch/lane.h"
#include "switch/port.h"
#include "switch/sandbox.h"
#include "switch/segment.h"

struct clock;
struct declared_port;
struct err;
struct event_base;
struct inherited;
struct lanes;

enum {
	SWITCH_PORTS_MAX = 4096,
	SWITCH_SEGMENTS_MAX = 1024,
	SWITCH_POOL_BYTES = 256 * 1024 * 1024,
};

/* Priorities of events on the switch's loop; the default lies in the middle. */
enum {
	SWITCH_PRIORITY_FIRST,	/* signals, ports that are gone */
	SWITCH_PRIORITY_NORMAL, /* frames, control */
	SWITCH_PRIORITY_IDLE,	/* when there is nothing else to do */
	SWITCH_N_PRIORITIES
};

struct switch_config {
	struct event_base *base; /* borrowed; from switch_base_new() */
	struct clock *clock;	 /* borrowed */
	const struct port_kind *const *kinds; /* borrowed, NULL-ended */
	const char *dir; /* absolute; NULL: no directories, no sockets */
	struct inherited
	    *inherited; /* sockets passed to us; borrowed or NULL */
	struct segment_access access; /* of all segments */
	enum sandbox sandbox;	      /* what is in force */
	size_t pool_bytes;	      /* 0 = SWITCH_POOL_BYTES */
	size_t fdb_max;		      /* 0 = FDB_ENTRIES_DEFAULT */
	uint64_t ageing_ms;	      /* 0 = FDB_AGEING_DEFAULT_MS */
	/* threads for segments, 0..WORKERS_MAX; 0 = all are on @base */
	unsigned n_workers;
};

/* Somebody who wants to hear of ports.  Runs at the end of port_added's
 * caller, and before the port is taken apart; never inside a hook; with workers
 * on the control thread, all lanes standing, the rest a moment later than it was
 * so. */
struct switch_observer {
	void (*port_added)(struct port *port, void *arg);
	void (*port_removed)(struct port *port, const char *reason, void *arg);
	/* A station moves between ports all the time; at most once a second a
	 * segment, in the middle of a turn.  May be NULL. */
	void (*loop_suspected)(struct segment *segment,
			       const struct fdb_entry *station, void *arg);
	/* port->mtu is another now.  Or NULL */
	void (*port_mtu)(struct port *port, uint32_t old, void *arg);
	/* port->no_carrier is another; may be within a turn.  Or NULL */
	void (*port_carrier)(struct port *port, void *arg);
	/* One of those who share a port.  May be NULL. */
	void (*client_added)(struct port *port, unsigned id,
			     const struct port_peer *peer, void *arg);
	void (*client_removed)(struct port *port, unsigned id, void *arg);
	/* Its role or state in the spanning tree is another; within a turn.
	 * Or NULL */
	void (*port_stp)(struct port *port, void *arg);
	/* The spanning tree is another from @port on; within a turn.  Or NULL
	 */
	void (*topology_changed)(struct port *port, void *arg);
	void *arg;
	TAILQ_ENTRY(switch_observer) link;
};

struct vswitch {
	struct switch_config config;
	char *dir; /* or NULL */
	/* The control thread's; with workers there is no segment on it.
	 * Owned */
	struct lane *lane;
	struct lanes *lanes; /* those of workers, owned; NULL: none */
	TAILQ_HEAD(, segment) segments;
	uint32_t n_segments, n_ports;
	uint32_t next_segment_id, next_port_id; /* never used twice */
	/* ports that will come, and those that have not said who they are */
	TAILQ_HEAD(declared_list, declared_port) declared;
	struct port_list limbo;
	uint32_t n_limbo;
	/* kinds of ports: config.kinds, and what plugins bring; NULL-ended;
	 * config.kinds of a switch is this */
	const struct port_kind **kinds;
	unsigned kinds_generation; /* changes with them */
	uint64_t started_ms;
	TAILQ_HEAD(, switch_observer) observers;
};

/** switch_base_new() - a loop with the priorities above, whose turns cost by
 * what happens and not by what is attached (epoll); returned owned */
struct event_base *switch_base_new(void);

struct vswitch *switch_new(const struct switch_config *config);
/** switch_free() - closes all ports, removes all sockets; NULL is a no-op */
void switch_free(struct vswitch *sw);

/* @observer: borrowed until removed.  Those added last hear last. */
void switch_observer_add(struct vswitch *sw, struct switch_observer *observer);
void switch_observer_remove(struct vswitch *sw,
			    struct switch_observer *observer);

enum switch_event_type {
	SWITCH_PORT_MTU,
	SWITCH_PORT_CARRIER,
	SWITCH_PORT_STP,
	SWITCH_TOPOLOGY_CHANGED,
	SWITCH_CLIENT_ADDED,
	SWITCH_CLIENT_REMOVED,
	SWITCH_LOOP_SUSPECTED,
};

/* What observers hear beside comings and goings; all is borrowed. */
struct switch_event {
	enum switch_event_type type;
	struct port *port; /* NULL: it is about .segment */
	struct segment *segment;
	uint32_t old_mtu;
	unsigned client;
	const struct port_peer *peer;	 /* of a client that was added */
	const struct fdb_entry *station; /* of a loop */
};

/** switch_tell() - observers hear of it, as of struct switch_observer
 * (switch-tell.c) */
void switch_tell(const struct switch_event *event);
/** switch_tell_of_port() - that says it all */
void switch_tell_of_port(enum switch_event_type type, struct port *port);

/** switch_start_workers() - from now on their lanes move; without workers a
 * no-op
 * @spin_us: as spin_dispatch()
 * Return: 0; negative with @err set. */
int switch_start_workers(struct vswitch *sw, unsigned spin_us, struct err *err);
/** switch_end_workers() - before anything is taken apart; NULL and again are
 * no-ops */
void switch_end_workers(struct vswitch *sw);
/** switch_hold() - no lane moves until the control thread is back in its loop:
 * everything is the caller's (lane.h) */
void switch_hold(const struct vswitch *sw);
/** switch_in_turn() - is this in the middle of a turn? */
bool switch_in_turn(const struct vswitch *sw);

/** switch_carrier_changed() - of @port; forgets what was learned there when it
 * has none any more */
void switch_carrier_changed(struct port *port);
/** switch_remove_gone_ports() - those of @lane that wait for the reaper */
void switch_remove_gone_ports(struct lane *lane);

/** switch_add_segment() - Return: borrowed; NULL with @err set */
struct segment *switch_add_segment(struct vswitch *sw, const char *name,
				   struct err *err);
/** switch_add_segment_on() - likewise
 * @worker: 1..config.n_workers; 0: the one with the least to do */
struct segment *switch_add_segment_on(struct vswitch *sw, const char *name,
				      unsigned worker, struct err *err);
/** switch_remove_segment() - closes its ports */
void switch_remove_segment(struct vswitch *sw, struct segment *segment);
/* NULL when there is none. */
struct segment *switch_find_segment(const struct vswitch *sw, const char *name);
struct segment *switch_segment(const struct vswitch *sw, uint32_t id);
/** switch_need_segment() - like find; a missing one is an error that names the
 * one that was probably meant */
struct segment *switch_need_segment(const struct vswitch *sw, const char *name,
				    struct err *err);

/**
 * switch_add_port() - attach what @params describe
 * @name:   NULL for the kind's name and a number
 * @mtu:    PORT_MTU_MIN..PORT_MTU_DEFAULT
 * @params: borrowed; checked here against the kind's
 * @fd:     taken, also on failure; or -1
 *
 * Return: borrowed; NULL with @err set.
 */
struct port *switch_add_port(struct segment *segment,
			     const struct port_kind *kind, const char *name,
			     uint32_t mtu, const json_t *params, int fd,
			     struct err *err);
/** switch_attach_port() - @port, whose .priv is set, is on its segment from now
 * on; for those who make ports */
void switch_attach_port(struct port *port);
/** switch_name_port() - @port, not attached yet, gets a number behind its name
 * when that is somebody else's */
void switch_name_port(struct port *port);
/** switch_remove_port() - between turns only */
void switch_remove_port(struct port *port, const char *reason);
struct port *switch_find_port(const struct vswitch *sw, const char *name);
struct port *switch_port(const struct vswitch *sw, port_id_t id);
struct port *switch_need_port(const struct vswitch *sw, const char *name,
			      struct err *err);
/** switch_add_kind() - @kind: borrowed until removed; of a new name */
void switch_add_kind(struct vswitch *sw, const struct port_kind *kind);
/** switch_remove_kind() - there is no port of it */
void switch_remove_kind(struct vswitch *sw, const struct port_kind *kind);
const struct port_kind *switch_find_kind(const struct vswitch *sw,
					 const char *name);

#endif /* SWITCH_SWITCH_H */
