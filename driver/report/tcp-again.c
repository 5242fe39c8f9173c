#include "driver/report/tcp-again.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/mac.h"
#include "lib/xalloc.h"

enum {
	FLOWS = 4096, /* a power of two */
	REMEMBERED = 32,

	ETH_IPV4 = 0x0800,
	ETH_VLAN = 0x8100,
	ETH_QINQ = 0x88a8,
	ETH_IPV6 = 0x86dd,
	PROTO_TCP = 6,
	TAGS_MAX = 4,
	FIN = 1,
	SYN = 2,
	RST = 4,
};

struct flow {
	uint64_t key; /* 0: none */
	uint32_t seqs[REMEMBERED];
	unsigned n; /* segments so far */
};

struct tcp_again {
	struct flow flows[FLOWS];
};

/* A segment that takes sequence numbers. */
struct segment {
	uint64_t key; /* of its direction of the connection */
	uint32_t seq;
};

struct tcp_again *
tcp_again_new(void)
{
	return XNEW(struct tcp_again);
}

void
tcp_again_free(struct tcp_again *again)
{
	free(again);
}

/* FNV-1a: nobody gains by hitting another's. */
static uint64_t
mix(uint64_t hash, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* RFC 9293, section 3.1; @size octets belong to the datagram. */
static bool
read_tcp(const uint8_t *data, size_t size, struct segment *segment)
{
	struct cursor c = cursor_over(data, size);
	const uint8_t *ports = cursor_bytes(&c, 4);
	uint32_t seq = cursor_be32(&c);
	size_t header;
	unsigned flags;

	cursor_skip(&c, 4);
	header = (size_t)(cursor_u8(&c) >> 4) * 4;
	flags = cursor_u8(&c);
	if (!cursor_ok(&c) || header < 20 || header > size ||
	    (flags & RST) != 0)
		return false;
	if (size == header && (flags & (SYN | FIN)) == 0)
		return false;
	segment->key = mix(segment->key, ports, 4);
	segment->seq = seq;
	return true;
}

static bool
read_ipv4(struct cursor c, struct segment *segment)
{
	const uint8_t *p = cursor_bytes(&c, 20);
	size_t header, total;

	if (p == NULL)
		return false;
	header = (size_t)(p[0] & 0xf) * 4;
	total = (size_t)(p[2] << 8 | p[3]);
	/* Of fragments the first one only, which is never a whole segment. */
	if (p[9] != PROTO_TCP || header < 20 || total < header ||
	    total > c.left + 20 || ((p[6] << 8 | p[7]) & 0x3fff) != 0)
		return false;
	segment->key = mix(segment->key, p + 12, 8);
	return read_tcp(p + header, total - header, segment);
}

static bool
read_ipv6(struct cursor c, struct segment *segment)
{
	const uint8_t *p = cursor_bytes(&c, 40);
	size_t size;

	if (p == NULL)
		return false;
	size = (size_t)(p[4] << 8 | p[5]);
	if (p[6] != PROTO_TCP || size > c.left)
		return false;
	segment->key = mix(segment->key, p + 8, 32);
	return read_tcp(p + 40, size, segment);
}

static bool
read_frame(const uint8_t *data, size_t size, struct segment *segment)
{
	struct cursor c = cursor_over(data, size);
	unsigned type;

	cursor_skip(&c, 2 * MAC_LEN);
	type = cursor_be16(&c);
	for (int i = 0; i < TAGS_MAX && (type == ETH_VLAN || type == ETH_QINQ);
	     i++) {
		cursor_skip(&c, 2);
		type = cursor_be16(&c);
	}
	if (!cursor_ok(&c))
		return false;
	if (type == ETH_IPV4)
		return read_ipv4(c, segment);
	return type == ETH_IPV6 && read_ipv6(c, segment);
}

bool
tcp_again_seen(struct tcp_again *again, size_t network_segment,
	       const uint8_t *data, size_t size)
{
	uint8_t number = (uint8_t)network_segment;
	struct segment segment = { .key = mix(UINT64_C(0xcbf29ce484222325),
					      &number, 1) };
	struct flow *flow;
	unsigned n;

	if (!read_frame(data, size, &segment))
		return false;
	flow = &again->flows[(segment.key ^ segment.key >> 32) & (FLOWS - 1)];
	if (flow->key != segment.key) {
		flow->key = segment.key;
		flow->n = 0;
	}
	n = flow->n < REMEMBERED ? flow->n : REMEMBERED;
	for (unsigned i = 0; i < n; i++)
		if (flow->seqs[i] == segment.seq)
			return true;
	flow->seqs[flow->n++ % REMEMBERED] = segment.seq;
	return false;
}
