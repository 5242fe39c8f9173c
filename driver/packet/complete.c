#include "driver/packet/complete.h"

#include <errno.h>
#include <string.h>

#include "driver/packet/internal.h"
#include "lib/err.h"

static bool
is(const struct packet_made_part *part, const struct packet_protocol *protocol)
{
	/* Variants are other tables of the same name. */
	return strcmp(part->protocol->name, protocol->name) == 0;
}

/* ---- the next header ---- */

static bool
find_number_of(const struct packet_number_of *list,
	       const struct packet_made_part *part, uint16_t *number)
{
	for (; list->protocol != NULL; list++) {
		if (is(part, list->protocol)) {
			*number = list->number;
			return true;
		}
	}
	return false;
}

static uint16_t
ethertype_of_next(const struct packet_made *made, size_t i)
{
	const struct packet_made_part *next = &made->layers[i + 1];
	uint16_t number = ETHERTYPE_LOCAL;

	if (i + 1 < made->n_layers)
		find_number_of(packet_ethertypes, next, &number);
	/* A tag around another one is a service tag. */
	if (number == ETHERTYPE_VLAN && i + 2 < made->n_layers &&
	    is(next + 1, &packet_vlan))
		number = ETHERTYPE_QINQ;
	return number;
}

static uint16_t
ip_protocol_of_next(const struct packet_made *made, size_t i)
{
	const struct packet_made_part *next = &made->layers[i + 1];
	uint16_t number = IP_EXPERIMENT;

	if (i + 1 < made->n_layers && !is(next, &packet_padding))
		find_number_of(packet_ip_protocols, next, &number);
	else if (!is(&made->layers[i], &packet_ipv4))
		number = IP_NO_NEXT;
	return number;
}

/* ---- checksums ---- */

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

static uint16_t
fold(uint64_t total)
{
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* The addresses around layer @i, its size and its number: RFC 9293, section
 * 3.1; RFC 8200, section 8.1. */
static uint64_t
pseudo_header(const struct packet_made *made, size_t i, size_t size)
{
	const struct packet_made_part *part = &made->layers[i];
	uint16_t number = 0;

	find_number_of(packet_ip_protocols, part, &number);
	while (i-- > 0) {
		const struct packet_made_part *ip = &made->layers[i];
		const uint8_t *p = made->data + ip->at;

		if (is(ip, &packet_ipv4))
			return sum(p + 12, 8) + number + size;
		if (is(ip, &packet_ipv6))
			return sum(p + 8, 32) + number + size;
	}
	return 0;
}

static uint16_t
checksum_of(const struct packet_made *made, size_t i, size_t end)
{
	const struct packet_made_part *part = &made->layers[i];
	const uint8_t *p = made->data + part->at;
	size_t size = end - part->at;
	uint16_t checksum;

	if (is(part, &packet_ipv4))
		return fold(sum(p, part->size));
	if (is(part, &packet_icmp))
		return fold(sum(p, size));
	checksum = fold(sum(p, size) + pseudo_header(made, i, size));
	/* RFC 768: zero means that there is none. */
	return checksum == 0 && is(part, &packet_udp) ? 0xffff : checksum;
}

/* ---- all of it ---- */

static bool
is_due(const struct packet_made_part *part, const struct packet_field *field,
       enum packet_computed computed)
{
	return field->computed == computed &&
	       !(part->given >> (field - part->protocol->fields) & 1);
}

static int
complete_layer(struct packet_made *made, size_t i, size_t end, struct err *err)
{
	const struct packet_made_part *part = &made->layers[i];
	const struct packet_field *fields = part->protocol->fields;
	uint8_t *base = made->data + part->base;

	for (const struct packet_field *f = fields; f->name != NULL; f++) {
		uint64_t value = 0;

		if (is_due(part, f, PACKET_TOTAL))
			value = end - part->at - f->minus;
		else if (is_due(part, f, PACKET_NEXT))
			value = is(part, &packet_eth) || is(part, &packet_vlan)
				    ? ethertype_of_next(made, i)
				    : ip_protocol_of_next(made, i);
		else
			continue;
		if (value >> f->bits != 0)
			return err_set(err, -EMSGSIZE,
				       "%s.%s: %llu octets are too many",
				       part->protocol->name, f->name,
				       (unsigned long long)value);
		packet_set_bits(base, f->at, f->bits, value);
	}
	for (const struct packet_field *f = fields; f->name != NULL; f++)
		if (is_due(part, f, PACKET_CHECKSUM))
			packet_set_bits(base, f->at, f->bits,
					checksum_of(made, i, end));
	return 0;
}

int
packet_complete(struct packet_made *made, struct err *err)
{
	size_t end = made->size; /* without padding */
	int ret = 0;

	if (made->n_layers > 0 &&
	    is(&made->layers[made->n_layers - 1], &packet_padding))
		end = made->layers[made->n_layers - 1].at;
	/* A header's checksum is over what is behind it. */
	for (size_t i = made->n_layers; i-- > 0 && ret == 0;)
		ret = complete_layer(made, i, end, err);
	return ret;
}
