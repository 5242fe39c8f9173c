/*
 * control: the switch's control socket (doc/control-api.md): serves the
 * methods of the switch and of its plugins, tells of ports and plugins.
 */
#ifndef SWITCH_CONTROL_H
#define SWITCH_CONTROL_H

#include "lib/rpc.h"

struct control;
struct err;
struct plugin_host;
struct port_kind;
struct vswitch;

struct control_config {
	struct vswitch *sw;	  /* borrowed */
	struct plugin_host *host; /* borrowed */
	int listen_fd;		  /* a listening unix socket; taken */
	/* what switch.reload does; it finishes the call; NULL: there is nothing
	 * to reload */
	void (*reload)(struct rpc_call *call, void *arg);
	/* what switch.stop does, when its reply is on its way */
	void (*stop)(void *arg);
	void *stop_arg; /* of both */
};

/** control_new() - Return: NULL with @err set */
struct control *control_new(const struct control_config *config,
			    struct err *err);
/**
 * control_call() - call a method from within the process: every other face of
 * the switch (configuration, console) stands on the methods of this one
 * @params: taken; NULL for none; checked as a client's are
 * @fd:     a descriptor that goes with the call; taken; or -1
 * @done:   runs once, often before this returns
 */
void control_call(struct control *control, const char *method, json_t *params,
		  int fd, rpc_done_fn *done, void *arg);
/** control_signature() - what @method takes now; NULL: there is none */
const char *control_signature(struct control *control, const char *method);
/** control_port_add_params() - the signature of port.add: what its table says,
 * and what the kinds say of theirs; returned owned
 * @kinds: NULL-ended */
char *control_port_add_params(const struct port_kind *const *kinds);
/** control_free() - calls that wait for an answer get an error; NULL is a
 * no-op */
void control_free(struct control *control);

#endif /* SWITCH_CONTROL_H */
