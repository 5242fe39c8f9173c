/*
 * storm: limits to what a port may have flooded: broadcasts, multicasts and
 * frames for unknown stations, in frames and bits a second.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/inst.h"
#include "plugins/storm/guard.h"
#include "vdelab/plugin.h"

enum { BLOCK_ORDER = 250, LIMIT_ORDER = 400, TICK_MS = 100 };

#define NS_PER_MS UINT64_C(1000000)

/* For every port in scope, as the options say. */
struct defaults {
	uint64_t frames[STORM_N_CLASSES]; /* a second; 0: no limit */
	bool blocks;
	uint64_t recover_ns;
};

struct storm {
	struct vl_inst *inst;
	struct port_table *guards;
	struct vl_timer *timer;
	bool ticks; /* the timer is set */
	struct defaults defaults;
	uint8_t verdicts[STORM_N_CLASSES], verdict_blocked;
};

/* ---- what is told ---- */

static void
tell(struct storm *storm, const char *event, const struct guard *g,
     const char *kind)
{
	json_t *data = json_pack("{s:s}", "port", g->port.name);

	if (kind != NULL)
		json_object_set_new(data, "class", json_string(kind));
	vl_event_send(storm->inst, event, data);
}

static void
tell_began(struct storm *storm, const struct guard *g, enum storm_class kind,
	   enum guard_event event)
{
	if (event == GUARD_NONE)
		return;
	tell(storm, event == GUARD_BLOCKED ? "blocked" : "began", g,
	     storm_class_names[kind]);
	vl_log(storm->inst, "port %s passes its limit of %s frames%s",
	       g->port.name, storm_class_names[kind],
	       event == GUARD_BLOCKED ? " and is blocked" : "");
	if (!storm->ticks)
		vl_timer_set(storm->timer,
			     vl_now_ns(storm->inst) + TICK_MS * NS_PER_MS);
	storm->ticks = true;
}

/* ---- frames ---- */

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	struct storm *storm = priv;
	struct guard *g = port_table_find(storm->guards, v->port);

	if (g == NULL || !g->blocked)
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		v->verdicts[i] = storm->verdict_blocked;
		g->n_blocked++;
	}
}

/* Ports that are not blocked pay for one hook only. */
static void
update_hooks(struct storm *storm)
{
	const struct guard *g;
	bool any = false;

	for (size_t i = 0; (g = port_table_each(storm->guards, i)) != NULL; i++)
		any |= g->blocked;
	vl_hook_enable(storm->inst, VL_STAGE_INGRESS, any);
	vl_hook_enable(storm->inst, VL_STAGE_FORWARD,
		       port_table_each(storm->guards, 0) != NULL);
}

static void
on_forward(void *priv, const struct vl_vector *v)
{
	struct storm *storm = priv;
	struct guard *g = port_table_find(storm->guards, v->port);
	bool blocked = false;

	if (g == NULL)
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct vl_frame *frame = v->frames[i];
		enum guard_event event;
		enum storm_class kind;

		if (v->verdicts[i] != VL_PASS ||
		    !guard_class(vl_frame_data(frame), vl_frame_out_port(frame),
				 &kind) ||
		    guard_takes(g, kind, vl_frame_len(frame), v->now_ns,
				&event))
			continue;
		v->verdicts[i] = storm->verdicts[kind];
		tell_began(storm, g, kind, event);
		blocked |= event == GUARD_BLOCKED;
	}
	if (blocked)
		update_hooks(storm);
}

/* ---- time ---- */

static void
unblock(struct storm *storm, struct guard *g)
{
	if (!guard_unblock(g))
		return;
	tell(storm, "unblocked", g, NULL);
	vl_log(storm->inst, "port %s is no longer blocked", g->port.name);
}

static void
on_timer(void *priv)
{
	struct storm *storm = priv;
	uint64_t now_ns = vl_now_ns(storm->inst);
	struct guard *g;

	storm->ticks = false;
	for (size_t i = 0; (g = port_table_each(storm->guards, i)) != NULL;
	     i++) {
		for (int kind = 0; kind < STORM_N_CLASSES; kind++) {
			if (guard_calm(g, kind, now_ns))
				tell(storm, "ended", g,
				     storm_class_names[kind]);
		}
		if (g->blocked && g->unblock_ns <= now_ns)
			unblock(storm, g);
		storm->ticks |= guard_is_busy(g);
	}
	if (storm->ticks)
		vl_timer_set(storm->timer, now_ns + TICK_MS * NS_PER_MS);
	update_hooks(storm);
}

/* ---- ports ---- */

static void
init_guard(struct port_state *state, struct vl_inst *inst)
{
	const struct storm *storm = vl_priv(inst);
	struct guard *g = (struct guard *)state;

	for (int kind = 0; kind < STORM_N_CLASSES; kind++)
		guard_set_limit(g, kind, storm->defaults.frames[kind], 0, 0, 0,
				vl_now_ns(inst));
	g->blocks = storm->defaults.blocks;
	g->recover_ns = storm->defaults.recover_ns;
}

/* Another cable: what the last one did is over. */
static void
unplugged(struct port_state *state)
{
	struct guard *g = (struct guard *)state;

	guard_unblock(g);
	for (int kind = 0; kind < STORM_N_CLASSES; kind++)
		g->limits[kind].storming = false;
}

static const struct port_table_ops guard_ops = {
	.size = sizeof(struct guard),
	.init = init_guard,
	.unplugged = unplugged,
};

static bool
has_defaults(const struct storm *storm)
{
	for (int kind = 0; kind < STORM_N_CLASSES; kind++) {
		if (storm->defaults.frames[kind] > 0)
			return true;
	}
	return false;
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct storm *storm = priv;
	const char *name = vl_port_name(storm->inst, id);
	char error[256];

	port_table_on_port(storm->guards, event, id);
	if (event == VL_PORT_ADDED && has_defaults(storm) &&
	    port_table_need(storm->guards, name, error, sizeof(error)) == NULL)
		vl_log(storm->inst, "port %s has no limits: %s", name, error);
	update_hooks(storm);
}

/* ---- methods ---- */

static struct guard *
need_guard(const struct storm *storm, const json_t *params, char *error,
	   size_t error_size)
{
	return port_table_need(storm->guards, param_text(params, "port"), error,
			       error_size);
}

static int
method_set(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const char *name = param_text(params, "class");
	const char *action = param_text(params, "action");
	struct storm *storm = priv;
	struct guard *g = need_guard(storm, params, error, error_size);

	if (g == NULL)
		return -ENOENT;
	for (int kind = 0; kind < STORM_N_CLASSES; kind++) {
		if (strcmp(name, "all") != 0 &&
		    strcmp(name, storm_class_names[kind]) != 0)
			continue;
		guard_set_limit(g, kind, param_number(params, "frames", 0),
				param_number(params, "bits", 0),
				param_number(params, "frames_burst", 0),
				param_number(params, "bits_burst", 0),
				vl_now_ns(inst));
	}
	if (action != NULL)
		g->blocks = strcmp(action, "block") == 0;
	g->recover_ns =
	    param_number(params, "recover_ms", g->recover_ns / NS_PER_MS) *
	    NS_PER_MS;
	update_hooks(storm);
	*result = json_true();
	return 0;
}

static int
method_clear(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct storm *storm = priv;
	struct guard *g =
	    port_table_find_name(storm->guards, param_text(params, "port"));

	(void)inst;
	if (g == NULL) {
		snprintf(error, error_size, "port \"%s\" has no limits",
			 param_text(params, "port"));
		return -ENOENT;
	}
	unblock(storm, g);
	update_hooks(storm);
	*result = json_true();
	return 0;
}

static json_t *
limit_json(const struct limit *limit)
{
	return json_pack(
	    "{s:I, s:I, s:I, s:b}", "frames", (json_int_t)limit->frames.rate,
	    "bits", (json_int_t)limit->bits.rate, "dropped",
	    (json_int_t)limit->n_dropped, "storm", limit->storming);
}

static json_t *
guard_json(const struct guard *g)
{
	json_t *object =
	    json_pack("{s:s, s:s, s:I, s:b, s:I}", "port", g->port.name,
		      "action", g->blocks ? "block" : "drop", "recover_ms",
		      (json_int_t)(g->recover_ns / NS_PER_MS), "blocked",
		      g->blocked, "dropped_blocked", (json_int_t)g->n_blocked);

	for (int kind = 0; kind < STORM_N_CLASSES; kind++)
		json_object_set_new(object, storm_class_names[kind],
				    limit_json(&g->limits[kind]));
	return object;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const struct storm *storm = priv;
	const char *only = param_text(params, "port");
	const struct guard *g;

	(void)inst, (void)error, (void)error_size;
	*result = json_array();
	for (size_t i = 0; (g = port_table_each(storm->guards, i)) != NULL; i++)
		if (only == NULL || strcmp(only, g->port.name) == 0)
			json_array_append_new(*result, guard_json(g));
	return 0;
}

static const struct vl_method methods[] = {
	{ .name = "set",
	  .params = "port:name class:broadcast|multicast|unknown|all "
		    "frames:int(0..10000000000)? bits:int(0..10000000000)? "
		    "frames_burst:int(0..10000000000)? "
		    "bits_burst:int(0..10000000000)? action:drop|block? "
		    "recover_ms:int(0..86400000)?",
	  .summary = "limit what a port may have flooded",
	  .result = "`true`",
	  .details =
	      "`frames` and `bits` are a second's; 0, or left out: no limit. "
	      "`unknown` are frames for stations that nobody has seen. What "
	      "comes beyond is dropped; with the action `block`, all that the "
	      "port sends is, for `recover_ms` (0: until `storm.clear`). A "
	      "burst (a tenth of a second's worth) may come at once.",
	  .fn = method_set },
	{ .name = "clear",
	  .params = "port:name",
	  .summary = "a blocked port may send again",
	  .result = "`true`",
	  .fn = method_clear },
	{ .name = "show",
	  .params = "port:name?",
	  .summary = "limits, and what they have dropped",
	  .result = "`[{port, action, recover_ms, blocked, dropped_blocked, "
		    "broadcast: {frames, bits, dropped, storm}, multicast, "
		    "unknown}]`",
	  .fn = method_show },
	{ .name = NULL },
};

/* ---- the instance ---- */

static void
set_options(struct storm *storm, const json_t *options)
{
	struct defaults *d = &storm->defaults;
	const char *action = param_text(options, "action");

	for (int kind = 0; kind < STORM_N_CLASSES; kind++)
		d->frames[kind] = param_number(options, storm_class_names[kind],
					       d->frames[kind]);
	if (action != NULL)
		d->blocks = strcmp(action, "block") == 0;
	d->recover_ns =
	    param_number(options, "recover_ms", d->recover_ns / NS_PER_MS) *
	    NS_PER_MS;
}

static int
add_verdicts(struct storm *storm)
{
	int ret =
	    inst_add_reason(storm->inst, "blocked", &storm->verdict_blocked);

	for (int kind = 0; kind < STORM_N_CLASSES && ret == 0; kind++)
		ret = inst_add_reason(storm->inst, storm_class_names[kind],
				      &storm->verdicts[kind]);
	return ret;
}

static int
add_everything(struct storm *storm)
{
	struct vl_inst *inst = storm->inst;
	int ret;

	storm->timer = vl_timer_add(inst, on_timer, storm);
	storm->guards = port_table_new(inst, &guard_ops);
	if (storm->timer == NULL || storm->guards == NULL)
		return -ENOMEM;
	if ((ret = add_verdicts(storm)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_INGRESS, BLOCK_ORDER,
			       on_ingress)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_FORWARD, LIMIT_ORDER,
			       on_forward)) < 0 ||
	    (ret = inst_add_methods(inst, methods)) < 0)
		return ret;
	return vl_port_watch(inst, on_port);
}

static void
storm_free(struct storm *storm)
{
	port_table_free(storm->guards);
	free(storm);
}

static int
storm_start(struct vl_inst *inst, const struct json_t *options, char *error,
	    size_t error_size)
{
	struct storm *storm = calloc(1, sizeof(*storm));
	int ret;

	if (storm == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	storm->inst = inst;
	vl_set_priv(inst, storm);
	set_options(storm, options);
	ret = add_everything(storm);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		storm_free(storm);
		return ret;
	}
	update_hooks(storm);
	return 0;
}

static void
storm_stop(struct vl_inst *inst)
{
	storm_free(vl_priv(inst));
}

#define RATE ":int(0..10000000000)? "

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "storm",
	.summary = "limit broadcasts, multicasts and unknown unicasts",
	.options = "broadcast" RATE "multicast" RATE "unknown" RATE
		   "action:drop|block? recover_ms:int(0..86400000)?",
	.start = storm_start,
	.stop = storm_stop,
	.details = "Limits in frames a second, for each port in scope, as "
		   "`storm.set` sets them for one.",
	.methods = methods,
};
