#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/guard-rig.h"
#include "tests/unit/unit.h"

static struct guard_rig rig;

static void
setup(void)
{
	guard_init(&rig);
}

static void
teardown(void)
{
	guard_fini(&rig);
}

static bool
passes(enum guard_frame kind)
{
	return guard_push(&rig, rig.client, rig.server, kind) == VL_PASS;
}

START_TEST(without_rules_everything_passes_and_nothing_is_asked)
{
	guard_start(&rig, NULL);
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	ck_assert(passes(FRAME_ARP));
}
END_TEST

START_TEST(a_policy_that_denies_needs_rules_that_allow)
{
	guard_start(&rig, "{'policy': 'deny'}");
	ck_assert(!passes(FRAME_ARP));
	ck_assert_uint_eq(fake_dropped(rig.host, "policy"), 1);
	guard_call(&rig, "add",
		   "{'action': 'allow', 'filter': 'arp', 'direction': 'in'}");
	ck_assert(!passes(FRAME_ARP)); /* it may enter, but leaves nowhere */
	guard_call(&rig, "add",
		   "{'action': 'allow', 'filter': 'arp', 'direction': 'out'}");
	ck_assert(passes(FRAME_ARP));
	ck_assert(!passes(FRAME_ACK));
}
END_TEST

START_TEST(the_first_rule_that_matches_decides)
{
	guard_start(&rig, NULL);
	guard_call(&rig, "add", "{'action': 'allow', 'filter': 'tcp port 80'}");
	guard_call(&rig, "add", "{'action': 'deny', 'filter': 'tcp'}");
	ck_assert(passes(FRAME_SYN));
	guard_call(
	    &rig, "add",
	    "{'action': 'deny', 'filter': 'tcp[tcpflags] & tcp-syn != 0', "
	    "'before': 1}");
	ck_assert(!passes(FRAME_SYN));
	ck_assert(passes(FRAME_ACK));
	ck_assert_uint_eq(fake_dropped(rig.host, "denied"), 1);
	guard_call(&rig, "del", "{'id': 1}");
	ck_assert(!passes(FRAME_ACK));
}
END_TEST

START_TEST(a_rule_for_a_port_is_for_its_name)
{
	guard_start(&rig, NULL);
	guard_call(&rig, "add",
		   "{'action': 'deny', 'port': 'server.eth1', 'direction': "
		   "'out'}");
	ck_assert(!passes(FRAME_ACK));
	ck_assert_uint_eq(guard_push(&rig, rig.client, rig.third, FRAME_ACK),
			  VL_PASS);
	ck_assert_uint_eq(
	    guard_push(&rig, rig.server, rig.client, FRAME_ANSWER), VL_PASS);
	fake_port_del(rig.host, rig.server);
	rig.server = fake_port_add(rig.host, rig.vlan1, "server.eth1");
	ck_assert(!passes(FRAME_ACK));
}
END_TEST

START_TEST(matches_are_counted)
{
	const json_t *shown;

	guard_start(&rig, NULL);
	guard_call(&rig, "add",
		   "{'action': 'deny', 'filter': 'arp', 'direction': 'in'}");
	passes(FRAME_ARP);
	passes(FRAME_ARP);
	passes(FRAME_ACK);
	shown = guard_call(&rig, "show", "{}");
	ck_assert_str_eq(guard_text(shown, "policy"), "allow");
	ck_assert_int_eq(
	    guard_number(json_object_get(shown, "rules"), "matches"), 2);
}
END_TEST

START_TEST(the_policy_changes_under_way)
{
	char error[128];

	guard_start(&rig, NULL);
	ck_assert(passes(FRAME_ARP));
	ck_assert_int_eq(
	    fake_set(rig.host, "{\"policy\": \"deny\"}", error, sizeof(error)),
	    0);
	ck_assert(!passes(FRAME_ARP));
}
END_TEST

START_TEST(a_direction_without_rules_is_not_asked)
{
	guard_start(&rig, NULL);
	guard_call(&rig, "add", "{'action': 'deny', 'direction': 'out'}");
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	guard_call(&rig, "del", "{'id': 1}");
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
}
END_TEST

START_TEST(frames_dropped_before_are_not_asked_about)
{
	guard_start(&rig, NULL);
	guard_call(&rig, "add", "{'action': 'deny', 'direction': 'in'}");
	fake_drop_next(rig.host, VL_STAGE_INGRESS, 1);
	ck_assert(!passes(FRAME_ARP));
	ck_assert_uint_eq(fake_dropped(rig.host, "denied"), 0);
}
END_TEST

static const struct {
	const char *method, *params;
	int code;
	const char *what;
} mistakes[] = {
	{ "add", "{'action': 'deny', 'filter': 'tcp prot'}", -EINVAL,
	  "tcp prot" },
	{ "add", "{'action': 'deny', 'port': 'nobody'}", -ENOENT,
	  "\"nobody\"" },
	{ "add", "{'action': 'deny', 'before': 3}", -ENOENT, "rule 3" },
	{ "del", "{'id': 3}", -ENOENT, "rule 3" },
};

START_TEST(mistakes_are_named)
{
	guard_start(&rig, NULL);
	guard_refuse(&rig, mistakes[_i].method, mistakes[_i].params,
		     mistakes[_i].code, mistakes[_i].what);
}
END_TEST

START_TEST(there_are_so_many_rules_and_no_more)
{
	guard_start(&rig, NULL);
	for (int i = 0; i < 1024; i++)
		guard_call(&rig, "add", "{'action': 'allow'}");
	guard_refuse(&rig, "add", "{'action': 'allow'}", -ENOSPC, "1024");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ without_rules_everything_passes_and_nothing_is_asked, 0 },
		{ a_policy_that_denies_needs_rules_that_allow, 0 },
		{ the_first_rule_that_matches_decides, 0 },
		{ a_rule_for_a_port_is_for_its_name, 0 },
		{ matches_are_counted, 0 },
		{ the_policy_changes_under_way, 0 },
		{ a_direction_without_rules_is_not_asked, 0 },
		{ frames_dropped_before_are_not_asked_about, 0 },
		{ mistakes_are_named, UNIT_ROWS(mistakes) },
		{ there_are_so_many_rules_and_no_more, 0 },
		{ NULL, 0 },
	};

	return unit_run("filter", tests, setup, teardown);
}
