/*
 * Port Information (17.27): what a port knows of its link: from a message that
 * is still valid, or of its own.
 */
#include "switch/rstp/machine.h"

enum {
	DISABLED,
	AGED,
	UPDATE,
	SUPERIOR_DESIGNATED,
	REPEATED_DESIGNATED,
	INFERIOR_DESIGNATED,
	NOT_DESIGNATED,
	OTHER,
	CURRENT,
	RECEIVE,
};

/* ---- procedures (17.21) ---- */

/* 17.21.1 */
static bool
better_or_same_info(const struct rstp_port *p, enum info_is new_info_is)
{
	const struct vector *info = new_info_is == INFO_RECEIVED
					? &p->msg_priority
					: &p->designated_priority;

	return p->info_is == new_info_is &&
	       vector_cmp(info, &p->port_priority) <= 0;
}

/* A Configuration BPDU conveys a Designated Port, and so does an RST BPDU that
 * does not tell (the notes to 17.21.8 and 9.2.9). */
static bool
conveys_designated(const struct bpdu *bpdu)
{
	if (bpdu->type == BPDU_CONFIG)
		return true;
	return bpdu->type == BPDU_RST &&
	       (bpdu_role(bpdu) == BPDU_ROLE_DESIGNATED ||
		bpdu_role(bpdu) == BPDU_ROLE_UNKNOWN);
}

/*
 * 17.21.8, in the words of 802.1Q-2011 (13.29.14): only what was received can
 * be repeated, and what is neither superior nor repeated is inferior.
 */
static enum rcvd_info
rcv_info(struct rstp_port *p)
{
	const struct bpdu *bpdu = &p->bpdu;
	bool is_same;

	if (bpdu->type == BPDU_TCN)
		return OTHER_INFO;
	p->msg_priority = vector_of_bpdu(bpdu);
	p->msg_times = times_of_bpdu(bpdu);
	is_same = vector_cmp(&p->msg_priority, &p->port_priority) == 0;
	if (!conveys_designated(bpdu))
		return vector_cmp(&p->msg_priority, &p->port_priority) >= 0
			   ? INFERIOR_ROOT_ALTERNATE_INFO
			   : OTHER_INFO;
	if (is_same && times_eq(&p->msg_times, &p->port_times))
		return p->info_is == INFO_RECEIVED ? REPEATED_DESIGNATED_INFO
						   : INFERIOR_DESIGNATED_INFO;
	if (vector_is_superior(&p->msg_priority, &p->port_priority))
		return SUPERIOR_DESIGNATED_INFO;
	return INFERIOR_DESIGNATED_INFO;
}

/* 17.21.9 */
static void
record_agreement(struct rstp_port *p)
{
	p->agreed = rstp_version_is_rstp(p) && p->config.point_to_point &&
		    p->bpdu.type == BPDU_RST &&
		    (p->bpdu.flags & BPDU_AGREEMENT) != 0;
	if (p->agreed)
		p->proposing = false;
}

/* 17.21.10 has been printed with the text of recordAgreement(); this is what
 * 802.1Q-2005 (13.26.7) made of it: somebody who should not does forward. */
static void
record_dispute(struct rstp_port *p)
{
	if (p->bpdu.type != BPDU_RST || (p->bpdu.flags & BPDU_LEARNING) == 0)
		return;
	p->disputed = true;
	p->agreed = false;
}

/* 17.21.11 */
static void
record_proposal(struct rstp_port *p)
{
	if (p->bpdu.type == BPDU_RST && conveys_designated(&p->bpdu) &&
	    (p->bpdu.flags & BPDU_PROPOSAL) != 0)
		p->proposed = true;
}

/* 17.21.13 */
static void
record_times(struct rstp_port *p)
{
	p->port_times = p->msg_times;
	if (p->port_times.hello_time < RSTP_HELLO_MIN_S)
		p->port_times.hello_time = RSTP_HELLO_MIN_S;
}

/* 17.21.17 */
static void
set_tc_flags(struct rstp_port *p)
{
	if (p->bpdu.type == BPDU_TCN) {
		p->rcvd_tcn = true;
		p->n_rx_tcn++;
		return;
	}
	if ((p->bpdu.flags & BPDU_TOPOLOGY_CHANGE) != 0)
		p->rcvd_tc = true;
	if (p->bpdu.type == BPDU_CONFIG &&
	    (p->bpdu.flags & BPDU_TOPOLOGY_CHANGE_ACK) != 0)
		p->rcvd_tc_ack = true;
}

/* 17.21.23 */
static void
updt_rcvd_info_while(struct rstp_port *p)
{
	const struct times *t = &p->port_times;

	p->rcvd_info_while = 0;
	if (t->message_age + 1 <= t->max_age)
		p->rcvd_info_while = (uint16_t)(3 * t->hello_time);
}

/* ---- states ---- */

static void
enter_disabled(struct rstp_port *p)
{
	p->rcvd_msg = false;
	p->proposing = p->proposed = p->agree = p->agreed = false;
	p->rcvd_info_while = 0;
	p->info_is = INFO_DISABLED;
	p->reselect = true;
	p->selected = false;
}

static void
enter_aged(struct rstp_port *p)
{
	p->info_is = INFO_AGED;
	p->reselect = true;
	p->selected = false;
}

static void
enter_update(struct rstp_port *p)
{
	p->proposing = p->proposed = false;
	p->agreed = p->agreed && better_or_same_info(p, INFO_MINE);
	p->synced = p->synced && p->agreed;
	p->port_priority = p->designated_priority;
	p->port_times = p->designated_times;
	p->updt_info = false;
	p->info_is = INFO_MINE;
	p->new_info = true;
}

static void
enter_receive(struct rstp_port *p)
{
	p->rcvd_info = rcv_info(p);
}

static void
enter_superior_designated(struct rstp_port *p)
{
	p->agreed = p->proposing = false;
	record_proposal(p);
	set_tc_flags(p);
	p->agree = p->agree && better_or_same_info(p, INFO_RECEIVED);
	p->port_priority = p->msg_priority; /* recordPriority() */
	record_times(p);
	updt_rcvd_info_while(p);
	p->info_is = INFO_RECEIVED;
	p->reselect = true;
	p->selected = false;
	p->rcvd_msg = false;
}

static void
enter_repeated_designated(struct rstp_port *p)
{
	record_proposal(p);
	set_tc_flags(p);
	updt_rcvd_info_while(p);
	p->rcvd_msg = false;
}

static void
enter_inferior_designated(struct rstp_port *p)
{
	record_dispute(p);
	p->rcvd_msg = false;
}

static void
enter_not_designated(struct rstp_port *p)
{
	record_agreement(p);
	set_tc_flags(p);
	p->rcvd_msg = false;
}

/* A TCN BPDU is "other information", and the figure would not look at its
 * message, which is all it is for. */
static void
enter_other(struct rstp_port *p)
{
	if (p->bpdu.type == BPDU_TCN)
		set_tc_flags(p);
	p->rcvd_msg = false;
}

/* ---- conditions ---- */

static bool
when_disabled(const struct rstp_port *p)
{
	return !p->port_enabled && p->info_is != INFO_DISABLED;
}

static bool
when_message(const struct rstp_port *p)
{
	return p->rcvd_msg;
}

static bool
when_enabled(const struct rstp_port *p)
{
	return p->port_enabled;
}

static bool
when_to_update(const struct rstp_port *p)
{
	return p->selected && p->updt_info;
}

static bool
when_aged(const struct rstp_port *p)
{
	return p->info_is == INFO_RECEIVED && p->rcvd_info_while == 0 &&
	       !p->updt_info && !p->rcvd_msg;
}

static bool
when_to_receive(const struct rstp_port *p)
{
	return p->rcvd_msg && !p->updt_info;
}

static bool
when_superior(const struct rstp_port *p)
{
	return p->rcvd_info == SUPERIOR_DESIGNATED_INFO;
}

static bool
when_repeated(const struct rstp_port *p)
{
	return p->rcvd_info == REPEATED_DESIGNATED_INFO;
}

static bool
when_inferior(const struct rstp_port *p)
{
	return p->rcvd_info == INFERIOR_DESIGNATED_INFO;
}

static bool
when_not_designated(const struct rstp_port *p)
{
	return p->rcvd_info == INFERIOR_ROOT_ALTERNATE_INFO;
}

static bool
when_other(const struct rstp_port *p)
{
	return p->rcvd_info == OTHER_INFO;
}

static const struct rule rules[] = {
	{ ANY_STATE, DISABLED, when_disabled },
	{ DISABLED, DISABLED, when_message },
	{ DISABLED, AGED, when_enabled },
	{ AGED, UPDATE, when_to_update },
	{ UPDATE, CURRENT, NULL },
	{ SUPERIOR_DESIGNATED, CURRENT, NULL },
	{ REPEATED_DESIGNATED, CURRENT, NULL },
	{ INFERIOR_DESIGNATED, CURRENT, NULL },
	{ NOT_DESIGNATED, CURRENT, NULL },
	{ OTHER, CURRENT, NULL },
	{ CURRENT, UPDATE, when_to_update },
	{ CURRENT, AGED, when_aged },
	{ CURRENT, RECEIVE, when_to_receive },
	{ RECEIVE, SUPERIOR_DESIGNATED, when_superior },
	{ RECEIVE, REPEATED_DESIGNATED, when_repeated },
	{ RECEIVE, INFERIOR_DESIGNATED, when_inferior },
	{ RECEIVE, NOT_DESIGNATED, when_not_designated },
	{ RECEIVE, OTHER, when_other },
};

static state_enter_fn *const enter[] = {
	[DISABLED] = enter_disabled,
	[AGED] = enter_aged,
	[UPDATE] = enter_update,
	[SUPERIOR_DESIGNATED] = enter_superior_designated,
	[REPEATED_DESIGNATED] = enter_repeated_designated,
	[INFERIOR_DESIGNATED] = enter_inferior_designated,
	[NOT_DESIGNATED] = enter_not_designated,
	[OTHER] = enter_other,
	[CURRENT] = NULL,
	[RECEIVE] = enter_receive,
};

const struct machine port_information_machine = {
	.rules = rules,
	.n_rules = N_RULES(rules),
	.first = DISABLED,
	.enter = enter,
};
