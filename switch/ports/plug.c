/*
 * plug: the port kind for a place on somebody else's VDE switch: a cable
 * between it and the segment.
 *
 * We are its client as libvdeplug would be: say where our data socket is, hear
 * where its own is, and stay connected; the connection's end is the end of the
 * attachment.  Then, and as long as the switch is not there, we try again.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vde-proto.h"

enum {
	RETRY_MS = 500,
	ANSWER_MS = 5000,
	SEND_BUFFER_BYTES = 1024 * 1024,
	NAME_TRIES = 100,
};

struct plug {
	struct port *port; /* borrowed */
	char *sock;	   /* the other switch's directory */
	uint32_t number;   /* of the port there; 0 = any */
	mode_t mode;	   /* of our data socket, and its group */
	gid_t group;	   /* (gid_t)-1: our own */
	int ctl_fd;	   /* -1: not attached */
	struct event *on_ctl;
	int data_fd;		 /* until it is .io's; or -1 */
	struct datagram_io *io;	 /* NULL: not attached */
	struct sockaddr_un mine; /* where data_fd is bound; "" = nowhere */
	struct timer *timer;	 /* to try again; for the answer */
	int last_error;		 /* told once; or 0 */
};

/* ---- traffic ---- */

/* The frame is lost; the end of the connection tells when more is. */
static void
plug_failed(void *arg, int error)
{
	(void)arg;
	(void)error;
}

static const struct datagram_ops plug_ops = {
	.failed = plug_failed,
};

static size_t
plug_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct plug *p = priv;

	if (p->io != NULL)
		return datagram_io_transmit(p->io, frames, n);
	for (size_t i = 0; i < n; i++)
		port_tx_drop(p->port, DROP_SEND_ERROR, frames[i]);
	return n;
}

/* ---- attaching ---- */

static void
let_go(struct plug *p)
{
	if (p->on_ctl != NULL)
		event_del(p->on_ctl); /* perhaps we are in it */
	datagram_io_free(p->io);
	p->io = NULL;
	if (p->data_fd >= 0)
		close(p->data_fd);
	p->data_fd = -1;
	if (p->ctl_fd >= 0)
		close(p->ctl_fd);
	p->ctl_fd = -1;
	if (p->mine.sun_path[0] != '\0')
		unlink(p->mine.sun_path);
	p->mine.sun_path[0] = '\0';
}

static void
try_later(struct plug *p, int error, const char *why)
{
	if (error != p->last_error)
		log_warn("port %s: %s: %s", port_name(p->port), p->sock, why);
	p->last_error = error;
	let_go(p);
	port_set_carrier(p->port, false);
	timer_set_in(p->timer, RETRY_MS * NS_PER_MS);
	/* What waited for room in the socket that is no more is dropped. */
	port_writable(p->port);
}

/* Beside the switch's socket, else where everybody may. */
static int
bind_data(struct plug *p, struct err *err)
{
	char path[SOCKPATH_MAX + 1];
	int fd = -1;

	for (int i = 0; i < NAME_TRIES && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/.%05d-%05d", p->sock,
			 (int)getpid(), i);
		fd = sockpath_listen(path, SOCK_DGRAM, 0600, err);
		if (fd == -EACCES || fd == -EROFS) {
			snprintf(path, sizeof(path), "/tmp/vde.%05d-%05d",
				 (int)getpid(), i);
			fd = sockpath_listen(path, SOCK_DGRAM, 0600, err);
		}
	}
	if (fd < 0)
		return fd;
	(void)sockpath_fill(&p->mine, path, NULL);
	if ((p->group != (gid_t)-1 && lchown(path, (uid_t)-1, p->group) < 0) ||
	    chmod(path, p->mode) < 0) {
		int ret = err_errno(err, "cannot set the mode of %s", path);

		close(fd);
		return ret;
	}
	return fd;
}

/* Return: 0; -errno. */
static int
send_request(const struct plug *p)
{
	static const char description[] = "vdelab-switch";
	uint32_t head[3] = { 0xfeedface, 3, p->number << 8 };
	uint8_t request[VDE_V3_FIXED + sizeof(description) - 1];
	size_t at = sizeof(head);

	memcpy(request, head, sizeof(head));
	memcpy(request + at, &p->mine, sizeof(p->mine));
	at += sizeof(p->mine);
	memcpy(request + at, description, sizeof(description) - 1);
	if (send(p->ctl_fd, request, sizeof(request),
		 MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(request))
		return -errno;
	return 0;
}

/* The answer: where the switch's data socket is. */
static int
take_answer(struct plug *p, struct err *err)
{
	struct sockaddr_un theirs = { .sun_family = AF_UNSPEC };
	int size = SEND_BUFFER_BYTES;
	ssize_t n = recv(p->ctl_fd, &theirs, sizeof(theirs), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n != VDE_REPLY_SIZE || theirs.sun_family != AF_UNIX)
		return err_set(err, -ECONNREFUSED,
			       "the switch refuses us; its log may say why");
	if (connect(p->data_fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0)
		return err_errno(err, "cannot connect to its data socket");
	unlink(p->mine.sun_path); /* it is connected by now */
	p->mine.sun_path[0] = '\0';
	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(p->data_fd, SOL_SOCKET, SO_SNDBUF, &size,
			 sizeof(size));
	p->io = datagram_io_new(p->port, p->data_fd, -1, &plug_ops, p);
	p->data_fd = -1;
	return p->io != NULL ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void
on_ctl(evutil_socket_t fd, short what, void *arg)
{
	struct plug *p = arg;
	struct err err = ERR_INIT;
	char junk[512];
	ssize_t n;
	int ret;

	(void)what;
	if (p->io != NULL) {
		n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			try_later(p, ECONNRESET, "the switch has let us go");
		return;
	}
	ret = take_answer(p, &err);
	if (ret == -EAGAIN)
		return;
	if (ret < 0) {
		try_later(p, -ret, err.text);
		return;
	}
	timer_cancel(p->timer);
	p->last_error = 0;
	log_info("port %s: attached to %s", port_name(p->port), p->sock);
	port_set_carrier(p->port, true);
}

static int
knock(struct plug *p, struct err *err)
{
	char ctl[SOCKPATH_MAX + 8];
	struct sockaddr_un addr;
	int ret;

	snprintf(ctl, sizeof(ctl), "%s/ctl", p->sock);
	ret = sockpath_fill(&addr, ctl, err);
	if (ret < 0)
		return ret;
	p->ctl_fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->ctl_fd < 0 ||
	    connect(p->ctl_fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_errno(err, "cannot connect");
	p->data_fd = bind_data(p, err);
	if (p->data_fd < 0) {
		port_explain(p->port, err);
		return p->data_fd;
	}
	ret = send_request(p);
	if (ret < 0)
		return err_set(err, ret, "cannot say who we are: %s",
			       strerror(-ret));
	if (p->on_ctl != NULL)
		event_free(p->on_ctl);
	p->on_ctl = event_new(port_base(p->port), p->ctl_fd,
			      EV_READ | EV_PERSIST, on_ctl, p);
	if (p->on_ctl == NULL || event_add(p->on_ctl, NULL) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static void
on_timer(void *arg)
{
	struct plug *p = arg;
	struct err err = ERR_INIT;
	int ret;

	if (p->ctl_fd >= 0) {
		try_later(p, ETIMEDOUT, "the switch does not answer");
		return;
	}
	ret = knock(p, &err);
	if (ret < 0)
		try_later(p, -ret, err.text);
	else
		timer_set_in(p->timer, ANSWER_MS * NS_PER_MS);
}

/* ---- coming and going ---- */

static void
plug_close(void *priv)
{
	struct plug *p = priv;

	timer_free(p->timer);
	let_go(p);
	if (p->on_ctl != NULL)
		event_free(p->on_ctl);
	free(p->sock);
	free(p);
}

/* Return: 0; -EINVAL, -ENAMETOOLONG with @err set. */
static int
check_params(const char *sock, int fd, struct err *err)
{
	struct sockaddr_un addr;
	char *longest;
	int ret;

	if (fd >= 0)
		return err_set(err, -EINVAL, "a plug takes no descriptor");
	if (sock == NULL)
		return err_set(err, -EINVAL,
			       "a plug needs sock, the directory of the other "
			       "switch");
	/* nobody who calls knows our working directory */
	if (sock[0] != '/')
		return err_set(err, -EINVAL, "sock: \"%s\" is not absolute",
			       sock);
	longest = xasprintf("%s/.4194304-00000", sock);
	ret = sockpath_fill(&addr, longest, err);
	free(longest);
	return ret;
}

static void *
plug_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	const char *sock = json_str_or(params, "sock", NULL);
	struct plug *p;

	if (check_params(sock, fd, err) < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	p = XNEW(struct plug);
	p->port = port;
	p->sock = xstrdup(sock);
	p->number = (uint32_t)json_int_or(params, "number", 0);
	p->mode = (mode_t)json_int_or(params, "mode", 0600);
	p->group = (gid_t)json_int_or(params, "gid", -1);
	p->ctl_fd = -1;
	p->data_fd = -1;
	p->mine.sun_path[0] = '\0';
	p->timer = timer_new(port_clock(port), on_timer, p);
	port_set_carrier(port, false);
	timer_set_in(p->timer, 0);
	return p;
}

static void
plug_describe(const void *priv, json_t *into)
{
	const struct plug *p = priv;

	json_object_set_new(into, "sock", json_string(p->sock));
	if (p->number != 0)
		json_object_set_new(into, "number", json_integer(p->number));
}

const struct port_kind port_kind_plug = {
	.name = "plug",
	.summary = "a place on another VDE switch: a cable to it",
	.params = "sock:str? number:int(1..16777215)? mode:int(0..511)? "
		  "gid:int(0..4294967294)?",
	.details =
	    "`sock` is the directory of the other switch, `number` the port "
	    "wanted there. The switch need not be there yet, and may come "
	    "back: until then frames for it are dropped and counted. `mode` "
	    "(384, which is 0600, by default) and `gid` are of our data "
	    "socket, for a switch that runs as another user. "
	    "`port.show` has also `sock` and `number`.",
	.open = plug_open,
	.transmit = plug_transmit,
	.describe = plug_describe,
	.close = plug_close,
};
