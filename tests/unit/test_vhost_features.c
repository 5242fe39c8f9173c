/* What is offered to a guest, and what follows from what it takes. */
#include "switch/ports/vhost-features.h"

#include <stdint.h>

#include "switch/frame.h"
#include "switch/ports/vhost-proto.h"
#include "tests/unit/unit.h"

#define CSUM VHOST_BIT(VHOST_NET_CSUM)
#define GUEST_CSUM VHOST_BIT(VHOST_NET_GUEST_CSUM)

/* Bits of VIRTIO 1.2 as numbers, so that a wrong name here is seen. */
enum {
	ALWAYS_LOW = 1 << 3 | 1 << 15 | 1 << 16 | 1 << 21 | 1 << 26 | 1 << 27 |
		     1 << 28 | 1 << 29 | 1 << 30,
	OFFLOADS_LOW = 1 << 0 | 1 << 1 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 |
		       1 << 11 | 1 << 12 | 1 << 13 | 1 << 14,
	QUEUES_LOW = 1 << 22,
	ALWAYS_HIGH = 1 << (32 - 32) | 1 << (35 - 32),
	PACKED_HIGH = 1 << (34 - 32),
	OFFLOADS_HIGH = 1 << (54 - 32) | 1 << (55 - 32) | 1 << (56 - 32),
};

static const struct {
	struct vhost_offer offer;
	uint32_t high, low;
} offers[] = {
	{ { false, false, false }, ALWAYS_HIGH, ALWAYS_LOW },
	{ { true, false, false },
	  ALWAYS_HIGH | OFFLOADS_HIGH,
	  ALWAYS_LOW | OFFLOADS_LOW },
	{ { false, true, false }, ALWAYS_HIGH | PACKED_HIGH, ALWAYS_LOW },
	{ { false, false, true }, ALWAYS_HIGH, ALWAYS_LOW | QUEUES_LOW },
};

START_TEST(what_is_offered_is_what_was_asked_for)
{
	uint64_t want = (uint64_t)offers[_i].high << 32 | offers[_i].low;

	ck_assert_uint_eq(vhost_features_offered(&offers[_i].offer), want);
}
END_TEST

START_TEST(many_queues_are_offered_twice)
{
	const struct vhost_offer one = { .queues = false };
	const struct vhost_offer many = { .queues = true };

	ck_assert_uint_eq(vhost_features_protocol(&one), 0x1b01e);
	ck_assert_uint_eq(vhost_features_protocol(&many), 0x1b01f);
}
END_TEST

static const struct {
	uint64_t features;
	size_t len;
} headers[] = {
	{ 0, 10 },
	{ VHOST_BIT(VHOST_NET_MRG_RXBUF), 12 },
	{ VHOST_BIT(VHOST_VERSION_1), 12 },
	{ VHOST_BIT(VHOST_VERSION_1) | VHOST_BIT(VHOST_NET_MRG_RXBUF), 12 },
	{ ~(VHOST_BIT(VHOST_VERSION_1) | VHOST_BIT(VHOST_NET_MRG_RXBUF)), 10 },
};

START_TEST(a_header_has_room_for_the_number_of_buffers_where_it_has_a_meaning)
{
	ck_assert_uint_eq(vhost_features_header_len(headers[_i].features),
			  headers[_i].len);
}
END_TEST

static const struct {
	uint64_t features;
	unsigned takes;
} taken[] = {
	{ 0, 0 },
	{ GUEST_CSUM, FRAME_TAKES_CHECKSUM },
	/* without checksums nothing else */
	{ ~GUEST_CSUM, 0 },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_TSO4),
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP4 },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_TSO6),
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_TCP6 },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_ECN),
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_ECN },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_UFO),
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_UDP },
	/* USO has one kind of segment for both versions of IP */
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_USO4), FRAME_TAKES_CHECKSUM },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_USO6), FRAME_TAKES_CHECKSUM },
	{ GUEST_CSUM | VHOST_BIT(VHOST_NET_GUEST_USO4) |
	      VHOST_BIT(VHOST_NET_GUEST_USO6),
	  FRAME_TAKES_CHECKSUM | FRAME_TAKES_UDP_L4 },
	/* what it leaves to us says nothing of what it takes */
	{ CSUM | VHOST_BIT(VHOST_NET_HOST_TSO4), 0 },
};

START_TEST(a_guest_takes_what_it_has_agreed_to)
{
	ck_assert_uint_eq(vhost_features_taken(taken[_i].features),
			  taken[_i].takes);
}
END_TEST

static const uint64_t leave[] = {
	CSUM,
	VHOST_BIT(VHOST_NET_HOST_TSO4),
	VHOST_BIT(VHOST_NET_HOST_TSO6),
	VHOST_BIT(VHOST_NET_HOST_ECN),
	VHOST_BIT(VHOST_NET_HOST_UFO),
	VHOST_BIT(VHOST_NET_HOST_USO),
};

START_TEST(headers_mean_something_where_work_may_be_left)
{
	uint64_t none = UINT64_MAX;

	ck_assert(vhost_features_left(leave[_i]));
	for (int i = 0; i < UNIT_ROWS(leave); i++)
		none &= ~leave[i];
	ck_assert(!vhost_features_left(none));
}
END_TEST

static void
check_names(json_t *names, const char *const *want, size_t n)
{
	ck_assert_uint_eq(json_array_size(names), n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(json_string_value(json_array_get(names, i)),
				 want[i]);
	json_decref(names);
}

START_TEST(features_have_names_and_those_without_a_number)
{
	const char *want[] = { "csum", "2", "mrg_rxbuf", "version_1", "63" };
	const char *protocol[] = { "mq", "reply_ack", "5", "status" };

	check_names(vhost_features_names(VHOST_BIT(0) | VHOST_BIT(2) |
					 VHOST_BIT(15) | VHOST_BIT(32) |
					 VHOST_BIT(63)),
		    want, UNIT_ROWS(want));
	check_names(vhost_features_protocol_names(
			VHOST_PROTOCOL_MQ | VHOST_PROTOCOL_REPLY_ACK |
			VHOST_PROTOCOL_BACKEND_REQ | VHOST_PROTOCOL_STATUS),
		    protocol, UNIT_ROWS(protocol));
	check_names(vhost_features_names(0), NULL, 0);
}
END_TEST

START_TEST(all_that_is_offered_has_a_name)
{
	const struct vhost_offer all = { true, true, true };
	json_t *names[] = {
		vhost_features_names(vhost_features_offered(&all)),
		vhost_features_protocol_names(vhost_features_protocol(&all)),
	};

	for (int i = 0; i < UNIT_ROWS(names); i++) {
		size_t at;
		json_t *name;

		json_array_foreach(names[i], at, name)
		{
			const char *text = json_string_value(name);

			ck_assert_msg(text[0] > '9', "%s", text);
		}
		json_decref(names[i]);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_offered_is_what_was_asked_for, UNIT_ROWS(offers) },
		{ many_queues_are_offered_twice, 0 },
		{ a_header_has_room_for_the_number_of_buffers_where_it_has_a_meaning,
		  UNIT_ROWS(headers) },
		{ a_guest_takes_what_it_has_agreed_to, UNIT_ROWS(taken) },
		{ headers_mean_something_where_work_may_be_left,
		  UNIT_ROWS(leave) },
		{ features_have_names_and_those_without_a_number, 0 },
		{ all_that_is_offered_has_a_name, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost_features", tests, NULL, NULL);
}
