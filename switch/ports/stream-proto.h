/*
 * stream-proto: frames over a byte stream, each behind its length as four
 * octets, big-endian (QEMU -netdev stream and socket, passt, gvproxy).  Pure
 * parser: no descriptor, no clock, no log, and it keeps no octets.
 */
#ifndef PORTS_STREAM_PROTO_H
#define PORTS_STREAM_PROTO_H

#include <stddef.h>
#include <stdint.h>

enum {
	STREAM_HEADER_LEN = 4,
	/* The longest that a sane peer may announce: QEMU's own buffer.
	 * Anything above is not a length: the stream is out of step. */
	STREAM_LEN_MAX = 69632,
};

enum stream_item {
	STREAM_MORE,	 /* nothing whole is left */
	STREAM_FRAME,	 /* one frame, 1..FRAME_LEN_MAX octets */
	STREAM_OVERSIZE, /* the header of a frame that is passed over */
	STREAM_BROKEN,	 /* an impossible length; no way to resynchronise */
};

/* What is known of a stream between two calls; starts as all zeros. */
struct stream_parser {
	uint32_t skip; /* octets of an oversize frame still to pass over */
};

/**
 * stream_proto_next() - take one item from the front of what has arrived
 * @data, @len: borrowed
 * @used: out: octets dealt with, to be removed from the front; may be more
 *        than 0 for STREAM_MORE
 * @frame_len: out, but not for STREAM_MORE: the length announced.  The octets
 *        of a STREAM_FRAME end at @data + *used.
 *
 * What is left of STREAM_MORE is less than STREAM_HEADER_LEN + FRAME_LEN_MAX
 * octets.
 */
enum stream_item stream_proto_next(struct stream_parser *parser,
				   const uint8_t *data, size_t len,
				   size_t *used, uint32_t *frame_len);

/** stream_proto_put() - the header of a frame of @frame_len octets */
static inline void
stream_proto_put(uint8_t header[static STREAM_HEADER_LEN], uint32_t frame_len)
{
	header[0] = (uint8_t)(frame_len >> 24);
	header[1] = (uint8_t)(frame_len >> 16);
	header[2] = (uint8_t)(frame_len >> 8);
	header[3] = (uint8_t)frame_len;
}

#endif /* PORTS_STREAM_PROTO_H */
