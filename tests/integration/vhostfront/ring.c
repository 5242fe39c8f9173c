#include "config.h"

#include "tests/integration/vhostfront/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/integration/vhostfront/memory.h"

enum { AREA_ALIGN = 4096 };

void
ring_fail(const char *what)
{
	fprintf(stderr, "vhostfront: the device broke the rules: %s\n", what);
	exit(1);
}

static void *
zeros(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL) {
		perror("vhostfront");
		exit(1);
	}
	return p;
}

void
ring_open(struct ring *r, struct memory *m, const struct ring_config *c)
{
	size_t size = c->size;

	*r = (struct ring){ .config = *c,
			    .memory = m,
			    .n_free = c->size,
			    .avail_wrap = true,
			    .used_wrap = true };
	r->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r->call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->kick_fd < 0 || r->call_fd < 0) {
		perror("vhostfront: eventfd");
		exit(1);
	}
	r->desc_area = memory_take(m, 16 * size, AREA_ALIGN);
	r->driver_area = memory_take(m, 6 + 2 * size, AREA_ALIGN);
	r->device_area = memory_take(m, 6 + 8 * size, AREA_ALIGN);
	if (c->indirect)
		r->tables = memory_take(
		    m, size * RING_PIECES_MAX * sizeof(*r->tables), AREA_ALIGN);
	r->buffers = zeros(size, sizeof(*r->buffers));
	r->order = zeros(size, sizeof(*r->order));
	r->next = zeros(size, sizeof(*r->next));
	for (size_t i = 0; i < size; i++)
		r->next[i] = (uint16_t)(c->packed ? i : i + 1);
	r->free_head = c->packed ? c->size : 0;
	ring_want_calls(r, true);
}

void
ring_close(struct ring *r)
{
	close(r->kick_fd);
	close(r->call_fd);
	free(r->buffers);
	free(r->order);
	free(r->next);
}

bool
ring_offer(struct ring *r, const struct ring_piece *pieces, unsigned n,
	   uint16_t cookie)
{
	if (r->config.packed)
		return ring_packed_offer(r, pieces, n, cookie);
	return ring_split_offer(r, pieces, n, cookie);
}

void
ring_kick_always(const struct ring *r)
{
	uint64_t one = 1;

	if (write(r->kick_fd, &one, sizeof(one)) != sizeof(one))
		perror("vhostfront: kick");
}

void
ring_kick(struct ring *r)
{
	bool wanted;

	if (r->n_unkicked == 0)
		return;
	/* The device either sees what was offered, or has said before that
	 * it wants a kick. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = r->config.packed ? ring_packed_wants_kick(r)
				  : ring_split_wants_kick(r);
	r->n_unkicked = 0;
	if (wanted)
		ring_kick_always(r);
}

/* Return: the next id that is back. */
static bool
next_used(struct ring *r, uint16_t *id, uint32_t *len)
{
	if (!r->config.in_order)
		return r->config.packed ? ring_packed_used(r, id, len)
					: ring_split_used(r, id, len);
	if (!r->in_batch) {
		r->in_batch =
		    r->config.packed
			? ring_packed_used(r, &r->batch_id, &r->batch_len)
			: ring_split_used(r, &r->batch_id, &r->batch_len);
		if (!r->in_batch)
			return false;
	}
	if (r->order_first == r->order_last)
		ring_fail("a used id that is none of those offered");
	*id = r->order[r->order_first++ % r->config.size];
	r->in_batch = *id != r->batch_id;
	*len = r->in_batch ? r->buffers[*id].room : r->batch_len;
	return true;
}

bool
ring_take_back(struct ring *r, uint16_t *cookie, uint32_t *len)
{
	struct ring_buffer *b;
	uint16_t id;

	if (!next_used(r, &id, len))
		return false;
	b = &r->buffers[id];
	if (*len > b->room)
		ring_fail("more octets than the buffer has");
	*cookie = b->cookie;
	r->n_free = (uint16_t)(r->n_free + b->n_descs);
	if (r->config.packed)
		ring_packed_release(r, id);
	else
		ring_split_release(r, id);
	b->n_descs = 0;
	return true;
}

void
ring_want_calls(struct ring *r, bool wanted)
{
	if (r->config.packed)
		ring_packed_want_calls(r, wanted);
	else
		ring_split_want_calls(r, wanted);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
ring_drain_calls(struct ring *r)
{
	uint64_t n;

	if (read(r->call_fd, &n, sizeof(n)) < 0)
		n = 0; /* none came */
}

uint32_t
ring_base(const struct ring *r)
{
	return r->config.packed ? ring_packed_base(r) : r->used->idx;
}
