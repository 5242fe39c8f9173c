/*
 * vhost-device: what the parts of the port kind vhost-user share: one port, its
 * front-end, and the virtqueues of its guest.
 *
 *	vhost.c           the kind: listener, client, settings, description
 *	vhost-session.c   what the front-end says
 *	vhost-queue.c     one virtqueue: how it comes up and goes down
 *	vhost-wake.c      who looks at which ring when
 *	vhost-intake.c    frames from the guest
 *	vhost-output.c    frames to the guest
 *
 * All of it runs in the port's loop.  Neither guest nor front-end is trusted:
 * whatever breaks the rules ends in vhost_device_broken().
 */
#ifndef PORTS_VHOST_DEVICE_H
#define PORTS_VHOST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "switch/frame.h"
#include "switch/pollers.h"
#include "switch/ports/vhost-channel.h"
#include "switch/ports/vhost-features.h"
#include "switch/ports/vhost-inflight.h"
#include "switch/ports/vhost-map.h"
#include "switch/ports/vhost-memory.h"
#include "switch/ports/vhost-proto.h"
#include "switch/ports/vring.h"

struct clock;
struct err;
struct event;
struct event_base;
struct port;
struct stream_client;
struct timer;
struct vhost_device;

enum {
	VHOST_PAIRS_MAX = 16, /* of queues: one to the guest and one from it */
	VHOST_PAIRS_DEFAULT = 8,
	VHOST_SPIN_MAX_US = 1000 * 1000,
	/* Of a batch from the guest.  What does not fit waits in the ring. */
	VHOST_INTAKE_IOVS = 2 * VRING_CHAIN_IOVS,
	/* How often rings are looked at whose guest has no way to kick, at
	 * first and when nothing has come for long. */
	VHOST_POLL_MIN_MS = 1,
	VHOST_POLL_MAX_MS = 8,
	/* How long frames for all rings of a port wait for one that has no
	 * buffers: longer than a guest's CPU usually stands still. */
	VHOST_PATIENCE_MS = 20,
};

/* One virtqueue.  Those with even numbers lead to the guest. */
struct vhost_queue {
	struct vring ring;
	struct vhost_device *dev; /* borrowed */
	unsigned index;
	bool enabled; /* frames may go; only while the ring runs */
	/* From the guest: it has been told not to kick, and we look. */
	bool awake;
	bool starved;	  /* to the guest: it has been asked for buffers */
	bool given_up;	  /* it is, and other rings wait for it no more */
	uint64_t last_ns; /* when something was there last */
	int call_fd;	  /* owned; -1: it is not to be called */
	uint64_t n_frames, n_kicks, n_calls;

	/* What the front-end has said of it. */
	int kick_fd; /* owned; -1: there is none */
	bool has_kick, has_addresses;
	uint32_t size;
	uint32_t base;
	struct vhost_ring_addresses addresses;
	struct event *on_kick; /* NULL without .kick_fd */
};

struct vhost_device {
	struct port *port; /* borrowed */
	struct event_base *base;
	/* What every frame needs. */
	struct vhost_queue *queues; /* owned; 2 * .n_pairs */
	unsigned n_pairs;
	unsigned n_used;       /* pairs up to the last that runs */
	unsigned n_receivers;  /* of .receivers */
	unsigned n_awake;      /* queues */
	unsigned next;	       /* whose turn it is */
	uint8_t header_len;    /* of virtio_net_hdr */
	bool leaves_work;      /* its headers mean something */
	bool trusts_checksums; /* may be told that they are right */
	bool paused, gone;
	uint64_t spin_ns;     /* 0: asleep as soon as there is nothing */
	struct poller poller; /* looks at the queues that are awake */
	/* Pairs that frames may go to: running and enabled. */
	uint8_t receivers[VHOST_PAIRS_MAX];
	/* Both are in use at once when frames go back where they came from. */
	struct iovec intake_iov[VHOST_INTAKE_IOVS];
	struct iovec output_iov[VRING_CHAIN_IOVS];

	/* The session. */
	int fd; /* owned; -1: nobody there */
	struct vhost_channel channel;
	struct event *on_message;
	struct stream_client *client; /* connects again; or NULL */
	char last_end[96]; /* of a connection that was made again; or "" */
	struct vhost_offer offer;
	uint64_t offered, features;
	uint64_t protocol_offered, protocol_features;
	bool misses_memory; /* which has been told */
	uint8_t status;	    /* of the device, as the front-end tells */
	uint16_t mtu;	    /* likewise; 0 = not told */
	struct vhost_memory memory;
	struct vhost_map log; /* of pages that were written to */
	struct vhost_inflight inflight;
	struct timer *patience; /* with starved rings */
	struct timer *poll;	/* for rings without kicks */
	unsigned poll_ms;
	uint64_t n_spins; /* looks at rings that were awake */
	uint64_t n_polls; /* and at those without kicks */
};

static inline bool
vhost_queue_is_to_guest(const struct vhost_queue *q)
{
	return q->index % 2 == 0;
}

/* May frames go through it? */
static inline bool
vhost_queue_is_up(const struct vhost_queue *q)
{
	return q->ring.running && q->enabled;
}

/* ---- vhost.c ---- */

/** vhost_device_broken() - somebody has broken a rule: the port is closed.  May
 * be called from anywhere; nothing is freed. */
void vhost_device_broken(struct vhost_device *dev, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** vhost_device_ended() - the connection has: the port is closed, or begins
 * anew with the next connection; not from within port_input() */
void vhost_device_ended(struct vhost_device *dev, const char *why);
/** vhost_device_looks_whole() - is the guest's memory still there?  If not, the
 * device is broken. */
bool vhost_device_looks_whole(struct vhost_device *dev);

/* ---- vhost-session.c ---- */

/** vhost_session_init() - what is offered has been decided
 * Return: 0; -ENOMEM */
int vhost_session_init(struct vhost_device *dev);
void vhost_session_fini(struct vhost_device *dev);
/** vhost_session_start() - listen to the front-end on .fd
 * Return: 0; -errno. */
int vhost_session_start(struct vhost_device *dev);
/** vhost_session_stop() - listen to nobody; all stays as it is */
void vhost_session_stop(struct vhost_device *dev);
/** vhost_session_reset() - as if nobody had ever been there; the connection is
 * closed */
void vhost_session_reset(struct vhost_device *dev);

/* ---- vhost-queue.c ---- */

void vhost_queue_init(struct vhost_queue *q, struct vhost_device *dev,
		      unsigned index);
/** vhost_queue_reset() - as after vhost_queue_init() */
void vhost_queue_reset(struct vhost_queue *q);
/** vhost_queue_try_start() - if all is there that it takes
 * Return: 0, also when it is not; -errno with @err set. */
int vhost_queue_try_start(struct vhost_queue *q, struct err *err);
/** vhost_queue_stop() - Return: where to go on */
uint32_t vhost_queue_stop(struct vhost_queue *q);
/** vhost_queue_move() - its memory lies elsewhere; no-op unless it runs
 * Return: 0; -errno with @err set. */
int vhost_queue_move(struct vhost_queue *q, struct err *err);
/** vhost_queue_log() - mark what is written to in the device's log from now on,
 * or no more; no-op unless it runs */
void vhost_queue_log(struct vhost_queue *q);
/** vhost_queue_set_kick() - @fd: taken; -1: there will be no kicks */
int vhost_queue_set_kick(struct vhost_queue *q, int fd, struct err *err);
/** vhost_queue_set_call() - @fd: taken; -1: it is not to be called */
int vhost_queue_set_call(struct vhost_queue *q, int fd, struct err *err);
void vhost_queue_enable(struct vhost_queue *q, bool enabled);
/** vhost_queue_publish() - show the guest what was returned, and call it if it
 * wants to be called */
void vhost_queue_publish(struct vhost_queue *q);
/** vhost_queue_broken() - its ring says what the guest has done */
void vhost_queue_broken(struct vhost_queue *q);

/* ---- vhost-wake.c ---- */

/** vhost_wake_kicked() - the guest has added something, or may have */
void vhost_wake_kicked(struct vhost_queue *q);
/** vhost_wake_sleep() - the queue's ring is about to stop */
void vhost_wake_sleep(struct vhost_queue *q);
/** vhost_wake_soon() - look again in the next turn of the loop */
void vhost_wake_soon(struct vhost_device *dev);
/** vhost_wake_starves() - there is no buffer for a frame: the guest has been
 * asked for some */
void vhost_wake_starves(struct vhost_queue *q);
/** vhost_wake_pause() - take nothing from rings, or go on */
void vhost_wake_pause(struct vhost_device *dev, bool paused);
/** vhost_wake_polls() - begin or end to look at rings without kicks */
void vhost_wake_polls(struct vhost_device *dev);
void vhost_wake_init(struct vhost_device *dev, struct clock *clock);
/** vhost_wake_stop() - look at nothing any more */
void vhost_wake_stop(struct vhost_device *dev);
void vhost_wake_fini(struct vhost_device *dev);

/* ---- vhost-intake.c ---- */

/**
 * vhost_intake() - one batch of frames out of a ring, into the switch
 * @q: running, from the guest
 *
 * Return: how many buffers; 0: the ring is empty, the device is paused, or it is
 *         broken.
 */
unsigned vhost_intake(struct vhost_queue *q);

/* ---- vhost-output.c ---- */

size_t vhost_output_transmit(void *priv, struct frame *const *frames, size_t n);
/** vhost_output_changed() - queues have come up or gone down */
void vhost_output_changed(struct vhost_device *dev);

#endif /* PORTS_VHOST_DEVICE_H */
