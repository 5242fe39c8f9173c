#include "config.h"

#include "driver/results.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { SIDE_BY_SIDE_MAX = 1000 };

struct results {
	char dir[PATH_MAX];
	char lock_path[PATH_MAX];
	int lock;
};

int
results_root(const char *parent, char root[PATH_MAX], struct err *err)
{
	char path[PATH_MAX];

	if (parent[0] == '\0')
		return err_set(err, -EINVAL,
			       "the directory for results has no name");
	if (snprintf(path, sizeof(path), "%s", parent) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: too long", parent);
	for (char *p = path + 1;; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make %s", path);
		*p = was;
		if (was == '\0')
			break;
	}
	if (realpath(path, root) == NULL)
		return err_errno(err, "%s", path);
	return 0;
}

/* Is @path the log of a run?  Others write files of this name, too.  A disk
 * that was full leaves an empty one. */
static bool
is_log_of_run(const char *path)
{
	char line[256] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	return line[0] == '\0' || strstr(line, "\"run.begin\"") != NULL;
}

/* "1", "2", ...: a part that results_make_part() has made. */
static bool
is_name_of_part(const char *name)
{
	return name[0] != '0' && name[0] != '\0' &&
	       name[strspn(name, "0123456789")] == '\0';
}

/* May we remove @dir?  Only what a run has made, an empty directory, or one
 * that has nothing but parts, @depth levels of them at most. */
static bool
is_ours(const char *dir, int depth)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool ours = true;
	DIR *d;

	if (snprintf(path, sizeof(path), "%s/log.jsonl", dir) >=
	    (int)sizeof(path))
		return false;
	if (is_log_of_run(path))
		return true;
	d = opendir(dir);
	if (d == NULL)
		return errno == ENOENT;
	while (ours && (entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		ours = depth > 0 && is_name_of_part(name) &&
		       snprintf(path, sizeof(path), "%s/%s", dir, name) <
			   (int)sizeof(path) &&
		       is_ours(path, depth - 1);
	}
	closedir(d);
	return ours;
}

static int
make_dir(struct results *results, struct err *err)
{
	int ret;

	if (!is_ours(results->dir, 1))
		return err_set(err, -EEXIST,
			       "%s holds files of something else; name another "
			       "directory with --results",
			       results->dir);
	ret = sockpath_remove_tree(results->dir, err);
	if (ret < 0)
		return ret;
	if (mkdir(results->dir, 0755) < 0)
		return err_errno(err, "cannot make %s", results->dir);
	return 0;
}

struct results *
results_open(const char *parent, const char *test, struct err *err)
{
	struct results *results = XNEW(struct results);
	char root[PATH_MAX], name[300];
	int ret = results_root(parent, root, err);

	results->lock = -EBUSY;
	for (int i = 1; ret == 0 && results->lock == -EBUSY; i++) {
		if (i == 1)
			snprintf(name, sizeof(name), "%s", test);
		else
			snprintf(name, sizeof(name), "%s.%d", test, i);
		if (snprintf(results->dir, sizeof(results->dir), "%s/%s", root,
			     name) >= (int)sizeof(results->dir) ||
		    snprintf(results->lock_path, sizeof(results->lock_path),
			     "%s/.%s.lock", root,
			     name) >= (int)sizeof(results->lock_path))
			ret = err_set(err, -ENAMETOOLONG, "%s: too long", root);
		else
			results->lock = sockpath_lock(results->lock_path, err);
		if (i == SIDE_BY_SIDE_MAX)
			break;
	}
	if (ret == 0)
		ret =
		    results->lock < 0 ? results->lock : make_dir(results, err);
	if (ret == 0)
		return results;
	results_close(results);
	return NULL;
}

struct results *
results_at(const char *dir)
{
	struct results *results = XNEW(struct results);

	snprintf(results->dir, sizeof(results->dir), "%s", dir);
	results->lock = -EBUSY; /* somebody else's */
	return results;
}

char *
results_make_part(const struct results *results, unsigned number,
		  struct err *err)
{
	char *path = xasprintf("%s/%u", results->dir, number);

	if (mkdir(path, 0755) == 0)
		return path;
	err_errno(err, "cannot make %s", path);
	free(path);
	return NULL;
}

const char *
results_dir(const struct results *results)
{
	return results->dir;
}

void
results_close(struct results *results)
{
	if (results == NULL)
		return;
	if (results->lock >= 0) {
		/* While we hold it: whoever waits for it locks a new file. */
		unlink(results->lock_path);
		close(results->lock);
	}
	free(results);
}
