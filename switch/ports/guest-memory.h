/*
 * guest-memory: where the memory of a guest lies in ours.
 *
 * Pure: a table and a look-up, which is on the way of each frame.  Who maps
 * the memory keeps the table, and tells everybody who looked something up
 * before he changes it.
 */
#ifndef PORTS_GUEST_MEMORY_H
#define PORTS_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* .size > 0; neither .guest + .size nor .at + .size overflows. */
struct guest_region {
	uint64_t guest; /* address as the guest knows it */
	uint64_t size;	/* octets */
	uint8_t *at;	/* the same octets for us */
};

/* In ascending order of .guest; regions do not overlap, on neither side. */
struct guest_memory {
	const struct guest_region *regions; /* borrowed */
	unsigned n_regions;
};

/**
 * guest_memory_find() - the region that an address is in
 *
 * Return: borrowed from the table; NULL when there is none.
 */
const struct guest_region *guest_memory_find(const struct guest_memory *memory,
					     uint64_t guest);

/**
 * guest_memory_locate() - the other way: what the guest calls an octet of ours
 * @left: out: octets from there to the end of the region
 *
 * Takes as long as there are regions.
 *
 * Return: the address; UINT64_MAX when @at is nothing of the guest's.
 */
uint64_t guest_memory_locate(const struct guest_memory *memory, const void *at,
			     uint64_t *left);

/**
 * guest_region_at() - @len octets of the guest at @guest, if all are in @region
 * @region: any, also one with .size 0
 *
 * Return: the first; NULL when not all are there.
 */
static inline uint8_t *
guest_region_at(const struct guest_region *region, uint64_t guest, uint64_t len)
{
	uint64_t at = guest - region->guest; /* wraps: is no offset, then */

	if (at >= region->size || len > region->size - at)
		return NULL;
	return region->at + at;
}

/**
 * guest_memory_at() - @len octets of the guest, in one piece
 * @last: the caller's: where the last look-up found something; all zeros at
 *        first and whenever the table has changed
 *
 * Return: the first; NULL when they are not all in one region.
 */
static inline uint8_t *
guest_memory_at(const struct guest_memory *memory, struct guest_region *last,
		uint64_t guest, uint64_t len)
{
	uint8_t *at = guest_region_at(last, guest, len);
	const struct guest_region *region;

	if (at != NULL)
		return at;
	region = guest_memory_find(memory, guest);
	if (region == NULL)
		return NULL;
	*last = *region;
	return guest_region_at(region, guest, len);
}

#endif /* PORTS_GUEST_MEMORY_H */
