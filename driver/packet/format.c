#include "driver/packet/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "driver/packet/format-internal.h"
#include "driver/packet/internal.h"

void
line_add(struct packet_line *line, const char *fmt, ...)
{
	size_t room = PACKET_LINE_SIZE - line->len;
	va_list ap;
	int n;

	if (line->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line->text + line->len, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room) {
		line->len += (size_t)n;
		return;
	}
	line->cut = true;
	strcpy(line->text + PACKET_LINE_SIZE - 4, "...");
}

const char *
line_text(const struct packet_line *line, const struct packet_part *part,
	  const char *name, char text[static PACKET_TEXT_SIZE])
{
	const struct packet_field *field =
	    packet_field_find(part->protocol, name);
	struct packet_value value;

	text[0] = '\0';
	if (field == NULL)
		return text;
	packet_get(line->packet, part, field, &value);
	return packet_value_text(field, &value, text);
}

uint64_t
line_number(const struct packet_line *line, const struct packet_part *part,
	    const char *field)
{
	return packet_number(line->packet, part, field);
}

size_t
line_size(const struct packet_line *line, const struct packet_part *part)
{
	const struct packet_part *last =
	    &line->packet->layers[line->packet->n_layers - 1];
	size_t end = line->packet->size;

	if (last->protocol == &packet_padding)
		end = last->at;
	return end - part->at;
}

size_t
line_behind(const struct packet_line *line, const struct packet_part *part)
{
	return line_size(line, part) - part->size;
}

/* ---- Ethernet and what is not IP ---- */

static void
line_eth(struct packet_line *line, const struct packet_part *part)
{
	char src[PACKET_TEXT_SIZE], dst[PACKET_TEXT_SIZE];
	const struct packet_part *inner = part;
	unsigned type;

	while (inner[1].protocol == &packet_vlan &&
	       inner + 1 < line->packet->layers + line->packet->n_layers)
		inner++;
	type = (unsigned)line_number(line, inner, "type");
	if (!line->inner)
		line_add(line, "%s > %s, ", line_text(line, part, "src", src),
			 line_text(line, part, "dst", dst));
	if (type < ETHERTYPE_MIN)
		line_add(line, "802.3, length %u", type);
	else
		line_add(line, "ethertype Unknown (0x%04x), length %zu", type,
			 line->packet->size);
}

static void
line_arp(struct packet_line *line, const struct packet_part *part)
{
	char sender[PACKET_TEXT_SIZE], target[PACKET_TEXT_SIZE];
	char mac[PACKET_TEXT_SIZE];
	unsigned op = (unsigned)line_number(line, part, "op");

	line_text(line, part, "sender_ip", sender);
	line_text(line, part, "target_ip", target);
	line_add(line, "ARP, ");
	if (op == 1) {
		line_text(line, part, "target_mac", mac);
		line_add(line, "Request who-has %s", target);
		if (strcmp(mac, "00:00:00:00:00:00") != 0)
			line_add(line, " (%s)", mac);
		line_add(line, " tell %s", sender);
	} else if (op == 2) {
		line_add(line, "Reply %s is-at %s", sender,
			 line_text(line, part, "sender_mac", mac));
	} else {
		line_add(line, "Unknown (%u)", op);
	}
	/* Of a small frame, padding counts as well. */
	line_add(line, ", length %zu", line->packet->size - part->at);
}

/* ---- IP ---- */

/* "IP 192.168.1.1.4000 > 192.168.1.2.80: " */
static void
line_ends(struct packet_line *line, const struct packet_part *ip,
	  const struct packet_part *transport)
{
	char src[PACKET_TEXT_SIZE], dst[PACKET_TEXT_SIZE];
	const char *word = ip->protocol == &packet_ipv4 ? "IP" : "IP6";

	line_text(line, ip, "src", src);
	line_text(line, ip, "dst", dst);
	if (transport == NULL)
		line_add(line, "%s %s > %s: ", word, src, dst);
	else
		line_add(line, "%s %s.%u > %s.%u: ", word, src,
			 (unsigned)line_number(line, transport, "src_port"),
			 dst,
			 (unsigned)line_number(line, transport, "dst_port"));
}

static void
line_extension(struct packet_line *line, const struct packet_part *part)
{
	const struct packet_protocol *protocol = part->protocol;

	if (protocol == &packet_hopopt)
		line_add(line, "HBH ");
	else if (protocol == &packet_destopt)
		line_add(line, "DSTOPT ");
	else if (protocol == &packet_routing)
		line_add(line, "RT6 (len=%u, type=%u, segleft=%u) ",
			 (unsigned)line_number(line, part, "length"),
			 (unsigned)line_number(line, part, "type"),
			 (unsigned)line_number(line, part, "segments_left"));
	else if (protocol == &packet_fragment)
		line_add(line, "frag (%u|%zu) ",
			 (unsigned)line_number(line, part, "offset") * 8,
			 line_behind(line, part));
}

/* What is in an IP datagram that nobody here reads. */
static void
line_ip_other(struct packet_line *line, const struct packet_part *ip,
	      const struct packet_part *last)
{
	const char *field =
	    last->protocol == &packet_ipv4 ? "protocol" : "next_header";

	line_add(line, "ip-proto-%u", (unsigned)line_number(line, last, field));
	if (line_number(line, ip, "fragment_offset") != 0)
		line_add(line, ", fragment at %u",
			 (unsigned)line_number(line, ip, "fragment_offset") *
			     8);
	line_add(line, ", length %zu", line_behind(line, last));
}

static void
line_dhcp_type(struct packet_line *line, const struct packet_part *dhcp)
{
	static const char *const words[] = { NULL,	"Discover", "Offer",
					     "Request", "Decline",  "ACK",
					     "NAK",	"Release",  "Inform" };
	unsigned type = packet_dhcp_type(line->packet, dhcp);

	if (type > 0 && type < sizeof(words) / sizeof(words[0]))
		line_add(line, "%s, ", words[type]);
}

static void
line_udp(struct packet_line *line, const struct packet_part *udp,
	 const struct packet_part *payload)
{
	char mac[PACKET_TEXT_SIZE];

	if (payload != NULL && payload->protocol == &packet_dns) {
		line_dns(line, payload);
	} else if (payload != NULL && payload->protocol == &packet_dhcp) {
		line_add(line, "BOOTP/DHCP, ");
		if (line->inner)
			line_dhcp_type(line, payload);
		if (line_number(line, payload, "op") == 1)
			line_add(line, "Request from %s",
				 line_text(line, payload, "chaddr", mac));
		else
			line_add(line, "Reply");
		line_add(line, ", length %zu", payload->size);
	} else {
		line_add(line, "UDP, length %zu", line_behind(line, udp));
	}
}

static void
line_transport(struct packet_line *line, const struct packet_part *ip,
	       const struct packet_part *part, const struct packet_part *next)
{
	if (strcmp(part->protocol->name, "tcp") == 0)
		line_tcp(line, part);
	else if (strcmp(part->protocol->name, "udp") == 0)
		line_udp(line, part, next);
	else if (strcmp(part->protocol->name, "icmp") == 0)
		line_icmp(line, part);
	else if (strcmp(part->protocol->name, "icmpv6") == 0)
		line_icmpv6(line, part);
	else
		line_ip_other(line, ip, part - 1);
}

static bool
has_ports(const struct packet_part *part)
{
	return part->protocol == &packet_tcp || part->protocol == &packet_udp;
}

static bool
is_extension(const struct packet_part *part)
{
	return part->protocol == &packet_hopopt ||
	       part->protocol == &packet_destopt ||
	       part->protocol == &packet_routing ||
	       part->protocol == &packet_fragment;
}

static void
line_ip(struct packet_line *line, const struct packet_part *ip,
	const struct packet_part *end)
{
	const struct packet_part *part = ip + 1;

	while (part < end && is_extension(part))
		part++;
	/* What is inside of a tunnel keeps its addresses. */
	if (!line->inner || is_extension(ip - 1) ||
	    ip[-1].protocol == &packet_ipv4 || ip[-1].protocol == &packet_ipv6)
		line_ends(line, ip,
			  part < end && has_ports(part) ? part : NULL);
	for (const struct packet_part *e = ip + 1; e < part; e++)
		line_extension(line, e);
	if (part < end &&
	    (part->protocol == &packet_ipv4 || part->protocol == &packet_ipv6))
		line_ip(line, part, end);
	else if (part < end)
		line_transport(line, ip, part,
			       part + 1 < end ? part + 1 : NULL);
	else
		line_ip_other(line, ip, part - 1);
}

static const char *
format(const struct packet *packet, bool inner, char *text)
{
	struct packet_line line = { .packet = packet,
				    .text = text,
				    .inner = inner };
	const struct packet_part *eth = packet->layers;
	const struct packet_part *end = eth + packet->n_layers;
	const struct packet_part *part = eth + 1;

	text[0] = '\0';
	if (packet->n_layers == 0 || eth->protocol != &packet_eth) {
		line_add(&line, "no Ethernet frame, length %zu", packet->size);
		return text;
	}
	for (; part < end && part->protocol == &packet_vlan; part++)
		line_add(&line, "vlan %u, p %u, ",
			 (unsigned)line_number(&line, part, "vid"),
			 (unsigned)line_number(&line, part, "pcp"));
	if (part < end && part->protocol == &packet_arp)
		line_arp(&line, part);
	else if (part < end && (part->protocol == &packet_ipv4 ||
				part->protocol == &packet_ipv6))
		line_ip(&line, part, end);
	else
		line_eth(&line, eth);
	return text;
}

const char *
packet_format(const struct packet *packet, char text[static PACKET_LINE_SIZE])
{
	return format(packet, false, text);
}

const char *
packet_format_inner(const struct packet *packet,
		    char text[static PACKET_LINE_SIZE])
{
	return format(packet, true, text);
}
