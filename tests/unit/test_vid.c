/* Tags and VLAN rules, octet by octet. */
#include "config.h"

#include "switch/vid.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct vid_rules rules;

static void
setup(void)
{
	vid_rules_init(&rules, 1);
	vid_rules_add(&rules, 10, 20, false, false);
}

static void
teardown(void)
{
}

/* ---- sets and rules ---- */

static void
assert_ranges(const struct vid_set *set, const uint16_t *ranges, size_t n)
{
	uint16_t first = 0, last;
	size_t i;

	for (i = 0; vid_set_range(set, &first, &last); i++) {
		ck_assert_uint_lt(i, n);
		ck_assert_uint_eq(first, ranges[2 * i]);
		ck_assert_uint_eq(last, ranges[2 * i + 1]);
		first = (uint16_t)(last + 1);
	}
	ck_assert_uint_eq(i, n);
}

START_TEST(ranges_of_a_set_are_found_in_order)
{
	struct vid_set set = { { 0 } };

	ck_assert(vid_set_is_empty(&set));
	assert_ranges(&set, NULL, 0);
	vid_set_put(&set, 0, true);
	for (uint16_t vid = 62; vid <= 65; vid++)
		vid_set_put(&set, vid, true);
	vid_set_put(&set, VID_MAX, true);
	ck_assert(!vid_set_is_empty(&set));
	assert_ranges(&set, (uint16_t[]){ 0, 0, 62, 65, VID_MAX, VID_MAX }, 3);
	vid_set_put(&set, 64, false);
	assert_ranges(
	    &set, (uint16_t[]){ 0, 0, 62, 63, 65, 65, VID_MAX, VID_MAX }, 4);
}
END_TEST

START_TEST(the_reserved_vid_is_in_no_range)
{
	struct vid_set set = { { 0 } };

	vid_set_put(&set, VID_NONE, true);
	ck_assert(vid_set_is_empty(&set));
}
END_TEST

START_TEST(new_rules_are_one_vlan_untagged)
{
	vid_rules_init(&rules, 7);
	ck_assert_uint_eq(rules.pvid, 7);
	assert_ranges(&rules.member, (uint16_t[]){ 7, 7 }, 1);
	assert_ranges(&rules.untagged, (uint16_t[]){ 7, 7 }, 1);
	vid_rules_init(&rules, VID_NONE);
	ck_assert_uint_eq(rules.pvid, VID_NONE);
	ck_assert(vid_set_is_empty(&rules.member));
}
END_TEST

START_TEST(adding_a_vlan_again_changes_what_it_was)
{
	vid_rules_add(&rules, 15, 15, true, true);
	ck_assert_uint_eq(rules.pvid, 15);
	assert_ranges(&rules.untagged, (uint16_t[]){ 1, 1, 15, 15 }, 2);
	vid_rules_add(&rules, 15, 15, false, false);
	ck_assert_uint_eq(rules.pvid, VID_NONE);
	assert_ranges(&rules.untagged, (uint16_t[]){ 1, 1 }, 1);
	assert_ranges(&rules.member, (uint16_t[]){ 1, 1, 10, 20 }, 2);
}
END_TEST

START_TEST(deleting_vlans_takes_the_pvid_with_them)
{
	vid_rules_del(&rules, 2, 12);
	ck_assert_uint_eq(rules.pvid, 1);
	assert_ranges(&rules.member, (uint16_t[]){ 1, 1, 13, 20 }, 2);
	vid_rules_del(&rules, 0, VID_MAX);
	ck_assert_uint_eq(rules.pvid, VID_NONE);
	ck_assert(vid_set_is_empty(&rules.member));
	ck_assert(vid_set_is_empty(&rules.untagged));
}
END_TEST

/* ---- what comes in ---- */

/* TPID and TCI of a frame, how long it is, and what becomes of it. */
static const struct {
	uint16_t type, tci;
	uint32_t len;
	enum vid_verdict verdict;
	uint16_t vid;
	enum vid_tagging tagging;
} classes[] = {
	{ 0x0800, 0x4500, 60, VID_OK, 1, VID_UNTAGGED },
	{ 0x0800, 0x4500, 14, VID_OK, 1, VID_UNTAGGED },
	{ 0x8100, 0x000a, 60, VID_OK, 10, VID_TAGGED },
	{ 0x8100, 0xf00a, 60, VID_OK, 10, VID_TAGGED },
	{ 0x8100, 0x0014, 60, VID_OK, 20, VID_TAGGED },
	{ 0x8100, 0x0009, 60, VID_NOT_MEMBER, 9, VID_TAGGED },
	{ 0x8100, 0x0015, 60, VID_NOT_MEMBER, 21, VID_TAGGED },
	{ 0x8100, 0x0ffe, 60, VID_NOT_MEMBER, 4094, VID_TAGGED },
	{ 0x8100, 0x0fff, 60, VID_RESERVED, 4095, VID_TAGGED },
	{ 0x8100, 0xffff, 60, VID_RESERVED, 4095, VID_TAGGED },
	{ 0x8100, 0x0000, 60, VID_OK, 1, VID_PRIORITY },
	{ 0x8100, 0xe000, 60, VID_OK, 1, VID_PRIORITY },
	/* as long as its tag, and an octet too short for it */
	{ 0x8100, 0x000a, 18, VID_OK, 10, VID_TAGGED },
	{ 0x8100, 0x000a, 17, VID_TRUNCATED, VID_NONE, VID_TAGGED },
	{ 0x8100, 0x000a, 16, VID_TRUNCATED, VID_NONE, VID_TAGGED },
	{ 0x8100, 0x0000, 14, VID_TRUNCATED, VID_NONE, VID_TAGGED },
	/* a service tag is payload to a customer bridge */
	{ 0x88a8, 0x000a, 60, VID_OK, 1, VID_UNTAGGED },
};

static enum vid_verdict
classify(uint16_t tpid, uint16_t type, uint16_t tci, uint32_t len,
	 struct vid_class *c)
{
	uint8_t octets[TAGGED_LEN_MIN] = { 2 };

	octets[12] = (uint8_t)(type >> 8);
	octets[13] = (uint8_t)type;
	octets[14] = (uint8_t)(tci >> 8);
	octets[15] = (uint8_t)tci;
	return vid_classify(&rules, tpid, octets, len, c);
}

START_TEST(a_frame_is_in_the_vlan_that_its_tag_or_its_port_says)
{
	struct vid_class c;

	ck_assert_int_eq(classify(TPID_CUSTOMER, classes[_i].type,
				  classes[_i].tci, classes[_i].len, &c),
			 classes[_i].verdict);
	ck_assert_uint_eq(c.vid, classes[_i].vid);
	ck_assert_int_eq(c.tagging, classes[_i].tagging);
}
END_TEST

START_TEST(to_a_service_bridge_customer_tags_are_payload)
{
	struct vid_class c;

	ck_assert_int_eq(classify(TPID_SERVICE, 0x8100, 10, 60, &c), VID_OK);
	ck_assert_uint_eq(c.vid, 1);
	ck_assert_int_eq(c.tagging, VID_UNTAGGED);
	ck_assert_int_eq(classify(TPID_SERVICE, 0x88a8, 10, 60, &c), VID_OK);
	ck_assert_uint_eq(c.vid, 10);
	ck_assert_int_eq(c.tagging, VID_TAGGED);
}
END_TEST

START_TEST(without_a_pvid_only_frames_with_a_vid_come_in)
{
	struct vid_class c;

	vid_rules_del(&rules, 1, 1);
	ck_assert_int_eq(classify(0x8100, 0x0800, 0, 60, &c), VID_NO_PVID);
	ck_assert_int_eq(classify(0x8100, 0x8100, 0, 60, &c), VID_NO_PVID);
	ck_assert_int_eq(classify(0x8100, 0x8100, 10, 60, &c), VID_OK);
}
END_TEST

/* Verdicts for an untagged, a priority-tagged and a tagged frame. */
static const enum vid_verdict accepts[N_VID_ACCEPTS][3] = {
	[VID_ACCEPT_ALL] = { VID_OK, VID_OK, VID_OK },
	[VID_ACCEPT_TAGGED] = { VID_ONLY_TAGGED, VID_ONLY_TAGGED, VID_OK },
	[VID_ACCEPT_UNTAGGED] = { VID_OK, VID_OK, VID_ONLY_UNTAGGED },
};

START_TEST(a_port_accepts_the_frames_it_is_set_to)
{
	struct vid_class c;

	rules.accept = (enum vid_accept)_i;
	ck_assert_int_eq(classify(0x8100, 0x0800, 0, 60, &c), accepts[_i][0]);
	ck_assert_int_eq(classify(0x8100, 0x8100, 0, 60, &c), accepts[_i][1]);
	ck_assert_int_eq(classify(0x8100, 0x8100, 10, 60, &c), accepts[_i][2]);
}
END_TEST

START_TEST(without_filtering_every_vlan_comes_in_but_the_reserved)
{
	struct vid_class c;

	rules.no_filter = true;
	ck_assert_int_eq(classify(0x8100, 0x8100, 9, 60, &c), VID_OK);
	ck_assert_int_eq(classify(0x8100, 0x8100, 4094, 60, &c), VID_OK);
	ck_assert_int_eq(classify(0x8100, 0x8100, 4095, 60, &c), VID_RESERVED);
}
END_TEST

/* ---- what goes out ---- */

START_TEST(a_frame_leaves_as_the_membership_says)
{
	ck_assert_int_eq(vid_leaves(&rules, 1), VID_LEAVES_UNTAGGED);
	ck_assert_int_eq(vid_leaves(&rules, 9), VID_LEAVES_NOT);
	ck_assert_int_eq(vid_leaves(&rules, 10), VID_LEAVES_TAGGED);
	ck_assert_int_eq(vid_leaves(&rules, 20), VID_LEAVES_TAGGED);
	ck_assert_int_eq(vid_leaves(&rules, 21), VID_LEAVES_NOT);
	ck_assert_int_eq(vid_leaves(&rules, VID_NONE), VID_LEAVES_NOT);
}
END_TEST

START_TEST(vlan_0_never_leaves_with_a_tag)
{
	vid_rules_add(&rules, 0, 0, false, false);
	ck_assert_int_eq(vid_leaves(&rules, 0), VID_LEAVES_UNTAGGED);
}
END_TEST

START_TEST(every_name_and_text_is_its_own)
{
	for (int i = 0; i < N_VID_VERDICTS; i++) {
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(vid_verdict_text(i),
					 vid_verdict_text(k));
	}
	for (int i = 0; i < N_VID_ACCEPTS; i++) {
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(vid_accept_name(i),
					 vid_accept_name(k));
	}
}
END_TEST

/* ---- tags in octets ---- */

/* A page between two that nobody may touch. */
struct guarded {
	uint8_t *map, *first, *end;
	size_t page;
};

static struct guarded
guarded_new(void)
{
	struct guarded g = { .page = (size_t)sysconf(_SC_PAGESIZE) };

	g.map = mmap(NULL, 3 * g.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	ck_assert_ptr_ne(g.map, MAP_FAILED);
	g.first = g.map + g.page;
	g.end = g.first + g.page;
	ck_assert_int_eq(mprotect(g.first, g.page, PROT_READ | PROT_WRITE), 0);
	return g;
}

static void
guarded_free(struct guarded *g)
{
	munmap(g->map, 3 * g->page);
}

static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8 };

static void
fill(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = i < 12 ? addresses[i] : (uint8_t)(i * 3 + 1);
}

/* Shortest, and one that fills the page. */
static const size_t spare[] = { 0, 1 };

START_TEST(a_tag_is_pushed_within_the_four_octets_in_front)
{
	struct guarded g = guarded_new();
	size_t len = spare[_i] ? g.page - TAG_LEN : 14;
	uint8_t *frame = g.first + TAG_LEN, *start;
	static const uint8_t tag[4] = { 0x88, 0xa8, 0x0f, 0xfe };

	fill(frame, len);
	start = vid_push(frame, TPID_SERVICE, 0xffe);
	ck_assert_ptr_eq(start, g.first);
	ck_assert_mem_eq(start, addresses, 12);
	ck_assert_mem_eq(start + 12, tag, 4);
	for (size_t i = 12; i < len; i++)
		ck_assert_uint_eq(start[i + 4], (uint8_t)(i * 3 + 1));
	guarded_free(&g);
}
END_TEST

START_TEST(the_shortest_tagged_frame_can_be_read_popped_and_rewritten)
{
	struct guarded g = guarded_new();
	uint8_t *frame = g.end - TAGGED_LEN_MIN, *start;
	struct vid_class c;

	fill(frame, TAGGED_LEN_MIN);
	memcpy(frame + 12, (uint8_t[]){ 0x81, 0, 0xb0, 10, 0x08, 0 }, 6);
	ck_assert_uint_eq(vid_outermost(frame), 10);
	ck_assert_int_eq(
	    vid_classify(&rules, 0x8100, frame, TAGGED_LEN_MIN, &c), VID_OK);
	vid_rewrite(frame, 0xabc);
	ck_assert_mem_eq(frame + 12,
			 ((uint8_t[]){ 0x81, 0, 0xba, 0xbc, 0x08, 0 }), 6);
	start = vid_pop(frame);
	ck_assert_ptr_eq(start, frame + 4);
	ck_assert_mem_eq(start, addresses, 12);
	ck_assert_mem_eq(start + 12, ((uint8_t[]){ 0x08, 0 }), 2);
	guarded_free(&g);
}
END_TEST

START_TEST(a_push_and_a_pop_leave_what_was_there)
{
	uint8_t buf[64 + TAG_LEN], was[64];

	fill(buf + TAG_LEN, 64);
	memcpy(was, buf + TAG_LEN, 64);
	ck_assert_ptr_eq(vid_pop(vid_push(buf + TAG_LEN, 0x8100, 5)),
			 buf + TAG_LEN);
	ck_assert_mem_eq(buf + TAG_LEN, was, 64);
}
END_TEST

START_TEST(the_inner_of_two_tags_is_payload)
{
	uint8_t buf[64 + TAG_LEN];
	uint8_t *p = buf + TAG_LEN;

	fill(p, 64);
	memcpy(p + 12, (uint8_t[]){ 0x81, 0, 0x60, 7 }, 4);
	p = vid_push(p, TPID_SERVICE, 100);
	ck_assert_uint_eq(vid_outermost(p), 100);
	ck_assert_mem_eq(p + 16, ((uint8_t[]){ 0x81, 0, 0x60, 7 }), 4);
	p = vid_pop(p);
	ck_assert_uint_eq(vid_outermost(p), 7);
}
END_TEST

START_TEST(what_is_no_tag_has_no_vid)
{
	uint8_t frame[16] = { 2 };

	memcpy(frame + 12, (uint8_t[]){ 0x08, 0x00, 0x00, 5 }, 4);
	ck_assert_uint_eq(vid_outermost(frame), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ ranges_of_a_set_are_found_in_order, 0 },
		{ the_reserved_vid_is_in_no_range, 0 },
		{ new_rules_are_one_vlan_untagged, 0 },
		{ adding_a_vlan_again_changes_what_it_was, 0 },
		{ deleting_vlans_takes_the_pvid_with_them, 0 },
		{ a_frame_is_in_the_vlan_that_its_tag_or_its_port_says,
		  UNIT_ROWS(classes) },
		{ to_a_service_bridge_customer_tags_are_payload, 0 },
		{ without_a_pvid_only_frames_with_a_vid_come_in, 0 },
		{ a_port_accepts_the_frames_it_is_set_to, N_VID_ACCEPTS },
		{ without_filtering_every_vlan_comes_in_but_the_reserved, 0 },
		{ a_frame_leaves_as_the_membership_says, 0 },
		{ vlan_0_never_leaves_with_a_tag, 0 },
		{ every_name_and_text_is_its_own, 0 },
		{ a_tag_is_pushed_within_the_four_octets_in_front,
		  UNIT_ROWS(spare) },
		{ the_shortest_tagged_frame_can_be_read_popped_and_rewritten,
		  0 },
		{ a_push_and_a_pop_leave_what_was_there, 0 },
		{ the_inner_of_two_tags_is_payload, 0 },
		{ what_is_no_tag_has_no_vid, 0 },
		{ NULL, 0 },
	};

	return unit_run("vid", tests, setup, teardown);
}
