#include "driver/vm/relay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/xalloc.h"

/* What may wait for one side before the other is read no further. */
enum { WAITING_MAX_BYTES = 256 * 1024 };

struct side {
	struct relay *relay;
	struct bufferevent *bev; /* owned */
	struct side *other;
	bool ended; /* nothing more comes from it */
	bool told;  /* it knows that nothing more comes from the other */
};

struct relay {
	struct side sides[2];
	struct event *reaper; /* owned */
	relay_done_fn *done;
	void *arg; /* borrowed */
};

static void
finish(struct relay *relay)
{
	for (int i = 0; i < 2; i++) {
		bufferevent_setcb(relay->sides[i].bev, NULL, NULL, NULL, NULL);
		bufferevent_disable(relay->sides[i].bev, EV_READ | EV_WRITE);
	}
	event_active(relay->reaper, EV_TIMEOUT, 0);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct relay *relay = arg;

	(void)fd;
	(void)what;
	relay->done(relay, relay->arg);
}

static size_t
n_waiting(const struct side *side)
{
	return evbuffer_get_length(bufferevent_get_output(side->bev));
}

/* The end of one side's bytes is passed on behind the last of them. */
static void
pass_end_on(struct side *to)
{
	struct relay *relay = to->relay;

	if (!to->other->ended || to->told || n_waiting(to) > 0)
		return;
	to->told = true;
	shutdown(bufferevent_getfd(to->bev), SHUT_WR);
	if (to->other->told)
		finish(relay);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct side *from = arg;

	bufferevent_write_buffer(from->other->bev, bufferevent_get_input(bev));
	if (n_waiting(from->other) >= WAITING_MAX_BYTES)
		bufferevent_disable(bev, EV_READ);
}

/* All has been sent. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	struct side *to = arg;

	(void)bev;
	if (!to->other->ended)
		bufferevent_enable(to->other->bev, EV_READ);
	pass_end_on(to);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct side *from = arg;

	(void)bev;
	if (what & BEV_EVENT_ERROR) {
		finish(from->relay);
	} else if (what & BEV_EVENT_EOF) {
		from->ended = true;
		pass_end_on(from->other);
	}
}

struct relay *
relay_new(struct event_base *base, int a, int b, relay_done_fn *done, void *arg)
{
	struct relay *relay = XNEW(struct relay);
	const int fds[2] = { a, b };

	relay->done = done;
	relay->arg = arg;
	relay->reaper = event_new(base, -1, 0, on_reap, relay);
	if (relay->reaper == NULL)
		abort(); /* out of memory */
	for (int i = 0; i < 2; i++) {
		struct side *side = &relay->sides[i];

		evutil_make_socket_nonblocking(fds[i]);
		side->relay = relay;
		side->other = &relay->sides[1 - i];
		side->bev =
		    bufferevent_socket_new(base, fds[i], BEV_OPT_CLOSE_ON_FREE);
		if (side->bev == NULL)
			abort(); /* out of memory */
		bufferevent_setcb(side->bev, on_read, on_write, on_event, side);
	}
	for (int i = 0; i < 2; i++)
		bufferevent_enable(relay->sides[i].bev, EV_READ | EV_WRITE);
	return relay;
}

void
relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	for (int i = 0; i < 2; i++)
		bufferevent_free(relay->sides[i].bev);
	event_free(relay->reaper);
	free(relay);
}
