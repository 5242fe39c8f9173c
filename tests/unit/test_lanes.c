/* A switch whose segments have threads: where they are, that frames move there,
 * and that the rest happens on the control thread.  Nothing here is atomic or
 * locked: a build with ThreadSanitizer says whether that is right. */
#include "switch/lanes.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "switch/switch.h"
#include "tests/unit/unit.h"

enum { N_WORKERS = 2, FRAME_LEN = 60, HEADER_LEN = 4, N_FRAMES = 500 };

static const struct port_kind *const kinds[] = { &port_kind_stream, NULL };
static struct event_base *base;
static struct clock *real_clock;
static struct vswitch *sw;
static struct switch_observer observer;

/* What the observer has heard. */
static size_t n_removed, n_mtus;
static bool elsewhere; /* not on the control thread */
static pthread_t control;

static void
on_added(struct port *port, void *arg)
{
	(void)port;
	(void)arg;
}

static void
on_removed(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
	n_removed++;
	elsewhere |= !pthread_equal(control, pthread_self());
}

static void
on_mtu(struct port *port, uint32_t old, void *arg)
{
	(void)port;
	(void)arg;
	ck_assert_uint_eq(old, PORT_MTU_DEFAULT);
	n_mtus++;
	elsewhere |= !pthread_equal(control, pthread_self());
}

static void
open_switch(unsigned n_workers)
{
	struct switch_config config = { .kinds = kinds,
					.n_workers = n_workers };

	base = switch_base_new();
	real_clock = clock_real_new(base);
	config.base = base;
	config.clock = real_clock;
	sw = switch_new(&config);
	n_removed = 0;
	n_mtus = 0;
	elsewhere = false;
	control = pthread_self();
	observer = (struct switch_observer){ .port_added = on_added,
					     .port_removed = on_removed,
					     .port_mtu = on_mtu };
	switch_observer_add(sw, &observer);
}

static void
setup(void)
{
	open_switch(N_WORKERS);
}

static void
teardown(void)
{
	switch_end_workers(sw);
	switch_observer_remove(sw, &observer);
	switch_free(sw); /* asserts that every frame is back */
	clock_free(real_clock);
	event_base_free(base);
}

static struct segment *
add_segment(const char *name, unsigned worker)
{
	struct err err = ERR_INIT;
	struct segment *segment = switch_add_segment_on(sw, name, worker, &err);

	ck_assert_msg(segment != NULL, "%s", err.text);
	return segment;
}

/* Return: the peer's end. */
static int
add_port(struct segment *segment, struct port **port)
{
	struct err err = ERR_INIT;
	struct port *added;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	added = switch_add_port(segment, &port_kind_stream, NULL,
				PORT_MTU_DEFAULT, NULL, fds[0], &err);
	ck_assert_msg(added != NULL, "%s", err.text);
	if (port != NULL)
		*port = added;
	return fds[1];
}

/* The control thread's loop goes round. */
static void
go_round(void)
{
	ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

static void
send_frame(int fd)
{
	uint8_t octets[HEADER_LEN + FRAME_LEN] = { [3] = FRAME_LEN };

	memset(octets + HEADER_LEN, 0xff, 6);
	octets[HEADER_LEN + 6] = 0x02;
	ck_assert_int_eq(write(fd, octets, sizeof(octets)), sizeof(octets));
}

static void
expect_frame(int fd)
{
	uint8_t octets[HEADER_LEN + FRAME_LEN];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&pfd, 1, 60 * 1000), 1);
	ck_assert_int_eq(recv(fd, octets, sizeof(octets), MSG_WAITALL),
			 sizeof(octets));
	ck_assert_uint_eq(octets[3], FRAME_LEN);
}

/* ---- where segments are ---- */

START_TEST(a_segment_comes_to_the_worker_with_the_fewest)
{
	const struct segment *one = add_segment("one", 0);
	const struct segment *two = add_segment("two", 0);
	const struct segment *three = add_segment("three", 2);
	const struct segment *four = add_segment("four", 0);

	ck_assert_uint_eq(one->lane->number, 1);
	ck_assert_uint_eq(two->lane->number, 2);
	ck_assert_uint_eq(three->lane->number, 2);
	ck_assert_uint_eq(four->lane->number, 1);
}
END_TEST

START_TEST(of_equal_ones_it_is_the_one_with_the_fewest_ports)
{
	int fd = add_port(add_segment("one", 1), NULL);

	add_segment("two", 2);
	ck_assert_uint_eq(add_segment("three", 0)->lane->number, 2);
	close(fd);
}
END_TEST

START_TEST(a_segment_that_goes_makes_room)
{
	add_segment("one", 0);
	add_segment("two", 0);
	switch_remove_segment(sw, switch_find_segment(sw, "two"));
	ck_assert_uint_eq(add_segment("three", 0)->lane->number, 2);
}
END_TEST

START_TEST(there_is_no_worker_beyond_the_last)
{
	struct err err = ERR_INIT;

	ck_assert_ptr_null(
	    switch_add_segment_on(sw, "lab", N_WORKERS + 1, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "--workers 2"));
	ck_assert_ptr_null(switch_find_segment(sw, "lab"));
	add_segment("lab", N_WORKERS);
}
END_TEST

START_TEST(without_workers_there_is_none)
{
	struct err err = ERR_INIT;

	teardown();
	open_switch(0);
	ck_assert_ptr_null(switch_add_segment_on(sw, "lab", 1, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "without --workers"));
	ck_assert_ptr_eq(add_segment("lab", 0)->lane, sw->lane);
}
END_TEST

START_TEST(a_port_is_found_on_any_worker)
{
	struct port *one, *two;
	int fds[2] = { add_port(add_segment("one", 1), &one),
		       add_port(add_segment("two", 2), &two) };

	ck_assert_ptr_eq(switch_port(sw, one->id), one);
	ck_assert_ptr_eq(switch_port(sw, two->id), two);
	ck_assert_ptr_null(switch_port(sw, two->id + 1));
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* ---- threads ---- */

/* Books are looked at all the time, by the other thread. */
START_TEST(frames_cross_while_the_books_balance)
{
	struct segment *segments[] = { add_segment("one", 1),
				       add_segment("two", 2) };
	int in[2], out[2];

	for (int i = 0; i < 2; i++) {
		in[i] = add_port(segments[i], NULL);
		out[i] = add_port(segments[i], NULL);
	}
	ck_assert_int_eq(switch_start_workers(sw, 0, NULL), 0);
	for (int n = 0; n < N_FRAMES; n++) {
		struct segment_stats stats;

		for (int i = 0; i < 2; i++)
			send_frame(in[i]);
		go_round();
		switch_hold(sw);
		segment_read_stats(segments[n % 2], &stats);
		ck_assert(segment_stats_balance(&stats));
		go_round();
		for (int i = 0; i < 2; i++)
			expect_frame(out[i]);
	}
	switch_hold(sw);
	ck_assert(!switch_in_turn(sw));
	for (int i = 0; i < 2; i++) {
		struct segment_stats stats;

		segment_read_stats(segments[i], &stats);
		ck_assert_uint_eq(stats.rx, N_FRAMES);
		close(in[i]);
		close(out[i]);
	}
}
END_TEST

START_TEST(a_port_that_goes_is_removed_by_the_control_thread)
{
	int fds[2] = { add_port(add_segment("one", 1), NULL),
		       add_port(add_segment("two", 2), NULL) };

	ck_assert_int_eq(switch_start_workers(sw, 0, NULL), 0);
	close(fds[0]);
	close(fds[1]);
	while (n_removed < 2)
		ck_assert_int_ge(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert(!elsewhere);
	switch_hold(sw);
	ck_assert_uint_eq(sw->n_ports, 0);
}
END_TEST

static void
shrink(void *arg)
{
	port_set_mtu(arg, 1500);
}

/* A timer of the lane's stands for what happens there. */
static struct timer *
shrink_soon(struct port *port)
{
	struct timer *timer = timer_new(port_clock(port), shrink, port);

	timer_set_in(timer, 0);
	return timer;
}

START_TEST(what_happens_on_a_lane_is_told_by_the_control_thread)
{
	struct port *port;
	int fd = add_port(add_segment("one", 1), &port);
	struct timer *timer = shrink_soon(port);

	ck_assert_int_eq(switch_start_workers(sw, 0, NULL), 0);
	while (n_mtus == 0)
		ck_assert_int_ge(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert(!elsewhere);
	switch_hold(sw);
	timer_free(timer);
	close(fd);
}
END_TEST

/* Posted first, and removed before it was read. */
START_TEST(what_has_happened_is_told_before_its_port_goes)
{
	struct port *port;
	int fd = add_port(add_segment("one", 1), &port);
	struct timer *timer = shrink_soon(port);
	bool shrunk = false;

	ck_assert_int_eq(switch_start_workers(sw, 0, NULL), 0);
	while (!shrunk) {
		switch_hold(sw);
		shrunk = port_mtu(port) == 1500;
		if (shrunk)
			break;
		workers_let_go(port->lane->workers);
	}
	ck_assert_uint_eq(n_mtus, 0);
	timer_free(timer);
	switch_remove_port(port, "by hand");
	ck_assert_uint_eq(n_mtus, 1);
	ck_assert_uint_eq(n_removed, 1);
	close(fd);
}
END_TEST

static void
on_all_idle(void *arg)
{
	*(bool *)arg = true;
}

START_TEST(all_are_idle_when_what_came_before_is_done)
{
	bool idle = false;
	struct port *ports[2];
	int fds[2] = { add_port(add_segment("one", 1), &ports[0]),
		       add_port(add_segment("two", 2), &ports[1]) };

	ck_assert_int_eq(switch_start_workers(sw, 0, NULL), 0);
	for (int n = 1; n <= 20; n++) {
		for (int i = 0; i < 2; i++)
			send_frame(fds[i]);
		idle = false;
		lanes_when_idle(sw->lanes, on_all_idle, &idle);
		while (!idle)
			ck_assert_int_ge(event_base_loop(base, EVLOOP_ONCE), 0);
		switch_hold(sw);
		for (int i = 0; i < 2; i++)
			ck_assert_uint_eq(ports[i]->counters.rx_frames,
					  (uint64_t)n);
	}
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_segment_comes_to_the_worker_with_the_fewest, 0 },
		{ of_equal_ones_it_is_the_one_with_the_fewest_ports, 0 },
		{ a_segment_that_goes_makes_room, 0 },
		{ there_is_no_worker_beyond_the_last, 0 },
		{ without_workers_there_is_none, 0 },
		{ a_port_is_found_on_any_worker, 0 },
		{ frames_cross_while_the_books_balance, 0 },
		{ a_port_that_goes_is_removed_by_the_control_thread, 0 },
		{ what_happens_on_a_lane_is_told_by_the_control_thread, 0 },
		{ what_has_happened_is_told_before_its_port_goes, 0 },
		{ all_are_idle_when_what_came_before_is_done, 0 },
		{ NULL, 0 },
	};

	return unit_run("lanes", tests, setup, teardown);
}
