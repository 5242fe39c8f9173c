/* fdb-owner: which port holds how many learned entries, and which of them is
 * the oldest: what fair eviction needs. */
#include "switch/fdb-priv.h"

static uint32_t *
bucket_of(const struct fdb *fdb, port_id_t port)
{
	return &fdb->owner_buckets[port & fdb->mask];
}

uint32_t
fdb_owner_find(const struct fdb *fdb, port_id_t port)
{
	uint32_t o = *bucket_of(fdb, port);

	while (o != FDB_NIL && fdb->owners[o].port != port)
		o = fdb->owners[o].next;
	return o;
}

void
fdb_owner_rehash(struct fdb *fdb)
{
	for (uint32_t n = 1; n <= fdb->n_most; n++) {
		for (uint32_t o = fdb->by_count[n]; o != FDB_NIL;
		     o = fdb->owners[o].more) {
			uint32_t *head = bucket_of(fdb, fdb->owners[o].port);

			fdb->owners[o].next = *head;
			*head = o;
		}
	}
}

/* ---- owners by the number of their entries ---- */

static void
leave_count(struct fdb *fdb, uint32_t o)
{
	struct owner *owner = &fdb->owners[o];

	if (owner->less != FDB_NIL)
		fdb->owners[owner->less].more = owner->more;
	else
		fdb->by_count[owner->n] = owner->more;
	if (owner->more != FDB_NIL)
		fdb->owners[owner->more].less = owner->less;
}

static void
enter_count(struct fdb *fdb, uint32_t o)
{
	struct owner *owner = &fdb->owners[o];
	uint32_t first = fdb->by_count[owner->n];

	owner->less = FDB_NIL;
	owner->more = first;
	if (first != FDB_NIL)
		fdb->owners[first].less = o;
	fdb->by_count[owner->n] = o;
}

/* The owner for @port with one entry more.  There is a free one: each owner
 * in use has an entry, and the caller holds one that is in nobody's list. */
static uint32_t
owner_add(struct fdb *fdb, port_id_t port)
{
	uint32_t o = fdb_owner_find(fdb, port);
	struct owner *owner;

	if (o == FDB_NIL) {
		uint32_t *head = bucket_of(fdb, port);

		o = fdb->free_owner;
		owner = &fdb->owners[o];
		fdb->free_owner = owner->next;
		*owner = (struct owner){ .port = port,
					 .oldest = FDB_NIL,
					 .newest = FDB_NIL,
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
	uint32_t *link = bucket_of(fdb, owner->port);

	leave_count(fdb, o);
	if (owner->n == fdb->n_most && fdb->by_count[owner->n] == FDB_NIL)
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

	if (e->older != FDB_NIL)
		fdb->entries[e->older].newer = e->newer;
	else
		owner->oldest = e->newer;
	if (e->newer != FDB_NIL)
		fdb->entries[e->newer].older = e->older;
	else
		owner->newest = e->older;
}

static void
enter_owner(struct fdb *fdb, uint32_t i)
{
	struct entry *e = &fdb->entries[i];
	struct owner *owner = &fdb->owners[e->owner];

	e->newer = FDB_NIL;
	e->older = owner->newest;
	if (owner->newest != FDB_NIL)
		fdb->entries[owner->newest].newer = i;
	else
		owner->oldest = i;
	owner->newest = i;
}

void
fdb_owner_take(struct fdb *fdb, uint32_t i, port_id_t port)
{
	fdb->entries[i].port = port;
	fdb->entries[i].owner = owner_add(fdb, port);
	enter_owner(fdb, i);
}

void
fdb_owner_renew(struct fdb *fdb, uint32_t i)
{
	if (fdb->owners[fdb->entries[i].owner].newest == i)
		return;
	leave_owner(fdb, i);
	enter_owner(fdb, i);
}

void
fdb_owner_lose(struct fdb *fdb, uint32_t i)
{
	leave_owner(fdb, i);
	owner_sub(fdb, fdb->entries[i].owner);
	fdb->entries[i].owner = FDB_NIL;
}
