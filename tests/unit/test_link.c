#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

extern const struct vl_plugin vl_plugin;

static struct fake_host *host;
static uint32_t vlan1, client, server, third;

static void
setup(void)
{
	char error[256] = "";

	host = fake_host_new();
	vlan1 = fake_segment_add(host, "vlan1");
	client = fake_port_add(host, vlan1, "client.eth1");
	server = fake_port_add(host, vlan1, "server.eth1");
	ck_assert_msg(
	    fake_start(host, &vl_plugin, NULL, error, sizeof(error)) == 0, "%s",
	    error);
	third = fake_port_add(host, vlan1, "third.eth1");
}

static void
teardown(void)
{
	fake_host_free(host);
}

static void
set(const char *port, const char *state, const char *direction)
{
	char params[256];
	const struct fake_reply *reply;

	snprintf(params, sizeof(params),
		 "{\"port\": \"%s\", \"state\": \"%s\"%s%s%s}", port, state,
		 direction != NULL ? ", \"direction\": \"" : "",
		 direction != NULL ? direction : "",
		 direction != NULL ? "\"" : "");
	reply = fake_call(host, "set", params, -1);
	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert(json_is_true(reply->result));
}

/* Does a frame get from @in to @out?  If not, @stage is where it ended. */
static bool
passes(uint32_t in, uint32_t out, enum vl_stage *stage)
{
	static const uint8_t octets[60] = { 0xff };
	struct fake_frame frame = { octets, sizeof(octets) };
	struct fake_fate fate = fake_push(host, in, out, &frame);

	*stage = fate.stage;
	ck_assert_int_ne(fate.verdict, VL_STOLEN);
	return fate.verdict == VL_PASS;
}

/* What link.show says of @port. */
static const json_t *
show(const char *port)
{
	char params[128];
	const struct fake_reply *reply;

	snprintf(params, sizeof(params), "{\"port\": \"%s\"}", port);
	reply = fake_call(host, "show", params, -1);
	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_uint_eq(json_array_size(reply->result), 1);
	return json_array_get(reply->result, 0);
}

static void
assert_shown(const char *port, const char *in, const char *out,
	     json_int_t dropped_in, json_int_t dropped_out)
{
	const json_t *shown = show(port);
	json_t *want = json_pack("{s:s, s:s, s:s, s:I, s:I}", "port", port,
				 "in", in, "out", out, "dropped_in", dropped_in,
				 "dropped_out", dropped_out);
	const char *key;
	json_t *value;

	json_object_foreach(want, key, value)
	{
		ck_assert_msg(json_equal(json_object_get(shown, key), value),
			      "%s of %s", key, port);
	}
	json_decref(want);
}

static const struct {
	const char *direction;
	const char *in, *out; /* as shown */
} directions[] = {
	{ "in", "block", "unblock" },
	{ "out", "unblock", "block" },
	{ "both", "block", "block" },
	{ NULL, "block", "block" },
};

START_TEST(a_blocked_direction_drops_and_the_other_passes)
{
	bool in = strcmp(directions[_i].in, "block") == 0;
	bool out = strcmp(directions[_i].out, "block") == 0;
	enum vl_stage stage;

	set("client.eth1", "block", directions[_i].direction);
	ck_assert(passes(client, server, &stage) == !in);
	if (in)
		ck_assert_int_eq(stage, VL_STAGE_INGRESS);
	ck_assert(passes(server, client, &stage) == !out);
	if (out)
		ck_assert_int_eq(stage, VL_STAGE_EGRESS);
	ck_assert(passes(server, third, &stage));
	assert_shown("client.eth1", directions[_i].in, directions[_i].out, in,
		     out);
	assert_shown("server.eth1", "unblock", "unblock", 0, 0);
	ck_assert_uint_eq(fake_counter(host, "dropped_in"), in);
	ck_assert_uint_eq(fake_counter(host, "dropped_out"), out);

	set("client.eth1", "unblock", directions[_i].direction);
	ck_assert(passes(client, server, &stage));
	ck_assert(passes(server, client, &stage));
	assert_shown("client.eth1", "unblock", "unblock", in, out);
}
END_TEST

START_TEST(each_direction_is_unblocked_by_itself)
{
	enum vl_stage stage;

	set("client.eth1", "block", NULL);
	set("client.eth1", "unblock", "in");
	ck_assert(passes(client, server, &stage));
	ck_assert(!passes(server, client, &stage));
	assert_shown("client.eth1", "unblock", "block", 0, 1);
}
END_TEST

START_TEST(a_flood_reaches_everybody_else)
{
	static const uint8_t octets[60] = { 0xff };
	struct fake_frame frame = { octets, sizeof(octets) };

	set("server.eth1", "block", "out");
	/* The last copy is third's; server's is counted. */
	ck_assert_int_eq(fake_push(host, client, VL_PORT_FLOOD, &frame).verdict,
			 VL_PASS);
	assert_shown("server.eth1", "unblock", "block", 0, 1);
}
END_TEST

START_TEST(hooks_are_on_only_while_something_is_blocked)
{
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("client.eth1", "block", "in");
	ck_assert(fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("server.eth1", "block", "both");
	ck_assert(fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("server.eth1", "unblock", "both");
	ck_assert(fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("client.eth1", "unblock", "in");
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
}
END_TEST

START_TEST(a_port_that_goes_is_forgotten)
{
	uint32_t again;
	enum vl_stage stage;

	set("client.eth1", "block", NULL);
	fake_port_del(host, client);
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	ck_assert_int_eq(
	    fake_call(host, "show", "{\"port\": \"client.eth1\"}", -1)->code,
	    -ENOENT);
	again = fake_port_add(host, vlan1, "client.eth1");
	assert_shown("client.eth1", "unblock", "unblock", 0, 0);
	ck_assert(passes(again, server, &stage));
}
END_TEST

START_TEST(frames_dropped_before_are_not_counted)
{
	enum vl_stage stage;

	set("client.eth1", "block", "in");
	fake_drop_next(host, VL_STAGE_INGRESS, 1);
	ck_assert(!passes(client, server, &stage));
	assert_shown("client.eth1", "block", "unblock", 0, 0);
}
END_TEST

START_TEST(show_lists_every_port)
{
	const json_t *list = fake_call(host, "show", "{}", -1)->result;

	ck_assert_uint_eq(json_array_size(list), 3);
	ck_assert_str_eq(
	    json_string_value(json_object_get(json_array_get(list, 2), "port")),
	    "third.eth1");
}
END_TEST

START_TEST(an_unknown_port_is_named)
{
	const struct fake_reply *reply;

	reply =
	    fake_call(host, "set",
		      "{\"port\": \"clinet.eth1\", \"state\": \"block\"}", -1);
	ck_assert_int_eq(reply->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(reply->text, "\"clinet.eth1\""));
}
END_TEST

START_TEST(many_ports_come_and_go)
{
	enum { N = 100 };
	uint32_t ids[N];
	enum vl_stage stage;
	char name[32];

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		ids[i] = fake_port_add(host, vlan1, name);
		set(name, "block", "in");
	}
	for (int i = 0; i < N; i += 2)
		fake_port_del(host, ids[i]);
	for (int i = 1; i < N; i += 2)
		ck_assert(!passes(ids[i], server, &stage));
	ck_assert(passes(client, server, &stage));
	ck_assert_uint_eq(
	    json_array_size(fake_call(host, "show", "{}", -1)->result),
	    3 + N / 2);
	ck_assert_uint_eq(fake_counter(host, "dropped_in"), N / 2);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_blocked_direction_drops_and_the_other_passes,
		  UNIT_ROWS(directions) },
		{ each_direction_is_unblocked_by_itself, 0 },
		{ a_flood_reaches_everybody_else, 0 },
		{ hooks_are_on_only_while_something_is_blocked, 0 },
		{ a_port_that_goes_is_forgotten, 0 },
		{ frames_dropped_before_are_not_counted, 0 },
		{ show_lists_every_port, 0 },
		{ an_unknown_port_is_named, 0 },
		{ many_ports_come_and_go, 0 },
		{ NULL, 0 },
	};

	return unit_run("link", tests, setup, teardown);
}
