/* The loop that looks again before it sleeps. */
#include "switch/spin.h"

#include <time.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "switch/switch.h"
#include "tests/unit/unit.h"

enum { SPIN_NS = 1000 };

START_TEST(it_goes_on_for_exactly_so_long_after_traffic)
{
	struct spin spin = { .spin_ns = SPIN_NS };
	uint64_t t = 5 * NS_PER_S;

	ck_assert(!spin_goes_on(&spin, 0, t));
	ck_assert(spin_goes_on(&spin, 1, t));
	ck_assert(spin_goes_on(&spin, 1, t + SPIN_NS - 1));
	ck_assert(!spin_goes_on(&spin, 1, t + SPIN_NS));
	ck_assert(!spin_goes_on(&spin, 1, t + 2 * SPIN_NS));
	ck_assert(spin_goes_on(&spin, 2, t + 3 * SPIN_NS));
}
END_TEST

START_TEST(new_traffic_starts_the_time_anew)
{
	struct spin spin = { .spin_ns = SPIN_NS };

	ck_assert(spin_goes_on(&spin, 1, 0));
	ck_assert(spin_goes_on(&spin, 2, SPIN_NS - 1));
	ck_assert(spin_goes_on(&spin, 2, 2 * SPIN_NS - 2));
	ck_assert(!spin_goes_on(&spin, 2, 2 * SPIN_NS - 1));
}
END_TEST

/* ---- in a real loop ---- */

enum { ENOUGH_NS = 3 * 1000 * 1000, TICK_NS = 1000 * 1000, PATIENCE_S = 120 };

struct run {
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct timer *tick;
	uint64_t cpu_at_start_ns, deadline_ns;
	unsigned n_ticks, n_ticks_max;
	bool traffic;
};

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void
on_tick(void *arg)
{
	struct run *run = arg;

	if (run->traffic && run->n_ticks == 0) {
		lane_enter(run->sw->lane);
		lane_leave(run->sw->lane);
	}
	if (++run->n_ticks >= run->n_ticks_max ||
	    cpu_ns() - run->cpu_at_start_ns >= ENOUGH_NS ||
	    clock_now_ns(run->clock) >= run->deadline_ns)
		event_base_loopbreak(run->base);
	timer_set_in(run->tick, TICK_NS);
}

static void
run_loop(struct run *run, unsigned spin_us)
{
	static const struct port_kind *const kinds[] = { NULL };

	run->base = switch_base_new();
	run->clock = clock_real_new(run->base);
	run->sw = switch_new(&(struct switch_config){
	    .base = run->base,
	    .clock = run->clock,
	    .kinds = kinds,
	});
	run->tick = timer_new(run->clock, on_tick, run);
	timer_set_in(run->tick, 1);
	run->cpu_at_start_ns = cpu_ns();
	run->deadline_ns = clock_now_ns(run->clock) + PATIENCE_S * NS_PER_S;
	spin_dispatch(run->sw->lane, spin_us);
	timer_free(run->tick);
	switch_free(run->sw);
	clock_free(run->clock);
	event_base_free(run->base);
}

START_TEST(after_traffic_the_loop_is_awake_and_still_hears_everything)
{
	struct run run = { .traffic = true, .n_ticks_max = UINT32_MAX };

	run_loop(&run, SPIN_MAX_US);
	ck_assert_uint_ge(cpu_ns() - run.cpu_at_start_ns, ENOUGH_NS);
	ck_assert_uint_gt(run.n_ticks, 1);
}
END_TEST

static const struct {
	unsigned spin_us;
	bool traffic;
} asleep[] = { { 0, true }, { 0, false }, { SPIN_MAX_US, false } };

START_TEST(else_it_sleeps_between_events)
{
	struct run run = { .traffic = asleep[_i].traffic, .n_ticks_max = 10 };

	run_loop(&run, asleep[_i].spin_us);
	ck_assert_uint_eq(run.n_ticks, 10); /* 10 ms, and not 3 of work */
}
END_TEST

START_TEST(the_loop_is_one_whose_turns_do_not_cost_by_what_is_attached)
{
	struct event_base *base = switch_base_new();

	ck_assert_str_eq(event_base_get_method(base), "epoll");
	event_base_free(base);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ it_goes_on_for_exactly_so_long_after_traffic, 0 },
		{ new_traffic_starts_the_time_anew, 0 },
		{ after_traffic_the_loop_is_awake_and_still_hears_everything,
		  0 },
		{ else_it_sleeps_between_events, UNIT_ROWS(asleep) },
		{ the_loop_is_one_whose_turns_do_not_cost_by_what_is_attached,
		  0 },
		{ NULL, 0 },
	};

	return unit_run("spin", tests, NULL, NULL);
}
