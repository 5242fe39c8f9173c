#include "switch/decide.h"

#include <string.h>

#include "lib/mac.h"
#include "switch/port.h"
#include "switch/segment.h"

enum { ETH_TYPE_AT = 12 };

enum reserved_fate
decide_reserved(const struct segment *segment, const uint8_t *dst)
{
	static const uint8_t group[MAC_LEN - 1] = { 0x01, 0x80, 0xc2, 0, 0 };
	uint8_t last = dst[MAC_LEN - 1];

	if (memcmp(dst, group, sizeof(group)) != 0 || last > 0x0f)
		return RESERVED_NOT;
	if (last == 0 && segment->bpdu_fn != NULL)
		return RESERVED_TRAPPED;
	return segment->mode == SEGMENT_8021Q ? RESERVED_STAYS
					      : RESERVED_CROSSES;
}

/* The VID of the outermost tag; 0 = untagged. */
static uint16_t
vid_of(const uint8_t *p)
{
	uint16_t type = (uint16_t)(p[ETH_TYPE_AT] << 8 | p[ETH_TYPE_AT + 1]);

	/* IEEE 802.1Q customer and service tags.  Octets 14 and 15 of a runt
	 * are its padding. */
	if (type != 0x8100 && type != 0x88a8)
		return 0;
	return (uint16_t)((p[ETH_TYPE_AT + 2] & 0x0f) << 8 |
			  p[ETH_TYPE_AT + 3]);
}

static enum flood_kind
kind_of(const struct mac *dst)
{
	static const struct mac broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff,
						0xff } };

	if (!mac_is_multicast(dst))
		return FLOOD_NOT;
	return mac_eq(dst, &broadcast) ? FLOOD_BROADCAST : FLOOD_MULTICAST;
}

static void
end(struct decision *d, enum drop_reason reason)
{
	d->to = PORT_NONE;
	d->drop = reason;
}

static void
learn(struct port *in, const struct mac *src, uint64_t now_ms,
      struct decision *d)
{
	d->learns = true;
	d->source = fdb_learn(in->segment->fdb, src, d->vid, in->id, now_ms);
}

static void
look_up(const struct port *in, const struct mac *dst, uint64_t now_ms,
	struct decision *d)
{
	d->to = PORT_FLOOD;
	if (d->kind != FLOOD_NOT)
		return;
	if (in->segment->mode != SEGMENT_HUB)
		d->to = fdb_lookup(in->segment->fdb, dst, d->vid, now_ms);
	if (d->to == in->id) {
		end(d, DROP_FILTERED);
	} else if (d->to == PORT_NONE || d->to == PORT_FLOOD) {
		d->to = PORT_FLOOD;
		d->kind = FLOOD_UNKNOWN;
	}
}

void
decide_ingress(struct port *in, const uint8_t *octets, uint32_t len,
	       uint64_t now_ms, enum decide_mode mode, struct decision *d)
{
	struct mac dst = mac_from_bytes(octets);
	struct mac src = mac_from_bytes(octets + MAC_LEN);

	(void)len;
	*d = (struct decision){ .to = PORT_NONE,
				.kind = kind_of(&dst),
				.vid = vid_of(octets) };
	if (d->kind == FLOOD_MULTICAST)
		d->reserved = decide_reserved(in->segment, octets);
	if (d->reserved >= RESERVED_TRAPPED) {
		end(d, DROP_LINK_LOCAL);
		return;
	}
	if (in->stp_state == STP_DISCARDING) {
		end(d, DROP_STP);
		return;
	}
	if (in->segment->mode != SEGMENT_HUB && mode == DECIDE_AND_LEARN)
		learn(in, &src, now_ms, d);
	if (in->stp_state == STP_LEARNING) {
		end(d, DROP_STP);
		return;
	}
	look_up(in, &dst, now_ms, d);
}

bool
decide_egress(const struct port *out)
{
	return out->stp_state == STP_FORWARDING;
}
