#include "driver/packet/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/packet/build.h"
#include "driver/packet/format.h"
#include "lib/err.h"
#include "tests/unit/packet-text.h"
#include "tests/unit/unit.h"

#define ETH "eth dst=52:54:00:12:01:02 src=52:54:00:12:01:01 / "
#define IP4 ETH "ipv4 src=192.168.1.1 dst=192.168.1.2 / "
#define IP6 ETH "ipv6 src=fe80::1 dst=2001:db8:1::2 / "

static struct packet_builder *builder;
static struct packet packet;
static uint8_t *exact; /* so that ASan sees an over-read */
static struct err err;

static void
teardown(void)
{
	packet_builder_free(builder);
	free(exact);
}

static int
make(const char *text)
{
	const uint8_t *octets;
	size_t size;
	int ret;

	packet_builder_free(builder);
	builder = packet_builder_new();
	ret = packet_text_make(text, builder, &octets, &size, &err);
	if (ret < 0)
		return ret;
	free(exact);
	exact = malloc(size > 0 ? size : 1);
	memcpy(exact, octets, size);
	packet_dissect(exact, size, &packet);
	return 0;
}

static void
make_ok(const char *text)
{
	ck_assert_msg(make(text) == 0, "%s: %s", text, err.text);
}

static uint64_t
number(const char *layer, const char *field)
{
	const struct packet_part *part = packet_layer(&packet, layer);

	ck_assert_msg(part != NULL, "no %s", layer);
	return packet_number(&packet, part, field);
}

/* ---- lines; each as tcpdump -n -S writes it, but for VLAN tags ---- */

static const struct {
	const char *frame, *line;
} lines[] = {
	{ ETH "arp op=1 sender_ip=192.168.1.1 target_ip=192.168.1.2",
	  "ARP, Request who-has 192.168.1.2 tell 192.168.1.1, length 28" },
	{ ETH "arp op=1 sender_ip=192.168.1.1 target_ip=192.168.1.2 "
	      "target_mac=52:54:00:12:01:02",
	  "ARP, Request who-has 192.168.1.2 (52:54:00:12:01:02) tell "
	  "192.168.1.1, length 28" },
	{ ETH "arp op=2 sender_mac=52:54:00:12:01:01 sender_ip=192.168.1.1 / "
	      "padding data=000000000000000000",
	  "ARP, Reply 192.168.1.1 is-at 52:54:00:12:01:01, length 46" },
	{ IP4 "icmp type=8 id=1 seq=2 / raw data=12345678",
	  "IP 192.168.1.1 > 192.168.1.2: ICMP echo request, id 1, seq 2, "
	  "length 16" },
	{ IP4 "tcp src_port=40000 dst_port=80 seq=7 flags=S window=1000 "
	      "options[ mss value=1460 ; sack_ok ; timestamps value=5 ; nop ; "
	      "wscale value=7 ]",
	  "IP 192.168.1.1.40000 > 192.168.1.2.80: Flags [S], seq 7, win 1000, "
	  "options [mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7], length 0" },
	{ IP4 "tcp src_port=1 dst_port=2 seq=7 ack=9 flags=PA window=5 / raw "
	      "data=1234",
	  "IP 192.168.1.1.1 > 192.168.1.2.2: Flags [P.], seq 7:11, ack 9, win "
	  "5, length 4" },
	{ IP4 "tcp src_port=1 dst_port=2 window=5",
	  "IP 192.168.1.1.1 > 192.168.1.2.2: Flags [none], win 5, length 0" },
	{ IP4 "udp src_port=5 dst_port=6 / raw data=x / padding data=00",
	  "IP 192.168.1.1.5 > 192.168.1.2.6: UDP, length 1" },
	{ IP6 "udp src_port=5 dst_port=6 / raw data=x",
	  "IP6 fe80::1.5 > 2001:db8:1::2.6: UDP, length 1" },
	{ IP6 "icmpv6 type=135 target=fe80::2",
	  "IP6 fe80::1 > 2001:db8:1::2: ICMP6, neighbor solicitation, who has "
	  "fe80::2, length 24" },
	{ IP6 "icmpv6 type=136 target=fe80::2",
	  "IP6 fe80::1 > 2001:db8:1::2: ICMP6, neighbor advertisement, tgt is "
	  "fe80::2, length 24" },
	{ IP6 "hopopt options[ router_alert ] / icmpv6 type=128 id=1 seq=2",
	  "IP6 fe80::1 > 2001:db8:1::2: HBH ICMP6, echo request, id 1, seq 2, "
	  "length 8" },
	{ ETH "ipv4 src=0.0.0.0 dst=255.255.255.255 / udp src_port=68 "
	      "dst_port=67 / dhcp chaddr=52:54:00:12:01:01 options[ end ]",
	  "IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request from "
	  "52:54:00:12:01:01, length 241" },
	{ IP4 "udp src_port=5000 dst_port=53 / dns id=99 rd=1 questions[ "
	      "question name=example.org ]",
	  "IP 192.168.1.1.5000 > 192.168.1.2.53: 99+ A? example.org. (29)" },
	{ IP4 "udp src_port=53 dst_port=5000 / dns id=99 qr=1 ra=1 questions[ "
	      "question name=example.org ] answers[ a name=example.org "
	      "address=1.2.3.4 ]",
	  "IP 192.168.1.2.53 > 192.168.1.1.5000: 99 1/0/0 A 1.2.3.4 (56)" },
	{ IP4 "udp src_port=53 dst_port=5000 / dns id=99 qr=1 aa=1 rcode=3",
	  "IP 192.168.1.2.53 > 192.168.1.1.5000: 99 NXDomain*- 0/0/0 (12)" },
	{ ETH "vlan vid=7 pcp=3 / vlan vid=9 / arp sender_ip=1.2.3.4 "
	      "target_ip=1.2.3.5",
	  "vlan 7, p 3, vlan 9, p 0, ARP, Request who-has 1.2.3.5 tell "
	  "1.2.3.4, length 28" },
	{ ETH "raw data=12345",
	  "52:54:00:12:01:01 > 52:54:00:12:01:02, ethertype Unknown (0x88b5), "
	  "length 19" },
	{ "raw data=12345", "no Ethernet frame, length 5" },
};

START_TEST(a_frame_is_one_line_as_of_tcpdump)
{
	char line[PACKET_LINE_SIZE];
	char want[PACKET_LINE_SIZE];

	make_ok(lines[_i].frame);
	snprintf(want, sizeof(want), "%s", lines[_i].line);
	/* Answers go the other way. */
	if (strncmp(want, "IP 192.168.1.2.53", 17) == 0) {
		memcpy(exact + 26, "\xc0\xa8\x01\x02\xc0\xa8\x01\x01", 8);
		packet_dissect(exact, packet.size, &packet);
	}
	ck_assert_str_eq(packet_format(&packet, line), want);
}
END_TEST

START_TEST(a_long_line_ends_in_dots)
{
	char frame[2048] = IP4 "udp src_port=1 dst_port=53 / dns questions[";
	char line[PACKET_LINE_SIZE];

	for (int i = 0; i < 60; i++)
		strcat(frame, " question name=a.long.name ;");
	strcat(frame, " ]");
	make_ok(frame);
	packet_format(&packet, line);
	ck_assert_uint_eq(strlen(line), PACKET_LINE_SIZE - 1);
	ck_assert_str_eq(line + PACKET_LINE_SIZE - 4, "...");
}
END_TEST

/* ---- making ---- */

START_TEST(lengths_and_next_headers_are_filled_in)
{
	make_ok(IP4 "udp src_port=1 dst_port=2 / raw data=12345");
	ck_assert_uint_eq(packet.size, 14 + 20 + 8 + 5);
	ck_assert_uint_eq(number("eth", "type"), 0x0800);
	ck_assert_uint_eq(number("ipv4", "ihl"), 5);
	ck_assert_uint_eq(number("ipv4", "total_length"), 33);
	ck_assert_uint_eq(number("ipv4", "protocol"), 17);
	ck_assert_uint_eq(number("udp", "length"), 13);
	make_ok(ETH "vlan vid=2 / vlan vid=3 / ipv6 / raw data=x");
	ck_assert_uint_eq(number("eth", "type"), 0x88a8);
	ck_assert_uint_eq(number("vlan", "type"), 0x8100);
	ck_assert_uint_eq(number("ipv6", "payload_length"), 1);
}
END_TEST

START_TEST(lengths_leave_padding_out)
{
	make_ok(IP4 "udp src_port=1 dst_port=2 / raw data=1 / padding "
		    "data=000");
	ck_assert_uint_eq(number("ipv4", "total_length"), 29);
	ck_assert_uint_eq(packet_layer(&packet, "padding")->size, 3);
}
END_TEST

START_TEST(what_is_given_stays_right_or_wrong)
{
	make_ok(ETH "ipv4 total_length=9 checksum=0x1234 protocol=99 ihl=5 "
		    "version=4 / udp checksum=0 length=3 / raw data=x");
	ck_assert_uint_eq(number("ipv4", "total_length"), 9);
	ck_assert_uint_eq(number("ipv4", "checksum"), 0x1234);
	ck_assert_uint_eq(number("ipv4", "protocol"), 99);
	ck_assert_ptr_null(packet_layer(&packet, "udp"));
}
END_TEST

START_TEST(a_checksum_of_zero_is_sent_as_ones_by_udp)
{
	uint16_t checksum;

	/* found by trying: its sum is ffff */
	for (unsigned port = 0; port < 0x10000; port++) {
		char text[256];

		snprintf(text, sizeof(text),
			 IP4 "udp src_port=%u dst_port=2 / raw data=ab", port);
		make_ok(text);
		checksum = (uint16_t)number("udp", "checksum");
		ck_assert_uint_ne(checksum, 0);
		if (checksum == 0xffff)
			return;
	}
	ck_abort_msg("no port makes it zero");
}
END_TEST

START_TEST(options_are_padded_to_whole_words)
{
	make_ok(IP4 "tcp options[ wscale value=7 ] / raw data=x");
	ck_assert_uint_eq(number("tcp", "data_offset"), 6);
	ck_assert_uint_eq(packet_layer(&packet, "tcp")->size, 24);
	make_ok(ETH "ipv4 ihl=5 options[ nop ] / raw data=x");
	ck_assert_uint_eq(packet_layer(&packet, "ipv4")->size, 20);
	make_ok(IP6 "hopopt / udp");
	ck_assert_uint_eq(packet_layer(&packet, "hopopt")->size, 8);
}
END_TEST

static const struct {
	const char *frame, *says;
} refused[] = {
	{ ETH "vlan vid=4096", "vlan.vid: 4096 does not fit 12 bits" },
	{ "eth type=65536", "eth.type: 65536 does not fit 16 bits" },
	{ IP4 "udp / dns questions[ question name=a..b ]", "question.name: " },
	{ IP4 "udp / dhcp sname=0123456789012345678901234567890123456789"
	      "0123456789012345678901234",
	  "dhcp.sname: 65 octets, of which 64 fit" },
};

START_TEST(what_does_not_fit_is_refused_by_name)
{
	ck_assert_int_lt(make(refused[_i].frame), 0);
	ck_assert_msg(strstr(err.text, refused[_i].says) != NULL ||
			  strstr(err.text, "name: bad value") != NULL,
		      "%s", err.text);
}
END_TEST

START_TEST(the_largest_values_fit)
{
	make_ok(ETH "vlan vid=4095 pcp=7 dei=1 type=65535");
	ck_assert_uint_eq(number("vlan", "vid"), 4095);
	ck_assert_uint_eq(number("vlan", "type"), 65535);
	make_ok(IP4 "tcp seq=0xffffffff");
	ck_assert_uint_eq(number("tcp", "seq"), 0xffffffff);
}
END_TEST

static void
add_raw(size_t size)
{
	static uint8_t zeros[PACKET_SIZE_MAX];
	const struct packet_value value = { .data = zeros, .size = size };

	packet_builder_free(builder);
	builder = packet_builder_new();
	ck_assert_int_eq(packet_builder_open(builder, &packet_raw, &err), 0);
	packet_builder_set(builder, &packet_raw.fields[0], &value, &err);
	packet_builder_close(builder);
}

START_TEST(a_frame_has_at_most_packet_size_max_octets)
{
	const uint8_t *octets;
	size_t size;

	add_raw(PACKET_SIZE_MAX);
	ck_assert_int_eq(packet_builder_finish(builder, &octets, &size, &err),
			 0);
	ck_assert_uint_eq(size, PACKET_SIZE_MAX);
	add_raw(PACKET_SIZE_MAX);
	packet_builder_open(builder, &packet_raw, &err);
	packet_builder_set(
	    builder, &packet_raw.fields[0],
	    &(struct packet_value){ .data = (uint8_t *)"x", .size = 1 }, &err);
	packet_builder_close(builder);
	ck_assert_int_lt(packet_builder_finish(builder, &octets, &size, &err),
			 0);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *name;
	bool ok;
} names[] = {
	{ ".", true },
	{ "org", true },
	{ "a.b.", true },
	{ "a\\.b.c", true },
	{ "\\200\\000", true },
	{ "a..b", false },
	{ ".a", false },
	{ "\\256", false },
	{ "\\", false },
	/* 63 and 64 octets */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
	  true },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
	  false },
};

START_TEST(names_have_labels_of_1_to_63_octets)
{
	const struct packet_protocol *dns = packet_protocol_find("dns");
	const struct packet_field *list = packet_field_find(dns, "questions");
	const struct packet_protocol *question =
	    packet_item_find(list->list, "question");
	struct packet_value value;
	uint8_t octets[16];

	ck_assert_msg((packet_value_from_text(question->fields, names[_i].name,
					      octets, &value) == 0) ==
			  names[_i].ok,
		      "%s", names[_i].name);
}
END_TEST

START_TEST(a_name_has_at_most_255_octets)
{
	const struct packet_protocol *dns = packet_protocol_find("dns");
	const struct packet_field *list = packet_field_find(dns, "questions");
	const struct packet_protocol *question =
	    packet_item_find(list->list, "question");
	struct packet_value value;
	char name[300] = "";
	uint8_t octets[16];

	for (int i = 0; i < 127; i++) /* two octets each, and the root */
		strcat(name, i > 0 ? ".a" : "a");
	ck_assert_int_eq(
	    packet_value_from_text(question->fields, name, octets, &value), 0);
	strcat(name, "a");
	ck_assert_int_lt(
	    packet_value_from_text(question->fields, name, octets, &value), 0);
}
END_TEST

/* A header and one question whose name is @octets. */
static const struct packet_part *
dns_of(const char *octets, size_t size, struct packet_part *item)
{
	uint8_t data[14 + 20 + 8 + 12 + 300];
	struct packet_part *part = &packet.layers[0];
	const struct packet_field *list;

	memcpy(data, "\0\1\0\0\0\1\0\0\0\0\0\0", 12);
	memcpy(data + 12, octets, size);
	memcpy(data + 12 + size, "\0\1\0\1", 4);
	free(exact);
	exact = malloc(12 + size + 4);
	memcpy(exact, data, 12 + size + 4);
	packet = (struct packet){ .data = exact, .size = 12 + size + 4 };
	*part = (struct packet_part){ .protocol = packet_protocol_find("dns"),
				      .size = packet.size };
	list = packet_field_find(part->protocol, "questions");
	*item = (struct packet_part){ .protocol = NULL };
	return packet_next_item(&packet, part, list, item) ? item : NULL;
}

START_TEST(a_compressed_name_is_read_and_a_loop_is_not)
{
	struct packet_value value;
	struct packet_part item;

	ck_assert_ptr_nonnull(dns_of("\3www\0", 5, &item));
	packet_get(&packet, &item, item.protocol->fields, &value);
	ck_assert_str_eq(value.name, "www");
	/* to itself, forward, behind the end, cut in two */
	ck_assert_ptr_null(dns_of("\xc0\x0c", 2, &item));
	ck_assert_ptr_null(dns_of("\1a\xc0\x0e", 4, &item));
	ck_assert_ptr_null(dns_of("\xc0\x0d\0", 3, &item));
	ck_assert_ptr_null(dns_of("\xff\xff", 2, &item));
	ck_assert_ptr_null(dns_of("\100a", 2, &item));
}
END_TEST

START_TEST(no_longer_name_than_may_be_is_read)
{
	struct packet_part item;
	char octets[257];

	for (size_t i = 0; i < sizeof(octets); i += 2)
		memcpy(octets + i, "\1a", i + 1 < sizeof(octets) ? 2 : 1);
	octets[254] = '\0'; /* 127 labels and the root: 255 octets */
	ck_assert_ptr_nonnull(dns_of(octets, 255, &item));
	octets[254] = '\1';
	octets[256] = '\0';
	ck_assert_ptr_null(dns_of(octets, 257, &item));
}
END_TEST

START_TEST(an_answer_may_point_to_the_question)
{
	static const uint8_t message[] =
	    "\0\1\x80\0\0\1\0\1\0\0\0\0"
	    "\3www\3org\0\0\1\0\1"
	    "\xc0\x0c\0\5\0\1\0\0\0\1\0\6\3ftp\xc0\x10";
	struct packet_part dns = { .protocol = packet_protocol_find("dns"),
				   .size = sizeof(message) - 1 };
	struct packet_part item = { .protocol = NULL };
	struct packet_value value;

	packet = (struct packet){ .data = message, .size = dns.size };
	ck_assert(packet_next_item(
	    &packet, &dns, packet_field_find(dns.protocol, "answers"), &item));
	ck_assert_str_eq(item.protocol->name, "cname");
	packet_get(&packet, &item, packet_field_find(item.protocol, "name"),
		   &value);
	ck_assert_str_eq(value.name, "www.org");
	packet_get(&packet, &item, packet_field_find(item.protocol, "target"),
		   &value);
	ck_assert_str_eq(value.name, "ftp.org");
	ck_assert(!packet_next_item(
	    &packet, &dns, packet_field_find(dns.protocol, "answers"), &item));
}
END_TEST

START_TEST(a_record_without_a_name_is_none_of_that_type)
{
	static const uint8_t message[] = "\0\1\x80\0\0\0\0\1\0\0\0\0"
					 "\0\0\2\0\1\0\0\0\1\0\0";
	struct packet_part dns = { .protocol = packet_protocol_find("dns"),
				   .size = sizeof(message) - 1 };
	struct packet_part item = { .protocol = NULL };

	packet = (struct packet){ .data = message, .size = dns.size };
	ck_assert(packet_next_item(
	    &packet, &dns, packet_field_find(dns.protocol, "answers"), &item));
	ck_assert_str_eq(item.protocol->name, "record");
}
END_TEST

/* ---- what is damaged ---- */

static const char *const whole[] = {
	IP4 "tcp options[ mss value=1 ; sack blocks[ block left=1 ] ] / raw "
	    "data=x",
	IP6 "hopopt options[ router_alert ] / fragment / icmpv6 type=135 "
	    "options[ source_mac ]",
	IP4 "udp src_port=67 dst_port=68 / dhcp options[ routers addresses[ "
	    "address ] ; end ]",
	IP4 "udp src_port=53 dst_port=53 / dns questions[ question name=a.b ] "
	    "answers[ mx name=c target=d.e ; srv name=f target=g ; txt name=h "
	    "data=i ]",
	ETH "vlan / vlan / arp",
};

START_TEST(a_frame_cut_anywhere_is_read_as_far_as_it_goes)
{
	char line[PACKET_LINE_SIZE];
	uint8_t *all;
	size_t size;

	make_ok(whole[_i]);
	size = packet.size;
	all = malloc(size);
	memcpy(all, exact, size);
	for (size_t n = 0; n <= size; n++) {
		uint8_t *part = malloc(n > 0 ? n : 1);
		size_t at = 0;

		memcpy(part, all, n);
		packet_dissect(part, n, &packet);
		packet_format(&packet, line);
		for (size_t i = 0; i < packet.n_layers; i++)
			at += packet.layers[i].size;
		ck_assert_uint_eq(at, n);
		ck_assert(n < 14 || packet_layer(&packet, "eth") != NULL);
		free(part);
	}
	free(all);
}
END_TEST

START_TEST(a_later_fragment_has_no_ports)
{
	make_ok(ETH "ipv4 fragment_offset=1 protocol=17 / raw data=12345678");
	ck_assert_ptr_null(packet_layer(&packet, "udp"));
	make_ok(IP6 "fragment offset=1 next_header=17 / raw data=12345678");
	ck_assert_ptr_null(packet_layer(&packet, "udp"));
	make_ok(IP6 "fragment offset=0 next_header=17 / raw data=12345678");
	ck_assert_ptr_nonnull(packet_layer(&packet, "udp"));
}
END_TEST

START_TEST(a_header_that_is_too_short_is_none)
{
	make_ok(ETH "ipv4 ihl=4 / raw data=x");
	ck_assert_ptr_null(packet_layer(&packet, "ipv4"));
	make_ok(IP4 "tcp data_offset=4 / raw data=x");
	ck_assert_ptr_null(packet_layer(&packet, "tcp"));
	make_ok(IP4 "tcp data_offset=6 / raw data=123");
	ck_assert_ptr_null(packet_layer(&packet, "tcp"));
}
END_TEST

START_TEST(a_length_that_cannot_be_is_not_believed)
{
	/* shorter than the header, and longer than there is */
	make_ok(IP4 "udp length=7 / raw data=abc");
	ck_assert_uint_eq(packet_layer(&packet, "raw")->size, 3);
	make_ok(IP4 "udp length=12 / raw data=abc");
	ck_assert_uint_eq(packet_layer(&packet, "raw")->size, 3);
	make_ok(IP4 "udp length=8 / raw data=abc");
	ck_assert_ptr_null(packet_layer(&packet, "raw"));
	ck_assert_uint_eq(packet_layer(&packet, "padding")->size, 3);
	make_ok(ETH "ipv4 total_length=19 protocol=17 / udp / raw data=abc");
	ck_assert_ptr_nonnull(packet_layer(&packet, "udp"));
	make_ok(ETH "ipv6 payload_length=0 / udp / raw data=abc");
	ck_assert_uint_eq(packet_layer(&packet, "raw")->size, 3);
}
END_TEST

static const char *const impossible[] = {
	"\\01\\02\\09\\05", /* behind the end */
	"\\01\\02\\01\\05", /* shorter than itself */
	"\\01\\02\\00\\05",
};

START_TEST(an_option_of_impossible_length_is_raw)
{
	const struct packet_part *tcp;
	const struct packet_field *list;
	struct packet_part item = { .protocol = NULL };
	char text[256];

	snprintf(text, sizeof(text), IP4 "tcp data_offset=6 / raw data=%s",
		 impossible[_i]);
	make_ok(text);
	tcp = packet_layer(&packet, "tcp");
	list = packet_field_find(tcp->protocol, "options");
	ck_assert(packet_next_item(&packet, tcp, list, &item));
	ck_assert_str_eq(item.protocol->name, "nop");
	ck_assert(packet_next_item(&packet, tcp, list, &item));
	ck_assert_str_eq(item.protocol->name, "raw");
	ck_assert_uint_eq(item.size, 3);
	ck_assert(!packet_next_item(&packet, tcp, list, &item));
}
END_TEST

START_TEST(every_table_is_well_formed)
{
	for (const struct packet_protocol *const *p = packet_protocols();
	     *p != NULL; p++) {
		size_t n = 0;

		ck_assert_ptr_eq(packet_protocol_find((*p)->name), *p);
		for (const struct packet_field *f = (*p)->fields;
		     f->name != NULL; f++, n++) {
			ck_assert_ptr_eq(packet_field_find(*p, f->name), f);
			ck_assert_msg(f->bits == 0 ||
					  f->at + f->bits <= (*p)->size * 8,
				      "%s.%s", (*p)->name, f->name);
			ck_assert_str_ne(f->name, "kind");
		}
		ck_assert_uint_lt(n, 64);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_is_one_line_as_of_tcpdump, UNIT_ROWS(lines) },
		{ a_long_line_ends_in_dots, 0 },
		{ lengths_and_next_headers_are_filled_in, 0 },
		{ lengths_leave_padding_out, 0 },
		{ what_is_given_stays_right_or_wrong, 0 },
		{ a_checksum_of_zero_is_sent_as_ones_by_udp, 0 },
		{ options_are_padded_to_whole_words, 0 },
		{ what_does_not_fit_is_refused_by_name, UNIT_ROWS(refused) },
		{ the_largest_values_fit, 0 },
		{ a_frame_has_at_most_packet_size_max_octets, 0 },
		{ names_have_labels_of_1_to_63_octets, UNIT_ROWS(names) },
		{ a_name_has_at_most_255_octets, 0 },
		{ a_compressed_name_is_read_and_a_loop_is_not, 0 },
		{ no_longer_name_than_may_be_is_read, 0 },
		{ an_answer_may_point_to_the_question, 0 },
		{ a_record_without_a_name_is_none_of_that_type, 0 },
		{ a_frame_cut_anywhere_is_read_as_far_as_it_goes,
		  UNIT_ROWS(whole) },
		{ a_later_fragment_has_no_ports, 0 },
		{ a_header_that_is_too_short_is_none, 0 },
		{ a_length_that_cannot_be_is_not_believed, 0 },
		{ an_option_of_impossible_length_is_raw,
		  UNIT_ROWS(impossible) },
		{ every_table_is_well_formed, 0 },
		{ NULL, 0 },
	};

	return unit_run("packet", tests, NULL, teardown);
}
