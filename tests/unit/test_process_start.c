#include "config.h"

#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/process-rig.h"
#include "tests/unit/unit.h"

static struct process_rig rig;

static void
setup(void)
{
	process_rig_init(&rig);
}

static void
teardown(void)
{
	process_rig_fini(&rig);
}

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
	struct process_spec spec = process_rig_shell(&rig, "");
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
	ck_assert_ptr_null(
	    process_spawn(rig.base, rig.real_clock, &spec, &err));
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
	struct process_spec spec = process_rig_shell(&rig, "exit 0");
	int keep[] = { 3, 2 };
	struct err err = ERR_INIT;

	spec.keep_fds = keep;
	spec.n_keep_fds = 2;
	ck_assert_ptr_null(
	    process_spawn(rig.base, rig.real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "descriptor 2"));
}
END_TEST

START_TEST(a_closed_descriptor_cannot_be_kept)
{
	struct process_spec spec = process_rig_shell(&rig, "exit 0");
	int keep[] = { 500 };
	struct err err = ERR_INIT;

	spec.keep_fds = keep;
	spec.n_keep_fds = 1;
	ck_assert_ptr_null(
	    process_spawn(rig.base, rig.real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EBADF);
	spec = process_rig_shell(&rig, "exit 0");
	spec.stdin_fd = 500;
	ck_assert_ptr_null(
	    process_spawn(rig.base, rig.real_clock, &spec, &err));
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
	struct process_spec spec = process_rig_shell(&rig, "");

	setenv("OURS", "old", 1);
	setenv("KEPT", "kept", 1);
	setenv("OURS_TOO", "kept", 1);
	unsetenv("EMPTY");
	spec.argv = argv;
	spec.env = env;
	process_rig_run(&rig, &spec);
	ck_assert_int_eq(count(rig.child.text[1], "\nOURS=new\n"), 1);
	ck_assert_int_eq(count(rig.child.text[1], "OURS="), 1);
	ck_assert_int_eq(count(rig.child.text[1], "KEPT=kept\n"), 1);
	ck_assert_int_eq(count(rig.child.text[1], "OURS_TOO=kept\n"), 1);
	ck_assert_int_eq(count(rig.child.text[1], "\nEMPTY=\n"), 1);
	ck_assert_int_eq(count(rig.child.text[1], "TWICE="), 1);
	ck_assert_int_eq(count(rig.child.text[1], "TWICE=2\n"), 1);
	ck_assert_str_eq(getenv("OURS"), "old");
}
END_TEST

START_TEST(the_child_starts_in_its_directory)
{
	struct process_spec spec = process_rig_shell(&rig, "pwd");

	spec.cwd = "/usr";
	process_rig_run(&rig, &spec);
	ck_assert_str_eq(rig.child.text[1], "/usr\n");
}
END_TEST

START_TEST(a_relative_program_starts_from_our_directory)
{
	const char *argv[] = { "bin/sh", "-c", "pwd; echo $0", NULL };
	struct process_spec spec = process_rig_shell(&rig, "");

	ck_assert_int_eq(chdir("/"), 0);
	spec.argv = argv;
	spec.cwd = "/usr/lib";
	process_rig_run(&rig, &spec);
	ck_assert_str_eq(rig.child.text[1], "/usr/lib\nbin/sh\n");
}
END_TEST

START_TEST(only_kept_descriptors_are_inherited)
{
	static const int keep[] = { 200, 30, 31, 30 };
	static const int others[] = { 29, 32, 199, 201, 900 };
	struct process_spec spec = process_rig_shell(
	    &rig,
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
	process_rig_spawn(&rig, &spec, rig.real_clock);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		close(others[i]);
	close(fds[1]);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	ck_assert_str_eq(rig.child.text[1], "30 31 200 through");
	for (size_t i = 0; i < 3; i++)
		close(keep[i]);
	close(fds[0]);
}
END_TEST

/* Where the one lies that is to become descriptor 3, or, when that is not free,
 * behind it. */
static const int sources_of_3[] = { 3, 4, 5, 30 };

START_TEST(a_descriptor_becomes_number_3)
{
	static const int keep[] = { 40 };
	struct process_spec spec;
	int fds[2], source;

	process_rig_fini(&rig); /* it has those numbers */
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(write(fds[1], "through", 7), 7);
	ck_assert_int_eq(dup3(fds[0], 40, O_CLOEXEC), 40);
	ck_assert_int_eq(dup3(fds[0], 50, O_CLOEXEC), 50);
	close(fds[0]);
	close(fds[1]);
	source = fcntl(50, F_DUPFD_CLOEXEC, sources_of_3[_i]);
	ck_assert_int_ge(source, 3);
	process_rig_init(&rig);
	spec = process_rig_shell(
	    &rig, "cd /dev/fd; for i in 3 4 5 30 40 50; do [ -e $i ] && printf "
		  "'%s ' $i; done; cat <&3");
	spec.fd3 = source;
	spec.keep_fds = keep;
	spec.n_keep_fds = 1;
	process_rig_run(&rig, &spec);
	ck_assert_str_eq(rig.child.text[1], "3 40 through");
}
END_TEST

START_TEST(a_descriptor_3_that_is_to_be_kept_and_another_is_refused)
{
	static const int keep[] = { 3 };
	struct process_spec spec = process_rig_shell(&rig, "true");
	struct err err = ERR_INIT;

	spec.keep_fds = keep;
	spec.n_keep_fds = 1;
	spec.fd3 = STDERR_FILENO;
	ck_assert_ptr_null(
	    process_spawn(rig.base, rig.real_clock, &spec, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "descriptor 3"));
}
END_TEST

START_TEST(standard_streams_may_be_exchanged)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "echo out; echo err >&2");
	char text[16] = "";
	int one[2], two[2];

	ck_assert_int_eq(pipe2(one, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(two, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(one[1], 1), 1);
	ck_assert_int_eq(dup2(two[1], 2), 2);
	spec.stdout_fd = 2;
	spec.stderr_fd = 1;
	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, false, 0);
	ck_assert_int_eq(read(one[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "err\n");
	ck_assert_int_eq(read(two[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "out\n");
	ck_assert_uint_eq(rig.child.len[1] + rig.child.len[2], 0);
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
}
END_TEST

START_TEST(our_own_stderr_may_be_shared)
{
	struct process_spec spec = process_rig_shell(&rig, "echo err >&2");
	char text[16] = "";
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(fds[1], 2), 2);
	spec.stderr_fd = -2;
	process_rig_run(&rig, &spec);
	ck_assert_int_eq(read(fds[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "err\n");
	ck_assert_uint_eq(rig.child.len[2], 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static const int inherited[] = { SIGTERM, SIGPIPE, SIGUSR1, SIGINT };

START_TEST(signals_start_with_their_defaults)
{
	char script[64] = "";
	struct process_spec spec = process_rig_shell(&rig, script);
	sigset_t all;

	snprintf(script, sizeof(script), "kill -%d $$; echo survived",
		 inherited[_i]);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(inherited[_i], SIG_IGN);
	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, true, inherited[_i]);
	ck_assert_uint_eq(rig.child.len[1], 0);
}
END_TEST

START_TEST(an_ignored_sigchld_loses_no_status)
{
	struct process_spec spec = process_rig_shell(&rig, "exit 3");

	signal(SIGCHLD, SIG_IGN);
	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, false, 3);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_program_that_cannot_start_is_an_error_of_spawn,
		  UNIT_ROWS(hopeless) },
		{ standard_streams_cannot_be_kept_as_others, 0 },
		{ a_closed_descriptor_cannot_be_kept, 0 },
		{ environment_is_ours_with_additions, 0 },
		{ the_child_starts_in_its_directory, 0 },
		{ a_relative_program_starts_from_our_directory, 0 },
		{ only_kept_descriptors_are_inherited, 0 },
		{ a_descriptor_becomes_number_3, UNIT_ROWS(sources_of_3) },
		{ a_descriptor_3_that_is_to_be_kept_and_another_is_refused, 0 },
		{ standard_streams_may_be_exchanged, 0 },
		{ our_own_stderr_may_be_shared, 0 },
		{ signals_start_with_their_defaults, UNIT_ROWS(inherited) },
		{ an_ignored_sigchld_loses_no_status, 0 },
		{ NULL, 0 },
	};

	return unit_run("process_start", tests, setup, teardown);
}
