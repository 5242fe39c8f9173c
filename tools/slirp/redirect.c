#include "tools/slirp/redirect.h"

#include "lib/cursor.h"
#include "tools/slirp/net-config.h"

enum {
	ETH_LEN = 14,
	MACS_LEN = 12,
	TYPE_IPV4 = 0x0800,
	IPV4_LEN_MIN = 20,
	IPV4_SUM_AT = 10,
	IPV4_SRC_AT = 12,
	IPV4_DST_AT = 16,
	PROTO_TCP = 6,
	TCP_LEN_MIN = 20,
	TCP_SUM_AT = 16,
	MORE_AND_OFFSET = 0x3fff, /* what only a fragment has set */
};

/* Of a TCP segment that is no fragment. */
struct segment {
	uint32_t src, dst;
	uint16_t dport;
	size_t ip_len; /* of the header */
};

static bool
parse(const uint8_t *frame, size_t len, struct segment *s)
{
	struct cursor c = cursor_over(frame, len);
	uint16_t type, fragment;
	uint8_t protocol;

	cursor_skip(&c, MACS_LEN);
	type = cursor_be16(&c);
	s->ip_len = (size_t)(cursor_u8(&c) & 0x0f) * 4;
	cursor_skip(&c, 5); /* service, length, identification */
	fragment = cursor_be16(&c);
	cursor_skip(&c, 1); /* time to live */
	protocol = cursor_u8(&c);
	cursor_skip(&c, 2); /* checksum */
	s->src = cursor_be32(&c);
	s->dst = cursor_be32(&c);
	if (type != TYPE_IPV4 || protocol != PROTO_TCP ||
	    s->ip_len < IPV4_LEN_MIN || (fragment & MORE_AND_OFFSET) != 0)
		return false;
	cursor_skip(&c, s->ip_len - IPV4_LEN_MIN + 2);
	s->dport = cursor_be16(&c);
	cursor_skip(&c, TCP_LEN_MIN - 4);
	return cursor_ok(&c);
}

/* ---- changing ---- */

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The checksum @at after 16 bits went from @old to @new (RFC 1624). */
static void
mend_sum(uint8_t *at, uint16_t old, uint16_t new)
{
	uint32_t sum =
	    (uint16_t)~get16(at) + (uint32_t)(uint16_t)~old + (uint32_t) new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(at, (uint16_t)~sum);
}

static void
change(uint8_t *frame, size_t ip_len, size_t addr_at, uint32_t addr)
{
	uint8_t *ip = frame + ETH_LEN;

	for (int i = 0; i < 2; i++) {
		uint8_t *at = ip + addr_at + 2 * i;
		uint16_t old = get16(at);
		uint16_t new = (uint16_t)(addr >> (16 - 16 * i));

		mend_sum(ip + IPV4_SUM_AT, old, new);
		mend_sum(ip + ip_len + TCP_SUM_AT, old, new);
		put16(at, new);
	}
}

bool
redirect_in(const struct net_config *config, uint8_t *frame, size_t len)
{
	struct segment s;

	if (config->n_guestfwds == 0 || !parse(frame, len, &s) ||
	    s.dst != config->host)
		return false;
	for (size_t i = 0; i < config->n_guestfwds; i++) {
		if (config->guestfwds[i].port != s.dport)
			continue;
		change(frame, s.ip_len, IPV4_DST_AT, config->network);
		return true;
	}
	return false;
}

bool
redirect_is_out(const struct net_config *config, const uint8_t *frame,
		size_t len)
{
	struct segment s;

	return config->n_guestfwds > 0 && parse(frame, len, &s) &&
	       s.src == config->network;
}

void
redirect_out(const struct net_config *config, uint8_t *frame)
{
	size_t ip_len = (size_t)(frame[ETH_LEN] & 0x0f) * 4;

	change(frame, ip_len, IPV4_SRC_AT, config->host);
}
