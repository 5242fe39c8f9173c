/* methods: the methods of the switch itself, one table a noun.  What they need
 * beside the model they ask of struct control, whose inside is shared here
 * with control.c. */
#ifndef SWITCH_METHODS_METHODS_H
#define SWITCH_METHODS_METHODS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/rpc.h"
#include "switch/control.h"
#include "switch/switch.h"

struct declared_port;
struct err;
struct event;
struct idle_job;
struct mac;
struct port_settings;
struct timer;

struct control {
	struct control_config config;
	struct vswitch *sw;
	struct plugin_host *host;
	struct port_settings *port_settings;
	struct rpc_server *server;
	struct switch_observer observer;
	/* port.add, with the parameters of all kinds */
	struct rpc_method port_add;
	char *port_add_params;
	unsigned kinds_generation; /* of the switch's, that it is for */
	STAILQ_HEAD(idle_jobs, idle_job) idle_jobs;
	struct idle_jobs lane_jobs; /* these wait for the workers only */
	struct event *idle;
	struct timer *patience;
};

/** control_port_add() - port.add, with the parameters of the kinds that there
 * are now */
const struct rpc_method *control_port_add(struct control *control);

typedef void control_idle_fn(struct control *control, struct rpc_call *call);

/** control_when_idle() - @fn runs when no peer has anything more to read, at
 * the latest after a second of never-ending traffic
 * @call: handed to @fn, which finishes it; or NULL */
void control_when_idle(struct control *control, control_idle_fn *fn,
		       struct rpc_call *call);

/* One file a noun: NOUN-methods.c.  Ended by a NULL name; the .fn get the
 * struct control as their argument. */
extern const struct rpc_method declare_methods[], switch_methods[],
    segment_methods[], port_methods[], vlan_methods[], stp_methods[],
    fdb_methods[], stats_methods[], plugin_methods[];
/* All of them, ended by NULL. */
extern const struct rpc_method *const method_tables[];
/* "rpc.subscribe" is the server's own (lib/rpc.h); this is what is said of
 * it. */
extern const struct rpc_method method_subscribe;
/** methods_find() - the row of the tables, or NULL */
const struct rpc_method *methods_find(const char *name);

/* ---- events ---- */

/* What happens and is told to subscribers: one row an event. */
struct control_event {
	const char *name;    /* "port.added" */
	const char *data;    /* json_check() signature of what comes with it */
	const char *summary; /* one line, for the manual */
	const char *details; /* what else; plain text with `words` in
				backquotes; or NULL */
};

/* All of the switch itself, ended by a NULL name. */
extern const struct control_event control_events[];
/** control_event_find() - the row of @name, or NULL */
const struct control_event *control_event_find(const char *name);

/* ---- what methods share ---- */

/** method_fail() - finish @call with @err, and what there is to say about the
 * sandbox; for methods that open something */
void method_fail(struct control *control, struct rpc_call *call,
		 struct err *err);
/**
 * method_segment() - what the parameter "segment" names
 * @out: NULL when it is absent: all are meant
 *
 * Return: false when there is no such segment; @call has been answered.
 */
bool method_segment(struct control *control, struct rpc_call *call,
		    const json_t *params, struct segment **out);
/** method_port() - the same of "port" */
bool method_port(struct control *control, struct rpc_call *call,
		 const json_t *params, struct port **out);
/** method_port_own_params() - of port.add's: those of the kind, returned
 * owned */
json_t *method_port_own_params(const json_t *params);
/** method_read_vids() - the parameter "vid", a number or a range as text; one
 * number where "pvid" is true
 * Return: 0; -EINVAL with @err set. */
int method_read_vids(const json_t *params, uint16_t *first, uint16_t *last,
		     struct err *err);
/** method_read_mac() - the parameter "mac" of a single station
 * Return: 0, with @mac unchanged when it is absent; -EINVAL with @err set. */
int method_read_mac(const json_t *params, struct mac *mac, struct err *err);
/**
 * method_check() - what is wrong with @params, which have passed json_check(),
 * as far as it can be told without doing it
 * Return: 0; negative with @err set.
 */
int method_check(const char *method, const json_t *params, struct err *err);
/** method_declaration() - by what the peer is known, and its settings;
 * returned owned */
json_t *method_declaration(const struct declared_port *d);
/** method_drops() - counts by drop reason, N_DROP_REASONS of them, as an
 * object; returned owned */
json_t *method_drops(const uint64_t *drops);

#endif /* SWITCH_METHODS_METHODS_H */
