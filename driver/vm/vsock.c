#include "config.h"

#include "driver/vm/vsock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* after sys/socket.h */
#include <linux/vm_sockets.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	CID_MIN = 3, /* those below are the host's and the hypervisor's */
	TRIES = 64,
};

static const char vhost_vsock[] = "/dev/vhost-vsock";

/* ---- an address for the guest ---- */

static int
set_cid(int fd, uint64_t cid)
{
	return ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid) < 0 ? -errno : 0;
}

/* Far from the small numbers that people choose by hand. */
static int
random_cid(uint32_t *cid)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	*cid = CID_MIN + number % (UINT32_MAX - 1 - CID_MIN);
	return 0;
}

static int
open_device(const char *device, struct err *err)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);
	int ret = -errno;

	if (fd >= 0)
		return fd;
	return err_set(
	    err, ret, "shell = \"vsock\" needs %s: %s; %s, or use \"virtio\"",
	    device, strerror(-ret),
	    ret == -EACCES || ret == -EPERM
		? "your user must be allowed to open it (group kvm, mostly)"
		: "load the module vhost_vsock, as root");
}

int
vsock_reserve(const char *device, vsock_set_fn *set, uint32_t *cid,
	      struct err *err)
{
	int fd = open_device(device != NULL ? device : vhost_vsock, err);
	int ret = -EADDRINUSE;

	if (fd < 0)
		return fd;
	for (int i = 0; i < TRIES && ret == -EADDRINUSE; i++) {
		ret = random_cid(cid);
		if (ret == 0)
			ret = (set != NULL ? set : set_cid)(fd, *cid);
	}
	if (ret == 0)
		return fd;
	close(fd);
	return err_set(err, ret, "no address of vsock could be had: %s",
		       strerror(-ret));
}

int
vsock_check(struct err *err)
{
	int fd = open_device(vhost_vsock, err);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* ---- connecting ---- */

struct vsock_dial {
	int fd; /* owned; -1: could not be made */
	int error;
	struct event *event; /* owned */
	vsock_dialled_fn *done;
	void *arg; /* borrowed */
};

static void
on_dialled(evutil_socket_t fd, short what, void *arg)
{
	struct vsock_dial *dial = arg;
	int error = dial->error, connected = dial->fd;
	socklen_t size = sizeof(error);

	(void)what;
	if (error == 0 &&
	    getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error != 0) {
		dial->done(-error, dial->arg);
		return;
	}
	dial->fd = -1; /* theirs now */
	dial->done(connected, dial->arg);
}

struct vsock_dial *
vsock_dial_address(struct event_base *base, const struct sockaddr *address,
		   unsigned size, vsock_dialled_fn *done, void *arg)
{
	struct vsock_dial *dial = XNEW(struct vsock_dial);

	dial->done = done;
	dial->arg = arg;
	dial->fd = socket(address->sa_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dial->fd < 0 ||
	    (connect(dial->fd, address, size) < 0 && errno != EINPROGRESS))
		dial->error = errno;
	dial->event = event_new(base, dial->fd, EV_WRITE, on_dialled, dial);
	if (dial->event == NULL)
		abort(); /* out of memory */
	if (dial->error != 0)
		event_active(dial->event, EV_WRITE, 0);
	else
		event_add(dial->event, NULL);
	return dial;
}

struct vsock_dial *
vsock_dial(struct event_base *base, uint32_t cid, vsock_dialled_fn *done,
	   void *arg)
{
	const struct sockaddr_vm address = { .svm_family = AF_VSOCK,
					     .svm_port = VSOCK_SHELL_PORT,
					     .svm_cid = cid };

	return vsock_dial_address(base, (const struct sockaddr *)&address,
				  sizeof(address), done, arg);
}

void
vsock_dial_free(struct vsock_dial *dial)
{
	if (dial == NULL)
		return;
	event_free(dial->event);
	if (dial->fd >= 0)
		close(dial->fd);
	free(dial);
}
