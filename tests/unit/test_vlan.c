/* A segment in 8021q mode: what comes in, where it goes, and how it looks
 * there. */
#include "switch/forward.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "switch/pipeline.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

/* Ports 0, 1: access, VLAN 10.  2: access, VLAN 20.  3: trunk, both tagged.
 * 4: nobody has said anything: VLAN 1. */
enum { A, B, C, TRUNK, OTHER, N_PORTS };
static struct rig rig;

static void
access_port(size_t port, uint16_t vid)
{
	vid_rules_init(port_own_vid_rules(rig.ports[port]), vid);
}

static void
set_up_ports(void)
{
	struct vid_rules *trunk = port_own_vid_rules(rig.ports[TRUNK]);

	segment_set_mode(rig.segment, SEGMENT_8021Q);
	access_port(A, 10);
	access_port(B, 10);
	access_port(C, 20);
	vid_rules_init(trunk, VID_NONE);
	vid_rules_add(trunk, 10, 10, false, false);
	vid_rules_add(trunk, 20, 20, false, false);
}

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
	set_up_ports();
}

static void
teardown(void)
{
	rig_fini(&rig);
}

static void
assert_sent(size_t a, size_t b, size_t c, size_t trunk, size_t other)
{
	ck_assert_uint_eq(rig_sent(&rig, A), a);
	ck_assert_uint_eq(rig_sent(&rig, B), b);
	ck_assert_uint_eq(rig_sent(&rig, C), c);
	ck_assert_uint_eq(rig_sent(&rig, TRUNK), trunk);
	ck_assert_uint_eq(rig_sent(&rig, OTHER), other);
}

/* A frame of @len octets with a tag behind the addresses; -1: none. */
static void
make_frame(uint8_t *data, size_t len, uint8_t dst, uint8_t src, int tpid,
	   int tci)
{
	rig_fill(data, len, dst, src);
	if (tpid < 0)
		return;
	data[12] = (uint8_t)(tpid >> 8);
	data[13] = (uint8_t)tpid;
	data[14] = (uint8_t)(tci >> 8);
	data[15] = (uint8_t)tci;
}

static void
send_tagged(size_t in, uint8_t dst, uint8_t src, int tci, size_t len)
{
	uint8_t *data = malloc(len); /* exact: ASan sees more */

	make_frame(data, len, dst, src, 0x8100, tci);
	dummy_inject(rig.ports[in], data, len);
	free(data);
	rig_assert_books(&rig);
}

/* The @i-th frame that @port has sent is what was made with @dst, @src and
 * @payload_at octets of headers, with the tag @tag (4 octets or NULL). */
static void
assert_frame(size_t port, size_t i, const uint8_t *tag, const uint8_t *payload,
	     size_t payload_len)
{
	const struct frame *frame = dummy_sent(rig.ports[port], i);
	size_t at = 12;

	ck_assert_uint_eq(frame->len, 12 + (tag != NULL ? 4 : 0) + payload_len);
	if (tag != NULL) {
		ck_assert_mem_eq(frame->data + at, tag, 4);
		at += 4;
	}
	ck_assert_mem_eq(frame->data + at, payload, payload_len);
	for (uint32_t k = frame->len; k < FRAME_LEN_PADDED; k++)
		ck_assert_uint_eq(frame->data[k], 0);
}

/* ---- who gets it, and how it looks ---- */

static const size_t lengths[] = { 14, 15, 56, 57, 59, 60, 61, 64, 1514, 9014 };

START_TEST(a_flood_stays_in_its_vlan_and_has_a_tag_where_members_are_tagged)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 10 };
	size_t len = lengths[_i];
	uint8_t data[9014];

	make_frame(data, len, RIG_BROADCAST, 5, -1, 0);
	dummy_inject(rig.ports[A], data, len);
	rig_assert_books(&rig);
	assert_sent(0, 1, 0, 1, 0);
	assert_frame(B, 0, NULL, data + 12, len - 12);
	assert_frame(TRUNK, 0, tag, data + 12, len - 12);
	ck_assert_uint_eq(rig.segment->copies, 1);
}
END_TEST

START_TEST(a_flood_from_the_trunk_loses_its_tag_at_access_ports)
{
	size_t len = lengths[_i] + 4;
	uint8_t data[9018];

	make_frame(data, len, RIG_BROADCAST, 5, 0x8100, 0xb000 | 10);
	dummy_inject(rig.ports[TRUNK], data, len);
	rig_assert_books(&rig);
	assert_sent(1, 1, 0, 0, 0);
	assert_frame(A, 0, NULL, data + 16, len - 16);
	ck_assert_ptr_eq(dummy_sent(rig.ports[A], 0),
			 dummy_sent(rig.ports[B], 0));
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 1);
}
END_TEST

/* Around the length at which the padding begins without the tag. */
static const size_t short_lengths[] = { 18, 60, 61, 62, 63, 64 };

START_TEST(behind_a_frame_that_lost_its_tag_nothing_of_another_is_seen)
{
	size_t len = short_lengths[_i];
	uint8_t data[1514];

	for (int i = 0; i < 8; i++) /* buffers full of other octets */
		send_tagged(TRUNK, RIG_BROADCAST, 5, 10, sizeof(data));
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	make_frame(data, len, RIG_BROADCAST, 5, 0x8100, 10);
	dummy_inject(rig.ports[TRUNK], data, len);
	assert_frame(A, 0, NULL, data + 16, len - 16);
}
END_TEST

START_TEST(a_known_station_gets_it_alone_in_the_shape_of_its_port)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 20 };
	uint8_t data[64];

	send_tagged(TRUNK, RIG_BROADCAST, 7, 20, 64);
	rig_send(&rig, C, RIG_BROADCAST, 8, 60);
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	make_frame(data, 60, 7, 8, -1, 0);
	dummy_inject(rig.ports[C], data, 60);
	assert_sent(0, 0, 0, 1, 0);
	assert_frame(TRUNK, 0, tag, data + 12, 48);
	make_frame(data, 64, 8, 7, 0x8100, 0xf000 | 20);
	dummy_inject(rig.ports[TRUNK], data, 64);
	assert_sent(0, 0, 1, 1, 0);
	assert_frame(C, 0, NULL, data + 16, 48);
}
END_TEST

START_TEST(a_tag_between_trunks_keeps_its_priority)
{
	uint8_t data[64];

	*port_own_vid_rules(rig.ports[OTHER]) = *rig.ports[TRUNK]->vid_rules;
	make_frame(data, 64, RIG_BROADCAST, 5, 0x8100, 0xf000 | 20);
	dummy_inject(rig.ports[TRUNK], data, 64);
	assert_sent(0, 0, 1, 0, 1);
	ck_assert_mem_eq(dummy_sent(rig.ports[OTHER], 0)->data, data, 64);
}
END_TEST

START_TEST(a_priority_tag_gets_the_vid_of_the_port_and_keeps_its_priority)
{
	static const uint8_t tag[4] = { 0x81, 0, 0xb0, 10 };
	uint8_t data[64];

	make_frame(data, 64, RIG_BROADCAST, 5, 0x8100, 0xb000);
	dummy_inject(rig.ports[A], data, 64);
	rig_assert_books(&rig);
	assert_sent(0, 1, 0, 1, 0);
	assert_frame(B, 0, NULL, data + 16, 48);
	assert_frame(TRUNK, 0, tag, data + 16, 48);
}
END_TEST

START_TEST(the_same_station_in_two_vlans_may_be_behind_two_ports)
{
	rig_send(&rig, A, RIG_BROADCAST, 7, 60);
	rig_send(&rig, C, RIG_BROADCAST, 7, 60);
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	send_tagged(TRUNK, 7, 9, 10, 64);
	assert_sent(1, 0, 0, 0, 0);
	send_tagged(TRUNK, 7, 9, 20, 64);
	assert_sent(1, 0, 1, 0, 0);
}
END_TEST

/* ---- what does not come in ---- */

static const struct {
	size_t in;
	int tci;
	size_t len;
	enum drop_reason reason;
} refused[] = {
	{ A, 20, 64, DROP_VLAN },	{ TRUNK, 11, 64, DROP_VLAN },
	{ TRUNK, 0, 64, DROP_VLAN },	{ TRUNK, 0xfff, 64, DROP_VLAN },
	{ TRUNK, 10, 17, DROP_RUNT },	{ TRUNK, 10, 16, DROP_RUNT },
	{ OTHER, 4094, 64, DROP_VLAN },
};

START_TEST(what_the_rules_refuse_is_dropped_and_not_learned)
{
	send_tagged(refused[_i].in, RIG_BROADCAST, 5, refused[_i].tci,
		    refused[_i].len);
	assert_sent(0, 0, 0, 0, 0);
	ck_assert_uint_eq(
	    rig.ports[refused[_i].in]->counters.rx_drops[refused[_i].reason],
	    1);
	ck_assert_uint_eq(fdb_count(rig.segment->fdb), 0);
}
END_TEST

START_TEST(a_whole_frame_behind_a_truncated_one_is_its_own)
{
	struct frame *frames[3];
	uint8_t data[64];

	make_frame(data, 64, RIG_BROADCAST, 5, 0x8100, 10);
	for (int i = 0; i < 3; i++) {
		frames[i] = frame_alloc(rig.sw->lane->pool, 64);
		frames[i]->len = i == 1 ? 17 : 64;
		memcpy(frames[i]->data, data, frames[i]->len);
	}
	port_input(rig.ports[TRUNK], frames, 3);
	rig_assert_books(&rig);
	assert_sent(2, 2, 0, 0, 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_RUNT), 1);
}
END_TEST

START_TEST(untagged_frames_without_a_pvid_are_dropped)
{
	rig_send(&rig, TRUNK, RIG_BROADCAST, 5, 60);
	assert_sent(0, 0, 0, 0, 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_VLAN), 1);
}
END_TEST

START_TEST(a_vlan_without_other_members_has_no_destination)
{
	rig_send(&rig, OTHER, RIG_BROADCAST, 5, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_NO_DESTINATION), 1);
}
END_TEST

START_TEST(a_station_on_a_port_that_left_its_vlan_is_not_reached)
{
	rig_send(&rig, B, RIG_BROADCAST, 7, 60);
	access_port(B, 20);
	dummy_record(rig.ports[B]);
	rig_send(&rig, A, 7, 5, 60);
	assert_sent(1, 0, 0, 1, 0);
	ck_assert_uint_eq(rig.ports[B]->counters.tx_drops[DROP_VLAN], 1);
}
END_TEST

START_TEST(a_tag_on_an_access_port_of_its_own_vlan_is_taken_off)
{
	send_tagged(A, RIG_BROADCAST, 5, 10, 64);
	assert_sent(0, 1, 0, 1, 0);
	ck_assert_uint_eq(dummy_sent(rig.ports[B], 0)->len, 60);
	ck_assert_uint_eq(dummy_sent(rig.ports[TRUNK], 0)->len, 64);
}
END_TEST

/* ---- two tags ---- */

START_TEST(a_service_segment_carries_customer_tags_untouched)
{
	static const uint8_t service[4] = { 0x88, 0xa8, 0, 10 };
	uint8_t data[64];

	segment_set_tpid(rig.segment, TPID_SERVICE);
	make_frame(data, 64, RIG_BROADCAST, 5, 0x8100, 0x6000 | 20);
	dummy_inject(rig.ports[A], data, 64);
	rig_assert_books(&rig);
	assert_sent(0, 1, 0, 1, 0);
	assert_frame(B, 0, NULL, data + 12, 52);
	assert_frame(TRUNK, 0, service, data + 12, 52);
	/* and back */
	memcpy(data, dummy_sent(rig.ports[TRUNK], 0)->data, 64);
	dummy_inject(rig.ports[TRUNK], data, 64);
	assert_sent(1, 2, 0, 1, 0);
	assert_frame(A, 0, NULL, data + 16, 48);
}
END_TEST

START_TEST(a_service_tag_is_payload_to_a_customer_segment)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 10 };
	uint8_t data[64];

	make_frame(data, 64, RIG_BROADCAST, 5, 0x88a8, 20);
	dummy_inject(rig.ports[A], data, 64);
	assert_sent(0, 1, 0, 1, 0);
	assert_frame(TRUNK, 0, tag, data + 12, 52);
}
END_TEST

/* ---- VLAN 0 ---- */

START_TEST(vlan_0_is_a_vlan_whose_frames_have_no_tag)
{
	struct vid_rules *trunk = port_own_vid_rules(rig.ports[TRUNK]);

	segment_set_pvid(rig.segment, 0); /* of port OTHER */
	vid_rules_add(trunk, 0, 0, false, true);
	rig_send(&rig, OTHER, RIG_BROADCAST, 5, 60);
	assert_sent(0, 0, 0, 1, 0);
	ck_assert_uint_eq(dummy_sent(rig.ports[TRUNK], 0)->len, 60);
	rig_send(&rig, TRUNK, 5, 6, 60);
	assert_sent(0, 0, 0, 1, 1);
	ck_assert_uint_eq(dummy_sent(rig.ports[OTHER], 0)->len, 60);
}
END_TEST

/* ---- boundaries ---- */

static const struct {
	size_t len;
	bool fits;
} longest[] = { { FRAME_LEN_MAX - 4, true }, { FRAME_LEN_MAX - 3, false } };

START_TEST(a_frame_that_a_tag_would_make_too_long_is_not_cut)
{
	uint8_t *data = malloc(longest[_i].len);
	bool fits = longest[_i].fits;

	make_frame(data, longest[_i].len, RIG_BROADCAST, 5, -1, 0);
	dummy_inject(rig.ports[A], data, longest[_i].len);
	rig_assert_books(&rig);
	assert_sent(0, 1, 0, fits, 0);
	ck_assert_uint_eq(rig.ports[TRUNK]->counters.tx_drops[DROP_OVERSIZE],
			  !fits);
	free(data);
}
END_TEST

START_TEST(vectors_of_mixed_vlans_arrive_in_order)
{
	struct frame *frames[FRAME_BATCH];

	for (int i = 0; i < FRAME_BATCH; i++) {
		frames[i] = frame_alloc(rig.sw->lane->pool, 64);
		frames[i]->len = 64;
		make_frame(frames[i]->data, 64, RIG_BROADCAST, 5, 0x8100,
			   i / 4 % 2 ? 10 : 20);
		frames[i]->data[63] = (uint8_t)i;
	}
	port_input(rig.ports[TRUNK], frames, FRAME_BATCH);
	rig_assert_books(&rig);
	assert_sent(32, 32, 32, 0, 0);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[A]), 1);
	for (size_t i = 0; i < 32; i++) {
		const struct frame *a = dummy_sent(rig.ports[A], i);
		const struct frame *c = dummy_sent(rig.ports[C], i);

		ck_assert_uint_eq(a->data[59], i / 4 * 8 + 4 + i % 4);
		ck_assert_uint_eq(c->data[59], i / 4 * 8 + i % 4);
	}
}
END_TEST

START_TEST(an_exhausted_pool_costs_the_version_that_needs_a_copy)
{
	/* room for one slab of descriptors and one frame */
	struct switch_config config = { .pool_bytes = 0 };
	struct frame *frame;
	uint64_t dropped;

	rig_fini(&rig);
	for (config.pool_bytes = 16 * 1024;; config.pool_bytes += 512) {
		rig_init_config(&rig, N_PORTS, &config);
		set_up_ports();
		frame = frame_alloc(rig.sw->lane->pool, 60);
		if (frame != NULL)
			break;
		rig_fini(&rig);
	}
	frame->len = 60;
	rig_fill(frame->data, 60, RIG_BROADCAST, 5);
	port_input(rig.ports[A], &frame, 1);
	rig_assert_books(&rig);
	dropped = rig_drops(&rig, DROP_NO_BUFFER);
	ck_assert_uint_eq(dropped, 1);
	ck_assert_uint_eq(rig_sent(&rig, B) + rig_sent(&rig, TRUNK), 1);
}
END_TEST

/* ---- plugins that hold frames meanwhile ---- */

static struct hook_owner owner;

static void
hold(void *priv, const struct vl_vector *v)
{
	(void)priv;
	memset(v->verdicts, VL_STOLEN, v->n);
}

static void
resume_held(void)
{
	struct frame *frame;

	lane_enter(rig.sw->lane);
	while ((frame = TAILQ_FIRST(&owner.held)) != NULL) {
		hook_owner_release(&owner, frame);
		TAILQ_INSERT_TAIL(&rig.sw->lane->resumed, frame, link);
	}
	lane_leave(rig.sw->lane);
	rig_assert_books(&rig);
}

static void
start_holding(enum vl_stage stage)
{
	hook_owner_init(&owner, &(struct hook_scope){ SEGMENT_NONE, PORT_NONE,
						      VL_DIR_BOTH });
	ck_assert_int_eq(
	    pipeline_add(rig.sw->lane->pipeline, &owner, stage, 500, hold), 0);
}

static const enum vl_stage stages[] = { VL_STAGE_INGRESS, VL_STAGE_FORWARD,
					VL_STAGE_EGRESS };

START_TEST(a_frame_that_was_held_leaves_as_it_would_have)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 10 };
	uint8_t data[60];

	start_holding(stages[_i]);
	make_frame(data, 60, RIG_BROADCAST, 5, -1, 0);
	dummy_inject(rig.ports[A], data, 60);
	assert_sent(0, 0, 0, 0, 0);
	resume_held();
	assert_sent(0, 1, 0, 1, 0);
	assert_frame(B, 0, NULL, data + 12, 48);
	assert_frame(TRUNK, 0, tag, data + 12, 48);
	pipeline_remove(rig.sw->lane->pipeline, &owner);
}
END_TEST

START_TEST(a_frame_held_since_before_the_rules_does_not_pass_them)
{
	segment_set_mode(rig.segment, SEGMENT_BRIDGE);
	start_holding(VL_STAGE_FORWARD);
	send_tagged(OTHER, RIG_BROADCAST, 5, 10, 64);
	segment_set_mode(rig.segment, SEGMENT_8021Q);
	resume_held();
	assert_sent(0, 0, 0, 0, 0);
	ck_assert_uint_eq(rig.ports[OTHER]->counters.rx_drops[DROP_VLAN], 1);
	pipeline_remove(rig.sw->lane->pipeline, &owner);
}
END_TEST

START_TEST(a_frame_held_since_under_the_rules_passes_a_bridge)
{
	start_holding(VL_STAGE_FORWARD);
	rig_send(&rig, A, RIG_BROADCAST, 5, 60);
	segment_set_mode(rig.segment, SEGMENT_BRIDGE);
	resume_held();
	assert_sent(0, 1, 1, 1, 1);
	pipeline_remove(rig.sw->lane->pipeline, &owner);
}
END_TEST

START_TEST(ports_without_rules_follow_the_segment)
{
	rig_send(&rig, OTHER, RIG_BROADCAST, 5, 60);
	assert_sent(0, 0, 0, 0, 0);
	segment_set_pvid(rig.segment, 10);
	rig_send(&rig, OTHER, RIG_BROADCAST, 5, 60);
	assert_sent(1, 1, 0, 1, 0);
	port_reset_vid_rules(rig.ports[C]);
	rig_send(&rig, OTHER, RIG_BROADCAST, 5, 60);
	assert_sent(2, 2, 1, 2, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_flood_stays_in_its_vlan_and_has_a_tag_where_members_are_tagged,
		  UNIT_ROWS(lengths) },
		{ a_flood_from_the_trunk_loses_its_tag_at_access_ports,
		  UNIT_ROWS(lengths) },
		{ behind_a_frame_that_lost_its_tag_nothing_of_another_is_seen,
		  UNIT_ROWS(short_lengths) },
		{ a_known_station_gets_it_alone_in_the_shape_of_its_port, 0 },
		{ a_tag_between_trunks_keeps_its_priority, 0 },
		{ a_priority_tag_gets_the_vid_of_the_port_and_keeps_its_priority,
		  0 },
		{ the_same_station_in_two_vlans_may_be_behind_two_ports, 0 },
		{ what_the_rules_refuse_is_dropped_and_not_learned,
		  UNIT_ROWS(refused) },
		{ a_whole_frame_behind_a_truncated_one_is_its_own, 0 },
		{ untagged_frames_without_a_pvid_are_dropped, 0 },
		{ a_vlan_without_other_members_has_no_destination, 0 },
		{ a_station_on_a_port_that_left_its_vlan_is_not_reached, 0 },
		{ a_tag_on_an_access_port_of_its_own_vlan_is_taken_off, 0 },
		{ a_service_segment_carries_customer_tags_untouched, 0 },
		{ a_service_tag_is_payload_to_a_customer_segment, 0 },
		{ vlan_0_is_a_vlan_whose_frames_have_no_tag, 0 },
		{ a_frame_that_a_tag_would_make_too_long_is_not_cut,
		  UNIT_ROWS(longest) },
		{ vectors_of_mixed_vlans_arrive_in_order, 0 },
		{ an_exhausted_pool_costs_the_version_that_needs_a_copy, 0 },
		{ a_frame_that_was_held_leaves_as_it_would_have,
		  UNIT_ROWS(stages) },
		{ a_frame_held_since_before_the_rules_does_not_pass_them, 0 },
		{ a_frame_held_since_under_the_rules_passes_a_bridge, 0 },
		{ ports_without_rules_follow_the_segment, 0 },
		{ NULL, 0 },
	};

	return unit_run("vlan", tests, setup, teardown);
}
