#include "driver/vm/console-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct console_log *log_;
static char lines[256]; /* each ended by ';' */
static size_t n_lines;
static size_t last_len;

static void
on_line(const char *line, void *arg)
{
	(void)arg;
	n_lines++;
	last_len = strlen(line);
	if (strlen(lines) + last_len + 2 < sizeof(lines)) {
		strcat(lines, line);
		strcat(lines, ";");
	}
}

static void
setup(void)
{
	log_ = console_log_new(on_line, NULL);
}

static void
teardown(void)
{
	console_log_free(log_);
}

static void
add(const char *text)
{
	console_log_add(log_, text, strlen(text));
}

START_TEST(a_line_is_told_when_it_has_ended)
{
	add("boot");
	ck_assert_str_eq(lines, "");
	add("ing\r\nlogin: ");
	ck_assert_str_eq(lines, "booting;");
	console_log_flush(log_);
	ck_assert_str_eq(lines, "booting;login: ;");
	console_log_flush(log_);
	ck_assert_uint_eq(n_lines, 2);
}
END_TEST

static const struct {
	const char *bytes;
	const char *want;
} escapes[] = {
	{ "a\x1b[1;32mb\x1b[0mc\n", "abc;" },
	{ "a\x1b[2J\x1b[01;01Hb\n", "ab;" },
	{ "a\x1b]0;title\x07"
	  "b\n",
	  "ab;" },
	{ "a\x1b]0;title\x1b\\b\n", "ab;" },
	{ "a\x1bPdevice\x1b\\b\n", "ab;" },
	{ "a\x1b_program\x1b\\b\n", "ab;" },
	{ "a\x1b(Bb\n", "ab;" },
	{ "a\x1b=b\n", "ab;" },
	{ "a\x1b[1\nb\n", "a;b;" }, /* a line ends whatever was begun */
	{ "a\x1b]0;t\nb\n", "a;b;" },
	{ "a\tb\x01\x02\x7f"
	  "c\n",
	  "a\tbc;" },
	{ "\xc3\xa9\xff\n", "\xc3\xa9\xff;" },
	{ "\n\n", ";;" },
};

START_TEST(terminal_sequences_are_taken_out)
{
	add(escapes[_i].bytes);
	ck_assert_str_eq(lines, escapes[_i].want);
}
END_TEST

START_TEST(sequences_may_come_in_pieces)
{
	for (const char *p = "a\x1b[1;32mb\x1b(Bc\n"; *p != '\0'; p++)
		console_log_add(log_, p, 1);
	ck_assert_str_eq(lines, "abc;");
}
END_TEST

static const struct {
	int len;
	size_t want_lines;
	size_t want_last;
} lengths[] = {
	{ CONSOLE_LINE_MAX - 1, 1, CONSOLE_LINE_MAX - 1 },
	{ CONSOLE_LINE_MAX, 1, CONSOLE_LINE_MAX },
	{ CONSOLE_LINE_MAX + 1, 2, 1 },
};

START_TEST(a_line_longer_than_the_limit_is_cut_into_pieces)
{
	for (int i = 0; i < lengths[_i].len; i++)
		add("x");
	console_log_flush(log_);
	ck_assert_uint_eq(n_lines, lengths[_i].want_lines);
	ck_assert_uint_eq(last_len, lengths[_i].want_last);
}
END_TEST

START_TEST(the_tail_has_as_many_lines_as_asked_for)
{
	add("one\ntwo\nthree\n");
	ck_assert_str_eq(console_log_tail(log_, 0), "");
	ck_assert_str_eq(console_log_tail(log_, 1), "three\n");
	ck_assert_str_eq(console_log_tail(log_, 2), "two\nthree\n");
	ck_assert_str_eq(console_log_tail(log_, 3), "one\ntwo\nthree\n");
	ck_assert_str_eq(console_log_tail(log_, 4), "one\ntwo\nthree\n");
}
END_TEST

START_TEST(nothing_has_an_empty_tail)
{
	size_t size = 1;

	ck_assert_str_eq(console_log_tail(log_, 5), "");
	ck_assert_str_eq(console_log_text(log_, &size), "");
	ck_assert_uint_eq(size, 0);
}
END_TEST

/* Lines of 64 bytes, each with its number. */
static void
add_lines(size_t n)
{
	char line[65];

	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%063zu\n", i);
		console_log_add(log_, line, 64);
	}
}

static const struct {
	size_t n;
	size_t want_size;
} kept[] = {
	{ CONSOLE_KEPT_BYTES / 64 - 1, CONSOLE_KEPT_BYTES - 64 },
	{ CONSOLE_KEPT_BYTES / 64, CONSOLE_KEPT_BYTES },
	{ CONSOLE_KEPT_BYTES / 64 + 1, CONSOLE_KEPT_BYTES },
	{ CONSOLE_KEPT_BYTES / 64 * 2, CONSOLE_KEPT_BYTES },
	{ CONSOLE_KEPT_BYTES / 64 * 2 + 1, CONSOLE_KEPT_BYTES },
	{ CONSOLE_KEPT_BYTES / 64 * 3 + 5, CONSOLE_KEPT_BYTES },
};

START_TEST(the_latest_bytes_are_kept_up_to_the_limit)
{
	const char *text;
	char last[65];
	size_t size;

	add_lines(kept[_i].n);
	text = console_log_text(log_, &size);
	ck_assert_uint_eq(size, kept[_i].want_size);
	ck_assert_uint_eq(strlen(text), size);
	snprintf(last, sizeof(last), "%063zu\n", kept[_i].n - 1);
	ck_assert_str_eq(text + size - 64, last);
	snprintf(last, sizeof(last), "%063zu\n", kept[_i].n - size / 64);
	ck_assert_int_eq(memcmp(text, last, 64), 0);
}
END_TEST

START_TEST(clearing_it_begins_anew)
{
	size_t size;

	add("old\nhalf\x1b[");
	console_log_clear(log_);
	add("1new\n");
	ck_assert_str_eq(lines, "old;1new;");
	ck_assert_str_eq(console_log_text(log_, &size), "1new\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_is_told_when_it_has_ended, 0 },
		{ terminal_sequences_are_taken_out, UNIT_ROWS(escapes) },
		{ sequences_may_come_in_pieces, 0 },
		{ a_line_longer_than_the_limit_is_cut_into_pieces,
		  UNIT_ROWS(lengths) },
		{ the_tail_has_as_many_lines_as_asked_for, 0 },
		{ nothing_has_an_empty_tail, 0 },
		{ the_latest_bytes_are_kept_up_to_the_limit, UNIT_ROWS(kept) },
		{ clearing_it_begins_anew, 0 },
		{ NULL, 0 },
	};

	return unit_run("console-log", tests, setup, teardown);
}
