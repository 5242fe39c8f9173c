#include "config.h"

#include "switch/ports/vde-port.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-batch.h"

struct vde_endpoint {
	/* What every frame needs */
	TAILQ_ENTRY(vde_endpoint) entry;
	struct vde_port *vp; /* borrowed: the port outlives it */
	int data_fd;
	bool gone; /* waits to be freed; events are off */
	bool full; /* its socket takes no more for now */
	bool deaf; /* its socket takes nothing ever again */
	struct datagram_reader reader;
	size_t n_sent; /* of those being transmitted */

	uint64_t n_missed; /* frames others of the port have got */
	int ctl_fd;
	size_t n_ignored_bytes; /* said after the request */
	struct event *on_ctl;
	struct event *on_data;
	struct event *on_room;	 /* pending only while .full */
	struct sockaddr_un addr; /* of .data_fd */
	struct port_peer peer;
};

/* ---- receiving ---- */

static void
on_data(int fd, short what, void *arg)
{
	struct vde_endpoint *ep = arg;
	struct port *port = ep->vp->port;
	struct frame *frames[FRAME_BATCH];
	int error; /* the end of the control connection tells, too */
	size_t n = datagram_read(&ep->reader, port, fd, frames, &error);

	(void)what;
	if (n > 0)
		port_input(port, frames, n);
}

/* ---- sending ---- */

/* Frames that the client will never get do not hold it up.
 * @taken: out: which of the frames it has got
 * Return: with how many of them it is done. */
static size_t
send_frames(struct vde_endpoint *ep, struct frame *const *frames, size_t n,
	    bool *taken)
{
	size_t i = 0;

	while (i < n && !ep->full && !ep->deaf && !ep->gone) {
		int error;
		size_t n_sent =
		    datagram_write(ep->data_fd, frames + i, n - i, &error);

		memset(taken + i, true, n_sent);
		i += n_sent;
		switch (error) {
		case 0:
			break;
		case EAGAIN:
			ep->full = event_add(ep->on_room, NULL) == 0;
			i += !ep->full;
			break;
		case ECONNREFUSED:
		case ENOTCONN:
		case ECONNRESET:
			/* The client's socket is closed; the end of its
			 * control connection is on its way. */
			ep->deaf = true;
			break;
		default:
			i++; /* this frame only */
		}
	}
	return i;
}

static size_t
transmit_some(struct vde_port *vp, struct frame *const *frames, size_t n)
{
	bool taken[FRAME_BATCH] = { false };
	struct vde_endpoint *ep;
	size_t n_done = 0;
	bool any_hears = false;

	TAILQ_FOREACH (ep, &vp->endpoints, entry) {
		ep->n_sent = send_frames(ep, frames, n, taken);
		if (ep->deaf || ep->gone)
			continue;
		any_hears = true;
		if (ep->n_sent > n_done)
			n_done = ep->n_sent;
	}
	if (!any_hears)
		n_done = n;
	for (size_t i = 0; i < n_done; i++) {
		if (!taken[i])
			port_tx_drop(vp->port, DROP_SEND_ERROR, frames[i]);
	}
	TAILQ_FOREACH (ep, &vp->endpoints, entry) {
		if (ep->full)
			ep->n_missed += n_done - ep->n_sent;
	}
	return n_done;
}

size_t
vde_port_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct vde_port *vp = priv;
	size_t n_done = 0, some, done;

	if (TAILQ_EMPTY(&vp->endpoints))
		return 0; /* the first client is about to join: it gets them */
	do {
		some = n - n_done < FRAME_BATCH ? n - n_done : FRAME_BATCH;
		done = transmit_some(vp, frames + n_done, some);
		n_done += done;
	} while (n_done < n && done == some);
	return n_done;
}

static void
on_room(int fd, short what, void *arg)
{
	struct vde_endpoint *ep = arg;

	(void)fd;
	(void)what;
	ep->full = false;
	port_writable(ep->vp->port);
}

/* ---- coming and going ---- */

static void
endpoint_free(struct vde_endpoint *ep)
{
	if (ep->on_ctl != NULL)
		event_free(ep->on_ctl);
	if (ep->on_data != NULL)
		event_free(ep->on_data);
	if (ep->on_room != NULL)
		event_free(ep->on_room);
	unlink(ep->addr.sun_path);
	close(ep->data_fd);
	close(ep->ctl_fd);
	free(ep);
}

static void
unlist(struct vde_port *vp)
{
	if (vp->list != NULL)
		TAILQ_REMOVE(vp->list, vp, entry);
	vp->list = NULL;
}

/* No two connections have the same descriptor at a time. */
static unsigned
client_id(const struct vde_endpoint *ep)
{
	return (unsigned)ep->ctl_fd;
}

/* Runs inside the endpoint's own callback, so nothing is freed. */
static void
endpoint_gone(struct vde_endpoint *ep, const char *why)
{
	struct vde_port *vp = ep->vp;

	event_del(ep->on_ctl);
	event_del(ep->on_data);
	event_del(ep->on_room);
	ep->gone = true;
	port_client_removed(vp->port, client_id(ep));
	if (--vp->n_endpoints == 0) {
		unlist(vp);
		port_gone(vp->port, "%s", why);
		return;
	}
	log_info("port %s: one of %u clients left (%s): %s",
		 port_name(vp->port), vp->n_endpoints + 1, ep->peer.description,
		 why);
	event_active(vp->reaper, 0, 0);
}

static void
on_reap(int fd, short what, void *arg)
{
	struct vde_port *vp = arg;
	struct vde_endpoint *ep = TAILQ_FIRST(&vp->endpoints);

	(void)fd;
	(void)what;
	while (ep != NULL) {
		struct vde_endpoint *next = TAILQ_NEXT(ep, entry);

		if (ep->gone) {
			TAILQ_REMOVE(&vp->endpoints, ep, entry);
			endpoint_free(ep);
		}
		ep = next;
	}
	/* The queue may have waited for one that is no more. */
	port_writable(vp->port);
}

static void
on_ctl(int fd, short what, void *arg)
{
	struct vde_endpoint *ep = arg;
	char junk[512];
	ssize_t n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		endpoint_gone(ep, "the client closed its connection");
		return;
	}
	/* Perhaps the end of a description; nothing else is ever said. */
	ep->n_ignored_bytes += (size_t)n;
	if (ep->n_ignored_bytes > VDE_IGNORED_MAX)
		endpoint_gone(ep, "the client talks on its control connection");
}

/* What the kernel counts is what we have sent and the client has not read; the
 * other direction is limited by the client's own socket. */
static void
set_buffer(int fd)
{
	int size = VDE_SOCKET_BYTES;

	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int
endpoint_watch(struct vde_endpoint *ep, struct event_base *base)
{
	ep->on_ctl =
	    event_new(base, ep->ctl_fd, EV_READ | EV_PERSIST, on_ctl, ep);
	ep->on_data =
	    event_new(base, ep->data_fd, EV_READ | EV_PERSIST, on_data, ep);
	ep->on_room = event_new(base, ep->data_fd, EV_WRITE, on_room, ep);
	if (ep->on_ctl == NULL || ep->on_data == NULL || ep->on_room == NULL ||
	    event_add(ep->on_ctl, NULL) < 0)
		return -ENOMEM;
	if (!ep->vp->paused && event_add(ep->on_data, NULL) < 0)
		return -ENOMEM;
	return 0;
}

static int
endpoint_start(struct vde_endpoint *ep, struct err *err)
{
	struct vde_port *vp = ep->vp;

	if (vp->n_endpoints >= VDE_ENDPOINTS_MAX)
		return err_set(err, -EMFILE,
			       "port %" PRIu32 " has %d clients already",
			       vp->number, VDE_ENDPOINTS_MAX);
	set_buffer(ep->data_fd);
	if (endpoint_watch(ep, port_base(vp->port)) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (send(ep->ctl_fd, &ep->addr, sizeof(ep->addr),
		 MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(ep->addr))
		return err_errno(err, "cannot answer");
	return 0;
}

int
vde_port_join(struct vde_port *vp, int ctl_fd, int data_fd,
	      const struct sockaddr_un *addr, const struct port_peer *peer,
	      struct err *err)
{
	struct vde_endpoint *ep = XNEW(struct vde_endpoint);
	int ret;

	ep->vp = vp;
	ep->peer = *peer;
	ep->addr = *addr;
	ep->ctl_fd = ctl_fd;
	ep->data_fd = data_fd;
	ep->reader = DATAGRAM_READER_INIT;
	ret = endpoint_start(ep, err);
	if (ret < 0) {
		endpoint_free(ep);
		if (vp->n_endpoints == 0) {
			unlist(vp);
			port_gone(vp->port, "its client did not stay");
		}
		return ret;
	}
	TAILQ_INSERT_TAIL(&vp->endpoints, ep, entry);
	port_client_added(vp->port, client_id(ep), peer);
	if (++vp->n_endpoints > 1)
		log_info("port %s: client %u joins (%s)", port_name(vp->port),
			 vp->n_endpoints, peer->description);
	else
		port_writable(vp->port); /* it waits for somebody to be there */
	return 0;
}

/* ---- the port ---- */

struct vde_port *
vde_port_new(struct vde_port_list *list, struct event_base *base,
	     uint32_t number, uid_t uid)
{
	struct vde_port *vp = XNEW(struct vde_port);

	vp->reaper = event_new(base, -1, 0, on_reap, vp);
	if (vp->reaper == NULL) {
		free(vp);
		return NULL;
	}
	vp->number = number;
	vp->uid = uid;
	vp->list = list;
	TAILQ_INIT(&vp->endpoints);
	TAILQ_INSERT_TAIL(list, vp, entry);
	return vp;
}

void
vde_port_free(struct vde_port *vp)
{
	struct vde_endpoint *ep;

	if (vp == NULL)
		return;
	unlist(vp);
	while ((ep = TAILQ_FIRST(&vp->endpoints)) != NULL) {
		TAILQ_REMOVE(&vp->endpoints, ep, entry);
		endpoint_free(ep);
	}
	if (vp->reaper != NULL)
		event_free(vp->reaper);
	free(vp);
}

struct vde_port *
vde_port_find(struct vde_port_list *list, uint32_t number)
{
	struct vde_port *vp;

	TAILQ_FOREACH (vp, list, entry) {
		if (vp->number == number)
			return vp;
	}
	return NULL;
}

void
vde_port_forget_all(struct vde_port_list *list)
{
	struct vde_port *vp;

	while ((vp = TAILQ_FIRST(list)) != NULL)
		unlist(vp);
}

int
vde_port_drop_client(void *priv, unsigned id)
{
	struct vde_port *vp = priv;
	struct vde_endpoint *ep;

	TAILQ_FOREACH (ep, &vp->endpoints, entry) {
		if (!ep->gone && client_id(ep) == id) {
			endpoint_gone(ep,
				      "its connection was closed on request");
			return 0;
		}
	}
	return -ENOENT;
}

void
vde_port_pause(void *priv, bool paused)
{
	struct vde_port *vp = priv;
	struct vde_endpoint *ep;

	vp->paused = paused;
	TAILQ_FOREACH (ep, &vp->endpoints, entry) {
		if (ep->gone)
			continue;
		if (paused)
			event_del(ep->on_data);
		else
			event_add(ep->on_data, NULL);
	}
}

void
vde_port_describe(const void *priv, json_t *into)
{
	const struct vde_port *vp = priv;
	const struct vde_endpoint *ep;
	json_t *clients = json_array();

	TAILQ_FOREACH (ep, &vp->endpoints, entry) {
		const char *text = ep->peer.description;

		json_array_append_new(
		    clients, json_pack("{s:I, s:i, s:o, s:I}", "id",
				       (json_int_t)client_id(ep), "pid",
				       (int)ep->peer.pid, "description",
				       json_text(text, strlen(text)), "missed",
				       (json_int_t)ep->n_missed));
	}
	if (vp->number != 0)
		json_object_set_new(into, "number", json_integer(vp->number));
	json_object_set_new(into, "clients", clients);
}
