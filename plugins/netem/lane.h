/*
 * lane: frames that are on their way: one lane for each direction of each port,
 * and one wheel by which all of them wait.  Knows frames as something that is
 * held.  Pure: the clock is an argument.
 */
#ifndef PLUGINS_NETEM_LANE_H
#define PLUGINS_NETEM_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/pace.h"
#include "plugins/netem/spec.h"
#include "plugins/netem/wheel.h"

struct lane;

/* Something that waits: what is held, or a lane that waits for its slot. */
struct lane_node {
	struct wheel_node wheel;
	struct lane *lane;
	bool is_slot;
};

/* What is held: the first member of its owner's struct. */
struct held {
	struct lane_node node;
	TAILQ_ENTRY(held) link; /* while it waits for a slot */
	uint64_t due_ns;
	uint32_t len; /* octets */
};
TAILQ_HEAD(held_list, held);

struct lane {
	const struct spec *spec;	  /* borrowed; may change meanwhile */
	const struct distribution *table; /* of the spec's slots; borrowed */
	struct pacer pacer;
	struct slots slots;
	uint32_t n_held;
	struct held_list due;  /* these wait for a slot */
	struct lane_node slot; /* waits while .due has something */
};

/* All lanes of an instance. */
struct lanes {
	struct wheel wheel;
	struct lane *open; /* whose slot has begun, with .due; or NULL */
};

void lanes_init(struct lanes *lanes);
/** lane_init() - nothing is held; the dice of slots come from the spec's seed
 * @spec: borrowed as long as the lane is */
void lane_init(struct lane *lane, const struct spec *spec, const char *port,
	       const char *direction);

enum lane_verdict {
	LANE_FREE, /* it goes at once */
	LANE_FULL, /* as much is held as the limit says */
	LANE_HOLD, /* lane_hold() it */
};
/** lane_offer() - a frame of @len octets has come to @lane
 * @due_ns: when it may go, for LANE_HOLD */
enum lane_verdict lane_offer(struct lane *lane, uint64_t now_ns,
			     uint64_t delay_ns, uint32_t len, uint64_t *due_ns);
void lane_hold(struct lanes *lanes, struct lane *lane, struct held *held,
	       uint64_t due_ns, uint32_t len);
/** lanes_next_ns() - before when nothing goes on; UINT64_MAX: nothing waits */
uint64_t lanes_next_ns(const struct lanes *lanes);
/** lanes_take() - the next that goes on at @now_ns, held no more; NULL: none
 * does */
struct held *lanes_take(struct lanes *lanes, uint64_t now_ns);
/** lanes_flush() - likewise, whatever the time is; for the end */
struct held *lanes_flush(struct lanes *lanes);

#endif /* PLUGINS_NETEM_LANE_H */
