#include "config.h"

#include "plugins/storm/guard.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

const char *const storm_class_names[STORM_N_CLASSES] = {
	[STORM_BROADCAST] = "broadcast",
	[STORM_MULTICAST] = "multicast",
	[STORM_UNKNOWN] = "unknown",
};

static uint64_t
burst_of(uint64_t rate, uint64_t burst, uint64_t least)
{
	if (burst == 0)
		burst = rate / 10;
	return burst < least ? least : burst;
}

void
guard_set_limit(struct guard *g, enum storm_class kind, uint64_t frames,
		uint64_t bits, uint64_t frames_burst, uint64_t bits_burst,
		uint64_t now_ns)
{
	struct limit *limit = &g->limits[kind];

	bucket_init(&limit->frames, frames, burst_of(frames, frames_burst, 1),
		    now_ns);
	/* the longest frame fits in */
	bucket_init(&limit->bits, bits,
		    burst_of(bits, bits_burst, 8 * VL_FRAME_LEN_MAX), now_ns);
}

bool
guard_class(const uint8_t *destination, uint32_t out_port,
	    enum storm_class *kind)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	if (memcmp(destination, broadcast, sizeof(broadcast)) == 0)
		*kind = STORM_BROADCAST;
	else if (destination[0] & 1)
		*kind = STORM_MULTICAST;
	else if (out_port == VL_PORT_FLOOD)
		*kind = STORM_UNKNOWN;
	else
		return false;
	return true;
}

bool
guard_takes(struct guard *g, enum storm_class kind, uint32_t len,
	    uint64_t now_ns, enum guard_event *event)
{
	struct limit *limit = &g->limits[kind];

	*event = GUARD_NONE;
	/* no token of one kind is spent on a frame that the other stops */
	if (bucket_has(&limit->frames, 1, now_ns) &&
	    bucket_has(&limit->bits, 8 * (uint64_t)len, now_ns)) {
		bucket_take(&limit->frames, 1);
		bucket_take(&limit->bits, 8 * (uint64_t)len);
		return true;
	}
	limit->n_dropped++;
	limit->last_drop_ns = now_ns;
	if (!limit->storming) {
		limit->storming = true;
		*event = GUARD_STORM_BEGAN;
	}
	if (g->blocks && !g->blocked) {
		g->blocked = true;
		g->unblock_ns =
		    g->recover_ns > 0 ? now_ns + g->recover_ns : UINT64_MAX;
		*event = GUARD_BLOCKED;
	}
	return false;
}

bool
guard_calm(struct guard *g, enum storm_class kind, uint64_t now_ns)
{
	struct limit *limit = &g->limits[kind];

	if (!limit->storming ||
	    now_ns - limit->last_drop_ns < STORM_CALM_MS * NS_PER_MS)
		return false;
	limit->storming = false;
	return true;
}

bool
guard_unblock(struct guard *g)
{
	bool was_blocked = g->blocked;

	g->blocked = false;
	return was_blocked;
}

bool
guard_is_busy(const struct guard *g)
{
	for (int kind = 0; kind < STORM_N_CLASSES; kind++) {
		if (g->limits[kind].storming)
			return true;
	}
	return g->blocked && g->unblock_ns != UINT64_MAX;
}
