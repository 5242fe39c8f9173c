/*
 * faulty: loaded into a program by LD_PRELOAD, makes one of its system calls
 * fail.
 *
 * $FAULTY names a file.  When it is there it holds one line, CALL ERRNO N, and
 * the N-th CALL from then on fails with that number; the file is removed when
 * that has happened.
 *
 * $FAULTY_CLOCK names another.  When it is there it holds a number of seconds,
 * by which the wall clock is wrong.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char armed[64]; /* the line that is being counted for */
static long n_left;

/* The line; "": there is none. */
static void
read_order(const char *path, char *line, size_t size)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long n = 0;

	if (fd >= 0) {
		n = syscall(SYS_read, fd, line, size - 1);
		syscall(SYS_close, fd);
	}
	line[n > 0 ? n : 0] = '\0';
}

/* Is it this call's turn?  errno is set then. */
static bool
fails(const char *call)
{
	const char *path = getenv("FAULTY");
	char line[sizeof(armed)], name[32];
	int before = errno, number;
	long n;

	if (path == NULL)
		return false;
	read_order(path, line, sizeof(line));
	errno = before;
	if (sscanf(line, "%31s %d %ld", name, &number, &n) != 3) {
		armed[0] = '\0';
		return false;
	}
	if (strcmp(line, armed) != 0) {
		strcpy(armed, line);
		n_left = n;
	}
	if (strcmp(name, call) != 0 || --n_left > 0)
		return false;
	syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	armed[0] = '\0';
	errno = number;
	return true;
}

/* The function of the C library behind ours; a union, since ISO C knows no
 * conversion of dlsym()'s result. */
#define NEXT(type, name)                                                       \
	union {                                                                \
		void *object;                                                  \
		type(*function);                                               \
	} next = { .object = dlsym(RTLD_NEXT, name) }

int
accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict size,
	int flags)
{
	typedef int fn(int, struct sockaddr *, socklen_t *, int);
	NEXT(fn, "accept4");

	return fails("accept4") ? -1 : next.function(fd, addr, size, flags);
}

int
socket(int domain, int type, int protocol)
{
	typedef int fn(int, int, int);
	NEXT(fn, "socket");

	return fails("socket") ? -1 : next.function(domain, type, protocol);
}

int
bind(int fd, const struct sockaddr *addr, socklen_t size)
{
	typedef int fn(int, const struct sockaddr *, socklen_t);
	NEXT(fn, "bind");

	return fails("bind") ? -1 : next.function(fd, addr, size);
}

int
connect(int fd, const struct sockaddr *addr, socklen_t size)
{
	typedef int fn(int, const struct sockaddr *, socklen_t);
	NEXT(fn, "connect");

	return fails("connect") ? -1 : next.function(fd, addr, size);
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	typedef ssize_t fn(int, const void *, size_t, int);
	NEXT(fn, "send");

	return fails("send") ? -1 : next.function(fd, data, size, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	typedef ssize_t fn(int, const struct msghdr *, int);
	NEXT(fn, "sendmsg");

	return fails("sendmsg") ? -1 : next.function(fd, msg, flags);
}

int
sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	typedef int fn(int, struct mmsghdr *, unsigned, int);
	NEXT(fn, "sendmmsg");

	return fails("sendmmsg") ? -1 : next.function(fd, msgs, n, flags);
}

ssize_t
recv(int fd, void *data, size_t size, int flags)
{
	typedef ssize_t fn(int, void *, size_t, int);
	NEXT(fn, "recv");

	return fails("recv") ? -1 : next.function(fd, data, size, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	typedef ssize_t fn(int, struct msghdr *, int);
	NEXT(fn, "recvmsg");

	return fails("recvmsg") ? -1 : next.function(fd, msg, flags);
}

int
epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	typedef int fn(int, int, int, struct epoll_event *);
	NEXT(fn, "epoll_ctl");

	return fails("epoll_ctl") ? -1 : next.function(epfd, op, fd, event);
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	const char *path = getenv("FAULTY_CLOCK");
	int ret = (int)syscall(SYS_clock_gettime, id, now);
	char line[sizeof(armed)];

	if (ret == 0 && id == CLOCK_REALTIME && path != NULL) {
		read_order(path, line, sizeof(line));
		now->tv_sec += atol(line);
	}
	return ret;
}
