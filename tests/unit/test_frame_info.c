#include "driver/wire/frame-info.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define MACS 0x52, 0x54, 0, 0x12, 1, 2, 0x52, 0x54, 0, 0x12, 1, 1 /* to, from */

/* IPv4, no options, protocol TCP, 192.168.1.1 -> 192.168.2.3 */
#define IPV4(fragment_hi, fragment_lo)                                         \
	0x45, 0, 0, 40, 0, 0, fragment_hi, fragment_lo, 64, 6, 0, 0, 192, 168, \
	    1, 1, 192, 168, 2, 3

static struct frame_info info;
static char text[16];

/* Parses from memory of exactly that size, so that ASan sees an over-read. */
static bool
parse(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	bool ok;

	memcpy(exact, data, size);
	ok = frame_info_parse(exact, size, &info);
	free(exact);
	return ok;
}

START_TEST(tcp_over_ipv4_is_read)
{
	static const uint8_t data[] = {
		MACS, 8, 0, IPV4(0, 0), 0xc0, 1, 0, 80
	};

	ck_assert(parse(data, sizeof(data)));
	ck_assert_uint_eq(info.ethertype, 0x0800);
	ck_assert_int_eq(info.vid, -1);
	ck_assert_str_eq(info.ip_src, "192.168.1.1");
	ck_assert_str_eq(info.ip_dst, "192.168.2.3");
	ck_assert_int_eq(info.src_port, 0xc001);
	ck_assert_int_eq(info.dst_port, 80);
	ck_assert_str_eq(frame_info_protocol(&info, text, sizeof(text)), "tcp");
}
END_TEST

START_TEST(a_later_fragment_has_no_ports)
{
	static const uint8_t data[] = { MACS, 8, 0, IPV4(0x20, 1),
					0xc0, 1, 0, 80 };

	ck_assert(parse(data, sizeof(data)));
	ck_assert_int_eq(info.ip_protocol, 6);
	ck_assert_int_eq(info.src_port, -1);
}
END_TEST

START_TEST(tags_are_looked_behind_and_the_outer_vid_told)
{
	static const uint8_t data[] = {
		MACS, 0x88, 0xa8, 0xe0, 7, 0x81, 0,    0,    9, 0x08, 6, 0, 1,
		8,    0,    6,	  4,	0, 1,	 0x52, 0x54, 0, 0x12, 1, 1, 10,
		0,    0,    1,	  0,	0, 0,	 0,    0,    0, 10,   0, 0, 2
	};

	ck_assert(parse(data, sizeof(data)));
	ck_assert_int_eq(info.vid, 7);
	ck_assert_uint_eq(info.ethertype, 0x0806);
	ck_assert_str_eq(info.ip_src, "10.0.0.1");
	ck_assert_str_eq(info.ip_dst, "10.0.0.2");
	ck_assert_str_eq(frame_info_protocol(&info, text, sizeof(text)), "arp");
}
END_TEST

START_TEST(ipv6_is_read)
{
	uint8_t data[14 + 40 + 8] = { MACS, 0x86, 0xdd, 0x60 };

	data[14 + 6] = 17; /* UDP */
	data[14 + 8] = 0x20;
	data[14 + 9] = 0x01;
	data[14 + 23] = 1;
	data[14 + 39] = 2;
	data[14 + 43] = 53;
	ck_assert(parse(data, sizeof(data)));
	ck_assert_str_eq(info.ip_src, "2001::1");
	ck_assert_str_eq(info.ip_dst, "::2");
	ck_assert_int_eq(info.dst_port, 53);
	ck_assert_str_eq(frame_info_protocol(&info, text, sizeof(text)), "udp");
}
END_TEST

START_TEST(anything_else_is_told_by_its_number)
{
	static const uint8_t data[] = { MACS, 0x88, 0xcc };

	ck_assert(parse(data, sizeof(data)));
	ck_assert_str_eq(frame_info_protocol(&info, text, sizeof(text)),
			 "0x88cc");
}
END_TEST

START_TEST(a_frame_cut_anywhere_is_read_as_far_as_it_goes)
{
	static const uint8_t data[] = { MACS, 0x81,	  0,	0, 5, 8,
					0,    IPV4(0, 0), 0xc0, 1, 0, 80 };

	for (size_t size = 0; size < sizeof(data); size++) {
		ck_assert_int_eq(parse(data, size), size >= 14);
		ck_assert_int_eq(info.src_port, -1);
		ck_assert_int_eq(info.ip_src[0] != '\0', size >= 38);
	}
	ck_assert(parse(data, sizeof(data)));
	ck_assert_int_eq(info.dst_port, 80);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ tcp_over_ipv4_is_read, 0 },
		{ a_later_fragment_has_no_ports, 0 },
		{ tags_are_looked_behind_and_the_outer_vid_told, 0 },
		{ ipv6_is_read, 0 },
		{ anything_else_is_told_by_its_number, 0 },
		{ a_frame_cut_anywhere_is_read_as_far_as_it_goes, 0 },
		{ NULL, 0 },
	};

	return unit_run("frame_info", tests, NULL, NULL);
}
