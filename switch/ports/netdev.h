/* netdev: what tap and packet ports need to do to a network interface of our
 * namespace.  Best effort: what fails is logged, for whoever made the interface
 * may have seen to it, or may not want it. */
#ifndef PORTS_NETDEV_H
#define PORTS_NETDEV_H

#include <stdint.h>

struct port;

/** netdev_set_up() - @port: whom log messages name */
void netdev_set_up(const struct port *port, const char *dev);
void netdev_set_mtu(const struct port *port, const char *dev, uint32_t mtu);

#endif /* PORTS_NETDEV_H */
