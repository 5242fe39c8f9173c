#include "switch/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "lib/xalloc.h"

/* What lies on a free list is nobody's: let AddressSanitizer say so. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FRAME_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FRAME_POISON 1
#endif
#ifdef FRAME_POISON
#include <sanitizer/asan_interface.h>
#define POISON(p, size) ASAN_POISON_MEMORY_REGION(p, size)
#define UNPOISON(p, size) ASAN_UNPOISON_MEMORY_REGION(p, size)
#else
#define POISON(p, size) ((void)(p), (void)(size))
#define UNPOISON(p, size) ((void)(p), (void)(size))
#endif

/* Octets behind the headroom, by size class.  Each of those for a single frame
 * is at most twice the one before, so a settled frame wastes less than half of
 * its buffer. */
static const uint32_t class_capacity[] = {
	FRAME_SMALL, 4096, 8192, 16384, 32768, FRAME_LEN_MAX, FRAME_BLOCK_SIZE,
};
enum {
	N_CLASSES = sizeof(class_capacity) / sizeof(class_capacity[0]),
	CLASS_BLOCK = N_CLASSES - 1,
	SLAB_FRAMES = 256,
};

struct frame_buf {
	struct frame_pool *pool; /* borrowed */
	struct frame_buf *next;	 /* on its class's free list */
	uint32_t refs;		 /* frames, and the holder of a block */
	uint32_t size_class;
	_Alignas(16) uint8_t octets[]; /* headroom, then class_capacity */
};

/* A block is a buffer of the largest class; its holder counts as a user. */
struct frame_block {
	struct frame_buf buf;
};

struct slab {
	struct slab *next;
	struct frame frames[SLAB_FRAMES];
};

/* Invariant: allocated_bytes is the sum of all slabs and all buffers, lent out
 * or on a free list, and exceeds max_bytes only by what frame_gather() has
 * brought; then there is nothing on free lists. */
struct frame_pool {
	size_t max_bytes;
	size_t allocated_bytes;
	size_t n_frames; /* lent out */
	size_t n_bufs;	 /* lent out */
	struct frame_buf *free_bufs[N_CLASSES];
	/* How many they are, and how many were never taken since the last
	 * frame_pool_trim(). */
	size_t n_free[N_CLASSES], n_unneeded[N_CLASSES];
	struct frame_list free_frames;
	struct slab *slabs;
	uint8_t *scratch; /* NULL: not needed yet */
};

static size_t
buf_size(unsigned size_class)
{
	return sizeof(struct frame_buf) + FRAME_HEADROOM +
	       class_capacity[size_class];
}

static unsigned
class_for(size_t capacity)
{
	unsigned c = 0;

	while (capacity > class_capacity[c])
		c++;
	return c;
}

struct frame_pool *
frame_pool_new(size_t max_bytes)
{
	struct frame_pool *pool = XNEW(struct frame_pool);

	pool->max_bytes = max_bytes;
	TAILQ_INIT(&pool->free_frames);
	return pool;
}

/* Frees up to @n unused buffers of @size_class. */
static void
free_unused(struct frame_pool *pool, unsigned size_class, size_t n)
{
	struct frame_buf *buf;

	for (; n > 0 && (buf = pool->free_bufs[size_class]) != NULL; n--) {
		pool->free_bufs[size_class] = buf->next;
		pool->n_free[size_class]--;
		pool->allocated_bytes -= buf_size(size_class);
		UNPOISON(buf->octets, buf_size(size_class) - sizeof(*buf));
		free(buf);
	}
}

void
frame_pool_trim(struct frame_pool *pool)
{
	for (unsigned c = 0; c < N_CLASSES; c++) {
		free_unused(pool, c, pool->n_unneeded[c]);
		pool->n_unneeded[c] = pool->n_free[c];
	}
}

/* Frees all that lies unused, so that another size class may have the room. */
static void
free_all_unused(struct frame_pool *pool)
{
	for (unsigned c = 0; c < N_CLASSES; c++) {
		free_unused(pool, c, SIZE_MAX);
		pool->n_unneeded[c] = 0;
	}
}

static bool
has_room(const struct frame_pool *pool, size_t size)
{
	return pool->allocated_bytes <= pool->max_bytes &&
	       size <= pool->max_bytes - pool->allocated_bytes;
}

static void *
pool_malloc(struct frame_pool *pool, size_t size)
{
	void *p;

	if (!has_room(pool, size))
		free_all_unused(pool);
	if (!has_room(pool, size))
		return NULL;
	p = malloc(size);
	if (p != NULL)
		pool->allocated_bytes += size;
	return p;
}

void
frame_pool_free(struct frame_pool *pool)
{
	struct slab *slab;

	if (pool == NULL)
		return;
	assert(pool->n_frames == 0 && pool->n_bufs == 0);
	free_all_unused(pool);
	while ((slab = pool->slabs) != NULL) {
		pool->slabs = slab->next;
		free(slab);
	}
	free(pool->scratch);
	free(pool);
}

size_t
frame_pool_in_use(const struct frame_pool *pool)
{
	return pool->n_frames;
}

uint8_t *
frame_pool_scratch(struct frame_pool *pool)
{
	if (pool->scratch == NULL)
		pool->scratch =
		    xcalloc(FRAME_BATCH, (size_t)FRAME_SCRATCH_STRIDE);
	return pool->scratch;
}

size_t
frame_pool_bytes(const struct frame_pool *pool)
{
	return pool->allocated_bytes;
}

/* One that was not there before. */
static struct frame_buf *
buf_init(struct frame_buf *buf, struct frame_pool *pool, unsigned size_class)
{
	buf->pool = pool;
	buf->size_class = size_class;
	buf->refs = 1;
	pool->n_bufs++;
	return buf;
}

static struct frame_buf *
buf_get(struct frame_pool *pool, unsigned size_class)
{
	struct frame_buf *buf = pool->free_bufs[size_class];

	if (buf != NULL) {
		pool->free_bufs[size_class] = buf->next;
		UNPOISON(buf->octets, buf_size(size_class) - sizeof(*buf));
		if (--pool->n_free[size_class] < pool->n_unneeded[size_class])
			pool->n_unneeded[size_class] = pool->n_free[size_class];
		buf->refs = 1;
		pool->n_bufs++;
		return buf;
	}
	buf = pool_malloc(pool, buf_size(size_class));
	return buf != NULL ? buf_init(buf, pool, size_class) : NULL;
}

/* For octets that will not be there any more if they are not copied now. */
static struct frame_buf *
buf_get_anyway(struct frame_pool *pool, unsigned size_class)
{
	struct frame_buf *buf = buf_get(pool, size_class);

	if (buf != NULL)
		return buf;
	buf = xrealloc(NULL, 1, buf_size(size_class));
	pool->allocated_bytes += buf_size(size_class);
	return buf_init(buf, pool, size_class);
}

static void
buf_unref(struct frame_buf *buf)
{
	struct frame_pool *pool = buf->pool;

	assert(buf->refs > 0);
	if (--buf->refs > 0)
		return;
	pool->n_bufs--;
	if (pool->allocated_bytes > pool->max_bytes) {
		pool->allocated_bytes -= buf_size(buf->size_class);
		free(buf);
		return;
	}
	POISON(buf->octets, buf_size(buf->size_class) - sizeof(*buf));
	buf->next = pool->free_bufs[buf->size_class];
	pool->free_bufs[buf->size_class] = buf;
	pool->n_free[buf->size_class]++;
}

static bool
add_slab(struct frame_pool *pool)
{
	struct slab *slab = pool_malloc(pool, sizeof(*slab));

	if (slab == NULL)
		return false;
	slab->next = pool->slabs;
	pool->slabs = slab;
	for (int i = 0; i < SLAB_FRAMES; i++)
		TAILQ_INSERT_TAIL(&pool->free_frames, &slab->frames[i], link);
	return true;
}

/* A descriptor of @buf, whose reference is taken, also on failure. */
static struct frame *
descriptor_new(struct frame_pool *pool, struct frame_buf *buf)
{
	struct frame *frame;

	if (TAILQ_EMPTY(&pool->free_frames) && !add_slab(pool)) {
		buf_unref(buf);
		return NULL;
	}
	frame = TAILQ_FIRST(&pool->free_frames);
	TAILQ_REMOVE(&pool->free_frames, frame, link);
	*frame = (struct frame){
		.data = buf->octets + FRAME_HEADROOM,
		.refs = 1,
		.in_port = PORT_NONE,
		.out_port = PORT_NONE,
		.buf = buf,
	};
	pool->n_frames++;
	return frame;
}

struct frame *
frame_alloc(struct frame_pool *pool, size_t capacity)
{
	struct frame_buf *buf;

	assert(capacity <= FRAME_LEN_MAX);
	buf = buf_get(pool, class_for(capacity));
	return buf != NULL ? descriptor_new(pool, buf) : NULL;
}

void
frame_unref(struct frame *frame)
{
	struct frame_pool *pool;

	assert(frame->refs > 0);
	if (--frame->refs > 0)
		return;
	pool = frame->buf->pool;
	if (frame->settled != NULL)
		frame_unref(frame->settled); /* has no .settled itself */
	buf_unref(frame->buf);
	frame->buf = NULL;
	frame->data = NULL;
	/* the one used last is the one in the cache */
	TAILQ_INSERT_HEAD(&pool->free_frames, frame, link);
	pool->n_frames--;
}

size_t
frame_headroom(const struct frame *frame)
{
	return (size_t)(frame->data - frame->buf->octets);
}

/* Octets from .data to the end of the buffer. */
static size_t
room(const struct frame *frame)
{
	return FRAME_HEADROOM + class_capacity[frame->buf->size_class] -
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

	if (buf->refs > 1 || buf->size_class == CLASS_BLOCK ||
	    frame->len > room(frame)) {
		buf =
		    buf_get_anyway(buf->pool, class_for(frame_wire_len(frame)));
		data = buf->octets + FRAME_HEADROOM;
		frame_copy_octets(frame, 0, frame->len, data);
		buf_unref(frame->buf);
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
	if (buf->refs == 1 && buf->size_class != CLASS_BLOCK)
		return true;
	buf = buf_get(buf->pool, class_for(frame_wire_len(frame)));
	if (buf == NULL)
		return false;
	memcpy(buf->octets + FRAME_HEADROOM, frame->data,
	       frame_wire_len(frame));
	buf_unref(frame->buf);
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
	    frame->buf->size_class != CLASS_BLOCK) {
		frame_gather(frame);
		forget_settled(frame);
		return frame;
	}
	c = copy(frame);
	frame_unref(frame);
	return c;
}

struct frame *
frame_share(const struct frame *frame)
{
	struct frame *s;

	frame_gather(frame);
	frame->buf->refs++;
	s = descriptor_new(frame->buf->pool, frame->buf);
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
	if (buf->refs > 1 || buf->size_class == CLASS_BLOCK ||
	    size > room(frame)) {
		buf = buf_get(buf->pool, class_for(size));
		if (buf == NULL)
			return false;
		data = buf->octets + FRAME_HEADROOM;
		memcpy(data, frame->data, kept);
		buf_unref(frame->buf);
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
	if (class_for(frame_wire_len(frame)) == frame->buf->size_class)
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
	buf_unref(frame->buf);
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
	if (frame->buf->size_class != CLASS_BLOCK && frame->buf->refs == 1) {
		memset(frame->data + frame->len, 0,
		       FRAME_LEN_PADDED - frame->len);
		return frame;
	}
	/* behind it in a block lies the next frame, or the end */
	c = copy(frame);
	frame_unref(frame);
	return c;
}

struct frame_block *
frame_block_new(struct frame_pool *pool)
{
	return (struct frame_block *)buf_get(pool, CLASS_BLOCK);
}

uint8_t *
frame_block_data(struct frame_block *block)
{
	return block->buf.octets + FRAME_HEADROOM;
}

struct frame *
frame_block_cut(struct frame_block *block, size_t offset, size_t len)
{
	struct frame *frame;

	assert(offset <= FRAME_BLOCK_SIZE && len <= FRAME_BLOCK_SIZE - offset);
	block->buf.refs++;
	frame = descriptor_new(block->buf.pool, &block->buf);
	if (frame == NULL)
		return NULL;
	frame->data += offset;
	frame->len = (uint32_t)len;
	return frame;
}

bool
frame_block_shared(const struct frame_block *block)
{
	return block->buf.refs > 1;
}

void
frame_block_free(struct frame_block *block)
{
	if (block != NULL)
		buf_unref(&block->buf);
}
