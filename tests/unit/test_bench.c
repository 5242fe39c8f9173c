/* bench: what makes a verdict of figures. */
#include <math.h>
#include <string.h>

#include "bench/cases.h"
#include "bench/judge.h"
#include "bench/pmd.h"
#include "tests/unit/unit.h"

enum { ROUNDS_MAX = 5 };

static struct round
round_of(double ours, double peer, double base)
{
	const double values[N_CONTESTANTS] = {
		[OURS] = ours, [PEER] = peer, [BASE] = base
	};
	struct round round = { 0 };

	for (int i = 0; i < N_CONTESTANTS; i++) {
		round.samples[i].is_there = !isnan(values[i]);
		round.samples[i].value[METRIC_FPS] = values[i];
	}
	return round;
}

static const struct check twice_the_peer = { RULE_AT_LEAST, METRIC_FPS, VS_PEER,
					     2 };

START_TEST(the_median_lies_in_the_middle)
{
	double odd[] = { 9, 1, 5 }, even[] = { 8, 1, 2, 4 };
	struct spread three = spread_of(odd, 3), four = spread_of(even, 4);

	ck_assert_double_eq(three.median, 5);
	ck_assert_double_eq(three.min, 1);
	ck_assert_double_eq(three.max, 9);
	ck_assert_double_eq(four.median, 3);
	ck_assert(isnan(spread_of(odd, 0).median));
}
END_TEST

START_TEST(a_ratio_is_that_of_one_round)
{
	/* The medians' ratio would be 3. */
	struct round rounds[] = { round_of(10, 5, NAN), round_of(30, 10, NAN),
				  round_of(40, 20, NAN) };
	struct row row = judge(&twice_the_peer, rounds, 3);

	ck_assert_double_eq(row.ratio.median, 2);
	ck_assert_double_eq(row.ratio.max, 3);
	ck_assert_double_eq(row.ours.median, 30);
	ck_assert_double_eq(row.other.median, 10);
}
END_TEST

static const struct {
	enum rule rule;
	double ours;
	enum verdict want;
} edges[] = {
	{ RULE_AT_LEAST, 200, VERDICT_REACHED },
	{ RULE_AT_LEAST, 199, VERDICT_MISSED },
	{ RULE_AT_MOST, 200, VERDICT_REACHED },
	{ RULE_AT_MOST, 201, VERDICT_MISSED },
};

START_TEST(a_target_is_reached_exactly)
{
	struct check check = { edges[_i].rule, METRIC_FPS, VS_PEER, 2 };
	struct round round = round_of(edges[_i].ours, 100, NAN);

	ck_assert_int_eq(judge(&check, &round, 1).verdict, edges[_i].want);
	check.yardstick = VS_NONE;
	check.target = 200;
	ck_assert_int_eq(judge(&check, &round, 1).verdict, edges[_i].want);
}
END_TEST

START_TEST(own_figures_are_compared_with_own)
{
	const struct check check = { RULE_AT_LEAST, METRIC_FPS, VS_BASE, 0.95 };
	struct round rounds[] = { round_of(96, 1000, 100),
				  round_of(94, 1, 100) };

	ck_assert_int_eq(judge(&check, &rounds[0], 1).verdict, VERDICT_REACHED);
	ck_assert_int_eq(judge(&check, &rounds[1], 1).verdict, VERDICT_MISSED);
}
END_TEST

static const struct {
	unsigned n_dirty;
	enum verdict want;
} disturbances[] = {
	{ 0, VERDICT_REACHED },
	{ 2, VERDICT_REACHED },
	{ 3, VERDICT_DISTURBED },
	{ 5, VERDICT_DISTURBED },
};

static struct round
with_floor(struct round round, double floor)
{
	round.samples[FLOOR].is_there = true;
	round.samples[FLOOR].value[METRIC_FPS] = floor;
	return round;
}

START_TEST(the_floor_is_held_against_the_same_target)
{
	struct check check = { RULE_AT_LEAST, METRIC_FPS, VS_PEER, 2 };
	struct round rounds[] = { with_floor(round_of(18, 10, NAN), 19),
				  with_floor(round_of(36, 20, NAN), 30) };
	struct row row = judge(&check, rounds, 2);

	ck_assert_int_eq(row.verdict, VERDICT_MISSED);
	ck_assert_double_eq(row.floor.max, 1.9);
	ck_assert_double_eq(row.floor.min, 1.5);
	check.yardstick = VS_NONE;
	ck_assert_double_eq(judge(&check, rounds, 2).floor.max, 30);
	check.yardstick = VS_BASE;
	ck_assert_uint_eq(judge(&check, rounds, 2).floor.n, 0);
	check.yardstick = VS_FLOOR;
	ck_assert_double_eq(judge(&check, rounds, 2).ratio.max, 1.2);
	rounds[0].samples[FLOOR].is_dirty = true;
	ck_assert_uint_eq(judge(&twice_the_peer, rounds, 2).floor.n, 1);
}
END_TEST

START_TEST(disturbed_rounds_do_not_count)
{
	struct round rounds[ROUNDS_MAX];
	unsigned n_dirty = disturbances[_i].n_dirty;
	struct row row;

	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		bool is_dirty = i < n_dirty;

		/* They would spoil the result. */
		rounds[i] = round_of(is_dirty ? 1 : 300, 100, NAN);
		/* One side is enough. */
		rounds[i].samples[i % 2 ? OURS : PEER].is_dirty = is_dirty;
	}
	row = judge(&twice_the_peer, rounds, ROUNDS_MAX);
	ck_assert_int_eq(row.verdict, disturbances[_i].want);
	ck_assert_uint_eq(row.ratio.n, ROUNDS_MAX - n_dirty);
}
END_TEST

START_TEST(without_vde_switch_its_checks_are_skipped)
{
	const struct check own = { RULE_AT_LEAST, METRIC_FPS, VS_NONE, 50 };
	struct round round = round_of(100, NAN, NAN);

	ck_assert_int_eq(judge(&twice_the_peer, &round, 1).verdict,
			 VERDICT_SKIPPED);
	ck_assert_int_eq(judge(&own, &round, 1).verdict, VERDICT_REACHED);
}
END_TEST

START_TEST(what_has_no_target_gets_no_verdict)
{
	const struct check check = { RULE_TELL, METRIC_FPS, VS_PEER, 0 };
	struct round round = round_of(100, 100, NAN);

	ck_assert_int_eq(judge(&check, &round, 1).verdict, VERDICT_INFORMATION);
}
END_TEST

START_TEST(rows_are_chosen_by_names_and_patterns)
{
	const struct bench_case one = { .name = "vde-64-one" };

	ck_assert(case_is_wanted(&one, NULL));
	ck_assert(case_is_wanted(&one, "vde-64-one"));
	ck_assert(case_is_wanted(&one, "rtt-*,vde-*"));
	ck_assert(case_is_wanted(&one, "rtt-pin, vde-64-one"));
	ck_assert(!case_is_wanted(&one, "vde-64"));
	ck_assert(!case_is_wanted(&one, "vde-64-one-more"));
	ck_assert(!case_is_wanted(&one, ""));
}
END_TEST

START_TEST(every_case_makes_sense)
{
	for (size_t i = 0; i < n_bench_cases; i++) {
		const struct bench_case *one = &bench_cases[i];

		ck_assert_ptr_nonnull(case_check(one, 0));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(one->name, bench_cases[k].name);
		ck_assert_msg(
		    !case_wants(one, VS_BASE) || one->idle + one->stalled > 0 ||
			one->plugins[0] != NULL || one->base_peer != NULL ||
			one->addresses > 0 || one->switch_args[0] != NULL,
		    "%s is its own base", one->name);
		/* The relay has partners only, and waits for who stalls. */
		ck_assert_msg(!case_wants(one, VS_FLOOR) ||
				  (one->idle % 2 == 0 && one->stalled == 0 &&
				   one->busy % 2 == 0 && one->segments == 0 &&
				   strcmp(one->mode, "broadcast") != 0),
			      "%s has no floor", one->name);
		ck_assert_msg(!case_wants(one, VS_PEER) || !one->is_ours_only,
			      "%s has nothing to compare with", one->name);
		ck_assert_msg(one->is_pmd || (!case_wants(one, VS_OVS) &&
					      !case_wants(one, VS_DPDK) &&
					      one->spin_us == 0),
			      "%s has no load for others", one->name);
		ck_assert_msg(!one->is_pmd || one->layout == LAYOUT_PIN,
			      "%s: its load never sleeps", one->name);
	}
}
END_TEST

/* As dpdk-testpmd prints it, shortened. */
#define DEVICE(packets, rate)                                                  \
	"  ######## NIC statistics for port 0 ########\n"                      \
	"  RX-packets: " packets "     RX-missed: 0     RX-bytes:  1\n"        \
	"  TX-packets: 77         TX-errors: 0          TX-bytes:  1\n\n"      \
	"  Rx-pps:     " rate "          Rx-bps:    642973584\n"

START_TEST(the_last_answer_counts)
{
	const char *text = "testpmd> show port stats all\n" DEVICE("1", "2")
	    DEVICE("3", "4") "testpmd> " DEVICE("5", "6") DEVICE("7", "8");
	struct pmd_stats stats;

	ck_assert(pmd_stats_parse(text, 2, &stats));
	ck_assert_uint_eq(stats.received[0], 5);
	ck_assert_uint_eq(stats.rate_fps[0], 6);
	ck_assert_uint_eq(stats.received[1], 7);
	ck_assert_uint_eq(stats.rate_fps[1], 8);
	ck_assert(pmd_stats_parse(text, 1, &stats));
	ck_assert_uint_eq(stats.received[0], 1);
}
END_TEST

START_TEST(half_an_answer_is_none)
{
	struct pmd_stats stats;

	ck_assert(!pmd_stats_parse("", 1, &stats));
	ck_assert(!pmd_stats_parse(DEVICE("1", "2"), 1, &stats));
	ck_assert(
	    !pmd_stats_parse(DEVICE("1", "2") DEVICE("3", "4"), 2, &stats));
	/* The second rate may go on. */
	ck_assert(!pmd_stats_parse(DEVICE("1", "2") "RX-packets: 3\n"
						    "Rx-pps: 4",
				   1, &stats));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_median_lies_in_the_middle, 0 },
		{ a_ratio_is_that_of_one_round, 0 },
		{ a_target_is_reached_exactly, UNIT_ROWS(edges) },
		{ own_figures_are_compared_with_own, 0 },
		{ the_floor_is_held_against_the_same_target, 0 },
		{ disturbed_rounds_do_not_count, UNIT_ROWS(disturbances) },
		{ without_vde_switch_its_checks_are_skipped, 0 },
		{ what_has_no_target_gets_no_verdict, 0 },
		{ rows_are_chosen_by_names_and_patterns, 0 },
		{ every_case_makes_sense, 0 },
		{ the_last_answer_counts, 0 },
		{ half_an_answer_is_none, 0 },
		{ NULL, 0 },
	};

	return unit_run("bench", tests, NULL, NULL);
}
