/* ring-packed: VIRTIO 1.2, 2.8. */
#include "tests/integration/vhostfront/ring.h"

#include "tests/integration/vhostfront/memory.h"

enum {
	AVAIL = 1 << VRING_PACKED_DESC_F_AVAIL,
	USED = 1 << VRING_PACKED_DESC_F_USED,
	WRAP = 1 << VRING_PACKED_EVENT_F_WRAP_CTR,
};

/* The flags by which the device sees that a descriptor is its own now. */
static uint16_t
offered(const struct ring *r)
{
	return r->avail_wrap ? AVAIL : USED;
}

static void
step(const struct ring *r, uint16_t *at, bool *wrap, unsigned n)
{
	unsigned sum = *at + n;

	if (sum >= r->config.size) {
		sum -= r->config.size;
		*wrap = !*wrap;
	}
	*at = (uint16_t)sum;
}

/* The chain's descriptors but for the flags of the first.  Return: those. */
static uint16_t
fill_chain(struct ring *r, const struct ring_piece *pieces, unsigned n,
	   uint16_t id, uint32_t *total)
{
	uint16_t first_flags = 0;

	for (unsigned i = 0; i < n; i++) {
		volatile struct vring_packed_desc *d = &r->packed[r->avail_at];
		uint16_t flags =
		    (uint16_t)(offered(r) |
			       (r->config.writable ? VRING_DESC_F_WRITE : 0) |
			       (i + 1 < n ? VRING_DESC_F_NEXT : 0));

		d->addr = pieces[i].at;
		d->len = pieces[i].len;
		d->id = id;
		*total += pieces[i].len;
		if (i == 0)
			first_flags = flags;
		else
			d->flags = flags;
		step(r, &r->avail_at, &r->avail_wrap, 1);
	}
	return first_flags;
}

static uint16_t
fill_table(struct ring *r, const struct ring_piece *pieces, unsigned n,
	   uint16_t id, uint32_t *total)
{
	volatile struct vring_packed_desc *d = &r->packed[r->avail_at];
	struct vring_packed_desc *table =
	    (struct vring_packed_desc *)(r->tables +
					 (unsigned)id * RING_PIECES_MAX);
	uint16_t flags = offered(r) | VRING_DESC_F_INDIRECT;

	for (unsigned i = 0; i < n; i++) {
		table[i] = (struct vring_packed_desc){
			.addr = pieces[i].at,
			.len = pieces[i].len,
			.flags = r->config.writable ? VRING_DESC_F_WRITE : 0,
		};
		*total += pieces[i].len;
	}
	d->addr = memory_guest_addr(r->memory, table);
	d->len = (uint32_t)(n * sizeof(*table));
	d->id = id;
	step(r, &r->avail_at, &r->avail_wrap, 1);
	return flags;
}

bool
ring_packed_offer(struct ring *r, const struct ring_piece *pieces, unsigned n,
		  uint16_t cookie)
{
	bool indirect = r->config.indirect && n > 1;
	uint16_t first = r->avail_at, id, flags;
	uint32_t total = 0;

	if (r->free_head == 0 || r->n_free < (indirect ? 1 : n))
		return false;
	/* In order, the id says nothing but which buffer of the batch. */
	id = r->next[--r->free_head];
	flags = indirect ? fill_table(r, pieces, n, id, &total)
			 : fill_chain(r, pieces, n, id, &total);
	if (indirect)
		n = 1;
	r->buffers[id] =
	    (struct ring_buffer){ .cookie = cookie,
				  .n_descs = (uint16_t)n,
				  .room = r->config.writable ? total : 0 };
	r->n_free = (uint16_t)(r->n_free - n);
	r->n_unkicked = (uint16_t)(r->n_unkicked + n);
	r->order[r->order_last++ % r->config.size] = id;
	__atomic_store_n(&r->packed[first].flags, flags, __ATOMIC_RELEASE);
	return true;
}

void
ring_packed_release(struct ring *r, uint16_t id)
{
	r->next[r->free_head++] = id;
	step(r, &r->used_at, &r->used_wrap, r->buffers[id].n_descs);
}

static bool
is_used(const struct ring *r, uint16_t at, bool wrap)
{
	uint16_t flags =
	    __atomic_load_n(&r->packed[at].flags, __ATOMIC_ACQUIRE);
	bool avail = (flags & AVAIL) != 0, used = (flags & USED) != 0;

	return avail == used && used == wrap;
}

uint32_t
ring_packed_base(const struct ring *r)
{
	uint16_t at = r->used_at;
	bool wrap = r->used_wrap;
	uint32_t place;

	for (unsigned n = 0; n < r->config.size && is_used(r, at, wrap);) {
		uint16_t id = r->packed[at].id;

		if (id >= r->config.size || r->buffers[id].n_descs == 0)
			ring_fail("a used id that is none of those offered");
		n += r->buffers[id].n_descs;
		step(r, &at, &wrap, r->buffers[id].n_descs);
	}
	place = (uint32_t)at | (uint32_t)wrap << 15;
	return place | place << 16;
}

bool
ring_packed_used(struct ring *r, uint16_t *id, uint32_t *len)
{
	volatile struct vring_packed_desc *d = &r->packed[r->used_at];

	if (!is_used(r, r->used_at, r->used_wrap))
		return false;
	if (d->id >= r->config.size || r->buffers[d->id].n_descs == 0)
		ring_fail("a used id that is none of those offered");
	*id = d->id;
	*len = r->config.writable ? d->len : 0;
	return true;
}

bool
ring_packed_wants_kick(struct ring *r)
{
	uint16_t flags = r->device_event->flags & 3;
	uint16_t off_wrap = r->device_event->off_wrap;
	uint16_t event = off_wrap & (uint16_t)~WRAP;

	if (flags != VRING_PACKED_EVENT_FLAG_DESC)
		return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
	if (((off_wrap & WRAP) != 0) != r->avail_wrap)
		event = (uint16_t)(event - r->config.size);
	return vring_need_event(event, r->avail_at,
				(uint16_t)(r->avail_at - r->n_unkicked));
}

void
ring_packed_want_calls(struct ring *r, bool wanted)
{
	if (!wanted) {
		r->driver_event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
		return;
	}
	if (r->config.event_idx) {
		r->driver_event->off_wrap =
		    (uint16_t)(r->used_at | (r->used_wrap ? WRAP : 0));
		__atomic_thread_fence(__ATOMIC_RELEASE);
	}
	r->driver_event->flags = r->config.event_idx
				     ? VRING_PACKED_EVENT_FLAG_DESC
				     : VRING_PACKED_EVENT_FLAG_ENABLE;
}
