/* What the plugin `link` holds back, picks out and lets flap; that it cuts
 * cables is in test_link.c. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/guard-rig.h"
#include "tests/unit/unit.h"

#define NS_PER_MS UINT64_C(1000000)

static struct guard_rig rig;

static void
setup(void)
{
	guard_init(&rig);
	guard_start(&rig, NULL);
}

static void
teardown(void)
{
	guard_fini(&rig);
}

static unsigned
send(enum guard_frame kind, uint8_t tag)
{
	return guard_push_tagged(&rig, rig.client, rig.server, kind, tag);
}

static const json_t *
client(void)
{
	return guard_call(&rig, "show", "{'port': 'client.eth1'}");
}

/* ---- suspended ---- */

START_TEST(a_suspended_port_holds_and_releases_in_order)
{
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'state': 'suspend', 'direction': "
		   "'in'}");
	for (uint8_t i = 1; i <= 40; i++)
		ck_assert_uint_eq(send(FRAME_ACK, i % 2 ? 1 : 2), VL_STOLEN);
	ck_assert_int_eq(guard_number(client(), "held_in"), 40);
	ck_assert_uint_eq(
	    guard_push(&rig, rig.server, rig.client, FRAME_ANSWER), VL_PASS);

	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'unblock'}");
	ck_assert_str_eq(guard_tags(&rig),
			 "1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 "
			 "1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2");
	ck_assert_uint_eq(send(FRAME_ACK, 9), VL_PASS);
	ck_assert_int_eq(guard_number(client(), "held_in"), 0);
	ck_assert_uint_eq(fake_counter(rig.host, "held"), 40);
}
END_TEST

START_TEST(cutting_a_suspended_port_drops_what_it_holds)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'suspend'}");
	send(FRAME_ACK, 1);
	send(FRAME_ACK, 2);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'block'}");
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	ck_assert_uint_eq(fake_dropped(rig.host, "blocked"), 2);
	ck_assert_int_eq(guard_number(client(), "dropped_in"), 2);
}
END_TEST

START_TEST(no_more_than_the_limit_are_held)
{
	char error[128];

	ck_assert_int_eq(
	    fake_set(rig.host, "{\"limit\": 3}", error, sizeof(error)), 0);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'suspend'}");
	for (uint8_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(send(FRAME_ACK, i), VL_STOLEN);
	ck_assert_uint_ge(send(FRAME_ACK, 4), VL_DROP_REASONS);
	ck_assert_uint_eq(fake_dropped(rig.host, "limit"), 1);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'unblock'}");
	ck_assert_str_eq(guard_tags(&rig), "1 2 3");
}
END_TEST

START_TEST(a_port_that_goes_takes_its_frames_along)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'suspend'}");
	guard_call(&rig, "hold",
		   "{'port': 'client.eth1', 'filter': 'tcp port 80'}");
	send(FRAME_ACK, 1);
	send(FRAME_ARP, 2);
	ck_assert_uint_eq(fake_n_held(rig.host), 2);
	fake_port_del(rig.host, rig.client);
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	ck_assert_uint_eq(fake_n_discarded(rig.host), 2);
}
END_TEST

START_TEST(a_declared_port_is_found_as_it_was_left)
{
	fake_port_declare(rig.host, "client.eth1");
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'state': 'block', 'direction': "
		   "'in'}");
	guard_call(&rig, "drop", "{'port': 'client.eth1', 'count': 0}");
	fake_port_del(rig.host, rig.client);
	ck_assert(json_array_size(guard_call(&rig, "show", "{}")) == 3);
	rig.client = fake_port_add(rig.host, rig.vlan1, "client.eth1");
	ck_assert_uint_ge(send(FRAME_ACK, 1), VL_DROP_REASONS);
	ck_assert_uint_eq(fake_dropped(rig.host, "blocked"), 1);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'unblock'}");
	ck_assert_uint_ge(send(FRAME_ACK, 1), VL_DROP_REASONS);
	ck_assert_uint_eq(fake_dropped(rig.host, "picked"), 1);
}
END_TEST

START_TEST(a_port_that_will_come_can_be_set_up_before)
{
	fake_port_declare(rig.host, "late.eth1");
	guard_call(&rig, "set", "{'port': 'late.eth1', 'state': 'block'}");
	rig.client = fake_port_add(rig.host, rig.vlan1, "late.eth1");
	ck_assert_uint_ge(send(FRAME_ACK, 1), VL_DROP_REASONS);
}
END_TEST

START_TEST(what_was_set_of_a_port_is_over_when_it_is_declared_no_more)
{
	fake_port_declare(rig.host, "late.eth1");
	guard_call(&rig, "set", "{'port': 'late.eth1', 'state': 'block'}");
	fake_port_undeclare(rig.host, "late.eth1");
	guard_refuse(&rig, "set", "{'port': 'late.eth1', 'state': 'block'}",
		     -ENOENT, "late.eth1");
	/* somebody else, who has the same name by chance */
	rig.client = fake_port_add(rig.host, rig.vlan1, "late.eth1");
	ck_assert_uint_eq(send(FRAME_ACK, 1), VL_PASS);
}
END_TEST

START_TEST(a_port_is_new_that_comes_when_it_is_declared_no_more)
{
	fake_port_declare(rig.host, "late.eth1");
	guard_call(&rig, "set", "{'port': 'late.eth1', 'state': 'block'}");
	fake_port_undeclare(rig.host, "late.eth1");
	rig.client = fake_port_add(rig.host, rig.vlan1, "late.eth1");
	ck_assert_uint_eq(send(FRAME_ACK, 1), VL_PASS);
}
END_TEST

START_TEST(ever_new_declared_names_do_not_pile_up)
{
	char name[32], params[80];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "port%d", i);
		snprintf(params, sizeof(params),
			 "{'port': '%s', 'state': 'block'}", name);
		fake_port_declare(rig.host, name);
		guard_call(&rig, "set", params);
		fake_port_undeclare(rig.host, name);
	}
	ck_assert_uint_le(json_array_size(guard_call(&rig, "show", "{}")), 32);
}
END_TEST

/* ---- rules ---- */

static const struct {
	const char *params; /* of client.eth1 */
	const char *passes; /* which of five SYNs do */
} picks[] = {
	{ "", "01111" },
	{ ", 'nth': 3", "11011" },
	{ ", 'nth': 2, 'count': 2", "10011" },
	{ ", 'nth': 5, 'count': 2", "11110" },
	{ ", 'nth': 6", "11111" },
	{ ", 'count': 0", "00000" },
	{ ", 'nth': 4, 'count': 0", "11100" },
	{ ", 'direction': 'in'", "01111" },
	{ ", 'direction': 'out'", "11111" },
};

START_TEST(the_nth_match_and_so_many_after_it_are_dropped)
{
	char params[160];

	snprintf(params, sizeof(params),
		 "{'port': 'client.eth1', 'filter': 'tcp[tcpflags] & tcp-syn "
		 "!= 0'%s}",
		 picks[_i].params);
	guard_call(&rig, "drop", params);
	for (size_t i = 0; i < 5; i++) {
		bool passes = picks[_i].passes[i] == '1';

		ck_assert_uint_eq(send(FRAME_ACK, 0), VL_PASS);
		ck_assert_msg((send(FRAME_SYN, 0) == VL_PASS) == passes, "%zu",
			      i);
	}
}
END_TEST

START_TEST(a_held_frame_waits_while_others_pass)
{
	json_int_t id = guard_number(
	    guard_call(&rig, "hold",
		       "{'port': 'client.eth1', 'filter': 'tcp[tcpflags] & "
		       "tcp-syn != 0', 'count': 2}"),
	    "id");
	char params[64];

	ck_assert_uint_eq(send(FRAME_SYN, 1), VL_STOLEN);
	ck_assert_uint_eq(send(FRAME_ACK, 2), VL_PASS);
	ck_assert_uint_eq(send(FRAME_SYN, 3), VL_STOLEN);
	ck_assert_uint_eq(send(FRAME_SYN, 4), VL_PASS);
	fake_advance(rig.host, 3600000 * NS_PER_MS);
	ck_assert_uint_eq(fake_n_held(rig.host), 2);

	snprintf(params, sizeof(params), "{'id': %d}", (int)id);
	ck_assert_int_eq(
	    guard_number(guard_call(&rig, "release", params), "released"), 2);
	ck_assert_str_eq(guard_tags(&rig), "1 3");
	ck_assert_int_eq(
	    guard_number(guard_call(&rig, "release", params), "released"), 0);
}
END_TEST

START_TEST(held_frames_carry_a_mark)
{
	guard_call(&rig, "hold", "{'port': 'client.eth1'}");
	send(FRAME_ACK, 1);
	fake_outs_clear(rig.host);
	guard_call(&rig, "release", "{'port': 'client.eth1'}");
	ck_assert_uint_eq(fake_n_outs(rig.host), 1);
	ck_assert_uint_eq(fake_out(rig.host, 0)->n_marks, 1);
	ck_assert_str_eq(fake_out(rig.host, 0)->marks[0], "link: held");
}
END_TEST

START_TEST(a_delayed_frame_comes_when_its_time_has_come)
{
	guard_call(&rig, "delay",
		   "{'port': 'client.eth1', 'ms': 50, 'count': 2}");
	ck_assert_uint_eq(send(FRAME_ACK, 1), VL_STOLEN);
	fake_advance(rig.host, 20 * NS_PER_MS);
	ck_assert_uint_eq(send(FRAME_ACK, 2), VL_STOLEN);
	ck_assert_uint_eq(send(FRAME_ACK, 3), VL_PASS);
	fake_advance(rig.host, 30 * NS_PER_MS - 1);
	ck_assert_str_eq(guard_tags(&rig), "");
	fake_advance(rig.host, 1);
	ck_assert_str_eq(guard_tags(&rig), "1");
	fake_advance(rig.host, 20 * NS_PER_MS);
	ck_assert_str_eq(guard_tags(&rig), "1 2");
}
END_TEST

START_TEST(the_first_rule_that_acts_is_the_last)
{
	const json_t *rules;

	guard_call(&rig, "drop", "{'port': 'client.eth1', 'filter': 'tcp'}");
	guard_call(&rig, "hold", "{'port': 'client.eth1'}");
	ck_assert_uint_ge(send(FRAME_SYN, 1), VL_DROP_REASONS);
	rules = json_object_get(json_array_get(client(), 0), "rules");
	ck_assert_int_eq(guard_number(rules, "seen"), 1);
	ck_assert_int_eq(json_integer_value(
			     json_object_get(json_array_get(rules, 1), "seen")),
			 0);
	ck_assert_uint_eq(send(FRAME_SYN, 2), VL_STOLEN);
}
END_TEST

START_TEST(a_rule_that_is_forgotten_lets_its_frames_go)
{
	guard_call(&rig, "hold", "{'port': 'client.eth1', 'count': 0}");
	send(FRAME_ACK, 1);
	send(FRAME_ACK, 2);
	guard_call(&rig, "forget", "{'id': 1}");
	ck_assert_str_eq(guard_tags(&rig), "1 2");
	ck_assert_uint_eq(send(FRAME_ACK, 3), VL_PASS);
	guard_refuse(&rig, "forget", "{'id': 1}", -ENOENT, "no rule 1");
}
END_TEST

START_TEST(a_rule_that_is_done_costs_nothing)
{
	guard_call(&rig, "drop", "{'port': 'client.eth1', 'direction': 'in'}");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	send(FRAME_ACK, 1);
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(json_is_true(json_object_get(
	    json_array_get(
		json_object_get(json_array_get(client(), 0), "rules"), 0),
	    "done")));
}
END_TEST

START_TEST(the_first_and_the_last_time_are_told)
{
	const json_t *event;

	guard_call(&rig, "drop", "{'port': 'client.eth1', 'count': 2}");
	send(FRAME_ACK, 1);
	event = fake_event(rig.host, "link.acted");
	ck_assert_str_eq(guard_text(event, "action"), "drop");
	ck_assert_int_eq(guard_number(event, "acted"), 1);
	ck_assert(json_is_false(json_object_get(event, "done")));
	send(FRAME_ACK, 2);
	event = fake_event(rig.host, "link.acted");
	ck_assert(json_is_true(json_object_get(event, "done")));
}
END_TEST

static const struct {
	const char *method, *params;
	int code;
	const char *what;
} mistakes[] = {
	{ "drop", "{'port': 'nobody'}", -ENOENT, "\"nobody\"" },
	{ "drop", "{'port': 'client.eth1', 'filter': 'tcp prot 80'}", -EINVAL,
	  "tcp prot 80" },
	{ "release", "{}", -EINVAL, "id" },
	{ "release", "{'id': 1, 'port': 'client.eth1'}", -EINVAL, "id" },
	{ "release", "{'id': 7}", -ENOENT, "rule 7" },
	{ "release", "{'port': 'nobody'}", -ENOENT, "\"nobody\"" },
};

START_TEST(mistakes_are_named)
{
	guard_refuse(&rig, mistakes[_i].method, mistakes[_i].params,
		     mistakes[_i].code, mistakes[_i].what);
}
END_TEST

START_TEST(a_port_has_so_many_rules_and_no_more)
{
	for (int i = 0; i < 256; i++)
		guard_call(&rig, "drop", "{'port': 'client.eth1'}");
	guard_refuse(&rig, "drop", "{'port': 'client.eth1'}", -ENOSPC, "256");
	guard_call(&rig, "forget", "{'id': 1}");
	guard_call(&rig, "drop", "{'port': 'client.eth1'}");
}
END_TEST

/* ---- flapping ---- */

static void
expect_up(bool up)
{
	ck_assert((send(FRAME_ACK, 0) == VL_PASS) == up);
}

START_TEST(a_port_flaps_by_the_clock)
{
	guard_call(&rig, "flap",
		   "{'port': 'client.eth1', 'up_ms': 30, 'down_ms': 10, "
		   "'count': 2}");
	expect_up(false);
	fake_advance(rig.host, 10 * NS_PER_MS - 1);
	expect_up(false);
	fake_advance(rig.host, 1);
	expect_up(true);
	fake_advance(rig.host, 30 * NS_PER_MS - 1);
	expect_up(true);
	fake_advance(rig.host, 1);
	expect_up(false);
	fake_advance(rig.host, 10 * NS_PER_MS);
	expect_up(true);
	fake_advance(rig.host, 1000 * NS_PER_MS);
	expect_up(true);
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
}
END_TEST

START_TEST(setting_a_port_ends_its_flapping)
{
	guard_call(&rig, "flap",
		   "{'port': 'client.eth1', 'up_ms': 10, 'down_ms': 10}");
	fake_advance(rig.host, 95 * NS_PER_MS);
	expect_up(true);
	fake_advance(rig.host, 10 * NS_PER_MS);
	expect_up(false);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'state': 'unblock'}");
	for (int i = 0; i < 10; i++) {
		expect_up(true);
		fake_advance(rig.host, 7 * NS_PER_MS);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_suspended_port_holds_and_releases_in_order, 0 },
		{ cutting_a_suspended_port_drops_what_it_holds, 0 },
		{ no_more_than_the_limit_are_held, 0 },
		{ a_port_that_goes_takes_its_frames_along, 0 },
		{ a_declared_port_is_found_as_it_was_left, 0 },
		{ a_port_that_will_come_can_be_set_up_before, 0 },
		{ what_was_set_of_a_port_is_over_when_it_is_declared_no_more,
		  0 },
		{ a_port_is_new_that_comes_when_it_is_declared_no_more, 0 },
		{ ever_new_declared_names_do_not_pile_up, 0 },
		{ the_nth_match_and_so_many_after_it_are_dropped,
		  UNIT_ROWS(picks) },
		{ a_held_frame_waits_while_others_pass, 0 },
		{ held_frames_carry_a_mark, 0 },
		{ a_delayed_frame_comes_when_its_time_has_come, 0 },
		{ the_first_rule_that_acts_is_the_last, 0 },
		{ a_rule_that_is_forgotten_lets_its_frames_go, 0 },
		{ a_rule_that_is_done_costs_nothing, 0 },
		{ the_first_and_the_last_time_are_told, 0 },
		{ mistakes_are_named, UNIT_ROWS(mistakes) },
		{ a_port_has_so_many_rules_and_no_more, 0 },
		{ a_port_flaps_by_the_clock, 0 },
		{ setting_a_port_ends_its_flapping, 0 },
		{ NULL, 0 },
	};

	return unit_run("link-rules", tests, setup, teardown);
}
