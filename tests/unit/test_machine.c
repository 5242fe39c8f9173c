/* A machine whose QEMU is tests/unit/fake-qemu.c. */
#include "config.h"

#include "driver/vm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/image.h"
#include "driver/vm/qemu-args.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

enum { TICK_US = 5000, SPIN_MAX_MS = 120000 };

static struct event_base *base;
static struct clock *real_clock;
static struct event *tick; /* so that those who spin see the time */
static struct machine_host host;
static struct machine *machine;
static struct err start_err;
static char qemu[300], node_name[] = "m", kernel[] = "/k";
static char mode_none[] = "none", mode_mute[] = "mute",
	    mode_garbage[] = "garbage", mode_fail[] = "fail",
	    mode_full[] = "full", mode_stuck[] = "stuck", mode_load[] = "load";
static char *mode = mode_none;
static struct plan_node node;
static const struct vm_image image = { .kernel = kernel };
static pid_t pid; /* of QEMU, the last one */

/* What has been told. */
static unsigned n_events[MACHINE_ENDED + 1];
static char last_text[MACHINE_ENDED + 1][512];
static char order[1000]; /* of events, and of commands that end */
static bool migration_told;

struct outcome {
	bool done;
	int status;
	char error[4096];
	char out[256];
};

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
note(const char *what)
{
	strncat(order, what, sizeof(order) - strlen(order) - 1);
}

static void
on_event(struct machine *m, enum machine_event event, const char *text,
	 const json_t *data, void *arg)
{
	static const char *const names[] = {
		[MACHINE_STARTED] = "started ",
		[MACHINE_READY] = "ready ",
		[MACHINE_PANICKED] = "panicked ",
		[MACHINE_SHELL_LOST] = "lost ",
		[MACHINE_ENDED] = "ended ",
	};

	(void)data;
	(void)arg;
	ck_assert_ptr_eq(m, machine);
	if (event == MACHINE_QMP && strcmp(text, "MIGRATION") == 0)
		migration_told = true;
	n_events[event]++;
	if (names[event] != NULL)
		note(names[event]);
	snprintf(last_text[event], sizeof(last_text[event]), "%s",
		 text != NULL ? text : "");
}

static void
setup(void)
{
	const char *top = getenv("TOP_BUILDDIR");
	struct timeval period = { .tv_usec = TICK_US };

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	snprintf(qemu, sizeof(qemu), "%s/tests/unit/fake-qemu",
		 top != NULL ? top : ".");
	base = event_base_new();
	real_clock = clock_real_new(base);
	tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	ck_assert_int_eq(event_add(tick, &period), 0);
	host = (struct machine_host){ .base = base,
				      .clock = real_clock,
				      .qemu = qemu,
				      .accel = ACCEL_KVM,
				      .run_dir = "/tmp" };
	node = (struct plan_node){ .name = node_name,
				   .number = 1,
				   .memory_mib = 256,
				   .cpus = 1,
				   .qemu_options = &mode,
				   .n_qemu_options = 1 };
	machine = machine_new(&host, &node, &image, on_event, NULL);
}

static void
teardown(void)
{
	machine_free(machine);
	clock_free(real_clock);
	event_free(tick);
	event_base_free(base);
	if (pid > 0)
		ck_assert_int_ne(kill(pid, 0), 0);
}

/* ---- turning the loop ---- */

static void
spin_ms(unsigned ms)
{
	uint64_t end_ms = clock_now_ms(real_clock) + ms;

	while (clock_now_ms(real_clock) < end_ms)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
spin_until(const bool *flag)
{
	uint64_t end_ms = clock_now_ms(real_clock) + SPIN_MAX_MS;

	while (!*flag) {
		ck_assert_uint_lt(clock_now_ms(real_clock), end_ms);
		event_base_loop(base, EVLOOP_ONCE);
	}
}

static void
spin_until_event(enum machine_event event, unsigned n)
{
	uint64_t end_ms = clock_now_ms(real_clock) + SPIN_MAX_MS;

	while (n_events[event] < n) {
		ck_assert_uint_lt(clock_now_ms(real_clock), end_ms);
		event_base_loop(base, EVLOOP_ONCE);
	}
}

/* ---- QMP and commands ---- */

struct answer {
	bool done;
	json_t *result;
	struct err err;
};

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct answer *answer = arg;

	answer->done = true;
	answer->result = result != NULL ? json_deep_copy(result) : NULL;
	if (err != NULL)
		answer->err = *err;
}

/* Returned owned. */
static json_t *
qmp(const char *command, json_t *arguments)
{
	struct answer answer = { .done = false };

	machine_qmp(machine, command, arguments, on_answer, &answer);
	spin_until(&answer.done);
	return answer.result;
}

/* Have fake-qemu do something, and see it done. */
static void
fake(const char *command, json_t *arguments)
{
	json_t *result = qmp(command, arguments);

	ck_assert_ptr_nonnull(result);
	json_decref(result);
}

static void
fake_serial(const char *text)
{
	fake("fake-serial", json_pack("{s:s}", "text", text));
}

static void
fake_exit(int status)
{
	machine_qmp(machine, "fake-exit", json_pack("{s:i}", "status", status),
		    NULL, NULL);
}

static void
on_done(const struct shell_result *result, void *arg)
{
	struct outcome *o = arg;

	ck_assert(!o->done);
	o->done = true;
	o->status = result->status;
	snprintf(o->error, sizeof(o->error), "%s",
		 result->error != NULL ? result->error : "");
	snprintf(o->out, sizeof(o->out), "%.*s", (int)result->out_size,
		 (const char *)result->out);
	note("done ");
}

static struct machine_command *
begin(const char *text, struct outcome *o)
{
	struct shell_spec spec = { .text = text, .on_done = on_done, .arg = o };

	*o = (struct outcome){ .done = false };
	return machine_run(machine, &spec);
}

static void
expect_out(const char *text, const char *out)
{
	struct outcome o;

	begin(text, &o);
	spin_until(&o.done);
	ck_assert_str_eq(o.error, "");
	ck_assert_str_eq(o.out, out);
}

static void
start(void)
{
	ck_assert_int_eq(machine_start(machine, NULL, false, &start_err), 0);
	pid = (pid_t)atoi(last_text[MACHINE_STARTED]);
	ck_assert_int_gt(pid, 1);
	ck_assert_int_eq(machine_state(machine), MACHINE_BOOTING);
}

static void
start_and_boot(void)
{
	start();
	fake("fake-boot", NULL);
	spin_until_event(MACHINE_READY, 1);
	ck_assert_int_eq(machine_state(machine), MACHINE_UP);
}

static void
expect_part(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in: %s", part,
		      text);
}

/* ---- tests ---- */

START_TEST(a_machine_boots_runs_commands_and_ends)
{
	struct outcome o, early;

	start();
	ck_assert_int_eq(machine_start(machine, NULL, false, NULL), -EALREADY);
	begin("echo early", &early); /* waits for the shell */
	spin_ms(50);
	ck_assert(!early.done);
	fake("fake-boot", NULL);
	spin_until(&early.done);
	ck_assert_str_eq(early.out, "early\n");
	begin("echo here; exit 3", &o);
	spin_until(&o.done);
	ck_assert_str_eq(o.out, "here\n");
	ck_assert_int_eq(o.status, 3);
	machine_expect_end(machine);
	machine_qmp(machine, "quit", NULL, NULL, NULL);
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_str_eq(last_text[MACHINE_ENDED], "QEMU was told to quit");
	ck_assert_int_eq(machine_state(machine), MACHINE_OFF);
	begin("true", &o);
	spin_until(&o.done);
	ck_assert_str_eq(o.error, "the machine is off");
}
END_TEST

START_TEST(a_machine_starts_again_when_it_has_ended)
{
	static const char *const said[] = { "first\n", "second\n" };
	size_t size;

	for (unsigned i = 0; i < 2; i++) {
		start();
		fake("fake-boot", NULL);
		spin_until_event(MACHINE_READY, i + 1);
		fake_serial(said[i]);
		spin_until_event(MACHINE_SERIAL_LINE, i + 1);
		expect_out("echo again", "again\n");
		expect_part(machine_console(machine, &size), said[i]);
		ck_assert_uint_eq(size, strlen(said[i]));
		machine_kill(machine);
		spin_until_event(MACHINE_ENDED, i + 1);
	}
}
END_TEST

START_TEST(qemu_has_the_descriptors_it_is_given_and_no_others)
{
	json_t *fds;

	start();
	fds = qmp("fake-fds", NULL);
	/* 0, 1, 2, QMP, serial console, shell */
	ck_assert_uint_eq(json_array_size(fds), 6);
	json_decref(fds);
}
END_TEST

/* The guest's own words, those of QMP, or both. */
static const struct {
	const char *serial;
	bool event;
	const char *panicked;
} panics[] = {
	{ "[ 5.0] Kernel panic - not syncing: sysrq triggered crash\n"
	  "[ 5.1] CPU: 0\n[ 5.2] ---[ end Kernel panic - not syncing: x ]\n",
	  false, "Kernel panic - not syncing: sysrq triggered crash" },
	{ "[ 5.0] some trouble\n", true, "QEMU saw it panic" },
	{ "[ 5.0] Kernel panic - not syncing: Fatal exception\n", true,
	  "Kernel panic - not syncing: Fatal exception" },
};

START_TEST(a_panic_ends_what_waits_at_once_and_is_quoted)
{
	struct outcome o, other;
	uint64_t began_ms;

	start_and_boot();
	begin("sleep 60", &o);
	begin("sleep 60", &other);
	spin_ms(50);
	began_ms = clock_now_ms(real_clock);
	fake_serial("[ 1.0] an earlier line\n");
	fake_serial(panics[_i].serial);
	if (panics[_i].event)
		fake("fake-event",
		     json_pack("{s:s, s:{s:s}}", "name", "GUEST_PANICKED",
			       "data", "action", "pause"));
	spin_until(&o.done);
	spin_until(&other.done);
	ck_assert_uint_lt(clock_now_ms(real_clock), began_ms + 2000);
	ck_assert_int_eq(o.status, -1);
	expect_part(o.error, panics[_i].panicked);
	expect_part(o.error, "an earlier line");
	spin_until_event(MACHINE_PANICKED, 1);
	expect_part(last_text[MACHINE_PANICKED], panics[_i].panicked);
	spin_ms(400);
	ck_assert_uint_eq(n_events[MACHINE_PANICKED], 1);
}
END_TEST

static void
fake_disk_error(const char *disk, const char *reason)
{
	fake("fake-event",
	     json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "name",
		       "BLOCK_IO_ERROR", "data", "device", "", "node-name",
		       disk, "operation", "write", "action", "report", "reason",
		       reason));
}

/* As a script that waits for `poweroff` to end, and goes on. */
static void
start_again(const struct shell_result *result, void *arg)
{
	on_done(result, arg);
	ck_assert_int_eq(machine_state(machine), MACHINE_OFF);
	machine_settle(machine);
	start();
}

START_TEST(an_end_is_told_before_the_machine_is_started_again)
{
	struct outcome o = { .done = false };
	struct shell_spec spec = { .text = "sleep 100",
				   .on_done = start_again,
				   .arg = &o };

	start_and_boot();
	machine_run(machine, &spec);
	machine_expect_end(machine);
	fake_exit(0);
	spin_until(&o.done);
	spin_until_event(MACHINE_STARTED, 2);
	spin_ms(50);
	ck_assert_str_eq(order, "started ready done ended started ");
	ck_assert_int_eq(machine_state(machine), MACHINE_BOOTING);
}
END_TEST

START_TEST(a_disk_of_the_nodes_that_fails_is_told)
{
	ck_assert_int_eq(setenv("TMPDIR", "/full", 1), 0);
	start_and_boot();
	fake_disk_error("disk-data", strerror(EIO));
	spin_until_event(MACHINE_DISK_ERROR, 1);
	ck_assert_str_eq(last_text[MACHINE_DISK_ERROR],
			 "disk 'data': the host cannot write it: Input/output "
			 "error");
	fake_disk_error("disk-data", strerror(ENOSPC));
	spin_until_event(MACHINE_DISK_ERROR, 2);
	expect_part(last_text[MACHINE_DISK_ERROR],
		    "No space left on device; what guests write is kept in "
		    "/full");
}
END_TEST

START_TEST(a_disk_that_the_test_made_itself_is_its_own_concern)
{
	start_and_boot();
	fake_disk_error("mine", strerror(EIO));
	spin_until_event(MACHINE_QMP, 1);
	ck_assert_uint_eq(n_events[MACHINE_DISK_ERROR], 0);
}
END_TEST

START_TEST(what_the_guest_said_last_is_read_before_its_end_is_told)
{
	struct outcome o;

	start_and_boot();
	begin("sleep 60", &o);
	spin_ms(20);
	/* no newline, and it is gone */
	machine_qmp(machine, "fake-serial",
		    json_pack("{s:s}", "text",
			      "Kernel panic - not syncing: last words"),
		    NULL, NULL);
	fake_exit(0);
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert(o.done);
	expect_part(o.error, "panicked");
	expect_part(o.error, "last words");
	ck_assert_str_eq(order, "started ready done panicked ended ");
}
END_TEST

START_TEST(a_killed_qemu_ends_what_waits_and_the_console_is_quoted)
{
	struct outcome o;

	start_and_boot();
	fake_serial("line one\nline two\n");
	begin("sleep 60", &o);
	spin_ms(20);
	kill(pid, SIGKILL);
	spin_until(&o.done);
	expect_part(o.error, "killed by signal 9");
	expect_part(o.error, "line one\nline two\n");
	spin_until_event(MACHINE_ENDED, 1);
	expect_part(last_text[MACHINE_ENDED], "killed by signal 9");
	expect_part(machine_ended(machine), "killed by signal 9");
	ck_assert(machine_fell(machine));
	ck_assert_uint_eq(n_events[MACHINE_SHELL_LOST], 0);
	start();
	ck_assert(!machine_fell(machine));
}
END_TEST

START_TEST(a_qemu_that_fails_is_quoted)
{
	struct outcome o;

	mode = mode_fail;
	start();
	begin("true", &o);
	spin_until(&o.done);
	expect_part(o.error, "exit status 1");
	expect_part(o.error, "cannot set up guest memory");
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_uint_eq(n_events[MACHINE_QEMU_LINE], 1);
}
END_TEST

START_TEST(a_qemu_that_is_missing_is_named)
{
	host.qemu = "/nowhere/qemu";
	ck_assert_int_lt(machine_start(machine, NULL, false, &start_err), 0);
	expect_part(start_err.text, "/nowhere/qemu");
	ck_assert_int_eq(machine_state(machine), MACHINE_OFF);
	host.qemu = qemu;
	start_and_boot();
}
END_TEST

START_TEST(garbage_on_qmp_ends_qemu)
{
	mode = mode_garbage;
	start();
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_uint_ge(n_events[MACHINE_QEMU_LINE], 1);
	ck_assert_int_eq(machine_state(machine), MACHINE_OFF);
}
END_TEST

START_TEST(a_mute_qmp_fails_its_commands_when_qemu_ends)
{
	struct answer answer = { .done = false };

	mode = mode_mute;
	start();
	machine_qmp(machine, "query-status", NULL, on_answer, &answer);
	spin_ms(100);
	ck_assert(!answer.done);
	machine_kill(machine);
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert(answer.done);
	ck_assert_ptr_null(answer.result);
	ck_assert_str_ne(answer.err.text, "");
	machine_qmp(machine, "query-status", NULL, on_answer, &answer);
	ck_assert_int_eq(answer.err.code, -ENOTCONN);
}
END_TEST

START_TEST(a_flood_of_events_is_told_and_harms_nobody)
{
	start_and_boot();
	for (int i = 0; i < 500; i++)
		machine_qmp(machine, "fake-event",
			    json_pack("{s:s}", "name", "RTC_CHANGE"), NULL,
			    NULL);
	expect_out("echo fine", "fine\n");
	spin_until_event(MACHINE_QMP, 500);
}
END_TEST

START_TEST(a_wanted_reset_is_no_loss)
{
	struct outcome o, next;

	start_and_boot();
	begin("sleep 60", &o);
	spin_ms(50);
	machine_expect_reboot(machine);
	ck_assert_int_eq(machine_state(machine), MACHINE_BOOTING);
	fake("fake-reset", NULL);
	spin_until(&o.done);
	expect_part(o.error, "the guest was reset");
	begin("echo up again", &next); /* before it is */
	fake("fake-boot", NULL);
	spin_until(&next.done);
	ck_assert_str_eq(next.out, "up again\n");
	ck_assert_uint_eq(n_events[MACHINE_READY], 2);
	ck_assert_uint_eq(n_events[MACHINE_SHELL_LOST], 0);
}
END_TEST

START_TEST(an_unwanted_reset_is_a_loss_and_the_shell_is_awaited)
{
	start_and_boot();
	fake("fake-reset", NULL);
	spin_until_event(MACHINE_SHELL_LOST, 1);
	ck_assert_int_eq(machine_state(machine), MACHINE_BOOTING);
	fake("fake-boot", NULL);
	spin_until_event(MACHINE_READY, 2);
	expect_out("echo back", "back\n");
}
END_TEST

START_TEST(a_guest_that_powers_off_says_so)
{
	struct outcome o;

	start_and_boot();
	begin("sleep 60", &o);
	spin_ms(20);
	fake("fake-event",
	     json_pack("{s:s, s:{s:b, s:s}}", "name", "SHUTDOWN", "data",
		       "guest", 1, "reason", "guest-shutdown"));
	fake_exit(0);
	spin_until(&o.done);
	expect_part(o.error, "the guest powered off");
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_str_eq(last_text[MACHINE_ENDED], "the guest powered off");
	ck_assert(!machine_fell(machine));
}
END_TEST

START_TEST(a_forgotten_command_says_nothing)
{
	struct outcome o;

	start_and_boot();
	machine_command_forget(begin("sleep 60", &o));
	expect_out("echo next", "next\n");
	machine_command_forget(begin("sleep 60", &o));
	kill(pid, SIGKILL);
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert(!o.done);
}
END_TEST

START_TEST(a_link_is_set_by_the_name_of_its_device)
{
	struct answer answer = { .done = false };

	start();
	machine_set_link(machine, 1, false, on_answer, &answer);
	spin_until(&answer.done);
	ck_assert_str_eq(
	    json_string_value(json_object_get(answer.result, "name")),
	    "n2-dev");
	ck_assert(json_is_false(json_object_get(answer.result, "up")));
	json_decref(answer.result);
	answer.done = false;
	machine_set_link(machine, 7, true, on_answer, &answer);
	spin_until(&answer.done);
	expect_part(answer.err.text, "Device 'n8-dev' not found");
}
END_TEST

static void
expect_links(int set, int announced)
{
	json_t *result = qmp("fake-links", NULL);

	ck_assert_int_eq(json_int_or(result, "set", -1), set);
	ck_assert_int_eq(json_int_or(result, "announced", -1), announced);
	json_decref(result);
}

START_TEST(a_carrier_that_comes_back_by_itself_is_taken_away_again)
{
	start();
	machine_set_link(machine, 1, false, NULL, NULL);
	expect_links(1, 0);
	machine_rejoin(machine, 1);
	expect_links(2, 0);
	machine_set_link(machine, 1, true, NULL, NULL);
	expect_links(3, 0);
}
END_TEST

START_TEST(a_guest_with_another_switch_says_who_it_is)
{
	start();
	machine_set_link(machine, 1, false, NULL, NULL);
	machine_rejoin(machine, 0);
	expect_links(1, 1);
	machine_set_link(machine, 1, true, NULL, NULL);
	machine_rejoin(machine, 1);
	expect_links(2, 2);
}
END_TEST

START_TEST(a_machine_that_starts_anew_has_its_carriers)
{
	start();
	machine_set_link(machine, 1, false, NULL, NULL);
	machine_expect_end(machine);
	machine_kill(machine);
	spin_until_event(MACHINE_ENDED, 1);
	start();
	machine_rejoin(machine, 1);
	expect_links(0, 1);
}
END_TEST

START_TEST(a_machine_that_is_freed_takes_its_qemu_along)
{
	struct outcome o;

	start_and_boot();
	begin("sleep 60", &o);
	spin_ms(20);
	ck_assert(!o.done); /* teardown() frees the machine, and looks */
}
END_TEST

/* ---- states saved and taken up ---- */

struct saved {
	bool done;
	int code; /* 0, or of the error */
	char text[1100];
	char nonce[40];
};

static void
on_saved(const struct shell_memory *shell, const struct err *err, void *arg)
{
	struct saved *saved = arg;

	ck_assert(!saved->done);
	saved->done = true;
	if (shell != NULL)
		snprintf(saved->nonce, sizeof(saved->nonce), "%s",
			 shell->nonce);
	else
		saved->code = err->code;
	snprintf(saved->text, sizeof(saved->text), "%s",
		 err != NULL ? err->text : "");
}

static void
save(struct saved *saved)
{
	*saved = (struct saved){ .done = false };
	machine_save(machine, STDIN_FILENO, false, on_saved, saved);
}

START_TEST(a_state_is_saved_when_nothing_runs_in_the_guest)
{
	struct saved saved;
	struct outcome o;
	json_t *status;

	save(&saved);
	ck_assert_int_eq(saved.code, -ENOTCONN);
	start_and_boot();
	begin("sleep 0.1", &o);
	save(&saved);
	ck_assert_int_eq(saved.code, -EBUSY);
	expect_part(saved.text, "a command runs in it");
	spin_until(&o.done);
	do {
		spin_ms(10);
		save(&saved);
		spin_until(&saved.done);
	} while (saved.code == -EBUSY); /* its worker is not idle yet */
	ck_assert_str_eq(saved.text, "");
	ck_assert_uint_eq(strlen(saved.nonce), SHELL_NONCE_LEN);
	/* QEMU would refuse to go on before that. */
	status = qmp("query-status", NULL);
	ck_assert_str_eq(json_string_value(json_object_get(status, "status")),
			 "postmigrate");
	json_decref(status);
	expect_out("echo still", "still\n");
}
END_TEST

START_TEST(a_state_that_cannot_be_written_is_told)
{
	struct saved saved;

	mode = mode_full;
	start_and_boot();
	save(&saved);
	spin_until(&saved.done);
	ck_assert_int_eq(saved.code, -EIO);
	expect_part(saved.text, "is the disk full?");
}
END_TEST

START_TEST(a_qemu_that_ends_while_it_saves_is_told)
{
	struct saved saved;

	mode = mode_stuck;
	start_and_boot();
	save(&saved);
	fake_exit(3);
	spin_until(&saved.done);
	expect_part(saved.text, "exit status 3");
}
END_TEST

static struct qemu_nic nics[3] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };

static void
start_from_state_held(bool held)
{
	static const struct shell_memory shell = { .n_workers = 1 };
	const struct machine_origin origin = { .state_fd = STDERR_FILENO + 1,
					       .shell = &shell,
					       .is_copy = true,
					       .held = held,
					       .console = "shown before\n" };
	int fd = open("/dev/null", O_RDONLY);

	dup2(fd, STDERR_FILENO + 1);
	ck_assert_int_eq(
	    machine_start_from(machine, nics, false, &origin, &start_err), 0);
	pid = (pid_t)atoi(last_text[MACHINE_STARTED]);
	ck_assert_str_eq(last_text[MACHINE_SERIAL_LINE], "shown before");
	ck_assert_int_eq(machine_state(machine), MACHINE_BOOTING);
}

static void
start_from_state(void)
{
	start_from_state_held(false);
}

START_TEST(a_state_that_qemu_does_not_take_is_told_in_its_words)
{
	start_from_state();
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_uint_eq(n_events[MACHINE_READY], 0);
	ck_assert_ptr_nonnull(machine_restore_error(machine));
	expect_part(machine_restore_error(machine), "this is no state");
	/* and it can boot instead */
	ck_assert_int_eq(machine_start(machine, NULL, false, &start_err), 0);
	pid = (pid_t)atoi(last_text[MACHINE_STARTED]);
	ck_assert_ptr_null(machine_restore_error(machine));
}
END_TEST

START_TEST(a_machine_that_is_killed_while_it_is_restored_just_ends)
{
	mode = mode_stuck;
	start_from_state();
	machine_kill(machine);
	spin_until_event(MACHINE_ENDED, 1);
	ck_assert_ptr_null(machine_restore_error(machine));
}
END_TEST

static void
wire(const char *netdev)
{
	fake("fake-event",
	     json_pack("{s:s, s:{s:s}}", "name", "NETDEV_STREAM_CONNECTED",
		       "data", "netdev-id", netdev));
}

/* Everything sent before has been heard by then. */
static int
times_continued(void)
{
	json_t *result = qmp("fake-continued", NULL);
	int n = (int)json_int_or(result, "n", -1);

	json_decref(result);
	return n;
}

/* { what is behind its interfaces, does it wait for machine_go_on()? } */
static const struct {
	enum plan_net net;
	bool held;
	bool by_deadline;
} go_on_rows[] = {
	{ PLAN_NET_DGRAM, false, false },  { PLAN_NET_DGRAM, true, false },
	{ PLAN_NET_STREAM, false, false }, { PLAN_NET_STREAM, true, false },
	{ PLAN_NET_STREAM, false, true },
};

START_TEST(a_restored_machine_goes_on_when_its_wires_are_there)
{
	struct clock *still = clock_virtual_new(1);
	static struct plan_nic plan_nics[2] = { { .vlan = 1 }, { .vlan = 2 } };
	bool held = go_on_rows[_i].held;

	mode = mode_load;
	node.net = go_on_rows[_i].net;
	node.nics = plan_nics;
	node.n_nics = 2;
	if (go_on_rows[_i].by_deadline) {
		machine_free(machine);
		host.clock = still;
		machine = machine_new(&host, &node, &image, on_event, NULL);
	}
	migration_told = false;
	start_from_state_held(held);
	while (!migration_told)
		event_base_loop(base, EVLOOP_ONCE);
	if (held) {
		ck_assert_int_eq(times_continued(), 0);
		machine_go_on(machine);
	}
	if (node.net == PLAN_NET_STREAM && go_on_rows[_i].by_deadline) {
		ck_assert_int_eq(times_continued(), 0);
		clock_advance(still, 2000 * NS_PER_MS - 1);
		ck_assert_int_eq(times_continued(), 0);
		clock_advance(still, 1);
	} else if (node.net == PLAN_NET_STREAM) {
		wire("n2");
		wire("n9");
		wire("control");
		ck_assert_int_eq(times_continued(), 0);
		wire("n1");
	}
	ck_assert_int_eq(times_continued(), 1);
	wire("n1"); /* another switch */
	ck_assert_int_eq(times_continued(), 1);
	machine_free(machine);
	machine = NULL;
	clock_free(still);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_machine_boots_runs_commands_and_ends, 0 },
		{ a_machine_starts_again_when_it_has_ended, 0 },
		{ qemu_has_the_descriptors_it_is_given_and_no_others, 0 },
		{ a_panic_ends_what_waits_at_once_and_is_quoted,
		  UNIT_ROWS(panics) },
		{ an_end_is_told_before_the_machine_is_started_again, 0 },
		{ a_disk_of_the_nodes_that_fails_is_told, 0 },
		{ a_disk_that_the_test_made_itself_is_its_own_concern, 0 },
		{ what_the_guest_said_last_is_read_before_its_end_is_told, 0 },
		{ a_killed_qemu_ends_what_waits_and_the_console_is_quoted, 0 },
		{ a_qemu_that_fails_is_quoted, 0 },
		{ a_qemu_that_is_missing_is_named, 0 },
		{ garbage_on_qmp_ends_qemu, 0 },
		{ a_mute_qmp_fails_its_commands_when_qemu_ends, 0 },
		{ a_flood_of_events_is_told_and_harms_nobody, 0 },
		{ a_wanted_reset_is_no_loss, 0 },
		{ an_unwanted_reset_is_a_loss_and_the_shell_is_awaited, 0 },
		{ a_guest_that_powers_off_says_so, 0 },
		{ a_forgotten_command_says_nothing, 0 },
		{ a_link_is_set_by_the_name_of_its_device, 0 },
		{ a_carrier_that_comes_back_by_itself_is_taken_away_again, 0 },
		{ a_guest_with_another_switch_says_who_it_is, 0 },
		{ a_machine_that_starts_anew_has_its_carriers, 0 },
		{ a_machine_that_is_freed_takes_its_qemu_along, 0 },
		{ a_state_is_saved_when_nothing_runs_in_the_guest, 0 },
		{ a_state_that_cannot_be_written_is_told, 0 },
		{ a_qemu_that_ends_while_it_saves_is_told, 0 },
		{ a_state_that_qemu_does_not_take_is_told_in_its_words, 0 },
		{ a_machine_that_is_killed_while_it_is_restored_just_ends, 0 },
		{ a_restored_machine_goes_on_when_its_wires_are_there,
		  UNIT_ROWS(go_on_rows) },
		{ NULL, 0 },
	};

	return unit_run("machine", tests, setup, teardown);
}
