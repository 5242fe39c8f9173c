/* rpc-methods: the methods of the switch itself, one table.  What they need
 * beside the model they ask of struct control, whose inside is shared here
 * with control.c. */
#ifndef SWITCH_RPC_METHODS_H
#define SWITCH_RPC_METHODS_H

#include <sys/queue.h>

#include "lib/rpc.h"
#include "switch/control.h"
#include "switch/switch.h"

struct event;
struct idle_job;
struct timer;

struct control {
	struct control_config config;
	struct vswitch *sw;
	struct plugin_host *host;
	struct rpc_server *server;
	struct switch_observer observer;
	/* port.add, with the parameters of all kinds */
	struct rpc_method port_add;
	char *port_add_params;
	STAILQ_HEAD(idle_jobs, idle_job) idle_jobs;
	struct event *idle;
	struct timer *patience;
};

typedef void control_idle_fn(struct control *control, struct rpc_call *call);

/** control_when_idle() - @fn runs when no peer has anything more to read, at
 * the latest after a second of never-ending traffic
 * @call: handed to @fn, which finishes it; or NULL */
void control_when_idle(struct control *control, control_idle_fn *fn,
		       struct rpc_call *call);

/* Ended by a NULL name; the .fn get the struct control as their argument. */
extern const struct rpc_method rpc_methods[];

#endif /* SWITCH_RPC_METHODS_H */
