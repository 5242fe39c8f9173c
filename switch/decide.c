#include "switch/decide.h"

#include <string.h>

#include "lib/mac.h"
#include "switch/port.h"
#include "switch/segment.h"

enum reserved_fate
decide_reserved(const struct segment *segment, const uint8_t *dst)
{
	static const uint8_t group[MAC_LEN - 1] = { 0x01, 0x80, 0xc2, 0, 0 };
	uint8_t last = dst[MAC_LEN - 1];

	if (memcmp(dst, group, sizeof(group)) != 0 || last > 0x0f)
		return RESERVED_NOT;
	if (last == 0 && segment->bpdu_fn != NULL)
		return RESERVED_TRAPPED;
	if (segment->mode == SEGMENT_8021Q && !segment->reserved_cross)
		return RESERVED_STAYS;
	return RESERVED_CROSSES;
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
      enum decide_mode mode, struct decision *d)
{
	struct fdb *fdb = in->segment->fdb;

	d->learns = true;
	if (mode == DECIDE_AND_LEARN)
		d->source = fdb_learn_hinted(fdb, src, d->vid, in->id, now_ms,
					     &in->source_hint);
	else
		d->source = fdb_would_learn(fdb, src, d->vid, in->id, now_ms);
}

/* Is @src known to be behind the port it came from, now that it was learned or
 * would have been? */
static bool
is_here_now(const struct decision *d)
{
	return d->learns && d->source != FDB_STATIC && d->source != FDB_KEPT &&
	       d->source != FDB_REFUSED;
}

static void
look_up(struct port *in, const struct mac *dst, const struct mac *src,
	uint64_t now_ms, struct decision *d)
{
	d->to = PORT_FLOOD;
	if (d->kind != FLOOD_NOT)
		return;
	if (is_here_now(d) && mac_eq(dst, src))
		d->to = in->id;
	else if (in->segment->mode != SEGMENT_HUB)
		d->to = fdb_lookup_hinted(in->segment->fdb, dst, d->vid, now_ms,
					  &in->destination_hint);
	if (d->to == in->id) {
		end(d, DROP_FILTERED);
	} else if (d->to == PORT_NONE || d->to == PORT_FLOOD) {
		d->to = PORT_FLOOD;
		d->kind = FLOOD_UNKNOWN;
	}
}

/* Return: false when the rules do not let it in. */
static bool
classify(const struct port *in, const uint8_t *octets, uint32_t len,
	 struct decision *d)
{
	const struct segment *segment = in->segment;
	struct vid_class c;

	if (segment->mode != SEGMENT_8021Q) {
		d->vid = vid_outermost(octets);
		return true;
	}
	d->vlan =
	    vid_classify(port_vid_rules(in), segment->tpid, octets, len, &c);
	d->vid = c.vid;
	d->tagging = c.tagging;
	if (d->vlan == VID_OK)
		return true;
	end(d, d->vlan == VID_TRUNCATED ? DROP_RUNT : DROP_VLAN);
	return false;
}

void
decide_ingress(struct port *in, const uint8_t *octets, uint32_t len,
	       uint64_t now_ms, enum decide_mode mode, struct decision *d)
{
	struct mac dst = mac_from_bytes(octets);
	struct mac src = mac_from_bytes(octets + MAC_LEN);

	*d = (struct decision){ .to = PORT_NONE, .kind = kind_of(&dst) };
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
	if (!classify(in, octets, len, d))
		return;
	if (in->segment->mode != SEGMENT_HUB)
		learn(in, &src, now_ms, mode, d);
	if (in->stp_state == STP_LEARNING) {
		end(d, DROP_STP);
		return;
	}
	look_up(in, &dst, &src, now_ms, d);
}

enum egress_fate
decide_egress(const struct port *out, uint16_t vid)
{
	static const enum egress_fate fates[] = {
		[VID_LEAVES_NOT] = EGRESS_NOT_MEMBER,
		[VID_LEAVES_UNTAGGED] = EGRESS_UNTAGGED,
		[VID_LEAVES_TAGGED] = EGRESS_TAGGED,
	};

	if (out->stp_state != STP_FORWARDING)
		return EGRESS_STP;
	if (out->segment->mode != SEGMENT_8021Q)
		return EGRESS_AS_IT_IS;
	return fates[vid_leaves(port_vid_rules(out), vid)];
}
