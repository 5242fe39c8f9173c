#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "switch/ports/port-provider.h"
#include "tests/unit/stream-rig.h"

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
		send_frame(&alice, frame, len);
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
		if (take(&bob, 777) == 0)
			ck_assert(rig_turn(&rig));
		if (bob.n_in < STREAM_HEADER_LEN + len)
			continue;
		ck_assert_uint_eq(next_frame(&bob, got), len);
		memcpy(&number, got + 14, sizeof(number));
		ck_assert_uint_ge(number, next);
		next = number + 1;
		rig_fill(want, len, 0, 1, number);
		memcpy(want + 14, &number, sizeof(number));
		ck_assert_int_eq(memcmp(got, want, len), 0);
		n_got++;
	}
	rig_settle(&rig);
	ck_assert(!has_frame(&bob));
	/* and it has not lost its place */
	rig_fill(want, 60, 0, 1, 1);
	send_frame(&alice, want, 60);
	expect_frame(&bob, want, 60);
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

	peer_close(&bob);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
	    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
	    0);
	ck_assert_msg(switch_add_port(rig.segment, &port_kind_stream, NULL,
				      PORT_MTU_DEFAULT, NULL, ends[0],
				      &err) != NULL,
		      "%s", err.text);
	c.fd = ends[1];
	for (unsigned i = 0; i < 10; i++) {
		size_t len = 20000 + i * 5000;

		rig_fill(frame, len, 0, 1, i);
		send_frame(&alice, frame, len);
		rig_settle(&rig);
		segment_read_stats(rig.segment, &stats);
		ck_assert(segment_stats_balance(&stats));
		ck_assert_uint_eq(stats.queued, 1);
		ck_assert_uint_eq(stats.tx, i);
		expect_frame(&c, frame, len);
	}
	send_frame(&alice, frame, 60000);
	rig_settle(&rig);
	peer_close(&c); /* in the middle of one */
	RIG_UNTIL(&rig, rig.n_removed == 2);
}
END_TEST

/* ---- peers that are made to wait ---- */

enum { TRAIN_BYTES = 4 * 1024 * 1024 };

struct train {
	uint8_t *wire; /* frames to B, one behind the other, owned */
	size_t len, n_frames;
	size_t sent; /* octets */
};

static struct train
make_train(size_t frame_len)
{
	size_t size = STREAM_HEADER_LEN + frame_len;
	struct train t = { .n_frames = TRAIN_BYTES / size };

	t.len = t.n_frames * size;
	t.wire = malloc(t.len);
	ck_assert_ptr_nonnull(t.wire);
	for (size_t i = 0; i < t.n_frames; i++) {
		stream_proto_put(t.wire + i * size, (uint32_t)frame_len);
		rig_fill(t.wire + i * size + STREAM_HEADER_LEN, frame_len, 2, 1,
			 (unsigned)i);
	}
	return t;
}

/* As much of it as A's socket takes. */
static void
push(struct train *t)
{
	ssize_t n;

	do {
		n = send(alice.fd, t->wire + t->sent, t->len - t->sent,
			 MSG_DONTWAIT);
		t->sent += n > 0 ? (size_t)n : 0;
	} while (n > 0 && t->sent < t->len);
}

static void
learn_both(void)
{
	uint8_t frame[60];

	rig_fill(frame, sizeof(frame), 0, 1, 0);
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&bob, frame, sizeof(frame));
	rig_fill(frame, sizeof(frame), 1, 2, 0);
	send_frame(&bob, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
}

/* B does not read, so A cannot write, for a moment. */
static void
push_until_stopped(struct train *t)
{
	do {
		push(t);
		rig_settle(&rig);
	} while (rig_writable(alice.fd));
	ck_assert_uint_lt(t->sent, t->len);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}

static const size_t waiting[] = { 60, 1514, 9000, 65550 };

START_TEST(who_sends_more_than_another_reads_waits_and_nothing_is_lost)
{
	static uint8_t want[FRAME_LEN_MAX];
	size_t len = waiting[_i];
	struct train t = make_train(len);

	learn_both();
	push_until_stopped(&t);
	for (size_t i = 0; i < t.n_frames; i++) {
		push(&t);
		rig_fill(want, len, 2, 1, (unsigned)i);
		expect_frame(&bob, want, len);
	}
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	free(t.wire);
}
END_TEST

START_TEST(nobody_waits_for_a_peer_that_does_not_read_at_all)
{
	struct train t = make_train(60);

	learn_both();
	push_until_stopped(&t);
	clock_advance(rig.clock, BACKPRESSURE_PAUSE_NS - 1);
	rig_settle(&rig);
	ck_assert(!rig_writable(alice.fd));
	clock_advance(rig.clock, 1);
	RIG_UNTIL(&rig, (push(&t), t.sent == t.len));
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	free(t.wire);
}
END_TEST

START_TEST(who_closes_while_it_waits_has_sent_all_the_same)
{
	static uint8_t want[60];
	struct train t = make_train(sizeof(want));
	size_t n_whole;

	learn_both();
	push_until_stopped(&t);
	n_whole = t.sent / (STREAM_HEADER_LEN + sizeof(want));
	peer_close(&alice);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.n_removed, 0);
	for (size_t i = 0; i < n_whole; i++) {
		rig_fill(want, sizeof(want), 2, 1, (unsigned)i);
		expect_frame(&bob, want, sizeof(want));
	}
	RIG_UNTIL(&rig, rig.n_removed == 1);
	free(t.wire);
}
END_TEST

START_TEST(a_port_may_be_removed_while_it_waits)
{
	struct train t = make_train(60);

	learn_both();
	push_until_stopped(&t);
	switch_remove_port(rig_port(&rig, "stream0"), "a test says so");
	rig_settle(&rig);
	free(t.wire);
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
	expect_frame(&alice, frame, sizeof(frame));
	for (unsigned i = 0; i < 3000; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i); /* B never reads */
		send_frame(&alice, frame, sizeof(frame));
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
	peer_close(&bob);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	segment_read_stats(rig.segment, &stats);
	ck_assert(segment_stats_balance(&stats));
	ck_assert_uint_eq(stats.queued, 0);
}
END_TEST

START_TEST(frames_for_a_deaf_peer_are_counted_while_its_own_still_enter)
{
	uint8_t frame[60];

	ck_assert_int_eq(shutdown(bob.fd, SHUT_RD), 0);
	rig_fill(frame, sizeof(frame), 0, 1, 1);
	send_frame(&alice, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig_drops(&rig, DROP_SEND_ERROR) == 1);
	rig_fill(frame, sizeof(frame), 0, 2, 1);
	send_frame(&bob, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(what_a_peer_sent_before_it_closed_is_delivered)
{
	uint8_t frame[60];

	for (unsigned i = 0; i < 100; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&alice, frame, sizeof(frame));
	}
	write_all(&alice, "\0\0\0\100half", 8); /* and half of another */
	peer_close(&alice);
	for (unsigned i = 0; i < 100; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		expect_frame(&bob, frame, sizeof(frame));
	}
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_ptr_nonnull(strstr(rig.last_reason, "connection ended"));
	ck_assert(!has_frame(&bob));
}
END_TEST

/* ---- a pool that is too small ---- */

/* One turn, with time passing; B reads if @reading.
 * Return: octets of @wire that A could send. */
static size_t
pump(const uint8_t *wire, size_t len, bool reading)
{
	ssize_t n = send(alice.fd, wire, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	ck_assert(rig_turn(&rig));
	clock_advance(rig.clock, NS_PER_MS);
	while (reading && take(&bob, SIZE_MAX) > 0)
		bob.n_in = 0;
	return n > 0 ? (size_t)n : 0;
}

START_TEST(an_exhausted_pool_makes_a_peer_wait_and_recovers)
{
	static uint8_t wire[STREAM_HEADER_LEN + 9000];
	uint8_t marker[60];
	size_t done = 0;
	unsigned n_stuck = 0;

	stream_teardown();
	rig_up(&rig, 600 * 1024);
	peer_open(&alice);
	peer_open(&bob);
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
	send_frame(&alice, marker, sizeof(marker));
	expect_frame(&bob, marker, sizeof(marker));
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_slow_reader_loses_frames_but_no_part_of_one,
		  UNIT_ROWS(flooding) },
		{ who_sends_more_than_another_reads_waits_and_nothing_is_lost,
		  UNIT_ROWS(waiting) },
		{ nobody_waits_for_a_peer_that_does_not_read_at_all, 0 },
		{ who_closes_while_it_waits_has_sent_all_the_same, 0 },
		{ a_port_may_be_removed_while_it_waits, 0 },
		{ a_slow_reader_does_not_hold_up_others, 0 },
		{ a_port_may_end_with_half_a_frame_waiting, 0 },
		{ frames_for_a_deaf_peer_are_counted_while_its_own_still_enter,
		  0 },
		{ what_a_peer_sent_before_it_closed_is_delivered, 0 },
		{ a_frame_may_leave_in_many_pieces, 0 },
		{ an_exhausted_pool_makes_a_peer_wait_and_recovers, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_stream_slow", tests, stream_setup,
			stream_teardown);
}
