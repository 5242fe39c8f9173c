/* What plugins do with frames: change, copy, move and make them, say why they
 * drop them, mark them; and who hears of drops.  The books balance always. */
#include "config.h"

#include "switch/plugin-host.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/rpc.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"
#include "tests/unit/plugin-rig.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 4 };

static struct rig rig;
static struct plugin_rig p;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
	plugin_rig_init(&p, rig.sw, "worker");
}

static void
teardown(void)
{
	plugin_rig_fini(&p);
	rig_assert_books(&rig);
	rig_fini(&rig);
}

/* The octets of the only frame that port @i has sent. */
static const struct frame *
only_sent(size_t i)
{
	ck_assert_uint_eq(rig_sent(&rig, i), 1);
	return dummy_sent(rig.ports[i], 0);
}

static const char *const stages[] = { "ingress", "forward", "egress" };

/* ---- changing ---- */

static const struct {
	uint32_t sent, len; /* before, after */
} edits[] = {
	{ 60, 60 },    { 60, 61 },   { 100, 60 },  { 100, 20 },
	{ 60, 14 },    { 60, 2048 }, { 60, 2049 }, { 3000, 60 },
	{ 60, 65550 }, { 20, 100 },  { 20, 30 },
};

START_TEST(a_frame_can_grow_and_shrink_at_every_stage)
{
	uint32_t len = edits[_i].len, sent = edits[_i].sent;
	uint32_t kept = len < sent ? len : sent;
	uint8_t want[65550];

	for (size_t s = 0; s < 3; s++) {
		const struct frame *got;

		plugin_rig_load(&p, "worker",
				"{'action':'edit','stage':'%s','len':%u}",
				stages[s], len);
		rig_send(&rig, 0, 2, 0, sent);
		got = only_sent(2);
		memset(want, 0, sizeof(want));
		rig_fill(want, sent, 2, 0);
		memset(want + kept, 0, sizeof(want) - kept);
		if (len > 14)
			want[len - 1] = 0xee;
		ck_assert_uint_eq(got->len, len);
		ck_assert_mem_eq(got->data, want, len < 60 ? 60 : len);
		plugin_rig_unload(&p, "worker");
		dummy_record(rig.ports[2]);
	}
}
END_TEST

static const uint32_t bad_lens[] = { 0, 13, 65551, UINT32_MAX };

START_TEST(a_length_that_no_frame_has_changes_nothing)
{
	plugin_rig_load(&p, "worker",
			"{'action':'edit','stage':'ingress','len':%u}",
			bad_lens[_i]);
	rig_send(&rig, 0, 2, 0, 100);
	ck_assert_uint_eq(only_sent(2)->len, 100);
	plugin_rig_call(&p, "worker.make", -EINVAL, "{'len':%u}", bad_lens[_i]);
}
END_TEST

START_TEST(others_keep_the_frame_that_was_there)
{
	uint8_t want[60];

	rig_fill(want, sizeof(want), RIG_BROADCAST, 0);
	plugin_rig_load_for(&p, "worker", "p2", VL_DIR_BOTH,
			    "{'action':'edit','stage':'egress','len':50}");
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(only_sent(2)->len, 50);
	for (size_t i = 1; i < N_PORTS; i += 2) {
		ck_assert_uint_eq(only_sent(i)->len, 60);
		ck_assert_mem_eq(only_sent(i)->data, want, 60);
	}
}
END_TEST

START_TEST(a_frame_cut_from_a_block_can_be_changed)
{
	struct frame_block *block = frame_block_new(rig.sw->lane->pool);
	struct frame *frames[2];
	uint8_t want[100];

	rig_fill(frame_block_data(block), 100, 2, 0);
	rig_fill(frame_block_data(block) + 100, 100, 2, 0);
	frames[0] = frame_block_cut(block, 0, 100);
	frames[1] = frame_block_cut(block, 100, 100);
	frame_block_free(block);
	plugin_rig_load(&p, "worker", "{'action':'edit','stage':'%s','len':99}",
			stages[_i]);
	port_input(rig.ports[0], frames, 2);
	rig_fill(want, sizeof(want), 2, 0);
	want[98] = 0xee; /* and not the octets of the other one */
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(dummy_sent(rig.ports[2], i)->len, 99);
		ck_assert_mem_eq(dummy_sent(rig.ports[2], i)->data, want, 99);
	}
}
END_TEST

START_TEST(a_held_frame_can_be_changed)
{
	plugin_rig_load(&p, "worker",
			"{'action':'hold','stage':'%s','len':300}", stages[_i]);
	rig_send(&rig, 0, 2, 0, 60);
	plugin_rig_call(&p, "worker.release", 0, "{'how':'edit'}");
	ck_assert_uint_eq(only_sent(2)->len, 300);
}
END_TEST

/* ---- copies ---- */

START_TEST(a_clone_goes_its_own_way)
{
	uint8_t want[60];

	plugin_rig_load(&p, "worker",
			"{'action':'mirror','stage':'%s','to':'p3',"
			"'via':'egress'}",
			stages[_i]);
	rig_send(&rig, 0, 2, 0, 60);
	rig_fill(want, sizeof(want), 2, 0);
	ck_assert_mem_eq(only_sent(3)->data, want, 60);
	want[59] = 0xaa; /* the original was changed after that */
	ck_assert_mem_eq(only_sent(2)->data, want, 60);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig.segment->made, 1);
}
END_TEST

START_TEST(clones_that_plugins_send_to_each_other_end)
{
	log_set_fd(-1); /* it warns */
	plugin_rig_load(&p, "worker",
			"{'action':'mirror','stage':'ingress','to':'p0',"
			"'via':'forward'}");
	plugin_rig_load(&p, "worker",
			"{'action':'mirror','stage':'forward','to':'p1',"
			"'via':'ingress'}");
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_int_ge(plugin_rig_shown(&p, "worker", "drops", "loop"), 1);
}
END_TEST

/* ---- other places ---- */

/* A frame from port 0 to port 2, held there, goes on at port 1. */
static const struct {
	const char *held_at, *via;
	size_t at[N_PORTS]; /* how many arrive */
	bool learned;	    /* is its source at port 1 then? */
} moves[] = {
	{ "ingress", "ingress", { 0, 0, 1, 0 }, true },
	{ "ingress", "forward", { 0, 0, 1, 0 }, false },
	{ "ingress", "egress", { 0, 1, 0, 0 }, false },
	{ "egress", "ingress", { 0, 0, 1, 0 }, true },
	{ "egress", "forward", { 0, 0, 1, 0 }, false },
	{ "egress", "egress", { 0, 1, 0, 0 }, false },
};

START_TEST(a_held_frame_can_go_on_elsewhere)
{
	plugin_rig_load(&p, "worker",
			"{'action':'hold','stage':'%s','to':'p1','via':'%s'}",
			moves[_i].held_at, moves[_i].via);
	rig_send(&rig, 0, 2, 0, 60);
	plugin_rig_call(&p, "worker.release", 0, "{'how':'inject'}");
	/* at its own stage only hooks behind its own run */
	if (strcmp(moves[_i].held_at, moves[_i].via) != 0 &&
	    strcmp(moves[_i].held_at, "egress") == 0)
		plugin_rig_call(&p, "worker.release", 0, "{'how':'resume'}");
	for (size_t i = 0; i < N_PORTS; i++)
		ck_assert_uint_eq(rig_sent(&rig, i), moves[_i].at[i]);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig.segment->made, 0);
	plugin_rig_unload(&p, "worker");
	rig_send(&rig, 3, 0, 3, 60); /* to the station that was at port 0 */
	ck_assert_uint_eq(rig_sent(&rig, 1),
			  moves[_i].at[1] + (moves[_i].learned ? 1 : 0));
}
END_TEST

START_TEST(a_frame_that_changes_segments_is_in_both_books)
{
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);
	struct port *q[2];
	struct segment_stats s;

	for (int i = 0; i < 2; i++)
		q[i] = switch_add_port(other, &port_kind_dummy,
				       i == 0 ? "q0" : "q1", PORT_MTU_DEFAULT,
				       NULL, -1, NULL);
	plugin_rig_load_for(&p, "worker", "p0", VL_DIR_BOTH,
			    "{'action':'hold','stage':'ingress','to':'q0',"
			    "'via':'%s'}",
			    stages[_i]);
	rig_send_batch(&rig, 0, 2, 0, 60, 3);
	plugin_rig_call(&p, "worker.release", 0, "{'how':'inject'}");
	ck_assert_uint_eq(dummy_n_sent(q[_i == 2 ? 0 : 1]), 3);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 3);
	segment_read_stats(other, &s);
	ck_assert(segment_stats_balance(&s));
	ck_assert_uint_eq(s.made, 3);
}
END_TEST

START_TEST(a_frame_sent_to_a_port_that_is_gone_is_dropped_and_counted)
{
	plugin_rig_load(&p, "worker",
			"{'action':'hold','stage':'%s','to':'p9',"
			"'via':'egress'}",
			stages[_i]);
	rig_send(&rig, 0, 2, 0, 60);
	plugin_rig_call(&p, "worker.release", 0, "{'how':'inject'}");
	plugin_rig_call(&p, "worker.make", 0, "{'len':60}");
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PORT_GONE), 1);
	ck_assert_int_eq(plugin_rig_shown(&p, "worker", "drops", "port-gone"),
			 2);
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
}
END_TEST

START_TEST(a_new_frame_enters_where_it_is_sent)
{
	plugin_rig_load(&p, "worker",
			"{'action':'nothing','to':'p1','via':'%s'}",
			stages[_i]);
	plugin_rig_call(&p, "worker.make", 0, "{'len':14}");
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig.segment->made, 1);
	if (_i == 2)
		ck_assert_uint_eq(only_sent(1)->len, 14);
	else
		ck_assert_uint_eq(only_sent(0)->len, 14); /* and 2, and 3 */
	ck_assert_uint_eq(rig_sent(&rig, 3), _i == 2 ? 0 : 1);
	ck_assert_uint_eq(rig_sent(&rig, 1), _i == 2 ? 1 : 0);
}
END_TEST

START_TEST(frames_that_were_made_and_forgotten_are_freed)
{
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.make", 0, "{'len':60,'keep':true}");
	rig_assert_books(&rig);
	log_set_fd(-1); /* it warns */
	plugin_rig_unload(&p, "worker");
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
	rig_assert_books(&rig);
}
END_TEST

START_TEST(a_timer_may_free_itself)
{
	plugin_rig_load(&p, "worker",
			"{'action':'hold','to':'p1','via':'egress'}");
	rig_send(&rig, 0, 2, 0, 60);
	plugin_rig_call(&p, "worker.arm", 0, "{}");
	clock_advance(rig.clock, NS_PER_MS);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
}
END_TEST

/* ---- direction ---- */

static const struct {
	enum vl_direction direction;
	const char *stage;
	size_t n_lost; /* of one frame from p1, and one to it */
} directions[] = {
	{ VL_DIR_BOTH, "ingress", 1 }, { VL_DIR_BOTH, "forward", 1 },
	{ VL_DIR_BOTH, "egress", 1 },  { VL_DIR_IN, "ingress", 1 },
	{ VL_DIR_IN, "forward", 1 },   { VL_DIR_IN, "egress", 0 },
	{ VL_DIR_OUT, "ingress", 0 },  { VL_DIR_OUT, "forward", 0 },
	{ VL_DIR_OUT, "egress", 1 },
};

START_TEST(a_hook_outside_of_the_direction_never_runs)
{
	plugin_rig_load_for(&p, "worker", "p1", directions[_i].direction,
			    "{'action':'loss','stage':'%s'}",
			    directions[_i].stage);
	rig_send(&rig, 1, 2, 1, 60);
	rig_send(&rig, 2, 1, 2, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), directions[_i].n_lost);
}
END_TEST

/* ---- drops ---- */

START_TEST(drops_are_counted_by_reason)
{
	plugin_rig_load(&p, "worker", "{'action':'loss','stage':'%s'}",
			stages[_i]);
	rig_send_batch(&rig, 0, 2, 0, 60, 5);
	ck_assert_int_eq(plugin_rig_shown(&p, "worker", "drops", "loss"), 5);
	ck_assert_int_eq(plugin_rig_shown(&p, "worker", NULL, "dropped"), 5);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 5);
}
END_TEST

START_TEST(a_discarded_frame_has_its_reason_too)
{
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	plugin_rig_load(&p, "worker", "{'action':'hold','stage':'%s'}",
			stages[_i]);
	rig_send(&rig, 0, 2, 0, 60);
	plugin_rig_call(&p, "worker1.release", 0, "{'how':'discard'}");
	ck_assert_int_eq(plugin_rig_shown(&p, "worker1", "drops", "loss"), 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
	plugin_rig_assert_events(
	    &p,
	    "worker.drop {'by':'worker1','len':60,'marks':[],'port':'%s',"
	    "'reason':'loss','stage':'%s'}\n",
	    _i == 2 ? "p2" : "p0", stages[_i]);
}
END_TEST

START_TEST(a_frame_that_has_been_sent_on_too_often_is_told_of)
{
	log_set_fd(-1); /* it warns */
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	plugin_rig_load(&p, "worker",
			"{'action':'hold','stage':'egress','to':'p1',"
			"'via':'forward'}");
	rig_send(&rig, 0, 2, 0, 60);
	for (int i = 0; i < VL_INJECTS_MAX; i++)
		plugin_rig_call(&p, "worker1.release", 0, "{'how':'inject'}");
	ck_assert_str_eq(p.events, "");
	plugin_rig_call(&p, "worker1.release", 0, "{'how':'inject'}");
	ck_assert_int_eq(plugin_rig_shown(&p, "worker1", "drops", "loop"), 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
	plugin_rig_assert_events(
	    &p, "worker.drop {'by':'worker1','len':60,'marks':[],'port':'p2',"
		"'reason':'loop','stage':'egress'}\n");
}
END_TEST

START_TEST(who_watches_drops_is_told_by_whom_why_and_where)
{
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	plugin_rig_load(&p, "worker", "{'action':'mark'}");
	plugin_rig_load(&p, "worker", "{'action':'loss','stage':'%s'}",
			stages[_i]);
	rig_send(&rig, 0, 2, 0, 77);
	plugin_rig_assert_events(
	    &p,
	    "worker.drop {'by':'worker2','len':77,'marks':['worker1: seen'],"
	    "'port':'%s','reason':'loss','stage':'%s'}\n",
	    _i == 2 ? "p2" : "p0", stages[_i]);
}
END_TEST

START_TEST(drops_of_the_switch_are_told_as_well)
{
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	rig_send(&rig, 0, 0, 0, 60); /* to itself */
	dummy_set_credit(rig.ports[2], 0);
	for (int i = 0; i < PORT_QUEUE_FRAMES + 1; i++)
		rig_send(&rig, 1, 2, 1, 60);
	plugin_rig_assert_events(
	    &p, "worker.drop {'by':'-','len':60,'marks':[],'port':'p0',"
		"'reason':'filtered','stage':'ingress'}\n"
		"worker.drop {'by':'-','len':60,'marks':[],'port':'p2',"
		"'reason':'queue-full','stage':'egress'}\n");
}
END_TEST

static const struct {
	const char *port;
	enum vl_direction direction;
	bool told; /* of a frame from p0 to itself */
} watchers[] = {
	{ NULL, VL_DIR_BOTH, true },  { "p0", VL_DIR_BOTH, true },
	{ "p1", VL_DIR_BOTH, false }, { "p0", VL_DIR_IN, true },
	{ "p0", VL_DIR_OUT, false },
};

START_TEST(drops_out_of_scope_are_not_told)
{
	plugin_rig_load_for(&p, "worker", watchers[_i].port,
			    watchers[_i].direction, "{'action':'watch'}");
	rig_send(&rig, 0, 0, 0, 60);
	ck_assert_int_eq(p.events[0] != '\0', watchers[_i].told);
}
END_TEST

START_TEST(an_unloaded_watcher_hears_nothing)
{
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	plugin_rig_load(&p, "worker", "{'action':'watch'}");
	plugin_rig_unload(&p, "worker");
	rig_send(&rig, 0, 0, 0, 60);
	plugin_rig_assert_events(
	    &p, "worker1.drop {'by':'-','len':60,'marks':[],'port':'p0',"
		"'reason':'filtered','stage':'ingress'}\n");
}
END_TEST

/* ---- options that change ---- */

static json_t *
options_of(const char *id)
{
	json_t *list = plugin_host_show(p.host), *inst, *found = NULL;
	size_t i;

	json_array_foreach(list, i, inst)
	{
		if (strcmp(json_string_value(json_object_get(inst, "id")),
			   id) == 0)
			found = json_incref(json_object_get(inst, "options"));
	}
	json_decref(list);
	return found;
}

START_TEST(options_change_while_frames_flow)
{
	json_t *shown;

	plugin_rig_load(&p, "worker", "{'action':'edit','len':100}");
	rig_send(&rig, 0, 1, 0, 60);
	plugin_rig_set(&p, "worker", 0, "{'len':'200'}");
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_uint_eq(only_sent(1)->len, 100);
	ck_assert_uint_eq(only_sent(2)->len, 200);
	shown = options_of("worker");
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "len")),
			 200);
	ck_assert_str_eq(json_string_value(json_object_get(shown, "action")),
			 "edit");
	json_decref(shown);
}
END_TEST

static const struct {
	const char *options;
	int code;
} refused_sets[] = {
	{ "{'len':'x'}", -EINVAL },
	{ "{'lem':7}", -EINVAL },
	{ "{'action':'loss','len':70}", -EINVAL }, /* says the plugin */
};

START_TEST(options_that_are_refused_change_nothing)
{
	json_t *shown;

	plugin_rig_load(&p, "worker", "{'action':'edit','len':100}");
	plugin_rig_set(&p, "worker", refused_sets[_i].code, "%s",
		       refused_sets[_i].options);
	rig_send(&rig, 0, 2, 0, 60);
	ck_assert_uint_eq(only_sent(2)->len, 100);
	shown = options_of("worker");
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "len")),
			 100);
	json_decref(shown);
}
END_TEST

/* ---- the switch's methods, and descriptors ---- */

static void
answer(const char *method, json_t *params, rpc_done_fn *done, void *done_arg,
       void *arg)
{
	struct err err = ERR_INIT;
	json_t *result = json_string(method);

	(void)arg;
	if (strcmp(method, "unload.me") == 0) {
		ck_assert_int_eq(plugin_host_unload(p.host, "worker", NULL), 0);
		done(result, NULL, done_arg);
	} else if (strcmp(method, "fail") == 0) {
		err_set(&err, -EPERM, "no");
		done(NULL, &err, done_arg);
	} else {
		done(result, NULL, done_arg);
	}
	json_decref(result);
	json_decref(params);
}

START_TEST(a_plugin_calls_the_switch_when_the_turn_is_over)
{
	plugin_host_on_control(p.host, answer, NULL);
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.ask", 0, "{'method':'a','params':{}}");
	plugin_rig_call(&p, "worker.ask", 0, "{'method':'fail'}");
	ck_assert_str_eq(p.events, "");
	rig_loop(&rig);
	rig_loop(&rig);
	plugin_rig_assert_events(
	    &p,
	    "worker.answer {'code':0,'error':'','result':'a'}\n"
	    "worker.answer {'code':%d,'error':'no','result':null}\n",
	    -EPERM);
}
END_TEST

START_TEST(a_plugin_may_have_itself_unloaded)
{
	plugin_host_on_control(p.host, answer, NULL);
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.ask", 0, "{'method':'unload.me'}");
	plugin_rig_call(&p, "worker.ask", 0, "{'method':'a'}");
	rig_loop(&rig);
	rig_loop(&rig);
	ck_assert_str_eq(p.events, ""); /* its answers are not heard */
	ck_assert_int_eq(plugin_rig_shown(&p, "worker", NULL, "dropped"), -1);
}
END_TEST

START_TEST(calls_of_a_plugin_are_bounded)
{
	plugin_host_on_control(p.host, answer, NULL);
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.ask", 0, "{'method':'a','times':256}");
	plugin_rig_call(&p, "worker.ask", -EBUSY, "{'method':'a'}");
}
END_TEST

START_TEST(a_descriptor_that_is_watched_is_told_of)
{
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.watch", 0, "{}");
	rig_loop(&rig);
	rig_loop(&rig);
	plugin_rig_assert_events(&p,
				 "worker.readable {'byte':120,'events':1}\n");
}
END_TEST

START_TEST(a_watch_for_nothing_is_silent)
{
	plugin_rig_load(&p, "worker", "{'action':'nothing'}");
	plugin_rig_call(&p, "worker.watch", 0, "{'asleep':true}");
	rig_loop(&rig);
	ck_assert_str_eq(p.events, "");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_can_grow_and_shrink_at_every_stage,
		  UNIT_ROWS(edits) },
		{ a_length_that_no_frame_has_changes_nothing,
		  UNIT_ROWS(bad_lens) },
		{ others_keep_the_frame_that_was_there, 0 },
		{ a_frame_cut_from_a_block_can_be_changed, UNIT_ROWS(stages) },
		{ a_held_frame_can_be_changed, UNIT_ROWS(stages) },
		{ a_clone_goes_its_own_way, UNIT_ROWS(stages) },
		{ clones_that_plugins_send_to_each_other_end, 0 },
		{ a_held_frame_can_go_on_elsewhere, UNIT_ROWS(moves) },
		{ a_frame_that_changes_segments_is_in_both_books,
		  UNIT_ROWS(stages) },
		{ a_frame_sent_to_a_port_that_is_gone_is_dropped_and_counted,
		  UNIT_ROWS(stages) },
		{ a_new_frame_enters_where_it_is_sent, UNIT_ROWS(stages) },
		{ frames_that_were_made_and_forgotten_are_freed, 0 },
		{ a_timer_may_free_itself, 0 },
		{ a_hook_outside_of_the_direction_never_runs,
		  UNIT_ROWS(directions) },
		{ drops_are_counted_by_reason, UNIT_ROWS(stages) },
		{ a_discarded_frame_has_its_reason_too, UNIT_ROWS(stages) },
		{ a_frame_that_has_been_sent_on_too_often_is_told_of, 0 },
		{ who_watches_drops_is_told_by_whom_why_and_where,
		  UNIT_ROWS(stages) },
		{ drops_of_the_switch_are_told_as_well, 0 },
		{ drops_out_of_scope_are_not_told, UNIT_ROWS(watchers) },
		{ an_unloaded_watcher_hears_nothing, 0 },
		{ options_change_while_frames_flow, 0 },
		{ options_that_are_refused_change_nothing,
		  UNIT_ROWS(refused_sets) },
		{ a_plugin_calls_the_switch_when_the_turn_is_over, 0 },
		{ a_plugin_may_have_itself_unloaded, 0 },
		{ calls_of_a_plugin_are_bounded, 0 },
		{ a_descriptor_that_is_watched_is_told_of, 0 },
		{ a_watch_for_nothing_is_silent, 0 },
		{ NULL, 0 },
	};

	return unit_run("plugin-frames", tests, setup, teardown);
}
