#include "driver/report/annotations.h"

#include <stdlib.h>
#include <string.h>

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

START_TEST(an_error_has_its_place)
{
	github_annotate(out, ANNOTATION_ERROR, "a/b.lua", 12, "nat: failed",
			"why");
	expect("::error file=a/b.lua,line=12,title=nat%3A failed::why\n");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	github_annotate(out, ANNOTATION_WARNING, "a.lua", 0, "t", "why");
	github_annotate(out, ANNOTATION_WARNING, NULL, 3, "t", "why");
	expect("::warning file=a.lua,title=t::why\n"
	       "::warning title=t::why\n");
}
END_TEST

START_TEST(what_has_a_meaning_is_escaped)
{
	github_annotate(out, ANNOTATION_ERROR, "a,b:c%.lua", 1, "x\ny",
			"100%\na,b: c\r\n::error::d");
	expect("::error file=a%2Cb%3Ac%25.lua,line=1,title=x%0Ay::"
	       "100%25%0Aa,b: c%0A::error::d\n");
}
END_TEST

START_TEST(a_message_has_an_end)
{
	char *longer = malloc(2 * ANNOTATION_MESSAGE_MAX + 1);

	memset(longer, 'x', 2 * ANNOTATION_MESSAGE_MAX);
	longer[ANNOTATION_MESSAGE_MAX] = '\0';
	github_annotate(out, ANNOTATION_ERROR, NULL, 0, "t", longer);
	fflush(out);
	ck_assert_ptr_null(strstr(text, "..."));
	longer[ANNOTATION_MESSAGE_MAX] = 'x';
	longer[ANNOTATION_MESSAGE_MAX + 1] = '\0';
	github_annotate(out, ANNOTATION_ERROR, NULL, 0, "t", longer);
	fflush(out);
	ck_assert_ptr_nonnull(strstr(text, "x%0A...\n"));
	ck_assert_uint_lt(size, 2 * ANNOTATION_MESSAGE_MAX + 100);
	free(longer);
}
END_TEST

START_TEST(between_the_marks_of_a_group_there_are_no_commands)
{
	github_group_begin(out, "nat\n::error::x", "TOKEN");
	github_group_end(out, "TOKEN");
	expect("::group::nat%0A::error::x\n::stop-commands::TOKEN\n"
	       "::TOKEN::\n::endgroup::\n");
}
END_TEST

START_TEST(text_is_text_in_markdown)
{
	github_markdown(out, "a|b <i>*x*</i> `c` [d](e)\nf\x1b[31m g\xc3\xbc");
	expect("a&#124;b &#60;i&#62;&#42;x&#42;&#60;&#47;i&#62; &#96;c&#96; "
	       "&#91;d&#93;&#40;e&#41;<br>f g\xc3\xbc");
}
END_TEST

START_TEST(a_section_has_a_name_that_gitlab_takes)
{
	gitlab_section_begin(out, "a b/c\nd.e_f-1", "head\r\nsection_end:1:x",
			     1700000000, false);
	gitlab_section_end(out, "a b/c\nd.e_f-1", 1700000001);
	gitlab_section_begin(out, "x", "y", 2, true);
	expect("\033[0Ksection_start:1700000000:a_b_c_d.e_f-1\r\033[0K"
	       "head section_end:1:x\n"
	       "\033[0Ksection_end:1700000001:a_b_c_d.e_f-1\r\033[0K\n"
	       "\033[0Ksection_start:2:x[collapsed=true]\r\033[0Ky\n");
}
END_TEST

START_TEST(a_path_is_part_of_an_address)
{
	char *url = gitlab_url("results/a b/100%/\xc3\xbc?#&.html");

	ck_assert_str_eq(url, "results/a%20b/100%25/%C3%BC%3F%23%26.html");
	free(url);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_error_has_its_place, 0 },
		{ what_is_not_known_is_left_out, 0 },
		{ what_has_a_meaning_is_escaped, 0 },
		{ a_message_has_an_end, 0 },
		{ between_the_marks_of_a_group_there_are_no_commands, 0 },
		{ text_is_text_in_markdown, 0 },
		{ a_section_has_a_name_that_gitlab_takes, 0 },
		{ a_path_is_part_of_an_address, 0 },
		{ NULL, 0 },
	};

	return unit_run("annotations", tests, setup, teardown);
}
