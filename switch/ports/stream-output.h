/*
 * stream-output: the way out of a stream port.  A frame of which a part has
 * left is kept, and its rest goes first; what does not fit the socket waits in
 * the port's queue.
 */
#ifndef PORTS_STREAM_OUTPUT_H
#define PORTS_STREAM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct event;
struct event_base;
struct frame;
struct port;

struct stream_output {
	struct port *port;     /* borrowed */
	int fd;		       /* borrowed; -1: nobody there */
	struct event *on_room; /* pending only while .full */
	struct frame *rest;    /* of which only a part went out; or NULL */
	size_t rest_done;      /* octets of header and frame that are out */
	bool full;	       /* the socket takes no more for now */
	bool deaf;	       /* nor ever again */
};

/** stream_output_init() - @out is all zeros; without a connection
 * Return: 0; -ENOMEM, and nothing to undo. */
int stream_output_init(struct stream_output *out, struct event_base *base);
/** stream_output_fini() - also of one that is all zeros */
void stream_output_fini(struct stream_output *out);

/** stream_output_connect() - there is a connection
 * @fd: borrowed until the last of what follows */
void stream_output_connect(struct stream_output *out, int fd);
/** stream_output_widen() - nobody else has chosen how much its socket holds */
void stream_output_widen(struct stream_output *out);
/** stream_output_stop() - the port is going: nothing is sent any more */
void stream_output_stop(struct stream_output *out);
/** stream_output_hang_up() - the connection is going, the port is not: what was
 * under way is lost, and so is what is to be sent until the next one */
void stream_output_hang_up(struct stream_output *out);

/** stream_output_transmit() - .transmit of a port kind */
size_t stream_output_transmit(struct stream_output *out,
			      struct frame *const *frames, size_t n);

#endif /* PORTS_STREAM_OUTPUT_H */
