#include "switch/fdb.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/xalloc.h"

#define NIL UINT32_MAX /* the end of a list of indices */

struct entry {
	uint64_t key; /* address, and the VID above it */
	uint64_t seen_ms;
	uint32_t owner;	       /* index in fdb->owners */
	uint32_t next;	       /* in its bucket, or on the free list */
	uint32_t older, newer; /* of the same port, by seen_ms */
};

/* A port that has entries. */
struct owner {
	port_id_t port;
	uint32_t n;		 /* its entries */
	uint32_t oldest, newest; /* of them */
	uint32_t next;		 /* in its bucket, or on the free list */
	uint32_t less, more;	 /* neighbours among owners of equal n */
};

/*
 * Invariants.  Every entry is on exactly one chain: a bucket's or the free
 * list's.  Every entry in a bucket is on its owner's list, in order of
 * seen_ms.  An owner in use has n > 0 and is on the list by_count[n]; n_most
 * is the largest n for which that list is not empty, 0 when there is none.
 * So "the oldest entry of the port that holds most" takes no search.
 */
struct fdb {
	uint64_t ageing_ms;
	struct siphash_key key;
	uint32_t max;
	uint32_t n_used;
	uint32_t n_most;
	uint32_t mask; /* of both tables of buckets */
	uint32_t free_entry;
	uint32_t free_owner;
	uint32_t *entry_buckets;
	uint32_t *owner_buckets;
	uint32_t *by_count; /* heads, 0..max */
	struct entry *entries;
	struct owner *owners;
};

static uint64_t
key_of(const struct mac *mac, uint16_t vid)
{
	return (uint64_t)vid << 48 | mac_to_u64(mac);
}

static uint32_t *
entry_bucket(const struct fdb *fdb, uint64_t key)
{
	return &fdb->entry_buckets[siphash_u64(&fdb->key, key) & fdb->mask];
}

static uint32_t
find(const struct fdb *fdb, uint64_t key)
{
	uint32_t i = *entry_bucket(fdb, key);

	while (i != NIL && fdb->entries[i].key != key)
		i = fdb->entries[i].next;
	return i;
}

static uint32_t *
new_heads(size_t n)
{
	uint32_t *heads = xcalloc(n, sizeof(*heads));

	for (size_t i = 0; i < n; i++)
		heads[i] = NIL;
	return heads;
}

struct fdb *
fdb_new(size_t max_entries, uint64_t ageing_ms, const struct siphash_key *key)
{
	struct fdb *fdb = XNEW(struct fdb);
	uint32_t n_buckets = 1;

	assert(max_entries >= 1 && max_entries <= FDB_ENTRIES_MAX);
	assert(ageing_ms > 0);
	while (n_buckets < 2 * max_entries)
		n_buckets *= 2;
	fdb->ageing_ms = ageing_ms;
	fdb->key = *key;
	fdb->max = (uint32_t)max_entries;
	fdb->mask = n_buckets - 1;
	fdb->entry_buckets = new_heads(n_buckets);
	fdb->owner_buckets = new_heads(n_buckets);
	fdb->by_count = new_heads(max_entries + 1);
	fdb->entries = xcalloc(max_entries, sizeof(*fdb->entries));
	fdb->owners = xcalloc(max_entries, sizeof(*fdb->owners));
	for (uint32_t i = 0; i < fdb->max; i++) {
		fdb->entries[i].next = i + 1 < fdb->max ? i + 1 : NIL;
		fdb->owners[i].next = fdb->entries[i].next;
	}
	return fdb;
}

void
fdb_free(struct fdb *fdb)
{
	if (fdb == NULL)
		return;
	free(fdb->entry_buckets);
	free(fdb->owner_buckets);
	free(fdb->by_count);
	free(fdb->entries);
	free(fdb->owners);
	free(fdb);
}

/* ---- owners ---- */

static uint32_t
find_owner(const struct fdb *fdb, port_id_t port)
{
	uint32_t o = fdb->owner_buckets[port & fdb->mask];

	while (o != NIL && fdb->owners[o].port != port)
		o = fdb->owners[o].next;
	return o;
}

static void
leave_count(struct fdb *fdb, uint32_t o)
{
	struct owner *owner = &fdb->owners[o];

	if (owner->less != NIL)
		fdb->owners[owner->less].more = owner->more;
	else
		fdb->by_count[owner->n] = owner->more;
	if (owner->more != NIL)
		fdb->owners[owner->more].less = owner->less;
}

static void
enter_count(struct fdb *fdb, uint32_t o)
{
	struct owner *owner = &fdb->owners[o];
	uint32_t first = fdb->by_count[owner->n];

	owner->less = NIL;
	owner->more = first;
	if (first != NIL)
		fdb->owners[first].less = o;
	fdb->by_count[owner->n] = o;
}

/* The owner for @port with one entry more.  There is a free one: each owner
 * in use has an entry, and the caller holds one that is in nobody's list. */
static uint32_t
owner_add(struct fdb *fdb, port_id_t port)
{
	uint32_t o = find_owner(fdb, port);
	struct owner *owner;

	if (o == NIL) {
		uint32_t *head = &fdb->owner_buckets[port & fdb->mask];

		o = fdb->free_owner;
		owner = &fdb->owners[o];
		fdb->free_owner = owner->next;
		*owner = (struct owner){ .port = port,
					 .oldest = NIL,
					 .newest = NIL,
					 .next = *head };
		*head = o;
	} else {
		owner = &fdb->owners[o];
		leave_count(fdb, o);
	}
	owner->n++;
	enter_count(fdb, o);
	if (owner->n > fdb->n_most)
		fdb->n_most = owner->n;
	return o;
}

static void
owner_sub(struct fdb *fdb, uint32_t o)
{
	struct owner *owner = &fdb->owners[o];
	uint32_t *link = &fdb->owner_buckets[owner->port & fdb->mask];

	leave_count(fdb, o);
	if (owner->n == fdb->n_most && fdb->by_count[owner->n] == NIL)
		fdb->n_most--; /* it is there itself now, or nobody is */
	if (--owner->n > 0) {
		enter_count(fdb, o);
		return;
	}
	while (*link != o)
		link = &fdb->owners[*link].next;
	*link = owner->next;
	owner->next = fdb->free_owner;
	fdb->free_owner = o;
}

/* ---- an entry in its owner's list ---- */

static void
leave_owner(struct fdb *fdb, uint32_t i)
{
	struct entry *e = &fdb->entries[i];
	struct owner *owner = &fdb->owners[e->owner];

	if (e->older != NIL)
		fdb->entries[e->older].newer = e->newer;
	else
		owner->oldest = e->newer;
	if (e->newer != NIL)
		fdb->entries[e->newer].older = e->older;
	else
		owner->newest = e->older;
}

static void
enter_owner(struct fdb *fdb, uint32_t i)
{
	struct entry *e = &fdb->entries[i];
	struct owner *owner = &fdb->owners[e->owner];

	e->newer = NIL;
	e->older = owner->newest;
	if (owner->newest != NIL)
		fdb->entries[owner->newest].newer = i;
	else
		owner->oldest = i;
	owner->newest = i;
}

static void
forget(struct fdb *fdb, uint32_t i)
{
	struct entry *e = &fdb->entries[i];
	uint32_t *link = entry_bucket(fdb, e->key);

	while (*link != i)
		link = &fdb->entries[*link].next;
	*link = e->next;
	leave_owner(fdb, i);
	owner_sub(fdb, e->owner);
	e->next = fdb->free_entry;
	fdb->free_entry = i;
	fdb->n_used--;
}

/* ---- what others see ---- */

static enum fdb_result
add(struct fdb *fdb, uint64_t key, port_id_t port, uint64_t now_ms)
{
	enum fdb_result result = FDB_ADDED;
	uint32_t *head, i;
	struct entry *e;

	if (fdb->n_used == fdb->max) {
		forget(fdb, fdb->owners[fdb->by_count[fdb->n_most]].oldest);
		result = FDB_EVICTED;
	}
	i = fdb->free_entry;
	e = &fdb->entries[i];
	fdb->free_entry = e->next;
	head = entry_bucket(fdb, key);
	*e = (struct entry){ .key = key,
			     .seen_ms = now_ms,
			     .owner = owner_add(fdb, port),
			     .next = *head };
	*head = i;
	enter_owner(fdb, i);
	fdb->n_used++;
	return result;
}

enum fdb_result
fdb_learn(struct fdb *fdb, const struct mac *src, uint16_t vid, port_id_t port,
	  uint64_t now_ms)
{
	uint64_t key = key_of(src, vid);
	struct entry *e;
	uint32_t i;

	assert(vid <= FDB_VID_MAX);
	if (mac_is_multicast(src) || mac_is_zero(src))
		return FDB_REFUSED;
	i = find(fdb, key);
	if (i == NIL)
		return add(fdb, key, port, now_ms);
	e = &fdb->entries[i];
	if (fdb->owners[e->owner].port == port) {
		if (e->seen_ms != now_ms) {
			e->seen_ms = now_ms;
			leave_owner(fdb, i);
			enter_owner(fdb, i);
		}
		return FDB_REFRESHED;
	}
	leave_owner(fdb, i);
	owner_sub(fdb, e->owner);
	e->owner = owner_add(fdb, port);
	e->seen_ms = now_ms;
	enter_owner(fdb, i);
	return FDB_MOVED;
}

static bool
is_too_old(const struct fdb *fdb, const struct entry *e, uint64_t now_ms)
{
	return now_ms - e->seen_ms >= fdb->ageing_ms;
}

port_id_t
fdb_lookup(const struct fdb *fdb, const struct mac *dst, uint16_t vid,
	   uint64_t now_ms)
{
	uint32_t i = find(fdb, key_of(dst, vid));

	if (i == NIL || is_too_old(fdb, &fdb->entries[i], now_ms))
		return PORT_NONE;
	return fdb->owners[fdb->entries[i].owner].port;
}

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

	for (uint32_t o = 0; o < fdb->max; o++) {
		if (fdb->owners[o].n > 0)
			n += drop_oldest(fdb, o, now_ms, fdb->ageing_ms);
	}
	return n;
}

size_t
fdb_flush(struct fdb *fdb)
{
	size_t n = 0;

	for (uint32_t o = 0; o < fdb->max; o++) {
		if (fdb->owners[o].n > 0)
			n += drop_oldest(fdb, o, 0, 0);
	}
	return n;
}

size_t
fdb_flush_port(struct fdb *fdb, port_id_t port)
{
	uint32_t o = find_owner(fdb, port);

	return o != NIL ? drop_oldest(fdb, o, 0, 0) : 0;
}

size_t
fdb_count(const struct fdb *fdb)
{
	return fdb->n_used;
}

size_t
fdb_max(const struct fdb *fdb)
{
	return fdb->max;
}

uint64_t
fdb_ageing_ms(const struct fdb *fdb)
{
	return fdb->ageing_ms;
}

void
fdb_each(const struct fdb *fdb, uint64_t now_ms, fdb_entry_fn *fn, void *arg)
{
	for (uint32_t b = 0; b <= fdb->mask; b++) {
		for (uint32_t i = fdb->entry_buckets[b]; i != NIL;
		     i = fdb->entries[i].next) {
			const struct entry *e = &fdb->entries[i];
			struct fdb_entry out = {
				.vid = (uint16_t)(e->key >> 48),
				.port = fdb->owners[e->owner].port,
				.age_ms = now_ms - e->seen_ms,
			};

			if (is_too_old(fdb, e, now_ms))
				continue;
			for (int k = 0; k < MAC_LEN; k++)
				out.mac.b[k] =
				    (uint8_t)(e->key >> (40 - 8 * k));
			fn(&out, arg);
		}
	}
}
