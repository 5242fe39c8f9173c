#include "switch/spin.h"

#include <event2/event.h>

#include "lib/clock.h"
#include "switch/lane.h"

bool
spin_goes_on(struct spin *spin, uint64_t n_turns, uint64_t now_ns)
{
	if (n_turns != spin->n_turns) {
		spin->n_turns = n_turns;
		spin->until_ns = now_ns + spin->spin_ns;
	}
	return now_ns < spin->until_ns;
}

void
spin_dispatch(struct lane *lane, unsigned spin_us)
{
	struct event_base *base = lane->base;
	struct spin spin = { .spin_ns = spin_us * NS_PER_US };
	int ret = 0;

	if (spin_us == 0) {
		event_base_dispatch(base);
		return;
	}
	while (ret == 0 && !event_base_got_break(base)) {
		bool awake = spin_goes_on(&spin, lane->n_turns,
					  clock_now_ns(lane->clock));

		ret = event_base_loop(base, EVLOOP_ONCE |
						(awake ? EVLOOP_NONBLOCK : 0));
	}
}
