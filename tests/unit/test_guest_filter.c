#include "tools/slirp/guest-filter.h"

#include <string.h>

#include "tests/unit/unit.h"

/* Fields of an otherwise proper IPv4 packet in an Ethernet frame. */
struct packet {
	uint16_t type;
	uint8_t version_and_words;
	uint16_t fragment;
	uint8_t protocol;
	uint8_t dst[4];
	uint16_t port; /* destination; of TCP and UDP */
};

enum { ETH_LEN = 14, FRAME_LEN = ETH_LEN + 60 + 8, TCP = 6, UDP = 17 };

static size_t
make_frame(const struct packet *p, uint8_t frame[static FRAME_LEN])
{
	size_t header_len = (size_t)(p->version_and_words & 0x0f) * 4;
	uint8_t *ip = frame + ETH_LEN, *port = ip + header_len + 2;

	memset(frame, 0xee, FRAME_LEN);
	frame[12] = (uint8_t)(p->type >> 8);
	frame[13] = (uint8_t)p->type;
	ip[0] = p->version_and_words;
	ip[6] = (uint8_t)(p->fragment >> 8);
	ip[7] = (uint8_t)p->fragment;
	ip[9] = p->protocol;
	memcpy(ip + 16, p->dst, 4);
	port[0] = (uint8_t)(p->port >> 8);
	port[1] = (uint8_t)p->port;
	return ETH_LEN + header_len + 8;
}

#define HOST                                                                   \
	{                                                                      \
		10, 0, 2, 2                                                    \
	}

static const struct {
	struct packet packet;
	bool restricted, open; /* passes there */
} packets[] = {
	{ { 0x0800, 0x45, 0, TCP, HOST, 514 }, true, true },
	{ { 0x0800, 0x45, 0x4000, TCP, HOST, 514 }, true, true }, /* DF */
	{ { 0x0800, 0x45, 0, 1, HOST, 0 }, true, true },	  /* ICMP */
	{ { 0x0800, 0x45, 0, UDP, HOST, 67 }, true, true },
	{ { 0x0800, 0x4f, 0, UDP, HOST, 67 }, true, true }, /* options */
	{ { 0x0800, 0x45, 0, UDP, { 255, 255, 255, 255 }, 67 }, true, true },
	/* not in a restricted network */
	{ { 0x0800, 0x45, 0, UDP, HOST, 66 }, false, true },
	{ { 0x0800, 0x45, 0, UDP, HOST, 68 }, false, true },
	{ { 0x0800, 0x45, 0, UDP, HOST, 69 }, false, true }, /* TFTP */
	{ { 0x0800, 0x4f, 0, UDP, HOST, 69 }, false, true },
	{ { 0x0800, 0x45, 0, UDP, HOST, 323 }, false, true }, /* 256 + 67 */
	{ { 0x0800, 0x45, 0, 2, HOST, 0 }, false, true },     /* IGMP */
	{ { 0x0800, 0x45, 0x2000, TCP, HOST, 514 }, false, true },
	{ { 0x0800, 0x45, 0x0001, TCP, HOST, 514 }, false, true },
	{ { 0x0800, 0x45, 0x1000, TCP, HOST, 514 }, false, true },
	/* nowhere */
	{ { 0x0800, 0x45, 0, TCP, { 127, 0, 0, 1 }, 80 }, false, false },
	{ { 0x0800, 0x45, 0, TCP, { 127, 255, 0, 9 }, 80 }, false, false },
	{ { 0x0800, 0x45, 0, TCP, { 0, 0, 0, 0 }, 80 }, false, false },
	{ { 0x0800, 0x45, 0, TCP, { 0, 1, 2, 3 }, 80 }, false, false },
	{ { 0x0800, 0x44, 0, TCP, HOST, 514 }, false, false },
	{ { 0x86dd, 0x45, 0, TCP, HOST, 514 }, false, false }, /* IPv6 */
	{ { 0x88f8, 0x45, 0, TCP, HOST, 514 }, false, false }, /* NC-SI */
	{ { 0x8100, 0x45, 0, TCP, HOST, 514 }, false, false }, /* a tag */
	/* neighbours of what is refused */
	{ { 0x0800, 0x45, 0, TCP, { 126, 0, 0, 1 }, 80 }, true, true },
	{ { 0x0800, 0x45, 0, TCP, { 128, 0, 0, 1 }, 80 }, true, true },
	{ { 0x0800, 0x45, 0, TCP, { 1, 0, 0, 0 }, 80 }, true, true },
	{ { 0x0806, 0x00, 0, 0, HOST, 0 }, true, true }, /* ARP */
};

static const struct guest_rules closed = { .restricted = true };
static const struct guest_rules with_files = { .restricted = true,
					       .tftp = true };
static const struct guest_rules open = { .restricted = false };
static const struct guest_rules with_ipv6 = { .ipv6 = true };

START_TEST(a_frame_passes_where_somebody_needs_it)
{
	uint8_t frame[FRAME_LEN];
	size_t len = make_frame(&packets[_i].packet, frame);

	ck_assert_int_eq(guest_filter_passes(frame, len, &closed),
			 packets[_i].restricted);
	ck_assert_int_eq(guest_filter_passes(frame, len, &open),
			 packets[_i].open);
}
END_TEST

/* Of a restricted network that offers files. */
static const struct {
	struct packet packet;
	bool passes;
} files[] = {
	{ { 0x0800, 0x45, 0, UDP, HOST, 69 }, true },
	{ { 0x0800, 0x45, 0, UDP, HOST, 67 }, true },
	{ { 0x0800, 0x45, 0, UDP, HOST, 68 }, false },
	{ { 0x0800, 0x45, 0, UDP, HOST, 70 }, false },
	{ { 0x0800, 0x45, 0x2000, UDP, HOST, 69 }, false },
};

START_TEST(files_are_served_in_a_restricted_network_that_offers_them)
{
	uint8_t frame[FRAME_LEN];
	size_t len = make_frame(&files[_i].packet, frame);

	ck_assert_int_eq(guest_filter_passes(frame, len, &with_files),
			 files[_i].passes);
}
END_TEST

enum { IPV6_LEN = 40 };

static const struct {
	uint8_t version, dst[2]; /* the first octets of the address */
	size_t len;
	bool passes;
} ipv6[] = {
	{ 0x60, { 0xfe, 0xc0 }, ETH_LEN + IPV6_LEN, true },
	{ 0x60, { 0x20, 0x01 }, ETH_LEN + IPV6_LEN, true },
	{ 0x60, { 0xff, 0x02 }, ETH_LEN + IPV6_LEN, true },
	{ 0x60, { 0x01, 0x00 }, ETH_LEN + IPV6_LEN, true },
	{ 0x60, { 0x00, 0x00 }, ETH_LEN + IPV6_LEN, false }, /* ::1 */
	{ 0x60, { 0x00, 0x64 }, ETH_LEN + IPV6_LEN, false }, /* 64:ff9b:: */
	{ 0x40, { 0xfe, 0xc0 }, ETH_LEN + IPV6_LEN, false },
	{ 0x60, { 0xfe, 0xc0 }, ETH_LEN + IPV6_LEN - 1, false },
	{ 0x60, { 0xfe, 0xc0 }, ETH_LEN, false },
};

START_TEST(ipv6_passes_where_there_is_that_network)
{
	uint8_t frame[ETH_LEN + IPV6_LEN] = { [12] = 0x86, 0xdd };

	frame[ETH_LEN] = ipv6[_i].version;
	memcpy(frame + ETH_LEN + 24, ipv6[_i].dst, 2);
	ck_assert_int_eq(guest_filter_passes(frame, ipv6[_i].len, &with_ipv6),
			 ipv6[_i].passes);
	ck_assert(!guest_filter_passes(frame, ipv6[_i].len, &open));
}
END_TEST

/* The least that each needs. */
static const struct {
	uint8_t version_and_words, protocol;
	bool restricted;
	size_t len;
} shortest[] = {
	{ 0x45, TCP, true, ETH_LEN + 20 },
	{ 0x45, TCP, false, ETH_LEN + 20 },
	{ 0x46, TCP, true, ETH_LEN + 24 },
	{ 0x45, UDP, true, ETH_LEN + 20 + 4 },
	{ 0x46, UDP, true, ETH_LEN + 24 + 4 },
	{ 0x45, UDP, false, ETH_LEN + 20 },
};

static const struct {
	struct packet packet;
	bool dhcp;
} requests[] = {
	{ { 0x0800, 0x45, 0, UDP, { 255, 255, 255, 255 }, 67 }, true },
	{ { 0x0800, 0x4f, 0, UDP, HOST, 67 }, true }, /* options */
	{ { 0x0800, 0x45, 0, UDP, HOST, 66 }, false },
	{ { 0x0800, 0x45, 0, UDP, HOST, 68 }, false },
	{ { 0x0800, 0x45, 0, TCP, HOST, 67 }, false },
	{ { 0x0800, 0x44, 0, UDP, HOST, 67 }, false },
	{ { 0x0806, 0x45, 0, UDP, HOST, 67 }, false },
};

START_TEST(who_asks_for_an_address_is_known)
{
	uint8_t frame[FRAME_LEN];
	size_t len = make_frame(&requests[_i].packet, frame);

	ck_assert_int_eq(guest_filter_is_dhcp(frame, len), requests[_i].dhcp);
	ck_assert(!guest_filter_is_dhcp(frame, len - 5)); /* ends in the port */
}
END_TEST

START_TEST(a_cut_frame_does_not_pass)
{
	const struct packet packet = { 0x0800, shortest[_i].version_and_words,
				       0,      shortest[_i].protocol,
				       HOST,   67 };
	const struct guest_rules *rules =
	    shortest[_i].restricted ? &closed : &open;
	uint8_t frame[FRAME_LEN];

	make_frame(&packet, frame);
	ck_assert(guest_filter_passes(frame, shortest[_i].len, rules));
	for (size_t len = 0; len < shortest[_i].len; len++)
		ck_assert(!guest_filter_passes(frame, len, rules));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_passes_where_somebody_needs_it, UNIT_ROWS(packets) },
		{ files_are_served_in_a_restricted_network_that_offers_them,
		  UNIT_ROWS(files) },
		{ ipv6_passes_where_there_is_that_network, UNIT_ROWS(ipv6) },
		{ who_asks_for_an_address_is_known, UNIT_ROWS(requests) },
		{ a_cut_frame_does_not_pass, UNIT_ROWS(shortest) },
		{ NULL, 0 },
	};

	return unit_run("guest_filter", tests, NULL, NULL);
}
