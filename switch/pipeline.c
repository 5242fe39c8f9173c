#include "switch/pipeline.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "switch/drop-watch.h"

struct hook {
	struct hook_owner *owner;
	vl_hook_fn *fn;
	struct hook_position at;
	bool on;
	TAILQ_ENTRY(hook) link;
};
TAILQ_HEAD(hook_list, hook);

struct pipeline {
	const struct drop_watchers *watchers;
	struct hook_list stages[VL_N_STAGES]; /* by position */
	uint64_t generation;		      /* changes with any hook */
	uint32_t last_number;
};

static bool
is_behind(const struct hook *hook, struct hook_position at)
{
	return hook->at.order > at.order ||
	       (hook->at.order == at.order && hook->at.number > at.number);
}

struct pipeline *
pipeline_new(const struct drop_watchers *watchers)
{
	struct pipeline *p = XNEW(struct pipeline);

	p->watchers = watchers;
	for (int s = 0; s < VL_N_STAGES; s++)
		TAILQ_INIT(&p->stages[s]);
	p->generation = 1;
	return p;
}

void
pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (int s = 0; s < VL_N_STAGES; s++)
		assert(TAILQ_EMPTY(&p->stages[s]));
	free(p);
}

/* ---- owners ---- */

void
hook_owner_init(struct hook_owner *owner, const struct hook_scope *scope)
{
	*owner =
	    (struct hook_owner){ .scope = *scope, .order = ORDER_AS_ADDED };
	TAILQ_INIT(&owner->held);
}

void
hook_owner_fini(struct hook_owner *owner)
{
	assert(TAILQ_EMPTY(&owner->held));
	for (uint32_t i = 0; i < owner->n_reasons; i++)
		free(owner->drops[i].reason);
	free(owner->drops);
}

int
hook_owner_add_reason(struct hook_owner *owner, const char *reason)
{
	uint32_t n = owner->n_reasons;

	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(owner->drops[i].reason, reason) == 0)
			return -EEXIST;
	}
	if (VL_DROP_REASONS + n > VL_VERDICT_MAX)
		return -ENOSPC;
	owner->drops = xrealloc(owner->drops, n + 1, sizeof(*owner->drops));
	owner->drops[n] = (struct hook_drops){ .reason = xstrdup(reason) };
	owner->n_reasons++;
	return (int)(VL_DROP_REASONS + n);
}

const char *
hook_owner_count_drop(struct hook_owner *owner, uint8_t verdict)
{
	owner->n_dropped++;
	if (verdict < VL_DROP_REASONS ||
	    (uint32_t)(verdict - VL_DROP_REASONS) >= owner->n_reasons)
		return drop_reason_name(DROP_PLUGIN);
	owner->drops[verdict - VL_DROP_REASONS].n++;
	return owner->drops[verdict - VL_DROP_REASONS].reason;
}

void
hook_owner_hold(struct hook_owner *owner, struct frame *frame,
		enum frame_holder holder)
{
	assert(frame->holder == FRAME_FREE && frame->refs == 1);
	frame->holder = (uint8_t)holder;
	TAILQ_INSERT_TAIL(&owner->held, frame, link);
	owner->n_held += holder == FRAME_STOLEN;
}

void
hook_owner_release(struct hook_owner *owner, struct frame *frame)
{
	assert(frame->holder != FRAME_FREE);
	owner->n_held -= frame->holder == FRAME_STOLEN;
	frame->holder = FRAME_FREE;
	TAILQ_REMOVE(&owner->held, frame, link);
}

/* ---- hooks ---- */

int
pipeline_add(struct pipeline *p, struct hook_owner *owner, enum vl_stage stage,
	     int order, vl_hook_fn *fn)
{
	struct hook *hook, *next = NULL;
	unsigned n = 0;

	if (owner->order != ORDER_AS_ADDED)
		order = owner->order;
	if (stage >= VL_N_STAGES || order < 0 || order > HOOK_ORDER_MAX ||
	    fn == NULL)
		return -EINVAL;
	TAILQ_FOREACH (hook, &p->stages[stage], link) {
		n += hook->owner == owner;
		if (next == NULL && hook->at.order > order)
			next = hook;
	}
	if (n == HOOKS_MAX)
		return -ENOSPC;
	hook = XNEW(struct hook);
	hook->owner = owner;
	hook->fn = fn;
	hook->at.order = (uint16_t)order;
	hook->at.number = ++p->last_number;
	hook->on = true;
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, hook, link);
	else
		TAILQ_INSERT_TAIL(&p->stages[stage], hook, link);
	p->generation++;
	return 0;
}

void
pipeline_enable(struct pipeline *p, const struct hook_owner *owner,
		enum vl_stage stage, bool on)
{
	struct hook *hook;

	if (stage >= VL_N_STAGES)
		return;
	TAILQ_FOREACH (hook, &p->stages[stage], link) {
		if (hook->owner == owner && hook->on != on) {
			hook->on = on;
			p->generation++;
		}
	}
}

void
pipeline_take_unfinished(struct pipeline *p, struct hook_owner *owner)
{
	owner->takes_unfinished = true;
	p->generation++;
}

struct hook_position
pipeline_first(const struct pipeline *p, const struct hook_owner *owner,
	       enum vl_stage stage)
{
	const struct hook *hook;

	TAILQ_FOREACH (hook, &p->stages[stage], link) {
		if (hook->owner == owner)
			return hook->at;
	}
	return HOOK_FIRST;
}

void
pipeline_remove(struct pipeline *p, const struct hook_owner *owner)
{
	for (int s = 0; s < VL_N_STAGES; s++) {
		struct hook *hook = TAILQ_FIRST(&p->stages[s]);

		while (hook != NULL) {
			struct hook *next = TAILQ_NEXT(hook, link);

			if (hook->owner == owner) {
				TAILQ_REMOVE(&p->stages[s], hook, link);
				free(hook);
				p->generation++;
			}
			hook = next;
		}
	}
}

/* ---- sites ---- */

void
hook_site_init(struct hook_site *site, uint32_t segment, port_id_t port)
{
	*site = (struct hook_site){ .segment = segment, .port = port };
}

void
hook_site_fini(struct hook_site *site)
{
	for (int s = 0; s < VL_N_STAGES; s++)
		free(site->hooks[s]);
}

bool
hook_scope_matches(const struct hook_scope *scope, uint32_t segment,
		   port_id_t port)
{
	return (scope->segment == SEGMENT_NONE || scope->segment == segment) &&
	       (scope->port == PORT_NONE || scope->port == port);
}

bool
hook_scope_has_stage(const struct hook_scope *scope, enum vl_stage stage)
{
	if (scope->direction == VL_DIR_BOTH)
		return true;
	return (scope->direction == VL_DIR_OUT) == (stage == VL_STAGE_EGRESS);
}

/* The hooks of @stage that run at @site, into its list. */
static void
collect(const struct pipeline *p, enum vl_stage stage, struct hook_site *site)
{
	struct hook ***hooks = &site->hooks[stage];
	uint32_t *n = &site->n_hooks[stage];
	struct hook *hook;

	free(*hooks);
	*hooks = NULL;
	*n = 0;
	site->wants_finished[stage] = false;
	TAILQ_FOREACH (hook, &p->stages[stage], link) {
		const struct hook_scope *scope = &hook->owner->scope;

		if (!hook->on || !hook_scope_has_stage(scope, stage) ||
		    !hook_scope_matches(scope, site->segment, site->port))
			continue;
		*hooks = xrealloc(*hooks, *n + 1, sizeof(**hooks));
		(*hooks)[(*n)++] = hook;
		site->wants_finished[stage] |= !hook->owner->takes_unfinished;
	}
}

bool
pipeline_wants(struct pipeline *p, enum vl_stage stage, struct hook_site *site)
{
	if (site->generation != p->generation) {
		for (int s = 0; s < VL_N_STAGES; s++)
			collect(p, (enum vl_stage)s, site);
		site->generation = p->generation;
	}
	return site->n_hooks[stage] > 0;
}

bool
pipeline_wants_finished(struct pipeline *p, enum vl_stage stage,
			struct hook_site *site)
{
	return pipeline_wants(p, stage, site) && site->wants_finished[stage];
}

void
pipeline_each(struct pipeline *p, enum vl_stage stage, struct hook_site *site,
	      pipeline_each_fn *fn, void *arg)
{
	if (!pipeline_wants(p, stage, site))
		return;
	for (uint32_t i = 0; i < site->n_hooks[stage]; i++) {
		const struct hook *hook = site->hooks[stage][i];

		fn(hook->owner, hook->at.order, arg);
	}
}

/* ---- running ---- */

static void
steal(const struct hook *hook, enum vl_stage stage,
      const struct hook_site *site, struct frame *frame)
{
	struct frame *same = frame_settle(frame);

	assert(same == frame); /* nobody else refers to it */
	frame->segment = site->segment;
	frame->resume_port = site->port;
	frame->resume_stage = (uint8_t)stage;
	frame->resume_order = hook->at.order;
	frame->resume_hook = hook->at.number;
	frame->injected = false;
	hook_owner_hold(hook->owner, frame, FRAME_STOLEN);
}

static void
drop(const struct pipeline *p, const struct hook *hook, enum vl_stage stage,
     const struct hook_site *site, struct frame *frame, uint8_t verdict)
{
	struct hook_owner *owner = hook->owner;
	const char *reason = hook_owner_count_drop(owner, verdict);

	if (drop_watchers_any(p->watchers))
		drop_watchers_tell(p->watchers, stage, site->segment,
				   site->port, frame, owner->name, reason);
	frame_unref(frame);
}

/* Acts on the verdicts of @hook; what passed moves to the front. */
static void
sort_out(const struct pipeline *p, const struct hook *hook, enum vl_stage stage,
	 const struct hook_site *site, struct frame **frames,
	 const uint8_t *verdicts, struct hook_tally *tally)
{
	uint32_t n = tally->n_passed;

	tally->n_passed = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (verdicts[i] == VL_PASS) {
			frames[tally->n_passed++] = frame;
		} else if (verdicts[i] == VL_STOLEN) {
			steal(hook, stage, site, frame);
			tally->n_stolen++;
		} else {
			drop(p, hook, stage, site, frame, verdicts[i]);
			tally->n_dropped++;
		}
	}
}

struct hook_tally
pipeline_run(struct pipeline *p, enum vl_stage stage, struct hook_site *site,
	     struct frame **frames, uint32_t n, struct hook_position from,
	     uint64_t now_ns)
{
	struct hook_tally tally = { .n_passed = n };
	uint8_t verdicts[FRAME_BATCH];

	assert(n <= FRAME_BATCH);
	if (!pipeline_wants(p, stage, site))
		return tally;
	/* The site's list stands still meanwhile: it is made anew by the next
	 * pipeline_wants() only, and hooks do not run inside hooks. */
	for (uint32_t i = 0; i < site->n_hooks[stage] && tally.n_passed > 0;
	     i++) {
		const struct hook *hook = site->hooks[stage][i];
		struct vl_vector v = {
			.frames = (struct vl_frame **)frames,
			.verdicts = verdicts,
			.n = tally.n_passed,
			.port = site->port,
			.now_ns = now_ns,
		};

		if (!hook->on || !is_behind(hook, from))
			continue;
		memset(verdicts, VL_PASS, v.n);
		hook->fn(hook->owner->priv, &v);
		sort_out(p, hook, stage, site, frames, verdicts, &tally);
	}
	return tally;
}
