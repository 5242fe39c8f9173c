#include "switch/rstp/bpdu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { FRAME_MAX = 1600 };

struct hex {
	uint8_t data[FRAME_MAX];
	size_t len;
};

static struct hex
from_hex(const char *text)
{
	struct hex out = { .len = 0 };
	unsigned octet;

	for (; *text != '\0'; text += 2) {
		ck_assert_int_eq(sscanf(text, "%2x", &octet), 1);
		out.data[out.len++] = (uint8_t)octet;
	}
	return out;
}

/* Octets of other people's bridges, as they were on the wire; who made them is
 * told by the first half of their addresses. */
static const struct {
	const char *frame;
	struct bpdu want;
} captured[] = {
	/* Cisco 4c:71:0c, root of its tree */
	{ "0180c20000004c710c19e3120027424203000002027c80004c710c19e30d"
	  "0000000080004c710c19e30d80050000140002000f000000000000000000",
	  { .type = BPDU_RST,
	    .version = 2,
	    .flags = BPDU_AGREEMENT | BPDU_FORWARDING | BPDU_LEARNING |
		     BPDU_ROLE_DESIGNATED << BPDU_ROLE_SHIFT,
	    .root = UINT64_C(0x80004c710c19e30d),
	    .bridge = UINT64_C(0x80004c710c19e30d),
	    .port = 0x8005,
	    .max_age = 20 * 256,
	    .hello_time = 2 * 256,
	    .forward_delay = 15 * 256 } },
	/* Cisco 04:2a:e2, VLAN 40 in the system id, one hop from a root of
	 * priority 28672 whose forward delay is 2 s */
	{ "0180c2000000042ae2da41050027424203000002023c7000089bb93afe82"
	  "000000048028042ae2da4100800501001400020002000000000000000000",
	  { .type = BPDU_RST,
	    .version = 2,
	    .flags = BPDU_FORWARDING | BPDU_LEARNING |
		     BPDU_ROLE_DESIGNATED << BPDU_ROLE_SHIFT,
	    .root = UINT64_C(0x7000089bb93afe82),
	    .root_path_cost = 4,
	    .bridge = UINT64_C(0x8028042ae2da4100),
	    .port = 0x8005,
	    .message_age = 1 * 256,
	    .max_age = 20 * 256,
	    .hello_time = 2 * 256,
	    .forward_delay = 2 * 256 } },
	/* Cisco 00:17:95, two hops from the root */
	{ "0180c200000000179539f2120027424203000002023c21f5002498c75800"
	  "00000bc0c1f500179539f2008012020014000200"
	  "0f000000000000000000",
	  { .type = BPDU_RST,
	    .version = 2,
	    .flags = BPDU_FORWARDING | BPDU_LEARNING |
		     BPDU_ROLE_DESIGNATED << BPDU_ROLE_SHIFT,
	    .root = UINT64_C(0x21f5002498c75800),
	    .root_path_cost = 0xbc0,
	    .bridge = UINT64_C(0xc1f500179539f200),
	    .port = 0x8012,
	    .message_age = 2 * 256,
	    .max_age = 20 * 256,
	    .hello_time = 2 * 256,
	    .forward_delay = 15 * 256 } },
	/* ASUSTek d8:50:e6, a router with a Linux bridge: 802.1D-1998, forward
	 * delay 0 */
	{ "0180c2000000d850e6cf615000264242030000000000"
	  "8000d850e6cf6150000000008000d850e6cf6150"
	  "80010000140002000000000000000ede001c",
	  { .type = BPDU_CONFIG,
	    .root = UINT64_C(0x8000d850e6cf6150),
	    .bridge = UINT64_C(0x8000d850e6cf6150),
	    .port = 0x8001,
	    .max_age = 20 * 256,
	    .hello_time = 2 * 256 } },
	/* Linux 6.18, a bridge with forward_delay 400 hello_time 100; on a
	 * veth nobody pads */
	{ "0180c2000000ae26dbdfe07f00264242030000000000"
	  "80000200000000aa00000000"
	  "80000200000000aa80010000140001000400",
	  { .type = BPDU_CONFIG,
	    .root = UINT64_C(0x80000200000000aa),
	    .bridge = UINT64_C(0x80000200000000aa),
	    .port = 0x8001,
	    .max_age = 20 * 256,
	    .hello_time = 1 * 256,
	    .forward_delay = 4 * 256 } },
	/* Linux 6.18, by its root port, and what the root said to that */
	{ "0180c20000003a1101d25ce3000742420300000080", { .type = BPDU_TCN } },
	{ "0180c2000000dec72650454e00264242030000000081"
	  "80000200000000a000000000"
	  "80000200000000a080010000140001000200",
	  { .type = BPDU_CONFIG,
	    .flags = BPDU_TOPOLOGY_CHANGE | BPDU_TOPOLOGY_CHANGE_ACK,
	    .root = UINT64_C(0x80000200000000a0),
	    .bridge = UINT64_C(0x80000200000000a0),
	    .port = 0x8001,
	    .max_age = 20 * 256,
	    .hello_time = 1 * 256,
	    .forward_delay = 2 * 256 } },
	/* Cisco 00:25:b4, MSTP: to us, RSTP.  What is longer is not read.  (Its
	 * VLAN tag has been taken off.) */
	{ "0180c20000000025b4e669810069424203000003027c10000025b4e66980"
	  "0000000010000025b4e6698080010000140002000f00"
	  "00004000000000000000000000000000000000000000000000000000000000"
	  "000000ac36177f50283cd4b83821d8ab26de620000000010000025b4e66980"
	  "1437d26658",
	  { .type = BPDU_RST,
	    .version = 3,
	    .flags = BPDU_AGREEMENT | BPDU_FORWARDING | BPDU_LEARNING |
		     BPDU_ROLE_DESIGNATED << BPDU_ROLE_SHIFT,
	    .root = UINT64_C(0x10000025b4e66980),
	    .bridge = UINT64_C(0x10000025b4e66980),
	    .port = 0x8001,
	    .max_age = 20 * 256,
	    .hello_time = 2 * 256,
	    .forward_delay = 15 * 256 } },
};

static void
assert_same(const struct bpdu *got, const struct bpdu *want)
{
	ck_assert_int_eq(got->type, want->type);
	ck_assert_uint_eq(got->version, want->version);
	ck_assert_uint_eq(got->flags, want->flags);
	ck_assert_uint_eq(got->root, want->root);
	ck_assert_uint_eq(got->root_path_cost, want->root_path_cost);
	ck_assert_uint_eq(got->bridge, want->bridge);
	ck_assert_uint_eq(got->port, want->port);
	ck_assert_uint_eq(got->message_age, want->message_age);
	ck_assert_uint_eq(got->max_age, want->max_age);
	ck_assert_uint_eq(got->hello_time, want->hello_time);
	ck_assert_uint_eq(got->forward_delay, want->forward_delay);
}

START_TEST(frames_of_real_bridges_are_read)
{
	struct hex frame = from_hex(captured[_i].frame);
	struct bpdu got;

	ck_assert(bpdu_is_frame(frame.data, frame.len));
	ck_assert_int_eq(bpdu_parse_frame(frame.data, frame.len, &got), 0);
	assert_same(&got, &captured[_i].want);
}
END_TEST

/* But for the padding, which is anybody's, and what MSTP has beyond us. */
START_TEST(what_real_bridges_say_is_said_with_the_same_octets)
{
	struct hex frame = from_hex(captured[_i].frame);
	struct mac src = mac_from_bytes(frame.data + MAC_LEN);
	size_t len = BPDU_HEADER_LEN - 3U +
		     (size_t)(frame.data[12] << 8 | frame.data[13]);
	uint8_t made[BPDU_FRAME_LEN];

	if (captured[_i].want.version > 2)
		return;
	bpdu_make_frame(&captured[_i].want, &src, made);
	ck_assert_mem_eq(made, frame.data, len);
	for (size_t i = len; i < BPDU_FRAME_LEN; i++)
		ck_assert_uint_eq(made[i], 0);
}
END_TEST

/* The octets as figures 9-1 to 9-3 number them. */
START_TEST(every_field_has_its_place)
{
	const struct bpdu bpdu = {
		.type = BPDU_RST,
		.version = 2,
		.flags = 0xa5,
		.root = UINT64_C(0x0102030405060708),
		.root_path_cost = 0x090a0b0c,
		.bridge = UINT64_C(0x0d0e0f1011121314),
		.port = 0x1516,
		.message_age = 0x1718,
		.max_age = 0x191a,
		.hello_time = 0x1b1c,
		.forward_delay = 0x1d1e,
	};
	uint8_t octets[BPDU_RST_LEN];

	ck_assert_uint_eq(bpdu_make(&bpdu, octets), 36);
	ck_assert_uint_eq(octets[0], 0);
	ck_assert_uint_eq(octets[1], 0);
	ck_assert_uint_eq(octets[2], 2);
	ck_assert_uint_eq(octets[3], 2);
	ck_assert_uint_eq(octets[4], 0xa5);
	for (int i = 5; i < 35; i++)
		ck_assert_uint_eq(octets[i], i - 4);
	ck_assert_uint_eq(octets[35], 0);
}
END_TEST

/* 9.3.4: how short a BPDU of each type may be */
static const struct {
	uint8_t version, type;
	size_t min;
} least[] = {
	{ 0, 0x00, 35 }, { 1, 0x00, 35 }, { 2, 0x00, 35 }, { 0, 0x80, 4 },
	{ 2, 0x80, 4 },	 { 2, 0x02, 36 }, { 3, 0x02, 36 }, { 255, 0x02, 36 },
};

START_TEST(a_bpdu_is_as_long_as_its_type_says_or_longer)
{
	uint8_t octets[64] = { 0, 0, least[_i].version, least[_i].type };
	struct bpdu bpdu;

	for (size_t len = 0; len <= sizeof(octets); len++) {
		int want = len >= least[_i].min ? 0 : -EPROTO;

		ck_assert_int_eq(bpdu_parse(octets, len, &bpdu), want);
	}
}
END_TEST

static const uint8_t unknown[][4] = {
	{ 0, 1, 0, 0 },	   { 1, 0, 0, 0 },    { 0, 0, 0, 0x02 },
	{ 0, 0, 1, 0x02 }, { 0, 0, 2, 0x01 }, { 0, 0, 2, 0x03 },
	{ 0, 0, 0, 0x81 }, { 0, 0, 0, 0xff },
};

START_TEST(other_protocols_and_types_are_refused)
{
	uint8_t octets[64] = { 0 };
	struct bpdu bpdu;

	memcpy(octets, unknown[_i], sizeof(unknown[_i]));
	ck_assert_int_eq(bpdu_parse(octets, sizeof(octets), &bpdu), -EPROTO);
}
END_TEST

/* What may be wrong with the frame around a good BPDU. */
static const struct {
	size_t at;
	uint8_t octet;
} spoilt[] = {
	{ 0, 0x03 },  /* another group */
	{ 5, 0x0e },  /* LLDP's */
	{ 12, 0x06 }, /* an EtherType, not a length */
	{ 12, 0x81 }, /* a tag */
	{ 13, 0x26 }, /* one too short for what it holds */
	{ 13, 0x02 }, /* shorter than LLC */
	{ 13, 0x2f }, /* longer than the frame, by one */
	{ 14, 0xaa }, /* SNAP */
	{ 15, 0x43 }, /* a response */
	{ 16, 0x13 }, /* poll bit */
};

START_TEST(a_frame_that_is_not_quite_one_is_refused)
{
	struct hex frame = from_hex(captured[0].frame);
	struct bpdu bpdu;

	ck_assert_uint_eq(frame.len, 60);
	frame.data[spoilt[_i].at] = spoilt[_i].octet;
	ck_assert_int_eq(bpdu_parse_frame(frame.data, frame.len, &bpdu),
			 -EPROTO);
}
END_TEST

START_TEST(the_length_may_reach_the_end_of_the_frame_and_no_farther)
{
	struct hex frame = from_hex(captured[0].frame);
	struct bpdu bpdu;

	frame.data[13] = 46;
	ck_assert_int_eq(bpdu_parse_frame(frame.data, 60, &bpdu), 0);
	ck_assert_int_eq(bpdu_parse_frame(frame.data, 59, &bpdu), -EPROTO);
	for (size_t len = 0; len < 14 + 39; len++)
		ck_assert_int_eq(bpdu_parse_frame(frame.data, len, &bpdu),
				 -EPROTO);
	/* 1500 is the last length, 1501 no length any more (802.3, 3.2.6) */
	frame.data[12] = 1500 >> 8;
	frame.data[13] = 1500 & 0xff;
	ck_assert_int_eq(bpdu_parse_frame(frame.data, 1514, &bpdu), 0);
	frame.data[13]++;
	ck_assert_int_eq(bpdu_parse_frame(frame.data, 1515, &bpdu), -EPROTO);
}
END_TEST

START_TEST(a_bridge_identifier_sorts_by_priority_then_address)
{
	const struct mac low = { { 0x02, 0, 0, 0, 0, 1 } };
	const struct mac high = { { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } };

	ck_assert_uint_eq(bpdu_bridge_id(0x8001, &low),
			  UINT64_C(0x8001020000000001));
	ck_assert_uint_lt(bpdu_bridge_id(0x1000, &high),
			  bpdu_bridge_id(0x2000, &low));
	ck_assert_uint_lt(bpdu_bridge_id(0x1000, &low),
			  bpdu_bridge_id(0x1000, &high));
}
END_TEST

START_TEST(only_the_bridges_group_is_theirs)
{
	uint8_t dst[] = { 0x01, 0x80, 0xc2, 0, 0, 0 };

	ck_assert(bpdu_is_frame(dst, sizeof(dst)));
	ck_assert(!bpdu_is_frame(dst, sizeof(dst) - 1));
	dst[5] = 1;
	ck_assert(!bpdu_is_frame(dst, sizeof(dst)));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_of_real_bridges_are_read, UNIT_ROWS(captured) },
		{ what_real_bridges_say_is_said_with_the_same_octets,
		  UNIT_ROWS(captured) },
		{ every_field_has_its_place, 0 },
		{ a_bpdu_is_as_long_as_its_type_says_or_longer,
		  UNIT_ROWS(least) },
		{ other_protocols_and_types_are_refused, UNIT_ROWS(unknown) },
		{ a_frame_that_is_not_quite_one_is_refused, UNIT_ROWS(spoilt) },
		{ the_length_may_reach_the_end_of_the_frame_and_no_farther, 0 },
		{ a_bridge_identifier_sorts_by_priority_then_address, 0 },
		{ only_the_bridges_group_is_theirs, 0 },
		{ NULL, 0 },
	};

	return unit_run("bpdu", tests, NULL, NULL);
}
