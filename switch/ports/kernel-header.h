/*
 * kernel-header: struct virtio_net_hdr as the kernel puts it in front of the
 * frames of taps and packet sockets, and what the switch makes of it.  Its
 * numbers are in the order of the machine.  Pure.
 */
#ifndef PORTS_KERNEL_HEADER_H
#define PORTS_KERNEL_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include <jansson.h>

#include "switch/frame.h"

struct virtio_net_hdr;

enum {
	/* What any kernel takes that has such headers; fragments are no such
	 * thing: some have cut them wrongly, and Linux 4.14 not at all. */
	KERNEL_TAKES = FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP4 |
		       FRAME_TAKES_TCP6 | FRAME_TAKES_ECN,
	/* A frame in more pieces is gathered. */
	KERNEL_IOVS = 64,
};

/**
 * kernel_header_read() - what the kernel has left to us
 * @to: out; not checked against any frame
 *
 * Return: false: something for which there is no word.
 */
bool kernel_header_read(const struct virtio_net_hdr *header,
			struct frame_offload *to);
/** kernel_header_write() - what is left to the kernel */
void kernel_header_write(const struct frame_offload *from,
			 struct virtio_net_hdr *header);

/**
 * kernel_header_octets() - a frame's octets, frame_wire_len() of them, for one
 * call of the kernel
 * @iov: out; KERNEL_IOVS
 *
 * Return: how many pieces they are in.
 */
int kernel_header_octets(const struct frame *frame, struct iovec *iov);

/** kernel_header_names() - what a set of enum frame_takes has, in words;
 * returned owned */
json_t *kernel_header_names(unsigned takes);

#endif /* PORTS_KERNEL_HEADER_H */
