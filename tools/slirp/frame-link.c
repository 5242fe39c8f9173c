#include "config.h"

#include "tools/slirp/frame-link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum { READS_MAX = 64 }; /* datagrams a turn */

/* ---- set-up ---- */

static int
check_socket(struct frame_link *link, int fd, struct err *err)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	socklen_t type_size = sizeof(link->type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &link->type, &type_size) < 0)
		return err_errno(err, "descriptor %d", fd);
	if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		return err_errno(err, "descriptor %d", fd);
	link->datagrams = link->type != SOCK_STREAM;
	return 0;
}

int
frame_link_init(struct frame_link *link, int fd, struct err *err)
{
	size_t header_len = fd < 0 ? NET_HEADER_PLUG : NET_HEADER_QEMU;

	*link = (struct frame_link){
		.in_fd = fd < 0 ? STDIN_FILENO : fd,
		.out_fd = fd < 0 ? STDOUT_FILENO : fd,
	};
	net_reader_init(&link->from_guest, header_len);
	net_writer_init(&link->to_guest, header_len);
	link->frame = xcalloc(1, NET_FRAME_LEN_MAX);
	return fd < 0 ? 0 : check_socket(link, fd, err);
}

void
frame_link_fini(struct frame_link *link)
{
	net_writer_fini(&link->to_guest);
	net_reader_fini(&link->from_guest);
	free(link->frame);
	link->frame = NULL;
}

/* ---- the descriptor ---- */

/* Has the other side gone, by @code of a failed call? */
static bool
is_gone(int code)
{
	return code == ECONNRESET || code == EPIPE || code == ECONNREFUSED ||
	       code == ENOTCONN;
}

static bool
is_for_later(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK || code == EINTR ||
	       code == ENOBUFS;
}

/* What a failed call means.  Return: as frame_link_read(). */
static int
judge(const char *what, struct err *err)
{
	if (is_for_later(errno))
		return 0;
	if (is_gone(errno))
		return 1;
	return err_errno(err, "%s the network", what);
}

/* Pipes may be shared with others, whose reading and writing must not change:
 * they are not made non-blocking, but asked.  One that is writable takes
 * PIPE_BUF octets. */
static ssize_t
write_pipe(int fd, const uint8_t *data, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, data, size < PIPE_BUF ? size : PIPE_BUF);
}

static ssize_t
send_bytes(const struct frame_link *link, const uint8_t *data, size_t size)
{
	if (link->type == 0)
		return write_pipe(link->out_fd, data, size);
	return send(link->out_fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- from the guests ---- */

/* One read a turn, so that others get theirs. */
static int
read_stream(struct frame_link *link, frame_link_fn *fn, void *arg,
	    struct err *err)
{
	enum net_item item;
	size_t size, len;
	uint8_t *frame;
	uint8_t *space = net_reader_space(&link->from_guest, &size);
	ssize_t n = link->type == 0
			? read(link->in_fd, space, size)
			: recv(link->in_fd, space, size, MSG_DONTWAIT);

	if (n < 0)
		return judge("reading from", err);
	if (n == 0)
		return 1;
	net_reader_added(&link->from_guest, (size_t)n);
	while ((item = net_reader_next(&link->from_guest, &frame, &len)) ==
	       NET_FRAME)
		fn(frame, len, arg);
	if (item == NET_BROKEN)
		return err_set(err, -EPROTO,
			       "the other side announces a frame of %zu "
			       "octets: this is not the stream of %s",
			       len,
			       link->type == 0 ? "a VDE plug"
					       : "QEMU's -netdev stream");
	return 0;
}

/* An empty datagram is the end where there are connections, else nothing. */
static int
read_datagrams(struct frame_link *link, frame_link_fn *fn, void *arg,
	       struct err *err)
{
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(link->in_fd, link->frame, NET_FRAME_LEN_MAX,
				 MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0)
			return judge("reading from", err);
		if (n == 0 && link->type == SOCK_SEQPACKET)
			return 1;
		if (n > NET_FRAME_LEN_MAX)
			link->from_guest.n_oversize++;
		else if (n > 0)
			fn(link->frame, (size_t)n, arg);
	}
	return 0;
}

int
frame_link_read(struct frame_link *link, frame_link_fn *fn, void *arg,
		struct err *err)
{
	if (link->datagrams)
		return read_datagrams(link, fn, arg, err);
	return read_stream(link, fn, arg, err);
}

/* ---- to the guests ---- */

int
frame_link_put(struct frame_link *link, const uint8_t *frame, size_t len)
{
	return net_writer_put(&link->to_guest, frame, len);
}

/* A frame that does not fit through the socket is lost like one on a wire. */
static int
write_datagrams(struct frame_link *link, struct err *err)
{
	struct net_writer *writer = &link->to_guest;
	size_t len;

	while ((len = net_writer_front(writer, link->frame)) > 0) {
		if (send_bytes(link, link->frame, len) < 0) {
			if (errno != EMSGSIZE)
				return judge("writing to", err);
			writer->n_dropped++;
		}
		net_writer_sent(writer, writer->header_len + len);
	}
	return 0;
}

int
frame_link_write(struct frame_link *link, struct err *err)
{
	const uint8_t *chunk;
	size_t size;

	if (link->datagrams)
		return write_datagrams(link, err);
	while (chunk = net_writer_chunk(&link->to_guest, &size), size > 0) {
		ssize_t n = send_bytes(link, chunk, size);

		if (n < 0)
			return judge("writing to", err);
		net_writer_sent(&link->to_guest, (size_t)n);
	}
	return 0;
}

bool
frame_link_is_queued(const struct frame_link *link)
{
	return link->to_guest.used > 0;
}
