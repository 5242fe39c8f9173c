/* field: read the fields and items of a part. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/packet/internal.h"
#include "lib/mac.h"

uint64_t
packet_bits(const uint8_t *data, size_t at, size_t bits)
{
	uint64_t value = 0;

	for (size_t end = at + bits; at < end;) {
		size_t in_octet = 8 - at % 8;
		size_t n = in_octet < end - at ? in_octet : end - at;
		unsigned octet = data[at / 8] & (0xffu >> (at % 8));

		value = value << n | octet >> (in_octet - n);
		at += n;
	}
	return value;
}

void
packet_set_bits(uint8_t *data, size_t at, size_t bits, uint64_t value)
{
	while (bits > 0) {
		size_t last = at + bits - 1; /* the lowest bit */
		uint8_t mask = (uint8_t)(0x80u >> last % 8);

		if (value & 1)
			data[last / 8] |= mask;
		else
			data[last / 8] &= (uint8_t)~mask;
		value >>= 1;
		bits--;
	}
}

/* Where the field lies, in octets of the frame. */
static size_t
field_at(const struct packet *packet, const struct packet_part *part,
	 const struct packet_field *field)
{
	if (part->protocol == &packet_dns && field->bits == 0)
		return dns_rest(packet, part);
	return part->base + field->at / 8;
}

/* Of a field of fixed size, zeros at the end are none of it. */
static size_t
without_zeros(const uint8_t *data, size_t size)
{
	while (size > 0 && data[size - 1] == 0)
		size--;
	return size;
}

static void
get_name(const struct packet *packet, const struct packet_part *part,
	 const struct packet_field *field, char *text)
{
	const uint8_t *message = packet->data + part->message;
	size_t size = part->at + part->size - part->message;
	size_t at = part->at;

	/* The leading name is the first field, every other a tail. */
	if (!part->protocol->named || field != part->protocol->fields)
		at = part->base + field->at / 8;
	if (dns_name_read(message, size, at - part->message, text) == 0)
		text[0] = '\0';
}

void
packet_get(const struct packet *packet, const struct packet_part *part,
	   const struct packet_field *field, struct packet_value *value)
{
	size_t at;

	value->number = 0;
	value->data = NULL;
	value->size = 0;
	switch (field->type) {
	case PACKET_UINT:
	case PACKET_FLAGS:
		value->number = packet_bits(packet->data + part->base,
					    field->at, field->bits);
		break;
	case PACKET_NAME:
		get_name(packet, part, field, value->name);
		break;
	case PACKET_LIST:
		break;
	default:
		at = field_at(packet, part, field);
		value->data = packet->data + at;
		value->size = field->bits != 0 ? field->bits / 8
					       : part->at + part->size - at;
		if (field->type == PACKET_BYTES && field->bits != 0)
			value->size = without_zeros(value->data, value->size);
		break;
	}
}

uint64_t
packet_number(const struct packet *packet, const struct packet_part *part,
	      const char *name)
{
	const struct packet_field *field =
	    packet_field_find(part->protocol, name);

	if (field == NULL ||
	    (field->type != PACKET_UINT && field->type != PACKET_FLAGS))
		return 0;
	return packet_bits(packet->data + part->base, field->at, field->bits);
}

/* ---- items ---- */

/* How the octets behind an option's fixed fields are filled. */
static bool
option_suits(const struct packet_protocol *kind, size_t size)
{
	const struct packet_field *last = kind->fields;

	while (last[1].name != NULL)
		last++;
	if (size < kind->size)
		return false;
	if (last->type == PACKET_LIST && last->list->style == PACKET_FIXED)
		return (size - kind->size) % last->list->kinds[0]->size == 0;
	return last->bits == 0 || size == kind->size;
}

/* The option at @data.  Return: its size; 0: there is no whole one. */
static size_t
read_option(const struct packet_list *list, const uint8_t *data, size_t left,
	    const struct packet_protocol **kind)
{
	const struct packet_protocol *const *k = list->kinds;
	size_t size;

	while ((*k)->code != -1 && (*k)->code != data[0])
		k++;
	*kind = *k;
	if ((*k)->single)
		return 1;
	if (left < 2)
		return 0;
	size = (size_t)data[1] * list->unit + list->plus;
	if (size < 2 || size > left)
		return 0;
	if (!option_suits(*k, size)) {
		while ((*k)->code != -1)
			k++;
		*kind = *k;
	}
	return size;
}

static size_t
read_item(const struct packet_list *list, const uint8_t *data, size_t left,
	  const struct packet_part *previous,
	  const struct packet_protocol **kind)
{
	size_t size;

	if (list->style == PACKET_FIXED) {
		*kind = list->kinds[0];
		return (*kind)->size <= left ? (*kind)->size : 0;
	}
	size = previous->protocol != NULL && previous->protocol->last
		   ? 0
		   : read_option(list, data, left, kind);
	if (size == 0) {
		*kind = &packet_raw; /* whatever it is */
		size = left;
	}
	return size;
}

bool
packet_next_item(const struct packet *packet, const struct packet_part *part,
		 const struct packet_field *field, struct packet_part *item)
{
	const struct packet_list *list = field->list;
	const struct packet_protocol *kind = NULL;
	size_t at, end = part->at + part->size;
	bool first = item->protocol == NULL;
	size_t size;

	if (list->style == PACKET_QUESTIONS || list->style == PACKET_RECORDS)
		return dns_next_item(packet, part, list, item);
	at = first ? part->base + field->at / 8 : item->at + item->size;
	if (at >= end)
		return false;
	size = read_item(list, packet->data + at, end - at, item, &kind);
	if (size == 0)
		return false;
	*item = (struct packet_part){
		.protocol = kind,
		.at = at,
		.base = at,
		.size = size,
		.message = part->message,
		.index = first ? 0 : item->index + 1,
	};
	return true;
}

/* ---- values as text ---- */

const char *
packet_value_text(const struct packet_field *field,
		  const struct packet_value *value,
		  char text[static PACKET_TEXT_SIZE])
{
	struct mac mac;
	char *out = text;

	text[0] = '\0';
	switch (field->type) {
	case PACKET_MAC:
		mac = mac_from_bytes(value->data);
		mac_format(&mac, text);
		break;
	case PACKET_IPV4:
		inet_ntop(AF_INET, value->data, text, PACKET_TEXT_SIZE);
		break;
	case PACKET_IPV6:
		inet_ntop(AF_INET6, value->data, text, PACKET_TEXT_SIZE);
		break;
	case PACKET_FLAGS:
		for (size_t i = 0; i < field->bits; i++)
			if (value->number >> i & 1)
				*out++ = field->letters[i];
		*out = '\0';
		break;
	case PACKET_NAME:
		snprintf(text, PACKET_TEXT_SIZE, "%s", value->name);
		break;
	default:
		break;
	}
	return text;
}

static int
flags_from_text(const struct packet_field *field, const char *text,
		uint64_t *number)
{
	*number = 0;
	for (; *text != '\0'; text++) {
		const char *letter = strchr(field->letters, *text);

		if (letter == NULL)
			return -EINVAL;
		*number |= UINT64_C(1) << (letter - field->letters);
	}
	return 0;
}

int
packet_value_from_text(const struct packet_field *field, const char *text,
		       uint8_t octets[static 16], struct packet_value *value)
{
	uint8_t name[DNS_NAME_MAX];
	struct mac mac;

	value->data = octets;
	value->size = field->bits / 8;
	switch (field->type) {
	case PACKET_MAC:
		if (mac_parse(text, &mac) < 0)
			return -EINVAL;
		memcpy(octets, mac.b, MAC_LEN);
		return 0;
	case PACKET_IPV4:
		return inet_pton(AF_INET, text, octets) == 1 ? 0 : -EINVAL;
	case PACKET_IPV6:
		return inet_pton(AF_INET6, text, octets) == 1 ? 0 : -EINVAL;
	case PACKET_FLAGS:
		return flags_from_text(field, text, &value->number);
	case PACKET_NAME:
		if (strlen(text) >= sizeof(value->name) ||
		    dns_name_write(text, name) == 0)
			return -EINVAL;
		strcpy(value->name, text);
		return 0;
	default:
		return -EINVAL;
	}
}
