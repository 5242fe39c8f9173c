#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fake-host.h"
#include "tests/unit/netem-rig.h"
#include "tests/unit/unit.h"

/* ---- changing under traffic ---- */

START_TEST(what_is_held_keeps_its_time_whatever_is_set_then)
{
	rig_set("set", "server.eth1", "out", "delay 50ms");
	rig_push(0);
	fake_advance(rig.host, 10 * MS);
	rig_set("set", "server.eth1", "out", "delay 5ms");
	rig_push(1);
	fake_advance(rig.host, 5 * MS);
	ck_assert_str_eq(rig_outs(), "1");
	rig_call("del", "{\"port\": \"server.eth1\"}");
	ck_assert_uint_eq(rig_push(2).verdict, VL_PASS);
	ck_assert_uint_eq(fake_n_held(rig.host), 1);
	fake_advance(rig.host, 35 * MS);
	ck_assert_str_eq(rig_outs(), "120");
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
}
END_TEST

START_TEST(the_end_lets_everything_go_in_order)
{
	rig_set("set", "server.eth1", "out", "delay 50ms duplicate 100%");
	rig_push(0);
	rig_set("set", "server.eth1", "out", "delay 20ms");
	rig_push(1);
	rig_set("set", "client.eth1", "in", "slot 100ms");
	rig_push(2);
	fake_stop(rig.host);
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	ck_assert_uint_eq(fake_n_discarded(rig.host), 0);
	ck_assert_str_eq(rig_outs(), "2100");
}
END_TEST

START_TEST(change_alters_named_parts_only)
{
	const json_t *row;

	rig_set("set", "client.eth1", "in", "delay 50ms 10ms loss 5% seed 7");
	row = json_array_get(
	    rig_set("change", "client.eth1", "in", "delay 20ms limit 5"), 0);
	ck_assert_str_eq(rig_string(row, "spec"),
			 "delay 20ms loss 5% limit 5 seed 7");
	ck_assert_int_eq(
	    rig_call("change", "{\"port\": \"server.eth1\", \"loss\": 1}")
		->code,
	    -ENOENT);
	/* of both directions, those that there are */
	ck_assert_uint_eq(json_array_size(rig_set("change", "client.eth1",
						  "both", "loss 1%")),
			  1);
}
END_TEST

START_TEST(one_seed_is_one_fate_and_another_is_not)
{
	char first[256];

	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(first, sizeof(first), "%s", rig_fates(100));
	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	ck_assert_str_eq(rig_fates(100), first);
	rig_set("set", "client.eth1", "in", "loss 50% seed 8");
	ck_assert_str_ne(rig_fates(100), first);
	/* the same instance is not needed, nor its history */
	fake_stop(rig.host);
	fake_start(rig.host, &vl_plugin, NULL, first + 200, 50);
	rig_set("set", "server.eth1", "both", "loss 0% delay 1ms");
	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	for (int i = 0; i < 100; i++)
		ck_assert((rig_push(i).verdict == VL_STOLEN) ==
			  (first[i] == '.'));
}
END_TEST

START_TEST(change_lets_the_dice_go_on_unless_it_seeds_them)
{
	char whole[256];

	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(whole, sizeof(whole), "%s", rig_fates(100));
	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	rig_fates(40);
	rig_set("change", "client.eth1", "in", "duplicate 0%");
	ck_assert_str_eq(rig_fates(60), whole + 40);
	rig_set("change", "client.eth1", "in", "seed 7");
	ck_assert_str_eq(rig_fates(100), whole);
}
END_TEST

/* ---- ports and segments ---- */

START_TEST(settings_outlive_their_port)
{
	char whole[256];

	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(whole, sizeof(whole), "%s", rig_fates(100));
	rig_set("set", "client.eth1", "in", "loss 50% seed 7");
	rig_fates(40);
	fake_port_del(rig.host, rig.client);
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(json_is_false(
	    json_object_get(rig_show("client.eth1", "in"), "present")));
	/* and may be changed meanwhile */
	rig_set("change", "client.eth1", "in", "limit 10");
	rig.client = fake_port_add(rig.host, rig.vlan1, "client.eth1");
	ck_assert(json_is_true(
	    json_object_get(rig_show("client.eth1", "in"), "present")));
	ck_assert_str_eq(rig_fates(60), whole + 40);
	ck_assert_int_eq(rig_number("client.eth1", "in", "limited"), 0);
}
END_TEST

START_TEST(settings_belong_to_the_name)
{
	uint32_t late;

	rig_set("set", "client.eth1", "in", "loss 100%");
	fake_port_rename(rig.host, rig.client, "other");
	ck_assert_uint_eq(rig_push(0).verdict, VL_PASS);
	ck_assert(json_is_false(
	    json_object_get(rig_show("client.eth1", "in"), "present")));
	/* somebody else takes the name, by a lower number than the next */
	late = fake_port_add(rig.host, rig.vlan1, "late");
	fake_port_rename(rig.host, rig.server, "client.eth1");
	ck_assert_uint_eq(rig_push(0).verdict, VL_PASS);
	rig.client = rig.server;
	rig.server = late;
	ck_assert_uint_ge(rig_push(0).verdict, VL_DROP_REASONS);
}
END_TEST

START_TEST(frames_of_a_port_that_goes_are_given_back)
{
	rig_set("set", "client.eth1", "in", "delay 10ms duplicate 100%");
	rig_push(0);
	fake_port_del(rig.host, rig.client);
	rig_call("del", "{\"port\": \"client.eth1\"}");
	ck_assert_uint_eq(fake_n_held(rig.host), 2);
	fake_advance(rig.host, 10 * MS);
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	/* by then nobody knows it */
	ck_assert_int_eq(rig_call("show", "{\"port\": \"client.eth1\"}")->code,
			 -ENOENT);
}
END_TEST

START_TEST(a_port_nobody_knows_is_named)
{
	const struct fake_reply *reply =
	    rig_call("set", "{\"port\": \"clinet.eth1\", \"loss\": 1}");

	ck_assert_int_eq(reply->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(reply->text, "\"clinet.eth1\""));
	reply = rig_call("set", "{\"segment\": \"vlan7\", \"loss\": 1}");
	ck_assert_int_eq(reply->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(reply->text, "\"vlan7\""));
}
END_TEST

START_TEST(what_is_set_of_a_segment_holds_for_its_ports)
{
	const struct fake_reply *reply;
	uint32_t other = fake_segment_add(rig.host, "vlan2");

	fake_port_add(rig.host, other, "elsewhere");
	reply = rig_call(
	    "set", "{\"segment\": \"vlan1\", \"loss\": 100, \"seed\": 3}");
	ck_assert_int_eq(reply->code, 0);
	ck_assert_uint_eq(json_array_size(reply->result), 1);
	ck_assert_str_eq(rig_string(json_array_get(reply->result, 0), "dir"),
			 "in");
	ck_assert_uint_eq(fake_dropped(rig.host, "loss"), 0);
	rig_push(0);
	ck_assert_uint_eq(fake_dropped(rig.host, "loss"), 1);
	ck_assert_str_eq(rig_string(rig_show("client.eth1", "in"), "segment"),
			 "vlan1");
	ck_assert_ptr_null(rig_show("elsewhere", "in"));

	/* a port's own come first, and the segment's again behind them */
	rig_set("set", "client.eth1", "in", "loss 0%");
	ck_assert_uint_eq(rig_push(0).verdict, VL_PASS);
	ck_assert_ptr_null(
	    json_object_get(rig_show("client.eth1", "in"), "segment"));
	rig_call("del", "{\"port\": \"client.eth1\"}");
	ck_assert_uint_ge(rig_push(0).verdict, VL_DROP_REASONS);

	/* for ports that come later, too */
	fake_port_del(rig.host, rig.client);
	rig.client = fake_port_add(rig.host, rig.vlan1, "late");
	ck_assert_uint_ge(rig_push(0).verdict, VL_DROP_REASONS);
	rig_call("del", "{\"segment\": \"vlan1\"}");
	ck_assert_uint_eq(rig_push(0).verdict, VL_PASS);
	ck_assert_uint_eq(json_array_size(rig_call("show", "{}")->result), 0);
}
END_TEST

START_TEST(ports_of_a_segment_have_dice_of_their_own)
{
	char of_client[256];

	rig_call("set",
		 "{\"segment\": \"vlan1\", \"spec\": \"loss 50%% seed 3\"}");
	snprintf(of_client, sizeof(of_client), "%s", rig_fates(100));
	fake_port_add(rig.host, rig.vlan1, "third");
	rig.client = fake_port_add(rig.host, rig.vlan1, "fourth");
	ck_assert_str_ne(rig_fates(100), of_client);
}
END_TEST

START_TEST(many_ports_come_and_go_under_traffic)
{
	char name[32];
	uint32_t ids[50];

	rig_call("set", "{\"segment\": \"vlan1\", \"dir\": \"both\", \"spec\": "
			"\"delay 1ms 1ms duplicate 50%% corrupt 5%% loss 5%% "
			"slot 100us 200us packets 3\"}");
	for (int turn = 0; turn < 6; turn++) {
		for (int i = 0; i < 50; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			ids[i] = fake_port_add(rig.host, rig.vlan1, name);
			rig.client = ids[i];
			rig_push(i);
		}
		fake_advance(rig.host, 700000);
		for (int i = 0; i < 50; i++)
			fake_port_del(rig.host, ids[(i * 7) % 50]);
	}
	fake_advance(rig.host, 100 * MS);
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	rig_call("del", "{\"segment\": \"vlan1\"}");
	ck_assert_uint_eq(json_array_size(rig_call("show", "{}")->result), 0);
}
END_TEST

/* ---- what people write ---- */

static const struct {
	const char *params; /* beside the port */
	const char *spec;   /* that is shown */
} members[] = {
	{ "\"delay\": \"50ms 10ms 25%\", \"distribution\": \"normal\"",
	  "delay 50ms 10ms 25% distribution normal seed 1" },
	{ "\"loss\": 20", "loss 20% seed 1" },
	{ "\"loss\": 0.1", "loss 0.1% seed 1" },
	{ "\"loss\": \"gemodel 1% 10%\", \"limit\": 5",
	  "loss gemodel 1% 10% limit 5 seed 1" },
	{ "\"spec\": \"delay 5ms\", \"gap\": 5", "delay 5ms gap 5 seed 1" },
	{ "\"delay\": 0, \"loss\": null, \"rate\": \"1mbit\"",
	  "delay 0s rate 1mbit seed 1" },
	{ "\"rate\": 1000", "rate 1kbit seed 1" },
};

START_TEST(members_say_what_words_do)
{
	const struct fake_reply *reply = rig_call(
	    "set",
	    "{\"port\": \"client.eth1\", \"dir\": \"in\", %s, \"seed\": 1}",
	    members[_i].params);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_str_eq(rig_string(json_array_get(reply->result, 0), "spec"),
			 members[_i].spec);
}
END_TEST

static const struct {
	const char *params;
	const char *wrong;
} mistakes[] = {
	{ "\"spec\": \"dely 5ms\"", "column 1: 'dely' is none of" },
	{ "\"spec\": \"\"", "nothing is to happen" },
	{ "\"delay\": 50", "delay: 50 of which unit? Say \"50ms\"" },
	{ "\"loss\": true", "loss is a string or a number" },
	{ "\"loss\": \"1% x\"",
	  "column 4: that is enough, and 'x' is none of" },
	{ "\"spec\": \"loss 1%\", \"loss\": 2", "loss is given twice" },
	{ "\"reorder\": \"5%\"", "frames can only be reordered" },
	{ "\"segment\": \"vlan1\", \"loss\": 1", "say a port or a segment, "
						 "not both" },
	{ "\"delay\": \"1ms 1ms\", \"distribution\": \"/nonexistent/x\"",
	  "cannot read /nonexistent/x: No such file" },
	{ "\"delay\": \"1ms 1ms\", \"distribution\": \"/dev/zero\"",
	  "cannot read /dev/zero: Invalid" },
};

START_TEST(mistakes_are_told_and_change_nothing)
{
	const struct fake_reply *reply;

	rig_set("set", "client.eth1", "in", "loss 7% seed 1");
	reply = rig_call("set", "{\"port\": \"client.eth1\", %s}",
			 mistakes[_i].params);
	ck_assert_int_eq(reply->code, -EINVAL);
	ck_assert_msg(strstr(reply->text, mistakes[_i].wrong) == reply->text,
		      "%s", reply->text);
	ck_assert_str_eq(rig_string(rig_show("client.eth1", "in"), "spec"),
			 "loss 7% seed 1");
	ck_assert_ptr_null(rig_show("client.eth1", "out"));
}
END_TEST

START_TEST(a_seed_is_chosen_and_shown)
{
	const json_t *list = rig_set("set", "client.eth1", "both", "loss 50%");
	const json_t *in = json_array_get(list, 0);
	char spec[128], whole[256];

	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(in, "seed")),
			 json_integer_value(
			     json_object_get(json_array_get(list, 1), "seed")));
	snprintf(spec, sizeof(spec), "%s", rig_string(in, "spec"));
	ck_assert_ptr_nonnull(strstr(spec, " seed "));
	snprintf(whole, sizeof(whole), "%s", rig_fates(100));
	rig_set("set", "client.eth1", "both", spec);
	ck_assert_str_eq(rig_fates(100), whole);
}
END_TEST

START_TEST(what_is_shown_can_be_set_again)
{
	json_t *settings;
	char *text, before[256];

	rig_set(
	    "set", "client.eth1", "in",
	    "delay 5ms 1ms 10% distribution pareto loss state 1% 50% "
	    "duplicate 3% corrupt 4% reorder 5% 6% gap 7 rate 8mbit 9 limit "
	    "10 slot 11ms packets 12 seed 13");
	snprintf(before, sizeof(before), "%s",
		 rig_string(rig_show("client.eth1", "in"), "spec"));
	settings = json_copy(
	    json_object_get(rig_show("client.eth1", "in"), "settings"));
	json_object_set_new(settings, "port", json_string("server.eth1"));
	text = json_dumps(settings, 0);
	ck_assert_int_eq(fake_call(rig.host, "set", text, -1)->code, 0);
	ck_assert_str_eq(rig_string(rig_show("server.eth1", "in"), "spec"),
			 before);
	free(text);
	json_decref(settings);
}
END_TEST

START_TEST(a_table_from_a_file_is_used)
{
	char path[] = "/tmp/test_netem.XXXXXX", spec[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "# all the same\n16384\n", 21), 21);
	close(fd);
	snprintf(spec, sizeof(spec), "delay 10ms 2ms distribution %s", path);
	rig_set("set", "server.eth1", "out", spec);
	unlink(path);
	rig_push(0);
	fake_advance(rig.host, 14 * MS - 1);
	ck_assert_str_eq(rig_outs(), "");
	fake_advance(rig.host, 1);
	ck_assert_str_eq(rig_outs(), "0");
	/* it is not needed any more */
	rig_set("change", "server.eth1", "out", "limit 5 distribution normal");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_held_keeps_its_time_whatever_is_set_then, 0 },
		{ the_end_lets_everything_go_in_order, 0 },
		{ change_alters_named_parts_only, 0 },
		{ one_seed_is_one_fate_and_another_is_not, 0 },
		{ change_lets_the_dice_go_on_unless_it_seeds_them, 0 },
		{ settings_outlive_their_port, 0 },
		{ settings_belong_to_the_name, 0 },
		{ frames_of_a_port_that_goes_are_given_back, 0 },
		{ a_port_nobody_knows_is_named, 0 },
		{ what_is_set_of_a_segment_holds_for_its_ports, 0 },
		{ ports_of_a_segment_have_dice_of_their_own, 0 },
		{ many_ports_come_and_go_under_traffic, 0 },
		{ members_say_what_words_do, UNIT_ROWS(members) },
		{ mistakes_are_told_and_change_nothing, UNIT_ROWS(mistakes) },
		{ a_seed_is_chosen_and_shown, 0 },
		{ what_is_shown_can_be_set_again, 0 },
		{ a_table_from_a_file_is_used, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem_settings", tests, netem_rig_setup,
			netem_rig_teardown);
}
