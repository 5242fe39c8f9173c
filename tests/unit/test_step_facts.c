/* What the log says of a step beside its name: the line of the test that it
 * comes from, and whether it failed because time was up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <lua.h>

#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/script/script.h"
#include "driver/script/test-file.h"
#include "lib/json.h"
#include "tests/unit/script-rig.h"
#include "tests/unit/unit.h"

static char facts[2048]; /* "kind:line " of beginnings, "late " or "! " or "- "
			  * of ends */

static char results[1024]; /* of steps that have ended, "?" for none, and their
			    * errors */

static void
on_event(const json_t *event, void *arg)
{
	const char *type = json_str_or(event, "type", "");
	const json_t *at = json_object_get(event, "at");
	char fact[128] = "";

	(void)arg;
	if (strcmp(type, "step.begin") == 0)
		snprintf(fact, sizeof(fact), "%s:%d ",
			 json_str_or(event, "kind", ""),
			 (int)json_int_or(at, "line", 0));
	else if (strcmp(type, "step.end") == 0) {
		snprintf(results + strlen(results),
			 sizeof(results) - strlen(results), "%s%s;",
			 json_str_or(event, "result", "?"),
			 json_str_or(event, "error", ""));
		snprintf(fact, sizeof(fact), "%s ",
			 json_bool_or(event, "timed_out", false) ? "late"
			 : json_bool_or(event, "ok", false)	 ? "-"
								 : "!");
	}
	ck_assert_uint_lt(strlen(facts) + strlen(fact), sizeof(facts));
	strcat(facts, fact);
}

static void
setup(void)
{
	script_rig_setup();
	event_log_add_view(rig.log, on_event, NULL);
	facts[0] = results[0] = '\0';
}

/* Line 1 of a body is line 4 of its file. */
static const struct {
	const char *what, *body, *facts;
} cases[] = {
	{ "a call", "sleep(0)\n\nsleep(0)", "sleep:4 - sleep:6 - " },
	{ "the innermost function counts",
	  "local function nap()\nsleep(0)\nend\nsubtest('s', nap)",
	  "subtest:7 sleep:5 - - " },
	{ "a function that the prelude calls",
	  "retry(function()\nsleep(0)\nreturn true end)",
	  "retry:4 sleep:5 - - " },
	{ "of several lines Lua names that of the call",
	  "nested(\n'x',\nfunction()\nend)", "nested:4 - " },
	{ "tasks of parallel()",
	  "parallel(function()\nsleep(0) end,\nfunction() sleep(1) end)",
	  "parallel:4 sleep:5 sleep:6 - - - " },
	{ "a task that has no line of its own",
	  "local c = polling_condition(function() return true end,\n"
	  "{ interval = 1 })\n"
	  "with(c, function()\nsleep(1.5) end)",
	  "with:6 polling_condition:6 - sleep:7 polling_condition:6 - - - " },
	{ "an error", "pcall(nested, 'x', function() error('y') end)",
	  "nested:4 ! " },
	{ "time is up",
	  "pcall(retry, function() return false end, { timeout = 1 })",
	  "retry:4 late " },
	{ "time is up further inside",
	  "pcall(nested, 'x', function()\n"
	  "retry(function() return false end, { timeout = 1 }) end)",
	  "nested:4 retry:5 late late " },
	{ "time was up, and something else came after it",
	  "pcall(nested, 'x', function()\n"
	  "pcall(retry, function() return false end, { timeout = 1 })\n"
	  "error('y') end)",
	  "nested:4 retry:5 late ! " },
	{ "time is up in another task",
	  "pcall(parallel, function()\n"
	  "retry(function() return false end, { timeout = 1 }) end)",
	  "parallel:4 retry:5 late late " },
	{ "time is up in a condition",
	  "local c = polling_condition(function() if now() > 0.5 then\n"
	  "retry(function() return false end, { timeout = 1 }) end\n"
	  "return true end, { interval = 1 })\n"
	  "pcall(with, c, function() sleep(9) end)",
	  "with:7 polling_condition:7 - sleep:7 polling_condition:7 retry:5 "
	  "late late late late " },
};

START_TEST(a_step_has_its_line_and_how_it_ended)
{
	script_rig_run(cases[_i].body);
	ck_assert_msg(strcmp(facts, cases[_i].facts) == 0, "%s: %s",
		      cases[_i].what, facts);
}
END_TEST

static void
run_until_it_waits(void)
{
	for (int i = 0; i < 5; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
}

START_TEST(the_end_of_the_time_for_all_is_a_time_out)
{
	/* Also of what was about to begin. */
	script_rig_load("subtest('s', function() pcall(sleep, 9)\n"
			"sleep(9) end)");
	run_until_it_waits();
	script_time_out(rig.script, "all too long");
	ck_assert_str_eq(facts, "subtest:4 sleep:4 late late ");
	ck_assert_ptr_nonnull(strstr(rig.died_of, ".lua:5: all too long"));
}
END_TEST

START_TEST(a_step_has_its_result_when_a_word_says_it)
{
	script_rig_run("nested('a', function() return 7, 'x' end)\n"
		       "nested('b', function() return false end)\n"
		       "nested('c', function() return 'text' end)\n"
		       "pcall(nested, 'd', function() error({}) end)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(facts, "nested:4 - nested:5 - nested:6 - nested:7 ! ");
	ck_assert_str_eq(results, "7;false;?;?an error that is not text was "
				  "raised;");
}
END_TEST

START_TEST(an_interruption_is_none)
{
	script_rig_load("sleep(9)");
	run_until_it_waits();
	script_abort(rig.script, "interrupted");
	ck_assert_str_eq(facts, "sleep:4 ! ");
}
END_TEST

static const struct {
	const char *before, *after; /* around the file's name */
	int line;
} errors[] = {
	{ "", ":12: x", 12 },	{ "", ":12", 0 },
	{ "", ":0: x", 0 },	{ "", ":-1: x", 0 },
	{ "", ": x", 0 },	{ "a", ":12: x", 0 },
	{ "", "x:12: x", 0 },	{ "", ":1x: x", 0 },
	{ "...", ":12: x", 0 }, { "", ":99999999999: x", 0 },
};

START_TEST(an_error_names_its_place)
{
	const char *path, *text, *at = NULL;
	char message[512];
	size_t size;

	script_rig_load("sleep(0)");
	ck_assert(test_file_source(rig.file, 0, &path, &text, &size));
	ck_assert_uint_eq(strlen(text), size);
	snprintf(message, sizeof(message), "%s%s%s", errors[_i].before, path,
		 errors[_i].after);
	ck_assert_int_eq(test_file_place(rig.file, message, &at),
			 errors[_i].line);
	if (errors[_i].line > 0)
		ck_assert_str_eq(at, path);
	ck_assert_int_eq(test_file_place(rig.file, "", &at), 0);
	ck_assert(!test_file_source(rig.file, 1, &path, &text, &size));
}
END_TEST

/* As Lua cuts long names: the end of them is there. */
START_TEST(an_error_names_its_place_also_in_a_long_path)
{
	char dir[] = "/tmp/test-step-facts-with-a-name-longer-than-lua-shows-"
		     "XXXXXX";
	char path[sizeof(dir) + 8];
	struct plan_problems problems = { 0 };
	const char *message, *at = NULL;
	struct test_file *file;
	lua_State *L;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.lua", dir);
	f = fopen(path, "w");
	fputs("return { name = 'x', nodes = { a = {} },\n"
	      "test_script = function()\nerror('x') end }\n",
	      f);
	fclose(f);
	file = test_file_load(path, &problems);
	ck_assert_ptr_nonnull(file);
	L = test_file_lua(file);
	test_file_push_script(file, L);
	ck_assert_int_ne(lua_pcall(L, 0, 0, 0), LUA_OK);
	message = lua_tostring(L, -1);
	ck_assert(strncmp(message, "...", 3) == 0);
	ck_assert_int_eq(test_file_place(file, message, &at), 3);
	ck_assert_str_eq(at, path);
	lua_settop(L, 0);
	test_file_free(file);
	plan_problems_fini(&problems);
	unlink(path);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_step_has_its_line_and_how_it_ended,
		  sizeof(cases) / sizeof(cases[0]) },
		{ the_end_of_the_time_for_all_is_a_time_out, 0 },
		{ an_interruption_is_none, 0 },
		{ a_step_has_its_result_when_a_word_says_it, 0 },
		{ an_error_names_its_place,
		  sizeof(errors) / sizeof(errors[0]) },
		{ an_error_names_its_place_also_in_a_long_path, 0 },
		{ NULL, 0 },
	};

	return unit_run("step-facts", tests, setup, script_rig_teardown);
}
