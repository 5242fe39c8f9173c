#include "config.h"

#include "driver/wire/network.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "driver/loop.h"
#include "driver/wire/capture-file.h"
#include "driver/wire/plug-socket.h"
#include "driver/wire/plug.h"
#include "driver/wire/switch-child.h"
#include "driver/wire/wire-settings.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

struct segment {
	struct network *net; /* borrowed */
	char name[16];	     /* "vlan1" */
	char path[PATH_MAX]; /* its capture */
	char capture[64];    /* the capture's id in the switch */
};

/* A call that has no answer yet. */
struct call {
	TAILQ_ENTRY(call) entry;
	struct network *net; /* borrowed */
	char *method;	     /* owned */
	json_t *params;	     /* owned; NULL: none */
	struct plug *plug;   /* goes with it; borrowed; NULL: none */
	rpc_done_fn *done;
	void *arg; /* borrowed */
};

struct network {
	struct network_spec spec;   /* all borrowed, but for .names */
	struct switch_child *child; /* owned; NULL: none */
	struct segment *segments;   /* spec.n_vlans of them; owned */
	struct plug_list plugs;
	struct wire_settings *settings;	   /* owned */
	TAILQ_HEAD(call_list, call) calls; /* in the order they were made */
	bool up;			   /* everything is as it should be */
	bool settled;			   /* up, or it never will be */
	bool broken;
	bool was_up;
	size_t n_restoring; /* answers due before it is up */
	char why[256];	    /* it is broken */
	uint64_t lost_ms;   /* since when there is no switch */
	unsigned n_restarts;
	unsigned n_places;	   /* ever; see new_place() */
	uint64_t first_restart_ms; /* of these */
};

/* ---- calls ---- */

static void
call_free(struct call *call)
{
	TAILQ_REMOVE(&call->net->calls, call, entry);
	json_decref(call->params);
	free(call->method);
	free(call);
}

/* Has the switch gone?  Else, what has failed is its answer, also if that says
 * of something else that it has gone. */
static bool
is_lost(const struct network *net)
{
	return net->child == NULL || switch_child_is_lost(net->child);
}

/* What a call has set: another switch has to be told, too. */
static void
remember_setting(struct network *net, const struct call *call)
{
	const char *port = json_str_or(call->params, "port", NULL);

	if (port == NULL || plug_find(&net->plugs, port) != NULL)
		wire_settings_note(net->settings, call->method, call->params);
}

/* Tells of a call that has changed what becomes of frames. */
static void
tell_setting(const struct network *net, const struct call *call)
{
	static const char *const methods[] = {
		"link.set",	"link.hold",   "link.drop", "link.delay",
		"link.release", "link.forget", "netem.set", "netem.del",
	};

	if (net->spec.events->set == NULL || call->params == NULL)
		return;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i], call->method) == 0)
			net->spec.events->set(call->method, call->params,
					      net->spec.arg);
}

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct call *call = arg;
	struct plug *plug = call->plug;

	/* The switch died under it: it is made again, or fails with the
	 * network. */
	if (result == NULL && !call->net->broken && is_lost(call->net))
		return;
	if (plug != NULL) {
		plug->adding = false;
		if (result == NULL)
			plug_free(&call->net->plugs, plug);
	}
	/* What was refused would be refused again. */
	if (result != NULL) {
		remember_setting(call->net, call);
		tell_setting(call->net, call);
	}
	if (call->done != NULL)
		call->done(result, err, call->arg);
	call_free(call);
}

static void
call_send(struct call *call)
{
	const struct plug *plug = call->plug;

	switch_child_call(
	    call->net->child, call->method, json_incref(call->params),
	    plug != NULL ? &plug->fd : NULL,
	    plug != NULL && plug->fd >= 0 ? 1 : 0, on_answer, call);
}

static void
fail_calls(struct network *net)
{
	struct err err = ERR_INIT;
	struct call *call;

	err_set(&err, -ENOTCONN, "%s", net->why);
	while ((call = TAILQ_FIRST(&net->calls)) != NULL)
		on_answer(NULL, &err, call);
}

static void
call_begin(struct network *net, const char *method, json_t *params,
	   struct plug *plug, rpc_done_fn *done, void *arg)
{
	struct call *call = XNEW(struct call);

	call->net = net;
	call->method = xstrdup(method);
	call->params = params;
	call->plug = plug;
	call->done = done;
	call->arg = arg;
	TAILQ_INSERT_TAIL(&net->calls, call, entry);
	if (net->broken)
		fail_calls(net);
	else if (net->up)
		call_send(call);
}

void
network_call(struct network *net, const char *method, json_t *params,
	     rpc_done_fn *done, void *arg)
{
	call_begin(net, method, params, NULL, done, arg);
}

/* ---- a switch, new or another, is made what it should be ---- */

/* @what went wrong, and @why. */
static void
break_down(struct network *net, const char *what, const char *why)
{
	if (net->broken)
		return;
	net->broken = net->settled = true;
	net->up = false;
	snprintf(net->why, sizeof(net->why), "%s: %s", what, why);
	fail_calls(net);
	if (net->was_up)
		net->spec.events->broken(net->why, net->spec.arg);
}

static void
all_restored(struct network *net)
{
	struct call *call, *last = TAILQ_LAST(&net->calls, call_list);
	bool again = net->was_up;
	uint64_t ms = clock_now_ms(net->spec.clock) - net->lost_ms;

	net->up = net->was_up = net->settled = true;
	if (again)
		net->spec.events->restored((unsigned)ms, net->spec.arg);
	/* Those that are made from inside an answer have been sent. */
	for (call = TAILQ_FIRST(&net->calls); last != NULL && call != NULL;) {
		struct call *next =
		    call != last ? TAILQ_NEXT(call, entry) : NULL;

		call_send(call);
		call = next;
	}
}

static void
on_restored(const json_t *result, const struct err *err, void *arg)
{
	struct network *net = arg;

	if (result == NULL) {
		/* Lost again: .ended follows. */
		if (!is_lost(net))
			break_down(net, "the switch cannot be set up",
				   err->text);
		return;
	}
	if (--net->n_restoring == 0 && !net->broken)
		all_restored(net);
}

/* A guest that has ended leaves a plug without a peer, until somebody hears of
 * it.  The last switch had no port there any more, nor has this one. */
static void
on_plug_restored(const json_t *result, const struct err *err, void *arg)
{
	bool no_guest = result == NULL && !is_lost(arg) &&
			(err->code == -ENOTCONN || err->code == -ENOENT);

	on_restored(no_guest ? json_true() : result, err, arg);
}

static void
restore(struct network *net, const char *method, json_t *params, int fd,
	rpc_done_fn *done, void *arg)
{
	net->n_restoring++;
	switch_child_call(net->child, method, params, &fd, fd >= 0 ? 1 : 0,
			  done, arg);
}

static void
on_capture_started(const json_t *result, const struct err *err, void *arg)
{
	struct segment *segment = arg;

	if (result != NULL)
		snprintf(segment->capture, sizeof(segment->capture), "%s",
			 json_str_or(result, "id", ""));
	on_restored(result, err, segment->net);
}

static int
restore_segment(struct network *net, struct segment *segment, struct err *err)
{
	int fd = capture_file_open(segment->path, net->was_up, err);

	if (fd < 0)
		return fd;
	restore(net, "segment.add", json_pack("{s:s}", "name", segment->name),
		-1, on_restored, net);
	restore(net, "capture.start",
		json_pack("{s:s, s:b, s:s*}", "segment", segment->name, "drops",
			  true, "comment", net->spec.title),
		fd, on_capture_started, segment);
	close(fd);
	return 0;
}

static void
restore_setting(const char *method, json_t *params, const char *port, void *arg)
{
	struct network *net = arg;
	const struct plug *plug =
	    port != NULL ? plug_find(&net->plugs, port) : NULL;

	if (port == NULL || (plug != NULL && !plug->adding))
		restore(net, method, json_incref(params), -1, on_plug_restored,
			net);
}

/* What has no answer yet is among the calls, which come afterwards. */
static void
restore_plugs(struct network *net)
{
	const struct plug *plug;

	TAILQ_FOREACH (plug, &net->plugs, entry) {
		if (!plug->adding)
			restore(
			    net, "port.add",
			    plug_params(plug, net->segments[plug->vlan].name),
			    plug->fd, on_plug_restored, net);
	}
	wire_settings_each(net->settings, restore_setting, net);
}

static void
on_up(void *arg)
{
	struct network *net = arg;
	struct err err = ERR_INIT;

	net->n_restoring = 1; /* until all have been asked */
	if (net->spec.names != NULL)
		restore(net, "capture.names",
			json_pack("{s:O}", "names", net->spec.names), -1,
			on_restored, net);
	for (size_t i = 0; i < net->spec.n_vlans; i++) {
		if (restore_segment(net, &net->segments[i], &err) < 0) {
			break_down(net, "the switch cannot be set up",
				   err.text);
			return;
		}
	}
	restore_plugs(net);
	on_restored(json_true(), NULL, net);
}

/* ---- the switch ends ---- */

static void
on_line(const char *line, void *arg)
{
	struct network *net = arg;

	net->spec.events->line(line, net->spec.arg);
}

static void
on_event(const char *event, const json_t *data, void *arg)
{
	struct network *net = arg;

	if (net->spec.events->event != NULL)
		net->spec.events->event(event, data, net->spec.arg);
}

/* QEMU does not attach by VDE a second time. */
static bool
has_vde_clients(const struct network *net)
{
	const struct plug *plug;

	TAILQ_FOREACH (plug, &net->plugs, entry)
		if (plug->kind == PLUG_VDE && !plug->adding)
			return true;
	return false;
}

static void on_ended(const char *why, void *arg);

static const struct switch_child_events child_events = {
	.line = on_line, .event = on_event, .up = on_up, .ended = on_ended
};

static bool
may_restart(struct network *net)
{
	uint64_t now_ms = clock_now_ms(net->spec.clock);

	if (net->n_restarts == 0 ||
	    now_ms - net->first_restart_ms > NETWORK_RESTARTS_MS) {
		net->n_restarts = 0;
		net->first_restart_ms = now_ms;
	}
	return net->n_restarts++ < NETWORK_RESTARTS_MAX;
}

static void
on_ended(const char *why, void *arg)
{
	struct network *net = arg;
	struct err err = ERR_INIT;

	switch_child_free(net->child);
	net->child = NULL;
	if (net->broken)
		return;
	if (!net->was_up) {
		break_down(net, "the switch did not start", why);
		return;
	}
	if (has_vde_clients(net)) {
		break_down(net,
			   "the switch ended, and machines that were attached "
			   "by VDE do not come back",
			   why);
		return;
	}
	if (!may_restart(net)) {
		break_down(net, "the switch does not stay up", why);
		return;
	}
	if (net->up) {
		net->up = false;
		net->lost_ms = clock_now_ms(net->spec.clock);
		net->spec.events->lost(why, net->spec.arg);
	}
	net->child =
	    switch_child_new(net->spec.base, net->spec.clock, net->spec.run_dir,
			     &child_events, net, &err);
	if (net->child == NULL)
		break_down(net, "the switch cannot be started again", err.text);
}

/* ---- plugs ---- */

void
network_unplug(struct network *net, const char *port)
{
	struct plug *plug = plug_find(&net->plugs, port);
	bool is_vde;

	if (plug == NULL)
		return;
	assert(!plug->adding);
	is_vde = plug->kind == PLUG_VDE;
	plug_free(&net->plugs, plug);
	wire_settings_forget(net->settings, port);
	if (!net->up)
		return;
	switch_child_call(net->child, "port.del",
			  json_pack("{s:s}", "port", port), NULL, 0, NULL,
			  NULL);
	if (is_vde)
		switch_child_call(net->child, "port.undeclare",
				  json_pack("{s:s}", "port", port), NULL, 0,
				  NULL, NULL);
}

/* The port is asked for. */
static void
plug_in(struct network *net, struct plug *plug, const char *method,
	rpc_done_fn *done, void *arg)
{
	call_begin(net, method,
		   plug_params(plug, net->segments[plug->vlan].name), plug,
		   done, arg);
}

/* Return: 0; -ENOTCONN with @err set. */
static int
make_room(struct network *net, const char *port, struct err *err)
{
	network_unplug(net, port);
	if (net->broken)
		return err_set(err, -ENOTCONN, "%s", net->why);
	return 0;
}

int
network_plug(struct network *net, const char *port, size_t vlan,
	     rpc_done_fn *done, void *arg, struct err *err)
{
	int fds[2], ret = make_room(net, port, err);

	if (ret == 0)
		ret = plug_socket_pair(fds, err);
	if (ret < 0)
		return ret;
	plug_in(net,
		plug_new(&net->plugs, PLUG_DGRAM, port, vlan, fds[1], NULL),
		"port.add", done, arg);
	return fds[0];
}

/* Where a guest's end listens.  Never the same again: a QEMU removes its own
 * when it ends. */
static char *
new_place(struct network *net)
{
	return xasprintf("%s/nic%u", net->spec.run_dir, ++net->n_places);
}

int
network_plug_listener(struct network *net, const char *port, size_t vlan,
		      rpc_done_fn *done, void *arg, struct err *err)
{
	int fd, ret = make_room(net, port, err);
	char *path;

	if (ret < 0)
		return ret;
	path = new_place(net);
	fd = plug_socket_listen(path, err);
	if (fd < 0) {
		free(path);
		return fd;
	}
	plug_in(net, plug_new(&net->plugs, PLUG_STREAM, port, vlan, -1, path),
		"port.add", done, arg);
	return fd;
}

const char *
network_plug_vhost(struct network *net, const char *port, size_t vlan,
		   rpc_done_fn *done, void *arg, struct err *err)
{
	struct plug *plug;

	if (make_room(net, port, err) < 0)
		return NULL;
	plug =
	    plug_new(&net->plugs, PLUG_VHOST, port, vlan, -1, new_place(net));
	plug_in(net, plug, "port.add", done, arg);
	return plug->path;
}

int
network_declare(struct network *net, const char *port, size_t vlan,
		const struct mac *mac, rpc_done_fn *done, void *arg,
		struct err *err)
{
	struct plug *plug;
	int ret = make_room(net, port, err);

	if (ret < 0)
		return ret;
	plug = plug_new(&net->plugs, PLUG_VDE, port, vlan, -1, NULL);
	plug->mac = *mac;
	plug_in(net, plug, "port.declare", done, arg);
	return 0;
}

/* ---- life ---- */

static int
segment_init(struct network *net, size_t i, struct err *err)
{
	struct segment *segment = &net->segments[i];

	segment->net = net;
	snprintf(segment->name, sizeof(segment->name), "vlan%u",
		 net->spec.vlans[i]);
	if (snprintf(segment->path, sizeof(segment->path), "%s/%s.pcapng",
		     net->spec.results_dir,
		     segment->name) >= (int)sizeof(segment->path))
		return err_set(err, -ENAMETOOLONG, "%s: too long",
			       net->spec.results_dir);
	return 0;
}

struct network *
network_new(const struct network_spec *spec, struct err *err)
{
	struct network *net = XNEW(struct network);
	int ret = 0;

	net->spec = *spec;
	json_incref(net->spec.names);
	TAILQ_INIT(&net->plugs);
	net->settings = wire_settings_new();
	TAILQ_INIT(&net->calls);
	net->segments = xcalloc(spec->n_vlans + 1, sizeof(*net->segments));
	for (size_t i = 0; i < spec->n_vlans && ret == 0; i++)
		ret = segment_init(net, i, err);
	if (ret == 0) {
		net->child =
		    switch_child_new(spec->base, spec->clock, spec->run_dir,
				     &child_events, net, err);
		if (net->child == NULL)
			ret = -EIO;
	}
	if (ret == 0 && !loop_until(spec->base, spec->clock, &net->settled,
				    NETWORK_CALL_MS))
		ret = err_set(err, -ETIMEDOUT, "the switch does not answer");
	if (ret == 0 && net->broken)
		ret = err_set(err, -EIO, "%s", net->why);
	if (ret == 0)
		return net;
	network_free(net, NULL);
	return NULL;
}

int
network_free(struct network *net, struct err *err)
{
	int ret;

	if (net == NULL)
		return 0;
	net->up = false;
	net->broken = true; /* nothing is restored any more */
	ret = switch_child_stop(net->child, err);
	while (!TAILQ_EMPTY(&net->calls))
		call_free(TAILQ_FIRST(&net->calls));
	while (!TAILQ_EMPTY(&net->plugs))
		plug_free(&net->plugs, TAILQ_FIRST(&net->plugs));
	wire_settings_free(net->settings);
	json_decref(net->spec.names);
	free(net->segments);
	free(net);
	return ret;
}

const char *
network_capture_path(const struct network *net, size_t vlan)
{
	return net->segments[vlan].path;
}

const char *
network_capture_id(const struct network *net, size_t vlan)
{
	return net->segments[vlan].capture;
}
