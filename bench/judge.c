#include "bench/judge.h"

#include <math.h>
#include <stdlib.h>

#include "lib/xalloc.h"

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct spread
spread_of(double *values, size_t n)
{
	struct spread spread = { n, NAN, NAN, NAN };

	if (n == 0)
		return spread;
	qsort(values, n, sizeof(*values), compare_double);
	spread.min = values[0];
	spread.max = values[n - 1];
	spread.median = (values[(n - 1) / 2] + values[n / 2]) / 2;
	return spread;
}

static const struct sample *
other_of(const struct check *check, const struct round *round)
{
	if (check->yardstick == VS_NONE)
		return &round->samples[PEER]; /* to look at */
	return &round->samples[check->yardstick == VS_PEER ? PEER : BASE];
}

static bool
counts(const struct sample *sample)
{
	return sample->is_there && !sample->is_dirty;
}

/* The two sides of one round, or NAN. */
static void
read_round(const struct check *check, const struct round *round, double *ours,
	   double *other)
{
	const struct sample *mine = &round->samples[OURS];
	const struct sample *theirs = other_of(check, round);

	*ours = counts(mine) ? mine->value[check->metric] : NAN;
	*other = counts(theirs) ? theirs->value[check->metric] : NAN;
}

/* Has who is compared with been there at all? */
static bool
has_other(const struct check *check, const struct round *rounds,
	  size_t n_rounds)
{
	for (size_t i = 0; i < n_rounds; i++) {
		if (other_of(check, &rounds[i])->is_there)
			return true;
	}
	return false;
}

static enum verdict
verdict_of(const struct check *check, const struct row *row, size_t n_rounds)
{
	const struct spread *what =
	    check->yardstick == VS_NONE ? &row->ours : &row->ratio;
	bool is_reached;

	if (2 * what->n <= n_rounds)
		return VERDICT_DISTURBED;
	if (check->rule == RULE_TELL)
		return VERDICT_INFORMATION;
	is_reached = check->rule == RULE_AT_MOST
			 ? what->median <= check->target
			 : what->median >= check->target;
	return is_reached ? VERDICT_REACHED : VERDICT_MISSED;
}

struct row
judge(const struct check *check, const struct round *rounds, size_t n_rounds)
{
	double *ours = xcalloc(n_rounds + 1, sizeof(*ours));
	double *other = xcalloc(n_rounds + 1, sizeof(*other));
	double *ratio = xcalloc(n_rounds + 1, sizeof(*ratio));
	size_t n_ours = 0, n_other = 0, n_ratio = 0;
	struct row row;

	for (size_t i = 0; i < n_rounds; i++) {
		double a, b;

		read_round(check, &rounds[i], &a, &b);
		if (!isnan(a))
			ours[n_ours++] = a;
		if (!isnan(b))
			other[n_other++] = b;
		if (!isnan(a) && !isnan(b) && b > 0)
			ratio[n_ratio++] = a / b;
	}
	row.ours = spread_of(ours, n_ours);
	row.other = spread_of(other, n_other);
	row.ratio = spread_of(ratio, n_ratio);
	row.verdict = verdict_of(check, &row, n_rounds);
	if (check->yardstick != VS_NONE && !has_other(check, rounds, n_rounds))
		row.verdict = VERDICT_SKIPPED;
	free(ours);
	free(other);
	free(ratio);
	return row;
}

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_REACHED] = "reached",
		[VERDICT_MISSED] = "missed",
		[VERDICT_INFORMATION] = "-",
		[VERDICT_DISTURBED] = "disturbed",
		[VERDICT_SKIPPED] = "skipped",
		[VERDICT_FAILED] = "failed",
	};

	return names[verdict];
}
