/*
 * datagram-io: the traffic of a port whose descriptor keeps frames apart: unix
 * datagram sockets, taps, packet and multicast sockets.
 *
 * From and to a connected socket go many frames a call.  Where there is more to
 * a frame than its octets, the kind says how one is received and sent; and
 * always what an error means.  Memory, depth of drain, waiting for room and
 * counting are done here.
 */
#ifndef PORTS_DATAGRAM_IO_H
#define PORTS_DATAGRAM_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "switch/frame.h"

struct datagram_io;
struct port;

struct datagram_ops {
	/**
	 * receive - one frame, without waiting; NULL: what a datagram has is
	 * the frame, by datagram_read(), and .finish is NULL, too
	 * @iov: DATAGRAM_IOV pieces of memory, FRAME_LEN_MAX octets together
	 *       (less when memory is short, which is seen to here)
	 *
	 * Return: its own length, also when it did not fit; 0 when what came
	 * is to be forgotten; -EAGAIN when nothing has come; another -errno,
	 * which .failed gets to hear.
	 */
	ssize_t (*receive)(void *arg, int fd, struct iovec *iov);
	/**
	 * finish - last touches to a received frame; NULL: none are needed
	 * @frame: taken; nobody else's; with FRAME_HEADROOM before .data
	 *
	 * Return: @frame; NULL when it was dropped, and counted.
	 */
	struct frame *(*finish)(void *arg, struct frame *frame);
	/**
	 * send - one frame, frame_wire_len() octets of it, without waiting;
	 * NULL: to the socket's peer, by datagram_write()
	 *
	 * Return: 0; -EAGAIN when it fits later, of which poll() tells;
	 * another -errno, which .failed gets to hear: the frame is dropped.
	 */
	int (*send)(void *arg, int fd, const struct frame *frame);
	/* What .receive or .send met, positive.  An error that does not go
	 * away must lead to datagram_io_stop(). */
	void (*failed)(void *arg, int error);
};

enum { DATAGRAM_IOV = 2 };

/**
 * datagram_io_new() - frames flow from now on
 * @port: borrowed
 * @fd:   taken, also on failure
 * @out_fd: another one to send by, taken likewise; or -1
 * @ops:  borrowed, as is @arg, which they get
 *
 * Return: returned owned; NULL when out of memory.
 */
struct datagram_io *datagram_io_new(struct port *port, int fd, int out_fd,
				    const struct datagram_ops *ops, void *arg);
/** datagram_io_free() - not from inside an operation; NULL is a no-op */
void datagram_io_free(struct datagram_io *io);
/** datagram_io_stop() - for good: nothing is received any more, and what is to
 * be sent is dropped */
void datagram_io_stop(struct datagram_io *io);
/** datagram_io_pause() - as .pause of struct port_kind */
void datagram_io_pause(struct datagram_io *io, bool paused);
/** datagram_io_retry() - the descriptor has got another peer: what waited for
 * room need not wait any longer */
void datagram_io_retry(struct datagram_io *io);

/** datagram_io_drain() - before an end that nobody else will notice: hand in what
 * has arrived, as much as a socket usually holds; nothing while paused.  Where
 * .receive is NULL. */
void datagram_io_drain(struct datagram_io *io);

int datagram_io_fd(const struct datagram_io *io);

/** datagram_io_transmit() - as .transmit of struct port_kind */
size_t datagram_io_transmit(struct datagram_io *io, struct frame *const *frames,
			    size_t n);

#endif /* PORTS_DATAGRAM_IO_H */
