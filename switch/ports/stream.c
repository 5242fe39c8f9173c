/*
 * stream: the port kind for peers that send frames over a byte stream, each
 * behind its length: QEMU -netdev stream, passt, gvproxy, another switch.
 *
 * Frames are cut where they lie in the block they were read into.  On the way
 * out a run of frames that came in together leaves as one piece, lengths
 * included, for both directions look the same.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/ports/acceptor.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/stream-client.h"
#include "switch/ports/stream-gather.h"
#include "switch/ports/stream-proto.h"

enum {
	/* How long a peer is not read when there is no memory to read into */
	NO_BLOCK_PAUSE_MS = 1,
};

struct stream {
	struct port *port; /* borrowed */
	int fd;		   /* -1: nobody there, .client tries */
	bool gone;	   /* port_gone() was called */
	bool paused;	   /* what has arrived waits */
	struct event *on_input;
	struct event *on_room; /* pending only while .full */
	struct timer *retry;
	struct stream_client *client; /* who connects again; or NULL */

	/* Input: octets start..end of the block have not been dealt with. */
	struct stream_parser parser;
	struct frame_block *block; /* NULL when nothing is left over */
	size_t start;
	size_t end;

	/* Output: the frame of which only a part went out, or NULL */
	struct frame *rest;
	size_t rest_done; /* octets of header and frame that are out */
	bool full;	  /* the socket takes no more for now */
	bool deaf;	  /* nor ever again */
};

/* What was under way is lost, in both directions: the next connection begins
 * with a frame.  Also runs inside a callback of the connection. */
static void
hang_up(struct stream *st)
{
	event_del(st->on_input);
	event_del(st->on_room);
	timer_cancel(st->retry);
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
	frame_block_free(st->block);
	st->block = NULL;
	st->start = st->end = 0;
	st->parser = (struct stream_parser){ .skip = 0 };
	if (st->rest != NULL) {
		port_tx_drop(st->port, DROP_SEND_ERROR, st->rest);
		frame_unref(st->rest);
	}
	st->rest = NULL;
	st->full = false;
	st->deaf = true; /* what is to be sent meanwhile is dropped */
}

static void
stream_lost(struct stream *st, const char *why)
{
	if (st->gone)
		return;
	if (st->client != NULL) {
		log_info("port %s: %s", port_name(st->port), why);
		hang_up(st);
		port_set_carrier(st->port, false);
		stream_client_lost(st->client);
		port_writable(st->port);
		return;
	}
	st->gone = true;
	event_del(st->on_input);
	event_del(st->on_room);
	timer_cancel(st->retry);
	port_gone(st->port, "%s", why);
}

/* ---- input ---- */

struct intake {
	struct frame *batch[FRAME_BATCH];
	size_t n;
};

static void
flush(struct stream *st, struct intake *in)
{
	if (in->n > 0)
		port_input(st->port, in->batch, in->n);
	in->n = 0;
}

static void
take_frame(struct stream *st, struct intake *in, size_t offset, uint32_t len)
{
	struct frame *frame = frame_block_cut(st->block, offset, len);

	if (frame == NULL) {
		port_rx_drop(st->port, DROP_NO_BUFFER, 1, len);
		return;
	}
	in->batch[in->n++] = frame;
	if (in->n == FRAME_BATCH)
		flush(st, in);
}

/* Everything that is whole enters the switch. */
static void
take_all(struct stream *st)
{
	const uint8_t *data = frame_block_data(st->block);
	struct intake in = { .n = 0 };
	char why[80] = "";
	enum stream_item item;

	do {
		uint32_t len;
		size_t used;

		item = stream_proto_next(&st->parser, data + st->start,
					 st->end - st->start, &used, &len);
		st->start += used;
		if (item == STREAM_FRAME)
			take_frame(st, &in, st->start - len, len);
		else if (item == STREAM_OVERSIZE)
			port_rx_drop(st->port, DROP_OVERSIZE, 1, len);
		else if (item == STREAM_BROKEN)
			snprintf(why, sizeof(why),
				 "the peer announced a frame of %u octets",
				 (unsigned)len);
	} while (!st->paused &&
		 (item == STREAM_FRAME || item == STREAM_OVERSIZE));
	flush(st, &in);
	if (item == STREAM_BROKEN)
		stream_lost(st, why);
}

/* What is left over goes to the front of a block that no frame lives in, so
 * that the largest frame fits behind it. */
static void
keep_left_over(struct stream *st)
{
	size_t len = st->end - st->start;
	struct frame_block *block = st->block;

	if (len == 0) {
		frame_block_free(st->block);
		st->block = NULL;
		st->start = st->end = 0;
		return;
	}
	if (frame_block_shared(st->block)) {
		block = frame_block_new(port_pool(st->port));
		if (block == NULL)
			return; /* as long as there is room behind it */
		memcpy(frame_block_data(block),
		       frame_block_data(st->block) + st->start, len);
		frame_block_free(st->block);
	} else if (st->start > 0) {
		memmove(frame_block_data(block),
			frame_block_data(block) + st->start, len);
	}
	st->block = block;
	st->start = 0;
	st->end = len;
}

/* Return: is there a block with room to read into? */
static bool
make_room(struct stream *st)
{
	if (st->block == NULL)
		st->block = frame_block_new(port_pool(st->port));
	else if (st->end == FRAME_BLOCK_SIZE)
		keep_left_over(st);
	if (st->block != NULL && st->end < FRAME_BLOCK_SIZE)
		return true;
	event_del(st->on_input);
	timer_set_in(st->retry, NO_BLOCK_PAUSE_MS * NS_PER_MS);
	return false;
}

/* What was read before a pause comes first.
 * Return: is that all? */
static bool
take_left_over(struct stream *st)
{
	take_all(st);
	if (!st->paused)
		keep_left_over(st);
	return !st->paused && !st->gone && st->fd >= 0;
}

static void
on_input(int fd, short what, void *arg)
{
	struct stream *st = arg;
	char why[128];
	ssize_t n;

	(void)what;
	if (st->block != NULL && !take_left_over(st))
		return;
	if (!make_room(st))
		return;
	n = recv(fd, frame_block_data(st->block) + st->end,
		 FRAME_BLOCK_SIZE - st->end, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		keep_left_over(st);
		return;
	}
	if (n <= 0) {
		snprintf(why, sizeof(why), "the peer's connection ended%s%s",
			 n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
		stream_lost(st, why);
		return;
	}
	st->end += (size_t)n;
	(void)take_left_over(st);
}

static void
on_retry(void *arg)
{
	struct stream *st = arg;

	if (!st->paused && st->fd >= 0)
		event_add(st->on_input, NULL);
}

static void
stream_pause(void *priv, bool paused)
{
	struct stream *st = priv;

	st->paused = paused;
	if (st->gone || st->fd < 0)
		return;
	if (paused) {
		event_del(st->on_input);
		return;
	}
	event_add(st->on_input, NULL);
	if (st->block != NULL)
		event_active(st->on_input, EV_READ, 0);
}

/* ---- output ---- */

static void
wait_for_room(struct stream *st)
{
	st->full = event_add(st->on_room, NULL) == 0;
	if (st->full)
		return;
	/* Out of memory.  Frames may be on their way in just now, so the end
	 * is left to whoever reads it. */
	st->deaf = true;
	shutdown(st->fd, SHUT_RDWR);
}

/* Return: octets that went out; 0 when the socket is full, and its event is
 * armed; -errno when these octets never will. */
static ssize_t
send_gathered(struct stream *st, struct iovec *iov, size_t n_iov)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n_iov };
	ssize_t n;

	if (st->deaf)
		return -EPIPE;
	n = sendmsg(st->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		wait_for_room(st);
		return 0;
	default:
		/* What the peer has sent before is still read to its end. */
		st->deaf = true;
		return -EPIPE;
	}
}

/* Return: how many of the frames are consumed. */
static size_t
send_some(struct stream *st, struct frame *const *frames, size_t n)
{
	struct stream_gather g;
	ssize_t sent;
	size_t left, i;

	stream_gather(&g, frames, n);
	sent = send_gathered(st, g.iov, g.n_iov);
	if (sent < 0) {
		for (i = 0; i < n; i++)
			port_tx_drop(st->port, DROP_SEND_ERROR, frames[i]);
		return n;
	}
	left = (size_t)sent;
	for (i = 0; i < n && left >= stream_size_on_wire(frames[i]); i++)
		left -= stream_size_on_wire(frames[i]);
	if (i == n || st->full)
		return i;
	if (left > 0) {
		st->rest = frame_settle(frame_ref(frames[i]));
		st->rest_done = left;
		i++;
	}
	wait_for_room(st);
	return i;
}

static size_t
stream_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct stream *st = priv;
	size_t done = 0;

	while (done < n && !st->full) {
		size_t some = n - done < FRAME_BATCH ? n - done : FRAME_BATCH;

		done += send_some(st, frames + done, some);
	}
	return done;
}

/* Return: is nothing left of it? */
static bool
send_rest(struct stream *st)
{
	const struct frame *frame = st->rest;
	struct stream_gather g;
	ssize_t sent;

	stream_gather_rest(&g, frame, st->rest_done);
	sent = send_gathered(st, g.iov, g.n_iov);
	if (sent < 0) {
		port_tx_drop(st->port, DROP_SEND_ERROR, frame);
	} else {
		st->rest_done += (size_t)sent;
		if (st->rest_done < stream_size_on_wire(frame))
			return false;
	}
	frame_unref(st->rest);
	st->rest = NULL;
	return true;
}

static void
on_room(int fd, short what, void *arg)
{
	struct stream *st = arg;

	(void)fd;
	(void)what;
	st->full = false;
	if (st->rest == NULL || send_rest(st))
		port_writable(st->port);
	else if (!st->full)
		wait_for_room(st);
}

static size_t
stream_pending(const void *priv)
{
	const struct stream *st = priv;

	return st->rest != NULL;
}

/* ---- coming and going ---- */

static void
stream_close(void *priv)
{
	struct stream *st = priv;

	if (st->on_input != NULL)
		event_free(st->on_input);
	if (st->on_room != NULL)
		event_free(st->on_room);
	timer_free(st->retry);
	frame_block_free(st->block);
	if (st->rest != NULL)
		frame_unref(st->rest);
	if (st->fd >= 0)
		close(st->fd);
	stream_client_free(st->client);
	free(st);
}

/* @fd: taken, also on failure.  Return: NULL when out of memory. */
static struct stream *
stream_new(struct event_base *base, struct clock *clock, int fd)
{
	struct stream *st = XNEW(struct stream);

	st->fd = fd;
	st->retry = timer_new(clock, on_retry, st);
	st->on_input = event_new(base, fd, EV_READ | EV_PERSIST, on_input, st);
	st->on_room = event_new(base, fd, EV_WRITE, on_room, st);
	if (st->on_input == NULL || st->on_room == NULL) {
		stream_close(st);
		return NULL;
	}
	return st;
}

static void
stream_start(struct stream *st, struct port *port)
{
	st->port = port;
	if (event_add(st->on_input, NULL) < 0)
		stream_lost(st, "out of memory");
}

static void
on_connected(void *arg, int fd)
{
	struct stream *st = arg;
	struct event_base *base = port_base(st->port);
	struct port_peer peer;

	st->fd = fd;
	st->deaf = false;
	event_assign(st->on_input, base, fd, EV_READ | EV_PERSIST, on_input,
		     st);
	event_assign(st->on_room, base, fd, EV_WRITE, on_room, st);
	if (!st->paused && event_add(st->on_input, NULL) < 0) {
		stream_lost(st, "out of memory");
		return;
	}
	if (acceptor_peer_of(fd, &peer) == 0)
		port_set_peer(st->port, &peer);
	log_info("port %s: connected", port_name(st->port));
	port_set_carrier(st->port, true);
}

static void *
stream_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct port_peer peer;
	struct stream *st;

	fd = stream_client_socket(params, fd, err);
	if (fd < 0 && fd != -EINPROGRESS)
		return NULL;
	st = stream_new(port_base(port), port_clock(port), fd >= 0 ? fd : -1);
	if (st == NULL) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	st->port = port;
	st->client =
	    stream_client_new(port_clock(port), params, on_connected, st);
	if (fd < 0) {
		st->deaf = true;
		port_set_carrier(port, false);
		stream_client_lost(st->client);
		return st;
	}
	if (acceptor_peer_of(fd, &peer) == 0)
		port_set_peer(port, &peer);
	stream_start(st, port);
	return st;
}

static int
stream_set(void *priv, const json_t *params, struct err *err)
{
	struct stream *st = priv;
	int64_t wait_ms = json_int_or(params, "reconnect", -1);

	if (wait_ms < 0)
		return 0;
	if (st->client == NULL)
		return err_set(err, -EINVAL,
			       "port %s was not added with reconnect=",
			       port_name(st->port));
	stream_client_set_wait(st->client, (uint64_t)wait_ms);
	return 0;
}

static void
stream_describe(const void *priv, json_t *into)
{
	const struct stream *st = priv;

	if (st->client != NULL)
		stream_client_describe(st->client, into);
}

/* ---- the listener ---- */

struct stream_listener {
	struct port_site *site; /* borrowed */
	struct acceptor *acceptor;
};

static void
on_peer(void *arg, int fd, const struct port_peer *peer)
{
	struct stream_listener *l = arg;
	struct stream *st =
	    stream_new(port_site_base(l->site), port_site_clock(l->site), fd);
	struct err err = ERR_INIT;
	struct port *port;

	if (st == NULL) {
		LOG_LIMITED(LOG_WARN, "segment %s: out of memory",
			    port_site_name(l->site));
		return;
	}
	port = port_accept(l->site, &port_kind_stream, st, NULL, peer, &err);
	if (port == NULL) {
		LOG_LIMITED(LOG_WARN, "segment %s: stream refused (pid %d): %s",
			    port_site_name(l->site), (int)peer->pid, err.text);
		stream_close(st);
		return;
	}
	stream_start(st, port);
}

static void
stream_unlisten(void *listener)
{
	struct stream_listener *l = listener;

	acceptor_free(l->acceptor);
	free(l);
}

static void *
stream_listen(struct port_site *site, const char *dir, struct err *err)
{
	struct stream_listener *l = XNEW(struct stream_listener);
	char *path = xasprintf("%s/stream", dir);

	l->site = site;
	l->acceptor = acceptor_new(site, path, on_peer, l, err);
	free(path);
	if (l->acceptor == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

const struct port_kind port_kind_stream = {
	.name = "stream",
	.summary = "length-prefixed frames: QEMU -netdev stream, passt",
	.params = STREAM_CLIENT_PARAMS,
	.open = stream_open,
	.listen = stream_listen,
	.unlisten = stream_unlisten,
	.details =
	    "`path` is that of a listening unix socket, to which the switch "
	    "connects; instead of it, a connected stream socket may be sent "
	    "along. With `reconnect`, milliseconds, the port stays when the "
	    "connection ends or there is nobody yet: it has no carrier, and "
	    "the switch connects again after so long, after longer each time "
	    "that fails, up to 10 seconds. Its `port.show` has also `path`, "
	    "`reconnect_ms`, and `reconnects`, their number. Others attach to "
	    "`DIR/SEGMENT/stream` by themselves. Each "
	    "frame follows its length, four octets, most significant first.",
	.transmit = stream_transmit,
	.pause = stream_pause,
	.pending = stream_pending,
	.describe = stream_describe,
	.settable = "reconnect:int(0..3600000)?",
	.set = stream_set,
	.close = stream_close,
};
