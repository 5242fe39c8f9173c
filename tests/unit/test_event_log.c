#include "driver/report/event-log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
		{ times_have_nanoseconds, 0 },
		{ the_wall_clock_as_text, sizeof(walls) / sizeof(walls[0]) },
		{ the_beginning_is_known_by_both_clocks, 0 },
		{ a_place_is_a_file_and_a_line_or_nothing, 0 },
		{ a_full_disk_is_remembered, 0 },
		{ a_file_that_cannot_be_made_is_told, 0 },
		{ NULL, 0 },
	};

	return unit_run("event-log", tests, setup, teardown);
}
