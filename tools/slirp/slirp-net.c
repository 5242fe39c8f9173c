#include "config.h"

#include "tools/slirp/slirp-net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <libslirp.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "tools/slirp/redirect.h"
#include "tools/slirp/slirp-net-priv.h"

/* ---- time ---- */

struct net_timer {
	struct net_timer *next;
	SlirpTimerCb run;
	void *run_arg;
	int64_t at_ms;
	bool armed;
};

static int64_t
on_clock_get_ns(void *arg)
{
	const struct slirp_net *net = arg;

	return (int64_t)clock_now_ns(net->clock);
}

static void *
on_timer_new(SlirpTimerCb run, void *run_arg, void *arg)
{
	struct net_timer *timer = XNEW(struct net_timer);
	struct slirp_net *net = arg;

	timer->run = run;
	timer->run_arg = run_arg;
	timer->next = net->timers;
	net->timers = timer;
	return timer;
}

static void
on_timer_free(void *arg, void *net_arg)
{
	struct slirp_net *net = net_arg;
	struct net_timer **at = &net->timers;

	while (*at != NULL && *at != arg)
		at = &(*at)->next;
	if (*at != NULL)
		*at = (*at)->next;
	free(arg);
}

static void
on_timer_mod(void *arg, int64_t at_ms, void *net_arg)
{
	struct net_timer *timer = arg;

	(void)net_arg;
	timer->at_ms = at_ms;
	timer->armed = true;
}

uint32_t
slirp_net_timeout_ms(const struct slirp_net *net, uint64_t now_ms)
{
	int64_t now = (int64_t)now_ms, least = UINT32_MAX;

	for (const struct net_timer *t = net->timers; t != NULL; t = t->next) {
		if (t->armed && t->at_ms - now < least)
			least = t->at_ms > now ? t->at_ms - now : 0;
	}
	return (uint32_t)least;
}

/* None is freed by what it runs: libslirp does that when it ends. */
void
slirp_net_run_timers(struct slirp_net *net)
{
	int64_t now = (int64_t)clock_now_ms(net->clock);

	for (struct net_timer *t = net->timers; t != NULL; t = t->next) {
		if (!t->armed || t->at_ms > now)
			continue;
		t->armed = false;
		t->run(t->run_arg);
	}
}

/* ---- what else libslirp calls ---- */

static ssize_t
on_send_packet(const void *data, size_t len, void *arg)
{
	struct slirp_net *net = arg;
	const uint8_t *frame = data;

	if (len <= NET_FRAME_LEN_MAX &&
	    redirect_is_out(net->config, frame, len)) {
		memcpy(net->frame, data, len);
		redirect_out(net->config, net->frame);
		frame = net->frame;
	}
	/* Only the first one is told: TCP sends again what is dropped here. */
	if (frame_link_put(&net->link, frame, len) == -ENOBUFS &&
	    net->link.to_guest.n_dropped == 1)
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

static const SlirpCb callbacks = {
	.send_packet = on_send_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock_get_ns,
	.timer_new = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_mod,
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

static struct in_addr
address(uint32_t value)
{
	return (struct in_addr){ .s_addr = htonl(value) };
}

static struct in6_addr
address6(const char *text)
{
	struct in6_addr addr;

	inet_pton(AF_INET6, text, &addr);
	return addr;
}

static Slirp *
start(struct slirp_net *net, const struct net_config *want)
{
	const SlirpConfig config = {
		.version = 3,
		.restricted = want->restricted,
		.in_enabled = true,
		.vnetwork = address(want->network),
		.vnetmask = address(want->netmask),
		.vhost = address(want->host),
		.vdhcp_start = address(want->dhcp_start),
		.vnameserver = address(want->restricted ? 0 : want->dns),
		.in6_enabled = want->ipv6,
		.vprefix_addr6 = address6("fec0::"),
		.vprefix_len = 64,
		.vhost6 = address6("fec0::2"),
		.vnameserver6 = address6("fec0::3"),
		.tftp_path = want->tftp,
		.if_mtu = want->mtu,
		.if_mru = want->mtu,
		.disable_host_loopback = !want->host_loopback,
		.disable_dns = want->restricted,
	};

	return slirp_new(&config, &callbacks, net);
}

struct slirp_net *
slirp_net_new(const struct net_config *config, int fd, struct err *err)
{
	struct slirp_net *net = XNEW(struct slirp_net);

	g_log_set_default_handler(on_log, NULL);
	net->config = config;
	net->clock = clock_real_new(NULL);
	net->n_polled_max = AT_SLIRP;
	net->polled = xcalloc(net->n_polled_max, sizeof(*net->polled));
	net->frame = xcalloc(1, NET_FRAME_LEN_MAX);
	if (frame_link_init(&net->link, fd, err) < 0)
		goto fail;
	net->slirp = start(net, config);
	if (net->slirp == NULL) {
		err_set(err, -EINVAL, "libslirp %s refuses to start",
			slirp_version_string());
		goto fail;
	}
	if (slirp_net_add_forwards(net, err) < 0)
		goto fail;
	return net;
fail:
	slirp_net_free(net);
	return NULL;
}

void
slirp_net_free(struct slirp_net *net)
{
	if (net == NULL)
		return;
	slirp_net_remove_sockets(net);
	slirp_net_let_spares_go(net);
	if (net->slirp != NULL)
		slirp_cleanup(net->slirp);
	frame_link_fini(&net->link);
	for (size_t i = 0; i < net->n_more; i++)
		free(net->more[i].path);
	clock_free(net->clock);
	free(net->frame);
	free(net->polled);
	free(net);
}
