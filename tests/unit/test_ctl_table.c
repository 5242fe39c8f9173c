#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tools/ctl-table.h"

static const struct table_column columns[] = { { "NAME", false },
					       { "FRAMES", true },
					       { "WHAT", false } };

/* What a table with these cells (NULL-ended rows of text) prints. */
static char *
printed(const char *const *cells, size_t n)
{
	struct table *t = table_new(columns, 3);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < n; i++)
		table_add(t, cells[i]);
	table_print(t, out);
	fclose(out);
	table_free(t);
	return text;
}

#define assert_printed(want, ...)                                              \
	do {                                                                   \
		const char *const cells_[] = { __VA_ARGS__ };                  \
		char *got_ =                                                   \
		    printed(cells_, sizeof(cells_) / sizeof(cells_[0]));       \
		ck_assert_str_eq(got_, want);                                  \
		free(got_);                                                    \
	} while (0)

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	assert_printed("NAME          FRAMES  WHAT\n"
		       "a                  1  x\n"
		       "client.eth1  1234567  longer\n"
		       "b                 22  y\n",
		       "a", "1", "x", "client.eth1", "1234567", "longer", "b",
		       "22", "y");
}
END_TEST

START_TEST(missing_cells_are_dashes)
{
	assert_printed("NAME  FRAMES  WHAT\n"
		       "-          -  z\n"
		       "a          -  -\n",
		       NULL, "", "z", "a");
}
END_TEST

START_TEST(a_table_without_rows_prints_nothing)
{
	char *got = printed(NULL, 0);

	ck_assert_str_eq(got, "");
	free(got);
}
END_TEST

START_TEST(letters_count_not_bytes)
{
	assert_printed("NAME  FRAMES  WHAT\n"
		       "žluť       1  x\n"
		       "abcd       2  y\n",
		       "žluť", "1", "x", "abcd", "2", "y");
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} foreign[] = {
	{ "a\033[31mb", "a?[31mb" }, /* ESC */
	{ "a\nb\tc\x7f", "a?b?c?" }, /* C0 and DEL */
	{ "a\xc2\x9b"
	  "31mb",
	  "a?31mb" },		/* CSI, a C1 control */
	{ "a\xff\xfe", "a??" }, /* no UTF-8 */
	{ "a\xc2\xa0"
	  "b",
	  "a\xc2\xa0"
	  "b" }, /* the first that is a character */
};

START_TEST(a_foreign_text_cannot_drive_the_terminal)
{
	char want[128];

	snprintf(want, sizeof(want),
		 "NAME  FRAMES  WHAT\n"
		 "n          1  %s\n",
		 foreign[_i].want);
	assert_printed(want, "n", "1", foreign[_i].text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ columns_are_as_wide_as_their_widest_cell, 0 },
		{ missing_cells_are_dashes, 0 },
		{ a_table_without_rows_prints_nothing, 0 },
		{ letters_count_not_bytes, 0 },
		{ a_foreign_text_cannot_drive_the_terminal,
		  UNIT_ROWS(foreign) },
		{ NULL, 0 },
	};

	return unit_run("ctl_table", tests, NULL, NULL);
}
