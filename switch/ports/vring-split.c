/*
 * Split virtqueues, VIRTIO 1.2, 2.7: a table of descriptors, a ring of heads
 * from the driver, and one of heads and lengths back to it.
 */
#include "switch/ports/vring-priv.h"

#include <assert.h>

#include "lib/err.h"

/* The driver's part: flags, index, ring, used_event; ours the other way. */
enum {
	FLAGS = 0,
	INDEX = 2,
	RING = 4,
	AVAIL_ENTRY = 2,
	USED_ENTRY = 8,
	NO_INTERRUPT = 1, /* in the driver's flags */
	NO_NOTIFY = 1,	  /* in ours */
	/* Descriptors: some lines of the cache, which come from the driver's
	 * processor. */
	AHEAD = 16,
};

static uint8_t *
avail_event(const struct vring *r)
{
	return r->device + RING + (size_t)r->size * USED_ENTRY;
}

static const uint8_t *
used_event(const struct vring *r)
{
	return r->driver + RING + (size_t)r->size * AVAIL_ENTRY;
}

/* Look how far the driver has got.  Return: 0; -EPROTO. */
static int
look(struct vring *r)
{
	uint16_t index = shared_load16_acquire(r->driver + INDEX);

	if ((uint16_t)(index - r->used) > r->size)
		return vring_violate(r,
				     "available index %u, with %u returned in "
				     "a ring of %u",
				     index, r->used, r->size);
	/* It cannot take back what was taken. */
	if ((uint16_t)(index - r->used) < (uint16_t)(r->avail - r->used))
		return vring_violate(r, "available index %u, after %u", index,
				     r->avail);
	r->seen = index;
	return 0;
}

/* A descriptor, read once. */
struct descriptor {
	uint64_t guest;
	uint32_t len;
	uint16_t flags, next;
};

static inline struct descriptor
read_descriptor(const struct vring *r, uint16_t i)
{
	const uint8_t *at = r->desc + (size_t)i * DESC_SIZE;
	uint64_t rest = shared_load64(at + 8);

	return (struct descriptor){
		.guest = shared_load64(at),
		.len = (uint32_t)rest,
		.flags = (uint16_t)(rest >> 32),
		.next = (uint16_t)(rest >> 48),
	};
}

/* Descriptors behind @d, the first one.  Return: 0; -ENOSPC; -EPROTO. */
static int
walk_on(struct vring *r, struct vring_space *space, struct vring_chain *chain,
	struct descriptor d)
{
	unsigned max = r->size < VRING_CHAIN_MAX ? r->size : VRING_CHAIN_MAX;

	while ((d.flags & DESC_NEXT) != 0) {
		int ret;

		if (d.next >= r->size)
			return vring_violate(r, "descriptor %u of %u", d.next,
					     r->size);
		if (chain->n_slots == max)
			return vring_violate(r,
					     "a chain of more than %u "
					     "descriptors",
					     max);
		chain->n_slots++;
		d = read_descriptor(r, d.next);
		if ((d.flags & DESC_INDIRECT) != 0) {
			if ((d.flags & DESC_NEXT) != 0)
				return vring_violate(r, "an indirect table "
							"that goes on");
			return vring_walk_indirect(r, space, chain, d.guest,
						   d.len);
		}
		ret =
		    vring_walk_buffer(r, space, chain, d.guest, d.len, d.flags);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The chain that begins with @d, descriptor @head.
 * Return: 0; -ENOSPC; -EPROTO. */
static int
walk(struct vring *r, struct vring_space *space, struct vring_chain *chain,
     uint16_t head, const struct descriptor *d)
{
	int ret;

	*chain = (struct vring_chain){
		.iov = space->iov + space->n,
		.id = head,
		.n_slots = 1,
	};
	if ((d->flags & DESC_INDIRECT) == 0) {
		ret = vring_walk_buffer(r, space, chain, d->guest, d->len,
					d->flags);
		if (ret < 0 || (d->flags & DESC_NEXT) == 0)
			return ret;
		return walk_on(r, space, chain, *d);
	}
	if ((d->flags & DESC_NEXT) != 0)
		return vring_violate(r, "an indirect table that goes on");
	return vring_walk_indirect(r, space, chain, d->guest, d->len);
}

/* Most chains are one descriptor whose buffer is where the last one was.
 * Return: it is one of those, and all is done. */
static inline bool
walk_simple(const struct vring *r, struct vring_space *space,
	    struct vring_chain *chain, uint16_t head,
	    const struct descriptor *d)
{
	uint8_t *at = guest_region_at(&r->last, d->guest, d->len);

	if (at == NULL || d->len == 0 ||
	    (d->flags & (DESC_INDIRECT | DESC_NEXT | DESC_WRITE)) !=
		r->access ||
	    space->n == space->n_max)
		return false;
	*chain = (struct vring_chain){
		.iov = &space->iov[space->n++],
		.len = d->len,
		.n_iov = 1,
		.id = head,
		.n_slots = 1,
	};
	*chain->iov = (struct iovec){ .iov_base = at, .iov_len = d->len };
	shared_prefetch(at, d->len, r->access != 0);
	return true;
}

/* Return: 1; -ENOSPC; -EPROTO. */
static inline int
take_head(struct vring *r, struct vring_space *space, struct vring_chain *chain,
	  uint16_t head)
{
	struct descriptor d;
	unsigned n_before = space->n;
	int ret;

	if (head >= r->size)
		return vring_violate(r, "descriptor %u of %u", head, r->size);
	d = read_descriptor(r, head);
	if (!walk_simple(r, space, chain, head, &d)) {
		ret = walk(r, space, chain, head, &d);
		if (ret < 0) {
			space->n = n_before;
			return ret;
		}
	}
	r->n_held++;
	if (r->inflight != NULL)
		vring_inflight_taken(r, head);
	return 1;
}

/* What a former device had taken. */
static int
take_again(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain)
{
	int ret = take_head(r, space, chain, r->again[r->n_again - 1]);

	if (ret > 0) {
		chain->again = true;
		r->n_again--;
	}
	return ret;
}

/* What comes after descriptor @head, as most drivers give out descriptors; but
 * nothing that the driver may be at work on. */
static inline void
fetch_ahead(const struct vring *r, uint16_t head)
{
	uint16_t next = (head + AHEAD) & (r->size - 1);

	if ((uint16_t)(r->seen - r->avail) > AHEAD)
		__builtin_prefetch(r->desc + (size_t)next * DESC_SIZE);
}

static inline int
take_next(struct vring *r, struct vring_space *space, struct vring_chain *chain)
{
	unsigned slot = r->avail & (r->size - 1);
	uint16_t head =
	    shared_load16(r->driver + RING + (size_t)slot * AVAIL_ENTRY);
	int ret;

	fetch_ahead(r, head);
	ret = take_head(r, space, chain, head);
	if (ret > 0)
		r->avail++;
	return ret;
}

int
split_next(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain)
{
	if (r->n_again > 0)
		return take_again(r, space, chain);
	if (r->avail == r->seen && look(r) < 0)
		return -EPROTO;
	return r->avail == r->seen ? 0 : take_next(r, space, chain);
}

int
split_take(struct vring *r, struct vring_space *space,
	   struct vring_chain *chains, unsigned max)
{
	unsigned n = 0;
	int ret = 1;

	while (n < max && r->n_again > 0 && ret > 0)
		n += (ret = take_again(r, space, &chains[n])) > 0;
	/* The index changes with each frame of the guest's, and what it
	 * writes is far away from us: look once, as late as we may. */
	if (ret > 0 && (uint16_t)(r->seen - r->avail) < max - n && look(r) < 0)
		ret = -EPROTO;
	while (n < max && ret > 0 && r->avail != r->seen)
		n += (ret = take_next(r, space, &chains[n])) > 0;
	return n > 0 || ret != -EPROTO ? (int)n : ret;
}

void
split_rewind(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	while (n-- > 0) {
		const struct vring_chain *chain = &chains[n];

		if (r->inflight != NULL)
			vring_inflight_untaken(r, chain->id);
		if (chain->again)
			r->again[r->n_again++] = chain->id;
		else
			r->avail--;
		assert(r->n_held > 0);
		r->n_held--;
	}
}

void
split_return(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	assert(n <= r->n_held);
	for (unsigned i = 0; i < n; i++) {
		const struct vring_chain *chain = &chains[i];
		uint8_t *at = r->device + RING +
			      (size_t)(r->used & (r->size - 1)) * USED_ENTRY;

		shared_store32(at, chain->id);
		shared_store32(at + 4, chain->written);
		r->used++;
		if (r->inflight != NULL)
			vring_inflight_returned(r, chain->id);
		if (r->log != NULL) {
			vring_log_chain(r, chain);
			vring_log_device(r, (uint64_t)(at - r->device),
					 USED_ENTRY);
		}
	}
	r->n_held -= n;
	r->n_fresh += n;
}

void
split_publish(struct vring *r)
{
	shared_store16_release(r->device + INDEX, r->used);
	if (r->inflight != NULL)
		vring_inflight_published(r);
	if (r->log != NULL)
		vring_log_device(r, INDEX, 2);
}

bool
split_wants_call(struct vring *r)
{
	uint16_t before = r->told;
	bool many = !r->told_once || r->n_quiet > UINT16_MAX;

	r->told = r->used - (uint16_t)r->n_fresh;
	r->told_once = true;
	shared_fence();
	if (!r->event_idx)
		return (shared_load16(r->driver + FLAGS) & NO_INTERRUPT) == 0;
	return many ||
	       event_is_passed(shared_load16(used_event(r)), r->told, before);
}

static void
set_flags(struct vring *r, uint16_t flags)
{
	shared_store16(r->device + FLAGS, flags);
	if (r->log != NULL)
		vring_log_device(r, FLAGS, 2);
}

void
split_mute(struct vring *r)
{
	r->muted = true;
	/* With EVENT_IDX the flags mean nothing, and an event that we have
	 * come past is silence enough. */
	if (!r->event_idx)
		set_flags(r, NO_NOTIFY);
}

bool
split_listen(struct vring *r)
{
	if (!r->event_idx) {
		if (r->muted)
			set_flags(r, 0);
	} else if (r->muted || r->event != r->seen) {
		shared_store16(avail_event(r), r->seen);
		r->event = r->seen;
		if (r->log != NULL)
			vring_log_device(
			    r, (uint64_t)(avail_event(r) - r->device), 2);
	}
	r->muted = false;
	shared_fence();
	return split_peek(r);
}

bool
split_peek(const struct vring *r)
{
	/* What we receive in may be there and too short. */
	bool left = r->access == 0 && (r->avail != r->seen || r->n_again > 0);

	return left || shared_load16_acquire(r->driver + INDEX) != r->seen;
}

int
split_begin(struct vring *r, struct err *err)
{
	int ret = 0;

	/* All before .used has been returned, and as we return in order,
	 * nothing behind it: a device that was killed has left that to us.
	 * What the front-end says may be less: DPDK's begins with 0, however
	 * far its ring has come. */
	r->used = shared_load16_acquire(r->device + INDEX);
	if (r->inflight != NULL)
		ret = vring_inflight_begin(r, err);
	r->avail = r->used + r->n_again;
	r->seen = r->avail;
	r->event = r->seen;
	return ret;
}

uint32_t
split_base(const struct vring *r)
{
	return r->avail;
}
