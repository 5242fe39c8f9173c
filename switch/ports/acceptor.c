#include "config.h"

#include "switch/ports/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/ports/port-provider.h"

enum {
	ACCEPT_BUDGET = 16,    /* peers a turn of the loop */
	ACCEPT_PAUSE_MS = 100, /* after running out of something */
	/* Descriptors that no peer gets, so that whoever wants to see what is
	 * going on, or to end it, still reaches the control socket. */
	ACCEPT_SPARE_FDS = 12,
};

struct acceptor {
	struct port_site *site; /* borrowed */
	char *path;
	bool own; /* the socket's file is ours to remove */
	int fd;
	int reserve_fd; /* spent to refuse a peer when there is no other */
	struct event *event;
	struct timer *pause;
	acceptor_fn *fn;
	void *arg;
};

int
acceptor_peer_of(int fd, struct port_peer *peer)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	memset(peer, 0, sizeof(*peer));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	if (cred.uid == (uid_t)-1)
		return -ENOTCONN; /* not a unix socket, or not connected */
	peer->pid = cred.pid;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	return 0;
}

static int
open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Whoever waits first in line would wait for ever: tell him by closing. */
static void
refuse_one(struct acceptor *a)
{
	int fd;

	if (a->reserve_fd >= 0)
		close(a->reserve_fd);
	fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	a->reserve_fd = open_reserve();
}

/* Is @fd, the lowest that was free, one of the last there are? */
static bool
is_spare(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       limit.rlim_cur > ACCEPT_SPARE_FDS &&
	       (rlim_t)fd >= limit.rlim_cur - ACCEPT_SPARE_FDS;
}

static void
run_out(struct acceptor *a, int error)
{
	LOG_LIMITED(LOG_WARN, "%s: cannot take a connection: %s", a->path,
		    strerror(error));
	if (error == EMFILE || error == ENFILE)
		refuse_one(a);
	event_del(a->event);
	timer_set_in(a->pause, ACCEPT_PAUSE_MS * NS_PER_MS);
}

static void
on_pause_over(void *arg)
{
	struct acceptor *a = arg;

	event_add(a->event, NULL);
}

static void
on_peer(int listen_fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)what;
	port_site_hold(a->site);
	for (int i = 0; i < ACCEPT_BUDGET; i++) {
		struct port_peer peer;
		int fd = accept4(listen_fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
			continue;
		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd < 0) {
			run_out(a, errno);
			return;
		}
		if (is_spare(fd)) {
			LOG_LIMITED(LOG_WARN,
				    "%s: a connection is refused: the last "
				    "%d descriptors are for others",
				    a->path, ACCEPT_SPARE_FDS);
			close(fd);
			continue;
		}
		if (acceptor_peer_of(fd, &peer) < 0 ||
		    !port_site_allows(a->site, &peer, fd)) {
			close(fd);
			continue;
		}
		a->fn(a->arg, fd, &peer);
	}
}

struct acceptor *
acceptor_new(struct port_site *site, const char *path, acceptor_fn *fn,
	     void *arg, struct err *err)
{
	bool own;
	int fd = port_site_listen(site, path, &own, err);
	struct acceptor *a;

	if (fd < 0)
		return NULL;
	if (port_site_publish(site, path, err) < 0) {
		if (own)
			unlink(path);
		close(fd);
		return NULL;
	}
	a = XNEW(struct acceptor);
	a->site = site;
	a->path = xstrdup(path);
	a->fd = fd;
	a->own = own;
	a->reserve_fd = open_reserve();
	a->fn = fn;
	a->arg = arg;
	a->pause = timer_new(port_site_listen_clock(site), on_pause_over, a);
	a->event = event_new(port_site_listen_base(site), fd,
			     EV_READ | EV_PERSIST, on_peer, a);
	if (a->event == NULL || event_add(a->event, NULL) < 0) {
		err_set(err, -ENOMEM, "cannot watch %s", path);
		acceptor_free(a);
		return NULL;
	}
	return a;
}

void
acceptor_free(struct acceptor *a)
{
	if (a == NULL)
		return;
	if (a->event != NULL)
		event_free(a->event);
	timer_free(a->pause);
	if (a->own)
		unlink(a->path);
	close(a->fd);
	if (a->reserve_fd >= 0)
		close(a->reserve_fd);
	free(a->path);
	free(a);
}
