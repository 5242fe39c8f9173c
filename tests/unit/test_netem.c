#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

extern const struct vl_plugin vl_plugin;

#define MS UINT64_C(1000000)

static struct fake_host *host;
static uint32_t vlan1, client, server;

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
}

static void
teardown(void)
{
	fake_host_free(host);
}

/* ---- calls ---- */

static const struct fake_reply *call(const char *method, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static const struct fake_reply *
call(const char *method, const char *fmt, ...)
{
	char params[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(params, sizeof(params), fmt, ap);
	va_end(ap);
	return fake_call(host, method, params, -1);
}

/* netem.set or netem.change with a spec. */
static const json_t *
set(const char *method, const char *port, const char *dir, const char *spec)
{
	const struct fake_reply *reply = call(
	    method, "{\"port\": \"%s\", \"dir\": \"%s\", \"spec\": \"%s\"}",
	    port, dir, spec);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	return reply->result;
}

/* The row of netem.show for @port and @dir, NULL: there is none. */
static const json_t *
show(const char *port, const char *dir)
{
	const struct fake_reply *reply =
	    call("show", "{\"port\": \"%s\"}", port);
	const json_t *row;
	size_t i;

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	json_array_foreach(reply->result, i, row)
	{
		const char *of = json_string_value(json_object_get(row, "dir"));

		if (strcmp(of, dir) == 0)
			return row;
	}
	return NULL;
}

static json_int_t
number(const char *port, const char *dir, const char *key)
{
	const json_t *value = json_object_get(show(port, dir), key);

	ck_assert_msg(json_is_integer(value), "no %s", key);
	return json_integer_value(value);
}

static const char *
string(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	ck_assert_msg(text != NULL, "no %s", key);
	return text;
}

/* ---- frames ---- */

/* Frame @i, of 100 octets that hold @i, from the client to the server. */
static struct fake_fate
push(int i)
{
	uint8_t octets[100] = { 2, [99] = (uint8_t)i };
	struct fake_frame frame = { octets, sizeof(octets) };

	return fake_push(host, client, server, &frame);
}

/* What has left the plugin so far, as "012". */
static const char *
outs(void)
{
	static char text[FAKE_OUTS_MAX];
	size_t n = fake_n_outs(host);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + fake_out(host, i)->data[99]);
	text[n] = '\0';
	return text;
}

static bool
has_mark(const struct fake_out *out, const char *mark)
{
	for (uint32_t i = 0; i < out->n_marks; i++)
		if (strcmp(out->marks[i], mark) == 0)
			return true;
	return false;
}

START_TEST(hooks_are_on_only_while_something_is_set)
{
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("set", "client.eth1", "in", "loss 1%");
	ck_assert(fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	set("set", "server.eth1", "both", "loss 1%");
	ck_assert(fake_hook_enabled(host, VL_STAGE_EGRESS));
	call("del", "{\"port\": \"server.eth1\"}");
	ck_assert(fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(host, VL_STAGE_EGRESS));
	call("del", "{\"port\": \"client.eth1\", \"dir\": \"in\"}");
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
}
END_TEST

static const struct {
	const char *port, *dir;
	enum vl_stage stage;
} sides[] = {
	{ "client.eth1", "in", VL_STAGE_INGRESS },
	{ "server.eth1", "out", VL_STAGE_EGRESS },
};

START_TEST(a_lost_frame_is_dropped_for_loss)
{
	struct fake_fate fate;

	set("set", sides[_i].port, sides[_i].dir, "loss 100%");
	fate = push(1);
	ck_assert_uint_ge(fate.verdict, VL_DROP_REASONS);
	ck_assert_int_eq(fate.stage, sides[_i].stage);
	ck_assert_uint_eq(fake_dropped(host, "loss"), 1);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "lost"), 1);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "passed"), 0);
	ck_assert_uint_eq(fake_counter(host, "lost"), 1);
}
END_TEST

START_TEST(a_delayed_frame_goes_on_to_the_nanosecond)
{
	set("set", sides[_i].port, sides[_i].dir, "delay 50ms");
	ck_assert_uint_eq(push(1).verdict, VL_STOLEN);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "queued"), 1);
	fake_advance(host, 50 * MS - 1);
	ck_assert_uint_eq(fake_n_outs(host), 0);
	fake_advance(host, 1);
	ck_assert_uint_eq(fake_n_outs(host), 1);
	ck_assert_int_eq(fake_out(host, 0)->way, FAKE_RESUMED);
	ck_assert_int_eq(fake_out(host, 0)->stage, sides[_i].stage);
	ck_assert(has_mark(fake_out(host, 0), "netem: delayed"));
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "queued"), 0);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "passed"), 1);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "delayed"), 1);
}
END_TEST

START_TEST(the_other_direction_is_left_alone)
{
	uint8_t octets[100] = { 2 };
	struct fake_frame frame = { octets, sizeof(octets) };

	set("set", "client.eth1", "in", "loss 100%");
	ck_assert_uint_eq(fake_push(host, server, client, &frame).verdict,
			  VL_PASS);
	ck_assert_ptr_null(show("client.eth1", "out"));
}
END_TEST

START_TEST(a_copy_is_sent_behind_its_frame)
{
	set("set", sides[_i].port, sides[_i].dir, "duplicate 100% delay 10ms");
	push(1);
	push(2);
	ck_assert_uint_eq(fake_n_held(host), 4);
	fake_advance(host, 10 * MS);
	ck_assert_str_eq(outs(), "1122");
	ck_assert_int_eq(fake_out(host, 0)->way, FAKE_RESUMED);
	ck_assert(!has_mark(fake_out(host, 0), "netem: duplicated"));
	ck_assert_int_eq(fake_out(host, 1)->way, FAKE_INJECTED);
	ck_assert_int_eq(fake_out(host, 1)->stage, sides[_i].stage);
	ck_assert(has_mark(fake_out(host, 1), "netem: duplicated"));
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "duplicated"),
			 2);
	ck_assert_int_eq(number(sides[_i].port, sides[_i].dir, "passed"), 4);
}
END_TEST

START_TEST(a_copy_without_delay_goes_at_once)
{
	set("set", "server.eth1", "out", "duplicate 100%");
	ck_assert_uint_eq(push(1).verdict, VL_PASS);
	ck_assert_str_eq(outs(), "1");
	fake_advance(host, 0);
	ck_assert_str_eq(outs(), "11");
	ck_assert_uint_eq(fake_n_held(host), 0);
}
END_TEST

/* @n frames, of which the hook sees so many at once as @bits say: 0 ends a
 * vector. */
static const char *
push_in_vectors(int n, unsigned bits)
{
	static uint8_t octets[64][100];
	struct fake_frame frames[64];
	struct fake_fate fates[64];
	size_t in_vector = 0;

	set("set", "server.eth1", "out",
	    "delay 10ms duplicate 50% reorder 50% loss 5% seed 2");
	fake_outs_clear(host);
	for (int i = 0; i < n; i++) {
		octets[in_vector][99] = (uint8_t)i;
		frames[in_vector] =
		    (struct fake_frame){ octets[in_vector], 100 };
		in_vector++;
		if ((bits >> i & 1) != 0 && i < n - 1)
			continue;
		fake_push_n(host, client, server, frames, in_vector, fates);
		in_vector = 0;
	}
	fake_advance(host, 10 * MS);
	ck_assert_uint_eq(fake_n_held(host), 0);
	return outs();
}

START_TEST(how_frames_fall_into_vectors_makes_no_difference)
{
	char one_by_one[128];

	snprintf(one_by_one, sizeof(one_by_one), "%s", push_in_vectors(30, 0));
	ck_assert_uint_gt(strlen(one_by_one), 30);
	ck_assert_str_eq(push_in_vectors(30, UINT32_MAX), one_by_one);
	ck_assert_str_eq(push_in_vectors(30, 0x5a7bdb6d), one_by_one);
}
END_TEST

static int
n_bits_different(const uint8_t *a, const uint8_t *b, size_t n)
{
	int bits = 0;

	for (size_t i = 0; i < n; i++)
		bits += __builtin_popcount(a[i] ^ b[i]);
	return bits;
}

START_TEST(corruption_flips_one_bit_and_leaves_copies_alone)
{
	uint8_t octets[100] = { 2, [99] = 1 };

	set("set", "server.eth1", "out", "corrupt 100%");
	push(1);
	ck_assert_int_eq(n_bits_different(fake_out(host, 0)->data, octets, 100),
			 1);
	ck_assert(has_mark(fake_out(host, 0), "netem: corrupted"));
	/* each by itself: so, sooner or later, the same frame differs in two */
	set("set", "server.eth1", "out", "corrupt 100% duplicate 100%");
	fake_outs_clear(host);
	for (int i = 0; i < 5; i++)
		push(1);
	for (size_t i = 0; i < fake_n_outs(host); i++)
		ck_assert_int_eq(
		    n_bits_different(fake_out(host, i)->data, octets, 100), 1);
	ck_assert_int_eq(number("server.eth1", "out", "corrupted"), 10);
}
END_TEST

START_TEST(a_reordered_frame_overtakes_those_that_wait)
{
	set("set", "server.eth1", "out", "delay 10ms gap 3");
	for (int i = 0; i < 6; i++)
		push(i);
	ck_assert_str_eq(outs(), "25");
	ck_assert(has_mark(fake_out(host, 0), "netem: reordered"));
	fake_advance(host, 10 * MS);
	ck_assert_str_eq(outs(), "250134");
	ck_assert_int_eq(number("server.eth1", "out", "reordered"), 2);
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_dropped_for_it)
{
	set("set", "server.eth1", "out", "delay 10ms limit 2");
	push(0);
	push(1);
	ck_assert_uint_ge(push(2).verdict, VL_DROP_REASONS);
	ck_assert_uint_eq(fake_dropped(host, "limit"), 1);
	fake_advance(host, 10 * MS);
	push(3);
	fake_advance(host, 10 * MS);
	ck_assert_str_eq(outs(), "013");
	ck_assert_int_eq(number("server.eth1", "out", "limited"), 1);
}
END_TEST

START_TEST(a_copy_counts_for_the_limit)
{
	set("set", "server.eth1", "out", "delay 10ms limit 3 duplicate 100%");
	push(0);
	push(1);
	ck_assert_uint_eq(fake_n_held(host), 3);
	ck_assert_int_eq(number("server.eth1", "out", "limited"), 1);
	fake_advance(host, 10 * MS);
	ck_assert_str_eq(outs(), "001");
}
END_TEST

START_TEST(a_rate_spaces_frames)
{
	set("set", "server.eth1", "out", "rate 800kbit"); /* 1 ms each */
	for (int i = 0; i < 3; i++)
		push(i);
	for (int i = 0; i < 3; i++) {
		fake_advance(host, MS - 1);
		ck_assert_uint_eq(fake_n_outs(host), i);
		fake_advance(host, 1);
		ck_assert_uint_eq(fake_n_outs(host), i + 1);
	}
	ck_assert_str_eq(outs(), "012");
}
END_TEST

START_TEST(verdicts_of_others_stay)
{
	set("set", "client.eth1", "in", "loss 100%");
	fake_drop_next(host, VL_STAGE_INGRESS, 1);
	ck_assert_uint_eq(push(0).verdict, VL_DROP);
	ck_assert_int_eq(number("client.eth1", "in", "lost"), 0);
}
END_TEST

/* ---- changing under traffic ---- */

START_TEST(what_is_held_keeps_its_time_whatever_is_set_then)
{
	set("set", "server.eth1", "out", "delay 50ms");
	push(0);
	fake_advance(host, 10 * MS);
	set("set", "server.eth1", "out", "delay 5ms");
	push(1);
	fake_advance(host, 5 * MS);
	ck_assert_str_eq(outs(), "1");
	call("del", "{\"port\": \"server.eth1\"}");
	ck_assert_uint_eq(push(2).verdict, VL_PASS);
	ck_assert_uint_eq(fake_n_held(host), 1);
	fake_advance(host, 35 * MS);
	ck_assert_str_eq(outs(), "120");
	ck_assert_uint_eq(fake_n_held(host), 0);
}
END_TEST

START_TEST(the_end_lets_everything_go_in_order)
{
	set("set", "server.eth1", "out", "delay 50ms duplicate 100%");
	push(0);
	set("set", "server.eth1", "out", "delay 20ms");
	push(1);
	set("set", "client.eth1", "in", "slot 100ms");
	push(2);
	fake_stop(host);
	ck_assert_uint_eq(fake_n_held(host), 0);
	ck_assert_uint_eq(fake_n_discarded(host), 0);
	ck_assert_str_eq(outs(), "2100");
}
END_TEST

START_TEST(change_alters_named_parts_only)
{
	const json_t *row;

	set("set", "client.eth1", "in", "delay 50ms 10ms loss 5% seed 7");
	row = json_array_get(
	    set("change", "client.eth1", "in", "delay 20ms limit 5"), 0);
	ck_assert_str_eq(string(row, "spec"),
			 "delay 20ms loss 5% limit 5 seed 7");
	ck_assert_int_eq(
	    call("change", "{\"port\": \"server.eth1\", \"loss\": 1}")->code,
	    -ENOENT);
	/* of both directions, those that there are */
	ck_assert_uint_eq(
	    json_array_size(set("change", "client.eth1", "both", "loss 1%")),
	    1);
}
END_TEST

/* Which of @n frames from @first on are lost, as "x..x". */
static const char *
fates(int n)
{
	static char texts[2][256];
	static int turn;
	char *text = texts[turn++ % 2];

	for (int i = 0; i < n; i++)
		text[i] = push(i).verdict == VL_PASS ? '.' : 'x';
	text[n] = '\0';
	return text;
}

START_TEST(one_seed_is_one_fate_and_another_is_not)
{
	char first[256];

	set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(first, sizeof(first), "%s", fates(100));
	set("set", "client.eth1", "in", "loss 50% seed 7");
	ck_assert_str_eq(fates(100), first);
	set("set", "client.eth1", "in", "loss 50% seed 8");
	ck_assert_str_ne(fates(100), first);
	/* the same instance is not needed, nor its history */
	fake_stop(host);
	fake_start(host, &vl_plugin, NULL, first + 200, 50);
	set("set", "server.eth1", "both", "loss 0% delay 1ms");
	set("set", "client.eth1", "in", "loss 50% seed 7");
	for (int i = 0; i < 100; i++)
		ck_assert((push(i).verdict == VL_STOLEN) == (first[i] == '.'));
}
END_TEST

START_TEST(change_lets_the_dice_go_on_unless_it_seeds_them)
{
	char whole[256];

	set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(whole, sizeof(whole), "%s", fates(100));
	set("set", "client.eth1", "in", "loss 50% seed 7");
	fates(40);
	set("change", "client.eth1", "in", "duplicate 0%");
	ck_assert_str_eq(fates(60), whole + 40);
	set("change", "client.eth1", "in", "seed 7");
	ck_assert_str_eq(fates(100), whole);
}
END_TEST

/* ---- ports and segments ---- */

START_TEST(settings_outlive_their_port)
{
	char whole[256];

	set("set", "client.eth1", "in", "loss 50% seed 7");
	snprintf(whole, sizeof(whole), "%s", fates(100));
	set("set", "client.eth1", "in", "loss 50% seed 7");
	fates(40);
	fake_port_del(host, client);
	ck_assert(!fake_hook_enabled(host, VL_STAGE_INGRESS));
	ck_assert(json_is_false(
	    json_object_get(show("client.eth1", "in"), "present")));
	/* and may be changed meanwhile */
	set("change", "client.eth1", "in", "limit 10");
	client = fake_port_add(host, vlan1, "client.eth1");
	ck_assert(json_is_true(
	    json_object_get(show("client.eth1", "in"), "present")));
	ck_assert_str_eq(fates(60), whole + 40);
	ck_assert_int_eq(number("client.eth1", "in", "limited"), 0);
}
END_TEST

START_TEST(frames_of_a_port_that_goes_are_given_back)
{
	set("set", "client.eth1", "in", "delay 10ms duplicate 100%");
	push(0);
	fake_port_del(host, client);
	call("del", "{\"port\": \"client.eth1\"}");
	ck_assert_uint_eq(fake_n_held(host), 2);
	fake_advance(host, 10 * MS);
	ck_assert_uint_eq(fake_n_held(host), 0);
	/* by then nobody knows it */
	ck_assert_int_eq(call("show", "{\"port\": \"client.eth1\"}")->code,
			 -ENOENT);
}
END_TEST

START_TEST(a_port_nobody_knows_is_named)
{
	const struct fake_reply *reply =
	    call("set", "{\"port\": \"clinet.eth1\", \"loss\": 1}");

	ck_assert_int_eq(reply->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(reply->text, "\"clinet.eth1\""));
	reply = call("set", "{\"segment\": \"vlan7\", \"loss\": 1}");
	ck_assert_int_eq(reply->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(reply->text, "\"vlan7\""));
}
END_TEST

START_TEST(what_is_set_of_a_segment_holds_for_its_ports)
{
	const struct fake_reply *reply;
	uint32_t other = fake_segment_add(host, "vlan2");

	fake_port_add(host, other, "elsewhere");
	reply =
	    call("set", "{\"segment\": \"vlan1\", \"loss\": 100, \"seed\": 3}");
	ck_assert_int_eq(reply->code, 0);
	ck_assert_uint_eq(json_array_size(reply->result), 1);
	ck_assert_str_eq(string(json_array_get(reply->result, 0), "dir"), "in");
	ck_assert_uint_eq(fake_dropped(host, "loss"), 0);
	push(0);
	ck_assert_uint_eq(fake_dropped(host, "loss"), 1);
	ck_assert_str_eq(string(show("client.eth1", "in"), "segment"), "vlan1");
	ck_assert_ptr_null(show("elsewhere", "in"));

	/* a port's own come first, and the segment's again behind them */
	set("set", "client.eth1", "in", "loss 0%");
	ck_assert_uint_eq(push(0).verdict, VL_PASS);
	ck_assert_ptr_null(
	    json_object_get(show("client.eth1", "in"), "segment"));
	call("del", "{\"port\": \"client.eth1\"}");
	ck_assert_uint_ge(push(0).verdict, VL_DROP_REASONS);

	/* for ports that come later, too */
	fake_port_del(host, client);
	client = fake_port_add(host, vlan1, "late");
	ck_assert_uint_ge(push(0).verdict, VL_DROP_REASONS);
	call("del", "{\"segment\": \"vlan1\"}");
	ck_assert_uint_eq(push(0).verdict, VL_PASS);
	ck_assert_uint_eq(json_array_size(call("show", "{}")->result), 0);
}
END_TEST

START_TEST(ports_of_a_segment_have_dice_of_their_own)
{
	char of_client[256];

	call("set", "{\"segment\": \"vlan1\", \"spec\": \"loss 50%% seed 3\"}");
	snprintf(of_client, sizeof(of_client), "%s", fates(100));
	fake_port_add(host, vlan1, "third");
	client = fake_port_add(host, vlan1, "fourth");
	ck_assert_str_ne(fates(100), of_client);
}
END_TEST

START_TEST(many_ports_come_and_go_under_traffic)
{
	char name[32];
	uint32_t ids[50];

	call("set", "{\"segment\": \"vlan1\", \"dir\": \"both\", \"spec\": "
		    "\"delay 1ms 1ms duplicate 50%% corrupt 5%% loss 5%% "
		    "slot 100us 200us packets 3\"}");
	for (int turn = 0; turn < 6; turn++) {
		for (int i = 0; i < 50; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			ids[i] = fake_port_add(host, vlan1, name);
			client = ids[i];
			push(i);
		}
		fake_advance(host, 700000);
		for (int i = 0; i < 50; i++)
			fake_port_del(host, ids[(i * 7) % 50]);
	}
	fake_advance(host, 100 * MS);
	ck_assert_uint_eq(fake_n_held(host), 0);
	call("del", "{\"segment\": \"vlan1\"}");
	ck_assert_uint_eq(json_array_size(call("show", "{}")->result), 0);
}
END_TEST

/* ---- what people write ---- */

static const struct {
	const char *params; /* beside the port */
	const char *spec;   /* that is shown */
} members[] = {
	{ "\"delay\": \"50ms 10ms 25%\", \"distribution\": \"normal\"",
	  "delay 50ms 10ms 25% distribution normal seed 1" },
	{ "\"loss\": 20", "loss 20% seed 1" },
	{ "\"loss\": 0.1", "loss 0.1% seed 1" },
	{ "\"loss\": \"gemodel 1% 10%\", \"limit\": 5",
	  "loss gemodel 1% 10% limit 5 seed 1" },
	{ "\"spec\": \"delay 5ms\", \"gap\": 5", "delay 5ms gap 5 seed 1" },
	{ "\"delay\": 0, \"loss\": null, \"rate\": \"1mbit\"",
	  "delay 0s rate 1mbit seed 1" },
	{ "\"rate\": 1000", "rate 1kbit seed 1" },
};

START_TEST(members_say_what_words_do)
{
	const struct fake_reply *reply = call(
	    "set",
	    "{\"port\": \"client.eth1\", \"dir\": \"in\", %s, \"seed\": 1}",
	    members[_i].params);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_str_eq(string(json_array_get(reply->result, 0), "spec"),
			 members[_i].spec);
}
END_TEST

static const struct {
	const char *params;
	const char *wrong;
} mistakes[] = {
	{ "\"spec\": \"dely 5ms\"", "column 1: 'dely' is none of" },
	{ "\"spec\": \"\"", "nothing is to happen" },
	{ "\"delay\": 50", "delay: 50 of which unit? Say \"50ms\"" },
	{ "\"loss\": true", "loss is a string or a number" },
	{ "\"loss\": \"1% x\"", "column 4: loss: 'x' is too much" },
	{ "\"spec\": \"loss 1%\", \"loss\": 2", "loss is given twice" },
	{ "\"reorder\": \"5%\"", "frames can only be reordered" },
	{ "\"segment\": \"vlan1\", \"loss\": 1", "say a port or a segment, "
						 "not both" },
	{ "\"delay\": \"1ms 1ms\", \"distribution\": \"/nonexistent/x\"",
	  "cannot read /nonexistent/x: No such file" },
	{ "\"delay\": \"1ms 1ms\", \"distribution\": \"/dev/zero\"",
	  "cannot read /dev/zero: Invalid" },
};

START_TEST(mistakes_are_told_and_change_nothing)
{
	const struct fake_reply *reply;

	set("set", "client.eth1", "in", "loss 7% seed 1");
	reply =
	    call("set", "{\"port\": \"client.eth1\", %s}", mistakes[_i].params);
	ck_assert_int_eq(reply->code, -EINVAL);
	ck_assert_msg(strstr(reply->text, mistakes[_i].wrong) == reply->text,
		      "%s", reply->text);
	ck_assert_str_eq(string(show("client.eth1", "in"), "spec"),
			 "loss 7% seed 1");
	ck_assert_ptr_null(show("client.eth1", "out"));
}
END_TEST

START_TEST(a_seed_is_chosen_and_shown)
{
	const json_t *list = set("set", "client.eth1", "both", "loss 50%");
	const json_t *in = json_array_get(list, 0);
	char spec[128], whole[256];

	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(in, "seed")),
			 json_integer_value(
			     json_object_get(json_array_get(list, 1), "seed")));
	snprintf(spec, sizeof(spec), "%s", string(in, "spec"));
	ck_assert_ptr_nonnull(strstr(spec, " seed "));
	snprintf(whole, sizeof(whole), "%s", fates(100));
	set("set", "client.eth1", "both", spec);
	ck_assert_str_eq(fates(100), whole);
}
END_TEST

START_TEST(what_is_shown_can_be_set_again)
{
	json_t *settings;
	char *text, before[256];

	set("set", "client.eth1", "in",
	    "delay 5ms 1ms 10% distribution pareto loss state 1% 50% "
	    "duplicate 3% corrupt 4% reorder 5% 6% gap 7 rate 8mbit 9 limit "
	    "10 slot 11ms packets 12 seed 13");
	snprintf(before, sizeof(before), "%s",
		 string(show("client.eth1", "in"), "spec"));
	settings =
	    json_copy(json_object_get(show("client.eth1", "in"), "settings"));
	json_object_set_new(settings, "port", json_string("server.eth1"));
	text = json_dumps(settings, 0);
	ck_assert_int_eq(fake_call(host, "set", text, -1)->code, 0);
	ck_assert_str_eq(string(show("server.eth1", "in"), "spec"), before);
	free(text);
	json_decref(settings);
}
END_TEST

START_TEST(a_table_from_a_file_is_used)
{
	char path[] = "/tmp/test_netem.XXXXXX", spec[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "# all the same\n16384\n", 21), 21);
	close(fd);
	snprintf(spec, sizeof(spec), "delay 10ms 2ms distribution %s", path);
	set("set", "server.eth1", "out", spec);
	unlink(path);
	push(0);
	fake_advance(host, 14 * MS - 1);
	ck_assert_str_eq(outs(), "");
	fake_advance(host, 1);
	ck_assert_str_eq(outs(), "0");
	/* it is not needed any more */
	set("change", "server.eth1", "out", "limit 5 distribution normal");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ hooks_are_on_only_while_something_is_set, 0 },
		{ a_lost_frame_is_dropped_for_loss, UNIT_ROWS(sides) },
		{ a_delayed_frame_goes_on_to_the_nanosecond, UNIT_ROWS(sides) },
		{ the_other_direction_is_left_alone, 0 },
		{ a_copy_is_sent_behind_its_frame, UNIT_ROWS(sides) },
		{ a_copy_without_delay_goes_at_once, 0 },
		{ how_frames_fall_into_vectors_makes_no_difference, 0 },
		{ corruption_flips_one_bit_and_leaves_copies_alone, 0 },
		{ a_reordered_frame_overtakes_those_that_wait, 0 },
		{ what_is_beyond_the_limit_is_dropped_for_it, 0 },
		{ a_copy_counts_for_the_limit, 0 },
		{ a_rate_spaces_frames, 0 },
		{ verdicts_of_others_stay, 0 },
		{ what_is_held_keeps_its_time_whatever_is_set_then, 0 },
		{ the_end_lets_everything_go_in_order, 0 },
		{ change_alters_named_parts_only, 0 },
		{ one_seed_is_one_fate_and_another_is_not, 0 },
		{ change_lets_the_dice_go_on_unless_it_seeds_them, 0 },
		{ settings_outlive_their_port, 0 },
		{ frames_of_a_port_that_goes_are_given_back, 0 },
		{ a_port_nobody_knows_is_named, 0 },
		{ what_is_set_of_a_segment_holds_for_its_ports, 0 },
		{ ports_of_a_segment_have_dice_of_their_own, 0 },
		{ many_ports_come_and_go_under_traffic, 0 },
		{ members_say_what_words_do, UNIT_ROWS(members) },
		{ mistakes_are_told_and_change_nothing, UNIT_ROWS(mistakes) },
		{ a_seed_is_chosen_and_shown, 0 },
		{ what_is_shown_can_be_set_again, 0 },
		{ a_table_from_a_file_is_used, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem", tests, setup, teardown);
}
