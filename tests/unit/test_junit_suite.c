#define _POSIX_C_SOURCE 200809L

#include "driver/report/junit/junit-suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit.h"
#include "driver/report/xml.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

enum { RUNS_MAX = 3 };

static struct junit_run *runs[RUNS_MAX];
static const char *dirs[RUNS_MAX];
static struct junit_suite suite;
static struct junit_options options;
static char *text;

static char *
no_env(const char *name)
{
	(void)name;
	return NULL;
}

static void
setup(void)
{
	suite =
	    (struct junit_suite){ .name = "nat", .runs = runs, .dirs = dirs };
	junit_options_init(&options, no_env);
}

static void
teardown(void)
{
	for (size_t i = 0; i < suite.n_runs; i++)
		junit_run_free(runs[i]);
	free(text);
}

/* A run whose cases are told by letters behind their names: "main+ a! b?":
 * passed, failed, an error. */
static void
add_run(const char *cases)
{
	struct junit_run *run = junit_run_skipped("");
	char *words = xstrdup(cases), *rest = words, *word;

	free(run->cases[0].name);
	free(run->cases[0].message);
	free(run->cases[0].detail);
	free(run->cases[0].out);
	free(run->cases[0].err);
	run->n_cases = 0;
	run->verdict = JUNIT_PASSED;
	run->duration_s = 2;
	free(run->file);
	run->file = xstrdup("t/nat.lua");
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		size_t len = strlen(word);
		enum junit_verdict verdict =
		    word[len - 1] == '+'
			? JUNIT_PASSED
			: (word[len - 1] == '!' ? JUNIT_FAILED : JUNIT_ERROR);
		unsigned n = (unsigned)suite.n_runs + 1;

		run->cases = xrealloc(run->cases, run->n_cases + 1,
				      sizeof(run->cases[0]));
		run->cases[run->n_cases++] = (struct junit_case){
			.name = xasprintf("%.*s", (int)len - 1, word),
			.time_s = 0.5,
			.verdict = verdict,
			.type = verdict == JUNIT_FAILED ? "failed" : "killed",
			.message = xasprintf("m%u", n),
			.detail = xasprintf("d%u", n),
			.out = xasprintf("o%u", n),
			.err = xstrdup(""),
		};
		if (verdict != JUNIT_PASSED)
			run->verdict = verdict;
	}
	free(words);
	dirs[suite.n_runs] = NULL;
	runs[suite.n_runs++] = run;
}

static void
write_suite(void)
{
	struct xml xml;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(file);
	xml_init(&xml, file);
	junit_suite_write(&suite, &xml, &options, "/r");
	fclose(file);
}

static void
has(const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "%s\nhas no %s", text, part);
}

static void
has_not(const char *part)
{
	ck_assert_msg(strstr(text, part) == NULL, "%s\nhas %s", text, part);
}

/* What is between the tags of case @name, with no line ends and indents. */
static char *
inside(const char *name)
{
	char *head = xasprintf("name=\"%s\" time=\"0.500\"", name);
	const char *p = strstr(text, head);
	char *all = xcalloc(strlen(text) + 1, 1);
	size_t n = 0;

	ck_assert_msg(p != NULL, "%s\nhas no case %s", text, name);
	for (p += strlen(head) + 1; strncmp(p, "</testcase>", 11) != 0; p++)
		if (*p != '\n' && !(*p == ' ' && n > 0 && all[n - 1] == '>') &&
		    !(*p == ' ' && n == 0))
			all[n++] = *p;
	free(head);
	return all;
}

static void
is_inside(const char *name, const char *want)
{
	char *all = inside(name);

	ck_assert_str_eq(all, want);
	free(all);
}

START_TEST(a_suite_counts_its_cases)
{
	add_run("main+ a! b? c+");
	runs[0]->began_ns = 1795414200123456789LL;
	write_suite();
	has("<testsuite name=\"nat\" tests=\"4\" failures=\"1\" errors=\"1\" "
	    "skipped=\"0\" time=\"2.000\" timestamp=\"2026-11-23T06:10:00\" "
	    "file=\"t/nat.lua\">");
	has("<testcase classname=\"nat\" name=\"c\" time=\"0.500\">");
	is_inside("c", "<system-out>o1</system-out>");
	is_inside("a", "<failure type=\"failed\" message=\"m1\">d1</failure>"
		       "<system-out>o1</system-out>");
	is_inside("b", "<error type=\"killed\" message=\"m1\">d1</error>"
		       "<system-out>o1</system-out>");
}
END_TEST

START_TEST(a_time_that_is_unknown_is_not_told)
{
	add_run("main+");
	write_suite();
	has_not("timestamp");
}
END_TEST

START_TEST(a_test_that_was_not_run_is_skipped)
{
	runs[0] = junit_run_skipped("not run: late");
	suite.n_runs = 1;
	write_suite();
	has("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\"");
	has("<skipped message=\"not run: late\">not run: late</skipped>");
}
END_TEST

#define FLAKY(n)                                                               \
	"<flakyFailure message=\"m" n "\" type=\"failed\">"                    \
	"<stackTrace>d" n "</stackTrace><system-out>o" n "</system-out>"       \
	"</flakyFailure>"
#define RERUN(n)                                                               \
	"<rerunFailure message=\"m" n "\" type=\"failed\">"                    \
	"<stackTrace>d" n "</stackTrace><system-out>o" n "</system-out>"       \
	"</rerunFailure>"

START_TEST(what_passed_in_the_end_is_flaky)
{
	add_run("main+ a!");
	add_run("main+ a!");
	add_run("main+ a+");
	write_suite();
	has("tests=\"2\" failures=\"0\" errors=\"0\"");
	has("time=\"6.000\"");
	is_inside("a", FLAKY("1") FLAKY("2") "<system-out>o3</system-out>");
	is_inside("main", "<system-out>o3</system-out>");
}
END_TEST

START_TEST(what_never_passed_has_its_first_failure)
{
	add_run("main+ a!");
	add_run("main+ a!");
	write_suite();
	has("failures=\"1\"");
	is_inside("a",
		  "<failure type=\"failed\" message=\"m1\">d1</failure>" RERUN(
		      "2") "<system-out>o2</system-out>");
}
END_TEST

START_TEST(another_case_may_fail_each_time)
{
	add_run("main+ a!");
	add_run("main+ a+ b!");
	write_suite();
	has("tests=\"3\" failures=\"1\"");
	is_inside("a", FLAKY("1") "<system-out>o2</system-out>");
	is_inside("b", "<failure type=\"failed\" message=\"m2\">d2</failure>"
		       "<system-out>o2</system-out>");
}
END_TEST

START_TEST(a_case_that_is_no_more_is_told_by_main)
{
	add_run("main+ a!");
	add_run("main+");
	write_suite();
	has("tests=\"2\" failures=\"0\"");
	is_inside("a", "<system-out>o1</system-out>");
	is_inside("main", FLAKY("1") "<system-out>o2</system-out>");
}
END_TEST

START_TEST(failures_stand_before_errors)
{
	add_run("main? a+");
	add_run("main! a+");
	add_run("main+ a+");
	write_suite();
	is_inside("main",
		  FLAKY("2") "<flakyError message=\"m1\" type=\"killed\">"
			     "<stackTrace>d1</stackTrace>"
			     "<system-out>o1</system-out></flakyError>"
			     "<system-out>o3</system-out>");
}
END_TEST

START_TEST(flaky_may_be_a_failure)
{
	suite.flaky_fails = true;
	add_run("main+ a!");
	add_run("main+ a+");
	write_suite();
	has("failures=\"1\"");
	is_inside("a", "<failure type=\"flaky\" message=\"m1\">d1</failure>"
		       "<system-out>o2</system-out>");
}
END_TEST

/* ---- limits ---- */

START_TEST(a_large_file_has_no_further_outputs)
{
	add_run("main+ a! b!");
	options.outputs_until = 0;
	write_suite();
	has_not("<system-out>o1");
	has("[left out, for this file would get too large");
	has(">d1</failure>");
	free(text);
	options.details_until = 0;
	write_suite();
	has_not(">d1<");
	has("message=\"m1\">m1</failure>");
}
END_TEST

START_TEST(it_is_the_size_of_the_file_that_counts)
{
	const char *case_b;

	add_run("main+ a! b!");
	write_suite();
	case_b = strstr(text, "name=\"b\"");
	ck_assert_ptr_nonnull(case_b);
	options.outputs_until = case_b - text;
	free(text);
	write_suite();
	is_inside("a", "<failure type=\"failed\" message=\"m1\">d1</failure>"
		       "<system-out>o1</system-out>");
	has("[left out");
}
END_TEST

/* ---- files ---- */

static void
add_files(size_t run, const char *dir, const char *a, const char *b)
{
	struct junit_case *c = &runs[run]->cases[0];

	c->files = xcalloc(2, sizeof(c->files[0]));
	c->files[c->n_files++] = xstrdup(a);
	if (b != NULL)
		c->files[c->n_files++] = xstrdup(b);
	dirs[run] = dir;
}

START_TEST(files_are_named_from_the_files_directory)
{
	add_run("main+");
	add_files(0, "/r/nat", "report.html", "vlan1.pcapng");
	write_suite();
	has("<system-out>o1[[ATTACHMENT|nat/report.html]]\n"
	    "[[ATTACHMENT|nat/vlan1.pcapng]]\n</system-out>");
}
END_TEST

START_TEST(files_are_named_from_where_a_ci_system_looks)
{
	add_run("main+");
	add_files(0, "/w/out/nat", "report.html", NULL);
	options.base = _i == 0 ? "/w" : "/elsewhere";
	write_suite();
	has(_i == 0 ? "[[ATTACHMENT|out/nat/report.html]]\n"
		    : "[[ATTACHMENT|/w/out/nat/report.html]]\n");
}
END_TEST

START_TEST(a_name_that_would_be_misread_is_none)
{
	static const char *const names[] = { "a]b", "a[b", "a|b", "a\nb" };

	add_run("main+");
	add_files(0, "/r/nat", names[_i], NULL);
	write_suite();
	has_not("ATTACHMENT");
}
END_TEST

static char *
gitlab_env(const char *name)
{
	return strcmp(name, "CI_PROJECT_DIR") == 0 ? (char *)"/builds/x" : NULL;
}

static char *
jenkins_env(const char *name)
{
	return strcmp(name, "WORKSPACE") == 0 ? (char *)"/var/jenkins/ws"
					      : NULL;
}

static char *
odd_env(const char *name)
{
	return strcmp(name, "WORKSPACE") == 0 ? (char *)"relative" : NULL;
}

START_TEST(gitlab_is_told_the_file_of_each_case)
{
	add_run("main+");
	junit_options_init(&options, gitlab_env);
	ck_assert_str_eq(options.base, "/builds/x");
	write_suite();
	has("name=\"main\" time=\"0.500\" file=\"t/nat.lua\">");
}
END_TEST

START_TEST(a_test_file_is_named_from_where_a_ci_system_looks)
{
	add_run("main+");
	free(runs[0]->file);
	runs[0]->file = xstrdup("/builds/x/t/nat.lua");
	options.base = _i == 0 ? "/builds/x" : "/elsewhere";
	write_suite();
	has(_i == 0 ? " file=\"t/nat.lua\">"
		    : " file=\"/builds/x/t/nat.lua\">");
}
END_TEST

START_TEST(others_are_not_for_the_schema_has_no_place_for_it)
{
	add_run("main+");
	junit_options_init(&options, jenkins_env);
	ck_assert_str_eq(options.base, "/var/jenkins/ws");
	write_suite();
	has("name=\"main\" time=\"0.500\">");
	junit_options_init(&options, odd_env);
	ck_assert_ptr_null(options.base);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_suite_counts_its_cases, 0 },
		{ a_time_that_is_unknown_is_not_told, 0 },
		{ a_test_that_was_not_run_is_skipped, 0 },
		{ what_passed_in_the_end_is_flaky, 0 },
		{ what_never_passed_has_its_first_failure, 0 },
		{ another_case_may_fail_each_time, 0 },
		{ a_case_that_is_no_more_is_told_by_main, 0 },
		{ failures_stand_before_errors, 0 },
		{ flaky_may_be_a_failure, 0 },
		{ a_large_file_has_no_further_outputs, 0 },
		{ it_is_the_size_of_the_file_that_counts, 0 },
		{ files_are_named_from_the_files_directory, 0 },
		{ files_are_named_from_where_a_ci_system_looks, 2 },
		{ a_name_that_would_be_misread_is_none, 4 },
		{ gitlab_is_told_the_file_of_each_case, 0 },
		{ a_test_file_is_named_from_where_a_ci_system_looks, 2 },
		{ others_are_not_for_the_schema_has_no_place_for_it, 0 },
		{ NULL, 0 },
	};

	return unit_run("junit_suite", tests, setup, teardown);
}
