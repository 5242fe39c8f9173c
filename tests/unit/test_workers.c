/* Threads that stand still when they are told to, and what they leave for the
 * control thread.  Nothing that is shared here is atomic or locked: a build
 * with ThreadSanitizer says whether that is right. */
#include "switch/workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "switch/switch.h"
#include "tests/unit/unit.h"

enum { N_WORKERS = 2, N_ROUNDS = 200, N_NOTES = 100 };

/* A worker that is never idle. */
struct side {
	struct event_base *base;
	struct worker *worker;
	int fd;
	struct event *busy;
	uint64_t n_rounds;
	pthread_t thread;
	struct workers *workers;
	struct workers_note notes[N_NOTES];
	size_t n_posted;
};

static struct event_base *base;
static struct workers *workers;
static struct side sides[N_WORKERS];
static size_t read_notes[N_WORKERS * N_NOTES];
static size_t n_read;

static void
on_busy(evutil_socket_t fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	side->n_rounds++;
	side->thread = pthread_self();
	if (side->n_posted < N_NOTES)
		workers_post(side->workers, &side->notes[side->n_posted++]);
}

static void
run(void *arg)
{
	struct side *side = arg;

	event_base_dispatch(side->base);
}

static void
on_note(void *arg)
{
	ck_assert(workers_on_control(workers));
	read_notes[n_read++] = (size_t)(uintptr_t)arg;
}

static void
setup(void)
{
	base = switch_base_new();
	workers = workers_new(base);
	n_read = 0;
	for (size_t i = 0; i < N_WORKERS; i++) {
		struct side *side = &sides[i];

		*side = (struct side){ .workers = workers };
		side->base = switch_base_new();
		/* Always readable: libevent does not poll while events make
		 * each other active. */
		side->fd = eventfd(1, EFD_CLOEXEC);
		side->busy = event_new(side->base, side->fd,
				       EV_READ | EV_PERSIST, on_busy, side);
		side->n_posted = N_NOTES; /* none, until a test wants them */
		for (size_t j = 0; j < N_NOTES; j++) {
			side->notes[j].fn = on_note;
			side->notes[j].arg =
			    (void *)(uintptr_t)(i * N_NOTES + j);
		}
		side->worker =
		    workers_add(workers, side->base, run, side, "side");
		ck_assert_ptr_nonnull(side->worker);
		event_add(side->busy, NULL);
	}
}

static void
teardown(void)
{
	workers_end(workers);
	for (size_t i = 0; i < N_WORKERS; i++) {
		event_free(sides[i].busy);
		close(sides[i].fd);
		event_base_free(sides[i].base);
	}
	workers_free(workers);
	event_base_free(base);
}

/* Until @side has gone round @n times more than @before. */
static void
wait_for_rounds(const struct side *side, uint64_t before, uint64_t n)
{
	uint64_t now;

	do {
		workers_let_go(workers);
		sched_yield();
		workers_stop(side->worker);
		now = side->n_rounds;
	} while (now < before + n);
}

START_TEST(one_that_is_new_stands_until_it_is_let_go)
{
	for (int i = 0; i < N_ROUNDS; i++) {
		ck_assert_uint_eq(sides[0].n_rounds, 0);
		sched_yield();
	}
	workers_let_go(workers);
	wait_for_rounds(&sides[0], 0, 1);
}
END_TEST

START_TEST(one_that_stands_does_nothing_and_the_others_go_on)
{
	uint64_t n;

	workers_let_go(workers);
	workers_stop(sides[0].worker);
	n = sides[0].n_rounds;
	for (int i = 0; i < N_ROUNDS; i++) {
		workers_stop(sides[0].worker); /* it does already */
		ck_assert_uint_eq(sides[0].n_rounds, n);
	}
	wait_for_rounds(&sides[1], 0, 1);
	wait_for_rounds(&sides[0], n, 1);
}
END_TEST

START_TEST(the_control_loop_lets_go_by_itself)
{
	uint64_t n = sides[0].n_rounds;

	do {
		event_base_loop(base, EVLOOP_NONBLOCK);
		sched_yield();
		workers_stop_all(workers);
	} while (sides[0].n_rounds == n || sides[1].n_rounds == 0);
}
END_TEST

START_TEST(a_worker_goes_round_between_any_two_stops)
{
	for (int i = 0; i < N_ROUNDS; i++) {
		workers_let_go(workers);
		workers_stop_all(workers);
	}
	for (size_t i = 0; i < N_WORKERS; i++)
		ck_assert_uint_ge(sides[i].n_rounds, N_ROUNDS - 1);
}
END_TEST

static void
on_once(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(pthread_t *)arg = pthread_self();
}

START_TEST(what_is_added_to_the_loop_of_one_that_stands_runs_there)
{
	pthread_t ran_on = pthread_self();
	struct event *event = event_new(sides[1].base, -1, 0, on_once, &ran_on);

	event_active(event, 0, 0);
	wait_for_rounds(&sides[1], sides[1].n_rounds, 2);
	ck_assert(pthread_equal(ran_on, sides[1].thread) != 0);
	ck_assert(pthread_equal(ran_on, pthread_self()) == 0);
	event_free(event);
}
END_TEST

/* ---- notes ---- */

START_TEST(notes_are_read_once_each_in_the_order_of_each_worker)
{
	size_t next[N_WORKERS] = { 0 };

	for (size_t i = 0; i < N_WORKERS; i++)
		sides[i].n_posted = 0;
	workers_let_go(workers);
	while (n_read < N_WORKERS * N_NOTES)
		event_base_loop(base, EVLOOP_ONCE);
	for (size_t i = 0; i < n_read; i++) {
		size_t side = read_notes[i] / N_NOTES;

		ck_assert_uint_eq(read_notes[i] % N_NOTES, next[side]++);
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(n_read, N_WORKERS * N_NOTES);
}
END_TEST

START_TEST(one_that_waits_is_not_posted_again_and_may_be_forgotten)
{
	struct workers_note *notes = sides[0].notes;

	workers_post(workers, &notes[0]);
	workers_post(workers, &notes[0]);
	workers_post(workers, &notes[1]);
	workers_post(workers, &notes[2]);
	workers_forget(workers, &notes[1]);
	workers_forget(workers, &notes[3]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(n_read, 2);
	ck_assert_uint_eq(read_notes[0], 0);
	ck_assert_uint_eq(read_notes[1], 2);
	workers_post(workers, &notes[1]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(n_read, 3);
	ck_assert_uint_eq(read_notes[2], 1);
}
END_TEST

static struct workers_note again;

static void
on_again(void *arg)
{
	(void)arg;
	n_read++;
	workers_post(workers, &again);
}

START_TEST(who_posts_for_ever_does_not_keep_the_loop)
{
	again = (struct workers_note){ .fn = on_again };
	workers_post(workers, &again);
	for (size_t i = 1; i <= 3; i++) {
		event_base_loop(base, EVLOOP_ONCE);
		ck_assert_uint_le(n_read, i);
	}
	ck_assert_uint_ge(n_read, 1);
	workers_forget(workers, &again);
}
END_TEST

START_TEST(what_is_left_at_the_end_is_read)
{
	for (size_t i = 0; i < N_NOTES; i++)
		workers_post(workers, &sides[0].notes[i]);
	workers_end(workers);
	ck_assert_uint_eq(n_read, N_NOTES);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ one_that_is_new_stands_until_it_is_let_go, 0 },
		{ one_that_stands_does_nothing_and_the_others_go_on, 0 },
		{ the_control_loop_lets_go_by_itself, 0 },
		{ a_worker_goes_round_between_any_two_stops, 0 },
		{ what_is_added_to_the_loop_of_one_that_stands_runs_there, 0 },
		{ notes_are_read_once_each_in_the_order_of_each_worker, 0 },
		{ one_that_waits_is_not_posted_again_and_may_be_forgotten, 0 },
		{ who_posts_for_ever_does_not_keep_the_loop, 0 },
		{ what_is_left_at_the_end_is_read, 0 },
		{ NULL, 0 },
	};

	return unit_run("workers", tests, setup, teardown);
}
