/*
 * port-store: ports that outlive us.  The descriptors of ports whose kind can
 * go on with one (port_kind.keep_fd) are given to the service manager, and a
 * switch that is started again makes the same ports of them.
 *
 * The name of such a descriptor says all there is to say:
 * "port/KIND/SEGMENT/NAME/MTU".
 */
#ifndef SWITCH_PORT_STORE_H
#define SWITCH_PORT_STORE_H

struct inherited;
struct port_store;
struct service_manager;
struct vswitch;

/**
 * port_store_new() - restore what @inherited holds, then keep what comes
 * @sm, @inherited: borrowed, @inherited for the call
 *
 * A segment that a port was on is made if it is missing.  What cannot be
 * restored is logged and given up.  Ports and segments made here are marked as
 * .restored.
 */
struct port_store *port_store_new(struct vswitch *sw,
				  struct service_manager *sm,
				  struct inherited *inherited);
/** port_store_free() - before the switch: what the manager keeps, it keeps;
 * NULL is a no-op */
void port_store_free(struct port_store *store);

#endif /* SWITCH_PORT_STORE_H */
