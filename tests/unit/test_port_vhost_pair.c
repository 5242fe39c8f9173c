/* Frames from one guest to another that is not ready for them. */
#include "config.h"

#include <string.h>

#include "lib/clock.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-features.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/vhost-rig.h"

enum {
	HEADER = 12, /* of virtio_net_hdr, with VERSION_1 */
	SENDER = 2,  /* their stations' numbers */
	RECEIVER = 3,
	PLACE = DRIVER_GUEST, /* of buffers */
	OTHER_PLACE = PLACE + DRIVER_HALF,
	LONG = 60000, /* nine are more than a turn of the port */
	N_LONG_FIRST = 9,
};

static const uint64_t layouts[] = {
	VHOST_BIT(VHOST_VERSION_1) | VHOST_BIT(VHOST_PROTOCOL_FEATURES),
	VHOST_BIT(VHOST_VERSION_1) | VHOST_BIT(VHOST_PROTOCOL_FEATURES) |
	    VHOST_BIT(VHOST_RING_PACKED),
};

static struct front sender, receiver;

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
send_frame_from(struct front *f, uint64_t place, size_t len, unsigned to,
		unsigned from, unsigned seed)
{
	static uint8_t octets[HEADER + LONG];

	rig_fill(octets + HEADER, len, to, from, seed);
	front_send(f, place, octets, HEADER + len);
}

static void
send_to_receiver(size_t len, unsigned seed)
{
	send_frame_from(&sender, PLACE, len, RECEIVER, SENDER, seed);
}

static void
bring_up(struct front *f, uint64_t features)
{
	front_connect(f);
	front_negotiate(f, features);
	front_share(f);
	front_start(f);
}

/* Both, and the switch knows where the receiver is. */
static void
bring_up_both(uint64_t features)
{
	bring_up(&sender, features);
	bring_up(&receiver, features);
	send_frame_from(&receiver, PLACE, 60, 0, RECEIVER, 0);
	ck_assert_int_eq(front_next(&receiver, 1), 0);
}

static void
receive(size_t len, unsigned seed)
{
	static uint8_t want[LONG];

	rig_fill(want, len, RECEIVER, SENDER, seed);
	front_offer(&receiver, PLACE, HEADER + LONG);
	ck_assert_int_eq(front_next(&receiver, 0), HEADER + (int)len);
	ck_assert(memcmp(front_at(&receiver, PLACE + HEADER), want, len) == 0);
}

/* 256 octets are the most of which nothing is left in the guest's memory. */
static const size_t lengths[] = { 60, 256, 257, 1514, LONG };

/* The sender has its buffer back, and does with it what it likes. */
START_TEST(what_waits_is_what_was_sent)
{
	size_t len = lengths[_i];

	bring_up_both(layouts[0]);
	send_to_receiver(len, 1);
	ck_assert_int_eq(front_next(&sender, 1), 0);
	ck_assert_uint_eq(port_queued(receiver.port), 1);
	memset(front_at(&sender, PLACE), 0xee, HEADER + len);
	receive(len, 1);
}
END_TEST

/* Heads of frames that came together lie in one block of memory, which those
 * that wait must not keep. */
START_TEST(what_waits_keeps_no_memory_that_it_does_not_need)
{
	bring_up_both(layouts[0]);
	for (unsigned i = 0; i < 12; i++) {
		send_to_receiver(60, i);
		ck_assert_int_eq(front_next(&sender, 1), 0);
	}
	ck_assert_uint_eq(port_queued(receiver.port), 12);
	ck_assert_uint_lt(frame_pool_bytes(port_pool(receiver.port)),
			  4 * FRAME_BLOCK_SIZE);
	for (unsigned i = 0; i < 12; i++)
		receive(60, i);
}
END_TEST

/* A port that is made to wait leaves what it has not handed in where it is. */
START_TEST(what_is_not_taken_now_is_taken_later)
{
	const struct port_counters *c;
	unsigned n = 0;

	bring_up_both(layouts[_i]);
	c = &sender.port->counters;
	send_to_receiver(LONG, 1);
	ck_assert_int_eq(front_next(&sender, 1), 0); /* it waits */
	for (unsigned i = 0; i < FRONT_RING_SIZE - 1; i++)
		send_to_receiver(LONG, 2);
	while (front_next(&sender, 1) == 0)
		n++;
	ck_assert_uint_eq(n, N_LONG_FIRST);
	ck_assert_uint_eq(c->rx_frames, 1 + N_LONG_FIRST);
	send_frame_from(&sender, OTHER_PLACE, 60, RECEIVER, SENDER, 3);
	for (unsigned i = 0; i < FRONT_RING_SIZE; i++)
		receive(LONG, i == 0 ? 1 : 2);
	receive(60, 3);
	while (front_next(&sender, 1) == 0)
		n++;
	ck_assert_uint_eq(n, FRONT_RING_SIZE);
	ck_assert_uint_eq(c->rx_frames, FRONT_RING_SIZE + 1);
}
END_TEST

/* Adds a frame without a kick. */
static void
add_silently(void)
{
	static uint8_t octets[HEADER + 60];

	rig_fill(octets + HEADER, 60, RECEIVER, SENDER, 1);
	memcpy(front_at(&sender, PLACE), octets, sizeof(octets));
	driver_add(sender.rings[1],
		   &(struct driver_buffer){ PLACE, sizeof(octets) }, 1, 0, 0);
}

static void
spin(unsigned us)
{
	json_t *params = json_pack("{s:i}", "spin", (int)us);
	const struct port *port = sender.port;

	ck_assert_int_eq(port->kind->set(port->priv, params, NULL), 0);
	json_decref(params);
}

static void
turn_often(void)
{
	for (unsigned i = 0; i < 20; i++)
		ck_assert(rig_turn(&rig));
}

/* After a frame: to the end of the spin, and not beyond. */
START_TEST(a_ring_is_looked_at_while_its_port_spins)
{
	const struct port_counters *c;

	bring_up_both(layouts[_i]);
	c = &sender.port->counters;
	spin(2000);
	send_to_receiver(60, 1);
	RIG_UNTIL(&rig, c->rx_frames == 1);
	clock_advance(rig.clock, 1999 * NS_PER_US);
	add_silently();
	turn_often();
	ck_assert_uint_eq(c->rx_frames, 2);
	clock_advance(rig.clock, 2000 * NS_PER_US);
	turn_often();
	add_silently();
	turn_often();
	ck_assert_uint_eq(c->rx_frames, 2);
	ck_assert(!kind_shows(sender.port, "{'spins':0}"));
	send_to_receiver(60, 1); /* kicked for */
	RIG_UNTIL(&rig, c->rx_frames == 4);
}
END_TEST

START_TEST(a_ring_whose_port_does_not_spin_sleeps_when_it_is_empty)
{
	const struct port_counters *c;

	bring_up_both(layouts[_i]);
	c = &sender.port->counters;
	send_to_receiver(60, 1);
	RIG_UNTIL(&rig, c->rx_frames == 1);
	turn_often();
	add_silently();
	turn_often();
	ck_assert_uint_eq(c->rx_frames, 1);
	ck_assert(kind_shows(sender.port, "{'spins':0}"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_waits_is_what_was_sent, UNIT_ROWS(lengths) },
		{ what_waits_keeps_no_memory_that_it_does_not_need, 0 },
		{ what_is_not_taken_now_is_taken_later, UNIT_ROWS(layouts) },
		{ a_ring_is_looked_at_while_its_port_spins,
		  UNIT_ROWS(layouts) },
		{ a_ring_whose_port_does_not_spin_sleeps_when_it_is_empty,
		  UNIT_ROWS(layouts) },
		{ NULL, 0 },
	};

	return unit_run("port_vhost_pair", tests, setup, teardown);
}
