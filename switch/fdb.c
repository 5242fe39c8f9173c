#include "switch/fdb.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "switch/fdb-priv.h"

enum { ROOM_AT_FIRST = 16 }; /* entries: an idle segment's needs */

static uint64_t
key_of(const struct mac *mac, uint16_t vid)
{
	assert(vid <= FDB_VID_MAX);
	return (uint64_t)vid << 48 | mac_to_u64(mac);
}

static bool
is_station(const struct mac *mac)
{
	return !mac_is_multicast(mac) && !mac_is_zero(mac);
}

static uint32_t *
bucket_of(const struct fdb *fdb, uint64_t key)
{
	return &fdb->entry_buckets[siphash_u64(&fdb->key, key) & fdb->mask];
}

static uint32_t
find(const struct fdb *fdb, uint64_t key)
{
	uint32_t i = *bucket_of(fdb, key);

	while (i != FDB_NIL && fdb->entries[i].key != key)
		i = fdb->entries[i].next;
	return i;
}

static uint32_t *
guess_of(const struct fdb *fdb, uint64_t key)
{
	/* Multiplicative hashing: the upper half depends on all bits. */
	uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);

	return &fdb->guesses[mixed >> 32 & fdb->mask];
}

static bool
is_entry(const struct fdb *fdb, uint32_t i, uint64_t key)
{
	return i < fdb->n_room && fdb->entries[i].key == key;
}

/* Entries do not wander, and a free one has no key: when the one that the
 * hint, or a guess, means has this key, it is the one. */
static uint32_t
find_hinted(const struct fdb *fdb, uint64_t key, fdb_hint_t *hint)
{
	uint32_t *guess, i = *hint;

	if (is_entry(fdb, i, key))
		return i;
	guess = guess_of(fdb, key);
	i = *guess;
	if (!is_entry(fdb, i, key)) {
		i = find(fdb, key);
		if (i == FDB_NIL)
			return i;
		*guess = i;
	}
	*hint = i;
	return i;
}

/* ---- room ---- */

static uint32_t *
new_heads(size_t n)
{
	uint32_t *heads = xcalloc(n, sizeof(*heads));

	for (size_t i = 0; i < n; i++)
		heads[i] = FDB_NIL;
	return heads;
}

static void
rehash(struct fdb *fdb)
{
	uint32_t n_buckets = 1;

	while (n_buckets < 2 * fdb->n_room)
		n_buckets *= 2;
	fdb->mask = n_buckets - 1;
	free(fdb->entry_buckets);
	free(fdb->owner_buckets);
	free(fdb->guesses);
	fdb->guesses = new_heads(n_buckets);
	fdb->entry_buckets = new_heads(n_buckets);
	fdb->owner_buckets = new_heads(n_buckets);
	fdb_owner_rehash(fdb);
	for (uint32_t i = 0; i < fdb->n_room; i++) {
		struct entry *e = &fdb->entries[i];
		uint32_t *head;

		if (e->key == FDB_NO_KEY)
			continue;
		head = bucket_of(fdb, e->key);
		e->next = *head;
		*head = i;
	}
}

/* Room for @n_room entries; the new ones are put on the free lists. */
static void
grow(struct fdb *fdb, uint32_t n_room)
{
	uint32_t n_had = fdb->n_room;

	fdb->entries = xrealloc(fdb->entries, n_room, sizeof(*fdb->entries));
	fdb->owners = xrealloc(fdb->owners, n_room, sizeof(*fdb->owners));
	fdb->by_count =
	    xrealloc(fdb->by_count, (size_t)n_room + 1, sizeof(*fdb->by_count));
	if (n_had == 0)
		fdb->by_count[0] = FDB_NIL;
	for (uint32_t i = n_had; i < n_room; i++) {
		uint32_t next = i + 1 < n_room ? i + 1 : FDB_NIL;

		fdb->entries[i] =
		    (struct entry){ .key = FDB_NO_KEY, .next = next };
		fdb->owners[i] = (struct owner){ .next = next };
		fdb->by_count[i + 1] = FDB_NIL;
	}
	/* The free list of entries is empty: that is why.  That of owners may
	 * not be. */
	fdb->free_entry = n_had;
	fdb->owners[n_room - 1].next = fdb->free_owner;
	fdb->free_owner = n_had;
	fdb->n_room = n_room;
	rehash(fdb);
}

struct fdb *
fdb_new(size_t max_entries, uint64_t ageing_ms, const struct siphash_key *key)
{
	struct fdb *fdb = XNEW(struct fdb);

	assert(max_entries >= 1 && max_entries <= FDB_ENTRIES_MAX);
	assert(ageing_ms > 0);
	fdb->ageing_ms = ageing_ms;
	fdb->key = *key;
	fdb->max = (uint32_t)max_entries;
	fdb->free_owner = FDB_NIL;
	grow(fdb, fdb->max < ROOM_AT_FIRST ? fdb->max : ROOM_AT_FIRST);
	return fdb;
}

void
fdb_free(struct fdb *fdb)
{
	if (fdb == NULL)
		return;
	free(fdb->entry_buckets);
	free(fdb->owner_buckets);
	free(fdb->guesses);
	free(fdb->by_count);
	free(fdb->entries);
	free(fdb->owners);
	free(fdb);
}

/* ---- entries come and go ---- */

static struct fdb_entry
show(const struct entry *e, uint64_t now_ms)
{
	struct fdb_entry out = {
		.vid = (uint16_t)(e->key >> 48),
		.port = e->port,
		.moved_from = e->moved_from,
		.n_moves = e->n_moves,
		.age_ms = e->is_static ? 0 : now_ms - e->seen_ms,
		.is_static = e->is_static,
	};

	for (int k = 0; k < MAC_LEN; k++)
		out.mac.b[k] = (uint8_t)(e->key >> (40 - 8 * k));
	return out;
}

static void
tell(const struct fdb *fdb, uint32_t i, bool added)
{
	const struct entry *e = &fdb->entries[i];
	struct fdb_entry out;

	if (fdb->watch == NULL)
		return;
	out = show(e, e->seen_ms);
	fdb->watch(&out, added, fdb->watch_arg);
}

static void
forget(struct fdb *fdb, uint32_t i)
{
	struct entry *e = &fdb->entries[i];
	uint32_t *link = bucket_of(fdb, e->key);

	tell(fdb, i, false);

	while (*link != i)
		link = &fdb->entries[*link].next;
	*link = e->next;
	if (e->is_static)
		fdb->n_static--;
	else
		fdb_owner_lose(fdb, i);
	e->key = FDB_NO_KEY;
	e->next = fdb->free_entry;
	fdb->free_entry = i;
	fdb->n_used--;
}

/* An entry for @key, which has none; it is nobody's yet. */
static uint32_t
insert(struct fdb *fdb, uint64_t key)
{
	uint32_t *head, i;

	if (fdb->n_used == fdb->max)
		forget(fdb, fdb->owners[fdb->by_count[fdb->n_most]].oldest);
	else if (fdb->n_used == fdb->n_room)
		grow(fdb,
		     fdb->n_room < fdb->max / 2 ? 2 * fdb->n_room : fdb->max);
	i = fdb->free_entry;
	fdb->free_entry = fdb->entries[i].next;
	head = bucket_of(fdb, key);
	fdb->entries[i] = (struct entry){ .key = key,
					  .owner = FDB_NIL,
					  .next = *head,
					  .moved_from = PORT_NONE };
	*head = i;
	fdb->n_used++;
	return i;
}

/* ---- learning ---- */

static bool
is_in_window(const struct entry *e, uint64_t now_ms)
{
	return e->n_window > 0 && now_ms - e->window_ms < FDB_FLAP_MS;
}

/* What is to be done about entry @i, or NIL, now that it is seen on @port. */
static enum fdb_result
judge(const struct fdb *fdb, uint32_t i, port_id_t port, uint64_t now_ms)
{
	const struct entry *e;

	if (i == FDB_NIL)
		return fdb->n_used == fdb->max ? FDB_EVICTED : FDB_ADDED;
	e = &fdb->entries[i];
	if (e->is_static)
		return FDB_STATIC;
	if (e->port == port)
		return FDB_REFRESHED;
	if (now_ms - e->seen_ms < fdb->hold_ms)
		return FDB_KEPT;
	return is_in_window(e, now_ms) && e->n_window >= FDB_FLAP_MOVES
		   ? FDB_FLAPPING
		   : FDB_MOVED;
}

static void
move(struct fdb *fdb, uint32_t i, port_id_t port, uint64_t now_ms)
{
	struct entry *e = &fdb->entries[i];

	if (!is_in_window(e, now_ms)) {
		e->window_ms = now_ms;
		e->n_window = 0;
	}
	if (e->n_window < UINT16_MAX)
		e->n_window++;
	e->n_moves++;
	e->moved_from = e->port;
	fdb_owner_lose(fdb, i);
	fdb_owner_take(fdb, i, port);
}

enum fdb_result
fdb_learn_hinted(struct fdb *fdb, const struct mac *src, uint16_t vid,
		 port_id_t port, uint64_t now_ms, fdb_hint_t *hint)
{
	uint64_t key = key_of(src, vid);
	enum fdb_result result;
	uint32_t i;

	if (!is_station(src))
		return FDB_REFUSED;
	i = find_hinted(fdb, key, hint);
	result = judge(fdb, i, port, now_ms);
	switch (result) {
	case FDB_ADDED:
	case FDB_EVICTED:
		i = *hint = insert(fdb, key);
		fdb_owner_take(fdb, i, port);
		tell(fdb, i, true);
		break;
	case FDB_MOVED:
	case FDB_FLAPPING:
		move(fdb, i, port, now_ms);
		break;
	case FDB_REFRESHED:
		if (fdb->entries[i].seen_ms != now_ms)
			fdb_owner_renew(fdb, i);
		break;
	default:
		return result;
	}
	fdb->entries[i].seen_ms = now_ms;
	return result;
}

enum fdb_result
fdb_learn(struct fdb *fdb, const struct mac *src, uint16_t vid, port_id_t port,
	  uint64_t now_ms)
{
	fdb_hint_t none = 0;

	return fdb_learn_hinted(fdb, src, vid, port, now_ms, &none);
}

enum fdb_result
fdb_would_learn(const struct fdb *fdb, const struct mac *src, uint16_t vid,
		port_id_t port, uint64_t now_ms)
{
	if (!is_station(src))
		return FDB_REFUSED;
	return judge(fdb, find(fdb, key_of(src, vid)), port, now_ms);
}

/* ---- looking up ---- */

static bool
is_too_old(const struct fdb *fdb, const struct entry *e, uint64_t now_ms)
{
	return !e->is_static && now_ms - e->seen_ms >= fdb->ageing_ms;
}

port_id_t
fdb_lookup_hinted(const struct fdb *fdb, const struct mac *dst, uint16_t vid,
		  uint64_t now_ms, fdb_hint_t *hint)
{
	uint32_t i = find_hinted(fdb, key_of(dst, vid), hint);

	if (i == FDB_NIL || is_too_old(fdb, &fdb->entries[i], now_ms))
		return PORT_NONE;
	return fdb->entries[i].port;
}

port_id_t
fdb_lookup(const struct fdb *fdb, const struct mac *dst, uint16_t vid,
	   uint64_t now_ms)
{
	fdb_hint_t none = 0;

	return fdb_lookup_hinted(fdb, dst, vid, now_ms, &none);
}

bool
fdb_find(const struct fdb *fdb, const struct mac *mac, uint16_t vid,
	 uint64_t now_ms, struct fdb_entry *entry)
{
	uint32_t i = find(fdb, key_of(mac, vid));

	if (i == FDB_NIL || is_too_old(fdb, &fdb->entries[i], now_ms))
		return false;
	*entry = show(&fdb->entries[i], now_ms);
	return true;
}

void
fdb_each(const struct fdb *fdb, uint64_t now_ms, fdb_entry_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < fdb->n_room; i++) {
		const struct entry *e = &fdb->entries[i];
		struct fdb_entry out;

		if (e->key == FDB_NO_KEY || is_too_old(fdb, e, now_ms))
			continue;
		out = show(e, now_ms);
		fn(&out, arg);
	}
}

/* ---- by hand ---- */

int
fdb_set_static(struct fdb *fdb, const struct mac *mac, uint16_t vid,
	       port_id_t port)
{
	uint64_t key = key_of(mac, vid);
	bool is_new;
	struct entry *e;
	uint32_t i;

	if (!is_station(mac))
		return -EINVAL;
	i = find(fdb, key);
	is_new = i == FDB_NIL;
	if (i == FDB_NIL || !fdb->entries[i].is_static) {
		if (fdb->n_static >= fdb->max / 2)
			return -ENOSPC;
		if (i == FDB_NIL)
			i = insert(fdb, key);
		else
			fdb_owner_lose(fdb, i);
		fdb->n_static++;
	}
	e = &fdb->entries[i];
	e->is_static = true;
	e->port = port;
	e->moved_from = PORT_NONE;
	e->n_moves = 0;
	if (is_new)
		tell(fdb, i, true);
	return 0;
}

int
fdb_del(struct fdb *fdb, const struct mac *mac, uint16_t vid)
{
	uint32_t i = find(fdb, key_of(mac, vid));

	if (i == FDB_NIL)
		return -ENOENT;
	forget(fdb, i);
	return 0;
}

/* ---- many at once ---- */

/* Drops entries of owner @o, oldest first, those younger than @min_age_ms
 * excepted.  The owner itself goes with its last entry. */
static size_t
drop_oldest(struct fdb *fdb, uint32_t o, uint64_t now_ms, uint64_t min_age_ms)
{
	uint32_t left = fdb->owners[o].n;
	size_t n = 0;

	for (; left > 0; left--, n++) {
		uint32_t i = fdb->owners[o].oldest;

		if (now_ms - fdb->entries[i].seen_ms < min_age_ms)
			break;
		forget(fdb, i);
	}
	return n;
}

size_t
fdb_expire(struct fdb *fdb, uint64_t now_ms)
{
	size_t n = 0;

	for (uint32_t o = 0; o < fdb->n_room; o++) {
		if (fdb->owners[o].n > 0)
			n += drop_oldest(fdb, o, now_ms, fdb->ageing_ms);
	}
	return n;
}

size_t
fdb_flush(struct fdb *fdb)
{
	size_t n = 0;

	for (uint32_t o = 0; o < fdb->n_room; o++) {
		if (fdb->owners[o].n > 0)
			n += drop_oldest(fdb, o, 0, 0);
	}
	return n;
}

size_t
fdb_flush_port(struct fdb *fdb, port_id_t port)
{
	uint32_t o = fdb_owner_find(fdb, port);

	return o != FDB_NIL ? drop_oldest(fdb, o, 0, 0) : 0;
}

void
fdb_drop_port(struct fdb *fdb, port_id_t port)
{
	fdb_flush_port(fdb, port);
	for (uint32_t i = 0; i < fdb->n_room && fdb->n_static > 0; i++) {
		const struct entry *e = &fdb->entries[i];

		if (e->key != FDB_NO_KEY && e->port == port)
			forget(fdb, i);
	}
}

size_t
fdb_count(const struct fdb *fdb)
{
	return fdb->n_used;
}

size_t
fdb_n_static(const struct fdb *fdb)
{
	return fdb->n_static;
}

size_t
fdb_max(const struct fdb *fdb)
{
	return fdb->max;
}

int
fdb_set_max(struct fdb *fdb, size_t max_entries)
{
	assert(max_entries >= 1 && max_entries <= FDB_ENTRIES_MAX);
	if (fdb->n_used > max_entries || fdb->n_static > max_entries / 2)
		return -ENOSPC;
	fdb->max = (uint32_t)max_entries;
	return 0;
}

uint64_t
fdb_ageing_ms(const struct fdb *fdb)
{
	return fdb->ageing_ms;
}

void
fdb_set_hold(struct fdb *fdb, uint64_t hold_ms)
{
	fdb->hold_ms = hold_ms;
}

void
fdb_watch(struct fdb *fdb, fdb_watch_fn *fn, void *arg)
{
	fdb->watch = fn;
	fdb->watch_arg = arg;
}

void
fdb_set_ageing(struct fdb *fdb, uint64_t ageing_ms)
{
	assert(ageing_ms > 0);
	fdb->ageing_ms = ageing_ms;
}
