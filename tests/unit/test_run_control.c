#include "driver/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/script/methods.h"
#include "driver/script/script.h"
#include "driver/script/test-file.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

enum { STEP_MS = 10, STEPS_MAX = 100000, TEXT_MAX = 256 * 1024 };

static char dir[64], path[96], log_path[96];
static struct event_base *base;
static struct clock *clock_;
static struct event_log *log_;
static struct test_file *file;
static struct script *script;
static struct control *control;
static int client;
static char *text; /* what was read, from .seen on not looked at */
static size_t n_text, seen;
static char sourced[64];
static char ended[64]; /* "": the run was not ended by a client */
static int n_continued;

static json_t *
info(void *arg)
{
	(void)arg;
	return json_pack("{s:s}", "test", "x");
}

static struct machine *
no_machine(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return NULL;
}

static int
go_on(void *arg)
{
	(void)arg;
	n_continued++;
	return script_continue(script) ? 0 : -EINVAL;
}

static void
end(const char *error, const json_t *at, void *arg)
{
	(void)arg;
	snprintf(ended, sizeof(ended), "%s", error != NULL ? error : "well");
	if (at != NULL)
		snprintf(ended + strlen(ended), sizeof(ended) - strlen(ended),
			 " (%s:%d)", json_str_or(at, "file", ""),
			 (int)json_int_or(at, "line", 0));
}

static void
source(const char *name, const char *content, size_t size, void *arg)
{
	(void)arg;
	snprintf(sourced, sizeof(sourced), "%s: %.*s", name, (int)size,
		 content);
}

static const char *
on_pause(const char *place, void *arg)
{
	(void)place;
	(void)arg;
	return NULL;
}

static const char test_text[] =
    "return { name = 'x', nodes = { a = {}, b = {} },\n"
    "test_script = function()\n"
    "	local answer = 42\n"
    "	subtest('one', function() log('did one') end)\n"
    "	subtest('two', function() local inner = 7; error('two is bad') end)\n"
    "	log(answer)\n"
    "end }\n";

static int
connect_client(void)
{
	int fd;

	snprintf(path, sizeof(path), "%s/control", dir);
	fd = sockpath_connect(path, SOCK_STREAM, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
load(void)
{
	struct plan_problems problems = { 0 };
	FILE *f;

	snprintf(path, sizeof(path), "%s/x.lua", dir);
	f = fopen(path, "w");
	fputs(test_text, f);
	fclose(f);
	file = test_file_load(path, &problems);
	ck_assert_ptr_nonnull(file);
	plan_problems_fini(&problems);
}

static void
setup(void)
{
	struct err err = ERR_INIT;
	struct script_spec spec = { .timeout_scale = 1,
				    .results_dir = "/nonexistent",
				    .inspect = true,
				    .on_pause = on_pause };
	struct control_spec control_spec = {
		.info = info,
		.machine = no_machine,
		.go_on = go_on,
		.end = end,
		.source = source,
	};

	strcpy(dir, "/tmp/test-run-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	base = event_base_new();
	clock_ = clock_virtual_new(0);
	log_ = event_log_new(clock_, log_path, NULL);
	load();
	spec.base = base;
	spec.clock = clock_;
	spec.log = log_;
	spec.file = file;
	script = script_new(&spec, &err);
	ck_assert_msg(script != NULL, "%s", err.text);
	script_serve(script, NULL);
	control_spec.base = base;
	control_spec.log = log_;
	control_spec.script = script;
	control_spec.dir = dir;
	control = control_new(&control_spec, &err);
	ck_assert_msg(control != NULL, "%s", err.text);
	client = connect_client();
	text = calloc(1, TEXT_MAX + 1);
	n_text = seen = 0;
	n_continued = 0;
	ended[0] = '\0';
}

static void
teardown(void)
{
	control_stop(control);
	script_stop(script);
	script_free(script);
	control_free(control);
	test_file_free(file);
	event_log_free(log_);
	clock_free(clock_);
	event_base_free(base);
	close(client);
	free(text);
	sockpath_remove_tree(dir, NULL);
}

static void
turn(void)
{
	ssize_t n;

	event_base_loop(base, EVLOOP_NONBLOCK);
	clock_advance(clock_, STEP_MS * NS_PER_MS);
	n = recv(client, text + n_text, TEXT_MAX - n_text, MSG_DONTWAIT);
	if (n > 0)
		n_text += (size_t)n;
	text[n_text] = '\0';
}

static void
send_text(const char *line)
{
	ck_assert_int_eq(write(client, line, strlen(line)),
			 (ssize_t)strlen(line));
}

/* The next line, taken apart; returned owned. */
static json_t *
next(void)
{
	char *eol;
	json_t *message;

	for (int i = 0; i < STEPS_MAX; i++) {
		eol = strchr(text + seen, '\n');
		if (eol != NULL)
			break;
		turn();
	}
	ck_assert_ptr_nonnull(eol);
	*eol = '\0';
	message = json_loads(text + seen, 0, NULL);
	seen = (size_t)(eol + 1 - text);
	ck_assert_ptr_nonnull(message);
	return message;
}

static void
send_request(int id, const char *method, const char *params)
{
	char line[1024];

	snprintf(line, sizeof(line),
		 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\","
		 "\"params\":%s}\n",
		 id, method, params);
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	send_text(line);
}

/* The next line is the answer to @id, and is @want: its result, or
 * "KIND: TEXT" of its error. */
static void
assert_answer(int id, const char *want)
{
	json_t *message = next();
	json_t *error = json_object_get(message, "error");
	json_t *result = json_object_get(message, "result");
	char got[1024] = "";
	char *shown;

	ck_assert_int_eq(json_integer_value(json_object_get(message, "id")),
			 id);
	if (error != NULL) {
		json_t *data = json_object_get(error, "data");

		snprintf(got, sizeof(got), "%s: %s",
			 json_string_value(json_object_get(data, "kind")),
			 json_string_value(json_object_get(error, "message")));
	} else {
		shown = json_dumps(result, JSON_ENCODE_ANY | JSON_COMPACT |
					       JSON_SORT_KEYS);
		snprintf(got, sizeof(got), "%s", shown);
		free(shown);
	}
	for (char *p = got; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	ck_assert_str_eq(got, want);
	json_decref(message);
}

static void
call(const char *method, const char *params, const char *want)
{
	static int id;

	send_request(++id, method, params);
	assert_answer(id, want);
}

/* ---- values ---- */

static const struct {
	const char *method, *params, *want;
} calls[] = {
	{ "run.info", "{}", "{'test':'x'}" },
	{ "global.now", "{}", "0.0" },
	{ "machine.name", "{'self':'a'}", "'a'" },
	{ "port.vlan", "{'self':'b.eth1'}", "1" },
	{ "segment.name", "{'self':'vlan1'}", "'vlan1'" },
	{ "machine.name", "{'self':{'$object':'machine','id':'b'}}", "'b'" },
	{ "global.machines", "{}",
	  "[{'$object':'machine','id':'a'},{'$object':'machine','id':'b'}]" },
	{ "global.seed", "{}", "0" },
	{ "global.log", "{'args':['x',1,true,null,{'$base64':'AP8='}]}",
	  "null" },
	{ "global.sleep", "{'args':[0.5]}", "null" },
	/* what is wrong is told as the table says it */
	{ "global.sleep", "{}",
	  "usage: sleep: too few arguments; it is called as sleep(seconds)" },
	{ "global.sleep", "{'args':[-1]}",
	  "usage: sleep: seconds must be a number of seconds from 0 to "
	  "2678400, not -1" },
	{ "global.sleep", "{'args':['1']}",
	  "usage: sleep: seconds must be a number of seconds from 0 to "
	  "2678400, not a string" },
	{ "global.sleep", "{'args':[1,2]}",
	  "usage: sleep: too many arguments; it is called as sleep(seconds)" },
	{ "machine.wait_for_open_port", "{'self':'a','args':[0]}",
	  "usage: wait_for_open_port: port must be a whole number from 1 to "
	  "65535, not 0" },
	{ "machine.wait_for_open_port", "{'self':'a','args':[65536]}",
	  "usage: wait_for_open_port: port must be a whole number from 1 to "
	  "65535, not 65536" },
	{ "machine.succeed", "{'self':'a','args':['x'],'options':{'timout':1}}",
	  "usage: succeed: unknown option 'timout' (did you mean 'timeout'?)" },
	{ "machine.succeed", "{'self':'a','args':[{'$base64':'AAA='}]}",
	  "usage: succeed: command must be a string, not a string with a NUL "
	  "byte" },
	{ "machine.succeed", "{'self':'a','args':[{'$base64':'A'}]}",
	  "usage: $base64: 'A' is not base64" },
	{ "machine.succeed", "{'args':['x']}",
	  "usage: succeed: 'self' must name a machine" },
	{ "machine.succeed", "{'self':'c','args':['x']}",
	  "usage: there is no machine 'c'" },
	{ "watch.count", "{'self':1}", "usage: $object: there is no watch" },
	{ "global.now", "{'self':'a'}",
	  "usage: now: belongs to no object: there is no 'self'" },
	{ "machine.name", "{'self':'a','args':[1]}",
	  "usage: name is a value: it takes no arguments" },
	{ "global.packet", "{}",
	  "failed: the result holds an object that has no name" },
	{ "global.subtest", "{'args':['x']}",
	  "usage: global.subtest takes a function, which cannot come from "
	  "outside: call subtest.begin and subtest.end" },
	{ "global.retry", "{}",
	  "usage: global.retry takes a function, which cannot come from "
	  "outside: call again until it is as it should be" },
	{ "console.open", "{'machine':'x'}",
	  "usage: there is no such machine" },
	{ "global.now", "{'at':{'file':'a.py'}}", "usage: at: missing 'line'" },
	{ "subtest.begin", "{'name':'s','at':{'file':'a.py','line':0}}",
	  "usage: at: 'line' must be an integer in 1..2147483647, not 0" },
	{ "run.end", "{'at':{'file':7,'line':1}}",
	  "usage: at: 'file' must be a string, not 7" },
	{ "subtest.begin", "{'name':'s','machine':'x'}",
	  "failed: there is no machine 'x'" },
	{ "scope.begin", "{'method':'segment.count','self':'vlan1'}",
	  "usage: 'segment.count' is no method around which something is "
	  "done" },
	{ "run.continue", "{}", "failed: nothing stands still" },
	/* a prompt */
	{ "script.eval", "{'text':'1+1, nil'}",
	  "{'unfinished':false,'values':['2','nil']}" },
	{ "script.eval", "{'text':'a, vlan1, {1, x={}}'}",
	  "{'unfinished':false,'values':['a','vlan1','{ 1, x = {} }']}" },
	{ "script.eval", "{'text':'if a then'}",
	  "{'unfinished':true,'values':[]}" },
	{ "script.eval", "{'text':'log('}", "{'unfinished':true,'values':[]}" },
	{ "script.eval", "{'text':'1 +'}", "{'unfinished':true,'values':[]}" },
	{ "script.eval", "{'text':')'}",
	  "failed: prompt:1: unexpected symbol near ')'" },
	{ "script.eval", "{'text':'machins'}",
	  "failed: unknown global 'machins' (did you mean 'machines'?)" },
	{ "script.eval", "{'text':'subtests()'}",
	  "{'unfinished':false,'values':['{ \\'one\\', \\'two\\' }']}" },
	{ "script.eval", "{'text':'os.exit()'}",
	  "failed: prompt:1: os.exit is not there for tests: return from "
	  "test_script, or error('why')" },
	{ "script.run", "{'subtests':['one']}", "null" },
	{ "script.run", "{'subtests':['three']}",
	  "failed: test_script came to its end without a subtest 'three'" },
};

START_TEST(a_call_is_answered_as_the_table_of_methods_says)
{
	call(calls[_i].method, calls[_i].params, calls[_i].want);
}
END_TEST

START_TEST(every_method_of_the_table_is_listed_and_served)
{
	const struct method *m;
	json_t *message, *list;
	char name[64];

	send_request(0, "rpc.methods", "{}");
	message = next();
	list = json_object_get(message, "result");
	for (size_t i = 0; (m = methods_at(i)) != NULL; i++) {
		const json_t *row = json_array_get(list, i);

		snprintf(name, sizeof(name), "%s.%s",
			 method_owner_name(m->owner), m->name);
		ck_assert_str_eq(
		    json_string_value(json_object_get(row, "name")), name);
		ck_assert_str_eq(json_string_value(json_object_get(row, "doc")),
				 m->doc);
		ck_assert_int_eq(json_object_get(row, "params") != NULL,
				 m->params != NULL);
		ck_assert_int_eq(json_object_get(row, "options") != NULL,
				 m->options != NULL);
	}
	json_decref(message);
}
END_TEST

START_TEST(a_call_that_takes_long_does_not_hold_up_others)
{
	send_request(1, "global.sleep", "{'args':[5]}");
	send_request(2, "global.sleep", "{'args':[1]}");
	send_request(3, "machine.name", "{'self':'a'}");
	assert_answer(3, "'a'");
	assert_answer(2, "null");
	assert_answer(1, "null");
}
END_TEST

START_TEST(a_call_can_be_cancelled_once)
{
	send_request(1, "global.sleep", "{'args':[100]}");
	send_request(2, "call.cancel", "{'id':1}");
	assert_answer(1, "cancelled: cancelled");
	assert_answer(2, "{'cancelled':true}");
	call("call.cancel", "{'id':1}", "{'cancelled':false}");
	call("call.cancel", "{'id':'1'}", "{'cancelled':false}");
}
END_TEST

START_TEST(an_event_is_waited_for)
{
	json_t *message;

	send_request(1, "run.wait", "{'types':['log']}");
	send_request(2, "run.wait", "{'types':['run.end']}");
	send_request(3, "global.log", "{'args':['hello']}");
	message = next();
	ck_assert_int_eq(json_integer_value(json_object_get(message, "id")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(
			     json_object_get(message, "result"), "text")),
			 "hello");
	json_decref(message);
	assert_answer(3, "null");
	call("call.cancel", "{'id':1}", "{'cancelled':false}");
	send_request(4, "call.cancel", "{'id':2}");
	assert_answer(2, "cancelled: cancelled");
	assert_answer(4, "{'cancelled':true}");
}
END_TEST

static int n_cancelled;

static void
count_ends(const json_t *event, void *arg)
{
	const char *error = json_string_value(json_object_get(event, "error"));

	(void)arg;
	if (error != NULL && strstr(error, "ended before it was done") != NULL)
		n_cancelled++;
}

START_TEST(who_leaves_takes_his_calls_and_subtests_along)
{
	int other = connect_client();

	event_log_add_view(log_, count_ends, NULL);
	n_cancelled = 0;
	call("subtest.begin", "{'name':'s'}", "{'subtest':1}");
	send_request(1, "global.sleep", "{'args':[100]}");
	turn();
	turn();
	close(client);
	client = other;
	n_text = seen = 0;
	call("machine.name", "{'self':'a'}", "'a'");
	ck_assert_int_eq(n_cancelled, 2);
}
END_TEST

START_TEST(a_subtest_holds_what_its_client_calls)
{
	json_t *event;

	call("rpc.subscribe", "{}", "true");
	send_request(1, "subtest.begin", "{'name':'s'}");
	event = next();
	json_decref(event);
	assert_answer(1, "{'subtest':1}");
	send_request(2, "global.log", "{'args':['hello']}");
	event = next();
	ck_assert_str_eq(json_string_value(json_object_get(event, "method")),
			 "run.event");
	ck_assert_int_eq(json_integer_value(json_object_get(
			     json_object_get(event, "params"), "step")),
			 1);
	json_decref(event);
	assert_answer(2, "null");
	send_request(3, "subtest.end", "{'subtest':1,'error':'no good'}");
	event = next();
	ck_assert(json_is_false(
	    json_object_get(json_object_get(event, "params"), "ok")));
	json_decref(event);
	assert_answer(3, "{'ok':false}");
	call("subtest.end", "{'subtest':1}",
	     "usage: this client has begun no such subtest, or it has ended");
}
END_TEST

/* The first event of @type from now on; returned owned. */
static json_t *
next_event(const char *type)
{
	for (;;) {
		json_t *message = next();
		json_t *event = json_object_get(message, "params");

		if (strcmp(json_str_or(event, "type", ""), type) == 0) {
			json_incref(event);
			json_decref(message);
			return event;
		}
		json_decref(message);
	}
}

START_TEST(a_call_tells_where_it_comes_from)
{
	json_t *event;

	call("rpc.subscribe", "{}", "true");
	send_request(1, "subtest.begin",
		     "{'name':'s','at':{'file':'a.py','line':7}}");
	event = next_event("step.begin");
	ck_assert_str_eq(json_str_or(json_object_get(event, "at"), "file", ""),
			 "a.py");
	ck_assert_int_eq(json_int_or(json_object_get(event, "at"), "line", 0),
			 7);
	json_decref(event);
	send_request(2, "global.sleep",
		     "{'args':[0],'at':{'file':'a.py','line':9}}");
	event = next_event("step.begin");
	ck_assert_int_eq(json_int_or(json_object_get(event, "at"), "line", 0),
			 9);
	json_decref(event);
	send_request(3, "global.sleep", "{'args':[0]}");
	event = next_event("step.begin");
	ck_assert(json_is_null(json_object_get(event, "at")));
	json_decref(event);
}
END_TEST

START_TEST(a_scope_of_a_client_may_be_another_step)
{
	json_t *event;

	call("rpc.subscribe", "{}", "true");
	send_request(1, "subtest.begin",
		     "{'name':'until it works','kind':'retry','machine':'a'}");
	event = next_event("step.begin");
	ck_assert_str_eq(json_str_or(event, "kind", ""), "retry");
	ck_assert_str_eq(json_str_or(event, "machine", ""), "a");
	ck_assert_str_eq(json_str_or(event, "text", ""), "until it works");
	json_decref(event);
	assert_answer(1, "{'subtest':1}");
	send_request(2, "subtest.end",
		     "{'subtest':1,'error':'not within 5 s','timed_out':true}");
	event = next_event("step.end");
	ck_assert(json_is_true(json_object_get(event, "timed_out")));
	ck_assert_str_eq(json_str_or(event, "error", ""), "not within 5 s");
	json_decref(event);
}
END_TEST

START_TEST(who_ends_the_run_tells_where_and_of_what)
{
	call("run.source", "{'file':'a.py','text':'pass\\n'}", "true");
	ck_assert_str_eq(sourced, "a.py: pass\n");
	call("run.end", "{'error':'no','at':{'file':'a.py','line':7}}", "true");
	ck_assert_str_eq(ended, "no (a.py:7)");
	call("run.end", "{'error':'no'}", "true");
	ck_assert_str_eq(ended, "no");
}
END_TEST

START_TEST(a_machine_cannot_be_released)
{
	call("object.release", "{'object':{'$object':'machine','id':'a'}}",
	     "null");
	call("machine.name", "{'self':'a'}", "'a'");
}
END_TEST

START_TEST(a_failure_leaves_its_variables)
{
	char want[256];

	snprintf(want, sizeof(want), "failed: %s/x.lua:5: two is bad", dir);
	call("script.run", "{}", want);
	call("script.eval", "{'text':'answer, inner'}",
	     "{'unfinished':false,'values':['42','7']}");
	/* One's own come first, and stay. */
	call("script.eval", "{'text':'inner = 8'}",
	     "{'unfinished':false,'values':[]}");
	call("script.eval", "{'text':'inner'}",
	     "{'unfinished':false,'values':['8']}");
}
END_TEST

START_TEST(what_waits_at_a_breakpoint_goes_on_when_told)
{
	send_request(1, "global.breakpoint", "{}");
	for (int i = 0; i < 100 && script_paused_at(script) == NULL; i++)
		turn();
	ck_assert_ptr_nonnull(script_paused_at(script));
	send_request(2, "run.continue", "{}");
	assert_answer(1, "null");
	assert_answer(2, "true");
	ck_assert_int_eq(n_continued, 1);
}
END_TEST

START_TEST(a_client_can_end_the_run)
{
	call("run.end", "{}", "true");
	ck_assert_str_eq(ended, "well");
	call("run.end", "{'error':'bad'}", "true");
	ck_assert_str_eq(ended, "bad");
}
END_TEST

START_TEST(at_the_end_calls_fail_and_events_still_come)
{
	json_t *event;

	call("rpc.subscribe", "{}", "true");
	send_request(1, "global.breakpoint", "{}");
	for (int i = 0; i < 100 && script_paused_at(script) == NULL; i++)
		turn();
	control_stop(control);
	assert_answer(1, "cancelled: the run is ending");
	call("machine.name", "{'self':'a'}", "ended: the run is ending");
	event_log_add(log_, "run.end", "");
	event = next();
	ck_assert_str_eq(json_string_value(json_object_get(event, "method")),
			 "run.event");
	json_decref(event);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_call_is_answered_as_the_table_of_methods_says,
		  UNIT_ROWS(calls) },
		{ every_method_of_the_table_is_listed_and_served, 0 },
		{ a_call_that_takes_long_does_not_hold_up_others, 0 },
		{ a_call_can_be_cancelled_once, 0 },
		{ an_event_is_waited_for, 0 },
		{ who_leaves_takes_his_calls_and_subtests_along, 0 },
		{ a_subtest_holds_what_its_client_calls, 0 },
		{ a_call_tells_where_it_comes_from, 0 },
		{ a_scope_of_a_client_may_be_another_step, 0 },
		{ who_ends_the_run_tells_where_and_of_what, 0 },
		{ a_machine_cannot_be_released, 0 },
		{ a_failure_leaves_its_variables, 0 },
		{ what_waits_at_a_breakpoint_goes_on_when_told, 0 },
		{ a_client_can_end_the_run, 0 },
		{ at_the_end_calls_fail_and_events_still_come, 0 },
		{ NULL, 0 },
	};

	return unit_run("run_control", tests, setup, teardown);
}
