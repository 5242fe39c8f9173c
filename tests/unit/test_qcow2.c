#include "config.h"

#include "driver/vm/qcow2.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static unsigned char head[QCOW2_HEAD_SIZE];
static struct qcow2_info info;
static struct err err;

static void
put(size_t at, uint64_t value, int n_octets)
{
	while (n_octets-- > 0) {
		head[at + (size_t)n_octets] = (unsigned char)value;
		value >>= 8;
	}
}

/* Version 3, of 1 MiB, on "base" of format "raw". */
static void
setup(void)
{
	memset(head, 0, sizeof(head));
	memcpy(head, "QFI\xfb", 4);
	put(4, 3, 4);
	put(8, 0x200, 8);
	put(16, 4, 4);
	put(20, 16, 4);
	put(24, 1024 * 1024, 8);
	put(96, 4, 4);
	put(100, 104, 4);
	put(104, 0x6803f857, 4); /* names of features: none of ours */
	put(108, 5, 4);
	put(120, 0xe2792aca, 4);
	put(124, 3, 4);
	memcpy(head + 128, "raw", 3);
	memcpy(head + 0x200, "base", 4);
	err = (struct err)ERR_INIT;
}

static int
read_head(size_t size)
{
	/* of just this size, so that a read past its end is seen */
	unsigned char *copy = malloc(size + 1);
	int ret;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, head, size);
	copy = realloc(copy, size > 0 ? size : 1);
	ret = qcow2_read(copy, size, &info, &err);
	free(copy);
	return ret;
}

START_TEST(an_image_tells_its_size_and_what_it_lies_on)
{
	ck_assert_msg(read_head(sizeof(head)) == 0, "%s", err.text);
	ck_assert_uint_eq(info.size_bytes, 1024 * 1024);
	ck_assert_str_eq(info.backing, "base");
	ck_assert_str_eq(info.backing_format, "raw");
}
END_TEST

START_TEST(an_image_of_version_2_has_extensions_behind_a_shorter_header)
{
	put(4, 2, 4);
	put(72, 0xe2792aca, 4);
	put(76, 5, 4);
	memcpy(head + 80, "qcow2", 5);
	put(88, 0, 8);
	ck_assert_msg(read_head(sizeof(head)) == 0, "%s", err.text);
	ck_assert_str_eq(info.backing_format, "qcow2");
}
END_TEST

START_TEST(an_image_that_stands_by_itself_names_nothing)
{
	put(8, 0, 8);
	ck_assert_int_eq(read_head(104), 0);
	ck_assert_str_eq(info.backing, "");
	ck_assert_str_eq(info.backing_format, "");
}
END_TEST

START_TEST(no_cut_off_header_is_read)
{
	for (size_t size = 0; size < 0x204; size++) {
		ck_assert_int_eq(read_head(size), -EINVAL);
		ck_assert_str_ne(err.text, "");
	}
	ck_assert_int_eq(read_head(0x204), 0);
}
END_TEST

static const struct {
	size_t at;
	uint64_t value;
	int n_octets;
	int want;
	const char *text;
} bad[] = {
	{ 0, 0x51464900, 4, -EINVAL, "no qcow2" },
	{ 4, 1, 4, -ENOTSUP, "version 1" },
	{ 4, 4, 4, -ENOTSUP, "version 4" },
	{ 20, 8, 4, -EINVAL, "damaged" },
	{ 20, 22, 4, -EINVAL, "damaged" },
	{ 24, 0, 8, -EINVAL, "of 0 octets" },
	{ 24, QCOW2_SIZE_MAX_BYTES + 1, 8, -EINVAL, "octets" },
	{ 32, 1, 4, -ENOTSUP, "encrypted" },
	{ 72, 2, 8, -EINVAL, "marked as corrupt" },
	{ 72, 4, 8, -ENOTSUP, "another file" },
	{ 100, 103, 4, -EINVAL, "damaged" },
	{ 100, 0xffffffff, 4, -EINVAL, "damaged" },
	{ 108, 0xffffffff, 4, -EINVAL, "damaged" },
	{ 124, 16, 4, -EINVAL, "damaged" }, /* with a NUL inside */
	{ 16, 0, 4, -EINVAL, "damaged" },
	{ 16, 1024, 4, -EINVAL, "damaged" },
	{ 16, 5, 4, -EINVAL, "damaged" }, /* with a NUL inside */
	{ 8, 50, 8, -EINVAL, "damaged" },
	{ 8, UINT64_MAX, 8, -EINVAL, "damaged" },
};

START_TEST(a_header_that_cannot_be_used_is_refused)
{
	put(bad[_i].at, bad[_i].value, bad[_i].n_octets);
	ck_assert_int_eq(read_head(sizeof(head)), bad[_i].want);
	ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "%s", err.text);
}
END_TEST

static const struct {
	size_t at;
	uint64_t value;
	int n_octets;
} good[] = {
	{ 20, 9, 4 }, { 20, 21, 4 }, { 24, QCOW2_SIZE_MAX_BYTES, 8 },
	{ 72, 1, 8 }, /* dirty */
	{ 72, 8, 8 }, /* another compression */
};

START_TEST(the_other_side_of_each_limit_is_read)
{
	put(good[_i].at, good[_i].value, good[_i].n_octets);
	ck_assert_msg(read_head(sizeof(head)) == 0, "%s", err.text);
}
END_TEST

static const uint64_t sizes[] = {
	QCOW2_SECTOR_SIZE,
	UINT64_C(512) * 1024 * 1024,
	UINT64_C(512) * 1024 * 1024 + QCOW2_SECTOR_SIZE,
	QCOW2_SIZE_MAX_BYTES,
};

/* The second opinion is that of qemu-img, where there is one. */
START_TEST(an_image_that_is_made_is_sound)
{
	char path[] = "/tmp/test_qcow2.XXXXXX", *command;
	int fd = mkstemp(path);
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(qcow2_create(fd, sizes[_i]), 0);
	ck_assert_int_gt(pread(fd, head, sizeof(head), 0), 0);
	ck_assert_int_eq(read_head(sizeof(head)), 0);
	ck_assert_uint_eq(info.size_bytes, sizes[_i]);
	ck_assert_str_eq(info.backing, "");
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_lt(st.st_size, 2 * 1024 * 1024);
	close(fd);
	command = xasprintf("! command -v qemu-img >/dev/null || "
			    "qemu-img check -q -f qcow2 %s",
			    path);
	ck_assert_int_eq(system(command), 0);
	free(command);
	unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_told)
{
	ck_assert_int_eq(qcow2_create(-1, 512), -EBADF);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_image_tells_its_size_and_what_it_lies_on, 0 },
		{ an_image_of_version_2_has_extensions_behind_a_shorter_header,
		  0 },
		{ an_image_that_stands_by_itself_names_nothing, 0 },
		{ no_cut_off_header_is_read, 0 },
		{ a_header_that_cannot_be_used_is_refused, UNIT_ROWS(bad) },
		{ the_other_side_of_each_limit_is_read, UNIT_ROWS(good) },
		{ an_image_that_is_made_is_sound, UNIT_ROWS(sizes) },
		{ a_file_that_cannot_be_written_is_told, 0 },
		{ NULL, 0 },
	};

	return unit_run("qcow2", tests, setup, NULL);
}
