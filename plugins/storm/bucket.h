/* bucket: a token bucket, without a clock of its own. */
#ifndef STORM_BUCKET_H
#define STORM_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Tokens are counted in billionths, so that no rate loses any in rounding. */
struct bucket {
	uint64_t rate;	  /* tokens a second, 1..BUCKET_RATE_MAX; 0: no limit */
	uint64_t burst;	  /* tokens it holds at most, 1..BUCKET_RATE_MAX */
	uint64_t level;	  /* billionths of tokens in it */
	uint64_t last_ns; /* when .level was right */
};
#define BUCKET_RATE_MAX UINT64_C(10000000000)

/** bucket_init() - full */
void bucket_init(struct bucket *b, uint64_t rate, uint64_t burst,
		 uint64_t now_ns);
/** bucket_has() - are there @n tokens now?  Always, without a limit. */
bool bucket_has(struct bucket *b, uint64_t n, uint64_t now_ns);
/** bucket_take() - @n tokens, which bucket_has() */
void bucket_take(struct bucket *b, uint64_t n);

#endif /* STORM_BUCKET_H */
