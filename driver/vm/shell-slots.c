#include "driver/vm/shell-slots.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/xalloc.h"

static bool
in_grace(const struct shell_slot *slot)
{
	return slot->id != 0 && slot->is_done && !slot->is_held;
}

unsigned
shell_slots_take(struct shell_slots *slots, uint32_t id)
{
	size_t i = 0;

	while (i < slots->n && slots->items[i].id != 0)
		i++;
	if (i == slots->n)
		slots->items =
		    xrealloc(slots->items, ++slots->n, sizeof(*slots->items));
	slots->items[i] = (struct shell_slot){ .id = id };
	return (unsigned)i;
}

void
shell_slots_release(struct shell_slots *slots, uint32_t id)
{
	for (size_t i = 0; i < slots->n; i++)
		if (slots->items[i].id == id)
			slots->items[i].id = 0;
}

void
shell_slots_done(struct shell_slots *slots, unsigned slot, uint64_t now_ns)
{
	slots->items[slot].is_done = true;
	slots->items[slot].done_ns = now_ns;
}

static uint64_t
grace_end_ns(const struct shell_slot *slot)
{
	return slot->done_ns + SHELL_SLOT_GRACE_MS * NS_PER_MS;
}

int
shell_slots_next_held(struct shell_slots *slots, uint64_t now_ns)
{
	for (size_t i = 0; i < slots->n; i++) {
		struct shell_slot *slot = &slots->items[i];

		if (in_grace(slot) && now_ns >= grace_end_ns(slot)) {
			slot->is_held = true;
			return (int)i;
		}
	}
	return -1;
}

uint64_t
shell_slots_deadline_ns(const struct shell_slots *slots)
{
	uint64_t deadline_ns = UINT64_MAX;

	for (size_t i = 0; i < slots->n; i++)
		if (in_grace(&slots->items[i]) &&
		    grace_end_ns(&slots->items[i]) < deadline_ns)
			deadline_ns = grace_end_ns(&slots->items[i]);
	return deadline_ns;
}

unsigned
shell_slots_needed(const struct shell_slots *slots)
{
	unsigned n = 0;

	for (size_t i = 0; i < slots->n; i++)
		if (slots->items[i].id != 0 && !in_grace(&slots->items[i]))
			n++;
	return n;
}

bool
shell_slots_at_rest(const struct shell_slots *slots)
{
	for (size_t i = 0; i < slots->n; i++)
		if (slots->items[i].id != 0 && !slots->items[i].is_held)
			return false;
	return true;
}

void
shell_slots_copy(struct shell_slots *copy, const struct shell_slots *slots)
{
	copy->n = slots->n;
	copy->items = xcalloc(slots->n + 1, sizeof(*slots->items));
	for (size_t i = 0; i < slots->n; i++)
		copy->items[i] = slots->items[i];
}

void
shell_slots_fini(struct shell_slots *slots)
{
	free(slots->items);
	*slots = (struct shell_slots){ .n = 0 };
}
