/* The methods about modes, VLANs, static addresses and traces, called over a
 * real socket. */
#include "switch/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "switch/vid.h"
#include "tests/unit/control-rig.h"
#include "tests/unit/unit.h"

static struct control_rig r;

static void
setup(void)
{
	control_rig_init(&r);
}

static void
teardown(void)
{
	control_rig_fini(&r);
}

static void
expect(const char *method, const char *params, const char *want)
{
	control_rig_expect(&r, method, params, -1, want);
}

/* ---- requests and replies ---- */

/* On a fresh rig: segment "lab" (id 0) with dummies p0, p1, p2. */
static const struct {
	const char *method, *params, *want;
} requests[] = {
	{ "vlan.add", "{'port':'p0','vid':10}", "true" },
	{ "vlan.add", "{'port':'p0','vid':'10-20'}", "true" },
	{ "vlan.add", "{'port':'p0','vid':0}", "true" },
	{ "vlan.add", "{'port':'p0','vid':4094}", "true" },
	{ "vlan.add", "{'port':'p0','vid':4095}", "!from 0 to 4094" },
	{ "vlan.add", "{'port':'p0','vid':-1}", "!from 0 to 4094" },
	{ "vlan.add", "{'port':'p0','vid':99999999999}", "!from 0 to 4094" },
	{ "vlan.add", "{'port':'p0','vid':'20-10'}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':'10-'}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':'-10'}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':'1-4095'}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':'10 '}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':''}", "!vid must be" },
	{ "vlan.add", "{'port':'p0','vid':[1]}", "!vid must be" },
	{ "vlan.add", "{'port':'p0'}", "!vid" },
	{ "vlan.add", "{'port':'p0','vid':'1-2','pvid':true}", "!one PVID" },
	{ "vlan.add", "{'port':'x','vid':1}", "!there is no port x" },
	{ "vlan.del", "{'port':'p0','vid':'1-4094'}", "true" },
	{ "vlan.del", "{'port':'x','vid':1}", "!there is no port x" },
	{ "vlan.del", "{'port':'p0','vid':'x'}", "!vid must be" },
	{ "vlan.set", "{'port':'p0'}", "true" },
	{ "vlan.set", "{'port':'p0','accept':'some'}", "!accept" },
	{ "vlan.set", "{'port':'x'}", "!there is no port x" },
	{ "vlan.reset", "{'port':'p0'}", "true" },
	{ "vlan.reset", "{'port':'x'}", "!there is no port x" },
	{ "vlan.show", "{'port':'p1'}",
	  "[{'segment':'lab','port':'p1','own':false,'pvid':1,'accept':'all',"
	  "'filter':true,'vlans':[{'vid':1,'vid_end':1,'untagged':true}]}]" },
	{ "vlan.show", "{'segment':'lab'}",
	  "[{'port':'p0'},{'port':'p1'},{'port':'p2'}]" },
	{ "vlan.show", "{'segment':'x'}", "!there is no segment x" },
	{ "vlan.show", "{'port':'x'}", "!there is no port x" },

	{ "fdb.add", "{'segment':'lab','mac':'02:00:00:00:00:07','port':'p1'}",
	  "true" },
	{ "fdb.add", "{'segment':'lab','mac':'02:00:00:00:00:07','port':'x'}",
	  "!there is no port x" },
	{ "fdb.add", "{'segment':'x','mac':'02:00:00:00:00:07','port':'p1'}",
	  "!there is no segment x" },
	{ "fdb.add", "{'segment':'lab','mac':'02:00:00:00:00','port':'p1'}",
	  "!is no address" },
	{ "fdb.add", "{'segment':'lab','mac':'ff:ff:ff:ff:ff:ff','port':'p1'}",
	  "!ff:ff:ff:ff:ff:ff is not the address of a single station" },
	{ "fdb.add", "{'segment':'lab','mac':'00:00:00:00:00:00','port':'p1'}",
	  "!is not the address of a single station" },
	{ "fdb.add",
	  "{'segment':'lab','mac':'02:00:00:00:00:07','port':'p1','vid':4095}",
	  "!vid" },
	{ "fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:07'}",
	  "!segment lab knows no 02:00:00:00:00:07" },
	{ "fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:07','vid':3}",
	  "!segment lab knows no 02:00:00:00:00:07 in that VLAN" },
	{ "fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:07','port':'x'}",
	  "!there is no port x" },
	{ "fdb.del", "{'segment':'lab','mac':'me'}", "!is no address" },

	{ "segment.trace", "{'segment':'lab','port':'p0','frame':'0'}",
	  "!two hexadecimal digits" },
	{ "segment.trace", "{'segment':'lab','port':'p0','frame':'0g'}",
	  "!two hexadecimal digits" },
	{ "segment.trace", "{'segment':'lab','port':'p0','frame':'00 1 1'}",
	  "!two hexadecimal digits" },
	{ "segment.trace", "{'segment':'lab','port':'x','frame':''}",
	  "!there is no port x" },
	{ "segment.trace", "{'segment':'lab','port':'p0','frame':''}",
	  "{'verdict':'drop','reason':'runt','length':0}" },
};

START_TEST(a_request_gets_its_reply)
{
	expect(requests[_i].method, requests[_i].params, requests[_i].want);
}
END_TEST

/* ---- settings ---- */

START_TEST(settings_of_a_segment_are_shown_and_the_others_stay)
{
	expect("segment.set", "{'segment':'lab','mode':'8021q','ageing':7}",
	       "true");
	expect("segment.show", NULL,
	       "[{'mode':'8021q','ageing_ms':7000,'protocol':'802.1q',"
	       "'pvid':1}]");
	expect("segment.set",
	       "{'segment':'lab','protocol':'802.1ad','pvid':4095}", "true");
	expect("segment.show", NULL,
	       "[{'mode':'8021q','ageing_ms':7000,'protocol':'802.1ad',"
	       "'pvid':4095}]");
	expect("segment.set", "{'segment':'lab','mode':'hub'}", "true");
	expect("segment.show", NULL, "[{'mode':'hub','pvid':4095}]");
	ck_assert_int_eq(r.rig.segment->mode, SEGMENT_HUB);
	ck_assert_uint_eq(r.rig.segment->tpid, TPID_SERVICE);
}
END_TEST

START_TEST(a_segment_may_be_made_with_its_settings)
{
	expect("segment.add", "{'name':'b','mode':'hub','ageing':1}", "{}");
	expect("segment.show", "{'segment':'b'}",
	       "[{'mode':'hub','ageing_ms':1000}]");
}
END_TEST

START_TEST(rules_are_shown_in_runs_that_are_alike)
{
	expect("vlan.add", "{'port':'p0','vid':'10-20'}", "true");
	expect("vlan.add", "{'port':'p0','vid':12,'untagged':true,'pvid':true}",
	       "true");
	expect("vlan.del", "{'port':'p0','vid':15}", "true");
	expect("vlan.set", "{'port':'p0','accept':'tagged','filter':false}",
	       "true");
	expect("vlan.show", "{'port':'p0'}",
	       "[{'own':true,'pvid':12,'accept':'tagged','filter':false,"
	       "'vlans':[{'vid':1,'vid_end':1,'untagged':true},"
	       "{'vid':10,'vid_end':11,'untagged':false},"
	       "{'vid':12,'vid_end':12,'untagged':true},"
	       "{'vid':13,'vid_end':14,'untagged':false},"
	       "{'vid':16,'vid_end':20,'untagged':false}]}]");
	expect("vlan.set", "{'port':'p0','filter':true}", "true");
	expect("vlan.show", "{'port':'p0'}",
	       "[{'accept':'tagged','filter':true}]");
	expect("vlan.reset", "{'port':'p0'}", "true");
	expect("vlan.show", "{'port':'p0'}",
	       "[{'own':false,'pvid':1,'accept':'all'}]");
}
END_TEST

START_TEST(a_change_of_rules_forgets_the_stations_of_that_port)
{
	rig_learn_all(&r.rig);
	expect("vlan.add", "{'port':'p1','vid':10}", "true");
	expect("fdb.show", NULL, "[{'port':'p0'},{'port':'p2'}]");
}
END_TEST

/* ---- static addresses ---- */

START_TEST(a_static_address_is_shown_as_one_and_survives_a_flush)
{
	expect("fdb.add",
	       "{'segment':'lab','mac':'02:00:00:00:00:07','port':'p1',"
	       "'vid':5}",
	       "true");
	rig_send(&r.rig, 0, RIG_BROADCAST, 1, 60);
	expect("segment.show", NULL, "[{'fdb_count':2,'fdb_static':1}]");
	expect("fdb.flush", NULL, "{'flushed':1}");
	expect("fdb.show", NULL,
	       "[{'mac':'02:00:00:00:00:07','vid':5,'port':'p1','age_ms':0,"
	       "'static':true,'moves':0}]");
	expect("fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:07','vid':5}",
	       "true");
	expect("fdb.show", NULL, "[]");
}
END_TEST

START_TEST(under_vlan_rules_a_static_address_is_in_the_vlan_of_its_port)
{
	expect("segment.set", "{'segment':'lab','mode':'8021q'}", "true");
	expect("vlan.add", "{'port':'p1','vid':10,'untagged':true,'pvid':true}",
	       "true");
	expect("fdb.add",
	       "{'segment':'lab','mac':'02:00:00:00:00:07',"
	       "'port':'p1'}",
	       "true");
	expect("fdb.show", NULL, "[{'vid':10}]");
}
END_TEST

START_TEST(what_was_added_without_a_vid_can_be_deleted_without_one)
{
	static const char seven[] =
	    "{'segment':'lab','mac':'02:00:00:00:00:07',"
	    "'port':'p1'}";

	expect("segment.set", "{'segment':'lab','mode':'8021q'}", "true");
	expect("fdb.add", seven, "true");
	expect("vlan.add", "{'port':'p1','vid':10,'untagged':true,'pvid':true}",
	       "true");
	expect("fdb.add", seven, "true");
	expect("fdb.show", NULL, "[{'vid':1},{'vid':10}]");
	expect("fdb.del",
	       "{'segment':'lab','mac':'02:00:00:00:00:07','port':'p0'}",
	       "!knows no 02:00:00:00:00:07 behind p0");
	expect("fdb.del", seven, "true");
	expect("fdb.show", NULL, "[]");
}
END_TEST

START_TEST(a_port_of_another_segment_is_refused)
{
	expect("segment.add", "{'name':'b'}", "{}");
	expect("fdb.add",
	       "{'segment':'b','mac':'02:00:00:00:00:07',"
	       "'port':'p1'}",
	       "!port p1 is on segment lab");
	expect("segment.trace", "{'segment':'b','port':'p1','frame':'00'}",
	       "!port p1 is on segment lab");
}
END_TEST

/* ---- events ---- */

START_TEST(a_station_that_moves_all_the_time_is_an_event)
{
	expect("rpc.subscribe", NULL, "true");
	for (size_t i = 0; i <= FDB_FLAP_MOVES + 1; i++)
		rig_send(&r.rig, i % 2, RIG_BROADCAST, 7, 60);
	expect("segment.show", NULL, "[{'moves':11}]");
	expect("port.show", "{'port':'p1'}",
	       "[{'moves':6,'rx_broadcast':6,'rx_multicast':0,"
	       "'rx_unknown_unicast':0}]");
	expect("fdb.show", NULL, "[{'moves':11,'port':'p1'}]");
	ck_assert_ptr_nonnull(strstr(r.events, "segment.loop-suspected"));
	ck_assert_ptr_nonnull(strstr(r.events, "02:00:00:00:00:07"));
}
END_TEST

/* Nothing of what is refused is done. */
START_TEST(a_table_too_small_for_static_addresses_is_refused)
{
	char params[96];

	for (int i = 0; i < 9; i++) {
		snprintf(params, sizeof(params),
			 "{'segment':'lab','mac':'02:00:00:00:01:0%d',"
			 "'port':'p1'}",
			 i);
		expect("fdb.add", params, "true");
	}
	expect("segment.set", "{'segment':'lab','table':17,'mode':'hub'}",
	       "!segment lab knows 9 addresses, 9 of them static");
	expect("segment.show", NULL, "[{'mode':'bridge','fdb_max':8192}]");
	expect("segment.set", "{'segment':'lab','table':18,'mode':'hub'}",
	       "true");
	expect("segment.show", NULL, "[{'mode':'hub','fdb_max':18}]");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_gets_its_reply, UNIT_ROWS(requests) },
		{ settings_of_a_segment_are_shown_and_the_others_stay, 0 },
		{ a_segment_may_be_made_with_its_settings, 0 },
		{ rules_are_shown_in_runs_that_are_alike, 0 },
		{ a_change_of_rules_forgets_the_stations_of_that_port, 0 },
		{ a_static_address_is_shown_as_one_and_survives_a_flush, 0 },
		{ under_vlan_rules_a_static_address_is_in_the_vlan_of_its_port,
		  0 },
		{ what_was_added_without_a_vid_can_be_deleted_without_one, 0 },
		{ a_port_of_another_segment_is_refused, 0 },
		{ a_station_that_moves_all_the_time_is_an_event, 0 },
		{ a_table_too_small_for_static_addresses_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("control_vlan", tests, setup, teardown);
}
