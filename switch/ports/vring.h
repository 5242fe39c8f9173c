/*
 * vring: a virtqueue in a guest's memory, seen from the device (VIRTIO 1.2,
 * 2.7 split and 2.8 packed virtqueues).
 *
 * Pure: memory and numbers.  Knows no descriptor, no message, no frame.
 *
 * The guest is not trusted, and goes on writing while we read.  Each field of
 * its memory is read once, checked, and used from there; whatever stands in a
 * ring, a call ends after at most VRING_CHAIN_MAX descriptors a chain and a
 * ring's size of chains.  What breaks the rules of VIRTIO is a violation: the
 * ring stands still from then on, .violation says why, and the caller closes
 * the guest's port.  The octets of frames are the guest's all the time: who
 * reads one of them twice may find two values.
 *
 * The life of a batch, from the guest (its transmit queue):
 *
 *	vring_mute(r);                             once, not for each batch
 *	space.n = 0;
 *	n = vring_take(r, &space, chains, 64);     look at chains[i].iov
 *	vring_return(r, chains, n);                in the order taken
 *	vring_publish(r);
 *	if (vring_wants_call(r)) ...               write to the call eventfd
 *	if (n < 64 && !vring_listen(r)) ...        sleep until a kick
 *
 * to the guest (its receive queue):
 *
 *	space.n = 0;
 *	n = vring_reserve_run(r, &space, lens, n_frames, chains);
 *	copy to chains[i].iov                      exactly lens[i] octets long
 *	vring_return(r, chains, n);                .written is filled in
 *	space.n = 0;                               the next one is different
 *	n = vring_reserve(r, &space, len, chains, VRING_FRAME_CHAINS);
 *	copy to space.iov[0 .. space.n - 1]        exactly len octets long
 *	vring_return(r, chains, n);                .written is filled in
 *	... more frames ...
 *	vring_publish(r);                          once for all of them
 *	if (vring_wants_call(r)) ...
 *
 * One thread at a time; the guest is another one.
 */
#ifndef PORTS_VRING_H
#define PORTS_VRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "lib/octets.h"
#include "switch/ports/guest-memory.h"

struct err;

/* Of VIRTIO's feature bits those that change what a ring is. */
#define VRING_F_INDIRECT (UINT64_C(1) << 28)
#define VRING_F_EVENT_IDX (UINT64_C(1) << 29)
#define VRING_F_PACKED (UINT64_C(1) << 34)
#define VRING_F_IN_ORDER (UINT64_C(1) << 35)

#define VRING_NO_LOG UINT64_MAX /* vring_set_log() */

enum {
	VRING_SIZE_MAX = 32768, /* 2.7, 2.8: descriptors of a ring */
	/* Descriptors of a chain, those of an indirect table included.  Guests
	 * use 19 for 64 KiB; QEMU bears as many as here. */
	VRING_CHAIN_MAX = 1024,
	/* iovecs that any chain fits: the guest's regions may cut one
	 * descriptor in several pieces, the sum of them is bounded all the
	 * same. */
	VRING_CHAIN_IOVS = VRING_CHAIN_MAX,
	/* Buffers that one frame may lie in, when they may be merged. */
	VRING_FRAME_CHAINS = 256,
	VRING_ALIGN = 16, /* of descriptors; of the rest 4; split: driver 2 */
};

enum vring_direction {
	VRING_FROM_GUEST, /* we read: all descriptors are readable ones */
	VRING_TO_GUEST,	  /* we write: all are writable ones */
};

/* How long the three parts of a ring are, in octets. */
struct vring_areas {
	uint64_t desc;	 /* descriptor table or ring */
	uint64_t driver; /* available ring; packed: event suppression */
	uint64_t device; /* used ring; packed: event suppression */
};

struct vring_config {
	unsigned size;	   /* descriptors, from the guest's side: any number */
	uint64_t features; /* negotiated: VRING_F_*; other bits are ignored */
	enum vring_direction direction;
	bool mergeable; /* VIRTIO_NET_F_MRG_RXBUF: a frame in many chains */
	/* Octets in front of each frame that are seldom touched: to the guest,
	 * they are looked at and seldom changed; from it, not looked at.  For
	 * speed only: what will be needed is fetched early. */
	uint8_t header_len;
	const struct guest_memory *memory; /* borrowed until vring_stop() */
	/* The parts, translated by the caller, who has found them as long as
	 * vring_areas() says. */
	void *desc;
	void *driver;
	void *device;
	/* SET_VRING_BASE: split: of no interest, for the used ring knows
	 * better; packed: VIRTIO's available index in bits 0-14, its wrap counter in bit 15,
	 * the used ones in the same way in bits 16-31. */
	uint32_t base;
	/* The queue's part of the inflight area, vring_inflight_size() octets,
	 * aligned to 8; borrowed until vring_stop().  NULL: there is none. */
	void *inflight;
};

/* Where iovecs of chains lie.  The caller sets .n = 0 to use it again. */
struct vring_space {
	struct iovec *iov;
	unsigned n;	/* in use */
	unsigned n_max; /* at least VRING_CHAIN_IOVS, else a chain of some
			 * guest never fits */
};

/* A buffer of the guest: ours from vring_take() or vring_reserve() on, until
 * vring_return(). */
struct vring_chain {
	struct iovec *iov; /* in the caller's space */
	uint32_t len;	   /* octets of all of them; 0 is possible */
	uint32_t written;  /* how many of them the guest is told to look at */
	uint16_t n_iov;	   /* no iovec is empty */
	uint16_t id;	   /* what the guest knows it by */
	uint16_t n_slots;  /* of the ring that it takes */
	bool again;	   /* a former device had taken it, too */
};

/* All zeros: stopped.  To be looked at: .running, .violation; what else is in
 * it is for vring-*.c only.
 *
 * Indexes count as the layout does.  Split: free-running, modulo 2^16.  Packed:
 * 0 .. size - 1, with the wrap counter beside it. */
struct vring {
	bool running;
	bool packed;
	bool event_idx;
	bool indirect;
	bool in_order;
	bool mergeable;
	bool broken;	/* see .violation */
	bool muted;	/* the guest has been told not to kick */
	bool told_once; /* .told means something */
	bool avail_wrap;
	bool seen_wrap;
	bool used_wrap;
	uint8_t header_len; /* of the configuration */
	uint16_t access;    /* in the flags of each descriptor: 0 or WRITE */
	uint16_t avail;	    /* next to take */
	uint16_t seen;	    /* how far the guest had got when we last looked */
	uint16_t used;	    /* next to return */
	uint16_t told;	/* .used when the guest was last asked about calls */
	uint16_t event; /* where the guest is asked to kick */
	uint32_t size;
	uint32_t n_held;  /* taken and not returned: chains; packed: slots */
	uint32_t n_fresh; /* the same, returned and not published */
	uint32_t n_quiet; /* published since the guest was asked */
	uint8_t *head;	  /* packed: the first one not published, or NULL */
	uint16_t head_flags;
	uint16_t n_again; /* heads in .again */
	uint8_t *desc;
	uint8_t *driver;
	uint8_t *device;
	struct guest_region last; /* where the last address was found */
	const struct guest_memory *memory;
	void *inflight;
	uint64_t counter; /* of chains taken, for .inflight */
	uint16_t *again;  /* owned: what to take again, the first one last */
	uint8_t *log;
	uint64_t log_size;
	uint64_t log_device;
	char violation[96]; /* for people: what the guest did; "" = nothing */
};

/** vring_areas() - how long the parts of a ring of @size descriptors are
 * @size: 1..VRING_SIZE_MAX */
void vring_areas(bool packed, unsigned size, struct vring_areas *areas);

/** vring_inflight_size() - octets of a queue's part of the inflight area, in
 * either layout; a multiple of 64
 * @size: 1..VRING_SIZE_MAX */
size_t vring_inflight_size(unsigned size);

/**
 * vring_start() - begin to work on a ring, or go on where somebody has ended
 * @r: stopped
 *
 * Chains that @c->inflight says were taken and not returned come again first.
 * The guest is not muted.
 *
 * Return: 0; -EINVAL with a text when the size is none (0, too large, no power
 * of two in a split ring), a part is not aligned or NULL, or the base does not
 * fit a packed ring; -ENOMEM.
 */
int vring_start(struct vring *r, const struct vring_config *c, struct err *err);

/**
 * vring_stop() - touch the ring no more
 *
 * What was returned is published.  No-op when stopped.
 *
 * Return: where to go on, for GET_VRING_BASE, in the form of .base.  A chain
 * that is held counts as taken.
 */
uint32_t vring_stop(struct vring *r);

/**
 * vring_move() - the guest's memory lies elsewhere now
 * @c: its .memory, .desc, .driver, .device and their addresses; the rest is
 *     not looked at
 *
 * No chain may be held: those that were taken point to the old places.
 *
 * Return: 0; -EINVAL as vring_start(); the ring is as it was, then.
 */
int vring_move(struct vring *r, const struct vring_config *c, struct err *err);

/**
 * vring_set_log() - mark what we write to (VHOST_F_LOG_ALL)
 * @log:    a bit for each 4 KiB page of guest addresses, least significant
 *          first; borrowed until the next call or vring_stop(); NULL: do not
 * @size:   octets of it; a write to a page behind them is a violation
 * @device: where writes to the used ring are marked, the address in
 *          SET_VRING_ADDR that has VHOST_VRING_F_LOG set; VRING_NO_LOG: only
 *          those to buffers are.  A packed ring is marked where it lies.
 *
 * Pages are marked when they have been written to, at vring_return() and
 * vring_publish().
 */
void vring_set_log(struct vring *r, uint8_t *log, uint64_t size,
		   uint64_t device);

/**
 * vring_take() - the next chains, as many as there are and fit
 * @space:  gets their iovecs
 * @chains: out; .written is 0
 * @max:    > 0
 *
 * A chain without octets is one, too.
 *
 * Return: how many; less than @max: there are no more, or @space is full;
 * -EPROTO: a violation (those before it have been given out).
 */
int vring_take(struct vring *r, struct vring_space *space,
	       struct vring_chain *chains, unsigned max);

/**
 * vring_reserve() - room for @len octets in what the guest wants to receive in
 * @space:  gets iovecs for just so many octets, one behind the other, from
 *          .n on
 * @len:    > 0: the virtio_net_hdr and the frame
 * @chains: out; .written adds up to @len; of all but the last the whole length
 * @max:    one is enough unless the ring is .mergeable
 *
 * Return: how many chains; else nothing was taken: 0: the guest has not
 * offered enough yet; -EMSGSIZE: one chain is too short, and more may not be
 * used, or would be more than @max or VRING_FRAME_CHAINS, or the whole ring is
 * not enough: the caller drops the frame; -ENOSPC: they do not fit what is left
 * of @space; -EPROTO: a violation.
 */
int vring_reserve(struct vring *r, struct vring_space *space, uint32_t len,
		  struct vring_chain *chains, unsigned max);

/**
 * vring_reserve_run() - vring_reserve() for many frames whose buffers are as
 * they usually are: one for each, in one piece
 * @lens:   octets of each of the @n frames, with its header
 * @chains: out: one each
 *
 * Return: for how many of the first ones it was so; about the next one
 * vring_reserve() has more to say.
 */
unsigned vring_reserve_run(struct vring *r, struct vring_space *space,
			   const uint32_t *lens, unsigned n,
			   struct vring_chain *chains);

/**
 * vring_rewind() - as if the last ones had never been taken
 * @chains: the @n chains that were taken last, in that order, none of them
 *          returned
 */
void vring_rewind(struct vring *r, const struct vring_chain *chains,
		  unsigned n);

/**
 * vring_return() - give chains back, each once
 * @chains: .written of each is what the guest gets to know: 0 for what we
 *          only read, never more than .len
 *
 * In the order taken when VIRTIO_F_IN_ORDER was negotiated, in any otherwise.
 * The guest sees none of them before vring_publish().
 */
void vring_return(struct vring *r, const struct vring_chain *chains,
		  unsigned n);

/** vring_publish() - show the guest all that was returned; no-op if nothing */
void vring_publish(struct vring *r);

/**
 * vring_wants_call() - does the guest ask to be called about what has been
 * published since this was asked the last time?  (2.7.7, 2.8.10)
 */
bool vring_wants_call(struct vring *r);

/**
 * vring_mute() - tell the guest not to kick; cheap when it has been told
 *
 * With EVENT_IDX it kicks once at most.
 */
void vring_mute(struct vring *r);

/**
 * vring_listen() - ask the guest to kick when it adds something to what we
 * have looked at: after vring_take() found less than asked for, or
 * vring_reserve() nothing
 *
 * Return: true: it has added something meanwhile, and may not kick for that:
 * look again.
 */
bool vring_listen(struct vring *r);

/** vring_peek() - has it added something since we last looked?  For who polls:
 * reads one field of its memory */
bool vring_peek(const struct vring *r);

/** vring_chain_read_any() - vring_chain_read(), wherever they lie */
size_t vring_chain_read_any(const struct vring_chain *chain, size_t at,
			    void *to, size_t n);

/**
 * vring_chain_read() - copy octets out of a chain
 * @at, @n: which; as many of them as the chain has are copied
 *
 * Return: how many.
 */
static inline size_t
vring_chain_read(const struct vring_chain *chain, size_t at, void *to, size_t n)
{
	const struct iovec *iov = chain->iov;

	if (chain->n_iov == 0 || at >= iov->iov_len || n > iov->iov_len - at)
		return vring_chain_read_any(chain, at, to, n);
	copy_octets(to, (const uint8_t *)iov->iov_base + at, n);
	return n;
}

#endif /* PORTS_VRING_H */
