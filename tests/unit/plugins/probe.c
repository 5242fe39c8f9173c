/* probe: a plugin that does whatever a test of the plugin host tells it to. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "vdelab/plugin.h"

enum { HELD_MAX = 1024, ORDER = 500 };

struct probe {
	struct vl_inst *inst;
	enum vl_verdict verdict;
	bool leak, misuse, late;
	uint64_t *seen, *octets;
	struct vl_frame *held[HELD_MAX];
	size_t n_held;
	struct vl_timer *timer;
	struct vl_call *call;
};

static void
on_frames(void *priv, const struct vl_vector *v)
{
	struct probe *p = priv;

	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		++*p->seen;
		*p->octets += vl_frame_len(v->frames[i]);
		if (p->misuse)
			vl_frame_resume(p->inst, v->frames[i]);
		if (p->verdict == VL_STOLEN && p->n_held == HELD_MAX)
			continue;
		v->verdicts[i] = (uint8_t)p->verdict;
		if (p->verdict == VL_STOLEN)
			p->held[p->n_held++] = v->frames[i];
	}
}

static void
release(struct probe *p)
{
	for (size_t i = 0; i < p->n_held; i++)
		vl_frame_resume(p->inst, p->held[i]);
	p->n_held = 0;
}

static void
on_timer(void *priv)
{
	struct probe *p = priv;

	release(p);
	vl_event_send(
	    p->inst, "fired",
	    json_pack("{s:I}", "now_ns", (json_int_t)vl_now_ns(p->inst)));
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t port)
{
	struct probe *p = priv;
	uint32_t segment = vl_port_segment(p->inst, port);

	vl_event_send(p->inst, "port",
		      json_pack("{s:s, s:s, s:s}", "what",
				event == VL_PORT_ADDED ? "added" : "removed",
				"name", vl_port_name(p->inst, port), "segment",
				vl_segment_name(p->inst, segment)));
}

/* ---- methods ---- */

static int
do_release(void *priv, struct vl_inst *inst, const json_t *params,
	   json_t **result, char *error, size_t error_size)
{
	struct probe *p = priv;

	(void)inst;
	(void)params;
	(void)error;
	(void)error_size;
	*result = json_integer((json_int_t)p->n_held);
	release(p);
	return 0;
}

static int
do_discard(void *priv, struct vl_inst *inst, const json_t *params,
	   json_t **result, char *error, size_t error_size)
{
	struct probe *p = priv;

	(void)params;
	(void)error;
	(void)error_size;
	*result = json_integer((json_int_t)p->n_held);
	while (p->n_held > 0)
		vl_frame_discard(inst, p->held[--p->n_held], VL_DROP);
	return 0;
}

static int
do_echo(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	(void)priv;
	(void)inst;
	(void)error;
	(void)error_size;
	*result = json_incref(json_object_get(params, "value"));
	return 0;
}

static int
do_fail(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	const json_t *text = json_object_get(params, "text");

	(void)priv;
	(void)inst;
	*result = json_string("must not be seen, nor leak");
	if (text != NULL)
		snprintf(error, error_size, "%s", json_string_value(text));
	return -EPERM;
}

static int
do_write(void *priv, struct vl_inst *inst, const json_t *params,
	 json_t **result, char *error, size_t error_size)
{
	int fd = vl_method_take_fd(inst);
	ssize_t n;

	(void)priv;
	(void)params;
	if (fd < 0) {
		snprintf(error, error_size, "send a descriptor along");
		return fd;
	}
	n = write(fd, "probe", 5);
	close(fd);
	*result = json_integer(n);
	return 0;
}

static int
do_defer(void *priv, struct vl_inst *inst, const json_t *params,
	 json_t **result, char *error, size_t error_size)
{
	const char *how = json_string_value(json_object_get(params, "how"));
	struct probe *p = priv;
	struct vl_call *call = vl_method_defer(inst);

	(void)result;
	if (call == NULL)
		return -ENOMEM;
	if (strcmp(how, "twice") == 0) {
		/* the second one is refused */
		vl_call_reply(call,
			      json_boolean(vl_method_defer(inst) == NULL));
	} else if (strcmp(how, "now") == 0) {
		vl_call_reply(call, json_string("at once"));
	} else if (strcmp(how, "fail") == 0) {
		snprintf(error, error_size, "changed its mind");
		return -EAGAIN;
	} else {
		p->call = call;
	}
	return 0;
}

static int
do_answer(void *priv, struct vl_inst *inst, const json_t *params,
	  json_t **result, char *error, size_t error_size)
{
	json_t *value = json_object_get(params, "value");
	struct probe *p = priv;
	struct vl_call *call = p->call;

	(void)inst;
	(void)result;
	p->call = NULL;
	if (call == NULL) {
		snprintf(error, error_size, "nobody waits");
		return -ENOENT;
	}
	if (value != NULL)
		vl_call_reply(call, json_incref(value));
	else
		vl_call_fail(call, -ETIMEDOUT, "no answer");
	return 0;
}

static int
do_arm(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
       char *error, size_t error_size)
{
	json_int_t ms = json_integer_value(json_object_get(params, "ms"));
	struct probe *p = priv;

	(void)result;
	(void)error;
	(void)error_size;
	vl_timer_set(p->timer, vl_now_ns(inst) + (uint64_t)ms * 1000000);
	return 0;
}

static const struct {
	const char *name, *signature;
	vl_method_fn *fn;
} methods[] = {
	{ "release", "", do_release },
	{ "discard", "", do_discard },
	{ "echo", "value:any", do_echo },
	{ "fail", "text:str?", do_fail },
	{ "write", "", do_write },
	{ "defer", "how:later|now|twice|fail", do_defer },
	{ "answer", "value:any?", do_answer },
	{ "arm", "ms:int(0..1000000)", do_arm },
};

static int
add_methods(struct vl_inst *inst)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		int ret =
		    vl_method_add(inst, methods[i].name, methods[i].signature,
				  "for a test", methods[i].fn);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- life ---- */

static const char *
text_of(const json_t *options, const char *key, const char *otherwise)
{
	const json_t *value = json_object_get(options, key);

	return value != NULL ? json_string_value(value) : otherwise;
}

static enum vl_stage
stage_of(const json_t *options)
{
	const char *text = text_of(options, "stage", "ingress");

	if (strcmp(text, "forward") == 0)
		return VL_STAGE_FORWARD;
	return strcmp(text, "egress") == 0 ? VL_STAGE_EGRESS : VL_STAGE_INGRESS;
}

static enum vl_verdict
verdict_of(const json_t *options)
{
	const char *text = text_of(options, "verdict", "pass");

	if (strcmp(text, "drop") == 0)
		return VL_DROP;
	return strcmp(text, "steal") == 0 ? VL_STOLEN : VL_PASS;
}

/* Adds everything that can be added; the host undoes it on failure. */
static int
add_all(struct probe *p, const json_t *options)
{
	struct vl_inst *inst = p->inst;
	uint64_t *again;

	p->timer = vl_timer_add(inst, on_timer, p);
	if (p->timer == NULL)
		return -ENOMEM;
	if (json_is_true(json_object_get(options, "tick")))
		vl_timer_set(p->timer, vl_now_ns(inst) + 1000000);
	if (vl_counter_add(inst, "seen", "frames", &p->seen) < 0 ||
	    vl_counter_add(inst, "octets", "bytes", &p->octets) < 0 ||
	    vl_counter_add(inst, "seen", "frames", &again) != -EEXIST)
		return -EINVAL;
	if (add_methods(inst) < 0 ||
	    vl_method_add(inst, "echo", "", "", do_echo) != -EEXIST ||
	    vl_method_add(inst, "no good", "", "", do_echo) != -EINVAL)
		return -EINVAL;
	if (vl_hook_add(inst, stage_of(options), ORDER, on_frames) < 0)
		return -EINVAL;
	if (json_is_true(json_object_get(options, "watch")))
		return vl_port_watch(inst, on_port);
	return 0;
}

static int
probe_start(struct vl_inst *inst, const json_t *options, char *error,
	    size_t error_size)
{
	struct probe *p = calloc(1, sizeof(*p));
	int ret;

	if (p == NULL)
		return -ENOMEM;
	p->inst = inst;
	p->verdict = verdict_of(options);
	p->leak = json_is_true(json_object_get(options, "leak"));
	p->late = json_is_true(json_object_get(options, "late"));
	p->misuse = json_is_true(json_object_get(options, "misuse"));
	vl_set_priv(inst, p);
	ret = add_all(p, options);
	if (ret == 0 && json_is_true(json_object_get(options, "fail"))) {
		snprintf(error, error_size, "told to fail");
		ret = -EBUSY;
	}
	if (ret < 0)
		free(p);
	return ret;
}

static void
on_drop(void *priv, const struct vl_drop *drop)
{
	struct probe *p = priv;

	(void)drop;
	++*p->seen;
}

/* What a plugin that stops has no business to do. */
static void
add_late(struct vl_inst *inst)
{
	vl_hook_add(inst, VL_STAGE_INGRESS, ORDER + 1, on_frames);
	vl_drop_watch(inst, on_drop);
	vl_method_add(inst, "echo", "value:any", "for a test", do_echo);
	vl_control(inst, "switch.info", NULL, NULL, NULL);
}

static void
probe_stop(struct vl_inst *inst)
{
	struct probe *p = vl_priv(inst);

	vl_timer_cancel(p->timer);
	++*p->seen; /* the counters are there until we return */
	if (p->late)
		add_late(inst);
	if (!p->leak)
		release(p);
	free(p);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = PROBE_ABI,
	.name = "probe",
	.summary = "for tests of the plugin host",
	.options = "stage:ingress|forward|egress? verdict:pass|drop|steal? "
		   "watch:bool? fail:bool? leak:bool? late:bool? misuse:bool? "
		   "tick:bool?",
	.start = probe_start,
	.stop = probe_stop,
};
