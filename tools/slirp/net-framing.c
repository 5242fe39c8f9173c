#include "tools/slirp/net-framing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/xalloc.h"

/* The buffer holds the longest frame twice, so that moving a rest to the front
 * is rare. */
_Static_assert(NET_READER_SIZE >= NET_HEADER_LEN + NET_FRAME_LEN_MAX,
	       "a whole frame must fit");

void
net_reader_init(struct net_reader *reader)
{
	*reader = (struct net_reader){ .buf = xcalloc(1, NET_READER_SIZE) };
}

void
net_reader_fini(struct net_reader *reader)
{
	free(reader->buf);
	reader->buf = NULL;
}

uint8_t *
net_reader_space(struct net_reader *reader, size_t *size)
{
	size_t left = reader->end - reader->start;

	if (reader->start > 0) {
		memmove(reader->buf, reader->buf + reader->start, left);
		reader->start = 0;
		reader->end = left;
	}
	*size = NET_READER_SIZE - left;
	return reader->buf + left;
}

void
net_reader_added(struct net_reader *reader, size_t n)
{
	reader->end += n;
}

/* Pass over what has come of an oversize frame. */
static void
skip(struct net_reader *reader)
{
	size_t left = reader->end - reader->start;
	size_t n = reader->skip < left ? reader->skip : left;

	reader->start += n;
	reader->skip -= (uint32_t)n;
}

enum net_item
net_reader_next(struct net_reader *reader, const uint8_t **frame, size_t *len)
{
	for (;;) {
		struct cursor c;
		uint32_t n;

		skip(reader);
		c = cursor_over(reader->buf + reader->start,
				reader->end - reader->start);
		n = cursor_be32(&c);
		if (!cursor_ok(&c))
			return NET_MORE;
		*len = n;
		if (n == 0 || n > NET_STREAM_LEN_MAX)
			return NET_BROKEN;
		if (n > NET_FRAME_LEN_MAX) {
			reader->start += NET_HEADER_LEN;
			reader->skip = n;
			reader->n_oversize++;
			continue;
		}
		*frame = cursor_bytes(&c, n);
		if (!cursor_ok(&c))
			return NET_MORE;
		reader->start += NET_HEADER_LEN + n;
		return NET_FRAME;
	}
}

void
net_writer_init(struct net_writer *writer)
{
	*writer = (struct net_writer){ .ring = xcalloc(1, NET_WRITER_SIZE) };
}

void
net_writer_fini(struct net_writer *writer)
{
	free(writer->ring);
	writer->ring = NULL;
}

/* There is room: the caller has looked.  @data NULL stands for zeros. */
static void
append(struct net_writer *writer, const uint8_t *data, size_t n)
{
	while (n > 0) {
		size_t at = (writer->head + writer->used) % NET_WRITER_SIZE;
		size_t piece = NET_WRITER_SIZE - at;

		if (piece > n)
			piece = n;
		if (data != NULL) {
			memcpy(writer->ring + at, data, piece);
			data += piece;
		} else {
			memset(writer->ring + at, 0, piece);
		}
		writer->used += piece;
		n -= piece;
	}
}

int
net_writer_put(struct net_writer *writer, const uint8_t *frame, size_t len)
{
	size_t padded = len < NET_FRAME_LEN_MIN ? NET_FRAME_LEN_MIN : len;
	const uint8_t header[NET_HEADER_LEN] = {
		0,
		(uint8_t)(padded >> 16),
		(uint8_t)(padded >> 8),
		(uint8_t)padded,
	};

	if (len == 0 || len > NET_FRAME_LEN_MAX)
		return -EMSGSIZE;
	if (NET_HEADER_LEN + padded > NET_WRITER_SIZE - writer->used) {
		writer->n_dropped++;
		return -ENOBUFS;
	}
	append(writer, header, sizeof(header));
	append(writer, frame, len);
	append(writer, NULL, padded - len);
	return 0;
}

const uint8_t *
net_writer_chunk(const struct net_writer *writer, size_t *size)
{
	size_t piece = NET_WRITER_SIZE - writer->head;

	*size = writer->used < piece ? writer->used : piece;
	return writer->ring + writer->head;
}

void
net_writer_sent(struct net_writer *writer, size_t n)
{
	writer->head = (writer->head + n) % NET_WRITER_SIZE;
	writer->used -= n;
}
