/* icmp: the tables of ICMP (RFC 792), of ICMPv6 (RFC 4443) and of neighbour
 * discovery (RFC 4861). */
#include "driver/packet/tables.h"

#define HEAD                                                                   \
	UINT("type", 0, 8), UINT("code", 8, 8),                                \
	    UINT("checksum", 16, 16, .computed = PACKET_CHECKSUM)
/* With the type filled in. */
#define HEAD_OF(number)                                                        \
	UINT("type", 0, 8, .otherwise = (number)), UINT("code", 8, 8),         \
	    UINT("checksum", 16, 16, .computed = PACKET_CHECKSUM)

static const struct packet_field echo_fields[] = {
	HEAD_OF(8),
	UINT("id", 32, 16),
	UINT("seq", 48, 16),
	END,
};
static const struct packet_field unreachable_fields[] = {
	HEAD_OF(3),
	UINT("unused", 32, 8),
	UINT("length", 40, 8), /* RFC 4884 */
	UINT("mtu", 48, 16),   /* RFC 1191 */
	END,
};
static const struct packet_field redirect_fields[] = {
	HEAD_OF(5),
	IPV4("gateway", 32),
	END,
};
static const struct packet_field other_fields[] = {
	HEAD,
	UINT("rest", 32, 32),
	END,
};

#define ICMP(number, octets, table)                                            \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = "icmp", .code = (number), .size = (octets),            \
		.fields = (table)                                              \
	}
static const struct packet_protocol *const icmp_variants[] = {
	ICMP(0, 8, echo_fields),
	ICMP(8, 8, echo_fields),
	ICMP(3, 8, unreachable_fields),
	ICMP(5, 8, redirect_fields),
	NULL,
};
const struct packet_protocol packet_icmp = { .name = "icmp",
					     .size = 8,
					     .fields = other_fields,
					     .variants = icmp_variants };

/* ---- ICMPv6 ---- */

static const struct packet_field echo6_fields[] = {
	HEAD_OF(128),
	UINT("id", 32, 16),
	UINT("seq", 48, 16),
	END,
};
static const struct packet_field too_big_fields[] = {
	HEAD_OF(2),
	UINT("mtu", 32, 32),
	END,
};
static const struct packet_field mld_fields[] = {
	HEAD_OF(131), /* RFC 2710 */
	UINT("max_delay", 32, 16),
	UINT("reserved", 48, 16),
	IPV6("group", 64),
	END,
};
static const struct packet_field router_solicitation_fields[] = {
	HEAD_OF(133),
	UINT("reserved", 32, 32),
	LIST("options", 8, &packet_nd_options),
	END,
};
static const struct packet_field router_advertisement_fields[] = {
	HEAD_OF(134),
	UINT("hop_limit", 32, 8, .otherwise = 64),
	UINT("managed", 40, 1),
	UINT("other", 41, 1),
	UINT("reserved", 42, 6),
	UINT("lifetime", 48, 16),
	UINT("reachable_time", 64, 32),
	UINT("retrans_timer", 96, 32),
	LIST("options", 16, &packet_nd_options),
	END,
};
static const struct packet_field solicitation_fields[] = {
	HEAD_OF(135),
	UINT("reserved", 32, 32),
	IPV6("target", 64),
	LIST("options", 24, &packet_nd_options),
	END,
};
static const struct packet_field advertisement_fields[] = {
	HEAD_OF(136),
	UINT("router", 32, 1),
	UINT("solicited", 33, 1),
	UINT("override", 34, 1),
	UINT("reserved", 35, 29),
	IPV6("target", 64),
	LIST("options", 24, &packet_nd_options),
	END,
};
static const struct packet_field redirect6_fields[] = {
	HEAD_OF(137),
	UINT("reserved", 32, 32),
	IPV6("target", 64),
	IPV6("dst", 192),
	LIST("options", 40, &packet_nd_options),
	END,
};

#define ICMPV6(number, octets, table)                                          \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = "icmpv6", .code = (number), .size = (octets),          \
		.fields = (table)                                              \
	}
static const struct packet_protocol *const icmpv6_variants[] = {
	ICMPV6(2, 8, too_big_fields),
	ICMPV6(128, 8, echo6_fields),
	ICMPV6(129, 8, echo6_fields),
	ICMPV6(131, 24, mld_fields),
	ICMPV6(132, 24, mld_fields),
	ICMPV6(133, 8, router_solicitation_fields),
	ICMPV6(134, 16, router_advertisement_fields),
	ICMPV6(135, 24, solicitation_fields),
	ICMPV6(136, 24, advertisement_fields),
	ICMPV6(137, 40, redirect6_fields),
	NULL,
};
const struct packet_protocol packet_icmpv6 = { .name = "icmpv6",
					       .size = 8,
					       .fields = other_fields,
					       .variants = icmpv6_variants };
