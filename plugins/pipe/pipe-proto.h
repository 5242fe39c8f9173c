/*
 * pipe-proto: what the plugin `pipe` and its program say to each other.  Pure:
 * octets and their meaning.
 *
 * A message is a datagram: a header of PIPE_HEADER_LEN octets, and what
 * belongs to it.  Numbers are big-endian.
 *
 *   0  version, 1
 *   1  type, a letter
 *   2  frames: the stage, a letter
 *   3  zero
 *   4  frames and answers: the frame's id
 *   8  frames and ports: the port's number
 *  12  how many octets follow the header
 *  16  frames: when it came, nanoseconds since 1970 UTC
 */
#ifndef PIPE_PROTO_H
#define PIPE_PROTO_H

#include <stddef.h>
#include <stdint.h>

enum {
	PIPE_VERSION = 1,
	PIPE_HEADER_LEN = 24,
	/* The longest message there is. */
	PIPE_MESSAGE_MAX = PIPE_HEADER_LEN + 65550,
};

enum pipe_type {
	/* to the program */
	PIPE_HELLO = 'H', /* the first; the instance's name follows */
	PIPE_PORT = 'P',  /* a port is there: "SEGMENT NAME" follows */
	PIPE_GONE = 'G',  /* it is there no more */
	PIPE_FRAME = 'F', /* what shall become of it? */
	/* from it, with nothing behind the header but for the last */
	PIPE_PASS = 'p',
	PIPE_DROP = 'd',
	PIPE_CHANGED = 'c', /* passes, with other octets */
};

struct pipe_message {
	enum pipe_type type;
	char stage; /* 'i' ingress, 'f' forward, 'e' egress; 0 = none */
	uint32_t id, port;
	uint32_t len; /* of what follows */
	uint64_t time_ns;
};

void pipe_proto_write(uint8_t header[PIPE_HEADER_LEN],
		      const struct pipe_message *message);

struct pipe_answer {
	enum pipe_type type; /* PIPE_PASS, PIPE_DROP, PIPE_CHANGED */
	uint32_t id;
	const uint8_t *frame; /* of PIPE_CHANGED; points into @data */
	uint32_t len;
};

/**
 * pipe_proto_read() - understand what the program has sent
 * @data: one datagram, of @size octets; borrowed
 * @why:  out, when it is no answer: "it is of version 7"
 *
 * Return: 0; -EPROTO.
 */
int pipe_proto_read(const void *data, size_t size, struct pipe_answer *answer,
		    const char **why);

#endif /* PIPE_PROTO_H */
