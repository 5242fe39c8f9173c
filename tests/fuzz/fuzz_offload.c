/*
 * Any octets as a frame, with anything said about it: nothing outside it is
 * read or written; what is split comes out whole, in pieces that are not too
 * long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "switch/ports/offload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 7 }; /* kind, start, offset, size of pieces */

static void
check(int right)
{
	if (!right)
		abort();
}

static void
try_split(const uint8_t *frame, size_t len, enum offload_kind kind, size_t l4,
	  size_t piece_len)
{
	struct offload_split s;
	size_t n, payload = 0;

	if (offload_split_init(&s, frame, len, kind, l4, piece_len) < 0)
		return;
	check(s.l3 < s.l4 && s.l4 < s.header_len && s.header_len < len);
	while ((n = offload_split_next_len(&s)) > 0) {
		uint8_t *piece = malloc(n); /* exactly: ASan sees the rest */

		check(piece != NULL);
		check(n > s.header_len && n - s.header_len <= piece_len);
		offload_split_next(&s, piece);
		check(memcmp(piece + s.header_len,
			     frame + s.header_len + payload,
			     n - s.header_len) == 0);
		payload += n - s.header_len;
		free(piece);
	}
	check(s.header_len + payload == len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t start, offset, piece_len, len;
	uint8_t *frame;

	if (size <= HEADER)
		return 0;
	start = (size_t)(data[1] << 8 | data[2]);
	offset = (size_t)(data[3] << 8 | data[4]);
	piece_len = (size_t)(data[5] << 8 | data[6]);
	len = size - HEADER;
	frame = malloc(len);
	check(frame != NULL);
	memcpy(frame, data + HEADER, len);
	try_split(frame, len, data[0] & 1 ? OFFLOAD_UDP : OFFLOAD_TCP, start,
		  piece_len);
	check(memcmp(frame, data + HEADER, len) == 0);
	(void)offload_checksum(frame, len, start, offset);
	free(frame);
	return 0;
}
