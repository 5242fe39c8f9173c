/* Methods and events of plugins, over a real socket. */
#include "switch/control.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
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
	control_rig_expect(&r, "probe.write", "{}", fds[1], "5");
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], text, sizeof(text)), 5);
	ck_assert_str_eq(text, "probe");
	close(fds[0]);
}
END_TEST

START_TEST(frames_go_on_when_a_method_says_so)
{
	load_probe("{'verdict':'steal'}");
	dummy_record(r.rig.ports[1]);
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
	expect("stats.show", NULL, "[{'held':1,'balanced':true}]");
	expect("probe.release", "{}", "1");
	ck_assert_uint_eq(rig_sent(&r.rig, 1), 1);
	rig_send(&r.rig, 0, RIG_BROADCAST, 0, 60);
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
	control_rig_start_call(&r, "probe.defer", "{'how':'later'}", -1,
			       &answer);
	expect("switch.sync", NULL, "true");
	ck_assert(!answer.here);
	if (later[_i].answer != NULL)
		expect("probe.answer", later[_i].answer, "null");
	else
		expect("plugin.unload", "{'id':'probe'}", "true");
	control_rig_wait(&r, &answer);
	if (later[_i].want[0] == '!') {
		ck_assert_msg(strstr(answer.err.text, later[_i].want + 1) !=
				  NULL,
			      "%s", answer.err.text);
	} else {
		want = control_rig_parse(later[_i].want);
		ck_assert(json_equal(answer.result, want));
	}
	json_decref(want);
	json_decref(answer.result);
}
END_TEST

START_TEST(a_caller_that_hung_up_does_no_harm_to_a_later_answer)
{
	load_probe("{}");
	rpc_conn_call(r.conn, "probe.defer", json_pack("{s:s}", "how", "later"),
		      NULL, 0, NULL, NULL);
	expect("switch.sync", NULL, "true");
	control_rig_reconnect(&r);
	expect("switch.sync", NULL, "true");
	expect("probe.answer", "{'value':1}", "null");
}
END_TEST

START_TEST(plugins_tell_their_events)
{
	load_probe("{}");
	expect("rpc.subscribe", NULL, "true");
	expect("probe.arm", "{'ms':10}", "null");
	clock_advance(r.rig.clock, 10 * NS_PER_MS);
	expect("switch.sync", NULL, "true");
	ck_assert_str_eq(r.events, "probe.fired {\"now_ns\":1010000000}\n");
}
END_TEST

START_TEST(a_running_plugins_methods_are_listed)
{
	struct answer answer;
	bool found = false;
	json_t *method;
	size_t i;

	load_probe("{}");
	answer = control_rig_call(&r, "rpc.methods", NULL, -1);
	json_array_foreach(answer.result, i, method)
	{
		json_t *want =
		    control_rig_parse("{'name':'probe.arm',"
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
		{ a_plugins_method_can_be_called, UNIT_ROWS(probe_requests) },
		{ a_plugin_and_its_methods_go_together, 0 },
		{ a_method_takes_a_descriptor, 0 },
		{ frames_go_on_when_a_method_says_so, 0 },
		{ a_method_may_answer_later, UNIT_ROWS(later) },
		{ a_caller_that_hung_up_does_no_harm_to_a_later_answer, 0 },
		{ plugins_tell_their_events, 0 },
		{ a_running_plugins_methods_are_listed, 0 },
		{ NULL, 0 },
		{ NULL, 0 },
	};

	return unit_run("control-plugins", tests, setup, teardown);
}
