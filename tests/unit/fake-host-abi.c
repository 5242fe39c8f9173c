#include "config.h"

#include "tests/unit/fake-host-priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/xalloc.h"

void
vl_set_priv(struct vl_inst *inst, void *priv)
{
	inst->priv = priv;
}

void *
vl_priv(const struct vl_inst *inst)
{
	return inst->priv;
}

const char *
vl_name(const struct vl_inst *inst)
{
	return inst->plugin->name;
}

void
vl_log(struct vl_inst *inst, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# %s: ", vl_name(inst));
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

struct vl_scope
vl_scope(const struct vl_inst *inst)
{
	return inst->host->scope;
}

int
vl_hook_add(struct vl_inst *inst, enum vl_stage stage, int order,
	    vl_hook_fn *fn)
{
	struct fake_hook *hooks = inst->hooks[stage];
	size_t at = inst->n_hooks[stage];

	if (stage >= VL_N_STAGES || order < 0 || order > 1000 || fn == NULL)
		return -EINVAL;
	if (at == FAKE_HOOKS_MAX)
		return -ENOSPC;
	for (; at > 0 && hooks[at - 1].order > order; at--)
		hooks[at] = hooks[at - 1];
	hooks[at] = (struct fake_hook){ .fn = fn, .order = order };
	inst->n_hooks[stage]++;
	inst->hooks_on[stage] = true;
	return 0;
}

void
vl_hook_enable(struct vl_inst *inst, enum vl_stage stage, int on)
{
	inst->hooks_on[stage] = on != 0;
}

int
vl_counter_add(struct vl_inst *inst, const char *name, const char *unit,
	       uint64_t **counter)
{
	(void)unit;
	if (inst->n_counters == FAKE_COUNTERS_MAX)
		return -ENOSPC;
	inst->counters[inst->n_counters].name = name;
	*counter = &inst->counters[inst->n_counters++].value;
	return 0;
}

int
vl_method_add(struct vl_inst *inst, const char *name, const char *signature,
	      const char *summary, vl_method_fn *fn)
{
	ck_assert_msg(summary[0] != '\0', "%s has no summary", name);
	if (inst->n_methods == FAKE_METHODS_MAX)
		return -ENOSPC;
	inst->methods[inst->n_methods++] = (struct fake_method){
		.name = name, .signature = signature, .fn = fn
	};
	return 0;
}

int
vl_method_describe(struct vl_inst *inst, const char *name, const char *result,
		   const char *details)
{
	(void)result;
	(void)details;
	for (size_t i = 0; i < inst->n_methods; i++)
		if (strcmp(inst->methods[i].name, name) == 0)
			return 0;
	return -ENOENT;
}

int
vl_method_take_fd(struct vl_inst *inst)
{
	int fd = inst->host->method_fd;

	ck_assert_msg(inst->host->running != NULL, "outside of a method");
	inst->host->method_fd = -1;
	return fd >= 0 ? fd : -ENOENT;
}

struct vl_call *
vl_method_defer(struct vl_inst *inst)
{
	struct vl_call *call = inst->host->running;

	ck_assert_msg(call != NULL, "outside of a method");
	ck_assert_msg(!call->deferred, "deferred twice");
	call->deferred = true;
	call->open = true;
	call->reply.deferred = true;
	return call;
}

void
vl_call_reply(struct vl_call *call, struct json_t *result)
{
	ck_assert_msg(call->open, "answered twice");
	call->open = false;
	call->reply.deferred = false;
	call->reply.result = result;
}

void
vl_call_fail(struct vl_call *call, int code, const char *text)
{
	vl_call_reply(call, NULL);
	call->reply.code = code;
	snprintf(call->reply.text, sizeof(call->reply.text), "%s", text);
}

void
vl_event_send(struct vl_inst *inst, const char *event, struct json_t *data)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", vl_name(inst), event);
	json_object_set_new(inst->host->events, name,
			    data != NULL ? data : json_null());
}

int
vl_port_watch(struct vl_inst *inst, vl_port_fn *fn)
{
	inst->port_fn = fn;
	for (uint32_t i = 0; i < inst->host->n_ports; i++)
		if (inst->host->ports[i].name != NULL &&
		    fake_port_in_scope(inst->host, i))
			fn(inst->priv, VL_PORT_ADDED, i);
	return 0;
}

uint32_t
vl_port_find(const struct vl_inst *inst, const char *name)
{
	for (uint32_t i = 0; i < inst->host->n_ports; i++)
		if (inst->host->ports[i].name != NULL &&
		    strcmp(inst->host->ports[i].name, name) == 0)
			return i;
	return VL_PORT_NONE;
}

const char *
vl_port_name(const struct vl_inst *inst, uint32_t port)
{
	return port < inst->host->n_ports ? inst->host->ports[port].name : NULL;
}

uint32_t
vl_port_segment(const struct vl_inst *inst, uint32_t port)
{
	return port < inst->host->n_ports ? inst->host->ports[port].segment
					  : VL_PORT_NONE;
}

int
vl_port_is_declared(const struct vl_inst *inst, const char *name)
{
	return json_object_get(inst->host->declared, name) != NULL;
}

uint32_t
vl_segment_find(const struct vl_inst *inst, const char *name)
{
	for (uint32_t i = 0; i < inst->host->n_segments; i++)
		if (strcmp(inst->host->segments[i], name) == 0)
			return i;
	return VL_PORT_NONE;
}

const char *
vl_segment_name(const struct vl_inst *inst, uint32_t segment)
{
	return segment < inst->host->n_segments ? inst->host->segments[segment]
						: NULL;
}

uint64_t
vl_now_ns(const struct vl_inst *inst)
{
	return inst->host->now_ns;
}

uint64_t
vl_wall_ns(const struct vl_inst *inst)
{
	return inst->host->now_ns + FAKE_WALL_OFFSET_NS;
}

struct vl_timer *
vl_timer_add(struct vl_inst *inst, vl_timer_fn *fn, void *priv)
{
	struct vl_timer *t = XNEW(struct vl_timer);

	*t = (struct vl_timer){ .inst = inst, .fn = fn, .priv = priv };
	TAILQ_INSERT_TAIL(&inst->timers, t, link);
	return t;
}

void
vl_timer_set(struct vl_timer *timer, uint64_t deadline_ns)
{
	timer->deadline_ns = deadline_ns;
	timer->set = true;
}

void
vl_timer_cancel(struct vl_timer *timer)
{
	timer->set = false;
}

void
vl_timer_free(struct vl_timer *timer)
{
	if (timer == NULL)
		return;
	TAILQ_REMOVE(&timer->inst->timers, timer, link);
	free(timer);
}
