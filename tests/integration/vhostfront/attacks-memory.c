/* attacks-memory: regions that are none, and memory that goes away. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/integration/vhostfront/attack.h"

static struct message_table
whole(const struct station *st)
{
	struct message_table table = { .n_regions =
					   st->session.memory.n_regions };

	for (unsigned i = 0; i < table.n_regions; i++)
		table.regions[i] = memory_region(&st->session.memory, i);
	return table;
}

/* @n_fds of @fd beside it */
static void
say(struct station *st, const struct message_table *table, unsigned n_regions,
    unsigned n_fds, int fd)
{
	int fds[MEMORY_REGIONS_MAX];

	for (unsigned i = 0; i < n_fds; i++)
		fds[i] = fd;
	session_post(&st->session, SET_MEM_TABLE, table,
		     8 + n_regions * sizeof(table->regions[0]), fds, n_fds);
}

enum {
	OVERLAP,
	OVERLAP_USER,
	SIZE_0,
	GUEST_WRAPS,
	USER_WRAPS,
	OFFSET_WRAPS,
	BEHIND_FILE,
	OVER_FILE_END,
	SIZE_MAX_,
};

static void
bad_region(struct station *st, const struct attack *a)
{
	struct message_table table = whole(st);
	struct memory_region *r = &table.regions[1];

	switch (a->number) {
	case OVERLAP:
		r->guest_addr = table.regions[0].guest_addr + 4096;
		break;
	case OVERLAP_USER:
		r->user_addr = table.regions[0].user_addr + 4096;
		break;
	case SIZE_0:
		r->size = 0;
		break;
	case GUEST_WRAPS:
		r->guest_addr = UINT64_MAX - 4095;
		break;
	case USER_WRAPS:
		r->user_addr = UINT64_MAX - 4095;
		break;
	case OFFSET_WRAPS:
		r->mmap_offset = UINT64_MAX - 4095;
		break;
	case BEHIND_FILE:
		r->mmap_offset = UINT64_C(1) << 50;
		break;
	case OVER_FILE_END:
		r->size += 4096;
		break;
	default:
		r->size = UINT64_MAX;
		break;
	}
	say(st, &table, table.n_regions, table.n_regions,
	    st->session.memory.fd);
}

/* The number says one thing, and what there is another. */
static void
bad_count(struct station *st, const struct attack *a)
{
	struct message_table table = whole(st);

	table.n_regions = (uint32_t)a->number;
	say(st, &table, 2, 2, st->session.memory.fd);
}

/* Regions and descriptors, as many, in one message. */
static void
many_regions(struct station *st, const struct attack *a)
{
	struct message_table table = { .n_regions = (uint32_t)a->number };

	for (unsigned i = 0; i < table.n_regions; i++)
		table.regions[i] = (struct memory_region){
			.guest_addr = i * UINT64_C(0x10000),
			.user_addr = i * UINT64_C(0x10000),
			.size = 4096,
		};
	say(st, &table, table.n_regions, table.n_regions,
	    st->session.memory.fd);
}

static void
bad_fds(struct station *st, const struct attack *a)
{
	struct message_table table = whole(st);

	say(st, &table, table.n_regions, (unsigned)a->number,
	    st->session.memory.fd);
}

static void
many_slots(struct station *st, const struct attack *a)
{
	struct session *s = &st->session;

	for (unsigned i = 0; i < (unsigned)a->number; i++) {
		struct message_slot slot = {
			.region = { .guest_addr = i * UINT64_C(0x10000),
				    .user_addr = i * UINT64_C(0x10000),
				    .size = 4096 }
		};

		if (!session_post(s, ADD_MEM_REG, &slot, sizeof(slot),
				  &s->memory.fd, 1))
			return;
	}
}

static void
slot_twice(struct station *st, const struct attack *a)
{
	struct session *s = &st->session;
	struct message_slot slot = { .region = memory_region(&s->memory, 0) };

	(void)a;
	session_tell(s, ADD_MEM_REG, &slot, sizeof(slot), &s->memory.fd, 1);
	session_post(s, ADD_MEM_REG, &slot, sizeof(slot), &s->memory.fd, 1);
}

static void
slot_of_none(struct station *st, const struct attack *a)
{
	struct message_slot slot = { .region = memory_region(
					 &st->session.memory, 0) };

	(void)a;
	session_post(&st->session, REM_MEM_REG, &slot, sizeof(slot), NULL, 0);
}

/* With a descriptor, as QEMU has once sent it. */
static void
slot_away(struct station *st, const struct attack *a)
{
	struct message_slot slot = { .region = memory_region(
					 &st->session.memory, 0) };

	(void)a;
	session_post(&st->session, REM_MEM_REG, &slot, sizeof(slot), NULL, 0);
	ring_kick_always(&st->session.rings[1]);
}

/* ---- files that are no memory ---- */

enum { PIPE, DIRECTORY, ZERO, READ_ONLY, PATH_ONLY, EMPTY };

static void
bad_file(struct station *st, const struct attack *a)
{
	struct message_table table = whole(st);
	char path[64];
	int fds[2], fd = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", st->session.memory.fd);
	if (a->number == PIPE && pipe2(fds, O_CLOEXEC) == 0)
		fd = fds[0];
	else if (a->number == DIRECTORY)
		fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (a->number == ZERO)
		fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	else if (a->number == READ_ONLY)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	else if (a->number == PATH_ONLY)
		fd = open(path, O_PATH | O_CLOEXEC);
	else if (a->number == EMPTY)
		fd = memfd_create("empty", MFD_CLOEXEC);
	if (fd < 0) {
		perror("vhostfront: a file");
		exit(1);
	}
	say(st, &table, table.n_regions, table.n_regions, fd);
	close(fd);
}

/* ---- memory that goes away ---- */

static void
send_something(struct station *st)
{
	uint8_t frame[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };

	attack_frame(st, frame + st->header_len);
	attack_transmit(st, frame, st->header_len + ATTACK_FRAME_LEN, 4096);
}

/* The same regions, while frames go. */
static void
same_table(struct station *st, const struct attack *a)
{
	for (long i = 0; i < a->number; i++) {
		if (st->n_idle[1] > 0 && st->session.rings[1].n_free > 0)
			send_something(st);
		session_share_memory(&st->session);
		(void)station_in_flight(st);
	}
	while (station_in_flight(st) > 0)
		ring_kick_always(&st->session.rings[1]);
}

/* Regions in which the rings are not, while they run. */
static void
other_table(struct station *st, const struct attack *a)
{
	struct message_table table = {
		.n_regions = 1,
		.regions = { { .guest_addr = 0x1000,
			       .size = 4096,
			       .user_addr = 0x1000 } },
	};

	(void)a;
	send_something(st);
	say(st, &table, 1, 1, st->session.memory.fd);
	ring_kick_always(&st->session.rings[1]);
}

/* The rings stay where they were, and what they point to is gone. */
static void
table_without_buffers(struct station *st, const struct attack *a)
{
	struct message_table table = whole(st);

	(void)a;
	table.n_regions = 1;
	table.regions[0].size =
	    (uint64_t)(st->buffers[0] - st->session.memory.base) / 4096 * 4096;
	say(st, &table, 1, 1, st->session.memory.fd);
	send_something(st);
}

/* Nobody but the kernel may touch it here any more. */
static void
shrink(struct station *st, const struct attack *a)
{
	/* Of the descriptor of a frame on its way, too. */
	ring_kick_always(&st->session.rings[1]);
	if (ftruncate(st->session.memory.fd, a->number) < 0) {
		perror("vhostfront: ftruncate");
		exit(1);
	}
	for (unsigned i = 0; i < st->session.n_rings; i++)
		ring_kick_always(&st->session.rings[i]);
}

/* Regions, and then a file too short for them, before there is a ring. */
static void
shrink_before(struct station *st, const struct attack *a)
{
	struct session *s = &st->session;
	struct message_addr addr = {
		.desc = memory_user_addr(&s->memory, s->rings[0].desc_area),
		.avail = memory_user_addr(&s->memory, s->rings[0].driver_area),
		.used = memory_user_addr(&s->memory, s->rings[0].device_area),
	};
	struct message_state size = { 0, 256 }, base = { 0, 0 }, on = { 0, 1 };
	uint64_t ring = 0;

	session_share_memory(s);
	if (ftruncate(s->memory.fd, a->number) < 0)
		perror("vhostfront: ftruncate");
	session_post(s, SET_VRING_NUM, &size, sizeof(size), NULL, 0);
	session_post(s, SET_VRING_BASE, &base, sizeof(base), NULL, 0);
	session_post(s, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
	session_post(s, SET_VRING_KICK, &ring, sizeof(ring),
		     &s->rings[0].kick_fd, 1);
	session_post(s, SET_VRING_ENABLE, &on, sizeof(on), NULL, 0);
	ring_kick_always(&s->rings[0]);
}

/* Sealed, it cannot be done. */
static void
sealed(struct station *st, const struct attack *a)
{
	int fd = st->session.memory.fd;

	(void)a;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0 ||
	    ftruncate(fd, 0) == 0) {
		fprintf(stderr, "vhostfront: seals do not hold\n");
		exit(1);
	}
}

/* Pages that were never written to take their place, without a fault. */
static void
hole(struct station *st, const struct attack *a)
{
	struct session *s = &st->session;
	size_t at = (size_t)(st->buffers[1] - s->memory.base);

	(void)a;
	if (fallocate(s->memory.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)((at + 4095) / 4096 * 4096), 1 << 20) < 0)
		perror("vhostfront: fallocate");
}

const struct attack attacks_memory[] = {
	{ "regions-overlap", NULL, BUILT, CLOSED, bad_region, OVERLAP },
	{ "region-of-size-0", NULL, BUILT, CLOSED, bad_region, SIZE_0 },
	{ "region-guest-wraps", NULL, BUILT, CLOSED, bad_region, GUEST_WRAPS },
	{ "region-user-wraps", NULL, BUILT, CLOSED, bad_region, USER_WRAPS },
	{ "region-offset-wraps", NULL, BUILT, CLOSED, bad_region,
	  OFFSET_WRAPS },
	{ "region-behind-its-file", NULL, BUILT, CLOSED, bad_region,
	  BEHIND_FILE },
	{ "region-over-its-file", NULL, BUILT, CLOSED, bad_region,
	  OVER_FILE_END },
	{ "region-of-2^64-1", NULL, BUILT, CLOSED, bad_region, SIZE_MAX_ },
	{ "regions-0", NULL, BUILT, CLOSED, bad_count, 0 },
	{ "regions-3-of-2", NULL, BUILT, CLOSED, bad_count, 3 },
	{ "regions-1000-of-2", NULL, BUILT, CLOSED, bad_count, 1000 },
	{ "regions-2^32-1-of-2", NULL, BUILT, CLOSED, bad_count, 0xffffffff },
	{ "regions-9", NULL, BUILT, CLOSED, many_regions, 9 },
	{ "regions-32", NULL, BUILT, CLOSED, many_regions, 32 },
	{ "regions-2-fds-1", NULL, BUILT, CLOSED, bad_fds, 1 },
	{ "regions-2-fds-0", NULL, BUILT, CLOSED, bad_fds, 0 },
	{ "slots-1000", NULL, BUILT, CLOSED, many_slots, 1000 },
	{ "slot-twice", NULL, BUILT, CLOSED, slot_twice, 0 },
	{ "slot-of-none", NULL, BUILT, CLOSED, slot_of_none, 0 },
	{ "slot-away-under-rings", NULL, RUNNING, CLOSED, slot_away, 0 },
	{ "memory-is-a-pipe", NULL, BUILT, CLOSED, bad_file, PIPE },
	{ "memory-is-a-directory", NULL, BUILT, CLOSED, bad_file, DIRECTORY },
	{ "memory-is-zeros", NULL, BUILT, CLOSED, bad_file, ZERO },
	{ "memory-is-read-only", NULL, BUILT, CLOSED, bad_file, READ_ONLY },
	{ "memory-is-a-path", NULL, BUILT, CLOSED, bad_file, PATH_ONLY },
	{ "memory-is-empty", NULL, BUILT, CLOSED, bad_file, EMPTY },
	{ "table-again-under-traffic", NULL, RUNNING, ANSWERED, same_table,
	  200 },
	{ "table-without-rings", NULL, RUNNING, CLOSED, other_table, 0 },
	{ "table-without-buffers", "regions=1", RUNNING, CLOSED,
	  table_without_buffers, 0 },
	{ "memory-shrinks", NULL, RUNNING, CLOSED, shrink, 0 },
	{ "memory-shrinks-packed", "packed", RUNNING, CLOSED, shrink, 0 },
	{ "memory-shrinks-to-a-page", NULL, RUNNING, CLOSED, shrink, 4096 },
	{ "memory-shrinks-before", NULL, BUILT, CLOSED, shrink_before, 0 },
	{ "memory-is-sealed", NULL, RUNNING, KEPT, sealed, 0 },
	{ "memory-has-holes", NULL, RUNNING, KEPT, hole, 0 },
	{ NULL },
};
