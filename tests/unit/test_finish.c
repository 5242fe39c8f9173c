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

START_TEST(a_tagged_version_of_a_whole_frame_outlives_its_peers_memory)
{
	struct vid_rules *trunk;
	const struct frame *f;

	segment_set_mode(rig.segment, SEGMENT_8021Q);
	vid_rules_init(port_own_vid_rules(rig.ports[0]), 10);
	trunk = port_own_vid_rules(rig.ports[1]);
	vid_rules_init(trunk, VID_NONE);
	vid_rules_add(trunk, 10, 10, false, false);
	rig.ports[1]->takes = ALL;
	hand_in(unfinished(RIG_BROADCAST, true));
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), 1);
	f = dummy_sent(rig.ports[1], 0);
	ck_assert_ptr_null(f->rest);
	ck_assert_uint_eq(f->len, LEN + 4);
	ck_assert_uint_eq(f->offload.checksum_start, 38);
	ck_assert_mem_eq(f->data + 16, handed_in + 12, LEN - 12);
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

static struct hook_owner owner, other_owner;

static void
hook(struct hook_owner *as, enum vl_stage stage, vl_hook_fn *fn, bool takes)
{
	struct pipeline *p = rig.sw->lane->pipeline;

	hook_owner_init(
	    as, &(struct hook_scope){ SEGMENT_NONE, PORT_NONE, VL_DIR_BOTH });
	as->priv = as;
	ck_assert_int_eq(pipeline_add(p, as, stage, 500, fn), 0);
	if (takes)
		pipeline_take_unfinished(p, as);
}

static void
unhook(struct hook_owner *as)
{
	pipeline_remove(rig.sw->lane->pipeline, as);
	hook_owner_fini(as);
}

START_TEST(hooks_are_given_segments_whoever_takes_more)
{
	hook(&owner, stages[_i], look, false);
	rig.ports[1]->takes = ALL;
	n_hooked = 0;
	hand_in(unfinished(1, true));
	assert_pieces(1);
	ck_assert_uint_eq(n_hooked, PIECES);
	unhook(&owner);
}
END_TEST

static void
know_better(void *priv, const struct vl_vector *v)
{
	struct vl_offload o;
	uint8_t sum[2];

	(void)priv;
	for (uint32_t i = 0; i < v->n; i++) {
		struct vl_frame *frame = v->frames[i];

		ck_assert_int_eq(vl_frame_offload(frame, &o), 1);
		ck_assert_uint_eq(o.segmentation, VL_SEGMENT_TCP);
		ck_assert_uint_eq(o.n_segments, PIECES);
		ck_assert_uint_eq(o.segment_len, MSS);
		ck_assert_uint_eq(o.checksum, 50);
		vl_frame_checksum(frame, sum);
		ck_assert_int_ne(sum[0] << 8 | sum[1], 0);
		ck_assert_uint_eq(vl_frame_len(frame), LEN);
		ck_assert_mem_eq(vl_frame_data(frame), handed_in, LEN);
		ck_assert_ptr_null(vl_frame_edit(NULL, &frame, LEN));
	}
	n_hooked += v->n;
}

START_TEST(hooks_that_know_better_are_given_frames_as_they_are)
{
	hook(&owner, stages[_i], know_better, true);
	rig.ports[1]->takes = ALL;
	n_hooked = 0;
	hand_in(unfinished(1, true));
	assert_whole(1);
	ck_assert_uint_eq(n_hooked, 1);
	unhook(&owner);
}
END_TEST

START_TEST(but_not_where_others_do_not)
{
	bool first = _i < 3;

	hook(&owner, stages[_i % 3], look, first);
	hook(&other_owner, stages[_i % 3], look, !first);
	rig.ports[1]->takes = ALL;
	n_hooked = 0;
	hand_in(unfinished(1, true));
	assert_pieces(1);
	ck_assert_uint_eq(n_hooked, 2 * PIECES);
	unhook(&other_owner);
	unhook(&owner);
}
END_TEST

static void
steal(void *priv, const struct vl_vector *v)
{
	(void)priv;
	for (uint32_t i = 0; i < v->n; i++)
		v->verdicts[i] = VL_STOLEN;
}

/* What it holds goes on, and there is no peer's memory any more. */
static void
let_go(struct hook_owner *as)
{
	struct frame *frame;

	while ((frame = TAILQ_FIRST(&as->held)) != NULL) {
		hook_owner_release(as, frame);
		lane_enter(rig.sw->lane);
		TAILQ_INSERT_TAIL(&rig.sw->lane->resumed, frame, link);
		lane_leave(rig.sw->lane);
	}
}

START_TEST(a_frame_that_is_held_is_nobody_elses)
{
	bool takes = _i >= 3;

	hook(&owner, stages[_i % 3], steal, takes);
	rig.ports[1]->takes = ALL;
	hand_in(unfinished(1, true));
	ck_assert_uint_eq(owner.n_held, takes ? 1 : PIECES);
	let_go(&owner);
	if (takes)
		assert_whole(1);
	else
		assert_pieces(1);
	unhook(&owner);
}
END_TEST

START_TEST(so_is_one_that_lacks_nothing_but_its_octets)
{
	struct frame *frame = unfinished(1, true);

	frame->offload = (struct frame_offload){ .segmentation = 0 };
	hook(&owner, stages[_i], steal, false);
	hand_in(frame);
	ck_assert_uint_eq(owner.n_held, 1);
	let_go(&owner);
	frame = (struct frame *)dummy_sent(rig.ports[1], 0);
	ck_assert_mem_eq(frame->data, handed_in, LEN);
	unhook(&owner);
}
END_TEST

static void
edit(void *priv, const struct vl_vector *v)
{
	(void)priv;
	for (uint32_t i = 0; i < v->n; i++)
		ck_assert_ptr_nonnull(
		    vl_frame_edit(NULL, &v->frames[i], MSS + HEADERS));
}

START_TEST(nobody_vouches_for_what_a_plugin_has_changed)
{
	hook(&owner, stages[_i], edit, false);
	hand_in(unfinished(1, true));
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), PIECES);
	ck_assert(!dummy_sent(rig.ports[1], 0)->offload.checksum_valid);
	unhook(&owner);
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

START_TEST(a_peer_that_takes_less_now_gets_what_waits_in_pieces)
{
	struct frame *frame;

	rig.ports[1]->takes = ALL;
	dummy_set_credit(rig.ports[1], 0);
	hand_in(unfinished(1, true));
	frame = unfinished(1, false);
	frame->offload.segmentation = FRAME_SEGMENT_NONE;
	hand_in(frame);
	ck_assert_uint_eq(port_queued(rig.ports[1]), 2);
	port_offloads_changed(rig.ports[1]); /* a dummy takes nothing */
	ck_assert_uint_eq(port_queued(rig.ports[1]), PIECES + 1);
	ck_assert_uint_eq(rig.segment->copies - copies, PIECES - 1);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), PIECES + 1);
	for (size_t i = 0; i < PIECES; i++)
		ck_assert_mem_eq(dummy_sent(rig.ports[1], i)->data + HEADERS,
				 handed_in + HEADERS + i * MSS, MSS);
	frame = (struct frame *)dummy_sent(rig.ports[1], PIECES);
	ck_assert(frame_is_plain(frame));
	ck_assert_uint_eq(frame->len, LEN);
}
END_TEST

START_TEST(what_then_finds_no_room_is_dropped_and_counted)
{
	enum { WAITING = PORT_QUEUE_FRAMES / PIECES + 1 };

	rig.ports[1]->takes = ALL;
	dummy_set_credit(rig.ports[1], 0);
	for (size_t i = 0; i < WAITING; i++)
		hand_in(unfinished(1, false));
	port_offloads_changed(rig.ports[1]);
	ck_assert_uint_eq(port_queued(rig.ports[1]), PORT_QUEUE_FRAMES);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL),
			  WAITING * PIECES - PORT_QUEUE_FRAMES);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	ck_assert_uint_eq(dummy_n_sent(rig.ports[1]), PORT_QUEUE_FRAMES);
}
END_TEST

START_TEST(a_peer_that_takes_as_much_gets_what_waits_as_it_is)
{
	rig.ports[1]->takes = ALL;
	dummy_set_credit(rig.ports[1], 0);
	hand_in(unfinished(1, false));
	rig.ports[1]->takes = 0; /* as if it had been so all the time */
	port_offloads_changed(rig.ports[1]);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	assert_whole(1);
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
		{ a_tagged_version_of_a_whole_frame_outlives_its_peers_memory,
		  0 },
		{ hooks_are_given_segments_whoever_takes_more, 3 },
		{ hooks_that_know_better_are_given_frames_as_they_are, 3 },
		{ but_not_where_others_do_not, 6 },
		{ a_frame_that_is_held_is_nobody_elses, 6 },
		{ so_is_one_that_lacks_nothing_but_its_octets, 3 },
		{ nobody_vouches_for_what_a_plugin_has_changed, 3 },
		{ who_has_the_same_octets_does_not_see_a_checksum_put_in, 0 },
		{ a_checksum_is_put_in_for_those_who_cannot, 2 },
		{ a_description_that_does_not_fit_costs_the_frame, 2 },
		{ segments_must_fit_the_mtu_and_their_frame_need_not, 2 },
		{ a_port_that_waits_keeps_frames_without_their_peer, 0 },
		{ a_peer_that_takes_less_now_gets_what_waits_in_pieces, 0 },
		{ what_then_finds_no_room_is_dropped_and_counted, 0 },
		{ a_peer_that_takes_as_much_gets_what_waits_as_it_is, 0 },
		{ NULL, 0 },
	};

	return unit_run("finish", tests, setup, teardown);
}
