#include "switch/forward.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mac.h"
#include "switch/fdb.h"
#include "switch/pipeline.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

enum { ETH_TYPE_AT = 12 };

static void
rx_drop(struct port *in, enum drop_reason reason, struct frame *frame)
{
	in->counters.rx_drops[reason]++;
	frame_unref(frame);
}

/* ---- egress ---- */

/* A hook may keep a frame and write into its descriptor: give it one that
 * nobody else sees.  Return: how many are left. */
static uint32_t
make_own(struct port *out, struct frame **frames, uint32_t n)
{
	uint32_t n_own = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (frame->refs > 1) {
			frame = frame_share(frame);
			frame_unref(frames[i]);
		}
		if (frame != NULL)
			frames[n_own++] = frame;
		else
			out->counters.tx_drops[DROP_NO_BUFFER]++;
	}
	return n_own;
}

static void
egress(struct port *out, struct frame **frames, uint32_t n,
       struct hook_position from, uint64_t now_ns)
{
	struct pipeline *p = out->sw->pipeline;

	if (pipeline_wants(p, VL_STAGE_EGRESS, &out->site)) {
		struct hook_tally tally;

		n = make_own(out, frames, n);
		tally = pipeline_run(p, VL_STAGE_EGRESS, &out->site, frames, n,
				     from, now_ns);
		out->counters.tx_drops[DROP_PLUGIN] += tally.n_dropped;
		out->segment->n_held += tally.n_stolen;
		n = tally.n_passed;
	}
	if (n > 0)
		port_output(out, frames, n);
}

/* ---- to the ports they leave by ---- */

static void
flood(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	struct segment *segment = in->segment;
	uint64_t n_outs = segment->n_ports - 1;
	struct port *out;

	if (n_outs > 1)
		segment->copies += n * (n_outs - 1);
	TAILQ_FOREACH (out, &segment->ports, in_segment) {
		struct frame *shared[FRAME_BATCH];

		if (out == in)
			continue;
		for (uint32_t i = 0; i < n; i++)
			shared[i] = frame_ref(frames[i]);
		egress(out, shared, n, HOOK_FIRST, now_ns);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (n_outs == 0)
			rx_drop(in, DROP_NO_DESTINATION, frames[i]);
		else
			frame_unref(frames[i]);
	}
}

static void
unicast(struct port *in, port_id_t to, struct frame **frames, uint32_t n,
	uint64_t now_ns)
{
	struct port *out = switch_port(in->sw, to);

	if (out != NULL) {
		egress(out, frames, n, HOOK_FIRST, now_ns);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		rx_drop(in, DROP_PORT_GONE, frames[i]);
}

/* Runs of frames with the same destination stay vectors. */
static void
distribute(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	uint32_t run;

	for (uint32_t i = 0; i < n; i += run) {
		port_id_t to = frames[i]->out_port;

		for (run = 1; i + run < n && frames[i + run]->out_port == to;)
			run++;
		if (to == PORT_FLOOD)
			flood(in, frames + i, run, now_ns);
		else
			unicast(in, to, frames + i, run, now_ns);
	}
}

static void
run_forward_hooks(struct port *in, struct frame **frames, uint32_t n,
		  struct hook_position from, uint64_t now_ns)
{
	struct hook_tally tally =
	    pipeline_run(in->sw->pipeline, VL_STAGE_FORWARD, &in->site, frames,
			 n, from, now_ns);

	in->counters.rx_drops[DROP_PLUGIN] += tally.n_dropped;
	in->segment->n_held += tally.n_stolen;
	distribute(in, frames, tally.n_passed, now_ns);
}

/* ---- learning and looking up ---- */

enum { MACS_LEN = 2 * MAC_LEN };

/* The VID of the outermost tag; 0 = untagged. */
static uint16_t
vid_of(const uint8_t *p)
{
	uint16_t type = (uint16_t)(p[ETH_TYPE_AT] << 8 | p[ETH_TYPE_AT + 1]);

	/* IEEE 802.1Q customer and service tags.  Octets 14 and 15 of a runt
	 * are its padding. */
	if (type != 0x8100 && type != 0x88a8)
		return 0;
	return (uint16_t)((p[ETH_TYPE_AT + 2] & 0x0f) << 8 |
			  p[ETH_TYPE_AT + 3]);
}

static port_id_t
learn_and_look_up(struct port *in, const uint8_t *macs, uint16_t vid,
		  uint64_t now_ms)
{
	struct mac dst = mac_from_bytes(macs);
	struct mac src = mac_from_bytes(macs + MAC_LEN);
	port_id_t to;

	fdb_learn(in->segment->fdb, &src, vid, in->id, now_ms);
	if (mac_is_multicast(&dst))
		return PORT_FLOOD;
	to = fdb_lookup(in->segment->fdb, &dst, vid, now_ms);
	return to != PORT_NONE ? to : PORT_FLOOD;
}

/* Return: how many of the frames have somewhere to go. */
static uint32_t
look_up(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	uint8_t last_macs[MACS_LEN] = { 0 };
	uint16_t last_vid = UINT16_MAX; /* equals none */
	port_id_t to = PORT_NONE;
	uint32_t n_left = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];
		uint16_t vid = vid_of(frame->data);

		/* Frames come in runs: the answer is that of the one before. */
		if (vid != last_vid ||
		    memcmp(frame->data, last_macs, MACS_LEN) != 0) {
			to = learn_and_look_up(in, frame->data, vid,
					       now_ns / NS_PER_MS);
			memcpy(last_macs, frame->data, MACS_LEN);
			last_vid = vid;
		}
		frame->out_port = to;
		if (to == in->id)
			rx_drop(in, DROP_FILTERED, frame);
		else
			frames[n_left++] = frame;
	}
	return n_left;
}

static void
ingress(struct port *in, struct frame **frames, uint32_t n,
	struct hook_position from, uint64_t now_ns)
{
	struct hook_tally tally =
	    pipeline_run(in->sw->pipeline, VL_STAGE_INGRESS, &in->site, frames,
			 n, from, now_ns);

	in->counters.rx_drops[DROP_PLUGIN] += tally.n_dropped;
	in->segment->n_held += tally.n_stolen;
	n = look_up(in, frames, tally.n_passed, now_ns);
	run_forward_hooks(in, frames, n, HOOK_FIRST, now_ns);
}

void
forward_input(struct port *in, struct frame **frames, uint32_t n,
	      uint64_t now_ns)
{
	ingress(in, frames, n, HOOK_FIRST, now_ns);
}

/* ---- frames that come back from plugins ---- */

static bool
goes_with(const struct frame *a, const struct frame *b)
{
	return a->resume_stage == b->resume_stage &&
	       a->resume_port == b->resume_port &&
	       a->resume_order == b->resume_order &&
	       a->resume_hook == b->resume_hook;
}

/* Takes frames that go on at the same place off the list. */
static uint32_t
take_run(struct frame_list *list, struct frame **frames)
{
	uint32_t n = 0;
	struct frame *frame;

	while (n < FRAME_BATCH && (frame = TAILQ_FIRST(list)) != NULL &&
	       (n == 0 || goes_with(frames[0], frame))) {
		TAILQ_REMOVE(list, frame, link);
		frames[n++] = frame;
	}
	return n;
}

static void
resume_run(struct port *port, struct frame **frames, uint32_t n,
	   uint64_t now_ns)
{
	struct hook_position from = { frames[0]->resume_order,
				      frames[0]->resume_hook };

	switch (frames[0]->resume_stage) {
	case VL_STAGE_INGRESS:
		ingress(port, frames, n, from, now_ns);
		break;
	case VL_STAGE_FORWARD:
		run_forward_hooks(port, frames, n, from, now_ns);
		break;
	default:
		egress(port, frames, n, from, now_ns);
		break;
	}
}

/* Where the drop of a frame is counted that a plugin held: at its port, or in
 * the sums of its segment when the port is gone; NULL when that is, too. */
static uint64_t *
drops_of(struct vswitch *sw, const struct frame *frame)
{
	struct port *port = switch_port(sw, frame->resume_port);
	struct segment *segment = switch_segment(sw, frame->segment);
	struct port_counters *c;

	if (segment == NULL)
		return NULL;
	c = port != NULL ? &port->counters : &segment->gone;
	return frame->resume_stage == VL_STAGE_EGRESS ? c->tx_drops
						      : c->rx_drops;
}

static void
drop_held(struct vswitch *sw, struct frame *frame, enum drop_reason reason)
{
	uint64_t *drops = drops_of(sw, frame);

	if (drops != NULL)
		drops[reason]++;
	frame_unref(frame);
}

static void
no_longer_held(struct vswitch *sw, const struct frame *frame, uint32_t n)
{
	struct segment *segment = switch_segment(sw, frame->segment);

	if (segment == NULL)
		return;
	assert(segment->n_held >= n);
	segment->n_held -= n;
}

void
forward_resume(struct vswitch *sw, struct frame_list *list, uint64_t now_ns)
{
	struct frame *frames[FRAME_BATCH];
	uint32_t n;

	while ((n = take_run(list, frames)) > 0) {
		struct port *port = switch_port(sw, frames[0]->resume_port);

		no_longer_held(sw, frames[0], n);
		if (port != NULL) {
			resume_run(port, frames, n, now_ns);
			continue;
		}
		for (uint32_t i = 0; i < n; i++)
			drop_held(sw, frames[i], DROP_PORT_GONE);
	}
}

void
forward_discard(struct vswitch *sw, struct frame *frame)
{
	no_longer_held(sw, frame, 1);
	drop_held(sw, frame, DROP_PLUGIN);
}
