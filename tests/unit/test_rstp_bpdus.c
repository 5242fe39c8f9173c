/* BPDUs that are not as they should be, and settings likewise. */
#include <string.h>

#include "lib/err.h"
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

/* ---- BPDUs that are not as they should be ---- */

START_TEST(a_port_that_hears_itself_discards_until_it_is_quiet)
{
	struct rstp_port_config config = rstp_port_config_default();
	struct net_port *p;

	config.admin_edge = _i == 1;
	config.auto_edge = _i != 2;
	p = net_port_config(&net, net_bridge(&net, DEFAULT), &config);
	if (_i == 3)
		net_run_s(&net, 10); /* it forwards before it is bent */
	net_join(&net, p, p);
	/* an edge has forwarded for as long as its BPDU took */
	net_run_us(&net, NET_WIRE_US);
	net.n_loops = 0;
	net.changed_us = 0;
	net_run_s(&net, 100);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
	ck_assert_int_eq(p->state, RSTP_DISCARDING);
	ck_assert_uint_eq(net.changed_us, 0); /* nor has it learnt */
	ck_assert_uint_eq(net.n_loops, 0);
	ck_assert_uint_ge(rstp_port_status(p->rstp).rx_own, 50);

	net_silence(&net, 0);
	net_run_s(&net, 30);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
}
END_TEST

START_TEST(an_stp_port_that_hears_itself_discards_too)
{
	struct net_port *p = net_port(&net, net_old_bridge(&net, DEFAULT));

	net_join(&net, p, p);
	net_run_s(&net, 100);
	ck_assert_int_eq(p->state, RSTP_DISCARDING);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

START_TEST(of_two_ports_that_hear_each_other_one_is_the_backup)
{
	int a = net_bridge(&net, DEFAULT);

	net_wire(&net, a, a);
	net_settle(&net, 10);
	assert_port(a, 0, RSTP_ROLE_DESIGNATED, RSTP_FORWARDING);
	assert_port(a, 1, RSTP_ROLE_BACKUP, RSTP_DISCARDING);
	ck_assert_uint_eq(net.n_loops, 0);
}
END_TEST

/* 9.3.4 a): a Configuration BPDU at its maximum age is ignored. */
START_TEST(a_configuration_at_its_maximum_age_is_not_heard)
{
	struct bpdu bpdu = net_config_bpdu(net_id(9, LOW), 0, net_id(9, LOW));
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	bpdu.message_age = bpdu.max_age;
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx_invalid, 1);
	/* good for the port itself, too old for whoever is behind us */
	bpdu.message_age = (uint16_t)(bpdu.max_age - 256);
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx_invalid, 1);
}
END_TEST

/* 17.21.23: to the nearest second */
START_TEST(half_a_second_too_old_is_too_old)
{
	struct bpdu bpdu = net_rst_bpdu(net_id(9, LOW), 1, net_id(9, LOW), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	bpdu.message_age = (uint16_t)(bpdu.max_age - 128);
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
	bpdu.message_age--;
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
}
END_TEST

START_TEST(news_of_a_root_reach_as_far_as_their_maximum_age)
{
	struct rstp_config config = rstp_config_default();
	enum { N = 9 };

	config.max_age_s = 6;
	config.priority = LOW;
	net_bridge_config(&net, config);
	config.priority = DEFAULT;
	for (int i = 1; i < N; i++) {
		net_bridge_config(&net, config);
		net_wire(&net, i - 1, i);
	}
	net_run_s(&net, 30);
	/* each hop makes them a second older */
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(rstp_status(net.bridges[i].rstp).root_id ==
				     net_id(0, LOW),
				 i <= 6);
}
END_TEST

START_TEST(an_rst_bpdu_without_a_role_counts_as_a_configuration)
{
	struct bpdu bpdu = net_rst_bpdu(net_id(9, LOW), 0, net_id(9, LOW), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	bpdu.flags = BPDU_ROLE_UNKNOWN << BPDU_ROLE_SHIFT;
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
}
END_TEST

START_TEST(a_port_gives_way_to_one_that_should_not_forward_but_does)
{
	struct net_port *p = net_port(&net, net_bridge(&net, LOW));
	struct bpdu inferior =
	    net_rst_bpdu(net_id(9, HIGH), 0, net_id(9, HIGH), 0);

	net_run_s(&net, 10);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	net_inject(p, &inferior);
	ck_assert_int_eq(p->state, RSTP_FORWARDING);
	inferior.flags |= BPDU_LEARNING;
	net_inject(p, &inferior);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
	ck_assert_int_eq(p->state, RSTP_DISCARDING);
}
END_TEST

START_TEST(worse_news_from_the_designated_bridge_are_believed_at_once)
{
	struct bpdu bpdu =
	    net_rst_bpdu(net_id(8, LOW), 100, net_id(9, HIGH), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	net_inject(p, &bpdu);
	ck_assert_uint_eq(rstp_status(net.bridges[0].rstp).root_id,
			  net_id(8, LOW));
	/* it has lost that root, and has another priority by now */
	bpdu = net_rst_bpdu(net_id(9, LOW), 0, net_id(9, LOW), 0);
	bpdu.port = 0x1001;
	net_inject(p, &bpdu);
	ck_assert_uint_eq(rstp_status(net.bridges[0].rstp).root_id,
			  net_id(9, LOW));
	bpdu = net_rst_bpdu(net_id(9, HIGH), 0, net_id(9, HIGH), 0);
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
}
END_TEST

/* Who has forwarded on the strength of worse news need not stop for better
 * (17.29.3), also where nobody was there to agree. */
START_TEST(a_better_way_by_another_port_interrupts_nobody)
{
	struct rstp_port_config lonely = rstp_port_config_default();
	struct bpdu bpdu = net_rst_bpdu(net_id(8, LOW), 1000, net_id(9, LOW),
					BPDU_PROPOSAL | BPDU_FORWARDING);
	int b = net_bridge(&net, DEFAULT);
	struct net_port *old = net_port(&net, b), *new = net_port(&net, b);
	const struct net_port *down;

	lonely.auto_edge = false;
	down = net_port_config(&net, b, &lonely);
	for (int i = 0; i < 30; i++) {
		net_inject(old, &bpdu);
		net_run_s(&net, 1);
	}
	ck_assert_int_eq(old->role, RSTP_ROLE_ROOT);
	bpdu.root_path_cost = 500;
	bpdu.bridge = net_id(10, LOW);
	net_inject(new, &bpdu);
	ck_assert_int_eq(new->role, RSTP_ROLE_ROOT);
	ck_assert_int_eq(new->state, RSTP_FORWARDING);
	ck_assert(new->sent.flags &BPDU_AGREEMENT);
	ck_assert_uint_lt(down->forwarding_since_us, net.now_us);
	ck_assert_int_eq(down->state, RSTP_FORWARDING);
	/* but for worse it must */
	bpdu.root_path_cost = 600;
	net_inject(new, &bpdu);
	ck_assert_int_eq(new->role, RSTP_ROLE_ROOT);
	ck_assert_int_eq(down->state, RSTP_DISCARDING);
}
END_TEST

START_TEST(path_costs_do_not_wrap)
{
	const struct bpdu bpdu =
	    net_rst_bpdu(net_id(8, LOW), UINT32_MAX, net_id(9, LOW), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
	ck_assert_uint_eq(rstp_status(net.bridges[0].rstp).root_path_cost,
			  UINT32_MAX);
}
END_TEST

START_TEST(a_hello_time_of_zero_does_not_make_news_stale_at_once)
{
	struct bpdu bpdu = net_rst_bpdu(net_id(8, LOW), 0, net_id(8, LOW), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));

	bpdu.hello_time = 0;
	net_inject(p, &bpdu);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
	net_run_s(&net, 2);
	ck_assert_int_eq(p->role, RSTP_ROLE_ROOT);
	net_run_s(&net, 1);
	ck_assert_int_eq(p->role, RSTP_ROLE_DESIGNATED);
}
END_TEST

START_TEST(no_port_sends_more_than_its_hold_count_in_a_burst)
{
	struct rstp_config config = rstp_config_default();
	struct net_port *p;
	unsigned before;

	config.tx_hold_count = (uint8_t)(1 + 3 * _i);
	p = net_port(&net, net_bridge_config(&net, config));
	net_run_s(&net, 30);
	/* a second after a hello: it has sent nothing for that long */
	for (before = p->n_sent; before == p->n_sent;)
		net_run_us(&net, US / 10);
	net_run_s(&net, 1);
	before = p->n_sent;
	/* each of these turns the roles round, which is news */
	for (uint16_t i = 0; i < RSTP_RX_MAX; i++) {
		struct bpdu bpdu = net_rst_bpdu(
		    net_id(8, i % 2 == 0 ? LOW : HIGH), 0,
		    net_id(8, i % 2 == 0 ? LOW : HIGH), BPDU_PROPOSAL);

		net_inject(p, &bpdu);
	}
	ck_assert_uint_eq(p->n_sent, before + config.tx_hold_count);
	net_run_s(&net, 1);
	ck_assert_uint_eq(p->n_sent, before + config.tx_hold_count + 1);
}
END_TEST

/* So that nobody can keep the machines busy. */
START_TEST(a_port_listens_to_so_many_bpdus_a_second)
{
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));
	struct bpdu bpdu = net_rst_bpdu(net_id(8, LOW), 0, net_id(8, LOW), 0);

	for (uint32_t i = 0; i <= RSTP_RX_MAX; i++) {
		bpdu.root_path_cost = i;
		net_inject(p, &bpdu);
	}
	ck_assert_uint_eq(rstp_port_status(p->rstp).designated_cost,
			  RSTP_RX_MAX - 1);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx, RSTP_RX_MAX + 1);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx_excess, 1);
	net_run_s(&net, 1);
	net_inject(p, &bpdu);
	ck_assert_uint_eq(rstp_port_status(p->rstp).designated_cost,
			  RSTP_RX_MAX);
}
END_TEST

START_TEST(a_port_that_is_down_neither_sends_nor_listens)
{
	const struct bpdu bpdu =
	    net_rst_bpdu(net_id(8, LOW), 0, net_id(8, LOW), 0);
	struct net_port *p = net_port(&net, net_bridge(&net, DEFAULT));
	unsigned before;

	rstp_port_set_up(p->rstp, false);
	before = p->n_sent;
	net_inject(p, &bpdu);
	rstp_port_reject(p->rstp);
	net_run_s(&net, 30);
	ck_assert_uint_eq(p->n_sent, before);
	ck_assert_int_eq(p->role, RSTP_ROLE_DISABLED);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx, 0);
	ck_assert_uint_eq(rstp_port_status(p->rstp).rx_invalid, 0);
}
END_TEST

/* ---- settings ---- */

static const struct {
	struct rstp_config config;
	const char *error; /* NULL: good */
} configs[] = {
	{ { .priority = 0 }, NULL },
	{ { .priority = 61440 }, NULL },
	{ { .priority = 61441 }, "priority" },
	{ { .priority = 4095 }, "steps of 4096" },
	{ { .hello_time_s = 1 }, NULL },
	{ { .hello_time_s = 3 }, "hello time" },
	{ { .max_age_s = 6 }, NULL },
	{ { .max_age_s = 5 }, "maximum age" },
	{ { .max_age_s = 28 }, NULL },
	{ { .max_age_s = 29 }, "at least 16 s" },
	{ { .max_age_s = 41 }, "maximum age" },
	{ { .forward_delay_s = 11 }, NULL },
	{ { .forward_delay_s = 10 }, "at least 11 s" },
	{ { .forward_delay_s = 3 }, "forward delay" },
	{ { .forward_delay_s = 30 }, NULL },
	{ { .forward_delay_s = 31 }, "forward delay" },
	{ { .tx_hold_count = 1 }, NULL },
	{ { .tx_hold_count = 10 }, NULL },
	{ { .tx_hold_count = 11 }, "hold count" },
	{ { .address = { { 1 } } }, "address" },
};

START_TEST(settings_are_checked_against_the_standard)
{
	const struct rstp_config *change = &configs[_i].config;
	struct rstp_config config = rstp_config_default();
	struct err err = ERR_INIT;
	int ret;

	config.address = (struct mac){ { 2 } };
	if (!mac_is_zero(&change->address))
		config.address = change->address;
	if (change->hello_time_s != 0)
		config.hello_time_s = change->hello_time_s;
	if (change->max_age_s != 0)
		config.max_age_s = change->max_age_s;
	if (change->forward_delay_s != 0)
		config.forward_delay_s = change->forward_delay_s;
	if (change->tx_hold_count != 0)
		config.tx_hold_count = change->tx_hold_count;
	config.priority = change->priority;
	ret = rstp_config_check(&config, &err);
	if (configs[_i].error == NULL)
		ck_assert_msg(ret == 0, "%s", err.text);
	else
		ck_assert_msg(strstr(err.text, configs[_i].error) != NULL, "%s",
			      err.text);
}
END_TEST

static const struct {
	uint8_t priority;
	uint32_t path_cost;
	bool good;
} port_configs[] = {
	{ 0, 1, true },		 { 240, 200000000, true }, { 241, 1, false },
	{ 255, 1, false },	 { 8, 1, false },	   { 0, 0, false },
	{ 0, 200000001, false },
};

START_TEST(settings_of_ports_are_checked)
{
	struct rstp_port_config config = rstp_port_config_default();

	config.priority = port_configs[_i].priority;
	config.path_cost = port_configs[_i].path_cost;
	ck_assert_int_eq(rstp_port_config_check(&config, NULL) == 0,
			 port_configs[_i].good);
}
END_TEST

/* ---- links that are lost when something is sent ---- */

struct frail {
	struct rstp_port *port;
	unsigned n_left; /* BPDUs before the link is lost */
	bool sending, is_nested;
	enum rstp_role role;
	enum rstp_state state;
};

static void
frail_send(void *user, const struct bpdu *bpdu)
{
	struct frail *f = user;

	(void)bpdu;
	ck_assert(!f->sending);
	f->sending = true;
	if (f->n_left > 0 && --f->n_left == 0)
		rstp_port_set_up(f->port, false);
	f->sending = false;
}

static void
frail_set_state(void *user, enum rstp_state state)
{
	struct frail *f = user;

	f->is_nested |= f->sending;
	f->state = state;
}

static void
frail_role_changed(void *user, enum rstp_role role)
{
	struct frail *f = user;

	f->is_nested |= f->sending;
	f->role = role;
}

static void
frail_hear(void *user)
{
	struct frail *f = user;

	f->is_nested |= f->sending;
}

START_TEST(a_link_may_be_lost_by_what_is_sent)
{
	static const struct rstp_ops frail_ops = {
		.send = frail_send,
		.set_state = frail_set_state,
		.flush = frail_hear,
		.role_changed = frail_role_changed,
		.topology_changed = frail_hear,
	};
	const struct rstp_port_config port_config = rstp_port_config_default();
	struct rstp_config config = rstp_config_default();
	struct frail f = { .n_left = 1 + (unsigned)_i };
	struct rstp *rstp;

	config.address = (struct mac){ { 2 } };
	rstp = rstp_new(&config, &frail_ops);
	f.port = rstp_port_add(rstp, 1, &port_config, &f);
	rstp_port_set_up(f.port, true);
	for (int i = 0; i < 60 && f.n_left > 0; i++)
		rstp_tick(rstp);
	ck_assert_uint_eq(f.n_left, 0);
	ck_assert(!f.is_nested);
	ck_assert(rstp_is_stable(rstp));
	ck_assert_str_eq(rstp_role_name(f.role),
			 rstp_role_name(RSTP_ROLE_DISABLED));
	ck_assert_str_eq(rstp_state_name(f.state),
			 rstp_state_name(RSTP_DISCARDING));
	rstp_free(rstp);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_port_that_hears_itself_discards_until_it_is_quiet, 4 },
		{ an_stp_port_that_hears_itself_discards_too, 0 },
		{ of_two_ports_that_hear_each_other_one_is_the_backup, 0 },
		{ a_configuration_at_its_maximum_age_is_not_heard, 0 },
		{ half_a_second_too_old_is_too_old, 0 },
		{ news_of_a_root_reach_as_far_as_their_maximum_age, 0 },
		{ an_rst_bpdu_without_a_role_counts_as_a_configuration, 0 },
		{ a_port_gives_way_to_one_that_should_not_forward_but_does, 0 },
		{ worse_news_from_the_designated_bridge_are_believed_at_once,
		  0 },
		{ a_better_way_by_another_port_interrupts_nobody, 0 },
		{ path_costs_do_not_wrap, 0 },
		{ a_hello_time_of_zero_does_not_make_news_stale_at_once, 0 },
		{ no_port_sends_more_than_its_hold_count_in_a_burst, 4 },
		{ a_port_listens_to_so_many_bpdus_a_second, 0 },
		{ a_port_that_is_down_neither_sends_nor_listens, 0 },
		{ settings_are_checked_against_the_standard,
		  UNIT_ROWS(configs) },
		{ settings_of_ports_are_checked, UNIT_ROWS(port_configs) },
		{ a_link_may_be_lost_by_what_is_sent, 8 },
		{ NULL, 0 },
	};

	return unit_run("rstp_bpdus", tests, setup, teardown);
}
