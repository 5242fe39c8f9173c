/* Who waits for whom, for how long, and who does not. */
#include "switch/backpressure.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 6, PAUSE_NS = BACKPRESSURE_PAUSE_NS };

static struct rig rig;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
}

static void
teardown(void)
{
	rig_fini(&rig);
}

static bool
waits(size_t i)
{
	return dummy_is_paused(rig.ports[i]);
}

/* So many frames from station @from to station @to. */
static void
send_n(size_t from, size_t to, size_t n)
{
	for (; n >= FRAME_BATCH; n -= FRAME_BATCH)
		rig_send_batch(&rig, from, (uint8_t)to, (uint8_t)from, 60,
			       FRAME_BATCH);
	if (n > 0)
		rig_send_batch(&rig, from, (uint8_t)to, (uint8_t)from, 60, n);
}

/* Nobody reads at port @i: its socket is full after the first frame. */
static void
stop_reading(size_t i)
{
	dummy_set_credit(rig.ports[i], 0);
}

static void
read_frames(size_t i, size_t n)
{
	dummy_set_credit(rig.ports[i], n);
	rig_assert_books(&rig);
}

/* Port @from waits for port @to. */
static void
make_wait(size_t from, size_t to)
{
	stop_reading(to);
	while (!waits(from))
		send_n(from, to, 1);
}

static void
pass_ns(uint64_t ns)
{
	clock_advance(rig.clock, ns);
	rig_assert_books(&rig);
}

/* ---- when ---- */

START_TEST(who_sends_waits_once_64_frames_pile_up)
{
	stop_reading(1);
	send_n(0, 1, BACKPRESSURE_FRAMES - 1);
	ck_assert(!waits(0));
	send_n(0, 1, 1);
	ck_assert(waits(0));
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 1);
}
END_TEST

START_TEST(a_few_large_frames_are_a_pile_too)
{
	stop_reading(1);
	rig_send(&rig, 0, 1, 0, BACKPRESSURE_BYTES / 2);
	rig_send(&rig, 0, 1, 0, BACKPRESSURE_BYTES / 2 - 1);
	rig_send(&rig, 0, 1, 0, 0); /* a runt: nothing new in the queue */
	ck_assert(!waits(0));
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert(waits(0));
}
END_TEST

START_TEST(a_burst_within_a_turn_stops_nobody)
{
	send_n(0, 1, FRAME_BATCH);
	send_n(0, 1, FRAME_BATCH);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), 2 * FRAME_BATCH);
}
END_TEST

/* The first finds out that the socket is full, the second that it still is. */
START_TEST(two_full_turns_to_a_full_socket_find_room)
{
	stop_reading(1);
	for (int turn = 0; turn < 2; turn++) {
		ck_assert(!waits(0));
		port_turn_begin(rig.ports[0]);
		for (int n = 0; n < PORT_TURN_FRAMES && !waits(0);
		     n += FRAME_BATCH)
			send_n(0, 1, FRAME_BATCH);
		port_turn_end(rig.ports[0]);
	}
	ck_assert(waits(0));
	read_frames(1, SIZE_MAX);
	ck_assert_uint_eq(rig.ports[1]->counters.tx_drops[DROP_QUEUE_FULL], 0);
}
END_TEST

START_TEST(floods_make_nobody_wait)
{
	stop_reading(1);
	for (int i = 0; i < 20; i++) {
		rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, FRAME_BATCH);
		rig_send_batch(&rig, 0, 99, 0, 60, FRAME_BATCH); /* unknown */
	}
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 0);
}
END_TEST

START_TEST(who_cannot_be_stopped_is_not)
{
	struct port_kind kind = port_kind_dummy;
	struct port *port;
	uint8_t data[60];

	kind.pause = NULL;
	port = switch_add_port(rig.segment, &kind, "x", PORT_MTU_DEFAULT, NULL,
			       -1, NULL);
	ck_assert_ptr_nonnull(port);
	stop_reading(1);
	rig_fill(data, sizeof(data), 1, 50);
	for (int i = 0; i < PORT_QUEUE_FRAMES + 10; i++)
		dummy_inject(port, data, sizeof(data));
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 10);
	switch_remove_port(port, "a test says so");
}
END_TEST

/* ---- how long ---- */

START_TEST(a_pause_ends_with_the_last_frame_and_not_before)
{
	make_wait(0, 1);
	read_frames(1, BACKPRESSURE_FRAMES - 1);
	ck_assert(waits(0));
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(0));
	ck_assert_uint_eq(rig_sent(&rig, 1), BACKPRESSURE_FRAMES);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}
END_TEST

START_TEST(nobody_waits_for_longer_than_the_time_allowed)
{
	make_wait(0, 1);
	pass_ns(PAUSE_NS - 1);
	ck_assert(waits(0));
	pass_ns(1);
	ck_assert(!waits(0));
}
END_TEST

/* The timer is set for the first; each has all of his time nevertheless. */
START_TEST(each_has_a_time_of_his_own)
{
	make_wait(0, 1);
	pass_ns(PAUSE_NS / 2);
	make_wait(2, 3);
	pass_ns(PAUSE_NS / 2);
	ck_assert(!waits(0));
	ck_assert(waits(2));
	pass_ns(PAUSE_NS / 2 - 1);
	ck_assert(waits(2));
	pass_ns(1);
	ck_assert(!waits(2));
}
END_TEST

START_TEST(a_pause_after_a_short_one_is_not_cut_short)
{
	make_wait(0, 1);
	pass_ns(PAUSE_NS / 2);
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(0));
	make_wait(0, 1);
	pass_ns(PAUSE_NS - 1);
	ck_assert(waits(0));
	pass_ns(1);
	ck_assert(!waits(0));
}
END_TEST

START_TEST(all_who_wait_for_one_go_on_together)
{
	make_wait(0, 1);
	make_wait(2, 1);
	make_wait(3, 1);
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(0) && !waits(2) && !waits(3));
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}
END_TEST

START_TEST(a_time_out_of_one_frees_all_who_wait_for_the_same)
{
	make_wait(0, 1);
	pass_ns(PAUSE_NS - 1);
	make_wait(2, 1);
	pass_ns(1);
	ck_assert(!waits(0) && !waits(2));
}
END_TEST

/* ---- slow ---- */

/* A new time-out: it must be ready to make others wait. */
static void
time_out(size_t from, size_t to)
{
	make_wait(from, to);
	pass_ns(PAUSE_NS);
	ck_assert(!waits(from));
}

START_TEST(who_never_reads_makes_nobody_wait_again)
{
	size_t n_pauses;

	time_out(0, 1);
	n_pauses = dummy_n_pauses(rig.ports[0]);
	for (int i = 0; i < 100; i++) {
		send_n(0, 1, FRAME_BATCH);
		send_n(2, 1, FRAME_BATCH);
		pass_ns(1000 * NS_PER_MS);
	}
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), n_pauses);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[2]), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL),
			  200 * FRAME_BATCH + BACKPRESSURE_FRAMES -
			      PORT_QUEUE_FRAMES);
}
END_TEST

START_TEST(who_has_been_slow_makes_others_wait_once_all_is_sent)
{
	time_out(0, 1);
	read_frames(1, BACKPRESSURE_FRAMES - 1); /* not quite all */
	stop_reading(1);
	send_n(0, 1, FRAME_BATCH);
	send_n(0, 1, 1);
	ck_assert(!waits(0));
	read_frames(1, SIZE_MAX);
	stop_reading(1);
	send_n(0, 1, FRAME_BATCH);
	send_n(0, 1, 1);
	ck_assert(waits(0));
}
END_TEST

START_TEST(a_while_alone_does_not_make_it_fast)
{
	time_out(0, 1);
	read_frames(1, BACKPRESSURE_FRAMES - 1);
	pass_ns(1000 * NS_PER_MS);
	send_n(0, 1, FRAME_BATCH);
	ck_assert(!waits(0));
}
END_TEST

START_TEST(what_was_read_before_the_pause_is_queued_then_dropped)
{
	make_wait(0, 1);
	send_n(0, 1, PORT_QUEUE_FRAMES - BACKPRESSURE_FRAMES);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	send_n(0, 1, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 1);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 1);
}
END_TEST

/* ---- who waits for whom ---- */

START_TEST(no_two_ports_wait_for_each_other)
{
	make_wait(0, 1);
	stop_reading(0);
	send_n(1, 0, 2 * FRAME_BATCH);
	ck_assert(waits(0) && !waits(1));
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(0));
	send_n(1, 0, 1);
	ck_assert(waits(1));
}
END_TEST

START_TEST(nobody_waits_for_one_who_waits)
{
	make_wait(1, 2);
	stop_reading(1);
	send_n(0, 1, 2 * FRAME_BATCH);
	ck_assert(waits(1) && !waits(0));
	read_frames(2, SIZE_MAX);
	send_n(0, 1, 1);
	ck_assert(waits(0) && !waits(1));
}
END_TEST

START_TEST(one_waits_for_one_at_a_time)
{
	make_wait(0, 1);
	stop_reading(2);
	send_n(0, 2, FRAME_BATCH);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 1);
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(0));
	send_n(0, 2, 1);
	ck_assert(waits(0));
	read_frames(2, SIZE_MAX);
	ck_assert(!waits(0));
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}
END_TEST

START_TEST(a_stalled_port_costs_others_one_pause)
{
	stop_reading(1);
	for (int i = 0; i < 50; i++) {
		send_n(0, 1, FRAME_BATCH);
		send_n(2, 3, FRAME_BATCH);
		send_n(0, 4, FRAME_BATCH);
		pass_ns(NS_PER_MS);
	}
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[0]), 1);
	ck_assert_uint_eq(dummy_n_pauses(rig.ports[2]), 0);
	ck_assert_uint_eq(rig_sent(&rig, 3), 50 * FRAME_BATCH);
	ck_assert_uint_eq(rig_sent(&rig, 4), 50 * FRAME_BATCH);
}
END_TEST

/* ---- the end of either ---- */

START_TEST(who_waits_for_a_port_that_goes_goes_on)
{
	make_wait(0, 1);
	rig_remove(&rig, 1);
	ck_assert(!waits(0));
	pass_ns(10 * PAUSE_NS);
}
END_TEST

START_TEST(a_port_may_go_while_it_waits)
{
	make_wait(0, 1);
	make_wait(2, 1);
	rig_remove(&rig, 0);
	ck_assert(waits(2));
	read_frames(1, SIZE_MAX);
	ck_assert(!waits(2));
	pass_ns(10 * PAUSE_NS);
}
END_TEST

/* Gone, but not yet removed by the loop. */
START_TEST(the_end_is_the_end_at_once)
{
	make_wait(0, 1);
	make_wait(2, 3);
	port_gone(rig.ports[1], "a test says so");
	port_gone(rig.ports[2], "a test says so");
	ck_assert(!waits(0));
	send_n(0, 3, 2 * FRAME_BATCH);
	ck_assert(waits(0)); /* for the other */
	pass_ns(PAUSE_NS);
	ck_assert(!waits(0));
	ck_assert(waits(2)); /* nobody reads it again */
	rig_loop(&rig);
	rig.ports[1] = rig.ports[2] = NULL;
}
END_TEST

START_TEST(nobody_waits_for_a_port_that_is_gone)
{
	stop_reading(1);
	send_n(0, 1, BACKPRESSURE_FRAMES - 1);
	port_gone(rig.ports[1], "a test says so");
	send_n(0, 1, FRAME_BATCH);
	ck_assert(!waits(0));
	rig_loop(&rig);
	rig.ports[1] = NULL;
}
END_TEST

START_TEST(a_switch_may_end_while_ports_wait)
{
	make_wait(0, 1);
	make_wait(2, 3);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ who_sends_waits_once_64_frames_pile_up, 0 },
		{ a_few_large_frames_are_a_pile_too, 0 },
		{ a_burst_within_a_turn_stops_nobody, 0 },
		{ two_full_turns_to_a_full_socket_find_room, 0 },
		{ floods_make_nobody_wait, 0 },
		{ who_cannot_be_stopped_is_not, 0 },
		{ a_pause_ends_with_the_last_frame_and_not_before, 0 },
		{ nobody_waits_for_longer_than_the_time_allowed, 0 },
		{ each_has_a_time_of_his_own, 0 },
		{ a_pause_after_a_short_one_is_not_cut_short, 0 },
		{ all_who_wait_for_one_go_on_together, 0 },
		{ a_time_out_of_one_frees_all_who_wait_for_the_same, 0 },
		{ who_never_reads_makes_nobody_wait_again, 0 },
		{ who_has_been_slow_makes_others_wait_once_all_is_sent, 0 },
		{ a_while_alone_does_not_make_it_fast, 0 },
		{ what_was_read_before_the_pause_is_queued_then_dropped, 0 },
		{ no_two_ports_wait_for_each_other, 0 },
		{ nobody_waits_for_one_who_waits, 0 },
		{ one_waits_for_one_at_a_time, 0 },
		{ a_stalled_port_costs_others_one_pause, 0 },
		{ who_waits_for_a_port_that_goes_goes_on, 0 },
		{ a_port_may_go_while_it_waits, 0 },
		{ the_end_is_the_end_at_once, 0 },
		{ nobody_waits_for_a_port_that_is_gone, 0 },
		{ a_switch_may_end_while_ports_wait, 0 },
		{ NULL, 0 },
	};

	return unit_run("backpressure", tests, setup, teardown);
}
