#include "driver/report/shown-text.h"

#include <stdlib.h>
#include <string.h>

#include "driver/report/status-lines.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	size_t columns;
	const char *want;
	const char *ascii; /* where there is no UTF-8; NULL: the same */
} lines[] = {
	{ "", 10, "", NULL },
	{ "abc", 3, "abc", NULL },
	{ "abcd", 3, "...", NULL },
	{ "abcde", 4, "a...", NULL },
	{ "abc", 2, "..", NULL },
	{ "abc", 0, "", NULL },
	{ "a\nb\tc", 10, "a b c", NULL },
	{ "\x1b[2J", 10, "\\x1b[2J", NULL },
	{ "\x1b[2J", 6, "...", NULL }, /* never a part of what stands for it */
	{ "\x7f\xff", 10, "\\x7f\\xff", NULL },
	{ "\xc2\x85", 10, "\\xc2\\x85", NULL },
	{ "\xc2\xa0", 10, "\xc2\xa0", "?" },
	{ "\xc2\xad", 10, "\\xc2\\xad", NULL },		 /* soft hyphen */
	{ "\xe2\x80\xae", 12, "\\xe2\\x80\\xae", NULL }, /* right to left */
	{ "\xe2\x80\xa8", 12, "\\xe2\\x80\\xa8", NULL }, /* line separator */
	{ "\xe2\x80\x8b", 12, "\\xe2\\x80\\x8b", NULL }, /* no width */
	{ "\xe2\x80\xa7", 12, "\xe2\x80\xa7", "?" },	 /* the one before */
	{ "\xe2\x80\xaf", 12, "\xe2\x80\xaf", "?" },	 /* and behind */
	{ "gr\xc3\xbc\xc3\x9f", 4, "gr\xc3\xbc\xc3\x9f", "gr??" },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd", 4, "\xe4\xbd\xa0\xe5\xa5\xbd", "??" },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd", 3, "...", "??" }, /* two columns each */
	{ "\xf0\x9f\x98\x80x", 3, "\xf0\x9f\x98\x80x", "?x" },
	{ "e\xcc\x81x", 2, "e\xcc\x81x", "ex" }, /* a mark takes none */
};

START_TEST(a_line_fits_and_steers_nothing)
{
	char *line = shown_line(lines[_i].text, lines[_i].columns, true);

	ck_assert_str_eq(line, lines[_i].want);
	ck_assert_uint_le(shown_columns(line), lines[_i].columns);
	free(line);
	line = shown_line(lines[_i].text, lines[_i].columns, false);
	ck_assert_str_eq(line, lines[_i].ascii != NULL ? lines[_i].ascii
						       : lines[_i].want);
	free(line);
}
END_TEST

START_TEST(marks_without_end_have_one)
{
	char text[2 * 1000 + 2] = "e";
	char *line;

	for (int i = 0; i < 1000; i++)
		memcpy(text + 1 + 2 * i, "\xcc\x81", 3);
	line = shown_line(text, 10, true);
	ck_assert_uint_le(strlen(line), 16 * 10 + 3);
	ck_assert_uint_le(shown_columns(line), 10);
	free(line);
}
END_TEST

START_TEST(texts_keep_their_lines)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	shown_put(out, "a\tb\r\nc\xe2\x80\xae\xff", 4);
	fclose(out);
	ck_assert_str_eq(text, "a\tb\\x0d\n    c\\xe2\\x80\\xae\\xff");
	free(text);
}
END_TEST

static const struct {
	double seconds;
	const char *want;
} times[] = {
	{ -1, "0 s" },	     { 0, "0 s" },
	{ 59.99, "59 s" },   { 60, "1:00" },
	{ 3599.9, "59:59" }, { 3600, "1:00:00" },
	{ 3661, "1:01:01" }, { 360000, "100:00:00" },
};

START_TEST(a_time_is_short)
{
	char text[STATUS_TIME_SIZE];

	ck_assert_str_eq(status_time(times[_i].seconds, text), times[_i].want);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_fits_and_steers_nothing, UNIT_ROWS(lines) },
		{ marks_without_end_have_one, 0 },
		{ texts_keep_their_lines, 0 },
		{ a_time_is_short, UNIT_ROWS(times) },
		{ NULL, 0 },
	};

	return unit_run("shown-text", tests, NULL, NULL);
}
