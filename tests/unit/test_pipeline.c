/* Hooks: their order, their scope, their verdicts, and frames that are held
 * and go on later. */
#include "switch/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "switch/forward.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 4, N_PROBES = 4, ORDER = 500 };

static struct rig rig;
static char trace[1024]; /* which probes ran, with how many frames, where */

/* A hook's owner that does as it is told. */
struct probe {
	struct hook_owner owner;
	char letter;
	uint8_t verdict;
	uint32_t only; /* frames of this length get .verdict; 0: all */
	uint32_t n_seen;
	struct probe *release_when_run; /* gives back what that one holds */
	struct probe *switch_off;	/* turns that one's ingress hook off */
};
static struct probe probes[N_PROBES];

static void
release_all(struct probe *probe)
{
	struct frame *frame;

	lane_enter(rig.sw->lane);
	while ((frame = TAILQ_FIRST(&probe->owner.held)) != NULL) {
		hook_owner_release(&probe->owner, frame);
		TAILQ_INSERT_TAIL(&rig.sw->lane->resumed, frame, link);
	}
	lane_leave(rig.sw->lane);
}

static void
discard_all(struct probe *probe)
{
	struct frame *frame;

	while ((frame = TAILQ_FIRST(&probe->owner.held)) != NULL) {
		hook_owner_release(&probe->owner, frame);
		forward_discard(rig.sw->lane, frame, DROP_PLUGIN);
	}
}

static void
on_frames(void *priv, const struct vl_vector *v)
{
	struct probe *probe = priv;
	char word[32];

	snprintf(word, sizeof(word), "%c%u@%u ", probe->letter, v->n, v->port);
	strncat(trace, word, sizeof(trace) - strlen(trace) - 1);
	ck_assert_uint_ge(v->n, 1);
	ck_assert_uint_le(v->n, FRAME_BATCH);
	ck_assert_uint_eq(v->now_ns, clock_now_ns(rig.clock));
	for (uint32_t i = 0; i < v->n; i++) {
		const struct frame *frame = (const struct frame *)v->frames[i];

		ck_assert_int_eq(v->verdicts[i], VL_PASS);
		ck_assert(frame->holder == FRAME_FREE);
		ck_assert_uint_eq(frame->refs, 1);
		ck_assert_uint_eq(frame->time_ns, RIG_START_MS * NS_PER_MS);
		probe->n_seen++;
		if (probe->only == 0 || frame->len == probe->only)
			v->verdicts[i] = probe->verdict;
	}
	if (probe->release_when_run != NULL)
		release_all(probe->release_when_run);
	if (probe->switch_off != NULL)
		pipeline_enable(rig.sw->lane->pipeline,
				&probe->switch_off->owner, VL_STAGE_INGRESS,
				false);
}

static void
setup(void)
{
	static const struct hook_scope everywhere = { SEGMENT_NONE, PORT_NONE,
						      VL_DIR_BOTH };

	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
	trace[0] = '\0';
	for (int i = 0; i < N_PROBES; i++) {
		struct probe *probe = &probes[i];

		*probe = (struct probe){ .letter = (char)('a' + i) };
		hook_owner_init(&probe->owner, &everywhere);
		probe->owner.priv = probe;
	}
}

static void
teardown(void)
{
	for (int i = 0; i < N_PROBES; i++) {
		pipeline_remove(rig.sw->lane->pipeline, &probes[i].owner);
		discard_all(&probes[i]);
	}
	rig_fini(&rig);
}

static void
hook(int i, enum vl_stage stage, int order)
{
	ck_assert_int_eq(pipeline_add(rig.sw->lane->pipeline, &probes[i].owner,
				      stage, order, on_frames),
			 0);
}

/* Probe @i at @stage, with a hook of probe 3 behind it that only looks. */
static void
hook_with_verdict(int i, enum vl_stage stage, enum vl_verdict verdict)
{
	hook(i, stage, ORDER);
	hook(3, stage, ORDER + 1);
	probes[i].verdict = (uint8_t)verdict;
}

static const enum vl_stage stages[] = { VL_STAGE_INGRESS, VL_STAGE_FORWARD,
					VL_STAGE_EGRESS };

/* ---- which hooks run ---- */

START_TEST(a_frame_passes_the_stages_one_after_the_other)
{
	hook(2, VL_STAGE_EGRESS, 0);
	hook(1, VL_STAGE_FORWARD, 500);
	hook(0, VL_STAGE_INGRESS, 1000);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_str_eq(trace, "a1@0 b1@0 c1@2 ");
	ck_assert_uint_eq(rig_sent(&rig, 2), 1);
}
END_TEST

START_TEST(hooks_of_a_stage_run_by_their_order_then_as_they_were_added)
{
	hook(3, stages[_i], 900);
	hook(1, stages[_i], 500);
	hook(2, stages[_i], 500);
	hook(0, stages[_i], 100);
	rig_send(&rig, 0, 3, 0, 60);
	ck_assert_uint_eq(trace[0], 'a');
	ck_assert_uint_eq(trace[5], 'b');
	ck_assert_uint_eq(trace[10], 'c');
	ck_assert_uint_eq(trace[15], 'd');
}
END_TEST

START_TEST(a_batch_is_one_vector_and_a_flood_one_for_each_port)
{
	hook(0, VL_STAGE_INGRESS, ORDER);
	hook(1, VL_STAGE_FORWARD, ORDER);
	hook(2, VL_STAGE_EGRESS, ORDER);
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 64);
	ck_assert_str_eq(trace, "a64@0 b64@0 c64@1 c64@2 c64@3 ");
}
END_TEST

/* By ports 0 and 1 of segment "lab": which probe runs? */
static const struct {
	bool other_segment;
	port_id_t port;
	const char *want;
} scopes[] = {
	{ false, PORT_NONE, "a1@0 a1@1 " },
	{ false, 0, "a1@0 " },
	{ false, 1, "a1@1 " },
	{ true, PORT_NONE, "" },
	{ true, 0, "" },
};

START_TEST(a_hook_sees_its_scope_only)
{
	probes[0].owner.scope.segment =
	    rig.segment->id + (scopes[_i].other_segment ? 1 : 0);
	probes[0].owner.scope.port = scopes[_i].port;
	hook(0, VL_STAGE_INGRESS, ORDER);
	rig_send(&rig, 0, 2, 0, 60);
	rig_send(&rig, 1, 2, 1, 60);
	ck_assert_str_eq(trace, scopes[_i].want);
}
END_TEST

START_TEST(a_hook_that_is_off_does_not_run)
{
	struct pipeline *p = rig.sw->lane->pipeline;

	hook(0, VL_STAGE_INGRESS, ORDER);
	pipeline_enable(p, &probes[0].owner, VL_STAGE_INGRESS, false);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_str_eq(trace, "");
	ck_assert(!pipeline_wants(p, VL_STAGE_INGRESS, &rig.ports[0]->site));
	pipeline_enable(p, &probes[0].owner, VL_STAGE_INGRESS, true);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_str_eq(trace, "a1@0 ");
}
END_TEST

START_TEST(a_hook_may_turn_off_the_one_behind_it)
{
	hook(0, VL_STAGE_INGRESS, 1);
	hook(1, VL_STAGE_INGRESS, 2);
	probes[0].switch_off = &probes[1];
	rig_send(&rig, 0, 2, 0, 60);
	rig_send(&rig, 1, 2, 1, 60);
	ck_assert_str_eq(trace, "a1@0 a1@1 ");
}
END_TEST

START_TEST(a_hook_may_turn_itself_off)
{
	hook(0, VL_STAGE_INGRESS, 1);
	hook(1, VL_STAGE_INGRESS, 2);
	probes[0].switch_off = &probes[0];
	rig_send(&rig, 0, 2, 0, 60);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_str_eq(trace, "a1@0 b1@0 b1@0 ");
}
END_TEST

START_TEST(an_owner_has_at_most_16_hooks_a_stage)
{
	struct pipeline *p = rig.sw->lane->pipeline;

	for (int i = 0; i < HOOKS_MAX; i++)
		hook(0, VL_STAGE_INGRESS, ORDER);
	ck_assert_int_eq(pipeline_add(p, &probes[0].owner, VL_STAGE_INGRESS,
				      ORDER, on_frames),
			 -ENOSPC);
	hook(0, VL_STAGE_EGRESS, ORDER);
	hook(1, VL_STAGE_INGRESS, ORDER);
}
END_TEST

static const struct {
	int stage, order, want;
} additions[] = {
	{ VL_STAGE_INGRESS, 0, 0 },
	{ VL_STAGE_EGRESS, HOOK_ORDER_MAX, 0 },
	{ VL_STAGE_INGRESS, -1, -EINVAL },
	{ VL_STAGE_INGRESS, HOOK_ORDER_MAX + 1, -EINVAL },
	{ VL_N_STAGES, 0, -EINVAL },
};

START_TEST(stages_and_orders_are_checked)
{
	ck_assert_int_eq(pipeline_add(rig.sw->lane->pipeline, &probes[0].owner,
				      (enum vl_stage)additions[_i].stage,
				      additions[_i].order, on_frames),
			 additions[_i].want);
}
END_TEST

/* ---- verdicts ---- */

START_TEST(a_dropped_frame_ends_there_and_is_counted)
{
	bool egress = stages[_i] == VL_STAGE_EGRESS;

	hook_with_verdict(0, stages[_i], VL_DROP);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 2), 0);
	ck_assert_uint_eq(probes[3].n_seen, 0);
	ck_assert_uint_eq(probes[0].owner.n_dropped, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
	ck_assert_uint_eq(
	    rig.ports[egress ? 2 : 0]->counters.rx_drops[DROP_PLUGIN],
	    egress ? 0 : 1);
	ck_assert_uint_eq(
	    rig.ports[egress ? 2 : 0]->counters.tx_drops[DROP_PLUGIN],
	    egress ? 1 : 0);
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
}
END_TEST

START_TEST(a_verdict_nobody_knows_is_a_drop)
{
	hook(0, stages[_i], ORDER);
	probes[0].verdict = 77;
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
}
END_TEST

START_TEST(a_source_dropped_at_ingress_is_not_learned)
{
	hook(0, VL_STAGE_INGRESS, ORDER);
	probes[0].verdict = VL_DROP;
	rig_send(&rig, 0, RIG_BROADCAST, 9, 60);
	probes[0].verdict = VL_PASS;
	rig_send(&rig, 1, 9, 1, 60);
	ck_assert_uint_eq(rig_sent(&rig, 0), 1); /* flooded */
	ck_assert_uint_eq(rig_sent(&rig, 3), 1);
}
END_TEST

/* Frames of 61 octets among others of 60 in one batch. */
static void
send_mixed(size_t in, uint8_t dst)
{
	struct frame *frames[6];

	for (int i = 0; i < 6; i++) {
		frames[i] = frame_alloc(rig.sw->lane->pool, 100);
		frames[i]->len = i % 3 == 0 ? 61 : 70 + (uint32_t)i;
		rig_fill(frames[i]->data, frames[i]->len, dst, (uint8_t)in);
	}
	port_input(rig.ports[in], frames, 6);
	rig_assert_books(&rig);
}

START_TEST(the_rest_of_a_vector_passes_in_order)
{
	static const uint32_t want[] = { 71, 72, 74, 75 };

	hook_with_verdict(0, stages[_i], VL_DROP);
	probes[0].only = 61;
	send_mixed(0, 2);
	ck_assert_uint_eq(probes[3].n_seen, 4);
	ck_assert_uint_eq(rig_sent(&rig, 2), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(dummy_sent(rig.ports[2], i)->len, want[i]);
}
END_TEST

START_TEST(a_copy_dropped_at_egress_is_missed_by_its_port_alone)
{
	probes[0].owner.scope.port = rig.ports[2]->id;
	probes[0].owner.scope.segment = SEGMENT_NONE;
	hook(0, VL_STAGE_EGRESS, ORDER);
	probes[0].verdict = VL_DROP;
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	ck_assert_uint_eq(rig_sent(&rig, 2), 0);
	ck_assert_uint_eq(rig_sent(&rig, 3), 1);
	ck_assert_uint_eq(rig.ports[2]->counters.tx_drops[DROP_PLUGIN], 1);
}
END_TEST

/* ---- stolen frames ---- */

START_TEST(a_stolen_frame_is_held_and_in_the_books)
{
	hook_with_verdict(0, stages[_i], VL_STOLEN);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 2), 0);
	ck_assert_uint_eq(rig_held(&rig), 1);
	ck_assert_uint_eq(probes[0].owner.n_held, 1);
	ck_assert_uint_eq(probes[3].n_seen, 0);
}
END_TEST

START_TEST(a_resumed_frame_goes_on_behind_the_hook_that_stole_it)
{
	uint8_t data[100];

	hook(1, stages[_i], ORDER); /* in front: must not see it twice */
	hook_with_verdict(0, stages[_i], VL_STOLEN);
	hook(2, stages[_i], ORDER); /* behind, by being added later */
	rig_send(&rig, 0, 2, 0, 100);
	release_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(probes[0].n_seen, 1);
	ck_assert_uint_eq(probes[1].n_seen, 1);
	ck_assert_uint_eq(probes[2].n_seen, 1);
	ck_assert_uint_eq(probes[3].n_seen, 1);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig_sent(&rig, 2), 1);
	rig_fill(data, sizeof(data), 2, 0);
	ck_assert_mem_eq(dummy_sent(rig.ports[2], 0)->data, data, 100);
}
END_TEST

START_TEST(resumed_frames_keep_their_order_and_travel_together)
{
	hook_with_verdict(0, stages[_i], VL_STOLEN);
	for (uint32_t i = 0; i < 100; i++)
		rig_send(&rig, 0, 2, 0, 60 + i);
	release_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_ptr_nonnull(strstr(trace, "d64@"));
	ck_assert_ptr_nonnull(strstr(trace, "d36@"));
	ck_assert_uint_eq(rig_sent(&rig, 2), 100);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_uint_eq(dummy_sent(rig.ports[2], i)->len, 60 + i);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[2]), 1);
}
END_TEST

START_TEST(more_than_a_turn_takes_go_on_in_the_next_ones)
{
	uint32_t n = 2 * LANE_RESUMED_MAX + 10;

	hook(0, stages[_i], ORDER);
	probes[0].verdict = VL_STOLEN;
	for (uint32_t i = 0; i < n; i++)
		rig_send(&rig, 0, 2, 0, 60 + i % 1000);
	release_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_lt(rig_sent(&rig, 2), n);
	while (rig_held(&rig) > 0)
		rig_loop(&rig);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_sent(&rig, 2), n);
	for (uint32_t i = 0; i < n; i++) /* in order */
		ck_assert_uint_eq(dummy_sent(rig.ports[2], i)->len,
				  60 + i % 1000);
}
END_TEST

START_TEST(a_flooded_frame_can_be_stolen_at_each_port_it_leaves_by)
{
	hook(0, VL_STAGE_EGRESS, ORDER);
	probes[0].verdict = VL_STOLEN;
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(rig_held(&rig), 3);
	release_all(&probes[0]);
	rig_assert_books(&rig);
	for (size_t i = 1; i < N_PORTS; i++)
		ck_assert_uint_eq(rig_sent(&rig, i), 1);
}
END_TEST

START_TEST(a_discarded_frame_is_a_drop)
{
	bool egress = stages[_i] == VL_STAGE_EGRESS;

	hook_with_verdict(0, stages[_i], VL_STOLEN);
	rig_send(&rig, 0, 2, 0, 60);
	discard_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig.ports[0]->counters.rx_drops[DROP_PLUGIN],
			  egress ? 0 : 1);
	ck_assert_uint_eq(rig.ports[2]->counters.tx_drops[DROP_PLUGIN],
			  egress ? 1 : 0);
}
END_TEST

/* Which of the two ports of a held frame is needed to let it go on? */
static const struct {
	enum vl_stage stage;
	size_t removed;
	size_t n_sent;
} leavers[] = {
	{ VL_STAGE_INGRESS, 0, 0 },
	{ VL_STAGE_INGRESS, 2, 1 }, /* forgotten by then: flooded to 1 and 3 */
	{ VL_STAGE_FORWARD, 0, 0 },
	{ VL_STAGE_FORWARD, 2, 0 },
	{ VL_STAGE_EGRESS, 0, 1 },
	{ VL_STAGE_EGRESS, 2, 0 },
};

START_TEST(a_held_frame_whose_port_is_gone_is_dropped_and_counted)
{
	size_t seen_at = leavers[_i].removed == 2 ? 1 : 2;

	hook_with_verdict(0, leavers[_i].stage, VL_STOLEN);
	rig_send(&rig, 0, 2, 0, 60);
	rig_remove(&rig, leavers[_i].removed);
	ck_assert_uint_eq(rig_held(&rig), 1);
	release_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig_sent(&rig, seen_at), leavers[_i].n_sent);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PORT_GONE),
			  leavers[_i].n_sent == 0 ? 1 : 0);
}
END_TEST

START_TEST(a_frame_discarded_after_its_port_is_in_the_books_of_the_segment)
{
	hook_with_verdict(0, stages[_i], VL_STOLEN);
	rig_send(&rig, 0, 2, 0, 60);
	rig_remove(&rig, 0);
	rig_remove(&rig, 2);
	discard_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
}
END_TEST

START_TEST(a_held_frame_outlives_its_segment)
{
	hook_with_verdict(0, stages[_i], VL_STOLEN);
	rig_send_batch(&rig, 0, 2, 0, 60, 2);
	switch_remove_segment(rig.sw, rig.segment);
	release_all(&probes[0]);
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
}
END_TEST

START_TEST(a_frame_resumed_inside_a_hook_goes_on_after_it)
{
	hook(0, stages[_i], ORDER);
	hook(1, stages[_i], ORDER + 1);
	hook(2, stages[_i], ORDER + 2);
	probes[1].verdict = VL_STOLEN;
	probes[1].only = 61;
	rig_send(&rig, 0, 2, 0, 61);
	probes[0].release_when_run = &probes[1];
	trace[0] = '\0';
	rig_send(&rig, 0, 2, 0, 62);
	/* a saw the second frame and let the first one go: it comes behind */
	ck_assert_uint_eq(rig_sent(&rig, 2), 2);
	ck_assert_uint_eq(dummy_sent(rig.ports[2], 0)->len, 62);
	ck_assert_uint_eq(dummy_sent(rig.ports[2], 1)->len, 61);
	ck_assert_uint_eq(probes[0].n_seen, 2);
	ck_assert_uint_eq(probes[1].n_seen, 2);
	ck_assert_uint_eq(probes[2].n_seen, 2);
}
END_TEST

START_TEST(hooks_may_come_and_go_while_a_frame_is_held)
{
	hook(0, stages[_i], ORDER);
	hook(1, stages[_i], ORDER + 1);
	probes[0].verdict = VL_STOLEN;
	rig_send(&rig, 0, 2, 0, 60);
	pipeline_remove(rig.sw->lane->pipeline, &probes[0].owner);
	pipeline_remove(rig.sw->lane->pipeline, &probes[1].owner);
	hook(2, stages[_i], ORDER - 1); /* in front of where it was */
	hook(3, stages[_i], ORDER);	/* behind: added later */
	release_all(&probes[0]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(probes[1].n_seen, 0);
	ck_assert_uint_eq(probes[2].n_seen, 0);
	ck_assert_uint_eq(probes[3].n_seen, 1);
	ck_assert_uint_eq(rig_sent(&rig, 2), 1);
}
END_TEST

START_TEST(a_held_frame_does_not_pin_the_block_it_was_cut_from)
{
	struct frame_block *block = frame_block_new(rig.sw->lane->pool);
	struct frame *frame = frame_block_cut(block, 0, 100);

	hook_with_verdict(0, stages[_i], VL_STOLEN);
	rig_fill(frame->data, 100, 2, 0);
	port_input(rig.ports[0], &frame, 1);
	rig_assert_books(&rig);
	ck_assert(!frame_block_shared(block));
	frame_block_free(block);
	release_all(&probes[0]);
	ck_assert_uint_eq(rig_sent(&rig, 2), 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_passes_the_stages_one_after_the_other, 0 },
		{ hooks_of_a_stage_run_by_their_order_then_as_they_were_added,
		  UNIT_ROWS(stages) },
		{ a_batch_is_one_vector_and_a_flood_one_for_each_port, 0 },
		{ a_hook_sees_its_scope_only, UNIT_ROWS(scopes) },
		{ a_hook_that_is_off_does_not_run, 0 },
		{ a_hook_may_turn_off_the_one_behind_it, 0 },
		{ a_hook_may_turn_itself_off, 0 },
		{ an_owner_has_at_most_16_hooks_a_stage, 0 },
		{ stages_and_orders_are_checked, UNIT_ROWS(additions) },
		{ a_dropped_frame_ends_there_and_is_counted,
		  UNIT_ROWS(stages) },
		{ a_verdict_nobody_knows_is_a_drop, UNIT_ROWS(stages) },
		{ a_source_dropped_at_ingress_is_not_learned, 0 },
		{ the_rest_of_a_vector_passes_in_order, UNIT_ROWS(stages) },
		{ a_copy_dropped_at_egress_is_missed_by_its_port_alone, 0 },
		{ a_stolen_frame_is_held_and_in_the_books, UNIT_ROWS(stages) },
		{ a_resumed_frame_goes_on_behind_the_hook_that_stole_it,
		  UNIT_ROWS(stages) },
		{ resumed_frames_keep_their_order_and_travel_together,
		  UNIT_ROWS(stages) },
		{ more_than_a_turn_takes_go_on_in_the_next_ones,
		  UNIT_ROWS(stages) },
		{ a_flooded_frame_can_be_stolen_at_each_port_it_leaves_by, 0 },
		{ a_discarded_frame_is_a_drop, UNIT_ROWS(stages) },
		{ a_held_frame_whose_port_is_gone_is_dropped_and_counted,
		  UNIT_ROWS(leavers) },
		{ a_frame_discarded_after_its_port_is_in_the_books_of_the_segment,
		  UNIT_ROWS(stages) },
		{ a_held_frame_outlives_its_segment, UNIT_ROWS(stages) },
		{ a_frame_resumed_inside_a_hook_goes_on_after_it,
		  UNIT_ROWS(stages) },
		{ hooks_may_come_and_go_while_a_frame_is_held,
		  UNIT_ROWS(stages) },
		{ a_held_frame_does_not_pin_the_block_it_was_cut_from,
		  UNIT_ROWS(stages) },
		{ NULL, 0 },
	};

	return unit_run("pipeline", tests, setup, teardown);
}
