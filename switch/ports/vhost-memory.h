/*
 * vhost-memory: the memory of one guest, as a vhost-user front-end has handed
 * it over: regions of files, mapped, and the way from the guest's addresses to
 * ours.
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

#include "switch/ports/vhost-proto.h"

struct err;
struct vhost_slot;

enum { VHOST_MEMORY_SLOTS = 64 }; /* the answer to GET_MAX_MEM_SLOTS */

struct vhost_memory {
	/* Where the last address was found; .size 0: nowhere. */
	struct {
		uint64_t guest;
		uint64_t size;
		uint8_t *at;
	} hit;
	/* Changes when addresses of ours that were given out become invalid:
	 * rings are to be translated anew then. */
	unsigned generation;
	unsigned n_slots;
	struct vhost_slot *slots; /* owned; sorted by guest address */
	atomic_bool damaged;
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
 * A region that stays as it was, in the same file, keeps its place.
 *
 * Return: 0; -EPROTO for regions that overlap or are not in their file, and
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

/** vhost_memory_is_damaged() - has a file become shorter? */
static inline bool
vhost_memory_is_damaged(const struct vhost_memory *m)
{
	return atomic_load_explicit(&m->damaged, memory_order_relaxed);
}

/** vhost_memory_seek() - make .hit the region of @guest
 * Return: is there one? */
bool vhost_memory_seek(struct vhost_memory *m, uint64_t guest);

/**
 * vhost_memory_at() - @len octets from @guest on, that lie in one region
 *
 * Return: where, until .generation changes; NULL: they do not.
 */
static inline void *
vhost_memory_at(struct vhost_memory *m, uint64_t guest, uint64_t len)
{
	uint64_t at = guest - m->hit.guest;

	if (at >= m->hit.size) {
		if (!vhost_memory_seek(m, guest))
			return NULL;
		at = guest - m->hit.guest;
	}
	return len <= m->hit.size - at ? m->hit.at + at : NULL;
}

/**
 * vhost_memory_part() - as many of the octets from @guest on as lie in one
 * region
 * @len: in: octets wanted; out: octets there, 1..@len (0 of 0)
 *
 * What one guest buffer is may lie in two regions that touch.
 *
 * Return: where the first is, until .generation changes; NULL: nowhere.
 */
static inline void *
vhost_memory_part(struct vhost_memory *m, uint64_t guest, uint64_t *len)
{
	uint64_t at = guest - m->hit.guest;

	if (at >= m->hit.size) {
		if (!vhost_memory_seek(m, guest))
			return NULL;
		at = guest - m->hit.guest;
	}
	if (*len > m->hit.size - at)
		*len = m->hit.size - at;
	return m->hit.at + at;
}

/** vhost_memory_user() - vhost_memory_at() for an address of the front-end, as
 * those in SET_VRING_ADDR are; slower */
void *vhost_memory_user(const struct vhost_memory *m, uint64_t user,
			uint64_t len);

#endif /* PORTS_VHOST_MEMORY_H */
