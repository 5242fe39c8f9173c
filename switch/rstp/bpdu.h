/*
 * bpdu: bridge protocol data units of IEEE 802.1D-2004, clause 9, and the
 * Ethernet frames that carry them, from and to octets.  Pure.
 */
#ifndef SWITCH_RSTP_BPDU_H
#define SWITCH_RSTP_BPDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mac.h"

enum {
	BPDU_HEADER_LEN = 17, /* addresses, length, LLC 42 42 03 */
	BPDU_TCN_LEN = 4,
	BPDU_CONFIG_LEN = 35,
	BPDU_RST_LEN = 36,
	BPDU_FRAME_LEN = 60,  /* of every frame we make: the least there is */
	BPDU_TIME_UNIT = 256, /* times are in 1/256 s (9.2.8) */
};

/* 9.3: octet 4 */
enum bpdu_type {
	BPDU_CONFIG = 0x00,
	BPDU_RST = 0x02,
	BPDU_TCN = 0x80,
};

/* 9.3.3: octet 5.  Configuration BPDUs have the first and the last only. */
enum bpdu_flag {
	BPDU_TOPOLOGY_CHANGE = 0x01,
	BPDU_PROPOSAL = 0x02,
	BPDU_LEARNING = 0x10,
	BPDU_FORWARDING = 0x20,
	BPDU_AGREEMENT = 0x40,
	BPDU_TOPOLOGY_CHANGE_ACK = 0x80,
};

/* 9.2.9: the role of the port that sent it, bits 3 and 4 of the flags */
enum bpdu_role {
	BPDU_ROLE_UNKNOWN,
	BPDU_ROLE_ALTERNATE, /* or backup */
	BPDU_ROLE_ROOT,
	BPDU_ROLE_DESIGNATED,
};

enum { BPDU_ROLE_SHIFT = 2, BPDU_ROLE_MASK = 0x0c };

/* A bridge identifier (9.2.5) is a number: priority and system id extension
 * in the upper 16 bits, address below.  The lower number is the better. */
struct bpdu {
	enum bpdu_type type;
	uint8_t version; /* 0 = STP, 2 = RSTP, 3 = MSTP */
	/* of a TCN, everything from here on is zero */
	uint8_t flags;
	uint64_t root;
	uint32_t root_path_cost;
	uint64_t bridge;
	uint16_t port; /* priority in the upper four bits */
	/* in 1/256 s */
	uint16_t message_age, max_age, hello_time, forward_delay;
};

/* The address BPDUs are sent to: 01:80:c2:00:00:00 (7.12.3). */
extern const struct mac bpdu_group_address;

static inline enum bpdu_role
bpdu_role(const struct bpdu *bpdu)
{
	return (enum bpdu_role)((bpdu->flags & BPDU_ROLE_MASK) >>
				BPDU_ROLE_SHIFT);
}

/** bpdu_bridge_id() - @priority: with the system id extension, if any */
uint64_t bpdu_bridge_id(uint16_t priority, const struct mac *address);

/** bpdu_is_frame() - is this Ethernet frame sent to the bridges' address?
 * Says nothing about what it holds. */
bool bpdu_is_frame(const uint8_t *frame, size_t len);

/**
 * bpdu_parse() - a BPDU from its octets, as 9.3.4 wants them checked, but for
 * the two rules that need to know more than the octets
 *
 * A BPDU may be longer than its type says; the rest is ignored.  A version
 * above 2 is read as 2.
 *
 * Return: 0; -EPROTO with @bpdu undefined.
 */
int bpdu_parse(const uint8_t *data, size_t len, struct bpdu *bpdu);

/** bpdu_parse_frame() - the same from a whole Ethernet frame: untagged, to the
 * bridges' address, with an LLC header
 *
 * Return: 0; -EPROTO.
 */
int bpdu_parse_frame(const uint8_t *frame, size_t len, struct bpdu *bpdu);

/** bpdu_make() - the octets of @bpdu
 * Return: their number */
size_t bpdu_make(const struct bpdu *bpdu, uint8_t out[static BPDU_RST_LEN]);

/** bpdu_make_frame() - in an Ethernet frame from @src, padded with zeros */
void bpdu_make_frame(const struct bpdu *bpdu, const struct mac *src,
		     uint8_t out[static BPDU_FRAME_LEN]);

#endif /* SWITCH_RSTP_BPDU_H */
