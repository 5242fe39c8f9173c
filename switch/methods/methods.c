#include "switch/methods/methods.h"

#include "lib/err.h"
#include "lib/json.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

const struct rpc_method *const method_tables[] = {
	switch_methods, declare_methods, segment_methods,
	port_methods,	vlan_methods,	 stp_methods,
	fdb_methods,	stats_methods,	 plugin_methods,
	NULL,
};

const struct rpc_method *
methods_find(const char *name)
{
	const struct rpc_method *method = NULL;

	for (size_t i = 0; method == NULL && method_tables[i] != NULL; i++)
		method = rpc_find_in_table(method_tables[i], name);
	return method;
}

/* ---- what parameters name ---- */

void
method_fail(struct control *control, struct rpc_call *call, struct err *err)
{
	sandbox_explain(control->sw->config.sandbox, err);
	rpc_fail_err(call, err);
}

bool
method_segment(struct control *control, struct rpc_call *call,
	       const json_t *params, struct segment **out)
{
	const char *name = json_str_or(params, "segment", NULL);
	struct err err = ERR_INIT;

	*out = NULL;
	if (name == NULL)
		return true;
	*out = switch_need_segment(control->sw, name, &err);
	if (*out != NULL)
		return true;
	rpc_fail_err(call, &err);
	return false;
}

bool
method_port(struct control *control, struct rpc_call *call,
	    const json_t *params, struct port **out)
{
	const char *name = json_str_or(params, "port", NULL);
	struct err err = ERR_INIT;

	*out = NULL;
	if (name == NULL)
		return true;
	*out = switch_need_port(control->sw, name, &err);
	if (*out != NULL)
		return true;
	rpc_fail_err(call, &err);
	return false;
}

/* ---- what several show ---- */

json_t *
method_drops(const uint64_t *drops)
{
	json_t *obj = json_object();

	for (int i = 0; i < N_DROP_REASONS; i++)
		json_object_set_new(obj, drop_reason_name(i),
				    json_integer((json_int_t)drops[i]));
	return obj;
}
