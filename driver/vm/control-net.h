/*
 * control-net: the network behind a guest's eth0: a user-mode network in a
 * helper process (vdelab-slirp) whose only opening is a unix socket in the
 * run's private directory, forwarded to the guest's TCP port 514.
 */
#ifndef DRIVER_VM_CONTROL_NET_H
#define DRIVER_VM_CONTROL_NET_H

struct clock;
struct control_net;
struct err;
struct event_base;

enum { CONTROL_NET_SHELL_PORT = 514 }; /* as the NixOS driver once used */

/* A line the helper wrote, or how it ended; borrowed. */
typedef void control_net_line_fn(const char *line, void *arg);

/**
 * control_net_start() - start the helper
 * @run_dir: private and absolute
 * @fd:      the host's end of the guest's eth0; taken, also on failure
 *
 * Return: owned by the caller; NULL with @err set.
 */
struct control_net *control_net_start(struct event_base *base,
				      struct clock *clock, const char *run_dir,
				      const char *node, int fd,
				      control_net_line_fn *on_line, void *arg,
				      struct err *err);
/** control_net_connect() - to the guest's port 514; that it succeeds says
 * nothing of the guest
 * Return: a connected descriptor, returned owned; -errno. */
int control_net_connect(struct control_net *net);
/** control_net_free() - ends the helper; NULL is a no-op */
void control_net_free(struct control_net *net);

#endif /* DRIVER_VM_CONTROL_NET_H */
