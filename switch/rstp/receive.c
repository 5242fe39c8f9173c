/*
 * The machines that look at what kind of neighbour a port has: Port Receive
 * (17.23), Port Protocol Migration (17.24), Bridge Detection (17.25).
 */
#include "switch/rstp/machine.h"

/* ---- Port Receive (17.23) ---- */

enum { DISCARD, RECEIVE };

/* 17.21.22 */
static void
updt_bpdu_version(struct rstp_port *p)
{
	p->rcvd_stp = p->bpdu.type != BPDU_RST;
	p->rcvd_rstp = p->bpdu.type == BPDU_RST;
}

static void
enter_discard(struct rstp_port *p)
{
	p->rcvd_bpdu = p->rcvd_rstp = p->rcvd_stp = false;
	p->rcvd_msg = false;
	p->edge_delay_while = RSTP_MIGRATE_TIME_S;
}

static void
enter_receive(struct rstp_port *p)
{
	updt_bpdu_version(p);
	p->oper_edge = p->rcvd_bpdu = false;
	p->rcvd_msg = true;
	p->edge_delay_while = RSTP_MIGRATE_TIME_S;
}

static bool
when_disabled(const struct rstp_port *p)
{
	return (p->rcvd_bpdu || p->edge_delay_while != RSTP_MIGRATE_TIME_S) &&
	       !p->port_enabled;
}

static bool
when_bpdu(const struct rstp_port *p)
{
	return p->rcvd_bpdu && p->port_enabled;
}

static bool
when_next_bpdu(const struct rstp_port *p)
{
	return p->rcvd_bpdu && p->port_enabled && !p->rcvd_msg;
}

static const struct rule receive_rules[] = {
	{ ANY_STATE, DISCARD, when_disabled },
	{ DISCARD, RECEIVE, when_bpdu },
	{ RECEIVE, RECEIVE, when_next_bpdu },
};

static state_enter_fn *const receive_enter[] = {
	[DISCARD] = enter_discard,
	[RECEIVE] = enter_receive,
};

const struct machine port_receive_machine = {
	.rules = receive_rules,
	.n_rules = N_RULES(receive_rules),
	.first = DISCARD,
	.enter = receive_enter,
};

/* ---- Port Protocol Migration (17.24) ---- */

enum { CHECKING_RSTP, SELECTING_STP, SENSING };

static void
enter_checking_rstp(struct rstp_port *p)
{
	p->mcheck = false;
	p->send_rstp = rstp_version_is_rstp(p);
	p->mdelay_while = RSTP_MIGRATE_TIME_S;
}

static void
enter_selecting_stp(struct rstp_port *p)
{
	p->send_rstp = false;
	p->mdelay_while = RSTP_MIGRATE_TIME_S;
}

static void
enter_sensing(struct rstp_port *p)
{
	p->rcvd_rstp = p->rcvd_stp = false;
}

static bool
when_waits_disabled(const struct rstp_port *p)
{
	return p->mdelay_while != RSTP_MIGRATE_TIME_S && !p->port_enabled;
}

static bool
when_checked(const struct rstp_port *p)
{
	return p->mdelay_while == 0;
}

static bool
when_to_check(const struct rstp_port *p)
{
	return !p->port_enabled || p->mcheck ||
	       (rstp_version_is_rstp(p) && !p->send_rstp && p->rcvd_rstp);
}

static bool
when_neighbour_is_old(const struct rstp_port *p)
{
	return p->send_rstp && p->rcvd_stp;
}

static bool
when_selected_stp(const struct rstp_port *p)
{
	return p->mdelay_while == 0 || !p->port_enabled || p->mcheck;
}

static const struct rule migration_rules[] = {
	{ CHECKING_RSTP, CHECKING_RSTP, when_waits_disabled },
	{ CHECKING_RSTP, SENSING, when_checked },
	{ SENSING, CHECKING_RSTP, when_to_check },
	{ SENSING, SELECTING_STP, when_neighbour_is_old },
	{ SELECTING_STP, SENSING, when_selected_stp },
};

static state_enter_fn *const migration_enter[] = {
	[CHECKING_RSTP] = enter_checking_rstp,
	[SELECTING_STP] = enter_selecting_stp,
	[SENSING] = enter_sensing,
};

const struct machine port_protocol_migration_machine = {
	.rules = migration_rules,
	.n_rules = N_RULES(migration_rules),
	.first = CHECKING_RSTP,
	.enter = migration_enter,
};

/* ---- Bridge Detection (17.25) ---- */

enum { EDGE, NOT_EDGE };

static void
enter_edge(struct rstp_port *p)
{
	p->oper_edge = true;
}

static void
enter_not_edge(struct rstp_port *p)
{
	p->oper_edge = false;
}

static bool
when_not_edge(const struct rstp_port *p)
{
	return (!p->port_enabled && !p->config.admin_edge) || !p->oper_edge;
}

static bool
when_edge(const struct rstp_port *p)
{
	return (!p->port_enabled && p->config.admin_edge) ||
	       (p->edge_delay_while == 0 && p->config.auto_edge &&
		p->send_rstp && p->proposing);
}

static const struct rule detection_rules[] = {
	{ EDGE, NOT_EDGE, when_not_edge },
	{ NOT_EDGE, EDGE, when_edge },
};

static state_enter_fn *const detection_enter[] = {
	[EDGE] = enter_edge,
	[NOT_EDGE] = enter_not_edge,
};

/* BEGIN with AdminEdge leads to NOT_EDGE and from there on to EDGE, since a
 * port begins disabled. */
const struct machine bridge_detection_machine = {
	.rules = detection_rules,
	.n_rules = N_RULES(detection_rules),
	.first = NOT_EDGE,
	.enter = detection_enter,
};
