#include "plugins/netem/wheel.h"

void
wheel_init(struct wheel *wheel)
{
	*wheel = (struct wheel){ .now_ns = 0 };
	for (int l = 0; l < WHEEL_LEVELS; l++)
		for (int s = 0; s < WHEEL_SLOTS; s++)
			TAILQ_INIT(&wheel->slots[l][s].nodes);
}

static void
place(struct wheel *wheel, struct wheel_node *node)
{
	uint64_t differs = node->when_ns ^ wheel->now_ns;
	int level =
	    differs == 0 ? 0 : (63 - __builtin_clzll(differs)) / WHEEL_BITS;
	unsigned s = node->when_ns >> level * WHEEL_BITS & (WHEEL_SLOTS - 1);
	struct wheel_slot *slot = &wheel->slots[level][s];

	node->level = (uint8_t)level;
	node->slot = (uint8_t)s;
	if (TAILQ_EMPTY(&slot->nodes) || node->when_ns < slot->first_ns)
		slot->first_ns = node->when_ns;
	TAILQ_INSERT_TAIL(&slot->nodes, node, link);
	wheel->used[level] |= UINT64_C(1) << s;
}

static void
take_out(struct wheel *wheel, struct wheel_node *node)
{
	struct wheel_slot *slot = &wheel->slots[node->level][node->slot];

	TAILQ_REMOVE(&slot->nodes, node, link);
	if (TAILQ_EMPTY(&slot->nodes))
		wheel->used[node->level] &= ~(UINT64_C(1) << node->slot);
}

void
wheel_add(struct wheel *wheel, struct wheel_node *node, uint64_t when_ns)
{
	node->when_ns = when_ns > wheel->now_ns ? when_ns : wheel->now_ns;
	node->waits = true;
	wheel->n++;
	place(wheel, node);
}

void
wheel_remove(struct wheel *wheel, struct wheel_node *node)
{
	if (!node->waits)
		return;
	take_out(wheel, node);
	node->waits = false;
	wheel->n--;
}

/* The slot with what comes first; NULL: there is nothing. */
static const struct wheel_slot *
first_slot(const struct wheel *wheel, int *level)
{
	for (int l = 0; l < WHEEL_LEVELS; l++) {
		if (wheel->used[l] == 0)
			continue;
		*level = l;
		return &wheel->slots[l][__builtin_ctzll(wheel->used[l])];
	}
	return NULL;
}

uint64_t
wheel_next_ns(const struct wheel *wheel)
{
	int level;
	const struct wheel_slot *slot = first_slot(wheel, &level);

	return slot != NULL ? slot->first_ns : UINT64_MAX;
}

/* Time moves on to the first of @slot, whose nodes sink by a level or more. */
static void
sink(struct wheel *wheel, struct wheel_slot *slot)
{
	struct wheel_list nodes = TAILQ_HEAD_INITIALIZER(nodes);
	struct wheel_node *node = TAILQ_FIRST(&slot->nodes);

	wheel->now_ns = slot->first_ns;
	wheel->used[node->level] &= ~(UINT64_C(1) << node->slot);
	TAILQ_CONCAT(&nodes, &slot->nodes, link);
	while ((node = TAILQ_FIRST(&nodes)) != NULL) {
		TAILQ_REMOVE(&nodes, node, link);
		place(wheel, node);
	}
}

struct wheel_node *
wheel_pop(struct wheel *wheel, uint64_t now_ns)
{
	struct wheel_node *node;
	struct wheel_slot *slot;
	int level;

	while ((slot = (struct wheel_slot *)first_slot(wheel, &level)) !=
		   NULL &&
	       slot->first_ns <= now_ns) {
		node = TAILQ_FIRST(&slot->nodes);
		/* what is alone in its slot need not sink to come out */
		if (level > 0 && (TAILQ_NEXT(node, link) != NULL ||
				  node->when_ns > now_ns)) {
			sink(wheel, slot);
			continue;
		}
		wheel->now_ns = node->when_ns;
		wheel_remove(wheel, node);
		return node;
	}
	return NULL;
}
