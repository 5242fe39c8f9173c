#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libslirp.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "tools/slirp/slirp-net-priv.h"

enum { CALLERS_MAX = 16 }; /* waiting at a forward */

static struct sockaddr_in
inet_address(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(addr) };
}

/* ---- unix sockets ---- */

/* For each connection to a unix socket libslirp binds a TCP socket to a port
 * of 127.0.0.1 that it never listens on, for its number alone, and aborts when
 * it cannot. */
static int
check_loopback(struct err *err)
{
	const struct sockaddr_in addr = inet_address(INADDR_LOOPBACK, 0);
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

/* ---- callers ---- */

/* The listening socket that libslirp has just made is the only one of its
 * sockets that listens and that we do not know yet. */
static int
on_listed(int fd, int events, void *arg)
{
	struct slirp_net *net = arg;
	int listens = 0;
	socklen_t size = sizeof(listens);

	(void)events;
	for (size_t i = 0; i < net->n_listeners; i++) {
		if (net->listeners[i].fd == fd)
			return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 ||
	    listens == 0)
		return -1;
	net->listeners[net->n_listeners].fd = fd;
	/* libslirp's own is 1, but callers wait here for the guest */
	listen(fd, CALLERS_MAX);
	return -1;
}

static size_t
find_door(struct slirp_net *net, uint32_t guest)
{
	size_t i = 0;

	while (i < net->n_doors && net->doors[i].gate.guest != guest)
		i++;
	if (i == net->n_doors) {
		gate_init(&net->doors[i].gate, net->config->host, guest);
		net->n_doors++;
	}
	return i;
}

static void
add_listener(struct slirp_net *net, const struct hostfwd *forward)
{
	uint32_t timeout_ms = 0;

	net->listeners[net->n_listeners] = (struct listener){
		.path = forward->path,
		.fd = -1,
		.door = find_door(net, forward->guest),
	};
	slirp_pollfds_fill(net->slirp, &timeout_ms, on_listed, net);
	net->n_listeners++;
}

static int
add_unix(struct slirp_net *net, const struct hostfwd *forward, struct err *err)
{
	const struct sockaddr_in guest =
	    inet_address(forward->guest, forward->guest_port);
	const char *path = forward->path;
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
	return ret;
}

static int
add_inet(struct slirp_net *net, const struct hostfwd *forward, struct err *err)
{
	const struct sockaddr_in host =
	    inet_address(forward->addr, forward->port);
	const struct sockaddr_in guest =
	    inet_address(forward->guest, forward->guest_port);
	bool is_udp = forward->kind == HOSTFWD_UDP;
	char text[INET_ADDRSTRLEN];

	if (slirp_add_hostxfwd(net->slirp, (const struct sockaddr *)&host,
			       sizeof(host), (const struct sockaddr *)&guest,
			       sizeof(guest),
			       is_udp ? SLIRP_HOSTFWD_UDP : 0) == 0)
		return 0;
	inet_ntop(AF_INET, &host.sin_addr, text, sizeof(text));
	return err_errno(err, "%s:%s:%u: cannot listen there",
			 is_udp ? "udp" : "tcp", text, forward->port);
}

static int
add_hostfwd(struct slirp_net *net, const struct hostfwd *forward,
	    struct err *err)
{
	int ret = forward->kind == HOSTFWD_UNIX ? add_unix(net, forward, err)
						: add_inet(net, forward, err);

	/* A datagram that comes before its guest is lost, as it would be. */
	if (ret == 0 && forward->kind != HOSTFWD_UDP)
		add_listener(net, forward);
	return ret;
}

int
slirp_net_add_forwards(struct slirp_net *net, struct err *err)
{
	const struct net_config *config = net->config;
	int ret = 0;

	for (size_t i = 0; i < config->n_hostfwds && ret == 0; i++)
		ret = add_hostfwd(net, &config->hostfwds[i], err);
	for (size_t i = 0; i < config->n_guestfwds && ret == 0; i++) {
		const struct guestfwd *forward = &config->guestfwds[i];
		/* where redirect.c leads to */
		struct in_addr addr = { .s_addr = htonl(config->network) };

		if (slirp_add_unix(net->slirp, forward->path, &addr,
				   forward->port) < 0)
			ret = err_set(err, -EINVAL,
				      "libslirp %s refuses a way from port %u "
				      "to %s",
				      slirp_version_string(), forward->port,
				      forward->path);
	}
	return ret;
}

/* ---- forwards that come later ---- */

enum { REQUEST_MAX = PATH_MAX + 64 };

static bool
is_in_directory(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/' &&
	       strchr(path + n + 1, '/') == NULL;
}

static int
check_more(const struct slirp_net *net, const struct hostfwd *forward,
	   struct err *err)
{
	if (forward->kind != HOSTFWD_UNIX ||
	    !is_in_directory(forward->path, net->config->more_dir))
		return err_set(err, -EINVAL, "no unix socket in %s",
			       net->config->more_dir);
	if (net->n_listeners == FORWARDS_MAX)
		return err_set(err, -ENOSPC, "there are %d forwards already",
			       FORWARDS_MAX);
	return 0;
}

static int
add_more(struct slirp_net *net, const char *text, struct err *err)
{
	struct hostfwd *forward = &net->more[net->n_more];
	int ret = net->n_more < FORWARDS_MAX
		      ? hostfwd_parse(text, forward, err)
		      : err_set(err, -ENOSPC, "there are %d forwards already",
				FORWARDS_MAX);

	if (ret < 0)
		return ret;
	if (forward->guest == 0)
		forward->guest = net->config->dhcp_start;
	ret = check_more(net, forward, err);
	if (ret == 0)
		ret = add_hostfwd(net, forward, err);
	if (ret == 0)
		net->n_more++;
	else
		free(forward->path);
	return ret;
}

void
slirp_net_take_more(struct slirp_net *net)
{
	char text[REQUEST_MAX];
	struct err err = ERR_INIT;
	int fd = net->config->more_fd;
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		net->more_ended = true;
		return;
	}
	text[n] = '\0';
	if (strlen(text) == (size_t)n)
		add_more(net, text, &err);
	else
		err_set(&err, -EINVAL, "a NUL");
	/* Who does not read the answers does without. */
	(void)send(fd, err.text, strlen(err.text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
slirp_net_remove_sockets(struct slirp_net *net)
{
	for (size_t i = 0; i < net->n_listeners; i++) {
		const char *path = net->listeners[i].path;

		if (path != NULL && unlink(path) < 0 && errno != ENOENT)
			log_warn("cannot remove %s: %m", path);
	}
}

bool
slirp_net_hold_spares(struct slirp_net *net)
{
	size_t want = net->n_listeners * FDS_PER_CALLER;

	while (net->n_spares < want) {
		int fd = fcntl(net->link.in_fd, F_DUPFD_CLOEXEC, 0);

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
