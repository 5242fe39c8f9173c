/* attacks-chains: descriptors that lead astray, and what stands in their
 * octets. */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_net.h>

#include "tests/integration/vhostfront/attack.h"

/* Where a table of descriptors may lie. */
static struct vring_desc *
table_at(const struct station *st)
{
	return (
	    struct vring_desc *)(uintptr_t)(st->session.memory.base +
					    ((size_t)(st->buffers[1] -
						      st->session.memory.base) +
					     4095) /
						4096 * 4096);
}

static uint64_t
guest_addr(const struct station *st, const void *at)
{
	return memory_guest_addr(&st->session.memory, at);
}

/* Descriptor number @i of a ring that nobody uses now. */
static void
set_desc(const struct station *st, unsigned ring, uint16_t i,
	 struct vring_desc d)
{
	const struct ring *r = &st->session.rings[ring];

	r->desc[i].addr = d.addr;
	r->desc[i].len = d.len;
	r->desc[i].flags = d.flags;
	r->desc[i].next = d.next;
}

static struct vring_desc
good(const struct station *st, uint16_t flags, uint16_t next)
{
	return (struct vring_desc){ guest_addr(st, table_at(st) + 8192), 128,
				    flags, next };
}

/* @head is available in the transmit ring, behind everything else. */
static void
offer_head(const struct station *st, uint16_t head)
{
	const struct ring *r = &st->session.rings[1];

	r->avail->ring[r->avail_at % r->config.size] = head;
	__atomic_store_n(&r->avail->idx, (uint16_t)(r->avail_at + 1),
			 __ATOMIC_RELEASE);
	ring_kick_always(&st->session.rings[1]);
}

static void
offer_one(const struct station *st, struct vring_desc d)
{
	set_desc(st, 1, 0, d);
	offer_head(st, 0);
}

/* A table of @n descriptors that follow each other, but for the first. */
static void
offer_table(const struct station *st, unsigned n, uint32_t len,
	    struct vring_desc first)
{
	struct vring_desc *table = table_at(st);

	for (unsigned i = 0; i < n; i++)
		table[i] = good(st, i + 1 < n ? VRING_DESC_F_NEXT : 0,
				(uint16_t)(i + 1));
	table[0] = first;
	offer_one(st, (struct vring_desc){ guest_addr(st, table), len,
					   VRING_DESC_F_INDIRECT, 0 });
}

/* ---- split: the transmit ring ---- */

static void
loop(struct station *st, const struct attack *a)
{
	for (uint16_t i = 0; i < (uint16_t)a->number; i++)
		set_desc(st, 1, i,
			 good(st, VRING_DESC_F_NEXT,
			      (uint16_t)((i + 1) % a->number)));
	offer_head(st, 0);
}

static void
next_beyond(struct station *st, const struct attack *a)
{
	offer_one(st, good(st, VRING_DESC_F_NEXT, (uint16_t)a->number));
}

static void
head_beyond(struct station *st, const struct attack *a)
{
	offer_head(st, (uint16_t)a->number);
}

/* So many more are available, it says. */
static void
index_jump(struct station *st, const struct attack *a)
{
	const struct ring *r = &st->session.rings[1];

	__atomic_store_n(&r->avail->idx, (uint16_t)(r->avail_at + a->number),
			 __ATOMIC_RELEASE);
	ring_kick_always(&st->session.rings[1]);
}

enum { NOWHERE, WRAPS, OVER_END, FOR_DEVICE };

static struct vring_desc
astray(const struct station *st, long how)
{
	struct memory_region last = memory_region(
	    &st->session.memory, st->session.memory.n_regions - 1);
	struct vring_desc d = good(st, 0, 0);

	if (how == NOWHERE)
		d.addr = memory_nowhere(&st->session.memory);
	else if (how == WRAPS)
		d.addr = UINT64_MAX - 63;
	else if (how == OVER_END)
		d.addr = last.guest_addr + last.size - 64;
	else
		d.flags = VRING_DESC_F_WRITE;
	return d;
}

static void
buffer(struct station *st, const struct attack *a)
{
	offer_one(st, astray(st, a->number));
}

static void
length(struct station *st, const struct attack *a)
{
	struct vring_desc d = good(st, 0, 0);

	d.len = (uint32_t)a->number;
	offer_one(st, d);
}

/* The lengths of a chain: the sum does not fit 32 bits. */
static void
sum_wraps(struct station *st, const struct attack *a)
{
	struct vring_desc d = good(st, 0, 0);

	(void)a;
	d.len = (uint32_t)st->session.memory.region_size;
	d.addr = memory_region(&st->session.memory, 0).guest_addr;
	for (uint16_t i = 0; i < 250; i++) {
		d.flags = i < 249 ? VRING_DESC_F_NEXT : 0;
		d.next = (uint16_t)(i + 1);
		set_desc(st, 1, i, d);
	}
	offer_head(st, 0);
}

/* ---- indirect tables ---- */

static void
table_length(struct station *st, const struct attack *a)
{
	offer_table(st, 8, (uint32_t)a->number, good(st, 0, 0));
}

static void
table_in_table(struct station *st, const struct attack *a)
{
	struct vring_desc d = { guest_addr(st, table_at(st) + 4), 64,
				VRING_DESC_F_INDIRECT, 0 };

	(void)a;
	offer_table(st, 8, 8 * sizeof(d), d);
}

static void
table_loop(struct station *st, const struct attack *a)
{
	offer_table(st, 8, 8 * sizeof(struct vring_desc),
		    good(st, VRING_DESC_F_NEXT, (uint16_t)a->number));
}

static void
table_buffer(struct station *st, const struct attack *a)
{
	offer_table(st, 1, sizeof(struct vring_desc), astray(st, a->number));
}

static void
table_astray(struct station *st, const struct attack *a)
{
	struct vring_desc d = astray(st, a->number);

	d.flags = VRING_DESC_F_INDIRECT;
	offer_one(st, d);
}

/* Half of it is there, and leads to the other half. */
static void
table_over_end(struct station *st, const struct attack *a)
{
	const struct memory *m = &st->session.memory;
	struct vring_desc *table =
	    (void *)(m->base + m->n_regions * m->region_size - 64);

	(void)a;
	for (uint16_t i = 0; i < 4; i++)
		table[i] = good(st, VRING_DESC_F_NEXT, (uint16_t)(i + 1));
	offer_one(st, (struct vring_desc){ guest_addr(st, table), 128,
					   VRING_DESC_F_INDIRECT, 0 });
}

static void
table_goes_on(struct station *st, const struct attack *a)
{
	struct vring_desc *table = table_at(st);

	(void)a;
	table[0] = good(st, 0, 0);
	set_desc(st, 1, 1, good(st, 0, 0));
	offer_one(st, (struct vring_desc){
			  guest_addr(st, table), 16,
			  VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1 });
}

/* ---- packed: the transmit ring ---- */

static void
offer_packed(const struct station *st, unsigned n, uint16_t flags,
	     struct vring_desc last)
{
	const struct ring *r = &st->session.rings[1];
	uint16_t at = r->avail_at, mine = 0, first = 0;
	bool wrap = r->avail_wrap;

	for (unsigned i = 0; i < n; i++) {
		struct vring_desc d =
		    i + 1 < n ? good(st, VRING_DESC_F_NEXT, 0) : last;
		volatile struct vring_packed_desc *p = &r->packed[at];

		mine = (uint16_t)(d.flags |
				  (wrap ? 1 << VRING_PACKED_DESC_F_AVAIL
					: 1 << VRING_PACKED_DESC_F_USED));
		p->addr = d.addr;
		p->len = d.len;
		p->id = (uint16_t)i;
		if (i == 0)
			first = mine;
		else
			p->flags = mine;
		if (++at == r->config.size) {
			at = 0;
			wrap = !wrap;
		}
	}
	__atomic_store_n(&r->packed[r->avail_at].flags,
			 (uint16_t)(first | flags), __ATOMIC_RELEASE);
	ring_kick_always(&st->session.rings[1]);
}

static void
packed_endless(struct station *st, const struct attack *a)
{
	(void)a;
	offer_packed(st, st->session.options->size, 0,
		     good(st, VRING_DESC_F_NEXT, 0));
}

static void
packed_buffer(struct station *st, const struct attack *a)
{
	offer_packed(st, 3, 0, astray(st, a->number));
}

static void
packed_table_length(struct station *st, const struct attack *a)
{
	struct vring_desc d = { guest_addr(st, table_at(st)),
				(uint32_t)a->number, VRING_DESC_F_INDIRECT, 0 };

	memset(table_at(st), 0, 4096);
	offer_packed(st, 1, 0, d);
}

static void
packed_table_in_table(struct station *st, const struct attack *a)
{
	struct vring_packed_desc *table = (void *)table_at(st);
	struct vring_desc d = { guest_addr(st, table), 2 * sizeof(*table),
				VRING_DESC_F_INDIRECT, 0 };

	(void)a;
	for (unsigned i = 0; i < 2; i++)
		table[i] =
		    (struct vring_packed_desc){ guest_addr(st, table), 32, 0,
						VRING_DESC_F_INDIRECT };
	offer_packed(st, 1, 0, d);
}

static void
packed_table_goes_on(struct station *st, const struct attack *a)
{
	(void)a;
	offer_packed(st, 2, VRING_DESC_F_INDIRECT, good(st, 0, 0));
}

/* ---- receive rings: it shows when the answer to a frame comes ---- */

static void
provoke(struct station *st)
{
	uint8_t frame[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };

	attack_frame(st, frame + st->header_len);
	attack_transmit(st, frame, st->header_len + ATTACK_FRAME_LEN, 4096);
}

/* Of all descriptors that are offered. */
static void
spoil_receive(struct station *st, const struct attack *a)
{
	const struct ring *r = &st->session.rings[0];

	for (unsigned i = 0; i < r->config.size; i++) {
		if (a->number == FOR_DEVICE) {
			if (r->config.packed)
				r->packed[i].flags &= (uint16_t) ~(
				    VRING_DESC_F_WRITE | VRING_DESC_F_NEXT);
			else
				r->desc[i].flags = 0;
		} else if (r->config.packed) {
			r->packed[i].addr = astray(st, a->number).addr;
		} else {
			r->desc[i].addr = astray(st, a->number).addr;
		}
	}
	provoke(st);
}

static void
receive_loop(struct station *st, const struct attack *a)
{
	const struct ring *r = &st->session.rings[0];

	(void)a;
	for (unsigned i = 0; i < r->config.size; i++) {
		r->desc[i].flags = VRING_DESC_F_WRITE | VRING_DESC_F_NEXT;
		r->desc[i].next = (uint16_t)i;
		r->desc[i].len = 1;
	}
	provoke(st);
}

/* It is looked at when what was there before has been used up. */
static void
receive_jump(struct station *st, const struct attack *a)
{
	const struct ring *r = &st->session.rings[0];

	__atomic_store_n(&r->avail->idx, (uint16_t)(r->used_at + a->number),
			 __ATOMIC_RELEASE);
	for (unsigned i = 0; i <= r->config.size; i++) {
		provoke(st);
		for (unsigned ms = 0; ms < 10 && station_in_flight(st) > 0;
		     ms++)
			poll(NULL, 0, 1);
		if (st->n_idle[1] < st->n_slots / 2)
			break; /* nobody takes them any more */
	}
}

/* ---- the octets ---- */

/* So many octets in all, header included, a descriptor for each @piece. */
static void
octets(struct station *st, const struct attack *a)
{
	static uint8_t data[STATION_SLOT];
	size_t len = (size_t)a->number;
	size_t piece = len > 64 * RING_PIECES_MAX ? 1024 : 64;

	attack_frame(st, data + st->header_len);
	attack_transmit(st, data, len, piece);
}

/* CVE-2022-2132: the header in more than two descriptors. */
static void
octet_by_octet(struct station *st, const struct attack *a)
{
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };

	attack_frame(st, data + st->header_len);
	attack_transmit(st, data, st->header_len + ATTACK_FRAME_LEN,
			(size_t)a->number);
}

/* Descriptors of no octets, before, between and behind the others. */
static void
nothing_between(struct station *st, const struct attack *a)
{
	struct ring *r = &st->session.rings[1];
	uint16_t slot = st->idle[1][--st->n_idle[1]];
	uint8_t *at = st->buffers[1] + (size_t)slot * STATION_SLOT;
	size_t len = a->number > 0 ? st->header_len + ATTACK_FRAME_LEN : 0;
	struct ring_piece pieces[RING_PIECES_MAX];
	unsigned n = 0;

	memset(at, 0, st->header_len);
	attack_frame(st, at + st->header_len);
	for (size_t i = 0; i < 8; i++)
		pieces[n++] = (struct ring_piece){ guest_addr(st, at), 0 };
	for (size_t i = 0; i < len; i += 19) {
		pieces[n++] = (struct ring_piece){
			guest_addr(st, at + i),
			(uint32_t)(len - i < 19 ? len - i : 19)
		};
		pieces[n++] = (struct ring_piece){ guest_addr(st, at), 0 };
	}
	if (!ring_offer(r, pieces, n, slot))
		exit(1);
	ring_kick_always(r);
}

/* What an IPv4 frame's header says that it leaves to others; CVE-2024-11614. */
static void
offload(struct station *st, const struct attack *a)
{
	static const struct virtio_net_hdr headers[] = {
		{ 1, 0, 0, 0, 65535, 0 },
		{ 1, 0, 0, 0, 34, 65535 },
		{ 1, 0, 0, 0, 65535, 65535 },
		{ 1, 0, 0, 0, ATTACK_FRAME_LEN - 1, 0 },
		{ 1, 0, 0, 0, ATTACK_FRAME_LEN, 16 },
		{ 1, 0, 0, 0, 0, 65535 },
		{ 1, 1, 54, 0, 34, 16 }, /* segments of 0 */
		{ 1, 1, 65535, 1000, 34, 16 },
		{ 1, 1, 0, 1, 0, 0 },
		{ 0, 1, 54, 1000, 34, 16 },    /* no checksum */
		{ 1, 4, 54, 1000, 34, 16 },    /* IPv6 it is not */
		{ 1, 3, 54, 1000, 34, 16 },    /* nor UDP */
		{ 1, 0x7f, 54, 1000, 34, 16 }, /* no such kind */
		{ 1, 0x80, 54, 1000, 34, 16 }, /* ECN of nothing */
		{ 0xff, 0xff, 65535, 65535, 65535, 65535 },
	};
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };
	uint8_t *frame = data + st->header_len;

	(void)a;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		attack_frame(st, frame);
		memcpy(data, &headers[i], sizeof(headers[i]));
		frame[12] = 0x08; /* IPv4, of 20 octets, TCP */
		frame[13] = 0x00;
		frame[14] = 0x45;
		frame[23] = 6;
		attack_transmit(
		    st, data,
		    sizeof(data) - STATION_HEADER_MAX + st->header_len, 4096);
	}
	while (station_in_flight(st) > 0)
		ring_kick_always(&st->session.rings[1]);
}

#define TABLE "indirect"

const struct attack attacks_chains[] = {
	{ "desc-loop-of-1", NULL, RUNNING, CLOSED, loop, 1 },
	{ "desc-loop-of-2", NULL, RUNNING, CLOSED, loop, 2 },
	{ "desc-loop-of-256", NULL, RUNNING, CLOSED, loop, 256 },
	{ "next-256", NULL, RUNNING, CLOSED, next_beyond, 256 },
	{ "next-65535", NULL, RUNNING, CLOSED, next_beyond, 65535 },
	{ "head-256", NULL, RUNNING, CLOSED, head_beyond, 256 },
	{ "head-65535", NULL, RUNNING, CLOSED, head_beyond, 65535 },
	{ "avail-index-jumps-257", NULL, RUNNING, CLOSED, index_jump, 257 },
	{ "avail-index-jumps-32768", NULL, RUNNING, CLOSED, index_jump, 32768 },
	{ "avail-index-goes-back", NULL, RUNNING, CLOSED, index_jump, -1 },
	{ "buffer-nowhere", NULL, RUNNING, CLOSED, buffer, NOWHERE },
	{ "buffer-wraps", NULL, RUNNING, CLOSED, buffer, WRAPS },
	{ "buffer-over-the-end", NULL, RUNNING, CLOSED, buffer, OVER_END },
	{ "buffer-for-the-device", NULL, RUNNING, CLOSED, buffer, FOR_DEVICE },
	{ "buffer-of-0", NULL, RUNNING, DROPPED, nothing_between, 0 },
	{ "buffers-of-0-between", NULL, RUNNING, ANSWERED, nothing_between, 1 },
	{ "buffer-of-2^32-1", NULL, RUNNING, CLOSED, length, 0xffffffff },
	{ "buffers-of-4-GiB", NULL, RUNNING, CLOSED, sum_wraps, 0 },
	{ "table-of-0", TABLE, RUNNING, CLOSED, table_length, 0 },
	{ "table-of-15", TABLE, RUNNING, CLOSED, table_length, 15 },
	{ "table-of-17", TABLE, RUNNING, CLOSED, table_length, 17 },
	{ "table-of-4-GiB", TABLE, RUNNING, CLOSED, table_length, 0xfffffff0 },
	{ "table-in-table", TABLE, RUNNING, CLOSED, table_in_table, 0 },
	{ "table-goes-on", TABLE, RUNNING, CLOSED, table_goes_on, 0 },
	{ "table-loop", TABLE, RUNNING, CLOSED, table_loop, 0 },
	{ "table-next-8", TABLE, RUNNING, CLOSED, table_loop, 8 },
	{ "table-next-65535", TABLE, RUNNING, CLOSED, table_loop, 65535 },
	{ "table-nowhere", TABLE, RUNNING, CLOSED, table_astray, NOWHERE },
	{ "table-wraps", TABLE, RUNNING, CLOSED, table_astray, WRAPS },
	{ "table-over-the-end", TABLE, RUNNING, CLOSED, table_over_end, 0 },
	{ "table-buffer-nowhere", TABLE, RUNNING, CLOSED, table_buffer,
	  NOWHERE },
	{ "table-unasked", NULL, RUNNING, CLOSED, table_length, 16 },
	{ "packed-endless", "packed", RUNNING, CLOSED, packed_endless, 0 },
	{ "packed-buffer-nowhere", "packed", RUNNING, CLOSED, packed_buffer,
	  NOWHERE },
	{ "packed-buffer-wraps", "packed", RUNNING, CLOSED, packed_buffer,
	  WRAPS },
	{ "packed-buffer-for-the-device", "packed", RUNNING, CLOSED,
	  packed_buffer, FOR_DEVICE },
	{ "packed-table-of-0", "packed,indirect", RUNNING, CLOSED,
	  packed_table_length, 0 },
	{ "packed-table-of-17", "packed,indirect", RUNNING, CLOSED,
	  packed_table_length, 17 },
	{ "packed-table-of-4-GiB", "packed,indirect", RUNNING, CLOSED,
	  packed_table_length, 0xfffffff0 },
	{ "packed-table-in-table", "packed,indirect", RUNNING, CLOSED,
	  packed_table_in_table, 0 },
	{ "packed-table-goes-on", "packed,indirect", RUNNING, CLOSED,
	  packed_table_goes_on, 0 },
	{ "packed-table-unasked", "packed", RUNNING, CLOSED,
	  packed_table_length, 16 },
	{ "receive-nowhere", "mergeable", RUNNING, CLOSED, spoil_receive,
	  NOWHERE },
	{ "receive-wraps", "mergeable", RUNNING, CLOSED, spoil_receive, WRAPS },
	{ "receive-readable", "mergeable", RUNNING, CLOSED, spoil_receive,
	  FOR_DEVICE },
	{ "receive-packed-nowhere", "packed,mergeable", RUNNING, CLOSED,
	  spoil_receive, NOWHERE },
	{ "receive-packed-readable", "packed,mergeable", RUNNING, CLOSED,
	  spoil_receive, FOR_DEVICE },
	{ "receive-loop", "mergeable", RUNNING, CLOSED, receive_loop, 0 },
	{ "receive-index-jumps", "mergeable", RUNNING, CLOSED, receive_jump,
	  1000 },
	{ "header-of-11", NULL, RUNNING, DROPPED, octets, 11 },
	{ "header-alone", NULL, RUNNING, DROPPED, octets, 12 },
	{ "frame-of-1", NULL, RUNNING, DROPPED, octets, 13 },
	{ "frame-of-13", NULL, RUNNING, DROPPED, octets, 25 },
	{ "frame-of-65551", NULL, RUNNING, DROPPED, octets, 65563 },
	{ "frame-of-70000", "indirect", RUNNING, DROPPED, octets, 70012 },
	{ "header-octet-by-octet", NULL, RUNNING, ANSWERED, octet_by_octet, 1 },
	{ "header-octet-by-octet-in-table", "indirect", RUNNING, ANSWERED,
	  octet_by_octet, 1 },
	{ "header-octet-by-octet-packed", "packed", RUNNING, ANSWERED,
	  octet_by_octet, 1 },
	{ "header-in-three", "indirect", RUNNING, ANSWERED, octet_by_octet, 5 },
	{ "offloads-outside", "segments", RUNNING, DROPPED, offload, 0 },
	{ "offloads-unasked", NULL, RUNNING, KEPT, offload, 0 },
	{ NULL },
};
