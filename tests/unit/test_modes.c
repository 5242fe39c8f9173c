/* What the modes of a segment change, and the states of the spanning tree. */
#include "switch/forward.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/mac.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 4 };
static struct rig rig;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
}

static void
teardown(void)
{
	rig_fini(&rig);
}

static void
assert_sent(size_t a, size_t b, size_t c, size_t d)
{
	ck_assert_uint_eq(rig_sent(&rig, 0), a);
	ck_assert_uint_eq(rig_sent(&rig, 1), b);
	ck_assert_uint_eq(rig_sent(&rig, 2), c);
	ck_assert_uint_eq(rig_sent(&rig, 3), d);
}

/* A frame to 01:80:c2:00:00:@last comes in by port @in. */
static void
send_reserved(size_t in, uint8_t last)
{
	uint8_t data[60];

	rig_fill(data, sizeof(data), 0, 9);
	memcpy(data, (uint8_t[]){ 0x01, 0x80, 0xc2, 0, 0, last }, MAC_LEN);
	dummy_inject(rig.ports[in], data, sizeof(data));
	rig_assert_books(&rig);
}

/* ---- modes ---- */

START_TEST(a_hub_sends_every_frame_once_to_everybody_else)
{
	rig_learn_all(&rig);
	segment_set_mode(rig.segment, SEGMENT_HUB);
	for (size_t i = 0; i < N_PORTS; i++)
		rig_send(&rig, i, (uint8_t)((i + 1) % N_PORTS), (uint8_t)i, 60);
	assert_sent(3, 3, 3, 3);
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 0);
}
END_TEST

START_TEST(a_hub_that_becomes_a_bridge_learns_anew)
{
	segment_set_mode(rig.segment, SEGMENT_HUB);
	rig_learn_all(&rig);
	segment_set_mode(rig.segment, SEGMENT_BRIDGE);
	rig_send(&rig, 0, 1, 0, 60);
	assert_sent(0, 1, 1, 1);
	rig_send(&rig, 1, 0, 1, 60);
	assert_sent(1, 1, 1, 1);
}
END_TEST

START_TEST(setting_the_mode_it_has_forgets_nothing)
{
	rig_learn_all(&rig);
	segment_set_mode(rig.segment, SEGMENT_BRIDGE);
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), N_PORTS);
}
END_TEST

/* ---- reserved groups ---- */

static const struct {
	enum segment_mode mode;
	uint8_t last; /* octet of the address */
	bool crosses;
} reserved[] = {
	{ SEGMENT_BRIDGE, 0x00, true }, { SEGMENT_BRIDGE, 0x0f, true },
	{ SEGMENT_HUB, 0x00, true },	{ SEGMENT_HUB, 0x0f, true },
	{ SEGMENT_8021Q, 0x00, false }, { SEGMENT_8021Q, 0x02, false },
	{ SEGMENT_8021Q, 0x0f, false }, { SEGMENT_8021Q, 0x10, true },
};

START_TEST(reserved_groups_stay_local_in_8021q_mode_alone)
{
	bool crosses = reserved[_i].crosses;

	segment_set_mode(rig.segment, reserved[_i].mode);
	send_reserved(0, reserved[_i].last);
	assert_sent(0, crosses, crosses, crosses);
	ck_assert_uint_eq(rig_drops(&rig, DROP_LINK_LOCAL), !crosses);
}
END_TEST

/* ---- the spanning tree's side ---- */

static size_t n_bpdus;

static void
on_bpdu(struct port *in, const struct frame *frame, uint64_t now_ns, void *arg)
{
	ck_assert_ptr_eq(in, rig.ports[2]);
	ck_assert_uint_eq(frame->len, 60);
	ck_assert_uint_eq(now_ns, RIG_START_MS * NS_PER_MS);
	ck_assert_ptr_eq(arg, &rig);
	n_bpdus++;
}

START_TEST(bpdus_go_to_who_asked_for_them_in_any_mode_and_state)
{
	segment_set_mode(rig.segment, (enum segment_mode)_i);
	segment_trap_bpdus(rig.segment, on_bpdu, &rig);
	n_bpdus = 0;
	for (int s = 0; s < N_STP_STATES; s++) {
		rig.ports[2]->stp_state = (enum stp_state)s;
		send_reserved(2, 0);
	}
	ck_assert_uint_eq(n_bpdus, N_STP_STATES);
	ck_assert_uint_eq(rig_drops(&rig, DROP_LINK_LOCAL), N_STP_STATES);
	assert_sent(0, 0, 0, 0);
}
END_TEST

static void
block_port_1(struct port *in, const struct frame *frame, uint64_t now_ns,
	     void *arg)
{
	(void)in;
	(void)frame;
	(void)now_ns;
	(void)arg;
	rig.ports[1]->stp_state = STP_DISCARDING;
	fdb_flush(rig.segment->fdb);
}

START_TEST(a_bpdu_in_a_batch_counts_for_the_frames_behind_it)
{
	struct frame *frames[3];
	uint8_t data[3][60];

	rig_learn_all(&rig);
	segment_trap_bpdus(rig.segment, block_port_1, NULL);
	rig_fill(data[0], 60, 3, 0);
	rig_fill(data[1], 60, 3, 0);
	memcpy(data[1], (uint8_t[]){ 0x01, 0x80, 0xc2, 0, 0, 0 }, MAC_LEN);
	rig_fill(data[2], 60, 3, 0);
	for (int i = 0; i < 3; i++) {
		frames[i] = frame_alloc(rig.sw->lane->pool, 60);
		frames[i]->len = 60;
		memcpy(frames[i]->data, data[i], 60);
	}
	port_input(rig.ports[0], frames, 3);
	rig_assert_books(&rig);
	assert_sent(0, 0, 1, 2); /* known; unknown, but not to port 1 */
}
END_TEST

static void
end_trapping(struct port *in, const struct frame *frame, uint64_t now_ns,
	     void *arg)
{
	(void)frame;
	(void)now_ns;
	(void)arg;
	segment_trap_bpdus(in->segment, NULL, NULL);
}

START_TEST(the_last_bpdu_that_is_trapped_may_be_in_the_middle_of_a_batch)
{
	uint8_t data[60];

	segment_trap_bpdus(rig.segment, end_trapping, NULL);
	rig_fill(data, sizeof(data), 0, 9);
	memcpy(data, (uint8_t[]){ 0x01, 0x80, 0xc2, 0, 0, 0 }, MAC_LEN);
	dummy_inject_batch(rig.ports[0], data, sizeof(data), 3);
	rig_assert_books(&rig);
	assert_sent(0, 2, 2, 2);
	ck_assert_uint_eq(rig_drops(&rig, DROP_LINK_LOCAL), 1);
}
END_TEST

/* What a port in a state still does. */
static const struct {
	enum stp_state state;
	bool learns, forwards;
} states[] = {
	{ STP_FORWARDING, true, true },
	{ STP_LEARNING, true, false },
	{ STP_DISCARDING, false, false },
};

START_TEST(what_comes_in_is_learned_and_forwarded_as_the_state_says)
{
	rig.ports[0]->stp_state = states[_i].state;
	rig_send(&rig, 0, 9, 0, 60);
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), states[_i].learns);
	assert_sent(0, states[_i].forwards, states[_i].forwards,
		    states[_i].forwards);
	ck_assert_uint_eq(rig.ports[0]->counters.rx_drops[DROP_STP],
			  !states[_i].forwards);
}
END_TEST

START_TEST(nothing_leaves_by_a_port_that_does_not_forward)
{
	bool forwards = states[_i].forwards;

	rig_learn_all(&rig);
	rig.ports[1]->stp_state = states[_i].state;
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	assert_sent(0, forwards, 1, 1);
	rig_send(&rig, 0, 1, 0, 60);
	assert_sent(0, 2 * forwards, 1, 1);
	ck_assert_uint_eq(rig.ports[1]->counters.tx_drops[DROP_STP], !forwards);
}
END_TEST

START_TEST(a_flood_that_no_port_may_send_has_no_destination)
{
	for (size_t i = 1; i < N_PORTS; i++)
		rig.ports[i]->stp_state = STP_DISCARDING;
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_NO_DESTINATION), 1);
}
END_TEST

START_TEST(what_the_switch_itself_makes_leaves_in_any_state)
{
	struct frame *frame = frame_alloc(rig.sw->lane->pool, 60);

	rig.ports[3]->stp_state = STP_DISCARDING;
	rig_fill(frame->data, 35, RIG_BROADCAST, 0);
	frame->len = 35;
	forward_originate(rig.ports[3], frame, clock_now_ns(rig.clock));
	rig_assert_books(&rig);
	assert_sent(0, 0, 0, 1);
	ck_assert_uint_eq(rig.segment->made, 1);
	ck_assert_uint_eq(dummy_sent(rig.ports[3], 0)->len, 35);
	for (int i = 35; i < FRAME_LEN_PADDED; i++)
		ck_assert_uint_eq(dummy_sent(rig.ports[3], 0)->data[i], 0);
}
END_TEST

/* ---- counters ---- */

START_TEST(floods_are_counted_by_why_they_are_ones)
{
	const uint64_t *kinds = rig.ports[0]->counters.rx_kinds;

	rig_learn_all(&rig); /* by a broadcast of each */
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 2);
	send_reserved(0, 0x20);
	rig_send_batch(&rig, 0, 8, 0, 60, 4);
	rig_send_batch(&rig, 0, 1, 0, 60, 5);
	ck_assert_uint_eq(kinds[FLOOD_BROADCAST], 3);
	ck_assert_uint_eq(kinds[FLOOD_MULTICAST], 1);
	ck_assert_uint_eq(kinds[FLOOD_UNKNOWN], 4);
	ck_assert_uint_eq(kinds[FLOOD_NOT], 5);
}
END_TEST

/* ---- stations that move ---- */

struct heard {
	size_t n;
	struct fdb_entry last;
};

static void
on_loop_suspected(struct segment *segment, const struct fdb_entry *station,
		  void *arg)
{
	struct heard *heard = arg;

	ck_assert_ptr_eq(segment, rig.segment);
	heard->n++;
	heard->last = *station;
}

static void
ignore_port(struct port *port, void *arg)
{
	(void)port;
	(void)arg;
}

static void
ignore_removal(struct port *port, const char *reason, void *arg)
{
	(void)reason;
	ignore_port(port, arg);
}

/* Station 7 speaks at port 0 and 1 by turns, @n times each @step_ms. */
static void
flap(size_t n, uint64_t step_ms)
{
	for (size_t i = 0; i < n; i++) {
		rig_send(&rig, i % 2, RIG_BROADCAST, 7, 60);
		clock_advance(rig.clock, step_ms * NS_PER_MS);
	}
}

START_TEST(a_station_on_two_ports_is_told_once_a_second)
{
	struct heard heard = { 0 };
	struct switch_observer observer = {
		.port_added = ignore_port,
		.port_removed = ignore_removal,
		.loop_suspected = on_loop_suspected,
		.arg = &heard,
	};

	switch_observer_add(rig.sw, &observer);
	flap(1 + FDB_FLAP_MOVES, 0);
	ck_assert_uint_eq(heard.n, 0);
	flap(1, 0); /* to port 0, where it is */
	flap(100, 0);
	ck_assert_uint_eq(heard.n, 1);
	ck_assert_uint_eq(heard.last.mac.b[5], 7);
	ck_assert_uint_eq(heard.last.n_moves, FDB_FLAP_MOVES + 1);
	clock_advance(rig.clock, 999 * NS_PER_MS);
	flap(2, 0);
	ck_assert_uint_eq(heard.n, 1);
	clock_advance(rig.clock, 1 * NS_PER_MS);
	flap(100, 0);
	ck_assert_uint_eq(heard.n, 2);
	ck_assert_uint_eq(segment_moves(rig.segment),
			  rig.ports[0]->counters.moves +
			      rig.ports[1]->counters.moves);
	ck_assert_uint_ge(segment_moves(rig.segment), 200);
	switch_observer_remove(rig.sw, &observer);
}
END_TEST

START_TEST(moves_at_ports_that_are_gone_stay_counted)
{
	flap(2, 1000);
	ck_assert_uint_eq(rig.ports[1]->counters.moves, 1);
	rig_remove(&rig, 1);
	ck_assert_uint_eq(segment_moves(rig.segment), 1);
}
END_TEST

/* ---- static entries ---- */

START_TEST(a_static_station_is_where_it_was_put)
{
	struct mac seven = { { 2, 0, 0, 0, 0, 7 } };

	fdb_set_static(rig.segment->fdb, &seven, 0, rig.ports[2]->id);
	rig_send(&rig, 1, RIG_BROADCAST, 7, 60); /* seen elsewhere */
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	rig_send(&rig, 0, 7, 5, 60);
	assert_sent(0, 0, 1, 0);
	rig_send(&rig, 2, 7, 7, 60); /* to itself */
	ck_assert_uint_eq(rig_drops(&rig, DROP_FILTERED), 1);
	rig_send(&rig, 3, 7, 7, 60); /* so does somebody else */
	assert_sent(0, 0, 2, 0);
	rig_remove(&rig, 2);
	ck_assert_uint_eq(fdb_n_static(rig.segment->fdb), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_hub_sends_every_frame_once_to_everybody_else, 0 },
		{ a_hub_that_becomes_a_bridge_learns_anew, 0 },
		{ setting_the_mode_it_has_forgets_nothing, 0 },
		{ reserved_groups_stay_local_in_8021q_mode_alone,
		  UNIT_ROWS(reserved) },
		{ bpdus_go_to_who_asked_for_them_in_any_mode_and_state,
		  N_SEGMENT_MODES },
		{ a_bpdu_in_a_batch_counts_for_the_frames_behind_it, 0 },
		{ the_last_bpdu_that_is_trapped_may_be_in_the_middle_of_a_batch,
		  0 },
		{ what_comes_in_is_learned_and_forwarded_as_the_state_says,
		  UNIT_ROWS(states) },
		{ nothing_leaves_by_a_port_that_does_not_forward,
		  UNIT_ROWS(states) },
		{ a_flood_that_no_port_may_send_has_no_destination, 0 },
		{ what_the_switch_itself_makes_leaves_in_any_state, 0 },
		{ floods_are_counted_by_why_they_are_ones, 0 },
		{ a_station_on_two_ports_is_told_once_a_second, 0 },
		{ moves_at_ports_that_are_gone_stay_counted, 0 },
		{ a_static_station_is_where_it_was_put, 0 },
		{ NULL, 0 },
	};

	return unit_run("modes", tests, setup, teardown);
}
