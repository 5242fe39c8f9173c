#include "driver/batch/durations.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

static char top[64], path[80];
static struct durations *durations;
static struct err err;

static void
setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test-durations-%d", (int)getpid());
	ck_assert_int_eq(mkdir(top, 0700), 0);
	snprintf(path, sizeof(path), "%s/durations.json", top);
	durations = durations_load(path);
}

static void
teardown(void)
{
	durations_free(durations);
	sockpath_remove_tree(top, NULL);
}

static void
load_again(void)
{
	ck_assert_int_eq(durations_save(durations, path, &err), 0);
	durations_free(durations);
	durations = durations_load(path);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	durations_free(durations);
	durations = durations_load(path);
}

START_TEST(what_is_not_known_is_0)
{
	ck_assert_uint_eq(durations_get_ms(durations, "nat"), 0);
}
END_TEST

START_TEST(what_was_kept_is_known_the_next_time)
{
	durations_set(durations, "nat", 8123, 1000);
	durations_set(durations, "quick", 0, 1000);
	load_again();
	ck_assert_uint_eq(durations_get_ms(durations, "nat"), 8123);
	/* Known, and not 0, which is of those that are not. */
	ck_assert_uint_eq(durations_get_ms(durations, "quick"), 1);
	durations_set(durations, "nat", 5, 2000);
	load_again();
	ck_assert_uint_eq(durations_get_ms(durations, "nat"), 5);
}
END_TEST

START_TEST(those_not_run_for_longest_go_first)
{
	char name[32];

	for (int i = 0; i < DURATIONS_MAX; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		durations_set(durations, name, 7, i == 5 ? 1 : 1000);
	}
	ck_assert_uint_eq(durations_get_ms(durations, "t5"), 7);
	durations_set(durations, "one-more", 7, 1001);
	ck_assert_uint_eq(durations_get_ms(durations, "t5"), 0);
	ck_assert_uint_eq(durations_get_ms(durations, "one-more"), 7);
	ck_assert_uint_eq(durations_get_ms(durations, "t4"), 7);
}
END_TEST

static const char *const rubbish[] = {
	"",
	"{",
	"[]",
	"{\"schema\":2,\"tests\":{\"nat\":{\"ms\":3}}}",
	"{\"schema\":1}",
	"{\"schema\":1,\"tests\":[]}",
	"{\"schema\":1,\"tests\":{\"nat\":3}}",
	"{\"schema\":1,\"tests\":{\"nat\":{\"ms\":\"3\"}}}",
	"{\"schema\":1,\"tests\":{\"nat\":{\"ms\":-3}}}",
};

START_TEST(what_cannot_be_read_is_nothing)
{
	write_file(rubbish[_i]);
	ck_assert_uint_eq(durations_get_ms(durations, "nat"), 0);
	durations_set(durations, "nat", 9, 1);
	load_again();
	ck_assert_uint_eq(durations_get_ms(durations, "nat"), 9);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_told)
{
	ck_assert_int_eq(
	    durations_save(durations, "/nonexistent/durations.json", &err),
	    -ENOENT);
}
END_TEST

START_TEST(nothing_but_the_file_is_left)
{
	char draft[96];

	durations_set(durations, "nat", 9, 1);
	load_again();
	/* It cannot take the place of a directory. */
	snprintf(draft, sizeof(draft), "%s/dir", top);
	mkdir(draft, 0700);
	ck_assert_int_eq(durations_save(durations, draft, &err), -EISDIR);
	rmdir(draft);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(top), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_not_known_is_0, 0 },
		{ what_was_kept_is_known_the_next_time, 0 },
		{ those_not_run_for_longest_go_first, 0 },
		{ what_cannot_be_read_is_nothing, UNIT_ROWS(rubbish) },
		{ a_file_that_cannot_be_written_is_told, 0 },
		{ nothing_but_the_file_is_left, 0 },
		{ NULL, 0 },
	};

	return unit_run("durations", tests, setup, teardown);
}
