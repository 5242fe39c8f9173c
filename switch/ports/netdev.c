#include "config.h"

#include "switch/ports/netdev.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>

#include "lib/log.h"
#include "switch/ports/port-provider.h"

/* Any socket will do. */
static bool
request(unsigned long what, struct ifreq *ifr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = fd >= 0 && ioctl(fd, what, ifr) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

void
netdev_set_up(const struct port *port, const char *dev)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (!request(SIOCGIFFLAGS, &ifr) || (ifr.ifr_flags & IFF_UP) != 0)
		return;
	ifr.ifr_flags |= IFF_UP;
	if (!request(SIOCSIFFLAGS, &ifr))
		log_warn("port %s: cannot set %s up", port_name(port), dev);
}

void
netdev_set_mtu(const struct port *port, const char *dev, uint32_t mtu)
{
	struct ifreq ifr = { .ifr_mtu = (int)mtu };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (!request(SIOCSIFMTU, &ifr))
		log_warn("port %s: cannot set the MTU of %s to %u",
			 port_name(port), dev, (unsigned)mtu);
}
