#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "plugins/capture/pcapng.h"
#include "tests/unit/unit.h"

#define assert_bytes(got, got_len, want)                                       \
	do {                                                                   \
		ck_assert_uint_eq(got_len, sizeof(want));                      \
		ck_assert_mem_eq(got, want, sizeof(want));                     \
	} while (0)

static const struct pcapng_section vdelab = { .application = "vdelab" };

START_TEST(a_section_header_names_the_application)
{
	static const uint8_t want[] = {
		0x0a, 0x0d, 0x0d, 0x0a, /* block type */
		44,   0,    0,	  0,	/* total length */
		0x4d, 0x3c, 0x2b, 0x1a, /* byte-order magic, little-endian */
		1,    0,    0,	  0,	/* version 1.0 */
		0xff, 0xff, 0xff, 0xff, /* section length: unknown */
		0xff, 0xff, 0xff, 0xff, /* its upper half */
		4,    0,    6,	  0,	/* shb_userappl, 6 octets */
		'v',  'd',  'e',  'l',	'a', 'b', 0, 0, /* padded to 8 */
		0,    0,    0,	  0,			/* opt_endofopt */
		44,   0,    0,	  0			/* total length again */
	};
	uint8_t got[PCAPNG_SHB_MAX];

	assert_bytes(got, pcapng_shb(got, &vdelab), want);
}
END_TEST

START_TEST(a_section_has_a_comment)
{
	static const uint8_t want[] = {
		1, 0, 3, 0, 'r', 'u', 'n', 0, /* opt_comment, 3 octets */
		4, 0, 6, 0,		      /* shb_userappl, 6 octets */
	};
	const struct pcapng_section section = { "vdelab", "run" };
	uint8_t got[PCAPNG_SHB_MAX];

	ck_assert_uint_eq(pcapng_shb(got, &section), 44 + 8);
	ck_assert_mem_eq(got + 24, want, sizeof(want));
}
END_TEST

START_TEST(an_interface_is_ethernet_with_a_name_and_nanoseconds)
{
	static const uint8_t want[] = {
		1,    0,   0,	0,   /* block type */
		56,   0,   0,	0,   /* total length */
		1,    0,   0,	0,   /* LINKTYPE_ETHERNET, reserved */
		0x0e, 0,   1,	0,   /* snaplen 65550 */
		2,    0,   11,	0,   /* if_name, 11 octets */
		'c',  'l', 'i', 'e', /* and on */
		'n',  't', '.', 'e', /* and on */
		't',  'h', '1', 0,   /* padded to 12 */
		9,    0,   1,	0,   9, 0, 0, 0, /* if_tsresol 10^-9 */
		13,   0,   1,	0,   0, 0, 0, 0, /* if_fcslen 0 */
		0,    0,   0,	0,		 /* opt_endofopt */
		56,   0,   0,	0		 /* total length */
	};
	struct pcapng_interface interface = { .name = "client.eth1",
					      .filter = "",
					      .snaplen = 65550 };
	uint8_t got[PCAPNG_IDB_MAX];

	assert_bytes(got, pcapng_idb(got, &interface), want);
}
END_TEST

START_TEST(an_interface_is_described)
{
	static const uint8_t want[] = {
		3, 0, 5, 0, 'v', 'l', 'a', 'n', '1', 0, 0, 0,
	};
	const struct pcapng_interface interface = { .name = "p0",
						    .description = "vlan1",
						    .filter = "" };
	uint8_t got[PCAPNG_IDB_MAX];

	pcapng_idb(got, &interface);
	ck_assert_mem_eq(got + 16 + 8, want, sizeof(want));
}
END_TEST

START_TEST(an_interface_tells_its_filter)
{
	static const uint8_t want[] = {
		1,  0,	 0,   0,		   /* block type */
		56, 0,	 0,   0,		   /* total length */
		1,  0,	 0,   0,		   /* LINKTYPE_ETHERNET */
		96, 0,	 0,   0,		   /* snaplen */
		2,  0,	 2,   0,   'p', '0', 0, 0, /* if_name, padded to 4 */
		9,  0,	 1,   0,   9,	0,   0, 0, /* if_tsresol */
		11, 0,	 4,   0,		   /* if_filter, 4 octets: */
		0,  'a', 'r', 'p',		   /* a libpcap string */
		13, 0,	 1,   0,   0,	0,   0, 0, /* if_fcslen */
		0,  0,	 0,   0,		   /* opt_endofopt */
		56, 0,	 0,   0			   /* total length */
	};
	struct pcapng_interface interface = { .name = "p0",
					      .filter = "arp",
					      .snaplen = 96 };
	uint8_t got[PCAPNG_IDB_MAX];

	assert_bytes(got, pcapng_idb(got, &interface), want);
}
END_TEST

START_TEST(a_frame_has_a_time_in_nanoseconds_and_a_direction)
{
	static const uint8_t want_head[PCAPNG_EPB_HEAD_SIZE] = {
		6,    0,    0,	  0,	/* block type */
		60,   0,    0,	  0,	/* total length */
		2,    0,    0,	  0,	/* interface 2 */
		0x04, 0x03, 0x02, 0x01, /* upper half of the time */
		0x08, 0x07, 0x06, 0x05, /* lower half */
		14,   0,    0,	  0,	/* captured */
		0xdc, 0x05, 0,	  0	/* of 1500 */
	};
	static const uint8_t want_tail[] = {
		0,  0,	     /* 14 padded to 16 */
		2,  0, 4, 0, /* epb_flags */
		1,  0, 0, 0, /* inbound */
		0,  0, 0, 0, /* opt_endofopt */
		60, 0, 0, 0, /* total length */
	};
	struct pcapng_packet packet = { .interface = 2,
					.time_ns = 0x0102030405060708,
					.captured_len = 14,
					.original_len = 1500,
					.direction = PCAPNG_INBOUND };
	uint8_t head[PCAPNG_EPB_HEAD_SIZE], tail[PCAPNG_EPB_TAIL_MAX];

	pcapng_epb_head(head, &packet);
	ck_assert_mem_eq(head, want_head, sizeof(want_head));
	assert_bytes(tail, pcapng_epb_tail(tail, &packet), want_tail);

	packet.direction = PCAPNG_OUTBOUND;
	pcapng_epb_tail(tail, &packet);
	ck_assert_uint_eq(tail[2 + 4], 2);
	packet.direction = PCAPNG_UNKNOWN;
	pcapng_epb_tail(tail, &packet);
	ck_assert_uint_eq(tail[2 + 4], 0);
}
END_TEST

START_TEST(a_frame_has_comments_and_the_number_of_those_lost_before_it)
{
	static const uint8_t want[] = {
		0,  0,				 /* 14 padded to 16 */
		1,  0, 4, 0, 'l', 'o', 's', 's', /* opt_comment */
		1,  0, 2, 0, 'o', 'k', 0,   0,	 /* another one */
		2,  0, 4, 0, 14,  0,   0,   0,	 /* epb_flags: out, to all */
		4,  0, 8, 0, 7,	  0,   0,   0,	 /* epb_dropcount */
		0,  0, 0, 1, 0,	  0,   0,   0,	 /* its upper half, the end */
		88, 0, 0, 0,			 /* total length */
	};
	static const char *const comments[] = { "loss", "ok" };
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct pcapng_packet packet = {
		.captured_len = 14,
		.direction = PCAPNG_OUTBOUND,
		.destination = all,
		.comments = comments,
		.n_comments = 2,
		.lost = UINT64_C(0x0100000000000007),
	};
	uint8_t head[PCAPNG_EPB_HEAD_SIZE], tail[PCAPNG_EPB_TAIL_MAX];

	pcapng_epb_head(head, &packet);
	ck_assert_uint_eq(head[PCAPNG_LEN_AT], 88);
	ck_assert_uint_eq(pcapng_epb_size(&packet), 88);
	assert_bytes(tail, pcapng_epb_tail(tail, &packet), want);
}
END_TEST

static const struct {
	uint8_t first, last; /* octets of the destination */
	uint32_t flags;
} receptions[] = {
	{ 0x52, 1, 1 << 2 },	{ 0x01, 0, 2 << 2 },	{ 0x33, 0, 2 << 2 },
	{ 0xff, 0xff, 3 << 2 }, { 0xff, 0xfe, 2 << 2 },
};

START_TEST(a_frame_tells_whom_it_is_for)
{
	uint8_t to[6] = { receptions[_i].first, 0xff, 0xff, 0xff, 0xff,
			  receptions[_i].last };
	const struct pcapng_packet packet = { .destination = to };
	uint8_t tail[PCAPNG_EPB_TAIL_MAX];

	pcapng_epb_tail(tail, &packet);
	ck_assert_uint_eq(tail[4], receptions[_i].flags);
}
END_TEST

START_TEST(names_of_three_kinds_of_addresses)
{
	static const uint8_t want[] = {
		4,    0,    0,	  0,			     /* block type */
		64,   0,    0,	  0,			     /* total length */
		1,    0,    6,	  0,	192,  168,  1, 2,    /* IPv4 */
		'b',  0,    0,	  0,			     /* and on */
		2,    0,    20,	  0,			     /* IPv6 */
		0x20, 0x01, 0x0d, 0xb8, 0,    0,    0, 0,    /* and on */
		0,    0,    0,	  0,	0,    0,    0, 1,    /* and on */
		'a',  'b',  'c',  0,			     /* and on */
		3,    0,    8,	  0,	0x52, 0x54, 0, 0x12, /* EUI-48 */
		1,    2,    'd',  0,			     /* and on */
		0,    0,    0,	  0,			     /* the end */
		64,   0,    0,	  0			     /* total length */
	};
	static const struct pcapng_name names[] = {
		{ { 192, 168, 1, 2 }, 4, "b" },
		{ { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 16, "abc" },
		{ { 0x52, 0x54, 0, 0x12, 1, 2 }, 6, "d" },
	};
	uint8_t got[PCAPNG_NRB_MAX];

	assert_bytes(got, pcapng_nrb(got, names, 3), want);
}
END_TEST

START_TEST(a_mark_is_a_journal_entry)
{
	static const char text[] = "__REALTIME_TIMESTAMP=1700000000123456\n"
				   "PRIORITY=5\n"
				   "SYSLOG_IDENTIFIER=vdelab\n"
				   "MESSAGE=the server answers\n";
	uint8_t got[PCAPNG_MARK_BLOCK_MAX];
	size_t text_len = sizeof(text) - 1, padded = (text_len + 3) / 4 * 4;
	size_t len = pcapng_mark(got, UINT64_C(1700000000123456789),
				 "the server answers");

	ck_assert_uint_eq(len, 12 + padded);
	ck_assert_uint_eq(got[0], 9);
	ck_assert_uint_eq(got[PCAPNG_LEN_AT], len);
	ck_assert_uint_eq(got[len - 4], len);
	ck_assert_mem_eq(got + 8, text, text_len);
	for (size_t i = 8 + text_len; i < 8 + padded; i++)
		ck_assert_uint_eq(got[i], 0);
}
END_TEST

START_TEST(statistics_tell_what_was_lost)
{
	static const uint8_t want[PCAPNG_ISB_SIZE] = {
		5,    0, 0, 0,		      /* block type */
		100,  0, 0, 0,		      /* total length */
		7,    0, 0, 0,		      /* interface 7 */
		3,    0, 0, 0, 4,    0, 0, 0, /* time, upper half first */
		2,    0, 8, 0,		      /* isb_starttime */
		1,    0, 0, 0, 2,    0, 0, 0, /* upper half first */
		3,    0, 8, 0,		      /* isb_endtime */
		3,    0, 0, 0, 4,    0, 0, 0, /* and on */
		4,    0, 8, 0,		      /* isb_ifrecv */
		0x10, 0, 0, 0, 0x20, 0, 0, 0, /* a 64-bit number */
		5,    0, 8, 0,		      /* isb_ifdrop */
		0x30, 0, 0, 0, 0,    0, 0, 0, /* and on */
		6,    0, 8, 0,		      /* isb_filteraccept */
		0x40, 0, 0, 0, 0,    0, 0, 0, /* and on */
		8,    0, 8, 0,		      /* isb_usrdeliv */
		0x50, 0, 0, 0, 0,    0, 0, 0, /* and on */
		0,    0, 0, 0,		      /* opt_endofopt */
		100,  0, 0, 0		      /* total length */
	};
	struct pcapng_stats stats = { .interface = 7,
				      .time_ns = 0x0000000300000004,
				      .start_ns = 0x0000000100000002,
				      .end_ns = 0x0000000300000004,
				      .received = 0x0000002000000010,
				      .dropped = 0x30,
				      .accepted = 0x40,
				      .delivered = 0x50 };
	uint8_t got[PCAPNG_ISB_SIZE];

	pcapng_isb(got, &stats);
	ck_assert_mem_eq(got, want, sizeof(want));
}
END_TEST

static const struct {
	uint32_t len;
	size_t size;
} frame_sizes[] = {
	{ 0, 44 },
	{ 1, 48 },
	{ 4, 48 },
	{ 5, 52 },
	{ 14, 60 },
	{ 60, 104 },
	{ 65550, 65552 + 44 },
};

START_TEST(a_block_is_padded_to_four_octets)
{
	const struct pcapng_packet packet = { .captured_len =
						  frame_sizes[_i].len };
	uint8_t head[PCAPNG_EPB_HEAD_SIZE], tail[PCAPNG_EPB_TAIL_MAX];
	size_t tail_len = pcapng_epb_tail(tail, &packet);
	size_t size = frame_sizes[_i].size;

	pcapng_epb_head(head, &packet);
	ck_assert_uint_eq(pcapng_epb_size(&packet), size);
	ck_assert_uint_eq(sizeof(head) + packet.captured_len + tail_len, size);
	ck_assert_uint_eq(head[4] | head[5] << 8 | head[6] << 16, size);
	ck_assert_mem_eq(&tail[tail_len - 4], &head[PCAPNG_LEN_AT], 4);
}
END_TEST

static char *
text_of(char *buf, size_t len)
{
	memset(buf, 'x', len);
	buf[len] = '\0';
	return buf;
}

START_TEST(long_texts_fit)
{
	char name[PCAPNG_NAME_MAX + 2], filter[PCAPNG_FILTER_MAX + 2];
	uint8_t shb[PCAPNG_SHB_MAX], *idb = malloc(PCAPNG_IDB_MAX);
	const struct pcapng_section section = { name, name };
	struct pcapng_interface interface = {
		.name = text_of(name, PCAPNG_NAME_MAX),
		.description = name,
		.filter = text_of(filter, PCAPNG_FILTER_MAX),
	};
	size_t len, without_filter;

	ck_assert_uint_eq(pcapng_shb(shb, &section), PCAPNG_SHB_MAX);
	len = pcapng_idb(idb, &interface);
	ck_assert_uint_eq(len, PCAPNG_IDB_MAX);

	/* One octet more: the name is cut, the filter left out. */
	interface.name = text_of(name, PCAPNG_NAME_MAX + 1);
	ck_assert_uint_eq(pcapng_idb(idb, &interface), len);
	interface.filter = text_of(filter, PCAPNG_FILTER_MAX + 1);
	without_filter = pcapng_idb(idb, &interface);
	ck_assert_uint_eq(without_filter, len - (4 + (1 + PCAPNG_FILTER_MAX)));
	free(idb);
}
END_TEST

START_TEST(the_longest_frame_mark_and_names_fit)
{
	char text[PCAPNG_MARK_MAX + 2];
	const char *comments[PCAPNG_COMMENTS_MAX];
	struct pcapng_name names[PCAPNG_NAMES_MAX];
	struct pcapng_packet packet = { .captured_len = 1,
					.comments = comments,
					.n_comments = PCAPNG_COMMENTS_MAX,
					.lost = 1 };
	uint8_t *got = malloc(PCAPNG_NRB_MAX);

	text_of(text, PCAPNG_NAME_MAX + 1);
	for (size_t i = 0; i < PCAPNG_COMMENTS_MAX; i++)
		comments[i] = text;
	ck_assert_uint_eq(pcapng_epb_tail(got, &packet), PCAPNG_EPB_TAIL_MAX);
	for (size_t i = 0; i < PCAPNG_NAMES_MAX; i++)
		names[i] = (struct pcapng_name){ { 1 }, 16, text };
	ck_assert_uint_eq(pcapng_nrb(got, names, PCAPNG_NAMES_MAX),
			  PCAPNG_NRB_MAX);
	text_of(text, PCAPNG_MARK_MAX + 1);
	ck_assert_uint_le(pcapng_mark(got, UINT64_MAX, text),
			  PCAPNG_MARK_BLOCK_MAX);
	free(got);
}
END_TEST

/* 255 octets end within the last character. */
START_TEST(no_character_is_cut)
{
	char name[PCAPNG_NAME_MAX + 3];
	const struct pcapng_interface interface = { .name = name,
						    .filter = "" };
	uint8_t got[PCAPNG_IDB_MAX];

	strcpy(text_of(name, PCAPNG_NAME_MAX - 1) + PCAPNG_NAME_MAX - 1,
	       "\xc3\xa4");
	pcapng_idb(got, &interface);
	ck_assert_uint_eq(got[18], PCAPNG_NAME_MAX - 1);
	strcpy(text_of(name, PCAPNG_NAME_MAX - 2) + PCAPNG_NAME_MAX - 2,
	       "\xc3\xa4");
	pcapng_idb(got, &interface);
	ck_assert_uint_eq(got[18], PCAPNG_NAME_MAX);
}
END_TEST

/* A file with two interfaces, the second described after the first frame, and
 * a frame of each length from 0 to @n - 1. */
static FILE *
write_file(uint32_t n)
{
	struct pcapng_interface interface = { .name = "a",
					      .filter = "",
					      .snaplen = 65550 };
	uint8_t block[PCAPNG_EPB_TAIL_MAX], octets[256];
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	fwrite(block, 1, pcapng_shb(block, &vdelab), f);
	fwrite(block, 1, pcapng_idb(block, &interface), f);
	for (uint32_t len = 0; len < n; len++) {
		struct pcapng_packet packet = { .interface = len > 0,
						.time_ns =
						    1700000000123456789 + len,
						.captured_len = len,
						.original_len = len + 1,
						.direction = PCAPNG_INBOUND };

		pcapng_epb_head(block, &packet);
		fwrite(block, 1, PCAPNG_EPB_HEAD_SIZE, f);
		fwrite(octets, 1, len, f);
		fwrite(block, 1, pcapng_epb_tail(block, &packet), f);
		if (len == 0)
			fwrite(block, 1, pcapng_idb(block, &interface), f);
	}
	pcapng_isb(block, &(struct pcapng_stats){ .interface = 1 });
	fwrite(block, 1, PCAPNG_ISB_SIZE, f);
	rewind(f);
	return f;
}

START_TEST(libpcap_reads_what_is_written)
{
	enum { N = 200 };
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap;
	struct pcap_pkthdr *header;
	const u_char *data;

	pcap = pcap_fopen_offline_with_tstamp_precision(
	    write_file(N), PCAP_TSTAMP_PRECISION_NANO, error);
	ck_assert_msg(pcap != NULL, "%s", error);
	ck_assert_int_eq(pcap_datalink(pcap), DLT_EN10MB);
	ck_assert_int_eq(pcap_snapshot(pcap), 65550);
	for (uint32_t len = 0; len < N; len++) {
		ck_assert_msg(pcap_next_ex(pcap, &header, &data) == 1, "%s",
			      pcap_geterr(pcap));
		ck_assert_uint_eq(header->caplen, len);
		ck_assert_uint_eq(header->len, len + 1);
		ck_assert_int_eq(header->ts.tv_sec, 1700000000);
		ck_assert_int_eq(header->ts.tv_usec, 123456789 + len);
		for (uint32_t i = 0; i < len; i++)
			ck_assert_uint_eq(data[i], i);
	}
	ck_assert_int_eq(pcap_next_ex(pcap, &header, &data),
			 PCAP_ERROR_BREAK); /* the end, and no error */
	pcap_close(pcap);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_section_header_names_the_application, 0 },
		{ a_section_has_a_comment, 0 },
		{ an_interface_is_ethernet_with_a_name_and_nanoseconds, 0 },
		{ an_interface_is_described, 0 },
		{ an_interface_tells_its_filter, 0 },
		{ a_frame_has_a_time_in_nanoseconds_and_a_direction, 0 },
		{ a_frame_has_comments_and_the_number_of_those_lost_before_it,
		  0 },
		{ a_frame_tells_whom_it_is_for, UNIT_ROWS(receptions) },
		{ names_of_three_kinds_of_addresses, 0 },
		{ a_mark_is_a_journal_entry, 0 },
		{ statistics_tell_what_was_lost, 0 },
		{ a_block_is_padded_to_four_octets, UNIT_ROWS(frame_sizes) },
		{ long_texts_fit, 0 },
		{ the_longest_frame_mark_and_names_fit, 0 },
		{ no_character_is_cut, 0 },
		{ libpcap_reads_what_is_written, 0 },
		{ NULL, 0 },
	};

	return unit_run("pcapng", tests, NULL, NULL);
}
