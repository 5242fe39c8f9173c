#include "config.h"

#include "tests/unit/memory-rig.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

int
memory_rig_file(uint64_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

uint8_t
memory_rig_read(int fd, uint64_t at)
{
	uint8_t octet;

	ck_assert_int_eq(pread(fd, &octet, 1, (off_t)at), 1);
	return octet;
}

void
memory_rig_write(int fd, uint64_t at, uint8_t octet)
{
	ck_assert_int_eq(pwrite(fd, &octet, 1, (off_t)at), 1);
}

uint64_t
memory_rig_pages(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uint64_t start, end, octets = 0;
	char line[512];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strstr(line, "/memfd:") == NULL)
			continue;
		ck_assert_int_eq(
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end), 2);
		octets += end - start;
	}
	fclose(f);
	return octets / RIG_PAGE;
}

unsigned
memory_rig_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}
