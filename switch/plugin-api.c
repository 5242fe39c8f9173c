/* What every plugin needs of the host: its instance, hooks, counters, time.
 * The contract of these functions is include/vdelab/plugin.h.  A plugin that
 * breaks it in a way that can be seen is told so, and nothing happens. */
#include "vdelab/plugin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/pipeline.h"
#include "switch/plugin-inst.h"
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

struct vl_scope
vl_scope(const struct vl_inst *inst)
{
	const struct hook_scope *scope = &inst->owner.scope;

	return (struct vl_scope){ scope->segment, scope->port,
				  scope->direction };
}

/* ---- hooks and counters ---- */

int
vl_hook_add(struct vl_inst *inst, enum vl_stage stage, int order,
	    vl_hook_fn *fn)
{
	return pipeline_add(inst->lane->pipeline, &inst->owner, stage, order,
			    fn);
}

void
vl_hook_enable(struct vl_inst *inst, enum vl_stage stage, int on)
{
	pipeline_enable(inst->lane->pipeline, &inst->owner, stage, on != 0);
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

/* ---- time ---- */

uint64_t
vl_now_ns(const struct vl_inst *inst)
{
	return clock_now_ns(inst->lane->clock);
}

uint64_t
vl_wall_ns(const struct vl_inst *inst)
{
	return clock_wall_ns(inst->lane->clock);
}

static void
on_timer(void *arg)
{
	struct vl_timer *t = arg;
	struct lane *lane = t->inst->lane;

	lane_enter(lane);
	t->fn(t->priv);
	lane_leave(lane);
}

struct vl_timer *
vl_timer_add(struct vl_inst *inst, vl_timer_fn *fn, void *priv)
{
	struct vl_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->inst = inst;
	t->timer = timer_new(inst->lane->clock, on_timer, t);
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

void
vl_timer_free(struct vl_timer *t)
{
	if (t == NULL)
		return;
	LIST_REMOVE(t, link);
	timer_free(t->timer);
	free(t);
}

/* ---- the end of an instance ---- */

/* Timers stay until fini: stop() may still cancel one, and none can run
 * meanwhile. */
void
plugin_inst_detach(struct vl_inst *inst)
{
	plugin_kinds_detach(inst);
	pipeline_remove(inst->lane->pipeline, &inst->owner);
	plugin_frames_detach(inst);
	plugin_ports_detach(inst);
	plugin_control_detach(inst);
	plugin_watches_detach(inst);
	plugin_programs_detach(inst); /* closes what was watched */
}

void
plugin_inst_fini(struct vl_inst *inst)
{
	struct inst_counter *c;
	struct vl_timer *t;

	plugin_control_fini(inst);
	plugin_programs_fini(inst);
	while ((t = LIST_FIRST(&inst->timers)) != NULL)
		vl_timer_free(t);
	plugin_watches_fini(inst);
	plugin_frames_fini(inst);
	while ((c = STAILQ_FIRST(&inst->counters)) != NULL) {
		STAILQ_REMOVE_HEAD(&inst->counters, link);
		free(c->name);
		free(c->unit);
		free(c);
	}
}
