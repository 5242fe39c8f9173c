#include "config.h"

#include "plugins/link/line.h"

#include <jansson.h>

/* ---- frames pass ---- */

static void
drop(struct line *line, enum link_direction d, uint8_t *verdict, uint8_t reason)
{
	*verdict = reason;
	line->directions[d].n_dropped++;
	++*line->owner->n_dropped[d];
}

/* Keeps @frame, or drops it when too many are kept. */
static void
hold(struct line *line, enum link_direction d, struct held *held,
     struct vl_frame *frame, uint64_t due_ns, int mark, uint8_t *verdict)
{
	struct link *link = line->owner;

	if (held_push(held, frame, due_ns, link->limit) < 0) {
		drop(line, d, verdict, link->verdict_full);
		return;
	}
	vl_frame_mark(link->inst, frame, mark);
	*verdict = VL_STOLEN;
	++*link->n_held;
}

static void
tell(struct line *line, const struct rule *rule)
{
	/* not a storm of them: the first, and the last */
	if (rule->n_acted > 1 && !rule_is_done(rule))
		return;
	vl_event_send(line->owner->inst, "acted",
		      json_pack("{s:I, s:s, s:s, s:I, s:b}", "id",
				(json_int_t)rule->id, "port", line->port.name,
				"action", rule_action_names[rule->action],
				"acted", (json_int_t)rule->n_acted, "done",
				rule_is_done(rule)));
}

static void
act(struct line *line, enum link_direction d, struct rule *rule,
    struct vl_frame *frame, uint64_t now_ns, uint8_t *verdict)
{
	struct link *link = line->owner;

	switch (rule->action) {
	case RULE_DROP:
		drop(line, d, verdict, link->verdict_picked);
		break;
	case RULE_HOLD:
		hold(line, d, &rule->held, frame, UINT64_MAX, link->mark_held,
		     verdict);
		break;
	case RULE_DELAY:
		hold(line, d, &rule->held, frame, now_ns + rule->delay_ns,
		     link->mark_delayed, verdict);
		link_wake_at(link, now_ns + rule->delay_ns);
		break;
	}
	tell(line, rule);
	if (rule_is_done(rule))
		link_update_hooks(link);
}

static struct rule *
find_rule(struct line *line, enum link_direction d,
	  const struct vl_frame *frame)
{
	struct rule *rule;

	TAILQ_FOREACH (rule, &line->rules, link) {
		if (rule_wants(rule, d, frame))
			return rule;
	}
	return NULL;
}

static void
take_one(struct line *line, enum link_direction d, struct vl_frame *frame,
	 uint64_t now_ns, uint8_t *verdict)
{
	struct direction_state *state = &line->directions[d];
	struct rule *rule;

	if (state->mode == LINE_BLOCKED) {
		drop(line, d, verdict, line->owner->verdict_blocked);
		return;
	}
	rule = find_rule(line, d, frame);
	if (rule != NULL)
		act(line, d, rule, frame, now_ns, verdict);
	else if (state->mode == LINE_SUSPENDED)
		hold(line, d, &state->suspended, frame, UINT64_MAX,
		     line->owner->mark_held, verdict);
}

void
line_take(struct link *link, const struct vl_vector *v, enum link_direction d)
{
	struct line *line = port_table_find(link->lines, v->port);

	if (line == NULL || !line_wants(line, d))
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] == VL_PASS)
			take_one(line, d, v->frames[i], v->now_ns,
				 &v->verdicts[i]);
	}
}

bool
line_wants(const struct line *line, enum link_direction d)
{
	const struct rule *rule;

	if (line->directions[d].mode != LINE_UP)
		return true;
	TAILQ_FOREACH (rule, &line->rules, link) {
		if (rule->directions[d] && !rule_is_done(rule))
			return true;
	}
	return false;
}

/* ---- frames go on ---- */

static size_t
resume(struct line *line, struct held *held)
{
	struct vl_frame *frame;
	size_t n = 0;

	while ((frame = held_pop(held)) != NULL) {
		vl_frame_resume(line->owner->inst, frame);
		n++;
	}
	return n;
}

static void
discard(struct line *line, enum link_direction d, struct held *held)
{
	struct link *link = line->owner;
	struct vl_frame *frame;

	while ((frame = held_pop(held)) != NULL) {
		vl_frame_discard(link->inst, frame, link->verdict_blocked);
		line->directions[d].n_dropped++;
		++*link->n_dropped[d];
	}
}

size_t
line_release(struct line *line, struct rule *rule)
{
	return resume(line, &rule->held);
}

void
line_forget(struct line *line, struct rule *rule)
{
	resume(line, &rule->held);
	TAILQ_REMOVE(&line->rules, rule, link);
	line->n_rules--;
	rule_free(rule);
}

/* ---- modes ---- */

static void
change_mode(struct line *line, enum link_direction d, enum line_mode mode)
{
	struct direction_state *state = &line->directions[d];

	if (mode == LINE_UP)
		resume(line, &state->suspended);
	else if (mode == LINE_BLOCKED)
		discard(line, d, &state->suspended);
	state->mode = mode;
}

void
line_set(struct line *line, enum link_direction d, enum line_mode mode)
{
	line->directions[d].flap = (struct flap){ 0 };
	change_mode(line, d, mode);
}

void
line_flap(struct line *line, enum link_direction d, uint64_t up_ns,
	  uint64_t down_ns, uint64_t count)
{
	line->directions[d].flap = (struct flap){
		.up_ns = up_ns,
		.down_ns = down_ns,
		.left = count > 0 ? count - 1 : UINT64_MAX,
		.due_ns = vl_now_ns(line->owner->inst) + down_ns,
	};
	change_mode(line, d, LINE_BLOCKED);
	link_wake_at(line->owner, line->directions[d].flap.due_ns);
}

/* The next change of a line that flaps. */
static void
flap_on(struct line *line, enum link_direction d, uint64_t now_ns)
{
	struct direction_state *state = &line->directions[d];
	struct flap *flap = &state->flap;
	bool goes_down = state->mode != LINE_BLOCKED;
	uint64_t lasts_ns = goes_down ? flap->down_ns : flap->up_ns;

	/* one after a long sleep is not made up for */
	flap->due_ns += lasts_ns;
	if (flap->due_ns <= now_ns)
		flap->due_ns = now_ns + lasts_ns;
	if (goes_down && flap->left != UINT64_MAX)
		flap->left--;
	else if (!goes_down && flap->left == 0)
		*flap = (struct flap){ 0 };
	change_mode(line, d, goes_down ? LINE_BLOCKED : LINE_UP);
}

/* ---- time ---- */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t
line_due_ns(const struct line *line)
{
	const struct rule *rule;
	uint64_t due_ns = UINT64_MAX;

	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++) {
		const struct flap *flap = &line->directions[d].flap;

		if (flap->up_ns > 0)
			due_ns = earlier(due_ns, flap->due_ns);
	}
	TAILQ_FOREACH (rule, &line->rules, link)
		due_ns = earlier(due_ns, held_due_ns(&rule->held));
	return due_ns;
}

void
line_tick(struct line *line, uint64_t now_ns)
{
	struct rule *rule;

	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++) {
		const struct flap *flap = &line->directions[d].flap;

		if (flap->up_ns > 0 && flap->due_ns <= now_ns)
			flap_on(line, d, now_ns);
	}
	TAILQ_FOREACH (rule, &line->rules, link) {
		while (held_due_ns(&rule->held) <= now_ns)
			vl_frame_resume(line->owner->inst,
					held_pop(&rule->held));
	}
}

/* ---- the end ---- */

static void
discard_rule(struct line *line, struct rule *rule)
{
	/* which way they went is not known any more */
	struct vl_frame *frame;

	while ((frame = held_pop(&rule->held)) != NULL)
		vl_frame_discard(line->owner->inst, frame,
				 line->owner->verdict_blocked);
}

void
line_unplug(struct line *line)
{
	struct rule *rule;

	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		discard(line, d, &line->directions[d].suspended);
	TAILQ_FOREACH (rule, &line->rules, link)
		discard_rule(line, rule);
}

void
line_fini(struct line *line)
{
	struct rule *rule;

	line_unplug(line);
	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		held_fini(&line->directions[d].suspended);
	while ((rule = TAILQ_FIRST(&line->rules)) != NULL) {
		TAILQ_REMOVE(&line->rules, rule, link);
		rule_free(rule);
	}
}
