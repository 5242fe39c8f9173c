#include "tools/compat/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define GREETING "VDE switch V.2.3.2\n(C) somebody\n\nvde$ "

static struct answer answer;
static char shown[1024]; /* "line|", events "<line>" */

static void
on_data(const char *line, void *arg)
{
	size_t len = strlen(shown);

	ck_assert_ptr_eq(arg, shown);
	snprintf(shown + len, sizeof(shown) - len, "%s|", line);
}

static void
on_event(const char *line, void *arg)
{
	size_t len = strlen(shown);

	ck_assert_ptr_eq(arg, shown);
	snprintf(shown + len, sizeof(shown) - len, "<%s>", line);
}

static void
setup(void)
{
	shown[0] = '\0';
	answer_init(&answer, on_data, on_event, shown);
}

/* Octet by octet.  Return: what the last of them brought. */
static int
feed(const char *text)
{
	int ret = 0;

	for (; *text != '\0' && ret >= 0; text++)
		ret = answer_feed(&answer, text, 1);
	return ret;
}

static const struct {
	const char *text;
	int code;
	const char *shown;
} answers[] = {
	{ "1000 Success\n\nvde$ ", 0, "" },
	{ "1017 File exists\n\nvde$ ", EEXIST, "" },
	{ "0000 DATA END WITH '.'\nNumports=32\n.\n1000 Success\n\nvde$ ", 0,
	  "Numports=32|" },
	{ "0000 DATA END WITH '.'\n.\n1006 No such device\n\nvde$ ", ENXIO,
	  "" },
	/* What is shown may look like anything. */
	{ "0000 DATA END WITH '.'\n1017 x\nvde$ \n3021 y\n.\n1000 Success\n"
	  "\nvde$ ",
	  0, "1017 x|vde$ |3021 y|" },
	{ "3021 port/+ 07\n1000 Success\n\nvde$ ", 0, "<3021 port/+ 07>" },
	{ "1000 Success\n3021 port/+ 07\n\nvde$ ", 0, "<3021 port/+ 07>" },
	/* A script: the first failure counts. */
	{ "vde[rc]: a\n1038 Function not implemented\nvde[rc]: b\n"
	  "1017 File exists\n1000 Success\n\nvde$ ",
	  ENOSYS, "vde[rc]: a|vde[rc]: b|" },
};

START_TEST(an_answer_is_taken_apart)
{
	ck_assert_int_eq(feed(GREETING), 1);
	answer_next(&answer);
	ck_assert_int_eq(feed(answers[_i].text), 1);
	ck_assert_int_eq(answer.code, answers[_i].code);
	ck_assert_str_eq(shown, answers[_i].shown);
}
END_TEST

START_TEST(an_answer_is_complete_with_its_prompt)
{
	const char *text = answers[_i].text;

	ck_assert_int_eq(feed(GREETING), 1);
	answer_next(&answer);
	for (; text[1] != '\0'; text++)
		ck_assert_int_eq(answer_feed(&answer, text, 1), 0);
	ck_assert_int_eq(answer_feed(&answer, text, 1), 1);
}
END_TEST

START_TEST(the_greeting_is_not_shown)
{
	ck_assert_int_eq(feed(GREETING), 1);
	ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(a_second_answer_has_nothing_of_the_first)
{
	feed(GREETING);
	answer_next(&answer);
	feed("1017 File exists\n\nvde$ ");
	answer_next(&answer);
	ck_assert_int_eq(feed("1000 Success\n\nvde$ "), 1);
	ck_assert_int_eq(answer.code, 0);
	ck_assert_str_eq(answer.text, "Success");
}
END_TEST

START_TEST(the_end_is_an_answer_to_logout_only)
{
	feed(GREETING);
	answer_next(&answer);
	ck_assert_int_eq(feed("9999 END OF SESSION"), 0);
	ck_assert_int_eq(answer_end(&answer), 1);
	ck_assert_int_eq(answer.code, 0);
	answer_next(&answer);
	feed("10");
	ck_assert_int_eq(answer_end(&answer), -EPROTO);
	answer_init(&answer, NULL, NULL, NULL);
	ck_assert_int_eq(answer_end(&answer), -EPROTO);
}
END_TEST

START_TEST(a_line_without_end_is_no_console)
{
	for (int i = 0; i < ANSWER_LINE_MAX; i++)
		ck_assert_int_eq(feed("x"), 0);
	ck_assert_int_eq(feed("x"), -EPROTO);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_answer_is_taken_apart, UNIT_ROWS(answers) },
		{ an_answer_is_complete_with_its_prompt, UNIT_ROWS(answers) },
		{ the_greeting_is_not_shown, 0 },
		{ a_second_answer_has_nothing_of_the_first, 0 },
		{ the_end_is_an_answer_to_logout_only, 0 },
		{ a_line_without_end_is_no_console, 0 },
		{ NULL, 0 },
	};

	return unit_run("answer", tests, setup, NULL);
}
