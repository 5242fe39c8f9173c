#include "config.h"

#include "lib/rpc-framing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/xalloc.h"

/* What most lines fit into, and how much of the next ones is looked at. */
enum { BUFFER_SIZE = 4096 };

struct rpc_out_line {
	STAILQ_ENTRY(rpc_out_line) link;
	char *line; /* owned */
	size_t len;
	size_t sent;
	struct rpc_fds fds; /* until the first byte is sent */
};

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union control {
	struct cmsghdr align;
	char data[CMSG_SPACE(RPC_FDS_MAX * sizeof(int))];
};

int
rpc_fds_dup(struct rpc_fds *fds, const int *from, size_t n)
{
	fds->n = 0;
	if (n > RPC_FDS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int fd = fcntl(from[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			int ret = -errno;

			rpc_fds_close(fds);
			return ret;
		}
		fds->fd[fds->n++] = fd;
	}
	return 0;
}

void
rpc_fds_close(struct rpc_fds *fds)
{
	while (fds->n > 0)
		close(fds->fd[--fds->n]);
}

/* ---- receiving ---- */

/* Room for at least one more byte.  Return: 0; -EMSGSIZE; -ENOMEM. */
static int
make_room(struct rpc_inbox *in)
{
	size_t size = in->size > 0 ? 2 * in->size : BUFFER_SIZE;
	char *line;

	if (in->len < in->size)
		return 0;
	if (in->len > RPC_LINE_MAX)
		return -EMSGSIZE;
	if (size > RPC_LINE_MAX + 1)
		size = RPC_LINE_MAX + 1;
	line = realloc(in->line, size);
	if (line == NULL)
		return -ENOMEM;
	in->line = line;
	in->size = size;
	return 0;
}

static void
keep_fds(struct rpc_inbox *in, const struct cmsghdr *cmsg)
{
	size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
		if (in->fds.n < RPC_FDS_MAX) {
			in->fds.fd[in->fds.n++] = fd;
		} else {
			close(fd);
			in->fds_lost = true;
		}
	}
}

/* Receive at most @size bytes behind those of @in. */
static int
receive(struct rpc_inbox *in, int fd, size_t size)
{
	union control control;
	struct iovec iov = { .iov_base = in->line + in->len, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	in->len += (size_t)n;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_RIGHTS)
			keep_fds(in, cmsg);
	}
	return (msg.msg_flags & MSG_CTRUNC) != 0 ? -EMFILE : 0;
}

/* Take bytes up to the end of the line or of what is there.
 *
 * The kernel joins the bytes of several messages in one read, and descriptors
 * belong to the last of these, not to the first.  So a read must not go beyond
 * the end of a line, or descriptors of the next would arrive with it: look
 * first, then read that far. */
static int
read_some(struct rpc_inbox *in, int fd)
{
	char *at = in->line + in->len;
	ssize_t n = recv(fd, at, in->size - in->len, MSG_PEEK | MSG_DONTWAIT);
	const char *end;

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENODATA;
	end = memchr(at, '\n', (size_t)n);
	return receive(in, fd,
		       end != NULL ? (size_t)(end - at) + 1 : (size_t)n);
}

int
rpc_inbox_read(struct rpc_inbox *in, int fd)
{
	for (;;) {
		int ret = make_room(in);

		if (ret == 0)
			ret = read_some(in, fd);
		if (ret == -EINTR)
			continue;
		if (ret == -EAGAIN)
			return 0;
		if (ret < 0)
			return ret;
		if (in->len > 0 && in->line[in->len - 1] == '\n')
			return 1;
	}
}

void
rpc_inbox_clear(struct rpc_inbox *in)
{
	rpc_fds_close(&in->fds);
	in->fds_lost = false;
	in->len = 0;
	if (in->size > BUFFER_SIZE) {
		free(in->line);
		in->line = NULL;
		in->size = 0;
	}
}

/* ---- sending ---- */

void
rpc_outbox_init(struct rpc_outbox *out)
{
	STAILQ_INIT(&out->lines);
	out->n_bytes = 0;
}

static void
drop_first(struct rpc_outbox *out)
{
	struct rpc_out_line *first = STAILQ_FIRST(&out->lines);

	STAILQ_REMOVE_HEAD(&out->lines, link);
	out->n_bytes -= first->len - first->sent;
	rpc_fds_close(&first->fds);
	free(first->line);
	free(first);
}

void
rpc_outbox_clear(struct rpc_outbox *out)
{
	while (!STAILQ_EMPTY(&out->lines))
		drop_first(out);
}

void
rpc_outbox_put(struct rpc_outbox *out, char *line, size_t len,
	       struct rpc_fds *fds)
{
	struct rpc_out_line *last = XNEW(struct rpc_out_line);

	last->line = line;
	last->len = len;
	if (fds != NULL) {
		last->fds = *fds;
		fds->n = 0;
	}
	STAILQ_INSERT_TAIL(&out->lines, last, link);
	out->n_bytes += len;
}

/* Send what is left of @line.  Return: 0 when something went; -errno. */
static int
send_line(struct rpc_outbox *out, struct rpc_out_line *line, int fd)
{
	union control control = { .data = { 0 } };
	struct iovec iov = { .iov_base = line->line + line->sent,
			     .iov_len = line->len - line->sent };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t fds_size = line->fds.n * sizeof(int);
	ssize_t n;

	if (line->fds.n > 0) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(&control.align), line->fds.fd, fds_size);
		msg.msg_control = control.data;
		msg.msg_controllen = CMSG_SPACE(fds_size);
	}
	n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	rpc_fds_close(&line->fds); /* they went with the first byte */
	line->sent += (size_t)n;
	out->n_bytes -= (size_t)n;
	return 0;
}

int
rpc_outbox_send(struct rpc_outbox *out, int fd)
{
	struct rpc_out_line *first;

	while ((first = STAILQ_FIRST(&out->lines)) != NULL) {
		int ret = send_line(out, first, fd);

		if (ret < 0 && ret != -EINTR)
			return ret;
		if (first->sent == first->len)
			drop_first(out);
	}
	return 0;
}
