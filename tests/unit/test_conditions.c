/* Conditions, retry(), and what is raised from beside a task. */
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "driver/script/script.h"
#include "lib/clock.h"
#include "tests/unit/script-rig.h"
#include "tests/unit/unit.h"

static void
expect_logged(const char *body, const char *logged)
{
	script_rig_run(body);
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, logged);
}

START_TEST(a_condition_that_holds_lets_everything_pass)
{
	expect_logged("local n = 0\n"
		      "local c = polling_condition(function() n = n + 1 end)\n"
		      "log(with(c, function() sleep(5) return 'x', 'y' end))\n"
		      "log(n)\nsleep(10)\nlog(n)",
		      "x y;3;3;");
}
END_TEST

START_TEST(one_that_fails_fails_the_running_step_at_once)
{
	script_rig_run("local broken\n"
		       "local c = polling_condition(function()\n"
		       "return not broken, 'it broke' end,\n"
		       "{ interval = 0.5, description = 'it is whole' })\n"
		       "local t = now()\n"
		       "log(pcall(with, c, function()\n"
		       "parallel(function() sleep(1) broken = true end,\n"
		       "function() sleep(1000) log('never') end) end))\n"
		       "log(now() - t < 2)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(rig.logged, "false "));
	ck_assert_ptr_nonnull(strstr(rig.logged,
				     ".lua:5: condition does not hold: it is "
				     "whole: it broke;true;"));
	ck_assert_ptr_null(strstr(rig.logged, "never"));
	/* with, a good look, a sleep that fails, the bad look. */
	ck_assert_ptr_nonnull(strstr(rig.steps, "+with +polling_condition - "));
	ck_assert_ptr_nonnull(strstr(rig.steps, "+polling_condition ! "));
}
END_TEST

START_TEST(one_that_does_not_hold_lets_nothing_begin)
{
	script_rig_run(
	    "local c = polling_condition(function() error('no', 0) "
	    "end)\nlog(pcall(with, c, function() log('never') end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(rig.logged, "lua:4: no;"));
	ck_assert_ptr_null(strstr(rig.logged, "never;"));
}
END_TEST

START_TEST(only_false_and_errors_fail)
{
	expect_logged("for _, v in ipairs { 0, '', 'x' } do\n"
		      "local c = polling_condition(function() return v end)\n"
		      "log(c:check()) end\n"
		      "log(polling_condition(function() end):check())\n"
		      "local c = polling_condition(function() return false end,"
		      " { description = 'd' })\n"
		      "local ok, why = c:check() log(ok, why:match(': (.*)'))",
		      "true;true;true;true;"
		      "false condition does not hold: d: it is false;");
}
END_TEST

START_TEST(nested_conditions_are_all_looked_at)
{
	expect_logged(
	    "local function cond(name)\n"
	    "local state = { ok = true }\n"
	    "return polling_condition(function() return state.ok end,\n"
	    "{ interval = 1, description = name }), state end\n"
	    "local c1, s1 = cond('outer')\n"
	    "local c2, s2 = cond('inner')\n"
	    "for _, s in ipairs { s1, s2 } do\n"
	    "local ok, why = pcall(with, c1, function()\n"
	    "local ok, why = pcall(with, c2, function()\n"
	    "parallel(function() sleep(2.5) s.ok = false end,\n"
	    "function() sleep(100) end) end)\n"
	    "log('inside', ok, why:match('hold: (%w+)')) end)\n"
	    "log(ok, why and why:match('hold: (%w+)')) s.ok = true end",
	    "inside false outer;false outer;inside false inner;true nil;");
}
END_TEST

START_TEST(what_catches_everything_does_not_get_away)
{
	expect_logged(
	    "local t = now()\n"
	    "local good = true\n"
	    "local c = polling_condition(function() return good end,\n"
	    "{ interval = 1, description = 'd' })\n"
	    "local n = 0\n"
	    "local ok, why = pcall(with, c, function()\n"
	    "good = false\n"
	    "while n < 3 do\n"
	    "if not pcall(sleep, 1000) then n = n + 1 end end\n"
	    "return 'as if nothing had been' end)\n"
	    "log(ok, n, why:match('hold: (%w+)'), now() - t < 5)",
	    "false 3 d true;");
}
END_TEST

/* What restores something may take its time. */
START_TEST(cleaning_up_after_a_condition_may_wait)
{
	expect_logged("local good = true\n"
		      "local c = polling_condition(function() return good end,"
		      " { interval = 1 })\n"
		      "log(pcall(with, c, function()\n"
		      "local _ <close> = defer(function() sleep(0.5) "
		      "log('tidied') end)\n"
		      "good = false sleep(100) end) == false)",
		      "tidied;true;");
}
END_TEST

START_TEST(conditions_side_by_side_fail_their_own_function)
{
	expect_logged(
	    "local good = true\n"
	    "local c = polling_condition(function() return good end,\n"
	    "{ interval = 1, description = 'd' })\n"
	    "parallel(function() local ok, why = pcall(with, c, function()\n"
	    "sleep(50) end) log(ok, why:match('hold: (%w+)')) end,\n"
	    "function() sleep(3) good = false end,\n"
	    "function() sleep(8) log('other') end)",
	    "false d;other;");
}
END_TEST

START_TEST(an_error_of_the_body_is_the_bodys)
{
	expect_logged("local c = polling_condition(function() end)\n"
		      "log(pcall(with, c, function() sleep(1) error('mine', 0) "
		      "end))\nsleep(5)",
		      "false mine;");
}
END_TEST

START_TEST(a_task_that_another_ends_closes_its_condition)
{
	expect_logged(
	    "local n = 0\n"
	    "local c = polling_condition(function() n = n + 1 end,\n"
	    "{ interval = 1 })\n"
	    "pcall(parallel, function() with(c, function() sleep(100) end) end,"
	    "\nfunction() sleep(2.5) error('x') end)\n"
	    "local before = n\nsleep(10)\nlog(n == before, n >= 3)",
	    "true true;");
}
END_TEST

START_TEST(a_condition_is_awaited)
{
	expect_logged(
	    "local t = now()\n"
	    "local c = polling_condition(function()\n"
	    "return now() - t > 3, 'too early' end,\n"
	    "{ description = 'later' })\n"
	    "c:wait() log(now() - t < 5)\n"
	    "c = polling_condition(function() error('never', 0) end)\n"
	    "local ok, why = pcall(c.wait, c, { timeout = 2 })\n"
	    "log(ok, why:match('not within 2 s: '), "
	    "why:match('never'))",
	    "true;false not within 2 s:  never;");
}
END_TEST

START_TEST(the_run_ends_in_the_middle_of_a_condition)
{
	script_rig_load("local c = polling_condition(function() sleep(1) end)\n"
			"with(c, function() sleep(1000) end)");
	for (int i = 0; i < 500; i++) {
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		clock_advance(rig.clock, 10 * NS_PER_MS);
	}
	ck_assert_int_eq(rig.n_done, 0);
	script_abort(rig.script, "interrupted");
	ck_assert_int_eq(rig.n_done, 1);
	ck_assert_ptr_nonnull(strstr(rig.died_of, "interrupted"));
}
END_TEST

START_TEST(retry_goes_on_after_an_error_and_tells_the_last)
{
	expect_logged("local n = 0\n"
		      "log(retry(function() n = n + 1\n"
		      "if n < 3 then error('not yet') end return n end))\n"
		      "local ok, why = pcall(retry, function() n = n + 1 "
		      "error('no ' .. n, 0) end, { timeout = 2 })\n"
		      "log(ok, why:match(': (.*)'))\n"
		      "ok, why = pcall(retry, function() return nil end, "
		      "{ timeout = 0 })\n"
		      "log(ok, why:match(': (.*)'))",
		      "3;false not within 2 s (3 tries); the last raised an "
		      "error: no 6;false not within 0 s (1 tries); the last "
		      "returned nil;");
}
END_TEST

START_TEST(retry_does_not_swallow_a_failed_condition)
{
	expect_logged(
	    "local good, n = true, 0\n"
	    "local c = polling_condition(function() return good end,\n"
	    "{ interval = 1, description = 'd' })\n"
	    "local ok, why = pcall(with, c, function()\n"
	    "retry(function() n = n + 1 good = false sleep(100) end) end)\n"
	    "log(ok, why:match('hold: (%w+)'), n, now() < 5)",
	    "false d 1 true;");
}
END_TEST

START_TEST(retry_ends_with_the_run)
{
	script_rig_load("retry(function() sleep(1000) end)");
	event_base_loop(rig.base, EVLOOP_NONBLOCK);
	script_abort(rig.script, "interrupted");
	ck_assert_int_eq(rig.n_done, 1);
	ck_assert_ptr_nonnull(strstr(rig.died_of, "interrupted"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_condition_that_holds_lets_everything_pass, 0 },
		{ one_that_fails_fails_the_running_step_at_once, 0 },
		{ one_that_does_not_hold_lets_nothing_begin, 0 },
		{ only_false_and_errors_fail, 0 },
		{ nested_conditions_are_all_looked_at, 0 },
		{ what_catches_everything_does_not_get_away, 0 },
		{ cleaning_up_after_a_condition_may_wait, 0 },
		{ conditions_side_by_side_fail_their_own_function, 0 },
		{ an_error_of_the_body_is_the_bodys, 0 },
		{ a_task_that_another_ends_closes_its_condition, 0 },
		{ a_condition_is_awaited, 0 },
		{ the_run_ends_in_the_middle_of_a_condition, 0 },
		{ retry_goes_on_after_an_error_and_tells_the_last, 0 },
		{ retry_does_not_swallow_a_failed_condition, 0 },
		{ retry_ends_with_the_run, 0 },
		{ NULL, 0 },
	};

	return unit_run("conditions", tests, script_rig_setup,
			script_rig_teardown);
}
