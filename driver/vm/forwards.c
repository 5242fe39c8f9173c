#include "config.h"

#include "driver/vm/forwards.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/relay.h"
#include "driver/vm/tcp-owner.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum {
	RETRY_MS = 50,
	BACKLOG = 64,
	REFUSALS_TOLD = 10, /* of one forward: a neighbour must not fill the
			     * log */
};

/* A process of the host on its way to the guest. */
struct caller {
	TAILQ_ENTRY(caller) entry;
	struct forward *forward; /* borrowed */
	int fd;			 /* owned; -1: the relay's */
	struct relay *relay;	 /* owned; NULL: not through yet */
	struct timer *retry;	 /* owned; of one who is not */
	uint64_t until_ns;
};

struct forward {
	TAILQ_ENTRY(forward) entry;
	struct forwards *all;	   /* borrowed */
	struct plan_forward place; /* .path owned */
	int fd;			   /* owned; listens */
	struct event *on_caller;   /* owned */
	unsigned n_refused;
};

struct forwards {
	struct event_base *base; /* borrowed, as all these */
	struct clock *clock;
	const char *run_dir;
	const char *node;
	forwards_line_fn *on_line;
	void *arg;
	TAILQ_HEAD(, forward) list;
	TAILQ_HEAD(, caller) callers;
	unsigned n_callers;
};

int
forwards_path(char *path, size_t size, const char *run_dir, const char *node,
	      unsigned guest, struct err *err)
{
	int n = snprintf(path, size, "%s/%s.ports/%u", run_dir, node, guest);

	if (n >= 0 && n < (int)size && n <= SOCKPATH_MAX)
		return 0;
	return err_set(err, -ENAMETOOLONG,
		       "%s/%s.ports/%u: too long for a unix socket; a shorter "
		       "XDG_RUNTIME_DIR would help",
		       run_dir, node, guest);
}

/* ---- callers ---- */

static void
watch_for_callers(struct forwards *all, bool watch)
{
	struct forward *forward;

	TAILQ_FOREACH (forward, &all->list, entry) {
		if (watch)
			event_add(forward->on_caller, NULL);
		else
			event_del(forward->on_caller);
	}
}

static void
caller_free(struct caller *caller)
{
	struct forwards *all = caller->forward->all;

	TAILQ_REMOVE(&all->callers, caller, entry);
	if (all->n_callers-- == FORWARDS_CALLERS_MAX)
		watch_for_callers(all, true);
	relay_free(caller->relay);
	timer_free(caller->retry);
	if (caller->fd >= 0)
		close(caller->fd);
	free(caller);
}

static void
on_relay_done(struct relay *relay, void *arg)
{
	(void)relay;
	caller_free(arg);
}

/* To the control network, which may not be there (yet), or have no room for
 * callers at the moment.  Return: a descriptor; -1. */
static int
connect_guest(const struct forward *forward)
{
	char path[SOCKPATH_MAX + 1];
	struct sockaddr_un addr;
	int fd;

	if (forwards_path(path, sizeof(path), forward->all->run_dir,
			  forward->all->node, forward->place.guest, NULL) < 0 ||
	    sockpath_fill(&addr, path, NULL) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
connect_caller(void *arg)
{
	struct caller *caller = arg;
	struct forwards *all = caller->forward->all;
	int fd = connect_guest(caller->forward);

	if (fd >= 0) {
		caller->relay =
		    relay_new(all->base, caller->fd, fd, on_relay_done, caller);
		caller->fd = -1;
		return;
	}
	if (clock_now_ns(all->clock) >= caller->until_ns)
		caller_free(caller);
	else
		timer_set_in(caller->retry, RETRY_MS * NS_PER_MS);
}

static void
add_caller(struct forward *forward, int fd)
{
	struct forwards *all = forward->all;
	struct caller *caller = XNEW(struct caller);

	caller->forward = forward;
	caller->fd = fd;
	caller->retry = timer_new(all->clock, connect_caller, caller);
	caller->until_ns =
	    clock_now_ns(all->clock) + FORWARDS_PATIENCE_MS * NS_PER_MS;
	TAILQ_INSERT_TAIL(&all->callers, caller, entry);
	if (++all->n_callers == FORWARDS_CALLERS_MAX)
		watch_for_callers(all, false);
	connect_caller(caller);
}

/* ---- who calls ---- */

static void
place_text(const struct plan_forward *place, char *text, size_t size)
{
	if (place->is_socket)
		snprintf(text, size, "%s", place->path);
	else
		snprintf(text, size, "127.0.0.1:%u", place->port);
}

static void
tell_refused(struct forward *forward, const char *why)
{
	char line[ERR_TEXT_SIZE + 256], place[SOCKPATH_MAX + 1];

	if (forward->n_refused++ >= REFUSALS_TOLD)
		return;
	place_text(&forward->place, place, sizeof(place));
	snprintf(
	    line, sizeof(line), "%s: a caller was refused: %s%s", place, why,
	    forward->n_refused == REFUSALS_TOLD ? " (more of them are not told)"
						: "");
	forward->all->on_line(line, forward->all->arg);
}

static void
tell_open(const struct forward *forward)
{
	char line[SOCKPATH_MAX + 128], place[SOCKPATH_MAX + 1];

	place_text(&forward->place, place, sizeof(place));
	snprintf(line, sizeof(line), "%s leads to port %u%s", place,
		 forward->place.guest,
		 forward->place.is_public ? ", for everybody on this host"
					  : "");
	forward->all->on_line(line, forward->all->arg);
}

static int
uid_of_caller(const struct forward *forward, int fd, uid_t *uid,
	      struct err *err)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (!forward->place.is_socket)
		return tcp_owner_of_peer(fd, uid, err);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return err_errno(err, "the caller's user");
	*uid = cred.uid;
	return 0;
}

static bool
may_pass(struct forward *forward, int fd)
{
	struct err err = ERR_INIT;
	char why[64];
	uid_t uid;
	int ret;

	if (forward->place.is_public)
		return true;
	ret = uid_of_caller(forward, fd, &uid, &err);
	if (ret == 0 && uid == geteuid())
		return true;
	snprintf(why, sizeof(why), "it is user %ju", (uintmax_t)uid);
	if (ret != -ENOTCONN)
		tell_refused(forward, ret < 0 ? err.text : why);
	return false;
}

static void
on_caller(evutil_socket_t listener, short what, void *arg)
{
	struct forward *forward = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	if (may_pass(forward, fd))
		add_caller(forward, fd);
	else
		close(fd);
}

/* ---- places ---- */

static int
listen_at_socket(struct forwards *all, struct plan_forward *place,
		 struct err *err)
{
	if (place->path == NULL)
		place->path = xasprintf("%s/%s.%u.socket", all->run_dir,
					all->node, place->guest);
	return sockpath_listen(place->path, SOCK_STREAM, 0600, err);
}

static int
refuse_port(unsigned port, struct err *err)
{
	const char *remedy = "";

	if (errno == EADDRINUSE)
		remedy = " (another run, perhaps; `host = 0` takes one that is "
			 "free)";
	else if (errno == EACCES)
		remedy = " (low ports are the system's; choose one from 1024 "
			 "on)";
	return err_set(err, -errno, "port %u of 127.0.0.1: %s%s", port,
		       strerror(errno), remedy);
}

static int
listen_at_port(struct plan_forward *place, struct err *err)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)place->port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, ret;

	if (fd < 0)
		return err_errno(err, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, size) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &size) < 0) {
		ret = refuse_port(place->port, err);
		close(fd);
		return ret;
	}
	place->port = ntohs(addr.sin_port);
	return fd;
}

static bool
is_wanted(const struct plan_forward *have, const struct plan_forward *wanted)
{
	if (have->guest != wanted->guest ||
	    have->is_socket != wanted->is_socket ||
	    have->is_public != wanted->is_public)
		return false;
	if (wanted->is_socket)
		return wanted->path == NULL ||
		       strcmp(have->path, wanted->path) == 0;
	return wanted->port == 0 || have->port == wanted->port;
}

static void
forward_free(struct forward *forward)
{
	if (forward->on_caller != NULL)
		event_free(forward->on_caller);
	if (forward->fd >= 0) {
		close(forward->fd);
		if (forward->place.is_socket)
			unlink(forward->place.path);
	}
	free(forward->place.path);
	free(forward);
}

static struct forward *
forward_new(struct forwards *all, const struct plan_forward *wanted,
	    struct err *err)
{
	struct forward *forward = XNEW(struct forward);

	forward->all = all;
	forward->place = *wanted;
	if (wanted->path != NULL)
		forward->place.path = xstrdup(wanted->path);
	forward->fd = wanted->is_socket
			  ? listen_at_socket(all, &forward->place, err)
			  : listen_at_port(&forward->place, err);
	if (forward->fd < 0) {
		forward_free(forward);
		return NULL;
	}
	forward->on_caller = event_new(
	    all->base, forward->fd, EV_READ | EV_PERSIST, on_caller, forward);
	if (forward->on_caller == NULL ||
	    (all->n_callers < FORWARDS_CALLERS_MAX &&
	     event_add(forward->on_caller, NULL) < 0))
		abort(); /* out of memory */
	return forward;
}

/* ---- interface ---- */

struct forwards *
forwards_new(struct event_base *base, struct clock *clock, const char *run_dir,
	     const char *node, forwards_line_fn *on_line, void *arg)
{
	struct forwards *all = XNEW(struct forwards);

	*all = (struct forwards){ .base = base,
				  .clock = clock,
				  .run_dir = run_dir,
				  .node = node,
				  .on_line = on_line,
				  .arg = arg };
	TAILQ_INIT(&all->list);
	TAILQ_INIT(&all->callers);
	return all;
}

const struct plan_forward *
forwards_add(struct forwards *all, const struct plan_forward *wanted,
	     struct err *err)
{
	char path[SOCKPATH_MAX + 1];
	struct forward *forward;
	size_t n = 0;

	TAILQ_FOREACH (forward, &all->list, entry) {
		if (is_wanted(&forward->place, wanted))
			return &forward->place;
		n++;
	}
	if (n == PLAN_FORWARDS_MAX) {
		err_set(err, -ENOSPC, "a machine has at most %d forwards",
			PLAN_FORWARDS_MAX);
		return NULL;
	}
	if (forwards_path(path, sizeof(path), all->run_dir, all->node,
			  wanted->guest, err) < 0)
		return NULL;
	forward = forward_new(all, wanted, err);
	if (forward == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&all->list, forward, entry);
	tell_open(forward);
	return &forward->place;
}

size_t
forwards_guests(const struct forwards *all, unsigned *ports)
{
	const struct forward *forward;
	size_t n = 0;

	TAILQ_FOREACH (forward, &all->list, entry) {
		size_t i = 0;

		while (i < n && ports[i] != forward->place.guest)
			i++;
		if (i == n)
			ports[n++] = forward->place.guest;
	}
	return n;
}

void
forwards_free(struct forwards *all)
{
	if (all == NULL)
		return;
	while (!TAILQ_EMPTY(&all->callers))
		caller_free(TAILQ_FIRST(&all->callers));
	while (!TAILQ_EMPTY(&all->list)) {
		struct forward *forward = TAILQ_FIRST(&all->list);

		TAILQ_REMOVE(&all->list, forward, entry);
		forward_free(forward);
	}
	free(all);
}
