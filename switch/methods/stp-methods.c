#include "switch/methods/methods.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/stp.h"
#include "switch/switch.h"

enum { BRIDGE_ID_TEXT_SIZE = 18, PORT_ID_TEXT_SIZE = 5 };

/* Whether a port has, or is to have, no bridge behind it. */
static const struct {
	const char *name;
	bool admin_edge, auto_edge;
} edges[] = {
	{ "auto", false, true },
	{ "yes", true, true },
	{ "no", false, false },
};
enum { N_EDGES = sizeof(edges) / sizeof(edges[0]) };

/* ---- settings ---- */

static bool
take_address(struct rpc_call *call, const json_t *params,
	     struct rstp_config *config)
{
	const char *text = json_str_or(params, "address", NULL);

	if (text == NULL || mac_parse(text, &config->address) == 0)
		return true;
	rpc_fail(call, -EINVAL,
		 "address must be written like 02:00:00:00:00:01");
	return false;
}

static void
stp_set(struct rpc_call *call, const json_t *params, void *arg)
{
	struct err err = ERR_INIT;
	struct segment *segment;
	struct rstp_config c;

	if (!method_segment(arg, call, params, &segment))
		return;
	c = stp_config(segment);
	if (!take_address(call, params, &c))
		return;
	c.priority = (uint16_t)json_int_or(params, "priority", c.priority);
	c.hello_time_s =
	    (uint8_t)json_int_or(params, "hello_time", c.hello_time_s);
	c.max_age_s = (uint8_t)json_int_or(params, "max_age", c.max_age_s);
	c.forward_delay_s =
	    (uint8_t)json_int_or(params, "forward_delay", c.forward_delay_s);
	c.tx_hold_count =
	    (uint8_t)json_int_or(params, "hold_count", c.tx_hold_count);
	if (stp_configure(segment, &c, &err) < 0)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call, json_true());
}

static void
stp_reset(struct rpc_call *call, const json_t *params, void *arg)
{
	struct segment *segment;

	if (!method_segment(arg, call, params, &segment))
		return;
	stp_reset_config(segment);
	rpc_reply(call, json_true());
}

static void
take_edge(const json_t *params, struct rstp_port_config *config)
{
	const char *name = json_str_or(params, "edge", "");

	for (int i = 0; i < N_EDGES; i++) {
		if (strcmp(name, edges[i].name) == 0) {
			config->admin_edge = edges[i].admin_edge;
			config->auto_edge = edges[i].auto_edge;
		}
	}
}

static void
take_link(const json_t *params, struct stp_port_config *config)
{
	const char *name = json_str_or(params, "link", "");

	for (int i = 0; i < N_STP_LINKS; i++) {
		if (strcmp(name, stp_link_name(i)) == 0)
			config->link = (enum stp_link)i;
	}
}

static void
stp_set_port(struct rpc_call *call, const json_t *params, void *arg)
{
	struct err err = ERR_INIT;
	struct stp_port_config c;
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	c = stp_port_config(port);
	c.rstp.priority =
	    (uint8_t)json_int_or(params, "priority", c.rstp.priority);
	c.rstp.path_cost =
	    (uint32_t)json_int_or(params, "cost", c.rstp.path_cost);
	take_edge(params, &c.rstp);
	take_link(params, &c);
	if (stp_port_configure(port, &c, &err) < 0)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call, json_true());
}

static void
stp_migrate(struct rpc_call *call, const json_t *params, void *arg)
{
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	if (stp_port_migrate(port))
		rpc_reply(call, json_true());
	else
		rpc_fail(call, -EINVAL,
			 "the port's segment has no spanning tree; turn it on "
			 "by stp of segment.set");
}

/* ---- show ---- */

/* "8000.020000000001", as Linux and others write it */
static const char *
bridge_id_text(uint64_t id, char text[static BRIDGE_ID_TEXT_SIZE])
{
	snprintf(text, BRIDGE_ID_TEXT_SIZE, "%04x.%012" PRIx64,
		 (unsigned)(id >> 48), id & UINT64_C(0xffffffffffff));
	return text;
}

static json_t *
json_bridge_id(uint64_t id)
{
	char text[BRIDGE_ID_TEXT_SIZE];

	return json_string(bridge_id_text(id, text));
}

static json_t *
json_port_id(uint16_t id)
{
	char text[PORT_ID_TEXT_SIZE];

	snprintf(text, sizeof(text), "%04x", (unsigned)id);
	return json_string(text);
}

static const char *
edge_name(const struct rstp_port_config *config)
{
	if (config->admin_edge)
		return "yes";
	return config->auto_edge ? "auto" : "no";
}

static json_t *
show_port_config(const struct port *port)
{
	struct stp_port_config c = stp_port_config(port);

	return json_pack("{s:i, s:I, s:s, s:s}", "priority",
			 (int)c.rstp.priority, "cost",
			 (json_int_t)c.rstp.path_cost, "edge",
			 edge_name(&c.rstp), "link", stp_link_name(c.link));
}

static json_t *
show_port(const struct port *port, const struct rstp_port_status *s)
{
	return json_pack(
	    "{s:s, s:o, s:s, s:s, s:b, s:b, s:s, s:o, s:I, s:o, s:o, s:I, "
	    "s:I, s:I, s:I, s:I, s:I, s:o}",
	    "port", port->name, "port_id", json_port_id(s->port_id), "role",
	    rstp_role_name(s->role), "state", rstp_state_name(s->state), "edge",
	    (int)s->edge, "point_to_point", (int)s->point_to_point, "sends",
	    s->sends_rstp ? "rstp" : "stp", "designated_root",
	    json_bridge_id(s->designated_root), "designated_cost",
	    (json_int_t)s->designated_cost, "designated_bridge",
	    json_bridge_id(s->designated_bridge), "designated_port",
	    json_port_id(s->designated_port), "rx", (json_int_t)s->rx, "tx",
	    (json_int_t)s->tx, "rx_tcn", (json_int_t)s->rx_tcn, "rx_invalid",
	    (json_int_t)s->rx_invalid, "rx_own", (json_int_t)s->rx_own,
	    "rx_excess", (json_int_t)s->rx_excess, "settings",
	    show_port_config(port));
}

/* The ports, and the name of the one that leads to the root. */
static void
add_ports(const struct segment *segment, const struct rstp_status *status,
	  json_t *obj)
{
	json_t *list = json_array(), *root_port = json_null();
	const struct port *port;

	TAILQ_FOREACH (port, &segment->ports, in_segment) {
		struct rstp_port_status s;

		if (!stp_port_status(port, &s))
			continue;
		json_array_append_new(list, show_port(port, &s));
		if (status->root_port != 0 &&
		    (s.port_id & RSTP_PORTS_MAX) == status->root_port)
			root_port = json_string(port->name);
	}
	json_object_set_new(obj, "root_port", root_port);
	json_object_set_new(obj, "ports", list);
}

static json_t *
show_config(const struct segment *segment)
{
	struct rstp_config c = stp_config(segment);
	char address[MAC_TEXT_SIZE];

	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "address",
			 mac_format(&c.address, address), "priority",
			 (int)c.priority, "hello_time", (int)c.hello_time_s,
			 "max_age", (int)c.max_age_s, "forward_delay",
			 (int)c.forward_delay_s, "hold_count",
			 (int)c.tx_hold_count);
}

static json_t *
show_segment(const struct segment *segment)
{
	json_t *obj = json_pack("{s:s, s:s, s:o}", "segment", segment->name,
				"stp", stp_protocol_name(stp_protocol(segment)),
				"settings", show_config(segment));
	struct rstp_status s;

	if (!stp_status(segment, &s))
		return obj;
	json_object_set_new(obj, "bridge_id", json_bridge_id(s.bridge_id));
	json_object_set_new(obj, "root_id", json_bridge_id(s.root_id));
	json_object_set_new(obj, "root_cost",
			    json_integer((json_int_t)s.root_path_cost));
	json_object_set_new(obj, "hello_time", json_integer(s.hello_time_s));
	json_object_set_new(obj, "max_age", json_integer(s.max_age_s));
	json_object_set_new(obj, "forward_delay",
			    json_integer(s.forward_delay_s));
	json_object_set_new(obj, "topology_changes",
			    json_integer((json_int_t)s.topology_changes));
	json_object_set_new(
	    obj, "since_topology_change",
	    json_integer((json_int_t)s.since_topology_change_s));
	add_ports(segment, &s, obj);
	return obj;
}

static void
stp_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	struct segment *only;
	json_t *list;

	if (!method_segment(control, call, params, &only))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only == NULL || segment == only)
			json_array_append_new(list, show_segment(segment));
	}
	rpc_reply(call, list);
}

const struct rpc_method stp_methods[] = {
	{ .name = "stp.show",
	  .params = "segment:name?",
	  .summary = "list spanning trees, as their bridges here see them",
	  .fn = stp_show,
	  .result =
	      "`[{segment, stp, settings: {address, priority, hello_time, "
	      "max_age, forward_delay, hold_count}, bridge_id, root_id, "
	      "root_cost, root_port, hello_time, max_age, forward_delay, "
	      "topology_changes, since_topology_change, ports: [{port, "
	      "port_id, role, state, edge, point_to_point, sends, "
	      "designated_root, designated_cost, designated_bridge, "
	      "designated_port, rx, tx, rx_tcn, rx_invalid, rx_own, rx_excess, "
	      "settings: "
	      "{priority, cost, edge, link}}]}]`",
	  .details =
	      "`stp` and `settings` are those of `segment.set`, `stp.set` and "
	      "`stp.set-port`; where `stp` is `off`, nothing else is there. "
	      "Identifiers of bridges are priority and address, those of ports "
	      "priority and number, in hexadecimal digits. `root_port` is null "
	      "on the root itself. The times are those in force, in seconds: "
	      "the root's. `role` is `root`, `designated`, `alternate`, "
	      "`backup` or `disabled` (no carrier); `state` is `discarding`, "
	      "`learning` or `forwarding`. `sends` tells what the neighbour "
	      "understands. The `designated` members say who forwards onto the "
	      "link. BPDUs are counted: `rx_invalid` are those that could not "
	      "be made sense of, `rx_own` those that this very port has sent, "
	      "which keep it closed, `rx_excess` those beyond 64 in a second, "
	      "which are not listened to." },
	{ .name = "stp.set",
	  .params = "segment:name priority:int(0..61440)? "
		    "hello_time:int(1..2)? max_age:int(6..40)? "
		    "forward_delay:int(4..30)? hold_count:int(1..10)? "
		    "address:str?",
	  .summary = "settings of a segment as a bridge of the spanning tree",
	  .fn = stp_set,
	  .result = "`true`",
	  .details =
	      "They may be made before the spanning tree is turned on (`stp` "
	      "of `segment.set`), and stay. The bridge with the lowest "
	      "`priority`, a multiple of 4096, is the root; among equals the "
	      "one with the lowest `address`, which is made of the machine's "
	      "id, the switch's directory and the segment's name. The times "
	      "are in seconds and count for the whole tree where this is the "
	      "root; `max_age` is at least twice `hello_time` and one, and at "
	      "most twice `forward_delay` less one. A port sends at most "
	      "`hold_count` BPDUs at once." },
	{ .name = "stp.reset",
	  .params = "segment:name",
	  .summary = "give a segment the default settings again",
	  .fn = stp_reset,
	  .result = "`true`",
	  .details = "Those of `stp.set`. Whether it takes part in the "
		     "spanning tree stays as it is." },
	{ .name = "stp.set-port",
	  .params = "port:name priority:int(0..240)? cost:int(1..200000000)? "
		    "edge:auto|yes|no? link:auto|point-to-point|shared?",
	  .summary = "settings of a port in the spanning tree",
	  .fn = stp_set_port,
	  .result = "`true`",
	  .details =
	      "They last as long as the port. `cost` is that of the way by "
	      "this port, 20000 at first; `priority`, a multiple of 16, "
	      "chooses among equals, the lower wins. An `edge` has no bridge "
	      "behind it and forwards at once: `yes` says so, until one is "
	      "heard; `auto`, the default, finds out by three seconds of "
	      "silence. Behind a `point-to-point` `link` is at most one "
	      "bridge, so that both can agree; `auto`, the default, goes by "
	      "the kind of port." },
	{ .name = "stp.migrate",
	  .params = "port:name",
	  .summary = "speak RSTP again to a neighbour that spoke STP",
	  .fn = stp_migrate,
	  .result = "`true`",
	  .details =
	      "A port that has heard STP speaks it for as long as it hears it. "
	      "This asks the neighbour whether it understands RSTP by now." },
	{ .name = NULL },
};
