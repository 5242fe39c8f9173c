#include "lib/siphash.h"

#include <stdlib.h>
#include <sys/random.h>

#include "lib/log.h"

/* The state and its rounds carry the names they have in the paper. */
struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline struct state
start(const struct siphash_key *key)
{
	/* "somepseudorandomlygeneratedbytes" */
	return (struct state){
		.v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->k1 ^ UINT64_C(0x7465646279746573),
	};
}

static inline void
compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t
finish(struct state *s)
{
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* Up to eight bytes as a number, the first one least significant. */
static inline uint64_t
load_le(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t size)
{
	struct state s = start(key);
	const uint8_t *p = data;
	size_t left = size;

	for (; left >= 8; p += 8, left -= 8)
		compress(&s, load_le(p, 8));
	compress(&s, (uint64_t)size << 56 | load_le(p, left));
	return finish(&s);
}

uint64_t
siphash_u64(const struct siphash_key *key, uint64_t v)
{
	struct state s = start(key);

	compress(&s, v);
	compress(&s, UINT64_C(8) << 56);
	return finish(&s);
}

struct siphash_key
siphash_random_key(void)
{
	struct siphash_key key;

	/* Up to 256 bytes come whole and are not interrupted. */
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		log_error("the kernel gives no random bytes (getrandom)");
		abort();
	}
	return key;
}
