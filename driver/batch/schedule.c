#include "driver/batch/schedule.h"

static bool
goes_before(const struct schedule_need *a, const struct schedule_need *b)
{
	if (a->expected_ms == 0 || b->expected_ms == 0)
		return a->expected_ms == 0 && b->expected_ms != 0;
	return a->expected_ms > b->expected_ms;
}

void
schedule_order(const struct schedule_need *needs, size_t n, bool longest_first,
	       size_t *order)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		/* Insertion keeps the order of equals. */
		for (; longest_first && at > 0 &&
		       goes_before(&needs[i], &needs[order[at - 1]]);
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

size_t
schedule_pick(const struct schedule_need *needs, const size_t *order, size_t n,
	      const struct schedule_room *room)
{
	if (room->n_running_max != 0 && room->n_running >= room->n_running_max)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct schedule_need *need = &needs[order[i]];

		if (need->n_waiting == 0)
			continue;
		if (room->n_running == 0 ||
		    (need->memory_mib <= room->memory_mib &&
		     need->cores <= room->cores))
			return order[i];
	}
	return SIZE_MAX;
}
