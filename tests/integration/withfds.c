/*
 * withfds: run a command that has descriptors which no shell can make:
 * 5 and 6, a pair of connected unix sockets that keep frames apart;
 * with --tap NAME: 7, that tap, whose frames have a header in front, as QEMU
 * likes it; with --packet DEV: 8, a packet socket bound to that interface.
 */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

enum { HIGH = 20 }; /* out of the way of what is to be made */

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
put(int fd, int where)
{
	if (dup2(fd, where) < 0)
		die("withfds");
	close(fd);
}

static int
up(int fd)
{
	int high = fcntl(fd, F_DUPFD, HIGH);

	if (high < 0)
		die("withfds");
	close(fd);
	return high;
}

static void
make_pair(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) < 0)
		die("socketpair");
	fds[0] = up(fds[0]);
	fds[1] = up(fds[1]);
	put(fds[0], 5);
	put(fds[1], 6);
}

static void
make_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		die(name);
	put(up(fd), 7);
}

static void
make_packet(const char *dev)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq ifr = { .ifr_ifindex = 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		die(dev);
	addr.sll_ifindex = ifr.ifr_ifindex;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(dev);
	put(up(fd), 8);
}

int
main(int argc, char **argv)
{
	int i = 1;

	make_pair();
	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--tap") == 0)
			make_tap(argv[i + 1]);
		else if (strcmp(argv[i], "--packet") == 0)
			make_packet(argv[i + 1]);
		else
			break;
	}
	if (i >= argc) {
		fprintf(stderr, "usage: withfds [--tap NAME] [--packet DEV] "
				"COMMAND...\n");
		return 2;
	}
	execvp(argv[i], argv + i);
	die(argv[i]);
}
