#include "lib/nearest.h"

#include <string.h>

#include "tests/unit/unit.h"

static const char *const words[] = {
	"succeed",
	"fail",
	"wait_until_succeeds",
	"wait_until_fails",
	"block",
	"unblock",
	"fdb",
	"segment",
	"add",
	"del",
	NULL,
};

static const struct {
	const char *word;
	const char *meant; /* or NULL */
} rows[] = {
	{ "succeed", "succeed" },
	{ "suceed", "succeed" },   /* missing */
	{ "succceed", "succeed" }, /* too many */
	{ "succeeb", "succeed" },  /* wrong */
	{ "succede", "succeed" },  /* swapped */
	{ "SUCCEED", "succeed" },  /* case */
	{ "sucede", "succeed" },   /* two slips in seven letters */
	{ "segmnt", "segment" },
	{ "wait_until_suceeds", "wait_until_succeeds" },
	{ "wait_until_fail", "wait_until_fails" },
	{ "waituntilfails", "wait_until_fails" },
	{ "fbd", "fdb" },
	{ "blcok", "block" },
	{ "nblock", "block" }, /* one away from both: the first */
	{ "ad", "add" },
	{ "dle", "del" },
	{ "fial", "fail" },
	{ "foul", NULL }, /* two slips in four letters */
	{ "sxxcxxd", NULL },
	{ "a", NULL },
	{ "", NULL },
	{ "reboot", NULL },
};

START_TEST(a_slip_or_two_are_forgiven_by_length)
{
	const char *got = nearest_word(rows[_i].word, words);

	if (rows[_i].meant == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_pstr_eq(got, rows[_i].meant);
}
END_TEST

START_TEST(a_single_letter_is_near_to_no_other)
{
	static const char *const letters[] = { "b", "bc", NULL };

	ck_assert_ptr_null(nearest_word("x", letters));
	ck_assert_pstr_eq(nearest_word("c", letters), "bc");
}
END_TEST

START_TEST(words_of_64_letters_are_compared_and_longer_ones_are_not)
{
	char known[66] = { 0 };
	char typed[66] = { 0 };
	const char *list[] = { known, NULL };

	memset(known, 'k', 64);
	memset(typed, 'k', 64);
	typed[63] = 'x';
	ck_assert_ptr_eq(nearest_word(typed, list), known);
	typed[64] = 'x';
	ck_assert_ptr_null(nearest_word(typed, list));
	typed[64] = '\0';
	known[64] = 'k';
	ck_assert_ptr_null(nearest_word(typed, list));
}
END_TEST

START_TEST(among_no_words_none_is_near)
{
	static const char *const none[] = { NULL };

	ck_assert_ptr_null(nearest_word("fail", none));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_slip_or_two_are_forgiven_by_length, UNIT_ROWS(rows) },
		{ a_single_letter_is_near_to_no_other, 0 },
		{ words_of_64_letters_are_compared_and_longer_ones_are_not, 0 },
		{ among_no_words_none_is_near, 0 },
		{ NULL, 0 },
	};

	return unit_run("nearest", tests, NULL, NULL);
}
