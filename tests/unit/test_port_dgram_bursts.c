/* What a dgram port takes in one wake-up, and in which order. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/kind-rig.h"

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

START_TEST(bursts_keep_their_order)
{
	static uint8_t frame[9000];
	int peer = add_pair(SOCK_DGRAM);
	unsigned n_sent = 0, n_seen = 0;

	for (unsigned burst = 1; burst <= 100; burst++) {
		for (unsigned i = 0; i < burst % 97; i++) {
			size_t len =
			    n_sent % 41 == 40 ? 9000 : 60 + n_sent % 99;

			rig_fill(frame, len, 0, 2, n_sent++);
			ck_assert_int_gt(send(peer, frame, len, 0), 0);
		}
		while (n_seen < n_sent) {
			size_t len =
			    n_seen % 41 == 40 ? 9000 : 60 + n_seen % 99;

			rig_fill(frame, len, 0, 2, n_seen++);
			kind_hear(frame, len);
		}
	}
	close(peer);
}
END_TEST

/* As many frames as there is room for, @max at most. */
static void
fill(int peer, size_t len, unsigned max)
{
	static uint8_t frame[FRAME_LEN_MAX];

	rig_fill(frame, len, 0, 2, 1);
	for (unsigned i = 0; i < max; i++) {
		if (send(peer, frame, len, MSG_DONTWAIT) < 0)
			return;
	}
}

/* What comes in one turn of the loop. */
static size_t
hear_turn(size_t len)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t n;

	rig_fill(frame, len, 0, 2, 1);
	ck_assert(rig_turn(&rig));
	n = kind_n_heard();
	for (size_t i = 0; i < n; i++)
		kind_hear(frame, len);
	return n;
}

START_TEST(a_wake_up_takes_more_where_more_keep_coming)
{
	int peer = add_pair(types[_i]);
	size_t n = 0, longest = 0;

	fill(peer, 60, 10);
	ck_assert_uint_eq(hear_turn(60), 1);
	for (unsigned turn = 0; turn < 50; turn++) {
		fill(peer, 60, FRAME_BATCH);
		n = hear_turn(60);
		ck_assert_uint_le(n, FRAME_BATCH);
		longest = n > longest ? n : longest;
	}
	ck_assert_uint_eq(longest, FRAME_BATCH);
	RIG_UNTIL(&rig, hear_turn(60) == 0);
	fill(peer, 60, 1);
	ck_assert_uint_eq(hear_turn(60), 1);
	fill(peer, 60, 10);
	ck_assert_uint_eq(hear_turn(60), 1);
	RIG_UNTIL(&rig, hear_turn(60) == 0);
	close(peer);
}
END_TEST

/* The queues of others must have room for what one wake-up brings. */
START_TEST(a_wake_up_takes_few_of_the_largest_frames)
{
	int peer = add_pair(SOCK_DGRAM), size = 4 * 1024 * 1024;

	(void)setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (unsigned turn = 0; turn < 60; turn++) {
		fill(peer, FRAME_LEN_MAX, 64);
		ck_assert_uint_le(hear_turn(FRAME_LEN_MAX), 4);
	}
	RIG_UNTIL(&rig, hear_turn(FRAME_LEN_MAX) == 0);
	close(peer);
}
END_TEST

START_TEST(what_was_sent_before_the_end_comes)
{
	int peer = add_pair(SOCK_SEQPACKET);
	uint8_t frame[60];
	/* The end is met alone, and behind others in one batch. */
	const unsigned n = _i == 0 ? 1 : 150;

	for (unsigned i = 0; i < n; i++) {
		rig_fill(frame, sizeof(frame), 0, 2, i);
		ck_assert_int_gt(send(peer, frame, sizeof(frame), 0), 0);
	}
	close(peer);
	for (unsigned i = 0; i < n; i++) {
		rig_fill(frame, sizeof(frame), 0, 2, i);
		kind_hear(frame, sizeof(frame));
	}
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason, "the peer closed its socket");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ bursts_keep_their_order, 0 },
		{ a_wake_up_takes_more_where_more_keep_coming,
		  UNIT_ROWS(types) },
		{ a_wake_up_takes_few_of_the_largest_frames, 0 },
		{ what_was_sent_before_the_end_comes, 2 },
		{ NULL, 0 },
	};

	return unit_run("port_dgram_bursts", tests, kind_setup, kind_teardown);
}
