/* What stands on a terminal while a run goes on: events of a log, one by one,
 * a clock that is moved, and a pseudo terminal whose screen is looked at. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "driver/report/event-log.h"
#include "driver/report/look.h"
#include "driver/report/terminal.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "tests/unit/screen-model.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static struct clock *clock_;
static struct event_log *log_;
static struct screen_model screen;
static FILE *out;
static struct terminal *terminal;
static int n_steps;

static void
begin_on(unsigned columns, unsigned rows)
{
	struct look look = { .compact = true, .live = true, .unicode = true };

	setlocale(LC_CTYPE, "C.UTF-8");
	base = event_base_new();
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, "/dev/null", NULL);
	out = screen_open(&screen, columns, rows);
	look.out = out;
	terminal = terminal_new(log_, &look);
	terminal_go_live(terminal, base, clock_);
}

static void
end(void)
{
	event_log_free(log_);
	terminal_free(terminal);
	fclose(out);
	screen_close(&screen);
	clock_free(clock_);
	event_base_free(base);
}

static void
expect(const char *want)
{
	screen_read(&screen);
	ck_assert_str_eq(screen_text(&screen), want);
}

static void
advance_ms(uint64_t ms)
{
	clock_advance(clock_, ms * NS_PER_MS);
}

static void
run_begin(void)
{
	event_log_add(log_, "run.begin",
		      "s:s, s:i, s:i, s:s, s:i, s:[{s:s}, {s:s}]", "test",
		      "nat", "machines", 2, "segments", 1, "accel", "tcg",
		      "seed", 7, "nodes", "name", "client", "name", "server");
	advance_ms(100);
}

static void
machine(const char *type, const char *name)
{
	event_log_add(log_, type, "s:s, s:s", "machine", name, "text", "why");
	advance_ms(100);
}

static int
step_begin(int in, const char *kind, const char *name, const char *text)
{
	event_log_add(log_, "step.begin", "s:i, s:i, s:s, s:s?, s:o", "step",
		      ++n_steps, "in", in, "kind", kind, "machine", name,
		      "text", json_text(text, strlen(text)));
	advance_ms(100);
	return n_steps;
}

static void
step_end(int step, int ok)
{
	event_log_add(log_, "step.end", "s:i, s:b, s:s", "step", step, "ok", ok,
		      "error", ok ? "" : "why");
	advance_ms(100);
}

static void
output(int step, const char *text)
{
	event_log_add(log_, "output", "s:s, s:i, s:s, s:o", "machine", "client",
		      "step", step, "stream", "stderr", "text",
		      json_text(text, strlen(text)));
	advance_ms(100);
}

static void
run_end(void)
{
	event_log_add(log_, "run.end", "s:s, s:s, s:i, s:n, s:s", "test", "nat",
		      "result", "passed", "code", 0, "error", "results", "/r");
}

static const char first[] = "nat: 2 machines, 1 segment, tcg, seed 7\n";

START_TEST(each_machine_has_its_state_and_what_it_is_at)
{
	char want[600];

	begin_on(60, 20);
	run_begin();
	snprintf(want, sizeof(want),
		 "%snat  0 s\n"
		 "  client  off\n"
		 "  server  off\n",
		 first);
	expect(want);
	machine("machine.started", "client");
	machine("machine.started", "server");
	machine("machine.ready", "client");
	step_begin(0, "succeed", "client", "ping -c1 server");
	snprintf(want, sizeof(want),
		 "%snat  0 s\n"
		 "  client  up            0 s  succeed: ping -c1 server\n"
		 "  server  booting\n",
		 first);
	expect(want);
	advance_ms(61000);
	machine("machine.panicked", "server");
	machine("machine.ended", "server");
	snprintf(want, sizeof(want),
		 "%s   61.50           |  server machine.panicked: why\n"
		 "nat  1:01\n"
		 "  client  up           1:01  succeed: ping -c1 server\n"
		 "  server  panicked\n",
		 first);
	expect(want);
	end();
}
END_TEST

START_TEST(subtests_are_named_and_leave_a_line)
{
	int outer, inner, step;
	char want[600];

	begin_on(60, 20);
	run_begin();
	outer = step_begin(0, "subtest", NULL, "outer");
	inner = step_begin(outer, "subtest", NULL, "inner");
	step = step_begin(inner, "retry", NULL, "");
	snprintf(want, sizeof(want),
		 "%snat  0 s  outer > inner > retry\n"
		 "  client  off\n"
		 "  server  off\n",
		 first);
	expect(want);
	step_end(step, 1);
	step_end(inner, 1);
	step_end(outer, 0);
	snprintf(want, sizeof(want),
		 "%s    0.10              outer\n"
		 "    0.20    0.30 s \u2713    inner (1 step)\n"
		 "    0.10    0.50 s \u2717  outer (1 step)\n"
		 "nat  0 s\n"
		 "  client  off\n"
		 "  server  off\n",
		 first);
	expect(want);
	run_end();
	snprintf(want, sizeof(want),
		 "%s    0.10              outer\n"
		 "    0.20    0.30 s \u2713    inner (1 step)\n"
		 "    0.10    0.50 s \u2717  outer (1 step)\n"
		 "nat: passed after 0.7 s; results in /r\n",
		 first);
	expect(want);
	end();
}
END_TEST

START_TEST(a_wait_tells_what_it_has_seen_last)
{
	int wait, try;

	begin_on(100, 20);
	run_begin();
	wait = step_begin(0, "wait_until_succeeds", "client", "curl server");
	try = step_begin(wait, "execute", "client", "curl server");
	output(try, "first\ncurl: (7) refused\n");
	step_end(try, 1);
	screen_read(&screen);
	ck_assert_ptr_null(strstr(screen_text(&screen), "last:"));
	advance_ms(2000); /* now one wonders */
	screen_read(&screen);
	ck_assert_ptr_nonnull(strstr(screen_text(&screen),
				     "2 s  wait_until_succeeds: curl "
				     "server (last: curl: (7) refused)\n"));
	end();
}
END_TEST

START_TEST(a_wait_tells_why_it_has_not_ended)
{
	int wait;

	begin_on(100, 20);
	run_begin();
	wait = step_begin(0, "wait_for_unit", "client", "sshd");
	event_log_add(log_, "attempt", "s:i, s:i, s:s", "step", wait, "attempt",
		      1, "text", "it is activating\nmore");
	advance_ms(2100);
	screen_read(&screen);
	ck_assert_ptr_nonnull(
	    strstr(screen_text(&screen),
		   "wait_for_unit: sshd (last: it is activating)\n"));
	end();
}
END_TEST

START_TEST(a_prompt_has_the_terminal_for_itself)
{
	char want[300];

	begin_on(60, 20);
	run_begin();
	terminal_mute(terminal, true);
	snprintf(want, sizeof(want), "%s", first);
	expect(want);
	fputs("t> ", out);
	fflush(out);
	step_end(step_begin(0, "succeed", "client", "x"), 0);
	advance_ms(5000);
	snprintf(want, sizeof(want), "%st>\n", first);
	expect(want);
	fputs("\n", out);
	fflush(out);
	terminal_mute(terminal, false);
	snprintf(want, sizeof(want),
		 "%st>\nnat  5 s\n  client  off\n"
		 "  server  off\n",
		 first);
	expect(want);
	end();
}
END_TEST

START_TEST(whoever_may_be_killed_leaves_no_lines)
{
	begin_on(60, 20);
	run_begin();
	terminal_end_live(terminal);
	expect(first);
	step_begin(0, "succeed", "client", "x");
	advance_ms(5000);
	expect(first);
	end();
}
END_TEST

START_TEST(machines_with_something_to_tell_come_first)
{
	char want[600];

	begin_on(60, 5);
	event_log_add(log_, "run.begin", "s:s, s:[{s:s}, {s:s}, {s:s}, {s:s}]",
		      "test", "nat", "nodes", "name", "a", "name", "b", "name",
		      "c", "name", "d");
	advance_ms(100);
	machine("machine.shell-lost", "b");
	step_begin(0, "succeed", "d", "x");
	snprintf(want, sizeof(want),
		 "    0.10           |  b machine.shell-lost: why\n"
		 "nat  0 s\n"
		 "  b  no shell\n"
		 "  d  off           0 s  succeed: x\n"
		 "  and 2 more\n");
	screen_read(&screen);
	/* What stood above has left the screen. */
	ck_assert_str_eq(screen_text(&screen), want);
	end();
}
END_TEST

static const struct {
	unsigned columns, rows;
} sizes[] = { { 1, 1 },	 { 1, 24 },  { 2, 2 },	 { 3, 3 },   { 10, 4 },
	      { 20, 5 }, { 40, 10 }, { 80, 24 }, { 200, 60 } };

/* The model fails for any control but those that we draw with. */
START_TEST(nothing_a_guest_says_breaks_the_screen)
{
	static const char *const pieces[] = {
		"\x1b[2J",
		"\x1b[?1049h",
		"\r",
		"\b\b\b",
		"\x9b"
		"31m",
		"\xc2\x9b"
		"2J",
		"\xff",
		"\xe4\xbd\xa0\xe5\xa5\xbd",
		"\xf0\x9f\x98\x80",
		"e\xcc\x81",
		"\xe2\x80\xae",
		"\n",
		"\t",
		"a long text ",
		"\x07",
		"\x1b]0;title\x07",
		"\xe2\x80\x8b",
		"\xcc\x81\xcc\x81",
		"\x7f",
	};
	char hostile[400];
	int open[3] = { 0 };

	srand((unsigned)_i);
	begin_on(sizes[_i].columns, sizes[_i].rows);
	run_begin();
	for (int round = 0; round < 150; round++) {
		int *step = &open[rand() % 3];

		hostile[0] = '\0';
		for (int i = rand() % 20; i > 0; i--)
			strcat(hostile, pieces[rand() % UNIT_ROWS(pieces)]);
		if (rand() % 3 == 0)
			event_log_add(log_, "log", "s:o, s:i", "text",
				      json_text(hostile, strlen(hostile)),
				      "step", 0);
		output(*step, hostile);
		if (*step != 0)
			step_end(*step, rand() % 2);
		*step = *step != 0
			    ? 0
			    : step_begin(0, "succeed", "client", hostile);
		advance_ms(2500);
		screen_read(&screen);
		ck_assert(screen.wrap && !screen.synced);
		ck_assert_uint_eq(screen.x, 0);
	}
	run_end();
	screen_read(&screen);
	end();
}
END_TEST

START_TEST(resizing_leaves_nothing_behind)
{
	begin_on(60, 10);
	run_begin();
	srand(1);
	for (int round = 0; round < 100; round++) {
		screen_resize(&screen, 20 + (unsigned)rand() % 60,
			      5 + (unsigned)rand() % 20);
		advance_ms(100);
		raise(SIGWINCH);
		event_base_loop(base, EVLOOP_ONCE);
		screen_read(&screen);
		/* Once, and not twice. */
		ck_assert_ptr_nonnull(strstr(screen_text(&screen), "nat  "));
		ck_assert_ptr_null(
		    strstr(strstr(screen_text(&screen), "nat  ") + 1, "nat  "));
	}
	end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_machine_has_its_state_and_what_it_is_at, 0 },
		{ subtests_are_named_and_leave_a_line, 0 },
		{ a_wait_tells_what_it_has_seen_last, 0 },
		{ a_wait_tells_why_it_has_not_ended, 0 },
		{ a_prompt_has_the_terminal_for_itself, 0 },
		{ whoever_may_be_killed_leaves_no_lines, 0 },
		{ machines_with_something_to_tell_come_first, 0 },
		{ nothing_a_guest_says_breaks_the_screen, UNIT_ROWS(sizes) },
		{ resizing_leaves_nothing_behind, 0 },
		{ NULL, 0 },
	};

	return unit_run("live", tests, NULL, NULL);
}
