/* What a segment does with frames. */
#include "switch/switch.h"

#include <string.h>

#include "lib/clock.h"
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

START_TEST(an_unknown_destination_is_flooded_to_everybody_else)
{
	rig_send(&rig, 0, 9, 0, 60);
	assert_sent(0, 1, 1, 1);
	ck_assert_uint_eq(rig.segment->copies, 2);
}
END_TEST

START_TEST(a_flooded_frame_is_one_frame)
{
	rig_send(&rig, 0, RIG_BROADCAST, 0, 1000);
	ck_assert_ptr_eq(dummy_sent(rig.ports[1], 0),
			 dummy_sent(rig.ports[2], 0));
	ck_assert_ptr_eq(dummy_sent(rig.ports[1], 0),
			 dummy_sent(rig.ports[3], 0));
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 1);
}
END_TEST

START_TEST(a_learned_destination_gets_its_frames_alone)
{
	rig_learn_all(&rig);
	rig_send(&rig, 0, 2, 0, 60);
	assert_sent(0, 0, 1, 0);
}
END_TEST

START_TEST(a_frame_arrives_as_it_was_sent)
{
	const struct frame *frame;
	uint8_t data[1514];

	rig_learn_all(&rig);
	rig_fill(data, sizeof(data), 2, 0);
	rig_send(&rig, 0, 2, 0, sizeof(data));
	frame = dummy_sent(rig.ports[2], 0);
	ck_assert_uint_eq(frame->len, sizeof(data));
	ck_assert_mem_eq(frame->data, data, sizeof(data));
	ck_assert_uint_eq(frame->in_port, rig.ports[0]->id);
}
END_TEST

START_TEST(a_frame_for_a_station_on_its_own_port_is_filtered)
{
	rig_learn_all(&rig);
	rig_send(&rig, 2, 2, 9, 60);
	assert_sent(0, 0, 0, 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_FILTERED), 1);
	ck_assert_uint_eq(rig.ports[2]->counters.rx_drops[DROP_FILTERED], 1);
}
END_TEST

START_TEST(a_station_that_moves_gets_its_frames_at_its_new_port_at_once)
{
	rig_learn_all(&rig);
	rig_send(&rig, 3, 0, 1, 60); /* station 1 speaks at port 3 */
	rig_send(&rig, 0, 1, 0, 60);
	assert_sent(1, 0, 0, 1);
}
END_TEST

START_TEST(a_batch_learns_from_each_of_its_frames)
{
	uint8_t octets[3][60];
	struct frame *frames[3];

	rig_learn_all(&rig);
	/* 1 to 9 (unknown), 9 to 1, 1 to 9, all at port 0: after the second
	 * frame station 9 is known to be there, and 1 has moved there. */
	rig_fill(octets[0], 60, 9, 1);
	rig_fill(octets[1], 60, 1, 9);
	rig_fill(octets[2], 60, 9, 1);
	for (int i = 0; i < 3; i++) {
		frames[i] = frame_alloc(rig.sw->lane->pool, 60);
		frames[i]->len = 60;
		memcpy(frames[i]->data, octets[i], 60);
	}
	port_input(rig.ports[0], frames, 3);
	rig_assert_books(&rig);
	assert_sent(0, 1, 1, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_FILTERED), 2);
}
END_TEST

/* The last instant at which a station is known, and the first after it. */
static const struct {
	uint64_t idle_ms;
	bool known;
} ageing[] = {
	{ FDB_AGEING_DEFAULT_MS - 1, true },
	{ FDB_AGEING_DEFAULT_MS, false },
};

START_TEST(a_silent_station_is_forgotten_after_the_ageing_time)
{
	rig_learn_all(&rig);
	clock_advance(rig.clock, ageing[_i].idle_ms * NS_PER_MS);
	rig_send(&rig, 0, 2, 0, 60);
	if (ageing[_i].known)
		assert_sent(0, 0, 1, 0);
	else
		assert_sent(0, 1, 1, 1);
}
END_TEST

START_TEST(old_entries_are_swept_without_traffic)
{
	rig_learn_all(&rig);
	clock_advance(rig.clock,
		      (FDB_AGEING_DEFAULT_MS + LANE_AGEING_SWEEP_MS) *
			  NS_PER_MS);
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 0);
}
END_TEST

START_TEST(a_group_address_is_never_learned)
{
	uint8_t data[60];

	rig_fill(data, sizeof(data), 9, 0);
	data[6] |= 1; /* the source's I/G bit */
	dummy_inject(rig.ports[0], data, sizeof(data));
	rig_assert_books(&rig);
	assert_sent(0, 1, 1, 1); /* but it is forwarded */
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 0);
}
END_TEST

/* Frames that other bridges eat or change. */
static const struct {
	const char *what;
	uint8_t dst[6];
	uint8_t type_and_more[8];
} transparent[] = {
	{ "STP", { 0x01, 0x80, 0xc2, 0, 0, 0 }, { 0x00, 0x26, 0x42, 0x42 } },
	{ "pause", { 0x01, 0x80, 0xc2, 0, 0, 1 }, { 0x88, 0x08, 0, 1 } },
	{ "LACP", { 0x01, 0x80, 0xc2, 0, 0, 2 }, { 0x88, 0x09, 1, 1 } },
	{ "802.1X", { 0x01, 0x80, 0xc2, 0, 0, 3 }, { 0x88, 0x8e, 2, 0 } },
	{ "LLDP", { 0x01, 0x80, 0xc2, 0, 0, 0x0e }, { 0x88, 0xcc, 2, 7 } },
	{ "GVRP", { 0x01, 0x80, 0xc2, 0, 0, 0x21 }, { 0x00, 0x10, 0x42 } },
	{ "802.1Q", { 2, 0, 0, 0, 0, 9 }, { 0x81, 0, 0x20, 5, 8, 0 } },
	{ "VID 0", { 2, 0, 0, 0, 0, 9 }, { 0x81, 0, 0xe0, 0, 8, 0 } },
	{ "VID 4095", { 2, 0, 0, 0, 0, 9 }, { 0x81, 0, 0x0f, 0xff, 8, 0 } },
	{ "QinQ", { 2, 0, 0, 0, 0, 9 }, { 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8 } },
	{ "length 0", { 2, 0, 0, 0, 0, 9 }, { 0, 0 } },
	{ "nonsense", { 2, 0, 0, 0, 0, 9 }, { 0xff, 0xff } },
};

START_TEST(any_frame_crosses_untouched)
{
	uint8_t data[64];

	rig_fill(data, sizeof(data), 9, 0);
	memcpy(data, transparent[_i].dst, 6);
	memcpy(data + 12, transparent[_i].type_and_more, 8);
	dummy_inject(rig.ports[0], data, sizeof(data));
	rig_assert_books(&rig);
	assert_sent(0, 1, 1, 1);
	ck_assert_uint_eq(dummy_sent(rig.ports[2], 0)->len, sizeof(data));
	ck_assert_mem_eq(dummy_sent(rig.ports[2], 0)->data, data, sizeof(data));
}
END_TEST

static void
send_tagged(size_t in, uint16_t tpid, uint16_t vid, uint8_t dst, uint8_t src)
{
	uint8_t data[64];

	rig_fill(data, sizeof(data), dst, src);
	data[12] = (uint8_t)(tpid >> 8);
	data[13] = (uint8_t)tpid;
	data[14] = (uint8_t)(0x60 | vid >> 8); /* some priority */
	data[15] = (uint8_t)vid;
	dummy_inject(rig.ports[in], data, sizeof(data));
	rig_assert_books(&rig);
}

static const uint16_t tpids[] = { 0x8100, 0x88a8 };

START_TEST(a_station_is_learned_for_its_vid_alone)
{
	rig_learn_all(&rig); /* untagged */
	send_tagged(1, tpids[_i], 5, RIG_BROADCAST, 8);
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	send_tagged(0, tpids[_i], 5, 8, 0);
	assert_sent(0, 1, 0, 0);
	send_tagged(0, tpids[_i], 6, 8, 0); /* another VLAN: unknown */
	assert_sent(0, 2, 1, 1);
	rig_send(&rig, 0, 8, 0, 60); /* untagged: unknown */
	assert_sent(0, 3, 2, 2);
}
END_TEST

START_TEST(the_same_address_on_two_vlans_may_be_behind_two_ports)
{
	send_tagged(1, 0x8100, 5, RIG_BROADCAST, 8);
	send_tagged(2, 0x8100, 6, RIG_BROADCAST, 8);
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	send_tagged(0, 0x8100, 5, 8, 0);
	assert_sent(0, 1, 0, 0);
	send_tagged(0, 0x8100, 6, 8, 0);
	assert_sent(0, 1, 1, 0);
}
END_TEST

START_TEST(a_priority_tag_is_no_vlan)
{
	rig_learn_all(&rig);
	send_tagged(0, 0x8100, 0, 2, 0);
	assert_sent(0, 0, 1, 0);
}
END_TEST

START_TEST(invented_addresses_cost_the_inventor_not_the_others)
{
	struct switch_config config = { .fdb_max = 16 };

	rig_fini(&rig);
	rig_init_config(&rig, N_PORTS, &config);
	rig_learn_all(&rig);
	for (int i = 0; i < 500; i++) {
		uint8_t data[60];

		rig_fill(data, sizeof(data), RIG_BROADCAST, 0);
		data[7] = 0xaa;
		data[8] = (uint8_t)(i >> 8);
		data[9] = (uint8_t)i;
		dummy_inject(rig.ports[3], data, sizeof(data));
	}
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	rig_send(&rig, 0, 1, 0, 60);
	rig_send(&rig, 1, 2, 1, 60);
	rig_send(&rig, 2, 0, 2, 60);
	assert_sent(1, 1, 1, 0); /* all unicast still */
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 16);
}
END_TEST

START_TEST(a_lonely_port_has_nobody_to_send_to)
{
	rig_remove(&rig, 1);
	rig_remove(&rig, 2);
	rig_remove(&rig, 3);
	rig_send(&rig, 0, 9, 0, 60);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_NO_DESTINATION), 2);
}
END_TEST

START_TEST(segments_do_not_see_each_other)
{
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);
	struct port *port = switch_add_port(other, &port_kind_dummy, NULL,
					    PORT_MTU_DEFAULT, NULL, -1, NULL);
	struct segment_stats stats;

	dummy_record(port);
	rig_learn_all(&rig);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(dummy_n_sent(port), 0);
	segment_read_stats(other, &stats);
	ck_assert_uint_eq(stats.rx, 0);
	ck_assert(segment_stats_balance(&stats));
}
END_TEST

START_TEST(every_touched_port_is_flushed_once_a_batch)
{
	rig_learn_all(&rig);
	rig_send_batch(&rig, 0, 1, 0, 60, 64);
	ck_assert_uint_eq(rig_sent(&rig, 1), 64);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[1]), 1);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[2]), 0);
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 64);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[2]), 1);
}
END_TEST

START_TEST(an_exhausted_pool_drops_and_counts)
{
	struct switch_config config = { .pool_bytes = 100 * 1024 };

	rig_fini(&rig);
	rig_init_config(&rig, 2, &config);
	rig_learn_all(&rig);
	dummy_set_credit(rig.ports[1], 0);
	rig_send_batch(&rig, 0, 1, 0, 60, 64);
	ck_assert_uint_gt(rig_drops(&rig, DROP_NO_BUFFER), 0);
	ck_assert_uint_gt(port_queued(rig.ports[1]), 0);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_NO_BUFFER) + rig_sent(&rig, 1),
			  64);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_unknown_destination_is_flooded_to_everybody_else, 0 },
		{ a_flooded_frame_is_one_frame, 0 },
		{ a_learned_destination_gets_its_frames_alone, 0 },
		{ a_frame_arrives_as_it_was_sent, 0 },
		{ a_frame_for_a_station_on_its_own_port_is_filtered, 0 },
		{ a_station_that_moves_gets_its_frames_at_its_new_port_at_once,
		  0 },
		{ a_batch_learns_from_each_of_its_frames, 0 },
		{ a_silent_station_is_forgotten_after_the_ageing_time,
		  UNIT_ROWS(ageing) },
		{ old_entries_are_swept_without_traffic, 0 },
		{ a_group_address_is_never_learned, 0 },
		{ any_frame_crosses_untouched, UNIT_ROWS(transparent) },
		{ a_station_is_learned_for_its_vid_alone, UNIT_ROWS(tpids) },
		{ the_same_address_on_two_vlans_may_be_behind_two_ports, 0 },
		{ a_priority_tag_is_no_vlan, 0 },
		{ invented_addresses_cost_the_inventor_not_the_others, 0 },
		{ a_lonely_port_has_nobody_to_send_to, 0 },
		{ segments_do_not_see_each_other, 0 },
		{ every_touched_port_is_flushed_once_a_batch, 0 },
		{ an_exhausted_pool_drops_and_counts, 0 },
		{ NULL, 0 },
		{ NULL, 0 },
	};

	return unit_run("bridge", tests, setup, teardown);
}
