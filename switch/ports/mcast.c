/*
 * mcast: the port kind for networks made of UDP multicast, a datagram a frame,
 * as QEMU -netdev socket,mcast= makes them.
 *
 * All members of such a network send from the group's own port, so that nobody
 * can tell his own datagrams, which come back like all others, from theirs.  We
 * send by a socket of our own, whose address is known.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/port-provider.h"

enum { BUFFER_BYTES = 1024 * 1024 };

struct mcast {
	struct datagram_io *io;
	struct sockaddr_in group;
	struct in_addr local;	/* INADDR_ANY: where the route leads */
	struct sockaddr_in own; /* what we send comes from here */
	uint64_t n_own;
};

/* ---- traffic ---- */

static ssize_t
mcast_receive(void *arg, int fd, struct iovec *iov)
{
	struct mcast *m = arg;
	struct sockaddr_in from = { .sin_port = 0 };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = iov,
		.msg_iovlen = DATAGRAM_IOV,
	};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0)
		return -errno;
	if (from.sin_port == m->own.sin_port &&
	    from.sin_addr.s_addr == m->own.sin_addr.s_addr) {
		m->n_own++;
		return 0;
	}
	return len;
}

static void
mcast_failed(void *arg, int error)
{
	/* A route that is missing may come back; a frame that is too long for
	 * UDP is its own affair. */
	(void)arg;
	(void)error;
}

static const struct datagram_ops mcast_ops = {
	.receive = mcast_receive,
	.failed = mcast_failed,
};

static size_t
mcast_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct mcast *m = priv;

	return datagram_io_transmit(m->io, frames, n);
}

static void
mcast_pause(void *priv, bool paused)
{
	struct mcast *m = priv;

	datagram_io_pause(m->io, paused);
}

/* ---- coming and going ---- */

/* "230.0.0.1:1234" */
static int
parse_group(const char *text, struct sockaddr_in *group, struct err *err)
{
	char host[INET_ADDRSTRLEN];
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;
	unsigned long port = 0;
	char *end = NULL;

	*group = (struct sockaddr_in){ .sin_family = AF_INET };
	if (len > 0 && len < sizeof(host) && colon[1] >= '0' &&
	    colon[1] <= '9') {
		memcpy(host, text, len);
		host[len] = '\0';
		port = strtoul(colon + 1, &end, 10);
	}
	if (end == NULL || *end != '\0' || port == 0 || port > 65535 ||
	    inet_pton(AF_INET, host, &group->sin_addr) != 1 ||
	    !IN_MULTICAST(ntohl(group->sin_addr.s_addr)))
		return err_set(err, -EINVAL,
			       "addr: \"%s\" is not the address of an IPv4 "
			       "group and a port, like 230.0.0.1:1234",
			       text);
	group->sin_port = htons((uint16_t)port);
	return 0;
}

static int
parse_local(const char *text, struct in_addr *local, struct err *err)
{
	local->s_addr = htonl(INADDR_ANY);
	if (text == NULL || inet_pton(AF_INET, text, local) == 1)
		return 0;
	return err_set(err, -EINVAL, "local: \"%s\" is not an IPv4 address",
		       text);
}

static int
make_socket(struct err *err)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = BUFFER_BYTES;

	if (fd < 0)
		return err_errno(err, "cannot make a UDP socket");
	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* Return: a socket that hears the group, and nothing else; -errno. */
static int
join(const struct mcast *m, const char *addr, struct err *err)
{
	struct ip_mreqn mreq = { .imr_multiaddr = m->group.sin_addr,
				 .imr_address = m->local };
	int one = 1, zero = 0, fd = make_socket(err);
	int ret;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero)) <
		0 ||
	    bind(fd, (const struct sockaddr *)&m->group, sizeof(m->group)) < 0)
		ret = err_errno(err, "cannot listen on %s", addr);
	else if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq,
			    sizeof(mreq)) < 0)
		ret = err_errno(err,
				"cannot join the group %s (local= says by "
				"which of the host's addresses; there must be "
				"a route to it)",
				addr);
	else
		return fd;
	close(fd);
	return ret;
}

/* Return: a socket that sends to the group, from .own; -errno. */
static int
make_sender(struct mcast *m, const char *addr, struct err *err)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_addr = m->local };
	struct ip_mreqn mreq = { .imr_address = m->local };
	socklen_t size = sizeof(m->own);
	int one = 1, fd = make_socket(err);
	int ret;

	if (fd < 0)
		return fd;
	/* Loop: the other members on this host are to hear us, too. */
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof(one)) <
		0 ||
	    (m->local.s_addr != htonl(INADDR_ANY) &&
	     setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) <
		 0) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&m->group, sizeof(m->group)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&m->own, &size) < 0) {
		ret = err_errno(err, "cannot send to %s", addr);
		close(fd);
		return ret;
	}
	return fd;
}

static int
set_up(struct mcast *m, struct port *port, const json_t *params,
       struct err *err)
{
	const char *addr = json_str_or(params, "addr", "");
	int ret = parse_group(addr, &m->group, err);
	int fd, out_fd;

	if (ret == 0)
		ret = parse_local(json_str_or(params, "local", NULL), &m->local,
				  err);
	if (ret < 0)
		return ret;
	fd = join(m, addr, err);
	if (fd < 0)
		return fd;
	out_fd = make_sender(m, addr, err);
	if (out_fd < 0) {
		close(fd);
		return out_fd;
	}
	m->io = datagram_io_new(port, fd, out_fd, &mcast_ops, m);
	return m->io != NULL ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void
mcast_close(void *priv)
{
	struct mcast *m = priv;

	datagram_io_free(m->io);
	free(m);
}

static void *
mcast_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct mcast *m;

	if (fd >= 0) {
		close(fd);
		err_set(err, -EINVAL, "an mcast port takes no descriptor");
		return NULL;
	}
	m = XNEW(struct mcast);
	if (set_up(m, port, params, err) < 0) {
		mcast_close(m);
		return NULL;
	}
	return m;
}

static void
describe_address(json_t *into, const char *key, const struct sockaddr_in *addr)
{
	char host[INET_ADDRSTRLEN];
	char text[INET_ADDRSTRLEN + 8];

	inet_ntop(AF_INET, &addr->sin_addr, host, sizeof(host));
	snprintf(text, sizeof(text), "%s:%u", host,
		 (unsigned)ntohs(addr->sin_port));
	json_object_set_new(into, key, json_string(text));
}

static void
mcast_describe(const void *priv, json_t *into)
{
	const struct mcast *m = priv;

	describe_address(into, "addr", &m->group);
	describe_address(into, "local", &m->own);
	json_object_set_new(into, "own_heard",
			    json_integer((json_int_t)m->n_own));
}

const struct port_kind port_kind_mcast = {
	.name = "mcast",
	.shared = true,
	.summary = "a UDP multicast network: QEMU -netdev socket,mcast=",
	.params = "addr:str local:str?",
	.details =
	    "Joins the IPv4 group and port `addr`, like `230.0.0.1:1234`; "
	    "`local` is the host's address to do it by (`127.0.0.1` keeps it "
	    "on this host). Everybody who can reach the group hears and "
	    "injects frames: this is for moving away from such networks. UDP "
	    "carries frames of up to 65,507 octets; longer ones are dropped "
	    "and counted. `port.show` has also `addr`, `local`, the address "
	    "that the port's frames come from, and `own_heard`, how many of "
	    "its own datagrams have come back and were ignored.",
	.open = mcast_open,
	.transmit = mcast_transmit,
	.pause = mcast_pause,
	.describe = mcast_describe,
	.close = mcast_close,
};
