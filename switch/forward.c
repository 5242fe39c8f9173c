#include "switch/forward.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "lib/clock.h"
#include "switch/decide.h"
#include "switch/pipeline.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

static void
rx_drop(struct port *in, enum drop_reason reason, struct frame *frame)
{
	in->counters.rx_drops[reason]++;
	frame_unref(frame);
}

static void
tx_drop(struct port *out, enum drop_reason reason, struct frame *frame)
{
	out->counters.tx_drops[reason]++;
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

void
forward_originate(struct port *out, struct frame *frame, uint64_t now_ns)
{
	struct vswitch *sw = out->sw;

	switch_enter(sw);
	out->segment->made++;
	frame->time_ns = clock_wall_ns(sw->config.clock);
	frame = frame_pad(frame);
	if (frame != NULL)
		egress(out, &frame, 1, HOOK_FIRST, now_ns);
	else
		out->counters.tx_drops[DROP_NO_BUFFER]++;
	switch_leave(sw);
}

/* ---- to the ports they leave by ---- */

static void
flood(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	struct segment *segment = in->segment;
	uint64_t n_outs = 0;
	struct port *out;

	TAILQ_FOREACH (out, &segment->ports, in_segment) {
		struct frame *shared[FRAME_BATCH];

		if (out == in || !decide_egress(out))
			continue;
		n_outs++;
		for (uint32_t i = 0; i < n; i++)
			shared[i] = frame_ref(frames[i]);
		egress(out, shared, n, HOOK_FIRST, now_ns);
	}
	if (n_outs > 1)
		segment->copies += n * (n_outs - 1);
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

	if (out != NULL && decide_egress(out)) {
		egress(out, frames, n, HOOK_FIRST, now_ns);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (out == NULL)
			rx_drop(in, DROP_PORT_GONE, frames[i]);
		else
			tx_drop(out, DROP_STP, frames[i]);
	}
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

static void
trap(struct port *in, const struct frame *frame, uint64_t now_ns)
{
	const struct segment *segment = in->segment;

	segment->bpdu_fn(in, frame, now_ns, segment->bpdu_arg);
}

/* Return: how many of the frames have somewhere to go. */
static uint32_t
look_up(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	uint64_t now_ms = now_ns / NS_PER_MS;
	struct decision d;
	uint8_t key[DECIDE_KEY_LEN];
	bool have_key = false; /* .d is about frames that begin with it */
	uint32_t n_left = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		/* Frames come in runs: the answer is that of the one before. */
		if (!have_key ||
		    memcmp(frame->data, key, DECIDE_KEY_LEN) != 0) {
			decide_ingress(in, frame->data, frame->len, now_ms,
				       DECIDE_AND_LEARN, &d);
			memcpy(key, frame->data, DECIDE_KEY_LEN);
			have_key = true;
		}
		in->counters.rx_kinds[d.kind]++;
		frame->out_port = d.to;
		if (d.to != PORT_NONE) {
			frames[n_left++] = frame;
			continue;
		}
		if (d.reserved == RESERVED_TRAPPED) {
			trap(in, frame, now_ns);
			have_key = false; /* it may have changed the answer */
		}
		rx_drop(in, d.drop, frame);
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
