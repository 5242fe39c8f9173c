/*
 * pipeline: the hooks of plugins by stage, and running them over frames.
 *
 * Knows neither plugins' files nor ports' peers: a hook belongs to an owner,
 * has a scope, and runs at a site (a port).  Which hooks run at a site is
 * worked out when hooks change, not when frames pass: a site without hooks
 * costs a comparison.
 */
#ifndef SWITCH_PIPELINE_H
#define SWITCH_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "switch/frame.h"
#include "vdelab/plugin.h"

enum {
	HOOK_ORDER_MAX = 1000,
	HOOKS_MAX = 16, /* of one owner at one stage */
};
#define SEGMENT_NONE UINT32_MAX

struct drop_watchers;
struct hook;
struct pipeline;

/* For which ports an owner's hooks run; both NONE: for all. */
struct hook_scope {
	uint32_t segment;
	port_id_t port;
	enum vl_direction direction; /* which stages */
};

/* Frames that were dropped for a reason of the owner's. */
struct hook_drops {
	char *reason;
	uint64_t n;
};

/* Whoever has hooks: a plugin instance. */
struct hook_owner {
	void *priv;	  /* handed to the hooks */
	const char *name; /* for people; borrowed, or NULL */
	struct hook_scope scope;
	int order;		  /* of all its hooks; ORDER_AS_ADDED */
	uint64_t n_dropped;	  /* with a reason or without */
	struct hook_drops *drops; /* by verdict from VL_DROP_REASONS on */
	uint32_t n_reasons;
	uint64_t n_held;
	struct frame_list held; /* stolen or made, not given back yet */
	bool takes_unfinished;	/* frames of which something is left to do */
};
#define ORDER_AS_ADDED (-1)

/* A port, as far as the pipeline sees it. */
struct hook_site {
	uint32_t segment;
	port_id_t port;
	uint64_t generation; /* of the pipeline, when .hooks was made */
	struct hook **hooks[VL_N_STAGES]; /* in order */
	uint32_t n_hooks[VL_N_STAGES];
	bool wants_finished[VL_N_STAGES]; /* one of them does */
};

/* What became of a vector. */
struct hook_tally {
	uint32_t n_passed; /* the first so many of it */
	uint32_t n_dropped;
	uint32_t n_stolen;
};

/* Where in its stage a frame goes on. */
struct hook_position {
	uint16_t order;
	uint32_t number;
};
#define HOOK_FIRST ((struct hook_position){ 0, 0 })

/** pipeline_new() - @watchers: borrowed; hear of frames that hooks drop */
struct pipeline *pipeline_new(const struct drop_watchers *watchers);
/** pipeline_free() - every owner must be gone; NULL is a no-op */
void pipeline_free(struct pipeline *p);

void hook_owner_init(struct hook_owner *owner, const struct hook_scope *scope);
/** hook_owner_fini() - what it held must have been released */
void hook_owner_fini(struct hook_owner *owner);
/** hook_owner_add_reason() - Return: the verdict; -EEXIST; -ENOSPC */
int hook_owner_add_reason(struct hook_owner *owner, const char *reason);
/** hook_owner_count_drop() - Return: the reason of @verdict, borrowed */
const char *hook_owner_count_drop(struct hook_owner *owner, uint8_t verdict);
/** hook_owner_hold() - @frame is on @owner's list from now on */
void hook_owner_hold(struct hook_owner *owner, struct frame *frame,
		     enum frame_holder holder);
/** hook_owner_release() - take @frame, which is held by @owner, off its list */
void hook_owner_release(struct hook_owner *owner, struct frame *frame);

/** pipeline_add() - see vl_hook_add()
 * @owner: borrowed until pipeline_remove() */
int pipeline_add(struct pipeline *p, struct hook_owner *owner,
		 enum vl_stage stage, int order, vl_hook_fn *fn);
/** pipeline_enable() - allowed inside a hook */
void pipeline_enable(struct pipeline *p, const struct hook_owner *owner,
		     enum vl_stage stage, bool on);
/** pipeline_take_unfinished() - the hooks of @owner can be given frames of
 * which something is left to do */
void pipeline_take_unfinished(struct pipeline *p, struct hook_owner *owner);
/** pipeline_first() - where the first hook of @owner at @stage is; HOOK_FIRST
 * when there is none */
struct hook_position pipeline_first(const struct pipeline *p,
				    const struct hook_owner *owner,
				    enum vl_stage stage);
/** pipeline_remove() - all hooks of @owner; never inside a hook */
void pipeline_remove(struct pipeline *p, const struct hook_owner *owner);

void hook_site_init(struct hook_site *site, uint32_t segment, port_id_t port);
void hook_site_fini(struct hook_site *site);

/** hook_scope_matches() - is the port in @scope? */
bool hook_scope_matches(const struct hook_scope *scope, uint32_t segment,
			port_id_t port);
/** hook_scope_has_stage() - does @stage lie in its direction? */
bool hook_scope_has_stage(const struct hook_scope *scope, enum vl_stage stage);

/** pipeline_each() - the owner and the order of each hook at @stage for @site,
 * in the order in which they run */
typedef void pipeline_each_fn(const struct hook_owner *owner, int order,
			      void *arg);
void pipeline_each(struct pipeline *p, enum vl_stage stage,
		   struct hook_site *site, pipeline_each_fn *fn, void *arg);

/** pipeline_wants() - is there a hook at @stage for @site? */
bool pipeline_wants(struct pipeline *p, enum vl_stage stage,
		    struct hook_site *site);

/** pipeline_wants_finished() - is there one at @stage for @site that must be
 * given frames as they go over a wire? */
bool pipeline_wants_finished(struct pipeline *p, enum vl_stage stage,
			     struct hook_site *site);

/**
 * pipeline_run() - the hooks of @stage for frames at @site
 * @frames: at most FRAME_BATCH; those that passed are moved to the front, the
 *          references of the others are taken (dropped, or on the held list
 *          of the hook's owner)
 * @from:   only hooks behind this position run
 */
struct hook_tally pipeline_run(struct pipeline *p, enum vl_stage stage,
			       struct hook_site *site, struct frame **frames,
			       uint32_t n, struct hook_position from,
			       uint64_t now_ns);

#endif /* SWITCH_PIPELINE_H */
