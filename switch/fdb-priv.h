/* fdb-priv: the inside of the forwarding table, for fdb.c and fdb-owner.c. */
#ifndef SWITCH_FDB_PRIV_H
#define SWITCH_FDB_PRIV_H

#include "switch/fdb.h"

#define FDB_NIL UINT32_MAX /* the end of a list of indices */
/* No address and VID make this key. */
#define FDB_NO_KEY UINT64_MAX

struct entry {
	uint64_t key; /* address, and the VID above it; FDB_NO_KEY: free */
	uint64_t seen_ms;
	uint64_t window_ms;    /* when the first of .n_window moves was */
	uint32_t owner;	       /* index in fdb->owners; of a static one: NIL */
	uint32_t next;	       /* in its bucket, or on the free list */
	uint32_t older, newer; /* of the same port, by seen_ms */
	port_id_t port;
	port_id_t moved_from;
	uint32_t n_moves;
	uint16_t n_window;
	bool is_static;
};

/* A port that has learned entries. */
struct owner {
	port_id_t port;
	uint32_t n;		 /* its entries */
	uint32_t oldest, newest; /* of them */
	uint32_t next;		 /* in its bucket, or on the free list */
	uint32_t less, more;	 /* neighbours among owners of equal n */
};

/*
 * Invariants.  There is room for n_room entries and as many owners, max at
 * most.  Every entry is on exactly one chain: a bucket's or the free list's.
 * Every learned entry in a bucket is on its owner's list, in order of seen_ms;
 * at most half of max are static.  An owner in use has n > 0 and is on the
 * list by_count[n]; n_most is the largest n for which that list is not empty,
 * 0 when there is none.  So "the oldest entry of the port that holds most"
 * takes no search, and in a full table there is one.
 */
struct fdb {
	uint64_t ageing_ms;
	uint64_t hold_ms;
	fdb_watch_fn *watch; /* or NULL */
	void *watch_arg;
	struct siphash_key key;
	uint32_t max;
	uint32_t n_room;
	uint32_t n_used; /* static ones included */
	uint32_t n_static;
	uint32_t n_most;
	uint32_t mask; /* of both tables of buckets */
	uint32_t free_entry;
	uint32_t free_owner;
	uint32_t *entry_buckets;
	uint32_t *owner_buckets;
	/* By a hash that costs nothing: which entry may be meant.  It is looked
	 * at before it is believed, so who knows the hash gains nothing. */
	uint32_t *guesses;
	uint32_t *by_count; /* heads, 0..n_room */
	struct entry *entries;
	struct owner *owners;
};

/** fdb_owner_find() - FDB_NIL when @port has no learned entries */
uint32_t fdb_owner_find(const struct fdb *fdb, port_id_t port);
/** fdb_owner_take() - entry @i, on nobody's list, becomes @port's newest */
void fdb_owner_take(struct fdb *fdb, uint32_t i, port_id_t port);
/** fdb_owner_renew() - entry @i becomes the newest of its owner */
void fdb_owner_renew(struct fdb *fdb, uint32_t i);
/** fdb_owner_lose() - entry @i is on nobody's list any more; an owner goes with
 * its last entry */
void fdb_owner_lose(struct fdb *fdb, uint32_t i);
/** fdb_owner_rehash() - the table of buckets is new, and empty */
void fdb_owner_rehash(struct fdb *fdb);

#endif /* SWITCH_FDB_PRIV_H */
