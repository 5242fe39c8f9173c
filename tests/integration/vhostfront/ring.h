/*
 * ring: the driver's side of a virtqueue, split (VIRTIO 1.2, 2.7) or packed
 * (2.8).  What the device returns is checked: a used buffer that was never
 * offered, or more octets than it has, ends the program.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_RING_H
#define TESTS_INTEGRATION_VHOSTFRONT_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

struct memory;

enum {
	RING_SIZE_MAX = 32768,
	RING_PIECES_MAX = 128, /* descriptors of a buffer */
};

/* One descriptor's worth of a buffer. */
struct ring_piece {
	uint64_t at; /* guest address */
	uint32_t len;
};

struct ring_config {
	uint16_t size;
	bool packed;
	bool indirect; /* for buffers of more than one piece */
	bool event_idx;
	bool in_order;
	bool writable; /* buffers are for the device to write into */
};

/* A buffer that the device has. */
struct ring_buffer {
	uint16_t cookie;
	uint16_t n_descs; /* of the ring; 0 = none is offered by this id */
	uint32_t room;	  /* octets the device may write */
};

struct ring {
	struct ring_config config;
	struct memory *memory;
	int kick_fd, call_fd; /* eventfds */

	/* Split: descriptors, available and used ring.  Packed: descriptors,
	 * the driver's and the device's event suppression. */
	union {
		void *desc_area;
		volatile struct vring_desc *desc;
		volatile struct vring_packed_desc *packed;
	};
	union {
		void *driver_area;
		volatile struct vring_avail *avail;
		volatile struct vring_packed_desc_event *driver_event;
	};
	union {
		void *device_area;
		volatile struct vring_used *used;
		volatile struct vring_packed_desc_event *device_event;
	};
	struct vring_desc *tables; /* RING_PIECES_MAX for each id */

	struct ring_buffer *buffers; /* by id */
	uint16_t *next;	    /* split: the id after this; packed: free */
	uint16_t free_head; /* split: an id; packed: how many are free */
	uint16_t n_free;    /* descriptors */

	uint16_t avail_at;   /* split: the index, packed: the place */
	uint16_t used_at;    /* likewise */
	uint16_t n_unkicked; /* descriptors since the last look at kicks */
	bool avail_wrap, used_wrap;

	/* In order: ids as they were offered. */
	uint16_t *order;
	uint32_t order_first, order_last;
	bool in_batch; /* the device returns all up to batch_id */
	uint16_t batch_id;
	uint32_t batch_len;
};

void ring_open(struct ring *r, struct memory *m, const struct ring_config *c);
void ring_close(struct ring *r);

/**
 * ring_offer() - a buffer to the device; it sees it at once
 * @cookie: of the caller's
 *
 * Return: false when the ring has no room for it.
 */
bool ring_offer(struct ring *r, const struct ring_piece *pieces, unsigned n,
		uint16_t cookie);
/* Kicks if the device wants to be. */
void ring_kick(struct ring *r);
/* Whatever the device wants. */
void ring_kick_always(const struct ring *r);

/* Return: false when the device has returned nothing; else the @cookie of a
 * buffer and how many octets were written. */
bool ring_take_back(struct ring *r, uint16_t *cookie, uint32_t *len);

/* Whether the device shall call when it returns something. */
void ring_want_calls(struct ring *r, bool wanted);
/* Forgets a call that came. */
void ring_drain_calls(struct ring *r);

/* What SET_VRING_BASE and GET_VRING_BASE mean: where the device stands, which
 * may have returned more than has been taken back. */
uint32_t ring_base(const struct ring *r);

void ring_fail(const char *what);

/* ---- of the layouts ---- */

bool ring_split_offer(struct ring *r, const struct ring_piece *pieces,
		      unsigned n, uint16_t cookie);
bool ring_split_used(struct ring *r, uint16_t *id, uint32_t *len);
bool ring_split_wants_kick(struct ring *r);
void ring_split_want_calls(struct ring *r, bool wanted);
void ring_split_release(struct ring *r, uint16_t id);

bool ring_packed_offer(struct ring *r, const struct ring_piece *pieces,
		       unsigned n, uint16_t cookie);
bool ring_packed_used(struct ring *r, uint16_t *id, uint32_t *len);
bool ring_packed_wants_kick(struct ring *r);
void ring_packed_want_calls(struct ring *r, bool wanted);
void ring_packed_release(struct ring *r, uint16_t id);
uint32_t ring_packed_base(const struct ring *r);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_RING_H */
