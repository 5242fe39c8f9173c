#include "driver/batch/log-compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static struct err err;
static struct log_lines *lines;
static struct log_difference difference;

/* ---- what is never twice the same ---- */

static const struct {
	const char *line, *normal;
} normals[] = {
	{ "", "" },
	{ "link up on eth1, vlan 12", "link up on eth1, vlan 12" },
	{ "[    0.123456] Booting", "[ #] Booting" },
	{ "[   10.1] Booting", "[ #] Booting" },
	{ "64 bytes from 192.168.1.2: ttl=64 time=0.5 ms",
	  "64 bytes from 192.168.1.2: ttl=64 time=# ms" },
	{ "time=12 ms", "time=# ms" },
	{ "after 12ms", "after #ms" },
	{ "after 3 s, 3 seconds, 3 sheep", "after # s, # seconds, 3 sheep" },
	{ "pid 999", "pid 999" },
	{ "pid 1000", "pid #" },
	{ "port 192.168.1.2:43210", "port 192.168.1.2:#" },
	{ "100% packet loss", "100% packet loss" },
	{ "version 1.2.3", "version 1.2.3" },
	{ "at 12:34:56", "at #" },
	{ "at 12:34:56.789!", "at #!" },
	{ "at 2026-11-23T03:06:12 UTC", "at # UTC" },
	{ "on 2026-11-23", "on #" },
	{ "52:54:00:12:01:01 came", "52:54:00:12:01:01 came" },
	{ "id 0f3a9c7 0f3a9c77", "id 0f3a9c7 #" },
	{ "defaced acceded facade", "defaced acceded facade" },
	{ "at 0x1f", "at #" },
	{ "/run/vdelab/run-Ab12xY/sw", "/run/vdelab/run-#/sw" },
	{ "/tmp/tmp.Ab12xYq/x", "/tmp/tmp.#/x" },
	{ "run-once", "run-once" },
	{ "eth1234", "eth1234" },
};

START_TEST(a_line_in_its_normal_form)
{
	char *normal = log_line_normal(normals[_i].line);

	ck_assert_str_eq(normal, normals[_i].normal);
	free(normal);
}
END_TEST

/* ---- logs ---- */

static char path[64];

static const char *
log_of(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
compare(const char *text)
{
	log_difference_fini(&difference);
	ck_assert_int_eq(
	    log_lines_compare(lines, log_of(text), &difference, &err), 0);
}

#define LINE(n, t, rest) "{\"n\":" #n ",\"t\":" #t "," rest "}\n"
#define SERIAL(machine, text)                                                  \
	"\"type\":\"serial\",\"machine\":\"" machine "\",\"text\":\"" text "\""

START_TEST(the_first_line_that_no_passed_run_has_is_found)
{
	log_lines_add(lines, log_of(LINE(1, 0.5, SERIAL("a", "up"))), &err);
	log_lines_add(lines, log_of(LINE(1, 0.5, SERIAL("b", "up"))), &err);
	compare(LINE(1, 0.1, SERIAL("b", "up")) LINE(2, 0.2, SERIAL("a", "up"))
		    LINE(3, 0.3, SERIAL("a", "Oops"))
			LINE(4, 0.4, SERIAL("a", "dead")));
	ck_assert_int_eq(difference.n, 3);
	ck_assert_double_eq(difference.t_s, 0.3);
	ck_assert_str_eq(difference.text, "serial a: Oops");
}
END_TEST

START_TEST(another_order_and_other_times_are_no_difference)
{
	log_lines_add(lines,
		      log_of(LINE(1, 0.1, SERIAL("a", "[  0.1] one"))
				 LINE(2, 0.2, SERIAL("a", "pid 4711"))),
		      &err);
	compare(LINE(1, 0.7, SERIAL("a", "pid 12345"))
		    LINE(2, 0.9, SERIAL("a", "[ 10.7] one")));
	ck_assert_ptr_null(difference.text);
}
END_TEST

START_TEST(the_same_text_of_another_machine_is_one)
{
	log_lines_add(lines, log_of(LINE(1, 0.1, SERIAL("a", "up"))), &err);
	compare(LINE(1, 0.1, SERIAL("b", "up")));
	ck_assert_str_eq(difference.text, "serial b: up");
}
END_TEST

START_TEST(a_steps_error_is_told_in_one_line)
{
	log_lines_add(lines,
		      log_of("{\"type\":\"step.end\",\"step\":3,\"ok\":true,"
			     "\"error\":null}\n"),
		      &err);
	compare("{\"type\":\"step.end\",\"step\":4,\"ok\":true,"
		"\"error\":null}\n"
		"{\"n\":9,\"type\":\"step.end\",\"step\":5,\"ok\":false,"
		"\"error\":\"status 1\\nno route\"}\n");
	ck_assert_int_eq(difference.n, 9);
	ck_assert_str_eq(difference.text, "step.end: status 1 no route");
}
END_TEST

START_TEST(events_with_numbers_of_their_own_are_not_compared)
{
	compare("{\"n\":1,\"type\":\"run.begin\",\"attempt\":2}\n"
		"{\"n\":2,\"type\":\"machine.started\",\"machine\":\"a\","
		"\"text\":\"12\"}\n");
	ck_assert_ptr_null(difference.text);
}
END_TEST

START_TEST(lines_that_are_none_are_passed_over)
{
	compare(
	    "\n[1]\n\"x\"\nnull\n{}\n{\"type\":3}\n{\"n\":1,\"type\":\"ser");
	ck_assert_ptr_null(difference.text);
}
END_TEST

START_TEST(a_log_that_is_not_there_is_an_error)
{
	ck_assert_int_eq(log_lines_add(lines, "/nonexistent/log", &err),
			 -ENOENT);
	ck_assert_int_eq(
	    log_lines_compare(lines, "/nonexistent/log", &difference, &err),
	    -ENOENT);
	ck_assert_ptr_null(difference.text);
}
END_TEST

static void
setup(void)
{
	snprintf(path, sizeof(path), "/tmp/test-log-compare-%d", (int)getpid());
	lines = log_lines_new();
}

static void
teardown(void)
{
	unlink(path);
	log_lines_free(lines);
	log_difference_fini(&difference);
}

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_in_its_normal_form, UNIT_ROWS(normals) },
		{ the_first_line_that_no_passed_run_has_is_found, 0 },
		{ another_order_and_other_times_are_no_difference, 0 },
		{ the_same_text_of_another_machine_is_one, 0 },
		{ a_steps_error_is_told_in_one_line, 0 },
		{ events_with_numbers_of_their_own_are_not_compared, 0 },
		{ lines_that_are_none_are_passed_over, 0 },
		{ a_log_that_is_not_there_is_an_error, 0 },
		{ NULL, 0 },
	};

	return unit_run("log_compare", tests, setup, teardown);
}
