/* Files that a test takes in: modules of nodes, and import(). */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/imports.h"
#include "driver/lab/plan.h"
#include "driver/script/modules.h"
#include "driver/script/test-file.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char dir[] = "/tmp/test_imports.XXXXXX";

static void
setup(void)
{
	strcpy(dir, "/tmp/test_imports.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	struct err err = ERR_INIT;

	plan_problems_fini(&problems);
	ck_assert_int_eq(sockpath_remove_tree(dir, &err), 0);
}

/* @name may have one directory in it. */
static void
put(const char *name, const char *text)
{
	char path[PATH_MAX];
	char *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	*slash = '/';
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	fclose(f);
}

static struct test_file *
load(const char *text)
{
	char path[PATH_MAX];

	put("t.lua", text);
	snprintf(path, sizeof(path), "%s/t.lua", dir);
	return test_file_load(path, &problems);
}

/* A test of one machine that says @node of itself. */
static struct test_file *
load_node(const char *node)
{
	char *text = xasprintf("return { name = 't',\n"
			       "machine = { %s },\n"
			       "test_script = function() end }",
			       node);
	struct test_file *file = load(text);

	free(text);
	return file;
}

/* "FILE:LINE: text" lines, without the directory. */
static void
check_said(const char *want)
{
	char *said = xstrdup("");

	for (size_t i = 0; i < problems.n; i++) {
		const struct plan_problem *p = &problems.items[i];
		char *line, *at;

		line = xasprintf("%s%s%s:%d: %s", said, i > 0 ? "\n" : "",
				 p->file, p->line, p->text);
		free(said);
		said = line;
		while ((at = strstr(said, dir)) != NULL)
			memmove(at, at + strlen(dir) + 1,
				strlen(at + strlen(dir) + 1) + 1);
	}
	ck_assert_str_eq(said, want);
	free(said);
}

static void
expect_problems(const char *node, const char *want)
{
	ck_assert_ptr_null(load_node(node));
	check_said(want);
	plan_problems_fini(&problems);
}

static struct test_file *
must_load(const char *node)
{
	struct test_file *file = load_node(node);

	check_said("");
	ck_assert_ptr_nonnull(file);
	return file;
}

static const struct plan_node *
node_of(const struct test_file *file)
{
	return &test_file_plan(file)->nodes[0];
}

/* "curl nftables" */
static void
expect_packages(const struct test_file *file, const char *want)
{
	const struct plan_node *node = node_of(file);
	char text[200] = "";

	for (size_t i = 0; i < node->n_packages; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s", i > 0 ? " " : "", node->packages[i]);
	ck_assert_str_eq(text, want);
}

START_TEST(a_node_has_what_its_module_gives)
{
	struct test_file *file;

	put("web.lua", "return { memory = 512, packages = { 'nginx' } }");
	file = must_load("imports = { './web.lua' }");
	ck_assert_uint_eq(node_of(file)->memory_mib, 512);
	expect_packages(file, "nginx");
	test_file_free(file);
}
END_TEST

START_TEST(a_module_may_be_a_function_that_returns_it)
{
	struct test_file *file;

	put("web.lua", "return function() return { cpus = 2 } end");
	file = must_load("imports = { 'web.lua' }");
	ck_assert_uint_eq(node_of(file)->cpus, 2);
	test_file_free(file);
}
END_TEST

START_TEST(lists_come_one_after_the_other_the_nodes_own_last)
{
	struct test_file *file;
	const struct plan_nic *nics;

	put("base.lua", "return { vlans = { 7 } }");
	put("a.lua", "return { imports = { './base.lua' }, vlans = { 5 } }");
	put("b.lua", "return { vlans = { 3 } }");
	file = must_load("vlans = { 1 }, imports = { './a.lua', './b.lua' }");
	nics = node_of(file)->nics;
	ck_assert_uint_eq(node_of(file)->n_nics, 4);
	ck_assert_uint_eq(nics[0].vlan, 7);
	ck_assert_uint_eq(nics[1].vlan, 5);
	ck_assert_uint_eq(nics[2].vlan, 3);
	ck_assert_uint_eq(nics[3].vlan, 1);
	test_file_free(file);
}
END_TEST

START_TEST(tables_come_together_member_by_member)
{
	struct test_file *file;

	put("a.lua", "return { files = { ['/a'] = 'x', ['/b'] = 'y' } }");
	file = must_load(
	    "imports = { './a.lua' }, files = { ['/b'] = 'y', ['/c'] = 'z' }");
	ck_assert_uint_eq(node_of(file)->n_files, 3);
	test_file_free(file);
}
END_TEST

START_TEST(a_diamond_is_included_once)
{
	struct test_file *file;

	put("base.lua", "return { vlans = { 9 } }");
	put("a.lua", "return { imports = { './base.lua' } }");
	put("b.lua", "return { imports = { './x/../base.lua' } }");
	put("x/y.lua", "return {}");
	file = must_load("imports = { './a.lua', './b.lua', './a.lua' }");
	ck_assert_uint_eq(node_of(file)->n_nics, 1);
	test_file_free(file);
}
END_TEST

START_TEST(a_cycle_is_included_once)
{
	struct test_file *file;

	put("a.lua", "return { imports = { './b.lua' }, packages = { 'aa' } }");
	put("b.lua", "return { imports = { './a.lua', './b.lua' }, "
		     "packages = { 'bb' } }");
	file = must_load("imports = { './a.lua' }");
	expect_packages(file, "aa bb");
	test_file_free(file);
}
END_TEST

START_TEST(paths_in_a_module_are_relative_to_the_module)
{
	struct test_file *file;
	char want[PATH_MAX];

	put("sub/conf", "data");
	put("sub/more.lua", "return { files = { ['/conf'] = './conf' } }");
	put("sub/web.lua", "return { imports = { './more.lua' } }");
	file = must_load("imports = { './sub/web.lua' }");
	snprintf(want, sizeof(want), "%s/sub/conf", dir);
	ck_assert_str_eq(node_of(file)->files[0].host_path, want);
	test_file_free(file);
}
END_TEST

START_TEST(two_definitions_that_differ_name_both_places)
{
	put("a.lua", "return {\n\n  memory = 512,\n}");
	put("b.lua", "return {\n  memory = 1024 }");
	expect_problems("imports = { './a.lua', './b.lua' }",
			"b.lua:2: memory: 1024 here, and 512 at a.lua:3: keep "
			"one of the two, or put a module's into its "
			"`defaults`");
	expect_problems("imports = { './a.lua' }, memory = 256",
			"t.lua:2: machine.memory: 256 here, and 512 at "
			"a.lua:3: keep one of the two, or put a module's into "
			"its `defaults`");
	put("c.lua", "return { files = {\n['/x'] = 'one' } }");
	put("d.lua", "return { files = { \n\n['/x'] = 'two' } }");
	expect_problems("imports = { './c.lua', './d.lua' }",
			"d.lua:3: files[\"/x\"]: \"two\" here, and \"one\" at "
			"c.lua:2: keep one of the two, or put a module's into "
			"its `defaults`");
	put("e.lua", "return { files = { 'a list' } }");
	expect_problems("imports = { './c.lua', './e.lua' }",
			"e.lua:1: files: a list here, and a table at "
			"c.lua:1: keep one of the two, or put a module's into "
			"its `defaults`");
}
END_TEST

START_TEST(the_same_said_twice_is_no_conflict)
{
	struct test_file *file;

	put("a.lua", "return { memory = 512 }");
	put("b.lua", "return { memory = 512 }");
	file = must_load("imports = { './a.lua', './b.lua' }, memory = 512");
	ck_assert_uint_eq(node_of(file)->memory_mib, 512);
	test_file_free(file);
}
END_TEST

START_TEST(a_default_counts_where_nobody_else_says)
{
	struct test_file *file;

	put("a.lua", "return { defaults = { memory = 512, cpus = 2, "
		     "vlans = { 4 } } }");
	file = must_load("imports = { './a.lua' }, memory = 100");
	ck_assert_uint_eq(node_of(file)->memory_mib, 100);
	ck_assert_uint_eq(node_of(file)->cpus, 2);
	ck_assert_uint_eq(node_of(file)->nics[0].vlan, 4);
	test_file_free(file);
	put("b.lua", "return { defaults = { memory = 1024 } }");
	file = must_load("imports = { './a.lua', './b.lua' }, memory = 100");
	test_file_free(file);
	expect_problems("imports = { './a.lua', './b.lua' }",
			"b.lua:1: defaults.memory: 1024 here, and 512 at "
			"a.lua:1: keep one of the two");
}
END_TEST

START_TEST(a_module_without_a_name_is_refused)
{
	expect_problems("imports = { { memory = 512 } }",
			"t.lua:2: machine.imports[1]: is a module without a "
			"name, which could be included twice; put it into a "
			"file, and name that");
}
END_TEST

START_TEST(what_is_wrong_with_a_module_is_told_at_its_line)
{
	put("a.lua", "return {\n  memory = 'much',\n  colour = 1 }");
	ck_assert_ptr_null(load_node("imports = { './a.lua' }"));
	ck_assert_uint_eq(problems.n, 2);
	ck_assert_str_eq(problems.items[0].text,
			 "machine.memory: must be a number, not a string");
	ck_assert_int_eq(problems.items[0].line, 2);
	ck_assert_int_eq(problems.items[1].line, 3);
	ck_assert(strstr(problems.items[1].file, "/a.lua") != NULL);
	plan_problems_fini(&problems);

	put("a.lua", "return {\n  memory = }");
	expect_problems("imports = { './a.lua' }",
			"a.lua:2: unexpected symbol near '}'");
	put("a.lua", "local x = nil\n\nreturn { memory = x.y }");
	expect_problems("imports = { './a.lua' }",
			"a.lua:3: attempt to index a nil value (local 'x')");
	put("a.lua", "return 5");
	expect_problems("imports = { './a.lua' }",
			"t.lua:2: machine.imports[1]: a.lua: a module returns "
			"a table of what a node can have, or a function that "
			"does; this one returns number");
	put("a.lua", "return { files = { ['/x'] = './none' } }");
	expect_problems("imports = { './a.lua' }",
			"a.lua:1: machine.files[\"/x\"]: cannot use "
			"'./none': No such file or directory");
	put("a.lua", "return { imports = 'b.lua' }");
	expect_problems("imports = { './a.lua' }",
			"a.lua:1: imports: must be a list of modules, as in { "
			"\"./web.lua\" }, not a string");
	put("a.lua", "while true do end");
	expect_problems("imports = { './a.lua' }",
			"a.lua:1: Lua has computed for 2 seconds without "
			"waiting for anything");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told_where_it_is_named)
{
	put("sub/a.lua", "return { imports = {\n'./none.lua' } }");
	expect_problems("imports = { './none.lua', './sub' }",
			"t.lua:2: machine.imports[1]: cannot use 'none.lua': "
			"No such file or directory\n"
			"t.lua:2: machine.imports[2]: cannot use 'sub': it is "
			"a directory; name a file");
	expect_problems("imports = { './sub/a.lua' }",
			"sub/a.lua:2: imports[1]: cannot use 'sub/none.lua': "
			"No such file or directory");
}
END_TEST

START_TEST(a_module_serves_several_nodes)
{
	struct test_file *file;

	put("a.lua", "return { vlans = { 3 }, memory = 128 }");
	file = load("return { name = 't', nodes = {"
		    " x = { imports = { './a.lua' } },"
		    " y = { imports = { './a.lua' }, vlans = { 4 } } },"
		    " test_script = function()"
		    " vlan3:count() vlan4:count() y.eth2.mac:len() end }");
	check_said("");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(test_file_plan(file)->nodes[0].n_nics, 1);
	ck_assert_uint_eq(test_file_plan(file)->nodes[1].n_nics, 2);
	test_file_free(file);
}
END_TEST

START_TEST(as_many_modules_as_may_be_and_one_more)
{
	char name[32], text[100];
	struct test_file *file;

	for (int i = 0; i < MODULES_MAX; i++) {
		snprintf(name, sizeof(name), "m%d.lua", i);
		snprintf(text, sizeof(text), "return { imports = { %s%d%s } }",
			 i > 0 ? "'m" : "", i - 1, i > 0 ? ".lua'" : "");
		put(name, i > 0 ? text : "return {}");
	}
	snprintf(text, sizeof(text), "imports = { 'm%d.lua' }",
		 MODULES_MAX - 1);
	file = must_load(text);
	test_file_free(file);
	put("more.lua", "return {}");
	snprintf(text, sizeof(text), "imports = { 'm%d.lua', 'more.lua' }",
		 MODULES_MAX - 1);
	expect_problems(text, "t.lua:2: machine.imports[2]: a node has at most "
			      "256 modules");
}
END_TEST

START_TEST(import_returns_what_a_file_returns_once)
{
	struct test_file *file;

	put("sub/deep.lua", "return { n = 3 }");
	put("sub/lib.lua", "local deep = import('./deep.lua')\n"
			   "return { vlan = deep.n, deep = deep }");
	file = load("local lib = import('./sub/lib.lua')\n"
		    "local deep = import('sub/deep.lua')\n"
		    "assert(lib.deep == deep)\n"
		    "return { name = 't', machine = { vlans = { lib.vlan } }, "
		    "test_script = function() end }");
	check_said("");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(node_of(file)->nics[0].vlan, 3);
	test_file_free(file);
}
END_TEST

START_TEST(mistakes_of_an_imported_file_are_found)
{
	const char *test = "local lib = import('./lib.lua')\n"
			   "return { name = 't', machine = {},\n"
			   "test_script = function() lib.f() end }";

	put("lib.lua", "local lib = {}\n"
		       "function lib.f()\n"
		       "  machine:suceed('true')\n"
		       "  nobody:succeed('true')\n"
		       "end\nreturn lib");
	ck_assert_ptr_null(load(test));
	check_said("lib.lua:3: machine machine has no 'suceed' (did you mean "
		   "'succeed'?)\n"
		   "lib.lua:4: unknown name 'nobody': no local, no node, and "
		   "no function of a test");
	plan_problems_fini(&problems);
	put("lib.lua", "local lib = {}\nreturn lib lib");
	ck_assert_ptr_null(load(test));
	check_said("lib.lua:2: <eof> expected near 'lib'\n"
		   "t.lua:1: cannot import 'lib.lua', which has mistakes");
	plan_problems_fini(&problems);
	put("lib.lua", "local lib = {}\n\nlib.x.y = 5\nreturn lib");
	ck_assert_ptr_null(load(test));
	check_said("lib.lua:3: attempt to index a nil value (field 'x')");
	plan_problems_fini(&problems);
	ck_assert_ptr_null(load("local lib = import('./none.lua')"));
	check_said("t.lua:1: cannot import 'none.lua': No such file or "
		   "directory");
}
END_TEST

START_TEST(files_that_import_each_other_are_told)
{
	put("a.lua", "local b = import('./b.lua')\nreturn {}");
	put("b.lua", "local a = import('./a.lua')\nreturn {}");
	ck_assert_ptr_null(load("import('./a.lua')\nreturn {}"));
	check_said("b.lua:1: a.lua is under way already: files that import() "
		   "each other never end");
}
END_TEST

/* As a script would call it: when all has been read. */
START_TEST(import_is_over_when_the_files_are_read)
{
	struct test_file *file = must_load("");
	lua_State *L = test_file_lua(file);

	ck_assert_int_ne(luaL_dostring(L, "import('./a.lua')"), LUA_OK);
	ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1),
				     "import() takes in files while they are "
				     "read"));
	lua_settop(L, 0);
	test_file_free(file);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_node_has_what_its_module_gives, 0 },
		{ a_module_may_be_a_function_that_returns_it, 0 },
		{ lists_come_one_after_the_other_the_nodes_own_last, 0 },
		{ tables_come_together_member_by_member, 0 },
		{ a_diamond_is_included_once, 0 },
		{ a_cycle_is_included_once, 0 },
		{ paths_in_a_module_are_relative_to_the_module, 0 },
		{ two_definitions_that_differ_name_both_places, 0 },
		{ the_same_said_twice_is_no_conflict, 0 },
		{ a_default_counts_where_nobody_else_says, 0 },
		{ a_module_without_a_name_is_refused, 0 },
		{ what_is_wrong_with_a_module_is_told_at_its_line, 0 },
		{ a_file_that_is_not_there_is_told_where_it_is_named, 0 },
		{ a_module_serves_several_nodes, 0 },
		{ as_many_modules_as_may_be_and_one_more, 0 },
		{ import_returns_what_a_file_returns_once, 0 },
		{ mistakes_of_an_imported_file_are_found, 0 },
		{ files_that_import_each_other_are_told, 0 },
		{ import_is_over_when_the_files_are_read, 0 },
		{ NULL, 0 },
	};

	return unit_run("imports", tests, setup, teardown);
}
