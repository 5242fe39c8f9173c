#include "config.h"

#include "switch/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <seccomp.h>

#include "lib/err.h"
#include "switch/ports/vhost-inflight.h"
#include "switch/sandbox-places.h"
#include "tests/unit/unit.h"

/* What the attempts of a confined child find, made before. */
static char inside[64], outside[64], mine[96], victim[96];
static int ns_fd;

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
	snprintf(inside, sizeof(inside), "/tmp/test-sandbox-XXXXXX");
	snprintf(outside, sizeof(outside), "/tmp/test-sandbox-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(inside));
	ck_assert_ptr_nonnull(mkdtemp(outside));
	snprintf(mine, sizeof(mine), "%s/mine", inside);
	snprintf(victim, sizeof(victim), "%s/victim", outside);
	touch(mine);
	touch(victim);
	ns_fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(ns_fd, 0);
}

static void
tear_down(void)
{
	unlink(mine);
	unlink(victim);
	rmdir(inside);
	rmdir(outside);
	close(ns_fd);
}

/* ---- attempts: -1 with errno when they fail ---- */

static int
trace_parent(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int
read_parents_memory(void)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { &byte, 1 };

	return (int)process_vm_readv(getppid(), &local, 1, &remote, 1, 0);
}

static int
make_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int
enter_namespace(void)
{
	return setns(ns_fd, 0);
}

static int
clone_into_namespace(void)
{
	long pid =
	    syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
mount_something(void)
{
	return mount("none", inside, "tmpfs", 0, NULL);
}

static int
use_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int
use_keys(void)
{
	return (int)syscall(SYS_keyctl, 0, -3 /* the process's */, 0);
}

static int
use_io_uring(void)
{
	char params[256] = "";

	return (int)syscall(SYS_io_uring_setup, 1, params);
}

static int
use_clone3(void)
{
	return (int)syscall(SYS_clone3, NULL, 0);
}

static int
type_into_terminal(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
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

static void *
do_nothing(void *arg)
{
	return arg;
}

static int
make_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, do_nothing, NULL);
	if (errno == 0)
		errno = pthread_join(thread, NULL);
	return errno == 0 ? 0 : -1;
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? 0 : -1;
}

static int
turn_data_into_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? mprotect(p, 4096, PROT_READ | PROT_EXEC) : 0;
}

static int
open_inside(void)
{
	return open(mine, O_RDWR | O_TRUNC | O_CLOEXEC);
}

static int
make_inside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", inside);
	return mkdir(path, 0700) == 0 ? rmdir(path) : -1;
}

static int
rename_inside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/renamed", inside);
	return rename(mine, path) == 0 ? rename(path, mine) : -1;
}

static int
read_outside(void)
{
	return open(victim, O_RDONLY | O_CLOEXEC);
}

static int
write_outside(void)
{
	return open(victim, O_WRONLY | O_CLOEXEC);
}

static int
remove_outside(void)
{
	return unlink(victim);
}

static int
make_outside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", outside);
	return mkdir(path, 0700) == 0 ? rmdir(path) : -1;
}

static int
move_out(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/moved", outside);
	return rename(mine, path) == 0 ? rename(path, mine) : -1;
}

static int
link_in(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/link", inside);
	return symlink(victim, path) == 0 ? unlink(path) : -1;
}

/* As ports of guests do, for these and with what these hand over. */
static int
share_memory(void)
{
	struct vhost_inflight inflight = { .n_queues = 0 };
	struct vhost_inflight_area area = { .n_queues = 2, .queue_size = 256 };
	atomic_bool damaged = false;
	int fd, ret;

	ret = vhost_inflight_make(&inflight, &area, &fd, &damaged, NULL);
	if (ret == 0 && (fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) == 0)
		ret = -EINVAL;
	if (ret == 0)
		ret = vhost_inflight_open(&inflight, &area, fd, &damaged, NULL);
	vhost_inflight_close(&inflight);
	errno = -ret;
	return ret;
}

static int
turn_shared_memory_into_code(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	void *p;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return 0;
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	return p != MAP_FAILED ? 0 : -1;
}

static int
open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int
open_zero(void)
{
	return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int
make_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
make_udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
make_udp6_socket(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* machines without are none of the sandbox's affair */
	return fd < 0 && errno == EAFNOSUPPORT ? 0 : fd;
}

static int
make_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static int
signal_self(void)
{
	return kill(getpid(), 0);
}

static int
signal_parent(void)
{
	return kill(getppid(), 0);
}

static int
have_others_signalled(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fcntl(fd, F_SETOWN, getppid());
}

static int
limit_parent(void)
{
	return prlimit(getppid(), RLIMIT_NOFILE, NULL, NULL);
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int in_auto, in_strict; /* errno wanted; 0 = it succeeds */
} attempts[] = {
	{ "trace_parent", trace_parent, EPERM, ENOSYS },
	{ "read_parents_memory", read_parents_memory, EPERM, ENOSYS },
	{ "make_user_namespace", make_user_namespace, EPERM, ENOSYS },
	{ "enter_namespace", enter_namespace, EPERM, ENOSYS },
	{ "clone_into_namespace", clone_into_namespace, EPERM, ENOSYS },
	{ "mount_something", mount_something, EPERM, ENOSYS },
	{ "use_bpf", use_bpf, EPERM, ENOSYS },
	{ "use_keys", use_keys, EPERM, ENOSYS },
	{ "use_io_uring", use_io_uring, EPERM, ENOSYS },
	{ "use_clone3", use_clone3, ENOSYS, ENOSYS },
	{ "type_into_terminal", type_into_terminal, EPERM, ENOSYS },
	{ "execute", execute, 0, ENOSYS },
	{ "make_process", make_process, 0, ENOSYS },
	{ "make_thread", make_thread, 0, 0 },
	{ "map_code", map_code, 0, ENOSYS },
	{ "turn_data_into_code", turn_data_into_code, 0, ENOSYS },
	{ "share_memory", share_memory, 0, 0 },
	{ "turn_shared_memory_into_code", turn_shared_memory_into_code, 0,
	  ENOSYS },
	{ "open_inside", open_inside, 0, 0 },
	{ "make_inside", make_inside, 0, 0 },
	{ "rename_inside", rename_inside, 0, 0 },
	{ "read_outside", read_outside, 0, EACCES },
	{ "write_outside", write_outside, 0, EACCES },
	{ "remove_outside", remove_outside, 0, EACCES },
	{ "make_outside", make_outside, 0, EACCES },
	{ "move_out", move_out, 0, EACCES },
	{ "link_in", link_in, 0, ENOSYS },
	{ "open_null", open_null, 0, 0 },
	{ "open_zero", open_zero, 0, EACCES },
	{ "make_unix_socket", make_unix_socket, 0, 0 },
	{ "make_udp_socket", make_udp_socket, 0, 0 },
	{ "make_udp6_socket", make_udp6_socket, 0, 0 },
	{ "make_netlink_socket", make_netlink_socket, 0, ENOSYS },
	{ "signal_self", signal_self, 0, 0 },
	{ "signal_parent", signal_parent, 0, ENOSYS },
	{ "have_others_signalled", have_others_signalled, 0, ENOSYS },
	{ "limit_parent", limit_parent, 0, ENOSYS },
};

/* ---- in a sandbox ---- */

enum { NOT_ENTERED = 255 };

/* In a child.  Return: what sandbox_enter() does. */
static int
enter(enum sandbox wanted, struct err *err)
{
	struct sandbox_places *places = sandbox_places_new();
	int ret = sandbox_places_add(places, inside, err);

	if (ret == 0)
		ret = sandbox_enter(wanted, places, err);
	sandbox_places_free(places);
	return ret;
}

/* Return: the exit status of a child that runs @fn. */
static int
in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(fn(arg));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct trial {
	enum sandbox sandbox;
	int (*attempt)(void);
};

static int
try_it(void *arg)
{
	const struct trial *trial = arg;
	struct err err = ERR_INIT;

	if (enter(trial->sandbox, &err) != (int)trial->sandbox) {
		fprintf(stderr, "%s\n", err.text);
		return NOT_ENTERED;
	}
	return trial->attempt() >= 0 ? 0 : errno;
}

static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

START_TEST(auto_takes_what_nobody_needs)
{
	struct trial trial = { SANDBOX_AUTO, attempts[_i].attempt };

	ck_assert_msg(in_child(try_it, &trial) == attempts[_i].in_auto, "%s",
		      attempts[_i].name);
}
END_TEST

START_TEST(strict_leaves_what_forwarding_needs)
{
	struct trial trial = { SANDBOX_STRICT, attempts[_i].attempt };

	if (!has_landlock())
		return;
	ck_assert_msg(in_child(try_it, &trial) == attempts[_i].in_strict, "%s",
		      attempts[_i].name);
}
END_TEST

START_TEST(what_a_program_that_is_run_finds_is_the_same)
{
	struct trial trial = { SANDBOX_AUTO, NULL };
	struct err err = ERR_INIT;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (enter(trial.sandbox, &err) != SANDBOX_AUTO)
			_exit(NOT_ENTERED);
		execl("/bin/sh", "sh", "-c",
		      "grep -q '^Seccomp:.*2' /proc/self/status && "
		      "grep -q '^NoNewPrivs:.*1' /proc/self/status && "
		      "echo through a pipe | grep -q pipe",
		      (char *)NULL);
		_exit(NOT_ENTERED);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static int
look_at_self(void *arg)
{
	struct err err = ERR_INIT;
	struct rlimit core;

	(void)arg;
	if (enter(SANDBOX_STRICT, &err) != SANDBOX_STRICT ||
	    getrlimit(RLIMIT_CORE, &core) < 0)
		return NOT_ENTERED;
	return core.rlim_max == 0 && access("/proc/self/mem", R_OK) < 0 ? 0 : 1;
}

START_TEST(under_strict_nobody_gets_our_memory)
{
	/* access() asks for root whatever the owner */
	if (has_landlock() && geteuid() != 0)
		ck_assert_int_eq(in_child(look_at_self, NULL), 0);
}
END_TEST

/* ---- kernels that cannot ---- */

/* From now on the kernel is one without @call. */
static bool
do_without(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done =
	    filter != NULL &&
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0;

	/* which has another name, too */
	if (done && call == SCMP_SYS(seccomp))
		done = seccomp_rule_add(
			   filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
			   SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) == 0;
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done;
}

struct lack {
	int call;
	enum sandbox wanted;
	int result; /* negative: any error */
	const char *words;
};

static int
lack(void *arg)
{
	const struct lack *l = arg;
	struct err err = ERR_INIT;
	int ret;

	if (!do_without(l->call))
		return 2;
	ret = enter(l->wanted, &err);
	if (l->result >= 0)
		return ret == l->result ? 0 : 3;
	return ret < 0 && strstr(err.text, l->words) != NULL &&
		       strstr(err.text, "--sandbox=strict") != NULL
		   ? 0
		   : 4;
}

static struct lack lacks[] = {
	{ SCMP_SYS(seccomp), SANDBOX_AUTO, SANDBOX_OFF, NULL },
	{ SCMP_SYS(seccomp), SANDBOX_STRICT, -1, "filter" },
	{ SCMP_SYS(landlock_create_ruleset), SANDBOX_AUTO, SANDBOX_AUTO, NULL },
	{ SCMP_SYS(landlock_create_ruleset), SANDBOX_STRICT, -1, "Landlock" },
	{ SCMP_SYS(landlock_restrict_self), SANDBOX_STRICT, -1, "landlock" },
};

START_TEST(what_the_kernel_lacks_stops_strict_only)
{
	ck_assert_int_eq(in_child(lack, &lacks[_i]), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ auto_takes_what_nobody_needs, UNIT_ROWS(attempts) },
		{ strict_leaves_what_forwarding_needs, UNIT_ROWS(attempts) },
		{ what_a_program_that_is_run_finds_is_the_same, 0 },
		{ under_strict_nobody_gets_our_memory, 0 },
		{ what_the_kernel_lacks_stops_strict_only, UNIT_ROWS(lacks) },
		{ NULL, 0 },
	};

	return unit_run("sandbox_calls", tests, set_up, tear_down);
}
