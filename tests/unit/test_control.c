/* The control methods, called over a real socket. */
#include "config.h"

#include "switch/control.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "switch/plugin-host.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 3, TURNS_MAX = 2000 };

static struct rig rig;
static struct plugin_host *host;
static struct control *control;
static struct rpc_conn *conn;
static char dir[PATH_MAX];
static bool stopped, hung_up;
static char events[2048];

/* ---- a client ---- */

struct answer {
	bool here;
	json_t *result; /* or NULL: */
	struct err err;
};

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct answer *answer = arg;

	ck_assert(!answer->here);
	answer->here = true;
	if (result != NULL)
		answer->result = json_deep_copy(result);
	else
		answer->err = *err;
}

static void
on_notify(const char *method, const json_t *params, void *arg)
{
	char *text =
	    json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	(void)arg;
	strcat(strcat(strcat(strcat(events, method), " "), text), "\n");
	free(text);
}

static void
on_closed(void *arg)
{
	(void)arg;
	hung_up = true;
}

static void
on_stop(void *arg)
{
	(void)arg;
	stopped = true;
}

static struct rpc_conn *
connect_to(const char *path)
{
	int fd = sockpath_connect(path, SOCK_STREAM, NULL);

	ck_assert_int_ge(fd, 0);
	return rpc_conn_new(rig.base, fd, on_notify, on_closed, NULL);
}

static void
setup(void)
{
	struct control_config config = { .stop = on_stop };
	struct err err = ERR_INIT;
	char path[PATH_MAX + 16];

	rig_init(&rig, N_PORTS);
	host = plugin_host_new(rig.sw);
	snprintf(dir, sizeof(dir), "/tmp/vdelab-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control", dir);
	config.sw = rig.sw;
	config.host = host;
	config.listen_fd = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(config.listen_fd >= 0, "%s", err.text);
	control = control_new(&config, &err);
	ck_assert_msg(control != NULL, "%s", err.text);
	conn = connect_to(path);
}

static void
teardown(void)
{
	rpc_conn_free(conn);
	control_free(control);
	plugin_host_free(host);
	rig_fini(&rig);
	sockpath_remove_tree(dir, NULL);
}

static void
wait_for(const struct answer *answer)
{
	for (int i = 0; i < TURNS_MAX && !answer->here; i++)
		event_base_loop(rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert_msg(answer->here, "no answer");
}

/* Calls @method with @params, JSON text; NULL for none. */
static struct answer
call_fd(const char *method, const char *params, int fd)
{
	struct answer answer = { .here = false };
	json_t *p = params != NULL ? json_loads(params, 0, NULL) : NULL;

	ck_assert_msg(params == NULL || p != NULL, "bad JSON in test: %s",
		      params);
	rpc_conn_call(conn, method, p, &fd, fd >= 0 ? 1 : 0, on_answer,
		      &answer);
	wait_for(&answer);
	return answer;
}

static struct answer
call(const char *method, const char *params)
{
	return call_fd(method, params, -1);
}

/* Does @have contain all that @want, JSON text with ' for ", says?  Members
 * that @want does not name may be anything. */
static bool
contains(const json_t *have, const json_t *want)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(want)) {
		json_object_foreach((json_t *)want, key, value)
		{
			if (!contains(json_object_get(have, key), value))
				return false;
		}
		return json_is_object(have);
	}
	if (json_is_array(want)) {
		if (json_array_size(have) != json_array_size(want))
			return false;
		json_array_foreach((json_t *)want, i, value)
		{
			if (!contains(json_array_get(have, i), value))
				return false;
		}
		return json_is_array(have);
	}
	return json_equal(have, want);
}

static json_t *
parse(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_msg(value != NULL, "bad JSON in test: %s", text);
	free(copy);
	return value;
}

/* @want: a result in JSON with ' for "; or "!ENOENT words" for an error. */
static void
expect_fd(const char *method, const char *params, int fd, const char *want)
{
	json_t *p = params != NULL ? parse(params) : NULL;
	char *text = p != NULL ? json_dumps(p, 0) : NULL;
	struct answer answer = call_fd(method, text, fd);

	if (want[0] == '!') {
		ck_assert_msg(answer.result == NULL, "%s must fail", method);
		ck_assert_msg(strstr(answer.err.text, want + 1) != NULL,
			      "%s: \"%s\" lacks \"%s\"", method,
			      answer.err.text, want + 1);
	} else {
		json_t *w = parse(want);
		char *got = answer.result != NULL
				? json_dumps(answer.result, JSON_ENCODE_ANY)
				: strdup(answer.err.text);

		ck_assert_msg(answer.result != NULL &&
				  contains(answer.result, w),
			      "%s(%s): %s is not %s", method,
			      params != NULL ? params : "", got, want);
		free(got);
		json_decref(w);
	}
	json_decref(answer.result);
	json_decref(p);
	free(text);
}

static void
expect(const char *method, const char *params, const char *want)
{
	expect_fd(method, params, -1, want);
}

/* ---- requests and replies ---- */

/* On a fresh rig: segment "lab" (id 0) with dummies p0, p1, p2. */
static const struct {
	const char *method, *params, *want;
} requests[] = {
	{ "no.such", NULL, "!no.such" },
	{ "switch.info", NULL, "{'segments':1,'ports':3,'uptime_ms':0}" },
	{ "switch.info", "{'x':1}", "!x" },
	{ "switch.sync", NULL, "true" },

	{ "segment.add", "{'name':'b'}", "{'id':1,'name':'b'}" },
	{ "segment.add", "{'name':'lab'}", "!there is a segment lab already" },
	{ "segment.add", "{'name':'1b'}", "!no name for a segment" },
	{ "segment.add", "{'name':'B'}", "!name" },
	{ "segment.add", "{'name':'../x'}", "!name" },
	{ "segment.add", "{'name':7}", "!name" },
	{ "segment.add", NULL, "!name" },
	{ "segment.del", "{'segment':'lab'}", "true" },
	{ "segment.del", "{'segment':'lob'}", "!there is no segment lob" },
	{ "segment.show", NULL,
	  "[{'id':0,'name':'lab','mode':'bridge','ports':3,'fdb_count':0,"
	  "'fdb_max':8192,'ageing_ms':300000}]" },
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
	{ "port.del", "{'port':'p1'}", "true" },
	{ "port.del", "{'port':'p9'}", "!there is no port p9" },
	{ "port.del", NULL, "!port" },
	{ "port.show", "{'port':'p1'}",
	  "[{'id':1,'name':'p1','segment':'lab','kind':'dummy','mtu':65536,"
	  "'peer':{'pid':0,'uid':0,'description':''},'rx_frames':0,"
	  "'rx_bytes':0,'tx_frames':0,'tx_bytes':0,'queued':0,"
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

START_TEST(errors_carry_their_class)
{
	struct answer answer = call("port.del", "{\"port\":\"x\"}");

	ck_assert_ptr_null(answer.result);
	ck_assert_int_eq(answer.err.code, -ENOENT);
	answer = call("segment.add", "{\"name\":\"lab\"}");
	ck_assert_int_eq(answer.err.code, -EEXIST);
}
END_TEST

START_TEST(every_method_is_listed_with_its_signature)
{
	struct answer answer = call("rpc.methods", NULL);
	bool subscribe = false, add = false;
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
	ck_assert_uint_eq(json_array_size(answer.result), 17);
	json_decref(answer.result);
}
END_TEST

START_TEST(a_port_added_by_hand_carries_frames)
{
	struct port *port;

	expect("port.add",
	       "{'segment':'lab','kind':'dummy','name':'x','mtu':1500}",
	       "{'name':'x'}");
	port = switch_find_port(rig.sw, "x");
	ck_assert_uint_eq(port->mtu, 1500);
	dummy_record(port);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(dummy_n_sent(port), 1);
	expect("port.show", "{'port':'x'}", "[{'tx_frames':1,'tx_bytes':60}]");
	expect("port.show", "{'port':'p0'}", "[{'rx_frames':1,'rx_bytes':60}]");
}
END_TEST

START_TEST(learned_addresses_are_shown_and_flushed)
{
	uint8_t data[64];

	rig_send(&rig, 0, RIG_BROADCAST, 1, 60);
	rig_fill(data, sizeof(data), RIG_BROADCAST, 2);
	data[12] = 0x81;
	data[13] = 0;
	data[14] = 0;
	data[15] = 7;
	clock_advance(rig.clock, 5 * NS_PER_MS);
	dummy_inject(rig.ports[1], data, sizeof(data));
	expect("fdb.flush", "{'port':'p0'}", "{'flushed':1}");
	clock_advance(rig.clock, 5 * NS_PER_MS);
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
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	rig_send(&rig, 0, 0, 1, 13);
	dummy_set_credit(rig.ports[1], 0);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
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
	expect_fd("port.add", "{'segment':'lab','kind':'dummy'}", fds[1],
		  "!a dummy port takes no descriptor");
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* no writer is left */
	close(fds[0]);
	ck_assert_uint_eq(rig.sw->n_ports, N_PORTS);
}
END_TEST

/* ---- events ---- */

START_TEST(subscribers_hear_of_ports)
{
	expect("segment.add", "{'name':'b'}", "{}"); /* not subscribed yet */
	expect("rpc.subscribe", NULL, "true");
	expect("port.add", "{'segment':'lab','kind':'dummy','name':'x'}", "{}");
	expect("port.del", "{'port':'x'}", "true");
	port_gone(rig.ports[0], "the peer \"hung up\"");
	expect("switch.sync", NULL, "true");
	ck_assert_str_eq(
	    events, "port.added {\"id\":3,\"kind\":\"dummy\",\"name\":\"x\","
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
	    event_new(rig.base, fds[1], EV_READ | EV_PERSIST, on_busy, &busy);
	event_add(busy.event, NULL);
	rpc_conn_call(conn, "switch.sync", NULL, NULL, 0, on_answer, &answer);
	wait_for(&answer);
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
		event_base_loopbreak(rig.base);
}

START_TEST(never_ending_traffic_does_not_starve_a_sync)
{
	struct answer answer = { .here = false };
	struct event *event;
	int fds[2], n = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(send(fds[0], "x", 1, 0), 1); /* never read */
	event = event_new(rig.base, fds[1], EV_READ | EV_PERSIST,
			  on_never_ending, &n);
	event_add(event, NULL);
	rpc_conn_call(conn, "switch.sync", NULL, NULL, 0, on_answer, &answer);
	event_base_loop(rig.base, 0);
	ck_assert_int_eq(n, 100);
	ck_assert(!answer.here);
	clock_advance(rig.clock, NS_PER_S);
	wait_for(&answer);
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
		rpc_conn_call(conn, "switch.sync", NULL, NULL, 0, on_answer,
			      &answers[i]);
	wait_for(&answers[2]);
	ck_assert(answers[0].here && answers[1].here);
	for (int i = 0; i < 3; i++)
		json_decref(answers[i].result);
}
END_TEST

START_TEST(stop_replies_and_then_stops)
{
	ck_assert(!stopped);
	expect("switch.stop", NULL, "true");
	for (int i = 0; i < TURNS_MAX && !stopped; i++)
		event_base_loop(rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert(stopped);
}
END_TEST

START_TEST(a_stop_of_the_server_ends_calls_that_wait)
{
	struct answer answer = { .here = false };
	int fds[2], n = 0;
	struct event *event;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(send(fds[0], "x", 1, 0), 1);
	event = event_new(rig.base, fds[1], EV_READ | EV_PERSIST,
			  on_never_ending, &n);
	event_add(event, NULL);
	rpc_conn_call(conn, "switch.sync", NULL, NULL, 0, on_answer, &answer);
	event_base_loop(rig.base, 0);
	control_free(control);
	control = NULL;
	wait_for(&answer);
	ck_assert_ptr_null(answer.result);
	event_free(event);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* ---- methods of plugins ---- */

static void
load_probe(const char *options)
{
	const char *top = getenv("TOP_BUILDDIR");
	char params[2 * PATH_MAX], *path;

	path = realpath(top != NULL ? top : ".", NULL);
	snprintf(params, sizeof(params),
		 "{'plugin':'%s/tests/unit/plugins/probe.so','options':%s}",
		 path, options);
	free(path);
	expect("plugin.load", params, "{'id':'probe'}");
}

static const struct {
	const char *method, *params, *want;
} probe_requests[] = {
	{ "probe.echo", "{'value':{'a':[1,2]}}", "{'a':[1,2]}" },
	{ "probe.echo", "{}", "!value" },
	{ "probe.echo", "{'value':1,'valeu':1}", "!valeu" },
	{ "probe.fail", "{'text':'because'}", "!because" },
	{ "probe.fail", "{}", "!Operation not permitted" },
	{ "probe.write", "{}", "!send a descriptor along" },
	{ "probe.defer", "{'how':'now'}", "'at once'" },
	{ "probe.defer", "{'how':'twice'}", "true" },
	{ "probe.defer", "{'how':'fail'}", "!changed its mind" },
	{ "probe.answer", "{}", "!nobody waits" },
	{ "probe.arm", "{'ms':0}", "null" },
	{ "probe.nothing", "{}", "!probe.nothing" },
	{ "probe", "{}", "!probe" },
};

START_TEST(a_plugins_method_can_be_called)
{
	load_probe("{}");
	expect(probe_requests[_i].method, probe_requests[_i].params,
	       probe_requests[_i].want);
}
END_TEST

START_TEST(a_plugin_and_its_methods_go_together)
{
	load_probe("{}");
	expect("plugin.show", NULL,
	       "[{'id':'probe','plugin':'probe','scope':{},'dropped':0,"
	       "'held':0,'counters':{'seen':{'value':0,'unit':'frames'}}}]");
	expect("plugin.unload", "{'id':'probe'}", "true");
	expect("probe.echo", "{'value':1}", "!probe.echo");
	expect("plugin.show", NULL, "[]");
}
END_TEST

START_TEST(a_method_takes_a_descriptor)
{
	char text[16] = "";
	int fds[2];

	load_probe("{}");
	ck_assert_int_eq(pipe(fds), 0);
	expect_fd("probe.write", "{}", fds[1], "5");
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], text, sizeof(text)), 5);
	ck_assert_str_eq(text, "probe");
	close(fds[0]);
}
END_TEST

START_TEST(frames_go_on_when_a_method_says_so)
{
	load_probe("{'verdict':'steal'}");
	dummy_record(rig.ports[1]);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	expect("stats.show", NULL, "[{'held':1,'balanced':true}]");
	expect("probe.release", "{}", "1");
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	expect("probe.discard", "{}", "1");
	expect("stats.show", NULL,
	       "[{'held':0,'balanced':true,'drops':{'plugin':1}}]");
	expect("plugin.show", NULL, "[{'dropped':1,'held':0}]");
}
END_TEST

static const struct {
	const char *answer, *want; /* NULL: the plugin is unloaded instead */
} later[] = {
	{ "{'value':'here you are'}", "'here you are'" },
	{ "{}", "!no answer" },
	{ NULL, "!the plugin was stopped" },
};

START_TEST(a_method_may_answer_later)
{
	struct answer answer = { .here = false };
	json_t *want = NULL;

	load_probe("{}");
	rpc_conn_call(conn, "probe.defer", json_pack("{s:s}", "how", "later"),
		      NULL, 0, on_answer, &answer);
	expect("switch.sync", NULL, "true");
	ck_assert(!answer.here);
	if (later[_i].answer != NULL)
		expect("probe.answer", later[_i].answer, "null");
	else
		expect("plugin.unload", "{'id':'probe'}", "true");
	wait_for(&answer);
	if (later[_i].want[0] == '!') {
		ck_assert_ptr_nonnull(
		    strstr(answer.err.text, later[_i].want + 1));
	} else {
		want = parse(later[_i].want);
		ck_assert(json_equal(answer.result, want));
	}
	json_decref(want);
	json_decref(answer.result);
}
END_TEST

START_TEST(a_caller_that_hung_up_does_no_harm_to_a_later_answer)
{
	char path[PATH_MAX + 16];

	load_probe("{}");
	rpc_conn_call(conn, "probe.defer", json_pack("{s:s}", "how", "later"),
		      NULL, 0, NULL, NULL);
	expect("switch.sync", NULL, "true");
	rpc_conn_free(conn);
	snprintf(path, sizeof(path), "%s/control", dir);
	conn = connect_to(path);
	expect("switch.sync", NULL, "true");
	expect("probe.answer", "{'value':1}", "null");
}
END_TEST

START_TEST(plugins_tell_their_events)
{
	load_probe("{}");
	expect("rpc.subscribe", NULL, "true");
	expect("probe.arm", "{'ms':10}", "null");
	clock_advance(rig.clock, 10 * NS_PER_MS);
	expect("switch.sync", NULL, "true");
	ck_assert_str_eq(events, "probe.fired {\"now_ns\":1010000000}\n");
}
END_TEST

START_TEST(a_running_plugins_methods_are_listed)
{
	struct answer answer;
	bool found = false;
	json_t *method;
	size_t i;

	load_probe("{}");
	answer = call("rpc.methods", NULL);
	json_array_foreach(answer.result, i, method)
	{
		json_t *want = parse("{'name':'probe.arm',"
				     "'params':'ms:int(0..1000000)',"
				     "'summary':'for a test'}");

		found |= json_equal(method, want);
		json_decref(want);
	}
	ck_assert(found);
	json_decref(answer.result);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_gets_its_reply, UNIT_ROWS(requests) },
		{ errors_carry_their_class, 0 },
		{ every_method_is_listed_with_its_signature, 0 },
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
		{ a_plugins_method_can_be_called, UNIT_ROWS(probe_requests) },
		{ a_plugin_and_its_methods_go_together, 0 },
		{ a_method_takes_a_descriptor, 0 },
		{ frames_go_on_when_a_method_says_so, 0 },
		{ a_method_may_answer_later, UNIT_ROWS(later) },
		{ a_caller_that_hung_up_does_no_harm_to_a_later_answer, 0 },
		{ plugins_tell_their_events, 0 },
		{ a_running_plugins_methods_are_listed, 0 },
		{ NULL, 0 },
	};

	return unit_run("control", tests, setup, teardown);
}
