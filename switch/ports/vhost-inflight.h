/*
 * vhost-inflight: the area in which a back-end keeps what it has taken from
 * rings and not returned, shared with the front-end, which gives it to the
 * next back-end after this one has died.
 *
 * This knows where each queue's part is; what stands in it is vring's.
 */
#ifndef PORTS_VHOST_INFLIGHT_H
#define PORTS_VHOST_INFLIGHT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/ports/vhost-map.h"
#include "switch/ports/vhost-proto.h"

struct err;

/* All zeros: there is none. */
struct vhost_inflight {
	struct vhost_map map;
	uint16_t n_queues;
	uint16_t queue_size; /* descriptors that each queue has room for */
};

/**
 * vhost_inflight_make() - GET_INFLIGHT_FD: a new area, all zeros
 * @inflight: what was in it before is unmapped
 * @area: in: how many queues of which size; out: where they are in @fd
 * @fd: out: returned owned: for the front-end
 * @damaged: see vhost_map_open()
 *
 * Return: 0; -errno: @inflight is empty.
 */
int vhost_inflight_make(struct vhost_inflight *inflight,
			struct vhost_inflight_area *area, int *fd,
			atomic_bool *damaged, struct err *err);
/**
 * vhost_inflight_open() - SET_INFLIGHT_FD: that of a former back-end
 * @inflight: what was in it before is unmapped
 * @fd: borrowed
 *
 * Return: 0; -EPROTO: it is too small for what it says, not aligned to 64
 *         octets, or no memory; other -errno when mapping fails.  On error
 *         @inflight is empty.
 */
int vhost_inflight_open(struct vhost_inflight *inflight,
			const struct vhost_inflight_area *area, int fd,
			atomic_bool *damaged, struct err *err);
/** vhost_inflight_close() - no-op when there is none */
void vhost_inflight_close(struct vhost_inflight *inflight);

/**
 * vhost_inflight_queue() - the part of ring number @index
 * @size: out: octets; a ring needs vring_inflight_size() of them, and may have
 *        got more descriptors than the area was made for
 *
 * Return: where, aligned to 64 octets; anybody may have written there; NULL:
 *         the area has none for it.
 */
void *vhost_inflight_queue(const struct vhost_inflight *inflight,
			   unsigned index, size_t *size);

#endif /* PORTS_VHOST_INFLIGHT_H */
