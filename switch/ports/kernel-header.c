#include "config.h"

#include "switch/ports/kernel-header.h"

#include <endian.h>
#include <string.h>

#include <linux/virtio_net.h>

#include "switch/ports/vhost-header.h"

#ifndef VIRTIO_NET_HDR_F_DATA_VALID
#define VIRTIO_NET_HDR_F_DATA_VALID 2
#endif

/* To the order that guests have it in, or back. */
static struct virtio_net_hdr
swap(const struct virtio_net_hdr *h)
{
	struct virtio_net_hdr to = *h;

	to.hdr_len = htole16(h->hdr_len);
	to.gso_size = htole16(h->gso_size);
	to.csum_start = htole16(h->csum_start);
	to.csum_offset = htole16(h->csum_offset);
	return to;
}

bool
kernel_header_read(const struct virtio_net_hdr *header,
		   struct frame_offload *to)
{
	struct virtio_net_hdr h = swap(header);
	uint8_t octets[VHOST_NET_HEADER_MAX] = { 0 };

	memcpy(octets, &h, sizeof(h));
	if (!vhost_header_read(octets, to))
		return false;
	/* Unlike a guest it is to be believed. */
	to->checksum_valid = (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0;
	return true;
}

void
kernel_header_write(const struct frame_offload *from,
		    struct virtio_net_hdr *header)
{
	uint8_t octets[VHOST_NET_HEADER_MAX];
	struct virtio_net_hdr h;

	vhost_header_write(from, false, octets);
	memcpy(&h, octets, sizeof(h));
	*header = swap(&h);
}

int
kernel_header_octets(const struct frame *frame, struct iovec *iov)
{
	if (frame->rest != NULL && frame->n_rest >= KERNEL_IOVS)
		frame_gather(frame);
	iov[0].iov_base = frame->data;
	if (frame->rest == NULL) {
		iov[0].iov_len = frame_wire_len(frame);
		return 1;
	}
	iov[0].iov_len = frame->head_len;
	memcpy(iov + 1, frame->rest, frame->n_rest * sizeof(*iov));
	return 1 + frame->n_rest;
}

json_t *
kernel_header_names(unsigned takes)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ FRAME_TAKES_CHECKSUM, "checksum" },
		{ FRAME_TAKES_TCP4, "tcp4" },
		{ FRAME_TAKES_TCP6, "tcp6" },
		{ FRAME_TAKES_ECN, "ecn" },
		{ FRAME_TAKES_UDP_L4, "udp" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((takes & names[i].bit) != 0)
			json_array_append_new(list, json_string(names[i].name));
	}
	return list;
}
