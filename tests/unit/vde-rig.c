#include "tests/unit/vde-rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/vde-proto.h"

struct rig rig;
struct client alice, bob;
static unsigned n_clients;

int
connect_ctl(void)
{
	char path[128];
	struct err err = ERR_INIT;
	int fd;

	snprintf(path, sizeof(path), "%s/ctl", rig.dir);
	fd = sockpath_connect(path, SOCK_STREAM, &err);
	ck_assert_msg(fd >= 0, "%s", err.text);
	return fd;
}

void
client_init(struct client *c)
{
	struct err err = ERR_INIT;

	snprintf(c->path, sizeof(c->path), "%s/client.%u", rig.top,
		 n_clients++);
	c->data = sockpath_listen(c->path, SOCK_DGRAM, 0700, &err);
	ck_assert_msg(c->data >= 0, "%s", err.text);
	c->ctl = connect_ctl();
}

size_t
request(const struct client *c, unsigned version, uint32_t port,
	uint8_t wire[static VDE_REQUEST_MAX])
{
	static const char description[] = "test pid=1";
	uint32_t head[3] = { 0xfeedface, version, port << 8 };
	struct sockaddr_un addr;
	size_t len = 0;

	ck_assert_int_eq(sockpath_fill(&addr, c->path, NULL), 0);
	if (version == 1)
		head[1] = 0;
	memcpy(wire, head, sizeof(head));
	len = version == 1 ? 14 : 12; /* v1: a MAC instead of the type */
	memcpy(wire + len, &addr, sizeof(addr));
	len += sizeof(addr);
	memcpy(wire + len, description, sizeof(description) - 1);
	return len + sizeof(description) - 1;
}

void
client_ask(struct client *c, unsigned version, uint32_t port)
{
	uint8_t wire[VDE_REQUEST_MAX];
	size_t len = request(c, version, port, wire);

	ck_assert_int_eq(send(c->ctl, wire, len, MSG_NOSIGNAL), (ssize_t)len);
}

bool
client_hear(struct client *c)
{
	ssize_t n;

	RIG_UNTIL(&rig, rig_readable(c->ctl));
	n = recv(c->ctl, &c->at, sizeof(c->at), MSG_DONTWAIT);
	ck_assert(n <= 0 || n == VDE_REPLY_SIZE);
	if (n <= 0)
		return false;
	ck_assert_int_eq(
	    connect(c->data, (struct sockaddr *)&c->at, sizeof(c->at)), 0);
	unlink(c->path); /* as libvdeplug 4 does */
	return true;
}

void
client_attach(struct client *c, unsigned version, uint32_t port)
{
	client_init(c);
	client_ask(c, version, port);
	ck_assert_msg(client_hear(c), "the client was refused");
}

void
client_leave(struct client *c)
{
	if (c->ctl >= 0)
		close(c->ctl);
	if (c->data >= 0)
		close(c->data);
	unlink(c->path);
	c->ctl = c->data = -1;
}

bool
has_ended(int fd)
{
	char c;

	return rig_readable(fd) && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

void
vde_setup(void)
{
	rig_up(&rig, 0);
	client_attach(&alice, 3, 0);
	client_attach(&bob, 3, 0);
}

void
vde_teardown(void)
{
	client_leave(&alice);
	client_leave(&bob);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.segment->n_ports, 0);
	rig_down(&rig);
}

void
send_frame(struct client *c, const void *frame, size_t len)
{
	for (;;) {
		ssize_t n = send(c->data, frame, len, MSG_DONTWAIT);

		if (n == (ssize_t)len)
			return;
		ck_assert_int_eq(errno, EAGAIN);
		ck_assert(rig_turn(&rig));
	}
}

void
expect_frame(struct client *c, const uint8_t *want, size_t len)
{
	static uint8_t got[FRAME_LEN_MAX + 1];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;
	ssize_t n;

	RIG_UNTIL(&rig, rig_readable(c->data));
	n = recv(c->data, got, sizeof(got), MSG_DONTWAIT);
	ck_assert_int_eq(n, (ssize_t)wire_len);
	ck_assert_int_eq(memcmp(got, want, len), 0);
	for (size_t i = len; i < wire_len; i++)
		ck_assert_uint_eq(got[i], 0);
}
