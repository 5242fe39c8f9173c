/* protocols: the tables of headers. */
#include "driver/packet/packet.h"

#include <string.h>

#include "driver/packet/tables.h"

/* ---- IEEE 802.3, 802.1Q ---- */

static const struct packet_field eth_fields[] = {
	MAC("dst", 0, .text = "ff:ff:ff:ff:ff:ff"),
	MAC("src", 48, .text = "02:00:00:00:00:01"),
	UINT("type", 96, 16, .computed = PACKET_NEXT),
	END,
};
const struct packet_protocol packet_eth = { .name = "eth",
					    .size = 14,
					    .fields = eth_fields };

static const struct packet_field vlan_fields[] = {
	UINT("pcp", 0, 3),
	UINT("dei", 3, 1),
	UINT("vid", 4, 12),
	UINT("type", 16, 16, .computed = PACKET_NEXT),
	END,
};
const struct packet_protocol packet_vlan = { .name = "vlan",
					     .size = 4,
					     .fields = vlan_fields };

/* RFC 826, for IPv4 over Ethernet */
static const struct packet_field arp_fields[] = {
	UINT("hardware", 0, 16, .otherwise = 1),
	UINT("protocol", 16, 16, .otherwise = ETHERTYPE_IPV4),
	UINT("hardware_size", 32, 8, .otherwise = 6),
	UINT("protocol_size", 40, 8, .otherwise = 4),
	UINT("op", 48, 16, .otherwise = 1),
	MAC("sender_mac", 64),
	IPV4("sender_ip", 112),
	MAC("target_mac", 144),
	IPV4("target_ip", 192),
	END,
};
const struct packet_protocol packet_arp = { .name = "arp",
					    .size = 28,
					    .fields = arp_fields };

/* ---- RFC 791, RFC 8200 ---- */

static const struct packet_field ipv4_fields[] = {
	UINT("version", 0, 4, .otherwise = 4),
	UINT("ihl", 4, 4, .computed = PACKET_HEADER, .unit = 4),
	UINT("dscp", 8, 6),
	UINT("ecn", 14, 2),
	UINT("total_length", 16, 16, .computed = PACKET_TOTAL),
	UINT("id", 32, 16),
	UINT("reserved", 48, 1),
	UINT("df", 49, 1),
	UINT("mf", 50, 1),
	UINT("fragment_offset", 51, 13),
	UINT("ttl", 64, 8, .otherwise = 64),
	UINT("protocol", 72, 8, .computed = PACKET_NEXT),
	UINT("checksum", 80, 16, .computed = PACKET_CHECKSUM),
	IPV4("src", 96),
	IPV4("dst", 128),
	LIST("options", 20, &packet_ipv4_options),
	END,
};
const struct packet_protocol packet_ipv4 = { .name = "ipv4",
					     .size = 20,
					     .fields = ipv4_fields };

static const struct packet_field ipv6_fields[] = {
	UINT("version", 0, 4, .otherwise = 6),
	UINT("traffic_class", 4, 8),
	UINT("flow_label", 12, 20),
	UINT("payload_length", 32, 16, .computed = PACKET_TOTAL, .minus = 40),
	UINT("next_header", 48, 8, .computed = PACKET_NEXT),
	UINT("hop_limit", 56, 8, .otherwise = 64),
	IPV6("src", 64),
	IPV6("dst", 192),
	END,
};
const struct packet_protocol packet_ipv6 = { .name = "ipv6",
					     .size = 40,
					     .fields = ipv6_fields };

#define EXTENSION_LENGTH                                                       \
	UINT("length", 8, 8, .computed = PACKET_HEADER, .unit = 8, .minus = 8)

static const struct packet_field options6_fields[] = {
	UINT("next_header", 0, 8, .computed = PACKET_NEXT),
	EXTENSION_LENGTH,
	LIST("options", 2, &packet_ipv6_options),
	END,
};
const struct packet_protocol packet_hopopt = { .name = "hopopt",
					       .size = 2,
					       .fields = options6_fields };
const struct packet_protocol packet_destopt = { .name = "destopt",
						.size = 2,
						.fields = options6_fields };

static const struct packet_field routing_fields[] = {
	UINT("next_header", 0, 8, .computed = PACKET_NEXT),
	EXTENSION_LENGTH,
	UINT("type", 16, 8),
	UINT("segments_left", 24, 8),
	TAIL("data", 4),
	END,
};
const struct packet_protocol packet_routing = { .name = "routing",
						.size = 4,
						.fields = routing_fields };

static const struct packet_field fragment_fields[] = {
	UINT("next_header", 0, 8, .computed = PACKET_NEXT),
	UINT("reserved", 8, 8),
	UINT("offset", 16, 13),
	UINT("reserved2", 29, 2),
	UINT("more", 31, 1),
	UINT("id", 32, 32),
	END,
};
const struct packet_protocol packet_fragment = { .name = "fragment",
						 .size = 8,
						 .fields = fragment_fields };

/* ---- RFC 9293, RFC 768 ---- */

static const struct packet_field tcp_fields[] = {
	UINT("src_port", 0, 16),
	UINT("dst_port", 16, 16),
	UINT("seq", 32, 32),
	UINT("ack", 64, 32),
	UINT("data_offset", 96, 4, .computed = PACKET_HEADER, .unit = 4),
	UINT("reserved", 100, 4),
	FLAGS("flags", 104, 8, "FSRPAUEC"),
	UINT("window", 112, 16, .otherwise = 65535),
	UINT("checksum", 128, 16, .computed = PACKET_CHECKSUM),
	UINT("urgent", 144, 16),
	LIST("options", 20, &packet_tcp_options),
	END,
};
const struct packet_protocol packet_tcp = { .name = "tcp",
					    .size = 20,
					    .fields = tcp_fields };

static const struct packet_field udp_fields[] = {
	UINT("src_port", 0, 16),
	UINT("dst_port", 16, 16),
	UINT("length", 32, 16, .computed = PACKET_TOTAL),
	UINT("checksum", 48, 16, .computed = PACKET_CHECKSUM),
	END,
};
const struct packet_protocol packet_udp = { .name = "udp",
					    .size = 8,
					    .fields = udp_fields };

/* ---- RFC 2131 ---- */

static const struct packet_field dhcp_fields[] = {
	UINT("op", 0, 8, .otherwise = 1),
	UINT("hardware", 8, 8, .otherwise = 1),
	UINT("hardware_size", 16, 8, .otherwise = 6),
	UINT("hops", 24, 8),
	UINT("xid", 32, 32),
	UINT("secs", 64, 16),
	UINT("flags", 80, 16),
	IPV4("ciaddr", 96),
	IPV4("yiaddr", 128),
	IPV4("siaddr", 160),
	IPV4("giaddr", 192),
	MAC("chaddr", 224),
	BYTES("chaddr_rest", 272, 10),
	BYTES("sname", 352, 64),
	BYTES("file", 864, 128),
	UINT("magic", 1888, 32, .otherwise = DHCP_MAGIC),
	LIST("options", 240, &packet_dhcp_options),
	END,
};
const struct packet_protocol packet_dhcp = { .name = "dhcp",
					     .size = 240,
					     .fields = dhcp_fields };

/* ---- what is no header ---- */

static const struct packet_field raw_fields[] = { TAIL("data", 0), END };
const struct packet_protocol packet_raw = { .name = "raw",
					    .fields = raw_fields };
const struct packet_protocol packet_padding = { .name = "padding",
						.fields = raw_fields };

/* ---- which is which ---- */

const struct packet_number_of packet_ethertypes[] = {
	{ ETHERTYPE_IPV4, &packet_ipv4 }, { ETHERTYPE_IPV6, &packet_ipv6 },
	{ ETHERTYPE_ARP, &packet_arp },	  { ETHERTYPE_VLAN, &packet_vlan },
	{ ETHERTYPE_QINQ, &packet_vlan }, { ETHERTYPE_QINQ_OLD, &packet_vlan },
	{ ETHERTYPE_LOCAL, NULL },
};
const struct packet_number_of packet_ip_protocols[] = {
	{ 0, &packet_hopopt },
	{ 1, &packet_icmp },
	{ 4, &packet_ipv4 },
	{ 6, &packet_tcp },
	{ 17, &packet_udp },
	{ 41, &packet_ipv6 },
	{ 43, &packet_routing },
	{ 44, &packet_fragment },
	{ 58, &packet_icmpv6 },
	{ 60, &packet_destopt },
	{ 0, NULL },
};

static const struct packet_protocol *const protocols[] = {
	&packet_eth,	 &packet_vlan,	 &packet_arp,	  &packet_ipv4,
	&packet_ipv6,	 &packet_hopopt, &packet_routing, &packet_fragment,
	&packet_destopt, &packet_icmp,	 &packet_icmpv6,  &packet_tcp,
	&packet_udp,	 &packet_dhcp,	 &packet_dns,	  &packet_raw,
	&packet_padding, NULL,
};

const struct packet_protocol *const *
packet_protocols(void)
{
	return protocols;
}

static const struct packet_protocol *
find(const struct packet_protocol *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

const struct packet_protocol *
packet_protocol_find(const char *name)
{
	return find(protocols, name);
}

const struct packet_protocol *
packet_item_find(const struct packet_list *list, const char *name)
{
	const struct packet_protocol *kind = find(list->kinds, name);

	if (kind == NULL && strcmp(name, packet_raw.name) == 0 &&
	    list->style == PACKET_OPTIONS)
		kind = &packet_raw;
	return kind;
}

const struct packet_protocol *const *
packet_item_kinds(const struct packet_list *list)
{
	return list->kinds;
}

const struct packet_field *
packet_field_find(const struct packet_protocol *protocol, const char *name)
{
	for (const struct packet_field *f = protocol->fields; f->name != NULL;
	     f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const struct packet_protocol *
packet_protocol_of_type(const struct packet_protocol *protocol, uint64_t type)
{
	const struct packet_protocol *const *v = protocol->variants;

	for (; v != NULL && *v != NULL; v++)
		if ((uint64_t)(*v)->code == type)
			return *v;
	return protocol;
}

const struct packet_protocol *
packet_variant(const struct packet_protocol *protocol, const uint8_t *data,
	       size_t size)
{
	const struct packet_protocol *variant;

	if (size == 0)
		return protocol;
	variant = packet_protocol_of_type(protocol, data[0]);
	return variant->size <= size ? variant : protocol;
}
