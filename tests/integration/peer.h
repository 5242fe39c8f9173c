/*
 * peer: a station on a segment, for tests that attach from outside.  A program
 * brings a link (how it attaches) and calls peer_run() with what the station
 * is to do.  Shares no code with the switch on purpose.
 */
#ifndef TESTS_INTEGRATION_PEER_H
#define TESTS_INTEGRATION_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct virtio_net_hdr;

enum { PEER_FRAME_MAX = 70000 };

struct peer_link {
	int fd; /* readable when a frame may be there */
	void *impl;
	/* Return: 0, or -1 with errno. */
	int (*send)(struct peer_link *link, const void *frame, size_t len);
	/* Return: the frame's length; 0 = none yet; -1 = the link is dead. */
	ssize_t (*recv)(struct peer_link *link, void *frame, size_t size);
	/* What is left to others of the next frame that is sent (it is zeros
	 * afterwards), and of the one that came last; NULL: the link does
	 * not know such frames. */
	struct virtio_net_hdr *out;
	const struct virtio_net_hdr *in;
};

extern const char peer_usage[]; /* the actions, for a usage message */

/**
 * peer_run() - "attached" on stdout, then the action @argv[0] with its words
 *
 * Return: exit status: 0 as hoped, 1 not, 2 usage.
 */
int peer_run(struct peer_link *link, int argc, char **argv);

/* ---- for the files of actions ---- */

/**
 * peer_next_frame() - the next frame that comes, by the clock of
 * peer_now_ms()
 *
 * Return: its length; 0 when none comes before @deadline_ms; -1 when the link
 * is dead.
 */
ssize_t peer_next_frame(struct peer_link *link, uint8_t *frame,
			int64_t deadline_ms);
int64_t peer_now_ms(void);
int peer_stay(struct peer_link *link);

/* peer-tcp.c; @argv as for all actions */
int peer_do_segments(struct peer_link *link, char **argv);
int peer_do_collect(struct peer_link *link, char **argv);

#endif /* TESTS_INTEGRATION_PEER_H */
