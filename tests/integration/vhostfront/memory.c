#include "config.h"

#include "tests/integration/vhostfront/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FIRST_GUEST_ADDR = 64 << 20,
};

void
memory_open(struct memory *m, size_t size, size_t largest, unsigned n_regions,
	    bool adjoin)
{
	/* Something is left over at each border of regions. */
	size_t each = ((size / n_regions + largest) / MEMORY_REGION_ALIGN + 1) *
		      MEMORY_REGION_ALIGN;

	*m = (struct memory){ .region_size = each,
			      .n_regions = n_regions,
			      .adjoin = adjoin };
	m->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd < 0 || ftruncate(m->fd, (off_t)(each * n_regions)) < 0) {
		perror("vhostfront: memfd");
		exit(1);
	}
	m->base = mmap(NULL, each * n_regions, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_NORESERVE, m->fd, 0);
	if (m->base == MAP_FAILED) {
		perror("vhostfront: mmap");
		exit(1);
	}
}

void
memory_close(struct memory *m)
{
	munmap(m->base, m->region_size * m->n_regions);
	close(m->fd);
}

struct memory_region
memory_region(const struct memory *m, unsigned i)
{
	uint64_t offset = i * (uint64_t)m->region_size;

	return (struct memory_region){
		.guest_addr = memory_guest_addr(m, m->base + offset),
		.size = m->region_size,
		.user_addr = memory_user_addr(m, m->base + offset),
		.mmap_offset = offset,
	};
}

static size_t
align_up(size_t at, size_t align)
{
	return (at + align - 1) / align * align;
}

static _Noreturn void
used_up(void)
{
	fprintf(stderr, "vhostfront: the guest's memory is used up\n");
	exit(1);
}

/* One behind the other. */
static void *
take_next(struct memory *m, size_t at, size_t size)
{
	if (at + size > m->region_size * m->n_regions)
		used_up();
	m->used = at + size;
	return m->base + at;
}

void *
memory_take(struct memory *m, size_t size, size_t align)
{
	size_t at = align_up(m->used, align);

	if (m->adjoin) {
		if (at / m->region_size != (at + size - 1) / m->region_size)
			at = align_up(at, m->region_size);
		return take_next(m, at, size);
	}
	for (unsigned i = 0; i < m->n_regions; i++) {
		unsigned region = m->next++ % m->n_regions;

		at = align_up(m->used_of[region], align);
		if (at + size > m->region_size)
			continue;
		m->used_of[region] = at + size;
		return m->base + region * m->region_size + at;
	}
	used_up();
}

void *
memory_take_anywhere(struct memory *m, size_t size)
{
	if (!m->adjoin)
		return memory_take(m, size, 1);
	return take_next(m, m->used, size);
}

uint64_t
memory_guest_addr(const struct memory *m, const void *at)
{
	uint64_t offset = (uint64_t)((const uint8_t *)at - m->base);
	uint64_t gap = m->adjoin ? 0 : MEMORY_GAP;

	return FIRST_GUEST_ADDR + offset + offset / m->region_size * gap;
}

/* Not where it is mapped here: nobody else may rely on that. */
uint64_t
memory_user_addr(const struct memory *m, const void *at)
{
	return 0x7e0000000000 + (uint64_t)((const uint8_t *)at - m->base);
}

uint64_t
memory_nowhere(const struct memory *m)
{
	struct memory_region last = memory_region(m, m->n_regions - 1);

	return last.guest_addr + last.size + MEMORY_GAP;
}
