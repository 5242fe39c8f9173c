/*
 * decide: what becomes of a frame that came in by a port, and whether it may
 * leave by another.
 *
 * The one place where this is decided: forward acts on it, a trace tells it.
 */
#ifndef SWITCH_DECIDE_H
#define SWITCH_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "switch/counters.h"
#include "switch/fdb.h"
#include "switch/frame.h"
#include "switch/vid.h"

struct port;
struct segment;

/* What a segment does with the addresses 01:80:c2:00:00:00 to :0f, which no
 * bridge of IEEE 802.1Q forwards. */
enum reserved_fate {
	RESERVED_NOT,	  /* it is none of them */
	RESERVED_CROSSES, /* like any other group address */
	RESERVED_TRAPPED, /* to the segment's handler of BPDUs, and no further */
	RESERVED_STAYS,	  /* it ends here */
};

/* May the table change, or is somebody only asking? */
enum decide_mode { DECIDE_AND_LEARN, DECIDE_ONLY };

struct decision {
	port_id_t to;	       /* PORT_FLOOD; PORT_NONE: nowhere */
	enum drop_reason drop; /* why, when .to is PORT_NONE */
	enum reserved_fate reserved;
	enum flood_kind kind;	/* FLOOD_NOT for a known destination */
	enum fdb_result source; /* what the table made of it, when .learns */
	bool learns;		/* the source got as far as the table */
	enum vid_verdict vlan;	/* VID_OK also where there are no rules */
	enum vid_tagging tagging;
	uint16_t vid; /* under which it is learned and looked up */
};

/* May frames of a VLAN leave by a port, and how? */
enum egress_fate {
	EGRESS_AS_IT_IS, /* there are no VLAN rules */
	EGRESS_UNTAGGED,
	EGRESS_TAGGED,
	EGRESS_NOT_MEMBER,
	EGRESS_STP, /* the port is not forwarding */
};

/** decide_reserved() - by destination address alone
 * @dst: MAC_LEN octets */
enum reserved_fate decide_reserved(const struct segment *segment,
				   const uint8_t *dst);

/**
 * decide_ingress() - where to with a frame that came in by @in
 * @octets: FRAME_LEN_PADDED of them can be read, also of a shorter frame
 * @len:    of the frame, at least FRAME_LEN_MIN
 *
 * Frames whose first DECIDE_KEY_LEN octets are the same share the answer if
 * none is shorter than DECIDE_LEN_MIN, and as long as nothing else changes.
 */
void decide_ingress(struct port *in, const uint8_t *octets, uint32_t len,
		    uint64_t now_ms, enum decide_mode mode, struct decision *d);
enum { DECIDE_KEY_LEN = 16, DECIDE_LEN_MIN = TAGGED_LEN_MIN };

/** decide_egress() - @vid: of a frame that comes from another port */
enum egress_fate decide_egress(const struct port *out, uint16_t vid);

#endif /* SWITCH_DECIDE_H */
