/*
 * port-provider: what a kind of port is made of, and what it may ask for.
 *
 * A kind moves frames between a peer (a socket, a device, shared memory) and
 * the switch.  It knows nothing of segments, tables or plugins: it reads from
 * its peer, hands batches to port_input(), and sends what .transmit is given.
 *
 * Lifetimes.  The port is the switch's; .priv is the kind's.  .close frees
 * .priv and everything it owns (descriptors, events); it runs from the loop,
 * never inside a callback of the kind itself, so a kind that has called
 * port_gone() simply returns.
 */
#ifndef SWITCH_PORTS_PORT_PROVIDER_H
#define SWITCH_PORTS_PORT_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "switch/counters.h"
#include "switch/frame.h"

struct clock;
struct err;
struct event_base;
struct pollers;
struct port;	  /* one attachment */
struct port_site; /* the segment a listener serves, as far as a kind sees it */
struct supervisor;

/* The process at the other end, where the kernel tells (SO_PEERCRED). */
struct port_peer {
	pid_t pid; /* 0 = unknown */
	uid_t uid;
	gid_t gid;
	uint32_t number;       /* of the port that it asks for; 0 = any */
	char description[128]; /* what it calls itself; printable; "" = none */
};

struct port_kind {
	const char *name;    /* "vde" */
	const char *summary; /* one line, for help */
	/* Members of port.add beside segment, kind, name and mtu, as a
	 * json_check() signature; NULL: cannot be added by hand. */
	const char *params;
	/* For the manual: what .params mean, what .describe adds; plain text
	 * with `words` in backquotes; or NULL. */
	const char *details;
	/* The id of the plugin that brings the kind; NULL: the switch has it */
	const char *plugin;
	/* Its peer may be any number of stations that all hear what it sends:
	 * the spanning tree has no short cuts there. */
	bool shared;

	/**
	 * open - attach what port.add describes
	 * @params: borrowed, checked against .params
	 * @fd:     a descriptor that came with the request, taken also on
	 *          failure; or -1
	 *
	 * Return: priv; NULL with @err set.  May call port_input() only from
	 * the loop, later.
	 */
	void *(*open)(struct port *port, const json_t *params, int fd,
		      struct err *err);

	/**
	 * listen - accept peers for a segment; NULL for kinds that do not
	 * @dir: the segment's directory, which exists
	 *
	 * Each accepted peer becomes a port by port_accept().
	 * Return: a listener; NULL with @err set.
	 */
	void *(*listen)(struct port_site *site, const char *dir,
			struct err *err);
	/* Stops accepting, removes its sockets.  Its ports live on. */
	void (*unlisten)(void *listener);

	/**
	 * transmit - send the first frames of the port's queue, in order
	 * @frames: borrowed; take a frame_ref() to keep one
	 *
	 * All octets are at .data, and nothing is left to do, as far as the
	 * kind does not take more (.takes_rest, .offloads).
	 *
	 * Frames that the peer refuses for good are consumed as well, after
	 * port_tx_drop().  A frame of which a part went out counts as consumed:
	 * the kind keeps the rest and sends it first the next time.
	 *
	 * Return: how many of @n are consumed.  With fewer than @n, the kind
	 * has armed a write event and calls port_writable() when it fires.
	 */
	size_t (*transmit)(void *priv, struct frame *const *frames, size_t n);
	/* It copes with frames that have a .rest. */
	bool takes_rest;
	/* What the peer can make of frames that are not finished: a set of enum
	 * frame_takes, without FRAME_TAKES_REST.  Asked once the port is
	 * attached, and after port_offloads_changed().  NULL: nothing. */
	unsigned (*offloads)(const void *priv);

	/**
	 * pause - stop reading from the peer, or go on
	 *
	 * A port that sends more than somebody reads is made to wait, for
	 * milliseconds at most; @paused changes with every call.  Runs also
	 * within port_input(), whose caller hands in nothing more until it is
	 * called again; must not call port_input() itself.  NULL: the peer
	 * cannot be made to wait.
	 */
	void (*pause)(void *priv, bool paused);

	/* Frames consumed by .transmit whose octets have not all left; they
	 * count as queued.  NULL: always 0. */
	size_t (*pending)(const void *priv);

	/**
	 * keep_fd - the descriptor with which .open of a new process, without
	 * parameters, goes on where this port was; NULL: there is no such one
	 *
	 * Asked once it is open; a service manager then keeps a duplicate.
	 * Return: borrowed; -1 for a port that cannot be continued.
	 */
	int (*keep_fd)(const void *priv);

	/* Ends the attachment of one of the clients that share the port, by
	 * the id told to port_client_added(); NULL: nobody shares it.
	 * Return: 0; -ENOENT there is no such client. */
	int (*drop_client)(void *priv, unsigned id);

	/**
	 * set - change settings of a port that is attached
	 * @params: borrowed; members that are in .settable, checked against it
	 *
	 * Return: 0; -errno with @err set and nothing changed.  NULL with
	 * .settable.
	 */
	int (*set)(void *priv, const json_t *params, struct err *err);
	const char *settable; /* as .params, all optional; NULL: nothing */
	/* port_mtu() gives another value now.  May be NULL. */
	void (*mtu_changed)(void *priv);

	/* Adds members to the port's `port show` object.  May be NULL. */
	void (*describe)(const void *priv, json_t *into);
	void (*close)(void *priv);
};

/* ---- what a kind asks of the switch ---- */

struct event_base *port_base(const struct port *port);
struct clock *port_clock(const struct port *port);
struct frame_pool *port_pool(const struct port *port);
/** port_programs() - for kinds whose peer is a program that we run */
struct supervisor *port_programs(const struct port *port);
/** port_pollers() - of the port's loop: for kinds whose peer wakes nobody */
struct pollers *port_pollers(const struct port *port);
/** port_ring() - bell_ring(): for kinds whose peer wants to be woken by an
 * eventfd of his */
int port_ring(struct port *port, int eventfd);
const char *port_name(const struct port *port);
/** port_mtu() - octets behind the Ethernet header that were asked for; 0: as
 * many as there may be */
uint32_t port_mtu(const struct port *port);
/** port_priv() - what .open returned, or port_accept() was given; NULL until
 * then */
void *port_priv(const struct port *port);

/**
 * port_input() - frames from the peer enter the switch
 * @frames: taken, all of them; at most FRAME_BATCH
 *
 * Frames of a bad length are counted and dropped here, so a kind does not
 * check.  Everything they cause (hooks, learning, output on other ports, also
 * on this one) has been done when this returns, except that port_gone() and
 * .close never happen inside.  One call a wake-up with a full batch is the
 * fast way.
 *
 * An .offload that does not fit its frame costs that frame.  Frames that have a
 * .rest are handed in between port_turn_begin() and port_turn_end(); what they
 * refer to must be there until then, so the kind keeps a reference of each.
 * Who else has one after the end goes on without the peer's memory:
 *
 *	if (frame->refs > 1)
 *		frame_gather(frame);
 *	frame_unref(frame);
 */
void port_input(struct port *port, struct frame **frames, size_t n);

/**
 * port_turn_begin() - what is handed to port_input() from now on has come
 * together, and what it causes is sent together when port_turn_end() is called,
 * or perhaps before
 *
 * A turn has at most PORT_TURN_FRAMES frames: the queues of others must hold
 * them until its end, when it turns out whether there is room behind them.  It
 * ends in the callback of the kind in which it began.
 */
void port_turn_begin(struct port *port);
void port_turn_end(struct port *port);
enum { PORT_TURN_FRAMES = 4 * FRAME_BATCH };

/** port_rx_drop() - count @n frames that never became a struct frame
 * @bytes: their lengths, summed, as far as known */
void port_rx_drop(struct port *port, enum drop_reason reason, uint64_t n,
		  uint64_t bytes);
/** port_tx_drop() - count one consumed frame that the peer will not get
 * @frame: borrowed; for its length */
void port_tx_drop(struct port *port, enum drop_reason reason,
		  const struct frame *frame);
/** port_writable() - call from the write event: .transmit gets the queue */
void port_writable(struct port *port);
/** port_offloads_changed() - .offloads gives another answer now; not inside
 * .transmit.  What waits in the port's queue is made fit for it. */
void port_offloads_changed(struct port *port);
/** port_explain() - add to @err what there is to say about the sandbox; of what
 * .open returns that is done already */
void port_explain(const struct port *port, struct err *err);
/** port_gone() - the peer is lost, or broke its protocol; the port is removed
 * from the loop soon.  The reason is logged and told to monitors. */
void port_gone(struct port *port, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/**
 * port_set_carrier() - is there anybody at the other end?
 *
 * A port has a carrier until its kind says otherwise: when the peer has gone
 * and may come back.  What was learned there is forgotten then, and monitors
 * are told; what is to leave by the port is still handed to .transmit.
 */
void port_set_carrier(struct port *port, bool carrier);
/** port_client_added() - one more shares the port
 * @id: no other client of the port has it now
 * @peer: borrowed */
void port_client_added(struct port *port, unsigned id,
		       const struct port_peer *peer);
void port_client_removed(struct port *port, unsigned id);
/** port_set_peer() - copied */
void port_set_peer(struct port *port, const struct port_peer *peer);

/**
 * port_accept() - a listener's new peer becomes a port
 * @priv: the kind's object for it; taken on success
 * @name: wanted name, or NULL for KIND followed by a number; a name in use
 *        gets a number appended
 *
 * Return: the port; NULL with @err set (too many ports) and @priv untouched.
 */
struct port *port_accept(struct port_site *site, const struct port_kind *kind,
			 void *priv, const char *name,
			 const struct port_peer *peer, struct err *err);

/**
 * port_site_listen() - a listening stream socket of mode 0600 at @path: the one
 * that whoever started us has passed for it, or a new one
 * @own: out; may the file be removed in the end?
 *
 * Return: a descriptor the caller owns; -errno.
 */
int port_site_listen(struct port_site *site, const char *path, bool *own,
		     struct err *err);
/** port_site_base() - the loop of its ports, as port_base() */
struct event_base *port_site_base(const struct port_site *site);
struct clock *port_site_clock(const struct port_site *site);
/** port_site_listen_base() - the loop of the listener and of those who have not
 * become ports; it may run in another thread than that of the ports: what it
 * calls begins with port_site_hold() */
struct event_base *port_site_listen_base(const struct port_site *site);
struct clock *port_site_listen_clock(const struct port_site *site);
/** port_site_hold() - from now on until the callback ends, all that is of its
 * ports may be touched, and ports be made */
void port_site_hold(const struct port_site *site);
/** port_site_name() - the segment's name, for messages */
const char *port_site_name(const struct port_site *site);
/** port_site_publish() - give the socket @path, which only we can use so far,
 * the mode and group that the segment's have */
int port_site_publish(const struct port_site *site, const char *path,
		      struct err *err);
/**
 * port_site_number() - which number has the port that a newcomer gets?
 * @ctl_fd: his connection; borrowed
 * @wanted: 0 = he does not care
 * @number: out; 0 = none, the port is his alone
 *
 * Return: 0; -errno when he may not have it, with @err set.
 */
int port_site_number(const struct port_site *site, const struct port_peer *peer,
		     int ctl_fd, uint32_t wanted, uint32_t *number,
		     struct err *err);
/** port_site_allows() - may this user attach? logs and counts a refusal
 * @fd: the connection it came by, borrowed; for its groups */
bool port_site_allows(const struct port_site *site,
		      const struct port_peer *peer, int fd);

/* ---- the kinds ---- */

extern const struct port_kind port_kind_vde;
extern const struct port_kind port_kind_stream;
extern const struct port_kind port_kind_dgram;
extern const struct port_kind port_kind_vhost;
extern const struct port_kind port_kind_tap;
extern const struct port_kind port_kind_packet;
extern const struct port_kind port_kind_mcast;
extern const struct port_kind port_kind_plug;
extern const struct port_kind port_kind_exec;
extern const struct port_kind port_kind_slirp;
extern const struct port_kind port_kind_vdeplug;
extern const struct port_kind port_kind_dummy;

#endif /* SWITCH_PORTS_PORT_PROVIDER_H */
