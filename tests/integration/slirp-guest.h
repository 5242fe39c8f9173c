/*
 * slirp-guest: plays QEMU and its guest, or a switch, on a socket: ARP, and TCP by
 * hand, as much as a test needs.  A check of the library fails when something
 * does not come in time.
 */
#ifndef TESTS_SLIRP_GUEST_H
#define TESTS_SLIRP_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GUEST_WAIT_MS = 20000,
	ADDR_GUEST = 0x0a00020f, /* 10.0.2.15 */
	ADDR_HOST = 0x0a000202,
	ADDR_NAMESERVER = 0x0a000203,
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

enum { FRAME_SIZE = 65550, PAYLOAD_SIZE = 1460 };

struct guest {
	int fd;
	bool datagrams; /* else QEMU's stream */
	bool deaf;	/* does not answer ARP requests for its address */
	uint8_t frame[FRAME_SIZE];
	size_t len; /* of the frame that came last */
};

/* All in host byte order. */
struct segment {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	uint8_t payload[PAYLOAD_SIZE];
	size_t len; /* of the payload */
};

/** guest_send() - a frame, of which nothing is checked */
void guest_send(struct guest *guest, const void *frame, size_t len);
/** guest_send_raw() - bytes of the stream */
void guest_send_raw(struct guest *guest, const void *data, size_t len);
/**
 * guest_receive() - the next frame, into guest->frame
 * Return: false when the stream has ended.
 */
bool guest_receive(struct guest *guest);

/** guest_ask_arp() - "who has @addr?" */
void guest_ask_arp(struct guest *guest, uint32_t addr);
/** guest_is_arp() - does the last frame say, with operation @op, who has
 * (1) or has (2) @addr? */
bool guest_is_arp(const struct guest *guest, uint16_t op, uint32_t addr);
/** guest_answer_arp() - answer the last frame if it asks for our address */
void guest_answer_arp(struct guest *guest);
/** guest_sync() - an ARP request and its answer; what was sent before has been
 * dealt with then.  Return: how many segments came meanwhile. */
unsigned guest_sync(struct guest *guest);

/** guest_send_udp() - a datagram in one frame */
void guest_send_udp(struct guest *guest, uint32_t src, uint16_t sport,
		    uint32_t dst, uint16_t dport, const void *data, size_t len);
/** guest_await_udp() - the next datagram from @src and @sport, answering ARP
 * meanwhile; Return: how many of its octets are in @data */
size_t guest_await_udp(struct guest *guest, uint32_t src, uint16_t sport,
		       void *data, size_t size);
void guest_send_tcp(struct guest *guest, const struct segment *segment);
/** guest_parse_tcp() - is the last frame a segment to us? Its checksums must
 * be right. */
bool guest_parse_tcp(const struct guest *guest, struct segment *segment);
/** guest_await_tcp() - the next segment, answering ARP meanwhile */
void guest_await_tcp(struct guest *guest, struct segment *segment);

/* One connection of a guest's TCP, which loses and reorders nothing. */
struct peer {
	uint32_t addr, seq, ack;
	uint16_t port, guest_port;
};

/** guest_accept() - await a SYN to @guest_port and shake hands */
void guest_accept(struct guest *guest, uint16_t guest_port, struct peer *peer);
/** guest_connect() - send a SYN; Return: was it answered with SYN, not RST? */
bool guest_connect(struct guest *guest, uint16_t guest_port, uint32_t addr,
		   uint16_t port, struct peer *peer);
/** guest_write() - send @len bytes; awaits their acknowledgement */
void guest_write(struct guest *guest, struct peer *peer, const void *data,
		 size_t len);
/** guest_read() - await exactly @len bytes, acknowledging them */
void guest_read(struct guest *guest, struct peer *peer, void *data, size_t len);
/** guest_acknowledge() - what .ack says */
void guest_acknowledge(struct guest *guest, struct peer *peer);
/** guest_await_fin() - await the end of the other side, acknowledging it */
void guest_await_fin(struct guest *guest, struct peer *peer);
/** guest_close() - send FIN or, for @abort, RST */
void guest_close(struct guest *guest, struct peer *peer, bool abort);

#endif /* TESTS_SLIRP_GUEST_H */
