/*
 * snapshot-store: saved states of machines that have just booted, in the user's
 * cache: $XDG_CACHE_HOME/vdelab/snapshots.
 *
 *   NAME/ram     the guest's memory; QEMU maps it, each page copied when a
 *                guest writes to it
 *   NAME/state   the devices, as QEMU's migration writes them
 *   NAME/about   what it was made of (the key), how to talk to its shell, what
 *                its console has shown
 *   NAME.lock    who holds it makes NAME, in NAME.new
 *
 * NAME is a hash of the key (snapshot-key.h).  An entry appears whole or not at
 * all.  One that tells why there will never be a state has "about" alone.  Files
 * are the user's alone: what a guest has in its memory is in them.
 */
#ifndef DRIVER_VM_SNAPSHOT_STORE_H
#define DRIVER_VM_SNAPSHOT_STORE_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "driver/vm/guest-shell.h"

struct err;

/* What is kept at most; what was not used for longest goes first. */
#define SNAPSHOT_STORE_MAX_BYTES (UINT64_C(4) * 1024 * 1024 * 1024)

/* A saved state.  Its files stay readable when the entry is removed. */
struct snapshot {
	int ram_fd;   /* to be mapped, privately; owned */
	int state_fd; /* at its beginning; owned */
	struct shell_memory shell;
	char *console; /* what it had shown; owned */
};
void snapshot_fini(struct snapshot *snapshot);

/** snapshot_store_path() - where it is, made if need be; @size: PATH_MAX */
int snapshot_store_path(char *dir, size_t size, struct err *err);

/**
 * snapshot_store_find() - the state of @key
 * @name: of snapshot_key_hash()
 *
 * Return: 0 with @snapshot, the caller's; -ENOENT: there is none; -EPERM with
 *         @err telling why there will never be one; other -errno.
 */
int snapshot_store_find(const char *dir, const char *name, const char *key,
			struct snapshot *snapshot, struct err *err);
/** snapshot_store_remove() - it was no good */
void snapshot_store_remove(const char *dir, const char *name);

/* One that is being made. */
struct snapshot_draft {
	char dir[PATH_MAX]; /* of the store */
	char name[64];
	int lock_fd;
	int ram_fd, state_fd; /* to be filled */
};

/**
 * snapshot_draft_begin() - only one process makes @name at a time
 * Return: 0; -EBUSY: another one does; -errno with @err set.
 */
int snapshot_draft_begin(struct snapshot_draft *draft, const char *dir,
			 const char *name, uint64_t ram_bytes, struct err *err);
/**
 * snapshot_draft_keep() - it is whole: it appears, and older ones may go
 * @made: borrowed, without the descriptors; NULL: there will never be one,
 *        because of @refusal
 *
 * The draft is ended by this, also on failure.
 */
int snapshot_draft_keep(struct snapshot_draft *draft, const char *key,
			const struct snapshot *made, const char *refusal,
			struct err *err);
/** snapshot_draft_drop() - it came to nothing */
void snapshot_draft_drop(struct snapshot_draft *draft);

/** snapshot_store_prune() - until no more than @max_bytes are used; what is left
 * of makers that were killed goes as well */
void snapshot_store_prune(const char *dir, uint64_t max_bytes);
/** snapshot_store_list() - a line each */
void snapshot_store_list(const char *dir, FILE *out);

#endif /* DRIVER_VM_SNAPSHOT_STORE_H */
