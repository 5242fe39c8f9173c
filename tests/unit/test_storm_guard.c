#include "config.h"

#include <string.h>

#include "plugins/storm/bucket.h"
#include "plugins/storm/guard.h"
#include "tests/unit/unit.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static bool
take(struct bucket *b, uint64_t n, uint64_t now_ns)
{
	if (!bucket_has(b, n, now_ns))
		return false;
	bucket_take(b, n);
	return true;
}

START_TEST(a_bucket_begins_full_and_holds_its_burst)
{
	struct bucket b;

	bucket_init(&b, 10, 3, 0);
	for (int i = 0; i < 3; i++)
		ck_assert(take(&b, 1, 0));
	ck_assert(!take(&b, 1, 0));
}
END_TEST

START_TEST(a_token_is_there_when_its_time_has_come)
{
	struct bucket b;

	bucket_init(&b, 10, 1, 0);
	ck_assert(take(&b, 1, 0));
	ck_assert(!take(&b, 1, 100 * NS_PER_MS - 1));
	ck_assert(take(&b, 1, 100 * NS_PER_MS));
}
END_TEST

START_TEST(no_token_is_lost_in_rounding)
{
	struct bucket b;
	uint64_t n = 0;

	/* about a third of a token each time it is asked */
	bucket_init(&b, 7, 2, 0);
	ck_assert(take(&b, 2, 0));
	for (uint64_t i = 1; i <= 21; i++)
		n += take(&b, 1, i * NS_PER_S / 21);
	ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(a_long_pause_fills_it_and_no_more)
{
	struct bucket b;

	bucket_init(&b, BUCKET_RATE_MAX, BUCKET_RATE_MAX, 0);
	ck_assert(take(&b, BUCKET_RATE_MAX, 0));
	ck_assert(!take(&b, 11, 1));
	ck_assert(take(&b, 10, 1));
	ck_assert(take(&b, BUCKET_RATE_MAX, UINT64_MAX));
	ck_assert(!take(&b, 1, UINT64_MAX));
}
END_TEST

START_TEST(what_exceeds_the_burst_never_passes)
{
	struct bucket b;

	bucket_init(&b, 100, 10, 0);
	ck_assert(!take(&b, 11, NS_PER_S));
	ck_assert(take(&b, 10, NS_PER_S));
}
END_TEST

START_TEST(without_a_rate_there_is_no_limit)
{
	struct bucket b;

	bucket_init(&b, 0, 0, 0);
	for (int i = 0; i < 1000; i++)
		ck_assert(take(&b, UINT32_MAX, 0));
}
END_TEST

/* ---- guards ---- */

static const struct {
	uint8_t destination[6];
	uint32_t out_port;
	bool limited;
	enum storm_class kind;
} frames[] = {
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	  VL_PORT_FLOOD,
	  true,
	  STORM_BROADCAST },
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe },
	  VL_PORT_FLOOD,
	  true,
	  STORM_MULTICAST },
	{ { 0x01, 0, 0x5e, 0, 0, 1 }, VL_PORT_FLOOD, true, STORM_MULTICAST },
	{ { 0x52, 0x54, 0, 0, 0, 1 }, VL_PORT_FLOOD, true, STORM_UNKNOWN },
	{ { 0x52, 0x54, 0, 0, 0, 1 }, 7, false, STORM_UNKNOWN },
};

START_TEST(frames_are_told_apart_by_destination_and_look_up)
{
	enum storm_class kind;

	ck_assert(guard_class(frames[_i].destination, frames[_i].out_port,
			      &kind) == frames[_i].limited);
	if (frames[_i].limited)
		ck_assert_int_eq(kind, frames[_i].kind);
}
END_TEST

static bool
takes(struct guard *g, enum storm_class kind, uint32_t len, uint64_t now_ns,
      enum guard_event want)
{
	enum guard_event event;
	bool taken = guard_takes(g, kind, len, now_ns, &event);

	ck_assert_int_eq(event, want);
	return taken;
}

START_TEST(classes_have_limits_of_their_own)
{
	struct guard g = { .blocks = false };

	guard_set_limit(&g, STORM_BROADCAST, 10, 0, 1, 0, 0);
	ck_assert(takes(&g, STORM_BROADCAST, 60, 0, GUARD_NONE));
	ck_assert(!takes(&g, STORM_BROADCAST, 60, 0, GUARD_STORM_BEGAN));
	for (int i = 0; i < 100; i++)
		ck_assert(takes(&g, STORM_MULTICAST, 60, 0, GUARD_NONE));
	ck_assert_uint_eq(g.limits[STORM_BROADCAST].n_dropped, 1);
	ck_assert_uint_eq(g.limits[STORM_MULTICAST].n_dropped, 0);
}
END_TEST

START_TEST(bits_are_limited_like_frames)
{
	struct guard g = { .blocks = false };
	uint32_t n = 0;

	/* a burst that the longest frame fits in is the least */
	guard_set_limit(&g, STORM_UNKNOWN, 0, 1000, 0, 1, 0);
	ck_assert(takes(&g, STORM_UNKNOWN, VL_FRAME_LEN_MAX, 0, GUARD_NONE));
	ck_assert(
	    !takes(&g, STORM_UNKNOWN, 125, NS_PER_S - 1, GUARD_STORM_BEGAN));
	for (uint64_t s = 1; s <= 10; s++)
		n += takes(&g, STORM_UNKNOWN, 125, s * NS_PER_S, GUARD_NONE);
	ck_assert_uint_eq(n, 10);
}
END_TEST

START_TEST(a_storm_begins_once_and_ends_after_a_second_of_calm)
{
	struct guard g = { .blocks = false };

	guard_set_limit(&g, STORM_BROADCAST, 1, 0, 1, 0, 0);
	ck_assert(!guard_is_busy(&g));
	ck_assert(takes(&g, STORM_BROADCAST, 60, 0, GUARD_NONE));
	ck_assert(!takes(&g, STORM_BROADCAST, 60, 0, GUARD_STORM_BEGAN));
	ck_assert(!takes(&g, STORM_BROADCAST, 60, 500 * NS_PER_MS, GUARD_NONE));
	ck_assert(guard_is_busy(&g));
	ck_assert(!guard_calm(&g, STORM_BROADCAST, 1500 * NS_PER_MS - 1));
	ck_assert(guard_calm(&g, STORM_BROADCAST, 1500 * NS_PER_MS));
	ck_assert(!guard_calm(&g, STORM_BROADCAST, 1500 * NS_PER_MS));
	ck_assert(!guard_is_busy(&g));
}
END_TEST

START_TEST(a_guard_that_blocks_says_until_when)
{
	struct guard g = { .blocks = true, .recover_ns = NS_PER_S };

	guard_set_limit(&g, STORM_BROADCAST, 1, 0, 1, 0, 0);
	ck_assert(takes(&g, STORM_BROADCAST, 60, 5, GUARD_NONE));
	ck_assert(!takes(&g, STORM_BROADCAST, 60, 5, GUARD_BLOCKED));
	ck_assert(g.blocked);
	ck_assert_uint_eq(g.unblock_ns, 5 + NS_PER_S);
	ck_assert(guard_unblock(&g));
	ck_assert(!guard_unblock(&g));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_bucket_begins_full_and_holds_its_burst, 0 },
		{ a_token_is_there_when_its_time_has_come, 0 },
		{ no_token_is_lost_in_rounding, 0 },
		{ a_long_pause_fills_it_and_no_more, 0 },
		{ what_exceeds_the_burst_never_passes, 0 },
		{ without_a_rate_there_is_no_limit, 0 },
		{ frames_are_told_apart_by_destination_and_look_up,
		  UNIT_ROWS(frames) },
		{ classes_have_limits_of_their_own, 0 },
		{ bits_are_limited_like_frames, 0 },
		{ a_storm_begins_once_and_ends_after_a_second_of_calm, 0 },
		{ a_guard_that_blocks_says_until_when, 0 },
		{ NULL, 0 },
	};

	return unit_run("storm-guard", tests, NULL, NULL);
}
