/* frame-priv: the memory that frames live in, for frame.c and frame-pool.c. */
#ifndef SWITCH_FRAME_PRIV_H
#define SWITCH_FRAME_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "switch/frame.h"

/* Size classes of buffers. */
enum {
	FRAME_N_CLASSES = 7,
	FRAME_CLASS_BLOCK = FRAME_N_CLASSES - 1, /* for many frames */
};
/* Octets behind the headroom, by size class.  Each of those for a single frame
 * is at most twice the one before, so a settled frame wastes less than half of
 * its buffer. */
extern const uint32_t frame_class_capacity[FRAME_N_CLASSES];

enum { FRAME_CACHE_LINE = 64 };

/* Aligned so that octets behind the headroom begin a line of the cache. */
struct frame_buf {
	struct frame_pool *pool; /* borrowed */
	struct frame_buf *next;	 /* on its class's free list */
	uint32_t refs;		 /* frames, and the holder of a block */
	uint32_t size_class;
	uint8_t unused[FRAME_CACHE_LINE - FRAME_HEADROOM - 2 * sizeof(void *) -
		       2 * sizeof(uint32_t)];
	uint8_t octets[]; /* headroom, then the capacity */
};

/** frame_class_for() - the smallest with room for @capacity */
static inline unsigned
frame_class_for(size_t capacity)
{
	unsigned c = 0;

	while (capacity > frame_class_capacity[c])
		c++;
	return c;
}

/** frame_buf_get() - Return: one reference; NULL when the pool is exhausted */
struct frame_buf *frame_buf_get(struct frame_pool *pool, unsigned size_class);
/** frame_buf_get_anyway() - for octets that will not be there any more if they
 * are not copied now; never NULL */
struct frame_buf *frame_buf_get_anyway(struct frame_pool *pool,
				       unsigned size_class);
void frame_buf_unref(struct frame_buf *buf);

/** frame_of_buf() - a descriptor of @buf, whose reference is taken, also on
 * failure
 * Return: one reference; NULL when the pool is exhausted. */
struct frame *frame_of_buf(struct frame_pool *pool, struct frame_buf *buf);

/** frame_pool_remember() - @frame, which has a .rest, is for
 * frame_pool_gather(); until frame_pool_forget() */
void frame_pool_remember(struct frame *frame);
void frame_pool_forget(struct frame *frame);

#endif /* SWITCH_FRAME_PRIV_H */
