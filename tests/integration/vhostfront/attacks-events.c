/* attacks-events: kicks, calls, and what their suppression is told. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/integration/vhostfront/attack.h"

/* Nothing is there, each time. */
static void
kick_storm(struct station *st, const struct attack *a)
{
	for (long i = 0; i < a->number; i++)
		for (unsigned k = 0; k < st->session.n_rings; k++)
			ring_kick_always(&st->session.rings[k]);
}

static void
kick_full(struct station *st, const struct attack *a)
{
	uint64_t most = UINT64_MAX - 1;

	(void)a;
	for (unsigned i = 0; i < st->session.n_rings; i++)
		if (write(st->session.rings[i].kick_fd, &most, sizeof(most)) <
		    0)
			continue; /* it is full already */
	/* Nothing can be kicked by now: that is who filled it's affair. */
	for (unsigned i = 0; i < st->session.n_rings; i++)
		if (read(st->session.rings[i].kick_fd, &most, sizeof(most)) < 0)
			continue; /* it was emptied by the device */
}

/* What the device writes is for the driver; it does not believe it. */
static void
used_overwritten(struct station *st, const struct attack *a)
{
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };
	struct ring *r = &st->session.rings[1];

	for (long i = 0; i < a->number; i++) {
		uint16_t before = r->used_at;

		attack_frame(st, data + st->header_len);
		attack_transmit(st, data, st->header_len + ATTACK_FRAME_LEN,
				4096);
		while (station_in_flight(st) > 0)
			ring_kick_always(r);
		if (r->config.packed) {
			r->device_event->flags = (uint16_t)i;
			r->device_event->off_wrap = (uint16_t)(i * 257);
			continue;
		}
		/* What has been looked at goes; flags may be anything. */
		for (uint16_t k = before; k != r->used_at; k++) {
			r->used->ring[k % r->config.size].id = 0xffffffff;
			r->used->ring[k % r->config.size].len = 0xffffffff;
		}
		r->used->flags = (uint16_t)(i * 257);
	}
	/* The driver believes it: it kicks whenever there is something. */
	if (r->config.packed)
		r->device_event->flags = VRING_PACKED_EVENT_FLAG_ENABLE;
	else
		r->used->flags = 0;
}

/* Where the driver wants to be called: any place at all. */
static void
event_anywhere(struct station *st, const struct attack *a)
{
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };
	struct ring *r = &st->session.rings[1];

	for (long i = 0; i < a->number; i++) {
		uint16_t nonsense = (uint16_t)(i * 40503);

		if (r->config.packed) {
			r->driver_event->off_wrap = nonsense;
			r->driver_event->flags = nonsense;
		} else {
			r->avail->ring[r->config.size] = nonsense;
			r->avail->flags = nonsense;
		}
		attack_frame(st, data + st->header_len);
		attack_transmit(st, data, st->header_len + ATTACK_FRAME_LEN,
				4096);
		while (station_in_flight(st) > 0)
			ring_kick_always(r);
	}
	ring_want_calls(r, true);
}

/* The call descriptor's flags are shared: a write to it would wait. */
static void
call_blocks(struct station *st, const struct attack *a)
{
	struct ring *r = &st->session.rings[0];
	uint64_t most = UINT64_MAX - 1;
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };

	(void)a;
	while (write(r->call_fd, &most, sizeof(most)) < 0)
		ring_drain_calls(r);
	if (fcntl(r->call_fd, F_SETFL, 0) < 0)
		perror("vhostfront: call");
	ring_want_calls(r, true);
	attack_frame(st, data + st->header_len);
	attack_transmit(st, data, st->header_len + ATTACK_FRAME_LEN, 4096);
}

/* Rings on and off under traffic. */
static void
on_and_off(struct station *st, const struct attack *a)
{
	uint8_t data[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };

	for (long i = 0; i < a->number; i++) {
		struct message_state state = { (uint32_t)(i / 2 % 2),
					       (uint32_t)(i % 2) };

		session_post(&st->session, SET_VRING_ENABLE, &state,
			     sizeof(state), NULL, 0);
		if (st->n_idle[1] == 0)
			continue;
		attack_frame(st, data + st->header_len);
		attack_transmit(st, data, st->header_len + ATTACK_FRAME_LEN,
				4096);
	}
	for (uint32_t i = 0; i < 2; i++) {
		struct message_state on = { i, 1 };

		session_post(&st->session, SET_VRING_ENABLE, &on, sizeof(on),
			     NULL, 0);
	}
	while (station_in_flight(st) > 0)
		ring_kick_always(&st->session.rings[1]);
}

/* Rings that were never heard of may be asked for and switched. */
static void
before_time(struct station *st, const struct attack *a)
{
	struct message_state state = { 0, 0 };
	struct message_header header;
	int fd;

	(void)a;
	session_post(&st->session, SET_VRING_ENABLE, &state, sizeof(state),
		     NULL, 0);
	session_post(&st->session, GET_VRING_BASE, &state, sizeof(state), NULL,
		     0);
	session_receive(&st->session, &header, &state, sizeof(state), &fd);
}

/* Started, and never anything offered: no frame has a place. */
static void
no_buffers(struct station *st, const struct attack *a)
{
	(void)a;
	session_share_memory(&st->session);
	for (unsigned i = 0; i < st->session.n_rings; i++) {
		session_start_ring(&st->session, i);
		ring_kick_always(&st->session.rings[i]);
	}
}

/* ---- one ring of several without buffers ---- */

enum { STATIONS_FROM = 0x80, STATIONS = 64, MANY = 60 };

/* A frame of the station whose address ends so goes to its peer. */
static void
send_as(struct station *st, uint8_t last)
{
	uint8_t frame[ATTACK_FRAME_LEN];

	attack_frame(st, frame);
	frame[11] = last;
	if (st->link.send(&st->link, frame, sizeof(frame)) < 0)
		exit(1);
}

/* Return: the pair of rings by which its answer comes. */
static unsigned
pair_of(struct station *st, uint8_t last)
{
	static uint8_t frame[PEER_FRAME_MAX];
	int64_t deadline_ms = peer_now_ms() + SESSION_PATIENCE_MS;

	send_as(st, last);
	while (peer_next_frame(&st->link, frame, deadline_ms) > 0)
		if (frame[5] == last)
			return st->next_ring;
	fprintf(stderr, "vhostfront: no answer to address %#x\n",
		(unsigned)last);
	exit(1);
}

/* Ours get through, though there is no room for those of another address. */
static void
one_ring_starves(struct station *st, const struct attack *a)
{
	int64_t deadline_ms = peer_now_ms() + SESSION_PATIENCE_MS;
	uint8_t other = STATIONS_FROM, mine;
	unsigned pair;
	uint16_t slot;
	uint32_t len;

	(void)a;
	for (mine = STATIONS_FROM, pair = pair_of(st, mine);
	     other < STATIONS_FROM + STATIONS; other++)
		if (pair_of(st, other) != pair)
			break;
	for (unsigned i = 0; i < MANY; i++)
		send_as(st, other);
	send_as(st, mine);
	while (!ring_take_back(&st->session.rings[2 * pair], &slot, &len)) {
		if (peer_now_ms() < deadline_ms)
			continue;
		fprintf(stderr, "vhostfront: one ring holds up another\n");
		exit(1);
	}
}

const struct attack attacks_events[] = {
	{ "kick-storm", NULL, RUNNING, KEPT, kick_storm, 50000 },
	{ "kick-storm-packed", "packed", RUNNING, KEPT, kick_storm, 50000 },
	{ "kick-full", NULL, RUNNING, KEPT, kick_full, 0 },
	{ "used-overwritten", NULL, RUNNING, ANSWERED, used_overwritten, 300 },
	{ "used-overwritten-packed", "packed", RUNNING, ANSWERED,
	  used_overwritten, 300 },
	{ "used-event-anywhere", "event-idx", RUNNING, ANSWERED, event_anywhere,
	  300 },
	{ "driver-event-anywhere", "packed,event-idx", RUNNING, ANSWERED,
	  event_anywhere, 300 },
	{ "call-blocks", NULL, RUNNING, ANSWERED, call_blocks, 0 },
	{ "on-and-off", NULL, RUNNING, KEPT, on_and_off, 1001 },
	{ "no-buffers", NULL, BUILT, KEPT, no_buffers, 0 },
	{ "no-buffers-packed", "packed", BUILT, KEPT, no_buffers, 0 },
	{ "one-ring-starves", "pairs=2,size=16,mergeable", RUNNING, KEPT,
	  one_ring_starves, 0 },
	{ "one-ring-starves-packed", "pairs=2,size=16,mergeable,packed",
	  RUNNING, KEPT, one_ring_starves, 0 },
	{ "before-time", NULL, NEGOTIATED, KEPT, before_time, 0 },
	{ NULL },
};
