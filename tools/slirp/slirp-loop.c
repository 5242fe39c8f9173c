#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include <libslirp.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tools/slirp/guest-filter.h"
#include "tools/slirp/redirect.h"
#include "tools/slirp/slirp-net-priv.h"
#include "tools/slirp/slirp-net.h"

static void
on_frame(uint8_t *frame, size_t len, void *arg)
{
	struct slirp_net *net = arg;
	const struct guest_rules rules = {
		.restricted = net->config->restricted,
		.tftp = net->config->tftp != NULL,
		.ipv6 = net->config->ipv6,
	};

	for (size_t i = 0; i < net->n_doors; i++)
		gate_see(&net->doors[i].gate, frame, len);
	if (net->config->no_dhcp && guest_filter_is_dhcp(frame, len))
		return;
	if (!guest_filter_passes(frame, len, &rules))
		return;
	redirect_in(net->config, frame, len);
	slirp_input(net->slirp, frame, (int)len);
}

/* ---- the list for poll() ---- */

static const struct {
	short os;
	int slirp;
} poll_bits[] = {
	{ POLLIN, SLIRP_POLL_IN },   { POLLOUT, SLIRP_POLL_OUT },
	{ POLLPRI, SLIRP_POLL_PRI }, { POLLERR, SLIRP_POLL_ERR },
	{ POLLHUP, SLIRP_POLL_HUP },
};
enum { N_POLL_BITS = sizeof(poll_bits) / sizeof(poll_bits[0]) };

/* The door of the guest that a listening socket leads to; NULL: it is none. */
static struct guest_door *
find_door(struct slirp_net *net, int fd)
{
	for (size_t i = 0; i < net->n_listeners; i++) {
		if (net->listeners[i].fd == fd)
			return &net->doors[net->listeners[i].door];
	}
	return NULL;
}

static int
on_add_poll(int fd, int events, void *arg)
{
	struct slirp_net *net = arg;
	const struct guest_door *door = find_door(net, fd);
	struct pollfd *p;

	if (net->n_polled == net->n_polled_max) {
		net->n_polled_max *= 2;
		net->polled = xrealloc(net->polled, net->n_polled_max,
				       sizeof(*net->polled));
	}
	p = &net->polled[net->n_polled];
	*p = (struct pollfd){ .fd = fd };
	if (door != NULL && !door->watched)
		p->fd = -1; /* passed over by poll() */
	for (size_t i = 0; i < N_POLL_BITS; i++) {
		if ((events & poll_bits[i].slirp) != 0)
			p->events |= poll_bits[i].os;
	}
	return (int)net->n_polled++;
}

static int
on_get_revents(int i, void *arg)
{
	struct slirp_net *net = arg;
	const struct guest_door *door = find_door(net, net->polled[i].fd);
	int events = 0;

	if (door != NULL && door->gate.state != GATE_OPEN)
		return 0;
	for (size_t bit = 0; bit < N_POLL_BITS; bit++) {
		if ((net->polled[i].revents & poll_bits[bit].os) != 0)
			events |= poll_bits[bit].slirp;
	}
	return events;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- the loop ---- */

/* Return: like poll(). */
static int
wait_for_work(struct slirp_net *net, int stop_fd)
{
	uint64_t now_ms = clock_now_ms(net->clock);
	uint32_t timeout_ms = slirp_net_timeout_ms(net, now_ms);
	bool spares = slirp_net_hold_spares(net);

	for (size_t i = 0; i < net->n_doors; i++) {
		struct guest_door *door = &net->doors[i];

		door->watched = spares && gate_watches(&door->gate);
		timeout_ms =
		    least(timeout_ms, gate_timeout_ms(&door->gate, now_ms));
	}
	net->polled[AT_STOP] =
	    (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	net->polled[AT_IN] =
	    (struct pollfd){ .fd = net->link.in_fd, .events = POLLIN };
	net->polled[AT_OUT] = (struct pollfd){
		.fd = frame_link_is_queued(&net->link) ? net->link.out_fd : -1,
		.events = POLLOUT,
	};
	net->polled[AT_MORE] = (struct pollfd){
		.fd = net->config->takes_more && !net->more_ended
			  ? net->config->more_fd
			  : -1,
		.events = POLLIN,
	};
	net->n_polled = AT_SLIRP;
	slirp_pollfds_fill(net->slirp, &timeout_ms, on_add_poll, net);
	return poll(net->polled, net->n_polled,
		    timeout_ms > INT32_MAX ? -1 : (int)timeout_ms);
}

/* Notes where callers wait.  Return: does one whom a gate lets through? */
static bool
look_for_callers(struct slirp_net *net)
{
	bool let_through = false;

	for (size_t i = 0; i < net->n_doors; i++)
		net->doors[i].called = false;
	for (size_t i = AT_SLIRP; i < net->n_polled; i++) {
		struct guest_door *door = find_door(net, net->polled[i].fd);

		if (door == NULL || net->polled[i].revents == 0)
			continue;
		door->called = true;
		let_through |= door->gate.state == GATE_OPEN;
	}
	return let_through;
}

/* libslirp's turn.  It takes one caller at each listening socket. */
static void
serve_host(struct slirp_net *net, bool poll_failed)
{
	if (poll_failed) {
		for (size_t i = AT_SLIRP; i < net->n_polled; i++)
			net->polled[i].revents = 0;
	}
	if (look_for_callers(net))
		slirp_net_let_spares_go(net);
	slirp_pollfds_poll(net->slirp, poll_failed, on_get_revents, net);
	slirp_net_run_timers(net);
	for (size_t i = 0; i < net->n_doors; i++) {
		struct guest_door *door = &net->doors[i];

		if (door->watched)
			gate_called(&door->gate, door->called,
				    clock_now_ms(net->clock));
	}
}

/* A request behind others that the guest has not taken yet is of no use. */
static void
ask_guests(struct slirp_net *net)
{
	uint64_t now_ms = clock_now_ms(net->clock);
	bool queued = frame_link_is_queued(&net->link);
	uint8_t frame[GATE_FRAME_LEN];

	for (size_t i = 0; i < net->n_doors; i++) {
		if (gate_ask(&net->doors[i].gate, now_ms, frame) && !queued)
			frame_link_put(&net->link, frame, sizeof(frame));
	}
}

int
slirp_net_run(struct slirp_net *net, int stop_fd, struct err *err)
{
	int ret = 0;

	/* libslirp learns the time nowhere else, and what the first frames of
	 * a guest start would have expired long ago. */
	slirp_pollfds_poll(net->slirp, true, on_get_revents, net);
	while (ret == 0) {
		int n_ready = wait_for_work(net, stop_fd);

		if (n_ready < 0 && errno != EINTR)
			return err_errno(err, "poll");
		if (n_ready > 0 && net->polled[AT_STOP].revents != 0)
			return 0;
		if (n_ready > 0 && net->polled[AT_IN].revents != 0)
			ret = frame_link_read(&net->link, on_frame, net, err);
		if (ret != 0)
			break;
		/* also sends what waited for an answer to ARP */
		serve_host(net, n_ready < 0);
		ask_guests(net);
		if (n_ready > 0 && net->polled[AT_MORE].revents != 0)
			slirp_net_take_more(net);
		ret = frame_link_write(&net->link, err);
	}
	return ret < 0 ? ret : 0;
}
