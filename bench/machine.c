#include "config.h"

#include "bench/machine.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/floor.h"
#include "bench/trial.h"
#include "lib/xalloc.h"

enum { VERSION_MS = 5000, LINE_SIZE = 512 };

void
machine_choose_cpus(int *switch_cpu, int *station_cpu)
{
	cpu_set_t set;

	*switch_cpu = *station_cpu = -1;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && *station_cpu < 0; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (*switch_cpu < 0)
			*switch_cpu = cpu;
		else
			*station_cpu = cpu;
	}
}

char *
machine_version(struct bench *bench, const char *path, bool *is_vdelab)
{
	const char *const argv[] = { path, "--version", NULL };
	struct child child;
	char *version = NULL;

	if (child_start(&child, &bench->runner, argv, -1, NULL) < 0)
		return NULL;
	if (child_wait(&child, VERSION_MS) == 0) {
		if (is_vdelab != NULL)
			*is_vdelab = strstr(child.output, "vdelab") != NULL;
		child.output[strcspn(child.output, "\n")] = '\0';
		if (child.output[0] != '\0')
			version = xstrdup(child.output);
	}
	child_free(&child);
	return version;
}

char *
machine_dpdk_version(struct bench *bench)
{
	/* It says so before it looks at the rest. */
	const char *const argv[] = { "dpdk-testpmd", "-v", "--help", NULL };
	static const char before[] = "RTE Version: '";
	struct child child;
	char *version = NULL;
	const char *at;

	if (child_start(&child, &bench->runner, argv, -1, NULL) < 0)
		return NULL;
	if (child_wait(&child, VERSION_MS) == 0) {
		at = strstr(child.output, before);
		if (at == NULL)
			at = strstr(child.errors, before);
		if (at != NULL)
			at += sizeof(before) - 1;
		version = at != NULL
			      ? xasprintf("%.*s", (int)strcspn(at, "'\n"), at)
			      : xstrdup("unknown version");
	}
	child_free(&child);
	return version;
}

/* The first line of @path, or what follows "@key ... : " in it; NULL. */
static char *
line_of(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE];
	char *found = NULL;

	if (file == NULL)
		return NULL;
	while (found == NULL && fgets(line, sizeof(line), file) != NULL) {
		char *at = line;

		line[strcspn(line, "\n")] = '\0';
		if (key != NULL) {
			if (strncmp(line, key, strlen(key)) != 0)
				continue;
			at = strchr(line, ':');
			if (at == NULL)
				continue;
			at += strspn(at, ": \t");
		}
		found = xstrdup(at);
	}
	fclose(file);
	return found;
}

static void
set_text(json_t *object, const char *name, char *text)
{
	json_t *value = text != NULL ? json_string(text) : NULL;

	json_object_set_new(object, name, value != NULL ? value : json_null());
	free(text);
}

/* What the kernel does against the processor's faults. */
static json_t *
mitigations(void)
{
	static const char dir_path[] =
	    "/sys/devices/system/cpu/vulnerabilities";
	json_t *all = json_object();
	DIR *dir = opendir(dir_path);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[LINE_SIZE];
		char *line;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		line = line_of(path, NULL);
		if (line != NULL && strncmp(line, "Mitigation", 10) == 0)
			set_text(all, entry->d_name, line);
		else
			free(line);
	}
	if (dir != NULL)
		closedir(dir);
	return all;
}

/* Of the two usual lengths, under their names. */
static json_t *
floors(int cpu)
{
	static const unsigned lengths[] = { 64, 1500 };
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct floor floor = floor_measure(lengths[i], cpu);
		char name[16];

		snprintf(name, sizeof(name), "%u", lengths[i]);
		json_object_set_new(all, name,
				    json_pack("{s:f, s:f}", "send_ns",
					      floor.send_ns, "recv_ns",
					      floor.recv_ns));
	}
	return all;
}

json_t *
machine_describe(struct bench *bench)
{
	json_t *machine = json_object();
	struct utsname uts;

	set_text(machine, "cpu", line_of("/proc/cpuinfo", "model name"));
	json_object_set_new(machine, "cpus",
			    json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(machine, "switch_cpu",
			    json_integer(bench->switch_cpu));
	json_object_set_new(machine, "station_cpu",
			    json_integer(bench->station_cpu));
	if (uname(&uts) == 0)
		set_text(machine, "kernel",
			 xasprintf("%s %s", uts.sysname, uts.release));
	json_object_set_new(machine, "mitigations", mitigations());
	json_object_set_new(machine, "floor", floors(bench->switch_cpu));
	set_text(machine, "max_dgram_qlen",
		 line_of("/proc/sys/net/unix/max_dgram_qlen", NULL));
	set_text(machine, "vdelab_switch",
		 machine_version(bench, bench->switch_path, NULL));
	set_text(machine, "vde_switch",
		 bench->peer_path != NULL
		     ? machine_version(bench, bench->peer_path, NULL)
		     : NULL);
	set_text(machine, "ovs_dpdk",
		 bench->ovs_version != NULL ? xstrdup(bench->ovs_version)
					    : NULL);
	set_text(machine, "dpdk",
		 bench->dpdk_version != NULL ? xstrdup(bench->dpdk_version)
					     : NULL);
	return machine;
}
