/* script-file: files of the host, for copying to and from machines. */
#include "config.h"

#include "driver/script/script-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* A path in a test file is relative to that file. */
static int
resolve(const struct script *script, const char *path, char *out, size_t size)
{
	const char *file = script->plan->file;
	const char *slash = strrchr(file, '/');
	int n;

	if (path[0] == '/' || slash == NULL)
		n = snprintf(out, size, "%s", path);
	else
		n = snprintf(out, size, "%.*s/%s", (int)(slash - file), file,
			     path);
	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

void
script_check_path(lua_State *L, int i, char *out, size_t size)
{
	if (resolve(script_of(L), luaL_checkstring(L, i), out, size) < 0)
		task_raise(L, "%s: path too long", lua_tostring(L, i));
}

/* host.stat(path) -> "file" or "directory", mode; or nil, why */
static int
host_stat(lua_State *L)
{
	char path[PATH_MAX];
	struct stat st;

	script_check_path(L, 1, path, sizeof(path));
	if (stat(path, &st) < 0) {
		lua_pushnil(L);
		lua_pushfstring(L, "%s: %s", path, strerror(errno));
		return 2;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		lua_pushnil(L);
		lua_pushfstring(L, "%s: neither file nor directory", path);
		return 2;
	}
	lua_pushstring(L, S_ISREG(st.st_mode) ? "file" : "directory");
	lua_pushinteger(L, st.st_mode & 07777);
	return 2;
}

/* The bytes of @fd onto the stack.  Return: 0 or -errno */
static int
push_content(lua_State *L, int fd)
{
	luaL_Buffer buffer;
	ssize_t n;

	luaL_buffinit(L, &buffer);
	do {
		char *at = luaL_prepbuffsize(&buffer, 64 * 1024);

		n = read(fd, at, 64 * 1024);
		if (n > 0)
			luaL_addsize(&buffer, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		n = -errno;
	luaL_pushresult(&buffer);
	return (int)n;
}

/* push_content() protected, for a descriptor that must be closed whatever
 * happens; 1: path, 2: descriptor */
static int
read_protected(lua_State *L)
{
	int ret = push_content(L, (int)lua_tointeger(L, 2));

	if (ret < 0)
		return luaL_error(L, "%s: %s", lua_tostring(L, 1),
				  strerror(-ret));
	return 1;
}

/* host.read(path) -> content */
static int
host_read(lua_State *L)
{
	char path[PATH_MAX];
	int fd, ret;

	script_check_path(L, 1, path, sizeof(path));
	/* It may have become another kind of file since host.stat(). */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return task_raise(L, "%s: %s", path, strerror(errno));
	lua_pushcfunction(L, read_protected);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, fd);
	ret = lua_pcall(L, 2, 1, 0);
	close(fd);
	if (ret != LUA_OK)
		return task_raise(L, "%s", lua_tostring(L, -1));
	return 1;
}

/* Is @name one of the files that the run itself writes into its results? */
static bool
is_file_of_run(const struct script *script, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(name, "log.jsonl") == 0)
		return true;
	if (script->spec.coverage != NULL &&
	    strncmp(name, "coverage", 8) == 0 &&
	    (name[8] == '\0' || name[8] == '/'))
		return true;
	if (len > 7 && strcmp(name + len - 7, ".pcapng") == 0)
		return strncmp(name, "vlan", 4) == 0;
	for (size_t i = 0; i < script->plan->n_nodes; i++) {
		const char *node = script->plan->nodes[i].name;
		size_t n = strlen(node);

		if (strncmp(name, node, n) == 0 &&
		    strcmp(name + n, ".serial.log") == 0)
			return true;
	}
	return false;
}

/* A path in the results that a script chose: no way out of them. */
void
script_results_path(lua_State *L, int i, char *out, size_t size)
{
	const struct script *script = script_of(L);
	const char *path = luaL_checkstring(L, i);
	size_t len = strlen(path);

	if (path[0] == '/' || strcmp(path, "..") == 0 ||
	    strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL ||
	    (len >= 3 && strcmp(path + len - 3, "/..") == 0))
		task_raise(L, "%s: must be a path inside the results", path);
	if (is_file_of_run(script, path))
		task_raise(L,
			   "%s is a file of the run itself: choose a directory "
			   "with { dir = ... }",
			   path);
	if (snprintf(out, size, "%s/%s", script->spec.results_dir, path) >=
	    (int)size)
		task_raise(L, "%s: path too long", path);
}

/* The directories of @path, below the first @keep bytes of it, as mkdir -p.
 * None may be a symbolic link: a directory that came from a guest may hold one
 * that leads anywhere. */
static int
make_parents(char *path, size_t keep)
{
	for (char *p = path + keep; *p != '\0'; p++) {
		struct stat st;
		int ret;

		if (*p != '/')
			continue;
		*p = '\0';
		ret = mkdir(path, 0755);
		if (ret < 0 && errno == EEXIST)
			ret = lstat(path, &st);
		else
			st.st_mode = S_IFDIR;
		*p = '/';
		if (ret < 0)
			return -errno;
		if (!S_ISDIR(st.st_mode))
			return -ENOTDIR;
	}
	return 0;
}

static int
write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* host.write(path in the results, content) -> the whole path */
static int
host_write(lua_State *L)
{
	const struct script *script = script_of(L);
	char path[PATH_MAX];
	size_t size;
	const char *data = luaL_checklstring(L, 2, &size);
	int fd, ret;

	script_results_path(L, 1, path, sizeof(path));
	ret = make_parents(path, strlen(script->spec.results_dir) + 1);
	if (ret < 0)
		return task_raise(L, "%s: %s", path, strerror(-ret));
	fd = open(path,
		  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK |
		      O_CLOEXEC,
		  0644);
	if (fd < 0)
		return task_raise(L, "%s: %s", path, strerror(errno));
	ret = write_all(fd, data, size);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret < 0)
		return task_raise(L, "%s: cannot write all of it: %s", path,
				  strerror(-ret));
	lua_pushstring(L, path);
	return 1;
}

/* ---- directories, by tar(1) ---- */

struct tar_op {
	struct op op;
	struct process *process; /* owned */
	int fd;			 /* a memory file with the archive; owned */
	bool unpack;
	char *path; /* owned; packed, or unpacked into */
	char said[256];
};

static void
tar_fini(struct tar_op *op)
{
	process_free(op->process);
	close(op->fd);
	free(op->path);
}

static void
tar_cancel(struct op *base)
{
	tar_fini((struct tar_op *)base);
	op_end(base);
}

static void
on_tar_output(struct process *p, int fd, const void *data, size_t size,
	      void *arg)
{
	struct tar_op *op = arg;

	(void)p;
	(void)fd;
	if (op->said[0] == '\0')
		snprintf(op->said, sizeof(op->said), "%.*s", (int)size,
			 (const char *)data);
}

static int
push_archive(lua_State *L, void *data)
{
	struct tar_op *op = data;
	int ret;

	if (op->unpack) {
		lua_pushstring(L, op->path);
		return 1;
	}
	ret = lseek(op->fd, 0, SEEK_SET) < 0 ? -errno : push_content(L, op->fd);
	if (ret < 0)
		return task_raise(L, "tar of %s: %s", op->path, strerror(-ret));
	return 1;
}

static void
on_tar_exit(struct process *p, const struct process_status *status, void *arg)
{
	struct tar_op *op = arg;
	struct tar_op was = *op; /* outlives the operation */
	char how[64];

	(void)p;
	if (status->signaled || status->code != 0) {
		process_status_text(status, how, sizeof(how));
		op_raise(&op->op, "tar of %s: %s: %s", was.path, how, was.said);
	} else {
		op_return(&op->op, push_archive, &was);
	}
	tar_fini(&was);
}

/* Runs tar on op->fd.  Raises an error when it cannot. */
static int
run_tar(lua_State *L, struct tar_op *op, const char *const *argv)
{
	const struct script *script = script_of(L);
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct err err = ERR_INIT;

	spec.argv = argv;
	spec.on_output = on_tar_output;
	spec.on_exit = on_tar_exit;
	spec.arg = op;
	if (op->unpack)
		spec.stdin_fd = op->fd;
	else
		spec.stdout_fd = op->fd;
	op->process =
	    process_spawn(script->spec.base, script->spec.clock, &spec, &err);
	if (op->process == NULL) {
		struct tar_op was = *op;

		op_raise(&op->op, "tar: %s", err.text);
		tar_fini(&was);
	}
	return op_wait(L);
}

static struct tar_op *
tar_begin(lua_State *L, const char *path)
{
	struct tar_op *op;
	int fd;

	op_check(L);
	fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0)
		task_raise(L, "memfd_create: %s", strerror(errno));
	op = op_begin(L, sizeof(*op), tar_cancel);
	op->fd = fd;
	op->path = xstrdup(path);
	return op;
}

/* host.tar(directory) -> an archive of what is in it */
static int
host_tar(lua_State *L)
{
	char path[PATH_MAX];
	struct tar_op *op;

	script_check_path(L, 1, path, sizeof(path));
	op = tar_begin(L, path);

	const char *argv[] = { "tar", "-C", op->path, "-cf", "-", ".", NULL };

	return run_tar(L, op, argv);
}

/* host.untar(directory in the results, archive) -> the whole path */
static int
host_untar(lua_State *L)
{
	const struct script *script = script_of(L);
	char path[PATH_MAX];
	size_t size;
	const char *data = luaL_checklstring(L, 2, &size);
	struct tar_op *op;
	int ret;

	script_results_path(L, 1, path, sizeof(path) - 1);
	strcat(path, "/");
	ret = make_parents(path, strlen(script->spec.results_dir) + 1);
	if (ret < 0)
		return task_raise(L, "%s: %s", path, strerror(-ret));
	op = tar_begin(L, path);
	op->unpack = true;
	/* What cannot be written here is missed by tar. */
	(void)write_all(op->fd, data, size);
	lseek(op->fd, 0, SEEK_SET);

	/* The archive is a guest's: GNU tar refuses members that lead out. */
	const char *argv[] = { "tar",
			       "-C",
			       op->path,
			       "-xf",
			       "-",
			       "--no-same-owner",
			       "--no-same-permissions",
			       NULL };

	return run_tar(L, op, argv);
}

const struct luaL_Reg script_file_functions[] = {
	{ "stat", host_stat }, { "read", host_read },	{ "write", host_write },
	{ "tar", host_tar },   { "untar", host_untar }, { NULL, NULL },
};
