#include "driver/vm/shell-proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define OTHER "0123456789abcdef0123456789abcdee"

static struct shell_parser *parser;
static struct err err;
static struct shell_frame frame;

static void
setup(void)
{
	parser = shell_parser_new(NONCE);
}

static void
teardown(void)
{
	shell_parser_free(parser);
}

/* Feed @text, which must be used up by at most one frame.  Return: as
 * shell_parser_next(). */
static int
feed(const char *text)
{
	const uint8_t *data = (const uint8_t *)text;
	size_t size = strlen(text);
	int ret = shell_parser_next(parser, &data, &size, &frame, &err);

	ck_assert(ret < 0 || size == 0);
	return ret;
}

START_TEST(a_frame_is_found_between_noise)
{
	ck_assert_int_eq(feed("login: \r\n[ 1.0] eth0\n\n"), 0);
	ck_assert_int_eq(feed(NONCE " X 12 130\n"), 1);
	ck_assert_int_eq(frame.type, SHELL_FRAME_STATUS);
	ck_assert_uint_eq(frame.n[0], 12);
	ck_assert_uint_eq(frame.n[1], 130);
	ck_assert_int_eq(feed("# " NONCE " X 12 0\n"), 0);
	ck_assert_int_eq(feed(OTHER " X 12 0\n"), 0);
	ck_assert_int_eq(feed(NONCE "X 12 0\n"), 0);
	ck_assert_int_eq(feed(NONCE " Q\r\n"), 1);
	ck_assert_int_eq(frame.type, SHELL_FRAME_QUIT);
}
END_TEST

START_TEST(a_line_without_end_costs_nothing)
{
	static uint8_t zeros[65536];

	for (int i = 0; i < 1000; i++) {
		const uint8_t *data = zeros;
		size_t size = sizeof(zeros);

		ck_assert_int_eq(
		    shell_parser_next(parser, &data, &size, &frame, &err), 0);
		ck_assert_uint_eq(size, 0);
	}
	ck_assert_int_eq(feed(NONCE " Q\n"), 0); /* the end of that line */
	ck_assert_int_eq(feed(NONCE " Q\n"), 1);
}
END_TEST

/* A line that begins with the nonce and is no frame: somebody spoilt it. */
static const char *const damaged[] = {
	NONCE " ",
	NONCE " .",
	NONCE " Z 1 2",
	NONCE " X",
	NONCE " X 1",
	NONCE " X 1 ",
	NONCE " X 1 2 3",
	NONCE " X 1 2 ",
	NONCE " X 1 -2",
	NONCE " X 1  2",
	NONCE " X 1 0123456789",
	NONCE " X1 2",
	NONCE " D 1 1 0",
	NONCE " D 1 1 0 x",
	NONCE " R",
	NONCE " Q now",
	NONCE " X 1 2" NONCE " X 1 2",
};

START_TEST(a_damaged_frame_is_an_error)
{
	char line[200];

	snprintf(line, sizeof(line), "%s\n", damaged[_i]);
	ck_assert_int_eq(feed(line), -EPROTO);
	ck_assert_str_ne(err.text, "");
}
END_TEST

static const struct {
	const char *how; /* of a ready frame */
	const char *lines;
	const char *want;
	size_t size;
} encoded[] = {
	{ "b", "", "", 0 },
	{ "b", "\n", "", 0 },
	{ "b", "YQ==\n", "a", 1 },
	{ "b", "YWI=\n\n", "ab", 2 },
	{ "b", "YWJj\n", "abc", 3 },
	{ "b", "YWJj\r\nAP/+\n", "abc\0\xff\xfe", 6 },
	{ "b", "+/AA\n", "\xfb\xf0\0", 3 },
	{ "x", " 61 62 00 ff\n", "ab\0\xff", 4 },
	{ "x", " 61\n 62\n", "ab", 2 },
	{ "x", "61 62\n\n", "ab", 2 },
};

START_TEST(output_is_decoded)
{
	char text[100];

	snprintf(text, sizeof(text), NONCE " R %s\n", encoded[_i].how);
	ck_assert_int_eq(feed(text), 1);
	snprintf(text, sizeof(text), NONCE " D 7 2 3 %d\n",
		 encoded[_i].size > 0);
	ck_assert_int_eq(feed(text), 0);
	ck_assert_int_eq(feed(encoded[_i].lines), 0);
	ck_assert_int_eq(feed(NONCE " .\n"), 1);
	ck_assert_int_eq(frame.type, SHELL_FRAME_DATA);
	ck_assert_uint_eq(frame.n[0], 7);
	ck_assert_uint_eq(frame.n[1], 2);
	ck_assert_uint_eq(frame.n[2], 3);
	ck_assert_uint_eq(frame.size, encoded[_i].size);
	ck_assert_mem_eq(frame.data, encoded[_i].want, encoded[_i].size);
}
END_TEST

/* 48 bytes */
#define LINE                                                                   \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                     \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define BYTES_32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define BYTES_33 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static const struct {
	const char *lines;
	unsigned n_blocks;
	int ret;
} counted[] = {
	{ "", 0, 1 },
	{ "", 1, -EPROTO },
	{ "YQ==\n", 0, -EPROTO },
	{ "YQ==\n", 1, 1 },
	{ LINE LINE BYTES_32, 1, 1 }, /* 128 bytes */
	{ LINE LINE BYTES_32, 2, -EPROTO },
	{ LINE LINE BYTES_33, 1, -EPROTO },
	{ LINE LINE BYTES_33, 2, 1 },
};

START_TEST(the_blocks_of_a_chunk_are_counted)
{
	char text[100];

	snprintf(text, sizeof(text), NONCE " D 1 1 0 %u\n",
		 counted[_i].n_blocks);
	ck_assert_int_eq(feed(text), 0);
	ck_assert_int_eq(feed(counted[_i].lines), 0);
	ck_assert_int_eq(feed(NONCE " .\n"), counted[_i].ret);
}
END_TEST

/* In the middle of two blocks of output: what is said of it. */
static const struct {
	const char *how;
	const char *lines;
	const char *said;
} spoilt[] = {
	{ "b", "[   12.345678] eth0: link up\n", "eth0: link up" },
	{ "b", "YWJj[ 1.2] x\n", "YWJj[ 1.2] x" },
	{ "b", "YWJ\n", "YWJ" },
	{ "b", "Y===\n", "Y===" },
	{ "b", "=YWJ\n", "=YWJ" },
	{ "b", "YQ==\nYQ==\n", "YQ==" },
	{ "b", "\x01\x02\x03\x04\n", "...." },
	{ "b", NONCE " X 1 0\n", "X 1 0" },
	{ "b", NONCE " D 1 1 1 1\n", "D 1 1 1 1" },
	{ "b", LINE NONCE " .\n", "2 blocks" },
	{ "b", NONCE " .\n", "2 blocks" },
	{ "x", " 61 6\n", "61 6" },
	{ "x", " 61 6g\n", "6g" },
	{ "x", " 6162\n", "6162" },
	{ "x", " 61 62\n" NONCE " .\n", "2 blocks" },
};

START_TEST(what_is_not_output_is_noticed_in_it)
{
	char text[100];

	snprintf(text, sizeof(text), NONCE " R %s\n", spoilt[_i].how);
	ck_assert_int_eq(feed(text), 1);
	ck_assert_int_eq(feed(NONCE " D 1 1 0 2\n"), 0);
	ck_assert_int_eq(feed(spoilt[_i].lines), -EPROTO);
	ck_assert_msg(strstr(err.text, spoilt[_i].said) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(a_line_too_long_for_output_is_noticed_before_its_end)
{
	static char line[1000];

	memset(line, 'A', sizeof(line) - 1);
	ck_assert_int_eq(feed(NONCE " D 1 1 0 2\n"), 0);
	ck_assert_int_eq(feed(line), -EPROTO);
}
END_TEST

/* One byte more than a chunk has room for. */
START_TEST(a_chunk_is_bounded)
{
	ck_assert_int_eq(feed(NONCE " D 1 1 0 512\n"), 0);
	for (int i = 0; i < SHELL_CHUNK_MAX / 48; i++)
		ck_assert_int_eq(feed("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
				 0);
	ck_assert_int_eq(feed("AAAAAAAAAAAAAAAAAAAAAA==\n"), 0); /* full */
	ck_assert_int_eq(feed("AA==\n"), -EPROTO);
}
END_TEST

START_TEST(frames_may_come_byte_by_byte)
{
	static const char text[] =
	    "\n" NONCE " R b\nnoise\n" NONCE " D 1 1 0 1\nYWJj\n\n" NONCE
	    " .\n\n" NONCE " X 1 0\n";
	char types[10] = "";

	for (const char *p = text; *p != '\0'; p++) {
		const uint8_t *data = (const uint8_t *)p;
		size_t size = 1;
		int ret;

		ret = shell_parser_next(parser, &data, &size, &frame, &err);
		ck_assert_int_ge(ret, 0);
		if (ret > 0)
			types[strlen(types)] = (char)frame.type;
	}
	ck_assert_str_eq(types, "RDX");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_is_found_between_noise, 0 },
		{ a_line_without_end_costs_nothing, 0 },
		{ a_damaged_frame_is_an_error, UNIT_ROWS(damaged) },
		{ output_is_decoded, UNIT_ROWS(encoded) },
		{ the_blocks_of_a_chunk_are_counted, UNIT_ROWS(counted) },
		{ what_is_not_output_is_noticed_in_it, UNIT_ROWS(spoilt) },
		{ a_line_too_long_for_output_is_noticed_before_its_end, 0 },
		{ a_chunk_is_bounded, 0 },
		{ frames_may_come_byte_by_byte, 0 },
		{ NULL, 0 },
	};

	return unit_run("shell_proto", tests, setup, teardown);
}
