#include "driver/batch/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sockpath.h"
#include "tests/unit/unit.h"

enum { PATH_SIZE = 256 };

static char root[64];
static struct host_room room;
static unsigned all_cores;

static void
write_file(const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *p = path + strlen(root) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void
setup(void)
{
	snprintf(root, sizeof(root), "/tmp/test-host-room-%d", (int)getpid());
	ck_assert_int_eq(mkdir(root, 0700), 0);
	host_room_read("", &room);
	all_cores = room.cores;
	write_file("proc/meminfo", "MemTotal:       16384000 kB\n"
				   "MemFree:         1024000 kB\n"
				   "MemAvailable:    8192000 kB\n");
	write_file("proc/self/cgroup", "0::/user/job\n");
}

static void
teardown(void)
{
	sockpath_remove_tree(root, NULL);
}

static void
look(void)
{
	host_room_read(root, &room);
}

START_TEST(this_host_has_memory_and_cores)
{
	host_room_read("", &room);
	ck_assert_uint_gt(room.memory_mib, 0);
	ck_assert_uint_lt(room.memory_mib, 1 << 30);
	ck_assert_uint_ge(room.cores, 1);
	ck_assert_uint_le(room.cores, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}
END_TEST

START_TEST(without_limits_it_is_what_is_available)
{
	look();
	ck_assert_uint_eq(room.memory_mib, 8000);
	ck_assert_uint_eq(room.cores, all_cores);
	write_file("sys/fs/cgroup/user/job/memory.max", "max\n");
	write_file("sys/fs/cgroup/user/job/memory.current", "4096\n");
	write_file("sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 8000);
	ck_assert_uint_eq(room.cores, all_cores);
}
END_TEST

START_TEST(a_group_leaves_what_it_does_not_use)
{
	write_file("sys/fs/cgroup/user/job/memory.max", "1073741824\n");
	write_file("sys/fs/cgroup/user/job/memory.current", "536870912\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 512);
}
END_TEST

START_TEST(files_that_nobody_uses_make_room)
{
	write_file("sys/fs/cgroup/user/job/memory.max", "1073741824\n");
	write_file("sys/fs/cgroup/user/job/memory.current", "536870912\n");
	write_file("sys/fs/cgroup/user/job/memory.stat",
		   "anon 1000\nfile 2000\ninactive_file 268435456\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 768);
}
END_TEST

START_TEST(a_group_above_limits_those_below)
{
	write_file("sys/fs/cgroup/user/job/memory.max", "1073741824\n");
	write_file("sys/fs/cgroup/user/job/memory.current", "0\n");
	write_file("sys/fs/cgroup/user/memory.max", "104857600\n");
	write_file("sys/fs/cgroup/user/memory.current", "0\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 100);
	/* In a container, the root is a group with limits. */
	write_file("sys/fs/cgroup/memory.max", "10485760\n");
	write_file("sys/fs/cgroup/memory.current", "0\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 10);
}
END_TEST

START_TEST(a_group_that_uses_all_leaves_nothing)
{
	write_file("sys/fs/cgroup/user/job/memory.max", "1048576\n");
	write_file("sys/fs/cgroup/user/job/memory.current", "2097152\n");
	look();
	ck_assert_uint_eq(room.memory_mib, 0);
}
END_TEST

START_TEST(a_part_of_a_core_counts_as_one)
{
	write_file("sys/fs/cgroup/user/job/cpu.max", "50000 100000\n");
	look();
	ck_assert_uint_eq(room.cores, 1);
	write_file("sys/fs/cgroup/user/job/cpu.max", "100001 100000\n");
	look();
	ck_assert_uint_eq(room.cores, all_cores < 2 ? all_cores : 2);
}
END_TEST

START_TEST(a_host_that_tells_nothing_has_no_limit_of_memory)
{
	write_file("proc/meminfo", "MemTotal: 5 kB\n");
	look();
	ck_assert_uint_eq(room.memory_mib, UINT64_MAX);
	write_file("proc/self/cgroup", "4:memory:/user/job\n");
	look();
	ck_assert_uint_eq(room.memory_mib, UINT64_MAX);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ this_host_has_memory_and_cores, 0 },
		{ without_limits_it_is_what_is_available, 0 },
		{ a_group_leaves_what_it_does_not_use, 0 },
		{ files_that_nobody_uses_make_room, 0 },
		{ a_group_above_limits_those_below, 0 },
		{ a_group_that_uses_all_leaves_nothing, 0 },
		{ a_part_of_a_core_counts_as_one, 0 },
		{ a_host_that_tells_nothing_has_no_limit_of_memory, 0 },
		{ NULL, 0 },
	};

	return unit_run("host_room", tests, setup, teardown);
}
