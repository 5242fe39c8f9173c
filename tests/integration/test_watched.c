/*
 * vdelab run on a terminal: what somebody who watches sees, types and resizes.
 * The machines are none: QEMU is fake-qemu.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/screen-model.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000 };

static char dir[] = "/tmp/vdelab-watched.XXXXXX";
static char *vdelab;
static struct screen_model screen;
static FILE *slave;
static pid_t pid;

static const char *
build_dir(void)
{
	const char *top = getenv("TOP_BUILDDIR");

	return top != NULL ? top : ".";
}

static void
write_file(const char *name, mode_t mode, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
	free(path);
}

static void
write_test(const char *name, const char *script)
{
	char *text = xasprintf("return { name = \"%s\", nodes = { m = { vlans "
			       "= {}, kernel = \"./kernel\", memory = 64 } }, "
			       "test_script = function() %s end }\n",
			       name, script);
	char *file = xasprintf("%s.lua", name);

	write_file(file, 0600, text);
	free(text);
	free(file);
}

static void
setup(void)
{
	char top[PATH_MAX];
	char *text;

	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert_ptr_nonnull(realpath(build_dir(), top));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	vdelab = xasprintf("%s/out/bin/vdelab", top);
	text = xasprintf("#!/bin/sh\nexec '%s/tests/unit/fake-qemu' \"$@\" "
			 "talk\n",
			 top);
	write_file("qemu", 0700, text);
	free(text);
	write_file("kernel", 0600, "");
	write_test("long", "m:start() log('\\27[2J hello \\27]0;x\\7') "
			   "subtest('dozing', function() sleep(100) end)");
	write_test("other", "sleep(100)");
	write_test("quick", "subtest('fast', function() sleep(0.01) end)");
	write_test("bad", "error('as it should')");
	ck_assert_int_eq(chdir(dir), 0);
	text = xasprintf("%s/qemu", dir);
	setenv("QEMU", text, 1);
	free(text);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	unsetenv("GITHUB_ACTIONS");
	unsetenv("GITLAB_CI");
}

static void
teardown(void)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		kill(pid, SIGCONT);
		waitpid(pid, NULL, 0);
	}
	ck_assert_int_eq(chdir("/"), 0);
	sockpath_remove_tree(dir, NULL);
	free(vdelab);
}

static pid_t job; /* of that process */

static void
bring_to_front(int signo)
{
	(void)signo;
	tcsetpgrp(0, job);
}

/* In place of a shell: starts @argv in the foreground of its terminal, tells
 * when it was stopped, and lets it go on, in the background, when we go on;
 * brings it to the front when told to by SIGUSR1; ends as it does. */
static void
be_shell(const char *const *argv)
{
	int status;

	setsid();
	ioctl(0, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGUSR1, bring_to_front); /* waitpid() goes on by itself */
	job = fork();
	setpgid(job, job);
	tcsetpgrp(0, job > 0 ? job : getpid());
	if (job == 0) {
		signal(SIGTTOU, SIG_DFL);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (waitpid(job, &status, WUNTRACED) == job) {
		if (WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		if (WIFSIGNALED(status))
			_exit(99);
		tcsetpgrp(0, getpgrp());
		dprintf(1, "[stopped]\n");
		raise(SIGSTOP);
		kill(job, SIGCONT);
	}
	_exit(99);
}

/* `vdelab run ARG...` on a new terminal. */
static void
start(unsigned columns, unsigned rows, const char *const *args)
{
	const char *argv[16] = { vdelab, "run", "--accel", "tcg" };
	size_t n = 4;

	while (*args != NULL)
		argv[n++] = *args++;
	slave = screen_open(&screen, columns, rows);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		dup2(fileno(slave), fd);
	close(screen.master);
	be_shell(argv);
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until @text is on the screen, or with @gone no more. */
static void
wait_for(const char *text, bool gone)
{
	long until = now_ms() + PATIENCE_MS;

	for (;;) {
		struct pollfd pfd = { screen.master, POLLIN, 0 };

		screen_read(&screen);
		if ((strstr(screen_text(&screen), text) == NULL) == gone)
			return;
		ck_assert_msg(now_ms() < until, "%s \"%s\":\n%s",
			      gone ? "still" : "never", text,
			      screen_text(&screen));
		poll(&pfd, 1, 100);
	}
}

static int
wait_end(void)
{
	long until = now_ms() + PATIENCE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_msg(now_ms() < until, "it does not end:\n%s",
			      screen_text(&screen));
		screen_read(&screen);
		poll(NULL, 0, 10);
	}
	pid = 0;
	screen_read(&screen);
	fclose(slave);
	screen_close(&screen);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
type(const char *text)
{
	ck_assert_int_eq(write(screen.master, text, strlen(text)),
			 (ssize_t)strlen(text));
}

/* What stands below all else while @name runs. */
static void
check_nothing_left(void)
{
	ck_assert_ptr_null(strstr(screen_text(&screen), "  m  "));
	ck_assert_ptr_null(strstr(screen_text(&screen), " s  dozing"));
	ck_assert(screen.wrap && !screen.synced);
}

START_TEST(a_test_is_watched_and_interrupted)
{
	start(80, 24, (const char *const[]){ "long.lua", NULL });
	wait_for("long  0 s  dozing > sleep: 100 s\n  m  booting\n", false);
	wait_for("\\x1b[2J hello \\x1b]0;x\\x07", false);
	wait_for("long  1 s  dozing", false); /* time goes on */
	type("\x03");
	ck_assert_int_eq(wait_end(), 130);
	ck_assert_ptr_nonnull(
	    strstr(screen_text(&screen), "long: interrupted after"));
	check_nothing_left();
}
END_TEST

START_TEST(a_terminal_changes_its_size)
{
	start(80, 24, (const char *const[]){ "long.lua", NULL });
	wait_for("dozing > sleep: 100 s\n", false);
	screen_resize(&screen, 20, 10);
	wait_for("...\n  m  booting\n", false);
	screen_resize(&screen, 60, 20);
	wait_for("dozing > sleep: 100 s\n", false);
	type("\x03");
	ck_assert_int_eq(wait_end(), 130);
}
END_TEST

START_TEST(stopped_and_in_the_background_it_leaves_the_terminal_alone)
{
	start(80, 24, (const char *const[]){ "long.lua", NULL });
	wait_for("dozing > sleep: 100 s\n", false);
	type("\x1a");
	wait_for("[stopped]", false);
	check_nothing_left();
	kill(pid, SIGCONT);
	for (int i = 0; i < 15; i++) { /* longer than it draws nothing */
		screen_read(&screen);
		check_nothing_left();
		poll(NULL, 0, 100);
	}
	kill(pid, SIGUSR1);
	wait_for("dozing > sleep: 100 s\n", false);
	type("\x03");
	ck_assert_int_eq(wait_end(), 130);
	check_nothing_left();
}
END_TEST

START_TEST(several_have_a_line_each)
{
	start(80, 24,
	      (const char *const[]){ "-j", "4", "-k", "long.lua", "other.lua",
				     "quick.lua", "bad.lua", NULL });
	wait_for("2 of 4 tests done, 1 failed, 2 running", false);
	wait_for("\n  long  ", false);
	wait_for("dozing > sleep: 100 s\n", false);
	wait_for("\n  other  ", false);
	wait_for(" s  sleep: 100 s\n", false);
	wait_for("\u2713 quick", false);
	wait_for("bad.lua:1: as it should", false);
	/* What passed has left one line. */
	ck_assert_ptr_null(strstr(screen_text(&screen), "quick: passed"));
	type("\x03");
	ck_assert_int_eq(wait_end(), 130);
	ck_assert_ptr_null(strstr(screen_text(&screen), "tests done"));
}
END_TEST

START_TEST(one_after_the_other_each_has_its_lines)
{
	start(80, 24, (const char *const[]){ "quick.lua", "long.lua", NULL });
	wait_for("\u2713  fast (1 step)\n", false);
	wait_for("1 of 2 tests done, 1 running", false);
	wait_for("long  0 s  dozing > sleep: 100 s\n  m  booting\n", false);
	type("\x03");
	ck_assert_int_eq(wait_end(), 130);
	check_nothing_left();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_test_is_watched_and_interrupted, 0 },
		{ a_terminal_changes_its_size, 0 },
		{ stopped_and_in_the_background_it_leaves_the_terminal_alone,
		  0 },
		{ several_have_a_line_each, 0 },
		{ one_after_the_other_each_has_its_lines, 0 },
		{ NULL, 0 },
	};

	return unit_run("watched", tests, setup, teardown);
}
