#include "lib/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

static char long_text[2 * ERR_TEXT_SIZE];

static void
setup(void)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
}

START_TEST(setting_an_error_returns_its_code)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(err_set(&err, -ENOENT, "port %d: no such segment", 3),
			 -ENOENT);
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_str_eq(err.text, "port 3: no such segment");
}
END_TEST

START_TEST(a_later_error_replaces_an_earlier_one)
{
	struct err err = ERR_INIT;

	err_set(&err, -ENOENT, "a long first text");
	err_set(&err, -EINVAL, "short");
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_str_eq(err.text, "short");
}
END_TEST

START_TEST(an_error_may_be_made_of_its_own_text)
{
	struct err err = ERR_INIT;

	err_set(&err, -EINVAL, "cause");
	err_set(&err, -EIO, "outer (%s)", err.text);
	ck_assert_str_eq(err.text, "outer (cause)");
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	ck_assert_int_eq(err_set(NULL, -EINVAL, "x"), -EINVAL);
	errno = EACCES;
	ck_assert_int_eq(err_errno(NULL, "x"), -EACCES);
	err_prefix(NULL, "x");
}
END_TEST

START_TEST(errno_is_returned_and_told)
{
	struct err err = ERR_INIT;

	errno = EACCES;
	ck_assert_int_eq(err_errno(&err, "cannot open %s", "/a"), -EACCES);
	ck_assert_int_eq(err.code, -EACCES);
	ck_assert_str_eq(err.text, "cannot open /a: Permission denied");
}
END_TEST

START_TEST(a_failure_without_errno_is_a_failure_still)
{
	struct err err = ERR_INIT;

	errno = 0;
	ck_assert_int_eq(err_errno(&err, "x"), -EIO);
	ck_assert_int_eq(err.code, -EIO);
}
END_TEST

START_TEST(a_text_too_long_is_cut)
{
	struct err err = ERR_INIT;

	err_set(&err, -EINVAL, "%s", long_text);
	ck_assert_uint_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
}
END_TEST

START_TEST(the_cause_survives_a_text_too_long)
{
	static const char cause[] = ": Permission denied";
	struct err err = ERR_INIT;

	errno = EACCES;
	err_errno(&err, "%s", long_text);
	ck_assert_uint_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
	ck_assert_str_eq(err.text + ERR_TEXT_SIZE - sizeof(cause), cause);
}
END_TEST

START_TEST(a_prefix_goes_before_and_keeps_the_code)
{
	struct err err = ERR_INIT;

	err_set(&err, -ENOENT, "no such segment");
	err_prefix(&err, "port %d", 3);
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_str_eq(err.text, "port 3: no such segment");
}
END_TEST

START_TEST(a_prefix_too_long_leaves_half_the_room_to_the_text)
{
	struct err err = ERR_INIT;

	err_set(&err, -ENOENT, "no such segment");
	err_prefix(&err, "%s", long_text);
	ck_assert_uint_eq(strspn(err.text, "x"), ERR_TEXT_SIZE / 2);
	ck_assert_str_eq(err.text + ERR_TEXT_SIZE / 2, ": no such segment");

	err_set(&err, -ENOENT, "%s", long_text);
	err_prefix(&err, "port 3");
	ck_assert_uint_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
	ck_assert_int_eq(strncmp(err.text, "port 3: xxx", 11), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ setting_an_error_returns_its_code, 0 },
		{ a_later_error_replaces_an_earlier_one, 0 },
		{ an_error_may_be_made_of_its_own_text, 0 },
		{ nobody_needs_to_listen, 0 },
		{ errno_is_returned_and_told, 0 },
		{ a_failure_without_errno_is_a_failure_still, 0 },
		{ a_text_too_long_is_cut, 0 },
		{ the_cause_survives_a_text_too_long, 0 },
		{ a_prefix_goes_before_and_keeps_the_code, 0 },
		{ a_prefix_too_long_leaves_half_the_room_to_the_text, 0 },
		{ NULL, 0 },
	};

	return unit_run("err", tests, setup, NULL);
}
