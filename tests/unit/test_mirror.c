#include "config.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/guard-rig.h"
#include "tests/unit/unit.h"

static struct guard_rig rig;

static void
setup(void)
{
	guard_init(&rig);
	guard_start(&rig, NULL);
}

static void
teardown(void)
{
	guard_fini(&rig);
}

/* Copies that @port got since the last time. */
static size_t
copies(uint32_t port)
{
	size_t n = 0;

	for (size_t i = 0; i < fake_n_outs(rig.host); i++) {
		const struct fake_out *out = fake_out(rig.host, i);

		n += out->way == FAKE_INJECTED && out->port == port &&
		     out->stage == VL_STAGE_EGRESS;
	}
	fake_outs_clear(rig.host);
	return n;
}

START_TEST(everything_that_enters_is_copied_once)
{
	guard_call(&rig, "add", "{'to': 'third.eth1'}");
	ck_assert_uint_eq(guard_push(&rig, rig.client, rig.server, FRAME_ACK),
			  VL_PASS);
	ck_assert_uint_eq(copies(rig.third), 1);
	guard_push(&rig, rig.server, rig.client, FRAME_ANSWER);
	ck_assert_uint_eq(copies(rig.third), 1);
}
END_TEST

START_TEST(a_copy_is_the_frame_and_says_what_it_is)
{
	const struct fake_out *out;

	guard_call(&rig, "add",
		   "{'to': 'third.eth1', 'from': 'client.eth1', "
		   "'direction': 'in'}");
	guard_push_tagged(&rig, rig.client, rig.server, FRAME_ACK, 77);
	ck_assert_uint_ge(fake_n_outs(rig.host), 1);
	for (size_t i = 0;; i++) {
		ck_assert_uint_lt(i, fake_n_outs(rig.host));
		out = fake_out(rig.host, i);
		if (out->way == FAKE_INJECTED)
			break;
	}
	ck_assert_uint_eq(out->len, 60);
	ck_assert_mem_eq(out->data, guard_octets(FRAME_ACK, 77), 60);
	ck_assert_uint_eq(out->in_port, rig.client);
	ck_assert_uint_eq(out->n_marks, 1);
	ck_assert_str_eq(out->marks[0], "mirror: mirrored");
}
END_TEST

static const struct {
	const char *params;
	size_t in, out; /* copies of what the client sends, is sent */
} sessions[] = {
	{ "{'to': 'third.eth1', 'from': 'client.eth1'}", 1, 1 },
	{ "{'to': 'third.eth1', 'from': 'client.eth1', 'direction': 'in'}", 1,
	  0 },
	{ "{'to': 'third.eth1', 'from': 'client.eth1', 'direction': 'out'}", 0,
	  1 },
	{ "{'to': 'third.eth1', 'direction': 'both'}", 2, 2 },
	{ "{'to': 'third.eth1', 'filter': 'tcp dst port 80'}", 1, 0 },
	{ "{'to': 'third.eth1', 'filter': 'udp'}", 0, 0 },
};

START_TEST(direction_port_and_filter_choose)
{
	guard_call(&rig, "add", sessions[_i].params);
	guard_push(&rig, rig.client, rig.server, FRAME_ACK);
	ck_assert_uint_eq(copies(rig.third), sessions[_i].in);
	guard_push(&rig, rig.server, rig.client, FRAME_ANSWER);
	ck_assert_uint_eq(copies(rig.third), sessions[_i].out);
}
END_TEST

START_TEST(the_port_that_watches_is_not_watched)
{
	guard_call(&rig, "add", "{'to': 'third.eth1', 'direction': 'both'}");
	guard_push(&rig, rig.third, rig.client, FRAME_ACK);
	/* what the client is sent, but not what the third sends */
	ck_assert_uint_eq(copies(rig.third), 1);
	guard_push(&rig, rig.client, rig.third, FRAME_ACK);
	ck_assert_uint_eq(copies(rig.third), 1);
}
END_TEST

START_TEST(without_the_port_copies_are_lost_and_counted)
{
	const json_t *shown;

	guard_call(&rig, "add", "{'to': 'third.eth1'}");
	fake_port_del(rig.host, rig.third);
	ck_assert_uint_eq(guard_push(&rig, rig.client, rig.server, FRAME_ACK),
			  VL_PASS);
	shown = guard_call(&rig, "show", "{}");
	ck_assert_int_eq(guard_number(shown, "lost"), 1);
	ck_assert_int_eq(guard_number(shown, "copied"), 0);

	rig.third = fake_port_add(rig.host, rig.vlan1, "third.eth1");
	guard_push(&rig, rig.client, rig.server, FRAME_ACK);
	ck_assert_uint_eq(copies(rig.third), 1);
	ck_assert_uint_eq(fake_counter(rig.host, "copied"), 1);
	ck_assert_uint_eq(fake_counter(rig.host, "lost"), 1);
}
END_TEST

START_TEST(another_segment_can_watch)
{
	uint32_t vlan2 = fake_segment_add(rig.host, "vlan2");
	uint32_t ids = fake_port_add(rig.host, vlan2, "ids.eth1");

	guard_call(&rig, "add", "{'to': 'ids.eth1'}");
	guard_push(&rig, rig.client, rig.server, FRAME_ACK);
	ck_assert_uint_eq(copies(ids), 1);
}
END_TEST

START_TEST(without_mirrors_nothing_is_asked)
{
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	guard_call(&rig, "add", "{'to': 'third.eth1'}");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	guard_call(&rig, "del", "{'id': 1}");
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
}
END_TEST

static const struct {
	const char *method, *params;
	int code;
	const char *what;
} mistakes[] = {
	{ "add", "{'to': 'nobody'}", -ENOENT, "\"nobody\"" },
	{ "add", "{'to': 'third.eth1', 'from': 'nobody'}", -ENOENT,
	  "\"nobody\"" },
	{ "add", "{'to': 'third.eth1', 'from': 'third.eth1'}", -EINVAL,
	  "itself" },
	{ "add", "{'to': 'third.eth1', 'filter': 'prot 1'}", -EINVAL,
	  "prot 1" },
	{ "del", "{'id': 1}", -ENOENT, "mirror 1" },
};

START_TEST(mistakes_are_named)
{
	guard_refuse(&rig, mistakes[_i].method, mistakes[_i].params,
		     mistakes[_i].code, mistakes[_i].what);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ everything_that_enters_is_copied_once, 0 },
		{ a_copy_is_the_frame_and_says_what_it_is, 0 },
		{ direction_port_and_filter_choose, UNIT_ROWS(sessions) },
		{ the_port_that_watches_is_not_watched, 0 },
		{ without_the_port_copies_are_lost_and_counted, 0 },
		{ another_segment_can_watch, 0 },
		{ without_mirrors_nothing_is_asked, 0 },
		{ mistakes_are_named, UNIT_ROWS(mistakes) },
		{ NULL, 0 },
	};

	return unit_run("mirror", tests, setup, teardown);
}
