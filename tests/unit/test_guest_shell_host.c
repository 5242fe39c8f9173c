/* The host's side of guest-shell, in virtual time, with a guest that says what
 * no shell would. */
#include "driver/vm/guest-shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "tests/unit/fake-guest.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static struct clock *test_clock;
static struct guest_shell *shell;
static struct fake_guest guest;
static unsigned n_ready, n_lost;
static char lost[512];
static int attach_when_lost; /* a descriptor, or -1 */

struct outcome {
	unsigned n_calls;
	int status;
	bool timed_out;
	char error[256];
	char out[256];
	char err[256];
};

static void
on_state(const char *reason, void *arg)
{
	(void)arg;
	if (reason == NULL) {
		n_ready++;
		return;
	}
	n_lost++;
	snprintf(lost, sizeof(lost), "%s", reason);
	if (attach_when_lost >= 0)
		guest_shell_attach(shell, attach_when_lost, reason);
	attach_when_lost = -1;
}

static void
setup(void)
{
	base = event_base_new();
	test_clock = clock_virtual_new(0);
	attach_when_lost = -1;
	shell = guest_shell_new(base, test_clock, fake_guest_open(&guest),
				on_state, NULL);
}

static void
teardown(void)
{
	guest_shell_free(shell);
	fake_guest_close(&guest);
	clock_free(test_clock);
	event_base_free(base);
}

static void
spin(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
pass_ms(uint64_t ms)
{
	clock_advance(test_clock, ms * NS_PER_MS);
	spin();
}

static void
say(const char *text)
{
	fake_guest_say(&guest, "%s", text);
	spin();
}

/* A frame. */
static void
frame(const char *text)
{
	fake_guest_say(&guest, "\n%s %s\n", guest.nonce, text);
	spin();
}

static void
be_ready(void)
{
	char text[200];

	pass_ms(0);
	ck_assert(fake_guest_heard(&guest, "echo vdelab"));
	snprintf(text, sizeof(text), "# vdelab-%s\r\n", guest.nonce);
	say(text);
	ck_assert(fake_guest_heard(&guest, "exec sh -c"));
	snprintf(text, sizeof(text), "\nvdelab1-%s\n", guest.nonce);
	say(text);
	snprintf(text, sizeof(text), "vl_main %s\n", guest.nonce);
	ck_assert(fake_guest_heard(&guest, text));
	frame("R b");
	ck_assert_uint_eq(n_ready, 1);
}

static void
on_done(const struct shell_result *result, void *arg)
{
	struct outcome *o = arg;

	o->n_calls++;
	o->status = result->status;
	o->timed_out = result->timed_out;
	snprintf(o->error, sizeof(o->error), "%s",
		 result->error != NULL ? result->error : "");
	snprintf(o->out, sizeof(o->out), "%.*s", (int)result->out_size,
		 (const char *)result->out);
	snprintf(o->err, sizeof(o->err), "%.*s", (int)result->err_size,
		 (const char *)result->err);
}

static struct shell_command *
start(const char *text, uint64_t timeout_ms, struct outcome *o)
{
	struct shell_spec spec = { .text = text,
				   .timeout_ms = timeout_ms,
				   .on_done = on_done,
				   .arg = o };
	struct shell_command *command = guest_shell_run(shell, &spec);

	spin();
	return command;
}

/* What command @id, with one line on stdout, sends when it ends. */
static void
complete(unsigned id)
{
	char text[100];

	snprintf(text, sizeof(text), "D %u 1 0 1\nb3V0\n", id);
	frame(text);
	frame(".");
	ck_assert(fake_guest_heard(&guest, "vl_ack\n"));
	snprintf(text, sizeof(text), "X %u 5", id);
	frame(text);
	snprintf(text, sizeof(text), "F %u 1", id);
	frame(text);
	snprintf(text, sizeof(text), "F %u 2", id);
	frame(text);
}

START_TEST(a_silent_guest_is_asked_again_when_it_has_read_the_last)
{
	unsigned n = 0;

	pass_ms(0);
	ck_assert(fake_guest_listen(&guest));
	pass_ms(99);
	ck_assert(!fake_guest_listen(&guest));
	pass_ms(1);
	ck_assert(fake_guest_listen(&guest));
	guest.len = 0;
	for (int i = 0; i < 100; i++)
		pass_ms(1000); /* it sleeps */
	while (fake_guest_heard(&guest, ">&8\n"))
		n++;
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(an_echo_of_the_probe_is_no_answer)
{
	pass_ms(0);
	ck_assert(fake_guest_listen(&guest));
	fake_guest_say_bytes(&guest, guest.text, guest.len);
	spin();
	ck_assert(!fake_guest_heard(&guest, "exec sh"));
}
END_TEST

START_TEST(an_answer_to_an_earlier_attempt_does_not_count)
{
	char text[200];

	pass_ms(0);
	fake_guest_listen(&guest);
	snprintf(text, sizeof(text), "vdelab-%s\n", guest.nonce);
	say(text);
	ck_assert(fake_guest_heard(&guest, "exec sh -c"));
	pass_ms(4999);
	ck_assert(!fake_guest_heard(&guest, "exec sh -c"));
	pass_ms(1);
	ck_assert(fake_guest_heard(&guest, "exec sh -c"));
	snprintf(text, sizeof(text), "vdelab1-%s\n", guest.nonce);
	say(text);
	ck_assert(!fake_guest_heard(&guest, "vl_main"));
	snprintf(text, sizeof(text), "vdelab2-%s\n", guest.nonce);
	say(text);
	ck_assert(fake_guest_heard(&guest, "vl_main"));
	pass_ms(9999);
	ck_assert(!fake_guest_heard(&guest, "exec sh -c"));
	pass_ms(1);
	ck_assert(fake_guest_heard(&guest, "exec sh -c"));
	ck_assert_uint_eq(n_ready + n_lost, 0);
}
END_TEST

START_TEST(a_terminal_that_translates_is_refused)
{
	char text[200];

	pass_ms(0);
	fake_guest_listen(&guest);
	snprintf(text, sizeof(text), "vdelab-%s\r\n", guest.nonce);
	say(text);
	snprintf(text, sizeof(text), "\r\nvdelab1-%s\r\n", guest.nonce);
	say(text);
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_ptr_nonnull(strstr(lost, "stty"));
}
END_TEST

START_TEST(a_guest_that_cannot_says_why)
{
	char text[200];

	pass_ms(0);
	fake_guest_listen(&guest);
	snprintf(text, sizeof(text), "vdelab-%s\n", guest.nonce);
	say(text);
	snprintf(text, sizeof(text), "vdelab1-%s\n", guest.nonce);
	say(text);
	frame("E there is no dd");
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_ptr_nonnull(strstr(lost, "there is no dd"));
}
END_TEST

START_TEST(a_command_is_done_when_all_three_ends_have_come)
{
	static const char *const ends[] = { "X 1 7", "F 1 1", "F 1 2" };
	struct outcome o = { .n_calls = 0 };

	be_ready();
	start("exit 7", 0, &o);
	ck_assert(fake_guest_heard(&guest, "vl_run 0 1 0 "));
	ck_assert(fake_guest_heard(&guest, "vl_worker\n"));
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(o.n_calls, 0);
		frame(ends[(i + _i) % 3]);
	}
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, 7);
	frame("X 1 8"); /* again: nobody waits */
	ck_assert_uint_eq(o.n_calls, 1);
}
END_TEST

START_TEST(frames_of_nobody_are_acknowledged_and_dropped)
{
	be_ready();
	frame("D 99 1 0 1\nYWJj");
	ck_assert(!fake_guest_heard(&guest, "vl_ack\n"));
	frame(".");
	ck_assert(fake_guest_heard(&guest, "vl_ack\n"));
	frame("X 99 0");
	frame("K 99 0");
	frame("I 99");
	ck_assert_uint_eq(n_lost, 0);
}
END_TEST

START_TEST(a_worker_is_used_again_and_started_when_needed)
{
	struct outcome o[3] = { { .n_calls = 0 } };

	be_ready();
	start("a", 0, &o[0]);
	ck_assert(fake_guest_heard(&guest, "vl_worker\n"));
	frame("I 0");
	complete(1);
	ck_assert_uint_eq(o[0].n_calls, 1);
	ck_assert_str_eq(o[0].out, "out");
	start("b", 0, &o[1]); /* the worker is about to be idle */
	ck_assert(!fake_guest_heard(&guest, "vl_worker\n"));
	frame("I 1");
	pass_ms(1000);
	ck_assert(!fake_guest_heard(&guest, "vl_worker\n"));
	complete(2);
	ck_assert_uint_eq(o[1].n_calls, 1);
	start("c", 0, &o[2]);
	pass_ms(249);
	ck_assert(!fake_guest_heard(&guest, "vl_worker\n"));
	pass_ms(1); /* a child holds it: it may stop, another comes */
	ck_assert(fake_guest_heard(&guest, "vl_over 1 2\n"));
	ck_assert(fake_guest_heard(&guest, "vl_worker\n"));
}
END_TEST

START_TEST(a_time_out_begins_when_the_guest_has_the_command)
{
	struct outcome o = { .n_calls = 0 };

	start("sleep 1", 5000, &o);
	for (int i = 0; i < 60; i++)
		pass_ms(1000); /* it boots */
	ck_assert_uint_eq(o.n_calls, 0);
	be_ready();
	ck_assert(fake_guest_heard(&guest, "vl_run"));
	pass_ms(4999);
	ck_assert(!fake_guest_heard(&guest, "vl_kill"));
	pass_ms(1);
	ck_assert(fake_guest_heard(&guest, "vl_kill 0 1\n"));
	complete(1);
	ck_assert_int_eq(o.status, SHELL_STATUS_TIMED_OUT);
	ck_assert(o.timed_out);
	ck_assert_str_eq(o.out, "out"); /* so far */
	ck_assert_str_eq(o.error, "");
}
END_TEST

static const struct {
	const char *answer;
	const char *error;
} kills[] = {
	{ NULL, "the guest's shell does not answer" },
	{ "K 1 3", "the guest cannot kill the command" },
};

START_TEST(a_kill_without_effect_ends_after_its_wait)
{
	struct outcome o = { .n_calls = 0 };
	unsigned n = 0;

	be_ready();
	guest_shell_kill(start("sleep 1", 0, &o));
	if (kills[_i].answer != NULL)
		frame(kills[_i].answer);
	pass_ms(SHELL_KILL_WAIT_MS - 1);
	ck_assert_uint_eq(o.n_calls, 0);
	while (fake_guest_heard(&guest, "vl_kill 0 1\n"))
		n++;
	ck_assert_uint_gt(n, 2); /* it is asked again */
	pass_ms(250);
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, -1);
	ck_assert_str_eq(o.error, kills[_i].error);
}
END_TEST

START_TEST(a_killed_command_says_so_by_its_status)
{
	struct outcome o = { .n_calls = 0 };
	struct shell_command *queued;

	queued = start("never begun", 0, &o);
	guest_shell_kill(queued);
	ck_assert_uint_eq(o.n_calls, 0); /* only from the loop */
	spin();
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, SHELL_STATUS_KILLED);
	be_ready();
	ck_assert(!fake_guest_heard(&guest, "never begun"));
}
END_TEST

START_TEST(noise_in_output_ends_the_connection_and_what_it_carries)
{
	struct outcome o = { .n_calls = 0 }, later = { .n_calls = 0 };

	be_ready();
	start("a", 0, &o);
	frame("D 1 1 0 3");
	say("[    1.5] usb: noise\n");
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_ptr_nonnull(strstr(lost, "usb: noise"));
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, -1);
	ck_assert_str_eq(o.error, lost);
	start("b", 0, &later);
	ck_assert_uint_eq(later.n_calls, 1);
	ck_assert_str_eq(later.error, lost);
}
END_TEST

START_TEST(a_lost_part_of_output_is_noticed)
{
	struct outcome o = { .n_calls = 0 };

	be_ready();
	start("a", 0, &o);
	frame("D 1 1 0 1\nYWJj");
	frame(".");
	frame("D 1 1 2 1\nYWJj");
	frame(".");
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_ptr_nonnull(strstr(lost, "was lost"));
	ck_assert_uint_eq(o.n_calls, 1);
}
END_TEST

START_TEST(output_that_the_guest_lost_fails_its_command_alone)
{
	struct outcome o = { .n_calls = 0 };

	be_ready();
	start("a", 0, &o);
	frame("L 1 1");
	frame("X 1 0");
	frame("F 1 2");
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, -1);
	ck_assert_ptr_nonnull(strstr(o.error, "no room"));
	ck_assert_uint_eq(n_lost, 0);
}
END_TEST

START_TEST(a_worker_that_was_killed_fails_its_command_alone)
{
	struct outcome o = { .n_calls = 0 };

	be_ready();
	start("a", 0, &o);
	frame("F 1 1");
	frame("I 1");
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_int_eq(o.status, -1);
	ck_assert_ptr_nonnull(strstr(o.error, "out of memory"));
	ck_assert_uint_eq(n_lost, 0);
}
END_TEST

START_TEST(what_the_guest_was_not_given_survives_a_new_connection)
{
	struct outcome o = { .n_calls = 0 };
	struct fake_guest next;

	start("a", 0, &o);
	attach_when_lost = fake_guest_open(&next);
	fake_guest_close(&guest);
	spin();
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_uint_eq(o.n_calls, 0);
	guest = next;
	be_ready();
	ck_assert(fake_guest_heard(&guest, "vl_run 0 1 0 "));
	complete(1);
	ck_assert_int_eq(o.status, 5);
}
END_TEST

START_TEST(what_the_guest_was_given_is_lost_with_it)
{
	struct outcome o = { .n_calls = 0 }, queued = { .n_calls = 0 };

	be_ready();
	start("a", 0, &o);
	fake_guest_close(&guest);
	guest_shell_attach(shell, fake_guest_open(&guest), "it was reset");
	start("b", 0, &queued);
	ck_assert_uint_eq(o.n_calls, 1);
	ck_assert_str_eq(o.error, "it was reset");
	ck_assert_uint_eq(queued.n_calls, 0);
	guest_shell_lose(shell, "it is gone");
	spin();
	ck_assert_uint_eq(queued.n_calls, 1);
	ck_assert_str_eq(queued.error, "it is gone");
	ck_assert_uint_eq(n_lost, 0);
}
END_TEST

static const char *const last_words[] = { "Q", "E no more" };

START_TEST(a_shell_that_ends_says_so)
{
	be_ready();
	frame(last_words[_i]);
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_str_ne(lost, "");
}
END_TEST

/* However long the guest takes to come up, and then to begin the command. */
START_TEST(signals_wait_for_the_command_and_for_each_other)
{
	struct outcome o = { .n_calls = 0 };
	struct shell_spec spec = { .text = "x", .on_done = on_done, .arg = &o };
	struct shell_command *command = guest_shell_run(shell, &spec);

	ck_assert_int_eq(guest_shell_signal(command, 15), 0);
	ck_assert_int_eq(guest_shell_signal(command, 1), 0);
	pass_ms(1000);
	be_ready();
	ck_assert(!fake_guest_heard(&guest, "vl_signal"));
	frame("I 0");
	pass_ms(50);
	ck_assert(fake_guest_heard(&guest, "vl_signal 0 1 15\n"));
	frame("S 1 0"); /* it has not begun */
	ck_assert(!fake_guest_heard(&guest, "vl_signal"));
	pass_ms(50);
	ck_assert(fake_guest_heard(&guest, "vl_signal 0 1 15\n"));
	frame("S 1 1");
	ck_assert(fake_guest_heard(&guest, "vl_signal 0 1 1\n"));
	frame("S 1 1");
	frame("S 1 1"); /* nobody asked */
	pass_ms(1000);
	ck_assert(!fake_guest_heard(&guest, "vl_signal"));
	for (int i = 0; i < SHELL_SIGNALS_MAX; i++)
		ck_assert_int_eq(guest_shell_signal(command, 2), 0);
	ck_assert_int_eq(guest_shell_signal(command, 2), -EBUSY);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_silent_guest_is_asked_again_when_it_has_read_the_last, 0 },
		{ an_echo_of_the_probe_is_no_answer, 0 },
		{ an_answer_to_an_earlier_attempt_does_not_count, 0 },
		{ a_terminal_that_translates_is_refused, 0 },
		{ a_guest_that_cannot_says_why, 0 },
		{ a_command_is_done_when_all_three_ends_have_come, 3 },
		{ frames_of_nobody_are_acknowledged_and_dropped, 0 },
		{ a_worker_is_used_again_and_started_when_needed, 0 },
		{ a_time_out_begins_when_the_guest_has_the_command, 0 },
		{ a_kill_without_effect_ends_after_its_wait, UNIT_ROWS(kills) },
		{ a_killed_command_says_so_by_its_status, 0 },
		{ noise_in_output_ends_the_connection_and_what_it_carries, 0 },
		{ a_lost_part_of_output_is_noticed, 0 },
		{ output_that_the_guest_lost_fails_its_command_alone, 0 },
		{ a_worker_that_was_killed_fails_its_command_alone, 0 },
		{ what_the_guest_was_not_given_survives_a_new_connection, 0 },
		{ what_the_guest_was_given_is_lost_with_it, 0 },
		{ signals_wait_for_the_command_and_for_each_other, 0 },
		{ a_shell_that_ends_says_so, UNIT_ROWS(last_words) },
		{ NULL, 0 },
	};

	return unit_run("guest_shell_host", tests, setup, teardown);
}
