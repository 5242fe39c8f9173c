/*
 * pace: when frames may go on that have been given their delay: at a rate, and
 * in slots.  Pure.
 */
#ifndef PLUGINS_NETEM_PACE_H
#define PLUGINS_NETEM_PACE_H

#include <stdint.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/random.h"
#include "plugins/netem/spec.h"

/* The sender of a wire with a rate: it sends one frame after the other. */
struct pacer {
	uint64_t last_ns; /* when the last frame is through */
	uint64_t rest;	  /* of the division that made that: less than the rate,
			  so that times never drift off by what they cut */
};

/** pace_octets() - what @len octets of a frame are on the wire, with overhead
 * and cells */
uint64_t pace_octets(const struct spec_rate *rate, uint32_t len);
/**
 * pacer_due() - when a frame is through
 * @ready_ns: when its delay is over
 *
 * Without a rate that is @ready_ns; with one, frames keep their order, and each
 * begins when its delay is over and the one before it is through.
 */
uint64_t pacer_due(struct pacer *pacer, const struct spec_rate *rate,
		   uint64_t ready_ns, uint32_t len);

/*
 * Slots: what is due waits for the next slot to begin, then as much goes at
 * once as a slot takes.
 */
struct slots {
	struct random random;
	uint64_t next_ns; /* when the slot begins, or began, that is at hand */
	uint64_t packets_left, bytes_left;
};

void slots_init(struct slots *slots, uint64_t seed, const char *port,
		const char *direction);
/**
 * slots_when() - when the frame may go that is next, and due at @due_ns
 * @table: of spec->spread; NULL: uniform
 *
 * A slot that began before the frame was due has been missed; then one is made
 * for it.
 */
uint64_t slots_when(struct slots *slots, const struct spec_slot *spec,
		    const struct distribution *table, uint64_t due_ns);
/** slots_take() - a frame of @len octets goes, at @now_ns */
void slots_take(struct slots *slots, const struct spec_slot *spec,
		const struct distribution *table, uint32_t len,
		uint64_t now_ns);

#endif /* PLUGINS_NETEM_PACE_H */
