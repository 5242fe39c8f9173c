/*
 * counters: what is counted, and under which name.
 *
 * The books of a segment balance at any moment between two loop turns:
 *     rx + made + copies == tx + drops + queued + held
 * rx: frames ports handed in, good or bad; made: by the switch itself, such as
 * BPDUs; copies: additional references made by flooding, and of a long frame
 * that is cut into segments all but the first; tx: frames a peer's socket accepted; drops: by reason; queued:
 * in output queues; held: stolen by plugins.  Counters of ports that are gone
 * stay in their segment's sums.
 */
#ifndef SWITCH_COUNTERS_H
#define SWITCH_COUNTERS_H

#include <stdint.h>

/* Why a frame, or one copy of it, went nowhere. */
enum drop_reason {
	DROP_RUNT,	     /* shorter than an Ethernet header, or its tag */
	DROP_OVERSIZE,	     /* longer than the port's MTU allows */
	DROP_NO_BUFFER,	     /* the frame pool was exhausted */
	DROP_FILTERED,	     /* its destination is where it came from */
	DROP_NO_DESTINATION, /* nobody else is on the segment */
	DROP_QUEUE_FULL,     /* the port's output queue: a slow reader */
	DROP_SEND_ERROR,     /* the peer's socket refused it */
	DROP_PORT_GONE,	     /* its port went away while it waited */
	DROP_PLUGIN,	     /* a plugin said so; see that plugin's counters */
	DROP_LINK_LOCAL,     /* an address that bridges keep to themselves */
	DROP_STP,	     /* the port is not forwarding: spanning tree */
	DROP_VLAN,	     /* not what the port's VLAN rules let through */
	DROP_BAD_OFFLOAD,    /* what is said to be left to do does not fit it */
	N_DROP_REASONS
};

/** drop_reason_name() - "queue-full" */
const char *drop_reason_name(enum drop_reason reason);

/* Why a frame was to leave by more than one port. */
enum flood_kind {
	FLOOD_NOT,
	FLOOD_BROADCAST,
	FLOOD_MULTICAST,
	FLOOD_UNKNOWN, /* to a station of which nothing is known */
	N_FLOOD_KINDS
};

/** flood_kind_name() - "unknown-unicast" */
const char *flood_kind_name(enum flood_kind kind);

struct port_counters {
	uint64_t rx_frames, rx_bytes; /* handed in, dropped ones included */
	/* accepted by the peer's socket; bytes: including those that the kind
	 * still has of a frame that went out in part */
	uint64_t tx_frames, tx_bytes;
	uint64_t moves; /* of stations, from other ports to here */
	/* of rx_frames: to all, to a group, to nobody knows where; dropped
	 * ones included as far as it was found out */
	uint64_t rx_kinds[N_FLOOD_KINDS];
	uint64_t rx_drops[N_DROP_REASONS]; /* of frames that came in here */
	uint64_t tx_drops[N_DROP_REASONS]; /* of copies meant for this port */
};

/** counters_add() - @sum += @c, member by member */
void counters_add(struct port_counters *sum, const struct port_counters *c);

#endif /* SWITCH_COUNTERS_H */
