/*
 * vring-priv: what the files of vring share.
 *
 * Everything that is read from the guest's memory is read by the functions
 * here: once, whatever the compiler would like better.
 */
#ifndef PORTS_VRING_PRIV_H
#define PORTS_VRING_PRIV_H

#include <endian.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/ports/vring.h"

/* Flags of a descriptor, VIRTIO 1.2, 2.7.5 and 2.8.13. */
enum {
	DESC_NEXT = 1 << 0,
	DESC_WRITE = 1 << 1,
	DESC_INDIRECT = 1 << 2,
	DESC_AVAIL = 1 << 7, /* packed */
	DESC_USED = 1 << 15, /* packed */
};

enum { DESC_SIZE = 16, LOG_PAGE = 4096 };

/* ---- words that both sides write ---- */

static inline uint16_t
shared_load16(const void *at)
{
	return le16toh(*(const volatile uint16_t *)at);
}

static inline uint32_t
shared_load32(const void *at)
{
	return le32toh(*(const volatile uint32_t *)at);
}

static inline uint64_t
shared_load64(const void *at)
{
	return le64toh(*(const volatile uint64_t *)at);
}

/* What the guest wrote before this word is there afterwards. */
static inline uint16_t
shared_load16_acquire(const void *at)
{
	return le16toh(atomic_load_explicit((const _Atomic(uint16_t) *)at,
					    memory_order_acquire));
}

static inline void
shared_store16(void *at, uint16_t value)
{
	*(volatile uint16_t *)at = htole16(value);
}

static inline void
shared_store32(void *at, uint32_t value)
{
	*(volatile uint32_t *)at = htole32(value);
}

/* What we wrote before this word is there when the guest sees it. */
static inline void
shared_store16_release(void *at, uint16_t value)
{
	atomic_store_explicit((_Atomic(uint16_t) *)at, htole16(value),
			      memory_order_release);
}

/* Between a word that we have written and one of the guest's that we read,
 * when the guest does it the other way round: one of us sees the other's. */
static inline void
shared_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/* ---- what will be needed soon ---- */

enum { CACHE_LINE = 64 };

/* The other side had it last, and wants it back: fetching a line to read it and
 * again to write it would be two ways. */
static inline void
shared_prefetch_to_write(const void *at)
{
#ifdef __x86_64__
	/* GCC emits it for known processors only; others do nothing. */
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)at));
#else
	__builtin_prefetch(at, 1);
#endif
}

/* The first octets of a frame, which lies behind @header_len others: what comes
 * behind them the processor sees coming by itself.  A header that is written is
 * looked at before, for most often it is there already: a line that is only
 * read stays in the cache of both sides. */
static inline void
shared_prefetch(const uint8_t *at, uint32_t len, uint8_t header_len,
		bool writes)
{
	const uint8_t *frame = at + (len > header_len ? header_len : 0);
	bool is_long = len > (uint32_t)header_len + CACHE_LINE;

	if (writes) {
		__builtin_prefetch(at);
		shared_prefetch_to_write(frame);
		if (is_long)
			shared_prefetch_to_write(frame + CACHE_LINE);
	} else {
		__builtin_prefetch(frame);
		if (is_long)
			__builtin_prefetch(frame + CACHE_LINE);
	}
}

/* 2.7.7.1: has an index, going from @before to @now, come past @event? */
static inline bool
event_is_passed(uint16_t event, uint16_t now, uint16_t before)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

/* ---- vring.c ---- */

/** vring_violate() - the ring stands still from now on; the first reason stays
 * Return: -EPROTO */
__attribute__((cold, format(printf, 2, 3))) int
vring_violate(struct vring *r, const char *format, ...);

/* ---- vring-chain.c ---- */

/** vring_walk_add() - a buffer of @chain that is not simply there
 * Return: 0; -ENOSPC: @space is full; -EPROTO */
int vring_walk_add(struct vring *r, struct vring_space *space,
		   struct vring_chain *chain, uint64_t guest, uint32_t len);
/** vring_walk_indirect() - the table of descriptors that one refers to
 * Return: as vring_walk_add() */
int vring_walk_indirect(struct vring *r, struct vring_space *space,
			struct vring_chain *chain, uint64_t guest,
			uint32_t len);
/** vring_walk_refuse() - a buffer for the other direction
 * Return: -EPROTO */
int vring_walk_refuse(struct vring *r);

/* A buffer of the chain.  Return: as vring_walk_add(). */
static inline int
vring_walk_buffer(struct vring *r, struct vring_space *space,
		  struct vring_chain *chain, uint64_t guest, uint32_t len,
		  uint16_t flags)
{
	uint8_t *at = guest_region_at(&r->last, guest, len);

	if ((flags & DESC_WRITE) != r->access)
		return vring_walk_refuse(r);
	if (at == NULL || len == 0 || len > UINT32_MAX - chain->len ||
	    chain->n_iov == VRING_CHAIN_IOVS || space->n == space->n_max)
		return vring_walk_add(r, space, chain, guest, len);
	space->iov[space->n++] =
	    (struct iovec){ .iov_base = at, .iov_len = len };
	chain->n_iov++;
	chain->len += len;
	shared_prefetch(at, len, r->header_len, r->access != 0);
	return 0;
}

/* ---- vring-split.c, vring-packed.c ---- */

/* Of both: the same as the functions of vring.h without "split_", and
 * split_next(): the next chain.
 * Return: 1; 0: there is none; -ENOSPC: @space is full; -EPROTO. */
int split_next(struct vring *r, struct vring_space *space,
	       struct vring_chain *chain);
unsigned split_reserve_run(struct vring *r, struct vring_space *space,
			   const uint32_t *lens, unsigned n,
			   struct vring_chain *chains);
int split_take(struct vring *r, struct vring_space *space,
	       struct vring_chain *chains, unsigned max);
void split_rewind(struct vring *r, const struct vring_chain *chains,
		  unsigned n);
void split_return(struct vring *r, const struct vring_chain *chains,
		  unsigned n);
void split_publish(struct vring *r);
bool split_wants_call(struct vring *r);
void split_mute(struct vring *r);
bool split_listen(struct vring *r);
bool split_peek(const struct vring *r);
/** split_begin() - find out where to go on
 * Return: 0; -ENOMEM */
int split_begin(struct vring *r, struct err *err);
uint32_t split_base(const struct vring *r);

int packed_next(struct vring *r, struct vring_space *space,
		struct vring_chain *chain);
unsigned packed_reserve_run(struct vring *r, struct vring_space *space,
			    const uint32_t *lens, unsigned n,
			    struct vring_chain *chains);
int packed_take(struct vring *r, struct vring_space *space,
		struct vring_chain *chains, unsigned max);
void packed_rewind(struct vring *r, const struct vring_chain *chains,
		   unsigned n);
void packed_return(struct vring *r, const struct vring_chain *chains,
		   unsigned n);
void packed_publish(struct vring *r);
bool packed_wants_call(struct vring *r);
void packed_mute(struct vring *r);
bool packed_listen(struct vring *r);
bool packed_peek(const struct vring *r);
int packed_begin(struct vring *r, uint32_t base, struct err *err);
uint32_t packed_base(const struct vring *r);

/* ---- vring-log.c: only when r->log != NULL ---- */

/** vring_log_chain() - .written octets of it have been written */
void vring_log_chain(struct vring *r, const struct vring_chain *chain);
/** vring_log_device() - @len octets at @offset of the used ring have */
void vring_log_device(struct vring *r, uint64_t offset, uint64_t len);
/** vring_log_ours() - @len octets of a packed ring have */
void vring_log_ours(struct vring *r, const void *at, uint64_t len);

/* ---- vring-inflight.c: only when r->inflight != NULL ---- */

/** vring_inflight_check() - has nobody else filled it, of whose work we would
 * do something again, or nothing?
 * Return: 0; -EINVAL with @err set. */
int vring_inflight_check(const struct vring *r, struct err *err);
/** vring_inflight_begin() - split: what a former device left: into .again
 * Return: 0; -ENOMEM */
int vring_inflight_begin(struct vring *r, struct err *err);
void vring_inflight_taken(struct vring *r, uint16_t head);
void vring_inflight_untaken(struct vring *r, uint16_t head);
void vring_inflight_returned(struct vring *r, uint16_t head);
/** vring_inflight_published() - after the used index was stored */
void vring_inflight_published(struct vring *r);

/** vring_inflight_place() - packed: where a device that was killed had got
 * @to: where it was about to get
 * Return: false: there was none. */
bool vring_inflight_place(const struct vring *r, uint16_t *from, uint16_t *to);
void vring_inflight_intend(struct vring *r, uint16_t to);
void vring_inflight_reached(struct vring *r, uint16_t at);
/** vring_inflight_end() - the device ends with nothing in its hands */
void vring_inflight_end(struct vring *r);

#endif /* PORTS_VRING_PRIV_H */
