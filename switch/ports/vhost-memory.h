/*
 * vhost-memory: the memory of one guest, as a vhost-user front-end has handed
 * it over: regions of files, mapped.  Who walks rings translates with .table
 * (guest-memory.h).
 *
 * The other side keeps its descriptors.  It may write to the memory at any
 * time, and may make the file shorter: then the octets that are gone read as
 * zeros, vhost_memory_is_damaged() says so from then on, and the port is to be
 * closed (vhost-sigbus says how).  A system call that is given such an address
 * fails with EFAULT instead.
 *
 * One thread at a time uses a table.
 */
#ifndef PORTS_VHOST_MEMORY_H
#define PORTS_VHOST_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/ports/guest-memory.h"
#include "switch/ports/vhost-map.h"
#include "switch/ports/vhost-proto.h"

struct err;
struct vhost_slot;

enum { VHOST_MEMORY_SLOTS = 64 }; /* the answer to GET_MAX_MEM_SLOTS */

/* Of all regions of one guest. */
#define VHOST_MEMORY_MAX_BYTES VHOST_MAP_MAX_BYTES

struct vhost_memory {
	/* For rings; stays where it is, its content changes with each success
	 * of the functions below: running rings are to be moved then. */
	struct guest_memory table;
	/* Is set when octets of the guest's are gone, also those of a log or
	 * an inflight area that were opened with it. */
	atomic_bool damaged;
	struct vhost_slot *slots;     /* owned; in the order of .table */
	struct guest_region *regions; /* owned: those of .table */
};

/** vhost_memory_init() - @m may not move from now on */
void vhost_memory_init(struct vhost_memory *m);
/** vhost_memory_fini() - unmap everything */
void vhost_memory_fini(struct vhost_memory *m);

/**
 * vhost_memory_replace() - SET_MEM_TABLE: these @n regions instead of all
 * @regions: as vhost_proto_parse() has left them
 * @fds:     @n, borrowed: may be closed afterwards
 *
 * A region that stays as it was, in the same file, keeps its place in our
 * memory; addresses in others are invalid afterwards.
 *
 * Return: 0; -EPROTO for regions that overlap, end with the last address there
 *         is, are not in their file or more than VHOST_MEMORY_MAX_BYTES, and
 *         for files that are no memory; other -errno when mapping fails.  On
 *         error nothing has changed.
 */
int vhost_memory_replace(struct vhost_memory *m,
			 const struct vhost_region *regions, const int *fds,
			 unsigned n, struct err *err);
/** vhost_memory_add() - ADD_MEM_REG; as vhost_memory_replace(), and -EPROTO
 * for one more than VHOST_MEMORY_SLOTS */
int vhost_memory_add(struct vhost_memory *m, const struct vhost_region *region,
		     int fd, struct err *err);
/** vhost_memory_remove() - REM_MEM_REG: that with the addresses and the size of
 * @region
 * Return: 0; -EPROTO: there is none. */
int vhost_memory_remove(struct vhost_memory *m,
			const struct vhost_region *region, struct err *err);
/** vhost_memory_clear() - remove all; what is damaged stays so */
void vhost_memory_clear(struct vhost_memory *m);

/** vhost_memory_is_damaged() - has a file become shorter? */
static inline bool
vhost_memory_is_damaged(const struct vhost_memory *m)
{
	return atomic_load_explicit(&m->damaged, memory_order_relaxed);
}

/**
 * vhost_memory_user() - @len octets by an address of the front-end, as those
 * in SET_VRING_ADDR are
 * @guest: out: what the guest calls the first one; may be NULL
 *
 * Return: where, until the table changes; NULL: they are not all in one
 *         region.
 */
void *vhost_memory_user(const struct vhost_memory *m, uint64_t user,
			uint64_t len, uint64_t *guest);

#endif /* PORTS_VHOST_MEMORY_H */
