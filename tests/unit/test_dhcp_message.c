#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/dhcp/message.h"
#include "tests/unit/dhcp-client.h"
#include "tests/unit/unit.h"

static const struct dhcp_network network = {
	.mac = { 2, 'v', 'l', 168, 1, 254 },
	.address = 0xc0a801fe,
	.prefix = 24,
	.router = 0xc0a80101,
	.dns = { 0xc0a80101, 0x09090909 },
	.n_dns = 2,
	.domain = "lab.test",
	.lease_s = 3600,
};

static struct client_frame f;

/* The frame in memory of exactly its size, for sanitizers. */
static int
parse(struct dhcp_message *m)
{
	uint8_t *exact = malloc(f.len > 0 ? f.len : 1);
	int ret;

	memcpy(exact, f.octets, f.len);
	ret = dhcp_parse(m, exact, f.len);
	free(exact);
	return ret;
}

START_TEST(a_request_is_read)
{
	struct dhcp_message m;

	client_begin(&f, 7, DHCP_REQUEST);
	client_option_ip(&f, 50, "192.168.1.7");
	client_option_ip(&f, 54, "192.168.1.254");
	client_option(&f, 12, "host-7.lab", 10);
	client_option(&f, 55, "\1\3\6", 3); /* what it wants to know */
	client_end(&f);
	ck_assert_int_eq(parse(&m), 0);
	ck_assert_int_eq(m.type, DHCP_REQUEST);
	ck_assert_uint_eq(m.requested, 0xc0a80107);
	ck_assert_uint_eq(m.server, 0xc0a801fe);
	ck_assert_str_eq(m.name, "host-7.lab");
	ck_assert_uint_eq(m.mac[5], 7);
	ck_assert(!m.broadcast);
}
END_TEST

START_TEST(options_may_go_on_where_names_were)
{
	struct dhcp_message m;

	client_begin(&f, 7, DHCP_DISCOVER);
	client_option(&f, 52, "\3", 1);
	client_end(&f);
	memcpy(f.octets + 42 + 108, "\62\4\1\2\3\4\377", 7);
	memcpy(f.octets + 42 + 44, "\14\1a\377", 4);
	ck_assert_int_eq(parse(&m), 0);
	ck_assert_uint_eq(m.requested, 0x01020304);
	ck_assert_str_eq(m.name, "a");
}
END_TEST

static const struct {
	const char *name, *read;
	uint8_t len;
} names[] = {
	{ "a", "a", 1 },
	{ "a\0", "a", 2 },
	{ "", "", 0 },
	{ "a b", "", 3 },
	{ "<script>", "", 8 },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890",
	  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890",
	  63 },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678901",
	  "", 64 },
};

START_TEST(what_is_no_name_is_none)
{
	struct dhcp_message m;

	client_begin(&f, 7, DHCP_DISCOVER);
	client_option(&f, 12, names[_i].name, names[_i].len);
	client_end(&f);
	ck_assert_int_eq(parse(&m), 0);
	ck_assert_str_eq(m.name, names[_i].read);
}
END_TEST

START_TEST(a_frame_that_is_cut_is_refused_wherever)
{
	struct dhcp_message m;
	size_t whole;

	client_begin(&f, 7, DHCP_REQUEST);
	client_option_ip(&f, 50, "192.168.1.7");
	client_end(&f);
	whole = f.len;
	for (f.len = 0; f.len < whole; f.len++)
		ck_assert_int_lt(parse(&m), 0);
	ck_assert_int_eq(parse(&m), 0);
}
END_TEST

/* One octet is another. */
static const struct {
	size_t at;
	uint8_t octet;
	int ret;
} changes[] = {
	{ 12, 0x86, -ENOMSG },	     /* not IPv4 */
	{ 14, 0x55, -ENOMSG },	     /* a version 5 of IP */
	{ 14, 0x44, -ENOMSG },	     /* a header of 16 octets */
	{ 20, 0x20, -ENOMSG },	     /* more fragments */
	{ 21, 0x01, -ENOMSG },	     /* not the first of them */
	{ 23, 6, -ENOMSG },	     /* TCP */
	{ 37, 68, -ENOMSG },	     /* for a client */
	{ 24, 0xff, -EBADMSG },	     /* a wrong checksum */
	{ 38, 0xff, -EBADMSG },	     /* UDP longer than IP */
	{ 42, 2, -EBADMSG },	     /* an answer */
	{ 43, 6, -EBADMSG },	     /* not Ethernet */
	{ 44, 8, -EBADMSG },	     /* nor its addresses */
	{ 42 + 28, 0x53, -EBADMSG }, /* of a group */
	{ 42 + 236, 98, -EBADMSG },  /* not the cookie */
	{ 42 + 240, 254, -EBADMSG }, /* no type */
	{ 42 + 242, 0, -EBADMSG },   /* a type that is none */
	{ 42 + 242, 9, -EBADMSG },   /* likewise */
	{ 42 + 241, 2, -EBADMSG },   /* a type of two octets */
	{ 42 + 244, 5, -EBADMSG },   /* an address of five */
	{ 42 + 244, 255, -EBADMSG }, /* beyond the end */
};

START_TEST(what_is_not_a_request_is_not_taken_for_one)
{
	struct dhcp_message m;

	client_begin(&f, 7, DHCP_REQUEST);
	client_option_ip(&f, 50, "192.168.1.7");
	client_end(&f);
	f.octets[changes[_i].at] = changes[_i].octet;
	ck_assert_int_eq(parse(&m), changes[_i].ret);
}
END_TEST

static void
read_discover(struct dhcp_message *m)
{
	client_begin(&f, 7, DHCP_DISCOVER);
	client_end(&f);
	ck_assert_int_eq(parse(m), 0);
}

START_TEST(an_offer_tells_everything)
{
	uint8_t frame[DHCP_FRAME_MAX], n;
	struct dhcp_message m;
	size_t len;

	read_discover(&m);
	len = dhcp_write(&network, &m, DHCP_OFFER, 0xc0a80107, "client", frame);
	client_check(frame, len);
	ck_assert_uint_eq(client_type(frame, len), DHCP_OFFER);
	ck_assert_str_eq(client_yiaddr(frame), "192.168.1.7");
	ck_assert_str_eq(client_find_ip(frame, len, 1), "255.255.255.0");
	ck_assert_str_eq(client_find_ip(frame, len, 28), "192.168.1.255");
	ck_assert_str_eq(client_find_ip(frame, len, 3), "192.168.1.1");
	ck_assert_str_eq(client_find_ip(frame, len, 54), "192.168.1.254");
	ck_assert_mem_eq(client_find(frame, len, 51, &n), "\0\0\x0e\x10", 4);
	ck_assert_mem_eq(client_find(frame, len, 58, &n), "\0\0\x07\x08", 4);
	ck_assert_mem_eq(client_find(frame, len, 59, &n), "\0\0\x0c\x4e", 4);
	ck_assert_mem_eq(client_find(frame, len, 6, &n),
			 "\300\250\1\1\11\11\11\11", 8);
	ck_assert_uint_eq(n, 8);
	ck_assert_mem_eq(client_find(frame, len, 15, &n), "lab.test", 8);
	ck_assert_uint_eq(n, 8);
	ck_assert_mem_eq(client_find(frame, len, 12, &n), "client", 6);
	ck_assert_uint_eq(n, 6);
}
END_TEST

/* Where it goes: RFC 2131 section 4.1. */
START_TEST(an_answer_goes_where_the_client_hears_it)
{
	uint8_t frame[DHCP_FRAME_MAX];
	struct dhcp_message m;

	read_discover(&m);
	dhcp_write(&network, &m, DHCP_OFFER, 0xc0a80107, "", frame);
	ck_assert_mem_eq(frame, m.mac, 6);
	ck_assert_mem_eq(frame + 30, "\300\250\1\7", 4);
	m.broadcast = true;
	dhcp_write(&network, &m, DHCP_OFFER, 0xc0a80107, "", frame);
	ck_assert_mem_eq(frame, "\377\377\377\377\377\377", 6);
	ck_assert_mem_eq(frame + 30, "\377\377\377\377", 4);
	m.ciaddr = 0xc0a80108;
	dhcp_write(&network, &m, DHCP_ACK, 0xc0a80108, "", frame);
	ck_assert_mem_eq(frame, m.mac, 6);
	ck_assert_mem_eq(frame + 30, "\300\250\1\10", 4);
	dhcp_write(&network, &m, DHCP_NAK, 0, "", frame);
	ck_assert_mem_eq(frame, "\377\377\377\377\377\377", 6);
}
END_TEST

START_TEST(a_refusal_tells_nothing_else)
{
	uint8_t frame[DHCP_FRAME_MAX], n;
	struct dhcp_message m;
	size_t len;

	read_discover(&m);
	len = dhcp_write(&network, &m, DHCP_NAK, 0, "client", frame);
	client_check(frame, len);
	ck_assert_uint_eq(client_type(frame, len), DHCP_NAK);
	ck_assert_str_eq(client_yiaddr(frame), "0.0.0.0");
	ck_assert_ptr_null(client_find(frame, len, 51, &n));
	ck_assert_ptr_null(client_find(frame, len, 3, &n));
}
END_TEST

START_TEST(the_longest_answer_fits)
{
	struct dhcp_network net = network;
	uint8_t *frame = malloc(DHCP_FRAME_MAX), n;
	char name[DHCP_NAME_SIZE];
	struct dhcp_message m;
	size_t len;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(net.domain, 'd', sizeof(net.domain) - 1);
	net.n_dns = DHCP_DNS_MAX;
	read_discover(&m);
	len = dhcp_write(&net, &m, DHCP_OFFER, 0xc0a80107, name, frame);
	ck_assert_uint_le(len, DHCP_FRAME_MAX);
	client_check(frame, len);
	ck_assert_ptr_nonnull(client_find(frame, len, 12, &n));
	ck_assert_uint_eq(n, DHCP_NAME_SIZE - 1);
	free(frame);
}
END_TEST

/* ---- ARP ---- */

static const uint8_t who_has[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0,   0, 0,
	1,    8,    6,	  0,	1,    8,    0,	  6,	4,   0, 1,
	0x52, 0x54, 0,	  0,	0,    1,    192,  168,	1,   1, 0,
	0,    0,    0,	  0,	0,    192,  168,  1,	254,
};

START_TEST(the_servers_address_is_answered_for)
{
	uint8_t frame[DHCP_FRAME_MAX];

	ck_assert_uint_eq(
	    dhcp_answer_arp(&network, who_has, sizeof(who_has), frame), 60);
	ck_assert_mem_eq(frame, who_has + 6, 6);
	ck_assert_mem_eq(frame + 6, network.mac, 6);
	ck_assert_mem_eq(frame + 14, "\0\1\10\0\6\4\0\2", 8);
	ck_assert_mem_eq(frame + 22, network.mac, 6);
	ck_assert_mem_eq(frame + 28, "\300\250\1\376", 4);
	ck_assert_mem_eq(frame + 32, who_has + 6, 6);
	ck_assert_mem_eq(frame + 38, "\300\250\1\1", 4);
}
END_TEST

START_TEST(others_are_not)
{
	uint8_t frame[DHCP_FRAME_MAX], request[sizeof(who_has)];
	const size_t at[] = { 13, 15, 16, 18, 19, 21, 41 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		memcpy(request, who_has, sizeof(request));
		request[at[i]] ^= 3;
		ck_assert_uint_eq(
		    dhcp_answer_arp(&network, request, sizeof(request), frame),
		    0);
	}
	ck_assert_uint_eq(
	    dhcp_answer_arp(&network, who_has, sizeof(who_has) - 1, frame), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_is_read, 0 },
		{ options_may_go_on_where_names_were, 0 },
		{ what_is_no_name_is_none, UNIT_ROWS(names) },
		{ a_frame_that_is_cut_is_refused_wherever, 0 },
		{ what_is_not_a_request_is_not_taken_for_one,
		  UNIT_ROWS(changes) },
		{ an_offer_tells_everything, 0 },
		{ an_answer_goes_where_the_client_hears_it, 0 },
		{ a_refusal_tells_nothing_else, 0 },
		{ the_longest_answer_fits, 0 },
		{ the_servers_address_is_answered_for, 0 },
		{ others_are_not, 0 },
		{ NULL, 0 },
	};

	return unit_run("dhcp-message", tests, NULL, NULL);
}
