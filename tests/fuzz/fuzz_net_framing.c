#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/slirp/net-framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

struct result {
	size_t n_frames;
	uint64_t digest; /* of the frames' lengths and octets */
	uint64_t n_oversize;
	int broken;
};

static void
take_all(struct net_reader *reader, struct result *result)
{
	enum net_item item = NET_FRAME;
	uint8_t *frame;
	size_t len;

	while (!result->broken && item != NET_MORE) {
		item = net_reader_next(reader, &frame, &len);
		result->broken = item == NET_BROKEN;
		if (item != NET_FRAME)
			continue;
		require(len > 0 && len <= NET_FRAME_LEN_MAX);
		require(frame >= reader->buf &&
			frame + len <= reader->buf + NET_READER_SIZE);
		result->n_frames++;
		result->digest ^= len;
		for (size_t i = 0; i < len; i++)
			result->digest = (result->digest ^ frame[i]) *
					 UINT64_C(0x100000001b3);
	}
}

/* Reads @data as it arrives @step octets at a time. */
static struct result
read_in_pieces(const uint8_t *data, size_t size, size_t step, size_t header_len)
{
	struct result result = { .n_frames = 0 };
	struct net_reader reader;

	net_reader_init(&reader, header_len);
	while (size > 0 && !result.broken) {
		size_t room;
		uint8_t *space = net_reader_space(&reader, &room);
		size_t n = step < size ? step : size;

		require(room > 0);
		n = n < room ? n : room;
		memcpy(space, data, n);
		net_reader_added(&reader, n);
		data += n;
		size -= n;
		take_all(&reader, &result);
	}
	result.n_oversize = reader.n_oversize;
	net_reader_fini(&reader);
	return result;
}

/* Sends the next @n octets of what is queued to the reader of the guest. */
static void
send_some(struct net_writer *writer, struct net_reader *reader, size_t n,
	  struct result *result)
{
	const uint8_t *chunk;
	size_t size, room;
	uint8_t *space;

	while (n > 0) {
		chunk = net_writer_chunk(writer, &size);
		if (size == 0)
			return;
		space = net_reader_space(reader, &room);
		size = size < room ? size : room;
		size = size < n ? size : n;
		memcpy(space, chunk, size);
		net_reader_added(reader, size);
		net_writer_sent(writer, size);
		n -= size;
		take_all(reader, result);
		require(!result->broken);
	}
}

/* Takes @data as orders, three octets each: a frame of that length, or so many
 * octets sent.  What was queued must come out, nothing else. */
static void
write_and_read(const uint8_t *data, size_t size, size_t header_len)
{
	static const uint8_t frame[1 << 17];
	struct result result = { .n_frames = 0 };
	struct net_reader reader;
	struct net_writer writer;
	size_t n_put = 0, n_refused = 0;
	size_t max = header_len == NET_HEADER_PLUG ? NET_PLUG_FRAME_LEN_MAX
						   : NET_FRAME_LEN_MAX;

	net_reader_init(&reader, header_len);
	net_writer_init(&writer, header_len);
	for (; size >= 3; data += 3, size -= 3) {
		size_t n = (size_t)(data[1] << 8 | data[2]) + (data[0] & 0x7f);
		int ret;

		if ((data[0] & 0x80) != 0) {
			send_some(&writer, &reader, n, &result);
			continue;
		}
		ret = net_writer_put(&writer, frame, n);
		require((ret == -EMSGSIZE) == (n == 0 || n > max));
		n_put += ret == 0;
		n_refused += ret == -ENOBUFS;
		require(writer.used <= NET_WRITER_SIZE);
	}
	send_some(&writer, &reader, SIZE_MAX, &result);
	require(writer.used == 0 && writer.n_dropped == n_refused);
	require(result.n_frames == n_put && reader.n_oversize == 0);
	net_writer_fini(&writer);
	net_reader_fini(&reader);
}

/* Properties: what a stream contains does not depend on how it arrives; every
 * frame lies inside the buffer; what the writer takes, a reader gets, whole and
 * in order.  The first octet says in what pieces the stream arrives, and whether
 * it is a plug's. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, pieces;
	size_t header_len;

	if (size == 0)
		return 0;
	header_len = (data[0] & 0x80) != 0 ? NET_HEADER_PLUG : NET_HEADER_QEMU;
	whole = read_in_pieces(data + 1, size - 1, SIZE_MAX, header_len);
	pieces =
	    read_in_pieces(data + 1, size - 1, (size_t)data[0] + 1, header_len);
	require(whole.n_frames == pieces.n_frames);
	require(whole.digest == pieces.digest);
	require(whole.broken == pieces.broken);
	require(whole.n_oversize == pieces.n_oversize);
	write_and_read(data + 1, size - 1, header_len);
	return 0;
}
