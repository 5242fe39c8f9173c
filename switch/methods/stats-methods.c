#include "switch/methods/methods.h"

#include <jansson.h>

#include "switch/segment.h"
#include "switch/switch.h"

static json_t *
show_stats(const struct segment *segment)
{
	struct segment_stats s;

	segment_read_stats(segment, &s);
	return json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:b}", "segment",
	    segment->name, "rx", (json_int_t)s.rx, "made", (json_int_t)s.made,
	    "copies", (json_int_t)s.copies, "tx", (json_int_t)s.tx, "drops",
	    method_drops(s.drops), "queued", (json_int_t)s.queued, "held",
	    (json_int_t)s.held, "balanced", (int)segment_stats_balance(&s));
}

static void
stats_show(struct rpc_call *call, const json_t *params, void *arg)
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
			json_array_append_new(list, show_stats(segment));
	}
	rpc_reply(call, list);
}

const struct rpc_method stats_methods[] = {
	{ .name = "stats.show",
	  .params = "segment:name?",
	  .summary = "the books of segments",
	  .fn = stats_show,
	  .result = "`[{segment, rx, made, copies, tx, drops: {reason: n}, "
		    "queued, held, balanced}]`",
	  .details = "`rx + made + copies == tx + sum(drops) + queued + held`, "
		     "at any moment; `balanced` tells whether they do. `made` "
		     "are frames of the switch itself, `copies` those that "
		     "flooding made, `held` is what plugins hold." },
	{ .name = NULL },
};
