#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/capture/pcapng.h"
#include "plugins/capture/writer.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000, RING = 4096 };

/* Blocks of @size octets (a multiple of 4, at least 12); the @n-th one is
 * filled with the number n. */
static void
make_block(uint8_t *block, uint32_t size, uint32_t n)
{
	for (uint32_t i = 0; i < size; i += 4)
		memcpy(&block[i], &n, 4);
	block[PCAPNG_LEN_AT] = (uint8_t)size;
	block[PCAPNG_LEN_AT + 1] = (uint8_t)(size >> 8);
	block[PCAPNG_LEN_AT + 2] = (uint8_t)(size >> 16);
	block[PCAPNG_LEN_AT + 3] = 0;
}

/* Return: was there room? */
static bool
put_block(struct writer *w, uint32_t size, uint32_t n)
{
	uint8_t block[RING];

	if (writer_room(w) < size)
		return false;
	make_block(block, size, n);
	writer_put(w, block, size / 2); /* in two parts, as frames come */
	writer_put(w, block + size / 2, size - size / 2);
	writer_publish(w);
	return true;
}

static struct writer_status
status_of(const struct writer *w)
{
	struct writer_status status;

	writer_status(w, &status);
	return status;
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Waits until @condition holds; the thread is another one's business. */
#define await(condition)                                                       \
	do {                                                                   \
		uint64_t deadline_ms = now_ms() + PATIENCE_MS;                 \
		while (!(condition)) {                                         \
			ck_assert_msg(now_ms() < deadline_ms,                  \
				      "never: " #condition);                   \
			poll(NULL, 0, 1);                                      \
		}                                                              \
	} while (0)

static int
temporary_file(void)
{
	char path[] = "/tmp/test-writer-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	unlink(path);
	return fd;
}

static struct writer *
writer_to(int fd)
{
	struct writer *w = writer_new(fd, RING);

	ck_assert_msg(w != NULL, "%s", strerror(errno));
	return w;
}

static off_t
size_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_size;
}

/* Reads blocks from @fd until its end; the n-th must be block n, with sizes as
 * @size_of_block gives them.  Return: how many. */
static uint32_t
read_blocks(int fd, uint32_t (*size_of_block)(uint32_t))
{
	uint8_t want[RING], got[RING];
	uint32_t n = 0;

	for (;; n++) {
		uint32_t size = size_of_block(n), have = 0;
		ssize_t ret = 1;

		for (; have < size && ret > 0; have += (uint32_t)ret) {
			ret = read(fd, got + have, size - have);
			ck_assert_msg(ret >= 0, "%s", strerror(errno));
		}
		if (have == 0)
			return n;
		ck_assert_msg(have == size, "half of block %u", n);
		make_block(want, size, n);
		ck_assert_msg(memcmp(got, want, size) == 0,
			      "block %u is not itself", n);
	}
}

static uint32_t
odd_size(uint32_t n)
{
	return 12 + 4 * (n * 7 % 251); /* 12..1012, never in step with RING */
}

static uint32_t
even_size(uint32_t n)
{
	(void)n;
	return 1000;
}

START_TEST(blocks_come_out_whole_and_in_order)
{
	enum { N = 3000 };
	int fd = temporary_file();
	struct writer *w = writer_to(dup(fd));
	uint64_t total = 0;

	for (uint32_t n = 0; n < N; n++) {
		await(put_block(w, odd_size(n), n));
		total += odd_size(n);
	}
	writer_finish(w);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, 0);
	ck_assert_uint_eq(status_of(w).accepted_bytes, total);
	ck_assert_uint_eq(status_of(w).written_bytes, total);
	writer_free(w);
	lseek(fd, 0, SEEK_SET);
	ck_assert_uint_eq(read_blocks(fd, odd_size), N);
	close(fd);
}
END_TEST

START_TEST(a_block_is_written_at_once)
{
	int fd = temporary_file();
	struct writer *w = writer_to(dup(fd));

	for (uint32_t n = 0; n < 3; n++) {
		ck_assert(put_block(w, 1000, n));
		await(size_of(fd) == 1000 * (off_t)(n + 1));
	}
	writer_free(w);
	close(fd);
}
END_TEST

START_TEST(what_is_not_published_is_not_written)
{
	int fd = temporary_file();
	struct writer *w = writer_to(dup(fd));
	uint8_t block[1000];

	make_block(block, sizeof(block), 1);
	ck_assert(put_block(w, 1000, 0));
	writer_put(w, block, 500);
	await(status_of(w).written_bytes == 1000);
	ck_assert_uint_eq(status_of(w).accepted_bytes, 1000);
	writer_put(w, block + 500, 500);
	writer_publish(w);
	await(status_of(w).written_bytes == 2000);
	writer_free(w);
	close(fd);
}
END_TEST

/* A pipe of the smallest size that nobody reads for now. */
static void
small_pipe(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
}

/* Return: blocks put until there was room for no more and none would come. */
static uint32_t
fill(struct writer *w)
{
	uint64_t written;
	uint32_t n = 0;

	do {
		while (put_block(w, even_size(n), n))
			n++;
		written = status_of(w).written_bytes;
		poll(NULL, 0, 20);
	} while (status_of(w).written_bytes != written);
	return n;
}

START_TEST(a_reader_that_does_not_read_costs_blocks_and_no_time)
{
	struct writer *w;
	uint32_t n;
	int fds[2];

	small_pipe(fds);
	w = writer_to(fds[1]);
	n = fill(w);
	/* The ring, and what the pipe took. */
	ck_assert_uint_ge(n, RING / 1000);
	ck_assert(!writer_wait(w, 0));
	ck_assert_int_eq(status_of(w).error, 0);

	/* It reads after all: everything accepted is there. */
	writer_finish(w);
	ck_assert_uint_eq(read_blocks(fds[0], even_size), n);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_uint_eq(status_of(w).written_bytes, n * 1000);
	writer_free(w);
	close(fds[0]);
}
END_TEST

START_TEST(room_comes_back_by_whole_blocks)
{
	struct writer *w;
	uint8_t buf[4096];
	size_t room;
	int fds[2];

	small_pipe(fds);
	w = writer_to(fds[1]);
	fill(w);
	room = writer_room(w);
	ck_assert_int_gt(read(fds[0], buf, sizeof(buf)), 0);
	await(writer_room(w) >= room + 1000);
	ck_assert_uint_eq(writer_room(w) % 4, 0);
	writer_free(w);
	close(fds[0]);
}
END_TEST

START_TEST(an_idle_writer_sees_its_reader_go)
{
	struct writer *w;
	int fds[2];

	small_pipe(fds);
	w = writer_to(fds[1]);
	close(fds[0]);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, -EPIPE);
	writer_free(w);
}
END_TEST

START_TEST(a_full_writer_sees_its_reader_go)
{
	struct writer *w;
	int fds[2];

	small_pipe(fds);
	w = writer_to(fds[1]);
	fill(w);
	close(fds[0]); /* and nobody dies of SIGPIPE */
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, -EPIPE);
	writer_free(w);
}
END_TEST

START_TEST(a_socket_is_written_to_as_well)
{
	struct writer *w;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	w = writer_to(fds[1]);
	ck_assert(put_block(w, 1000, 0));
	ck_assert(put_block(w, 1000, 1));
	writer_finish(w);
	ck_assert_uint_eq(read_blocks(fds[0], even_size), 2);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, 0);
	writer_free(w);
	close(fds[0]);
}
END_TEST

START_TEST(a_full_disk_leaves_whole_blocks)
{
	struct rlimit limit = { 2500, 2500 }; /* half of the third block */
	int fd = temporary_file();
	struct writer *w = writer_to(dup(fd));

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint32_t n = 0; n < 4; n++)
		ck_assert(put_block(w, 1000, n));
	ck_assert(writer_wait(w, PATIENCE_MS)); /* and no SIGXFSZ */
	ck_assert_int_eq(status_of(w).error, -EFBIG);
	ck_assert_uint_eq(status_of(w).written_bytes, 2000);
	ck_assert_int_eq(size_of(fd), 2000);
	writer_free(w);
	close(fd);
}
END_TEST

START_TEST(a_full_disk_later_on_leaves_whole_blocks)
{
	enum { N = 50, LIMIT = 30500 };
	struct rlimit limit = { LIMIT, LIMIT };
	int fd = temporary_file();
	struct writer *w = writer_to(dup(fd));

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint32_t n = 0; n < N; n++)
		await(put_block(w, 1000, n) || status_of(w).done);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, -EFBIG);
	lseek(fd, 0, SEEK_SET);
	ck_assert_uint_eq(read_blocks(fd, even_size), LIMIT / 1000);
	writer_free(w);
	close(fd);
}
END_TEST

START_TEST(giving_up_ends_a_blocked_thread)
{
	uint8_t buf[4096];
	struct writer *w;
	int fds[2];

	small_pipe(fds);
	w = writer_to(fds[1]);
	fill(w);
	writer_finish(w);
	ck_assert(!writer_wait(w, 20));
	writer_free(w);
	/* The thread closes its end: ours sees what the pipe held, and EOF. */
	while (read(fds[0], buf, sizeof(buf)) > 0)
		continue;
	close(fds[0]);
}
END_TEST

START_TEST(only_a_writable_descriptor_will_do)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_ptr_null(writer_new(fd, RING));
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(close(fd), 0); /* it is still ours */
	ck_assert_ptr_null(writer_new(-1, RING));
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ blocks_come_out_whole_and_in_order, 0 },
		{ a_block_is_written_at_once, 0 },
		{ what_is_not_published_is_not_written, 0 },
		{ a_reader_that_does_not_read_costs_blocks_and_no_time, 0 },
		{ room_comes_back_by_whole_blocks, 0 },
		{ an_idle_writer_sees_its_reader_go, 0 },
		{ a_full_writer_sees_its_reader_go, 0 },
		{ a_socket_is_written_to_as_well, 0 },
		{ a_full_disk_leaves_whole_blocks, 0 },
		{ a_full_disk_later_on_leaves_whole_blocks, 0 },
		{ giving_up_ends_a_blocked_thread, 0 },
		{ only_a_writable_descriptor_will_do, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_writer", tests, NULL, NULL);
}
