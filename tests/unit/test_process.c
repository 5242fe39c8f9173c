#include "config.h"

#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
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

START_TEST(output_and_exit_status_are_reported)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "echo out; echo err >&2; exit 3");

	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, false, 3);
	ck_assert_str_eq(rig.child.text[1], "out\n");
	ck_assert_str_eq(rig.child.text[2], "err\n");
	ck_assert_int_eq(process_signal(rig.child.process, SIGTERM), -ESRCH);
	ck_assert_str_eq(process_name(rig.child.process), "sh");
	process_stop(rig.child.process, 0); /* too late, and harmless */
	process_rig_settle(&rig);
	ck_assert_int_eq(rig.child.n_exits, 1);
}
END_TEST

START_TEST(a_child_may_be_freed_when_it_has_ended)
{
	struct process_spec spec = process_rig_shell(&rig, "exit 0");

	rig.child.frees_itself = true;
	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, false, 0);
	ck_assert_ptr_null(rig.child.process);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "echo out; echo err >&2; cat; exit 3");

	spec.on_output = NULL;
	spec.on_exit = NULL;
	process_rig_spawn(&rig, &spec, rig.real_clock);
	PROCESS_RIG_RUN_UNTIL(&rig, !process_running(rig.child.process));
}
END_TEST

START_TEST(a_signal_that_ends_a_child_is_reported)
{
	struct process_spec spec = process_rig_shell(&rig, "kill -9 $$");
	char text[64];

	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, true, SIGKILL);
	ck_assert_str_eq(
	    process_status_text(&rig.child.status, text, sizeof(text)),
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
	struct process_spec spec =
	    process_rig_shell(&rig, "yes | head -c 1048576");

	process_rig_run(&rig, &spec);
	process_rig_assert_ended(&rig, false, 0);
	ck_assert_uint_eq(rig.child.len[1], 1048576);
	for (size_t i = 0; i < rig.child.len[1]; i++)
		ck_assert(rig.child.text[1][i] == (i % 2 == 0 ? 'y' : '\n'));
}
END_TEST

START_TEST(completion_waits_for_output_that_ends_after_the_child)
{
	struct process_spec spec = process_rig_shell(
	    &rig, "exec 3<&0; (read x <&3; echo late $x) & exit 4");
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdin_fd = fds[0];
	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	close(fds[0]);
	PROCESS_RIG_RUN_UNTIL(&rig, !process_running(rig.child.process));
	process_rig_settle(&rig);
	ck_assert_int_eq(rig.child.n_exits, 0);
	ck_assert_int_eq(write(fds[1], "word\n", 5), 5);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	process_rig_assert_ended(&rig, false, 4);
	ck_assert_str_eq(rig.child.text[1], "late word\n");
	close(fds[1]);
}
END_TEST

START_TEST(a_descendant_that_keeps_the_output_is_waited_for_a_while)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "sleep 1000 & echo $!; exit 4");
	int pidfd;

	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	pidfd = process_rig_printed_pidfd(&rig);
	PROCESS_RIG_RUN_UNTIL(&rig, !process_running(rig.child.process));
	clock_advance(rig.stopped_clock, PROCESS_EOF_GRACE_MS * NS_PER_MS - 1);
	process_rig_settle(&rig);
	ck_assert_int_eq(rig.child.n_exits, 0);
	clock_advance(rig.stopped_clock, 1);
	process_rig_assert_ended(&rig, false, 4);
	/* it was not told to end, and did not */
	ck_assert(!process_rig_ends_within(pidfd, 0));
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	close(pidfd);
}
END_TEST

START_TEST(what_was_written_within_the_grace_is_not_lost)
{
	struct process_spec spec = process_rig_shell(
	    &rig, "exec 3<&0; (read x <&3; echo late; "
		  "sh -c 'echo $$ >&2; exec sleep 1000') & exit 4");
	char text[16] = "";
	int in[2], err[2], pidfd;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
	spec.stdin_fd = in[0];
	spec.stderr_fd = err[1];
	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	PROCESS_RIG_RUN_UNTIL(&rig, !process_running(rig.child.process));
	/* from here on the loop does not run: it is as busy as can be */
	ck_assert_int_eq(write(in[1], "\n", 1), 1);
	ck_assert_int_gt(read(err[0], text, sizeof(text) - 1), 0);
	pidfd = pidfd_open(atoi(text), 0);
	clock_advance(rig.stopped_clock, PROCESS_EOF_GRACE_MS * NS_PER_MS);
	process_rig_assert_ended(&rig, false, 4);
	ck_assert_str_eq(rig.child.text[1], "late\n");
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
	struct process_spec spec =
	    process_rig_shell(&rig, "exec >&- 2>&-; read x; exit $x");
	char out_path[64];
	struct stat st;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdin_fd = fds[0];
	process_rig_spawn(&rig, &spec, rig.real_clock);
	snprintf(out_path, sizeof(out_path), "/proc/%d/fd/2",
		 (int)process_pid(rig.child.process));
	PROCESS_RIG_RUN_UNTIL(&rig, stat(out_path, &st) < 0);
	process_rig_settle(&rig);
	ck_assert(process_running(rig.child.process));
	ck_assert_int_eq(rig.child.n_exits, 0);
	ck_assert_int_eq(write(fds[1], "5\n", 2), 2);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	process_rig_assert_ended(&rig, false, 5);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(children_of_others_are_not_reaped)
{
	struct process_spec spec = process_rig_shell(&rig, "exit 3");
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(9);
	process_rig_run(&rig, &spec);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 9);
}
END_TEST

START_TEST(free_kills_the_whole_group)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "sleep 1000 & echo $!; wait");
	int grandchild, own;

	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	grandchild = process_rig_printed_pidfd(&rig);
	own = pidfd_open(process_pid(rig.child.process), 0);
	process_free(rig.child.process);
	rig.child.process = NULL;
	ck_assert(process_rig_ends_within(own, 0)); /* reaped already */
	ck_assert(
	    process_rig_ends_within(grandchild, PROCESS_RIG_PATIENCE_S * 1000));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(rig.child.n_exits, 0);
	close(grandchild);
	close(own);
}
END_TEST

START_TEST(stop_asks_first)
{
	struct process_spec spec = process_rig_shell(&rig, "exec sleep 1000");
	char text[64];
	int log[2];

	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	process_stop(rig.child.process, 1000);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	process_rig_assert_ended(&rig, true, SIGTERM);
	/* what would be killed later is not ours any more */
	ck_assert_int_eq(pipe2(log, O_NONBLOCK | O_CLOEXEC), 0);
	log_set_fd(log[1]);
	clock_advance(rig.stopped_clock, 1000 * NS_PER_MS);
	ck_assert_int_eq(read(log[0], text, sizeof(text)), -1);
	log_set_fd(STDERR_FILENO);
	close(log[0]);
	close(log[1]);
}
END_TEST

START_TEST(stop_leaves_nothing_of_the_group)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "sleep 1000 & echo $!; wait");
	int grandchild;

	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	grandchild = process_rig_printed_pidfd(&rig);
	process_stop(rig.child.process, 1000);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	process_rig_assert_ended(&rig, true, SIGTERM);
	ck_assert(
	    process_rig_ends_within(grandchild, PROCESS_RIG_PATIENCE_S * 1000));
	close(grandchild);
}
END_TEST

/* Both orders make 100 ms. */
static const struct {
	uint32_t first_ms, second_ms;
} graces[] = { { 100, 100 }, { 10000, 100 }, { 100, 10000 } };

START_TEST(stop_kills_a_stubborn_child_after_its_grace)
{
	struct process_spec spec =
	    process_rig_shell(&rig, "trap '' TERM; sh -c 'echo $$; "
				    "exec sleep 1000'; sleep 1000");
	int grandchild;

	process_rig_spawn(&rig, &spec, rig.stopped_clock);
	grandchild = process_rig_printed_pidfd(&rig);
	process_stop(rig.child.process, graces[_i].first_ms);
	process_stop(rig.child.process, graces[_i].second_ms);
	clock_advance(rig.stopped_clock, 100 * NS_PER_MS - 1);
	process_rig_settle(&rig);
	ck_assert(!process_rig_ends_within(grandchild, 0));
	ck_assert(process_running(rig.child.process));
	clock_advance(rig.stopped_clock, 1);
	PROCESS_RIG_RUN_UNTIL(&rig, rig.child.n_exits > 0);
	process_rig_assert_ended(&rig, true, SIGKILL);
	ck_assert(
	    process_rig_ends_within(grandchild, PROCESS_RIG_PATIENCE_S * 1000));
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
	ck_assert(!process_rig_ends_within(pidfd, 0));
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
	struct process_spec spec = process_rig_shell(&rig, deaths[_i].script);
	char text[16] = "";
	int fds[2], pidfd;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.stdout_fd = fds[1];
	spec.death_signal = deaths[_i].death_signal;
	pidfd = orphan(&spec, fds[0]);
	ck_assert(process_rig_ends_within(pidfd, 2000));
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
