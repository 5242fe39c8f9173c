#include "switch/plugin-scope.h"

#include <errno.h>

#include "lib/err.h"
#include "switch/declared.h"
#include "switch/lanes.h"
#include "switch/pipeline.h"
#include "switch/plugin-host.h"
#include "switch/switch.h"

/* In a scope: a declared port that has not come yet.  No port has this id. */
#define PORT_ABSENT PORT_FLOOD

int
plugin_scope_resolve(const struct vswitch *sw,
		     const struct plugin_request *request,
		     struct hook_scope *scope, struct err *err)
{
	const struct segment *segment;
	const struct port *port;

	*scope =
	    (struct hook_scope){ SEGMENT_NONE, PORT_NONE, request->direction };
	if (request->segment != NULL) {
		segment = switch_need_segment(sw, request->segment, err);
		if (segment == NULL)
			return -ENOENT;
		scope->segment = segment->id;
	}
	if (request->port != NULL &&
	    switch_find_port(sw, request->port) == NULL &&
	    declared_find(sw, request->port) != NULL) {
		scope->port = PORT_ABSENT; /* until it comes */
	} else if (request->port != NULL) {
		port = switch_need_port(sw, request->port, err);
		if (port == NULL)
			return -ENOENT;
		if (scope->segment != SEGMENT_NONE &&
		    scope->segment != port->segment->id)
			return err_set(
			    err, -EINVAL, "port %s is on segment %s, not on %s",
			    port->name, port->segment->name, request->segment);
		scope->port = port->id;
	}
	return 0;
}

/* The segment that @scope, resolved, is on; NULL when it is on none. */
static const struct segment *
segment_of_scope(const struct vswitch *sw, const struct plugin_request *request,
		 const struct hook_scope *scope)
{
	const struct declared_port *d;
	const struct port *port;

	if (scope->segment != SEGMENT_NONE)
		return switch_segment(sw, scope->segment);
	if (request->port == NULL)
		return NULL;
	port = switch_find_port(sw, request->port);
	if (port != NULL)
		return port->segment;
	d = declared_find(sw, request->port);
	return d != NULL ? switch_find_segment(sw, d->segment) : NULL;
}

struct lane *
plugin_scope_lane(const struct vswitch *sw,
		  const struct plugin_request *request,
		  const struct hook_scope *scope, struct err *err)
{
	const struct segment *segment;

	if (sw->config.n_workers == 0)
		return sw->lane;
	if (sw->config.n_workers == 1)
		return lanes_nth(sw->lanes, 1);
	segment = segment_of_scope(sw, request, scope);
	if (segment != NULL)
		return segment->lane;
	if (request->port != NULL)
		err_set(err, -EXDEV,
			"plugin %s: the segment that port %s is declared for "
			"is not there, so nobody knows whose worker it is: "
			"make it first",
			request->plugin, request->port);
	else
		err_set(err, -EXDEV,
			"plugin %s: in a switch with %u workers a plugin is "
			"for one segment or port: load it once for each, with "
			"segment=NAME",
			request->plugin, sw->config.n_workers);
	return NULL;
}
