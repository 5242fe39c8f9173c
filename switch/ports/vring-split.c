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

/* The chain that begins with @first, descriptor @head.
 * Return: 1; -ENOSPC; -EPROTO. */
static int
take_chain(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain, uint16_t head,
	   const struct descriptor *first)
{
	unsigned n_before = space->n;
	int ret = walk(r, space, chain, head, first);

	if (ret < 0) {
		space->n = n_before;
		return ret;
	}
	r->n_held++;
	if (r->inflight != NULL)
		vring_inflight_taken(r, head);
	return 1;
}

static int
refuse_head(struct vring *r, uint16_t head)
{
	return vring_violate(r, "descriptor %u of %u", head, r->size);
}

static int
take_head(struct vring *r, struct vring_space *space, struct vring_chain *chain,
	  uint16_t head)
{
	struct descriptor first;

	if (head >= r->size)
		return refuse_head(r, head);
	first = read_descriptor(r, head);
	return take_chain(r, space, chain, head, &first);
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

/* What was read of a chain that was not taken. */
struct other {
	bool any;
	uint16_t head;
	struct descriptor first; /* when there is such a head */
};

/* What comes after descriptor @head, as most drivers give out descriptors. */
static inline void
fetch_ahead(const struct vring *r, uint16_t head)
{
	uint16_t next = (head + AHEAD) & (r->size - 1);

	__builtin_prefetch(r->desc + (size_t)next * DESC_SIZE);
}

/* Chains as most are: one descriptor, whose buffer is where the last one was.
 * Made anew for each who calls it.
 * @lens:  octets that each is to be cut down to, and not too short for; or NULL
 * @max:   as many as there are, and @space has room for
 * @other: out: the one behind them, if it is of another sort
 * Return: how many. */
__attribute__((always_inline)) static inline unsigned
take_simple(struct vring *r, struct vring_space *space,
	    struct vring_chain *chains, const uint32_t *lens, unsigned max,
	    struct other *other)
{
	const struct guest_region last = r->last;
	const uint8_t *heads = r->driver + RING;
	struct iovec *iov = space->iov + space->n;
	unsigned mask = r->size - 1, n;
	/* Nothing that the driver may be at work on is worth fetching. */
	unsigned left = (uint16_t)(r->seen - r->avail);
	unsigned n_quiet = left > AHEAD ? left - AHEAD : 0;
	uint16_t access = r->access, avail = r->avail;
	uint8_t header_len = r->header_len;

	other->any = false;
	for (n = 0; n < max; n++) {
		size_t slot = (avail + n) & mask;
		uint16_t head = shared_load16(heads + slot * AVAIL_ENTRY);
		struct descriptor d = { .len = 0 };
		uint8_t *at = NULL;
		uint32_t len;

		if (head <= mask) {
			d = read_descriptor(r, head);
			at = guest_region_at(&last, d.guest, d.len);
		}
		len = lens != NULL ? lens[n] : d.len;
		if (at == NULL || len == 0 || len > d.len ||
		    (d.flags & (DESC_INDIRECT | DESC_NEXT | DESC_WRITE)) !=
			access) {
			*other = (struct other){ true, head, d };
			break;
		}
		if (n < n_quiet)
			fetch_ahead(r, head);
		shared_prefetch(at, len, header_len, access != 0);
		iov[n] = (struct iovec){ .iov_base = at, .iov_len = len };
		chains[n] = (struct vring_chain){
			.iov = &iov[n],
			.len = len,
			.written = lens != NULL ? len : 0,
			.n_iov = 1,
			.id = head,
			.n_slots = 1,
		};
	}
	r->avail = (uint16_t)(avail + n);
	r->n_held += n;
	space->n += n;
	for (unsigned i = 0; i < n && r->inflight != NULL; i++)
		vring_inflight_taken(r, chains[i].id);
	return n;
}

/* Return: how many of at most @max chains take_simple() may look at. */
static unsigned
at_most(const struct vring *r, const struct vring_space *space, unsigned max)
{
	unsigned left = (uint16_t)(r->seen - r->avail);
	unsigned room = space->n_max - space->n;

	if (max > left)
		max = left;
	return max < room ? max : room;
}

/* Return: 1; -ENOSPC; -EPROTO. */
static int
take_other(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain, const struct other *other)
{
	int ret = other->head < r->size
		      ? take_chain(r, space, chain, other->head, &other->first)
		      : refuse_head(r, other->head);

	if (ret > 0)
		r->avail++;
	return ret;
}

int
split_next(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain)
{
	unsigned slot;
	int ret;

	if (r->n_again > 0)
		return take_again(r, space, chain);
	if (r->avail == r->seen && look(r) < 0)
		return -EPROTO;
	if (r->avail == r->seen)
		return 0;
	slot = r->avail & (r->size - 1);
	ret = take_head(
	    r, space, chain,
	    shared_load16(r->driver + RING + (size_t)slot * AVAIL_ENTRY));
	if (ret > 0)
		r->avail++;
	return ret;
}

/* The index changes with each frame of the guest's, and what it writes is far
 * away from us: it is looked at once, as late as we may.
 * Return: 0; -EPROTO. */
static inline int
look_for(struct vring *r, unsigned n)
{
	return (uint16_t)(r->seen - r->avail) < n ? look(r) : 0;
}

int
split_take(struct vring *r, struct vring_space *space,
	   struct vring_chain *chains, unsigned max)
{
	unsigned n = 0;
	int ret = 1;

	while (n < max && r->n_again > 0 && ret > 0)
		n += (ret = take_again(r, space, &chains[n])) > 0;
	if (ret > 0 && look_for(r, max - n) < 0)
		ret = -EPROTO;
	while (n < max && ret > 0) {
		unsigned most = at_most(r, space, max - n);
		struct other other;

		n += take_simple(r, space, chains + n, NULL, most, &other);
		if (!other.any)
			break;
		n += (ret = take_other(r, space, &chains[n], &other)) > 0;
	}
	return n > 0 || ret != -EPROTO ? (int)n : ret;
}

unsigned
split_reserve_run(struct vring *r, struct vring_space *space,
		  const uint32_t *lens, unsigned n, struct vring_chain *chains)
{
	struct other other; /* is left where it is */

	if (r->n_again > 0 || look_for(r, n) < 0)
		return 0;
	return take_simple(r, space, chains, lens, at_most(r, space, n),
			   &other);
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

/* Tell everybody else to be told that one was returned, in the entry @at. */
static void
tell_returned(struct vring *r, const struct vring_chain *chain,
	      const uint8_t *at)
{
	if (r->inflight != NULL)
		vring_inflight_returned(r, chain->id);
	if (r->log != NULL) {
		vring_log_chain(r, chain);
		vring_log_device(r, (uint64_t)(at - r->device), USED_ENTRY);
	}
}

void
split_return(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	bool tells = r->inflight != NULL || r->log != NULL;
	uint8_t *entries = r->device + RING;
	unsigned mask = r->size - 1;

	assert(n <= r->n_held);
	for (unsigned i = 0; i < n; i++) {
		size_t slot = (r->used + i) & mask;
		uint8_t *at = entries + slot * USED_ENTRY;

		shared_store32(at, chains[i].id);
		shared_store32(at + 4, chains[i].written);
		if (tells)
			tell_returned(r, &chains[i], at);
	}
	r->used = (uint16_t)(r->used + n);
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
