/*
 * What a device has taken and not returned, kept where the next one finds it
 * when this one is killed (vhost-user, "Inflight I/O tracking").
 *
 * Of a split ring in the form which that document gives.  In a packed ring
 * chains are returned in order here, and stay where they are until then: it is
 * enough to know the place up to which they were, and the area has a form of
 * our own, with another version.
 *
 * The front-end shares the area: what is read there is checked.
 */
#include "switch/ports/vring-priv.h"

#include <stdlib.h>

#include "lib/err.h"

enum { VERSION_NONE = 0, VERSION_SPLIT = 1, VERSION_PACKED = 2 };

struct state {
	uint8_t inflight;
	uint8_t padding[5];
	uint16_t next; /* in the list of the last batch */
	uint64_t counter;
};

/* The numbers are the machine's. */
struct area {
	uint64_t features;
	uint16_t version;
	uint16_t n_descs;
	uint16_t last_batch_head; /* packed: the place to be reached */
	uint16_t used;		  /* index; packed: the place reached */
	struct state descs[];	  /* split */
};

size_t
vring_inflight_size(unsigned size)
{
	size_t all = sizeof(struct area) + size * sizeof(struct state);

	return (all + 63) / 64 * 64;
}

static bool
is_ours(const volatile struct area *area, const struct vring *r,
	uint16_t version)
{
	return area->version == version && area->n_descs == r->size;
}

int
vring_inflight_check(const struct vring *r, struct err *err)
{
	const volatile struct area *area = r->inflight;
	uint16_t version = area->version;

	if (version <= VERSION_PACKED)
		return 0;
	return err_set(err, -EINVAL,
		       "its inflight area is of version %u, which only "
		       "whoever has filled it can read",
		       version);
}

/* ---- split ---- */

/* The last @n that were returned: of them the driver knows now. */
static void
finish_batch(volatile struct area *area, const struct vring *r, unsigned n)
{
	uint16_t head = area->last_batch_head;

	while (n-- > 0 && head < r->size) {
		area->descs[head].inflight = 0;
		head = area->descs[head].next;
	}
	area->used = r->used;
}

struct taken {
	uint64_t counter;
	uint16_t head;
};

static int
by_counter(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	if (x->counter != y->counter)
		return x->counter < y->counter ? -1 : 1;
	return x->head < y->head ? -1 : x->head > y->head;
}

/* Return: how many were taken and not returned. */
static unsigned
find_taken(const volatile struct area *area, const struct vring *r,
	   struct taken *taken)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->size; i++) {
		if (area->descs[i].inflight == 0)
			continue;
		taken[n].counter = area->descs[i].counter;
		taken[n++].head = (uint16_t)i;
	}
	qsort(taken, n, sizeof(*taken), by_counter);
	return n;
}

int
vring_inflight_begin(struct vring *r, struct err *err)
{
	volatile struct area *area = r->inflight;
	struct taken *taken;
	unsigned n;

	if (!is_ours(area, r, VERSION_SPLIT)) {
		for (unsigned i = 0; i < r->size; i++)
			area->descs[i].inflight = 0;
		area->features = 0;
		area->n_descs = (uint16_t)r->size;
		area->last_batch_head = 0;
		area->used = r->used;
		area->version = VERSION_SPLIT;
		return 0;
	}
	n = (uint16_t)(r->used - area->used);
	finish_batch(area, r, n < r->size ? n : r->size);
	taken = malloc(r->size * sizeof(*taken));
	r->again = malloc(r->size * sizeof(*r->again));
	if (taken == NULL || r->again == NULL) {
		free(taken);
		return err_set(err, -ENOMEM, "no memory for a ring of %u",
			       r->size);
	}
	n = find_taken(area, r, taken);
	for (unsigned i = 0; i < n; i++)
		r->again[i] = taken[n - 1 - i].head;
	r->n_again = (uint16_t)n;
	r->counter = n > 0 ? taken[n - 1].counter + 1 : 0;
	free(taken);
	return 0;
}

void
vring_inflight_taken(struct vring *r, uint16_t head)
{
	volatile struct area *area = r->inflight;

	area->descs[head].counter = r->counter++;
	area->descs[head].inflight = 1;
}

void
vring_inflight_untaken(struct vring *r, uint16_t head)
{
	volatile struct area *area = r->inflight;

	area->descs[head].inflight = 0;
}

void
vring_inflight_returned(struct vring *r, uint16_t head)
{
	volatile struct area *area = r->inflight;

	area->descs[head].next = area->last_batch_head;
	area->last_batch_head = head;
}

void
vring_inflight_published(struct vring *r)
{
	volatile struct area *area = r->inflight;

	atomic_signal_fence(memory_order_seq_cst);
	finish_batch(area, r, r->n_fresh);
}

/* ---- packed ---- */

bool
vring_inflight_place(const struct vring *r, uint16_t *from, uint16_t *to)
{
	const volatile struct area *area = r->inflight;

	if (!is_ours(area, r, VERSION_PACKED))
		return false;
	*from = area->used;
	*to = area->last_batch_head;
	return true;
}

void
vring_inflight_intend(struct vring *r, uint16_t to)
{
	volatile struct area *area = r->inflight;

	area->last_batch_head = to;
	atomic_signal_fence(memory_order_seq_cst);
}

void
vring_inflight_reached(struct vring *r, uint16_t at)
{
	volatile struct area *area = r->inflight;

	atomic_signal_fence(memory_order_seq_cst);
	area->used = at;
	area->last_batch_head = at;
	area->n_descs = (uint16_t)r->size;
	area->version = VERSION_PACKED;
}

void
vring_inflight_end(struct vring *r)
{
	volatile struct area *area = r->inflight;

	/* A packed ring says nowhere where it is: the next base does.  */
	if (r->packed)
		area->version = VERSION_NONE;
}
