/* What plugin.show tells of an instance. */
#include <jansson.h>

#include "lib/json.h"
#include "switch/plugin-host.h"
#include "switch/plugin-inst.h"

static json_t *
show_scope(const struct vl_inst *inst)
{
	json_t *scope = json_object();

	if (inst->scope_segment != NULL)
		json_object_set_new(scope, "segment",
				    json_string(inst->scope_segment));
	if (inst->scope_port != NULL)
		json_object_set_new(scope, "port",
				    json_string(inst->scope_port));
	if (inst->owner.scope.direction != VL_DIR_BOTH)
		json_object_set_new(scope, "dir",
				    json_string(plugin_direction_name(
					inst->owner.scope.direction)));
	return scope;
}

static json_t *
show_counters(const struct vl_inst *inst)
{
	json_t *counters = json_object();
	const struct inst_counter *c;

	STAILQ_FOREACH(c, &inst->counters, link)
	json_object_set_new(counters, c->name,
			    json_pack("{s:I, s:s}", "value",
				      (json_int_t)c->value, "unit", c->unit));
	return counters;
}

/* Frames that ended here, by reason. */
static json_t *
show_drops(const struct vl_inst *inst)
{
	const struct hook_owner *owner = &inst->owner;
	json_t *drops = json_object();

	for (uint32_t i = 0; i < owner->n_reasons; i++)
		json_object_set_new(
		    drops, owner->drops[i].reason,
		    json_integer((json_int_t)owner->drops[i].n));
	if (inst->n_lost > 0)
		json_object_set_new(drops, "port-gone",
				    json_integer((json_int_t)inst->n_lost));
	if (inst->n_looped > 0)
		json_object_set_new(drops, "loop",
				    json_integer((json_int_t)inst->n_looped));
	return drops;
}

json_t *
plugin_inst_show(const struct vl_inst *inst)
{
	const struct vl_plugin *plugin = inst->file.plugin;
	const struct hook_owner *owner = &inst->owner;
	json_t *shown = json_pack(
	    "{s:s, s:s, s:s, s:o, s:O, s:I, s:o, s:I, s:o}", "id", inst->name,
	    "plugin", plugin->name, "summary",
	    plugin->summary != NULL ? plugin->summary : "", "scope",
	    show_scope(inst), "options", inst->options, "dropped",
	    (json_int_t)owner->n_dropped, "drops", show_drops(inst), "held",
	    (json_int_t)owner->n_held, "counters", show_counters(inst));

	if (owner->order != ORDER_AS_ADDED)
		json_object_set_new(shown, "order", json_integer(owner->order));
	return shown;
}
