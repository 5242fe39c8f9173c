/* page: what is put into the shell of report.html stays what it was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/page.h"
#include "tests/unit/unit.h"

static char *written;
static size_t written_size;

static const char *
page_of(const char *title, const char *summary, const char *data, size_t size)
{
	FILE *file;

	free(written);
	file = open_memstream(&written, &written_size);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(page_write(file, title, summary, data, size), 0);
	fclose(file);
	return written;
}

static const char *
page_with(const char *data)
{
	return page_of("nat", "failed", data, strlen(data));
}

START_TEST(each_place_is_filled_and_none_is_left)
{
	const char *page = page_of("a title", "a summary", "{\"a\":1}", 7);

	ck_assert_ptr_nonnull(strstr(page, "<title>a title</title>"));
	ck_assert_ptr_nonnull(strstr(page, "<pre>a summary</pre>"));
	ck_assert_ptr_nonnull(strstr(page, "id=\"data\">{\"a\":1}</script>"));
	ck_assert_ptr_null(strstr(page, "@TITLE@"));
	ck_assert_ptr_null(strstr(page, "@HASH@"));
	ck_assert_ptr_null(strstr(page, "@DATA@"));
	ck_assert_str_eq(page + strlen(page) - 8, "</html>\n");
}
END_TEST

START_TEST(a_title_that_is_named_like_a_place_is_only_text)
{
	ck_assert_ptr_nonnull(
	    strstr(page_of("@DATA@", "", "1", 1), "<title>@DATA@</title>"));
}
END_TEST

START_TEST(text_cannot_become_an_element)
{
	const char *page = page_of("<b>&\"", "</pre><script>", "1", 1);

	ck_assert_ptr_nonnull(strstr(page, "&lt;b&gt;&amp;&quot;</title>"));
	ck_assert_ptr_nonnull(strstr(page, "&lt;/pre&gt;&lt;script&gt;"));
}
END_TEST

START_TEST(data_cannot_end_its_element)
{
	ck_assert_ptr_nonnull(
	    strstr(page_with("[\"</script><!--&\"]"),
		   "[\"\\u003c/script\\u003e\\u003c!--\\u0026\"]"));
}
END_TEST

START_TEST(line_separators_are_escaped_and_their_neighbours_are_not)
{
	ck_assert_ptr_nonnull(
	    strstr(page_with("\"\xe2\x80\xa7 \xe2\x80\xa8 \xe2\x80\xa9 "
			     "\xe2\x80\xaa \xe2\x82\xac\""),
		   "\"\xe2\x80\xa7 \\u2028 \\u2029 \xe2\x80\xaa "
		   "\xe2\x82\xac\""));
}
END_TEST

START_TEST(data_that_ends_within_a_character_is_not_read_beyond)
{
	ck_assert_ptr_nonnull(
	    strstr(page_of("", "", "\xe2\x80\xa8", 2), ">\xe2\x80</script>"));
	ck_assert_ptr_nonnull(
	    strstr(page_of("", "", "\xe2\x80\xa8", 3), ">\\u2028</script>"));
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	FILE *file = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(page_write(file, "", "", "1", 1), -EIO);
	fclose(file);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_place_is_filled_and_none_is_left, 0 },
		{ a_title_that_is_named_like_a_place_is_only_text, 0 },
		{ text_cannot_become_an_element, 0 },
		{ data_cannot_end_its_element, 0 },
		{ line_separators_are_escaped_and_their_neighbours_are_not, 0 },
		{ data_that_ends_within_a_character_is_not_read_beyond, 0 },
		{ a_full_disk_is_an_error, 0 },
		{ NULL, 0 },
	};

	return unit_run("page", tests, NULL, NULL);
}
