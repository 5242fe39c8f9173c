/* What a guest leaves to others: from the headers in its ring to those in
 * another's, or to frames as they go over a wire. */
#include "config.h"

#include <string.h>

#include "switch/ports/vhost-features.h"
#include "tests/unit/offload-rig.h"
#include "tests/unit/vhost-rig.h"

#define BASE (VHOST_BIT(VHOST_VERSION_1) | VHOST_BIT(VHOST_PROTOCOL_FEATURES))

/* Who takes but one of them gets frames of the wire. */
#define GUEST_USO                                                              \
	(VHOST_BIT(VHOST_NET_GUEST_USO4) | VHOST_BIT(VHOST_NET_GUEST_USO6))

enum {
	HEADER = 12,
	PLACE = DRIVER_GUEST,
	ROOM = 65000,
	MSS = 1000, /* of a fragment: a multiple of 8 */
	PAYLOAD = 4321,
	TCP = 6,
	UDP = 17,

	/* VIRTIO 1.2, 5.1.6 */
	NEEDS_CHECKSUM = 1,
	DATA_VALID = 2,
	GSO_TCP4 = 1,
	GSO_UDP = 3,
	GSO_TCP6 = 4,
	GSO_UDP_L4 = 5,
};

static const struct row {
	const char *name;
	int protocol;
	bool ipv6;
	size_t n_tags;
	uint8_t gso;
	unsigned host;	/* feature of the sender */
	uint64_t guest; /* features of the receiver */
} rows[] = {
	{ "TSO, IPv4", TCP, false, 0, GSO_TCP4, VHOST_NET_HOST_TSO4,
	  VHOST_BIT(VHOST_NET_GUEST_TSO4) },
	{ "TSO, IPv6", TCP, true, 0, GSO_TCP6, VHOST_NET_HOST_TSO6,
	  VHOST_BIT(VHOST_NET_GUEST_TSO6) },
	{ "TSO, tagged", TCP, false, 1, GSO_TCP4, VHOST_NET_HOST_TSO4,
	  VHOST_BIT(VHOST_NET_GUEST_TSO4) },
	{ "USO, IPv4", UDP, false, 0, GSO_UDP_L4, VHOST_NET_HOST_USO,
	  GUEST_USO },
	{ "USO, IPv6", UDP, true, 0, GSO_UDP_L4, VHOST_NET_HOST_USO,
	  GUEST_USO },
	{ "USO, tagged", UDP, true, 2, GSO_UDP_L4, VHOST_NET_HOST_USO,
	  GUEST_USO },
	{ "UFO, IPv4", UDP, false, 0, GSO_UDP, VHOST_NET_HOST_UFO,
	  VHOST_BIT(VHOST_NET_GUEST_UFO) },
	{ "UFO, tagged", UDP, false, 1, GSO_UDP, VHOST_NET_HOST_UFO,
	  VHOST_BIT(VHOST_NET_GUEST_UFO) },
};

static const struct row *row;
static struct sample f;
static struct front sender, receiver;
static uint8_t header[HEADER];

static void
setup(void)
{
	kind_setup();
	front_init(&sender);
	front_init(&receiver);
}

static void
teardown(void)
{
	front_fini(&sender);
	front_fini(&receiver);
	kind_teardown();
}

static void
bring_up(struct front *front, uint64_t features)
{
	front_connect(front);
	front_negotiate(front, features);
	front_share(front);
	front_start(front);
}

static uint64_t
sender_features(void)
{
	return BASE | VHOST_BIT(VHOST_NET_CSUM) | VHOST_BIT(row->host);
}

static size_t
l4_len(void)
{
	return row->protocol == TCP ? SAMPLE_TCP_LEN : SAMPLE_UDP_LEN;
}

static void
put_le16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void
send_long(size_t payload)
{
	static uint8_t octets[HEADER + ROOM];

	sample_make(&f, row->protocol, row->ipv6, row->n_tags, payload);
	memset(header, 0, sizeof(header));
	header[0] = NEEDS_CHECKSUM;
	header[1] = row->gso;
	put_le16(header + 2, f.l4 + l4_len());
	put_le16(header + 4, MSS);
	put_le16(header + 6, f.l4);
	put_le16(header + 8, row->protocol == TCP ? 16 : 6);
	memcpy(octets, header, HEADER);
	memcpy(octets + HEADER, f.data, f.len);
	front_send(&sender, PLACE, octets, HEADER + f.len);
}

/* ---- as it goes over a wire ---- */

static void
check_segment(const uint8_t *data, size_t len, size_t at)
{
	size_t headers = f.l4 + l4_len();

	ck_assert_uint_gt(len, headers);
	ck_assert_uint_le(len, headers + MSS);
	ck_assert_mem_eq(data, f.data, f.l3);
	ck_assert_mem_eq(data + headers, f.data + headers + at, len - headers);
	ck_assert_msg(sample_l4_sum(&f, data, len) == 0xffff,
		      "%s: the checksum of the segment at %zu is wrong",
		      row->name, at);
	if (row->protocol == UDP)
		ck_assert_uint_eq(data[f.l4 + 4] << 8 | data[f.l4 + 5],
				  len - f.l4);
	if (!row->ipv6)
		ck_assert_uint_eq(sample_add_up(0, data + f.l3, 20), 0xffff);
}

/* Puts a fragment where it belongs in @whole. */
static void
add_fragment(uint8_t *whole, const uint8_t *data, size_t len, bool is_last)
{
	const uint8_t *ip = data + f.l3;
	unsigned where = (unsigned)(ip[6] << 8 | ip[7]);

	ck_assert_uint_le(len, f.l4 + MSS);
	ck_assert_uint_eq(ip[2] << 8 | ip[3], len - f.l3);
	ck_assert_uint_eq(sample_add_up(0, ip, 20), 0xffff);
	ck_assert_uint_eq((where & 0x2000) == 0, is_last);
	memcpy(whole + f.l4 + (size_t)(where & 0x1fff) * 8, data + f.l4,
	       len - f.l4);
}

static void
check_wire(size_t payload)
{
	static uint8_t whole[sizeof(f.data)];
	size_t done = 0, all = payload;

	memcpy(whole, f.data, f.l4);
	if (row->gso == GSO_UDP)
		all += SAMPLE_UDP_LEN;
	while (done < all) {
		const struct frame *frame = kind_next();
		size_t headers = f.l4;

		if (row->gso == GSO_UDP) {
			add_fragment(whole, frame->data, frame->len,
				     done + (frame->len - f.l4) == all);
		} else {
			check_segment(frame->data, frame->len, done);
			headers += l4_len();
		}
		done += frame->len - headers;
	}
	ck_assert_uint_eq(done, all);
	ck_assert_uint_eq(kind_n_heard(), 0);
	if (row->gso != GSO_UDP)
		return;
	ck_assert_uint_eq(sample_l4_sum(&f, whole, f.len), 0xffff);
	ck_assert_mem_eq(whole + f.l4 + SAMPLE_UDP_LEN,
			 f.data + f.l4 + SAMPLE_UDP_LEN, payload);
}

START_TEST(who_can_finish_nothing_gets_frames_of_the_wire)
{
	row = &rows[_i];
	bring_up(&sender, sender_features());
	for (unsigned i = 0; i < 3; i++) {
		send_long(PAYLOAD + i);
		check_wire(PAYLOAD + i);
		ck_assert_int_eq(front_next(&sender, 1), 0);
	}
	ck_assert_uint_eq(sender.port->counters.rx_drops[DROP_BAD_OFFLOAD], 0);
}
END_TEST

/* ---- as it was sent ---- */

START_TEST(a_guest_that_can_finish_it_gets_it_whole)
{
	const uint8_t *got;

	row = &rows[_i];
	bring_up(&sender, sender_features());
	bring_up(&receiver,
		 BASE | VHOST_BIT(VHOST_NET_GUEST_CSUM) | row->guest);
	front_offer(&receiver, PLACE, ROOM);
	send_long(PAYLOAD);
	ck_assert_int_eq(front_next(&receiver, 0), HEADER + (int)f.len);
	got = front_at(&receiver, PLACE);
	header[10] = 1; /* buffers */
	ck_assert_msg(memcmp(got, header, HEADER) == 0, "%s", row->name);
	ck_assert_mem_eq(got + HEADER, f.data, f.len);
	check_wire(PAYLOAD); /* the other one has it, too */
}
END_TEST

START_TEST(a_guest_that_can_finish_something_else_gets_frames_of_the_wire)
{
	static const uint8_t plain[HEADER] = { DATA_VALID, [10] = 1 };
	size_t headers, n = 0;

	row = &rows[_i];
	bring_up(&sender, sender_features());
	bring_up(&receiver, BASE | VHOST_BIT(VHOST_NET_GUEST_CSUM));
	for (unsigned i = 0; i < 8; i++)
		front_offer(&receiver, PLACE + 2048 * i, 2048);
	send_long(PAYLOAD);
	headers = row->gso == GSO_UDP ? f.l4 : f.l4 + l4_len();
	for (size_t left = f.len - headers; left > 0; n++) {
		size_t some = left < MSS ? left : MSS;

		ck_assert_int_eq(front_next(&receiver, 0),
				 HEADER + (int)(headers + some));
		ck_assert_mem_eq(front_at(&receiver, PLACE + 2048 * n), plain,
				 HEADER);
		left -= some;
	}
	ck_assert_uint_eq(n, row->gso == GSO_UDP
				 ? (PAYLOAD + SAMPLE_UDP_LEN + MSS - 1) / MSS
				 : (PAYLOAD + MSS - 1) / MSS);
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(rows);
	const struct unit_test tests[] = {
		{ who_can_finish_nothing_gets_frames_of_the_wire, n },
		{ a_guest_that_can_finish_it_gets_it_whole, n },
		{ a_guest_that_can_finish_something_else_gets_frames_of_the_wire,
		  n },
		{ NULL, 0 },
	};

	return unit_run("port-vhost-offload", tests, setup, teardown);
}
