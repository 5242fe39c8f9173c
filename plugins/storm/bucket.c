#include "config.h"

#include "plugins/storm/bucket.h"

#define NS_PER_S UINT64_C(1000000000)

/* .burst is at most 1e10 tokens, 1e19 billionths: they fit. */
static uint64_t
capacity(const struct bucket *b)
{
	return b->burst * NS_PER_S;
}

void
bucket_init(struct bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ns)
{
	*b = (struct bucket){ .rate = rate, .burst = burst, .last_ns = now_ns };
	b->level = capacity(b);
}

static void
fill(struct bucket *b, uint64_t now_ns)
{
	uint64_t passed_ns = now_ns - b->last_ns;
	uint64_t room = capacity(b) - b->level;

	/* one nanosecond brings .rate billionths */
	if (passed_ns >= room / b->rate + 1)
		b->level = capacity(b);
	else
		b->level += passed_ns * b->rate;
	b->last_ns = now_ns;
}

bool
bucket_has(struct bucket *b, uint64_t n, uint64_t now_ns)
{
	if (b->rate == 0)
		return true;
	fill(b, now_ns);
	return n <= b->burst && b->level >= n * NS_PER_S;
}

void
bucket_take(struct bucket *b, uint64_t n)
{
	if (b->rate > 0)
		b->level -= n * NS_PER_S;
}
