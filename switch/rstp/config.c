/* Settings and status of bridge and port: ranges, defaults, names. */
#include "switch/rstp/rstp.h"

#include <assert.h>
#include <errno.h>

#include "lib/err.h"
#include "switch/rstp/machine.h"

struct rstp_config
rstp_config_default(void)
{
	return (struct rstp_config){
		.priority = RSTP_PRIORITY_DEFAULT,
		.version = RSTP_VERSION_RSTP,
		.hello_time_s = RSTP_HELLO_DEFAULT_S,
		.max_age_s = RSTP_MAX_AGE_DEFAULT_S,
		.forward_delay_s = RSTP_FORWARD_DELAY_DEFAULT_S,
		.tx_hold_count = RSTP_TX_HOLD_DEFAULT,
	};
}

struct rstp_port_config
rstp_port_config_default(void)
{
	return (struct rstp_port_config){
		.priority = RSTP_PORT_PRIORITY_DEFAULT,
		.path_cost = RSTP_PATH_COST_DEFAULT,
		.auto_edge = true,
		.point_to_point = true,
	};
}

static int
check_range(const char *what, uint32_t value, uint32_t min, uint32_t max,
	    struct err *err)
{
	if (value >= min && value <= max)
		return 0;
	return err_set(err, -EINVAL, "%s is %u; it may be %u to %u", what,
		       (unsigned)value, (unsigned)min, (unsigned)max);
}

static int
check_step(const char *what, uint32_t value, uint32_t max, uint32_t step,
	   struct err *err)
{
	if (value <= max && value % step == 0)
		return 0;
	return err_set(err, -EINVAL,
		       "%s is %u; it may be 0 to %u in steps of %u", what,
		       (unsigned)value, (unsigned)max, (unsigned)step);
}

/* 17.14: or old news would outlive what replaces it */
static int
check_times(const struct rstp_config *c, struct err *err)
{
	if (2 * (c->forward_delay_s - 1) < c->max_age_s)
		return err_set(err, -EINVAL,
			       "the forward delay (%u s) is too short for a "
			       "maximum age of %u s: at least %u s",
			       (unsigned)c->forward_delay_s,
			       (unsigned)c->max_age_s,
			       (c->max_age_s + 1U) / 2 + 1);
	if (c->max_age_s < 2 * (c->hello_time_s + 1))
		return err_set(
		    err, -EINVAL,
		    "the maximum age (%u s) is too short for a hello "
		    "time of %u s: at least %u s",
		    (unsigned)c->max_age_s, (unsigned)c->hello_time_s,
		    2 * (c->hello_time_s + 1U));
	return 0;
}

int
rstp_config_check(const struct rstp_config *c, struct err *err)
{
	int ret = check_step("the bridge's priority", c->priority,
			     RSTP_PRIORITY_MAX, RSTP_PRIORITY_STEP, err);

	if (ret == 0 &&
	    (mac_is_multicast(&c->address) || mac_is_zero(&c->address)))
		ret = err_set(err, -EINVAL,
			      "the bridge's address is not that of a station");
	if (ret == 0)
		ret = check_range("the hello time", c->hello_time_s,
				  RSTP_HELLO_MIN_S, RSTP_HELLO_MAX_S, err);
	if (ret == 0)
		ret = check_range("the maximum age", c->max_age_s,
				  RSTP_MAX_AGE_MIN_S, RSTP_MAX_AGE_MAX_S, err);
	if (ret == 0)
		ret = check_range("the forward delay", c->forward_delay_s,
				  RSTP_FORWARD_DELAY_MIN_S,
				  RSTP_FORWARD_DELAY_MAX_S, err);
	if (ret == 0)
		ret = check_range("the transmit hold count", c->tx_hold_count,
				  RSTP_TX_HOLD_MIN, RSTP_TX_HOLD_MAX, err);
	return ret == 0 ? check_times(c, err) : ret;
}

int
rstp_port_config_check(const struct rstp_port_config *c, struct err *err)
{
	int ret =
	    check_step("the port's priority", c->priority,
		       RSTP_PORT_PRIORITY_MAX, RSTP_PORT_PRIORITY_STEP, err);

	if (ret == 0)
		ret = check_range("the path cost", c->path_cost, 1,
				  RSTP_PATH_COST_MAX, err);
	return ret;
}

/* ---- status ---- */

struct rstp_status
rstp_status(const struct rstp *rstp)
{
	const struct rstp_port *root_port = rstp->root_port;

	return (struct rstp_status){
		.bridge_id = rstp->bridge_id,
		.root_id = rstp->root_priority.root,
		.root_path_cost = rstp->root_priority.cost,
		.root_port = root_port != NULL ? root_port->number : 0,
		.max_age_s = rstp->root_times.max_age,
		.hello_time_s = rstp->root_times.hello_time,
		.forward_delay_s = rstp->root_times.forward_delay,
		.topology_changes = rstp->n_topology_changes,
		.since_topology_change_s = rstp->since_change_s,
	};
}

static enum rstp_state
port_state(const struct rstp_port *p)
{
	if (p->forwarding)
		return RSTP_FORWARDING;
	return p->learning ? RSTP_LEARNING : RSTP_DISCARDING;
}

struct rstp_port_status
rstp_port_status(const struct rstp_port *p)
{
	return (struct rstp_port_status){
		.port_id = p->port_id,
		.role = p->role,
		.state = port_state(p),
		.up = p->port_enabled,
		.edge = p->oper_edge,
		.point_to_point = p->config.point_to_point,
		.sends_rstp = p->send_rstp,
		.designated_root = p->port_priority.root,
		.designated_bridge = p->port_priority.bridge,
		.designated_cost = p->port_priority.cost,
		.designated_port = p->port_priority.port,
		.rx = p->n_rx,
		.tx = p->n_tx,
		.rx_tcn = p->n_rx_tcn,
		.rx_invalid = p->n_rx_invalid,
		.rx_own = p->n_rx_own,
		.rx_excess = p->n_rx_excess,
	};
}

const char *
rstp_role_name(enum rstp_role role)
{
	static const char *const names[RSTP_N_ROLES] = {
		[RSTP_ROLE_DISABLED] = "disabled",
		[RSTP_ROLE_ROOT] = "root",
		[RSTP_ROLE_DESIGNATED] = "designated",
		[RSTP_ROLE_ALTERNATE] = "alternate",
		[RSTP_ROLE_BACKUP] = "backup",
	};

	return names[role];
}

const char *
rstp_state_name(enum rstp_state state)
{
	static const char *const names[RSTP_N_STATES] = {
		[RSTP_DISCARDING] = "discarding",
		[RSTP_LEARNING] = "learning",
		[RSTP_FORWARDING] = "forwarding",
	};

	return names[state];
}
