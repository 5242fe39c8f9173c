/* frame-pool: what frames are made of, buffers and descriptors, lent out and
 * taken back. */
#include "switch/frame-priv.h"

#include <assert.h>
#include <stdlib.h>

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

const uint32_t frame_class_capacity[FRAME_N_CLASSES] = {
	FRAME_SMALL, 4096, 8192, 16384, 32768, FRAME_LEN_MAX, FRAME_BLOCK_SIZE,
};

enum { SLAB_FRAMES = 256 };

/* A block is a buffer of the largest class; its holder counts as a user. */
struct frame_block {
	struct frame_buf buf;
};

struct slab {
	struct slab *next;
	struct frame frames[SLAB_FRAMES];
};
_Static_assert(offsetof(struct frame, time_ns) <= FRAME_CACHE_LINE,
	       "what each frame needs is a line of the cache");
_Static_assert((offsetof(struct frame_buf, octets) + FRAME_HEADROOM) %
		       FRAME_CACHE_LINE ==
		   0,
	       "octets behind the headroom begin a line of the cache");

/* Invariant: allocated_bytes is the sum of all slabs and all buffers, lent out
 * or on a free list, and exceeds max_bytes only by what frame_gather() has
 * brought; then there is nothing on free lists. */
struct frame_pool {
	size_t max_bytes;
	size_t allocated_bytes;
	size_t n_frames; /* lent out */
	size_t n_bufs;	 /* lent out */
	struct frame_buf *free_bufs[FRAME_N_CLASSES];
	/* How many they are, and how many were never taken since the last
	 * frame_pool_trim(). */
	size_t n_free[FRAME_N_CLASSES], n_unneeded[FRAME_N_CLASSES];
	/* Descriptors that are not lent out, the one used last on top; with
	 * room for all there are. */
	struct frame **free_frames;
	size_t n_free_frames, n_all_frames;
	struct frame_list scattered; /* made by frame_own_head(); by .link,
					for no plugin has them */
	struct slab *slabs;
	uint8_t *scratch; /* NULL: not needed yet */
};

static size_t
buf_size(unsigned size_class)
{
	size_t size = sizeof(struct frame_buf) + FRAME_HEADROOM +
		      frame_class_capacity[size_class];

	return (size + FRAME_CACHE_LINE - 1) & ~(size_t)(FRAME_CACHE_LINE - 1);
}

struct frame_pool *
frame_pool_new(size_t max_bytes)
{
	struct frame_pool *pool = XNEW(struct frame_pool);

	pool->max_bytes = max_bytes;
	TAILQ_INIT(&pool->scattered);
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
	for (unsigned c = 0; c < FRAME_N_CLASSES; c++) {
		free_unused(pool, c, pool->n_unneeded[c]);
		pool->n_unneeded[c] = pool->n_free[c];
	}
}

/* Frees all that lies unused, so that another size class may have the room. */
static void
free_all_unused(struct frame_pool *pool)
{
	for (unsigned c = 0; c < FRAME_N_CLASSES; c++) {
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

/* Cache lines of their own.  @size: a multiple of one. */
static void *
pool_alloc(struct frame_pool *pool, size_t size)
{
	void *p;

	if (!has_room(pool, size))
		free_all_unused(pool);
	if (!has_room(pool, size))
		return NULL;
	p = aligned_alloc(FRAME_CACHE_LINE, size);
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
	free(pool->free_frames);
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

struct frame_buf *
frame_buf_get(struct frame_pool *pool, unsigned size_class)
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
	buf = pool_alloc(pool, buf_size(size_class));
	return buf != NULL ? buf_init(buf, pool, size_class) : NULL;
}

struct frame_buf *
frame_buf_get_anyway(struct frame_pool *pool, unsigned size_class)
{
	struct frame_buf *buf = frame_buf_get(pool, size_class);

	if (buf != NULL)
		return buf;
	buf = aligned_alloc(FRAME_CACHE_LINE, buf_size(size_class));
	if (buf == NULL)
		abort();
	pool->allocated_bytes += buf_size(size_class);
	return buf_init(buf, pool, size_class);
}

/* The last reference is gone. */
static void
take_back(struct frame_buf *buf)
{
	struct frame_pool *pool = buf->pool;

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

void
frame_buf_unref(struct frame_buf *buf)
{
	assert(buf->refs > 0);
	if (--buf->refs == 0)
		take_back(buf);
}

static bool
add_slab(struct frame_pool *pool)
{
	size_t n = pool->n_all_frames + SLAB_FRAMES;
	struct slab *slab = pool_alloc(pool, sizeof(*slab));

	if (slab == NULL)
		return false;
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->free_frames =
	    xrealloc(pool->free_frames, n, sizeof(*pool->free_frames));
	pool->n_all_frames = n;
	for (int i = SLAB_FRAMES; i > 0; i--)
		pool->free_frames[pool->n_free_frames++] = &slab->frames[i - 1];
	return true;
}

/* frame_of_buf() */
static inline struct frame *
new_frame(struct frame_pool *pool, struct frame_buf *buf)
{
	struct frame *frame;

	if (pool->n_free_frames == 0 && !add_slab(pool)) {
		frame_buf_unref(buf);
		return NULL;
	}
	frame = pool->free_frames[--pool->n_free_frames];
	/* One by one: GCC would clear the whole of it octet by octet, and what
	 * a plugin needs is set when it has the frame. */
	frame->data = buf->octets + FRAME_HEADROOM;
	frame->len = 0;
	frame->refs = 1;
	frame->in_port = PORT_NONE;
	frame->out_port = PORT_NONE;
	frame->vid = 0;
	frame->tagging = 0;
	frame->edited = false;
	frame->n_marks = 0;
	frame->n_injects = 0;
	frame->scattered = false;
	frame->holder = FRAME_FREE;
	frame->offload = (struct frame_offload){ .segmentation = 0 };
	frame->head_len = 0;
	frame->n_rest = 0;
	frame->rest = NULL;
	frame->buf = buf;
	frame->time_ns = 0;
	frame->settled = NULL;
	pool->n_frames++;
	return frame;
}

struct frame *
frame_of_buf(struct frame_pool *pool, struct frame_buf *buf)
{
	return new_frame(pool, buf);
}

void
frame_pool_remember(struct frame *frame)
{
	frame->scattered = true;
	TAILQ_INSERT_TAIL(&frame->buf->pool->scattered, frame, link);
}

void
frame_pool_forget(struct frame *frame)
{
	frame->scattered = false;
	TAILQ_REMOVE(&frame->buf->pool->scattered, frame, link);
}

void
frame_pool_gather(struct frame_pool *pool)
{
	struct frame *frame;

	while ((frame = TAILQ_FIRST(&pool->scattered)) != NULL)
		frame_gather(frame); /* takes it off the list */
}

struct frame *
frame_alloc(struct frame_pool *pool, size_t capacity)
{
	struct frame_buf *buf;

	assert(capacity <= FRAME_LEN_MAX);
	buf = frame_buf_get(pool, frame_class_for(capacity));
	return buf != NULL ? frame_of_buf(pool, buf) : NULL;
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
	if (frame->scattered)
		frame_pool_forget(frame);
	frame_buf_unref(frame->buf);
	frame->buf = NULL;
	frame->data = NULL;
	pool->free_frames[pool->n_free_frames++] = frame;
	pool->n_frames--;
}

struct frame_block *
frame_block_new(struct frame_pool *pool)
{
	return (struct frame_block *)frame_buf_get(pool, FRAME_CLASS_BLOCK);
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
	frame = new_frame(block->buf.pool, &block->buf);
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
		frame_buf_unref(&block->buf);
}
