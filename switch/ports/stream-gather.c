#include "switch/ports/stream-gather.h"

#include <stdbool.h>
#include <string.h>

/* Does @frame with its header lie right behind @before, in one buffer? */
static bool
follows(const struct frame *before, const struct frame *frame,
	const uint8_t header[static STREAM_HEADER_LEN])
{
	return before->buf == frame->buf &&
	       before->data + frame_wire_len(before) + STREAM_HEADER_LEN ==
		   frame->data &&
	       memcmp(frame->data - STREAM_HEADER_LEN, header,
		      STREAM_HEADER_LEN) == 0;
}

static void
add(struct stream_gather *g, void *data, size_t len)
{
	g->iov[g->n_iov++] = (struct iovec){ .iov_base = data, .iov_len = len };
}

void
stream_gather(struct stream_gather *g, struct frame *const *frames, size_t n)
{
	g->n_iov = 0;
	for (size_t i = 0; i < n; i++) {
		const struct frame *frame = frames[i];
		uint8_t *header = g->headers[i];

		stream_proto_put(header, frame_wire_len(frame));
		if (i > 0 && follows(frames[i - 1], frame, header)) {
			g->iov[g->n_iov - 1].iov_len +=
			    stream_size_on_wire(frame);
			continue;
		}
		add(g, header, STREAM_HEADER_LEN);
		add(g, frame->data, frame_wire_len(frame));
	}
}

void
stream_gather_rest(struct stream_gather *g, const struct frame *frame,
		   size_t done)
{
	size_t of_header = done < STREAM_HEADER_LEN ? done : STREAM_HEADER_LEN;
	size_t of_frame = done - of_header;

	g->n_iov = 0;
	stream_proto_put(g->headers[0], frame_wire_len(frame));
	add(g, g->headers[0] + of_header, STREAM_HEADER_LEN - of_header);
	add(g, frame->data + of_frame, frame_wire_len(frame) - of_frame);
}
