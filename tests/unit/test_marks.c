/* Marks: their texts, and the four that a frame carries. */
#include "switch/marks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "switch/frame.h"
#include "tests/unit/unit.h"

static struct marks *marks;
static const char a[1], b[1]; /* owners */

static void
setup(void)
{
	marks = marks_new();
}

static void
teardown(void)
{
	marks_free(marks);
}

START_TEST(a_mark_is_its_owners)
{
	int mark = marks_add(marks, a, "x: lost");

	ck_assert_int_eq(mark, 0);
	ck_assert(marks_has(marks, a, mark));
	ck_assert(!marks_has(marks, b, mark));
	ck_assert(!marks_has(marks, a, mark + 1));
	ck_assert(!marks_has(marks, a, -1));
	ck_assert_int_eq(marks_add(marks, b, "x: lost"), -EEXIST);
	ck_assert_int_eq(marks_add(marks, b, "y: lost"), 1);
	ck_assert_str_eq(marks_text(marks, 0), "x: lost");
	ck_assert_str_eq(marks_text(marks, 1), "y: lost");
}
END_TEST

START_TEST(a_text_outlives_its_owner_and_can_be_had_again)
{
	int mark = marks_add(marks, a, "x: lost");

	marks_release(marks, a);
	ck_assert_str_eq(marks_text(marks, (uint16_t)mark), "x: lost");
	ck_assert(!marks_has(marks, a, mark));
	ck_assert_int_eq(marks_add(marks, b, "x: lost"), mark);
	ck_assert(marks_has(marks, b, mark));
}
END_TEST

START_TEST(the_one_that_is_gone_the_longest_makes_room)
{
	char text[32];

	ck_assert_int_eq(marks_add(marks, a, "first"), 0);
	ck_assert_int_eq(marks_add(marks, b, "second"), 1);
	for (int i = 2; i < MARKS_MAX; i++) {
		snprintf(text, sizeof(text), "mark %d", i);
		ck_assert_int_eq(marks_add(marks, text, text), i);
	}
	ck_assert_int_eq(marks_add(marks, a, "more"), -ENOSPC);
	marks_release(marks, b);
	marks_release(marks, a);
	ck_assert_int_eq(marks_add(marks, a, "more"), 1);
	ck_assert_int_eq(marks_add(marks, a, "and more"), 0);
	ck_assert_int_eq(marks_add(marks, a, "too many"), -ENOSPC);
}
END_TEST

/* Marks put on a frame one after the other, and what it has then. */
static const struct {
	const char *put, *want;
} rows[] = {
	{ "", "" },	  { "a", "a" },		 { "abcd", "abcd" },
	{ "aa", "a" },	  { "abcde", "bcde" },	 { "abcda", "bcda" },
	{ "abab", "ab" }, { "abcdefg", "defg" },
};

START_TEST(a_frame_has_the_last_four_that_differ)
{
	struct frame frame = { .n_marks = 0 };
	char got[FRAME_MARKS + 1] = "";

	for (const char *c = rows[_i].put; *c != '\0'; c++)
		frame_add_mark(&frame, (uint16_t)*c);
	for (int i = 0; i < frame.n_marks; i++)
		got[i] = (char)frame.marks[i];
	ck_assert_str_eq(got, rows[_i].want);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_mark_is_its_owners, 0 },
		{ a_text_outlives_its_owner_and_can_be_had_again, 0 },
		{ the_one_that_is_gone_the_longest_makes_room, 0 },
		{ a_frame_has_the_last_four_that_differ, UNIT_ROWS(rows) },
		{ NULL, 0 },
	};

	return unit_run("marks", tests, setup, teardown);
}
