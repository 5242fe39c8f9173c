#include "driver/report/wire-frame.h"

#include <string.h>

#include "driver/packet/packet.h"
#include "driver/packet/sums.h"

enum {
	DNS_PORT = 53,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
};

/* ---- fields ---- */

static struct wire_address
address(const uint8_t *octets, size_t size)
{
	struct wire_address a = { .size = (uint8_t)size };

	memcpy(a.octets, octets, size);
	return a;
}

/* An address that is a field of @part. */
static struct wire_address
address_of(const struct packet *packet, const struct packet_part *part,
	   const char *name)
{
	const struct packet_field *field =
	    packet_field_find(part->protocol, name);
	struct packet_value value;

	if (field == NULL)
		return (struct wire_address){ .size = 0 };
	packet_get(packet, part, field, &value);
	if (value.data == NULL || (value.size != 4 && value.size != 16))
		return (struct wire_address){ .size = 0 };
	return address(value.data, value.size);
}

static struct mac
mac_of(const struct packet *packet, const struct packet_part *part,
       const char *name)
{
	const struct packet_field *field =
	    packet_field_find(part->protocol, name);
	struct packet_value value = { .data = NULL };

	if (field != NULL)
		packet_get(packet, part, field, &value);
	if (value.data == NULL || value.size != MAC_LEN)
		return (struct mac){ .b = { 0 } };
	return mac_from_bytes(value.data);
}

static uint32_t
number(const struct packet *packet, const struct packet_part *part,
       const char *name)
{
	return (uint32_t)packet_number(packet, part, name);
}

/* ---- what ICMP errors quote ---- */

/* Behind the header of ICMP there is the beginning of a datagram. */
static void
read_quoted(const struct packet *packet, const struct packet_part *icmp,
	    size_t header, struct wire_flow *flow)
{
	const uint8_t *p = packet->data + icmp->at + header;
	size_t at = icmp->at + header, ip;
	size_t size = packet->size > at ? packet->size - at : 0;

	if (size >= 20 && p[0] >> 4 == 4) {
		flow->src = address(p + 12, 4);
		flow->dst = address(p + 16, 4);
		flow->protocol = p[9];
		ip = (p[0] & 0xfu) * 4;
	} else if (size >= 40 && p[0] >> 4 == 6) {
		flow->src = address(p + 8, 16);
		flow->dst = address(p + 24, 16);
		flow->protocol = p[6];
		ip = 40;
	} else {
		return;
	}
	if ((flow->protocol != PROTO_TCP && flow->protocol != PROTO_UDP) ||
	    size < ip + 4)
		return;
	flow->src_port = (uint16_t)(p[ip] << 8 | p[ip + 1]);
	flow->dst_port = (uint16_t)(p[ip + 2] << 8 | p[ip + 3]);
}

/* ---- layers ---- */

static void
read_arp(const struct packet *packet, const struct packet_part *part,
	 struct wire_frame *f)
{
	unsigned op = number(packet, part, "op");

	f->protocol = "ARP";
	if (op != 1 && op != 2)
		return;
	f->kind = op == 1 ? WIRE_WHO_HAS : WIRE_IS_AT;
	f->asker = address_of(packet, part, "sender_ip");
	f->target = op == 1 ? address_of(packet, part, "target_ip") : f->asker;
	f->claimed = mac_of(packet, part, "sender_mac");
}

static const struct {
	uint8_t type;
	enum wire_kind kind;
} icmp_kinds[] = {
	{ 0, WIRE_ECHO_REPLY },
	{ 3, WIRE_UNREACHABLE },
	{ 8, WIRE_ECHO_REQUEST },
	{ 11, WIRE_TIME_EXCEEDED },
}, icmpv6_kinds[] = {
	{ 1, WIRE_UNREACHABLE }, { 2, WIRE_TOO_BIG },
	{ 3, WIRE_TIME_EXCEEDED }, { 128, WIRE_ECHO_REQUEST },
	{ 129, WIRE_ECHO_REPLY }, { 135, WIRE_WHO_HAS },
	{ 136, WIRE_IS_AT },
};

static void
read_icmp_rest(const struct packet *packet, const struct packet_part *part,
	       struct wire_frame *f)
{
	enum { ICMP_HEADER = 8 };

	f->code = (uint8_t)number(packet, part, "code");
	switch (f->kind) {
	case WIRE_ECHO_REQUEST:
	case WIRE_ECHO_REPLY:
		f->id = number(packet, part, "id");
		f->seq16 = (uint16_t)number(packet, part, "seq");
		break;
	case WIRE_UNREACHABLE:
	case WIRE_TOO_BIG:
	case WIRE_TIME_EXCEEDED:
		f->mtu = number(packet, part, "mtu");
		read_quoted(packet, part, ICMP_HEADER, &f->quoted);
		break;
	case WIRE_WHO_HAS:
	case WIRE_IS_AT:
		f->target = address_of(packet, part, "target");
		f->asker = f->flow.src;
		f->claimed = f->src;
		break;
	default:
		break;
	}
}

static void
read_icmp(const struct packet *packet, const struct packet_part *part,
	  struct wire_frame *f)
{
	unsigned type = number(packet, part, "type");

	f->protocol = "ICMP";
	for (size_t i = 0; i < sizeof(icmp_kinds) / sizeof(icmp_kinds[0]); i++)
		if (icmp_kinds[i].type == type)
			f->kind = icmp_kinds[i].kind;
	read_icmp_rest(packet, part, f);
	if (f->kind == WIRE_UNREACHABLE && f->code == 4)
		f->kind = WIRE_TOO_BIG; /* RFC 1191 */
}

static void
read_icmpv6(const struct packet *packet, const struct packet_part *part,
	    struct wire_frame *f)
{
	unsigned type = number(packet, part, "type");

	f->protocol = type >= 133 && type <= 137 ? "NDP" : "ICMPv6";
	for (size_t i = 0; i < sizeof(icmpv6_kinds) / sizeof(icmpv6_kinds[0]);
	     i++)
		if (icmpv6_kinds[i].type == type)
			f->kind = icmpv6_kinds[i].kind;
	read_icmp_rest(packet, part, f);
}

/* Does @data begin with a request of HTTP, or an answer? */
static bool
is_http(const uint8_t *data, size_t size)
{
	static const char *const begins[] = { "GET ",	 "HEAD ",   "POST ",
					      "PUT ",	 "DELETE ", "HTTP/1.",
					      "OPTIONS " };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t n = strlen(begins[i]);

		if (size > n && memcmp(data, begins[i], n) == 0)
			return true;
	}
	return false;
}

/* Where the IP datagram ends: padding does not count. */
static size_t
end_of(const struct packet *packet)
{
	const struct packet_part *last = &packet->layers[packet->n_layers - 1];

	return last->protocol == &packet_padding ? last->at : packet->size;
}

static void
read_tcp(const struct packet *packet, const struct packet_part *part,
	 struct wire_frame *f)
{
	size_t begin = part->at + part->size, end = end_of(packet);

	f->kind = WIRE_TCP;
	f->tcp_flags = (uint8_t)number(packet, part, "flags");
	f->seq = number(packet, part, "seq");
	f->ack = number(packet, part, "ack");
	f->payload = (uint32_t)(end > begin ? end - begin : 0);
	f->protocol =
	    is_http(packet->data + begin, f->payload) ? "HTTP" : "TCP";
}

static void
read_dns(const struct packet *packet, const struct packet_part *part,
	 struct wire_frame *f)
{
	const struct packet_field *list =
	    packet_field_find(part->protocol, "questions");
	const struct packet_field *field;
	struct packet_part question = { .protocol = NULL };
	struct packet_value value;

	f->protocol = "DNS";
	if (f->flow.dst_port != DNS_PORT && f->flow.src_port != DNS_PORT) {
		f->protocol = "mDNS";
		return;
	}
	f->kind =
	    number(packet, part, "qr") == 0 ? WIRE_DNS_QUERY : WIRE_DNS_ANSWER;
	f->id = number(packet, part, "id");
	f->code = (uint8_t)number(packet, part, "rcode");
	if (list == NULL || !packet_next_item(packet, part, list, &question))
		return;
	field = packet_field_find(question.protocol, "name");
	if (field == NULL)
		return;
	packet_get(packet, &question, field, &value);
	for (size_t i = 0; value.name[i] != '\0' && i < WIRE_NAME_SIZE - 1; i++)
		f->name[i] = value.name[i] > ' ' && value.name[i] < 0x7f
				 ? value.name[i]
				 : '?';
}

static void
read_dhcp(const struct packet *packet, const struct packet_part *part,
	  struct wire_frame *f)
{
	f->protocol = "DHCP";
	f->kind = WIRE_DHCP;
	f->id = number(packet, part, "xid");
	f->code = (uint8_t)packet_dhcp_type(packet, part);
	f->client = mac_of(packet, part, "chaddr");
}

static void
read_udp(const struct packet *packet, const struct packet_part *part,
	 struct wire_frame *f)
{
	(void)packet;
	(void)part;
	f->kind = WIRE_UDP;
	f->protocol = "UDP";
}

static const struct {
	const char *layer;
	uint8_t protocol; /* of IP; 0: another kind of layer */
	void (*read)(const struct packet *packet,
		     const struct packet_part *part, struct wire_frame *f);
} readers[] = {
	{ "tcp", PROTO_TCP, read_tcp },
	{ "udp", PROTO_UDP, read_udp },
	{ "icmp", PROTO_ICMP, read_icmp },
	{ "icmpv6", PROTO_ICMPV6, read_icmpv6 },
	{ "arp", 0, read_arp },
	{ "dns", 0, read_dns },
	{ "dhcp", 0, read_dhcp },
};

static void
read_layer(const struct packet *packet, const struct packet_part *part,
	   struct wire_frame *f)
{
	const char *name = part->protocol->name;

	if (strcmp(name, "ipv4") == 0 || strcmp(name, "ipv6") == 0) {
		f->flow.src = address_of(packet, part, "src");
		f->flow.dst = address_of(packet, part, "dst");
		f->protocol = name[3] == '4' ? "IPv4" : "IPv6";
		return;
	}
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(name, readers[i].layer) != 0)
			continue;
		if (readers[i].protocol == PROTO_TCP ||
		    readers[i].protocol == PROTO_UDP) {
			f->flow.src_port =
			    (uint16_t)number(packet, part, "src_port");
			f->flow.dst_port =
			    (uint16_t)number(packet, part, "dst_port");
		}
		if (readers[i].protocol != 0)
			f->flow.protocol = readers[i].protocol;
		readers[i].read(packet, part, f);
	}
}

/* By the type: what is not IP. */
static const char *
other_protocol(const struct packet *packet)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = { { 0x88cc, "LLDP" },
		      { 0x8809, "LACP" },
		      { 0x888e, "EAPOL" },
		      { 0x8863, "PPPoE" },
		      { 0x8864, "PPPoE" } };
	unsigned type;

	if (packet->size < 14)
		return "short";
	type = (unsigned)packet->data[12] << 8 | packet->data[13];
	if (type < 0x600)
		return "LLC";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return "Ethernet";
}

void
wire_frame_read(const struct packet *packet, bool whole,
		struct wire_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	frame->protocol = other_protocol(packet);
	if (packet->size >= 14) {
		frame->dst = mac_from_bytes(packet->data);
		frame->src = mac_from_bytes(packet->data + 6);
	}
	for (size_t i = 0; i < packet->n_layers; i++)
		read_layer(packet, &packet->layers[i], frame);
	frame->bad_sum = whole && packet_bad_sum(packet) != NULL;
}
