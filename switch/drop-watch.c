#include "switch/drop-watch.h"

#include "lib/clock.h"
#include "switch/lane.h"
#include "switch/port.h"
#include "switch/segment.h"

void
drop_watchers_init(struct drop_watchers *watchers, const struct clock *clock)
{
	watchers->clock = clock;
	TAILQ_INIT(&watchers->list);
}

void
drop_watch_set(struct drop_watchers *watchers, struct drop_watch *watch,
	       const struct hook_owner *owner, vl_drop_fn *fn)
{
	if (watch->fn == NULL && fn != NULL)
		TAILQ_INSERT_TAIL(&watchers->list, watch, link);
	else if (watch->fn != NULL && fn == NULL)
		TAILQ_REMOVE(&watchers->list, watch, link);
	watch->owner = owner;
	watch->fn = fn;
}

void
drop_watchers_tell(const struct drop_watchers *watchers, enum vl_stage stage,
		   uint32_t segment, port_id_t port, const struct frame *frame,
		   const char *by, const char *reason)
{
	const struct vl_drop drop = {
		.frame = (const struct vl_frame *)frame,
		.port = port,
		.stage = stage,
		.by = by,
		.reason = reason,
		.now_ns = clock_now_ns(watchers->clock),
	};
	const struct drop_watch *watch, *next;

	if (frame->len < FRAME_LEN_MIN || frame->len > FRAME_LEN_MAX)
		return;
	frame_gather(frame);
	for (watch = TAILQ_FIRST(&watchers->list); watch != NULL;
	     watch = next) {
		const struct hook_owner *owner = watch->owner;

		next = TAILQ_NEXT(watch, link); /* it may stop watching */
		if (hook_scope_has_stage(&owner->scope, stage) &&
		    hook_scope_matches(&owner->scope, segment, port))
			watch->fn(owner->priv, &drop);
	}
}

void
drop_tell(const struct port *port, enum vl_stage stage, enum drop_reason reason,
	  const struct frame *frame)
{
	const struct drop_watchers *watchers = &port->lane->drop_watchers;

	if (drop_watchers_any(watchers))
		drop_watchers_tell(watchers, stage, port->segment->id, port->id,
				   frame, NULL, drop_reason_name(reason));
}
