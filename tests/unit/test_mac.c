#include "lib/mac.h"

#include <errno.h>

#include "tests/unit/unit.h"

static const struct mac sample = { { 0x52, 0x54, 0x00, 0xab, 0x0c, 0xff } };

START_TEST(an_address_is_written_in_lower_case_with_colons)
{
	char text[MAC_TEXT_SIZE];

	ck_assert_str_eq(mac_format(&sample, text), "52:54:00:ab:0c:ff");
	ck_assert_ptr_eq(mac_format(&sample, text), text);
}
END_TEST

static const char *const good[] = {
	"52:54:00:ab:0c:ff",
	"52-54-00-ab-0c-ff",
	"52:54:00:AB:0C:FF",
	"52:54:00:aB:0C:fF",
};

START_TEST(colons_or_dashes_and_any_case_are_read)
{
	struct mac m = { { 0 } };

	ck_assert_int_eq(mac_parse(good[_i], &m), 0);
	ck_assert(mac_eq(&m, &sample));
}
END_TEST

static const char *const bad[] = {
	"",
	"5",
	"52",
	"52:",
	"52:54:00:ab:0c",
	"52:54:00:ab:0c:",
	"52:54:00:ab:0c:f",
	"52:54:00:ab:0c:fff",
	"52:54:00:ab:0c:ff:",
	"52:54:00:ab:0c:ff:00",
	"52:54:00-ab:0c:ff",
	"52-54-00:ab-0c-ff",
	"525400ab0cff",
	"5254.00ab.0cff",
	"52 54 00 ab 0c ff",
	" 52:54:00:ab:0c:ff",
	"52:54:00:ab:0c:ff ",
	"52:54:00:ab:0c:ff\n",
	"2:54:00:ab:0c:ff",
	"052:54:00:ab:0c:ff",
	"52::54:00:ab:0c",
	"5g:54:00:ab:0c:ff",
	"g5:54:00:ab:0c:ff",
	"52:54:00:ab:0c:+f",
	"0x52:54:00:ab:0c:ff",
	"-2:54:00:ab:0c:ff",
};

START_TEST(anything_else_is_refused_and_changes_nothing)
{
	struct mac m = sample;

	ck_assert_int_eq(mac_parse(bad[_i], &m), -EINVAL);
	ck_assert(mac_eq(&m, &sample));
}
END_TEST

START_TEST(every_octet_survives_writing_and_reading)
{
	for (unsigned value = 0; value <= 0xff; value++) {
		uint8_t b = (uint8_t)value;
		struct mac m = { { b, b, b, b, b, b } };
		struct mac back = { { 0 } };
		char text[MAC_TEXT_SIZE];

		ck_assert_int_eq(mac_parse(mac_format(&m, text), &back), 0);
		ck_assert(mac_eq(&m, &back));
	}
}
END_TEST

static const struct {
	struct mac mac;
	bool multicast;
	bool zero;
} kinds[] = {
	{ { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, true, false },
	{ { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } }, true, false },
	{ { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 } }, true, false },
	{ { { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } }, false, false },
	{ { { 0x02, 0x01, 0x01, 0x01, 0x01, 0x01 } }, false, false },
	{ { { 0x00, 0x00, 0x00, 0x00, 0x00, 0x01 } }, false, false },
	{ { { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 } }, false, true },
};

START_TEST(the_lowest_bit_of_the_first_octet_makes_a_group)
{
	ck_assert_int_eq(mac_is_multicast(&kinds[_i].mac), kinds[_i].multicast);
	ck_assert_int_eq(mac_is_zero(&kinds[_i].mac), kinds[_i].zero);
}
END_TEST

START_TEST(addresses_that_differ_in_one_octet_are_not_equal)
{
	for (int i = 0; i < MAC_LEN; i++) {
		struct mac other = sample;

		other.b[i] ^= 0x01;
		ck_assert(!mac_eq(&sample, &other));
	}
	ck_assert(mac_eq(&sample, &sample));
}
END_TEST

START_TEST(as_a_number_the_first_octet_leads)
{
	static const uint8_t bytes[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab };
	struct mac m = mac_from_bytes(bytes);

	ck_assert_uint_eq(mac_to_u64(&m), 0x0123456789abu);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_address_is_written_in_lower_case_with_colons, 0 },
		{ colons_or_dashes_and_any_case_are_read, UNIT_ROWS(good) },
		{ anything_else_is_refused_and_changes_nothing,
		  UNIT_ROWS(bad) },
		{ every_octet_survives_writing_and_reading, 0 },
		{ the_lowest_bit_of_the_first_octet_makes_a_group,
		  UNIT_ROWS(kinds) },
		{ addresses_that_differ_in_one_octet_are_not_equal, 0 },
		{ as_a_number_the_first_octet_leads, 0 },
		{ NULL, 0 },
	};

	return unit_run("mac", tests, NULL, NULL);
}
