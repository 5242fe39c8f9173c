/*
 * Port Role Transitions (17.29): the way from one role to another, and within
 * a role to learning and forwarding: at once where the neighbour has agreed.
 */
#include "switch/rstp/machine.h"

enum {
	/* figure 17-20 */
	INIT_PORT,
	DISABLE_PORT,
	DISABLED_PORT,
	/* figure 17-21 */
	ROOT_PROPOSED,
	ROOT_AGREED,
	REROOT,
	ROOT_PORT,
	REROOTED,
	ROOT_LEARN,
	ROOT_FORWARD,
	/* figure 17-22 */
	DESIGNATED_PROPOSE,
	DESIGNATED_SYNCED,
	DESIGNATED_RETIRED,
	DESIGNATED_PORT,
	DESIGNATED_DISCARD,
	DESIGNATED_LEARN,
	DESIGNATED_FORWARD,
	/* figure 17-23 */
	ALTERNATE_PROPOSED,
	ALTERNATE_AGREED,
	BLOCK_PORT,
	BACKUP_PORT,
	ALTERNATE_PORT,
};

/* ---- conditions and procedures (17.20, 17.21) ---- */

/* 17.20.3 */
static bool
all_synced(const struct rstp_port *self)
{
	const struct rstp_port *p;

	TAILQ_FOREACH (p, &self->bridge->ports, link) {
		if (!p->selected || p->role != p->selected_role)
			return false;
		if (!p->synced && p->role != RSTP_ROLE_ROOT)
			return false;
	}
	return true;
}

/* 17.20.10 */
static bool
re_rooted(const struct rstp_port *self)
{
	const struct rstp_port *p;

	TAILQ_FOREACH (p, &self->bridge->ports, link) {
		if (p != self && p->rr_while != 0)
			return false;
	}
	return true;
}

/* 17.20.4: EdgeDelay */
static uint16_t
edge_delay(const struct rstp_port *p)
{
	return p->config.point_to_point ? RSTP_MIGRATE_TIME_S : max_age(p);
}

/* 17.21.14 */
static void
set_sync_tree(struct rstp *rstp)
{
	struct rstp_port *p;

	TAILQ_FOREACH (p, &rstp->ports, link)
		p->sync = true;
	rstp->tree_touched = true;
}

/* 17.21.15 */
static void
set_re_root_tree(struct rstp *rstp)
{
	struct rstp_port *p;

	TAILQ_FOREACH (p, &rstp->ports, link)
		p->re_root = true;
	rstp->tree_touched = true;
}

static void
set_role(struct rstp_port *p, enum rstp_role role)
{
	if (p->role == role)
		return;
	p->role = role;
	p->bridge->ops->role_changed(p->user, role);
}

/* ---- Disabled ports ---- */

static void
enter_init_port(struct rstp_port *p)
{
	set_role(p, RSTP_ROLE_DISABLED);
	p->learn = p->forward = false;
	p->synced = false;
	p->sync = p->re_root = true;
	p->rr_while = fwd_delay(p);
	p->fd_while = max_age(p);
	p->rb_while = 0;
}

static void
enter_disable_port(struct rstp_port *p)
{
	set_role(p, p->selected_role);
	p->learn = p->forward = false;
}

static void
enter_disabled_port(struct rstp_port *p)
{
	p->fd_while = max_age(p);
	p->synced = true;
	p->rr_while = 0;
	p->sync = p->re_root = false;
}

static bool
when_to_be_disabled(const struct rstp_port *p)
{
	return p->selected_role == RSTP_ROLE_DISABLED &&
	       p->role != p->selected_role;
}

static bool
when_silent(const struct rstp_port *p)
{
	return !p->learning && !p->forwarding;
}

static bool
when_disabled_drifts(const struct rstp_port *p)
{
	return p->fd_while != max_age(p) || p->sync || p->re_root || !p->synced;
}

/* ---- the Root port ---- */

static void
enter_root_port(struct rstp_port *p)
{
	set_role(p, RSTP_ROLE_ROOT);
	p->rr_while = fwd_delay(p);
}

/* Also ALTERNATE_PROPOSED. */
static void
enter_proposed(struct rstp_port *p)
{
	set_sync_tree(p->bridge);
	p->proposed = false;
}

static void
enter_root_agreed(struct rstp_port *p)
{
	p->proposed = p->sync = false;
	p->agree = p->new_info = true;
}

static void
enter_reroot(struct rstp_port *p)
{
	set_re_root_tree(p->bridge);
}

/* Also DESIGNATED_RETIRED. */
static void
enter_rerooted(struct rstp_port *p)
{
	p->re_root = false;
}

/* Also DESIGNATED_LEARN. */
static void
enter_learn(struct rstp_port *p)
{
	p->fd_while = forward_delay(p);
	p->learn = true;
}

static void
enter_root_forward(struct rstp_port *p)
{
	p->fd_while = 0;
	p->forward = true;
}

static bool
when_to_be_root(const struct rstp_port *p)
{
	return p->selected_role == RSTP_ROLE_ROOT &&
	       p->role != p->selected_role;
}

/* Also of Alternate ports. */
static bool
when_proposed(const struct rstp_port *p)
{
	return p->proposed && !p->agree;
}

/* Also of Alternate ports. */
static bool
when_to_agree(const struct rstp_port *p)
{
	return (!p->agree && all_synced(p)) || (p->proposed && p->agree);
}

static bool
when_to_reroot(const struct rstp_port *p)
{
	return !p->forward && !p->re_root;
}

static bool
when_root_drifts(const struct rstp_port *p)
{
	return p->rr_while != fwd_delay(p);
}

static bool
when_rerooted(const struct rstp_port *p)
{
	return p->re_root && p->forward;
}

static bool
root_may_go_on(const struct rstp_port *p)
{
	return p->fd_while == 0 ||
	       (rstp_version_is_rstp(p) && p->rb_while == 0 && re_rooted(p));
}

static bool
when_root_may_learn(const struct rstp_port *p)
{
	return !p->learn && root_may_go_on(p);
}

static bool
when_root_may_forward(const struct rstp_port *p)
{
	return p->learn && !p->forward && root_may_go_on(p);
}

/* ---- Designated ports ---- */

static void
enter_designated_port(struct rstp_port *p)
{
	set_role(p, RSTP_ROLE_DESIGNATED);
}

static void
enter_designated_propose(struct rstp_port *p)
{
	p->proposing = true;
	p->edge_delay_while = edge_delay(p);
	p->new_info = true;
}

static void
enter_designated_synced(struct rstp_port *p)
{
	p->rr_while = 0;
	p->synced = true;
	p->sync = false;
}

static void
enter_designated_discard(struct rstp_port *p)
{
	p->learn = p->forward = p->disputed = false;
	p->fd_while = forward_delay(p);
}

static void
enter_designated_forward(struct rstp_port *p)
{
	p->forward = true;
	p->fd_while = 0;
	p->agreed = p->send_rstp;
}

static bool
when_to_be_designated(const struct rstp_port *p)
{
	return p->selected_role == RSTP_ROLE_DESIGNATED &&
	       p->role != p->selected_role;
}

static bool
when_to_propose(const struct rstp_port *p)
{
	return !p->forward && !p->agreed && !p->proposing && !p->oper_edge;
}

static bool
when_synced(const struct rstp_port *p)
{
	return (!p->learning && !p->forwarding && !p->synced) ||
	       (p->agreed && !p->synced) || (p->oper_edge && !p->synced) ||
	       (p->sync && p->synced);
}

static bool
when_retired(const struct rstp_port *p)
{
	return p->rr_while == 0 && p->re_root;
}

static bool
when_to_discard(const struct rstp_port *p)
{
	return ((p->sync && !p->synced) || (p->re_root && p->rr_while != 0) ||
		p->disputed) &&
	       !p->oper_edge && (p->learn || p->forward);
}

static bool
designated_may_go_on(const struct rstp_port *p)
{
	return (p->fd_while == 0 || p->agreed || p->oper_edge) &&
	       (p->rr_while == 0 || !p->re_root) && !p->sync;
}

static bool
when_designated_may_learn(const struct rstp_port *p)
{
	return !p->learn && designated_may_go_on(p);
}

static bool
when_designated_may_forward(const struct rstp_port *p)
{
	return p->learn && !p->forward && designated_may_go_on(p);
}

/* ---- Alternate and Backup ports ---- */

static void
enter_block_port(struct rstp_port *p)
{
	set_role(p, p->selected_role);
	p->learn = p->forward = false;
}

static void
enter_alternate_agreed(struct rstp_port *p)
{
	p->proposed = false;
	p->agree = p->new_info = true;
}

static void
enter_backup_port(struct rstp_port *p)
{
	p->rb_while = (uint16_t)(2 * hello_time(p));
}

static void
enter_alternate_port(struct rstp_port *p)
{
	p->fd_while = forward_delay(p);
	p->synced = true;
	p->rr_while = 0;
	p->sync = p->re_root = false;
}

static bool
when_to_block(const struct rstp_port *p)
{
	return (p->selected_role == RSTP_ROLE_ALTERNATE ||
		p->selected_role == RSTP_ROLE_BACKUP) &&
	       p->role != p->selected_role;
}

static bool
when_backup_drifts(const struct rstp_port *p)
{
	return p->role == RSTP_ROLE_BACKUP && p->rb_while != 2 * hello_time(p);
}

static bool
when_alternate_drifts(const struct rstp_port *p)
{
	return p->fd_while != forward_delay(p) || p->sync || p->re_root ||
	       !p->synced;
}

/* ---- all of it ---- */

/* A port that is to stop forwarding must, before anything else may start. */
static const struct rule rules[] = {
	{ ANY_STATE, DISABLE_PORT, when_to_be_disabled },
	{ ANY_STATE, ROOT_PORT, when_to_be_root },
	{ ANY_STATE, DESIGNATED_PORT, when_to_be_designated },
	{ ANY_STATE, BLOCK_PORT, when_to_block },

	{ INIT_PORT, DISABLE_PORT, NULL },
	{ DISABLE_PORT, DISABLED_PORT, when_silent },
	{ DISABLED_PORT, DISABLED_PORT, when_disabled_drifts },

	{ ROOT_PORT, ROOT_PROPOSED, when_proposed },
	{ ROOT_PORT, ROOT_AGREED, when_to_agree },
	{ ROOT_PORT, REROOT, when_to_reroot },
	{ ROOT_PORT, ROOT_PORT, when_root_drifts },
	{ ROOT_PORT, REROOTED, when_rerooted },
	{ ROOT_PORT, ROOT_LEARN, when_root_may_learn },
	{ ROOT_PORT, ROOT_FORWARD, when_root_may_forward },
	{ ROOT_PROPOSED, ROOT_PORT, NULL },
	{ ROOT_AGREED, ROOT_PORT, NULL },
	{ REROOT, ROOT_PORT, NULL },
	{ REROOTED, ROOT_PORT, NULL },
	{ ROOT_LEARN, ROOT_PORT, NULL },
	{ ROOT_FORWARD, ROOT_PORT, NULL },

	{ DESIGNATED_PORT, DESIGNATED_DISCARD, when_to_discard },
	{ DESIGNATED_PORT, DESIGNATED_PROPOSE, when_to_propose },
	{ DESIGNATED_PORT, DESIGNATED_SYNCED, when_synced },
	{ DESIGNATED_PORT, DESIGNATED_RETIRED, when_retired },
	{ DESIGNATED_PORT, DESIGNATED_LEARN, when_designated_may_learn },
	{ DESIGNATED_PORT, DESIGNATED_FORWARD, when_designated_may_forward },
	{ DESIGNATED_PROPOSE, DESIGNATED_PORT, NULL },
	{ DESIGNATED_SYNCED, DESIGNATED_PORT, NULL },
	{ DESIGNATED_RETIRED, DESIGNATED_PORT, NULL },
	{ DESIGNATED_DISCARD, DESIGNATED_PORT, NULL },
	{ DESIGNATED_LEARN, DESIGNATED_PORT, NULL },
	{ DESIGNATED_FORWARD, DESIGNATED_PORT, NULL },

	{ BLOCK_PORT, ALTERNATE_PORT, when_silent },
	{ ALTERNATE_PORT, ALTERNATE_PROPOSED, when_proposed },
	{ ALTERNATE_PORT, ALTERNATE_AGREED, when_to_agree },
	{ ALTERNATE_PORT, BACKUP_PORT, when_backup_drifts },
	{ ALTERNATE_PORT, ALTERNATE_PORT, when_alternate_drifts },
	{ ALTERNATE_PROPOSED, ALTERNATE_PORT, NULL },
	{ ALTERNATE_AGREED, ALTERNATE_PORT, NULL },
	{ BACKUP_PORT, ALTERNATE_PORT, NULL },
};

static state_enter_fn *const enter[] = {
	[INIT_PORT] = enter_init_port,
	[DISABLE_PORT] = enter_disable_port,
	[DISABLED_PORT] = enter_disabled_port,
	[ROOT_PROPOSED] = enter_proposed,
	[ROOT_AGREED] = enter_root_agreed,
	[REROOT] = enter_reroot,
	[ROOT_PORT] = enter_root_port,
	[REROOTED] = enter_rerooted,
	[ROOT_LEARN] = enter_learn,
	[ROOT_FORWARD] = enter_root_forward,
	[DESIGNATED_PROPOSE] = enter_designated_propose,
	[DESIGNATED_SYNCED] = enter_designated_synced,
	[DESIGNATED_RETIRED] = enter_rerooted,
	[DESIGNATED_PORT] = enter_designated_port,
	[DESIGNATED_DISCARD] = enter_designated_discard,
	[DESIGNATED_LEARN] = enter_learn,
	[DESIGNATED_FORWARD] = enter_designated_forward,
	[ALTERNATE_PROPOSED] = enter_proposed,
	[ALTERNATE_AGREED] = enter_alternate_agreed,
	[BLOCK_PORT] = enter_block_port,
	[BACKUP_PORT] = enter_backup_port,
	[ALTERNATE_PORT] = enter_alternate_port,
};

const struct machine port_role_transitions_machine = {
	.rules = rules,
	.n_rules = N_RULES(rules),
	.first = INIT_PORT,
	.when_settled = true,
	.enter = enter,
};
