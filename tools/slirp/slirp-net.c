#include "config.h"

#include "tools/slirp/slirp-net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <libslirp.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tools/slirp/slirp-net-priv.h"

enum {
	ADDR_NETWORK = 0x0a000200, /* 10.0.2.0 */
	ADDR_NETMASK = 0xffffff00,
	ADDR_HOST = 0x0a000202,
	ADDR_NAMESERVER = 0x0a000203,
	ADDR_GUEST = 0x0a00020f, /* 10.0.2.15 */
};

enum { CALLERS_MAX = 16 }; /* waiting at a forward */

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
	net->restricted = restricted;
	net->clock = clock_real_new(NULL);
	net->n_polled_max = POLL_SLIRP;
	net->polled = xcalloc(net->n_polled_max, sizeof(*net->polled));
	gate_init(&net->gate, ADDR_HOST, ADDR_GUEST);
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

/* The listening socket that libslirp has just made is the only one in its list
 * that we do not know yet. */
static int
on_listed(int fd, int events, void *arg)
{
	struct slirp_net *net = arg;

	(void)events;
	for (size_t i = 0; i < net->n_listeners; i++) {
		if (net->listeners[i].fd == fd)
			return -1;
	}
	net->listeners[net->n_listeners].fd = fd;
	/* libslirp's own is 1, but callers wait here for the guest */
	listen(fd, CALLERS_MAX);
	return -1;
}

static void
add_listener(struct slirp_net *net, const char *path)
{
	size_t n = net->n_listeners + 1;
	uint32_t timeout_ms = 0;

	net->listeners = xrealloc(net->listeners, n, sizeof(*net->listeners));
	net->spares =
	    xrealloc(net->spares, n * FDS_PER_CALLER, sizeof(*net->spares));
	net->listeners[n - 1] = (struct listener){ .path = xstrdup(path) };
	slirp_pollfds_fill(net->slirp, &timeout_ms, on_listed, net);
	net->n_listeners = n;
}

void
slirp_net_no_dhcp(struct slirp_net *net)
{
	net->no_dhcp = true;
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
	if (ret == 0)
		add_listener(net, path);
	return ret;
}

bool
slirp_net_hold_spares(struct slirp_net *net)
{
	size_t want = net->n_listeners * FDS_PER_CALLER;

	while (net->n_spares < want) {
		int fd = fcntl(net->net_fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return false;
		net->spares[net->n_spares++] = fd;
	}
	return true;
}

void
slirp_net_let_spares_go(struct slirp_net *net)
{
	while (net->n_spares > 0)
		close(net->spares[--net->n_spares]);
}

void
slirp_net_free(struct slirp_net *net)
{
	if (net == NULL)
		return;
	for (size_t i = 0; i < net->n_listeners; i++) {
		char *path = net->listeners[i].path;

		if (unlink(path) < 0 && errno != ENOENT)
			log_warn("cannot remove %s: %m", path);
		free(path);
	}
	slirp_net_let_spares_go(net);
	if (net->slirp != NULL)
		slirp_cleanup(net->slirp);
	net_writer_fini(&net->to_guest);
	net_reader_fini(&net->from_guest);
	clock_free(net->clock);
	free(net->spares);
	free(net->listeners);
	free(net->polled);
	free(net);
}
