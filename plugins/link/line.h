/*
 * line: one port as the plugin `link` sees it: what each direction carries,
 * which of its frames are picked out, and what it holds back.
 */
#ifndef LINK_LINE_H
#define LINK_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/common/port-table.h"
#include "plugins/link/held.h"
#include "plugins/link/rule.h"
#include "vdelab/plugin.h"

enum line_mode {
	LINE_UP,
	LINE_BLOCKED,	/* what comes is dropped */
	LINE_SUSPENDED, /* what comes waits */
	LINE_N_MODES
};

/* Up for a while, blocked for a while. */
struct flap {
	uint64_t up_ns, down_ns; /* .up_ns 0: it does not flap */
	uint64_t left;		 /* more times it goes down; UINT64_MAX: ever */
	uint64_t due_ns;	 /* of the next change */
};

struct direction_state {
	enum line_mode mode;
	struct held suspended;
	struct flap flap;
	uint64_t n_dropped;
};

struct line {
	struct port_state port; /* first */
	struct link *owner;	/* borrowed */
	struct direction_state directions[LINK_N_DIRECTIONS];
	struct rule_list rules;
	size_t n_rules;
};

/* What all lines share. */
struct link {
	struct vl_inst *inst;
	struct port_table *lines;
	struct vl_timer *timer;
	uint64_t wakes_ns; /* when it is set to run; UINT64_MAX: it is not */
	size_t limit;	   /* frames that one direction, or one rule, holds */
	uint32_t last_rule_id;
	uint8_t verdict_blocked, verdict_picked, verdict_full;
	int mark_held, mark_delayed;
	/* the host's counters */
	uint64_t *n_dropped[LINK_N_DIRECTIONS];
	uint64_t *n_held;
};

/** link_update_hooks() - nobody pays for a hook that has nothing to do */
void link_update_hooks(struct link *link);
/** link_wake_at() - line_tick() of all lines is to run then, or before */
void link_wake_at(struct link *link, uint64_t due_ns);

/** line_take() - a vector of frames at @v->port: verdicts are written */
void line_take(struct link *link, const struct vl_vector *v,
	       enum link_direction d);
/** line_wants() - does @line do anything to frames of @d? */
bool line_wants(const struct line *line, enum link_direction d);

/** line_set() - @mode from now on; it flaps no longer.  What was suspended goes
 * on, in order, or is dropped when @mode is LINE_BLOCKED. */
void line_set(struct line *line, enum link_direction d, enum line_mode mode);
/** line_flap() - down at once for @down_ns, up for @up_ns, ...
 * @count: so many times down, and then up; 0: for ever */
void line_flap(struct line *line, enum link_direction d, uint64_t up_ns,
	       uint64_t down_ns, uint64_t count);
/** line_release() - what @rule holds goes on.  Return: how many. */
size_t line_release(struct line *line, struct rule *rule);
/** line_forget() - @rule ends: what it holds goes on */
void line_forget(struct line *line, struct rule *rule);
/** line_unplug() - the port goes: what is held is dropped */
void line_unplug(struct line *line);
/** line_fini() - ends everything; frames that are held are dropped */
void line_fini(struct line *line);

/** line_due_ns() - when line_tick() has something to do; UINT64_MAX: never */
uint64_t line_due_ns(const struct line *line);
void line_tick(struct line *line, uint64_t now_ns);

#endif /* LINK_LINE_H */
