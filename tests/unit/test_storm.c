#include "config.h"

#include <errno.h>

#include "tests/unit/guard-rig.h"
#include "tests/unit/unit.h"

#define NS_PER_MS UINT64_C(1000000)

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
passes(uint32_t in, uint32_t out, enum guard_frame kind)
{
	return guard_push(&rig, in, out, kind) == VL_PASS;
}

START_TEST(without_limits_nothing_is_asked)
{
	guard_start(&rig, NULL);
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_FORWARD));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'class': 'all', 'frames': 10}");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_FORWARD));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
}
END_TEST

START_TEST(a_limit_is_one_ports_and_one_classs)
{
	guard_start(&rig, NULL);
	guard_call(
	    &rig, "set",
	    "{'port': 'client.eth1', 'class': 'broadcast', 'frames': 10}");
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_ARP));
	ck_assert(!passes(rig.client, VL_PORT_FLOOD, FRAME_ARP));
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_GROUP));
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_ACK));
	ck_assert(passes(rig.server, VL_PORT_FLOOD, FRAME_ARP));
	ck_assert(passes(rig.server, VL_PORT_FLOOD, FRAME_ARP));
	ck_assert_uint_eq(fake_dropped(rig.host, "broadcast"), 1);
	fake_advance(rig.host, 100 * NS_PER_MS);
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_ARP));
}
END_TEST

START_TEST(options_are_for_every_port)
{
	uint32_t late;

	guard_start(&rig, "{'unknown': 10}");
	late = fake_port_add(rig.host, rig.vlan1, "late.eth1");
	ck_assert(passes(late, VL_PORT_FLOOD, FRAME_ACK));
	ck_assert(!passes(late, VL_PORT_FLOOD, FRAME_ACK));
	/* a station that is known is not limited */
	ck_assert(passes(late, rig.server, FRAME_ACK));
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_ACK));
	ck_assert(!passes(rig.client, VL_PORT_FLOOD, FRAME_ACK));
	ck_assert_uint_eq(fake_dropped(rig.host, "unknown"), 2);
}
END_TEST

START_TEST(a_storm_is_told_when_it_begins_and_ends)
{
	guard_start(&rig, "{'broadcast': 10}");
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	ck_assert_ptr_null(fake_event(rig.host, "storm.began"));
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	ck_assert_str_eq(
	    guard_text(fake_event(rig.host, "storm.began"), "port"),
	    "client.eth1");
	ck_assert_str_eq(
	    guard_text(fake_event(rig.host, "storm.began"), "class"),
	    "broadcast");
	fake_advance(rig.host, 900 * NS_PER_MS);
	ck_assert_ptr_null(fake_event(rig.host, "storm.ended"));
	fake_advance(rig.host, 200 * NS_PER_MS);
	ck_assert_str_eq(
	    guard_text(fake_event(rig.host, "storm.ended"), "class"),
	    "broadcast");
}
END_TEST

START_TEST(a_port_that_storms_is_blocked_until_it_recovers)
{
	guard_start(&rig, "{'broadcast': 10, 'action': 'block', "
			  "'recover_ms': 500}");
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	ck_assert(passes(rig.client, rig.server, FRAME_ACK));
	ck_assert(!passes(rig.client, VL_PORT_FLOOD, FRAME_ARP));
	ck_assert(!passes(rig.client, rig.server, FRAME_ACK));
	ck_assert_uint_eq(fake_dropped(rig.host, "blocked"), 1);
	ck_assert(passes(rig.server, rig.client, FRAME_ANSWER));
	ck_assert_ptr_nonnull(fake_event(rig.host, "storm.blocked"));
	fake_advance(rig.host, 600 * NS_PER_MS);
	ck_assert(passes(rig.client, rig.server, FRAME_ACK));
	ck_assert_ptr_nonnull(fake_event(rig.host, "storm.unblocked"));
}
END_TEST

START_TEST(without_recovery_somebody_must_clear_it)
{
	guard_start(&rig, "{'broadcast': 10, 'action': 'block'}");
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	fake_advance(rig.host, 3600000 * NS_PER_MS);
	ck_assert(!passes(rig.client, rig.server, FRAME_ACK));
	guard_call(&rig, "clear", "{'port': 'client.eth1'}");
	ck_assert(passes(rig.client, rig.server, FRAME_ACK));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
}
END_TEST

START_TEST(limits_and_drops_are_shown)
{
	const json_t *limit;

	guard_start(&rig, NULL);
	guard_call(
	    &rig, "set",
	    "{'port': 'client.eth1', 'class': 'broadcast', 'frames': 10, "
	    "'bits': 5000, 'action': 'block', 'recover_ms': 7}");
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	limit = json_object_get(
	    json_array_get(guard_call(&rig, "show", "{}"), 0), "broadcast");
	ck_assert_int_eq(guard_number(limit, "frames"), 10);
	ck_assert_int_eq(guard_number(limit, "bits"), 5000);
	ck_assert_int_eq(guard_number(limit, "dropped"), 1);
	ck_assert_int_eq(
	    guard_number(guard_call(&rig, "show", "{'port': 'client.eth1'}"),
			 "recover_ms"),
	    7);
	ck_assert_uint_eq(
	    json_array_size(guard_call(&rig, "show", "{'port': 'third.eth1'}")),
	    0);
}
END_TEST

START_TEST(a_port_that_comes_again_begins_anew)
{
	guard_start(&rig, "{'broadcast': 10, 'action': 'block'}");
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	passes(rig.client, VL_PORT_FLOOD, FRAME_ARP);
	fake_port_del(rig.host, rig.client);
	rig.client = fake_port_add(rig.host, rig.vlan1, "client.eth1");
	ck_assert(passes(rig.client, VL_PORT_FLOOD, FRAME_ARP));
}
END_TEST

START_TEST(mistakes_are_named)
{
	guard_start(&rig, NULL);
	guard_refuse(&rig, "set",
		     "{'port': 'nobody', 'class': 'all', 'frames': 1}", -ENOENT,
		     "\"nobody\"");
	guard_refuse(&rig, "clear", "{'port': 'client.eth1'}", -ENOENT,
		     "client.eth1");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ without_limits_nothing_is_asked, 0 },
		{ a_limit_is_one_ports_and_one_classs, 0 },
		{ options_are_for_every_port, 0 },
		{ a_storm_is_told_when_it_begins_and_ends, 0 },
		{ a_port_that_storms_is_blocked_until_it_recovers, 0 },
		{ without_recovery_somebody_must_clear_it, 0 },
		{ limits_and_drops_are_shown, 0 },
		{ a_port_that_comes_again_begins_anew, 0 },
		{ mistakes_are_named, 0 },
		{ NULL, 0 },
	};

	return unit_run("storm", tests, setup, teardown);
}
