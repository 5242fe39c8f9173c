/* What both layouts have in common: chains and batches, beginning and end. */
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
start(uint64_t features, uint16_t size, enum vring_direction direction)
{
	driver_init(&d, features, size, &config);
	config.direction = direction;
	ck_assert_msg(vring_start(&ring, &config, &err) == 0, "%s", err.text);
}

static void
add_one(uint64_t at, uint32_t len, uint16_t flags)
{
	driver_add(&d, &(struct driver_buffer){ at, len }, 1, flags, 0);
}

static int
take(unsigned max)
{
	space.n = 0;
	return vring_take(&ring, &space, chains, max);
}

static void
give_back(unsigned n)
{
	vring_return(&ring, chains, n);
	vring_publish(&ring);
}

/* ---- chains ---- */

START_TEST(a_chain_is_what_the_driver_made_of_it)
{
	const struct driver_buffer buffers[] = {
		{ DRIVER_GUEST, 12 },
		{ DRIVER_GUEST + 0x1000, 1 },
		{ DRIVER_GUEST + DRIVER_MEMORY - 5, 5 }, /* the very end */
	};
	uint16_t id, used;
	uint32_t len;

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	ck_assert_int_eq(take(MANY), 0);
	for (unsigned round = 0; round < 3 * SIZE; round++) {
		uint64_t table = round % 2 ? DRIVER_GUEST + 0x2000 : 0;
		unsigned n = 1 + round % 3;

		id = driver_add(&d, buffers, n, 0, table);
		ck_assert_int_eq(take(MANY), 1);
		ck_assert_uint_eq(chains[0].n_iov, n);
		ck_assert_uint_eq(chains[0].n_slots, table != 0 ? 1 : n);
		ck_assert_uint_eq(chains[0].id, id);
		len = 0;
		for (unsigned i = 0; i < n; i++) {
			ck_assert_ptr_eq(chains[0].iov[i].iov_base,
					 driver_at(&d, buffers[i].at));
			ck_assert_uint_eq(chains[0].iov[i].iov_len,
					  buffers[i].len);
			len += buffers[i].len;
		}
		ck_assert_uint_eq(chains[0].len, len);
		ck_assert(!driver_used(&d, &used, &len));
		vring_return(&ring, chains, 1);
		ck_assert(!driver_used(&d, &used, &len));
		vring_publish(&ring);
		ck_assert(driver_used(&d, &used, &len));
		ck_assert_uint_eq(used, id);
		ck_assert_uint_eq(len, 0);
		ck_assert(!driver_used(&d, &used, &len));
	}
	ck_assert_str_eq(ring.violation, "");
}
END_TEST

START_TEST(a_buffer_in_two_regions_comes_in_two_pieces)
{
	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	add_one(DRIVER_GUEST + DRIVER_HALF - 3, 10, 0);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(chains[0].n_iov, 2);
	ck_assert_uint_eq(chains[0].len, 10);
	ck_assert_ptr_eq(iovs[0].iov_base, d.low + DRIVER_HALF - 3);
	ck_assert_uint_eq(iovs[0].iov_len, 3);
	ck_assert_ptr_eq(iovs[1].iov_base, d.high);
	ck_assert_uint_eq(iovs[1].iov_len, 7);
}
END_TEST

START_TEST(an_indirect_table_may_lie_in_two_regions)
{
	struct driver_buffer buffers[4];

	for (unsigned i = 0; i < 4; i++)
		buffers[i] = (struct driver_buffer){ DRIVER_GUEST + i, 1 };
	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	/* The model writes it in one piece. */
	for (unsigned i = 0; i < 4; i++)
		driver_write_desc(&d, i < 2 ? d.low + DRIVER_HALF - 32 : d.high,
				  i % 2, buffers[i],
				  !d.packed && i < 3 ? DRIVER_NEXT : 0,
				  (uint16_t)(i + 1));
	add_one(DRIVER_GUEST + DRIVER_HALF - 32, 64, DRIVER_INDIRECT);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(chains[0].n_iov, 4);
	ck_assert_ptr_eq(iovs[3].iov_base, d.low + 3);
}
END_TEST

START_TEST(empty_buffers_are_passed_over)
{
	const struct driver_buffer buffers[] = { { DRIVER_GUEST + 1, 2 },
						 { DRIVER_GUEST, 0 },
						 { 0, 0 } };

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	driver_add(&d, buffers, 3, 0, 0);
	add_one(0, 0, 0);
	add_one(DRIVER_GUEST, 0, 0); /* where the others are */
	ck_assert_int_eq(take(MANY), 3);
	ck_assert_uint_eq(chains[0].n_iov, 1);
	ck_assert_uint_eq(chains[0].len, 2);
	for (unsigned i = 1; i < 3; i++) {
		ck_assert_uint_eq(chains[i].n_iov, 0);
		ck_assert_uint_eq(chains[i].len, 0);
	}
}
END_TEST

START_TEST(a_header_split_into_octets_is_read_whole)
{
	struct driver_buffer buffers[DRIVER_SIZE_MAX];
	uint8_t got[32] = { 0 };

	start(layouts[_i], DRIVER_SIZE_MAX, VRING_FROM_GUEST);
	for (unsigned i = 0; i < DRIVER_SIZE_MAX; i++) {
		buffers[i] = (struct driver_buffer){ DRIVER_GUEST + i * 3, 1 };
		d.low[i * 3] = (uint8_t)(i + 1);
	}
	driver_add(&d, buffers, DRIVER_SIZE_MAX, 0, 0);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(chains[0].len, DRIVER_SIZE_MAX);
	ck_assert_uint_eq(chains[0].n_slots, DRIVER_SIZE_MAX);
	ck_assert_uint_eq(vring_chain_read(&chains[0], 5, got, 12), 12);
	for (unsigned i = 0; i < 12; i++)
		ck_assert_uint_eq(got[i], i + 6);
	ck_assert_uint_eq(got[12], 0);
	ck_assert_uint_eq(
	    vring_chain_read(&chains[0], DRIVER_SIZE_MAX - 1, got, 12), 1);
	ck_assert_uint_eq(vring_chain_read(&chains[0], DRIVER_SIZE_MAX, got, 1),
			  0);
}
END_TEST

START_TEST(octets_are_read_from_the_middle_of_buffers)
{
	const struct driver_buffer buffers[] = { { DRIVER_GUEST, 3 },
						 { DRIVER_GUEST + 8, 4 } };
	uint8_t got[8] = { 0 };

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	memcpy(d.low, "abc.....defg", 12);
	driver_add(&d, buffers, 2, 0, 0);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(vring_chain_read(&chains[0], 1, got, 4), 4);
	ck_assert_str_eq((char *)got, "bcde");
	ck_assert_uint_eq(vring_chain_read(&chains[0], 4, got, 8), 3);
	ck_assert_str_eq((char *)got, "efge");
}
END_TEST

START_TEST(chains_that_do_not_fit_the_space_come_later)
{
	const struct driver_buffer buffers[] = { { DRIVER_GUEST, 1 },
						 { DRIVER_GUEST + 1, 2 } };

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	space.n_max = 3;
	for (unsigned i = 0; i < 3; i++)
		driver_add(&d, buffers, 2, 0, 0);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_uint_eq(space.n, 2);
	give_back(1);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_uint_eq(chains[0].len, 3);
	give_back(1);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_str_eq(ring.violation, "");
}
END_TEST

START_TEST(the_longest_indirect_table_is_taken)
{
	static struct driver_buffer buffers[VRING_CHAIN_MAX];

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	for (unsigned i = 0; i < VRING_CHAIN_MAX; i++)
		buffers[i] = (struct driver_buffer){ DRIVER_GUEST + i, 1 };
	driver_add(&d, buffers, VRING_CHAIN_MAX, 0, DRIVER_GUEST + 0x4000);
	ck_assert_int_eq(take(1), 1);
	ck_assert_uint_eq(chains[0].n_iov, VRING_CHAIN_MAX);
	ck_assert_uint_eq(chains[0].n_slots, 1);
}
END_TEST

/* ---- batches ---- */

START_TEST(a_batch_is_published_as_a_whole_and_in_order)
{
	unsigned given = 0, seen = 0;
	uint16_t ids[SIZE], id;
	uint32_t len;

	start(layouts[_i], SIZE, VRING_TO_GUEST);
	for (unsigned round = 0; round < 9000; round++) {
		unsigned n = 1 + round % SIZE;

		for (unsigned i = 0; i < n; i++)
			ids[i] = driver_add(
			    &d, &(struct driver_buffer){ DRIVER_GUEST, 100 }, 1,
			    DRIVER_WRITE, 0);
		ck_assert_int_eq(take(MANY), (int)n);
		for (unsigned i = 0; i < n; i++) {
			chains[i].written = (given++) % 100;
			vring_return(&ring, &chains[i], 1);
			ck_assert(!driver_used(&d, &id, &len));
		}
		vring_publish(&ring);
		for (unsigned i = 0; i < n; i++) {
			ck_assert(driver_used(&d, &id, &len));
			ck_assert_uint_eq(id, ids[i]);
			ck_assert_uint_eq(len, (seen++) % 100);
		}
		ck_assert(!driver_used(&d, &id, &len));
	}
}
END_TEST

START_TEST(in_order_one_descriptor_stands_for_a_packed_batch)
{
	const struct driver_buffer two[] = { { DRIVER_GUEST, 1 },
					     { DRIVER_GUEST + 1, 2 } };
	uint16_t last = 0, id;
	uint32_t len;

	start(PACKED | VRING_F_IN_ORDER, SIZE, VRING_FROM_GUEST);
	for (unsigned round = 0; round < 5 * SIZE; round++) {
		unsigned n_slots = 0;

		for (unsigned i = 0; i < 3; i++) {
			last = driver_add(&d, two, 1 + i % 2, 0, 0);
			n_slots += 1 + i % 2;
		}
		ck_assert_int_eq(take(MANY), 3);
		/* In two steps, and yet one batch. */
		vring_return(&ring, chains, 1);
		vring_return(&ring, chains + 1, 2);
		ck_assert(!driver_used(&d, &id, &len));
		vring_publish(&ring);
		ck_assert(driver_used(&d, &id, &len));
		ck_assert_uint_eq(id, last);
		ck_assert_uint_eq(len, 0);
		driver_skip(&d, n_slots - 1);
	}
}
END_TEST

START_TEST(no_more_are_taken_than_asked_for)
{
	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	for (unsigned i = 0; i < 5; i++)
		add_one(DRIVER_GUEST + i, 1, 0);
	ck_assert_int_eq(take(3), 3);
	ck_assert(vring_peek(&ring));
	ck_assert(vring_listen(&ring));
	give_back(3);
	ck_assert_int_eq(take(3), 2);
	ck_assert_ptr_eq(iovs[1].iov_base, d.low + 4);
	ck_assert(!vring_peek(&ring));
}
END_TEST

START_TEST(what_is_rewound_comes_again)
{
	const struct driver_buffer two[] = { { DRIVER_GUEST, 1 },
					     { DRIVER_GUEST + 1, 2 } };

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	for (unsigned round = 0; round < 3 * SIZE; round++) {
		uint16_t first = driver_add(&d, two, 2, 0, 0);
		uint16_t second = driver_add(&d, two, 1, 0, 0);

		ck_assert_int_eq(take(MANY), 2);
		vring_rewind(&ring, &chains[1], 1);
		ck_assert(vring_peek(&ring));
		ck_assert_int_eq(take(MANY), 1);
		ck_assert_uint_eq(chains[0].id, second);
		vring_rewind(&ring, chains, 1);
		chains[0].id = first;
		chains[0].n_slots = 2;
		vring_rewind(&ring, chains, 1);
		ck_assert_int_eq(take(MANY), 2);
		ck_assert_uint_eq(chains[0].id, first);
		ck_assert_uint_eq(chains[1].id, second);
		give_back(2);
		driver_used(&d, &first, &(uint32_t){ 0 });
		driver_used(&d, &second, &(uint32_t){ 0 });
	}
}
END_TEST

START_TEST(a_ring_that_moves_goes_on_where_it_was)
{
	static struct driver other;
	uint16_t id;
	uint32_t len;

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	add_one(DRIVER_GUEST + 1, 1, 0);
	ck_assert_int_eq(take(1), 1);
	vring_return(&ring, chains, 1);
	add_one(DRIVER_GUEST + 2, 1, 0);
	ck_assert_int_eq(take(1), 1);
	vring_rewind(&ring, chains, 1);
	vring_publish(&ring);
	/* The same memory at another place. */
	memcpy(&other, &d, sizeof(other));
	other.regions[0].at = other.low;
	other.regions[1].at = other.high;
	other.memory.regions = other.regions;
	memset(d.desc, 0xff, sizeof(d.desc));
	config.memory = &other.memory;
	config.desc = other.desc;
	config.driver = other.ours;
	config.device = NULL;
	ck_assert_int_eq(vring_move(&ring, &config, &err), -EINVAL);
	config.device = other.theirs;
	ck_assert_int_eq(vring_move(&ring, &config, &err), 0);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_ptr_eq(iovs[0].iov_base, other.low + 2);
	give_back(1);
	ck_assert(driver_used(&other, &id, &len));
	ck_assert(driver_used(&other, &id, &len));
	ck_assert(!driver_used(&other, &id, &len));
}
END_TEST

/* ---- beginning and end ---- */

static const struct {
	uint64_t features;
	unsigned size;
	uint32_t base;
	int desc, driver, device; /* octets to move it by; -1: NULL */
	int want;
} starts[] = {
	{ 0, 0, 0, 0, 0, 0, -EINVAL },
	{ 0, 1, 0, 0, 0, 0, 0 },
	{ 0, 3, 0, 0, 0, 0, -EINVAL },
	{ 0, 64, 0, 0, 0, 0, 0 },
	{ 0, 32768, 0, 0, 0, 0, 0 },
	{ 0, 65535, 0, 0, 0, 0, -EINVAL },
	{ 0, 65536, 0, 0, 0, 0, -EINVAL },
	{ 0, 0x80000000, 0, 0, 0, 0, -EINVAL },
	{ PACKED, 0, 0x8000, 0, 0, 0, -EINVAL },
	{ PACKED, 1, 0x8000, 0, 0, 0, 0 },
	{ PACKED, 3, 0x8000, 0, 0, 0, 0 },
	{ PACKED, 32768, 0x8000, 0, 0, 0, 0 },
	{ PACKED, 32769, 0x8000, 0, 0, 0, -EINVAL },
	{ PACKED, 65536, 0x8000, 0, 0, 0, -EINVAL },
	{ 0, 64, 0, 8, 0, 0, -EINVAL },
	{ 0, 64, 0, 16, 0, 0, 0 },
	{ 0, 64, 0, -1, 0, 0, -EINVAL },
	{ 0, 64, 0, 0, 1, 0, -EINVAL },
	{ 0, 64, 0, 0, 2, 0, 0 },
	{ PACKED, 64, 0x8000, 0, 2, 0, -EINVAL },
	{ 0, 64, 0, 0, -1, 0, -EINVAL },
	{ 0, 64, 0, 0, 0, 2, -EINVAL },
	{ 0, 64, 0, 0, 0, 4, 0 },
	{ 0, 64, 0, 0, 0, -1, -EINVAL },
	{ 0, 64, 65, 0, 0, 0, 0 }, /* the ring itself knows better */
	{ PACKED, 64, 0x803f, 0, 0, 0, 0 },
	{ PACKED, 64, 0x8040, 0, 0, 0, -EINVAL },
	{ PACKED, 64, 0x80408000, 0, 0, 0, -EINVAL },
};

START_TEST(a_ring_must_be_one_to_be_started)
{
	static _Alignas(4096) uint8_t memory[3][32768 * 16 + 64];
	struct vring_config c = {
		.size = starts[_i].size,
		.features = starts[_i].features,
		.memory = &d.memory,
		.base = starts[_i].base,
		.desc = memory[0] + starts[_i].desc,
		.driver = memory[1] + starts[_i].driver,
		.device = memory[2] + starts[_i].device,
	};

	if (starts[_i].desc < 0)
		c.desc = NULL;
	if (starts[_i].driver < 0)
		c.driver = NULL;
	if (starts[_i].device < 0)
		c.device = NULL;
	ck_assert_int_eq(vring_start(&ring, &c, &err), starts[_i].want);
	ck_assert_int_eq(ring.running, starts[_i].want == 0);
	ck_assert_int_eq(err.text[0] != '\0', starts[_i].want != 0);
	vring_stop(&ring);
}
END_TEST

START_TEST(a_ring_goes_on_where_the_last_device_ended)
{
	uint32_t base, len;
	uint16_t id;

	start(layouts[_i], SIZE, VRING_FROM_GUEST);
	for (unsigned i = 0; i < 5 * SIZE; i++) {
		add_one(DRIVER_GUEST + i, 1, 0);
		ck_assert_int_eq(take(1), 1);
		ck_assert_ptr_eq(iovs[0].iov_base, d.low + i);
		vring_return(&ring, chains, 1);
		base = vring_stop(&ring); /* publishes */
		ck_assert(driver_used(&d, &id, &len));
		ck_assert_uint_eq(vring_stop(&ring), 0);
		/* A front-end may know of one half only. */
		config.base = i % 2 ? base : base & UINT16_MAX;
		/* Or of nothing. */
		if ((layouts[_i] & PACKED) == 0 && i % 3 == 0)
			config.base = 0;
		ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
		ck_assert_int_eq(take(1), 0);
	}
}
END_TEST

START_TEST(the_parts_are_as_long_as_virtio_says)
{
	static const struct {
		bool packed;
		unsigned size;
		uint64_t desc, driver, device;
	} rows[] = {
		{ false, 1, 16, 8, 14 },
		{ false, 256, 4096, 518, 2054 },
		{ false, 32768, 524288, 65542, 262150 },
		{ true, 1, 16, 4, 4 },
		{ true, 32768, 524288, 4, 4 },
	};

	for (int i = 0; i < UNIT_ROWS(rows); i++) {
		struct vring_areas areas;

		vring_areas(rows[i].packed, rows[i].size, &areas);
		ck_assert_uint_eq(areas.desc, rows[i].desc);
		ck_assert_uint_eq(areas.driver, rows[i].driver);
		ck_assert_uint_eq(areas.device, rows[i].device);
	}
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(layouts);
	const struct unit_test tests[] = {
		{ a_chain_is_what_the_driver_made_of_it, n },
		{ a_buffer_in_two_regions_comes_in_two_pieces, n },
		{ an_indirect_table_may_lie_in_two_regions, n },
		{ empty_buffers_are_passed_over, n },
		{ a_header_split_into_octets_is_read_whole, n },
		{ octets_are_read_from_the_middle_of_buffers, n },
		{ chains_that_do_not_fit_the_space_come_later, n },
		{ the_longest_indirect_table_is_taken, n },
		{ a_batch_is_published_as_a_whole_and_in_order, n },
		{ in_order_one_descriptor_stands_for_a_packed_batch, 0 },
		{ no_more_are_taken_than_asked_for, n },
		{ what_is_rewound_comes_again, n },
		{ a_ring_that_moves_goes_on_where_it_was, n },
		{ a_ring_must_be_one_to_be_started, UNIT_ROWS(starts) },
		{ a_ring_goes_on_where_the_last_device_ended, n },
		{ the_parts_are_as_long_as_virtio_says, 0 },
		{ NULL, 0 },
	};

	return unit_run("vring", tests, set_up, NULL);
}
