#include "driver/packet/sums.h"

#include <string.h>

#include "driver/packet/internal.h"

enum { IPV4_FRAGMENT_MASK = 0x3fff, UDP_SUM_AT = 6 };

/* Not folded: one's complement sums of even numbers of octets can be added. */
static uint64_t
sum(const uint8_t *data, size_t size)
{
	uint64_t total = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		total += (unsigned)data[i] << 8 | data[i + 1];
	if (size % 2 != 0)
		total += (unsigned)data[size - 1] << 8;
	return total;
}

/* RFC 1071: with the checksum itself, all bits are set. */
static bool
is_right(uint64_t total)
{
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return total == 0xffff;
}

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The end of what @ip says that it carries; 0: that is not all here. */
static size_t
end_of(const struct packet *packet, const struct packet_part *ip)
{
	const uint8_t *p = packet->data + ip->at;
	size_t end;

	if (ip->protocol == &packet_ipv4) {
		if ((be16(p + 6) & IPV4_FRAGMENT_MASK) != 0)
			return 0;
		end = ip->at + be16(p + 2);
	} else {
		end = ip->at + 40 + be16(p + 4);
	}
	return end <= packet->size ? end : 0;
}

/* RFC 9293, section 3.1; RFC 8200, section 8.1. */
static bool
is_wrong(const struct packet *packet, const struct packet_part *ip,
	 const struct packet_part *part, unsigned number)
{
	const uint8_t *p = packet->data + ip->at;
	size_t end = end_of(packet, ip);
	uint64_t total;

	if (end == 0 || end < part->at + part->size)
		return false;
	total = sum(packet->data + part->at, end - part->at);
	if (part->protocol == &packet_udp &&
	    be16(packet->data + part->at + UDP_SUM_AT) == 0)
		return false;
	if (ip->protocol == &packet_ipv4 && number != 1)
		total += sum(p + 12, 8) + number + (end - part->at);
	else if (ip->protocol == &packet_ipv6)
		total += sum(p + 8, 32) + number + (end - part->at);
	return !is_right(total);
}

static unsigned
number_of(const struct packet_part *part)
{
	static const struct {
		const char *name;
		unsigned number;
	} names[] = {
		{ "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "icmpv6", 58 }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(part->protocol->name, names[i].name) == 0)
			return names[i].number;
	return 0;
}

const struct packet_part *
packet_bad_sum(const struct packet *packet)
{
	const struct packet_part *ip = NULL;

	for (size_t i = 0; i < packet->n_layers; i++) {
		const struct packet_part *part = &packet->layers[i];
		unsigned number;

		if (part->protocol == &packet_fragment ||
		    part->protocol == &packet_routing)
			return NULL;
		if (part->protocol == &packet_ipv4 &&
		    !is_right(sum(packet->data + part->at, part->size)))
			return part;
		if (part->protocol == &packet_ipv4 ||
		    part->protocol == &packet_ipv6)
			ip = part;
		number = number_of(part);
		if (number != 0 && ip != NULL)
			return is_wrong(packet, ip, part, number) ? part : NULL;
	}
	return NULL;
}
