#include "bench/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_number(const char *name)
{
	return isdigit((unsigned char)name[0]);
}

static int64_t
ticks_to_ms(uint64_t ticks)
{
	return (int64_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

int64_t
procfs_cpu_ns(pid_t pid)
{
	char path[300];
	struct dirent *entry;
	uint64_t sum = 0;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		unsigned long long ns;
		FILE *file;

		if (!is_number(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat",
			 (int)pid, entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &ns) == 1) {
			sum += ns;
			n++;
		}
		fclose(file);
	}
	closedir(dir);
	return n > 0 ? (int64_t)sum : -ENOENT;
}

/* The number after @key, at the beginning of a line of @path. */
static int64_t
number_of(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	int64_t value = -ENOENT;
	char line[256];

	if (file == NULL)
		return -errno;
	while (value < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoll(line + strlen(key), NULL, 10);
	}
	fclose(file);
	return value;
}

int64_t
procfs_rss_kib(pid_t pid)
{
	char path[64];
	int64_t kib;

	/* The exact sum; VmRSS lags by some pages a CPU. */
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	kib = number_of(path, "Rss:");
	if (kib > 0)
		return kib;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return number_of(path, "VmRSS:");
}

static bool
is_own(pid_t pid, pid_t group, const pid_t *own, size_t n_own)
{
	for (size_t i = 0; i < n_own; i++) {
		if (pid == own[i] || group == own[i])
			return true;
	}
	return false;
}

/* Ticks of a process and of those it has waited for; a process that ends
 * moves from the first to its parent's second, so that nothing gets lost. */
static uint64_t
ticks_of(const char *name, const pid_t *own, size_t n_own)
{
	unsigned long user, system;
	long children_user, children_system;
	char path[280], line[1024];
	uint64_t ticks = 0;
	FILE *file;
	char *at;
	int group;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	/* The second member is a file's name, which may hold anything. */
	if (fgets(line, sizeof(line), file) != NULL &&
	    (at = strrchr(line, ')')) != NULL &&
	    sscanf(at + 1,
		   " %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld "
		   "%ld",
		   &group, &user, &system, &children_user,
		   &children_system) == 5 &&
	    !is_own((pid_t)atoi(name), group, own, n_own))
		ticks = user + system + (uint64_t)children_user +
			(uint64_t)children_system;
	fclose(file);
	return ticks;
}

int64_t
procfs_foreign_ms(const pid_t *own, size_t n_own)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t ticks = 0;

	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (is_number(entry->d_name))
			ticks += ticks_of(entry->d_name, own, n_own);
	}
	closedir(dir);
	return ticks_to_ms(ticks);
}

int64_t
procfs_steal_ms(void)
{
	unsigned long long steal;
	FILE *file = fopen("/proc/stat", "re");
	int n;

	if (file == NULL)
		return -errno;
	n = fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal);
	fclose(file);
	return n == 1 ? ticks_to_ms(steal) : -ENOENT;
}
