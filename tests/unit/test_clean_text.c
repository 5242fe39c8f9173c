#include "driver/report/clean-text.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *text;
	const char *clean;
} texts[] = {
	{ "", "" },
	{ "plain\ttext\n", "plain\ttext\n" },
	{ "a\r\nb\rc\r", "a\nb\nc\n" },
	/* terminals' commands */
	{ "\x1b[1;31mred\x1b[0m", "red" },
	{ "\x1b[?25l\x1b[2Jx", "x" },
	{ "\x1b[1;", "" },
	{ "\x1b[1;\nx", "\nx" },
	{ "\x1b]0;title\x07x", "x" },
	{ "\x1b]0;title\x1b\\x", "x" },
	{ "\x1b]0;no end\nx", "\nx" },
	{ "\x1bP1$r\x1b\\x\x1b^a\x07\x1b_a\x07\x1bX", "x" },
	{ "\x1b(Bx\x1b=\x1b"
	  "7y",
	  "xy" },
	{ "\x1b", FFFD },
	{ "\x1b\x1b[0m", FFFD },
	{ "\x1b\n", FFFD "\n" },
	{ "\x1b\x80", FFFD FFFD },
	{ "\xc2\x9b"
	  "1mx",
	  "x" }, /* CSI in one character */
	{ "ab\bc", "abc" },
	/* what XML 1.0 has no room for */
	{ "\x01\x08\x0b\x0c\x0e\x1f", FFFD FFFD FFFD FFFD FFFD },
	{ "\x7f", FFFD },
	{ "\xc2\x80\xc2\x9f\xc2\xa0", FFFD FFFD "\xc2\xa0" },
	{ "\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf", FFFD FFFD FFFD },
	{ "\xed\x9f\xbf\xed\xa0\x80", "\xed\x9f\xbf" FFFD FFFD FFFD },
	{ "\xf4\x8f\xbf\xbd\xf4\x90\x80\x80",
	  "\xf4\x8f\xbf\xbd" FFFD FFFD FFFD FFFD },
	/* no UTF-8 */
	{ "\xff\xc3\xc3\xa4\xe2\x82", FFFD FFFD "\xc3\xa4" FFFD FFFD },
	{ "\xc0\x80", FFFD FFFD },
	{ "<]]>&\"'", "<]]>&\"'" },
};

START_TEST(what_no_report_may_hold_is_taken_out)
{
	const char *text = texts[_i].text;
	char *clean = clean_text(text, strlen(text));
	char *again = clean_text(clean, strlen(clean));

	ck_assert_str_eq(clean, texts[_i].clean);
	ck_assert_str_eq(again, clean);
	free(clean);
	free(again);
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	char *clean = clean_text("a\0b", 3);

	ck_assert_str_eq(clean, "a" FFFD "b");
	free(clean);
}
END_TEST

START_TEST(only_what_is_given_is_read)
{
	char *clean = clean_text("\xc3\xa4", 1);

	ck_assert_str_eq(clean, FFFD);
	free(clean);
	clean = clean_text("\x1b[0mx", 3);
	ck_assert_str_eq(clean, "");
	free(clean);
}
END_TEST

static const struct {
	const char *text;
	size_t len_max;
	const char *line;
} lines[] = {
	{ "", 10, "" },
	{ " a\t \n b ", 10, "a b" },
	{ "1234567890", 10, "1234567890" },
	{ "12345678901", 10, "1234567..." },
	/* six octets and the dots; no character in pieces */
	{ "12345\xc3\xa4"
	  "78901",
	  10, "12345\xc3\xa4..." },
	{ "123456\xc3\xa4"
	  "8901",
	  10, "123456..." },
	{ "\x1b[31m1234567890\x1b[0m", 10, "1234567890" },
};

START_TEST(a_line_has_a_length)
{
	char *line = clean_line(lines[_i].text, lines[_i].len_max);

	ck_assert_str_eq(line, lines[_i].line);
	free(line);
}
END_TEST

START_TEST(a_cut_is_between_characters)
{
	ck_assert_uint_eq(clean_cut("abc", 3, 3), 3);
	ck_assert_uint_eq(clean_cut("abc", 3, 4), 3);
	ck_assert_uint_eq(clean_cut("abc", 3, 0), 0);
	ck_assert_uint_eq(clean_cut("a\xe2\x82\xac", 4, 3), 1);
	ck_assert_uint_eq(clean_cut("a\xe2\x82\xac", 4, 4), 4);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_no_report_may_hold_is_taken_out, UNIT_ROWS(texts) },
		{ a_nul_is_no_text, 0 },
		{ only_what_is_given_is_read, 0 },
		{ a_line_has_a_length, UNIT_ROWS(lines) },
		{ a_cut_is_between_characters, 0 },
		{ NULL, 0 },
	};

	return unit_run("clean_text", tests, NULL, NULL);
}
