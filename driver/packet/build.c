#include "driver/packet/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/packet/complete.h"
#include "driver/packet/internal.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { DEPTH_MAX = 4 };

struct packet_builder {
	struct packet_made made;
	size_t depth;				 /* of .open */
	struct packet_made_part open[DEPTH_MAX]; /* a layer, an item, ... */
	bool overflow;
};

struct packet_builder *
packet_builder_new(void)
{
	struct packet_builder *b = XNEW(struct packet_builder);

	b->made.data = xcalloc(1, PACKET_SIZE_MAX);
	return b;
}

void
packet_builder_free(struct packet_builder *b)
{
	if (b == NULL)
		return;
	free(b->made.data);
	free(b);
}

/* Room for @size more octets, zeroed; NULL when there is none. */
static uint8_t *
extend(struct packet_builder *b, size_t size)
{
	uint8_t *at = b->made.data + b->made.size;

	if (size > PACKET_SIZE_MAX - b->made.size)
		b->overflow = true;
	if (b->overflow)
		return NULL;
	b->made.size += size;
	return at;
}

static void
append(struct packet_builder *b, const uint8_t *data, size_t size)
{
	uint8_t *at = extend(b, size);

	if (at != NULL && size > 0)
		memcpy(at, data, size);
}

int
packet_builder_open(struct packet_builder *b,
		    const struct packet_protocol *protocol, struct err *err)
{
	if (b->depth == DEPTH_MAX ||
	    (b->depth == 0 && b->made.n_layers == PACKET_BUILD_LAYERS_MAX))
		return err_set(err, -E2BIG, "%s: too many layers",
			       protocol->name);
	b->open[b->depth++] = (struct packet_made_part){
		.protocol = protocol,
		.at = b->made.size,
		.base = b->made.size,
	};
	return 0;
}

/* ---- fields ---- */

static void
set_default(struct packet_builder *b, const struct packet_made_part *part,
	    const struct packet_field *field)
{
	struct packet_value value;
	uint8_t octets[16];

	if (field->bits == 0)
		return;
	if (field->otherwise != 0)
		packet_set_bits(b->made.data + part->base, field->at,
				field->bits, field->otherwise);
	else if (field->text != NULL &&
		 packet_value_from_text(field, field->text, octets, &value) ==
		     0)
		memcpy(b->made.data + part->base + field->at / 8, octets,
		       field->bits / 8);
}

/* The fixed fields, once what may come before them is there. */
static struct packet_made_part *
begin_fixed(struct packet_builder *b)
{
	struct packet_made_part *part = &b->open[b->depth - 1];

	if (part->has_fixed)
		return part;
	if (part->protocol->named && b->made.size == part->at)
		append(b, (const uint8_t *)"", 1); /* the root */
	part->base = b->made.size;
	part->has_fixed = true;
	if (extend(b, part->protocol->size) == NULL)
		return part;
	for (const struct packet_field *f = part->protocol->fields;
	     f->name != NULL; f++)
		set_default(b, part, f);
	return part;
}

int
packet_builder_open_item(struct packet_builder *b,
			 const struct packet_field *list,
			 const struct packet_protocol *kind, struct err *err)
{
	struct packet_made_part *part = begin_fixed(b);

	part->counts[list->list->section]++;
	return packet_builder_open(b, kind, err);
}

static int
set_number(struct packet_builder *b, const struct packet_made_part *part,
	   const struct packet_field *field, uint64_t number, struct err *err)
{
	if (field->bits < 64 && number >> field->bits != 0)
		return err_set(err, -ERANGE, "%s.%s: %llu does not fit %u bits",
			       part->protocol->name, field->name,
			       (unsigned long long)number,
			       (unsigned)field->bits);
	if (!b->overflow)
		packet_set_bits(b->made.data + part->base, field->at,
				field->bits, number);
	return 0;
}

static int
set_octets(struct packet_builder *b, const struct packet_made_part *part,
	   const struct packet_field *field, const struct packet_value *value,
	   struct err *err)
{
	size_t size = field->bits / 8;
	uint8_t *at = b->made.data + part->base + field->at / 8;

	if (field->bits == 0) {
		append(b, value->data, value->size);
		return 0;
	}
	if (value->size > size)
		return err_set(
		    err, -ERANGE, "%s.%s: %zu octets, of which %zu fit",
		    part->protocol->name, field->name, value->size, size);
	if (b->overflow)
		return 0;
	memset(at, 0, size);
	if (value->size > 0)
		memcpy(at, value->data, value->size);
	return 0;
}

static int
set_name(struct packet_builder *b, const struct packet_made_part *part,
	 const struct packet_field *field, const char *text, struct err *err)
{
	uint8_t octets[DNS_NAME_MAX];
	size_t size = dns_name_write(text, octets);

	if (size == 0)
		return err_set(err, -ERANGE, "%s.%s: no domain name",
			       part->protocol->name, field->name);
	append(b, octets, size);
	return 0;
}

int
packet_builder_set(struct packet_builder *b, const struct packet_field *field,
		   const struct packet_value *value, struct err *err)
{
	struct packet_made_part *part = &b->open[b->depth - 1];
	size_t index = (size_t)(field - part->protocol->fields);

	part->given |= UINT64_C(1) << index;
	if (part->protocol->named && index == 0)
		return set_name(b, part, field, value->name, err);
	part = begin_fixed(b);
	switch (field->type) {
	case PACKET_UINT:
	case PACKET_FLAGS:
		return set_number(b, part, field, value->number, err);
	case PACKET_NAME:
		return set_name(b, part, field, value->name, err);
	case PACKET_LIST:
		return 0;
	default:
		return set_octets(b, part, field, value, err);
	}
}

/* ---- closing ---- */

static bool
is_given(const struct packet_made_part *part, const struct packet_field *field)
{
	return part->given >> (field - part->protocol->fields) & 1;
}

/* The length of a header, in units of which it takes a whole number. */
static void
set_header_size(struct packet_builder *b, const struct packet_made_part *part,
		const struct packet_field *field)
{
	size_t unit = field->unit != 0 ? field->unit : 1;
	size_t size = b->made.size - part->base;
	size_t more = 0;
	uint64_t length;

	while (size + more < field->minus ||
	       (size + more - field->minus) % unit != 0)
		more++;
	if (extend(b, more) == NULL)
		return;
	length = (size + more - field->minus) / unit;
	if (field->bits < 64 && length >> field->bits != 0)
		b->overflow = true;
	else
		packet_set_bits(b->made.data + part->base, field->at,
				field->bits, length);
}

void
packet_builder_close(struct packet_builder *b)
{
	struct packet_made_part *part = begin_fixed(b);

	for (const struct packet_field *f = part->protocol->fields;
	     f->name != NULL && !b->overflow; f++) {
		if (is_given(part, f))
			continue;
		if (f->computed == PACKET_HEADER)
			set_header_size(b, part, f);
		else if (f->computed == PACKET_COUNT)
			packet_set_bits(b->made.data + part->base, f->at,
					f->bits,
					part->counts[f->list->section]);
	}
	part->size = b->made.size - part->at;
	if (--b->depth == 0)
		b->made.layers[b->made.n_layers++] = *part;
}

int
packet_builder_finish(struct packet_builder *b, const uint8_t **octets,
		      size_t *size, struct err *err)
{
	if (b->overflow)
		return err_set(err, -EMSGSIZE,
			       "longer than a frame, or one of its headers, "
			       "can be");
	*octets = b->made.data;
	*size = b->made.size;
	return packet_complete(&b->made, err);
}

/* ---- copying ---- */

static int copy_list(struct packet_builder *b, const struct packet *packet,
		     const struct packet_part *part,
		     const struct packet_field *field, struct err *err);

static int
copy_fields(struct packet_builder *b, const struct packet *packet,
	    const struct packet_part *part, struct err *err)
{
	int ret = 0;

	for (const struct packet_field *f = part->protocol->fields;
	     f->name != NULL && ret == 0; f++) {
		struct packet_value value;

		if (f->type == PACKET_LIST) {
			ret = copy_list(b, packet, part, f, err);
			continue;
		}
		packet_get(packet, part, f, &value);
		ret = packet_builder_set(b, f, &value, err);
	}
	packet_builder_close(b);
	return ret;
}

static int
copy_list(struct packet_builder *b, const struct packet *packet,
	  const struct packet_part *part, const struct packet_field *field,
	  struct err *err)
{
	struct packet_part item = { .protocol = NULL };
	int ret = 0;

	while (ret == 0 && packet_next_item(packet, part, field, &item)) {
		ret = packet_builder_open_item(b, field, item.protocol, err);
		if (ret == 0)
			ret = copy_fields(b, packet, &item, err);
	}
	return ret;
}

int
packet_builder_copy(struct packet_builder *b, const struct packet *packet,
		    const struct packet_part *part, struct err *err)
{
	int ret = packet_builder_open(b, part->protocol, err);

	return ret < 0 ? ret : copy_fields(b, packet, part, err);
}
