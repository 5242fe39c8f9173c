#include "vring-driver.h"

#include <endian.h>
#include <string.h>

enum { AVAIL = 1 << 7, USED = 1 << 15, WRAP = 1 << 15 };

static void
put16(uint8_t *at, uint16_t value)
{
	value = htole16(value);
	memcpy(at, &value, sizeof(value));
}

static void
put32(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static void
put64(uint8_t *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

static uint16_t
get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static uint32_t
get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

void
driver_init(struct driver *d, uint64_t features, uint16_t size,
	    struct vring_config *config)
{
	memset(d, 0, sizeof(*d));
	d->packed = (features & VRING_F_PACKED) != 0;
	d->size = size;
	d->next_wrap = d->used_wrap = true;
	d->regions[0] = (struct guest_region){
		.guest = DRIVER_GUEST,
		.size = sizeof(d->low),
		.at = d->low,
	};
	d->regions[1] = (struct guest_region){
		.guest = DRIVER_GUEST + DRIVER_HALF,
		.size = sizeof(d->high),
		.at = d->high,
	};
	d->memory = (struct guest_memory){ d->regions, 2 };
	*config = (struct vring_config){
		.size = size,
		.features = features,
		.memory = &d->memory,
		.desc = d->desc,
		.driver = d->ours,
		.device = d->theirs,
		.base = d->packed ? WRAP : 0,
	};
}

uint8_t *
driver_at(struct driver *d, uint64_t guest)
{
	struct guest_region last = { .size = 0 };

	return guest_memory_at(&d->memory, &last, guest, 1);
}

void
driver_write_desc(struct driver *d, uint8_t *table, unsigned i,
		  struct driver_buffer buffer, uint16_t flags, uint16_t last)
{
	uint8_t *at = table + (size_t)i * 16;

	put64(at, buffer.at);
	put32(at + 8, buffer.len);
	put16(at + (d->packed ? 12 : 14), last);
	put16(at + (d->packed ? 14 : 12), flags);
}

void
driver_offer(struct driver *d, uint16_t head)
{
	put16(d->ours + 4 + (size_t)(d->next & (d->size - 1)) * 2, head);
	d->next++;
}

void
driver_show(struct driver *d)
{
	put16(d->ours + 2, d->next);
}

static void
write_table(struct driver *d, const struct driver_buffer *buffers, unsigned n,
	    uint16_t flags, uint64_t table)
{
	for (unsigned i = 0; i < n; i++) {
		uint16_t more = !d->packed && i + 1 < n ? DRIVER_NEXT : 0;

		driver_write_desc(d, driver_at(d, table), i, buffers[i],
				  flags | more, (uint16_t)(i + 1));
	}
}

static uint16_t
add_split(struct driver *d, const struct driver_buffer *buffers, unsigned n,
	  uint16_t flags)
{
	uint16_t head = d->free;

	for (unsigned i = 0; i < n; i++) {
		uint16_t next = (uint16_t)((d->free + 1) % d->size);

		driver_write_desc(d, d->desc, d->free, buffers[i],
				  flags | (i + 1 < n ? DRIVER_NEXT : 0), next);
		d->free = next;
	}
	driver_offer(d, head);
	driver_show(d);
	return head;
}

static uint16_t
add_packed(struct driver *d, const struct driver_buffer *buffers, unsigned n,
	   uint16_t flags)
{
	uint16_t first = d->next, first_flags = 0, id = d->next;

	for (unsigned i = 0; i < n; i++) {
		uint16_t all = flags | (i + 1 < n ? DRIVER_NEXT : 0) |
			       (d->next_wrap ? AVAIL : USED);

		/* The first one is shown when all are there. */
		driver_write_desc(d, d->desc, d->next, buffers[i],
				  i > 0 ? all
					: get16(d->desc + d->next * 16 + 14),
				  i + 1 < n ? UINT16_MAX : id);
		if (i == 0)
			first_flags = all;
		if (++d->next == d->size) {
			d->next = 0;
			d->next_wrap = !d->next_wrap;
		}
	}
	d->n_slots[id] = (uint16_t)n;
	put16(d->desc + (size_t)first * 16 + 14, first_flags);
	return id;
}

uint16_t
driver_add(struct driver *d, const struct driver_buffer *buffers, unsigned n,
	   uint16_t flags, uint64_t table)
{
	struct driver_buffer whole = { table, n * 16 };

	if (table != 0) {
		write_table(d, buffers, n, flags & DRIVER_WRITE, table);
		buffers = &whole;
		n = 1;
		flags = DRIVER_INDIRECT;
	}
	return d->packed ? add_packed(d, buffers, n, flags)
			 : add_split(d, buffers, n, flags);
}

bool
driver_used(struct driver *d, uint16_t *id, uint32_t *len)
{
	const uint8_t *at;

	if (d->packed) {
		uint16_t flags;

		at = d->desc + (size_t)d->used * 16;
		flags = get16(at + 14);
		if (((flags & AVAIL) != 0) != d->used_wrap ||
		    ((flags & USED) != 0) != d->used_wrap)
			return false;
		*len = get32(at + 8);
		*id = get16(at + 12);
		driver_skip(d, *id < d->size ? d->n_slots[*id] : 1);
		return true;
	}
	if (get16(d->theirs + 2) == d->used)
		return false;
	at = d->theirs + 4 + (size_t)(d->used & (d->size - 1)) * 8;
	*id = (uint16_t)get32(at);
	*len = get32(at + 4);
	d->used++;
	return true;
}

void
driver_skip(struct driver *d, unsigned n_slots)
{
	unsigned to = d->used + n_slots;

	if (to >= d->size) {
		to -= d->size;
		d->used_wrap = !d->used_wrap;
	}
	d->used = (uint16_t)to;
}

void
driver_quiet(struct driver *d, bool quiet)
{
	put16(d->ours + (d->packed ? 2 : 0), quiet);
}

void
driver_event(struct driver *d, uint16_t place)
{
	if (d->packed)
		put32(d->ours, place | UINT32_C(2) << 16);
	else
		put16(d->ours + 4 + (size_t)d->size * 2, place);
}

bool
driver_is_muted(const struct driver *d)
{
	return get16(d->theirs + (d->packed ? 2 : 0)) == 1;
}

uint16_t
driver_kick_place(const struct driver *d)
{
	return get16(d->packed ? d->theirs
			       : d->theirs + 4 + (size_t)d->size * 8);
}
