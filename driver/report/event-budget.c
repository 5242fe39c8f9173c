#include "driver/report/event-budget.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/xalloc.h"

void
event_budget_init(struct event_budget *budget, uint64_t now_ns)
{
	*budget = (struct event_budget){ .room = EVENT_BUDGET_BYTES,
					 .at_ns = now_ns };
}

/* Only whole octets come back: the time of the rest of one is kept. */
static void
refill(struct event_budget *budget, uint64_t now_ns)
{
	const uint64_t octet_ns = NS_PER_S / EVENT_BUDGET_BYTES_S;
	uint64_t n = (now_ns - budget->at_ns) / octet_ns;

	budget->at_ns += n * octet_ns;
	budget->room += n;
	if (budget->room > EVENT_BUDGET_BYTES)
		budget->room = EVENT_BUDGET_BYTES;
}

static void
keep_end(struct event_budget *budget, const char *text, size_t size)
{
	size_t over;

	if (budget->kept == NULL)
		budget->kept = xcalloc(EVENT_BUDGET_KEPT, 1);
	if (size > EVENT_BUDGET_KEPT) {
		text += size - EVENT_BUDGET_KEPT;
		size = EVENT_BUDGET_KEPT;
	}
	over = budget->n_kept + size > EVENT_BUDGET_KEPT
		   ? budget->n_kept + size - EVENT_BUDGET_KEPT
		   : 0;
	memmove(budget->kept, budget->kept + over, budget->n_kept - over);
	budget->n_kept -= over;
	memcpy(budget->kept + budget->n_kept, text, size);
	budget->n_kept += size;
}

static bool
has_room(struct event_budget *budget, uint64_t size)
{
	uint64_t wanted = size;

	if (budget->closed && wanted < EVENT_BUDGET_RESUME)
		wanted = EVENT_BUDGET_RESUME;
	budget->closed = budget->room < wanted;
	return !budget->closed;
}

bool
event_budget_take(struct event_budget *budget, uint64_t now_ns,
		  const char *text, size_t size)
{
	refill(budget, now_ns);
	if (has_room(budget, size + EVENT_BUDGET_EVENT)) {
		budget->room -= size + EVENT_BUDGET_EVENT;
		return true;
	}
	budget->n_left_out++;
	budget->left_out_bytes += size;
	keep_end(budget, text, size);
	/* Of lines that have no end of theirs. */
	if (size == 0 || text[size - 1] != '\n')
		keep_end(budget, "\n", 1);
	return false;
}

void
event_budget_told(struct event_budget *budget)
{
	budget->n_left_out = budget->left_out_bytes = 0;
	budget->n_kept = 0;
}

void
event_budget_fini(struct event_budget *budget)
{
	free(budget->kept);
	budget->kept = NULL;
}
