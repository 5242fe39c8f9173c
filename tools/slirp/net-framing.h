/*
 * net-framing: frames over the byte stream to QEMU's -netdev stream, each
 * behind its length as four octets, big-endian.  Pure: buffers of fixed size
 * and the rules of the format; no descriptor, no clock, no log.
 */
#ifndef TOOLS_SLIRP_NET_FRAMING_H
#define TOOLS_SLIRP_NET_FRAMING_H

#include <stddef.h>
#include <stdint.h>

enum {
	NET_HEADER_LEN = 4,
	/* Ethernet's least; shorter frames are padded with zeros on their way
	 * to the guest. */
	NET_FRAME_LEN_MIN = 60,
	NET_FRAME_LEN_MAX = 65550,
	/* The longest that a sane QEMU may announce: its own buffer.  A frame
	 * between the two is passed over; anything above is not a length. */
	NET_STREAM_LEN_MAX = 69632,
	NET_READER_SIZE = 131072,
	NET_WRITER_SIZE = 1048576,
};

/* ---- from the guest ---- */

enum net_item {
	NET_MORE,   /* nothing whole is left */
	NET_FRAME,  /* one frame, 1..NET_FRAME_LEN_MAX octets */
	NET_BROKEN, /* an impossible length; no way to resynchronise */
};

struct net_reader {
	uint8_t *buf;	     /* owned, NET_READER_SIZE bytes */
	size_t start, end;   /* of what has arrived and is not taken */
	uint32_t skip;	     /* octets of an oversize frame still to come */
	uint64_t n_oversize; /* frames passed over */
};

void net_reader_init(struct net_reader *reader);
void net_reader_fini(struct net_reader *reader);

/**
 * net_reader_space() - where to put what arrives next
 * @size: out: bytes of room; never 0 after net_reader_next() said NET_MORE
 *
 * Frames given out before are gone.
 */
uint8_t *net_reader_space(struct net_reader *reader, size_t *size);
/** net_reader_added() - @n bytes were put there */
void net_reader_added(struct net_reader *reader, size_t n);

/**
 * net_reader_next() - take one frame
 * @frame, @len: out, for NET_FRAME: the octets, borrowed until the next
 *               net_reader_space(); for NET_BROKEN, @len is what was announced
 */
enum net_item net_reader_next(struct net_reader *reader, const uint8_t **frame,
			      size_t *len);

/* ---- to the guest ---- */

struct net_writer {
	uint8_t *ring; /* owned, NET_WRITER_SIZE bytes */
	size_t head;   /* offset of the first octet to be sent */
	size_t used;
	uint64_t n_dropped; /* frames refused because the ring was full */
};

void net_writer_init(struct net_writer *writer);
void net_writer_fini(struct net_writer *writer);

/**
 * net_writer_put() - queue a frame, whole or not at all
 * @frame: borrowed
 * @len:   1..NET_FRAME_LEN_MAX
 *
 * Return: 0; -ENOBUFS when it does not fit: dropped and counted; -EMSGSIZE for
 *         a length out of range.
 */
int net_writer_put(struct net_writer *writer, const uint8_t *frame, size_t len);

/**
 * net_writer_chunk() - the bytes to be sent next
 * @size: out: how many lie in one piece; 0 when nothing is queued
 *
 * Return: borrowed until the next call on @writer.
 */
const uint8_t *net_writer_chunk(const struct net_writer *writer, size_t *size);
/** net_writer_sent() - @n bytes of that chunk are gone */
void net_writer_sent(struct net_writer *writer, size_t n);

#endif /* TOOLS_SLIRP_NET_FRAMING_H */
