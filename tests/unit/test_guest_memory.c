#include <stdint.h>
#include <string.h>

#include "switch/ports/guest-memory.h"
#include "unit.h"

static uint8_t low[0x1000], high[0x2000], top[0x10];

static const struct guest_region regions[] = {
	{ .guest = 0x1000, .size = sizeof(low), .at = low },
	{ .guest = 0x2000, .size = sizeof(high), .at = high },
	{ .guest = UINT64_MAX - 16, .size = sizeof(top), .at = top },
};
static const struct guest_memory memory = { regions, UNIT_ROWS(regions) };

static const struct {
	uint64_t guest;
	uint64_t len;
	const uint8_t *want;
} places[] = {
	{ 0, 1, NULL },
	{ 0xfff, 1, NULL },
	{ 0xfff, 2, NULL },
	{ 0x1000, 0, low },
	{ 0x1000, 1, low },
	{ 0x1000, 0x1000, low },
	{ 0x1000, 0x1001, NULL }, /* goes on in the next: not in one piece */
	{ 0x1fff, 1, low + 0xfff },
	{ 0x1fff, 2, NULL },
	{ 0x2000, 0x2000, high },
	{ 0x2001, 0x2000, NULL },
	{ 0x3fff, 1, high + 0x1fff },
	{ 0x4000, 0, NULL },
	{ 0x4000, 1, NULL },
	{ 0x2000, UINT64_MAX, NULL },
	{ 0x2010, UINT64_MAX - 0xf, NULL }, /* the end wraps */
	{ UINT64_MAX - 17, 1, NULL },
	{ UINT64_MAX - 16, 16, top },
	{ UINT64_MAX - 1, 1, top + 15 },
	{ UINT64_MAX - 1, 2, NULL },
	{ UINT64_MAX, 1, NULL },
};

START_TEST(an_address_is_found_where_all_its_octets_are)
{
	struct guest_region last = { .size = 0 };

	ck_assert_ptr_eq(
	    guest_memory_at(&memory, &last, places[_i].guest, places[_i].len),
	    places[_i].want);
	/* Wherever the look-up before was. */
	for (int i = 0; i < UNIT_ROWS(regions); i++) {
		last = regions[i];
		ck_assert_ptr_eq(guest_memory_at(&memory, &last,
						 places[_i].guest,
						 places[_i].len),
				 places[_i].want);
	}
}
END_TEST

START_TEST(without_regions_nothing_is_found)
{
	static const struct guest_memory none;
	struct guest_region last = { .size = 0 };

	ck_assert_ptr_null(guest_memory_at(&none, &last, 0, 0));
	ck_assert_ptr_null(guest_memory_at(&none, &last, 0x1000, 1));
}
END_TEST

static const struct {
	const uint8_t *at;
	uint64_t want, left;
} names[] = {
	{ low, 0x1000, 0x1000 },	 { low + 0xfff, 0x1fff, 1 },
	{ high, 0x2000, 0x2000 },	 { high + 0x1fff, 0x3fff, 1 },
	{ top + 15, UINT64_MAX - 1, 1 },
};

START_TEST(an_octet_of_ours_has_the_name_that_the_guest_gave_it)
{
	uint64_t left;

	ck_assert_uint_eq(guest_memory_locate(&memory, names[_i].at, &left),
			  names[_i].want);
	ck_assert_uint_eq(left, names[_i].left);
	ck_assert_uint_eq(guest_memory_locate(&memory, &left, &left),
			  UINT64_MAX);
	ck_assert_uint_eq(left, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_address_is_found_where_all_its_octets_are,
		  UNIT_ROWS(places) },
		{ without_regions_nothing_is_found, 0 },
		{ an_octet_of_ours_has_the_name_that_the_guest_gave_it,
		  UNIT_ROWS(names) },
		{ NULL, 0 },
	};

	return unit_run("guest-memory", tests, NULL, NULL);
}
