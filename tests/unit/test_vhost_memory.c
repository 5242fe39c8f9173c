#include "config.h"

#include "switch/ports/vhost-memory.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/unit.h"

enum { P = RIG_PAGE, FILE_SIZE = 16 * P };

#define USER UINT64_C(0x7f0000000000)

static struct vhost_memory memory;
static struct err err;
static int file, other;

static void
set_up(void)
{
	file = memory_rig_file(FILE_SIZE);
	other = memory_rig_file(FILE_SIZE);
	vhost_memory_init(&memory);
}

static void
tear_down(void)
{
	vhost_memory_fini(&memory);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	close(file);
	close(other);
}

static int
replace(const struct vhost_region *regions, unsigned n)
{
	int fds[VHOST_MEMORY_SLOTS];

	for (unsigned i = 0; i < n; i++)
		fds[i] = file;
	return vhost_memory_replace(&memory, regions, fds, n, &err);
}

/* The table has @n regions, and nothing else is mapped. */
static void
expect_mapped(unsigned n)
{
	uint64_t pages = 0;

	ck_assert_uint_eq(memory.table.n_regions, n);
	for (unsigned i = 0; i < n; i++) {
		const struct guest_region *r = &memory.table.regions[i];

		pages += ((uintptr_t)r->at % P + r->size + P - 1) / P;
	}
	ck_assert_uint_eq(memory_rig_pages(), pages);
}

static uint8_t *
find(uint64_t guest, uint64_t len)
{
	struct guest_region last = { .size = 0 };

	return guest_memory_at(&memory.table, &last, guest, len);
}

/* ---- translation ---- */

/* Not in the order of addresses, and one does not begin with a page. */
static const struct vhost_region three[] = {
	{ .guest = 0x100000, .size = 2 * P, .user = USER, .offset = 4 * P },
	{ .guest = 0, .size = 4 * P, .user = USER + 8 * P, .offset = 0 },
	{ .guest = 0x100000 + 2 * P,
	  .size = P,
	  .user = USER + 4 * P,
	  .offset = 6 * P + 100 },
};

static const struct {
	uint64_t user, len;
	bool found;
	uint64_t guest, offset;
} places[] = {
	{ USER, 1, true, 0x100000, 4 * P },
	{ USER, 2 * P, true, 0x100000, 4 * P },
	{ USER, 2 * P + 1, false, 0, 0 },
	{ USER - 1, 1, false, 0, 0 },
	{ USER - 1, 2, false, 0, 0 },
	{ USER + 2 * P - 1, 1, true, 0x100000 + 2 * P - 1, 6 * P - 1 },
	{ USER + 2 * P - 1, 2, false, 0, 0 },
	{ USER + 2 * P, 1, false, 0, 0 },
	{ USER + 4 * P, P, true, 0x100000 + 2 * P, 6 * P + 100 },
	{ USER + 8 * P + 3, 4 * P - 3, true, 3, 3 },
	{ USER + 8 * P + 3, 4 * P - 2, false, 0, 0 },
	{ USER + 12 * P, 1, false, 0, 0 },
	{ 0, 1, false, 0, 0 },
	{ UINT64_MAX, 1, false, 0, 0 },
	{ USER, UINT64_MAX, false, 0, 0 },
	{ USER + 1, UINT64_MAX, false, 0, 0 },
};

START_TEST(addresses_lead_to_the_octets_of_the_file)
{
	uint64_t guest = 1;
	uint8_t *at;

	ck_assert_int_eq(replace(three, 3), 0);
	at =
	    vhost_memory_user(&memory, places[_i].user, places[_i].len, &guest);
	ck_assert_int_eq(at != NULL, places[_i].found);
	if (at == NULL)
		return;
	ck_assert_ptr_eq(
	    vhost_memory_user(&memory, places[_i].user, places[_i].len, NULL),
	    at);
	ck_assert_uint_eq(guest, places[_i].guest);
	ck_assert_ptr_eq(find(guest, places[_i].len), at);
	*at = 42;
	ck_assert_uint_eq(memory_rig_read(file, places[_i].offset), 42);
}
END_TEST

START_TEST(the_table_is_in_the_order_of_guest_addresses)
{
	ck_assert_ptr_null(find(0, 1));
	ck_assert_int_eq(replace(three, 3), 0);
	ck_assert_uint_eq(memory.table.n_regions, 3);
	for (unsigned i = 1; i < 3; i++)
		ck_assert_uint_lt(memory.table.regions[i - 1].guest,
				  memory.table.regions[i].guest);
	/* neighbours, but not one region */
	ck_assert_ptr_null(find(0x100000 + 2 * P - 1, 2));
}
END_TEST

/* ---- what is refused ---- */

#define FIRST                                                                  \
	{                                                                      \
		.guest = 8 * P, .size = 4 * P, .user = USER, .offset = 0       \
	}
#define FAR (USER + 100 * P)

static const struct {
	struct vhost_region second;
	int ret;
	const char *words;
} seconds[] = {
	/* by the guest's addresses */
	{ { 12 * P, P, FAR, 0 }, 0, NULL },
	{ { 12 * P - 1, P, FAR, 0 }, -EPROTO, "of the guest" },
	{ { 7 * P, P, FAR, 0 }, 0, NULL },
	{ { 7 * P, P + 1, FAR, 0 }, -EPROTO, "of the guest" },
	{ { 9 * P, P, FAR, 0 }, -EPROTO, "of the guest" },
	{ { 0, 16 * P, FAR, 0 }, -EPROTO, "of the guest" },
	{ { 8 * P, 4 * P, FAR, 0 }, -EPROTO, "of the guest" },
	/* by the front-end's */
	{ { 0, P, USER + 4 * P, 0 }, 0, NULL },
	{ { 0, P, USER + 4 * P - 1, 0 }, -EPROTO, "of the front-end" },
	{ { 0, P, USER - P, 0 }, 0, NULL },
	{ { 0, P + 1, USER - P, 0 }, -EPROTO, "of the front-end" },
	{ { 0, P, USER, 0 }, -EPROTO, "of the front-end" },
	/* the last addresses */
	{ { UINT64_MAX - P, P, FAR, 0 }, 0, NULL },
	{ { UINT64_MAX - P + 1, P, FAR, 0 }, -EPROTO, "last address" },
	{ { UINT64_MAX, P, FAR, 0 }, -EPROTO, "last address" },
	{ { 0, P, UINT64_MAX - P, 0 }, 0, NULL },
	{ { 0, P, UINT64_MAX - P + 1, 0 }, -EPROTO, "last address" },
	{ { 0, UINT64_MAX, FAR, 0 }, -EPROTO, "last address" },
	{ { 0, 0, FAR, 0 }, -EPROTO, "last address" },
	/* the file */
	{ { 0, P, FAR, FILE_SIZE - P }, 0, NULL },
	{ { 0, P, FAR, FILE_SIZE - P + 1 }, -EPROTO, "only" },
	{ { 0, P, FAR, UINT64_MAX - P }, -EPROTO, "only" },
	{ { 0, 1, FAR, FILE_SIZE }, -EPROTO, "only" },
	/* all of them */
	{ { UINT64_C(1) << 50, VHOST_MEMORY_MAX_BYTES - 4 * P, FAR, 0 },
	  -EPROTO,
	  "only" },
	{ { UINT64_C(1) << 50, VHOST_MEMORY_MAX_BYTES - 4 * P + 1, FAR, 0 },
	  -EPROTO,
	  "more than" },
};

/* Whichever comes first, and by either message. */
START_TEST(regions_neither_overlap_nor_leave_their_file)
{
	const struct vhost_region first = FIRST;
	const struct vhost_region both[] = { FIRST, seconds[_i].second };
	const struct vhost_region swapped[] = { seconds[_i].second, FIRST };

	ck_assert_int_eq(replace(both, 2), seconds[_i].ret);
	if (seconds[_i].words != NULL)
		ck_assert_ptr_nonnull(strstr(err.text, seconds[_i].words));
	ck_assert_int_eq(replace(swapped, 2), seconds[_i].ret);
	ck_assert_int_eq(replace(&first, 1), 0);
	ck_assert_int_eq(
	    vhost_memory_add(&memory, &seconds[_i].second, file, &err),
	    seconds[_i].ret);
	expect_mapped(seconds[_i].ret == 0 ? 2 : 1);
}
END_TEST

/* Region number @i of many small ones. */
static struct vhost_region
nth(unsigned i)
{
	return (struct vhost_region){ .guest = i * UINT64_C(0x10000),
				      .size = 256,
				      .user = USER + i * UINT64_C(0x10000),
				      .offset = i * UINT64_C(256) };
}

START_TEST(there_are_so_many_slots_and_no_more)
{
	struct vhost_region region;

	/* from the middle to both ends */
	for (unsigned i = 0; i < VHOST_MEMORY_SLOTS; i++) {
		region = nth(i % 2 == 0 ? 40 + i / 2 : 39 - i / 2);
		ck_assert_int_eq(vhost_memory_add(&memory, &region, file, &err),
				 0);
	}
	region = nth(0);
	ck_assert_int_eq(vhost_memory_add(&memory, &region, file, &err),
			 -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "64"));
	ck_assert_uint_eq(memory.table.n_regions, VHOST_MEMORY_SLOTS);
	for (unsigned i = 8; i < 8 + VHOST_MEMORY_SLOTS; i++)
		ck_assert_ptr_eq(
		    find(nth(i).guest, 256),
		    vhost_memory_user(&memory, nth(i).user, 256, NULL));
	/* the place of one that is gone is free again */
	region = nth(40);
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), 0);
	region = nth(0);
	ck_assert_int_eq(vhost_memory_add(&memory, &region, file, &err), 0);
	ck_assert_ptr_eq(memory.table.regions[0].at, find(0, 256));
}
END_TEST

START_TEST(what_is_removed_has_all_the_numbers_of_a_region)
{
	struct vhost_region region = three[0];
	uint8_t *kept;

	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), -EPROTO);
	ck_assert_int_eq(replace(three, 3), 0);
	kept = find(0x100000 + 2 * P, P);
	region.guest++;
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), -EPROTO);
	region = three[0];
	region.user++;
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), -EPROTO);
	region = three[0];
	region.size--;
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), -EPROTO);
	expect_mapped(3);
	region = three[0];
	region.offset = 0; /* means nothing there */
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), 0);
	expect_mapped(2);
	ck_assert_ptr_null(find(0x100000, 1));
	ck_assert_ptr_null(vhost_memory_user(&memory, USER, 1, NULL));
	ck_assert_ptr_eq(find(0x100000 + 2 * P, P), kept);
	ck_assert_ptr_nonnull(find(0, 4 * P));
	ck_assert_int_eq(vhost_memory_remove(&memory, &region, &err), -EPROTO);
}
END_TEST

/* ---- replacement ---- */

START_TEST(a_region_that_stays_keeps_its_place)
{
	struct vhost_region regions[3];
	int fds[] = { dup(file), file, file };
	uint8_t *at[3];

	memcpy(regions, three, sizeof(regions));
	ck_assert_int_eq(replace(three, 3), 0);
	for (unsigned i = 0; i < 3; i++)
		at[i] = find(three[i].guest, three[i].size);
	regions[1].offset = P; /* other octets */
	fds[2] = other;	       /* another file */
	memory_rig_write(file, P, 11);
	memory_rig_write(other, regions[2].offset, 22);
	ck_assert_int_eq(vhost_memory_replace(&memory, regions, fds, 3, &err),
			 0);
	ck_assert_ptr_eq(find(three[0].guest, 1), at[0]);
	ck_assert_ptr_ne(find(three[1].guest, 1), at[1]);
	ck_assert_ptr_ne(find(three[2].guest, 1), at[2]);
	ck_assert_uint_eq(*find(three[1].guest, 1), 11);
	ck_assert_uint_eq(*find(three[2].guest, 1), 22);
	expect_mapped(3);
	/* fewer */
	ck_assert_int_eq(replace(three, 1), 0);
	ck_assert_ptr_eq(find(three[0].guest, 1), at[0]);
	ck_assert_ptr_null(find(three[1].guest, 1));
	expect_mapped(1);
	close(fds[0]);
}
END_TEST

START_TEST(what_fails_changes_nothing)
{
	struct vhost_region regions[4];
	int fds[] = { file, other, file, file };
	struct guest_memory before;
	uint8_t *at[3];

	ck_assert_int_eq(replace(three, 3), 0);
	before = memory.table;
	for (unsigned i = 0; i < 3; i++)
		at[i] = find(three[i].guest, three[i].size);
	memcpy(regions, three, sizeof(three));
	/* kept, mapped anew, kept, and the last one is nowhere */
	regions[3] = (struct vhost_region){ .guest = UINT64_C(1) << 40,
					    .size = 1,
					    .user = FAR,
					    .offset = FILE_SIZE };
	ck_assert_int_eq(vhost_memory_replace(&memory, regions, fds, 4, &err),
			 -EPROTO);
	ck_assert_int_eq(vhost_memory_add(&memory, &regions[3], file, &err),
			 -EPROTO);
	ck_assert_int_eq(vhost_memory_add(&memory, &regions[0], file, &err),
			 -EPROTO);
	ck_assert_int_eq(memcmp(&memory.table, &before, sizeof(before)), 0);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_ptr_eq(find(three[i].guest, three[i].size), at[i]);
		*at[i] = 9;
		ck_assert_uint_eq(memory_rig_read(file, three[i].offset), 9);
	}
	expect_mapped(3);
}
END_TEST

START_TEST(repeated_messages_leave_nothing_behind)
{
	unsigned fds = memory_rig_fds();
	struct vhost_region moved[3], one = nth(300);

	one.offset = 0;
	memcpy(moved, three, sizeof(moved));
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned j = 0; j < 3; j++)
			moved[j].offset = three[j].offset + i % 3;
		ck_assert_int_eq(replace(moved, 3), 0);
		ck_assert_int_eq(vhost_memory_add(&memory, &one, other, &err),
				 0);
		ck_assert_int_eq(vhost_memory_add(&memory, &one, other, &err),
				 -EPROTO);
		expect_mapped(4);
		if (i % 2 == 0)
			ck_assert_int_eq(
			    vhost_memory_remove(&memory, &one, &err), 0);
	}
	expect_mapped(4);
	ck_assert_uint_eq(memory_rig_fds(), fds);
	vhost_memory_clear(&memory);
	vhost_memory_clear(&memory);
	ck_assert_uint_eq(memory_rig_pages(), 0);
	ck_assert_ptr_null(find(0, 1));
	ck_assert_ptr_null(vhost_memory_user(&memory, USER, 1, NULL));
	ck_assert_int_eq(replace(three, 3), 0);
}
END_TEST

/* The guest goes on in what stays while the rest is replaced. */
struct traffic {
	_Atomic uint32_t *word;
	atomic_bool over;
	uint32_t n;
};

static void *
count(void *arg)
{
	struct traffic *t = arg;

	while (!t->over || t->n == 0)
		atomic_store(t->word, ++t->n);
	return NULL;
}

START_TEST(what_stays_can_be_used_while_the_rest_is_replaced)
{
	struct vhost_region regions[3];
	struct traffic traffic = { .n = 0 };
	uint32_t last;
	pthread_t thread;

	memcpy(regions, three, sizeof(regions));
	ck_assert_int_eq(replace(regions, 3), 0);
	traffic.word = (void *)find(three[0].guest, 4);
	ck_assert_int_eq(pthread_create(&thread, NULL, count, &traffic), 0);
	for (unsigned i = 0; i < 100; i++) {
		regions[1].offset = i % 2 * P;
		regions[2].offset = i % 3 * P;
		ck_assert_int_eq(replace(regions, 1 + i % 3), 0);
	}
	traffic.over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(pread(file, &last, 4, (off_t)three[0].offset), 4);
	ck_assert_uint_eq(last, traffic.n);
	ck_assert(!vhost_memory_is_damaged(&memory));
}
END_TEST

/* ---- files that are made shorter ---- */

START_TEST(memory_that_is_taken_away_is_told_of)
{
	int fds[] = { file, other, other };
	volatile uint8_t *at;
	uint8_t *whole;

	ck_assert_int_eq(vhost_memory_replace(&memory, three, fds, 3, &err), 0);
	at = find(three[0].guest, 2 * P);
	whole = find(0, 4 * P);
	at[0] = *whole = 5;
	ck_assert_int_eq(ftruncate(file, 4 * P), 0);
	ck_assert(!vhost_memory_is_damaged(&memory));
	ck_assert_uint_eq(at[0], 0);
	ck_assert(vhost_memory_is_damaged(&memory));
	ck_assert_uint_eq(*whole, 5);
	/* is no memory of the guest's any more, and stays damaged */
	ck_assert_int_eq(replace(three, 1), -EPROTO);
	ck_assert_uint_eq(memory.table.n_regions, 3);
	vhost_memory_clear(&memory);
	ck_assert(vhost_memory_is_damaged(&memory));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ addresses_lead_to_the_octets_of_the_file, UNIT_ROWS(places) },
		{ the_table_is_in_the_order_of_guest_addresses, 0 },
		{ regions_neither_overlap_nor_leave_their_file,
		  UNIT_ROWS(seconds) },
		{ there_are_so_many_slots_and_no_more, 0 },
		{ what_is_removed_has_all_the_numbers_of_a_region, 0 },
		{ a_region_that_stays_keeps_its_place, 0 },
		{ what_fails_changes_nothing, 0 },
		{ repeated_messages_leave_nothing_behind, 0 },
		{ what_stays_can_be_used_while_the_rest_is_replaced, 0 },
		{ memory_that_is_taken_away_is_told_of, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost-memory", tests, set_up, tear_down);
}
