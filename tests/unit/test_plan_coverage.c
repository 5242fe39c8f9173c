/* The key `coverage` of a test file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char *dir; /* of the test file; has src, build, link (to build), file */

static int
no_line(const char *path, const char **file, void *arg)
{
	(void)path;
	(void)file;
	(void)arg;
	return 0;
}

/* A plan of nodes a and b with this coverage: JSON with ' for ". */
static struct plan *
plan_of(const char *coverage)
{
	char *json = xasprintf("{'name':'t','nodes':{'a':{},'b':{}},"
			       "'coverage':%s}",
			       coverage);
	char *file = xasprintf("%s/test.lua", dir);
	struct plan *plan;
	json_t *value;

	for (char *p = json; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(json, 0, NULL);
	ck_assert_msg(value != NULL, "%s", json);
	plan = plan_new(file, value, no_line, NULL, &problems);
	json_decref(value);
	free(file);
	free(json);
	return plan;
}

static void
shell(const char *text)
{
	char *command = xasprintf("cd '%s' && %s", dir, text);

	ck_assert_int_eq(system(command), 0);
	free(command);
}

static void
setup(void)
{
	char template[] = "/tmp/test_plan_coverage.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
	shell("mkdir src build && ln -s build link && touch file");
}

static void
teardown(void)
{
	plan_problems_fini(&problems);
	shell("cd / && rm -rf \"$OLDPWD\"");
	free(dir);
}

#define WHERE "'source':'./src','build':'./build'"

START_TEST(directories_are_found_beside_the_test_file)
{
	struct plan *plan = plan_of("{'source':'.','build':'./link'}");
	char *build = xasprintf("%s/build", dir);
	char *named = xasprintf("%s/./link", dir);

	ck_assert_ptr_nonnull(plan);
	ck_assert_str_eq(plan->coverage->source, dir);
	ck_assert_str_eq(plan->coverage->build, build);
	ck_assert_str_eq(plan->coverage->build_named, named);
	ck_assert(plan->coverage->fail_under == 0);
	ck_assert_ptr_null(plan->coverage->flush);
	free(build);
	free(named);
	plan_free(plan);
}
END_TEST

START_TEST(all_nodes_take_part_unless_some_are_named)
{
	static const struct {
		const char *coverage;
		bool a, b;
	} rows[] = {
		{ "{" WHERE "}", true, true },
		{ "{" WHERE ",'machines':['b']}", false, true },
		{ "{" WHERE ",'machines':['b','a','b']}", true, true },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		struct plan *plan = plan_of(rows[i].coverage);

		ck_assert_ptr_nonnull(plan);
		ck_assert_int_eq(plan->nodes[0].is_covered, rows[i].a);
		ck_assert_int_eq(plan->nodes[1].is_covered, rows[i].b);
		ck_assert_int_eq(plan->nodes[0].exports != NULL, rows[i].a);
		ck_assert_int_eq(plan->nodes[1].exports != NULL, rows[i].b);
		plan_free(plan);
	}
}
END_TEST

START_TEST(what_else_is_asked_for_is_kept)
{
	struct plan *plan = plan_of("{" WHERE ",'exclude':['^tests/','x'],"
				    "'fail_under':79.5,'flush':'true'}");

	ck_assert_ptr_nonnull(plan);
	ck_assert_uint_eq(plan->coverage->n_exclude, 2);
	ck_assert_str_eq(plan->coverage->exclude[0], "^tests/");
	ck_assert(plan->coverage->fail_under == 79.5);
	ck_assert_str_eq(plan->coverage->flush, "true");
	plan_free(plan);
}
END_TEST

START_TEST(the_limit_is_a_percentage)
{
	static const struct {
		const char *value;
		bool ok;
	} rows[] = {
		{ "-0.1", false },  { "0", true },     { "100", true },
		{ "100.1", false }, { "'80'", false },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		char *coverage =
		    xasprintf("{" WHERE ",'fail_under':%s}", rows[i].value);
		struct plan *plan = plan_of(coverage);

		ck_assert_msg((plan != NULL) == rows[i].ok, "%s",
			      rows[i].value);
		plan_free(plan);
		free(coverage);
	}
}
END_TEST

static const struct {
	const char *coverage;
	const char *text; /* part of the problem */
} mistakes[] = {
	{ "true", "coverage: must be a table of what is known" },
	{ "['x']", "coverage: must be a table of" },
	{ "{'source':'./src'}", "coverage: which directory were the programs "
				"built in, with --coverage? add `build`" },
	{ "{'build':'./build'}", "coverage: which directory has their source" },
	{ "{'source':'./none','build':'./build'}",
	  "coverage.source: cannot use './none': No such file" },
	{ "{'source':'./src','build':'./file'}",
	  "coverage.build: cannot use './file': it is no directory" },
	{ "{'source':'','build':'./build'}", "it has no name" },
	{ "{'source':1,'build':'./build'}",
	  "coverage.source: must be a string" },
	{ "{" WHERE ",'machine':['a']}", "did you mean 'machines'?" },
	{ "{" WHERE ",'machines':['c']}",
	  "coverage.machines[1]: there is no node 'c'" },
	{ "{" WHERE ",'machines':[1]}", "coverage.machines[1]: must be a str" },
	{ "{" WHERE ",'machines':[]}", "coverage.machines: names no node" },
	{ "{" WHERE ",'machines':'all'}", "coverage.machines: must be a list" },
	{ "{" WHERE ",'exclude':'x'}", "coverage.exclude: must be a list of" },
	{ "{" WHERE ",'exclude':['(']}",
	  "coverage.exclude: '(' is no regular expression" },
	{ "{" WHERE ",'flush':1}", "coverage.flush: must be a string" },
};

START_TEST(a_mistake_is_told)
{
	struct plan *plan = plan_of(mistakes[_i].coverage);
	bool told = false;

	ck_assert_ptr_null(plan);
	for (size_t i = 0; i < problems.n; i++)
		told |=
		    strstr(problems.items[i].text, mistakes[_i].text) != NULL;
	ck_assert_msg(told, "%s: %s", mistakes[_i].text,
		      problems.items[0].text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ directories_are_found_beside_the_test_file, 0 },
		{ all_nodes_take_part_unless_some_are_named, 0 },
		{ what_else_is_asked_for_is_kept, 0 },
		{ the_limit_is_a_percentage, 0 },
		{ a_mistake_is_told, UNIT_ROWS(mistakes) },
		{ NULL, 0 },
	};

	return unit_run("plan_coverage", tests, setup, teardown);
}
