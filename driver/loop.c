#include "driver/loop.h"

#include <event2/event.h>

#include "lib/clock.h"

static void
on_deadline(void *arg)
{
	*(bool *)arg = true;
}

bool
loop_until(struct event_base *base, struct clock *clock, const bool *done,
	   uint64_t timeout_ms)
{
	bool late = false;
	struct timer *deadline = timer_new(clock, on_deadline, &late);

	timer_set_in(deadline, timeout_ms * NS_PER_MS);
	while (!*done && !late && event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	timer_free(deadline);
	return *done;
}
