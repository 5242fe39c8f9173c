/* The cable to another VDE switch; the test is that switch. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "switch/port.h"
#include "switch/ports/vde-proto.h"
#include "tests/unit/kind-rig.h"

enum { RETRY_MS = 500, ANSWER_MS = 5000 };

static char dir[64];
static int listener = -1, ctl = -1, data = -1;
static struct vde_request request; /* of who has come */
static struct port *port;

static struct sockaddr_un
in_dir(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name);
	return addr;
}

static void
open_switch(void)
{
	struct sockaddr_un addr = in_dir("ctl");

	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(addr.sun_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	ck_assert_int_eq(listen(listener, 5), 0);
}

static void
close_all(void)
{
	close(ctl);
	close(data);
	close(listener);
	ctl = data = listener = -1;
}

static void
setup(void)
{
	kind_setup();
	snprintf(dir, sizeof(dir), "/tmp/vdelab-plug.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	struct sockaddr_un addr = in_dir("ctl");

	close_all();
	unlink(addr.sun_path);
	addr = in_dir("001.1");
	unlink(addr.sun_path);
	kind_teardown();
	ck_assert_int_eq(rmdir(dir), 0); /* the plug leaves nothing there */
}

static void
add(const char *more)
{
	char params[256];

	snprintf(params, sizeof(params), "{'sock':'%s'%s}", dir, more);
	port = kind_add("plug", params, -1);
	kind_later(1);
}

/* Somebody comes, and says who it is. */
static void
hear_request(void)
{
	uint8_t wire[512];
	ssize_t n;

	RIG_UNTIL(&rig, rig_readable(listener));
	ctl = accept(listener, NULL, NULL);
	RIG_UNTIL(&rig, rig_readable(ctl));
	n = recv(ctl, wire, sizeof(wire), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(vde_proto_parse(wire, (size_t)n, &request, NULL), 1);
}

/* It is told where our data socket is. */
static void
accept_it(void)
{
	struct sockaddr_un mine = in_dir("001.1");
	struct sockaddr_un theirs = { .sun_family = AF_UNIX };

	snprintf(theirs.sun_path, sizeof(theirs.sun_path), "%.107s",
		 request.path);
	data = socket(AF_UNIX, SOCK_DGRAM, 0);
	unlink(mine.sun_path);
	ck_assert_int_eq(bind(data, (struct sockaddr *)&mine, sizeof(mine)), 0);
	ck_assert_int_eq(
	    connect(data, (struct sockaddr *)&theirs, sizeof(theirs)), 0);
	ck_assert_int_eq(send(ctl, &mine, sizeof(mine), 0), sizeof(mine));
	RIG_UNTIL(&rig, !port->no_carrier);
}

static void
expect_frame(size_t len, unsigned seed)
{
	static uint8_t got[FRAME_LEN_MAX + 1], want[FRAME_LEN_MAX];

	rig_fill(want, len, 0, 1, seed);
	RIG_UNTIL(&rig, rig_readable(data));
	ck_assert_int_eq(recv(data, got, sizeof(got), MSG_DONTWAIT),
			 (ssize_t)len);
	ck_assert_mem_eq(got, want, len);
}

/* ---- */

START_TEST(it_asks_for_the_port_it_is_to_have)
{
	open_switch();
	add(",'number':7");
	hear_request();
	ck_assert_uint_eq(request.version, 3);
	ck_assert_uint_eq(request.port, 7);
	ck_assert_str_eq(request.description, "vdelab-switch");
	ck_assert(kind_shows(port, "{'number':7}"));
	ck_assert(port->no_carrier);
	accept_it();
	ck_assert_int_ne(access(request.path, F_OK), 0); /* not needed now */
}
END_TEST

static const size_t lengths[] = { 60, 1514, 2049, 9018, 65550 };

START_TEST(frames_cross_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = lengths[_i];

	open_switch();
	add("");
	hear_request();
	ck_assert_uint_eq(request.port, 0);
	accept_it();
	kind_say(len, 3);
	expect_frame(len, 3);
	rig_fill(frame, len, 0, 2, 5);
	ck_assert_int_eq(send(data, frame, len, 0), (ssize_t)len);
	kind_hear(frame, len);
}
END_TEST

START_TEST(a_switch_that_is_not_there_yet_is_waited_for)
{
	add("");
	rig_settle(&rig);
	ck_assert(port->no_carrier);
	kind_say(100, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	open_switch();
	kind_later(RETRY_MS - 2);
	ck_assert(!rig_readable(listener));
	kind_later(2);
	hear_request();
	accept_it();
}
END_TEST

START_TEST(a_switch_that_goes_and_comes_back_gets_us_again)
{
	open_switch();
	add("");
	hear_request();
	accept_it();
	close_all();
	RIG_UNTIL(&rig, port->no_carrier);
	kind_say(100, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	open_switch();
	kind_later(RETRY_MS);
	hear_request();
	accept_it();
	kind_say(100, 2);
	expect_frame(100, 2);
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(what_waits_for_a_switch_that_goes_is_dropped)
{
	open_switch();
	add("");
	hear_request();
	accept_it();
	for (unsigned i = 0; !port->blocked; i++) {
		ck_assert_uint_lt(i, 100 * 1000);
		kind_say(1514, 1);
	}
	close_all();
	RIG_UNTIL(&rig, port->no_carrier);
	ck_assert(!port->blocked);
	ck_assert_uint_eq(port_queued(port), 0);
	open_switch();
	kind_later(RETRY_MS);
	hear_request();
	accept_it();
	kind_say(100, 2);
	expect_frame(100, 2);
}
END_TEST

START_TEST(who_is_refused_asks_again_later)
{
	open_switch();
	add("");
	hear_request();
	close(ctl);
	rig_settle(&rig);
	ck_assert(!rig_readable(listener));
	kind_later(RETRY_MS);
	hear_request();
	accept_it();
}
END_TEST

START_TEST(a_switch_that_does_not_answer_is_asked_again)
{
	open_switch();
	add("");
	hear_request();
	kind_later(ANSWER_MS + 1);
	ck_assert_int_eq(recv(ctl, dir, 0, MSG_DONTWAIT | MSG_PEEK), 0);
	close(ctl);
	kind_later(RETRY_MS);
	hear_request();
	accept_it();
}
END_TEST

START_TEST(an_answer_that_is_none_is_a_refusal)
{
	open_switch();
	add("");
	hear_request();
	ck_assert_int_eq(send(ctl, "welcome", 7, 0), 7);
	rig_settle(&rig);
	ck_assert(port->no_carrier);
	close(ctl);
	kind_later(RETRY_MS);
	hear_request();
	accept_it();
}
END_TEST

START_TEST(wrong_parameters_are_refused)
{
	kind_refuse("plug", "{}", -1, "needs sock");
	kind_refuse("plug", "{'sock':'vde.ctl'}", -1, "not absolute");
	kind_refuse("plug",
		    "{'sock':'/tmp/"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}",
		    -1, "10");
	kind_refuse("plug", "{'sock':'/tmp'}", dup(0), "no descriptor");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ it_asks_for_the_port_it_is_to_have, 0 },
		{ frames_cross_whole_both_ways, UNIT_ROWS(lengths) },
		{ a_switch_that_is_not_there_yet_is_waited_for, 0 },
		{ a_switch_that_goes_and_comes_back_gets_us_again, 0 },
		{ what_waits_for_a_switch_that_goes_is_dropped, 0 },
		{ who_is_refused_asks_again_later, 0 },
		{ a_switch_that_does_not_answer_is_asked_again, 0 },
		{ an_answer_that_is_none_is_a_refusal, 0 },
		{ wrong_parameters_are_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_plug", tests, setup, teardown);
}
