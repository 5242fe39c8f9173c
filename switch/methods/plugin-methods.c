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
	  .fn = plugin_load },
	{ .name = "plugin.unload",
	  .params = "id:name",
	  .summary = "stop a plugin",
	  .fn = plugin_unload },
	{ .name = "plugin.show",
	  .params = "",
	  .summary = "list plugins with their counters",
	  .fn = plugin_show },
	{ .name = NULL },
};
