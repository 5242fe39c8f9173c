#include "switch/ports/stream-proto.h"

#include <stdlib.h>
#include <string.h>

#include "switch/frame.h"
#include "tests/unit/unit.h"

/* One announced length, the header complete, no payload yet. */
static const struct {
	uint32_t len;
	enum stream_item want;
} lengths[] = {
	{ 0, STREAM_BROKEN },
	{ 1, STREAM_MORE },
	{ FRAME_LEN_MIN - 1, STREAM_MORE },
	{ FRAME_LEN_MIN, STREAM_MORE },
	{ FRAME_LEN_MAX, STREAM_MORE },
	{ FRAME_LEN_MAX + 1, STREAM_OVERSIZE },
	{ STREAM_LEN_MAX, STREAM_OVERSIZE },
	{ STREAM_LEN_MAX + 1, STREAM_BROKEN },
	{ UINT32_C(0x80000000), STREAM_BROKEN },
	{ UINT32_MAX, STREAM_BROKEN },
};

START_TEST(a_length_is_judged_by_its_header)
{
	struct stream_parser parser = { 0 };
	uint8_t header[STREAM_HEADER_LEN];
	uint32_t len = 1;
	size_t used = 1;

	stream_proto_put(header, lengths[_i].len);
	for (size_t cut = 0; cut < sizeof(header); cut++) {
		ck_assert_int_eq(
		    stream_proto_next(&parser, header, cut, &used, &len),
		    STREAM_MORE);
		ck_assert_uint_eq(used, 0);
	}
	ck_assert_int_eq(
	    stream_proto_next(&parser, header, sizeof(header), &used, &len),
	    lengths[_i].want);
	if (lengths[_i].want != STREAM_MORE)
		ck_assert_uint_eq(len, lengths[_i].len);
	ck_assert_uint_eq(
	    used, lengths[_i].want == STREAM_OVERSIZE ? STREAM_HEADER_LEN : 0);
}
END_TEST

START_TEST(a_header_is_big_endian)
{
	uint8_t header[STREAM_HEADER_LEN];
	static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04 };

	stream_proto_put(header, 0x01020304);
	ck_assert_mem_eq(header, want, sizeof(want));
}
END_TEST

/* A stream with every sort of frame; each payload octet tells its frame. */
static const uint32_t train[] = {
	1,  60, FRAME_LEN_MAX + 1, 1514, STREAM_LEN_MAX,
	14, 13, FRAME_LEN_MAX,	   60
};
enum { N_TRAIN = sizeof(train) / sizeof(train[0]) };

static uint8_t *
make_train(size_t *len)
{
	uint8_t *wire, *at;

	*len = 0;
	for (size_t i = 0; i < N_TRAIN; i++)
		*len += STREAM_HEADER_LEN + train[i];
	at = wire = malloc(*len);
	ck_assert_ptr_nonnull(wire);
	for (size_t i = 0; i < N_TRAIN; i++) {
		stream_proto_put(at, train[i]);
		memset(at + STREAM_HEADER_LEN, 'A' + (int)i, train[i]);
		at += STREAM_HEADER_LEN + train[i];
	}
	return wire;
}

/* Takes items until more is needed; counts and checks them. */
static void
take_all(struct stream_parser *parser, const uint8_t **at, size_t *left,
	 size_t *n_items)
{
	enum stream_item item;
	uint32_t len;
	size_t used;

	do {
		item = stream_proto_next(parser, *at, *left, &used, &len);
		ck_assert_uint_le(used, *left);
		*at += used;
		*left -= used;
		if (item == STREAM_MORE)
			return;
		ck_assert_uint_lt(*n_items, N_TRAIN);
		ck_assert_uint_eq(len, train[*n_items]);
		ck_assert_int_eq(item, len > FRAME_LEN_MAX ? STREAM_OVERSIZE
							   : STREAM_FRAME);
		if (item == STREAM_FRAME) {
			ck_assert_uint_eq((*at)[-1], 'A' + *n_items);
			ck_assert_uint_eq((*at)[-(long)len], 'A' + *n_items);
		}
		++*n_items;
	} while (1);
}

static const size_t chunks[] = { 1, 3, 4, 5, 63, 64, 1518, 65535, 1 << 20 };

START_TEST(a_stream_is_the_same_in_any_pieces)
{
	struct stream_parser parser = { 0 };
	size_t len, end = 0, n_items = 0, left = 0;
	uint8_t *wire = make_train(&len);
	const uint8_t *at = wire;

	while (end < len) {
		size_t n = chunks[_i] < len - end ? chunks[_i] : len - end;

		end += n;
		left += n;
		take_all(&parser, &at, &left, &n_items);
		ck_assert_uint_lt(left, STREAM_HEADER_LEN + FRAME_LEN_MAX);
	}
	ck_assert_uint_eq(n_items, N_TRAIN);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(parser.skip, 0);
	free(wire);
}
END_TEST

START_TEST(an_oversize_frame_is_never_held)
{
	struct stream_parser parser = { 0 };
	uint8_t wire[STREAM_HEADER_LEN + 1] = { 0 };
	uint32_t len;
	size_t used;

	stream_proto_put(wire, STREAM_LEN_MAX);
	ck_assert_int_eq(
	    stream_proto_next(&parser, wire, sizeof(wire), &used, &len),
	    STREAM_OVERSIZE);
	for (uint32_t i = 0; i < STREAM_LEN_MAX; i++) {
		ck_assert_int_eq(
		    stream_proto_next(&parser, wire, 1, &used, &len),
		    STREAM_MORE);
		ck_assert_uint_eq(used, 1);
	}
	/* then the next header is a header again */
	stream_proto_put(wire, 0);
	ck_assert_int_eq(
	    stream_proto_next(&parser, wire, STREAM_HEADER_LEN, &used, &len),
	    STREAM_BROKEN);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_length_is_judged_by_its_header, UNIT_ROWS(lengths) },
		{ a_header_is_big_endian, 0 },
		{ a_stream_is_the_same_in_any_pieces, UNIT_ROWS(chunks) },
		{ an_oversize_frame_is_never_held, 0 },
		{ NULL, 0 },
	};

	return unit_run("stream_proto", tests, NULL, NULL);
}
