/* Port Transmit (17.26): BPDUs, every hello time and when there is news, but
 * not more than Transmit Hold Count in a second. */
#include "switch/rstp/machine.h"

enum {
	TRANSMIT_INIT,
	TRANSMIT_PERIODIC,
	TRANSMIT_CONFIG,
	TRANSMIT_TCN,
	TRANSMIT_RSTP,
	IDLE,
};

/* ---- BPDUs ---- */

static uint16_t
wire_time(uint16_t seconds)
{
	uint32_t t = (uint32_t)seconds * BPDU_TIME_UNIT;

	return t <= UINT16_MAX ? (uint16_t)t : UINT16_MAX;
}

/* What Configuration and RST BPDUs have in common. */
static struct bpdu
own_information(const struct rstp_port *p, enum bpdu_type type)
{
	const struct vector *v = &p->designated_priority;
	const struct times *t = &p->designated_times;

	return (struct bpdu){
		.type = type,
		.version =
		    type == BPDU_RST ? RSTP_VERSION_RSTP : RSTP_VERSION_STP,
		.flags = p->tc_while != 0 ? BPDU_TOPOLOGY_CHANGE : 0,
		.root = v->root,
		.root_path_cost = v->cost,
		.bridge = v->bridge,
		.port = v->port,
		.message_age = wire_time(t->message_age),
		.max_age = wire_time(t->max_age),
		.hello_time = wire_time(t->hello_time),
		.forward_delay = wire_time(t->forward_delay),
	};
}

static void
send(struct rstp_port *p, const struct bpdu *bpdu)
{
	p->new_info = false;
	p->tx_count++;
	p->n_tx++;
	p->bridge->ops->send(p->user, bpdu);
}

/* 17.21.19: txConfig() */
static void
enter_transmit_config(struct rstp_port *p)
{
	struct bpdu bpdu = own_information(p, BPDU_CONFIG);

	if (p->tc_ack)
		bpdu.flags |= BPDU_TOPOLOGY_CHANGE_ACK;
	send(p, &bpdu);
	p->tc_ack = false;
}

/* 17.21.21: txTcn() */
static void
enter_transmit_tcn(struct rstp_port *p)
{
	const struct bpdu bpdu = { .type = BPDU_TCN };

	send(p, &bpdu);
}

/* 17.21.20: txRstp() */
static void
enter_transmit_rstp(struct rstp_port *p)
{
	static const uint8_t wire_roles[RSTP_N_ROLES] = {
		[RSTP_ROLE_DISABLED] = BPDU_ROLE_UNKNOWN,
		[RSTP_ROLE_ROOT] = BPDU_ROLE_ROOT,
		[RSTP_ROLE_DESIGNATED] = BPDU_ROLE_DESIGNATED,
		[RSTP_ROLE_ALTERNATE] = BPDU_ROLE_ALTERNATE,
		[RSTP_ROLE_BACKUP] = BPDU_ROLE_ALTERNATE,
	};
	struct bpdu bpdu = own_information(p, BPDU_RST);

	bpdu.flags |= (uint8_t)(wire_roles[p->role] << BPDU_ROLE_SHIFT);
	if (p->agree)
		bpdu.flags |= BPDU_AGREEMENT;
	if (p->proposing)
		bpdu.flags |= BPDU_PROPOSAL;
	if (p->learning)
		bpdu.flags |= BPDU_LEARNING;
	if (p->forwarding)
		bpdu.flags |= BPDU_FORWARDING;
	send(p, &bpdu);
	p->tc_ack = false;
}

/* ---- states ---- */

static void
enter_transmit_init(struct rstp_port *p)
{
	p->new_info = true;
	p->tx_count = 0;
}

static void
enter_transmit_periodic(struct rstp_port *p)
{
	p->new_info = p->new_info || p->role == RSTP_ROLE_DESIGNATED ||
		      (p->role == RSTP_ROLE_ROOT && p->tc_while != 0);
}

static void
enter_idle(struct rstp_port *p)
{
	p->hello_when = hello_time(p);
}

static bool
when_periodic(const struct rstp_port *p)
{
	return p->hello_when == 0;
}

/* A port that is down has news for nobody. */
static bool
may_send(const struct rstp_port *p)
{
	return p->new_info && p->hello_when != 0 && p->port_enabled &&
	       p->tx_count < p->bridge->config.tx_hold_count;
}

static bool
when_rstp(const struct rstp_port *p)
{
	return p->send_rstp && may_send(p);
}

static bool
when_tcn(const struct rstp_port *p)
{
	return !p->send_rstp && p->role == RSTP_ROLE_ROOT && may_send(p);
}

static bool
when_config(const struct rstp_port *p)
{
	return !p->send_rstp && p->role == RSTP_ROLE_DESIGNATED && may_send(p);
}

static const struct rule rules[] = {
	{ TRANSMIT_INIT, IDLE, NULL },
	{ TRANSMIT_PERIODIC, IDLE, NULL },
	{ TRANSMIT_CONFIG, IDLE, NULL },
	{ TRANSMIT_TCN, IDLE, NULL },
	{ TRANSMIT_RSTP, IDLE, NULL },
	{ IDLE, TRANSMIT_PERIODIC, when_periodic },
	{ IDLE, TRANSMIT_RSTP, when_rstp },
	{ IDLE, TRANSMIT_TCN, when_tcn },
	{ IDLE, TRANSMIT_CONFIG, when_config },
};

static state_enter_fn *const enter[] = {
	[TRANSMIT_INIT] = enter_transmit_init,
	[TRANSMIT_PERIODIC] = enter_transmit_periodic,
	[TRANSMIT_CONFIG] = enter_transmit_config,
	[TRANSMIT_TCN] = enter_transmit_tcn,
	[TRANSMIT_RSTP] = enter_transmit_rstp,
	[IDLE] = enter_idle,
};

const struct machine port_transmit_machine = {
	.rules = rules,
	.n_rules = N_RULES(rules),
	.first = TRANSMIT_INIT,
	.when_settled = true,
	.enter = enter,
};
