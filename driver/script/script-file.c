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

static void
check_path(lua_State *L, int i, char *out, size_t size)
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

	check_path(L, 1, path, sizeof(path));
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

/* host.read(path) -> content */
static int
host_read(lua_State *L)
{
	char path[PATH_MAX];
	int fd, ret;

	check_path(L, 1, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return task_raise(L, "%s: %s", path, strerror(errno));
	ret = push_content(L, fd);
	close(fd);
	if (ret < 0)
		return task_raise(L, "%s: %s", path, strerror(-ret));
	return 1;
}

/* A path in the results that a script chose: no way out of them. */
static void
check_results_path(lua_State *L, int i, char *out, size_t size)
{
	const struct script *script = script_of(L);
	const char *path = luaL_checkstring(L, i);
	size_t len = strlen(path);

	if (path[0] == '/' || strcmp(path, "..") == 0 ||
	    strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL ||
	    (len >= 3 && strcmp(path + len - 3, "/..") == 0))
		task_raise(L, "%s: must be a path inside the results", path);
	if (snprintf(out, size, "%s/%s", script->spec.results_dir, path) >=
	    (int)size)
		task_raise(L, "%s: path too long", path);
}

/* Parents, as mkdir -p. */
static int
make_parents(char *path, size_t keep)
{
	for (char *p = path + keep; *p != '\0'; p++) {
		int ret;

		if (*p != '/')
			continue;
		*p = '\0';
		ret = mkdir(path, 0755);
		*p = '/';
		if (ret < 0 && errno != EEXIST)
			return -errno;
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
	FILE *f = NULL;

	check_results_path(L, 1, path, sizeof(path));
	if (make_parents(path, strlen(script->spec.results_dir) + 1) == 0)
		f = fopen(path, "we");
	if (f == NULL)
		return task_raise(L, "%s: %s", path, strerror(errno));
	if (fwrite(data, 1, size, f) != size || fclose(f) != 0)
		return task_raise(L, "%s: cannot write all of it", path);
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

	check_path(L, 1, path, sizeof(path));
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

	check_results_path(L, 1, path, sizeof(path) - 1);
	strcat(path, "/");
	if (make_parents(path, strlen(script->spec.results_dir) + 1) < 0)
		return task_raise(L, "%s: %s", path, strerror(errno));
	op = tar_begin(L, path);
	op->unpack = true;
	while (size > 0) {
		ssize_t n = write(op->fd, data, size);

		if (n <= 0)
			break;
		data += n;
		size -= (size_t)n;
	}
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
