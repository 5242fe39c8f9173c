#include "config.h"

#include "driver/vm/disk-set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/vm/qcow2.h"
#include "driver/vm/qemu-args.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char root_name[] = "root", data_name[] = "data", cd_name[] = "cdrom",
	    top_path[] = "/d/a,\"b", base_path[] = "/dev/sdz",
	    cd_path[] = "/d/x.iso";
static struct plan_disk_layer root_layers[] = {
	{ .path = top_path, .format = PLAN_DISK_QCOW2 },
	{ .path = base_path, .format = PLAN_DISK_RAW, .is_device = true },
};
static struct plan_disk_layer cd_layer = { .path = cd_path };
static struct plan_disk root = { .name = root_name,
				 .layers = root_layers,
				 .n_layers = 2,
				 .size_bytes = 1 << 20 };
static struct plan_disk data = { .name = data_name, .size_bytes = 1 << 30 };
static struct plan_disk cd = { .name = cd_name,
			       .layers = &cd_layer,
			       .n_layers = 1 };
static struct plan_node node;
static struct disk_set *set;
static struct err err;
static char text[8192]; /* the arguments, each in <> */

static void
setup(void)
{
	node =
	    (struct plan_node){ .disk = &root, .disks = &data, .n_disks = 1 };
	ck_assert_int_eq(setenv("TMPDIR", "/tmp", 1), 0);
}

static void
teardown(void)
{
	disk_set_free(set);
}

static void
has(const char *want)
{
	char **argv = disk_set_args(set, &node);
	size_t n = 0;

	for (size_t i = 0; argv[i] != NULL; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "<%s>",
				      argv[i]);
	qemu_args_free(argv);
	ck_assert_msg(strstr(text, want) != NULL, "no %s in %s", want, text);
}

START_TEST(disks_are_kept_in_files_that_nobody_can_open)
{
	int fds[1 + PLAN_DISKS_MAX];
	struct qcow2_info info;
	struct stat st;
	char head[4096];

	set = disk_set_new(&node, &err);
	ck_assert_msg(set != NULL, "%s", err.text);
	ck_assert_uint_eq(disk_set_fds(set, fds), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fstat(fds[i], &st), 0);
		ck_assert_uint_eq(st.st_nlink, 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0600);
		ck_assert_int_lt(st.st_blocks * 512, 1 << 20); /* sparse */
	}
	ck_assert_int_eq(st.st_size, 1 << 30);
	ck_assert_int_gt(pread(fds[0], head, sizeof(head), 0), 0);
	ck_assert_int_eq(qcow2_read(head, sizeof(head), &info, &err), 0);
	ck_assert_uint_eq(info.size_bytes, 1 << 20);
	ck_assert_str_eq(info.backing, "");
}
END_TEST

START_TEST(files_are_opened_for_reading_and_in_the_format_that_is_known)
{
	set = disk_set_new(&node, &err);
	ck_assert_ptr_nonnull(set);
	has("<-blockdev><{\"node-name\":\"disk-root-l1\",\"driver\":"
	    "\"raw\",\"read-only\":true,\"file\":{\"driver\":"
	    "\"host_device\",\"filename\":\"/dev/sdz\",\"read-only\":"
	    "true}}>");
	has("<-blockdev><{\"node-name\":\"disk-root-l0\",\"driver\":"
	    "\"qcow2\",\"read-only\":true,\"file\":{\"driver\":\"file\","
	    "\"filename\":\"/d/a,\\\"b\",\"read-only\":true},\"backing\":"
	    "\"disk-root-l1\"}>");
	/* what lies below stands before what lies on it */
	ck_assert(strstr(text, "disk-root-l1") < strstr(text, "disk-root-l0"));
}
END_TEST

START_TEST(an_image_on_nothing_is_followed_nowhere)
{
	root.n_layers = 1;
	set = disk_set_new(&node, &err);
	has("\"backing\":null}>");
	root.n_layers = 2;
}
END_TEST

START_TEST(what_guests_write_goes_to_the_kept_files)
{
	int fds[1 + PLAN_DISKS_MAX];
	char want[400];

	set = disk_set_new(&node, &err);
	disk_set_fds(set, fds);
	snprintf(want, sizeof(want),
		 "<-add-fd><fd=%d,set=%d><-blockdev><{\"node-name\":"
		 "\"disk-root\",\"driver\":\"qcow2\"",
		 fds[0], fds[0]);
	has(want);
	has("\"backing\":\"disk-root-l0\"}><-device><virtio-blk-pci,"
	    "id=disk-root-dev,drive=disk-root,serial=root,werror=report,"
	    "rerror=report,bootindex=1>");
	snprintf(want, sizeof(want),
		 "{\"node-name\":\"disk-data\",\"driver\":\"raw\","
		 "\"discard\":\"unmap\",\"cache\":{\"no-flush\":true},"
		 "\"file\":{\"driver\":\"file\",\"filename\":"
		 "\"/dev/fdset/%d\",\"locking\":\"off\"}}",
		 fds[1]);
	has(want);
	has("serial=data,werror=report,rerror=report,bootindex=10>");
}
END_TEST

START_TEST(a_cd_is_in_a_drive_that_the_guest_knows)
{
	node = (struct plan_node){ .cdrom = &cd };
	has("\"filename\":\"/d/x.iso\",\"read-only\":true}}><-device>"
	    "<virtio-scsi-pci><-device><scsi-cd,id=cdrom-dev,drive=cdrom,"
	    "bootindex=100>");
	node.arch = PLAN_ARCH_AARCH64;
	node.no_image = true;
	has("<scsi-cd,id=cdrom-dev,");
	node.arch = PLAN_ARCH_X86_64;
	has("true}}><-device><ide-cd,id=cdrom-dev,");
}
END_TEST

START_TEST(a_node_without_disks_has_no_arguments)
{
	node = (struct plan_node){ .name = NULL };
	has("");
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(disk_set_fds(NULL, NULL), 0);
}
END_TEST

START_TEST(a_directory_that_cannot_be_used_is_named_with_the_remedy)
{
	ck_assert_int_eq(setenv("TMPDIR", "/nonexistent", 1), 0);
	ck_assert_ptr_null(disk_set_new(&node, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "'root' in /nonexistent: "));
	ck_assert_ptr_nonnull(strstr(err.text, "TMPDIR"));
}
END_TEST

START_TEST(only_the_nodes_disks_are_ours)
{
	ck_assert_str_eq(disk_set_name_of("disk-data"), "data");
	ck_assert_ptr_null(disk_set_name_of("data"));
	ck_assert_ptr_null(disk_set_name_of(""));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ disks_are_kept_in_files_that_nobody_can_open, 0 },
		{ files_are_opened_for_reading_and_in_the_format_that_is_known,
		  0 },
		{ an_image_on_nothing_is_followed_nowhere, 0 },
		{ what_guests_write_goes_to_the_kept_files, 0 },
		{ a_cd_is_in_a_drive_that_the_guest_knows, 0 },
		{ a_node_without_disks_has_no_arguments, 0 },
		{ a_directory_that_cannot_be_used_is_named_with_the_remedy, 0 },
		{ only_the_nodes_disks_are_ours, 0 },
		{ NULL, 0 },
	};

	return unit_run("disk_set", tests, setup, teardown);
}
