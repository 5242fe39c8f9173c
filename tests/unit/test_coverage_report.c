/* One report of many runs, of which only what they have left is here. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/report/coverage.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char *dir; /* has src/p.c */

static int
shell(const char *fmt, ...)
{
	char *text, *command;
	va_list ap;
	int status;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	command = xasprintf("cd '%s' && %s", dir, text);
	status = system(command);
	free(command);
	free(text);
	return WEXITSTATUS(status);
}

/* @text: JSON with ' for " */
static void
write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	for (; *text != '\0'; text++)
		fputc(*text == '\'' ? '"' : *text, f);
	fclose(f);
	free(path);
}

static void
setup(void)
{
	char template[] = "/tmp/test_coverage_report.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
	ck_assert_int_eq(shell("mkdir src && printf 'a\\nb\\nc\\nd\\n' "
			       ">src/p.c"),
			 0);
}

static void
teardown(void)
{
	shell("cd / && rm -rf '%s'", dir);
	free(dir);
}

/* It takes half a second: one test has it. */
static void
without_gcovr(void)
{
	char *path = xasprintf("%s/bin", dir);

	ck_assert_int_eq(shell("mkdir bin && for p in sh cat cp diff gcov "
			       "grep ln ls mkdir rm rmdir tar touch tr; do "
			       "ln -s \"$(command -v $p)\" bin/$p; done"),
			 0);
	setenv("PATH", path, 1);
	free(path);
}

/* A run in @results: @machine ran the first @from..@to of the four lines. */
static void
make_run(const char *results, const char *machine, unsigned from, unsigned to,
	 const char *digest)
{
	char *name = xasprintf("%s/coverage/coverage.json", results);
	char *trace = xasprintf("%s/coverage/%s.trace.json", results, machine);
	char *text = xasprintf("{'test':'%s','source':'%s/src','build':"
			       "'/nowhere','exclude':[],'fail_under':60.0}",
			       strrchr(results, '/') + 1, dir);
	char lines[512] = "";

	for (unsigned i = 1; i <= 4; i++)
		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines),
			 "%s{'line_number':%u,'count':%d,'branches':[],"
			 "'gcovr/noncode':false,'gcovr/excluded':false}",
			 i > 1 ? "," : "", i, i >= from && i <= to);
	ck_assert_int_eq(shell("mkdir -p %s/coverage", results), 0);
	write_file(name, text);
	free(text);
	text = xasprintf("{'gcovr/format_version':'0.3','files':[{'file':"
			 "'p.c','functions':[],'lines':[%s],"
			 "'vdelab/digest':'%s'}]}",
			 lines, digest);
	write_file(trace, text);
	free(text);
	free(trace);
	free(name);
}

static int
merge(const char *a, const char *b, struct coverage_outcome *outcome,
      struct err *err)
{
	char *first = xasprintf("%s/%s", dir, a);
	char *second = xasprintf("%s/%s", dir, b != NULL ? b : "");
	char *out = xasprintf("%s/out", dir);
	const char *dirs[] = { first, second };
	int ret = coverage_merge(dirs, b != NULL ? 2 : 1, out, outcome, err);

	free(first);
	free(second);
	free(out);
	return ret;
}

#define SAME "0123456789abcdef"

START_TEST(results_of_two_hosts_make_one_report)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	/* a test's directory, and one of all with one of repeated runs */
	make_run("one/t", "client", 1, 1, SAME);
	make_run("two/u/1", "server", 3, 3, SAME);
	make_run("two/u/2", "server", 4, 4, SAME);
	ck_assert_int_eq(shell("cp -r one before"), 0);
	ck_assert_int_eq(merge("one/t", "two", &outcome, &err), 0);
	ck_assert(outcome.any);
	ck_assert_uint_eq(outcome.lines, 4);
	ck_assert(outcome.percent == 75 && outcome.fail_under == 60);
	ck_assert_int_eq(shell("diff -r one before"), 0);
	ck_assert_int_eq(shell("grep -q 'only client ran 1$' out/summary.txt "
			       "&& grep -q 'only server ran 3-4$' "
			       "out/summary.txt && "
			       "grep -q 'nobody ran 2$' out/summary.txt"),
			 0);
	/* Nothing of the work is left. */
	ck_assert_int_eq(shell("[ \"$(ls -A | tr '\\n' ' ')\" = "
			       "'before one out src two ' ]"),
			 0);
	if (!outcome.is_html)
		return; /* no gcovr here */
	ck_assert_int_eq(shell("[ -s out/index.html ] && "
			       "grep -q '<line number=\"3\" hits=\"1\"' "
			       "out/cobertura.xml && "
			       "grep -q '<line number=\"2\" hits=\"0\"' "
			       "out/cobertura.xml && "
			       "grep -q 'filename=\"p.c\"' out/cobertura.xml"),
			 0);
}
END_TEST

START_TEST(without_gcovr_the_rest_is_there)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 4, SAME);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert(outcome.any && !outcome.is_html && outcome.percent == 100);
	ck_assert_int_eq(shell("[ \"$(ls out | tr '\\n' ' ')\" = "
			       "'summary.json summary.txt trace.json ' ]"),
			 0);
}
END_TEST

START_TEST(a_report_takes_the_place_of_the_one_before)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 1, SAME);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert_int_eq(shell("touch out/old"), 0);
	make_run("one/t", "client", 1, 2, SAME);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert(outcome.percent == 50);
	ck_assert_int_eq(shell("[ ! -e out/old ]"), 0);
}
END_TEST

START_TEST(nothing_else_is_overwritten)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 1, SAME);
	ck_assert_int_eq(shell("mkdir out && echo mine >out/summary.txt"), 0);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), -EEXIST);
	ck_assert(strstr(err.text, "holds something else") != NULL);
	ck_assert_int_eq(shell("grep -qx mine out/summary.txt"), 0);
	ck_assert_int_eq(shell("[ -z \"$(ls -A | grep '^\\.cov')\" ]"), 0);
}
END_TEST

START_TEST(runs_without_coverage_make_no_report)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	ck_assert_int_eq(shell("mkdir -p one/t/more && echo >one/t/log.jsonl"),
			 0);
	ck_assert_int_eq(merge("one", "nowhere", &outcome, &err), 0);
	ck_assert(!outcome.any);
	ck_assert_int_eq(shell("[ ! -e out ]"), 0);
	ck_assert(coverage_is_enough(&outcome, "out"));
}
END_TEST

START_TEST(what_was_counted_in_another_source_is_left_out)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 1, SAME);
	make_run("two/t", "client", 1, 4, "fedcba9876543210");
	ck_assert_int_eq(merge("one", "two", &outcome, &err), 0);
	ck_assert(outcome.percent == 25);
}
END_TEST

START_TEST(what_cannot_be_read_is_left_out)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 1, SAME);
	make_run("one/u", "client", 1, 4, SAME);
	write_file("one/u/coverage/client.trace.json", "{'files':");
	/* an archive without its build */
	ck_assert_int_eq(shell("touch one/t/coverage/server.1.tar"), 0);
	ck_assert_int_eq(shell("mkdir -p one/v/coverage"), 0);
	write_file("one/v/coverage/coverage.json", "nothing");
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert(outcome.percent == 25);
}
END_TEST

START_TEST(nothing_counted_is_not_enough)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;

	without_gcovr();
	make_run("one/t", "client", 1, 1, SAME);
	ck_assert_int_eq(shell("rm one/t/coverage/client.trace.json"), 0);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert(outcome.any && outcome.percent == 0 && outcome.lines == 0);
	ck_assert(!coverage_is_enough(&outcome, "out"));
}
END_TEST

START_TEST(enough_is_as_much_as_was_asked_for)
{
	static const struct {
		double percent, fail_under;
		bool enough;
	} rows[] = {
		{ 0, 0, true },
		{ 79.9, 80, false },
		{ 80, 80, true },
		{ 100, 100, true },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		struct coverage_outcome outcome = {
			.any = true,
			.lines = 10,
			.percent = rows[i].percent,
			.fail_under = rows[i].fail_under,
		};

		ck_assert_int_eq(coverage_is_enough(&outcome, "out"),
				 rows[i].enough);
	}
}
END_TEST

/* ---- from counters to tracefiles, with a compiler ---- */

static bool
build(void)
{
	return shell("command -v gcc >/dev/null && command -v gcov "
		     ">/dev/null && mkdir -p work/obj && "
		     "printf 'int f(int x)\\n{\\n\\tif (x)\\n\\t\\treturn 1;\\n"
		     "\\treturn 2;\\n}\\n' >src/f.c && "
		     "printf 'int f(int);\\nint main(int n, char **v)\\n{\\n"
		     "\\t(void)v;\\n\\treturn !f(n - 1);\\n}\\n' >src/m.c && "
		     "cd work && gcc --coverage -c ../src/f.c -o obj/f.o && "
		     "gcc --coverage -c ../src/m.c -o obj/m.o && "
		     "gcc --coverage obj/f.o obj/m.o -o prog") == 0;
}

static void
make_manifest(const char *results)
{
	char *name = xasprintf("%s/coverage/coverage.json", results);
	char *text = xasprintf("{'test':'t','source':'%s/src','build':"
			       "'%s/work','exclude':['^m'],'fail_under':0}",
			       dir, dir);

	ck_assert_int_eq(shell("mkdir -p %s/coverage", results), 0);
	write_file(name, text);
	free(text);
	free(name);
}

START_TEST(counters_become_a_tracefile_that_needs_no_build)
{
	struct coverage_outcome outcome;
	struct err err = ERR_INIT;
	char *results;

	if (!build())
		return;
	without_gcovr();
	make_manifest("one");
	/* one machine that was started twice, and one that is hostile */
	ck_assert_int_eq(shell("GCOV_PREFIX=$PWD/a/p work/prog && "
			       "GCOV_PREFIX=$PWD/b/r work/prog && "
			       "tar -C a -cf one/coverage/m.1.tar p && "
			       "tar -C b -cf one/coverage/m.2.tar r"),
			 0);
	ck_assert_int_eq(shell("{ GCOV_PREFIX=$PWD/c/p work/prog x; "
			       "echo evil >keep && ln -s $PWD/keep "
			       "c/p/x.gcda && echo nonsense >c/p/y.gcda && "
			       "tar -C c -P -cf one/coverage/n.1.tar p "
			       "../keep $PWD/keep && echo secret >keep; }"),
			 0);
	results = xasprintf("%s/one", dir);
	ck_assert_int_eq(coverage_trace(results, &err), 0);
	free(results);
	ck_assert_int_eq(shell("rm -rf work a b c one/coverage/*.tar && "
			       "grep -qx secret keep"),
			 0);
	ck_assert_int_eq(merge("one", NULL, &outcome, &err), 0);
	ck_assert_uint_eq(outcome.lines, 4); /* m.c is excluded */
	ck_assert(outcome.percent == 100);
	ck_assert_int_eq(shell("grep -q 'only m ran 5$' out/summary.txt && "
			       "grep -q 'only n ran 4$' out/summary.txt && "
			       "! grep -q 'm\\.c' out/summary.txt"),
			 0);
	/* both starts of m */
	ck_assert_int_eq(shell("tr '{' '\\n' <one/coverage/m.trace.json | "
			       "grep -q '\"count\":2,.*\"line_number\":5'"),
			 0);
}
END_TEST

START_TEST(a_run_that_has_collected_nothing_is_left_alone)
{
	struct err err = ERR_INIT;
	char *results = xasprintf("%s/one", dir);

	ck_assert_int_eq(shell("mkdir one"), 0);
	ck_assert_int_eq(coverage_trace(results, &err), 0);
	ck_assert_int_eq(shell("rmdir one"), 0);
	free(results);
}
END_TEST

START_TEST(what_gcov_cannot_do_is_told)
{
	struct err err = ERR_INIT;
	char *results = xasprintf("%s/one", dir);

	if (!build())
		return;
	make_manifest("one");
	ck_assert_int_eq(shell("touch one/coverage/m.1.tar"), 0);
	setenv("GCOV", "no-such-gcov -x", 1);
	ck_assert_int_lt(coverage_trace(results, &err), 0);
	ck_assert_msg(strstr(err.text, "no-such-gcov") != NULL, "%s", err.text);
	setenv("GCOV", "false", 1);
	ck_assert_int_lt(coverage_trace(results, &err), 0);
	ck_assert_msg(strstr(err.text, "false failed") != NULL, "%s", err.text);
	ck_assert_int_eq(shell("[ \"$(ls -A one/coverage | tr '\\n' ' ')\" = "
			       "'coverage.json m.1.tar ' ]"),
			 0);
	free(results);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ results_of_two_hosts_make_one_report, 0 },
		{ without_gcovr_the_rest_is_there, 0 },
		{ a_report_takes_the_place_of_the_one_before, 0 },
		{ nothing_else_is_overwritten, 0 },
		{ runs_without_coverage_make_no_report, 0 },
		{ what_was_counted_in_another_source_is_left_out, 0 },
		{ what_cannot_be_read_is_left_out, 0 },
		{ nothing_counted_is_not_enough, 0 },
		{ enough_is_as_much_as_was_asked_for, 0 },
		{ counters_become_a_tracefile_that_needs_no_build, 0 },
		{ a_run_that_has_collected_nothing_is_left_alone, 0 },
		{ what_gcov_cannot_do_is_told, 0 },
		{ NULL, 0 },
	};

	return unit_run("coverage_report", tests, setup, teardown);
}
