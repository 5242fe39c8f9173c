/* worker: a plugin that changes, copies, moves and makes frames as a test of the
 * host tells it to. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "vdelab/plugin.h"

enum { HELD_MAX = 256, ORDER = 500 };

enum action { NOTHING, LOSS, EDIT, MIRROR, HOLD, MARK, WATCH, N_ACTIONS };

static const char *const action_names[N_ACTIONS] = {
	[NOTHING] = "nothing", [LOSS] = "loss", [EDIT] = "edit",
	[MIRROR] = "mirror",   [HOLD] = "hold", [MARK] = "mark",
	[WATCH] = "watch",
};
static const char *const stage_names[VL_N_STAGES] = {
	[VL_STAGE_INGRESS] = "ingress",
	[VL_STAGE_FORWARD] = "forward",
	[VL_STAGE_EGRESS] = "egress",
};

struct worker {
	struct vl_inst *inst;
	enum action action;
	enum vl_stage via; /* where frames are injected */
	char to[64];	   /* at which port */
	uint32_t len;	   /* of edited frames */
	int loss, mark;
	struct vl_frame *held[HELD_MAX];
	size_t n_held;
	struct vl_timer *timer;
	struct vl_watch *watch;
	int pipe[2];
};

/* ---- frames ---- */

static void
inject(struct worker *w, struct vl_frame *frame)
{
	vl_frame_inject(w->inst, w->via, vl_port_find(w->inst, w->to), frame);
}

static uint8_t
work_on(struct worker *w, struct vl_frame **frame)
{
	uint32_t len = vl_frame_len(*frame);
	struct vl_frame *clone;
	uint8_t *octets;

	switch (w->action) {
	case LOSS:
		return (uint8_t)w->loss;
	case EDIT:
		octets = vl_frame_edit(w->inst, frame, w->len);
		if (octets != NULL && w->len > 14)
			octets[w->len - 1] = 0xee;
		break;
	case MIRROR:
		clone = vl_frame_clone(w->inst, *frame);
		/* what becomes of the original is not the clone's business */
		octets = vl_frame_edit(w->inst, frame, len);
		if (octets != NULL)
			octets[len - 1] = 0xaa;
		if (clone != NULL)
			inject(w, clone);
		break;
	case HOLD:
		if (w->n_held == HELD_MAX)
			break;
		w->held[w->n_held++] = *frame;
		return VL_STOLEN;
	case MARK:
		vl_frame_mark(w->inst, *frame, w->mark);
		break;
	default:
		break;
	}
	return VL_PASS;
}

static void
on_frames(void *priv, const struct vl_vector *v)
{
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] == VL_PASS)
			v->verdicts[i] = work_on(priv, &v->frames[i]);
	}
}

static void
on_drop(void *priv, const struct vl_drop *drop)
{
	struct worker *w = priv;
	const char *marks[VL_MARKS_MAX];
	uint32_t n = vl_frame_marks(w->inst, drop->frame, marks);
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(marks[i]));
	vl_event_send(w->inst, "drop",
		      json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "by",
				drop->by != NULL ? drop->by : "-", "reason",
				drop->reason, "stage", stage_names[drop->stage],
				"port", vl_port_name(w->inst, drop->port),
				"len", (int)vl_frame_len(drop->frame), "marks",
				list));
}

static void
on_timer(void *priv)
{
	struct worker *w = priv;
	struct vl_timer *timer = w->timer;

	w->timer = NULL;
	vl_timer_free(timer); /* allowed in its own function */
	while (w->n_held > 0)
		inject(w, w->held[--w->n_held]);
}

/* ---- methods ---- */

static int
do_release(void *priv, struct vl_inst *inst, const json_t *params,
	   json_t **result, char *error, size_t error_size)
{
	const char *how = json_string_value(json_object_get(params, "how"));
	struct worker *w = priv;

	(void)error;
	(void)error_size;
	*result = json_integer((json_int_t)w->n_held);
	for (size_t i = 0; i < w->n_held; i++) {
		if (strcmp(how, "edit") == 0)
			vl_frame_edit(inst, &w->held[i], w->len);
		if (strcmp(how, "discard") == 0)
			vl_frame_discard(inst, w->held[i], (uint8_t)w->loss);
		else if (strcmp(how, "inject") == 0)
			inject(w, w->held[i]);
		else
			vl_frame_resume(inst, w->held[i]);
	}
	w->n_held = 0;
	return 0;
}

static int
do_make(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	json_int_t len = json_integer_value(json_object_get(params, "len"));
	struct worker *w = priv;
	struct vl_frame *frame = vl_frame_new(inst, NULL, (uint32_t)len);
	uint8_t *octets;

	(void)result;
	if (frame == NULL) {
		snprintf(error, error_size, "no frame of that length");
		return -EINVAL;
	}
	octets = vl_frame_edit(inst, &frame, (uint32_t)len);
	if (octets == NULL) {
		vl_frame_discard(inst, frame, VL_DROP);
		return -ENOMEM;
	}
	memset(octets, 0xff, 6); /* to everybody */
	octets[6] = 2;
	octets[11] = 99;
	if (json_is_true(json_object_get(params, "keep")))
		w->held[w->n_held++] = frame;
	else
		inject(w, frame);
	return 0;
}

static int
do_arm(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
       char *error, size_t error_size)
{
	struct worker *w = priv;

	(void)params;
	(void)result;
	(void)error;
	(void)error_size;
	w->timer = vl_timer_add(inst, on_timer, w);
	if (w->timer == NULL)
		return -ENOMEM;
	vl_timer_set(w->timer, vl_now_ns(inst) + 1000000);
	return 0;
}

static void
on_answer(void *priv, const json_t *result, int code, const char *error)
{
	struct worker *w = priv;

	vl_event_send(w->inst, "answer",
		      json_pack("{s:i, s:s, s:O?}", "code", code, "error",
				error, "result", result));
}

static int
do_ask(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
       char *error, size_t error_size)
{
	json_int_t n = json_integer_value(json_object_get(params, "times"));
	const json_t *method = json_object_get(params, "method");
	json_t *own = json_object_get(params, "params");
	int ret = 0;

	(void)result;
	do
		ret = vl_control(inst, json_string_value(method),
				 json_incref(own), on_answer, priv);
	while (ret == 0 && --n > 0);
	if (ret < 0)
		snprintf(error, error_size, "no more");
	return ret;
}

static void
on_pipe(void *priv, int fd, unsigned events)
{
	struct worker *w = priv;
	struct vl_watch *watch = w->watch;
	char byte = '-';

	if (read(fd, &byte, 1) != 1)
		byte = '!';
	w->watch = NULL;
	vl_watch_free(watch); /* allowed in its own function */
	vl_event_send(
	    w->inst, "readable",
	    json_pack("{s:i, s:i}", "events", (int)events, "byte", (int)byte));
}

static int
do_watch(void *priv, struct vl_inst *inst, const json_t *params,
	 json_t **result, char *error, size_t error_size)
{
	bool asleep = json_is_true(json_object_get(params, "asleep"));
	struct worker *w = priv;

	(void)result;
	(void)error;
	(void)error_size;
	w->watch =
	    vl_watch_add(inst, w->pipe[0], asleep ? 0 : VL_READ, on_pipe, w);
	if (w->watch == NULL || write(w->pipe[1], "x", 1) != 1)
		return -EIO;
	return 0;
}

/* ---- life ---- */

static int
index_of(const char *const *names, int n, const json_t *options,
	 const char *key)
{
	const char *text = json_string_value(json_object_get(options, key));

	for (int i = 0; text != NULL && i < n; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return 0;
}

static int
set_up(struct worker *w, const json_t *options)
{
	struct vl_inst *inst = w->inst;
	int stage = index_of(stage_names, VL_N_STAGES, options, "stage");

	w->loss = vl_drop_reason_add(inst, "loss");
	w->mark = vl_mark_add(inst, "seen");
	if (w->loss != VL_DROP_REASONS || w->mark < 0 ||
	    vl_drop_reason_add(inst, "loss") != -EEXIST ||
	    vl_mark_add(inst, "seen") != -EEXIST)
		return -EINVAL;
	if (vl_method_add(inst, "release", "how:resume|edit|discard|inject",
			  "let held frames go", do_release) < 0 ||
	    vl_method_add(inst, "make", "len:int keep:bool?", "make a frame",
			  do_make) < 0 ||
	    vl_method_add(inst, "arm", "", "inject in 1 ms", do_arm) < 0 ||
	    vl_method_describe(inst, "make", "nothing", "`len` octets") != 0 ||
	    vl_method_describe(inst, "mak", NULL, NULL) != -ENOENT)
		return -EINVAL;
	if (vl_method_add(inst, "ask", "method:str params:obj? times:int?",
			  "call the switch", do_ask) < 0 ||
	    vl_method_add(inst, "watch", "asleep:bool?", "wait for a pipe",
			  do_watch) < 0 ||
	    vl_method_add(inst, "bad", "what is this", "", do_watch) != -EINVAL)
		return -EINVAL;
	if (w->action == WATCH)
		return vl_drop_watch(inst, on_drop);
	return vl_hook_add(inst, (enum vl_stage)stage, ORDER, on_frames);
}

static int
worker_start(struct vl_inst *inst, const json_t *options, char *error,
	     size_t error_size)
{
	const char *to = json_string_value(json_object_get(options, "to"));
	struct worker *w = calloc(1, sizeof(*w));
	int ret;

	if (w == NULL || pipe(w->pipe) < 0) {
		free(w);
		return -ENOMEM;
	}
	w->inst = inst;
	w->action =
	    (enum action)index_of(action_names, N_ACTIONS, options, "action");
	w->via =
	    (enum vl_stage)index_of(stage_names, VL_N_STAGES, options, "via");
	w->len = (uint32_t)json_integer_value(json_object_get(options, "len"));
	snprintf(w->to, sizeof(w->to), "%s", to != NULL ? to : "");
	vl_set_priv(inst, w);
	ret = set_up(w, options);
	if (ret < 0) {
		snprintf(error, error_size, "what the host promises fails");
		close(w->pipe[0]);
		close(w->pipe[1]);
		free(w);
	}
	return ret;
}

/* Also when a watch is still there: the host has put it to sleep. */
static void
worker_stop(struct vl_inst *inst)
{
	struct worker *w = vl_priv(inst);

	close(w->pipe[0]);
	close(w->pipe[1]);
	vl_control(inst, "switch.info", NULL, on_answer, w); /* never heard */
	free(w); /* frames it still holds are the host's to free */
}

static int
worker_set(struct vl_inst *inst, const json_t *options, char *error,
	   size_t error_size)
{
	const json_t *len = json_object_get(options, "len");
	struct worker *w = vl_priv(inst);

	if (json_object_size(options) != (len != NULL ? 1u : 0u)) {
		snprintf(error, error_size, "only len can change");
		return -EINVAL;
	}
	if (len != NULL)
		w->len = (uint32_t)json_integer_value(len);
	return 0;
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "worker",
	.summary = "works on frames for tests of the host",
	.options = "action:nothing|loss|edit|mirror|hold|mark|watch "
		   "stage:ingress|forward|egress? "
		   "via:ingress|forward|egress? to:name? len:int?",
	.start = worker_start,
	.stop = worker_stop,
	.set = worker_set,
	.details = "For tests.",
};
