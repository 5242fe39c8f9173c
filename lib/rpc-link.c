#include "config.h"

#include "lib/rpc-link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "lib/rpc.h"
#include "lib/xalloc.h"

enum {
	CHUNK_SIZE = 16 * 1024,
	READS_PER_WAKE_UP = 16, /* then others get their turn */
};

/* A line to be sent. */
struct message {
	STAILQ_ENTRY(message) entry;
	int fds[RPC_FDS_MAX]; /* owned; n_fds of them, sent with the first */
	size_t n_fds;	      /* byte; 0 afterwards */
	size_t len, sent;
	char data[];
};

struct rpc_link {
	int fd;				     /* owned */
	struct event *read, *write, *reaper; /* owned */
	char *in;			     /* what has arrived; owned */
	size_t in_len, in_size;
	size_t in_scanned;     /* of in_len, without a LF */
	struct rpc_fds in_fds; /* of the line that is not complete; owned */
	STAILQ_HEAD(, message) out;
	size_t out_bytes; /* queued and not sent */
	bool closing;	  /* one-way */
	bool finishing;	  /* close when everything is sent */
	const char *why;
	rpc_link_line_fn *on_line;
	rpc_link_end_fn *on_end;
	void *arg; /* borrowed */
};

static void
close_fds(struct rpc_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		if (fds->fds[i] >= 0)
			close(fds->fds[i]);
	fds->n = 0;
}

/* ---- sending ---- */

long
rpc_send_chunk(int fd, const char *data, size_t len, const int *fds,
	       size_t n_fds)
{
	union {
		char buf[CMSG_SPACE(RPC_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = (char *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (n_fds > RPC_FDS_MAX)
		return -EINVAL;
	if (n_fds > 0) {
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void
message_close_fds(struct message *m)
{
	for (size_t i = 0; i < m->n_fds; i++)
		close(m->fds[i]);
	m->n_fds = 0;
}

static void
message_pop(struct rpc_link *link)
{
	struct message *m = STAILQ_FIRST(&link->out);

	STAILQ_REMOVE_HEAD(&link->out, entry);
	message_close_fds(m);
	free(m);
}

static void
flush_out(struct rpc_link *link)
{
	struct message *m;

	while ((m = STAILQ_FIRST(&link->out)) != NULL) {
		long n = rpc_send_chunk(link->fd, m->data + m->sent,
					m->len - m->sent, m->fds, m->n_fds);

		if (n == -EAGAIN || n == -ENOBUFS) {
			event_add(link->write, NULL);
			return;
		}
		if (n < 0) {
			rpc_link_close(link, "the peer cannot be written to");
			return;
		}
		message_close_fds(m); /* they went with the first byte */
		m->sent += (size_t)n;
		link->out_bytes -= (size_t)n;
		if (m->sent == m->len)
			message_pop(link);
	}
	event_del(link->write);
	if (link->finishing)
		rpc_link_close(link, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush_out(arg);
}

/* Return: 0; -errno when a descriptor cannot be duplicated. */
static int
message_take_fds(struct message *m, const int *fds, size_t n_fds)
{
	if (n_fds > RPC_FDS_MAX)
		return -EINVAL;
	for (; m->n_fds < n_fds; m->n_fds++) {
		m->fds[m->n_fds] = dup(fds[m->n_fds]);
		if (m->fds[m->n_fds] < 0)
			return -errno;
		evutil_make_socket_closeonexec(m->fds[m->n_fds]);
	}
	return 0;
}

void
rpc_link_send(struct rpc_link *link, const char *line, size_t len,
	      const int *fds, size_t n_fds)
{
	struct message *m;

	if (link->closing || link->finishing)
		return;
	if (link->out_bytes + len > RPC_BACKLOG_MAX + RPC_LINE_MAX) {
		rpc_link_close(link, "the peer does not read what it is sent");
		return;
	}
	m = calloc(1, sizeof(*m) + len);
	if (m == NULL || message_take_fds(m, fds, n_fds) < 0) {
		if (m != NULL)
			message_close_fds(m);
		free(m);
		rpc_link_close(link, "out of memory or descriptors");
		return;
	}
	memcpy(m->data, line, len);
	m->len = len;
	link->out_bytes += len;
	STAILQ_INSERT_TAIL(&link->out, m, entry);
	if (STAILQ_FIRST(&link->out) == m)
		flush_out(link);
}

/* ---- receiving ---- */

/* Adds the descriptors of @msg to those of the current line.
 * Return: false when there are too many. */
static bool
take_fds(struct rpc_link *link, struct msghdr *msg)
{
	bool ok = !(msg->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (link->in_fds.n < RPC_FDS_MAX) {
				link->in_fds.fds[link->in_fds.n++] = fd;
			} else {
				close(fd);
				ok = false;
			}
		}
	}
	return ok;
}

/* Makes room for another chunk and the NUL behind it. */
static bool
make_room(struct rpc_link *link)
{
	size_t size = link->in_size;
	char *in;

	if (size - link->in_len > CHUNK_SIZE)
		return true;
	size = size > 0 ? 2 * size : 4 * CHUNK_SIZE;
	in = realloc(link->in, size);
	if (in == NULL)
		return false;
	link->in = in;
	link->in_size = size;
	return true;
}

/* Delivers the complete lines.  @fds came with the last line that is there;
 * those of link->in_fds with the first. */
static void
deliver(struct rpc_link *link, struct rpc_fds *fds)
{
	char *at = link->in;
	char *scan = link->in + link->in_scanned;
	char *end = link->in + link->in_len;
	char *lf;

	while (!link->closing &&
	       (lf = memchr(scan, '\n', (size_t)(end - scan))) != NULL) {
		struct rpc_fds mine = link->in_fds;

		link->in_fds.n = 0;
		if (lf + 1 == end) { /* the last one */
			for (size_t i = 0; i < fds->n; i++) {
				if (mine.n < RPC_FDS_MAX)
					mine.fds[mine.n++] = fds->fds[i];
				else
					close(fds->fds[i]);
			}
			fds->n = 0;
		}
		*lf = '\0';
		link->on_line(at, (size_t)(lf - at), &mine, link->arg);
		close_fds(&mine);
		at = scan = lf + 1;
	}
	link->in_len = (size_t)(end - at);
	memmove(link->in, at, link->in_len);
	link->in_scanned = link->in_len;
}

/* One read.  Return: false when there is no more for now. */
static bool
read_chunk(struct rpc_link *link)
{
	union {
		char buf[CMSG_SPACE(2 * RPC_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct rpc_fds before = link->in_fds;
	struct rpc_fds fds;
	ssize_t n;
	bool ok;

	if (!make_room(link)) {
		rpc_link_close(link, "out of memory");
		return false;
	}
	iov.iov_base = link->in + link->in_len;
	iov.iov_len = CHUNK_SIZE;
	n = recvmsg(link->fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			rpc_link_close(link, "the connection was lost");
		return false;
	}
	/* New descriptors are held apart until their line is known. */
	link->in_fds.n = 0;
	ok = take_fds(link, &msg);
	fds = link->in_fds;
	link->in_fds = before;
	if (n == 0) {
		close_fds(&fds);
		rpc_link_close(link, NULL);
		return false;
	}
	link->in_len += (size_t)n;
	deliver(link, &fds);
	/* A line that is not complete yet is the last one. */
	for (size_t i = 0; i < fds.n; i++) {
		if (link->in_fds.n < RPC_FDS_MAX) {
			link->in_fds.fds[link->in_fds.n++] = fds.fds[i];
		} else {
			close(fds.fds[i]);
			ok = false;
		}
	}
	if (!ok)
		rpc_link_close(link, "too many descriptors with one line");
	else if (link->in_len > RPC_LINE_MAX)
		rpc_link_close(link, "a line is too long");
	return !link->closing;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < READS_PER_WAKE_UP && read_chunk(arg); i++)
		;
}

/* ---- life ---- */

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_link *link = arg;

	(void)fd;
	(void)what;
	link->on_end(link->why, link->arg);
}

struct rpc_link *
rpc_link_new(struct event_base *base, int fd, rpc_link_line_fn *on_line,
	     rpc_link_end_fn *on_end, void *arg)
{
	struct rpc_link *link = calloc(1, sizeof(*link));

	if (link == NULL) {
		close(fd);
		return NULL;
	}
	link->fd = fd;
	link->on_line = on_line;
	link->on_end = on_end;
	link->arg = arg;
	STAILQ_INIT(&link->out);
	evutil_make_socket_nonblocking(fd);
	link->read =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link);
	link->write =
	    event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, link);
	link->reaper = event_new(base, -1, 0, on_reap, link);
	if (link->read == NULL || link->write == NULL || link->reaper == NULL ||
	    event_add(link->read, NULL) < 0) {
		rpc_link_free(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

void
rpc_link_close(struct rpc_link *link, const char *why)
{
	if (link->closing)
		return;
	link->closing = true;
	link->why = why;
	event_del(link->read);
	event_del(link->write);
	event_active(link->reaper, EV_TIMEOUT, 0);
}

void
rpc_link_finish(struct rpc_link *link)
{
	if (link->closing)
		return;
	link->finishing = true;
	event_del(link->read);
	if (STAILQ_EMPTY(&link->out))
		rpc_link_close(link, NULL);
}

size_t
rpc_link_backlog(const struct rpc_link *link)
{
	return link->out_bytes;
}

int
rpc_link_fd(const struct rpc_link *link)
{
	return link->fd;
}

void
rpc_link_free(struct rpc_link *link)
{
	if (link == NULL)
		return;
	if (link->read != NULL)
		event_free(link->read);
	if (link->write != NULL)
		event_free(link->write);
	if (link->reaper != NULL)
		event_free(link->reaper);
	while (!STAILQ_EMPTY(&link->out))
		message_pop(link);
	close_fds(&link->in_fds);
	free(link->in);
	close(link->fd);
	free(link);
}
