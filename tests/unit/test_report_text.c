#include "driver/report/report-text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	size_t cost;
} costs[] = {
	{ "", 0 },
	{ "abc", 3 },
	{ "a\"b\\c", 7 },
	{ "\n\t\r", 6 },
	{ "<>&", 18 },
	{ "\x1b\x01", 12 },
	{ "\xc3\xa4", 2 },
	{ "\xe2\x82\xac", 3 },
	{ "\xe2\x80\xa8\xe2\x80\xa9", 12 }, /* U+2028, U+2029 */
	{ "\xe2\x80\xaa", 3 },
	{ "\xf0\x9f\x98\x80", 4 },
};

START_TEST(a_text_costs_its_escapes)
{
	ck_assert_uint_eq(report_text_cost(costs[_i].text), costs[_i].cost);
}
END_TEST

static bool
is_utf8(const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		size_t len = utf8_len(text, size);

		if (len == 0)
			return false;
		text += len;
		size -= len;
	}
	return true;
}

START_TEST(what_fits_stays)
{
	char text[101], *cut;

	memset(text, 'x', 100);
	text[100] = '\0';
	cut = report_text_cut(text, 100);
	ck_assert_str_eq(cut, text);
	free(cut);
	cut = report_text_cut(text, 99);
	ck_assert_str_ne(cut, text);
	ck_assert_uint_le(report_text_cost(cut), 99);
	free(cut);
}
END_TEST

START_TEST(the_middle_goes_and_how_much_is_told)
{
	char text[1001], *cut;

	memset(text, 'a', 500);
	memset(text + 500, 'z', 500);
	text[1000] = '\0';
	cut = report_text_cut(text, 348);
	ck_assert_ptr_nonnull(strstr(cut, "aaa\n[... 700 octets left out ...]"
					  "\nzzz"));
	ck_assert_int_eq(cut[0], 'a');
	ck_assert_int_eq(cut[strlen(cut) - 1], 'z');
	free(cut);
}
END_TEST

/* Whatever the limit, and wherever it falls in a character. */
START_TEST(a_cut_keeps_within_its_limit_and_is_utf8)
{
	char text[4 * 400 + 1] = "", *cut;

	for (int i = 0; i < 100; i++)
		strcat(text, "<\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4\x1b"
			     "\xe2\x80\xa8");
	for (size_t max = 0; max < 700; max++) {
		cut = report_text_cut(text, max);
		ck_assert_msg(report_text_cost(cut) <= max, "%zu", max);
		ck_assert_msg(is_utf8(cut), "%zu", max);
		free(cut);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_text_costs_its_escapes, UNIT_ROWS(costs) },
		{ what_fits_stays, 0 },
		{ the_middle_goes_and_how_much_is_told, 0 },
		{ a_cut_keeps_within_its_limit_and_is_utf8, 0 },
		{ NULL, 0 },
	};

	return unit_run("report-text", tests, NULL, NULL);
}
