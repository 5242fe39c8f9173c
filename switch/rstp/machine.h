/*
 * machine: what the machines of clause 17 share: the variables of bridge and
 * port, named as in 17.17 to 17.19, and the form in which the machines are
 * written down.  For the files of this folder only.
 */
#ifndef SWITCH_RSTP_MACHINE_H
#define SWITCH_RSTP_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "switch/rstp/bpdu.h"
#include "switch/rstp/rstp.h"
#include "switch/rstp/vector.h"

/* The machines of a port, in the order in which they are run.  Port Timers
 * (17.22) is rstp_tick(); Port Role Selection (17.28) is the bridge's. */
enum machine_id {
	PORT_RECEIVE,		 /* 17.23 */
	PORT_PROTOCOL_MIGRATION, /* 17.24 */
	BRIDGE_DETECTION,	 /* 17.25 */
	PORT_INFORMATION,	 /* 17.27 */
	PORT_ROLE_TRANSITIONS,	 /* 17.29 */
	PORT_STATE_TRANSITION,	 /* 17.30 */
	TOPOLOGY_CHANGE,	 /* 17.31 */
	PORT_TRANSMIT,		 /* 17.26 */
	N_MACHINES
};

enum info_is { INFO_DISABLED, INFO_AGED, INFO_MINE, INFO_RECEIVED };

enum rcvd_info {
	SUPERIOR_DESIGNATED_INFO,
	REPEATED_DESIGNATED_INFO,
	INFERIOR_DESIGNATED_INFO,
	INFERIOR_ROOT_ALTERNATE_INFO,
	OTHER_INFO,
};

struct rstp_port {
	struct rstp *bridge;
	void *user;
	uint16_t number;
	uint16_t port_id; /* 17.19.19 */
	struct rstp_port_config config;
	uint8_t state[N_MACHINES];
	struct bpdu bpdu; /* the last received, which the machines look at */

	/* 17.17, seconds to go; tx_count is counted down likewise */
	uint16_t edge_delay_while, fd_while, hello_when, mdelay_while;
	uint16_t rb_while, rcvd_info_while, rr_while, tc_while;
	uint16_t tx_count;
	uint16_t rx_count; /* BPDUs heard since the last tick */

	/* 17.19 */
	bool agree, agreed, disputed, forward, forwarding, learn;
	bool learning, mcheck, new_info, oper_edge, port_enabled, proposed;
	bool proposing, rcvd_bpdu, rcvd_msg, rcvd_rstp, rcvd_stp, rcvd_tc;
	bool rcvd_tc_ack, rcvd_tcn, re_root, reselect, selected, send_rstp;
	bool sync, synced, tc_ack, tc_prop, updt_info;
	enum info_is info_is;
	enum rcvd_info rcvd_info;
	enum rstp_role role, selected_role;
	struct vector designated_priority, msg_priority, port_priority;
	struct times designated_times, msg_times, port_times;

	uint64_t n_rx, n_tx, n_rx_tcn, n_rx_invalid, n_rx_own, n_rx_excess;
	TAILQ_ENTRY(rstp_port) link;
};
TAILQ_HEAD(rstp_ports, rstp_port);

struct rstp {
	struct rstp_config config;
	const struct rstp_ops *ops;
	struct rstp_ports ports; /* by number */
	/* 17.18 */
	uint64_t bridge_id;
	struct vector bridge_priority, root_priority;
	struct times bridge_times, root_times;
	const struct rstp_port *root_port; /* NULL: we are the root */
	/* a procedure has changed variables of other ports */
	bool tree_touched;
	bool is_running; /* a machine moves */
	uint64_t n_topology_changes;
	uint64_t since_change_s;
};

/* ---- how a machine is written down ---- */

typedef bool rule_when_fn(const struct rstp_port *p);
typedef void state_enter_fn(struct rstp_port *p);

enum { ANY_STATE = UINT8_MAX };

/* From state @from (or ANY_STATE) to @to when @when holds; NULL: at once (the
 * standard's UCT).  The first of a machine's rules that holds counts. */
struct rule {
	uint8_t from;
	uint8_t to;
	rule_when_fn *when;
};

struct machine {
	const struct rule *rules;
	uint8_t n_rules;
	uint8_t first; /* the state that BEGIN enters */
	/* rules with a condition hold only where roles are settled: "selected
	 * && !updtInfo" (17.26, 17.29) */
	bool when_settled;
	state_enter_fn *const *enter; /* by state; NULL: nothing to do */
};

#define N_RULES(array) ((uint8_t)(sizeof(array) / sizeof((array)[0])))

/* By enum machine_id. */
extern const struct machine port_receive_machine,
    port_protocol_migration_machine, bridge_detection_machine,
    port_information_machine, port_role_transitions_machine,
    port_state_transition_machine, topology_change_machine,
    port_transmit_machine;

/* ---- conditions that several machines use (17.20) ---- */

static inline bool
rstp_version_is_rstp(const struct rstp_port *p)
{
	return p->bridge->config.version >= RSTP_VERSION_RSTP;
}

static inline uint16_t
fwd_delay(const struct rstp_port *p)
{
	return p->designated_times.forward_delay;
}

static inline uint16_t
hello_time(const struct rstp_port *p)
{
	return p->designated_times.hello_time;
}

static inline uint16_t
max_age(const struct rstp_port *p)
{
	return p->designated_times.max_age;
}

/* forwardDelay, not to be confused with FwdDelay above */
static inline uint16_t
forward_delay(const struct rstp_port *p)
{
	return p->send_rstp ? hello_time(p) : fwd_delay(p);
}

/* ---- Port Role Selection ---- */

/** roles_selection_is_due() - has a port reselect set? */
bool roles_selection_is_due(const struct rstp *rstp);
/** roles_select() - what the state ROLE_SELECTION does */
void roles_select(struct rstp *rstp);
/** roles_select_alone() - the same, when @p alone has reselect set and has
 * nothing to say about the root, so that other ports keep their roles
 *
 * Return: false when it has; nothing was done. */
bool roles_select_alone(struct rstp_port *p);

#endif /* SWITCH_RSTP_MACHINE_H */
