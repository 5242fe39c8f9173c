#include "lib/clock.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "tests/unit/unit.h"

enum { START_NS = 1000 };

/* What timers did: "NAME@TIME " for each that ran. */
static struct clock *clock_;
static char story[512];

/* A timer of the tests, with what its callback does to others. */
struct player {
	struct timer *timer;
	const char *name;
	void (*act)(struct player *self);
	struct player *other;
	int n_runs;
};

static void
on_timer(void *arg)
{
	struct player *self = arg;
	size_t len = strlen(story);

	snprintf(story + len, sizeof(story) - len, "%s@%llu ", self->name,
		 (unsigned long long)clock_now_ns(clock_));
	self->n_runs++;
	if (self->act != NULL)
		self->act(self);
}

static void
enter(struct player *p, const char *name)
{
	*p = (struct player){ .name = name };
	p->timer = timer_new(clock_, on_timer, p);
}

static void
leave(struct player *p)
{
	timer_free(p->timer);
	p->timer = NULL;
}

static void
setup(void)
{
	clock_ = clock_virtual_new(START_NS);
}

static void
teardown(void)
{
	clock_free(clock_);
}

/* ---- the virtual clock ---- */

START_TEST(a_virtual_clock_stands_until_advanced)
{
	ck_assert_uint_eq(clock_now_ns(clock_), START_NS);
	clock_advance(clock_, 0);
	ck_assert_uint_eq(clock_now_ns(clock_), START_NS);
	clock_advance(clock_, 3 * NS_PER_MS);
	ck_assert_uint_eq(clock_now_ns(clock_), START_NS + 3 * NS_PER_MS);
	ck_assert_uint_eq(clock_now_ms(clock_), 3);
	ck_assert_uint_eq(clock_wall_ns(clock_), clock_now_ns(clock_));
}
END_TEST

START_TEST(a_timer_runs_exactly_at_its_deadline)
{
	struct player a;

	enter(&a, "a");
	ck_assert(!timer_is_set(a.timer));
	timer_set(a.timer, START_NS + 10);
	ck_assert(timer_is_set(a.timer));
	clock_advance(clock_, 9);
	ck_assert_str_eq(story, "");
	clock_advance(clock_, 1);
	ck_assert_str_eq(story, "a@1010 ");
	ck_assert(!timer_is_set(a.timer));
	clock_advance(clock_, 1000); /* one shot */
	ck_assert_int_eq(a.n_runs, 1);
	leave(&a);
}
END_TEST

START_TEST(timers_run_in_order_each_at_its_own_time)
{
	struct player a, b, c;

	enter(&a, "a");
	enter(&b, "b");
	enter(&c, "c");
	timer_set_in(a.timer, 30);
	timer_set_in(b.timer, 10);
	timer_set_in(c.timer, 20);
	clock_advance(clock_, 100);
	ck_assert_str_eq(story, "b@1010 c@1020 a@1030 ");
	ck_assert_uint_eq(clock_now_ns(clock_), START_NS + 100);
	leave(&a);
	leave(&b);
	leave(&c);
}
END_TEST

START_TEST(equal_deadlines_run_in_the_order_they_were_set)
{
	struct player a, b, c;

	enter(&a, "a");
	enter(&b, "b");
	enter(&c, "c");
	timer_set_in(a.timer, 10);
	timer_set_in(b.timer, 10);
	timer_set_in(c.timer, 10);
	timer_set_in(a.timer, 10); /* goes to the end */
	clock_advance(clock_, 10);
	ck_assert_str_eq(story, "b@1010 c@1010 a@1010 ");
	leave(&a);
	leave(&b);
	leave(&c);
}
END_TEST

START_TEST(a_past_deadline_runs_when_time_next_moves_and_not_before)
{
	struct player a;

	enter(&a, "a");
	timer_set(a.timer, 1);
	ck_assert_str_eq(story, "");
	clock_advance(clock_, 0);
	ck_assert_str_eq(story, "a@1000 "); /* the clock did not go back */
	leave(&a);
}
END_TEST

START_TEST(setting_again_replaces_the_deadline)
{
	struct player a;

	enter(&a, "a");
	timer_set_in(a.timer, 10);
	timer_set_in(a.timer, 20);
	clock_advance(clock_, 19);
	ck_assert_int_eq(a.n_runs, 0);
	timer_set_in(a.timer, 30);
	timer_set_in(a.timer, 5);
	clock_advance(clock_, 100);
	ck_assert_str_eq(story, "a@1024 ");
	leave(&a);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_run)
{
	struct player a, b;

	enter(&a, "a");
	enter(&b, "b");
	timer_set_in(a.timer, 10);
	timer_set_in(b.timer, 10);
	timer_cancel(a.timer);
	timer_cancel(a.timer); /* no-op */
	ck_assert(!timer_is_set(a.timer));
	clock_advance(clock_, 10);
	ck_assert_str_eq(story, "b@1010 ");
	leave(&a);
	leave(&b);
}
END_TEST

START_TEST(a_delay_without_end_does_not_wrap)
{
	struct player a;

	enter(&a, "a");
	timer_set_in(a.timer, UINT64_MAX);
	clock_advance(clock_, 1000 * NS_PER_S);
	ck_assert_str_eq(story, "");
	ck_assert(timer_is_set(a.timer));
	leave(&a);
}
END_TEST

START_TEST(no_timer_and_no_clock_may_be_freed)
{
	timer_free(NULL);
	clock_free(NULL);
}
END_TEST

/* ---- what a callback may do ---- */

static void
set_self_twice(struct player *self)
{
	if (self->n_runs < 3)
		timer_set_in(self->timer, 10);
}

static void
set_self_now(struct player *self)
{
	if (self->n_runs < 3)
		timer_set(self->timer, 0);
}

static void
set_other(struct player *self)
{
	timer_set_in(self->other->timer, 5);
}

static void
cancel_other(struct player *self)
{
	timer_cancel(self->other->timer);
}

static void
free_other(struct player *self)
{
	leave(self->other);
}

static void
free_self(struct player *self)
{
	leave(self);
}

static void
free_both(struct player *self)
{
	leave(self->other);
	leave(self);
}

static void
set_and_cancel_self(struct player *self)
{
	timer_set_in(self->timer, 5);
	timer_cancel(self->timer);
}

/* Timers a and b are set to 10 and @b_in, a's callback does @act to b. */
static const struct {
	void (*act)(struct player *self);
	uint64_t b_in;
	const char *want;
} acts[] = {
	{ NULL, 10, "a@1010 b@1010 " },
	{ set_self_twice, 25, "a@1010 a@1020 b@1025 a@1030 " },
	{ set_self_now, 10, "a@1010 a@1010 a@1010 b@1010 " },
	{ set_other, 10, "a@1010 b@1015 " },
	{ set_other, 30, "a@1010 b@1015 " },
	{ cancel_other, 10, "a@1010 " },
	{ cancel_other, 20, "a@1010 " },
	{ free_other, 10, "a@1010 " },
	{ free_other, 20, "a@1010 " },
	{ free_self, 10, "a@1010 b@1010 " },
	{ free_both, 10, "a@1010 " },
	{ set_and_cancel_self, 10, "a@1010 b@1010 " },
};

START_TEST(a_callback_may_set_cancel_and_free_any_timer)
{
	struct player a, b;

	enter(&a, "a");
	enter(&b, "b");
	a.other = &b;
	a.act = acts[_i].act;
	timer_set_in(a.timer, 10);
	timer_set_in(b.timer, acts[_i].b_in);
	clock_advance(clock_, 100);
	ck_assert_str_eq(story, acts[_i].want);
	leave(&a);
	leave(&b);
}
END_TEST

static void
make_other(struct player *self)
{
	enter(self->other, "b");
	timer_set_in(self->other->timer, 10);
}

START_TEST(a_callback_may_make_timers)
{
	struct player a, b;

	enter(&a, "a");
	a.act = make_other;
	a.other = &b;
	timer_set_in(a.timer, 10);
	clock_advance(clock_, 20);
	ck_assert_str_eq(story, "a@1010 b@1020 ");
	leave(&a);
	leave(&b);
}
END_TEST

/* ---- many timers, against a model ---- */

enum { N_MANY = 61, N_STEPS = 4000 };

struct many {
	struct timer *timer;
	uint64_t deadline_ns; /* the model; 0 = unset */
	unsigned n_runs;
};

static void
on_many(void *arg)
{
	struct many *m = arg;

	ck_assert_uint_eq(clock_now_ns(clock_), m->deadline_ns);
	m->deadline_ns = 0;
	m->n_runs++;
}

/* A fixed sequence, so that a failure repeats (Numerical Recipes' LCG). */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

START_TEST(many_timers_set_moved_and_cancelled_at_random_all_run_on_time)
{
	struct many many[N_MANY] = { 0 };
	uint32_t seed = 1;
	unsigned n_runs = 0;

	for (int i = 0; i < N_MANY; i++)
		many[i].timer = timer_new(clock_, on_many, &many[i]);
	for (int step = 0; step < N_STEPS; step++) {
		struct many *m = &many[next_random(&seed) % N_MANY];
		uint32_t what = next_random(&seed) % 8;

		if (what < 5) {
			m->deadline_ns =
			    clock_now_ns(clock_) + 1 + next_random(&seed) % 500;
			timer_set(m->timer, m->deadline_ns);
		} else if (what < 6) {
			m->deadline_ns = 0;
			timer_cancel(m->timer);
		} else {
			clock_advance(clock_, next_random(&seed) % 20);
		}
		for (int i = 0; i < N_MANY; i++) {
			ck_assert_int_eq(timer_is_set(many[i].timer),
					 many[i].deadline_ns != 0);
			ck_assert(many[i].deadline_ns == 0 ||
				  many[i].deadline_ns > clock_now_ns(clock_));
		}
	}
	for (int i = 0; i < N_MANY; i++) {
		n_runs += many[i].n_runs;
		timer_free(many[i].timer);
	}
	ck_assert_uint_gt(n_runs, N_MANY);
}
END_TEST

/* ---- the real clock ---- */

START_TEST(the_real_clock_moves_forward)
{
	struct clock *real = clock_real_new(NULL);
	uint64_t last_ns = clock_now_ns(real);

	for (int i = 0; i < 1000; i++) {
		uint64_t now_ns = clock_now_ns(real);

		ck_assert_uint_ge(now_ns, last_ns);
		last_ns = now_ns;
	}
	ck_assert_uint_ge(clock_now_ms(real), last_ns / NS_PER_MS);
	/* 2020-01-01: not the time since the machine started */
	ck_assert_uint_gt(clock_wall_ns(real), UINT64_C(1577836800) * NS_PER_S);
	clock_free(real);
}
END_TEST

struct loop {
	struct event_base *base;
	struct clock *virtual; /* the fixture's, put back by loop_end() */
};

static void
loop_begin(struct loop *loop)
{
	loop->virtual = clock_;
	loop->base = event_base_new();
	ck_assert_ptr_nonnull(loop->base);
	clock_ = clock_real_new(loop->base);
}

static void
loop_end(struct loop *loop)
{
	clock_free(clock_);
	event_base_free(loop->base);
	clock_ = loop->virtual;
}

/* "a b " of "a@1010 b@1015 ", since real times vary */
static void
check_names(const char *want)
{
	char names[sizeof(story)];
	size_t n = 0;

	for (const char *p = story; *p != '\0'; p++) {
		if (*p == '@')
			p += strspn(p + 1, "0123456789") + 1;
		names[n++] = *p;
	}
	names[n] = '\0';
	ck_assert_str_eq(names, want);
}

START_TEST(real_timers_run_from_the_loop_and_never_early)
{
	struct player a, b;
	struct loop loop;
	uint64_t deadline_ns;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	deadline_ns = clock_now_ns(clock_) + 2 * NS_PER_MS;
	timer_set(a.timer, deadline_ns);
	timer_set(b.timer, deadline_ns - NS_PER_MS);
	/* returns when no timer is set any more */
	ck_assert_int_eq(event_base_dispatch(loop.base), 1);
	ck_assert_uint_ge(clock_now_ns(clock_), deadline_ns);
	check_names("b a ");
	leave(&a);
	leave(&b);
	loop_end(&loop);
}
END_TEST

START_TEST(a_real_timer_in_the_past_runs_from_the_loop)
{
	struct player a, b;
	struct loop loop;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	timer_set(a.timer, 0);
	timer_set(b.timer, 1);
	check_names("");
	event_base_dispatch(loop.base);
	check_names("a b ");
	leave(&a);
	leave(&b);
	loop_end(&loop);
}
END_TEST

static void
set_self_to_the_past(struct player *self)
{
	timer_set(self->timer, 0);
}

static void
free_other_once(struct player *self)
{
	if (self->other->timer != NULL)
		leave(self->other);
}

START_TEST(a_real_timer_that_is_always_due_does_not_starve_others)
{
	struct player a, b;
	struct loop loop;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	a.act = set_self_to_the_past;
	b.act = free_other_once;
	b.other = &a;
	timer_set(a.timer, 0);
	timer_set_in(b.timer, NS_PER_MS);
	event_base_dispatch(loop.base);
	ck_assert_int_eq(b.n_runs, 1);
	leave(&b);
	loop_end(&loop);
}
END_TEST

/* As above with both due in one turn; set_self_now ends after three runs, one
 * a turn. */
static const struct {
	void (*act)(struct player *self);
	const char *want;
} real_acts[] = {
	{ set_self_now, "a b a a " },	 { set_other, "a b " },
	{ cancel_other, "a " },		 { free_other, "a " },
	{ free_self, "a b " },		 { free_both, "a " },
	{ set_and_cancel_self, "a b " },
};

START_TEST(a_real_callback_may_set_cancel_and_free_any_timer)
{
	struct player a, b;
	struct loop loop;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	a.other = &b;
	a.act = real_acts[_i].act;
	timer_set(a.timer, 1);
	timer_set(b.timer, 2);
	event_base_dispatch(loop.base);
	check_names(real_acts[_i].want);
	leave(&a);
	leave(&b);
	loop_end(&loop);
}
END_TEST

START_TEST(a_cancelled_real_timer_does_not_keep_the_loop_alive)
{
	struct player a, b;
	struct loop loop;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	timer_set_in(a.timer, 3600 * NS_PER_S);
	timer_set_in(b.timer, UINT64_MAX);
	timer_cancel(a.timer);
	timer_cancel(b.timer);
	event_base_dispatch(loop.base);
	check_names("");
	leave(&a);
	leave(&b);
	loop_end(&loop);
}
END_TEST

START_TEST(an_earlier_deadline_overtakes_the_one_waited_for)
{
	struct player a, b;
	struct loop loop;

	loop_begin(&loop);
	enter(&a, "a");
	enter(&b, "b");
	b.act = free_other;
	b.other = &a;
	timer_set_in(a.timer, 3600 * NS_PER_S);
	timer_set_in(b.timer, NS_PER_MS);
	event_base_dispatch(loop.base);
	check_names("b ");
	leave(&b);
	loop_end(&loop);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_virtual_clock_stands_until_advanced, 0 },
		{ a_timer_runs_exactly_at_its_deadline, 0 },
		{ timers_run_in_order_each_at_its_own_time, 0 },
		{ equal_deadlines_run_in_the_order_they_were_set, 0 },
		{ a_past_deadline_runs_when_time_next_moves_and_not_before, 0 },
		{ setting_again_replaces_the_deadline, 0 },
		{ a_cancelled_timer_does_not_run, 0 },
		{ a_delay_without_end_does_not_wrap, 0 },
		{ no_timer_and_no_clock_may_be_freed, 0 },
		{ a_callback_may_set_cancel_and_free_any_timer,
		  UNIT_ROWS(acts) },
		{ a_callback_may_make_timers, 0 },
		{ many_timers_set_moved_and_cancelled_at_random_all_run_on_time,
		  0 },
		{ the_real_clock_moves_forward, 0 },
		{ real_timers_run_from_the_loop_and_never_early, 0 },
		{ a_real_timer_in_the_past_runs_from_the_loop, 0 },
		{ a_real_timer_that_is_always_due_does_not_starve_others, 0 },
		{ a_real_callback_may_set_cancel_and_free_any_timer,
		  UNIT_ROWS(real_acts) },
		{ a_cancelled_real_timer_does_not_keep_the_loop_alive, 0 },
		{ an_earlier_deadline_overtakes_the_one_waited_for, 0 },
		{ NULL, 0 },
	};

	return unit_run("clock", tests, setup, teardown);
}
