#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "switch/forward.h"
#include "switch/port.h"
#include "switch/ports/port-provider.h"
#include "tests/unit/vde-rig.h"

/* ---- frames ---- */

static const size_t crossing[] = { 14,	 59,   60,   61,    1514, 1518,
				   2047, 2048, 2049, 65549, 65550 };

START_TEST(a_frame_crosses_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = crossing[_i];

	rig_fill(frame, len, 0, 1, 3);
	send_frame(&alice, frame, len);
	expect_frame(&bob, frame, len);
	rig_fill(frame, len, 1, 2, 9);
	send_frame(&bob, frame, len);
	expect_frame(&alice, frame, len);
}
END_TEST

static const struct {
	size_t len;
	enum drop_reason reason;
} dropped[] = {
	{ 1, DROP_RUNT },
	{ 13, DROP_RUNT },
	{ 65551, DROP_OVERSIZE },
	{ 100000, DROP_OVERSIZE },
};

START_TEST(a_frame_of_a_bad_length_is_counted_and_the_next_one_passes)
{
	static uint8_t bad[100000];
	uint8_t good[100];

	rig_fill(bad, dropped[_i].len, 0, 1, 3);
	rig_fill(good, sizeof(good), 0, 1, 4);
	send_frame(&alice, bad, dropped[_i].len);
	send_frame(&alice, good, sizeof(good));
	expect_frame(&bob, good, sizeof(good));
	ck_assert_uint_eq(rig_drops(&rig, dropped[_i].reason), 1);
}
END_TEST

START_TEST(an_empty_datagram_means_nothing)
{
	uint8_t frame[60];

	ck_assert_int_eq(send(alice.data, "", 0, 0), 0);
	rig_fill(frame, sizeof(frame), 0, 1, 4);
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&bob, frame, sizeof(frame));
	ck_assert_uint_eq(rig_drops(&rig, DROP_RUNT), 0);
}
END_TEST

/* Bursts of every size, small and large frames mixed: the depth of the drain
 * goes up and down on the way. */
START_TEST(bursts_keep_their_order)
{
	static uint8_t frame[FRAME_LEN_MAX];
	unsigned n_sent = 0, n_seen = 0;

	for (unsigned burst = 1; burst <= 150; burst++) {
		for (unsigned i = 0; i < burst % 97; i++) {
			size_t len =
			    n_sent % 41 == 40 ? 9000 : 60 + n_sent % 99;

			rig_fill(frame, len, 0, 1, n_sent++);
			send_frame(&alice, frame, len);
		}
		while (n_seen < n_sent) {
			size_t len =
			    n_seen % 41 == 40 ? 9000 : 60 + n_seen % 99;

			rig_fill(frame, len, 0, 1, n_seen++);
			expect_frame(&bob, frame, len);
		}
	}
	ck_assert_uint_gt(n_seen, 5000);
}
END_TEST

static const size_t flooding[] = { 60, 1514, 9000, 65550 };

START_TEST(a_slow_reader_loses_frames_but_no_part_of_one)
{
	static uint8_t frame[FRAME_LEN_MAX], got[FRAME_LEN_MAX + 1];
	size_t len = flooding[_i];
	unsigned n_sent = 0, n_got = 0, next = 0;
	uint64_t n_lost;

	while (rig_drops(&rig, DROP_QUEUE_FULL) < 10) {
		rig_fill(frame, len, 0, 1, n_sent);
		memcpy(frame + 14, &n_sent, sizeof(n_sent));
		send_frame(&alice, frame, len);
		n_sent++;
		rig_turn(&rig);
	}
	rig_settle(&rig);
	n_lost = rig_drops(&rig, DROP_QUEUE_FULL);
	for (; n_got < n_sent - n_lost; n_got++) {
		unsigned number;
		ssize_t n;

		RIG_UNTIL(&rig, rig_readable(bob.data));
		n = recv(bob.data, got, sizeof(got), MSG_DONTWAIT);
		ck_assert_int_eq(n, (ssize_t)len);
		memcpy(&number, got + 14, sizeof(number));
		ck_assert_uint_ge(number, next);
		next = number + 1;
		rig_fill(frame, len, 0, 1, number);
		memcpy(frame + 14, &number, sizeof(number));
		ck_assert_int_eq(memcmp(got, frame, len), 0);
	}
	rig_settle(&rig);
	ck_assert(!rig_readable(bob.data));
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 0);
}
END_TEST

/* ---- a client that is made to wait ---- */

static void
learn_both(void)
{
	uint8_t frame[60];

	rig_fill(frame, sizeof(frame), 0, 1, 0);
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&bob, frame, sizeof(frame));
	rig_fill(frame, sizeof(frame), 1, 2, 0);
	send_frame(&bob, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
}

/* Alice sends to Bob, who does not read, until her own socket is full.
 * Return: how many. */
static unsigned
fill_up(size_t len, unsigned n_sent)
{
	static uint8_t frame[FRAME_LEN_MAX];

	for (;;) {
		rig_fill(frame, len, 2, 1, n_sent);
		if (send(alice.data, frame, len, MSG_DONTWAIT) < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			rig_settle(&rig);
			if (!rig_writable(alice.data))
				return n_sent;
			continue;
		}
		if (++n_sent % 50 == 0)
			rig_settle(&rig);
	}
}

static const size_t waiting[] = { 60, 1514, 9000, 65550 };

START_TEST(who_sends_more_than_another_reads_waits_and_nothing_is_lost)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = waiting[_i];
	unsigned n_sent;

	learn_both();
	n_sent = fill_up(len, 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	for (unsigned i = 0; i < n_sent; i++) {
		rig_fill(frame, len, 2, 1, i);
		expect_frame(&bob, frame, len);
	}
	ck_assert(rig_writable(alice.data));
}
END_TEST

START_TEST(nobody_waits_for_a_client_that_does_not_read_at_all)
{
	uint8_t frame[60];
	unsigned n_sent;

	learn_both();
	n_sent = fill_up(1514, 0);
	clock_advance(rig.clock, BACKPRESSURE_PAUSE_NS - 1);
	rig_settle(&rig);
	ck_assert(!rig_writable(alice.data));
	clock_advance(rig.clock, 1);
	rig_settle(&rig);
	ck_assert(rig_writable(alice.data));
	for (int i = 0; i < 3000; i++) {
		rig_fill(frame, sizeof(frame), 2, 1, n_sent);
		send_frame(&alice, frame, sizeof(frame));
	}
	ck_assert_uint_gt(rig_drops(&rig, DROP_QUEUE_FULL), 0);
}
END_TEST

START_TEST(a_client_that_joins_a_port_that_waits_waits_too)
{
	struct client c, d;
	uint8_t frame[60];

	learn_both();
	client_attach(&c, 3, 9);
	rig_fill(frame, sizeof(frame), 2, 3, 0);
	while (rig_port(&rig, "vde9")->pressure.waits_for == NULL)
		send_frame(&c, frame, sizeof(frame));
	client_attach(&d, 3, 9);
	ck_assert_int_eq(send(d.data, frame, sizeof(frame), 0), sizeof(frame));
	rig_settle(&rig);
	ck_assert(!rig_readable(alice.data));
	rig_fill(frame, sizeof(frame), 1, 3, 5);
	ck_assert_int_eq(send(d.data, frame, sizeof(frame), 0), sizeof(frame));
	rig_settle(&rig);
	ck_assert(!rig_readable(alice.data));
	clock_advance(rig.clock, BACKPRESSURE_PAUSE_NS);
	expect_frame(&alice, frame, sizeof(frame));
	client_leave(&c);
	client_leave(&d);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

START_TEST(frames_for_a_dead_socket_are_counted_not_fatal)
{
	uint8_t frame[60];

	close(bob.data);
	bob.data = -1;
	rig_fill(frame, sizeof(frame), 0, 1, 4);
	for (int i = 0; i < 3; i++)
		send_frame(&alice, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig_drops(&rig, DROP_SEND_ERROR) == 3);
	ck_assert_uint_eq(rig.n_removed, 0);
	client_leave(&bob);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

/* ---- several clients of one port ---- */

START_TEST(a_port_shared_by_two_clients_is_one_port)
{
	struct client c, d;
	uint8_t frame[60];

	client_attach(&c, 3, 9);
	client_attach(&d, 3, 9);
	ck_assert_uint_eq(rig.segment->n_ports, 3);
	ck_assert_str_ne(c.at.sun_path, d.at.sun_path);
	rig_fill(frame, sizeof(frame), 0, 1, 1);
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&bob, frame, sizeof(frame));
	expect_frame(&c, frame, sizeof(frame));
	expect_frame(&d, frame, sizeof(frame));
	rig_fill(frame, sizeof(frame), 0, 3, 2);
	send_frame(&c, frame, sizeof(frame));
	expect_frame(&alice, frame, sizeof(frame));
	expect_frame(&bob, frame, sizeof(frame));
	rig_settle(&rig);
	ck_assert(!rig_readable(d.data));
	client_leave(&c); /* the port stays */
	rig_settle(&rig);
	ck_assert_uint_eq(rig.n_removed, 0);
	rig_fill(frame, sizeof(frame), 0, 1, 3);
	send_frame(&alice, frame, sizeof(frame));
	expect_frame(&d, frame, sizeof(frame));
	client_leave(&d);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

static json_int_t
missed_by(const struct port *port, size_t i)
{
	json_t *show = json_object();
	json_int_t n;

	port_kind_vde.describe(port_priv(port), show);
	ck_assert_int_eq(json_integer_value(json_object_get(show, "number")),
			 9);
	n = json_integer_value(json_object_get(
	    json_array_get(json_object_get(show, "clients"), i), "missed"));
	json_decref(show);
	return n;
}

START_TEST(a_slow_client_of_a_shared_port_misses_what_the_other_gets)
{
	static uint8_t frame[9000];
	struct client fast, slow;
	const struct port *port;

	client_attach(&slow, 3, 9);
	client_attach(&fast, 3, 9);
	port = rig_port(&rig, "vde9");
	client_leave(&bob);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	for (unsigned i = 0; missed_by(port, 0) < 5; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&alice, frame, sizeof(frame));
		expect_frame(&fast, frame, sizeof(frame));
	}
	ck_assert_int_eq(missed_by(port, 1), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	client_leave(&fast);
	client_leave(&slow);
}
END_TEST

START_TEST(frames_do_not_wait_for_a_client_that_has_left)
{
	static uint8_t frame[9000];
	struct segment_stats stats = { .queued = 0 };
	struct client slow, deaf;

	client_attach(&slow, 3, 9);
	client_attach(&deaf, 3, 9);
	client_leave(&bob);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	close(deaf.data);
	deaf.data = -1;
	for (unsigned i = 0; stats.queued == 0; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&alice, frame, sizeof(frame));
		rig_settle(&rig);
		segment_read_stats(rig.segment, &stats);
	}
	client_leave(&slow);
	rig_settle(&rig);
	segment_read_stats(rig.segment, &stats);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.drops[DROP_SEND_ERROR], 1);
	client_leave(&deaf);
	RIG_UNTIL(&rig, rig.n_removed == 2);
}
END_TEST

START_TEST(one_port_has_a_limited_number_of_clients)
{
	enum { MAX = 16 };
	struct client c[MAX], extra;

	for (int i = 0; i < MAX; i++)
		client_attach(&c[i], 3, 9);
	client_init(&extra);
	client_ask(&extra, 3, 9);
	ck_assert(!client_hear(&extra));
	client_leave(&extra);
	ck_assert_uint_eq(rig.n_removed, 0);
	for (int i = 0; i < MAX; i++)
		client_leave(&c[i]);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

/* As a spanning tree does: says something as soon as there is a port. */
static void
greet(struct port *port, void *arg)
{
	struct frame *frame = frame_alloc(rig.sw->lane->pool, 0);

	(void)arg;
	ck_assert_ptr_nonnull(frame);
	frame->len = 100;
	rig_fill(frame->data, frame->len, 9, 9, 1);
	forward_originate(port, frame, clock_now_ns(rig.clock));
}

static void
ignore_removal(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
}

START_TEST(what_is_sent_while_a_client_attaches_reaches_it)
{
	struct switch_observer observer = { .port_added = greet,
					    .port_removed = ignore_removal };
	uint8_t frame[100];
	struct client c;

	switch_observer_add(rig.sw, &observer);
	client_attach(&c, 3, 0);
	switch_observer_remove(rig.sw, &observer);
	rig_fill(frame, sizeof(frame), 9, 9, 1);
	expect_frame(&c, frame, sizeof(frame));
	client_leave(&c);
}
END_TEST

struct clients_told {
	unsigned n_added, n_removed, last_id;
};

static void
on_client_added(struct port *port, unsigned id, const struct port_peer *peer,
		void *arg)
{
	struct clients_told *told = arg;

	(void)port;
	ck_assert_uint_eq(peer->uid, geteuid());
	told->n_added++;
	told->last_id = id;
}

static void
on_client_removed(struct port *port, unsigned id, void *arg)
{
	struct clients_told *told = arg;

	(void)port;
	(void)id;
	told->n_removed++;
}

static void
ignore_addition(struct port *port, void *arg)
{
	(void)port;
	(void)arg;
}

START_TEST(one_client_of_several_can_be_dropped)
{
	struct clients_told told = { 0 };
	struct switch_observer observer = {
		.port_added = ignore_addition,
		.port_removed = ignore_removal,
		.client_added = on_client_added,
		.client_removed = on_client_removed,
		.arg = &told,
	};
	struct client one, two;
	struct port *port;

	switch_observer_add(rig.sw, &observer);
	client_attach(&one, 3, 9);
	client_attach(&two, 3, 9);
	ck_assert_uint_eq(told.n_added, 2);
	port = switch_find_port(rig.sw, "vde9");
	ck_assert_ptr_nonnull(port);
	ck_assert_int_eq(port->kind->drop_client(port->priv, 99999), -ENOENT);
	ck_assert_int_eq(port->kind->drop_client(port->priv, told.last_id), 0);
	ck_assert_int_eq(port->kind->drop_client(port->priv, told.last_id),
			 -ENOENT);
	RIG_UNTIL(&rig, has_ended(two.ctl));
	ck_assert_uint_eq(told.n_removed, 1);
	ck_assert_ptr_eq(switch_find_port(rig.sw, "vde9"), port);
	client_leave(&one);
	RIG_UNTIL(&rig, told.n_removed == 2);
	switch_observer_remove(rig.sw, &observer);
	client_leave(&two);
}
END_TEST

START_TEST(another_user_cannot_join_a_port)
{
	struct client c, other;

	if (!rig_has_root())
		return;
	client_attach(&c, 3, 9);
	rig_be_root();
	client_init(&other);
	ck_assert_int_eq(chmod(other.path, 0777), 0);
	client_ask(&other, 3, 9);
	rig_be_ordinary();
	ck_assert(!client_hear(&other));
	ck_assert_uint_eq(rig.segment->n_ports, 3);
	rig_be_root();
	client_leave(&other);
	rig_be_ordinary();
	client_leave(&c);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_crosses_whole_both_ways, UNIT_ROWS(crossing) },
		{ a_frame_of_a_bad_length_is_counted_and_the_next_one_passes,
		  UNIT_ROWS(dropped) },
		{ an_empty_datagram_means_nothing, 0 },
		{ bursts_keep_their_order, 0 },
		{ a_slow_reader_loses_frames_but_no_part_of_one,
		  UNIT_ROWS(flooding) },
		{ who_sends_more_than_another_reads_waits_and_nothing_is_lost,
		  UNIT_ROWS(waiting) },
		{ nobody_waits_for_a_client_that_does_not_read_at_all, 0 },
		{ a_client_that_joins_a_port_that_waits_waits_too, 0 },
		{ frames_for_a_dead_socket_are_counted_not_fatal, 0 },
		{ a_port_shared_by_two_clients_is_one_port, 0 },
		{ a_slow_client_of_a_shared_port_misses_what_the_other_gets,
		  0 },
		{ frames_do_not_wait_for_a_client_that_has_left, 0 },
		{ one_port_has_a_limited_number_of_clients, 0 },
		{ what_is_sent_while_a_client_attaches_reaches_it, 0 },
		{ one_client_of_several_can_be_dropped, 0 },
		{ another_user_cannot_join_a_port, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_vde_frames", tests, vde_setup, vde_teardown);
}
