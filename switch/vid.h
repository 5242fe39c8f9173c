/*
 * vid: 802.1Q tags in frames, and the VLAN rules of a port (IEEE 802.1Q-2022,
 * 6.9 and 8.6).
 *
 * Pure: octets in, answers out.
 *
 * A rule's VIDs are 0..VID_MAX.  VID 0 is a VLAN like others, except that a
 * tag never says so on the wire: a tag with VID 0 carries a priority only, and
 * the frame belongs to the port's PVID as one without a tag does.
 */
#ifndef SWITCH_VID_H
#define SWITCH_VID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VID_MAX = 4094,
	VID_NONE = 4095, /* no VLAN; in a tag it is reserved */
	VID_DEFAULT = 1, /* in which a port is if nobody says otherwise */

	TAG_LEN = 4,
	TAG_AT = 12,	     /* behind the addresses: TPID, then TCI */
	TAGGED_LEN_MIN = 18, /* addresses, tag, type */
	TPID_CUSTOMER = 0x8100,
	TPID_SERVICE = 0x88a8, /* of the outer tag of two: QinQ, 802.1ad */
};

/* VIDs 0..VID_NONE, a bit each. */
struct vid_set {
	uint64_t words[64];
};

static inline bool
vid_set_has(const struct vid_set *set, uint16_t vid)
{
	return set->words[vid / 64] >> vid % 64 & 1;
}

static inline void
vid_set_put(struct vid_set *set, uint16_t vid, bool in)
{
	uint64_t bit = UINT64_C(1) << vid % 64;

	if (in)
		set->words[vid / 64] |= bit;
	else
		set->words[vid / 64] &= ~bit;
}

/** vid_set_range() - the first run of VIDs of @set that begins at or after
 * *@first
 * Return: false when there is none; else it is *@first..*@last. */
bool vid_set_range(const struct vid_set *set, uint16_t *first, uint16_t *last);
bool vid_set_is_empty(const struct vid_set *set);

/* Which frames a port takes at all. */
enum vid_accept {
	VID_ACCEPT_ALL,
	VID_ACCEPT_TAGGED,   /* only those with a VID in their tag */
	VID_ACCEPT_UNTAGGED, /* only those without: untagged, priority */
	N_VID_ACCEPTS
};

struct vid_rules {
	uint16_t pvid; /* of frames without a VID; VID_NONE: they are dropped */
	enum vid_accept accept;
	bool no_filter; /* let in what the port is no member of */
	struct vid_set member;
	struct vid_set untagged; /* leave without a tag; subset of .member */
};

/* How a frame says its VLAN. */
enum vid_tagging {
	VID_UNRULED, /* nobody has asked: there were no rules */
	VID_UNTAGGED,
	VID_PRIORITY, /* a tag with VID 0 */
	VID_TAGGED,
};

enum vid_verdict {
	VID_OK,
	VID_TRUNCATED,	   /* ends within its tag */
	VID_RESERVED,	   /* tagged with VID 4095 */
	VID_NO_PVID,	   /* without a VID, and the port gives it none */
	VID_ONLY_TAGGED,   /* not what the port accepts */
	VID_ONLY_UNTAGGED, /* likewise */
	VID_NOT_MEMBER,	   /* ingress filtering */
	N_VID_VERDICTS
};

struct vid_class {
	uint16_t vid;
	enum vid_tagging tagging;
};

enum vid_egress {
	VID_LEAVES_NOT, /* the port is no member */
	VID_LEAVES_UNTAGGED,
	VID_LEAVES_TAGGED,
};

/** vid_rules_init() - member of @pvid alone, untagged; VID_NONE: of none */
void vid_rules_init(struct vid_rules *rules, uint16_t pvid);
/** vid_rules_add() - member of @first..@last, 0..VID_MAX
 * @untagged: frames leave without a tag, else with one
 * @pvid:     @last becomes the PVID; else, a PVID in the range is one no more
 */
void vid_rules_add(struct vid_rules *rules, uint16_t first, uint16_t last,
		   bool untagged, bool pvid);
/** vid_rules_del() - a PVID among them becomes VID_NONE */
void vid_rules_del(struct vid_rules *rules, uint16_t first, uint16_t last);
/** vid_accept_name() - "tagged" */
const char *vid_accept_name(enum vid_accept accept);

/**
 * vid_classify() - the VLAN of a frame that comes in
 * @tpid:   of the tags that count; others are payload
 * @octets: at least TAGGED_LEN_MIN can be read, also of a shorter frame
 * @c:      set also for most frames that are refused, for whoever explains it
 */
enum vid_verdict vid_classify(const struct vid_rules *rules, uint16_t tpid,
			      const uint8_t *octets, uint32_t len,
			      struct vid_class *c);
/** vid_tagging_of() - what @octets say of themselves; a tag that is cut short is
 * none */
enum vid_tagging vid_tagging_of(uint16_t tpid, const uint8_t *octets,
				uint32_t len);
/** vid_verdict_text() - "its tag has the reserved VID 4095" */
const char *vid_verdict_text(enum vid_verdict verdict);
enum vid_egress vid_leaves(const struct vid_rules *rules, uint16_t vid);

/** vid_outermost() - the VID of the first tag, of either TPID; 0 when there is
 * none
 * @octets: TAG_AT + TAG_LEN of them can be read */
uint16_t vid_outermost(const uint8_t *octets);

/** vid_push() - a tag behind the addresses
 * @octets: TAG_LEN in front of it are the caller's as well
 * Return: the first octet of the frame now. */
uint8_t *vid_push(uint8_t *octets, uint16_t tpid, uint16_t vid);
/** vid_pop() - the tag behind the addresses goes
 * @octets: of a frame of at least TAGGED_LEN_MIN
 * Return: the first octet of the frame now. */
uint8_t *vid_pop(uint8_t *octets);
/** vid_rewrite() - the tag's VID becomes @vid; PCP and DEI stay */
void vid_rewrite(uint8_t *octets, uint16_t vid);

#endif /* SWITCH_VID_H */
