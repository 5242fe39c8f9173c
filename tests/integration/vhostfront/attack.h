/*
 * attack: what the files with attacks share.  An attack is a row of one of the
 * tables below: what has happened before it, what it does, and what it is to
 * come to.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_ATTACK_H
#define TESTS_INTEGRATION_VHOSTFRONT_ATTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/integration/vhostfront/station.h"

/* How far the session has come before. */
enum attack_stage {
	CONNECTED,
	NEGOTIATED,
	BUILT,	 /* rings and memory are there, and nothing is said of them */
	RUNNING, /* and a ping has come back */
};

enum attack_outcome {
	CLOSED,	  /* the connection, by the back-end */
	KEPT,	  /* it answers; and if it was RUNNING, frames go on */
	DROPPED,  /* likewise; no frame of the attack has come back */
	ANSWERED, /* likewise; one at least has */
};

struct attack {
	const char *name;
	const char *words; /* of -o */
	enum attack_stage stage;
	enum attack_outcome outcome;
	void (*run)(struct station *st, const struct attack *a);
	long number; /* whatever .run makes of it */
};

/* Ends with a row without a name. */
extern const struct attack attacks_messages[];
extern const struct attack attacks_rings_told[];
extern const struct attack attacks_memory[];
extern const struct attack attacks_chains[];
extern const struct attack attacks_events[];

/* A frame of the station to its peer. */
enum {
	ATTACK_FRAME_LEN = 64,
	ATTACK_KIND_AT = 14, /* what tells frames apart */
	ATTACK_KIND = 0x55,
};
void attack_frame(const struct station *st, uint8_t *frame);

/**
 * attack_transmit() - @len octets as a buffer of the transmit ring
 * @piece: octets of a descriptor
 *
 * What a well-behaved driver offers but for its contents.
 */
void attack_transmit(struct station *st, const void *data, size_t len,
		     size_t piece);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_ATTACK_H */
