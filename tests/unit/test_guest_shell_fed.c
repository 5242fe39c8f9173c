/* Commands that are fed while they run, and that get signals. */
#include "config.h"

#include "driver/vm/guest-shell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/unit/shell-rig.h"
#include "tests/unit/unit.h"

/* What a command has printed so far, and how often it had taken all. */
struct talk {
	struct outcome outcome;
	char heard[256];
	bool has_answered; /* a whole line has come */
	bool is_fed;
};

static void
on_output(int fd, const void *data, size_t size, void *arg)
{
	struct talk *talk = arg;
	size_t n = strlen(talk->heard);

	if (fd != 1) /* a shell's word on who died of a signal */
		return;
	ck_assert_uint_lt(n + size, sizeof(talk->heard));
	memcpy(talk->heard + n, data, size);
	talk->has_answered = memchr(data, '\n', size) != NULL;
}

static void
on_fed(void *arg)
{
	((struct talk *)arg)->is_fed = true;
}

static void
on_done(const struct shell_result *result, void *arg)
{
	rig_on_done(result, &((struct talk *)arg)->outcome);
}

static struct shell_command *
begin(const char *text, const char *input, struct talk *talk)
{
	struct shell_spec spec = {
		.text = text,
		.input = input,
		.input_size = input != NULL ? strlen(input) : 0,
		.fed = true,
		.on_output = on_output,
		.on_fed = on_fed,
		.on_done = on_done,
		.arg = talk,
	};

	*talk = (struct talk){ .is_fed = false };
	return guest_shell_run(rig.shell, &spec);
}

/* As begin(), with nobody who listens. */
static struct shell_command *
begin_quietly(const char *text, struct talk *talk)
{
	struct shell_spec spec = { .text = text,
				   .fed = true,
				   .on_fed = on_fed,
				   .on_done = on_done,
				   .arg = talk };

	*talk = (struct talk){ .is_fed = false };
	return guest_shell_run(rig.shell, &spec);
}

static void
say(struct shell_command *command, const char *text)
{
	ck_assert_int_eq(guest_shell_write(command, text, strlen(text)), 0);
}

static void
hear(struct talk *talk, const char *all)
{
	rig_spin_until(&talk->has_answered);
	talk->has_answered = false;
	ck_assert_str_eq(talk->heard, all);
}

START_TEST(a_command_and_its_writer_take_turns)
{
	struct shell_command *command;
	struct talk talk;

	rig_begin(_i);
	command = begin("while read -r a; do echo \"<$a>\"; done; echo end",
			"first\n", &talk);
	hear(&talk, "<first>\n");
	say(command, "second\n");
	hear(&talk, "<first>\n<second>\n");
	say(command, "th");
	say(command, "ird\n");
	hear(&talk, "<first>\n<second>\n<third>\n");
	guest_shell_close_input(command);
	ck_assert_int_eq(guest_shell_write(command, "x", 1), -EPIPE);
	rig_spin_until(&talk.outcome.done);
	ck_assert_int_eq(talk.outcome.status, 0);
	ck_assert_str_eq(talk.outcome.out, "<first>\n<second>\n<third>\nend\n");
	outcome_clear(&talk.outcome);
	rig_end();
}
END_TEST

START_TEST(bytes_that_are_fed_arrive_as_they_are)
{
	enum { SIZE = 300 * 1000 }; /* several pieces */
	struct shell_command *command;
	struct talk talk;
	char *bytes = malloc(SIZE);

	rig_begin(_i);
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	command = begin_quietly("cat", &talk);
	ck_assert_int_eq(guest_shell_write(command, bytes, SIZE), 0);
	ck_assert_uint_gt(guest_shell_unread(command), SIZE - 1);
	guest_shell_close_input(command);
	rig_spin_until(&talk.outcome.done);
	ck_assert_uint_eq(talk.outcome.out_size, SIZE);
	ck_assert_mem_eq(talk.outcome.out, bytes, SIZE);
	outcome_clear(&talk.outcome);
	free(bytes);
	rig_end();
}
END_TEST

START_TEST(nothing_at_all_is_an_empty_stdin)
{
	struct shell_command *command;
	struct talk talk;

	rig_begin(_i);
	command = begin_quietly("cat; echo end", &talk);
	guest_shell_close_input(command); /* before it has begun */
	rig_spin_until(&talk.outcome.done);
	ck_assert_str_eq(talk.outcome.out, "end\n");
	outcome_clear(&talk.outcome);
	rig_end();
}
END_TEST

/* A pipe holds 64 KiB. */
START_TEST(one_that_does_not_read_holds_up_nobody_else)
{
	enum { SIZE = 200 * 1000 };
	struct shell_command *command;
	struct talk talk;
	char *bytes = calloc(1, SIZE);

	rig_begin(_i);
	command = begin_quietly("exec sleep 1000", &talk);
	rig_spin_until(&talk.is_fed); /* it has begun */
	talk.is_fed = false;
	ck_assert_int_eq(guest_shell_write(command, bytes, SIZE), 0);
	for (int i = 0; i < 3; i++)
		rig_expect("echo meanwhile", 0, "meanwhile\n");
	ck_assert(!talk.is_fed);
	ck_assert_uint_gt(guest_shell_unread(command), 0);
	guest_shell_kill(command);
	rig_spin_until(&talk.outcome.done);
	ck_assert_int_eq(talk.outcome.status, SHELL_STATUS_KILLED);
	outcome_clear(&talk.outcome);
	free(bytes);
	/* Its worker works on. */
	rig_expect("cat; echo more", 0, "more\n");
	rig_end();
}
END_TEST

START_TEST(one_that_ends_without_reading_has_ended)
{
	struct shell_command *command;
	struct talk talk;

	rig_begin(_i);
	for (int i = 0; i < 3; i++) {
		command = begin_quietly("exit 7", &talk);
		guest_shell_write(command, "unread", 6);
		rig_spin_until(&talk.outcome.done);
		ck_assert_int_eq(talk.outcome.status, 7);
		outcome_clear(&talk.outcome);
	}
	/* The next in its place does not get what was left. */
	command = begin_quietly("cat", &talk);
	guest_shell_write(command, "mine", 4);
	guest_shell_close_input(command);
	rig_spin_until(&talk.outcome.done);
	ck_assert_str_eq(talk.outcome.out, "mine");
	outcome_clear(&talk.outcome);
	rig_end();
}
END_TEST

START_TEST(a_signal_reaches_the_command_and_what_it_has_started)
{
	struct shell_command *command;
	struct talk talk;

	rig_begin(_i);
	command = begin("trap 'echo caught; exit 3' TERM\n"
			"sh -c 'trap \"echo child; exit\" TERM; echo set;"
			" while :; do sleep 0.05; done'\necho not here",
			NULL, &talk);
	hear(&talk, "set\n");
	ck_assert_int_eq(guest_shell_signal(command, SIGTERM), 0);
	rig_spin_until(&talk.outcome.done);
	ck_assert_int_eq(talk.outcome.status, 3);
	ck_assert_str_eq(talk.outcome.out, "set\nchild\ncaught\n");
	outcome_clear(&talk.outcome);
	rig_end();
}
END_TEST

START_TEST(a_signal_before_the_command_has_begun_waits_for_it)
{
	struct outcome o = { .done = false };
	struct shell_command *command;

	rig_begin(_i);
	command = rig_start("exec sleep 1000", &o);
	ck_assert_int_eq(guest_shell_signal(command, SIGTERM), 0);
	rig_spin_until(&o.done);
	ck_assert_int_eq(o.status, 128 + SIGTERM);
	outcome_clear(&o);
	rig_end();
}
END_TEST

/* Each is a handler's run, so none may be lost and none be too many. */
START_TEST(signals_arrive_one_after_the_other)
{
	struct shell_command *command;
	struct talk talk;

	rig_begin(_i);
	command = begin("trap 'echo usr1' USR1; trap 'echo usr2; exit' USR2\n"
			"echo set; while :; do sleep 0.02; done",
			NULL, &talk);
	hear(&talk, "set\n");
	ck_assert_int_eq(guest_shell_signal(command, SIGUSR1), 0);
	hear(&talk, "set\nusr1\n");
	ck_assert_int_eq(guest_shell_signal(command, SIGUSR1), 0);
	hear(&talk, "set\nusr1\nusr1\n");
	ck_assert_int_eq(guest_shell_signal(command, SIGUSR2), 0);
	rig_spin_until(&talk.outcome.done);
	ck_assert_str_eq(talk.outcome.out, "set\nusr1\nusr1\nusr2\n");
	outcome_clear(&talk.outcome);
	rig_end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		EACH_SHELL(a_command_and_its_writer_take_turns),
		EACH_SHELL(bytes_that_are_fed_arrive_as_they_are),
		EACH_SHELL(nothing_at_all_is_an_empty_stdin),
		EACH_SHELL(one_that_does_not_read_holds_up_nobody_else),
		EACH_SHELL(one_that_ends_without_reading_has_ended),
		EACH_SHELL(
		    a_signal_reaches_the_command_and_what_it_has_started),
		EACH_SHELL(a_signal_before_the_command_has_begun_waits_for_it),
		EACH_SHELL(signals_arrive_one_after_the_other),
		{ NULL, 0 },
	};

	return unit_run("guest_shell_fed", tests, NULL, NULL);
}
