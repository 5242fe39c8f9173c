/* vdelab-switch as its users start and stop it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

enum { DEADLINE_MS = 120000, ARGS_MAX = 16, OUTPUT_SIZE = 4096 };

static char program[PATH_MAX];
static char top[PATH_MAX];	/* a directory for this test */
static char dir[PATH_MAX + 16]; /* TOP/net, of the switch */

struct child {
	pid_t pid;
	int ready_fd;  /* read end of --ready-fd */
	int output_fd; /* its stdout and stderr */
	char output[OUTPUT_SIZE];
};

static void
setup(void)
{
	const char *build = getenv("TOP_BUILDDIR");

	snprintf(program, sizeof(program), "%s/out/bin/vdelab-switch",
		 build != NULL ? build : ".");
	snprintf(top, sizeof(top), "/tmp/vdelab-program-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/net", top);
	unsetenv("NOTIFY_SOCKET");
}

static void
teardown(void)
{
	sockpath_remove_tree(top, NULL);
}

static const char *
in_dir(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s is missing", path);
	return st.st_mode & 07777;
}

/* ---- children ---- */

static void
become_switch(const char *const *args, int ready_fd, int output_fd)
{
	const char *argv[ARGS_MAX + 6] = { program, "--ready-fd" };
	char number[16];
	int n = 3;

	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	fcntl(ready_fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", ready_fd);
	argv[2] = number;
	while (*args != NULL)
		argv[n++] = *args++;
	execv(program, (char *const *)argv);
	_exit(126);
}

/* Starts the program with @args, NULL-ended, and --ready-fd. */
static struct child
start(const char *const *args)
{
	struct child child = { .pid = -1 };
	int ready[2], output[2];

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0)
		become_switch(args, ready[1], output[1]);
	close(ready[1]);
	close(output[1]);
	child.ready_fd = ready[0];
	child.output_fd = output[0];
	return child;
}

/* Return: how many bytes came; 0 at the end; -1 after the deadline. */
static ssize_t
read_in_time(int fd, void *data, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, DEADLINE_MS) != 1)
		return -1;
	return read(fd, data, size);
}

static void
wait_ready(struct child *child)
{
	char byte = 0;

	ck_assert_int_eq(read_in_time(child->ready_fd, &byte, 1), 1);
	ck_assert_int_eq(byte, '\n');
}

/* Waits for the end of @child; Return: its exit code. */
static int
finish(struct child *child)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read_in_time(child->output_fd, child->output + len,
				 OUTPUT_SIZE - 1 - len)) > 0)
		len += (size_t)n;
	ck_assert_msg(n == 0, "the switch does not end");
	child->output[len] = '\0';
	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	close(child->ready_fd);
	close(child->output_fd);
	ck_assert_msg(WIFEXITED(status), "ended by signal %d: %s",
		      WTERMSIG(status), child->output);
	return WEXITSTATUS(status);
}

static struct child
start_on_dir(const char *arg1, const char *arg2)
{
	const char *args[] = { "--dir", dir, arg1, arg2, NULL };

	return start(args);
}

static int
kill_and_finish(struct child *child, int signo)
{
	ck_assert_int_eq(kill(child->pid, signo), 0);
	return finish(child);
}

/* ---- start and stop ---- */

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };

START_TEST(a_signal_ends_it_and_nothing_is_left)
{
	struct child child = start_on_dir("--segment", "vlan1");

	wait_ready(&child);
	ck_assert(exists(in_dir("control")));
	ck_assert(exists(in_dir("vlan1")));
	ck_assert_int_eq(kill_and_finish(&child, stop_signals[_i]), EXIT_OK);
	ck_assert_str_eq(child.output, "");
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(a_directory_that_was_there_stays_and_is_empty_again)
{
	struct child child;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	child = start_on_dir("--segment", "vlan1");
	wait_ready(&child);
	ck_assert_int_eq(kill_and_finish(&child, SIGTERM), EXIT_OK);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(nobody_else_can_reach_its_sockets)
{
	struct child child;
	mode_t before = umask(0);

	child = start_on_dir("--segment", "vlan1");
	umask(before);
	wait_ready(&child);
	ck_assert_uint_eq(mode_of(dir), 0700);
	ck_assert_uint_eq(mode_of(in_dir("control")), 0600);
	ck_assert_uint_eq(mode_of(in_dir("vlan1")), 0700);
	ck_assert_int_eq(kill_and_finish(&child, SIGTERM), EXIT_OK);
}
END_TEST

START_TEST(a_second_one_on_the_same_directory_names_the_first)
{
	struct child first = start_on_dir(NULL, NULL), second;
	char pid[32];

	wait_ready(&first);
	second = start_on_dir(NULL, NULL);
	ck_assert_int_eq(finish(&second), EXIT_INFRA);
	snprintf(pid, sizeof(pid), "%d", (int)first.pid);
	ck_assert_msg(strstr(second.output, pid) != NULL,
		      "pid %s is not in: %s", pid, second.output);
	ck_assert(exists(in_dir("control")));
	ck_assert_int_eq(kill_and_finish(&first, SIGTERM), EXIT_OK);
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(one_that_was_killed_does_not_stand_in_the_way)
{
	struct child child = start_on_dir("--segment", "vlan1");
	int status;

	wait_ready(&child);
	ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	close(child.ready_fd);
	close(child.output_fd);
	ck_assert(exists(in_dir("control")));
	child = start_on_dir("--segment", "vlan1");
	wait_ready(&child);
	ck_assert_int_eq(kill_and_finish(&child, SIGTERM), EXIT_OK);
	ck_assert_int_eq(rmdir(dir), 0); /* it was there: it stays, empty */
}
END_TEST

START_TEST(it_can_have_as_many_descriptors_as_it_may)
{
	struct rlimit old, low, got;
	struct child child;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	child = start_on_dir(NULL, NULL);
	setrlimit(RLIMIT_NOFILE, &old);
	wait_ready(&child);
	ck_assert_int_eq(prlimit(child.pid, RLIMIT_NOFILE, NULL, &got), 0);
	ck_assert_uint_eq(got.rlim_cur, old.rlim_max);
	ck_assert_int_eq(kill_and_finish(&child, SIGTERM), EXIT_OK);
}
END_TEST

START_TEST(switch_stop_ends_it)
{
	struct child child = start_on_dir(NULL, NULL);
	json_t *result;
	int fd;

	wait_ready(&child);
	fd = sockpath_connect(in_dir("control"), SOCK_STREAM, NULL);
	ck_assert_int_ge(fd, 0);
	fcntl(fd, F_SETFL, 0); /* blocking */
	result =
	    rpc_call_sync(fd, "switch.stop", NULL, NULL, 0, DEADLINE_MS, NULL);
	ck_assert(json_is_true(result));
	json_decref(result);
	close(fd);
	ck_assert_int_eq(finish(&child), EXIT_OK);
	ck_assert(!exists(dir));
}
END_TEST

/* ---- mistakes ---- */

static const struct {
	const char *args[4];
	int code;
	const char *says;
} mistakes[] = {
	{ { "--sgment", "x" }, EXIT_USAGE, "segment" },
	{ { "--segment", "1x" }, EXIT_USAGE, "1x" },
	{ { "--segment", "../x" }, EXIT_USAGE, "../x" },
	{ { "--plugin", ":x" }, EXIT_USAGE, ":x" },
	{ { "--spin", "x" }, EXIT_USAGE, "--spin" },
	{ { "--spin", "-1" }, EXIT_USAGE, "--spin" },
	{ { "--spin", "1000001" }, EXIT_USAGE, "1000001" },
	{ { "--ready-fd", "x" }, EXIT_USAGE, "--ready-fd" },
	{ { "--ready-fd", "999" }, EXIT_USAGE, "999" },
	{ { "-v", "-q" }, EXIT_USAGE, "exclude" },
	{ { "word" }, EXIT_USAGE, "word" },
	{ { "--segment", "a", "--segment", "a" },
	  EXIT_INFRA,
	  "there is a segment a already" },
	{ { "--plugin", "no-such" }, EXIT_INFRA, "no-such" },
	{ { "--segment", "a", "--plugin", "link:b" },
	  EXIT_INFRA,
	  "there is no segment b" },
};

START_TEST(a_mistake_is_told_and_leaves_nothing_behind)
{
	const char *args[ARGS_MAX] = { "--dir", dir };
	struct child child;

	for (int i = 0; i < 4; i++)
		args[2 + i] = mistakes[_i].args[i];
	child = start(args);
	ck_assert_int_eq(finish(&child), mistakes[_i].code);
	ck_assert_msg(strstr(child.output, mistakes[_i].says) != NULL,
		      "\"%s\" is not in: %s", mistakes[_i].says, child.output);
	ck_assert_msg(strncmp(child.output, "vdelab-switch: ", 15) == 0, "%s",
		      child.output);
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_told)
{
	char longer[PATH_MAX + 200];
	const char *args[] = { "--dir", longer, NULL };
	struct child child;

	snprintf(longer, sizeof(longer), "%s/%0100d", top, 0);
	child = start(args);
	ck_assert_int_eq(finish(&child), EXIT_INFRA);
	ck_assert_msg(strstr(child.output, "107") != NULL, "%s", child.output);
	ck_assert(!exists(longer));
}
END_TEST

START_TEST(its_version_and_help_go_to_stdout)
{
	const char *version[] = { "-V", NULL }, *help[] = { "-h", NULL };
	struct child child = start(version);

	ck_assert_int_eq(finish(&child), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(child.output, PACKAGE_VERSION));
	child = start(help);
	ck_assert_int_eq(finish(&child), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(child.output, "--segment"));
}
END_TEST

/* ---- the background ---- */

static pid_t
pid_in_lock(void)
{
	FILE *f = fopen(in_dir("lock"), "r");
	int pid = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

START_TEST(with_d_the_parent_ends_when_the_child_is_ready)
{
	struct child child = start_on_dir("-d", "--segment=vlan1");
	struct pollfd gone = { .events = POLLIN };
	char link[64], cwd[64];
	pid_t daemon;
	ssize_t n;

	ck_assert_int_eq(finish(&child), EXIT_OK);
	ck_assert_str_eq(child.output, "");
	ck_assert(exists(in_dir("control")));
	daemon = pid_in_lock();
	ck_assert_int_ne(daemon, child.pid);
	ck_assert_int_eq(getsid(daemon), daemon);
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)daemon);
	n = readlink(link, cwd, sizeof(cwd));
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(cwd[0], '/');
	gone.fd = (int)syscall(SYS_pidfd_open, daemon, 0);
	ck_assert_int_ge(gone.fd, 0);
	ck_assert_int_eq(kill(daemon, SIGTERM), 0);
	ck_assert_int_eq(poll(&gone, 1, DEADLINE_MS), 1);
	close(gone.fd);
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(with_d_a_failure_is_told_by_the_parent)
{
	struct child child = start_on_dir("-d", "--plugin=no-such");

	ck_assert_int_eq(finish(&child), EXIT_INFRA);
	ck_assert_ptr_nonnull(strstr(child.output, "no-such"));
	ck_assert(!exists(dir));
}
END_TEST

/* ---- the service manager ---- */

static const bool abstract[] = { false, true };

START_TEST(the_service_manager_is_told_once_it_is_ready)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char path[sizeof(addr.sun_path)], text[256] = "";
	struct child child;
	socklen_t size;

	snprintf(path, sizeof(path), "%s/vdelab-notify-%d",
		 abstract[_i] ? "@" : "/tmp", (int)getpid());
	memcpy(addr.sun_path, path, strlen(path) + 1);
	size =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (abstract[_i])
		addr.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, size), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	child = start_on_dir(NULL, NULL);
	ck_assert_int_gt(read_in_time(fd, text, sizeof(text) - 1), 7);
	ck_assert_int_eq(strncmp(text, "READY=1\nSTATUS=", 15), 0);
	wait_ready(&child);
	ck_assert_int_eq(kill_and_finish(&child, SIGTERM), EXIT_OK);
	memset(text, 0, sizeof(text));
	ck_assert_int_eq(read_in_time(fd, text, sizeof(text) - 1), 10);
	ck_assert_str_eq(text, "STOPPING=1");
	close(fd);
	if (!abstract[_i])
		unlink(path);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_signal_ends_it_and_nothing_is_left,
		  UNIT_ROWS(stop_signals) },
		{ a_directory_that_was_there_stays_and_is_empty_again, 0 },
		{ nobody_else_can_reach_its_sockets, 0 },
		{ a_second_one_on_the_same_directory_names_the_first, 0 },
		{ one_that_was_killed_does_not_stand_in_the_way, 0 },
		{ it_can_have_as_many_descriptors_as_it_may, 0 },
		{ switch_stop_ends_it, 0 },
		{ a_mistake_is_told_and_leaves_nothing_behind,
		  UNIT_ROWS(mistakes) },
		{ a_path_too_long_for_a_socket_is_told, 0 },
		{ its_version_and_help_go_to_stdout, 0 },
		{ with_d_the_parent_ends_when_the_child_is_ready, 0 },
		{ with_d_a_failure_is_told_by_the_parent, 0 },
		{ the_service_manager_is_told_once_it_is_ready,
		  UNIT_ROWS(abstract) },
		{ NULL, 0 },
	};

	return unit_run("switch-program", tests, setup, teardown);
}
