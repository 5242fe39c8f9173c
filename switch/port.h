/*
 * port: one attachment to a segment, as the switch sees it.  What lies beyond
 * it is its kind's business (ports/port-provider.h).
 */
#ifndef SWITCH_PORT_H
#define SWITCH_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "switch/backpressure.h"
#include "switch/counters.h"
#include "switch/fdb.h"
#include "switch/frame.h"
#include "switch/pipeline.h"
#include "switch/port-queue.h"
#include "switch/ports/port-provider.h"

struct lane;
struct segment;
struct stp_port;
struct vid_rules;
struct vswitch;

enum {
	PORT_NAME_SIZE = 64, /* [a-z0-9][a-z0-9._-]*, and a NUL */
	PORT_MTU_MIN = 68,
	PORT_MTU_DEFAULT = 65536, /* any frame there is */
	PORT_REASON_SIZE = 160,
	PORT_DESCRIPTION_SIZE = 128,
};

/* Of the spanning tree (IEEE 802.1D-2004, 7.4); without one every port
 * forwards. */
enum stp_state {
	STP_FORWARDING,
	STP_LEARNING,	/* frames end here, but addresses are learned */
	STP_DISCARDING, /* frames end here */
	N_STP_STATES
};

/* What every frame needs comes first, and lies together: with a thousand busy
 * ports it is no longer in the cache when the next frame comes. */
struct port {
	port_id_t id;
	enum stp_state stp_state;
	struct port *next_by_id;
	struct lane *lane;
	struct segment *segment;
	const struct port_kind *kind;
	void *priv;		     /* the kind's; NULL until it is attached */
	struct vid_rules *vid_rules; /* owned; NULL: those of the segment */
	struct port_queue queue;
	fdb_hint_t source_hint, destination_hint;
	uint32_t mtu;
	uint8_t takes;	 /* enum frame_takes: what needs no finishing */
	bool blocked;	 /* .transmit waits for its write event */
	bool flushing;	 /* .transmit is running */
	bool touched;	 /* on the lane's list of ports to flush */
	bool gone;	 /* waits for the reaper */
	bool no_carrier; /* port_set_carrier() */
	bool restored;	 /* goes on from an earlier process */
	bool declared;	 /* is what switch/declared knew of before */
	bool limbo;	 /* not attached: has not sent a frame yet */
	TAILQ_ENTRY(port) in_touched;
	struct backpressure_port pressure;
	struct hook_site site;
	struct port_counters counters;

	struct vswitch *sw;
	char name[PORT_NAME_SIZE];
	char description[PORT_DESCRIPTION_SIZE]; /* by port.set; UTF-8 */
	struct stp_port *stp; /* switch/stp.h; NULL: nothing set there */
	struct port_peer peer;
	char gone_reason[PORT_REASON_SIZE];
	TAILQ_ENTRY(port) in_segment;
	STAILQ_ENTRY(port) in_group; /* while a flood sorts ports */
	bool finishes; /* likewise: does not take the frames as they are */
	TAILQ_ENTRY(port) in_gone;
};
TAILQ_HEAD(port_list, port);

/** port_name_is_valid() - [a-z0-9][a-z0-9._-]*, 1..63 characters */
bool port_name_is_valid(const char *name);

/** stp_state_name() - "forwarding" */
const char *stp_state_name(enum stp_state state);

/** port_new() - not attached to a peer, not in its segment's list yet */
struct port *port_new(struct vswitch *sw, struct segment *segment, port_id_t id,
		      const struct port_kind *kind, const char *name,
		      uint32_t mtu);
/** port_free() - what waits in its queue must have been dropped */
void port_free(struct port *port);

/** port_own_vid_rules() - its own rules from now on, to be changed; before
 * the first call they are what the segment's were */
struct vid_rules *port_own_vid_rules(struct port *port);
/** port_reset_vid_rules() - back to those of the segment */
void port_reset_vid_rules(struct port *port);

/** port_admits() - is a frame of this length let in?
 * @octets: @len of them can be read
 * Return: false with *@why set. */
bool port_admits(const struct port *port, const uint8_t *octets, uint32_t len,
		 enum drop_reason *why);
/** port_set_mtu() - tells its kind and observers
 * @mtu: PORT_MTU_MIN..PORT_MTU_DEFAULT */
void port_set_mtu(struct port *port, uint32_t mtu);

/** port_input_later() - like port_input(), when the turn has ended: for who may
 * be in the middle of one */
void port_input_later(struct port *port, struct frame *frame);
/** port_output() - frames that are to leave by @port; references taken */
void port_output(struct port *port, struct frame *const *frames, uint32_t n);
/** port_flush() - give the queue to the kind, unless it waits already */
void port_flush(struct port *port);
/** port_drop_queue() - what waits is dropped: the port is going away */
void port_drop_queue(struct port *port);

/** port_queued() - frames that wait, those the kind has in part included */
uint64_t port_queued(const struct port *port);
/** port_read_counters() - as they are to be shown: frames of which the kind
 * has kept a part are not sent yet */
struct port_counters port_read_counters(const struct port *port);

#endif /* SWITCH_PORT_H */
