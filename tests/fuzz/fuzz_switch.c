/*
 * fuzz_switch: any sequence of frames, ports that come, go and stop reading,
 * modes, VLAN rules, static addresses and states of the spanning tree that
 * change, and passing time.
 *
 * Property: each frame goes exactly where a bridge that keeps everything in
 * plain arrays would send it, with a tag or without, and where a trace has said
 * before, the books balance after every step, ports that wait for others do so
 * for a moment only, and no frame is left when the switch has gone.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "switch/ports/dummy.h"
#include "switch/switch.h"
#include "switch/trace.h"

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
	bool is_static;
};

enum how { NO_MEMBER, TAGGED, UNTAGGED };

struct rules {
	unsigned pvid; /* N_VIDS: none */
	enum how how[N_VIDS];
	enum vid_accept accept;
	bool filter;
};

/* What is known of a frame before it is sent. */
struct plan {
	unsigned slot, dst, src;
	unsigned vid; /* as it says itself; 0: none */
	size_t len, n;
	bool has_priority_tag;
	unsigned vlan;		/* as it is classified */
	uint64_t want[N_SLOTS]; /* 1: goes there */
};

struct model {
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct segment *segment;
	struct port *ports[N_SLOTS]; /* or NULL */
	struct rules rules[N_SLOTS];
	enum segment_mode mode;
	unsigned n_static;
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

/* What has been handed to @port so far, wherever it is now.  What it was not
 * allowed to send was not. */
static uint64_t
n_handed(const struct port *port)
{
	struct port_counters c = port_read_counters(port);
	uint64_t n = c.tx_frames + port_queued(port);

	for (int i = 0; i < N_DROP_REASONS; i++)
		n += c.tx_drops[i];
	return n - c.tx_drops[DROP_STP] - c.tx_drops[DROP_VLAN];
}

static void
check_books(const struct model *m)
{
	struct segment_stats stats;

	segment_read_stats(m->segment, &stats);
	assert(segment_stats_balance(&stats));
}

/* Nobody waits for too long, nor for one who waits. */
static void
check_waiting(const struct model *m)
{
	for (unsigned i = 0; i < N_SLOTS; i++) {
		const struct port *port = m->ports[i];

		if (port == NULL)
			continue;
		assert(dummy_is_paused(port) ==
		       (port->pressure.waits_for != NULL));
		if (!dummy_is_paused(port))
			continue;
		assert(port->pressure.until_ns > clock_now_ns(m->clock));
		assert(!dummy_is_paused(port->pressure.waits_for));
		assert(port_queued(port->pressure.waits_for) > 0);
	}
}

/* ---- the steps ---- */

static void
make_frame(uint8_t *data, const struct plan *p)
{
	const uint8_t tag[] = { 0x81, 0x00, 0x60, (uint8_t)p->vid };

	memset(data, 0, p->len < 18 ? 18 : p->len);
	data[0] = p->dst == 0 ? 0x03 : 0x02;
	data[5] = (uint8_t)p->dst;
	data[6] = p->src == 0 ? 0x03 : 0x02;
	data[11] = (uint8_t)p->src;
	if (p->vid != 0 || p->has_priority_tag)
		memcpy(data + 12, tag, sizeof(tag));
	if (p->len < 18)
		memset(data + p->len, 0, 18 - p->len); /* as padding is */
}

static bool
is_tagged(const struct plan *p)
{
	return p->vid != 0 || p->has_priority_tag;
}

/* Return: false when the rules of the port do not let it in. */
static bool
classify(const struct model *m, struct plan *p)
{
	const struct rules *r = &m->rules[p->slot];

	p->vlan = p->vid;
	if (m->mode != SEGMENT_8021Q)
		return true;
	if (p->vid == 0)
		p->vlan = r->pvid;
	if (is_tagged(p) && p->len < 18)
		return false;
	if (r->accept ==
	    (p->vid != 0 ? VID_ACCEPT_UNTAGGED : VID_ACCEPT_TAGGED))
		return false;
	return p->vlan != N_VIDS &&
	       (!r->filter || r->how[p->vlan] != NO_MEMBER);
}

static bool
is_known(const struct model *m, const struct station *s)
{
	return s->port != NULL &&
	       (s->is_static ||
		clock_now_ms(m->clock) - s->seen_ms < AGEING_MS);
}

/* May it leave by this port, wherever its destination is? */
static bool
may_leave(const struct model *m, unsigned i, const struct plan *p)
{
	return m->ports[i] != NULL && i != p->slot &&
	       m->ports[i]->stp_state == STP_FORWARDING &&
	       (m->mode != SEGMENT_8021Q ||
		m->rules[i].how[p->vlan] != NO_MEMBER);
}

/* Where the model sends it. */
static void
predict(struct model *m, struct plan *p)
{
	enum stp_state state = m->ports[p->slot]->stp_state;
	const struct station *to;
	struct station *from;
	bool known;

	if (state == STP_DISCARDING || !classify(m, p))
		return;
	from = &m->table[p->src][p->vlan];
	if (p->src != 0 && m->mode != SEGMENT_HUB && !from->is_static)
		*from = (struct station){ .port = m->ports[p->slot],
					  .seen_ms = clock_now_ms(m->clock) };
	if (state == STP_LEARNING)
		return;
	to = &m->table[p->dst][p->vlan];
	known = p->dst != 0 && m->mode != SEGMENT_HUB && is_known(m, to);
	for (unsigned i = 0; i < N_SLOTS; i++)
		p->want[i] =
		    may_leave(m, i, p) && (!known || to->port == m->ports[i]);
}

/* The first of the frames that @port, slot @i, has sent. */
static void
check_shape(const struct model *m, unsigned i, const struct plan *p)
{
	const struct frame *frame = dummy_sent(m->ports[i], 0);
	bool was = is_tagged(p), is = was;

	if (m->mode == SEGMENT_8021Q)
		is = p->vlan != 0 && m->rules[i].how[p->vlan] == TAGGED;
	assert(frame->len == p->len + (is ? 4 : 0) - (was ? 4 : 0));
	assert((frame->data[12] == 0x81) == is);
	if (is && m->mode == SEGMENT_8021Q)
		assert(frame->data[15] == p->vlan &&
		       frame->data[14] == (was ? 0x60 : 0));
	assert(frame->data[5] == p->dst && frame->data[11] == p->src);
}

/* A trace has to say the same before. */
static void
check_trace(const struct model *m, const struct plan *p, const uint8_t *data)
{
	struct port *in = m->ports[p->slot];
	json_t *result =
	    trace_frame(in, data, (uint32_t)p->len, clock_now_ms(m->clock));
	const json_t *outputs = json_object_get(result, "outputs");
	uint64_t n_want = 0;

	for (unsigned i = 0; i < N_SLOTS; i++) {
		const json_t *row;
		bool said = false;
		size_t k;

		json_array_foreach(outputs, k, row)
		{
			const char *name = json_str_or(row, "port", "");

			said |= m->ports[i] != NULL &&
				strcmp(name, m->ports[i]->name) == 0;
		}
		assert(said == (p->want[i] != 0));
		n_want += p->want[i];
	}
	assert(json_array_size(outputs) == n_want);
	json_decref(result);
}

static void
send_plan(struct model *m, struct plan *p)
{
	uint64_t before[N_SLOTS] = { 0 };
	bool was_empty[N_SLOTS] = { false };
	static uint8_t data[FRAME_LEN_MAX];

	if (p->len >= FRAME_LEN_MIN)
		predict(m, p);
	for (unsigned i = 0; i < N_SLOTS; i++) {
		if (m->ports[i] == NULL)
			continue;
		before[i] = n_handed(m->ports[i]);
		was_empty[i] = port_queued(m->ports[i]) == 0;
		dummy_record(m->ports[i]);
	}
	make_frame(data, p);
	check_trace(m, p, data);
	dummy_inject_batch(m->ports[p->slot], data, p->len, p->n);
	for (unsigned i = 0; i < N_SLOTS; i++) {
		if (m->ports[i] == NULL)
			continue;
		assert(n_handed(m->ports[i]) - before[i] == p->want[i] * p->n);
		if (was_empty[i] && dummy_n_sent(m->ports[i]) > 0)
			check_shape(m, i, p);
	}
}

static void
send_frames(struct model *m, struct input *in)
{
	static const size_t lens[] = { 0, 13, 18, 59, 60, 1514, 9000, 65550 };
	struct plan p = { .slot = next(in) % N_SLOTS };

	p.dst = next(in) % N_STATIONS;
	p.src = next(in) % N_STATIONS;
	p.vid = next(in) % N_VIDS;
	p.len = lens[next(in) % 8];
	p.n = 1 + next(in) % FRAME_BATCH;
	if (m->ports[p.slot] != NULL)
		send_plan(m, &p);
}

/* Frames that only VLAN rules look at so closely. */
static void
send_odd_frames(struct model *m, struct input *in)
{
	static const size_t lens[] = { 14, 16, 17, 18, 61, 63, 64, 65546 };
	struct plan p = { .slot = next(in) % N_SLOTS };
	uint8_t flags;

	p.dst = next(in) % N_STATIONS;
	p.src = next(in) % N_STATIONS;
	flags = next(in);
	p.vid = flags % N_VIDS;
	p.has_priority_tag = p.vid == 0 && (flags & 0x80) != 0;
	p.len = lens[next(in) % 8];
	p.n = 1;
	/* A bridge reads a truncated tag's VID in the padding. */
	if (p.len < 18 && m->mode != SEGMENT_8021Q)
		p.vid = 0;
	if (m->ports[p.slot] != NULL)
		send_plan(m, &p);
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
	m->rules[slot] = (struct rules){ .pvid = VID_DEFAULT,
					 .how[VID_DEFAULT] = UNTAGGED,
					 .filter = true };
}

/* The model forgets a station. */
static void
forget(struct model *m, struct station *s)
{
	m->n_static -= s->is_static;
	*s = (struct station){ .port = NULL };
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
				forget(m, &m->table[s][v]);
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

static void
set_mode(struct model *m, struct input *in)
{
	enum segment_mode mode = next(in) % N_SEGMENT_MODES;

	segment_set_mode(m->segment, mode);
	if (m->mode == mode)
		return;
	m->mode = mode;
	for (unsigned s = 0; s < N_STATIONS; s++) {
		for (unsigned v = 0; v < N_VIDS; v++) {
			if (!m->table[s][v].is_static)
				forget(m, &m->table[s][v]);
		}
	}
}

static void
set_membership(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS, what = next(in);
	uint16_t vid = what % N_VIDS;
	enum how how = what / N_VIDS % 3;
	bool pvid = how != NO_MEMBER && (what & 0x80) != 0;
	struct rules *r = &m->rules[slot];
	struct vid_rules *real;

	if (m->ports[slot] == NULL)
		return;
	real = port_own_vid_rules(m->ports[slot]);
	if (how == NO_MEMBER)
		vid_rules_del(real, vid, vid);
	else
		vid_rules_add(real, vid, vid, how == UNTAGGED, pvid);
	r->how[vid] = how;
	if (pvid)
		r->pvid = vid;
	else if (r->pvid == vid)
		r->pvid = N_VIDS;
}

static void
set_acceptance(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS, what = next(in);
	struct rules *r = &m->rules[slot];
	struct vid_rules *real;

	if (m->ports[slot] == NULL)
		return;
	r->accept = what % N_VID_ACCEPTS;
	r->filter = (what & 0x80) == 0;
	real = port_own_vid_rules(m->ports[slot]);
	real->accept = r->accept;
	real->no_filter = !r->filter;
}

static void
set_stp_state(struct model *m, struct input *in)
{
	unsigned slot = next(in) % N_SLOTS;
	enum stp_state state = next(in) % N_STP_STATES;

	if (m->ports[slot] != NULL)
		m->ports[slot]->stp_state = state;
}

static struct mac
address_of(unsigned station)
{
	struct mac mac = { { station == 0 ? 0x03 : 0x02 } };

	mac.b[5] = (uint8_t)station;
	return mac;
}

static void
set_static(struct model *m, struct input *in)
{
	unsigned station = next(in) % N_STATIONS, vid = next(in) % N_VIDS;
	unsigned slot = next(in) % N_SLOTS;
	struct station *s = &m->table[station][vid];
	struct mac mac = address_of(station);
	int ret;

	if (m->ports[slot] == NULL)
		return;
	ret = fdb_set_static(m->segment->fdb, &mac, (uint16_t)vid,
			     m->ports[slot]->id);
	if (station == 0) {
		assert(ret == -EINVAL);
	} else if (!s->is_static && m->n_static == N_STATIONS * N_VIDS / 2) {
		assert(ret == -ENOSPC);
	} else {
		assert(ret == 0);
		m->n_static += !s->is_static;
		*s = (struct station){ .port = m->ports[slot],
				       .is_static = true };
	}
	assert(fdb_n_static(m->segment->fdb) == m->n_static);
}

static void
forget_station(struct model *m, struct input *in)
{
	unsigned station = next(in) % N_STATIONS, vid = next(in) % N_VIDS;
	struct station *s = &m->table[station][vid];
	struct mac mac = address_of(station);
	int ret = fdb_del(m->segment->fdb, &mac, (uint16_t)vid);

	if (is_known(m, s))
		assert(ret == 0);
	forget(m, s);
}

static void (*const steps[])(struct model *m, struct input *in) = {
	send_frames,	 send_frames,	send_frames,	send_frames,
	add_port,	 remove_port,	set_credit,	pass_time,
	send_odd_frames, set_mode,	set_membership, set_membership,
	set_acceptance,	 set_stp_state, set_static,	forget_station,
};
enum { N_STEPS = sizeof(steps) / sizeof(steps[0]) };

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
		steps[next(&in) % N_STEPS](&m, &in);
		check_books(&m);
		check_waiting(&m);
	}
	switch_free(m.sw); /* asserts that every frame is back */
	clock_free(m.clock);
	event_base_free(m.base);
	return 0;
}
