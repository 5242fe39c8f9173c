#include "config.h"

#include "switch/face/mgmt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/face/face.h"
#include "switch/face/session.h"

enum { ACCEPT_PAUSE_MS = 100 };

struct conn {
	struct mgmt *mgmt;
	struct session *session;
	int fd;
	struct event *readable, *writable;
	bool finished; /* waits to be freed */
	TAILQ_ENTRY(conn) link;
};

struct mgmt {
	struct face *face; /* borrowed */
	char *path;
	int fd;
	struct event *newcomer;
	struct timer *pause; /* when there are no descriptors left */
	TAILQ_HEAD(, conn) conns;
	unsigned n_conns;
	struct event *reaper;
};

/* ---- one connection ---- */

static void
conn_finish(struct conn *c)
{
	if (c->finished)
		return;
	c->finished = true;
	event_del(c->readable);
	event_del(c->writable);
	event_active(c->mgmt->reaper, 0, 0);
}

static void
conn_free(struct conn *c)
{
	event_free(c->readable);
	event_free(c->writable);
	session_free(c->session);
	close(c->fd);
	TAILQ_REMOVE(&c->mgmt->conns, c, link);
	c->mgmt->n_conns--;
	free(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct evbuffer *out = c->session->out;

	(void)what;
	if (evbuffer_get_length(out) > 0 && evbuffer_write(out, fd) < 0 &&
	    errno != EAGAIN && errno != EINTR)
		conn_finish(c); /* it has gone */
	else if (evbuffer_get_length(out) > 0)
		event_add(c->writable, NULL);
	else if (c->session->ended)
		conn_finish(c);
}

/* Runs inside of whatever has told the session something. */
static void
on_wake(void *arg)
{
	struct conn *c = arg;

	if (c->finished)
		return;
	if (evbuffer_get_length(c->session->out) > MGMT_BACKLOG_MAX) {
		LOG_LIMITED(LOG_WARN,
			    "%s: a client that does not read is let go",
			    c->mgmt->path);
		conn_finish(c);
		return;
	}
	event_add(c->writable, NULL);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	char data[LINES_MAX];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		session_feed(c->session, data, (size_t)n);
	else
		session_hang_up(c->session);
	if (c->session->ended)
		event_del(c->readable);
}

static void
conn_new(struct mgmt *mgmt, int fd)
{
	struct event_base *base = mgmt->face->sw->config.base;
	struct conn *c = XNEW(struct conn);

	c->mgmt = mgmt;
	c->fd = fd;
	c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(base, fd, EV_WRITE, on_writable, c);
	if (c->readable == NULL || c->writable == NULL)
		abort();
	c->session = session_new(mgmt->face, SESSION_SOCKET, true, on_wake, c);
	TAILQ_INSERT_TAIL(&mgmt->conns, c, link);
	mgmt->n_conns++;
	event_add(c->readable, NULL);
	session_greet(c->session);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct mgmt *mgmt = arg;
	struct conn *c = TAILQ_FIRST(&mgmt->conns);

	(void)fd;
	(void)what;
	while (c != NULL) {
		struct conn *next = TAILQ_NEXT(c, link);

		if (c->finished)
			conn_free(c);
		c = next;
	}
}

/* ---- who comes ---- */

static bool
is_welcome(const struct mgmt *mgmt, int fd)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(cred);

	if (mgmt->n_conns == MGMT_SESSIONS_MAX) {
		LOG_LIMITED(LOG_WARN, "%s: %d clients are enough", mgmt->path,
			    MGMT_SESSIONS_MAX);
		return false;
	}
	if ((mgmt->face->options->mgmt_mode & 077) != 0)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 &&
	    (cred.uid == geteuid() || cred.uid == 0))
		return true;
	LOG_LIMITED(LOG_WARN, "%s: user %u may not manage this switch",
		    mgmt->path, (unsigned)cred.uid);
	return false;
}

static void
on_newcomer(evutil_socket_t listen_fd, short what, void *arg)
{
	struct mgmt *mgmt = arg;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0 && is_welcome(mgmt, fd)) {
		conn_new(mgmt, fd);
	} else if (fd >= 0) {
		close(fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		LOG_LIMITED(LOG_WARN, "%s: cannot take a connection: %s",
			    mgmt->path, strerror(errno));
		event_del(mgmt->newcomer);
		timer_set_in(mgmt->pause, ACCEPT_PAUSE_MS * NS_PER_MS);
	}
}

static void
on_pause_over(void *arg)
{
	struct mgmt *mgmt = arg;

	event_add(mgmt->newcomer, NULL);
}

/* ---- life ---- */

/* Return: a listening socket, for whom the options say; -errno. */
static int
open_socket(const struct face_options *o, const char *path, struct err *err)
{
	int fd = sockpath_listen(path, SOCK_STREAM, 0600, err);

	if (fd < 0)
		return fd;
	if ((o->mgmt_has_group && lchown(path, (uid_t)-1, o->mgmt_group) < 0) ||
	    chmod(path, o->mgmt_mode) < 0) {
		int ret = err_errno(err, "cannot set the mode of %s", path);

		unlink(path);
		close(fd);
		return ret;
	}
	return fd;
}

struct mgmt *
mgmt_new(struct face *face, const char *path, struct err *err)
{
	struct event_base *base = face->sw->config.base;
	int fd = open_socket(face->options, path, err);
	struct mgmt *mgmt;

	if (fd < 0)
		return NULL;
	mgmt = XNEW(struct mgmt);
	mgmt->face = face;
	mgmt->path = xstrdup(path);
	mgmt->fd = fd;
	TAILQ_INIT(&mgmt->conns);
	mgmt->pause = timer_new(face->sw->config.clock, on_pause_over, mgmt);
	mgmt->reaper = event_new(base, -1, 0, on_reap, mgmt);
	mgmt->newcomer =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_newcomer, mgmt);
	if (mgmt->reaper == NULL || mgmt->newcomer == NULL ||
	    event_add(mgmt->newcomer, NULL) < 0)
		abort();
	return mgmt;
}

void
mgmt_free(struct mgmt *mgmt)
{
	struct conn *c;

	if (mgmt == NULL)
		return;
	while ((c = TAILQ_FIRST(&mgmt->conns)) != NULL) {
		(void)evbuffer_write(c->session->out, c->fd); /* goodbye */
		conn_free(c);
	}
	event_free(mgmt->newcomer);
	event_free(mgmt->reaper);
	timer_free(mgmt->pause);
	unlink(mgmt->path);
	close(mgmt->fd);
	free(mgmt->path);
	free(mgmt);
}
