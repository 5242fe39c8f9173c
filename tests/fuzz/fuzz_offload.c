/*
 * Any octets as a frame, with anything said about it: nothing outside it is
 * read or written; what is cut comes out whole, in pieces that are not too long
 * and whose checksums are right.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "switch/ports/offload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 7 }; /* segmentation, start, offset, length of pieces */

static void
check(int right)
{
	if (!right)
		abort();
}

/* Another way than the code under test has. */
static uint32_t
add_up(uint32_t total, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		total += (i & 1) == 0 ? (uint32_t)p[i] << 8 : p[i];
		total = (total & 0xffff) + (total >> 16);
	}
	return total;
}

static void
check_sums(const struct offload_cut *c, const uint8_t *piece, size_t n)
{
	const uint8_t *ip = piece + c->l3;
	uint32_t protocol = c->segmentation == FRAME_SEGMENT_UDP_L4 ? 17 : 6;
	uint32_t total;

	if (!c->ipv6)
		check(add_up(0, ip, (size_t)(ip[0] & 0xf) * 4) == 0xffff);
	if (c->segmentation == FRAME_SEGMENT_UDP)
		return;
	total = add_up(0, ip + (c->ipv6 ? 8 : 12), c->ipv6 ? 32 : 8);
	total += protocol + (uint32_t)(n - c->l4);
	total = (total & 0xffff) + (total >> 16);
	check(add_up(total, piece + c->l4, n - c->l4) == 0xffff);
}

static void
try_cut(const uint8_t *frame, size_t len, const struct frame_offload *o)
{
	struct offload_cut c;
	size_t n, n_pieces, done = 0;

	if (offload_cut_init(&c, o, frame, len, 1) < 0)
		return;
	n_pieces = offload_cut_n(&c);
	check(n_pieces > 0 && n_pieces <= OFFLOAD_PIECES_MAX);
	check(c.l3 < c.header_len && c.header_len < len);
	while ((n = offload_cut_next_len(&c)) > 0) {
		uint8_t *piece = malloc(n); /* exactly: ASan sees the rest */
		size_t extra = n - c.header_len;
		size_t payload = len - c.header_len - done;

		check(piece != NULL);
		payload = payload < c.payload_len ? payload : c.payload_len;
		check(payload <= o->segment_len);
		extra -= payload;
		check(extra == 0 || extra == OFFLOAD_PIECE_EXTRA);
		offload_cut_next(&c, piece);
		for (size_t i = 0; i < payload; i++) {
			size_t at = c.header_len + done + i;
			bool is_sum =
			    c.checksum_at > 0 && at - c.checksum_at < 2;

			check(piece[c.header_len + extra + i] == frame[at] ||
			      is_sum);
		}
		check_sums(&c, piece, n);
		done += payload;
		n_pieces--;
		free(piece);
	}
	check(c.header_len + done == len && n_pieces == 0);
}

/* A description that fits as far as can be read does so when all can be. */
static void
try_check(const uint8_t *frame, size_t len, struct frame_offload *o)
{
	struct frame_offload again = *o;
	size_t head_len = len < FRAME_HEAD_LEN ? len : FRAME_HEAD_LEN;
	uint8_t *head = malloc(head_len);
	int ret, ret_again;

	check(head != NULL);
	memcpy(head, frame, head_len);
	ret = offload_check(o, head, head_len, len);
	ret_again = offload_check(&again, frame, len, len);
	check(ret == ret_again ||
	      (ret != 0 && head_len < len && ret_again != -EAGAIN));
	free(head);
	*o = again;
	if (ret_again == 0 && o->segmentation != FRAME_SEGMENT_NONE)
		check(o->header_len <= len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_offload o;
	size_t len;
	uint8_t *frame;

	if (size <= HEADER)
		return 0;
	o = (struct frame_offload){
		.segmentation = data[0] & 7,
		.needs_checksum = (data[0] & 8) == 0,
		.checksum_start = (uint16_t)(data[1] << 8 | data[2]),
		.checksum_offset = (uint16_t)(data[3] << 8 | data[4]),
		.segment_len = (uint16_t)(data[5] << 8 | data[6]),
	};
	len = size - HEADER;
	if (len > FRAME_LEN_MAX)
		len = FRAME_LEN_MAX;
	frame = malloc(len);
	check(frame != NULL);
	memcpy(frame, data + HEADER, len);
	try_cut(frame, len, &o);
	check(memcmp(frame, data + HEADER, len) == 0);
	try_check(frame, len, &o);
	(void)offload_checksum(frame, len, o.checksum_start, o.checksum_offset);
	free(frame);
	return 0;
}
