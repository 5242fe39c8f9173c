#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/netem/impair.h"
#include "tests/unit/netem-measure.h"
#include "tests/unit/unit.h"

enum { N = 1000000, SEED = 7 };

static struct spec
spec_of(const char *text)
{
	struct spec spec;
	char error[256];

	spec_init(&spec);
	ck_assert_msg(spec_parse(text, &spec, error, sizeof(error)) == 0, "%s",
		      error);
	return spec;
}

/* ---- means ---- */

static void
check_measure(const struct measure *m, void *arg)
{
	int *n_rows = arg;
	/* What cannot be off by chance may be by the rounding of numbers. */
	double most = m->half_width > 0 ? m->half_width : m->asked * 1e-9;

	++*n_rows;
	ck_assert_msg(fabs(m->measured - m->asked) <= most,
		      "%s: %s: asked %g, measured %g +/- %g", m->spec, m->what,
		      m->asked, m->measured, m->half_width);
	/* nor is the interval so wide that all would be in it */
	ck_assert_msg(most < m->asked * 0.15, "%s: %s: +/- %g", m->spec,
		      m->what, m->half_width);
}

START_TEST(what_is_measured_is_what_was_asked_for)
{
	int n_rows = 0;

	measure_all(SEED, N, check_measure, &n_rows);
	ck_assert_int_gt(n_rows, 30);
}
END_TEST

/* ---- the mean of each model, from its parameters ---- */

static const struct {
	const char *text;
	double mean;
} means[] = {
	{ "loss 5%", 0.05 },
	{ "loss gemodel 0%", 0 },
	{ "loss gemodel 1%", 0.01 },
	{ "loss gemodel 10% 30%", 0.25 },
	{ "loss gemodel 10% 30% 50% 10%", 0.2 },
	{ "loss state 1%", 0.01 },
	{ "loss state 0% 0% 0% 0% 25%", 0.2 },
	{ "loss state 10% 0% 20% 60%", 0.75 }, /* never out of bursts */
	{ "loss state 10% 0% 0% 100%", 1 },
	{ "loss state 10% 20% 50% 0%", 0 }, /* state 2 for ever */
	{ "duplicate 1%", 0 },
};

START_TEST(the_mean_follows_from_the_parameters)
{
	struct spec spec = spec_of(means[_i].text);
	struct loss_state state;
	int n_lost = 0;

	ck_assert(fabs(loss_mean(&spec.loss) - means[_i].mean) < 1e-6);
	loss_state_init(&state, SEED, "p", "loss");
	for (int i = 0; i < N; i++)
		n_lost += loss_next(&state, &spec.loss);
	ck_assert_msg(fabs((double)n_lost / N - means[_i].mean) < 0.005,
		      "lost %d", n_lost);
}
END_TEST

/* ---- bursts: chi-square of the lengths of runs of losses ---- */

enum { N_LENGTHS = 40 };

static const struct {
	const char *text;
	double single; /* share of runs that end behind one loss, certainly */
	double stop;   /* of the others, behind each loss */
} bursts[] = {
	{ "loss 20%", 0, 0.8 },
	/* lost again: by being the same, or by its own bad luck */
	{ "loss 10% 50%", 0, 1 - (0.5 + 0.5 * 0.1) },
	{ "loss gemodel 5%", 0, 0.95 },
	{ "loss gemodel 1% 20%", 0, 0.2 },
	{ "loss state 2% 30%", 0, 0.3 },
	/*
	 * Runs begin by 1 -> 4 (alone), 1 -> 3 and 2 -> 3; in the long run
	 * 0.03 : 0.02 : 0.02 / 0.3 * 0.2, for 3 is left to 2 as often as 2 to 3
	 */
	{ "loss state 2% 30% 20% 50% 3%",
	  0.03 / (0.03 + 0.02 + 0.02 / 0.3 * 0.2), 0.5 },
};

/* How much more than by chance do @seen and the geometric distribution differ?
 * In standard deviations of the normal one, by Wilson and Hilferty. */
static double
chi_square(const uint64_t seen[N_LENGTHS + 1], double single, double stop)
{
	double n = 0, chi = 0, tail_want = 0, tail_seen = 0, c, df = -1;

	for (int k = 1; k <= N_LENGTHS; k++)
		n += (double)seen[k];
	for (int k = 1; k <= N_LENGTHS; k++) {
		double share = (1 - single) * stop * pow(1 - stop, k - 1) +
			       (k == 1 ? single : 0);

		if (k == N_LENGTHS) /* and all that are longer */
			share = (1 - single) * pow(1 - stop, k - 1);
		if (n * share < 10) { /* too few to be normal: together */
			tail_want += n * share;
			tail_seen += (double)seen[k];
			continue;
		}
		chi += pow((double)seen[k] - n * share, 2) / (n * share);
		df++;
	}
	if (tail_want > 0) {
		chi += pow(tail_seen - tail_want, 2) / tail_want;
		df++;
	}
	c = 2 / (9 * df);
	return (cbrt(chi / df) - (1 - c)) / sqrt(c);
}

static void
count_runs(const char *text, uint64_t seen[N_LENGTHS + 1])
{
	struct spec spec = spec_of(text);
	struct loss_state state;
	int run = 0;

	memset(seen, 0, (N_LENGTHS + 1) * sizeof(seen[0]));
	loss_state_init(&state, SEED, "p", "in loss");
	for (int i = 0; i < N; i++) {
		if (loss_next(&state, &spec.loss)) {
			run++;
			continue;
		}
		if (run > 0)
			seen[run < N_LENGTHS ? run : N_LENGTHS]++;
		run = 0;
	}
}

START_TEST(losses_come_in_bursts_as_the_model_says)
{
	uint64_t seen[N_LENGTHS + 1];
	double off, wrong;

	count_runs(bursts[_i].text, seen);
	off = chi_square(seen, bursts[_i].single, bursts[_i].stop);
	ck_assert_msg(off < 3.3, "chi-square is %g sigma off", off);
	/* and the test would tell another model */
	wrong = chi_square(seen, bursts[_i].single, bursts[_i].stop * 0.9);
	ck_assert_msg(wrong > 3.3, "chi-square tells nothing: %g", wrong);
}
END_TEST

/* ---- whole fates ---- */

static const char everything[] =
    "delay 50ms 10ms 25% distribution normal loss 5% 25% duplicate 5% "
    "corrupt 5% reorder 25% 50% gap 3";

static void
collect(uint64_t seed, const char *port, const char *direction,
	const char *text, struct fate *fates, int n)
{
	struct spec spec = spec_of(text);
	struct distribution *table = distribution_make(DISTRIBUTION_NORMAL);
	struct impair *impair = malloc(sizeof(*impair));

	memset(fates, 0, (size_t)n * sizeof(*fates));
	impair_init(impair, seed, port, direction);
	for (int i = 0; i < n; i++)
		impair_next(impair, &spec, table, 60 + (uint32_t)i % 1000,
			    &fates[i]);
	free(impair);
	distribution_unref(table);
}

enum { N_FATES = 1000 };

START_TEST(one_seed_is_one_fate)
{
	struct fate *a = calloc(N_FATES, sizeof(*a));
	struct fate *b = calloc(N_FATES, sizeof(*b));

	collect(7, "client.eth1", "in", everything, a, N_FATES);
	collect(7, "client.eth1", "in", everything, b, N_FATES);
	ck_assert_mem_eq(a, b, N_FATES * sizeof(*a));
	collect(8, "client.eth1", "in", everything, b, N_FATES);
	ck_assert_mem_ne(a, b, N_FATES * sizeof(*a));
	collect(7, "server.eth1", "in", everything, b, N_FATES);
	ck_assert_mem_ne(a, b, N_FATES * sizeof(*a));
	collect(7, "client.eth1", "out", everything, b, N_FATES);
	ck_assert_mem_ne(a, b, N_FATES * sizeof(*a));
	free(a);
	free(b);
}
END_TEST

START_TEST(what_happens_to_a_frame_otherwise_moves_no_dice)
{
	struct fate *a = calloc(N_FATES, sizeof(*a));
	struct fate *b = calloc(N_FATES, sizeof(*b));
	int n_lost = 0, n_lost_copies = 0;

	collect(7, "p", "in", "delay 50ms 10ms corrupt 5% duplicate 20%", a,
		N_FATES);
	collect(7, "p", "in",
		"delay 50ms 10ms corrupt 5% duplicate 20% loss gemodel 5% 50%",
		b, N_FATES);
	for (int i = 0; i < N_FATES; i++) {
		n_lost += b[i].lost;
		n_lost_copies += b[i].lost && a[i].duplicated;
		ck_assert_uint_eq(a[i].frame.delay_ns, b[i].frame.delay_ns);
		if (b[i].lost) {
			ck_assert(!b[i].frame.corrupted && !b[i].duplicated);
			continue;
		}
		ck_assert(a[i].frame.corrupted == b[i].frame.corrupted);
		ck_assert(a[i].duplicated == b[i].duplicated);
		ck_assert_uint_eq(a[i].copy.delay_ns, b[i].copy.delay_ns);
	}
	ck_assert_int_gt(n_lost, 20);
	ck_assert_int_gt(n_lost_copies, 5);
	free(a);
	free(b);
}
END_TEST

START_TEST(every_bit_of_a_frame_is_flipped_as_often)
{
	enum { BITS = 64 * 8, PER_BIT = 200 };
	struct fate fate;
	struct impair *impair = malloc(sizeof(*impair));
	struct spec spec = spec_of("corrupt 100%");
	int *n = calloc(BITS, sizeof(*n));
	double chi = 0;

	impair_init(impair, SEED, "p", "in");
	for (int i = 0; i < BITS * PER_BIT; i++) {
		impair_next(impair, &spec, NULL, BITS / 8, &fate);
		ck_assert(fate.frame.corrupted);
		ck_assert_uint_lt(fate.frame.bit, BITS);
		n[fate.frame.bit]++;
	}
	for (int i = 0; i < BITS; i++)
		chi += pow(n[i] - PER_BIT, 2) / PER_BIT;
	/* of BITS - 1 degrees of freedom: mean 511, deviation 32 */
	ck_assert_msg(chi > 511 - 4 * 32 && chi < 511 + 4 * 32, "%g", chi);
	free(n);
	free(impair);
}
END_TEST

START_TEST(with_a_gap_alone_every_nth_frame_goes_first)
{
	struct fate *f = calloc(N_FATES, sizeof(*f));

	collect(7, "p", "in", "delay 1ms gap 5", f, N_FATES);
	for (int i = 0; i < N_FATES; i++)
		ck_assert(f[i].reordered == (i % 5 == 4));
	collect(7, "p", "in", "delay 1ms reorder 50% gap 5", f, N_FATES);
	for (int i = 0, since = 0; i < N_FATES; i++) {
		ck_assert(!f[i].reordered || since >= 4);
		since = f[i].reordered ? 0 : since + 1;
	}
	collect(7, "p", "in", "delay 1ms loss 100% gap 1", f, N_FATES);
	for (int i = 0; i < N_FATES; i++)
		ck_assert(f[i].lost && !f[i].reordered);
	free(f);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_measured_is_what_was_asked_for, 0 },
		{ the_mean_follows_from_the_parameters, UNIT_ROWS(means) },
		{ losses_come_in_bursts_as_the_model_says, UNIT_ROWS(bursts) },
		{ one_seed_is_one_fate, 0 },
		{ what_happens_to_a_frame_otherwise_moves_no_dice, 0 },
		{ every_bit_of_a_frame_is_flipped_as_often, 0 },
		{ with_a_gap_alone_every_nth_frame_goes_first, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem_statistics", tests, NULL, NULL);
}
