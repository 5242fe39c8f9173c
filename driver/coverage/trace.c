#include "config.h"

#include "driver/coverage/trace.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/coverage/data.h"
#include "driver/coverage/gcov.h"
#include "driver/coverage/notes.h"
#include "driver/report/coverage.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

#define TRACE_SUFFIX ".trace.json"

static bool
ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

/* "client" of "client.trace.json" and "client.3.tar"; returned owned; NULL: it is
 * neither. */
static char *
machine_of(const char *name)
{
	size_t len = strcspn(name, ".");

	if (len == 0 ||
	    (strcmp(name + len, TRACE_SUFFIX) != 0 && !ends_in(name, ".tar")))
		return NULL;
	return xasprintf("%.*s", (int)len, name);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_machine(struct trace_run *run, char *machine)
{
	for (size_t i = 0; i < run->n_machines; i++) {
		if (strcmp(run->machines[i], machine) == 0) {
			free(machine);
			return;
		}
	}
	run->machines =
	    xrealloc(run->machines, run->n_machines + 1, sizeof(char *));
	run->machines[run->n_machines++] = machine;
}

int
trace_run_open(const char *dir, struct trace_run *run, struct err *err)
{
	struct dirent *entry;
	DIR *d;
	int ret;

	*run = (struct trace_run){ .dir = xasprintf("%s/coverage", dir) };
	ret = coverage_manifest_read(run->dir, &run->manifest, err);
	if (ret < 0) {
		trace_run_fini(run);
		return ret;
	}
	d = opendir(run->dir);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char *machine = machine_of(entry->d_name);

		if (machine != NULL)
			add_machine(run, machine);
	}
	if (d != NULL)
		closedir(d);
	if (run->n_machines > 0)
		qsort(run->machines, run->n_machines, sizeof(char *), compare);
	return 0;
}

void
trace_run_fini(struct trace_run *run)
{
	for (size_t i = 0; i < run->n_machines; i++)
		free(run->machines[i]);
	free(run->machines);
	coverage_manifest_fini(&run->manifest);
	free(run->dir);
	*run = (struct trace_run){ .dir = NULL };
}

static char *
trace_path(const struct trace_run *run, const char *machine)
{
	return xasprintf("%s/%s" TRACE_SUFFIX, run->dir, machine);
}

/* The archives of @machine; returned owned, with each of its @n texts. */
static char **
find_archives(const struct trace_run *run, const char *machine, size_t *n)
{
	char **paths = NULL;
	struct dirent *entry;
	DIR *d = opendir(run->dir);

	*n = 0;
	while (d != NULL && (entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;
		char *whose = machine_of(name);

		if (whose != NULL && strcmp(whose, machine) == 0 &&
		    ends_in(name, ".tar")) {
			paths = xrealloc(paths, *n + 1, sizeof(char *));
			paths[(*n)++] = xasprintf("%s/%s", run->dir, name);
		}
		free(whose);
	}
	if (d != NULL)
		closedir(d);
	return paths;
}

char *
trace_work_dir(const char *parent, struct err *err)
{
	char *path = xasprintf("%s/.coverage.XXXXXX", parent), *real;

	if (mkdtemp(path) == NULL) {
		err_errno(err, "cannot make a directory in %s", parent);
		free(path);
		return NULL;
	}
	real = realpath(path, NULL);
	free(path);
	return real;
}

/* From its archives. */
static struct cov_data *
count(const struct trace_run *run, const char *machine, const char *work,
      struct err *err)
{
	char *dir = trace_work_dir(work, err);
	struct coverage_notes notes;
	struct cov_data *data = NULL;
	char **archives;
	size_t n;

	if (dir == NULL)
		return NULL;
	coverage_notes_find(run->manifest.build, &notes);
	archives = find_archives(run, machine, &n);
	if (notes.n == 0)
		err_set(err, -ENOENT,
			"there is no .gcno file below %s any more, or not "
			"here: what %s has counted in %s cannot be read",
			run->manifest.build, machine, run->dir);
	else
		data = gcov_read(&run->manifest, &notes, archives, n, dir, err);
	for (size_t i = 0; i < n; i++)
		free(archives[i]);
	free(archives);
	coverage_notes_fini(&notes);
	(void)sockpath_remove_tree(dir, NULL);
	free(dir);
	return data;
}

struct cov_data *
trace_read(const struct trace_run *run, const char *machine, const char *work,
	   struct err *err)
{
	char *path = trace_path(run, machine);
	struct cov_data *data;

	if (access(path, F_OK) == 0)
		data = cov_data_read(path, err);
	else
		data = count(run, machine, work, err);
	free(path);
	return data;
}

int
trace_write(const struct trace_run *run, const char *machine,
	    const struct cov_data *data, struct err *err)
{
	char *path = trace_path(run, machine);
	char *part = xasprintf("%s/.%s.part", run->dir, machine);
	json_t *json = cov_data_json(data, COV_FORMAT);
	int ret = 0;

	if (json_dump_file(json, part, JSON_COMPACT) < 0)
		ret = err_set(err, -EIO, "cannot write %s", part);
	else if (rename(part, path) < 0)
		ret = err_errno(err, "cannot make %s", path);
	if (ret < 0)
		unlink(part);
	json_decref(json);
	free(part);
	free(path);
	return ret;
}

int
coverage_trace(const char *dir, struct err *err)
{
	struct trace_run run;
	int ret = trace_run_open(dir, &run, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	for (size_t i = 0; i < run.n_machines && ret == 0; i++) {
		struct cov_data *data =
		    trace_read(&run, run.machines[i], run.dir, err);

		ret = data != NULL
			  ? trace_write(&run, run.machines[i], data, err)
			  : -EIO;
		cov_data_free(data);
	}
	trace_run_fini(&run);
	return ret;
}
