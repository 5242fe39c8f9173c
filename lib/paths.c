#include "lib/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

/* Directories above the program in which the build tree's out/ is looked for:
 * BUILD/tests/unit needs two, BUILD/out/libexec/vdelab three. */
enum { OUT_LEVELS_MAX = 3 };

/* Where a kind of file lives, below the prefix and as configured. */
static const struct {
	const char *what;
	const char *below_prefix;
	const char *configured;
	int access; /* what must be allowed */
} kinds[] = {
	[PATHS_BIN] = { "program", "bin", PATHS_BINDIR, X_OK },
	[PATHS_LIBEXEC] = { "helper program", "libexec/vdelab",
			    PATHS_LIBEXECDIR, X_OK },
	[PATHS_PLUGINS] = { "plugin", "lib/vdelab", PATHS_PLUGINDIR, R_OK },
	[PATHS_DATA] = { "data file", "share/vdelab", PATHS_DATADIR, R_OK },
};

struct search {
	enum paths_kind kind;
	const char *name;
	char found[PATH_MAX];
	char tried[ERR_TEXT_SIZE / 2]; /* directories, for the message */
};

/* Cut the last component off @path; Return: false when none is left. */
static bool
cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

static void
note_tried(struct search *s, const char *dir)
{
	size_t len = strlen(s->tried);

	snprintf(s->tried + len, sizeof(s->tried) - len, "%s%s",
		 len > 0 ? ", " : "", dir);
}

/* Is the file there?  The first directory wins. */
static bool
try_dir(struct search *s, const char *dir)
{
	struct stat st;
	int len = snprintf(s->found, sizeof(s->found), "%s/%s", dir, s->name);

	note_tried(s, dir);
	return len > 0 && (size_t)len < sizeof(s->found) &&
	       stat(s->found, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(s->found, kinds[s->kind].access) == 0;
}

static bool
try_prefix(struct search *s, const char *prefix)
{
	char dir[PATH_MAX];
	int len = snprintf(dir, sizeof(dir), "%s/%s", prefix,
			   kinds[s->kind].below_prefix);

	return len > 0 && (size_t)len < sizeof(dir) && try_dir(s, dir);
}

/* The out/ of the build tree that the program in @exe_dir is part of.  Another
 * user's directory of that name, say in /tmp, is none. */
static bool
try_build_tree(struct search *s, const char *exe_dir, uid_t exe_owner)
{
	char dir[PATH_MAX];
	char out[PATH_MAX];
	struct stat st;

	snprintf(dir, sizeof(dir), "%s", exe_dir);
	for (int i = 0; i < OUT_LEVELS_MAX && cut_last(dir); i++) {
		int len = snprintf(out, sizeof(out), "%s/out", dir);

		if (len > 0 && (size_t)len < sizeof(out) &&
		    lstat(out, &st) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_uid == exe_owner)
			return try_prefix(s, out);
	}
	return false;
}

/* From where the running program is; Return: true when found. */
static bool
try_around_program(struct search *s)
{
	char exe_dir[PATH_MAX];
	char prefix[PATH_MAX];
	struct stat st;
	ssize_t len = readlink("/proc/self/exe", exe_dir, sizeof(exe_dir) - 1);

	if (len <= 0 || stat("/proc/self/exe", &st) < 0)
		return false;
	exe_dir[len] = '\0';
	if (!cut_last(exe_dir))
		return false;
	if (s->kind == PATHS_BIN && try_dir(s, exe_dir))
		return true;
	snprintf(prefix, sizeof(prefix), "%s", exe_dir);
	if (s->kind != PATHS_BIN && cut_last(prefix) && try_prefix(s, prefix))
		return true;
	return try_build_tree(s, exe_dir, st.st_uid);
}

int
paths_find(enum paths_kind kind, const char *name, char *path, size_t size,
	   struct err *err)
{
	struct search s = { .kind = kind, .name = name };

	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return err_set(err, -ENOENT, "'%s' is no name of a %s", name,
			       kinds[kind].what);
	if (!try_around_program(&s) && !try_dir(&s, kinds[kind].configured))
		return err_set(err, -ENOENT, "%s %s is not in any of %s",
			       kinds[kind].what, name, s.tried);
	if (strlen(s.found) >= size)
		return err_set(err, -ENAMETOOLONG, "the path is too long: %s",
			       s.found);
	memcpy(path, s.found, strlen(s.found) + 1);
	return 0;
}

int
paths_xdg(const char *var, const char *fallback, char *path, size_t size,
	  struct err *err)
{
	const char *base = getenv(var);
	const char *home = getenv("HOME");
	int len;

	/* A relative value is to be ignored (XDG base directories, 0.8). */
	if (base != NULL && base[0] == '/')
		len = snprintf(path, size, "%s/vdelab", base);
	else if (home != NULL && home[0] == '/')
		len = snprintf(path, size, "%s/%s/vdelab", home, fallback);
	else
		return err_set(err, -ENOENT,
			       "neither %s nor HOME is set to an absolute path",
			       var);
	if (len < 0 || (size_t)len >= size)
		return err_set(err, -ENAMETOOLONG,
			       "the path that %s gives is too long", var);
	return 0;
}
