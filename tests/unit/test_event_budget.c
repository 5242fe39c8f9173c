#include "driver/report/event-budget.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/unit/unit.h"

enum { TEXT = 1000 - EVENT_BUDGET_EVENT }; /* an event costs 1000 */

static struct event_budget budget;
static char text[EVENT_BUDGET_KEPT + 100];
static uint64_t now_ns;

static void
setup(void)
{
	memset(text, 'x', sizeof(text) - 1);
	now_ns = 7 * NS_PER_S;
	event_budget_init(&budget, now_ns);
}

static void
teardown(void)
{
	event_budget_fini(&budget);
}

/* How many events of 1000 octets there is room for now. */
static size_t
take_all(void)
{
	size_t n = 0;

	while (event_budget_take(&budget, now_ns, text, TEXT))
		n++;
	return n;
}

static void
wait_for_octets(uint64_t octets)
{
	now_ns += octets * (NS_PER_S / EVENT_BUDGET_BYTES_S);
}

START_TEST(there_is_room_for_so_much_at_once)
{
	ck_assert_uint_eq(take_all(), EVENT_BUDGET_BYTES / 1000);
	ck_assert_uint_eq(budget.n_left_out, 1);
	ck_assert_uint_eq(budget.left_out_bytes, TEXT);
}
END_TEST

START_TEST(what_fits_exactly_fits)
{
	budget.room = 1000;
	ck_assert(event_budget_take(&budget, now_ns, text, TEXT));
	ck_assert_uint_eq(budget.room, 0);
	budget.room = 999;
	ck_assert(!event_budget_take(&budget, now_ns, text, TEXT));
}
END_TEST

START_TEST(an_empty_text_costs_as_well)
{
	budget.room = EVENT_BUDGET_EVENT;
	ck_assert(event_budget_take(&budget, now_ns, "", 0));
	ck_assert(!event_budget_take(&budget, now_ns, "", 0));
}
END_TEST

START_TEST(it_opens_again_when_there_is_room_for_a_piece)
{
	take_all();
	wait_for_octets(EVENT_BUDGET_RESUME - budget.room - 1);
	ck_assert(!event_budget_take(&budget, now_ns, text, TEXT));
	ck_assert(!event_budget_take(&budget, now_ns, "", 0));
	wait_for_octets(1);
	ck_assert_uint_eq(take_all(), EVENT_BUDGET_RESUME / 1000);
}
END_TEST

START_TEST(no_more_comes_back_than_there_was)
{
	take_all();
	now_ns += 86400 * NS_PER_S;
	ck_assert_uint_eq(take_all(), EVENT_BUDGET_BYTES / 1000);
}
END_TEST

START_TEST(moments_add_up)
{
	take_all();
	/* Of less than an octet each. */
	for (int i = 0; i < 20 * 10000; i++) {
		now_ns += NS_PER_MS / 10;
		if (event_budget_take(&budget, now_ns, "", 0))
			return;
	}
	ck_abort_msg("nothing came back");
}
END_TEST

START_TEST(the_end_of_what_is_left_out_is_kept)
{
	budget.room = 0;
	event_budget_take(&budget, now_ns, "one", 3);
	event_budget_take(&budget, now_ns, "two\n", 4);
	ck_assert_uint_eq(budget.n_kept, 8);
	ck_assert_int_eq(memcmp(budget.kept, "one\ntwo\n", 8), 0);
	event_budget_take(&budget, now_ns, text, sizeof(text) - 1);
	ck_assert_uint_eq(budget.n_kept, EVENT_BUDGET_KEPT);
	event_budget_take(&budget, now_ns, "three", 5);
	ck_assert_uint_eq(budget.n_kept, EVENT_BUDGET_KEPT);
	ck_assert_int_eq(
	    memcmp(budget.kept + EVENT_BUDGET_KEPT - 8, "x\nthree\n", 8), 0);
	ck_assert_uint_eq(budget.n_left_out, 4);
	event_budget_told(&budget);
	ck_assert_uint_eq(budget.n_left_out, 0);
	ck_assert_uint_eq(budget.left_out_bytes, 0);
	ck_assert_uint_eq(budget.n_kept, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ there_is_room_for_so_much_at_once, 0 },
		{ what_fits_exactly_fits, 0 },
		{ an_empty_text_costs_as_well, 0 },
		{ it_opens_again_when_there_is_room_for_a_piece, 0 },
		{ no_more_comes_back_than_there_was, 0 },
		{ moments_add_up, 0 },
		{ the_end_of_what_is_left_out_is_kept, 0 },
		{ NULL, 0 },
	};

	return unit_run("event-budget", tests, setup, teardown);
}
