/* The methods of the switch itself, called over a real socket. */
#include "switch/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "switch/methods/methods.h"
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
	{ "no.such", NULL, "!no.such" },
	{ "switch.info", NULL, "{'segments':1,'ports':3,'uptime_ms':0}" },
	{ "switch.info", NULL, "{'frames_in_use':0,'frame_bytes':0}" },
	{ "switch.info", "{'x':1}", "!x" },
	{ "switch.sync", NULL, "true" },

	{ "segment.add", "{'name':'b'}", "{'id':1,'name':'b'}" },
	{ "segment.add", "{'name':'lab'}", "!there is a segment lab already" },
	{ "segment.add", "{'name':'1b'}", "!no name for a segment" },
	{ "segment.add", "{'name':'B'}", "!name" },
	{ "segment.add", "{'name':'../x'}", "!name" },
	{ "segment.add", "{'name':7}", "!name" },
	{ "segment.add", NULL, "!name" },
	{ "segment.add",
	  "{'name':'b','mode':'8021q','ageing':7,'protocol':'802.1ad',"
	  "'pvid':4095}",
	  "{'id':1}" },
	{ "segment.add", "{'name':'b','mode':'router'}", "!mode" },
	{ "segment.set", "{'segment':'lab'}", "true" },
	{ "segment.set", "{'segment':'lob','mode':'hub'}",
	  "!there is no segment lob (did you mean lab?)" },
	{ "segment.set", "{'segment':'lab','mode':'switch'}", "!mode" },
	{ "segment.set", "{'segment':'lab','ageing':0}", "!ageing" },
	{ "segment.set", "{'segment':'lab','table':16}", "true" },
	{ "segment.set", "{'segment':'lab','table':65536}", "true" },
	{ "segment.set", "{'segment':'lab','table':15}", "!table" },
	{ "segment.set", "{'segment':'lab','table':65537}", "!table" },
	{ "segment.set", "{'segment':'lab','pvid':4096}", "!pvid" },
	{ "segment.set", "{'segment':'lab','protocol':'802.3'}", "!protocol" },
	{ "segment.set", "{'mode':'hub'}", "!segment" },
	{ "segment.del", "{'segment':'lab'}", "true" },
	{ "segment.del", "{'segment':'lob'}",
	  "!there is no segment lob (did you mean lab?)" },
	{ "segment.show", NULL,
	  "[{'id':0,'name':'lab','mode':'bridge','ports':3,'fdb_count':0,"
	  "'fdb_max':8192,'ageing_ms':300000,'protocol':'802.1q','pvid':1,"
	  "'fdb_static':0,'moves':0}]" },
	{ "segment.show", "{'segment':'lab'}", "[{'name':'lab'}]" },
	{ "segment.show", "{'segment':'x'}", "!there is no segment x" },

	{ "port.add", "{'segment':'lab','kind':'dummy'}",
	  "{'id':3,'name':'dummy3','segment':'lab'}" },
	{ "port.add", "{'segment':'lab','kind':'dummy','name':'a.eth1'}",
	  "{'id':3,'name':'a.eth1','segment':'lab'}" },
	{ "port.add", "{'segment':'lab','kind':'dummy','name':'p0'}",
	  "!there is a port p0 already" },
	{ "port.add", "{'segment':'x','kind':'dummy'}",
	  "!there is no segment x" },
	{ "port.add", "{'segment':'lab','kind':'dumy'}",
	  "!there is no kind of port dumy; there are: dummy" },
	{ "port.add", "{'segment':'lab','kind':'dummy','mtu':67}", "!mtu" },
	{ "port.add", "{'segment':'lab','kind':'dummy','mtu':65537}", "!mtu" },
	{ "port.add", "{'segment':'lab','kind':'dummy','mtu':68}", "{}" },
	{ "port.add", "{'segment':'lab','kind':'dummy','path':'/x'}", "!path" },
	{ "port.add", "{'segment':'lab'}", "!kind" },
	{ "port.set", "{'port':'p1','mtu':1500,'description':'a b'}", "true" },
	{ "port.set", "{'port':'p1'}", "true" },
	{ "port.set", "{'port':'p1','mtu':67}", "!mtu" },
	{ "port.set", "{'port':'p1','mtu':65537}", "!mtu" },
	{ "port.set", "{'port':'p1','reconnect':100}",
	  "!ports of kind dummy have no \"reconnect\"" },
	{ "port.set", "{'port':'q1','mtu':1500}", "!did you mean p1" },
	{ "port.set", "{'mtu':1500}", "!port" },
	{ "port.del", "{'port':'p1'}", "true" },
	{ "port.del", "{'port':'q1'}",
	  "!there is no port q1 (did you mean p1?)" },
	{ "port.del", NULL, "!port" },
	{ "port.show", "{'port':'p1'}",
	  "[{'id':1,'name':'p1','segment':'lab','kind':'dummy','mtu':65536,"
	  "'carrier':true,'peer':{'pid':0,'uid':0,'description':''},'rx_frames'"
	  ":0,"
	  "'rx_bytes':0,'tx_frames':0,'tx_bytes':0,'queued':0,"
	  "'rx_broadcast':0,'rx_multicast':0,'rx_unknown_unicast':0,'moves':0,"
	  "'rx_drops':{'runt':0,'plugin':0},'tx_drops':{'queue-full':0}}]" },
	{ "port.show", NULL, "[{'name':'p0'},{'name':'p1'},{'name':'p2'}]" },
	{ "port.show", "{'segment':'lab','port':'p2'}", "[{'name':'p2'}]" },
	{ "port.show", "{'segment':'x'}", "!there is no segment x" },
	{ "port.show", "{'port':'x'}", "!there is no port x" },

	{ "fdb.show", NULL, "[]" },
	{ "fdb.show", "{'segment':'x'}", "!there is no segment x" },
	{ "fdb.flush", NULL, "{'flushed':0}" },
	{ "fdb.flush", "{'port':'x'}", "!there is no port x" },
	{ "stats.show", NULL,
	  "[{'segment':'lab','rx':0,'copies':0,'tx':0,'queued':0,'held':0,"
	  "'balanced':true,'drops':{'runt':0}}]" },
	{ "stats.show", "{'segment':'x'}", "!there is no segment x" },

	{ "plugin.load", "{'plugin':'no-such'}", "!plugin no-such" },
	{ "plugin.load", "{'plugin':'port'}", "!no name for a plugin" },
	{ "plugin.load", "{'plugin':'x','segment':'y'}",
	  "!there is no segment y" },
	{ "plugin.load", "{'plugin':'./x.so'}", "!nor an absolute path" },
	{ "plugin.load", "{}", "!plugin" },
	{ "plugin.unload", "{'id':'x'}", "!no plugin x is loaded" },
	{ "plugin.show", NULL, "[]" },
};

START_TEST(a_request_gets_its_reply)
{
	expect(requests[_i].method, requests[_i].params, requests[_i].want);
}
END_TEST

START_TEST(a_port_is_changed_whole_or_not_at_all)
{
	char params[400], text[160];

	memset(text, 'x', sizeof(text));
	text[127] = '\0';
	snprintf(params, sizeof(params),
		 "{'port':'p1','mtu':1500,'description':'%s'}", text);
	expect("port.set", params, "true");
	snprintf(params, sizeof(params), "[{'mtu':1500,'description':'%s'}]",
		 text);
	expect("port.show", "{'port':'p1'}", params);
	text[127] = 'x';
	text[128] = '\0';
	snprintf(params, sizeof(params),
		 "{'port':'p1','mtu':9000,'description':'%s'}", text);
	expect("port.set", params, "!at most 127");
	expect("port.set", "{'port':'p1','mtu':9000,'reconnect':5}", "!dummy");
	expect("port.show", "{'port':'p1'}", "[{'mtu':1500}]");
	rig_send(&r.rig, 1, RIG_BROADCAST, 0, 1515);
	ck_assert_uint_eq(rig_drops(&r.rig, DROP_OVERSIZE), 1);
	rig_send(&r.rig, 1, RIG_BROADCAST, 0, 1514);
	ck_assert_uint_eq(rig_drops(&r.rig, DROP_OVERSIZE), 1);
	expect("port.set", "{'port':'p1','description':''}", "true");
	expect("port.show", "{'port':'p1'}", "[{'mtu':1500}]");
}
END_TEST

static const char *const lists[] = { "segment.show", "port.show", "fdb.show",
				     "stats.show" };

START_TEST(a_segment_that_is_relied_on_stays)
{
	r.rig.segment->essential = true;
	control_rig_expect(&r, "segment.del", "{'segment':'lab'}", -1,
			   "!segment lab is all that this switch is for");
	ck_assert_ptr_nonnull(switch_find_segment(r.rig.sw, "lab"));
}
END_TEST

START_TEST(a_segment_asked_for_is_shown_alone)
{
	struct answer answer;

	expect("segment.add", "{'name':'b'}", "{}");
	expect("port.add", "{'segment':'b','kind':'dummy','name':'x'}", "{}");
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
	answer = control_rig_call(&r, lists[_i], NULL, -1);
	ck_assert_uint_ge(json_array_size(answer.result), 1);
	json_decref(answer.result);
	expect(lists[_i], "{'segment':'b'}",
	       _i == 2 ? "[]" : "[{}]"); /* no address was learned there */
}
END_TEST

START_TEST(errors_carry_their_class)
{
	struct answer answer =
	    control_rig_call(&r, "port.del", "{'port':'x'}", -1);

	ck_assert_ptr_null(answer.result);
	ck_assert_int_eq(answer.err.code, -ENOENT);
	answer = control_rig_call(&r, "segment.add", "{'name':'lab'}", -1);
	ck_assert_int_eq(answer.err.code, -EEXIST);
}
END_TEST

START_TEST(every_method_is_listed_with_its_signature)
{
	struct answer answer = control_rig_call(&r, "rpc.methods", NULL, -1);
	bool subscribe = false, add = false;
	size_t n = 1; /* rpc.subscribe */
	json_t *method;
	size_t i;

	json_array_foreach(answer.result, i, method)
	{
		const char *name =
		    json_string_value(json_object_get(method, "name"));
		const char *params =
		    json_string_value(json_object_get(method, "params"));

		ck_assert_ptr_nonnull(strchr(name, '.'));
		ck_assert(json_is_string(json_object_get(method, "summary")));
		subscribe |= strcmp(name, "rpc.subscribe") == 0;
		if (strcmp(name, "port.add") == 0) {
			add = true;
			ck_assert_str_eq(params,
					 "segment:name kind:name name:name? "
					 "mtu:int(68..65536)?");
		}
	}
	ck_assert(subscribe && add);
	for (i = 0; method_tables[i] != NULL; i++) {
		for (const struct rpc_method *m = method_tables[i];
		     m->name != NULL; m++)
			n++;
	}
	ck_assert_uint_eq(json_array_size(answer.result), n);
	json_decref(answer.result);
}
END_TEST

/* The manual is made of these. */
static void
check_documented(const struct rpc_method *m)
{
	ck_assert_msg(json_signature_valid(m->params), "%s", m->name);
	ck_assert_msg(m->summary != NULL && m->summary[0] != '\0', "%s",
		      m->name);
	ck_assert_msg(m->result != NULL && m->result[0] != '\0',
		      "%s has no .result", m->name);
	ck_assert_msg(m->details != NULL && m->details[0] != '\0',
		      "%s has no .details", m->name);
}

START_TEST(every_method_and_event_is_documented)
{
	check_documented(&method_subscribe);
	for (size_t i = 0; method_tables[i] != NULL; i++) {
		for (const struct rpc_method *m = method_tables[i];
		     m->name != NULL; m++)
			check_documented(m);
	}
	for (const struct control_event *e = control_events; e->name != NULL;
	     e++) {
		ck_assert_msg(json_signature_valid(e->data), "%s", e->name);
		ck_assert_ptr_eq(control_event_find(e->name), e);
		ck_assert_msg(e->summary != NULL && e->summary[0] != '\0', "%s",
			      e->name);
	}
}
END_TEST

START_TEST(events_are_listed)
{
	struct answer answer = control_rig_call(&r, "rpc.events", NULL, -1);
	json_t *event;
	size_t i;

	json_array_foreach(answer.result, i, event)
	{
		const struct control_event *row = &control_events[i];

		ck_assert_str_eq(json_str_or(event, "name", ""), row->name);
		ck_assert_str_eq(json_str_or(event, "data", ""), row->data);
		ck_assert_str_eq(json_str_or(event, "summary", ""),
				 row->summary);
	}
	ck_assert_uint_gt(i, 0);
	ck_assert_ptr_null(control_events[i].name);
	json_decref(answer.result);
}
END_TEST

START_TEST(a_port_added_by_hand_carries_frames)
{
	struct port *port;

	expect("port.add",
	       "{'segment':'lab','kind':'dummy','name':'x','mtu':1500}",
	       "{'name':'x'}");
	port = switch_find_port(r.rig.sw, "x");
	ck_assert_uint_eq(port->mtu, 1500);
	dummy_record(port);
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(dummy_n_sent(port), 1);
	expect("port.show", "{'port':'x'}", "[{'tx_frames':1,'tx_bytes':60}]");
	expect("port.show", "{'port':'p0'}", "[{'rx_frames':1,'rx_bytes':60}]");
}
END_TEST

START_TEST(learned_addresses_are_shown_and_flushed)
{
	uint8_t data[64];

	rig_send(&r.rig, 0, RIG_BROADCAST, 1, 60);
	rig_fill(data, sizeof(data), RIG_BROADCAST, 2);
	data[12] = 0x81;
	data[13] = 0;
	data[14] = 0;
	data[15] = 7;
	clock_advance(r.rig.clock, 5 * NS_PER_MS);
	dummy_inject(r.rig.ports[1], data, sizeof(data));
	expect("fdb.flush", "{'port':'p0'}", "{'flushed':1}");
	clock_advance(r.rig.clock, 5 * NS_PER_MS);
	expect("fdb.show", NULL,
	       "[{'segment':'lab','mac':'02:00:00:00:00:02','vid':7,"
	       "'port':'p1','age_ms':5}]");
	expect("segment.show", NULL, "[{'fdb_count':1}]");
	expect("fdb.flush", "{'segment':'lab'}", "{'flushed':1}");
	expect("fdb.show", "{'segment':'lab'}", "[]");
}
END_TEST

START_TEST(the_books_are_shown)
{
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
	rig_send(&r.rig, 0, 0, 1, 13);
	dummy_set_credit(r.rig.ports[1], 0);
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
	expect("stats.show", "{'segment':'lab'}",
	       "[{'rx':3,'copies':2,'tx':3,'queued':1,'held':0,"
	       "'drops':{'runt':1},'balanced':true}]");
}
END_TEST

START_TEST(a_descriptor_nobody_takes_is_closed)
{
	char byte;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	control_rig_expect(&r, "port.add", "{'segment':'lab','kind':'dummy'}",
			   fds[1], "!a dummy port takes no descriptor");
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* no writer is left */
	close(fds[0]);
	ck_assert_uint_eq(r.rig.sw->n_ports, CONTROL_PORTS);
}
END_TEST

/* ---- events ---- */

START_TEST(subscribers_hear_of_ports)
{
	expect("segment.add", "{'name':'b'}", "{}"); /* not subscribed yet */
	expect("rpc.subscribe", NULL, "true");
	expect("port.add", "{'segment':'lab','kind':'dummy','name':'x'}", "{}");
	expect("port.del", "{'port':'x'}", "true");
	port_gone(r.rig.ports[0], "the peer \"hung up\"");
	expect("switch.sync", NULL, "true");
	ck_assert_str_eq(
	    r.events, "port.added {\"id\":3,\"kind\":\"dummy\",\"name\":\"x\","
		      "\"segment\":\"lab\"}\n"
		      "port.removed {\"id\":3,\"name\":\"x\",\"reason\":"
		      "\"it was removed by port.del\",\"segment\":\"lab\"}\n"
		      "port.removed {\"id\":0,\"name\":\"p0\",\"reason\":"
		      "\"the peer \\\"hung up\\\"\",\"segment\":\"lab\"}\n");
}
END_TEST

/* ---- sync and stop ---- */

struct busy {
	struct event *event;
	int left, *done_at;
	const struct answer *answer;
};

/* A peer that stays readable: something at normal priority to do, again and
 * again. */
static void
on_busy(evutil_socket_t fd, short what, void *arg)
{
	struct busy *busy = arg;
	char byte;

	(void)what;
	ck_assert(!busy->answer->here);
	ck_assert_int_eq(recv(fd, &byte, 1, 0), 1);
	busy->left--;
}

START_TEST(sync_waits_until_every_peer_has_been_read)
{
	struct answer answer = { .here = false };
	struct busy busy = { .left = 50, .answer = &answer };
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < busy.left; i++)
		ck_assert_int_eq(send(fds[0], "x", 1, 0), 1);
	busy.event =
	    event_new(r.rig.base, fds[1], EV_READ | EV_PERSIST, on_busy, &busy);
	event_add(busy.event, NULL);
	control_rig_start_call(&r, "switch.sync", NULL, -1, &answer);
	control_rig_wait(&r, &answer);
	ck_assert_int_eq(busy.left, 0);
	json_decref(answer.result);
	event_free(busy.event);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* Traffic that does not end; the loop is left now and then, since while it
 * lasts what has the lowest priority never gets its turn. */
static void
on_never_ending(evutil_socket_t fd, short what, void *arg)
{
	int *n = arg;

	(void)fd;
	(void)what;
	if (++*n % 100 == 0)
		event_base_loopbreak(r.rig.base);
}

START_TEST(never_ending_traffic_does_not_starve_a_sync)
{
	struct answer answer = { .here = false };
	struct event *event;
	int fds[2], n = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(send(fds[0], "x", 1, 0), 1); /* never read */
	event = event_new(r.rig.base, fds[1], EV_READ | EV_PERSIST,
			  on_never_ending, &n);
	event_add(event, NULL);
	control_rig_start_call(&r, "switch.sync", NULL, -1, &answer);
	event_base_loop(r.rig.base, 0);
	ck_assert_int_eq(n, 100);
	ck_assert(!answer.here);
	clock_advance(r.rig.clock, NS_PER_S);
	control_rig_wait(&r, &answer);
	json_decref(answer.result);
	event_free(event);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(syncs_are_answered_in_order)
{
	struct answer answers[3] = { { .here = false } };

	for (int i = 0; i < 3; i++)
		control_rig_start_call(&r, "switch.sync", NULL, -1,
				       &answers[i]);
	control_rig_wait(&r, &answers[2]);
	ck_assert(answers[0].here && answers[1].here);
	for (int i = 0; i < 3; i++)
		json_decref(answers[i].result);
}
END_TEST

START_TEST(stop_replies_and_then_stops)
{
	ck_assert(!r.stopped);
	expect("switch.stop", NULL, "true");
	for (int i = 0; i < CONTROL_TURNS_MAX && !r.stopped; i++)
		event_base_loop(r.rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert(r.stopped);
}
END_TEST

START_TEST(a_stop_of_the_server_ends_calls_that_wait)
{
	struct answer answer = { .here = false };
	int fds[2], n = 0;
	struct event *event;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(send(fds[0], "x", 1, 0), 1);
	event = event_new(r.rig.base, fds[1], EV_READ | EV_PERSIST,
			  on_never_ending, &n);
	event_add(event, NULL);
	control_rig_start_call(&r, "switch.sync", NULL, -1, &answer);
	event_base_loop(r.rig.base, 0);
	control_free(r.control);
	r.control = NULL;
	control_rig_wait(&r, &answer);
	ck_assert_ptr_null(answer.result);
	event_free(event);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_gets_its_reply, UNIT_ROWS(requests) },
		{ a_port_is_changed_whole_or_not_at_all, 0 },
		{ a_segment_that_is_relied_on_stays, 0 },
		{ a_segment_asked_for_is_shown_alone, UNIT_ROWS(lists) },
		{ errors_carry_their_class, 0 },
		{ every_method_is_listed_with_its_signature, 0 },
		{ every_method_and_event_is_documented, 0 },
		{ events_are_listed, 0 },
		{ a_port_added_by_hand_carries_frames, 0 },
		{ learned_addresses_are_shown_and_flushed, 0 },
		{ the_books_are_shown, 0 },
		{ a_descriptor_nobody_takes_is_closed, 0 },
		{ subscribers_hear_of_ports, 0 },
		{ sync_waits_until_every_peer_has_been_read, 0 },
		{ never_ending_traffic_does_not_starve_a_sync, 0 },
		{ syncs_are_answered_in_order, 0 },
		{ stop_replies_and_then_stops, 0 },
		{ a_stop_of_the_server_ends_calls_that_wait, 0 },
		{ NULL, 0 },
		{ NULL, 0 },
	};

	return unit_run("control", tests, setup, teardown);
}
