/*
 * slirp-net: the user network of one guest: libslirp between the stream to
 * QEMU and sockets of the host.
 *
 * The guest is 10.0.2.15/24 (given by DHCP), the host's side 10.0.2.2; there
 * is no IPv6.  A forward is a unix socket of the host: who connects to it talks
 * to a TCP port of the guest.  Restricted, that is all: nothing leads from the
 * guest to the host or beyond.  Otherwise the guest's connections go out as
 * this process's own, with DNS at 10.0.2.3, except to 127.0.0.0/8, which stays
 * closed to it.
 */
#ifndef TOOLS_SLIRP_SLIRP_NET_H
#define TOOLS_SLIRP_SLIRP_NET_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct slirp_net;

/**
 * slirp_net_new() - set up the network; nothing is read yet
 * @net_fd:     a connected stream socket, the other end being QEMU's; borrowed
 * @restricted: nothing but forwards
 *
 * Return: a network the caller owns; NULL with @err set.
 */
struct slirp_net *slirp_net_new(int net_fd, bool restricted, struct err *err);

/**
 * slirp_net_forward() - listen at @path for @guest_port
 * @path: a unix socket to be made, mode 0600, in a directory of the caller's
 *        own; a stale one is replaced.  Borrowed.
 *
 * Return: 0; an error of sockpath_listen(); other -errno.
 */
int slirp_net_forward(struct slirp_net *net, const char *path,
		      uint16_t guest_port, struct err *err);

/** slirp_net_no_dhcp() - somebody else gives addresses there */
void slirp_net_no_dhcp(struct slirp_net *net);

/**
 * slirp_net_run() - carry frames and bytes until the end
 * @stop_fd: returns when this becomes readable; borrowed
 *
 * Return: 0 when QEMU has closed the stream or @stop_fd says so; -EPROTO when
 *         what QEMU sends is no stream of frames; other -errno.
 */
int slirp_net_run(struct slirp_net *net, int stop_fd, struct err *err);

/** slirp_net_free() - remove the sockets; NULL is a no-op */
void slirp_net_free(struct slirp_net *net);

#endif /* TOOLS_SLIRP_SLIRP_NET_H */
