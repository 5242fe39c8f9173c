/* Stream ports that connect by themselves, and again. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/stream-proto.h"
#include "tests/unit/kind-rig.h"

enum { WAIT_MS = 100, WIRE_LEN = STREAM_HEADER_LEN + 60000 };

static char path[128];
static int listener = -1;

static void
setup(void)
{
	kind_setup();
	snprintf(path, sizeof(path), "%s/peer", rig.top);
}

static void
teardown(void)
{
	if (listener >= 0)
		close(listener);
	listener = -1;
	kind_teardown();
}

static void
start_listening(void)
{
	struct err err = ERR_INIT;

	listener = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(listener >= 0, "%s", err.text);
}

static struct port *
add_port(void)
{
	char params[256];

	snprintf(params, sizeof(params), "{'path':'%s','reconnect':%d}", path,
		 WAIT_MS);
	return kind_add("stream", params, -1);
}

static bool
is_connected(void)
{
	return rig_readable(listener);
}

static int
accept_peer(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
write_all(int fd, const void *data, size_t len)
{
	ck_assert_int_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
send_frame(int fd, const uint8_t *frame, size_t len)
{
	uint8_t header[STREAM_HEADER_LEN];

	stream_proto_put(header, (uint32_t)len);
	write_all(fd, header, sizeof(header));
	write_all(fd, frame, len);
}

/* @done octets come, turning the loop. */
static void
read_all(int fd, uint8_t *to, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

		if (n > 0) {
			to += n;
			len -= (size_t)n;
			continue;
		}
		ck_assert(n < 0 && errno == EAGAIN);
		ck_assert(rig_turn(&rig));
	}
}

static void
expect_frame(int fd, size_t len, unsigned seed)
{
	uint8_t wire[STREAM_HEADER_LEN + 2000], want[2000];

	ck_assert_uint_le(len, sizeof(want));
	rig_fill(want, len, 0, 1, seed);
	read_all(fd, wire, STREAM_HEADER_LEN + len);
	ck_assert_uint_eq((uint32_t)wire[2] << 8 | wire[3], len);
	ck_assert_int_eq(memcmp(wire + STREAM_HEADER_LEN, want, len), 0);
}

/* Both ways, on a connection that has just been accepted. */
static void
check_traffic(int fd, unsigned seed)
{
	uint8_t frame[100];

	rig_fill(frame, sizeof(frame), 0, 2, seed);
	send_frame(fd, frame, sizeof(frame));
	kind_hear(frame, sizeof(frame));
	kind_say(200, seed);
	expect_frame(fd, 200, seed);
}

START_TEST(the_peer_may_come_later)
{
	struct port *port = add_port();
	int fd;

	ck_assert(port->no_carrier);
	for (unsigned i = 0; i < 5; i++)
		kind_say(60, i);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 5);
	start_listening();
	kind_later(WAIT_MS);
	ck_assert(is_connected());
	ck_assert(!port->no_carrier);
	ck_assert_int_eq(port->peer.pid, getpid());
	fd = accept_peer();
	check_traffic(fd, 1);
	close(fd);
}
END_TEST

START_TEST(the_port_stays_when_its_peer_goes)
{
	struct port *port;
	char want[64];

	start_listening();
	port = add_port();
	for (unsigned round = 0; round < 4; round++) {
		int fd = accept_peer();

		check_traffic(fd, round);
		close(fd);
		RIG_UNTIL(&rig, port->no_carrier);
		kind_say(60, round);
		kind_later(WAIT_MS - 1);
		ck_assert(!is_connected());
		kind_later(1);
		ck_assert(is_connected());
		ck_assert(!port->no_carrier);
		snprintf(want, sizeof(want),
			 "{'reconnects':%u,'reconnect_ms':%d}", round + 1,
			 WAIT_MS);
		ck_assert(kind_shows(port, want));
	}
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 4);
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

/* Half a frame, its header, an oversize frame half passed over: nothing of it
 * is taken for a part of the next connection. */
static const struct {
	size_t announced, sent;
} halves[] = { { 1000, 500 }, { 1000, 0 }, { 66000, 500 }, { 60, 59 } };

START_TEST(half_a_frame_does_not_spoil_the_next_connection)
{
	uint8_t half[STREAM_HEADER_LEN + 1000];
	struct port *port;
	int fd;

	start_listening();
	port = add_port();
	fd = accept_peer();
	stream_proto_put(half, (uint32_t)halves[_i].announced);
	rig_fill(half + STREAM_HEADER_LEN, 1000, 0, 2, 1);
	write_all(fd, half, STREAM_HEADER_LEN + halves[_i].sent);
	rig_settle(&rig);
	close(fd);
	RIG_UNTIL(&rig, port->no_carrier);
	kind_later(WAIT_MS);
	fd = accept_peer();
	check_traffic(fd, 5);
	ck_assert_uint_eq(kind_n_heard(), 0);
	close(fd);
}
END_TEST

/* A peer that does not read has half a frame in its socket when it goes: the
 * next one hears whole frames. */
START_TEST(a_frame_that_went_out_in_part_is_not_continued)
{
	struct port *port;
	uint64_t n_lost;
	int fd, n_bytes;

	start_listening();
	port = add_port();
	fd = accept_peer();
	/* so long that the kernel takes them in several parts */
	for (unsigned i = 0; i < 30; i++)
		kind_say(60000, i);
	ck_assert_uint_gt(port_queued(port), 0);
	ck_assert_int_eq(ioctl(fd, FIONREAD, &n_bytes), 0);
	ck_assert_int_ne(n_bytes % WIRE_LEN, 0); /* one is there in part */
	/* An end that one reads, or one that the next write finds. */
	if (_i == 0)
		shutdown(fd, SHUT_WR);
	else
		close(fd);
	RIG_UNTIL(&rig, port->no_carrier);
	if (_i == 0)
		close(fd);
	ck_assert_uint_eq(port_queued(port), 0);
	ck_assert_uint_eq(port_read_counters(port).tx_frames,
			  (uint64_t)(n_bytes / WIRE_LEN));
	n_lost = rig_drops(&rig, DROP_SEND_ERROR);
	ck_assert_uint_gt(n_lost, 0);
	kind_later(WAIT_MS);
	fd = accept_peer();
	check_traffic(fd, 3);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), n_lost);
	close(fd);
}
END_TEST

START_TEST(one_that_breaks_the_framing_is_left_for_a_while)
{
	uint8_t nonsense[STREAM_HEADER_LEN] = { 0xff, 0xff, 0xff, 0xff };
	struct port *port;
	int fd;

	start_listening();
	port = add_port();
	fd = accept_peer();
	write_all(fd, nonsense, sizeof(nonsense));
	RIG_UNTIL(&rig, port->no_carrier);
	close(fd);
	kind_later(WAIT_MS);
	fd = accept_peer();
	check_traffic(fd, 1);
	close(fd);
}
END_TEST

START_TEST(attempts_come_more_and_more_seldom)
{
	unsigned wait_ms = WAIT_MS;

	add_port();
	for (int i = 0; i <= _i; i++) {
		kind_later(wait_ms); /* in vain */
		wait_ms = 2 * wait_ms < 10000 ? 2 * wait_ms : 10000;
	}
	start_listening();
	kind_later(wait_ms - 1);
	ck_assert(!is_connected());
	kind_later(1);
	ck_assert(is_connected());
}
END_TEST

START_TEST(success_makes_them_quick_again)
{
	struct port *port = add_port();
	int fd;

	for (int i = 0; i < 5; i++)
		kind_later(1000);
	start_listening();
	kind_later(10000);
	fd = accept_peer();
	close(fd);
	RIG_UNTIL(&rig, port->no_carrier);
	kind_later(WAIT_MS);
	ck_assert(is_connected());
}
END_TEST

START_TEST(a_paused_port_stays_so_on_its_next_connection)
{
	uint8_t frame[60];
	struct port *port;
	int fd;

	start_listening();
	port = add_port();
	fd = accept_peer();
	close(fd);
	RIG_UNTIL(&rig, port->no_carrier);
	port->kind->pause(port->priv, true);
	kind_later(WAIT_MS);
	fd = accept_peer();
	rig_fill(frame, sizeof(frame), 0, 2, 1);
	send_frame(fd, frame, sizeof(frame));
	rig_settle(&rig);
	ck_assert_uint_eq(kind_n_heard(), 0);
	port->kind->pause(port->priv, false);
	kind_hear(frame, sizeof(frame));
	close(fd);
}
END_TEST

START_TEST(the_wait_can_be_changed)
{
	struct port *port = add_port();
	json_t *params = json_pack("{s:i}", "reconnect", 3000);

	ck_assert_int_eq(port->kind->set(port->priv, params, NULL), 0);
	start_listening();
	kind_later(2999);
	ck_assert(!is_connected());
	kind_later(1);
	ck_assert(is_connected());
	ck_assert(kind_shows(port, "{'reconnect_ms':3000}"));
	json_object_set_new(params, "reconnect", json_integer(0));
	ck_assert_int_eq(port->kind->set(port->priv, params, NULL), 0);
	ck_assert(kind_shows(port, "{'reconnect_ms':100}"));
	json_decref(params);
}
END_TEST

START_TEST(a_port_that_does_not_connect_again_has_no_such_setting)
{
	json_t *params = json_pack("{s:i}", "reconnect", 3000);
	struct err err = ERR_INIT;
	char text[160];
	struct port *port;

	start_listening();
	snprintf(text, sizeof(text), "{'path':'%s'}", path);
	port = kind_add("stream", text, -1);
	ck_assert_int_lt(port->kind->set(port->priv, params, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "reconnect="));
	json_decref(params);
}
END_TEST

START_TEST(a_port_that_is_removed_stops_trying)
{
	switch_remove_port(add_port(), "the test");
	start_listening();
	kind_later(100000);
	ck_assert(!is_connected());
}
END_TEST

static const struct {
	bool fd;
	const char *params;
	const char *want;
} unusable[] = {
	{ true, "{'reconnect':100}", "reconnect goes with path" },
	{ false, "{'reconnect':100}", "one of the two" },
	{ false, "{'path':'/nowhere/x'}", "/nowhere/x" },
	{ false, "{'path':'/nowhere/x','reconnect':9}", "reconnect" },
	{ false, "{'path':'/nowhere/x','reconnect':3600001}", "reconnect" },
	{ false, "{'path':'','reconnect':100}", "empty" },
	{ false,
	  "{'reconnect':100,'path':'/tmp/"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}",
	  "107" },
};

START_TEST(what_can_never_be_is_refused_at_once)
{
	int fd = unusable[_i].fd ? open("/dev/null", O_RDWR) : -1;

	kind_refuse("stream", unusable[_i].params, fd, unusable[_i].want);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_peer_may_come_later, 0 },
		{ the_port_stays_when_its_peer_goes, 0 },
		{ half_a_frame_does_not_spoil_the_next_connection,
		  UNIT_ROWS(halves) },
		{ a_frame_that_went_out_in_part_is_not_continued, 2 },
		{ one_that_breaks_the_framing_is_left_for_a_while, 0 },
		{ attempts_come_more_and_more_seldom, 9 },
		{ success_makes_them_quick_again, 0 },
		{ a_paused_port_stays_so_on_its_next_connection, 0 },
		{ the_wait_can_be_changed, 0 },
		{ a_port_that_does_not_connect_again_has_no_such_setting, 0 },
		{ a_port_that_is_removed_stops_trying, 0 },
		{ what_can_never_be_is_refused_at_once, UNIT_ROWS(unusable) },
		{ NULL, 0 },
	};

	return unit_run("port_stream_client", tests, setup, teardown);
}
