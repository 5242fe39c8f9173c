#include "driver/batch/line-prefix.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct line_prefix prefix;
static FILE *out;
static char *text;
static size_t size;

static void
setup(void)
{
	out = open_memstream(&text, &size);
	line_prefix_init(&prefix, "nat", out);
}

static void
teardown(void)
{
	line_prefix_end(&prefix);
	fclose(out);
	free(text);
}

static void
add(const char *data)
{
	line_prefix_add(&prefix, data, strlen(data));
}

static void
expect(const char *want)
{
	fflush(out);
	ck_assert_str_eq(text, want);
}

START_TEST(each_line_has_the_name_before_it)
{
	add("one\n\ntwo\n");
	expect("nat | one\nnat | \nnat | two\n");
}
END_TEST

START_TEST(a_line_is_printed_when_it_has_ended)
{
	add("on");
	expect("");
	add("e\ntw");
	expect("nat | one\n");
	line_prefix_end(&prefix);
	expect("nat | one\nnat | tw\n");
	line_prefix_end(&prefix);
	expect("nat | one\nnat | tw\n");
}
END_TEST

START_TEST(a_line_without_end_becomes_several)
{
	static char longest[LINE_PREFIX_LEN + 1];

	memset(longest, 'x', sizeof(longest) - 1);
	add(longest);
	expect("");
	add("y\n");
	fflush(out);
	ck_assert_uint_eq(size, sizeof("nat | ") - 1 + LINE_PREFIX_LEN + 1 +
				    strlen("nat | y\n"));
}
END_TEST

START_TEST(a_line_of_the_greatest_length_is_one)
{
	static char longest[LINE_PREFIX_LEN + 1];

	memset(longest, 'x', sizeof(longest) - 1);
	add(longest);
	add("\n");
	fflush(out);
	ck_assert_uint_eq(size, sizeof("nat | ") - 1 + LINE_PREFIX_LEN + 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_line_has_the_name_before_it, 0 },
		{ a_line_is_printed_when_it_has_ended, 0 },
		{ a_line_without_end_becomes_several, 0 },
		{ a_line_of_the_greatest_length_is_one, 0 },
		{ NULL, 0 },
	};

	return unit_run("line_prefix", tests, setup, teardown);
}
