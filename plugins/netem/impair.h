/*
 * impair: what is to become of each frame of one direction of a port, by its
 * spec and its dice.  Pure: the fate of the n-th frame depends on the seed, the
 * names, the spec, n, and the frame's length where a bit is flipped; not on
 * time, nor on other ports.
 *
 * Each purpose has its own dice, and they are thrown for every frame, whether
 * it turns out to matter or not: so that a change of the loss does not move
 * the delays.
 */
#ifndef PLUGINS_NETEM_IMPAIR_H
#define PLUGINS_NETEM_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/loss.h"
#include "plugins/netem/random.h"
#include "plugins/netem/spec.h"

/* What a frame can suffer once it is not lost. */
struct impair_dice {
	struct correlated delay;
	struct correlated corrupt;
	struct random place; /* of the bit that is flipped */
};

struct impair {
	struct loss_state loss;
	struct correlated duplicate;
	struct correlated reorder;
	struct impair_dice frame, copy;
	uint32_t n_behind_gap; /* delayed since the last that was not */
};

struct fate_of_one {
	uint64_t delay_ns; /* before the rate has its say */
	bool corrupted;
	uint32_t bit; /* that is flipped: 0 is the lowest of the first octet */
};

struct fate {
	bool lost;	 /* then nothing else is */
	bool duplicated; /* .copy is another frame */
	bool reordered; /* goes, with its copy, at once, past those that wait */
	struct fate_of_one frame, copy;
};

/** impair_init() - all dice from @seed
 * @direction: "in", "out" */
void impair_init(struct impair *impair, uint64_t seed, const char *port,
		 const char *direction);
/** impair_next() - the fate of the next frame, of @len octets
 * @table: of spec->spread; NULL: uniform */
void impair_next(struct impair *impair, const struct spec *spec,
		 const struct distribution *table, uint32_t len,
		 struct fate *fate);

#endif /* PLUGINS_NETEM_IMPAIR_H */
