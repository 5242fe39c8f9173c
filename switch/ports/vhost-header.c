#include "switch/ports/vhost-header.h"

#include <string.h>

#include "switch/frame.h"

/* Where what stands; numbers have their least significant octet first. */
enum {
	FLAGS_AT = 0,
	KIND_AT = 1,
	HEADER_LEN_AT = 2,
	SEGMENT_LEN_AT = 4,
	CHECKSUM_START_AT = 6,
	CHECKSUM_OFFSET_AT = 8,

	NEEDS_CHECKSUM = 1,
	DATA_VALID = 2,

	KIND_NONE = 0,
	KIND_TCP4 = 1,
	KIND_UDP = 3,
	KIND_TCP6 = 4,
	KIND_UDP_L4 = 5,
	KIND_ECN = 0x80, /* beside one of TCP */
};

static const uint8_t kinds[] = {
	[FRAME_SEGMENT_NONE] = KIND_NONE,     [FRAME_SEGMENT_TCP4] = KIND_TCP4,
	[FRAME_SEGMENT_TCP6] = KIND_TCP6,     [FRAME_SEGMENT_UDP] = KIND_UDP,
	[FRAME_SEGMENT_UDP_L4] = KIND_UDP_L4,
};

static uint16_t
get16(const uint8_t *octets)
{
	return (uint16_t)(octets[0] | octets[1] << 8);
}

static void
put16(uint8_t *octets, uint16_t value)
{
	octets[0] = (uint8_t)value;
	octets[1] = (uint8_t)(value >> 8);
}

bool
vhost_header_read(const uint8_t *octets, struct frame_offload *to)
{
	unsigned kind = octets[KIND_AT] & ~(unsigned)KIND_ECN;
	uint8_t i = 0;

	memset(to, 0, sizeof(*to));
	while (i < sizeof(kinds) && kinds[i] != kind)
		i++;
	if (i == sizeof(kinds))
		return false;
	/* That somebody has looked at a checksum is a driver's to hear, not to
	 * say (5.1.6.2). */
	to->segmentation = i;
	if ((octets[FLAGS_AT] & NEEDS_CHECKSUM) != 0) {
		to->needs_checksum = true;
		to->checksum_start = get16(octets + CHECKSUM_START_AT);
		to->checksum_offset = get16(octets + CHECKSUM_OFFSET_AT);
	}
	to->ecn = (octets[KIND_AT] & KIND_ECN) != 0;
	if (i == FRAME_SEGMENT_NONE)
		return !to->ecn;
	to->header_len = get16(octets + HEADER_LEN_AT);
	to->segment_len = get16(octets + SEGMENT_LEN_AT);
	return true;
}

void
vhost_header_write(const struct frame_offload *from, bool trusts,
		   uint8_t *octets)
{
	memset(octets, 0, VHOST_NET_HEADER_MAX);
	vhost_header_set_buffers(octets, 1);
	if (from->needs_checksum) {
		octets[FLAGS_AT] = NEEDS_CHECKSUM;
		put16(octets + CHECKSUM_START_AT, from->checksum_start);
		put16(octets + CHECKSUM_OFFSET_AT, from->checksum_offset);
	} else if (from->checksum_valid && trusts) {
		octets[FLAGS_AT] = DATA_VALID;
	}
	if (from->segmentation == FRAME_SEGMENT_NONE)
		return;
	octets[KIND_AT] =
	    (uint8_t)(kinds[from->segmentation] | (from->ecn ? KIND_ECN : 0));
	put16(octets + HEADER_LEN_AT, from->header_len);
	put16(octets + SEGMENT_LEN_AT, from->segment_len);
}
