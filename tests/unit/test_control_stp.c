/* The methods about the spanning tree, called over a real socket. */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "switch/control.h"
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

/* On a fresh rig: segment "lab" (id 0) with dummies p0, p1, p2. */
static const struct {
	const char *method, *params, *want;
} requests[] = {
	{ "segment.set", "{'segment':'lab','stp':'rstp'}", "true" },
	{ "segment.set", "{'segment':'lab','stp':'off'}", "true" },
	{ "segment.set", "{'segment':'lab','stp':'on'}", "!off, stp or rstp" },
	{ "segment.add", "{'name':'x','stp':'stp'}", "{'name':'x'}" },
	{ "stp.show", "{'segment':'x'}", "!there is no segment x" },
	{ "stp.set", "{'segment':'x'}", "!there is no segment x" },
	{ "stp.set", "{'segment':'lab'}", "true" },
	{ "stp.set", "{'segment':'lab','priority':61440}", "true" },
	{ "stp.set", "{'segment':'lab','priority':1}", "!steps of 4096" },
	{ "stp.set", "{'segment':'lab','priority':65536}", "!priority" },
	{ "stp.set", "{'segment':'lab','max_age':29}", "!forward delay" },
	{ "stp.set", "{'segment':'lab','max_age':29,'forward_delay':16}",
	  "true" },
	{ "stp.set", "{'segment':'lab','hello_time':3}", "!hello_time" },
	{ "stp.set", "{'segment':'lab','hold_count':10}", "true" },
	{ "stp.set", "{'segment':'lab','address':'02:00:00:00:00:01'}",
	  "true" },
	{ "stp.set", "{'segment':'lab','address':'01:00:00:00:00:01'}",
	  "!not that of a station" },
	{ "stp.set", "{'segment':'lab','address':'me'}", "!like 02:00" },
	{ "stp.set-port", "{'port':'x'}", "!there is no port x" },
	{ "stp.set-port", "{'port':'p0'}", "true" },
	{ "stp.set-port", "{'port':'p0','priority':8}", "!steps of 16" },
	{ "stp.set-port", "{'port':'p0','priority':240}", "true" },
	{ "stp.set-port", "{'port':'p0','cost':0}", "!cost" },
	{ "stp.set-port", "{'port':'p0','cost':200000000}", "true" },
	{ "stp.set-port", "{'port':'p0','edge':'maybe'}", "!edge" },
	{ "stp.set-port", "{'port':'p0','link':'long'}", "!link" },
	{ "stp.migrate", "{'port':'p0'}", "!has no spanning tree" },
	{ "stp.migrate", "{'port':'x'}", "!there is no port x" },
};

START_TEST(requests_are_answered_or_refused_with_a_reason)
{
	expect(requests[_i].method, requests[_i].params, requests[_i].want);
}
END_TEST

START_TEST(a_segment_without_one_shows_its_settings_alone)
{
	struct answer answer;

	expect("stp.show", NULL,
	       "[{'segment':'lab','stp':'off','settings':{'priority':32768,"
	       "'hello_time':2,'max_age':20,'forward_delay':15,"
	       "'hold_count':6}}]");
	answer = control_rig_call(&r, "stp.show", NULL, -1);
	ck_assert_ptr_null(
	    json_object_get(json_array_get(answer.result, 0), "ports"));
	json_decref(answer.result);
}
END_TEST

START_TEST(a_tree_is_shown_with_its_ports)
{
	expect("stp.set",
	       "{'segment':'lab','priority':4096,"
	       "'address':'02:00:00:00:00:09'}",
	       "true");
	expect("segment.set", "{'segment':'lab','stp':'rstp'}", "true");
	expect("segment.show", NULL, "[{'name':'lab','stp':'rstp'}]");
	expect("stp.set-port",
	       "{'port':'p0','cost':5,'edge':'yes','priority':16}", "true");
	expect("stp.set-port", "{'port':'p1','link':'shared','edge':'no'}",
	       "true");
	expect("stp.migrate", "{'port':'p1'}", "true");
	expect("stp.show", "{'segment':'lab'}",
	       "[{'segment':'lab','stp':'rstp','root_port':null,"
	       "'bridge_id':'1000.020000000009',"
	       "'root_id':'1000.020000000009','root_cost':0,"
	       "'topology_changes':0,'hello_time':2,'ports':["
	       "{'port':'p0','port_id':'1001','role':'designated',"
	       "'state':'forwarding','edge':true,'point_to_point':true,"
	       "'sends':'rstp','designated_bridge':'1000.020000000009',"
	       "'designated_port':'1001',"
	       "'settings':{'cost':5,'priority':16,'edge':'yes',"
	       "'link':'auto'}},"
	       "{'port':'p1','port_id':'8002','state':'discarding',"
	       "'edge':false,'point_to_point':false,"
	       "'settings':{'edge':'no','link':'shared'}},"
	       "{'port':'p2','port_id':'8003','state':'discarding',"
	       "'settings':{'edge':'auto'}}]}]");
}
END_TEST

START_TEST(what_is_not_given_stays)
{
	expect("stp.set", "{'segment':'lab','priority':4096}", "true");
	expect("stp.set", "{'segment':'lab','hello_time':1}", "true");
	expect("stp.show", NULL,
	       "[{'settings':{'priority':4096,'hello_time':1}}]");
	expect("segment.set", "{'segment':'lab','stp':'rstp'}", "true");
	expect("stp.set-port", "{'port':'p0','cost':5}", "true");
	expect("stp.set-port", "{'port':'p0','edge':'no'}", "true");
	expect("stp.show", NULL,
	       "[{'ports':[{'settings':{'cost':5,'edge':'no'}},{},{}]}]");
}
END_TEST

START_TEST(a_reset_leaves_the_tree_on_with_the_defaults)
{
	expect("stp.reset", "{'segment':'lab'}", "true");
	expect("stp.set",
	       "{'segment':'lab','priority':4096,'hello_time':1,"
	       "'address':'02:00:00:00:00:09'}",
	       "true");
	expect("segment.set", "{'segment':'lab','stp':'stp'}", "true");
	expect("stp.reset", "{'segment':'lab'}", "true");
	expect("stp.show", NULL,
	       "[{'stp':'stp','hello_time':2,"
	       "'settings':{'priority':32768,'hello_time':2}}]");
	expect("stp.reset", "{'segment':'x'}", "!there is no segment x");
}
END_TEST

START_TEST(subscribers_hear_of_roles_and_states)
{
	expect("rpc.subscribe", NULL, "true");
	expect("segment.set", "{'segment':'lab','stp':'rstp'}", "true");
	expect("stp.set-port", "{'port':'p2','edge':'yes'}", "true");
	ck_assert_ptr_nonnull(strstr(r.events, "port.stp"));
	ck_assert_ptr_nonnull(strstr(r.events, "\"forwarding\""));
	ck_assert_ptr_nonnull(strstr(r.events, "\"designated\""));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ requests_are_answered_or_refused_with_a_reason,
		  UNIT_ROWS(requests) },
		{ a_segment_without_one_shows_its_settings_alone, 0 },
		{ a_tree_is_shown_with_its_ports, 0 },
		{ what_is_not_given_stays, 0 },
		{ a_reset_leaves_the_tree_on_with_the_defaults, 0 },
		{ subscribers_hear_of_roles_and_states, 0 },
		{ NULL, 0 },
	};

	return unit_run("control_stp", tests, setup, teardown);
}
