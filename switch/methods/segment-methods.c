#include "switch/methods/methods.h"

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/fdb.h"
#include "switch/segment.h"
#include "switch/switch.h"

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

	if (!method_segment(control, call, params, &segment))
		return;
	switch_remove_segment(control->sw, segment);
	rpc_reply(call, json_true());
}

static json_t *
show_segment(const struct segment *segment)
{
	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I}", "id",
			 (json_int_t)segment->id, "name", segment->name, "mode",
			 segment_mode_name(segment->mode), "ports",
			 (json_int_t)segment->n_ports, "fdb_count",
			 (json_int_t)fdb_count(segment->fdb), "fdb_max",
			 (json_int_t)fdb_max(segment->fdb), "ageing_ms",
			 (json_int_t)fdb_ageing_ms(segment->fdb));
}

static void
segment_show(struct rpc_call *call, const json_t *params, void *arg)
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

const struct rpc_method segment_methods[] = {
	{ .name = "segment.add",
	  .params = "name:name",
	  .summary = "make a segment and its sockets",
	  .fn = segment_add,
	  .result = "`{id, name}`",
	  .details = "A segment's name is one of a-z, then a-z, 0-9 or `-`." },
	{ .name = "segment.del",
	  .params = "segment:name",
	  .summary = "remove a segment and its ports",
	  .fn = segment_del,
	  .result = "`true`",
	  .details =
	      "Its ports are closed, and its sockets and directory removed." },
	{ .name = "segment.show",
	  .params = "segment:name?",
	  .summary = "list segments",
	  .fn = segment_show,
	  .result =
	      "`[{id, name, mode, ports, fdb_count, fdb_max, ageing_ms}]`",
	  .details = "`ports` is their number, `fdb_count` that of the "
		     "addresses that are known, out of `fdb_max` at most; one "
		     "is forgotten after `ageing_ms` of silence." },
	{ .name = NULL },
};
