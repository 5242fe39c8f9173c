#include "tools/slirp/net-framing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct net_reader reader;
static struct net_writer writer;
static uint8_t big[NET_FRAME_LEN_MAX + 1];

static void
set_up(void)
{
	net_reader_init(&reader, NET_HEADER_QEMU);
	net_writer_init(&writer, NET_HEADER_QEMU);
}

static void
tear_down(void)
{
	net_reader_fini(&reader);
	net_writer_fini(&writer);
}

static void
put_header(uint8_t *at, uint32_t len)
{
	at[0] = (uint8_t)(len >> 24);
	at[1] = (uint8_t)(len >> 16);
	at[2] = (uint8_t)(len >> 8);
	at[3] = (uint8_t)len;
}

static void
arrive(const uint8_t *data, size_t n)
{
	size_t size;
	uint8_t *space = net_reader_space(&reader, &size);

	ck_assert_uint_ge(size, n);
	memcpy(space, data, n);
	net_reader_added(&reader, n);
}

/* ---- from the guest ---- */

static const struct {
	uint32_t len;
	enum net_item want;
	uint64_t n_oversize;
} lengths[] = {
	{ 0, NET_BROKEN, 0 },
	{ 1, NET_MORE, 0 },
	{ NET_FRAME_LEN_MAX, NET_MORE, 0 },
	{ NET_FRAME_LEN_MAX + 1, NET_MORE, 1 },
	{ NET_STREAM_LEN_MAX, NET_MORE, 1 },
	{ NET_STREAM_LEN_MAX + 1, NET_BROKEN, 0 },
	{ UINT32_C(0x00ffffff), NET_BROKEN, 0 },
	{ UINT32_C(0x80000000), NET_BROKEN, 0 },
	{ UINT32_MAX, NET_BROKEN, 0 },
};

START_TEST(a_length_is_judged_once_its_header_is_whole)
{
	uint8_t header[NET_HEADER_QEMU];
	uint8_t *frame;
	size_t len = 1;

	put_header(header, lengths[_i].len);
	for (size_t i = 0; i < sizeof(header); i++) {
		ck_assert_int_eq(net_reader_next(&reader, &frame, &len),
				 NET_MORE);
		arrive(&header[i], 1);
	}
	ck_assert_int_eq(net_reader_next(&reader, &frame, &len),
			 lengths[_i].want);
	if (lengths[_i].want == NET_BROKEN)
		ck_assert_uint_eq(len, lengths[_i].len);
	ck_assert_uint_eq(reader.n_oversize, lengths[_i].n_oversize);
}
END_TEST

START_TEST(a_broken_stream_stays_broken)
{
	static const uint8_t wire[] = { 0, 0, 0, 0, 0, 0, 0, 1, 'x' };
	uint8_t *frame;
	size_t len;

	arrive(wire, sizeof(wire));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(net_reader_next(&reader, &frame, &len),
				 NET_BROKEN);
}
END_TEST

/* Frames of every sort; the octets of each tell which it is. */
static const uint32_t train[] = {
	1,  60, NET_FRAME_LEN_MAX + 1, 1514, NET_STREAM_LEN_MAX, 14,
	13, 2,	NET_FRAME_LEN_MAX,     60
};
enum { N_TRAIN = UNIT_ROWS(train) };

static uint8_t *
make_train(size_t *len)
{
	uint8_t *wire, *at;

	*len = 0;
	for (size_t i = 0; i < N_TRAIN; i++)
		*len += NET_HEADER_QEMU + train[i];
	at = wire = malloc(*len);
	ck_assert_ptr_nonnull(wire);
	for (size_t i = 0; i < N_TRAIN; i++) {
		put_header(at, train[i]);
		memset(at + NET_HEADER_QEMU, 'A' + (int)i, train[i]);
		at += NET_HEADER_QEMU + train[i];
	}
	return wire;
}

/* Takes what is whole, from car @i of the train on; returns the next car. */
static size_t
take_train(size_t i)
{
	uint8_t *frame;
	size_t len;

	while (net_reader_next(&reader, &frame, &len) == NET_FRAME) {
		while (i < N_TRAIN && train[i] > NET_FRAME_LEN_MAX)
			i++;
		ck_assert_uint_lt(i, N_TRAIN);
		ck_assert_uint_eq(len, train[i]);
		ck_assert_uint_eq(frame[0], 'A' + i);
		ck_assert_uint_eq(frame[len - 1], 'A' + i);
		i++;
	}
	return i;
}

static const size_t chunks[] = { 1,   3, 4, 5, 64, 1518, 65535, NET_READER_SIZE,
				 1000 };

START_TEST(a_stream_is_the_same_in_any_pieces)
{
	size_t len, at = 0, car = 0;
	uint8_t *wire = make_train(&len);

	while (at < len) {
		size_t n, size;

		net_reader_space(&reader, &size);
		ck_assert_uint_gt(size, 0);
		n = chunks[_i] < size ? chunks[_i] : size;
		if (n > len - at)
			n = len - at;
		arrive(wire + at, n);
		at += n;
		car = take_train(car);
	}
	ck_assert_uint_eq(car, N_TRAIN);
	ck_assert_uint_eq(reader.n_oversize, 2);
	ck_assert_uint_eq(reader.start, reader.end);
	free(wire);
}
END_TEST

/* ---- to the guest ---- */

static const struct {
	size_t len;
	size_t want; /* octets on the wire, header included; 0: refused */
} paddings[] = {
	{ 0, 0 },
	{ 1, NET_HEADER_QEMU + NET_FRAME_LEN_MIN },
	{ NET_FRAME_LEN_MIN - 1, NET_HEADER_QEMU + NET_FRAME_LEN_MIN },
	{ NET_FRAME_LEN_MIN, NET_HEADER_QEMU + NET_FRAME_LEN_MIN },
	{ NET_FRAME_LEN_MIN + 1, NET_HEADER_QEMU + NET_FRAME_LEN_MIN + 1 },
	{ 0x0102, NET_HEADER_QEMU + 0x0102 },
	{ NET_FRAME_LEN_MAX, NET_HEADER_QEMU + NET_FRAME_LEN_MAX },
	{ NET_FRAME_LEN_MAX + 1, 0 },
};

START_TEST(a_frame_goes_out_padded_behind_its_length)
{
	size_t want = paddings[_i].want, len = paddings[_i].len, size;
	int ret = want > 0 ? 0 : -EMSGSIZE;
	uint8_t header[NET_HEADER_QEMU];
	const uint8_t *chunk;

	memset(writer.ring, 0xee, NET_WRITER_SIZE);
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(net_writer_put(&writer, big, len), ret);
	chunk = net_writer_chunk(&writer, &size);
	ck_assert_uint_eq(size, want);
	ck_assert_uint_eq(writer.n_dropped, 0);
	if (want == 0)
		return;
	put_header(header, (uint32_t)(want - NET_HEADER_QEMU));
	ck_assert_mem_eq(chunk, header, NET_HEADER_QEMU);
	ck_assert_mem_eq(chunk + NET_HEADER_QEMU, big, len);
	for (size_t i = NET_HEADER_QEMU + len; i < want; i++)
		ck_assert_uint_eq(chunk[i], 0);
}
END_TEST

/* As many frames as fit, of which the last fills the queue to @slack bytes. */
static void
fill_queue(size_t slack)
{
	enum { CAR = NET_HEADER_QEMU + 60000 };
	size_t left = NET_WRITER_SIZE - slack;

	while (left >= 2 * CAR) {
		ck_assert_int_eq(net_writer_put(&writer, big, 60000), 0);
		left -= CAR;
	}
	if (left > NET_HEADER_QEMU + NET_FRAME_LEN_MAX) {
		ck_assert_int_eq(net_writer_put(&writer, big, 30000), 0);
		left -= NET_HEADER_QEMU + 30000;
	}
	while (left > NET_HEADER_QEMU + NET_FRAME_LEN_MAX) {
		ck_assert_int_eq(net_writer_put(&writer, big, 20000), 0);
		left -= NET_HEADER_QEMU + 20000;
	}
	ck_assert_int_eq(net_writer_put(&writer, big, left - NET_HEADER_QEMU),
			 0);
	ck_assert_uint_eq(NET_WRITER_SIZE - writer.used, slack);
}

START_TEST(a_frame_that_does_not_fit_is_dropped_whole_and_counted)
{
	enum { LEN = 100 };

	fill_queue(NET_HEADER_QEMU + LEN - 1);
	ck_assert_int_eq(net_writer_put(&writer, big, LEN), -ENOBUFS);
	ck_assert_uint_eq(writer.n_dropped, 1);
	ck_assert_uint_eq(writer.used,
			  NET_WRITER_SIZE - (NET_HEADER_QEMU + LEN - 1));
	ck_assert_int_eq(net_writer_put(&writer, big, LEN - 1), 0);
	ck_assert_uint_eq(writer.used, NET_WRITER_SIZE);
	ck_assert_int_eq(net_writer_put(&writer, big, 1), -ENOBUFS);
	ck_assert_uint_eq(writer.n_dropped, 2);
}
END_TEST

START_TEST(padding_counts_when_a_frame_is_measured)
{
	fill_queue(NET_HEADER_QEMU + NET_FRAME_LEN_MIN - 1);
	ck_assert_int_eq(net_writer_put(&writer, big, 1), -ENOBUFS);
	net_writer_sent(&writer, 1);
	ck_assert_int_eq(net_writer_put(&writer, big, 1), 0);
}
END_TEST

/* What leaves, in pieces of @piece bytes, is read back. */
static void
carry(size_t piece)
{
	const uint8_t *chunk;
	size_t size;

	while (chunk = net_writer_chunk(&writer, &size), size > 0) {
		size_t room, n = size < piece ? size : piece;

		net_reader_space(&reader, &room);
		n = n < room ? n : room;
		arrive(chunk, n);
		net_writer_sent(&writer, n);
		if (n == room)
			return;
	}
}

START_TEST(frames_survive_the_end_of_the_ring)
{
	unsigned n_read = 0;

	/* sizes that share no divisor with the ring's, three times around */
	for (unsigned i = 0; i < 3 * NET_WRITER_SIZE / 1003; i++) {
		size_t want = 61 + i % 1301, len;
		uint8_t *frame;

		memset(big, (int)(i % 251), want);
		ck_assert_int_eq(net_writer_put(&writer, big, want), 0);
		carry(chunks[_i]);
		while (net_reader_next(&reader, &frame, &len) == NET_FRAME) {
			ck_assert_uint_eq(len, 61 + n_read % 1301);
			ck_assert_uint_eq(frame[0], n_read % 251);
			ck_assert_uint_eq(frame[len - 1], n_read % 251);
			n_read++;
		}
		ck_assert_uint_eq(n_read, i + 1);
	}
	ck_assert_uint_eq(writer.used, 0);
}
END_TEST

/* ---- the other forms ---- */

static const struct {
	size_t len;
	int ret;
} plugged[] = {
	{ 60, 0 },
	{ 1514, 0 },
	{ NET_PLUG_FRAME_LEN_MAX, 0 },
	{ NET_PLUG_FRAME_LEN_MAX + 1, -EMSGSIZE },
};

START_TEST(two_octets_of_length_go_there_and_back)
{
	size_t want = plugged[_i].len, len;
	uint8_t *frame;

	tear_down();
	net_reader_init(&reader, NET_HEADER_PLUG);
	net_writer_init(&writer, NET_HEADER_PLUG);
	memset(big, 'p', sizeof(big));
	ck_assert_int_eq(net_writer_put(&writer, big, want), plugged[_i].ret);
	if (plugged[_i].ret < 0)
		return;
	ck_assert_uint_eq(writer.used, NET_HEADER_PLUG + want);
	ck_assert_uint_eq(writer.ring[0], want >> 8);
	ck_assert_uint_eq(writer.ring[1], want & 0xff);
	carry(1000);
	ck_assert_int_eq(net_reader_next(&reader, &frame, &len), NET_FRAME);
	ck_assert_uint_eq(len, want);
	ck_assert_mem_eq(frame, big, len);
	ck_assert_int_eq(net_reader_next(&reader, &frame, &len), NET_MORE);
}
END_TEST

START_TEST(frames_come_out_whole_around_the_end_of_the_ring)
{
	static uint8_t frame[NET_FRAME_LEN_MAX];

	ck_assert_uint_eq(net_writer_front(&writer, frame), 0);
	for (unsigned i = 0; i < 3 * NET_WRITER_SIZE / 1003; i++) {
		size_t want = 61 + i % 1301;

		memset(big, (int)(i % 251), want);
		ck_assert_int_eq(net_writer_put(&writer, big, want), 0);
		ck_assert_uint_eq(net_writer_front(&writer, frame), want);
		ck_assert_mem_eq(frame, big, want);
		net_writer_sent(&writer, NET_HEADER_QEMU + want);
	}
	ck_assert_uint_eq(writer.used, 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_length_is_judged_once_its_header_is_whole,
		  UNIT_ROWS(lengths) },
		{ a_broken_stream_stays_broken, 0 },
		{ a_stream_is_the_same_in_any_pieces, UNIT_ROWS(chunks) },
		{ a_frame_goes_out_padded_behind_its_length,
		  UNIT_ROWS(paddings) },
		{ a_frame_that_does_not_fit_is_dropped_whole_and_counted, 0 },
		{ padding_counts_when_a_frame_is_measured, 0 },
		{ frames_survive_the_end_of_the_ring, UNIT_ROWS(chunks) },
		{ two_octets_of_length_go_there_and_back, UNIT_ROWS(plugged) },
		{ frames_come_out_whole_around_the_end_of_the_ring, 0 },
		{ NULL, 0 },
	};

	return unit_run("net_framing", tests, set_up, tear_down);
}
