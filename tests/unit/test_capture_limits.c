#include "config.h"

#include <errno.h>
#include <string.h>

#include "plugins/capture/limits.h"
#include "tests/unit/unit.h"

#define S UINT64_C(1000000000)

static const struct {
	const char *text;
	struct limits want;
} rings[] = {
	{ "4x16M", { .files = 4, .bytes = 16 << 20 } },
	{ "1x64K", { .files = 1, .bytes = 64 << 10 } },
	{ "100000x4096G", { .files = 100000, .bytes = UINT64_C(4) << 40 } },
	{ "24x1h", { .files = 24, .ns = 3600 * S } },
	{ "3x10min", { .files = 3, .ns = 600 * S } },
	{ "3x31622400s", { .files = 3, .ns = 31622400 * S } },
	{ "10x1000f", { .files = 10, .frames = 1000 } },
	{ "2x1G,30s,5f",
	  { .files = 2, .bytes = 1 << 30, .ns = 30 * S, .frames = 5 } },
};

START_TEST(a_ring_is_files_and_when_one_is_full)
{
	struct limits got = { 0 };
	char error[128] = "";

	ck_assert_msg(
	    limits_parse_ring(rings[_i].text, &got, error, sizeof(error)) == 0,
	    "%s", error);
	ck_assert_uint_eq(got.files, rings[_i].want.files);
	ck_assert_uint_eq(got.bytes, rings[_i].want.bytes);
	ck_assert_uint_eq(got.frames, rings[_i].want.frames);
	ck_assert_uint_eq(got.ns, rings[_i].want.ns);
	ck_assert(limits_are_set(&got));
}
END_TEST

static const struct {
	const char *text;
	int code;
	const char *reason; /* a part of it */
} bad_rings[] = {
	{ "", -EINVAL, "\"\" is no ring" },
	{ "4", -EINVAL, "no ring" },
	{ "4x", -EINVAL, "no ring" },
	{ "x16M", -EINVAL, "no ring" },
	{ "0x16M", -EINVAL, "no ring" },
	{ "-1x16M", -EINVAL, "no ring" },
	{ "4x16", -EINVAL, "no ring" }, /* of what? */
	{ "4x0M", -EINVAL, "no ring" },
	{ "4x16m", -EINVAL, "no ring" },
	{ "4x16M,", -EINVAL, "no ring" },
	{ "4x16M,x", -EINVAL, "no ring" },
	{ "4x16MB", -EINVAL, "no ring" },
	{ " 4x16M", -EINVAL, "no ring" },
	{ "99999999999999999999x1M", -EINVAL, "no ring" },
	{ "4x99999999999999999999M", -EINVAL, "no ring" },
	{ "100001x1M", -ERANGE, "100001 files: 100000 are the most" },
	{ "4x63K", -ERANGE, "a file of 63K: 64K to 4096G are possible" },
	{ "4x4097G", -ERANGE, "a file of 4097G" },
	{ "4x31622401s", -ERANGE, "a file of 31622401s: a year is the most" },
	{ "4x8785h", -ERANGE, "a year" },
};

START_TEST(another_text_is_no_ring)
{
	struct limits got = { 0 };
	char error[160] = "";

	ck_assert_int_eq(
	    limits_parse_ring(bad_rings[_i].text, &got, error, sizeof(error)),
	    bad_rings[_i].code);
	ck_assert_msg(strstr(error, bad_rings[_i].reason) != NULL, "%s", error);
}
END_TEST

static const struct {
	const char *text;
	uint64_t bytes; /* 0: refused */
} sizes[] = {
	{ "1", 1000000 },    { "10", 10000000 }, { "16M", 16 << 20 },
	{ "64K", 64 << 10 }, { "1G", 1 << 30 },	 { "63K", 0 },
	{ "0", 0 },	     { "", 0 },		 { "1s", 0 },
	{ "1f", 0 },	     { "1,1M", 0 },	 { "4398046", 4398046000000 },
	{ "4398047", 0 },
};

START_TEST(a_size_is_as_tcpdump_has_it)
{
	struct limits got = { 0 };
	char error[160] = "";
	int ret = limits_parse_size(sizes[_i].text, &got, error, sizeof(error));

	ck_assert_uint_eq(got.bytes, sizes[_i].bytes);
	ck_assert_int_eq(ret == 0, sizes[_i].bytes > 0);
	ck_assert_int_eq(error[0] == '\0', sizes[_i].bytes > 0);
}
END_TEST

START_TEST(no_limit_is_one_file)
{
	const struct limits limits = { .files = 4 };

	ck_assert(!limits_are_set(&limits));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_ring_is_files_and_when_one_is_full, UNIT_ROWS(rings) },
		{ another_text_is_no_ring, UNIT_ROWS(bad_rings) },
		{ a_size_is_as_tcpdump_has_it, UNIT_ROWS(sizes) },
		{ no_limit_is_one_file, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_limits", tests, NULL, NULL);
}
