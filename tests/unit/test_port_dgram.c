#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/dummy.h"
#include "tests/unit/kind-rig.h"

enum { LOOK_MS = 250 };

/* ---- peers ---- */

static char ours[128], theirs[128]; /* paths */

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un addr;

	ck_assert_int_eq(sockpath_fill(&addr, path, NULL), 0);
	return addr;
}

/* As QEMU: removes what is there, binds, never connects. */
static int
bind_peer(const char *path)
{
	struct sockaddr_un addr = address(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	unlink(path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static ssize_t
send_to_port(int fd, const void *frame, size_t len)
{
	struct sockaddr_un addr = address(ours);

	return sendto(fd, frame, len, 0, (struct sockaddr *)&addr,
		      sizeof(addr));
}

static void
expect_frame(int fd, size_t len, unsigned seed)
{
	static uint8_t got[FRAME_LEN_MAX + 1], want[FRAME_LEN_MAX];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;

	memset(want, 0, sizeof(want));
	rig_fill(want, len, 0, 1, seed);
	RIG_UNTIL(&rig, rig_readable(fd));
	ck_assert_int_eq(recv(fd, got, sizeof(got), MSG_DONTWAIT),
			 (ssize_t)wire_len);
	ck_assert_int_eq(memcmp(got, want, wire_len), 0);
}

static struct port *
add_path(bool with_remote)
{
	char params[512];

	snprintf(ours, sizeof(ours), "%s/p.sock", rig.top);
	snprintf(theirs, sizeof(theirs), "%s/peer.sock", rig.top);
	snprintf(params, sizeof(params), "{'path':'%s'%s%s%s}", ours,
		 with_remote ? ",'remote':'" : "", with_remote ? theirs : "",
		 with_remote ? "'" : "");
	return kind_add("dgram", params, -1);
}

static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };

/* Return: the peer's end; the other one is the port's. */
static int
add_pair(int type)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, fds), 0);
	kind_add("dgram", "{}", fds[0]);
	return fds[1];
}

/* ---- frames ---- */

static const size_t crossing[] = { 14,	 59,   60,   61,    1514, 1518,
				   2047, 2048, 2049, 65549, 65550 };

static void
cross(int type, size_t len)
{
	static uint8_t frame[FRAME_LEN_MAX];
	int peer = add_pair(type);

	rig_fill(frame, len, 0, 2, 3);
	ck_assert_int_eq(send(peer, frame, len, 0), (ssize_t)len);
	kind_hear(frame, len);
	kind_say(len, 9);
	expect_frame(peer, len, 9);
	close(peer);
}

START_TEST(a_frame_crosses_whole_both_ways)
{
	cross(SOCK_DGRAM, crossing[_i]);
}
END_TEST

START_TEST(and_by_seqpacket)
{
	cross(SOCK_SEQPACKET, crossing[_i]);
}
END_TEST

static const struct {
	size_t len;
	enum drop_reason reason;
} dropped[] = {
	{ 1, DROP_RUNT },
	{ 13, DROP_RUNT },
	{ 65551, DROP_OVERSIZE },
	{ 100000, DROP_OVERSIZE },
};

START_TEST(a_frame_of_a_bad_length_is_counted_and_the_next_one_passes)
{
	static uint8_t bad[100000];
	int peer = add_pair(SOCK_DGRAM);
	uint8_t good[100];

	rig_fill(bad, dropped[_i].len, 0, 2, 3);
	rig_fill(good, sizeof(good), 0, 2, 4);
	ck_assert_int_gt(send(peer, bad, dropped[_i].len, 0), 0);
	ck_assert_int_gt(send(peer, good, sizeof(good), 0), 0);
	kind_hear(good, sizeof(good));
	ck_assert_uint_eq(rig_drops(&rig, dropped[_i].reason), 1);
	close(peer);
}
END_TEST

START_TEST(an_empty_datagram_means_nothing)
{
	int peer = add_pair(types[_i]);
	uint8_t frame[60];

	ck_assert_int_eq(send(peer, "", 0, 0), 0);
	rig_fill(frame, sizeof(frame), 0, 2, 4);
	ck_assert_int_gt(send(peer, frame, sizeof(frame), 0), 0);
	kind_hear(frame, sizeof(frame));
	ck_assert_uint_eq(rig_drops(&rig, DROP_RUNT), 0);
	close(peer);
}
END_TEST

/* More than the socket takes waits, and comes in order. */
START_TEST(a_slow_reader_gets_what_was_queued)
{
	int peer = add_pair(SOCK_DGRAM);
	unsigned n_queued;

	for (unsigned i = 0; i < 3000; i++)
		kind_say(1514, i);
	n_queued = 3000 - (unsigned)rig_drops(&rig, DROP_QUEUE_FULL);
	ck_assert_uint_gt(n_queued, 512); /* a queue and a socket full */
	ck_assert_uint_lt(n_queued, 3000);
	for (unsigned i = 0; i < n_queued; i++)
		expect_frame(peer, 1514, i);
	rig_settle(&rig);
	ck_assert(!rig_readable(peer));
	close(peer);
}
END_TEST

START_TEST(a_port_that_is_paused_leaves_frames_in_its_socket)
{
	struct port *port;
	int peer = add_pair(SOCK_DGRAM);
	uint8_t frame[60];

	port = rig_port(&rig, "p");
	rig_fill(frame, sizeof(frame), 0, 2, 1);
	port->kind->pause(port->priv, true);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_gt(send(peer, frame, sizeof(frame), 0), 0);
	rig_settle(&rig);
	ck_assert_uint_eq(kind_n_heard(), 0);
	port->kind->pause(port->priv, false);
	for (unsigned i = 0; i < 3; i++)
		kind_hear(frame, sizeof(frame));
	close(peer);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_peer_that_closes_ends_the_port)
{
	int peer = add_pair(types[_i]);

	kind_say(60, 1);
	expect_frame(peer, 60, 1);
	close(peer);
	/* the kernel tells of the end of a seqpacket; a datagram socket has
	 * to be written to */
	if (types[_i] == SOCK_DGRAM)
		kind_say(60, 2);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason, "the peer closed its socket");
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR),
			  types[_i] == SOCK_DGRAM ? 1 : 0);
}
END_TEST

/* What a driver does that outlives the switch. */
START_TEST(the_next_switch_goes_on_with_the_same_socket)
{
	static uint8_t frame[100];
	int fds[2], kept;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	kept = dup(fds[0]);
	switch_remove_port(kind_add("dgram", "{}", fds[0]), "the test");
	rig_fill(frame, sizeof(frame), 0, 2, 3);
	ck_assert_int_gt(send(fds[1], frame, sizeof(frame), 0), 0);
	kind_add("dgram", "{}", kept);
	kind_hear(frame, sizeof(frame));
	kind_say(70, 5);
	expect_frame(fds[1], 70, 5);
	close(fds[1]);
}
END_TEST

START_TEST(who_made_the_socket_is_known)
{
	int peer = add_pair(SOCK_DGRAM);
	const struct port *port = rig_port(&rig, "p");

	ck_assert_int_eq(port->peer.pid, getpid());
	ck_assert_int_ge(port->kind->keep_fd(port->priv), 0);
	ck_assert(!rig_port(&rig, "p")->no_carrier);
	close(peer);
}
END_TEST

static int
make_file(void)
{
	return open("/dev/null", O_RDWR);
}

static int
make_unconnected(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int
make_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int
make_stream(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	return fds[0];
}

static int
make_none(void)
{
	return -1;
}

static const struct {
	int (*fd)(void);
	const char *params;
	const char *want;
} unusable[] = {
	{ make_none, "{}", "one of the two" },
	{ make_unconnected, "{'path':'/x'}", "one of the two" },
	{ make_file, "{}", "not a socket" },
	{ make_udp, "{}", "not a unix socket" },
	{ make_stream, "{}", "port of kind stream" },
	{ make_unconnected, "{}", "has no peer" },
	{ make_unconnected, "{'remote':'/x'}", "remote goes with path" },
	{ make_none, "{'remote':'/x'}", "one of the two" },
	{ make_none, "{'path':'x'}", "path: \"x\" is not absolute" },
	{ make_none, "{'path':'/tmp/x','remote':'y'}", "remote: \"y\"" },
	{ make_none, "{'path':'/tmp/x','remote':'/tmp/x'}", "the same" },
	{ make_none, "{'path':'/nowhere/x'}", "/nowhere/x" },
	{ make_none, "{'path':'/dev/null'}", "/dev/null" },
	{ make_none,
	  "{'path':'/tmp/"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}",
	  "107" },
};

START_TEST(what_cannot_be_used_is_refused_with_the_reason)
{
	int n_fds = rig_count_fds();

	kind_refuse("dgram", unusable[_i].params, unusable[_i].fd(),
		    unusable[_i].want);
	ck_assert_int_eq(rig_count_fds(), n_fds);
}
END_TEST

/* ---- paths ---- */

START_TEST(the_socket_is_for_its_owner_and_goes_with_the_port)
{
	struct port *port = add_path(true);
	struct stat st;

	ck_assert_int_eq(port->kind->keep_fd(port->priv), -1);
	ck_assert_int_eq(lstat(ours, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	switch_remove_port(port, "the test");
	ck_assert_int_lt(lstat(ours, &st), 0);
}
END_TEST

START_TEST(a_peer_may_come_before_or_after_the_port)
{
	static uint8_t frame[100];
	int peer = -1;

	snprintf(theirs, sizeof(theirs), "%s/peer.sock", rig.top);
	if (_i == 0)
		peer = bind_peer(theirs);
	add_path(true);
	if (_i == 1) {
		ck_assert(rig_port(&rig, "p")->no_carrier);
		peer = bind_peer(theirs);
		kind_later(LOOK_MS);
	}
	ck_assert(!rig_port(&rig, "p")->no_carrier);
	kind_say(100, 1);
	expect_frame(peer, 100, 1);
	rig_fill(frame, sizeof(frame), 0, 2, 4);
	ck_assert_int_gt(send_to_port(peer, frame, sizeof(frame)), 0);
	kind_hear(frame, sizeof(frame));
	close(peer);
}
END_TEST

START_TEST(as_long_as_there_is_no_peer_frames_are_counted)
{
	add_path(_i == 1);
	for (unsigned i = 0; i < 10; i++)
		kind_say(60, i);
	kind_later(10 * LOOK_MS);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 10);
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

/* A QEMU that was killed, and started again: its file is left, then replaced. */
START_TEST(a_peer_that_is_started_again_is_found)
{
	static uint8_t frame[100];
	int peer = -1;

	add_path(true);
	for (unsigned round = 0; round < 3; round++) {
		peer = bind_peer(theirs);
		kind_later(LOOK_MS);
		kind_say(100, round);
		expect_frame(peer, 100, round);
		rig_fill(frame, sizeof(frame), 0, 2, round);
		ck_assert_int_gt(send_to_port(peer, frame, sizeof(frame)), 0);
		kind_hear(frame, sizeof(frame));
		close(peer);
		if (round == 1) {
			kind_say(60, 7); /* noticed by its refusal */
			ck_assert(rig_port(&rig, "p")->no_carrier);
			ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
		}
	}
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

/* What was learned from a peer that has gone must not lead frames there. */
START_TEST(addresses_of_a_peer_that_has_gone_are_forgotten)
{
	uint8_t to_peer[60];
	int peer;

	add_path(true);
	peer = bind_peer(theirs);
	kind_later(LOOK_MS);
	rig_fill(to_peer, sizeof(to_peer), 0, 2, 1);
	ck_assert_int_gt(send_to_port(peer, to_peer, sizeof(to_peer)), 0);
	kind_hear(to_peer, sizeof(to_peer));
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 1);
	close(peer);
	rig_fill(to_peer, sizeof(to_peer), 2, 1, 1);
	dummy_inject(watch, to_peer, sizeof(to_peer));
	/* all that is left is who asked */
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
}
END_TEST

/* One that never reads fills its few places; then it dies, and the next one
 * must not inherit the wait. */
START_TEST(a_stuck_peer_that_is_replaced_does_not_leave_the_port_stuck)
{
	int stuck, next;

	add_path(true);
	stuck = bind_peer(theirs);
	kind_later(LOOK_MS);
	for (unsigned i = 0; i < 600; i++)
		kind_say(60, i);
	rig_settle(&rig);
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	next = bind_peer(theirs);
	kind_later(LOOK_MS);
	RIG_UNTIL(&rig, rig_readable(next));
	close(stuck);
	close(next);
}
END_TEST

START_TEST(the_peer_may_be_whoever_speaks_first)
{
	static uint8_t frame[100];
	int peer = -1;

	add_path(false);
	for (unsigned round = 0; round < 3; round++) {
		char want[256];

		snprintf(theirs, sizeof(theirs), "%s/other%u", rig.top, round);
		snprintf(want, sizeof(want), "{'remote':'%s'}", theirs);
		peer = bind_peer(theirs);
		rig_fill(frame, sizeof(frame), 0, 2, round);
		ck_assert_int_gt(send_to_port(peer, frame, sizeof(frame)), 0);
		kind_hear(frame, sizeof(frame));
		kind_say(100, round);
		expect_frame(peer, 100, round);
		ck_assert(kind_shows(rig_port(&rig, "p"), want));
		close(peer);
		unlink(theirs);
		kind_later(LOOK_MS);
		ck_assert(rig_port(&rig, "p")->no_carrier);
	}
}
END_TEST

START_TEST(one_that_is_not_bound_can_only_send)
{
	int peer = socket(AF_UNIX, SOCK_DGRAM, 0);
	uint8_t frame[60];

	add_path(false);
	rig_fill(frame, sizeof(frame), 0, 2, 1);
	ck_assert_int_gt(send_to_port(peer, frame, sizeof(frame)), 0);
	kind_hear(frame, sizeof(frame));
	kind_say(60, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	close(peer);
}
END_TEST

START_TEST(a_path_that_is_in_use_is_refused_and_a_stale_one_replaced)
{
	char params[256];
	int other;

	snprintf(ours, sizeof(ours), "%s/p.sock", rig.top);
	snprintf(params, sizeof(params), "{'path':'%s'}", ours);
	other = bind_peer(ours);
	kind_refuse("dgram", params, -1, "p.sock");
	close(other);
	kind_add("dgram", params, -1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_crosses_whole_both_ways, UNIT_ROWS(crossing) },
		{ and_by_seqpacket, UNIT_ROWS(crossing) },
		{ a_frame_of_a_bad_length_is_counted_and_the_next_one_passes,
		  UNIT_ROWS(dropped) },
		{ an_empty_datagram_means_nothing, UNIT_ROWS(types) },
		{ a_slow_reader_gets_what_was_queued, 0 },
		{ a_port_that_is_paused_leaves_frames_in_its_socket, 0 },
		{ a_peer_that_closes_ends_the_port, UNIT_ROWS(types) },
		{ the_next_switch_goes_on_with_the_same_socket, 0 },
		{ who_made_the_socket_is_known, 0 },
		{ what_cannot_be_used_is_refused_with_the_reason,
		  UNIT_ROWS(unusable) },
		{ the_socket_is_for_its_owner_and_goes_with_the_port, 0 },
		{ a_peer_may_come_before_or_after_the_port, 2 },
		{ as_long_as_there_is_no_peer_frames_are_counted, 2 },
		{ a_peer_that_is_started_again_is_found, 0 },
		{ addresses_of_a_peer_that_has_gone_are_forgotten, 0 },
		{ a_stuck_peer_that_is_replaced_does_not_leave_the_port_stuck,
		  0 },
		{ the_peer_may_be_whoever_speaks_first, 0 },
		{ one_that_is_not_bound_can_only_send, 0 },
		{ a_path_that_is_in_use_is_refused_and_a_stale_one_replaced,
		  0 },
		{ NULL, 0 },
	};

	return unit_run("port_dgram", tests, kind_setup, kind_teardown);
}
