#include "config.h"

#include "switch/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct entry {
	char *name; /* "" = none was given */
	int fd;	    /* -1: it was taken */
	bool used;
};

struct inherited {
	size_t n;
	struct entry entries[];
};

/* ---- the environment ---- */

/* Return: 0 with *@n = 0 when nothing is passed to us; -EINVAL. */
static int
read_count(long *n, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	char *end;

	*n = 0;
	if (pid == NULL || fds == NULL)
		return 0;
	if (strtol(pid, &end, 10) != (long)getpid() || *end != '\0')
		return 0;
	errno = 0;
	*n = strtol(fds, &end, 10);
	if (end == fds || *end != '\0' || errno != 0 || *n < 0 ||
	    *n > INHERITED_MAX)
		return err_set(err, -EINVAL,
			       "LISTEN_FDS must be 0 to %d, not \"%s\"",
			       INHERITED_MAX, fds);
	return 0;
}

static int
adopt(struct entry *entry, int fd, char **names, struct err *err)
{
	const char *name = *names != NULL ? strsep(names, ":") : "";

	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_set(err, -EBADF,
			       "LISTEN_FDS speaks of descriptor %d, which is "
			       "not open",
			       fd);
	entry->fd = fd;
	entry->name = xstrdup(name);
	return 0;
}

struct inherited *
inherited_new(int first_fd, struct err *err)
{
	const char *env = getenv("LISTEN_FDNAMES");
	struct inherited *in;
	char *names, *rest;
	long n;
	int ret;

	ret = read_count(&n, err);
	if (ret < 0)
		return NULL;
	in = xcalloc(1, sizeof(*in) + (size_t)n * sizeof(in->entries[0]));
	names = rest = env != NULL ? xstrdup(env) : NULL;
	for (long i = 0; i < n && ret == 0; i++) {
		ret = adopt(&in->entries[i], first_fd + (int)i, &rest, err);
		in->n += ret == 0;
	}
	free(names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (ret == 0)
		return in;
	inherited_free(in);
	return NULL;
}

void
inherited_free(struct inherited *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < in->n; i++) {
		if (in->entries[i].fd >= 0)
			close(in->entries[i].fd);
		free(in->entries[i].name);
	}
	free(in);
}

/* ---- listeners ---- */

/* Where @fd listens.  An abstract address has no permissions, so it counts as
 * none.  Return: 0; -EINVAL. */
static int
listens_at(int fd, char path[static PATH_MAX])
{
	struct sockaddr_un addr = { .sun_family = AF_UNSPEC };
	socklen_t size = sizeof(addr), int_size = sizeof(int);
	int type = -1, listens = 0;
	size_t len;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_size) < 0 ||
	    type != SOCK_STREAM)
		return -EINVAL;
	int_size = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_size) <
		0 ||
	    listens == 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &size) < 0 ||
	    addr.sun_family != AF_UNIX || addr.sun_path[0] == '\0')
		return -EINVAL;
	len = strnlen(addr.sun_path, sizeof(addr.sun_path));
	memcpy(path, addr.sun_path, len);
	path[len] = '\0';
	return 0;
}

/* The same file may go by several paths: /run and /var/run, or a link. */
static bool
same_path(const char *a, const char *b)
{
	char real_a[PATH_MAX], real_b[PATH_MAX];

	return strcmp(a, b) == 0 ||
	       (realpath(a, real_a) != NULL && realpath(b, real_b) != NULL &&
		strcmp(real_a, real_b) == 0);
}

static int
hand_out(struct entry *entry, struct err *err)
{
	int fd = fcntl(entry->fd, F_DUPFD_CLOEXEC, INHERITED_FIRST_FD);
	int flags;

	if (fd < 0)
		return err_errno(err, "cannot duplicate descriptor %d",
				 entry->fd);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		int ret = err_errno(err, "descriptor %d", fd);

		close(fd);
		return ret;
	}
	entry->used = true;
	return fd;
}

int
inherited_listener(struct inherited *in, const char *name, const char *path,
		   struct err *err)
{
	char bound[PATH_MAX];

	for (size_t i = 0; i < in->n; i++) {
		struct entry *e = &in->entries[i];

		if (e->fd < 0 || strcmp(e->name, name) != 0)
			continue;
		if (listens_at(e->fd, bound) < 0)
			return err_set(err, -EINVAL,
				       "descriptor %d, passed as %s, is not a "
				       "listening unix stream socket with a "
				       "path",
				       e->fd, name);
		return hand_out(e, err);
	}
	for (size_t i = 0; i < in->n; i++) {
		struct entry *e = &in->entries[i];

		if (e->fd >= 0 && listens_at(e->fd, bound) == 0 &&
		    same_path(bound, path))
			return hand_out(e, err);
	}
	return -ENOENT;
}

/* ---- the others ---- */

int
inherited_take(struct inherited *in, const char *prefix, const char **name)
{
	for (size_t i = 0; i < in->n; i++) {
		struct entry *e = &in->entries[i];
		int fd = e->fd;

		if (fd < 0 || strncmp(e->name, prefix, strlen(prefix)) != 0)
			continue;
		*name = e->name + strlen(prefix);
		e->fd = -1;
		return fd;
	}
	return -ENOENT;
}

void
inherited_warn_unused(const struct inherited *in)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct entry *e = &in->entries[i];
		char path[PATH_MAX];

		if (e->fd < 0 || e->used)
			continue;
		if (listens_at(e->fd, path) < 0)
			snprintf(path, sizeof(path), "not a listening socket");
		log_warn("descriptor %d (%s, %s) was passed to the switch, "
			 "and no segment of its has use for it",
			 e->fd, e->name[0] != '\0' ? e->name : "no name", path);
	}
}
