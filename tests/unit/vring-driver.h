/*
 * vring-driver: the other side of vring, for tests: a guest's memory and a
 * driver that does what VIRTIO 1.2 says, unless it is told to do something
 * else.
 *
 * Nothing is allocated: all of it lies in the structure.
 */
#ifndef TESTS_VRING_DRIVER_H
#define TESTS_VRING_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "switch/ports/vring.h"

enum {
	DRIVER_SIZE_MAX = 512, /* descriptors */
	DRIVER_MEMORY = 1 << 17,
	/* Where the memory is for the guest, in two regions that follow each
	 * other, and do not for us. */
	DRIVER_GUEST = 0x10000000,
	DRIVER_HALF = DRIVER_MEMORY / 2,
	/* Flags of descriptors. */
	DRIVER_NEXT = 1,
	DRIVER_WRITE = 2,
	DRIVER_INDIRECT = 4,
};

/* A buffer: where for the guest, and octets. */
struct driver_buffer {
	uint64_t at;
	uint32_t len;
};

struct driver {
	bool packed;
	uint16_t size;
	/* Split: free-running indexes; packed: slots and wrap counters. */
	uint16_t next; /* to be made available */
	uint16_t used; /* to be looked at */
	bool next_wrap, used_wrap;
	uint16_t n_slots[DRIVER_SIZE_MAX]; /* packed: by id */
	uint16_t free; /* split: descriptors are used one after the other */
	struct guest_region regions[2];
	struct guest_memory memory;
	_Alignas(4096) uint8_t low[DRIVER_HALF];
	uint8_t gap[4096];
	_Alignas(4096) uint8_t high[DRIVER_HALF];
	_Alignas(4096) uint8_t desc[DRIVER_SIZE_MAX * 16];
	_Alignas(4096) uint8_t ours[4096];   /* the driver's part */
	_Alignas(4096) uint8_t theirs[8192]; /* the device's */
};

/** driver_init() - a ring without anything in it
 * @config: out: for vring_start(); .direction is VRING_FROM_GUEST */
void driver_init(struct driver *d, uint64_t features, uint16_t size,
		 struct vring_config *config);

/** driver_at() - an octet of the guest's */
uint8_t *driver_at(struct driver *d, uint64_t guest);

/** driver_write_desc() - a descriptor as it is given
 * @table: where, 16 octets a descriptor
 * @last:  split: next; packed: the id
 * @flags: packed: with those that say that it is available */
void driver_write_desc(struct driver *d, uint8_t *table, unsigned i,
		       struct driver_buffer buffer, uint16_t flags,
		       uint16_t last);

/** driver_offer() - split: the next available entry is @head; seen by the
 * device after driver_show() */
void driver_offer(struct driver *d, uint16_t head);
void driver_show(struct driver *d);

/**
 * driver_add() - a chain of @n buffers, seen by the device at once
 * @flags: of each of them, but for DRIVER_NEXT
 * @table: where the guest puts a table of indirect descriptors for them; 0: it
 *         uses none
 *
 * Return: its id.
 */
uint16_t driver_add(struct driver *d, const struct driver_buffer *buffers,
		    unsigned n, uint16_t flags, uint64_t table);

/** driver_used() - the next chain that the device has returned
 * Return: false: there is none. */
bool driver_used(struct driver *d, uint16_t *id, uint32_t *len);

/** driver_skip() - packed, in order: the device has said by one descriptor that
 * @n_slots more are used */
void driver_skip(struct driver *d, unsigned n_slots);

/** driver_quiet() - ask not to be called */
void driver_quiet(struct driver *d, bool quiet);
/** driver_event() - ask to be called when the device comes past a place: split:
 * an index; packed: a slot with its wrap counter in bit 15 */
void driver_event(struct driver *d, uint16_t place);
/** driver_is_muted() - does the device ask not to be kicked? */
bool driver_is_muted(const struct driver *d);
/** driver_kick_place() - where it asks to be kicked, with EVENT_IDX */
uint16_t driver_kick_place(const struct driver *d);

#endif /* TESTS_VRING_DRIVER_H */
