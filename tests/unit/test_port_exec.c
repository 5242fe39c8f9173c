/* Ports whose peer is a program that the switch runs. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/supervisor.h"
#include "switch/port.h"
#include "switch/ports/dummy.h"
#include "tests/unit/kind-rig.h"

static struct port *port;

/* A broadcast frame of 60 octets. */
#define PRINT_FRAME                                                            \
	"printf '\\377\\377\\377\\377\\377\\377\\002\\000\\000\\000\\000\\001" \
	"\\010\\000%046d' 0 >&3"

static char script_path[] = "/tmp/test-port-exec-XXXXXX";

static void
setup(void)
{
	int fd = mkstemp(script_path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0644), 0); /* the rig is another user */
	close(fd);
	kind_setup();
}

static void
teardown(void)
{
	kind_teardown();
	rig_be_root();
	unlink(script_path);
}

static void
add(const char *script, const char *more)
{
	char params[256];
	FILE *file;

	rig_be_root();
	file = fopen(script_path, "w");
	rig_be_ordinary();
	ck_assert_ptr_nonnull(file);
	fputs(script, file);
	ck_assert_int_eq(fclose(file), 0);
	snprintf(params, sizeof(params), "{'argv': ['sh', '%s']%s}",
		 script_path, more);
	port = kind_add("exec", params, -1);
}

/* As add(), and it is known to run. */
static void
run(const char *script, const char *more)
{
	add(script, more);
	kind_later(0);
	ck_assert(!port->no_carrier);
}

static json_t *
shown(const struct port *of)
{
	json_t *all = json_object();

	of->kind->describe(of->priv, all);
	return all;
}

static int64_t
shown_int(const char *key)
{
	json_t *all = shown(port);
	int64_t n = json_int_or(all, key, -1);

	json_decref(all);
	return n;
}

static bool
has_ended_as(const char *reason)
{
	json_t *all = shown(port);
	bool same = strcmp(json_str_or(all, "last_end", ""), reason) == 0;

	json_decref(all);
	return same;
}

static const size_t lengths[] = { 60, 1514, 9014, FRAME_LEN_MAX };

START_TEST(a_datagram_is_a_frame_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = lengths[_i];

	run("exec cat <&3 >&3", "");
	for (unsigned i = 0; i < 5; i++) {
		kind_say(len, i);
		rig_fill(frame, len, 0, 1, i);
		kind_hear(frame, len);
	}
	ck_assert_uint_eq(port_read_counters(port).tx_frames, 5);
	ck_assert_uint_eq(port_read_counters(port).rx_frames, 5);
}
END_TEST

START_TEST(a_command_is_taken_apart_without_a_shell)
{
	port = kind_add(
	    "exec", "{'command': 'sh -c \\\"exec cat <&3 >&3\\\" $HOME'}", -1);
	ck_assert(kind_shows(
	    port, "{'argv': ['sh', '-c', 'exec cat <&3 >&3', '$HOME'], "
		  "'restart': 'on-failure', 'restarts': 0}"));
}
END_TEST

START_TEST(frames_are_dropped_and_counted_until_it_runs)
{
	add("exec cat <&3 >&3", "");
	ck_assert(port->no_carrier);
	kind_say(60, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	kind_later(0);
	ck_assert(!port->no_carrier);
	ck_assert_int_eq(port->peer.pid, shown_int("pid"));
	ck_assert_int_gt(port->peer.pid, 0);
}
END_TEST

START_TEST(the_carrier_is_that_of_the_program)
{
	run("exec cat <&3 >&3", "");
	kill(port->peer.pid, SIGKILL);
	RIG_UNTIL(&rig, port->no_carrier);
	RIG_UNTIL(&rig, has_ended_as("killed by signal 9 (Killed)"));
	ck_assert_int_eq(shown_int("pid"), 0);
	ck_assert_int_eq(port->peer.pid, 0);
	kind_say(60, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	kind_later(0);
	ck_assert(!port->no_carrier);
	ck_assert_int_eq(shown_int("restarts"), 1);
}
END_TEST

static const struct {
	const char *script, *more, *reason;
} last_ends[] = {
	{ "exit 0", "", "its program ended: exit status 0" },
	{ "exit 0", ", 'restart': 'never'",
	  "its program ended: exit status 0" },
	{ "exit 7", ", 'restart': 'never'",
	  "its program ended: exit status 7" },
};

START_TEST(a_port_goes_with_a_program_that_is_not_started_again)
{
	add(last_ends[_i].script, last_ends[_i].more);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason, last_ends[_i].reason);
}
END_TEST

static const struct {
	const char *script, *more;
} again[] = {
	{ "exit 7", "" },
	{ "exit 7", ", 'restart': 'on-failure'" },
	{ "exit 0", ", 'restart': 'always'" },
};

START_TEST(a_port_stays_while_its_program_is_started_again)
{
	add(again[_i].script, again[_i].more);
	for (int i = 1; i <= 3; i++) {
		RIG_UNTIL(&rig, shown_int("pid") == 0);
		kind_later(PROGRAM_DELAY_MAX_MS);
		ck_assert_int_eq(shown_int("restarts"), i);
	}
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(what_it_sent_before_its_end_comes)
{
	add("exec >&3; " PRINT_FRAME "; " PRINT_FRAME "; exit 0", "");
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_uint_eq(kind_n_heard(), 2);
}
END_TEST

START_TEST(frames_it_left_unread_do_not_hide_what_it_sent)
{
	run("read x <&3; " PRINT_FRAME "; exit 0", "");
	for (unsigned i = 0; i < 20; i++)
		kind_say(60, i);
	dummy_inject(watch, (const uint8_t *)"\n\n\n\n\n\n\2\0\0\0\0\1\10\0",
		     14);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason, "its program ended: exit status 0");
	ck_assert_uint_eq(kind_n_heard(), 1);
}
END_TEST

static const char *const restarts[] = { "", ", 'restart': 'always'",
					", 'restart': 'never'" };

START_TEST(a_closed_descriptor_is_an_end_a_little_later)
{
	bool never = strstr(restarts[_i], "never") != NULL;

	run("exec 3>&-; exec sleep 1000", restarts[_i]);
	RIG_UNTIL(&rig, port->no_carrier);
	kind_later(499);
	rig_settle(&rig);
	ck_assert_int_ne(shown_int("pid"), 0);
	kind_later(1);
	if (never) {
		RIG_UNTIL(&rig, rig.n_removed == 1);
		ck_assert_str_eq(
		    rig.last_reason,
		    "its program ended: it has closed descriptor 3");
		return;
	}
	RIG_UNTIL(&rig, has_ended_as("it has closed descriptor 3"));
	kind_later(0);
	ck_assert_int_eq(shown_int("restarts"), 1);
}
END_TEST

START_TEST(one_that_does_not_read_costs_its_own_frames_only)
{
	enum { N = 20000 };

	run("exec sleep 1000", "");
	for (unsigned i = 0; i < N; i++)
		kind_say(1000, i);
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), N / 2);
	ck_assert_uint_gt(port_read_counters(port).tx_frames, 50);
}
END_TEST

static const struct {
	const char *script;
	enum drop_reason reason;
} garbage[] = {
	{ "printf x >&3; " PRINT_FRAME "; exec sleep 1000", DROP_RUNT },
	{ "head -c 13 /dev/zero >&3; " PRINT_FRAME "; exec sleep 1000",
	  DROP_RUNT },
	{ "dd if=/dev/zero bs=65551 count=1 >&3; " PRINT_FRAME
	  "; exec sleep 1000",
	  DROP_OVERSIZE },
};

START_TEST(what_is_no_frame_is_dropped_and_counted)
{
	run(garbage[_i].script, "");
	RIG_UNTIL(&rig, kind_n_heard() == 1);
	ck_assert_uint_eq(rig_drops(&rig, garbage[_i].reason), 1);
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(a_pause_holds_for_the_next_program_too)
{
	run(PRINT_FRAME "; exec sleep 1000", ", 'restart': 'always'");
	RIG_UNTIL(&rig, kind_n_heard() == 1);
	port->kind->pause(port->priv, true);
	kill(port->peer.pid, SIGKILL);
	RIG_UNTIL(&rig, shown_int("pid") == 0);
	kind_later(0);
	ck_assert_int_ne(shown_int("pid"), 0);
	rig_settle(&rig);
	ck_assert_uint_eq(kind_n_heard(), 1);
	port->kind->pause(port->priv, false);
	RIG_UNTIL(&rig, kind_n_heard() == 2);
}
END_TEST

START_TEST(a_port_that_is_removed_ends_its_program)
{
	int pidfd;

	run("exec sleep 1000", "");
	pidfd = pidfd_open(port->peer.pid, 0);
	ck_assert_int_ge(pidfd, 0);
	switch_remove_port(port, "test");
	RIG_UNTIL(&rig, rig_readable(pidfd));
	close(pidfd);
}
END_TEST

START_TEST(it_knows_its_name)
{
	run("[ $VDELAB_PORT = p ] && [ $VDELAB_FD = 3 ] && " PRINT_FRAME, "");
	RIG_UNTIL(&rig, kind_n_heard() == 1);
}
END_TEST

static const struct {
	const char *params, *want;
} refused[] = {
	{ "{}", "needs a program" },
	{ "{'argv': ['true'], 'command': 'true'}", "needs a program" },
	{ "{'argv': []}", "no program is named" },
	{ "{'command': '  '}", "no program is named" },
	{ "{'command': 'sh \\\"'}", "command: " },
	{ "{'argv': ['sh', 1]}", "member 1 is not a text" },
	{ "{'argv': ['no-such-program-anywhere']}",
	  "no-such-program-anywhere: no such program in PATH" },
	{ "{'argv': ['./x']}", "absolute" },
	{ "{'argv': ['/etc/passwd']}", "/etc/passwd: Permission denied" },
	{ "{'argv': ['true'], 'restart': 'sometimes'}", "restart" },
};

START_TEST(what_cannot_be_run_is_refused)
{
	kind_refuse("exec", refused[_i].params, -1, refused[_i].want);
}
END_TEST

START_TEST(a_descriptor_is_refused)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	kind_refuse("exec", "{'argv': ['true']}", fds[0],
		    "takes no descriptor");
	close(fds[1]);
}
END_TEST

START_TEST(too_many_words_are_refused)
{
	char params[4096] = "{'argv': ['true'";

	for (int i = 0; i < 256; i++)
		strcat(params, ",'x'");
	strcat(params, "]}");
	kind_refuse("exec", params, -1, "more than 256 words");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_datagram_is_a_frame_both_ways, UNIT_ROWS(lengths) },
		{ a_command_is_taken_apart_without_a_shell, 0 },
		{ frames_are_dropped_and_counted_until_it_runs, 0 },
		{ the_carrier_is_that_of_the_program, 0 },
		{ a_port_goes_with_a_program_that_is_not_started_again,
		  UNIT_ROWS(last_ends) },
		{ a_port_stays_while_its_program_is_started_again,
		  UNIT_ROWS(again) },
		{ what_it_sent_before_its_end_comes, 0 },
		{ frames_it_left_unread_do_not_hide_what_it_sent, 0 },
		{ a_closed_descriptor_is_an_end_a_little_later,
		  UNIT_ROWS(restarts) },
		{ one_that_does_not_read_costs_its_own_frames_only, 0 },
		{ what_is_no_frame_is_dropped_and_counted, UNIT_ROWS(garbage) },
		{ a_pause_holds_for_the_next_program_too, 0 },
		{ a_port_that_is_removed_ends_its_program, 0 },
		{ it_knows_its_name, 0 },
		{ what_cannot_be_run_is_refused, UNIT_ROWS(refused) },
		{ a_descriptor_is_refused, 0 },
		{ too_many_words_are_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_exec", tests, setup, teardown);
}
