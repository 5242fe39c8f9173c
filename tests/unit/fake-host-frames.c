/* The fake host's frames: pushing them through hooks, and what plugins do with
 * those that they hold or make. */
#include "config.h"

#include "tests/unit/fake-host-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/xalloc.h"

static struct vl_frame *
frame_new(const struct fake_host *h, uint32_t in, uint32_t out,
	  const void *data, uint32_t len)
{
	struct vl_frame *frame = XNEW(struct vl_frame);

	*frame = (struct vl_frame){
		.data = xcalloc(1, len), /* exact: ASan sees more */
		.len = len,
		.in_port = in,
		.out_port = out,
		.time_ns = h->now_ns + FAKE_WALL_OFFSET_NS,
	};
	if (data != NULL)
		memcpy(frame->data, data, len);
	return frame;
}

static struct vl_frame *
frame_copy(const struct vl_frame *frame)
{
	struct vl_frame *copy = XNEW(struct vl_frame);

	*copy = *frame;
	copy->holder = FAKE_NOBODY;
	copy->in_hook = false;
	copy->data = xcalloc(1, frame->len);
	memcpy(copy->data, frame->data, frame->len);
	return copy;
}

void
fake_frame_free(struct vl_frame *frame)
{
	free(frame->data);
	free(frame);
}

/* ---- scope and drops ---- */

bool
fake_port_in_scope(const struct fake_host *h, uint32_t port)
{
	const struct vl_scope *scope = &h->scope;

	return (scope->port == VL_PORT_NONE || scope->port == port) &&
	       (scope->segment == UINT32_MAX ||
		scope->segment == h->ports[port].segment);
}

bool
fake_in_scope(const struct fake_host *h, enum vl_stage stage, uint32_t port)
{
	enum vl_direction direction = h->scope.direction;

	if (direction != VL_DIR_BOTH &&
	    (direction == VL_DIR_OUT) != (stage == VL_STAGE_EGRESS))
		return false;
	return fake_port_in_scope(h, port);
}

const char *
fake_count_drop(struct vl_inst *inst, uint8_t verdict)
{
	size_t i = (size_t)verdict - VL_DROP_REASONS;

	inst->n_dropped++;
	if (verdict < VL_DROP_REASONS)
		return "plugin";
	ck_assert_msg(i < inst->n_reasons, "verdict %u was never given out",
		      verdict);
	inst->n_drops[i]++;
	return inst->reasons[i];
}

void
fake_tell_drop(struct fake_host *h, const struct vl_drop *drop)
{
	if (h->inst->drop_fn != NULL &&
	    fake_in_scope(h, drop->stage, drop->port))
		h->inst->drop_fn(h->inst->priv, drop);
}

void
fake_drop(struct fake_host *h, enum vl_stage stage, uint32_t port,
	  const struct fake_frame *from, const char *by, const char *reason)
{
	struct vl_frame *frame =
	    frame_new(h, port, VL_PORT_NONE, from->data, from->len);
	const struct vl_drop drop = {
		frame, port, stage, by, reason, h->now_ns
	};

	fake_leave(h, frame);
	h->next_unfinished = false;
	fake_tell_drop(h, &drop);
	fake_frame_free(frame);
}

uint64_t
fake_dropped(const struct fake_host *h, const char *reason)
{
	const struct vl_inst *inst = h->inst;

	if (reason == NULL)
		return inst->n_dropped;
	for (size_t i = 0; i < inst->n_reasons; i++)
		if (strcmp(inst->reasons[i], reason) == 0)
			return inst->n_drops[i];
	ck_abort_msg("no reason %s", reason);
	return 0;
}

int
vl_drop_reason_add(struct vl_inst *inst, const char *reason)
{
	for (size_t i = 0; i < inst->n_reasons; i++)
		if (strcmp(inst->reasons[i], reason) == 0)
			return -EEXIST;
	if (inst->n_reasons == FAKE_REASONS_MAX)
		return -ENOSPC;
	inst->reasons[inst->n_reasons] = xstrdup(reason);
	return VL_DROP_REASONS + (int)inst->n_reasons++;
}

int
vl_drop_watch(struct vl_inst *inst, vl_drop_fn *fn)
{
	inst->drop_fn = fn;
	return 0;
}

/* ---- what left the plugin ---- */

void
fake_note_out(struct fake_host *h, enum fake_way way, enum vl_stage stage,
	      uint32_t port, const struct vl_frame *frame, uint8_t verdict)
{
	struct fake_out out = {
		.way = way,
		.stage = stage,
		.port = port,
		.in_port = frame->in_port,
		.data = frame->data,
		.len = frame->len,
		.verdict = verdict,
		.at_ns = h->now_ns,
		.n_marks = frame->n_marks,
	};
	uint8_t *copy;

	for (uint32_t i = 0; i < frame->n_marks; i++)
		out.marks[i] = h->inst->marks[frame->marks[i]];
	if (h->on_out != NULL) {
		h->on_out(&out, h->out_arg);
	} else if (h->n_outs < FAKE_OUTS_MAX) {
		if (h->outs == NULL)
			h->outs = xcalloc(FAKE_OUTS_MAX, sizeof(*h->outs));
		copy = xcalloc(1, out.len);
		memcpy(copy, out.data, out.len);
		out.data = copy;
		h->outs[h->n_outs] = out;
	}
	h->n_outs++;
}

size_t
fake_n_outs(const struct fake_host *h)
{
	return h->n_outs;
}

const struct fake_out *
fake_out(const struct fake_host *h, size_t i)
{
	ck_assert_msg(i < h->n_outs && i < FAKE_OUTS_MAX,
		      "frame %zu of %zu that have left", i, h->n_outs);
	return &h->outs[i];
}

void
fake_outs_clear(struct fake_host *h)
{
	for (size_t i = 0; h->outs != NULL && i < FAKE_OUTS_MAX; i++) {
		free((void *)h->outs[i].data);
		h->outs[i].data = NULL;
	}
	h->n_outs = 0;
}

void
fake_on_out(struct fake_host *h, fake_out_fn *fn, void *arg)
{
	h->on_out = fn;
	h->out_arg = arg;
}

/* ---- through the hooks ---- */

static void
take_verdict(struct fake_host *h, enum vl_stage stage, uint32_t port,
	     struct vl_frame *frame, uint8_t verdict)
{
	struct vl_drop drop = { frame, port,	 stage, vl_name(h->inst),
				NULL,  h->now_ns };

	if (verdict == VL_PASS)
		return;
	if (verdict == VL_STOLEN) {
		frame->holder = FAKE_STOLEN;
		frame->stage = stage;
		frame->port = port;
		h->n_held++;
		return;
	}
	ck_assert_msg(verdict == VL_DROP || verdict >= VL_DROP_REASONS,
		      "%u is no verdict", verdict);
	drop.reason = fake_count_drop(h->inst, verdict);
	fake_tell_drop(h, &drop);
}

static void
run_hooks(struct fake_host *h, enum vl_stage stage, const struct vl_vector *v)
{
	struct vl_inst *inst = h->inst;

	if (!inst->hooks_on[stage] || !fake_in_scope(h, stage, v->port))
		return;
	for (size_t i = 0; i < inst->n_hooks[stage]; i++) {
		for (uint32_t j = 0; j < v->n; j++)
			v->frames[j]->in_hook = v->verdicts[j] == VL_PASS;
		inst->hooks[stage][i].fn(inst->priv, v);
		for (uint32_t j = 0; j < v->n; j++)
			v->frames[j]->in_hook = false;
	}
}

/* Runs the hooks of @stage for the frames that have not been dropped yet. */
static void
run_stage(struct fake_host *h, enum vl_stage stage, uint32_t port,
	  struct vl_frame **frames, uint8_t *verdicts, size_t n,
	  struct fake_fate *fates)
{
	struct vl_vector v = { .frames = frames,
			       .verdicts = verdicts,
			       .n = (uint32_t)n,
			       .port = port,
			       .now_ns = h->now_ns };
	uint8_t seen[FAKE_BATCH_MAX], before[FAKE_BATCH_MAX];

	memcpy(seen, verdicts, n);
	for (; h->n_to_drop[stage] > 0; h->n_to_drop[stage]--)
		verdicts[h->n_to_drop[stage] - 1] = VL_DROP;
	memcpy(before, verdicts, n);
	run_hooks(h, stage, &v);
	for (size_t i = 0; i < n; i++) {
		if (before[i] != VL_PASS)
			ck_assert_msg(verdicts[i] == before[i],
				      "an earlier verdict was changed");
		else
			take_verdict(h, stage, port, frames[i], verdicts[i]);
		if (seen[i] == VL_PASS)
			fates[i] = (struct fake_fate){ verdicts[i], stage };
	}
}

/* Each port that frames leave by has frames of its own, so that a hook may
 * steal some. */
static void
push_out(struct fake_host *h, uint32_t port, struct vl_frame **frames,
	 const uint8_t *verdicts, size_t n, struct fake_fate *fates)
{
	struct vl_frame *copies[FAKE_BATCH_MAX];
	uint8_t out_verdicts[FAKE_BATCH_MAX];

	for (size_t i = 0; i < n; i++)
		copies[i] = frame_copy(frames[i]);
	memcpy(out_verdicts, verdicts, n);
	run_stage(h, VL_STAGE_EGRESS, port, copies, out_verdicts, n, fates);
	for (size_t i = 0; i < n; i++) {
		if (out_verdicts[i] == VL_PASS)
			fake_note_out(h, FAKE_PASSED, VL_STAGE_EGRESS, port,
				      copies[i], VL_PASS);
		if (verdicts[i] != VL_PASS || out_verdicts[i] != VL_STOLEN)
			fake_frame_free(copies[i]);
	}
}

/* Return: the number of the mark, which may have been there. */
static int
add_mark(struct vl_inst *inst, const char *full)
{
	for (size_t i = 0; i < inst->n_marks; i++)
		if (strcmp(inst->marks[i], full) == 0)
			return (int)i;
	ck_assert_uint_lt(inst->n_marks, FAKE_MARKS_MAX);
	inst->marks[inst->n_marks] = xstrdup(full);
	return (int)inst->n_marks++;
}

void
fake_push_n(struct fake_host *h, uint32_t in, uint32_t out,
	    const struct fake_frame *frames, size_t n, struct fake_fate *fates)
{
	struct vl_frame *list[FAKE_BATCH_MAX];
	uint8_t verdicts[FAKE_BATCH_MAX] = { VL_PASS };
	uint32_t segment = h->ports[in].segment;

	ck_assert_uint_le(n, FAKE_BATCH_MAX);
	for (size_t i = 0; i < n; i++) {
		list[i] = frame_new(h, in, out, frames[i].data, frames[i].len);
		if (h->next_mark != NULL)
			list[i]->marks[list[i]->n_marks++] =
			    add_mark(h->inst, h->next_mark);
		if (i == 0)
			fake_leave(h, list[i]);
	}
	h->next_mark = NULL;
	h->next_unfinished = false;
	run_stage(h, VL_STAGE_INGRESS, in, list, verdicts, n, fates);
	run_stage(h, VL_STAGE_FORWARD, in, list, verdicts, n, fates);
	for (uint32_t p = 0; p < h->n_ports; p++)
		if (p == out || (out == VL_PORT_FLOOD && p != in &&
				 h->ports[p].name != NULL &&
				 h->ports[p].segment == segment))
			push_out(h, p, list, verdicts, n, fates);
	for (size_t i = 0; i < n; i++)
		if (verdicts[i] != VL_STOLEN)
			fake_frame_free(list[i]);
}

void
fake_mark_next(struct fake_host *h, const char *text)
{
	h->next_mark = text;
}

void
fake_drop_next(struct fake_host *h, enum vl_stage stage, size_t n)
{
	h->n_to_drop[stage] = n;
}

struct fake_fate
fake_push(struct fake_host *h, uint32_t in, uint32_t out,
	  const struct fake_frame *frame)
{
	struct fake_fate fate;

	fake_push_n(h, in, out, frame, 1, &fate);
	return fate;
}

/* ---- what plugins may ask and do ---- */

const uint8_t *
vl_frame_data(const struct vl_frame *frame)
{
	return frame->data;
}

uint32_t
vl_frame_len(const struct vl_frame *frame)
{
	return frame->len;
}

uint32_t
vl_frame_in_port(const struct vl_frame *frame)
{
	return frame->in_port;
}

uint32_t
vl_frame_out_port(const struct vl_frame *frame)
{
	return frame->out_port;
}

uint64_t
vl_frame_time_ns(const struct vl_frame *frame)
{
	return frame->time_ns;
}

static bool
is_good_len(uint32_t len)
{
	return len >= VL_FRAME_LEN_MIN && len <= VL_FRAME_LEN_MAX;
}

/* The octets move each time, so that who keeps a pointer is caught. */
uint8_t *
vl_frame_edit(struct vl_inst *inst, struct vl_frame **frame, uint32_t len)
{
	struct vl_frame *f = *frame;
	uint8_t *data;

	(void)inst;
	ck_assert_msg(f->in_hook || f->holder != FAKE_NOBODY,
		      "that frame is not the plugin's to change");
	if (!is_good_len(len))
		return NULL;
	data = xcalloc(1, len);
	memcpy(data, f->data, len < f->len ? len : f->len);
	free(f->data);
	f->data = data;
	f->len = len;
	return data;
}

static struct vl_frame *
hold_made(struct vl_inst *inst, struct vl_frame *frame)
{
	frame->holder = FAKE_MADE;
	inst->host->n_held++;
	return frame;
}

struct vl_frame *
vl_frame_new(struct vl_inst *inst, const void *data, uint32_t len)
{
	if (!is_good_len(len))
		return NULL;
	return hold_made(
	    inst, frame_new(inst->host, VL_PORT_NONE, VL_PORT_NONE, data, len));
}

struct vl_frame *
vl_frame_clone(struct vl_inst *inst, const struct vl_frame *frame)
{
	return hold_made(inst, frame_copy(frame));
}

/* Return: what it was. */
static enum fake_holder
give_back(struct vl_inst *inst, struct vl_frame *frame)
{
	enum fake_holder holder = frame->holder;

	ck_assert_msg(holder != FAKE_NOBODY,
		      "the plugin does not hold that frame");
	frame->holder = FAKE_NOBODY;
	inst->host->n_held--;
	return holder;
}

void
vl_frame_resume(struct vl_inst *inst, struct vl_frame *frame)
{
	ck_assert_msg(give_back(inst, frame) == FAKE_STOLEN,
		      "a frame is resumed that was made");
	inst->host->n_resumed++;
	fake_note_out(inst->host, FAKE_RESUMED, frame->stage, frame->port,
		      frame, VL_PASS);
	fake_frame_free(frame);
}

void
vl_frame_inject(struct vl_inst *inst, enum vl_stage stage, uint32_t port,
		struct vl_frame *frame)
{
	give_back(inst, frame);
	ck_assert_msg((unsigned)stage < VL_N_STAGES, "%d is no stage", stage);
	inst->host->n_injected++;
	if (stage != VL_STAGE_EGRESS)
		frame->in_port = port;
	if (vl_port_name(inst, port) != NULL)
		fake_note_out(inst->host, FAKE_INJECTED, stage, port, frame,
			      VL_PASS);
	fake_frame_free(frame);
}

void
vl_frame_discard(struct vl_inst *inst, struct vl_frame *frame, uint8_t verdict)
{
	struct vl_drop drop = {
		frame,	       frame->port, frame->stage,
		vl_name(inst), NULL,	    inst->host->now_ns
	};

	if (give_back(inst, frame) == FAKE_STOLEN) {
		drop.reason = fake_count_drop(inst, verdict);
		fake_tell_drop(inst->host, &drop);
		fake_note_out(inst->host, FAKE_DISCARDED, frame->stage,
			      frame->port, frame, verdict);
	}
	inst->host->n_discarded++;
	fake_frame_free(frame);
}

/* ---- marks ---- */

int
vl_mark_add(struct vl_inst *inst, const char *text)
{
	char *full = xasprintf("%s: %s", vl_name(inst), text);

	for (size_t i = 0; i < inst->n_marks; i++) {
		if (strcmp(inst->marks[i], full) == 0) {
			free(full);
			return -EEXIST;
		}
	}
	ck_assert_uint_lt(inst->n_marks, FAKE_MARKS_MAX);
	inst->marks[inst->n_marks] = full;
	return (int)inst->n_marks++;
}

void
vl_frame_mark(struct vl_inst *inst, struct vl_frame *frame, int mark)
{
	uint32_t n = 0;

	ck_assert_msg(mark >= 0 && (size_t)mark < inst->n_marks,
		      "%d is no mark", mark);
	ck_assert_msg(frame->in_hook || frame->holder != FAKE_NOBODY,
		      "that frame is not the plugin's to mark");
	for (uint32_t i = 0; i < frame->n_marks; i++)
		if (frame->marks[i] != mark)
			frame->marks[n++] = frame->marks[i];
	if (n == VL_MARKS_MAX)
		memmove(frame->marks, frame->marks + 1,
			--n * sizeof(frame->marks[0]));
	frame->marks[n++] = mark;
	frame->n_marks = n;
}

uint32_t
vl_frame_marks(const struct vl_inst *inst, const struct vl_frame *frame,
	       const char *texts[VL_MARKS_MAX])
{
	for (uint32_t i = 0; i < frame->n_marks; i++)
		texts[i] = inst->marks[frame->marks[i]];
	return frame->n_marks;
}

/* ---- how many ---- */

size_t
fake_n_resumed(const struct fake_host *h)
{
	return h->n_resumed;
}

size_t
fake_n_injected(const struct fake_host *h)
{
	return h->n_injected;
}

size_t
fake_n_discarded(const struct fake_host *h)
{
	return h->n_discarded;
}

size_t
fake_n_held(const struct fake_host *h)
{
	return h->n_held;
}
