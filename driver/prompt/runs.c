#include "config.h"

#include "driver/prompt/runs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { ANSWER_MS = 2000 };

static const char prefix[] = "run-";

/* One whose process is gone has nobody who accepts. */
static void
add_run(struct runs *runs, const char *dir, const char *name)
{
	struct run_found *run;
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s/control", dir, name) >=
	    (int)sizeof(path))
		return;
	fd = sockpath_connect(path, SOCK_STREAM, NULL);
	if (fd < 0)
		return;
	runs->items = xrealloc(runs->items, runs->n + 1, sizeof(*runs->items));
	run = &runs->items[runs->n++];
	run->id = xstrdup(name + strlen(prefix));
	run->socket = xstrdup(path);
	run->info =
	    rpc_call_sync(fd, "run.info", NULL, NULL, 0, ANSWER_MS, NULL);
	close(fd);
}

static int
by_name(const void *a, const void *b)
{
	const struct run_found *x = a, *y = b;
	int order = strcmp(json_str_or(x->info, "test", ""),
			   json_str_or(y->info, "test", ""));

	return order != 0 ? order : strcmp(x->id, y->id);
}

int
runs_find(struct runs *runs, struct err *err)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;
	int ret;

	*runs = (struct runs){ .n = 0 };
	ret = sockpath_runtime_dir(path, sizeof(path), err);
	if (ret < 0)
		return ret;
	dir = opendir(path);
	if (dir == NULL)
		return err_errno(err, "cannot read %s", path);
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			add_run(runs, path, entry->d_name);
	closedir(dir);
	if (runs->n > 0)
		qsort(runs->items, runs->n, sizeof(*runs->items), by_name);
	return 0;
}

void
runs_fini(struct runs *runs)
{
	for (size_t i = 0; i < runs->n; i++) {
		free(runs->items[i].id);
		free(runs->items[i].socket);
		json_decref(runs->items[i].info);
	}
	free(runs->items);
}

/* "nat (k3ZbQ1), nat (x2YYbW)"; returned owned. */
static char *
list(const struct runs *runs)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < runs->n; i++) {
		char *longer =
		    xasprintf("%s%s%s (%s)", text, i > 0 ? ", " : "",
			      json_str_or(runs->items[i].info, "test", "one"),
			      runs->items[i].id);

		free(text);
		text = longer;
	}
	return text;
}

/* How many runs @word may mean; the last of them in *@found. */
static size_t
count(const struct runs *runs, const char *word, bool whole,
      const struct run_found **found)
{
	size_t n = 0;

	for (size_t i = 0; i < runs->n; i++) {
		const struct run_found *run = &runs->items[i];
		const char *test = json_str_or(run->info, "test", "");
		size_t len = strlen(word);

		if (whole
			? strcmp(run->id, word) != 0 && strcmp(test, word) != 0
			: strncmp(run->id, word, len) != 0 &&
			      strncmp(test, word, len) != 0)
			continue;
		*found = run;
		n++;
	}
	return n;
}

const struct run_found *
runs_choose(const struct runs *runs, const char *word, struct err *err)
{
	const struct run_found *found = NULL;
	size_t n;
	char *text;

	if (runs->n == 0) {
		err_set(err, -ENOENT, "no run of yours goes on now");
		return NULL;
	}
	if (word == NULL)
		word = "";
	n = count(runs, word, true, &found);
	if (n == 0)
		n = count(runs, word, false, &found);
	if (n == 1)
		return found;
	text = list(runs);
	if (n == 0)
		err_set(err, -ENOENT, "no run is called \"%s\"; there %s %s",
			word, runs->n == 1 ? "is" : "are", text);
	else
		err_set(err, -EINVAL, "which run?  There are %s", text);
	free(text);
	return NULL;
}
