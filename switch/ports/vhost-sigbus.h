/*
 * vhost-sigbus: memory of others that goes away while we look at it.
 *
 * Who touches a page behind the end of a mapped file gets SIGBUS.  For ranges
 * that are registered here a handler puts zeros in the place of the whole
 * range, says so, and lets the instruction try again; for any other address
 * the signal does what it did before.
 *
 * Threads that touch such memory must not block SIGBUS: the kernel kills who
 * does.  Any thread may register and remove.
 */
#ifndef PORTS_VHOST_SIGBUS_H
#define PORTS_VHOST_SIGBUS_H

#include <stdatomic.h>
#include <stddef.h>

struct vhost_guard; /* opaque */

/**
 * vhost_sigbus_add() - survive the loss of a mapping
 * @start, @size: the whole of what mmap() has returned
 * @damaged: is set when it is lost; outlives the registration
 *
 * Return: for vhost_sigbus_remove(); NULL with errno when there is no memory
 *         or the handler cannot be installed.
 */
struct vhost_guard *vhost_sigbus_add(void *start, size_t size,
				     atomic_bool *damaged);
/** vhost_sigbus_remove() - before it is unmapped; NULL is a no-op */
void vhost_sigbus_remove(struct vhost_guard *guard);

#endif /* PORTS_VHOST_SIGBUS_H */
