#include "driver/report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/event-log.h"
#include "driver/report/look.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

static struct clock *clock_;
static struct event_log *log_;
static struct terminal *terminal;
static FILE *out;
static char shown[16 * 1024];

static void
begin(bool verbose)
{
	struct look look = { .compact = false };

	out = tmpfile();
	ck_assert_ptr_nonnull(out);
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, "/dev/null", NULL);
	look.out = out;
	look.verbose = verbose;
	terminal = terminal_new(log_, &look);
}

/* On a terminal, as it were. */
static void
begin_compact(void)
{
	struct look look = { .compact = true, .unicode = true };

	out = tmpfile();
	ck_assert_ptr_nonnull(out);
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, "/dev/null", NULL);
	look.out = out;
	terminal = terminal_new(log_, &look);
}

static void
end(void)
{
	size_t n;

	rewind(out);
	n = fread(shown, 1, sizeof(shown) - 1, out);
	shown[n] = '\0';
	event_log_free(log_);
	terminal_free(terminal);
	clock_free(clock_);
	fclose(out);
}

static void
step_begin(int step, int in, const char *kind, const char *text)
{
	event_log_add(log_, "step.begin", "s:i, s:i, s:s, s:s, s:o", "step",
		      step, "in", in, "kind", kind, "machine", "a", "text",
		      json_text(text, strlen(text)));
}

static void
step_end(int step, int ok)
{
	event_log_add(log_, "step.end", "s:i, s:b, s:n", "step", step, "ok", ok,
		      "error");
}

static void
log_text(const char *text)
{
	event_log_add(log_, "log", "s:o, s:i", "text",
		      json_text(text, strlen(text)), "step", 0);
}

START_TEST(a_step_is_shown_when_it_ends_with_its_times)
{
	begin(false);
	clock_advance(clock_, 1 * NS_PER_S);
	step_begin(1, 0, "succeed", "ping\n-c1");
	clock_advance(clock_, 250 * NS_PER_MS);
	step_end(1, 1);
	step_begin(2, 0, "fail", "true");
	step_end(2, 0);
	end();
	ck_assert_str_eq(shown, "    1.00    0.25 s ok a: succeed: ping -c1\n"
				"    1.25    0.00 s !! a: fail: true\n");
}
END_TEST

START_TEST(the_beginning_counts_in_the_singular_too)
{
	begin(false);
	for (int n = 1; n <= 2; n++)
		event_log_add(log_, "run.begin", "s:s, s:i, s:i, s:s, s:i",
			      "test", "x", "machines", n, "segments", 3 - n,
			      "accel", "tcg", "seed", 7);
	end();
	ck_assert_str_eq(shown, "x: 1 machine, 2 segments, tcg, seed 7\n"
				"x: 2 machines, 1 segment, tcg, seed 7\n");
}
END_TEST

START_TEST(steps_are_indented_by_those_they_lie_in)
{
	begin(false);
	step_begin(1, 0, "subtest", "outer");
	step_begin(2, 1, "succeed", "x");
	step_end(2, 1);
	step_end(1, 1);
	end();
	ck_assert_ptr_nonnull(strstr(shown, " ok   a: succeed: x\n"));
	ck_assert_ptr_nonnull(strstr(shown, " ok a: subtest: outer\n"));
}
END_TEST

START_TEST(a_step_that_was_never_begun_is_no_harm)
{
	begin(false);
	step_end(77, 1);
	step_begin(1, 99, "succeed", "x");
	end(); /* and one that never ends */
	ck_assert_str_eq(shown, "");
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} controls[] = {
	{ "a\x1b[31mb", "a\\x1b[31mb" },
	{ "a\rb\x7f\x08", "a\\x0db\\x7f\\x08" },
	{ "a\xc2\x9b"
	  "31mb",
	  "a\\xc2\\x9b31mb" }, /* CSI as one C1 control */
	{ "a\tb", "a\tb" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\xc2\xa0x", "\xc2\xa0x" }, /* the first behind the C1 controls */
};

START_TEST(a_terminal_is_told_nothing_to_obey)
{
	begin(false);
	log_text(controls[_i].text);
	end();
	ck_assert_msg(strstr(shown, controls[_i].want) != NULL, "%s", shown);
}
END_TEST

START_TEST(a_title_is_cut_between_characters)
{
	char text[256] = "";

	begin(false);
	strcat(text, "x");
	while (strlen(text) < 150)
		strcat(text, "\xc3\xbc");
	step_begin(1, 0, "succeed", text);
	step_end(1, 1);
	end();
	ck_assert_ptr_nonnull(strstr(shown, "\xc3\xbc...\n"));
}
END_TEST

START_TEST(the_end_shows_the_error_and_where_the_results_are)
{
	begin(false);
	event_log_add(log_, "run.end", "s:s, s:s, s:i, s:s, s:s", "test", "nat",
		      "result", "failed", "code", 1, "error",
		      "nat.lua:3: why\nmore", "results", "/tmp/r");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "nat.lua:3: why\n    more\n"));
	ck_assert_ptr_nonnull(
	    strstr(shown, "nat: failed after 0.0 s; results in /tmp/r\n"));
}
END_TEST

static void
machine_lines(void)
{
	event_log_add(log_, "serial", "s:s, s:s", "machine", "a", "text",
		      "booting");
	event_log_add(log_, "output", "s:s, s:s, s:s", "stream", "stdout",
		      "machine", "a", "text", "hello");
	event_log_add(log_, "qemu", "s:s, s:s", "machine", "a", "text",
		      "no such device");
	event_log_add(log_, "machine.trouble", "s:s, s:s", "machine", "a",
		      "text", "Out of memory");
	event_log_add(log_, "machine.panicked", "s:s, s:s", "machine", "a",
		      "text", "Kernel panic");
}

START_TEST(consoles_are_shown_only_when_asked_for)
{
	begin(false);
	machine_lines();
	end();
	ck_assert_ptr_null(strstr(shown, "booting"));
	ck_assert_ptr_null(strstr(shown, "hello"));
	ck_assert_ptr_nonnull(strstr(shown, "no such device"));
	ck_assert_ptr_nonnull(strstr(shown, "Out of memory"));
	ck_assert_ptr_nonnull(strstr(shown, "Kernel panic"));
}
END_TEST

START_TEST(a_script_shows_and_hides_consoles)
{
	begin(false);
	event_log_add(log_, "serial.shown", "s:b", "on", 1);
	event_log_add(log_, "serial", "s:s, s:s", "machine", "a", "text",
		      "seen");
	event_log_add(log_, "serial.shown", "s:b", "on", 0);
	event_log_add(log_, "serial", "s:s, s:s", "machine", "a", "text",
		      "hidden");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "a serial: seen"));
	ck_assert_ptr_null(strstr(shown, "hidden"));
}
END_TEST

START_TEST(commands_of_one_machine_are_told_apart)
{
	begin(true);
	event_log_add(log_, "output", "s:s, s:s, s:I, s:s", "machine", "a",
		      "stream", "stderr", "command", (json_int_t)3, "text",
		      "one\ntwo\n");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "a#3 stderr: one\n"));
	ck_assert_ptr_nonnull(strstr(shown, "two\n"));
	ck_assert_ptr_null(strstr(shown, "two\n \n"));
}
END_TEST

/* They come every two seconds, and each is steps. */
START_TEST(a_look_at_a_condition_is_shown_when_it_fails)
{
	begin(false);
	step_begin(1, 0, "polling_condition", "good");
	step_begin(2, 1, "succeed", "inner");
	step_end(2, 1);
	step_end(1, 1);
	step_begin(3, 0, "polling_condition", "bad");
	step_begin(4, 3, "succeed", "worse");
	step_end(4, 0);
	step_end(3, 0);
	end();
	ck_assert_ptr_null(strstr(shown, "good"));
	ck_assert_ptr_null(strstr(shown, "inner"));
	ck_assert_ptr_nonnull(strstr(shown, "polling_condition: bad"));
	ck_assert_ptr_nonnull(strstr(shown, "succeed: worse"));
}
END_TEST

START_TEST(verbose_shows_everything)
{
	begin(true);
	machine_lines();
	step_begin(1, 0, "succeed", "x");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "a serial: booting"));
	ck_assert_ptr_nonnull(strstr(shown, "a stdout: hello"));
	ck_assert_ptr_nonnull(strstr(shown, "a: succeed: x"));
}
END_TEST

/* ---- where somebody watches ---- */

static void
a_step(int step, int in, const char *kind, const char *text, uint64_t ms,
       int ok)
{
	step_begin(step, in, kind, text);
	clock_advance(clock_, ms * NS_PER_MS);
	step_end(step, ok);
}

START_TEST(steps_that_are_quick_share_a_line)
{
	begin_compact();
	for (int i = 1; i <= 200; i++)
		a_step(i, 0, "succeed", "x", 10, 1);
	a_step(201, 0, "succeed", "slow", 2000, 1);
	a_step(202, 0, "succeed", "not slow", 1999, 1);
	log_text("note");
	end();
	ck_assert_str_eq(shown, "    0.00    2.00 s \u2713  200 steps\n"
				"    2.00    2.00 s \u2713  a: succeed: slow\n"
				"    4.00    2.00 s \u2713  1 step\n"
				"    6.00              note\n");
}
END_TEST

START_TEST(subtests_count_their_steps)
{
	begin_compact();
	step_begin(1, 0, "subtest", "one");
	a_step(2, 1, "succeed", "x", 10, 1);
	step_begin(3, 1, "retry", "");
	a_step(4, 3, "succeed", "x", 10, 0);
	a_step(5, 3, "succeed", "x", 10, 1);
	step_end(3, 1);
	step_end(1, 1);
	a_step(6, 0, "subtest", "empty", 0, 1);
	end();
	ck_assert_str_eq(shown, "    0.00    0.03 s \u2713  one (2 steps)\n"
				"    0.03    0.00 s \u2713  empty\n");
}
END_TEST

START_TEST(a_subtest_is_named_before_what_is_printed_in_it)
{
	begin_compact();
	step_begin(1, 0, "subtest", "outer");
	step_begin(2, 1, "subtest", "inner");
	a_step(3, 2, "succeed", "x", 0, 0);
	step_end(2, 0);
	a_step(4, 1, "subtest", "second", 0, 1);
	step_end(1, 0);
	end();
	ck_assert_str_eq(shown, "    0.00              outer\n"
				"    0.00                inner\n"
				"    0.00    0.00 s \u2717      a: succeed: x\n"
				"    0.00    0.00 s \u2717    inner (1 step)\n"
				"    0.00    0.00 s \u2713    second\n"
				"    0.00    0.00 s \u2717  outer (2 steps)\n");
}
END_TEST

START_TEST(failures_within_a_step_that_goes_on_trying_get_no_line)
{
	begin_compact();
	step_begin(1, 0, "retry", "");
	for (int i = 2; i < 50; i++)
		a_step(i, 1, "succeed", "x", 0, 0);
	step_end(1, 0);
	end();
	ck_assert_str_eq(shown, "    0.00    0.00 s \u2717  a: retry\n");
}
END_TEST

/* ---- a failure ---- */

static void
serial(const char *machine, const char *text)
{
	event_log_add(log_, "serial", "s:s, s:o", "machine", machine, "text",
		      json_text(text, strlen(text)));
}

static void
failed_end(const char *error)
{
	event_log_add(log_, "run.end", "s:s, s:s, s:i, s:s, s:s", "test", "nat",
		      "result", "failed", "code", 1, "error", error, "results",
		      "/tmp/r");
}

static void
step_failed(int step, const char *error)
{
	event_log_add(log_, "step.end", "s:i, s:b, s:s", "step", step, "ok", 0,
		      "error", error);
}

static void
step_at(int step, int in, const char *machine, int line)
{
	event_log_add(log_, "step.begin",
		      "s:i, s:i, s:s, s:s, s:s, s:{s:s, s:i}", "step", step,
		      "in", in, "kind", "succeed", "machine", machine, "text",
		      "x", "at", "file", "nat.lua", "line", line);
}

START_TEST(a_failure_is_told_with_its_line_and_what_the_console_showed)
{
	begin_compact();
	event_log_add(log_, "source", "s:s, s:s, s:b", "file", "nat.lua",
		      "text", "one\n\t\tclient:succeed(\"x\")\r\nthree", "cut",
		      0);
	serial("client", "before");
	step_at(1, 0, "client", 1);
	step_failed(1, "nat.lua:1: caught");
	clock_advance(clock_, 1 * NS_PER_S);
	event_log_add(log_, "step.begin", "s:i, s:i, s:s, s:s", "step", 2, "in",
		      0, "kind", "subtest", "text", "t");
	step_at(3, 2, "client", 2);
	serial("client", "Oops: \x1b[2J");
	serial("server", "another's");
	serial("client", "told already");
	step_failed(3, "nat.lua:2: why");
	step_failed(2, "nat.lua:2: why");
	failed_end("nat.lua:2: why\ntold already");
	end();
	ck_assert_ptr_nonnull(
	    strstr(shown, "\n    nat.lua:2: why\n    told already\n\n"
			  "    2 | client:succeed(\"x\")\n\n"
			  "    client's console meanwhile:\n"
			  "    | Oops: \\x1b[2J\n\n"
			  "nat: failed after 1.0 s; results in /tmp/r\n"));
}
END_TEST

START_TEST(the_last_lines_of_a_console_are_kept)
{
	char text[32];

	begin_compact();
	step_at(1, 0, "client", 7);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line <%d>", i);
		serial("client", text);
	}
	step_failed(1, "why");
	failed_end("why");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "meanwhile:\n    | line <92>\n"));
	ck_assert_ptr_nonnull(strstr(shown, "    | line <99>\n\n"));
}
END_TEST

START_TEST(a_place_that_is_not_there_is_no_harm)
{
	begin_compact();
	event_log_add(log_, "source", "s:s, s:s", "file", "nat.lua", "text",
		      "one");
	step_at(1, 0, "client", 2);
	step_failed(1, "why");
	for (int i = 2; i < 100; i++) { /* more than are kept */
		step_at(i, 0, "client", 0);
		step_failed(i, "other");
	}
	failed_end("why");
	end();
	ck_assert_ptr_nonnull(strstr(shown, "\n    why\n\nnat: failed"));
}
END_TEST

START_TEST(colours_are_ended_and_only_there_when_wanted)
{
	struct look look = { .color = true };

	out = tmpfile();
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, "/dev/null", NULL);
	look.out = out;
	terminal = terminal_new(log_, &look);
	a_step(1, 0, "succeed", "\x1b[2J", 0, 0);
	failed_end("why\nmore");
	end();
	ck_assert_ptr_nonnull(strstr(shown, " \x1b[1;31m!!\x1b[0m "
					    "a: succeed: \\x1b[2J\n"));
	ck_assert_ptr_nonnull(
	    strstr(shown, "    \x1b[1;31mwhy\x1b[0m\n    more\n"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_step_is_shown_when_it_ends_with_its_times, 0 },
		{ the_beginning_counts_in_the_singular_too, 0 },
		{ steps_are_indented_by_those_they_lie_in, 0 },
		{ a_step_that_was_never_begun_is_no_harm, 0 },
		{ a_terminal_is_told_nothing_to_obey, UNIT_ROWS(controls) },
		{ a_title_is_cut_between_characters, 0 },
		{ the_end_shows_the_error_and_where_the_results_are, 0 },
		{ consoles_are_shown_only_when_asked_for, 0 },
		{ verbose_shows_everything, 0 },
		{ a_script_shows_and_hides_consoles, 0 },
		{ commands_of_one_machine_are_told_apart, 0 },
		{ a_look_at_a_condition_is_shown_when_it_fails, 0 },
		{ steps_that_are_quick_share_a_line, 0 },
		{ subtests_count_their_steps, 0 },
		{ a_subtest_is_named_before_what_is_printed_in_it, 0 },
		{ failures_within_a_step_that_goes_on_trying_get_no_line, 0 },
		{ a_failure_is_told_with_its_line_and_what_the_console_showed,
		  0 },
		{ the_last_lines_of_a_console_are_kept, 0 },
		{ a_place_that_is_not_there_is_no_harm, 0 },
		{ colours_are_ended_and_only_there_when_wanted, 0 },
		{ NULL, 0 },
	};

	return unit_run("terminal", tests, NULL, NULL);
}
