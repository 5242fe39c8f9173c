#include "driver/wire/pcapng-read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/test-pcapng-XXXXXX";
static FILE *file;
static struct pcapng_reader *reader;
static struct pcapng_frame frame;
static struct err err;

/* A section header, little endian: type, length 28, magic, version 1.0, no
 * section length, length again. */
static const uint8_t shb[] = { 0x0a, 0x0d, 0x0d, 0x0a, 28,   0,	   0,
			       0,    0x4d, 0x3c, 0x2b, 0x1a, 1,	   0,
			       0,    0,	   0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 28,   0,    0,	   0 };
/* Interface "p1", Ethernet, nanoseconds. */
static const uint8_t idb[] = { 1,  0, 0, 0, 40,	 0,   0, 0, /* type, length */
			       1,  0, 0, 0, 0,	 0,   0, 0, /* Ethernet */
			       2,  0, 2, 0, 'p', '1', 0, 0, /* if_name */
			       9,  0, 1, 0, 9,	 0,   0, 0, /* if_tsresol */
			       0,  0, 0, 0,		    /* end of options */
			       40, 0, 0, 0 };
/* Three octets of four at 2^32 + 5 ns, outbound. */
static const uint8_t epb[] = { 6, 0, 0, 0, 48,	0,   0,	  0,
			       0, 0, 0, 0, 1,	0,   0,	  0, /* if, high */
			       5, 0, 0, 0, 3,	0,   0,	  0, /* low, caplen */
			       4, 0, 0, 0, 'a', 'b', 'c', 0, /* len, data */
			       2, 0, 4, 0, 2,	0,   0,	  0, /* epb_flags */
			       0, 0, 0, 0, 48,	0,   0,	  0 };
/* The same, and two frames before it were lost. */
static const uint8_t epb_after_loss[] = {
	6,   0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 1, 0,   0,
	0,   5, 0, 0, 0,  3, 0, 0, 0, 4, 0, 0, 0, 'a', 'b',
	'c', 0, 4, 0, 8,  0, 2, 0, 0, 0, 0, 0, 0, 0, /* epb_dropcount */
	0,   0, 0, 0, 52, 0, 0, 0,
};
/* The interface's statistics: three were lost. */
static const uint8_t isb[] = { 5, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0,
			       1, 0, 0, 0, 5,  0, 0, 0,		    /* time */
			       5, 0, 8, 0, 3,  0, 0, 0, 0, 0, 0, 0, /* ifdrop */
			       0, 0, 0, 0, 40, 0, 0, 0 };
/* A block of a kind nobody knows. */
static const uint8_t other[] = { 0xcd, 0xab, 0, 0, 16, 0, 0, 0,
				 1,    2,    3, 4, 16, 0, 0, 0 };

static void
setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	setvbuf(file, NULL, _IONBF, 0);
	reader = pcapng_open(path, &err);
	ck_assert_ptr_nonnull(reader);
}

static void
teardown(void)
{
	pcapng_close(reader);
	fclose(file);
	unlink(path);
}

static void
put(const void *data, size_t size)
{
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
}

START_TEST(a_frame_is_read_with_its_port_time_and_direction)
{
	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put(other, sizeof(other));
	put(epb, sizeof(epb));
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_uint_eq(frame.number, 1);
	ck_assert_str_eq(frame.port, "p1");
	ck_assert_uint_eq(frame.time_ns, (UINT64_C(1) << 32) + 5);
	ck_assert_int_eq(frame.direction, PCAPNG_OUTBOUND);
	ck_assert_uint_eq(frame.captured_len, 3);
	ck_assert_uint_eq(frame.len, 4);
	ck_assert_mem_eq(frame.data, "abc", 3);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 0);
}
END_TEST

/* A frame with these comments. */
static void
put_commented(const char *first, const char *second)
{
	uint8_t block[1024] = { 6 };
	size_t at = 32;
	uint32_t size;

	block[20] = 3;
	block[24] = 3;
	memcpy(block + 28, "abc", 3);
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? first : second;
		size_t len = text != NULL ? strlen(text) : 0;

		if (text == NULL)
			continue;
		block[at] = 1; /* opt_comment */
		block[at + 2] = (uint8_t)len;
		block[at + 3] = (uint8_t)(len >> 8);
		memcpy(block + at + 4, text, len);
		at += 4 + (len + 3) / 4 * 4;
	}
	at += 4; /* end of options */
	size = (uint32_t)at + 4;
	memcpy(block + 4, &size, 4);
	memcpy(block + at, &size, 4);
	put(block, size);
}

static const struct {
	const char *first, *second, *want;
	bool is_dropped;
} comments[] = {
	{ NULL, NULL, "", false },
	{ "netem: delayed", NULL, "netem: delayed", false },
	{ "a", "b", "a; b", false },
	{ "dropped by link: blocked", NULL, "dropped by link: blocked", true },
	{ "lost 2", "dropped by netem: loss", "lost 2; dropped by netem: loss",
	  true },
	{ "not dropped by x", NULL, "not dropped by x", false },
	{ "undropped by x", NULL, "undropped by x", false },
};

START_TEST(a_frames_comments_are_read)
{
	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put_commented(comments[_i].first, comments[_i].second);
	put(epb, sizeof(epb));
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_str_eq(frame.comment, comments[_i].want);
	ck_assert_int_eq(pcapng_is_dropped(&frame), comments[_i].is_dropped);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_str_eq(frame.comment, "");
}
END_TEST

START_TEST(a_long_comment_is_cut)
{
	char text[PCAPNG_COMMENT_MAX + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put_commented(text, "more");
	put_commented(text + 1, NULL);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_uint_eq(strlen(frame.comment), PCAPNG_COMMENT_MAX);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_str_eq(frame.comment, text + 1);
}
END_TEST

START_TEST(a_mark_counts_as_a_frame_does)
{
	static const uint8_t mark[] = { 9,   0,	  0,   0,    16, 0, 0, 0,
					'A', '=', 'b', '\n', 16, 0, 0, 0 };

	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put(mark, sizeof(mark));
	put(epb, sizeof(epb));
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_uint_eq(frame.number, 2);
}
END_TEST

START_TEST(a_growing_file_is_followed_at_every_byte)
{
	uint8_t all[sizeof(shb) + sizeof(idb) + sizeof(epb)];
	size_t at = 0;

	memcpy(all, shb, sizeof(shb));
	memcpy(all + sizeof(shb), idb, sizeof(idb));
	memcpy(all + sizeof(shb) + sizeof(idb), epb, sizeof(epb));
	for (; at + 1 < sizeof(all); at++) {
		put(all + at, 1);
		ck_assert_int_eq(pcapng_next(reader, &frame, &err), 0);
	}
	put(all + at, 1);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
}
END_TEST

START_TEST(the_other_byte_order_is_read)
{
	static const uint8_t big[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0,
		1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
		0, 28,
		/* interface without options: microseconds */
		0, 0, 0, 1, 0, 0, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20,
		/* one octet at 7 us */
		0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0,
		0, 0, 1, 0, 0, 0, 1, 'x', 0, 0, 0, 0, 0, 0, 36
	};

	put(big, sizeof(big));
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_uint_eq(frame.time_ns, 7000);
	ck_assert_str_eq(frame.port, "");
	ck_assert_int_eq(frame.direction, PCAPNG_DIRECTION_UNKNOWN);
	ck_assert_uint_eq(frame.captured_len, 1);
}
END_TEST

/* Offsets into shb idb epb, a byte to write there, and a word of the error. */
static const struct {
	size_t at;
	uint8_t byte;
	const char *says;
} damages[] = {
	{ 0, 0x0b, "section header" },
	{ 8, 0, "magic" },
	{ sizeof(shb) + 4, 8, "length" },  /* shorter than a block can be */
	{ sizeof(shb) + 4, 41, "length" }, /* not a multiple of 4 */
	{ sizeof(shb) + 7, 0x7f, "length" },
	{ sizeof(shb) + 36, 44, "differ" },
	{ sizeof(shb) + 28, 0x7f, "resolution" },
	{ sizeof(shb) + sizeof(idb) + 8, 1, "unknown interface" },
	{ sizeof(shb) + sizeof(idb) + 20, 17, "longer" },
};

static uint64_t
n_lost(void)
{
	while (pcapng_next(reader, &frame, &err) > 0)
		;
	return pcapng_n_lost(reader);
}

START_TEST(lost_frames_are_counted_once)
{
	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put(epb, sizeof(epb));
	ck_assert_uint_eq(n_lost(), 0);
	put(epb_after_loss, sizeof(epb_after_loss));
	ck_assert_uint_eq(n_lost(), 2);
	put(isb, sizeof(isb)); /* the third one came after the last frame */
	ck_assert_uint_eq(n_lost(), 3);
	/* A switch that was killed, and the one after it. */
	put(shb, sizeof(shb));
	put(idb, sizeof(idb));
	put(epb_after_loss, sizeof(epb_after_loss));
	ck_assert_uint_eq(n_lost(), 5);
}
END_TEST

START_TEST(damage_is_told)
{
	uint8_t all[sizeof(shb) + sizeof(idb) + sizeof(epb)];

	memcpy(all, shb, sizeof(shb));
	memcpy(all + sizeof(shb), idb, sizeof(idb));
	memcpy(all + sizeof(shb) + sizeof(idb), epb, sizeof(epb));
	all[damages[_i].at] = damages[_i].byte;
	put(all, sizeof(all));
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), -EBADMSG);
	ck_assert_msg(strstr(err.text, damages[_i].says) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	ck_assert_ptr_null(pcapng_open("/nonexistent/x.pcapng", &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.pcapng"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_is_read_with_its_port_time_and_direction, 0 },
		{ a_frames_comments_are_read, UNIT_ROWS(comments) },
		{ a_long_comment_is_cut, 0 },
		{ a_mark_counts_as_a_frame_does, 0 },
		{ a_growing_file_is_followed_at_every_byte, 0 },
		{ the_other_byte_order_is_read, 0 },
		{ damage_is_told, UNIT_ROWS(damages) },
		{ lost_frames_are_counted_once, 0 },
		{ a_missing_file_is_named, 0 },
		{ NULL, 0 },
	};

	return unit_run("pcapng_read", tests, setup, teardown);
}
