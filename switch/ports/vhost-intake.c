/*
 * vhost-intake: frames out of a guest's transmit queues.
 *
 * What headers need is copied, and that copy is what decides.  The rest stays
 * where it is until the end of the turn: ports that can take it from there do,
 * and for everybody else who still has the frame it is fetched then.  Only
 * after that the guest gets its buffers back.
 */
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"
#include "switch/ports/vhost-header.h"

enum {
	/* Of a turn: the queues of other ports hold all of it until its end. */
	TURN_BYTES = 512 * 1024,
	HEAD_ALIGN = 64, /* heads begin in cache lines of their own */
};

/* Some of a batch, on their way in together. */
struct turn {
	struct vhost_device *dev;
	struct frame_block *block; /* of the heads; NULL: no memory */
	size_t at;		   /* the next head, in the block */
	size_t bytes;
	unsigned n_kept, n_frames;
	struct frame *kept[FRAME_BATCH]; /* those with a rest: a reference */
	struct frame *frames[FRAME_BATCH];
};

/* Lets @rest begin @n octets later, which it has. */
static void
skip(struct vring_chain *rest, size_t n)
{
	while (n > 0 && n >= rest->iov->iov_len) {
		n -= rest->iov->iov_len;
		rest->iov++;
		rest->n_iov--;
	}
	if (n > 0) {
		rest->iov->iov_base = (uint8_t *)rest->iov->iov_base + n;
		rest->iov->iov_len -= n;
	}
}

/* Return: the @len octets behind the chain's header; NULL: no memory. */
static struct frame *
cut_head(struct turn *t, const struct vring_chain *chain, uint32_t len)
{
	size_t header_len = t->dev->header_len;
	size_t head_len = len > FRAME_WHOLE_LEN ? FRAME_HEAD_LEN : len;
	struct vring_chain rest = *chain;
	struct frame *frame = NULL;

	if (t->block != NULL)
		frame = frame_block_cut(t->block, t->at, head_len);
	if (frame == NULL)
		return NULL;
	t->at += (head_len + HEAD_ALIGN - 1) & ~(size_t)(HEAD_ALIGN - 1);
	vring_chain_read(chain, header_len, frame->data, head_len);
	if (head_len == len)
		return frame;
	skip(&rest, header_len + head_len);
	frame->len = len;
	frame->head_len = (uint16_t)head_len;
	frame->rest = rest.iov;
	frame->n_rest = rest.n_iov;
	t->kept[t->n_kept++] = frame_ref(frame);
	return frame;
}

static void
drop(struct turn *t, enum drop_reason reason, uint64_t len)
{
	port_rx_drop(t->dev->port, reason, 1, len);
}

static void
add_chain(struct turn *t, const struct vring_chain *chain)
{
	const struct vhost_device *dev = t->dev;
	uint8_t header[VHOST_NET_HEADER_MAX];
	struct frame_offload offload = { .segmentation = FRAME_SEGMENT_NONE };
	struct frame *frame;
	uint32_t len;

	if (chain->len < (uint32_t)dev->header_len + FRAME_LEN_MIN) {
		drop(t, DROP_RUNT, 0);
		return;
	}
	len = chain->len - dev->header_len;
	if (len > FRAME_LEN_MAX) {
		drop(t, DROP_OVERSIZE, len);
		return;
	}
	if (dev->leaves_work) {
		vring_chain_read(chain, 0, header, dev->header_len);
		if (!vhost_header_read(header, &offload)) {
			drop(t, DROP_BAD_OFFLOAD, len);
			return;
		}
	}
	frame = cut_head(t, chain, len);
	if (frame == NULL) {
		drop(t, DROP_NO_BUFFER, len);
		return;
	}
	if (dev->leaves_work)
		frame->offload = offload;
	t->frames[t->n_frames++] = frame;
	t->bytes += len;
}

/* One turn with the first of the @n chains.  Return: how many it took. */
static unsigned
hand_in(struct turn *t, const struct vring_chain *chains, unsigned n)
{
	struct port *port = t->dev->port;
	unsigned done = 0;

	t->bytes = t->n_kept = t->n_frames = 0;
	while (done < n && t->bytes < TURN_BYTES)
		add_chain(t, &chains[done++]);
	if (t->n_frames == 0)
		return done;
	port_turn_begin(port);
	port_input(port, t->frames, t->n_frames);
	port_turn_end(port);
	for (unsigned i = 0; i < t->n_kept; i++) {
		if (t->kept[i]->refs > 1)
			frame_gather(t->kept[i]);
		frame_unref(t->kept[i]);
	}
	return done;
}

unsigned
vhost_intake(struct vhost_queue *q)
{
	struct vhost_device *dev = q->dev;
	struct vring_space space = { dev->intake_iov, 0, VHOST_INTAKE_IOVS };
	struct vring_chain chains[FRAME_BATCH];
	struct turn t; /* too large to be cleared each time */
	unsigned n, done = 0;
	int ret = vring_take(&q->ring, &space, chains, FRAME_BATCH);

	if (ret < 0) {
		vhost_queue_broken(q);
		return 0;
	}
	if (ret == 0)
		return 0;
	n = (unsigned)ret;
	t.dev = dev;
	t.at = 0;
	t.block = frame_block_new(port_pool(dev->port));
	while (done < n && !dev->paused && !dev->gone)
		done += hand_in(&t, chains + done, n - done);
	frame_block_free(t.block);
	/* Somebody is behind: the others wait in the ring, for their turn. */
	vring_rewind(&q->ring, chains + done, n - done);
	vring_return(&q->ring, chains, done);
	q->n_frames += done;
	vhost_queue_publish(q);
	return done;
}
