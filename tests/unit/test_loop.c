#include "driver/loop.h"

#include <event2/event.h>

#include "lib/clock.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static struct clock *clock_;
static bool done;

static void
setup(void)
{
	base = event_base_new();
	clock_ = clock_real_new(base);
}

static void
teardown(void)
{
	clock_free(clock_);
	event_base_free(base);
}

static void
on_timer(void *arg)
{
	(void)arg;
	done = true;
}

START_TEST(what_is_done_already_runs_nothing)
{
	struct timer *timer = timer_new(clock_, on_timer, NULL);
	const bool yes = true;

	timer_set_in(timer, 0);
	ck_assert(loop_until(base, clock_, &yes, 1000));
	ck_assert(!done);
	timer_free(timer);
}
END_TEST

START_TEST(the_loop_runs_until_a_callback_says_so)
{
	struct timer *timer = timer_new(clock_, on_timer, NULL);
	uint64_t began_ms = clock_now_ms(clock_);

	timer_set_in(timer, 20 * NS_PER_MS);
	ck_assert(loop_until(base, clock_, &done, 30000));
	ck_assert_uint_ge(clock_now_ms(clock_) - began_ms, 19);
	ck_assert_uint_lt(clock_now_ms(clock_) - began_ms, 30000);
	timer_free(timer);
}
END_TEST

START_TEST(its_time_is_limited_though_nothing_happens)
{
	uint64_t began_ms = clock_now_ms(clock_);

	ck_assert(!loop_until(base, clock_, &done, 30));
	ck_assert_uint_ge(clock_now_ms(clock_) - began_ms, 29);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_done_already_runs_nothing, 0 },
		{ the_loop_runs_until_a_callback_says_so, 0 },
		{ its_time_is_limited_though_nothing_happens, 0 },
		{ NULL, 0 },
	};

	return unit_run("loop", tests, setup, teardown);
}
