#include "config.h"

#include "driver/control/console.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "driver/vm/machine.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { UNREAD_MAX = 1024 * 1024, PIECE_MAX = 4096 };

struct console {
	struct machine *machine;  /* borrowed; NULL: it is off */
	struct bufferevent *peer; /* owned */
	struct event *ended;	  /* tells of the end from the loop; owned */
	const char *why;
	console_over_fn *over;
	void *arg; /* borrowed */
};

static void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct console *console = arg;

	(void)fd;
	(void)what;
	console->over(console->why, console->arg);
}

static void
end(struct console *console, const char *why)
{
	if (console->why != NULL)
		return;
	console->why = why;
	bufferevent_disable(console->peer, EV_READ);
	event_active(console->ended, EV_TIMEOUT, 0);
}

static void
on_shown(const void *data, size_t size, void *arg)
{
	struct console *console = arg;
	struct evbuffer *out = bufferevent_get_output(console->peer);

	if (size == 0) {
		console->machine = NULL;
		end(console, "the machine is off");
	} else if (evbuffer_get_length(out) + size <= UNREAD_MAX) {
		evbuffer_add(out, data, size);
	}
}

static void
on_typed(struct bufferevent *peer, void *arg)
{
	struct console *console = arg;
	struct evbuffer *in = bufferevent_get_input(peer);
	char piece[PIECE_MAX];
	int n;

	while ((n = evbuffer_remove(in, piece, sizeof(piece))) > 0) {
		/* A guest that reads nothing misses what is typed. */
		if (console->machine != NULL)
			machine_type_console(console->machine, piece, (size_t)n,
					     NULL);
	}
}

static void
on_peer_event(struct bufferevent *peer, short what, void *arg)
{
	(void)peer;
	(void)what;
	end(arg, "the client has closed its end");
}

struct console *
console_new(struct event_base *base, struct machine *machine, int fd,
	    console_over_fn *over, void *arg, struct err *err)
{
	struct console *console = XNEW(struct console);
	int ret;

	evutil_make_socket_nonblocking(fd);
	console->over = over;
	console->arg = arg;
	console->peer = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	console->ended = evtimer_new(base, on_ended, console);
	if (console->peer == NULL || console->ended == NULL)
		abort(); /* out of memory */
	ret = machine_tap_console(machine, on_shown, console);
	if (ret < 0) {
		err_set(err, ret, "%s",
			ret == -EBUSY ? "somebody is at its console already"
				      : "it is off");
		console_free(console);
		return NULL;
	}
	console->machine = machine;
	bufferevent_setcb(console->peer, on_typed, NULL, on_peer_event,
			  console);
	bufferevent_enable(console->peer, EV_READ | EV_WRITE);
	return console;
}

void
console_free(struct console *console)
{
	if (console == NULL)
		return;
	if (console->machine != NULL)
		machine_tap_console(console->machine, NULL, NULL);
	event_free(console->ended);
	bufferevent_free(console->peer);
	free(console);
}
