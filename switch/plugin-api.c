/* The functions that plugins call; their contract is include/vdelab/plugin.h.
 * A plugin that breaks it in a way that can be seen is told so, and nothing
 * happens. */
#include "vdelab/plugin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/rpc.h"
#include "lib/xalloc.h"
#include "switch/forward.h"
#include "switch/frame.h"
#include "switch/pipeline.h"
#include "switch/plugin-inst.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

struct vl_timer {
	struct vl_inst *inst;
	struct timer *timer;
	vl_timer_fn *fn;
	void *priv;
	LIST_ENTRY(vl_timer) link;
};

void
vl_set_priv(struct vl_inst *inst, void *priv)
{
	inst->owner.priv = priv;
}

void *
vl_priv(const struct vl_inst *inst)
{
	return inst->owner.priv;
}

const char *
vl_name(const struct vl_inst *inst)
{
	return inst->name;
}

void
vl_log(struct vl_inst *inst, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_msg_limited(&inst->log_site, LOG_INFO, "%s: %s", inst->name, text);
}

/* ---- hooks and counters ---- */

int
vl_hook_add(struct vl_inst *inst, enum vl_stage stage, int order,
	    vl_hook_fn *fn)
{
	return pipeline_add(inst->sw->pipeline, &inst->owner, stage, order, fn);
}

void
vl_hook_enable(struct vl_inst *inst, enum vl_stage stage, int on)
{
	pipeline_enable(inst->sw->pipeline, &inst->owner, stage, on != 0);
}

int
vl_counter_add(struct vl_inst *inst, const char *name, const char *unit,
	       uint64_t **counter)
{
	struct inst_counter *c;

	STAILQ_FOREACH(c, &inst->counters, link)
	{
		if (strcmp(c->name, name) == 0)
			return -EEXIST;
	}
	c = XNEW(struct inst_counter);
	c->name = xstrdup(name);
	c->unit = xstrdup(unit);
	STAILQ_INSERT_TAIL(&inst->counters, c, link);
	*counter = &c->value;
	return 0;
}

/* ---- methods and events ---- */

static void
reply(struct rpc_call *call, int ret, json_t *result, const char *error)
{
	if (ret == 0) {
		rpc_reply(call, result);
		return;
	}
	json_decref(result);
	rpc_fail(call, ret < 0 ? ret : -EIO,
		 error[0] != '\0' ? error : strerror(ret < 0 ? -ret : EIO));
}

static void
on_method(struct rpc_call *call, const json_t *params, void *arg)
{
	struct inst_method *m = arg;
	struct vl_inst *inst = m->inst;
	struct inst_call current = { .rpc = call };
	char error[512] = "";
	json_t *result = NULL;
	int ret;

	switch_enter(inst->sw);
	inst->current = &current;
	ret = m->fn(inst->owner.priv, inst, params, &result, error,
		    sizeof(error));
	inst->current = NULL;
	switch_leave(inst->sw);
	if (!current.deferred) {
		reply(call, ret, result, error);
		return;
	}
	json_decref(result);
	if (ret != 0 && current.later != NULL)
		vl_call_fail(current.later, ret, error);
}

static bool
is_method_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		   strlen(name);
}

int
vl_method_add(struct vl_inst *inst, const char *name, const char *signature,
	      const char *summary, vl_method_fn *fn)
{
	char *full_name;
	struct inst_method *m;

	if (!is_method_name(name))
		return -EINVAL;
	full_name = xasprintf("%s.%s", inst->name, name);
	STAILQ_FOREACH(m, &inst->methods, link)
	{
		if (strcmp(m->full_name, full_name) == 0) {
			free(full_name);
			return -EEXIST;
		}
	}
	m = XNEW(struct inst_method);
	m->inst = inst;
	m->full_name = full_name;
	m->fn = fn;
	m->rpc = (struct rpc_method){ .name = full_name,
				      .params = signature,
				      .summary = summary,
				      .fn = on_method };
	STAILQ_INSERT_TAIL(&inst->methods, m, link);
	return 0;
}

int
vl_method_take_fd(struct vl_inst *inst)
{
	if (inst->current == NULL)
		return -ENOENT;
	return rpc_call_take_fd(inst->current->rpc);
}

struct vl_call *
vl_method_defer(struct vl_inst *inst)
{
	struct vl_call *later;

	if (inst->current == NULL || inst->current->deferred) {
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s: vl_method_defer() is for methods, and "
			    "once a call",
			    inst->name);
		return NULL;
	}
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		return NULL;
	later->inst = inst;
	later->rpc = inst->current->rpc;
	LIST_INSERT_HEAD(&inst->calls, later, link);
	inst->current->deferred = true;
	inst->current->later = later;
	return later;
}

static void
end_call(struct vl_call *call, int ret, json_t *result, const char *error)
{
	struct inst_call *current = call->inst->current;

	if (current != NULL && current->later == call)
		current->later = NULL;
	LIST_REMOVE(call, link);
	reply(call->rpc, ret, result, error);
	free(call);
}

void
vl_call_reply(struct vl_call *call, struct json_t *result)
{
	end_call(call, 0, result, "");
}

void
vl_call_fail(struct vl_call *call, int code, const char *text)
{
	end_call(call, code != 0 ? code : -EIO, NULL, text);
}

void
vl_event_send(struct vl_inst *inst, const char *event, struct json_t *data)
{
	char *name = xasprintf("%s.%s", inst->name, event);

	plugin_host_send_event(inst->host, name, data);
	json_decref(data);
	free(name);
}

/* ---- ports and segments ---- */

int
vl_port_watch(struct vl_inst *inst, vl_port_fn *fn)
{
	const struct segment *segment;
	const struct port *port;

	if (inst->on_port != NULL)
		return -EEXIST;
	inst->on_port = fn;
	TAILQ_FOREACH (segment, &inst->sw->segments, link) {
		TAILQ_FOREACH (port, &segment->ports, in_segment) {
			if (hook_scope_matches(&inst->owner.scope, segment->id,
					       port->id))
				fn(inst->owner.priv, VL_PORT_ADDED, port->id);
		}
	}
	return 0;
}

uint32_t
vl_port_find(const struct vl_inst *inst, const char *name)
{
	const struct port *port = switch_find_port(inst->sw, name);

	return port != NULL ? port->id : VL_PORT_NONE;
}

const char *
vl_port_name(const struct vl_inst *inst, uint32_t id)
{
	const struct port *port = switch_port(inst->sw, id);

	return port != NULL ? port->name : NULL;
}

uint32_t
vl_port_segment(const struct vl_inst *inst, uint32_t id)
{
	const struct port *port = switch_port(inst->sw, id);

	return port != NULL ? port->segment->id : SEGMENT_NONE;
}

uint32_t
vl_segment_find(const struct vl_inst *inst, const char *name)
{
	const struct segment *segment = switch_find_segment(inst->sw, name);

	return segment != NULL ? segment->id : SEGMENT_NONE;
}

const char *
vl_segment_name(const struct vl_inst *inst, uint32_t id)
{
	const struct segment *segment = switch_segment(inst->sw, id);

	return segment != NULL ? segment->name : NULL;
}

/* ---- frames ---- */

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

/* Takes @frame back from the plugin; NULL when it did not hold it. */
static struct frame *
give_back(struct vl_inst *inst, struct vl_frame *vl_frame)
{
	struct frame *frame = (struct frame *)vl_frame;

	if (!frame->held) {
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s gives back a frame that it does not "
			    "hold: a bug in the plugin",
			    inst->name);
		return NULL;
	}
	hook_owner_release(&inst->owner, frame);
	return frame;
}

void
vl_frame_resume(struct vl_inst *inst, struct vl_frame *vl_frame)
{
	struct frame *frame = give_back(inst, vl_frame);

	if (frame == NULL)
		return;
	switch_enter(inst->sw);
	TAILQ_INSERT_TAIL(&inst->sw->resumed, frame, link);
	switch_leave(inst->sw);
}

void
vl_frame_discard(struct vl_inst *inst, struct vl_frame *vl_frame)
{
	struct frame *frame = give_back(inst, vl_frame);

	if (frame == NULL)
		return;
	inst->owner.n_dropped++;
	forward_discard(inst->sw, frame);
}

/* ---- time ---- */

uint64_t
vl_now_ns(const struct vl_inst *inst)
{
	return clock_now_ns(inst->sw->config.clock);
}

uint64_t
vl_wall_ns(const struct vl_inst *inst)
{
	return clock_wall_ns(inst->sw->config.clock);
}

static void
on_timer(void *arg)
{
	struct vl_timer *t = arg;
	struct vswitch *sw = t->inst->sw;

	switch_enter(sw);
	t->fn(t->priv);
	switch_leave(sw);
}

struct vl_timer *
vl_timer_add(struct vl_inst *inst, vl_timer_fn *fn, void *priv)
{
	struct vl_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->inst = inst;
	t->timer = timer_new(inst->sw->config.clock, on_timer, t);
	t->fn = fn;
	t->priv = priv;
	LIST_INSERT_HEAD(&inst->timers, t, link);
	return t;
}

void
vl_timer_set(struct vl_timer *t, uint64_t deadline_ns)
{
	timer_set(t->timer, deadline_ns);
}

void
vl_timer_cancel(struct vl_timer *t)
{
	timer_cancel(t->timer);
}

/* ---- the end of an instance ---- */

/* Timers stay until fini: stop() may still cancel one, and none can run
 * meanwhile. */
void
plugin_inst_detach(struct vl_inst *inst)
{
	struct inst_method *m;

	pipeline_remove(inst->sw->pipeline, &inst->owner);
	inst->on_port = NULL;
	while ((m = STAILQ_FIRST(&inst->methods)) != NULL) {
		STAILQ_REMOVE_HEAD(&inst->methods, link);
		free(m->full_name);
		free(m);
	}
}

static void
drop_held(struct vl_inst *inst)
{
	struct frame *frame;

	if (inst->owner.n_held > 0)
		log_warn("plugin %s has not given back %ju frames; they are "
			 "dropped",
			 inst->name, (uintmax_t)inst->owner.n_held);
	while ((frame = TAILQ_FIRST(&inst->owner.held)) != NULL) {
		hook_owner_release(&inst->owner, frame);
		forward_discard(inst->sw, frame);
	}
}

void
plugin_inst_fini(struct vl_inst *inst)
{
	struct inst_counter *c;
	struct vl_timer *t;
	struct vl_call *call;

	drop_held(inst);
	while ((call = LIST_FIRST(&inst->calls)) != NULL)
		vl_call_fail(call, -ECANCELED, "the plugin was stopped");
	while ((t = LIST_FIRST(&inst->timers)) != NULL) {
		LIST_REMOVE(t, link);
		timer_free(t->timer);
		free(t);
	}
	while ((c = STAILQ_FIRST(&inst->counters)) != NULL) {
		STAILQ_REMOVE_HEAD(&inst->counters, link);
		free(c->name);
		free(c->unit);
		free(c);
	}
}
