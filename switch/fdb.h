/*
 * fdb: the forwarding table of one segment, (address, VID) -> port.
 *
 * Pure data structure: does no I/O, reads no clock, logs nothing.  Bounded: in
 * a full table a new address takes the place of the oldest one of the port
 * that holds most, so a guest that invents addresses pushes out its own.  The
 * hash is keyed, so that it cannot choose its bucket either.  Memory grows
 * with the number of entries, up to the bound.
 *
 * Entries are learned, or static: set by hand; these neither age nor move nor
 * make room for others.
 *
 * Time is handed in; it must not go backwards between calls.
 */
#ifndef SWITCH_FDB_H
#define SWITCH_FDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mac.h"
#include "lib/siphash.h"
#include "switch/frame.h"

enum {
	FDB_ENTRIES_MAX = 65536,
	FDB_ENTRIES_DEFAULT = 8192,
	FDB_AGEING_DEFAULT_MS = 300 * 1000,
	FDB_VID_MAX = 4095,
	/* An address that moves more often than this within FDB_FLAP_MS is on
	 * both ends of a loop, or two stations have it. */
	FDB_FLAP_MOVES = 10,
	FDB_FLAP_MS = 1000,
};

enum fdb_result {
	FDB_REFRESHED,
	FDB_ADDED,
	FDB_MOVED,    /* seen on another port before */
	FDB_FLAPPING, /* moved, more than FDB_FLAP_MOVES times in FDB_FLAP_MS */
	FDB_EVICTED,  /* added, in the place of another */
	FDB_KEPT,     /* it stays where it was seen just now */
	FDB_STATIC,   /* a static entry says where it is; nothing changed */
	FDB_REFUSED,  /* not the address of a station: zero or multicast */
	N_FDB_RESULTS
};

struct fdb;

struct fdb_entry {
	struct mac mac;
	uint16_t vid;
	port_id_t port;
	port_id_t moved_from; /* PORT_NONE: it has not moved */
	uint32_t n_moves;
	uint64_t age_ms; /* since it was last seen; of a static one: 0 */
	bool is_static;
};

/**
 * fdb_new() - an empty table
 * @max_entries: 1..FDB_ENTRIES_MAX
 * @ageing_ms:   lifetime of an entry that is not seen again, > 0
 * @key:         of the hash; random
 */
struct fdb *fdb_new(size_t max_entries, uint64_t ageing_ms,
		    const struct siphash_key *key);
/** fdb_free() - NULL is a no-op */
void fdb_free(struct fdb *fdb);

/** fdb_learn() - @src was seen on @port
 * @vid: 0..FDB_VID_MAX, 0 = untagged */
enum fdb_result fdb_learn(struct fdb *fdb, const struct mac *src, uint16_t vid,
			  port_id_t port, uint64_t now_ms);
/** fdb_would_learn() - what fdb_learn() would answer */
enum fdb_result fdb_would_learn(const struct fdb *fdb, const struct mac *src,
				uint16_t vid, port_id_t port, uint64_t now_ms);

/** fdb_lookup() - the port of @dst; PORT_NONE when unknown or too old */
port_id_t fdb_lookup(const struct fdb *fdb, const struct mac *dst, uint16_t vid,
		     uint64_t now_ms);

/*
 * The same for callers whose next address is often the one before: a hint
 * remembers the entry, and saves the hash.
 * @hint: 0 at first; keep one for each such caller and kind of call
 */
typedef uint32_t fdb_hint_t;
enum fdb_result fdb_learn_hinted(struct fdb *fdb, const struct mac *src,
				 uint16_t vid, port_id_t port, uint64_t now_ms,
				 fdb_hint_t *hint);
port_id_t fdb_lookup_hinted(const struct fdb *fdb, const struct mac *dst,
			    uint16_t vid, uint64_t now_ms, fdb_hint_t *hint);

/** fdb_find() - all that is known of @mac
 * Return: false when unknown or too old. */
bool fdb_find(const struct fdb *fdb, const struct mac *mac, uint16_t vid,
	      uint64_t now_ms, struct fdb_entry *entry);

/** fdb_set_static() - @mac is on @port, whatever is seen; replaces what was
 * known of it
 * Return: 0; -EINVAL for what is not the address of a station; -ENOSPC: at
 *         most half of a table's entries are static. */
int fdb_set_static(struct fdb *fdb, const struct mac *mac, uint16_t vid,
		   port_id_t port);
/** fdb_del() - forget @mac, static or learned; Return: 0; -ENOENT */
int fdb_del(struct fdb *fdb, const struct mac *mac, uint16_t vid);
/** fdb_drop_port() - @port is gone for good, and its static entries with it */
void fdb_drop_port(struct fdb *fdb, port_id_t port);

/* Learned entries alone; each returns how many went. */
size_t fdb_expire(struct fdb *fdb, uint64_t now_ms);
size_t fdb_flush(struct fdb *fdb);
size_t fdb_flush_port(struct fdb *fdb, port_id_t port);

/** fdb_count() - entries held; those that fdb_expire() would drop included */
size_t fdb_count(const struct fdb *fdb);
size_t fdb_n_static(const struct fdb *fdb);
size_t fdb_max(const struct fdb *fdb);
/** fdb_set_max() - @max_entries as in fdb_new(); memory that was in use stays
 * Return: 0; -ENOSPC when there are more entries, or more than half of so many
 *         static ones: nothing changed. */
int fdb_set_max(struct fdb *fdb, size_t max_entries);
uint64_t fdb_ageing_ms(const struct fdb *fdb);
/** fdb_set_ageing() - > 0; also for what is known already */
void fdb_set_ageing(struct fdb *fdb, uint64_t ageing_ms);

/** fdb_set_hold() - an address moves only when it has not been seen for so
 * long where it is; 0, as at first: at once */
void fdb_set_hold(struct fdb *fdb, uint64_t hold_ms);

/* An address came into the table, or went; of @entry .mac, .vid, .port and
 * .is_static are set. */
typedef void fdb_watch_fn(const struct fdb_entry *entry, bool added, void *arg);
/** fdb_watch() - @fn hears of every change but moves, from within what causes
 * it: must not touch the table; NULL: nobody does */
void fdb_watch(struct fdb *fdb, fdb_watch_fn *fn, void *arg);

typedef void fdb_entry_fn(const struct fdb_entry *entry, void *arg);
/** fdb_each() - @fn for each entry that is not too old, in no order; @fn must
 * not change the table */
void fdb_each(const struct fdb *fdb, uint64_t now_ms, fdb_entry_fn *fn,
	      void *arg);

#endif /* SWITCH_FDB_H */
