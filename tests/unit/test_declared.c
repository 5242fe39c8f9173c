/* Ports that are declared before their peers attach. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/err.h"
#include "switch/declared.h"
#include "switch/switch.h"
#include "switch/vid.h"
#include "tests/unit/control-rig.h"
#include "tests/unit/unit.h"

enum { FRAME_LEN = 60 };

/* A peer that attaches by itself, as VDE and stream clients do. */
struct visitor {
	struct port *port;
	unsigned n_got;
	bool closed;
};

static size_t
visitor_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct visitor *v = priv;

	(void)frames;
	v->n_got += (unsigned)n;
	return n;
}

static void
visitor_close(void *priv)
{
	((struct visitor *)priv)->closed = true;
}

static const struct port_kind visitor_kind = {
	.name = "visitor",
	.summary = "a test's",
	.transmit = visitor_transmit,
	.close = visitor_close,
};

static struct control_rig r;
static struct segment *lab;
static struct err last;

static void
setup(void)
{
	control_rig_init(&r);
	lab = r.rig.segment;
	last = (struct err)ERR_INIT;
}

static void
teardown(void)
{
	control_rig_fini(&r);
}

#define expect(method, params, want)                                           \
	control_rig_expect(&r, method, params, -1, want)

/* @socket: the segment by whose sockets it comes.  @v outlives the test: the
 * port points to it until teardown(). */
static void
attach(struct visitor *v, struct segment *socket, const char *description,
       uint32_t number, uid_t uid)
{
	struct port_peer peer = { .pid = 1, .uid = uid, .number = number };

	*v = (struct visitor){ .port = NULL };
	snprintf(peer.description, sizeof(peer.description), "%s", description);
	v->port = port_accept(&socket->port_site, &visitor_kind, v, NULL, &peer,
			      &last);
}

/* A broadcast from 02:00:00:00:00:@src, of @len octets. */
static void
send_len(struct visitor *v, uint8_t src, size_t len)
{
	struct frame *frame = frame_alloc(port_pool(v->port), FRAME_LEN);

	ck_assert_ptr_nonnull(frame);
	rig_fill(frame->data, FRAME_LEN, RIG_BROADCAST, src);
	frame->len = (uint32_t)len;
	port_input(v->port, &frame, 1);
}

static void
say(struct visitor *v, uint8_t src)
{
	send_len(v, src, FRAME_LEN);
}

static void
leave(struct visitor *v)
{
	port_gone(v->port, "it left");
	event_base_loop(r.rig.base, EVLOOP_NONBLOCK);
	ck_assert(v->closed);
}

#define MAC9 "'mac':'02:00:00:00:00:09'"

/* ---- by what it says ---- */

static const struct {
	const char *match; /* members of port.declare */
	const char *description;
	uint32_t number;
	uid_t uid;
	bool fits;
} matches[] = {
	{ "", "", 0, 0, true },
	{ ",'description':'QEMU'", "QEMU", 0, 0, true },
	{ ",'description':'QEMU'", "QEMU 7", 0, 0, false },
	{ ",'description':'QEMU*'", "QEMU 7", 0, 0, true },
	{ ",'description':'[qQ]EMU ?'", "qEMU 7", 0, 0, true },
	{ ",'number':7", "", 7, 0, true },
	{ ",'number':7", "", 0, 0, false },
	{ ",'number':7", "", 8, 0, false },
	{ ",'uid':1000", "", 0, 1000, true },
	{ ",'uid':1000", "", 0, 1001, false },
	{ ",'uid':0", "", 0, 0, true },
	{ ",'kind':'dummy'", "", 0, 0, false },
	{ ",'uid':5,'number':7", "", 7, 5, true },
	{ ",'uid':5,'number':7", "", 7, 6, false },
	{ ",'uid':5,'number':7", "", 8, 5, false },
};

START_TEST(a_peer_that_fits_gets_name_and_mtu)
{
	struct declared_port wanted = { .name = "guest",
					.segment = "lab",
					.mtu = 1500 };
	char params[256];
	static struct visitor v;

	if (strstr(matches[_i].match, "kind") != NULL) {
		/* by hand: port.declare knows that nobody attaches so */
		strcpy(wanted.match.socket, "lab");
		strcpy(wanted.match.kind, "dummy");
		wanted.match.number = wanted.match.uid = -1;
		ck_assert_ptr_nonnull(declared_add(r.rig.sw, &wanted, NULL));
	} else {
		snprintf(params, sizeof(params),
			 "{'name':'guest','segment':'lab','mtu':1500%s}",
			 matches[_i].match);
		expect("port.declare", params, "true");
	}
	attach(&v, lab, matches[_i].description, matches[_i].number,
	       matches[_i].uid);
	ck_assert_ptr_nonnull(v.port);
	ck_assert_int_eq(strcmp(v.port->name, "guest") == 0, matches[_i].fits);
	ck_assert_uint_eq(v.port->mtu,
			  matches[_i].fits ? 1500 : PORT_MTU_DEFAULT);
}
END_TEST

START_TEST(whose_it_is_must_be_known)
{
	static struct visitor v;
	struct port_peer nobody = { .pid = 0, .uid = 0 };

	expect("port.declare", "{'name':'guest','segment':'lab','uid':0}",
	       "true");
	v.port = port_accept(&lab->port_site, &visitor_kind, &v, NULL, &nobody,
			     NULL);
	ck_assert_str_ne(v.port->name, "guest");
}
END_TEST

START_TEST(names_are_told_apart_when_limbo_ends)
{
	static struct visitor a, b;
	struct port_peer peer = { .pid = 1 };

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	a.port = port_accept(&lab->port_site, &visitor_kind, &a, "vde7", &peer,
			     NULL);
	b.port = port_accept(&lab->port_site, &visitor_kind, &b, "vde7", &peer,
			     NULL);
	say(&a, 7);
	say(&b, 8);
	ck_assert_str_eq(a.port->name, "vde7");
	ck_assert_str_ne(b.port->name, "vde7");
}
END_TEST

START_TEST(it_may_be_on_another_segment_than_its_socket)
{
	static struct visitor v;

	expect("segment.add", "{'name':'far'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'far','socket':'lab'}", "true");
	attach(&v, lab, "", 0, 0);
	ck_assert_str_eq(v.port->segment->name, "far");
	ck_assert_uint_eq(v.port->site.segment, v.port->segment->id);
	say(&v, 9);
	ck_assert_uint_eq(rig_sent(&r.rig, 0), 0);
	expect("fdb.show", "{'segment':'far'}", "[{'port':'guest'}]");
}
END_TEST

START_TEST(a_second_one_gets_a_port_of_its_own_and_the_next_its_place)
{
	static struct visitor a, b, c;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	attach(&a, lab, "", 0, 0);
	attach(&b, lab, "", 0, 0);
	ck_assert_str_eq(a.port->name, "guest");
	ck_assert_str_ne(b.port->name, "guest");
	leave(&a);
	attach(&c, lab, "", 0, 0);
	ck_assert_str_eq(c.port->name, "guest");
}
END_TEST

START_TEST(the_one_that_says_most_is_meant)
{
	static struct visitor v;

	expect("port.declare", "{'name':'any','segment':'lab'}", "true");
	expect("port.declare", "{'name':'one','segment':'lab','number':7}",
	       "true");
	expect("port.declare",
	       "{'name':'two','segment':'lab','number':7,'uid':5}", "true");
	attach(&v, lab, "", 7, 5);
	ck_assert_str_eq(v.port->name, "two");
	attach(&v, lab, "", 7, 6);
	ck_assert_str_eq(v.port->name, "one");
	attach(&v, lab, "", 8, 6);
	ck_assert_str_eq(v.port->name, "any");
}
END_TEST

START_TEST(its_segment_must_be_there_when_it_comes)
{
	static struct visitor v;

	expect("segment.add", "{'name':'far'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'far','socket':'lab'}", "true");
	expect("segment.del", "{'segment':'far'}", "true");
	attach(&v, lab, "", 0, 0);
	ck_assert_ptr_null(v.port);
	ck_assert_ptr_nonnull(strstr(last.text, "far"));
	ck_assert(!v.closed);
}
END_TEST

/* ---- by its address ---- */

START_TEST(in_limbo_nothing_reaches_it_and_nobody_sees_it)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	attach(&v, lab, "", 0, 0);
	ck_assert(v.port->limbo);
	rig_send(&r.rig, 0, RIG_BROADCAST, 1, 60);
	ck_assert_uint_eq(v.n_got, 0);
	expect("switch.info", NULL, "{'ports':3}");
	expect("port.show", "{'port':'guest'}", "[{'state':'absent'}]");
	say(&v, 9);
	ck_assert_str_eq(v.port->name, "guest");
	ck_assert_uint_eq(rig_sent(&r.rig, 1), 2); /* p0's, and its own */
	rig_send(&r.rig, 0, RIG_BROADCAST, 1, 60);
	ck_assert_uint_eq(v.n_got, 1);
	expect("port.show", "{'port':'guest'}",
	       "[{'state':'attached','rx_frames':1}]");
}
END_TEST

START_TEST(its_first_frame_is_on_its_segment_only)
{
	static struct visitor v;

	expect("segment.add", "{'name':'lobby'}", "{}");
	expect("port.add", "{'segment':'lobby','kind':'dummy','name':'x'}",
	       "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'lab','socket':'lobby'," MAC9 "}",
	       "true");
	attach(&v, switch_find_segment(r.rig.sw, "lobby"), "", 0, 0);
	say(&v, 9);
	ck_assert_str_eq(v.port->segment->name, "lab");
	ck_assert_uint_eq(rig_sent(&r.rig, 0), 1);
	expect("port.show", "{'port':'x'}", "[{'tx_frames':0}]");
}
END_TEST

START_TEST(one_with_another_address_is_an_ordinary_port)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	attach(&v, lab, "", 0, 0);
	say(&v, 8);
	ck_assert(!v.port->limbo);
	ck_assert_str_ne(v.port->name, "guest");
	ck_assert_str_eq(v.port->segment->name, "lab");
	ck_assert_uint_eq(rig_sent(&r.rig, 0), 1);
}
END_TEST

START_TEST(who_cannot_be_the_awaited_one_does_not_wait)
{
	static struct visitor v;

	expect("port.declare",
	       "{'name':'guest','segment':'lab','uid':5," MAC9 "}", "true");
	attach(&v, lab, "", 0, 6);
	ck_assert(!v.port->limbo);
	attach(&v, lab, "", 0, 5);
	ck_assert(v.port->limbo);
}
END_TEST

START_TEST(who_is_known_otherwise_does_not_wait)
{
	static struct visitor a, b, c;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	expect("port.declare", "{'name':'seven','segment':'lab','number':7}",
	       "true");
	expect("port.declare", "{'name':'any','segment':'lab'}", "true");
	attach(&a, lab, "", 7, 0);
	ck_assert_str_eq(a.port->name, "seven");
	attach(&b, lab, "", 8, 0); /* "any" says nothing of it */
	ck_assert(b.port->limbo);
	say(&b, 8);
	ck_assert_str_eq(b.port->name, "any");
	attach(&c, lab, "", 7, 0);
	ck_assert(c.port->limbo);
	say(&c, 9);
	ck_assert_str_eq(c.port->name, "guest");
}
END_TEST

START_TEST(with_the_awaited_one_there_nobody_waits)
{
	static struct visitor a, b;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	attach(&a, lab, "", 0, 0);
	say(&a, 9);
	attach(&b, lab, "", 0, 0);
	ck_assert(!b.port->limbo);
}
END_TEST

START_TEST(a_runt_tells_nothing)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	attach(&v, lab, "", 0, 0);
	send_len(&v, 9, FRAME_LEN_MIN - 1);
	ck_assert(v.port->limbo);
	send_len(&v, 9, FRAME_LEN_MIN);
	ck_assert_str_eq(v.port->name, "guest");
	expect("port.show", "{'port':'guest'}",
	       "[{'rx_frames':2,'rx_drops':{'runt':1}}]");
	rig_assert_books(&r.rig);
}
END_TEST

START_TEST(who_leaves_limbo_leaves_nothing)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	attach(&v, lab, "", 0, 0);
	send_len(&v, 9, 5);
	leave(&v);
	ck_assert_uint_eq(r.rig.sw->n_limbo, 0);
	rig_assert_books(&r.rig);
}
END_TEST

START_TEST(a_segment_takes_those_in_limbo_with_it)
{
	static struct visitor v;

	expect("segment.add", "{'name':'lobby'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'lab','socket':'lobby'," MAC9 "}",
	       "true");
	attach(&v, switch_find_segment(r.rig.sw, "lobby"), "", 0, 0);
	expect("segment.del", "{'segment':'lobby'}", "true");
	ck_assert(v.closed);
}
END_TEST

START_TEST(one_whose_segment_has_gone_loses_its_port)
{
	static struct visitor v;

	expect("segment.add", "{'name':'far'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'far','socket':'lab'," MAC9 "}",
	       "true");
	attach(&v, lab, "", 0, 0);
	expect("segment.del", "{'segment':'far'}", "true");
	say(&v, 9);
	event_base_loop(r.rig.base, EVLOOP_NONBLOCK);
	ck_assert(v.closed);
	rig_assert_books(&r.rig);
}
END_TEST

/* ---- settings ---- */

static uint16_t
pvid_of(const struct visitor *v)
{
	return port_vid_rules(v->port)->pvid;
}

START_TEST(settings_wait_for_it_and_come_back_with_it)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("vlan.add", "{'port':'guest','vid':7,'pvid':true}", "true");
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[{'method':'vlan.add'}]}}]");
	attach(&v, lab, "", 0, 0);
	ck_assert_uint_eq(pvid_of(&v), 7);
	leave(&v);
	attach(&v, lab, "", 0, 0);
	ck_assert_uint_eq(pvid_of(&v), 7);
}
END_TEST

START_TEST(they_count_before_its_first_frame)
{
	static struct visitor v;

	expect("segment.set", "{'segment':'lab','mode':'8021q'}", "true");
	expect("port.declare", "{'name':'guest','segment':'lab'," MAC9 "}",
	       "true");
	expect("vlan.add",
	       "{'port':'guest','vid':7,'pvid':true,'untagged':true}", "true");
	expect("vlan.del", "{'port':'guest','vid':1}", "true");
	attach(&v, lab, "", 0, 0);
	say(&v, 9);
	/* all others are in VLAN 1 */
	for (size_t i = 0; i < CONTROL_PORTS; i++)
		ck_assert_uint_eq(rig_sent(&r.rig, i), 0);
	ck_assert_uint_eq(pvid_of(&v), 7);
}
END_TEST

START_TEST(what_is_set_while_it_is_there_is_remembered)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	attach(&v, lab, "", 0, 0);
	expect("vlan.add", "{'port':'guest','vid':'5-9'}", "true");
	expect("vlan.del", "{'port':'guest','vid':6}", "true");
	expect("vlan.add", "{'port':'guest','vid':'x'}", "!vid");
	leave(&v);
	attach(&v, lab, "", 0, 0);
	ck_assert(vid_set_has(&port_vid_rules(v.port)->member, 5));
	ck_assert(!vid_set_has(&port_vid_rules(v.port)->member, 6));
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[{'method':'vlan.add'},"
	       "{'method':'vlan.del'}]}}]");
}
END_TEST

START_TEST(what_is_undone_is_forgotten)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("vlan.add", "{'port':'guest','vid':7,'pvid':true}", "true");
	expect("fdb.add",
	       "{'segment':'lab','mac':'02:00:00:00:00:09','port':'guest',"
	       "'vid':3}",
	       "true");
	expect("vlan.reset", "{'port':'guest'}", "true");
	expect("fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:09','vid':4}",
	       "!knows no");
	expect("fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:09','vid':3}",
	       "true");
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[]}}]");
	expect("fdb.add",
	       "{'segment':'lab','mac':'02:00:00:00:00:09','port':'guest',"
	       "'vid':3}",
	       "true");
	expect("fdb.del", "{'segment':'lab','mac':'02:00:00:00:00:09'}",
	       "true");
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[]}}]");
	attach(&v, lab, "", 0, 0);
	ck_assert_uint_ne(pvid_of(&v), 7);
	expect("fdb.show", "{'segment':'lab'}", "[]");
}
END_TEST

START_TEST(a_static_address_comes_with_it)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("fdb.add",
	       "{'segment':'lab','mac':'02:00:00:00:00:09','port':'guest'}",
	       "true");
	expect("fdb.show", "{'segment':'lab'}", "[]");
	attach(&v, lab, "", 0, 0);
	expect("fdb.show", "{'segment':'lab'}",
	       "[{'mac':'02:00:00:00:00:09','static':true,'port':'guest'}]");
	leave(&v);
	expect("fdb.show", "{'segment':'lab'}", "[]");
	attach(&v, lab, "", 0, 0);
	expect("fdb.show", "{'segment':'lab'}", "[{'static':true}]");
}
END_TEST

START_TEST(the_same_setting_is_remembered_once)
{
	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("vlan.add", "{'port':'guest','vid':7}", "true");
	expect("vlan.add", "{'port':'guest','vid':7,'pvid':true}", "true");
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[{'params':{'pvid':true}}]}}]");
}
END_TEST

START_TEST(undeclared_it_stays_with_defaults)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("vlan.add", "{'port':'guest','vid':7,'pvid':true}", "true");
	attach(&v, lab, "", 0, 0);
	expect("port.undeclare", "{'port':'guest'}", "true");
	ck_assert_str_eq(v.port->name, "guest");
	ck_assert_uint_ne(pvid_of(&v), 7);
	expect("port.undeclare", "{'port':'guest'}", "!not declared");
	/* and declared again, it is that */
	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect("vlan.add", "{'port':'guest','vid':8,'pvid':true}", "true");
	ck_assert_uint_eq(pvid_of(&v), 8);
}
END_TEST

START_TEST(settings_of_one_command_come_together)
{
	static struct visitor v;

	expect("segment.add", "{'name':'far','stp':'rstp'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'far','socket':'lab'}", "true");
	expect("stp.set-port", "{'port':'guest','cost':9,'priority':16}",
	       "true");
	expect("stp.set-port", "{'port':'guest','cost':7}", "true");
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[{'params':{'port':'guest','cost':7,"
	       "'priority':16}}]}}]");
	attach(&v, lab, "", 0, 0);
	expect("stp.show", "{'segment':'far'}",
	       "[{'ports':[{'settings':{'cost':7,'priority':16}}]}]");
	expect("port.undeclare", "{'port':'guest'}", "true");
	expect("stp.show", "{'segment':'far'}",
	       "[{'ports':[{'settings':{'cost':20000,'priority':128}}]}]");
}
END_TEST

START_TEST(declared_otherwise_it_has_to_come_again)
{
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	attach(&v, lab, "", 0, 0);
	expect("port.undeclare", "{'port':'guest'}", "true");
	expect("port.declare", "{'name':'guest','segment':'lab','mtu':1500}",
	       "true");
	ck_assert(v.closed);
	attach(&v, lab, "", 0, 0);
	ck_assert_uint_eq(v.port->mtu, 1500);
}
END_TEST

START_TEST(a_plugin_for_it_follows_it)
{
	char params[512];
	static struct visitor v;

	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	snprintf(params, sizeof(params),
		 "{'plugin':'%s/tests/unit/plugins/probe.so','port':'guest',"
		 "'options':{'verdict':'drop'}}",
		 getenv("TOP_BUILDDIR") != NULL ? getenv("TOP_BUILDDIR") : ".");
	expect("plugin.load", params, "{'id':'probe'}");
	rig_send(&r.rig, 0, RIG_BROADCAST, 1, 60); /* not for all */
	ck_assert_uint_eq(rig_sent(&r.rig, 1), 1);
	for (unsigned i = 1; i <= 2; i++) {
		attach(&v, lab, "", 0, 0);
		say(&v, 9);
		ck_assert_uint_eq(rig_sent(&r.rig, 1), 1);
		leave(&v);
	}
	expect("plugin.show", NULL, "[{'id':'probe','dropped':2}]");
	expect("plugin.unload", "{'id':'probe'}", "true");
}
END_TEST

/* ---- mistakes ---- */

static const struct {
	const char *params, *says;
} mistakes[] = {
	{ "{'name':'p0','segment':'lab','number':3}", "!not declared" },
	{ "{'name':'first','segment':'lab','number':3}", "!declared already" },
	{ "{'name':'x','segment':'lab','number':7}", "!first" },
	{ "{'name':'x','segment':'lba'}", "!did you mean lab" },
	{ "{'name':'x','segment':'lab','socket':'lba'}", "!did you mean lab" },
	{ "{'name':'x','segment':'lab','kind':'dummy'}", "!dummy" },
	{ "{'name':'x','segment':'lab','kind':'dumm'}", "!dumm" },
	{ "{'name':'x','segment':'lab','mac':'02:00'}", "!02:00" },
	{ "{'name':'x','segment':'lab','mac':'ff:ff:ff:ff:ff:ff'}",
	  "!single station" },
	{ "{'name':'x','segment':'lab','mtu':67}", "!68" },
	{ "{'name':'x','segment':'lab','number':0}", "!1" },
};

START_TEST(what_cannot_be_declared_is_told)
{
	expect("port.declare", "{'name':'first','segment':'lab','number':7}",
	       "true");
	expect("port.declare", mistakes[_i].params, mistakes[_i].says);
}
END_TEST

static const struct {
	const char *method, *params, *says;
} bad_settings[] = {
	{ "vlan.add", "{'port':'guest','vid':'x'}", "!vid must be" },
	{ "vlan.add", "{'port':'guest','vid':4095}", "!vid must be" },
	{ "vlan.add", "{'port':'guest','vid':'1-2','pvid':true}", "!one PVID" },
	{ "vlan.add", "{'port':'guest','vid':1,'colour':7}", "!colour" },
	{ "fdb.add", "{'port':'guest','segment':'lab','mac':'x'}", "!\"x\"" },
	{ "link.set", "{'port':'guest','state':'block'}", "!link.set" },
};

START_TEST(a_setting_for_an_absent_port_is_checked)
{
	expect("port.declare", "{'name':'guest','segment':'lab'}", "true");
	expect(bad_settings[_i].method, bad_settings[_i].params,
	       bad_settings[_i].says);
	expect("port.show", "{'port':'guest'}",
	       "[{'declared':{'settings':[]}}]");
}
END_TEST

START_TEST(its_name_is_kept_for_it)
{
	static struct visitor v;
	char params[128];

	expect("port.declare", "{'name':'guest','segment':'lab','number':7}",
	       "true");
	expect("port.add", "{'segment':'lab','kind':'dummy','name':'guest'}",
	       "!declared");
	/* the name that the next visitor would get */
	snprintf(params, sizeof(params),
		 "{'name':'visitor%u','segment':'lab','number':8}",
		 (unsigned)r.rig.sw->next_port_id);
	expect("port.declare", params, "true");
	attach(&v, lab, "", 0, 0);
	ck_assert(!v.port->declared);
	ck_assert_ptr_eq(switch_find_port(r.rig.sw, v.port->name), v.port);
	ck_assert_ptr_null(declared_find(r.rig.sw, v.port->name));
}
END_TEST

START_TEST(absent_ones_are_listed_where_they_will_be)
{
	expect("segment.add", "{'name':'far'}", "{}");
	expect("port.declare",
	       "{'name':'guest','segment':'far','socket':'lab'," MAC9
	       ",'mtu':1500}",
	       "true");
	expect("port.show", "{'segment':'far'}",
	       "[{'name':'guest','segment':'far','state':'absent','mtu':1500,"
	       "'declared':{'socket':'lab','mac':'02:00:00:00:00:09'}}]");
	expect("port.show", "{'segment':'lab'}", "[{},{},{}]");
	expect("port.del", "{'port':'guest'}", "!guest");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_peer_that_fits_gets_name_and_mtu, UNIT_ROWS(matches) },
		{ whose_it_is_must_be_known, 0 },
		{ names_are_told_apart_when_limbo_ends, 0 },
		{ it_may_be_on_another_segment_than_its_socket, 0 },
		{ a_second_one_gets_a_port_of_its_own_and_the_next_its_place,
		  0 },
		{ the_one_that_says_most_is_meant, 0 },
		{ its_segment_must_be_there_when_it_comes, 0 },
		{ in_limbo_nothing_reaches_it_and_nobody_sees_it, 0 },
		{ its_first_frame_is_on_its_segment_only, 0 },
		{ one_with_another_address_is_an_ordinary_port, 0 },
		{ who_cannot_be_the_awaited_one_does_not_wait, 0 },
		{ who_is_known_otherwise_does_not_wait, 0 },
		{ with_the_awaited_one_there_nobody_waits, 0 },
		{ a_runt_tells_nothing, 0 },
		{ who_leaves_limbo_leaves_nothing, 0 },
		{ a_segment_takes_those_in_limbo_with_it, 0 },
		{ one_whose_segment_has_gone_loses_its_port, 0 },
		{ settings_wait_for_it_and_come_back_with_it, 0 },
		{ they_count_before_its_first_frame, 0 },
		{ what_is_set_while_it_is_there_is_remembered, 0 },
		{ what_is_undone_is_forgotten, 0 },
		{ a_static_address_comes_with_it, 0 },
		{ the_same_setting_is_remembered_once, 0 },
		{ undeclared_it_stays_with_defaults, 0 },
		{ settings_of_one_command_come_together, 0 },
		{ declared_otherwise_it_has_to_come_again, 0 },
		{ a_plugin_for_it_follows_it, 0 },
		{ what_cannot_be_declared_is_told, UNIT_ROWS(mistakes) },
		{ a_setting_for_an_absent_port_is_checked,
		  UNIT_ROWS(bad_settings) },
		{ its_name_is_kept_for_it, 0 },
		{ absent_ones_are_listed_where_they_will_be, 0 },
		{ NULL, 0 },
	};

	return unit_run("declared", tests, setup, teardown);
}
