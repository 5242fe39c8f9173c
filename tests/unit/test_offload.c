#include "config.h"

#include <errno.h>
#include <string.h>

#include "switch/ports/offload.h"
#include "tests/unit/offload-rig.h"
#include "tests/unit/unit.h"

enum { MSS = 100 };

static struct sample f;

static const struct {
	int protocol;
	bool ipv6;
	size_t n_tags;
} shapes[] = { { 6, false, 0 }, { 6, true, 0 },	 { 17, false, 0 },
	       { 17, true, 0 }, { 6, false, 1 }, { 6, true, 2 } };

START_TEST(a_checksum_is_finished)
{
	for (size_t payload = 0; payload < 70; payload++) {
		sample_make(&f, shapes[_i].protocol, shapes[_i].ipv6,
			    shapes[_i].n_tags, payload);
		ck_assert_int_eq(offload_checksum(f.data, f.len, f.l4,
						  f.protocol == 6 ? 16 : 6),
				 0);
		ck_assert_uint_eq(sample_l4_sum(&f, f.data, f.len), 0xffff);
	}
}
END_TEST

/* To UDP zero means that there is none (RFC 768); all others have zero itself,
 * not the other one of ones' complement (RFC 1624, 3). */
static const struct {
	size_t offset;
	unsigned want;
} zeros[] = { { 2, 0 }, { 6, 0xffff }, { 16, 0 } };

START_TEST(a_checksum_of_zero_is_another_to_udp)
{
	uint8_t data[18] = { 0xff, 0xff };
	size_t at = zeros[_i].offset;

	ck_assert_int_eq(offload_checksum(data, sizeof(data), 0, at), 0);
	ck_assert_uint_eq(data[at] << 8 | data[at + 1], zeros[_i].want);
}
END_TEST

static const struct {
	size_t len, start, offset;
	int ret;
} places[] = {
	{ 60, 34, 24, 0 },
	{ 60, 34, 25, -EINVAL },
	{ 60, 60, 0, -EINVAL },
	{ 60, 61, 0, -EINVAL },
	{ 60, 0, 58, 0 },
	{ 60, 0, 59, -EINVAL },
	{ 60, 0, 61, -EINVAL },
	{ 60, 65535, 65535, -EINVAL },
	{ 0, 0, 0, -EINVAL },
	{ 1, 0, 0, -EINVAL },
	{ 60, 34, SIZE_MAX, -EINVAL },
};

START_TEST(a_checksum_is_written_inside_the_frame_only)
{
	uint8_t data[64];

	memset(data, 0x11, sizeof(data));
	ck_assert_int_eq(offload_checksum(data, places[_i].len,
					  places[_i].start, places[_i].offset),
			 places[_i].ret);
	for (size_t i = places[_i].len; i < sizeof(data); i++)
		ck_assert_uint_eq(data[i], 0x11);
}
END_TEST

/* ---- splitting ---- */

static void
check_ip(const uint8_t *piece, size_t len, size_t i)
{
	const uint8_t *ip = piece + f.l3;

	if (f.ipv6) {
		ck_assert_uint_eq(ip[4] << 8 | ip[5], len - f.l3 - 40);
		return;
	}
	ck_assert_uint_eq(ip[2] << 8 | ip[3], len - f.l3);
	ck_assert_uint_eq(ip[4] << 8 | ip[5], (0xfffe + i) & 0xffff);
	ck_assert_uint_eq(sample_add_up(0, ip, 20), 0xffff);
}

static void
check_l4(const uint8_t *piece, size_t len, size_t i, bool last)
{
	const uint8_t *l4 = piece + f.l4;
	uint32_t sequence = UINT32_MAX + (uint32_t)(i * MSS);
	uint8_t flags = 0x10;

	ck_assert_uint_eq(sample_l4_sum(&f, piece, len), 0xffff);
	ck_assert_int_eq(memcmp(l4, f.data + f.l4, 4), 0);
	if (f.protocol == 17) {
		ck_assert_uint_eq(l4[4] << 8 | l4[5], len - f.l4);
		return;
	}
	ck_assert_uint_eq((uint32_t)l4[4] << 24 | (uint32_t)l4[5] << 16 |
			      (uint32_t)l4[6] << 8 | l4[7],
			  sequence);
	flags |= i == 0 ? 0x80 : 0;
	flags |= last ? 0x09 : 0;
	ck_assert_uint_eq(l4[13], flags);
}

static void
check_pieces(size_t payload)
{
	struct frame_offload o = sample_describe(&f, MSS);
	static uint8_t piece[70000];
	size_t header =
	    f.l4 + (f.protocol == 6 ? SAMPLE_TCP_LEN : SAMPLE_UDP_LEN);
	size_t at = 0, len, i = 0;
	struct offload_cut s;

	ck_assert_int_eq(offload_cut_init(&s, &o, f.data, f.len, 0), 0);
	ck_assert_uint_eq(offload_cut_n(&s), (payload + MSS - 1) / MSS);
	while ((len = offload_cut_next_len(&s)) > 0) {
		size_t n = payload - at < MSS ? payload - at : MSS;

		ck_assert_uint_eq(len, header + n);
		piece[len] = 0x5a;
		offload_cut_next(&s, piece);
		ck_assert_uint_eq(piece[len], 0x5a);
		ck_assert_int_eq(memcmp(piece, f.data, f.l3), 0);
		ck_assert_int_eq(
		    memcmp(piece + header, f.data + header + at, n), 0);
		at += n;
		check_ip(piece, len, i);
		check_l4(piece, len, i++, at == payload);
	}
	ck_assert_uint_eq(at, payload);
	ck_assert_uint_eq(i, (payload + MSS - 1) / MSS);
}

static const size_t payloads[] = { 1,	    MSS - 1, MSS,  MSS + 1,
				   2 * MSS, 12345,   60000 };

START_TEST(a_long_frame_becomes_many)
{
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		sample_make(&f, shapes[_i].protocol, shapes[_i].ipv6,
			    shapes[_i].n_tags, payloads[i]);
		check_pieces(payloads[i]);
	}
}
END_TEST

static uint16_t
first_checksum(uint8_t *piece)
{
	const struct frame_offload o = sample_describe(&f, MSS);
	size_t at = f.l4 + (f.protocol == 6 ? 16 : 6);
	struct offload_cut s;

	ck_assert_int_eq(offload_cut_init(&s, &o, f.data, f.len, 0), 0);
	offload_cut_next(&s, piece);
	return (uint16_t)(piece[at] << 8 | piece[at + 1]);
}

/* Adding a checksum to the octets makes it nothing. */
START_TEST(a_segments_checksum_of_zero_is_another_to_udp)
{
	static uint8_t piece[70000];
	size_t payload;
	uint16_t check;

	sample_make(&f, shapes[_i].protocol, shapes[_i].ipv6, shapes[_i].n_tags,
		    1000);
	payload = f.l4 + (f.protocol == 6 ? SAMPLE_TCP_LEN : SAMPLE_UDP_LEN);
	memset(f.data + payload, 0, 2);
	check = first_checksum(piece);
	sample_put16(f.data + payload, check);
	ck_assert_uint_eq(first_checksum(piece), f.protocol == 6 ? 0 : 0xffff);
}
END_TEST

/* One thing about a good frame is changed; @at counts from the IP header. */
static const struct {
	bool ipv6;
	size_t at;
	uint8_t value;
	size_t len; /* or 0 */
	int l4_off;
	size_t mss;
} bad[] = {
	{ false, 0, 0x65, 0, 0, MSS }, /* IPv6 in a frame of IPv4 */
	{ true, 0, 0x45, 0, 0, MSS },  /* the other way round */
	{ false, 0, 0x46, 0, 0, MSS }, /* a header longer than it is */
	{ false, 0, 0x44, 0, 0, MSS },
	{ false, 0, 0x45, 0, 4, MSS }, /* TCP is not where it is said */
	{ false, 0, 0x45, 0, -4, MSS },
	{ false, 0, 0x45, 0, 3000, MSS },
	{ true, 0, 0x60, 0, -1, MSS },
	{ false, 0, 0x45, 0, 0, 0 },
	{ false, 32, 0x40, 0, 0, MSS },	 /* a TCP header too short */
	{ false, 32, 0xf0, 70, 0, MSS }, /* or not all there */
	{ false, 0, 0x45, 53, 0, MSS },
	{ false, 0, 0x45, 66, 0, MSS }, /* all header */
	{ false, 0, 0x45, 13, 0, MSS },
	{ false, 0, 0x45, 0, -34, MSS },
};

START_TEST(what_is_no_such_frame_is_refused)
{
	struct frame_offload o;
	struct offload_cut s;
	size_t len;

	sample_make(&f, 6, bad[_i].ipv6, 0, 500);
	o = sample_describe(&f, bad[_i].mss);
	o.checksum_start = (uint16_t)((int)f.l4 + bad[_i].l4_off);
	len = bad[_i].len != 0 ? bad[_i].len : f.len;
	f.data[f.l3 + bad[_i].at] = bad[_i].value;
	ck_assert_int_eq(offload_cut_init(&s, &o, f.data, len, 0), -EINVAL);
}
END_TEST

static const struct {
	uint8_t protocol;
	bool ipv6;
	uint8_t segmentation;
	int ret;
} kinds[] = {
	{ 6, false, FRAME_SEGMENT_TCP4, 0 },
	{ 6, true, FRAME_SEGMENT_TCP6, 0 },
	{ 17, false, FRAME_SEGMENT_UDP_L4, 0 },
	{ 17, true, FRAME_SEGMENT_UDP, 0 },
	{ 6, true, FRAME_SEGMENT_TCP4, -EINVAL },
	{ 6, false, FRAME_SEGMENT_TCP6, -EINVAL },
	{ 17, false, FRAME_SEGMENT_TCP4, -EINVAL },
	{ 6, false, FRAME_SEGMENT_UDP_L4, -EINVAL },
	{ 6, false, FRAME_SEGMENT_UDP, -EINVAL },
	{ 6, false, FRAME_N_SEGMENTATIONS, -EINVAL },
	{ 6, false, UINT8_MAX, -EINVAL },
};

START_TEST(a_frame_is_cut_as_what_it_is_only)
{
	struct frame_offload o;

	sample_make(&f, kinds[_i].protocol, kinds[_i].ipv6, 1, 500);
	o = sample_describe(&f, MSS);
	o.segmentation = kinds[_i].segmentation;
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len),
			 kinds[_i].ret);
	sample_put16(f.data + 12, 0x0806);
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len), -EINVAL);
}
END_TEST

START_TEST(headers_are_asked_for_as_far_as_they_go)
{
	for (size_t head = 14; head < 200; head++) {
		struct frame_offload o;
		size_t end;

		sample_make(&f, shapes[_i].protocol, shapes[_i].ipv6,
			    shapes[_i].n_tags, 500);
		end =
		    f.l4 + (f.protocol == 6 ? SAMPLE_TCP_LEN : SAMPLE_UDP_LEN);
		o = sample_describe(&f, MSS);
		ck_assert_int_eq(offload_check(&o, f.data, head, f.len),
				 head < end ? -EAGAIN : 0);
		if (head >= end)
			ck_assert_uint_eq(o.header_len, end);
		/* a frame that ends there is none */
		o = sample_describe(&f, MSS);
		if (head < end)
			ck_assert_int_eq(offload_check(&o, f.data, head, head),
					 -EINVAL);
	}
}
END_TEST

START_TEST(what_fits_one_segment_is_not_cut)
{
	for (size_t payload = 0; payload <= MSS + 1; payload++) {
		struct frame_offload o;

		sample_make(&f, 6, false, 0, payload);
		o = sample_describe(&f, MSS);
		o.ecn = true;
		ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len), 0);
		ck_assert_uint_eq(o.segmentation, payload <= MSS
						      ? FRAME_SEGMENT_NONE
						      : FRAME_SEGMENT_TCP4);
		ck_assert_int_eq(o.ecn, payload > MSS);
		ck_assert(o.needs_checksum);
	}
}
END_TEST

START_TEST(a_frame_does_not_become_any_number_of_frames)
{
	struct frame_offload o;

	sample_make(&f, 6, false, 0, OFFLOAD_PIECES_MAX);
	o = sample_describe(&f, 1);
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len), 0);
	sample_make(&f, 6, false, 0, OFFLOAD_PIECES_MAX + 1);
	o = sample_describe(&f, 1);
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len), -EINVAL);
}
END_TEST

START_TEST(a_checksum_must_lie_in_the_frame)
{
	struct frame_offload o = {
		.needs_checksum = true,
		.checksum_start = (uint16_t)places[_i].start,
		.checksum_offset = (uint16_t)places[_i].offset,
	};
	uint8_t data[64] = { 0 };
	int want = places[_i].start < 14 ? -EINVAL : places[_i].ret;

	if (places[_i].offset > UINT16_MAX)
		return;
	ck_assert_int_eq(
	    offload_check(&o, data, places[_i].len, places[_i].len), want);
}
END_TEST

/* ---- fragments ---- */

enum { FRAGMENT = 104 };

/* Of an IPv6 frame: 8 octets of options for each router, after them 8 for the
 * destination. */
static void
add_extensions(void)
{
	static const uint8_t options[16] = { 60, 0, 1, 4, 0, 0, 0, 0,
					     17, 0, 1, 4, 0, 0, 0, 0 };

	memmove(f.data + f.l4 + 16, f.data + f.l4, f.len - f.l4);
	memcpy(f.data + f.l4, options, 16);
	f.data[f.l3 + 6] = 0;
	f.l4 += 16;
	f.len += 16;
	sample_put16(f.data + f.l3 + 4, f.len - f.l3 - 40);
}

static const struct {
	bool ipv6, extensions, needs_checksum;
	size_t payload;
} datagrams[] = {
	{ false, false, true, 1000 },
	{ true, false, true, 1000 },
	{ true, true, true, 1000 },
	{ false, false, false, 1000 },
	{ true, true, false, 1000 },
	{ false, false, true, FRAGMENT - 7 },
	{ true, false, true, 60000 },
	{ false, false, true, 60000 },
	{ false, false, true, 2 * FRAGMENT - 8 },
};

START_TEST(fragments_make_up_the_datagram)
{
	static uint8_t whole[70000], piece[2000];
	bool ipv6 = datagrams[_i].ipv6;
	struct frame_offload o;
	struct offload_cut c;
	size_t begin, at, len, extra = ipv6 ? 8 : 0;
	uint32_t id = 0;

	sample_make(&f, 17, ipv6, 1, datagrams[_i].payload);
	begin = f.l4;
	if (datagrams[_i].extensions) {
		add_extensions();
		begin = f.l4 - 8; /* those for routers are in each */
	}
	o = sample_describe(&f, FRAGMENT + 7); /* cut where it may be cut */
	o.segmentation = FRAME_SEGMENT_UDP;
	o.needs_checksum = datagrams[_i].needs_checksum;
	if (!o.needs_checksum)
		sample_put16(f.data + f.l4 + 6, 0x1234);
	memcpy(whole, f.data, f.len);
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len), 0);
	ck_assert_uint_eq(o.segmentation, FRAME_SEGMENT_UDP);
	ck_assert_int_eq(offload_cut_init(&c, &o, f.data, f.len, 7), 0);
	for (at = begin; (len = offload_cut_next_len(&c)) > 0;) {
		size_t n = len - begin - extra;
		const uint8_t *ip = piece + f.l3, *fragment = piece + begin;
		bool last = at + n == f.len;

		ck_assert_uint_le(n, FRAGMENT);
		piece[len] = 0x5a;
		offload_cut_next(&c, piece);
		ck_assert_uint_eq(piece[len], 0x5a);
		if (ipv6) {
			ck_assert_uint_eq(ip[4] << 8 | ip[5], len - f.l3 - 40);
			ck_assert_uint_eq(begin == f.l3 + 40 ? ip[6] : ip[40],
					  44);
			ck_assert_uint_eq(fragment[0],
					  datagrams[_i].extensions ? 60 : 17);
			ck_assert_uint_eq(fragment[2] << 8 | fragment[3],
					  (at - begin) | !last);
			if (at > begin)
				ck_assert_int_eq(memcmp(&id, fragment + 4, 4),
						 0);
			memcpy(&id, fragment + 4, 4);
		} else {
			ck_assert_uint_eq(ip[2] << 8 | ip[3], len - f.l3);
			ck_assert_uint_eq(ip[4] << 8 | ip[5], 0xfffe);
			ck_assert_uint_eq(ip[6] << 8 | ip[7],
					  (at - begin) / 8 |
					      (last ? 0 : 0x2000));
			ck_assert_uint_eq(sample_add_up(0, ip, 20), 0xffff);
		}
		memcpy(whole + at, fragment + extra, n);
		at += n;
	}
	ck_assert_uint_eq(at, f.len);
	if (o.needs_checksum)
		ck_assert_uint_eq(sample_l4_sum(&f, whole, f.len), 0xffff);
	memcpy(whole + f.l4 + 6, f.data + f.l4 + 6, 2);
	ck_assert_int_eq(memcmp(whole, f.data, f.len), 0);
}
END_TEST

START_TEST(a_fragment_is_not_cut_again)
{
	struct frame_offload o;

	sample_make(&f, 17, false, 0, 1000);
	o = sample_describe(&f, MSS);
	f.data[f.l3 + 6] = _i == 0 ? 0x20 : 0; /* more to come, */
	f.data[f.l3 + 7] = _i == 1 ? 1 : 0;    /* or not the first */
	ck_assert_int_eq(offload_check(&o, f.data, f.len, f.len),
			 _i < 2 ? -EINVAL : 0);
}
END_TEST

static const struct {
	int row; /* of shapes */
	uint8_t segmentation;
	bool of_no_length; /* the sum that the sender has put there */
} missing[] = {
	{ 0, FRAME_SEGMENT_NONE, false },   { 1, FRAME_SEGMENT_NONE, false },
	{ 2, FRAME_SEGMENT_NONE, false },   { 5, FRAME_SEGMENT_NONE, false },
	{ 0, FRAME_SEGMENT_TCP4, false },   { 1, FRAME_SEGMENT_TCP6, false },
	{ 4, FRAME_SEGMENT_TCP4, false },   { 5, FRAME_SEGMENT_TCP6, false },
	{ 2, FRAME_SEGMENT_UDP_L4, false }, { 3, FRAME_SEGMENT_UDP_L4, false },
	{ 2, FRAME_SEGMENT_UDP, false },    { 3, FRAME_SEGMENT_UDP, false },
	{ 0, FRAME_SEGMENT_TCP4, true },    { 1, FRAME_SEGMENT_TCP6, true },
	{ 3, FRAME_SEGMENT_UDP_L4, true },
};

START_TEST(the_checksum_of_a_whole_frame_is_told)
{
	int row = missing[_i].row;
	uint16_t offset = shapes[row].protocol == 6 ? 16 : 6;
	struct frame_offload o = { .segmentation = missing[_i].segmentation,
				   .needs_checksum = true,
				   .segment_len = MSS,
				   .checksum_offset = offset };
	uint8_t octets[2], before[2];

	for (size_t payload = MSS + 1; payload < 60000; payload += 9999) {
		sample_make(&f, shapes[row].protocol, shapes[row].ipv6,
			    shapes[row].n_tags, payload);
		o.checksum_start = (uint16_t)f.l4;
		if (missing[_i].of_no_length) /* as DPDK's senders do */
			sample_put16(f.data + f.l4 + offset,
				     sample_pseudo_sum(&f, f.data, f.l4));
		memcpy(before, f.data + f.l4 + offset, 2);
		ck_assert_int_eq(
		    offload_missing_checksum(&o, f.data, f.len, octets), 0);
		ck_assert_mem_eq(f.data + f.l4 + offset, before, 2);
		memcpy(f.data + f.l4 + offset, octets, 2);
		ck_assert_uint_eq(sample_l4_sum(&f, f.data, f.len), 0xffff);
	}
}
END_TEST

START_TEST(no_checksum_is_told_where_there_is_none)
{
	struct frame_offload o = { .segmentation = FRAME_SEGMENT_UDP,
				   .segment_len = MSS };
	uint8_t octets[2];

	sample_make(&f, 17, false, 0, 10 * MSS);
	ck_assert_int_eq(offload_missing_checksum(&o, f.data, f.len, octets),
			 -ENOENT);
	o.segmentation = FRAME_SEGMENT_NONE;
	o.needs_checksum = true;
	o.checksum_start = (uint16_t)(f.len - 7);
	o.checksum_offset = 6;
	ck_assert_int_eq(offload_missing_checksum(&o, f.data, f.len, octets),
			 -EINVAL);
	o.checksum_offset = 5;
	ck_assert_int_eq(offload_missing_checksum(&o, f.data, f.len, octets),
			 0);
	o.segmentation = FRAME_SEGMENT_TCP4; /* which it is not */
	ck_assert_int_eq(offload_missing_checksum(&o, f.data, f.len, octets),
			 -EINVAL);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_checksum_is_finished, UNIT_ROWS(shapes) },
		{ the_checksum_of_a_whole_frame_is_told, UNIT_ROWS(missing) },
		{ no_checksum_is_told_where_there_is_none, 0 },
		{ a_checksum_of_zero_is_another_to_udp, UNIT_ROWS(zeros) },
		{ a_checksum_is_written_inside_the_frame_only,
		  UNIT_ROWS(places) },
		{ a_long_frame_becomes_many, UNIT_ROWS(shapes) },
		{ a_segments_checksum_of_zero_is_another_to_udp,
		  UNIT_ROWS(shapes) },
		{ what_is_no_such_frame_is_refused, UNIT_ROWS(bad) },
		{ a_frame_is_cut_as_what_it_is_only, UNIT_ROWS(kinds) },
		{ headers_are_asked_for_as_far_as_they_go, UNIT_ROWS(shapes) },
		{ what_fits_one_segment_is_not_cut, 0 },
		{ a_frame_does_not_become_any_number_of_frames, 0 },
		{ a_checksum_must_lie_in_the_frame, UNIT_ROWS(places) },
		{ fragments_make_up_the_datagram, UNIT_ROWS(datagrams) },
		{ a_fragment_is_not_cut_again, 3 },
		{ NULL, 0 },
	};

	return unit_run("offload", tests, NULL, NULL);
}
