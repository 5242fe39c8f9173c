/*
 * network: the wires of a run: its switch, a segment a vlan, each captured, and
 * the plugs of the machines.
 *
 * The switch is replaceable.  A plug is a pair of datagram sockets of which
 * both ends are kept open here, so a guest does not notice when the switch at
 * the far end is killed: another one is started, gets the same segments,
 * captures (which go on behind what was written), plugs and link settings, and
 * what guests have sent meanwhile is still in the sockets.  Where the guest's
 * end listens, another switch connects to it.  Calls that were under way are made
 * again.  A switch that does not come back, or not for long, breaks the network;
 * so does one that VDE clients were attached to.
 */
#ifndef DRIVER_WIRE_NETWORK_H
#define DRIVER_WIRE_NETWORK_H

#include <stddef.h>

#include <jansson.h>

#include "lib/rpc.h"

struct clock;
struct err;
struct event_base;
struct mac;
struct network;

struct network_events {
	/* A line the switch wrote on stderr; borrowed. */
	void (*line)(const char *line, void *arg);
	/* The switch has ended by itself; another one is being started. */
	void (*lost)(const char *how, void *arg);
	/* It is replaced; @ms: how long there was none. */
	void (*restored)(unsigned ms, void *arg);
	/* Something has happened in it (doc/control-api.md); may be NULL. */
	void (*event)(const char *event, const json_t *data, void *arg);
	/* Something that is done to frames has been set, or undone, by
	 * network_call(); may be NULL. */
	void (*set)(const char *method, const json_t *params, void *arg);
	/* There is no network any more; once. */
	void (*broken)(const char *why, void *arg);
};

enum {
	NETWORK_RESTARTS_MAX = 5,	 /* within ... */
	NETWORK_RESTARTS_MS = 60 * 1000, /* ... this time */
	NETWORK_CALL_MS = 20 * 1000,	 /* network_new() waits for an answer */
};

struct network_spec {
	struct event_base *base;
	struct clock *clock;
	const char *run_dir;	 /* private; the switch lives beneath */
	const char *results_dir; /* captures */
	const unsigned *vlans;	 /* a segment each: "vlanN" */
	size_t n_vlans;
	json_t *names;	   /* for captures, by address; NULL: none */
	const char *title; /* a comment of captures; NULL: none */
	const struct network_events *events;
	void *arg;
};

/** network_new() - start the switch, make segments, start captures; runs the
 * loop.  @spec's pointers are borrowed.
 * Return: owned by the caller; NULL with @err set. */
struct network *network_new(const struct network_spec *spec, struct err *err);
/** network_free() - stop the switch, which completes the captures; runs the
 * loop; no event follows, calls under way are forgotten.  Return: 0, or -errno
 * with @err set when something was not in order.  NULL is a no-op. */
int network_free(struct network *net, struct err *err);

/** network_call() - a method of the switch; one that is being replaced is
 * waited for.  See rpc_conn_call().  A link.set or netem.set stays in force for
 * the life of its plug or segment, whatever becomes of the switch. */
void network_call(struct network *net, const char *method, json_t *params,
		  rpc_done_fn *done, void *arg);

/**
 * network_plug() - a new port named @port on a segment
 * @vlan: which of the spec's
 * @done: as for network_call()
 *
 * A port of that name left from an earlier plug goes first.
 * Return: the guest's end, a SOCK_DGRAM unix socket, returned owned; -errno
 *         with @err set, and @done does not run.
 */
int network_plug(struct network *net, const char *port, size_t vlan,
		 rpc_done_fn *done, void *arg, struct err *err);
/**
 * network_plug_listener() - the same for a guest's end that listens: the switch
 * connects to it, and connects again whenever the connection has ended
 *
 * Return: the socket that listens, a unix stream socket, returned owned; it has
 *         a name in RUN_DIR until it is unplugged; -errno with @err set, and
 *         @done does not run.
 */
int network_plug_listener(struct network *net, const char *port, size_t vlan,
			  rpc_done_fn *done, void *arg, struct err *err);
/**
 * network_plug_vhost() - the same for a guest's end that listens at a place of
 * its own, for vhost-user: the switch connects when somebody is there
 *
 * Return: the place, which is not there yet, in RUN_DIR; borrowed until it is
 *         unplugged.  NULL with @err set, and @done does not run.
 */
const char *network_plug_vhost(struct network *net, const char *port,
			       size_t vlan, rpc_done_fn *done, void *arg,
			       struct err *err);
/**
 * network_declare() - the same for a VDE client that will come by itself, to
 * RUN_DIR/switch/SEGMENT: its port is known by the source address of its first
 * frame
 *
 * Such a client does not come back when the switch is killed: that breaks the
 * network.
 * Return: 0; -errno with @err set, and @done does not run.
 */
int network_declare(struct network *net, const char *port, size_t vlan,
		    const struct mac *mac, rpc_done_fn *done, void *arg,
		    struct err *err);
/** network_unplug() - the port goes, with its settings; unknown ones are a
 * no-op.  Not between network_plug() and its answer. */
void network_unplug(struct network *net, const char *port);

/** network_capture_path() - the capture of the spec's @vlan'th segment */
const char *network_capture_path(const struct network *net, size_t vlan);
/** network_capture_id() - its id in the switch of the moment */
const char *network_capture_id(const struct network *net, size_t vlan);

#endif /* DRIVER_WIRE_NETWORK_H */
