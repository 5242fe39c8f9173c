/* What all kinds of peer have in common: coming, going, and the frames. */
#include "bench/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"

enum {
	TYPE_AT = 2 * MAC_LEN,
	NUMBER_AT = TYPE_AT + 2,
	START_TRIES = 1000,
	START_PAUSE_MS = 10,
	REPLY_WITHIN_S = 20,
};

static const uint8_t ether_type[2] = { 0x88, 0xb5 }; /* local experimental */

const struct peer_ops *
peer_kind(const char *name)
{
	static const struct peer_ops *const kinds[] = { &peer_vde, &peer_stream,
							&peer_vhost };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	}
	return NULL;
}

/* ---- coming and going ---- */

int
peer_connect(const char *path, struct err *err)
{
	const struct timeval patience = { .tv_sec = REPLY_WITHIN_S };
	struct sockaddr_un addr;
	int ret = sockpath_fill(&addr, path, err);
	int fd;

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		ret = err_errno(err, "%s", path);
		close(fd);
		return ret;
	}
	return fd;
}

/* Stations have numbers below this, so that their further addresses can have
 * those above. */
enum { STATIONS_OF_MANY = 1 << 6, NUMBER_HIGH_AT = 4, NUMBER_LOW_AT = 5 };

struct mac
peer_address(const struct mac *own, unsigned i)
{
	unsigned number =
	    (unsigned)own->b[NUMBER_HIGH_AT] << 8 | own->b[NUMBER_LOW_AT];
	struct mac mac = *own;

	number += i * STATIONS_OF_MANY;
	mac.b[NUMBER_HIGH_AT] = (uint8_t)(number >> 8);
	mac.b[NUMBER_LOW_AT] = (uint8_t)number;
	return mac;
}

bool
peer_owns(const struct mac *own, const uint8_t *to)
{
	return memcmp(to, own->b, NUMBER_HIGH_AT) == 0 &&
	       (to[NUMBER_LOW_AT] - own->b[NUMBER_LOW_AT]) % STATIONS_OF_MANY ==
		   0;
}

/* The locally administered address of a station of this process. */
static struct mac
make_mac(unsigned number)
{
	unsigned pid = (unsigned)getpid();

	return (struct mac){ { 0x02, (uint8_t)(pid >> 16), (uint8_t)(pid >> 8),
			       (uint8_t)pid, (uint8_t)(number >> 8),
			       (uint8_t)number } };
}

int
peer_attach(struct peer *peer, const struct peer_ops *ops, const char *dir,
	    unsigned number, struct err *err)
{
	const struct timespec pause = { .tv_nsec = START_PAUSE_MS * 1000000L };
	int ret = -ENOENT;

	*peer = PEER_DETACHED;
	peer->ops = ops;
	peer->mac = make_mac(number);
	for (int i = 0; i < START_TRIES; i++) {
		ret = ops->attach(peer, dir, number, err);
		if (ret == 0)
			break;
		peer_detach(peer);
		if (ret != -ENOENT && ret != -ECONNREFUSED)
			break;
		nanosleep(&pause, NULL);
	}
	return ret;
}

int
peer_is_cut_off(const struct peer *peer)
{
	char c;

	return recv(peer->ctl, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

void
peer_detach(struct peer *peer)
{
	if (peer->ops != NULL && peer->ops->detach != NULL)
		peer->ops->detach(peer);
	if (peer->ctl >= 0 && peer->ctl != peer->fd)
		close(peer->ctl);
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = peer->ctl = -1;
	free(peer->in);
	peer->in = NULL;
}

/* ---- frames ---- */

static uint8_t *
frame_at(const struct burst *burst, size_t i)
{
	return burst->wire + i * (PEER_LENGTH_SIZE + burst->frame_len) +
	       PEER_LENGTH_SIZE;
}

int
burst_init(struct burst *burst, const struct mac *to, const struct mac *from,
	   size_t frame_len, size_t n_frames)
{
	uint8_t *wire = calloc(n_frames, PEER_LENGTH_SIZE + frame_len);

	if (wire == NULL)
		return -ENOMEM;
	*burst = (struct burst){ wire, frame_len, n_frames };
	for (size_t i = 0; i < n_frames; i++) {
		uint8_t *frame = frame_at(burst, i);
		uint8_t length[PEER_LENGTH_SIZE] = { (uint8_t)(frame_len >> 24),
						     (uint8_t)(frame_len >> 16),
						     (uint8_t)(frame_len >> 8),
						     (uint8_t)frame_len };

		memcpy(frame - PEER_LENGTH_SIZE, length, sizeof(length));
		memcpy(frame + TYPE_AT, ether_type, sizeof(ether_type));
	}
	burst_address(burst, to, from);
	return 0;
}

void
burst_fini(struct burst *burst)
{
	free(burst->wire);
	burst->wire = NULL;
}

void
burst_address(struct burst *burst, const struct mac *to, const struct mac *from)
{
	for (size_t i = 0; i < burst->n_frames; i++) {
		memcpy(frame_at(burst, i), to->b, MAC_LEN);
		memcpy(frame_at(burst, i) + MAC_LEN, from->b, MAC_LEN);
	}
}

void
burst_address_each(struct burst *burst, const struct mac *to,
		   const struct mac *from, uint64_t first, unsigned n_addresses)
{
	for (size_t i = 0; i < burst->n_frames; i++) {
		unsigned number = (unsigned)((first + i) % n_addresses);
		struct mac a = peer_address(to, number);
		struct mac b = peer_address(from, number);

		memcpy(frame_at(burst, i), a.b, MAC_LEN);
		memcpy(frame_at(burst, i) + MAC_LEN, b.b, MAC_LEN);
	}
}

void
burst_number(struct burst *burst, uint64_t first)
{
	for (size_t i = 0; i < burst->n_frames; i++) {
		uint64_t number = first + i;

		memcpy(frame_at(burst, i) + NUMBER_AT, &number, sizeof(number));
	}
}

uint64_t
frame_number(const uint8_t *frame, size_t len)
{
	uint64_t number;

	if (len < PEER_FRAME_MIN ||
	    memcmp(frame + TYPE_AT, ether_type, sizeof(ether_type)) != 0)
		return UINT64_MAX;
	memcpy(&number, frame + NUMBER_AT, sizeof(number));
	return number;
}
