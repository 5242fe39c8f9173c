/*
 * findings-asked: questions that nobody answered: connections, addresses, names,
 * leases, echoes.
 *
 * Each question is an entry of its segment; the entries that ask the same of the
 * same one are a group, and a sentence: the segment where it was asked first has
 * the asker, the others show how far it came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/findings-internal.h"
#include "lib/xalloc.h"

enum {
	GROUPS_MAX = 64,
	ASKERS_SIZE = 512,
	SENTENCE_SIZE = 1024,
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
};

/* Nobody is expected to answer faster. */
#define PATIENCE_S 0.9

enum ask_kind {
	ASK_CONNECTION,
	ASK_WHO_HAS,
	ASK_ECHO,
	ASK_NAME,
	ASK_LEASE,
	ASK_LEASE_AGAIN,
};

/* Comparable by memcmp(). */
struct ask_key {
	uint32_t kind, segment;
	uint32_t port_a, port_b, id;
	struct wire_address a, b; /* who asks, who is asked */
};

struct ask {
	struct ask_key key;
	struct frame_set *asked; /* owned */
	size_t first;		 /* its frame */
	size_t n_dropped;	 /* of .asked, or copies of them */
	size_t dropped;		 /* such a frame */
	bool answered;
	bool answer_dropped;
	bool refused;	/* by a reset */
	size_t refusal; /* its frame */
	double answer_s;
};

struct asks {
	struct finder *finder; /* borrowed */
	struct ask *asks;
	size_t n;
	uint32_t *slots; /* of a hash table: an index of .asks and 1; 0: free */
	size_t n_slots;	 /* a power of two, twice as many as there are frames */
};

/* ---- entries ---- */

static size_t
slot_of(const struct asks *asks, const struct ask_key *key)
{
	const uint8_t *octets = (const uint8_t *)key;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (size_t o = 0; o < sizeof(*key); o++)
		hash = (hash ^ octets[o]) * UINT64_C(0x100000001b3);
	i = (hash ^ hash >> 32) & (asks->n_slots - 1);
	while (asks->slots[i] != 0 &&
	       memcmp(&asks->asks[asks->slots[i] - 1].key, key, sizeof(*key)) !=
		   0)
		i = (i + 1) & (asks->n_slots - 1);
	return i;
}

static struct ask *
find_ask(const struct asks *asks, const struct ask_key *key)
{
	size_t slot = slot_of(asks, key);

	return asks->slots[slot] != 0 ? &asks->asks[asks->slots[slot] - 1]
				      : NULL;
}

/* ---- what a frame asks, or answers ---- */

enum role { NEITHER, ASKS, ANSWERS, REFUSES };

static bool
is_one_station(const struct wire_address *address)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	if (address->size == 4)
		return address->octets[0] < 224 &&
		       memcmp(address->octets, all, 4) != 0;
	return address->size == 16 && address->octets[0] != 0xff;
}

/* Set, and not 0.0.0.0 or ::. */
static bool
is_given(const struct wire_address *address)
{
	static const uint8_t zeros[16];

	return address->size > 0 &&
	       memcmp(address->octets, zeros, address->size) != 0;
}

static void
set_flow(struct ask_key *key, const struct wire_flow *flow, bool answer)
{
	key->a = answer ? flow->dst : flow->src;
	key->b = answer ? flow->src : flow->dst;
	key->port_a = answer ? flow->dst_port : flow->src_port;
	key->port_b = answer ? flow->src_port : flow->dst_port;
}

static enum role
role_of_tcp(const struct wire_frame *f, struct ask_key *key)
{
	unsigned flags = f->tcp_flags;
	bool asks = (flags & TCP_SYN) != 0 && (flags & TCP_ACK) == 0;
	bool answers = (flags & TCP_SYN) != 0 && (flags & TCP_ACK) != 0;

	key->kind = ASK_CONNECTION;
	set_flow(key, &f->flow, !asks);
	if (asks)
		return (flags & TCP_RST) == 0 ? ASKS : NEITHER;
	if (answers)
		return ANSWERS;
	return (flags & TCP_RST) != 0 ? REFUSES : NEITHER;
}

/* Whoever shows itself answers all that ask for it. */
static enum role
role_of_who_has(const struct wire_frame *f, struct ask_key *key)
{
	key->kind = ASK_WHO_HAS;
	key->b = f->target;
	if (f->kind == WIRE_IS_AT)
		return ANSWERS;
	/* Probes for duplicates, and announcements. */
	if (!is_given(&f->asker) || wire_address_eq(&f->asker, &f->target))
		return NEITHER;
	return ASKS;
}

static enum role
role_of_dhcp(const struct wire_frame *f, struct ask_key *key)
{
	key->id = f->id;
	key->a.size = MAC_LEN;
	memcpy(key->a.octets, f->client.b, MAC_LEN);
	switch (f->code) {
	case DHCP_DISCOVER:
	case DHCP_OFFER:
		key->kind = ASK_LEASE;
		return f->code == DHCP_DISCOVER ? ASKS : ANSWERS;
	case DHCP_REQUEST:
	case DHCP_ACK:
	case DHCP_NAK:
		key->kind = ASK_LEASE_AGAIN;
		return f->code == DHCP_REQUEST ? ASKS : ANSWERS;
	default:
		return NEITHER;
	}
}

static enum role
role_of(const struct wire_frame *f, struct ask_key *key)
{
	switch (f->kind) {
	case WIRE_TCP:
		return role_of_tcp(f, key);
	case WIRE_WHO_HAS:
	case WIRE_IS_AT:
		return role_of_who_has(f, key);
	case WIRE_ECHO_REQUEST:
	case WIRE_ECHO_REPLY:
		key->kind = ASK_ECHO;
		key->id = f->id << 16 | f->seq16;
		set_flow(key, &f->flow, f->kind == WIRE_ECHO_REPLY);
		return f->kind == WIRE_ECHO_REPLY ? ANSWERS : ASKS;
	case WIRE_DNS_QUERY:
	case WIRE_DNS_ANSWER:
		key->kind = ASK_NAME;
		key->id = f->id;
		set_flow(key, &f->flow, f->kind == WIRE_DNS_ANSWER);
		return f->kind == WIRE_DNS_ANSWER ? ANSWERS : ASKS;
	case WIRE_DHCP:
		return role_of_dhcp(f, key);
	default:
		return NEITHER;
	}
}

static void
take_ask(struct asks *asks, const struct ask_key *key, size_t frame)
{
	const struct story *story = asks->finder->story;
	bool dropped = (story->frames[frame].flags & STORY_FRAME_DROPPED) != 0;
	size_t slot = slot_of(asks, key);
	struct ask *ask;

	if (asks->slots[slot] == 0) {
		ask = &asks->asks[asks->n++];
		ask->key = *key;
		ask->first = frame;
		ask->asked = XNEW(struct frame_set);
		asks->slots[slot] = (uint32_t)asks->n;
	}
	ask = &asks->asks[asks->slots[slot] - 1];
	if (dropped) {
		ask->n_dropped++;
		ask->dropped = frame;
	}
	if (!dropped || !finding_is_copy(asks->finder, frame))
		frame_set_add(ask->asked, story, frame);
}

static void
take_answer(struct asks *asks, const struct ask_key *key, size_t frame,
	    bool refuses)
{
	const struct story_frame *f = &asks->finder->story->frames[frame];
	struct ask *ask = find_ask(asks, key);

	if (ask == NULL || ask->answered)
		return;
	if ((f->flags & STORY_FRAME_DROPPED) != 0) {
		ask->answer_dropped = true;
		return;
	}
	ask->answered = true;
	ask->answer_s = f->t;
	ask->refused = refuses;
	ask->refusal = frame;
}

/* Questions in what is looked at; answers also behind it. */
static void
take_frames(struct asks *asks)
{
	const struct finder *finder = asks->finder;

	for (size_t i = finder->from; i < finder->story->n_frames; i++) {
		struct ask_key key;
		enum role role;

		memset(&key, 0, sizeof(key));
		role = role_of(&finder->said[i], &key);
		if (role == NEITHER ||
		    (role == ASKS &&
		     (i >= finder->to ||
		      (key.kind != ASK_LEASE && key.kind != ASK_LEASE_AGAIN &&
		       !is_one_station(&key.b)))))
			continue;
		key.segment = (uint32_t)finder->story->frames[i].segment;
		if (role == ASKS)
			take_ask(asks, &key, i);
		else
			take_answer(asks, &key, i, role == REFUSES);
	}
}

/* ---- groups ---- */

/* What is asked of one: entries of all segments, by the time of the first. */
struct group {
	const struct ask *origin; /* the first one; of its segment the others
				   * are counted */
	struct frame_set asked;	  /* of all segments */
	struct frame_set there;	  /* of the origin's */
	uint8_t seen[STORY_SEGMENTS_MAX / 8]; /* a bit a segment */
	size_t n_dropped;
	size_t dropped;
	bool many; /* addresses of the one who is asked */
	char askers[ASKERS_SIZE];
};

/* The same address, or another one of the same machine there: who asks by a name
 * tries them all. */
static bool
is_same_one(const struct finder *finder, const struct wire_address *a,
	    const struct wire_address *b)
{
	int machine;

	if (wire_address_eq(a, b))
		return true;
	machine = wire_names_of(finder->names, a);
	return machine >= 0 && machine == wire_names_of(finder->names, b) &&
	       wire_names_home(finder->names, a) ==
		   wire_names_home(finder->names, b);
}

static bool
is_same_group(const struct finder *finder, const struct ask *a,
	      const struct ask *b)
{
	const struct ask_key *x = &a->key, *y = &b->key;

	if (x->kind != y->kind || x->port_b != y->port_b ||
	    a->refused != b->refused)
		return false;
	if (x->kind == ASK_WHO_HAS)
		return x->segment == y->segment &&
		       wire_address_eq(&x->b, &y->b);
	return is_same_one(finder, &x->b, &y->b);
}

static bool
is_bad(const struct asks *asks, const struct ask *ask)
{
	const struct story *story = asks->finder->story;

	if (ask->answered)
		return ask->refused;
	if (ask->asked->n == 0)
		return false;
	return asks->finder->end_s - story->frames[ask->first].t >= PATIENCE_S;
}

static bool
has_seen(const struct group *group, int segment)
{
	return segment >= 0 && segment < STORY_SEGMENTS_MAX &&
	       (group->seen[segment / 8] >> segment % 8 & 1) != 0;
}

static void
add_asker(struct group *group, const struct finder *finder,
	  const struct ask *ask)
{
	const struct wire_frame *said = &finder->said[ask->first];
	char name[WIRE_NAME_TEXT_SIZE];
	size_t len = strlen(group->askers), name_len;
	struct mac mac;
	const char *found;

	if (ask->key.kind == ASK_LEASE || ask->key.kind == ASK_LEASE_AGAIN) {
		mac = said->client;
		wire_names_mac(finder->names, &mac, name);
	} else {
		wire_names_text(finder->names,
				ask->key.kind == ASK_WHO_HAS ? &said->asker
							     : &ask->key.a,
				name);
	}
	name_len = strlen(name);
	found = strstr(group->askers, name);
	if (found != NULL && (found == group->askers || found[-1] == ' ') &&
	    (found[name_len] == '\0' || found[name_len] == ' '))
		return;
	snprintf(group->askers + len, ASKERS_SIZE - len, "%s%s",
		 len > 0 ? " and " : "", name);
}

static void
group_add(struct group *group, const struct finder *finder,
	  const struct ask *ask)
{
	int segment = (int)ask->key.segment;

	if (group->origin == NULL)
		group->origin = ask;
	if (!wire_address_eq(&group->origin->key.b, &ask->key.b))
		group->many = true;
	frame_set_merge(&group->asked, ask->asked);
	if (ask->refused)
		frame_set_add(&group->asked, finder->story, ask->refusal);
	if (ask->n_dropped > 0) {
		group->n_dropped += ask->n_dropped;
		group->dropped = ask->dropped;
	}
	if (segment < STORY_SEGMENTS_MAX)
		group->seen[segment / 8] |= (uint8_t)(1u << segment % 8);
	if (ask->key.segment != group->origin->key.segment)
		return;
	frame_set_merge(&group->there, ask->asked);
	add_asker(group, finder, ask);
}

/* ---- sentences ---- */

/* An entry of another segment that got an answer, which the asker never saw. */
static const struct ask *
answered_elsewhere(const struct asks *asks, const struct group *group)
{
	const struct ask_key *origin = &group->origin->key;

	for (size_t i = 0; i < asks->n; i++) {
		const struct ask *ask = &asks->asks[i];
		const struct ask_key *key = &ask->key;

		if (ask->answered && !ask->refused &&
		    key->kind == origin->kind &&
		    key->segment != origin->segment &&
		    key->port_b == origin->port_b &&
		    wire_address_eq(&key->b, &origin->b) &&
		    ask->answer_s >= group->there.begin_s &&
		    ask->answer_s <= group->there.end_s + PATIENCE_S)
			return ask;
	}
	return NULL;
}

/* How far it came; "" when there is nothing to say. */
static void
write_way(const struct asks *asks, const struct group *group, char *text,
	  size_t size)
{
	const struct finder *finder = asks->finder;
	const struct story_segment *segments = finder->story->segments;
	const struct ask_key *key = &group->origin->key;
	const char *origin = segments[key->segment].name;
	const struct ask *elsewhere = answered_elsewhere(asks, group);
	const char *it = group->there.n_all == 1 ? "it" : "they";
	int home = wire_names_home(finder->names, &key->b);
	char name[WIRE_NAME_TEXT_SIZE];

	text[0] = '\0';
	if (group->n_dropped > 0) {
		const char *note = finder->story->frames[group->dropped].note;

		snprintf(text, size, "; %zu of the frames %s %s",
			 group->n_dropped,
			 group->n_dropped == 1 ? "was" : "were",
			 note != NULL ? note : "dropped");
		return;
	}
	if (group->origin->answer_dropped) {
		snprintf(text, size, "; the answer was dropped on %s", origin);
		return;
	}
	if (elsewhere != NULL) {
		snprintf(text, size,
			 "; the answer was seen on %s, but never on %s",
			 segments[elsewhere->key.segment].name, origin);
		return;
	}
	if (home < 0)
		return;
	wire_names_text(finder->names, &key->b, name);
	if (home == (int)key->segment)
		snprintf(text, size, "; %s reached %s, where %s is", it, origin,
			 name);
	else if (has_seen(group, home))
		snprintf(text, size,
			 "; %s crossed %s, and reached %s, where %s is", it,
			 origin, segments[home].name, name);
	else
		snprintf(text, size,
			 "; %s crossed %s, but never reached %s, where %s is",
			 it, origin, segments[home].name, name);
}

static void
tell(const struct asks *asks, struct group *group)
{
	struct finder *finder = asks->finder;
	const struct ask_key *key = &group->origin->key;
	const char *segment = finder->story->segments[key->segment].name;
	char asked[WIRE_NAME_TEXT_SIZE], times[FINDING_TIMES_SIZE];
	char way[SENTENCE_SIZE];

	if (group->many)
		wire_names_text(finder->names, &key->b, asked);
	else
		wire_names_both(finder->names, &key->b, asked);
	finding_times(&group->there, group->there.n_all, times);
	write_way(asks, group, way, sizeof(way));
	switch ((enum ask_kind)key->kind) {
	case ASK_CONNECTION:
		if (group->origin->refused)
			finding_add(finder, RANK_REFUSED, &group->asked,
				    "%s refused %s a connection to TCP port "
				    "%u, %s (RST): nothing listens there, or a "
				    "firewall rejects it",
				    asked, group->askers, key->port_b, times);
		else
			finding_add(finder, RANK_NO_CONNECTION, &group->asked,
				    "%s asked %s for a connection to TCP port "
				    "%u (SYN) %s, and nothing answered%s",
				    group->askers, asked, key->port_b, times,
				    way);
		break;
	case ASK_WHO_HAS:
		finding_add(
		    finder, RANK_NOBODY_THERE, &group->asked,
		    "%s asked on %s who has %s, %s, and nobody answered",
		    group->askers, segment, asked, times);
		break;
	case ASK_ECHO:
		finding_add(finder, RANK_NO_ECHO, &group->asked,
			    "%s pinged %s %s, and got no reply%s",
			    group->askers, asked, times, way);
		break;
	case ASK_NAME:
		finding_add(finder, RANK_NO_NAME, &group->asked,
			    "%s asked the name server %s for %s %s, and got no "
			    "answer%s",
			    group->askers, asked,
			    finder->said[group->origin->first].name, times,
			    way);
		break;
	case ASK_LEASE:
		finding_add(finder, RANK_NO_LEASE, &group->asked,
			    "%s asked on %s for an address by DHCP %s, and no "
			    "server offered one",
			    group->askers, segment, times);
		break;
	case ASK_LEASE_AGAIN:
		finding_add(finder, RANK_NO_LEASE, &group->asked,
			    "%s asked on %s to confirm its address by DHCP %s, "
			    "and no server answered",
			    group->askers, segment, times);
		break;
	}
}

/* Entries stand by the time of their first frames, so that the first one of a
 * group is where it was asked first. */
static void
tell_groups(const struct asks *asks)
{
	bool *done = xcalloc(asks->n + 1, sizeof(*done));
	struct group *group = XNEW(struct group);

	for (size_t i = 0, n = 0; i < asks->n && n < GROUPS_MAX; i++) {
		if (done[i] || !is_bad(asks, &asks->asks[i]))
			continue;
		memset(group, 0, sizeof(*group));
		for (size_t j = i; j < asks->n; j++) {
			if (done[j] || !is_bad(asks, &asks->asks[j]) ||
			    !is_same_group(asks->finder, &asks->asks[i],
					   &asks->asks[j]))
				continue;
			done[j] = true;
			group_add(group, asks->finder, &asks->asks[j]);
		}
		tell(asks, group);
		n++;
	}
	free(group);
	free(done);
}

void
find_unanswered(struct finder *finder)
{
	struct asks asks = { .finder = finder, .n_slots = 16 };
	size_t n = finder->to - finder->from;

	while (asks.n_slots < 2 * n)
		asks.n_slots *= 2;
	asks.slots = xcalloc(asks.n_slots, sizeof(*asks.slots));
	asks.asks = xcalloc(n + 1, sizeof(*asks.asks));
	take_frames(&asks);
	tell_groups(&asks);
	for (size_t i = 0; i < asks.n; i++)
		free(asks.asks[i].asked);
	free(asks.asks);
	free(asks.slots);
}
