/*
 * shell-proto: what the guest's end of guest-shell sends, from bytes to frames.
 * Pure: the frames are described in guest-shell.sh.
 *
 * Lines between frames are skipped, whatever they hold.  A line that begins
 * with the nonce is a frame or the part of one; output is inside one, encoded
 * in lines of few characters, so that foreign bytes there are seen.  Memory is
 * bounded whatever comes.
 */
#ifndef DRIVER_VM_SHELL_PROTO_H
#define DRIVER_VM_SHELL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	SHELL_NONCE_LEN = 32, /* hexadecimal digits */
	SHELL_CHUNK_MAX = 64 * 1024,
	SHELL_BLOCK_SIZE = 128, /* in which chunks are counted */
};

enum shell_frame_type {
	SHELL_FRAME_READY = 'R',
	SHELL_FRAME_UNABLE = 'E', /* text: why */
	SHELL_FRAME_IDLE = 'I',	  /* n[0]: id, 0 for a new worker */
	SHELL_FRAME_DATA = 'D', /* n: id, descriptor, sequence number, blocks */
	SHELL_FRAME_END = 'F',	/* n: id, descriptor */
	SHELL_FRAME_LOST = 'L', /* n: id, descriptor */
	SHELL_FRAME_STATUS = 'X',    /* n: id, status */
	SHELL_FRAME_KILLED = 'K',    /* n: id, number of processes */
	SHELL_FRAME_SIGNALLED = 'S', /* n: id, number of process groups */
	SHELL_FRAME_WANTS = 'W',     /* n[0]: id: more of its stdin */
	SHELL_FRAME_QUIT = 'Q',
};

/* Pointers are borrowed until the next call on the parser. */
struct shell_frame {
	enum shell_frame_type type;
	uint32_t n[4];
	const char *text;
	const uint8_t *data;
	size_t size;
};

struct shell_parser;

/** shell_parser_new() - @nonce: SHELL_NONCE_LEN characters and a NUL */
struct shell_parser *shell_parser_new(const char *nonce);
/**
 * shell_parser_next() - the next frame of *@data
 * @data, @size: in/out: what has been used up is cut off at the front
 *
 * Return: 1 with @frame; 0 when all of @data is used up; -EPROTO with @err,
 *         after which the parser must not be used again.
 */
int shell_parser_next(struct shell_parser *parser, const uint8_t **data,
		      size_t *size, struct shell_frame *frame, struct err *err);
void shell_parser_free(struct shell_parser *parser);

#endif /* DRIVER_VM_SHELL_PROTO_H */
