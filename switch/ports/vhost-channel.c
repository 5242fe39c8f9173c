#include "config.h"

#include "switch/ports/vhost-channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"

void
vhost_channel_next(struct vhost_channel *c)
{
	for (unsigned i = 0; i < c->n_fds; i++) {
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	}
	c->n_fds = 0;
	c->len = 0;
	c->size = VHOST_HEADER_SIZE;
}

void
vhost_channel_start(struct vhost_channel *c, int fd)
{
	c->fd = fd;
	c->n_fds = 0;
	vhost_channel_next(c);
}

void
vhost_channel_stop(struct vhost_channel *c)
{
	vhost_channel_next(c);
	c->fd = -1;
}

int
vhost_channel_take_fd(struct vhost_channel *c, unsigned i)
{
	int fd = c->fds[i];

	c->fds[i] = -1;
	return fd;
}

static void
keep_fds(struct vhost_channel *c, struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			       sizeof(fd));
			if (c->n_fds < VHOST_CHANNEL_FDS)
				c->fds[c->n_fds++] = fd;
			else
				close(fd);
		}
	}
}

/* Descriptors come with the header.  What is sent along with a payload does not
 * get in: the kernel throws away what nobody has room for. */
static ssize_t
receive(struct vhost_channel *c)
{
	_Alignas(struct cmsghdr) char
	    control[CMSG_SPACE(VHOST_CHANNEL_FDS * sizeof(int))];
	struct iovec iov = { c->data + c->len, c->size - c->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (c->len < VHOST_HEADER_SIZE) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	}
	n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (msg.msg_control != NULL)
		keep_fds(c, &msg);
	return n;
}

/* Return: 1: there is more to read. */
static int
on_header(struct vhost_channel *c, struct err *err)
{
	uint32_t size;
	int ret = vhost_proto_header(c->data, &size, err);

	if (ret < 0)
		return ret;
	c->size += size;
	return size > 0;
}

int
vhost_channel_read(struct vhost_channel *c, struct err *err)
{
	int ret = 1;

	while (ret > 0 && c->len < c->size) {
		ssize_t n = receive(c);

		if (n == -EAGAIN || n == -EINTR)
			return 0;
		if (n == 0)
			return err_set(err, -ECONNRESET,
				       "the front-end closed its connection%s",
				       c->len > 0 ? " in the middle of a "
						    "message"
						  : "");
		if (n < 0)
			return err_set(err, (int)n, "the connection ended: %s",
				       strerror((int)-n));
		c->len += (uint32_t)n;
		if (c->len == VHOST_HEADER_SIZE && c->size == VHOST_HEADER_SIZE)
			ret = on_header(c, err);
	}
	return ret < 0 ? ret : 1;
}

int
vhost_channel_reply(struct vhost_channel *c, const uint8_t *octets, size_t len,
		    int fd, struct err *err)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { (void *)octets, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		memset(control, 0, sizeof(control));
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == (ssize_t)len)
		return 0;
	if (n >= 0 || errno == EAGAIN)
		return err_set(err, -EAGAIN,
			       "the front-end does not read its replies");
	return err_set(err, -errno, "cannot answer: %s", strerror(errno));
}
