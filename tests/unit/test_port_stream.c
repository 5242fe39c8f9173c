#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/dummy.h"
#include "switch/ports/port-provider.h"
#include "tests/unit/stream-rig.h"

/* ---- frames ---- */

static const size_t crossing[] = { 14,	 15,   59,   60,    61,
				   1514, 1518, 9000, 65549, 65550 };

START_TEST(a_frame_crosses_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = crossing[_i];

	rig_fill(frame, len, 0, 1, 3);
	send_frame(&alice, frame, len);
	expect_frame(&bob, frame, len);
	rig_fill(frame, len, 1, 2, 9);
	send_frame(&bob, frame, len);
	expect_frame(&alice, frame, len);
}
END_TEST

static const struct {
	size_t len;
	enum drop_reason reason;
} dropped[] = {
	{ 1, DROP_RUNT },
	{ 13, DROP_RUNT },
	{ 65551, DROP_OVERSIZE },
	{ STREAM_LEN_MAX, DROP_OVERSIZE },
};

START_TEST(a_frame_of_a_bad_length_is_counted_and_the_next_one_passes)
{
	static uint8_t bad[STREAM_LEN_MAX];
	uint8_t good[100];

	rig_fill(bad, dropped[_i].len, 0, 1, 3);
	rig_fill(good, sizeof(good), 0, 1, 4);
	send_frame(&alice, bad, dropped[_i].len);
	send_frame(&alice, good, sizeof(good));
	expect_frame(&bob, good, sizeof(good));
	ck_assert_uint_eq(rig_drops(&rig, dropped[_i].reason), 1);
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

static const uint32_t impossible[] = { 0, STREAM_LEN_MAX + 1, 1U << 31,
				       UINT32_MAX };

START_TEST(an_impossible_length_ends_that_port_only)
{
	uint8_t frame[60];
	char want[80];

	rig_fill(frame, sizeof(frame), 0, 1, 4);
	send_frame(&alice, frame, sizeof(frame));
	send_header(&alice, impossible[_i]);
	send_frame(&alice, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig.n_removed == 1);
	snprintf(want, sizeof(want), "a frame of %u octets",
		 (unsigned)impossible[_i]);
	ck_assert_msg(strstr(rig.last_reason, want) != NULL, "%s",
		      rig.last_reason);
	expect_frame(&bob, frame, sizeof(frame)); /* the one before it */
	rig_settle(&rig);
	ck_assert(!has_frame(&bob));
	ck_assert_uint_eq(rig.n_removed, 1);
}
END_TEST

START_TEST(a_frame_may_come_octet_by_octet)
{
	uint8_t frame[70], wire[STREAM_HEADER_LEN + sizeof(frame)];

	rig_fill(frame, sizeof(frame), 0, 1, 4);
	stream_proto_put(wire, sizeof(frame));
	memcpy(wire + STREAM_HEADER_LEN, frame, sizeof(frame));
	for (size_t i = 0; i < sizeof(wire); i++) {
		ck_assert(!has_frame(&bob));
		write_all(&alice, wire + i, 1);
		rig_settle(&rig);
	}
	expect_frame(&bob, frame, sizeof(frame));
}
END_TEST

/* A train of frames of all sorts, in as few writes as possible, arrives whole
 * and in order: blocks, left-over pieces and contiguous runs on the way. */
START_TEST(a_train_keeps_its_order)
{
	static uint8_t frame[FRAME_LEN_MAX], wire[8 * FRAME_LEN_MAX];
	enum { N = 400 };
	size_t n_wire = 0;
	unsigned n_sent = 0, n_seen = 0;

	while (n_seen < N) {
		while (n_sent < N) {
			size_t len = n_sent % 50 == 49
					 ? 30000 + n_sent
					 : 60 + n_sent * 37 % 1455;

			if (n_wire + STREAM_HEADER_LEN + len > sizeof(wire))
				break;
			rig_fill(frame, len, 0, 1, n_sent);
			stream_proto_put(wire + n_wire, (uint32_t)len);
			memcpy(wire + n_wire + STREAM_HEADER_LEN, frame, len);
			n_wire += STREAM_HEADER_LEN + len;
			n_sent++;
		}
		if (n_wire > 0) {
			ssize_t n = send(alice.fd, wire, n_wire, MSG_DONTWAIT);

			if (n > 0) {
				n_wire -= (size_t)n;
				memmove(wire, wire + n, n_wire);
			}
		}
		ck_assert(rig_turn(&rig));
		while (has_frame(&bob)) {
			size_t len = n_seen % 50 == 49
					 ? 30000 + n_seen
					 : 60 + n_seen * 37 % 1455;

			rig_fill(frame, len, 0, 1, n_seen++);
			expect_frame(&bob, frame, len);
		}
	}
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}
END_TEST

START_TEST(a_frame_that_somebody_keeps_is_not_written_over)
{
	struct err err = ERR_INIT;
	struct port *keeper =
	    switch_add_port(rig.segment, &port_kind_dummy, "keeper",
			    PORT_MTU_DEFAULT, NULL, -1, &err);
	static uint8_t frame[9000], wire[6 * 9004];
	enum { N = 200 };
	size_t n_wire = 0;

	ck_assert_msg(keeper != NULL, "%s", err.text);
	dummy_record(keeper);
	for (unsigned i = 0; i < N; i++) {
		size_t len = 100 + i * 997 % 8900;

		rig_fill(frame, len, 0, 1, i);
		stream_proto_put(wire + n_wire, (uint32_t)len);
		memcpy(wire + n_wire + STREAM_HEADER_LEN, frame, len);
		n_wire += STREAM_HEADER_LEN + len;
		/* all but the last octets, which come with the next ones */
		write_all(&alice, wire, n_wire - 60);
		memmove(wire, wire + n_wire - 60, 60);
		n_wire = 60;
		rig_settle(&rig);
		while (has_frame(&bob))
			(void)next_frame(&bob, frame);
	}
	write_all(&alice, wire, n_wire);
	RIG_UNTIL(&rig, dummy_n_sent(keeper) == N);
	for (unsigned i = 0; i < N; i++) {
		const struct frame *kept = dummy_sent(keeper, i);
		size_t len = 100 + i * 997 % 8900;

		rig_fill(frame, len, 0, 1, i);
		ck_assert_uint_eq(kept->len, len);
		ck_assert_int_eq(memcmp(kept->data, frame, len), 0);
	}
}
END_TEST

/* ---- ports added by hand ---- */

static json_t *
params_of(const char *path)
{
	return path != NULL ? json_pack("{s:s}", "path", path) : json_object();
}

static struct port *
add(const char *path, int fd, struct err *err)
{
	json_t *params = params_of(path);
	struct port *port =
	    switch_add_port(rig.segment, &port_kind_stream, NULL,
			    PORT_MTU_DEFAULT, params, fd, err);

	json_decref(params);
	return port;
}

START_TEST(a_connected_descriptor_becomes_a_port)
{
	struct err err = ERR_INIT;
	struct peer c = { .n_in = 0 };
	uint8_t frame[60];
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_msg(add(NULL, ends[0], &err) != NULL, "%s", err.text);
	c.fd = ends[1];
	rig_fill(frame, sizeof(frame), 0, 3, 1);
	send_frame(&c, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&c, frame, sizeof(frame));
	peer_close(&c);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

START_TEST(a_port_may_connect_to_a_listener)
{
	struct err err = ERR_INIT;
	struct peer c = { .n_in = 0 };
	uint8_t frame[60];
	char path[100];
	int listener;

	snprintf(path, sizeof(path), "%s/peer", rig.top);
	listener = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(listener >= 0, "%s", err.text);
	ck_assert_msg(add(path, -1, &err) != NULL, "%s", err.text);
	c.fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(c.fd, 0);
	rig_fill(frame, sizeof(frame), 0, 3, 1);
	send_frame(&c, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
	peer_close(&c);
	close(listener);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

static int
make_dgram(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	close(ends[1]);
	return ends[0];
}

static int
make_unconnected(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
make_file(void)
{
	return open("/dev/null", O_RDWR);
}

static const struct {
	int (*make_fd)(void);
	const char *path;
	const char *why;
} unusable[] = {
	{ NULL, NULL, "one of the two" },
	{ make_unconnected, "/tmp/x", "one of the two" },
	{ make_dgram, NULL, "not a stream socket" },
	{ make_file, NULL, "not a stream socket" },
	{ make_unconnected, NULL, "not connected" },
	{ NULL, "/nonexistent/socket", "No such file" },
	{ NULL, "", "empty" },
};

START_TEST(what_cannot_be_a_stream_is_refused_with_the_reason)
{
	int fd = unusable[_i].make_fd != NULL ? unusable[_i].make_fd() : -1;
	int n_fds = rig_count_fds();
	struct err err = ERR_INIT;

	ck_assert_ptr_null(add(unusable[_i].path, fd, &err));
	ck_assert_msg(strstr(err.text, unusable[_i].why) != NULL, "%s",
		      err.text);
	ck_assert_int_eq(rig_count_fds(), n_fds - (fd >= 0));
}
END_TEST

START_TEST(a_listener_that_is_stuck_does_not_hold_up_the_switch)
{
	struct err err = ERR_INIT;
	struct sockaddr_un addr;
	char path[100];
	int listener, fd;

	snprintf(path, sizeof(path), "%s/peer", rig.top);
	ck_assert_int_eq(sockpath_fill(&addr, path, NULL), 0);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	ck_assert_ptr_null(add(path, -1, &err)); /* the backlog is full */
	ck_assert_ptr_nonnull(strstr(err.text, "try again"));
	close(fd);
	close(listener);
}
END_TEST

/* ---- coming and going ---- */

START_TEST(two_hundred_peers_leave_nothing_behind)
{
	int n_fds = rig_count_fds();

	for (unsigned i = 1; i <= 200; i++) {
		struct peer c;

		peer_open(&c);
		RIG_UNTIL(&rig, rig.n_added == 2 + i);
		send_header(&c, i % 3 == 0 ? 0 : 60);
		if (i % 2 == 0)
			rig_settle(&rig);
		peer_close(&c);
		RIG_UNTIL(&rig, rig.n_removed == i);
	}
	ck_assert_int_eq(rig_count_fds(), n_fds);
	ck_assert_uint_eq(rig.segment->n_ports, 2);
}
END_TEST

START_TEST(the_peer_is_known_by_what_the_kernel_says)
{
	const struct port *port = rig_port(&rig, rig.last_name);

	ck_assert_int_eq(port->peer.pid, getpid());
	ck_assert_uint_eq(port->peer.uid, geteuid());
	ck_assert_uint_eq(port->peer.gid, getegid());
}
END_TEST

/* As settings of a declared port are, that its predecessor had. */
static void
set_reconnect(struct port *port, void *arg)
{
	json_t *params = json_pack("{s:i}", "reconnect", 3000);
	struct err *err = arg;

	port->kind->set(port->priv, params, err);
	json_decref(params);
}

static void
see_it_leave(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
}

START_TEST(a_setting_that_does_not_suit_may_come_while_a_peer_attaches)
{
	struct err err = ERR_INIT;
	struct switch_observer observer = { .port_added = set_reconnect,
					    .port_removed = see_it_leave,
					    .arg = &err };
	struct peer carol;
	unsigned n = rig.n_added;

	switch_observer_add(rig.sw, &observer);
	peer_open(&carol);
	RIG_UNTIL(&rig, rig.n_added == n + 1);
	switch_observer_remove(rig.sw, &observer);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "reconnect="));
	peer_close(&carol);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_crosses_whole_both_ways, UNIT_ROWS(crossing) },
		{ a_frame_of_a_bad_length_is_counted_and_the_next_one_passes,
		  UNIT_ROWS(dropped) },
		{ an_impossible_length_ends_that_port_only,
		  UNIT_ROWS(impossible) },
		{ a_frame_may_come_octet_by_octet, 0 },
		{ a_train_keeps_its_order, 0 },
		{ a_frame_that_somebody_keeps_is_not_written_over, 0 },
		{ a_connected_descriptor_becomes_a_port, 0 },
		{ a_port_may_connect_to_a_listener, 0 },
		{ what_cannot_be_a_stream_is_refused_with_the_reason,
		  UNIT_ROWS(unusable) },
		{ a_listener_that_is_stuck_does_not_hold_up_the_switch, 0 },
		{ two_hundred_peers_leave_nothing_behind, 0 },
		{ the_peer_is_known_by_what_the_kernel_says, 0 },
		{ a_setting_that_does_not_suit_may_come_while_a_peer_attaches,
		  0 },
		{ NULL, 0 },
	};

	return unit_run("port_stream", tests, stream_setup, stream_teardown);
}
