#include "config.h"

#include <errno.h>
#include <string.h>

#include "plugins/portsec/stations.h"
#include "tests/unit/unit.h"

static struct stations set;

static void
setup(void)
{
	memset(&set, 0, sizeof(set));
}

static void
teardown(void)
{
	stations_fini(&set);
}

static const uint8_t *
mac(unsigned n)
{
	static uint8_t octets[STATION_LEN];

	octets[0] = 2;
	octets[4] = (uint8_t)(n >> 8);
	octets[5] = (uint8_t)n;
	return octets;
}

START_TEST(stations_are_found_whatever_the_order_they_came_in)
{
	for (unsigned i = 0; i < 1000; i++) {
		unsigned n = i * 7 % 1000;

		ck_assert_ptr_null(stations_find(&set, mac(n)));
		ck_assert_int_eq(stations_add(&set, mac(n), false, n), 0);
	}
	for (unsigned n = 0; n < 1000; n++)
		ck_assert_uint_eq(stations_find(&set, mac(n))->seen_ns, n);
	ck_assert_ptr_null(stations_find(&set, mac(1000)));
}
END_TEST

START_TEST(no_more_than_the_limit_are_kept)
{
	for (unsigned n = 0; n < STATIONS_MAX; n++)
		ck_assert_int_eq(stations_add(&set, mac(n), false, 0), 0);
	ck_assert_int_eq(stations_add(&set, mac(STATIONS_MAX), false, 0),
			 -ENOSPC);
}
END_TEST

START_TEST(one_that_is_removed_leaves_the_others)
{
	for (unsigned n = 0; n < 5; n++)
		stations_add(&set, mac(n), false, 0);
	stations_remove(&set, stations_find(&set, mac(4)));
	stations_remove(&set, stations_find(&set, mac(0)));
	ck_assert_uint_eq(set.n, 3);
	ck_assert_ptr_null(stations_find(&set, mac(0)));
	ck_assert_ptr_nonnull(stations_find(&set, mac(1)));
	ck_assert_ptr_nonnull(stations_find(&set, mac(3)));
	ck_assert_ptr_null(stations_find(&set, mac(4)));
}
END_TEST

START_TEST(they_expire_by_when_they_were_seen_unless_fixed)
{
	stations_add(&set, mac(1), false, 10);
	stations_add(&set, mac(2), false, 11);
	stations_add(&set, mac(3), true, 0);
	stations_expire(&set, 11);
	ck_assert_ptr_null(stations_find(&set, mac(1)));
	ck_assert_ptr_nonnull(stations_find(&set, mac(2)));
	ck_assert_ptr_nonnull(stations_find(&set, mac(3)));
	stations_forget(&set);
	ck_assert_uint_eq(set.n, 1);
	ck_assert_ptr_nonnull(stations_find(&set, mac(3)));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ stations_are_found_whatever_the_order_they_came_in, 0 },
		{ no_more_than_the_limit_are_kept, 0 },
		{ one_that_is_removed_leaves_the_others, 0 },
		{ they_expire_by_when_they_were_seen_unless_fixed, 0 },
		{ NULL, 0 },
	};

	return unit_run("stations", tests, setup, teardown);
}
