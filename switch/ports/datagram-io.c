#include "config.h"

#include "switch/ports/datagram-io.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/xalloc.h"
#include "switch/ports/datagram-batch.h"
#include "switch/ports/port-provider.h"

enum {
	DRAIN_CALLS = 1024,
	/* The queues of other ports hold a batch until its end, also when it
	 * is of long frames that must be cut for them. */
	BATCH_BYTES = 512 * 1024,
};

struct datagram_io {
	struct port *port;		/* borrowed */
	const struct datagram_ops *ops; /* borrowed */
	void *arg;			/* borrowed */
	int fd;
	int out_fd; /* often the same */
	struct event *on_input;
	struct event *on_room; /* pending only while .full */
	bool full;	       /* nothing can be sent for now */
	bool stopped;
	bool paused;	   /* what has arrived waits in the socket */
	bool expects_long; /* so was the last one */
	struct datagram_reader reader;
};

/* ---- receiving ---- */

/* Frames gathered in one wake-up.  Nearly all fit the spare frame's buffer,
 * which is a small one unless long frames come; the rest of one that does not
 * fit spills over and costs a copy. */
struct intake {
	struct frame *spare; /* NULL: none yet, or the pool is exhausted */
	size_t capacity;     /* its buffer's */
	struct frame *batch[FRAME_BATCH];
	size_t n, bytes;
	uint8_t spill[FRAME_LEN_MAX - FRAME_SMALL];
};

static struct frame *
unspill(struct datagram_io *io, const struct intake *in, size_t len)
{
	struct frame *frame = frame_alloc(port_pool(io->port), len);

	if (frame != NULL) {
		memcpy(frame->data, in->spare->data, in->capacity);
		memcpy(frame->data + in->capacity, in->spill,
		       len - in->capacity);
	}
	frame_unref(in->spare);
	return frame;
}

/* Return: what was received, as a frame; NULL when it was dropped. */
static struct frame *
make_frame(struct datagram_io *io, struct intake *in, size_t len)
{
	struct frame *frame = in->spare;

	if (len > FRAME_LEN_MAX) {
		port_rx_drop(io->port, DROP_OVERSIZE, 1, len);
		return NULL;
	}
	io->expects_long = len > FRAME_SMALL;
	if (frame != NULL && len > in->capacity)
		frame = unspill(io, in, len);
	in->spare = NULL;
	if (frame == NULL) {
		port_rx_drop(io->port, DROP_NO_BUFFER, 1, len);
		return NULL;
	}
	frame->len = (uint32_t)len;
	return frame;
}

static void
hand_in(struct datagram_io *io, struct intake *in)
{
	if (in->n > 0)
		port_input(io->port, in->batch, in->n);
	in->n = 0;
	in->bytes = 0;
}

static void
take_in(struct datagram_io *io, struct intake *in, size_t len)
{
	struct frame *frame = make_frame(io, in, len);

	if (frame != NULL && io->ops->finish != NULL)
		frame = io->ops->finish(io->arg, frame);
	if (frame == NULL)
		return;
	in->batch[in->n++] = frame;
	in->bytes += frame->len;
	if (in->n == FRAME_BATCH || in->bytes >= BATCH_BYTES)
		hand_in(io, in);
}

static void
find_spare(struct datagram_io *io, struct intake *in)
{
	struct frame_pool *pool = port_pool(io->port);

	if (in->spare != NULL)
		return;
	in->capacity = io->expects_long ? FRAME_LEN_MAX : FRAME_SMALL;
	in->spare = frame_alloc(pool, in->capacity);
	if (in->spare != NULL || !io->expects_long)
		return;
	in->capacity = FRAME_SMALL;
	in->spare = frame_alloc(pool, in->capacity);
}

/* Return: is there perhaps more? */
static bool
receive(struct datagram_io *io, struct intake *in)
{
	struct iovec iov[DATAGRAM_IOV] = {
		{ .iov_base = NULL, .iov_len = 0 },
		{ .iov_base = in->spill, .iov_len = sizeof(in->spill) },
	};
	ssize_t len;

	find_spare(io, in);
	if (in->spare != NULL) {
		iov[0].iov_base = in->spare->data;
		iov[0].iov_len = in->capacity;
	}
	len = io->ops->receive(io->arg, io->fd, iov);
	if (len > 0)
		take_in(io, in, (size_t)len);
	if (len >= 0 || len == -EINTR)
		return true;
	if (len != -EAGAIN)
		io->ops->failed(io->arg, (int)-len);
	return false;
}

static void
receive_each(struct datagram_io *io)
{
	struct intake in;
	unsigned i;

	in.spare = NULL;
	in.n = in.bytes = 0;
	/* What has been received is handed in, also when that pauses us. */
	for (i = 0; i < io->reader.depth && !io->stopped && !io->paused; i++) {
		if (!receive(io, &in))
			break;
	}
	datagram_reader_adapt(&io->reader, i);
	if (in.spare != NULL)
		frame_unref(in.spare);
	hand_in(io, &in);
}

static void
receive_many(struct datagram_io *io)
{
	struct frame *frames[FRAME_BATCH];
	int error;
	size_t n = datagram_read(&io->reader, io->port, io->fd, frames, &error);

	if (n > 0)
		port_input(io->port, frames, n);
	if (error != 0)
		io->ops->failed(io->arg, error);
}

void
datagram_io_drain(struct datagram_io *io)
{
	struct frame *frames[FRAME_BATCH];

	for (int i = 0; i < DRAIN_CALLS && !io->stopped && !io->paused; i++) {
		int error;
		size_t n = datagram_read(&io->reader, io->port, io->fd, frames,
					 &error);

		if (n == 0 && error != ECONNRESET)
			return;
		if (n > 0)
			port_input(io->port, frames, n);
	}
}

static void
on_input(int fd, short what, void *arg)
{
	struct datagram_io *io = arg;

	(void)fd;
	(void)what;
	if (io->ops->receive != NULL)
		receive_each(io);
	else
		receive_many(io);
}

/* ---- sending ---- */

/* Return: how many were sent; @error as of datagram_write(). */
static size_t
send_some(struct datagram_io *io, struct frame *const *frames, size_t n,
	  int *error)
{
	*error = EPIPE;
	if (io->stopped)
		return 0;
	if (io->ops->send == NULL)
		return datagram_write(io->out_fd, frames, n, error);
	*error = -io->ops->send(io->arg, io->out_fd, frames[0]);
	return *error == 0;
}

/* @frame met @error.  Return: is it done with? */
static bool
give_up(struct datagram_io *io, const struct frame *frame, int error)
{
	if (error == EAGAIN && event_add(io->on_room, NULL) == 0) {
		io->full = true;
		return false;
	}
	port_tx_drop(io->port, DROP_SEND_ERROR, frame);
	if (!io->stopped && error != EAGAIN)
		io->ops->failed(io->arg, error);
	return true;
}

size_t
datagram_io_transmit(struct datagram_io *io, struct frame *const *frames,
		     size_t n)
{
	size_t i = 0;
	int error;

	while (i < n && !io->full) {
		i += send_some(io, frames + i, n - i, &error);
		if (error != 0)
			i += give_up(io, frames[i], error);
	}
	return i;
}

static void
on_room(int fd, short what, void *arg)
{
	struct datagram_io *io = arg;

	(void)fd;
	(void)what;
	io->full = false;
	port_writable(io->port);
}

/* ---- coming and going ---- */

struct datagram_io *
datagram_io_new(struct port *port, int fd, int out_fd,
		const struct datagram_ops *ops, void *arg)
{
	struct datagram_io *io = XNEW(struct datagram_io);
	struct event_base *base = port_base(port);

	io->port = port;
	io->ops = ops;
	io->arg = arg;
	io->fd = fd;
	io->out_fd = out_fd >= 0 ? out_fd : fd;
	io->reader = DATAGRAM_READER_INIT;
	io->on_input = event_new(base, fd, EV_READ | EV_PERSIST, on_input, io);
	io->on_room = event_new(base, io->out_fd, EV_WRITE, on_room, io);
	if (io->on_input == NULL || io->on_room == NULL ||
	    event_add(io->on_input, NULL) < 0) {
		datagram_io_free(io);
		return NULL;
	}
	return io;
}

void
datagram_io_free(struct datagram_io *io)
{
	if (io == NULL)
		return;
	if (io->on_input != NULL)
		event_free(io->on_input);
	if (io->on_room != NULL)
		event_free(io->on_room);
	if (io->out_fd != io->fd)
		close(io->out_fd);
	close(io->fd);
	free(io);
}

void
datagram_io_stop(struct datagram_io *io)
{
	io->stopped = true;
	event_del(io->on_input);
	event_del(io->on_room);
	io->full = false;
}

void
datagram_io_pause(struct datagram_io *io, bool paused)
{
	io->paused = paused;
	if (io->stopped)
		return;
	if (paused)
		event_del(io->on_input);
	else
		event_add(io->on_input, NULL);
}

void
datagram_io_retry(struct datagram_io *io)
{
	if (!io->full || io->stopped)
		return;
	event_del(io->on_room);
	io->full = false;
	port_writable(io->port);
}

int
datagram_io_fd(const struct datagram_io *io)
{
	return io->fd;
}
