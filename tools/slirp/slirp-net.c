#include "config.h"

#include "tools/slirp/slirp-net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <libslirp.h>

#include "lib/clock.h"
#include "lib/cursor.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tools/slirp/net-framing.h"

/* Places in the list for poll(); libslirp's own follow. */
enum { POLL_STOP, POLL_NET, POLL_SLIRP };

enum {
	ADDR_NETWORK = 0x0a000200, /* 10.0.2.0 */
	ADDR_NETMASK = 0xffffff00,
	ADDR_HOST = 0x0a000202,
	ADDR_NAMESERVER = 0x0a000203,
	ADDR_GUEST = 0x0a00020f, /* 10.0.2.15 */
};

struct slirp_net {
	int net_fd; /* borrowed */
	Slirp *slirp;
	struct clock *clock;
	struct net_reader from_guest;
	struct net_writer to_guest;
	struct pollfd *polled; /* owned */
	size_t n_polled, n_polled_max;
	char **paths; /* owned: of the forwards' sockets */
	size_t n_paths;
};

/* ---- what libslirp calls ---- */

static ssize_t
on_send_packet(const void *data, size_t len, void *arg)
{
	struct slirp_net *net = arg;

	/* Only the first one is told: TCP sends again what is dropped here. */
	if (net_writer_put(&net->to_guest, data, len) == -ENOBUFS &&
	    net->to_guest.n_dropped == 1)
		log_warn("the guest does not take its frames: dropping those "
			 "that %d bytes of queue cannot hold",
			 NET_WRITER_SIZE);
	return (ssize_t)len;
}

static void
on_guest_error(const char *text, void *arg)
{
	(void)arg;
	LOG_LIMITED(LOG_DEBUG, "guest: %s", text);
}

static int64_t
on_clock_get_ns(void *arg)
{
	const struct slirp_net *net = arg;

	return (int64_t)clock_now_ns(net->clock);
}

/* The list for poll() is made anew for each turn. */
static void
on_poll_fd(int fd, void *arg)
{
	(void)fd;
	(void)arg;
}

static void
on_notify(void *arg)
{
	(void)arg;
}

/* No timers: libslirp has them for IPv6 only. */
static const SlirpCb callbacks = {
	.send_packet = on_send_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock_get_ns,
	.register_poll_fd = on_poll_fd,
	.unregister_poll_fd = on_poll_fd,
	.notify = on_notify,
};

/* What libslirp and GLib have to say; they abort after a fatal message. */
static void
on_log(const gchar *domain, GLogLevelFlags level, const gchar *text,
       gpointer arg)
{
	(void)arg;
	if ((level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR)) != 0)
		log_error("%s: %s", domain != NULL ? domain : "glib", text);
	else
		LOG_LIMITED(LOG_WARN, "%s: %s",
			    domain != NULL ? domain : "glib", text);
}

/* ---- set-up ---- */

static int
check_stream(int fd, struct err *err)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int type = 0;
	socklen_t type_size = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) < 0)
		return err_errno(err, "descriptor %d", fd);
	if (type != SOCK_STREAM)
		return err_set(err, -EPROTOTYPE,
			       "descriptor %d is no stream socket", fd);
	if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		return err_errno(err, "descriptor %d", fd);
	return 0;
}

static struct in_addr
address(uint32_t value)
{
	return (struct in_addr){ .s_addr = htonl(value) };
}

static Slirp *
start(struct slirp_net *net, bool restricted)
{
	const SlirpConfig config = {
		.version = 3,
		.restricted = restricted,
		.in_enabled = true,
		.vnetwork = address(ADDR_NETWORK),
		.vnetmask = address(ADDR_NETMASK),
		.vhost = address(ADDR_HOST),
		.vdhcp_start = address(ADDR_GUEST),
		.vnameserver = address(restricted ? 0 : ADDR_NAMESERVER),
		.disable_host_loopback = true,
		.disable_dns = restricted,
	};

	return slirp_new(&config, &callbacks, net);
}

struct slirp_net *
slirp_net_new(int net_fd, bool restricted, struct err *err)
{
	struct slirp_net *net;

	if (check_stream(net_fd, err) < 0)
		return NULL;
	g_log_set_default_handler(on_log, NULL);
	net = XNEW(struct slirp_net);
	net->net_fd = net_fd;
	net->clock = clock_real_new(NULL);
	net->n_polled = POLL_SLIRP;
	net->n_polled_max = POLL_SLIRP;
	net->polled = xcalloc(net->n_polled_max, sizeof(*net->polled));
	net_reader_init(&net->from_guest);
	net_writer_init(&net->to_guest);
	net->slirp = start(net, restricted);
	if (net->slirp == NULL) {
		err_set(err, -EINVAL, "libslirp %s refuses to start",
			slirp_version_string());
		slirp_net_free(net);
		return NULL;
	}
	return net;
}

/* For each connection to a unix socket libslirp binds a TCP socket to a port
 * of 127.0.0.1 that it never listens on, for its number alone, and aborts when
 * it cannot. */
static int
check_loopback(struct err *err)
{
	const struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		ret = err_errno(err, "cannot reserve a port of 127.0.0.1 (is "
				     "the interface lo up?)");
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Make sure that @path is free, or make it so. */
static int
claim(const char *path, struct err *err)
{
	int fd = sockpath_listen(path, SOCK_STREAM, 0600, err);

	if (fd < 0)
		return fd;
	close(fd);
	if (unlink(path) < 0)
		return err_errno(err, "%s", path);
	return 0;
}

int
slirp_net_forward(struct slirp_net *net, const char *path, uint16_t guest_port,
		  struct err *err)
{
	const struct sockaddr_in guest = {
		.sin_family = AF_INET,
		.sin_port = htons(guest_port),
		.sin_addr = address(ADDR_GUEST),
	};
	struct sockaddr_un host;
	mode_t mask;
	int ret;

	ret = sockpath_fill(&host, path, err);
	if (ret == 0)
		ret = check_loopback(err);
	if (ret == 0)
		ret = claim(path, err);
	if (ret < 0)
		return ret;
	mask = umask(0177);
	if (slirp_add_hostxfwd(net->slirp, (const struct sockaddr *)&host,
			       sizeof(host), (const struct sockaddr *)&guest,
			       sizeof(guest), 0) < 0)
		ret = err_errno(err, "%s: cannot listen there", path);
	umask(mask);
	if (ret < 0)
		return ret;
	net->paths =
	    xrealloc(net->paths, net->n_paths + 1, sizeof(*net->paths));
	net->paths[net->n_paths++] = xstrdup(path);
	return 0;
}

void
slirp_net_free(struct slirp_net *net)
{
	if (net == NULL)
		return;
	for (size_t i = 0; i < net->n_paths; i++) {
		if (unlink(net->paths[i]) < 0 && errno != ENOENT)
			log_warn("cannot remove %s: %m", net->paths[i]);
		free(net->paths[i]);
	}
	if (net->slirp != NULL)
		slirp_cleanup(net->slirp);
	net_writer_fini(&net->to_guest);
	net_reader_fini(&net->from_guest);
	clock_free(net->clock);
	free(net->paths);
	free(net->polled);
	free(net);
}

/* ---- the stream to QEMU ---- */

/* Is @frame one that libslirp should see?  ARP and IPv4 are all there is in
 * this network, and neither "this host" nor loopback is in it: libslirp would
 * hand such an address to the host's own connect(). */
static bool
belongs_here(const uint8_t *frame, size_t len)
{
	enum { TYPE_AT = 12, TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806 };
	enum { IPV4_DST_AT = 16, NET_THIS_HOST = 0, NET_LOOPBACK = 127 };
	struct cursor c = cursor_over(frame, len);
	uint16_t type;
	uint8_t net;

	cursor_skip(&c, TYPE_AT);
	type = cursor_be16(&c);
	if (type == TYPE_ARP)
		return true;
	cursor_skip(&c, IPV4_DST_AT);
	net = cursor_u8(&c);
	return cursor_ok(&c) && type == TYPE_IPV4 && net != NET_THIS_HOST &&
	       net != NET_LOOPBACK;
}

static int
take_frames(struct slirp_net *net, struct err *err)
{
	enum net_item item;
	const uint8_t *frame;
	size_t len;

	while ((item = net_reader_next(&net->from_guest, &frame, &len)) ==
	       NET_FRAME) {
		if (belongs_here(frame, len))
			slirp_input(net->slirp, frame, (int)len);
	}
	if (item == NET_BROKEN)
		return err_set(err, -EPROTO,
			       "QEMU announces a frame of %zu bytes: this is "
			       "not the stream of -netdev stream",
			       len);
	return 0;
}

/* Has QEMU gone, by @code of a failed call? */
static bool
is_gone(int code)
{
	return code == ECONNRESET || code == EPIPE;
}

static bool
is_for_later(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

/* One read a turn, so that others get theirs.  Return: 1 at the end. */
static int
read_guest(struct slirp_net *net, struct err *err)
{
	size_t size;
	uint8_t *space = net_reader_space(&net->from_guest, &size);
	ssize_t n = recv(net->net_fd, space, size, MSG_DONTWAIT);

	if (n < 0 && is_for_later(errno))
		return 0;
	if (n == 0 || (n < 0 && is_gone(errno)))
		return 1;
	if (n < 0)
		return err_errno(err, "reading from QEMU");
	net_reader_added(&net->from_guest, (size_t)n);
	return take_frames(net, err);
}

static int
write_guest(struct slirp_net *net, struct err *err)
{
	const uint8_t *chunk;
	size_t size;

	while (chunk = net_writer_chunk(&net->to_guest, &size), size > 0) {
		ssize_t n =
		    send(net->net_fd, chunk, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && is_for_later(errno))
			return 0;
		if (n < 0 && is_gone(errno))
			return 1;
		if (n < 0)
			return err_errno(err, "writing to QEMU");
		net_writer_sent(&net->to_guest, (size_t)n);
	}
	return 0;
}

/* ---- the loop ---- */

static const struct {
	short os;
	int slirp;
} poll_bits[] = {
	{ POLLIN, SLIRP_POLL_IN },   { POLLOUT, SLIRP_POLL_OUT },
	{ POLLPRI, SLIRP_POLL_PRI }, { POLLERR, SLIRP_POLL_ERR },
	{ POLLHUP, SLIRP_POLL_HUP },
};
enum { N_POLL_BITS = sizeof(poll_bits) / sizeof(poll_bits[0]) };

static int
on_add_poll(int fd, int events, void *arg)
{
	struct slirp_net *net = arg;
	struct pollfd *p;

	if (net->n_polled == net->n_polled_max) {
		net->n_polled_max *= 2;
		net->polled = xrealloc(net->polled, net->n_polled_max,
				       sizeof(*net->polled));
	}
	p = &net->polled[net->n_polled];
	*p = (struct pollfd){ .fd = fd };
	for (size_t i = 0; i < N_POLL_BITS; i++) {
		if ((events & poll_bits[i].slirp) != 0)
			p->events |= poll_bits[i].os;
	}
	return (int)net->n_polled++;
}

static int
on_get_revents(int i, void *arg)
{
	const struct slirp_net *net = arg;
	int events = 0;

	for (size_t bit = 0; bit < N_POLL_BITS; bit++) {
		if ((net->polled[i].revents & poll_bits[bit].os) != 0)
			events |= poll_bits[bit].slirp;
	}
	return events;
}

/* Return: like poll(). */
static int
wait_for_work(struct slirp_net *net, int stop_fd)
{
	uint32_t timeout_ms = UINT32_MAX;
	bool queued = net->to_guest.used > 0;

	net->polled[POLL_STOP] =
	    (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	net->polled[POLL_NET] = (struct pollfd){
		.fd = net->net_fd,
		.events = (short)(POLLIN | (queued ? POLLOUT : 0)),
	};
	net->n_polled = POLL_SLIRP;
	slirp_pollfds_fill(net->slirp, &timeout_ms, on_add_poll, net);
	return poll(net->polled, net->n_polled,
		    timeout_ms > INT32_MAX ? -1 : (int)timeout_ms);
}

int
slirp_net_run(struct slirp_net *net, int stop_fd, struct err *err)
{
	int ret = 0;

	while (ret == 0) {
		int n_ready = wait_for_work(net, stop_fd);

		if (n_ready < 0 && errno != EINTR)
			return err_errno(err, "poll");
		if (n_ready > 0 && net->polled[POLL_STOP].revents != 0)
			return 0;
		slirp_pollfds_poll(net->slirp, n_ready < 0, on_get_revents,
				   net);
		if (n_ready > 0 && net->polled[POLL_NET].revents != 0)
			ret = read_guest(net, err);
		if (ret == 0)
			ret = write_guest(net, err);
	}
	return ret < 0 ? ret : 0;
}
