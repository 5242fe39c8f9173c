/*
 * vhostback: a hub of vhost-user guests: what one sends gets each other one.
 * All that is of the product in it is the walker of rings (switch/ports/vring),
 * which works here on rings of other processes that run at the same time.  It
 * trusts front-ends, whose messages it takes as they are, and no guest: one
 * that breaks the rules of rings is told of, and let go.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "tests/integration/vhostfront/messages.h"

enum {
	GUESTS_MAX = 8,
	PAIRS = 4,
	RINGS = 2 * PAIRS,
	REGIONS_MAX = 8,
	BATCH = 16,
	FRAME_MIN = 14,
	WIRE_LEN_MIN = 60,
	FRAME_MAX = 65550,
	F_MERGEABLE = 15,
	F_MQ = 22,
	F_ANY_LAYOUT = 27,
	F_VERSION_1 = 32,
};

struct queue {
	struct vring ring;
	int kick, call;
	uint32_t size, base;
	struct message_addr addr;
};

struct guest {
	int fd; /* -1 = nobody */
	uint64_t features;
	struct guest_region regions[REGIONS_MAX];
	uint64_t user[REGIONS_MAX]; /* their addresses for the front-end */
	struct guest_memory memory;
	struct queue queues[RINGS];
};

struct hub {
	int listener;
	struct guest guests[GUESTS_MAX];
};

static bool
has(const struct guest *g, unsigned feature)
{
	return (g->features >> feature & 1) != 0;
}

static size_t
header_len(const struct guest *g)
{
	return has(g, F_VERSION_1) || has(g, F_MERGEABLE) ? 12 : 10;
}

/* ---- guests come and go ---- */

static void
forget_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
forget_memory(struct guest *g)
{
	for (unsigned i = 0; i < g->memory.n_regions; i++)
		munmap(g->regions[i].at, g->regions[i].size);
	g->memory = (struct guest_memory){ g->regions, 0 };
}

static void
let_go(struct guest *g)
{
	for (unsigned i = 0; i < RINGS; i++) {
		vring_stop(&g->queues[i].ring);
		forget_fd(&g->queues[i].kick);
		forget_fd(&g->queues[i].call);
	}
	forget_memory(g);
	forget_fd(&g->fd);
}

static void
broken(struct guest *g, const struct queue *q)
{
	printf("a guest is let go: %s\n", q->ring.violation);
	fflush(stdout);
	let_go(g);
}

static void
welcome(struct hub *hub)
{
	for (unsigned i = 0; i < GUESTS_MAX; i++) {
		struct guest *g = &hub->guests[i];

		if (g->fd >= 0)
			continue;
		*g = (struct guest){ .memory = { g->regions, 0 } };
		for (unsigned k = 0; k < RINGS; k++)
			g->queues[k].kick = g->queues[k].call = -1;
		g->fd = accept4(hub->listener, NULL, NULL, SOCK_CLOEXEC);
		return;
	}
}

/* ---- messages ---- */

static void *
translate(const struct guest *g, uint64_t user)
{
	for (unsigned i = 0; i < g->memory.n_regions; i++) {
		uint64_t at = user - g->user[i];

		if (at < g->regions[i].size)
			return g->regions[i].at + at;
	}
	return NULL;
}

static bool
map_regions(struct guest *g, const struct message_table *table, const int *fds)
{
	forget_memory(g);
	for (unsigned i = 0; i < table->n_regions && i < REGIONS_MAX; i++) {
		const struct memory_region *r = &table->regions[i];
		void *at = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
				MAP_SHARED, fds[i], (off_t)r->mmap_offset);

		if (at == MAP_FAILED)
			return false;
		g->regions[i] =
		    (struct guest_region){ r->guest_addr, r->size, at };
		g->user[i] = r->user_addr;
		g->memory.n_regions++;
	}
	return true;
}

static bool
start_ring(struct guest *g, unsigned i)
{
	struct queue *q = &g->queues[i];
	struct vring_config c = {
		.size = q->size,
		.features = g->features,
		.direction = i % 2 == 0 ? VRING_TO_GUEST : VRING_FROM_GUEST,
		.mergeable = has(g, F_MERGEABLE),
		.memory = &g->memory,
		.base = q->base,
	};
	struct err err;

	c.desc = translate(g, q->addr.desc);
	c.driver = translate(g, q->addr.avail);
	c.device = translate(g, q->addr.used);
	if (vring_start(&q->ring, &c, &err) == 0)
		return true;
	printf("a ring cannot start: %s\n", err.text);
	return false;
}

static void
reply(const struct guest *g, uint32_t request, const void *payload,
      uint32_t size)
{
	struct {
		struct message_header header;
		uint8_t payload[16];
	} __attribute__((packed))
	m = { .header = { request, MESSAGE_VERSION | MESSAGE_REPLY, size } };

	memcpy(m.payload, payload, size);
	if (send(g->fd, &m, sizeof(m.header) + size, MSG_NOSIGNAL) < 0)
		perror("vhostback: reply");
}

static void
reply_number(const struct guest *g, uint32_t request, uint64_t number)
{
	reply(g, request, &number, sizeof(number));
}

union payload {
	uint64_t number;
	struct message_state state;
	struct message_addr addr;
	struct message_table table;
};

/* Return: false to let it go. */
static bool
on_ring_message(struct guest *g, uint32_t request, const union payload *p,
		const int *fds)
{
	unsigned i = p->state.index & 0xff;
	struct queue *q = &g->queues[i % RINGS];

	if (i >= RINGS)
		return false;
	if (request == SET_VRING_NUM) {
		q->size = p->state.num;
	} else if (request == SET_VRING_BASE) {
		q->base = p->state.num;
	} else if (request == SET_VRING_ADDR) {
		q->addr = p->addr;
	} else if (request == SET_VRING_CALL) {
		forget_fd(&q->call);
		q->call = fds[0];
	} else if (request == SET_VRING_KICK) {
		forget_fd(&q->kick);
		q->kick = fds[0];
		return start_ring(g, i);
	} else if (request == GET_VRING_BASE) {
		struct message_state base = { i, vring_stop(&q->ring) };

		reply(g, request, &base, sizeof(base));
	}
	return true;
}

static bool
on_message(struct guest *g, const struct message_header *h,
	   const union payload *p, const int *fds)
{
	bool good = true;

	if (h->request == GET_FEATURES) {
		reply_number(g, h->request,
			     VRING_F_INDIRECT | VRING_F_EVENT_IDX |
				 VRING_F_PACKED | VRING_F_IN_ORDER |
				 MESSAGE_F_PROTOCOL | MESSAGE_BIT(F_MERGEABLE) |
				 MESSAGE_BIT(F_MQ) | MESSAGE_BIT(F_ANY_LAYOUT) |
				 MESSAGE_BIT(F_VERSION_1));
		return true;
	}
	if (h->request == GET_PROTOCOL_FEATURES)
		reply_number(g, h->request,
			     MESSAGE_BIT(PROTOCOL_MQ) |
				 MESSAGE_BIT(PROTOCOL_REPLY_ACK));
	else if (h->request == GET_QUEUE_NUM)
		reply_number(g, h->request, PAIRS);
	else if (h->request == SET_FEATURES)
		g->features = p->number;
	else if (h->request == SET_MEM_TABLE)
		good = map_regions(g, &p->table, fds);
	else if (h->request >= SET_VRING_NUM && h->request <= SET_VRING_CALL)
		good = on_ring_message(g, h->request, p, fds);
	if (good && (h->flags & MESSAGE_NEED_REPLY) != 0)
		reply_number(g, h->request, 0);
	return good;
}

static bool
read_message(struct guest *g)
{
	struct message_header h;
	union payload p = { 0 };
	int fds[REGIONS_MAX];
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(fds))];
	} control;
	struct iovec iov = { &h, sizeof(h) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	bool good;

	memset(fds, 0xff, sizeof(fds));
	if (recvmsg(g->fd, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(h) ||
	    h.size > sizeof(p) ||
	    (h.size > 0 &&
	     recv(g->fd, &p, h.size, MSG_WAITALL) != (ssize_t)h.size))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	good = on_message(g, &h, &p, fds);
	if (h.request == SET_MEM_TABLE)
		for (unsigned i = 0; i < REGIONS_MAX; i++)
			forget_fd(&fds[i]);
	return good;
}

/* ---- frames ---- */

static void
publish(struct queue *q)
{
	const uint64_t one = 1;
	struct pollfd p = { .fd = q->call, .events = POLLOUT };

	vring_publish(&q->ring);
	if (vring_wants_call(&q->ring) && q->call >= 0 && poll(&p, 1, 0) == 1 &&
	    write(q->call, &one, sizeof(one)) < 0)
		perror("vhostback: call");
}

static void
copy_to(const struct vring_space *space, const uint8_t *from, size_t len)
{
	for (unsigned i = 0; i < space->n && len > 0; i++) {
		size_t n = space->iov[i].iov_len;

		memcpy(space->iov[i].iov_base, from, n < len ? n : len);
		from += n;
		len -= n < len ? n : len;
	}
}

/* @data: with room for a header in front of the frame */
static void
deliver(struct guest *g, unsigned pair, uint8_t *data, size_t len)
{
	static struct iovec iov[2 * VRING_CHAIN_IOVS];
	struct vring_space space = { iov, 0, 2 * VRING_CHAIN_IOVS };
	struct vring_chain chains[VRING_FRAME_CHAINS];
	struct queue *q = &g->queues[2 * pair];
	uint8_t *at = data - header_len(g);
	uint16_t n_buffers;
	int n;

	if (!q->ring.running)
		q = &g->queues[0];
	if (!q->ring.running)
		return;
	n = vring_reserve(&q->ring, &space, (uint32_t)(header_len(g) + len),
			  chains, VRING_FRAME_CHAINS);
	if (n == -EPROTO)
		broken(g, q);
	if (n <= 0)
		return; /* it has no room: what hubs do then */
	n_buffers = (uint16_t)n;
	memset(at, 0, header_len(g));
	if (header_len(g) == 12)
		memcpy(at + 10, &n_buffers, sizeof(n_buffers));
	copy_to(&space, at, header_len(g) + len);
	vring_return(&q->ring, chains, (unsigned)n);
	publish(q);
}

static void
forward(struct hub *hub, const struct guest *from, unsigned pair,
	const struct vring_chain *chain)
{
	static uint8_t data[16 + 12 + FRAME_MAX + 1];
	size_t skip = header_len(from), n;

	n = vring_chain_read(chain, skip, data + 16, FRAME_MAX + 1);
	if (chain->len < skip || n < FRAME_MIN || n > FRAME_MAX)
		return;
	for (; n < WIRE_LEN_MIN; n++)
		data[16 + n] = 0;
	for (unsigned i = 0; i < GUESTS_MAX; i++)
		if (&hub->guests[i] != from && hub->guests[i].fd >= 0)
			deliver(&hub->guests[i], pair, data + 16, n);
}

/* All that is there in transmit ring number @i. */
static void
drain(struct hub *hub, struct guest *g, unsigned i)
{
	static struct iovec iov[4 * VRING_CHAIN_IOVS];
	struct queue *q = &g->queues[i];
	struct vring_chain chains[BATCH];
	int n;

	do {
		struct vring_space space = { iov, 0, 4 * VRING_CHAIN_IOVS };

		vring_mute(&q->ring);
		n = vring_take(&q->ring, &space, chains, BATCH);
		for (int k = 0; k < n; k++)
			forward(hub, g, i / 2, &chains[k]);
		if (n > 0) {
			vring_return(&q->ring, chains, (unsigned)n);
			publish(q);
		}
	} while (n > 0 || (n == 0 && vring_listen(&q->ring)));
	if (n < 0)
		broken(g, q);
}

static void
on_kick(struct hub *hub, struct guest *g, unsigned i)
{
	uint64_t kicks;

	if (read(g->queues[i].kick, &kicks, sizeof(kicks)) < 0)
		return;
	if (i % 2 != 0 && g->queues[i].ring.running)
		drain(hub, g, i);
}

/* ---- the loop ---- */

static void
turn(struct hub *hub)
{
	struct pollfd fds[1 + GUESTS_MAX * (1 + RINGS)];
	unsigned n = 0;

	fds[n++] = (struct pollfd){ hub->listener, POLLIN, 0 };
	for (unsigned i = 0; i < GUESTS_MAX; i++) {
		const struct guest *g = &hub->guests[i];

		fds[n++] = (struct pollfd){ g->fd, POLLIN, 0 };
		for (unsigned k = 0; k < RINGS; k++)
			fds[n++] = (struct pollfd){
				g->fd >= 0 ? g->queues[k].kick : -1, POLLIN, 0
			};
	}
	if (poll(fds, n, -1) < 0)
		return;
	for (unsigned i = 0; i < GUESTS_MAX; i++) {
		const struct pollfd *at = &fds[1 + i * (1 + RINGS)];
		struct guest *g = &hub->guests[i];

		if (at->revents != 0 && at->fd == g->fd && !read_message(g))
			let_go(g);
		for (unsigned k = 0; k < RINGS && g->fd >= 0; k++)
			if (at[1 + k].revents != 0 &&
			    at[1 + k].fd == g->queues[k].kick)
				on_kick(hub, g, k);
	}
	if (fds[0].revents != 0)
		welcome(hub);
}

int
main(int argc, char **argv)
{
	static struct hub hub;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (argc != 2) {
		fprintf(stderr, "usage: vhostback PATH\n");
		return 2;
	}
	for (unsigned i = 0; i < GUESTS_MAX; i++)
		hub.guests[i].fd = -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]);
	hub.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (hub.listener < 0 ||
	    bind(hub.listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(hub.listener, GUESTS_MAX) < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;)
		turn(&hub);
}
