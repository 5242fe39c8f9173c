#include "config.h"

#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "tests/unit/unit.h"

enum { PATIENCE_S = 20, OUTPUT_MAX = 2 * 1024 * 1024 };

/* What became of one child. */
struct watched {
	struct process *process; /* NULL once on_exit has freed it */
	bool frees_itself;
	int n_exits;
	struct process_status status;
	size_t len[3]; /* of text, by descriptor */
	char *text[3]; /* OUTPUT_MAX + 1 bytes each */
};

static struct event_base *base;
static struct event *tick;
static struct clock *real_clock, *stopped_clock;
static struct watched child;

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct watched *w = arg;

	ck_assert_ptr_eq(p, w->process);
	ck_assert(fd == 1 || fd == 2);
	ck_assert_uint_gt(size, 0);
	ck_assert_uint_le(w->len[fd] + size, OUTPUT_MAX);
	memcpy(w->text[fd] + w->len[fd], data, size);
	w->len[fd] += size;
	w->text[fd][w->len[fd]] = '\0';
}

static void
on_exit_status(struct process *p, const struct process_status *status,
	       void *arg)
{
	struct watched *w = arg;

	ck_assert_ptr_eq(p, w->process);
	ck_assert(!process_running(p));
	w->n_exits++;
	w->status = *status;
	if (w->frees_itself) {
		process_free(p);
		w->process = NULL;
	}
}

static void
setup(void)
{
	/* wakes the loop up, so that it sees when a condition holds */
	static const struct timeval interval = { .tv_usec = 5000 };

	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	event_add(tick, &interval);
	real_clock = clock_real_new(base);
	stopped_clock = clock_virtual_new(NS_PER_S);
	for (int fd = 1; fd <= 2; fd++) {
		child.text[fd] = malloc(OUTPUT_MAX + 1);
		child.text[fd][0] = '\0';
	}
}

static void
teardown(void)
{
	process_free(child.process);
	for (int fd = 1; fd <= 2; fd++)
		free(child.text[fd]);
	clock_free(stopped_clock);
	clock_free(real_clock);
	event_free(tick);
	event_base_free(base);
}

#define RUN_UNTIL(condition)                                                   \
	do {                                                                   \
		time_t until_ = time(NULL) + PATIENCE_S;                       \
                                                                               \
		while (!(condition)) {                                         \
			ck_assert_msg(time(NULL) < until_,                     \
				      "waited for "                            \
				      "%s",                                    \
				      #condition);                             \
			event_base_loop(base, EVLOOP_ONCE);                    \
		}                                                              \
	} while (0)

/* Let the loop see everything that is there already. */
static void
settle(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static struct process_spec
shell(const char *script)
{
	static const char *argv[] = { "sh", "-c", NULL, NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;

	argv[2] = script;
	spec.argv = argv;
	spec.on_output = on_output;
	spec.on_exit = on_exit_status;
	spec.arg = &child;
	return spec;
}

static void
spawn(const struct process_spec *spec, struct clock *clock)
{
	struct err err = ERR_INIT;

	child.process = process_spawn(base, clock, spec, &err);
	ck_assert_msg(child.process != NULL, "%s", err.text);
}

static void
run(const struct process_spec *spec)
{
	spawn(spec, real_clock);
	RUN_UNTIL(child.n_exits > 0);
}

static void
assert_ended(bool signaled, int code)
{
	ck_assert_int_eq(child.n_exits, 1);
	ck_assert_int_eq(child.status.signaled, signaled);
	ck_assert_int_eq(child.status.code, code);
}

/* Does @pidfd's process end?  Nothing is left to be hurried in the loop. */
static bool
ends_within(int pidfd, int timeout_ms)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

/* The pid that the child has written, as something that stays its. */
static int
printed_pidfd(void)
{
	int pidfd;

	RUN_UNTIL(strchr(child.text[1], '\n') != NULL);
	pidfd = pidfd_open(atoi(child.text[1]), 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert(!ends_within(pidfd, 0));
	return pidfd;
}

START_TEST(output_and_exit_status_are_reported)
{
	struct process_spec spec = shell("echo out; echo err >&2; exit 3");

	run(&spec);
	assert_ended(false, 3);
	ck_assert_str_eq(child.text[1], "out\n");
	ck_assert_str_eq(child.text[2], "err\n");
	ck_assert_int_eq(process_signal(child.process, SIGTERM), -ESRCH);
	ck_assert_str_eq(process_name(child.process), "sh");
	process_stop(child.process, 0); /* too late, and harmless */
	settle();
	ck_assert_int_eq(child.n_exits, 1);
}
END_TEST

START_TEST(a_child_may_be_freed_when_it_has_ended)
{
	struct process_spec spec = shell("exit 0");

	child.frees_itself = true;
	run(&spec);
	assert_ended(false, 0);
	ck_assert_ptr_null(child.process);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	struct process_spec spec = shell("echo out; echo err >&2; cat; exit 3");

	spec.on_output = NULL;
	spec.on_exit = NULL;
	spawn(&spec, real_clock);
	RUN_UNTIL(!process_running(child.process));
}
END_TEST

START_TEST(a_signal_that_ends_a_child_is_reported)
{
	struct process_spec spec = shell("kill -9 $$");
	char text[64];

	run(&spec);
	assert_ended(true, SIGKILL);
	ck_assert_str_eq(process_status_text(&child.status, text, sizeof(text)),
			 "killed by signal 9 (Killed)");
}
END_TEST

START_TEST(statuses_have_words)
{
	struct process_status status = { .code = 1 };
	char text[64];

	ck_assert_str_eq(process_status_text(&status, text, sizeof(text)),
			 "exit status 1");
	status = (struct process_status){ .signaled = true, .code = 4000 };
	ck_assert_str_eq(process_status_text(&status, text, sizeof(text)),
			 "killed by signal 4000 (unknown)");
}
END_TEST

START_TEST(output_of_a_mebibyte_arrives_whole)
{
	struct process_spec spec = shell("yes | head -c 1048576");

	run(&spec);
	assert_ended(false, 0);
	ck_assert_uint_eq(child.len[1], 1048576);
	for (size_t i = 0; i < child.len[1]; i++)
		ck_assert(child.text[1][i] == (i % 2 == 0 ? 'y' : '\n'));
}
END_TEST

START_TEST(completion_waits_for_output_that_ends_after_the_child)
{
	struct process_spec spec =
	    shell("exec 3<&0; (read x <&3; echo late $x) & exit 4");
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdin_fd = fds[0];
	spawn(&spec, stopped_clock);
	close(fds[0]);
	RUN_UNTIL(!process_running(child.process));
	settle();
	ck_assert_int_eq(child.n_exits, 0);
	ck_assert_int_eq(write(fds[1], "word\n", 5), 5);
	RUN_UNTIL(child.n_exits > 0);
	assert_ended(false, 4);
	ck_assert_str_eq(child.text[1], "late word\n");
	close(fds[1]);
}
END_TEST

START_TEST(a_descendant_that_keeps_the_output_is_waited_for_a_while)
{
	struct process_spec spec = shell("sleep 1000 & echo $!; exit 4");
	int pidfd;

	spawn(&spec, stopped_clock);
	pidfd = printed_pidfd();
	RUN_UNTIL(!process_running(child.process));
	clock_advance(stopped_clock, PROCESS_EOF_GRACE_MS * NS_PER_MS - 1);
	settle();
	ck_assert_int_eq(child.n_exits, 0);
	clock_advance(stopped_clock, 1);
	assert_ended(false, 4);
	/* it was not told to end, and did not */
	ck_assert(!ends_within(pidfd, 0));
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	close(pidfd);
}
END_TEST

START_TEST(what_was_written_within_the_grace_is_not_lost)
{
	struct process_spec spec =
	    shell("exec 3<&0; (read x <&3; echo late; "
		  "sh -c 'echo $$ >&2; exec sleep 1000') & exit 4");
	char text[16] = "";
	int in[2], err[2], pidfd;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
	spec.stdin_fd = in[0];
	spec.stderr_fd = err[1];
	spawn(&spec, stopped_clock);
	RUN_UNTIL(!process_running(child.process));
	/* from here on the loop does not run: it is as busy as can be */
	ck_assert_int_eq(write(in[1], "\n", 1), 1);
	ck_assert_int_gt(read(err[0], text, sizeof(text) - 1), 0);
	pidfd = pidfd_open(atoi(text), 0);
	clock_advance(stopped_clock, PROCESS_EOF_GRACE_MS * NS_PER_MS);
	assert_ended(false, 4);
	ck_assert_str_eq(child.text[1], "late\n");
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	close(pidfd);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(err[i]);
	}
}
END_TEST

START_TEST(completion_waits_for_a_child_whose_output_ended)
{
	struct process_spec spec = shell("exec >&- 2>&-; read x; exit $x");
	char out_path[64];
	struct stat st;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdin_fd = fds[0];
	spawn(&spec, real_clock);
	snprintf(out_path, sizeof(out_path), "/proc/%d/fd/2",
		 (int)process_pid(child.process));
	RUN_UNTIL(stat(out_path, &st) < 0);
	settle();
	ck_assert(process_running(child.process));
	ck_assert_int_eq(child.n_exits, 0);
	ck_assert_int_eq(write(fds[1], "5\n", 2), 2);
	RUN_UNTIL(child.n_exits > 0);
	assert_ended(false, 5);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static char scratch[] = "/tmp/test_process.XXXXXX";

static void
write_script(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static const struct {
	const char *program;
	const char *cwd;
	int code;
	const char *text;
} hopeless[] = {
	{ "vdelab-no-such-program", NULL, -ENOENT,
	  "vdelab-no-such-program: no such program in PATH; is it installed?" },
	{ "./absent", NULL, -ENOENT,
	  "./absent: cannot execute ./absent: No such file or directory" },
	{ "./plain", NULL, -EACCES,
	  "./plain: cannot execute ./plain: Permission denied" },
	{ "/", NULL, -EACCES, "/: cannot execute /: Permission denied" },
	{ "./odd", NULL, -ENOENT,
	  "./odd: the interpreter of ./odd does not exist" },
	{ "./empty", NULL, -ENOEXEC,
	  "./empty: cannot execute ./empty: Exec format error" },
	{ "sh", "/absent/dir", -ENOENT,
	  "sh: its directory /absent/dir: No such file or directory" },
	{ "plain", NULL, -EACCES,
	  "plain: found in PATH, but this user may not execute it" },
};

START_TEST(a_program_that_cannot_start_is_an_error_of_spawn)
{
	const char *argv[] = { hopeless[_i].program, NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct err err = ERR_INIT;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(scratch));
	ck_assert_int_eq(chdir(scratch), 0);
	write_script("plain", "#!/bin/sh\n", 0600);
	write_script("odd", "#!/absent/interpreter\n", 0700);
	write_script("empty", "", 0700);
	setenv("PATH", "/usr/bin:/bin:", 1); /* ends with the current one */

	fd = dup(0);
	close(fd);
	spec.argv = argv;
	spec.cwd = hopeless[_i].cwd;
	spec.on_output = on_output;
	ck_assert_ptr_null(process_spawn(base, real_clock, &spec, &err));
	ck_assert_int_eq(err.code, hopeless[_i].code);
	ck_assert_str_eq(err.text, hopeless[_i].text);
	/* neither a child nor a descriptor is left */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(dup(0), fd);

	ck_assert_int_eq(unlink("plain"), 0);
	ck_assert_int_eq(unlink("odd"), 0);
	ck_assert_int_eq(unlink("empty"), 0);
	ck_assert_int_eq(rmdir(scratch), 0);
}
END_TEST

START_TEST(standard_streams_cannot_be_kept_as_others)
{
	struct process_spec spec = shell("exit 0");
	int keep[] = { 3, 2 };
	struct err err = ERR_INIT;

	spec.keep_fds = keep;
	spec.n_keep_fds = 2;
	ck_assert_ptr_null(process_spawn(base, real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "descriptor 2"));
}
END_TEST

START_TEST(a_closed_descriptor_cannot_be_kept)
{
	struct process_spec spec = shell("exit 0");
	int keep[] = { 500 };
	struct err err = ERR_INIT;

	spec.keep_fds = keep;
	spec.n_keep_fds = 1;
	ck_assert_ptr_null(process_spawn(base, real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EBADF);
	spec = shell("exit 0");
	spec.stdin_fd = 500;
	ck_assert_ptr_null(process_spawn(base, real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EBADF);
}
END_TEST

static int
count(const char *text, const char *word)
{
	int n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

START_TEST(environment_is_ours_with_additions)
{
	static const char *const argv[] = { "env", NULL };
	static const char *const env[] = { "OURS=new",	      "EMPTY=",
					   "TWICE=1",	      "TWICE=2",
					   "OURS_TOO_LONG=x", NULL };
	struct process_spec spec = shell("");

	setenv("OURS", "old", 1);
	setenv("KEPT", "kept", 1);
	setenv("OURS_TOO", "kept", 1);
	unsetenv("EMPTY");
	spec.argv = argv;
	spec.env = env;
	run(&spec);
	ck_assert_int_eq(count(child.text[1], "\nOURS=new\n"), 1);
	ck_assert_int_eq(count(child.text[1], "OURS="), 1);
	ck_assert_int_eq(count(child.text[1], "KEPT=kept\n"), 1);
	ck_assert_int_eq(count(child.text[1], "OURS_TOO=kept\n"), 1);
	ck_assert_int_eq(count(child.text[1], "\nEMPTY=\n"), 1);
	ck_assert_int_eq(count(child.text[1], "TWICE="), 1);
	ck_assert_int_eq(count(child.text[1], "TWICE=2\n"), 1);
	ck_assert_str_eq(getenv("OURS"), "old");
}
END_TEST

START_TEST(the_child_starts_in_its_directory)
{
	struct process_spec spec = shell("pwd");

	spec.cwd = "/usr";
	run(&spec);
	ck_assert_str_eq(child.text[1], "/usr\n");
}
END_TEST

START_TEST(a_relative_program_starts_from_our_directory)
{
	const char *argv[] = { "bin/sh", "-c", "pwd; echo $0", NULL };
	struct process_spec spec = shell("");

	ck_assert_int_eq(chdir("/"), 0);
	spec.argv = argv;
	spec.cwd = "/usr/lib";
	run(&spec);
	ck_assert_str_eq(child.text[1], "/usr/lib\nbin/sh\n");
}
END_TEST

START_TEST(only_kept_descriptors_are_inherited)
{
	static const int keep[] = { 200, 30, 31, 30 };
	static const int others[] = { 29, 32, 199, 201, 900 };
	struct process_spec spec = shell(
	    "cd /proc/$$/fd && for i in 3 4 5 6 7 8 9 29 30 31 32 199 200 "
	    "201 900; do [ -e $i ] && printf '%s ' $i; done; "
	    "cat 31");
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(write(fds[1], "through", 7), 7);
	/* kept although close-on-exec, closed although not */
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		ck_assert_int_ge(dup3(fds[0], keep[i], O_CLOEXEC), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_int_ge(dup2(fds[1], others[i]), 0);
	spec.keep_fds = keep;
	spec.n_keep_fds = sizeof(keep) / sizeof(keep[0]);
	spawn(&spec, real_clock);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		close(others[i]);
	close(fds[1]);
	RUN_UNTIL(child.n_exits > 0);
	ck_assert_str_eq(child.text[1], "30 31 200 through");
	for (size_t i = 0; i < 3; i++)
		close(keep[i]);
	close(fds[0]);
}
END_TEST

START_TEST(standard_streams_may_be_exchanged)
{
	struct process_spec spec = shell("echo out; echo err >&2");
	char text[16] = "";
	int one[2], two[2];

	ck_assert_int_eq(pipe2(one, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(two, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(one[1], 1), 1);
	ck_assert_int_eq(dup2(two[1], 2), 2);
	spec.stdout_fd = 2;
	spec.stderr_fd = 1;
	run(&spec);
	assert_ended(false, 0);
	ck_assert_int_eq(read(one[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "err\n");
	ck_assert_int_eq(read(two[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "out\n");
	ck_assert_uint_eq(child.len[1] + child.len[2], 0);
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
}
END_TEST

START_TEST(our_own_stderr_may_be_shared)
{
	struct process_spec spec = shell("echo err >&2");
	char text[16] = "";
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(fds[1], 2), 2);
	spec.stderr_fd = -2;
	run(&spec);
	ck_assert_int_eq(read(fds[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "err\n");
	ck_assert_uint_eq(child.len[2], 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static const int inherited[] = { SIGTERM, SIGPIPE, SIGUSR1, SIGINT };

START_TEST(signals_start_with_their_defaults)
{
	char script[64] = "";
	struct process_spec spec = shell(script);
	sigset_t all;

	snprintf(script, sizeof(script), "kill -%d $$; echo survived",
		 inherited[_i]);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(inherited[_i], SIG_IGN);
	run(&spec);
	assert_ended(true, inherited[_i]);
	ck_assert_uint_eq(child.len[1], 0);
}
END_TEST

START_TEST(an_ignored_sigchld_loses_no_status)
{
	struct process_spec spec = shell("exit 3");

	signal(SIGCHLD, SIG_IGN);
	run(&spec);
	assert_ended(false, 3);
}
END_TEST

START_TEST(children_of_others_are_not_reaped)
{
	struct process_spec spec = shell("exit 3");
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(9);
	run(&spec);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 9);
}
END_TEST

START_TEST(free_kills_the_whole_group)
{
	struct process_spec spec = shell("sleep 1000 & echo $!; wait");
	int grandchild, own;

	spawn(&spec, stopped_clock);
	grandchild = printed_pidfd();
	own = pidfd_open(process_pid(child.process), 0);
	process_free(child.process);
	child.process = NULL;
	ck_assert(ends_within(own, 0)); /* reaped already */
	ck_assert(ends_within(grandchild, PATIENCE_S * 1000));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(child.n_exits, 0);
	close(grandchild);
	close(own);
}
END_TEST

START_TEST(stop_asks_first)
{
	struct process_spec spec = shell("exec sleep 1000");
	char text[64];
	int log[2];

	spawn(&spec, stopped_clock);
	process_stop(child.process, 1000);
	RUN_UNTIL(child.n_exits > 0);
	assert_ended(true, SIGTERM);
	/* what would be killed later is not ours any more */
	ck_assert_int_eq(pipe2(log, O_NONBLOCK | O_CLOEXEC), 0);
	log_set_fd(log[1]);
	clock_advance(stopped_clock, 1000 * NS_PER_MS);
	ck_assert_int_eq(read(log[0], text, sizeof(text)), -1);
	log_set_fd(STDERR_FILENO);
	close(log[0]);
	close(log[1]);
}
END_TEST

START_TEST(stop_leaves_nothing_of_the_group)
{
	struct process_spec spec = shell("sleep 1000 & echo $!; wait");
	int grandchild;

	spawn(&spec, stopped_clock);
	grandchild = printed_pidfd();
	process_stop(child.process, 1000);
	RUN_UNTIL(child.n_exits > 0);
	assert_ended(true, SIGTERM);
	ck_assert(ends_within(grandchild, PATIENCE_S * 1000));
	close(grandchild);
}
END_TEST

/* Both orders make 100 ms. */
static const struct {
	uint32_t first_ms, second_ms;
} graces[] = { { 100, 100 }, { 10000, 100 }, { 100, 10000 } };

START_TEST(stop_kills_a_stubborn_child_after_its_grace)
{
	struct process_spec spec = shell("trap '' TERM; sh -c 'echo $$; "
					 "exec sleep 1000'; sleep 1000");
	int grandchild;

	spawn(&spec, stopped_clock);
	grandchild = printed_pidfd();
	process_stop(child.process, graces[_i].first_ms);
	process_stop(child.process, graces[_i].second_ms);
	clock_advance(stopped_clock, 100 * NS_PER_MS - 1);
	settle();
	ck_assert(!ends_within(grandchild, 0));
	ck_assert(process_running(child.process));
	clock_advance(stopped_clock, 1);
	RUN_UNTIL(child.n_exits > 0);
	assert_ended(true, SIGKILL);
	ck_assert(ends_within(grandchild, PATIENCE_S * 1000));
	close(grandchild);
}
END_TEST

/* Starts @spec's child from a process that is killed once the child has
 * written to the other end of @ready_fd; returns the child's pidfd. */
static int
orphan(const struct process_spec *spec, int ready_fd)
{
	int fds[2], pidfd;
	pid_t middle, pid;
	char text[16];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	middle = fork();
	if (middle == 0) {
		struct event_base *its_base = event_base_new();
		struct clock *its_clock = clock_real_new(its_base);
		struct process *p =
		    process_spawn(its_base, its_clock, spec, NULL);

		pid = p != NULL ? process_pid(p) : -1;
		if (write(fds[1], &pid, sizeof(pid)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	ck_assert_int_gt(pid, 0);
	pidfd = pidfd_open(pid, 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(read(ready_fd, text, sizeof(text)), 3);
	ck_assert(!ends_within(pidfd, 0));
	ck_assert_int_eq(kill(middle, SIGKILL), 0);
	ck_assert_int_eq(waitpid(middle, NULL, 0), middle);
	close(fds[0]);
	close(fds[1]);
	return pidfd;
}

static const struct {
	int death_signal;
	const char *script;
	const char *last_words;
} deaths[] = {
	{ 0, "echo up; exec sleep 1000", "" },
	{ SIGTERM,
	  "trap 'kill $!; echo told; exit' TERM; sleep 1000 & echo up; wait",
	  "told\n" },
};

START_TEST(a_child_does_not_outlive_us)
{
	struct process_spec spec = shell(deaths[_i].script);
	char text[16] = "";
	int fds[2], pidfd;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdout_fd = fds[1];
	spec.death_signal = deaths[_i].death_signal;
	pidfd = orphan(&spec, fds[0]);
	ck_assert(ends_within(pidfd, 2000));
	close(fds[1]);
	ck_assert_int_ge(read(fds[0], text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, deaths[_i].last_words);
	close(pidfd);
	close(fds[0]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ output_and_exit_status_are_reported, 0 },
		{ a_child_may_be_freed_when_it_has_ended, 0 },
		{ nobody_needs_to_listen, 0 },
		{ a_signal_that_ends_a_child_is_reported, 0 },
		{ statuses_have_words, 0 },
		{ output_of_a_mebibyte_arrives_whole, 0 },
		{ completion_waits_for_output_that_ends_after_the_child, 0 },
		{ a_descendant_that_keeps_the_output_is_waited_for_a_while, 0 },
		{ what_was_written_within_the_grace_is_not_lost, 0 },
		{ completion_waits_for_a_child_whose_output_ended, 0 },
		{ a_program_that_cannot_start_is_an_error_of_spawn,
		  UNIT_ROWS(hopeless) },
		{ standard_streams_cannot_be_kept_as_others, 0 },
		{ a_closed_descriptor_cannot_be_kept, 0 },
		{ environment_is_ours_with_additions, 0 },
		{ the_child_starts_in_its_directory, 0 },
		{ a_relative_program_starts_from_our_directory, 0 },
		{ only_kept_descriptors_are_inherited, 0 },
		{ standard_streams_may_be_exchanged, 0 },
		{ our_own_stderr_may_be_shared, 0 },
		{ signals_start_with_their_defaults, UNIT_ROWS(inherited) },
		{ an_ignored_sigchld_loses_no_status, 0 },
		{ children_of_others_are_not_reaped, 0 },
		{ free_kills_the_whole_group, 0 },
		{ stop_asks_first, 0 },
		{ stop_leaves_nothing_of_the_group, 0 },
		{ stop_kills_a_stubborn_child_after_its_grace,
		  UNIT_ROWS(graces) },
		{ a_child_does_not_outlive_us, UNIT_ROWS(deaths) },
		{ NULL, 0 },
	};

	return unit_run("process", tests, setup, teardown);
}
