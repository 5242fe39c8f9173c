/*
 * Packed virtqueues, VIRTIO 1.2, 2.8: one ring of descriptors, which the driver
 * makes available and the device overwrites with those that are used.
 */
#include "switch/ports/vring-priv.h"

#include <assert.h>

#include "lib/err.h"

/* Of a descriptor: address, length, buffer id, flags. */
enum { LEN = 8, ID = 12, FLAGS = 14 };

/* Event suppression, 2.8.14: a descriptor's place with its wrap counter in bit
 * 15; behind it in the same word what is asked for. */
enum {
	EVENT_ENABLE = 0,
	EVENT_DISABLE = 1,
	EVENT_PLACE = 2,
	EVENT_ASKED = 3, /* mask */
};

/* A place in the ring is a slot with the wrap counter in bit 15; of two in a
 * word the second one is where the device has got. */
enum { BASE_WRAP = 1 << 15, BASE_USED = 16 };

static uint8_t *
slot_at(const struct vring *r, uint16_t slot)
{
	return r->desc + (size_t)slot * DESC_SIZE;
}

/* To the slot @n behind @slot; @n is no more than the ring's size. */
static inline void
advance(const struct vring *r, uint16_t *slot, bool *wrap, unsigned n)
{
	unsigned to = *slot + n;

	if (to >= r->size) {
		to -= r->size;
		*wrap = !*wrap;
	}
	*slot = (uint16_t)to;
}

static inline void
retreat(const struct vring *r, uint16_t *slot, bool *wrap, unsigned n)
{
	unsigned to = *slot;

	if (to < n) {
		to += r->size;
		*wrap = !*wrap;
	}
	*slot = (uint16_t)(to - n);
}

static inline bool
is_available(uint16_t flags, bool wrap)
{
	return ((flags & DESC_AVAIL) != 0) == wrap &&
	       ((flags & DESC_USED) != 0) != wrap;
}

/* What is behind the first descriptor of a chain.
 * Return: 0; -ENOSPC; -EPROTO. */
static int
walk_on(struct vring *r, struct vring_space *space, struct vring_chain *chain)
{
	unsigned max = r->size - r->n_held;
	uint16_t slot = r->avail, flags = DESC_NEXT;

	if (max > VRING_CHAIN_MAX)
		max = VRING_CHAIN_MAX;
	while ((flags & DESC_NEXT) != 0) {
		const uint8_t *at;
		uint64_t guest;
		uint32_t len;
		int ret;

		if (chain->n_slots == max)
			return vring_violate(r,
					     "a chain of more than %u "
					     "descriptors",
					     max);
		chain->n_slots++;
		if (++slot == r->size)
			slot = 0;
		at = slot_at(r, slot);
		guest = shared_load64(at);
		len = shared_load32(at + LEN);
		chain->id = shared_load16(at + ID); /* that of the last */
		flags = shared_load16(at + FLAGS);
		if ((flags & DESC_INDIRECT) != 0) {
			if ((flags & DESC_NEXT) != 0)
				return vring_violate(r, "an indirect table "
							"that goes on");
			return vring_walk_indirect(r, space, chain, guest, len);
		}
		ret = vring_walk_buffer(r, space, chain, guest, len, flags);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* A descriptor, each field read once; .flags before the others. */
struct descriptor {
	uint64_t guest;
	uint32_t len;
	uint16_t id, flags;
};

/* The rest of it, which has been made available. */
static inline void
read_descriptor(const uint8_t *at, struct descriptor *d)
{
	d->guest = shared_load64(at);
	d->len = shared_load32(at + LEN);
	d->id = shared_load16(at + ID);
}

/* The chain that begins at .avail with @d.  Return: 0; -ENOSPC; -EPROTO. */
static int
walk(struct vring *r, struct vring_space *space, struct vring_chain *chain,
     const struct descriptor *d)
{
	int ret;

	*chain = (struct vring_chain){
		.iov = space->iov + space->n,
		.id = d->id,
		.n_slots = 1,
	};
	if (r->n_held == r->size)
		return vring_violate(r, "descriptors that it does not have");
	if ((d->flags & DESC_INDIRECT) == 0) {
		ret = vring_walk_buffer(r, space, chain, d->guest, d->len,
					d->flags);
		if (ret < 0 || (d->flags & DESC_NEXT) == 0)
			return ret;
		return walk_on(r, space, chain);
	}
	if ((d->flags & DESC_NEXT) != 0)
		return vring_violate(r, "an indirect table that goes on");
	return vring_walk_indirect(r, space, chain, d->guest, d->len);
}

/* Return: 1; -ENOSPC; -EPROTO. */
static int
take_chain(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain, const struct descriptor *first)
{
	unsigned n_before = space->n;
	int ret = walk(r, space, chain, first);

	if (ret < 0) {
		space->n = n_before;
		return ret;
	}
	r->n_held += chain->n_slots;
	advance(r, &r->avail, &r->avail_wrap, chain->n_slots);
	r->seen = r->avail;
	r->seen_wrap = r->avail_wrap;
	return 1;
}

/* Chains as most are: one descriptor, whose buffer is where the last one was.
 * Made anew for each who calls it.
 * @lens:  octets that each is to be cut down to, and not too short for; or NULL
 * @other: out: the one behind them, if @is_other: it is there, and of another
 *         sort
 * Return: how many, at most @max. */
__attribute__((always_inline)) static inline unsigned
take_simple(struct vring *r, struct vring_space *space,
	    struct vring_chain *chains, const uint32_t *lens, unsigned max,
	    struct descriptor *other, bool *is_other)
{
	const struct guest_region last = r->last;
	struct iovec *iov = space->iov + space->n;
	uint16_t access = r->access, slot = r->avail;
	uint8_t header_len = r->header_len;
	bool wrap = r->avail_wrap;
	unsigned n;

	*is_other = false;
	for (n = 0; n < max; n++) {
		const uint8_t *from = slot_at(r, slot);
		struct descriptor d = {
			.flags = shared_load16_acquire(from + FLAGS),
		};
		uint8_t *at;
		uint32_t len;

		if (!is_available(d.flags, wrap))
			break;
		read_descriptor(from, &d);
		at = guest_region_at(&last, d.guest, d.len);
		len = lens != NULL ? lens[n] : d.len;
		if (at == NULL || len == 0 || len > d.len ||
		    (d.flags & (DESC_INDIRECT | DESC_NEXT | DESC_WRITE)) !=
			access) {
			*other = d;
			*is_other = true;
			break;
		}
		shared_prefetch(at, len, header_len, access != 0);
		iov[n] = (struct iovec){ .iov_base = at, .iov_len = len };
		chains[n] = (struct vring_chain){
			.iov = &iov[n],
			.len = len,
			.written = lens != NULL ? len : 0,
			.n_iov = 1,
			.id = d.id,
			.n_slots = 1,
		};
		advance(r, &slot, &wrap, 1);
	}
	if (n == 0) /* it stays as far as was seen */
		return 0;
	r->n_held += n;
	r->avail = r->seen = slot;
	r->avail_wrap = r->seen_wrap = wrap;
	space->n += n;
	return n;
}

/* Return: how many of at most @max chains take_simple() may take. */
static unsigned
at_most(const struct vring *r, const struct vring_space *space, unsigned max)
{
	unsigned left = r->size - r->n_held;
	unsigned room = space->n_max - space->n;

	if (max > left)
		max = left;
	return max < room ? max : room;
}

int
packed_next(struct vring *r, struct vring_space *space,
	    struct vring_chain *chain)
{
	const uint8_t *at = slot_at(r, r->avail);
	struct descriptor first = {
		.flags = shared_load16_acquire(at + FLAGS),
	};

	if (!is_available(first.flags, r->avail_wrap))
		return 0;
	read_descriptor(at, &first);
	return take_chain(r, space, chain, &first);
}

int
packed_take(struct vring *r, struct vring_space *space,
	    struct vring_chain *chains, unsigned max)
{
	unsigned n = 0;
	int ret = 1;

	while (n < max && ret > 0) {
		unsigned most = at_most(r, space, max - n);
		struct descriptor other;
		bool is_other;

		n += take_simple(r, space, chains + n, NULL, most, &other,
				 &is_other);
		if (is_other)
			ret = take_chain(r, space, &chains[n], &other);
		else if (r->n_held == r->size && n < max)
			/* More would be a violation. */
			ret = packed_next(r, space, &chains[n]);
		else
			break;
		n += ret > 0;
	}
	return n > 0 || ret != -EPROTO ? (int)n : ret;
}

unsigned
packed_reserve_run(struct vring *r, struct vring_space *space,
		   const uint32_t *lens, unsigned n, struct vring_chain *chains)
{
	struct descriptor other;
	bool is_other;

	return take_simple(r, space, chains, lens, at_most(r, space, n), &other,
			   &is_other);
}

void
packed_rewind(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	while (n-- > 0) {
		assert(r->n_held >= chains[n].n_slots);
		retreat(r, &r->avail, &r->avail_wrap, chains[n].n_slots);
		r->n_held -= chains[n].n_slots;
	}
}

/* 2.8.9: the flags of a used descriptor. */
static inline uint16_t
used_flags(const struct vring *r)
{
	return (uint16_t)(r->access |
			  (r->used_wrap ? DESC_AVAIL | DESC_USED : 0));
}

static void
return_one(struct vring *r, const struct vring_chain *chain)
{
	uint8_t *at = slot_at(r, r->used);
	uint16_t flags = used_flags(r);

	shared_store16(at + ID, chain->id);
	shared_store32(at + LEN, chain->written);
	/* The guest reads one after the other: behind the first one, which it
	 * gets to see last, all others can be ready. */
	if (r->head == NULL) {
		r->head = at;
		r->head_flags = flags;
	} else {
		shared_store16(at + FLAGS, flags);
	}
	advance(r, &r->used, &r->used_wrap, chain->n_slots);
	r->n_fresh += chain->n_slots;
	if (r->log != NULL) {
		vring_log_chain(r, chain);
		vring_log_ours(r, at, DESC_SIZE);
	}
	/* A device that is killed in the middle may leave one descriptor half
	 * overwritten, not many. */
	if (r->inflight != NULL)
		vring_publish(r);
}

/* 2.8.9, 2.8.12: with IN_ORDER, and nothing to say about each of them, one
 * descriptor stands for the batch: the first one, with the id of the last. */
static void
return_batch(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	unsigned n_slots = 0;

	if (r->head == NULL) {
		r->head = slot_at(r, r->used);
		r->head_flags = used_flags(r);
		shared_store32(r->head + LEN, 0);
	}
	for (unsigned i = 0; i < n; i++) {
		advance(r, &r->used, &r->used_wrap, chains[i].n_slots);
		n_slots += chains[i].n_slots;
	}
	shared_store16(r->head + ID, chains[n - 1].id);
	r->n_fresh += n_slots;
}

void
packed_return(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	unsigned n_slots = 0;

	for (unsigned i = 0; i < n; i++)
		n_slots += chains[i].n_slots;
	assert(n_slots <= r->n_held);
	if (n > 0 && r->in_order && r->access == 0) {
		return_batch(r, chains, n);
	} else {
		for (unsigned i = 0; i < n; i++)
			return_one(r, &chains[i]);
	}
	r->n_held -= n_slots;
}

static uint32_t
place(uint16_t slot, bool wrap)
{
	return slot | (wrap ? (uint32_t)BASE_WRAP : 0);
}

void
packed_publish(struct vring *r)
{
	uint16_t used = (uint16_t)place(r->used, r->used_wrap);

	if (r->inflight != NULL)
		vring_inflight_intend(r, used);
	shared_store16_release(r->head + FLAGS, r->head_flags);
	if (r->inflight != NULL)
		vring_inflight_reached(r, used);
	if (r->log != NULL)
		vring_log_ours(r, r->head, DESC_SIZE);
	r->head = NULL;
}

bool
packed_wants_call(struct vring *r)
{
	bool many = !r->told_once || r->n_quiet > r->size;
	uint16_t now = r->used, before = r->told, at;
	uint32_t event;

	r->told = now;
	r->told_once = true;
	shared_fence();
	event = shared_load32(r->driver);
	switch ((event >> 16) & EVENT_ASKED) {
	case EVENT_ENABLE:
		return true;
	case EVENT_PLACE:
		break;
	default:
		return false;
	}
	if (!r->event_idx || many)
		return true;
	/* On a line on which the ring lies twice, and we are in the second. */
	at = (uint16_t)(event & (BASE_WRAP - 1));
	if (((event & BASE_WRAP) != 0) != r->used_wrap)
		at -= (uint16_t)r->size;
	if (now <= before)
		before -= (uint16_t)r->size;
	return event_is_passed(at, now, before);
}

static void
ask(struct vring *r, uint32_t what, uint32_t place)
{
	shared_store32(r->device, what << 16 | place);
	if (r->log != NULL)
		vring_log_ours(r, r->device, sizeof(uint32_t));
}

void
packed_mute(struct vring *r)
{
	r->muted = true;
	ask(r, EVENT_DISABLE, 0);
}

bool
packed_listen(struct vring *r)
{
	uint16_t at = (uint16_t)place(r->seen, r->seen_wrap);

	if (r->muted || (r->event_idx && at != r->event))
		ask(r, r->event_idx ? EVENT_PLACE : EVENT_ENABLE,
		    r->event_idx ? at : 0);
	r->event = at;
	r->muted = false;
	shared_fence();
	return packed_peek(r);
}

bool
packed_peek(const struct vring *r)
{
	/* What we receive in may be there and too short: look behind it. */
	bool any = r->access == 0;
	uint16_t slot = any ? r->avail : r->seen;

	return is_available(shared_load16_acquire(slot_at(r, slot) + FLAGS),
			    any ? r->avail_wrap : r->seen_wrap);
}

/* Where a device that was killed had got.  Return: its place; that in @base
 * when nobody has kept one. */
static uint32_t
place_kept(struct vring *r, uint32_t base)
{
	uint16_t from, to, flags;
	bool wrap;

	if (r->inflight == NULL || !vring_inflight_place(r, &from, &to))
		return base;
	if ((from & (BASE_WRAP - 1)) >= r->size || from == to)
		return from;
	/* It was about to show the driver the one at @from. */
	flags =
	    shared_load16_acquire(slot_at(r, from & (BASE_WRAP - 1)) + FLAGS);
	wrap = (from & BASE_WRAP) != 0;
	return ((flags & DESC_AVAIL) != 0) == wrap &&
		       ((flags & DESC_USED) != 0) == wrap
		   ? to
		   : from;
}

int
packed_begin(struct vring *r, uint32_t base, struct err *err)
{
	/* Some front-ends know of the available index only.  As for the rest,
	 * see split_begin(). */
	uint32_t used = place_kept(
	    r, base >> BASE_USED != 0 ? base >> BASE_USED : base & UINT16_MAX);

	r->used = (uint16_t)(used & (BASE_WRAP - 1));
	r->used_wrap = (used & BASE_WRAP) != 0;
	r->avail = r->used;
	r->avail_wrap = r->used_wrap;
	if ((base & (BASE_WRAP - 1)) >= r->size || r->used >= r->size)
		return err_set(err, -EINVAL,
			       "base 0x%x, in a packed ring of %u", base,
			       r->size);
	r->seen = r->avail;
	r->seen_wrap = r->avail_wrap;
	if (r->inflight != NULL)
		vring_inflight_reached(r, (uint16_t)used);
	return 0;
}

uint32_t
packed_base(const struct vring *r)
{
	return place(r->avail, r->avail_wrap) | place(r->used, r->used_wrap)
						    << BASE_USED;
}
