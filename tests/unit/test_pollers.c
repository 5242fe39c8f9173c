#include "config.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "switch/pollers.h"
#include "tests/unit/unit.h"

enum { N = 3 };

static struct event_base *base;
static struct pollers *pollers;

/* One that looks, and what it does then. */
struct one {
	struct poller poller;
	unsigned n_looks;
	unsigned finds;
	struct one *stops, *starts;
};

static struct one ones[N];

static unsigned
look(void *arg)
{
	struct one *one = arg;

	one->n_looks++;
	if (one->starts != NULL)
		pollers_start(pollers, &one->starts->poller);
	if (one->stops != NULL)
		pollers_stop(pollers, &one->stops->poller);
	return one->finds;
}

static void
setup(void)
{
	base = event_base_new();
	pollers = pollers_new(base);
	for (unsigned i = 0; i < N; i++)
		ones[i] = (struct one){ .poller = { look, &ones[i] } };
}

static void
teardown(void)
{
	for (unsigned i = 0; i < N; i++)
		pollers_stop(pollers, &ones[i].poller);
	pollers_free(pollers);
	event_base_free(base);
}

static void
start(unsigned i)
{
	pollers_start(pollers, &ones[i].poller);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
expect_looks(unsigned a, unsigned b, unsigned c)
{
	ck_assert_uint_eq(ones[0].n_looks, a);
	ck_assert_uint_eq(ones[1].n_looks, b);
	ck_assert_uint_eq(ones[2].n_looks, c);
}

START_TEST(who_was_not_started_is_not_asked)
{
	turn();
	expect_looks(0, 0, 0);
	start(1);
	expect_looks(0, 0, 0); /* in the next turn */
	pollers_stop(pollers, &ones[1].poller);
	turn();
	expect_looks(0, 0, 0);
}
END_TEST

START_TEST(who_finds_nothing_is_asked_many_times_a_turn)
{
	start(0);
	start(0);
	start(2);
	turn();
	expect_looks(POLLERS_ROUNDS_MAX, 0, POLLERS_ROUNDS_MAX);
	turn();
	expect_looks(2 * POLLERS_ROUNDS_MAX, 0, 2 * POLLERS_ROUNDS_MAX);
}
END_TEST

static const struct {
	unsigned finds, rounds;
} shares[] = {
	{ POLLERS_FOUND_MAX, 1 },
	{ POLLERS_FOUND_MAX - 1, 2 },
	{ POLLERS_FOUND_MAX / 2, 2 },
	{ POLLERS_FOUND_MAX / POLLERS_ROUNDS_MAX, POLLERS_ROUNDS_MAX },
};

START_TEST(who_has_found_enough_lets_others_have_their_turn)
{
	ones[0].finds = shares[_i].finds;
	start(0);
	start(1);
	turn();
	expect_looks(shares[_i].rounds, shares[_i].rounds, 0);
}
END_TEST

static void
count(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(unsigned *)arg;
}

START_TEST(other_events_have_their_turn)
{
	int readable = eventfd(1, EFD_CLOEXEC);
	unsigned n = 0;
	struct event *other =
	    event_new(base, readable, EV_READ | EV_PERSIST, count, &n);

	ones[0].finds = 2 * POLLERS_FOUND_MAX;
	start(0);
	event_add(other, NULL);
	for (unsigned i = 0; i < 10; i++)
		turn();
	ck_assert_uint_ge(n, 9);
	ck_assert_uint_ge(ones[0].n_looks, 9);
	event_free(other);
	close(readable);
}
END_TEST

START_TEST(a_poller_stops_itself)
{
	ones[0].stops = &ones[0];
	start(0);
	start(1);
	turn();
	expect_looks(1, POLLERS_ROUNDS_MAX, 0);
}
END_TEST

START_TEST(the_last_one_stops_itself)
{
	ones[0].stops = &ones[0];
	start(0);
	turn();
	turn();
	expect_looks(1, 0, 0);
	start(0);
	turn();
	expect_looks(2, 0, 0);
}
END_TEST

START_TEST(a_poller_stops_the_next)
{
	ones[0].stops = &ones[1];
	start(0);
	start(1);
	start(2);
	turn();
	expect_looks(POLLERS_ROUNDS_MAX, 0, POLLERS_ROUNDS_MAX);
}
END_TEST

START_TEST(a_poller_stops_the_one_before)
{
	ones[1].stops = &ones[0];
	start(0);
	start(1);
	start(2);
	turn();
	expect_looks(1, POLLERS_ROUNDS_MAX, POLLERS_ROUNDS_MAX);
}
END_TEST

START_TEST(a_poller_starts_another_and_ends)
{
	ones[0].starts = &ones[1];
	ones[0].stops = &ones[0];
	start(0);
	turn();
	expect_looks(1, POLLERS_ROUNDS_MAX - 1, 0); /* one round later */
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ who_was_not_started_is_not_asked, 0 },
		{ who_finds_nothing_is_asked_many_times_a_turn, 0 },
		{ who_has_found_enough_lets_others_have_their_turn,
		  UNIT_ROWS(shares) },
		{ other_events_have_their_turn, 0 },
		{ a_poller_stops_itself, 0 },
		{ the_last_one_stops_itself, 0 },
		{ a_poller_stops_the_next, 0 },
		{ a_poller_stops_the_one_before, 0 },
		{ a_poller_starts_another_and_ends, 0 },
		{ NULL, 0 },
	};

	return unit_run("pollers", tests, setup, teardown);
}
