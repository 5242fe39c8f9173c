#include "tools/slirp/guest-filter.h"

#include "lib/cursor.h"

enum {
	MACS_LEN = 12,
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	IPV4_WORDS_MIN = 5, /* of 4 octets, in a header */
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PORT_DHCP = 67,
	PORT_TFTP = 69,
	NET_THIS_HOST = 0, /* first octets of addresses */
	NET_LOOPBACK = 127,
	MORE_AND_OFFSET = 0x3fff, /* what only a fragment has set */
};

/* What a restricted network is for; @c stands behind the header. */
static bool
serves_restricted(struct cursor *c, uint8_t protocol, uint16_t fragment,
		  bool tftp)
{
	uint16_t port;

	if ((fragment & MORE_AND_OFFSET) != 0)
		return false;
	if (protocol != PROTO_UDP)
		return protocol == PROTO_TCP || protocol == PROTO_ICMP;
	cursor_skip(c, 2); /* source port */
	port = cursor_be16(c);
	return cursor_ok(c) &&
	       (port == PORT_DHCP || (tftp && port == PORT_TFTP));
}

static bool
passes_ipv4(struct cursor *c, const struct guest_rules *rules)
{
	size_t n_words = cursor_u8(c) & 0x0f;
	uint16_t fragment;
	uint8_t protocol, net;

	if (n_words < IPV4_WORDS_MIN)
		return false;
	cursor_skip(c, 5); /* service, length, identification */
	fragment = cursor_be16(c);
	cursor_skip(c, 1); /* time to live */
	protocol = cursor_u8(c);
	cursor_skip(c, 2 + 4); /* checksum, source */
	net = cursor_u8(c);
	cursor_skip(c, 3 + (n_words - IPV4_WORDS_MIN) * 4);
	if (!cursor_ok(c) || net == NET_THIS_HOST || net == NET_LOOPBACK)
		return false;
	return !rules->restricted ||
	       serves_restricted(c, protocol, fragment, rules->tftp);
}

/* ::/8 holds loopback and the addresses of IPv4. */
static bool
passes_ipv6(struct cursor *c)
{
	enum { VERSION = 6, HEADER_LEN = 40, DST_AT = 24 };
	uint8_t version = cursor_u8(c) >> 4, net;

	cursor_skip(c, DST_AT - 1);
	net = cursor_u8(c);
	cursor_skip(c, HEADER_LEN - DST_AT - 1);
	return cursor_ok(c) && version == VERSION && net != 0;
}

bool
guest_filter_passes(const uint8_t *frame, size_t len,
		    const struct guest_rules *rules)
{
	struct cursor c = cursor_over(frame, len);

	cursor_skip(&c, MACS_LEN);
	switch (cursor_be16(&c)) {
	case TYPE_ARP:
		return true;
	case TYPE_IPV4:
		return passes_ipv4(&c, rules);
	case TYPE_IPV6:
		return rules->ipv6 && passes_ipv6(&c);
	default:
		return false;
	}
}

bool
guest_filter_is_dhcp(const uint8_t *frame, size_t len)
{
	struct cursor c = cursor_over(frame, len);
	size_t n_words;
	uint8_t protocol;

	cursor_skip(&c, MACS_LEN);
	if (cursor_be16(&c) != TYPE_IPV4)
		return false;
	n_words = cursor_u8(&c) & 0x0f;
	if (n_words < IPV4_WORDS_MIN)
		return false;
	cursor_skip(&c, 8); /* service to time to live */
	protocol = cursor_u8(&c);
	/* checksum, addresses, options, source port */
	cursor_skip(&c, 2 + 8 + (n_words - IPV4_WORDS_MIN) * 4 + 2);
	return protocol == PROTO_UDP && cursor_be16(&c) == PORT_DHCP &&
	       cursor_ok(&c);
}
