#include "driver/report/keep.h"

#include "tests/unit/unit.h"

static struct keep *keep;

static void
setup(void)
{
	keep = keep_new();
}

static void
teardown(void)
{
	keep_free(keep);
}

/* @n things of @octets each in @lane, evenly from 0 to @end_s. */
static void
count(size_t lane, unsigned n, double end_s, uint64_t octets)
{
	for (unsigned i = 0; i < n; i++)
		keep_count(keep, lane, end_s * i / n, octets);
}

/* The same again.  Return: how many are taken; the bits of *@kept_at that are
 * set are the hundredths of the time with one. */
static unsigned
take(size_t lane, unsigned n, double end_s, uint64_t octets, bool kept_at[100])
{
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!keep_take(keep, lane, end_s * i / n, octets))
			continue;
		taken++;
		if (kept_at != NULL)
			kept_at[(uint64_t)i * 100 / n] = true;
	}
	return taken;
}

static void
choose(uint64_t items, uint64_t octets, double begin_s, double end_s)
{
	struct keep_budget budget = { .items = items, .octets = octets };

	keep_choose(keep, &budget, begin_s, end_s);
}

START_TEST(what_fits_exactly_is_kept_whole)
{
	count(0, 1000, 60, 10);
	choose(1000, 10000, -1, -1);
	ck_assert_uint_eq(take(0, 1000, 60, 10, NULL), 1000);
	ck_assert_uint_eq(keep_lane(keep, 0).taken, 1000);
	ck_assert_uint_eq(keep_lane(keep, 0).counted, 1000);
}
END_TEST

START_TEST(one_item_too_many_costs_one)
{
	count(0, 1001, 60, 10);
	choose(1000, UINT64_MAX, -1, -1);
	ck_assert_uint_eq(take(0, 1001, 60, 10, NULL), 1000);
}
END_TEST

START_TEST(octets_are_never_exceeded)
{
	count(0, 1000, 60, 10);
	choose(1000, 9999, -1, -1);
	ck_assert_uint_eq(take(0, 1000, 60, 10, NULL), 999);
}
END_TEST

START_TEST(octets_are_never_exceeded_by_large_ones_among_small_ones)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < 1000; i++)
		keep_count(keep, 0, 1, i < 100 ? 5000 : 1);
	choose(1000, 10000, -1, -1);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t octets = i < 100 ? 5000 : 1;

		if (keep_take(keep, 0, 1, octets))
			used += octets;
	}
	ck_assert_uint_gt(used, 0);
	ck_assert_uint_le(used, 10000);
}
END_TEST

START_TEST(the_beginning_and_the_end_stay)
{
	bool at[100] = { false };

	count(0, 10000, 100, 1);
	choose(1000, 100000, -1, -1);
	ck_assert_uint_eq(take(0, 10000, 100, 1, at), 1000);
	ck_assert(at[0] && at[3] && at[99] && at[96]);
	ck_assert(!at[20] && !at[50] && !at[80]);
}
END_TEST

START_TEST(what_is_around_the_window_stays)
{
	bool at[100] = { false };

	count(0, 10000, 100, 1);
	choose(1000, 100000, 69.5, 70.5);
	ck_assert_uint_eq(take(0, 10000, 100, 1, at), 1000);
	ck_assert(at[0] && at[99]);
	ck_assert(at[68] && at[69] && at[70] && at[71]);
	ck_assert(!at[30] && !at[60] && !at[90]);
}
END_TEST

START_TEST(of_a_window_that_does_not_fit_the_end_stays)
{
	bool at[100] = { false };

	count(0, 10000, 100, 1);
	choose(1000, 100000, 20, 70);
	ck_assert_uint_eq(take(0, 10000, 100, 1, at), 1000);
	ck_assert(at[69] && at[65]);
	ck_assert(!at[0] && !at[25] && !at[75]);
}
END_TEST

/* All of them are at one time. */
START_TEST(of_a_burst_at_the_end_the_last_ones_stay)
{
	unsigned first = 1000;

	count(0, 10, 0.001, 1);
	for (int i = 0; i < 1000; i++)
		keep_count(keep, 0, 100, 1);
	choose(110, 100000, -1, -1);
	ck_assert_uint_eq(take(0, 10, 0.001, 1, NULL), 10);
	for (unsigned i = 0; i < 1000; i++)
		if (keep_take(keep, 0, 100, 1) && i < first)
			first = i;
	ck_assert_uint_eq(first, 900);
	ck_assert_uint_eq(keep_lane(keep, 0).taken, 110);
}
END_TEST

START_TEST(a_flood_in_one_lane_costs_the_others_nothing)
{
	count(0, 100000, 100, 10);
	count(1, 300, 100, 10);
	count(2, 10, 100, 10);
	choose(1000, 1000000, -1, -1);
	ck_assert_uint_eq(take(1, 300, 100, 10, NULL), 300);
	ck_assert_uint_eq(take(2, 10, 100, 10, NULL), 10);
	ck_assert_uint_eq(take(0, 100000, 100, 10, NULL), 690);
}
END_TEST

START_TEST(two_floods_share_equally)
{
	count(0, 5000, 100, 10);
	count(1, 9000, 100, 10);
	choose(1000, 1000000, -1, -1);
	ck_assert_uint_eq(take(0, 5000, 100, 10, NULL), 500);
	ck_assert_uint_eq(take(1, 9000, 100, 10, NULL), 500);
}
END_TEST

/* The stretches have to grow a lot. */
START_TEST(days_and_times_without_end_are_counted)
{
	count(0, 10000, 86400 * 3, 1);
	keep_count(keep, 0, 1e300, 1);
	choose(100, 100000, 86400, 86401);
	ck_assert_uint_eq(take(0, 10000, 86400 * 3, 1, NULL) +
			      keep_take(keep, 0, 1e300, 1),
			  100);
}
END_TEST

START_TEST(what_was_not_counted_is_not_taken)
{
	count(0, 10, 1, 1);
	choose(100, 100, -1, -1);
	ck_assert(!keep_take(keep, 1, 0, 1));
	ck_assert_uint_eq(take(0, 10, 1, 1, NULL), 10);
	ck_assert_uint_eq(take(0, 10, 1, 1, NULL), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_fits_exactly_is_kept_whole, 0 },
		{ one_item_too_many_costs_one, 0 },
		{ octets_are_never_exceeded, 0 },
		{ octets_are_never_exceeded_by_large_ones_among_small_ones, 0 },
		{ the_beginning_and_the_end_stay, 0 },
		{ what_is_around_the_window_stays, 0 },
		{ of_a_window_that_does_not_fit_the_end_stays, 0 },
		{ of_a_burst_at_the_end_the_last_ones_stay, 0 },
		{ a_flood_in_one_lane_costs_the_others_nothing, 0 },
		{ two_floods_share_equally, 0 },
		{ days_and_times_without_end_are_counted, 0 },
		{ what_was_not_counted_is_not_taken, 0 },
		{ NULL, 0 },
	};

	return unit_run("keep", tests, setup, teardown);
}
