/*
 * shell-output: one output stream of a command: its bytes up to its end mark,
 * which may come in pieces, and what is kept of them.  Pure.
 */
#ifndef DRIVER_VM_SHELL_OUTPUT_H
#define DRIVER_VM_SHELL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/vm/shell-proto.h"

/* \036, digits, dots, \n */
enum {
	SHELL_MARK_LEN = SHELL_BLOCK_SIZE,
	SHELL_MARK_TOLD_LEN = 1 + SHELL_NONCE_LEN,
};

struct shell_stream {
	char mark[SHELL_MARK_LEN + 1];
	size_t n_matched; /* bytes of the mark that came last */
	uint32_t next_seq;
	bool ended;
};

/** shell_mark_fill() - @mark: SHELL_MARK_LEN bytes, of which the guest is told
 * the first SHELL_MARK_TOLD_LEN
 * @digits: SHELL_NONCE_LEN of them */
void shell_mark_fill(char *mark, const char *digits);

typedef void shell_stream_fn(const void *data, size_t size, void *arg);

/** shell_stream_init() - @mark: SHELL_MARK_LEN bytes beginning with \036,
 * which is nowhere else in it */
void shell_stream_init(struct shell_stream *stream, const char *mark);
/** shell_stream_feed() - @out runs for bytes before the mark; what follows it
 * is dropped */
void shell_stream_feed(struct shell_stream *stream, const void *data,
		       size_t size, shell_stream_fn *out, void *arg);
/** shell_stream_finish() - no more will come, mark or not */
void shell_stream_finish(struct shell_stream *stream, shell_stream_fn *out,
			 void *arg);

/* A growing buffer; zeros to begin with. */
struct shell_bytes {
	char *data; /* owned; free() */
	size_t size, room;
};

/** shell_bytes_add() - Return: 0; -ENOMEM, nothing was added */
int shell_bytes_add(struct shell_bytes *bytes, const void *data, size_t size);

#endif /* DRIVER_VM_SHELL_OUTPUT_H */
