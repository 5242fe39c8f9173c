/* vdeclient: a station that attaches through the system's libvdeplug, as QEMU
 * and every other client does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libvdeplug.h>

#include "tests/integration/peer.h"

static int
plug_send(struct peer_link *link, const void *frame, size_t len)
{
	return vde_send(link->impl, frame, len, 0) == (ssize_t)len ? 0 : -1;
}

static ssize_t
plug_recv(struct peer_link *link, void *frame, size_t size)
{
	VDECONN *conn = link->impl;
	char c;

	/* vde_recv() blocks: ask before. */
	if (recv(link->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
		return vde_recv(conn, frame, size, 0);
	return recv(vde_ctlfd(conn), &c, 1, MSG_DONTWAIT) == 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct vde_open_args args = { .port = 0, .group = NULL, .mode = 0700 };
	struct peer_link link = { .send = plug_send, .recv = plug_recv };
	char description[] = "vdeclient"; /* libvdeplug 4.0 wants it writable */
	const char *port = getenv("VDE_PORT"), *mode = getenv("VDE_MODE");
	VDECONN *conn;
	int ret;

	if (argc < 3) {
		fprintf(stderr,
			"usage: [VDE_PORT=N] [VDE_MODE=OCTAL] "
			"vdeclient VNL ACTION\n%s",
			peer_usage);
		return 2;
	}
	if (port != NULL)
		args.port = atoi(port);
	if (mode != NULL)
		args.mode = (mode_t)strtoul(mode, NULL, 8);
	conn = vde_open(argv[1], description, &args);
	if (conn == NULL) {
		fprintf(stderr, "vdeclient: %s: refused\n", argv[1]);
		return 1;
	}
	link.fd = vde_datafd(conn);
	link.impl = conn;
	ret = peer_run(&link, argc - 2, argv + 2);
	vde_close(conn);
	return ret;
}
