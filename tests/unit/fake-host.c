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
	if (h->inst != NULL && h->inst->port_fn != NULL)
		h->inst->port_fn(h->inst->priv, VL_PORT_ADDED, id);
	return id;
}

void
fake_port_del(struct fake_host *h, uint32_t port)
{
	if (h->inst != NULL && h->inst->port_fn != NULL)
		h->inst->port_fn(h->inst->priv, VL_PORT_REMOVED, port);
	free(h->ports[port].name);
	h->ports[port].name = NULL;
}

static json_t *
parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text != NULL ? text : "{}", 0, &error);

	ck_assert_msg(value != NULL, "%s: %s", text, error.text);
	return value;
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
	ret = plugin->start(h->inst, parsed, error, error_size);
	json_decref(parsed);
	if (ret < 0) {
		free(h->inst);
		h->inst = NULL;
	}
	return ret;
}

void
fake_stop(struct fake_host *h)
{
	struct vl_inst *inst = h->inst;

	inst->port_fn = NULL;
	inst->n_methods = 0;
	inst->n_timers = 0;
	memset(inst->n_hooks, 0, sizeof(inst->n_hooks));
	inst->plugin->stop(inst);
	ck_assert_msg(h->n_held == 0, "%zu stolen frames are lost", h->n_held);
	for (size_t i = 0; i < FAKE_CALLS; i++)
		if (h->calls[i].open)
			vl_call_fail(&h->calls[i], -ECANCELED,
				     "the plugin has stopped");
	free(inst);
	h->inst = NULL;
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

/* ---- frames ---- */

static void
frame_free(struct vl_frame *frame)
{
	free(frame->data);
	free(frame);
}

static struct vl_frame *
frame_new(const struct fake_host *h, uint32_t in, uint32_t out,
	  const struct fake_frame *from)
{
	struct vl_frame *frame = XNEW(struct vl_frame);

	*frame = (struct vl_frame){
		.data = xcalloc(1, from->len),
		.len = from->len,
		.in_port = in,
		.out_port = out,
		.time_ns = h->now_ns + FAKE_WALL_OFFSET_NS,
	};
	memcpy(frame->data, from->data, from->len);
	return frame;
}

/* Runs the hooks of @stage for the frames that have not been dropped yet. */
static void
run_stage(struct fake_host *h, enum vl_stage stage, uint32_t port,
	  struct vl_frame *const *frames, uint8_t *verdicts, size_t n,
	  struct fake_fate *fates)
{
	struct vl_vector v = { .frames = frames,
			       .verdicts = verdicts,
			       .n = (uint32_t)n,
			       .port = port,
			       .now_ns = h->now_ns };
	uint8_t seen[FAKE_BATCH_MAX], before[FAKE_BATCH_MAX];

	memcpy(seen, verdicts, n);
	for (; h->n_to_drop[stage] > 0; h->n_to_drop[stage]--)
		verdicts[h->n_to_drop[stage] - 1] = VL_DROP;
	memcpy(before, verdicts, n);
	if (h->inst->hooks_on[stage])
		for (size_t i = 0; i < h->inst->n_hooks[stage]; i++)
			h->inst->hooks[stage][i].fn(h->inst->priv, &v);
	for (size_t i = 0; i < n; i++) {
		if (before[i] != VL_PASS)
			ck_assert_msg(verdicts[i] == before[i],
				      "an earlier verdict was changed");
		else
			h->n_held += verdicts[i] == VL_STOLEN;
		if (seen[i] == VL_PASS)
			fates[i] = (struct fake_fate){ verdicts[i], stage };
	}
}

/* Each port that frames leave by has frames of its own, so that a hook may
 * steal some. */
static void
push_out(struct fake_host *h, uint32_t port, struct vl_frame *const *frames,
	 const uint8_t *verdicts, size_t n, struct fake_fate *fates)
{
	struct vl_frame *copies[FAKE_BATCH_MAX];
	uint8_t out_verdicts[FAKE_BATCH_MAX];

	for (size_t i = 0; i < n; i++) {
		struct fake_frame from = { frames[i]->data, frames[i]->len };

		copies[i] = frame_new(h, frames[i]->in_port,
				      frames[i]->out_port, &from);
	}
	memcpy(out_verdicts, verdicts, n);
	run_stage(h, VL_STAGE_EGRESS, port, copies, out_verdicts, n, fates);
	for (size_t i = 0; i < n; i++)
		if (verdicts[i] != VL_PASS || out_verdicts[i] != VL_STOLEN)
			frame_free(copies[i]);
}

void
fake_push_n(struct fake_host *h, uint32_t in, uint32_t out,
	    const struct fake_frame *frames, size_t n, struct fake_fate *fates)
{
	struct vl_frame *list[FAKE_BATCH_MAX];
	uint8_t verdicts[FAKE_BATCH_MAX] = { VL_PASS };
	uint32_t segment = h->ports[in].segment;

	ck_assert_uint_le(n, FAKE_BATCH_MAX);
	for (size_t i = 0; i < n; i++)
		list[i] = frame_new(h, in, out, &frames[i]);
	run_stage(h, VL_STAGE_INGRESS, in, list, verdicts, n, fates);
	run_stage(h, VL_STAGE_FORWARD, in, list, verdicts, n, fates);
	for (uint32_t p = 0; p < h->n_ports; p++)
		if (p == out || (out == VL_PORT_FLOOD && p != in &&
				 h->ports[p].name != NULL &&
				 h->ports[p].segment == segment))
			push_out(h, p, list, verdicts, n, fates);
	for (size_t i = 0; i < n; i++)
		if (verdicts[i] != VL_STOLEN)
			frame_free(list[i]);
}

void
fake_drop_next(struct fake_host *h, enum vl_stage stage, size_t n)
{
	h->n_to_drop[stage] = n;
}

struct fake_fate
fake_push(struct fake_host *h, uint32_t in, uint32_t out,
	  const struct fake_frame *frame)
{
	struct fake_fate fate;

	fake_push_n(h, in, out, frame, 1, &fate);
	return fate;
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
	struct vl_timer *due = NULL;

	for (size_t i = 0; h->inst != NULL && i < h->inst->n_timers; i++) {
		struct vl_timer *t = &h->inst->timers[i];

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

size_t
fake_n_resumed(const struct fake_host *h)
{
	return h->n_resumed;
}

size_t
fake_n_discarded(const struct fake_host *h)
{
	return h->n_discarded;
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
