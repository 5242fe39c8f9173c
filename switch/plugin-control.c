/* Plugins and the control socket: their methods, their events. */
#include "vdelab/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/rpc.h"
#include "lib/xalloc.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"

static void
answer(const struct vswitch *sw, struct rpc_call *call, int ret, json_t *result,
       const char *error)
{
	struct err err = ERR_INIT;

	if (ret == 0) {
		rpc_reply(call, result);
		return;
	}
	json_decref(result);
	ret = ret < 0 ? ret : -EIO;
	err_set(&err, ret, "%s", error[0] != '\0' ? error : strerror(-ret));
	sandbox_explain(sw->config.sandbox, &err);
	rpc_fail_err(call, &err);
}

/* What a plugin says on its lane: an answer to .call, an event, or that there
 * is something to ask for. */
struct saying {
	struct news news; /* first */
	struct vl_inst *inst;
	struct rpc_call *call;
	int ret;
	char *text;   /* the error, or the event's name */
	json_t *data; /* the result, or the event's */
};

static void
leave(struct vl_inst *inst, void (*tell)(struct lane *, struct news *),
      const struct saying *what)
{
	struct saying *s = XNEW(struct saying);

	*s = *what;
	s->news.tell = tell;
	s->inst = inst;
	lane_post(inst->lane, &s->news);
}

static void
tell_answer(struct lane *lane, struct news *news)
{
	struct saying *s = (struct saying *)news;

	answer(lane->sw, s->call, s->ret, s->data, s->text);
	free(s->text);
	free(s);
}

static void
reply(struct vl_inst *inst, struct rpc_call *call, int ret, json_t *result,
      const char *error)
{
	if (lane_is_away(inst->lane))
		leave(inst, tell_answer,
		      &(struct saying){ .call = call,
					.ret = ret,
					.text = xstrdup(error),
					.data = result });
	else
		answer(inst->sw, call, ret, result, error);
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

	lane_enter(inst->lane);
	inst->current = &current;
	ret = m->fn(inst->owner.priv, inst, params, &result, error,
		    sizeof(error));
	inst->current = NULL;
	lane_leave(inst->lane);
	if (!current.deferred) {
		reply(inst, call, ret, result, error);
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

	if (!is_method_name(name) || !json_signature_valid(signature))
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
	reply(call->inst, call->rpc, ret, result, error);
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

static void
tell_event(struct lane *lane, struct news *news)
{
	struct saying *s = (struct saying *)news;

	(void)lane;
	plugin_host_send_event(s->inst->host, s->text, s->data);
	json_decref(s->data);
	free(s->text);
	free(s);
}

void
vl_event_send(struct vl_inst *inst, const char *event, struct json_t *data)
{
	char *name = xasprintf("%s.%s", inst->name, event);
	bool away = lane_is_away(inst->lane);

	if (away && lane_has_room(inst->lane)) {
		leave(inst, tell_event,
		      &(struct saying){ .text = name, .data = data });
		return;
	}
	if (!away)
		plugin_host_send_event(inst->host, name, data);
	json_decref(data);
	free(name);
}

/* ---- calling the switch ---- */

/* Asked for by a plugin: waits for the end of the turn, then for the answer. */
struct inst_request {
	struct vl_inst *inst; /* NULL: has stopped, nobody listens */
	char *method;
	json_t *params;
	vl_reply_fn *fn;
	void *priv;
	bool called;
	STAILQ_ENTRY(inst_request) link;
};

static void
free_request(struct inst_request *r)
{
	json_decref(r->params);
	free(r->method);
	free(r);
}

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct inst_request *r = arg;
	struct vl_inst *inst = r->inst;

	if (inst != NULL) {
		struct lane *lane = inst->lane;

		STAILQ_REMOVE(&inst->requests, r, inst_request, link);
		inst->n_requests--;
		lane_enter(lane);
		if (r->fn != NULL && result != NULL)
			r->fn(r->priv, result, 0, "");
		else if (r->fn != NULL)
			r->fn(r->priv, NULL, err->code, err->text);
		lane_leave(lane);
	}
	free_request(r);
}

static struct inst_request *
next_request(const struct vl_inst *inst)
{
	struct inst_request *r;

	STAILQ_FOREACH(r, &inst->requests, link)
	{
		if (!r->called)
			return r;
	}
	return NULL;
}

/* One a round of the loop: what it does may end the instance. */
static void
on_ask(evutil_socket_t fd, short what, void *arg)
{
	struct vl_inst *inst = arg;
	struct inst_request *r;
	json_t *params;

	(void)fd;
	(void)what;
	switch_hold(inst->sw);
	r = next_request(inst);
	if (r == NULL)
		return;
	r->called = true;
	if (next_request(inst) != NULL)
		event_active(inst->asks, 0, 0);
	params = r->params;
	r->params = NULL;
	plugin_host_control(inst->host, r->method, params, on_answer, r);
}

/* The loop of the control thread asks. */
static void
ask_soon(struct vl_inst *inst)
{
	if (inst->asks == NULL)
		inst->asks =
		    event_new(inst->sw->config.base, -1, 0, on_ask, inst);
	if (inst->asks == NULL)
		abort();
	event_active(inst->asks, 0, 0);
}

static void
tell_request(struct lane *lane, struct news *news)
{
	struct saying *s = (struct saying *)news;

	(void)lane;
	ask_soon(s->inst);
	free(s);
}

int
vl_control(struct vl_inst *inst, const char *method, struct json_t *params,
	   vl_reply_fn *fn, void *priv)
{
	struct inst_request *r;

	if (inst->n_requests == INST_REQUESTS_MAX) {
		json_decref(params);
		return -EBUSY;
	}
	r = XNEW(struct inst_request);
	r->inst = inst;
	r->method = xstrdup(method);
	r->params = params;
	r->fn = fn;
	r->priv = priv;
	STAILQ_INSERT_TAIL(&inst->requests, r, link);
	inst->n_requests++;
	if (lane_is_away(inst->lane))
		leave(inst, tell_request, &(struct saying){ .ret = 0 });
	else
		ask_soon(inst);
	return 0;
}

/* Those that have been called live until they are answered. */
static void
forget_requests(struct vl_inst *inst)
{
	struct inst_request *r;

	while ((r = STAILQ_FIRST(&inst->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&inst->requests, link);
		r->inst = NULL;
		if (!r->called)
			free_request(r);
	}
	inst->n_requests = 0;
}

/* ---- the end of an instance ---- */

void
plugin_control_detach(struct vl_inst *inst)
{
	struct inst_method *m;

	forget_requests(inst);

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

	forget_requests(inst); /* stop() may have made some */
	if (inst->asks != NULL)
		event_free(inst->asks);
	while ((call = LIST_FIRST(&inst->calls)) != NULL)
		vl_call_fail(call, -ECANCELED, "the plugin was stopped");
}
