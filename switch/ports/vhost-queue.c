#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/log.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
vhost_queue_init(struct vhost_queue *q, struct vhost_device *dev,
		 unsigned index)
{
	*q = (struct vhost_queue){
		.dev = dev,
		.index = index,
		.kick_fd = -1,
		.call_fd = -1,
	};
}

static void
forget_kick(struct vhost_queue *q)
{
	if (q->on_kick != NULL)
		event_free(q->on_kick);
	q->on_kick = NULL;
	close_fd(&q->kick_fd);
	q->has_kick = false;
}

void
vhost_queue_reset(struct vhost_queue *q)
{
	vhost_queue_stop(q);
	close_fd(&q->call_fd);
	vhost_queue_init(q, q->dev, q->index);
}

/* ---- up and down ---- */

/* The three parts in our memory, as far as the front-end has told where. */
static int
locate(const struct vhost_queue *q, struct vring_config *c, struct err *err)
{
	const struct vhost_memory *m = &q->dev->memory;
	const struct vhost_ring_addresses *at = &q->addresses;
	struct vring_areas areas;

	if (q->size == 0 || q->size > VRING_SIZE_MAX)
		return err_set(err, -EPROTO, "ring %u: no ring has %u entries",
			       q->index, (unsigned)q->size);
	vring_areas(vhost_has(q->dev->features, VHOST_RING_PACKED), q->size,
		    &areas);
	c->memory = &m->table;
	c->desc = vhost_memory_user(m, at->descriptors, areas.desc, NULL);
	c->driver = vhost_memory_user(m, at->available, areas.driver, NULL);
	c->device = vhost_memory_user(m, at->used, areas.device, NULL);
	if (c->desc == NULL || c->driver == NULL || c->device == NULL)
		return err_set(err, -EPROTO,
			       "ring %u: its %s are outside of the guest's "
			       "memory",
			       q->index,
			       c->desc == NULL	   ? "descriptors"
			       : c->driver == NULL ? "available entries"
						   : "used entries");
	return 0;
}

void
vhost_queue_log(struct vhost_queue *q)
{
	const struct vhost_device *dev = q->dev;
	bool logs = vhost_has(dev->features, VHOST_LOG_ALL);

	if (q->ring.running)
		vring_set_log(
		    &q->ring, logs ? dev->log.at : NULL, dev->log.size,
		    q->addresses.log_used ? q->addresses.log : VRING_NO_LOG);
}

/* The queue's part of the area that outlives us, if there is one. */
static int
find_inflight(const struct vhost_queue *q, void **part, struct err *err)
{
	size_t size = 0;

	*part = vhost_inflight_queue(&q->dev->inflight, q->index, &size);
	if (*part == NULL || size >= vring_inflight_size(q->size))
		return 0;
	return err_set(err, -EPROTO,
		       "ring %u: %u entries, more than its inflight area has "
		       "room for",
		       q->index, (unsigned)q->size);
}

static int
check_base(const struct vhost_queue *q, struct err *err)
{
	if (q->base <= UINT16_MAX ||
	    vhost_has(q->dev->features, VHOST_RING_PACKED))
		return 0;
	return err_set(err, -EPROTO, "ring %u: no split ring goes on at %u",
		       q->index, (unsigned)q->base);
}

/* It may come still; but QEMU, whose guest's memory is not shared, tells of
 * rings in it, and that is all there will ever be. */
static void
miss_memory(struct vhost_device *dev)
{
	if (!dev->misses_memory)
		LOG_LIMITED(LOG_WARN,
			    "port %s has no memory: is the guest's shared "
			    "(share=on)?",
			    port_name(dev->port));
	dev->misses_memory = true;
}

int
vhost_queue_try_start(struct vhost_queue *q, struct err *err)
{
	struct vhost_device *dev = q->dev;
	struct vring_config c = {
		.size = q->size,
		.features = dev->features,
		.direction = vhost_queue_is_to_guest(q) ? VRING_TO_GUEST
							: VRING_FROM_GUEST,
		.mergeable = vhost_has(dev->features, VHOST_NET_MRG_RXBUF),
		.header_len = vhost_queue_is_to_guest(q) || !dev->leaves_work
				  ? dev->header_len
				  : 0,
		.base = q->base,
	};
	int ret;

	if (q->ring.running || !q->has_kick || !q->has_addresses ||
	    q->size == 0)
		return 0;
	if (dev->memory.table.n_regions == 0) {
		miss_memory(dev);
		return 0;
	}
	ret = check_base(q, err);
	if (ret == 0)
		ret = locate(q, &c, err);
	if (ret == 0)
		ret = find_inflight(q, &c.inflight, err);
	if (ret == 0) {
		ret = vring_start(&q->ring, &c, err);
		if (ret < 0)
			err_prefix(err, "ring %u", q->index);
	}
	if (ret < 0) /* it is not asked for again */
		return -EPROTO;
	vhost_queue_log(q);
	if (!vhost_has(dev->features, VHOST_PROTOCOL_FEATURES))
		q->enabled = true;
	vring_mute(&q->ring);
	vhost_output_changed(dev);
	vhost_wake_polls(dev);
	/* What came before we looked was not kicked for. */
	vhost_wake_kicked(q);
	return 0;
}

/* What waited for its buffers goes elsewhere now, or is dropped. */
static void
went_down(struct vhost_queue *q)
{
	bool starved = q->starved;

	q->starved = q->given_up = false;
	vhost_wake_sleep(q);
	vhost_output_changed(q->dev);
	vhost_wake_polls(q->dev);
	if (starved && !q->dev->gone)
		port_writable(q->dev->port);
}

uint32_t
vhost_queue_stop(struct vhost_queue *q)
{
	bool ran = q->ring.running;

	if (ran)
		q->base = vring_stop(&q->ring);
	forget_kick(q);
	if (ran)
		went_down(q);
	return q->base;
}

int
vhost_queue_move(struct vhost_queue *q, struct err *err)
{
	struct vring_config c = { .size = q->size };
	int ret;

	if (!q->ring.running)
		return 0;
	ret = locate(q, &c, err);
	if (ret == 0) {
		ret = vring_move(&q->ring, &c, err);
		if (ret < 0)
			err_prefix(err, "ring %u", q->index);
	}
	return ret;
}

void
vhost_queue_enable(struct vhost_queue *q, bool enabled)
{
	if (q->enabled == enabled)
		return;
	q->enabled = enabled;
	if (!q->ring.running)
		return;
	if (!enabled) {
		went_down(q);
		return;
	}
	vhost_output_changed(q->dev);
	vhost_wake_polls(q->dev);
	vhost_wake_kicked(q);
}

/* ---- kicks and calls ---- */

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct vhost_queue *q = arg;

	(void)fd;
	(void)what;
	q->n_kicks++;
	vhost_wake_kicked(q);
}

/* Or another of those that have no name in any directory: they can be watched
 * just as well, and ringing them is an error. */
static bool
is_eventfd(int fd)
{
	int own = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct stat st, st_own;
	bool is = own >= 0 && fstat(fd, &st) == 0 && fstat(own, &st_own) == 0 &&
		  st.st_dev == st_own.st_dev && st.st_ino == st_own.st_ino;

	close_fd(&own);
	return is;
}

static int
check_eventfd(const struct vhost_queue *q, const char *what, int fd,
	      struct err *err)
{
	if (is_eventfd(fd))
		return 0;
	return err_set(err, -EPROTO,
		       "ring %u: the descriptor for %s is no eventfd", q->index,
		       what);
}

/* Each kick is an edge: nothing is ever read from the eventfd, which saves a
 * system call, and whatever else its owner does with it cannot keep the loop
 * busy. */
static int
watch_kicks(struct vhost_queue *q, struct err *err)
{
	q->on_kick = event_new(q->dev->base, q->kick_fd,
			       EV_READ | EV_PERSIST | EV_ET, on_kick, q);
	if (q->on_kick != NULL && event_add(q->on_kick, NULL) == 0)
		return 0;
	return err_set(err, -EPROTO,
		       "ring %u: its eventfd for kicks cannot be watched",
		       q->index);
}

int
vhost_queue_set_kick(struct vhost_queue *q, int fd, struct err *err)
{
	int ret = 0;

	forget_kick(q);
	q->kick_fd = fd;
	if (fd >= 0)
		ret = check_eventfd(q, "kicks", fd, err);
	if (fd >= 0 && ret == 0)
		ret = watch_kicks(q, err);
	if (ret < 0)
		return ret;
	q->has_kick = true;
	vhost_wake_polls(q->dev);
	return 0;
}

int
vhost_queue_set_call(struct vhost_queue *q, int fd, struct err *err)
{
	close_fd(&q->call_fd);
	q->call_fd = fd;
	return fd >= 0 ? check_eventfd(q, "calls", fd, err) : 0;
}

static void
call(struct vhost_queue *q)
{
	int ret = port_ring(q->dev->port, q->call_fd);

	q->n_calls++;
	if (ret < 0)
		vhost_device_broken(q->dev, "ring %u: cannot be called: %s",
				    q->index, strerror(-ret));
}

void
vhost_queue_publish(struct vhost_queue *q)
{
	struct vhost_device *dev = q->dev;

	if (dev->gone || !vhost_device_looks_whole(dev))
		return;
	vring_publish(&q->ring);
	if (q->ring.broken) { /* writes that cannot be logged */
		vhost_queue_broken(q);
		return;
	}
	if (vring_wants_call(&q->ring) && q->call_fd >= 0)
		call(q);
}

void
vhost_queue_broken(struct vhost_queue *q)
{
	/* Zeros in place of the guest's memory are no fault of the ring's. */
	if (vhost_device_looks_whole(q->dev))
		vhost_device_broken(q->dev, "ring %u: %s", q->index,
				    q->ring.violation);
}
