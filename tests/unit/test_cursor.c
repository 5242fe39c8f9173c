#include "lib/cursor.h"

#include "tests/unit/unit.h"

static const uint8_t bytes[] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef
};

START_TEST(fields_are_read_front_to_back)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	ck_assert_uint_eq(cursor_u8(&c), 0x01);
	ck_assert_uint_eq(cursor_be16(&c), 0x2345);
	ck_assert_uint_eq(cursor_be32(&c), 0x6789abcd);
	ck_assert_uint_eq(c.left, 1);
	ck_assert_ptr_eq(cursor_bytes(&c, 1), bytes + 7);
	ck_assert_uint_eq(c.left, 0);
	ck_assert(cursor_ok(&c));
}
END_TEST

START_TEST(the_highest_bit_is_no_sign)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe };
	struct cursor c = cursor_over(ones, sizeof(ones));

	ck_assert_uint_eq(cursor_be32(&c), 0xffffffff);
	ck_assert_uint_eq(cursor_be16(&c), 0xfffe);
}
END_TEST

START_TEST(host_order_is_that_of_memory)
{
	struct cursor c = cursor_over(bytes + 1, 6); /* unaligned */
	uint16_t v16;
	uint32_t v32;

	memcpy(&v16, bytes + 1, sizeof(v16));
	memcpy(&v32, bytes + 3, sizeof(v32));
	ck_assert_uint_eq(cursor_host16(&c), v16);
	ck_assert_uint_eq(cursor_host32(&c), v32);
	ck_assert(cursor_ok(&c));
}
END_TEST

enum field { U8, BE16, BE32, HOST16, HOST32, SKIP5, BYTES5 };

static uint64_t
read_field(struct cursor *c, enum field field)
{
	switch (field) {
	case U8:
		return cursor_u8(c);
	case BE16:
		return cursor_be16(c);
	case BE32:
		return cursor_be32(c);
	case HOST16:
		return cursor_host16(c);
	case HOST32:
		return cursor_host32(c);
	case SKIP5:
		cursor_skip(c, 5);
		return 0;
	case BYTES5:
		return cursor_bytes(c, 5) != NULL;
	}
	return 0;
}

static const struct {
	enum field field;
	size_t size;
} widths[] = {
	{ U8, 1 },     { BE16, 2 },  { BE32, 4 },   { HOST16, 2 },
	{ HOST32, 4 }, { SKIP5, 5 }, { BYTES5, 5 },
};

START_TEST(a_field_that_just_fits_is_read)
{
	struct cursor c = cursor_over(bytes, widths[_i].size);

	read_field(&c, widths[_i].field);
	ck_assert(cursor_ok(&c));
	ck_assert_uint_eq(c.left, 0);
}
END_TEST

START_TEST(a_field_one_byte_too_long_reads_as_zero_and_fails)
{
	struct cursor c = cursor_over(bytes, widths[_i].size - 1);

	ck_assert_uint_eq(read_field(&c, widths[_i].field), 0);
	ck_assert(!cursor_ok(&c));
}
END_TEST

START_TEST(after_a_failure_nothing_is_read_any_more)
{
	struct cursor c = cursor_over(bytes, 3);

	ck_assert_uint_eq(cursor_be32(&c), 0);
	ck_assert_uint_eq(cursor_u8(&c), 0); /* would have fitted */
	ck_assert_ptr_null(cursor_bytes(&c, 0));
	ck_assert(!cursor_ok(&c));
}
END_TEST

START_TEST(a_huge_size_does_not_wrap)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	ck_assert_ptr_null(cursor_bytes(&c, SIZE_MAX));
	ck_assert(!cursor_ok(&c));
}
END_TEST

START_TEST(an_empty_buffer_may_be_no_buffer)
{
	struct cursor c = cursor_over(NULL, 0);

	cursor_skip(&c, 0);
	ck_assert(cursor_ok(&c));
	ck_assert_uint_eq(cursor_u8(&c), 0);
	ck_assert(!cursor_ok(&c));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ fields_are_read_front_to_back, 0 },
		{ the_highest_bit_is_no_sign, 0 },
		{ host_order_is_that_of_memory, 0 },
		{ a_field_that_just_fits_is_read, UNIT_ROWS(widths) },
		{ a_field_one_byte_too_long_reads_as_zero_and_fails,
		  UNIT_ROWS(widths) },
		{ after_a_failure_nothing_is_read_any_more, 0 },
		{ a_huge_size_does_not_wrap, 0 },
		{ an_empty_buffer_may_be_no_buffer, 0 },
		{ NULL, 0 },
	};

	return unit_run("cursor", tests, NULL, NULL);
}
