#include "config.h"

#include "tests/integration/vhostfront/station.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/virtio_config.h>

static bool
has(const struct station *st, unsigned feature)
{
	return (st->session.features >> feature & 1) != 0;
}

/* Return: how many pieces. */
static unsigned
cut(struct station *st, const uint8_t *at, size_t len, bool header_apart,
    struct ring_piece *pieces)
{
	unsigned n = 0;

	while (len > 0) {
		size_t part = st->options->piece;

		if (n == 0 && header_apart)
			part = st->header_len;
		if (part > len || n + 1 == RING_PIECES_MAX)
			part = len;
		pieces[n++] = (struct ring_piece){ memory_guest_addr(
						       &st->session.memory, at),
						   (uint32_t)part };
		at += part;
		len -= part;
	}
	return n;
}

/* ---- reception ---- */

static void
offer_receive(struct station *st, unsigned i, uint16_t slot)
{
	struct ring_piece pieces[RING_PIECES_MAX];
	uint8_t *at = st->buffers[i] + slot * st->buffer_size;
	unsigned n =
	    cut(st, at, st->buffer_size, st->options->header_apart, pieces);

	if (!ring_offer(&st->session.rings[i], pieces, n, slot)) {
		fprintf(stderr, "vhostfront: a ring has no room for what it "
				"had room for\n");
		exit(1);
	}
}

static void
check_header(struct station *st, const struct virtio_net_hdr *h)
{
	static const uint8_t needs[] = {
		[VIRTIO_NET_HDR_GSO_TCPV4] = VIRTIO_NET_F_GUEST_TSO4,
		[VIRTIO_NET_HDR_GSO_UDP] = VIRTIO_NET_F_GUEST_UFO,
		[VIRTIO_NET_HDR_GSO_TCPV6] = VIRTIO_NET_F_GUEST_TSO6,
		[5] = 54, /* VIRTIO_NET_F_GUEST_USO4, or USO6 */
	};
	uint8_t gso = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	if (h->flags != 0 && !has(st, VIRTIO_NET_F_GUEST_CSUM))
		ring_fail("flags of checksums that were not negotiated");
	if (gso == VIRTIO_NET_HDR_GSO_NONE && h->gso_type == 0)
		return;
	if (gso >= sizeof(needs) || needs[gso] == 0 || !has(st, needs[gso]))
		ring_fail("a segment of a kind that was not negotiated");
	if (gso != h->gso_type && !has(st, VIRTIO_NET_F_GUEST_ECN))
		ring_fail("ECN that was not negotiated");
	if (h->gso_size == 0 || (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
		ring_fail("a segment without a size or without a checksum");
}

/* Waits for the device's next buffer: what a frame is made of comes at once,
 * or nearly. */
static uint32_t
next_part(struct station *st, unsigned i, uint16_t *slot)
{
	uint32_t len;

	for (unsigned ms = 0; ms < SESSION_PATIENCE_MS; ms++) {
		if (ring_take_back(&st->session.rings[i], slot, &len))
			return len;
		poll(NULL, 0, 1);
	}
	ring_fail("a frame that ends in the middle");
	return 0;
}

/* The frame that begins in @slot, of which @len octets were written. */
static ssize_t
collect(struct station *st, unsigned i, uint16_t slot, uint32_t len,
	uint8_t *frame, size_t size)
{
	const uint8_t *at = st->buffers[i] + slot * st->buffer_size;
	struct virtio_net_hdr_mrg_rxbuf h = { .num_buffers = 1 };
	size_t total, skip = st->header_len;

	if (len < skip)
		ring_fail("a buffer shorter than its header");
	memcpy(&h, at, skip);
	check_header(st, &h.hdr);
	st->in = h.hdr;
	if (st->options->lenient && !has(st, VIRTIO_NET_F_MRG_RXBUF))
		h.num_buffers = 1;
	if (h.num_buffers != 1 && !has(st, VIRTIO_NET_F_MRG_RXBUF))
		ring_fail("buffers are merged, or none");
	if (h.num_buffers == 0)
		ring_fail("a frame in no buffer");
	for (total = 0;;) {
		if (total + len - skip > size)
			ring_fail("a frame that is too long");
		memcpy(frame + total, at + skip, len - skip);
		total += len - skip;
		skip = 0;
		offer_receive(st, i, slot);
		if (--h.num_buffers == 0)
			return (ssize_t)total;
		if (len != st->buffer_size)
			ring_fail("a buffer of a merged frame is not full");
		len = next_part(st, i, &slot);
		at = st->buffers[i] + slot * st->buffer_size;
	}
}

static ssize_t
look(struct station *st, uint8_t *frame, size_t size)
{
	unsigned n = st->session.n_rings / 2;

	for (unsigned k = 0; k < n; k++) {
		unsigned i = 2 * ((st->next_ring + k) % n);
		uint16_t slot;
		uint32_t len;

		if (!ring_take_back(&st->session.rings[i], &slot, &len))
			continue;
		st->next_ring = i / 2;
		return collect(st, i, slot, len, frame, size);
	}
	return 0;
}

static ssize_t
station_recv(struct peer_link *link, void *frame, size_t size)
{
	struct station *st = link->impl;
	ssize_t len = look(st, frame, size);
	uint64_t n;
	char c;

	if (len > 0)
		return len;
	if (st->timer >= 0 && read(st->timer, &n, sizeof(n)) < 0)
		n = 0; /* not yet */
	for (unsigned i = 0; i < st->session.n_rings; i += 2) {
		struct ring *r = &st->session.rings[i];

		ring_drain_calls(r);
		ring_kick(r); /* for the buffers offered again */
		ring_want_calls(r, true);
	}
	len = look(st, frame, size);
	if (len > 0)
		return len;
	return recv(st->session.sock, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0 ? -1
									   : 0;
}

/* ---- transmission ---- */

static void
reclaim(struct station *st, unsigned i)
{
	uint16_t slot;
	uint32_t len;

	while (ring_take_back(&st->session.rings[i], &slot, &len))
		st->idle[i][st->n_idle[i]++] = slot;
}

unsigned
station_in_flight(struct station *st)
{
	unsigned n = 0;

	for (unsigned i = 1; i < st->session.n_rings; i += 2) {
		reclaim(st, i);
		n += st->n_slots - st->n_idle[i];
	}
	return n;
}

/* Return: false when the device takes none for long. */
static bool
wait_for_idle(struct station *st, unsigned i)
{
	struct ring *r = &st->session.rings[i];

	for (unsigned ms = 0; ms < SESSION_PATIENCE_MS; ms += 10) {
		struct pollfd p = { .fd = r->call_fd, .events = POLLIN };

		ring_drain_calls(r);
		ring_want_calls(r, true);
		reclaim(st, i);
		ring_kick(r);
		if (st->n_idle[i] > 0 && r->n_free >= RING_PIECES_MAX)
			break;
		if (st->n_idle[i] == st->n_slots)
			break;
		poll(&p, 1, 10);
	}
	ring_want_calls(r, false);
	return st->n_idle[i] > 0;
}

/* A flow keeps to a pair of rings. */
static unsigned
choose_ring(const struct station *st, const uint8_t *frame)
{
	unsigned pair = (frame[5] ^ frame[11]) % (st->session.n_rings / 2);

	return 2 * pair + 1;
}

static int
station_send(struct peer_link *link, const void *frame, size_t len)
{
	struct station *st = link->impl;
	unsigned i = choose_ring(st, frame), n;
	struct ring *r = &st->session.rings[i];
	struct virtio_net_hdr_mrg_rxbuf h = { .hdr = st->out };
	struct ring_piece pieces[RING_PIECES_MAX];
	uint16_t slot;
	uint8_t *at;

	st->out = (struct virtio_net_hdr){ 0 };
	reclaim(st, i);
	if (st->n_idle[i] == 0 && !wait_for_idle(st, i))
		return -1;
	slot = st->idle[i][--st->n_idle[i]];
	at = st->buffers[i] + (size_t)slot * STATION_SLOT;
	memcpy(at, &h, st->header_len);
	memcpy(at + st->header_len, frame, len);
	n = cut(st, at, st->header_len + len,
		st->options->header_apart || !(has(st, VIRTIO_F_VERSION_1) ||
					       has(st, VIRTIO_F_ANY_LAYOUT)),
		pieces);
	while (!ring_offer(r, pieces, n, slot))
		if (!wait_for_idle(st, i))
			return -1;
	ring_kick(r);
	return 0;
}

/* ---- the whole ---- */

static void
watch(struct station *st, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(st->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		perror("vhostfront: epoll");
		exit(1);
	}
}

/* Whose device does not call looks every millisecond. */
static void
start_timer(struct station *st)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const struct itimerspec each = { ms, ms };

	st->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (st->timer < 0 || timerfd_settime(st->timer, 0, &each, NULL) < 0) {
		perror("vhostfront: timerfd");
		exit(1);
	}
	watch(st, st->timer);
}

void
station_init(struct station *st, const struct station_options *options,
	     const char *path)
{
	*st = (struct station){ .options = options, .timer = -1 };
	session_init(&st->session, &options->session, path);
	st->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (st->epoll < 0) {
		perror("vhostfront: epoll");
		exit(1);
	}
	st->link = (struct peer_link){ .fd = st->epoll,
				       .impl = st,
				       .send = station_send,
				       .recv = station_recv,
				       .out = &st->out,
				       .in = &st->in };
	if (options->session.poll)
		start_timer(st);
}

static size_t
buffer_size(const struct station *st)
{
	if (st->options->buffer > 0)
		return st->options->buffer;
	return has(st, VIRTIO_NET_F_MRG_RXBUF) ? 2048 : STATION_SLOT;
}

/* Receive rings get as many buffers as fit. */
static void
fill_ring(struct station *st, unsigned i)
{
	size_t each = i % 2 == 0 ? st->buffer_size : STATION_SLOT;
	struct ring *r = &st->session.rings[i];

	/* With regions that adjoin, some lie in two of them. */
	st->buffers[i] =
	    memory_take_anywhere(&st->session.memory, each * st->n_slots);
	st->n_idle[i] = 0;
	for (unsigned k = st->n_slots; k > 0 && i % 2 != 0; k--)
		st->idle[i][st->n_idle[i]++] = (uint16_t)(k - 1);
	for (unsigned k = 0; k < st->n_slots && i % 2 == 0; k++) {
		size_t n = each / st->options->piece + 2;

		if (!r->config.indirect && r->n_free < n)
			break;
		offer_receive(st, i, (uint16_t)k);
	}
	ring_want_calls(r, i % 2 == 0);
}

void
station_open(struct station *st)
{
	struct session *s = &st->session;

	session_connect(s);
	session_negotiate(s);
	st->header_len =
	    has(st, VIRTIO_F_VERSION_1) || has(st, VIRTIO_NET_F_MRG_RXBUF)
		? sizeof(struct virtio_net_hdr_mrg_rxbuf)
		: sizeof(struct virtio_net_hdr);
	st->buffer_size = buffer_size(st);
	st->n_slots = s->options->size < STATION_SLOTS_MAX ? s->options->size
							   : STATION_SLOTS_MAX;
	session_build(s, st->n_slots * (size_t)STATION_SLOT);
	for (unsigned i = 0; i < s->n_rings; i++)
		fill_ring(st, i);
	session_start(s);
	watch(st, s->sock);
	for (unsigned i = 0; i < s->n_rings; i += 2) {
		watch(st, s->rings[i].call_fd);
		ring_kick(&s->rings[i]);
	}
}

void
station_close(struct station *st)
{
	session_disconnect(&st->session);
	session_unbuild(&st->session);
}

static void
start_again(struct station *st)
{
	session_start(&st->session);
	/* What lies there was kicked for when another was there. */
	for (unsigned i = 0; i < st->session.n_rings; i++)
		ring_kick_always(&st->session.rings[i]);
}

void
station_reconnect(struct station *st)
{
	session_disconnect(&st->session);
	session_connect(&st->session);
	session_negotiate(&st->session);
	start_again(st);
	watch(st, st->session.sock);
}

void
station_pause(struct station *st)
{
	struct session *s = &st->session;

	for (unsigned i = 0; i < s->n_rings; i++) {
		uint32_t base = session_stop_ring(s, i);

		/* All that it took it has returned. */
		if (base != ring_base(&s->rings[i]))
			ring_fail("GET_VRING_BASE names another place");
	}
	for (unsigned i = 0; i < s->n_rings; i++)
		session_start_ring(s, i);
	for (unsigned i = 0; i < s->n_rings; i++)
		ring_kick_always(&s->rings[i]);
}
