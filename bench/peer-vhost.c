/*
 * A guest's side of a vhost-user port, as a driver with interrupts works: two
 * split rings in memory that the switch maps, one kick a burst when the switch
 * asks for it, and sleep until it calls.
 */
#include "config.h"

#include "bench/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"

enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	MESSAGE_VERSION = 1, /* in the flags of a message */

	TO_US = 0, /* rings */
	FROM_US = 1,
	N_RINGS = 2,
	RING_SIZE = 256,
	RING_BYTES = 16384, /* of its three parts */
	BUFFER_BYTES = 16384,
	HEADER_LEN = 12, /* virtio_net_hdr, all zeros */
	DEVICE_WRITES = 2,
	QUIET = 1, /* flags of either side: no calls, no kicks */

	GUEST_BASE = 1 << 30, /* what addresses of the guest begin with */
};

#define VERSION_1 (UINT64_C(1) << 32)

struct ring_memory {
	struct {
		uint64_t at;
		uint32_t len;
		uint16_t flags, next;
	} desc[RING_SIZE];
	struct {
		_Atomic uint16_t flags, index;
		uint16_t entries[RING_SIZE + 1];
	} avail;
	_Alignas(64) struct {
		_Atomic uint16_t flags, index;
		struct {
			uint32_t id, len;
		} entries[RING_SIZE];
		uint16_t event;
	} used;
};
_Static_assert(sizeof(struct ring_memory) <= RING_BYTES, "a ring has its room");

struct ring {
	struct ring_memory *memory;
	uint8_t *buffers; /* one a descriptor */
	uint16_t n_added, n_seen;
	int kick, call;
};

struct peer_guest {
	uint8_t *memory;
	struct ring rings[N_RINGS];
};

enum { MEMORY_BYTES = N_RINGS * (RING_BYTES + RING_SIZE * BUFFER_BYTES) };

/* ---- messages ---- */

struct message {
	uint32_t request, flags, size;
	uint64_t words[6];
} __attribute__((packed));

static int
say(const struct peer *peer, uint32_t request, const uint64_t *words,
    unsigned n_words, int fd)
{
	struct message m = { request, MESSAGE_VERSION, n_words * 8, { 0 } };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &m, 12 + m.size };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	for (unsigned i = 0; i < n_words; i++)
		m.words[i] = words[i];
	if (fd >= 0) {
		struct cmsghdr *cmsg;

		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	return sendmsg(peer->ctl, &header, MSG_NOSIGNAL) == 12 + (int)m.size
		   ? 0
		   : -EPIPE;
}

static int
say_word(const struct peer *peer, uint32_t request, uint64_t word, int fd)
{
	return say(peer, request, &word, 1, fd);
}

/* Number of a ring, and something of it. */
static int
say_state(const struct peer *peer, uint32_t request, unsigned ring,
	  uint32_t what)
{
	return say_word(peer, request, (uint64_t)what << 32 | ring, -1);
}

static int
agree(const struct peer *peer)
{
	struct message answer;

	if (say(peer, SET_OWNER, NULL, 0, -1) < 0 ||
	    say(peer, GET_FEATURES, NULL, 0, -1) < 0 ||
	    recv(peer->ctl, &answer, 20, MSG_WAITALL) != 20)
		return -EPIPE;
	if (answer.request != GET_FEATURES ||
	    (answer.words[0] & VERSION_1) == 0)
		return -EPROTO;
	return say_word(peer, SET_FEATURES, VERSION_1, -1);
}

static int
say_memory(const struct peer *peer, int memfd)
{
	const uint64_t words[] = {
		1, GUEST_BASE, MEMORY_BYTES, (uintptr_t)peer->guest->memory, 0,
	};

	return say(peer, SET_MEM_TABLE, words, 5, memfd);
}

static int
say_ring(const struct peer *peer, unsigned i)
{
	const struct ring *ring = &peer->guest->rings[i];
	const uint64_t places[] = {
		i,
		(uintptr_t)ring->memory->desc,
		(uintptr_t)&ring->memory->used,
		(uintptr_t)&ring->memory->avail,
		0,
	};

	if (say_state(peer, SET_VRING_NUM, i, RING_SIZE) < 0 ||
	    say_state(peer, SET_VRING_BASE, i, 0) < 0 ||
	    say(peer, SET_VRING_ADDR, places, 5, -1) < 0 ||
	    say_word(peer, SET_VRING_CALL, i, ring->call) < 0)
		return -EPIPE;
	return say_word(peer, SET_VRING_KICK, i, ring->kick);
}

/* ---- rings ---- */

static uint8_t *
buffer(const struct ring *ring, unsigned i)
{
	return ring->buffers + (size_t)i * BUFFER_BYTES;
}

static void
set_up_ring(struct peer_guest *guest, unsigned i)
{
	struct ring *ring = &guest->rings[i];
	size_t at = N_RINGS * RING_BYTES + (size_t)i * RING_SIZE * BUFFER_BYTES;

	ring->memory = (struct ring_memory *)(void *)(guest->memory +
						      (size_t)i * RING_BYTES);
	ring->buffers = guest->memory + at;
	for (unsigned k = 0; k < RING_SIZE; k++) {
		ring->memory->desc[k].at =
		    GUEST_BASE + at + (size_t)k * BUFFER_BYTES;
		ring->memory->desc[k].len = BUFFER_BYTES;
		ring->memory->desc[k].flags = i == TO_US ? DEVICE_WRITES : 0;
		ring->memory->avail.entries[k] = (uint16_t)k;
	}
	ring->memory->avail.flags = QUIET;
	if (i == TO_US) {
		ring->n_added = RING_SIZE;
		ring->memory->avail.index = RING_SIZE;
	}
}

/* Shows the switch what was added. */
static int
publish(struct ring *ring)
{
	const uint64_t one = 1;

	atomic_store_explicit(&ring->memory->avail.index, ring->n_added,
			      memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if ((ring->memory->used.flags & QUIET) != 0)
		return 0;
	return write(ring->kick, &one, sizeof(one)) < 0 ? -errno : 0;
}

static uint16_t
n_used(const struct ring *ring)
{
	return atomic_load_explicit(&ring->memory->used.index,
				    memory_order_acquire);
}

/* Until the switch has given back more than we have seen. */
static int
wait_for(const struct peer *peer, struct ring *ring)
{
	struct pollfd fds[] = { { ring->call, POLLIN, 0 },
				{ peer->ctl, POLLRDHUP, 0 } };
	uint64_t n_calls;
	int ret = 0;

	ring->memory->avail.flags = 0;
	atomic_thread_fence(memory_order_seq_cst);
	while (ret == 0 && n_used(ring) == ring->n_seen) {
		if (poll(fds, 2, -1) < 0)
			ret = -errno;
		else if (fds[1].revents != 0)
			ret = -EPIPE;
		else if (read(ring->call, &n_calls, sizeof(n_calls)) < 0)
			ret = errno == EAGAIN ? 0 : -errno;
	}
	ring->memory->avail.flags = QUIET;
	return ret;
}

/* ---- coming and going ---- */

static void
vhost_detach(struct peer *peer)
{
	struct peer_guest *guest = peer->guest;

	if (guest == NULL)
		return;
	for (unsigned i = 0; i < N_RINGS; i++) {
		if (guest->rings[i].kick >= 0)
			close(guest->rings[i].kick);
		if (guest->rings[i].call >= 0)
			close(guest->rings[i].call);
	}
	if (guest->memory != MAP_FAILED)
		munmap(guest->memory, MEMORY_BYTES);
	free(guest);
	peer->guest = NULL;
}

/* Return: the memory's descriptor; -errno. */
static int
make_guest(struct peer *peer)
{
	struct peer_guest *guest = calloc(1, sizeof(*guest));
	int memfd;

	if (guest == NULL)
		return -ENOMEM;
	peer->guest = guest;
	for (unsigned i = 0; i < N_RINGS; i++) {
		guest->rings[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		guest->rings[i].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	guest->memory = MAP_FAILED;
	memfd = memfd_create("vdelab-bench", MFD_CLOEXEC);
	if (memfd < 0)
		return -errno;
	if (ftruncate(memfd, MEMORY_BYTES) == 0)
		guest->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
				     MAP_SHARED, memfd, 0);
	if (guest->memory == MAP_FAILED) {
		close(memfd);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < N_RINGS; i++)
		set_up_ring(guest, i);
	return memfd;
}

static int
vhost_attach(struct peer *peer, const char *dir, unsigned number,
	     struct err *err)
{
	char path[SOCKPATH_MAX + 32];
	int memfd, ret;

	(void)number;
	snprintf(path, sizeof(path), "%s/vhost", dir);
	peer->ctl = peer_connect(path, err);
	if (peer->ctl < 0)
		return peer->ctl;
	memfd = make_guest(peer);
	if (memfd < 0)
		return err_set(err, memfd, "a guest's memory");
	ret = agree(peer);
	if (ret == 0)
		ret = say_memory(peer, memfd);
	for (unsigned i = 0; ret == 0 && i < N_RINGS; i++)
		ret = say_ring(peer, i);
	close(memfd);
	return ret < 0 ? err_set(err, ret, "the switch refuses us") : 0;
}

/* ---- frames ---- */

static int
vhost_send(struct peer *peer, const struct burst *burst)
{
	struct ring *ring = &peer->guest->rings[FROM_US];
	const uint8_t *at = burst->wire + PEER_LENGTH_SIZE;

	if (burst->frame_len > BUFFER_BYTES - HEADER_LEN)
		return -EMSGSIZE;
	for (size_t i = 0; i < burst->n_frames; i++) {
		unsigned slot = ring->n_added % RING_SIZE;
		int ret = 0;

		/* They come back in the order in which they went. */
		if ((uint16_t)(ring->n_added - ring->n_seen) == RING_SIZE) {
			ret = publish(ring);
			if (ret == 0)
				ret = wait_for(peer, ring);
			ring->n_seen = n_used(ring);
		}
		if (ret < 0)
			return ret;
		memcpy(buffer(ring, slot) + HEADER_LEN, at, burst->frame_len);
		ring->memory->desc[slot].len =
		    HEADER_LEN + (uint32_t)burst->frame_len;
		ring->n_added++;
		at += PEER_LENGTH_SIZE + burst->frame_len;
	}
	return publish(ring);
}

static int
vhost_recv(struct peer *peer, int flags, peer_frame_fn *fn, void *arg)
{
	struct ring *ring = &peer->guest->rings[TO_US];
	struct ring_memory *memory = ring->memory;
	uint16_t now = n_used(ring);
	int n = 0, ret;

	if (now == ring->n_seen) {
		ret = (flags & MSG_DONTWAIT) != 0 ? -EAGAIN
						  : wait_for(peer, ring);
		if (ret < 0)
			return ret;
		now = n_used(ring);
	}
	for (; ring->n_seen != now; ring->n_seen++, n++) {
		unsigned slot = ring->n_seen % RING_SIZE;
		uint32_t id = memory->used.entries[slot].id;
		uint32_t len = memory->used.entries[slot].len;

		if (id >= RING_SIZE || len < HEADER_LEN || len > BUFFER_BYTES)
			return -EPROTO;
		fn(arg, buffer(ring, id) + HEADER_LEN, len - HEADER_LEN);
		memory->avail.entries[ring->n_added++ % RING_SIZE] =
		    (uint16_t)id;
	}
	ret = publish(ring);
	return ret < 0 ? ret : n;
}

const struct peer_ops peer_vhost = {
	.name = "vhost",
	.burst_max = PEER_BURST_MAX,
	.attach = vhost_attach,
	.detach = vhost_detach,
	.send = vhost_send,
	.recv = vhost_recv,
};
