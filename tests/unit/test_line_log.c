#include "config.h"

#include "lib/line-log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/unit/unit.h"

static int reader;
static char text[65536];
static struct clock *virtual_clock;
static struct line_log lines;

static void
setup(void)
{
	int fds[2];

	unsetenv("JOURNAL_STREAM");
	ck_assert_int_eq(pipe(fds), 0);
	reader = fds[0];
	ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	log_set_fd(fds[1]);
	log_init("prog", LOG_INFO);
	virtual_clock = clock_virtual_new(NS_PER_S);
	line_log_init(&lines, "p", virtual_clock);
}

static void
teardown(void)
{
	clock_free(virtual_clock);
}

static const char *
logged(void)
{
	ssize_t n = read(reader, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
add(unsigned source, const char *data)
{
	line_log_add(&lines, source, data, strlen(data));
}

START_TEST(lines_are_logged_behind_the_name)
{
	add(0, "one\ntwo\n");
	ck_assert_str_eq(logged(), "prog: p: one\nprog: p: two\n");
}
END_TEST

START_TEST(a_line_may_come_in_pieces)
{
	add(0, "on");
	add(1, "err");
	add(0, "e");
	ck_assert_str_eq(logged(), "");
	add(1, "or\n");
	add(0, "\n");
	ck_assert_str_eq(logged(), "prog: p: error\nprog: p: one\n");
}
END_TEST

START_TEST(empty_lines_and_carriage_returns_are_not_shown)
{
	add(0, "\n\r\n\none\r\n");
	ck_assert_str_eq(logged(), "prog: p: one\n");
}
END_TEST

START_TEST(the_last_line_needs_no_end)
{
	add(0, "one");
	add(1, "two");
	line_log_end(&lines);
	ck_assert_str_eq(logged(), "prog: p: one\nprog: p: two\n");
	line_log_end(&lines);
	ck_assert_str_eq(logged(), "");
}
END_TEST

static const struct {
	size_t len;
	const char *more;
} lengths[] = { { LINE_LOG_LEN, "" }, { LINE_LOG_LEN + 1, "..." } };

START_TEST(a_line_too_long_is_cut_and_the_next_is_not)
{
	char data[LINE_LOG_LEN + 2];
	char want[LINE_LOG_LEN + 64];

	memset(data, 'x', sizeof(data));
	data[lengths[_i].len] = '\0';
	add(0, data);
	add(0, "\nnext\n");
	snprintf(want, sizeof(want), "prog: p: %.*s%s\nprog: p: next\n",
		 LINE_LOG_LEN, data, lengths[_i].more);
	ck_assert_str_eq(logged(), want);
}
END_TEST

START_TEST(control_characters_cannot_forge_lines)
{
	add(0, "a\033[2Jb\n");
	ck_assert_str_eq(logged(), "prog: p: a\\x1b[2Jb\n");
}
END_TEST

static size_t
count(const char *in, const char *what)
{
	size_t n = 0;

	for (; (in = strstr(in, what)) != NULL; in++)
		n++;
	return n;
}

START_TEST(a_flood_is_held_back_and_the_number_is_told)
{
	for (int i = 0; i < LINE_LOG_LINES + 7; i++)
		add((unsigned)i % 2, "flood\n");
	ck_assert_uint_eq(count(logged(), "flood\n"), LINE_LOG_LINES);
	clock_advance(virtual_clock, (LINE_LOG_WINDOW_MS - 1) * NS_PER_MS);
	add(0, "too early\n");
	ck_assert_str_eq(logged(), "");
	clock_advance(virtual_clock, NS_PER_MS);
	add(0, "later\n");
	ck_assert_str_eq(logged(),
			 "prog: p: (lines held back: 8)\nprog: p: later\n");
}
END_TEST

START_TEST(what_was_held_back_is_told_in_the_end)
{
	for (int i = 0; i < LINE_LOG_LINES + 1; i++)
		add(0, "flood\n");
	logged();
	line_log_end(&lines);
	ck_assert_str_eq(logged(), "prog: p: (lines held back: 1)\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ lines_are_logged_behind_the_name, 0 },
		{ a_line_may_come_in_pieces, 0 },
		{ empty_lines_and_carriage_returns_are_not_shown, 0 },
		{ the_last_line_needs_no_end, 0 },
		{ a_line_too_long_is_cut_and_the_next_is_not,
		  UNIT_ROWS(lengths) },
		{ control_characters_cannot_forge_lines, 0 },
		{ a_flood_is_held_back_and_the_number_is_told, 0 },
		{ what_was_held_back_is_told_in_the_end, 0 },
		{ NULL, 0 },
	};

	return unit_run("line_log", tests, setup, teardown);
}
