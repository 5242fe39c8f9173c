/*
 * tcp-owner: whose process is at the other end of a TCP connection of this
 * host.
 *
 * A port of 127.0.0.1 is open to every user; the kernel's table of sockets
 * tells whose each one is.
 */
#ifndef DRIVER_VM_TCP_OWNER_H
#define DRIVER_VM_TCP_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct err;

/* One end of a connection; both in network byte order. */
struct tcp_end {
	uint32_t addr;
	uint16_t port;
};

/**
 * tcp_owner_find() - look for a socket that is connected
 * @table: as /proc/net/tcp, or /proc/net/tcp6 when @ipv6, where IPv4
 *         connections of sockets of the other family are
 * @local, @remote: as that socket sees it
 * @uid:   out: its owner
 *
 * A socket that its process has closed belongs to nobody any more, and is not
 * found.
 */
bool tcp_owner_find(FILE *table, bool ipv6, const struct tcp_end *local,
		    const struct tcp_end *remote, uid_t *uid);

/**
 * tcp_owner_of_peer() - of @fd, a connection over IPv4 that was accepted
 *
 * Return: 0; -ENOTCONN when the other end has gone; other -errno when nobody
 *         can tell, with @err set.
 */
int tcp_owner_of_peer(int fd, uid_t *uid, struct err *err);

#endif /* DRIVER_VM_TCP_OWNER_H */
