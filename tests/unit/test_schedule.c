#include "driver/batch/schedule.h"

#include "tests/unit/unit.h"

enum { N = 4 };

/* Memory, cores, expected, waiting. */
static struct schedule_need needs[N];
static size_t order[N];

static void
setup(void)
{
	for (size_t i = 0; i < N; i++)
		needs[i] = (struct schedule_need){ .memory_mib = 256,
						   .cores = 1,
						   .n_waiting = 1 };
	schedule_order(needs, N, false, order);
}

static size_t
pick(size_t n_running, size_t n_max, uint64_t memory_mib, unsigned cores)
{
	const struct schedule_room room = { n_running, n_max, memory_mib,
					    cores };

	return schedule_pick(needs, order, N, &room);
}

START_TEST(the_longest_is_first_and_equals_stay_in_order)
{
	static const uint64_t expected_ms[N] = { 5, 7, 5, 9 };
	static const size_t want[N] = { 3, 1, 0, 2 };

	for (size_t i = 0; i < N; i++)
		needs[i].expected_ms = expected_ms[i];
	schedule_order(needs, N, true, order);
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(order[i], want[i]);
}
END_TEST

START_TEST(what_nobody_knows_comes_before_what_is_long)
{
	static const uint64_t expected_ms[N] = { 5, 0, 7, 0 };
	static const size_t want[N] = { 1, 3, 2, 0 };

	for (size_t i = 0; i < N; i++)
		needs[i].expected_ms = expected_ms[i];
	schedule_order(needs, N, true, order);
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(order[i], want[i]);
}
END_TEST

START_TEST(the_order_of_the_files_is_kept_where_it_is_asked_for)
{
	needs[3].expected_ms = 1000;
	schedule_order(needs, N, false, order);
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(order[i], i);
}
END_TEST

START_TEST(no_more_than_asked_for_run_at_a_time)
{
	ck_assert_uint_eq(pick(1, 2, 9999, 99), 0);
	ck_assert_uint_eq(pick(2, 2, 9999, 99), SIZE_MAX);
	ck_assert_uint_eq(pick(500, 0, 9999, 99), 0);
}
END_TEST

START_TEST(a_test_needs_all_of_its_memory)
{
	ck_assert_uint_eq(pick(1, 0, 256, 99), 0);
	ck_assert_uint_eq(pick(1, 0, 255, 99), SIZE_MAX);
}
END_TEST

START_TEST(a_test_needs_all_of_its_cores)
{
	for (size_t i = 0; i < N; i++)
		needs[i].cores = 3;
	ck_assert_uint_eq(pick(1, 0, 9999, 3), 0);
	ck_assert_uint_eq(pick(1, 0, 9999, 2), SIZE_MAX);
}
END_TEST

START_TEST(a_smaller_one_goes_before_one_that_does_not_fit)
{
	needs[0].memory_mib = 1000;
	needs[1].cores = 8;
	ck_assert_uint_eq(pick(1, 0, 999, 7), 2);
}
END_TEST

START_TEST(what_never_fits_runs_alone)
{
	needs[0].memory_mib = 1000000;
	needs[0].cores = 100;
	ck_assert_uint_eq(pick(1, 0, 999, 7), 1);
	ck_assert_uint_eq(pick(0, 0, 999, 7), 0);
}
END_TEST

START_TEST(what_does_not_wait_is_not_picked)
{
	needs[0].n_waiting = 0;
	ck_assert_uint_eq(pick(0, 0, 9999, 99), 1);
	for (size_t i = 0; i < N; i++)
		needs[i].n_waiting = 0;
	ck_assert_uint_eq(pick(0, 0, 9999, 99), SIZE_MAX);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_longest_is_first_and_equals_stay_in_order, 0 },
		{ what_nobody_knows_comes_before_what_is_long, 0 },
		{ the_order_of_the_files_is_kept_where_it_is_asked_for, 0 },
		{ no_more_than_asked_for_run_at_a_time, 0 },
		{ a_test_needs_all_of_its_memory, 0 },
		{ a_test_needs_all_of_its_cores, 0 },
		{ a_smaller_one_goes_before_one_that_does_not_fit, 0 },
		{ what_never_fits_runs_alone, 0 },
		{ what_does_not_wait_is_not_picked, 0 },
		{ NULL, 0 },
	};

	return unit_run("schedule", tests, setup, NULL);
}
