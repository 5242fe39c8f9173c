#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "switch/frame.h"
#include "switch/ports/stream-proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

struct reader {
	struct stream_parser parser;
	size_t at;
	size_t n_items;
	uint64_t digest; /* of the items' kinds, places and lengths */
	int broken;
};

/* Takes what is whole of data[0..end). */
static void
read_until(struct reader *r, const uint8_t *data, size_t end)
{
	enum stream_item item = STREAM_FRAME;

	while (!r->broken && item != STREAM_MORE) {
		size_t used = 0, left = end - r->at;
		uint32_t len = 0;

		item = stream_proto_next(&r->parser, data + r->at, left, &used,
					 &len);
		require(used <= left);
		r->at += used;
		if (item == STREAM_FRAME)
			require(len > 0 && len <= FRAME_LEN_MAX &&
				used >= STREAM_HEADER_LEN + (size_t)len);
		if (item == STREAM_OVERSIZE)
			require(len > FRAME_LEN_MAX && len <= STREAM_LEN_MAX);
		if (item != STREAM_MORE) {
			r->n_items++;
			r->digest = (r->digest ^ (r->at << 20 | len) ^
				     (uint64_t)item << 60) *
				    UINT64_C(0x100000001b3);
		}
		r->broken = item == STREAM_BROKEN;
	}
	require(r->broken ||
		end - r->at < STREAM_HEADER_LEN + (size_t)FRAME_LEN_MAX);
}

/* Property: what a stream contains does not depend on how it arrives, and
 * every frame lies inside what arrived.  The first octet says in what pieces.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader whole = { .n_items = 0 }, pieces = { .n_items = 0 };
	size_t step;

	if (size == 0)
		return 0;
	step = (size_t)data[0] + 1;
	data++;
	size--;
	read_until(&whole, data, size);
	for (size_t end = 0; end <= size; end += step)
		read_until(&pieces, data, end);
	read_until(&pieces, data, size);
	require(whole.n_items == pieces.n_items);
	require(whole.digest == pieces.digest);
	require(whole.broken == pieces.broken);
	return 0;
}
