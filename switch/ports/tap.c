/*
 * tap: the port kind for the kernel as a station: a tap interface, made or
 * found by name, or a tap or macvtap descriptor that somebody else opened.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/kernel-header.h"
#include "switch/ports/netdev.h"
#include "switch/ports/port-provider.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum {
	/* A header in front of each frame tells what is left to do; of one that
	 * is longer than ours the end is for what nobody uses. */
	HEADER_LEN = sizeof(struct virtio_net_hdr),
	VNET_HEADER_MAX = 64,
	/* A macvtap whose interface is removed does not tell. */
	LOOK_MS = 1000,
};

struct tap {
	struct port *port; /* borrowed */
	struct datagram_io *io;
	char dev[IFNAMSIZ];
	size_t header_len; /* 0, or HEADER_LEN..VNET_HEADER_MAX */
	unsigned takes;	   /* enum frame_takes */
	bool down;	   /* the interface takes nothing */
	union {
		struct virtio_net_hdr net;
		uint8_t octets[VNET_HEADER_MAX];
	} header; /* of the frame received last */
	struct timer *look;
};

/* ---- traffic ---- */

static void
set_down(struct tap *t, bool down)
{
	if (down == t->down)
		return;
	t->down = down;
	port_set_carrier(t->port, !down);
}

static ssize_t
tap_receive(void *arg, int fd, struct iovec *iov)
{
	struct tap *t = arg;
	struct iovec parts[1 + DATAGRAM_IOV] = { { .iov_base = &t->header,
						   .iov_len = t->header_len } };
	ssize_t n;

	/* Together these hold the longest frame that an interface can have:
	 * nothing is ever cut. */
	memcpy(parts + 1, iov, sizeof(*iov) * DATAGRAM_IOV);
	n = readv(fd, parts, 1 + DATAGRAM_IOV);
	if (n < 0)
		return -errno;
	set_down(t, false);
	return (size_t)n > t->header_len ? n - (ssize_t)t->header_len : 0;
}

static struct frame *
tap_finish(void *arg, struct frame *frame)
{
	struct tap *t = arg;

	if (t->header_len == 0 ||
	    kernel_header_read(&t->header.net, &frame->offload))
		return frame;
	port_rx_drop(t->port, DROP_BAD_OFFLOAD, 1, frame->len);
	frame_unref(frame);
	return NULL;
}

static int
tap_send(void *arg, int fd, const struct frame *frame)
{
	struct tap *t = arg;
	union {
		struct virtio_net_hdr net;
		uint8_t octets[VNET_HEADER_MAX];
	} header = { .octets = { 0 } };
	struct iovec parts[1 + KERNEL_IOVS] = {
		{ .iov_base = &header, .iov_len = t->header_len },
	};
	int n = 1 + kernel_header_octets(frame, parts + 1);

	kernel_header_write(&frame->offload, &header.net);
	if (writev(fd, parts, n) < 0)
		return -errno;
	set_down(t, false);
	return 0;
}

static void
lose(struct tap *t)
{
	timer_cancel(t->look);
	datagram_io_stop(t->io);
	port_gone(t->port, "the interface %s was removed", t->dev);
}

static void
tap_failed(void *arg, int error)
{
	struct tap *t = arg;

	switch (error) {
	case EBADFD:
	case ENODEV:
	case ENXIO:
		lose(t);
		break;
	case EIO: /* somebody has set it down */
	case ENETDOWN:
		set_down(t, true);
		break;
	default:
		break; /* this frame only */
	}
}

static const struct datagram_ops tap_ops = {
	.receive = tap_receive,
	.finish = tap_finish,
	.send = tap_send,
	.failed = tap_failed,
};

static size_t
tap_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct tap *t = priv;

	return datagram_io_transmit(t->io, frames, n);
}

static void
tap_pause(void *priv, bool paused)
{
	struct tap *t = priv;

	datagram_io_pause(t->io, paused);
}

static void
on_look(void *arg)
{
	struct tap *t = arg;
	struct ifreq ifr = { 0 };

	if (ioctl(datagram_io_fd(t->io), TUNGETIFF, &ifr) < 0) {
		lose(t);
		return;
	}
	snprintf(t->dev, sizeof(t->dev), "%s", ifr.ifr_name); /* renamed? */
	timer_set_in(t->look, LOOK_MS * NS_PER_MS);
}

/* ---- making the interface ---- */

static int
explain_open(int error, struct err *err)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return err_set(err, -error,
			       "the kernel has no /dev/net/tun (try: modprobe "
			       "tun); where there cannot be one, a port of "
			       "kind packet attaches one end of a veth");
	case EACCES:
	case EPERM:
		return err_set(err, -error,
			       "this user may not open /dev/net/tun: make it "
			       "accessible (chmod 0666 /dev/net/tun, as most "
			       "distributions do), or hand over a descriptor");
	default:
		return err_set(err, -error, "/dev/net/tun: %s",
			       strerror(error));
	}
}

static int
explain_attach(const char *dev, int error, struct err *err)
{
	switch (error) {
	case EPERM:
		return err_set(err, -error,
			       "this user may not make the interface %s: let "
			       "root do it (ip tuntap add dev %s mode tap user "
			       "%u), or run the switch in a user and network "
			       "namespace (unshare -Urn)",
			       dev, dev, (unsigned)geteuid());
	case EBUSY:
		return err_set(err, -error,
			       "the interface %s is in use by another program",
			       dev);
	case EINVAL:
		return err_set(err, -error,
			       "there is an interface %s, and it is no tap of "
			       "one queue",
			       dev);
	default:
		return err_set(err, -error, "interface %s: %s", dev,
			       strerror(error));
	}
}

/* Return: a descriptor of the interface @dev; -errno. */
static int
open_device(const char *dev, struct err *err)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	size_t len = strlen(dev);
	int fd, ret;

	if (len == 0 || len >= IFNAMSIZ || strchr(dev, '/') != NULL ||
	    strchr(dev, '%') != NULL)
		return err_set(err, -EINVAL,
			       "\"%s\" is no name for an interface: it must "
			       "have 1 to %d characters (dev= names another "
			       "one than name=)",
			       dev, IFNAMSIZ - 1);
	memcpy(ifr.ifr_name, dev, len);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return explain_open(errno, err);
	ifr.ifr_flags |= IFF_VNET_HDR;
	if (ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	ifr.ifr_flags &= ~IFF_VNET_HDR;
	if (errno == EINVAL && ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	ret = explain_attach(dev, errno, err);
	close(fd);
	return ret;
}

/* ---- descriptors ---- */

/* Return: what the kernel takes from us now, and leaves to us: a set of enum
 * frame_takes. */
static unsigned
agree(int fd, bool wanted)
{
	static const unsigned long tcp =
	    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (!wanted)
		return 0;
	/* One that can give datagrams in segments can take them (Linux 6.2). */
	if (ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) == 0)
		return KERNEL_TAKES | FRAME_TAKES_UDP_L4;
	return ioctl(fd, TUNSETOFFLOAD, tcp) == 0 ? KERNEL_TAKES : 0;
}

/* Is there a header in front of frames, and how long is it?  Return: 0; -errno.
 */
static int
examine_header(struct tap *t, int fd, const struct ifreq *ifr, struct err *err)
{
	int size = HEADER_LEN;

	if ((ifr->ifr_flags & IFF_VNET_HDR) == 0)
		return 0;
	(void)ioctl(fd, TUNSETVNETHDRSZ, &size);
	if (ioctl(fd, TUNGETVNETHDRSZ, &size) < 0 || size < (int)HEADER_LEN ||
	    size > VNET_HEADER_MAX)
		return err_set(err, -EINVAL, "%s: its header cannot be used",
			       ifr->ifr_name);
	t->header_len = (size_t)size;
	return 0;
}

/* What @fd is: fills in .dev, .header_len and .takes.  Return: 0; -errno. */
static int
examine(struct tap *t, int fd, bool offloads, struct err *err)
{
	struct ifreq ifr = { 0 };
	int flags, ret;

	if (ioctl(fd, TUNGETIFF, &ifr) < 0)
		return err_set(err, -EINVAL,
			       "the descriptor is not that of a tap or "
			       "macvtap that has an interface");
	if ((ifr.ifr_flags & IFF_TAP) == 0 || (ifr.ifr_flags & IFF_NO_PI) == 0)
		return err_set(err, -EINVAL,
			       "%s must be a tap (IFF_TAP) without packet "
			       "information (IFF_NO_PI)",
			       ifr.ifr_name);
	ret = examine_header(t, fd, &ifr, err);
	if (ret < 0)
		return ret;
	t->takes = agree(fd, offloads && t->header_len > 0);
	/* Without words for it, frames are to come as they go over a wire. */
	if (t->takes == 0 && ioctl(fd, TUNSETOFFLOAD, 0UL) < 0)
		return err_errno(err, "%s: cannot switch off offloads",
				 ifr.ifr_name);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_errno(err, "%s", ifr.ifr_name);
	snprintf(t->dev, sizeof(t->dev), "%s", ifr.ifr_name);
	return 0;
}

static void
tap_mtu_changed(void *priv)
{
	struct tap *t = priv;

	if (port_mtu(t->port) > 0)
		netdev_set_mtu(t->port, t->dev, port_mtu(t->port));
}

static void
tap_close(void *priv)
{
	struct tap *t = priv;

	timer_free(t->look);
	datagram_io_free(t->io);
	free(t);
}

static void *
tap_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	const char *dev = json_str_or(params, "dev", NULL);
	bool ours = fd < 0;
	struct tap *t;

	if (!ours && dev != NULL) {
		close(fd);
		err_set(err, -EINVAL,
			"a descriptor has its interface: dev is too much");
		return NULL;
	}
	if (ours)
		fd = open_device(dev != NULL ? dev : port_name(port), err);
	if (fd < 0)
		return NULL;
	t = XNEW(struct tap);
	t->port = port;
	if (examine(t, fd, json_bool_or(params, "offloads", true), err) < 0) {
		close(fd);
		free(t);
		return NULL;
	}
	t->io = datagram_io_new(port, fd, -1, &tap_ops, t);
	if (t->io == NULL) {
		free(t);
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (ours)
		netdev_set_up(port, t->dev);
	if (ours && port_mtu(port) > 0)
		netdev_set_mtu(port, t->dev, port_mtu(port));
	t->look = timer_new(port_clock(port), on_look, t);
	timer_set_in(t->look, LOOK_MS * NS_PER_MS);
	return t;
}

static void
tap_describe(const void *priv, json_t *into)
{
	const struct tap *t = priv;

	json_object_set_new(into, "dev", json_text(t->dev, strlen(t->dev)));
	json_object_set_new(into, "offloads", kernel_header_names(t->takes));
}

static unsigned
tap_offloads(const void *priv)
{
	const struct tap *t = priv;

	return t->takes;
}

static int
tap_keep_fd(const void *priv)
{
	const struct tap *t = priv;

	return datagram_io_fd(t->io);
}

const struct port_kind port_kind_tap = {
	.name = "tap",
	.summary = "a tap interface: the kernel as a station",
	.params = "dev:str? offloads:bool?",
	.details =
	    "The interface `dev`, without it the one called like the port, is "
	    "made if there is none, and goes with the port unless it is "
	    "persistent (ip tuntap add). That takes /dev/net/tun, and either "
	    "the right to (CAP_NET_ADMIN, which everybody has in a user and "
	    "network namespace of their own) or a persistent interface that "
	    "belongs to the switch's user. It is set up, and gets the port's "
	    "`mtu` if one was given. Instead, the descriptor of a tap or "
	    "macvtap may be sent along. Checksums and long segments that "
	    "others "
	    "are to finish come and go as they are, as far as the kernel and a "
	    "descriptor's header (IFF_VNET_HDR) allow, unless `offloads` is "
	    "false. The port ends with its interface, and "
	    "has no carrier while that is down. `port.show` has also `dev`, "
	    "and the `offloads` that were agreed upon: `checksum`, `tcp4`, "
	    "`tcp6`, `ecn`, `udp`.",
	.open = tap_open,
	.transmit = tap_transmit,
	.takes_rest = true,
	.offloads = tap_offloads,
	.pause = tap_pause,
	.keep_fd = tap_keep_fd,
	.mtu_changed = tap_mtu_changed,
	.describe = tap_describe,
	.close = tap_close,
};
