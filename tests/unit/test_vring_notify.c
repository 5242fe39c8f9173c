/* Who is told about what: calls to the guest, and kicks from it. */
#include <string.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "unit.h"
#include "vring-driver.h"

enum { SIZE = 8, MANY = 64, WRAP = 1 << 15 };

static struct driver d;
static struct vring ring;
static struct iovec iovs[VRING_CHAIN_IOVS];
static struct vring_chain chains[MANY];

static void
start(uint64_t features, uint16_t size)
{
	struct vring_config config;
	struct err err;

	vring_stop(&ring);
	driver_init(&d, features, size, &config);
	ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
}

static void
add(unsigned n)
{
	for (; n > 0; n--)
		driver_add(&d, &(struct driver_buffer){ DRIVER_GUEST, 1 }, 1, 0,
			   0);
}

static int
take(unsigned max)
{
	struct vring_space space = { .iov = iovs, .n_max = VRING_CHAIN_IOVS };

	return vring_take(&ring, &space, chains, max);
}

/* Take and return @n chains. */
static void
serve(unsigned n)
{
	uint16_t id;
	uint32_t len;

	add(n);
	ck_assert_int_eq(take(n), (int)n);
	vring_return(&ring, chains, n);
	vring_publish(&ring);
	for (; n > 0; n--)
		ck_assert(driver_used(&d, &id, &len));
}

static const uint64_t layouts[] = { 0, VRING_F_PACKED, VRING_F_EVENT_IDX,
				    VRING_F_EVENT_IDX | VRING_F_PACKED };

/* ---- calls ---- */

START_TEST(a_guest_that_did_not_ask_is_not_called)
{
	bool event_idx = (layouts[_i] & VRING_F_EVENT_IDX) != 0;

	start(layouts[_i], SIZE);
	ck_assert(!vring_wants_call(&ring)); /* nothing to tell */
	serve(1);
	ck_assert(vring_wants_call(&ring));
	ck_assert(!vring_wants_call(&ring)); /* it has been told */
	driver_quiet(&d, true);
	serve(1);
	/* With EVENT_IDX the flag of split rings means nothing; used_event
	 * is where it was, and the ring has come past it before. */
	ck_assert(!vring_wants_call(&ring));
	driver_quiet(&d, false);
	serve(1);
	ck_assert_int_eq(vring_wants_call(&ring), !event_idx || d.packed);
}
END_TEST

START_TEST(a_batch_that_is_not_published_is_not_told)
{
	start(layouts[_i], SIZE);
	add(2);
	ck_assert_int_eq(take(2), 2);
	vring_return(&ring, chains, 2);
	ck_assert(!vring_wants_call(&ring));
	vring_publish(&ring);
	ck_assert(vring_wants_call(&ring));
}
END_TEST

START_TEST(a_call_is_made_when_used_comes_past_the_event)
{
	bool packed = _i != 0;

	/* From every place, around the ring and around 2^16 several times. */
	start(VRING_F_EVENT_IDX | (packed ? VRING_F_PACKED : 0), SIZE);
	serve(1);
	vring_wants_call(&ring);
	for (unsigned turn = 0; turn < 20000; turn++) {
		unsigned ahead = turn % SIZE, n = 1 + turn / 3 % SIZE;
		uint16_t place = (uint16_t)(d.used + ahead);

		if (packed) {
			bool wrap = d.used_wrap;

			place = (uint16_t)(d.used + ahead);
			if (place >= SIZE) {
				place -= SIZE;
				wrap = !wrap;
			}
			place |= wrap ? WRAP : 0;
		}
		driver_event(&d, place);
		serve(n);
		ck_assert_int_eq(vring_wants_call(&ring), n > ahead);
	}
}
END_TEST

START_TEST(publishing_often_before_asking_loses_no_call)
{
	start(VRING_F_EVENT_IDX, SIZE);
	serve(1);
	vring_wants_call(&ring);
	driver_event(&d, 100);
	for (unsigned i = 0; i < 65536; i++)
		serve(1);
	/* .used is where it was. */
	ck_assert(vring_wants_call(&ring));

	start(VRING_F_EVENT_IDX | VRING_F_PACKED, SIZE);
	serve(1);
	vring_wants_call(&ring);
	driver_event(&d, 3 | WRAP);
	for (unsigned i = 0; i < 2 * SIZE; i++)
		serve(1);
	ck_assert(vring_wants_call(&ring));
}
END_TEST

START_TEST(a_packed_ring_obeys_whatever_stands_in_the_event)
{
	start(VRING_F_PACKED | VRING_F_EVENT_IDX, 5);
	serve(3);
	vring_wants_call(&ring);
	driver_event(&d, 0x7fff); /* no slot of this ring */
	serve(2);
	vring_wants_call(&ring);
	memset(d.ours, 0xff, 4); /* reserved */
	serve(1);
	ck_assert(!vring_wants_call(&ring));
}
END_TEST

START_TEST(a_place_that_was_not_negotiated_is_any_place)
{
	start(VRING_F_PACKED, SIZE);
	serve(1);
	vring_wants_call(&ring);
	driver_event(&d, 7 | WRAP);
	serve(1);
	ck_assert(vring_wants_call(&ring));
}
END_TEST

/* ---- kicks ---- */

START_TEST(a_kick_is_asked_for_behind_what_was_seen)
{
	bool event_idx = (layouts[_i] & VRING_F_EVENT_IDX) != 0;

	start(layouts[_i], SIZE);
	for (unsigned i = 0; i < 5 * SIZE; i++) {
		ck_assert_int_eq(take(MANY), 0);
		ck_assert(!vring_listen(&ring));
		if (event_idx && d.packed)
			ck_assert_uint_eq(driver_kick_place(&d),
					  d.next | (d.next_wrap ? WRAP : 0));
		else if (event_idx)
			ck_assert_uint_eq(driver_kick_place(&d), d.next);
		ck_assert(!driver_is_muted(&d));
		ck_assert(!vring_peek(&ring));
		serve(1);
	}
}
END_TEST

START_TEST(what_comes_between_looking_and_listening_is_not_lost)
{
	start(layouts[_i], SIZE);
	ck_assert_int_eq(take(MANY), 0);
	vring_mute(&ring);
	add(1);
	ck_assert(vring_peek(&ring));
	ck_assert(vring_listen(&ring));
	ck_assert_int_eq(take(MANY), 1);
	ck_assert(!vring_listen(&ring));
}
END_TEST

START_TEST(a_muted_guest_is_asked_again_by_listening)
{
	bool split_event = layouts[_i] == VRING_F_EVENT_IDX;

	start(layouts[_i], SIZE);
	ck_assert(!driver_is_muted(&d));
	vring_mute(&ring);
	ck_assert_int_eq(driver_is_muted(&d), !split_event);
	vring_listen(&ring);
	ck_assert(!driver_is_muted(&d));
	vring_listen(&ring);
	ck_assert(!driver_is_muted(&d));
}
END_TEST

START_TEST(muting_twice_writes_once)
{
	start(layouts[_i], SIZE);
	vring_mute(&ring);
	memset(d.theirs, 0, sizeof(d.theirs));
	vring_mute(&ring);
	ck_assert(!driver_is_muted(&d));
}
END_TEST

START_TEST(a_new_device_asks_for_kicks_whatever_the_last_one_said)
{
	struct vring_config config;

	driver_init(&d, layouts[_i], SIZE, &config);
	memset(d.theirs, d.packed ? 1 : 0, 4);
	d.theirs[0] = 1; /* NO_NOTIFY; its index stays */
	ck_assert_int_eq(vring_start(&ring, &config, NULL), 0);
	if (layouts[_i] != VRING_F_EVENT_IDX)
		ck_assert(!driver_is_muted(&d));
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(layouts);
	const struct unit_test tests[] = {
		{ a_guest_that_did_not_ask_is_not_called, n },
		{ a_batch_that_is_not_published_is_not_told, n },
		{ a_call_is_made_when_used_comes_past_the_event, 2 },
		{ publishing_often_before_asking_loses_no_call, 0 },
		{ a_packed_ring_obeys_whatever_stands_in_the_event, 0 },
		{ a_place_that_was_not_negotiated_is_any_place, 0 },
		{ a_kick_is_asked_for_behind_what_was_seen, n },
		{ what_comes_between_looking_and_listening_is_not_lost, n },
		{ a_muted_guest_is_asked_again_by_listening, n },
		{ muting_twice_writes_once, n },
		{ a_new_device_asks_for_kicks_whatever_the_last_one_said, n },
		{ NULL, 0 },
	};

	return unit_run("vring-notify", tests, NULL, NULL);
}
