/* Port State Transition (17.30), and Topology Change (17.31): when addresses
 * are forgotten, and who is told of it. */
#include "switch/rstp/machine.h"

/* ---- Port State Transition ---- */

enum { DISCARDING, LEARNING, FORWARDING };

static void
set_state(struct rstp_port *p, enum rstp_state state)
{
	p->learning = state != RSTP_DISCARDING;
	p->forwarding = state == RSTP_FORWARDING;
	p->bridge->ops->set_state(p->user, state);
}

static void
enter_discarding(struct rstp_port *p)
{
	set_state(p, RSTP_DISCARDING);
}

static void
enter_learning_state(struct rstp_port *p)
{
	set_state(p, RSTP_LEARNING);
}

static void
enter_forwarding(struct rstp_port *p)
{
	set_state(p, RSTP_FORWARDING);
}

static bool
when_learn(const struct rstp_port *p)
{
	return p->learn;
}

static bool
when_not_learn(const struct rstp_port *p)
{
	return !p->learn;
}

static bool
when_forward(const struct rstp_port *p)
{
	return p->forward;
}

static bool
when_not_forward(const struct rstp_port *p)
{
	return !p->forward;
}

static const struct rule state_rules[] = {
	{ DISCARDING, LEARNING, when_learn },
	{ LEARNING, DISCARDING, when_not_learn },
	{ LEARNING, FORWARDING, when_forward },
	{ FORWARDING, DISCARDING, when_not_forward },
};

static state_enter_fn *const state_enter[] = {
	[DISCARDING] = enter_discarding,
	[LEARNING] = enter_learning_state,
	[FORWARDING] = enter_forwarding,
};

const struct machine port_state_transition_machine = {
	.rules = state_rules,
	.n_rules = N_RULES(state_rules),
	.first = DISCARDING,
	.enter = state_enter,
};

/* ---- Topology Change ---- */

enum {
	TC_INACTIVE,
	TC_LEARNING,
	TC_DETECTED,
	TC_NOTIFIED_TCN,
	TC_NOTIFIED_TC,
	TC_PROPAGATING,
	TC_ACKNOWLEDGED,
	TC_ACTIVE,
};

/* fdbFlush (17.19.7) is obeyed at once, in place of the fast ageing that
 * version 0 has: more is flooded for a moment, less goes astray. */
static void
flush(struct rstp_port *p)
{
	p->bridge->ops->flush(p->user);
}

/* 17.21.7 */
static void
new_tc_while(struct rstp_port *p)
{
	const struct times *root = &p->bridge->root_times;

	if (p->tc_while != 0)
		return;
	if (p->send_rstp) {
		p->tc_while = (uint16_t)(hello_time(p) + 1);
		p->new_info = true;
	} else {
		p->tc_while = (uint16_t)(root->max_age + root->forward_delay);
	}
}

/* 17.21.18 */
static void
set_tc_prop_tree(struct rstp_port *self)
{
	struct rstp_port *p;

	TAILQ_FOREACH (p, &self->bridge->ports, link) {
		if (p != self)
			p->tc_prop = true;
	}
	self->bridge->tree_touched = true;
}

static void
enter_inactive(struct rstp_port *p)
{
	flush(p);
	p->tc_while = 0;
	p->tc_ack = false;
}

static void
enter_learning(struct rstp_port *p)
{
	p->rcvd_tc = p->rcvd_tcn = p->rcvd_tc_ack = p->tc_prop = false;
}

static void
enter_detected(struct rstp_port *p)
{
	p->bridge->n_topology_changes++;
	p->bridge->since_change_s = 0;
	new_tc_while(p);
	set_tc_prop_tree(p);
	p->new_info = true;
	p->bridge->ops->topology_changed(p->user);
}

static void
enter_notified_tc(struct rstp_port *p)
{
	p->rcvd_tcn = p->rcvd_tc = false;
	if (p->role == RSTP_ROLE_DESIGNATED)
		p->tc_ack = true;
	set_tc_prop_tree(p);
}

static void
enter_propagating(struct rstp_port *p)
{
	new_tc_while(p);
	flush(p);
	p->tc_prop = false;
}

static void
enter_acknowledged(struct rstp_port *p)
{
	p->tc_while = 0;
	p->rcvd_tc_ack = false;
}

static bool
is_in_tree(const struct rstp_port *p)
{
	return p->role == RSTP_ROLE_ROOT || p->role == RSTP_ROLE_DESIGNATED;
}

static bool
is_told(const struct rstp_port *p)
{
	return p->rcvd_tc || p->rcvd_tcn || p->rcvd_tc_ack || p->tc_prop;
}

static bool
when_left(const struct rstp_port *p)
{
	return !is_in_tree(p) && !p->learn && !p->learning && !is_told(p);
}

/* An edge that goes down is none any more before it has stopped forwarding:
 * that is no change yet. */
static bool
when_detected(const struct rstp_port *p)
{
	return is_in_tree(p) && p->forward && !p->oper_edge && p->port_enabled;
}

static bool
when_tcn(const struct rstp_port *p)
{
	return p->rcvd_tcn;
}

static bool
when_tc(const struct rstp_port *p)
{
	return p->rcvd_tc;
}

static bool
when_to_propagate(const struct rstp_port *p)
{
	return p->tc_prop && !p->oper_edge;
}

static bool
when_acknowledged(const struct rstp_port *p)
{
	return p->rcvd_tc_ack;
}

static bool
when_out_of_tree(const struct rstp_port *p)
{
	return !is_in_tree(p) || p->oper_edge;
}

static const struct rule tc_rules[] = {
	{ TC_INACTIVE, TC_LEARNING, when_learn },
	{ TC_LEARNING, TC_LEARNING, is_told },
	{ TC_LEARNING, TC_DETECTED, when_detected },
	{ TC_LEARNING, TC_INACTIVE, when_left },
	{ TC_DETECTED, TC_ACTIVE, NULL },
	{ TC_ACTIVE, TC_LEARNING, when_out_of_tree },
	{ TC_ACTIVE, TC_NOTIFIED_TCN, when_tcn },
	{ TC_ACTIVE, TC_NOTIFIED_TC, when_tc },
	{ TC_ACTIVE, TC_PROPAGATING, when_to_propagate },
	{ TC_ACTIVE, TC_ACKNOWLEDGED, when_acknowledged },
	{ TC_NOTIFIED_TCN, TC_NOTIFIED_TC, NULL },
	{ TC_NOTIFIED_TC, TC_ACTIVE, NULL },
	{ TC_PROPAGATING, TC_ACTIVE, NULL },
	{ TC_ACKNOWLEDGED, TC_ACTIVE, NULL },
};

static state_enter_fn *const tc_enter[] = {
	[TC_INACTIVE] = enter_inactive,
	[TC_LEARNING] = enter_learning,
	[TC_DETECTED] = enter_detected,
	[TC_NOTIFIED_TCN] = new_tc_while,
	[TC_NOTIFIED_TC] = enter_notified_tc,
	[TC_PROPAGATING] = enter_propagating,
	[TC_ACKNOWLEDGED] = enter_acknowledged,
	[TC_ACTIVE] = NULL,
};

const struct machine topology_change_machine = {
	.rules = tc_rules,
	.n_rules = N_RULES(tc_rules),
	.first = TC_INACTIVE,
	.enter = tc_enter,
};
