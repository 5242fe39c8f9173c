#include "lib/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char top[64];
static char *path;
static struct draft draft;
static struct err err;

static void
setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test-draft-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	path = xasprintf("%s/file", top);
}

static void
teardown(void)
{
	free(path);
	sockpath_remove_tree(top, NULL);
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void
holds(const char *want)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	if (want == NULL) {
		ck_assert_ptr_null(f);
		return;
	}
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(fread(text, 1, sizeof(text) - 1, f), sizeof(text));
	fclose(f);
	ck_assert_str_eq(text, want);
}

/* Nothing but the file itself is in the directory. */
static void
is_alone(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(top), 0);
	ck_assert_int_eq(mkdir(top, 0700), 0);
}

START_TEST(a_file_is_the_old_one_until_it_is_the_new_one)
{
	put("old");
	ck_assert_int_eq(draft_open(&draft, path, &err), 0);
	fputs("new", draft.file);
	fflush(draft.file);
	holds("old");
	ck_assert_int_eq(draft_finish(&draft, &err), 0);
	holds("new");
	is_alone();
}
END_TEST

START_TEST(what_is_dropped_leaves_nothing)
{
	ck_assert_int_eq(draft_open(&draft, path, &err), 0);
	fputs("new", draft.file);
	draft_drop(&draft);
	holds(NULL);
	is_alone();
}
END_TEST

START_TEST(what_could_not_be_written_leaves_the_old_one)
{
	put("old");
	ck_assert_int_eq(draft_open(&draft, path, &err), 0);
	fclose(draft.file);
	/* As when the disk is full. */
	draft.file = fopen("/dev/full", "w");
	ck_assert_ptr_nonnull(draft.file);
	fputs("new", draft.file);
	ck_assert_int_lt(draft_finish(&draft, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	holds("old");
	is_alone();
}
END_TEST

START_TEST(its_mode_is_that_of_any_new_file)
{
	struct stat st;

	umask(027);
	ck_assert_int_eq(draft_open(&draft, path, &err), 0);
	ck_assert_int_eq(draft_finish(&draft, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
}
END_TEST

START_TEST(where_nothing_can_be_written_that_is_told)
{
	ck_assert_int_lt(draft_open(&draft, "/nonexistent/file", &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/file"));
}
END_TEST

START_TEST(a_path_has_a_length)
{
	char *far = xasprintf("%s/%0*d", top, PATH_MAX, 1);

	ck_assert_int_eq(draft_open(&draft, far, &err), -ENAMETOOLONG);
	free(far);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_file_is_the_old_one_until_it_is_the_new_one, 0 },
		{ what_is_dropped_leaves_nothing, 0 },
		{ what_could_not_be_written_leaves_the_old_one, 0 },
		{ its_mode_is_that_of_any_new_file, 0 },
		{ where_nothing_can_be_written_that_is_told, 0 },
		{ a_path_has_a_length, 0 },
		{ NULL, 0 },
	};

	return unit_run("draft", tests, setup, teardown);
}
