#include "switch/vid.h"

#include <assert.h>
#include <string.h>

enum { TCI_AT = TAG_AT + 2, VID_BITS = 0x0fff };

/* ---- sets ---- */

bool
vid_set_range(const struct vid_set *set, uint16_t *first, uint16_t *last)
{
	uint16_t vid = *first;

	while (vid <= VID_MAX && !vid_set_has(set, vid))
		vid++;
	if (vid > VID_MAX)
		return false;
	*first = vid;
	while (vid < VID_MAX && vid_set_has(set, (uint16_t)(vid + 1)))
		vid++;
	*last = vid;
	return true;
}

bool
vid_set_is_empty(const struct vid_set *set)
{
	uint16_t first = 0, last;

	return !vid_set_range(set, &first, &last);
}

/* ---- rules ---- */

void
vid_rules_init(struct vid_rules *rules, uint16_t pvid)
{
	*rules = (struct vid_rules){ .pvid = VID_NONE };
	if (pvid != VID_NONE)
		vid_rules_add(rules, pvid, pvid, true, true);
}

void
vid_rules_add(struct vid_rules *rules, uint16_t first, uint16_t last,
	      bool untagged, bool pvid)
{
	assert(first <= last && last <= VID_MAX);
	for (uint16_t vid = first; vid <= last; vid++) {
		vid_set_put(&rules->member, vid, true);
		vid_set_put(&rules->untagged, vid, untagged);
	}
	if (pvid)
		rules->pvid = last;
	else if (rules->pvid >= first && rules->pvid <= last)
		rules->pvid = VID_NONE;
}

void
vid_rules_del(struct vid_rules *rules, uint16_t first, uint16_t last)
{
	assert(first <= last && last <= VID_MAX);
	for (uint16_t vid = first; vid <= last; vid++) {
		vid_set_put(&rules->member, vid, false);
		vid_set_put(&rules->untagged, vid, false);
	}
	if (rules->pvid >= first && rules->pvid <= last)
		rules->pvid = VID_NONE;
}

const char *
vid_accept_name(enum vid_accept accept)
{
	static const char *const names[N_VID_ACCEPTS] = {
		[VID_ACCEPT_ALL] = "all",
		[VID_ACCEPT_TAGGED] = "tagged",
		[VID_ACCEPT_UNTAGGED] = "untagged",
	};

	return names[accept];
}

/* ---- frames under the rules ---- */

static uint16_t
number_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* What the frame says of itself.  Return: false when it ends too early. */
static bool
read_tag(uint16_t tpid, const uint8_t *octets, uint32_t len,
	 struct vid_class *c)
{
	*c = (struct vid_class){ .vid = VID_NONE, .tagging = VID_UNTAGGED };
	if (number_at(octets + TAG_AT) != tpid)
		return true;
	c->tagging = VID_TAGGED;
	if (len < TAGGED_LEN_MIN)
		return false;
	c->vid = number_at(octets + TCI_AT) & VID_BITS;
	if (c->vid == 0)
		c->tagging = VID_PRIORITY;
	return true;
}

enum vid_tagging
vid_tagging_of(uint16_t tpid, const uint8_t *octets, uint32_t len)
{
	struct vid_class c;

	return read_tag(tpid, octets, len, &c) ? c.tagging : VID_UNTAGGED;
}

enum vid_verdict
vid_classify(const struct vid_rules *rules, uint16_t tpid,
	     const uint8_t *octets, uint32_t len, struct vid_class *c)
{
	bool is_tagged;

	if (!read_tag(tpid, octets, len, c))
		return VID_TRUNCATED;
	is_tagged = c->tagging == VID_TAGGED;
	if (is_tagged && c->vid == VID_NONE)
		return VID_RESERVED;
	if (!is_tagged)
		c->vid = rules->pvid;
	if (is_tagged && rules->accept == VID_ACCEPT_UNTAGGED)
		return VID_ONLY_UNTAGGED;
	if (!is_tagged && rules->accept == VID_ACCEPT_TAGGED)
		return VID_ONLY_TAGGED;
	if (c->vid == VID_NONE)
		return VID_NO_PVID;
	if (!rules->no_filter && !vid_set_has(&rules->member, c->vid))
		return VID_NOT_MEMBER;
	return VID_OK;
}

const char *
vid_verdict_text(enum vid_verdict verdict)
{
	static const char *const texts[N_VID_VERDICTS] = {
		[VID_OK] = "the port takes it",
		[VID_TRUNCATED] = "it ends within its tag",
		[VID_RESERVED] = "its tag has the reserved VID 4095",
		[VID_NO_PVID] = "it has no VID, and the port has no PVID",
		[VID_ONLY_TAGGED] = "the port accepts tagged frames only",
		[VID_ONLY_UNTAGGED] = "the port accepts untagged frames only",
		[VID_NOT_MEMBER] = "the port is not in that VLAN",
	};

	return texts[verdict];
}

enum vid_egress
vid_leaves(const struct vid_rules *rules, uint16_t vid)
{
	if (!vid_set_has(&rules->member, vid))
		return VID_LEAVES_NOT;
	/* a tag could not say VID 0 */
	if (vid == 0 || vid_set_has(&rules->untagged, vid))
		return VID_LEAVES_UNTAGGED;
	return VID_LEAVES_TAGGED;
}

/* ---- tags ---- */

uint16_t
vid_outermost(const uint8_t *octets)
{
	uint16_t type = number_at(octets + TAG_AT);

	if (type != TPID_CUSTOMER && type != TPID_SERVICE)
		return 0;
	return number_at(octets + TCI_AT) & VID_BITS;
}

uint8_t *
vid_push(uint8_t *octets, uint16_t tpid, uint16_t vid)
{
	uint8_t *start = octets - TAG_LEN;
	const uint8_t tag[TAG_LEN] = {
		(uint8_t)(tpid >> 8),
		(uint8_t)tpid,
		(uint8_t)(vid >> 8),
		(uint8_t)vid,
	};

	assert(vid <= VID_MAX);
	memmove(start, octets, TAG_AT);
	memcpy(start + TAG_AT, tag, TAG_LEN);
	return start;
}

uint8_t *
vid_pop(uint8_t *octets)
{
	return memmove(octets + TAG_LEN, octets, TAG_AT);
}

void
vid_rewrite(uint8_t *octets, uint16_t vid)
{
	uint8_t *tci = octets + TCI_AT;

	tci[0] = (uint8_t)((tci[0] & 0xf0) | vid >> 8);
	tci[1] = (uint8_t)vid;
}
