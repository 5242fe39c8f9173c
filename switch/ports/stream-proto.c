#include "switch/ports/stream-proto.h"

#include "lib/cursor.h"
#include "switch/frame.h"

enum stream_item
stream_proto_next(struct stream_parser *parser, const uint8_t *data, size_t len,
		  size_t *used, uint32_t *frame_len)
{
	size_t skipped = parser->skip < len ? parser->skip : len;
	struct cursor c = cursor_over(data, len);
	uint32_t n;

	cursor_skip(&c, skipped);
	parser->skip -= (uint32_t)skipped;
	*used = skipped;
	n = cursor_be32(&c);
	if (!cursor_ok(&c))
		return STREAM_MORE;
	if (n == 0 || n > STREAM_LEN_MAX) {
		*frame_len = n;
		return STREAM_BROKEN;
	}
	if (n > FRAME_LEN_MAX) {
		*used += STREAM_HEADER_LEN;
		*frame_len = n;
		parser->skip = n;
		return STREAM_OVERSIZE;
	}
	if (c.left < n)
		return STREAM_MORE;
	*used += STREAM_HEADER_LEN + n;
	*frame_len = n;
	return STREAM_FRAME;
}
