#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "lib/words.h"
#include "tests/unit/unit.h"

/* @words: ended by NULL. */
static const struct {
	const char *line;
	const char *words[6];
} lines[] = {
	{ "", { NULL } },
	{ " \t\r\n", { NULL } },
	{ "port", { "port", NULL } },
	{ "port add  lab\tdummy\n", { "port", "add", "lab", "dummy", NULL } },
	{ "a b c d e", { "a", "b", "c", "d", "e", NULL } },
	/* quotes */
	{ "'arp or icmp'", { "arp or icmp", NULL } },
	{ "filter='arp or icmp' x", { "filter=arp or icmp", "x", NULL } },
	{ "\"a 'b' \\\"c\\\" \\\\ \\d\"", { "a 'b' \"c\" \\ \\d", NULL } },
	{ "'\\'", { "\\", NULL } },
	{ "a\\ b \\'", { "a b", "'", NULL } },
	{ "'' \"\"", { "", "", NULL } },
	/* comments */
	{ "# port", { NULL } },
	{ "port # add", { "port", NULL } },
	{ "port#add '#' \\#", { "port#add", "#", "#", NULL } },
	{ "'it''s'", { "its", NULL } },
	/* no expansion */
	{ "$HOME `id` *", { "$HOME", "`id`", "*", NULL } },
};

START_TEST(a_line_is_parted_as_by_a_shell)
{
	struct words words;
	size_t n = 0;

	ck_assert_int_eq(words_split(lines[_i].line, &words, NULL), 0);
	for (; lines[_i].words[n] != NULL; n++) {
		ck_assert_ptr_nonnull(words.word[n]);
		ck_assert_str_eq(words.word[n], lines[_i].words[n]);
	}
	ck_assert_ptr_null(words.word[n]);
	ck_assert_uint_eq(words.n, n);
	words_fini(&words);
}
END_TEST

static const struct {
	const char *line;
	const char *text;
} bad_lines[] = {
	{ "port 'add", "a ' is missing" },
	{ "port \"add'", "a \" is missing" },
	{ "port \"add\\\"", "a \" is missing" },
	{ "port \\", "nothing follows the backslash" },
	{ "\"\\", "nothing follows the backslash" },
};

START_TEST(a_quote_must_end)
{
	struct err err = ERR_INIT;
	struct words words;

	ck_assert_int_eq(words_split(bad_lines[_i].line, &words, &err),
			 -EINVAL);
	ck_assert_str_eq(err.text, bad_lines[_i].text);
	ck_assert_ptr_null(words.word);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_is_parted_as_by_a_shell, UNIT_ROWS(lines) },
		{ a_quote_must_end, UNIT_ROWS(bad_lines) },
		{ NULL, 0 },
	};

	return unit_run("words", tests, NULL, NULL);
}
