#include "config.h"

#include "driver/wire/network.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/loop.h"
#include "driver/wire/pcapng-read.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/mac.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000, FRAME_LEN = 60 };

static const unsigned vlans[] = { 1, 7 };

static struct event_base *base;
static struct clock *real_clock;
static struct network *net;
static char dir[64], results[80];
static unsigned n_lost, n_restored, n_broken;
static bool changed; /* one of these has grown */
static char lost_how[256], broken_why[256];
static int a, b; /* guests' ends */

/* ---- the rig ---- */

static void
on_line(const char *line, void *arg)
{
	(void)line;
	(void)arg;
}

static void
on_lost(const char *how, void *arg)
{
	(void)arg;
	n_lost++;
	snprintf(lost_how, sizeof(lost_how), "%s", how);
}

static void
on_restored(unsigned ms, void *arg)
{
	(void)arg;
	ck_assert_uint_lt(ms, PATIENCE_MS);
	n_restored++;
	changed = true;
}

static void
on_broken(const char *why, void *arg)
{
	(void)arg;
	n_broken++;
	changed = true;
	snprintf(broken_why, sizeof(broken_why), "%s", why);
}

struct answer {
	bool done;
	json_t *result;
	struct err err;
};

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct answer *answer = arg;

	ck_assert(!answer->done);
	answer->done = true;
	answer->result = json_incref((json_t *)result);
	if (err != NULL)
		answer->err = *err;
}

static void
wait_for(const bool *done)
{
	ck_assert(loop_until(base, real_clock, done, PATIENCE_MS));
}

/* Returned owned. */
static json_t *
call(const char *method, json_t *params)
{
	struct answer answer = { .done = false };

	network_call(net, method, params, on_answer, &answer);
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s: %s", method, answer.err.text);
	return answer.result;
}

static void
sync_switch(void)
{
	json_decref(call("switch.sync", NULL));
}

static int
plug(const char *port, size_t vlan)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	int fd = network_plug(net, port, vlan, on_answer, &answer, &err);

	ck_assert_msg(fd >= 0, "%s", err.text);
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s", answer.err.text);
	json_decref(answer.result);
	return fd;
}

static void
setup(void)
{
	static const struct network_events events = {
		.line = on_line,
		.lost = on_lost,
		.restored = on_restored,
		.broken = on_broken,
	};
	struct err err = ERR_INIT;

	snprintf(dir, sizeof(dir), "/tmp/test-network-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(results, sizeof(results), "%s/results", dir);
	ck_assert_int_eq(mkdir(results, 0700), 0);
	base = event_base_new();
	real_clock = clock_real_new(base);
	const struct network_spec spec = {
		.base = base,
		.clock = real_clock,
		.run_dir = dir,
		.results_dir = results,
		.vlans = vlans,
		.n_vlans = 2,
		.names = json_pack("{s:s}", "192.168.1.1", "a"),
		.events = &events,
	};
	net = network_new(&spec, &err);
	json_decref(spec.names);
	ck_assert_msg(net != NULL, "%s", err.text);
	a = plug("a.eth1", 0);
	b = plug("b.eth1", 0);
}

static void
teardown(void)
{
	struct err err = ERR_INIT;

	network_free(net, NULL);
	clock_free(real_clock);
	event_base_free(base);
	close(a);
	close(b);
	ck_assert_msg(sockpath_remove_tree(dir, &err) == 0, "%s", err.text);
}

/* Ends the switch, and sees it dead; the loop has not run yet. */
static void
kill_switch(void)
{
	json_t *info = call("switch.info", NULL);
	pid_t pid = (pid_t)json_int_or(info, "pid", 0);
	char path[64], state = 0;

	json_decref(info);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (state != 'Z') {
		FILE *f = fopen(path, "re");

		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fscanf(f, "%*d %*s %c", &state), 1);
		fclose(f);
	}
	changed = false;
}

/* A frame from station @from to station @to (1 = a, 2 = b; 255 = all). */
static void
send_frame(int fd, uint8_t to, uint8_t from, uint8_t mark)
{
	uint8_t frame[FRAME_LEN] = { 2, 0, 0, 0,    0, to, 2,	0,
				     0, 0, 0, from, 8, 0,  mark };

	if (to == 255)
		memset(frame, 255, 6);
	ck_assert_int_eq(send(fd, frame, sizeof(frame), 0), sizeof(frame));
}

static void
expect_frame(int fd, uint8_t mark)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t frame[2000];

	ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
	ck_assert_int_eq(recv(fd, frame, sizeof(frame), 0), FRAME_LEN);
	ck_assert_uint_eq(frame[14], mark);
}

static void
expect_nothing(int fd)
{
	uint8_t frame[2000];

	sync_switch();
	ck_assert_int_eq(recv(fd, frame, sizeof(frame), MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

static void
set_link(const char *port, const char *state)
{
	json_decref(call(
	    "link.set", json_pack("{s:s, s:s}", "port", port, "state", state)));
}

static size_t
count_captured(size_t vlan)
{
	struct err err = ERR_INIT;
	struct pcapng_reader *r =
	    pcapng_open(network_capture_path(net, vlan), &err);
	struct pcapng_frame frame;
	size_t n = 0;
	int ret;

	ck_assert_ptr_nonnull(r);
	while ((ret = pcapng_next(r, &frame, &err)) > 0)
		n++;
	ck_assert_msg(ret == 0, "%s", err.text);
	pcapng_close(r);
	return n;
}

/* ---- a network ---- */

START_TEST(plugs_of_a_segment_hear_each_other)
{
	int c = plug("c.eth1", 1);

	send_frame(a, 255, 1, 11);
	expect_frame(b, 11);
	send_frame(b, 1, 2, 12);
	expect_frame(a, 12);
	expect_nothing(c);
	close(c);
}
END_TEST

static bool
knows_names(void)
{
	json_t *names = call("capture.names", NULL);
	bool known = strcmp(json_str_or(names, "192.168.1.1", ""), "a") == 0;

	json_decref(names);
	return known;
}

START_TEST(captures_know_the_names)
{
	ck_assert(knows_names());
	kill_switch();
	wait_for(&changed);
	ck_assert(knows_names());
}
END_TEST

START_TEST(an_unplugged_port_is_gone)
{
	json_t *ports;

	network_unplug(net, "b.eth1");
	network_unplug(net, "b.eth1");
	ports = call("port.show", NULL);
	ck_assert_uint_eq(json_array_size(ports), 1);
	json_decref(ports);
}
END_TEST

START_TEST(a_port_that_cannot_be_made_is_told)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	int fd = network_plug(net, "No Name", 0, on_answer, &answer, &err);

	ck_assert_int_ge(fd, 0);
	wait_for(&answer.done);
	ck_assert_ptr_null(answer.result);
	ck_assert_ptr_nonnull(strstr(answer.err.text, "No Name"));
	close(fd);
	network_unplug(net, "No Name");
	sync_switch();
}
END_TEST

START_TEST(a_directory_in_use_is_told)
{
	struct err err = ERR_INIT;
	const struct network_spec spec = {
		.base = base,
		.clock = real_clock,
		.run_dir = dir, /* taken by the one that runs */
		.results_dir = results,
		.vlans = vlans,
		.n_vlans = 2,
	};
	static const struct network_events events = { .line = on_line };
	struct network_spec bad = spec;

	bad.events = &events;
	ck_assert_ptr_null(network_new(&bad, &err));
	ck_assert_msg(strstr(err.text, "the switch did not start") != NULL,
		      "%s", err.text);
	sync_switch();
}
END_TEST

/* ---- its switch is killed ---- */

START_TEST(a_killed_switch_is_replaced)
{
	kill_switch();
	wait_for(&changed);
	ck_assert_uint_eq(n_lost, 1);
	ck_assert_uint_eq(n_restored, 1);
	ck_assert_uint_eq(n_broken, 0);
	ck_assert_ptr_nonnull(strstr(lost_how, "killed by signal 9"));
	send_frame(a, 255, 1, 21);
	expect_frame(b, 21);
	send_frame(b, 1, 2, 22);
	expect_frame(a, 22);
}
END_TEST

START_TEST(what_is_sent_meanwhile_arrives)
{
	kill_switch();
	for (uint8_t mark = 0; mark < 50; mark++)
		send_frame(a, 255, 1, mark);
	wait_for(&changed);
	sync_switch();
	for (uint8_t mark = 0; mark < 50; mark++)
		expect_frame(b, mark);
}
END_TEST

START_TEST(blocked_links_stay_blocked)
{
	set_link("b.eth1", "block");
	kill_switch();
	send_frame(a, 255, 1, 31);
	wait_for(&changed);
	expect_nothing(b);
	set_link("b.eth1", "unblock");
	send_frame(a, 255, 1, 32);
	expect_frame(b, 32);
	kill_switch();
	wait_for(&changed);
	send_frame(a, 255, 1, 33);
	expect_frame(b, 33);
}
END_TEST

START_TEST(bad_wires_stay_bad)
{
	json_decref(call("netem.set", json_pack("{s:s, s:s}", "port", "b.eth1",
						"loss", "100%")));
	json_decref(call("netem.set", json_pack("{s:s, s:s}", "segment",
						"vlan7", "delay", "1s")));
	kill_switch();
	send_frame(a, 255, 1, 31);
	wait_for(&changed);
	expect_nothing(b);
	json_decref(call("netem.del", json_pack("{s:s}", "port", "b.eth1")));
	kill_switch();
	wait_for(&changed);
	ck_assert_msg(n_broken == 0, "%s", broken_why);
	send_frame(a, 255, 1, 33);
	expect_frame(b, 33);
}
END_TEST

START_TEST(a_setting_that_was_refused_is_forgotten)
{
	struct answer answer = { .done = false };

	network_call(net, "link.set",
		     json_pack("{s:s, s:s}", "port", "a.eth1", "state", "odd"),
		     on_answer, &answer);
	wait_for(&answer.done);
	ck_assert_ptr_null(answer.result);
	kill_switch();
	wait_for(&changed);
	ck_assert_msg(n_broken == 0, "%s", broken_why);
	send_frame(a, 255, 1, 31);
	expect_frame(b, 31);
}
END_TEST

START_TEST(a_new_plug_does_not_inherit_settings)
{
	set_link("b.eth1", "block");
	close(b);
	b = plug("b.eth1", 0);
	kill_switch();
	wait_for(&changed);
	send_frame(a, 255, 1, 34);
	expect_frame(b, 34);
}
END_TEST

/* Its QEMU has ended, which nobody has noticed yet but the switch. */
START_TEST(a_plug_without_a_guest_is_no_hindrance)
{
	json_t *ports;

	close(b);
	send_frame(a, 255, 1, 35);
	sync_switch();
	kill_switch();
	wait_for(&changed);
	ck_assert_msg(n_broken == 0, "%s", broken_why);
	ports = call("port.show", NULL);
	ck_assert_uint_ge(json_array_size(ports), 1);
	json_decref(ports);
	network_unplug(net, "b.eth1");
	b = plug("b.eth1", 0);
	send_frame(a, 255, 1, 36);
	expect_frame(b, 36);
}
END_TEST

START_TEST(calls_meanwhile_are_answered)
{
	struct answer first = { .done = false }, second = { .done = false };

	kill_switch();
	network_call(net, "port.show", NULL, on_answer, &first);
	network_call(net, "nonsense", NULL, on_answer, &second);
	wait_for(&first.done);
	wait_for(&second.done);
	ck_assert_uint_eq(json_array_size(first.result), 2);
	json_decref(first.result);
	ck_assert_ptr_null(second.result);
	ck_assert_ptr_nonnull(strstr(second.err.text, "nonsense"));
}
END_TEST

START_TEST(a_machine_may_be_plugged_in_meanwhile)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	int c;

	kill_switch();
	c = network_plug(net, "c.eth1", 0, on_answer, &answer, &err);
	ck_assert_int_ge(c, 0);
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s", answer.err.text);
	json_decref(answer.result);
	send_frame(a, 255, 1, 41);
	expect_frame(b, 41);
	expect_frame(c, 41);
	close(c);
}
END_TEST

START_TEST(a_machine_may_be_unplugged_meanwhile)
{
	json_t *ports;

	kill_switch();
	network_unplug(net, "b.eth1");
	wait_for(&changed);
	ports = call("port.show", NULL);
	ck_assert_uint_eq(json_array_size(ports), 1);
	json_decref(ports);
}
END_TEST

/* A guest's end that listens: the switch has connected. */
static int
take_switch(int listener)
{
	struct pollfd pfd = { .fd = listener, .events = POLLIN };
	int fd;

	ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Behind its length, as in a stream. */
static void
expect_in_stream(int fd, uint8_t mark)
{
	uint8_t frame[4 + FRAME_LEN];

	ck_assert_int_eq(recv(fd, frame, sizeof(frame), MSG_WAITALL),
			 sizeof(frame));
	ck_assert_uint_eq(frame[3], FRAME_LEN);
	ck_assert_uint_eq(frame[4 + 14], mark);
}

START_TEST(another_switch_connects_to_a_guest_that_listens)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	char path[sizeof(dir) + 8], octet;
	int listener, stream, next;

	listener =
	    network_plug_listener(net, "c.eth1", 0, on_answer, &answer, &err);
	ck_assert_msg(listener >= 0, "%s", err.text);
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s", answer.err.text);
	json_decref(answer.result);
	stream = take_switch(listener);
	send_frame(a, 255, 1, 61);
	expect_in_stream(stream, 61);
	kill_switch();
	wait_for(&changed);
	ck_assert_int_eq(recv(stream, &octet, 1, 0), 0);
	next = take_switch(listener);
	send_frame(a, 255, 1, 62);
	expect_in_stream(next, 62);
	/* It may end a connection, and gets another one. */
	close(next);
	next = take_switch(listener);
	network_unplug(net, "c.eth1");
	ck_assert_int_eq(recv(next, &octet, 1, 0), 0);
	snprintf(path, sizeof(path), "%s/nic1", dir);
	ck_assert_int_ne(access(path, F_OK), 0);
	close(next);
	close(stream);
	close(listener);
}
END_TEST

/* Somebody who listens at @path, as QEMU makes it. */
static int
listen_at(const char *path)
{
	struct err err = ERR_INIT;
	int fd = sockpath_listen(path, SOCK_STREAM, 0600, &err);

	ck_assert_msg(fd >= 0, "%s", err.text);
	return fd;
}

START_TEST(another_switch_connects_to_a_guest_of_vhost_user)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	char octet;
	const char *path =
	    network_plug_vhost(net, "c.eth1", 0, on_answer, &answer, &err);
	int listener, front, next;

	ck_assert_msg(path != NULL, "%s", err.text);
	/* Its QEMU has not been started. */
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s", answer.err.text);
	json_decref(answer.result);
	ck_assert_int_ne(access(path, F_OK), 0);
	listener = listen_at(path);
	front = take_switch(listener);
	set_link("c.eth1", "block");
	kill_switch();
	wait_for(&changed);
	ck_assert_int_eq(recv(front, &octet, 1, 0), 0);
	next = take_switch(listener);
	ck_assert_msg(n_broken == 0, "%s", broken_why);
	network_unplug(net, "c.eth1");
	ck_assert_int_eq(recv(next, &octet, 1, 0), 0);
	close(next);
	close(front);
	close(listener);
}
END_TEST

START_TEST(each_guest_of_vhost_user_has_a_place_of_its_own)
{
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;
	const char *path =
	    network_plug_vhost(net, "c.eth1", 0, on_answer, &answer, &err);
	char first[80];
	int listener;

	ck_assert_msg(path != NULL, "%s", err.text);
	wait_for(&answer.done);
	json_decref(answer.result);
	snprintf(first, sizeof(first), "%s", path);
	listener = listen_at(path);
	/* The machine starts anew; its last QEMU was killed. */
	answer.done = false;
	path = network_plug_vhost(net, "c.eth1", 0, on_answer, &answer, &err);
	ck_assert_msg(path != NULL, "%s", err.text);
	wait_for(&answer.done);
	json_decref(answer.result);
	ck_assert_str_ne(path, first);
	ck_assert_int_ne(access(first, F_OK), 0);
	close(listener);
}
END_TEST

/* ---- the captures ---- */

START_TEST(a_capture_goes_on)
{
	send_frame(a, 255, 1, 51);
	expect_frame(b, 51);
	while (count_captured(0) < 1)
		poll(NULL, 0, 1);
	kill_switch();
	wait_for(&changed);
	send_frame(a, 255, 1, 52);
	expect_frame(b, 52);
	while (count_captured(0) < 2)
		poll(NULL, 0, 1);
	ck_assert_uint_eq(count_captured(0), 2);
	ck_assert_str_ne(network_capture_id(net, 0), "");
}
END_TEST

START_TEST(half_a_block_of_a_capture_is_cut_off)
{
	static const uint32_t half[] = { 6, 1000, 0, 0 };
	FILE *f;

	send_frame(a, 255, 1, 53);
	expect_frame(b, 53);
	while (count_captured(0) < 1)
		poll(NULL, 0, 1);
	kill_switch();
	f = fopen(network_capture_path(net, 0), "ae");
	ck_assert_uint_eq(fwrite(half, sizeof(half), 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	wait_for(&changed);
	send_frame(a, 255, 1, 54);
	expect_frame(b, 54);
	while (count_captured(0) < 2)
		poll(NULL, 0, 1);
}
END_TEST

/* ---- it does not last ---- */

START_TEST(a_switch_that_dies_time_and_again_breaks_the_network)
{
	struct answer answer = { .done = false };

	for (unsigned i = 1; i <= NETWORK_RESTARTS_MAX; i++) {
		kill_switch();
		wait_for(&changed);
		ck_assert_uint_eq(n_restored, i);
	}
	kill_switch();
	network_call(net, "port.show", NULL, on_answer, &answer);
	wait_for(&changed);
	ck_assert_uint_eq(n_restored, NETWORK_RESTARTS_MAX);
	ck_assert_uint_eq(n_broken, 1);
	ck_assert_ptr_nonnull(strstr(broken_why, "killed by signal 9"));
	ck_assert(answer.done);
	ck_assert_int_eq(answer.err.code, -ENOTCONN);
	answer.done = false;
	network_call(net, "port.show", NULL, on_answer, &answer);
	ck_assert(answer.done);
}
END_TEST

static json_t *
declare(const char *port)
{
	const struct mac mac = { { 0x52, 0x54, 0, 0x12, 1, 3 } };
	struct answer answer = { .done = false };
	struct err err = ERR_INIT;

	ck_assert_int_eq(
	    network_declare(net, port, 0, &mac, on_answer, &answer, &err), 0);
	wait_for(&answer.done);
	ck_assert_msg(answer.result != NULL, "%s", answer.err.text);
	return answer.result;
}

START_TEST(a_vde_client_is_declared_as_often_as_it_starts)
{
	json_t *shown;

	for (int i = 0; i < 3; i++) {
		json_decref(declare("c.eth1"));
		/* told while it is absent */
		json_decref(
		    call("link.set", json_pack("{s:s, s:s}", "port", "c.eth1",
					       "state", "block")));
		network_unplug(net, "c.eth1");
	}
	shown = call("port.show", NULL);
	ck_assert_uint_eq(json_array_size(shown), 2);
	json_decref(shown);
}
END_TEST

START_TEST(a_switch_that_had_vde_clients_breaks_the_network)
{
	json_decref(declare("c.eth1"));
	kill_switch();
	wait_for(&changed);
	ck_assert_uint_eq(n_broken, 1);
	ck_assert_ptr_nonnull(strstr(broken_why, "by VDE do not come back"));
}
END_TEST

START_TEST(a_capture_that_is_damaged_breaks_the_network)
{
	kill_switch();
	ck_assert_int_eq(truncate(network_capture_path(net, 1), 6), 0);
	wait_for(&changed);
	sync_switch(); /* a short file is an empty one ... */
	kill_switch();
	ck_assert_int_eq(unlink(network_capture_path(net, 1)), 0);
	wait_for(&changed); /* ... and a missing one is told */
	ck_assert_uint_eq(n_broken, 1);
	ck_assert_ptr_nonnull(strstr(broken_why, "vlan7.pcapng"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ plugs_of_a_segment_hear_each_other, 0 },
		{ captures_know_the_names, 0 },
		{ an_unplugged_port_is_gone, 0 },
		{ a_port_that_cannot_be_made_is_told, 0 },
		{ a_directory_in_use_is_told, 0 },
		{ a_killed_switch_is_replaced, 0 },
		{ what_is_sent_meanwhile_arrives, 0 },
		{ blocked_links_stay_blocked, 0 },
		{ bad_wires_stay_bad, 0 },
		{ a_setting_that_was_refused_is_forgotten, 0 },
		{ a_new_plug_does_not_inherit_settings, 0 },
		{ a_plug_without_a_guest_is_no_hindrance, 0 },
		{ calls_meanwhile_are_answered, 0 },
		{ a_machine_may_be_plugged_in_meanwhile, 0 },
		{ a_machine_may_be_unplugged_meanwhile, 0 },
		{ another_switch_connects_to_a_guest_that_listens, 0 },
		{ another_switch_connects_to_a_guest_of_vhost_user, 0 },
		{ each_guest_of_vhost_user_has_a_place_of_its_own, 0 },
		{ a_capture_goes_on, 0 },
		{ half_a_block_of_a_capture_is_cut_off, 0 },
		{ a_switch_that_dies_time_and_again_breaks_the_network, 0 },
		{ a_vde_client_is_declared_as_often_as_it_starts, 0 },
		{ a_switch_that_had_vde_clients_breaks_the_network, 0 },
		{ a_capture_that_is_damaged_breaks_the_network, 0 },
		{ NULL, 0 },
	};

	return unit_run("network", tests, setup, teardown);
}
