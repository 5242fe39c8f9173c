#include "switch/rstp/rstp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/rstp/machine.h"

/* More moves than any input causes, a port.  Who is up to them has found a
 * mistake in us: it costs the rest until the next input, not the process. */
enum { MOVES_MAX = 1000 };

static const struct machine *const machines[N_MACHINES] = {
	[PORT_RECEIVE] = &port_receive_machine,
	[PORT_PROTOCOL_MIGRATION] = &port_protocol_migration_machine,
	[BRIDGE_DETECTION] = &bridge_detection_machine,
	[PORT_INFORMATION] = &port_information_machine,
	[PORT_ROLE_TRANSITIONS] = &port_role_transitions_machine,
	[PORT_STATE_TRANSITION] = &port_state_transition_machine,
	[TOPOLOGY_CHANGE] = &topology_change_machine,
	[PORT_TRANSMIT] = &port_transmit_machine,
};

/* ---- moving the machines ---- */

static bool
holds(const struct machine *m, const struct rule *rule,
      const struct rstp_port *p)
{
	if (rule->when == NULL)
		return true;
	if (m->when_settled && (!p->selected || p->updt_info))
		return false;
	return rule->when(p);
}

static const struct rule *
next_rule(enum machine_id id, const struct rstp_port *p)
{
	const struct machine *m = machines[id];

	for (uint8_t i = 0; i < m->n_rules; i++) {
		const struct rule *rule = &m->rules[i];

		if (rule->from != ANY_STATE && rule->from != p->state[id])
			continue;
		if (holds(m, rule, p))
			return rule;
	}
	return NULL;
}

static void
enter(struct rstp_port *p, enum machine_id id, uint8_t state)
{
	state_enter_fn *fn = machines[id]->enter[state];

	p->state[id] = state;
	if (fn != NULL)
		fn(p);
}

/* Return: did any machine move? */
static bool
run_port(struct rstp_port *p)
{
	bool moved = false;

	p->bridge->is_running = true;
	for (int id = 0; id < N_MACHINES; id++) {
		const struct rule *rule;

		for (int n = 0; n < MOVES_MAX; n++) {
			rule = next_rule((enum machine_id)id, p);
			if (rule == NULL)
				break;
			enter(p, (enum machine_id)id, rule->to);
			moved = true;
		}
	}
	p->bridge->is_running = false;
	return moved;
}

static bool
run_ports(struct rstp *rstp)
{
	struct rstp_port *p;
	bool moved = false;

	TAILQ_FOREACH (p, &rstp->ports, link)
		moved |= run_port(p);
	return moved;
}

static void
run(struct rstp *rstp)
{
	bool moved = true;

	for (int n = 0; n < MOVES_MAX && moved; n++) {
		if (roles_selection_is_due(rstp))
			roles_select(rstp);
		moved = run_ports(rstp) || roles_selection_is_due(rstp);
	}
}

/* What the machines of other ports look at in this one. */
struct shared {
	bool selected, settled, synced, rooted;
};

static struct shared
shared_of(const struct rstp_port *p)
{
	return (struct shared){
		.selected = p->selected,
		.settled = p->role == p->selected_role,
		.synced = p->synced,
		.rooted = p->rr_while != 0,
	};
}

/* Something has come to one port, in which others had seen @before.  Most often
 * it is a BPDU that says what the last one said, and concerns nobody else. */
static void
run_from(struct rstp_port *p, struct shared before)
{
	bool moved = true;
	struct shared after;

	p->bridge->tree_touched = false;
	for (int n = 0; n < MOVES_MAX && moved; n++) {
		moved = run_port(p);
		if (p->reselect && roles_select_alone(p))
			moved = true;
	}
	after = shared_of(p);
	if (p->bridge->tree_touched || p->reselect ||
	    before.selected != after.selected ||
	    before.settled != after.settled || before.synced != after.synced ||
	    before.rooted != after.rooted)
		run(p->bridge);
}

bool
rstp_is_stable(const struct rstp *rstp)
{
	const struct rstp_port *p;

	TAILQ_FOREACH (p, &rstp->ports, link) {
		for (int id = 0; id < N_MACHINES; id++) {
			if (next_rule((enum machine_id)id, p) != NULL)
				return false;
		}
	}
	return !roles_selection_is_due(rstp);
}

/* BEGIN (17.18.1), for one port. */
static void
begin(struct rstp_port *p)
{
	p->rcvd_bpdu = p->rcvd_msg = p->mcheck = p->disputed = false;
	p->updt_info = p->tc_ack = p->tc_prop = p->oper_edge = false;
	p->selected_role = RSTP_ROLE_DISABLED; /* updtRoleDisabledTree() */
	p->designated_times = p->bridge->bridge_times;
	for (int id = 0; id < N_MACHINES; id++)
		enter(p, (enum machine_id)id, machines[id]->first);
}

/* ---- settings of the bridge ---- */

static void
set_bridge(struct rstp *rstp, const struct rstp_config *config)
{
	rstp->config = *config;
	rstp->bridge_id = bpdu_bridge_id(config->priority, &config->address);
	rstp->bridge_priority = (struct vector){
		.root = rstp->bridge_id,
		.bridge = rstp->bridge_id,
	};
	rstp->bridge_times = (struct times){
		.max_age = config->max_age_s,
		.hello_time = config->hello_time_s,
		.forward_delay = config->forward_delay_s,
	};
}

struct rstp *
rstp_new(const struct rstp_config *config, const struct rstp_ops *ops)
{
	struct rstp *rstp = XNEW(struct rstp);

	assert(rstp_config_check(config, NULL) == 0);
	rstp->ops = ops;
	TAILQ_INIT(&rstp->ports);
	set_bridge(rstp, config);
	rstp->root_priority = rstp->bridge_priority;
	rstp->root_times = rstp->bridge_times;
	return rstp;
}

void
rstp_free(struct rstp *rstp)
{
	struct rstp_port *p;

	if (rstp == NULL)
		return;
	while ((p = TAILQ_FIRST(&rstp->ports)) != NULL) {
		TAILQ_REMOVE(&rstp->ports, p, link);
		free(p);
	}
	free(rstp);
}

/* Roles have to be chosen anew (17.13, last paragraph). */
static void
reselect(struct rstp_port *p)
{
	p->reselect = true;
	p->selected = false;
}

void
rstp_configure(struct rstp *rstp, const struct rstp_config *config)
{
	bool anew = config->version != rstp->config.version ||
		    !mac_eq(&config->address, &rstp->config.address);
	struct rstp_port *p;

	assert(rstp_config_check(config, NULL) == 0);
	set_bridge(rstp, config);
	TAILQ_FOREACH (p, &rstp->ports, link) {
		p->tx_count = 0; /* Transmit Hold Count may have changed */
		if (anew)
			begin(p);
		else
			reselect(p);
	}
	/* a bridge without ports selects nothing */
	roles_select(rstp);
	run(rstp);
}

const struct rstp_config *
rstp_config(const struct rstp *rstp)
{
	return &rstp->config;
}

/* ---- ports ---- */

static void
set_port(struct rstp_port *p, const struct rstp_port_config *config)
{
	p->config = *config;
	p->port_id = (uint16_t)(config->priority << 8 | p->number);
}

/* Keeps the list in order of numbers, so that what happens does not depend on
 * the order in which ports came. */
static void
insert_port(struct rstp *rstp, struct rstp_port *p)
{
	struct rstp_port *next;

	TAILQ_FOREACH (next, &rstp->ports, link) {
		assert(next->number != p->number);
		if (next->number > p->number) {
			TAILQ_INSERT_BEFORE(next, p, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&rstp->ports, p, link);
}

struct rstp_port *
rstp_port_add(struct rstp *rstp, uint16_t number,
	      const struct rstp_port_config *config, void *user)
{
	struct rstp_port *p = XNEW(struct rstp_port);

	assert(number >= 1 && number <= RSTP_PORTS_MAX);
	assert(rstp_port_config_check(config, NULL) == 0);
	p->bridge = rstp;
	p->user = user;
	p->number = number;
	set_port(p, config);
	insert_port(rstp, p);
	begin(p);
	/* a port that is down is like none */
	run_from(p, (struct shared){
			.selected = true, .settled = true, .synced = true });
	return p;
}

void
rstp_port_remove(struct rstp_port *p)
{
	struct rstp *rstp = p->bridge;

	rstp_port_set_up(p, false);
	assert(rstp->root_port != p);
	TAILQ_REMOVE(&rstp->ports, p, link);
	free(p);
}

void
rstp_port_configure(struct rstp_port *p, const struct rstp_port_config *config)
{
	/* Bridge Detection heeds it while the port is down only. */
	bool bounce =
	    p->port_enabled && config->admin_edge != p->config.admin_edge;

	assert(rstp_port_config_check(config, NULL) == 0);
	set_port(p, config);
	reselect(p);
	run(p->bridge);
	if (bounce) {
		rstp_port_set_up(p, false);
		rstp_port_set_up(p, true);
	}
}

const struct rstp_port_config *
rstp_port_config(const struct rstp_port *p)
{
	return &p->config;
}

uint16_t
rstp_port_number(const struct rstp_port *p)
{
	return p->number;
}

/* ---- what happens to them ---- */

void
rstp_port_set_up(struct rstp_port *p, bool up)
{
	struct shared before = shared_of(p);

	p->port_enabled = up;
	/* Whoever runs the machines has just moved one, and looks at all of
	 * them again. */
	if (p->bridge->is_running)
		p->bridge->tree_touched = true;
	else
		run_from(p, before);
}

void
rstp_port_migrate(struct rstp_port *p)
{
	p->mcheck = true;
	run_from(p, shared_of(p));
}

/* 9.3.4: a message that is older than it may get */
static bool
is_too_old(const struct bpdu *bpdu)
{
	return bpdu->type == BPDU_CONFIG && bpdu->message_age >= bpdu->max_age;
}

static bool
is_own(const struct rstp_port *p, const struct bpdu *bpdu)
{
	struct vector said = vector_of_bpdu(bpdu);
	const struct vector own = { .bridge = p->bridge->bridge_id,
				    .port = p->port_id };

	return bpdu->type != BPDU_TCN && vector_same_port(&said, &own);
}

/* The link leads back to this port.  9.3.4 has such a Configuration BPDU
 * ignored, and so the loop would stay: 802.1Q-2011 (13.29.14) has an RST BPDU
 * disputed.  Here any of them keeps the port discarding, as long as they come
 * and a forward delay longer. */
static void
hear_own(struct rstp_port *p)
{
	struct shared before = shared_of(p);

	p->n_rx_own++;
	p->oper_edge = p->agreed = false;
	p->edge_delay_while = RSTP_MIGRATE_TIME_S;
	if (p->role == RSTP_ROLE_DESIGNATED) {
		p->disputed = p->learn;
		run_from(p, before);
		before = shared_of(p);
		p->fd_while = fwd_delay(p);
	}
	run_from(p, before);
}

void
rstp_port_receive(struct rstp_port *p, const struct bpdu *bpdu)
{
	if (!p->port_enabled)
		return;
	p->n_rx++;
	if (p->rx_count >= RSTP_RX_MAX) {
		p->n_rx_excess++;
		return;
	}
	p->rx_count++;
	if (is_too_old(bpdu)) {
		p->n_rx_invalid++;
		return;
	}
	if (is_own(p, bpdu)) {
		hear_own(p);
		return;
	}
	p->bpdu = *bpdu;
	p->rcvd_bpdu = true;
	run_from(p, shared_of(p));
}

void
rstp_port_reject(struct rstp_port *p)
{
	if (p->port_enabled)
		p->n_rx_invalid++;
}

/* ---- Port Timers (17.22) ---- */

static void
count_down(uint16_t *timer)
{
	if (*timer > 0)
		(*timer)--;
}

void
rstp_tick(struct rstp *rstp)
{
	struct rstp_port *p;

	rstp->since_change_s++;
	TAILQ_FOREACH (p, &rstp->ports, link) {
		count_down(&p->hello_when);
		count_down(&p->tc_while);
		count_down(&p->fd_while);
		count_down(&p->rcvd_info_while);
		count_down(&p->rr_while);
		count_down(&p->rb_while);
		count_down(&p->mdelay_while);
		count_down(&p->edge_delay_while);
		count_down(&p->tx_count);
		p->rx_count = 0;
	}
	run(rstp);
}
