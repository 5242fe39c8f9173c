/*
 * slirp-net-priv: what slirp-net.c, slirp-forwards.c and slirp-loop.c share.
 */
#ifndef TOOLS_SLIRP_SLIRP_NET_PRIV_H
#define TOOLS_SLIRP_SLIRP_NET_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/slirp/frame-link.h"
#include "tools/slirp/gate.h"
#include "tools/slirp/net-config.h"

struct clock;
struct err;
struct net_timer;
struct pollfd;
struct Slirp;

/* Places in the list for poll(); libslirp's own follow. */
enum { AT_STOP, AT_IN, AT_OUT, AT_MORE, AT_SLIRP };

/* A guest that forwards lead to. */
struct guest_door {
	struct gate gate;
	bool watched; /* its listeners, in this turn */
	bool called;  /* at one of them, somebody waits */
};

struct listener {
	const char *path; /* borrowed, of the configuration; NULL: TCP */
	int fd;		  /* libslirp's */
	size_t door;
};

/* A connection through a forward takes two descriptors, and libslirp aborts
 * when it gets the first but not the second; so that many are held back. */
enum { FDS_PER_CALLER = 2 };

struct slirp_net {
	const struct net_config *config; /* borrowed */
	struct Slirp *slirp;		 /* owned, as all below */
	struct clock *clock;
	struct net_timer *timers; /* libslirp's, a list */
	struct frame_link link;
	uint8_t *frame; /* one on its way to a guest, changed */
	struct guest_door doors[FORWARDS_MAX];
	size_t n_doors;
	struct listener listeners[FORWARDS_MAX]; /* not of UDP */
	size_t n_listeners;
	struct hostfwd more[FORWARDS_MAX]; /* that came later */
	size_t n_more;
	bool more_ended; /* nobody asks for any now */
	int spares[FORWARDS_MAX * FDS_PER_CALLER];
	size_t n_spares;
	struct pollfd *polled;
	size_t n_polled, n_polled_max;
};

/** slirp_net_timeout_ms() - until slirp_net_run_timers() has work;
 * UINT32_MAX for never */
uint32_t slirp_net_timeout_ms(const struct slirp_net *net, uint64_t now_ms);
void slirp_net_run_timers(struct slirp_net *net);

/** slirp_net_add_forwards() - all of the configuration */
int slirp_net_add_forwards(struct slirp_net *net, struct err *err);
/** slirp_net_take_more() - somebody may ask for a forward: add it, and answer */
void slirp_net_take_more(struct slirp_net *net);
/** slirp_net_remove_sockets() - those of forwards */
void slirp_net_remove_sockets(struct slirp_net *net);

/** slirp_net_hold_spares() - take descriptors for callers to come
 * Return: are there enough for one at each listener? */
bool slirp_net_hold_spares(struct slirp_net *net);
void slirp_net_let_spares_go(struct slirp_net *net);

#endif /* TOOLS_SLIRP_SLIRP_NET_PRIV_H */
