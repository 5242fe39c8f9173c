/* stream-gather: frames as the octets of a stream, for one sendmsg(): each
 * behind its length, and those that came in as one piece again as one piece. */
#ifndef PORTS_STREAM_GATHER_H
#define PORTS_STREAM_GATHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "switch/frame.h"
#include "switch/ports/stream-proto.h"

/* At most two pieces a frame, and the kernel takes 1024 in one call. */
enum { STREAM_GATHER_MAX = 4 * FRAME_BATCH };

/* What one sendmsg() gets to see; of octets that are in the frames, which must
 * live as long as it does. */
struct stream_gather {
	struct iovec iov[2 * STREAM_GATHER_MAX];
	uint8_t headers[STREAM_GATHER_MAX][STREAM_HEADER_LEN];
	size_t n_iov;
};

static inline size_t
stream_size_on_wire(const struct frame *frame)
{
	return STREAM_HEADER_LEN + (size_t)frame_wire_len(frame);
}

/** stream_gather() - @n: at most STREAM_GATHER_MAX */
void stream_gather(struct stream_gather *g, struct frame *const *frames,
		   size_t n);
/** stream_gather_rest() - of a frame of which the first @done octets, header
 * included, are out */
void stream_gather_rest(struct stream_gather *g, const struct frame *frame,
			size_t done);

#endif /* PORTS_STREAM_GATHER_H */
