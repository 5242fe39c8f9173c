#include "config.h"

#include "tests/integration/slirp-rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "lib/sockpath.h"

enum { ARGS_MAX = 32 };

void
rig_init(struct rig *rig)
{
	*rig = (struct rig){ .guest.fd = -1, .stderr_fd = -1 };
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test-slirp-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->dir));
	snprintf(rig->path, sizeof(rig->path), "%s/shell", rig->dir);
}

/* In the child: become the program. */
static void
become(const char *const *args, int net_fd, int ready_fd, int stderr_fd, int fd)
{
	const char *top = getenv("TOP_BUILDDIR");
	char program[PATH_MAX], net[16], ready[16];
	const char *argv[ARGS_MAX] = { "vdelab-slirp", "--fd", net,
				       "--ready-fd",   ready,  NULL };
	size_t n = 5;

	snprintf(program, sizeof(program), "%s/out/libexec/vdelab/vdelab-slirp",
		 top != NULL ? top : ".");
	snprintf(net, sizeof(net), "%d", net_fd);
	snprintf(ready, sizeof(ready), "%d", ready_fd);
	while (*args != NULL && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	argv[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(stderr_fd, STDERR_FILENO);
	fcntl(net_fd, F_SETFD, 0);
	fcntl(ready_fd, F_SETFD, 0);
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
	execv(program, (char *const *)argv);
	fprintf(stderr, "cannot run %s: %s\n", program, strerror(errno));
	_exit(127);
}

static void
wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_msg(poll(&p, 1, GUEST_WAIT_MS) > 0, "nothing for %d ms",
		      GUEST_WAIT_MS);
}

bool
rig_spawn(struct rig *rig, const char *const *args, int fd)
{
	int type = rig->type != 0 ? rig->type : SOCK_STREAM;
	int net[2], ready[2], said[2];
	char byte = 0;
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, net), 0);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(said, O_CLOEXEC), 0);
	rig->pid = fork();
	ck_assert_int_ge(rig->pid, 0);
	if (rig->pid == 0)
		become(args, net[1], ready[1], said[1], fd);
	close(net[1]);
	close(ready[1]);
	close(said[1]);
	rig->guest.fd = net[0];
	rig->guest.datagrams = type != SOCK_STREAM;
	rig->stderr_fd = said[0];
	wait_readable(ready[0]);
	n = read(ready[0], &byte, 1);
	close(ready[0]);
	return n == 1 && byte == '\n';
}

const char *
rig_forward(const struct rig *rig, char text[static RIG_FORWARD_SIZE])
{
	snprintf(text, RIG_FORWARD_SIZE, "unix:%s-:%d", rig->path, RIG_PORT);
	return text;
}

void
rig_start(struct rig *rig, const char *option)
{
	char forward[RIG_FORWARD_SIZE];
	const char *args[] = { "--hostfwd", rig_forward(rig, forward), option,
			       NULL };

	rig_start_with(rig, args);
}

void
rig_start_with(struct rig *rig, const char *const *args)
{
	if (!rig_spawn(rig, args, -1)) {
		int status = rig_join(rig);

		ck_abort_msg("not ready, status %d: %s", status, rig->text);
	}
}

int
rig_dial(const struct rig *rig)
{
	int fd = sockpath_connect(rig->path, SOCK_STREAM, NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

int
rig_join(struct rig *rig)
{
	int pidfd = (int)syscall(SYS_pidfd_open, rig->pid, 0);
	siginfo_t info = { .si_pid = 0 };
	size_t n;

	ck_assert_int_ge(pidfd, 0);
	wait_readable(pidfd);
	close(pidfd);
	ck_assert_int_eq(waitid(P_PID, (id_t)rig->pid, &info, WEXITED), 0);
	rig->pid = 0;
	n = rig_read(rig->stderr_fd, rig->text, sizeof(rig->text) - 1);
	rig->text[n] = '\0';
	return info.si_code == CLD_EXITED ? info.si_status
					  : 128 + info.si_status;
}

void
rig_fini(struct rig *rig)
{
	if (rig->pid > 0) {
		kill(rig->pid, SIGKILL);
		waitpid(rig->pid, NULL, 0);
	}
	if (rig->guest.fd >= 0)
		close(rig->guest.fd);
	if (rig->stderr_fd >= 0)
		close(rig->stderr_fd);
	sockpath_remove_tree(rig->dir, NULL);
}

void
rig_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		ck_assert_int_gt(poll(&p, 1, GUEST_WAIT_MS), 0);
		n = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		ck_assert_int_gt(n, 0);
		at += n;
		len -= (size_t)n;
	}
}

size_t
rig_read(int fd, void *data, size_t len)
{
	char *at = data;
	size_t got = 0;

	while (got < len) {
		ssize_t n;

		wait_readable(fd);
		n = read(fd, at + got, len - got);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			break;
		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
	return got;
}

/* ---- a network of our own ---- */

static bool
set_address(int fd, const char *name, uint32_t addr)
{
	struct ifreq request = { .ifr_flags = 0 };
	const struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
	};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	memcpy(&request.ifr_addr, &sin, sizeof(sin));
	return ioctl(fd, SIOCSIFADDR, &request) == 0;
}

static bool
set_up(int fd, const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

bool
rig_enter_netns(bool loopback)
{
	bool ok;
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = set_up(fd, "lo") && set_address(fd, "lo", RIG_OUTSIDE) &&
	     (!loopback || set_address(fd, "lo:1", INADDR_LOOPBACK));
	close(fd);
	return ok;
}
