/*
 * findings-told: what frames say themselves: errors of ICMP, names that do not
 * exist, resets; and what is said of them: dropped, sent again.
 *
 * Frames that say the same of the same are one sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/findings-internal.h"
#include "lib/xalloc.h"

enum {
	DHCP_NAK = 6,
	ICMP_PROTO_TCP = 6,
	ICMP_PROTO_UDP = 17,
	WHAT_SIZE = 2 * WIRE_NAME_TEXT_SIZE,
};

struct told;

/* Why frames are one sentence; comparable by memcmp(). */
struct told_key {
	uint32_t rule;
	uint32_t number; /* a code, a port, a segment: what the rule parts by */
	uint32_t number2;
	int32_t from, to;
	struct wire_address a, b;
};

struct told {
	struct told_key key;
	size_t first; /* frame */
	int segment;  /* of it; others are counted on it only */
	size_t n;
	struct frame_set frames;
};

struct tellings {
	struct finder *finder; /* borrowed */
	struct told *told;     /* FINDING_GROUPS_MAX, owned */
	size_t n;
};

/* A rule: does it concern frame @i, and which sentence is that of? */
struct rule {
	enum finding_rank rank;
	bool (*concerns)(const struct finder *finder, size_t i,
			 struct told_key *key);
	void (*tell)(struct finder *finder, const struct told *told,
		     const char *times);
	bool each_segment; /* one more segment is one more sentence */
};

static const struct wire_frame *
said_first(const struct finder *finder, const struct told *told)
{
	return &finder->said[told->first];
}

static const char *
segment_name(const struct finder *finder, const struct told *told)
{
	return finder->story->segments[told->segment].name;
}

static const char *
machine_name(const struct finder *finder, int machine)
{
	return machine >= 0 ? finder->story->machines[machine].name
			    : "a station";
}

/* ---- errors of ICMP ---- */

/* "server (192.168.2.3) TCP port 80" */
static const char *
quoted_service(const struct finder *finder, const struct wire_flow *flow,
	       char text[static WHAT_SIZE])
{
	char name[WIRE_NAME_TEXT_SIZE];

	wire_names_both(finder->names, &flow->dst, name);
	if (flow->protocol == ICMP_PROTO_TCP ||
	    flow->protocol == ICMP_PROTO_UDP)
		snprintf(text, WHAT_SIZE, "%s port %u of %s",
			 flow->protocol == ICMP_PROTO_TCP ? "TCP" : "UDP",
			 flow->dst_port, name);
	else
		snprintf(text, WHAT_SIZE, "%s", name);
	return text;
}

static const char *
unreachable_reason(const struct wire_frame *said)
{
	static const struct {
		uint8_t size, code;
		const char *why;
	} reasons[] = {
		{ 4, 0, "it knows no way there" },
		{ 4, 1, "it did not find it" },
		{ 4, 2, "nothing there speaks that protocol" },
		{ 4, 3, "nothing listens there, or a firewall rejects it" },
		{ 4, 9, "a firewall forbids it" },
		{ 4, 10, "a firewall forbids it" },
		{ 4, 13, "a firewall forbids it" },
		{ 16, 0, "it knows no way there" },
		{ 16, 1, "a firewall forbids it" },
		{ 16, 3, "it did not find it" },
		{ 16, 4, "nothing listens there, or a firewall rejects it" },
		{ 16, 5, "a firewall forbids the address it comes from" },
		{ 16, 6, "the way there is closed" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].size == said->flow.src.size &&
		    reasons[i].code == said->code)
			return reasons[i].why;
	return "it does not say why";
}

static void
key_by_quoted(const struct wire_frame *said, struct told_key *key)
{
	key->number = said->code;
	key->number2 =
	    (uint32_t)said->quoted.protocol << 16 | said->quoted.dst_port;
	key->a = said->flow.src;
	key->b = said->quoted.dst;
}

static bool
concerns_unreachable(const struct finder *finder, size_t i,
		     struct told_key *key)
{
	key_by_quoted(&finder->said[i], key);
	return finder->said[i].kind == WIRE_UNREACHABLE;
}

static void
tell_unreachable(struct finder *finder, const struct told *told,
		 const char *times)
{
	const struct wire_frame *said = said_first(finder, told);
	char who[WIRE_NAME_TEXT_SIZE], whom[WIRE_NAME_TEXT_SIZE];
	char what[WHAT_SIZE];

	wire_names_text(finder->names, &said->flow.src, who);
	wire_names_text(finder->names, &said->flow.dst, whom);
	finding_add(finder, RANK_UNREACHABLE, &told->frames,
		    "%s told %s that %s is unreachable, %s: %s", who, whom,
		    quoted_service(finder, &said->quoted, what), times,
		    unreachable_reason(said));
}

static bool
concerns_too_big(const struct finder *finder, size_t i, struct told_key *key)
{
	key_by_quoted(&finder->said[i], key);
	return finder->said[i].kind == WIRE_TOO_BIG;
}

static void
tell_too_big(struct finder *finder, const struct told *told, const char *times)
{
	const struct wire_frame *said = said_first(finder, told);
	char who[WIRE_NAME_TEXT_SIZE], whom[WIRE_NAME_TEXT_SIZE];
	char what[WHAT_SIZE], mtu[32] = "that it does not tell";

	wire_names_text(finder->names, &said->flow.src, who);
	wire_names_text(finder->names, &said->quoted.src, whom);
	if (said->mtu > 0)
		snprintf(mtu, sizeof(mtu), "of %u octets", said->mtu);
	finding_add(finder, RANK_TOO_BIG, &told->frames,
		    "%s could not forward what %s sent to %s, %s: it is too "
		    "large for a link with an MTU %s",
		    who, whom, quoted_service(finder, &said->quoted, what),
		    times, mtu);
}

static bool
concerns_hops(const struct finder *finder, size_t i, struct told_key *key)
{
	key_by_quoted(&finder->said[i], key);
	return finder->said[i].kind == WIRE_TIME_EXCEEDED;
}

static void
tell_hops(struct finder *finder, const struct told *told, const char *times)
{
	const struct wire_frame *said = said_first(finder, told);
	char who[WIRE_NAME_TEXT_SIZE], whom[WIRE_NAME_TEXT_SIZE];
	char what[WHAT_SIZE];

	wire_names_text(finder->names, &said->flow.src, who);
	wire_names_text(finder->names, &said->quoted.src, whom);
	finding_add(finder, RANK_NO_HOPS, &told->frames,
		    "what %s sent to %s ran out of hops at %s, %s: packets go "
		    "round in a circle, or were meant to end there",
		    whom, quoted_service(finder, &said->quoted, what), who,
		    times);
}

/* ---- names and leases ---- */

static bool
concerns_no_name(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct wire_frame *said = &finder->said[i];

	key->number = said->code;
	key->a = said->flow.src;
	key->b = said->flow.dst;
	/* The name's beginning parts them. */
	for (size_t c = 0; said->name[c] != '\0'; c++)
		key->number2 = key->number2 * 31 + (uint8_t)said->name[c];
	return said->kind == WIRE_DNS_ANSWER && said->code != 0;
}

static void
tell_no_name(struct finder *finder, const struct told *told, const char *times)
{
	static const char *const answers[] = {
		[1] = "that it does not understand the question for",
		[2] = "that it failed to find",
		[3] = "that there is no such name as",
		[5] = "that it refuses to look for",
	};
	const struct wire_frame *said = said_first(finder, told);
	const char *answer = "an error instead of";
	char who[WIRE_NAME_TEXT_SIZE], whom[WIRE_NAME_TEXT_SIZE];

	if (said->code < sizeof(answers) / sizeof(answers[0]) &&
	    answers[said->code] != NULL)
		answer = answers[said->code];
	finding_add(finder, RANK_NO_NAME, &told->frames,
		    "the name server %s told %s %s %s, %s",
		    wire_names_both(finder->names, &said->flow.src, who),
		    wire_names_text(finder->names, &said->flow.dst, whom),
		    answer, said->name, times);
}

static bool
concerns_nak(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct wire_frame *said = &finder->said[i];

	key->a.size = MAC_LEN;
	memcpy(key->a.octets, said->client.b, MAC_LEN);
	return said->kind == WIRE_DHCP && said->code == DHCP_NAK;
}

static void
tell_nak(struct finder *finder, const struct told *told, const char *times)
{
	char whom[WIRE_NAME_TEXT_SIZE];

	finding_add(finder, RANK_NO_LEASE, &told->frames,
		    "a DHCP server refused the address that %s asked for, %s",
		    wire_names_mac(finder->names,
				   &said_first(finder, told)->client, whom),
		    times);
}

/* ---- what may well be meant ---- */

static bool
concerns_dropped(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct story_frame *f = &finder->story->frames[i];

	key->number = (uint32_t)f->port;
	for (const char *c = f->note; c != NULL && *c != '\0'; c++)
		key->number2 = key->number2 * 31 + (uint8_t)*c;
	return (f->flags & STORY_FRAME_DROPPED) != 0;
}

static void
tell_dropped(struct finder *finder, const struct told *told, const char *times)
{
	const struct story_frame *f = &finder->story->frames[told->first];

	(void)times;
	finding_add(finder, RANK_DROPPED, &told->frames,
		    "%zu frame%s got no further at %s on %s: %s", told->n,
		    told->n == 1 ? "" : "s", finder->story->ports[f->port],
		    segment_name(finder, told),
		    f->note != NULL ? f->note : "dropped");
}

/* Resets that refuse a connection are questions' answers: those of the first
 * segment behind SYN have an ACK number, and sequence number 0. */
static bool
concerns_reset(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct wire_frame *said = &finder->said[i];
	bool to_client = said->flow.src_port < said->flow.dst_port;

	key->a = said->flow.src;
	key->b = said->flow.dst;
	key->number = to_client ? said->flow.src_port : said->flow.dst_port;
	return said->kind == WIRE_TCP && (said->tcp_flags & TCP_RST) != 0 &&
	       said->seq != 0;
}

static void
tell_reset(struct finder *finder, const struct told *told, const char *times)
{
	const struct wire_frame *said = said_first(finder, told);
	char who[WIRE_NAME_TEXT_SIZE], whom[WIRE_NAME_TEXT_SIZE];

	finding_add(finder, RANK_RESET, &told->frames,
		    "%s broke off a connection with %s (TCP port %u, RST), %s",
		    wire_names_text(finder->names, &said->flow.src, who),
		    wire_names_text(finder->names, &said->flow.dst, whom),
		    told->key.number, times);
}

static bool
concerns_again(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct story_frame *f = &finder->story->frames[i];

	key->from = f->from;
	key->to = f->to;
	return (f->flags & STORY_FRAME_AGAIN) != 0 &&
	       (finder->said[i].tcp_flags & TCP_SYN) == 0;
}

static void
tell_again(struct finder *finder, const struct told *told, const char *times)
{
	(void)times;
	finding_add(finder, RANK_AGAIN, &told->frames,
		    "%zu TCP segment%s from %s to %s %s sent again on %s",
		    told->n, told->n == 1 ? "" : "s",
		    machine_name(finder, told->key.from),
		    machine_name(finder, told->key.to),
		    told->n == 1 ? "was" : "were", segment_name(finder, told));
}

static bool
concerns_bad_sum(const struct finder *finder, size_t i, struct told_key *key)
{
	const struct story_frame *f = &finder->story->frames[i];

	key->from = f->from;
	return (f->flags & STORY_FRAME_BAD_SUM) != 0;
}

static void
tell_bad_sum(struct finder *finder, const struct told *told, const char *times)
{
	(void)times;
	finding_add(finder, RANK_BAD_SUM, &told->frames,
		    "%zu frame%s of %s on %s %s a wrong checksum", told->n,
		    told->n == 1 ? "" : "s",
		    machine_name(finder, told->key.from),
		    segment_name(finder, told), told->n == 1 ? "has" : "have");
}

static const struct rule rules[] = {
	{ RANK_UNREACHABLE, concerns_unreachable, tell_unreachable, false },
	{ RANK_NO_NAME, concerns_no_name, tell_no_name, false },
	{ RANK_NO_LEASE, concerns_nak, tell_nak, false },
	{ RANK_TOO_BIG, concerns_too_big, tell_too_big, false },
	{ RANK_NO_HOPS, concerns_hops, tell_hops, false },
	{ RANK_DROPPED, concerns_dropped, tell_dropped, true },
	{ RANK_RESET, concerns_reset, tell_reset, false },
	{ RANK_AGAIN, concerns_again, tell_again, true },
	{ RANK_BAD_SUM, concerns_bad_sum, tell_bad_sum, true },
};

/* ---- gathering ---- */

static struct told *
told_of(struct tellings *tellings, const struct told_key *key, int segment,
	bool each_segment)
{
	struct told *told;

	for (size_t i = 0; i < tellings->n; i++) {
		told = &tellings->told[i];
		if (memcmp(&told->key, key, sizeof(*key)) == 0 &&
		    (!each_segment || told->segment == segment))
			return told;
	}
	if (tellings->n == FINDING_GROUPS_MAX)
		return NULL;
	told = &tellings->told[tellings->n++];
	told->key = *key;
	told->segment = segment;
	return told;
}

static void
take_frame(struct tellings *tellings, size_t r, size_t i)
{
	const struct story *story = tellings->finder->story;
	const struct story_frame *f = &story->frames[i];
	struct told_key key;
	struct told *told;

	memset(&key, 0, sizeof(key));
	if (!rules[r].concerns(tellings->finder, i, &key))
		return;
	/* What got nowhere has told nobody. */
	if ((f->flags & STORY_FRAME_DROPPED) != 0 &&
	    rules[r].rank != RANK_DROPPED)
		return;
	key.rule = (uint32_t)r;
	told = told_of(tellings, &key, f->segment, rules[r].each_segment);
	if (told == NULL)
		return;
	if (told->frames.n_all == 0)
		told->first = i;
	frame_set_add(&told->frames, story, i);
	told->n += f->segment == told->segment;
}

/* ---- one address, two stations ---- */

struct claim {
	struct wire_address address;
	int segment;
	struct mac mac;
	size_t frame;
	bool told;
};

/* Return: the earlier claim of the same address on the same segment, made now
 * when there was none; NULL when there is no room. */
static struct claim *
claim_of(struct claim *claims, size_t *n, const struct finder *finder,
	 size_t frame)
{
	const struct wire_frame *said = &finder->said[frame];
	int segment = finder->story->frames[frame].segment;

	for (size_t i = 0; i < *n; i++)
		if (claims[i].segment == segment &&
		    wire_address_eq(&claims[i].address, &said->target))
			return &claims[i];
	if (*n == FINDING_GROUPS_MAX)
		return NULL;
	claims[*n] = (struct claim){ .address = said->target,
				     .segment = segment,
				     .mac = said->claimed,
				     .frame = frame };
	return &claims[(*n)++];
}

static void
tell_twice(struct finder *finder, struct claim *claim, size_t frame)
{
	struct frame_set set = { .n = 0 };
	char address[WIRE_NAME_TEXT_SIZE];
	char first[MAC_TEXT_SIZE], second[MAC_TEXT_SIZE];
	const struct mac *mac = &finder->said[frame].claimed;
	const struct story_frame *frames = finder->story->frames;

	claim->told = true;
	frame_set_add(&set, finder->story, claim->frame);
	frame_set_add(&set, finder->story, frame);
	finding_add(finder, RANK_TWICE, &set,
		    "%s is claimed by two on %s: by %s (%s), and then by %s "
		    "(%s): it was taken over, or both use it",
		    wire_names_both(finder->names, &claim->address, address),
		    finder->story->segments[claim->segment].name,
		    machine_name(finder, frames[claim->frame].from),
		    mac_format(&claim->mac, first),
		    machine_name(finder, frames[frame].from),
		    mac_format(mac, second));
}

static void
find_twice(struct finder *finder)
{
	struct claim *claims = xcalloc(FINDING_GROUPS_MAX, sizeof(*claims));
	size_t n = 0;

	for (size_t i = finder->from; i < finder->to; i++) {
		struct claim *claim;

		if (finder->said[i].kind != WIRE_IS_AT ||
		    finder->said[i].target.size == 0)
			continue;
		claim = claim_of(claims, &n, finder, i);
		if (claim != NULL && !claim->told &&
		    !mac_eq(&claim->mac, &finder->said[i].claimed))
			tell_twice(finder, claim, i);
	}
	free(claims);
}

void
find_told(struct finder *finder)
{
	struct tellings tellings = { .finder = finder,
				     .told = xcalloc(FINDING_GROUPS_MAX,
						     sizeof(*tellings.told)) };
	char times[FINDING_TIMES_SIZE];

	for (size_t i = finder->from; i < finder->to; i++)
		for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
			take_frame(&tellings, r, i);
	for (size_t i = 0; i < tellings.n; i++) {
		const struct told *told = &tellings.told[i];

		finding_times(&told->frames, told->n, times);
		rules[told->key.rule].tell(finder, told, times);
	}
	free(tellings.told);
	find_twice(finder);
}
