#include "config.h"

#include "switch/ports/datagram-batch.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "switch/ports/port-provider.h"

enum {
	PATIENCE = 8,
	/* Of buffers handed to one call: what is read must also find room in
	 * the queues of others. */
	CALL_BYTES = 256 * 1024,
	IOVS = 2, /* a frame's own buffer, and where the rest spills over to */
};

/* ---- reading ---- */

/* What recvmmsg() gets to see. */
struct intake {
	struct mmsghdr msgs[FRAME_BATCH];
	struct iovec iovs[FRAME_BATCH][IOVS];
	struct frame *spares[FRAME_BATCH];
	unsigned n;
};

static void
drop(struct port *port, enum drop_reason reason, size_t len)
{
	port_rx_drop(port, reason, 1, len);
}

/* Each frame gets a buffer that what came lately would fit.  A longer one
 * spills over and costs a copy. */
static void
prepare(struct intake *in, struct frame_pool *pool, unsigned n, uint32_t room)
{
	uint8_t *spill = frame_pool_scratch(pool);

	for (in->n = 0; in->n < n; in->n++) {
		struct frame *spare = frame_alloc(pool, room);
		struct iovec *iov = in->iovs[in->n];

		if (spare == NULL)
			return;
		in->spares[in->n] = spare;
		iov[0].iov_base = spare->data;
		iov[0].iov_len = room;
		iov[1].iov_base = spill + in->n * (size_t)FRAME_SCRATCH_STRIDE;
		iov[1].iov_len = FRAME_LEN_MAX - room;
		in->msgs[in->n].msg_hdr = (struct msghdr){
			.msg_iov = iov,
			.msg_iovlen = IOVS,
		};
	}
}

/* Return: the frame, with the @len octets that were received for @spare, which
 * is taken; NULL when it was dropped. */
static struct frame *
finish(struct port *port, struct frame *spare, const struct iovec *iov,
       size_t len)
{
	struct frame *frame = spare;

	if (len > iov[0].iov_len) {
		frame = NULL;
		if (len > FRAME_LEN_MAX)
			drop(port, DROP_OVERSIZE, len);
		else if ((frame = frame_alloc(port_pool(port), len)) == NULL)
			drop(port, DROP_NO_BUFFER, len);
		if (frame != NULL) {
			memcpy(frame->data, iov[0].iov_base, iov[0].iov_len);
			memcpy(frame->data + iov[0].iov_len, iov[1].iov_base,
			       len - iov[0].iov_len);
		}
		frame_unref(spare);
	}
	if (frame != NULL)
		frame->len = (uint32_t)len;
	return frame;
}

bool
datagram_has_ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP)) != 0;
}

/* Return: how many datagrams there were; -errno, perhaps with some frames. */
static int
read_many(struct datagram_reader *reader, struct port *port, int fd,
	  struct frame **frames, size_t *n_frames)
{
	uint32_t longest = FRAME_SMALL;
	bool last_empty;
	struct intake in;
	int n;

	prepare(&in, port_pool(port), reader->depth, reader->room);
	if (in.n == 0)
		return -EAGAIN; /* the next call asks for one, and counts it */
	/* MSG_TRUNC: the datagrams' own lengths, also when they do not fit. */
	n = recvmmsg(fd, in.msgs, in.n, MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (n < 0)
		n = -errno;
	for (int i = 0; i < n; i++) {
		size_t len = in.msgs[i].msg_len;
		struct frame *frame;

		if (len > longest && len <= FRAME_LEN_MAX)
			longest = (uint32_t)len;
		if (len == 0) {
			frame_unref(in.spares[i]);
			continue;
		}
		frame = finish(port, in.spares[i], in.iovs[i], len);
		if (frame != NULL)
			frames[(*n_frames)++] = frame;
	}
	for (unsigned i = n > 0 ? (unsigned)n : 0; i < in.n; i++)
		frame_unref(in.spares[i]);
	if (n > 0)
		reader->room = longest;
	/* What has ended gives empty datagrams for ever. */
	last_empty = n > 0 && in.msgs[n - 1].msg_len == 0;
	return last_empty && datagram_has_ended(fd) ? -EPIPE : n;
}

static int
read_one(struct datagram_reader *reader, struct port *port, int fd,
	 struct frame **frames, size_t *n_frames)
{
	uint8_t *scratch = frame_pool_scratch(port_pool(port));
	ssize_t len =
	    recv(fd, scratch, FRAME_LEN_MAX, MSG_DONTWAIT | MSG_TRUNC);
	struct frame *frame;

	if (len < 0)
		return -errno;
	if (len > FRAME_LEN_MAX) {
		drop(port, DROP_OVERSIZE, (size_t)len);
		return 1;
	}
	if (len == 0)
		return datagram_has_ended(fd) ? -EPIPE : 1;
	if (len > reader->room)
		reader->room = (uint32_t)len;
	frame = frame_alloc(port_pool(port), (size_t)len);
	if (frame == NULL) {
		drop(port, DROP_NO_BUFFER, (size_t)len);
		return 1;
	}
	memcpy(frame->data, scratch, (size_t)len);
	frame->len = (uint32_t)len;
	frames[(*n_frames)++] = frame;
	return 1;
}

void
datagram_reader_adapt(struct datagram_reader *reader, unsigned n_received)
{
	unsigned max = CALL_BYTES / reader->room;

	if (n_received < reader->depth) {
		reader->depth = n_received > 0 ? n_received : 1;
		reader->patience = PATIENCE;
	} else if (reader->patience > 0) {
		reader->patience--;
	} else {
		reader->depth *= 2;
	}
	if (max > FRAME_BATCH)
		max = FRAME_BATCH;
	if (reader->depth > max)
		reader->depth = max;
}

size_t
datagram_read(struct datagram_reader *reader, struct port *port, int fd,
	      struct frame **frames, int *error)
{
	size_t n_frames = 0;
	int n = reader->depth > 1
		    ? read_many(reader, port, fd, frames, &n_frames)
		    : read_one(reader, port, fd, frames, &n_frames);

	*error = n < 0 && n != -EAGAIN && n != -EINTR ? -n : 0;
	datagram_reader_adapt(reader, n > 0 ? (unsigned)n : 0);
	return n_frames;
}

/* ---- writing ---- */

static size_t
write_many(int fd, struct frame *const *frames, size_t n, int *error)
{
	struct mmsghdr msgs[FRAME_BATCH];
	struct iovec iovs[FRAME_BATCH];
	int ret;

	for (size_t i = 0; i < n; i++) {
		iovs[i] = (struct iovec){
			.iov_base = frames[i]->data,
			.iov_len = frame_wire_len(frames[i]),
		};
		msgs[i].msg_hdr = (struct msghdr){
			.msg_iov = &iovs[i],
			.msg_iovlen = 1,
		};
	}
	ret = sendmmsg(fd, msgs, (unsigned)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	*error = ret < 0 ? errno : 0;
	return ret < 0 ? 0 : (size_t)ret;
}

static size_t
write_one(int fd, const struct frame *frame, int *error)
{
	ssize_t ret = send(fd, frame->data, frame_wire_len(frame),
			   MSG_DONTWAIT | MSG_NOSIGNAL);

	*error = ret < 0 ? errno : 0;
	return ret >= 0;
}

size_t
datagram_write(int fd, struct frame *const *frames, size_t n, int *error)
{
	size_t done = 0;

	*error = 0;
	while (done < n && *error == 0) {
		size_t some = n - done < FRAME_BATCH ? n - done : FRAME_BATCH;

		done += some > 1 ? write_many(fd, frames + done, some, error)
				 : write_one(fd, frames[done], error);
	}
	return done;
}
