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
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "switch/marks.h"
#include "switch/pipeline.h"
#include "switch/plugin-file.h"
#include "switch/plugin-inst.h"
#include "switch/plugin-scope.h"
#include "switch/switch.h"

struct plugin_host {
	struct vswitch *sw;
	/* Frames stay on their lane, and marks with them: these are of lane 0,
	 * 1, ... */
	struct marks *marks[WORKERS_MAX + 1];
	struct switch_observer observer;
	TAILQ_HEAD(inst_list, vl_inst) insts;
	unsigned n_insts;
	plugin_event_fn *on_event; /* or NULL */
	void *event_arg;
	plugin_control_fn *on_control; /* or NULL */
	void *control_arg;
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
		if (inst->scope_port == NULL ||
		    strcmp(inst->scope_port, port->name) != 0)
			continue;
		if (inst->lane == port->lane)
			inst->owner.scope.port = port->id;
		else
			log_warn("plugin %s is on worker %u, and port %s, "
				 "which it is for, on worker %u: load it again",
				 inst->name, inst->lane->number, port->name,
				 port->lane->number);
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
	for (unsigned i = 0; i <= sw->config.n_workers; i++)
		host->marks[i] = marks_new();
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

/* May an instance be called so?  Its methods begin with it, and are not to be
 * taken for the switch's, nor be hidden behind a command for others. */
static int
check_id(const struct plugin_host *host, const char *plugin, const char *id,
	 struct err *err)
{
	if (!plugin_name_is_valid(id))
		return err_set(err, -EINVAL, "\"%s\" is no id for a plugin",
			       id);
	if (find(host, id) != NULL)
		return err_set(err, -EEXIST, "there is a plugin %s already",
			       id);
	for (const struct verb_noun *n = verb_nouns; n->name != NULL; n++) {
		if (strcmp(n->name, id) == 0 && strcmp(plugin, id) != 0)
			return err_set(err, -EINVAL,
				       "\"%s\" is no id for a plugin: it is a "
				       "command of vdelabctl",
				       id);
	}
	return 0;
}

/* As it is to be called; else "capture", "capture1", "capture2", ...: the first
 * that is free. */
static int
name_inst(const struct plugin_host *host, struct vl_inst *inst, const char *id,
	  struct err *err)
{
	const char *plugin = inst->file.plugin->name;
	int ret = id != NULL ? check_id(host, plugin, id, err) : 0;

	snprintf(inst->name, sizeof(inst->name), "%s",
		 id != NULL ? id : plugin);
	for (unsigned i = 1; ret == 0 && find(host, inst->name) != NULL; i++)
		snprintf(inst->name, sizeof(inst->name), "%s%u", plugin, i);
	return ret;
}

/* The value of "key=value"; NULL with @err set. */
static const char *
value_of(const char *setting, size_t *key_len, struct err *err)
{
	*key_len = strcspn(setting, "=");
	if (setting[*key_len] == '\0') {
		err_set(err, -EINVAL, "\"%s\" is not of the form key=value",
			setting);
		return NULL;
	}
	return setting + *key_len + 1;
}

static const char *const direction_names[] = {
	[VL_DIR_BOTH] = "both",
	[VL_DIR_IN] = "in",
	[VL_DIR_OUT] = "out",
};

const char *
plugin_direction_name(enum vl_direction direction)
{
	return direction_names[direction];
}

int
plugin_direction_read(const char *name, enum vl_direction *direction)
{
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(direction_names[i], name) == 0) {
			*direction = (enum vl_direction)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int
read_order(const char *text, int *order)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 0 || n > HOOK_ORDER_MAX)
		return -EINVAL;
	*order = (int)n;
	return 0;
}

/* Settings that are the host's and no option of the plugin's: "id=wan".
 * Return: 1; 0 it is none of them; -EINVAL with @err set. */
static int
take_setting(struct plugin_request *request, const char *setting,
	     struct err *err)
{
	size_t len;
	const char *value = value_of(setting, &len, err);
	const struct {
		const char *key;
		const char **text;
	} texts[] = {
		{ "id", &request->id },
		{ "segment", &request->segment },
		{ "port", &request->port },
	};

	if (value == NULL)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strlen(texts[i].key) == len &&
		    strncmp(texts[i].key, setting, len) == 0) {
			*texts[i].text = value;
			return 1;
		}
	}
	if (len == 3 && strncmp(setting, "dir", len) == 0)
		return plugin_direction_read(value, &request->direction) == 0
			   ? 1
			   : err_set(err, -EINVAL,
				     "dir must be in, out or both, not "
				     "\"%s\"",
				     value);
	if (len == 5 && strncmp(setting, "order", len) == 0) {
		request->has_order = true;
		return read_order(value, &request->order) == 0
			   ? 1
			   : err_set(err, -EINVAL,
				     "order must be 0 to %d, not \"%s\"",
				     HOOK_ORDER_MAX, value);
	}
	return 0;
}

/* Options and settings as one object of texts and values, returned owned; NULL
 * with @err set.  What is the host's goes into @request. */
static json_t *
collect_options(struct plugin_request *request, struct err *err)
{
	const char *const *setting = request->settings;
	json_t *options = request->options != NULL
			      ? json_deep_copy(request->options)
			      : json_object();

	for (; setting != NULL && *setting != NULL; setting++) {
		int ret = take_setting(request, *setting, err);
		const char *value;
		size_t len;
		char *key;

		if (ret < 0) {
			json_decref(options);
			return NULL;
		}
		if (ret > 0)
			continue;
		value = value_of(*setting, &len, err);
		key = xasprintf("%.*s", (int)len, *setting);
		json_object_set_new(options, key,
				    json_text(value, strlen(value)));
		free(key);
	}
	return options;
}

static void
free_inst(struct vl_inst *inst)
{
	plugin_inst_fini(inst);
	plugin_file_close(&inst->file);
	json_decref(inst->options);
	free(inst->scope_segment);
	free(inst->scope_port);
	free(inst);
}

/* Tells why the plugin has refused.  Return: negative. */
static int
fail(const struct vl_inst *inst, int ret, const char *error, struct err *err)
{
	ret = ret < 0 ? ret : -EIO;
	return err_set(err, ret, "plugin %s: %s", inst->file.plugin->name,
		       error[0] != '\0' ? error : strerror(-ret));
}

static int
start(struct vl_inst *inst, struct err *err)
{
	const struct vl_plugin *plugin = inst->file.plugin;
	char error[512] = "";
	int ret;

	lane_enter(inst->lane);
	ret = plugin->start(inst, inst->options, error, sizeof(error));
	if (ret != 0)
		plugin_inst_detach(inst);
	lane_leave(inst->lane);
	return ret == 0 ? 0 : fail(inst, ret, error, err);
}

static struct vl_inst *
new_inst(struct plugin_host *host, const struct plugin_request *request,
	 const struct hook_scope *scope, struct err *err)
{
	struct lane *lane = plugin_scope_lane(host->sw, request, scope, err);
	struct vl_inst *inst;

	if (lane == NULL)
		return NULL;
	inst = XNEW(struct vl_inst);

	inst->host = host;
	inst->sw = host->sw;
	inst->lane = lane;
	inst->marks = host->marks[lane->number];
	hook_owner_init(&inst->owner, scope);
	inst->owner.name = inst->name;
	if (request->has_order)
		inst->owner.order = request->order;
	if (request->segment != NULL)
		inst->scope_segment = xstrdup(request->segment);
	if (request->port != NULL)
		inst->scope_port = xstrdup(request->port);
	STAILQ_INIT(&inst->counters);
	STAILQ_INIT(&inst->methods);
	LIST_INIT(&inst->kinds);
	LIST_INIT(&inst->timers);
	LIST_INIT(&inst->programs);
	LIST_INIT(&inst->watches);
	LIST_INIT(&inst->calls);
	STAILQ_INIT(&inst->requests);
	return inst;
}

/* @options: as they came. */
static int
set_up(struct plugin_host *host, struct vl_inst *inst,
       const struct plugin_request *request, const json_t *options,
       struct err *err)
{
	int ret = plugin_file_open(&inst->file, request->plugin, err);

	if (ret == 0)
		ret = name_inst(host, inst, request->id, err);
	if (ret < 0)
		return ret;
	inst->options = plugin_file_options(&inst->file, options, err);
	if (inst->options == NULL) {
		err_prefix(err, "plugin %s", inst->file.plugin->name);
		return -EINVAL;
	}
	return start(inst, err);
}

const char *
plugin_host_load(struct plugin_host *host, const struct plugin_request *wanted,
		 struct err *err)
{
	struct plugin_request request = *wanted;
	struct vl_inst *inst = NULL;
	struct hook_scope scope;
	json_t *options;

	if (host->n_insts == PLUGIN_INSTANCES_MAX) {
		err_set(err, -ENOSPC, "at most %d plugins can be loaded",
			PLUGIN_INSTANCES_MAX);
		return NULL;
	}
	options = collect_options(&request, err);
	if (options == NULL)
		err_prefix(err, "plugin %s", request.plugin);
	if (options != NULL &&
	    plugin_scope_resolve(host->sw, &request, &scope, err) == 0)
		inst = new_inst(host, &request, &scope, err);
	if (inst != NULL && set_up(host, inst, &request, options, err) < 0) {
		free_inst(inst);
		inst = NULL;
	}
	json_decref(options);
	if (inst == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&host->insts, inst, link);
	host->n_insts++;
	log_debug("plugin %s is loaded", inst->name);
	return inst->name;
}

/* ---- changing ---- */

int
plugin_host_set(struct plugin_host *host, const char *id, const json_t *given,
		struct err *err)
{
	struct vl_inst *inst = find(host, id);
	const struct vl_plugin *plugin;
	char error[512] = "";
	json_t *options;
	int ret;

	if (inst == NULL)
		return err_set(err, -ENOENT, "no plugin %s is loaded", id);
	plugin = inst->file.plugin;
	if (plugin->set == NULL)
		return err_set(err, -ENOTSUP,
			       "the plugin %s keeps the options that it was "
			       "loaded with: unload it and load it again",
			       plugin->name);
	options = plugin_file_some_options(&inst->file, given, err);
	if (options == NULL) {
		err_prefix(err, "plugin %s", id);
		return -EINVAL;
	}
	lane_enter(inst->lane);
	ret = plugin->set(inst, options, error, sizeof(error));
	lane_leave(inst->lane);
	if (ret == 0)
		json_object_update(inst->options, options);
	json_decref(options);
	return ret == 0 ? 0 : fail(inst, ret, error, err);
}

/* ---- stopping ---- */

static void
stop(struct plugin_host *host, struct vl_inst *inst)
{
	lane_deliver(inst->lane); /* what it has said so far */
	assert(inst->lane->depth == 0 && inst->current == NULL);
	plugin_inst_detach(inst);
	lane_enter(inst->lane);
	inst->file.plugin->stop(inst);
	plugin_inst_detach(inst); /* what it has added all the same */
	lane_leave(inst->lane);
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
	for (unsigned i = 0; i <= host->sw->config.n_workers; i++)
		marks_free(host->marks[i]);
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
plugin_host_on_control(struct plugin_host *host, plugin_control_fn *fn,
		       void *arg)
{
	host->on_control = fn;
	host->control_arg = arg;
}

void
plugin_host_control(struct plugin_host *host, const char *method,
		    json_t *params, rpc_done_fn *done, void *arg)
{
	struct err err = ERR_INIT;

	if (host->on_control != NULL) {
		host->on_control(method, params, done, arg, host->control_arg);
		return;
	}
	json_decref(params);
	err_set(&err, -ENOTCONN, "this switch has no methods");
	done(NULL, &err, arg);
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

json_t *
plugin_host_show(const struct plugin_host *host)
{
	const struct vl_inst *inst;
	json_t *list = json_array();

	TAILQ_FOREACH (inst, &host->insts, link)
		json_array_append_new(list, plugin_inst_show(inst));
	return list;
}
