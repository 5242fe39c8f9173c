#include "switch/methods/methods.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/plugin-host.h"

static void
plugin_load(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct plugin_request request = {
		.plugin = json_str_or(params, "plugin", ""),
		.segment = json_str_or(params, "segment", NULL),
		.port = json_str_or(params, "port", NULL),
		.id = json_str_or(params, "id", NULL),
		.has_order = json_object_get(params, "order") != NULL,
		.order = (int)json_int_or(params, "order", 0),
		.options = json_object_get(params, "options"),
	};
	struct err err = ERR_INIT;
	const char *id = NULL;

	plugin_direction_read(json_str_or(params, "dir", "both"),
			      &request.direction);
	/* nobody who calls knows our working directory */
	if (strchr(request.plugin, '/') != NULL && request.plugin[0] != '/')
		err_set(&err, -EINVAL,
			"\"%s\" is neither a name nor an absolute path",
			request.plugin);
	else
		id = plugin_host_load(control->host, &request, &err);
	if (id == NULL) {
		method_fail(control, call, &err);
		return;
	}
	rpc_reply(call, json_pack("{s:s}", "id", id));
}

static void
plugin_unload(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;

	if (plugin_host_unload(control->host, json_str_or(params, "id", ""),
			       &err) < 0) {
		rpc_fail_err(call, &err);
		return;
	}
	rpc_reply(call, json_true());
}

static void
plugin_set(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;

	if (plugin_host_set(control->host, json_str_or(params, "id", ""),
			    json_object_get(params, "options"), &err) < 0)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call, json_true());
}

static void
plugin_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;

	(void)params;
	rpc_reply(call, plugin_host_show(control->host));
}

const struct rpc_method plugin_methods[] = {
	{ .name = "plugin.load",
	  .params = "plugin:str id:name? segment:name? port:name? "
		    "dir:in|out|both? order:int(0..1000)? options:obj?",
	  .summary = "start a plugin",
	  .fn = plugin_load,
	  .result = "`{id}`",
	  .details =
	      "`plugin` is a name (the plugin is looked for where plugins are "
	      "installed) or an absolute path. Its file and directory must "
	      "belong to the switch's user or to root, and be writable by "
	      "nobody else. It works on everything, or on a segment or a port; "
	      "with a `dir` only on what ports send into their segment (`in`) "
	      "or receive from it (`out`). `id` is how the instance is called "
	      "and how its methods begin; without one it is the plugin's name, "
	      "with a number from the second instance on. Plugins see a frame "
	      "in ascending `order`; each has one of its own, mostly 500, "
	      "which this replaces. `options` are the plugin's own; one that "
	      "is a text and ought to be a number is read as one." },
	{ .name = "plugin.set",
	  .params = "id:name options:obj",
	  .summary = "change options of a plugin while frames flow",
	  .fn = plugin_set,
	  .result = "`true`",
	  .details = "Only those in `options` change, all of them or, when it "
		     "fails, none. A plugin that cannot do this says so "
		     "(ENOTSUP)." },
	{ .name = "plugin.unload",
	  .params = "id:name",
	  .summary = "stop a plugin",
	  .fn = plugin_unload,
	  .result = "`true`",
	  .details = "Frames that it holds are dropped and counted; calls of "
		     "its methods that wait for an answer fail." },
	{ .name = "plugin.show",
	  .params = "",
	  .summary = "list plugins with their counters",
	  .fn = plugin_show,
	  .result = "`[{id, plugin, summary, scope: {segment?, port?, dir?}, "
		    "options, order?, dropped, drops: {reason: n}, held, "
		    "counters: {name: {value, unit}}}]`",
	  .details =
	      "`scope` is empty for the whole switch. `options` are those "
	      "of `plugin.load` and `plugin.set`, `order` only one that "
	      "was given. `dropped` are frames that the plugin's "
	      "verdicts dropped, `drops` those for which it had a "
	      "reason, and those that it sent to a port that was gone "
	      "(`port-gone`) or that plugins had sent on too often "
	      "(`loop`). `held` are those that it holds at the "
	      "moment." },
	{ .name = NULL },
};
