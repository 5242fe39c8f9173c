/* A trace says what then happens: every frame here is traced first and sent
 * then. */
#include "switch/trace.h"

#include <string.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "switch/pipeline.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 4, LEN = 64 };
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

static json_t *
trace(size_t in, const uint8_t *octets, uint32_t len)
{
	return trace_frame(rig.ports[in], octets, len, clock_now_ms(rig.clock));
}

static bool
has_output(const json_t *result, const char *port, const char **tag)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(result, "outputs"), i, row)
	{
		if (strcmp(json_str_or(row, "port", ""), port) == 0) {
			*tag = json_str_or(row, "tag", "");
			return true;
		}
	}
	return false;
}

/* The text of the first step @name, or "". */
static const char *
step_text(const json_t *result, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(result, "steps"), i, row)
	{
		if (strcmp(json_str_or(row, "step", ""), name) == 0)
			return json_str_or(row, "text", "");
	}
	return "";
}

static uint64_t
total_drops(const char *reason)
{
	struct segment_stats stats;

	segment_read_stats(rig.segment, &stats);
	for (int i = 0; i < N_DROP_REASONS; i++) {
		if (strcmp(drop_reason_name(i), reason) == 0)
			return stats.drops[i];
	}
	return 0;
}

/* What is known of the stations: for comparing. */
static void
add_up(const struct fdb_entry *entry, void *arg)
{
	uint64_t *sum = arg;

	*sum += mac_to_u64(&entry->mac) * 31 + entry->vid * 7u + entry->port +
		entry->n_moves * 1000003u + entry->age_ms;
}

static uint64_t
table_sum(void)
{
	uint64_t sum = 0;

	fdb_each(rig.segment->fdb, clock_now_ms(rig.clock), add_up, &sum);
	return sum;
}

/* Traces the frame, sends it, and compares.  Return: the trace, owned. */
static json_t *
check(size_t in, const uint8_t *octets, uint32_t len)
{
	uint8_t padded[2048] = { 0 };
	uint64_t sum = table_sum(), drops = 0;
	const char *reason, *tag = "";
	json_t *result;

	memcpy(padded, octets, len);
	result = trace(in, padded, len);
	reason = json_string_value(json_object_get(result, "reason"));
	ck_assert_uint_eq(table_sum(), sum);
	rig_assert_books(&rig);
	if (reason != NULL)
		drops = total_drops(reason);
	for (size_t i = 0; i < N_PORTS; i++)
		dummy_record(rig.ports[i]);
	dummy_inject(rig.ports[in], octets, len);
	rig_assert_books(&rig);
	for (size_t i = 0; i < N_PORTS; i++) {
		bool said = has_output(result, rig.ports[i]->name, &tag);
		uint32_t got_len;

		ck_assert_uint_eq(rig_sent(&rig, i), said);
		if (!said)
			continue;
		got_len = dummy_sent(rig.ports[i], 0)->len;
		if (strcmp(tag, "unchanged") == 0)
			ck_assert_uint_eq(got_len, len);
		else
			ck_assert_int_eq(
			    dummy_sent(rig.ports[i], 0)->data[12] == 0x81,
			    strcmp(tag, "tagged") == 0);
	}
	if (reason != NULL)
		ck_assert_uint_eq(total_drops(reason), drops + 1);
	return result;
}

static json_t *
check_simple(size_t in, uint8_t dst, uint8_t src)
{
	uint8_t data[LEN];

	rig_fill(data, LEN, dst, src);
	return check(in, data, LEN);
}

static void
assert_verdict(json_t *result, const char *verdict, const char *reason)
{
	ck_assert_str_eq(json_str_or(result, "verdict", ""), verdict);
	ck_assert_str_eq(json_str_or(result, "reason", ""), reason);
	json_decref(result);
}

START_TEST(a_bridge_is_traced_as_it_forwards)
{
	assert_verdict(check_simple(0, RIG_BROADCAST, 1), "flood", "");
	assert_verdict(check_simple(0, 9, 1), "flood", "");
	assert_verdict(check_simple(2, 1, 3), "forward", "");
	assert_verdict(check_simple(0, 1, 2), "drop", "filtered");
	assert_verdict(check_simple(1, 8, 8), "drop", "filtered");
	assert_verdict(check_simple(3, 1, 1), "drop", "filtered");
	assert_verdict(check_simple(0, 1, 2), "forward", "");
}
END_TEST

START_TEST(bad_lengths_are_traced_as_they_are_dropped)
{
	uint8_t data[1600] = { 2 };

	rig.ports[0]->mtu = 1500;
	assert_verdict(check(0, data, 13), "drop", "runt");
	assert_verdict(check(0, data, 14), "flood", "");
	assert_verdict(check(0, data, 1514), "flood", "");
	assert_verdict(check(0, data, 1515), "drop", "oversize");
}
END_TEST

START_TEST(the_spanning_tree_is_part_of_it)
{
	json_t *result;

	rig.ports[0]->stp_state = STP_DISCARDING;
	assert_verdict(check_simple(0, 9, 1), "drop", "stp");
	rig.ports[0]->stp_state = STP_LEARNING;
	assert_verdict(check_simple(0, 9, 1), "drop", "stp");
	rig.ports[2]->stp_state = STP_DISCARDING;
	assert_verdict(check_simple(1, RIG_BROADCAST, 5), "flood", "");
	result = check_simple(1, 1, 5); /* at port 0, which only learns */
	ck_assert_str_eq(step_text(result, "output"), "not p0: it is learning");
	assert_verdict(result, "drop", "stp");
}
END_TEST

/* Each of these frames at each of the ports, in each mode. */
static const uint8_t starts[][18] = {
	{ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 5, 0x88, 0xb5 },
	{ 2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 10, 0x88, 0xb5 },
	{ 2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 5, 0x81, 0, 0, 10, 0x88, 0xb5 },
	{ 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 5, 0x81, 0, 0xe0, 0 },
	{ 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 6, 0x81, 0, 0, 20 },
	{ 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 7, 0x81, 0, 15, 255 },
	{ 1, 0x80, 0xc2, 0, 0, 2, 2, 0, 0, 0, 0, 5, 0x88, 0x09 },
	{ 1, 0x80, 0xc2, 0, 0, 0x10, 2, 0, 0, 0, 0, 5, 0x88, 0x09 },
	{ 2, 0, 0, 0, 0, 6, 1, 0, 0, 0, 0, 5, 0x88, 0xb5 },
};
enum { N_STARTS = sizeof(starts) / sizeof(starts[0]) };

START_TEST(in_every_mode_a_trace_says_what_then_happens)
{
	struct vid_rules *trunk = port_own_vid_rules(rig.ports[3]);

	segment_set_mode(rig.segment, (enum segment_mode)_i);
	vid_rules_init(port_own_vid_rules(rig.ports[0]), 10);
	vid_rules_init(port_own_vid_rules(rig.ports[1]), 10);
	vid_rules_init(port_own_vid_rules(rig.ports[2]), 20);
	vid_rules_init(trunk, VID_NONE);
	vid_rules_add(trunk, 10, 20, false, false);
	for (int round = 0; round < 3; round++) {
		for (size_t f = 0; f < N_STARTS; f++) {
			for (size_t in = 0; in < N_PORTS; in++) {
				uint8_t data[LEN] = { 0 };

				memcpy(data, starts[f], sizeof(starts[f]));
				json_decref(check(in, data, LEN));
				json_decref(check(in, data, 17));
			}
		}
	}
}
END_TEST

START_TEST(the_reason_why_a_vlan_is_refused_is_told)
{
	uint8_t data[LEN];
	json_t *result;

	segment_set_mode(rig.segment, SEGMENT_8021Q);
	rig_fill(data, LEN, 9, 1);
	memcpy(data + 12, (uint8_t[]){ 0x81, 0, 0, 7 }, 4);
	result = check(0, data, LEN);
	ck_assert_str_eq(step_text(result, "vlan"),
			 "refused: the port is not in that VLAN");
	ck_assert_str_eq(step_text(result, "learn"), "");
	assert_verdict(result, "drop", "vlan");
}
END_TEST

static void
ignore_bpdu(struct port *in, const struct frame *frame, uint64_t now_ns,
	    void *arg)
{
	(void)in;
	(void)frame;
	(void)now_ns;
	(void)arg;
}

START_TEST(a_bpdu_is_trapped)
{
	uint8_t data[LEN];

	segment_trap_bpdus(rig.segment, ignore_bpdu, NULL);
	rig_fill(data, LEN, 0, 1);
	memcpy(data, (uint8_t[]){ 0x01, 0x80, 0xc2, 0, 0, 0 }, 6);
	assert_verdict(check(0, data, LEN), "trap", "link-local");
}
END_TEST

START_TEST(what_is_known_of_the_stations_is_told)
{
	struct mac seven = { { 2, 0, 0, 0, 0, 7 } };
	json_t *result;

	rig_learn_all(&rig);
	clock_advance(rig.clock, 5 * NS_PER_MS);
	result = check_simple(0, 2, 1); /* station 1 was at port 1 */
	ck_assert_str_eq(step_text(result, "learn"),
			 "source 02:00:00:00:00:01, VID 0, was elsewhere and "
			 "would be learned here (so far: p1)");
	ck_assert_str_eq(step_text(result, "look-up"),
			 "destination 02:00:00:00:00:02, VID 0, is behind p2, "
			 "where it was seen 5 ms ago");
	json_decref(result);
	fdb_set_static(rig.segment->fdb, &seven, 0, rig.ports[3]->id);
	result = check_simple(0, 7, 1);
	ck_assert_str_eq(step_text(result, "look-up"),
			 "destination 02:00:00:00:00:07, VID 0, is behind p3, "
			 "by a static entry");
	json_decref(result);
	assert_verdict(check_simple(0, 7, 7), "forward", "");
}
END_TEST

static void
pass(void *priv, const struct vl_vector *v)
{
	(void)priv;
	(void)v;
}

START_TEST(every_result_of_learning_has_its_words)
{
	json_t *result;

	rig_learn_all(&rig);
	fdb_set_hold(rig.segment->fdb, 3000);
	result = check_simple(0, 2, 1);
	ck_assert_str_eq(step_text(result, "learn"),
			 "source 02:00:00:00:00:01, VID 0, was elsewhere a "
			 "moment ago, and stays there (so far: p1)");
	assert_verdict(result, "forward", "");
}
END_TEST

START_TEST(plugins_that_would_see_it_are_named)
{
	struct hook_owner owner;
	json_t *result;

	hook_owner_init(&owner, &(struct hook_scope){ SEGMENT_NONE, PORT_NONE,
						      VL_DIR_BOTH });
	owner.name = "probe";
	for (int stage = 0; stage < VL_N_STAGES; stage++)
		pipeline_add(rig.sw->lane->pipeline, &owner,
			     (enum vl_stage)stage, 7, pass);
	result = check_simple(0, 9, 1);
	ck_assert_str_eq(step_text(result, "ingress"),
			 "p0: plugins see it here, and may drop or hold it: "
			 "probe (order 7)");
	ck_assert_str_ne(step_text(result, "forward"), "");
	ck_assert_str_ne(step_text(result, "egress"), "");
	ck_assert_str_eq(
	    json_string_value(json_array_get(
		json_object_get(
		    json_array_get(json_object_get(result, "outputs"), 0),
		    "hooks"),
		0)),
	    "probe");
	json_decref(result);
	pipeline_remove(rig.sw->lane->pipeline, &owner);
}
END_TEST

START_TEST(a_port_alone_has_nobody_to_send_to)
{
	for (size_t i = 1; i < N_PORTS; i++)
		rig.ports[i]->stp_state = STP_DISCARDING;
	assert_verdict(check_simple(0, RIG_BROADCAST, 1), "drop",
		       "no-destination");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_bridge_is_traced_as_it_forwards, 0 },
		{ bad_lengths_are_traced_as_they_are_dropped, 0 },
		{ the_spanning_tree_is_part_of_it, 0 },
		{ in_every_mode_a_trace_says_what_then_happens,
		  N_SEGMENT_MODES },
		{ the_reason_why_a_vlan_is_refused_is_told, 0 },
		{ a_bpdu_is_trapped, 0 },
		{ what_is_known_of_the_stations_is_told, 0 },
		{ every_result_of_learning_has_its_words, 0 },
		{ plugins_that_would_see_it_are_named, 0 },
		{ a_port_alone_has_nobody_to_send_to, 0 },
		{ NULL, 0 },
	};

	return unit_run("trace", tests, setup, teardown);
}
