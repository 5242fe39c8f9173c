/*
 * random: seeded streams of random numbers, and probabilities.
 *
 * xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64.
 * Each stream is a generator of its own, derived from the seed and what it is
 * for, so that what is drawn from one never moves another.  Integers only: a
 * seed means the same on every machine.
 */
#ifndef PLUGINS_NETEM_RANDOM_H
#define PLUGINS_NETEM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t s[4];
};

/** random_init() - the stream of @seed for @name (a port) and @purpose
 * ("in loss"); both are hashed by SipHash-2-4 under the seed */
void random_init(struct random *random, uint64_t seed, const char *name,
		 const char *purpose);
uint64_t random_u64(struct random *random);
/** random_below() - in 0..@n - 1, every value as likely as the others to within
 * @n in 2^64; @n > 0 */
uint64_t random_below(struct random *random, uint64_t n);

/* A probability in units of 2^-32, both ends included: 0 never happens,
 * CHANCE_ALWAYS always. */
typedef uint64_t chance_t;
#define CHANCE_ALWAYS (UINT64_C(1) << 32)

static inline bool
chance_hits(chance_t chance, uint32_t draw)
{
	return draw < chance;
}

/*
 * Correlated numbers of 32 bits: each is the one before it with probability
 * .correlation, and a fresh one otherwise.
 *
 * So the numbers stay uniform, whatever happens with them keeps its
 * probability, and correlation at distance k is .correlation to the power of k
 * (Jacobs and Lewis, 1978, "discrete autoregressive").
 */
struct correlated {
	struct random random;
	chance_t correlation;
	uint32_t last; /* at first a fresh one */
};

void correlated_init(struct correlated *c, uint64_t seed, const char *name,
		     const char *purpose);
/** correlated_next() - two numbers of the stream are used up each time,
 * whatever the correlation is */
uint32_t correlated_next(struct correlated *c);

#endif /* PLUGINS_NETEM_RANDOM_H */
