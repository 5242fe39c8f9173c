#include "plugins/netem/lane.h"

#include <stddef.h>

void
lanes_init(struct lanes *lanes)
{
	wheel_init(&lanes->wheel);
	lanes->open = NULL;
}

void
lane_init(struct lane *lane, const struct spec *spec, const char *port,
	  const char *direction)
{
	*lane = (struct lane){ .spec = spec };
	TAILQ_INIT(&lane->due);
	lane->slot.lane = lane;
	lane->slot.is_slot = true;
	slots_init(&lane->slots, spec->seed, port, direction);
}

static bool
has_slots(const struct lane *lane)
{
	return spec_has(lane->spec, SPEC_SLOT);
}

enum lane_verdict
lane_offer(struct lane *lane, uint64_t now_ns, uint64_t delay_ns, uint32_t len,
	   uint64_t *due_ns)
{
	/* What is not held is through already; so who comes when as much is
	 * held as may be would have to wait. */
	if (lane->n_held >= lane->spec->limit)
		return LANE_FULL;
	*due_ns =
	    pacer_due(&lane->pacer, &lane->spec->rate, now_ns + delay_ns, len);
	if (*due_ns <= now_ns && lane->n_held == 0 && !has_slots(lane))
		return LANE_FREE;
	return LANE_HOLD;
}

void
lane_hold(struct lanes *lanes, struct lane *lane, struct held *held,
	  uint64_t due_ns, uint32_t len)
{
	held->node.lane = lane;
	held->node.is_slot = false;
	held->due_ns = due_ns;
	held->len = len;
	lane->n_held++;
	wheel_add(&lanes->wheel, &held->node.wheel, due_ns);
}

uint64_t
lanes_next_ns(const struct lanes *lanes)
{
	return wheel_next_ns(&lanes->wheel);
}

/* The first of the open lane, which is closed behind the last: whoever gets
 * that may free the lane. */
static struct held *
take_first(struct lanes *lanes)
{
	struct lane *lane = lanes->open;
	struct held *held = TAILQ_FIRST(&lane->due);

	TAILQ_REMOVE(&lane->due, held, link);
	if (TAILQ_EMPTY(&lane->due))
		lanes->open = NULL;
	return held;
}

/* The first of the open lane, if its slot takes it; otherwise the lane waits
 * for the next slot.  Slots that are no more take all that waited for them. */
static struct held *
take_due(struct lanes *lanes, uint64_t now_ns)
{
	struct lane *lane = lanes->open;
	const struct held *held = TAILQ_FIRST(&lane->due);
	const struct spec_slot *spec = &lane->spec->slot;
	uint64_t when_ns;

	if (has_slots(lane)) {
		when_ns =
		    slots_when(&lane->slots, spec, lane->table, held->due_ns);
		if (when_ns > now_ns) {
			wheel_add(&lanes->wheel, &lane->slot.wheel, when_ns);
			lanes->open = NULL;
			return NULL;
		}
		slots_take(&lane->slots, spec, lane->table, held->len, now_ns);
	}
	return take_first(lanes);
}

static struct lane_node *
pop(struct lanes *lanes, uint64_t now_ns)
{
	/* the wheel's node is the first member */
	return (struct lane_node *)wheel_pop(&lanes->wheel, now_ns);
}

struct held *
lanes_take(struct lanes *lanes, uint64_t now_ns)
{
	struct held *held = NULL;
	struct lane_node *node;

	while (held == NULL) {
		if (lanes->open != NULL) {
			held = take_due(lanes, now_ns);
			continue;
		}
		node = pop(lanes, now_ns);
		if (node == NULL)
			return NULL;
		if (node->is_slot) {
			lanes->open = node->lane;
			continue;
		}
		held = (struct held *)node;
		if (!has_slots(node->lane) && TAILQ_EMPTY(&node->lane->due))
			continue;
		TAILQ_INSERT_TAIL(&node->lane->due, held, link);
		held = NULL;
		if (!node->lane->slot.wheel.waits)
			lanes->open = node->lane;
	}
	held->node.lane->n_held--;
	return held;
}

struct held *
lanes_flush(struct lanes *lanes)
{
	struct held *held = NULL;
	struct lane_node *node;

	while (held == NULL) {
		if (lanes->open != NULL) {
			held = take_first(lanes);
			continue;
		}
		node = pop(lanes, UINT64_MAX);
		if (node == NULL)
			return NULL;
		if (node->is_slot)
			lanes->open = node->lane;
		else
			held = (struct held *)node;
	}
	held->node.lane->n_held--;
	return held;
}
