/* Rings of vhost-user ports whose guests offer buffers of all lengths, or write
 * to them whatever they like. */
#include "config.h"

#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "switch/ports/vhost-features.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/vhost-rig.h"

#define V1 VHOST_BIT(VHOST_VERSION_1)
#define ENABLES VHOST_BIT(VHOST_PROTOCOL_FEATURES)

enum {
	HEADER = 12, /* of virtio_net_hdr, with VERSION_1 */
	BUFFER = DRIVER_GUEST + 3 * RIG_PAGE,
	ROOM = 2048,
};

static struct front front;
static uint32_t dice_state;

static void
setup(void)
{
	kind_setup();
	front_init(&front);
}

static void
teardown(void)
{
	front_fini(&front);
	kind_teardown();
}

static void
bring_up(uint64_t features)
{
	front_connect(&front);
	front_negotiate(&front, features);
	front_share(&front);
	front_start(&front);
	ck_assert_msg(front_is_alive(&front), "%s", rig.last_reason);
}

static uint64_t
mergeable(bool packed)
{
	return V1 | ENABLES | VHOST_BIT(VHOST_NET_MRG_RXBUF) |
	       (packed ? VHOST_BIT(VHOST_RING_PACKED) : 0);
}

/* Return: 0 to @n - 1. */
static unsigned
dice(unsigned n)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % n;
}

/* A frame in as many buffers as a frame can have, behind others of one buffer
 * each: all that is looked up together, and then some. */
START_TEST(frames_may_have_few_and_many_buffers_in_turn)
{
	enum {
		N = 32,
		LEN = 300,
		TINY_FIRST = 30,
		TINY_LAST = 255,
		TINY = BUFFER + 8 * RIG_PAGE,
	};
	uint8_t got[HEADER + LEN], want[LEN];
	unsigned n_buffers = 0;

	front.ring_size = 512;
	bring_up(mergeable(_i == 1));
	for (unsigned i = 0; i < N; i++)
		kind_say(LEN, i);
	rig_settle(&rig);
	ck_assert_uint_eq(port_queued(front.port), N);
	for (unsigned i = 0; i < N; i++) {
		unsigned n_tiny = i == 0       ? TINY_FIRST
				  : i == N - 1 ? TINY_LAST
					       : 0;

		for (; n_tiny > 0; n_tiny--)
			front_offer(&front, TINY + n_buffers++, 1);
		front_offer(&front, BUFFER + i * 512, 512);
		n_buffers++;
	}
	for (unsigned i = 0, n = 0; i < N; i++) {
		size_t at = 0;

		while (at < sizeof(got)) {
			int64_t len = front_next(&front, 0);

			ck_assert_int_gt(len, 0);
			ck_assert_uint_le(at + (size_t)len, sizeof(got));
			memcpy(got + at,
			       front_at(&front,
					len > 1 ? BUFFER + i * 512 : TINY + n),
			       (size_t)len);
			at += (size_t)len;
			n++;
		}
		rig_fill(want, LEN, 0, 1, i);
		ck_assert_mem_eq(got + HEADER, want, LEN);
	}
	ck_assert_uint_eq(port_queued(front.port), 0);
}
END_TEST

/* ---- buffers of all lengths ---- */

enum {
	MANY = 512,	      /* the ring's size */
	TINY_RUN = 200,	      /* a frame has no more than 256 buffers */
	AREA = 24 * RIG_PAGE, /* of the guest's memory, for buffers */
	LENGTHS_ROUNDS = 300,
};

/* Those that have been offered and have not come back, in order. */
static struct driver_buffer offered[MANY];
static unsigned first_offered, n_offered, n_tiny, area_at, area_used;

/* Return: whether there was room for one more. */
static bool
offer_some_length(unsigned most)
{
	unsigned len = n_tiny == TINY_RUN || dice(4) >= most
			   ? ROOM
			   : 1 + dice(dice(2) == 0 ? 4 : 400);

	if (n_offered == MANY || area_used + len > AREA / 2)
		return false;
	n_tiny = len < ROOM ? n_tiny + 1 : 0;
	if (area_at + len > AREA)
		area_at = 0;
	offered[(first_offered + n_offered++) % MANY] =
	    (struct driver_buffer){ BUFFER + area_at, len };
	front_offer(&front, BUFFER + area_at, len);
	area_at += len;
	area_used += len;
	return true;
}

/* The next frame, as it lies in one buffer after the other. */
static void
expect_frame(size_t len, unsigned seed)
{
	static uint8_t got[HEADER + 1514], want[1514];
	unsigned n_buffers = 0;

	for (size_t at = 0; at < HEADER + len; n_buffers++) {
		struct driver_buffer *b = &offered[first_offered];
		int64_t n;

		while (n_offered == 0)
			offer_some_length(0);
		n = front_next(&front, 0);
		if (n < 0) {
			ck_assert(offer_some_length(2));
			n_buffers--;
			continue;
		}
		ck_assert_int_gt(n, 0);
		ck_assert_int_le(n, b->len);
		ck_assert_uint_le(at + (size_t)n, HEADER + len);
		/* It may lie in both regions of the guest's memory. */
		for (int64_t i = 0; i < n; i++)
			got[at++] = *front_at(&front, b->at + (uint64_t)i);
		area_used -= b->len;
		first_offered = (first_offered + 1) % MANY;
		n_offered--;
	}
	rig_fill(want, len, 0, 1, seed);
	ck_assert_mem_eq(got + HEADER, want, len);
	ck_assert_uint_eq(got[10] | got[11] << 8, n_buffers);
}

START_TEST(frames_of_all_lengths_find_buffers_of_all_lengths)
{
	size_t lens[64];

	front.ring_size = MANY;
	first_offered = n_offered = n_tiny = area_at = area_used = 0;
	dice_state = (unsigned)_i;
	bring_up(mergeable(_i == 1));
	for (unsigned round = 0; round < LENGTHS_ROUNDS; round++) {
		unsigned n = 1 + dice(64), most = dice(5);

		for (unsigned i = 0; i < n; i++) {
			lens[i] = dice(3) == 0 ? 60 + dice(1455) : 60;
			kind_say(lens[i], i);
		}
		if (dice(2) == 0)
			rig_settle(&rig);
		for (unsigned i = dice(MANY); i > 0; i--)
			if (!offer_some_length(most))
				break;
		for (unsigned i = 0; i < n; i++)
			expect_frame(lens[i], i);
	}
	ck_assert_uint_eq(port_queued(front.port), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_OVERSIZE), 0);
}
END_TEST

/* ---- whatever a guest likes ---- */

enum { SESSIONS = 100, POKES = 4 };

/* A guest does something that it should not once in so many times. */
static unsigned politeness;
static unsigned n_held[FRONT_RINGS]; /* offered, and not come back */

static bool
seldom(void)
{
	return dice(politeness) == 0;
}

static struct driver_buffer
some_buffer(void)
{
	static const uint64_t bases[] = {
		BUFFER,
		BUFFER + RIG_PAGE,
		DRIVER_GUEST + DRIVER_HALF - 100,   /* in two regions */
		FRONT_PARTS,			    /* the ring itself */
		DRIVER_GUEST + DRIVER_MEMORY - 100, /* partly in none */
		0,
		UINT64_MAX - 100,
	};
	static const uint32_t lengths[] = { ROOM,  1526, 100,	     12,
					    70000, 9000, UINT32_MAX, 1 };

	return (struct driver_buffer){
		.at = bases[dice(seldom() ? 7 : 3)] + dice(RIG_PAGE / 2),
		.len = lengths[dice(seldom() ? 8 : 3)] - dice(12),
	};
}

static uint16_t
some_flags(unsigned ring)
{
	uint16_t flags = ring == 0 ? DRIVER_WRITE : 0;

	if (seldom())
		flags |= DRIVER_NEXT;
	if (seldom())
		flags |= DRIVER_INDIRECT;
	if (seldom())
		flags ^= DRIVER_WRITE;
	return flags;
}

static void
write_anything(struct driver *d, unsigned ring, uint8_t *table, unsigned i)
{
	struct driver_buffer buffer = some_buffer();
	uint16_t flags = some_flags(ring);

	if ((flags & DRIVER_INDIRECT) != 0) {
		buffer.at = BUFFER;
		buffer.len = 16 * (1 + dice(8)) + seldom();
	}
	if (d->packed && !seldom()) /* available */
		flags |= d->next_wrap ? 1 << 7 : 1 << 15;
	driver_write_desc(d, table, i, buffer, flags,
			  (uint16_t)(seldom() ? dice(d->size + 1) : i));
}

/* Return: how many may be offered. */
static unsigned
n_free(unsigned ring)
{
	struct driver *d = front.rings[ring];
	uint16_t id;
	uint32_t len;

	while (n_held[ring] > 0 && driver_used(d, &id, &len))
		n_held[ring]--;
	if (seldom())
		return d->size;
	return d->size > n_held[ring] ? d->size - n_held[ring] : 0;
}

/* Descriptors, a table of them, and what says which are to be looked at. */
static void
poke(unsigned ring)
{
	struct driver *d = front.rings[ring];
	unsigned n = dice(n_free(ring) + 1);

	for (unsigned i = 0; i < 8; i++)
		write_anything(d, ring, front_at(&front, BUFFER), i);
	for (unsigned i = 0; i < n; i++) {
		unsigned slot = d->packed ? d->next : d->next & (d->size - 1);

		write_anything(d, ring, d->desc, slot);
		if (!d->packed) {
			driver_offer(
			    d, (uint16_t)(seldom() ? dice(d->size + 1) : slot));
			continue;
		}
		d->n_slots[slot] = 1;
		if (++d->next == d->size) {
			d->next = 0;
			d->next_wrap = !d->next_wrap;
		}
	}
	n_held[ring] += n;
	if (!d->packed) {
		d->next += (uint16_t)(seldom() ? dice(1 << 16) : 0);
		driver_show(d);
	}
	ck_assert_int_eq(write(front.kicks[ring], &(uint64_t){ 1 }, 8), 8);
}

static uint64_t
accounted_for(const struct port *port)
{
	uint64_t n = port->counters.tx_frames + port_queued(port);

	for (unsigned i = 0; i < N_DROP_REASONS; i++)
		n += port->counters.tx_drops[i];
	return n;
}

/* It costs the guest its port, or nobody anything. */
START_TEST(whatever_a_guest_writes_costs_no_more_than_its_port)
{
	static const unsigned sizes[] = { 1, 2, 16, 256, MANY };
	static const unsigned manners[] = { 8, 300, 10000 };
	unsigned n_closed = 0, n_sent_all = 0;

	log_init("test", LOG_ERROR);
	for (unsigned i = 0; i < SESSIONS; i++) {
		unsigned n_removed = rig.n_removed;
		uint64_t n_sent = 0;

		dice_state = 2 * i + (unsigned)_i;
		politeness = manners[i % 3];
		n_held[0] = n_held[1] = 0;
		front.ring_size = sizes[dice(5)];
		bring_up(mergeable(_i == 1) ^
			 (dice(2) == 0 ? VHOST_BIT(VHOST_NET_MRG_RXBUF) : 0) ^
			 (dice(2) == 0 ? VHOST_BIT(VHOST_INDIRECT_DESC) : 0) ^
			 (dice(2) == 0 ? VHOST_BIT(VHOST_EVENT_IDX) : 0));
		for (unsigned k = 0; k < POKES; k++) {
			for (unsigned n = dice(64); n > 0; n--, n_sent++)
				kind_say(60 + dice(dice(4) > 0 ? 1 : 1455), n);
			poke(0);
			poke(dice(2));
			for (unsigned turns = dice(8); turns > 0; turns--)
				rig_turn(&rig);
			if (rig.n_removed > n_removed)
				break;
		}
		if (rig.n_removed == n_removed) {
			ck_assert_uint_eq(accounted_for(front.port), n_sent);
			n_sent_all += front.port->counters.tx_frames > 0;
		} else {
			n_closed++;
		}
		front_close(&front);
		RIG_UNTIL(&rig, rig.n_removed == n_removed + 1);
		kind_forget();
	}
	/* Both happen, or this has shown nothing. */
	ck_assert_uint_gt(n_closed, SESSIONS / 10);
	ck_assert_uint_gt(n_sent_all, SESSIONS / 10);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_may_have_few_and_many_buffers_in_turn, 2 },
		{ frames_of_all_lengths_find_buffers_of_all_lengths, 2 },
		{ whatever_a_guest_writes_costs_no_more_than_its_port, 2 },
		{ NULL, 0 },
	};

	return unit_run("port_vhost_rings", tests, setup, teardown);
}
