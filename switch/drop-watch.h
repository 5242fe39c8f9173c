/*
 * drop-watch: who wants to see frames that get no further, and telling them.
 *
 * Counting drops is their business who drop.  While nobody watches this costs
 * a comparison for each frame that is dropped, and nothing for others.
 */
#ifndef SWITCH_DROP_WATCH_H
#define SWITCH_DROP_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "switch/counters.h"
#include "switch/frame.h"
#include "switch/pipeline.h"
#include "vdelab/plugin.h"

struct clock;
struct port;

struct drop_watch {
	const struct hook_owner *owner; /* for its scope and priv; borrowed */
	vl_drop_fn *fn;
	TAILQ_ENTRY(drop_watch) link;
};

struct drop_watchers {
	const struct clock *clock; /* borrowed */
	TAILQ_HEAD(, drop_watch) list;
};

void drop_watchers_init(struct drop_watchers *watchers,
			const struct clock *clock);
/** drop_watch_set() - @fn NULL: not any more; allowed inside its function
 * @watch: borrowed until it is unset; starts as all zeros */
void drop_watch_set(struct drop_watchers *watchers, struct drop_watch *watch,
		    const struct hook_owner *owner, vl_drop_fn *fn);

static inline bool
drop_watchers_any(const struct drop_watchers *watchers)
{
	return !TAILQ_EMPTY(&watchers->list);
}

/**
 * drop_watchers_tell() - @frame gets no further at this site
 * @by: name of the plugin whose verdict it is; NULL: the switch's
 *
 * Something that is no Ethernet frame is not told of.  One that is to be cut
 * is told of as it is, whole.
 */
void drop_watchers_tell(const struct drop_watchers *watchers,
			enum vl_stage stage, uint32_t segment, port_id_t port,
			const struct frame *frame, const char *by,
			const char *reason);

/** drop_tell() - the switch itself drops @frame at @port: tell if anybody wants
 * to know */
void drop_tell(const struct port *port, enum vl_stage stage,
	       enum drop_reason reason, const struct frame *frame);

#endif /* SWITCH_DROP_WATCH_H */
