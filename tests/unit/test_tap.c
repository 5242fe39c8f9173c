#include "driver/report/tap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/utf8.h"
#include "tests/unit/unit.h"

static char *text;
static size_t size;
static FILE *out;

static void
setup(void)
{
	out = open_memstream(&text, &size);
}

static void
teardown(void)
{
	fclose(out);
	free(text);
}

static void
expect(const char *want)
{
	fflush(out);
	ck_assert_str_eq(text, want);
}

START_TEST(a_plan_comes_first)
{
	tap_begin(out, 14, 3, NULL);
	expect("TAP version 14\n1..3\n");
}
END_TEST

START_TEST(the_version_is_13_only_for_who_knows_no_other)
{
	ck_assert_int_eq(tap_version(NULL), 14);
	ck_assert_int_eq(tap_version(""), 14);
	ck_assert_int_eq(tap_version("13"), 13);
	ck_assert_int_eq(tap_version("14"), 14);
	ck_assert_int_eq(tap_version("15"), 14);
	ck_assert_int_eq(tap_version("131"), 14);
}
END_TEST

START_TEST(no_tests_are_a_plan_that_is_skipped)
{
	tap_begin(out, 13, 0, "no # here");
	expect("TAP version 13\n1..0 # SKIP no \\# here\n");
}
END_TEST

START_TEST(a_point_has_what_is_known)
{
	const struct tap_point point = { .ok = false,
					 .description = "nat",
					 .message = "why\n\"so\"",
					 .severity = "fail",
					 .file = "a.lua",
					 .line = 12,
					 .duration_ms = 1500,
					 .n_runs = 3,
					 .n_passed = 2 };

	tap_point(out, 0, 2, &point);
	expect("not ok 2 - nat\n"
	       "  ---\n"
	       "  message: \"why\\n\\\"so\\\"\"\n"
	       "  severity: \"fail\"\n"
	       "  at:\n"
	       "    file: \"a.lua\"\n"
	       "    line: 12\n"
	       "  duration_ms: 1500.000\n"
	       "  runs: 3\n"
	       "  passed: 2\n"
	       "  ...\n");
}
END_TEST

START_TEST(nothing_known_is_no_block)
{
	const struct tap_point point = { .ok = true,
					 .description = "x",
					 .duration_ms = -1 };

	tap_point(out, 0, 1, &point);
	expect("ok 1 - x\n");
}
END_TEST

START_TEST(what_was_not_run_is_skipped)
{
	const struct tap_point point = { .ok = true,
					 .description = "x",
					 .skip = "not run",
					 .duration_ms = -1 };

	tap_point(out, 0, 1, &point);
	expect("ok 1 - x # SKIP not run\n");
}
END_TEST

START_TEST(subtests_lie_deeper)
{
	const struct tap_point point = { .ok = true,
					 .description = "in # it",
					 .duration_ms = 0 };

	tap_subtests(out, 0, "nat #1", 1);
	tap_point(out, 1, 1, &point);
	expect("# Subtest: nat \\#1\n"
	       "    1..1\n"
	       "    ok 1 - in \\# it\n"
	       "      ---\n"
	       "      duration_ms: 0.000\n"
	       "      ...\n");
}
END_TEST

static const struct {
	const char *description;
	const char *want;
} escapes[] = {
	{ "a # TODO later", "ok 1 - a \\# TODO later\n" },
	{ "a #SKIP", "ok 1 - a \\#SKIP\n" },
	{ "back\\slash \\# both", "ok 1 - back\\\\slash \\\\\\# both\n" },
	{ "two\nlines\r\nok 2 - forged", "ok 1 - two lines ok 2 - forged\n" },
	{ "42", "ok 1 - 42\n" },
	{ "", "ok 1 - \n" },
	{ "gr\xc3\xbc\xc3\x9f", "ok 1 - gr\xc3\xbc\xc3\x9f\n" },
};

START_TEST(descriptions_are_escaped)
{
	const struct tap_point point = { .ok = true,
					 .description = escapes[_i].description,
					 .duration_ms = -1 };

	tap_point(out, 0, 1, &point);
	expect(escapes[_i].want);
}
END_TEST

START_TEST(the_end_of_all_is_told)
{
	tap_bail_out(out, "interrupted\nby #1");
	expect("Bail out! interrupted by \\#1\n");
}
END_TEST

/* ---- whatever texts hold ---- */

/* A strict reader, of what we write: one point, whose diagnostics are strings
 * of JSON.  Return: its description, as it is meant; owned. */
static char *
read_point(const char *line)
{
	static const char begin[] = "not ok 7 - ";
	char *description = calloc(strlen(line) + 1, 1), *p = description;

	ck_assert_int_eq(strncmp(line, begin, strlen(begin)), 0);
	for (line += strlen(begin); *line != '\n'; line++) {
		ck_assert(*line != '\0');
		if (*line == '#') { /* the one directive */
			ck_assert_int_eq(strncmp(line, "# SKIP ", 7), 0);
			break;
		}
		if (*line == '\\') {
			line++;
			ck_assert(*line == '\\' || *line == '#');
		}
		*p++ = *line;
	}
	return description;
}

static void
check_lines(void)
{
	static const char *const begins[] = { "not ok 7 - ",   "  ---",
					      "  message: \"", "  at:",
					      "    file: \"",  "  ..." };
	size_t n = 0;

	for (char *line = text; *line != '\0';
	     line = strchr(line, '\n') + 1, n++) {
		ck_assert_uint_lt(n, 6);
		ck_assert_msg(strncmp(line, begins[n], strlen(begins[n])) == 0,
			      "line %zu: %s", n, text);
		ck_assert_ptr_nonnull(strchr(line, '\n'));
	}
	ck_assert_uint_eq(n, 6);
	for (size_t i = 0, len; i < size; i += len) {
		len = utf8_len(text + i, size - i);
		ck_assert_uint_gt(len, 0);
		ck_assert(text[i] == '\n' || !iscntrl((unsigned char)text[i]));
	}
}

/* A value in double quotes, as JSON reads it. */
static void
check_message(void)
{
	char *begin = strstr(text, "  message: ") + strlen("  message: ");
	json_t *json =
	    json_loadb(begin, strcspn(begin, "\n"), JSON_DECODE_ANY, NULL);

	ck_assert_msg(json_is_string(json), "%s", text);
	json_decref(json);
}

START_TEST(no_text_breaks_out_of_its_line)
{
	static const char *const pieces[] = {
		"#",	    "\\",	 "\n",	     "\r",
		"...",	    "---",	 "# TODO ",  "ok 1",
		"\"",	    "'",	 ": ",	     "\t",
		"\x1b[2J",  "\xff",	 "\xc2\x85", "\xe2\x80\xa8",
		"\xc3\xbc", "Bail out!", "1..9",     "    ",
		"{",	    "]",
	};
	char hostile[200];

	srand((unsigned)_i);
	for (int round = 0; round < 200; round++) {
		const struct tap_point point = { .description = hostile,
						 .message = hostile,
						 .file = hostile,
						 .skip =
						     round % 2 ? hostile : NULL,
						 .duration_ms = -1 };
		char *description;

		hostile[0] = '\0';
		for (int i = rand() % 12; i > 0; i--)
			strcat(hostile, pieces[rand() % UNIT_ROWS(pieces)]);
		teardown();
		setup();
		tap_point(out, 0, 7, &point);
		fflush(out);
		check_lines();
		check_message();
		description = read_point(text);
		/* What is no blank and no control has come through. */
		ck_assert(strchr(hostile, '#') == NULL ||
			  strchr(description, '#') != NULL);
		free(description);
	}
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	char *longer = malloc(3 * TAP_MESSAGE_MAX);
	struct tap_point point = { .description = longer,
				   .message = longer,
				   .file = "f",
				   .duration_ms = -1 };

	longer[0] = 'x';
	for (size_t i = 1; i + 2 < 3 * TAP_MESSAGE_MAX; i += 2)
		memcpy(longer + i, "\xc3\xbc", 3);
	tap_point(out, 0, 7, &point);
	fflush(out);
	check_lines();
	ck_assert_uint_lt(size, TAP_MESSAGE_MAX + TAP_DESCRIPTION_MAX + 200);
	free(longer);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_plan_comes_first, 0 },
		{ the_version_is_13_only_for_who_knows_no_other, 0 },
		{ no_tests_are_a_plan_that_is_skipped, 0 },
		{ a_point_has_what_is_known, 0 },
		{ nothing_known_is_no_block, 0 },
		{ what_was_not_run_is_skipped, 0 },
		{ subtests_lie_deeper, 0 },
		{ descriptions_are_escaped, UNIT_ROWS(escapes) },
		{ the_end_of_all_is_told, 0 },
		{ no_text_breaks_out_of_its_line, 20 },
		{ long_texts_are_cut_between_characters, 0 },
		{ NULL, 0 },
	};

	return unit_run("tap", tests, setup, teardown);
}
