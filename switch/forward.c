#include "switch/forward.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mac.h"
#include "switch/decide.h"
#include "switch/drop-watch.h"
#include "switch/finish.h"
#include "switch/lane.h"
#include "switch/pipeline.h"
#include "switch/port.h"
#include "switch/retag.h"
#include "switch/segment.h"

/* @stage: how far it has come. */
static void
rx_drop(struct port *in, enum vl_stage stage, enum drop_reason reason,
	struct frame *frame)
{
	in->counters.rx_drops[reason]++;
	drop_tell(in, stage, reason, frame);
	frame_unref(frame);
}

static void
tx_drop(struct port *out, enum drop_reason reason, struct frame *frame)
{
	out->counters.tx_drops[reason]++;
	drop_tell(out, VL_STAGE_EGRESS, reason, frame);
	frame_unref(frame);
}

/* ---- frames that are not finished ---- */

/* Hooks are given frames as they go over a wire, or those whose plugins want to
 * know better, all octets of what is left to do. */
static unsigned
hooks_take(struct port *port, enum vl_stage stage)
{
	struct pipeline *p = port->lane->pipeline;

	if (!pipeline_wants(p, stage, &port->site))
		return UINT_MAX;
	return pipeline_wants_finished(p, stage, &port->site)
		   ? 0
		   : ~(unsigned)FRAME_TAKES_REST;
}

/* What came of frames from or for @port. */
static void
count_finished(struct port *port, uint64_t *drops, const struct finish *f)
{
	port->segment->copies += f->n_more;
	drops[DROP_NO_BUFFER] += f->n_no_buffer;
	drops[DROP_BAD_OFFLOAD] += f->n_bad;
}

/* A hook may keep a frame and write into its descriptor: give it one that
 * nobody else sees, neither another port nor a kind that waits for the end of
 * the turn.
 * @drops: of the port.  Return: how many are left. */
static uint32_t
make_own(struct frame **frames, uint32_t n, uint64_t *drops)
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
			drops[DROP_NO_BUFFER]++;
	}
	return n_own;
}

/* ---- egress ---- */

static unsigned
egress_takes(struct port *out)
{
	return out->takes & hooks_take(out, VL_STAGE_EGRESS);
}

/* @frames: such as @out and its hooks can take */
static void
egress_finished(struct port *out, struct frame **frames, uint32_t n,
		struct hook_position from, uint64_t now_ns)
{
	struct pipeline *p = out->lane->pipeline;

	if (pipeline_wants(p, VL_STAGE_EGRESS, &out->site)) {
		struct hook_tally tally;

		n = make_own(frames, n, out->counters.tx_drops);
		tally = pipeline_run(p, VL_STAGE_EGRESS, &out->site, frames, n,
				     from, now_ns);
		out->counters.tx_drops[DROP_PLUGIN] += tally.n_dropped;
		out->segment->n_held += tally.n_stolen;
		n = tally.n_passed;
	}
	if (n > 0)
		port_output(out, frames, n);
}

static void
egress_finish(struct port *out, struct frame **frames, uint32_t n,
	      struct hook_position from, uint64_t now_ns)
{
	struct frame *some[FRAME_BATCH];
	struct finish f;

	finish_init(&f, frames, n, egress_takes(out));
	while ((n = finish_next(&f, some)) > 0)
		egress_finished(out, some, n, from, now_ns);
	count_finished(out, out->counters.tx_drops, &f);
}

static void
egress(struct port *out, struct frame **frames, uint32_t n,
       struct hook_position from, uint64_t now_ns)
{
	if (finish_any(frames, n, 0) &&
	    finish_any(frames, n, egress_takes(out)))
		egress_finish(out, frames, n, from, now_ns);
	else
		egress_finished(out, frames, n, from, now_ns);
}

void
forward_originate(struct port *out, struct frame *frame, uint64_t now_ns)
{
	struct lane *lane = out->lane;

	lane_enter(lane);
	out->segment->made++;
	frame->time_ns = clock_wall_ns(lane->clock);
	frame = frame_pad(frame);
	if (frame != NULL)
		egress(out, &frame, 1, HOOK_FIRST, now_ns);
	else
		out->counters.tx_drops[DROP_NO_BUFFER]++;
	lane_leave(lane);
}

/* ---- to the ports they leave by ---- */

STAILQ_HEAD(port_group, port);

/* @frames: borrowed */
static void
send_shared(struct port *out, struct frame *const *frames, uint32_t n,
	    uint64_t now_ns)
{
	struct frame *shared[FRAME_BATCH];

	for (uint32_t i = 0; i < n; i++)
		shared[i] = frame_ref(frames[i]);
	egress(out, shared, n, HOOK_FIRST, now_ns);
}

/* Ports that take the frames as they are get them so; what the others can take
 * is made once for all of them. */
static void
send_unfinished(const struct port_group *group, struct frame *const *frames,
		uint32_t n, uint64_t now_ns)
{
	struct frame *some[FRAME_BATCH];
	unsigned takes = UINT_MAX;
	struct port *out;
	struct finish f;

	STAILQ_FOREACH(out, group, in_group)
	{
		unsigned out_takes = egress_takes(out);

		out->finishes = finish_any(frames, n, out_takes);
		if (out->finishes)
			takes &= out_takes;
		else
			send_shared(out, frames, n, now_ns);
	}
	for (uint32_t i = 0; i < n; i++)
		frame_ref(frames[i]);
	finish_init(&f, frames, n, takes);
	while ((n = finish_next(&f, some)) > 0) {
		STAILQ_FOREACH(out, group, in_group)
		{
			if (out->finishes)
				send_shared(out, some, n, now_ns);
		}
		for (uint32_t i = 0; i < n; i++)
			frame_unref(some[i]);
	}
	STAILQ_FOREACH(out, group, in_group)
	{
		if (out->finishes)
			count_finished(out, out->counters.tx_drops, &f);
	}
}

static void
send_to_group(const struct port_group *group, struct frame *const *frames,
	      uint32_t n, uint64_t now_ns)
{
	struct port *out;

	if (finish_any(frames, n, 0)) {
		send_unfinished(group, frames, n, now_ns);
		return;
	}
	STAILQ_FOREACH(out, group, in_group)
	send_shared(out, frames, n, now_ns);
}

static void
count_unmade(struct port *out, const struct retag_tally *tally)
{
	out->counters.tx_drops[DROP_OVERSIZE] += tally->n_oversize;
	out->counters.tx_drops[DROP_NO_BUFFER] += tally->n_no_buffer;
}

/* To ports where they leave with a tag, or to those where without.
 * @frames: references taken */
static void
flood_version(const struct port_group *group, struct frame **frames, uint32_t n,
	      uint16_t tpid, bool tagged, uint64_t now_ns)
{
	struct retag_tally tally = retag_frames(frames, n, tpid, tagged);
	struct port *out;

	send_to_group(group, frames, tally.n_made, now_ns);
	for (uint32_t i = 0; i < tally.n_made; i++)
		frame_unref(frames[i]);
	if (tally.n_made == n)
		return;
	STAILQ_FOREACH(out, group, in_group)
	count_unmade(out, &tally);
}

/* Under VLAN rules there are at most two versions of a frame, whatever the
 * number of ports.
 * @frames: of one VLAN; references taken */
static void
flood_versions(const struct port_group *untagged,
	       const struct port_group *tagged, struct frame **frames,
	       uint32_t n, uint16_t tpid, uint64_t now_ns)
{
	struct frame *others[FRAME_BATCH];

	if (STAILQ_EMPTY(tagged)) {
		flood_version(untagged, frames, n, tpid, false, now_ns);
		return;
	}
	if (!STAILQ_EMPTY(untagged)) {
		for (uint32_t i = 0; i < n; i++)
			others[i] = frame_ref(frames[i]);
		flood_version(untagged, others, n, tpid, false, now_ns);
	}
	flood_version(tagged, frames, n, tpid, true, now_ns);
}

static void
flood(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	struct port_group as_is = STAILQ_HEAD_INITIALIZER(as_is);
	struct port_group untagged = STAILQ_HEAD_INITIALIZER(untagged);
	struct port_group tagged = STAILQ_HEAD_INITIALIZER(tagged);
	struct port_group *const groups[] = {
		[EGRESS_AS_IT_IS] = &as_is,
		[EGRESS_UNTAGGED] = &untagged,
		[EGRESS_TAGGED] = &tagged,
	};
	struct segment *segment = in->segment;
	uint64_t n_outs = 0;
	struct port *out;

	TAILQ_FOREACH (out, &segment->ports, in_segment) {
		enum egress_fate fate = decide_egress(out, frames[0]->vid);

		if (out == in || fate > EGRESS_TAGGED)
			continue;
		STAILQ_INSERT_TAIL(groups[fate], out, in_group);
		n_outs++;
	}
	if (n_outs == 0) {
		for (uint32_t i = 0; i < n; i++)
			rx_drop(in, VL_STAGE_FORWARD, DROP_NO_DESTINATION,
				frames[i]);
		return;
	}
	segment->copies += n * (n_outs - 1);
	if (segment->mode == SEGMENT_8021Q) {
		flood_versions(&untagged, &tagged, frames, n, segment->tpid,
			       now_ns);
		return;
	}
	send_to_group(&as_is, frames, n, now_ns);
	for (uint32_t i = 0; i < n; i++)
		frame_unref(frames[i]);
}

/* As the rules of @out want them.  Return: how many are left. */
static uint32_t
ready_to_leave(struct port *out, struct frame **frames, uint32_t n)
{
	enum egress_fate fate = decide_egress(out, frames[0]->vid);
	struct retag_tally tally;

	if (fate == EGRESS_AS_IT_IS)
		return n;
	if (fate > EGRESS_TAGGED) {
		for (uint32_t i = 0; i < n; i++)
			tx_drop(out, fate == EGRESS_STP ? DROP_STP : DROP_VLAN,
				frames[i]);
		return 0;
	}
	tally =
	    retag_frames(frames, n, out->segment->tpid, fate == EGRESS_TAGGED);
	count_unmade(out, &tally);
	return tally.n_made;
}

static void
unicast(struct port *in, port_id_t to, struct frame **frames, uint32_t n,
	uint64_t now_ns)
{
	struct port *out = lane_port(in->lane, to);

	if (out != NULL) {
		n = ready_to_leave(out, frames, n);
		if (n > 0)
			egress(out, frames, n, HOOK_FIRST, now_ns);
		backpressure_check(in, out, now_ns);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		rx_drop(in, VL_STAGE_FORWARD, DROP_PORT_GONE, frames[i]);
}

/* Under VLAN rules: drops frames that a plugin has held since before there were
 * any, for in which VLAN they are nobody has asked; and looks whether those that
 * a plugin has changed still have their tag.  Return: how many are left. */
static uint32_t
keep_ruled(struct port *in, struct frame **frames, uint32_t n)
{
	uint32_t n_left = 0;

	if (in->segment->mode != SEGMENT_8021Q)
		return n;
	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (frame->tagging == VID_UNRULED) {
			rx_drop(in, VL_STAGE_FORWARD, DROP_VLAN, frame);
			continue;
		}
		if (frame->edited)
			frame->tagging = (uint8_t)vid_tagging_of(
			    in->segment->tpid, frame->data, frame->len);
		frames[n_left++] = frame;
	}
	return n_left;
}

static bool
go_together(const struct frame *a, const struct frame *b)
{
	return a->out_port == b->out_port &&
	       (a->vid == b->vid || a->tagging == VID_UNRULED);
}

/* Runs of frames with the same destination stay vectors. */
static void
distribute(struct port *in, struct frame **frames, uint32_t n, uint64_t now_ns)
{
	uint32_t run;

	n = keep_ruled(in, frames, n);
	for (uint32_t i = 0; i < n; i += run) {
		port_id_t to = frames[i]->out_port;

		for (run = 1;
		     i + run < n && go_together(frames[i], frames[i + run]);)
			run++;
		if (to == PORT_FLOOD)
			flood(in, frames + i, run, now_ns);
		else
			unicast(in, to, frames + i, run, now_ns);
	}
}

/* Return: how many of the frames the hooks of @stage have let pass. */
static uint32_t
run_hooks(struct port *in, enum vl_stage stage, struct frame **frames,
	  uint32_t n, struct hook_position from, uint64_t now_ns)
{
	struct pipeline *p = in->lane->pipeline;
	struct hook_tally tally;

	if (!pipeline_wants(p, stage, &in->site))
		return n;
	n = make_own(frames, n, in->counters.rx_drops);
	tally = pipeline_run(p, stage, &in->site, frames, n, from, now_ns);
	in->counters.rx_drops[DROP_PLUGIN] += tally.n_dropped;
	in->segment->n_held += tally.n_stolen;
	return tally.n_passed;
}

static void
forward_finished(struct port *in, struct frame **frames, uint32_t n,
		 struct hook_position from, uint64_t now_ns)
{
	n = run_hooks(in, VL_STAGE_FORWARD, frames, n, from, now_ns);
	distribute(in, frames, n, now_ns);
}

typedef void stage_fn(struct port *in, struct frame **frames, uint32_t n,
		      struct hook_position from, uint64_t now_ns);

/* The hooks of @stage, and what comes behind them (@fn), for frames as these
 * hooks can take them. */
static void
run_stage(struct port *in, enum vl_stage stage, stage_fn *fn,
	  struct frame **frames, uint32_t n, struct hook_position from,
	  uint64_t now_ns)
{
	struct frame *some[FRAME_BATCH];
	struct finish f;

	if (!finish_any(frames, n, 0) ||
	    !finish_any(frames, n, hooks_take(in, stage))) {
		fn(in, frames, n, from, now_ns);
		return;
	}
	finish_init(&f, frames, n, hooks_take(in, stage));
	while ((n = finish_next(&f, some)) > 0)
		fn(in, some, n, from, now_ns);
	count_finished(in, in->counters.rx_drops, &f);
}

static void
run_forward_hooks(struct port *in, struct frame **frames, uint32_t n,
		  struct hook_position from, uint64_t now_ns)
{
	run_stage(in, VL_STAGE_FORWARD, forward_finished, frames, n, from,
		  now_ns);
}

/* ---- learning and looking up ---- */

static void
trap(struct port *in, const struct frame *frame, uint64_t now_ns)
{
	const struct segment *segment = in->segment;

	frame_gather(frame);
	segment->bpdu_fn(in, frame, now_ns, segment->bpdu_arg);
}

static void
decide(struct port *in, const struct frame *frame, uint64_t now_ms,
       enum decide_mode mode, struct decision *d)
{
	decide_ingress(in, frame->data, frame->len, now_ms, mode, d);
	if (mode == DECIDE_AND_LEARN && d->learns &&
	    (d->source == FDB_MOVED || d->source == FDB_FLAPPING)) {
		struct mac src = mac_from_bytes(frame->data + MAC_LEN);

		segment_station_moved(in, &src, d->vid, d->source, now_ms);
	}
}

/* Return: how many of the frames have somewhere to go. */
static uint32_t
look_up(struct port *in, struct frame **frames, uint32_t n,
	enum decide_mode mode, uint64_t now_ns)
{
	uint64_t now_ms = now_ns / NS_PER_MS;
	struct decision d;
	uint8_t key[DECIDE_KEY_LEN];
	bool have_key = false; /* .d is about frames that begin with it */
	uint32_t n_left = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		/* Frames come in runs: the answer is that of the one before. */
		if (!have_key || frame->len < DECIDE_LEN_MIN ||
		    memcmp(frame->data, key, DECIDE_KEY_LEN) != 0) {
			decide(in, frame, now_ms, mode, &d);
			memcpy(key, frame->data, DECIDE_KEY_LEN);
			have_key = frame->len >= DECIDE_LEN_MIN;
		}
		in->counters.rx_kinds[d.kind]++;
		frame->out_port = d.to;
		frame->vid = d.vid;
		frame->tagging = (uint8_t)d.tagging;
		if (d.to != PORT_NONE) {
			frames[n_left++] = frame;
			continue;
		}
		if (d.reserved == RESERVED_TRAPPED) {
			trap(in, frame, now_ns);
			have_key = false; /* it may have changed the answer */
		}
		rx_drop(in, VL_STAGE_INGRESS, d.drop, frame);
	}
	return n_left;
}

static void
ingress_finished(struct port *in, struct frame **frames, uint32_t n,
		 struct hook_position from, uint64_t now_ns)
{
	n = run_hooks(in, VL_STAGE_INGRESS, frames, n, from, now_ns);
	n = look_up(in, frames, n, DECIDE_AND_LEARN, now_ns);
	run_forward_hooks(in, frames, n, HOOK_FIRST, now_ns);
}

static void
ingress(struct port *in, struct frame **frames, uint32_t n,
	struct hook_position from, uint64_t now_ns)
{
	run_stage(in, VL_STAGE_INGRESS, ingress_finished, frames, n, from,
		  now_ns);
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
	       a->resume_hook == b->resume_hook && a->injected == b->injected;
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
		if (frames[0]->injected)
			n = look_up(port, frames, n, DECIDE_ONLY, now_ns);
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
drops_of(const struct lane *lane, const struct frame *frame)
{
	struct port *port = lane_port(lane, frame->resume_port);
	struct segment *segment = lane_segment(lane, frame->segment);
	struct port_counters *c;

	if (segment == NULL)
		return NULL;
	c = port != NULL ? &port->counters : &segment->gone;
	return frame->resume_stage == VL_STAGE_EGRESS ? c->tx_drops
						      : c->rx_drops;
}

static void
count_held_drop(const struct lane *lane, const struct frame *frame,
		enum drop_reason reason)
{
	uint64_t *drops = drops_of(lane, frame);

	if (drops != NULL)
		drops[reason]++;
}

static void
drop_held(struct lane *lane, struct frame *frame, enum drop_reason reason)
{
	count_held_drop(lane, frame, reason);
	if (reason != DROP_PLUGIN && drop_watchers_any(&lane->drop_watchers))
		drop_watchers_tell(&lane->drop_watchers,
				   (enum vl_stage)frame->resume_stage,
				   frame->segment, frame->resume_port, frame,
				   NULL, drop_reason_name(reason));
	frame_unref(frame);
}

static void
no_longer_held(const struct lane *lane, const struct frame *frame, uint32_t n)
{
	struct segment *segment = lane_segment(lane, frame->segment);

	if (segment == NULL)
		return;
	assert(segment->n_held >= n);
	segment->n_held -= n;
}

void
forward_resume(struct lane *lane, struct frame_list *list, uint32_t max,
	       uint64_t now_ns)
{
	struct frame *frames[FRAME_BATCH];
	uint32_t n, n_done = 0;

	while (n_done < max && (n = take_run(list, frames)) > 0) {
		struct port *port = lane_port(lane, frames[0]->resume_port);

		n_done += n;
		no_longer_held(lane, frames[0], n);
		if (port != NULL) {
			resume_run(port, frames, n, now_ns);
			continue;
		}
		for (uint32_t i = 0; i < n; i++)
			drop_held(lane, frames[i], DROP_PORT_GONE);
	}
}

/* @frame waits for the end of the turn, and counts as held until then. */
static void
go_on_later(struct frame *frame, enum vl_stage stage, struct port *port,
	    struct hook_position from)
{
	struct lane *lane = port->lane;

	frame->segment = port->segment->id;
	frame->resume_port = port->id;
	frame->resume_stage = (uint8_t)stage;
	frame->resume_order = from.order;
	frame->resume_hook = from.number;
	frame->injected = true;
	lane_enter(lane);
	TAILQ_INSERT_TAIL(&lane->resumed, frame, link);
	lane_leave(lane);
}

void
forward_input_later(struct port *in, struct frame *frame)
{
	in->segment->n_held++;
	go_on_later(frame, VL_STAGE_INGRESS, in, HOOK_FIRST);
}

void
forward_inject(struct frame *frame, enum frame_holder holder,
	       enum vl_stage stage, struct port *port,
	       struct hook_position from)
{
	struct segment *segment = port->segment;
	struct lane *lane = port->lane;

	if (holder == FRAME_MADE || frame->segment != segment->id) {
		if (holder == FRAME_STOLEN) {
			no_longer_held(lane, frame, 1);
			count_held_drop(lane, frame, DROP_PLUGIN);
		}
		segment->made++;
		segment->n_held++; /* until it goes on */
	}
	if (stage != VL_STAGE_EGRESS)
		frame->in_port = port->id;
	go_on_later(frame, stage, port, from);
}

void
forward_discard(struct lane *lane, struct frame *frame, enum drop_reason reason)
{
	no_longer_held(lane, frame, 1);
	drop_held(lane, frame, reason);
}
