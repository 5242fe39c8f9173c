/*
 * The log of pages that the device has written to, for a front-end that copies
 * the guest's memory while it runs.
 */
#include "switch/ports/vring-priv.h"

#include <inttypes.h>

static void
mark(struct vring *r, uint64_t guest, uint64_t len)
{
	uint64_t page = guest / LOG_PAGE, last = (guest + len - 1) / LOG_PAGE;

	if (last / 8 >= r->log_size) {
		vring_violate(r,
			      "a log of %" PRIu64 " octets, too short for "
			      "0x%" PRIx64,
			      r->log_size, guest);
		return;
	}
	for (; page <= last; page++)
		atomic_fetch_or_explicit((_Atomic(uint8_t) *)&r->log[page / 8],
					 (uint8_t)(1 << page % 8),
					 memory_order_release);
}

static void
mark_ours(struct vring *r, const void *at, uint64_t len)
{
	uint64_t left, guest = guest_memory_locate(r->memory, at, &left);

	/* It has been looked up in this table, in one piece. */
	if (guest != UINT64_MAX && len > 0)
		mark(r, guest, len < left ? len : left);
}

void
vring_log_chain(struct vring *r, const struct vring_chain *chain)
{
	uint64_t left = chain->written;

	for (unsigned i = 0; i < chain->n_iov && left > 0; i++) {
		const struct iovec *iov = &chain->iov[i];
		uint64_t len = iov->iov_len < left ? iov->iov_len : left;

		mark_ours(r, iov->iov_base, len);
		left -= len;
	}
}

void
vring_log_ours(struct vring *r, const void *at, uint64_t len)
{
	if (r->log_device != VRING_NO_LOG)
		mark_ours(r, at, len);
}

void
vring_log_device(struct vring *r, uint64_t offset, uint64_t len)
{
	if (r->log_device == VRING_NO_LOG)
		return;
	if (offset + len > UINT64_MAX - r->log_device) {
		vring_violate(r, "a log at 0x%" PRIx64, r->log_device);
		return;
	}
	mark(r, r->log_device + offset, len);
}
