/*
 * offload: what is left to a network card, done by us: finishing checksums, and
 * cutting up what a sender has handed down as one long frame.
 *
 * Pure: octets in, octets out.  The description that comes with a frame (struct
 * frame_offload) is believed as far as it fits the frame, no further.
 */
#ifndef PORTS_OFFLOAD_H
#define PORTS_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/frame.h"

enum {
	/* A frame is cut into as many pieces as senders with odd ideas of a
	 * segment's length need: 64 KiB in pieces of 32 octets. */
	OFFLOAD_PIECES_MAX = 2048,
	/* A piece may be longer than the headers of the frame and its payload:
	 * by the header that says which fragment it is. */
	OFFLOAD_PIECE_EXTRA = 8,
};

/**
 * offload_checksum() - put the Internet checksum of the octets from @start to
 * the end of the frame at @start + @offset, where a part of it is already
 *
 * Return: 0; -EINVAL when that place is not in the frame.
 */
int offload_checksum(uint8_t *data, size_t len, size_t start, size_t offset);

/**
 * offload_missing_checksum() - what is to be put where @o says that a checksum
 * is missing; in a frame that is to be cut, for it as it is
 * @octets: out; in the order of the frame
 *
 * Return: 0; -EINVAL when that place is not in the frame, -ENOENT when none is
 * missing.
 */
int offload_missing_checksum(const struct frame_offload *o, const uint8_t *data,
			     size_t len, uint8_t octets[2]);

/**
 * offload_check() - does a description fit the frame?
 * @o:        changed where it says less than the headers: .header_len is what
 *            they are, and a frame that is one segment is not to be cut
 * @data:     the first @head_len octets of @len
 *
 * Return: 0; -EINVAL it does not; -EAGAIN the headers go on behind @head_len:
 *         ask again with more of the frame.
 */
int offload_check(struct frame_offload *o, const uint8_t *data, size_t head_len,
		  size_t len);

/* One long frame that is to become several. */
struct offload_cut {
	const uint8_t *data; /* borrowed until the last piece is made */
	size_t len;
	uint8_t segmentation; /* enum frame_segmentation */
	bool ipv6;
	size_t l3, l4;	    /* where the headers begin */
	size_t header_len;  /* octets that each piece begins with */
	size_t next_at;	    /* IPv6 fragments: the octet that names the next
			      header */
	size_t payload_len; /* octets of each piece but the last */
	size_t done;	    /* octets handed out, headers not included */
	uint32_t id;	    /* IPv6 fragments: that they belong together */
	size_t checksum_at; /* fragments: .checksum is put there; 0: nowhere */
	uint16_t checksum;
};

/**
 * offload_cut_init() - look at the frame
 * @o:    says that it is to be cut
 * @seed: another one for each frame, more or less
 *
 * Return: 0; -EINVAL when it is not such a frame.
 */
int offload_cut_init(struct offload_cut *c, const struct frame_offload *o,
		     const uint8_t *data, size_t len, uint64_t seed);
/** offload_cut_n() - how many pieces there will be, before the first is made */
size_t offload_cut_n(const struct offload_cut *c);
/** offload_cut_next_len() - octets of the next piece; 0 when there is none */
size_t offload_cut_next_len(const struct offload_cut *c);
/** offload_cut_next() - write it, whole and with its checksums
 * @to: room for offload_cut_next_len() octets */
void offload_cut_next(struct offload_cut *c, uint8_t *to);

/** offload_cut_skip() - the next piece is not made */
void offload_cut_skip(struct offload_cut *c);

#endif /* PORTS_OFFLOAD_H */
