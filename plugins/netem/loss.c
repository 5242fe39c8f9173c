#include "plugins/netem/loss.h"

static const unsigned n_params[N_LOSS_MODELS] = {
	[LOSS_RANDOM] = 2,
	[LOSS_GEMODEL] = 4,
	[LOSS_STATE] = 5,
};

unsigned
loss_n_params(enum loss_model model)
{
	return n_params[model];
}

chance_t
loss_default(const struct loss *loss, unsigned i)
{
	if (loss->model == LOSS_GEMODEL && i == LOSS_GE_R)
		return CHANCE_ALWAYS - loss->params[LOSS_GE_P];
	if (loss->model == LOSS_GEMODEL && i == LOSS_GE_1H)
		return CHANCE_ALWAYS;
	if (loss->model == LOSS_STATE && i == LOSS_P31)
		return CHANCE_ALWAYS - loss->params[LOSS_P13];
	if (loss->model == LOSS_STATE && i == LOSS_P23)
		return CHANCE_ALWAYS;
	return 0;
}

static double
share(chance_t chance)
{
	return (double)chance / (double)CHANCE_ALWAYS;
}

static double
gemodel_mean(const struct loss *loss)
{
	double p = share(loss->params[LOSS_GE_P]);
	double r = share(loss->params[LOSS_GE_R]);
	double bad = p > 0 ? p / (p + r) : 0;

	return bad * share(loss->params[LOSS_GE_1H]) +
	       (1 - bad) * share(loss->params[LOSS_GE_1K]);
}

/* Relative to the time in state 1: what flows into a state flows out of it. */
static double
state_mean(const struct loss *loss)
{
	double p13 = share(loss->params[LOSS_P13]);
	double p31 = share(loss->params[LOSS_P31]);
	double p32 = share(loss->params[LOSS_P32]);
	double p23 = share(loss->params[LOSS_P23]);
	double p14 = share(loss->params[LOSS_P14]);
	double in2, in3;

	if (p13 == 0)
		return p14 / (1 + p14);
	if (p32 > 0 && p23 == 0)
		return 0; /* state 2 is never left */
	if (p31 == 0)	  /* state 1 is left for good */
		return p32 > 0 ? p23 / (p23 + p32) : 1;
	in3 = p13 / p31;
	in2 = p32 > 0 ? in3 * p32 / p23 : 0;
	return (in3 + p14) / (1 + in2 + in3 + p14);
}

double
loss_mean(const struct loss *loss)
{
	switch (loss->model) {
	case LOSS_RANDOM:
		return share(loss->params[LOSS_P]);
	case LOSS_GEMODEL:
		return gemodel_mean(loss);
	case LOSS_STATE:
		return state_mean(loss);
	default:
		return 0;
	}
}

void
loss_state_init(struct loss_state *state, uint64_t seed, const char *name,
		const char *purpose)
{
	correlated_init(&state->draws, seed, name, purpose);
	state->model = LOSS_NONE;
	state->state = 0;
}

/* A frame meets the loss of the state that it finds; then the state may
 * change. */
static bool
gemodel_next(struct loss_state *state, const chance_t *p, uint32_t move,
	     uint32_t fate)
{
	bool bad = state->state != 0;

	if (chance_hits(p[bad ? LOSS_GE_R : LOSS_GE_P], move))
		state->state = !bad;
	return chance_hits(p[bad ? LOSS_GE_1H : LOSS_GE_1K], fate);
}

/* The state changes, and the new one says what becomes of the frame. */
static bool
state_next(struct loss_state *state, const chance_t *p, uint32_t move)
{
	switch (state->state) {
	case 2:
		if (chance_hits(p[LOSS_P23], move))
			state->state = 3;
		break;
	case 3:
		if (chance_hits(p[LOSS_P32], move))
			state->state = 2;
		else if (chance_hits(p[LOSS_P32] + p[LOSS_P31], move))
			state->state = 1;
		break;
	case 4:
		state->state = 1;
		break;
	default:
		state->state = 1;
		if (chance_hits(p[LOSS_P14], move))
			state->state = 4;
		else if (chance_hits(p[LOSS_P14] + p[LOSS_P13], move))
			state->state = 3;
	}
	return state->state >= 3;
}

bool
loss_next(struct loss_state *state, const struct loss *loss)
{
	uint32_t move, fate;

	if (state->model != loss->model) {
		state->model = loss->model;
		state->state = 0;
	}
	if (loss->model == LOSS_RANDOM) {
		state->draws.correlation = loss->params[LOSS_CORRELATION];
		return chance_hits(loss->params[LOSS_P],
				   correlated_next(&state->draws));
	}
	move = (uint32_t)(random_u64(&state->draws.random) >> 32);
	fate = (uint32_t)(random_u64(&state->draws.random) >> 32);
	if (loss->model == LOSS_GEMODEL)
		return gemodel_next(state, loss->params, move, fate);
	if (loss->model == LOSS_STATE)
		return state_next(state, loss->params, move);
	return false;
}
