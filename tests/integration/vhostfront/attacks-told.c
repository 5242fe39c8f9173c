/* attacks-told: what a front-end says of its rings, their descriptors, the log
 * and the buffers under way. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/vhostfront/attack.h"

static void
say_state(struct station *st, uint32_t request, uint32_t index, uint32_t num)
{
	struct message_state state = { index, num };

	session_post(&st->session, request, &state, sizeof(state), NULL, 0);
}

/* Everything that is needed of ring 0, but for one thing that comes later. */
static void
prepare(struct station *st)
{
	session_share_memory(&st->session);
	say_state(st, SET_VRING_NUM, 0, st->session.options->size);
	say_state(st, SET_VRING_BASE, 0, ring_base(&st->session.rings[0]));
}

static void
kick_and_enable(struct station *st)
{
	uint64_t ring = 0;

	session_post(&st->session, SET_VRING_KICK, &ring, sizeof(ring),
		     &st->session.rings[0].kick_fd, 1);
	say_state(st, SET_VRING_ENABLE, 0, 1);
}

static struct message_addr
addresses(const struct station *st, unsigned i)
{
	const struct memory *m = &st->session.memory;
	const struct ring *r = &st->session.rings[i];

	return (struct message_addr){
		.index = i,
		.desc = memory_user_addr(m, r->desc_area),
		.avail = memory_user_addr(m, r->driver_area),
		.used = memory_user_addr(m, r->device_area),
	};
}

static void
num(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);

	session_share_memory(&st->session);
	say_state(st, SET_VRING_BASE, 0, ring_base(&st->session.rings[0]));
	say_state(st, SET_VRING_NUM, 0, (uint32_t)a->number);
	session_post(&st->session, SET_VRING_ADDR, &addr, sizeof(addr), NULL,
		     0);
	kick_and_enable(st);
}

static void
base(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);

	prepare(st);
	say_state(st, SET_VRING_BASE, 0, (uint32_t)a->number);
	session_post(&st->session, SET_VRING_ADDR, &addr, sizeof(addr), NULL,
		     0);
	kick_and_enable(st);
}

/* A ring that there is not, in each message that names one. */
static void
index_of_none(struct station *st, const struct attack *a)
{
	static const uint32_t states[] = { SET_VRING_NUM, SET_VRING_BASE,
					   GET_VRING_BASE, SET_VRING_ENABLE };
	static const uint32_t descriptors[] = { SET_VRING_KICK, SET_VRING_CALL,
						SET_VRING_ERR };
	struct message_addr addr = { .index = (uint32_t)a->number };
	uint64_t ring = (uint64_t)a->number & 0xff;

	for (unsigned i = 0; i < 8; i++) {
		char rest[64];

		if (i < 4)
			say_state(st, states[i], addr.index, 1);
		else if (i < 7)
			session_post(&st->session, descriptors[i - 4], &ring,
				     sizeof(ring), &st->session.sock, 1);
		else
			session_post(&st->session, SET_VRING_ADDR, &addr,
				     sizeof(addr), NULL, 0);
		while (recv(st->session.sock, rest, sizeof(rest), 0) > 0)
			continue;
		if (i == 7)
			break;
		printf("closed\n");
		session_disconnect(&st->session);
		session_connect(&st->session);
		session_negotiate(&st->session);
	}
}

enum { DESC, AVAIL, USED };

static uint64_t *
part(struct message_addr *addr, long which)
{
	return which == DESC	? &addr->desc
	       : which == AVAIL ? &addr->avail
				: &addr->used;
}

static void
start_at(struct station *st, const struct message_addr *addr)
{
	prepare(st);
	session_post(&st->session, SET_VRING_ADDR, addr, sizeof(*addr), NULL,
		     0);
	kick_and_enable(st);
}

static void
addr_unmapped(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);

	*part(&addr, a->number) = 0x10000;
	start_at(st, &addr);
}

static void
addr_wraps(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);

	*part(&addr, a->number) = (uint64_t)-16;
	start_at(st, &addr);
}

/* The first octets are in memory, and the last not. */
static void
addr_over_the_end(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);
	struct memory_region last = memory_region(
	    &st->session.memory, st->session.memory.n_regions - 1);

	*part(&addr, a->number) = last.user_addr + last.size - 16;
	start_at(st, &addr);
}

static void
addr_odd(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 0);

	*part(&addr, a->number) += 1;
	start_at(st, &addr);
}

static void
addr_moves_away(struct station *st, const struct attack *a)
{
	struct message_addr addr = addresses(st, 1);

	*part(&addr, a->number) = 0x10000;
	session_post(&st->session, SET_VRING_ADDR, &addr, sizeof(addr), NULL,
		     0);
	ring_kick_always(&st->session.rings[1]);
}

static void
num_while_running(struct station *st, const struct attack *a)
{
	say_state(st, SET_VRING_NUM, 1, (uint32_t)a->number);
	ring_kick_always(&st->session.rings[1]);
}

/* ---- descriptors that are something else ---- */

enum { PIPE, PIPE_OUT, SOCKET, FILE_, DIRECTORY, ZERO, NULL_, MEMFD, FULL };

static int
odd_fd(struct station *st, long kind)
{
	int fds[2] = { -1, -1 }, fd = -1;
	uint64_t most = UINT64_MAX - 1;

	if (kind == PIPE || kind == PIPE_OUT) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			perror("pipe");
		return fds[kind == PIPE ? 0 : 1];
	}
	if (kind == SOCKET)
		fd = dup(st->session.sock);
	else if (kind == FILE_)
		fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else if (kind == DIRECTORY)
		fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (kind == ZERO)
		fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	else if (kind == NULL_)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	else if (kind == MEMFD)
		fd = memfd_create("small", MFD_CLOEXEC);
	else if (kind == FULL)
		fd = eventfd(0, EFD_CLOEXEC); /* and writes block */
	if (fd < 0 || (kind == FULL && write(fd, &most, sizeof(most)) < 0)) {
		perror("vhostfront: a descriptor");
		exit(1);
	}
	return fd;
}

static void
odd_kick(struct station *st, const struct attack *a)
{
	uint64_t ring = 1;
	int fd = odd_fd(st, a->number);

	session_post(&st->session, SET_VRING_KICK, &ring, sizeof(ring), &fd, 1);
	close(fd);
}

static void
odd_call(struct station *st, const struct attack *a)
{
	uint8_t frame[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };
	uint64_t ring = 0;
	int fd = odd_fd(st, a->number);

	session_post(&st->session, SET_VRING_CALL, &ring, sizeof(ring), &fd, 1);
	ring_want_calls(&st->session.rings[0], true);
	attack_frame(st, frame + st->header_len);
	attack_transmit(st, frame, st->header_len + ATTACK_FRAME_LEN, 4096);
	if (a->number != FULL)
		return;
	/* The answer has come although nobody can be called. */
	session_share_memory(&st->session);
	session_post(&st->session, SET_VRING_CALL, &ring, sizeof(ring),
		     &st->session.rings[0].call_fd, 1);
}

/* ---- the log of pages ---- */

static void
log_area(struct station *st, const struct attack *a)
{
	static const struct message_log areas[] = {
		{ .size = UINT64_MAX - 4095, .offset = 4096 },
		{ .size = 4096, .offset = UINT64_MAX - 4095 },
		{ .size = UINT64_C(1) << 50, .offset = 0 },
		{ .size = 4096, .offset = UINT64_C(1) << 50 },
		{ .size = 0, .offset = 0 },
	};
	int fd = a->number < 5 ? st->session.memory.fd : odd_fd(st, PIPE);

	session_post(&st->session, SET_LOG_BASE, &areas[a->number % 5],
		     sizeof(areas[0]), &fd, 1);
}

/* Pages that it has no bit for are written to. */
static void
log_too_small(struct station *st, const struct attack *a)
{
	struct message_log log = { .size = 8 };
	uint8_t frame[STATION_HEADER_MAX + ATTACK_FRAME_LEN] = { 0 };
	uint64_t all = st->session.features | MESSAGE_F_LOG_ALL;
	int fd = memfd_create("log", MFD_CLOEXEC);

	(void)a;
	if (ftruncate(fd, 4096) < 0)
		perror("log");
	session_post(&st->session, SET_LOG_BASE, &log, sizeof(log), &fd, 1);
	session_post(&st->session, SET_FEATURES, &all, sizeof(all), NULL, 0);
	attack_frame(st, frame + st->header_len);
	attack_transmit(st, frame, st->header_len + ATTACK_FRAME_LEN, 4096);
	close(fd);
}

/* ---- buffers under way ---- */

static void
inflight_area(struct station *st, const struct attack *a)
{
	static const struct message_inflight areas[] = {
		{ UINT64_MAX - 4095, 4096, 2, 256 },
		{ 4096, UINT64_MAX - 4095, 2, 256 },
		{ 4096, 0, 65535, 32768 },
		{ 4096, 0, 0, 256 },
		{ 4096, 0, 2, 0 },
		{ UINT64_C(1) << 50, 0, 2, 256 },
		{ 1, 0, 2, 256 },
	};
	int fd = memfd_create("inflight", MFD_CLOEXEC);

	if (ftruncate(fd, 4096) < 0)
		perror("inflight");
	session_post(&st->session, SET_INFLIGHT_FD, &areas[a->number],
		     sizeof(areas[0]), &fd, 1);
	close(fd);
}

static void
inflight_ask(struct station *st, const struct attack *a)
{
	static const struct message_inflight areas[] = {
		{ 0, 0, 65535, 65535 },
		{ 0, 0, 0, 0 },
	};

	session_post(&st->session, GET_INFLIGHT_FD, &areas[a->number],
		     sizeof(areas[0]), NULL, 0);
}

enum {
	INFLIGHT_VERSION_AT = 8, /* in each ring's part */
	INFLIGHT_SIZE_AT = 10,
	INFLIGHT_RINGS = 2,
	INFLIGHT_SIZE = 256,
};

/* All ones, but for what makes it one of the layout @version; 0xffff: that,
 * too. */
static void
fill_inflight(uint8_t *area, size_t len, uint16_t version)
{
	const uint16_t size = INFLIGHT_SIZE;

	memset(area, 0xff, len);
	for (size_t i = 0; i < INFLIGHT_RINGS; i++) {
		uint8_t *part = area + i * len / INFLIGHT_RINGS;

		memcpy(part + INFLIGHT_VERSION_AT, &version, sizeof(version));
		if (version != 0xffff)
			memcpy(part + INFLIGHT_SIZE_AT, &size, sizeof(size));
	}
}

/* What a former back-end has left is nonsense. */
static void
inflight_nonsense(struct station *st, const struct attack *a)
{
	struct session *s = &st->session;
	struct message_inflight ask = { .n_queues = INFLIGHT_RINGS,
					.queue_size = INFLIGHT_SIZE };
	struct message_header header;
	uint8_t *area;
	int fd;

	session_post(s, GET_INFLIGHT_FD, &ask, sizeof(ask), NULL, 0);
	if (session_receive(s, &header, &ask, sizeof(ask), &fd) !=
		sizeof(ask) ||
	    fd < 0)
		return;
	area = mmap(NULL, ask.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)ask.mmap_offset);
	if (area == MAP_FAILED) {
		perror("vhostfront: inflight");
		exit(1);
	}
	fill_inflight(area, ask.mmap_size, (uint16_t)a->number);
	ask.n_queues = INFLIGHT_RINGS;
	ask.queue_size = INFLIGHT_SIZE;
	session_post(s, SET_INFLIGHT_FD, &ask, sizeof(ask), &fd, 1);
	close(fd);
	session_share_memory(s);
	for (unsigned i = 0; i < s->n_rings; i++) {
		struct message_addr addr = addresses(st, i);
		uint64_t ring = i;

		say_state(st, SET_VRING_NUM, i, INFLIGHT_SIZE);
		say_state(st, SET_VRING_BASE, i, ring_base(&s->rings[i]));
		session_post(s, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
		session_post(s, SET_VRING_KICK, &ring, sizeof(ring),
			     &s->rings[i].kick_fd, 1);
		say_state(st, SET_VRING_ENABLE, i, 1);
	}
}

const struct attack attacks_rings_told[] = {
	{ "num-0", NULL, BUILT, CLOSED, num, 0 },
	{ "num-3", NULL, BUILT, CLOSED, num, 3 },
	{ "num-32769", "packed", BUILT, CLOSED, num, 32769 },
	{ "num-65536", NULL, BUILT, CLOSED, num, 65536 },
	{ "num-2^32-1", NULL, BUILT, CLOSED, num, 0xffffffff },
	{ "num-0-while-running", NULL, RUNNING, CLOSED, num_while_running, 0 },
	{ "index-of-none-200", NULL, NEGOTIATED, CLOSED, index_of_none, 200 },
	{ "index-of-none-2^32-1", NULL, NEGOTIATED, CLOSED, index_of_none,
	  0xffffffff },
	{ "base-65536", NULL, BUILT, CLOSED, base, 65536 },
	{ "base-packed-beyond", "packed", BUILT, CLOSED, base, 0x81008100 },
	{ "desc-unmapped", NULL, BUILT, CLOSED, addr_unmapped, DESC },
	{ "avail-unmapped", NULL, BUILT, CLOSED, addr_unmapped, AVAIL },
	{ "used-unmapped", NULL, BUILT, CLOSED, addr_unmapped, USED },
	{ "desc-wraps", NULL, BUILT, CLOSED, addr_wraps, DESC },
	{ "avail-wraps", NULL, BUILT, CLOSED, addr_wraps, AVAIL },
	{ "used-wraps", NULL, BUILT, CLOSED, addr_wraps, USED },
	{ "desc-over-the-end", NULL, BUILT, CLOSED, addr_over_the_end, DESC },
	{ "avail-over-the-end", NULL, BUILT, CLOSED, addr_over_the_end, AVAIL },
	{ "used-over-the-end", NULL, BUILT, CLOSED, addr_over_the_end, USED },
	{ "desc-odd", NULL, BUILT, CLOSED, addr_odd, DESC },
	{ "avail-odd", NULL, BUILT, CLOSED, addr_odd, AVAIL },
	{ "used-odd", NULL, BUILT, CLOSED, addr_odd, USED },
	{ "used-moves-away", NULL, RUNNING, CLOSED, addr_moves_away, USED },
	{ "kick-is-a-pipe", NULL, RUNNING, CLOSED, odd_kick, PIPE },
	{ "kick-is-a-socket", NULL, RUNNING, CLOSED, odd_kick, SOCKET },
	{ "kick-is-a-file", NULL, RUNNING, CLOSED, odd_kick, FILE_ },
	{ "kick-is-a-directory", NULL, RUNNING, CLOSED, odd_kick, DIRECTORY },
	{ "kick-is-zeros", NULL, RUNNING, CLOSED, odd_kick, ZERO },
	{ "call-is-a-pipe", NULL, RUNNING, CLOSED, odd_call, PIPE_OUT },
	{ "call-is-a-socket", NULL, RUNNING, CLOSED, odd_call, SOCKET },
	{ "call-is-a-file", NULL, RUNNING, CLOSED, odd_call, FILE_ },
	{ "call-is-a-directory", NULL, RUNNING, CLOSED, odd_call, DIRECTORY },
	{ "call-is-null", NULL, RUNNING, CLOSED, odd_call, NULL_ },
	{ "call-is-a-memfd", NULL, RUNNING, CLOSED, odd_call, MEMFD },
	{ "call-is-full", NULL, RUNNING, ANSWERED, odd_call, FULL },
	{ "log-size-wraps", NULL, BUILT, CLOSED, log_area, 0 },
	{ "log-offset-wraps", NULL, BUILT, CLOSED, log_area, 1 },
	{ "log-of-2^50", NULL, BUILT, CLOSED, log_area, 2 },
	{ "log-behind-its-file", NULL, BUILT, CLOSED, log_area, 3 },
	{ "log-of-nothing", NULL, BUILT, CLOSED, log_area, 4 },
	{ "log-is-a-pipe", NULL, BUILT, CLOSED, log_area, 5 },
	{ "log-too-small", NULL, RUNNING, CLOSED, log_too_small, 0 },
	{ "inflight-size-wraps", NULL, BUILT, CLOSED, inflight_area, 0 },
	{ "inflight-offset-wraps", NULL, BUILT, CLOSED, inflight_area, 1 },
	{ "inflight-of-65535", NULL, BUILT, CLOSED, inflight_area, 2 },
	{ "inflight-of-no-queue", NULL, BUILT, CLOSED, inflight_area, 3 },
	{ "inflight-of-size-0", NULL, BUILT, CLOSED, inflight_area, 4 },
	{ "inflight-behind-its-file", NULL, BUILT, CLOSED, inflight_area, 5 },
	{ "inflight-too-small", NULL, BUILT, CLOSED, inflight_area, 6 },
	{ "inflight-asked-65535", NULL, BUILT, CLOSED, inflight_ask, 0 },
	{ "inflight-asked-0", NULL, BUILT, CLOSED, inflight_ask, 1 },
	{ "inflight-nonsense", NULL, BUILT, CLOSED, inflight_nonsense, 0xffff },
	{ "inflight-nonsense-packed", "packed", BUILT, CLOSED,
	  inflight_nonsense, 0xffff },
	{ "inflight-all-taken", NULL, BUILT, CLOSED, inflight_nonsense, 1 },
	{ "inflight-beyond-packed", "packed", BUILT, CLOSED, inflight_nonsense,
	  2 },
	{ NULL },
};
