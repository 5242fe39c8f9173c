#include "switch/rstp/bpdu.h"

#include <errno.h>
#include <string.h>

#include "lib/cursor.h"

enum { LLC_LEN = 3, LENGTH_AT = 12, LLC_AT = 14, FRAME_LENGTH_MAX = 1500 };
enum { VERSION_STP = 0, VERSION_RST = 2 };

const struct mac bpdu_group_address = { { 0x01, 0x80, 0xc2, 0, 0, 0 } };

/* DSAP, SSAP and control: unnumbered information (7.12.3, table 7-9) */
static const uint8_t llc[LLC_LEN] = { 0x42, 0x42, 0x03 };

uint64_t
bpdu_bridge_id(uint16_t priority, const struct mac *address)
{
	return (uint64_t)priority << 48 | mac_to_u64(address);
}

bool
bpdu_is_frame(const uint8_t *frame, size_t len)
{
	return len >= MAC_LEN &&
	       memcmp(frame, bpdu_group_address.b, MAC_LEN) == 0;
}

/* ---- from octets ---- */

static uint64_t
cursor_be64(struct cursor *c)
{
	uint64_t high = cursor_be32(c);

	return high << 32 | cursor_be32(c);
}

static bool
type_is_known(uint8_t type, uint8_t version)
{
	switch (type) {
	case BPDU_CONFIG:
	case BPDU_TCN:
		return true;
	case BPDU_RST:
		return version >= VERSION_RST;
	default:
		return false;
	}
}

int
bpdu_parse(const uint8_t *data, size_t len, struct bpdu *bpdu)
{
	struct cursor c = cursor_over(data, len);
	uint16_t protocol = cursor_be16(&c);
	uint8_t version = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);

	if (!cursor_ok(&c) || protocol != 0 || !type_is_known(type, version))
		return -EPROTO;
	*bpdu =
	    (struct bpdu){ .type = (enum bpdu_type)type, .version = version };
	if (type == BPDU_TCN)
		return 0;
	bpdu->flags = cursor_u8(&c);
	bpdu->root = cursor_be64(&c);
	bpdu->root_path_cost = cursor_be32(&c);
	bpdu->bridge = cursor_be64(&c);
	bpdu->port = cursor_be16(&c);
	bpdu->message_age = cursor_be16(&c);
	bpdu->max_age = cursor_be16(&c);
	bpdu->hello_time = cursor_be16(&c);
	bpdu->forward_delay = cursor_be16(&c);
	if (type == BPDU_RST)
		cursor_skip(&c, 1); /* Version 1 Length: nothing follows */
	return cursor_ok(&c) ? 0 : -EPROTO;
}

int
bpdu_parse_frame(const uint8_t *frame, size_t len, struct bpdu *bpdu)
{
	size_t n;

	if (len < BPDU_HEADER_LEN || !bpdu_is_frame(frame, len))
		return -EPROTO;
	n = (size_t)(frame[LENGTH_AT] << 8 | frame[LENGTH_AT + 1]);
	/* above that it is an EtherType; what follows the length is padding */
	if (n > FRAME_LENGTH_MAX || n < LLC_LEN || n > len - LLC_AT)
		return -EPROTO;
	if (memcmp(frame + LLC_AT, llc, LLC_LEN) != 0)
		return -EPROTO;
	return bpdu_parse(frame + BPDU_HEADER_LEN, n - LLC_LEN, bpdu);
}

/* ---- to octets ---- */

static uint8_t *
put(uint8_t *p, uint64_t value, int n_octets)
{
	for (int i = n_octets - 1; i >= 0; i--)
		*p++ = (uint8_t)(value >> (8 * i));
	return p;
}

size_t
bpdu_make(const struct bpdu *bpdu, uint8_t out[static BPDU_RST_LEN])
{
	uint8_t *p = put(out, 0, 2);

	p = put(p, bpdu->type == BPDU_RST ? VERSION_RST : VERSION_STP, 1);
	p = put(p, bpdu->type, 1);
	if (bpdu->type == BPDU_TCN)
		return (size_t)(p - out);
	p = put(p, bpdu->flags, 1);
	p = put(p, bpdu->root, 8);
	p = put(p, bpdu->root_path_cost, 4);
	p = put(p, bpdu->bridge, 8);
	p = put(p, bpdu->port, 2);
	p = put(p, bpdu->message_age, 2);
	p = put(p, bpdu->max_age, 2);
	p = put(p, bpdu->hello_time, 2);
	p = put(p, bpdu->forward_delay, 2);
	if (bpdu->type == BPDU_RST)
		p = put(p, 0, 1); /* Version 1 Length */
	return (size_t)(p - out);
}

void
bpdu_make_frame(const struct bpdu *bpdu, const struct mac *src,
		uint8_t out[static BPDU_FRAME_LEN])
{
	size_t len;

	memset(out, 0, BPDU_FRAME_LEN);
	memcpy(out, bpdu_group_address.b, MAC_LEN);
	memcpy(out + MAC_LEN, src->b, MAC_LEN);
	memcpy(out + LLC_AT, llc, LLC_LEN);
	len = bpdu_make(bpdu, out + BPDU_HEADER_LEN);
	put(out + LENGTH_AT, LLC_LEN + len, 2);
}
