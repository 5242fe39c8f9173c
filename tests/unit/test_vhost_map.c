#include "config.h"

#include "switch/ports/vhost-map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/memfd.h>

#include "lib/err.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/unit.h"

enum { SIZE = 3 * RIG_PAGE + 100, HUGE_PAGE = 2 * 1024 * 1024 };

static struct vhost_map map;
static atomic_bool damaged;
static struct err err;

static const struct {
	uint64_t offset, size;
	int ret;
} places[] = {
	{ 0, 1, 0 },
	{ 0, RIG_PAGE, 0 },
	{ 1, 1, 0 },
	{ RIG_PAGE - 1, 2, 0 },
	{ RIG_PAGE, RIG_PAGE, 0 },
	{ 5000, 5000, 0 },
	/* up to the end and no farther */
	{ 0, SIZE, 0 },
	{ 0, SIZE + 1, -EPROTO },
	{ 1, SIZE - 1, 0 },
	{ 1, SIZE, -EPROTO },
	{ SIZE - 1, 1, 0 },
	{ SIZE - 1, 2, -EPROTO },
	{ SIZE, 1, -EPROTO },
	{ SIZE + 1, 1, -EPROTO },
	{ 4 * RIG_PAGE, 1, -EPROTO },
	/* sums that are more than there are numbers */
	{ UINT64_MAX, 1, -EPROTO },
	{ UINT64_MAX, 2, -EPROTO },
	{ UINT64_MAX - 1, 3, -EPROTO },
	{ 2, UINT64_MAX, -EPROTO },
	{ RIG_PAGE, UINT64_MAX - RIG_PAGE + 1, -EPROTO },
	{ UINT64_C(1) << 63, 1, -EPROTO },
};

START_TEST(octets_that_are_in_the_file_are_shared)
{
	uint64_t offset = places[_i].offset, size = places[_i].size;
	int fd = memory_rig_file(SIZE);
	unsigned fds = memory_rig_fds();

	ck_assert_int_eq(vhost_map_open(&map, fd, offset, size, &damaged, &err),
			 places[_i].ret);
	ck_assert_uint_eq(memory_rig_fds(), fds);
	if (places[_i].ret < 0) {
		ck_assert_ptr_null(map.at);
		ck_assert_uint_ne(strlen(err.text), 0);
	} else {
		ck_assert_uint_eq(map.size, size);
		ck_assert_uint_le(map.base_size, size + 2 * (RIG_PAGE - 1));
		map.at[0] = 7;
		map.at[size - 1] = 9;
		ck_assert_uint_eq(memory_rig_read(fd, offset),
				  size > 1 ? 7 : 9);
		ck_assert_uint_eq(memory_rig_read(fd, offset + size - 1), 9);
		memory_rig_write(fd, offset + size / 2, 3);
		ck_assert_uint_eq(map.at[size / 2], 3);
	}
	ck_assert_uint_eq(memory_rig_pages(), map.base_size / RIG_PAGE);
	vhost_map_close(&map);
	ck_assert_ptr_null(map.at);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	vhost_map_close(&map);
	ck_assert(!damaged);
	close(fd);
}
END_TEST

START_TEST(as_much_is_mapped_as_fits_beside_others)
{
	int fd = memory_rig_file(VHOST_MAP_MAX_BYTES + RIG_PAGE);

	ck_assert_int_eq(vhost_map_open(&map, fd, 0, VHOST_MAP_MAX_BYTES + 1,
					&damaged, &err),
			 -EPROTO);
	ck_assert_int_eq(
	    vhost_map_open(&map, fd, 1, VHOST_MAP_MAX_BYTES, &damaged, &err),
	    0);
	vhost_map_close(&map);
	close(fd);
}
END_TEST

/* ---- what is no memory ---- */

static int
open_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	return fds[0];
}

static int
open_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static int
open_procfs(void)
{
	return open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
}

static int
open_device(void)
{
	return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int
open_directory(void)
{
	return open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_readable(void)
{
	int fd = memory_rig_file(SIZE), readable;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readable = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return readable;
}

static int
open_sealed(void)
{
	int fd = memory_rig_file(SIZE);

	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	return fd;
}

static const struct {
	int (*open)(void);
	int ret;
	const char *words;
} others[] = {
	{ open_pipe, -EPROTO, "no shared memory" },
	{ open_eventfd, -EPROTO, "no shared memory" },
	{ open_procfs, -EPROTO, "no shared memory" },
	{ open_device, -EPROTO, "no shared memory" },
	{ open_directory, -EPROTO, "no shared memory" },
	{ open_readable, -EACCES, "mapping 1 octets" },
	{ open_sealed, -EPERM, "mapping 1 octets" },
};

START_TEST(what_is_no_memory_to_write_to_is_refused)
{
	int fd = others[_i].open();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(vhost_map_open(&map, fd, 0, 1, &damaged, &err),
			 others[_i].ret);
	ck_assert_ptr_nonnull(strstr(err.text, others[_i].words));
	ck_assert_ptr_null(map.at);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	vhost_map_close(&map);
	close(fd);
	ck_assert_int_eq(vhost_map_open(&map, fd, 0, 1, &damaged, &err),
			 -EBADF);
}
END_TEST

/* ---- files that are made shorter, and others ---- */

static const struct {
	uint64_t offset, size;
	off_t cut_to;
	bool damages; /* reading the last octet of it */
} cuts[] = {
	{ 0, SIZE, SIZE, false },
	{ 0, SIZE, 3 * RIG_PAGE, true },
	{ 0, SIZE, 0, true },
	{ 5000, 100, RIG_PAGE, true },
	{ 5000, 100, 5000, false }, /* the page is still there */
	{ 0, RIG_PAGE, RIG_PAGE, false },
};

START_TEST(a_file_that_is_cut_reads_as_zeros_and_is_told_of)
{
	int fd = memory_rig_file(SIZE);
	volatile uint8_t *last;

	ck_assert_int_eq(vhost_map_open(&map, fd, cuts[_i].offset,
					cuts[_i].size, &damaged, &err),
			 0);
	last = map.at + map.size - 1;
	*last = 5;
	ck_assert_int_eq(ftruncate(fd, cuts[_i].cut_to), 0);
	ck_assert(!damaged);
	ck_assert_uint_eq(
	    *last, cuts[_i].cut_to < (off_t)(map.offset + map.size) ? 0 : 5);
	ck_assert_int_eq(damaged, cuts[_i].damages);
	*last = 6;
	ck_assert_uint_eq(*last, 6);
	vhost_map_close(&map);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	close(fd);
}
END_TEST

START_TEST(the_same_octets_of_the_same_file_are_known_again)
{
	int fd = memory_rig_file(SIZE), other = memory_rig_file(SIZE);
	int again = dup(fd);

	ck_assert(!vhost_map_is(&map, fd, 0, 0));
	ck_assert_int_eq(vhost_map_open(&map, fd, 100, 5000, &damaged, &err),
			 0);
	ck_assert(vhost_map_is(&map, fd, 100, 5000));
	ck_assert(vhost_map_is(&map, again, 100, 5000));
	ck_assert(!vhost_map_is(&map, other, 100, 5000));
	ck_assert(!vhost_map_is(&map, fd, 99, 5000));
	ck_assert(!vhost_map_is(&map, fd, 101, 5000));
	ck_assert(!vhost_map_is(&map, fd, 100, 4999));
	ck_assert(!vhost_map_is(&map, fd, 100, 5001));
	ck_assert(!vhost_map_is(&map, -1, 100, 5000));
	ck_assert_int_eq(ftruncate(fd, 5100), 0);
	ck_assert(vhost_map_is(&map, fd, 100, 5000));
	ck_assert_int_eq(ftruncate(fd, 5099), 0);
	ck_assert(!vhost_map_is(&map, fd, 100, 5000));
	vhost_map_close(&map);
	close(fd);
	close(again);
	close(other);
}
END_TEST

/* A mapping of them that begins or ends within one can be neither made nor
 * taken away.  None need be there: nobody touches them here. */
START_TEST(huge_pages_are_mapped_whole)
{
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);

	if (fd < 0) /* a kernel without */
		return;
	ck_assert_int_eq(ftruncate(fd, 3 * HUGE_PAGE), 0);
	ck_assert_int_eq(vhost_map_open(&map, fd, HUGE_PAGE + RIG_PAGE,
					RIG_PAGE, &damaged, &err),
			 0);
	ck_assert_ptr_eq(map.at, (uint8_t *)map.base + RIG_PAGE);
	ck_assert_uint_eq(map.base_size, HUGE_PAGE);
	ck_assert_uint_eq(memory_rig_pages(), HUGE_PAGE / RIG_PAGE);
	vhost_map_close(&map);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	close(fd);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ octets_that_are_in_the_file_are_shared, UNIT_ROWS(places) },
		{ as_much_is_mapped_as_fits_beside_others, 0 },
		{ what_is_no_memory_to_write_to_is_refused, UNIT_ROWS(others) },
		{ a_file_that_is_cut_reads_as_zeros_and_is_told_of,
		  UNIT_ROWS(cuts) },
		{ the_same_octets_of_the_same_file_are_known_again, 0 },
		{ huge_pages_are_mapped_whole, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost-map", tests, NULL, NULL);
}
