/* The console, the screen and the QMP events of a machine whose QEMU is
 * tests/unit/fake-qemu.c. */
#include "config.h"

#include "driver/vm/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/screen/picture.h"
#include "driver/screen/screendump.h"
#include "driver/vm/image.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char run_dir[] = "/tmp/test-console-XXXXXX";
static struct event_base *base;
static struct clock *clock_;
static struct machine_host host;
static struct machine *machine;
static char qemu[300], node_name[] = "m", kernel[] = "/k", word[] = "none";
static char *mode = word;
static struct plan_node node;
static const struct vm_image image = { .kernel = kernel };
static char lines[512]; /* "part~" and "whole;" */
static unsigned n_qmp;
static bool ended;

static void
on_event(struct machine *m, enum machine_event event, const char *text,
	 const json_t *data, void *arg)
{
	(void)m;
	(void)data;
	(void)arg;
	if (event == MACHINE_SERIAL_LINE || event == MACHINE_SERIAL_PART)
		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines),
			 "%s%c", text,
			 event == MACHINE_SERIAL_LINE ? ';' : '~');
	n_qmp += event == MACHINE_QMP;
	ended = ended || event == MACHINE_ENDED;
}

static void
start(void)
{
	struct err err = ERR_INIT;

	ck_assert_msg(machine_start(machine, NULL, false, &err) == 0, "%s",
		      err.text);
}

static void
setup(void)
{
	const char *top = getenv("TOP_BUILDDIR");

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	snprintf(qemu, sizeof(qemu), "%s/tests/unit/fake-qemu",
		 top != NULL ? top : ".");
	base = event_base_new();
	clock_ = clock_real_new(base);
	host = (struct machine_host){ .base = base,
				      .clock = clock_,
				      .qemu = qemu,
				      .accel = ACCEL_TCG,
				      .run_dir = run_dir };
	node = (struct plan_node){ .name = node_name,
				   .number = 1,
				   .memory_mib = 256,
				   .cpus = 1,
				   .qemu_options = &mode,
				   .n_qemu_options = 1 };
	machine = machine_new(&host, &node, &image, on_event, NULL);
	start();
}

static void
teardown(void)
{
	machine_free(machine);
	clock_free(clock_);
	event_base_free(base);
	ck_assert_int_eq(rmdir(run_dir), 0); /* nothing was left there */
}

static void
turn(void)
{
	ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

/* ---- commands of the fake QEMU ---- */

static bool answered;
static char answer[ERR_TEXT_SIZE];

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	const char *text = json_string_value(json_object_get(result, "text"));

	(void)arg;
	answered = true;
	snprintf(answer, sizeof(answer), "%s",
		 err != NULL	? err->text
		 : text != NULL ? text
				: "");
}

static void
ask(const char *command, json_t *arguments)
{
	answered = false;
	machine_qmp(machine, command, arguments, on_answer, NULL);
	while (!answered)
		turn();
}

static void
guest_says(const char *text)
{
	ask("fake-serial", json_pack("{s:s}", "text", text));
}

static void
qemu_tells(const char *event)
{
	ask("fake-event",
	    json_pack("{s:s, s:{s:i}}", "name", event, "data", "n", 7));
}

/* ---- the console ---- */

START_TEST(a_prompt_is_told_before_its_line_has_ended)
{
	guest_says("boot\r\nm login: ");
	while (strstr(lines, "login") == NULL)
		turn();
	ck_assert_str_eq(lines, "boot;m login: ~");
	ck_assert_str_eq(machine_console_part(machine), "m login: ");
	guest_says("root\n");
	while (strstr(lines, "root;") == NULL)
		turn();
	ck_assert_str_eq(lines, "boot;m login: ~m login: root;");
	ck_assert_str_eq(machine_console_part(machine), "");
}
END_TEST

START_TEST(what_is_typed_arrives_as_it_is)
{
	ck_assert_int_eq(machine_type_console(machine, "ro", 2, NULL), 0);
	ck_assert_int_eq(machine_type_console(machine, "ot\n", 3, NULL), 0);
	ask("fake-typed", json_pack("{s:i}", "n", 5));
	ck_assert_str_eq(answer, "root\n");
}
END_TEST

START_TEST(a_guest_that_does_not_read_fails_the_typing_in_the_end)
{
	static char much[256 * 1024];
	struct err err = ERR_INIT;
	unsigned n = 0;

	memset(much, 'x', sizeof(much));
	while (machine_type_console(machine, much, sizeof(much), &err) == 0) {
		ck_assert_uint_lt(n++, 100);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ck_assert_int_eq(err.code, -ENOBUFS);
	ck_assert_ptr_nonnull(strstr(err.text, "does not read"));
	/* It is still in order. */
	guest_says("x\n");
	ask("fake-typed", json_pack("{s:i}", "n", 3));
	ck_assert_str_eq(answer, "xxx");
}
END_TEST

START_TEST(nobody_types_at_a_machine_that_is_off)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(machine_type_console(machine, "x", 1, NULL), 0);
	machine_expect_end(machine);
	machine_kill(machine);
	while (!ended)
		turn();
	ck_assert_int_eq(machine_type_console(machine, "x", 1, &err),
			 -ENOTCONN);
	start();
	ck_assert_int_eq(machine_type_console(machine, "y", 1, NULL), 0);
	ask("fake-typed", json_pack("{s:i}", "n", 1));
	ck_assert_str_eq(answer, "y");
}
END_TEST

/* ---- QMP events ---- */

START_TEST(events_are_kept_for_who_comes_later)
{
	struct machine_qmp_event event;
	uint64_t before = clock_now_ns(clock_);

	ck_assert(!machine_qmp_event(machine, 1, &event));
	qemu_tells("STOP");
	qemu_tells("RESUME");
	ck_assert(machine_qmp_event(machine, 0, &event));
	ck_assert_uint_eq(event.number, 1);
	ck_assert_str_eq(event.name, "STOP");
	ck_assert_int_eq(json_integer_value(json_object_get(event.data, "n")),
			 7);
	ck_assert_uint_ge(event.at_ns, before);
	ck_assert_uint_le(event.at_ns, clock_now_ns(clock_));
	ck_assert(machine_qmp_event(machine, 2, &event));
	ck_assert_str_eq(event.name, "RESUME");
	ck_assert(!machine_qmp_event(machine, 3, &event));
}
END_TEST

START_TEST(only_so_many_events_are_kept)
{
	struct machine_qmp_event event;

	for (unsigned i = 0; i < MACHINE_QMP_EVENTS_KEPT; i++)
		qemu_tells("OLD");
	ck_assert(machine_qmp_event(machine, 0, &event));
	ck_assert_uint_eq(event.number, 1);
	qemu_tells("NEW");
	ck_assert(machine_qmp_event(machine, 0, &event));
	ck_assert_uint_eq(event.number, 2);
	ck_assert(
	    machine_qmp_event(machine, MACHINE_QMP_EVENTS_KEPT + 1, &event));
	ck_assert_str_eq(event.name, "NEW");
}
END_TEST

START_TEST(a_new_start_has_no_old_events_and_no_old_numbers)
{
	struct machine_qmp_event event;

	qemu_tells("STOP");
	machine_expect_end(machine);
	machine_kill(machine);
	while (!ended)
		turn();
	/* Until then they tell what has happened. */
	ck_assert(machine_qmp_event(machine, 1, &event));
	start();
	ck_assert(!machine_qmp_event(machine, 1, &event));
	qemu_tells("RESUME");
	ck_assert(machine_qmp_event(machine, 1, &event));
	ck_assert_uint_eq(event.number, 2);
}
END_TEST

/* ---- the screen ---- */

static bool dumped;
static struct picture *picture;
static char dump_error[ERR_TEXT_SIZE];

static void
on_dumped(struct picture *p, const struct err *err, void *arg)
{
	ck_assert_ptr_eq(arg, &dumped);
	dumped = true;
	picture = p;
	snprintf(dump_error, sizeof(dump_error), "%s",
		 err != NULL ? err->text : "");
}

static void
dump_into(const char *dir)
{
	static struct screendump dump;

	dumped = false;
	screendump_start(&dump, machine, dir, 1, on_dumped, &dumped);
	while (!dumped)
		turn();
}

START_TEST(a_screen_is_a_picture)
{
	dump_into(run_dir);
	ck_assert_ptr_nonnull(picture);
	ck_assert_uint_eq(picture->width, 2);
	ck_assert_mem_eq(picture->pixels, "\xff\0\0\0\0\xff", 6);
	picture_free(picture);
}
END_TEST

START_TEST(a_machine_that_ends_has_no_screen)
{
	machine_expect_end(machine);
	machine_kill(machine);
	dump_into(run_dir);
	ck_assert_ptr_null(picture);
	while (!ended)
		turn();
	dump_into(run_dir);
	ck_assert_ptr_null(picture);
	ck_assert_ptr_nonnull(strstr(dump_error, "off"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_prompt_is_told_before_its_line_has_ended, 0 },
		{ what_is_typed_arrives_as_it_is, 0 },
		{ a_guest_that_does_not_read_fails_the_typing_in_the_end, 0 },
		{ nobody_types_at_a_machine_that_is_off, 0 },
		{ events_are_kept_for_who_comes_later, 0 },
		{ only_so_many_events_are_kept, 0 },
		{ a_new_start_has_no_old_events_and_no_old_numbers, 0 },
		{ a_screen_is_a_picture, 0 },
		{ a_machine_that_ends_has_no_screen, 0 },
		{ NULL, 0 },
	};

	return unit_run("machine-console", tests, setup, teardown);
}
