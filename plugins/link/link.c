/*
 * link: makes ports deaf, mute or both, silently: what a port would receive or
 * send is dropped and counted, and its carrier stays up.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "vdelab/plugin.h"

/* Before anything else may look at a frame that the link has not carried. */
enum { HOOK_ORDER = 100 };

/* As seen from the segment: IN is what the port sends into it. */
enum direction { IN, OUT, N_DIRECTIONS };

static const enum vl_stage stages[N_DIRECTIONS] = {
	[IN] = VL_STAGE_INGRESS,
	[OUT] = VL_STAGE_EGRESS,
};
static const char *const names[N_DIRECTIONS] = { [IN] = "in", [OUT] = "out" };
static const char *const dropped_names[N_DIRECTIONS] = {
	[IN] = "dropped_in",
	[OUT] = "dropped_out",
};

struct port {
	uint32_t id;
	bool blocked[N_DIRECTIONS];
	uint64_t dropped[N_DIRECTIONS]; /* frames */
};

struct link {
	struct vl_inst *inst;
	struct port *ports; /* in scope, ascending by id; owned */
	size_t n_ports;
	size_t ports_size;
	uint64_t *n_dropped[N_DIRECTIONS]; /* the host's counters */
};

static struct port *
find_port(const struct link *l, uint32_t id)
{
	size_t low = 0, high = l->n_ports;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->ports[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == l->n_ports || l->ports[low].id != id)
		return NULL;
	return &l->ports[low];
}

/* ---- frames ---- */

static void
drop_blocked(struct link *l, const struct vl_vector *v, enum direction d)
{
	struct port *port = find_port(l, v->port);
	uint64_t n = 0;

	if (port == NULL || !port->blocked[d])
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		v->verdicts[i] = VL_DROP;
		n++;
	}
	port->dropped[d] += n;
	*l->n_dropped[d] += n;
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	drop_blocked(priv, v, IN);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	drop_blocked(priv, v, OUT);
}

/* Nobody pays for a hook while nothing is blocked. */
static void
update_hooks(struct link *l)
{
	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		bool any = false;

		for (size_t i = 0; i < l->n_ports; i++)
			any |= l->ports[i].blocked[d];
		vl_hook_enable(l->inst, stages[d], any);
	}
}

/* ---- ports ---- */

static int
add_port(struct link *l, uint32_t id)
{
	if (l->n_ports == l->ports_size) {
		size_t size = l->ports_size > 0 ? 2 * l->ports_size : 16;
		struct port *ports =
		    reallocarray(l->ports, size, sizeof(*ports));

		if (ports == NULL)
			return -ENOMEM;
		l->ports = ports;
		l->ports_size = size;
	}
	l->ports[l->n_ports++] = (struct port){ .id = id };
	return 0;
}

static void
remove_port(struct link *l, uint32_t id)
{
	struct port *port = find_port(l, id);

	if (port == NULL)
		return;
	l->n_ports--;
	memmove(port, port + 1,
		(size_t)(&l->ports[l->n_ports] - port) * sizeof(*port));
	update_hooks(l);
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct link *l = priv;

	if (event == VL_PORT_REMOVED)
		remove_port(l, id);
	else if (add_port(l, id) < 0)
		vl_log(l->inst, "no memory: port %s cannot be blocked",
		       vl_port_name(l->inst, id));
}

/* ---- methods ---- */

/* The port that @params name.  Return: NULL with the reason in @error. */
static struct port *
named_port(const struct link *l, const struct json_t *params, char *error,
	   size_t error_size)
{
	const char *name = json_string_value(json_object_get(params, "port"));
	struct port *port = find_port(l, vl_port_find(l->inst, name));

	if (port == NULL)
		snprintf(error, error_size,
			 "no port is called \"%s\" here; port.show lists them",
			 name);
	return port;
}

static int
method_set(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const char *state = json_string_value(json_object_get(params, "state"));
	const char *direction =
	    json_string_value(json_object_get(params, "direction"));
	struct link *l = priv;
	struct port *port = named_port(l, params, error, error_size);

	(void)inst;
	if (port == NULL)
		return -ENOENT;
	for (enum direction d = IN; d < N_DIRECTIONS; d++)
		if (direction == NULL || strcmp(direction, "both") == 0 ||
		    strcmp(direction, names[d]) == 0)
			port->blocked[d] = strcmp(state, "block") == 0;
	update_hooks(l);
	*result = json_true();
	return 0;
}

static json_t *
port_json(const struct link *l, const struct port *port)
{
	json_t *object = json_object();

	json_object_set_new(object, "port",
			    json_string(vl_port_name(l->inst, port->id)));
	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		json_object_set_new(
		    object, names[d],
		    json_string(port->blocked[d] ? "block" : "unblock"));
		json_object_set_new(object, dropped_names[d],
				    json_integer((json_int_t)port->dropped[d]));
	}
	return object;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	struct link *l = priv;
	const struct port *only = NULL;

	(void)inst;
	if (json_object_get(params, "port") != NULL) {
		only = named_port(l, params, error, error_size);
		if (only == NULL)
			return -ENOENT;
	}
	*result = json_array();
	for (size_t i = 0; i < l->n_ports; i++)
		if (only == NULL || only == &l->ports[i])
			json_array_append_new(*result,
					      port_json(l, &l->ports[i]));
	return 0;
}

/* ---- the instance ---- */

static int
add_everything(struct link *l)
{
	static vl_hook_fn *const hooks[N_DIRECTIONS] = {
		[IN] = on_ingress, [OUT] = on_egress
	};
	int ret = 0;

	for (enum direction d = IN; d < N_DIRECTIONS && ret == 0; d++) {
		ret = vl_counter_add(l->inst, dropped_names[d], "frames",
				     &l->n_dropped[d]);
		if (ret == 0)
			ret = vl_hook_add(l->inst, stages[d], HOOK_ORDER,
					  hooks[d]);
	}
	if (ret == 0)
		ret = vl_method_add(
		    l->inst, "set",
		    "port:name state:block|unblock direction:in|out|both?",
		    "drop, silently, what a port sends (in) or would receive "
		    "(out)",
		    method_set);
	if (ret == 0)
		ret = vl_method_add(
		    l->inst, "show", "port:name?",
		    "what is blocked, and what that has dropped", method_show);
	if (ret == 0)
		ret = vl_port_watch(l->inst, on_port);
	return ret;
}

static void
link_free(struct link *l)
{
	free(l->ports);
	free(l);
}

static int
link_start(struct vl_inst *inst, const struct json_t *options, char *error,
	   size_t error_size)
{
	struct link *l = calloc(1, sizeof(*l));
	int ret;

	(void)options;
	if (l == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	l->inst = inst;
	vl_set_priv(inst, l);
	ret = add_everything(l);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		link_free(l);
		return ret;
	}
	update_hooks(l);
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
	.summary = "block and unblock ports, silently, per direction",
	.options = "",
	.start = link_start,
	.stop = link_stop,
};
