/*
 * vhost-header: struct virtio_net_hdr (VIRTIO 1.2, 5.1.6), which goes in front
 * of each frame in a guest's rings, and what the switch makes of it.  Pure.
 */
#ifndef PORTS_VHOST_HEADER_H
#define PORTS_VHOST_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_offload;

enum {
	/* Its two lengths: what is longer says in how many buffers it lies. */
	VHOST_NET_HEADER_MIN = 10,
	VHOST_NET_HEADER_MAX = 12,
	VHOST_NET_HEADER_BUFFERS_AT = VHOST_NET_HEADER_MIN,
};

/**
 * vhost_header_read() - what the guest has left to us
 * @octets: at least 10; a copy that the guest cannot reach
 * @to:     out; not checked against any frame
 *
 * Return: false: of a kind of segment that there is not, or ECN of none.
 */
bool vhost_header_read(const uint8_t *octets, struct frame_offload *to);

/**
 * vhost_header_write() - what is left to the guest
 * @trusts: the guest has negotiated to hear that a checksum is right
 * @octets: out; VHOST_NET_HEADER_MAX, for one buffer
 */
void vhost_header_write(const struct frame_offload *from, bool trusts,
			uint8_t *octets);

/** vhost_header_set_buffers() - how many buffers the frame lies in */
static inline void
vhost_header_set_buffers(uint8_t *octets, unsigned n)
{
	octets[VHOST_NET_HEADER_BUFFERS_AT] = (uint8_t)n;
	octets[VHOST_NET_HEADER_BUFFERS_AT + 1] = (uint8_t)(n >> 8);
}

#endif /* PORTS_VHOST_HEADER_H */
