#include "switch/pipeline.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

struct hook {
	struct hook_owner *owner;
	vl_hook_fn *fn;
	struct hook_position at;
	bool on;
	TAILQ_ENTRY(hook) link;
};
TAILQ_HEAD(hook_list, hook);

struct pipeline {
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
pipeline_new(void)
{
	struct pipeline *p = XNEW(struct pipeline);

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

void
hook_owner_init(struct hook_owner *owner, const struct hook_scope *scope)
{
	*owner = (struct hook_owner){ .scope = *scope };
	TAILQ_INIT(&owner->held);
}

int
pipeline_add(struct pipeline *p, struct hook_owner *owner, enum vl_stage stage,
	     int order, vl_hook_fn *fn)
{
	struct hook *hook, *next = NULL;
	unsigned n = 0;

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

static void
collect(const struct hook_list *stage, struct hook_site *site,
	struct hook ***hooks, uint32_t *n)
{
	struct hook *hook;

	free(*hooks);
	*hooks = NULL;
	*n = 0;
	TAILQ_FOREACH (hook, stage, link) {
		if (!hook->on || !hook_scope_matches(&hook->owner->scope,
						     site->segment, site->port))
			continue;
		*hooks = xrealloc(*hooks, *n + 1, sizeof(**hooks));
		(*hooks)[(*n)++] = hook;
	}
}

bool
pipeline_wants(struct pipeline *p, enum vl_stage stage, struct hook_site *site)
{
	if (site->generation != p->generation) {
		for (int s = 0; s < VL_N_STAGES; s++)
			collect(&p->stages[s], site, &site->hooks[s],
				&site->n_hooks[s]);
		site->generation = p->generation;
	}
	return site->n_hooks[stage] > 0;
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

void
hook_owner_release(struct hook_owner *owner, struct frame *frame)
{
	assert(frame->held);
	frame->held = false;
	TAILQ_REMOVE(&owner->held, frame, link);
	owner->n_held--;
}

static void
steal(const struct hook *hook, enum vl_stage stage,
      const struct hook_site *site, struct frame *frame)
{
	struct hook_owner *owner = hook->owner;
	struct frame *same = frame_settle(frame);

	assert(same == frame); /* nobody else refers to it */
	frame->segment = site->segment;
	frame->resume_port = site->port;
	frame->resume_stage = (uint8_t)stage;
	frame->resume_order = hook->at.order;
	frame->resume_hook = hook->at.number;
	frame->held = true;
	TAILQ_INSERT_TAIL(&owner->held, frame, link);
	owner->n_held++;
}

/* Acts on the verdicts of @hook; what passed moves to the front. */
static uint32_t
sort_out(const struct hook *hook, enum vl_stage stage,
	 const struct hook_site *site, struct frame **frames,
	 const uint8_t *verdicts, uint32_t n, struct hook_tally *tally)
{
	uint32_t n_passed = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (verdicts[i] == VL_PASS) {
			frames[n_passed++] = frame;
		} else if (verdicts[i] == VL_STOLEN) {
			steal(hook, stage, site, frame);
			tally->n_stolen++;
		} else {
			frame_unref(frame);
			hook->owner->n_dropped++;
			tally->n_dropped++;
		}
	}
	return n_passed;
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
			.frames = (struct vl_frame *const *)frames,
			.verdicts = verdicts,
			.n = tally.n_passed,
			.port = site->port,
			.now_ns = now_ns,
		};

		if (!hook->on || !is_behind(hook, from))
			continue;
		memset(verdicts, VL_PASS, v.n);
		hook->fn(hook->owner->priv, &v);
		tally.n_passed =
		    sort_out(hook, stage, site, frames, verdicts, v.n, &tally);
	}
	return tally;
}
