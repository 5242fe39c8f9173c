/* dissect: which headers a frame is made of. */
#include "driver/packet/packet.h"

#include <string.h>

#include "driver/packet/internal.h"

/* Of the part of the frame that is left to read. */
struct walk {
	const uint8_t *data;
	size_t left; /* as far as the headers' lengths say */
};

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* ---- how long a header is; 0: there is no whole one ---- */

static size_t
ipv4_size(const uint8_t *p, size_t left)
{
	size_t size = (p[0] & 0xfu) * 4;

	return p[0] >> 4 == 4 && size >= packet_ipv4.size && size <= left ? size
									  : 0;
}

static size_t
ipv6_size(const uint8_t *p, size_t left)
{
	(void)left;
	return p[0] >> 4 == 6 ? packet_ipv6.size : 0;
}

static size_t
extension_size(const uint8_t *p, size_t left)
{
	size_t size = (p[1] + 1u) * 8;

	return size <= left ? size : 0;
}

static size_t
tcp_size(const uint8_t *p, size_t left)
{
	size_t size = (p[12] >> 4) * 4u;

	return size >= packet_tcp.size && size <= left ? size : 0;
}

static size_t
arp_size(const uint8_t *p, size_t left)
{
	static const uint8_t ipv4_over_ethernet[] = { 0, 1, 8, 0, 6, 4 };

	(void)left;
	return memcmp(p, ipv4_over_ethernet, sizeof(ipv4_over_ethernet)) == 0
		   ? packet_arp.size
		   : 0;
}

static size_t
dhcp_size(const uint8_t *p, size_t left)
{
	return packet_bits(p, 236 * 8, 32) == DHCP_MAGIC ? left : 0;
}

static size_t
dns_size(const uint8_t *p, size_t left)
{
	(void)p;
	return left;
}

/* Behind what has a list, there is nothing. */
static size_t
icmpv6_size(const uint8_t *p, size_t left)
{
	const struct packet_protocol *variant =
	    packet_variant(&packet_icmpv6, p, left);
	const struct packet_field *field = variant->fields;

	while (field[1].name != NULL)
		field++;
	return field->type == PACKET_LIST ? left : variant->size;
}

static size_t
header_size(const struct packet_protocol *protocol, const struct walk *walk)
{
	static const struct {
		const struct packet_protocol *protocol;
		size_t (*size)(const uint8_t *p, size_t left);
	} of_any_size[] = {
		{ &packet_ipv4, ipv4_size },
		{ &packet_ipv6, ipv6_size },
		{ &packet_hopopt, extension_size },
		{ &packet_destopt, extension_size },
		{ &packet_routing, extension_size },
		{ &packet_tcp, tcp_size },
		{ &packet_arp, arp_size },
		{ &packet_icmpv6, icmpv6_size },
		{ &packet_dhcp, dhcp_size },
		{ &packet_dns, dns_size },
	};

	if (walk->left < protocol->size)
		return 0;
	for (size_t i = 0; i < sizeof(of_any_size) / sizeof(of_any_size[0]);
	     i++)
		if (of_any_size[i].protocol == protocol)
			return of_any_size[i].size(walk->data, walk->left);
	return protocol->size;
}

/* ---- how much of what is left belongs to it ---- */

static void
apply_length(const struct packet_protocol *protocol, size_t header,
	     struct walk *walk)
{
	const uint8_t *p = walk->data;
	size_t length = walk->left;

	if (protocol == &packet_ipv4)
		length = be16(p + 2);
	else if (protocol == &packet_ipv6 && be16(p + 4) != 0)
		length = header + be16(p + 4);
	else if (protocol == &packet_udp)
		length = be16(p + 4);
	else if (protocol == &packet_eth && be16(p + 12) < ETHERTYPE_MIN)
		length = header + be16(p + 12);
	if (length >= header && length < walk->left)
		walk->left = length;
}

/* ---- what comes next; NULL: nothing known ---- */

static const struct packet_protocol *
find_number(const struct packet_number_of *list, unsigned number)
{
	for (; list->protocol != NULL; list++)
		if (list->number == number)
			return list->protocol;
	return NULL;
}

static const struct packet_protocol *
find_port(unsigned src, unsigned dst)
{
	static const struct {
		uint16_t port;
		const struct packet_protocol *protocol;
	} ports[] = {
		{ UDP_DNS, &packet_dns },
		{ UDP_MDNS, &packet_dns },
		{ UDP_DHCP_SERVER, &packet_dhcp },
		{ UDP_DHCP_CLIENT, &packet_dhcp },
	};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (ports[i].port == src || ports[i].port == dst)
			return ports[i].protocol;
	return NULL;
}

/* Those that belong to IPv6 alone mean something else in IPv4. */
static bool
is_of_ipv6(const struct packet_protocol *protocol)
{
	return protocol == &packet_hopopt || protocol == &packet_destopt ||
	       protocol == &packet_routing || protocol == &packet_fragment ||
	       protocol == &packet_icmpv6;
}

static const struct packet_protocol *
next_of(const struct packet_protocol *protocol, const uint8_t *p)
{
	const struct packet_protocol *next;

	if (protocol == &packet_eth)
		return find_number(packet_ethertypes, be16(p + 12));
	if (protocol == &packet_vlan)
		return find_number(packet_ethertypes, be16(p + 2));
	if (protocol == &packet_ipv4) {
		if ((be16(p + 6) & 0x1fff) != 0)
			return NULL; /* not the first fragment */
		next = find_number(packet_ip_protocols, p[9]);
		return next == NULL || is_of_ipv6(next) ? NULL : next;
	}
	if (protocol == &packet_ipv6)
		return find_number(packet_ip_protocols, p[6]);
	if (protocol == &packet_fragment && be16(p + 2) >> 3 != 0)
		return NULL;
	if (is_of_ipv6(protocol) && protocol != &packet_icmpv6)
		return find_number(packet_ip_protocols, p[0]);
	if (protocol == &packet_udp)
		return find_port(be16(p), be16(p + 2));
	return NULL;
}

static void
add_layer(struct packet *packet, const struct packet_protocol *protocol,
	  size_t at, size_t size)
{
	if (size == 0)
		return;
	packet->layers[packet->n_layers++] = (struct packet_part){
		.protocol = protocol,
		.at = at,
		.base = at,
		.size = size,
		.message = at,
	};
}

void
packet_dissect(const uint8_t *data, size_t size, struct packet *packet)
{
	const struct packet_protocol *next = &packet_eth;
	struct walk walk = { .data = data, .left = size };
	size_t at = 0;

	packet->data = data;
	packet->size = size;
	packet->n_layers = 0;
	/* Room is left for what is raw, and padding. */
	while (next != NULL && packet->n_layers < PACKET_LAYERS_MAX - 2) {
		const struct packet_protocol *protocol = next;
		size_t header = header_size(protocol, &walk);

		if (header == 0)
			break;
		apply_length(protocol, header, &walk);
		next = next_of(protocol, walk.data);
		add_layer(packet, packet_variant(protocol, walk.data, header),
			  at, header);
		walk.data += header;
		walk.left -= header;
		at += header;
	}
	add_layer(packet, &packet_raw, at, walk.left);
	at += walk.left;
	add_layer(packet, &packet_padding, at, size - at);
}

const struct packet_part *
packet_layer(const struct packet *packet, const char *name)
{
	for (size_t i = 0; i < packet->n_layers; i++)
		if (strcmp(packet->layers[i].protocol->name, name) == 0)
			return &packet->layers[i];
	return NULL;
}
