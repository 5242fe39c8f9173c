/* Plugins and the control socket: their methods, their events. */
#include "vdelab/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/log.h"
#include "lib/rpc.h"
#include "lib/xalloc.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"

static void
reply(struct rpc_call *call, int ret, json_t *result, const char *error)
{
	if (ret == 0) {
		rpc_reply(call, result);
		return;
	}
	json_decref(result);
	rpc_fail(call, ret < 0 ? ret : -EIO,
		 error[0] != '\0' ? error : strerror(ret < 0 ? -ret : EIO));
}

static void
on_method(struct rpc_call *call, const json_t *params, void *arg)
{
	struct inst_method *m = arg;
	struct vl_inst *inst = m->inst;
	struct inst_call current = { .rpc = call };
	char error[512] = "";
	json_t *result = NULL;
	int ret;

	switch_enter(inst->sw);
	inst->current = &current;
	ret = m->fn(inst->owner.priv, inst, params, &result, error,
		    sizeof(error));
	inst->current = NULL;
	switch_leave(inst->sw);
	if (!current.deferred) {
		reply(call, ret, result, error);
		return;
	}
	json_decref(result);
	if (ret != 0 && current.later != NULL)
		vl_call_fail(current.later, ret, error);
}

static bool
is_method_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		   strlen(name);
}

int
vl_method_add(struct vl_inst *inst, const char *name, const char *signature,
	      const char *summary, vl_method_fn *fn)
{
	char *full_name;
	struct inst_method *m;

	if (!is_method_name(name))
		return -EINVAL;
	full_name = xasprintf("%s.%s", inst->name, name);
	STAILQ_FOREACH(m, &inst->methods, link)
	{
		if (strcmp(m->full_name, full_name) == 0) {
			free(full_name);
			return -EEXIST;
		}
	}
	m = XNEW(struct inst_method);
	m->inst = inst;
	m->full_name = full_name;
	m->fn = fn;
	m->rpc = (struct rpc_method){ .name = full_name,
				      .params = signature,
				      .summary = summary,
				      .fn = on_method };
	STAILQ_INSERT_TAIL(&inst->methods, m, link);
	return 0;
}

int
vl_method_describe(struct vl_inst *inst, const char *name, const char *result,
		   const char *details)
{
	struct inst_method *m;

	STAILQ_FOREACH(m, &inst->methods, link)
	{
		if (strcmp(m->full_name + strlen(inst->name) + 1, name) != 0)
			continue;
		m->rpc.result = result;
		m->rpc.details = details;
		return 0;
	}
	return -ENOENT;
}

int
vl_method_take_fd(struct vl_inst *inst)
{
	if (inst->current == NULL)
		return -ENOENT;
	return rpc_call_take_fd(inst->current->rpc);
}

struct vl_call *
vl_method_defer(struct vl_inst *inst)
{
	struct vl_call *later;

	if (inst->current == NULL || inst->current->deferred) {
		LOG_LIMITED(LOG_ERROR,
			    "plugin %s: vl_method_defer() is for methods, and "
			    "once a call",
			    inst->name);
		return NULL;
	}
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		return NULL;
	later->inst = inst;
	later->rpc = inst->current->rpc;
	LIST_INSERT_HEAD(&inst->calls, later, link);
	inst->current->deferred = true;
	inst->current->later = later;
	return later;
}

/* ---- answers that come later ---- */

static void
end_call(struct vl_call *call, int ret, json_t *result, const char *error)
{
	struct inst_call *current = call->inst->current;

	if (current != NULL && current->later == call)
		current->later = NULL;
	LIST_REMOVE(call, link);
	reply(call->rpc, ret, result, error);
	free(call);
}

void
vl_call_reply(struct vl_call *call, struct json_t *result)
{
	end_call(call, 0, result, "");
}

void
vl_call_fail(struct vl_call *call, int code, const char *text)
{
	end_call(call, code != 0 ? code : -EIO, NULL, text);
}

void
vl_event_send(struct vl_inst *inst, const char *event, struct json_t *data)
{
	char *name = xasprintf("%s.%s", inst->name, event);

	plugin_host_send_event(inst->host, name, data);
	json_decref(data);
	free(name);
}

/* ---- the end of an instance ---- */

void
plugin_control_detach(struct vl_inst *inst)
{
	struct inst_method *m;

	while ((m = STAILQ_FIRST(&inst->methods)) != NULL) {
		STAILQ_REMOVE_HEAD(&inst->methods, link);
		free(m->full_name);
		free(m);
	}
}

void
plugin_control_fini(struct vl_inst *inst)
{
	struct vl_call *call;

	while ((call = LIST_FIRST(&inst->calls)) != NULL)
		vl_call_fail(call, -ECANCELED, "the plugin was stopped");
}
