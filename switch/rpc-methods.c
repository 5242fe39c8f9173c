#include "config.h"

#include "switch/rpc-methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "switch/fdb.h"
#include "switch/plugin-host.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

/* ---- what parameters name ---- */

/* The segment or port that @params name, or all when they name none: then
 * *out is NULL.  Return: false when there is no such thing; @call has been
 * answered. */
static bool
get_segment(struct control *control, struct rpc_call *call,
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

static bool
get_port(struct control *control, struct rpc_call *call, const json_t *params,
	 struct port **out)
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

/* ---- rpc, switch ---- */

static void
add_method(const struct rpc_method *method, void *arg)
{
	json_array_append_new(
	    arg, json_pack("{s:s, s:s, s:s}", "name", method->name, "params",
			   method->params, "summary", method->summary));
}

static void
rpc_list(struct rpc_call *call, const json_t *params, void *arg)
{
	static const struct rpc_method subscribe = {
		"rpc.subscribe", "", "send events over this connection", NULL
	};
	struct control *control = arg;
	json_t *list = json_array();

	(void)params;
	for (const struct rpc_method *m = rpc_methods; m->name != NULL; m++)
		add_method(strcmp(m->name, control->port_add.name) == 0
			       ? &control->port_add
			       : m,
			   list);
	add_method(&subscribe, list); /* the server's own */
	plugin_host_each_method(control->host, add_method, list);
	rpc_reply(call, list);
}

static void
switch_info(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct vswitch *sw = control->sw;

	(void)params;
	rpc_reply(call,
		  json_pack("{s:s, s:i, s:s?, s:I, s:I, s:I, s:I}", "version",
			    PACKAGE_VERSION, "pid", (int)getpid(), "dir",
			    sw->dir, "uptime_ms",
			    (json_int_t)(clock_now_ms(sw->config.clock) -
					 sw->started_ms),
			    "segments", (json_int_t)sw->n_segments, "ports",
			    (json_int_t)sw->n_ports, "frames_in_use",
			    (json_int_t)frame_pool_in_use(sw->pool)));
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

/* ---- segments ---- */

static void
segment_add(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;
	const struct segment *segment = switch_add_segment(
	    control->sw, json_str_or(params, "name", ""), &err);

	if (segment == NULL) {
		rpc_fail_err(call, &err);
		return;
	}
	rpc_reply(call, json_pack("{s:I, s:s}", "id", (json_int_t)segment->id,
				  "name", segment->name));
}

static void
segment_del(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct segment *segment;

	if (!get_segment(control, call, params, &segment))
		return;
	switch_remove_segment(control->sw, segment);
	rpc_reply(call, json_true());
}

static json_t *
show_segment(const struct segment *segment)
{
	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I}", "id",
			 (json_int_t)segment->id, "name", segment->name, "mode",
			 "bridge", "ports", (json_int_t)segment->n_ports,
			 "fdb_count", (json_int_t)fdb_count(segment->fdb),
			 "fdb_max", (json_int_t)fdb_max(segment->fdb),
			 "ageing_ms", (json_int_t)fdb_ageing_ms(segment->fdb));
}

static void
segment_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	struct segment *only;
	json_t *list;

	if (!get_segment(control, call, params, &only))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only == NULL || segment == only)
			json_array_append_new(list, show_segment(segment));
	}
	rpc_reply(call, list);
}

/* ---- ports ---- */

/* The members of @params that are the kind's own, returned owned. */
static json_t *
own_params(const json_t *params)
{
	static const char *const common[] = { "segment", "kind", "name",
					      "mtu" };
	json_t *own = json_copy((json_t *)params);

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		json_object_del(own, common[i]);
	return own;
}

static void
fail_no_kind(struct control *control, struct rpc_call *call, const char *name)
{
	const struct port_kind *const *kind = control->sw->config.kinds;
	char names[256] = "";
	struct err err = ERR_INIT;

	for (; *kind != NULL; kind++) {
		if ((*kind)->params == NULL)
			continue;
		if (names[0] != '\0')
			strncat(names, ", ", sizeof(names) - strlen(names) - 1);
		strncat(names, (*kind)->name,
			sizeof(names) - strlen(names) - 1);
	}
	err_set(&err, -EINVAL, "there is no kind of port %s; there are: %s",
		name, names);
	rpc_fail_err(call, &err);
}

static void
port_add(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const char *kind_name = json_str_or(params, "kind", "");
	const struct port_kind *kind = switch_find_kind(control->sw, kind_name);
	struct err err = ERR_INIT;
	struct segment *segment;
	struct port *port;
	json_t *own;
	int fd;

	if (!get_segment(control, call, params, &segment))
		return;
	if (kind == NULL) {
		fail_no_kind(control, call, kind_name);
		return;
	}
	fd = rpc_call_take_fd(call);
	own = own_params(params);
	port = switch_add_port(
	    segment, kind, json_str_or(params, "name", NULL),
	    (uint32_t)json_int_or(params, "mtu", PORT_MTU_DEFAULT), own,
	    fd >= 0 ? fd : -1, &err);
	json_decref(own);
	if (port == NULL) {
		rpc_fail_err(call, &err);
		return;
	}
	rpc_reply(call,
		  json_pack("{s:I, s:s, s:s}", "id", (json_int_t)port->id,
			    "name", port->name, "segment", segment->name));
}

static void
port_del(struct rpc_call *call, const json_t *params, void *arg)
{
	struct port *port;

	if (!get_port(arg, call, params, &port))
		return;
	switch_remove_port(port, "it was removed by port.del");
	rpc_reply(call, json_true());
}

static json_t *
show_drops(const uint64_t *drops)
{
	json_t *obj = json_object();

	for (int i = 0; i < N_DROP_REASONS; i++)
		json_object_set_new(obj, drop_reason_name(i),
				    json_integer((json_int_t)drops[i]));
	return obj;
}

static json_t *
show_port(const struct port *port)
{
	struct port_counters c = port_read_counters(port);
	const char *description = port->peer.description;
	json_t *obj = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I, s:{s:i, s:I, s:o}, s:I, s:I, s:I, s:I, "
	    "s:I, s:o, s:o}",
	    "id", (json_int_t)port->id, "name", port->name, "segment",
	    port->segment->name, "kind", port->kind->name, "mtu",
	    (json_int_t)port->mtu, "peer", "pid", (int)port->peer.pid, "uid",
	    (json_int_t)port->peer.uid, "description",
	    json_text(description, strlen(description)), "rx_frames",
	    (json_int_t)c.rx_frames, "rx_bytes", (json_int_t)c.rx_bytes,
	    "tx_frames", (json_int_t)c.tx_frames, "tx_bytes",
	    (json_int_t)c.tx_bytes, "queued", (json_int_t)port_queued(port),
	    "rx_drops", show_drops(c.rx_drops), "tx_drops",
	    show_drops(c.tx_drops));

	if (port->kind->describe != NULL)
		port->kind->describe(port->priv, obj);
	return obj;
}

static void
port_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	const struct port *port;
	struct segment *only_segment;
	struct port *only_port;
	json_t *list;

	if (!get_segment(control, call, params, &only_segment) ||
	    !get_port(control, call, params, &only_port))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only_segment != NULL && segment != only_segment)
			continue;
		TAILQ_FOREACH (port, &segment->ports, in_segment) {
			if (only_port == NULL || port == only_port)
				json_array_append_new(list, show_port(port));
		}
	}
	rpc_reply(call, list);
}

/* ---- tables and books ---- */

struct fdb_list {
	const struct segment *segment;
	json_t *list;
};

static void
add_fdb_entry(const struct fdb_entry *entry, void *arg)
{
	const struct fdb_list *to = arg;
	const struct port *port = switch_port(to->segment->sw, entry->port);
	char mac[MAC_TEXT_SIZE];

	json_array_append_new(to->list,
			      json_pack("{s:s, s:s, s:i, s:s?, s:I}", "segment",
					to->segment->name, "mac",
					mac_format(&entry->mac, mac), "vid",
					(int)entry->vid, "port",
					port != NULL ? port->name : NULL,
					"age_ms", (json_int_t)entry->age_ms));
}

static void
fdb_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	uint64_t now_ms = clock_now_ms(control->sw->config.clock);
	struct fdb_list to = { .list = NULL };
	struct segment *only;

	if (!get_segment(control, call, params, &only))
		return;
	to.list = json_array();
	TAILQ_FOREACH (to.segment, &control->sw->segments, link) {
		if (only == NULL || to.segment == only)
			fdb_each(to.segment->fdb, now_ms, add_fdb_entry, &to);
	}
	rpc_reply(call, to.list);
}

static void
fdb_flush_method(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	struct segment *only;
	struct port *port;
	size_t n = 0;

	if (!get_segment(control, call, params, &only) ||
	    !get_port(control, call, params, &port))
		return;
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only != NULL && segment != only)
			continue;
		if (port == NULL)
			n += fdb_flush(segment->fdb);
		else
			n += fdb_flush_port(segment->fdb, port->id);
	}
	rpc_reply(call, json_pack("{s:I}", "flushed", (json_int_t)n));
}

static json_t *
show_stats(const struct segment *segment)
{
	struct segment_stats s;

	segment_read_stats(segment, &s);
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:b}", "segment",
			 segment->name, "rx", (json_int_t)s.rx, "copies",
			 (json_int_t)s.copies, "tx", (json_int_t)s.tx, "drops",
			 show_drops(s.drops), "queued", (json_int_t)s.queued,
			 "held", (json_int_t)s.held, "balanced",
			 (int)segment_stats_balance(&s));
}

static void
stats_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	struct segment *only;
	json_t *list;

	if (!get_segment(control, call, params, &only))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only == NULL || segment == only)
			json_array_append_new(list, show_stats(segment));
	}
	rpc_reply(call, list);
}

/* ---- plugins ---- */

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

const struct rpc_method rpc_methods[] = {
	{ "rpc.methods", "", "list what can be called", rpc_list },
	{ "switch.info", "", "version, process and size of the switch",
	  switch_info },
	{ "switch.sync", "",
	  "wait until all frames sent before have been handled", switch_sync },
	{ "switch.stop", "", "end the switch", switch_stop },
	{ "segment.add", "name:name", "make a segment and its sockets",
	  segment_add },
	{ "segment.del", "segment:name", "remove a segment and its ports",
	  segment_del },
	{ "segment.show", "segment:name?", "list segments", segment_show },
	{ "port.add", "segment:name kind:name name:name? mtu:int(68..65536)?",
	  "attach a port by hand", port_add },
	{ "port.del", "port:name", "remove a port", port_del },
	{ "port.show", "segment:name? port:name?",
	  "list ports with their counters", port_show },
	{ "fdb.show", "segment:name?",
	  "list which address is behind which port", fdb_show },
	{ "fdb.flush", "segment:name? port:name?", "forget learned addresses",
	  fdb_flush_method },
	{ "stats.show", "segment:name?", "the books of segments", stats_show },
	{ "plugin.load", "plugin:str segment:name? port:name? options:obj?",
	  "start a plugin", plugin_load },
	{ "plugin.unload", "id:name", "stop a plugin", plugin_unload },
	{ "plugin.show", "", "list plugins with their counters", plugin_show },
	{ NULL, NULL, NULL, NULL },
};
