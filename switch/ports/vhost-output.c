/*
 * vhost-output: frames into the buffers that a guest offers in its receive
 * queues, straight from wherever their octets are.
 */
#include <errno.h>
#include <string.h>

#include "lib/octets.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"
#include "switch/ports/vhost-header.h"

enum {
	RUN_FRAMES = 32, /* that buffers are looked up for together */

	/* A guest that adds buffers just when we have given up is given so many
	 * more chances at once. */
	TRIES_MAX = 2,

	ETHERTYPE_AT = 12,
	IPV4_ADDRESSES_AT = 26,
	IPV4_ADDRESSES_END = 34,
	IPV6_ADDRESSES_AT = 22,
	IPV6_ADDRESSES_END = 54,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
};

/* ---- one frame ---- */

/* Where the next octet goes. */
struct cursor {
	const struct iovec *iov;
	size_t at; /* in *.iov */
};

static void
put(struct cursor *c, const void *octets, size_t n)
{
	const uint8_t *from = octets;

	while (n > 0) {
		size_t room = c->iov->iov_len - c->at;
		size_t some = n < room ? n : room;

		memcpy((uint8_t *)c->iov->iov_base + c->at, from, some);
		from += some;
		n -= some;
		c->at += some;
		if (c->at == c->iov->iov_len) {
			c->iov++;
			c->at = 0;
		}
	}
}

static void
put_frame(struct cursor *c, const struct frame *frame)
{
	if (frame->rest == NULL) {
		put(c, frame->data, frame_wire_len(frame));
		return;
	}
	put(c, frame->data, frame->head_len);
	for (unsigned i = 0; i < frame->n_rest; i++)
		put(c, frame->rest[i].iov_base, frame->rest[i].iov_len);
}

/* Frames that have buffers and are not in them yet: looking for all of them
 * first lets the processor fetch what it will write to. */
struct run {
	struct frame *const *frames;
	unsigned n;
	unsigned n_chains;
	uint16_t chains_of[RUN_FRAMES]; /* buffers of each */
	uint32_t lens[RUN_FRAMES];	/* with the headers */
	/* No frame is begun that has more than RUN_FRAMES before it. */
	struct vring_chain chains[RUN_FRAMES + VRING_FRAME_CHAINS];
	struct vring_space space;
};

/* The usual frame has one buffer, in one piece. */
static bool
is_simple(const struct vring_chain *chains, unsigned n)
{
	return n == 1 && chains->n_iov == 1;
}

/* For frames that have usual buffers, up to one that has others. */
static void
reserve_simple(struct vhost_queue *q, struct run *run, unsigned n)
{
	unsigned n_simple =
	    vring_reserve_run(&q->ring, &run->space, run->lens + run->n,
			      n - run->n, run->chains + run->n_chains);

	run->n_chains += n_simple;
	for (; n_simple > 0; n_simple--)
		run->chains_of[run->n++] = 1;
}

/* Buffers for the first of @n frames, as many as there are, up to a frame that
 * cannot have any.  Return: 1, or why there are none at all. */
static int
reserve(struct vhost_queue *q, struct run *run, unsigned n)
{
	unsigned header_len = q->dev->header_len;
	unsigned max = q->ring.mergeable ? VRING_FRAME_CHAINS : 1;
	bool simple = true;

	for (unsigned i = 0; i < n; i++)
		run->lens[i] = header_len + frame_wire_len(run->frames[i]);
	run->n = run->n_chains = 0;
	for (;;) {
		struct vring_chain *chains;
		int ret;

		if (simple)
			reserve_simple(q, run, n);
		/* The next frame may have as many as there can be. */
		if (run->n == n || run->n_chains > RUN_FRAMES)
			return 1;
		chains = run->chains + run->n_chains;
		ret = vring_reserve(&q->ring, &run->space, run->lens[run->n],
				    chains, max);
		if (ret <= 0)
			return run->n > 0 ? 1 : ret;
		simple = is_simple(chains, (unsigned)ret);
		run->chains_of[run->n++] = (uint16_t)ret;
		run->n_chains += (unsigned)ret;
	}
}

/* Most frames say nothing in it. */
static inline bool
has_plain_header(const struct frame *frame)
{
	return frame_is_finished(frame) && !frame->offload.checksum_valid;
}

/* What stands in the header of such a frame, in one buffer. */
static const uint8_t plain_header[VHOST_NET_HEADER_MAX] = {
	[VHOST_NET_HEADER_BUFFERS_AT] = 1,
};

/* Most often it stands there already: writing it again would take the line out
 * of the cache of the guest's processor. */
static inline void
put_header(uint8_t *to, const uint8_t *header, size_t len)
{
	if (memcmp(to, header, VHOST_NET_HEADER_MIN) != 0)
		memcpy(to, header, VHOST_NET_HEADER_MIN);
	to += VHOST_NET_HEADER_MIN;
	header += VHOST_NET_HEADER_MIN;
	if (len == VHOST_NET_HEADER_MAX && memcmp(to, header, 2) != 0)
		memcpy(to, header, 2);
}

/* The usual frame in the usual buffer. */
static inline void
put_simple(const struct vhost_device *dev, uint8_t *to,
	   const struct frame *frame)
{
	uint8_t header[VHOST_NET_HEADER_MAX];

	if (has_plain_header(frame)) {
		put_header(to, plain_header, dev->header_len);
	} else {
		vhost_header_write(&frame->offload, dev->trusts_checksums,
				   header);
		put_header(to, header, dev->header_len);
	}
	to += dev->header_len;
	if (frame->rest == NULL) {
		copy_octets(to, frame->data, frame_wire_len(frame));
		return;
	}
	copy_octets(to, frame->data, frame->head_len);
	to += frame->head_len;
	for (unsigned i = 0; i < frame->n_rest; i++) {
		memcpy(to, frame->rest[i].iov_base, frame->rest[i].iov_len);
		to += frame->rest[i].iov_len;
	}
}

static void
put_other(const struct vhost_device *dev, const struct vring_chain *chains,
	  unsigned n_chains, const struct frame *frame)
{
	struct cursor c = { .iov = chains->iov, .at = 0 };
	uint8_t header[VHOST_NET_HEADER_MAX];

	vhost_header_write(&frame->offload, dev->trusts_checksums, header);
	vhost_header_set_buffers(header, n_chains);
	put(&c, header, dev->header_len);
	put_frame(&c, frame);
}

static void
put_run(struct vhost_queue *q, const struct run *run)
{
	const struct vhost_device *dev = q->dev;
	const struct vring_chain *chain = run->chains;

	for (unsigned i = 0; i < run->n; i++) {
		unsigned n_chains = run->chains_of[i];

		if (is_simple(chain, n_chains))
			put_simple(dev, chain->iov->iov_base, run->frames[i]);
		else
			put_other(dev, chain, n_chains, run->frames[i]);
		chain += n_chains;
	}
}

/* Return: how many of the first of @n frames are dealt with; 0: there is no
 * buffer. */
static size_t
send_run(struct vhost_queue *q, struct frame *const *frames, size_t n)
{
	struct run run;
	int ret;

	run.frames = frames;
	run.space =
	    (struct vring_space){ q->dev->output_iov, 0, VRING_CHAIN_IOVS };
	ret = reserve(q, &run, n < RUN_FRAMES ? (unsigned)n : RUN_FRAMES);
	if (ret == 0)
		return 0;
	if (ret == -EMSGSIZE || ret == -ENOSPC) {
		port_tx_drop(q->dev->port, DROP_OVERSIZE, frames[0]);
		return 1;
	}
	if (ret < 0) {
		vhost_queue_broken(q);
		port_tx_drop(q->dev->port, DROP_SEND_ERROR, frames[0]);
		return 1;
	}
	put_run(q, &run);
	vring_return(&q->ring, run.chains, run.n_chains);
	q->n_frames += run.n;
	return run.n;
}

/* ---- which queue ---- */

static uint32_t
mix(uint32_t hash, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ octets[i]) * UINT32_C(16777619); /* FNV-1a */
	return hash;
}

/* What two stations say to each other goes one way, so that it stays in
 * order: of IP the addresses say who they are, of all else Ethernet's. */
static uint32_t
hash_stations(const struct frame *frame)
{
	const uint8_t *p = frame->data;
	unsigned type = (unsigned)(p[ETHERTYPE_AT] << 8 | p[ETHERTYPE_AT + 1]);
	uint32_t hash = UINT32_C(2166136261);

	if (type == ETHERTYPE_IPV4 && frame->len >= IPV4_ADDRESSES_END)
		hash = mix(hash, p + IPV4_ADDRESSES_AT,
			   IPV4_ADDRESSES_END - IPV4_ADDRESSES_AT);
	else if (type == ETHERTYPE_IPV6 && frame->len >= IPV6_ADDRESSES_END)
		hash = mix(hash, p + IPV6_ADDRESSES_AT,
			   IPV6_ADDRESSES_END - IPV6_ADDRESSES_AT);
	else
		hash = mix(hash, p, ETHERTYPE_AT);
	return hash ^ hash >> 16;
}

static struct vhost_queue *
choose(const struct vhost_device *dev, const struct frame *frame)
{
	unsigned i = 0;

	if (dev->n_receivers > 1)
		i = hash_stations(frame) % dev->n_receivers;
	return &dev->queues[2 * dev->receivers[i]];
}

/* Return: how many of @n frames, the first of which goes through @q, go through
 * it one after the other. */
static size_t
run_of(const struct vhost_device *dev, const struct vhost_queue *q,
       struct frame *const *frames, size_t n)
{
	size_t run = 1;

	if (dev->n_receivers == 1)
		return n;
	while (run < n && run < RUN_FRAMES && choose(dev, frames[run]) == q)
		run++;
	return run;
}

/* ---- many of them ---- */

static void
publish_all(struct vhost_device *dev)
{
	for (unsigned i = 0; i < dev->n_receivers; i++)
		vhost_queue_publish(&dev->queues[2 * dev->receivers[i]]);
}

/* Return: has the guest added buffers meanwhile? */
static bool
wait_for_buffers(struct vhost_queue *q, unsigned n_tries)
{
	bool more;

	vhost_queue_publish(q);
	more = vring_listen(&q->ring);
	if (more && n_tries < TRIES_MAX)
		return true;
	vhost_wake_starves(q);
	if (more)
		vhost_wake_soon(q->dev);
	return false;
}

static size_t
drop_all(struct vhost_device *dev, enum drop_reason reason,
	 struct frame *const *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		port_tx_drop(dev->port, reason, frames[i]);
	return n;
}

size_t
vhost_output_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct vhost_device *dev = priv;
	unsigned n_tries = 0;
	size_t done = 0;

	while (done < n && dev->n_receivers > 0 && !dev->gone) {
		struct vhost_queue *q = choose(dev, frames[done]);
		size_t n_run = run_of(dev, q, frames + done, n - done);
		size_t n_sent = send_run(q, frames + done, n_run);

		done += n_sent;
		if (n_sent > 0 || wait_for_buffers(q, n_tries++))
			continue;
		if (!q->given_up)
			break;
		done += drop_all(dev, DROP_QUEUE_FULL, frames + done, n_run);
	}
	if (dev->n_receivers == 0 || dev->gone)
		return done +
		       drop_all(dev, DROP_SEND_ERROR, frames + done, n - done);
	publish_all(dev);
	return done;
}

void
vhost_output_changed(struct vhost_device *dev)
{
	dev->n_used = dev->n_receivers = 0;
	for (unsigned i = 0; i < dev->n_pairs; i++) {
		if (dev->queues[2 * i].ring.running ||
		    dev->queues[2 * i + 1].ring.running)
			dev->n_used = i + 1;
		if (vhost_queue_is_up(&dev->queues[2 * i]))
			dev->receivers[dev->n_receivers++] = (uint8_t)i;
	}
	if (dev->port != NULL && !dev->gone)
		port_set_carrier(dev->port, dev->n_receivers > 0);
}
