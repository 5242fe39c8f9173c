#include "config.h"

#include "driver/vm/guest-shell.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/shell-rig.h"
#include "tests/unit/unit.h"

START_TEST(a_child_that_keeps_stdout_is_not_waited_for_and_not_harmed)
{
	char text[300];
	struct outcome o;
	uint64_t begin_ms;

	rig_begin(_i);
	rig_expect("true", 0, "");
	begin_ms = clock_now_ms(rig.clock);
	rig_run_text("sleep 30 & echo $!", &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_uint_lt(clock_now_ms(rig.clock), begin_ms + 10000);
	ck_assert(process_is_alive(o.out));
	snprintf(text, sizeof(text), "kill %.10s", o.out);
	outcome_clear(&o);
	rig_expect(text, 0, "");

	/* one that goes on writing, more than a pipe holds */
	snprintf(text, sizeof(text),
		 "(sleep 0.6; yes | head -c 200000; yes | head -c 200000 >&2;"
		 " touch %s/survived) & echo hi",
		 rig.far.dir);
	rig_expect(text, 0, "hi\n");
	rig_expect("echo next", 0, "next\n");
	snprintf(text, sizeof(text),
		 "while ! [ -e %s/survived ]; do sleep 0.1; done", rig.far.dir);
	rig_expect(text, 0, "");
	rig_end();
}
END_TEST

START_TEST(a_time_out_kills_the_whole_session)
{
	struct outcome o;
	struct shell_spec spec = {
		.text = "echo begun; sleep 300 & echo $!; setsid sleep 300 &\n"
			"sh -c 'sleep 300; sleep 300' & sleep 0.3\n"
			"echo; sleep 300",
		.timeout_ms = 1500,
	};
	char *line;

	rig_begin(_i);
	rig_expect("true", 0, "");
	rig_run(&spec, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert(o.timed_out);
	ck_assert_int_eq(o.status, 124);
	ck_assert(strncmp(o.out, "begun\n", 6) == 0);
	line = strchr(o.out, '\n') + 1;
	ck_assert(strcmp(strchr(line, '\n'), "\n\n") == 0);
	expect_dead(line);
	outcome_clear(&o);
	rig_expect("echo alive", 0, "alive\n");
	/* the far end finds no process left when it ends */
	rig_end();
}
END_TEST

START_TEST(what_ends_in_time_is_not_touched)
{
	struct shell_spec spec = { .text = "sleep 0.2; echo x",
				   .timeout_ms = 20000 };
	struct outcome o;

	rig_begin(_i);
	rig_run(&spec, &o);
	ck_assert(!o.timed_out);
	ck_assert_int_eq(o.status, 0);
	ck_assert_str_eq(o.out, "x\n");
	outcome_clear(&o);
	rig_end();
}
END_TEST

START_TEST(a_connection_that_ends_fails_what_runs_and_what_comes)
{
	struct outcome o[2] = { { .done = false } };
	struct outcome after;

	rig_begin(_i);
	rig_expect("true", 0, "");
	rig_start("sleep 300", &o[0]);
	rig_start("sleep 300", &o[1]);
	rig_spin_ms(100);
	rig.far.untidy = true;
	rig_kill_far_side();
	rig_spin_until(&o[0].done);
	rig_spin_until(&o[1].done);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(o[i].status, -1);
		ck_assert_str_ne(o[i].error, "");
		outcome_clear(&o[i]);
	}
	ck_assert_str_ne(rig.lost, "");
	rig_run_text("true", &after);
	ck_assert_int_eq(after.status, -1);
	ck_assert_str_eq(after.error, rig.lost);
	outcome_clear(&after);
	rig_end();
}
END_TEST

START_TEST(a_shell_that_does_not_answer_a_kill_is_said_so)
{
	struct shell_spec spec = { .text = "sleep 300", .timeout_ms = 300 };
	struct outcome o;

	rig_begin(_i);
	guest_shell_set_kill_wait(rig.shell, 600);
	rig_expect("true", 0, "");
	kill(rig.far.pid, SIGSTOP);
	rig_run(&spec, &o);
	ck_assert_int_eq(o.status, -1);
	ck_assert(o.timed_out);
	ck_assert_str_eq(o.error, "the guest's shell does not answer");
	outcome_clear(&o);
	rig.far.untidy = true;
	rig_kill_far_side();
	rig_end();
}
END_TEST

START_TEST(a_forgotten_command_is_killed_and_says_nothing)
{
	struct outcome o = { .done = false };
	char path[100], pid[20] = "";
	struct shell_command *c;
	char text[200];
	FILE *f;

	rig_begin(_i);
	rig_expect("true", 0, "");
	snprintf(path, sizeof(path), "%s/pid", rig.far.dir);
	snprintf(text, sizeof(text), "echo $$ >%s; sleep 300", path);
	c = rig_start(text, &o);
	while (pid[0] == '\0') {
		rig_spin_ms(20);
		f = fopen(path, "r");
		if (f != NULL && fgets(pid, sizeof(pid), f) == NULL)
			pid[0] = '\0';
		if (f != NULL)
			fclose(f);
	}
	guest_shell_forget(c);
	expect_dead(pid);
	c = rig_start("sleep 300", &o);
	guest_shell_forget(c); /* before it has begun */
	rig_expect("echo go on", 0, "go on\n");
	ck_assert(!o.done);
	rig_end();
}
END_TEST

START_TEST(a_command_that_goes_on_starting_others_is_killed_whole)
{
	/* what starts them waits for nobody, so only a signal can stop it */
	struct shell_spec spec = {
		.text = "n=0\n"
			"while [ $n -lt 40 ]; do sleep 300 & n=$((n + 1)) i=0\n"
			"while [ $i -lt 20000 ]; do i=$((i + 1)); done; done",
		.timeout_ms = 200,
	};
	struct outcome o;

	rig_begin(_i);
	rig_expect("true", 0, "");
	rig_run(&spec, &o);
	ck_assert(o.timed_out);
	outcome_clear(&o);
	/* the far end finds no process left when it ends */
	rig_end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		EACH_SHELL(
		    a_child_that_keeps_stdout_is_not_waited_for_and_not_harmed),
		EACH_SHELL(a_time_out_kills_the_whole_session),
		EACH_SHELL(what_ends_in_time_is_not_touched),
		EACH_SHELL(
		    a_connection_that_ends_fails_what_runs_and_what_comes),
		EACH_SHELL(a_shell_that_does_not_answer_a_kill_is_said_so),
		EACH_SHELL(a_forgotten_command_is_killed_and_says_nothing),
		EACH_SHELL(
		    a_command_that_goes_on_starting_others_is_killed_whole),
		{ NULL, 0 },
	};

	return unit_run("guest_shell_end", tests, NULL, NULL);
}
