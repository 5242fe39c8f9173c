/* options: the tables of what headers list behind their fixed fields. */
#include <string.h>

#include "driver/packet/tables.h"

/* An option whose length counts it whole. */
#define WHOLE_LENGTH UINT("length", 8, 8, .computed = PACKET_HEADER)
/* ... only what is behind the length. */
#define VALUE_LENGTH UINT("length", 8, 8, .computed = PACKET_HEADER, .minus = 2)
#define CODE(number) UINT("code", 0, 8, .otherwise = (number))

#define OPTION(n, number, octets, ...)                                         \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = (n), .code = (number), .size = (octets),               \
		.fields = (const struct packet_field[])                        \
		{                                                              \
			__VA_ARGS__, END                                       \
		}                                                              \
	}
#define SINGLE(n, number)                                                      \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = (n), .code = (number), .size = 1, .single = true,      \
		.fields = (const struct packet_field[])                        \
		{                                                              \
			CODE(number), END                                      \
		}                                                              \
	}
#define LAST(n, number)                                                        \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = (n), .code = (number), .size = 1, .single = true,      \
		.last = true, .fields = (const struct packet_field[])          \
		{                                                              \
			CODE(number), END                                      \
		}                                                              \
	}

/* ---- TCP: RFC 9293, 7323, 2018; IPv4: RFC 791, 2113 ---- */

static const struct packet_protocol *const sack_kinds[] = {
	OPTION("block", -1, 8, UINT("left", 0, 32), UINT("right", 32, 32)),
	NULL,
};
static const struct packet_list sack_blocks = { .style = PACKET_FIXED,
						.kinds = sack_kinds };

static const struct packet_protocol *const tcp_kinds[] = {
	LAST("eol", 0),
	SINGLE("nop", 1),
	OPTION("mss", 2, 4, CODE(2), WHOLE_LENGTH, UINT("value", 16, 16)),
	OPTION("wscale", 3, 3, CODE(3), WHOLE_LENGTH, UINT("value", 16, 8)),
	OPTION("sack_ok", 4, 2, CODE(4), WHOLE_LENGTH),
	OPTION("sack", 5, 2, CODE(5), WHOLE_LENGTH,
	       LIST("blocks", 2, &sack_blocks)),
	OPTION("timestamps", 8, 10, CODE(8), WHOLE_LENGTH,
	       UINT("value", 16, 32), UINT("echo", 48, 32)),
	OPTION("option", -1, 2, CODE(254), WHOLE_LENGTH, TAIL("data", 2)),
	NULL,
};
const struct packet_list packet_tcp_options = { .style = PACKET_OPTIONS,
						.kinds = tcp_kinds,
						.unit = 1 };

static const struct packet_protocol *const ipv4_kinds[] = {
	LAST("eol", 0),
	SINGLE("nop", 1),
	OPTION("router_alert", 148, 4, CODE(148), WHOLE_LENGTH,
	       UINT("value", 16, 16)),
	OPTION("option", -1, 2, CODE(94), WHOLE_LENGTH, TAIL("data", 2)),
	NULL,
};
const struct packet_list packet_ipv4_options = { .style = PACKET_OPTIONS,
						 .kinds = ipv4_kinds,
						 .unit = 1 };

/* ---- IPv6: RFC 8200, section 4.2; RFC 2711 ---- */

static const struct packet_protocol *const ipv6_kinds[] = {
	SINGLE("pad1", 0),
	OPTION("padn", 1, 2, CODE(1), VALUE_LENGTH, TAIL("data", 2)),
	OPTION("router_alert", 5, 4, CODE(5), VALUE_LENGTH,
	       UINT("value", 16, 16)),
	OPTION("option", -1, 2, CODE(0x1e), VALUE_LENGTH, TAIL("data", 2)),
	NULL,
};
const struct packet_list packet_ipv6_options = {
	.style = PACKET_OPTIONS, .kinds = ipv6_kinds, .unit = 1, .plus = 2
};

/* ---- neighbour discovery: RFC 4861, section 4.6; RFC 8106 ---- */

#define ND_LENGTH UINT("length", 8, 8, .computed = PACKET_HEADER, .unit = 8)

static const struct packet_protocol *const address6_kinds[] = {
	OPTION("address", -1, 16, IPV6("address", 0)),
	NULL,
};
static const struct packet_list address6_list = { .style = PACKET_FIXED,
						  .kinds = address6_kinds };

static const struct packet_protocol *const nd_kinds[] = {
	OPTION("source_mac", 1, 8, CODE(1), ND_LENGTH, MAC("value", 16)),
	OPTION("target_mac", 2, 8, CODE(2), ND_LENGTH, MAC("value", 16)),
	OPTION("prefix", 3, 32, CODE(3), ND_LENGTH,
	       UINT("prefix_length", 16, 8, .otherwise = 64),
	       UINT("on_link", 24, 1), UINT("autonomous", 25, 1),
	       UINT("reserved", 26, 6), UINT("valid_lifetime", 32, 32),
	       UINT("preferred_lifetime", 64, 32), UINT("reserved2", 96, 32),
	       IPV6("prefix", 128)),
	OPTION("mtu", 5, 8, CODE(5), ND_LENGTH, UINT("reserved", 16, 16),
	       UINT("value", 32, 32)),
	OPTION("rdnss", 25, 8, CODE(25), ND_LENGTH, UINT("reserved", 16, 16),
	       UINT("lifetime", 32, 32), LIST("addresses", 8, &address6_list)),
	OPTION("option", -1, 2, CODE(253), ND_LENGTH, TAIL("data", 2)),
	NULL,
};
const struct packet_list packet_nd_options = { .style = PACKET_OPTIONS,
					       .kinds = nd_kinds,
					       .unit = 8 };

/* ---- DHCP: RFC 2132 ---- */

static const struct packet_protocol *const address4_kinds[] = {
	OPTION("address", -1, 4, IPV4("address", 0)),
	NULL,
};
static const struct packet_list address4_list = { .style = PACKET_FIXED,
						  .kinds = address4_kinds };

#define DHCP_UINT(n, number, octets)                                           \
	OPTION(n, number, 2 + (octets), CODE(number), VALUE_LENGTH,            \
	       UINT("value", 16, (octets)*8))
#define DHCP_IPV4(n, number)                                                   \
	OPTION(n, number, 6, CODE(number), VALUE_LENGTH, IPV4("value", 16))
#define DHCP_IPV4S(n, number)                                                  \
	OPTION(n, number, 2, CODE(number), VALUE_LENGTH,                       \
	       LIST("addresses", 2, &address4_list))
#define DHCP_BYTES(n, number)                                                  \
	OPTION(n, number, 2, CODE(number), VALUE_LENGTH, TAIL("value", 2))

static const struct packet_protocol *const dhcp_kinds[] = {
	SINGLE("pad", 0),
	LAST("end", 255),
	DHCP_IPV4("subnet_mask", 1),
	DHCP_IPV4S("routers", 3),
	DHCP_IPV4S("dns_servers", 6),
	DHCP_BYTES("host_name", 12),
	DHCP_BYTES("domain_name", 15),
	DHCP_UINT("mtu", 26, 2),
	DHCP_IPV4("broadcast", 28),
	DHCP_IPV4S("ntp_servers", 42),
	DHCP_IPV4("requested_address", 50),
	DHCP_UINT("lease_time", 51, 4),
	DHCP_UINT("message_type", 53, 1),
	DHCP_IPV4("server_id", 54),
	DHCP_BYTES("parameter_list", 55),
	DHCP_BYTES("message", 56),
	DHCP_UINT("max_size", 57, 2),
	DHCP_UINT("renewal_time", 58, 4),
	DHCP_UINT("rebinding_time", 59, 4),
	DHCP_BYTES("vendor_class", 60),
	DHCP_BYTES("client_id", 61),
	OPTION("option", -1, 2, CODE(254), VALUE_LENGTH, TAIL("data", 2)),
	NULL,
};
const struct packet_list packet_dhcp_options = {
	.style = PACKET_OPTIONS, .kinds = dhcp_kinds, .unit = 1, .plus = 2
};

/* ---- what options say ---- */

unsigned
packet_dhcp_type(const struct packet *packet, const struct packet_part *part)
{
	const struct packet_field *list =
	    packet_field_find(part->protocol, "options");
	struct packet_part option = { .protocol = NULL };

	while (packet_next_item(packet, part, list, &option))
		if (strcmp(option.protocol->name, "message_type") == 0)
			return (unsigned)packet_number(packet, &option,
						       "value");
	return 0;
}
