#include "switch/methods/methods.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/declared.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

json_t *
method_port_own_params(const json_t *params)
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

/* The port @name of an earlier process, which goes on as what is asked for; or
 * NULL. */
static struct port *
find_restored(const struct segment *segment, const struct port_kind *kind,
	      const char *name)
{
	struct port *port =
	    name != NULL ? switch_find_port(segment->sw, name) : NULL;

	if (port == NULL || !port->restored || port->kind != kind ||
	    port->segment != segment)
		return NULL;
	return port;
}

static void
reply_added(struct rpc_call *call, const struct port *port)
{
	rpc_reply(call, json_pack("{s:I, s:s, s:s}", "id", (json_int_t)port->id,
				  "name", port->name, "segment",
				  port->segment->name));
}

static void
port_add(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const char *kind_name = json_str_or(params, "kind", "");
	const struct port_kind *kind = switch_find_kind(control->sw, kind_name);
	struct err err = ERR_INIT;
	const char *name = json_str_or(params, "name", NULL);
	struct segment *segment;
	struct port *port;
	json_t *own;
	int fd;

	if (!method_segment(control, call, params, &segment))
		return;
	if (kind == NULL) {
		fail_no_kind(control, call, kind_name);
		return;
	}
	fd = rpc_call_take_fd(call);
	port = find_restored(segment, kind, name);
	if (port != NULL && fd < 0) {
		port->restored = false; /* now it was asked for */
		reply_added(call, port);
		return;
	}
	own = method_port_own_params(params);
	port = switch_add_port(
	    segment, kind, name,
	    (uint32_t)json_int_or(params, "mtu", PORT_MTU_DEFAULT), own,
	    fd >= 0 ? fd : -1, &err);
	json_decref(own);
	if (port != NULL)
		reply_added(call, port);
	else
		method_fail(control, call, &err);
}

/* ---- setting ---- */

/* The members of @params that are for the port's kind, returned owned. */
static json_t *
kind_settings(const json_t *params)
{
	static const char *const common[] = { "port", "mtu", "description" };
	json_t *own = json_copy((json_t *)params);

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		json_object_del(own, common[i]);
	return own;
}

static int
set_of_kind(struct port *port, const json_t *params, struct err *err)
{
	const struct port_kind *kind = port->kind;
	json_t *own = kind_settings(params);
	int ret = 0;

	if (json_object_size(own) > 0 && kind->settable == NULL)
		ret = err_set(err, -EINVAL, "ports of kind %s have no \"%s\"",
			      kind->name,
			      json_object_iter_key(json_object_iter(own)));
	else if (json_object_size(own) > 0)
		ret = json_check(own, kind->settable, err);
	if (ret == 0 && kind->set != NULL)
		ret = kind->set(port->priv, own, err);
	json_decref(own);
	return ret;
}

static void
port_set(struct rpc_call *call, const json_t *params, void *arg)
{
	const char *description = json_str_or(params, "description", NULL);
	struct err err = ERR_INIT;
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	if (description != NULL && strlen(description) >= PORT_DESCRIPTION_SIZE)
		err_set(&err, -EINVAL, "a description has at most %d octets",
			PORT_DESCRIPTION_SIZE - 1);
	/* What may fail comes first: all of it is done, or nothing. */
	if (err.code < 0 || set_of_kind(port, params, &err) < 0) {
		rpc_fail_err(call, &err);
		return;
	}
	if (description != NULL)
		snprintf(port->description, sizeof(port->description), "%s",
			 description);
	port_set_mtu(port, (uint32_t)json_int_or(params, "mtu", port->mtu));
	rpc_reply(call, json_true());
}

static void
port_del(struct rpc_call *call, const json_t *params, void *arg)
{
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	switch_remove_port(port, "it was removed by port.del");
	rpc_reply(call, json_true());
}

/* What the bridge has found out about the frames that came in. */
static void
show_bridging(json_t *obj, const struct port_counters *c)
{
	static const struct {
		const char *name;
		enum flood_kind kind;
	} rows[] = {
		{ "rx_broadcast", FLOOD_BROADCAST },
		{ "rx_multicast", FLOOD_MULTICAST },
		{ "rx_unknown_unicast", FLOOD_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(
		    obj, rows[i].name,
		    json_integer((json_int_t)c->rx_kinds[rows[i].kind]));
	json_object_set_new(obj, "moves", json_integer((json_int_t)c->moves));
}

static json_t *
show_port(const struct port *port)
{
	struct port_counters c = port_read_counters(port);
	const char *description = port->peer.description;
	json_t *obj = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I, s:b, s:{s:i, s:I, s:o}, s:I, s:I, s:I, "
	    "s:I, s:I, s:o, s:o}",
	    "id", (json_int_t)port->id, "name", port->name, "segment",
	    port->segment->name, "kind", port->kind->name, "mtu",
	    (json_int_t)port->mtu, "carrier", !port->no_carrier, "peer", "pid",
	    (int)port->peer.pid, "uid", (json_int_t)port->peer.uid,
	    "description", json_text(description, strlen(description)),
	    "rx_frames", (json_int_t)c.rx_frames, "rx_bytes",
	    (json_int_t)c.rx_bytes, "tx_frames", (json_int_t)c.tx_frames,
	    "tx_bytes", (json_int_t)c.tx_bytes, "queued",
	    (json_int_t)port_queued(port), "rx_drops", method_drops(c.rx_drops),
	    "tx_drops", method_drops(c.tx_drops));

	json_object_set_new(obj, "state", json_string("attached"));
	if (port->description[0] != '\0')
		json_object_set_new(obj, "description",
				    json_string(port->description));
	if (port->declared && declared_find(port->sw, port->name) != NULL)
		json_object_set_new(
		    obj, "declared",
		    method_declaration(declared_find(port->sw, port->name)));
	show_bridging(obj, &c);
	if (port->kind->describe != NULL)
		port->kind->describe(port->priv, obj);
	return obj;
}

static json_t *
show_absent(const struct declared_port *d)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:o}", "name", d->name,
			 "segment", d->segment, "mtu", (json_int_t)d->mtu,
			 "state", "absent", "declared", method_declaration(d));
}

/* The port that is asked for, if it is declared, and absent; or NULL. */
static const struct declared_port *
asked_absent(const struct vswitch *sw, const json_t *params)
{
	const char *name = json_str_or(params, "port", NULL);
	const struct declared_port *d =
	    name != NULL ? declared_find(sw, name) : NULL;

	return d != NULL && d->port == PORT_NONE ? d : NULL;
}

static void
add_absent(const struct vswitch *sw, const struct segment *only, json_t *list)
{
	const struct declared_port *d;

	TAILQ_FOREACH (d, &sw->declared, link) {
		if (d->port == PORT_NONE &&
		    (only == NULL || strcmp(d->segment, only->name) == 0))
			json_array_append_new(list, show_absent(d));
	}
}

static void
port_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct declared_port *absent;
	const struct segment *segment;
	const struct port *port;
	struct segment *only_segment;
	struct port *only_port;
	json_t *list;

	absent = asked_absent(control->sw, params);
	if (absent != NULL) {
		rpc_reply(call, json_pack("[o]", show_absent(absent)));
		return;
	}
	if (!method_segment(control, call, params, &only_segment) ||
	    !method_port(control, call, params, &only_port))
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
	if (only_port == NULL)
		add_absent(control->sw, only_segment, list);
	rpc_reply(call, list);
}

static void
port_kinds_show(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control *control = arg;
	const struct port_kind *const *k = control->sw->config.kinds;
	json_t *list = json_array();

	(void)params;
	for (; *k != NULL; k++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "name",
				    (*k)->name, "summary", (*k)->summary,
				    "params", (*k)->params, "details",
				    (*k)->plugin != NULL ? (*k)->details : NULL,
				    "plugin", (*k)->plugin));
	rpc_reply(call, list);
}

const struct rpc_method port_methods[] = {
	{ .name = "port.add",
	  .params = "segment:name kind:name name:name? mtu:int(68..65536)?",
	  .summary = "attach a port by hand",
	  .fn = port_add,
	  .result = "`{id, name, segment}`",
	  .details = "Beside these parameters it takes those of the kind. A "
		     "port that is not given a name is called after its kind "
		     "and number, like `dummy0`. `mtu` is the longest frame, "
		     "in octets behind the Ethernet header, that the port "
		     "takes and gives; tags come on top of it." },
	{ .name = "port.set",
	  .params = "port:name mtu:int(68..65536)? description:str? "
		    "reconnect:int(0..3600000)? spin:int(0..1000000)?",
	  .summary = "change a port",
	  .fn = port_set,
	  .result = "`true`",
	  .details =
	      "`mtu` holds from the next frame on; a tap's interface gets it, "
	      "too. `description` is for people, up to 127 octets of it. "
	      "`reconnect`, of stream ports that were added with it: another "
	      "time; 0 is the one they were added with. `spin`, of vhost-user "
	      "ports: for how many microseconds they look for another frame "
	      "before they wait to be woken. What is not given "
	      "stays as it is. A port keeps its name as long as it lives." },
	{ .name = "port.del",
	  .params = "port:name",
	  .summary = "remove a port",
	  .fn = port_del,
	  .result = "`true`",
	  .details = "Its peer is disconnected; what waits to be sent is "
		     "dropped and counted." },
	{ .name = "port.show",
	  .params = "segment:name? port:name?",
	  .summary = "list ports with their counters",
	  .fn = port_show,
	  .result =
	      "`[{id, name, segment, kind, mtu, state, carrier, description?, "
	      "peer: {pid, uid, description}, rx_frames, rx_bytes, tx_frames, "
	      "tx_bytes, queued, rx_drops: "
	      "{reason: n}, tx_drops: {reason: n}, rx_broadcast, rx_multicast, "
	      "rx_unknown_unicast, moves, declared?: {socket, kind?, "
	      "description?, number?, uid?, mac?, settings: [{method, "
	      "params}]}, ...}]`",
	  .details =
	      "`rx` is what came from the peer, `tx` what was sent to "
	      "it, `queued` what waits to be. `carrier` is false while "
	      "there is nobody at the other end. Of the frames that "
	      "came in, `rx_broadcast`, `rx_multicast` and "
	      "`rx_unknown_unicast` were to be flooded; `moves` counts "
	      "stations that were at another port before. A port "
	      "that was declared has `declared`; `state` is `attached`, "
	      "or `absent` for one whose peer is not there: then there "
	      "are no other members than name, segment and mtu. A kind of "
	      "port may add "
	      "members of its own." },
	{ .name = "port.kinds",
	  .params = "",
	  .summary = "list the kinds of port",
	  .fn = port_kinds_show,
	  .result = "`[{name, summary, params?, plugin?, details?}]`",
	  .details =
	      "`params` is the signature of what `port.add` takes for this "
	      "kind; it is missing for one whose ports come by themselves. "
	      "`plugin` is the plugin that brings the kind, and takes its "
	      "ports along when it is unloaded, `details` what it says about "
	      "the kind." },
	{ .name = NULL },
};
