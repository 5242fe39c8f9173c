/* peer-tcp: segments of TCP that a station leaves to others to cut and to
 * checksum, and what comes of them.  All octets follow from their place in the
 * stream. */
#include "tests/integration/peer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_net.h>

enum {
	MAC_LEN = 6,
	TCP_LEN = 32, /* with the option of timestamps, as Linux has it */
	TCP_CHECKSUM_AT = 16,
	CUT_LEN = 1514, /* of what segments are cut into, without a tag */
	IP_FIRST_ID = 77,
};

/* How a frame begins. */
struct family {
	bool six, tagged;
	size_t ip_at, tcp_at, payload_at;
};

static bool
parse_family(const char *text, struct family *f)
{
	*f = (struct family){ .six = text[0] == '6', .tagged = text[1] == 't' };
	f->ip_at = f->tagged ? 18 : 14;
	f->tcp_at = f->ip_at + (f->six ? 40 : 20);
	f->payload_at = f->tcp_at + TCP_LEN;
	return (text[0] == '4' || text[0] == '6') &&
	       text[f->tagged ? 2 : 1] == '\0';
}

static bool
parse_mac(const char *text, uint8_t *mac)
{
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", mac, mac + 1,
		      mac + 2, mac + 3, mac + 4, mac + 5) == MAC_LEN;
}

/* Octets of the stream in what a segment is cut into. */
static size_t
segment_len(const struct family *f)
{
	return CUT_LEN + (f->tagged ? 4 : 0) - f->payload_at;
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t
sum(const uint8_t *at, size_t len, uint32_t s)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += get16(at + i);
	if (len % 2 != 0)
		s += (uint32_t)at[len - 1] << 8;
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Of @len octets of TCP; RFC 9293, 3.1, and RFC 8200, 8.1. */
static uint32_t
pseudo_sum(const struct family *f, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + f->ip_at;

	return sum(ip + (f->six ? 8 : 12), f->six ? 32 : 8, 6 + (uint32_t)len);
}

static uint8_t
octet(uint32_t place)
{
	return (uint8_t)(place * 167 + (place >> 8));
}

/* A frame with @len octets of the stream from @place on.  The checksum is that
 * of the pseudo header, as drivers leave it. */
static size_t
build(const struct family *f, uint8_t *frame, uint32_t place, size_t len)
{
	uint8_t *ip = frame + f->ip_at, *tcp = frame + f->tcp_at;

	memset(frame + 2 * MAC_LEN, 0, f->payload_at - 2 * MAC_LEN);
	if (f->tagged)
		put16(frame + 12, 0x8100); /* of priority, in no VLAN */
	put16(frame + f->ip_at - 2, f->six ? 0x86dd : 0x0800);
	if (f->six) {
		ip[0] = 0x60;
		put16(ip + 4, (uint32_t)(TCP_LEN + len));
		ip[6] = 6;
		ip[7] = 64;
		ip[8] = ip[24] = 0xfd;
		ip[23] = 1;
		ip[39] = 2;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (uint32_t)(20 + TCP_LEN + len));
		put16(ip + 4, IP_FIRST_ID);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = 6;
		memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
		put16(ip + 10, ~sum(ip, 20, 0));
	}
	put16(tcp, 1000);
	put16(tcp + 2, 2000);
	put16(tcp + 4, place >> 16);
	put16(tcp + 6, place);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = 0x18; /* PSH and ACK: the last of what is cut has PSH */
	put16(tcp + 14, 4096);
	memcpy(tcp + 20, "\x01\x01\x08\x0a", 4);
	put16(tcp + TCP_CHECKSUM_AT, pseudo_sum(f, frame, TCP_LEN + len));
	for (size_t i = 0; i < len; i++)
		frame[f->payload_at + i] = octet(place + (uint32_t)i);
	return f->payload_at + len;
}

/* 4|6|4t|6t MAC PEER COUNT LEN */
int
peer_do_segments(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
	size_t len = strtoul(argv[4], NULL, 10);
	struct family f;
	bool one;

	if (!parse_family(argv[0], &f) || !parse_mac(argv[1], frame + 6) ||
	    !parse_mac(argv[2], frame) || link->out == NULL || len == 0 ||
	    f.payload_at + len > PEER_FRAME_MAX)
		return 2;
	one = len <= segment_len(&f);
	for (unsigned i = 0; i < count; i++) {
		size_t n = build(&f, frame, i * (uint32_t)len, len);

		*link->out = (struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = one	    ? VIRTIO_NET_HDR_GSO_NONE
				    : f.six ? VIRTIO_NET_HDR_GSO_TCPV6
					    : VIRTIO_NET_HDR_GSO_TCPV4,
			.hdr_len = (uint16_t)f.payload_at,
			.gso_size = one ? 0 : (uint16_t)segment_len(&f),
			.csum_start = (uint16_t)f.tcp_at,
			.csum_offset = TCP_CHECKSUM_AT,
		};
		if (link->send(link, frame, n) < 0)
			return 1;
	}
	printf("sent\n");
	fflush(stdout);
	return peer_stay(link);
}

/* Return: octets of payload; -1 when anything is wrong with the headers. */
static ssize_t
check_headers(const struct family *f, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + f->ip_at;
	size_t ip_len;

	if (len < f->payload_at)
		return -1;
	ip_len = f->six ? 40 + get16(ip + 4) : get16(ip + 2);
	if (f->ip_at + ip_len > len || ip_len < f->payload_at - f->ip_at)
		return -1;
	if (!f->six && sum(ip, 20, 0) != 0xffff)
		return -1;
	return (ssize_t)(f->ip_at + ip_len - f->payload_at);
}

/* Is it checksummed, or is it said to be left to us? */
static bool
check_sum(const struct peer_link *link, const struct family *f,
	  const uint8_t *frame, size_t payload)
{
	const uint8_t *tcp = frame + f->tcp_at;
	size_t len = TCP_LEN + payload;
	uint32_t pseudo = pseudo_sum(f, frame, len);

	if (link->in != NULL &&
	    (link->in->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		return link->in->csum_start == f->tcp_at &&
		       link->in->csum_offset == TCP_CHECKSUM_AT &&
		       get16(tcp + TCP_CHECKSUM_AT) == pseudo;
	return sum(tcp, len, pseudo) == 0xffff;
}

static bool
is_whole(const struct peer_link *link)
{
	return link->in != NULL &&
	       link->in->gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

/* Return: octets of payload, which begin at @place of the stream; -1: no. */
static ssize_t
check_segment(const struct peer_link *link, const struct family *f,
	      const uint8_t *frame, size_t len, uint32_t place, bool whole)
{
	const uint8_t *tcp = frame + f->tcp_at;
	ssize_t n = check_headers(f, frame, len);
	const char *wrong = NULL;

	if (n < 0)
		wrong = "headers";
	else if ((get16(tcp + 4) << 16 | get16(tcp + 6)) != place)
		wrong = "sequence number";
	else if (!check_sum(link, f, frame, (size_t)n))
		wrong = "checksum";
	else if (whole != is_whole(link))
		wrong = "size: whole or cut";
	else if (!whole && (size_t)n > segment_len(f))
		wrong = "size";
	for (ssize_t i = 0; i < n && wrong == NULL; i++)
		if (frame[f->payload_at + (size_t)i] !=
		    octet(place + (uint32_t)i))
			wrong = "payload";
	if (wrong == NULL)
		return n;
	fprintf(stderr, "collect: %zu octets, from %u of the stream on: %s\n",
		len, (unsigned)place, wrong);
	return -1;
}

/* SECONDS 4|6|4t|6t MAC OCTETS whole|cut */
int
peer_do_collect(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	int64_t deadline_ms = peer_now_ms() + atol(argv[0]) * 1000;
	uint32_t total = (uint32_t)strtoul(argv[3], NULL, 10), place = 0;
	bool whole = strcmp(argv[4], "whole") == 0;
	uint8_t mac[MAC_LEN];
	struct family f;

	if (!parse_family(argv[1], &f) || !parse_mac(argv[2], mac) ||
	    (!whole && strcmp(argv[4], "cut") != 0))
		return 2;
	while (place < total) {
		ssize_t len = peer_next_frame(link, frame, deadline_ms), n;

		if (len <= 0) {
			fprintf(stderr, "collect: %u of %u octets; %s\n",
				(unsigned)place, (unsigned)total,
				len < 0 ? "the switch is gone" : "no more");
			return 1;
		}
		if (memcmp(frame, mac, MAC_LEN) != 0)
			continue;
		n = check_segment(link, &f, frame, (size_t)len, place, whole);
		if (n < 0)
			return 1;
		place += (uint32_t)n;
	}
	return place == total ? 0 : 1;
}
