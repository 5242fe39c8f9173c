/* stream-gather: frames as the octets of a stream, for one sendmsg(): each
 * behind its length, and those that came in as one piece again as one piece. */
#ifndef PORTS_STREAM_GATHER_H
#define PORTS_STREAM_GATHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "switch/frame.h"
#include "switch/ports/stream-proto.h"

/* What one sendmsg() gets to see; of octets that are in the frames, which must
 * live as long as it does. */
struct stream_gather {
	struct iovec iov[2 * FRAME_BATCH];
	uint8_t headers[FRAME_BATCH][STREAM_HEADER_LEN];
	size_t n_iov;
};

static inline size_t
stream_size_on_wire(const struct frame *frame)
{
	return STREAM_HEADER_LEN + (size_t)frame_wire_len(frame);
}

/** stream_gather() - @n: at most FRAME_BATCH */
void stream_gather(struct stream_gather *g, struct frame *const *frames,
		   size_t n);
/** stream_gather_rest() - of a frame of which the first @done octets, header
 * included, are out */
void stream_gather_rest(struct stream_gather *g, const struct frame *frame,
			size_t done);

#endif /* PORTS_STREAM_GATHER_H */
