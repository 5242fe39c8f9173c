/*
 * memory: what a guest's memory is to a vhost-user back-end: a memfd, mapped
 * here and there, in regions with guest addresses of their own.  Nothing is
 * given back before the end.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_MEMORY_H
#define TESTS_INTEGRATION_VHOSTFRONT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MEMORY_REGIONS_MAX = 32,
	MEMORY_REGION_ALIGN = 2 << 20,
	/* Between regions, in guest addresses, unless they adjoin. */
	MEMORY_GAP = 16 << 20,
};

struct memory {
	int fd;	       /* a memfd */
	uint8_t *base; /* all of it */
	size_t region_size;
	unsigned n_regions;
	bool adjoin;   /* the regions, in guest addresses */
	size_t used;   /* of all, when they adjoin */
	unsigned next; /* region to take from, when they do not */
	size_t used_of[MEMORY_REGIONS_MAX];
};

/* A region as the messages of the protocol describe it, in this order. */
struct memory_region {
	uint64_t guest_addr;
	uint64_t size;
	uint64_t user_addr;
	uint64_t mmap_offset;
};

/* @size: of all regions together; @largest: of what lies in one.  Does not
 * return on failure. */
void memory_open(struct memory *m, size_t size, size_t largest,
		 unsigned n_regions, bool adjoin);
void memory_close(struct memory *m);
struct memory_region memory_region(const struct memory *m, unsigned i);

/* Return: zeros, within one region; the next ones are taken from the next
 * region. */
void *memory_take(struct memory *m, size_t size, size_t align);
/* The same, but it may lie in two regions if they adjoin. */
void *memory_take_anywhere(struct memory *m, size_t size);

uint64_t memory_guest_addr(const struct memory *m, const void *at);
uint64_t memory_user_addr(const struct memory *m, const void *at);
/* Return: an address that no region has. */
uint64_t memory_nowhere(const struct memory *m);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_MEMORY_H */
