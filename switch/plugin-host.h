/*
 * plugin-host: instances of plugins: starting them, their methods, stopping
 * them.  What a plugin may do is include/vdelab/plugin.h.
 */
#ifndef SWITCH_PLUGIN_HOST_H
#define SWITCH_PLUGIN_HOST_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/rpc.h"
#include "vdelab/plugin.h"

struct err;
struct plugin_host;
struct vswitch;

enum { PLUGIN_INSTANCES_MAX = 256 };

struct plugin_request {
	const char *plugin;  /* its name; or a path, which contains a '/' */
	const char *segment; /* scope: one segment; or NULL */
	const char *port;    /* scope: one port; or NULL */
	enum vl_direction direction;
	const char *id; /* or NULL: the plugin's name, and a number */
	bool has_order;
	int order; /* of its hooks, 0..HOOK_ORDER_MAX */
	/* Options: as JSON, of which texts may be meant otherwise ("7"), or as
	 * "key=value" texts, NULL-ended, of which the keys id, segment, port,
	 * dir and order are what is above.  Both may be NULL.  Borrowed. */
	const json_t *options;
	const char *const *settings;
};

typedef void plugin_event_fn(const char *event, const json_t *data, void *arg);

struct plugin_host *plugin_host_new(struct vswitch *sw);
/** plugin_host_free() - stops all instances, the newest first; NULL is a
 * no-op */
void plugin_host_free(struct plugin_host *host);
/** plugin_host_on_event() - who hears what plugins tell */
void plugin_host_on_event(struct plugin_host *host, plugin_event_fn *fn,
			  void *arg);

/* Who calls methods for plugins: as control_call(), without a descriptor. */
typedef void plugin_control_fn(const char *method, json_t *params,
			       rpc_done_fn *done, void *done_arg, void *arg);
void plugin_host_on_control(struct plugin_host *host, plugin_control_fn *fn,
			    void *arg);

/* "in", "out", "both"; reading: 0 or -EINVAL. */
const char *plugin_direction_name(enum vl_direction direction);
int plugin_direction_read(const char *name, enum vl_direction *direction);

/** plugin_host_load() - Return: the instance's id, borrowed; NULL with @err
 * set */
const char *plugin_host_load(struct plugin_host *host,
			     const struct plugin_request *request,
			     struct err *err);
/** plugin_host_unload() - from the loop only, never inside a hook or method of
 * the instance itself.  Return: 0; -ENOENT with @err set. */
int plugin_host_unload(struct plugin_host *host, const char *id,
		       struct err *err);

/**
 * plugin_host_set() - change options of an instance
 * @options: those that are to change, as of plugin_request; borrowed
 *
 * Return: 0; -ENOENT; -ENOTSUP the plugin cannot; what it says; with @err set,
 * and nothing has changed.
 */
int plugin_host_set(struct plugin_host *host, const char *id,
		    const json_t *options, struct err *err);

/** plugin_host_find_method() - "<instance>.<method>", for an rpc_find_fn */
const struct rpc_method *plugin_host_find_method(const struct plugin_host *host,
						 const char *name, void **arg);
typedef void plugin_method_fn(const struct rpc_method *method, void *arg);
void plugin_host_each_method(const struct plugin_host *host,
			     plugin_method_fn *fn, void *arg);
/** plugin_host_show() - the result of plugin.show, returned owned */
json_t *plugin_host_show(const struct plugin_host *host);

#endif /* SWITCH_PLUGIN_HOST_H */
