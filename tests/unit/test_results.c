#include "driver/results.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

static char top[64];
static char parent[128];
static struct err err;

static void
setup(void)
{
	strcpy(top, "/tmp/test-results-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(parent, sizeof(parent), "%s/a/b", top);
}

static void
teardown(void)
{
	ck_assert_int_eq(sockpath_remove_tree(top, NULL), 0);
}

static void
touch(const char *dir, const char *name)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
}

static bool
exists(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

START_TEST(a_directory_is_made_with_its_parents)
{
	struct results *r = results_open(parent, "nat", &err);
	char want[160];

	ck_assert_msg(r != NULL, "%s", err.text);
	snprintf(want, sizeof(want), "%s/nat", parent);
	ck_assert_str_eq(results_dir(r), want);
	ck_assert(exists(want, "."));
	results_close(r);
	ck_assert(exists(want, "."));
	ck_assert(!exists(parent, ".nat.lock"));
}
END_TEST

START_TEST(what_an_earlier_run_left_is_removed)
{
	struct results *r = results_open(parent, "nat", &err);
	char dir[PATH_MAX];

	strcpy(dir, results_dir(r));
	touch(dir, "log.jsonl");
	touch(dir, "old.pcapng");
	results_close(r);
	r = results_open(parent, "nat", &err);
	ck_assert_str_eq(results_dir(r), dir);
	ck_assert(!exists(dir, "old.pcapng"));
	results_close(r);
}
END_TEST

START_TEST(files_of_something_else_are_left_alone)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/nat", top);
	mkdir(dir, 0755);
	touch(dir, "thesis.tex");
	ck_assert_ptr_null(results_open(top, "nat", &err));
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, dir));
	ck_assert(exists(dir, "thesis.tex"));
}
END_TEST

START_TEST(a_log_of_something_else_is_left_alone)
{
	char dir[256], path[PATH_MAX];
	FILE *f;

	snprintf(dir, sizeof(dir), "%s/nat", top);
	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/log.jsonl", dir);
	f = fopen(path, "w");
	fputs("{\"level\":30,\"msg\":\"hello\"}\n", f);
	fclose(f);
	ck_assert_ptr_null(results_open(top, "nat", &err));
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_log_of_a_run_may_be_replaced)
{
	struct results *r = results_open(top, "nat", &err);
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log.jsonl", results_dir(r));
	f = fopen(path, "w");
	fputs("{\"n\":1,\"t\":0.0,\"type\":\"run.begin\"}\n", f);
	fclose(f);
	touch(results_dir(r), "vlan1.pcapng");
	results_close(r);
	r = results_open(top, "nat", &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	ck_assert_int_eq(access(path, F_OK), -1);
	results_close(r);
}
END_TEST

/* Two parts of a run, of which the second wrote nothing. */
static void
make_parts(void)
{
	struct results *r = results_open(top, "nat", &err);
	char *first = results_make_part(r, 1, &err);
	char *second = results_make_part(r, 12, &err);

	ck_assert_msg(second != NULL, "%s", err.text);
	touch(first, "log.jsonl");
	touch(first, "vlan1.pcapng");
	ck_assert_ptr_null(results_make_part(r, 12, &err));
	results_close(r);
	free(first);
	free(second);
}

START_TEST(parts_of_an_earlier_run_are_removed)
{
	struct results *r;

	make_parts();
	r = results_open(top, "nat", &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	ck_assert(!exists(results_dir(r), "1"));
	results_close(r);
}
END_TEST

static const struct {
	const char *dir; /* to be made; or NULL */
	const char *file;
} among_parts[] = {
	{ NULL, "thesis.tex" },	     { NULL, "3" },
	{ "nat/3", "3/thesis.tex" }, { "nat/x", "x/log.jsonl" },
	{ "nat/1/1", "1/1/x" },	     { "nat/01", "01/log.jsonl" },
};

START_TEST(files_of_something_else_among_parts_are_left_alone)
{
	char dir[256];

	make_parts();
	snprintf(dir, sizeof(dir), "%s/nat/1/log.jsonl", top);
	unlink(dir);
	snprintf(dir, sizeof(dir), "%s/nat/1/vlan1.pcapng", top);
	unlink(dir);
	if (among_parts[_i].dir != NULL) {
		snprintf(dir, sizeof(dir), "%s/%s", top, among_parts[_i].dir);
		ck_assert_int_eq(mkdir(dir, 0755), 0);
	}
	snprintf(dir, sizeof(dir), "%s/nat", top);
	touch(dir, among_parts[_i].file);
	ck_assert_ptr_null(results_open(top, "nat", &err));
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert(exists(dir, among_parts[_i].file));
}
END_TEST

START_TEST(a_directory_that_somebody_holds_is_used_as_it_is)
{
	struct results *r = results_open(top, "nat", &err);
	struct results *part;

	touch(results_dir(r), "file");
	part = results_at(results_dir(r));
	ck_assert_str_eq(results_dir(part), results_dir(r));
	results_close(part);
	ck_assert(exists(top, ".nat.lock"));
	ck_assert(exists(results_dir(r), "file"));
	results_close(r);
}
END_TEST

START_TEST(a_directory_without_a_name_is_refused)
{
	ck_assert_ptr_null(results_open("", "nat", &err));
	ck_assert_int_eq(err.code, -EINVAL);
}
END_TEST

START_TEST(runs_side_by_side_get_directories_of_their_own)
{
	struct results *first = results_open(parent, "nat", &err);
	struct results *second = results_open(parent, "nat", &err);
	struct results *third = results_open(parent, "nat", &err);

	ck_assert_ptr_nonnull(strstr(results_dir(second), "/nat.2"));
	ck_assert_ptr_nonnull(strstr(results_dir(third), "/nat.3"));
	results_close(second);
	second = results_open(parent, "nat", &err);
	ck_assert_ptr_nonnull(strstr(results_dir(second), "/nat.2"));
	results_close(first);
	results_close(second);
	results_close(third);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_directory_is_made_with_its_parents, 0 },
		{ what_an_earlier_run_left_is_removed, 0 },
		{ files_of_something_else_are_left_alone, 0 },
		{ a_log_of_something_else_is_left_alone, 0 },
		{ a_log_of_a_run_may_be_replaced, 0 },
		{ parts_of_an_earlier_run_are_removed, 0 },
		{ files_of_something_else_among_parts_are_left_alone,
		  UNIT_ROWS(among_parts) },
		{ a_directory_that_somebody_holds_is_used_as_it_is, 0 },
		{ a_directory_without_a_name_is_refused, 0 },
		{ runs_side_by_side_get_directories_of_their_own, 0 },
		{ NULL, 0 },
	};

	return unit_run("results", tests, setup, teardown);
}
