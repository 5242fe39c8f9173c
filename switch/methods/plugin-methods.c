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
		.options = json_object_get(params, "options"),
	};
	struct err err = ERR_INIT;
	const char *id = NULL;

	/* nobody who calls knows our working directory */
	if (strchr(request.plugin, '/') != NULL && request.plugin[0] != '/')
		err_set(&err, -EINVAL,
			"\"%s\" is neither a name nor an absolute path",
			request.plugin);
	else
		id = plugin_host_load(control->host, &request, &err);
	if (id == NULL) {
		rpc_fail_err(call, &err);
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
plugin_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;

	(void)params;
	rpc_reply(call, plugin_host_show(control->host));
}

const struct rpc_method plugin_methods[] = {
	{ .name = "plugin.load",
	  .params = "plugin:str segment:name? port:name? options:obj?",
	  .summary = "start a plugin",
	  .fn = plugin_load,
	  .result = "`{id}`",
	  .details =
	      "`plugin` is a name (the plugin is looked for where plugins are "
	      "installed) or an absolute path. Its file and directory must "
	      "belong to the switch's user or to root, and be writable by "
	      "nobody else. It works on everything, or on a segment or a port. "
	      "The `id` is the plugin's name, with a number from the second "
	      "instance on. `options` are the plugin's own." },
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
	  .result = "`[{id, plugin, summary, scope: {segment?, port?}, "
		    "dropped, drops: {reason: n}, held, counters: {name: "
		    "{value, unit}}}]`",
	  .details = "`scope` is empty for the whole switch. `dropped` are "
		     "frames that the plugin's verdicts dropped, `drops` those "
		     "for which it had a reason, and those that it sent to a "
		     "port that was gone (`port-gone`) or that plugins had "
		     "sent on too often (`loop`). `held` are those that it "
		     "holds at the moment." },
	{ .name = NULL },
};
