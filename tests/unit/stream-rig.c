#include "tests/unit/stream-rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"

struct rig rig;
struct peer alice, bob;

void
peer_open(struct peer *p)
{
	char path[128];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/stream", rig.dir);
	p->n_in = 0;
	p->fd = sockpath_connect(path, SOCK_STREAM, &err);
	ck_assert_msg(p->fd >= 0, "%s", err.text);
}

void
peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void
stream_setup(void)
{
	rig_up(&rig, 0);
	peer_open(&alice);
	peer_open(&bob);
	RIG_UNTIL(&rig, rig.n_added == 2);
}

void
stream_teardown(void)
{
	peer_close(&alice);
	peer_close(&bob);
	rig_settle(&rig);
	rig_down(&rig);
}

void
write_all(struct peer *p, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = send(p->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert(rig_turn(&rig));
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
}

void
send_header(struct peer *p, uint32_t len)
{
	uint8_t header[STREAM_HEADER_LEN];

	stream_proto_put(header, len);
	write_all(p, header, sizeof(header));
}

void
send_frame(struct peer *p, const void *frame, size_t len)
{
	uint8_t wire[STREAM_HEADER_LEN + STREAM_LEN_MAX];

	stream_proto_put(wire, (uint32_t)len);
	memcpy(wire + STREAM_HEADER_LEN, frame, len);
	write_all(p, wire, STREAM_HEADER_LEN + len);
}

static uint32_t
announced(const struct peer *p)
{
	return (uint32_t)p->in[0] << 24 | (uint32_t)p->in[1] << 16 |
	       (uint32_t)p->in[2] << 8 | p->in[3];
}

size_t
take(struct peer *p, size_t max)
{
	size_t room = sizeof(p->in) - p->n_in;
	ssize_t n =
	    recv(p->fd, p->in + p->n_in, max < room ? max : room, MSG_DONTWAIT);

	if (n > 0)
		p->n_in += (size_t)n;
	return n > 0 ? (size_t)n : 0;
}

bool
has_frame(struct peer *p)
{
	take(p, SIZE_MAX);
	return p->n_in >= STREAM_HEADER_LEN &&
	       p->n_in >= STREAM_HEADER_LEN + (size_t)announced(p);
}

size_t
next_frame(struct peer *p, uint8_t *frame)
{
	size_t len, used;

	RIG_UNTIL(&rig, has_frame(p));
	len = announced(p);
	used = STREAM_HEADER_LEN + len;
	memcpy(frame, p->in + STREAM_HEADER_LEN, len);
	p->n_in -= used;
	memmove(p->in, p->in + used, p->n_in);
	return len;
}

void
expect_frame(struct peer *p, const uint8_t *want, size_t len)
{
	static uint8_t got[STREAM_LEN_MAX];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;

	ck_assert_uint_eq(next_frame(p, got), wire_len);
	ck_assert_int_eq(memcmp(got, want, len), 0);
	for (size_t i = len; i < wire_len; i++)
		ck_assert_uint_eq(got[i], 0);
}
