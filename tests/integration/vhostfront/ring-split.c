/* ring-split: VIRTIO 1.2, 2.7. */
#include "tests/integration/vhostfront/ring.h"

#include "tests/integration/vhostfront/memory.h"

/* Return: octets in all. */
static uint32_t
fill_table(const struct ring *r, struct vring_desc *table,
	   const struct ring_piece *pieces, unsigned n)
{
	uint32_t total = 0;

	for (unsigned i = 0; i < n; i++) {
		table[i] = (struct vring_desc){
			.addr = pieces[i].at,
			.len = pieces[i].len,
			.flags = (r->config.writable ? VRING_DESC_F_WRITE : 0) |
				 (i + 1 < n ? VRING_DESC_F_NEXT : 0),
			.next = (uint16_t)(i + 1 < n ? i + 1 : 0),
		};
		total += pieces[i].len;
	}
	return total;
}

/* Return: octets in all. */
static uint32_t
fill_chain(struct ring *r, const struct ring_piece *pieces, unsigned n)
{
	uint16_t at = r->free_head;
	uint32_t total = 0;

	for (unsigned i = 0; i < n; i++) {
		bool more = i + 1 < n;

		r->desc[at].addr = pieces[i].at;
		r->desc[at].len = pieces[i].len;
		r->desc[at].flags =
		    (r->config.writable ? VRING_DESC_F_WRITE : 0) |
		    (more ? VRING_DESC_F_NEXT : 0);
		r->desc[at].next = r->next[at];
		total += pieces[i].len;
		at = r->next[at];
	}
	r->free_head = at;
	return total;
}

bool
ring_split_offer(struct ring *r, const struct ring_piece *pieces, unsigned n,
		 uint16_t cookie)
{
	bool indirect = r->config.indirect && n > 1;
	struct ring_buffer *b;
	uint16_t id = r->free_head;

	if (r->n_free < (indirect ? 1 : n))
		return false;
	b = &r->buffers[id];
	if (indirect) {
		struct vring_desc *table =
		    r->tables + (unsigned)id * RING_PIECES_MAX;

		b->room = fill_table(r, table, pieces, n);
		r->desc[id].addr = memory_guest_addr(r->memory, table);
		r->desc[id].len = (uint32_t)(n * sizeof(*table));
		r->desc[id].flags = VRING_DESC_F_INDIRECT;
		r->desc[id].next = 0;
		r->free_head = r->next[id];
		n = 1;
	} else {
		b->room = fill_chain(r, pieces, n);
	}
	if (!r->config.writable)
		b->room = 0;
	b->cookie = cookie;
	b->n_descs = (uint16_t)n;
	r->n_free = (uint16_t)(r->n_free - n);
	r->order[r->order_last++ % r->config.size] = id;
	r->avail->ring[r->avail_at++ % r->config.size] = id;
	r->n_unkicked++;
	__atomic_store_n(&r->avail->idx, r->avail_at, __ATOMIC_RELEASE);
	return true;
}

void
ring_split_release(struct ring *r, uint16_t id)
{
	uint16_t last = id;

	for (uint16_t i = 1; i < r->buffers[id].n_descs; i++)
		last = r->next[last];
	r->next[last] = r->free_head;
	r->free_head = id;
	r->used_at++;
}

bool
ring_split_used(struct ring *r, uint16_t *id, uint32_t *len)
{
	uint16_t idx = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);
	volatile struct vring_used_elem *e;

	if (idx == r->used_at)
		return false;
	if ((uint16_t)(idx - r->used_at) > (uint16_t)(r->avail_at - r->used_at))
		ring_fail("more used than offered");
	e = &r->used->ring[r->used_at % r->config.size];
	if (e->id >= r->config.size || r->buffers[e->id].n_descs == 0)
		ring_fail("a used id that is none of those offered");
	*id = (uint16_t)e->id;
	*len = e->len;
	return true;
}

bool
ring_split_wants_kick(struct ring *r)
{
	const volatile void *event; /* 16 bits behind the used ring */

	if (!r->config.event_idx)
		return (r->used->flags & VRING_USED_F_NO_NOTIFY) == 0;
	event = &r->used->ring[r->config.size];
	return vring_need_event(*(const volatile uint16_t *)event, r->avail_at,
				(uint16_t)(r->avail_at - r->n_unkicked));
}

void
ring_split_want_calls(struct ring *r, bool wanted)
{
	if (r->config.event_idx)
		r->avail->ring[r->config.size] =
		    (uint16_t)(wanted ? r->used_at : r->used_at - 1);
	else
		r->avail->flags = wanted ? 0 : VRING_AVAIL_F_NO_INTERRUPT;
}
