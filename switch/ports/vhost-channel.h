/*
 * vhost-channel: the connection to a vhost-user front-end: whole messages, with
 * their descriptors, out of it, and replies into it.  Never waits.
 */
#ifndef PORTS_VHOST_CHANNEL_H
#define PORTS_VHOST_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "switch/ports/vhost-proto.h"

struct err;

/* More than any message may bring, so that a surplus one is seen as such. */
enum { VHOST_CHANNEL_FDS = 2 * VHOST_FDS_MAX };

struct vhost_channel {
	int fd; /* borrowed; -1: nobody there */
	/* The message under way, or read. */
	uint8_t data[VHOST_MESSAGE_MAX];
	uint32_t len;
	uint32_t size; /* of the whole, as far as known */
	unsigned n_fds;
	int fds[VHOST_CHANNEL_FDS]; /* owned; -1: somebody has taken it */
};

/** vhost_channel_start() - messages come from @fd from now on */
void vhost_channel_start(struct vhost_channel *c, int fd);
/** vhost_channel_stop() - what was under way is lost */
void vhost_channel_stop(struct vhost_channel *c);

/**
 * vhost_channel_read() - the next message, into .data, .len, .fds and .n_fds
 *
 * Return: 1: there it is, until vhost_channel_next(); 0: it is not whole yet;
 *         -errno with @err set: the connection has ended, or cannot be
 *         understood any more.
 */
int vhost_channel_read(struct vhost_channel *c, struct err *err);
/** vhost_channel_take_fd() - the caller owns the message's descriptor @i now */
int vhost_channel_take_fd(struct vhost_channel *c, unsigned i);
/** vhost_channel_next() - done with the message; closes what nobody took */
void vhost_channel_next(struct vhost_channel *c);

/**
 * vhost_channel_reply() - @len octets
 * @fd: borrowed: goes with them; or -1
 *
 * Return: 0; -errno with @err set: a front-end that does not read its replies
 *         is lost, too.
 */
int vhost_channel_reply(struct vhost_channel *c, const uint8_t *octets,
			size_t len, int fd, struct err *err);

#endif /* PORTS_VHOST_CHANNEL_H */
