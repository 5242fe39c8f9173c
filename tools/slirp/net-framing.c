#include "tools/slirp/net-framing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/xalloc.h"

/* The buffer holds the longest frame twice, so that moving a rest to the front
 * is rare. */
_Static_assert(NET_READER_SIZE >= NET_HEADER_MAX + NET_FRAME_LEN_MAX,
	       "a whole frame must fit");

void
net_reader_init(struct net_reader *reader, size_t header_len)
{
	*reader = (struct net_reader){ .buf = xcalloc(1, NET_READER_SIZE),
				       .header_len = header_len };
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
net_reader_next(struct net_reader *reader, uint8_t **frame, size_t *len)
{
	for (;;) {
		size_t header_len = reader->header_len;
		struct cursor c;
		uint32_t n;

		skip(reader);
		c = cursor_over(reader->buf + reader->start,
				reader->end - reader->start);
		n = header_len == NET_HEADER_PLUG ? cursor_be16(&c)
						  : cursor_be32(&c);
		if (!cursor_ok(&c))
			return NET_MORE;
		*len = n;
		if (n == 0 || n > NET_STREAM_LEN_MAX)
			return NET_BROKEN;
		if (n > NET_FRAME_LEN_MAX) {
			reader->start += header_len;
			reader->skip = n;
			reader->n_oversize++;
			continue;
		}
		cursor_skip(&c, n);
		if (!cursor_ok(&c))
			return NET_MORE;
		*frame = reader->buf + reader->start + header_len;
		reader->start += header_len + n;
		return NET_FRAME;
	}
}

void
net_writer_init(struct net_writer *writer, size_t header_len)
{
	*writer = (struct net_writer){ .ring = xcalloc(1, NET_WRITER_SIZE),
				       .header_len = header_len };
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
	size_t header_len = writer->header_len;
	const uint8_t header[NET_HEADER_MAX] = {
		0,
		(uint8_t)(padded >> 16),
		(uint8_t)(padded >> 8),
		(uint8_t)padded,
	};

	if (len == 0 || len > NET_FRAME_LEN_MAX ||
	    (header_len == NET_HEADER_PLUG && len > NET_PLUG_FRAME_LEN_MAX))
		return -EMSGSIZE;
	if (header_len + padded > NET_WRITER_SIZE - writer->used) {
		writer->n_dropped++;
		return -ENOBUFS;
	}
	append(writer, header + NET_HEADER_MAX - header_len, header_len);
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

/* The octet of the ring that is @i behind the head. */
static uint8_t
octet(const struct net_writer *writer, size_t i)
{
	return writer->ring[(writer->head + i) % NET_WRITER_SIZE];
}

size_t
net_writer_front(const struct net_writer *writer,
		 uint8_t frame[static NET_FRAME_LEN_MAX])
{
	size_t len = 0, at, piece;

	if (writer->used == 0)
		return 0;
	for (size_t i = 0; i < writer->header_len; i++)
		len = len << 8 | octet(writer, i);
	at = (writer->head + writer->header_len) % NET_WRITER_SIZE;
	piece = NET_WRITER_SIZE - at < len ? NET_WRITER_SIZE - at : len;
	memcpy(frame, writer->ring + at, piece);
	memcpy(frame + piece, writer->ring, len - piece);
	return len;
}

void
net_writer_sent(struct net_writer *writer, size_t n)
{
	writer->head = (writer->head + n) % NET_WRITER_SIZE;
	writer->used -= n;
}
