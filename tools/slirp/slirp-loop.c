#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

#include <libslirp.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tools/slirp/guest-filter.h"
#include "tools/slirp/slirp-net-priv.h"
#include "tools/slirp/slirp-net.h"

/* ---- the stream to QEMU ---- */

static int
take_frames(struct slirp_net *net, struct err *err)
{
	enum net_item item;
	const uint8_t *frame;
	size_t len;

	while ((item = net_reader_next(&net->from_guest, &frame, &len)) ==
	       NET_FRAME) {
		gate_see(&net->gate, frame, len);
		if (net->no_dhcp && guest_filter_is_dhcp(frame, len))
			continue;
		if (guest_filter_passes(frame, len, net->restricted))
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

static bool
is_listener(const struct slirp_net *net, int fd)
{
	for (size_t i = 0; i < net->n_listeners; i++) {
		if (net->listeners[i].fd == fd)
			return true;
	}
	return false;
}

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
	if (!net->watches && is_listener(net, fd))
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
	const struct slirp_net *net = arg;
	int events = 0;

	if (net->gate.state != GATE_OPEN && is_listener(net, net->polled[i].fd))
		return 0;
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
	uint32_t timeout_ms =
	    gate_timeout_ms(&net->gate, clock_now_ms(net->clock));
	bool queued = net->to_guest.used > 0;

	net->watches = slirp_net_hold_spares(net) && gate_watches(&net->gate);
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

static bool
caller_waits(const struct slirp_net *net)
{
	for (size_t i = POLL_SLIRP; i < net->n_polled; i++) {
		if (net->polled[i].revents != 0 &&
		    is_listener(net, net->polled[i].fd))
			return true;
	}
	return false;
}

/* libslirp's turn.  It takes one caller at each listening socket. */
static void
serve_host(struct slirp_net *net, bool poll_failed)
{
	bool waiting = !poll_failed && caller_waits(net);

	if (waiting && net->gate.state == GATE_OPEN)
		slirp_net_let_spares_go(net);
	slirp_pollfds_poll(net->slirp, poll_failed, on_get_revents, net);
	if (net->watches)
		gate_called(&net->gate, waiting, clock_now_ms(net->clock));
}

/* A request behind others that the guest has not taken yet is of no use. */
static void
ask_guest(struct slirp_net *net)
{
	uint8_t frame[GATE_FRAME_LEN];

	if (gate_ask(&net->gate, clock_now_ms(net->clock), frame) &&
	    net->to_guest.used == 0)
		net_writer_put(&net->to_guest, frame, sizeof(frame));
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
		if (n_ready > 0 && net->polled[POLL_STOP].revents != 0)
			return 0;
		if (n_ready > 0 && net->polled[POLL_NET].revents != 0)
			ret = read_guest(net, err);
		if (ret != 0)
			break;
		/* also sends what waited for an answer to ARP */
		serve_host(net, n_ready < 0);
		ask_guest(net);
		ret = write_guest(net, err);
	}
	return ret < 0 ? ret : 0;
}
