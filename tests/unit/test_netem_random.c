#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/siphash.h"
#include "plugins/netem/distribution.h"
#include "plugins/netem/random.h"
#include "tests/unit/unit.h"

/* ---- the generator ---- */

START_TEST(the_generator_is_xoshiro256_starstar)
{
	/* of the authors' reference implementation, from the state 1, 2, 3, 4 */
	static const uint64_t want[] = {
		11520,
		0,
		1509978240,
		1215971899390074240,
		1216172134540287360,
		607988272756665600,
		UINT64_C(16172922978634559625),
		8476171486693032832,
		UINT64_C(10595114339597558777),
		2904607092377533576,
	};
	struct random random = { { 1, 2, 3, 4 } };

	for (int i = 0; i < UNIT_ROWS(want); i++)
		ck_assert_uint_eq(random_u64(&random), want[i]);
}
END_TEST

/* Of the reference implementation of splitmix64. */
static uint64_t
splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static const char *const names[] = {
	"", "a", "client.eth1", "sixteen letters.", "a name of 17 char",
};

START_TEST(a_stream_is_derived_by_siphash_and_splitmix64)
{
	const uint64_t seed = UINT64_C(0x0123456789abcdef);
	const char *name = names[_i], *purpose = "in loss";
	struct siphash_key by_seed = { seed, 0 };
	struct siphash_key by_name = { seed,
				       siphash(&by_seed, name, strlen(name)) };
	uint64_t state = siphash(&by_name, purpose, strlen(purpose));
	struct random random;

	random_init(&random, seed, name, purpose);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(random.s[i], splitmix64(&state));
}
END_TEST

START_TEST(streams_differ_by_seed_name_and_purpose)
{
	struct random a, b;

	random_init(&a, 7, "client.eth1", "in loss");
	random_init(&b, 7, "client.eth1", "in loss");
	ck_assert_mem_eq(&a, &b, sizeof(a));
	random_init(&b, 8, "client.eth1", "in loss");
	ck_assert_mem_ne(&a, &b, sizeof(a));
	random_init(&b, 7, "client.eth2", "in loss");
	ck_assert_mem_ne(&a, &b, sizeof(a));
	random_init(&b, 7, "client.eth1", "out loss");
	ck_assert_mem_ne(&a, &b, sizeof(a));
}
END_TEST

START_TEST(numbers_below_n_are_the_upper_half_of_a_product)
{
	static const uint64_t ns[] = { 1,	  2,	      3,
				       480,	  UINT32_MAX, UINT64_C(1) << 32,
				       UINT64_MAX };
	struct random random, same;

	for (int k = 0; k < UNIT_ROWS(ns); k++) {
		random_init(&random, 1, "p", "x");
		same = random;
		for (int i = 0; i < 1000; i++) {
			uint64_t got = random_below(&random, ns[k]);
			long double x = (long double)random_u64(&same);

			ck_assert_uint_lt(got, ns[k]);
			ck_assert(fabsl((long double)got -
					x * (long double)ns[k] /
					    18446744073709551616.0L) <= 1);
		}
	}
}
END_TEST

START_TEST(a_chance_is_exact_at_both_ends)
{
	ck_assert(!chance_hits(0, 0));
	ck_assert(chance_hits(1, 0));
	ck_assert(!chance_hits(1, 1));
	ck_assert(chance_hits(CHANCE_ALWAYS, UINT32_MAX));
	ck_assert(!chance_hits(CHANCE_ALWAYS - 1, UINT32_MAX));
}
END_TEST

/* ---- correlation ---- */

START_TEST(full_correlation_repeats_and_none_does_not)
{
	struct correlated c;
	uint32_t first;
	int n_same = 0;

	correlated_init(&c, 3, "p", "x");
	c.correlation = CHANCE_ALWAYS;
	first = correlated_next(&c);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(correlated_next(&c), first);
	c.correlation = 0;
	for (int i = 0; i < 1000; i++)
		n_same += correlated_next(&c) == first;
	ck_assert_int_eq(n_same, 0);
}
END_TEST

START_TEST(what_correlation_repeats_moves_no_later_draw)
{
	struct correlated plain, other;

	correlated_init(&plain, 3, "p", "x");
	correlated_init(&other, 3, "p", "x");
	other.correlation = CHANCE_ALWAYS / 2;
	for (int i = 0; i < 1000; i++) {
		correlated_next(&plain);
		correlated_next(&other);
	}
	other.correlation = 0;
	ck_assert_uint_eq(correlated_next(&plain), correlated_next(&other));
}
END_TEST

/* ---- tables ---- */

static double
moment(const struct distribution *t, double power)
{
	double sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += pow((double)t->values[i] / DISTRIBUTION_SCALE, power);
	return sum / (double)t->n;
}

/*
 * How the upper half of the middle relates to the lower: that is the same
 * however a distribution is shifted and stretched.  Of Pareto's, whose quantile
 * at u is the -3rd root of 1 - u: (4^(1/3) - 2^(1/3)) / (2^(1/3) - (4/3)^(1/3)).
 */
static const struct {
	enum distribution_kind kind;
	double skew; /* (q(3/4) - q(1/2)) / (q(1/2) - q(1/4)) */
} tables[] = {
	{ DISTRIBUTION_NORMAL, 1 },
	{ DISTRIBUTION_PARETO, 2.0560 },
	{ DISTRIBUTION_PARETONORMAL, 1.4752 },
};

START_TEST(tables_have_mean_0_and_deviation_1_and_their_shape)
{
	struct distribution *t = distribution_make(tables[_i].kind);
	double q1, q2, q3;

	ck_assert_ptr_nonnull(t);
	ck_assert(fabs(moment(t, 1)) < 1e-4);
	ck_assert(fabs(moment(t, 2) - 1) < 1e-4);
	for (size_t i = 1; i < t->n; i++)
		ck_assert_int_ge(t->values[i], t->values[i - 1]);
	q1 = t->values[t->n / 4];
	q2 = t->values[t->n / 2];
	q3 = t->values[t->n / 4 * 3];
	ck_assert_msg(fabs((q3 - q2) / (q2 - q1) - tables[_i].skew) < 0.005,
		      "%g", (q3 - q2) / (q2 - q1));
	distribution_unref(t);
}
END_TEST

START_TEST(the_normal_table_has_the_quantiles_of_the_books)
{
	struct distribution *t = distribution_make(DISTRIBUTION_NORMAL);

	ck_assert_int_eq(t->n, 4096);
	/* 84.134 % are below one standard deviation, 97.725 % below two */
	ck_assert(abs(t->values[3446] - DISTRIBUTION_SCALE) < 12);
	ck_assert(abs(t->values[4003] - 2 * DISTRIBUTION_SCALE) < 40);
	distribution_unref(t);
}
END_TEST

static const struct {
	const char *text;
	size_t n;
	const char *wrong; /* or NULL */
} files[] = {
	{ "1", 1, NULL },
	{ "# a remark\n1 -2\n\t3\n", 3, NULL },
	{ "-32768 32767\r\n+7", 3, NULL },
	{ "", 0, "line 1: there are no values" },
	{ "# 1 2\n", 0, "line 2: there are no values" },
	{ "1\n32768", 0, "line 2: not a whole number" },
	{ "-32769", 0, "line 1: not a whole number" },
	{ "1 2x", 0, "line 1: not a whole number" },
	{ "1\n\n 2 # no remark", 0, "line 3: not a whole number" },
	{ "0x10", 0, "line 1: not a whole number" },
	{ "-", 0, "line 1: not a whole number" },
};

START_TEST(files_are_read_as_tc_has_them)
{
	char error[128] = "";
	struct distribution *t = distribution_parse(
	    files[_i].text, strlen(files[_i].text), error, sizeof(error));

	if (files[_i].wrong != NULL) {
		ck_assert_ptr_null(t);
		ck_assert_msg(strstr(error, files[_i].wrong) == error, "%s",
			      error);
		return;
	}
	ck_assert_msg(t != NULL, "%s", error);
	ck_assert_uint_eq(t->n, files[_i].n);
	distribution_unref(t);
}
END_TEST

START_TEST(a_table_holds_16384_values_and_not_one_more)
{
	enum { N = DISTRIBUTION_MAX };
	char *text = malloc(2 * (N + 1)), error[128];
	struct distribution *t;

	for (int i = 0; i <= N; i++)
		memcpy(text + 2 * i, "7\n", 2);
	t = distribution_parse(text, 2 * N, error, sizeof(error));
	ck_assert_uint_eq(t->n, N);
	distribution_unref(t);
	ck_assert_ptr_null(
	    distribution_parse(text, 2 * (N + 1), error, sizeof(error)));
	ck_assert_str_eq(error, "line 16385: there are more than 16384 values");
	free(text);
}
END_TEST

START_TEST(uniform_delays_fill_the_jitter_both_ways)
{
	ck_assert_uint_eq(distribution_delay(NULL, 100, 10, 0), 90);
	ck_assert_uint_eq(distribution_delay(NULL, 100, 10, 1u << 31), 100);
	ck_assert_uint_eq(distribution_delay(NULL, 100, 10, UINT32_MAX), 110);
	ck_assert_uint_eq(distribution_delay(NULL, 5, 10, 0), 0);
	ck_assert_uint_eq(distribution_delay(NULL, 100, 0, 12345), 100);
}
END_TEST

START_TEST(a_table_is_in_units_of_the_jitter)
{
	char error[128];
	struct distribution *t =
	    distribution_parse("-16384 8192 1", 13, error, sizeof(error));
	const uint64_t ms = 1000000;

	ck_assert_uint_eq(distribution_delay(t, 50 * ms, 10 * ms, 0), 30 * ms);
	ck_assert_uint_eq(distribution_delay(t, 50 * ms, 10 * ms, 1u << 31),
			  60 * ms);
	ck_assert_uint_eq(distribution_delay(t, 50 * ms, 10 * ms, UINT32_MAX),
			  50 * ms + 10 * ms / 8192);
	ck_assert_uint_eq(distribution_delay(t, 10 * ms, 10 * ms, 0), 0);
	distribution_unref(t);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_generator_is_xoshiro256_starstar, 0 },
		{ a_stream_is_derived_by_siphash_and_splitmix64,
		  UNIT_ROWS(names) },
		{ streams_differ_by_seed_name_and_purpose, 0 },
		{ numbers_below_n_are_the_upper_half_of_a_product, 0 },
		{ a_chance_is_exact_at_both_ends, 0 },
		{ full_correlation_repeats_and_none_does_not, 0 },
		{ what_correlation_repeats_moves_no_later_draw, 0 },
		{ tables_have_mean_0_and_deviation_1_and_their_shape,
		  UNIT_ROWS(tables) },
		{ the_normal_table_has_the_quantiles_of_the_books, 0 },
		{ files_are_read_as_tc_has_them, UNIT_ROWS(files) },
		{ a_table_holds_16384_values_and_not_one_more, 0 },
		{ uniform_delays_fill_the_jitter_both_ways, 0 },
		{ a_table_is_in_units_of_the_jitter, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem_random", tests, NULL, NULL);
}
