#include "config.h"

#include <string.h>
#include <sys/uio.h>

#include "switch/lane.h"
#include "switch/pipeline.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { MSS = 100, HEADERS = 54, PIECES = 30, LEN = HEADERS + PIECES * MSS };
enum { ALL = FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP4 | FRAME_TAKES_REST };

static struct rig rig;
static uint8_t octets[LEN];
static uint8_t handed_in[LEN]; /* what stood there */
static struct iovec rest;
static uint64_t copies; /* until the test begins */

static void
setup(void)
{
	rig_init(&rig, 4);
	rig_learn_all(&rig);
	for (size_t i = 0; i < 4; i++)
		dummy_record(rig.ports[i]);
	copies = rig.segment->copies;
}

static void
teardown(void)
{
	rig_fini(&rig); /* the books balance */
}

/* TCP in IPv4 from station 0 to @dst, as a sender leaves it to others. */
static struct frame *
unfinished(uint8_t dst, bool scattered)
{
	struct frame *frame = frame_alloc(port_pool(rig.ports[0]), LEN);
	uint8_t *ip = octets + 14;

	rig_fill(octets, LEN, dst, 0);
	memset(octets + 12, 0, HEADERS - 12);
	octets[12] = 0x08;
	ip[0] = 0x45;
	ip[2] = (LEN - 14) >> 8;
	ip[3] = (uint8_t)(LEN - 14);
	ip[9] = 6;
	ip[32] = 0x50;
	memcpy(handed_in, octets, LEN);
	memcpy(frame->data, octets, scattered ? FRAME_HEAD_LEN : LEN);
	frame->len = LEN;
	frame->offload = (struct frame_offload){
		.segmentation = FRAME_SEGMENT_TCP4,
		.needs_checksum = true,
		.segment_len = MSS,
		.checksum_start = 34,
		.checksum_offset = 16,
	};
	if (scattered) {
		rest.iov_base = octets + FRAME_HEAD_LEN;
		rest.iov_len = LEN - FRAME_HEAD_LEN;
		frame->head_len = FRAME_HEAD_LEN;
		frame->rest = &rest;
		frame->n_rest = 1;
	}
	return frame;
}

/* As a kind hands in frames from memory that its peer shares. */
static void
hand_in(struct frame *frame)
{
	struct frame *frames[1] = { frame_ref(frame) };

	port_turn_begin(rig.ports[0]);
	port_input(rig.ports[0], frames, 1);
	port_turn_end(rig.ports[0]);
	if (frame->refs > 1)
		frame_gather(frame);
	frame_unref(frame);
	memset(octets + FRAME_HEAD_LEN, 0xee, LEN - FRAME_HEAD_LEN);
}

static void
assert_pieces(size_t port)
{
	ck_assert_uint_eq(dummy_n_sent(rig.ports[port]), PIECES);
	for (size_t i = 0; i < PIECES; i++) {
		const struct frame *f = dummy_sent(rig.ports[port], i);

		ck_assert(frame_is_plain(f));
		ck_assert_uint_eq(f->len, HEADERS + MSS);
		ck_assert_uint_eq(f->data[40] << 8 | f->data[41], i * MSS);
		ck_assert_mem_eq(f->data + HEADERS,
				 handed_in + HEADERS + i * MSS, MSS);
	}
}

static void
assert_whole(size_t port)
{
	const struct frame *f = dummy_sent(rig.ports[port], 0);
	uint8_t payload[LEN - HEADERS];

	ck_assert_uint_eq(dummy_n_sent(rig.ports[port]), 1);
	ck_assert_uint_eq(f->len, LEN);
	frame_copy_octets(f, HEADERS, sizeof(payload), payload);
	ck_assert_mem_eq(payload, handed_in + HEADERS, sizeof(payload));
	ck_assert_uint_eq(f->offload.segmentation, FRAME_SEGMENT_TCP4);
	ck_assert_uint_eq(f->offload.header_len, HEADERS);
	ck_assert(f->offload.needs_checksum);
}

START_TEST(a_port_that_takes_nothing_gets_segments)
{
	hand_in(unfinished(1, _i));
	assert_pieces(1);
	ck_assert_uint_eq(rig.segment->copies - copies, PIECES - 1);
}
END_TEST

START_TEST(a_port_that_takes_them_gets_frames_whole)
{
	rig.ports[1]->takes = ALL;
	hand_in(unfinished(1, _i));
	assert_whole(1);
	ck_assert_uint_eq(rig.segment->copies - copies, 0);
}
END_TEST

START_TEST(a_port_that_lacks_one_thing_gets_what_it_can_take)
{
	rig.ports[1]->takes = ALL & ~FRAME_TAKES_REST;
	hand_in(unfinished(1, true));
	assert_whole(1);
	ck_assert_ptr_null(dummy_sent(rig.ports[1], 0)->rest);
	dummy_record(rig.ports[1]);
	rig.ports[1]->takes = ALL & ~FRAME_TAKES_TCP4;
	hand_in(unfinished(1, true));
	assert_pieces(1);
}
END_TEST

START_TEST(a_flood_gives_each_what_it_takes)
{
	rig.ports[2]->takes = ALL;
	hand_in(unfinished(RIG_BROADCAST, _i));
	assert_pieces(1);
	assert_whole(2);
	assert_pieces(3);
	/* cut once */
	ck_assert_ptr_eq(dummy_sent(rig.ports[1], 7),
			 dummy_sent(rig.ports[3], 7));
	ck_assert_uint_eq(rig.segment->copies - copies, 2 + 2 * (PIECES - 1));
}
END_TEST

START_TEST(what_several_ports_lack_is_made_once_for_all_of_them)
{
	rig.ports[3]->takes = ALL & ~FRAME_TAKES_REST;
	hand_in(unfinished(RIG_BROADCAST, true));
	for (size_t i = 1; i < 4; i++)
		assert_pieces(i);
	ck_assert_ptr_eq(dummy_sent(rig.ports[1], 7),
			 dummy_sent(rig.ports[2], 7));
}
END_TEST

START_TEST(a_tag_moves_what_is_said_of_places)
{
	struct vid_rules *trunk;

	segment_set_mode(rig.segment, SEGMENT_8021Q);
	vid_rules_init(port_own_vid_rules(rig.ports[0]), 10);
	trunk = port_own_vid_rules(rig.ports[1]);
	vid_rules_init(trunk, VID_NONE);
	vid_rules_add(trunk, 10, 10, false, false);
	hand_in(unfinished(RIG_BROADCAST, _i));
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), PIECES);
	for (size_t i = 0; i < PIECES; i++) {
		const struct frame *f = dummy_sent(rig.ports[1], i);

		ck_assert_uint_eq(f->len, HEADERS + 4 + MSS);
		ck_assert_uint_eq(f->data[44] << 8 | f->data[45], i * MSS);
		ck_assert_mem_eq(f->data + HEADERS + 4,
				 handed_in + HEADERS + i * MSS, MSS);
	}
}
END_TEST

static const enum vl_stage stages[] = { VL_STAGE_INGRESS, VL_STAGE_FORWARD,
					VL_STAGE_EGRESS };
static size_t n_hooked;

static void
look(void *priv, const struct vl_vector *v)
{
	(void)priv;
	for (uint32_t i = 0; i < v->n; i++)
		ck_assert(frame_is_plain((struct frame *)v->frames[i]));
	n_hooked += v->n;
}

START_TEST(hooks_are_given_segments_whoever_takes_more)
{
	struct hook_owner owner;
	struct pipeline *p = rig.sw->lane->pipeline;

	hook_owner_init(&owner, &(struct hook_scope){ SEGMENT_NONE, PORT_NONE,
						      VL_DIR_BOTH });
	ck_assert_int_eq(pipeline_add(p, &owner, stages[_i], 500, look), 0);
	rig.ports[1]->takes = ALL;
	n_hooked = 0;
	hand_in(unfinished(1, true));
	assert_pieces(1);
	ck_assert_uint_eq(n_hooked, PIECES);
	pipeline_remove(p, &owner);
	hook_owner_fini(&owner);
}
END_TEST

START_TEST(who_has_the_same_octets_does_not_see_a_checksum_put_in)
{
	struct frame *frame = unfinished(1, false), *other;

	frame->offload.segmentation = FRAME_SEGMENT_NONE;
	other = frame_share(frame);
	hand_in(frame);
	frame = (struct frame *)dummy_sent(rig.ports[1], 0);
	ck_assert_int_ne(frame->data[50] << 8 | frame->data[51], 0);
	ck_assert_mem_eq(other->data, handed_in, LEN);
	ck_assert(other->offload.needs_checksum);
	frame_unref(other);
}
END_TEST

START_TEST(a_checksum_is_put_in_for_those_who_cannot)
{
	struct frame *frame = unfinished(1, _i);

	frame->offload.segmentation = FRAME_SEGMENT_NONE;
	hand_in(frame);
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), 1);
	frame = (struct frame *)dummy_sent(rig.ports[1], 0);
	ck_assert(frame_is_plain(frame) && frame->offload.checksum_valid);
	ck_assert_uint_eq(frame->len, LEN);
	ck_assert_int_ne(frame->data[50] << 8 | frame->data[51], 0);
}
END_TEST

START_TEST(a_description_that_does_not_fit_costs_the_frame)
{
	struct frame *frame = unfinished(1, _i);

	rig.ports[1]->takes = ALL;
	frame->offload.checksum_start++;
	hand_in(frame);
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_BAD_OFFLOAD), 1);
}
END_TEST

START_TEST(segments_must_fit_the_mtu_and_their_frame_need_not)
{
	port_set_mtu(rig.ports[0], HEADERS - 14 + MSS - _i);
	hand_in(unfinished(1, true));
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), _i == 0 ? PIECES : 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_OVERSIZE), (uint64_t)_i);
}
END_TEST

START_TEST(a_port_that_waits_keeps_frames_without_their_peer)
{
	rig.ports[1]->takes = ALL;
	dummy_set_credit(rig.ports[1], 0);
	hand_in(unfinished(1, true));
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	assert_whole(1);
	ck_assert_uint_ne(dummy_sent(rig.ports[1], 0)->data[LEN - 1], 0xee);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_port_that_takes_nothing_gets_segments, 2 },
		{ a_port_that_takes_them_gets_frames_whole, 2 },
		{ a_port_that_lacks_one_thing_gets_what_it_can_take, 0 },
		{ a_flood_gives_each_what_it_takes, 2 },
		{ what_several_ports_lack_is_made_once_for_all_of_them, 0 },
		{ a_tag_moves_what_is_said_of_places, 2 },
		{ hooks_are_given_segments_whoever_takes_more, 3 },
		{ who_has_the_same_octets_does_not_see_a_checksum_put_in, 0 },
		{ a_checksum_is_put_in_for_those_who_cannot, 2 },
		{ a_description_that_does_not_fit_costs_the_frame, 2 },
		{ segments_must_fit_the_mtu_and_their_frame_need_not, 2 },
		{ a_port_that_waits_keeps_frames_without_their_peer, 0 },
		{ NULL, 0 },
	};

	return unit_run("finish", tests, setup, teardown);
}
