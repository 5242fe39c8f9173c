/*
 * packet: what the octets of a frame mean, by tables.
 *
 * A protocol is a table of fields: where each lies, what it holds, how it comes
 * by its value when a frame is made.  The same table reads a header, writes it,
 * and tells what scripts may call its fields.  Options of a header and records
 * of a message are items: small headers with tables of their own.
 *
 * A header is laid out as: a DNS name (.named), .size octets of fixed fields,
 * and a tail of any length, which is the last field's (several in DNS).
 *
 * Pure; safe on any octets: what does not fit is not a header, but raw octets.
 */
#ifndef DRIVER_PACKET_PACKET_H
#define DRIVER_PACKET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_list;
struct packet_protocol;

enum {
	PACKET_SIZE_MAX = 65550,
	PACKET_LAYERS_MAX = 16,
	PACKET_TEXT_SIZE = 1024, /* of an address, of flags, of a DNS name */
};

enum packet_type {
	PACKET_UINT,
	PACKET_FLAGS, /* one letter a bit that is set, the lowest bit first */
	PACKET_MAC,
	PACKET_IPV4,
	PACKET_IPV6,
	PACKET_BYTES,
	PACKET_NAME, /* of DNS, compressed or not */
	PACKET_LIST, /* items */
};

/* How a field that is not given gets its value when a frame is made. */
enum packet_computed {
	PACKET_GIVEN,	 /* .otherwise */
	PACKET_HEADER,	 /* (its size behind a leading name - .minus) / .unit */
	PACKET_TOTAL,	 /* the same with all that follows, but padding */
	PACKET_NEXT,	 /* what the next header is */
	PACKET_CHECKSUM, /* Internet checksum, RFC 1071 */
	PACKET_COUNT,	 /* how many items the list .list has; DNS */
};

struct packet_field {
	const char *name;
	enum packet_type type;
	uint16_t at;   /* its first bit, behind a leading name */
	uint16_t bits; /* 0: the tail, or a leading name */
	enum packet_computed computed;
	uint8_t unit; /* 0 is 1 */
	uint8_t minus;
	uint64_t otherwise;
	const char *letters; /* of PACKET_FLAGS */
	const char *text;    /* an address: .otherwise as text; NULL: zeros */
	const struct packet_list *list; /* of PACKET_LIST and PACKET_COUNT */
};

struct packet_protocol {
	const char *name;
	uint16_t size;			   /* of the fixed fields, octets */
	const struct packet_field *fields; /* ended by a NULL name */
	/* With other fields, by the first octet: the type of ICMP; ended by
	 * NULL; or NULL. */
	const struct packet_protocol *const *variants;
	int code;    /* of a variant or an item; -1: any other */
	bool named;  /* begins with a DNS name, which is the first field */
	bool single; /* an option that is one octet, without a length */
	bool last;   /* behind this option there is only padding */
};

/* One header in a frame, or one item in a header. */
struct packet_part {
	const struct packet_protocol *protocol; /* NULL: none */
	size_t at;	/* its first octet in the frame */
	size_t base;	/* its first octet behind a leading name */
	size_t size;	/* octets, from .at */
	size_t message; /* where the DNS message it is in begins */
	size_t index;	/* of an item in its list, from 0 */
};

struct packet {
	const uint8_t *data; /* borrowed */
	size_t size;
	/* Without gaps: the last ones may be "raw", what nobody knows, and
	 * "padding", what the lengths of the headers leave out. */
	struct packet_part layers[PACKET_LAYERS_MAX];
	size_t n_layers;
};

struct packet_value {
	uint64_t number;	     /* UINT, FLAGS */
	const uint8_t *data;	     /* addresses and BYTES; borrowed */
	size_t size;		     /* of .data */
	char name[PACKET_TEXT_SIZE]; /* NAME */
};

extern const struct packet_protocol packet_raw, packet_padding;

/** packet_protocols() - all that can be a layer, ended by NULL */
const struct packet_protocol *const *packet_protocols(void);
/** packet_protocol_find() - the layer called @name, or NULL */
const struct packet_protocol *packet_protocol_find(const char *name);
/** packet_protocol_of_type() - the variant of @protocol whose first octet is
 * @type, or @protocol */
const struct packet_protocol *
packet_protocol_of_type(const struct packet_protocol *protocol, uint64_t type);
/** packet_field_find() - by name, or NULL */
const struct packet_field *
packet_field_find(const struct packet_protocol *protocol, const char *name);
/** packet_item_find() - the kind of item of @list called @name, or NULL */
const struct packet_protocol *packet_item_find(const struct packet_list *list,
					       const char *name);
/** packet_item_kinds() - all kinds of items of @list, ended by NULL */
const struct packet_protocol *const *
packet_item_kinds(const struct packet_list *list);

/** packet_dissect() - @data is borrowed as long as @packet is used */
void packet_dissect(const uint8_t *data, size_t size, struct packet *packet);
/** packet_layer() - the first layer called @name, or NULL */
const struct packet_part *packet_layer(const struct packet *packet,
				       const char *name);
/** packet_get() - read a field that is no list; @part is of @packet */
void packet_get(const struct packet *packet, const struct packet_part *part,
		const struct packet_field *field, struct packet_value *value);
/** packet_number() - the same by name, for UINT and FLAGS; 0: no such field */
uint64_t packet_number(const struct packet *packet,
		       const struct packet_part *part, const char *field);
/** packet_dhcp_type() - 1 (discover) to 8 (inform), RFC 2132, section 9.6; 0: the
 * DHCP message @part says none */
unsigned packet_dhcp_type(const struct packet *packet,
			  const struct packet_part *part);
/** packet_next_item() - the next item of a list; *@item is zeroed for the
 * first.  Return: false at the end. */
bool packet_next_item(const struct packet *packet,
		      const struct packet_part *part,
		      const struct packet_field *list,
		      struct packet_part *item);

/** packet_value_text() - a value as scripts see it, for those types whose value
 * is text; Return: @text */
const char *packet_value_text(const struct packet_field *field,
			      const struct packet_value *value,
			      char text[static PACKET_TEXT_SIZE]);
/** packet_value_from_text() - the opposite, but for PACKET_BYTES
 * @octets: where an address is kept, as long as @value is used
 * Return: 0; -EINVAL. */
int packet_value_from_text(const struct packet_field *field, const char *text,
			   uint8_t octets[static 16],
			   struct packet_value *value);

#endif /* DRIVER_PACKET_PACKET_H */
