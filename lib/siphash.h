/* siphash: SipHash-2-4 (Aumasson and Bernstein, 2012), 64-bit result: a keyed
 * hash, so that a peer that chooses the input cannot choose the bucket. */
#ifndef LIB_SIPHASH_H
#define LIB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size);
/** siphash_u64() - siphash() of the eight bytes of @v, least significant
 * first; made for the forwarding table */
uint64_t siphash_u64(const struct siphash_key *key, uint64_t v);
/** siphash_random_key() - from getrandom(2); aborts when there is none */
struct siphash_key siphash_random_key(void);

#endif /* LIB_SIPHASH_H */
