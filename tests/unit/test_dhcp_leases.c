#include "config.h"

#include <errno.h>
#include <string.h>

#include "plugins/dhcp/leases.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

static struct leases l;

static void
setup(void)
{
	l = (struct leases){ .first = 100, .last = 103, .next = 100 };
}

static void
teardown(void)
{
	leases_fini(&l);
}

static const uint8_t *
mac(unsigned n)
{
	static uint8_t octets[4][DHCP_MAC_LEN];
	static unsigned next;
	uint8_t *m = octets[next++ % 4];

	m[4] = (uint8_t)(n >> 8);
	m[5] = (uint8_t)n;
	return m;
}

static uint32_t
offer(unsigned n, uint32_t wanted, uint64_t s)
{
	const struct lease *lease =
	    leases_offer(&l, mac(n), wanted, s * NS_PER_S);

	return lease != NULL ? lease->address : 0;
}

static bool
bind(unsigned n, uint32_t address, uint64_t s)
{
	return leases_may_have(&l, mac(n), address, s * NS_PER_S) &&
	       leases_bind(&l, mac(n), address, 1000, s * NS_PER_S) != NULL;
}

START_TEST(strangers_get_one_after_the_other_until_there_is_none)
{
	for (unsigned n = 1; n <= 4; n++)
		ck_assert_uint_eq(offer(n, 0, 0), 99 + n);
	ck_assert_uint_eq(offer(5, 0, 0), 0);
	ck_assert_uint_eq(offer(2, 0, 0), 101);
}
END_TEST

START_TEST(an_offer_lasts_a_minute)
{
	for (unsigned n = 1; n <= 4; n++)
		offer(n, 0, 0);
	ck_assert_uint_eq(offer(5, 0, LEASE_OFFER_S - 1), 0);
	ck_assert_uint_eq(offer(5, 0, LEASE_OFFER_S), 100);
}
END_TEST

START_TEST(who_wants_one_that_is_free_gets_it)
{
	ck_assert_uint_eq(offer(1, 102, 0), 102);
	ck_assert_uint_eq(offer(2, 102, 0), 100);
	ck_assert_uint_eq(offer(3, 99, 0), 101);
	ck_assert_uint_eq(offer(4, 104, 0), 103);
}
END_TEST

START_TEST(a_lease_is_over_when_its_time_is)
{
	ck_assert(bind(1, 100, 0));
	ck_assert(!bind(2, 100, 999));
	ck_assert(bind(2, 100, 1000));
	ck_assert_ptr_null(leases_find(&l, mac(1)));
}
END_TEST

START_TEST(who_comes_back_gets_what_he_had)
{
	ck_assert(bind(1, 102, 0));
	ck_assert_uint_eq(offer(1, 0, 5000), 102);
	/* unless somebody else has it */
	ck_assert(bind(2, 102, 6000));
	ck_assert_uint_eq(offer(1, 102, 6000), 100);
}
END_TEST

START_TEST(what_was_given_back_rests_for_as_long_as_possible)
{
	ck_assert(bind(1, offer(1, 0, 0), 0));
	leases_release(&l, mac(1), 100);
	ck_assert_uint_eq(offer(2, 0, 0), 101);
	ck_assert_uint_eq(offer(3, 0, 0), 102);
	ck_assert_uint_eq(offer(4, 0, 0), 103);
	ck_assert_uint_eq(offer(5, 0, 0), 100);
}
END_TEST

START_TEST(only_who_has_it_can_give_it_back)
{
	ck_assert(bind(1, 100, 0));
	leases_release(&l, mac(2), 100);
	leases_release(&l, mac(1), 101);
	ck_assert(!leases_may_have(&l, mac(2), 100, 0));
	leases_release(&l, mac(1), 100);
	ck_assert(leases_may_have(&l, mac(2), 100, 0));
}
END_TEST

START_TEST(one_that_was_declined_rests_for_an_hour)
{
	ck_assert(bind(1, 100, 0));
	leases_decline(&l, mac(1), 100, 0);
	ck_assert(!leases_may_have(&l, mac(1), 100, 3599 * NS_PER_S));
	ck_assert(!leases_may_have(&l, mac(2), 100, 3599 * NS_PER_S));
	ck_assert_uint_eq(offer(1, 100, 0), 101);
	ck_assert(leases_may_have(&l, mac(2), 100, 3600 * NS_PER_S));
}
END_TEST

START_TEST(nobody_declines_what_is_not_his)
{
	ck_assert(bind(1, 100, 0));
	leases_decline(&l, mac(2), 100, 0);
	leases_decline(&l, mac(1), 101, 0);
	ck_assert(leases_may_have(&l, mac(1), 100, 0));
	ck_assert(leases_may_have(&l, mac(2), 101, 0));
}
END_TEST

START_TEST(a_reservation_is_one_stations_for_ever)
{
	ck_assert_int_eq(leases_reserve(&l, mac(9), 100, "nine"), 0);
	ck_assert_int_eq(leases_reserve(&l, mac(8), 7, "eight"), 0);
	ck_assert_int_eq(leases_reserve(&l, mac(7), 100, ""), -EADDRINUSE);
	ck_assert_uint_eq(offer(1, 100, 0), 101);
	ck_assert_uint_eq(offer(9, 103, 0), 100);
	ck_assert_uint_eq(offer(8, 0, 0), 7);
	ck_assert(bind(8, 7, 0));
	ck_assert(!bind(8, 103, 0));
	ck_assert(!bind(1, 7, 99999));
	leases_release(&l, mac(8), 7);
	leases_decline(&l, mac(8), 7, 0);
	ck_assert(bind(8, 7, 0));
	ck_assert_str_eq(leases_find(&l, mac(8))->name, "eight");
}
END_TEST

START_TEST(a_reservation_takes_the_address_from_who_has_it)
{
	ck_assert(bind(1, 100, 0));
	ck_assert(bind(9, 101, 0));
	ck_assert_int_eq(leases_reserve(&l, mac(9), 100, ""), 0);
	ck_assert(!leases_may_have(&l, mac(1), 100, 1));
	ck_assert(leases_may_have(&l, mac(1), 101, 1));
	ck_assert(bind(9, 100, 1));
	/* and another one takes the place of the first */
	ck_assert_int_eq(leases_reserve(&l, mac(9), 50, ""), 0);
	ck_assert(leases_may_have(&l, mac(1), 100, 1));
	ck_assert_uint_eq(offer(9, 0, 1), 50);
}
END_TEST

START_TEST(what_is_forgotten_is_free)
{
	ck_assert_int_eq(leases_reserve(&l, mac(9), 100, ""), 0);
	ck_assert_int_eq(leases_forget(&l, mac(9)), 0);
	ck_assert_int_eq(leases_forget(&l, mac(9)), -ENOENT);
	ck_assert(bind(1, 100, 0));
}
END_TEST

START_TEST(without_a_range_there_are_reservations_only)
{
	l.first = l.last = l.next = 0;
	ck_assert_uint_eq(offer(1, 100, 0), 0);
	ck_assert_int_eq(leases_reserve(&l, mac(1), 100, ""), 0);
	ck_assert_uint_eq(offer(1, 0, 0), 100);
	ck_assert_uint_eq(offer(2, 0, 0), 0);
}
END_TEST

START_TEST(the_table_has_an_end)
{
	l.first = l.next = 1;
	l.last = LEASES_MAX;
	for (unsigned n = 0; n < LEASES_MAX; n++)
		ck_assert_uint_eq(offer(n, 0, 0), n + 1);
	ck_assert_int_eq(leases_reserve(&l, mac(60000), 9999, ""), -ENOSPC);
	ck_assert_uint_eq(offer(60000, 0, 0), 0);
	/* what has expired is given again */
	ck_assert_uint_eq(offer(60000, 0, 100), 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ strangers_get_one_after_the_other_until_there_is_none, 0 },
		{ an_offer_lasts_a_minute, 0 },
		{ who_wants_one_that_is_free_gets_it, 0 },
		{ a_lease_is_over_when_its_time_is, 0 },
		{ who_comes_back_gets_what_he_had, 0 },
		{ what_was_given_back_rests_for_as_long_as_possible, 0 },
		{ only_who_has_it_can_give_it_back, 0 },
		{ one_that_was_declined_rests_for_an_hour, 0 },
		{ nobody_declines_what_is_not_his, 0 },
		{ a_reservation_is_one_stations_for_ever, 0 },
		{ a_reservation_takes_the_address_from_who_has_it, 0 },
		{ what_is_forgotten_is_free, 0 },
		{ without_a_range_there_are_reservations_only, 0 },
		{ the_table_has_an_end, 0 },
		{ NULL, 0 },
	};

	return unit_run("dhcp-leases", tests, setup, teardown);
}
