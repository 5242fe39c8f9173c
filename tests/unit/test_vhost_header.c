/* struct virtio_net_hdr, to and from what a frame's sender has left to do. */
#include "switch/ports/vhost-header.h"

#include <stdint.h>
#include <string.h>

#include "switch/frame.h"
#include "tests/unit/unit.h"

/* Each one as VIRTIO 1.2 says, 5.1.6, and both ways the same. */
static const struct same {
	uint8_t octets[VHOST_NET_HEADER_MAX];
	struct frame_offload offload;
} same[] = {
	{ { [10] = 1 }, { .segmentation = FRAME_SEGMENT_NONE } },
	{ { 1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 1 },
	  { .needs_checksum = true,
	    .checksum_start = 34,
	    .checksum_offset = 16 } },
	{ { 1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0, 1 },
	  { .segmentation = FRAME_SEGMENT_TCP4,
	    .needs_checksum = true,
	    .header_len = 54,
	    .segment_len = 1460,
	    .checksum_start = 34,
	    .checksum_offset = 16 } },
	{ { 1, 0x81, 54, 0, 0xb4, 5, 34, 0, 16, 0, 1 },
	  { .segmentation = FRAME_SEGMENT_TCP4,
	    .ecn = true,
	    .needs_checksum = true,
	    .header_len = 54,
	    .segment_len = 1460,
	    .checksum_start = 34,
	    .checksum_offset = 16 } },
	{ { 1, 3, 42, 0, 0xc8, 5, 34, 0, 6, 0, 1 },
	  { .segmentation = FRAME_SEGMENT_UDP,
	    .needs_checksum = true,
	    .header_len = 42,
	    .segment_len = 1480,
	    .checksum_start = 34,
	    .checksum_offset = 6 } },
	{ { 1, 4, 74, 0, 0xa0, 5, 54, 0, 16, 0, 1 },
	  { .segmentation = FRAME_SEGMENT_TCP6,
	    .needs_checksum = true,
	    .header_len = 74,
	    .segment_len = 1440,
	    .checksum_start = 54,
	    .checksum_offset = 16 } },
	{ { 1, 5, 0xff, 0xff, 0xfe, 0xff, 0xfd, 0xff, 0xfc, 0xff, 1 },
	  { .segmentation = FRAME_SEGMENT_UDP_L4,
	    .needs_checksum = true,
	    .header_len = 0xffff,
	    .segment_len = 0xfffe,
	    .checksum_start = 0xfffd,
	    .checksum_offset = 0xfffc } },
};

static void
check_same(const struct frame_offload *a, const struct frame_offload *b)
{
	ck_assert_uint_eq(a->segmentation, b->segmentation);
	ck_assert(a->ecn == b->ecn);
	ck_assert(a->needs_checksum == b->needs_checksum);
	ck_assert(a->checksum_valid == b->checksum_valid);
	ck_assert_uint_eq(a->header_len, b->header_len);
	ck_assert_uint_eq(a->segment_len, b->segment_len);
	ck_assert_uint_eq(a->checksum_start, b->checksum_start);
	ck_assert_uint_eq(a->checksum_offset, b->checksum_offset);
}

START_TEST(what_is_left_to_do_is_read)
{
	struct frame_offload offload;

	memset(&offload, 0xff, sizeof(offload));
	ck_assert(vhost_header_read(same[_i].octets, &offload));
	check_same(&offload, &same[_i].offload);
}
END_TEST

START_TEST(what_is_left_to_do_is_written)
{
	uint8_t octets[VHOST_NET_HEADER_MAX];

	for (int trusts = 0; trusts < 2; trusts++) {
		memset(octets, 0xff, sizeof(octets));
		vhost_header_write(&same[_i].offload, trusts != 0, octets);
		ck_assert_mem_eq(octets, same[_i].octets, sizeof(octets));
	}
}
END_TEST

/* Linux does so for frames that need nothing. */
START_TEST(numbers_without_a_flag_mean_nothing)
{
	const uint8_t octets[VHOST_NET_HEADER_MAX] = { 0, 0, 9, 9, 9, 9,
						       9, 9, 9, 9, 9, 9 };
	const struct frame_offload nothing = { 0 };
	struct frame_offload offload;

	ck_assert(vhost_header_read(octets, &offload));
	check_same(&offload, &nothing);
}
END_TEST

START_TEST(that_a_checksum_is_right_is_not_for_a_driver_to_say)
{
	const uint8_t octets[VHOST_NET_HEADER_MAX] = { 2 | 4 | 0x80 };
	const struct frame_offload nothing = { 0 };
	struct frame_offload offload;

	ck_assert(vhost_header_read(octets, &offload));
	check_same(&offload, &nothing);
}
END_TEST

/* 2 was never given, 6 is the first one after those that are known; ECN is of
 * TCP, which offload_check() holds against the kind. */
static const uint8_t unknown[] = { 2, 6, 0x7f, 0x80, 0x82, 0xff };

START_TEST(a_kind_that_there_is_not_is_refused)
{
	uint8_t octets[VHOST_NET_HEADER_MAX] = { 1, unknown[_i] };
	struct frame_offload offload;

	ck_assert(!vhost_header_read(octets, &offload));
}
END_TEST

START_TEST(a_right_checksum_is_told_to_those_who_asked)
{
	const struct frame_offload valid = { .checksum_valid = true };
	uint8_t octets[VHOST_NET_HEADER_MAX];

	vhost_header_write(&valid, true, octets);
	ck_assert_uint_eq(octets[0], 2);
	vhost_header_write(&valid, false, octets);
	ck_assert_uint_eq(octets[0], 0);
}
END_TEST

START_TEST(a_checksum_that_is_missing_is_not_called_right)
{
	const struct frame_offload both = { .checksum_valid = true,
					    .needs_checksum = true };
	uint8_t octets[VHOST_NET_HEADER_MAX];

	vhost_header_write(&both, true, octets);
	ck_assert_uint_eq(octets[0], 1);
}
END_TEST

START_TEST(the_number_of_buffers_has_two_octets)
{
	uint8_t octets[VHOST_NET_HEADER_MAX] = { 0 };

	vhost_header_set_buffers(octets, 0x1234);
	ck_assert_uint_eq(octets[VHOST_NET_HEADER_BUFFERS_AT], 0x34);
	ck_assert_uint_eq(octets[VHOST_NET_HEADER_BUFFERS_AT + 1], 0x12);
	for (unsigned i = 0; i < VHOST_NET_HEADER_BUFFERS_AT; i++)
		ck_assert_uint_eq(octets[i], 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_left_to_do_is_read, UNIT_ROWS(same) },
		{ what_is_left_to_do_is_written, UNIT_ROWS(same) },
		{ numbers_without_a_flag_mean_nothing, 0 },
		{ that_a_checksum_is_right_is_not_for_a_driver_to_say, 0 },
		{ a_kind_that_there_is_not_is_refused, UNIT_ROWS(unknown) },
		{ a_right_checksum_is_told_to_those_who_asked, 0 },
		{ a_checksum_that_is_missing_is_not_called_right, 0 },
		{ the_number_of_buffers_has_two_octets, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost_header", tests, NULL, NULL);
}
