#include "driver/report/junit/junit-run.h"

#include <stdlib.h>
#include <string.h>

#include "driver/batch/record.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/story-rig.h"
#include "tests/unit/unit.h"

static struct story_rig rig;
static struct junit_run *run;

static void
setup(void)
{
	story_rig_init(&rig);
	rig_begin(&rig);
}

static void
teardown(void)
{
	junit_run_free(run);
	story_rig_fini(&rig);
}

static void
begin(int id, int in, double t, const char *kind, const char *text)
{
	rig_line(&rig, t,
		 "'type':'step.begin','step':%d,'in':%d,'kind':'%s',"
		 "'machine':null,'text':'%s','at':{'file':'nat.lua','line':%d}",
		 id, in, kind, text, id);
}

static void
end(int id, double t, const char *error)
{
	rig_line(&rig, t, "'type':'step.end','step':%d,'ok':%s,'error':%s%s%s",
		 id, error == NULL ? "true" : "false", error != NULL ? "'" : "",
		 error != NULL ? error : "null", error != NULL ? "'" : "");
}

static void
end_run(double t, const char *result, int code, const char *error)
{
	rig_line(&rig, t,
		 "'type':'run.end','result':'%s','code':%d,"
		 "'error':%s%s%s",
		 result, code, error != NULL ? "'" : "",
		 error != NULL ? error : "null", error != NULL ? "'" : "");
}

static void
make(void)
{
	run = junit_run_make(rig_read(&rig), NULL);
}

static const struct junit_case *
the_case(const char *name)
{
	for (size_t i = 0; i < run->n_cases; i++)
		if (strcmp(run->cases[i].name, name) == 0)
			return &run->cases[i];
	ck_abort_msg("no case %s", name);
	return NULL;
}

static void
has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" has no \"%s\"", text,
		      part);
}

static void
has_not(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) == NULL, "\"%s\" has \"%s\"", text,
		      part);
}

static size_t
n_bad(void)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_cases; i++)
		n += run->cases[i].verdict != JUNIT_PASSED;
	return n;
}

/* ---- cases ---- */

START_TEST(a_subtest_is_a_case_and_what_is_outside_is_main)
{
	begin(1, 0, 1, "subtest", "ping");
	begin(2, 1, 1, "subtest", "v6");
	end(2, 3, NULL);
	end(1, 4, NULL);
	begin(3, 0, 5, "subtest", "http");
	end(3, 5.5, NULL);
	end_run(10, "passed", 0, NULL);
	make();
	ck_assert_uint_eq(run->n_cases, 4);
	ck_assert_str_eq(run->cases[0].name, "main");
	ck_assert_str_eq(run->cases[1].name, "ping");
	ck_assert_str_eq(run->cases[2].name, "ping / v6");
	ck_assert_str_eq(run->cases[3].name, "http");
	ck_assert_uint_eq(n_bad(), 0);
	ck_assert_int_eq(run->verdict, JUNIT_PASSED);
	ck_assert_int_eq(run->began_ns, RIG_BEGAN_S * 1000000000LL);
}
END_TEST

START_TEST(the_times_of_cases_are_those_of_the_run)
{
	begin(1, 0, 1, "subtest", "a");
	begin(2, 1, 1, "subtest", "b");
	end(2, 3, NULL);
	end(1, 4, NULL);
	begin(3, 0, 8, "subtest", "does not end");
	end_run(10, "passed", 0, NULL);
	make();
	ck_assert_double_eq_tol(the_case("main")->time_s, 5, 1e-9);
	ck_assert_double_eq_tol(the_case("a")->time_s, 1, 1e-9);
	ck_assert_double_eq_tol(the_case("a / b")->time_s, 2, 1e-9);
	ck_assert_double_eq_tol(the_case("does not end")->time_s, 2, 1e-9);
	ck_assert_double_eq(run->duration_s, 10);
}
END_TEST

START_TEST(no_time_is_negative)
{
	begin(1, 0, 0, "subtest", "a");
	begin(2, 0, 0, "subtest", "b"); /* beside it */
	end(1, 4, NULL);
	end(2, 4, NULL);
	end_run(4, "passed", 0, NULL);
	make();
	ck_assert_double_eq(the_case("main")->time_s, 0);
}
END_TEST

START_TEST(no_two_cases_have_one_name)
{
	begin(1, 0, 0, "subtest", "main");
	begin(2, 0, 0, "subtest", "a");
	begin(3, 0, 0, "subtest", "a (2)");
	begin(4, 0, 0, "subtest", "a");
	begin(5, 0, 0, "subtest", "");
	begin(6, 0, 0, "subtest", "a\\nb\\u001b[1m\\u0001");
	end_run(1, "passed", 0, NULL);
	make();
	ck_assert_str_eq(run->cases[1].name, "main (2)");
	ck_assert_str_eq(run->cases[2].name, "a");
	ck_assert_str_eq(run->cases[3].name, "a (2)");
	ck_assert_str_eq(run->cases[4].name, "a (3)");
	ck_assert_str_eq(run->cases[5].name, "subtest");
	ck_assert_str_eq(run->cases[6].name, "a b\xef\xbf\xbd");
}
END_TEST

START_TEST(cases_have_an_end)
{
	for (int i = 1; i <= JUNIT_CASES_MAX; i++) {
		begin(i, 0, i, "subtest", "same");
		end(i, i, NULL);
	}
	end_run(JUNIT_CASES_MAX + 1, "passed", 0, NULL);
	make();
	ck_assert_uint_eq(run->n_cases, JUNIT_CASES_MAX);
	ck_assert_str_eq(run->cases[JUNIT_CASES_MAX - 1].name, "same (1999)");
	/* The one too many is a line of main. */
	has(the_case("main")->out, "2000.000 ok subtest: same");
}
END_TEST

/* ---- verdicts ---- */

#define NO_ROUTE "nat.lua:3: no route"

static void
a_nested_failure(const char *outer_error)
{
	begin(1, 0, 1, "subtest", "a");
	end(1, 2, NULL);
	begin(2, 0, 2, "subtest", "b");
	begin(3, 2, 2, "subtest", "c");
	begin(4, 3, 2, "succeed", "ping");
	end(4, 3, NO_ROUTE);
	end(3, 3, NO_ROUTE);
	end(2, 3, outer_error);
}

START_TEST(only_the_innermost_subtest_fails)
{
	a_nested_failure(NO_ROUTE);
	end_run(4, "failed", 1, NO_ROUTE);
	make();
	ck_assert_uint_eq(n_bad(), 1);
	ck_assert_int_eq(the_case("b / c")->verdict, JUNIT_FAILED);
	ck_assert_str_eq(the_case("b / c")->type, "failed");
	ck_assert_str_eq(the_case("b / c")->message, NO_ROUTE);
}
END_TEST

START_TEST(one_that_fails_by_itself_fails_too)
{
	a_nested_failure("nat.lua:9: and then");
	end_run(4, "failed", 1, "nat.lua:9: and then");
	make();
	ck_assert_uint_eq(n_bad(), 2);
	ck_assert_str_eq(the_case("b")->message, "nat.lua:9: and then");
	ck_assert_int_eq(the_case("main")->verdict, JUNIT_PASSED);
}
END_TEST

START_TEST(what_fails_outside_of_subtests_is_main)
{
	begin(1, 0, 1, "subtest", "a");
	end(1, 2, NULL);
	begin(2, 0, 2, "succeed", "ping");
	end(2, 3, NO_ROUTE);
	end_run(4, "failed", 1, NO_ROUTE);
	make();
	ck_assert_uint_eq(n_bad(), 1);
	ck_assert_int_eq(the_case("main")->verdict, JUNIT_FAILED);
}
END_TEST

START_TEST(a_failure_that_the_script_has_dealt_with_is_none)
{
	a_nested_failure(NULL);
	end_run(4, "passed", 0, NULL);
	make();
	ck_assert_uint_eq(n_bad(), 0);
	/* But it is told. */
	has(the_case("b / c")->out, "!! succeed: ping");
	has(the_case("b / c")->out, NO_ROUTE);
}
END_TEST

static const struct {
	const char *result;
	int code;
	enum junit_verdict verdict;
	const char *type;
} results[] = {
	{ "failed", EXIT_TEST_FAILED, JUNIT_FAILED, "failed" },
	{ "timed out", EXIT_TIMED_OUT, JUNIT_FAILED, "timed out" },
	{ "could not be run", EXIT_INFRA, JUNIT_ERROR, "could not be run" },
	{ "interrupted", 130, JUNIT_ERROR, "interrupted" },
	{ "anything", 5, JUNIT_ERROR, "could not be run" },
};

START_TEST(every_result_is_told)
{
	end_run(4, results[_i].result, results[_i].code, "why\\nmore");
	make();
	ck_assert_int_eq(run->cases[0].verdict, results[_i].verdict);
	ck_assert_int_eq(run->verdict, results[_i].verdict);
	ck_assert_str_eq(run->cases[0].type, results[_i].type);
	ck_assert_str_eq(run->cases[0].message, "why");
	has(run->cases[0].detail, "why\nmore\n");
}
END_TEST

START_TEST(a_run_that_was_killed_has_an_error_where_it_was)
{
	begin(1, 0, 1, "subtest", "a");
	begin(2, 1, 1, "subtest", "b");
	begin(3, 2, 1.5, "sleep", "9 s");
	make();
	ck_assert_uint_eq(n_bad(), 1);
	ck_assert_int_eq(the_case("a / b")->verdict, JUNIT_ERROR);
	ck_assert_str_eq(the_case("a / b")->type, "killed");
	has(the_case("a / b")->message, "killed");
	has(the_case("a / b")->out, ".. sleep: 9 s (had not ended)");
}
END_TEST

START_TEST(a_step_that_timed_out_says_so)
{
	begin(1, 0, 1, "wait_for", "x");
	rig_line(&rig, 2,
		 "'type':'step.end','step':1,'ok':false,"
		 "'error':'late','timed_out':true");
	end_run(3, "failed", 1, "late");
	make();
	ck_assert_str_eq(run->cases[0].type, "timed out");
}
END_TEST

static void
make_with(int code, const char *error)
{
	const struct attempt_record attempt = { .number = 1,
						.code = code,
						.duration_ms = 1500,
						.error = (char *)error };

	run = junit_run_make(rig_read(&rig), &attempt);
}

START_TEST(what_is_on_record_outweighs_the_log)
{
	begin(1, 0, 1, "subtest", "a");
	make_with(EXIT_INFRA, "the process was killed by signal 9");
	ck_assert_int_eq(the_case("a")->verdict, JUNIT_ERROR);
	ck_assert_str_eq(the_case("a")->type, "could not be run");
	ck_assert_str_eq(the_case("a")->message,
			 "the process was killed by signal 9");
}
END_TEST

START_TEST(a_log_that_passed_is_not_enough)
{
	end_run(1, "passed", 0, NULL);
	make_with(EXIT_INFRA, "crashed after the end");
	ck_assert_int_eq(run->cases[0].verdict, JUNIT_ERROR);
	ck_assert_str_eq(run->cases[0].message, "crashed after the end");
}
END_TEST

START_TEST(a_run_without_a_log_is_one_case)
{
	const struct attempt_record attempt = { .number = 1,
						.code = EXIT_INFRA,
						.duration_ms = 1500,
						.error = xstrdup("no\nroom") };

	run = junit_run_make(NULL, &attempt);
	ck_assert_uint_eq(run->n_cases, 1);
	ck_assert_int_eq(run->cases[0].verdict, JUNIT_ERROR);
	ck_assert_str_eq(run->cases[0].message, "no");
	ck_assert_str_eq(run->cases[0].detail, "no\nroom");
	ck_assert_double_eq(run->cases[0].time_s, 1.5);
	free(attempt.error);
}
END_TEST

START_TEST(a_test_that_was_not_run_is_skipped)
{
	run = junit_run_skipped("not run: it is late");
	ck_assert_uint_eq(run->n_cases, 1);
	ck_assert_int_eq(run->cases[0].verdict, JUNIT_SKIPPED);
	ck_assert_str_eq(run->cases[0].message, "not run: it is late");
}
END_TEST

/* ---- what is told ---- */

START_TEST(a_failure_tells_step_place_source_and_output)
{
	rig_line(&rig, 0,
		 "'type':'source','file':'nat.lua','cut':false,"
		 "'text':'one\\ntwo\\nthree\\nfour\\n'");
	begin(1, 0, 1, "subtest", "a");
	begin(3, 1, 1, "succeed", "ping -c1");
	rig_line(&rig, 1.5,
		 "'type':'output','machine':'client','step':3,"
		 "'stream':'stdout','text':'PING\\nlost\\n'");
	end(3, 2, NO_ROUTE);
	end(1, 2, NO_ROUTE);
	end_run(3, "failed", 1, NO_ROUTE);
	make();
	has(the_case("a")->detail, NO_ROUTE "\n\nIn the step: succeed: ping "
					    "-c1 (1.000 s)\n");
	has(the_case("a")->detail, "\nLast output:\n  | PING\n  | lost\n");
	has(the_case("a")->detail,
	    "\n at nat.lua:3\n        2 | two\n   >    3 | three\n"
	    "        4 | four\n");
}
END_TEST

START_TEST(outputs_are_of_the_case_they_are_in)
{
	begin(1, 0, 1, "subtest", "a");
	begin(2, 1, 1, "succeed", "ls");
	rig_line(&rig, 1.1,
		 "'type':'output','machine':'client','step':2,"
		 "'stream':'stdout','text':'etc\\n'");
	rig_line(&rig, 1.2,
		 "'type':'output','machine':'client','step':2,"
		 "'stream':'stderr','text':'oops\\n'");
	rig_line(&rig, 1.3,
		 "'type':'serial','machine':'router',"
		 "'text':'booting'");
	rig_line(&rig, 1.4, "'type':'log','text':'so far','step':1");
	end(2, 2, NULL);
	end(1, 2, NULL);
	rig_line(&rig, 3,
		 "'type':'serial','machine':'router',"
		 "'text':'login:'");
	end_run(4, "passed", 0, NULL);
	make();
	ck_assert_str_eq(the_case("a")->out,
			 "    1.000 ok succeed: ls (1.000 s)\n"
			 "           | etc\n"
			 "    1.400  # so far\n");
	ck_assert_str_eq(the_case("a")->err,
			 "    1.200 client stderr: oops\n"
			 "    1.300 router serial: booting\n");
	ck_assert_str_eq(the_case("main")->err,
			 "    3.000 router serial: login:\n");
	has(the_case("main")->out, "ok subtest: a (1.000 s)\n");
}
END_TEST

static void
write_piece(double t, int step, const char *stream, const char *text)
{
	rig_line(&rig, t,
		 "'type':'output','machine':'client','step':%d,"
		 "'stream':'%s','text':'%s'",
		 step, stream, text);
}

START_TEST(lines_that_come_in_pieces_are_lines)
{
	begin(1, 0, 1, "succeed", "curl");
	write_piece(1.1, 1, "stderr", "c");
	write_piece(1.2, 1, "stderr", "url: (28)\\nmo");
	write_piece(1.3, 1, "stdout", "half a ");
	write_piece(1.4, 1, "stderr", "re\\n");
	write_piece(1.5, 1, "stdout", "page");
	end(1, 2, NULL);
	begin(2, 0, 3, "succeed", "ls");
	write_piece(3.1, 2, "stdout", "etc");
	end_run(4, "failed", 1, "why");
	make();
	ck_assert_str_eq(run->cases[0].err,
			 "    1.100 client stderr: curl: (28)\n"
			 "    1.200 client stderr: more\n");
	ck_assert_str_eq(run->cases[0].out,
			 "    1.000 ok succeed: curl (1.000 s)\n"
			 "           | half a page\n"
			 "    3.000 .. succeed: ls (had not ended)\n"
			 "           | etc\n");
	has(run->cases[0].detail, "  | curl: (28)\n  | mo\n  | half a \n"
				  "  | re\n  | page\n  | etc\n");
}
END_TEST

START_TEST(looks_at_conditions_are_not_told)
{
	begin(1, 0, 1, "polling_condition", "up");
	begin(2, 1, 1, "execute", "true");
	end(2, 1, NULL);
	end(1, 1, NULL);
	begin(3, 0, 2, "polling_condition", "up");
	end(3, 2, "down");
	end_run(3, "failed", 1, "down");
	make();
	has_not(run->cases[0].out, "1.000 ");
	has(run->cases[0].out, "2.000 !! polling_condition: up");
}
END_TEST

START_TEST(guests_cannot_attach_files)
{
	begin(1, 0, 1, "succeed", "[[ATTACHMENT|/etc/shadow]]");
	rig_line(&rig, 1.1,
		 "'type':'output','machine':'client','step':1,"
		 "'stream':'stdout',"
		 "'text':'[[ATT\\u001b[0mACHMENT|/etc/passwd]]\\n"
		 "[[PROPERTY|a=b]]'");
	end(1, 2, "[[ATTACHMENT|/x]]");
	end_run(3, "failed", 1, "[[ATTACHMENT|/x]]");
	make();
	for (size_t i = 0; i < run->n_cases; i++) {
		has_not(run->cases[i].out, "[[ATT");
		has_not(run->cases[i].out, "[[PROP");
		has_not(run->cases[i].detail, "[[ATT");
		has_not(run->cases[i].message, "[[ATT");
	}
	has(run->cases[0].out, "[ [ATTACHMENT|/etc/passwd]]");
}
END_TEST

static void
write_much(size_t n)
{
	for (size_t i = 0; i < n / 1000; i++)
		rig_line(&rig, 1, "'type':'log','step':0,'text':'%0980zu'", i);
}

START_TEST(outputs_have_limits)
{
	write_much(2 * JUNIT_OUTPUT_MAX);
	if (_i == 0)
		end_run(3, "passed", 0, NULL);
	else
		end_run(3, "failed", 1, "why");
	make();
	has(run->cases[0].out, "octets left out");
	if (_i == 0) {
		ck_assert_uint_le(strlen(run->cases[0].out),
				  JUNIT_PASSED_OUTPUT_MAX + 64);
	} else {
		ck_assert_uint_gt(strlen(run->cases[0].out),
				  JUNIT_OUTPUT_MAX - 2048);
		ck_assert_uint_le(strlen(run->cases[0].out),
				  JUNIT_OUTPUT_MAX + 64);
	}
}
END_TEST

START_TEST(errors_have_limits)
{
	char *error = xasprintf("%0*d", 2 * JUNIT_ERROR_MAX, 7);

	end_run(3, "failed", 1, error);
	make();
	ck_assert_uint_le(strlen(run->cases[0].message), JUNIT_MESSAGE_MAX);
	ck_assert_uint_le(strlen(run->cases[0].detail), JUNIT_ERROR_MAX + 256);
	free(error);
}
END_TEST

/* ---- files and properties ---- */

static bool
has_file(const struct junit_case *c, const char *path)
{
	for (size_t i = 0; i < c->n_files; i++)
		if (strcmp(c->files[i], path) == 0)
			return true;
	return false;
}

START_TEST(files_are_with_what_they_explain)
{
	begin(1, 0, 1, "subtest", "good");
	rig_line(&rig, 1.1,
		 "'type':'screenshot','machine':'client','step':1,"
		 "'path':'shot.png'");
	end(1, 2, NULL);
	begin(2, 0, 2, "subtest", "bad");
	end(2, 3, "why");
	rig_line(&rig, 3,
		 "'type':'screenshot','machine':'client','step':0,"
		 "'path':'failed-client.png'");
	rig_file(&rig, "shot.png", "x", 1);
	rig_file(&rig, "failed-client.png", "x", 1);
	rig_file(&rig, "vlan1.pcapng", "x", 1);
	rig_line(&rig, 3,
		 "'type':'capture','segment':'vlan1',"
		 "'path':'vlan1.pcapng','frames':1,'octets':1,"
		 "'left_out':0");
	end_run(4, "failed", 1, "why");
	make();
	ck_assert(has_file(the_case("main"), "report.html"));
	ck_assert(has_file(the_case("main"), "vlan1.pcapng"));
	ck_assert(has_file(the_case("main"), "log.jsonl"));
	ck_assert(has_file(the_case("bad"), "report.html"));
	ck_assert(has_file(the_case("bad"), "failed-client.png"));
	ck_assert(has_file(the_case("bad"), "vlan1.pcapng"));
	ck_assert(!has_file(the_case("bad"), "shot.png"));
	ck_assert_uint_eq(the_case("good")->n_files, 1);
	ck_assert(has_file(the_case("good"), "shot.png"));
	/* Who takes one only takes the first. */
	ck_assert_str_eq(the_case("bad")->files[0], "report.html");
}
END_TEST

static const char *
property(const char *name)
{
	for (size_t i = 0; i < run->n_properties; i++)
		if (strcmp(run->properties[i].name, name) == 0)
			return run->properties[i].value;
	return "(none)";
}

START_TEST(the_run_has_properties)
{
	end_run(4, "passed", 0, NULL);
	make();
	ck_assert_str_eq(property("seed"), "7");
	ck_assert_str_eq(property("accel"), "tcg");
	ck_assert_str_eq(property("machines"), "client router server");
	ck_assert_str_eq(property("vdelab"), "0.5");
	ck_assert_str_eq(property("result"), "passed");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_subtest_is_a_case_and_what_is_outside_is_main, 0 },
		{ the_times_of_cases_are_those_of_the_run, 0 },
		{ no_time_is_negative, 0 },
		{ no_two_cases_have_one_name, 0 },
		{ cases_have_an_end, 0 },
		{ only_the_innermost_subtest_fails, 0 },
		{ one_that_fails_by_itself_fails_too, 0 },
		{ what_fails_outside_of_subtests_is_main, 0 },
		{ a_failure_that_the_script_has_dealt_with_is_none, 0 },
		{ every_result_is_told, UNIT_ROWS(results) },
		{ a_run_that_was_killed_has_an_error_where_it_was, 0 },
		{ a_step_that_timed_out_says_so, 0 },
		{ what_is_on_record_outweighs_the_log, 0 },
		{ a_log_that_passed_is_not_enough, 0 },
		{ a_run_without_a_log_is_one_case, 0 },
		{ a_test_that_was_not_run_is_skipped, 0 },
		{ a_failure_tells_step_place_source_and_output, 0 },
		{ outputs_are_of_the_case_they_are_in, 0 },
		{ lines_that_come_in_pieces_are_lines, 0 },
		{ looks_at_conditions_are_not_told, 0 },
		{ guests_cannot_attach_files, 0 },
		{ outputs_have_limits, 2 },
		{ errors_have_limits, 0 },
		{ files_are_with_what_they_explain, 0 },
		{ the_run_has_properties, 0 },
		{ NULL, 0 },
	};

	return unit_run("junit_run", tests, setup, teardown);
}
