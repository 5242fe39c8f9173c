#include "driver/vm/shell-output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
shell_mark_fill(char *mark, const char *digits)
{
	memset(mark, '.', SHELL_MARK_LEN);
	mark[0] = '\036';
	memcpy(mark + 1, digits, SHELL_NONCE_LEN);
	mark[SHELL_MARK_LEN - 1] = '\n';
}

void
shell_stream_init(struct shell_stream *stream, const char *mark)
{
	*stream = (struct shell_stream){ .ended = false };
	memcpy(stream->mark, mark, SHELL_MARK_LEN);
}

void
shell_stream_feed(struct shell_stream *stream, const void *data, size_t size,
		  shell_stream_fn *out, void *arg)
{
	const char *at = data;
	const char *end = at + size;

	while (at < end && !stream->ended) {
		const char *first;

		if (stream->n_matched > 0 &&
		    *at == stream->mark[stream->n_matched]) {
			at++;
			stream->ended = ++stream->n_matched == SHELL_MARK_LEN;
			continue;
		}
		/* The mark's first byte is nowhere else in it, so a mismatch
		 * can only be the beginning of another one. */
		if (stream->n_matched > 0)
			out(stream->mark, stream->n_matched, arg);
		first = memchr(at, stream->mark[0], (size_t)(end - at));
		if (first == NULL)
			first = end;
		if (first > at)
			out(at, (size_t)(first - at), arg);
		stream->n_matched = first < end;
		at = first + (first < end);
	}
}

void
shell_stream_finish(struct shell_stream *stream, shell_stream_fn *out,
		    void *arg)
{
	if (!stream->ended && stream->n_matched > 0)
		out(stream->mark, stream->n_matched, arg);
	stream->ended = true;
}

int
shell_bytes_add(struct shell_bytes *bytes, const void *data, size_t size)
{
	if (bytes->room - bytes->size < size) {
		size_t room = (bytes->size + size) * 2;
		char *grown = realloc(bytes->data, room);

		if (grown == NULL)
			return -ENOMEM;
		bytes->data = grown;
		bytes->room = room;
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return 0;
}
