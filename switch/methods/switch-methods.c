#include "config.h"

#include "switch/methods/methods.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "switch/lanes.h"
#include "switch/plugin-host.h"
#include "switch/switch.h"

static void
add_method(const struct rpc_method *method, void *arg)
{
	json_array_append_new(
	    arg,
	    json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "name", method->name,
		      "params", method->params, "summary", method->summary,
		      "result", method->result, "details", method->details));
}

static void
rpc_list(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	json_t *list = json_array();

	(void)params;
	for (size_t i = 0; method_tables[i] != NULL; i++) {
		const struct rpc_method *m = method_tables[i];

		for (; m->name != NULL; m++)
			add_method(strcmp(m->name, control->port_add.name) == 0
				       ? control_port_add(control)
				       : m,
				   list);
	}
	add_method(&method_subscribe, list);
	plugin_host_each_method(control->host, add_method, list);
	rpc_reply(call, list);
}

static void
rpc_events(struct rpc_call *call, const json_t *params, void *arg)
{
	json_t *list = json_array();

	(void)params;
	(void)arg;
	for (const struct control_event *e = control_events; e->name != NULL;
	     e++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name",
						      e->name, "data", e->data,
						      "summary", e->summary));
	rpc_reply(call, list);
}

static void
switch_info(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct vswitch *sw = control->sw;
	size_t n_frames = frame_pool_in_use(sw->lane->pool);
	size_t n_bytes = frame_pool_bytes(sw->lane->pool);

	(void)params;
	for (unsigned i = 1; i <= sw->config.n_workers; i++) {
		const struct lane *lane = lanes_nth(sw->lanes, i);

		n_frames += frame_pool_in_use(lane->pool);
		n_bytes += frame_pool_bytes(lane->pool);
	}
	rpc_reply(
	    call,
	    json_pack(
		"{s:s, s:i, s:s?, s:I, s:s, s:I, s:I, s:I, s:I, s:I}",
		"version", PACKAGE_VERSION, "pid", (int)getpid(), "dir",
		sw->dir, "uptime_ms",
		(json_int_t)(clock_now_ms(sw->config.clock) - sw->started_ms),
		"sandbox", sandbox_name(sw->config.sandbox), "segments",
		(json_int_t)sw->n_segments, "ports", (json_int_t)sw->n_ports,
		"workers", (json_int_t)sw->config.n_workers, "frames_in_use",
		(json_int_t)n_frames, "frame_bytes", (json_int_t)n_bytes));
}

static void
answer_true(struct control *control, struct rpc_call *call)
{
	(void)control;
	rpc_reply(call, json_true());
}

static void
switch_sync(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	control_when_idle(arg, answer_true, call);
}

static void
switch_reload(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_config *config = &((struct control *)arg)->config;

	(void)params;
	if (config->reload != NULL)
		config->reload(call, config->stop_arg);
	else
		rpc_fail(call, -ENOENT,
			 "the switch was started without --config: there is "
			 "nothing to reload");
}

static void
stop_now(struct control *control, struct rpc_call *call)
{
	(void)call;
	control->config.stop(control->config.stop_arg);
}

static void
switch_stop(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	rpc_reply(call, json_true());
	control_when_idle(arg, stop_now, NULL); /* when it has been sent */
}

const struct rpc_method method_subscribe = {
	.name = "rpc.subscribe",
	.params = "",
	.summary = "send events over this connection",
	.result = "`true`",
	.details = "From now on this connection also gets events, as "
		   "notifications between the replies.",
};

const struct rpc_method switch_methods[] = {
	{ .name = "rpc.methods",
	  .params = "",
	  .summary = "list what can be called",
	  .fn = rpc_list,
	  .result = "`[{name, params, summary, result, details}]`",
	  .details = "Those of the plugins that run are among them. `result` "
		     "and `details` are missing where nothing is written." },
	{ .name = "rpc.events",
	  .params = "",
	  .summary = "list the events of the switch itself",
	  .fn = rpc_events,
	  .result = "`[{name, data, summary}]`",
	  .details = "`data` is the signature of what comes with it." },
	{ .name = "switch.info",
	  .params = "",
	  .summary = "version, process and size of the switch",
	  .fn = switch_info,
	  .result = "`{version, pid, dir, uptime_ms, sandbox, segments, ports, "
		    "workers, frames_in_use, frame_bytes}`",
	  .details =
	      "`sandbox` is the one in force, `auto`, `strict` or `off`, which "
	      "`auto` is where the kernel cannot. "
	      "`segments` and `ports` are numbers of them, `workers` that of "
	      "the threads that segments are spread over, `frames_in_use` is "
	      "that of the frames that wait or are held, `frame_bytes` the "
	      "memory that frames have taken, which is kept for later ones." },
	{ .name = "switch.sync",
	  .params = "",
	  .summary = "wait until all frames sent before have been handled",
	  .fn = switch_sync,
	  .result = "`true`",
	  .details = "The answer comes when every frame that peers had sent "
		     "before has been handled; traffic that never pauses "
		     "delays it by a second at most." },
	{ .name = "switch.reload",
	  .params = "",
	  .summary = "read the configuration file again",
	  .fn = switch_reload,
	  .result = "`{done, undone, kept}`",
	  .details =
	      "What the file no longer says is undone, what is new in it is "
	      "done, and ports that neither concerns lose no frame; the answer "
	      "has the numbers of commands. A file with a mistake changes "
	      "nothing. When a command fails, the others are done, the error "
	      "names its line, and the next reload tries it again." },
	{ .name = "switch.stop",
	  .params = "",
	  .summary = "end the switch",
	  .fn = switch_stop,
	  .result = "`true`",
	  .details = "Then the switch ends as on SIGTERM." },
	{ .name = NULL },
};
