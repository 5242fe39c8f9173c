#include "config.h"

#include "switch/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "switch/sandbox-places.h"
#include "tests/unit/unit.h"

static char dir[64], file[80], sub[80];
static struct sandbox_places *places;

static void
set_up(void)
{
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/test-sandbox-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	places = sandbox_places_new();
}

static void
tear_down(void)
{
	sandbox_places_free(places);
	unlink(file);
	rmdir(sub);
	rmdir(dir);
}

/* ---- places ---- */

static int
append(const char *path, bool removal, void *arg)
{
	char *list = arg;

	snprintf(list + strlen(list), 512 - strlen(list), "%s%s ", path,
		 removal ? "!" : "");
	return 0;
}

/* "%" in @want is the directory of the test. */
static void
check_places(const char *want)
{
	char expected[512] = "", list[512] = "";

	for (; *want != '\0'; want++)
		snprintf(expected + strlen(expected),
			 sizeof(expected) - strlen(expected),
			 *want == '%' ? "%s" : "%.1s",
			 *want == '%' ? dir : want);
	sandbox_places_each(places, append, list);
	ck_assert_str_eq(list, expected);
}

static const struct {
	const char *named, *places;
} named[] = {
	{ "%", "% " },
	{ "%/sub", "%/sub " },
	{ "%/file", "% " },
	{ "%/to-be-made", "% " },
	{ "%/no/such", "" },
	{ "/dev/null", "/dev/null " },
	{ "/to-be-made", "" },
	{ "relative", "" },
	{ "", "" },
};

START_TEST(what_is_named_opens_its_directory)
{
	const char *text = named[_i].named;
	char path[128];

	snprintf(path, sizeof(path), "%s%s", text[0] == '%' ? dir : "",
		 text + (text[0] == '%'));
	sandbox_places_add_named(places, path);
	check_places(named[_i].places);
}
END_TEST

START_TEST(a_place_is_counted_once)
{
	ck_assert_int_eq(sandbox_places_add(places, dir, NULL), 0);
	sandbox_places_add_named(places, file);
	check_places("% ");
}
END_TEST

START_TEST(a_place_that_is_not_there_is_refused)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(sandbox_places_add(places, "/no/such/place", &err),
			 -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/no/such/place"));
	check_places("");
}
END_TEST

START_TEST(texts_are_found_at_any_depth)
{
	json_t *value =
	    json_pack("{s:i, s:{s:[s, s]}, s:s}", "mtu", 1500, "options",
		      "files", file, "relative", "path", sub);

	sandbox_places_add_values(places, value);
	check_places("% %/sub ");
	json_decref(value);
}
END_TEST

START_TEST(there_are_no_more_places_than_the_most)
{
	struct err err = ERR_INIT;
	char path[256];

	for (int i = 0; i < SANDBOX_PLACES_MAX; i++) {
		snprintf(path, sizeof(path), "%s%*s", dir, i % 128, "");
		memset(path + strlen(dir), '/', (size_t)(i % 128));
		snprintf(path + strlen(dir) + i % 128, 64, "/%.*s",
			 2 * (i / 128), "./././././././././");
		ck_assert_int_eq(sandbox_places_add(places, path, &err), 0);
	}
	ck_assert_int_eq(sandbox_places_add(places, sub, &err), -ENOSPC);
}
END_TEST

START_TEST(the_parent_of_the_directory_is_for_removal)
{
	sandbox_places_add_parent(places, sub);
	check_places("%/! ");
	sandbox_places_add_parent(places, "/top");
	check_places("/! ");
}
END_TEST

/* ---- words ---- */

static const enum sandbox all[] = { SANDBOX_OFF, SANDBOX_AUTO, SANDBOX_STRICT };

START_TEST(a_name_is_read_as_what_it_names)
{
	enum sandbox sandbox = all[(_i + 1) % UNIT_ROWS(all)];

	ck_assert_int_eq(sandbox_read(sandbox_name(all[_i]), &sandbox, NULL),
			 0);
	ck_assert_int_eq(sandbox, all[_i]);
}
END_TEST

START_TEST(another_name_is_refused)
{
	enum sandbox sandbox = SANDBOX_STRICT;
	struct err err = ERR_INIT;

	ck_assert_int_eq(sandbox_read("stricter", &sandbox, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "stricter"));
	ck_assert_int_eq(sandbox, SANDBOX_STRICT);
}
END_TEST

static const struct {
	enum sandbox sandbox;
	int code;
	bool explained;
} errors[] = {
	{ SANDBOX_STRICT, -EACCES, true },  { SANDBOX_STRICT, -EPERM, true },
	{ SANDBOX_STRICT, -ENOSYS, true },  { SANDBOX_STRICT, -EXDEV, true },
	{ SANDBOX_STRICT, -ENOENT, false }, { SANDBOX_STRICT, -EINVAL, false },
	{ SANDBOX_AUTO, -EPERM, false },    { SANDBOX_OFF, -EACCES, false },
};

START_TEST(only_what_strict_may_have_refused_is_explained)
{
	struct err err = ERR_INIT;

	err_set(&err, errors[_i].code, "no way");
	sandbox_explain(errors[_i].sandbox, &err);
	ck_assert_int_eq(err.code, errors[_i].code);
	ck_assert_int_eq(strncmp(err.text, "no way", 6), 0);
	ck_assert_int_eq(strstr(err.text, "--sandbox=strict") != NULL,
			 errors[_i].explained);
}
END_TEST

START_TEST(an_explanation_is_given_once)
{
	struct err err = ERR_INIT, once;

	err_set(&err, -EACCES, "no way");
	sandbox_explain(SANDBOX_STRICT, &err);
	once = err;
	sandbox_explain(SANDBOX_STRICT, &err);
	ck_assert_str_eq(err.text, once.text);
}
END_TEST

START_TEST(a_long_error_leaves_room_for_the_reason)
{
	struct err err = ERR_INIT;

	err_set(&err, -EACCES, "%02000d", 1);
	sandbox_explain(SANDBOX_STRICT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "--sandbox-dir"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_named_opens_its_directory, UNIT_ROWS(named) },
		{ a_place_is_counted_once, 0 },
		{ a_place_that_is_not_there_is_refused, 0 },
		{ texts_are_found_at_any_depth, 0 },
		{ there_are_no_more_places_than_the_most, 0 },
		{ the_parent_of_the_directory_is_for_removal, 0 },
		{ a_name_is_read_as_what_it_names, UNIT_ROWS(all) },
		{ another_name_is_refused, 0 },
		{ only_what_strict_may_have_refused_is_explained,
		  UNIT_ROWS(errors) },
		{ an_explanation_is_given_once, 0 },
		{ a_long_error_leaves_room_for_the_reason, 0 },
		{ NULL, 0 },
	};

	return unit_run("sandbox", tests, set_up, tear_down);
}
