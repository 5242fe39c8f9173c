#include "config.h"

#include "tools/extcap/switches.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* A line of /proc/net/unix: "Num: RefCount Protocol Flags Type St Inode Path",
 * in hexadecimal; __SO_ACCEPTCON among the flags of a socket that listens. */
#define FLAG_LISTENS 0x10000u

static const char control_name[] = "/control";

char *
switches_is_candidate(const char *line)
{
	unsigned flags, type;
	size_t len, name_len = strlen(control_name);
	int at = 0;

	if (sscanf(line, "%*[^:]: %*x %*x %x %x %*x %*u %n", &flags, &type,
		   &at) != 2 ||
	    at == 0 || line[at] != '/' || (flags & FLAG_LISTENS) == 0 ||
	    type != SOCK_STREAM)
		return NULL;
	line += at;
	len = strcspn(line, "\n");
	if (len <= name_len ||
	    memcmp(line + len - name_len, control_name, name_len) != 0)
		return NULL;
	return xasprintf("%.*s", (int)(len - name_len), line);
}

/* ---- is it one? ---- */

/* Nobody else's: what others listen to is not ours to ask. */
static bool
is_ours(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       st.st_uid == geteuid();
}

/* Return: a connection to the switch of @dir; -1: there is none. */
static int
connect_switch(const char *dir)
{
	char *path = xasprintf("%s%s", dir, control_name);
	int fd = is_ours(path) ? sockpath_connect(path, SOCK_STREAM, NULL) : -1;
	json_t *info = NULL;

	free(path);
	if (fd < 0)
		return -1;
	info = rpc_call_sync(fd, "switch.info", NULL, NULL, 0,
			     SWITCHES_ANSWER_MS, NULL);
	if (strcmp(json_str_or(info, "dir", ""), dir) != 0) {
		close(fd);
		fd = -1;
	}
	json_decref(info);
	return fd;
}

static void
add(struct switches *switches, const char *dir)
{
	int fd;

	for (size_t i = 0; i < switches->n; i++)
		if (strcmp(switches->list[i].dir, dir) == 0)
			return;
	fd = connect_switch(dir);
	if (fd < 0)
		return;
	switches->list =
	    xrealloc(switches->list, switches->n + 1, sizeof(*switches->list));
	switches->list[switches->n++] = (struct found_switch){
		.dir = xstrdup(dir),
		.fd = fd,
	};
}

/* ---- where they may be ---- */

static void
find_listed(struct switches *switches)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char *line = NULL;
	size_t size = 0;

	while (f != NULL && getline(&line, &size, f) > 0) {
		char *dir = switches_is_candidate(line);

		if (dir != NULL)
			add(switches, dir);
		free(dir);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}

static void
find_in_folder(struct switches *switches)
{
	char base[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	if (sockpath_runtime_dir(base, sizeof(base), NULL) < 0)
		return;
	dir = opendir(base);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", base, entry->d_name);

		if (entry->d_name[0] != '.')
			add(switches, path);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
}

static int
compare(const void *a, const void *b)
{
	const struct found_switch *x = a, *y = b;

	return strcmp(x->dir, y->dir);
}

void
switches_find(struct switches *switches)
{
	const char *dir = getenv("VDELAB_DIR");

	*switches = (struct switches){ .n = 0 };
	find_listed(switches);
	find_in_folder(switches);
	if (dir != NULL && dir[0] == '/')
		add(switches, dir);
	if (switches->n > 0)
		qsort(switches->list, switches->n, sizeof(*switches->list),
		      compare);
}

void
switches_fini(struct switches *switches)
{
	for (size_t i = 0; i < switches->n; i++) {
		free(switches->list[i].dir);
		close(switches->list[i].fd);
	}
	free(switches->list);
	switches->list = NULL;
	switches->n = 0;
}
