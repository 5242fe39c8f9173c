/*
 * vhost-rig: a front-end and its guest, on a switch whose segment has beside
 * them the port "watch" of kind-rig.
 */
#ifndef TESTS_VHOST_RIG_H
#define TESTS_VHOST_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/kind-rig.h"
#include "tests/unit/vring-driver.h"

enum {
	FRONT_RINGS = 2, /* one to the guest (0), one from it (1) */
	FRONT_RING_SIZE = 16,
	FRONT_NEED_REPLY = 8, /* beside a request's number */
	FRONT_FDS_MAX = 8,
	/* What the rings' parts are for the guest, which never looks there. */
	FRONT_PARTS = 0x40000000,
	FRONT_WORDS_MAX = 5,
};

/* What a front-end says. */
struct saying {
	uint32_t request; /* may have FRONT_NEED_REPLY << 16 */
	unsigned n_words;
	uint64_t words[FRONT_WORDS_MAX]; /* the payload */
	unsigned n_fds;
	int fds[FRONT_FDS_MAX]; /* borrowed */
};

struct front {
	int fd; /* -1: not connected */
	struct port *port;
	uint64_t features;
	unsigned ring_size; /* FRONT_RING_SIZE, or what a test has set */
	int memory_fd;
	size_t memory_size;
	/* In .memory_fd.  The first one's .low and .high are the memory of
	 * both. */
	struct driver *rings[FRONT_RINGS];
	int kicks[FRONT_RINGS], calls[FRONT_RINGS];
};

/** front_init() - not connected, without rings */
void front_init(struct front *f);
/** front_fini() - also of one that is all zeros */
void front_fini(struct front *f);
/** front_connect() - to DIR/lab/vhost; waits for the port */
void front_connect(struct front *f);
void front_close(struct front *f);

/** front_say() - one message; the session is still there afterwards, or not */
void front_say(struct front *f, const struct saying *saying);
/** front_tell() - with so many words; fails unless it is taken */
void front_tell(struct front *f, uint32_t request, unsigned n_words, uint64_t a,
		uint64_t b);
/** front_hear() - the next reply
 * @words: out: its payload, zeros behind it
 * Return: the payload's octets; -1: the session has ended. */
int front_hear(struct front *f, uint32_t request,
	       uint64_t words[FRONT_WORDS_MAX]);
/** front_ask() - a request without a payload that is answered by a number */
uint64_t front_ask(struct front *f, uint32_t request);
/** front_is_alive() - does it get an answer still? */
bool front_is_alive(struct front *f);

/** front_negotiate() - @features of those offered, and all protocol features */
void front_negotiate(struct front *f, uint64_t features);
/** front_share() - the guest's memory, and both rings in it */
void front_share(struct front *f);
/** front_start() - both rings run, with nothing in them, and frames go */
void front_start(struct front *f);
/** front_addresses() - SET_VRING_ADDR's payload; @log as in the message, 0 for
 * none */
struct saying front_addresses(const struct front *f, unsigned ring,
			      uint64_t log);

/** front_send() - the guest sends @len octets, of which the first are a
 * header's, from @at in its memory, and kicks */
void front_send(struct front *f, uint64_t at, const void *octets, size_t len);
/** front_offer() - a buffer of @len octets at @at, and a kick */
void front_offer(struct front *f, uint64_t at, uint32_t len);
/** front_next() - the next buffer that ring @ring has given back
 * Return: octets written to it; -1: none comes. */
int64_t front_next(struct front *f, unsigned ring);
uint8_t *front_at(struct front *f, uint64_t at);

#endif /* TESTS_VHOST_RIG_H */
