/* What outlives a device: the log of what it wrote, and what it had not
 * returned when it was killed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "unit.h"
#include "vring-driver.h"

enum { SIZE = 8, MANY = 64, PAGE = 4096, LOG_PAGES = 0x10000000 / PAGE + 64 };

static struct driver d;
static struct vring_config config;
static struct vring ring;
static struct iovec iovs[VRING_CHAIN_IOVS];
static struct vring_space space;
static struct vring_chain chains[MANY];
static struct err err;
static uint8_t log_bits[LOG_PAGES / 8];
static _Alignas(64) uint8_t area[4096];

static const uint64_t layouts[] = { 0, VRING_F_PACKED };

static void
set_up(void)
{
	space = (struct vring_space){ .iov = iovs, .n_max = VRING_CHAIN_IOVS };
}

static void
start(uint64_t features, enum vring_direction direction, void *inflight)
{
	driver_init(&d, features, SIZE, &config);
	config.direction = direction;
	config.mergeable = true;
	config.inflight = inflight;
	ck_assert_msg(vring_start(&ring, &config, &err) == 0, "%s", err.text);
}

static uint16_t
add(uint64_t at, uint32_t len, uint16_t flags)
{
	return driver_add(&d, &(struct driver_buffer){ at, len }, 1, flags, 0);
}

static int
take(unsigned max)
{
	space.n = 0;
	return vring_take(&ring, &space, chains, max);
}

/* ---- the log ---- */

static bool
is_marked(uint64_t guest)
{
	uint64_t page = guest / PAGE;

	return (log_bits[page / 8] >> page % 8 & 1) != 0;
}

static unsigned
n_marked(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(log_bits); i++)
		n += (unsigned)__builtin_popcount(log_bits[i]);
	return n;
}

START_TEST(pages_of_buffers_are_marked_as_far_as_they_were_written)
{
	static const struct {
		uint64_t at;
		uint32_t written;
		unsigned n_pages;
	} rows[] = {
		{ DRIVER_GUEST, 0, 0 },
		{ DRIVER_GUEST, 1, 1 },
		{ DRIVER_GUEST, PAGE, 1 },
		{ DRIVER_GUEST, PAGE + 1, 2 },
		{ DRIVER_GUEST + PAGE - 1, 1, 1 },
		{ DRIVER_GUEST + PAGE - 1, 2, 2 },
		{ DRIVER_GUEST + DRIVER_HALF - 1, 2, 2 }, /* two regions */
		{ DRIVER_GUEST + 5 * PAGE, 8 * PAGE, 8 },
		{ DRIVER_GUEST + DRIVER_MEMORY - 15 * PAGE, 15 * PAGE, 15 },
	};

	start(layouts[_i], VRING_TO_GUEST, NULL);
	vring_set_log(&ring, log_bits, sizeof(log_bits), VRING_NO_LOG);
	for (int i = 0; i < UNIT_ROWS(rows); i++) {
		uint16_t id;
		uint32_t len;

		memset(log_bits, 0, sizeof(log_bits));
		add(rows[i].at, 15 * PAGE, DRIVER_WRITE);
		ck_assert_int_eq(take(1), 1);
		chains[0].written = rows[i].written;
		ck_assert_uint_eq(n_marked(), 0);
		vring_return(&ring, chains, 1);
		for (unsigned k = 0; k < rows[i].n_pages; k++)
			ck_assert(is_marked(rows[i].at + k * PAGE));
		ck_assert_uint_eq(n_marked(),
				  rows[i].n_pages + (d.packed ? 0 : 0));
		vring_publish(&ring);
		ck_assert(driver_used(&d, &id, &len));
	}
	ck_assert_str_eq(ring.violation, "");
}
END_TEST

START_TEST(what_is_only_read_marks_nothing)
{
	start(layouts[_i], VRING_FROM_GUEST, NULL);
	vring_set_log(&ring, log_bits, sizeof(log_bits), VRING_NO_LOG);
	add(DRIVER_GUEST, 100, 0);
	ck_assert_int_eq(take(1), 1);
	vring_return(&ring, chains, 1);
	vring_publish(&ring);
	ck_assert_uint_eq(n_marked(), 0);
	vring_set_log(&ring, NULL, 0, VRING_NO_LOG);
}
END_TEST

START_TEST(the_used_ring_is_marked_where_the_front_end_says)
{
	const uint64_t at = DRIVER_GUEST - 3; /* outside of the memory */

	start(0, VRING_FROM_GUEST, NULL);
	vring_set_log(&ring, log_bits, sizeof(log_bits), at);
	add(DRIVER_GUEST, 100, 0);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(n_marked(), 0);
	vring_return(&ring, chains, 1); /* octets 4 to 11 */
	ck_assert_uint_eq(n_marked(), 1);
	ck_assert(is_marked(at + 4));
	memset(log_bits, 0, sizeof(log_bits));
	vring_publish(&ring); /* octets 2 and 3 */
	ck_assert_uint_eq(n_marked(), 2);
	memset(log_bits, 0, sizeof(log_bits));
	vring_mute(&ring); /* octets 0 and 1 */
	ck_assert_uint_eq(n_marked(), 1);
	ck_assert(is_marked(at));
}
END_TEST

START_TEST(a_packed_ring_is_marked_where_it_lies)
{
	static const uint64_t guest = DRIVER_GUEST + 0x4000;

	driver_init(&d, VRING_F_PACKED, SIZE, &config);
	config.desc = driver_at(&d, guest);
	ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
	vring_set_log(&ring, log_bits, sizeof(log_bits), 0);
	driver_write_desc(&d, config.desc, 0,
			  (struct driver_buffer){ DRIVER_GUEST, 1 }, 1 << 7, 0);
	ck_assert_int_eq(take(1), 1);
	vring_return(&ring, chains, 1);
	vring_publish(&ring);
	ck_assert_uint_eq(n_marked(), 1);
	ck_assert(is_marked(guest));
	vring_set_log(&ring, log_bits, sizeof(log_bits), VRING_NO_LOG);
	memset(log_bits, 0, sizeof(log_bits));
	driver_write_desc(&d, config.desc, 1,
			  (struct driver_buffer){ DRIVER_GUEST, 1 }, 1 << 7, 0);
	ck_assert_int_eq(take(1), 1);
	vring_return(&ring, chains, 1);
	vring_publish(&ring);
	ck_assert_uint_eq(n_marked(), 0);
}
END_TEST

START_TEST(a_log_that_is_too_short_is_a_violation)
{
	start(layouts[_i], VRING_TO_GUEST, NULL);
	vring_set_log(&ring, log_bits, DRIVER_GUEST / PAGE / 8, VRING_NO_LOG);
	add(DRIVER_GUEST, 100, DRIVER_WRITE);
	ck_assert_int_eq(take(1), 1);
	chains[0].written = 1;
	vring_return(&ring, chains, 1);
	ck_assert_msg(strstr(ring.violation, "too short") != NULL, "%s",
		      ring.violation);
	ck_assert_uint_eq(n_marked(), 0);
}
END_TEST

START_TEST(a_used_ring_at_the_end_of_all_addresses_is_a_violation)
{
	start(0, VRING_FROM_GUEST, NULL);
	vring_set_log(&ring, log_bits, sizeof(log_bits), UINT64_MAX - 3);
	vring_mute(&ring);
	ck_assert_str_ne(ring.violation, "");
	ck_assert_uint_eq(n_marked(), 0);
}
END_TEST

/* ---- killed ---- */

/* What is not in the guest's memory is gone. */
static void
die(void)
{
	free(ring.again);
	ring = (struct vring){ .running = false };
}

static void
start_again(uint32_t base)
{
	config.base = base;
	ck_assert_msg(vring_start(&ring, &config, &err) == 0, "%s", err.text);
}

START_TEST(without_an_area_what_was_not_returned_comes_again)
{
	uint16_t id;
	uint32_t len;

	start(0, VRING_FROM_GUEST, NULL);
	for (unsigned i = 0; i < 5; i++)
		add(DRIVER_GUEST + i, 1, 0);
	ck_assert_int_eq(take(4), 4);
	vring_return(&ring, chains, 3);
	vring_rewind(&ring, &chains[3], 1);
	ck_assert_int_eq(take(2), 2);
	vring_publish(&ring);
	die();
	/* The front-end knows what was returned. */
	start_again(3);
	ck_assert_int_eq(take(MANY), 2);
	ck_assert_ptr_eq(iovs[0].iov_base, d.low + 3);
	die();
	/* Or it knows what was taken. */
	start_again(5);
	ck_assert_int_eq(take(MANY), 2);
	ck_assert_ptr_eq(iovs[0].iov_base, d.low + 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(driver_used(&d, &id, &len));
	ck_assert(!driver_used(&d, &id, &len));
}
END_TEST

START_TEST(what_was_taken_comes_again_in_the_order_taken)
{
	uint16_t ids[4], id;
	uint32_t len;

	ck_assert_uint_le(vring_inflight_size(SIZE), sizeof(area));
	start(0, VRING_FROM_GUEST, area);
	d.free = 5; /* the order of descriptors is another one */
	for (unsigned i = 0; i < 4; i++)
		ids[i] = add(DRIVER_GUEST + i, 1, 0);
	ck_assert_int_eq(take(3), 3);
	vring_return(&ring, &chains[1], 1);
	vring_publish(&ring);
	die();
	start_again(1);
	/* Those two, and then the one that was never taken. */
	ck_assert(vring_peek(&ring));
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(chains[0].id, ids[0]);
	ck_assert(chains[0].again);
	vring_rewind(&ring, chains, 1);
	ck_assert_int_eq(take(MANY), 3);
	ck_assert_uint_eq(chains[0].id, ids[0]);
	ck_assert_uint_eq(chains[1].id, ids[2]);
	ck_assert_uint_eq(chains[2].id, ids[3]);
	ck_assert(!chains[2].again);
	vring_return(&ring, chains, 3);
	vring_publish(&ring);
	ck_assert(driver_used(&d, &id, &len));
	ck_assert_uint_eq(id, ids[1]);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(driver_used(&d, &id, &len));
	ck_assert_uint_eq(id, ids[3]);
	die();
	start_again(4);
	ck_assert_int_eq(take(MANY), 0);
}
END_TEST

START_TEST(a_device_killed_before_it_noted_its_batch_returns_none_twice)
{
	static uint8_t before[sizeof(area)];
	uint16_t id;
	uint32_t len;

	start(0, VRING_FROM_GUEST, area);
	for (unsigned i = 0; i < 3; i++)
		add(DRIVER_GUEST + i, 1, 0);
	ck_assert_int_eq(take(MANY), 3);
	vring_return(&ring, chains, 2);
	memcpy(before, area, sizeof(area));
	vring_publish(&ring);
	/* The used index is in the ring, the area knows nothing of it. */
	memcpy(area, before, sizeof(area));
	die();
	start_again(2);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_ptr_eq(iovs[0].iov_base, d.low + 2);
	vring_return(&ring, chains, 1);
	vring_publish(&ring);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(driver_used(&d, &id, &len));
	ck_assert(!driver_used(&d, &id, &len));
}
END_TEST

START_TEST(an_area_full_of_nonsense_harms_nobody)
{
	start(0, VRING_FROM_GUEST, area);
	die();
	/* Keep what makes it one of ours: version 1, 8 descriptors. */
	memset(area + 12, 0xff, sizeof(area) - 12);
	start_again(0);
	ck_assert_uint_eq(ring.n_again, SIZE);
	/* None of them had ever been available. */
	ck_assert_int_eq(take(1), 1);
	vring_rewind(&ring, chains, 1);
	ck_assert_int_eq(take(MANY), SIZE);
	ck_assert_int_eq(take(MANY), -EPROTO);
	vring_return(&ring, chains, SIZE);
	vring_publish(&ring);
	vring_stop(&ring);
}
END_TEST

START_TEST(an_area_of_a_form_that_is_not_ours_is_refused)
{
	enum { VERSION = 8 };

	driver_init(&d, layouts[_i], SIZE, &config);
	config.inflight = area;
	memset(area, 0, sizeof(area));
	for (unsigned version = 0; version < 4; version++) {
		area[VERSION] = (uint8_t)version;
		ck_assert_int_eq(vring_start(&ring, &config, &err),
				 version < 3 ? 0 : -EINVAL);
		ck_assert_int_eq(ring.running, version < 3);
		die();
	}
	memset(area, 0xff, sizeof(area));
	ck_assert_int_eq(vring_start(&ring, &config, &err), -EINVAL);
}
END_TEST

START_TEST(an_area_of_another_ring_is_not_believed)
{
	start(0, VRING_FROM_GUEST, area);
	add(DRIVER_GUEST, 1, 0);
	ck_assert_int_eq(take(1), 1);
	die();
	driver_init(&d, 0, 2 * SIZE, &config);
	config.inflight = area;
	start_again(0);
	ck_assert_int_eq(take(1), 0);
	/* Nor one of the other layout. */
	die();
	driver_init(&d, VRING_F_PACKED, 2 * SIZE, &config);
	config.inflight = area;
	start_again(3 | 1 << 15);
	ck_assert_uint_eq(ring.avail, 3);
}
END_TEST

START_TEST(a_packed_ring_goes_on_where_the_killed_device_was)
{
	const struct driver_buffer two[] = { { DRIVER_GUEST, 1 },
					     { DRIVER_GUEST + 1, 1 } };
	uint16_t id, want;
	uint32_t len;

	start(VRING_F_PACKED | (_i ? VRING_F_IN_ORDER : 0), VRING_FROM_GUEST,
	      area);
	for (unsigned round = 0; round < 5 * SIZE; round++) {
		want = driver_add(&d, two, 1 + round % 2, 0, 0);
		ck_assert_int_eq(take(MANY), 1);
		die();
		start_again(0x8000); /* nobody knows better */
		ck_assert_int_eq(take(MANY), 1);
		ck_assert_uint_eq(chains[0].id, want);
		vring_return(&ring, chains, 1);
		vring_publish(&ring);
		die();
		start_again(0x8000);
		ck_assert_int_eq(take(MANY), 0);
		ck_assert(driver_used(&d, &id, &len));
		ck_assert_uint_eq(id, want);
		ck_assert(!driver_used(&d, &id, &len));
	}
}
END_TEST

START_TEST(with_an_area_a_packed_ring_shows_each_chain_at_once)
{
	uint16_t id;
	uint32_t len;

	start(VRING_F_PACKED, VRING_TO_GUEST, area);
	add(DRIVER_GUEST, 1, DRIVER_WRITE);
	add(DRIVER_GUEST, 1, DRIVER_WRITE);
	ck_assert_int_eq(take(MANY), 2);
	vring_return(&ring, chains, 2);
	ck_assert(driver_used(&d, &id, &len));
	ck_assert(driver_used(&d, &id, &len));
	/* And is called about both of them. */
	vring_publish(&ring);
	ck_assert(vring_wants_call(&ring));
}
END_TEST

START_TEST(a_packed_device_killed_while_publishing_returns_none_twice)
{
	/* Of the two steps the first is done: it was to reach slot 1. */
	enum { INTENDED = 12, REACHED = 14 };

	start(VRING_F_PACKED, VRING_FROM_GUEST, area);
	add(DRIVER_GUEST, 1, 0);
	ck_assert_int_eq(take(MANY), 1);
	area[INTENDED] = 1;
	die();
	start_again(0x8000);
	ck_assert_int_eq(take(MANY), 1);

	/* Both are done in the ring, the last one not in the area. */
	vring_return(&ring, chains, 1);
	vring_publish(&ring);
	ck_assert_uint_eq(area[REACHED], 1);
	area[REACHED] = 0;
	die();
	start_again(0x8000);
	ck_assert_int_eq(take(MANY), 0);
	add(DRIVER_GUEST + 1, 1, 0);
	ck_assert_int_eq(take(MANY), 1);

	/* A place that is none. */
	area[REACHED] = area[INTENDED] = SIZE;
	die();
	ck_assert_int_eq(vring_start(&ring, &config, &err), -EINVAL);
}
END_TEST

START_TEST(a_device_that_ended_leaves_nothing_to_do_again)
{
	uint16_t id;
	uint32_t len;

	start(layouts[_i], VRING_FROM_GUEST, area);
	for (unsigned i = 0; i < 3; i++)
		add(DRIVER_GUEST, 1, 0);
	ck_assert_int_eq(take(MANY), 3);
	vring_return(&ring, chains, 3);
	start_again(vring_stop(&ring));
	ck_assert_int_eq(take(MANY), 0);
	vring_stop(&ring);
	/* The guest begins anew, with an empty ring. */
	driver_init(&d, layouts[_i], SIZE, &config);
	config.inflight = area;
	ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
	ck_assert_int_eq(take(MANY), 0);
	add(DRIVER_GUEST, 1, 0);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert(!driver_used(&d, &id, &len));
}
END_TEST

/* Of all that lie where the first one did, the last is returned. */
START_TEST(each_of_many_that_were_taken_comes_again)
{
	uint16_t ids[5];

	start(0, VRING_FROM_GUEST, area);
	for (unsigned i = 0; i < 5; i++)
		ids[i] = add(DRIVER_GUEST + i, 1, 0);
	ck_assert_int_eq(take(5), 5);
	vring_return(&ring, &chains[4], 1);
	vring_publish(&ring);
	die();
	start_again(1);
	ck_assert_int_eq(take(MANY), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(chains[i].id, ids[i]);
	vring_return(&ring, chains, 4);
	vring_publish(&ring);
}
END_TEST

START_TEST(frames_use_what_was_taken_before_first)
{
	static const uint32_t lens[] = { 50, 50 };

	start(0, VRING_TO_GUEST, area);
	for (unsigned i = 0; i < 4; i++)
		add(DRIVER_GUEST + 100 * i, 100, DRIVER_WRITE);
	ck_assert_int_eq(take(2), 2);
	die();
	start_again(0);
	space.n = 0;
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 2, chains), 0);
	ck_assert_int_eq(vring_reserve(&ring, &space, 50, chains, 1), 1);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 2, chains + 1),
			  0);
	ck_assert_int_eq(vring_reserve(&ring, &space, 50, chains + 1, 1), 1);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 2, chains + 2),
			  2);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_eq(iovs[i].iov_base, d.low + 100 * i);
	vring_return(&ring, chains, 4);
	vring_publish(&ring);
}
END_TEST

START_TEST(a_frame_uses_what_was_taken_before)
{
	start(0, VRING_TO_GUEST, area);
	add(DRIVER_GUEST, 100, DRIVER_WRITE);
	ck_assert_int_eq(take(MANY), 1);
	die();
	start_again(0);
	/* Too little, and nothing new: no reason to look again. */
	space.n = 0;
	ck_assert_int_eq(vring_reserve(&ring, &space, 150, chains, MANY), 0);
	ck_assert(!vring_listen(&ring));
	add(DRIVER_GUEST + 200, 100, DRIVER_WRITE);
	ck_assert_int_eq(vring_reserve(&ring, &space, 150, chains, MANY), 2);
	ck_assert(chains[0].again);
	ck_assert_ptr_eq(iovs[1].iov_base, d.low + 200);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ pages_of_buffers_are_marked_as_far_as_they_were_written, 2 },
		{ what_is_only_read_marks_nothing, 2 },
		{ the_used_ring_is_marked_where_the_front_end_says, 0 },
		{ a_packed_ring_is_marked_where_it_lies, 0 },
		{ a_log_that_is_too_short_is_a_violation, 2 },
		{ a_used_ring_at_the_end_of_all_addresses_is_a_violation, 0 },
		{ without_an_area_what_was_not_returned_comes_again, 0 },
		{ what_was_taken_comes_again_in_the_order_taken, 0 },
		{ a_device_killed_before_it_noted_its_batch_returns_none_twice,
		  0 },
		{ an_area_full_of_nonsense_harms_nobody, 0 },
		{ an_area_of_a_form_that_is_not_ours_is_refused, 2 },
		{ an_area_of_another_ring_is_not_believed, 0 },
		{ a_packed_ring_goes_on_where_the_killed_device_was, 2 },
		{ with_an_area_a_packed_ring_shows_each_chain_at_once, 0 },
		{ a_packed_device_killed_while_publishing_returns_none_twice,
		  0 },
		{ a_device_that_ended_leaves_nothing_to_do_again, 2 },
		{ each_of_many_that_were_taken_comes_again, 0 },
		{ frames_use_what_was_taken_before_first, 0 },
		{ a_frame_uses_what_was_taken_before, 0 },
		{ NULL, 0 },
	};

	return unit_run("vring-resume", tests, set_up, NULL);
}
