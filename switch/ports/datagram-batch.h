/*
 * datagram-batch: frames in and out of a datagram socket, one a datagram, many
 * a system call.
 *
 * Entering the kernel is a fifth of what a small datagram costs, so whatever
 * there are several of goes in one call.  Where one frame at a time is the
 * rule, the plain calls are cheaper, and asking whether there is more costs as
 * much as a frame: how many are asked for follows what came lately.
 */
#ifndef PORTS_DATAGRAM_BATCH_H
#define PORTS_DATAGRAM_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/frame.h"

struct port;

/* What to expect of a socket; starts as DATAGRAM_READER_INIT. */
struct datagram_reader {
	unsigned depth;	   /* frames to ask for, 1..FRAME_BATCH */
	unsigned patience; /* calls that must find enough before it grows */
	uint32_t room;	   /* of the buffers to receive into */
};
#define DATAGRAM_READER_INIT                                                   \
	((struct datagram_reader){ .depth = 1, .room = FRAME_SMALL })

/**
 * datagram_read() - what has arrived, without waiting
 * @port:   for its pool; what cannot become a frame is counted here
 * @frames: out, returned owned; room for FRAME_BATCH
 * @error:  out: 0, or the errno of a call that failed; that nothing was there
 *          is no error, that nothing ever will be is EPIPE
 *
 * Empty datagrams are passed over.  Not all that is there is read: at most
 * FRAME_BATCH frames, or a few of the largest.
 *
 * Return: how many frames there are.
 */
size_t datagram_read(struct datagram_reader *reader, struct port *port, int fd,
		     struct frame **frames, int *error);

/** datagram_reader_adapt() - for one who reads by calls of his own
 * @n_received: what they found of the .depth frames asked for */
void datagram_reader_adapt(struct datagram_reader *reader, unsigned n_received);

/** datagram_has_ended() - will nothing ever come by the socket any more? */
bool datagram_has_ended(int fd);

/**
 * datagram_write() - send frames to the socket's peer, without waiting
 * @frames: borrowed
 * @error:  out: 0; or the errno that the frame behind those sent met
 *
 * Return: how many were sent.
 */
size_t datagram_write(int fd, struct frame *const *frames, size_t n,
		      int *error);

#endif /* PORTS_DATAGRAM_BATCH_H */
