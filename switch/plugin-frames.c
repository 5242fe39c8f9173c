/* What plugins do with frames; the contract is include/vdelab/plugin.h. */
#include "vdelab/plugin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/drop-watch.h"
#include "switch/forward.h"
#include "switch/frame.h"
#include "switch/marks.h"
#include "switch/pipeline.h"
#include "switch/plugin-inst.h"
#include "switch/port.h"
#include "switch/ports/offload.h"
#include "switch/segment.h"
#include "switch/switch.h"

static_assert((int)VL_VECTOR_MAX == (int)FRAME_BATCH, "a vector is a batch");
static_assert((int)VL_MARKS_MAX == (int)FRAME_MARKS, "marks of a frame");
static_assert((int)VL_FRAME_LEN_MIN == (int)FRAME_LEN_MIN &&
		  (int)VL_FRAME_LEN_MAX == (int)FRAME_LEN_MAX,
	      "lengths of frames");

/* What plugins call a vl_frame is our frame. */
static const struct frame *
frame_of(const struct vl_frame *frame)
{
	return (const struct frame *)frame;
}

const uint8_t *
vl_frame_data(const struct vl_frame *frame)
{
	return frame_of(frame)->data;
}

uint32_t
vl_frame_len(const struct vl_frame *frame)
{
	return frame_of(frame)->len;
}

uint32_t
vl_frame_in_port(const struct vl_frame *frame)
{
	return frame_of(frame)->in_port;
}

uint32_t
vl_frame_out_port(const struct vl_frame *frame)
{
	return frame_of(frame)->out_port;
}

uint64_t
vl_frame_time_ns(const struct vl_frame *frame)
{
	return frame_of(frame)->time_ns;
}

/* ---- what is left to do ---- */

void
vl_takes_offloads(struct vl_inst *inst)
{
	pipeline_take_unfinished(inst->lane->pipeline, &inst->owner);
}

static enum vl_segmentation
segmentation_of(const struct frame_offload *o)
{
	static const uint8_t names[FRAME_N_SEGMENTATIONS] = {
		[FRAME_SEGMENT_NONE] = VL_SEGMENT_NONE,
		[FRAME_SEGMENT_TCP4] = VL_SEGMENT_TCP,
		[FRAME_SEGMENT_TCP6] = VL_SEGMENT_TCP,
		[FRAME_SEGMENT_UDP] = VL_SEGMENT_FRAGMENTS,
		[FRAME_SEGMENT_UDP_L4] = VL_SEGMENT_DATAGRAMS,
	};

	return (enum vl_segmentation)names[o->segmentation];
}

int
vl_frame_offload(const struct vl_frame *vl_frame, struct vl_offload *to)
{
	const struct frame *frame = (const struct frame *)vl_frame;
	const struct frame_offload *o = &frame->offload;
	struct offload_cut cut;
	uint32_t at;

	*to = (struct vl_offload){ .segmentation = VL_SEGMENT_NONE,
				   .n_segments = 1 };
	if (frame_is_finished(frame))
		return 0;
	/* One that was dropped may be other than it says. */
	if (o->segmentation != FRAME_SEGMENT_NONE &&
	    offload_cut_init(&cut, o, frame->data, frame->len, 0) < 0)
		return 1;
	at = (uint32_t)o->checksum_start + o->checksum_offset;
	if (o->needs_checksum && at + 2 <= frame->len)
		to->checksum = at;
	if (o->segmentation == FRAME_SEGMENT_NONE)
		return 1;
	to->segmentation = segmentation_of(o);
	to->n_segments = (uint32_t)offload_cut_n(&cut);
	to->segment_len = (uint32_t)cut.payload_len;
	return 1;
}

void
vl_frame_checksum(const struct vl_frame *vl_frame, uint8_t octets[2])
{
	const struct frame *frame = (const struct frame *)vl_frame;

	if (offload_missing_checksum(&frame->offload, frame->data, frame->len,
				     octets) < 0)
		memset(octets, 0, 2);
}

/* ---- making and changing ---- */

static bool
is_good_len(uint32_t len)
{
	return len >= FRAME_LEN_MIN && len <= FRAME_LEN_MAX;
}

uint8_t *
vl_frame_edit(struct vl_inst *inst, struct vl_frame **vl_frame, uint32_t len)
{
	struct frame *frame = (struct frame *)*vl_frame;

	if (frame->refs != 1) {
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s wants to change a frame that it was not "
			    "given: a bug in the plugin",
			    inst->name);
		return NULL;
	}
	if (!is_good_len(len) || !frame_is_finished(frame) ||
	    !frame_resize(frame, len))
		return NULL;
	frame->offload.checksum_valid = false;
	frame->edited = true;
	return frame->data;
}

struct vl_frame *
vl_frame_new(struct vl_inst *inst, const void *data, uint32_t len)
{
	struct lane *lane = inst->lane;
	struct frame *frame;
	uint32_t size;

	if (!is_good_len(len))
		return NULL;
	size = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;
	frame = frame_alloc(lane->pool, size);
	if (frame == NULL)
		return NULL;
	frame->len = len;
	frame->time_ns = lane_wall_ns(lane, clock_now_ns(lane->clock));
	memset(frame->data, 0, size);
	if (data != NULL)
		memcpy(frame->data, data, len);
	hook_owner_hold(&inst->owner, frame, FRAME_MADE);
	return (struct vl_frame *)frame;
}

struct vl_frame *
vl_frame_clone(struct vl_inst *inst, const struct vl_frame *vl_frame)
{
	struct frame *frame = frame_share(frame_of(vl_frame));

	if (frame == NULL)
		return NULL;
	frame = frame_settle(frame); /* who knows how long it is kept */
	hook_owner_hold(&inst->owner, frame, FRAME_MADE);
	return (struct vl_frame *)frame;
}

/* ---- letting go ---- */

/* Takes a frame back from the plugin, that is, @frame from its owner's list.
 * Return: what it was; FRAME_FREE when the plugin did not hold it. */
static enum frame_holder
give_back(struct vl_inst *inst, struct frame *frame)
{
	enum frame_holder holder = (enum frame_holder)frame->holder;

	if (holder != FRAME_FREE)
		hook_owner_release(&inst->owner, frame);
	else
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s gives back a frame that it does not "
			    "hold: a bug in the plugin",
			    inst->name);
	return holder;
}

/* A frame that was held is dropped by the plugin: tell who watches drops. */
static void
tell_drop(const struct vl_inst *inst, const struct frame *frame,
	  const char *reason)
{
	const struct drop_watchers *watchers = &inst->lane->drop_watchers;

	if (drop_watchers_any(watchers))
		drop_watchers_tell(watchers, (enum vl_stage)frame->resume_stage,
				   frame->segment, frame->resume_port, frame,
				   inst->name, reason);
}

/* Drops a frame that can go nowhere. */
static void
lose(struct vl_inst *inst, struct frame *frame, enum frame_holder holder,
     enum drop_reason reason)
{
	if (holder == FRAME_STOLEN)
		forward_discard(inst->lane, frame, reason);
	else
		frame_unref(frame);
}

void
vl_frame_inject(struct vl_inst *inst, enum vl_stage stage, uint32_t port_id,
		struct vl_frame *vl_frame)
{
	struct frame *frame = (struct frame *)vl_frame;
	enum frame_holder holder = give_back(inst, frame);
	struct port *port = lane_port(inst->lane, port_id);

	if (holder == FRAME_FREE)
		return;
	if (port == NULL || stage >= VL_N_STAGES) {
		inst->n_lost++;
		lose(inst, frame, holder, DROP_PORT_GONE);
		return;
	}
	if (frame->n_injects == VL_INJECTS_MAX) {
		LOG_LIMITED(LOG_WARN,
			    "plugin %s: a frame at port %s has been sent on by "
			    "plugins %d times, so it is dropped: do some send "
			    "to each other?",
			    inst->name, port->name, VL_INJECTS_MAX);
		inst->n_looped++;
		if (holder == FRAME_STOLEN)
			tell_drop(inst, frame, "loop");
		lose(inst, frame, holder, DROP_PLUGIN);
		return;
	}
	frame->n_injects++;
	forward_inject(
	    frame, holder, stage, port,
	    pipeline_first(inst->lane->pipeline, &inst->owner, stage));
}

void
vl_frame_resume(struct vl_inst *inst, struct vl_frame *vl_frame)
{
	struct frame *frame = (struct frame *)vl_frame;
	enum frame_holder holder = give_back(inst, frame);

	if (holder == FRAME_MADE) {
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s resumes a frame that it has not stolen: "
			    "a bug in the plugin",
			    inst->name);
		frame_unref(frame);
	}
	if (holder != FRAME_STOLEN)
		return;
	lane_enter(inst->lane);
	TAILQ_INSERT_TAIL(&inst->lane->resumed, frame, link);
	lane_leave(inst->lane);
}

void
vl_frame_discard(struct vl_inst *inst, struct vl_frame *vl_frame,
		 uint8_t verdict)
{
	struct frame *frame = (struct frame *)vl_frame;
	enum frame_holder holder = give_back(inst, frame);

	if (holder == FRAME_MADE)
		frame_unref(frame);
	if (holder != FRAME_STOLEN)
		return;
	tell_drop(inst, frame, hook_owner_count_drop(&inst->owner, verdict));
	forward_discard(inst->lane, frame, DROP_PLUGIN);
}

/* ---- marks ---- */

int
vl_mark_add(struct vl_inst *inst, const char *text)
{
	char *full = xasprintf("%s: %s", inst->name, text);
	int mark = marks_add(inst->marks, inst, full);

	free(full);
	return mark;
}

void
vl_frame_mark(struct vl_inst *inst, struct vl_frame *frame, int mark)
{
	if (marks_has(inst->marks, inst, mark))
		frame_add_mark((struct frame *)frame, (uint16_t)mark);
	else
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s has no mark %d: a bug in the plugin",
			    inst->name, mark);
}

uint32_t
vl_frame_marks(const struct vl_inst *inst, const struct vl_frame *vl_frame,
	       const char *texts[VL_MARKS_MAX])
{
	const struct frame *frame = frame_of(vl_frame);

	for (uint32_t i = 0; i < frame->n_marks; i++)
		texts[i] = marks_text(inst->marks, frame->marks[i]);
	return frame->n_marks;
}

/* ---- drops ---- */

int
vl_drop_reason_add(struct vl_inst *inst, const char *reason)
{
	return hook_owner_add_reason(&inst->owner, reason);
}

int
vl_drop_watch(struct vl_inst *inst, vl_drop_fn *fn)
{
	drop_watch_set(&inst->lane->drop_watchers, &inst->drop_watch,
		       &inst->owner, fn);
	return 0;
}

/* ---- the end of an instance ---- */

void
plugin_frames_detach(struct vl_inst *inst)
{
	vl_drop_watch(inst, NULL);
}

void
plugin_frames_fini(struct vl_inst *inst)
{
	struct frame *frame;
	unsigned n = 0;

	while ((frame = TAILQ_FIRST(&inst->owner.held)) != NULL) {
		if (give_back(inst, frame) == FRAME_STOLEN)
			forward_discard(inst->lane, frame, DROP_PLUGIN);
		else
			frame_unref(frame);
		n++;
	}
	if (n > 0)
		log_warn("plugin %s has not given back %u frames; they are "
			 "dropped",
			 inst->name, n);
	marks_release(inst->marks, inst);
	hook_owner_fini(&inst->owner);
}
