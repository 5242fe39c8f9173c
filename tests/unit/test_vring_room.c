/* Room for frames in what a guest wants to receive in. */
#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "unit.h"
#include "vring-driver.h"

#define INDIRECT VRING_F_INDIRECT
#define EVENT VRING_F_EVENT_IDX
#define PACKED VRING_F_PACKED

static const uint64_t layouts[] = { INDIRECT, INDIRECT | PACKED,
				    INDIRECT | EVENT,
				    INDIRECT | EVENT | PACKED };

enum { SIZE = 8, MANY = 64 };

static struct driver d;
static struct vring_config config;
static struct vring ring;
static struct iovec iovs[VRING_CHAIN_IOVS + 8];
static struct vring_space space;
static struct vring_chain chains[MANY];
static struct err err;

static void
set_up(void)
{
	space = (struct vring_space){ .iov = iovs, .n_max = VRING_CHAIN_IOVS };
}

static void
start(uint64_t features, uint16_t size, bool mergeable)
{
	driver_init(&d, features, size, &config);
	config.direction = VRING_TO_GUEST;
	config.mergeable = mergeable;
	ck_assert_msg(vring_start(&ring, &config, &err) == 0, "%s", err.text);
}

static void
add_one(uint64_t at, uint32_t len, uint16_t flags)
{
	driver_add(&d, &(struct driver_buffer){ at, len }, 1, flags, 0);
}

static void
give_back(unsigned n)
{
	vring_return(&ring, chains, n);
	vring_publish(&ring);
}

static int
reserve(uint32_t len)
{
	space.n = 0;
	return vring_reserve(&ring, &space, len, chains, MANY);
}

static void
check_room(uint32_t len, int n)
{
	uint32_t sum = 0, written = 0;

	for (unsigned i = 0; i < space.n; i++)
		sum += (uint32_t)iovs[i].iov_len;
	for (int i = 0; i < n; i++)
		written += chains[i].written;
	ck_assert_uint_eq(sum, len);
	ck_assert_uint_eq(written, len);
}

START_TEST(a_frame_gets_as_many_buffers_as_it_needs)
{
	static const struct {
		uint32_t len;
		int n;
	} frames[] = {
		{ 1, 1 },   { 99, 1 },	{ 100, 1 }, { 101, 2 },
		{ 200, 2 }, { 201, 3 }, { 799, 8 }, { 800, 8 },
	};
	uint16_t id;
	uint32_t len;

	start(layouts[_i], SIZE, true);
	for (int i = 0; i < SIZE; i++)
		add_one(DRIVER_GUEST + 1000 * (unsigned)i, 100, DRIVER_WRITE);
	for (int i = 0; i < UNIT_ROWS(frames); i++) {
		uint32_t left = frames[i].len;

		ck_assert_int_eq(reserve(frames[i].len), frames[i].n);
		check_room(frames[i].len, frames[i].n);
		give_back((unsigned)frames[i].n);
		for (int k = 0; k < frames[i].n; k++) {
			uint32_t want = left < 100 ? left : 100;

			ck_assert(driver_used(&d, &id, &len));
			ck_assert_uint_eq(len, want);
			left -= want;
			add_one(DRIVER_GUEST, 100, DRIVER_WRITE);
		}
		ck_assert(!driver_used(&d, &id, &len));
	}
	/* The guest waits for what can never come. */
	ck_assert_int_eq(reserve(801), -EMSGSIZE);
	ck_assert_int_eq(reserve(800), 8);
	vring_rewind(&ring, chains, 8);
	ck_assert_int_eq(vring_reserve(&ring, &space, 301, chains, 3),
			 -EMSGSIZE);
	space.n = space.n_max - 2;
	ck_assert_int_eq(vring_reserve(&ring, &space, 300, chains, 3), -ENOSPC);
	ck_assert_uint_eq(space.n, space.n_max - 2);
	ck_assert_int_eq(vring_reserve(&ring, &space, 200, chains, 3), 2);
}
END_TEST

START_TEST(a_frame_lies_in_so_many_buffers_at_most)
{
	static struct vring_chain many[DRIVER_SIZE_MAX];

	start(layouts[_i], DRIVER_SIZE_MAX, true);
	for (unsigned i = 0; i < DRIVER_SIZE_MAX; i++)
		add_one(DRIVER_GUEST + i, 1, DRIVER_WRITE);
	ck_assert_int_eq(vring_reserve(&ring, &space, VRING_FRAME_CHAINS + 1,
				       many, DRIVER_SIZE_MAX),
			 -EMSGSIZE);
	ck_assert_int_eq(vring_reserve(&ring, &space, VRING_FRAME_CHAINS, many,
				       DRIVER_SIZE_MAX),
			 VRING_FRAME_CHAINS);
}
END_TEST

START_TEST(a_frame_waits_until_there_is_room_for_all_of_it)
{
	start(layouts[_i], SIZE, true);
	ck_assert_int_eq(reserve(150), 0);
	ck_assert(!vring_listen(&ring));
	add_one(DRIVER_GUEST, 100, DRIVER_WRITE);
	ck_assert(vring_peek(&ring));
	ck_assert_int_eq(reserve(150), 0);
	ck_assert_uint_eq(space.n, 0);
	/* There is something, but nothing new. */
	ck_assert(!vring_peek(&ring));
	ck_assert(!vring_listen(&ring));
	add_one(DRIVER_GUEST + 100, 100, DRIVER_WRITE);
	ck_assert(vring_peek(&ring));
	ck_assert(vring_listen(&ring));
	ck_assert_int_eq(reserve(150), 2);
	check_room(150, 2);
}
END_TEST

START_TEST(without_merging_a_frame_must_fit_one_chain)
{
	const struct driver_buffer two[] = { { DRIVER_GUEST, 12 },
					     { DRIVER_GUEST + 64, 100 } };

	start(layouts[_i], SIZE, false);
	driver_add(&d, two, 2, DRIVER_WRITE, 0);
	driver_add(&d, two, 2, DRIVER_WRITE, DRIVER_GUEST + 4096);
	ck_assert_int_eq(reserve(113), -EMSGSIZE);
	ck_assert_int_eq(reserve(12), 1);
	ck_assert_uint_eq(chains[0].n_iov, 1);
	check_room(12, 1);
	vring_rewind(&ring, chains, 1);
	ck_assert_int_eq(reserve(112), 1);
	check_room(112, 1);
	give_back(1);
	ck_assert_int_eq(reserve(13), 1);
	check_room(13, 1);
	give_back(1);
	ck_assert_int_eq(reserve(13), 0);
}
END_TEST

/* ---- many frames at once ---- */

static unsigned
reserve_run(const uint32_t *lens, unsigned n)
{
	space.n = 0;
	return vring_reserve_run(&ring, &space, lens, n, chains);
}

START_TEST(each_frame_of_a_run_gets_one_buffer)
{
	static const uint32_t lens[] = { 1, 99, 100, 50, 100, 7, 8, 9, 10 };
	uint16_t id;
	uint32_t len;

	start(layouts[_i], SIZE, true);
	ck_assert_uint_eq(reserve_run(lens, 1), 0); /* there is no buffer */
	/* The ring goes round in the middle of the last ones. */
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 5; i++)
			add_one(DRIVER_GUEST + 128 * i, 100, DRIVER_WRITE);
		/* It learns where buffers are. */
		if (round == 0) {
			ck_assert_uint_eq(reserve_run(lens, 5), 0);
			ck_assert_int_eq(reserve(lens[0]), 1);
			vring_rewind(&ring, chains, 1);
		}
		ck_assert_uint_eq(reserve_run(lens, 3), 3);
		ck_assert_uint_eq(
		    vring_reserve_run(&ring, &space, lens + 3, 6, chains + 3),
		    2);
		ck_assert_uint_eq(space.n, 5);
		for (unsigned i = 0; i < 5; i++) {
			ck_assert_ptr_eq(chains[i].iov, &iovs[i]);
			ck_assert_ptr_eq(iovs[i].iov_base,
					 driver_at(&d, DRIVER_GUEST + 128 * i));
			ck_assert_uint_eq(iovs[i].iov_len, lens[i]);
			ck_assert_uint_eq(chains[i].len, lens[i]);
			ck_assert_uint_eq(chains[i].written, lens[i]);
		}
		give_back(5);
		for (unsigned i = 0; i < 5; i++) {
			ck_assert(driver_used(&d, &id, &len));
			ck_assert_uint_eq(len, lens[i]);
		}
		ck_assert(!driver_used(&d, &id, &len));
	}
}
END_TEST

/* What is behind the buffer that a run ends at. */
static const struct odd {
	const char *name;
	struct driver_buffer buffers[2];
	unsigned n_buffers;
	uint16_t flags;
	uint64_t table;
	int then; /* of vring_reserve() for 100 octets */
} odds[] = {
	{ "short", { { DRIVER_GUEST, 99 } }, 1, DRIVER_WRITE, 0, 2 },
	{ "elsewhere",
	  { { DRIVER_GUEST + DRIVER_HALF, 100 } },
	  1,
	  DRIVER_WRITE,
	  0,
	  1 },
	{ "in two regions",
	  { { DRIVER_GUEST + DRIVER_HALF - 50, 100 } },
	  1,
	  DRIVER_WRITE,
	  0,
	  1 },
	{ "a chain",
	  { { DRIVER_GUEST, 50 }, { DRIVER_GUEST + 64, 50 } },
	  2,
	  DRIVER_WRITE,
	  0,
	  1 },
	{ "indirect",
	  { { DRIVER_GUEST, 50 }, { DRIVER_GUEST + 64, 50 } },
	  2,
	  DRIVER_WRITE,
	  DRIVER_GUEST + 4096,
	  1 },
	{ "empty", { { DRIVER_GUEST, 0 } }, 1, DRIVER_WRITE, 0, 2 },
	{ "to be read", { { DRIVER_GUEST, 100 } }, 1, 0, 0, -EPROTO },
	{ "nowhere", { { 1, 100 } }, 1, DRIVER_WRITE, 0, -EPROTO },
	{ "beyond", /* what there is */
	  { { DRIVER_GUEST + 2 * (uint64_t)DRIVER_HALF - 99, 100 } },
	  1,
	  DRIVER_WRITE,
	  0,
	  -EPROTO },
};

/* Rows: layouts, and odds for each of them. */
START_TEST(a_run_ends_before_what_is_not_as_usual)
{
	static const uint32_t lens[] = { 100, 100, 100, 100 };
	const struct odd *odd = &odds[_i % UNIT_ROWS(odds)];

	start(layouts[_i / UNIT_ROWS(odds)], 2 * SIZE, true);
	add_one(DRIVER_GUEST + 1000, 100, DRIVER_WRITE);
	ck_assert_int_eq(reserve(100), 1);
	give_back(1);
	add_one(DRIVER_GUEST + 1000, 100, DRIVER_WRITE);
	add_one(DRIVER_GUEST + 1100, 100, DRIVER_WRITE);
	driver_add(&d, odd->buffers, odd->n_buffers, odd->flags, odd->table);
	add_one(DRIVER_GUEST + 1200, 100, DRIVER_WRITE);
	ck_assert_msg(reserve_run(lens, 4) == 2, "%s", odd->name);
	ck_assert_uint_eq(space.n, 2);
	ck_assert_msg(!ring.broken, "%s: %s", odd->name, ring.violation);
	give_back(2);
	ck_assert_msg(reserve(100) == odd->then, "%s", odd->name);
	ck_assert_uint_eq(ring.broken, odd->then < 0);
	if (odd->then < 0)
		ck_assert_uint_eq(reserve_run(lens, 1), 0);
}
END_TEST

START_TEST(a_run_takes_no_more_than_there_is_room_for)
{
	static const uint32_t lens[] = { 10, 10, 10, 10 };

	start(layouts[_i], SIZE, true);
	for (unsigned i = 0; i < 4; i++)
		add_one(DRIVER_GUEST, 10, DRIVER_WRITE);
	ck_assert_int_eq(reserve(10), 1);
	space.n = space.n_max - 2;
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 3, chains + 1),
			  2);
	ck_assert_uint_eq(space.n, space.n_max);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 1, chains + 3),
			  0);
	space.n = 0;
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 1, chains + 3),
			  1);
	give_back(4);
	/* What it has not given back there is not, whatever it says. */
	for (unsigned i = 0; i < SIZE; i++)
		add_one(DRIVER_GUEST, 10, DRIVER_WRITE);
	ck_assert_uint_eq(reserve_run(lens, 4), 4);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 4, chains + 4),
			  4);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 4, chains + 8),
			  0);
	give_back(8);
}
END_TEST

START_TEST(what_a_run_takes_is_rewound_like_all_else)
{
	static const uint32_t lens[] = { 10, 20, 30 };

	start(layouts[_i], SIZE, true);
	for (unsigned i = 0; i < 4; i++)
		add_one(DRIVER_GUEST + 100 * i, 100, DRIVER_WRITE);
	ck_assert_int_eq(reserve(100), 1);
	ck_assert_uint_eq(vring_reserve_run(&ring, &space, lens, 3, chains + 1),
			  3);
	vring_rewind(&ring, chains + 2, 2);
	space.n = 2;
	ck_assert_int_eq(vring_reserve(&ring, &space, 90, chains + 2, MANY), 1);
	ck_assert_ptr_eq(iovs[2].iov_base, driver_at(&d, DRIVER_GUEST + 200));
	ck_assert_uint_eq(iovs[2].iov_len, 90);
	give_back(3);
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(layouts);
	const struct unit_test tests[] = {
		{ a_frame_gets_as_many_buffers_as_it_needs, n },
		{ a_frame_lies_in_so_many_buffers_at_most, n },
		{ a_frame_waits_until_there_is_room_for_all_of_it, n },
		{ without_merging_a_frame_must_fit_one_chain, n },
		{ each_frame_of_a_run_gets_one_buffer, n },
		{ a_run_ends_before_what_is_not_as_usual, n * UNIT_ROWS(odds) },
		{ a_run_takes_no_more_than_there_is_room_for, n },
		{ what_a_run_takes_is_rewound_like_all_else, n },
		{ NULL, 0 },
	};

	return unit_run("vring-room", tests, set_up, NULL);
}
