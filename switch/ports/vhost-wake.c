/*
 * vhost-wake: who looks at which ring when.
 *
 * A ring sleeps until its guest kicks.  From then on it is awake: the guest is
 * told not to kick, and the ring is looked at again and again (switch/pollers.h)
 * until it has been empty, for as long as the port spins.
 */
#include "lib/clock.h"
#include "switch/pollers.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"

enum { LOOKS_A_CLOCK = 8 };

/* Once more in the next turn of the loop, after everybody else's events. */
void
vhost_wake_soon(struct vhost_device *dev)
{
	if (!dev->gone)
		pollers_start(port_pollers(dev->port), &dev->poller);
}

static void
set_awake(struct vhost_queue *q, bool awake)
{
	if (q->awake == awake)
		return;
	q->awake = awake;
	q->dev->n_awake += awake ? 1U : -1U;
}

/* ---- what is there ---- */

/* A look at the clock takes as long as one at a ring, and those are many. */
static bool
is_spinning(struct vhost_device *dev, const struct vhost_queue *q)
{
	if (dev->spin_ns == 0)
		return false;
	return ++dev->n_spins % LOOKS_A_CLOCK != 0 ||
	       clock_now_ns(port_clock(dev->port)) - q->last_ns < dev->spin_ns;
}

/* The ring is empty: is it too early to sleep? */
static bool
stays_awake(struct vhost_queue *q)
{
	return is_spinning(q->dev, q) || vring_listen(&q->ring);
}

/* Return: how many frames came. */
static unsigned
look_at(struct vhost_queue *q)
{
	unsigned n = 0;

	vring_mute(&q->ring);
	if (vring_peek(&q->ring))
		n = vhost_intake(q);
	if (n > 0 && q->dev->spin_ns > 0)
		q->last_ns = clock_now_ns(port_clock(q->dev->port));
	/* Memory that was cut off looks like an empty ring. */
	if (n == 0 && !q->dev->gone && !q->dev->paused &&
	    vhost_device_looks_whole(q->dev))
		set_awake(q, stays_awake(q));
	return n;
}

/* Rings take turns, batch by batch, until a turn's worth of frames has come or
 * all of them are empty.  Return: how many came. */
static unsigned
look_at_all(struct vhost_device *dev)
{
	unsigned n_queues = 2 * dev->n_used, n_empty = 0, n = 0;

	while (n < PORT_TURN_FRAMES && n_empty < n_queues && !dev->paused &&
	       !dev->gone) {
		unsigned i = dev->next < n_queues ? dev->next : 0;
		struct vhost_queue *q = &dev->queues[i];
		unsigned n_new = q->awake ? look_at(q) : 0;

		dev->next = i + 1;
		n += n_new;
		n_empty = n_new > 0 ? 0 : n_empty + 1;
	}
	return n;
}

/* A guest that had no buffers may have some now. */
static void
go_on_sending(struct vhost_queue *q)
{
	if (!q->starved)
		return;
	q->starved = q->given_up = false;
	vring_mute(&q->ring);
	port_writable(q->dev->port);
}

static unsigned
look(void *arg)
{
	struct vhost_device *dev = arg;
	unsigned n = 0;

	for (unsigned i = 0; i < 2 * dev->n_used && !dev->gone; i += 2) {
		struct vhost_queue *q = &dev->queues[i];

		if (q->starved && vring_peek(&q->ring))
			go_on_sending(q);
	}
	if (!dev->gone)
		n = look_at_all(dev);
	if (dev->n_awake == 0 || dev->paused)
		pollers_stop(port_pollers(dev->port), &dev->poller);
	return n;
}

void
vhost_wake_kicked(struct vhost_queue *q)
{
	struct vhost_device *dev = q->dev;

	if (!vhost_queue_is_up(q) || dev->gone)
		return;
	if (vhost_queue_is_to_guest(q)) {
		go_on_sending(q);
		return;
	}
	set_awake(q, true);
	q->last_ns = clock_now_ns(port_clock(dev->port));
	if (dev->paused)
		return;
	(void)look_at_all(dev);
	if (dev->n_awake > 0 && !dev->paused)
		vhost_wake_soon(dev);
}

void
vhost_wake_sleep(struct vhost_queue *q)
{
	set_awake(q, false);
}

void
vhost_wake_pause(struct vhost_device *dev, bool paused)
{
	dev->paused = paused;
	if (!paused && dev->n_awake > 0)
		vhost_wake_soon(dev);
}

/* ---- rings without buffers ---- */

void
vhost_wake_starves(struct vhost_queue *q)
{
	struct vhost_device *dev = q->dev;

	if (!q->starved)
		q->last_ns = clock_now_ns(port_clock(dev->port));
	q->starved = true;
	if (dev->n_receivers > 1 && !timer_is_set(dev->patience))
		timer_set_in(dev->patience, VHOST_PATIENCE_MS * NS_PER_MS);
}

/* A ring that has had no buffer for so long holds up the others no more. */
static void
on_patience(void *arg)
{
	struct vhost_device *dev = arg;
	uint64_t now_ns = clock_now_ns(port_clock(dev->port));
	bool any = false, again = false;

	for (unsigned i = 0; i < dev->n_receivers; i++) {
		struct vhost_queue *q = &dev->queues[2 * dev->receivers[i]];

		if (!q->starved || q->given_up)
			continue;
		q->given_up =
		    now_ns - q->last_ns >= VHOST_PATIENCE_MS * NS_PER_MS;
		any = any || q->given_up;
		again = again || !q->given_up;
	}
	if (again)
		timer_set_in(dev->patience, VHOST_PATIENCE_MS * NS_PER_MS);
	if (any)
		port_writable(dev->port);
}

/* ---- rings without kicks ---- */

static bool
is_polled(const struct vhost_queue *q)
{
	return vhost_queue_is_up(q) && q->kick_fd < 0;
}

static void
on_poll(void *arg)
{
	struct vhost_device *dev = arg;
	bool any = false, found = false;

	dev->n_polls++;
	for (unsigned i = 0; i < 2 * dev->n_pairs && !dev->gone; i++) {
		struct vhost_queue *q = &dev->queues[i];

		if (!is_polled(q))
			continue;
		any = true;
		/* What waits in it because we are paused is nothing new. */
		if (dev->paused || !vring_peek(&q->ring))
			continue;
		found = found || !vhost_queue_is_to_guest(q) || q->starved;
		vhost_wake_kicked(q);
	}
	if (!any || dev->gone)
		return;
	dev->poll_ms = found ? VHOST_POLL_MIN_MS : 2 * dev->poll_ms;
	if (dev->poll_ms > VHOST_POLL_MAX_MS)
		dev->poll_ms = VHOST_POLL_MAX_MS;
	timer_set_in(dev->poll, dev->poll_ms * NS_PER_MS);
}

void
vhost_wake_polls(struct vhost_device *dev)
{
	bool any = false;

	for (unsigned i = 0; i < 2 * dev->n_pairs; i++)
		any = any || is_polled(&dev->queues[i]);
	dev->poll_ms = VHOST_POLL_MIN_MS;
	if (any && !dev->gone)
		timer_set_in(dev->poll, dev->poll_ms * NS_PER_MS);
	else
		timer_cancel(dev->poll);
}

/* ---- coming and going ---- */

void
vhost_wake_init(struct vhost_device *dev, struct clock *clock)
{
	dev->poller = (struct poller){ .look = look, .arg = dev };
	dev->poll = timer_new(clock, on_poll, dev);
	dev->patience = timer_new(clock, on_patience, dev);
}

void
vhost_wake_stop(struct vhost_device *dev)
{
	if (dev->poller.is_on)
		pollers_stop(port_pollers(dev->port), &dev->poller);
	timer_cancel(dev->poll);
	timer_cancel(dev->patience);
}

void
vhost_wake_fini(struct vhost_device *dev)
{
	vhost_wake_stop(dev);
	timer_free(dev->poll);
	timer_free(dev->patience);
}
