/* Configuration files as lines of words. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/config-file.h"
#include "tests/unit/unit.h"

enum { SHOWN_SIZE = 4096 };

static char shown[SHOWN_SIZE]; /* what was read, as text */

static void __attribute__((format(printf, 1, 2))) show(const char *fmt, ...)
{
	size_t len = strlen(shown);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shown + len, sizeof(shown) - len, fmt, ap);
	va_end(ap);
}

static void
on_mistake(unsigned number, const char *text, void *arg)
{
	(void)arg;
	show("%u! %s\n", number, text);
}

/* "NUMBER:word|word" for each line, "NUMBER! mistake" before them. */
static const char *
parse(const char *text, size_t size)
{
	struct config_file file;

	shown[0] = '\0';
	config_file_parse(text, size, &file, on_mistake, NULL);
	for (size_t i = 0; i < file.n; i++) {
		show("%u:", file.lines[i].number);
		for (size_t k = 0; k < file.lines[i].words.n; k++)
			show("%s%s", k > 0 ? "|" : "",
			     file.lines[i].words.word[k]);
		show("\n");
	}
	config_file_fini(&file);
	return shown;
}

static const struct {
	const char *text, *want;
} files[] = {
	{ "", "" },
	{ "\n\n \t\n", "" },
	{ "a b\nc\n", "1:a|b\n2:c\n" },
	{ "a b\nc", "1:a|b\n2:c\n" }, /* without the last line feed */
	{ "# a\n a # b\n#\nb#c\n", "2:a\n4:b#c\n" },
	{ "a\r\nb\r\n", "1:a\n2:b\n" },
	/* joined lines */
	{ "a \\\nb\nc\n", "1:a|b\n3:c\n" },
	{ "a\\\nb\n", "1:ab\n" },
	{ "a \\\n\\\nb\nc\n", "1:a|b\n4:c\n" },
	{ "a \\\n\nc\n", "1:a\n3:c\n" },
	{ "a \\\\\nb\n", "1:a|\\\n2:b\n" },
	{ "a # b \\\nc\n", "1:a\n2:c\n" }, /* not out of a comment */
	{ "a \\\n# b\nc\n", "1:a\n3:c\n" },
	{ "'a \\'\nb\n", "1:a \\\n2:b\n" }, /* nor out of these quotes */
	{ "\"a \\\nb\" c\nd\n", "1:a b|c\n3:d\n" },
	{ "a#\\\nb\n", "1:a#b\n" },
	{ "'#' \\\nb\n", "1:#|b\n" },
	/* mistakes cost their line */
	{ "a\n'b\nc\n", "2! a ' is missing\n1:a\n3:c\n" },
	{ "a\n\"b\nc \\\nd\n", "2! a \" is missing\n1:a\n3:c|d\n" },
	{ "a\nb \\", "2! nothing follows the backslash\n1:a\n" },
	{ "a\n\xff\nb\n", "2! it is not UTF-8\n1:a\n3:b\n" },
	{ "a\n'\xc3\xa4'\n", "1:a\n2:\xc3\xa4\n" },
};

START_TEST(a_file_is_read_line_by_line)
{
	ck_assert_str_eq(parse(files[_i].text, strlen(files[_i].text)),
			 files[_i].want);
}
END_TEST

START_TEST(a_nul_is_a_mistake)
{
	ck_assert_str_eq(parse("a\nb\0c\nd\n", 8),
			 "2! there is a NUL in it\n1:a\n3:d\n");
}
END_TEST

static const struct {
	size_t len;
	const char *want;
} lengths[] = { { CONFIG_LINE_MAX, "2:b\n" },
		{ CONFIG_LINE_MAX + 1, "1! it is too long\n2:b\n" } };

START_TEST(a_line_has_a_greatest_length)
{
	char *text = calloc(lengths[_i].len + 4, 1);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', lengths[_i].len);
	text[0] = '#';
	strcat(text, "\nb\n");
	ck_assert_str_eq(parse(text, strlen(text)), lengths[_i].want);
	free(text);
}
END_TEST

/* ---- the file ---- */

static char dir[64], path[128];

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vdelab-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
}

static void
teardown(void)
{
	sockpath_remove_tree(dir, NULL);
}

static void
write_file(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static const mode_t good_modes[] = { 0600, 0644, 0444, 0755 };

START_TEST(a_file_that_only_we_can_write_is_read)
{
	char *text;
	size_t size;

	write_file("a b\n", good_modes[_i]);
	ck_assert_int_eq(config_file_read(path, &text, &size, NULL), 0);
	ck_assert_uint_eq(size, 4);
	ck_assert_str_eq(text, "a b\n");
	free(text);
}
END_TEST

static const mode_t bad_modes[] = { 0620, 0602, 0666 };

START_TEST(a_file_that_others_can_write_is_refused)
{
	struct err err = ERR_INIT;
	char *text;
	size_t size;

	write_file("a b\n", bad_modes[_i]);
	ck_assert_int_eq(config_file_read(path, &text, &size, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod go-w"));
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(a_file_of_somebody_else_is_refused)
{
	struct err err = ERR_INIT;
	char *text;
	size_t size;

	write_file("a b\n", 0644);
	if (chown(path, 12345, (gid_t)-1) < 0)
		return; /* only root can give files away */
	ck_assert_int_eq(config_file_read(path, &text, &size, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "12345"));
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	struct err err = ERR_INIT;
	char *text;
	size_t size;

	ck_assert_int_eq(config_file_read(path, &text, &size, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(config_file_read(dir, &text, &size, &err), -EINVAL);
	ck_assert_int_eq(mkfifo(path, 0600), 0); /* and is not waited for */
	ck_assert_int_eq(config_file_read(path, &text, &size, &err), -EINVAL);
}
END_TEST

START_TEST(a_file_has_a_greatest_size)
{
	struct err err = ERR_INIT;
	char *text;
	size_t size;

	write_file("", 0600);
	ck_assert_int_eq(truncate(path, CONFIG_FILE_MAX), 0);
	ck_assert_int_eq(config_file_read(path, &text, &size, &err), 0);
	free(text);
	ck_assert_int_eq(truncate(path, CONFIG_FILE_MAX + 1), 0);
	ck_assert_int_eq(config_file_read(path, &text, &size, &err), -EFBIG);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_file_is_read_line_by_line, UNIT_ROWS(files) },
		{ a_nul_is_a_mistake, 0 },
		{ a_line_has_a_greatest_length, UNIT_ROWS(lengths) },
		{ a_file_that_only_we_can_write_is_read,
		  UNIT_ROWS(good_modes) },
		{ a_file_that_others_can_write_is_refused,
		  UNIT_ROWS(bad_modes) },
		{ a_file_of_somebody_else_is_refused, 0 },
		{ what_is_no_file_is_refused, 0 },
		{ a_file_has_a_greatest_size, 0 },
		{ NULL, 0 },
	};

	return unit_run("config-file", tests, setup, teardown);
}
