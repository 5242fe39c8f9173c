/*
 * manager: as much of a service manager as a switch meets: sockets that it
 * listens on already, notifications, descriptors kept over a restart.
 *
 *	manager NOTIFY-PATH [NAME=PATH]... -- PROGRAM ARG...
 *
 * A socket without NAME is passed without one.  What the program tells is
 * printed, a line each, with "fd" in front where a descriptor came along.
 * SIGUSR1 kills the program and starts it again, SIGHUP goes to it, SIGTERM
 * ends it and gives its exit status.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS_MAX = 64, FIRST_FD = 3, TEXT_SIZE = 4096, NAME_SIZE = 256 };

static struct {
	struct {
		int fd;
		char name[NAME_SIZE];
	} fds[FDS_MAX]; /* listeners first, then what we keep */
	int n_fds;
	const char *notify_path;
	char *const *command;
	int notify_fd, signal_fd;
	pid_t pid;
} m;

static void
fail(const char *what)
{
	perror(what);
	exit(99);
}

static void
add(int fd, const char *name)
{
	if (m.n_fds == FDS_MAX)
		fail("too many descriptors");
	m.fds[m.n_fds].fd = fd;
	snprintf(m.fds[m.n_fds++].name, NAME_SIZE, "%s", name);
}

static int
bind_to(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	mode_t mask = umask(0177);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 16) < 0))
		fail(path);
	umask(mask);
	return fd;
}

/* ---- the program ---- */

static void
set_number(const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	setenv(name, text, 1);
}

static void
become_program(void)
{
	char names[FDS_MAX * NAME_SIZE] = "";
	sigset_t none;
	int high[FDS_MAX];

	for (int i = 0; i < m.n_fds; i++) {
		high[i] = fcntl(m.fds[i].fd, F_DUPFD, FIRST_FD + 2 * FDS_MAX);
		if (i > 0)
			strcat(names, ":");
		strcat(names, m.fds[i].name);
	}
	for (int i = 0; i < m.n_fds; i++) {
		dup2(high[i], FIRST_FD + i);
		close(high[i]);
	}
	set_number("LISTEN_PID", (int)getpid());
	set_number("LISTEN_FDS", m.n_fds);
	setenv("LISTEN_FDNAMES", names, 1);
	setenv("NOTIFY_SOCKET", m.notify_path, 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(m.command[0], m.command);
	_exit(127);
}

static void
start(void)
{
	m.pid = fork();
	if (m.pid < 0)
		fail("fork");
	if (m.pid == 0)
		become_program();
	printf("started %d\n", (int)m.pid);
}

static void
finish(int status)
{
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void
on_signal(void)
{
	struct signalfd_siginfo info;
	int status;

	if (read(m.signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGUSR1:
		kill(m.pid, SIGKILL);
		waitpid(m.pid, &status, 0);
		start();
		break;
	case SIGCHLD:
		if (waitpid(m.pid, &status, WNOHANG) == m.pid)
			finish(status);
		break;
	default:
		kill(m.pid, (int)info.ssi_signo);
		break;
	}
}

/* ---- what it tells ---- */

static void
forget(const char *name)
{
	for (int i = 0; i < m.n_fds; i++) {
		if (strcmp(m.fds[i].name, name) != 0)
			continue;
		close(m.fds[i].fd);
		m.fds[i--] = m.fds[--m.n_fds];
	}
}

static void
obey(char *text, int fd)
{
	bool stores = strncmp(text, "FDSTORE=1\n", 10) == 0;
	bool removes = strncmp(text, "FDSTOREREMOVE=1\n", 16) == 0;
	const char *name = strstr(text, "\nFDNAME=");

	name = name != NULL ? name + strlen("\nFDNAME=") : "stored";
	if (stores && fd >= 0)
		add(fd, name);
	else if (fd >= 0)
		close(fd);
	if (removes)
		forget(name);
	for (char *p = text; *p != '\0'; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	printf("%stold %s\n", fd >= 0 ? "fd " : "", text);
}

static void
on_notify(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char text[TEXT_SIZE];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(m.notify_fd, &msg, MSG_CMSG_CLOEXEC);
	int fd = -1;

	if (n < 0)
		return;
	text[n] = '\0';
	if (CMSG_FIRSTHDR(&msg) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	obey(text, fd);
}

static void
watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	m.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
}

int
main(int argc, char **argv)
{
	int i = 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	m.notify_path = argv[1];
	m.notify_fd = bind_to(m.notify_path, SOCK_DGRAM);
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *path = strchr(argv[i], '=');

		if (path == NULL)
			return 2;
		*path++ = '\0';
		add(bind_to(path, SOCK_STREAM), argv[i]);
	}
	if (i + 1 >= argc)
		return 2;
	m.command = argv + i + 1;
	watch_signals();
	start();
	for (;;) {
		struct pollfd fds[2] = { { m.notify_fd, POLLIN, 0 },
					 { m.signal_fd, POLLIN, 0 } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			fail("poll");
		if (fds[0].revents != 0)
			on_notify();
		else if (fds[1].revents != 0)
			on_signal();
	}
}
