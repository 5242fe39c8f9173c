#include "driver/report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/report/event-log.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

static struct clock *clock_;
static struct event_log *log_;
static struct terminal *terminal;
static FILE *out;
static int real_stdout;
static char shown[16 * 1024];

/* From here on stdout is a file; each test runs in a process of its own. */
static void
begin(bool verbose)
{
	out = tmpfile();
	ck_assert_ptr_nonnull(out);
	fflush(stdout);
	real_stdout = dup(1);
	dup2(fileno(out), 1);
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, "/dev/null", NULL);
	terminal = terminal_new(log_, verbose);
}

static void
end(void)
{
	size_t n;

	fflush(stdout);
	dup2(real_stdout, 1);
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
	  "a\\x9b31mb" }, /* CSI as one C1 control */
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
		{ NULL, 0 },
	};

	return unit_run("terminal", tests, NULL, NULL);
}
