/*
 * capture: one instance of the plugin: its captures, and what they have in
 * common.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/capture/names.h"
#include "plugins/capture/session.h"
#include "vdelab/plugin.h"

enum {
	CAPTURE_RUNNING_MAX = 64, /* captures at once */
	CAPTURE_END_MS = 2000,	  /* what a reader gets to take the rest */
};

TAILQ_HEAD(session_list, session);

struct capture {
	struct vl_inst *inst;
	struct session_list sessions; /* in the order of their start */
	struct names *names;	      /* owned */
	uint64_t last_id;
	uint32_t *ports; /* in scope, ascending; owned */
	size_t n_ports;
	size_t ports_size;
	size_t ring_bytes; /* of each session */
	struct vl_timer *timer;
	uint64_t *n_recorded; /* the host's counters */
	uint64_t *n_dropped;
};

/** capture_poll() - look after all sessions: those that have ended are
 * announced, and may be freed */
void capture_poll(struct capture *c);
/** capture_forget() - @s is freed */
void capture_forget(struct capture *c, struct session *s);

extern const struct vl_method capture_methods[];

#endif /* CAPTURE_CAPTURE_H */
