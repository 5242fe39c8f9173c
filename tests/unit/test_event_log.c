#include "driver/report/event-log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

static char path[64];
static struct clock *clock_;
static struct event_log *log_;
static int n_seen;
static char seen[256]; /* types that a view was shown */

static void
setup(void)
{
	strcpy(path, "/tmp/test-event-log-XXXXXX");
	ck_assert_int_ge(mkstemp(path), 0);
	clock_ = clock_virtual_new(5 * NS_PER_S);
	log_ = event_log_new(clock_, path, NULL);
	ck_assert_ptr_nonnull(log_);
}

static void
teardown(void)
{
	event_log_free(log_);
	clock_free(clock_);
	unlink(path);
}

static void
on_event(const json_t *event, void *arg)
{
	(void)arg;
	n_seen++;
	strcat(seen, json_str_or(event, "type", "?"));
	strcat(seen, ";");
}

/* Line @n of the file, 1 for the first, as JSON; returned owned. */
static json_t *
line(int n)
{
	static char buf[256 * 1024];
	FILE *f = fopen(path, "r");
	json_t *event;

	while (n-- > 0)
		ck_assert_ptr_nonnull(fgets(buf, sizeof(buf), f));
	fclose(f);
	event = json_loads(buf, 0, NULL);
	ck_assert_ptr_nonnull(event);
	return event;
}

START_TEST(each_event_is_a_line_at_once)
{
	json_t *event;

	event_log_add(log_, "first", "");
	clock_advance(clock_, 1500 * NS_PER_MS);
	event_log_add(log_, "second", "s:i, s:s", "pid", 7, "who", "a");
	event = line(2); /* before the log is closed */
	ck_assert_int_eq(json_int_or(event, "n", 0), 2);
	ck_assert_double_eq_tol(json_number_value(json_object_get(event, "t")),
				1.5, 1e-6);
	ck_assert_str_eq(json_str_or(event, "type", ""), "second");
	ck_assert_int_eq(json_int_or(event, "pid", 0), 7);
	ck_assert_str_eq(json_str_or(event, "who", ""), "a");
	json_decref(event);
	ck_assert_double_eq_tol(event_log_now_s(log_), 1.5, 1e-6);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_no_damage)
{
	json_t *event;

	event_log_add(log_, "output", "s:o", "text",
		      json_text("a\0b\xff\n\x1b", 6));
	event_log_add(log_, "after", "");
	event = line(1);
	ck_assert_ptr_nonnull(json_object_get(event, "text"));
	json_decref(event);
	event = line(2);
	ck_assert_str_eq(json_str_or(event, "type", ""), "after");
	json_decref(event);
}
END_TEST

START_TEST(members_that_cannot_be_written_leave_an_event_that_says_so)
{
	json_t *event;

	event_log_add(log_, "odd", "s:s", "text", "\xff\xfe");
	event = line(1);
	ck_assert_str_eq(json_str_or(event, "type", ""), "odd");
	ck_assert_ptr_nonnull(json_object_get(event, "bad_event"));
	json_decref(event);
}
END_TEST

START_TEST(a_long_text_is_written_whole)
{
	static char text[200 * 1024];
	json_t *event;

	memset(text, 'x', sizeof(text) - 1);
	event_log_add(log_, "output", "s:s", "text", text);
	event = line(1);
	ck_assert_uint_eq(strlen(json_str_or(event, "text", "")),
			  sizeof(text) - 1);
	json_decref(event);
}
END_TEST

START_TEST(views_see_what_comes_after_them)
{
	event_log_add(log_, "before", "");
	event_log_add_view(log_, on_event, NULL);
	event_log_add(log_, "one", "");
	event_log_add_view(log_, on_event, NULL);
	event_log_add(log_, "two", "");
	ck_assert_str_eq(seen, "one;two;two;");
	ck_assert_int_eq(n_seen, 3);
}
END_TEST

/* "type:count " of what the log has behind the first @n lines; floods are not
 * told one by one. */
static const char *
what_follows(int n)
{
	static char told[1024];
	char buf[16 * 1024], was[32] = "";
	FILE *f = fopen(path, "r");
	size_t len = 0;

	while (n-- > 0)
		ck_assert_ptr_nonnull(fgets(buf, sizeof(buf), f));
	told[0] = '\0';
	while (fgets(buf, sizeof(buf), f) != NULL) {
		json_t *event = json_loads(buf, 0, NULL);
		const char *type = json_str_or(event, "type", "");

		if (strcmp(type, was) != 0 || strcmp(type, "serial") != 0)
			len += (size_t)snprintf(
			    told + len, sizeof(told) - len, "%s:%d ", type,
			    (int)json_int_or(event, "count", 0));
		snprintf(was, sizeof(was), "%s", type);
		json_decref(event);
	}
	fclose(f);
	return told;
}

static void
say(const char *machine, int n)
{
	static char text[10000];

	memset(text, 'x', sizeof(text) - 1);
	while (n-- > 0)
		event_log_add(log_, "serial", "s:s, s:s", "machine", machine,
			      "text", text);
}

START_TEST(a_flood_is_left_out_and_counted)
{
	say("a", 500); /* of these there is room for 415 */
	ck_assert_str_eq(what_follows(0), "serial:0 left-out:1 ");
	say("b", 1); /* another's */
	event_log_add(log_, "qemu", "s:s, s:s", "machine", "a", "text", "?");
	ck_assert_str_eq(what_follows(416), "serial:0 qemu:0 ");
	clock_advance(clock_, 16 * NS_PER_S);
	say("a", 1);
	ck_assert_str_eq(what_follows(418), "left-out:84 serial:0 ");
}
END_TEST

START_TEST(what_a_flood_led_to_has_its_end_before_it)
{
	json_t *event;

	say("a", 416);
	event_log_add(log_, "serial", "s:s, s:s", "machine", "a", "text",
		      "last words");
	event_log_add(log_, "step.end", "s:i, s:b", "step", 1, "ok", 1);
	ck_assert_str_eq(what_follows(416), "step.end:0 ");
	event_log_add(log_, "step.end", "s:i, s:b", "step", 1, "ok", 0);
	ck_assert_str_eq(what_follows(417), "left-out:1 step.end:0 ");
	event = line(418);
	ck_assert_str_eq(json_str_or(event, "text", ""), "last words\n");
	ck_assert_str_eq(json_str_or(event, "path", ""), "a.serial.log");
	ck_assert_str_eq(json_str_or(event, "of", ""), "serial");
	json_decref(event);
	event_log_add(log_, "time-out", "s:s", "text", "now");
	ck_assert_str_eq(what_follows(419), "time-out:0 ");
}
END_TEST

START_TEST(times_have_nanoseconds)
{
	json_t *event;

	clock_advance(clock_, 86400 * NS_PER_S + 123456789);
	event_log_add(log_, "late", "");
	event = line(1);
	ck_assert_double_eq_tol(json_number_value(json_object_get(event, "t")),
				86400.123456789, 1e-9);
	json_decref(event);
}
END_TEST

static const struct {
	uint64_t ns;
	const char *text;
} walls[] = {
	{ 0, "1970-01-01T00:00:00.000000000Z" },
	{ 1, "1970-01-01T00:00:00.000000001Z" },
	{ UINT64_C(1795414200123456789), "2026-11-23T06:10:00.123456789Z" },
	{ UINT64_C(1795414200999999999), "2026-11-23T06:10:00.999999999Z" },
};

START_TEST(the_wall_clock_as_text)
{
	char *text = event_log_wall_text(walls[_i].ns);

	ck_assert_str_eq(text, walls[_i].text);
	free(text);
}
END_TEST

START_TEST(the_beginning_is_known_by_both_clocks)
{
	uint64_t before_ns, after_ns;
	struct clock *real = clock_real_new(NULL);
	struct event_log *log;

	ck_assert_uint_eq(event_log_began_ns(log_), 5 * NS_PER_S);
	before_ns = clock_wall_ns(real);
	log = event_log_new(real, "/dev/null", NULL);
	after_ns = clock_wall_ns(real);
	ck_assert_uint_ge(event_log_began_ns(log), before_ns);
	ck_assert_uint_le(event_log_began_ns(log), after_ns);
	ck_assert_double_lt(event_log_now_s(log),
			    (double)(clock_wall_ns(real) - before_ns) / 1e9);
	event_log_free(log);
	clock_free(real);
}
END_TEST

START_TEST(a_place_is_a_file_and_a_line_or_nothing)
{
	json_t *at = event_log_place("nat\xff.lua", 3);

	ck_assert_str_eq(json_str_or(at, "file", ""), "nat\xef\xbf\xbd.lua");
	ck_assert_int_eq(json_int_or(at, "line", 0), 3);
	json_decref(at);
	ck_assert(json_is_null(event_log_place("nat.lua", 0)));
	ck_assert(json_is_null(event_log_place(NULL, 3)));
}
END_TEST

START_TEST(a_full_disk_is_remembered)
{
	struct event_log *full = event_log_new(clock_, "/dev/full", NULL);

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(event_log_error(full), 0);
	event_log_add(full, "lost", "");
	ck_assert_int_eq(event_log_error(full), -EIO);
	event_log_free(full);
	ck_assert_int_eq(event_log_error(log_), 0);
}
END_TEST

START_TEST(on_a_full_disk_there_is_no_half_a_line)
{
	struct rlimit limit = { 300, RLIM_INFINITY }, was;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	json_t *event;

	event_log_add(log_, "one", "");
	getrlimit(RLIMIT_FSIZE, &was);
	sigaction(SIGXFSZ, &ignore, &old);
	setrlimit(RLIMIT_FSIZE, &limit);
	say("a", 1);
	setrlimit(RLIMIT_FSIZE, &was);
	sigaction(SIGXFSZ, &old, NULL);
	ck_assert_int_eq(event_log_error(log_), -EIO);
	event_log_add(log_, "three", "");
	event = line(2);
	ck_assert_str_eq(json_str_or(event, "type", ""), "three");
	ck_assert_int_eq(json_int_or(event, "n", 0), 3);
	json_decref(event);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told)
{
	struct err err = ERR_INIT;

	ck_assert_ptr_null(event_log_new(clock_, "/nonexistent/log", &err));
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/log"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_event_is_a_line_at_once, 0 },
		{ bytes_that_are_no_text_are_no_damage, 0 },
		{ members_that_cannot_be_written_leave_an_event_that_says_so,
		  0 },
		{ a_long_text_is_written_whole, 0 },
		{ views_see_what_comes_after_them, 0 },
		{ a_flood_is_left_out_and_counted, 0 },
		{ what_a_flood_led_to_has_its_end_before_it, 0 },
		{ times_have_nanoseconds, 0 },
		{ the_wall_clock_as_text, sizeof(walls) / sizeof(walls[0]) },
		{ the_beginning_is_known_by_both_clocks, 0 },
		{ a_place_is_a_file_and_a_line_or_nothing, 0 },
		{ a_full_disk_is_remembered, 0 },
		{ on_a_full_disk_there_is_no_half_a_line, 0 },
		{ a_file_that_cannot_be_made_is_told, 0 },
		{ NULL, 0 },
	};

	return unit_run("event-log", tests, setup, teardown);
}
