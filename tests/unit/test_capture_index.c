#include "driver/wire/capture-index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/wire/pcapng-read.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

enum { DATA_SIZE = 1024 };

/* In this machine's byte order, as the capture writes. */
struct shb {
	uint32_t type, size, magic;
	uint16_t major, minor;
	uint64_t section;
	uint32_t size_again;
} __attribute__((packed));

struct idb {
	uint32_t type, size;
	uint16_t link, reserved;
	uint32_t snaplen;
	uint16_t name, name_size;
	char name_text[4];
	uint16_t tsresol, tsresol_size;
	uint8_t power[4];
	uint32_t end, size_again;
} __attribute__((packed));

struct epb {
	uint32_t type, size, interface, high, low, caplen, len;
	uint8_t data[DATA_SIZE];
	uint32_t size_again;
} __attribute__((packed));

static char path[] = "/tmp/test-index-XXXXXX";
static FILE *file;
static struct capture_index *index_;
static struct pcapng_reader *reader;
static struct err err;

static void
put_section(const char *port)
{
	struct shb shb = { .type = 0x0a0d0d0a,
			   .size = sizeof(shb),
			   .magic = 0x1a2b3c4d,
			   .major = 1,
			   .section = UINT64_MAX,
			   .size_again = sizeof(shb) };
	struct idb idb = { .type = 1,
			   .size = sizeof(idb),
			   .link = 1,
			   .name = 2,
			   .name_size = 2,
			   .tsresol = 9,
			   .tsresol_size = 1,
			   .power = { 9 },
			   .size_again = sizeof(idb) };

	memcpy(idb.name_text, port, 2);
	fwrite(&shb, sizeof(shb), 1, file);
	fwrite(&idb, sizeof(idb), 1, file);
	fflush(file);
}

static void
put_frame(uint64_t time_ns)
{
	struct epb epb = { .type = 6,
			   .size = sizeof(epb),
			   .high = (uint32_t)(time_ns >> 32),
			   .low = (uint32_t)time_ns,
			   .caplen = DATA_SIZE,
			   .len = DATA_SIZE,
			   .size_again = sizeof(epb) };

	fwrite(&epb, sizeof(epb), 1, file);
	fflush(file);
}

static void
setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	index_ = capture_index_new(path);
}

static void
teardown(void)
{
	pcapng_close(reader);
	capture_index_free(index_);
	fclose(file);
	unlink(path);
}

static void
open_since(uint64_t since_ns)
{
	pcapng_close(reader);
	reader = capture_index_open(index_, since_ns, &err);
	ck_assert_msg(reader != NULL, "%s", err.text);
}

/* Of what is read, the frames from @since_ns on, and how many came before. */
static uint64_t
first_since(uint64_t since_ns, size_t *n_before)
{
	struct pcapng_frame frame;

	*n_before = 0;
	while (pcapng_next(reader, &frame, &err) > 0) {
		if (frame.time_ns >= since_ns)
			return frame.time_ns;
		++*n_before;
	}
	return 0;
}

START_TEST(no_frame_of_that_time_is_passed_by)
{
	enum { N = 5000 }; /* about 5 MB */
	size_t n_before;

	put_section("p1");
	for (uint64_t t = 1; t <= N; t++)
		put_frame(t * 10);
	for (uint64_t t = 1; t <= N; t += 7) {
		open_since(t * 10);
		ck_assert_uint_eq(first_since(t * 10, &n_before), t * 10);
		/* and no more than lies between two marks is read for it */
		ck_assert_uint_le(n_before, CAPTURE_MARK_BYTES / DATA_SIZE + 1);
	}
	open_since(N * 10 + 1);
	ck_assert_uint_eq(first_since(N * 10 + 1, &n_before), 0);
}
END_TEST

START_TEST(a_late_frame_of_an_early_time_is_found)
{
	size_t n_before;

	put_section("p1");
	for (uint64_t t = 1; t <= 1000; t++)
		put_frame(t * 10);
	put_frame(5000); /* it was held on its way */
	for (uint64_t t = 1001; t <= 2000; t++)
		put_frame(t * 10);
	open_since(4000);
	for (uint64_t t = 400; t <= 1000; t++)
		ck_assert_uint_eq(first_since(4000, &n_before), t * 10);
	ck_assert_uint_eq(first_since(4000, &n_before), 5000);
}
END_TEST

START_TEST(a_mark_among_late_frames_knows_what_came_before)
{
	size_t n_before;

	put_section("p1");
	for (uint64_t t = 1; t <= 1000; t++)
		put_frame(t * 10);
	for (int i = 0; i < 600; i++)
		put_frame(5000);
	open_since(6000);
	ck_assert_uint_eq(first_since(6000, &n_before), 6000);
}
END_TEST

static unsigned
n_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(a_large_capture_costs_one_descriptor)
{
	unsigned before = n_descriptors();
	size_t n_before;

	put_section("p1");
	/* more than all marks, at first, are apart */
	for (uint64_t t = 1; t <= 70 * CAPTURE_MARK_BYTES / DATA_SIZE; t++)
		put_frame(t);
	open_since(1000);
	ck_assert_uint_eq(first_since(1000, &n_before), 1000);
	ck_assert_uint_eq(n_descriptors(), before + 1);
	capture_index_free(index_);
	index_ = NULL;
	/* A reader outlives the index. */
	ck_assert_uint_eq(first_since(1001, &n_before), 1001);
	pcapng_close(reader);
	reader = NULL;
	ck_assert_uint_eq(n_descriptors(), before);
}
END_TEST

START_TEST(a_reader_goes_on_as_the_file_grows)
{
	size_t n_before;

	put_section("p1");
	open_since(0);
	ck_assert_uint_eq(first_since(0, &n_before), 0);
	put_frame(10);
	ck_assert_uint_eq(first_since(0, &n_before), 10);
	ck_assert_uint_eq(first_since(0, &n_before), 0);
	/* another switch goes on behind it */
	put_section("p2");
	put_frame(20);
	ck_assert_uint_eq(first_since(0, &n_before), 20);
	pcapng_rest(reader);
	put_frame(30);
	ck_assert_uint_eq(first_since(0, &n_before), 30);
}
END_TEST

START_TEST(a_mark_knows_the_ports_of_its_section)
{
	struct pcapng_frame frame;

	put_section("p1");
	for (uint64_t t = 1; t <= 600; t++)
		put_frame(t);
	put_section("p2");
	for (uint64_t t = 601; t <= 1200; t++)
		put_frame(t);
	open_since(560);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_str_eq(frame.port, "p1");
	open_since(1190);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 1);
	ck_assert_uint_gt(frame.number, 600);
	ck_assert_str_eq(frame.port, "p2");
}
END_TEST

START_TEST(half_a_block_that_is_replaced_is_not_remembered)
{
	static const uint8_t half[] = { 6, 0, 0, 0, 0x3c, 4, 0, 0, 1, 2, 3 };
	struct pcapng_frame frame;
	long at;

	put_section("p1");
	open_since(0);
	at = ftell(file);
	fwrite(half, sizeof(half), 1, file);
	fflush(file);
	ck_assert_int_eq(pcapng_next(reader, &frame, &err), 0);
	ck_assert_int_eq(ftruncate(fileno(file), at), 0);
	fseek(file, at, SEEK_SET);
	put_section("p2");
	put_frame(7);
	ck_assert_msg(pcapng_next(reader, &frame, &err) == 1, "%s", err.text);
	ck_assert_str_eq(frame.port, "p2");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ no_frame_of_that_time_is_passed_by, 0 },
		{ a_late_frame_of_an_early_time_is_found, 0 },
		{ a_mark_among_late_frames_knows_what_came_before, 0 },
		{ a_large_capture_costs_one_descriptor, 0 },
		{ a_reader_goes_on_as_the_file_grows, 0 },
		{ a_mark_knows_the_ports_of_its_section, 0 },
		{ half_a_block_that_is_replaced_is_not_remembered, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_index", tests, setup, teardown);
}
