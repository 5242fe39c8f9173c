/* judge: from samples to a verdict. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include <stddef.h>

#include "bench/cases.h"
#include "bench/trial.h"

struct spread {
	size_t n; /* 0: the others are NAN */
	double median, min, max;
};

enum verdict {
	VERDICT_REACHED,
	VERDICT_MISSED,
	VERDICT_INFORMATION, /* there is no target */
	VERDICT_DISTURBED,   /* too few quiet rounds */
	VERDICT_SKIPPED,
	VERDICT_FAILED
};

struct row {
	struct spread ours, other, ratio;
	struct spread floor; /* what the relay reaches of the target; or .n 0 */
	enum verdict verdict;
};

/* One round's samples, one a contestant. */
struct round {
	struct sample samples[N_CONTESTANTS];
};

/** spread_of() - @values is put in order */
struct spread spread_of(double *values, size_t n);

/** check_other() - who ours is compared with, or shown beside */
enum contestant check_other(const struct check *check);

/** judge() - @rounds, of which those count in which nobody disturbed
 * anybody */
struct row judge(const struct check *check, const struct round *rounds,
		 size_t n_rounds);

const char *verdict_name(enum verdict verdict);

#endif /* BENCH_JUDGE_H */
