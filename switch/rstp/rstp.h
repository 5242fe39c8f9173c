/*
 * rstp: one bridge of the Rapid Spanning Tree Protocol, IEEE 802.1D-2004
 * clause 17; to older neighbours it speaks STP, port by port.
 *
 * A pure state machine: no I/O, no clock, no log.  What happens is told to it
 * (ports go up and down, BPDUs come in, a second has passed, somebody changes
 * a setting), what is to be done it tells by callbacks.  Each input runs all
 * machines until none of them moves any more.
 */
#ifndef SWITCH_RSTP_RSTP_H
#define SWITCH_RSTP_RSTP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/mac.h"

struct bpdu;
struct err;
struct rstp;
struct rstp_port;

/* 17.13, tables 17-1 to 17-3, and 9.2.7: a port's number has 12 bits. */
enum {
	RSTP_PRIORITY_MAX = 61440,
	RSTP_PRIORITY_STEP = 4096,
	RSTP_PRIORITY_DEFAULT = 32768,
	RSTP_MAX_AGE_MIN_S = 6,
	RSTP_MAX_AGE_MAX_S = 40,
	RSTP_MAX_AGE_DEFAULT_S = 20,
	RSTP_HELLO_MIN_S = 1,
	RSTP_HELLO_MAX_S = 2,
	RSTP_HELLO_DEFAULT_S = 2,
	RSTP_FORWARD_DELAY_MIN_S = 4,
	RSTP_FORWARD_DELAY_MAX_S = 30,
	RSTP_FORWARD_DELAY_DEFAULT_S = 15,
	RSTP_TX_HOLD_MIN = 1,
	RSTP_TX_HOLD_MAX = 10,
	RSTP_TX_HOLD_DEFAULT = 6,
	RSTP_MIGRATE_TIME_S = 3,
	RSTP_PORT_PRIORITY_MAX = 240,
	RSTP_PORT_PRIORITY_STEP = 16,
	RSTP_PORT_PRIORITY_DEFAULT = 128,
	RSTP_PATH_COST_MAX = 200000000,
	RSTP_PATH_COST_DEFAULT = 20000, /* of a link with 1 Gbit/s */
	RSTP_PORTS_MAX = 4095,
	RSTP_RX_MAX = 64, /* BPDUs a port listens to from tick to tick */
};

/* Force Protocol Version (17.13.4) */
enum rstp_version { RSTP_VERSION_STP = 0, RSTP_VERSION_RSTP = 2 };

enum rstp_role {
	RSTP_ROLE_DISABLED,
	RSTP_ROLE_ROOT,
	RSTP_ROLE_DESIGNATED,
	RSTP_ROLE_ALTERNATE,
	RSTP_ROLE_BACKUP,
	RSTP_N_ROLES
};

enum rstp_state {
	RSTP_DISCARDING, /* nothing crosses, nothing is learnt */
	RSTP_LEARNING,	 /* nothing crosses */
	RSTP_FORWARDING,
	RSTP_N_STATES
};

struct rstp_config {
	struct mac
	    address;	   /* of the bridge; no two on a network are the same */
	uint16_t priority; /* 0..RSTP_PRIORITY_MAX by RSTP_PRIORITY_STEP */
	enum rstp_version version;
	/* in seconds; what the root says counts, for all its tree */
	uint8_t hello_time_s, max_age_s, forward_delay_s;
	uint8_t tx_hold_count; /* BPDUs a port may send a second, in a burst */
};

struct rstp_port_config {
	uint8_t priority;   /* 0..RSTP_PORT_PRIORITY_MAX, step 16 */
	uint32_t path_cost; /* 1..RSTP_PATH_COST_MAX */
	bool admin_edge;    /* no bridge is expected behind it: forward at once,
			       until one is heard */
	bool auto_edge;	    /* an edge when none was heard for 3 s */
	bool point_to_point; /* at most one bridge is behind it */
};

/* Callbacks.  They run in the middle of things: none may call back into the
 * bridge.  @user is what rstp_port_add() was given. */
struct rstp_ops {
	void (*send)(void *user, const struct bpdu *bpdu);
	void (*set_state)(void *user, enum rstp_state state);
	/* forget the addresses learnt on this port */
	void (*flush)(void *user);
	void (*role_changed)(void *user, enum rstp_role role);
	/* this bridge has seen the topology change, at this port */
	void (*topology_changed)(void *user);
};

/* What a bridge or port is and has, for people. */
struct rstp_status {
	uint64_t bridge_id, root_id;
	uint32_t root_path_cost;
	uint16_t root_port; /* number; 0: this is the root */
	/* those in force */
	uint16_t max_age_s, hello_time_s, forward_delay_s;
	uint64_t topology_changes;
	uint64_t since_topology_change_s; /* since the start when none was */
};

struct rstp_port_status {
	uint16_t port_id; /* number and priority */
	enum rstp_role role;
	enum rstp_state state;
	bool up, edge, point_to_point, sends_rstp;
	/* as the port's own link has it: what the designated bridge says */
	uint64_t designated_root, designated_bridge;
	uint32_t designated_cost;
	uint16_t designated_port;
	/* BPDUs; @rx_invalid: those 9.3.4 refuses; @rx_own: our own, so the
	 * link leads back to us; @rx_excess: beyond RSTP_RX_MAX, not heard */
	uint64_t rx, tx, rx_tcn, rx_invalid, rx_own, rx_excess;
};

/** rstp_config_default() - all but .address */
struct rstp_config rstp_config_default(void);
struct rstp_port_config rstp_port_config_default(void);

/* Return: 0; -EINVAL with @err set. */
int rstp_config_check(const struct rstp_config *config, struct err *err);
int rstp_port_config_check(const struct rstp_port_config *config,
			   struct err *err);

/** rstp_new() - a bridge without ports
 * @config: copied; has passed rstp_config_check()
 * @ops:    borrowed until rstp_free(); every member set */
struct rstp *rstp_new(const struct rstp_config *config,
		      const struct rstp_ops *ops);
/** rstp_free() - with its ports, without any callback; NULL is a no-op */
void rstp_free(struct rstp *rstp);

/** rstp_configure() - change settings while it runs.  A new .version starts
 * all ports anew. */
void rstp_configure(struct rstp *rstp, const struct rstp_config *config);
const struct rstp_config *rstp_config(const struct rstp *rstp);

/**
 * rstp_port_add() - a port that is down
 * @number: 1..RSTP_PORTS_MAX, free
 * @config: copied; has passed rstp_port_config_check()
 *
 * Return: borrowed until rstp_port_remove().
 */
struct rstp_port *rstp_port_add(struct rstp *rstp, uint16_t number,
				const struct rstp_port_config *config,
				void *user);
/** rstp_port_remove() - goes down first if it is up; its callbacks run for that
 */
void rstp_port_remove(struct rstp_port *port);
void rstp_port_configure(struct rstp_port *port,
			 const struct rstp_port_config *config);
const struct rstp_port_config *rstp_port_config(const struct rstp_port *port);
uint16_t rstp_port_number(const struct rstp_port *port);

/** rstp_port_set_up() - the link can, or cannot, be used
 *
 * May be called from within .send, whose frame may be what tells that the link
 * is lost: the machines take notice when .send has returned. */
void rstp_port_set_up(struct rstp_port *port, bool up);
/** rstp_port_migrate() - ask a neighbour that was heard to speak STP only
 * whether it speaks RSTP by now (mcheck, 17.19.13) */
void rstp_port_migrate(struct rstp_port *port);
/** rstp_port_receive() - a BPDU has come in; borrowed */
void rstp_port_receive(struct rstp_port *port, const struct bpdu *bpdu);
/** rstp_port_reject() - something to the bridges' address has come in that is
 * no BPDU; it is only counted */
void rstp_port_reject(struct rstp_port *port);

/** rstp_tick() - a second has passed */
void rstp_tick(struct rstp *rstp);

/** rstp_is_stable() - would no machine move?  True between inputs, always. */
bool rstp_is_stable(const struct rstp *rstp);

struct rstp_status rstp_status(const struct rstp *rstp);
struct rstp_port_status rstp_port_status(const struct rstp_port *port);

/* "designated"; "forwarding" */
const char *rstp_role_name(enum rstp_role role);
const char *rstp_state_name(enum rstp_state state);

#endif /* SWITCH_RSTP_RSTP_H */
