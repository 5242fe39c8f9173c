/*
 * spin: after traffic the loop looks again and again for a while before it goes
 * to sleep.  Being woken takes longer than passing a frame on; who has a core
 * to spare may save it.  Without traffic nothing spins.
 */
#ifndef SWITCH_SPIN_H
#define SWITCH_SPIN_H

#include <stdbool.h>
#include <stdint.h>

struct lane;

enum { SPIN_MAX_US = 1000 * 1000 };

struct spin {
	uint64_t spin_ns;
	uint64_t n_turns;  /* of the lane, when there was traffic last */
	uint64_t until_ns; /* keep looking */
};

/** spin_goes_on() - is it too early to sleep?
 * @n_turns: of the lane so far: more than the last time means traffic */
bool spin_goes_on(struct spin *spin, uint64_t n_turns, uint64_t now_ns);

/** spin_dispatch() - run the loop of @lane until somebody breaks it
 * @spin_us: 0 = sleep as soon as there is nothing to do */
void spin_dispatch(struct lane *lane, unsigned spin_us);

#endif /* SWITCH_SPIN_H */
