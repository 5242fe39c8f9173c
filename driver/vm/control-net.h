/*
 * control-net: the network behind a guest's eth0: a user-mode network in a
 * helper process (vdelab-slirp).  Its openings for the host are unix sockets in
 * the run's private directory, each led to a TCP port of the guest; for the
 * guest there is none, unless it may reach the internet.
 */
#ifndef DRIVER_VM_CONTROL_NET_H
#define DRIVER_VM_CONTROL_NET_H

#include <stdbool.h>
#include <stddef.h>

struct clock;
struct control_net;
struct err;
struct event_base;

/* A line the helper wrote, or how it ended; borrowed. */
typedef void control_net_line_fn(const char *line, void *arg);

/* All is borrowed. */
struct control_net_spec {
	struct event_base *base;
	struct clock *clock;
	const char *run_dir; /* private and absolute; sockets lie there, as
			      * forwards_path() says */
	const char *node;
	const unsigned *ports; /* of the guest; each once */
	size_t n_ports;
	bool internet;	    /* the guest reaches the host's network */
	bool host_loopback; /* and by the gateway's address 127.0.0.1 */
	control_net_line_fn *on_line;
	void *arg;
};

/**
 * control_net_start() - start the helper
 * @fd:      the host's end of the guest's eth0; taken, also on failure
 *
 * Return: owned by the caller; NULL with @err set.
 */
struct control_net *control_net_start(const struct control_net_spec *spec,
				      int fd, struct err *err);
/** control_net_connect() - to the guest's shell, on port 514, which is
 * one of .ports; that it succeeds says nothing of the guest
 * Return: a connected descriptor, returned owned; -errno. */
int control_net_connect(struct control_net *net);
/** control_net_add_port() - one more; a failure is told by on_line */
void control_net_add_port(struct control_net *net, unsigned port);
/** control_net_free() - ends the helper; NULL is a no-op */
void control_net_free(struct control_net *net);

#endif /* DRIVER_VM_CONTROL_NET_H */
