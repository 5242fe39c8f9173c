#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plugins/capture/names.h"
#include "tests/unit/unit.h"

static struct names *names;

static void
setup(void)
{
	names = names_new();
}

static void
teardown(void)
{
	names_free(names);
}

/* Return: what names_set() returns. */
static int
set(const char *text, char error[256])
{
	json_t *object = json_loads(text, 0, NULL);
	int ret;

	ck_assert_msg(object != NULL, "%s", text);
	ret = names_set(names, object, error, 256);
	json_decref(object);
	return ret;
}

static void
set_ok(const char *text)
{
	char error[256] = "";

	ck_assert_msg(set(text, error) == 0, "%s", error);
}

/* What names_json() says. */
static void
assert_names(const char *text)
{
	json_t *want = json_loads(text, 0, NULL), *got = names_json(names);

	ck_assert_msg(json_equal(want, got), "%s",
		      json_dumps(got, JSON_COMPACT));
	json_decref(want);
	json_decref(got);
}

START_TEST(addresses_of_three_kinds_have_names)
{
	const struct pcapng_name *list;
	size_t n;

	set_ok("{\"192.168.1.2\": \"b\", \"2001:db8::1\": \"abc\", "
	       "\"52:54:00:12:01:0a\": \"d\"}");
	list = names_list(names, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(list[0].address_size, 4);
	ck_assert_mem_eq(list[0].address, "\xc0\xa8\x01\x02", 4);
	ck_assert_str_eq(list[0].name, "b");
	ck_assert_uint_eq(list[1].address_size, 6);
	ck_assert_mem_eq(list[1].address, "\x52\x54\x00\x12\x01\x0a", 6);
	ck_assert_uint_eq(list[2].address_size, 16);
	ck_assert_mem_eq(list[2].address,
			 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_names("{\"192.168.1.2\": \"b\", \"2001:db8::1\": \"abc\", "
		     "\"52:54:00:12:01:0a\": \"d\"}");
}
END_TEST

START_TEST(a_name_is_changed_and_taken_out)
{
	uint64_t before;

	set_ok("{\"10.0.0.1\": \"\"}"); /* none is there yet */
	set_ok("{\"10.0.0.1\": \"a\", \"10.0.0.2\": \"b\", \"::1\": \"c\"}");
	before = names_generation(names);
	set_ok("{\"10.0.0.1\": \"z\", \"10.0.0.2\": \"\", \"10.9.9.9\": \"\"}");
	ck_assert_uint_ne(names_generation(names), before);
	assert_names("{\"10.0.0.1\": \"z\", \"::1\": \"c\"}");
	set_ok("{\"0:0:0::1\": \"d\"}"); /* ::1 in other words */
	assert_names("{\"10.0.0.1\": \"z\", \"::1\": \"d\"}");
}
END_TEST

static const struct {
	const char *text;
	const char *reason;
} mistakes[] = {
	{ "{\"client\": \"a\"}", "\"client\" is no IPv4, IPv6 or MAC address" },
	{ "{\"\": \"a\"}", "\"\" is no IPv4" },
	{ "{\"10.0.0\": \"a\"}", "\"10.0.0\" is no" },
	{ "{\"52:54:00:12:01:0g\": \"a\"}", "is no" },
	{ "{\"52:54:00:12:01\": \"a\"}", "is no" },
	{ "{\"52-54-00-12-01-01\": \"a\"}", "is no" },
	{ "{\"10.0.0.1\": 7}", "the name of 10.0.0.1 is no text" },
	{ "{\"10.0.0.1\": \"a b\"}", "the name of 10.0.0.1 is not one word" },
	{ "{\"10.0.0.1\": \"a\\n\"}", "is not one word" },
};

START_TEST(a_mistake_changes_nothing)
{
	char error[256] = "";

	set_ok("{\"10.0.0.7\": \"g\"}");
	ck_assert_int_eq(set(mistakes[_i].text, error), -EINVAL);
	ck_assert_msg(strstr(error, mistakes[_i].reason) != NULL, "%s", error);
	assert_names("{\"10.0.0.7\": \"g\"}");
}
END_TEST

START_TEST(a_mistake_behind_good_names_changes_nothing_either)
{
	char error[256] = "";

	ck_assert_int_eq(set("{\"10.0.0.1\": \"a\", \"x\": \"b\"}", error),
			 -EINVAL);
	assert_names("{}");
}
END_TEST

START_TEST(a_name_has_a_bounded_length)
{
	char name[PCAPNG_NAME_MAX + 2], text[512], error[256];

	memset(name, 'x', sizeof(name));
	name[PCAPNG_NAME_MAX] = '\0';
	snprintf(text, sizeof(text), "{\"10.0.0.1\": \"%s\"}", name);
	set_ok(text);
	name[PCAPNG_NAME_MAX] = 'x';
	name[PCAPNG_NAME_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "{\"10.0.0.1\": \"%s\"}", name);
	ck_assert_int_eq(set(text, error), -EINVAL);
}
END_TEST

START_TEST(there_are_so_many_names_and_no_more)
{
	json_t *object = json_object();
	char address[32], error[256] = "";

	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 256,
			 i % 256);
		json_object_set_new(object, address, json_string("n"));
	}
	ck_assert_int_eq(names_set(names, object, error, sizeof(error)), 0);
	ck_assert_int_eq(names_set(names, object, error, sizeof(error)), 0);
	ck_assert_int_eq(set("{\"10.9.9.9\": \"n\"}", error), -ENOSPC);
	ck_assert_str_eq(error, "8192 names are the most there can be");
	set_ok("{\"10.0.0.0\": \"\", \"10.9.9.9\": \"n\"}");
	json_decref(object);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ addresses_of_three_kinds_have_names, 0 },
		{ a_name_is_changed_and_taken_out, 0 },
		{ a_mistake_changes_nothing, UNIT_ROWS(mistakes) },
		{ a_mistake_behind_good_names_changes_nothing_either, 0 },
		{ a_name_has_a_bounded_length, 0 },
		{ there_are_so_many_names_and_no_more, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_names", tests, setup, teardown);
}
