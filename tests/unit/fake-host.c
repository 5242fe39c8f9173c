#include "config.h"

#include "tests/unit/fake-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "tests/unit/fake-host-priv.h"

struct fake_host *
fake_host_new(void)
{
	struct fake_host *h = XNEW(struct fake_host);

	h->method_fd = -1;
	h->now_ns = 1000;
	h->events = json_object();
	h->declared = json_object();
	h->scope = (struct vl_scope){ UINT32_MAX, VL_PORT_NONE, VL_DIR_BOTH };
	return h;
}

void
fake_host_free(struct fake_host *h)
{
	if (h->inst != NULL)
		fake_stop(h);
	for (size_t i = 0; i < h->n_segments; i++)
		free(h->segments[i]);
	for (size_t i = 0; i < h->n_ports; i++)
		free(h->ports[i].name);
	for (size_t i = 0; i < FAKE_CALLS; i++)
		json_decref(h->calls[i].reply.result);
	json_decref(h->events);
	json_decref(h->declared);
	for (size_t i = 0; i < h->n_asked; i++) {
		free(h->asked[i].method);
		json_decref(h->asked[i].params);
	}
	fake_outs_clear(h);
	free(h->outs);
	free(h);
}

uint32_t
fake_segment_add(struct fake_host *h, const char *name)
{
	ck_assert(h->n_segments < FAKE_SEGMENTS_MAX);
	h->segments[h->n_segments] = xstrdup(name);
	return (uint32_t)h->n_segments++;
}

uint32_t
fake_port_add(struct fake_host *h, uint32_t segment, const char *name)
{
	uint32_t id = (uint32_t)h->n_ports;

	ck_assert(h->n_ports < FAKE_PORTS_MAX);
	h->ports[h->n_ports++] =
	    (struct fake_port){ .name = xstrdup(name), .segment = segment };
	if (h->inst != NULL && h->inst->port_fn != NULL &&
	    fake_port_in_scope(h, id))
		h->inst->port_fn(h->inst->priv, VL_PORT_ADDED, id);
	return id;
}

void
fake_port_declare(struct fake_host *h, const char *name)
{
	json_object_set_new(h->declared, name, json_true());
}

void
fake_port_undeclare(struct fake_host *h, const char *name)
{
	json_object_del(h->declared, name);
}

void
fake_port_del(struct fake_host *h, uint32_t port)
{
	if (h->inst != NULL && h->inst->port_fn != NULL &&
	    fake_port_in_scope(h, port))
		h->inst->port_fn(h->inst->priv, VL_PORT_REMOVED, port);
	free(h->ports[port].name);
	h->ports[port].name = NULL;
}

void
fake_port_rename(struct fake_host *h, uint32_t port, const char *name)
{
	free(h->ports[port].name);
	h->ports[port].name = xstrdup(name);
	if (h->inst != NULL && h->inst->port_fn != NULL &&
	    fake_port_in_scope(h, port))
		h->inst->port_fn(h->inst->priv, VL_PORT_RENAMED, port);
}

static json_t *
parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text != NULL ? text : "{}", 0, &error);

	ck_assert_msg(value != NULL, "%s: %s", text, error.text);
	return value;
}

void
fake_scope(struct fake_host *h, struct vl_scope scope)
{
	h->scope = scope;
}

static void
inst_free(struct vl_inst *inst)
{
	struct vl_timer *t;

	fake_io_fini(inst);
	while ((t = TAILQ_FIRST(&inst->timers)) != NULL)
		vl_timer_free(t);
	for (size_t i = 0; i < inst->n_reasons; i++)
		free(inst->reasons[i]);
	for (size_t i = 0; i < inst->n_marks; i++)
		free(inst->marks[i]);
	free(inst);
}

/* What it asked for reaches it no more. */
static void
forget_asked(struct fake_host *h)
{
	for (size_t i = 0; i < h->n_asked; i++)
		h->asked[i].fn = NULL;
}

int
fake_start(struct fake_host *h, const struct vl_plugin *plugin,
	   const char *options, char *error, size_t error_size)
{
	json_t *parsed = parse(options);
	struct err err = ERR_INIT;
	int ret;

	ck_assert_ptr_null(h->inst);
	ck_assert_uint_eq(plugin->abi, VL_PLUGIN_ABI);
	ck_assert_msg(json_check(parsed, plugin->options, &err) == 0, "%s",
		      err.text);
	h->inst = XNEW(struct vl_inst);
	h->inst->host = h;
	h->inst->plugin = plugin;
	TAILQ_INIT(&h->inst->timers);
	TAILQ_INIT(&h->inst->watches);
	ret = plugin->start(h->inst, parsed, error, error_size);
	json_decref(parsed);
	if (ret < 0) {
		forget_asked(h);
		inst_free(h->inst);
		h->inst = NULL;
	}
	return ret;
}

void
fake_stop(struct fake_host *h)
{
	struct vl_inst *inst = h->inst;

	fake_ports_close_all(h);
	inst->port_fn = NULL;
	inst->n_methods = 0;
	inst->drop_fn = NULL;
	forget_asked(h);
	memset(inst->n_hooks, 0, sizeof(inst->n_hooks));
	inst->plugin->stop(inst);
	fake_io_fini(inst); /* it may still let go of them itself */
	ck_assert_msg(h->n_held == 0, "%zu held frames are lost", h->n_held);
	for (size_t i = 0; i < FAKE_CALLS; i++)
		if (h->calls[i].open)
			vl_call_fail(&h->calls[i], -ECANCELED,
				     "the plugin has stopped");
	inst_free(inst);
	h->inst = NULL;
}

int
fake_set(struct fake_host *h, const char *options, char *error,
	 size_t error_size)
{
	const struct vl_plugin *plugin = h->inst->plugin;
	char *optional = json_all_optional(plugin->options);
	json_t *parsed = parse(options);
	struct err err = ERR_INIT;
	int ret;

	ck_assert_msg(plugin->set != NULL, "it has no .set");
	ck_assert_msg(json_check(parsed, optional, &err) == 0, "%s", err.text);
	ret = plugin->set(h->inst, parsed, error, error_size);
	ck_assert_msg(ret == 0 || error[0] != '\0', "no reason given");
	json_decref(parsed);
	free(optional);
	return ret;
}

static const struct fake_method *
find_method(const struct fake_host *h, const char *name)
{
	for (size_t i = 0; i < h->inst->n_methods; i++)
		if (strcmp(h->inst->methods[i].name, name) == 0)
			return &h->inst->methods[i];
	ck_abort_msg("no method %s", name);
	return NULL;
}

static struct vl_call *
call_new(struct fake_host *h)
{
	struct vl_call *call = &h->calls[h->next_call++ % FAKE_CALLS];

	ck_assert_msg(!call->open, "too many calls are not answered yet");
	json_decref(call->reply.result);
	*call = (struct vl_call){ .host = h };
	return call;
}

const struct fake_reply *
fake_call(struct fake_host *h, const char *name, const char *params, int fd)
{
	const struct fake_method *m = find_method(h, name);
	struct vl_call *call = call_new(h);
	struct fake_reply *reply = &call->reply;
	json_t *parsed = parse(params), *result = NULL;
	struct err err = ERR_INIT;
	int code;

	ck_assert_msg(json_check(parsed, m->signature, &err) == 0, "%s",
		      err.text);
	h->running = call;
	h->method_fd = fd;
	code = m->fn(h->inst->priv, h->inst, parsed, &result, reply->text,
		     sizeof(reply->text));
	h->running = NULL;
	if (h->method_fd >= 0)
		close(h->method_fd);
	h->method_fd = -1;
	json_decref(parsed);
	if (call->deferred) {
		ck_assert_msg(code == 0 && result == NULL, "answered twice");
		return reply;
	}
	reply->code = code;
	reply->result = result;
	ck_assert_msg(code == 0 || result == NULL, "failed with a result");
	ck_assert_msg(code == 0 || reply->text[0] != '\0', "no reason given");
	return reply;
}

/* ---- what plugins ask of the switch ---- */

size_t
fake_n_requests(const struct fake_host *h)
{
	return h->n_asked;
}

const struct fake_request *
fake_request(const struct fake_host *h, size_t i)
{
	ck_assert_uint_lt(i, h->n_asked);
	return &h->asked[i].request;
}

void
fake_answer(struct fake_host *h, size_t i, int code, const char *text,
	    const char *result)
{
	struct fake_asked *a = &h->asked[i];
	json_t *value = NULL;

	ck_assert_uint_lt(i, h->n_asked);
	ck_assert_msg(!a->request.answered, "answered twice");
	a->request.answered = true;
	if (code == 0)
		value = json_loads(result != NULL ? result : "null",
				   JSON_DECODE_ANY, NULL);
	ck_assert_msg(code != 0 || value != NULL, "%s is no JSON", result);
	if (a->fn != NULL)
		a->fn(a->priv, value, code, text);
	json_decref(value);
}

int
vl_control(struct vl_inst *inst, const char *method, struct json_t *params,
	   vl_reply_fn *fn, void *priv)
{
	struct fake_host *h = inst->host;
	struct fake_asked *a = &h->asked[h->n_asked];

	ck_assert_uint_lt(h->n_asked, FAKE_REQUESTS_MAX);
	h->n_asked++;
	a->method = xstrdup(method);
	a->params = params != NULL ? params : json_object();
	a->fn = fn;
	a->priv = priv;
	a->request = (struct fake_request){ a->method, a->params, false };
	return 0;
}

/* ---- time ---- */

uint64_t
fake_now_ns(const struct fake_host *h)
{
	return h->now_ns;
}

static struct vl_timer *
next_due(struct fake_host *h, uint64_t until_ns)
{
	struct vl_timer *t, *due = NULL;

	if (h->inst == NULL)
		return NULL;
	TAILQ_FOREACH (t, &h->inst->timers, link) {
		if (t->set && t->deadline_ns <= until_ns &&
		    (due == NULL || t->deadline_ns < due->deadline_ns))
			due = t;
	}
	return due;
}

void
fake_advance(struct fake_host *h, uint64_t ns)
{
	uint64_t until_ns = h->now_ns + ns;
	struct vl_timer *t;

	while ((t = next_due(h, until_ns)) != NULL) {
		if (t->deadline_ns > h->now_ns)
			h->now_ns = t->deadline_ns;
		t->set = false;
		t->fn(t->priv);
	}
	h->now_ns = until_ns;
}

bool
fake_hook_enabled(const struct fake_host *h, enum vl_stage stage)
{
	return h->inst->n_hooks[stage] > 0 && h->inst->hooks_on[stage];
}

uint64_t
fake_counter(const struct fake_host *h, const char *name)
{
	for (size_t i = 0; i < h->inst->n_counters; i++)
		if (strcmp(h->inst->counters[i].name, name) == 0)
			return h->inst->counters[i].value;
	ck_abort_msg("no counter %s", name);
	return 0;
}

const json_t *
fake_event(const struct fake_host *h, const char *name)
{
	return json_object_get(h->events, name);
}
