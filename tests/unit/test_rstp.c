/* The protocol in networks small enough to be looked at port by port. */
#include "tests/unit/rstp-net.h"
#include "tests/unit/unit.h"

enum { LOW = 4096, HIGH = 61440, DEFAULT = RSTP_PRIORITY_DEFAULT };
enum { HELLO_US = 2000000, US = 1000000 };

static struct net net;

static void
setup(void)
{
	net_init(&net, 1);
}

static void
teardown(void)
{
	net_fini(&net);
}

static struct net_port *
port(int bridge, int index)
{
	return &net.bridges[bridge].ports[index];
}

static void
assert_port(int bridge, int index, enum rstp_role role, enum rstp_state state)
{
	ck_assert_str_eq(rstp_role_name(port(bridge, index)->role),
			 rstp_role_name(role));
	ck_assert_str_eq(rstp_state_name(port(bridge, index)->state),
			 rstp_state_name(state));
}

/* ---- trees ---- */

START_TEST(of_two_wires_the_second_blocks_at_its_far_end)
{
	int a = net_bridge(&net, DEFAULT), b = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	net_wire(&net, a, b);
	net_settle(&net, 10);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(a, 1, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(b, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	assert_port(b, 1, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

START_TEST(the_priority_of_the_designated_port_chooses_among_wires)
{
	struct rstp_port_config good = rstp_port_config_default();
	int a = net_bridge(&net, DEFAULT), b = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	good.priority -= RSTP_PORT_PRIORITY_STEP;
	net_join(&net, net_port_config(&net, a, &good), net_port(&net, b));
	net_settle(&net, 10);
	assert_port(b, 0, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	assert_port(b, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
}
END_TEST

START_TEST(the_cheapest_way_to_the_root_is_taken)
{
	struct rstp_port_config dear = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	int c = net_bridge(&net, DEFAULT);

	dear.path_cost = 3 * RSTP_PATH_COST_DEFAULT;
	net_wire(&net, a, b);
	net_wire(&net, b, c);
	net_join(&net, net_port(&net, a), net_port_config(&net, c, &dear));
	net_settle(&net, 10);
	assert_port(c, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	assert_port(c, 1, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	ck_assert_uint_eq(rstp_status(net.bridges[c].rstp).root_path_cost,
			  2 * RSTP_PATH_COST_DEFAULT);

	/* one less than the way round, and it is the better one */
	dear.path_cost = 2 * RSTP_PATH_COST_DEFAULT - 1;
	rstp_port_configure(port(c, 1)->rstp, &dear);
	net_run_s(&net, 10);
	assert_port(c, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	assert_port(c, 0, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	net_assert_tree(&net);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

static void
make_ring(int n)
{
	for (int i = 0; i < n; i++)
		net_bridge(&net, DEFAULT);
	for (int i = 0; i < n; i++)
		net_wire(&net, i, (i + 1) % n);
	net_settle(&net, 10);
}

static int
count(enum rstp_state state)
{
	int n = 0;

	for (int b = 0; b < net.n_bridges; b++) {
		for (int i = 0; i < net.bridges[b].n_ports; i++)
			n += net.bridges[b].rstp != NULL &&
			     port(b, i)->state == state;
	}
	return n;
}

START_TEST(a_ring_is_cut_at_one_port_far_from_the_root)
{
	int n = 3 + _i;

	make_ring(n);
	net_assert_tree(&net);
	ck_assert_int_eq(count(RSTP_DISCARDING), 1);
	ck_assert_int_eq(count(RSTP_FORWARDING), 2 * n - 1);
	/* it is on the wire opposite the root, bridge 0 */
	for (int b = 0; b < n; b++) {
		for (int i = 0; i < 2; i++) {
			if (port(b, i)->state == RSTP_DISCARDING)
				ck_assert_int_eq(port(b, i)->wire, n / 2);
		}
	}
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

START_TEST(a_ring_heals_within_a_second_wherever_it_is_cut)
{
	int n = 3 + _i;

	make_ring(n);
	for (int w = 0; w < n; w++) {
		net_cut(&net, w);
		ck_assert_uint_lt(net_settle(&net, 10), US);
		net_assert_tree(&net);
		net_mend(&net, w);
		net_settle(&net, 10);
		net_assert_tree(&net);
	}
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

START_TEST(a_standby_wire_takes_over_at_once_when_the_carrier_is_lost)
{
	int a = net_bridge(&net, DEFAULT), b = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	net_wire(&net, a, b);
	net_settle(&net, 10);
	net_cut(&net, 0);
	assert_port(b, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	net_run_s(&net, 40);
	net_assert_tree(&net);
}
END_TEST

/* A neighbour is believed for three hello times of its own (17.21.23). */
START_TEST(a_silent_root_port_is_given_up_after_three_hello_times)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	uint64_t heard_us;

	net_wire(&net, a, b);
	net_wire(&net, a, b);
	net_settle(&net, 10);
	heard_us = port(a, 0)->sent_us + NET_WIRE_US;
	net_silence(&net, 0);
	/* the timers count whole ticks: up to one second less */
	net_run_us(&net, heard_us + 5 * US - net.now_us);
	assert_port(b, 1, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	net_run_us(&net, US);
	assert_port(b, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
}
END_TEST

START_TEST(when_the_root_dies_the_next_best_takes_its_place)
{
	for (int i = 0; i < 4; i++)
		net_bridge(&net, (uint16_t)(4096 * (i + 1)));
	for (int a = 0; a < 4; a++) {
		for (int b = 0; b < a; b++)
			net_wire(&net, a, b);
	}
	net_settle(&net, 10);
	net_kill(&net, 0);
	ck_assert_uint_lt(net_settle(&net, 30), 3 * US);
	net_assert_tree(&net);
	for (int b = 1; b < 4; b++)
		ck_assert_uint_eq(rstp_status(net.bridges[b].rstp).root_id,
				  net_id(1, 8192));
}
END_TEST

/* ---- how fast ---- */

START_TEST(two_bridges_agree_in_the_time_a_few_bpdus_take)
{
	int a = net_bridge(&net, DEFAULT), b = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	ck_assert_uint_le(net_settle(&net, 10), 4 * NET_WIRE_US);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(b, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
}
END_TEST

START_TEST(a_better_root_is_taken_by_a_whole_chain_within_a_hello_time)
{
	enum { N = 8 };

	for (int i = 0; i < N; i++)
		net_bridge(&net, DEFAULT);
	for (int i = 1; i < N; i++)
		net_wire(&net, i - 1, i);
	net_settle(&net, 10);
	net_bridge(&net, LOW);
	net_wire(&net, N, N - 1);
	net_run_us(&net, HELLO_US - 1);
	for (int i = 0; i <= N; i++)
		ck_assert_uint_eq(rstp_status(net.bridges[i].rstp).root_id,
				  net_id(N, LOW));
	ck_assert_int_eq(count(RSTP_FORWARDING), 2 * N);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

/* Who may have several neighbours cannot wait for the agreement of one: it
 * listens for as long as old news may live (DISABLED_PORT), then learns for a
 * hello time. */
START_TEST(a_shared_link_forwards_after_maximum_age_and_a_hello_time)
{
	struct rstp_port_config shared = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);

	shared.point_to_point = false;
	net_join(&net, net_port_config(&net, a, &shared), net_port(&net, b));
	net_run_us(&net, 19 * US);
	ck_assert_int_eq(port(a, 0)->state, RSTP_DISCARDING);
	net_run_us(&net, 2 * US);
	ck_assert_int_eq(port(a, 0)->state, RSTP_LEARNING);
	net_run_us(&net, 1 * US);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
}
END_TEST

START_TEST(an_edge_by_decree_forwards_at_once_and_is_no_topology_change)
{
	struct rstp_port_config edge = rstp_port_config_default();
	int a = net_bridge(&net, DEFAULT);
	const struct net_port *p;

	edge.admin_edge = true;
	p = net_port_config(&net, a, &edge);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	net_run_s(&net, 10);
	ck_assert_uint_eq(p->n_topology_changes, 0);
	ck_assert_uint_eq(rstp_status(net.bridges[a].rstp).topology_changes, 0);
}
END_TEST

/* The tick comes up to a second after the port. */
START_TEST(an_edge_is_recognized_by_three_seconds_of_silence)
{
	int a = net_bridge(&net, DEFAULT);
	const struct net_port *p = net_port(&net, a);

	net_run_us(&net, 2 * US);
	ck_assert(!rstp_port_status(p->rstp).edge);
	ck_assert_int_ne(p->state, RSTP_FORWARDING);
	net_run_us(&net, 1 * US);
	ck_assert(rstp_port_status(p->rstp).edge);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	net_run_s(&net, 10);
	rstp_port_set_up(p->rstp, false);
	ck_assert_int_eq(p->state, RSTP_DISCARDING);
	ck_assert_uint_eq(p->n_topology_changes, 0);
}
END_TEST

START_TEST(without_auto_edge_a_lonely_port_waits_like_a_shared_link)
{
	struct rstp_port_config config = rstp_port_config_default();
	const struct net_port *p;

	config.auto_edge = false;
	p = net_port_config(&net, net_bridge(&net, DEFAULT), &config);
	net_run_us(&net, 21 * US);
	ck_assert_int_eq(p->state, RSTP_LEARNING);
	net_run_us(&net, 1 * US);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	ck_assert(!rstp_port_status(p->rstp).edge);
	ck_assert_uint_eq(p->n_topology_changes, 1);
}
END_TEST

START_TEST(an_edge_is_none_any_more_when_a_bridge_is_heard)
{
	struct rstp_port_config edge = rstp_port_config_default();
	int a = net_bridge(&net, DEFAULT), b = net_bridge(&net, DEFAULT);

	edge.admin_edge = true;
	for (int i = 0; i < 2; i++)
		net_join(&net, net_port_config(&net, a, &edge),
			 net_port_config(&net, b, &edge));
	net_settle(&net, 10);
	net_assert_tree(&net);
	for (int i = 0; i < 2; i++)
		ck_assert(!rstp_port_status(port(a, i)->rstp).edge);
}
END_TEST

START_TEST(a_port_that_is_made_an_edge_while_up_becomes_one)
{
	struct rstp_port_config config = rstp_port_config_default();
	int a = net_bridge(&net, DEFAULT);
	const struct net_port *p;

	config.auto_edge = false;
	p = net_port_config(&net, a, &config);
	config.admin_edge = true;
	rstp_port_configure(p->rstp, &config);
	ck_assert(rstp_port_status(p->rstp).edge);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	config.admin_edge = false;
	rstp_port_configure(p->rstp, &config);
	ck_assert(!rstp_port_status(p->rstp).edge);
	ck_assert_int_eq(p->state, RSTP_DISCARDING);
}
END_TEST

/* ---- topology changes ---- */

START_TEST(a_change_makes_all_forget_but_edges_and_where_it_was_heard)
{
	struct rstp_port_config edge = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	int c = net_bridge(&net, DEFAULT);
	unsigned before[3];

	edge.admin_edge = true;
	net_wire(&net, a, b);		 /* a.0, b.0 */
	net_wire(&net, b, c);		 /* b.1, c.0 */
	net_port_config(&net, b, &edge); /* b.2 */
	net_settle(&net, 10);
	for (int i = 0; i < 3; i++)
		before[i] = port(b, i)->n_flushed;

	/* c gets a neighbour that is no edge */
	net_wire(&net, c, net_bridge(&net, DEFAULT));
	net_run_us(&net, US);
	ck_assert_uint_gt(port(b, 0)->n_flushed, before[0]);
	ck_assert_uint_eq(port(b, 1)->n_flushed, before[1]);
	ck_assert_uint_eq(port(b, 2)->n_flushed, before[2]);
	ck_assert_uint_gt(rstp_status(net.bridges[c].rstp).topology_changes, 0);
}
END_TEST

START_TEST(a_change_is_told_for_a_hello_time_and_a_second)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	uint64_t start_us;

	net_wire(&net, a, b);
	net_run_us(&net, 4 * NET_WIRE_US);
	start_us = net.now_us;
	ck_assert(port(a, 0)->sent.flags & BPDU_TOPOLOGY_CHANGE);
	net_run_s(&net, 2);
	ck_assert(port(a, 0)->sent.flags & BPDU_TOPOLOGY_CHANGE);
	net_run_s(&net, 2);
	ck_assert_uint_gt(port(a, 0)->sent_us, start_us + 2 * US);
	ck_assert(!(port(a, 0)->sent.flags & BPDU_TOPOLOGY_CHANGE));
}
END_TEST

START_TEST(a_port_that_blocks_forgets)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	unsigned before;

	net_wire(&net, a, b);
	net_settle(&net, 10);
	before = port(b, 0)->n_flushed;
	net_cut(&net, 0);
	ck_assert_uint_eq(port(b, 0)->n_flushed, before + 1);
}
END_TEST

/* ---- while it runs ---- */

START_TEST(a_bridge_that_is_made_root_becomes_it_without_a_circle)
{
	make_ring(5);
	for (int b = 4; b >= 0; b--) {
		struct rstp_config config = *rstp_config(net.bridges[b].rstp);

		config.priority = (uint16_t)(4096 * b);
		rstp_configure(net.bridges[b].rstp, &config);
		net_settle(&net, 10);
		net_assert_tree(&net);
		for (int i = 0; i < 5; i++)
			ck_assert_uint_eq(
			    rstp_status(net.bridges[i].rstp).root_id,
			    net_id(b, config.priority));
	}
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

START_TEST(the_times_of_the_root_hold_for_all)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	struct rstp_config config;
	struct rstp_status status;

	net_wire(&net, a, b);
	net_settle(&net, 10);
	config = *rstp_config(net.bridges[a].rstp);
	config.max_age_s = 30;
	config.forward_delay_s = 25;
	rstp_configure(net.bridges[a].rstp, &config);
	net_run_s(&net, 1);
	status = rstp_status(net.bridges[b].rstp);
	ck_assert_uint_eq(status.max_age_s, 30);
	ck_assert_uint_eq(status.forward_delay_s, 25);
	net_assert_tree(&net);
}
END_TEST

/* Two bridges, two wires; @moment: events after the start. */
START_TEST(a_port_may_be_removed_at_any_moment)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	net_wire(&net, a, b);
	net_run_us(&net, (uint64_t)_i * NET_WIRE_US / 2);
	for (int i = 0; i < 2; i++) {
		struct net_port *p = i == 0 ? port(b, 0) : port(a, 0);

		rstp_port_remove(p->rstp);
		p->rstp = NULL;
		ck_assert_int_eq(p->state, RSTP_DISCARDING);
		ck_assert(rstp_is_stable(net.bridges[p->bridge].rstp));
	}
	net_settle(&net, 10);
	net_assert_tree(&net);
	assert_port(a, 1, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(b, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
}
END_TEST

START_TEST(ports_are_what_they_are_in_whatever_order_they_came)
{
	struct rstp_port_config config = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);

	/* number 2 of b comes before number 1 */
	net_wire(&net, a, b);
	net_wire(&net, a, b);
	rstp_port_remove(port(b, 0)->rstp);
	port(b, 0)->rstp =
	    rstp_port_add(net.bridges[b].rstp, 1, &config, port(b, 0));
	rstp_port_set_up(port(b, 0)->rstp, true);
	net_settle(&net, 10);
	assert_port(b, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	assert_port(b, 1, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
}
END_TEST

START_TEST(on_a_hub_one_port_is_designated_and_its_sister_the_backup)
{
	struct rstp_port_config shared = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	int w;

	shared.point_to_point = false;
	w = net_join(&net, net_port_config(&net, a, &shared),
		     net_port_config(&net, b, &shared));
	net_hub(&net, w, net_port_config(&net, a, &shared));
	net_settle(&net, 30);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(a, 1, RSTP_ROLE_BACKUP, RSTP_DISCARDING);
	assert_port(b, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	net_assert_tree(&net);
	ck_assert_uint_eq(net.n_loops, 0);

	rstp_port_set_up(port(a, 0)->rstp, false);
	net_settle(&net, 30);
	assert_port(a, 1, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
}
END_TEST

/* Nobody but the ports themselves tells them apart. */
START_TEST(of_two_ways_by_the_same_hub_the_lower_port_is_taken)
{
	struct rstp_port_config shared = rstp_port_config_default();
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	int w;

	shared.point_to_point = false;
	w = net_join(&net, net_port_config(&net, a, &shared),
		     net_port_config(&net, b, &shared));
	net_hub(&net, w, net_port_config(&net, b, &shared));
	net_settle(&net, 30);
	assert_port(b, 0, RSTP_ROLE_ROOT, RSTP_FORWARDING);
	assert_port(b, 1, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);

	shared.priority -= RSTP_PORT_PRIORITY_STEP;
	rstp_port_configure(port(b, 1)->rstp, &shared);
	net_settle(&net, 30);
	assert_port(b, 0, RSTP_ROLE_ALTERNATE, RSTP_DISCARDING);
	assert_port(b, 1, RSTP_ROLE_ROOT, RSTP_FORWARDING);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ of_two_wires_the_second_blocks_at_its_far_end, 0 },
		{ the_priority_of_the_designated_port_chooses_among_wires, 0 },
		{ the_cheapest_way_to_the_root_is_taken, 0 },
		{ a_ring_is_cut_at_one_port_far_from_the_root, 3 },
		{ a_ring_heals_within_a_second_wherever_it_is_cut, 3 },
		{ a_standby_wire_takes_over_at_once_when_the_carrier_is_lost,
		  0 },
		{ a_silent_root_port_is_given_up_after_three_hello_times, 0 },
		{ when_the_root_dies_the_next_best_takes_its_place, 0 },
		{ two_bridges_agree_in_the_time_a_few_bpdus_take, 0 },
		{ a_better_root_is_taken_by_a_whole_chain_within_a_hello_time,
		  0 },
		{ a_shared_link_forwards_after_maximum_age_and_a_hello_time,
		  0 },
		{ an_edge_by_decree_forwards_at_once_and_is_no_topology_change,
		  0 },
		{ an_edge_is_recognized_by_three_seconds_of_silence, 0 },
		{ without_auto_edge_a_lonely_port_waits_like_a_shared_link, 0 },
		{ an_edge_is_none_any_more_when_a_bridge_is_heard, 0 },
		{ a_port_that_is_made_an_edge_while_up_becomes_one, 0 },
		{ a_change_makes_all_forget_but_edges_and_where_it_was_heard,
		  0 },
		{ a_change_is_told_for_a_hello_time_and_a_second, 0 },
		{ a_port_that_blocks_forgets, 0 },
		{ a_bridge_that_is_made_root_becomes_it_without_a_circle, 0 },
		{ the_times_of_the_root_hold_for_all, 0 },
		{ a_port_may_be_removed_at_any_moment, 40 },
		{ ports_are_what_they_are_in_whatever_order_they_came, 0 },
		{ on_a_hub_one_port_is_designated_and_its_sister_the_backup,
		  0 },
		{ of_two_ways_by_the_same_hub_the_lower_port_is_taken, 0 },
		{ NULL, 0 },
	};

	return unit_run("rstp", tests, setup, teardown);
}
