#include "config.h"

#include "switch/ports/kernel-header.h"

#include <string.h>

#include <linux/virtio_net.h>

#include "tests/unit/unit.h"

enum { GSO_UDP_L4 = 5 };

static const struct {
	struct virtio_net_hdr header;
	struct frame_offload offload;
} rows[] = {
	{ { .flags = 0 }, { .segmentation = FRAME_SEGMENT_NONE } },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .csum_start = 0x122,
	    .csum_offset = 16 },
	  { .needs_checksum = true,
	    .checksum_start = 0x122,
	    .checksum_offset = 16 } },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN,
	    .hdr_len = 0x142,
	    .gso_size = 1448,
	    .csum_start = 34,
	    .csum_offset = 16 },
	  { .segmentation = FRAME_SEGMENT_TCP4,
	    .ecn = true,
	    .needs_checksum = true,
	    .header_len = 0x142,
	    .segment_len = 1448,
	    .checksum_start = 34,
	    .checksum_offset = 16 } },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
	    .hdr_len = 74,
	    .gso_size = 1428,
	    .csum_start = 54,
	    .csum_offset = 16 },
	  { .segmentation = FRAME_SEGMENT_TCP6,
	    .needs_checksum = true,
	    .header_len = 74,
	    .segment_len = 1428,
	    .checksum_start = 54,
	    .checksum_offset = 16 } },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = GSO_UDP_L4,
	    .hdr_len = 42,
	    .gso_size = 1472,
	    .csum_start = 34,
	    .csum_offset = 6 },
	  { .segmentation = FRAME_SEGMENT_UDP_L4,
	    .needs_checksum = true,
	    .header_len = 42,
	    .segment_len = 1472,
	    .checksum_start = 34,
	    .checksum_offset = 6 } },
};

static void
assert_offload(const struct frame_offload *got,
	       const struct frame_offload *want)
{
	ck_assert_uint_eq(got->segmentation, want->segmentation);
	ck_assert_int_eq(got->needs_checksum, want->needs_checksum);
	ck_assert_int_eq(got->checksum_valid, want->checksum_valid);
	ck_assert_int_eq(got->ecn, want->ecn);
	ck_assert_uint_eq(got->header_len, want->header_len);
	ck_assert_uint_eq(got->segment_len, want->segment_len);
	ck_assert_uint_eq(got->checksum_start, want->checksum_start);
	ck_assert_uint_eq(got->checksum_offset, want->checksum_offset);
}

START_TEST(what_the_kernel_leaves_to_us_is_read)
{
	struct frame_offload got;

	ck_assert(kernel_header_read(&rows[_i].header, &got));
	assert_offload(&got, &rows[_i].offload);
}
END_TEST

START_TEST(what_is_left_to_the_kernel_is_written)
{
	struct virtio_net_hdr got;

	memset(&got, 0xee, sizeof(got));
	kernel_header_write(&rows[_i].offload, &got);
	ck_assert_mem_eq(&got, &rows[_i].header, sizeof(got));
}
END_TEST

START_TEST(a_checksum_that_the_kernel_has_looked_at_is_right)
{
	const struct virtio_net_hdr header = { .flags = 2 };
	struct virtio_net_hdr back;
	struct frame_offload got;

	ck_assert(kernel_header_read(&header, &got));
	ck_assert(got.checksum_valid && !got.needs_checksum);
	kernel_header_write(&got, &back);
	ck_assert_uint_eq(back.flags, 0); /* it does not take our word */
}
END_TEST

static const uint8_t unknown[] = { 2, 6, 0x7f, VIRTIO_NET_HDR_GSO_ECN };

START_TEST(a_sort_without_a_word_is_refused)
{
	struct virtio_net_hdr header = { .gso_type = unknown[_i] };
	struct frame_offload got;

	ck_assert(!kernel_header_read(&header, &got));
}
END_TEST

/* ---- octets ---- */

enum { HEAD = 128, PIECE = 10 };

static const struct {
	uint16_t n_rest;
	int want;
} pieces[] = {
	{ 1, 2 },
	{ KERNEL_IOVS - 1, KERNEL_IOVS },
	{ KERNEL_IOVS, 1 },
};

START_TEST(octets_that_lie_elsewhere_are_sent_from_there)
{
	struct frame_pool *pool = frame_pool_new(1 << 20);
	struct iovec rest[KERNEL_IOVS], iov[KERNEL_IOVS];
	struct frame *frame = frame_alloc(pool, FRAME_SMALL);
	uint8_t octets[HEAD + PIECE * KERNEL_IOVS], got[sizeof(octets)];
	size_t n_got = 0;
	int n;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < KERNEL_IOVS; i++) {
		rest[i].iov_base = octets + HEAD + PIECE * i;
		rest[i].iov_len = PIECE;
	}
	memcpy(frame->data, octets, HEAD);
	frame->len = HEAD + PIECE * (uint32_t)pieces[_i].n_rest;
	frame->head_len = HEAD;
	frame->rest = rest;
	frame->n_rest = pieces[_i].n_rest;
	n = kernel_header_octets(frame, iov);
	ck_assert_int_eq(n, pieces[_i].want);
	for (int i = 0; i < n; i++) {
		ck_assert_uint_le(n_got + iov[i].iov_len, frame->len);
		memcpy(got + n_got, iov[i].iov_base, iov[i].iov_len);
		n_got += iov[i].iov_len;
	}
	ck_assert_uint_eq(n_got, frame->len);
	ck_assert_mem_eq(got, octets, n_got);
	frame_unref(frame);
	frame_pool_free(pool);
}
END_TEST

START_TEST(a_runt_is_sent_with_its_padding)
{
	struct frame_pool *pool = frame_pool_new(1 << 20);
	struct frame *frame = frame_alloc(pool, 0);
	struct iovec iov[KERNEL_IOVS];

	frame->len = 20;
	ck_assert_int_eq(kernel_header_octets(frame, iov), 1);
	ck_assert_uint_eq(iov[0].iov_len, FRAME_LEN_PADDED);
	ck_assert_ptr_eq(iov[0].iov_base, frame->data);
	frame_unref(frame);
	frame_pool_free(pool);
}
END_TEST

START_TEST(a_set_has_names)
{
	json_t *all = kernel_header_names(KERNEL_TAKES | FRAME_TAKES_UDP_L4 |
					  FRAME_TAKES_REST | FRAME_TAKES_UDP);
	json_t *want = json_pack("[s, s, s, s, s]", "checksum", "tcp4", "tcp6",
				 "ecn", "udp");
	json_t *none = kernel_header_names(0);

	ck_assert(json_equal(all, want));
	ck_assert_uint_eq(json_array_size(none), 0);
	json_decref(all);
	json_decref(want);
	json_decref(none);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_the_kernel_leaves_to_us_is_read, UNIT_ROWS(rows) },
		{ what_is_left_to_the_kernel_is_written, UNIT_ROWS(rows) },
		{ a_checksum_that_the_kernel_has_looked_at_is_right, 0 },
		{ a_sort_without_a_word_is_refused, UNIT_ROWS(unknown) },
		{ octets_that_lie_elsewhere_are_sent_from_there,
		  UNIT_ROWS(pieces) },
		{ a_runt_is_sent_with_its_padding, 0 },
		{ a_set_has_names, 0 },
		{ NULL, 0 },
	};

	return unit_run("kernel_header", tests, NULL, NULL);
}
