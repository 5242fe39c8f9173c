#include "plugins/netem/random.h"

#include <stddef.h>
#include <string.h>

static uint64_t
rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

/* ---- SipHash-2-4 (Aumasson and Bernstein, 2012) ---- */

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* Of the @len bytes at @text, under the key (@k0, @k1). */
static uint64_t
sip(uint64_t k0, uint64_t k1, const char *text, size_t len)
{
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++) {
		word |= (uint64_t)(uint8_t)text[i] << 8 * (i % 8);
		if (i % 8 == 7) {
			sip_word(v, word);
			word = 0;
		}
	}
	sip_word(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the generator ---- */

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void
random_init(struct random *random, uint64_t seed, const char *name,
	    const char *purpose)
{
	uint64_t of_name = sip(seed, 0, name, strlen(name));
	uint64_t state = sip(seed, of_name, purpose, strlen(purpose));

	/* four words of splitmix64 are never all zero */
	for (int i = 0; i < 4; i++)
		random->s[i] = splitmix64(&state);
}

uint64_t
random_u64(struct random *random)
{
	uint64_t *s = random->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t
random_below(struct random *random, uint64_t n)
{
	uint64_t x = random_u64(random);
	uint64_t low = (x & UINT32_MAX) * (n & UINT32_MAX);
	uint64_t middle = (x >> 32) * (n & UINT32_MAX) + (low >> 32);
	uint64_t other = (x & UINT32_MAX) * (n >> 32) + (middle & UINT32_MAX);

	/* the upper half of the product of both */
	return (x >> 32) * (n >> 32) + (middle >> 32) + (other >> 32);
}

/* ---- correlation ---- */

void
correlated_init(struct correlated *c, uint64_t seed, const char *name,
		const char *purpose)
{
	random_init(&c->random, seed, name, purpose);
	c->correlation = 0;
	c->last = (uint32_t)(random_u64(&c->random) >> 32);
}

uint32_t
correlated_next(struct correlated *c)
{
	uint32_t again = (uint32_t)(random_u64(&c->random) >> 32);
	uint32_t fresh = (uint32_t)(random_u64(&c->random) >> 32);

	if (!chance_hits(c->correlation, again))
		c->last = fresh;
	return c->last;
}
