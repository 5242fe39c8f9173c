#include "switch/backpressure.h"

#include <assert.h>

#include "lib/clock.h"
#include "switch/lane.h"
#include "switch/port.h"

static void on_timeout(void *arg);

void
backpressure_init(struct backpressure *bp, struct clock *clock)
{
	TAILQ_INIT(&bp->paused);
	bp->timer = timer_new(clock, on_timeout, bp);
}

void
backpressure_fini(struct backpressure *bp)
{
	assert(TAILQ_EMPTY(&bp->paused));
	timer_free(bp->timer);
}

void
backpressure_port_init(struct backpressure_port *bp)
{
	*bp = (struct backpressure_port){ .waits_for = NULL };
	TAILQ_INIT(&bp->waiting);
}

/* ---- waiting ---- */

static void
unlink_source(struct port *in)
{
	TAILQ_REMOVE(&in->lane->backpressure.paused, in, pressure.in_paused);
	TAILQ_REMOVE(&in->pressure.waits_for->pressure.waiting, in,
		     pressure.in_waiting);
	in->pressure.waits_for = NULL;
}

static void
pause_source(struct port *in, struct port *out, uint64_t now_ns)
{
	struct backpressure *bp = &in->lane->backpressure;

	in->pressure.waits_for = out;
	in->pressure.until_ns = now_ns + BACKPRESSURE_PAUSE_NS;
	TAILQ_INSERT_TAIL(&bp->paused, in, pressure.in_paused);
	TAILQ_INSERT_TAIL(&out->pressure.waiting, in, pressure.in_waiting);
	in->kind->pause(in->priv, true);
	/* Set for the first, it stays so when that has waited for less: once
	 * in BACKPRESSURE_PAUSE_NS is often enough to set a timer. */
	if (!timer_is_set(bp->timer))
		timer_set(bp->timer, in->pressure.until_ns);
}

static void
resume_waiting(struct port *out)
{
	struct port *in;

	while ((in = TAILQ_FIRST(&out->pressure.waiting)) != NULL) {
		unlink_source(in);
		in->kind->pause(in->priv, false);
	}
}

static bool
is_full(const struct port *port)
{
	return port->blocked && (port->queue.n >= BACKPRESSURE_FRAMES ||
				 port->queue.bytes >= BACKPRESSURE_BYTES);
}

static bool
may_wait(const struct port *in)
{
	return in->kind->pause != NULL && !in->gone &&
	       in->pressure.waits_for == NULL &&
	       TAILQ_EMPTY(&in->pressure.waiting);
}

static bool
may_be_waited_for(const struct port *out)
{
	return !out->gone && !out->pressure.slow &&
	       out->pressure.waits_for == NULL;
}

void
backpressure_check(struct port *in, struct port *out, uint64_t now_ns)
{
	if (is_full(out) && in != out && may_wait(in) && may_be_waited_for(out))
		pause_source(in, out, now_ns);
}

/* ---- going on ---- */

void
backpressure_release(struct port *out)
{
	out->pressure.slow = false;
	resume_waiting(out);
}

static void
give_up(struct port *out)
{
	out->pressure.slow = true;
	resume_waiting(out);
}

static void
on_timeout(void *arg)
{
	struct backpressure *bp = arg;
	struct port *in = TAILQ_FIRST(&bp->paused);
	uint64_t now_ns;

	if (in == NULL)
		return;
	now_ns = clock_now_ns(in->lane->clock);
	while ((in = TAILQ_FIRST(&bp->paused)) != NULL &&
	       in->pressure.until_ns <= now_ns)
		give_up(in->pressure.waits_for);
	if (in != NULL)
		timer_set(bp->timer, in->pressure.until_ns);
}

void
backpressure_forget(struct port *port)
{
	if (port->pressure.waits_for != NULL)
		unlink_source(port);
	resume_waiting(port);
}
