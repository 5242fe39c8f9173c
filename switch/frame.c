#include "switch/frame.h"

#include <assert.h>
#include <string.h>
#include <sys/uio.h>

#include "switch/frame-priv.h"

size_t
frame_headroom(const struct frame *frame)
{
	return (size_t)(frame->data - frame->buf->octets);
}

/* Octets from .data to the end of the buffer. */
static size_t
room(const struct frame *frame)
{
	return FRAME_HEADROOM + frame_class_capacity[frame->buf->size_class] -
	       frame_headroom(frame);
}

/* All that is known of a frame, and not of the memory that it is in. */
static void
copy_description(struct frame *to, const struct frame *from)
{
	to->len = from->len;
	to->in_port = from->in_port;
	to->out_port = from->out_port;
	to->vid = from->vid;
	to->tagging = from->tagging;
	to->edited = from->edited;
	to->n_marks = from->n_marks;
	to->n_injects = from->n_injects;
	to->offload = from->offload;
	memcpy(to->marks, from->marks, sizeof(to->marks));
	to->time_ns = from->time_ns;
}

/* ---- frames of which a part lies elsewhere, or is left to do ---- */

unsigned
frame_unfinished_needs(const struct frame *frame)
{
	static const uint8_t of_segmentation[FRAME_N_SEGMENTATIONS] = {
		[FRAME_SEGMENT_TCP4] = FRAME_TAKES_TCP4,
		[FRAME_SEGMENT_TCP6] = FRAME_TAKES_TCP6,
		[FRAME_SEGMENT_UDP] = FRAME_TAKES_UDP,
		[FRAME_SEGMENT_UDP_L4] = FRAME_TAKES_UDP_L4,
	};
	const struct frame_offload *o = &frame->offload;

	return of_segmentation[o->segmentation] |
	       (o->needs_checksum ? FRAME_TAKES_CHECKSUM : 0) |
	       (o->ecn ? FRAME_TAKES_ECN : 0) |
	       (frame->rest != NULL ? FRAME_TAKES_REST : 0);
}

void
frame_move_headers(struct frame *frame, int by)
{
	struct frame_offload *o = &frame->offload;

	if (frame->rest != NULL)
		frame->head_len = (uint16_t)(frame->head_len + by);
	if (frame_is_finished(frame))
		return;
	o->header_len = (uint16_t)(o->header_len + by);
	o->checksum_start = (uint16_t)(o->checksum_start + by);
}

void
frame_copy_octets(const struct frame *frame, size_t at, size_t n, void *to)
{
	const struct iovec *iov = frame->rest;
	size_t here = iov != NULL ? frame->head_len : frame->len, some;
	uint8_t *p = to;

	assert(at <= frame->len && n <= frame->len - at);
	if (at < here) {
		some = n < here - at ? n : here - at;
		memcpy(p, frame->data + at, some);
		p += some;
		n -= some;
		at = here;
	}
	for (at -= here; n > 0; iov++) {
		assert(iov < frame->rest + frame->n_rest);
		if (at >= iov->iov_len) {
			at -= iov->iov_len;
			continue;
		}
		some = n < iov->iov_len - at ? n : iov->iov_len - at;
		memcpy(p, (const uint8_t *)iov->iov_base + at, some);
		p += some;
		n -= some;
		at = 0;
	}
}

static void
gather(struct frame *frame)
{
	struct frame_buf *buf = frame->buf;
	uint8_t *data = frame->data;

	if (buf->refs > 1 || buf->size_class == FRAME_CLASS_BLOCK ||
	    frame->len > room(frame)) {
		buf = frame_buf_get_anyway(
		    buf->pool, frame_class_for(frame_wire_len(frame)));
		data = buf->octets + FRAME_HEADROOM;
		frame_copy_octets(frame, 0, frame->len, data);
		frame_buf_unref(frame->buf);
		frame->buf = buf;
		frame->data = data;
	} else {
		frame_copy_octets(frame, frame->head_len,
				  frame->len - frame->head_len,
				  data + frame->head_len);
	}
	frame->rest = NULL;
	frame->n_rest = 0;
	frame->head_len = 0;
	if (frame->scattered)
		frame_pool_forget(frame);
}

void
frame_gather(const struct frame *frame)
{
	if (frame->rest != NULL)
		gather((struct frame *)frame);
}

/* The same content in a buffer of its own, as small as may be. */
static struct frame *
copy(const struct frame *frame)
{
	uint32_t size = frame_wire_len(frame);
	struct frame *c = frame_alloc(frame->buf->pool, size);

	if (c == NULL)
		return NULL;
	copy_description(c, frame);
	frame_copy_octets(frame, 0, frame->len, c->data);
	memset(c->data + frame->len, 0, size - frame->len);
	return c;
}

struct frame *
frame_alloc_like(const struct frame *frame, uint32_t len)
{
	uint32_t size = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;
	struct frame *c = frame_alloc(frame->buf->pool, size);

	if (c == NULL)
		return NULL;
	copy_description(c, frame);
	c->offload = (struct frame_offload){ .checksum_valid = true };
	c->len = len;
	memset(c->data + len, 0, size - len);
	return c;
}

bool
frame_own_octets(struct frame *frame)
{
	struct frame_buf *buf;

	frame_gather(frame);
	buf = frame->buf;
	if (buf->refs == 1 && buf->size_class != FRAME_CLASS_BLOCK)
		return true;
	buf = frame_buf_get(buf->pool, frame_class_for(frame_wire_len(frame)));
	if (buf == NULL)
		return false;
	memcpy(buf->octets + FRAME_HEADROOM, frame->data,
	       frame_wire_len(frame));
	frame_buf_unref(frame->buf);
	frame->buf = buf;
	frame->data = buf->octets + FRAME_HEADROOM;
	return true;
}

/* It is about to be another frame than this copy. */
static void
forget_settled(struct frame *frame)
{
	if (frame->settled != NULL)
		frame_unref(frame->settled);
	frame->settled = NULL;
}

struct frame *
frame_writable(struct frame *frame)
{
	struct frame *c;

	if (frame->refs == 1 && frame->buf->refs == 1 &&
	    frame->buf->size_class != FRAME_CLASS_BLOCK) {
		frame_gather(frame);
		forget_settled(frame);
		return frame;
	}
	c = copy(frame);
	frame_unref(frame);
	return c;
}

struct frame *
frame_own_head(struct frame *frame)
{
	struct frame *c;

	if (frame->rest == NULL || frame->refs == 1)
		return frame_writable(frame);
	c = frame_alloc(frame->buf->pool, frame->head_len);
	if (c != NULL) {
		copy_description(c, frame);
		memcpy(c->data, frame->data, frame->head_len);
		c->rest = frame->rest;
		c->n_rest = frame->n_rest;
		c->head_len = frame->head_len;
		frame_pool_remember(c);
	}
	frame_unref(frame);
	return c;
}

struct frame *
frame_share(const struct frame *frame)
{
	struct frame *s;

	frame_gather(frame);
	frame->buf->refs++;
	s = frame_of_buf(frame->buf->pool, frame->buf);
	if (s == NULL)
		return NULL;
	s->data = frame->data;
	copy_description(s, frame);
	return s;
}

bool
frame_resize(struct frame *frame, uint32_t len)
{
	uint32_t kept = len < frame->len ? len : frame->len;
	uint32_t size = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;
	struct frame_buf *buf;
	uint8_t *data;

	assert(frame->refs == 1);
	assert(len >= FRAME_LEN_MIN && len <= FRAME_LEN_MAX);
	frame_gather(frame);
	buf = frame->buf;
	data = frame->data;
	if (buf->refs > 1 || buf->size_class == FRAME_CLASS_BLOCK ||
	    size > room(frame)) {
		buf = frame_buf_get(buf->pool, frame_class_for(size));
		if (buf == NULL)
			return false;
		data = buf->octets + FRAME_HEADROOM;
		memcpy(data, frame->data, kept);
		frame_buf_unref(frame->buf);
		frame->buf = buf;
		frame->data = data;
	}
	forget_settled(frame);
	memset(data + kept, 0, size - kept);
	frame->len = len;
	return true;
}

void
frame_add_mark(struct frame *frame, uint16_t mark)
{
	uint16_t *marks = frame->marks;
	size_t n = 0;

	for (size_t i = 0; i < frame->n_marks; i++) {
		if (marks[i] != mark)
			marks[n++] = marks[i];
	}
	if (n == FRAME_MARKS)
		memmove(marks, marks + 1, --n * sizeof(*marks));
	marks[n++] = mark;
	frame->n_marks = (uint8_t)n;
}

struct frame *
frame_settle(struct frame *frame)
{
	struct frame *settled = frame->settled;

	frame_gather(frame);
	if (frame_class_for(frame_wire_len(frame)) == frame->buf->size_class)
		return frame;
	if (settled == NULL)
		settled = copy(frame);
	if (settled == NULL)
		return frame;
	if (frame->refs > 1 || frame->settled != NULL) {
		frame->settled = settled; /* for the others */
		frame_ref(settled);
		frame_unref(frame);
		return settled;
	}
	/* Nobody else: keep the descriptor, swap what is below it. */
	frame_buf_unref(frame->buf);
	frame->buf = settled->buf;
	frame->data = settled->data;
	frame->buf->refs++;
	frame_unref(settled);
	return frame;
}

struct frame *
frame_pad(struct frame *frame)
{
	struct frame *c;

	if (frame->len >= FRAME_LEN_PADDED)
		return frame;
	frame_gather(frame);
	if (frame->buf->size_class != FRAME_CLASS_BLOCK &&
	    frame->buf->refs == 1) {
		memset(frame->data + frame->len, 0,
		       FRAME_LEN_PADDED - frame->len);
		return frame;
	}
	/* behind it in a block lies the next frame, or the end */
	c = copy(frame);
	frame_unref(frame);
	return c;
}
