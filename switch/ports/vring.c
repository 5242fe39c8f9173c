#include "switch/ports/vring.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "switch/ports/vring-priv.h"

int
vring_violate(struct vring *r, const char *format, ...)
{
	va_list ap;

	if (r->broken)
		return -EPROTO;
	r->broken = true;
	va_start(ap, format);
	vsnprintf(r->violation, sizeof(r->violation), format, ap);
	va_end(ap);
	return -EPROTO;
}

void
vring_areas(bool packed, unsigned size, struct vring_areas *areas)
{
	enum { EVENT = 4, EVENT_IDX = 2, HEADER = 4 };

	areas->desc = (uint64_t)size * DESC_SIZE;
	areas->driver =
	    packed ? EVENT : HEADER + (uint64_t)size * 2 + EVENT_IDX;
	areas->device =
	    packed ? EVENT : HEADER + (uint64_t)size * 8 + EVENT_IDX;
}

/* Return: 0; -EINVAL: a part lies where its words cannot be read at once. */
static int
check_places(const struct vring_config *c, bool packed, struct err *err)
{
	const struct {
		const char *name;
		const void *at;
		unsigned align;
	} parts[] = {
		{ "descriptors", c->desc, VRING_ALIGN },
		{ "driver's part", c->driver, packed ? 4 : 2 },
		{ "device's part", c->device, 4 },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].at == NULL)
			return err_set(err, -EINVAL,
				       "the %s of the ring are "
				       "nowhere",
				       parts[i].name);
		if ((uintptr_t)parts[i].at % parts[i].align != 0)
			return err_set(err, -EINVAL,
				       "the %s of the ring are at no multiple "
				       "of %u",
				       parts[i].name, parts[i].align);
	}
	return 0;
}

static int
check(const struct vring_config *c, struct err *err)
{
	bool packed = (c->features & VRING_F_PACKED) != 0;

	if (c->size == 0 || c->size > VRING_SIZE_MAX)
		return err_set(err, -EINVAL,
			       "a ring of %u descriptors: 1 to %d can be",
			       c->size, VRING_SIZE_MAX);
	if (!packed && (c->size & (c->size - 1)) != 0)
		return err_set(err, -EINVAL,
			       "a split ring of %u descriptors: it must be a "
			       "power of two",
			       c->size);
	if (c->memory == NULL)
		return err_set(err, -EINVAL, "a ring without memory");
	if ((uintptr_t)c->inflight % sizeof(uint64_t) != 0)
		return err_set(err, -EINVAL,
			       "an inflight area at no multiple "
			       "of 8");
	return check_places(c, packed, err);
}

static void
place(struct vring *r, const struct vring_config *c)
{
	r->memory = c->memory;
	r->desc = c->desc;
	r->driver = c->driver;
	r->device = c->device;
	r->last = (struct guest_region){ .size = 0 };
}

int
vring_start(struct vring *r, const struct vring_config *c, struct err *err)
{
	int ret = check(c, err);

	assert(!r->running);
	if (ret < 0)
		return ret;
	*r = (struct vring){
		.packed = (c->features & VRING_F_PACKED) != 0,
		.event_idx = (c->features & VRING_F_EVENT_IDX) != 0,
		.indirect = (c->features & VRING_F_INDIRECT) != 0,
		.in_order = (c->features & VRING_F_IN_ORDER) != 0,
		.mergeable = c->mergeable,
		.header_len = c->header_len,
		.access = c->direction == VRING_TO_GUEST ? DESC_WRITE : 0,
		.size = c->size,
		.inflight = c->inflight,
		.log_device = VRING_NO_LOG,
	};
	place(r, c);
	if (r->inflight != NULL)
		ret = vring_inflight_check(r, err);
	if (ret == 0)
		ret = r->packed ? packed_begin(r, c->base, err)
				: split_begin(r, err);
	if (ret < 0) {
		free(r->again);
		*r = (struct vring){ .running = false };
		return ret;
	}
	r->running = true;
	/* Whatever a former device has said. */
	r->muted = true;
	vring_listen(r);
	return 0;
}

uint32_t
vring_stop(struct vring *r)
{
	uint32_t base;

	if (!r->running)
		return 0;
	vring_publish(r);
	if (r->inflight != NULL && r->n_held == 0)
		vring_inflight_end(r);
	base = r->packed ? packed_base(r) : split_base(r);
	free(r->again);
	r->again = NULL;
	r->n_again = 0;
	r->running = false;
	return base;
}

int
vring_move(struct vring *r, const struct vring_config *c, struct err *err)
{
	int ret = check_places(c, r->packed, err);

	assert(r->running && r->n_held == 0);
	if (ret < 0)
		return ret;
	vring_publish(r);
	place(r, c);
	return 0;
}

void
vring_set_log(struct vring *r, uint8_t *log, uint64_t size, uint64_t device)
{
	r->log = log;
	r->log_size = size;
	r->log_device = device;
}

int
vring_take(struct vring *r, struct vring_space *space,
	   struct vring_chain *chains, unsigned max)
{
	if (r->broken)
		return -EPROTO;
	return r->packed ? packed_take(r, space, chains, max)
			 : split_take(r, space, chains, max);
}

/* The chain is longer than what is left to be written. */
static void
trim(struct vring_space *space, struct vring_chain *chain, uint32_t len)
{
	uint32_t surplus = chain->len - len;

	while (surplus > 0) {
		struct iovec *last = &chain->iov[chain->n_iov - 1];

		if (last->iov_len > surplus) {
			last->iov_len -= surplus;
			break;
		}
		surplus -= (uint32_t)last->iov_len;
		chain->n_iov--;
		space->n--;
	}
	chain->len = len;
}

/* Nothing was reserved: back to before the first chain.
 * @ret: why there is no more after @n of them */
static int
give_up(struct vring *r, const struct vring_chain *chains, unsigned n, int ret)
{
	unsigned n_slots = 0;

	for (unsigned i = 0; i < n; i++)
		n_slots += chains[i].n_slots;
	vring_rewind(r, chains, n);
	/* It waits for us, while we wait for it. */
	return ret == 0 && n_slots == r->size ? -EMSGSIZE : ret;
}

static inline int
next_chain(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain)
{
	return r->packed ? packed_next(r, space, chain)
			 : split_next(r, space, chain);
}

/* What one chain is too short for.  Return: as vring_reserve(). */
static int
reserve_more(struct vring *r, struct vring_space *space, uint32_t len,
	     struct vring_chain *chains, unsigned max, unsigned n_before)
{
	unsigned n = 1;
	int ret;

	/* The first one has been taken. */
	chains->written = chains->len;
	for (len -= chains->len; len > 0; n++) {
		struct vring_chain *chain = &chains[n];

		ret = n < max ? next_chain(r, space, chain) : -EMSGSIZE;
		if (ret <= 0) {
			space->n = n_before;
			return give_up(r, chains, n, ret);
		}
		if (chain->len > len)
			trim(space, chain, len);
		chain->written = chain->len;
		len -= chain->len;
	}
	return (int)n;
}

int
vring_reserve(struct vring *r, struct vring_space *space, uint32_t len,
	      struct vring_chain *chains, unsigned max)
{
	unsigned n_before = space->n;
	int ret;

	if (r->broken)
		return -EPROTO;
	ret = next_chain(r, space, chains);
	if (ret <= 0) {
		space->n = n_before;
		return ret;
	}
	if (chains->len >= len) {
		/* Most frames fit the first one. */
		if (chains->n_iov == 1)
			chains->iov->iov_len = chains->len = len;
		else if (chains->len > len)
			trim(space, chains, len);
		chains->written = len;
		return 1;
	}
	if (!r->mergeable)
		max = 1;
	else if (max > VRING_FRAME_CHAINS)
		max = VRING_FRAME_CHAINS;
	return reserve_more(r, space, len, chains, max, n_before);
}

unsigned
vring_reserve_run(struct vring *r, struct vring_space *space,
		  const uint32_t *lens, unsigned n, struct vring_chain *chains)
{
	if (r->broken)
		return 0;
	return r->packed ? packed_reserve_run(r, space, lens, n, chains)
			 : split_reserve_run(r, space, lens, n, chains);
}

void
vring_rewind(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	if (r->packed)
		packed_rewind(r, chains, n);
	else
		split_rewind(r, chains, n);
}

void
vring_return(struct vring *r, const struct vring_chain *chains, unsigned n)
{
	if (r->packed)
		packed_return(r, chains, n);
	else
		split_return(r, chains, n);
}

void
vring_publish(struct vring *r)
{
	if (r->n_fresh == 0)
		return;
	if (r->packed)
		packed_publish(r);
	else
		split_publish(r);
	r->n_quiet += r->n_fresh;
	r->n_fresh = 0;
}

bool
vring_wants_call(struct vring *r)
{
	bool wants;

	if (r->n_quiet == 0)
		return false;
	wants = r->packed ? packed_wants_call(r) : split_wants_call(r);
	r->n_quiet = 0;
	return wants;
}

void
vring_mute(struct vring *r)
{
	if (r->muted)
		return;
	if (r->packed)
		packed_mute(r);
	else
		split_mute(r);
}

bool
vring_listen(struct vring *r)
{
	return r->packed ? packed_listen(r) : split_listen(r);
}

bool
vring_peek(const struct vring *r)
{
	return r->packed ? packed_peek(r) : split_peek(r);
}

size_t
vring_chain_read_any(const struct vring_chain *chain, size_t at, void *to,
		     size_t n)
{
	uint8_t *out = to;
	size_t done = 0;

	for (unsigned i = 0; i < chain->n_iov && done < n; i++) {
		const struct iovec *iov = &chain->iov[i];
		size_t piece;

		if (at >= iov->iov_len) {
			at -= iov->iov_len;
			continue;
		}
		piece = iov->iov_len - at;
		if (piece > n - done)
			piece = n - done;
		memcpy(out + done, (const uint8_t *)iov->iov_base + at, piece);
		done += piece;
		at = 0;
	}
	return done;
}
