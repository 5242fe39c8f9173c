#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "switch/ports/vring.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SIZE_MAX_HERE = 16, /* descriptors: small, so that rings wrap */
	REGION = 512,
	LOG = 4, /* octets: the regions are in two pages of 32 */
	IOVS = VRING_CHAIN_IOVS,
	HELD = 64,
	PAGE = 4096,
	AVAIL = 1 << 7, /* flags of packed descriptors */
	USED = 1 << 15,
	GUEST = 0x1000 - REGION, /* the regions meet at the end of a page */
};

/* What stands in the first octet: what has been negotiated. */
enum {
	IS_PACKED = 1,
	HAS_EVENT_IDX = 2,
	HAS_INDIRECT = 4,
	IS_IN_ORDER = 8,
	TO_GUEST = 16,
	IS_MERGEABLE = 32,
	HAS_INFLIGHT = 64,
	HAS_LOG = 128,
};

/* Ends in front of a page that nobody may touch. */
struct part {
	uint8_t *page;
	uint8_t *at;
	size_t len;
};

/* The guest's memory, our ring, and what is to come of it. */
struct world {
	struct part desc, driver, device, low, high, inflight, log;
	struct guest_region regions[2];
	struct guest_memory memory;
	struct vring_config config;
	struct vring ring;
	struct iovec iovs[IOVS];
	struct vring_space space;
	struct vring_chain held[HELD]; /* oldest first */
	unsigned n_held;
	uint16_t shown; /* split: available index; packed: slot */
	bool wrap;
	uint16_t n_returned;
	uint16_t used_before; /* split: when the ring began */
	const uint8_t *in;
	size_t left;
};

static void
require(int ok)
{
	if (!ok)
		abort();
}

static uint8_t
next(struct world *w)
{
	if (w->left == 0)
		return 0;
	w->left--;
	return *w->in++;
}

static uint16_t
next16(struct world *w)
{
	uint16_t low = next(w);

	return (uint16_t)(low | next(w) << 8);
}

/* ---- memory ---- */

static void
map(struct part *part)
{
	part->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(part->page != MAP_FAILED &&
		mprotect(part->page + PAGE, PAGE, PROT_NONE) == 0);
}

/* Just @len octets can be touched, but for what @align leaves behind them. */
static void
place(struct part *part, size_t len, size_t align)
{
	size_t to_end = (len + align - 1) / align * align;

	part->len = len;
	part->at = part->page + PAGE - to_end;
	ASAN_UNPOISON_MEMORY_REGION(part->page, PAGE);
	memset(part->at, 0, len);
	ASAN_POISON_MEMORY_REGION(part->page, PAGE - to_end);
	ASAN_POISON_MEMORY_REGION(part->at + len, to_end - len);
}

static void
poke(struct part *part, size_t at, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		part->at[(at + i) % part->len] = octets[i];
}

static void
poke16(struct part *part, size_t at, uint16_t value)
{
	poke(part, at, (uint8_t[]){ value & 0xff, value >> 8 }, 2);
}

static uint32_t
peek32(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---- what must be true ---- */

static bool
is_in(const struct part *part, const struct iovec *iov)
{
	const uint8_t *at = iov->iov_base;

	return at >= part->at && at < part->at + part->len &&
	       iov->iov_len <= (size_t)(part->at + part->len - at);
}

static void
check_chain(struct world *w, const struct vring_chain *chain)
{
	bool writable = w->config.direction == VRING_TO_GUEST;
	uint64_t sum = 0;

	require(chain->n_slots >= 1 && chain->n_slots <= w->config.size);
	require(chain->n_iov <= VRING_CHAIN_IOVS &&
		chain->written <= chain->len);
	for (unsigned i = 0; i < chain->n_iov; i++) {
		const struct iovec *iov = &chain->iov[i];
		volatile uint8_t *at = iov->iov_base;

		require(iov >= w->iovs && iov < w->iovs + w->space.n_max);
		require(iov->iov_len > 0);
		require(is_in(&w->low, iov) || is_in(&w->high, iov));
		sum += iov->iov_len;
		if (writable)
			at[0] = at[iov->iov_len - 1] = (uint8_t)i;
		else
			(void)at[iov->iov_len - 1];
	}
	require(sum == chain->len);
}

/* The last one that was returned is what the guest will find. */
static void
check_returned(const struct world *w, const struct vring_chain *chain)
{
	unsigned slot =
	    (w->n_returned - 1u + w->used_before) & (w->config.size - 1);
	const uint8_t *at = w->device.at + 4 + slot * 8;

	if (w->ring.packed)
		return;
	require(peek32(at) == chain->id && peek32(at + 4) == chain->written);
}

/* ---- what the guest does ---- */

static void
poke_any(struct world *w, struct part *part)
{
	size_t at = next16(w), n = 1 + next(w) % 16;

	for (; n > 0 && w->left > 0; n--)
		poke(part, at++, (uint8_t[]){ next(w) }, 1);
}

static void
write_desc(struct world *w, struct part *part, size_t at, bool is_head)
{
	bool packed = w->ring.packed;
	uint64_t guest = GUEST + next16(w) % (2 * REGION);
	uint8_t shape = next(w);
	uint16_t flags = shape & 7;
	uint32_t len = next(w);
	uint16_t last = next(w);
	uint8_t desc[16] = { guest & 0xff, (guest >> 8) & 0xff };

	if ((shape & 4) != 0) {
		guest &= ~UINT64_C(15);
		len = (len % 8) * 16;
	}
	if ((shape & 128) != 0)
		memset(desc + 8, 0xff, 4);
	else
		desc[8] = (uint8_t)len;
	/* What is not said is right: the bits that this is available, and
	 * access as is due in this direction. */
	if ((shape & 8) == 0)
		flags =
		    (uint16_t)((flags & ~2) |
			       (w->config.direction == VRING_TO_GUEST) << 1);
	if (packed && is_head)
		flags |= w->wrap ? AVAIL : USED;
	desc[packed ? 12 : 14] = (uint8_t)last;
	desc[packed ? 14 : 12] = flags & 0xff;
	desc[packed ? 15 : 13] = (uint8_t)(flags >> 8);
	poke(part, at, desc, sizeof(desc));
	if (packed && is_head && ++w->shown == w->config.size) {
		w->shown = 0;
		w->wrap = !w->wrap;
	}
}

static void
guest_desc(struct world *w)
{
	size_t slot = w->ring.packed ? w->shown : next(w) % w->config.size;

	write_desc(w, &w->desc, slot * 16, true);
}

static void
guest_table(struct world *w)
{
	struct part *part = next(w) & 1 ? &w->high : &w->low;
	size_t at = next(w) % (REGION / 16) * 16;

	write_desc(w, part, at, false);
}

/* Split: some more entries are available. */
static void
guest_show(struct world *w)
{
	unsigned n = next(w) % 8;

	if (w->ring.packed)
		return;
	for (; n > 0; n--, w->shown++)
		poke16(&w->driver, 4 + (w->shown & (w->config.size - 1u)) * 2,
		       next(w) % (w->config.size + 1u));
	poke16(&w->driver, 2, w->shown);
}

static void
guest_poke_desc(struct world *w)
{
	poke_any(w, &w->desc);
}

static void
guest_poke_driver(struct world *w)
{
	poke_any(w, &w->driver);
}

static void
guest_poke_device(struct world *w)
{
	poke_any(w, &w->device);
}

static void
guest_poke_memory(struct world *w)
{
	poke_any(w, next(w) & 1 ? &w->high : &w->low);
}

static void
guest_poke_inflight(struct world *w)
{
	poke_any(w, &w->inflight);
}

/* ---- what we do ---- */

static void
hold(struct world *w, int n)
{
	for (int i = 0; i < n; i++)
		check_chain(w, &w->held[w->n_held + (unsigned)i]);
	w->n_held += n > 0 ? (unsigned)n : 0;
	require(w->ring.broken == (w->ring.violation[0] != '\0'));
}

static void
take(struct world *w)
{
	unsigned max = 1 + next(w) % 8, n_iovs = w->space.n;
	int n;

	if (w->n_held == 0)
		n_iovs = w->space.n = 0;
	if (max > HELD - w->n_held)
		return;
	n = vring_take(&w->ring, &w->space, w->held + w->n_held, max);
	require(n >= 0 ? (unsigned)n <= max : n == -EPROTO);
	require(n != -EPROTO || w->ring.broken);
	require(w->space.n >= n_iovs && w->space.n <= w->space.n_max);
	hold(w, n);
}

static void
reserve(struct world *w)
{
	uint32_t len = 1u + next16(w) % 2048, sum = 0, written = 0;
	unsigned n_iovs, max = 1 + next(w) % 16;
	int n;

	if (w->n_held == 0)
		w->space.n = 0;
	n_iovs = w->space.n;
	if (max > HELD - w->n_held)
		return;
	n = vring_reserve(&w->ring, &w->space, len, w->held + w->n_held, max);
	if (n <= 0) {
		require(n == 0 || n == -EMSGSIZE || n == -ENOSPC ||
			n == -EPROTO);
		require(w->space.n == n_iovs);
		return;
	}
	require((unsigned)n <= max && (n == 1 || w->config.mergeable));
	for (unsigned i = n_iovs; i < w->space.n; i++)
		sum += (uint32_t)w->iovs[i].iov_len;
	for (int i = 0; i < n; i++)
		written += w->held[w->n_held + (unsigned)i].written;
	require(sum == len && written == len);
	hold(w, n);
}

static void
reserve_run(struct world *w)
{
	struct vring_chain *chains = w->held + w->n_held;
	uint32_t lens[8];
	unsigned n_iovs, n, max = 1 + next(w) % 8;

	if (w->n_held == 0)
		w->space.n = 0;
	n_iovs = w->space.n;
	if (max > HELD - w->n_held)
		return;
	for (unsigned i = 0; i < max; i++)
		lens[i] = 1u + next(w) % 128;
	n = vring_reserve_run(&w->ring, &w->space, lens, max, chains);
	require(n <= max && w->space.n == n_iovs + n);
	for (unsigned i = 0; i < n; i++)
		require(chains[i].n_iov == 1 && chains[i].n_slots == 1 &&
			chains[i].len == lens[i] &&
			chains[i].written == lens[i] &&
			chains[i].iov->iov_len == lens[i]);
	hold(w, (int)n);
}

static void
give_back(struct world *w)
{
	unsigned n = next(w) % 8;

	if (n > w->n_held)
		n = w->n_held;
	vring_return(&w->ring, w->held, n);
	w->n_returned += (uint16_t)n;
	if (n > 0)
		check_returned(w, &w->held[n - 1]);
	w->n_held -= n;
	memmove(w->held, w->held + n, w->n_held * sizeof(w->held[0]));
}

static void
publish(struct world *w)
{
	vring_publish(&w->ring);
	if (w->n_returned > 0 && !w->ring.packed)
		require((peek32(w->device.at) >> 16) ==
			(uint16_t)(w->used_before + w->n_returned));
	w->used_before += w->n_returned;
	w->n_returned = 0;
	vring_wants_call(&w->ring);
	require(!vring_wants_call(&w->ring));
}

static void
rewind_some(struct world *w)
{
	unsigned n = next(w) % 4;

	if (n > w->n_held)
		n = w->n_held;
	w->n_held -= n;
	vring_rewind(&w->ring, w->held + w->n_held, n);
}

static void
notify(struct world *w)
{
	switch (next(w) % 3) {
	case 0:
		vring_mute(&w->ring);
		break;
	case 1:
		vring_listen(&w->ring);
		break;
	default:
		vring_peek(&w->ring);
	}
}

static void
begin(struct world *w)
{
	w->n_held = 0;
	w->n_returned = 0;
	w->used_before = (uint16_t)(peek32(w->device.at) >> 16);
	if (vring_start(&w->ring, &w->config, NULL) < 0)
		w->ring = (struct vring){ .running = false };
	if (w->ring.running && w->log.len > 0)
		vring_set_log(&w->ring, w->log.at, w->log.len,
			      GUEST + next16(w));
}

/* A device that is killed, or ends, and the next one. */
static void
restart(struct world *w)
{
	uint8_t how = next(w);

	if ((how & 1) != 0) { /* killed */
		free(w->ring.again);
		w->ring = (struct vring){ .running = false };
	} else {
		vring_return(&w->ring, w->held, w->n_held);
		w->config.base = vring_stop(&w->ring);
	}
	if ((how & 2) != 0)
		w->config.base = next16(w) | (uint32_t)next16(w) << 16;
	begin(w);
}

static void
move(struct world *w)
{
	if (w->n_held > 0)
		return;
	publish(w);
	vring_move(&w->ring, &w->config, NULL);
}

static void (*const steps[])(struct world *) = {
	take,
	guest_desc,
	guest_show,
	guest_table,
	take,
	reserve,
	give_back,
	publish,
	notify,
	rewind_some,
	guest_poke_desc,
	guest_poke_driver,
	guest_poke_device,
	guest_poke_memory,
	restart,
	move,
	guest_poke_inflight,
	reserve_run,
};

/* ---- all of it ---- */

static void
set_up(struct world *w)
{
	uint8_t what = next(w);
	unsigned size = next(w);
	struct vring_areas areas;

	if (w->desc.page == NULL) {
		struct part *const parts[] = { &w->desc,   &w->driver,
					       &w->device, &w->low,
					       &w->high,   &w->inflight,
					       &w->log };

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			map(parts[i]);
	}
	size =
	    (what & IS_PACKED) != 0 ? 1 + size % SIZE_MAX_HERE : 1u << size % 5;
	vring_areas((what & IS_PACKED) != 0, size, &areas);
	place(&w->desc, areas.desc, 16);
	place(&w->driver, areas.driver, 2);
	place(&w->device, areas.device, 4);
	place(&w->low, REGION, 1);
	place(&w->high, REGION, 1);
	place(&w->inflight, vring_inflight_size(size), 64);
	place(&w->log, (what & HAS_LOG) != 0 ? 1 + size % LOG : 0, 1);
	w->regions[0] = (struct guest_region){ GUEST, REGION, w->low.at };
	w->regions[1] =
	    (struct guest_region){ GUEST + REGION, REGION, w->high.at };
	w->memory = (struct guest_memory){ w->regions, 2 };
	w->config = (struct vring_config){
		.size = size,
		.direction =
		    (what & TO_GUEST) != 0 ? VRING_TO_GUEST : VRING_FROM_GUEST,
		.mergeable = (what & IS_MERGEABLE) != 0,
		.memory = &w->memory,
		.desc = w->desc.at,
		.driver = w->driver.at,
		.device = w->device.at,
		.base = (what & IS_PACKED) != 0 ? 0x8000 : 0,
		.inflight = (what & HAS_INFLIGHT) != 0 ? w->inflight.at : NULL,
	};
	if ((what & IS_PACKED) != 0)
		w->config.features |= VRING_F_PACKED;
	if ((what & HAS_EVENT_IDX) != 0)
		w->config.features |= VRING_F_EVENT_IDX;
	if ((what & HAS_INDIRECT) != 0)
		w->config.features |= VRING_F_INDIRECT;
	if ((what & IS_IN_ORDER) != 0)
		w->config.features |= VRING_F_IN_ORDER;
	w->shown = 0;
	w->wrap = true;
	w->ring = (struct vring){ .running = false };
	w->space = (struct vring_space){
		.iov = w->iovs,
		.n_max = (what & HAS_LOG) != 0 ? 20 : IOVS,
	};
}

/* Property: whatever a guest has in its memory, and changes there between our
 * calls, only its memory is touched, and of a ring only its parts; what we get
 * lies in it, as many octets as are reported; what is given back is there for
 * the guest once. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world; /* 20 KiB, and mappings that stay */
	struct world *w = &world;

	w->in = data;
	w->left = size;
	set_up(w);
	begin(w);
	while (w->left > 0 && w->ring.running)
		steps[next(w) % (sizeof(steps) / sizeof(steps[0]))](w);
	if (w->ring.running) {
		vring_return(&w->ring, w->held, w->n_held);
		vring_stop(&w->ring);
	}
	return 0;
}
