#include "switch/ports/vhost-memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

struct vhost_slot {
	struct vhost_region region; /* as the front-end has told */
	struct vhost_map map;
	/* While a table is made: which of the present one has the mapping. */
	struct vhost_slot *kept;
};

/* A table that nobody uses yet. */
struct draft {
	struct vhost_slot *slots;
	struct guest_region *regions;
	unsigned n;
};

void
vhost_memory_init(struct vhost_memory *m)
{
	memset(m, 0, sizeof(*m));
	atomic_init(&m->damaged, false);
}

void
vhost_memory_fini(struct vhost_memory *m)
{
	vhost_memory_clear(m);
}

/* ---- what regions may be ---- */

static bool
overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b ? b - a < a_size : a - b < b_size;
}

static int
check_pair(const struct vhost_region *a, const struct vhost_region *b,
	   struct err *err)
{
	bool guest = overlap(a->guest, a->size, b->guest, b->size);

	if (!guest && !overlap(a->user, a->size, b->user, b->size))
		return 0;
	return err_set(err, -EPROTO,
		       "regions of memory that overlap: %#llx and %#llx of the "
		       "%s",
		       (unsigned long long)(guest ? a->guest : a->user),
		       (unsigned long long)(guest ? b->guest : b->user),
		       guest ? "guest" : "front-end");
}

/* @region beside those that the draft has. */
static int
check_region(const struct draft *d, const struct vhost_region *region,
	     struct err *err)
{
	uint64_t left = VHOST_MEMORY_MAX_BYTES;
	int ret = 0;

	if (region->size == 0 || region->size > UINT64_MAX - region->guest ||
	    region->size > UINT64_MAX - region->user)
		return err_set(err, -EPROTO,
			       "a region of memory that goes beyond the last "
			       "address");
	for (unsigned i = 0; i < d->n && ret == 0; i++) {
		ret = check_pair(&d->slots[i].region, region, err);
		left -= d->slots[i].region.size;
	}
	if (ret == 0 && region->size > left)
		ret = err_set(err, -EPROTO,
			      "regions of memory of more than %llu octets",
			      (unsigned long long)VHOST_MEMORY_MAX_BYTES);
	return ret;
}

/* ---- making a table ---- */

static int
draft_begin(struct draft *d, unsigned n_max, struct err *err)
{
	*d = (struct draft){ .slots = calloc(n_max, sizeof(*d->slots)),
			     .regions = calloc(n_max, sizeof(*d->regions)) };
	if (d->slots != NULL && d->regions != NULL)
		return 0;
	free(d->slots);
	free(d->regions);
	return err_set(err, -ENOMEM, "no memory for %u regions", n_max);
}

static void
draft_drop(struct draft *d)
{
	for (unsigned i = 0; i < d->n; i++) {
		if (d->slots[i].kept == NULL)
			vhost_map_close(&d->slots[i].map);
	}
	free(d->slots);
	free(d->regions);
}

static void
draft_insert(struct draft *d, const struct vhost_slot *slot)
{
	unsigned i = d->n++;

	for (; i > 0 && d->slots[i - 1].region.guest > slot->region.guest;
	     i--) {
		d->slots[i] = d->slots[i - 1];
		d->regions[i] = d->regions[i - 1];
	}
	d->slots[i] = *slot;
	d->regions[i] = (struct guest_region){ .guest = slot->region.guest,
					       .size = slot->region.size,
					       .at = slot->map.at };
}

static void
draft_keep(struct draft *d, struct vhost_slot *before)
{
	struct vhost_slot slot = *before;

	slot.kept = before;
	draft_insert(d, &slot);
}

static bool
is_same(const struct vhost_region *a, const struct vhost_region *b)
{
	return a->guest == b->guest && a->size == b->size && a->user == b->user;
}

static struct vhost_slot *
find_slot(const struct vhost_memory *m, const struct vhost_region *region)
{
	for (unsigned i = 0; i < m->table.n_regions; i++) {
		if (is_same(&m->slots[i].region, region))
			return &m->slots[i];
	}
	return NULL;
}

static int
draft_add(struct draft *d, struct vhost_memory *m,
	  const struct vhost_region *region, int fd, struct err *err)
{
	struct vhost_slot *before = find_slot(m, region);
	struct vhost_slot slot = { .region = *region };
	int ret = check_region(d, region, err);

	if (ret < 0)
		return ret;
	if (before != NULL &&
	    vhost_map_is(&before->map, fd, region->offset, region->size)) {
		draft_keep(d, before);
		return 0;
	}
	ret = vhost_map_open(&slot.map, fd, region->offset, region->size,
			     &m->damaged, err);
	if (ret == 0)
		draft_insert(d, &slot);
	return ret;
}

/* From now on it is the table. */
static void
draft_finish(struct draft *d, struct vhost_memory *m)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct vhost_slot *slot = &d->slots[i];

		if (slot->kept != NULL)
			slot->kept->map = (struct vhost_map){ .at = NULL };
		slot->kept = NULL;
	}
	vhost_memory_clear(m);
	m->slots = d->slots;
	m->regions = d->regions;
	m->table =
	    (struct guest_memory){ .regions = d->regions, .n_regions = d->n };
}

/* ---- the messages ---- */

int
vhost_memory_replace(struct vhost_memory *m, const struct vhost_region *regions,
		     const int *fds, unsigned n, struct err *err)
{
	struct draft d;
	int ret = draft_begin(&d, n, err);

	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < n && ret == 0; i++)
		ret = draft_add(&d, m, &regions[i], fds[i], err);
	if (ret < 0)
		draft_drop(&d);
	else
		draft_finish(&d, m);
	return ret;
}

int
vhost_memory_add(struct vhost_memory *m, const struct vhost_region *region,
		 int fd, struct err *err)
{
	unsigned n = m->table.n_regions;
	struct draft d;
	int ret;

	if (n >= VHOST_MEMORY_SLOTS)
		return err_set(err, -EPROTO, "more than %d regions of memory",
			       (int)VHOST_MEMORY_SLOTS);
	ret = draft_begin(&d, n + 1, err);
	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < n; i++)
		draft_keep(&d, &m->slots[i]);
	ret = draft_add(&d, m, region, fd, err);
	if (ret < 0)
		draft_drop(&d);
	else
		draft_finish(&d, m);
	return ret;
}

int
vhost_memory_remove(struct vhost_memory *m, const struct vhost_region *region,
		    struct err *err)
{
	struct vhost_slot *slot = find_slot(m, region);
	unsigned i, behind;

	if (slot == NULL)
		return err_set(
		    err, -EPROTO,
		    "there is no region of memory at %#llx of the "
		    "guest, %#llx of the front-end, with %llu octets",
		    (unsigned long long)region->guest,
		    (unsigned long long)region->user,
		    (unsigned long long)region->size);
	vhost_map_close(&slot->map);
	i = (unsigned)(slot - m->slots);
	behind = --m->table.n_regions - i;
	memmove(slot, slot + 1, behind * sizeof(*slot));
	memmove(&m->regions[i], &m->regions[i + 1],
		behind * sizeof(m->regions[i]));
	return 0;
}

void
vhost_memory_clear(struct vhost_memory *m)
{
	for (unsigned i = 0; i < m->table.n_regions; i++)
		vhost_map_close(&m->slots[i].map);
	free(m->slots);
	free(m->regions);
	m->slots = NULL;
	m->regions = NULL;
	m->table = (struct guest_memory){ .regions = NULL };
}

void *
vhost_memory_user(const struct vhost_memory *m, uint64_t user, uint64_t len,
		  uint64_t *guest)
{
	for (unsigned i = 0; i < m->table.n_regions; i++) {
		const struct vhost_slot *slot = &m->slots[i];
		uint64_t at = user - slot->region.user; /* wraps: is none */

		if (at >= slot->region.size || len > slot->region.size - at)
			continue;
		if (guest != NULL)
			*guest = slot->region.guest + at;
		return slot->map.at + at;
	}
	return NULL;
}
