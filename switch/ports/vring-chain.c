/*
 * What is rare in chains of descriptors: buffers that lie in several regions of
 * the guest's memory, or in none; and tables of indirect descriptors.
 */
#include "switch/ports/vring-priv.h"

#include <inttypes.h>

int
vring_walk_refuse(struct vring *r)
{
	return vring_violate(r, "%s",
			     r->access == 0
				 ? "a buffer to be written to, among those to "
				   "be sent"
				 : "a buffer not to be written to, among those "
				   "to be received in");
}

int
vring_walk_add(struct vring *r, struct vring_space *space,
	       struct vring_chain *chain, uint64_t guest, uint32_t len)
{
	if (len > UINT32_MAX - chain->len)
		return vring_violate(r, "a chain of 4 GiB");
	while (len > 0) {
		const struct guest_region *region =
		    guest_memory_find(r->memory, guest);
		uint64_t left;
		uint32_t piece;

		if (region == NULL)
			return vring_violate(r,
					     "%" PRIu32 " octets at 0x%" PRIx64
					     " are not in its memory",
					     len, guest);
		if (chain->n_iov == VRING_CHAIN_IOVS)
			return vring_violate(r,
					     "a chain of more than %d "
					     "buffers",
					     VRING_CHAIN_IOVS);
		if (space->n == space->n_max)
			return -ENOSPC;
		r->last = *region;
		left = region->size - (guest - region->guest);
		piece = len < left ? len : (uint32_t)left;
		space->iov[space->n++] = (struct iovec){
			.iov_base = region->at + (guest - region->guest),
			.iov_len = piece,
		};
		chain->n_iov++;
		chain->len += piece;
		guest += piece;
		len -= piece;
	}
	return 0;
}

/* Entry @i of the table.  Return: where; NULL: not in the guest's memory, or
 * not where it can be read at once. */
static const uint8_t *
entry(struct vring *r, uint64_t table, uint32_t i)
{
	const uint8_t *at = guest_memory_at(
	    r->memory, &r->last, table + (uint64_t)i * DESC_SIZE, DESC_SIZE);

	return (uintptr_t)at % sizeof(uint64_t) == 0 ? at : NULL;
}

static int
read_table(struct vring *r, struct vring_space *space,
	   struct vring_chain *chain, uint64_t table, uint32_t n)
{
	/* In the last word of a descriptor: split: length, flags, next;
	 * packed: length, id, flags. */
	unsigned flags_at = r->packed ? 48 : 32;
	uint32_t i = 0;

	for (uint32_t n_read = 0; n_read < n; n_read++) {
		const uint8_t *at = entry(r, table, i);
		uint64_t guest, rest;
		uint16_t flags;
		int ret;

		if (at == NULL)
			return vring_violate(r,
					     "an indirect table at 0x%" PRIx64
					     " is not in its memory",
					     table);
		guest = shared_load64(at);
		rest = shared_load64(at + 8);
		flags = (uint16_t)(rest >> flags_at);
		if ((flags & DESC_INDIRECT) != 0)
			return vring_violate(r, "an indirect table in an "
						"indirect table");
		/* DPDK's driver (22.11) lets the device write to the header of
		 * what it sends, in its packed tables; nobody does. */
		if (r->packed && r->access == 0)
			flags &= (uint16_t)~DESC_WRITE;
		ret = vring_walk_buffer(r, space, chain, guest, (uint32_t)rest,
					flags);
		if (ret < 0)
			return ret;
		if (r->packed) { /* 2.8.8: all of them, one by one */
			i++;
			continue;
		}
		if ((flags & DESC_NEXT) == 0)
			return 0;
		i = (uint32_t)(rest >> 48);
		if (i >= n)
			return vring_violate(r,
					     "descriptor %" PRIu32
					     " of an indirect table of "
					     "%" PRIu32,
					     i, n);
	}
	if (r->packed)
		return 0;
	return vring_violate(r, "an indirect table with a loop");
}

int
vring_walk_indirect(struct vring *r, struct vring_space *space,
		    struct vring_chain *chain, uint64_t guest, uint32_t len)
{
	if (!r->indirect)
		return vring_violate(r, "an indirect table, which was not "
					"negotiated");
	if (len == 0 || len % DESC_SIZE != 0 ||
	    len / DESC_SIZE > VRING_CHAIN_MAX)
		return vring_violate(
		    r, "an indirect table of %" PRIu32 " octets", len);
	/* The whole of it is looked up entry by entry: its sum cannot wrap,
	 * regions do not. */
	return read_table(r, space, chain, guest, len / DESC_SIZE);
}
