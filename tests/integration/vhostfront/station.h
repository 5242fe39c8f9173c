/*
 * station: a virtio network card on a session, as a link that peer_run() can
 * drive.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_STATION_H
#define TESTS_INTEGRATION_VHOSTFRONT_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_net.h>

#include "tests/integration/peer.h"
#include "tests/integration/vhostfront/session.h"

enum {
	STATION_HEADER_MAX = 12,
	STATION_SLOT = STATION_HEADER_MAX + PEER_FRAME_MAX,
	STATION_SLOTS_MAX = 256, /* buffers of a ring */
};

struct station_options {
	struct session_options session;
	unsigned buffer; /* octets of a receive buffer; 0: as fits */
	unsigned piece;	 /* octets of a descriptor, at most */
	bool header_apart;
	bool lenient; /* with back-ends that do not count single buffers */
};

struct station {
	struct session session;
	const struct station_options *options;
	struct peer_link link;
	int epoll;
	int timer; /* -1 = none */
	size_t header_len;
	size_t buffer_size; /* of receive buffers */
	unsigned n_slots;   /* buffers of a ring */
	/* Of each ring n_slots buffers; those of transmit rings that the
	 * device does not have are on a stack. */
	uint8_t *buffers[SESSION_RINGS_MAX];
	uint16_t idle[SESSION_RINGS_MAX][STATION_SLOTS_MAX];
	unsigned n_idle[SESSION_RINGS_MAX];
	unsigned next_ring; /* to look for frames at first */
	struct virtio_net_hdr out, in;
};

/* @text: words of -o; Return: false when it is none. */
bool station_options_parse(struct station_options *o, const char *text);

void station_init(struct station *st, const struct station_options *options,
		  const char *path);
/* A new connection with new memory, all receive buffers offered. */
void station_open(struct station *st);
void station_close(struct station *st);
/* The connection alone is gone, and made again, as after the death of the
 * back-end: the rings stay as they are. */
void station_reconnect(struct station *st);
/* All rings stop and start. */
void station_pause(struct station *st);

/* Return: frames that were sent, and that the device has not returned. */
unsigned station_in_flight(struct station *st);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_STATION_H */
