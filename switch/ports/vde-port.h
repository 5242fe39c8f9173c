/*
 * vde-port: a numbered port and the VDE clients that share it.
 *
 * Each client is an endpoint: the control connection it came by, whose end is
 * the endpoint's end, and a pair of connected datagram sockets, one datagram a
 * frame.  Usually there is one; a client that asks for a number in use joins.
 * Every endpoint gets every frame that leaves by the port; nothing passes
 * between endpoints of one port.  The fastest sets the pace: one that does not
 * keep up misses frames.
 */
#ifndef PORTS_VDE_PORT_H
#define PORTS_VDE_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/un.h>

#include <jansson.h>

#include "switch/ports/port-provider.h"

struct err;
struct event_base;
struct vde_endpoint;
struct vde_port;

/* The ports of a listener. */
TAILQ_HEAD(vde_port_list, vde_port);

enum {
	/* Asked of the kernel for what is sent.  It signals room when three
	 * quarters of this have been read, which must take less time than
	 * others are made to wait; and a full one should stay in a cache. */
	VDE_SOCKET_BYTES = 256 * 1024,
	VDE_ENDPOINTS_MAX = 16, /* of one port */
	VDE_IGNORED_MAX = 4096, /* octets after the request */
};

struct vde_port {
	TAILQ_ENTRY(vde_port) entry;
	/* Borrowed; NULL once the port is going, or its listener has gone */
	struct vde_port_list *list;
	uint32_t number;      /* 0: its client did not care; nobody joins */
	uid_t uid;	      /* whose it is */
	struct port *port;    /* borrowed; NULL until vde_port_start() */
	unsigned n_endpoints; /* attached ones */
	bool paused;	      /* none of them is read */
	TAILQ_HEAD(, vde_endpoint) endpoints;
	struct event *reaper; /* frees endpoints that went, others remaining */
};

/**
 * vde_port_new() - a port without endpoints, entered into @list
 * @base:   borrowed
 * @number: not in use in @list, or 0
 *
 * Return: NULL when out of memory.  It becomes whole when .port is set.
 */
struct vde_port *vde_port_new(struct vde_port_list *list,
			      struct event_base *base, uint32_t number,
			      uid_t uid);
/** vde_port_free() - ends every connection; NULL is a no-op */
void vde_port_free(struct vde_port *vp);

/** vde_port_find() - the port with this number, or NULL */
struct vde_port *vde_port_find(struct vde_port_list *list, uint32_t number);
/** vde_port_forget_all() - the listener goes, its ports live on */
void vde_port_forget_all(struct vde_port_list *list);

/**
 * vde_port_join() - one more client, who is told so
 * @ctl_fd, @data_fd: taken, also on failure
 * @addr: where @data_fd is bound, the answer to the client; the socket is
 *        unlinked when the endpoint ends, or on failure
 * @peer: copied
 *
 * Return: 0; -errno with @err set.  A port that is still without clients then
 * has ended, by port_gone().
 */
int vde_port_join(struct vde_port *vp, int ctl_fd, int data_fd,
		  const struct sockaddr_un *addr, const struct port_peer *peer,
		  struct err *err);

/* As in struct port_kind; priv is a struct vde_port. */
size_t vde_port_transmit(void *priv, struct frame *const *frames, size_t n);
void vde_port_pause(void *priv, bool paused);
int vde_port_drop_client(void *priv, unsigned id);
void vde_port_describe(const void *priv, json_t *into);

#endif /* PORTS_VDE_PORT_H */
