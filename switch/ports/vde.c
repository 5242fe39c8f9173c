/*
 * vde: the port kind for VDE clients.  This file listens on DIR/ctl and leads
 * newcomers through the handshake; vde-port.c has those who are attached.
 *
 * A newcomer says where its data socket is; we bind one of our own beside ctl,
 * connect it to the newcomer's, and only then answer with its path: clients
 * unlink theirs as soon as they have the answer.  The one way to refuse is to
 * close, so the reason goes to the log.
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/ports/acceptor.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vde-port.h"
#include "switch/ports/vde-proto.h"

enum {
	HALF_OPEN_MAX = 64,
	REQUEST_TIMEOUT_MS = 2000,
	/* What peers and we append to the directory: "/.4194304-00000" is
	 * libvdeplug's longest, "/16777215.99999" ours. */
	DIR_SUFFIX_MAX = 15,
	DIR_LEN_MAX = SOCKPATH_MAX - DIR_SUFFIX_MAX,
	SERIAL_MAX = 99999,
	SERIAL_TRIES = 8,
};

/* One that has connected to ctl and not yet said everything. */
struct newcomer {
	TAILQ_ENTRY(newcomer) entry;
	struct vde_listener *listener; /* borrowed */
	struct port_peer peer;
	uint64_t deadline_ns;
	struct event *event;
	int fd; /* -1: handed on */
	size_t len;
	uint8_t request[VDE_REQUEST_MAX];
};

TAILQ_HEAD(newcomer_list, newcomer);

struct vde_listener {
	struct port_site *site; /* borrowed */
	char *dir;		/* absolute: clients are told paths in it */
	struct acceptor *acceptor;
	struct newcomer_list half_open; /* oldest first */
	unsigned n_half_open;
	struct timer *deadline;	       /* the oldest's */
	struct newcomer_list finished; /* wait to be freed */
	struct event *reaper;
	struct vde_port_list ports;
	uint32_t serial; /* of the last data socket */
};

/* ---- the data socket ---- */

/* Says why connect() failed, better than errno does. */
static int
explain_refusal(const struct vde_request *req, const struct stat *st, int error,
		struct err *err)
{
	if (error == EACCES && (st->st_mode & 0777) == 0)
		return err_set(err, -error,
			       "its data socket %s has mode 0000: the client "
			       "must pass a mode such as 0700 to vde_open()",
			       req->path);
	if (error == ECONNREFUSED)
		return err_set(err, -error,
			       "its data socket %s is not held by anybody",
			       req->path);
	if (error == EPROTOTYPE)
		return err_set(err, -error,
			       "its data socket %s is not a datagram socket",
			       req->path);
	return err_set(err, -error, "cannot connect to its data socket %s: %s",
		       req->path, strerror(error));
}

/* The owner is compared so that a client cannot have us write to a socket
 * which it could not open itself.  Swapping the file at the right moment gets
 * around that, for users whom the segment trusts already. */
static int
connect_data(int fd, const struct vde_request *req,
	     const struct port_peer *peer, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;

	memcpy(addr.sun_path, req->path, sizeof(addr.sun_path));
	if (lstat(req->path, &st) < 0)
		return err_errno(err, "its data socket %s", req->path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -ENOTSOCK, "%s is not a socket", req->path);
	if (st.st_uid != peer->uid)
		return err_set(err, -EACCES,
			       "its data socket %s belongs to user %ju",
			       req->path, (uintmax_t)st.st_uid);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return explain_refusal(req, &st, errno, err);
	return 0;
}

/* A data socket of ours in the listener's directory, for port @number.
 * Return: a descriptor, with its path in @addr; -errno. */
static int
bind_data(struct vde_listener *l, uint32_t number, struct sockaddr_un *addr,
	  struct err *err)
{
	char path[SOCKPATH_MAX + 1];
	int fd = -EADDRINUSE;

	for (int i = 0; i < SERIAL_TRIES && fd == -EADDRINUSE; i++) {
		l->serial = l->serial % SERIAL_MAX + 1;
		snprintf(path, sizeof(path), "%s/%03" PRIu32 ".%" PRIu32,
			 l->dir, number, l->serial);
		fd = sockpath_listen(path, SOCK_DGRAM, 0600, err);
	}
	if (fd >= 0)
		(void)sockpath_fill(addr, path, NULL);
	return fd;
}

/* Return: a data socket between us and the client, on port @number; -errno. */
static int
open_data(struct vde_listener *l, const struct vde_request *req,
	  uint32_t number, const struct port_peer *peer,
	  struct sockaddr_un *addr, struct err *err)
{
	int fd = bind_data(l, number, addr, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = connect_data(fd, req, peer, err);
	/* Only now, when the kernel lets nobody but the client send to it */
	if (ret == 0)
		ret = port_site_publish(l->site, addr->sun_path, err);
	if (ret < 0) {
		unlink(addr->sun_path);
		close(fd);
		return ret;
	}
	return fd;
}

/* ---- newcomers ---- */

/* The newcomer is done with: freed from the loop. */
static void
newcomer_finish(struct newcomer *nc)
{
	struct vde_listener *l = nc->listener;

	event_del(nc->event);
	if (nc->fd >= 0)
		close(nc->fd);
	nc->fd = -1;
	TAILQ_REMOVE(&l->half_open, nc, entry);
	l->n_half_open--;
	TAILQ_INSERT_TAIL(&l->finished, nc, entry);
	event_active(l->reaper, 0, 0);
}

static void
newcomer_refuse(struct newcomer *nc, const char *why)
{
	LOG_LIMITED(LOG_WARN, "segment %s: VDE client refused (pid %d): %s",
		    port_site_name(nc->listener->site), (int)nc->peer.pid, why);
	newcomer_finish(nc);
}

static struct vde_port *
make_port(struct vde_listener *l, uint32_t number, const struct port_peer *peer,
	  struct err *err)
{
	struct vde_port *vp =
	    vde_port_new(&l->ports, port_site_base(l->site), number, peer->uid);
	char name[32];

	if (vp == NULL) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	snprintf(name, sizeof(name), "vde%" PRIu32, number);
	vp->port = port_accept(l->site, &port_kind_vde, vp,
			       number != 0 ? name : NULL, peer, err);
	if (vp->port == NULL) {
		vde_port_free(vp);
		return NULL;
	}
	return vp;
}

/* Return: 0 when the client is attached and has been told; -errno. */
static int
newcomer_attach(struct newcomer *nc, const struct vde_request *req,
		struct err *err)
{
	struct vde_listener *l = nc->listener;
	struct vde_port *vp = NULL;
	struct sockaddr_un addr;
	int data_fd, ctl_fd, ret;
	uint32_t number;

	ret = port_site_number(l->site, &nc->peer, nc->fd, req->port, &number,
			       err);
	if (ret < 0)
		return ret;
	if (number != 0)
		vp = vde_port_find(&l->ports, number);
	if (vp != NULL && vp->uid != nc->peer.uid)
		return err_set(err, -EACCES,
			       "port %" PRIu32 " is in use by user %ju", number,
			       (uintmax_t)vp->uid);
	data_fd = open_data(l, req, number, &nc->peer, &addr, err);
	if (data_fd < 0)
		return data_fd;
	if (vp == NULL)
		vp = make_port(l, number, &nc->peer, err);
	if (vp == NULL) {
		unlink(addr.sun_path);
		close(data_fd);
		return -ENOSPC;
	}
	ctl_fd = nc->fd; /* the port's from now on */
	event_del(nc->event);
	nc->fd = -1;
	return vde_port_join(vp, ctl_fd, data_fd, &addr, &nc->peer, err);
}

static void
on_request(int fd, short what, void *arg)
{
	struct newcomer *nc = arg;
	struct vde_request req;
	struct err err = ERR_INIT;
	ssize_t n = recv(fd, nc->request + nc->len,
			 sizeof(nc->request) - nc->len, MSG_DONTWAIT);
	int ret;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	port_site_hold(nc->listener->site);
	if (n <= 0) {
		if (nc->len > 0)
			newcomer_refuse(nc, "it left in mid-sentence");
		else
			newcomer_finish(nc); /* only looked whether we live */
		return;
	}
	nc->len += (size_t)n;
	ret = vde_proto_parse(nc->request, nc->len, &req, &err);
	if (ret == 0)
		return;
	if (ret > 0) {
		memcpy(nc->peer.description, req.description,
		       sizeof(nc->peer.description));
		nc->peer.number = req.port;
		ret = newcomer_attach(nc, &req, &err);
	}
	if (ret < 0)
		newcomer_refuse(nc, err.text);
	else
		newcomer_finish(nc);
}

static void
set_deadline(struct vde_listener *l)
{
	struct newcomer *oldest = TAILQ_FIRST(&l->half_open);

	if (oldest != NULL)
		timer_set(l->deadline, oldest->deadline_ns);
}

static void
on_deadline(void *arg)
{
	struct vde_listener *l = arg;
	uint64_t now_ns = clock_now_ns(port_site_listen_clock(l->site));
	struct newcomer *nc;

	while ((nc = TAILQ_FIRST(&l->half_open)) != NULL &&
	       nc->deadline_ns <= now_ns)
		newcomer_refuse(nc, "it has not said who it is in time");
	set_deadline(l);
}

static void
newcomer_free(struct newcomer *nc)
{
	event_free(nc->event);
	if (nc->fd >= 0)
		close(nc->fd);
	free(nc);
}

static void
on_reap(int fd, short what, void *arg)
{
	struct vde_listener *l = arg;
	struct newcomer *nc;

	(void)fd;
	(void)what;
	while ((nc = TAILQ_FIRST(&l->finished)) != NULL) {
		TAILQ_REMOVE(&l->finished, nc, entry);
		newcomer_free(nc);
	}
}

static void
on_newcomer(void *arg, int fd, const struct port_peer *peer)
{
	struct vde_listener *l = arg;
	struct newcomer *nc;

	if (l->n_half_open == HALF_OPEN_MAX)
		newcomer_refuse(TAILQ_FIRST(&l->half_open),
				"too many others have come since");
	nc = XNEW(struct newcomer);
	nc->listener = l;
	nc->peer = *peer;
	nc->fd = fd;
	nc->deadline_ns = clock_now_ns(port_site_listen_clock(l->site)) +
			  REQUEST_TIMEOUT_MS * NS_PER_MS;
	nc->event = event_new(port_site_listen_base(l->site), fd,
			      EV_READ | EV_PERSIST, on_request, nc);
	if (nc->event == NULL || event_add(nc->event, NULL) < 0) {
		LOG_LIMITED(LOG_WARN, "segment %s: out of memory",
			    port_site_name(l->site));
		newcomer_free(nc);
		return;
	}
	TAILQ_INSERT_TAIL(&l->half_open, nc, entry);
	l->n_half_open++;
	if (!timer_is_set(l->deadline))
		set_deadline(l);
}

/* ---- the listener ---- */

/* Is @name a socket that a VDE switch or client leaves behind when killed:
 * "003.12" (ours) or ".04711-00000" (libvdeplug's)? */
static bool
is_leftover_name(const char *name)
{
	char separator = *name == '.' ? '-' : '.';

	name += *name == '.';
	if (!isdigit((unsigned char)*name))
		return false;
	name += strspn(name, "0123456789");
	if (*name++ != separator || !isdigit((unsigned char)*name))
		return false;
	return name[strspn(name, "0123456789")] == '\0';
}

/* Before we listen and after, nobody in this directory needs such a socket:
 * the switch holds its lock, and those who are attached are connected. */
static int
remove_leftovers(const char *dir, struct err *err)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct stat st;

	if (d == NULL)
		return err_errno(err, "cannot read directory %s", dir);
	while ((entry = readdir(d)) != NULL) {
		if (is_leftover_name(entry->d_name) &&
		    fstatat(dirfd(d), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISSOCK(st.st_mode))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	return 0;
}

/* Return: @dir as clients can use it, returned owned; NULL. */
static char *
usable_dir(const char *dir, struct err *err)
{
	char *path = realpath(dir, NULL);

	if (path == NULL) {
		err_errno(err, "directory %s", dir);
		return NULL;
	}
	if (strlen(path) > DIR_LEN_MAX) {
		err_set(err, -ENAMETOOLONG,
			"%s has %zu bytes, and VDE clients can use a "
			"directory of at most %d: choose a shorter one",
			path, strlen(path), DIR_LEN_MAX);
		free(path);
		return NULL;
	}
	return path;
}

static void
vde_unlisten(void *listener)
{
	struct vde_listener *l = listener;

	acceptor_free(l->acceptor);
	while (!TAILQ_EMPTY(&l->half_open))
		newcomer_finish(TAILQ_FIRST(&l->half_open));
	on_reap(-1, 0, l);
	vde_port_forget_all(&l->ports);
	(void)remove_leftovers(l->dir, NULL); /* nobody needs them any more */
	timer_free(l->deadline);
	if (l->reaper != NULL)
		event_free(l->reaper);
	free(l->dir);
	free(l);
}

static void *
vde_listen(struct port_site *site, const char *dir, struct err *err)
{
	char *path = usable_dir(dir, err);
	char ctl[SOCKPATH_MAX + 1];
	struct vde_listener *l;

	if (path == NULL || remove_leftovers(path, err) < 0) {
		free(path);
		return NULL;
	}
	l = XNEW(struct vde_listener);
	l->site = site;
	l->dir = path;
	TAILQ_INIT(&l->half_open);
	TAILQ_INIT(&l->finished);
	TAILQ_INIT(&l->ports);
	l->deadline = timer_new(port_site_listen_clock(site), on_deadline, l);
	l->reaper = event_new(port_site_listen_base(site), -1, 0, on_reap, l);
	snprintf(ctl, sizeof(ctl), "%s/ctl", path);
	if (l->reaper != NULL)
		l->acceptor = acceptor_new(site, ctl, on_newcomer, l, err);
	else
		err_set(err, -ENOMEM, "out of memory");
	if (l->acceptor == NULL) {
		vde_unlisten(l);
		return NULL;
	}
	return l;
}

static void
vde_close(void *priv)
{
	vde_port_free(priv);
}

const struct port_kind port_kind_vde = {
	.name = "vde",
	.summary =
	    "clients of libvdeplug: QEMU -netdev vde, vde_plug, slirpvde",
	.details = "They come by themselves, to `DIR/SEGMENT`. Their "
		   "`port.show` has also `number`, and `clients`: `[{pid, "
		   "description, missed}]`; several clients may share a port.",
	.listen = vde_listen,
	.unlisten = vde_unlisten,
	.transmit = vde_port_transmit,
	.pause = vde_port_pause,
	.drop_client = vde_port_drop_client,
	.describe = vde_port_describe,
	.close = vde_close,
};
