/*
 * packet: the port kind for a network interface, usually one end of a veth, by
 * a packet socket: where there is no /dev/net/tun, and for devices that exist
 * already.
 *
 * What the kernel takes off a frame before such a socket sees it is put back:
 * the outer tag, with its own type.  Checksums that a network card was to
 * finish, and segments that it was to cut, come and go as they are.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/kernel-header.h"
#include "switch/ports/netdev.h"
#include "switch/ports/port-provider.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
	BUFFER_BYTES = 4 * 1024 * 1024,
	/* An interface is set down before it is removed, and only the first is
	 * told. */
	LOOK_MS = 250,
	OTHER_REMARKS_BYTES = 256, /* time stamps, marks, overflows */
	TAG_LEN = 4,
	TAG_AT = 12,
};

/* What the kernel says of a frame beside its octets. */
struct remarks {
	struct virtio_net_hdr net;
	bool tagged;
	uint16_t tpid, tci;
};

struct packet {
	struct port *port; /* borrowed */
	struct datagram_io *io;
	struct remarks remarks; /* of the frame received last */
	bool down;
	struct timer *look; /* while .down */
	/* What the kernel had to drop for want of room in the socket.  Apart,
	 * for whoever describes us finds more. */
	uint64_t *n_missed;
};

/* ---- receiving ---- */

static void
set_down(struct packet *p, bool down)
{
	if (down == p->down)
		return;
	p->down = down;
	port_set_carrier(p->port, !down);
	if (down)
		timer_set_in(p->look, LOOK_MS * NS_PER_MS);
	else
		timer_cancel(p->look);
}

static void
read_aux(struct remarks *r, struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;

	r->tagged = false;
	/* A socket that was handed over may have others, which come first. */
	while (cmsg != NULL && (cmsg->cmsg_level != SOL_PACKET ||
				cmsg->cmsg_type != PACKET_AUXDATA))
		cmsg = CMSG_NXTHDR(msg, cmsg);
	if (cmsg == NULL || cmsg->cmsg_len < CMSG_LEN(sizeof(aux)))
		return;
	memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
	r->tagged = (aux.tp_status & TP_STATUS_VLAN_VALID) != 0;
	r->tci = aux.tp_vlan_tci;
	r->tpid = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
		      ? aux.tp_vlan_tpid
		      : ETH_P_8021Q;
}

static ssize_t
packet_receive(void *arg, int fd, struct iovec *iov)
{
	struct packet *p = arg;
	struct remarks *r = &p->remarks;
	union {
		char space[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
			   OTHER_REMARKS_BYTES];
		struct cmsghdr align;
	} control;
	struct iovec parts[1 + DATAGRAM_IOV] = {
		{ .iov_base = &r->net, .iov_len = sizeof(r->net) }
	};
	struct msghdr msg = {
		.msg_iov = parts,
		.msg_iovlen = 1 + DATAGRAM_IOV,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;

	memcpy(parts + 1, iov, sizeof(*iov) * DATAGRAM_IOV);
	/* MSG_TRUNC: the frame's own length, also when it did not fit. */
	len = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC);
	if (len < 0 && errno == EINVAL) {
		/* A long frame of a sort for which the kernel has no words
		 * (SCTP, tunnels); it is gone. */
		port_rx_drop(p->port, DROP_OVERSIZE, 1, 0);
		return 0;
	}
	if (len < 0)
		return -errno;
	read_aux(r, &msg);
	set_down(p, false);
	return len > (ssize_t)sizeof(r->net) ? len - (ssize_t)sizeof(r->net)
					     : 0;
}

static struct frame *
insert_tag(const struct remarks *r, struct frame *frame)
{
	if (!r->tagged || frame->len < TAG_AT)
		return frame;
	frame->data -= TAG_LEN; /* there is headroom */
	frame->len += TAG_LEN;
	frame_move_headers(frame, TAG_LEN);
	memmove(frame->data, frame->data + TAG_LEN, TAG_AT);
	frame->data[TAG_AT] = (uint8_t)(r->tpid >> 8);
	frame->data[TAG_AT + 1] = (uint8_t)r->tpid;
	frame->data[TAG_AT + 2] = (uint8_t)(r->tci >> 8);
	frame->data[TAG_AT + 3] = (uint8_t)r->tci;
	return frame;
}

static struct frame *
packet_finish(void *arg, struct frame *frame)
{
	struct packet *p = arg;
	const struct remarks *r = &p->remarks;

	if (kernel_header_read(&r->net, &frame->offload))
		return insert_tag(r, frame);
	port_rx_drop(p->port, DROP_BAD_OFFLOAD, 1, frame->len);
	frame_unref(frame);
	return NULL;
}

/* ---- sending ---- */

static int
packet_send(void *arg, int fd, const struct frame *frame)
{
	struct packet *p = arg;
	struct virtio_net_hdr header;
	struct iovec parts[1 + KERNEL_IOVS] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
	};
	struct msghdr msg = { .msg_iov = parts };

	kernel_header_write(&frame->offload, &header);
	msg.msg_iovlen = 1 + (size_t)kernel_header_octets(frame, parts + 1);
	if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	set_down(p, false);
	return 0;
}

/* Down, or removed?  Then the socket is bound to none any more. */
static void
look(struct packet *p)
{
	struct sockaddr_ll at;
	socklen_t size = sizeof(at);

	if (getsockname(datagram_io_fd(p->io), (struct sockaddr *)&at, &size) ==
		0 &&
	    at.sll_ifindex > 0) {
		set_down(p, true);
		return;
	}
	timer_cancel(p->look);
	datagram_io_stop(p->io);
	port_gone(p->port, "the interface was removed");
}

static void
on_look(void *arg)
{
	struct packet *p = arg;

	timer_set_in(p->look, LOOK_MS * NS_PER_MS);
	look(p);
}

static void
packet_failed(void *arg, int error)
{
	if (error == ENETDOWN || error == ENXIO || error == ENODEV)
		look(arg);
	/* else it was about one frame only */
}

static const struct datagram_ops packet_ops = {
	.receive = packet_receive,
	.finish = packet_finish,
	.send = packet_send,
	.failed = packet_failed,
};

static size_t
packet_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct packet *p = priv;

	return datagram_io_transmit(p->io, frames, n);
}

static void
packet_pause(void *priv, bool paused)
{
	struct packet *p = priv;

	datagram_io_pause(p->io, paused);
}

/* ---- coming and going ---- */

static int
set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value));
}

static int
set_options(int fd, int ifindex, struct err *err)
{
	struct packet_mreq mreq = { .mr_ifindex = ifindex,
				    .mr_type = PACKET_MR_PROMISC };
	int size = BUFFER_BYTES;

	/* Best effort: the kernel's limit may be lower, its default works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (set_option(fd, PACKET_IGNORE_OUTGOING, 1) < 0)
		return err_errno(err, "PACKET_IGNORE_OUTGOING (Linux 4.20)");
	if (set_option(fd, PACKET_AUXDATA, 1) < 0)
		return err_errno(err, "PACKET_AUXDATA");
	if (set_option(fd, PACKET_VNET_HDR, 1) < 0)
		return err_errno(err, "PACKET_VNET_HDR (a socket with a ring "
				      "cannot be used)");
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
		       sizeof(mreq)) < 0)
		return err_errno(err, "promiscuous mode");
	return 0;
}

static int
bind_device(int fd, const char *dev, struct err *err)
{
	struct ifreq ifr = { .ifr_ifindex = 0 };
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL) };
	int ret;

	if (strlen(dev) >= sizeof(ifr.ifr_name))
		return err_set(err, -ENODEV, "there is no interface %s", dev);
	memcpy(ifr.ifr_name, dev, strlen(dev));
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return err_set(err, -errno,
			       "there is no interface %s in the switch's "
			       "network namespace",
			       dev);
	addr.sll_ifindex = ifr.ifr_ifindex;
	ret = set_options(fd, addr.sll_ifindex, err);
	if (ret < 0)
		return ret;
	/* Only now does anything arrive. */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_errno(err, "interface %s", dev);
	return 0;
}

static int
open_device(struct port *port, const char *dev, struct err *err)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0 && errno == EPERM)
		return err_set(err, -EPERM,
			       "packet sockets take CAP_NET_RAW: run the "
			       "switch in a user and network namespace "
			       "(unshare -Urn), or hand over a descriptor");
	if (fd < 0)
		return err_errno(err, "cannot make a packet socket");
	netdev_set_up(port, dev);
	ret = bind_device(fd, dev, err);
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

static int
option_of(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0)
		return -1;
	return value;
}

static int
check_socket(int fd, struct err *err)
{
	struct sockaddr_ll at = { .sll_ifindex = 0 };
	socklen_t size = sizeof(at);

	if (option_of(fd, SO_DOMAIN) != AF_PACKET ||
	    option_of(fd, SO_TYPE) != SOCK_RAW)
		return err_set(err, -EINVAL,
			       "the descriptor is not a packet socket of type "
			       "SOCK_RAW");
	if (getsockname(fd, (struct sockaddr *)&at, &size) < 0 ||
	    at.sll_ifindex <= 0 || at.sll_protocol != htons(ETH_P_ALL))
		return err_set(err, -EINVAL,
			       "the packet socket must be bound to an "
			       "interface, for ETH_P_ALL");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return set_options(fd, at.sll_ifindex, err);
}

/* Return: the port's socket, from @fd (taken) or made; -errno. */
static int
socket_for(struct port *port, const json_t *params, int fd, struct err *err)
{
	const char *dev = json_str_or(params, "dev", NULL);
	int ret;

	if ((dev != NULL) == (fd >= 0))
		ret = err_set(err, -EINVAL,
			      "a packet port needs the name of an interface "
			      "(dev) or a bound packet socket, one of the two");
	else if (dev != NULL)
		return open_device(port, dev, err);
	else
		ret = check_socket(fd, err);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

static void
packet_close(void *priv)
{
	struct packet *p = priv;

	timer_free(p->look);
	datagram_io_free(p->io);
	free(p->n_missed);
	free(p);
}

static void *
packet_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct packet *p;

	fd = socket_for(port, params, fd, err);
	if (fd < 0)
		return NULL;
	p = XNEW(struct packet);
	p->port = port;
	p->n_missed = XNEW(uint64_t);
	p->look = timer_new(port_clock(port), on_look, p);
	p->io = datagram_io_new(port, fd, -1, &packet_ops, p);
	if (p->io == NULL) {
		packet_close(p);
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	return p;
}

static void
packet_describe(const void *priv, json_t *into)
{
	const struct packet *p = priv;
	int fd = datagram_io_fd(p->io);
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);
	struct sockaddr_ll at = { .sll_ifindex = 0 };
	socklen_t at_size = sizeof(at);
	struct ifreq ifr = { .ifr_ifindex = 0 };

	/* Asking sets it back to 0. */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
		*p->n_missed += stats.tp_drops;
	json_object_set_new(into, "missed",
			    json_integer((json_int_t)*p->n_missed));
	if (getsockname(fd, (struct sockaddr *)&at, &at_size) < 0)
		return;
	ifr.ifr_ifindex = at.sll_ifindex;
	if (ioctl(fd, SIOCGIFNAME, &ifr) == 0)
		json_object_set_new(
		    into, "dev", json_text(ifr.ifr_name, strlen(ifr.ifr_name)));
}

/* Segmented datagrams are not for every kernel, and there is none to ask. */
static unsigned
packet_offloads(const void *priv)
{
	(void)priv;
	return KERNEL_TAKES;
}

static int
packet_keep_fd(const void *priv)
{
	const struct packet *p = priv;

	return datagram_io_fd(p->io);
}

const struct port_kind port_kind_packet = {
	.name = "packet",
	.summary = "a network interface, such as an end of a veth",
	.params = "dev:str?",
	.details =
	    "`dev` is an interface of the switch's network namespace, which is "
	    "set up; that takes CAP_NET_RAW, which everybody has in a user and "
	    "network namespace of their own. Instead, a packet socket bound to "
	    "an interface may be sent along. Tags that the kernel took off are "
	    "put back; checksums and long segments that others are to finish "
	    "come and go as they are, but segments of a sort for which the "
	    "kernel has no words are dropped as oversize. The port ends with "
	    "its "
	    "interface, and has no carrier while that is down. `port.show` has "
	    "also `dev`, and `missed`: frames for which there was no room in "
	    "the socket.",
	.open = packet_open,
	.transmit = packet_transmit,
	.takes_rest = true,
	.offloads = packet_offloads,
	.pause = packet_pause,
	.keep_fd = packet_keep_fd,
	.describe = packet_describe,
	.close = packet_close,
};
