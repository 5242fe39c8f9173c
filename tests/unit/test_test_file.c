#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/plan.h"
#include "driver/script/lua-library.h"
#include "driver/script/test-file.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char *path;

static void
setup(void)
{
	char template[] = "/tmp/test_test_file.XXXXXX";
	int fd = mkstemp(template);

	ck_assert_int_ge(fd, 0);
	close(fd);
	path = xstrdup(template);
}

static void
teardown(void)
{
	plan_problems_fini(&problems);
	unlink(path);
	free(path);
}

static struct test_file *
load_bytes(const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	fclose(f);
	return test_file_load(path, &problems);
}

static struct test_file *
load(const char *text)
{
	return load_bytes(text, strlen(text));
}

/* A file whose test_script has @body. */
static struct test_file *
load_script(const char *body)
{
	char *text = xasprintf("return { name = 't', machine = {}, "
			       "test_script = function() %s end }",
			       body);
	struct test_file *file = load(text);

	free(text);
	return file;
}

/* The problems as "LINE: text" lines; where @want ends with "...", only what is
 * before is compared. */
static void
check_said(const char *want)
{
	char *said = xstrdup("");

	for (size_t i = 0; i < problems.n; i++) {
		char *longer =
		    xasprintf("%s%s%d: %s", said, i > 0 ? "\n" : "",
			      problems.items[i].line, problems.items[i].text);

		ck_assert_str_eq(problems.items[i].file, path);
		free(said);
		said = longer;
	}
	if (strlen(want) >= 3 && strcmp(want + strlen(want) - 3, "...") == 0 &&
	    strncmp(said, want, strlen(want) - 3) == 0)
		strcpy(said + strlen(want) - 3, "...");
	ck_assert_str_eq(said, want);
	free(said);
}

/* Run the script of @file in a coroutine, as the driver does; what it returns,
 * or its error, as text; returned owned. */
static char *
run_script(struct test_file *file)
{
	lua_State *L = test_file_lua(file);
	lua_State *co = lua_newthread(L);
	char *text;
	int n;

	test_file_push_script(file, co);
	lua_resume(co, L, 0, &n);
	text = xstrdup(lua_gettop(co) > 0 ? luaL_tolstring(co, -1, NULL) : "");
	lua_settop(L, 0);
	return text;
}

/* What the test_script with @body comes to, once it has passed the check. */
static void
check_run(const char *body, const char *want)
{
	struct test_file *file = load_script(body);
	char *got;

	if (file == NULL) {
		check_said("");
		return;
	}
	got = run_script(file);
	ck_assert_msg(strstr(got, want) != NULL, "%s: %s", body, got);
	free(got);
	test_file_free(file);
}

START_TEST(a_file_becomes_a_plan_and_a_script)
{
	struct test_file *file =
	    load("return { name = 'nat', nodes = { b = { vlans = { 2 } }, "
		 "a = { vlans = { 1, 2 } } }, test_script = function() return "
		 "'ran' end }");
	const struct plan *plan;
	char *got;

	check_said("");
	ck_assert_ptr_nonnull(file);
	plan = test_file_plan(file);
	ck_assert_str_eq(plan->name, "nat");
	ck_assert_str_eq(plan->file, path);
	ck_assert_uint_eq(plan->n_nodes, 2);
	ck_assert_str_eq(plan->nodes[0].name, "a");
	ck_assert_int_eq(lua_gettop(test_file_lua(file)), 0);
	ck_assert_ptr_eq(test_file_from(test_file_lua(file)), file);
	got = run_script(file);
	ck_assert_str_eq(got, "ran");
	free(got);
	test_file_free(file);
}
END_TEST

static const char *const forms[] = {
	"return function() return { name = 't', machine = {}, test_script = "
	"function() end } end",
	"local t = { name = 't', machine = {} } function t.test_script() end "
	"return t",
	"#!/usr/bin/env vdelab\nreturn { name = 't', machine = {}, test_script "
	"= function() end }",
	"\xef\xbb\xbfreturn { name = 't', machine = {}, test_script = "
	"function() end }",
	"return { name = 't', machine = { cpus = 2.0, packages = {}, vlans = "
	"{} }, test_script = function() end }",
};

START_TEST(a_file_has_several_forms)
{
	struct test_file *file = load(forms[_i]);

	check_said("");
	ck_assert_ptr_nonnull(file);
	test_file_free(file);
}
END_TEST

static const struct {
	const char *text;
	const char *said;
} mistakes[] = {
	/* Lua's */
	{ "return {\n x = = 1 }", "2: unexpected symbol near '='" },
	{ "local x\nx.y = 1\nreturn {}",
	  "2: attempt to index a nil value (local 'x')" },
	{ "#!/bin/x\n\nlocal x = 1 + {}",
	  "3: attempt to perform arithmetic on a table value" },
	{ "local function f()\n error('why') end\nf()", "2: why" },
	{ "local function f()\n error('why', 2) end\nf()", "3: why" },
	{ "\nerror({})", NULL },
	{ "\nerror('a: 7: b', 0)", "2: a: 7: b" },
	{ "\x1bLua", NULL },
	/* what comes back */
	{ "return 1", "1: a test file returns a table, or a function that "
		      "does; this one returns number" },
	{ "\n", "0: a test file returns a table, or a function that does; "
		"this one returns nil" },
	{ "return {\n name = 't', machine = {} }",
	  "1: the test has no test_script: add a function" },
	{ "return { name = 't',\n machine = {},\n test_script = 5 }",
	  "3: test_script: must be a function" },
	/* what JSON has not */
	{ "return { name = 't',\n machine = {\n setup = function() end },\n "
	  "test_script = function() end }",
	  "3: machine.setup: a function can be test_script only" },
	{ "local t = {}\nt.t = t\nreturn { name = 't', machine = t, "
	  "test_script = function() end }",
	  "3: machine.t.t.t.t.t.t.t: is nested too deeply; does a table "
	  "contain itself?\n"
	  "3: machine.t: unknown key; known are vlans, memory, cpus, ..." },
	{ "return { name = 't',\n machine = { vlans = { 1,\n nil, 2 } },\n "
	  "test_script = function() end }",
	  "3: machine.vlans[2]: is nil: a list has no holes" },
	{ "return { name = 't',\n machine = { vlans = {\n 1, x = 2 } },\n "
	  "test_script = function() end }",
	  "2: machine.vlans: is both a list and a table of names" },
	{ "return { name = 't',\n machine = { [1.5] = 2 },\n test_script = "
	  "function() end }",
	  "2: machine: a table's keys are names, or numbers from 1 on" },
	{ "return { name = 't',\n machine = { memory = 1/0 },\n test_script = "
	  "function() end }",
	  "2: machine.memory: must be a number, not inf" },
	{ "return { name = 't',\n machine = { setup = '\\xff' },\n test_script "
	  "= function() end }",
	  "2: machine.setup: is not UTF-8; a file with other bytes is named "
	  "by its path" },
	{ "return { name = 't',\n machine = { ['a\\0b'] = 1 },\n test_script "
	  "= function() end }",
	  "2: machine.a: a name has no NUL byte" },
	{ "return { name = 't',\n machine = { vlans = { 1, print_it() } }, "
	  "test_script = function() end }",
	  "2: unknown global 'print_it'" },
	{ "return { name = 't', nodes = { a = 5,\n b = { vlans = {\n 1, "
	  "next }, cpus = next, packages = next } },\n test_script = "
	  "function() end }",
	  "1: nodes.a: must be a table of what the node has, not a number\n"
	  "3: nodes.b.cpus: a function can be test_script only\n"
	  "3: nodes.b.packages: a function can be test_script only\n"
	  "3: nodes.b.vlans[2]: a function can be test_script only" },
	{ "return { name = next, timeout = next, nodes = next, test_script = "
	  "setmetatable({}, {}) }",
	  "1: name: a function can be test_script only\n"
	  "1: nodes: a function can be test_script only\n"
	  "1: test_script: a table with a metatable may have other members "
	  "than it seems; give a plain one\n"
	  "1: timeout: a function can be test_script only" },
	{ "return { name = 't',\n machine = setmetatable({}, {}),\n "
	  "test_script = function() end }",
	  "2: machine: a table with a metatable may have other members than "
	  "it seems; give a plain one" },
	/* lines of what the plan finds, through locals and functions */
	{ "local n = {\n cpus = 0 }\nlocal nodes = {\n a = n,\n b = {} }\n"
	  "return function()\n local memory = 5\n return { name = 't',\n "
	  "nodes = nodes, timeout = \n 0,\n test_script = function() end }\n"
	  "end",
	  "2: nodes.a.cpus: must be a number from 1 to 64, not 0\n"
	  "9: timeout: must be a number of seconds, from 1 to 604800" },
	{ "local a, b = {\n cpus = 0 }, {\n memory = 0 }\nreturn { name = "
	  "'t', nodes = { a = a, b = b }, test_script = function() end }",
	  "2: nodes.a.cpus: must be a number from 1 to 64, not 0\n"
	  "3: nodes.b.memory: must be a number from 64 to 1048576, not 0" },
	{ "local t = {}\nt.name = 't'\nt.machine = { cpus = 0 }\n"
	  "t.test_script = function() end\nreturn t",
	  "1: machine.cpus: must be a number from 1 to 64, not 0" },
	/* the sandbox, while the file is loaded */
	{ "local x = 1\nx = client", "2: unknown global 'client'" },
	{ "start_all()", "1: start_all can be used in test_script only" },
	{ "\nstart_al()",
	  "2: unknown global 'start_al' (did you mean 'start_all'?)" },
	{ "x = 1", "1: 'x' would be a global; declare it with `local`" },
	{ "io.open('x')",
	  "1: io is not there for tests: a test touches guests, not the host; "
	  "see copy_from_host() and copy_from_machine()" },
	{ "\nos.execute('x')",
	  "2: os.execute is not there for tests: a test touches guests, not "
	  "the host; see execute() of a machine" },
	{ "local x = {}\nfor i = 1, 1e9 do x[i] = ('x'):rep(2^20) .. i end",
	  "0: running this file takes more than 256 MiB" },
	{ "setmetatable({}, { __gc = function() end })",
	  "1: finalizers (__gc) are not there for tests" },
};

START_TEST(a_mistake_is_told_with_its_line)
{
	ck_assert_ptr_null(load(mistakes[_i].text));
	ck_assert_uint_ge(problems.n, 1);
	if (mistakes[_i].said != NULL)
		check_said(mistakes[_i].said);
}
END_TEST

START_TEST(mistakes_of_plan_and_script_come_together)
{
	ck_assert_ptr_null(load("return {\n"
				"  name = 't',\n"
				"  nodes = {\n"
				"    client = { vlans = { 0 } },\n"
				"    server = { memmory = 1 },\n"
				"  },\n"
				"  test_script = function()\n"
				"    client:suceed('x')\n"
				"    sever:succeed('x')\n"
				"  end,\n"
				"}\n"));
	check_said(
	    "4: nodes.client.vlans[1]: must be a number from 1 to 254, not 0\n"
	    "5: nodes.server.memmory: unknown key (did you mean 'memory'?)\n"
	    "8: machine client has no 'suceed' (did you mean 'succeed'?)\n"
	    "9: unknown name 'sever' (did you mean 'server'?)");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
	unlink(path);
	ck_assert_ptr_null(test_file_load(path, &problems));
	check_said("0: cannot read this test file: No such file or directory");
	plan_problems_fini(&problems);
	ck_assert_ptr_null(test_file_load("/", &problems));
	ck_assert_str_eq(problems.items[0].text,
			 "cannot read this test file: it is no regular file");
}
END_TEST

START_TEST(a_file_has_at_most_a_mebibyte)
{
	static const char start[] =
	    "return { name = 't', machine = {}, test_script = function() end } "
	    "--";
	char *text = xcalloc(1, TEST_FILE_SIZE_MAX + 1);
	struct test_file *file;

	memset(text, 'x', TEST_FILE_SIZE_MAX + 1);
	memcpy(text, start, sizeof(start) - 1);
	file = load_bytes(text, TEST_FILE_SIZE_MAX);
	ck_assert_ptr_nonnull(file);
	test_file_free(file);
	ck_assert_ptr_null(load_bytes(text, TEST_FILE_SIZE_MAX + 1));
	check_said("0: cannot read this test file: it is larger than 1 MiB");
	free(text);
}
END_TEST

START_TEST(a_file_that_does_not_end_is_ended)
{
	ck_assert_ptr_null(load("local n = 0\n\nwhile true do\n"
				" pcall(function() while true do end end)\n"
				"end\n"));
	ck_assert_uint_eq(problems.n, 1);
	ck_assert_int_ge(problems.items[0].line, 3);
	ck_assert_int_le(problems.items[0].line, 5);
	ck_assert_str_eq(problems.items[0].text,
			 "Lua has computed for 2 seconds without waiting for "
			 "anything");
}
END_TEST

START_TEST(a_script_may_compute_for_a_limited_time)
{
	struct test_file *file = load_script("\nwhile true do end");
	char *got;

	ck_assert_ptr_nonnull(file);
	test_file_compute_for(file, 20);
	got = run_script(file);
	ck_assert_msg(strstr(got, ":2: Lua has computed for 0 seconds") != NULL,
		      "%s", got);
	free(got);
	test_file_free(file);
	/* a new limit gives new time */
	file = load_script("local n = 0 for i = 1, 100000 do n = n + i end "
			   "return n");
	test_file_compute_for(file, 1);
	usleep(2000);
	got = run_script(file);
	ck_assert_msg(strstr(got, "has computed") != NULL, "%s", got);
	free(got);
	test_file_compute_for(file, 60000);
	got = run_script(file);
	ck_assert_str_eq(got, "5000050000");
	free(got);
	test_file_compute_for(file, 0);
	test_file_free(file);
}
END_TEST

/* Each says "ok", or is an error with these words. */
static const struct {
	const char *body;
	const char *want;
} sandbox[] = {
	{ "return 'ok'", "ok" },
	{ "return rawget(_G, 'x') == nil and 'ok'", "ok" },
	{ "rawset(_G, 'x', 'ok') return _G.x", "ok" },
	{ "return _G.x", "unknown global 'x'" },
	{ "_G.x = 1", "'x' would be a global" },
	{ "setmetatable(_G, nil)", "protected metatable" },
	{ "return getmetatable(_G) == false and 'ok'", "ok" },
	{ "return rawget(_G, 'io') == nil and rawget(_G, 'load') == nil and "
	  "rawget(_G, 'require') == nil and rawget(_G, 'debug') == nil and "
	  "rawget(_G, 'xpcall') == nil and 'ok'",
	  "ok" },
	{ "return rawget(os, 'exit') == nil and rawget(string, 'dump') == nil "
	  "and 'ok'",
	  "ok" },
	{ "local k = 'dump' return string[k]", "string.dump is not there" },
	{ "local k = 'dump' return ('x')[k]", "string.dump is not there" },
	{ "local k = 'dum' return string[k] == nil and 'ok'", "ok" },
	{ "local s = 'o' return s:rep(1) .. ('K'):lower()", "ok" },
	{ "local t = setmetatable({}, { __index = function() return 'ok' end "
	  "}) return t.x",
	  "ok" },
	{ "local m = {} setmetatable({}, m) m.__gc = 1 return 'ok'", "ok" },
	{ "setmetatable({}, { __gc = false })", "finalizers" },
	{ "setmetatable(1, {})", "bad argument #1 to 'setmetatable'" },
	{ "local ok, e = pcall(error, 'ok') return e", "ok" },
	{ "return os.time() > 0 and os.getenv('PATH') and os.date('%Y') and "
	  "'ok'",
	  "ok" },
	{ "local n = math.random(1000000) math.randomseed(0) return n == "
	  "math.random(1000000) and 'ok'",
	  "ok" },
};

START_TEST(a_script_can_compute_and_no_more)
{
	check_run(sandbox[_i].body, sandbox[_i].want);
}
END_TEST

START_TEST(all_that_is_listed_is_there)
{
	struct test_file *file = load_script("");
	lua_State *L = test_file_lua(file);

	for (const struct lua_library *l = lua_libraries(); l->name != NULL;
	     l++) {
		lua_pushglobaltable(L);
		if (l->name[0] != '\0')
			lua_getfield(L, -1, l->name);
		for (size_t i = 0; l->members[i] != NULL; i++) {
			lua_pushstring(L, l->members[i]);
			ck_assert_msg(lua_rawget(L, -2) != LUA_TNIL, "%s.%s",
				      l->name, l->members[i]);
			lua_pop(L, 1);
		}
		lua_settop(L, 0);
	}
	test_file_free(file);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_file_becomes_a_plan_and_a_script, 0 },
		{ a_file_has_several_forms, UNIT_ROWS(forms) },
		{ a_mistake_is_told_with_its_line, UNIT_ROWS(mistakes) },
		{ mistakes_of_plan_and_script_come_together, 0 },
		{ a_file_that_cannot_be_read_is_told, 0 },
		{ a_file_has_at_most_a_mebibyte, 0 },
		{ a_file_that_does_not_end_is_ended, 0 },
		{ a_script_may_compute_for_a_limited_time, 0 },
		{ a_script_can_compute_and_no_more, UNIT_ROWS(sandbox) },
		{ all_that_is_listed_is_there, 0 },
		{ NULL, 0 },
	};

	return unit_run("test-file", tests, setup, teardown);
}
