#include "switch/methods/methods.h"

#include <errno.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "switch/fdb.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

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

	json_array_append_new(
	    to->list,
	    json_pack(
		"{s:s, s:s, s:i, s:s?, s:I, s:b, s:I}", "segment",
		to->segment->name, "mac", mac_format(&entry->mac, mac), "vid",
		(int)entry->vid, "port", port != NULL ? port->name : NULL,
		"age_ms", (json_int_t)entry->age_ms, "static",
		(int)entry->is_static, "moves", (json_int_t)entry->n_moves));
}

static void
fdb_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	uint64_t now_ms = clock_now_ms(control->sw->config.clock);
	struct fdb_list to = { .list = NULL };
	struct segment *only;

	if (!method_segment(control, call, params, &only))
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

	if (!method_segment(control, call, params, &only) ||
	    !method_port(control, call, params, &port))
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

/* ---- by hand ---- */

static bool
read_mac(struct rpc_call *call, const json_t *params, struct mac *mac)
{
	const char *text = json_str_or(params, "mac", "");
	struct err err = ERR_INIT;

	if (mac_parse(text, mac) == 0)
		return true;
	err_set(&err, -EINVAL,
		"\"%.40s\" is no address: it must be six pairs of hexadecimal "
		"digits parted by ':'",
		text);
	rpc_fail_err(call, &err);
	return false;
}

/* The VID under which frames without a tag are looked up. */
static uint16_t
default_vid(const struct port *port)
{
	uint16_t pvid = port_vid_rules(port)->pvid;

	if (port->segment->mode != SEGMENT_8021Q || pvid == VID_NONE)
		return 0;
	return pvid;
}

static void
fdb_add(struct rpc_call *call, const json_t *params, void *arg)
{
	struct err err = ERR_INIT;
	struct segment *segment;
	struct port *port;
	struct mac mac;
	uint16_t vid;
	int ret;

	if (!method_segment(arg, call, params, &segment) ||
	    !method_port(arg, call, params, &port) ||
	    !read_mac(call, params, &mac))
		return;
	vid = (uint16_t)json_int_or(params, "vid", default_vid(port));
	if (port->segment != segment)
		ret = err_set(&err, -EINVAL, "port %s is on segment %s",
			      port->name, port->segment->name);
	else
		ret = fdb_set_static(segment->fdb, &mac, vid, port->id);
	if (ret == -EINVAL && port->segment == segment)
		err_set(&err, ret, "%s is not the address of a single station",
			json_str_or(params, "mac", ""));
	else if (ret == -ENOSPC)
		err_set(&err, ret,
			"segment %s has %zu static addresses, and room for no "
			"more",
			segment->name, fdb_n_static(segment->fdb));
	if (ret < 0)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call, json_true());
}

/* Forgets @mac in the VLANs @first..@last, and, when @port is one, where it is
 * behind that port alone.  Return: in how many. */
static size_t
forget(struct segment *segment, const struct mac *mac, uint16_t first,
       uint16_t last, const struct port *port)
{
	uint64_t now_ms = clock_now_ms(segment->sw->config.clock);
	struct fdb_entry entry;
	size_t n = 0;

	for (uint16_t vid = first; vid <= last; vid++) {
		if (port != NULL &&
		    (!fdb_find(segment->fdb, mac, vid, now_ms, &entry) ||
		     entry.port != port->id))
			continue;
		n += fdb_del(segment->fdb, mac, vid) == 0;
	}
	return n;
}

static void
fdb_del_method(struct rpc_call *call, const json_t *params, void *arg)
{
	int64_t vid = json_int_or(params, "vid", -1);
	struct err err = ERR_INIT;
	struct segment *segment;
	struct port *port;
	struct mac mac;

	if (!method_segment(arg, call, params, &segment) ||
	    !method_port(arg, call, params, &port) ||
	    !read_mac(call, params, &mac))
		return;
	if (forget(segment, &mac, vid < 0 ? 0 : (uint16_t)vid,
		   vid < 0 ? FDB_VID_MAX : (uint16_t)vid, port) > 0) {
		rpc_reply(call, json_true());
		return;
	}
	err_set(&err, -ENOENT, "segment %s knows no %s%s%s%s", segment->name,
		json_str_or(params, "mac", ""), vid < 0 ? "" : " in that VLAN",
		port != NULL ? " behind " : "", port != NULL ? port->name : "");
	rpc_fail_err(call, &err);
}

const struct rpc_method fdb_methods[] = {
	{ .name = "fdb.show",
	  .params = "segment:name?",
	  .summary = "list which address is behind which port",
	  .fn = fdb_show,
	  .result = "`[{segment, mac, vid, port, age_ms, static, moves}]`",
	  .details = "`vid` is 0 for frames without a tag; in mode `8021q` it "
		     "is the VLAN. `age_ms` is the time since a frame came "
		     "from that address; a `static` one does not age. `moves` "
		     "is how often it came up at another port." },
	{ .name = "fdb.add",
	  .params = "segment:name mac:str port:name vid:int(0..4094)?",
	  .summary = "set by hand behind which port an address is",
	  .fn = fdb_add,
	  .result = "`true`",
	  .details =
	      "Such a static address neither ages nor moves, whoever else uses "
	      "it, and goes with its port. Without `vid` it is that of frames "
	      "without a tag: 0, and in mode `8021q` the port's PVID. At most "
	      "half of a segment's addresses are static." },
	{ .name = "fdb.del",
	  .params = "segment:name mac:str vid:int(0..4095)? port:name?",
	  .summary = "forget an address, static or learned",
	  .fn = fdb_del_method,
	  .result = "`true`",
	  .details = "With any VID, or with `vid` alone; with `port`, only as "
		     "far as it is behind that." },
	{ .name = "fdb.flush",
	  .params = "segment:name? port:name?",
	  .summary = "forget learned addresses",
	  .fn = fdb_flush_method,
	  .result = "`{flushed}`: how many",
	  .details = "All, or those of a segment, or those learned from a "
		     "port. Static "
		     "ones stay." },
	{ .name = NULL },
};
