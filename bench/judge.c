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

enum contestant
check_other(const struct check *check)
{
	static const enum contestant others[] = {
		[VS_NONE] = PEER, /* to look at */
		[VS_PEER] = PEER,      [VS_BASE] = BASE, [VS_FLOOR] = FLOOR,
		[VS_BASE_MORE] = BASE, [VS_OVS] = OVS,	 [VS_DPDK] = DPDK,
	};

	return others[check->yardstick];
}

/* NAN: it does not count. */
static double
figure(const struct check *check, const struct round *round,
       enum contestant who)
{
	const struct sample *sample = &round->samples[who];

	return sample->is_there && !sample->is_dirty
		   ? sample->value[check->metric]
		   : NAN;
}

static double
ratio_of(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

/* What the check would say of the relay. */
static double
floor_of(const struct check *check, const struct round *round)
{
	double floor = figure(check, round, FLOOR);

	switch (check->yardstick) {
	case VS_NONE:
		return floor;
	case VS_PEER:
		return ratio_of(floor, figure(check, round, PEER));
	default:
		return NAN;
	}
}

/* Has who is compared with been there at all? */
static bool
has_other(const struct check *check, const struct round *rounds,
	  size_t n_rounds)
{
	for (size_t i = 0; i < n_rounds; i++) {
		if (rounds[i].samples[check_other(check)].is_there)
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

/* Values of several rounds; those that are NAN do not count. */
struct series {
	double *values; /* owned */
	size_t n;
};

static struct series
series_new(size_t n_rounds)
{
	return (struct series){ xcalloc(n_rounds + 1, sizeof(double)), 0 };
}

static void
series_add(struct series *series, double value)
{
	if (!isnan(value))
		series->values[series->n++] = value;
}

static struct spread
series_end(struct series *series)
{
	struct spread spread = spread_of(series->values, series->n);

	free(series->values);
	return spread;
}

struct row
judge(const struct check *check, const struct round *rounds, size_t n_rounds)
{
	struct series ours = series_new(n_rounds), other = series_new(n_rounds);
	struct series ratio = series_new(n_rounds);
	struct series floor = series_new(n_rounds);
	struct row row;

	for (size_t i = 0; i < n_rounds; i++) {
		double a = figure(check, &rounds[i], OURS);
		double b = figure(check, &rounds[i], check_other(check));

		series_add(&ours, a);
		series_add(&other, b);
		series_add(&ratio, check->yardstick == VS_BASE_MORE
				       ? a - b
				       : ratio_of(a, b));
		series_add(&floor, floor_of(check, &rounds[i]));
	}
	row.ours = series_end(&ours);
	row.other = series_end(&other);
	row.ratio = series_end(&ratio);
	row.floor = series_end(&floor);
	row.verdict = verdict_of(check, &row, n_rounds);
	if (check->yardstick != VS_NONE && !has_other(check, rounds, n_rounds))
		row.verdict = VERDICT_SKIPPED;
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
