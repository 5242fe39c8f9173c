#include "driver/report/cut-text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct cut_text cut;

static char *
cut_of(size_t max, const char *text)
{
	cut_text_init(&cut, max);
	cut_text_add(&cut, text);
	return cut_text_take(&cut);
}

static const struct {
	size_t max;
	const char *text;
	const char *result;
} rows[] = {
	{ 8, "", "" },
	{ 8, "12345678", "12345678" },
	/* a quarter, and the rest */
	{ 8, "12345678A", "12\n[... 1 octets left out ...]\n45678A" },
	/* whole lines, where there are any */
	{ 8, "1\n34\n6789\n", "1\n[... 3 octets left out ...]\n6789\n" },
	/* no character in pieces, at either end */
	{ 8,
	  "1\xc3\xa4"
	  "4567\xc3\xa4"
	  "AB",
	  "1\n[... 4 octets left out ...]\n67\xc3\xa4"
	  "AB" },
	{ 8,
	  "1234\xc3\xa4"
	  "56789",
	  "12\n[... 4 octets left out ...]\n56789" },
};

START_TEST(a_long_text_loses_its_middle)
{
	char *text = cut_of(rows[_i].max, rows[_i].text);

	ck_assert_str_eq(text, rows[_i].result);
	free(text);
}
END_TEST

START_TEST(it_is_the_same_in_pieces)
{
	const char *all = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";
	char *whole = cut_of(16, all), *text;

	cut_text_init(&cut, 16);
	for (const char *p = all; *p != '\0'; p++)
		cut_text_addf(&cut, "%c", *p);
	text = cut_text_take(&cut);
	ck_assert_str_eq(text, whole);
	ck_assert_str_eq(text, "one\n[... 30 octets left out ...]\neight\n");
	free(whole);
	free(text);
}
END_TEST

START_TEST(much_text_needs_little_memory)
{
	char *text;

	cut_text_init(&cut, 1000);
	for (int i = 0; i < 100000; i++) {
		cut_text_add(&cut, "0123456789\n");
		ck_assert_uint_le(cut.capacity, 4096);
	}
	text = cut_text_take(&cut);
	ck_assert_uint_le(strlen(text), 1000 + 64);
	free(text);
}
END_TEST

START_TEST(after_it_is_taken_it_is_empty)
{
	char *text = cut_of(4, "123456789");

	free(text);
	text = cut_text_take(&cut);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_long_text_loses_its_middle, UNIT_ROWS(rows) },
		{ it_is_the_same_in_pieces, 0 },
		{ much_text_needs_little_memory, 0 },
		{ after_it_is_taken_it_is_empty, 0 },
		{ NULL, 0 },
	};

	return unit_run("cut_text", tests, NULL, NULL);
}
