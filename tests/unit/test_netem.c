#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake-host.h"
#include "tests/unit/netem-rig.h"
#include "tests/unit/unit.h"

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
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	rig_set("set", "client.eth1", "in", "loss 1%");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	rig_set("set", "server.eth1", "both", "loss 1%");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	rig_call("del", "{\"port\": \"server.eth1\"}");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_EGRESS));
	rig_call("del", "{\"port\": \"client.eth1\", \"dir\": \"in\"}");
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
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

	rig_set("set", sides[_i].port, sides[_i].dir, "loss 100%");
	fate = rig_push(1);
	ck_assert_uint_ge(fate.verdict, VL_DROP_REASONS);
	ck_assert_int_eq(fate.stage, sides[_i].stage);
	ck_assert_uint_eq(fake_dropped(rig.host, "loss"), 1);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "lost"), 1);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "passed"),
			 0);
	ck_assert_uint_eq(fake_counter(rig.host, "passed"), 0);
}
END_TEST

START_TEST(a_delayed_frame_goes_on_to_the_nanosecond)
{
	rig_set("set", sides[_i].port, sides[_i].dir, "delay 50ms");
	ck_assert_uint_eq(rig_push(1).verdict, VL_STOLEN);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "queued"),
			 1);
	fake_advance(rig.host, 50 * MS - 1);
	ck_assert_uint_eq(fake_n_outs(rig.host), 0);
	fake_advance(rig.host, 1);
	ck_assert_uint_eq(fake_n_outs(rig.host), 1);
	ck_assert_int_eq(fake_out(rig.host, 0)->way, FAKE_RESUMED);
	ck_assert_int_eq(fake_out(rig.host, 0)->stage, sides[_i].stage);
	ck_assert(has_mark(fake_out(rig.host, 0), "netem: delayed"));
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "queued"),
			 0);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "passed"),
			 1);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "delayed"),
			 1);
}
END_TEST

START_TEST(the_other_direction_is_left_alone)
{
	uint8_t octets[100] = { 2 };
	struct fake_frame frame = { octets, sizeof(octets) };

	rig_set("set", "client.eth1", "in", "loss 100%");
	ck_assert_uint_eq(
	    fake_push(rig.host, rig.server, rig.client, &frame).verdict,
	    VL_PASS);
	ck_assert_ptr_null(rig_show("client.eth1", "out"));
}
END_TEST

START_TEST(a_copy_is_sent_behind_its_frame)
{
	rig_set("set", sides[_i].port, sides[_i].dir,
		"duplicate 100% delay 10ms");
	rig_push(1);
	rig_push(2);
	ck_assert_uint_eq(fake_n_held(rig.host), 4);
	fake_advance(rig.host, 10 * MS);
	ck_assert_str_eq(rig_outs(), "1122");
	ck_assert_int_eq(fake_out(rig.host, 0)->way, FAKE_RESUMED);
	ck_assert(!has_mark(fake_out(rig.host, 0), "netem: duplicated"));
	ck_assert_int_eq(fake_out(rig.host, 1)->way, FAKE_INJECTED);
	ck_assert_int_eq(fake_out(rig.host, 1)->stage, sides[_i].stage);
	ck_assert(has_mark(fake_out(rig.host, 1), "netem: duplicated"));
	ck_assert_int_eq(
	    rig_number(sides[_i].port, sides[_i].dir, "duplicated"), 2);
	ck_assert_int_eq(rig_number(sides[_i].port, sides[_i].dir, "passed"),
			 4);
}
END_TEST

START_TEST(a_copy_without_delay_goes_at_once)
{
	rig_set("set", "server.eth1", "out", "duplicate 100%");
	ck_assert_uint_eq(rig_push(1).verdict, VL_PASS);
	ck_assert_str_eq(rig_outs(), "1");
	fake_advance(rig.host, 0);
	ck_assert_str_eq(rig_outs(), "11");
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
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

	rig_set("set", "server.eth1", "out",
		"delay 10ms duplicate 50% reorder 50% loss 5% seed 2");
	fake_outs_clear(rig.host);
	for (int i = 0; i < n; i++) {
		octets[in_vector][99] = (uint8_t)i;
		frames[in_vector] =
		    (struct fake_frame){ octets[in_vector], 100 };
		in_vector++;
		if ((bits >> i & 1) != 0 && i < n - 1)
			continue;
		fake_push_n(rig.host, rig.client, rig.server, frames, in_vector,
			    fates);
		fake_advance(rig.host, 0); /* the turn ends */
		in_vector = 0;
	}
	fake_advance(rig.host, 10 * MS);
	ck_assert_uint_eq(fake_n_held(rig.host), 0);
	return rig_outs();
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

START_TEST(corruption_flips_one_bit_of_each_by_itself)
{
	uint8_t octets[100];
	struct fake_frame frame = { octets, sizeof(octets) };
	bool differ = false;

	rig_set("set", "server.eth1", "out", "corrupt 100% duplicate 100%");
	for (int i = 0; i < 10; i++) {
		const struct fake_out *first, *copy;

		memset(octets, i % 2 == 0 ? 0 : 0xff, sizeof(octets));
		fake_outs_clear(rig.host);
		fake_push(rig.host, rig.client, rig.server, &frame);
		fake_advance(rig.host, 0);
		ck_assert_uint_eq(fake_n_outs(rig.host), 2);
		first = fake_out(rig.host, 0);
		copy = fake_out(rig.host, 1);
		ck_assert_int_eq(n_bits_different(first->data, octets, 100), 1);
		ck_assert_int_eq(n_bits_different(copy->data, octets, 100), 1);
		ck_assert(has_mark(first, "netem: corrupted"));
		ck_assert(has_mark(copy, "netem: corrupted"));
		differ |= memcmp(first->data, copy->data, 100) != 0;
	}
	ck_assert(differ);
	ck_assert_int_eq(rig_number("server.eth1", "out", "corrupted"), 20);
}
END_TEST

START_TEST(a_reordered_frame_overtakes_those_that_wait)
{
	rig_set("set", "server.eth1", "out", "delay 10ms gap 3");
	for (int i = 0; i < 6; i++)
		rig_push(i);
	ck_assert_str_eq(rig_outs(), "25");
	ck_assert(has_mark(fake_out(rig.host, 0), "netem: reordered"));
	fake_advance(rig.host, 10 * MS);
	ck_assert_str_eq(rig_outs(), "250134");
	ck_assert_int_eq(rig_number("server.eth1", "out", "reordered"), 2);
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_dropped_for_it)
{
	rig_set("set", "server.eth1", "out", "delay 10ms limit 2");
	rig_push(0);
	rig_push(1);
	ck_assert_uint_ge(rig_push(2).verdict, VL_DROP_REASONS);
	ck_assert_uint_eq(fake_dropped(rig.host, "limit"), 1);
	fake_advance(rig.host, 10 * MS);
	rig_push(3);
	fake_advance(rig.host, 10 * MS);
	ck_assert_str_eq(rig_outs(), "013");
	ck_assert_int_eq(rig_number("server.eth1", "out", "limited"), 1);
}
END_TEST

START_TEST(a_copy_counts_for_the_limit)
{
	rig_set("set", "server.eth1", "out",
		"delay 10ms limit 3 duplicate 100%");
	rig_push(0);
	rig_push(1);
	ck_assert_uint_eq(fake_n_held(rig.host), 3);
	ck_assert_int_eq(rig_number("server.eth1", "out", "limited"), 1);
	fake_advance(rig.host, 10 * MS);
	ck_assert_str_eq(rig_outs(), "001");
}
END_TEST

START_TEST(a_rate_spaces_frames)
{
	rig_set("set", "server.eth1", "out", "rate 800kbit"); /* 1 ms each */
	for (int i = 0; i < 3; i++)
		rig_push(i);
	for (int i = 0; i < 3; i++) {
		fake_advance(rig.host, MS - 1);
		ck_assert_uint_eq(fake_n_outs(rig.host), i);
		fake_advance(rig.host, 1);
		ck_assert_uint_eq(fake_n_outs(rig.host), i + 1);
	}
	ck_assert_str_eq(rig_outs(), "012");
}
END_TEST

START_TEST(verdicts_of_others_stay)
{
	rig_set("set", "client.eth1", "in", "loss 100%");
	fake_drop_next(rig.host, VL_STAGE_INGRESS, 1);
	ck_assert_uint_eq(rig_push(0).verdict, VL_DROP);
	ck_assert_int_eq(rig_number("client.eth1", "in", "lost"), 0);
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
		{ corruption_flips_one_bit_of_each_by_itself, 0 },
		{ a_reordered_frame_overtakes_those_that_wait, 0 },
		{ what_is_beyond_the_limit_is_dropped_for_it, 0 },
		{ a_copy_counts_for_the_limit, 0 },
		{ a_rate_spaces_frames, 0 },
		{ verdicts_of_others_stay, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem", tests, netem_rig_setup, netem_rig_teardown);
}
