#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/dummy.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/stream-proto.h"
#include "tests/unit/port-rig.h"

enum { ROOM = 2 * (STREAM_HEADER_LEN + STREAM_LEN_MAX) };

/* The other end of a stream port. */
struct peer {
	int fd;
	uint8_t in[ROOM];
	size_t n_in;
};

static struct rig rig;
static struct peer a, b;

static void
peer_open(struct peer *p)
{
	char path[128];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/stream", rig.dir);
	p->n_in = 0;
	p->fd = sockpath_connect(path, SOCK_STREAM, &err);
	ck_assert_msg(p->fd >= 0, "%s", err.text);
}

static void
peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void
setup(void)
{
	rig_up(&rig, 0);
	peer_open(&a);
	peer_open(&b);
	RIG_UNTIL(&rig, rig.n_added == 2);
}

static void
teardown(void)
{
	peer_close(&a);
	peer_close(&b);
	rig_settle(&rig);
	rig_down(&rig);
}

/* Writes all of it, turning the loop as needed. */
static void
write_all(struct peer *p, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = send(p->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert(rig_turn(&rig));
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
}

static void
send_header(struct peer *p, uint32_t len)
{
	uint8_t header[STREAM_HEADER_LEN];

	stream_proto_put(header, len);
	write_all(p, header, sizeof(header));
}

static void
send_frame(struct peer *p, const void *frame, size_t len)
{
	uint8_t wire[STREAM_HEADER_LEN + STREAM_LEN_MAX];

	stream_proto_put(wire, (uint32_t)len);
	memcpy(wire + STREAM_HEADER_LEN, frame, len);
	write_all(p, wire, STREAM_HEADER_LEN + len);
}

static uint32_t
announced(const struct peer *p)
{
	return (uint32_t)p->in[0] << 24 | (uint32_t)p->in[1] << 16 |
	       (uint32_t)p->in[2] << 8 | p->in[3];
}

/* Takes what has arrived, at most @max octets. */
static size_t
take(struct peer *p, size_t max)
{
	size_t room = sizeof(p->in) - p->n_in;
	ssize_t n =
	    recv(p->fd, p->in + p->n_in, max < room ? max : room, MSG_DONTWAIT);

	if (n > 0)
		p->n_in += (size_t)n;
	return n > 0 ? (size_t)n : 0;
}

/* Is a whole frame there? */
static bool
has_frame(struct peer *p)
{
	take(p, SIZE_MAX);
	return p->n_in >= STREAM_HEADER_LEN &&
	       p->n_in >= STREAM_HEADER_LEN + (size_t)announced(p);
}

/* The next frame into @frame, room for STREAM_LEN_MAX; Return: its length. */
static size_t
next_frame(struct peer *p, uint8_t *frame)
{
	size_t len, used;

	RIG_UNTIL(&rig, has_frame(p));
	len = announced(p);
	used = STREAM_HEADER_LEN + len;
	memcpy(frame, p->in + STREAM_HEADER_LEN, len);
	p->n_in -= used;
	memmove(p->in, p->in + used, p->n_in);
	return len;
}

static void
expect_frame(struct peer *p, const uint8_t *want, size_t len)
{
	static uint8_t got[STREAM_LEN_MAX];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;

	ck_assert_uint_eq(next_frame(p, got), wire_len);
	ck_assert_int_eq(memcmp(got, want, len), 0);
	for (size_t i = len; i < wire_len; i++)
		ck_assert_uint_eq(got[i], 0);
}

/* ---- frames ---- */

static const size_t crossing[] = { 14,	 15,   59,   60,    61,
				   1514, 1518, 9000, 65549, 65550 };

START_TEST(a_frame_crosses_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = crossing[_i];

	rig_fill(frame, len, 0, 1, 3);
	send_frame(&a, frame, len);
	expect_frame(&b, frame, len);
	rig_fill(frame, len, 1, 2, 9);
	send_frame(&b, frame, len);
	expect_frame(&a, frame, len);
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
	send_frame(&a, bad, dropped[_i].len);
	send_frame(&a, good, sizeof(good));
	expect_frame(&b, good, sizeof(good));
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
	send_frame(&a, frame, sizeof(frame));
	send_header(&a, impossible[_i]);
	send_frame(&a, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig.n_removed == 1);
	snprintf(want, sizeof(want), "a frame of %u octets",
		 (unsigned)impossible[_i]);
	ck_assert_msg(strstr(rig.last_reason, want) != NULL, "%s",
		      rig.last_reason);
	expect_frame(&b, frame, sizeof(frame)); /* the one before it */
	rig_settle(&rig);
	ck_assert(!has_frame(&b));
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
		ck_assert(!has_frame(&b));
		write_all(&a, wire + i, 1);
		rig_settle(&rig);
	}
	expect_frame(&b, frame, sizeof(frame));
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
			ssize_t n = send(a.fd, wire, n_wire, MSG_DONTWAIT);

			if (n > 0) {
				n_wire -= (size_t)n;
				memmove(wire, wire + n, n_wire);
			}
		}
		ck_assert(rig_turn(&rig));
		while (has_frame(&b)) {
			size_t len = n_seen % 50 == 49
					 ? 30000 + n_seen
					 : 60 + n_seen * 37 % 1455;

			rig_fill(frame, len, 0, 1, n_seen++);
			expect_frame(&b, frame, len);
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
		write_all(&a, wire, n_wire - 60);
		memmove(wire, wire + n_wire - 60, 60);
		n_wire = 60;
		rig_settle(&rig);
		while (has_frame(&b))
			(void)next_frame(&b, frame);
	}
	write_all(&a, wire, n_wire);
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

/* ---- peers that do not keep up ---- */

/* Sends until frames for B are dropped; Return: how many were sent. */
static unsigned
flood(size_t len)
{
	static uint8_t frame[FRAME_LEN_MAX];
	unsigned n = 0;

	while (rig_drops(&rig, DROP_QUEUE_FULL) == 0) {
		rig_fill(frame, len, 0, 1, n);
		memcpy(frame + 14, &n, sizeof(n));
		send_frame(&a, frame, len);
		n++;
		ck_assert(rig_turn(&rig));
	}
	rig_settle(&rig);
	return n;
}

static const size_t flooding[] = { 60, 1514, 65550 };

START_TEST(a_slow_reader_loses_frames_but_no_part_of_one)
{
	static uint8_t want[FRAME_LEN_MAX], got[STREAM_LEN_MAX];
	size_t len = flooding[_i];
	unsigned n_sent = flood(len), n_got = 0, next = 0;
	uint64_t n_lost = rig_drops(&rig, DROP_QUEUE_FULL);

	ck_assert_uint_gt(n_lost, 0);
	ck_assert_uint_gt(n_sent, n_lost);
	while (n_got < n_sent - n_lost) {
		unsigned number;

		/* in small sips, so that writes end anywhere */
		if (take(&b, 777) == 0)
			ck_assert(rig_turn(&rig));
		if (b.n_in < STREAM_HEADER_LEN + len)
			continue;
		ck_assert_uint_eq(next_frame(&b, got), len);
		memcpy(&number, got + 14, sizeof(number));
		ck_assert_uint_ge(number, next);
		next = number + 1;
		rig_fill(want, len, 0, 1, number);
		memcpy(want + 14, &number, sizeof(number));
		ck_assert_int_eq(memcmp(got, want, len), 0);
		n_got++;
	}
	rig_settle(&rig);
	ck_assert(!has_frame(&b));
	/* and it has not lost its place */
	rig_fill(want, 60, 0, 1, 1);
	send_frame(&a, want, 60);
	expect_frame(&b, want, 60);
}
END_TEST

START_TEST(a_slow_reader_does_not_hold_up_others)
{
	static uint8_t frame[1514];
	struct peer c;

	peer_open(&c);
	RIG_UNTIL(&rig, rig.n_added == 3);
	rig_fill(frame, sizeof(frame), 0, 3, 1);
	send_frame(&c, frame, sizeof(frame)); /* where C is */
	expect_frame(&a, frame, sizeof(frame));
	for (unsigned i = 0; i < 3000; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i); /* B never reads */
		send_frame(&a, frame, sizeof(frame));
		expect_frame(&c, frame, sizeof(frame));
	}
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	peer_close(&c);
}
END_TEST

START_TEST(a_port_may_end_with_half_a_frame_waiting)
{
	struct segment_stats stats;

	flood(1514);
	segment_read_stats(rig.segment, &stats);
	ck_assert_uint_gt(stats.queued, 0);
	peer_close(&b);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	segment_read_stats(rig.segment, &stats);
	ck_assert(segment_stats_balance(&stats));
	ck_assert_uint_eq(stats.queued, 0);
}
END_TEST

START_TEST(frames_for_a_deaf_peer_are_counted_while_its_own_still_enter)
{
	uint8_t frame[60];

	ck_assert_int_eq(shutdown(b.fd, SHUT_RD), 0);
	rig_fill(frame, sizeof(frame), 0, 1, 1);
	send_frame(&a, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig_drops(&rig, DROP_SEND_ERROR) == 1);
	rig_fill(frame, sizeof(frame), 0, 2, 1);
	send_frame(&b, frame, sizeof(frame));
	expect_frame(&a, frame, sizeof(frame));
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(what_a_peer_sent_before_it_closed_is_delivered)
{
	uint8_t frame[60];

	for (unsigned i = 0; i < 100; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&a, frame, sizeof(frame));
	}
	write_all(&a, "\0\0\0\100half", 8); /* and half of another */
	peer_close(&a);
	for (unsigned i = 0; i < 100; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		expect_frame(&b, frame, sizeof(frame));
	}
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_ptr_nonnull(strstr(rig.last_reason, "connection ended"));
	ck_assert(!has_frame(&b));
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
	expect_frame(&a, frame, sizeof(frame));
	send_frame(&a, frame, sizeof(frame));
	expect_frame(&c, frame, sizeof(frame));
	peer_close(&c);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

/* A socket that takes few octets at a time: every frame leaves in pieces. */
START_TEST(a_frame_may_leave_in_many_pieces)
{
	static uint8_t frame[FRAME_LEN_MAX];
	struct err err = ERR_INIT;
	struct peer c = { .n_in = 0 };
	struct segment_stats stats;
	int ends[2], small = 4096;

	peer_close(&b);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
	    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
	    0);
	ck_assert_msg(add(NULL, ends[0], &err) != NULL, "%s", err.text);
	c.fd = ends[1];
	for (unsigned i = 0; i < 10; i++) {
		size_t len = 20000 + i * 5000;

		rig_fill(frame, len, 0, 1, i);
		send_frame(&a, frame, len);
		rig_settle(&rig);
		segment_read_stats(rig.segment, &stats);
		ck_assert(segment_stats_balance(&stats));
		ck_assert_uint_eq(stats.queued, 1);
		ck_assert_uint_eq(stats.tx, i);
		expect_frame(&c, frame, len);
	}
	send_frame(&a, frame, 60000);
	rig_settle(&rig);
	peer_close(&c); /* in the middle of one */
	RIG_UNTIL(&rig, rig.n_removed == 2);
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
	expect_frame(&a, frame, sizeof(frame));
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

/* ---- a pool that is too small ---- */

/* One turn, with time passing; B reads if @reading.
 * Return: octets of @wire that A could send. */
static size_t
pump(const uint8_t *wire, size_t len, bool reading)
{
	ssize_t n = send(a.fd, wire, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	ck_assert(rig_turn(&rig));
	clock_advance(rig.clock, NS_PER_MS);
	while (reading && take(&b, SIZE_MAX) > 0)
		b.n_in = 0;
	return n > 0 ? (size_t)n : 0;
}

START_TEST(an_exhausted_pool_makes_a_peer_wait_and_recovers)
{
	static uint8_t wire[STREAM_HEADER_LEN + 9000];
	uint8_t marker[60];
	size_t done = 0;
	unsigned n_stuck = 0;

	teardown();
	rig_up(&rig, 600 * 1024);
	peer_open(&a);
	peer_open(&b);
	RIG_UNTIL(&rig, rig.n_added == 2);
	stream_proto_put(wire, sizeof(wire) - STREAM_HEADER_LEN);
	rig_fill(wire + STREAM_HEADER_LEN, 9000, 0, 1, 1);
	/* What waits for B, who does not read, holds the pool. */
	while (n_stuck < 20) {
		size_t n = pump(wire + done, sizeof(wire) - done, false);

		n_stuck = n > 0 ? 0 : n_stuck + 1;
		done = (done + n) % sizeof(wire);
	}
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	while (done > 0) {
		done += pump(wire + done, sizeof(wire) - done, true);
		done %= sizeof(wire);
	}
	for (int i = 0; i < 20; i++)
		pump(wire, 0, true);
	rig_fill(marker, sizeof(marker), 0, 1, 2);
	send_frame(&a, marker, sizeof(marker));
	expect_frame(&b, marker, sizeof(marker));
	ck_assert_uint_eq(rig.n_removed, 0);
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
		{ a_slow_reader_loses_frames_but_no_part_of_one,
		  UNIT_ROWS(flooding) },
		{ a_slow_reader_does_not_hold_up_others, 0 },
		{ a_port_may_end_with_half_a_frame_waiting, 0 },
		{ frames_for_a_deaf_peer_are_counted_while_its_own_still_enter,
		  0 },
		{ what_a_peer_sent_before_it_closed_is_delivered, 0 },
		{ a_connected_descriptor_becomes_a_port, 0 },
		{ a_frame_may_leave_in_many_pieces, 0 },
		{ a_port_may_connect_to_a_listener, 0 },
		{ what_cannot_be_a_stream_is_refused_with_the_reason,
		  UNIT_ROWS(unusable) },
		{ a_listener_that_is_stuck_does_not_hold_up_the_switch, 0 },
		{ two_hundred_peers_leave_nothing_behind, 0 },
		{ the_peer_is_known_by_what_the_kernel_says, 0 },
		{ an_exhausted_pool_makes_a_peer_wait_and_recovers, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_stream", tests, setup, teardown);
}
