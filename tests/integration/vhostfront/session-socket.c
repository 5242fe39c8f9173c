/* session-socket: messages of vhost-user, there and back. */
#include "config.h"

#include "tests/integration/vhostfront/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
serve(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(addr->sun_path);
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    listen(fd, 1) < 0)
		die(addr->sun_path);
	return fd;
}

void
session_connect(struct session *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
	if (s->options->server) {
		if (s->listener < 0)
			s->listener = serve(&addr);
		s->sock = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (s->sock < 0)
			die(s->path);
	} else {
		s->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (s->sock < 0 || connect(s->sock, (struct sockaddr *)&addr,
					   sizeof(addr)) < 0)
			die(s->path);
	}
	s->closed = false;
}

void
session_disconnect(struct session *s)
{
	close(s->sock);
	s->sock = -1;
}

bool
session_send(struct session *s, const struct message_header *header,
	     const void *payload, size_t len, const int *fds, unsigned n_fds)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(SESSION_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov[2] = { { (void *)(uintptr_t)header, sizeof(*header) },
				{ (void *)(uintptr_t)payload, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };

	if (n_fds > 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	for (;;) {
		ssize_t n = sendmsg(s->sock, &msg, MSG_NOSIGNAL);

		if (n == (ssize_t)(sizeof(*header) + len))
			return true;
		/* Too many are under way, of all that this user sends. */
		if (n < 0 && errno == ETOOMANYREFS) {
			poll(NULL, 0, 1);
			continue;
		}
		if (n >= 0 || (errno != EPIPE && errno != ECONNRESET))
			die("vhostfront: sendmsg");
		s->closed = true;
		return false;
	}
}

/* Return: octets; 0 = the end; -1 = nothing came. */
static ssize_t
receive_some(struct session *s, void *to, size_t len, int *fd)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { to, len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = s->sock, .events = POLLIN };
	struct cmsghdr *c;
	ssize_t n;

	if (poll(&p, 1, SESSION_PATIENCE_MS) == 0)
		return -1;
	n = recvmsg(s->sock, &msg, MSG_CMSG_CLOEXEC);
	if (n <= 0) {
		s->closed = true;
		return 0;
	}
	c = CMSG_FIRSTHDR(&msg);
	if (fd != NULL && c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

static bool
receive_all(struct session *s, void *to, size_t len, int *fd)
{
	uint8_t *at = to;

	while (len > 0) {
		ssize_t n = receive_some(s, at, len, fd);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

int
session_receive(struct session *s, struct message_header *header, void *payload,
		size_t size, int *fd)
{
	*fd = -1;
	if (!receive_all(s, header, sizeof(*header), fd))
		return -1;
	if (header->size > size ||
	    header->flags != (MESSAGE_VERSION | MESSAGE_REPLY)) {
		fprintf(stderr, "vhostfront: a reply of %u octets, flags %#x\n",
			(unsigned)header->size, (unsigned)header->flags);
		exit(1);
	}
	if (!receive_all(s, payload, header->size, fd))
		return -1;
	return (int)header->size;
}

/* Return: the payload's length. */
static int
answer(struct session *s, uint32_t request, void *payload, size_t size, int *fd)
{
	struct message_header header;
	int len = session_receive(s, &header, payload, size, fd);

	if (len < 0) {
		fprintf(stderr, "vhostfront: request %u: %s\n",
			(unsigned)request,
			s->closed ? "the connection was closed" : "no answer");
		exit(1);
	}
	if (header.request != request) {
		fprintf(stderr, "vhostfront: an answer to %u, asked was %u\n",
			(unsigned)header.request, (unsigned)request);
		exit(1);
	}
	return len;
}

uint64_t
session_ask(struct session *s, uint32_t request)
{
	struct message_header header = { request, MESSAGE_VERSION, 0 };
	uint64_t value = 0;
	int fd;

	if (!session_send(s, &header, NULL, 0, NULL, 0) ||
	    answer(s, request, &value, sizeof(value), &fd) != sizeof(value)) {
		fprintf(stderr, "vhostfront: no answer to request %u\n",
			(unsigned)request);
		exit(1);
	}
	return value;
}

bool
session_post(struct session *s, uint32_t request, const void *payload,
	     size_t len, const int *fds, unsigned n_fds)
{
	struct message_header header = { request, MESSAGE_VERSION,
					 (uint32_t)len };

	return session_send(s, &header, payload, len, fds, n_fds);
}

void
session_tell(struct session *s, uint32_t request, const void *payload,
	     size_t len, const int *fds, unsigned n_fds)
{
	bool ack = (s->protocol & MESSAGE_BIT(PROTOCOL_REPLY_ACK)) != 0;
	struct message_header header = { request,
					 MESSAGE_VERSION |
					     (ack ? MESSAGE_NEED_REPLY : 0),
					 (uint32_t)len };
	uint64_t value = 0;
	int fd;

	if (!session_send(s, &header, payload, len, fds, n_fds)) {
		fprintf(stderr, "vhostfront: request %u: closed\n",
			(unsigned)request);
		exit(1);
	}
	if (!ack)
		return;
	if (answer(s, request, &value, sizeof(value), &fd) != sizeof(value) ||
	    value != 0) {
		fprintf(stderr, "vhostfront: request %u was refused\n",
			(unsigned)request);
		exit(1);
	}
}
