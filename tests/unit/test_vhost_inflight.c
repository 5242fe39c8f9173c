#include "config.h"

#include "switch/ports/vhost-inflight.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/unit.h"

enum { N_QUEUES = 4, QUEUE_SIZE = 8, FILE_SIZE = 4 * RIG_PAGE };

static struct vhost_inflight inflight;
static atomic_bool damaged;
static struct err err;
static uint64_t part; /* octets of a queue of QUEUE_SIZE */

static void
set_up(void)
{
	part = vring_inflight_size(QUEUE_SIZE);
}

static void
tear_down(void)
{
	vhost_inflight_close(&inflight);
	ck_assert_uint_eq(memory_rig_pages(), 0);
}

static void
expect_none(void)
{
	size_t size = 1;

	ck_assert_ptr_null(vhost_inflight_queue(&inflight, 0, &size));
	ck_assert_uint_eq(size, 0);
	ck_assert_uint_eq(memory_rig_pages(), 0);
}

/* ---- new ones ---- */

static const struct {
	uint16_t n_queues, queue_size;
} sizes[] = { { 1, 1 },
	      { 2, 3 },
	      { N_QUEUES, QUEUE_SIZE },
	      { VHOST_RINGS_MAX, 256 },
	      { 1, VHOST_RING_SIZE_MAX },
	      { VHOST_RINGS_MAX, VHOST_RING_SIZE_MAX } };

START_TEST(a_new_area_has_zeros_and_a_part_for_each_queue)
{
	struct vhost_inflight_area area = { .n_queues = sizes[_i].n_queues,
					    .queue_size = sizes[_i].queue_size,
					    .size = 1,
					    .offset = 1 };
	unsigned fds = memory_rig_fds();
	uint8_t *at, *end = NULL;
	size_t size;
	int fd;

	ck_assert_int_eq(
	    vhost_inflight_make(&inflight, &area, &fd, &damaged, &err), 0);
	ck_assert_uint_eq(area.offset, 0);
	ck_assert_int_eq((int64_t)area.size, lseek(fd, 0, SEEK_END));
	for (unsigned i = 0; i < area.n_queues; i++) {
		at = vhost_inflight_queue(&inflight, i, &size);
		ck_assert_uint_eq((uintptr_t)at % 64, 0);
		ck_assert_uint_ge(size, vring_inflight_size(area.queue_size));
		ck_assert(end == NULL || at == end);
		end = at + size;
		ck_assert_uint_eq(at[0] + at[size - 1], 0);
	}
	at = vhost_inflight_queue(&inflight, 0, &size);
	ck_assert_uint_le((uint64_t)(end - at), area.size);
	ck_assert_ptr_null(
	    vhost_inflight_queue(&inflight, area.n_queues, &size));
	ck_assert_ptr_null(vhost_inflight_queue(&inflight, ~0u, &size));
	ck_assert_uint_eq(memory_rig_fds(), fds + 1);
	close(fd);
}
END_TEST

START_TEST(a_new_area_stays_as_long_as_it_is)
{
	struct vhost_inflight_area area = { .n_queues = N_QUEUES,
					    .queue_size = QUEUE_SIZE };
	int fd;

	ck_assert_int_eq(
	    vhost_inflight_make(&inflight, &area, &fd, &damaged, &err), 0);
	ck_assert_int_lt(ftruncate(fd, 0), 0);
	ck_assert_int_lt(ftruncate(fd, 1 << 30), 0);
	ck_assert_int_lt(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	close(fd);
}
END_TEST

/* What the front-end keeps for the next back-end. */
START_TEST(the_next_one_finds_what_was_written)
{
	struct vhost_inflight_area area = { .n_queues = N_QUEUES,
					    .queue_size = QUEUE_SIZE };
	size_t size;
	uint8_t *at;
	int fd;

	ck_assert_int_eq(
	    vhost_inflight_make(&inflight, &area, &fd, &damaged, &err), 0);
	at = vhost_inflight_queue(&inflight, 2, &size);
	at[size - 1] = 77;
	vhost_inflight_close(&inflight);
	expect_none();
	ck_assert_int_eq(
	    vhost_inflight_open(&inflight, &area, fd, &damaged, &err), 0);
	close(fd);
	at = vhost_inflight_queue(&inflight, 2, &size);
	ck_assert_uint_eq(at[size - 1], 77);
}
END_TEST

START_TEST(areas_that_come_again_and_again_leave_nothing)
{
	struct vhost_inflight_area area = { .n_queues = N_QUEUES,
					    .queue_size = QUEUE_SIZE };
	unsigned fds = memory_rig_fds();
	int fd;

	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(
		    vhost_inflight_make(&inflight, &area, &fd, &damaged, &err),
		    0);
		ck_assert_int_eq(
		    vhost_inflight_open(&inflight, &area, fd, &damaged, &err),
		    0);
		ck_assert_uint_eq(memory_rig_pages(), 1);
		close(fd);
	}
	ck_assert_uint_eq(memory_rig_fds(), fds);
}
END_TEST

/* ---- what others say of one ---- */

/* Queues and descriptors beside octets: in parts of QUEUE_SIZE, and more. */
static const struct {
	unsigned n_queues, queue_size;
	unsigned n_parts;
	int more;
	uint64_t offset;
	int ret;
} told[] = {
	{ 1, QUEUE_SIZE, 1, 0, 0, 0 },
	{ 1, QUEUE_SIZE, 1, -1, 0, -EPROTO },
	{ N_QUEUES, QUEUE_SIZE, N_QUEUES, 0, 0, 0 },
	{ N_QUEUES, QUEUE_SIZE, N_QUEUES, -1, 0, -EPROTO },
	{ N_QUEUES, QUEUE_SIZE, N_QUEUES - 1, 0, 0, -EPROTO },
	{ N_QUEUES + 1, QUEUE_SIZE, N_QUEUES, 0, 0, -EPROTO },
	{ 1, 1024, 1, 0, 0, -EPROTO },
	{ UINT16_MAX, QUEUE_SIZE, 1, 0, 0, -EPROTO },
	{ UINT16_MAX, UINT16_MAX, 1, 0, 0, -EPROTO },
	{ 0, QUEUE_SIZE, 1, 0, 0, -EPROTO },
	{ 1, 0, 1, 0, 0, -EPROTO },
	{ 1, QUEUE_SIZE, 0, 0, 0, -EPROTO },
	/* more octets than are used, and than are there */
	{ 1, QUEUE_SIZE, 0, FILE_SIZE, 0, 0 },
	{ 1, QUEUE_SIZE, 0, FILE_SIZE + 1, 0, -EPROTO },
	{ 1, QUEUE_SIZE, 0, FILE_SIZE - 64, 64, 0 },
	{ 1, QUEUE_SIZE, 0, FILE_SIZE - 63, 64, -EPROTO },
	{ 1, QUEUE_SIZE, 1, 0, FILE_SIZE, -EPROTO },
	{ 1, QUEUE_SIZE, 1, 0, UINT64_MAX - 63, -EPROTO },
	/* alignment */
	{ 1, QUEUE_SIZE, 1, 0, 64, 0 },
	{ 1, QUEUE_SIZE, 1, 0, 63, -EPROTO },
	{ 1, QUEUE_SIZE, 1, 0, 8, -EPROTO },
	{ 1, QUEUE_SIZE, 1, 0, RIG_PAGE + 64, 0 },
};

START_TEST(an_area_has_room_for_what_it_is_said_to_have)
{
	struct vhost_inflight_area area = {
		.n_queues = (uint16_t)told[_i].n_queues,
		.queue_size = (uint16_t)told[_i].queue_size,
		.size = told[_i].n_parts * part + (uint64_t)told[_i].more,
		.offset = told[_i].offset,
	};
	int fd = memory_rig_file(FILE_SIZE);
	size_t size;
	uint8_t *at;

	ck_assert_int_eq(
	    vhost_inflight_open(&inflight, &area, fd, &damaged, &err),
	    told[_i].ret);
	if (told[_i].ret < 0) {
		ck_assert_ptr_nonnull(strstr(err.text, "inflight area"));
		expect_none();
	} else {
		at = vhost_inflight_queue(&inflight, 0, &size);
		at[0] = 1;
		ck_assert_uint_eq(memory_rig_read(fd, area.offset), 1);
		at = vhost_inflight_queue(&inflight, area.n_queues - 1u, &size);
		at[size - 1] = 2;
		ck_assert_uint_eq(
		    memory_rig_read(fd, area.offset + area.n_queues * part - 1),
		    2);
	}
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_opened_ends_what_was_open)
{
	struct vhost_inflight_area area = { .n_queues = 1,
					    .queue_size = QUEUE_SIZE,
					    .size = part };
	int fd = memory_rig_file(FILE_SIZE), pipes[2];

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_eq(
	    vhost_inflight_open(&inflight, &area, fd, &damaged, &err), 0);
	ck_assert_int_eq(
	    vhost_inflight_open(&inflight, &area, pipes[0], &damaged, &err),
	    -EPROTO);
	expect_none();
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}
END_TEST

START_TEST(an_area_that_is_cut_is_told_of)
{
	struct vhost_inflight_area area = { .n_queues = 1,
					    .queue_size = QUEUE_SIZE,
					    .size = part };
	int fd = memory_rig_file(FILE_SIZE);
	volatile uint8_t *at;
	size_t size;

	ck_assert_int_eq(
	    vhost_inflight_open(&inflight, &area, fd, &damaged, &err), 0);
	at = vhost_inflight_queue(&inflight, 0, &size);
	at[0] = 4;
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_uint_eq(at[0], 0);
	ck_assert(damaged);
	close(fd);
}
END_TEST

/* ---- what stands in one ---- */

/* A ring without a chain, over an area that is full of one octet: whoever
 * believed its indexes would leave it. */
START_TEST(a_ring_believes_nothing_of_what_stands_in_an_area)
{
	static const uint64_t layouts[] = { 0, VRING_F_PACKED };
	_Alignas(64) static uint8_t desc[QUEUE_SIZE * 16], driver[64],
	    device[128];
	static struct iovec iovs[VRING_CHAIN_IOVS];
	struct vhost_inflight_area area = { .n_queues = 1,
					    .queue_size = QUEUE_SIZE };
	struct vring_space space = { iovs, 0, VRING_CHAIN_IOVS };
	struct guest_memory memory = { .regions = NULL };
	struct vring_chain chains[QUEUE_SIZE];
	struct vring ring = { .running = false };
	struct vring_config c = { .size = QUEUE_SIZE,
				  .features = layouts[_i % 2],
				  .memory = &memory,
				  .desc = desc,
				  .driver = driver,
				  .device = device,
				  .base = _i % 2 == 1 ? 0x80008000 : 0 };
	size_t size;
	int fd, n;

	ck_assert_int_eq(
	    vhost_inflight_make(&inflight, &area, &fd, &damaged, &err), 0);
	c.inflight = vhost_inflight_queue(&inflight, 0, &size);
	ck_assert_uint_eq(size, vring_inflight_size(c.size));
	memset(c.inflight, _i / 2, size);
	/* the layout's own version and size, so that the rest is looked at */
	memcpy((uint8_t *)c.inflight + 8,
	       (uint16_t[]){ (uint16_t)(1 + _i % 2), QUEUE_SIZE }, 4);
	ck_assert_int_eq(ftruncate(fd, (off_t)area.size), 0);
	if (vring_start(&ring, &c, &err) == 0) {
		n = vring_take(&ring, &space, chains, QUEUE_SIZE);
		ck_assert_int_le(n, QUEUE_SIZE);
		if (n > 0)
			vring_return(&ring, chains, (unsigned)n);
		vring_publish(&ring);
		vring_stop(&ring);
	}
	close(fd);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_new_area_has_zeros_and_a_part_for_each_queue,
		  UNIT_ROWS(sizes) },
		{ a_new_area_stays_as_long_as_it_is, 0 },
		{ the_next_one_finds_what_was_written, 0 },
		{ areas_that_come_again_and_again_leave_nothing, 0 },
		{ an_area_has_room_for_what_it_is_said_to_have,
		  UNIT_ROWS(told) },
		{ what_cannot_be_opened_ends_what_was_open, 0 },
		{ an_area_that_is_cut_is_told_of, 0 },
		{ a_ring_believes_nothing_of_what_stands_in_an_area, 8 },
		{ NULL, 0 },
	};

	return unit_run("vhost-inflight", tests, set_up, tear_down);
}
