/*
 * vhost: the port kind for guests whose network card's rings are in memory that
 * they share with us: QEMU -netdev vhost-user, DPDK's virtio-user.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/ports/acceptor.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/stream-client.h"
#include "switch/ports/vhost-device.h"

enum {
	/* A guest that comes back is not to wait for us.  To find nobody there
	 * takes a few microseconds. */
	CONNECT_LONGEST_MS = 100,
};

/* ---- ends ---- */

static void
give_up(struct vhost_device *dev, const char *why)
{
	dev->gone = true;
	vhost_session_stop(dev);
	vhost_wake_stop(dev);
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++) {
		if (dev->queues[i].on_kick != NULL)
			event_del(dev->queues[i].on_kick);
	}
	port_gone(dev->port, "%s", why);
}

void
vhost_device_broken(struct vhost_device *dev, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	if (dev->gone)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	LOG_LIMITED(LOG_WARN, "port %s is lost: %s", port_name(dev->port), why);
	give_up(dev, why);
}

void
vhost_device_ended(struct vhost_device *dev, const char *why)
{
	if (dev->gone)
		return;
	if (dev->client == NULL) {
		give_up(dev, why);
		return;
	}
	/* Guests come and go: port.show tells of the last one. */
	log_debug("port %s: %s", port_name(dev->port), why);
	snprintf(dev->last_end, sizeof(dev->last_end), "%s", why);
	vhost_session_reset(dev);
	stream_client_lost(dev->client);
}

bool
vhost_device_looks_whole(struct vhost_device *dev)
{
	if (!vhost_memory_is_damaged(&dev->memory))
		return true;
	vhost_device_broken(dev, "the front-end has cut off memory that it "
				 "shares with us");
	return false;
}

/* ---- coming and going ---- */

static void
vhost_close(void *priv)
{
	struct vhost_device *dev = priv;

	dev->gone = true;
	vhost_session_fini(dev);
	vhost_wake_fini(dev);
	stream_client_free(dev->client);
	free(dev->queues);
	free(dev);
}

/* @params: NULL: nobody has asked for anything.  Return: without a port and
 * without a connection; NULL when out of memory. */
static struct vhost_device *
device_new(struct event_base *base, struct clock *clock, const json_t *params)
{
	struct vhost_device *dev = XNEW(struct vhost_device);

	dev->base = base;
	dev->n_pairs =
	    (unsigned)json_int_or(params, "queues", VHOST_PAIRS_DEFAULT);
	dev->spin_ns = (uint64_t)json_int_or(params, "spin", 0) * NS_PER_US;
	dev->offer = (struct vhost_offer){
		.offloads = json_bool_or(params, "offloads", true),
		.packed = json_bool_or(params, "packed", true),
		.queues = dev->n_pairs > 1,
	};
	dev->queues = xcalloc(2 * (size_t)dev->n_pairs, sizeof(*dev->queues));
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++)
		vhost_queue_init(&dev->queues[i], dev, i);
	vhost_wake_init(dev, clock);
	if (vhost_session_init(dev) < 0) {
		vhost_close(dev);
		return NULL;
	}
	return dev;
}

static void
connected(struct vhost_device *dev, int fd)
{
	struct port_peer peer;

	dev->fd = fd;
	if (acceptor_peer_of(fd, &peer) == 0)
		port_set_peer(dev->port, &peer);
	if (vhost_session_start(dev) < 0)
		vhost_device_broken(dev, "out of memory");
}

static void
on_connected(void *arg, int fd)
{
	struct vhost_device *dev = arg;

	log_info("port %s: connected", port_name(dev->port));
	connected(dev, fd);
}

static void *
vhost_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct vhost_device *dev;

	fd = stream_client_socket("vhost-user", params, fd, err);
	if (fd < 0 && fd != -EINPROGRESS)
		return NULL;
	dev = device_new(port_base(port), port_clock(port), params);
	if (dev == NULL) {
		if (fd >= 0)
			close(fd);
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	dev->port = port;
	dev->client =
	    stream_client_new(port_clock(port), params, on_connected, dev);
	if (dev->client != NULL)
		stream_client_set_longest(dev->client, CONNECT_LONGEST_MS);
	port_set_carrier(port, false);
	if (fd >= 0)
		connected(dev, fd);
	else
		stream_client_lost(dev->client);
	return dev;
}

/* ---- settings and what there is to say ---- */

static int
vhost_set(void *priv, const json_t *params, struct err *err)
{
	struct vhost_device *dev = priv;
	int64_t wait_ms = json_int_or(params, "reconnect", -1);
	int64_t spin_us = json_int_or(params, "spin", -1);

	if (wait_ms >= 0 && dev->client == NULL)
		return err_set(err, -EINVAL,
			       "the port was not added with reconnect=");
	if (wait_ms >= 0)
		stream_client_set_wait(dev->client, (uint64_t)wait_ms);
	if (spin_us >= 0)
		dev->spin_ns = (uint64_t)spin_us * NS_PER_US;
	return 0;
}

static unsigned
vhost_offloads(const void *priv)
{
	const struct vhost_device *dev = priv;

	return vhost_features_taken(dev->features);
}

static void
vhost_pause(void *priv, bool paused)
{
	vhost_wake_pause(priv, paused);
}

static void
set_int(json_t *into, const char *key, uint64_t value)
{
	json_object_set_new(into, key, json_integer((json_int_t)value));
}

static json_t *
describe_queue(const struct vhost_queue *q)
{
	json_t *obj = json_object();

	set_int(obj, "index", q->index);
	json_object_set_new(
	    obj, "direction",
	    json_string(vhost_queue_is_to_guest(q) ? "to" : "from"));
	json_object_set_new(obj, "enabled", json_boolean(q->enabled));
	set_int(obj, "size", q->size);
	set_int(obj, "frames", q->n_frames);
	json_object_set_new(obj, "kicked", json_boolean(q->kick_fd >= 0));
	json_object_set_new(obj, "called", json_boolean(q->call_fd >= 0));
	set_int(obj, "kicks", q->n_kicks);
	set_int(obj, "calls", q->n_calls);
	return obj;
}

static void
describe_memory(const struct vhost_memory *memory, json_t *into)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < memory->table.n_regions; i++)
		bytes += memory->regions[i].size;
	set_int(into, "memory_regions", memory->table.n_regions);
	set_int(into, "memory_bytes", bytes);
}

static void
vhost_describe(const void *priv, json_t *into)
{
	const struct vhost_device *dev = priv;
	bool packed = vhost_has(dev->features, VHOST_RING_PACKED);
	json_t *queues = json_array();

	if (dev->client != NULL)
		stream_client_describe(dev->client, into);
	json_object_set_new(into, "connected", json_boolean(dev->fd >= 0));
	if (dev->last_end[0] != '\0')
		json_object_set_new(
		    into, "last_end",
		    json_text(dev->last_end, strlen(dev->last_end)));
	json_object_set_new(into, "features",
			    vhost_features_names(dev->features));
	json_object_set_new(
	    into, "protocol_features",
	    vhost_features_protocol_names(dev->protocol_features));
	json_object_set_new(into, "layout",
			    json_string(packed ? "packed" : "split"));
	describe_memory(&dev->memory, into);
	set_int(into, "told_status", dev->status);
	if (dev->mtu != 0)
		set_int(into, "told_mtu", dev->mtu);
	set_int(into, "spin_us", dev->spin_ns / NS_PER_US);
	set_int(into, "spins", dev->n_spins);
	set_int(into, "polls", dev->n_polls);
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++) {
		if (dev->queues[i].ring.running)
			json_array_append_new(queues,
					      describe_queue(&dev->queues[i]));
	}
	json_object_set_new(into, "queues", queues);
}

/* ---- the listener ---- */

static void
on_peer(void *arg, int fd, const struct port_peer *peer)
{
	struct port_site *site = arg;
	const char *segment = port_site_name(site);
	struct vhost_device *dev =
	    device_new(port_site_base(site), port_site_clock(site), NULL);
	struct err err = ERR_INIT;
	struct port *port;

	if (dev == NULL) {
		close(fd);
		LOG_LIMITED(LOG_WARN, "segment %s: out of memory", segment);
		return;
	}
	dev->fd = fd;
	port = port_accept(site, &port_kind_vhost, dev, NULL, peer, &err);
	if (port == NULL) {
		LOG_LIMITED(LOG_WARN,
			    "segment %s: vhost-user refused (pid %d): %s",
			    segment, (int)peer->pid, err.text);
		vhost_close(dev);
		return;
	}
	dev->port = port;
	vhost_output_changed(dev);
	if (vhost_session_start(dev) < 0)
		vhost_device_broken(dev, "out of memory");
}

static void
vhost_unlisten(void *listener)
{
	acceptor_free(listener);
}

static void *
vhost_listen(struct port_site *site, const char *dir, struct err *err)
{
	char *path = xasprintf("%s/vhost", dir);
	struct acceptor *a = acceptor_new(site, path, on_peer, site, err);

	free(path);
	return a;
}

const struct port_kind port_kind_vhost = {
	.name = "vhost-user",
	.summary = "rings in a guest's memory: QEMU -netdev vhost-user, DPDK",
	.params = STREAM_CLIENT_PARAMS " spin:int(0..1000000)? "
				       "queues:int(1..16)? packed:bool? "
				       "offloads:bool?",
	.details =
	    "`path` is that of a unix socket on which a front-end listens "
	    "(QEMU: -chardev socket,server=on; DPDK: virtio-user with "
	    "server=1), to which the switch connects; instead of it, a "
	    "connected stream socket may be sent along. With `reconnect`, "
	    "milliseconds, the port stays when the connection ends or there is "
	    "nobody yet, as one of kind stream does, but never waits for "
	    "longer than a tenth of a second or `reconnect`. Others attach to "
	    "`DIR/SEGMENT/vhost` by themselves. `queues` is the number of "
	    "pairs of rings that are offered, 8 unless it is given; with "
	    "`packed` false only split rings are, with `offloads` false no "
	    "checksums and long segments that others are to finish. After the "
	    "last frame the switch looks for another one for `spin` "
	    "microseconds before it waits for the guest to wake it; 0, which "
	    "is usual, means not at all. The port has a carrier while its "
	    "guest takes frames. A front-end or guest that breaks the rules "
	    "loses the port: doc/vhost-guests.md. `port.show` has also whether "
	    "somebody is `connected`, and `last_end`, how a connection ended "
	    "that was made again; `features` and `protocol_features` that were "
	    "agreed upon, and the `layout` of rings, split or packed; "
	    "`memory_regions` of the guest, with `memory_bytes` in all; "
	    "`told_status` and `told_mtu`, what the front-end has told of its "
	    "device; `spin_us`, and `spins`, how often a ring was looked at in "
	    "vain because of it; `polls`, how often rings were whose guest has "
	    "no way to kick; and of each of the `queues` that run its `index`, "
	    "`direction` (to or from the guest), `size` in entries, `frames`, "
	    "whether it is `enabled`, `kicked` and `called`, and how many "
	    "`kicks` and `calls` there were.",
	.open = vhost_open,
	.listen = vhost_listen,
	.unlisten = vhost_unlisten,
	.transmit = vhost_output_transmit,
	.takes_rest = true,
	.offloads = vhost_offloads,
	.pause = vhost_pause,
	.settable = "reconnect:int(0..3600000)? spin:int(0..1000000)?",
	.set = vhost_set,
	.describe = vhost_describe,
	.close = vhost_close,
};
