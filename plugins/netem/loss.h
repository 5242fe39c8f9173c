/*
 * loss: which frames are lost, by the models of tc: each by itself, or by a
 * chain of Markov that makes losses come in bursts.  Pure.
 */
#ifndef PLUGINS_NETEM_LOSS_H
#define PLUGINS_NETEM_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/netem/random.h"

enum loss_model {
	LOSS_NONE,
	LOSS_RANDOM, /* each frame with a probability, perhaps correlated */
	/* Gilbert and Elliott: a good and a bad state, each with its own
	 * probability of loss */
	LOSS_GEMODEL,
	/* 1: received, in a gap between bursts; 2: received, in a burst;
	 * 3: lost, in a burst; 4: lost, alone in a gap */
	LOSS_STATE,
	N_LOSS_MODELS
};

/* In the order in which people write them. */
enum { LOSS_P, LOSS_CORRELATION };			   /* random */
enum { LOSS_GE_P, LOSS_GE_R, LOSS_GE_1H, LOSS_GE_1K };	   /* gemodel */
enum { LOSS_P13, LOSS_P31, LOSS_P32, LOSS_P23, LOSS_P14 }; /* state */
enum { LOSS_PARAMS_MAX = 5 };

struct loss {
	enum loss_model model;
	chance_t params[LOSS_PARAMS_MAX];
};

/* Where a direction of a port stands. */
struct loss_state {
	struct correlated draws;
	enum loss_model model; /* of the last frame: another one begins anew */
	uint8_t state;	       /* gemodel: 0 good, 1 bad; state: 1 to 4; 0: 1 */
};

/** loss_n_params() - how many @model takes at most */
unsigned loss_n_params(enum loss_model model);
/** loss_default() - parameter @i of @loss when people leave it out; those
 * before it are there.  As tc's: `gemodel p` and `state p13` are independent
 * losses. */
chance_t loss_default(const struct loss *loss, unsigned i);
/** loss_mean() - the share of frames that is lost in the long run */
double loss_mean(const struct loss *loss);

/** loss_state_init() - the dice, of @seed, and the chain in its first state */
void loss_state_init(struct loss_state *state, uint64_t seed, const char *name,
		     const char *purpose);
/** loss_next() - is the next frame lost?  Uses up the same draws with every
 * model. */
bool loss_next(struct loss_state *state, const struct loss *loss);

#endif /* PLUGINS_NETEM_LOSS_H */
