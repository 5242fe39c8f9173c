#include "config.h"

#include "lib/sockpath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"

/* ---- addresses ---- */

int
sockpath_fill(struct sockaddr_un *addr, const char *path, struct err *err)
{
	size_t len = strlen(path);

	if (len == 0)
		return err_set(err, -EINVAL, "the path of a socket is empty");
	if (len > SOCKPATH_MAX)
		return err_set(
		    err, -ENAMETOOLONG,
		    "the path of a socket has %zu bytes and may have "
		    "%d, choose a shorter directory: %s",
		    len, SOCKPATH_MAX, path);
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, len + 1);
	return 0;
}

/* ---- directories ---- */

int
sockpath_runtime_dir(char *path, size_t size, struct err *err)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int ret;

	/* A relative value is to be ignored (XDG base directories, 0.8). */
	if (xdg != NULL && xdg[0] == '/')
		ret = snprintf(path, size, "%s/vdelab", xdg);
	else
		ret = snprintf(path, size, "/tmp/vdelab-%ju",
			       (uintmax_t)geteuid());
	if (ret < 0 || (size_t)ret >= size)
		return err_set(
		    err, -ENAMETOOLONG,
		    "the path of the run-time directory has %d bytes "
		    "and may have %zu: set XDG_RUNTIME_DIR",
		    ret, size - 1);
	ret = sockpath_make_dir(path, 0700, err);
	if (ret < 0 && xdg != NULL && xdg[0] == '/')
		err_prefix(err, "XDG_RUNTIME_DIR");
	return ret < 0 ? ret : 0;
}

/* Make the directory @path if it is missing, and see that nobody can swap what
 * is in it for his own; Return: 0, -errno. */
static int
make_parent(const char *path, struct err *err)
{
	struct stat st;
	int ret = stat(path, &st);

	if (ret < 0 && errno == ENOENT) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make directory %s", path);
		ret = stat(path, &st);
	}
	if (ret < 0)
		return err_errno(err, "cannot use directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "%s is not a directory", path);
	if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
		return err_set(
		    err, -EPERM,
		    "everybody may replace what is in %s: chmod o-w, "
		    "or choose another directory",
		    path);
	return 0;
}

static int
make_parents(const char *path, struct err *err)
{
	const char *slash = path;
	char parent[PATH_MAX];
	int ret = 0;

	if (path[0] != '/')
		ret = make_parent(".", err);
	while (ret == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		size_t len = (size_t)(slash - path);

		memcpy(parent, path, len);
		parent[len] = '\0';
		ret = make_parent(parent, err);
	}
	return ret;
}

/* Is the existing directory @fd one to put sockets in? */
static int
check_dir(int fd, const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (st.st_uid != geteuid())
		return err_set(err, -EPERM,
			       "directory %s belongs to user %ju, not to us: "
			       "remove it or choose another",
			       path, (uintmax_t)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH) & ~mode) != 0)
		return err_set(err, -EPERM,
			       "others may write to directory %s: chmod go-w, "
			       "or choose another",
			       path);
	return 0;
}

/* @path without the slashes at its end; Return: 0, -EINVAL, -ENAMETOOLONG. */
static int
strip_slashes(const char *path, char bare[static PATH_MAX], struct err *err)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len == 0)
		return err_set(err, -EINVAL, "'%s' cannot be used here", path);
	if (len >= PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "the path is too long: %s",
			       path);
	memcpy(bare, path, len);
	bare[len] = '\0';
	return 0;
}

int
sockpath_make_dir(const char *path, mode_t mode, struct err *err)
{
	char bare[PATH_MAX];
	bool existed;
	int fd;
	int ret;

	ret = strip_slashes(path, bare, err);
	if (ret == 0)
		ret = make_parents(bare, err);
	if (ret < 0)
		return ret;
	/* Nobody else enters before it has its mode. */
	existed = mkdir(bare, 0700) < 0;
	if (existed && errno != EEXIST)
		return err_errno(err, "cannot make directory %s", bare);
	fd = open(bare, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot use %s as a directory", bare);
	ret = check_dir(fd, bare, mode, err);
	if (ret == 0 && !existed && fchmod(fd, mode) < 0)
		ret = err_errno(err, "cannot set the mode of %s", bare);
	close(fd);
	if (ret < 0)
		return ret;
	return existed ? 1 : 0;
}

/* ---- lock ---- */

enum { LOCK_LOOKS = 50, LOCK_LOOK_MS = 10 };

/* Return: the pid of a living process in the lock file @fd; 0 = there is none. */
static long
read_owner(int fd)
{
	char text[24] = "";
	long pid = 0;

	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		pid = strtol(text, NULL, 10);
	if (pid <= 0 || (kill((pid_t)pid, 0) < 0 && errno == ESRCH))
		return 0;
	return pid;
}

/* Between taking the lock and writing to it, its owner has an empty file, or
 * one with the pid of a process that was killed: look again. */
static int
lock_is_busy(int fd, const char *path, struct err *err)
{
	const struct timespec pause = { 0, LOCK_LOOK_MS * 1000000L };

	for (int i = 0; i < LOCK_LOOKS; i++) {
		long pid = read_owner(fd);

		if (pid > 0)
			return err_set(err, -EBUSY, "%s is held by process %ld",
				       path, pid);
		nanosleep(&pause, NULL);
	}
	return err_set(err, -EBUSY, "%s is held by another process", path);
}

/* Is @fd still what @path names?  The last owner may have removed the file
 * while we waited for its lock. */
static bool
is_file_at(int fd, const char *path)
{
	struct stat of_fd, of_path;

	return fstat(fd, &of_fd) == 0 && lstat(path, &of_path) == 0 &&
	       of_fd.st_dev == of_path.st_dev && of_fd.st_ino == of_path.st_ino;
}

static int
check_lock_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EPERM, "%s is not a plain file", path);
	if (st.st_uid != geteuid())
		return err_set(err, -EPERM,
			       "lock file %s belongs to user %ju, not to us",
			       path, (uintmax_t)st.st_uid);
	return 0;
}

static int
write_pid(int fd, const char *path, struct err *err)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return err_errno(err, "cannot write to %s", path);
	return 0;
}

int
sockpath_lock(const char *path, struct err *err)
{
	int ret;
	int fd;

	for (;;) {
		/* O_NONBLOCK in case it is a FIFO, which is refused below */
		fd = open(path,
			  O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
			      O_NONBLOCK | O_NOCTTY,
			  0600);
		if (fd < 0)
			return err_errno(err, "cannot open lock file %s", path);
		ret = check_lock_file(fd, path, err);
		if (ret == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
			ret = errno == EWOULDBLOCK
				  ? lock_is_busy(fd, path, err)
				  : err_errno(err, "cannot lock %s", path);
		if (ret < 0)
			break;
		if (is_file_at(fd, path)) {
			ret = write_pid(fd, path, err);
			break;
		}
		close(fd);
	}
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

/* ---- sockets ---- */

/* Does a process hold the socket at @addr?  Return: 0 no; -EADDRINUSE yes;
 * -EEXIST it is something else; other -errno. */
static int
probe(const struct sockaddr_un *addr, int type)
{
	struct stat st;
	int ret;
	int fd;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	if (ret < 0 && errno == ECONNREFUSED)
		ret = 0; /* its owner is gone */
	else if (ret < 0 && errno == EACCES)
		ret = -EACCES;
	else
		ret = -EADDRINUSE; /* a full backlog or another type, too */
	close(fd);
	return ret;
}

/* bind() with the file having @mode from the start; Return: 0, -errno. */
static int
bind_with_mode(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t saved = umask(~mode & 0777);
	int ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
	int code = ret < 0 ? -errno : 0;

	umask(saved);
	return code;
}

static int
bind_replacing_stale(int fd, const struct sockaddr_un *addr, int type,
		     mode_t mode, struct err *err)
{
	const char *path = addr->sun_path;
	int ret = bind_with_mode(fd, addr, mode);

	if (ret == -EADDRINUSE) {
		ret = probe(addr, type);
		if (ret == 0 && unlink(path) < 0 && errno != ENOENT)
			ret = -errno;
		if (ret == 0)
			ret = bind_with_mode(fd, addr, mode);
	}
	if (ret == -EADDRINUSE)
		return err_set(err, ret, "another process listens on %s", path);
	if (ret == -EEXIST)
		return err_set(err, ret,
			       "%s is in the way and not a socket: remove it",
			       path);
	if (ret < 0)
		return err_set(err, ret, "cannot make socket %s: %s", path,
			       strerror(-ret));
	return 0;
}

int
sockpath_listen(const char *path, int type, mode_t mode, struct err *err)
{
	struct sockaddr_un addr;
	int ret;
	int fd;

	ret = sockpath_fill(&addr, path, err);
	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "cannot make socket %s", path);
	ret = bind_replacing_stale(fd, &addr, type, mode, err);
	if (ret == 0 && type != SOCK_DGRAM && listen(fd, SOMAXCONN) < 0) {
		ret = err_errno(err, "cannot listen on %s", path);
		unlink(path);
	}
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

/* connect() that a stopped listener cannot hold up for ever. */
static int
connect_with_deadline(int fd, const struct sockaddr_un *addr)
{
	struct timeval limit = { .tv_sec = SOCKPATH_CONNECT_MS / 1000,
				 .tv_usec = SOCKPATH_CONNECT_MS % 1000 * 1000 };
	struct timeval none = { 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	while (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0) {
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none)) < 0)
		return -errno;
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int
sockpath_connect(const char *path, int type, struct err *err)
{
	struct sockaddr_un addr;
	int ret;
	int fd;

	ret = sockpath_fill(&addr, path, err);
	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "cannot make a socket");
	ret = connect_with_deadline(fd, &addr);
	if (ret == 0)
		return fd;
	close(fd);
	return err_set(err, ret, "cannot connect to %s: %s", path,
		       ret == -ECONNREFUSED ? "nobody listens there any more"
		       : ret == -ETIMEDOUT  ? "whoever listens there is stuck"
					    : strerror(-ret));
}

/* ---- removal ---- */

/* Levels of directories, each of which takes a descriptor. */
enum { REMOVE_DEPTH_MAX = 64 };

struct removal {
	dev_t dev;	     /* the file system to stay in */
	char path[PATH_MAX]; /* of what is removed just now, for messages */
	struct err *err;
	int ret; /* 0, or the first failure: the rest goes nevertheless */
};

static bool remove_entry(struct removal *r, int dir_fd, const char *name,
			 int depth);

static bool
removal_failed(struct removal *r, int code, const char *why)
{
	if (r->ret == 0)
		r->ret = err_set(r->err, code, "cannot remove %s: %s", r->path,
				 why != NULL ? why : strerror(-code));
	return false;
}

/* Remove what is in @fd, which is taken.  A directory that changes while it is
 * read may hide entries, so it is read until a pass removes nothing. */
static void
remove_contents(struct removal *r, int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	unsigned n_removed;

	if (dir == NULL) {
		removal_failed(r, -errno, NULL);
		close(fd);
		return;
	}
	do {
		n_removed = 0;
		rewinddir(dir);
		while ((entry = readdir(dir)) != NULL) {
			if (strcmp(entry->d_name, ".") == 0 ||
			    strcmp(entry->d_name, "..") == 0)
				continue;
			n_removed += remove_entry(r, fd, entry->d_name, depth);
		}
	} while (n_removed > 0);
	closedir(dir);
}

static bool
remove_dir(struct removal *r, int dir_fd, const char *name, int depth)
{
	struct stat st;
	int fd = openat(dir_fd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || removal_failed(r, -errno, NULL);
	if (fstat(fd, &st) < 0 || (depth > 0 && st.st_dev != r->dev)) {
		close(fd);
		return removal_failed(r, -EXDEV, "it is a mount point");
	}
	if (depth == REMOVE_DEPTH_MAX) {
		close(fd);
		return removal_failed(r, -ELOOP, "too many levels");
	}
	r->dev = st.st_dev;
	remove_contents(r, fd, depth + 1);
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return removal_failed(r, -errno, NULL);
	return true;
}

/* Remove @name in @dir_fd, whatever it is; Return: true when it is gone. */
static bool
remove_entry(struct removal *r, int dir_fd, const char *name, int depth)
{
	size_t len = strlen(r->path);
	bool gone;

	snprintf(r->path + len, sizeof(r->path) - len, "%s%s",
		 depth > 0 ? "/" : "", name);
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		gone = true;
	else if (errno == EISDIR)
		gone = remove_dir(r, dir_fd, name, depth);
	else
		gone = removal_failed(r, -errno, NULL);
	r->path[len] = '\0';
	return gone;
}

int
sockpath_remove_tree(const char *path, struct err *err)
{
	struct removal r = { .err = err };
	char bare[PATH_MAX];
	int ret = strip_slashes(path, bare, err);

	if (ret < 0)
		return ret;
	remove_entry(&r, AT_FDCWD, bare, 0);
	return r.ret;
}
