/*
 * relay: what no switch can do without, and nothing else.
 *
 * To stations it looks like a switch, but what a port sends goes to its
 * partner, the port that attached before or after it: there are no addresses,
 * no queues, no counters.  It makes the calls of the kernel that take frames
 * out of one socket and put them into another, no others, and waits inside of
 * them for a reader that is behind.  What comes through it is what could come
 * through a switch that takes no time itself.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/number.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum {
	BATCH_MAX = 64,
	LENGTH_MAX = 65550,
	READ_SIZE = 64 * 1024,
	READ_MAX = 256 * 1024,
	EVENTS_MAX = 1024,
	DESCRIPTION_MAX = 256,
	/* Under way to a station at a time: as much as from our switch. */
	SOCKET_BYTES = 256 * 1024,
	DIR_MODE = 0700,
	SOCKET_MODE = 0600,
};

struct relay;

/* What may be readable: a listening socket, or that of a port. */
struct end {
	int fd;
	void (*on_readable)(struct relay *relay, struct end *end);
	struct end *partner; /* of a port; NULL until it is there */
	size_t read_size;    /* of a stream's next read */
};

struct relay {
	int epoll;
	const char *dir;
	size_t batch;  /* datagrams a call */
	size_t length; /* room for each */
	unsigned n_vde;
	struct end *single_vde, *single_stream; /* without a partner so far */
	uint8_t *octets;
	struct mmsghdr msgs[BATCH_MAX];
	struct iovec iovs[BATCH_MAX];
};

/* ---- relaying ---- */

static void
relay_datagram(struct relay *relay, struct end *port)
{
	ssize_t len =
	    recv(port->fd, relay->octets, relay->length, MSG_DONTWAIT);

	if (len >= 0 && port->partner != NULL)
		(void)send(port->partner->fd, relay->octets, (size_t)len,
			   MSG_NOSIGNAL);
}

static void
relay_datagrams(struct relay *relay, struct end *port)
{
	int n, n_sent = 0;

	for (size_t i = 0; i < relay->batch; i++)
		relay->iovs[i].iov_len = relay->length;
	n = recvmmsg(port->fd, relay->msgs, (unsigned)relay->batch,
		     MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		relay->iovs[i].iov_len = relay->msgs[i].msg_len;
	while (n_sent < n && port->partner != NULL) {
		int ret = sendmmsg(port->partner->fd, relay->msgs + n_sent,
				   (unsigned)(n - n_sent), MSG_NOSIGNAL);

		if (ret < 0)
			break;
		n_sent += ret;
	}
}

/* As our switch reads: more when there is more. */
static void
relay_stream(struct relay *relay, struct end *port)
{
	ssize_t len =
	    recv(port->fd, relay->octets, port->read_size, MSG_DONTWAIT);

	if (len == (ssize_t)port->read_size)
		port->read_size = READ_MAX;
	else if (len < READ_SIZE / 2)
		port->read_size = READ_SIZE;
	if (len == 0 || (len < 0 && errno != EAGAIN))
		epoll_ctl(relay->epoll, EPOLL_CTL_DEL, port->fd, NULL);
	else if (len > 0 && port->partner != NULL)
		(void)send(port->partner->fd, relay->octets, (size_t)len,
			   MSG_NOSIGNAL);
}

/* ---- coming ---- */

static void
widen(int fd)
{
	const int size = SOCKET_BYTES;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int
watch(struct relay *relay, struct end *end)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = end };

	return epoll_ctl(relay->epoll, EPOLL_CTL_ADD, end->fd, &event);
}

/* @fd: taken.  Ports live as long as the program. */
static void
add_port(struct relay *relay, int fd, struct end **single,
	 void (*on_readable)(struct relay *, struct end *))
{
	struct end *port = XNEW(struct end);
	struct end *partner = *single;

	*port = (struct end){ fd, on_readable, partner, READ_SIZE };
	*single = partner == NULL ? port : NULL;
	if (partner != NULL)
		partner->partner = port;
	if (watch(relay, port) < 0)
		log_error("epoll: %s", strerror(errno));
}

static void
on_stream(struct relay *relay, struct end *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	widen(fd);
	add_port(relay, fd, &relay->single_stream, relay_stream);
}

/* What a VDE client says first, up to its description. */
struct request_v3 {
	uint32_t magic;
	uint32_t version;
	uint32_t type;
	struct sockaddr_un sock;
} __attribute__((packed));

/* Return: a socket connected to @theirs, its own address in @mine; -1. */
static int
data_socket(struct relay *relay, const struct sockaddr_un *theirs,
	    struct sockaddr_un *mine)
{
	char *path = xasprintf("%s/%u", relay->dir, relay->n_vde++);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    (sockpath_fill(mine, path, NULL) < 0 ||
	     bind(fd, (const struct sockaddr *)mine, sizeof(*mine)) < 0 ||
	     connect(fd, (const struct sockaddr *)theirs, sizeof(*theirs)) <
		 0)) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		widen(fd);
	free(path);
	return fd;
}

/* A control connection stays open: its end would mean that of the switch. */
static void
on_vde(struct relay *relay, struct end *listener)
{
	char said[sizeof(struct request_v3) + DESCRIPTION_MAX];
	struct request_v3 request;
	struct sockaddr_un mine, theirs;
	int ctl = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC), fd = -1;
	void (*relay_it)(struct relay *, struct end *) =
	    relay->batch > 1 ? relay_datagrams : relay_datagram;

	if (ctl < 0)
		return;
	if (recv(ctl, said, sizeof(said), 0) >= (ssize_t)sizeof(request)) {
		memcpy(&request, said, sizeof(request));
		theirs = request.sock;
		fd = data_socket(relay, &theirs, &mine);
	}
	if (fd >= 0 && send(ctl, &mine, sizeof(mine), MSG_NOSIGNAL) ==
			   (ssize_t)sizeof(mine)) {
		add_port(relay, fd, &relay->single_vde, relay_it);
		return;
	}
	log_error("a VDE client that we do not understand");
	close(ctl);
	if (fd >= 0)
		close(fd);
}

/* ---- the program ---- */

static int
listen_at(struct relay *relay, struct end *listener, const char *name,
	  struct err *err)
{
	char *path = xasprintf("%s/%s", relay->dir, name);

	listener->fd = sockpath_listen(path, SOCK_STREAM, SOCKET_MODE, err);
	free(path);
	if (listener->fd < 0)
		return listener->fd;
	return watch(relay, listener) < 0 ? err_errno(err, "epoll") : 0;
}

static void
lay_out(struct relay *relay)
{
	size_t size = relay->batch * relay->length;

	relay->octets = xcalloc(1, size > READ_MAX ? size : READ_MAX);
	for (size_t i = 0; i < relay->batch; i++) {
		relay->iovs[i].iov_base = relay->octets + i * relay->length;
		relay->msgs[i].msg_hdr.msg_iov = &relay->iovs[i];
		relay->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

/* Until a signal ends it.  Return: -errno with @err set. */
static int
serve(struct relay *relay, struct err *err)
{
	struct end vde = { .on_readable = on_vde };
	struct end stream = { .on_readable = on_stream };
	struct epoll_event events[EVENTS_MAX];
	int ret = sockpath_make_dir(relay->dir, DIR_MODE, err);

	if (ret < 0)
		return ret;
	lay_out(relay);
	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll < 0)
		return err_errno(err, "epoll");
	ret = listen_at(relay, &stream, "stream", err);
	if (ret == 0)
		ret = listen_at(relay, &vde, "ctl", err);
	while (ret >= 0) {
		ret = epoll_wait(relay->epoll, events, EVENTS_MAX, -1);
		for (int i = 0; i < ret; i++) {
			struct end *end = events[i].data.ptr;

			end->on_readable(relay, end);
		}
		if (ret < 0)
			ret = err_errno(err, "epoll");
	}
	return ret;
}

static const struct cli_option options[] = {
	{ "dir", 'd', "DIR", "where its sockets are made" },
	{ "batch", 'b', "N", "datagrams a call (default 64); 1: plain calls" },
	{ "length", 'l', "OCTETS", "of the longest frame (default 1514)" },
	{ NULL, 0, NULL, NULL },
};

static int
run(const struct cli *cli)
{
	long batch = BATCH_MAX, length = 1514;
	struct relay relay = { .dir = cli_opt(cli, "dir") };
	struct err err = ERR_INIT;

	if (number_option(cli, "batch", 1, BATCH_MAX, &batch, &err) < 0 ||
	    number_option(cli, "length", 1, LENGTH_MAX, &length, &err) < 0)
		return cli_usage_error(cli, "%s", err.text);
	if (relay.dir == NULL)
		return cli_usage_error(cli, "--dir is missing");
	relay.batch = (size_t)batch;
	relay.length = (size_t)length;
	serve(&relay, &err);
	log_error("%s", err.text);
	return EXIT_INFRA;
}

int
main(int argc, char **argv)
{
	static const struct cli_command root = {
		.name = "relay",
		.args = "",
		.help = "hand on what comes, without being a switch",
		.options = options,
		.run = run,
		.details =
		    "Stations attach as to a segment of a switch.  What the "
		    "first of them sends\n"
		    "goes to the second, and the other way round; likewise "
		    "the third and the\n"
		    "fourth, and so on.\n",
	};

	log_init("relay", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
