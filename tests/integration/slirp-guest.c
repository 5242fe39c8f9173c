#include "tests/integration/slirp-guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "lib/cursor.h"

enum {
	ETH_LEN = 14,
	ARP_LEN = 28,
	IP_LEN = 20,
	TCP_LEN = 20,
	UDP_LEN = 8,
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	WINDOW = 65535,
};

static const uint8_t guest_mac[6] = { 0x52, 0x54, 0, 0x12, 0, 1 };

/* ---- the stream ---- */

static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	ck_assert_msg(poll(&p, 1, GUEST_WAIT_MS) > 0,
		      "nothing came for %d ms, or nothing could go",
		      GUEST_WAIT_MS);
}

void
guest_send_raw(struct guest *guest, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n;

		wait_for(guest->fd, POLLOUT);
		n = send(guest->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		ck_assert_msg(n > 0, "send: %s", strerror(errno));
		at += n;
		len -= (size_t)n;
	}
}

void
guest_send(struct guest *guest, const void *frame, size_t len)
{
	const uint32_t header = htonl((uint32_t)len);

	if (guest->datagrams) {
		wait_for(guest->fd, POLLOUT);
		ck_assert_int_eq(send(guest->fd, frame, len, MSG_NOSIGNAL),
				 (int)len);
		return;
	}
	guest_send_raw(guest, &header, sizeof(header));
	guest_send_raw(guest, frame, len);
}

/* Return: how many of @len bytes came before the end. */
static size_t
receive_raw(struct guest *guest, uint8_t *data, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n;

		wait_for(guest->fd, POLLIN);
		n = recv(guest->fd, data + got, len - got, 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			break;
		ck_assert_msg(n > 0, "recv: %s", strerror(errno));
		got += (size_t)n;
	}
	return got;
}

static bool
receive_datagram(struct guest *guest)
{
	ssize_t n;

	wait_for(guest->fd, POLLIN);
	n = recv(guest->fd, guest->frame, sizeof(guest->frame), 0);
	if (n == 0)
		return false;
	ck_assert_int_ge(n, 60);
	guest->len = (size_t)n;
	return true;
}

static bool
receive_from_stream(struct guest *guest)
{
	uint8_t header[4];
	struct cursor c = cursor_over(header, sizeof(header));
	size_t n = receive_raw(guest, header, sizeof(header));

	if (n == 0)
		return false;
	ck_assert_uint_eq(n, sizeof(header));
	guest->len = cursor_be32(&c);
	ck_assert_uint_ge(guest->len, 60);
	ck_assert_uint_le(guest->len, FRAME_SIZE);
	ck_assert_uint_eq(receive_raw(guest, guest->frame, guest->len),
			  guest->len);
	return true;
}

bool
guest_receive(struct guest *guest)
{
	return guest->datagrams ? receive_datagram(guest)
				: receive_from_stream(guest);
}

/* ---- building ---- */

static uint8_t *
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *
put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static uint8_t *
put_bytes(uint8_t *at, const void *data, size_t len)
{
	if (len > 0)
		memcpy(at, data, len);
	return at + len;
}

static uint8_t *
put_ethernet(uint8_t *at, uint16_t type)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };

	at = put_bytes(at, everybody, sizeof(everybody));
	at = put_bytes(at, guest_mac, sizeof(guest_mac));
	return put16(at, type);
}

/* The one's complement sum of RFC 1071, going on from @sum. */
static uint32_t
add_up(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of a segment or datagram with its pseudo header. */
static uint16_t
checksum(const uint8_t *ip, uint8_t proto, const uint8_t *data, size_t len)
{
	enum { ADDRS_AT = 12, ADDRS_LEN = 8 };
	uint32_t sum = add_up(proto + (uint32_t)len, ip + ADDRS_AT, ADDRS_LEN);

	return fold(add_up(sum, data, len));
}

static uint8_t *
put_ip(uint8_t *at, uint8_t proto, uint32_t src, uint32_t dst, size_t len)
{
	enum { SUM_AT = 10, TTL = 64 };
	uint8_t *start = at;

	at = put16(at, 0x4500);
	at = put16(at, (uint16_t)(IP_LEN + len));
	at = put32(at, 0); /* id, fragment */
	*at++ = TTL;
	*at++ = proto;
	at = put16(at, 0);
	at = put32(at, src);
	at = put32(at, dst);
	put16(start + SUM_AT, fold(add_up(0, start, IP_LEN)));
	return at;
}

/* ---- ARP ---- */

static void
send_arp(struct guest *guest, uint16_t op, const uint8_t *mac, uint32_t addr)
{
	uint8_t frame[ETH_LEN + ARP_LEN];
	uint8_t *at = put_ethernet(frame, TYPE_ARP);

	at = put16(at, 1);
	at = put16(at, TYPE_IPV4);
	at = put16(at, 0x0604);
	at = put16(at, op);
	at = put_bytes(at, guest_mac, sizeof(guest_mac));
	at = put32(at, ADDR_GUEST);
	at = put_bytes(at, mac, 6);
	put32(at, addr);
	guest_send(guest, frame, sizeof(frame));
}

void
guest_ask_arp(struct guest *guest, uint32_t addr)
{
	static const uint8_t unknown[6];

	send_arp(guest, 1, unknown, addr);
}

bool
guest_is_arp(const struct guest *guest, uint16_t op, uint32_t addr)
{
	struct cursor c = cursor_over(guest->frame, guest->len);
	uint16_t type, got_op;
	uint32_t sender, target;

	cursor_skip(&c, 12);
	type = cursor_be16(&c);
	cursor_skip(&c, 6);
	got_op = cursor_be16(&c);
	cursor_skip(&c, 6);
	sender = cursor_be32(&c);
	cursor_skip(&c, 6);
	target = cursor_be32(&c);
	return cursor_ok(&c) && type == TYPE_ARP && got_op == op &&
	       (op == 1 ? target : sender) == addr;
}

void
guest_answer_arp(struct guest *guest)
{
	enum { SENDER_AT = ETH_LEN + 8 };

	if (!guest->deaf && guest_is_arp(guest, 1, ADDR_GUEST))
		send_arp(guest, 2, guest->frame + SENDER_AT, ADDR_HOST);
}

unsigned
guest_sync(struct guest *guest)
{
	struct segment segment;
	unsigned n = 0;

	guest_ask_arp(guest, ADDR_HOST);
	for (;;) {
		ck_assert(guest_receive(guest));
		if (guest_is_arp(guest, 2, ADDR_HOST))
			return n;
		guest_answer_arp(guest);
		n += guest_parse_tcp(guest, &segment);
	}
}

/* ---- UDP and TCP ---- */

void
guest_send_udp(struct guest *guest, uint32_t src, uint16_t sport, uint32_t dst,
	       uint16_t dport, const void *data, size_t len)
{
	uint8_t frame[ETH_LEN + IP_LEN + UDP_LEN + PAYLOAD_SIZE];
	uint8_t *ip = put_ethernet(frame, TYPE_IPV4);
	uint8_t *udp, *at;

	ck_assert_uint_le(len, PAYLOAD_SIZE);
	at = udp = put_ip(ip, PROTO_UDP, src, dst, UDP_LEN + len);
	at = put16(at, sport);
	at = put16(at, dport);
	at = put16(at, (uint16_t)(UDP_LEN + len));
	at = put16(at, 0);
	at = put_bytes(at, data, len);
	put16(udp + 6, checksum(ip, PROTO_UDP, udp, UDP_LEN + len));
	guest_send(guest, frame, (size_t)(at - frame));
}

void
guest_send_tcp(struct guest *guest, const struct segment *segment)
{
	uint8_t frame[ETH_LEN + IP_LEN + TCP_LEN + PAYLOAD_SIZE];
	uint8_t *ip = put_ethernet(frame, TYPE_IPV4);
	uint8_t *tcp, *at;

	at = tcp = put_ip(ip, PROTO_TCP, segment->src, segment->dst,
			  TCP_LEN + segment->len);
	at = put16(at, segment->sport);
	at = put16(at, segment->dport);
	at = put32(at, segment->seq);
	at = put32(at, segment->ack);
	*at++ = TCP_LEN / 4 << 4;
	*at++ = segment->flags;
	at = put16(at, WINDOW);
	at = put32(at, 0); /* checksum, urgent pointer */
	at = put_bytes(at, segment->payload, segment->len);
	put16(tcp + 16, checksum(ip, PROTO_TCP, tcp, TCP_LEN + segment->len));
	guest_send(guest, frame, (size_t)(at - frame));
}

/* Reads the headers of an IPv4 packet of @proto in the last frame, whose
 * checksums must be right.  Return: its payload, @len octets; NULL for any
 * other frame. */
static const uint8_t *
parse_ip(const struct guest *guest, uint8_t proto, uint32_t *src, uint32_t *dst,
	 size_t *len)
{
	const uint8_t *ip = guest->frame + ETH_LEN, *payload;
	struct cursor c = cursor_over(guest->frame, guest->len);

	cursor_skip(&c, 12);
	if (cursor_be16(&c) != TYPE_IPV4 || cursor_u8(&c) != 0x45)
		return NULL;
	cursor_skip(&c, 1); /* type of service */
	*len = (size_t)cursor_be16(&c) - IP_LEN;
	cursor_skip(&c, 5);
	if (cursor_u8(&c) != proto)
		return NULL;
	cursor_skip(&c, 2);
	*src = cursor_be32(&c);
	*dst = cursor_be32(&c);
	payload = cursor_bytes(&c, *len);
	ck_assert_ptr_nonnull(payload);
	ck_assert_uint_eq(fold(add_up(0, ip, IP_LEN)), 0);
	ck_assert_uint_eq(checksum(ip, proto, payload, *len), 0);
	return payload;
}

size_t
guest_await_udp(struct guest *guest, uint32_t src, uint16_t sport, void *data,
		size_t size)
{
	for (;;) {
		uint32_t got_src, dst;
		size_t len;
		const uint8_t *udp;

		ck_assert(guest_receive(guest));
		guest_answer_arp(guest);
		udp = parse_ip(guest, PROTO_UDP, &got_src, &dst, &len);
		if (udp == NULL || got_src != src ||
		    (udp[0] << 8 | udp[1]) != sport)
			continue;
		ck_assert_uint_ge(len, UDP_LEN);
		len -= UDP_LEN;
		len = len < size ? len : size;
		memcpy(data, udp + UDP_LEN, len);
		return len;
	}
}

bool
guest_parse_tcp(const struct guest *guest, struct segment *segment)
{
	const uint8_t *tcp, *payload;
	size_t len, header_len;
	struct cursor c;

	tcp = parse_ip(guest, PROTO_TCP, &segment->src, &segment->dst, &len);
	if (tcp == NULL)
		return false;
	c = cursor_over(tcp, len);
	segment->sport = cursor_be16(&c);
	segment->dport = cursor_be16(&c);
	segment->seq = cursor_be32(&c);
	segment->ack = cursor_be32(&c);
	header_len = (size_t)(cursor_u8(&c) >> 4) * 4;
	segment->flags = cursor_u8(&c);
	cursor_skip(&c, header_len - 14);
	ck_assert(cursor_ok(&c));
	segment->len = c.left;
	ck_assert_uint_le(segment->len, PAYLOAD_SIZE);
	payload = cursor_bytes(&c, segment->len);
	memcpy(segment->payload, payload, segment->len);
	return true;
}

void
guest_await_tcp(struct guest *guest, struct segment *segment)
{
	do {
		ck_assert(guest_receive(guest));
		guest_answer_arp(guest);
	} while (!guest_parse_tcp(guest, segment));
}

/* ---- connections ---- */

static void
send_on(struct guest *guest, struct peer *peer, uint8_t flags, const void *data,
	size_t len)
{
	struct segment segment = {
		.src = ADDR_GUEST,
		.dst = peer->addr,
		.sport = peer->guest_port,
		.dport = peer->port,
		.seq = peer->seq,
		.ack = peer->ack,
		.flags = flags,
		.len = len,
	};

	if (len > 0)
		memcpy(segment.payload, data, len);
	guest_send_tcp(guest, &segment);
	peer->seq += (uint32_t)len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

void
guest_accept(struct guest *guest, uint16_t guest_port, struct peer *peer)
{
	struct segment s;

	do /* other connections may end meanwhile */
		guest_await_tcp(guest, &s);
	while (s.flags != TCP_SYN);
	ck_assert_uint_eq(s.dst, ADDR_GUEST);
	ck_assert_uint_eq(s.dport, guest_port);
	*peer = (struct peer){ .addr = s.src,
			       .port = s.sport,
			       .guest_port = guest_port,
			       .seq = 1000,
			       .ack = s.seq + 1 };
	send_on(guest, peer, TCP_SYN | TCP_ACK, NULL, 0);
	guest_await_tcp(guest, &s);
	ck_assert_uint_eq(s.flags & (TCP_SYN | TCP_RST | TCP_ACK), TCP_ACK);
	ck_assert_uint_eq(s.ack, peer->seq);
}

bool
guest_connect(struct guest *guest, uint16_t guest_port, uint32_t addr,
	      uint16_t port, struct peer *peer)
{
	struct segment s;

	*peer = (struct peer){
		.addr = addr, .port = port, .guest_port = guest_port, .seq = 7
	};
	send_on(guest, peer, TCP_SYN, NULL, 0);
	do
		guest_await_tcp(guest, &s);
	while (s.dport != guest_port);
	ck_assert_uint_eq(s.sport, port);
	if ((s.flags & TCP_SYN) == 0) {
		ck_assert_uint_ne(s.flags & TCP_RST, 0);
		return false;
	}
	peer->ack = s.seq + 1;
	send_on(guest, peer, TCP_ACK, NULL, 0);
	return true;
}

void
guest_acknowledge(struct guest *guest, struct peer *peer)
{
	send_on(guest, peer, TCP_ACK, NULL, 0);
}

void
guest_write(struct guest *guest, struct peer *peer, const void *data,
	    size_t len)
{
	struct segment s;

	send_on(guest, peer, TCP_PSH | TCP_ACK, data, len);
	do
		guest_await_tcp(guest, &s);
	while (s.ack != peer->seq);
}

void
guest_read(struct guest *guest, struct peer *peer, void *data, size_t len)
{
	uint8_t *at = data;

	while (len > 0) {
		struct segment s;

		guest_await_tcp(guest, &s);
		if (s.len == 0 || s.seq != peer->ack)
			continue;
		ck_assert_uint_le(s.len, len);
		at = put_bytes(at, s.payload, s.len);
		len -= s.len;
		peer->ack += (uint32_t)s.len;
		send_on(guest, peer, TCP_ACK, NULL, 0);
	}
}

void
guest_await_fin(struct guest *guest, struct peer *peer)
{
	struct segment s;

	do
		guest_await_tcp(guest, &s);
	while ((s.flags & TCP_FIN) == 0);
	ck_assert_uint_eq(s.seq + s.len, peer->ack);
	peer->ack++;
	send_on(guest, peer, TCP_ACK, NULL, 0);
}

void
guest_close(struct guest *guest, struct peer *peer, bool abort)
{
	send_on(guest, peer, (uint8_t)(abort ? TCP_RST : TCP_FIN) | TCP_ACK,
		NULL, 0);
}
