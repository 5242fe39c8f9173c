#include "switch/methods/methods.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/declared.h"
#include "switch/port-settings.h"

static int
read_declaration(const struct vswitch *sw, const json_t *params,
		 struct declared_port *d, struct err *err)
{
	struct declared_match *match = &d->match;
	const char *segment = json_str_or(params, "segment", "");
	const char *socket = json_str_or(params, "socket", segment);
	const char *kind = json_str_or(params, "kind", "");
	const char *description = json_str_or(params, "description", "");

	if (switch_need_segment(sw, segment, err) == NULL ||
	    switch_need_segment(sw, socket, err) == NULL)
		return -ENOENT;
	if (kind[0] != '\0' && (switch_find_kind(sw, kind) == NULL ||
				switch_find_kind(sw, kind)->listen == NULL))
		return err_set(err, -EINVAL,
			       "peers do not attach as %s by themselves", kind);
	if (strlen(description) >= sizeof(match->description))
		return err_set(err, -EINVAL,
			       "a description has less than %zu characters",
			       sizeof(match->description));
	snprintf(d->name, sizeof(d->name), "%s",
		 json_str_or(params, "name", ""));
	snprintf(d->segment, sizeof(d->segment), "%s", segment);
	snprintf(match->socket, sizeof(match->socket), "%s", socket);
	snprintf(match->kind, sizeof(match->kind), "%s", kind);
	snprintf(match->description, sizeof(match->description), "%s",
		 description);
	match->number = json_int_or(params, "number", -1);
	match->uid = json_int_or(params, "uid", -1);
	d->mtu = (uint32_t)json_int_or(params, "mtu", PORT_MTU_DEFAULT);
	match->has_mac = json_str_or(params, "mac", NULL) != NULL;
	return method_read_mac(params, &match->mac, err);
}

static void
port_declare(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct declared_port wanted = { .name = "" };
	struct err err = ERR_INIT;

	if (read_declaration(control->sw, params, &wanted, &err) < 0 ||
	    declared_add(control->sw, &wanted, &err) == NULL)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call, json_true());
}

static void
port_undeclare(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const char *name = json_str_or(params, "port", "");
	struct declared_port *d = declared_find(control->sw, name);
	struct err err = ERR_INIT;

	if (d == NULL) {
		err_set(&err, -ENOENT, "port %s is not declared", name);
		rpc_fail_err(call, &err);
		return;
	}
	port_settings_undo(control->port_settings, d);
	declared_remove(control->sw, d);
	rpc_reply(call, json_true());
}

json_t *
method_declaration(const struct declared_port *d)
{
	const struct declared_match *match = &d->match;
	json_t *obj = json_pack("{s:s}", "socket", match->socket);
	char mac[MAC_TEXT_SIZE];

	if (match->kind[0] != '\0')
		json_object_set_new(obj, "kind", json_string(match->kind));
	if (match->description[0] != '\0')
		json_object_set_new(obj, "description",
				    json_string(match->description));
	if (match->number >= 0)
		json_object_set_new(obj, "number", json_integer(match->number));
	if (match->uid >= 0)
		json_object_set_new(obj, "uid", json_integer(match->uid));
	if (match->has_mac)
		json_object_set_new(obj, "mac",
				    json_string(mac_format(&match->mac, mac)));
	json_object_set_new(obj, "settings", port_settings_show(d));
	return obj;
}

const struct rpc_method declare_methods[] = {
	{ .name = "port.declare",
	  .params = "name:name segment:name socket:name? kind:name? "
		    "description:str? number:int(1..16777215)? "
		    "uid:int(0..4294967294)? mac:str? mtu:int(68..65536)?",
	  .summary = "say what the port of a peer will be that is to attach",
	  .fn = port_declare,
	  .result = "`true`",
	  .details =
	      "A peer that attaches by the sockets of segment `socket` "
	      "(`segment` itself, when it is not given) and of which all that "
	      "is given is true gets the port `name` on `segment`, with that "
	      "`mtu`. `kind` is that of the socket, `description` a pattern "
	      "(`*`, `?`, `[...]`) for what a VDE client says of itself, "
	      "`number` the port number that it asks for, `uid` whose process "
	      "it is, `mac` the source of its first frame. Where one is "
	      "awaited by `mac`, newcomers that could be it are kept apart "
	      "until they send, and nothing reaches them, unless another "
	      "declaration says more of them. Of several that fit, the one "
	      "that says most is meant; two that say the same are an error. "
	      "One that is there is not meant: the next peer "
	      "like it gets a port of its own. `vlan.add`, `vlan.set`, "
	      "`fdb.add` and `link.set` about a declared port may come before "
	      "it; they are done before its first frame is forwarded, and "
	      "again each time it comes back. A plugin may be loaded for it, "
	      "too. Peers that are attached already are left alone." },
	{ .name = "port.undeclare",
	  .params = "port:name",
	  .summary = "declare a port no more",
	  .fn = port_undeclare,
	  .result = "`true`",
	  .details = "What was set of it gets its default. If it is there it "
		     "stays, under its name, until its peer goes." },
	{ .name = NULL },
};
