/*
 * fuzz_switch: any sequence of frames, ports that come, go and stop reading,
 * and passing time.
 *
 * Property: each frame goes exactly where a bridge that keeps its table in a
 * plain array would send it, the books balance after every step, and no frame
 * is left when the switch has gone.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "switch/ports/dummy.h"
#include "switch/switch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	N_SLOTS = 6,
	N_STATIONS = 8, /* number 0 is a group address */
	N_VIDS = 4,	/* 0: untagged */
	STEPS_MAX = 400,
	AGEING_MS = 1000,
};

struct station {
	struct port *port; /* or NULL: unknown */
	uint64_t seen_ms;
};

struct model {
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct segment *segment;
	struct port *ports[N_SLOTS]; /* or NULL */
	struct station table[N_STATIONS][N_VIDS];
};

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t
next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* What has been handed to @port so far, wherever it is now. */
static uint64_t
n_handed(const struct port *port)
{
	struct port_counters c = port_read_counters(port);
	uint64_t n = c.tx_frames + port_queued(port);

	for (int i = 0; i < N_DROP_REASONS; i++)
		n += c.tx_drops[i];
	return n;
}

static void
check_books(const struct model *m)
{
	struct segment_stats stats;

	segment_read_stats(m->segment, &stats);
	assert(segment_stats_balance(&stats));
}

/* ---- the steps ---- */

static size_t
make_frame(uint8_t *data, size_t len, unsigned dst, unsigned src, unsigned vid)
{
	const uint8_t tag[] = { 0x81, 0x00, 0x60, (uint8_t)vid };

	memset(data, 0, len);
	data[0] = dst == 0 ? 0x03 : 0x02;
	data[5] = (uint8_t)dst;
	data[6] = src == 0 ? 0x03 : 0x02;
	data[11] = (uint8_t)src;
	if (vid != 0)
		memcpy(data + 12, tag, sizeof(tag));
	return len;
}

/* Where the model sends it: fills @want, per slot 0 or 1. */
static void
predict(struct model *m, unsigned slot, unsigned dst, unsigned src,
	unsigned vid, uint64_t *want)
{
	uint64_t now_ms = clock_now_ms(m->clock);
	struct station *to;

	if (src != 0)
		m->table[src][vid] = (struct station){ m->ports[slot], now_ms };
	to = &m->table[dst][vid];
	for (unsigned i = 0; i < N_SLOTS; i++) {
		bool known = dst != 0 && to->port != NULL &&
			     now_ms - to->seen_ms < AGEING_MS;

		want[i] = m->ports[i] != NULL && i != slot &&
			  (!known || to->port == m->ports[i]);
	}
}

static void
send_frames(struct model *m, struct input *in)
{
	static const size_t lens[] = { 0, 13, 18, 59, 60, 1514, 9000, 65550 };
	unsigned slot = next(in) % N_SLOTS, dst = next(in) % N_STATIONS;
	unsigned src = next(in) % N_STATIONS, vid = next(in) % N_VIDS;
	size_t len = lens[next(in) % 8], n = 1 + next(in) % FRAME_BATCH;
	uint64_t before[N_SLOTS] = { 0 }, want[N_SLOTS] = { 0 };
	static uint8_t data[FRAME_LEN_MAX];

	if (m->ports[slot] == NULL)
		return;
	for (unsigned i = 0; i < N_SLOTS; i++)
		before[i] = m->ports[i] != NULL ? n_handed(m->ports[i]) : 0;
	if (len >= FRAME_LEN_MIN)
		predict(m, slot, dst, src, vid, want);
	make_frame(data, len < 18 ? 18 : len, dst, src, vid);
	dummy_inject_batch(m->ports[slot], data, len, n);
	for (unsigned i = 0; i < N_SLOTS; i++) {
		if (m->ports[i] != NULL)
			assert(n_handed(m->ports[i]) - before[i] ==
			       want[i] * n);
	}
}

static void
add_port(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS;

	if (m->ports[slot] != NULL)
		return;
	m->ports[slot] = switch_add_port(m->segment, &port_kind_dummy, NULL,
					 PORT_MTU_DEFAULT, NULL, -1, NULL);
	assert(m->ports[slot] != NULL);
}

static void
remove_port(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS;
	struct port *port = m->ports[slot];

	if (port == NULL)
		return;
	for (unsigned s = 0; s < N_STATIONS; s++) {
		for (unsigned v = 0; v < N_VIDS; v++) {
			if (m->table[s][v].port == port)
				m->table[s][v].port = NULL;
		}
	}
	m->ports[slot] = NULL;
	if (next(in) & 1) {
		switch_remove_port(port, "a fuzzer says so");
	} else {
		port_gone(port, "a fuzzer says so");
		event_base_loop(m->base, EVLOOP_NONBLOCK);
	}
}

static void
set_credit(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS;
	uint8_t credit = next(in);

	if (m->ports[slot] != NULL)
		dummy_set_credit(m->ports[slot],
				 credit == 255 ? SIZE_MAX : credit);
}

static void
pass_time(struct model *m, struct input *in)
{
	clock_advance(m->clock, next(in) * UINT64_C(50) * NS_PER_MS);
}

static void (*const steps[])(struct model *m, struct input *in) = {
	send_frames, send_frames, send_frames, send_frames,
	add_port,    remove_port, set_credit,  pass_time,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct port_kind *const kinds[] = { &port_kind_dummy,
							 NULL };
	struct switch_config config = { .kinds = kinds,
					.ageing_ms = AGEING_MS,
					.fdb_max = N_STATIONS * N_VIDS };
	struct input in = { data, size };
	struct model m = { .base = switch_base_new(),
			   .clock = clock_virtual_new(1) };

	config.base = m.base;
	config.clock = m.clock;
	m.sw = switch_new(&config);
	m.segment = switch_add_segment(m.sw, "lab", NULL);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		steps[next(&in) % 8](&m, &in);
		check_books(&m);
	}
	switch_free(m.sw); /* asserts that every frame is back */
	clock_free(m.clock);
	event_base_free(m.base);
	return 0;
}
