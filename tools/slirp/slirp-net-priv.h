/*
 * slirp-net-priv: what slirp-net.c and slirp-loop.c share.
 */
#ifndef TOOLS_SLIRP_SLIRP_NET_PRIV_H
#define TOOLS_SLIRP_SLIRP_NET_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/slirp/gate.h"
#include "tools/slirp/net-framing.h"

struct clock;
struct pollfd;
struct Slirp;

/* Places in the list for poll(); libslirp's own follow. */
enum { POLL_STOP, POLL_NET, POLL_SLIRP };

struct listener {
	char *path; /* owned */
	int fd;	    /* libslirp's */
};

/* A connection through a forward takes two descriptors, and libslirp aborts
 * when it gets the first but not the second; so that many are held back. */
enum { FDS_PER_CALLER = 2 };

struct slirp_net {
	int net_fd; /* borrowed */
	bool restricted;
	bool no_dhcp;
	struct Slirp *slirp; /* owned, as all below */
	struct clock *clock;
	struct net_reader from_guest;
	struct net_writer to_guest;
	struct gate gate;
	struct listener *listeners;
	size_t n_listeners;
	int *spares; /* FDS_PER_CALLER for each listener */
	size_t n_spares;
	bool watches; /* the listeners, in this turn */
	struct pollfd *polled;
	size_t n_polled, n_polled_max;
};

/** slirp_net_hold_spares() - take descriptors for callers to come
 * Return: are there enough for one at each listener? */
bool slirp_net_hold_spares(struct slirp_net *net);
void slirp_net_let_spares_go(struct slirp_net *net);

#endif /* TOOLS_SLIRP_SLIRP_NET_PRIV_H */
