/*
 * link: what can happen to a cable: cut, silently, one way or both; suspended;
 * loose, now up and now down; or losing, holding back and delaying just the
 * frames that a test is about.
 */
#include "config.h"

#include "plugins/link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/inst.h"

/* Before anything else may look at a frame that the link has not carried. */
enum { HOOK_ORDER = 100, LIMIT_DEFAULT = 1000 };

static const enum vl_stage stages[LINK_N_DIRECTIONS] = {
	[LINK_IN] = VL_STAGE_INGRESS,
	[LINK_OUT] = VL_STAGE_EGRESS,
};

/* ---- frames and time ---- */

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	line_take(priv, v, LINK_IN);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	line_take(priv, v, LINK_OUT);
}

void
link_update_hooks(struct link *link)
{
	const struct line *line;

	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++) {
		bool any = false;

		for (size_t i = 0;
		     (line = port_table_each(link->lines, i)) != NULL; i++)
			any |= line_wants(line, d);
		vl_hook_enable(link->inst, stages[d], any);
	}
}

void
link_wake_at(struct link *link, uint64_t due_ns)
{
	if (due_ns >= link->wakes_ns)
		return;
	link->wakes_ns = due_ns;
	vl_timer_set(link->timer, due_ns);
}

static void
on_timer(void *priv)
{
	struct link *link = priv;
	uint64_t now_ns = vl_now_ns(link->inst);
	struct line *line;

	link->wakes_ns = UINT64_MAX;
	for (size_t i = 0; (line = port_table_each(link->lines, i)) != NULL;
	     i++) {
		line_tick(line, now_ns);
		link_wake_at(link, line_due_ns(line));
	}
	link_update_hooks(link);
}

/* ---- ports ---- */

static void
init(struct port_state *state, struct vl_inst *inst)
{
	struct line *line = (struct line *)state;

	line->owner = vl_priv(inst);
	TAILQ_INIT(&line->rules);
}

static void
unplugged(struct port_state *state)
{
	line_unplug((struct line *)state);
}

static void
fini(struct port_state *state)
{
	line_fini((struct line *)state);
}

static const struct port_table_ops line_ops = {
	.size = sizeof(struct line),
	.init = init,
	.unplugged = unplugged,
	.fini = fini,
};

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct link *link = priv;
	char error[256];

	port_table_on_port(link->lines, event, id);
	/* each has a line, for `link show` */
	if (event == VL_PORT_ADDED &&
	    port_table_need(link->lines, vl_port_name(link->inst, id), error,
			    sizeof(error)) == NULL)
		vl_log(link->inst, "port %s: %s", vl_port_name(link->inst, id),
		       error);
	if (event == VL_PORT_REMOVED)
		link_update_hooks(link);
}

/* ---- the instance ---- */

static int
add_numbers(struct link *link)
{
	struct vl_inst *inst = link->inst;
	int ret = 0;

	if ((ret = inst_add_reason(inst, "blocked", &link->verdict_blocked)) <
		0 ||
	    (ret = inst_add_reason(inst, "picked", &link->verdict_picked)) <
		0 ||
	    (ret = inst_add_reason(inst, "limit", &link->verdict_full)) < 0 ||
	    (ret = inst_add_mark(inst, "held", &link->mark_held)) < 0 ||
	    (ret = inst_add_mark(inst, "delayed", &link->mark_delayed)) < 0 ||
	    (ret = vl_counter_add(inst, "dropped_in", "frames",
				  &link->n_dropped[LINK_IN])) < 0 ||
	    (ret = vl_counter_add(inst, "dropped_out", "frames",
				  &link->n_dropped[LINK_OUT])) < 0 ||
	    (ret = vl_counter_add(inst, "held", "frames", &link->n_held)) < 0)
		return ret;
	return 0;
}

static int
add_everything(struct link *link)
{
	struct vl_inst *inst = link->inst;
	int ret;

	link->timer = vl_timer_add(inst, on_timer, link);
	link->lines = port_table_new(inst, &line_ops);
	if (link->timer == NULL || link->lines == NULL)
		return -ENOMEM;
	if ((ret = add_numbers(link)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_INGRESS, HOOK_ORDER,
			       on_ingress)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_EGRESS, HOOK_ORDER, on_egress)) <
		0 ||
	    (ret = inst_add_methods(inst, link_methods)) < 0)
		return ret;
	return vl_port_watch(inst, on_port);
}

static void
link_free(struct link *link)
{
	port_table_free(link->lines);
	free(link);
}

static void
set_options(struct link *link, const struct json_t *options)
{
	const json_t *limit = json_object_get(options, "limit");

	if (limit != NULL)
		link->limit = (size_t)json_integer_value(limit);
}

static int
link_start(struct vl_inst *inst, const struct json_t *options, char *error,
	   size_t error_size)
{
	struct link *link = calloc(1, sizeof(*link));
	int ret;

	if (link == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	link->inst = inst;
	link->limit = LIMIT_DEFAULT;
	link->wakes_ns = UINT64_MAX;
	set_options(link, options);
	vl_set_priv(inst, link);
	ret = add_everything(link);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		link_free(link);
		return ret;
	}
	link_update_hooks(link);
	return 0;
}

static int
link_set(struct vl_inst *inst, const struct json_t *options, char *error,
	 size_t error_size)
{
	(void)error, (void)error_size;
	set_options(vl_priv(inst), options);
	return 0;
}

static void
link_stop(struct vl_inst *inst)
{
	link_free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "link",
	.summary = "cut, suspend and flap ports; lose, hold or delay the n-th "
		   "frame that matches",
	.options = "limit:int(1..100000)?",
	.start = link_start,
	.stop = link_stop,
	.set = link_set,
	.details = "`limit` (1000) is how many frames a suspended direction of "
		   "a port, or a rule, holds at most; what comes then is "
		   "dropped.",
	.methods = link_methods,
};
