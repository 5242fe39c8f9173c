/* A VDE client: the version 3 handshake, then a datagram a frame. */
#include "bench/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"

static const char description[] = "vdelab bench";

/* As clients declare it; the description has no terminator. */
struct request_v3 {
	uint32_t magic;
	uint32_t version;
	uint32_t type;
	struct sockaddr_un sock;
	char description[sizeof(description) - 1];
} __attribute__((packed));

static int
bind_data(struct peer *peer, const struct sockaddr_un *mine, struct err *err)
{
	peer->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (peer->fd < 0)
		return err_errno(err, "socket");
	if (bind(peer->fd, (const struct sockaddr *)mine, sizeof(*mine)) < 0)
		return err_errno(err, "%s", mine->sun_path);
	return 0;
}

static int
shake_hands(struct peer *peer, const struct sockaddr_un *mine, struct err *err)
{
	struct request_v3 request = { 0xfeedface, 3, 0, *mine, "" };
	struct sockaddr_un theirs;

	memcpy(request.description, description, sizeof(request.description));
	if (send(peer->ctl, &request, sizeof(request), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(request))
		return err_errno(err, "handshake");
	if (recv(peer->ctl, &theirs, sizeof(theirs), MSG_WAITALL) !=
	    (ssize_t)sizeof(theirs))
		return err_set(err, -EACCES, "the switch refuses us");
	if (connect(peer->fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0)
		return err_errno(err, "%.*s", (int)sizeof(theirs.sun_path),
				 theirs.sun_path);
	return 0;
}

static int
vde_attach(struct peer *peer, const char *dir, unsigned number, struct err *err)
{
	struct sockaddr_un mine;
	char path[sizeof(mine.sun_path) + 32];
	int ret;

	snprintf(path, sizeof(path), "%s/ctl", dir);
	peer->ctl = peer_connect(path, err);
	if (peer->ctl < 0)
		return peer->ctl;
	snprintf(path, sizeof(path), "%s/.%05d-%05u", dir, (int)getpid(),
		 number);
	ret = sockpath_fill(&mine, path, err);
	if (ret == 0)
		ret = bind_data(peer, &mine, err);
	if (ret < 0)
		return ret;
	ret = shake_hands(peer, &mine, err);
	unlink(path);
	peer->in = malloc(PEER_READ_SIZE);
	return ret < 0 || peer->in != NULL ? ret : -ENOMEM;
}

static int
vde_send(struct peer *peer, const struct burst *burst)
{
	return send(peer->fd, burst->wire + PEER_LENGTH_SIZE, burst->frame_len,
		    0) < 0
		   ? -errno
		   : 0;
}

static int
vde_recv(struct peer *peer, int flags, peer_frame_fn *fn, void *arg)
{
	ssize_t n = recv(peer->fd, peer->in, PEER_READ_SIZE, flags);

	if (n < 0)
		return -errno;
	fn(arg, peer->in, (size_t)n);
	return 1;
}

const struct peer_ops peer_vde = {
	.name = "vde",
	.burst_max = 1,
	.attach = vde_attach,
	.send = vde_send,
	.recv = vde_recv,
};
