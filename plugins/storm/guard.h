/*
 * guard: one port under storm control: how many broadcasts, multicasts and
 * frames for unknown stations it may send, and what happens beyond that.
 */
#ifndef STORM_GUARD_H
#define STORM_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/common/port-table.h"
#include "plugins/storm/bucket.h"
#include "vdelab/plugin.h"

enum storm_class {
	STORM_BROADCAST,
	STORM_MULTICAST,
	STORM_UNKNOWN, /* unicast, flooded because nobody knows where to */
	STORM_N_CLASSES
};
extern const char *const storm_class_names[STORM_N_CLASSES];

/* So long without a drop, and the storm is over. */
enum { STORM_CALM_MS = 1000 };

struct limit {
	struct bucket frames, bits;
	bool storming;
	uint64_t last_drop_ns;
	uint64_t n_dropped;
};

struct guard {
	struct port_state port; /* first */
	struct limit limits[STORM_N_CLASSES];
	bool blocks; /* the port, when a limit is passed; else frames only */
	uint64_t recover_ns; /* a blocked port comes back; 0: when told to */
	bool blocked;
	uint64_t unblock_ns; /* UINT64_MAX: not by itself */
	uint64_t n_blocked;  /* frames */
};

/* What came of a frame. */
enum guard_event { GUARD_NONE, GUARD_STORM_BEGAN, GUARD_BLOCKED };

/** guard_set_limit() - 0 frames, or bits, a second: no limit to them
 * A burst of 0 is a tenth of a second's worth, and at least one frame. */
void guard_set_limit(struct guard *g, enum storm_class kind, uint64_t frames,
		     uint64_t bits, uint64_t frames_burst, uint64_t bits_burst,
		     uint64_t now_ns);
/** guard_class() - of a frame that goes to @out_port
 * Return: false: it is a known station's */
bool guard_class(const uint8_t *destination, uint32_t out_port,
		 enum storm_class *kind);
/** guard_takes() - may a frame of @len octets pass?  *@event: what that began */
bool guard_takes(struct guard *g, enum storm_class kind, uint32_t len,
		 uint64_t now_ns, enum guard_event *event);

/** guard_calm() - has the storm of @class just ended? */
bool guard_calm(struct guard *g, enum storm_class kind, uint64_t now_ns);
/** guard_unblock() - Return: was it blocked? */
bool guard_unblock(struct guard *g);
/** guard_is_busy() - is there a storm, or a block that ends by itself? */
bool guard_is_busy(const struct guard *g);

#endif /* STORM_GUARD_H */
