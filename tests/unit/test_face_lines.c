#include "switch/face/lines.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct lines lines;
static char seen[4 * LINES_MAX]; /* "line|line|", "?" for a bad one */
static const char *deaf_after;	 /* hears no more after this line */

static void
setup(void)
{
	lines = (struct lines){ .len = 0 };
	seen[0] = '\0';
	deaf_after = NULL;
}

static bool
see(char *line, void *arg)
{
	(void)arg;
	strcat(seen, line != NULL ? line : "?");
	strcat(seen, "|");
	return deaf_after == NULL || line == NULL ||
	       strcmp(line, deaf_after) != 0;
}

static void
feed(const char *text)
{
	lines_feed(&lines, text, strlen(text), see, NULL);
}

START_TEST(several_lines_at_once_are_several_commands)
{
	feed("vlan/create 7\nvlan/create 8\n");
	ck_assert_str_eq(seen, "vlan/create 7|vlan/create 8|");
	ck_assert(!lines_is_open(&lines));
}
END_TEST

START_TEST(a_line_may_come_octet_by_octet)
{
	const char *text = "port/create 3\r\n\nx\n";

	for (; *text != '\0'; text++)
		lines_feed(&lines, text, 1, see, NULL);
	ck_assert_str_eq(seen, "port/create 3||x|");
}
END_TEST

START_TEST(a_rest_is_a_command_when_the_caller_says_so)
{
	feed("a\nshow");
	ck_assert_str_eq(seen, "a|");
	ck_assert(lines_is_open(&lines));
	lines_end(&lines, see, NULL);
	ck_assert_str_eq(seen, "a|show|");
	ck_assert(!lines_is_open(&lines));
	lines_end(&lines, see, NULL); /* nothing is no command */
	feed("b\n");
	ck_assert_str_eq(seen, "a|show|b|");
}
END_TEST

START_TEST(the_longest_line_passes_and_one_octet_more_is_refused)
{
	static char text[LINES_MAX + 3];

	memset(text, 'x', LINES_MAX);
	strcpy(text + LINES_MAX, "\n");
	feed(text);
	ck_assert_uint_eq(strlen(seen), LINES_MAX + 1);
	seen[0] = '\0';
	strcpy(text + LINES_MAX, "x\n");
	feed(text);
	ck_assert_str_eq(seen, "?|");
	feed("next\n");
	ck_assert_str_eq(seen, "?|next|");
}
END_TEST

START_TEST(a_long_line_in_pieces_leaves_nothing_of_it_behind)
{
	static char text[LINES_MAX + 1];

	memset(text, 'x', LINES_MAX);
	feed(text);
	feed("xx"); /* now it is too long */
	feed("y");  /* this would fit */
	feed("\nz\n");
	ck_assert_str_eq(seen, "?|z|");
}
END_TEST

START_TEST(a_nul_spoils_its_line_only)
{
	lines_feed(&lines, "a\0b\nc\n", 6, see, NULL);
	ck_assert_str_eq(seen, "?|c|");
}
END_TEST

START_TEST(who_leaves_hears_no_more)
{
	deaf_after = "logout";
	feed("a\nlogout\nshutdown\n");
	ck_assert_str_eq(seen, "a|logout|");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ several_lines_at_once_are_several_commands, 0 },
		{ a_line_may_come_octet_by_octet, 0 },
		{ a_rest_is_a_command_when_the_caller_says_so, 0 },
		{ the_longest_line_passes_and_one_octet_more_is_refused, 0 },
		{ a_long_line_in_pieces_leaves_nothing_of_it_behind, 0 },
		{ a_nul_spoils_its_line_only, 0 },
		{ who_leaves_hears_no_more, 0 },
		{ NULL, 0 },
	};

	return unit_run("face-lines", tests, setup, NULL);
}
