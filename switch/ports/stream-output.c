#include "config.h"

#include "switch/ports/stream-output.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <event2/event.h>

#include "switch/ports/port-provider.h"
#include "switch/ports/stream-gather.h"

enum {
	/* Room for what is read at once, and for as much that the peer has not
	 * read yet: what does not fit has to be copied. */
	SOCKET_BYTES = 256 * 1024,
};

static void
wait_for_room(struct stream_output *out)
{
	out->full = event_add(out->on_room, NULL) == 0;
	if (out->full)
		return;
	/* Out of memory.  Frames may be on their way in just now, so the end
	 * is left to whoever reads it. */
	out->deaf = true;
	shutdown(out->fd, SHUT_RDWR);
}

/* Return: octets that went out; 0 when the socket is full, and its event is
 * armed; -errno when these octets never will. */
static ssize_t
send_gathered(struct stream_output *out, struct iovec *iov, size_t n_iov)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n_iov };
	ssize_t n;

	if (out->deaf)
		return -EPIPE;
	n = sendmsg(out->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		wait_for_room(out);
		return 0;
	default:
		/* What the peer has sent before is still read to its end. */
		out->deaf = true;
		return -EPIPE;
	}
}

/* Return: how many of the frames are consumed. */
static size_t
send_some(struct stream_output *out, struct frame *const *frames, size_t n)
{
	struct stream_gather g;
	ssize_t sent;
	size_t left, i;

	stream_gather(&g, frames, n);
	sent = send_gathered(out, g.iov, g.n_iov);
	if (sent < 0) {
		for (i = 0; i < n; i++)
			port_tx_drop(out->port, DROP_SEND_ERROR, frames[i]);
		return n;
	}
	left = (size_t)sent;
	for (i = 0; i < n && left >= stream_size_on_wire(frames[i]); i++)
		left -= stream_size_on_wire(frames[i]);
	if (i == n || out->full)
		return i;
	if (left > 0) {
		out->rest = frame_settle(frame_ref(frames[i]));
		out->rest_done = left;
		i++;
	}
	wait_for_room(out);
	return i;
}

size_t
stream_output_transmit(struct stream_output *out, struct frame *const *frames,
		       size_t n)
{
	size_t done = 0;

	while (done < n && !out->full) {
		size_t some = n - done;

		if (some > STREAM_GATHER_MAX)
			some = STREAM_GATHER_MAX;
		done += send_some(out, frames + done, some);
	}
	return done;
}

/* Return: is nothing left of it? */
static bool
send_rest(struct stream_output *out)
{
	const struct frame *frame = out->rest;
	struct stream_gather g;
	ssize_t sent;

	stream_gather_rest(&g, frame, out->rest_done);
	sent = send_gathered(out, g.iov, g.n_iov);
	if (sent < 0) {
		port_tx_drop(out->port, DROP_SEND_ERROR, frame);
	} else {
		out->rest_done += (size_t)sent;
		if (out->rest_done < stream_size_on_wire(frame))
			return false;
	}
	frame_unref(out->rest);
	out->rest = NULL;
	return true;
}

static void
on_room(int fd, short what, void *arg)
{
	struct stream_output *out = arg;

	(void)fd;
	(void)what;
	out->full = false;
	if (out->rest == NULL || send_rest(out))
		port_writable(out->port);
	else if (!out->full)
		wait_for_room(out);
}

/* ---- coming and going ---- */

int
stream_output_init(struct stream_output *out, struct event_base *base)
{
	out->fd = -1;
	out->deaf = true;
	out->on_room = event_new(base, -1, EV_WRITE, on_room, out);
	return out->on_room != NULL ? 0 : -ENOMEM;
}

void
stream_output_fini(struct stream_output *out)
{
	if (out->on_room != NULL)
		event_free(out->on_room);
	if (out->rest != NULL)
		frame_unref(out->rest);
}

void
stream_output_connect(struct stream_output *out, int fd)
{
	event_assign(out->on_room, event_get_base(out->on_room), fd, EV_WRITE,
		     on_room, out);
	out->fd = fd;
	out->deaf = false;
}

void
stream_output_widen(struct stream_output *out)
{
	int size = SOCKET_BYTES;

	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(out->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

void
stream_output_stop(struct stream_output *out)
{
	event_del(out->on_room);
}

void
stream_output_hang_up(struct stream_output *out)
{
	stream_output_stop(out);
	if (out->rest != NULL) {
		port_tx_drop(out->port, DROP_SEND_ERROR, out->rest);
		frame_unref(out->rest);
	}
	out->rest = NULL;
	out->full = false;
	out->deaf = true;
	out->fd = -1;
}
