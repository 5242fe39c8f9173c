/* evil: a plugin that breaks its contract, for tests of the host: it fails
 * half-way, forgets everything, asks for the impossible. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "vdelab/plugin.h"

#ifndef EVIL_OPTIONS
#define EVIL_OPTIONS "how:fail|positive|forget|misuse"
#endif
/* EVIL_STOP: evil_stop or NULL */

struct evil {
	struct vl_inst *inst;
	int misuses;
	struct vl_timer *timer;
};

static void
on_timer(void *priv)
{
	struct evil *evil = priv;

	vl_event_send(evil->inst, "timer", NULL);
}

static void
on_drop(void *priv, const struct vl_drop *drop)
{
	struct evil *evil = priv;

	(void)drop;
	vl_event_send(evil->inst, "drop", NULL);
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t port)
{
	(void)priv;
	(void)event;
	(void)port;
}

static void
on_fd(void *priv, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	on_timer(priv);
}

static void
on_reply(void *priv, const json_t *result, int code, const char *error)
{
	(void)result;
	(void)code;
	(void)error;
	on_timer(priv);
}

static int
do_wait(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	(void)priv;
	(void)params;
	(void)result;
	(void)error;
	(void)error_size;
	return vl_method_defer(inst) != NULL ? 0 : -ENOMEM; /* for ever */
}

/* Everything that the host must not fall for, with a frame it was lent. */
static uint8_t
misuse(struct evil *evil, struct vl_frame **frame)
{
	struct vl_inst *inst = evil->inst;
	struct vl_frame *made = vl_frame_new(inst, NULL, 60);

	if (made == NULL || vl_frame_new(inst, NULL, 13) != NULL ||
	    vl_frame_edit(inst, frame, 70000) != NULL)
		return VL_DROP;
	vl_frame_mark(inst, *frame, 4711);
	vl_frame_resume(inst, *frame);
	vl_frame_discard(inst, *frame, VL_DROP);
	vl_port_input(inst, 0, frame, 1);
	vl_frame_inject(inst, VL_N_STAGES, 0, made);
	made = vl_frame_new(inst, NULL, 60);
	if (made != NULL)
		vl_frame_resume(inst, made);
	made = vl_frame_new(inst, NULL, 60);
	if (made != NULL)
		vl_port_input(inst, 0, &made, 1); /* nobody's port */
	vl_port_writable(inst, 0);
	vl_port_lost(inst, 0, "no");
	vl_port_tx_drop(inst, 0, *frame);
	return 9; /* no verdict */
}

static void
on_frames(void *priv, const struct vl_vector *v)
{
	struct evil *evil = priv;

	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		if (evil->misuses)
			v->verdicts[i] = misuse(evil, &v->frames[i]);
		else
			v->verdicts[i] = VL_STOLEN; /* and never given back */
	}
}

static int
kind_open(struct vl_inst *inst, uint32_t port, const json_t *params, int fd,
	  void **priv, char *error, size_t error_size)
{
	(void)inst;
	(void)port;
	(void)params;
	(void)priv;
	(void)error;
	(void)error_size;
	if (fd >= 0)
		close(fd);
	return -EIO; /* without a reason */
}

static uint32_t
kind_transmit(void *priv, struct vl_frame *const *frames, uint32_t n)
{
	(void)priv;
	(void)frames;
	return n;
}

static void
kind_close(void *priv)
{
	(void)priv;
}

static const struct vl_port_kind kind = {
	.name = "hole",
	.summary = "cannot be opened",
	.params = "",
	.open = kind_open,
	.transmit = kind_transmit,
	.close = kind_close,
};

/* One of each thing that an instance can have. */
static int
add_everything(struct evil *evil)
{
	struct vl_inst *inst = evil->inst;
	uint64_t *counter;
	int fds[2];

	evil->timer = vl_timer_add(inst, on_timer, evil);
	vl_timer_set(evil->timer, vl_now_ns(inst) + 1);
	if (pipe(fds) < 0 ||
	    vl_watch_add(inst, fds[0], VL_READ | VL_WRITE, on_fd, evil) == NULL)
		return -EIO;
	close(fds[0]); /* while it is watched */
	close(fds[1]);
	if (vl_counter_add(inst, "c", "frames", &counter) < 0 ||
	    vl_drop_reason_add(inst, "r") < 0 || vl_mark_add(inst, "m") < 0 ||
	    vl_method_add(inst, "wait", "", "for ever", do_wait) < 0 ||
	    vl_method_add(inst, "wait", "", "twice", do_wait) != -EEXIST ||
	    vl_port_kind_add(inst, &kind) < 0 ||
	    vl_port_kind_add(inst, &kind) != -EEXIST ||
	    vl_port_watch(inst, on_port) < 0 ||
	    vl_port_watch(inst, on_port) != -EEXIST ||
	    vl_drop_watch(inst, on_drop) < 0 ||
	    vl_control(inst, "plugin.show", NULL, on_reply, evil) < 0)
		return -EIO;
	if (vl_hook_add(inst, VL_N_STAGES, 1, on_frames) != -EINVAL ||
	    vl_hook_add(inst, VL_STAGE_EGRESS, 1001, on_frames) != -EINVAL)
		return -EIO;
	for (int i = 0; i < 16; i++) {
		if (vl_hook_add(inst, VL_STAGE_FORWARD, 1, on_frames) < 0)
			return -EIO;
	}
	if (vl_hook_add(inst, VL_STAGE_FORWARD, 1, on_frames) != -ENOSPC)
		return -EIO;
	return vl_frame_new(inst, NULL, 60) != NULL ? 0 : -ENOMEM;
}

static int
evil_start(struct vl_inst *inst, const json_t *options, char *error,
	   size_t error_size)
{
	const char *how = json_string_value(json_object_get(options, "how"));
	struct evil *evil = calloc(1, sizeof(*evil));
	int ret;

	(void)error; /* no reason */
	(void)error_size;
	if (evil == NULL || how == NULL) {
		free(evil);
		return -ENOMEM;
	}
	evil->inst = inst;
	evil->misuses = strcmp(how, "misuse") == 0;
	vl_set_priv(inst, evil);
	ret = add_everything(evil);
	if (ret == 0 && strcmp(how, "fail") == 0)
		ret = -EIO;
	if (ret == 0 && strcmp(how, "positive") == 0)
		ret = 5;
	if (ret != 0)
		free(evil);
	return ret;
}

__attribute__((unused)) static void
evil_stop(struct vl_inst *inst)
{
	free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "evil",
	.options = EVIL_OPTIONS,
	.start = evil_start,
	.stop = EVIL_STOP,
};
