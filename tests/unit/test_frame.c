#include "switch/frame.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "switch/counters.h"
#include "tests/unit/unit.h"

enum { POOL_BYTES = 4 * 1024 * 1024 };
static struct frame_pool *pool;

static void
setup(void)
{
	pool = frame_pool_new(POOL_BYTES);
}

static void
teardown(void)
{
	ck_assert_uint_eq(frame_pool_in_use(pool), 0);
	frame_pool_free(pool);
}

/* A frame of @len octets 1, 2, 3, ... */
static void
fill(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i + 1);
}

static void
assert_filled(const struct frame *frame, size_t len)
{
	ck_assert_uint_eq(frame->len, len);
	for (size_t i = 0; i < len; i++)
		ck_assert_uint_eq(frame->data[i], (uint8_t)(i + 1));
}

static struct frame *
filled(size_t len)
{
	struct frame *frame = frame_alloc(pool, len);

	ck_assert_ptr_nonnull(frame);
	frame->len = (uint32_t)len;
	fill(frame->data, len);
	return frame;
}

static const size_t capacities[] = {
	0,    1,     FRAME_SMALL, FRAME_SMALL + 1, 4096,
	4097, 32768, 32769,	  FRAME_LEN_MAX,
};

START_TEST(a_frame_has_the_room_asked_for_and_its_headroom)
{
	struct frame *frame = frame_alloc(pool, capacities[_i]);
	size_t room =
	    capacities[_i] > FRAME_SMALL ? capacities[_i] : FRAME_SMALL;

	/* ASan checks the borders */
	memset(frame->data - FRAME_HEADROOM, 0xee, FRAME_HEADROOM + room);
	ck_assert_uint_eq(frame->len, 0);
	ck_assert_uint_eq(frame->refs, 1);
	ck_assert_uint_eq(frame_pool_in_use(pool), 1);
	frame_unref(frame);
}
END_TEST

/* Whatever the one was that lay in the same memory before. */
START_TEST(a_frame_that_is_lent_out_again_is_as_new)
{
	static const struct iovec iov = { NULL, 0 };
	struct frame *frame = filled(100), *again;

	frame->in_port = frame->out_port = 7;
	frame->vid = 8;
	frame->tagging = 1;
	frame->edited = true;
	frame_add_mark(frame, 9);
	frame->n_injects = 3;
	memset(&frame->offload, 1, sizeof(frame->offload));
	frame->head_len = frame->n_rest = 5;
	frame->rest = &iov;
	frame->time_ns = 10;
	frame_unref(frame);
	again = frame_alloc(pool, 100);
	ck_assert_ptr_eq(again, frame);
	ck_assert_uint_eq(again->len, 0);
	ck_assert_uint_eq(again->refs, 1);
	ck_assert_uint_eq(again->in_port, PORT_NONE);
	ck_assert_uint_eq(again->out_port, PORT_NONE);
	ck_assert_uint_eq(again->vid, 0);
	ck_assert_uint_eq(again->tagging, 0);
	ck_assert(!again->edited && !again->scattered);
	ck_assert_uint_eq(again->n_marks, 0);
	ck_assert_uint_eq(again->n_injects, 0);
	ck_assert_uint_eq(again->holder, FRAME_FREE);
	ck_assert(frame_is_plain(again));
	ck_assert(!again->offload.checksum_valid && !again->offload.ecn);
	ck_assert_uint_eq(again->head_len, 0);
	ck_assert_uint_eq(again->n_rest, 0);
	ck_assert_uint_eq(again->time_ns, 0);
	frame_unref(again);
}
END_TEST

START_TEST(an_exhausted_pool_gives_null_until_a_frame_is_back)
{
	struct frame *frames[POOL_BYTES / FRAME_SMALL];
	size_t n = 0;

	while ((frames[n] = frame_alloc(pool, 0)) != NULL)
		n++;
	ck_assert_uint_gt(n, POOL_BYTES / FRAME_SMALL / 2);
	ck_assert_ptr_null(frame_alloc(pool, 0));
	frame_unref(frames[0]);
	frames[0] = frame_alloc(pool, 0);
	ck_assert_ptr_nonnull(frames[0]);
	ck_assert_ptr_null(frame_alloc(pool, 0));
	while (n > 0)
		frame_unref(frames[--n]);
}
END_TEST

START_TEST(memory_of_one_size_can_become_another)
{
	struct frame *frames[POOL_BYTES / FRAME_SMALL];
	size_t n = 0;

	while ((frames[n] = frame_alloc(pool, 0)) != NULL)
		n++;
	while (n > 0)
		frame_unref(frames[--n]);
	while ((frames[n] = frame_alloc(pool, FRAME_LEN_MAX)) != NULL)
		n++;
	ck_assert_uint_gt(n, POOL_BYTES / FRAME_LEN_MAX / 2);
	ck_assert_uint_le(n, POOL_BYTES / FRAME_LEN_MAX);
	while (n > 0)
		frame_unref(frames[--n]);
}
END_TEST

/* Takes @n frames at once and gives them back. */
static void
need(size_t n)
{
	struct frame *frames[200];

	for (size_t i = 0; i < n; i++)
		frames[i] = filled(1000);
	for (size_t i = 0; i < n; i++)
		frame_unref(frames[i]);
}

START_TEST(what_was_not_needed_between_two_trims_is_given_back)
{
	size_t for_200, for_150, for_none;

	need(200);
	for_200 = frame_pool_bytes(pool);
	frame_pool_trim(pool);
	ck_assert_uint_eq(frame_pool_bytes(pool), for_200);
	need(150);
	frame_pool_trim(pool);
	for_150 = frame_pool_bytes(pool);
	ck_assert_uint_le(for_150, for_200 - 50 * FRAME_SMALL);
	ck_assert_uint_ge(for_150, 150 * FRAME_SMALL);
	need(150);
	frame_pool_trim(pool);
	ck_assert_uint_eq(frame_pool_bytes(pool), for_150);
	frame_pool_trim(pool);
	for_none = frame_pool_bytes(pool);
	ck_assert_uint_le(for_none, for_150 - 150 * FRAME_SMALL);
	need(200);
	ck_assert_uint_eq(frame_pool_bytes(pool), for_200);
}
END_TEST

START_TEST(a_frame_nobody_shares_is_written_in_place)
{
	struct frame *frame = filled(100);

	ck_assert_ptr_eq(frame_writable(frame), frame);
	frame_unref(frame);
}
END_TEST

START_TEST(a_shared_frame_is_copied_before_it_is_written)
{
	struct frame *frame = filled(100);
	struct frame *mine;

	frame->in_port = 3;
	frame->out_port = 4;
	frame->time_ns = 5;
	mine = frame_writable(frame_ref(frame));
	ck_assert_ptr_ne(mine, frame);
	assert_filled(mine, 100);
	ck_assert_uint_eq(mine->in_port, 3);
	ck_assert_uint_eq(mine->out_port, 4);
	ck_assert_uint_eq(mine->time_ns, 5);
	mine->data[0] = 0xff;
	assert_filled(frame, 100);
	ck_assert_uint_eq(frame->refs, 1);
	frame_unref(mine);
	frame_unref(frame);
}
END_TEST

START_TEST(octets_seen_by_two_descriptors_are_copied_before_they_are_written)
{
	struct frame *frame = filled(100);
	struct frame *other = frame_share(frame);
	struct frame *mine;

	ck_assert_ptr_ne(other, frame);
	ck_assert_ptr_eq(other->data, frame->data);
	mine = frame_writable(other);
	ck_assert_ptr_ne(mine->data, frame->data);
	assert_filled(mine, 100);
	frame_unref(mine);
	frame_unref(frame);
}
END_TEST

START_TEST(a_runt_is_padded_with_zeros)
{
	struct frame *frame = frame_alloc(pool, 0);

	memset(frame->data, 0xee, FRAME_SMALL); /* of an earlier frame */
	frame->len = (uint32_t)_i;
	fill(frame->data, frame->len);
	frame = frame_pad(frame);
	assert_filled(frame, (size_t)_i);
	ck_assert_uint_eq(frame_wire_len(frame),
			  _i < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : _i);
	for (uint32_t i = frame->len; i < FRAME_LEN_PADDED; i++)
		ck_assert_uint_eq(frame->data[i], 0);
	ck_assert_uint_eq(frame->data[frame_wire_len(frame)], 0xee);
	frame_unref(frame);
}
END_TEST

START_TEST(padding_a_runt_in_a_block_leaves_its_neighbour_alone)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *runt, *next;

	fill(frame_block_data(block), 200);
	runt = frame_block_cut(block, 0, 20);
	next = frame_block_cut(block, 20, 180);
	runt = frame_pad(runt);
	assert_filled(runt, 20);
	for (uint32_t i = 20; i < FRAME_LEN_PADDED; i++)
		ck_assert_uint_eq(runt->data[i], 0);
	for (uint32_t i = 0; i < 180; i++)
		ck_assert_uint_eq(next->data[i], (uint8_t)(i + 21));
	frame_unref(runt);
	frame_unref(next);
	frame_block_free(block);
}
END_TEST

START_TEST(a_runt_at_the_end_of_a_block_is_padded)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *runt;

	fill(frame_block_data(block) + FRAME_BLOCK_SIZE - 14, 14);
	runt = frame_pad(frame_block_cut(block, FRAME_BLOCK_SIZE - 14, 14));
	assert_filled(runt, 14);
	ck_assert_uint_eq(runt->data[FRAME_LEN_PADDED - 1], 0);
	frame_unref(runt);
	frame_block_free(block);
}
END_TEST

START_TEST(a_block_is_shared_as_long_as_a_frame_of_it_lives)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *a, *b;

	ck_assert(!frame_block_shared(block));
	a = frame_block_cut(block, 0, 60);
	b = frame_block_cut(block, 60, 60);
	frame_unref(a);
	ck_assert(frame_block_shared(block));
	frame_unref(b);
	ck_assert(!frame_block_shared(block));
	frame_block_free(block);
	frame_block_free(NULL);
}
END_TEST

START_TEST(a_frame_outlives_its_block)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *frame = frame_block_cut(block, 10, 100);

	fill(frame_block_data(block) + 10, 100);
	frame_block_free(block);
	assert_filled(frame, 100);
	frame_unref(frame);
}
END_TEST

START_TEST(a_settled_frame_lets_its_block_go)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *frame = frame_block_cut(block, 0, 100);

	fill(frame_block_data(block), 100);
	frame->in_port = 3;
	ck_assert_ptr_eq(frame_settle(frame), frame);
	ck_assert(!frame_block_shared(block));
	assert_filled(frame, 100);
	ck_assert_uint_eq(frame->in_port, 3);
	ck_assert_ptr_eq(frame_settle(frame), frame);
	frame_unref(frame);
	frame_block_free(block);
}
END_TEST

START_TEST(everybody_who_settles_a_shared_frame_gets_the_same_one)
{
	struct frame_block *block = frame_block_new(pool);
	struct frame *frame = frame_block_cut(block, 0, 100);
	const uint8_t *data = frame->data;
	struct frame *a, *b, *last;

	fill(frame_block_data(block), 100);
	a = frame_settle(frame_ref(frame));
	b = frame_settle(frame_ref(frame));
	ck_assert_ptr_ne(a, frame);
	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_eq(frame->data, data); /* others may be reading there */
	ck_assert_uint_eq(frame_pool_in_use(pool), 2);
	last = frame_settle(frame);
	ck_assert_ptr_eq(last, a);
	ck_assert(!frame_block_shared(block));
	ck_assert_uint_eq(frame_pool_in_use(pool), 1);
	ck_assert_uint_eq(a->refs, 3);
	assert_filled(a, 100);
	frame_unref(a);
	frame_unref(b);
	frame_unref(last);
	frame_block_free(block);
}
END_TEST

START_TEST(a_frame_in_a_buffer_of_its_size_stays_there_when_settled)
{
	struct frame *frame = filled(FRAME_SMALL + 1);
	const uint8_t *data = frame->data;

	ck_assert_ptr_eq(frame_settle(frame), frame);
	ck_assert_ptr_eq(frame->data, data);
	frame_unref(frame);
}
END_TEST

START_TEST(an_exhausted_pool_leaves_a_frame_where_it_was)
{
	struct frame_pool *small = frame_pool_new(FRAME_BLOCK_SIZE + 72 * 1024);
	struct frame_block *block = frame_block_new(small);
	struct frame *frame = frame_block_cut(block, 0, 100);
	struct frame *hog[64];
	size_t n = 0;

	fill(frame_block_data(block), 100);
	while ((hog[n] = frame_alloc(small, 0)) != NULL)
		n++;
	ck_assert_ptr_eq(frame_settle(frame), frame);
	assert_filled(frame, 100);
	ck_assert_ptr_null(frame_writable(frame)); /* drops it */
	ck_assert(!frame_block_shared(block));
	while (n > 0)
		frame_unref(hog[--n]);
	frame_block_free(block);
	frame_pool_free(small);
}
END_TEST

/* ---- frames of which a part lies elsewhere ---- */

enum { PARTS = 3 };
static uint8_t elsewhere[FRAME_LEN_MAX];
static struct iovec rest[PARTS];

/* A frame of @len octets 1, 2, 3, ..., @head of them at .data, the others in
 * pieces of 1 octet, none, and all that is left. */
static struct frame *
scattered(size_t len, size_t head)
{
	static const size_t lens[PARTS] = { 1, 0, SIZE_MAX };
	struct frame *frame = frame_alloc(pool, head);
	size_t at = head;

	ck_assert_uint_gt(len, head);
	fill(elsewhere, len);
	memcpy(frame->data, elsewhere, head);
	for (size_t i = 0; i < PARTS; i++) {
		rest[i].iov_base = elsewhere + at;
		rest[i].iov_len = lens[i] < len - at ? lens[i] : len - at;
		at += rest[i].iov_len;
	}
	frame->len = (uint32_t)len;
	frame->head_len = (uint16_t)head;
	frame->rest = rest;
	frame->n_rest = PARTS;
	return frame;
}

/* What happens there later is nothing to @frame. */
static void
assert_gathered(const struct frame *frame, size_t len)
{
	memset(elsewhere, 0xee, sizeof(elsewhere));
	ck_assert_ptr_null(frame->rest);
	assert_filled(frame, len);
}

static const struct {
	size_t len, head;
} scatters[] = {
	{ FRAME_WHOLE_LEN + 1, FRAME_HEAD_LEN },
	{ FRAME_SMALL, FRAME_HEAD_LEN },
	{ FRAME_SMALL + 1, FRAME_HEAD_LEN },
	{ FRAME_LEN_MAX, FRAME_HEAD_LEN },
	{ FRAME_LEN_MAX, FRAME_SMALL },
	{ 61, 14 },
};

START_TEST(a_scattered_frame_is_gathered_for_everybody)
{
	struct frame *frame = scattered(scatters[_i].len, scatters[_i].head);
	const struct frame *other = frame_ref(frame);

	frame_gather(other);
	assert_gathered(frame, scatters[_i].len);
	frame_gather(frame);
	assert_filled(frame, scatters[_i].len);
	frame_unref(frame);
	frame_unref(frame);
}
END_TEST

START_TEST(octets_are_copied_from_wherever_they_are)
{
	enum { LEN = 400, HEAD = 128 };
	struct frame *frame = scattered(LEN, HEAD);
	uint8_t copied[LEN + 1];

	for (size_t at = 0; at <= LEN; at++) {
		for (size_t n = 0; n <= LEN - at; n++) {
			copied[n] = 0x5a;
			frame_copy_octets(frame, at, n, copied);
			ck_assert_int_eq(memcmp(copied, elsewhere + at, n), 0);
			ck_assert_uint_eq(copied[n], 0x5a);
		}
	}
	ck_assert_ptr_nonnull(frame->rest);
	frame_unref(frame);
	frame = filled(100);
	frame_copy_octets(frame, 0, 100, copied);
	fill(elsewhere, 100);
	ck_assert_int_eq(memcmp(copied, elsewhere, 100), 0);
	frame_unref(frame);
}
END_TEST

static struct frame *
by_settling(struct frame *frame)
{
	return frame_settle(frame);
}

static struct frame *
by_writing(struct frame *frame)
{
	return frame_writable(frame);
}

static struct frame *
by_sharing(struct frame *frame)
{
	struct frame *other = frame_share(frame);

	frame_unref(frame);
	return other;
}

static struct frame *
by_resizing(struct frame *frame)
{
	uint32_t len = frame->len;

	ck_assert(frame_resize(frame, len + 1));
	ck_assert(frame_resize(frame, len));
	return frame;
}

/* @frame: one reference, taken; Return: what has become of it. */
static struct frame *(*const touches[])(struct frame *frame) = {
	by_settling,
	by_writing,
	by_sharing,
	by_resizing,
};

static const struct frame_offload unfinished = {
	.segmentation = FRAME_SEGMENT_TCP6,
	.needs_checksum = true,
	.ecn = true,
	.header_len = 86,
	.segment_len = 1440,
	.checksum_start = 54,
	.checksum_offset = 16,
};

static void
assert_unfinished(const struct frame *frame)
{
	const struct frame_offload *o = &frame->offload;

	ck_assert(!frame_is_finished(frame));
	ck_assert_uint_eq(o->segmentation, FRAME_SEGMENT_TCP6);
	ck_assert(o->needs_checksum && o->ecn && !o->checksum_valid);
	ck_assert_uint_eq(o->header_len, 86);
	ck_assert_uint_eq(o->segment_len, 1440);
	ck_assert_uint_eq(o->checksum_start, 54);
	ck_assert_uint_eq(o->checksum_offset, 16);
}

START_TEST(who_keeps_or_changes_a_scattered_frame_has_all_of_it)
{
	struct frame *frame = scattered(3000, FRAME_HEAD_LEN);

	frame->offload = unfinished;
	frame = touches[_i](frame);
	assert_gathered(frame, 3000);
	assert_unfinished(frame);
	frame_unref(frame);
}
END_TEST

START_TEST(a_scattered_frame_that_others_see_is_copied_and_left)
{
	struct frame *frame = scattered(3000, FRAME_HEAD_LEN);
	struct frame *mine;

	frame->offload = unfinished;
	mine = frame_writable(frame_ref(frame));
	ck_assert_ptr_ne(mine, frame);
	ck_assert_ptr_eq(frame->rest, rest);
	mine->data[1] = 0xff;
	frame_gather(frame);
	assert_gathered(frame, 3000);
	mine->data[1] = 2;
	assert_filled(mine, 3000);
	assert_unfinished(mine);
	frame_unref(mine);
	frame_unref(frame);
}
END_TEST

START_TEST(a_short_scattered_frame_is_padded)
{
	struct frame *frame = frame_pad(scattered(40, 20));

	assert_gathered(frame, 40);
	for (uint32_t i = 40; i < FRAME_LEN_PADDED; i++)
		ck_assert_uint_eq(frame->data[i], 0);
	frame_unref(frame);
}
END_TEST

START_TEST(gathering_needs_no_room_in_the_pool)
{
	struct frame_pool *small = frame_pool_new(72 * 1024);
	struct frame *hog[64], *frame;
	size_t n = 0, full;

	while ((hog[n] = frame_alloc(small, 0)) != NULL)
		n++;
	full = frame_pool_bytes(small);
	frame = hog[--n];
	frame->rest = rest;
	frame->n_rest = 1;
	frame->len = 60000;
	frame->head_len = 1;
	fill(elsewhere, 60000);
	frame->data[0] = 1;
	rest[0] = (struct iovec){ .iov_base = elsewhere + 1, .iov_len = 59999 };
	frame_gather(frame);
	assert_gathered(frame, 60000);
	ck_assert_uint_gt(frame_pool_bytes(small), 72 * 1024);
	ck_assert_ptr_null(frame_alloc(small, 0)); /* nobody else gets more */
	frame_unref(frame);
	ck_assert_uint_le(frame_pool_bytes(small), full);
	while (n > 0)
		frame_unref(hog[--n]);
	frame_pool_free(small);
}
END_TEST

static const struct {
	struct frame_offload offload;
	unsigned needs;
} wants[] = {
	{ { .checksum_valid = true }, 0 },
	{ { .needs_checksum = true }, FRAME_TAKES_CHECKSUM },
	{ { .needs_checksum = true, .segmentation = FRAME_SEGMENT_TCP4 },
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP4 },
	{ { .needs_checksum = true,
	    .segmentation = FRAME_SEGMENT_TCP6,
	    .ecn = true },
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP6 | FRAME_TAKES_ECN },
	{ { .segmentation = FRAME_SEGMENT_UDP }, FRAME_TAKES_UDP },
	{ { .segmentation = FRAME_SEGMENT_UDP_L4 }, FRAME_TAKES_UDP_L4 },
};

START_TEST(a_frame_needs_what_its_sender_has_left_to_others)
{
	struct frame *frame = scattered(300, FRAME_HEAD_LEN);

	frame->offload = wants[_i].offload;
	ck_assert(!frame_is_plain(frame));
	ck_assert_uint_eq(frame_needs(frame),
			  wants[_i].needs | FRAME_TAKES_REST);
	frame_gather(frame);
	ck_assert_uint_eq(frame_needs(frame), wants[_i].needs);
	ck_assert_int_eq(frame_is_finished(frame), wants[_i].needs == 0);
	ck_assert_int_eq(frame_is_plain(frame), wants[_i].needs == 0);
	frame_unref(frame);
}
END_TEST

START_TEST(every_drop_reason_has_a_name_of_its_own)
{
	for (int i = 0; i < N_DROP_REASONS; i++) {
		ck_assert_ptr_nonnull(drop_reason_name(i));
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(drop_reason_name(i),
					 drop_reason_name(k));
	}
}
END_TEST

START_TEST(counters_add_up_member_by_member)
{
	enum { N = sizeof(struct port_counters) / sizeof(uint64_t) };
	struct port_counters sum, c;
	uint64_t a[N], b[N];

	for (uint64_t i = 0; i < N; i++) {
		a[i] = i;
		b[i] = 1000 * i;
	}
	memcpy(&sum, a, sizeof(sum));
	memcpy(&c, b, sizeof(c));
	counters_add(&sum, &c);
	memcpy(a, &sum, sizeof(sum));
	for (uint64_t i = 0; i < N; i++)
		ck_assert_uint_eq(a[i], 1001 * i);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_has_the_room_asked_for_and_its_headroom,
		  UNIT_ROWS(capacities) },
		{ a_frame_that_is_lent_out_again_is_as_new, 0 },
		{ an_exhausted_pool_gives_null_until_a_frame_is_back, 0 },
		{ memory_of_one_size_can_become_another, 0 },
		{ what_was_not_needed_between_two_trims_is_given_back, 0 },
		{ a_frame_nobody_shares_is_written_in_place, 0 },
		{ a_shared_frame_is_copied_before_it_is_written, 0 },
		{ octets_seen_by_two_descriptors_are_copied_before_they_are_written,
		  0 },
		{ a_runt_is_padded_with_zeros, FRAME_LEN_PADDED + 2 },
		{ padding_a_runt_in_a_block_leaves_its_neighbour_alone, 0 },
		{ a_runt_at_the_end_of_a_block_is_padded, 0 },
		{ a_block_is_shared_as_long_as_a_frame_of_it_lives, 0 },
		{ a_frame_outlives_its_block, 0 },
		{ a_settled_frame_lets_its_block_go, 0 },
		{ everybody_who_settles_a_shared_frame_gets_the_same_one, 0 },
		{ a_frame_in_a_buffer_of_its_size_stays_there_when_settled, 0 },
		{ an_exhausted_pool_leaves_a_frame_where_it_was, 0 },
		{ a_scattered_frame_is_gathered_for_everybody,
		  UNIT_ROWS(scatters) },
		{ octets_are_copied_from_wherever_they_are, 0 },
		{ who_keeps_or_changes_a_scattered_frame_has_all_of_it,
		  UNIT_ROWS(touches) },
		{ a_scattered_frame_that_others_see_is_copied_and_left, 0 },
		{ a_short_scattered_frame_is_padded, 0 },
		{ gathering_needs_no_room_in_the_pool, 0 },
		{ a_frame_needs_what_its_sender_has_left_to_others,
		  UNIT_ROWS(wants) },
		{ every_drop_reason_has_a_name_of_its_own, 0 },
		{ counters_add_up_member_by_member, 0 },
		{ NULL, 0 },
	};

	return unit_run("frame", tests, setup, teardown);
}
