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
#include "switch/ports/stream-output.h"
#include "switch/ports/stream-proto.h"

enum {
	/* How long a peer is not read when there is no memory to read into */
	NO_BLOCK_PAUSE_MS = 1,
	/* What is read at once as a rule.  A peer that writes frame by frame
	 * goes on as soon as most of what it has written is read, and when that
	 * was all, the next read finds a single frame.  More is asked for when
	 * more is there, and until less than half of this is. */
	READ_SIZE = 64 * 1024,
};

struct stream {
	struct port *port; /* borrowed */
	int fd;		   /* -1: nobody there, .client tries */
	bool gone;	   /* port_gone() was called */
	bool paused;	   /* what has arrived waits */
	struct event *on_input;
	struct timer *retry;
	struct stream_client *client; /* who connects again; or NULL */
	struct stream_output out;

	/* Input: octets start..end of the block have not been dealt with. */
	struct stream_parser parser;
	struct frame_block *block; /* NULL when nothing is left over */
	size_t start;
	size_t end;
	size_t read_size; /* of the next read */
};

/* What was under way is lost, in both directions: the next connection begins
 * with a frame.  Also runs inside a callback of the connection. */
static void
hang_up(struct stream *st)
{
	event_del(st->on_input);
	timer_cancel(st->retry);
	stream_output_hang_up(&st->out);
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
	frame_block_free(st->block);
	st->block = NULL;
	st->start = st->end = 0;
	st->parser = (struct stream_parser){ .skip = 0 };
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
	stream_output_stop(&st->out);
	timer_cancel(st->retry);
	port_gone(st->port, "%s", why);
}

/* ---- input ---- */

struct intake {
	struct frame *batch[FRAME_BATCH];
	size_t n;
	size_t n_in_turn; /* handed in since it began */
};

static void
flush(struct stream *st, struct intake *in)
{
	if (in->n > 0)
		port_input(st->port, in->batch, in->n);
	in->n_in_turn += in->n;
	in->n = 0;
	if (in->n_in_turn + FRAME_BATCH > PORT_TURN_FRAMES) {
		port_turn_end(st->port);
		port_turn_begin(st->port);
		in->n_in_turn = 0;
	}
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
	struct intake in = { .n = 0, .n_in_turn = 0 };
	char why[80] = "";
	enum stream_item item;

	port_turn_begin(st->port);
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
	port_turn_end(st->port);
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

static ssize_t
read_some(struct stream *st)
{
	size_t size = FRAME_BLOCK_SIZE - st->end;
	ssize_t n;

	if (size > st->read_size)
		size = st->read_size;
	n = recv(st->fd, frame_block_data(st->block) + st->end, size,
		 MSG_DONTWAIT);
	if (n == (ssize_t)size)
		st->read_size = FRAME_BLOCK_SIZE;
	else if (n < READ_SIZE / 2)
		st->read_size = READ_SIZE;
	if (n > 0)
		st->end += (size_t)n;
	return n < 0 ? -errno : n;
}

static void
on_input(int fd, short what, void *arg)
{
	struct stream *st = arg;
	char why[128];
	ssize_t n;

	(void)fd;
	(void)what;
	if (st->block != NULL && !take_left_over(st))
		return;
	if (!make_room(st))
		return;
	n = read_some(st);
	if (n == -EAGAIN || n == -EINTR) {
		keep_left_over(st);
	} else if (n <= 0) {
		snprintf(why, sizeof(why), "the peer's connection ended%s%s",
			 n < 0 ? ": " : "", n < 0 ? strerror((int)-n) : "");
		stream_lost(st, why);
	} else {
		(void)take_left_over(st);
	}
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

static size_t
stream_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct stream *st = priv;

	return stream_output_transmit(&st->out, frames, n);
}

static size_t
stream_pending(const void *priv)
{
	const struct stream *st = priv;

	return st->out.rest != NULL;
}

/* ---- coming and going ---- */

static void
stream_close(void *priv)
{
	struct stream *st = priv;

	if (st->on_input != NULL)
		event_free(st->on_input);
	stream_output_fini(&st->out);
	timer_free(st->retry);
	frame_block_free(st->block);
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
	st->read_size = READ_SIZE;
	st->retry = timer_new(clock, on_retry, st);
	st->on_input = event_new(base, fd, EV_READ | EV_PERSIST, on_input, st);
	if (st->on_input == NULL || stream_output_init(&st->out, base) < 0) {
		stream_close(st);
		return NULL;
	}
	if (fd >= 0)
		stream_output_connect(&st->out, fd);
	return st;
}

static void
set_port(struct stream *st, struct port *port)
{
	st->port = port;
	st->out.port = port;
}

static void
stream_start(struct stream *st, struct port *port)
{
	set_port(st, port);
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
	st->read_size = READ_SIZE;
	stream_output_connect(&st->out, fd);
	stream_output_widen(&st->out);
	event_assign(st->on_input, base, fd, EV_READ | EV_PERSIST, on_input,
		     st);
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
	bool is_given = fd >= 0;
	struct port_peer peer;
	struct stream *st;

	fd = stream_client_socket("stream", params, fd, err);
	if (fd < 0 && fd != -EINPROGRESS)
		return NULL;
	st = stream_new(port_base(port), port_clock(port), fd >= 0 ? fd : -1);
	if (st == NULL) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	set_port(st, port);
	st->client =
	    stream_client_new(port_clock(port), params, on_connected, st);
	if (fd < 0) {
		port_set_carrier(port, false);
		stream_client_lost(st->client);
		return st;
	}
	if (!is_given)
		stream_output_widen(&st->out);
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
		/* One that has been accepted is given settings while it
		 * attaches: st->port is not known then. */
		return err_set(err, -EINVAL,
			       "the port was not added with reconnect=");
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

static void
on_peer(void *arg, int fd, const struct port_peer *peer)
{
	struct port_site *site = arg;
	struct stream *st =
	    stream_new(port_site_base(site), port_site_clock(site), fd);
	struct err err = ERR_INIT;
	struct port *port;

	if (st == NULL) {
		LOG_LIMITED(LOG_WARN, "segment %s: out of memory",
			    port_site_name(site));
		return;
	}
	port = port_accept(site, &port_kind_stream, st, NULL, peer, &err);
	if (port == NULL) {
		LOG_LIMITED(LOG_WARN, "segment %s: stream refused (pid %d): %s",
			    port_site_name(site), (int)peer->pid, err.text);
		stream_close(st);
		return;
	}
	stream_output_widen(&st->out);
	stream_start(st, port);
}

static void
stream_unlisten(void *listener)
{
	acceptor_free(listener);
}

static void *
stream_listen(struct port_site *site, const char *dir, struct err *err)
{
	char *path = xasprintf("%s/stream", dir);
	struct acceptor *a = acceptor_new(site, path, on_peer, site, err);

	free(path);
	return a;
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
