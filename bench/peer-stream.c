/* A stream peer: one writev a frame as QEMU does it, or many frames a write. */
#include "bench/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"

static int
stream_attach(struct peer *peer, const char *dir, unsigned number,
	      struct err *err)
{
	char path[SOCKPATH_MAX + 32];

	(void)number;
	snprintf(path, sizeof(path), "%s/stream", dir);
	peer->fd = peer_connect(path, err);
	if (peer->fd < 0)
		return peer->fd;
	peer->ctl = peer->fd;
	setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0 },
		   sizeof(struct timeval));
	peer->in = malloc(PEER_READ_SIZE + PEER_LENGTH_SIZE + PEER_FRAME_MAX);
	return peer->in != NULL ? 0 : -ENOMEM;
}

static int
write_rest(int fd, const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
stream_send(struct peer *peer, const struct burst *burst)
{
	size_t len = burst->n_frames * (PEER_LENGTH_SIZE + burst->frame_len);
	struct iovec iov[2] = {
		{ burst->wire, PEER_LENGTH_SIZE },
		{ burst->wire + PEER_LENGTH_SIZE, burst->frame_len },
	};
	ssize_t n;

	if (burst->n_frames == 1)
		n = writev(peer->fd, iov, 2);
	else
		n = write(peer->fd, burst->wire, len);
	if (n < 0)
		return -errno;
	return write_rest(peer->fd, burst->wire + n, len - (size_t)n);
}

static size_t
length_at(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	       p[3];
}

static int
stream_recv(struct peer *peer, int flags, peer_frame_fn *fn, void *arg)
{
	ssize_t got =
	    recv(peer->fd, peer->in + peer->n_in, PEER_READ_SIZE, flags);
	const uint8_t *at = peer->in;
	size_t left;
	int n = 0;

	if (got <= 0)
		return got == 0 ? -EPIPE : -errno;
	left = peer->n_in + (size_t)got;
	while (left >= PEER_LENGTH_SIZE) {
		size_t len = length_at(at);

		if (len > PEER_FRAME_MAX)
			return -EPROTO;
		if (left < PEER_LENGTH_SIZE + len)
			break;
		fn(arg, at + PEER_LENGTH_SIZE, len);
		at += PEER_LENGTH_SIZE + len;
		left -= PEER_LENGTH_SIZE + len;
		n++;
	}
	memmove(peer->in, at, left);
	peer->n_in = left;
	return n;
}

const struct peer_ops peer_stream = {
	.name = "stream",
	.burst_max = PEER_BURST_MAX,
	.attach = stream_attach,
	.send = stream_send,
	.recv = stream_recv,
};
