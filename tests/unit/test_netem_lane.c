#include <stdlib.h>
#include <string.h>

#include "plugins/netem/impair.h"
#include "plugins/netem/lane.h"
#include "plugins/netem/pace.h"
#include "plugins/netem/wheel.h"
#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)

/* ---- the wheel ---- */

START_TEST(the_wheel_gives_out_by_time_and_equals_in_their_order)
{
	static const uint64_t when[] = { 70, 64, 5, 64, 0, 4096, 70, 63, 64 };
	static const int want[] = { 4, 2, 7, 1, 3, 8, 0, 6, 5 };
	struct wheel_node nodes[UNIT_ROWS(when)] = { { .waits = false } };
	struct wheel *wheel = malloc(sizeof(*wheel));

	wheel_init(wheel);
	for (int i = 0; i < UNIT_ROWS(when); i++)
		wheel_add(wheel, &nodes[i], when[i]);
	for (int i = 0; i < UNIT_ROWS(want); i++)
		ck_assert_ptr_eq(wheel_pop(wheel, UINT64_MAX), &nodes[want[i]]);
	ck_assert_ptr_null(wheel_pop(wheel, UINT64_MAX));
	free(wheel);
}
END_TEST

static const uint64_t edges[] = {
	0,
	1,
	63,
	64,
	4095,
	4096,
	262143,
	262144,
	UINT64_C(50000000),
	UINT32_MAX,
	(UINT64_C(1) << 32),
	UINT64_C(1) << 60,
	UINT64_MAX - 1,
};

START_TEST(nothing_comes_out_a_nanosecond_early_or_late)
{
	struct wheel *wheel = malloc(sizeof(*wheel));
	struct wheel_node node = { .waits = false };

	wheel_init(wheel);
	wheel_add(wheel, &node, edges[_i]);
	ck_assert_uint_eq(wheel_next_ns(wheel), edges[_i]);
	if (edges[_i] > 0)
		ck_assert_ptr_null(wheel_pop(wheel, edges[_i] - 1));
	ck_assert_ptr_eq(wheel_pop(wheel, edges[_i]), &node);
	ck_assert_uint_eq(wheel_next_ns(wheel), UINT64_MAX);
	/* and the same beside one that comes much later */
	free(wheel);
}
END_TEST

START_TEST(a_time_that_has_passed_is_now)
{
	struct wheel *wheel = malloc(sizeof(*wheel));
	struct wheel_node a = { .waits = false }, b = { .waits = false };

	wheel_init(wheel);
	wheel_add(wheel, &a, 1000);
	ck_assert_ptr_eq(wheel_pop(wheel, 2000), &a);
	wheel_add(wheel, &b, 1000);
	wheel_add(wheel, &a, 7);
	ck_assert_ptr_eq(wheel_pop(wheel, 2000), &b);
	ck_assert_ptr_eq(wheel_pop(wheel, 2000), &a);
	free(wheel);
}
END_TEST

/* Against a model: an array that is searched for the earliest. */
enum { N_MODEL = 300 };

struct model {
	struct wheel_node nodes[N_MODEL];
	uint64_t when[N_MODEL], seq[N_MODEL];
	uint64_t next_seq;
};

static int
model_first(const struct model *m)
{
	int first = -1;

	for (int i = 0; i < N_MODEL; i++)
		if (m->nodes[i].waits &&
		    (first < 0 || m->when[i] < m->when[first] ||
		     (m->when[i] == m->when[first] &&
		      m->seq[i] < m->seq[first])))
			first = i;
	return first;
}

static void
model_turn(struct wheel *wheel, struct model *m, struct random *random,
	   uint64_t *now)
{
	int i = (int)random_below(random, N_MODEL);

	if (m->nodes[i].waits) {
		if (random_below(random, 2) == 0)
			wheel_remove(wheel, &m->nodes[i]);
	} else {
		/* of all magnitudes, and often the same */
		m->when[i] = *now + (random_below(random, 3) == 0
					 ? random_below(random, 5)
					 : random_u64(random) >>
					       (24 + random_below(random, 40)));
		m->seq[i] = m->next_seq++;
		wheel_add(wheel, &m->nodes[i], m->when[i]);
	}
	*now += random_u64(random) >> (30 + random_below(random, 34));
}

START_TEST(the_wheel_agrees_with_a_sorted_list)
{
	struct wheel *wheel = malloc(sizeof(*wheel));
	struct model *m = calloc(1, sizeof(*m));
	uint64_t now = 0, seed = (uint64_t)_i;
	struct random random;

	random_init(&random, seed, "wheel", "model");
	wheel_init(wheel);
	for (int turn = 0; turn < 3000; turn++) {
		struct wheel_node *node;

		model_turn(wheel, m, &random, &now);
		for (;;) {
			int first = model_first(m);

			ck_assert(wheel_next_ns(wheel) <=
				  (first < 0 ? UINT64_MAX : m->when[first]));
			node = wheel_pop(wheel, now);
			if (node == NULL) {
				ck_assert(first < 0 || m->when[first] > now);
				break;
			}
			ck_assert(!node->waits);
			node->waits = true; /* in the model, until compared */
			ck_assert_ptr_eq(node, &m->nodes[model_first(m)]);
			node->waits = false;
		}
	}
	free(m);
	free(wheel);
}
END_TEST

/* ---- rates ---- */

static const struct {
	struct spec_rate rate;
	uint32_t len;
	uint64_t octets;
} on_the_wire[] = {
	{ { 1, 0, 0, 0 }, 60, 60 },
	{ { 1, 24, 0, 0 }, 60, 84 },
	{ { 1, -14, 0, 0 }, 60, 46 },
	{ { 1, -100, 0, 0 }, 60, 0 },
	/* ATM: cells of 48 octets and 5 of header */
	{ { 1, 0, 48, 5 }, 48, 53 },
	{ { 1, 0, 48, 5 }, 49, 106 },
	{ { 1, 0, 48, 5 }, 96, 106 },
	{ { 1, 8, 48, 5 }, 40, 53 },
	{ { 1, 8, 48, 5 }, 41, 106 },
	{ { 1, 0, 48, -48 }, 60, 0 },
	{ { 1, 0, 48, 0 }, 60, 96 },
};

START_TEST(overhead_and_cells_count)
{
	ck_assert_uint_eq(
	    pace_octets(&on_the_wire[_i].rate, on_the_wire[_i].len),
	    on_the_wire[_i].octets);
}
END_TEST

START_TEST(frames_with_a_rate_follow_each_other)
{
	const struct spec_rate rate = { .bps = 8000 }; /* 1 octet/ms */
	struct pacer pacer = { .last_ns = 0 };

	ck_assert_uint_eq(pacer_due(&pacer, &rate, 0, 60), 60 * MS);
	ck_assert_uint_eq(pacer_due(&pacer, &rate, 0, 100), 160 * MS);
	ck_assert_uint_eq(pacer_due(&pacer, &rate, 159 * MS, 60), 220 * MS);
	/* idle meanwhile: no credit is saved */
	ck_assert_uint_eq(pacer_due(&pacer, &rate, 500 * MS, 60), 560 * MS);
	/* a shorter delay does not overtake */
	ck_assert_uint_eq(pacer_due(&pacer, &rate, 100 * MS, 60), 620 * MS);
}
END_TEST

START_TEST(a_rate_is_kept_to_the_octet_over_a_million_frames)
{
	/* no frame's time is a whole number of ns */
	const struct spec_rate rate = { .bps = 999983,
					.packet_overhead = 20,
					.cell_size = 48,
					.cell_overhead = 5 };
	struct pacer pacer = { .last_ns = 0 };
	uint64_t octets = 0, end = 0;
	struct random random;

	random_init(&random, 1, "p", "len");
	for (int i = 0; i < 1000000; i++) {
		uint32_t len = 60 + (uint32_t)random_below(&random, 1455);

		end = pacer_due(&pacer, &rate, 0, len);
		octets += pace_octets(&rate, len);
	}
	/* the whole work in bits, in ns, cut: within 1 of the last end */
	ck_assert_uint_eq(end, (uint64_t)((long double)octets * 8 * 1e9L /
					  (long double)rate.bps));
}
END_TEST

START_TEST(a_rate_may_change_while_frames_are_on_their_way)
{
	struct spec_rate rate = { .bps = 1000003 };
	struct pacer pacer = { .last_ns = 0 };
	uint64_t last;

	pacer_due(&pacer, &rate, 0, 1500);
	last = pacer.last_ns;
	rate.bps = 7; /* less than the rest of the division may be */
	ck_assert_uint_ge(pacer_due(&pacer, &rate, 0, 60),
			  last + UINT64_C(480) * 1000000000 / 7);
	rate.bps = 0;
	ck_assert_uint_eq(pacer_due(&pacer, &rate, 5, 60), 5);
}
END_TEST

START_TEST(a_rate_of_one_bit_never_turns_time_back)
{
	/* as much as there can be on the wire */
	const struct spec_rate rate = { .bps = 1,
					.packet_overhead = SPEC_OVERHEAD_MAX,
					.cell_size = 1,
					.cell_overhead = SPEC_OVERHEAD_MAX };
	struct pacer pacer = { .last_ns = 0 };
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t due = pacer_due(&pacer, &rate, 1000, 65550);

		ck_assert_uint_ge(due, last);
		last = due;
	}
	ck_assert_uint_gt(last, UINT64_C(1) << 61);
}
END_TEST

/* ---- lanes ---- */

static struct lanes *lanes;
static struct lane lane;
static struct spec spec;
static struct held helds[64];

static void
start(const char *text)
{
	char error[256];

	spec_init(&spec);
	ck_assert_msg(spec_parse(text, &spec, error, sizeof(error)) == 0, "%s",
		      error);
	memset(helds, 0, sizeof(helds));
	lanes_init(lanes);
	lane_init(&lane, &spec, "p", "in");
}

static void
setup(void)
{
	lanes = malloc(sizeof(*lanes));
	ck_assert_ptr_nonnull(lanes);
}

static void
teardown(void)
{
	free(lanes);
}

/* Frame @i, of 100 octets, comes at @now_ns. */
static enum lane_verdict
offer(int i, uint64_t now_ns, uint64_t delay_ns)
{
	uint64_t due_ns = 0;
	enum lane_verdict verdict =
	    lane_offer(&lane, now_ns, delay_ns, 100, &due_ns);

	if (verdict == LANE_HOLD)
		lane_hold(lanes, &lane, &helds[i], due_ns, 100);
	return verdict;
}

/* What goes on at @now_ns, as "012". */
static const char *
taken(uint64_t now_ns)
{
	static char text[80];
	struct held *held;
	size_t n = 0;

	while ((held = lanes_take(lanes, now_ns)) != NULL)
		text[n++] = (char)('0' + (held - helds));
	text[n] = '\0';
	return text;
}

START_TEST(a_frame_without_delay_is_free_unless_others_wait)
{
	start("delay 1ms");
	ck_assert_int_eq(offer(0, 0, 0), LANE_FREE);
	ck_assert_int_eq(offer(1, 0, 1), LANE_HOLD);
	ck_assert_int_eq(offer(2, 1, 0), LANE_HOLD);
	ck_assert_uint_eq(lane.n_held, 2);
	ck_assert_uint_eq(lanes_next_ns(lanes), 1);
	ck_assert_str_eq(taken(0), "");
	ck_assert_str_eq(taken(1), "12");
	ck_assert_uint_eq(lane.n_held, 0);
	ck_assert_int_eq(offer(0, 2, 0), LANE_FREE);
}
END_TEST

START_TEST(jitter_lets_frames_overtake)
{
	start("delay 1ms 1ms");
	offer(0, 0, 5 * MS);
	offer(1, 0, 3 * MS);
	offer(2, MS, 2 * MS);
	ck_assert_str_eq(taken(3 * MS), "12");
	ck_assert_str_eq(taken(5 * MS), "0");
}
END_TEST

START_TEST(with_a_rate_none_overtakes)
{
	start("delay 1ms 1ms rate 800kbit"); /* a frame is 1 ms */
	offer(0, 0, 5 * MS);
	offer(1, 0, 3 * MS);
	offer(2, 0, 3 * MS);
	ck_assert_uint_eq(lanes_next_ns(lanes), 6 * MS);
	ck_assert_str_eq(taken(7 * MS - 1), "0");
	ck_assert_str_eq(taken(7 * MS), "1");
	ck_assert_str_eq(taken(8 * MS), "2");
}
END_TEST

START_TEST(a_full_lane_takes_no_more_and_no_time_for_it)
{
	start("rate 800kbit limit 2");
	ck_assert_int_eq(offer(0, 0, 0), LANE_HOLD);
	ck_assert_int_eq(offer(1, 0, 0), LANE_HOLD);
	ck_assert_int_eq(offer(2, 0, 0), LANE_FULL);
	ck_assert_str_eq(taken(MS), "0");
	ck_assert_int_eq(offer(2, MS, 0), LANE_HOLD);
	ck_assert_str_eq(taken(3 * MS), "12");
}
END_TEST

START_TEST(slots_let_go_what_has_gathered)
{
	start("slot 20ms");
	ck_assert_int_eq(offer(0, 5 * MS, 0), LANE_HOLD);
	ck_assert_str_eq(taken(5 * MS), "");
	ck_assert_uint_eq(lanes_next_ns(lanes), 25 * MS);
	offer(1, 6 * MS, 0);
	offer(2, 25 * MS, 0);
	ck_assert_str_eq(taken(25 * MS - 1), "");
	ck_assert_str_eq(taken(25 * MS), "012");
	/* whoever misses the slot waits for one that is made for it */
	offer(3, 26 * MS, 0);
	ck_assert_str_eq(taken(46 * MS - 1), "");
	ck_assert_str_eq(taken(46 * MS), "3");
}
END_TEST

static const struct {
	const char *text;
	const char *want[3];
} full_slots[] = {
	{ "slot 20ms packets 2", { "01", "23", "4" } },
	{ "slot 20ms bytes 200", { "01", "23", "4" } },
	{ "slot 20ms bytes 201", { "012", "34", "" } },
	{ "slot 20ms packets 3 bytes 100", { "0", "1", "2" } },
};

START_TEST(a_slot_takes_no_more_than_it_has_room_for)
{
	start(full_slots[_i].text);
	for (int i = 0; i < 5; i++)
		offer(i, MS, 0);
	for (unsigned k = 0; k < 3; k++) {
		/* nothing between the slots */
		ck_assert_str_eq(taken((20 * k + 21) * MS - 1), "");
		ck_assert_str_eq(taken((20 * k + 21) * MS),
				 full_slots[_i].want[k]);
	}
}
END_TEST

START_TEST(slots_are_as_far_from_each_other_as_they_say)
{
	uint64_t last = MS, least = UINT64_MAX, most = 0;

	start("slot 20ms 30ms packets 1 seed 3");
	for (int i = 0; i < 60; i++)
		offer(i, MS, 0);
	for (int i = 0; i < 60; i++) {
		uint64_t distance;

		taken(last); /* it is due: now it waits for the slot */
		distance = lanes_next_ns(lanes) - last;
		least = distance < least ? distance : least;
		most = distance > most ? distance : most;
		last += distance;
		ck_assert_uint_eq(strlen(taken(last)), 1);
	}
	ck_assert(least >= 20 * MS && least < 22 * MS);
	ck_assert(most <= 30 * MS && most > 28 * MS);
}
END_TEST

START_TEST(what_waits_for_a_slot_goes_with_it_also_when_slots_end)
{
	start("slot 20ms packets 1");
	offer(0, MS, 0);
	offer(1, MS, 0);
	ck_assert_str_eq(taken(MS), "");
	spec.given &= ~(1u << SPEC_SLOT);
	ck_assert_int_eq(offer(2, 2 * MS, 0), LANE_HOLD);
	ck_assert_str_eq(taken(2 * MS), ""); /* behind the others */
	ck_assert_str_eq(taken(21 * MS), "012");
	ck_assert_int_eq(offer(3, 22 * MS, 0), LANE_FREE);
}
END_TEST

START_TEST(a_flush_gives_out_everything)
{
	char seen[8] = "";
	struct held *held;

	start("slot 20ms packets 1");
	for (int i = 0; i < 3; i++)
		offer(i, MS, 0);
	taken(MS);
	for (int i = 3; i < 6; i++)
		offer(i, 2 * MS, 10 * MS);
	while ((held = lanes_flush(lanes)) != NULL)
		seen[held - helds] = 'x';
	ck_assert_str_eq(seen, "xxxxxx");
	ck_assert_uint_eq(lane.n_held, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_wheel_gives_out_by_time_and_equals_in_their_order, 0 },
		{ nothing_comes_out_a_nanosecond_early_or_late,
		  UNIT_ROWS(edges) },
		{ a_time_that_has_passed_is_now, 0 },
		{ the_wheel_agrees_with_a_sorted_list, 20 },
		{ overhead_and_cells_count, UNIT_ROWS(on_the_wire) },
		{ frames_with_a_rate_follow_each_other, 0 },
		{ a_rate_is_kept_to_the_octet_over_a_million_frames, 0 },
		{ a_rate_may_change_while_frames_are_on_their_way, 0 },
		{ a_rate_of_one_bit_never_turns_time_back, 0 },
		{ a_frame_without_delay_is_free_unless_others_wait, 0 },
		{ jitter_lets_frames_overtake, 0 },
		{ with_a_rate_none_overtakes, 0 },
		{ a_full_lane_takes_no_more_and_no_time_for_it, 0 },
		{ slots_let_go_what_has_gathered, 0 },
		{ a_slot_takes_no_more_than_it_has_room_for,
		  UNIT_ROWS(full_slots) },
		{ slots_are_as_far_from_each_other_as_they_say, 0 },
		{ what_waits_for_a_slot_goes_with_it_also_when_slots_end, 0 },
		{ a_flush_gives_out_everything, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem_lane", tests, setup, teardown);
}
