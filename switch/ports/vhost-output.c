/*
 * vhost-output: frames into the buffers that a guest offers in its receive
 * queues, straight from wherever their octets are.
 */
#include <errno.h>
#include <string.h>

#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"
#include "switch/ports/vhost-header.h"

enum {
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

/* Return: is @frame dealt with?  If not, there is no buffer. */
static bool
send_frame(struct vhost_queue *q, const struct frame *frame)
{
	struct vhost_device *dev = q->dev;
	struct vring_space space = { dev->output_iov, 0, VRING_CHAIN_IOVS };
	struct vring_chain chains[VRING_FRAME_CHAINS];
	uint8_t header[VHOST_NET_HEADER_MAX];
	struct cursor c = { .iov = dev->output_iov, .at = 0 };
	int n;

	n = vring_reserve(&q->ring, &space,
			  dev->header_len + frame_wire_len(frame), chains,
			  q->ring.mergeable ? VRING_FRAME_CHAINS : 1);
	if (n == 0)
		return false;
	if (n == -EMSGSIZE || n == -ENOSPC) {
		port_tx_drop(dev->port, DROP_OVERSIZE, frame);
		return true;
	}
	if (n < 0) {
		vhost_queue_broken(q);
		port_tx_drop(dev->port, DROP_SEND_ERROR, frame);
		return true;
	}
	vhost_header_write(&frame->offload, dev->trusts_checksums, header);
	vhost_header_set_buffers(header, (unsigned)n);
	put(&c, header, dev->header_len);
	put_frame(&c, frame);
	vring_return(&q->ring, chains, (unsigned)n);
	q->n_frames++;
	return true;
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
	q->starved = true;
	if (more)
		vhost_wake_soon(q->dev);
	return false;
}

static size_t
drop_all(struct vhost_device *dev, struct frame *const *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		port_tx_drop(dev->port, DROP_SEND_ERROR, frames[i]);
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

		if (send_frame(q, frames[done]))
			done++;
		else if (!wait_for_buffers(q, n_tries++))
			break;
	}
	if (dev->n_receivers == 0 || dev->gone)
		return done + drop_all(dev, frames + done, n - done);
	publish_all(dev);
	return done;
}

void
vhost_output_changed(struct vhost_device *dev)
{
	dev->n_receivers = 0;
	for (unsigned i = 0; i < dev->n_pairs; i++) {
		if (vhost_queue_is_up(&dev->queues[2 * i]))
			dev->receivers[dev->n_receivers++] = (uint8_t)i;
	}
	if (dev->port != NULL && !dev->gone)
		port_set_carrier(dev->port, dev->n_receivers > 0);
}
