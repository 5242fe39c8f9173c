/*
 * The spanning tree of segments: two of them, each with a station, joined by
 * two links between dummy ports.  What one end of a link sends comes in at the
 * other.
 */
#include "switch/stp.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "switch/fdb.h"
#include "switch/rstp/bpdu.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

/* Ports of either segment: the station's, and the ends of two links. */
enum { STATION, LINK_1, LINK_2, N_PORTS };
/* More frames than any test sends: they go round in a circle. */
enum { STORM = 500, FRAME_LEN = 60 };

struct side {
	struct segment *segment;
	struct port *ports[N_PORTS];
	size_t n_carried[N_PORTS]; /* of what it sent, to the other end */
};

static struct rig rig;
static struct side near, far;
static bool is_cut[N_PORTS]; /* the link; nobody is told */
static size_t n_carried;

/* ---- links ---- */

/* Return: did anything move? */
static bool
carry(struct side *from, struct side *to, int i)
{
	bool moved = false;

	while (from->ports[i] != NULL && to->ports[i] != NULL &&
	       from->n_carried[i] < dummy_n_sent(from->ports[i])) {
		const struct frame *frame =
		    dummy_sent(from->ports[i], from->n_carried[i]++);

		if (is_cut[i])
			continue;
		dummy_inject(to->ports[i], frame->data, frame->len);
		moved = true;
		n_carried++;
	}
	return moved;
}

static void
carry_all(void)
{
	bool moved = true;

	while (moved && n_carried < STORM) {
		moved = false;
		for (int i = LINK_1; i < N_PORTS; i++) {
			moved |= carry(&near, &far, i);
			moved |= carry(&far, &near, i);
		}
	}
}

static void
pass_ms(unsigned ms)
{
	for (; ms > 0; ms -= 100) {
		clock_advance(rig.clock, 100 * NS_PER_MS);
		rig_loop(&rig);
		carry_all();
	}
}

/* ---- the rig ---- */

static struct port *
add_port(struct segment *segment, const char *name)
{
	struct port *port = switch_add_port(segment, &port_kind_dummy, name,
					    PORT_MTU_DEFAULT, NULL, -1, NULL);

	ck_assert_ptr_nonnull(port);
	dummy_record(port);
	return port;
}

static void
setup(void)
{
	static const char *const names[N_PORTS] = { "q0", "q1", "q2" };

	rig_init(&rig, N_PORTS);
	near.segment = rig.segment;
	memcpy(near.ports, rig.ports, sizeof(near.ports));
	far.segment = switch_add_segment(rig.sw, "far", NULL);
	for (int i = 0; i < N_PORTS; i++)
		far.ports[i] = add_port(far.segment, names[i]);
}

static void
assert_books(const struct segment *segment)
{
	struct segment_stats stats;

	segment_read_stats(segment, &stats);
	ck_assert(segment_stats_balance(&stats));
}

static void
teardown(void)
{
	assert_books(near.segment);
	assert_books(far.segment);
	rig_fini(&rig);
}

/* The near side is the root. */
static void
turn_on(void)
{
	struct rstp_config config = stp_config(near.segment);

	config.priority = 4096;
	ck_assert_int_eq(stp_configure(near.segment, &config, NULL), 0);
	stp_set_protocol(near.segment, STP_PROTOCOL_RSTP);
	stp_set_protocol(far.segment, STP_PROTOCOL_RSTP);
	carry_all();
}

static struct rstp_port_status
status_of(const struct port *port)
{
	struct rstp_port_status status;

	ck_assert(stp_port_status(port, &status));
	return status;
}

static void
send(struct port *port, uint8_t dst, uint8_t src)
{
	uint8_t data[FRAME_LEN];

	rig_fill(data, sizeof(data), dst, src);
	dummy_inject(port, data, sizeof(data));
	carry_all();
}

/* BPDUs left out. */
static size_t
n_got(const struct port *port)
{
	size_t n = 0;

	for (size_t i = 0; i < dummy_n_sent(port); i++) {
		const struct frame *frame = dummy_sent(port, i);

		n += !bpdu_is_frame(frame->data, frame->len);
	}
	return n;
}

static uint64_t
drops_of(const struct segment *segment, enum drop_reason reason)
{
	struct segment_stats stats;

	segment_read_stats(segment, &stats);
	return stats.drops[reason];
}

/* ---- tests ---- */

START_TEST(without_it_a_broadcast_goes_round_for_ever)
{
	send(near.ports[STATION], RIG_BROADCAST, 1);
	ck_assert_uint_ge(n_carried, STORM);
}
END_TEST

START_TEST(with_it_one_link_of_two_is_closed_and_a_broadcast_comes_once)
{
	turn_on();
	pass_ms(4000);
	ck_assert_int_eq(status_of(far.ports[LINK_1]).role, RSTP_ROLE_ROOT);
	ck_assert_int_eq(far.ports[LINK_1]->stp_state, STP_FORWARDING);
	ck_assert_int_eq(status_of(far.ports[LINK_2]).role,
			 RSTP_ROLE_ALTERNATE);
	ck_assert_int_eq(far.ports[LINK_2]->stp_state, STP_DISCARDING);
	ck_assert_int_eq(near.ports[STATION]->stp_state, STP_FORWARDING);

	send(near.ports[STATION], RIG_BROADCAST, 1);
	ck_assert_uint_eq(n_got(far.ports[STATION]), 1);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 0);
	/* it has come by the closed link, too */
	ck_assert_uint_eq(drops_of(far.segment, DROP_STP), 1);
	ck_assert_uint_lt(n_carried, STORM);
}
END_TEST

/* How the open link is lost: its carrier, its port, or it falls silent. */
enum { CARRIER, PORT, SILENCE, N_LOSSES };

static void
lose_link(int how)
{
	switch (how) {
	case CARRIER:
		port_set_carrier(far.ports[LINK_1], false);
		break;
	case PORT:
		switch_remove_port(far.ports[LINK_1], "test");
		far.ports[LINK_1] = NULL;
		break;
	default:
		is_cut[LINK_1] = true;
		break;
	}
	carry_all();
}

START_TEST(traffic_takes_the_other_link_when_the_first_is_lost)
{
	turn_on();
	pass_ms(4000);
	send(near.ports[STATION], RIG_BROADCAST, 1);
	send(far.ports[STATION], 1, 2);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 1);

	lose_link(_i);
	if (_i == SILENCE)
		pass_ms(6000);
	ck_assert_int_eq(far.ports[LINK_2]->stp_state, STP_FORWARDING);
	/* what was known of the lost link has been forgotten */
	send(far.ports[STATION], 1, 2);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 2);
	send(near.ports[STATION], 2, 1);
	ck_assert_uint_eq(n_got(far.ports[STATION]), 2);
	ck_assert_uint_lt(n_carried, STORM);
}
END_TEST

START_TEST(a_link_that_comes_back_makes_no_storm)
{
	turn_on();
	pass_ms(4000);
	for (int i = 0; i < 3; i++) {
		port_set_carrier(far.ports[LINK_1], false);
		port_set_carrier(near.ports[LINK_1], false);
		pass_ms(500);
		port_set_carrier(far.ports[LINK_1], true);
		port_set_carrier(near.ports[LINK_1], true);
		carry_all();
		send(near.ports[STATION], RIG_BROADCAST, 1);
		pass_ms(500);
	}
	ck_assert_uint_lt(n_carried, STORM);
	ck_assert_uint_eq(n_got(far.ports[STATION]), 3);
	ck_assert_int_eq(status_of(far.ports[LINK_1]).role, RSTP_ROLE_ROOT);
}
END_TEST

START_TEST(a_port_that_comes_is_closed_until_nobody_answers)
{
	struct port *port;

	turn_on();
	port = add_port(near.segment, "p9");
	ck_assert_int_eq(port->stp_state, STP_DISCARDING);
	send(port, 1, 9);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 0);
	ck_assert_uint_eq(drops_of(near.segment, DROP_STP), 1);
	ck_assert_uint_eq(fdb_count(near.segment->fdb), 0);
	pass_ms(3000);
	ck_assert_int_eq(port->stp_state, STP_FORWARDING);
	send(port, 1, 9);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 1);
}
END_TEST

START_TEST(a_port_set_as_edge_is_open_at_once)
{
	struct stp_port_config config;
	struct port *port;

	turn_on();
	port = add_port(near.segment, "p9");
	config = stp_port_config(port);
	config.rstp.admin_edge = true;
	ck_assert_int_eq(stp_port_configure(port, &config, NULL), 0);
	ck_assert_int_eq(port->stp_state, STP_FORWARDING);
}
END_TEST

/* 802.1D-2004, 7.9: learning without forwarding */
START_TEST(a_learning_port_learns_and_lets_nothing_pass)
{
	struct stp_port_config config;
	struct port *port;

	turn_on();
	port = add_port(near.segment, "p9");
	config = stp_port_config(port);
	config.rstp.auto_edge = false;
	stp_port_configure(port, &config, NULL);
	pass_ms(20 * 1000 + 100);
	ck_assert_int_eq(port->stp_state, STP_LEARNING);
	send(port, 1, 9);
	ck_assert_uint_eq(n_got(near.ports[STATION]), 0);
	ck_assert_uint_eq(fdb_count(near.segment->fdb), 1);
	send(near.ports[STATION], 9, 1);
	ck_assert_uint_eq(n_got(port), 0);
	pass_ms(2000);
	send(near.ports[STATION], 9, 1);
	ck_assert_uint_eq(n_got(port), 1);
}
END_TEST

START_TEST(numbers_of_ports_that_went_are_given_again)
{
	struct port *port;

	turn_on();
	ck_assert_uint_eq(status_of(near.ports[LINK_1]).port_id, 0x8002);
	switch_remove_port(near.ports[LINK_1], "test");
	near.ports[LINK_1] = NULL;
	port = add_port(near.segment, "p9");
	ck_assert_uint_eq(status_of(port).port_id, 0x8002);
	port = add_port(near.segment, "p10");
	ck_assert_uint_eq(status_of(port).port_id, 0x8004);
}
END_TEST

/* ---- BPDUs ---- */

START_TEST(bpdus_come_from_the_bridges_own_address_every_two_seconds)
{
	struct rstp_config config = stp_config(near.segment);
	const struct port *port = near.ports[STATION];
	struct bpdu bpdu;
	size_t before;

	turn_on();
	pass_ms(10 * 1000);
	before = dummy_n_sent(port);
	pass_ms(10 * 1000);
	ck_assert_uint_eq(dummy_n_sent(port), before + 5);
	for (size_t i = 0; i < dummy_n_sent(port); i++) {
		const struct frame *frame = dummy_sent(port, i);

		ck_assert_uint_eq(frame->len, BPDU_FRAME_LEN);
		ck_assert_int_eq(
		    bpdu_parse_frame(frame->data, frame->len, &bpdu), 0);
		ck_assert_mem_eq(frame->data + MAC_LEN, config.address.b,
				 MAC_LEN);
		ck_assert_int_eq(bpdu.type, BPDU_RST);
		ck_assert_uint_eq(bpdu.bridge,
				  bpdu_bridge_id(4096, &config.address));
	}
}
END_TEST

START_TEST(addresses_are_local_stable_and_differ_by_segment)
{
	struct mac a = stp_config(near.segment).address;
	struct mac b = stp_config(far.segment).address;
	struct mac again;

	ck_assert_uint_eq(a.b[0] & 3, 2);
	ck_assert_uint_eq(b.b[0] & 3, 2);
	ck_assert(!mac_eq(&a, &b));
	turn_on();
	again = stp_config(near.segment).address;
	ck_assert(mac_eq(&again, &a));
}
END_TEST

START_TEST(bpdus_go_no_further_and_nonsense_is_counted)
{
	uint8_t data[60] = { 0x01, 0x80, 0xc2, 0, 0, 0, 2 };
	struct rstp_status before, after;

	turn_on();
	pass_ms(4000);
	stp_status(near.segment, &before);
	dummy_record(near.ports[LINK_1]);
	near.n_carried[LINK_1] = 0;
	dummy_inject(near.ports[STATION], data, sizeof(data));
	dummy_inject(near.ports[STATION], data, 14);
	ck_assert_uint_eq(status_of(near.ports[STATION]).rx_invalid, 2);
	ck_assert_uint_eq(dummy_n_sent(near.ports[LINK_1]), 0);
	stp_status(near.segment, &after);
	ck_assert_uint_eq(after.topology_changes, before.topology_changes);
	ck_assert(status_of(near.ports[STATION]).edge);
}
END_TEST

START_TEST(when_off_bpdus_are_frames_like_others)
{
	static const struct bpdu bpdu = { .type = BPDU_TCN };
	const struct mac src = { { 2 } };
	uint8_t data[BPDU_FRAME_LEN];

	bpdu_make_frame(&bpdu, &src, data);
	dummy_inject(near.ports[STATION], data, sizeof(data));
	ck_assert_uint_eq(dummy_n_sent(near.ports[LINK_1]), 1);
	turn_on();
	stp_set_protocol(near.segment, STP_PROTOCOL_NONE);
	dummy_record(near.ports[LINK_1]);
	dummy_inject(near.ports[STATION], data, sizeof(data));
	ck_assert_uint_eq(dummy_n_sent(near.ports[LINK_1]), 1);
	near.n_carried[LINK_1] = 0;
}
END_TEST

START_TEST(turned_off_every_port_is_open_and_nothing_is_sent)
{
	struct rstp_status status;
	size_t before;

	turn_on();
	pass_ms(4000);
	send(near.ports[STATION], RIG_BROADCAST, 1);
	ck_assert_uint_eq(fdb_count(near.segment->fdb), 1);
	stp_set_protocol(near.segment, STP_PROTOCOL_NONE);
	stp_set_protocol(far.segment, STP_PROTOCOL_NONE);
	ck_assert_uint_eq(fdb_count(near.segment->fdb), 0);
	for (int i = 0; i < N_PORTS; i++) {
		ck_assert_int_eq(near.ports[i]->stp_state, STP_FORWARDING);
		ck_assert_int_eq(far.ports[i]->stp_state, STP_FORWARDING);
	}
	ck_assert(!stp_status(near.segment, &status));
	before = dummy_n_sent(near.ports[STATION]);
	pass_ms(10 * 1000);
	ck_assert_uint_eq(dummy_n_sent(near.ports[STATION]), before);
}
END_TEST

/* ---- settings ---- */

START_TEST(settings_may_come_before_and_stay_after)
{
	struct rstp_config config = stp_config(near.segment);
	struct stp_port_config port_config = stp_port_config(near.ports[0]);
	struct rstp_status status;

	config.priority = 8192;
	config.forward_delay_s = 20;
	ck_assert_int_eq(stp_configure(near.segment, &config, NULL), 0);
	port_config.rstp.priority = 16;
	ck_assert_int_eq(stp_port_configure(near.ports[0], &port_config, NULL),
			 0);
	ck_assert_int_eq(stp_protocol(near.segment), STP_PROTOCOL_NONE);
	for (int i = 0; i < 2; i++) {
		stp_set_protocol(near.segment, STP_PROTOCOL_RSTP);
		ck_assert(stp_status(near.segment, &status));
		ck_assert_uint_eq(status.bridge_id >> 48, 8192);
		ck_assert_uint_eq(status.forward_delay_s, 20);
		ck_assert_uint_eq(status_of(near.ports[0]).port_id, 0x1001);
		stp_set_protocol(near.segment, STP_PROTOCOL_NONE);
	}
}
END_TEST

START_TEST(bad_settings_change_nothing)
{
	struct rstp_config config, before = stp_config(near.segment);
	struct err err = ERR_INIT;

	config = before;
	config.priority = 1;
	ck_assert_int_lt(stp_configure(near.segment, &config, &err), 0);
	ck_assert_str_ne(err.text, "");
	config = stp_config(near.segment);
	ck_assert_uint_eq(config.priority, before.priority);
}
END_TEST

START_TEST(settings_keep_the_protocol)
{
	struct rstp_config config = stp_config(near.segment);

	stp_set_protocol(near.segment, STP_PROTOCOL_STP);
	config.priority = 0;
	stp_configure(near.segment, &config, NULL);
	ck_assert_int_eq(stp_protocol(near.segment), STP_PROTOCOL_STP);
	ck_assert(!status_of(near.ports[0]).sends_rstp);
	stp_set_protocol(near.segment, STP_PROTOCOL_RSTP);
	ck_assert(status_of(near.ports[0]).sends_rstp);
	ck_assert_uint_eq(stp_config(near.segment).priority, 0);
}
END_TEST

static const struct {
	enum stp_link link;
	bool point_to_point;
} links[] = {
	{ STP_LINK_AUTO, true },
	{ STP_LINK_POINT_TO_POINT, true },
	{ STP_LINK_SHARED, false },
};

START_TEST(a_link_is_point_to_point_unless_it_is_told_otherwise)
{
	struct stp_port_config config = stp_port_config(near.ports[0]);

	turn_on();
	config.link = links[_i].link;
	stp_port_configure(near.ports[0], &config, NULL);
	ck_assert_int_eq(status_of(near.ports[0]).point_to_point,
			 links[_i].point_to_point);
}
END_TEST

START_TEST(the_link_of_a_shared_kind_is_shared)
{
	struct port_kind kind = port_kind_dummy;
	struct stp_port_config config;
	struct port *port;

	kind.shared = true;
	turn_on();
	port = switch_add_port(near.segment, &kind, "s", PORT_MTU_DEFAULT, NULL,
			       -1, NULL);
	ck_assert_ptr_nonnull(port);
	ck_assert(!status_of(port).point_to_point);
	config = stp_port_config(port);
	config.link = STP_LINK_POINT_TO_POINT;
	stp_port_configure(port, &config, NULL);
	ck_assert(status_of(port).point_to_point);
	switch_remove_port(port, "test"); /* before its kind goes */
}
END_TEST

/* ---- who wants to hear of it ---- */

static size_t n_port_stp, n_topology_changed;

static void
on_port(struct port *port, void *arg)
{
	(void)port;
	(void)arg;
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
}

static void
on_port_stp(struct port *port, void *arg)
{
	ck_assert_ptr_eq(arg, &rig);
	n_port_stp += port == far.ports[LINK_2];
}

static void
on_topology_changed(struct port *port, void *arg)
{
	ck_assert_ptr_eq(arg, &rig);
	n_topology_changed += port->segment == far.segment;
}

START_TEST(observers_hear_of_roles_states_and_changes)
{
	struct switch_observer observer = {
		.port_added = on_port,
		.port_removed = on_port_removed,
		.port_stp = on_port_stp,
		.topology_changed = on_topology_changed,
		.arg = &rig,
	};

	turn_on();
	pass_ms(10 * 1000);
	switch_observer_add(rig.sw, &observer);
	pass_ms(10 * 1000);
	ck_assert_uint_eq(n_port_stp, 0);
	ck_assert_uint_eq(n_topology_changed, 0);
	/* a role, learning, forwarding */
	port_set_carrier(far.ports[LINK_1], false);
	ck_assert_uint_eq(n_port_stp, 3);
	ck_assert_uint_eq(n_topology_changed, 1);
	switch_observer_remove(rig.sw, &observer);
}
END_TEST

/* Whatever the moment, nothing is left behind. */
START_TEST(a_segment_may_be_removed_while_it_runs)
{
	turn_on();
	pass_ms((unsigned)_i * 100);
	far.ports[LINK_1] = far.ports[LINK_2] = NULL;
	switch_remove_segment(rig.sw, far.segment);
	far.segment = near.segment; /* whose books are still there */
	pass_ms(4000);
	for (int i = 0; i < N_PORTS; i++)
		ck_assert_int_eq(near.ports[i]->stp_state, STP_FORWARDING);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ without_it_a_broadcast_goes_round_for_ever, 0 },
		{ with_it_one_link_of_two_is_closed_and_a_broadcast_comes_once,
		  0 },
		{ traffic_takes_the_other_link_when_the_first_is_lost,
		  N_LOSSES },
		{ a_link_that_comes_back_makes_no_storm, 0 },
		{ a_port_that_comes_is_closed_until_nobody_answers, 0 },
		{ a_port_set_as_edge_is_open_at_once, 0 },
		{ a_learning_port_learns_and_lets_nothing_pass, 0 },
		{ numbers_of_ports_that_went_are_given_again, 0 },
		{ bpdus_come_from_the_bridges_own_address_every_two_seconds,
		  0 },
		{ addresses_are_local_stable_and_differ_by_segment, 0 },
		{ bpdus_go_no_further_and_nonsense_is_counted, 0 },
		{ when_off_bpdus_are_frames_like_others, 0 },
		{ turned_off_every_port_is_open_and_nothing_is_sent, 0 },
		{ settings_may_come_before_and_stay_after, 0 },
		{ bad_settings_change_nothing, 0 },
		{ settings_keep_the_protocol, 0 },
		{ a_link_is_point_to_point_unless_it_is_told_otherwise,
		  UNIT_ROWS(links) },
		{ the_link_of_a_shared_kind_is_shared, 0 },
		{ observers_hear_of_roles_states_and_changes, 0 },
		{ a_segment_may_be_removed_while_it_runs, 5 },
		{ NULL, 0 },
	};

	return unit_run("stp", tests, setup, teardown);
}
