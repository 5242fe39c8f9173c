#include "config.h"

#include "driver/batch/host.h"

#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
read_file(char *text, size_t size, const char *dir, const char *name)
{
	char path[PATH_MAX];
	size_t n;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return n > 0;
}

/* The number behind @key at the beginning of a line, or 0. */
static uint64_t
number_of(const char *text, const char *key)
{
	size_t len = strlen(key);
	uint64_t number = 0;

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, key, len) == 0 &&
		    sscanf(text + len, " %" SCNu64, &number) == 1)
			break;
	}
	return number;
}

static void
see_memory_of_group(const char *dir, struct host_room *room)
{
	uint64_t max, used, cache, left_mib;
	char text[8192];

	/* "max" is no number, and no limit. */
	if (!read_file(text, sizeof(text), dir, "memory.max") ||
	    sscanf(text, "%" SCNu64, &max) != 1 ||
	    !read_file(text, sizeof(text), dir, "memory.current") ||
	    sscanf(text, "%" SCNu64, &used) != 1)
		return;
	/* Files nobody has used lately make room when it is needed. */
	cache = read_file(text, sizeof(text), dir, "memory.stat")
		    ? number_of(text, "inactive_file")
		    : 0;
	used -= cache < used ? cache : used;
	left_mib = used < max ? (max - used) >> 20 : 0;
	if (left_mib < room->memory_mib)
		room->memory_mib = left_mib;
}

static void
see_cores_of_group(const char *dir, struct host_room *room)
{
	uint64_t quota, period, cores;
	char text[128];

	if (!read_file(text, sizeof(text), dir, "cpu.max") ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &quota, &period) != 2 ||
	    period == 0)
		return;
	cores = (quota + period - 1) / period;
	if (cores < room->cores)
		room->cores = cores > 0 ? (unsigned)cores : 1;
}

/* Each group up to the root may have limits of its own. */
static void
see_groups(const char *root, struct host_room *room)
{
	char text[PATH_MAX], group[PATH_MAX], dir[PATH_MAX + 64];
	char *slash;

	if (!read_file(text, sizeof(text), root, "proc/self/cgroup") ||
	    strncmp(text, "0::/", 4) != 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(group, sizeof(group), "%s", text + 3);
	do {
		slash = strrchr(group, '/');
		if (snprintf(dir, sizeof(dir), "%s/sys/fs/cgroup%s", root,
			     group) >= (int)sizeof(dir))
			return;
		see_memory_of_group(dir, room);
		see_cores_of_group(dir, room);
		if (slash != NULL)
			*slash = '\0';
	} while (slash != NULL);
}

void
host_room_read(const char *root, struct host_room *room)
{
	char text[8192];
	cpu_set_t cpus;

	room->memory_mib = UINT64_MAX;
	room->cores = 1;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		room->cores = (unsigned)CPU_COUNT(&cpus);
	if (read_file(text, sizeof(text), root, "proc/meminfo") &&
	    strstr(text, "MemAvailable:") != NULL)
		room->memory_mib = number_of(text, "MemAvailable:") >> 10;
	see_groups(root, room);
}
