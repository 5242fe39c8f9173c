#include "switch/ports/guest-memory.h"

const struct guest_region *
guest_memory_find(const struct guest_memory *memory, uint64_t guest)
{
	unsigned low = 0, high = memory->n_regions;

	/* The last region that begins at or before the address. */
	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (memory->regions[middle].guest <= guest)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 ||
	    guest_region_at(&memory->regions[low - 1], guest, 1) == NULL)
		return NULL;
	return &memory->regions[low - 1];
}

uint64_t
guest_memory_locate(const struct guest_memory *memory, const void *at,
		    uint64_t *left)
{
	for (unsigned i = 0; i < memory->n_regions; i++) {
		const struct guest_region *region = &memory->regions[i];
		uint64_t offset = (uintptr_t)at - (uintptr_t)region->at;

		if ((uintptr_t)at < (uintptr_t)region->at ||
		    offset >= region->size)
			continue;
		*left = region->size - offset;
		return region->guest + offset;
	}
	*left = 0;
	return UINT64_MAX;
}
