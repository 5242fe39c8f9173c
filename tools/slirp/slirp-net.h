/*
 * slirp-net: a user network: libslirp between guests and sockets of the host.
 *
 * Guests get their addresses by DHCP.  A forward is a socket of the host: who
 * connects to it talks to a port of a guest.  Restricted, that is all: nothing
 * leads from a guest to the host or beyond.  Otherwise guests' connections go
 * out as this process's own, except to 127.0.0.0/8, which stays closed to them
 * unless the host's address is to lead there.
 */
#ifndef TOOLS_SLIRP_SLIRP_NET_H
#define TOOLS_SLIRP_SLIRP_NET_H

struct err;
struct net_config;
struct slirp_net;

/**
 * slirp_net_new() - set up the network, listening at all forwards; nothing is
 * read yet
 * @config: borrowed, for as long as it lives
 * @fd:     as in frame_link_init()
 *
 * A unix socket is made with mode 0600, in a directory of the caller's own; a
 * stale one is replaced.
 *
 * Return: a network the caller owns; NULL with @err set.
 */
struct slirp_net *slirp_net_new(const struct net_config *config, int fd,
				struct err *err);

/**
 * slirp_net_run() - carry frames and bytes until the end
 * @stop_fd: returns when this becomes readable; borrowed
 *
 * Return: 0 when the other side has gone or @stop_fd says so; -EPROTO when what
 *         it sends is no stream of frames; other -errno.
 */
int slirp_net_run(struct slirp_net *net, int stop_fd, struct err *err);

/** slirp_net_free() - remove the sockets; NULL is a no-op */
void slirp_net_free(struct slirp_net *net);

#endif /* TOOLS_SLIRP_SLIRP_NET_H */
