#define _POSIX_C_SOURCE 200809L

#include "driver/report/index/index.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "driver/batch/record.h"
#include "driver/report/html.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char top[64];
static struct batch_record record;
static char *page;

static void
setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test-index-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	record = (struct batch_record){
		.root = xstrdup(top),
		.shard = { 1, 1, NULL },
		.repeat = 1,
		.seed = 7,
		.accel = "tcg",
		.began_s = 1795414200,
		.duration_ms = 61500,
		.ended = true,
	};
}

static void
teardown(void)
{
	batch_record_fini(&record);
	free(page);
	sockpath_remove_tree(top, NULL);
}

static void
add_test(const char *name)
{
	record.tests =
	    xrealloc(record.tests, record.n_tests + 1, sizeof(record.tests[0]));
	record.tests[record.n_tests++] =
	    (struct test_record){ .name = xstrdup(name),
				  .file = xasprintf("t/%s.lua", name) };
}

static void
add_attempt(int code, uint64_t ms, const char *dir, const char *error)
{
	struct test_record *test = &record.tests[record.n_tests - 1];
	const struct attempt_record attempt = {
		.number = (unsigned)test->n_attempts + 1,
		.code = code,
		.duration_ms = ms,
		.dir = dir != NULL ? xstrdup(dir) : NULL,
		.error = error != NULL ? xstrdup(error) : NULL,
	};

	test_record_add(test, &attempt);
}

static void
add(const char *name, int code, uint64_t ms)
{
	add_test(name);
	add_attempt(code, ms, name, code != 0 ? "why" : NULL);
}

static void
write_page(void)
{
	char *path = xasprintf("%s/report.html", top);
	struct err err = ERR_INIT;
	FILE *f;
	long size;

	ck_assert_msg(index_write(&record, path, &err) == 0, "%s", err.text);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	page = xcalloc((size_t)size + 1, 1);
	ck_assert_uint_eq(fread(page, 1, (size_t)size, f), size);
	fclose(f);
	free(path);
}

static void
has(const char *part)
{
	ck_assert_msg(strstr(page, part) != NULL, "no %s in\n%s", part,
		      strstr(page, "<main>"));
}

static void
has_not(const char *part)
{
	ck_assert_msg(strstr(page, part) == NULL, "%s in\n%s", part,
		      strstr(page, "<main>"));
}

/* The names of tests in the order of the table. */
static void
order_is(const char *want)
{
	char *order = xstrdup("");

	for (const char *p = page; (p = strstr(p, "data-name=\"")) != NULL;) {
		char *more;

		p += strlen("data-name=\"");
		more = xasprintf("%s%.*s ", order, (int)strcspn(p, "\""), p);
		free(order);
		order = more;
	}
	ck_assert_str_eq(order, want);
	free(order);
}

START_TEST(failures_come_first_then_flaky_then_by_time)
{
	add("quick", 0, 1000);
	add("long", 0, 9000);
	add("bad", 1, 10);
	add_test("never");
	add_test("flaky");
	add_attempt(1, 500, "flaky/1", "once");
	add_attempt(0, 400, "flaky/2", NULL);
	add("late", 124, 3000);
	write_page();
	order_is("late bad flaky never long quick ");
	has("<h1>2 of 6 tests failed</h1>");
	has("<span class=\"verdict bad\">failed</span></div>");
	has("<dt>exit code</dt><dd>1</dd>");
	has("<dt>began</dt><dd>2026-11-23 06:10:00 UTC</dd>");
	/* The longest is the measure. */
	has("9.0 s<span class=\"meter\"><span style=\"width:100.0%\">");
	has("3.0 s<span class=\"meter\"><span style=\"width:33.3%\">");
}
END_TEST

START_TEST(one_test_has_a_table_too)
{
	add("nat", 0, 0);
	write_page();
	has("<h1>1 of 1 test passed</h1>");
	has("width:0.0%");
	order_is("nat ");
}
END_TEST

START_TEST(no_test_is_no_failure)
{
	write_page();
	has("<h1>0 of 0 tests passed</h1>");
}
END_TEST

START_TEST(links_lead_to_what_is_there)
{
	char *dir = xasprintf("%s/nat", top);
	char *report = xasprintf("%s/report.html", dir);
	FILE *f;

	mkdir(dir, 0700);
	f = fopen(report, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	add("nat", 0, 1);
	add("ping", 0, 2);
	add_test("none");
	add_attempt(4, 0, NULL, "no directory");
	write_page();
	has("<a href=\"nat/report.html\">nat</a>");
	has("<a href=\"ping/\">ping</a>");
	has("<td class=\"test\">none<div");
	free(dir);
	free(report);
}
END_TEST

START_TEST(the_run_that_failed_is_the_one_that_is_shown)
{
	add_test("flaky");
	add_attempt(1, 1, "flaky/1", "first\nmore");
	add_attempt(1, 1, "flaky/2", "second");
	add_attempt(0, 1, "flaky/3", NULL);
	write_page();
	has("<a href=\"flaky/1/\">flaky</a>");
	has("<td class=\"error\">first</td>");
	has("<span class=\"bad\" title=\"failed\"><a href=\"flaky/2/\">2</a>");
	has("<span class=\"good\" title=\"passed\"><a href=\"flaky/3/\">3</a>");
	has("<span class=\"verdict warn\">flaky</span>");
}
END_TEST

START_TEST(many_runs_are_not_all_shown)
{
	record.repeat = (unsigned)(50 + _i);
	add_test("t");
	for (int i = 0; i < 50 + _i; i++)
		add_attempt(0, 1000, "t", NULL);
	write_page();
	has("passed ");
	if (_i == 0)
		has_not("and 1 more");
	else
		has("and 1 more");
}
END_TEST

START_TEST(what_others_wrote_is_text)
{
	add_test("\"><script>alert(1)</script>");
	add_attempt(1, 1, "javascript:alert(1)/\"'<>&",
		    "</td><img src=x onerror=alert(1)> \x1b[31m\x01\xff");
	record.stop_reason = xstrdup("<b>&");
	write_page();
	has("data-name=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"");
	has("<td class=\"error\">&lt;/td&gt;&lt;img src=x onerror=alert(1)&gt; "
	    "\xef\xbf\xbd\xef\xbf\xbd</td>");
	has("<p class=\"note\">&lt;b&gt;&amp;</p>");
	has("href=\"javascript%3Aalert%281%29/%22%27%3C%3E%26/\"");
	has_not("<img");
	has_not("<script>alert");
}
END_TEST

static const struct {
	const char *path;
	const char *reference;
} paths[] = {
	{ "a/b-c_d.~9", "a/b-c_d.~9" },
	{ "a b?c#d%e", "a%20b%3Fc%23d%25e" },
	{ "http://x", "http%3A//x" },
	{ "//host/x", ".///host/x" },
	{ "/etc", ".//etc" },
	{ "../x", "../x" },
	{ "\xc3\xa4\xff\n", "%C3%A4%FF%0A" },
};

START_TEST(a_path_is_never_another_kind_of_reference)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	html_put_path(f, paths[_i].path);
	fclose(f);
	ck_assert_str_eq(text, paths[_i].reference);
	free(text);
}
END_TEST

START_TEST(flaky_may_be_a_failure)
{
	record.flaky_fails = true;
	add_test("flaky");
	add_attempt(1, 1, "flaky/1", "once");
	add_attempt(0, 1, "flaky/2", NULL);
	write_page();
	has("<h1>1 of 1 test failed</h1>");
	has("<dt>exit code</dt><dd>1</dd>");
}
END_TEST

START_TEST(merged_tests_tell_where_they_come_from)
{
	record.parts = xcalloc(2, sizeof(record.parts[0]));
	record.n_parts = 2;
	record.parts[0] = (struct batch_part){
		.from = xstrdup("../a/results.1-of-2.json"),
		.shard_from = xstrdup("--shard"),
		.shard = { 1, 2, NULL },
		.repeat = 1,
		.ended = true,
	};
	record.parts[1] = (struct batch_part){
		.from = xstrdup("../<b>/results.json"),
		.repeat = 1,
		.ended = true,
	};
	add("one", 0, 1);
	add("two", 0, 1);
	record.tests[1].part = 1;
	write_page();
	has("<th scope=\"col\">Of</th>");
	has("shard 1 of 2<br>../a/results.1-of-2.json</td>");
	has("<td class=\"file\">../&lt;b&gt;</td>");
	has("<dt>runs merged</dt><dd>2</dd>");
}
END_TEST

static void
put_file(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", top, dir);
	FILE *f;

	mkdir(path, 0700);
	free(path);
	path = xasprintf("%s/%s/%s", top, dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	free(path);
}

START_TEST(what_is_there_of_all_tests_is_linked)
{
	put_file(_i == 0 ? "coverage" : "coverage.1-of-4", "index.html");
	put_file(".", _i == 0 ? "junit.xml" : "junit.1-of-4.xml");
	if (_i == 1) {
		record.shard = (struct shard){ 1, 4, "--shard" };
		strcpy(record.tag, ".1-of-4");
	}
	write_page();
	has(_i == 0 ? "href=\"coverage/index.html\""
		    : "href=\"coverage.1-of-4/index.html\"");
	has(_i == 0 ? "href=\"junit.xml\"" : "href=\"junit.1-of-4.xml\"");
	has_not("results.json");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ failures_come_first_then_flaky_then_by_time, 0 },
		{ one_test_has_a_table_too, 0 },
		{ no_test_is_no_failure, 0 },
		{ links_lead_to_what_is_there, 0 },
		{ the_run_that_failed_is_the_one_that_is_shown, 0 },
		{ many_runs_are_not_all_shown, 2 },
		{ what_others_wrote_is_text, 0 },
		{ a_path_is_never_another_kind_of_reference, UNIT_ROWS(paths) },
		{ flaky_may_be_a_failure, 0 },
		{ what_is_there_of_all_tests_is_linked, 2 },
		{ merged_tests_tell_where_they_come_from, 0 },
		{ NULL, 0 },
	};

	return unit_run("index", tests, setup, teardown);
}
