/* rawpeer: a station that attaches by hand-made VDE handshakes, by streams or by
 * datagram sockets. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/integration/peer.h"

/* As old and new clients declare them. */
struct request_v1 {
	uint32_t magic;
	uint32_t type;
	uint8_t mac[6];
	struct sockaddr_un sock;
	char description[20];
} __attribute__((packed));

struct request_v3 {
	uint32_t magic;
	uint32_t version;
	uint32_t type;
	struct sockaddr_un sock;
	char description[20];
} __attribute__((packed));

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* ---- VDE ---- */

static ssize_t
send_request(int ctl, unsigned version, uint32_t port,
	     const struct sockaddr_un *sock)
{
	struct request_v1 v1 = { 0xfeedface, 0, { 0 }, *sock, "rawpeer v1" };
	struct request_v3 v3 = { 0xfeedface, 3, port << 8, *sock,
				 "rawpeer v3" };
	size_t n = strlen("rawpeer vN");

	if (version == 1)
		return send(ctl, &v1,
			    offsetof(struct request_v1, description) + n, 0);
	return send(ctl, &v3, offsetof(struct request_v3, description) + n, 0);
}

static int
vde_send(struct peer_link *link, const void *frame, size_t len)
{
	return send(link->fd, frame, len, 0) == (ssize_t)len ? 0 : -1;
}

static ssize_t
vde_recv(struct peer_link *link, void *frame, size_t size)
{
	int *ctl = link->impl;
	ssize_t n = recv(link->fd, frame, size, MSG_DONTWAIT);
	char c;

	if (n >= 0)
		return n;
	return recv(*ctl, &c, 1, MSG_DONTWAIT) == 0 ? -1 : 0;
}

/* As libvdeplug with mode 0777: in the switch's directory, or where everybody
 * may. */
static bool
bind_mine(int fd, const char *dir, struct sockaddr_un *mine, char *path,
	  size_t size)
{
	const char *dirs[] = { dir, "/tmp" };

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, size, "%s/.%05d-00000", dirs[i], (int)getpid());
		memcpy(mine->sun_path, path, sizeof(mine->sun_path));
		if (bind(fd, (struct sockaddr *)mine, sizeof(*mine)) == 0)
			return chmod(path, 0777) == 0;
	}
	return false;
}

static void
vde_open(struct peer_link *link, unsigned version, const char *dir,
	 uint32_t port)
{
	static int ctl;
	struct sockaddr_un mine = { .sun_family = AF_UNIX }, theirs;
	char path[sizeof(mine.sun_path) + 8];

	snprintf(path, sizeof(path), "%s/ctl", dir);
	ctl = connect_to(path);
	link->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (link->fd < 0 ||
	    !bind_mine(link->fd, dir, &mine, path, sizeof(path)) ||
	    send_request(ctl, version, port, &mine) < 0) {
		perror(path);
		exit(1);
	}
	if (recv(ctl, &theirs, sizeof(theirs), MSG_WAITALL) != sizeof(theirs)) {
		fprintf(stderr, "rawpeer: refused\n");
		unlink(path);
		exit(1);
	}
	unlink(path);
	if (connect(link->fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0) {
		perror("rawpeer: the switch's data socket");
		exit(1);
	}
	link->impl = &ctl;
	link->send = vde_send;
	link->recv = vde_recv;
}

/* ---- streams ---- */

struct stream {
	uint8_t in[2 * PEER_FRAME_MAX];
	size_t n_in;
};

static bool
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static int
stream_send(struct peer_link *link, const void *frame, size_t len)
{
	uint8_t header[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16),
			      (uint8_t)(len >> 8), (uint8_t)len };

	return write_all(link->fd, header, sizeof(header)) &&
		       write_all(link->fd, frame, len)
		   ? 0
		   : -1;
}

/* Return: octets of the frame at the front of what is in; 0 = not whole. */
static size_t
whole_frame(const struct stream *st)
{
	size_t len;

	if (st->n_in < 4)
		return 0;
	len = (size_t)st->in[0] << 24 | (size_t)st->in[1] << 16 |
	      (size_t)st->in[2] << 8 | st->in[3];
	return st->n_in >= 4 + len ? len : 0;
}

static ssize_t
stream_recv(struct peer_link *link, void *frame, size_t size)
{
	struct stream *st = link->impl;
	size_t len = whole_frame(st);
	ssize_t n;

	if (len == 0) {
		n = recv(link->fd, st->in + st->n_in, sizeof(st->in) - st->n_in,
			 MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return -1;
		st->n_in += n > 0 ? (size_t)n : 0;
		len = whole_frame(st);
	}
	if (len == 0 || len > size)
		return len == 0 ? 0 : -1;
	memcpy(frame, st->in + 4, len);
	st->n_in -= 4 + len;
	memmove(st->in, st->in + 4 + len, st->n_in);
	return (ssize_t)len;
}

static void
stream_open(struct peer_link *link, const char *path)
{
	static struct stream st;

	link->fd = connect_to(path);
	link->impl = &st;
	link->send = stream_send;
	link->recv = stream_recv;
}

/* ---- datagrams ---- */

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	return addr;
}

/* As QEMU does it: bound to one path, sending to another, connected to none. */
static int
dgram_send(struct peer_link *link, const void *frame, size_t len)
{
	const struct sockaddr_un *to = link->impl;

	return sendto(link->fd, frame, len, 0, (const struct sockaddr *)to,
		      sizeof(*to)) == (ssize_t)len
		   ? 0
		   : -1;
}

static ssize_t
dgram_recv(struct peer_link *link, void *frame, size_t size)
{
	ssize_t n = recv(link->fd, frame, size, MSG_DONTWAIT);

	return n >= 0 ? n : 0;
}

/* @paths: "MINE:THEIRS" */
static void
dgram_open(struct peer_link *link, char *paths)
{
	static struct sockaddr_un to;
	char *colon = strchr(paths, ':');
	struct sockaddr_un mine;

	if (colon == NULL)
		return;
	*colon = '\0';
	mine = address(paths);
	to = address(colon + 1);
	unlink(paths);
	link->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (link->fd < 0 ||
	    bind(link->fd, (struct sockaddr *)&mine, sizeof(mine)) < 0) {
		perror(paths);
		exit(1);
	}
	link->impl = &to;
	link->send = dgram_send;
	link->recv = dgram_recv;
}

static int
pair_send(struct peer_link *link, const void *frame, size_t len)
{
	return send(link->fd, frame, len, MSG_NOSIGNAL) == (ssize_t)len ? 0
									: -1;
}

int
main(int argc, char **argv)
{
	struct peer_link link = { .fd = -1 };
	uint32_t port = 0;
	char *at;
	int ret = 2;

	if (argc >= 3 && (at = strchr(argv[1], '@')) != NULL) {
		*at = '\0';
		port = (uint32_t)strtoul(at + 1, NULL, 10);
	}
	if (argc >= 3 && strncmp(argv[1], "v1:", 3) == 0)
		vde_open(&link, 1, argv[1] + 3, 0);
	else if (argc >= 3 && strncmp(argv[1], "v3:", 3) == 0)
		vde_open(&link, 3, argv[1] + 3, port);
	else if (argc >= 3 && strncmp(argv[1], "stream:", 7) == 0)
		stream_open(&link, argv[1] + 7);
	else if (argc >= 3 && strncmp(argv[1], "dgram:", 6) == 0)
		dgram_open(&link, argv[1] + 6);
	else if (argc >= 3 && strncmp(argv[1], "fd:", 3) == 0)
		link = (struct peer_link){ .fd = atoi(argv[1] + 3),
					   .send = pair_send,
					   .recv = dgram_recv };
	if (link.fd >= 0)
		ret = peer_run(&link, argc - 2, argv + 2);
	if (ret == 2)
		fprintf(stderr,
			"usage: rawpeer v1:DIR|v3:DIR[@PORT]|stream:PATH|"
			"dgram:MINE:THEIRS|fd:N ACTION\n%s",
			peer_usage);
	return ret;
}
