/*
 * vsock: the way to a guest by its context id (CID), vsock(7), where the host's
 * kernel has vhost-vsock.
 *
 * CIDs are the host's, not the run's: somebody else may have any of them.  So
 * one is taken by trying, and held by the descriptor that QEMU gets.
 */
#ifndef DRIVER_VM_VSOCK_H
#define DRIVER_VM_VSOCK_H

#include <stdint.h>

struct err;
struct event_base;
struct sockaddr;
struct vsock_dial;

enum { VSOCK_SHELL_PORT = 514 };

/* Give the device of @fd the address @cid.  Return: 0; -errno, -EADDRINUSE when
 * another has it. */
typedef int vsock_set_fn(int fd, uint64_t cid);

/**
 * vsock_reserve() - a CID that nobody else on this host has
 * @device: NULL: /dev/vhost-vsock; @set: NULL: as the kernel wants it
 * @cid:    out
 *
 * Return: the device's descriptor, which holds the CID until it is closed,
 * owned by the caller; -errno with the remedy in @err.
 */
int vsock_reserve(const char *device, vsock_set_fn *set, uint32_t *cid,
		  struct err *err);

/** vsock_check() - could one be reserved?  Return: 0; -errno with @err set. */
int vsock_check(struct err *err);

/* Once, from the loop: @fd is connected, and taken by the callee; or -errno.
 * vsock_dial_free() is allowed inside. */
typedef void vsock_dialled_fn(int fd, void *arg);

/** vsock_dial() - connect to @cid's VSOCK_SHELL_PORT, without waiting for it */
struct vsock_dial *vsock_dial(struct event_base *base, uint32_t cid,
			      vsock_dialled_fn *done, void *arg);
/** vsock_dial_address() - the same to any address of a stream socket */
struct vsock_dial *vsock_dial_address(struct event_base *base,
				      const struct sockaddr *address,
				      unsigned size, vsock_dialled_fn *done,
				      void *arg);
/** vsock_dial_free() - also before it is done; NULL is a no-op */
void vsock_dial_free(struct vsock_dial *dial);

#endif /* DRIVER_VM_VSOCK_H */
