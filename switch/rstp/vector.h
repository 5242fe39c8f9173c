/*
 * vector: spanning tree priority vectors (IEEE 802.1D-2004, 17.5 and 17.6) and
 * the timer values that travel with them.  The lesser vector is the better.
 */
#ifndef SWITCH_RSTP_VECTOR_H
#define SWITCH_RSTP_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

struct bpdu;

/* The fifth component, the port that receives, is left to whoever compares
 * vectors of several ports. */
struct vector {
	uint64_t root; /* bridge identifier, as in struct bpdu */
	uint32_t cost;
	uint64_t bridge;
	uint16_t port;
};

/* In whole seconds. */
struct times {
	uint16_t message_age, max_age, hello_time, forward_delay;
};

/** vector_cmp() - < 0 when @a is better, 0 when they are the same */
int vector_cmp(const struct vector *a, const struct vector *b);

/** vector_is_superior() - does a message with @msg replace what a port has in
 * @held?  So does whatever the same port of the same bridge says now (17.6);
 * the same bridge is one with the same address, whatever its priority. */
bool vector_is_superior(const struct vector *msg, const struct vector *held);

/** vector_same_bridge() - do both identifiers hold the same address? */
bool vector_same_bridge(uint64_t a, uint64_t b);

/** vector_same_port() - were both sent by the same port of the same bridge,
 * whatever their priorities? */
bool vector_same_port(const struct vector *a, const struct vector *b);

/** vector_add_cost() - path costs never wrap */
uint32_t vector_add_cost(uint32_t a, uint32_t b);

bool times_eq(const struct times *a, const struct times *b);

struct vector vector_of_bpdu(const struct bpdu *bpdu);
/** times_of_bpdu() - rounded to the nearest second */
struct times times_of_bpdu(const struct bpdu *bpdu);

#endif /* SWITCH_RSTP_VECTOR_H */
