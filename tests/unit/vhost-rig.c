#include "config.h"

#include "tests/unit/vhost-rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/ports/vhost-proto.h"
#include "tests/unit/memory-rig.h"

enum { THE_VERSION = 1, REPLY = 4 };

void
front_init(struct front *f)
{
	uint8_t *memory;

	*f = (struct front){ .fd = -1, .ring_size = FRONT_RING_SIZE };
	f->memory_size = FRONT_RINGS * sizeof(struct driver);
	f->memory_fd = memory_rig_file(f->memory_size);
	memory = mmap(NULL, f->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      f->memory_fd, 0);
	ck_assert(memory != MAP_FAILED);
	for (unsigned i = 0; i < FRONT_RINGS; i++) {
		f->rings[i] =
		    (struct driver *)(memory + i * sizeof(struct driver));
		f->kicks[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		f->calls[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
}

void
front_fini(struct front *f)
{
	if (f->memory_size == 0)
		return;
	front_close(f);
	for (unsigned i = 0; i < FRONT_RINGS; i++) {
		close(f->kicks[i]);
		close(f->calls[i]);
	}
	munmap(f->rings[0], f->memory_size);
	close(f->memory_fd);
	f->memory_size = 0;
}

void
front_connect(struct front *f)
{
	unsigned n_added = rig.n_added;
	char path[128];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/vhost", rig.dir);
	f->fd = sockpath_connect(path, SOCK_STREAM, &err);
	ck_assert_msg(f->fd >= 0, "%s", err.text);
	RIG_UNTIL(&rig, rig.n_added == n_added + 1);
	f->port = rig_port(&rig, rig.last_name);
}

void
front_close(struct front *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* ---- messages ---- */

void
front_say(struct front *f, const struct saying *s)
{
	const uint32_t size = s->n_words * 8;
	const uint32_t header[] = { s->request & UINT16_MAX,
				    THE_VERSION | s->request >> 16, size };
	_Alignas(struct cmsghdr) char
	    control[CMSG_SPACE(FRONT_FDS_MAX * sizeof(int))] = { 0 };
	struct iovec iov[] = { { (void *)header, sizeof(header) },
			       { (void *)s->words, size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (s->n_fds > 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(s->n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(s->n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), s->fds, s->n_fds * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(f->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT),
			 (ssize_t)(sizeof(header) + size));
}

/* Return: false: the session has ended. */
static bool
read_all(struct front *f, void *to, size_t len)
{
	uint8_t *at = to;

	while (len > 0) {
		ssize_t n = recv(f->fd, at, len, MSG_DONTWAIT);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (n == 0 || errno != EAGAIN)
			return false;
		ck_assert_msg(rig_turn(&rig), "waited too long for a reply");
	}
	return true;
}

int
front_hear(struct front *f, uint32_t request, uint64_t words[FRONT_WORDS_MAX])
{
	uint32_t header[3];

	memset(words, 0, FRONT_WORDS_MAX * sizeof(words[0]));
	if (!read_all(f, header, sizeof(header)))
		return -1;
	ck_assert_uint_eq(header[0], request & UINT16_MAX);
	ck_assert_uint_eq(header[1], THE_VERSION | REPLY);
	ck_assert_uint_le(header[2], FRONT_WORDS_MAX * 8);
	ck_assert(read_all(f, words, header[2]));
	return (int)header[2];
}

uint64_t
front_ask(struct front *f, uint32_t request)
{
	uint64_t words[FRONT_WORDS_MAX];

	front_say(f, &(struct saying){ .request = request });
	ck_assert_int_eq(front_hear(f, request, words), 8);
	return words[0];
}

void
front_tell(struct front *f, uint32_t request, unsigned n_words, uint64_t a,
	   uint64_t b)
{
	front_say(f, &(struct saying){ .request = request,
				       .n_words = n_words,
				       .words = { a, b } });
	ck_assert_msg(front_is_alive(f), "request %u: %s", (unsigned)request,
		      rig.last_reason);
}

bool
front_is_alive(struct front *f)
{
	uint64_t words[FRONT_WORDS_MAX];

	front_say(f, &(struct saying){ .request = VHOST_REQ_GET_FEATURES });
	return front_hear(f, VHOST_REQ_GET_FEATURES, words) == 8;
}

/* ---- a session ---- */

void
front_negotiate(struct front *f, uint64_t features)
{
	uint64_t all = front_ask(f, VHOST_REQ_GET_PROTOCOL_FEATURES);

	front_tell(f, VHOST_REQ_SET_PROTOCOL_FEATURES, 1, all, 0);
	front_tell(f, VHOST_REQ_SET_OWNER, 0, 0, 0);
	front_tell(f, VHOST_REQ_SET_FEATURES, 1, features, 0);
	f->features = features;
}

static void
say_region(struct front *f, uint64_t guest, const void *at, uint64_t size)
{
	uint64_t user = (uintptr_t)at;

	front_say(f, &(struct saying){
			 .request = VHOST_REQ_ADD_MEM_REG,
			 .n_words = 5,
			 .words = { 0, guest, size, user,
				    user - (uintptr_t)f->rings[0] },
			 .n_fds = 1,
			 .fds = { f->memory_fd },
		     });
	ck_assert_msg(front_is_alive(f), "%s", rig.last_reason);
}

void
front_share(struct front *f)
{
	struct driver *d = f->rings[0];

	for (unsigned i = 0; i < FRONT_RINGS; i++)
		say_region(
		    f, FRONT_PARTS + i * UINT64_C(0x1000000), f->rings[i]->desc,
		    sizeof(d->desc) + sizeof(d->ours) + sizeof(d->theirs));
	say_region(f, DRIVER_GUEST, d->low, sizeof(d->low));
	say_region(f, DRIVER_GUEST + DRIVER_HALF, d->high, sizeof(d->high));
}

struct saying
front_addresses(const struct front *f, unsigned ring, uint64_t log)
{
	const struct driver *d = f->rings[ring];

	return (struct saying){
		.request = VHOST_REQ_SET_VRING_ADDR,
		.n_words = 5,
		.words = { ring | (uint64_t)(log != 0) << 32,
			   (uintptr_t)d->desc, (uintptr_t)d->theirs,
			   (uintptr_t)d->ours, log },
	};
}

static void
say_ring_fd(struct front *f, uint32_t request, unsigned ring, int fd)
{
	front_say(f, &(struct saying){ .request = request,
				       .n_words = 1,
				       .words = { ring },
				       .n_fds = 1,
				       .fds = { fd } });
	ck_assert_msg(front_is_alive(f), "%s", rig.last_reason);
}

void
front_start(struct front *f)
{
	for (unsigned i = 0; i < FRONT_RINGS; i++) {
		struct saying addresses = front_addresses(f, i, 0);
		struct vring_config config;
		uint64_t base;

		driver_init(f->rings[i], f->features, (uint16_t)f->ring_size,
			    &config);
		base = f->rings[i]->packed ? 0x80008000 : 0;
		front_tell(f, VHOST_REQ_SET_VRING_NUM, 1,
			   i | (uint64_t)f->ring_size << 32, 0);
		front_tell(f, VHOST_REQ_SET_VRING_BASE, 1, i | base << 32, 0);
		front_say(f, &addresses);
		say_ring_fd(f, VHOST_REQ_SET_VRING_CALL, i, f->calls[i]);
		say_ring_fd(f, VHOST_REQ_SET_VRING_KICK, i, f->kicks[i]);
		front_tell(f, VHOST_REQ_SET_VRING_ENABLE, 1,
			   i | UINT64_C(1) << 32, 0);
	}
}

/* ---- the guest ---- */

uint8_t *
front_at(struct front *f, uint64_t at)
{
	return driver_at(f->rings[0], at);
}

static void
add(struct front *f, unsigned ring, struct driver_buffer buffer, uint16_t flags)
{
	const uint64_t one = 1;

	driver_add(f->rings[ring], &buffer, 1, flags, 0);
	ck_assert_int_eq(write(f->kicks[ring], &one, sizeof(one)), 8);
}

void
front_send(struct front *f, uint64_t at, const void *octets, size_t len)
{
	memcpy(front_at(f, at), octets, len);
	add(f, 1, (struct driver_buffer){ at, (uint32_t)len }, 0);
}

void
front_offer(struct front *f, uint64_t at, uint32_t len)
{
	add(f, 0, (struct driver_buffer){ at, len }, DRIVER_WRITE);
}

int64_t
front_next(struct front *f, unsigned ring)
{
	uint16_t id;
	uint32_t len;

	while (!driver_used(f->rings[ring], &id, &len)) {
		ck_assert(rig_turn(&rig));
		if (rig.idle)
			return -1;
	}
	return len;
}
