/*
 * frame-link: frames to and from the guests, over whatever carries them: a
 * socket of datagrams, QEMU's stream, or the two pipes of a VDE plug.  Never
 * blocks; holds back what the other side does not take yet.
 */
#ifndef TOOLS_SLIRP_FRAME_LINK_H
#define TOOLS_SLIRP_FRAME_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/slirp/net-framing.h"

struct err;

struct frame_link {
	int in_fd, out_fd; /* borrowed */
	int type;	   /* of the socket; 0 = no socket */
	bool datagrams;
	struct net_reader from_guest;
	struct net_writer to_guest;
	uint8_t *frame; /* owned, one datagram */
};

/**
 * frame_link_init() - use a descriptor
 * @fd: a connected socket, borrowed; -1: stdin and stdout
 *
 * Return: 0; -errno with @err set, after which frame_link_fini() is in order.
 */
int frame_link_init(struct frame_link *link, int fd, struct err *err);
void frame_link_fini(struct frame_link *link);

/* A frame from a guest: borrowed, and may be changed. */
typedef void frame_link_fn(uint8_t *frame, size_t len, void *arg);

/**
 * frame_link_read() - take what has come, within bounds
 *
 * To be called when .in_fd is readable.
 * Return: 0; 1 at the end; -EPROTO when it is no stream of frames; other
 *         -errno.
 */
int frame_link_read(struct frame_link *link, frame_link_fn *fn, void *arg,
		    struct err *err);

/** frame_link_put() - as net_writer_put(); it goes with frame_link_write() */
int frame_link_put(struct frame_link *link, const uint8_t *frame, size_t len);

/** frame_link_write() - send what can go; Return: 0; 1 at the end; -errno */
int frame_link_write(struct frame_link *link, struct err *err);

/** frame_link_is_queued() - does something wait for .out_fd? */
bool frame_link_is_queued(const struct frame_link *link);

#endif /* TOOLS_SLIRP_FRAME_LINK_H */
