/*
 * stream-rig: peers of stream ports, on a switch that has two of them, alice
 * and bob, when a test begins.
 */
#ifndef TESTS_STREAM_RIG_H
#define TESTS_STREAM_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/ports/stream-proto.h"
#include "tests/unit/port-rig.h"

struct peer {
	int fd;
	uint8_t in[2 * (STREAM_HEADER_LEN + STREAM_LEN_MAX)];
	size_t n_in;
};

extern struct rig rig;
extern struct peer alice, bob;

void stream_setup(void);
void stream_teardown(void);

/** peer_open() - connects to the segment's stream socket */
void peer_open(struct peer *p);
void peer_close(struct peer *p);

/** write_all() - turns the loop as long as the socket is full */
void write_all(struct peer *p, const void *data, size_t len);
void send_header(struct peer *p, uint32_t len);
void send_frame(struct peer *p, const void *frame, size_t len);

/** take() - what has arrived, at most @max octets, into .in
 * Return: how many. */
size_t take(struct peer *p, size_t max);
/** has_frame() - is a whole one there? */
bool has_frame(struct peer *p);
/** next_frame() - waits for it
 * @frame: room for STREAM_LEN_MAX
 * Return: its length. */
size_t next_frame(struct peer *p, uint8_t *frame);
/** expect_frame() - the next one is @want, padded as on a wire */
void expect_frame(struct peer *p, const uint8_t *want, size_t len);

#endif /* TESTS_STREAM_RIG_H */
