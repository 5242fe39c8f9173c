/* What a guest may not do, and what it is told then. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "unit.h"
#include "vring-driver.h"

enum { SIZE = 8, MANY = 64, AVAIL = 1 << 7, TABLE = DRIVER_GUEST + 0x1000 };

static const uint64_t layouts[] = { 0, VRING_F_PACKED };

static struct driver d;
static struct vring ring;
static struct iovec iovs[VRING_CHAIN_IOVS];
static struct vring_chain chains[MANY];

static void
start(uint64_t features, enum vring_direction direction)
{
	struct vring_config config;
	struct err err;

	vring_stop(&ring);
	driver_init(&d, features, SIZE, &config);
	config.direction = direction;
	ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
}

static int
take(unsigned max)
{
	struct vring_space space = { .iov = iovs, .n_max = VRING_CHAIN_IOVS };

	return vring_take(&ring, &space, chains, max);
}

/* A descriptor of the ring, made available when it is the first. */
static void
put(unsigned i, uint64_t at, uint32_t len, uint16_t flags, uint16_t last)
{
	driver_write_desc(&d, d.desc, i, (struct driver_buffer){ at, len },
			  flags | (d.packed ? AVAIL : 0), last);
}

static void
show(uint16_t head)
{
	if (d.packed)
		return;
	driver_offer(&d, head);
	driver_show(&d);
}

static void
put_in_table(unsigned i, uint64_t at, uint32_t len, uint16_t flags,
	     uint16_t last)
{
	driver_write_desc(&d, driver_at(&d, TABLE), i,
			  (struct driver_buffer){ at, len }, flags, last);
}

enum {
	OK = 1,
	BOTH = 3,
	SPLIT = 1,
	PACKED = 2,
	BACK = 1, /* to the guest */
	NO_INDIRECT = 2,
};

/* Descriptors of the ring from 0 on, and of the table; a row ends where flags
 * are NONE. */
struct raw {
	uint64_t at;
	uint32_t len;
	uint16_t flags;
	uint16_t last;
	bool is_there;
};

#define NEXT DRIVER_NEXT
#define WRITE DRIVER_WRITE
#define INDIRECT DRIVER_INDIRECT
#define D(...)                                                                 \
	{                                                                      \
		__VA_ARGS__, true                                              \
	}
#define END (DRIVER_GUEST + DRIVER_MEMORY)

static const struct {
	int layouts;
	int how;
	struct raw ring[3];
	struct raw table[3];
	const char *want; /* NULL: nothing wrong */
} rows[] = {
	/* Addresses. */
	{ BOTH, 0, { D(END - 1, 1, 0, 0) }, { { 0 } }, NULL },
	{ BOTH, 0, { D(END - 1, 2, 0, 0) }, { { 0 } }, "not in its memory" },
	{ BOTH, 0, { D(END, 1, 0, 0) }, { { 0 } }, "not in its memory" },
	{ BOTH, 0, { D(DRIVER_GUEST - 1, 1, 0, 0) }, { { 0 } }, "memory" },
	{ BOTH, 0, { D(DRIVER_GUEST - 1, 2, 0, 0) }, { { 0 } }, "memory" },
	{ BOTH, 0, { D(0, 1, 0, 0) }, { { 0 } }, "1 octets at 0x0 are not" },
	{ BOTH, 0, { D(UINT64_MAX, 1, 0, 0) }, { { 0 } }, "memory" },
	{ BOTH, 0, { D(UINT64_MAX, 0, 0, 0) }, { { 0 } }, NULL },
	{ BOTH, 0, { D(DRIVER_GUEST, UINT32_MAX, 0, 0) }, { { 0 } }, "memory" },
	{ BOTH, 0, { D(DRIVER_GUEST, DRIVER_MEMORY, 0, 0) }, { { 0 } }, NULL },
	{ BOTH,
	  0,
	  { D(DRIVER_GUEST, DRIVER_MEMORY + 1, 0, 0) },
	  { { 0 } },
	  "memory" },
	/* Access. */
	{ BOTH, 0, { D(DRIVER_GUEST, 1, WRITE, 0) }, { { 0 } }, "to be sent" },
	{ BOTH, BACK, { D(DRIVER_GUEST, 1, 0, 0) }, { { 0 } }, "received in" },
	{ BOTH, BACK, { D(DRIVER_GUEST, 1, WRITE, 0) }, { { 0 } }, NULL },
	/* Writable before readable, and the other way round. */
	{ BOTH,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, 1), D(DRIVER_GUEST, 1, WRITE, 2) },
	  { { 0 } },
	  "to be sent" },
	{ BOTH,
	  BACK,
	  { D(DRIVER_GUEST, 1, NEXT | WRITE, 1), D(DRIVER_GUEST, 1, 0, 2) },
	  { { 0 } },
	  "received in" },
	/* Chains. */
	{ SPLIT,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, SIZE) },
	  { { 0 } },
	  "descriptor 8 of 8" },
	{ SPLIT,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, UINT16_MAX) },
	  { { 0 } },
	  "descriptor 65535 of 8" },
	{ SPLIT,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, 0) },
	  { { 0 } },
	  "more than 8 descriptors" },
	{ SPLIT,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, 1), D(DRIVER_GUEST, 1, NEXT, 0) },
	  { { 0 } },
	  "more than 8 descriptors" },
	/* Indirect tables. */
	{ BOTH,
	  0,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, 0, 0) },
	  NULL },
	{ BOTH,
	  NO_INDIRECT,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, 0, 0) },
	  "not negotiated" },
	{ BOTH, 0, { D(TABLE, 0, INDIRECT, 0) }, { { 0 } }, "of 0 octets" },
	{ BOTH, 0, { D(TABLE, 17, INDIRECT, 0) }, { { 0 } }, "of 17 octets" },
	{ BOTH,
	  0,
	  { D(TABLE, (VRING_CHAIN_MAX + 1) * 16, INDIRECT, 0) },
	  { { 0 } },
	  "of 16400 octets" },
	{ BOTH, 0, { D(TABLE, 0xfffffff0, INDIRECT, 0) }, { { 0 } }, "octets" },
	{ BOTH,
	  0,
	  { D(TABLE + 4, 16, INDIRECT, 0) },
	  { { 0 } },
	  "indirect table at 0x10001004" },
	{ BOTH,
	  0,
	  { D(END - 8, 16, INDIRECT, 0) },
	  { { 0 } },
	  "is not in its memory" },
	{ BOTH,
	  0,
	  { D(UINT64_MAX - 15, 32, INDIRECT, 0) },
	  { { 0 } },
	  "is not in its memory" },
	{ BOTH,
	  0,
	  { D(TABLE, 16, INDIRECT | NEXT, 1) },
	  { D(DRIVER_GUEST, 1, 0, 0) },
	  "that goes on" },
	{ BOTH,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, 1), D(TABLE, 16, INDIRECT | NEXT, 2) },
	  { D(DRIVER_GUEST, 1, 0, 0) },
	  "that goes on" },
	{ BOTH,
	  0,
	  { D(DRIVER_GUEST, 1, NEXT, 1), D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, 0, 0) },
	  NULL },
	{ BOTH,
	  0,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(TABLE, 16, INDIRECT, 0) },
	  "in an indirect table" },
	{ BOTH,
	  0,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(END, 1, 0, 0) },
	  "not in its memory" },
	{ SPLIT,
	  0,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, WRITE, 0) },
	  "to be sent" },
	/* DPDK has headers in packed tables that are to be written to. */
	{ PACKED,
	  0,
	  { D(TABLE, 32, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, WRITE, 0), D(DRIVER_GUEST, 1, 0, 0) },
	  NULL },
	/* What the descriptor of the table says of access means nothing. */
	{ BOTH,
	  BACK,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, WRITE, 0) },
	  NULL },
	{ SPLIT,
	  0,
	  { D(TABLE, 32, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, NEXT, 2) },
	  "descriptor 2 of an indirect" },
	{ SPLIT,
	  0,
	  { D(TABLE, 32, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, NEXT, 1), D(DRIVER_GUEST, 1, NEXT, 0) },
	  "a loop" },
	/* In packed tables NEXT means nothing, 2.8.8. */
	{ PACKED,
	  0,
	  { D(TABLE, 16, INDIRECT, 0) },
	  { D(DRIVER_GUEST, 1, NEXT, 7) },
	  NULL },
};

START_TEST(a_chain_that_breaks_the_rules_stops_the_ring)
{
	for (int layout = 0; layout < 2; layout++) {
		bool back = (rows[_i].how & BACK) != 0;
		uint64_t features = layouts[layout];

		if ((rows[_i].layouts & 1 << layout) == 0)
			continue;
		if ((rows[_i].how & NO_INDIRECT) == 0)
			features |= VRING_F_INDIRECT;
		start(features, back ? VRING_TO_GUEST : VRING_FROM_GUEST);
		for (unsigned i = 0; i < 3; i++) {
			const struct raw *raw = &rows[_i].ring[i];

			if (raw->is_there)
				put(i, raw->at, raw->len, raw->flags,
				    raw->last);
			raw = &rows[_i].table[i];
			if (raw->is_there)
				put_in_table(i, raw->at, raw->len, raw->flags,
					     raw->last);
		}
		show(0);
		if (rows[_i].want == NULL) {
			ck_assert_int_eq(take(MANY), OK);
			ck_assert_str_eq(ring.violation, "");
			continue;
		}
		ck_assert_int_eq(take(MANY), -EPROTO);
		ck_assert_msg(strstr(ring.violation, rows[_i].want) != NULL,
			      "%s", ring.violation);
	}
}
END_TEST

START_TEST(what_came_before_a_violation_is_handed_out)
{
	struct vring_space space = { .iov = iovs, .n_max = VRING_CHAIN_IOVS };

	start(layouts[_i], VRING_FROM_GUEST);
	put(0, DRIVER_GUEST, 1, 0, 0);
	put(1, DRIVER_GUEST, 2, 0, 1);
	put(2, END, 3, 0, 2);
	put(3, DRIVER_GUEST, 4, 0, 3);
	for (uint16_t i = 0; i < 4; i++)
		show(i);
	ck_assert_int_eq(take(MANY), 2);
	ck_assert_str_ne(ring.violation, "");
	/* Nothing more, ever. */
	put(2, DRIVER_GUEST, 3, 0, 2);
	ck_assert_int_eq(take(MANY), -EPROTO);
	ck_assert_int_eq(vring_reserve(&ring, &space, 1, chains, 1), -EPROTO);
	ck_assert_uint_eq(space.n, 0);
	vring_return(&ring, chains, 2);
	vring_publish(&ring);
	vring_stop(&ring);
}
END_TEST

START_TEST(a_chain_is_shorter_than_4_gib)
{
	/* Nobody touches it. */
	const struct guest_region huge = { 0, UINT64_C(1) << 40, d.low };
	const struct guest_memory memory = { &huge, 1 };
	const struct driver_buffer two[] = { { 0, UINT32_MAX }, { 5, 1 } };
	struct vring_config config;

	driver_init(&d, layouts[_i], SIZE, &config);
	config.memory = &memory;
	ck_assert_int_eq(vring_start(&ring, &config, NULL), 0);
	driver_add(&d, two, 1, 0, 0);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_uint_eq(chains[0].len, UINT32_MAX);
	driver_add(&d, two, 2, 0, 0);
	ck_assert_int_eq(take(MANY), -EPROTO);
	ck_assert_str_eq(ring.violation, "a chain of 4 GiB");
}
END_TEST

START_TEST(a_chain_in_too_many_pieces_is_refused)
{
	static struct driver_buffer buffers[VRING_CHAIN_MAX];
	static struct iovec more[VRING_CHAIN_IOVS + 8];
	struct vring_space space = { .iov = more,
				     .n_max = VRING_CHAIN_IOVS + 8 };

	start(layouts[_i] | VRING_F_INDIRECT, VRING_FROM_GUEST);
	for (unsigned i = 0; i < VRING_CHAIN_MAX; i++)
		buffers[i] = (struct driver_buffer){ DRIVER_GUEST, 1 };
	/* The last one lies in two regions. */
	buffers[VRING_CHAIN_MAX - 1] =
	    (struct driver_buffer){ DRIVER_GUEST + DRIVER_HALF - 1, 2 };
	driver_add(&d, buffers, VRING_CHAIN_MAX, 0, DRIVER_GUEST);
	ck_assert_int_eq(vring_take(&ring, &space, chains, MANY), -EPROTO);
	ck_assert_str_eq(ring.violation, "a chain of more than 1024 buffers");
}
END_TEST

START_TEST(a_frame_meets_a_violation_in_its_second_buffer)
{
	struct vring_space space = { .iov = iovs, .n_max = VRING_CHAIN_IOVS };
	struct vring_config config;

	driver_init(&d, layouts[_i], SIZE, &config);
	config.direction = VRING_TO_GUEST;
	config.mergeable = true;
	ck_assert_int_eq(vring_start(&ring, &config, NULL), 0);
	put(0, DRIVER_GUEST, 10, WRITE, 0);
	put(1, DRIVER_GUEST, 10, 0, 1);
	show(0);
	show(1);
	ck_assert_int_eq(vring_reserve(&ring, &space, 11, chains, MANY),
			 -EPROTO);
	ck_assert_uint_eq(space.n, 0);
	ck_assert_uint_eq(ring.n_held, 0);
}
END_TEST

/* ---- indexes of split rings ---- */

static const struct {
	uint16_t index;
	const char *want;
} indexes[] = {
	{ 0, NULL },
	{ 1, NULL },
	{ SIZE, NULL },
	{ SIZE + 1, "available index 9, with 0 returned in a ring of 8" },
	{ 32768, "available index 32768" },
	{ UINT16_MAX, "available index 65535" },
};

static void
set_index(uint16_t index)
{
	d.next = index;
	driver_show(&d);
}

START_TEST(the_available_index_moves_by_no_more_than_the_ring)
{
	start(0, VRING_FROM_GUEST);
	put(0, DRIVER_GUEST, 1, 0, 0);
	set_index(indexes[_i].index);
	if (indexes[_i].want == NULL) {
		ck_assert_int_eq(take(MANY), indexes[_i].index);
		return;
	}
	ck_assert_int_eq(take(MANY), -EPROTO);
	ck_assert_msg(strstr(ring.violation, indexes[_i].want) != NULL, "%s",
		      ring.violation);
}
END_TEST

START_TEST(what_is_held_counts_as_long_as_it_is)
{
	start(0, VRING_FROM_GUEST);
	put(0, DRIVER_GUEST, 1, 0, 0);
	set_index(SIZE);
	ck_assert_int_eq(take(4), 4);
	ck_assert_int_eq(take(MANY), 4);
	set_index(SIZE + 1);
	ck_assert_int_eq(take(MANY), -EPROTO);
}
END_TEST

START_TEST(what_was_taken_is_not_taken_back)
{
	start(0, VRING_FROM_GUEST);
	put(0, DRIVER_GUEST, 1, 0, 0);
	set_index(4);
	ck_assert_int_eq(take(MANY), 4);
	set_index(4);
	ck_assert_int_eq(take(MANY), 0);
	set_index(3);
	ck_assert_int_eq(take(MANY), -EPROTO);
	ck_assert_str_eq(ring.violation, "available index 3, after 4");
}
END_TEST

START_TEST(a_head_must_be_a_descriptor)
{
	static const uint16_t heads[] = { SIZE - 1, SIZE, UINT16_MAX };

	for (int i = 0; i < UNIT_ROWS(heads); i++) {
		start(0, VRING_FROM_GUEST);
		put(SIZE - 1, DRIVER_GUEST, 1, 0, 0);
		show(heads[i]);
		ck_assert_int_eq(take(MANY), heads[i] < SIZE ? 1 : -EPROTO);
	}
	ck_assert_str_eq(ring.violation, "descriptor 65535 of 8");
}
END_TEST

START_TEST(a_descriptor_offered_twice_is_returned_twice)
{
	uint16_t id;
	uint32_t len;

	start(0, VRING_FROM_GUEST);
	put(5, DRIVER_GUEST, 1, 0, 0);
	show(5);
	show(5);
	ck_assert_int_eq(take(MANY), 2);
	vring_return(&ring, chains, 2);
	vring_publish(&ring);
	ck_assert(driver_used(&d, &id, &len));
	ck_assert(driver_used(&d, &id, &len));
	ck_assert(!driver_used(&d, &id, &len));
}
END_TEST

/* ---- packed rings ---- */

START_TEST(a_packed_chain_is_no_longer_than_the_ring)
{
	start(VRING_F_PACKED, VRING_FROM_GUEST);
	for (unsigned i = 0; i < SIZE; i++)
		put(i, DRIVER_GUEST, 1, i + 1 < SIZE ? NEXT : 0, 0);
	ck_assert_int_eq(take(MANY), 1);
	ck_assert_uint_eq(chains[0].n_slots, SIZE);

	start(VRING_F_PACKED, VRING_FROM_GUEST);
	for (unsigned i = 0; i < SIZE; i++)
		put(i, DRIVER_GUEST, 1, NEXT, 0);
	ck_assert_int_eq(take(MANY), -EPROTO);
}
END_TEST

START_TEST(a_packed_chain_does_not_run_into_slots_that_are_held)
{
	for (unsigned n = SIZE - 2; n < SIZE; n++) {
		start(VRING_F_PACKED, VRING_FROM_GUEST);
		put(0, DRIVER_GUEST, 1, 0, 0);
		put(1, DRIVER_GUEST, 1, 0, 1);
		ck_assert_int_eq(take(MANY), 2);
		for (unsigned i = 2; i < SIZE; i++)
			put(i, DRIVER_GUEST, 1, i < n + 1 ? NEXT : 0, 2);
		ck_assert_int_eq(take(1), n == SIZE - 2 ? 1 : -EPROTO);
	}
	ck_assert_str_eq(ring.violation, "a chain of more than 6 descriptors");
}
END_TEST

START_TEST(slots_that_are_held_are_not_available_again)
{
	start(VRING_F_PACKED, VRING_FROM_GUEST);
	for (unsigned i = 0; i < SIZE; i++)
		put(i, DRIVER_GUEST, 1, 0, 0);
	ck_assert_int_eq(take(MANY), SIZE);
	/* Available in the next round, the guest says. */
	driver_write_desc(&d, d.desc, 0,
			  (struct driver_buffer){ DRIVER_GUEST, 1 }, 1 << 15,
			  0);
	ck_assert_int_eq(take(MANY), -EPROTO);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_chain_that_breaks_the_rules_stops_the_ring,
		  UNIT_ROWS(rows) },
		{ what_came_before_a_violation_is_handed_out, 2 },
		{ a_chain_is_shorter_than_4_gib, 2 },
		{ a_chain_in_too_many_pieces_is_refused, 2 },
		{ a_frame_meets_a_violation_in_its_second_buffer, 2 },
		{ the_available_index_moves_by_no_more_than_the_ring,
		  UNIT_ROWS(indexes) },
		{ what_is_held_counts_as_long_as_it_is, 0 },
		{ what_was_taken_is_not_taken_back, 0 },
		{ a_head_must_be_a_descriptor, 0 },
		{ a_descriptor_offered_twice_is_returned_twice, 0 },
		{ a_packed_chain_is_no_longer_than_the_ring, 0 },
		{ a_packed_chain_does_not_run_into_slots_that_are_held, 0 },
		{ slots_that_are_held_are_not_available_again, 0 },
		{ NULL, 0 },
	};

	return unit_run("vring-violation", tests, NULL, NULL);
}
