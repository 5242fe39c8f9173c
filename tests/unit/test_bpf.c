#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netdb.h>
#include <netinet/ether.h>

#include "plugins/common/bpf-names.h"
#include "plugins/common/bpf.h"
#include "tests/unit/name-service.h"
#include "tests/unit/unit.h"

/* From 192.168.1.1 port 1024 to 192.168.1.2 port 80, by TCP. */
static const uint8_t http[] = {
	0x52, 0x54, 0x00, 0x12, 0x01, 0x02, /* to */
	0x52, 0x54, 0x00, 0x12, 0x01, 0x01, /* from */
	0x08, 0x00,			    /* IPv4 */
	0x45, 0x00, 0x00, 0x28,		    /* 40 octets */
	0x00, 0x00, 0x00, 0x00, 0x40, 0x06, /* TTL 64, TCP */
	0xb7, 0x7c, 192,  168,	1,    1,    /* checksum, from */
	192,  168,  1,	  2,	4,    0,    /* to, port 1024 */
	0,    80,   0,	  0,	0,    0,    /* to port 80 */
	0,    0,    0,	  0,	0x50, 0x02, /* SYN */
	0,    0,    0,	  0,	0,    0,    /* window, checksum, urgent */
};

static const struct {
	const char *text;
	bool matches;
} filters[] = {
	{ "", true },
	{ "tcp", true },
	{ "udp", false },
	{ "tcp port http", true },
	{ "port https or http", true },
	{ "tcp and (port domain or http)", true },
	{ "src host 192.168.1.1 and dst 192.168.1.2", true },
	{ "host 192.168.1.3 or 192.168.1.1", true },
	{ "net 192.168", true },
	{ "net 192.168.0.0 mask 255.255.0.0", true },
	{ "ether src 52:54:00:12:01:01", true },
	{ "ether host 52-54-00-12-01-02", true },
	{ "ether dst 525400120101", false },
	{ "ether proto \\ip and ip proto \\tcp", true },
	{ "ether proto 0x88cc", false },
	{ "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", true },
	{ "icmp[icmptype] = icmp-echo", false },
	{ "icmp6[icmp6type] == icmp6-neighborsolicit", false },
	{ "ip6 host fe80::cafe or host 2001:db8:1::2", false },
	{ "host ::ffff:1.2.3.4", false },
	{ "greater 54 and len - 1 = 53", true },
	{ "not vlan and not llc s", true },
	{ "portrange 70-90", true },
};

START_TEST(a_filter_matches_what_pcap_filter_says)
{
	char error[256] = "";
	struct bpf *bpf = bpf_compile(filters[_i].text, error, sizeof(error));

	ck_assert_msg(bpf != NULL, "%s", error);
	ck_assert_str_eq(bpf_text(bpf), filters[_i].text);
	ck_assert_int_eq(bpf_match(bpf, http, sizeof(http)),
			 filters[_i].matches);
	ck_assert_str_eq(name_service_asked(), "");
	bpf_free(bpf);
}
END_TEST

START_TEST(no_filter_matches_everything)
{
	char error[256];
	struct bpf *bpf = bpf_compile(NULL, error, sizeof(error));

	ck_assert(bpf_match(bpf, http, 14));
	ck_assert_str_eq(bpf_text(bpf), "");
	bpf_free(bpf);
	bpf_free(NULL);
}
END_TEST

static const struct {
	const char *text;
	const char *name;
} named[] = {
	{ "host gateway.example.org", "gateway.example.org" },
	{ "src client", "client" },
	{ "host 10.0.0.1 or client", "client" },
	{ "port http and host client", "client" },
	{ "port http and src client", "client" },
	{ "(port http) or client", "client" },
	{ "net loopback", "loopback" },
	{ "ether host router", "router" },
	{ "ip6 host cafe", "cafe" },
	{ "host \\host", "\\host" },
	{ "dst 1.2.3.4.5", "1.2.3.4.5" },
	{ "host client-", "client" },
	{ "arp amd icmp", "amd" },
	{ "host cafe:", "cafe" },
	{ "host a:b", "a" },
};

START_TEST(names_are_refused_and_not_looked_up)
{
	char error[256] = "", want[256];
	struct bpf_name found;

	ck_assert(bpf_names_find(named[_i].text, &found));
	ck_assert_uint_eq(found.len, strlen(named[_i].name));
	ck_assert_mem_eq(found.at, named[_i].name, found.len);
	ck_assert_ptr_null(bpf_compile(named[_i].text, error, sizeof(error)));
	ck_assert_int_eq(errno, EINVAL);
	snprintf(want, sizeof(want),
		 "filter \"%s\": \"%s\" is neither a word of filters nor an "
		 "address; names are not looked up",
		 named[_i].text, named[_i].name);
	ck_assert_str_eq(error, want);
	ck_assert_str_eq(name_service_asked(), "");
}
END_TEST

/* Else the tests above could not fail. */
START_TEST(the_test_sees_what_libpcap_asks_for)
{
	struct addrinfo *found = NULL;

	ck_assert_int_ne(getaddrinfo("client", NULL, NULL, &found), 0);
	ck_assert_str_eq(name_service_asked(), "client");
}
END_TEST

START_TEST(a_mistake_is_told_with_the_filter)
{
	char error[256] = "";

	ck_assert_ptr_null(bpf_compile("tcp prot 80", error, sizeof(error)));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strncmp(error, "filter \"tcp prot 80\": ", 22) == 0, "%s",
		      error);
	ck_assert_ptr_null(bpf_compile("tcp and (", error, sizeof(error)));
	ck_assert_str_eq(error, "filter \"tcp and (\": can't parse filter "
				"expression: syntax error");
}
END_TEST

START_TEST(a_text_has_a_bounded_length)
{
	char text[BPF_TEXT_MAX + 2], error[256];
	struct bpf *bpf;

	memset(text, ' ', sizeof(text));
	memcpy(text, "tcp", 3);
	text[BPF_TEXT_MAX] = '\0';
	bpf = bpf_compile(text, error, sizeof(error));
	ck_assert_ptr_nonnull(bpf);
	bpf_free(bpf);
	text[BPF_TEXT_MAX] = ' ';
	text[BPF_TEXT_MAX + 1] = '\0';
	ck_assert_ptr_null(bpf_compile(text, error, sizeof(error)));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_str_eq(error, "a filter of 1024 characters is too long; 1023 "
				"are the most");
}
END_TEST

START_TEST(short_frames_match_nothing_that_needs_more)
{
	char error[256];
	struct bpf *bpf = bpf_compile("tcp dst port 80", error, sizeof(error));

	ck_assert(bpf_match(bpf, http, sizeof(http)));
	for (uint32_t len = 14; len < 38; len++)
		ck_assert(!bpf_match(bpf, http, len));
	bpf_free(bpf);
}
END_TEST

int
main(void)
{
	struct unit_test tests[] = {
		{ a_filter_matches_what_pcap_filter_says, UNIT_ROWS(filters) },
		{ no_filter_matches_everything, 0 },
		{ names_are_refused_and_not_looked_up, UNIT_ROWS(named) },
		{ the_test_sees_what_libpcap_asks_for, 0 },
		{ a_mistake_is_told_with_the_filter, 0 },
		{ a_text_has_a_bounded_length, 0 },
		{ short_frames_match_nothing_that_needs_more, 0 },
		{ NULL, 0 },
	};

	return unit_run("bpf", tests, NULL, NULL);
}
