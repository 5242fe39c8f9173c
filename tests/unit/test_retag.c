/* Tags on frames of which only the head is ours. */
#include "config.h"

#include "switch/retag.h"

#include <string.h>
#include <sys/uio.h>

#include "switch/vid.h"
#include "tests/unit/unit.h"

enum {
	LEN = 60000,
	HEAD = FRAME_HEAD_LEN,
	VID = 10,
	POOL_BYTES = 1024 * 1024,
	LITTLE = 16 * 1024, /* less than the frame's rest */
};

static struct frame_pool *pool;
static uint8_t octets[LEN];    /* as they were handed in */
static uint8_t elsewhere[LEN]; /* the peer's memory */
static struct iovec rest;
static struct frame *frame; /* the kind's reference */

static void
setup(void)
{
	pool = frame_pool_new(POOL_BYTES);
	for (size_t i = 0; i < LEN; i++)
		octets[i] = (uint8_t)(i * 7 + (i >> 8));
}

/* Handed in, as it is tagged.  Return: the switch's reference. */
static struct frame *
hand_in(enum vid_tagging tagging)
{
	if (tagging != VID_UNTAGGED)
		memcpy(octets + 12, "\x81\x00\x60\x00", 4);
	memcpy(elsewhere, octets, LEN);
	frame = frame_alloc(pool, HEAD);
	memcpy(frame->data, octets, HEAD);
	rest.iov_base = elsewhere + HEAD;
	rest.iov_len = LEN - HEAD;
	frame->len = LEN;
	frame->head_len = HEAD;
	frame->rest = &rest;
	frame->n_rest = 1;
	frame->vid = VID;
	frame->tagging = (uint8_t)tagging;
	frame->offload = (struct frame_offload){
		.segmentation = FRAME_SEGMENT_TCP4,
		.needs_checksum = true,
		.header_len = 54,
		.segment_len = 1448,
		.checksum_start = 34,
		.checksum_offset = 16,
	};
	return frame_ref(frame);
}

/* The turn ends, and the peer has its memory back. */
static void
end_turn(void)
{
	frame_pool_gather(pool);
	if (frame->refs > 1)
		frame_gather(frame);
	frame_unref(frame);
	memset(elsewhere, 0xee, LEN);
}

static void
teardown(void)
{
	ck_assert_uint_eq(frame_pool_in_use(pool), 0);
	frame_pool_free(pool);
}

static const struct {
	enum vid_tagging tagging;
	bool tagged;
	int by; /* how many octets more */
} rows[] = {
	{ VID_UNTAGGED, true, 4 },
	{ VID_PRIORITY, true, 0 },
	{ VID_PRIORITY, false, -4 },
	{ VID_TAGGED, false, -4 },
};

/* Of @f, which is another version of what was handed in. */
static void
assert_version(const struct frame *f, int row)
{
	uint8_t got[LEN + 4];
	size_t from = rows[row].tagging == VID_UNTAGGED ? 12 : 16;
	size_t to = rows[row].tagged ? 16 : 12;

	ck_assert_uint_eq(f->len, LEN + (uint32_t)rows[row].by);
	frame_copy_octets(f, 0, f->len, got);
	ck_assert_mem_eq(got, octets, 12);
	if (rows[row].tagged) {
		ck_assert_uint_eq(got[12] << 8 | got[13], 0x8100);
		ck_assert_uint_eq((got[14] & 0xf) << 8 | got[15], VID);
	}
	ck_assert_mem_eq(got + to, octets + from, LEN - from);
	ck_assert_int_eq(f->offload.checksum_start, 34 + rows[row].by);
	ck_assert_int_eq(f->offload.header_len, 54 + rows[row].by);
}

START_TEST(a_tag_goes_and_comes_in_the_head_alone)
{
	struct frame *f = hand_in(rows[_i].tagging);
	size_t before = frame_pool_bytes(pool);
	struct retag_tally tally = retag_frames(&f, 1, 0x8100, rows[_i].tagged);

	ck_assert_uint_eq(tally.n_made, 1);
	ck_assert_ptr_ne(f, frame);
	ck_assert_ptr_eq(f->rest, &rest);
	ck_assert_int_eq(f->head_len, HEAD + rows[_i].by);
	ck_assert_uint_lt(frame_pool_bytes(pool) - before, LITTLE);
	assert_version(f, _i);
	/* and the one that was handed in is as it was */
	ck_assert_uint_eq(frame->refs, 1);
	ck_assert_uint_eq(frame->head_len, HEAD);
	ck_assert_mem_eq(frame->data, octets, HEAD);
	end_turn();
	ck_assert_ptr_null(f->rest);
	assert_version(f, _i);
	frame_unref(f);
}
END_TEST

START_TEST(one_that_nobody_has_any_more_is_not_gathered)
{
	struct frame *f = hand_in(VID_UNTAGGED);
	size_t before;

	ck_assert_uint_eq(retag_frames(&f, 1, 0x8100, true).n_made, 1);
	before = frame_pool_bytes(pool);
	frame_unref(f);
	end_turn();
	ck_assert_uint_eq(frame_pool_bytes(pool), before);
}
END_TEST

START_TEST(versions_of_versions_are_gathered_too)
{
	struct frame *tagged = hand_in(VID_UNTAGGED), *back;

	ck_assert_uint_eq(retag_frames(&tagged, 1, 0x8100, true).n_made, 1);
	back = frame_ref(tagged);
	ck_assert_uint_eq(retag_frames(&back, 1, 0x8100, false).n_made, 1);
	ck_assert_ptr_ne(back, tagged);
	frame_gather(tagged); /* somebody cannot wait */
	end_turn();
	assert_version(tagged, 0);
	ck_assert_ptr_null(back->rest);
	ck_assert_uint_eq(back->len, LEN);
	ck_assert_mem_eq(back->data, octets, LEN);
	frame_unref(tagged);
	frame_unref(back);
}
END_TEST

START_TEST(an_exhausted_pool_costs_the_version)
{
	struct frame *f = hand_in(VID_UNTAGGED);
	struct frame *hog[POOL_BYTES / FRAME_SMALL];
	struct retag_tally tally;
	size_t n = 0;

	while ((hog[n] = frame_alloc(pool, 0)) != NULL)
		n++;
	tally = retag_frames(&f, 1, 0x8100, true);
	ck_assert_uint_eq(tally.n_made, 0);
	ck_assert_uint_eq(tally.n_no_buffer, 1);
	ck_assert_uint_eq(frame->refs, 1);
	while (n > 0)
		frame_unref(hog[--n]);
	end_turn();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_tag_goes_and_comes_in_the_head_alone, UNIT_ROWS(rows) },
		{ one_that_nobody_has_any_more_is_not_gathered, 0 },
		{ versions_of_versions_are_gathered_too, 0 },
		{ an_exhausted_pool_costs_the_version, 0 },
		{ NULL, 0 },
	};

	return unit_run("retag", tests, setup, teardown);
}
