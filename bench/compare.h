/* compare: all rounds of one case. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stddef.h>

#include "bench/judge.h"

struct bench;

/* What became of a case. */
struct outcome {
	const struct bench_case *one;
	struct round *rounds; /* owned */
	size_t n_rounds;
	enum verdict verdict; /* when there is a reason: SKIPPED or FAILED */
	char *reason;	      /* owned; NULL: each check has its own verdict */
};

/** compare_case() - Return: 0, whatever became of it; -EINTR when we have been
 * told to stop; outcome_fini() it either way */
int compare_case(struct bench *bench, const struct bench_case *one,
		 struct outcome *outcome);
void outcome_fini(struct outcome *outcome);

/** outcome_row() - the verdict of the case's reason goes before the check's */
struct row outcome_row(const struct outcome *outcome,
		       const struct check *check);

#endif /* BENCH_COMPARE_H */
