#include "config.h"

#include "tools/slirp/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

/* What the attempts of a confined child find, made before. */
static char dir[64], elsewhere[64], files[64];
static char sock[128], victim[128], file[128];
static int tcp_fd, unix_fds[2];

static void
touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test-confine-XXXXXX");
	snprintf(elsewhere, sizeof(elsewhere), "/tmp/test-confine-XXXXXX");
	snprintf(files, sizeof(files), "/tmp/test-confine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_nonnull(mkdtemp(elsewhere));
	ck_assert_ptr_nonnull(mkdtemp(files));
	snprintf(sock, sizeof(sock), "%s/socket", dir);
	snprintf(victim, sizeof(victim), "%s/victim", elsewhere);
	snprintf(file, sizeof(file), "%s/file", files);
	touch(file);
	touch(sock);
	touch(victim);
	tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(tcp_fd, 0);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, unix_fds), 0);
}

static void
tear_down(void)
{
	unlink(sock);
	unlink(victim);
	unlink(file);
	rmdir(files);
	rmdir(dir);
	rmdir(elsewhere);
}

/* Run @attempt in a confined child.
 * Return: 0 when it returned 0 or more, else errno. */
static int
confined(int (*attempt)(void), const struct confine_needs *needs)
{
	struct err err = ERR_INIT;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (confine_process(needs, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			_exit(255);
		}
		_exit(attempt() >= 0 ? 0 : errno);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

/* ---- attempts ---- */

static int
open_for_reading(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int
read_elsewhere(void)
{
	return open(victim, O_RDONLY | O_CLOEXEC);
}

static int
open_for_writing(void)
{
	return open(sock, O_WRONLY | O_CLOEXEC);
}

static int
remove_socket(void)
{
	return unlink(sock);
}

static int
remove_elsewhere(void)
{
	return unlink(victim);
}

static int
execute(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return execv("/bin/true", argv);
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
signal_parent(void)
{
	return kill(getppid(), 0);
}

static int
trace_parent(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? 0 : -1;
}

static int
map_data(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? 0 : -1;
}

static int
map_much(void)
{
	void *p = mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? 0 : -1;
}

static int
make_tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
make_udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
make_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
listen_at_a_port(void)
{
	return listen(tcp_fd, 1);
}

static const struct sockaddr_in nowhere = { .sin_family = AF_INET };

/* To port 0: refused by the kernel itself, with another error. */
static int
connect_out(void)
{
	return connect(tcp_fd, (const struct sockaddr *)&nowhere,
		       sizeof(nowhere));
}

static int
connect_by_sending(void)
{
	return (int)sendto(tcp_fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
			   (const struct sockaddr *)&nowhere, sizeof(nowhere));
}

static int
connect_by_message(void)
{
	struct sockaddr_in addr = nowhere;
	struct iovec iov = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	const struct msghdr message = { .msg_name = &addr,
					.msg_namelen = sizeof(addr),
					.msg_iov = &iov,
					.msg_iovlen = 1 };

	return (int)sendmsg(tcp_fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL);
}

static int
send_plainly(void)
{
	return (int)send(unix_fds[0], "x", 1, MSG_NOSIGNAL);
}

static int
send_urgently(void)
{
	return (int)send(unix_fds[0], "x", 1, MSG_OOB | MSG_NOSIGNAL);
}

static int
read_file(void)
{
	return open(file, O_RDONLY | O_CLOEXEC);
}

static int
write_file(void)
{
	return open(file, O_WRONLY | O_CLOEXEC);
}

static int
make_ipv6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
make_unix_datagrams(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* A unix socket where there is none yet. */
static int
listen_in(const char *where)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/new", where);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 1) < 0)
		return -1;
	return unlink(addr.sun_path);
}

static int
listen_there(void)
{
	return listen_in(dir);
}

static int
listen_elsewhere(void)
{
	return listen_in(elsewhere);
}

static const char *const sockets[] = { sock };

/* A restricted process, one for the outside, the same with all that can be
 * asked for, and a restricted one that takes more forwards. */
static const struct confine_needs needs[] = {
	{ .restricted = true, .sockets = sockets, .n_sockets = 1 },
	{ .sockets = sockets, .n_sockets = 1 },
	{ .restricted = true,
	  .tftp = files,
	  .sockets = sockets,
	  .n_sockets = 1 },
	{ .ipv6 = true,
	  .unix_sockets = true,
	  .tftp = files,
	  .sockets = sockets,
	  .n_sockets = 1 },
	{ .restricted = true, .more = dir, .sockets = sockets, .n_sockets = 1 },
};
enum { N_NEEDS = UNIT_ROWS(needs) };

static const struct {
	int (*attempt)(void);
	int wanted[N_NEEDS]; /* errno; 0 = it succeeds */
} attempts[] = {
	{ remove_socket, { 0, 0, 0, 0, 0 } },
	{ make_tcp_socket, { 0, 0, 0, 0, 0 } },
	{ map_data, { 0, 0, 0, 0, 0 } },
	{ send_plainly, { 0, 0, 0, 0, 0 } },
	{ open_for_reading, { ENOSYS, 0, EACCES, 0, ENOSYS } },
	{ read_elsewhere, { ENOSYS, EACCES, EACCES, EACCES, ENOSYS } },
	{ open_for_writing, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ remove_elsewhere, { EACCES, EACCES, EACCES, EACCES, EACCES } },
	{ execute, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ make_process, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ signal_parent, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ trace_parent, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ map_code, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ map_much, { ENOMEM, ENOMEM, ENOMEM, ENOMEM, ENOMEM } },
	{ make_udp_socket, { ENOSYS, 0, ENOSYS, 0, ENOSYS } },
	{ make_ipv6_socket, { ENOSYS, ENOSYS, ENOSYS, 0, ENOSYS } },
	{ make_unix_socket, { ENOSYS, ENOSYS, ENOSYS, 0, 0 } },
	{ make_unix_datagrams, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ read_file, { ENOSYS, EACCES, 0, 0, ENOSYS } },
	{ write_file, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ listen_at_a_port, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, 0 } },
	{ listen_there, { ENOSYS, ENOSYS, ENOSYS, EACCES, 0 } },
	{ listen_elsewhere, { ENOSYS, ENOSYS, ENOSYS, EACCES, EACCES } },
	{ connect_out, { ENOSYS, ECONNREFUSED, ENOSYS, ECONNREFUSED, ENOSYS } },
	{ connect_by_sending,
	  { ENOSYS, ECONNREFUSED, ENOSYS, ECONNREFUSED, ENOSYS } },
	{ connect_by_message,
	  { ENOSYS, ECONNREFUSED, ENOSYS, ECONNREFUSED, ENOSYS } },
	{ send_urgently, { ENOSYS, 0, ENOSYS, 0, ENOSYS } },
};

/* EACCES is the answer of Landlock, which the kernel may lack. */
static int
wanted(int code)
{
	if (code == EACCES && syscall(SYS_landlock_create_ruleset, NULL, 0,
				      LANDLOCK_CREATE_RULESET_VERSION) < 0)
		return 0;
	return code;
}

START_TEST(a_confined_process_can_do_its_work_and_no_more)
{
	for (int i = 0; i < N_NEEDS; i++) {
		touch(sock); /* may have been removed */
		ck_assert_msg(confined(attempts[_i].attempt, &needs[i]) ==
				  wanted(attempts[_i].wanted[i]),
			      "attempt %d, needs %d", _i, i);
	}
}
END_TEST

/* ---- descriptors ---- */

enum { FIRST_FD = 100, N_FDS = 8 };

/* Return: the first descriptor whose state is wrong, or 0. */
static int
close_all_but_some(void)
{
	/* in no order, with what may be named too; two neighbours */
	static const int keep[] = { FIRST_FD + 5, -1, 0, FIRST_FD + 2,
				    FIRST_FD + 6 };
	struct err err = ERR_INIT;

	for (int i = 0; i < N_FDS; i++) {
		if (dup2(tcp_fd, FIRST_FD + i) < 0)
			return 255;
	}
	if (confine_fds(keep, UNIT_ROWS(keep), &err) < 0)
		return 255;
	for (int fd = 0; fd < FIRST_FD + N_FDS; fd++) {
		bool kept = fd <= 2;

		for (int i = 0; i < UNIT_ROWS(keep); i++)
			kept = kept || fd == keep[i];
		if (kept != (fcntl(fd, F_GETFD) >= 0))
			return fd;
	}
	return 0;
}

START_TEST(only_the_descriptors_named_stay_open)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(close_all_but_some());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_confined_process_can_do_its_work_and_no_more,
		  UNIT_ROWS(attempts) },
		{ only_the_descriptors_named_stay_open, 0 },
		{ NULL, 0 },
	};

	return unit_run("confine", tests, set_up, tear_down);
}
