#include "driver/wire/frame-info.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lib/cursor.h"

enum {
	ETH_IPV4 = 0x0800,
	ETH_ARP = 0x0806,
	ETH_VLAN = 0x8100, /* IEEE 802.1Q customer tag */
	ETH_QINQ = 0x88a8, /* IEEE 802.1Q service tag */
	ETH_IPV6 = 0x86dd,

	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
	PROTO_SCTP = 132,
};

static void
parse_ports(struct cursor c, struct frame_info *info)
{
	int src, dst;

	if (info->ip_protocol != PROTO_TCP && info->ip_protocol != PROTO_UDP &&
	    info->ip_protocol != PROTO_SCTP)
		return;
	src = cursor_be16(&c);
	dst = cursor_be16(&c);
	if (!cursor_ok(&c))
		return;
	info->src_port = src;
	info->dst_port = dst;
}

/* RFC 791, section 3.1 */
static void
parse_ipv4(struct cursor c, struct frame_info *info)
{
	struct cursor start = c;
	unsigned header_len = (cursor_u8(&c) & 0xf) * 4u;
	const uint8_t *src, *dst;
	uint16_t fragment;
	int protocol;

	cursor_skip(&c, 5);
	fragment = cursor_be16(&c) & 0x1fff;
	cursor_skip(&c, 1);
	protocol = cursor_u8(&c);
	cursor_skip(&c, 2);
	src = cursor_bytes(&c, 4);
	dst = cursor_bytes(&c, 4);
	if (!cursor_ok(&c))
		return;
	info->ip_protocol = protocol;
	inet_ntop(AF_INET, src, info->ip_src, sizeof(info->ip_src));
	inet_ntop(AF_INET, dst, info->ip_dst, sizeof(info->ip_dst));
	cursor_skip(&start, header_len < 20 ? 20 : header_len);
	if (fragment == 0)
		parse_ports(start, info);
}

/* RFC 8200, section 3 */
static void
parse_ipv6(struct cursor c, struct frame_info *info)
{
	const uint8_t *src, *dst;
	int next;

	cursor_skip(&c, 6);
	next = cursor_u8(&c);
	cursor_skip(&c, 1);
	src = cursor_bytes(&c, 16);
	dst = cursor_bytes(&c, 16);
	if (!cursor_ok(&c))
		return;
	info->ip_protocol = next;
	inet_ntop(AF_INET6, src, info->ip_src, sizeof(info->ip_src));
	inet_ntop(AF_INET6, dst, info->ip_dst, sizeof(info->ip_dst));
	parse_ports(c, info);
}

/* RFC 826, for IPv4 over Ethernet */
static void
parse_arp(struct cursor c, struct frame_info *info)
{
	const uint8_t *src, *dst;

	cursor_skip(&c, 8 + MAC_LEN);
	src = cursor_bytes(&c, 4);
	cursor_skip(&c, MAC_LEN);
	dst = cursor_bytes(&c, 4);
	if (!cursor_ok(&c))
		return;
	inet_ntop(AF_INET, src, info->ip_src, sizeof(info->ip_src));
	inet_ntop(AF_INET, dst, info->ip_dst, sizeof(info->ip_dst));
}

bool
frame_info_parse(const uint8_t *data, size_t size, struct frame_info *info)
{
	struct cursor c = cursor_over(data, size);
	const uint8_t *dst = cursor_bytes(&c, MAC_LEN);
	const uint8_t *src = cursor_bytes(&c, MAC_LEN);

	*info = (struct frame_info){
		.vid = -1, .ip_protocol = -1, .src_port = -1, .dst_port = -1
	};
	info->ethertype = cursor_be16(&c);
	if (!cursor_ok(&c))
		return false;
	info->dst = mac_from_bytes(dst);
	info->src = mac_from_bytes(src);
	while (info->ethertype == ETH_VLAN || info->ethertype == ETH_QINQ) {
		int vid = cursor_be16(&c) & 0xfff;
		uint16_t ethertype = cursor_be16(&c);

		if (!cursor_ok(&c))
			return true;
		if (info->vid < 0)
			info->vid = vid;
		info->ethertype = ethertype;
	}
	if (info->ethertype == ETH_IPV4)
		parse_ipv4(c, info);
	else if (info->ethertype == ETH_IPV6)
		parse_ipv6(c, info);
	else if (info->ethertype == ETH_ARP)
		parse_arp(c, info);
	return true;
}

const char *
frame_info_protocol(const struct frame_info *info, char *text, size_t size)
{
	static const struct {
		int protocol;
		const char *name;
	} names[] = {
		{ PROTO_ICMP, "icmp" }, { PROTO_TCP, "tcp" },
		{ PROTO_UDP, "udp" },	{ PROTO_ICMPV6, "ipv6-icmp" },
		{ PROTO_SCTP, "sctp" },
	};

	if (info->ethertype == ETH_ARP) {
		snprintf(text, size, "arp");
		return text;
	}
	if (info->ip_protocol < 0) {
		snprintf(text, size, "0x%04x", info->ethertype);
		return text;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].protocol == info->ip_protocol) {
			snprintf(text, size, "%s", names[i].name);
			return text;
		}
	}
	snprintf(text, size, "ip-%d", info->ip_protocol);
	return text;
}
