/*
 * net-framing: frames over a byte stream, each behind its length, big-endian:
 * four octets of it with QEMU's -netdev stream, two with VDE's plugs.  Pure:
 * buffers of fixed size and the rules of the format; no descriptor, no clock,
 * no log.
 */
#ifndef TOOLS_SLIRP_NET_FRAMING_H
#define TOOLS_SLIRP_NET_FRAMING_H

#include <stddef.h>
#include <stdint.h>

enum {
	NET_HEADER_QEMU = 4, /* octets of a length */
	NET_HEADER_PLUG = 2,
	NET_HEADER_MAX = NET_HEADER_QEMU,
	/* Ethernet's least; shorter frames are padded with zeros on their way
	 * to the guest. */
	NET_FRAME_LEN_MIN = 60,
	NET_FRAME_LEN_MAX = 65550,
	/* The longest that a sane QEMU may announce: its own buffer.  A frame
	 * between the two is passed over; anything above is not a length. */
	NET_STREAM_LEN_MAX = 69632,
	NET_READER_SIZE = 131072,
	NET_WRITER_SIZE = 1048576,
	/* What two octets can say. */
	NET_PLUG_FRAME_LEN_MAX = 65535,
};

/* ---- from the guest ---- */

enum net_item {
	NET_MORE,   /* nothing whole is left */
	NET_FRAME,  /* one frame, 1..NET_FRAME_LEN_MAX octets */
	NET_BROKEN, /* an impossible length; no way to resynchronise */
};

struct net_reader {
	uint8_t *buf; /* owned, NET_READER_SIZE bytes */
	size_t header_len;
	size_t start, end;   /* of what has arrived and is not taken */
	uint32_t skip;	     /* octets of an oversize frame still to come */
	uint64_t n_oversize; /* frames passed over */
};

/** net_reader_init() - @header_len: NET_HEADER_QEMU or _PLUG */
void net_reader_init(struct net_reader *reader, size_t header_len);
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
 *               net_reader_space(), and may be changed; for NET_BROKEN, @len is
 *               what was announced
 */
enum net_item net_reader_next(struct net_reader *reader, uint8_t **frame,
			      size_t *len);

/* ---- to the guest ---- */

struct net_writer {
	uint8_t *ring; /* owned, NET_WRITER_SIZE bytes */
	size_t header_len;
	size_t head; /* offset of the first octet to be sent */
	size_t used;
	uint64_t n_dropped; /* frames refused because the ring was full */
};

void net_writer_init(struct net_writer *writer, size_t header_len);
void net_writer_fini(struct net_writer *writer);

/**
 * net_writer_put() - queue a frame, whole or not at all
 * @frame: borrowed
 * @len:   1..NET_FRAME_LEN_MAX, NET_PLUG_FRAME_LEN_MAX behind two octets
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
/**
 * net_writer_front() - the frame to be sent next, where no stream carries it
 * @frame: out: NET_FRAME_LEN_MAX octets of room
 *
 * Nothing may have been sent of it.  To be followed by net_writer_sent() with
 * the header, too.
 * Return: its length; 0 when nothing is queued.
 */
size_t net_writer_front(const struct net_writer *writer,
			uint8_t frame[static NET_FRAME_LEN_MAX]);
/** net_writer_sent() - @n bytes of that chunk are gone */
void net_writer_sent(struct net_writer *writer, size_t n);

#endif /* TOOLS_SLIRP_NET_FRAMING_H */
