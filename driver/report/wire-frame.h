/*
 * wire-frame: what a frame says, as numbers to reckon with: who asks whom for
 * what, and who answers.  Pure; safe on any octets.
 */
#ifndef DRIVER_REPORT_WIRE_FRAME_H
#define DRIVER_REPORT_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/mac.h"

struct packet;

/* Of IPv4 in the first 4 octets; the rest is 0.  Comparable by memcmp(). */
struct wire_address {
	uint8_t size; /* 4, 16; 0: none */
	uint8_t octets[16];
};

enum wire_kind {
	WIRE_OTHER,
	WIRE_TCP,
	WIRE_UDP,
	WIRE_ECHO_REQUEST,
	WIRE_ECHO_REPLY,
	WIRE_UNREACHABLE,
	WIRE_TOO_BIG,
	WIRE_TIME_EXCEEDED,
	WIRE_WHO_HAS, /* ARP, or a neighbour solicitation */
	WIRE_IS_AT,   /* ARP, or a neighbour advertisement */
	WIRE_DNS_QUERY,
	WIRE_DNS_ANSWER,
	WIRE_DHCP,
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_ACK = 0x10,
};

enum { WIRE_NAME_SIZE = 80 }; /* of a DNS name; longer ones are cut */

/* Of an IP datagram: its own addresses, or those of what an ICMP error quotes.
 */
struct wire_flow {
	struct wire_address src, dst;
	uint8_t protocol; /* 1, 6, 17, 58, ... */
	uint16_t src_port, dst_port;
};

struct wire_frame {
	enum wire_kind kind;
	struct mac src, dst;
	struct wire_flow flow;
	/* WIRE_TCP */
	uint8_t tcp_flags;
	uint32_t seq, ack;
	uint32_t payload;
	/* Echo requests and replies, DNS, DHCP: id (xid), seq. */
	uint32_t id;
	uint16_t seq16;
	/* WIRE_DHCP: the message; WIRE_DNS_ANSWER: the response code; errors of
	 * ICMP: the code */
	uint8_t code;
	uint32_t mtu; /* WIRE_TOO_BIG; 0: not told */
	struct wire_address
	    target;		   /* WIRE_WHO_HAS, WIRE_IS_AT: whose address */
	struct wire_address asker; /* the same: who asks, who answers */
	struct mac claimed;	   /* WIRE_IS_AT: where it is */
	struct mac client;	   /* WIRE_DHCP */
	char name[WIRE_NAME_SIZE]; /* WIRE_DNS_...: what is asked for */
	struct wire_flow quoted;   /* errors of ICMP: what they are about */
	bool bad_sum;
	const char *protocol; /* "TCP"; a constant */
};

/** wire_frame_read() - @whole: nothing of the frame is cut off */
void wire_frame_read(const struct packet *packet, bool whole,
		     struct wire_frame *frame);

static inline bool
wire_address_eq(const struct wire_address *a, const struct wire_address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif /* DRIVER_REPORT_WIRE_FRAME_H */
