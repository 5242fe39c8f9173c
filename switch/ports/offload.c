#include "switch/ports/offload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
	ETH_TYPE_AT = 12,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_TAG = 0x8100,
	TYPE_SERVICE_TAG = 0x88a8,
	TAG_LEN = 4,

	IPV4_LEN_MIN = 20,
	IPV4_TOTAL_AT = 2,
	IPV4_ID_AT = 4,
	IPV4_FRAGMENT_AT = 6,
	IPV4_PROTOCOL_AT = 9,
	IPV4_SUM_AT = 10,
	IPV4_ADDRESSES_AT = 12,
	IPV4_ADDRESSES_LEN = 8,
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_OFFSET_MASK = 0x1fff,
	IPV6_LEN = 40,
	IPV6_PAYLOAD_AT = 4,
	IPV6_NEXT_AT = 6,
	IPV6_ADDRESSES_AT = 8,
	IPV6_ADDRESSES_LEN = 32,
	EXTENSION_UNIT = 8, /* of lengths, and of fragments */
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_DESTINATION = 60,

	TCP_LEN_MIN = 20,
	TCP_SEQUENCE_AT = 4,
	TCP_DATA_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_SUM_AT = 16,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	UDP_LEN = 8,
	UDP_LENGTH_AT = 4,
	UDP_SUM_AT = 6,

	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

/* ---- sums ---- */

/* Of 16-bit words, the first octet the more significant one.  A sum of such
 * words is the same, but for its byte order, whichever order they are read in,
 * and may be made of wider ones (RFC 1071): so eight octets at a time, as the
 * machine has them. */
static uint64_t
sum(const uint8_t *p, size_t len)
{
	uint64_t a = 0, b = 0, x, y;
	uint8_t last[8] = { 0 };

	for (; len >= 16; len -= 16, p += 16) {
		memcpy(&x, p, 8);
		memcpy(&y, p + 8, 8);
		a += x;
		a += a < x;
		b += y;
		b += b < y;
	}
	if (len >= 8) {
		memcpy(&x, p, 8);
		a += x;
		a += a < x;
		p += 8;
		len -= 8;
	}
	memcpy(last, p, len);
	memcpy(&x, last, 8);
	a += x;
	a += a < x;
	a += b;
	a += a < b;
	while (a > 0xffff)
		a = (a & 0xffff) + (a >> 16);
	return ntohs((uint16_t)a);
}

static uint16_t
fold(uint64_t total)
{
	while (total > 0xffff)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* To UDP zero means that there is none; elsewhere it is zero that stands there,
 * and receivers may take the other zero for an error (RFC 1624, 3).
 * @at: where in its header the checksum is, which tells UDP */
static uint16_t
sum_to_send(uint64_t total, size_t at)
{
	uint16_t check = fold(total);

	return check == 0 && at == UDP_SUM_AT ? 0xffff : check;
}

static bool
checksum_fits(size_t len, size_t start, size_t offset)
{
	return start <= len && offset <= len - start &&
	       len - start - offset >= 2;
}

int
offload_checksum(uint8_t *data, size_t len, size_t start, size_t offset)
{
	if (!checksum_fits(len, start, offset))
		return -EINVAL;
	put16(data + start + offset,
	      sum_to_send(sum(data + start, len - start), offset));
	return 0;
}

/* ---- headers ---- */

/* The headers of a frame, of which the first .head_len octets can be read. */
struct headers {
	const uint8_t *data;
	size_t head_len, len;
	bool ipv6;
	uint8_t protocol;
	size_t l3, l4;
	size_t end; /* of the TCP or UDP header */
	/* IPv6: what each fragment begins with, and the octet in it that names
	 * what follows. */
	size_t unfragmentable_end, next_at;
};

/* Return: 0; -EINVAL the frame does not go on for @n octets at @at; -EAGAIN it
 * does, and they cannot be read. */
static int
need(const struct headers *h, size_t at, size_t n)
{
	if (at > h->len || n > h->len - at)
		return -EINVAL;
	return at + n <= h->head_len ? 0 : -EAGAIN;
}

static int
walk_ethernet(struct headers *h)
{
	size_t at = ETH_TYPE_AT;
	uint16_t type;
	int ret;

	for (;; at += TAG_LEN) {
		ret = need(h, at, 2);
		if (ret < 0)
			return ret;
		type = get16(h->data + at);
		if (type != TYPE_TAG && type != TYPE_SERVICE_TAG)
			break;
	}
	if (type != TYPE_IPV4 && type != TYPE_IPV6)
		return -EINVAL;
	h->ipv6 = type == TYPE_IPV6;
	h->l3 = at + 2;
	return 0;
}

static int
walk_ipv4(struct headers *h)
{
	const uint8_t *ip = h->data + h->l3;
	int ret = need(h, h->l3, IPV4_LEN_MIN);
	size_t len;

	if (ret < 0)
		return ret;
	len = (size_t)(ip[0] & 0xf) * 4;
	if (ip[0] >> 4 != 4 || len < IPV4_LEN_MIN ||
	    (get16(ip + IPV4_FRAGMENT_AT) &
	     (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0)
		return -EINVAL;
	h->protocol = ip[IPV4_PROTOCOL_AT];
	h->l4 = h->l3 + len;
	h->unfragmentable_end = h->l4;
	return need(h, h->l3, len);
}

/* RFC 8200, 4.5: what routers on the way look at is in each fragment. */
static int
walk_ipv6(struct headers *h)
{
	int ret = need(h, h->l3, IPV6_LEN);
	size_t at = h->l3 + IPV6_LEN;
	uint8_t next;

	if (ret < 0)
		return ret;
	if (h->data[h->l3] >> 4 != 6)
		return -EINVAL;
	h->next_at = h->l3 + IPV6_NEXT_AT;
	h->unfragmentable_end = at;
	next = h->data[h->next_at];
	while (next == EXTENSION_HOP_BY_HOP || next == EXTENSION_ROUTING ||
	       next == EXTENSION_DESTINATION) {
		size_t len;

		ret = need(h, at, EXTENSION_UNIT);
		if (ret < 0)
			return ret;
		len = ((size_t)h->data[at + 1] + 1) * EXTENSION_UNIT;
		if (next != EXTENSION_DESTINATION) {
			h->next_at = at;
			h->unfragmentable_end = at + len;
		}
		next = h->data[at];
		at += len;
	}
	h->protocol = next;
	h->l4 = at;
	return need(h, at, 0);
}

static int
walk_l4(struct headers *h)
{
	size_t len = UDP_LEN;
	int ret;

	if (h->protocol == PROTOCOL_TCP) {
		ret = need(h, h->l4, TCP_LEN_MIN);
		if (ret < 0)
			return ret;
		len = (size_t)(h->data[h->l4 + TCP_DATA_OFFSET_AT] >> 4) * 4;
		if (len < TCP_LEN_MIN)
			return -EINVAL;
	}
	h->end = h->l4 + len;
	return need(h, h->l4, len);
}

static int
walk(struct headers *h)
{
	int ret = walk_ethernet(h);

	if (ret == 0)
		ret = h->ipv6 ? walk_ipv6(h) : walk_ipv4(h);
	return ret == 0 ? walk_l4(h) : ret;
}

static bool
is_of_kind(const struct headers *h, uint8_t segmentation)
{
	switch (segmentation) {
	case FRAME_SEGMENT_TCP4:
		return h->protocol == PROTOCOL_TCP && !h->ipv6;
	case FRAME_SEGMENT_TCP6:
		return h->protocol == PROTOCOL_TCP && h->ipv6;
	case FRAME_SEGMENT_UDP:
	case FRAME_SEGMENT_UDP_L4:
		return h->protocol == PROTOCOL_UDP;
	default:
		return false;
	}
}

/* Where the checksum is said to be, it must be; datagrams that are cut into
 * fragments may have theirs already. */
static bool
checksum_is_of(const struct headers *h, const struct frame_offload *o)
{
	size_t offset = h->protocol == PROTOCOL_TCP ? TCP_SUM_AT : UDP_SUM_AT;

	if (!o->needs_checksum)
		return o->segmentation == FRAME_SEGMENT_UDP;
	return o->checksum_start == h->l4 && o->checksum_offset == offset;
}

/* What the pieces begin with, and how much of what follows each has. */
static size_t
pieces_begin(const struct headers *h, const struct frame_offload *o)
{
	return o->segmentation == FRAME_SEGMENT_UDP ? h->unfragmentable_end
						    : h->end;
}

static size_t
piece_payload(const struct frame_offload *o)
{
	return o->segmentation == FRAME_SEGMENT_UDP
		   ? o->segment_len - o->segment_len % EXTENSION_UNIT
		   : o->segment_len;
}

/* Return: 0; -EINVAL; -EAGAIN. */
static int
check_cut(const struct frame_offload *o, struct headers *h)
{
	int ret = walk(h);
	size_t payload;

	if (ret < 0)
		return ret;
	if (!is_of_kind(h, o->segmentation) || !checksum_is_of(h, o) ||
	    piece_payload(o) == 0)
		return -EINVAL;
	payload = h->len - pieces_begin(h, o);
	return payload <= OFFLOAD_PIECES_MAX * piece_payload(o) ? 0 : -EINVAL;
}

int
offload_check(struct frame_offload *o, const uint8_t *data, size_t head_len,
	      size_t len)
{
	struct headers h = { .data = data, .head_len = head_len, .len = len };
	int ret;

	if (o->needs_checksum &&
	    (o->checksum_start < ETH_TYPE_AT + 2 ||
	     !checksum_fits(len, o->checksum_start, o->checksum_offset)))
		return -EINVAL;
	if (o->segmentation == FRAME_SEGMENT_NONE) {
		o->ecn = false;
		return 0;
	}
	ret = check_cut(o, &h);
	if (ret < 0)
		return ret;
	o->header_len = (uint16_t)h.end;
	if (len - pieces_begin(&h, o) <= piece_payload(o)) {
		o->segmentation = FRAME_SEGMENT_NONE;
		o->ecn = false;
	}
	return 0;
}

/* ---- cutting ---- */

/* That of the pseudo header; @len: of what it is about. */
static uint64_t
pseudo_sum(const uint8_t *ip, bool ipv6, uint8_t protocol, size_t len)
{
	const uint8_t *addresses =
	    ip + (ipv6 ? IPV6_ADDRESSES_AT : IPV4_ADDRESSES_AT);

	return sum(addresses, ipv6 ? IPV6_ADDRESSES_LEN : IPV4_ADDRESSES_LEN) +
	       len + protocol;
}

/* A datagram has one checksum, whatever it is cut into. */
static void
prepare_fragments(struct offload_cut *c, const struct frame_offload *o,
		  const struct headers *h, uint64_t seed)
{
	const uint8_t *udp = c->data + h->l4;

	c->next_at = h->next_at;
	if (o->needs_checksum) {
		c->checksum_at = h->l4 + UDP_SUM_AT;
		c->checksum = sum_to_send(sum(udp, c->len - h->l4), UDP_SUM_AT);
	}
	/* Two datagrams of the same moment and with the same checksum are
	 * the same one, but for an accident. */
	seed ^=
	    (uint64_t)get32(udp) << 32 | get32(udp + 4) | (uint64_t)c->checksum;
	seed *= UINT64_C(0x9e3779b97f4a7c15);
	c->id = (uint32_t)(seed >> 32);
}

int
offload_cut_init(struct offload_cut *c, const struct frame_offload *o,
		 const uint8_t *data, size_t len, uint64_t seed)
{
	struct headers h = { .data = data, .head_len = len, .len = len };

	if (check_cut(o, &h) < 0)
		return -EINVAL;
	*c = (struct offload_cut){
		.data = data,
		.len = len,
		.segmentation = o->segmentation,
		.ipv6 = h.ipv6,
		.l3 = h.l3,
		.l4 = h.l4,
		.header_len = pieces_begin(&h, o),
		.payload_len = piece_payload(o),
	};
	if (c->header_len >= len)
		return -EINVAL;
	if (o->segmentation == FRAME_SEGMENT_UDP)
		prepare_fragments(c, o, &h, seed);
	return 0;
}

size_t
offload_cut_n(const struct offload_cut *c)
{
	return (c->len - c->header_len + c->payload_len - 1) / c->payload_len;
}

static size_t
next_payload(const struct offload_cut *c)
{
	size_t left = c->len - c->header_len - c->done;

	return left < c->payload_len ? left : c->payload_len;
}

/* Octets between the headers that a piece begins with and its payload. */
static size_t
extra_len(const struct offload_cut *c)
{
	return c->segmentation == FRAME_SEGMENT_UDP && c->ipv6
		   ? OFFLOAD_PIECE_EXTRA
		   : 0;
}

size_t
offload_cut_next_len(const struct offload_cut *c)
{
	size_t payload = next_payload(c);

	return payload > 0 ? c->header_len + extra_len(c) + payload : 0;
}

static void
fix_ip(const struct offload_cut *c, uint8_t *to, size_t len)
{
	uint8_t *ip = to + c->l3;

	if (c->ipv6) {
		put16(ip + IPV6_PAYLOAD_AT, len - c->l3 - IPV6_LEN);
		return;
	}
	put16(ip + IPV4_TOTAL_AT, len - c->l3);
	if (c->segmentation != FRAME_SEGMENT_UDP)
		put16(ip + IPV4_ID_AT,
		      get16(ip + IPV4_ID_AT) + c->done / c->payload_len);
	put16(ip + IPV4_SUM_AT, 0);
	put16(ip + IPV4_SUM_AT, fold(sum(ip, c->l4 - c->l3)));
}

static void
fix_tcp(const struct offload_cut *c, uint8_t *tcp, bool last)
{
	put32(tcp + TCP_SEQUENCE_AT,
	      get32(tcp + TCP_SEQUENCE_AT) + (uint32_t)c->done);
	if (!last)
		tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (c->done > 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
}

/* The checksum from nothing: pseudo header, header and payload. */
static void
fix_checksum(const struct offload_cut *c, uint8_t *to, size_t len)
{
	bool udp = c->segmentation == FRAME_SEGMENT_UDP_L4;
	size_t offset = udp ? UDP_SUM_AT : TCP_SUM_AT;
	uint8_t *at = to + c->l4 + offset;
	uint64_t total =
	    pseudo_sum(to + c->l3, c->ipv6, udp ? PROTOCOL_UDP : PROTOCOL_TCP,
		       len - c->l4);

	put16(at, 0);
	total += sum(to + c->l4, len - c->l4);
	put16(at, sum_to_send(total, offset));
}

/* @payload: of this piece, which begins at .done */
static void
fix_fragment(const struct offload_cut *c, uint8_t *to, size_t payload,
	     bool last)
{
	uint8_t *fragment = to + c->header_len;
	size_t from = c->header_len + c->done, extra = extra_len(c);
	uint8_t sum_octets[2];

	put16(sum_octets, c->checksum);
	for (size_t i = 0; c->checksum_at > 0 && i < 2; i++) {
		size_t at = c->checksum_at + i;

		if (at >= from && at < from + payload)
			fragment[extra + at - from] = sum_octets[i];
	}
	if (!c->ipv6) {
		put16(to + c->l3 + IPV4_FRAGMENT_AT,
		      c->done / EXTENSION_UNIT |
			  (last ? 0 : IPV4_MORE_FRAGMENTS));
		return;
	}
	fragment[0] = c->data[c->next_at];
	fragment[1] = 0;
	put16(fragment + 2, c->done | !last);
	put32(fragment + 4, c->id);
	to[c->next_at] = EXTENSION_FRAGMENT;
}

void
offload_cut_next(struct offload_cut *c, uint8_t *to)
{
	size_t payload = next_payload(c), len = offload_cut_next_len(c);
	bool last = c->header_len + c->done + payload == c->len;

	memcpy(to, c->data, c->header_len);
	memcpy(to + c->header_len + extra_len(c),
	       c->data + c->header_len + c->done, payload);
	if (c->segmentation == FRAME_SEGMENT_UDP)
		fix_fragment(c, to, payload, last);
	fix_ip(c, to, len);
	if (c->segmentation == FRAME_SEGMENT_UDP_L4)
		put16(to + c->l4 + UDP_LENGTH_AT, len - c->l4);
	else if (c->segmentation != FRAME_SEGMENT_UDP)
		fix_tcp(c, to + c->l4, last);
	if (c->segmentation != FRAME_SEGMENT_UDP)
		fix_checksum(c, to, len);
	c->done += payload;
}

int
offload_missing_checksum(const struct frame_offload *o, const uint8_t *data,
			 size_t len, uint8_t octets[2])
{
	size_t start = o->checksum_start, at = start + o->checksum_offset;
	struct headers h = { .data = data, .head_len = len, .len = len };
	uint64_t total;

	if (!o->needs_checksum)
		return -ENOENT;
	if (!checksum_fits(len, start, o->checksum_offset))
		return -EINVAL;
	total = sum(data + start, len - start);
	/* What senders put there of a frame that is to be cut is of all of it,
	 * or of no length at all: so begin at nothing. */
	if (o->segmentation != FRAME_SEGMENT_NONE &&
	    o->segmentation != FRAME_SEGMENT_UDP) {
		if (check_cut(o, &h) < 0)
			return -EINVAL;
		total += (uint16_t)~get16(data + at);
		total +=
		    pseudo_sum(data + h.l3, h.ipv6, h.protocol, len - h.l4);
	}
	put16(octets, sum_to_send(total, o->checksum_offset));
	return 0;
}

void
offload_cut_skip(struct offload_cut *c)
{
	c->done += next_payload(c);
}
