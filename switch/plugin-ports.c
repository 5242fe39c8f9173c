/* What plugins hear of ports and segments. */
#include "vdelab/plugin.h"

#include <errno.h>

#include "switch/declared.h"
#include "switch/plugin-inst.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

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
	const struct port *port = lane_port(inst->lane, id);

	return port != NULL ? port->name : NULL;
}

uint32_t
vl_port_segment(const struct vl_inst *inst, uint32_t id)
{
	const struct port *port = lane_port(inst->lane, id);

	return port != NULL ? port->segment->id : SEGMENT_NONE;
}

int
vl_port_is_declared(const struct vl_inst *inst, const char *name)
{
	return declared_find(inst->sw, name) != NULL;
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
	const struct segment *segment = lane_segment(inst->lane, id);

	return segment != NULL ? segment->name : NULL;
}

void
plugin_ports_detach(struct vl_inst *inst)
{
	inst->on_port = NULL;
}
