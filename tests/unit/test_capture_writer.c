#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/capture/pcap-file.h"
#include "plugins/capture/pcapng.h"
#include "plugins/capture/series.h"
#include "plugins/capture/writer.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000, RING = 4096, PIPE_SIZE = 4096 };

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

/* Blocks as pcapng has them; or numbered files of them. */
static struct writer *
new_writer(int fd, struct series *series)
{
	const struct writer_spec spec = { .fd = fd,
					  .series = series,
					  .format.len_at = PCAPNG_LEN_AT,
					  .ring_bytes = RING };

	return writer_new(&spec);
}

static struct writer *
writer_to(int fd)
{
	struct writer *w = new_writer(fd, NULL);

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
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE), PIPE_SIZE);
}

/* More than the pipe takes, so that the thread cannot come to the end of it;
 * then until there is no room.  Return: how many blocks were put. */
static uint32_t
fill(struct writer *w)
{
	uint32_t n = 0;

	while (n <= PIPE_SIZE / even_size(0)) {
		await(put_block(w, even_size(n), n));
		n++;
	}
	while (put_block(w, even_size(n), n))
		n++;
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

/* A file of pcap records, which state less than their length, and not at a
 * multiple of four octets. */
START_TEST(a_full_disk_leaves_whole_records)
{
	enum { DATA = 1001, RECORD = PCAP_FILE_RECORD_SIZE + DATA, N = 20 };
	struct rlimit limit = { PCAP_FILE_HEADER_SIZE + 2 * RECORD + 50,
				PCAP_FILE_HEADER_SIZE + 2 * RECORD + 50 };
	const struct pcapng_packet packet = { .captured_len = DATA };
	const struct writer_spec spec = {
		.fd = temporary_file(),
		.format = { .first_size = PCAP_FILE_HEADER_SIZE,
			    .len_at = PCAP_FILE_LEN_AT,
			    .len_extra = PCAP_FILE_RECORD_SIZE },
		.ring_bytes = RING,
	};
	int fd = dup(spec.fd);
	struct writer *w = writer_new(&spec);
	uint8_t octets[RECORD] = { 0 };

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	pcap_file_header(octets, 65550);
	writer_put(w, octets, PCAP_FILE_HEADER_SIZE);
	for (int i = 0; i < N; i++) {
		pcap_file_record(octets, &packet);
		await(writer_room(w) >= RECORD || status_of(w).done);
		if (status_of(w).done)
			break;
		writer_put(w, octets, RECORD);
		writer_publish(w);
	}
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, -EFBIG);
	ck_assert_int_eq(size_of(fd), PCAP_FILE_HEADER_SIZE + 2 * RECORD);
	writer_free(w);
	close(fd);
}
END_TEST

/* ---- several files ---- */

static char dir[32];

static struct series *
series_of(const char *name, uint32_t n_kept)
{
	char path[64], error[128] = "";
	struct series *series;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	series = series_new(path, n_kept, error, sizeof(error));
	ck_assert_msg(series != NULL, "%s", error);
	return series;
}

/* Return: of the file in the folder; -1: there is none. */
static off_t
size_in_dir(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void
make_dir(void)
{
	strcpy(dir, "/tmp/test-writer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_dir(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_cut_begins_the_next_file)
{
	struct series *series;
	char path[PATH_MAX];
	struct writer *w;

	make_dir();
	series = series_of("v.pcapng", 0);
	w = new_writer(series_next(series), series);
	for (uint32_t n = 0; n < 300; n++) {
		await(writer_room(w) >= 100);
		await(writer_can_cut(w));
		if (n % 3 == 0 && n > 0)
			writer_cut(w);
		ck_assert(put_block(w, 100, n));
	}
	writer_finish(w);
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, 0);
	writer_path(w, path);
	ck_assert_str_eq(strrchr(path, '/'), "/v-000100.pcapng");
	ck_assert_int_eq(size_in_dir("v-000001.pcapng"), 300);
	ck_assert_int_eq(size_in_dir("v-000100.pcapng"), 300);
	ck_assert_int_eq(size_in_dir("v-000101.pcapng"), -1);
	writer_free(w);
	remove_dir();
}
END_TEST

START_TEST(the_oldest_files_go)
{
	struct series *series;
	struct writer *w;

	make_dir();
	series = series_of("v.pcapng", 2);
	w = new_writer(series_next(series), series);
	for (uint32_t n = 0; n < 4; n++) {
		if (n > 0)
			writer_cut(w);
		ck_assert(put_block(w, 100, n));
	}
	writer_finish(w);
	ck_assert(writer_wait(w, PATIENCE_MS));
	writer_free(w);
	ck_assert_int_eq(size_in_dir("v-000002.pcapng"), -1);
	ck_assert_int_eq(size_in_dir("v-000003.pcapng"), 100);
	ck_assert_int_eq(size_in_dir("v-000004.pcapng"), 100);

	/* Another one goes on behind them. */
	series = series_of("v.pcapng", 2);
	close(series_next(series));
	series_free(series);
	ck_assert_int_eq(size_in_dir("v-000003.pcapng"), -1);
	ck_assert_int_eq(size_in_dir("v-000004.pcapng"), 100);
	ck_assert_int_eq(size_in_dir("v-000005.pcapng"), 0);
	remove_dir();
}
END_TEST

START_TEST(other_files_are_none_of_a_series)
{
	static const char *const others[] = {
		"v-000007.pcap",   "v-7.pcapng",      "v-0000007.pcapng",
		"w-000007.pcapng", "v-00000x.pcapng", "v-000007.pcapng.gz",
		"v.pcapng",
	};
	struct series *series;

	make_dir();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", dir, others[i]);
		close(creat(path, 0600));
	}
	series = series_of("v.pcapng", 1);
	close(series_next(series));
	close(series_next(series));
	series_free(series);
	ck_assert_int_eq(size_in_dir("v-000001.pcapng"), -1);
	ck_assert_int_eq(size_in_dir("v-000002.pcapng"), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_int_eq(size_in_dir(others[i]), 0);
	remove_dir();
}
END_TEST

START_TEST(a_file_that_cannot_be_begun_ends_it)
{
	struct series *series;
	struct writer *w;

	make_dir();
	series = series_of("v", 2);
	w = new_writer(series_next(series), series);
	ck_assert(put_block(w, 100, 0));
	await(status_of(w).written_bytes == 100);
	remove_dir();
	writer_cut(w);
	ck_assert(put_block(w, 100, 1));
	ck_assert(writer_wait(w, PATIENCE_MS));
	ck_assert_int_eq(status_of(w).error, -ENOENT);
	ck_assert_uint_eq(status_of(w).written_bytes, 100);
	writer_free(w);
}
END_TEST

START_TEST(a_name_has_room_for_its_number)
{
	char path[300] = "/tmp/", error[512];
	struct series *series;

	memset(path + 5, 'x', NAME_MAX - 16);
	series = series_new(path, 0, error, sizeof(error));
	ck_assert_ptr_nonnull(series);
	series_free(series);
	path[5 + NAME_MAX - 16] = 'x';
	ck_assert_ptr_null(series_new(path, 0, error, sizeof(error)));
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(a_folder_that_is_missing_is_told)
{
	char error[128];

	ck_assert_ptr_null(
	    series_new("/no/such/v.pcapng", 0, error, sizeof(error)));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(error, "cannot write files like /no/such/v.pcapng: No "
				"such file or directory");
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

	ck_assert_ptr_null(new_writer(fd, NULL));
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(close(fd), 0); /* it is still ours */
	ck_assert_ptr_null(new_writer(-1, NULL));
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
		{ a_full_disk_leaves_whole_records, 0 },
		{ a_cut_begins_the_next_file, 0 },
		{ the_oldest_files_go, 0 },
		{ other_files_are_none_of_a_series, 0 },
		{ a_file_that_cannot_be_begun_ends_it, 0 },
		{ a_name_has_room_for_its_number, 0 },
		{ a_folder_that_is_missing_is_told, 0 },
		{ giving_up_ends_a_blocked_thread, 0 },
		{ only_a_writable_descriptor_will_do, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_writer", tests, NULL, NULL);
}
