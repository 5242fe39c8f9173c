/*
 * dgram: the port kind for peers on a unix datagram socket, one datagram a
 * frame: QEMU -netdev dgram, vfkit, krun.
 *
 * By path, our end is bound and the peer comes and goes as it likes; so may we.
 * By descriptor (one end of a socketpair) the peer is there from the start, and
 * whoever keeps a copy of our end can hand it to the next switch: the peer
 * notices nothing.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/ports/acceptor.h"
#include "switch/ports/datagram-batch.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/port-provider.h"

enum {
	SEND_BUFFER_BYTES = 1024 * 1024,
	/* How soon a peer that has bound its path anew is noticed: the kernel
	 * tells of none of that. */
	LOOK_MS = 250,
};

struct dgram {
	struct port *port; /* borrowed */
	struct datagram_io *io;
	char *path; /* where we are bound; NULL: came as a descriptor */
	/* By path only: */
	bool learns;	    /* the peer is whoever speaks first */
	bool connected;	    /* to .peer */
	char *peer;	    /* its path; NULL: not known yet */
	struct stat socket; /* what was there when we connected */
	int last_error;	    /* of connecting, told once; or 0 */
	struct timer *look;
};

/* ---- the peer of a path ---- */

static bool
same_socket(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void
disconnect(struct dgram *d, const char *why)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (!d->connected)
		return;
	d->connected = false;
	port_set_carrier(d->port, false);
	/* As long as we are connected, the kernel lets nobody else send. */
	(void)connect(datagram_io_fd(d->io), &none, sizeof(none));
	log_info("port %s: %s %s", port_name(d->port), d->peer, why);
	datagram_io_retry(d->io);
}

static void
tell_failure(struct dgram *d, int error)
{
	if (error == d->last_error)
		return;
	d->last_error = error;
	/* It is not there yet, or no more: nothing unusual */
	if (error != ENOENT && error != ECONNREFUSED)
		log_warn("port %s: cannot connect to %s: %s",
			 port_name(d->port), d->peer, strerror(error));
}

static void
try_connect(struct dgram *d, const struct stat *st)
{
	struct sockaddr_un addr;

	if (sockpath_fill(&addr, d->peer, NULL) < 0)
		return; /* cannot be: it was checked, or came from the kernel */
	if (connect(datagram_io_fd(d->io), (struct sockaddr *)&addr,
		    sizeof(addr)) < 0) {
		tell_failure(d, errno);
		disconnect(d, "is there no more");
		return;
	}
	d->last_error = 0;
	d->socket = *st;
	if (!d->connected)
		log_info("port %s: connected to %s", port_name(d->port),
			 d->peer);
	d->connected = true;
	port_set_carrier(d->port, true);
	datagram_io_retry(d->io);
}

/* Does its path lead to where we are connected? */
static void
look_for_peer(struct dgram *d)
{
	struct stat st;

	if (d->peer == NULL)
		return;
	/* The look first: what changes after it is seen by the next one. */
	if (stat(d->peer, &st) == 0) {
		if (!d->connected || !same_socket(&st, &d->socket))
			try_connect(d, &st);
		return;
	}
	tell_failure(d, errno);
	/* One whose path is known may have no use for the file any more.  Of
	 * one that only spoke first the next may come from another path. */
	if (d->learns)
		disconnect(d, "has removed its socket");
}

static void
on_look(void *arg)
{
	struct dgram *d = arg;

	look_for_peer(d);
	timer_set_in(d->look, LOOK_MS * NS_PER_MS);
}

static void
learn_peer(struct dgram *d, const struct sockaddr_un *addr, socklen_t size)
{
	size_t max = size > offsetof(struct sockaddr_un, sun_path)
			 ? size - offsetof(struct sockaddr_un, sun_path)
			 : 0;
	size_t len = strnlen(addr->sun_path, max);

	/* Not bound, or in a place that only it knows: it can only send. */
	if (len == 0 || len > SOCKPATH_MAX || addr->sun_path[0] != '/')
		return;
	free(d->peer);
	d->peer = xcalloc(len + 1, 1);
	memcpy(d->peer, addr->sun_path, len);
	look_for_peer(d);
}

/* ---- traffic ---- */

/* One at a time: who has sent it may have to be learned. */
static ssize_t
learner_receive(void *arg, int fd, struct iovec *iov)
{
	struct dgram *d = arg;
	struct sockaddr_un from;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = DATAGRAM_IOV };
	ssize_t len;

	if (!d->connected) {
		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
	}
	/* MSG_TRUNC: the frame's own length, also when it did not fit. */
	len = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC);
	if (len < 0)
		return -errno;
	if (msg.msg_name != NULL)
		learn_peer(d, &from, msg.msg_namelen);
	return len;
}

static void
dgram_failed(void *arg, int error)
{
	struct dgram *d = arg;

	switch (error) {
	case ECONNREFUSED:
	case ENOTCONN:
	case EPIPE:
		break;
	case ECONNRESET:
		/* The peer connects to somebody else, or has died with frames
		 * of ours unread; if that is all, sending tells. */
		if (d->path == NULL &&
		    !datagram_has_ended(datagram_io_fd(d->io)))
			return;
		break;
	default:
		return; /* this frame only */
	}
	if (d->path == NULL) {
		datagram_io_stop(d->io);
		port_gone(d->port, "the peer closed its socket");
		return;
	}
	if (d->connected) {
		disconnect(d, "has closed its socket");
		look_for_peer(d);
	}
}

static const struct datagram_ops dgram_ops = {
	.failed = dgram_failed,
};

static const struct datagram_ops learner_ops = {
	.receive = learner_receive,
	.failed = dgram_failed,
};

static size_t
dgram_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct dgram *d = priv;

	if (d->path == NULL || d->connected)
		return datagram_io_transmit(d->io, frames, n);
	for (size_t i = 0; i < n; i++)
		port_tx_drop(d->port, DROP_SEND_ERROR, frames[i]);
	return n;
}

static void
dgram_pause(void *priv, bool paused)
{
	struct dgram *d = priv;

	datagram_io_pause(d->io, paused);
}

/* ---- coming and going ---- */

static int
option_of(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0)
		return -1;
	return value;
}

static int
check_socket(int fd, struct err *err)
{
	int type = option_of(fd, SO_TYPE);
	struct sockaddr_un peer;
	socklen_t size = sizeof(peer);

	if (type == -1)
		return err_errno(err, "the descriptor is not a socket");
	if (option_of(fd, SO_DOMAIN) != AF_UNIX)
		return err_set(err, -EINVAL,
			       "the descriptor is not a unix socket");
	if (type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return err_set(err, -EINVAL,
			       "the descriptor is a stream socket, which keeps "
			       "no frames apart: a port of kind stream takes "
			       "it, or make a socketpair of type SOCK_DGRAM");
	if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		return err_errno(err, "the descriptor's socket has no peer");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static int
check_path(const char *what, const char *path, struct err *err)
{
	struct sockaddr_un addr;

	/* nobody who calls knows our working directory */
	if (path[0] != '/')
		return err_set(err, -EINVAL, "%s: \"%s\" is not absolute", what,
			       path);
	return sockpath_fill(&addr, path, err);
}

/* Return: a datagram socket bound to params' path; -errno. */
static int
bind_path(const json_t *params, struct err *err)
{
	const char *path = json_str_or(params, "path", NULL);
	const char *remote = json_str_or(params, "remote", NULL);
	int ret = check_path("path", path, err);

	if (ret == 0 && remote != NULL)
		ret = check_path("remote", remote, err);
	if (ret == 0 && remote != NULL && strcmp(path, remote) == 0)
		ret = err_set(err, -EINVAL,
			      "path is where the switch listens, remote where "
			      "the peer does: they cannot be the same");
	if (ret < 0)
		return ret;
	return sockpath_listen(path, SOCK_DGRAM, 0600, err);
}

/* Return: the port's socket, from @fd (taken) or made; -errno. */
static int
socket_for(const json_t *params, int fd, struct err *err)
{
	const char *path = json_str_or(params, "path", NULL);
	const char *remote = json_str_or(params, "remote", NULL);
	int ret;

	if ((path != NULL) == (fd >= 0))
		ret = err_set(err, -EINVAL,
			      "a dgram port needs a path to listen on or a "
			      "connected descriptor, one of the two");
	else if (path != NULL)
		return bind_path(params, err);
	else if (remote != NULL)
		ret = err_set(err, -EINVAL,
			      "remote goes with path, not with a descriptor");
	else
		ret = check_socket(fd, err);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

static void
dgram_close(void *priv)
{
	struct dgram *d = priv;

	timer_free(d->look);
	datagram_io_free(d->io);
	if (d->path != NULL)
		unlink(d->path);
	free(d->path);
	free(d->peer);
	free(d);
}

static void
start_path(struct dgram *d, const json_t *params)
{
	const char *remote = json_str_or(params, "remote", NULL);

	d->peer = remote != NULL ? xstrdup(remote) : NULL;
	d->look = timer_new(port_clock(d->port), on_look, d);
	port_set_carrier(d->port, false);
	on_look(d);
}

static void *
dgram_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	const char *path = json_str_or(params, "path", NULL);
	int size = SEND_BUFFER_BYTES;
	struct port_peer peer;
	struct dgram *d;

	fd = socket_for(params, fd, err);
	if (fd < 0)
		return NULL;
	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	d = XNEW(struct dgram);
	d->port = port;
	d->path = path != NULL ? xstrdup(path) : NULL;
	d->learns = path != NULL && json_str_or(params, "remote", NULL) == NULL;
	d->io = datagram_io_new(port, fd, -1,
				d->learns ? &learner_ops : &dgram_ops, d);
	if (d->io == NULL) {
		dgram_close(d);
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (d->path != NULL)
		start_path(d, params);
	else if (acceptor_peer_of(fd, &peer) == 0)
		port_set_peer(port, &peer);
	return d;
}

static int
dgram_keep_fd(const void *priv)
{
	const struct dgram *d = priv;

	return d->path == NULL ? datagram_io_fd(d->io) : -1;
}

static void
dgram_describe(const void *priv, json_t *into)
{
	const struct dgram *d = priv;

	if (d->path != NULL)
		json_object_set_new(into, "path",
				    json_text(d->path, strlen(d->path)));
	if (d->peer != NULL)
		json_object_set_new(into, "remote",
				    json_text(d->peer, strlen(d->peer)));
}

const struct port_kind port_kind_dgram = {
	.name = "dgram",
	.summary = "a frame a datagram: QEMU -netdev dgram, vfkit, krun",
	.params = "path:str? remote:str?",
	.details =
	    "The switch binds `path`, and sends to `remote` as soon as "
	    "somebody "
	    "has bound that (these are QEMU's remote.path and local.path); "
	    "without `remote`, to whoever has sent something. The peer may go "
	    "and come back: until then frames for it are dropped and counted. "
	    "Instead of paths, one end of a socketpair of type SOCK_DGRAM or "
	    "SOCK_SEQPACKET may be sent along (QEMU's local.type=fd); such a "
	    "port ends when a frame finds nobody at the other end. "
	    "`port.show` has also `path` and `remote`.",
	.open = dgram_open,
	.transmit = dgram_transmit,
	.pause = dgram_pause,
	.keep_fd = dgram_keep_fd,
	.describe = dgram_describe,
	.close = dgram_close,
};
