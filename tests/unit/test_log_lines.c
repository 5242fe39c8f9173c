#include "driver/report/log-lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/report/story.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char path[64];
static struct log_lines *lines;
static struct err err;

static void
setup(void)
{
	int fd;

	strcpy(path, "/tmp/test-log-lines-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
teardown(void)
{
	log_lines_close(lines);
	unlink(path);
}

static void
append(const char *text, size_t size)
{
	FILE *f = fopen(path, "a");

	ck_assert_uint_eq(fwrite(text, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

/* One line of @size times 'x'. */
static void
append_long(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, 'x', size);
	text[size] = '\n';
	append(text, size + 1);
	free(text);
}

static void
begin(void)
{
	lines = log_lines_open(path, &err);
	ck_assert_msg(lines != NULL, "%s", err.text);
}

static void
expect_line(const char *text)
{
	const char *line;
	size_t len;

	ck_assert_int_eq(log_lines_next(lines, &line, &len), 1);
	ck_assert_str_eq(line, text);
	ck_assert_uint_eq(len, strlen(text));
}

static void
expect_end(void)
{
	const char *line;
	size_t len;

	ck_assert_int_eq(log_lines_next(lines, &line, &len), 0);
}

START_TEST(lines_come_one_by_one)
{
	append("a\n\nbc\n", 6);
	begin();
	expect_line("a");
	expect_line("");
	expect_line("bc");
	expect_end();
	expect_end();
}
END_TEST

START_TEST(a_last_line_without_its_end_is_none)
{
	append("a\nbc", 4);
	begin();
	expect_line("a");
	expect_end();
}
END_TEST

START_TEST(an_empty_file_has_none)
{
	begin();
	expect_end();
}
END_TEST

START_TEST(the_longest_line_is_read)
{
	const char *line;
	size_t len;

	append_long(STORY_LINE_MAX);
	append("b\n", 2);
	begin();
	ck_assert_int_eq(log_lines_next(lines, &line, &len), 1);
	ck_assert_uint_eq(len, STORY_LINE_MAX);
	expect_line("b");
}
END_TEST

START_TEST(a_longer_line_is_skipped)
{
	static const size_t sizes[] = { STORY_LINE_MAX + 1,
					STORY_LINE_MAX * 3 };
	const char *line;
	size_t len;

	append("a\n", 2);
	append_long(sizes[_i]);
	append("b\n", 2);
	begin();
	expect_line("a");
	ck_assert_int_eq(log_lines_next(lines, &line, &len), -EMSGSIZE);
	expect_line("b");
	expect_end();
}
END_TEST

START_TEST(lines_across_chunks_stay_whole)
{
	char text[1002];

	memset(text, 'y', 1000);
	text[1000] = '\n';
	for (int i = 0; i < 2000; i++)
		append(text, 1001);
	text[1000] = '\0';
	begin();
	for (int i = 0; i < 2000; i++)
		expect_line(text);
	expect_end();
}
END_TEST

START_TEST(the_second_time_reads_what_the_first_one_did)
{
	append("a\nb\n", 4);
	begin();
	expect_line("a");
	expect_line("b");
	expect_end();
	append("c\n", 2);
	log_lines_rewind(lines);
	expect_line("a");
	expect_line("b");
	expect_end();
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	ck_assert_ptr_null(log_lines_open("/tmp", &err));
	ck_assert_ptr_null(log_lines_open("/nonexistent", &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(log_lines_open(path, &err));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ lines_come_one_by_one, 0 },
		{ a_last_line_without_its_end_is_none, 0 },
		{ an_empty_file_has_none, 0 },
		{ the_longest_line_is_read, 0 },
		{ a_longer_line_is_skipped, 2 },
		{ lines_across_chunks_stay_whole, 0 },
		{ the_second_time_reads_what_the_first_one_did, 0 },
		{ what_is_no_file_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("log-lines", tests, setup, teardown);
}
