#include "driver/wire/frame-filter.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/packet-text.h"
#include "tests/unit/unit.h"

#define ETH "eth dst=52:54:00:12:01:02 src=52:54:00:12:01:01 / "
#define HTTP ETH "ipv4 src=10.0.0.1 dst=10.0.0.2 / tcp dst_port=80"

static struct frame_filter *filter;
static struct packet_builder *builder;
static struct err err;

static void
setup(void)
{
	builder = packet_builder_new();
}

static void
teardown(void)
{
	frame_filter_free(filter);
	packet_builder_free(builder);
}

static const uint8_t *
frame(const char *text, size_t *size)
{
	const uint8_t *octets;

	ck_assert_msg(packet_text_make(text, builder, &octets, size, &err) == 0,
		      "%s", err.text);
	return octets;
}

static const struct {
	const char *filter, *frame;
	bool matches;
	unsigned likeness;
} rows[] = {
	{ "", HTTP, true, 1 },
	{ NULL, HTTP, true, 1 },
	{ " \n", HTTP, true, 1 },
	{ "tcp", HTTP, true, 1 },
	{ "tcp dst port 80", HTTP, true, 2 },
	/* only what it begins with */
	{ "tcp dst port 81", HTTP, false, 1 },
	{ "udp", HTTP, false, 0 },
	{ "tcp dst port 81 and src host 10.0.0.1", HTTP, false, 2 },
	{ "tcp dst port 80 && src host 10.0.0.9", HTTP, false, 2 },
	{ "host 10.0.0.1 and host 10.0.0.2 and udp", HTTP, false, 2 },
	/* what denies does not count */
	{ "host 10.0.0.1 and not tcp and !arp", HTTP, false, 1 },
	/* parentheses hold together, and brackets are no words */
	{ "(udp or arp) and host 10.0.0.1", HTTP, false, 1 },
	{ "(udp or tcp) and host 10.0.0.9", HTTP, false, 1 },
	{ "tcp[tcpflags] & tcp-syn != 0 and host 10.0.0.1", HTTP, false, 2 },
	/* alternatives are one part */
	{ "udp or host 10.0.0.1", HTTP, true, 1 },
	{ "udp or arp", HTTP, false, 0 },
	{ "udp || host 10.0.0.9 and ip", HTTP, false, 0 },
};

START_TEST(likeness_is_how_many_parts_match)
{
	size_t size;
	const uint8_t *octets = frame(rows[_i].frame, &size);

	filter = frame_filter_new(rows[_i].filter, &err);
	ck_assert_msg(filter != NULL, "%s", err.text);
	ck_assert_int_eq(frame_filter_matches(filter, octets, size, size),
			 rows[_i].matches);
	ck_assert_uint_eq(frame_filter_likeness(filter, octets, size, size),
			  rows[_i].likeness);
}
END_TEST

START_TEST(a_bad_filter_is_told_with_its_text)
{
	ck_assert_ptr_null(frame_filter_new("tcp prot 80", &err));
	ck_assert_ptr_nonnull(strstr(err.text, "\"tcp prot 80\""));
	ck_assert_ptr_nonnull(strstr(err.text, "syntax error"));
}
END_TEST

static const struct {
	const char *filter;
	const char *name; /* NULL: there is none */
} named[] = {
	{ "src host client", "client" },
	{ "tcp and (dst client)", "client" },
	{ "gateway router and tcp", "router" },
	{ "host a1 or host 10.0.0.1", "a1" },
	{ "src host 10.0.0.1 or dst host fe80::1", NULL },
	{ "ether src aa:bb:cc:dd:ee:ff", NULL },
	{ "ether host 52:54:00:12:01:01 and ip", NULL },
	{ "src port 80 or dst portrange 1-2", NULL },
	{ "src or dst host 10.0.0.1", NULL },
	{ "src and dst net 10.0.0.0/8", NULL },
	{ "icmp[icmptype] = icmp-echo", NULL },
	{ "dst 10.0.0.1", NULL },
};

START_TEST(names_of_hosts_are_refused_unasked)
{
	filter = frame_filter_new(named[_i].filter, &err);
	ck_assert_msg((filter == NULL) == (named[_i].name != NULL), "%s: %s",
		      named[_i].filter, err.text);
	if (named[_i].name == NULL)
		return;
	ck_assert_ptr_nonnull(strstr(err.text, "names are not looked up"));
	ck_assert_ptr_nonnull(strstr(err.text, named[_i].name));
}
END_TEST

START_TEST(a_filter_has_at_most_1024_characters)
{
	char text[FRAME_FILTER_MAX + 2];

	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "arp", 3);
	text[FRAME_FILTER_MAX] = '\0';
	filter = frame_filter_new(text, &err);
	ck_assert_ptr_nonnull(filter);
	text[FRAME_FILTER_MAX] = ' ';
	text[FRAME_FILTER_MAX + 1] = '\0';
	ck_assert_ptr_null(frame_filter_new(text, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "1024"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ likeness_is_how_many_parts_match, UNIT_ROWS(rows) },
		{ a_bad_filter_is_told_with_its_text, 0 },
		{ names_of_hosts_are_refused_unasked, UNIT_ROWS(named) },
		{ a_filter_has_at_most_1024_characters, 0 },
		{ NULL, 0 },
	};

	return unit_run("frame_filter", tests, setup, teardown);
}
