/* net-choice: how a machine is wired that says nothing of it. */
#ifndef DRIVER_VM_NET_CHOICE_H
#define DRIVER_VM_NET_CHOICE_H

#include <stdbool.h>

struct clock;
struct err;
struct event_base;
struct net_probe;
struct plan;
struct plan_node;

/**
 * net_probe_new() - ask the QEMUs of a plan's machines whether they have
 * vhost-user, as far as it matters to any; they answer while the loop runs
 * @qemu: that of x86_64
 * @snapshots: machines need not boot
 */
struct net_probe *net_probe_new(struct event_base *base, struct clock *clock,
				const char *qemu, const struct plan *plan,
				bool snapshots);
void net_probe_free(struct net_probe *probe);
/** net_probe_wait() - until they have; runs the loop, for some seconds at most */
void net_probe_wait(struct net_probe *probe);

/**
 * net_choose() - what is behind @node's interfaces; not before the probe is done
 *
 * PLAN_NET_AUTO becomes one of the others.
 * Return: 0; -ENOTSUP with @err set: it wants what its QEMU has not.
 */
int net_choose(const struct net_probe *probe, struct plan_node *node,
	       struct err *err);

#endif /* DRIVER_VM_NET_CHOICE_H */
