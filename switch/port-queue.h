/*
 * port-queue: frames that wait for one port, bounded in number and octets.
 * Its memory is there from the first frame on, and stays where it is.
 */
#ifndef SWITCH_PORT_QUEUE_H
#define SWITCH_PORT_QUEUE_H

#include <stdint.h>

#include "switch/frame.h"

enum {
	PORT_QUEUE_FRAMES = 512,
	PORT_QUEUE_BYTES = 1024 * 1024,
};

/* Starts as all zeros. */
struct port_queue {
	struct frame **ring; /* of PORT_QUEUE_FRAMES, owned; or NULL */
	uint32_t head;	     /* the oldest */
	uint32_t n;
	uint32_t bytes; /* sum of their lengths */
};

/** port_queue_fini() - what waits in it must have been dropped */
void port_queue_fini(struct port_queue *queue);

/** port_queue_push() - as many of the first of @n frames as there is room for,
 * whose references are taken
 * Return: how many. */
uint32_t port_queue_push(struct port_queue *queue, struct frame *const *frames,
			 uint32_t n);
/** port_queue_peek() - the oldest frames, as far as they lie in a row
 * Return: how many; 0 when the queue is empty. */
uint32_t port_queue_peek(const struct port_queue *queue,
			 struct frame *const **frames);
/** port_queue_pop() - let the @n oldest go; their references are dropped
 * Return: the sum of their lengths. */
uint32_t port_queue_pop(struct port_queue *queue, uint32_t n);
/** port_queue_take() - all of them, in order, and their references
 * Return: how many. */
uint32_t port_queue_take(struct port_queue *queue,
			 struct frame *frames[PORT_QUEUE_FRAMES]);
/** port_queue_settle() - frame_settle() for all that wait */
void port_queue_settle(struct port_queue *queue);

#endif /* SWITCH_PORT_QUEUE_H */
