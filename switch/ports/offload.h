/*
 * offload: what the kernel leaves to a network card, done by us: finishing
 * checksums, and cutting up what a sender has handed down as one long frame.
 *
 * Pure: octets in, octets out.  The description that comes with a frame (struct
 * virtio_net_hdr) is believed as far as it fits the frame, no further.
 */
#ifndef PORTS_OFFLOAD_H
#define PORTS_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * offload_checksum() - put the Internet checksum of the octets from @start to
 * the end of the frame at @start + @offset, where a part of it is already
 *
 * Return: 0; -EINVAL when that place is not in the frame.
 */
int offload_checksum(uint8_t *data, size_t len, size_t start, size_t offset);

enum offload_kind { OFFLOAD_TCP, OFFLOAD_UDP };

/* One long frame that is to become several. */
struct offload_split {
	const uint8_t *data; /* borrowed until the last piece is made */
	size_t len;
	enum offload_kind kind;
	bool ipv6;
	size_t l3;	   /* where the IP header begins, */
	size_t l4;	   /* where that of TCP or UDP, */
	size_t header_len; /* and the payload */
	size_t piece_len;  /* payload octets of each piece but the last */
	size_t done;	   /* payload octets handed out */
};

/**
 * offload_split_init() - look at the frame
 * @l4:        where its TCP or UDP header begins
 * @piece_len: payload octets that fit one frame
 *
 * Return: 0; -EINVAL when it is not such a frame.
 */
int offload_split_init(struct offload_split *s, const uint8_t *data, size_t len,
		       enum offload_kind kind, size_t l4, size_t piece_len);
/** offload_split_next_len() - octets of the next piece; 0 when there is none */
size_t offload_split_next_len(const struct offload_split *s);
/** offload_split_next() - write it, whole and with its checksums
 * @to: room for offload_split_next_len() octets */
void offload_split_next(struct offload_split *s, uint8_t *to);

#endif /* PORTS_OFFLOAD_H */
