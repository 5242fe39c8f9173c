/*
 * netem: makes a wire of a port what wires in the world are: frames are lost,
 * delayed, duplicated, corrupted, reordered and slowed down, by dice whose seed
 * is known.
 */
#include "plugins/netem/netem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/inst.h"

enum {
	/* behind the link that may be cut, before who looks and records */
	HOOK_ORDER = 200,
	SPARE_MAX = 1024, /* parcels */
};

/* A frame on its way. */
struct parcel {
	struct held held; /* first */
	struct side *side;
	struct vl_frame *frame; /* held */
	uint32_t port;
	bool is_copy;	     /* made here, so it is injected */
	struct parcel *next; /* while spare */
};

static const enum vl_stage stages[N_DIRECTIONS] = {
	[IN] = VL_STAGE_INGRESS,
	[OUT] = VL_STAGE_EGRESS,
};

const char *
direction_name(enum direction direction)
{
	return direction == IN ? "in" : "out";
}

const char *
tally_name(enum tally tally)
{
	static const char *const names[N_TALLIES] = {
		[TALLY_PASSED] = "passed",
		[TALLY_DELAYED] = "delayed",
		[TALLY_LOST] = "lost",
		[TALLY_DUPLICATED] = "duplicated",
		[TALLY_CORRUPTED] = "corrupted",
		[TALLY_REORDERED] = "reordered",
		[TALLY_LIMITED] = "limited",
	};

	return names[tally];
}

static void
count(struct netem *n, struct side *side, enum tally tally)
{
	side->tallies[tally]++;
	if (n->totals[tally] != NULL)
		++*n->totals[tally];
}

/* ---- parcels ---- */

static struct parcel *
parcel_new(struct netem *n)
{
	struct parcel *p = n->spare;

	if (p == NULL)
		return calloc(1, sizeof(*p));
	n->spare = p->next;
	n->n_spare--;
	return p;
}

static void
parcel_free(struct netem *n, struct parcel *p)
{
	if (n->n_spare == SPARE_MAX) {
		free(p);
		return;
	}
	p->next = n->spare;
	n->spare = p;
	n->n_spare++;
}

/* What waited goes on. */
static void
deliver(struct netem *n, struct parcel *p)
{
	struct side *side = p->side;

	count(n, side, TALLY_PASSED);
	if (p->is_copy)
		vl_frame_inject(n->inst, stages[side->direction], p->port,
				p->frame);
	else
		vl_frame_resume(n->inst, p->frame);
	parcel_free(n, p);
	settings_settle(n, side);
}

static void
deliver_urgent(struct netem *n)
{
	struct held *held;

	while ((held = TAILQ_FIRST(&n->urgent)) != NULL) {
		struct parcel *p = (struct parcel *)held;

		TAILQ_REMOVE(&n->urgent, held, link);
		p->side->n_urgent--;
		deliver(n, p);
	}
}

static void
arm_timer(struct netem *n)
{
	uint64_t next_ns =
	    TAILQ_EMPTY(&n->urgent) ? lanes_next_ns(&n->lanes) : 0;

	if (next_ns == n->armed_ns)
		return;
	n->armed_ns = next_ns;
	if (next_ns != UINT64_MAX)
		vl_timer_set(n->timer, next_ns);
	else
		vl_timer_cancel(n->timer);
}

static void
on_timer(void *priv)
{
	struct netem *n = priv;
	uint64_t now_ns = vl_now_ns(n->inst);
	struct held *held;

	n->armed_ns = UINT64_MAX;
	deliver_urgent(n);
	while ((held = lanes_take(&n->lanes, now_ns)) != NULL)
		deliver(n, (struct parcel *)held);
	arm_timer(n);
}

/* ---- frames ---- */

/* Frames that meet the impairments of a side. */
struct crossing {
	struct netem *n;
	struct side *side;
	uint32_t port;
	uint64_t now_ns;
};

static void
corrupt(const struct crossing *c, struct vl_frame **frame, uint32_t bit)
{
	uint8_t *octets =
	    vl_frame_edit(c->n->inst, frame, vl_frame_len(*frame));

	if (octets == NULL)
		return; /* no memory: it stays whole */
	octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	vl_frame_mark(c->n->inst, *frame, c->n->corrupted);
	count(c->n, c->side, TALLY_CORRUPTED);
}

/* Return: it, with @frame; NULL when out of memory. */
static struct parcel *
pack(const struct crossing *c, struct vl_frame *frame, bool is_copy)
{
	struct parcel *p = parcel_new(c->n);

	if (p == NULL)
		return NULL;
	p->side = c->side;
	p->frame = frame;
	p->port = c->port;
	p->is_copy = is_copy;
	return p;
}

/* Return: the verdict, when @frame need not wait. */
static uint8_t
send_now(const struct crossing *c, struct vl_frame *frame, bool is_copy)
{
	struct side *side = c->side;
	struct parcel *p = NULL;

	if (side->n_urgent == 0 && !is_copy)
		return VL_PASS;
	if (side->n_urgent < side->setup.spec.limit)
		p = pack(c, frame, is_copy);
	if (p == NULL) {
		count(c->n, side, TALLY_LIMITED);
		return c->n->limit;
	}
	TAILQ_INSERT_TAIL(&c->n->urgent, &p->held, link);
	side->n_urgent++;
	return VL_STOLEN;
}

/* Return: the verdict; VL_STOLEN: @frame waits. */
static uint8_t
send_on(const struct crossing *c, struct vl_frame *frame,
	const struct fate_of_one *fate, bool is_copy)
{
	uint32_t len = vl_frame_len(frame);
	enum lane_verdict verdict;
	struct parcel *p;
	uint64_t due_ns;

	verdict =
	    lane_offer(&c->side->lane, c->now_ns, fate->delay_ns, len, &due_ns);
	if (verdict == LANE_FREE)
		return send_now(c, frame, is_copy);
	p = verdict == LANE_HOLD ? pack(c, frame, is_copy) : NULL;
	if (p == NULL) {
		count(c->n, c->side, TALLY_LIMITED);
		return c->n->limit;
	}
	lane_hold(&c->n->lanes, &c->side->lane, &p->held, due_ns, len);
	vl_frame_mark(c->n->inst, frame, c->n->delayed);
	count(c->n, c->side, TALLY_DELAYED);
	return VL_STOLEN;
}

/* Return: the verdict. */
static uint8_t
meet_fate(const struct crossing *c, struct vl_frame **frame,
	  const struct fate *fate, const struct fate_of_one *of, bool is_copy)
{
	uint8_t verdict;

	if (of->corrupted)
		corrupt(c, frame, of->bit);
	if (fate->reordered) {
		vl_frame_mark(c->n->inst, *frame, c->n->reordered);
		count(c->n, c->side, TALLY_REORDERED);
		verdict = send_now(c, *frame, is_copy);
	} else {
		verdict = send_on(c, *frame, of, is_copy);
	}
	if (verdict == VL_PASS)
		count(c->n, c->side, TALLY_PASSED);
	return verdict;
}

static void
send_copy(const struct crossing *c, struct vl_frame *copy,
	  const struct fate *fate)
{
	struct vl_inst *inst = c->n->inst;
	uint8_t verdict;

	vl_frame_mark(inst, copy, c->n->duplicated);
	count(c->n, c->side, TALLY_DUPLICATED);
	verdict = meet_fate(c, &copy, fate, &fate->copy, true);
	if (verdict != VL_STOLEN)
		vl_frame_discard(inst, copy, verdict);
}

static uint8_t
cross(const struct crossing *c, struct vl_frame **frame)
{
	struct side *side = c->side;
	struct vl_frame *copy = NULL;
	struct fate fate;
	uint8_t verdict;

	impair_next(&side->impair, &side->setup.spec, side->setup.delays,
		    vl_frame_len(*frame), &fate);
	if (fate.lost) {
		count(c->n, side, TALLY_LOST);
		return c->n->loss;
	}
	if (fate.duplicated) /* before anything happens to the first */
		copy = vl_frame_clone(c->n->inst, *frame);
	verdict = meet_fate(c, frame, &fate, &fate.frame, false);
	if (copy != NULL)
		send_copy(c, copy, &fate);
	return verdict;
}

static void
impair_vector(struct netem *n, const struct vl_vector *v,
	      enum direction direction)
{
	struct crossing c = { .n = n,
			      .side = settings_find(n, v->port, direction),
			      .port = v->port,
			      .now_ns = v->now_ns };

	if (c.side == NULL)
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] == VL_PASS)
			v->verdicts[i] = cross(&c, &v->frames[i]);
	}
	arm_timer(n);
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	impair_vector(priv, v, IN);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	impair_vector(priv, v, OUT);
}

/* ---- the instance ---- */

static int
add_marks(struct netem *n)
{
	int ret = inst_add_reason(n->inst, "loss", &n->loss);

	if (ret == 0)
		ret = inst_add_reason(n->inst, "limit", &n->limit);
	if (ret == 0)
		ret = inst_add_mark(n->inst, "delayed", &n->delayed);
	if (ret == 0)
		ret = inst_add_mark(n->inst, "corrupted", &n->corrupted);
	if (ret == 0)
		ret = inst_add_mark(n->inst, "duplicated", &n->duplicated);
	if (ret == 0)
		ret = inst_add_mark(n->inst, "reordered", &n->reordered);
	return ret;
}

static int
add_everything(struct netem *n)
{
	static vl_hook_fn *const hooks[N_DIRECTIONS] = {
		[IN] = on_ingress, [OUT] = on_egress
	};
	int ret = add_marks(n);

	for (enum tally t = 0; ret == 0 && t < N_TALLIES; t++) {
		if (t == TALLY_LOST || t == TALLY_LIMITED)
			continue; /* the host counts drops by reason */
		ret = vl_counter_add(n->inst, tally_name(t), "frames",
				     &n->totals[t]);
	}
	for (enum direction d = IN; ret == 0 && d < N_DIRECTIONS; d++) {
		ret = vl_hook_add(n->inst, stages[d], HOOK_ORDER, hooks[d]);
		vl_hook_enable(n->inst, stages[d], 0);
	}
	if (ret == 0)
		ret = inst_add_methods(n->inst, netem_methods);
	if (ret == 0) {
		n->timer = vl_timer_add(n->inst, on_timer, n);
		ret = n->timer != NULL ? 0 : -ENOMEM;
	}
	if (ret == 0)
		ret = vl_port_watch(n->inst, settings_on_port);
	return ret;
}

static void
netem_free(struct netem *n)
{
	struct parcel *p;

	settings_free(n);
	while ((p = n->spare) != NULL) {
		n->spare = p->next;
		free(p);
	}
	for (enum distribution_kind k = 0; k < N_DISTRIBUTIONS; k++)
		distribution_unref(n->tables[k]);
	free(n);
}

static int
netem_start(struct vl_inst *inst, const struct json_t *options, char *error,
	    size_t error_size)
{
	struct netem *n = calloc(1, sizeof(*n));
	int ret;

	(void)options;
	if (n == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	n->inst = inst;
	n->armed_ns = UINT64_MAX;
	TAILQ_INIT(&n->stations);
	TAILQ_INIT(&n->groups);
	TAILQ_INIT(&n->urgent);
	lanes_init(&n->lanes);
	vl_set_priv(inst, n);
	ret = add_everything(n);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		netem_free(n);
	}
	return ret;
}

/* What is on its way arrives early rather than never. */
static void
netem_stop(struct vl_inst *inst)
{
	struct netem *n = vl_priv(inst);
	struct held *held;

	deliver_urgent(n);
	while ((held = lanes_flush(&n->lanes)) != NULL)
		deliver(n, (struct parcel *)held);
	netem_free(n);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "netem",
	.summary = "lose, delay, duplicate, corrupt, reorder and slow down "
		   "frames",
	.options = "",
	.start = netem_start,
	.stop = netem_stop,
	.details = "What happens to frames is set for each port, direction and "
		   "segment by `netem set`, in the words of `tc`.",
	.methods = netem_methods,
};
