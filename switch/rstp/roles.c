/* Port Role Selection (17.28): which port leads to the root, and what becomes
 * of the others. */
#include "switch/rstp/machine.h"

bool
roles_selection_is_due(const struct rstp *rstp)
{
	const struct rstp_port *p;

	TAILQ_FOREACH (p, &rstp->ports, link) {
		if (p->reselect)
			return true;
	}
	return false;
}

/* The root path priority vector of @p (17.5): what it was told, and the way
 * there by this port.  Return: false when it has been told nothing, or by
 * ourselves. */
static bool
root_path_priority(const struct rstp_port *p, struct vector *out)
{
	if (p->info_is != INFO_RECEIVED ||
	    vector_same_bridge(p->port_priority.bridge, p->bridge->bridge_id))
		return false;
	*out = p->port_priority;
	out->cost = vector_add_cost(out->cost, p->config.path_cost);
	return true;
}

/* 17.21.25 a) to c) */
static void
select_root(struct rstp *rstp)
{
	const struct rstp_port *p;

	rstp->root_port = NULL;
	rstp->root_priority = rstp->bridge_priority;
	rstp->root_times = rstp->bridge_times;
	TAILQ_FOREACH (p, &rstp->ports, link) {
		struct vector path;
		int ret;

		if (!root_path_priority(p, &path))
			continue;
		ret = vector_cmp(&path, &rstp->root_priority);
		/* the fifth component: the identifier of the port itself */
		if (ret > 0 ||
		    (ret == 0 && (rstp->root_port == NULL ||
				  rstp->root_port->port_id < p->port_id)))
			continue;
		rstp->root_port = p;
		rstp->root_priority = path;
		rstp->root_times = p->port_times;
		rstp->root_times.message_age++;
	}
}

/* 17.21.25 d) and e) */
static void
set_designated(struct rstp_port *p)
{
	const struct rstp *rstp = p->bridge;

	p->designated_priority = (struct vector){
		.root = rstp->root_priority.root,
		.cost = rstp->root_priority.cost,
		.bridge = rstp->bridge_id,
		.port = p->port_id,
	};
	p->designated_times = rstp->root_times;
	p->designated_times.hello_time = rstp->bridge_times.hello_time;
}

/* 17.21.25 i) to l): somebody else's information is on the link. */
static void
select_role_of_receiver(struct rstp_port *p)
{
	const struct rstp *rstp = p->bridge;

	p->updt_info = false;
	if (p == rstp->root_port) {
		p->selected_role = RSTP_ROLE_ROOT;
	} else if (vector_cmp(&p->designated_priority, &p->port_priority) < 0) {
		p->selected_role = RSTP_ROLE_DESIGNATED;
		p->updt_info = true;
	} else if (vector_same_bridge(p->port_priority.bridge,
				      rstp->bridge_id)) {
		p->selected_role = RSTP_ROLE_BACKUP;
	} else {
		p->selected_role = RSTP_ROLE_ALTERNATE;
	}
}

/* 17.21.25 f) to l) */
static void
select_role(struct rstp_port *p)
{
	switch (p->info_is) {
	case INFO_DISABLED:
		p->selected_role = RSTP_ROLE_DISABLED;
		break;
	case INFO_AGED:
		p->updt_info = true;
		p->selected_role = RSTP_ROLE_DESIGNATED;
		break;
	case INFO_MINE:
		p->selected_role = RSTP_ROLE_DESIGNATED;
		if (vector_cmp(&p->port_priority, &p->designated_priority) !=
			0 ||
		    !times_eq(&p->port_times, &p->designated_times))
			p->updt_info = true;
		break;
	case INFO_RECEIVED:
		select_role_of_receiver(p);
		break;
	}
}

static void
select_port(struct rstp_port *p)
{
	p->reselect = false; /* clearReselectTree() */
	set_designated(p);
	select_role(p);
	p->selected = true; /* setSelectedTree() */
}

void
roles_select(struct rstp *rstp)
{
	struct rstp_port *p;

	select_root(rstp);
	TAILQ_FOREACH (p, &rstp->ports, link)
		select_port(p);
}

bool
roles_select_alone(struct rstp_port *p)
{
	struct vector path;

	if (p == p->bridge->root_port || root_path_priority(p, &path))
		return false;
	select_port(p);
	return true;
}
