#include "switch/methods/methods.h"

#include <jansson.h>

#include "lib/clock.h"
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

const struct rpc_method fdb_methods[] = {
	{ .name = "fdb.show",
	  .params = "segment:name?",
	  .summary = "list which address is behind which port",
	  .fn = fdb_show,
	  .result = "`[{segment, mac, vid, port, age_ms}]`",
	  .details = "`vid` is 0 for frames without a tag. `age_ms` is the "
		     "time since a frame came from that address." },
	{ .name = "fdb.flush",
	  .params = "segment:name? port:name?",
	  .summary = "forget learned addresses",
	  .fn = fdb_flush_method,
	  .result = "`{flushed}`: how many",
	  .details =
	      "All, or those of a segment, or those learned from a port." },
	{ .name = NULL },
};
