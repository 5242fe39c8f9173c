#include "switch/plugin-host.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/rpc.h"
#include "lib/xalloc.h"
#include "switch/declared.h"
#include "switch/marks.h"
#include "switch/pipeline.h"
#include "switch/plugin-file.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"

/* In a scope: a declared port that has not come yet.  No port has this id. */
#define PORT_ABSENT PORT_FLOOD

struct plugin_host {
	struct vswitch *sw;
	struct marks *marks;
	struct switch_observer observer;
	TAILQ_HEAD(inst_list, vl_inst) insts;
	unsigned n_insts;
	plugin_event_fn *on_event; /* or NULL */
	void *event_arg;
};

/* ---- ports come and go ---- */

static void
tell_of_port(const struct plugin_host *host, const struct port *port,
	     enum vl_port_event event)
{
	const struct vl_inst *inst;

	TAILQ_FOREACH (inst, &host->insts, link) {
		if (inst->on_port != NULL &&
		    hook_scope_matches(&inst->owner.scope, port->segment->id,
				       port->id))
			inst->on_port(inst->owner.priv, event, port->id);
	}
}

/* Instances that are for @port by name, which is declared, are for this one now:
 * its site is new, so the pipeline will look whose hooks are for it. */
static void
bind_scopes(struct plugin_host *host, const struct port *port)
{
	struct vl_inst *inst;

	if (!port->declared)
		return;
	TAILQ_FOREACH (inst, &host->insts, link) {
		if (inst->scope_port != NULL &&
		    strcmp(inst->scope_port, port->name) == 0)
			inst->owner.scope.port = port->id;
	}
}

static void
on_port_added(struct port *port, void *arg)
{
	bind_scopes(arg, port);
	tell_of_port(arg, port, VL_PORT_ADDED);
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	(void)reason;
	tell_of_port(arg, port, VL_PORT_REMOVED);
}

struct plugin_host *
plugin_host_new(struct vswitch *sw)
{
	struct plugin_host *host = XNEW(struct plugin_host);

	host->sw = sw;
	host->marks = marks_new();
	TAILQ_INIT(&host->insts);
	host->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.arg = host,
	};
	switch_observer_add(sw, &host->observer);
	return host;
}

/* ---- starting ---- */

static struct vl_inst *
find(const struct plugin_host *host, const char *id)
{
	struct vl_inst *inst;

	TAILQ_FOREACH (inst, &host->insts, link) {
		if (strcmp(inst->name, id) == 0)
			return inst;
	}
	return NULL;
}

/* "capture", "capture1", "capture2", ...: the first that is free. */
static void
name_inst(const struct plugin_host *host, struct vl_inst *inst)
{
	const char *plugin = inst->file.plugin->name;

	snprintf(inst->name, sizeof(inst->name), "%s", plugin);
	for (unsigned i = 1; find(host, inst->name) != NULL; i++)
		snprintf(inst->name, sizeof(inst->name), "%s%u", plugin, i);
}

static int
resolve_scope(const struct plugin_host *host,
	      const struct plugin_request *request, struct hook_scope *scope,
	      struct err *err)
{
	const struct segment *segment;
	const struct port *port;

	*scope =
	    (struct hook_scope){ SEGMENT_NONE, PORT_NONE, request->direction };
	if (request->segment != NULL) {
		segment = switch_need_segment(host->sw, request->segment, err);
		if (segment == NULL)
			return -ENOENT;
		scope->segment = segment->id;
	}
	if (request->port != NULL &&
	    switch_find_port(host->sw, request->port) == NULL &&
	    declared_find(host->sw, request->port) != NULL) {
		scope->port = PORT_ABSENT; /* until it comes */
	} else if (request->port != NULL) {
		port = switch_need_port(host->sw, request->port, err);
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

/* One "key=value" into @options. */
static int
add_setting(json_t *options, const char *signature, const char *setting,
	    struct err *err)
{
	const char *eq = strchr(setting, '=');
	json_t *value;
	char *key;

	if (eq == NULL)
		return err_set(err, -EINVAL,
			       "\"%s\" is not of the form "
			       "key=value",
			       setting);
	key = xasprintf("%.*s", (int)(eq - setting), setting);
	value = json_from_text(signature, key, eq + 1, err);
	if (value != NULL)
		json_object_set_new(options, key, value);
	free(key);
	return value != NULL ? 0 : -EINVAL;
}

/* The options as an object, returned owned; NULL with @err set. */
static json_t *
collect_options(const struct plugin_request *request, const char *signature,
		struct err *err)
{
	const char *const *setting = request->settings;
	json_t *options = request->options != NULL
			      ? json_deep_copy(request->options)
			      : json_object();

	for (; setting != NULL && *setting != NULL; setting++) {
		if (add_setting(options, signature, *setting, err) < 0)
			goto fail;
	}
	if (json_check(options, signature, err) == 0)
		return options;
fail:
	json_decref(options);
	return NULL;
}

static void
free_inst(struct vl_inst *inst)
{
	plugin_inst_fini(inst);
	plugin_file_close(&inst->file);
	free(inst->scope_segment);
	free(inst->scope_port);
	free(inst);
}

static int
start(struct vl_inst *inst, const struct plugin_request *request,
      struct err *err)
{
	const struct vl_plugin *plugin = inst->file.plugin;
	const char *signature = plugin->options != NULL ? plugin->options : "";
	json_t *options = collect_options(request, signature, err);
	char error[512] = "";
	int ret;

	if (options == NULL) {
		err_prefix(err, "plugin %s", plugin->name);
		return -EINVAL;
	}
	switch_enter(inst->sw);
	ret = plugin->start(inst, options, error, sizeof(error));
	if (ret != 0)
		plugin_inst_detach(inst);
	switch_leave(inst->sw);
	json_decref(options);
	if (ret == 0)
		return 0;
	ret = ret < 0 ? ret : -EIO;
	return err_set(err, ret, "plugin %s: %s", plugin->name,
		       error[0] != '\0' ? error : strerror(-ret));
}

static struct vl_inst *
new_inst(struct plugin_host *host, const struct plugin_request *request,
	 const struct hook_scope *scope)
{
	struct vl_inst *inst = XNEW(struct vl_inst);

	inst->host = host;
	inst->sw = host->sw;
	inst->marks = host->marks;
	hook_owner_init(&inst->owner, scope);
	inst->owner.name = inst->name;
	if (request->segment != NULL)
		inst->scope_segment = xstrdup(request->segment);
	if (request->port != NULL)
		inst->scope_port = xstrdup(request->port);
	STAILQ_INIT(&inst->counters);
	STAILQ_INIT(&inst->methods);
	LIST_INIT(&inst->timers);
	LIST_INIT(&inst->programs);
	LIST_INIT(&inst->calls);
	return inst;
}

const char *
plugin_host_load(struct plugin_host *host, const struct plugin_request *request,
		 struct err *err)
{
	struct hook_scope scope;
	struct vl_inst *inst;

	if (host->n_insts == PLUGIN_INSTANCES_MAX) {
		err_set(err, -ENOSPC, "at most %d plugins can be loaded",
			PLUGIN_INSTANCES_MAX);
		return NULL;
	}
	if (resolve_scope(host, request, &scope, err) < 0)
		return NULL;
	inst = new_inst(host, request, &scope);
	if (plugin_file_open(&inst->file, request->plugin, err) < 0) {
		free_inst(inst);
		return NULL;
	}
	name_inst(host, inst);
	if (start(inst, request, err) < 0) {
		free_inst(inst);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&host->insts, inst, link);
	host->n_insts++;
	log_debug("plugin %s is loaded", inst->name);
	return inst->name;
}

/* ---- stopping ---- */

static void
stop(struct plugin_host *host, struct vl_inst *inst)
{
	assert(host->sw->depth == 0 && inst->current == NULL);
	plugin_inst_detach(inst);
	switch_enter(host->sw);
	inst->file.plugin->stop(inst);
	switch_leave(host->sw);
	TAILQ_REMOVE(&host->insts, inst, link);
	host->n_insts--;
	log_debug("plugin %s is unloaded", inst->name);
	free_inst(inst);
}

int
plugin_host_unload(struct plugin_host *host, const char *id, struct err *err)
{
	struct vl_inst *inst = find(host, id);

	if (inst == NULL)
		return err_set(err, -ENOENT, "no plugin %s is loaded", id);
	stop(host, inst);
	return 0;
}

void
plugin_host_free(struct plugin_host *host)
{
	struct vl_inst *inst;

	if (host == NULL)
		return;
	while ((inst = TAILQ_LAST(&host->insts, inst_list)) != NULL)
		stop(host, inst);
	switch_observer_remove(host->sw, &host->observer);
	marks_free(host->marks);
	free(host);
}

/* ---- what plugins tell and can be asked ---- */

void
plugin_host_on_event(struct plugin_host *host, plugin_event_fn *fn, void *arg)
{
	host->on_event = fn;
	host->event_arg = arg;
}

void
plugin_host_send_event(struct plugin_host *host, const char *event,
		       const json_t *data)
{
	if (host->on_event != NULL)
		host->on_event(event, data, host->event_arg);
}

const struct rpc_method *
plugin_host_find_method(const struct plugin_host *host, const char *name,
			void **arg)
{
	const struct vl_inst *inst;
	struct inst_method *m;

	TAILQ_FOREACH (inst, &host->insts, link) {
		STAILQ_FOREACH(m, &inst->methods, link)
		{
			if (strcmp(m->full_name, name) == 0) {
				*arg = m;
				return &m->rpc;
			}
		}
	}
	return NULL;
}

void
plugin_host_each_method(const struct plugin_host *host, plugin_method_fn *fn,
			void *arg)
{
	const struct vl_inst *inst;
	const struct inst_method *m;

	TAILQ_FOREACH (inst, &host->insts, link) {
		STAILQ_FOREACH(m, &inst->methods, link)
		fn(&m->rpc, arg);
	}
}

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
plugin_host_show(const struct plugin_host *host)
{
	const struct vl_inst *inst;
	json_t *list = json_array();

	TAILQ_FOREACH (inst, &host->insts, link) {
		const struct vl_plugin *plugin = inst->file.plugin;

		json_array_append_new(
		    list,
		    json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:I, s:o}", "id",
			      inst->name, "plugin", plugin->name, "summary",
			      plugin->summary != NULL ? plugin->summary : "",
			      "scope", show_scope(inst), "dropped",
			      (json_int_t)inst->owner.n_dropped, "drops",
			      show_drops(inst), "held",
			      (json_int_t)inst->owner.n_held, "counters",
			      show_counters(inst)));
	}
	return list;
}
