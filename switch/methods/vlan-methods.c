#include "switch/methods/methods.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"
#include "switch/vid.h"

/* Decimal digits alone.  Return: what follows them; NULL when there are none,
 * or the number is no VID. */
static const char *
read_vid(const char *text, uint16_t *vid)
{
	unsigned n = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (unsigned)(*at - '0');
		if (n > VID_MAX)
			return NULL;
	}
	*vid = (uint16_t)n;
	return at > text ? at : NULL;
}

/* "10" or "10-20".  Return: false when it is neither. */
static bool
read_range(const char *text, uint16_t *first, uint16_t *last)
{
	const char *rest = read_vid(text, first);

	if (rest == NULL)
		return false;
	*last = *first;
	if (*rest == '-')
		rest = read_vid(rest + 1, last);
	return rest != NULL && *rest == '\0' && *first <= *last;
}

int
method_read_vids(const json_t *params, uint16_t *first, uint16_t *last,
		 struct err *err)
{
	const json_t *vid = json_object_get(params, "vid");
	char text[32] = "";

	if (json_is_integer(vid))
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(vid));
	else
		snprintf(text, sizeof(text), "%s",
			 json_str_or(params, "vid", ""));
	if (!read_range(text, first, last))
		return err_set(err, -EINVAL,
			       "vid must be a number from 0 to %d, or two of "
			       "them with a '-' between, not \"%s\"",
			       VID_MAX, text);
	if (json_bool_or(params, "pvid", false) && *first != *last)
		return err_set(err, -EINVAL,
			       "a port has one PVID: give one VID");
	return 0;
}

static bool
method_vids(struct rpc_call *call, const json_t *params, uint16_t *first,
	    uint16_t *last)
{
	struct err err = ERR_INIT;

	if (method_read_vids(params, first, last, &err) == 0)
		return true;
	rpc_fail_err(call, &err);
	return false;
}

/* The rules of @port are about to be changed.  The stations there may be in
 * other VLANs then. */
static struct vid_rules *
rules_to_change(struct port *port)
{
	fdb_flush_port(port->segment->fdb, port->id);
	return port_own_vid_rules(port);
}

static void
vlan_add(struct rpc_call *call, const json_t *params, void *arg)
{
	bool pvid = json_bool_or(params, "pvid", false);
	uint16_t first, last;
	struct port *port;

	if (!method_port(arg, call, params, &port) ||
	    !method_vids(call, params, &first, &last))
		return;
	vid_rules_add(rules_to_change(port), first, last,
		      json_bool_or(params, "untagged", false), pvid);
	rpc_reply(call, json_true());
}

static void
vlan_del(struct rpc_call *call, const json_t *params, void *arg)
{
	uint16_t first, last;
	struct port *port;

	if (!method_port(arg, call, params, &port) ||
	    !method_vids(call, params, &first, &last))
		return;
	vid_rules_del(rules_to_change(port), first, last);
	rpc_reply(call, json_true());
}

static enum vid_accept
accept_by_name(const char *name, enum vid_accept otherwise)
{
	for (int a = 0; a < N_VID_ACCEPTS; a++) {
		if (strcmp(name, vid_accept_name(a)) == 0)
			return (enum vid_accept)a;
	}
	return otherwise;
}

static void
vlan_set(struct rpc_call *call, const json_t *params, void *arg)
{
	struct vid_rules *rules;
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	rules = rules_to_change(port);
	rules->accept =
	    accept_by_name(json_str_or(params, "accept", ""), rules->accept);
	rules->no_filter = !json_bool_or(params, "filter", !rules->no_filter);
	rpc_reply(call, json_true());
}

static void
vlan_reset(struct rpc_call *call, const json_t *params, void *arg)
{
	struct port *port;

	if (!method_port(arg, call, params, &port))
		return;
	rules_to_change(port);
	port_reset_vid_rules(port);
	rpc_reply(call, json_true());
}

/* ---- show ---- */

/* Runs of VIDs that are alike, so that a trunk is one row. */
static json_t *
show_vlans(const struct vid_rules *rules)
{
	json_t *list = json_array();
	uint16_t first = 0, last;

	while (vid_set_range(&rules->member, &first, &last)) {
		bool untagged = vid_set_has(&rules->untagged, first);
		uint16_t end = first;

		while (end < last &&
		       vid_set_has(&rules->untagged, (uint16_t)(end + 1)) ==
			   untagged)
			end++;
		json_array_append_new(list,
				      json_pack("{s:i, s:i, s:b}", "vid",
						(int)first, "vid_end", (int)end,
						"untagged", (int)untagged));
		first = (uint16_t)(end + 1);
	}
	return list;
}

static json_t *
show_rules(const struct port *port)
{
	const struct vid_rules *rules = port_vid_rules(port);

	return json_pack("{s:s, s:s, s:b, s:i, s:s, s:b, s:o}", "segment",
			 port->segment->name, "port", port->name, "own",
			 (int)(port->vid_rules != NULL), "pvid",
			 (int)rules->pvid, "accept",
			 vid_accept_name(rules->accept), "filter",
			 (int)!rules->no_filter, "vlans", show_vlans(rules));
}

static void
vlan_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct segment *only_segment;
	const struct segment *segment;
	const struct port *port;
	struct port *only_port;
	json_t *list;

	if (!method_segment(control, call, params, &only_segment) ||
	    !method_port(control, call, params, &only_port))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only_segment != NULL && segment != only_segment)
			continue;
		TAILQ_FOREACH (port, &segment->ports, in_segment) {
			if (only_port == NULL || port == only_port)
				json_array_append_new(list, show_rules(port));
		}
	}
	rpc_reply(call, list);
}

const struct rpc_method vlan_methods[] = {
	{ .name = "vlan.add",
	  .params = "port:name vid:any untagged:bool? pvid:bool?",
	  .summary = "make a port a member of VLANs",
	  .fn = vlan_add,
	  .result = "`true`",
	  .details =
	      "`vid` is a number from 0 to 4094, or a range as text: "
	      "`\"10-20\"`. Frames of these VLANs leave with a tag, or without "
	      "when `untagged`; with `pvid` frames that come in without a tag "
	      "are of this VLAN. The first such call gives a port rules of its "
	      "own; they begin as those of the segment, which is in VLAN 1, "
	      "untagged. VID 0 is a VLAN without tags. Rules count in mode "
	      "`8021q` and may be set before." },
	{ .name = "vlan.del",
	  .params = "port:name vid:any",
	  .summary = "end a port's membership in VLANs",
	  .fn = vlan_del,
	  .result = "`true`",
	  .details = "When its PVID is among them the port has none any more, "
		     "and drops frames without a tag. Any change of a port's "
		     "rules forgets the addresses learned there." },
	{ .name = "vlan.set",
	  .params = "port:name accept:all|tagged|untagged? filter:bool?",
	  .summary = "change which frames a port takes",
	  .fn = vlan_set,
	  .result = "`true`",
	  .details =
	      "`accept`: frames with a VID in their tag, those without, or "
	      "`all`. `filter`, on at first: drop frames of VLANs that the "
	      "port "
	      "is not in." },
	{ .name = "vlan.reset",
	  .params = "port:name",
	  .summary = "give a port the segment's VLAN rules again",
	  .fn = vlan_reset,
	  .result = "`true`",
	  .details = "What `vlan.add`, `vlan.del` and `vlan.set` changed is "
		     "undone." },
	{ .name = "vlan.show",
	  .params = "segment:name? port:name?",
	  .summary = "list the VLAN rules of ports",
	  .fn = vlan_show,
	  .result =
	      "`[{segment, port, own, pvid, accept, filter, vlans: [{vid, "
	      "vid_end, untagged}]}]`",
	  .details = "`pvid` 4095 is none. Without `own` they are those of the "
		     "segment. A row of `vlans` stands for all from `vid` to "
		     "`vid_end`." },
	{ .name = NULL },
};
