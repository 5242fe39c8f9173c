#include "config.h"

#include "lib/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "tests/unit/process-rig.h"
#include "tests/unit/unit.h"

static struct process_rig rig;
static struct supervisor *supervisor;
static struct program *program; /* NULL once it stopped itself */

/* What it has told. */
static struct {
	int n_started, n_ended;
	int fd;
	char reason[256];
	bool for_good;
	char heard[64]; /* read from the descriptor in .ended */
	bool stop_when_started, stop_when_ended;
} seen;

static void
on_started(void *arg, int fd)
{
	ck_assert_ptr_eq(arg, &seen);
	ck_assert_int_eq(seen.n_started, seen.n_ended);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	seen.n_started++;
	seen.fd = fd;
	if (seen.stop_when_started) {
		program_stop(program);
		program = NULL;
	}
}

static void
on_ended(void *arg, const char *reason, bool for_good)
{
	ssize_t n = recv(seen.fd, seen.heard, sizeof(seen.heard) - 1, 0);

	ck_assert_ptr_eq(arg, &seen);
	seen.heard[n > 0 ? n : 0] = '\0';
	seen.n_ended++;
	ck_assert_int_eq(seen.n_started, seen.n_ended);
	ck_assert_int_eq(program_pid(program), 0);
	snprintf(seen.reason, sizeof(seen.reason), "%s", reason);
	seen.for_good = for_good;
	if (seen.stop_when_ended) {
		program_stop(program);
		program = NULL;
	}
}

static const struct program_ops ops = { on_started, on_ended };

static void
setup(void)
{
	process_rig_init(&rig);
	supervisor = supervisor_new(rig.base, rig.stopped_clock);
}

static void
teardown(void)
{
	program_stop(program);
	supervisor_free(supervisor);
	process_rig_fini(&rig);
}

static struct program_spec
make_spec(const char *const *argv, enum program_restart restart)
{
	return (struct program_spec){ .name = "prog",
				      .argv = argv,
				      .restart = restart,
				      .ops = &ops,
				      .arg = &seen };
}

static void
start(const char *script, enum program_restart restart)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct program_spec spec = make_spec(argv, restart);
	struct err err = ERR_INIT;

	program = program_start(supervisor, &spec, &err);
	ck_assert_msg(program != NULL, "%s", err.text);
	ck_assert_int_gt(program_pid(program), 0);
}

static void
later(uint64_t ms)
{
	clock_advance(rig.stopped_clock, ms * NS_PER_MS);
}

static void
await_end(void)
{
	int n = seen.n_ended;

	PROCESS_RIG_RUN_UNTIL(&rig, seen.n_ended > n);
}

START_TEST(a_program_talks_by_descriptor_3)
{
	char text[16];

	start("exec cat <&$VDELAB_FD >&3", PROGRAM_ALWAYS);
	ck_assert_int_eq(seen.n_started, 0); /* the loop tells */
	later(0);
	ck_assert_int_eq(seen.n_started, 1);
	ck_assert_int_eq(send(seen.fd, "one", 3, 0), 3);
	ck_assert_int_eq(send(seen.fd, "second", 6, 0), 6);
	PROCESS_RIG_RUN_UNTIL(&rig, recv(seen.fd, text, sizeof(text),
					 MSG_PEEK | MSG_DONTWAIT) > 0);
	/* one datagram, one piece */
	ck_assert_int_eq(recv(seen.fd, text, sizeof(text), 0), 3);
	ck_assert_int_eq(memcmp(text, "one", 3), 0);
}
END_TEST

START_TEST(what_it_sent_before_its_end_can_be_read)
{
	start("printf last >&3; exit 3", PROGRAM_ALWAYS);
	await_end();
	ck_assert_int_eq(seen.n_started, 1);
	ck_assert_str_eq(seen.heard, "last");
	ck_assert_str_eq(seen.reason, "exit status 3");
	ck_assert_str_eq(program_last_end(program), "exit status 3");
}
END_TEST

START_TEST(one_that_always_ends_is_started_ever_more_slowly)
{
	static const unsigned delays_ms[] = {
		0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000,
	};

	start("exit 1", PROGRAM_ALWAYS);
	ck_assert_ptr_null(program_last_end(program));
	for (size_t i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
		await_end();
		ck_assert(!seen.for_good);
		ck_assert_uint_eq(program_n_restarts(program), i);
		if (delays_ms[i] > 0)
			later(delays_ms[i] - 1);
		process_rig_settle(&rig);
		ck_assert_int_eq(program_pid(program), 0);
		later(delays_ms[i] > 0);
		ck_assert_int_ne(program_pid(program), 0);
	}
}
END_TEST

static const struct {
	unsigned ran_ms, delay_ms;
} lives[] = { { PROGRAM_STABLE_MS - 1, 100 }, { PROGRAM_STABLE_MS, 0 } };

START_TEST(one_that_ran_for_long_is_started_at_once)
{
	start("exit 1", PROGRAM_ALWAYS);
	await_end();
	program_stop(program);
	start("exec cat <&3", PROGRAM_ALWAYS);
	later(0);
	kill(program_pid(program), SIGKILL);
	await_end();
	later(0);
	ck_assert_uint_eq(program_n_restarts(program), 1);
	later(lives[_i].ran_ms);
	kill(program_pid(program), SIGKILL);
	await_end();
	ck_assert_str_eq(seen.reason, "killed by signal 9 (Killed)");
	if (lives[_i].delay_ms > 0) {
		later(lives[_i].delay_ms - 1);
		ck_assert_int_eq(program_pid(program), 0);
		later(1);
	} else {
		later(0);
	}
	ck_assert_int_ne(program_pid(program), 0);
}
END_TEST

static const struct {
	enum program_restart restart;
	int status;
	bool again;
} policies[] = {
	{ PROGRAM_ALWAYS, 0, true },	  { PROGRAM_ALWAYS, 1, true },
	{ PROGRAM_ON_FAILURE, 0, false }, { PROGRAM_ON_FAILURE, 1, true },
	{ PROGRAM_NEVER, 0, false },	  { PROGRAM_NEVER, 1, false },
};

START_TEST(the_policy_says_whether_it_is_started_again)
{
	start(policies[_i].status == 0 ? "exit 0" : "exit 1",
	      policies[_i].restart);
	await_end();
	ck_assert_int_eq(seen.for_good, !policies[_i].again);
	later(60 * 1000);
	ck_assert_int_eq(program_pid(program) != 0, policies[_i].again);
}
END_TEST

static const struct {
	const char *script;
	bool again;
} finals[] = {
	{ "exit 2", false },
	{ "exit 1", true },
	{ "exit 0", true },
	{ "kill -2 $$", true }, /* a signal is no exit status */
};

START_TEST(an_exit_status_may_be_final)
{
	const char *argv[] = { "sh", "-c", finals[_i].script, NULL };
	struct program_spec spec = make_spec(argv, PROGRAM_ALWAYS);

	spec.final_status = 2;
	program = program_start(supervisor, &spec, NULL);
	ck_assert_ptr_nonnull(program);
	await_end();
	ck_assert_int_eq(seen.for_good, !finals[_i].again);
}
END_TEST

START_TEST(a_restart_is_one_whatever_the_policy)
{
	start("exec cat <&3", PROGRAM_NEVER);
	later(0);
	program_restart(program, "it is too slow");
	program_restart(program, "once more");
	await_end();
	ck_assert_str_eq(seen.reason, "it is too slow");
	ck_assert(!seen.for_good);
	program_restart(program, "it does not run");
	later(0);
	ck_assert_int_ne(program_pid(program), 0);
	ck_assert_int_eq(seen.n_started, 2);
}
END_TEST

START_TEST(one_that_does_not_want_to_end_is_killed)
{
	start("trap '' TERM; printf x >&3; while :; do sleep 1; done",
	      PROGRAM_ALWAYS);
	later(0);
	PROCESS_RIG_RUN_UNTIL(&rig, recv(seen.fd, seen.heard, 1, 0) == 1);
	program_restart(program, "it hangs");
	later(PROGRAM_GRACE_MS - 1);
	process_rig_settle(&rig);
	ck_assert_int_eq(seen.n_ended, 0);
	later(1);
	await_end();
	ck_assert_str_eq(seen.reason, "it hangs");
}
END_TEST

/* The pid that the program has sent, as something that stays its. */
static int
sent_pidfd(void)
{
	char text[32] = "";
	int pidfd;

	PROCESS_RIG_RUN_UNTIL(
	    &rig, recv(seen.fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	pidfd = pidfd_open(atoi(text), 0);
	ck_assert_int_ge(pidfd, 0);
	return pidfd;
}

START_TEST(children_do_not_outlive_it)
{
	int pidfd;

	start("sleep 1000 & echo $! >&3; read x <&3; exit 0", PROGRAM_ALWAYS);
	later(0);
	pidfd = sent_pidfd();
	ck_assert_int_eq(send(seen.fd, "\n", 1, 0), 1);
	await_end();
	ck_assert(process_rig_ends_within(pidfd, 10000));
	close(pidfd);
}
END_TEST

START_TEST(a_stopped_one_ends_and_nobody_is_told)
{
	int pidfd;

	start("echo $$ >&3; exec sleep 1000", PROGRAM_ALWAYS);
	later(0);
	pidfd = sent_pidfd();
	program_stop(program);
	program = NULL;
	PROCESS_RIG_RUN_UNTIL(&rig, process_rig_ends_within(pidfd, 0));
	process_rig_settle(&rig);
	ck_assert_int_eq(seen.n_ended, 0);
	close(pidfd);
}
END_TEST

START_TEST(the_end_waits_for_those_who_clean_up)
{
	char path[] = "/tmp/test-supervisor-XXXXXX";
	char script[256];
	int fd = mkstemp(path);

	snprintf(script, sizeof(script),
		 "trap 'sleep 0.2; rm %s; exit 0' TERM; printf x >&3; "
		 "while :; do sleep 0.05; done",
		 path);
	start(script, PROGRAM_ALWAYS);
	later(0);
	PROCESS_RIG_RUN_UNTIL(&rig, recv(seen.fd, seen.heard, 1, 0) == 1);
	program_stop(program);
	program = NULL;
	supervisor_free(supervisor);
	supervisor = NULL;
	ck_assert_int_lt(access(path, F_OK), 0);
	close(fd);
}
END_TEST

START_TEST(the_end_does_not_wait_for_those_who_do_not_want_to)
{
	int pidfd;

	start("trap '' TERM; echo $$ >&3; while :; do sleep 1; done",
	      PROGRAM_ALWAYS);
	later(0);
	pidfd = sent_pidfd();
	supervisor_free(supervisor); /* not even stopped */
	supervisor = NULL;
	program = NULL;
	ck_assert(process_rig_ends_within(pidfd, 0));
	close(pidfd);
}
END_TEST

static const struct {
	bool started, ended;
} inside[] = { { true, false }, { false, true } };

START_TEST(it_may_be_stopped_inside_what_it_tells)
{
	seen.stop_when_started = inside[_i].started;
	seen.stop_when_ended = inside[_i].ended;
	start("exit 0", PROGRAM_ALWAYS);
	PROCESS_RIG_RUN_UNTIL(&rig, program == NULL);
	ck_assert_int_eq(seen.n_started, 1);
	later(60 * 1000);
	process_rig_settle(&rig);
	ck_assert_int_eq(seen.n_started, 1);
}
END_TEST

static const struct {
	const char *path;
	int code;
	const char *text;
} bad_programs[] = {
	{ NULL, -EINVAL, "no program" },
	{ "", -EINVAL, "no program" },
	{ "./prog", -EINVAL, "absolute" },
	{ "no-such-program-anywhere", -ENOENT, "no-such-program-anywhere" },
	{ "/no/such/program", -ENOENT, "/no/such/program" },
	{ "/etc/passwd", -EACCES, "/etc/passwd" },
};

START_TEST(what_cannot_be_executed_is_told_at_once)
{
	const char *argv[] = { bad_programs[_i].path, NULL };
	struct program_spec spec = make_spec(argv, PROGRAM_ALWAYS);
	struct err err = ERR_INIT;

	ck_assert_ptr_null(program_start(supervisor, &spec, &err));
	ck_assert_int_eq(err.code, bad_programs[_i].code);
	ck_assert_msg(strstr(err.text, bad_programs[_i].text) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(a_program_that_vanishes_is_tried_again)
{
	char path[] = "/tmp/test-supervisor-XXXXXX";
	const char *argv[] = { path, NULL };
	struct program_spec spec = make_spec(argv, PROGRAM_ON_FAILURE);
	int fd = mkstemp(path);

	ck_assert_int_gt(dprintf(fd, "#!/bin/sh\nexit 1\n"), 0);
	fchmod(fd, 0700);
	close(fd);
	program = program_start(supervisor, &spec, NULL);
	ck_assert_ptr_nonnull(program);
	await_end();
	unlink(path);
	later(0); /* the first start again finds nothing */
	ck_assert_int_eq(program_pid(program), 0);
	ck_assert_ptr_nonnull(strstr(program_last_end(program), path));
	ck_assert_int_eq(seen.n_ended, 1);
	later(99);
	ck_assert_uint_eq(program_n_restarts(program), 1);
	later(1);
	ck_assert_uint_eq(program_n_restarts(program), 2);
}
END_TEST

START_TEST(its_environment_is_ours_and_more)
{
	static const char *const env[] = { "VDELAB_PORT=p1", NULL };
	const char *argv[] = { "sh", "-c",
			       "printf \"$VDELAB_PORT $VDELAB_FD $TOLD\" >&3",
			       NULL };
	struct program_spec spec = make_spec(argv, PROGRAM_NEVER);

	setenv("TOLD", "ours", 1);
	spec.env = env;
	program = program_start(supervisor, &spec, NULL);
	ck_assert_ptr_nonnull(program);
	await_end();
	ck_assert_str_eq(seen.heard, "p1 3 ours");
}
END_TEST

START_TEST(what_it_prints_is_logged_behind_its_name)
{
	char text[4096];
	ssize_t n;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	unsetenv("JOURNAL_STREAM");
	log_init("test", LOG_INFO);
	log_set_fd(fds[1]);
	start("echo said; echo failed >&2; printf unended; exit 4",
	      PROGRAM_ALWAYS);
	await_end();
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "test: prog: said\n"));
	ck_assert_ptr_nonnull(strstr(text, "test: prog: failed\n"));
	ck_assert_ptr_nonnull(strstr(text, "test: prog: unended\n"));
	ck_assert_ptr_nonnull(strstr(
	    text, "test: prog: the program has ended: exit status 4; it is "
		  "started again in 0.0 s\n"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_program_talks_by_descriptor_3, 0 },
		{ what_it_sent_before_its_end_can_be_read, 0 },
		{ one_that_always_ends_is_started_ever_more_slowly, 0 },
		{ one_that_ran_for_long_is_started_at_once, UNIT_ROWS(lives) },
		{ the_policy_says_whether_it_is_started_again,
		  UNIT_ROWS(policies) },
		{ an_exit_status_may_be_final, UNIT_ROWS(finals) },
		{ a_restart_is_one_whatever_the_policy, 0 },
		{ one_that_does_not_want_to_end_is_killed, 0 },
		{ children_do_not_outlive_it, 0 },
		{ a_stopped_one_ends_and_nobody_is_told, 0 },
		{ the_end_waits_for_those_who_clean_up, 0 },
		{ the_end_does_not_wait_for_those_who_do_not_want_to, 0 },
		{ it_may_be_stopped_inside_what_it_tells, UNIT_ROWS(inside) },
		{ what_cannot_be_executed_is_told_at_once,
		  UNIT_ROWS(bad_programs) },
		{ a_program_that_vanishes_is_tried_again, 0 },
		{ its_environment_is_ours_and_more, 0 },
		{ what_it_prints_is_logged_behind_its_name, 0 },
		{ NULL, 0 },
	};

	return unit_run("supervisor", tests, setup, teardown);
}
