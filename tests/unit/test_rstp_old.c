/* Neighbours that speak STP, the protocol of 802.1D-1998. */
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

/* ---- neighbours of the old kind ---- */

/* Who is root makes no difference: [0] is the old one. */
static const uint16_t with_old[][2] = { { LOW, HIGH }, { HIGH, LOW } };

START_TEST(beside_stp_nothing_crosses_for_max_age_and_forward_delay)
{
	int a = net_old_bridge(&net, with_old[_i][0]);
	int b = net_bridge(&net, with_old[_i][1]);

	net_wire(&net, a, b);
	net_run_s(&net, 10);
	ck_assert(!rstp_port_status(port(b, 0)->rstp).sends_rstp);
	net_run_s(&net, 24);
	ck_assert(!net_spans(&net));
	net_run_s(&net, 2);
	net_assert_tree(&net);
	if (port(b, 0)->role == RSTP_ROLE_DESIGNATED)
		ck_assert_int_eq(port(b, 0)->sent.type, BPDU_CONFIG);
	net_run_s(&net, 60);
	net_assert_tree(&net);
}
END_TEST

START_TEST(a_triangle_with_an_stp_bridge_has_no_circle)
{
	int a = net_old_bridge(&net, with_old[_i][0]);
	int b = net_bridge(&net, with_old[_i][1]);
	int c = net_bridge(&net, DEFAULT);

	net_wire(&net, a, b);
	net_wire(&net, b, c);
	net_wire(&net, c, a);
	net_settle(&net, 40);
	net_assert_tree(&net);
	for (int w = 0; w < 3; w++) {
		net_cut(&net, w);
		net_settle(&net, 60);
		net_assert_tree(&net);
		net_mend(&net, w);
		net_settle(&net, 60);
	}
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

/* For three seconds after a port has come up it sends RST BPDUs whatever it
 * hears, so that the other side has a chance to hear that it may. */
START_TEST(a_port_changes_to_stp_when_migrate_time_is_over)
{
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));
	const struct bpdu old =
	    net_config_bpdu(net_id(9, LOW), 0, net_id(9, LOW));

	net_run_us(&net, 2 * US);
	net_inject(p, &old);
	ck_assert(rstp_port_status(p->rstp).sends_rstp);
	net_run_us(&net, 1 * US);
	net_inject(p, &old);
	ck_assert(!rstp_port_status(p->rstp).sends_rstp);
}
END_TEST

START_TEST(a_port_changes_back_when_rstp_is_heard_or_asked_for)
{
	struct net_port *p = net_port(&net, net_bridge(&net, HIGH));
	const struct bpdu old =
	    net_config_bpdu(net_id(9, LOW), 0, net_id(9, LOW));
	const struct bpdu young =
	    net_rst_bpdu(net_id(9, LOW), 0, net_id(9, LOW), 0);

	net_run_s(&net, 4);
	net_inject(p, &old);
	ck_assert(!rstp_port_status(p->rstp).sends_rstp);
	/* not again within three seconds */
	net_inject(p, &young);
	ck_assert(!rstp_port_status(p->rstp).sends_rstp);
	net_run_s(&net, 3);
	net_inject(p, &young);
	ck_assert(rstp_port_status(p->rstp).sends_rstp);

	net_run_s(&net, 4);
	net_inject(p, &old);
	net_run_s(&net, 4);
	ck_assert(!rstp_port_status(p->rstp).sends_rstp);
	rstp_port_migrate(p->rstp);
	ck_assert(rstp_port_status(p->rstp).sends_rstp);
}
END_TEST

START_TEST(an_old_neighbours_tcn_is_acknowledged_and_passed_on)
{
	const struct bpdu old =
	    net_config_bpdu(net_id(9, HIGH), 0, net_id(9, HIGH));
	const struct bpdu tcn = { .type = BPDU_TCN };
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	struct net_port *p = net_port(&net, a);
	unsigned before;

	net_wire(&net, a, b);
	net_run_s(&net, 4);
	net_inject(p, &old);
	net_run_s(&net, 34);
	ck_assert_int_eq(p->sent.type, BPDU_CONFIG);
	ck_assert_int_eq(p->sent.flags, BPDU_TOPOLOGY_CHANGE);
	net_run_s(&net, 60);
	ck_assert_int_eq(p->sent.flags, 0);

	before = port(a, 1)->n_flushed;
	p->sent_flags = 0;
	net_inject(p, &tcn);
	ck_assert_uint_eq(port(a, 1)->n_flushed, before + 1);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx_tcn, 1);
	net_run_s(&net, 2);
	ck_assert(port(b, 0)->role == RSTP_ROLE_ROOT);
	ck_assert_int_eq(p->sent.type, BPDU_CONFIG);
	ck_assert(p->sent.flags & BPDU_TOPOLOGY_CHANGE);
	/* the acknowledgement goes out once */
	ck_assert(p->sent_flags & BPDU_TOPOLOGY_CHANGE_ACK);
	p->sent_flags = 0;
	net_run_s(&net, 4);
	ck_assert(!(p->sent_flags & BPDU_TOPOLOGY_CHANGE_ACK));
	net_run_s(&net, 27);
	ck_assert_int_eq(p->sent.flags & BPDU_TOPOLOGY_CHANGE_ACK, 0);
	ck_assert(p->sent.flags & BPDU_TOPOLOGY_CHANGE);
	net_run_s(&net, 6);
	ck_assert_int_eq(p->sent.flags, 0);
}
END_TEST

START_TEST(an_stp_root_port_repeats_its_tcn_until_it_is_acknowledged)
{
	struct bpdu old = net_config_bpdu(net_id(9, LOW), 0, net_id(9, LOW));
	struct net_port *p = net_port(&net, net_old_bridge(&net, DEFAULT));
	unsigned n_sent;

	for (int i = 0; i < 36; i++) {
		net_inject(p, &old);
		net_run_s(&net, 1);
	}
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	ck_assert_int_eq(p->sent.type, BPDU_TCN);
	n_sent = p->n_sent;
	net_inject(p, &old);
	net_run_s(&net, 4);
	ck_assert_uint_eq(p->n_sent, n_sent + 2);
	old.flags = BPDU_TOPOLOGY_CHANGE | BPDU_TOPOLOGY_CHANGE_ACK;
	net_inject(p, &old);
	net_run_s(&net, 4);
	ck_assert_uint_eq(p->n_sent, n_sent + 2);
}
END_TEST

START_TEST(force_version_stp_sends_no_rst_bpdu_and_starts_anew)
{
	int a = net_bridge(&net, LOW), b = net_bridge(&net, DEFAULT);
	struct rstp_config config;

	net_wire(&net, a, b);
	net_settle(&net, 10);
	config = *rstp_config(net.bridges[a].rstp);
	config.version = RSTP_VERSION_STP;
	rstp_configure(net.bridges[a].rstp, &config);
	ck_assert_int_eq(port(a, 0)->state, RSTP_DISCARDING);
	ck_assert_int_eq(port(a, 0)->sent.type, BPDU_CONFIG);
	net_run_s(&net, 34);
	ck_assert_int_ne(port(a, 0)->state, RSTP_FORWARDING);
	net_run_s(&net, 1);
	ck_assert_int_eq(port(a, 0)->state, RSTP_FORWARDING);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ beside_stp_nothing_crosses_for_max_age_and_forward_delay,
		  UNIT_ROWS(with_old) },
		{ a_triangle_with_an_stp_bridge_has_no_circle,
		  UNIT_ROWS(with_old) },
		{ a_port_changes_to_stp_when_migrate_time_is_over, 0 },
		{ a_port_changes_back_when_rstp_is_heard_or_asked_for, 0 },
		{ an_old_neighbours_tcn_is_acknowledged_and_passed_on, 0 },
		{ an_stp_root_port_repeats_its_tcn_until_it_is_acknowledged,
		  0 },
		{ force_version_stp_sends_no_rst_bpdu_and_starts_anew, 0 },
		{ NULL, 0 },
	};

	return unit_run("rstp_old", tests, setup, teardown);
}
