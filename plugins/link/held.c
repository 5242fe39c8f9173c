#include "config.h"

#include "plugins/link/held.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void
held_fini(struct held *h)
{
	assert(h->n == 0);
	free(h->ring);
}

static int
grow(struct held *h)
{
	size_t size = h->size > 0 ? 2 * h->size : 16;
	struct held_frame *ring = calloc(size, sizeof(*ring));

	if (ring == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < h->n; i++)
		ring[i] = h->ring[(h->first + i) % h->size];
	free(h->ring);
	h->ring = ring;
	h->size = size;
	h->first = 0;
	return 0;
}

int
held_push(struct held *h, struct vl_frame *frame, uint64_t due_ns, size_t limit)
{
	if (h->n >= limit)
		return -ENOBUFS;
	if (h->n == h->size && grow(h) < 0)
		return -ENOMEM;
	h->ring[(h->first + h->n) % h->size] =
	    (struct held_frame){ frame, due_ns };
	h->n++;
	return 0;
}

uint64_t
held_due_ns(const struct held *h)
{
	return h->n > 0 ? h->ring[h->first].due_ns : UINT64_MAX;
}

struct vl_frame *
held_pop(struct held *h)
{
	struct vl_frame *frame;

	if (h->n == 0)
		return NULL;
	frame = h->ring[h->first].frame;
	h->first = (h->first + 1) % h->size;
	h->n--;
	return frame;
}
