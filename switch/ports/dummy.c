#include "switch/ports/dummy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"

struct dummy {
	struct port *port;
	struct frame **kept;
	size_t n_kept, kept_size;
	size_t n_sent, n_transmits, n_pending, credit;
	size_t n_pauses;
	bool record, full, broken, paused;
};

static void
forget(struct dummy *d)
{
	while (d->n_kept > 0)
		frame_unref(d->kept[--d->n_kept]);
}

static void *
dummy_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct dummy *d;

	(void)params;
	if (fd >= 0) {
		close(fd);
		err_set(err, -EINVAL, "a dummy port takes no descriptor");
		return NULL;
	}
	d = XNEW(struct dummy);
	d->port = port;
	d->credit = SIZE_MAX;
	return d;
}

static void
dummy_close(void *priv)
{
	struct dummy *d = priv;

	forget(d);
	free(d->kept);
	free(d);
}

static void
keep(struct dummy *d, struct frame *frame)
{
	if (d->n_kept == d->kept_size) {
		d->kept_size = d->kept_size > 0 ? 2 * d->kept_size : 64;
		d->kept = xrealloc(d->kept, d->kept_size, sizeof(*d->kept));
	}
	d->kept[d->n_kept++] = frame_ref(frame);
}

static size_t
dummy_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct dummy *d = priv;

	d->n_transmits++;
	for (size_t i = 0; i < n; i++) {
		if (d->broken) {
			port_tx_drop(d->port, DROP_SEND_ERROR, frames[i]);
			continue;
		}
		if (d->credit == 0) {
			d->full = true;
			return i;
		}
		if (d->credit != SIZE_MAX)
			d->credit--;
		d->n_sent++;
		if (d->record)
			keep(d, frames[i]);
	}
	return n;
}

static void
dummy_pause(void *priv, bool paused)
{
	struct dummy *d = priv;

	assert(d->paused != paused);
	d->paused = paused;
	d->n_pauses += paused;
}

static size_t
dummy_pending(const void *priv)
{
	const struct dummy *d = priv;

	return d->n_pending;
}

const struct port_kind port_kind_dummy = {
	.name = "dummy",
	.summary = "a port without a peer, for tests",
	.params = "",
	.open = dummy_open,
	.transmit = dummy_transmit,
	.pause = dummy_pause,
	.pending = dummy_pending,
	.close = dummy_close,
};

/* ---- for tests ---- */

static struct dummy *
dummy_of(const struct port *port)
{
	return port_priv(port);
}

static struct frame *
make_frame(struct port *port, const void *data, size_t len)
{
	struct frame_block *block;
	struct frame *frame;

	if (len <= FRAME_LEN_MAX) {
		frame = frame_alloc(port_pool(port), len);
		if (frame == NULL)
			return NULL;
		frame->len = (uint32_t)len;
	} else {
		block = frame_block_new(port_pool(port));
		if (block == NULL)
			return NULL;
		frame = frame_block_cut(block, 0, len);
		frame_block_free(block);
		if (frame == NULL)
			return NULL;
	}
	if (len > 0)
		memcpy(frame->data, data, len);
	return frame;
}

void
dummy_inject_batch(struct port *port, const void *data, size_t len, size_t n)
{
	struct frame *frames[FRAME_BATCH];
	size_t n_made = 0;

	assert(n <= FRAME_BATCH);
	for (size_t i = 0; i < n; i++) {
		struct frame *frame = make_frame(port, data, len);

		if (frame != NULL)
			frames[n_made++] = frame;
		else
			port_rx_drop(port, DROP_NO_BUFFER, 1, len);
	}
	port_input(port, frames, n_made);
}

void
dummy_inject(struct port *port, const void *data, size_t len)
{
	dummy_inject_batch(port, data, len, 1);
}

void
dummy_record(struct port *port)
{
	struct dummy *d = dummy_of(port);

	forget(d);
	d->n_sent = 0;
	d->n_transmits = 0;
	d->record = true;
}

size_t
dummy_n_sent(const struct port *port)
{
	return dummy_of(port)->n_sent;
}

const struct frame *
dummy_sent(const struct port *port, size_t i)
{
	const struct dummy *d = dummy_of(port);

	assert(i < d->n_kept);
	return d->kept[i];
}

size_t
dummy_n_transmits(const struct port *port)
{
	return dummy_of(port)->n_transmits;
}

void
dummy_set_credit(struct port *port, size_t n_frames)
{
	struct dummy *d = dummy_of(port);

	d->credit = n_frames;
	if (d->full && n_frames > 0) {
		d->full = false;
		port_writable(port);
	}
}

void
dummy_set_broken(struct port *port, bool broken)
{
	dummy_of(port)->broken = broken;
}

void
dummy_set_pending(struct port *port, size_t n_frames)
{
	dummy_of(port)->n_pending = n_frames;
}

bool
dummy_is_paused(const struct port *port)
{
	return dummy_of(port)->paused;
}

size_t
dummy_n_pauses(const struct port *port)
{
	return dummy_of(port)->n_pauses;
}
