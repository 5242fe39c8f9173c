/*
 * segment: one isolated broadcast domain: its ports, its forwarding table,
 * its directory of sockets and its books.
 */
#ifndef SWITCH_SEGMENT_H
#define SWITCH_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "switch/access.h"
#include "switch/counters.h"
#include "switch/fdb.h"
#include "switch/port.h"
#include "switch/vid.h"

struct err;
struct lane;
struct listener;
struct stp;
struct vswitch;

enum { SEGMENT_NAME_SIZE = 64 }; /* [a-z][a-z0-9-]*, and a NUL */

enum segment_mode {
	SEGMENT_BRIDGE, /* learns; tags and all groups cross untouched */
	SEGMENT_HUB,	/* every frame goes to everybody else */
	SEGMENT_8021Q,	/* VLAN rules by port; reserved groups stay local */
	N_SEGMENT_MODES
};

/**
 * segment_bpdu_fn - a frame for 01:80:c2:00:00:00 has come in by @in
 * @frame: borrowed; of any content
 *
 * Runs within a turn.  May change the ports' stp_state, flush the table and
 * call forward_originate(); must not remove ports.
 */
typedef void segment_bpdu_fn(struct port *in, const struct frame *frame,
			     uint64_t now_ns, void *arg);

/* Somebody who numbers the ports of a segment that can be shared by number;
 * without one they have the numbers that clients ask for. */
struct port_numbering {
	/* As port_site_number(); the port that follows, if any, is added
	 * before anybody else asks. */
	int (*assign)(void *arg, const struct port_peer *peer, int ctl_fd,
		      uint32_t wanted, uint32_t *number, struct err *err);
	void *arg;
};

/* The segment as a listener sees it. */
struct port_site {
	struct segment *segment;
};

struct segment {
	uint32_t id;
	char name[SEGMENT_NAME_SIZE];
	struct vswitch *sw;
	struct lane *lane; /* that it is on, as all that is on it */
	enum segment_mode mode;
	bool reserved_cross; /* 01:80:c2:00:00:0x, also in 8021q mode */
	uint16_t tpid;	     /* of the tags that the VLAN rules are about */
	struct vid_rules vid_rules; /* of ports without their own */
	segment_bpdu_fn *bpdu_fn;   /* or NULL: they are frames like others */
	void *bpdu_arg;
	struct stp *stp; /* switch/stp.h; NULL: never asked for */
	struct fdb *fdb;
	struct port_list ports;
	uint32_t n_ports;
	uint64_t made;		   /* frames of the switch itself */
	uint64_t copies;	   /* references made by flooding */
	uint64_t n_held;	   /* by plugins */
	struct port_counters gone; /* of ports that were here */
	uint64_t loop_told_ms;	   /* when a loop was last suspected aloud */
	bool loop_told;
	char *dir;	 /* or NULL */
	bool shared_dir; /* a socket in it is not ours to remove */
	bool restored;	 /* for ports of an earlier process */
	struct segment_access access;
	uint64_t n_refused;			/* who might not attach */
	const struct port_numbering *numbering; /* borrowed, or NULL */
	bool essential; /* what runs the switch relies on it */
	struct port_site port_site;
	SLIST_HEAD(, listener) listeners;
	TAILQ_ENTRY(segment) link, in_lane;
};

/* The books: rx + made + copies == tx + drops + queued + held. */
struct segment_stats {
	uint64_t rx, made, copies, tx, queued, held;
	uint64_t drops[N_DROP_REASONS];
};

/** segment_name_is_valid() - [a-z][a-z0-9-]*, 1..63 characters */
bool segment_name_is_valid(const char *name);

/** segment_new() - without ports and sockets
 * @lane: borrowed; where it will be */
struct segment *segment_new(struct lane *lane, uint32_t id, const char *name);
/** segment_free() - its ports must be gone */
void segment_free(struct segment *segment);

/** segment_mode_name() - "8021q" */
const char *segment_mode_name(enum segment_mode mode);
/** segment_set_mode() - what was learned is forgotten; between turns only */
void segment_set_mode(struct segment *segment, enum segment_mode mode);
/** segment_set_tpid() - what was learned is forgotten; between turns only */
void segment_set_tpid(struct segment *segment, uint16_t tpid);
/** segment_set_pvid() - ports without rules of their own are in this VLAN,
 * untagged
 * @pvid: VID_NONE: in none */
void segment_set_pvid(struct segment *segment, uint16_t pvid);
/** port_vid_rules() - borrowed until they are changed */
static inline const struct vid_rules *
port_vid_rules(const struct port *port)
{
	return port->vid_rules != NULL ? port->vid_rules
				       : &port->segment->vid_rules;
}
/** segment_trap_bpdus() - from now on @fn gets them, and nobody else
 * @fn: NULL ends this; ports are left in the state they have */
void segment_trap_bpdus(struct segment *segment, segment_bpdu_fn *fn,
			void *arg);

/** segment_station_moved() - it was learned on @in, having been elsewhere;
 * one that does so all the time means a loop, of which observers are told
 * @result: FDB_MOVED or FDB_FLAPPING */
void segment_station_moved(struct port *in, const struct mac *mac, uint16_t vid,
			   enum fdb_result result, uint64_t now_ms);
/** segment_moves() - of stations, those at ports that are gone included */
uint64_t segment_moves(const struct segment *segment);

/** segment_listen() - make the directory @parent/NAME with its sockets
 * Return: 0; negative with @err set and nothing left behind. */
int segment_listen(struct segment *segment, const char *parent,
		   struct err *err);
/**
 * segment_listen_at() - the same in the directory @dir itself
 * @dir:    absolute; made if missing, else it must be ours and becomes as
 *          @access says
 * @access: copied; others than our own user, and root, may attach when its
 *          modes let them
 */
int segment_listen_at(struct segment *segment, const char *dir,
		      const struct segment_access *access, struct err *err);
/** segment_unlisten() - remove them; ports live on */
void segment_unlisten(struct segment *segment);

void segment_read_stats(const struct segment *segment,
			struct segment_stats *stats);
bool segment_stats_balance(const struct segment_stats *stats);

#endif /* SWITCH_SEGMENT_H */
