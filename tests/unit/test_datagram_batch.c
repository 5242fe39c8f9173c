/* Frames in and out of a datagram socket, many a call. */
#include "switch/ports/datagram-batch.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/ports/port-provider.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

static struct rig rig;
static struct port *port;
static struct datagram_reader reader;
static int ours, theirs;
static uint8_t octets[100000];

static void
set_up(size_t pool_bytes)
{
	int fds[2], size = 4 * 1024 * 1024;

	rig_init_config(&rig, 1,
			&(struct switch_config){ .pool_bytes = pool_bytes });
	port = rig.ports[0];
	reader = DATAGRAM_READER_INIT;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	ours = fds[0];
	theirs = fds[1];
	(void)setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void
setup(void)
{
	set_up(0);
}

static void
teardown(void)
{
	close(ours);
	close(theirs);
	rig_fini(&rig);
}

/* A datagram of @len octets that tell its number. */
static void
put(unsigned number, size_t len)
{
	memset(octets, (int)(number * 7 + 1), len);
	ck_assert_int_eq(send(theirs, octets, len, MSG_DONTWAIT), (ssize_t)len);
}

static void
expect(struct frame *frame, unsigned number, size_t len)
{
	memset(octets, (int)(number * 7 + 1), len);
	ck_assert_uint_eq(frame->len, len);
	ck_assert_mem_eq(frame->data, octets, len);
	frame_unref(frame);
}

static size_t
take(struct frame **frames)
{
	int error = -1;
	size_t n = datagram_read(&reader, port, ours, frames, &error);

	ck_assert_int_eq(error, 0);
	return n;
}

/* Wake-ups with plenty waiting, until it asks for as much as it ever does. */
static void
go_deep(size_t len)
{
	struct frame *frames[FRAME_BATCH];

	for (int i = 0; i < 80; i++) {
		size_t n;

		for (unsigned k = 0; k < reader.depth; k++)
			put(k, len);
		n = take(frames);
		for (unsigned k = 0; k < n; k++)
			expect(frames[k], k, len);
	}
}

/* ---- depth ---- */

START_TEST(where_one_frame_is_the_rule_one_is_asked_for)
{
	struct frame *frames[FRAME_BATCH];
	unsigned n_deeper = 0;

	for (unsigned i = 0; i < 90; i++) {
		put(i, 60);
		ck_assert_uint_eq(take(frames), 1);
		expect(frames[0], i, 60);
		ck_assert_uint_le(reader.depth, 2);
		n_deeper += reader.depth > 1;
	}
	ck_assert_uint_le(n_deeper, 10);
}
END_TEST

START_TEST(where_many_come_many_are_asked_for)
{
	go_deep(60);
	ck_assert_uint_eq(reader.depth, FRAME_BATCH);
}
END_TEST

START_TEST(a_dry_socket_makes_it_modest_again)
{
	struct frame *frames[FRAME_BATCH];

	go_deep(60);
	put(0, 60);
	ck_assert_uint_eq(take(frames), 1);
	expect(frames[0], 0, 60);
	ck_assert_uint_eq(reader.depth, 1);
	ck_assert_uint_eq(take(frames), 0);
	ck_assert_uint_eq(reader.depth, 1);
}
END_TEST

/* So that one wake-up does not fill the queues of others. */
START_TEST(of_large_frames_only_a_few_are_asked_for)
{
	go_deep(FRAME_LEN_MAX);
	ck_assert_uint_ge(reader.depth, 2);
	ck_assert_uint_le(reader.depth, 4);
	go_deep(60);
	ck_assert_uint_eq(reader.depth, FRAME_BATCH);
}
END_TEST

/* ---- lengths ---- */

static const size_t lengths[] = { 1,	14,   60,   1514,  2047,
				  2048, 2049, 9000, 65549, 65550 };

START_TEST(any_length_is_read_whole_alone_and_in_company)
{
	struct frame *frames[FRAME_BATCH];
	size_t n = 0;

	put(1, lengths[_i]);
	ck_assert_uint_eq(take(frames), 1);
	expect(frames[0], 1, lengths[_i]);
	go_deep(60);
	put(0, 60);
	put(1, lengths[_i]);
	put(2, 60);
	put(3, lengths[_i]);
	while (n < 4)
		n += take(frames + n);
	for (unsigned i = 0; i < 4; i++)
		expect(frames[i], i, i % 2 == 0 ? 60 : lengths[_i]);
}
END_TEST

START_TEST(what_is_no_frame_is_left_out_alone_and_in_company)
{
	struct frame *frames[FRAME_BATCH];
	size_t n = 0;

	put(0, 0);
	ck_assert_uint_eq(take(frames), 0);
	put(1, FRAME_LEN_MAX + 1);
	ck_assert_uint_eq(take(frames), 0);
	ck_assert_uint_eq(port->counters.rx_drops[DROP_OVERSIZE], 1);
	go_deep(60);
	put(0, 60);
	put(1, 0);
	put(2, FRAME_LEN_MAX + 1);
	put(3, 99999);
	put(4, 60);
	while (n < 2)
		n += take(frames + n);
	expect(frames[0], 0, 60);
	expect(frames[1], 4, 60);
	ck_assert_uint_eq(port->counters.rx_drops[DROP_OVERSIZE], 3);
	ck_assert_uint_eq(take(frames), 0);
}
END_TEST

START_TEST(without_memory_frames_are_counted_one_by_one)
{
	struct frame *kept[FRAME_BATCH * 4], *frames[FRAME_BATCH];
	unsigned n_kept = 0;

	teardown();
	set_up(256 * 1024);
	go_deep(60);
	while ((kept[n_kept] = frame_alloc(port_pool(port), 0)) != NULL)
		n_kept++;
	for (unsigned i = 0; i < 10; i++)
		put(i, 60);
	for (unsigned i = 0; i < 20; i++) /* asks for two now and then */
		ck_assert_uint_eq(take(frames), 0);
	ck_assert_uint_eq(port->counters.rx_drops[DROP_NO_BUFFER], 10);
	frame_unref(kept[--n_kept]);
	put(3, 60);
	ck_assert_uint_eq(take(frames), 1);
	expect(frames[0], 3, 60);
	while (n_kept > 0)
		frame_unref(kept[--n_kept]);
}
END_TEST

START_TEST(an_error_is_told)
{
	struct frame *frames[FRAME_BATCH];
	int error = 0;

	for (reader.depth = 1; reader.depth <= 2; reader.depth++) {
		int no_socket = STDIN_FILENO;
		struct datagram_reader r = reader;

		ck_assert_uint_eq(
		    datagram_read(&r, port, no_socket, frames, &error), 0);
		ck_assert_int_ne(error, 0);
	}
}
END_TEST

START_TEST(the_end_is_told_behind_what_came_before_it)
{
	struct frame *frames[FRAME_BATCH];
	unsigned depth = _i == 0 ? 1 : 8;
	unsigned n_before = _i == 0 ? 0 : 3;
	int fds[2], error = -1;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	ck_assert_int_eq(send(fds[1], "", 0, 0), 0); /* is no end */
	reader.depth = depth;
	ck_assert_uint_eq(datagram_read(&reader, port, fds[0], frames, &error),
			  0);
	ck_assert_int_eq(error, 0);
	memset(octets, 8, 60);
	for (unsigned i = 0; i < n_before; i++)
		ck_assert_int_eq(send(fds[1], octets, 60, 0), 60);
	close(fds[1]);
	reader.depth = depth;
	ck_assert_uint_eq(datagram_read(&reader, port, fds[0], frames, &error),
			  n_before);
	ck_assert_int_eq(error, EPIPE);
	for (unsigned i = 0; i < n_before; i++)
		expect(frames[i], 1, 60);
	close(fds[0]);
}
END_TEST

/* ---- writing ---- */

static void
make_frames(struct frame **frames, size_t n, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		frames[i] = frame_alloc(port_pool(port), len);
		ck_assert_ptr_nonnull(frames[i]);
		frames[i]->len = (uint32_t)len;
		memset(frames[i]->data, (int)(i * 7 + 1), len);
		frames[i] = frame_pad(frames[i]);
	}
}

static const size_t counts[] = { 1, 2, 63, 64, 65, 129 };

START_TEST(any_number_is_written_in_order)
{
	static struct frame *frames[200];
	int error = -1;

	make_frames(frames, counts[_i], 50);
	ck_assert_uint_eq(datagram_write(ours, frames, counts[_i], &error),
			  counts[_i]);
	ck_assert_int_eq(error, 0);
	for (size_t i = 0; i < counts[_i]; i++) {
		uint8_t got[100];

		ck_assert_int_eq(recv(theirs, got, sizeof(got), MSG_DONTWAIT),
				 FRAME_LEN_PADDED);
		ck_assert_mem_eq(got, frames[i]->data, FRAME_LEN_PADDED);
		frame_unref(frames[i]);
	}
}
END_TEST

START_TEST(what_does_not_fit_is_left_and_said_so)
{
	static struct frame *frames[FRAME_BATCH];
	size_t n_sent = 0, n;
	int error;

	make_frames(frames, FRAME_BATCH, 9000);
	do {
		n = datagram_write(ours, frames, FRAME_BATCH, &error);
		n_sent += n;
	} while (error == 0);
	ck_assert_int_eq(error, EAGAIN);
	ck_assert_uint_lt(n, FRAME_BATCH);
	ck_assert_uint_eq(datagram_write(ours, frames, 1, &error), 0);
	ck_assert_int_eq(error, EAGAIN);
	for (; n_sent > 0; n_sent--)
		ck_assert_int_eq(
		    recv(theirs, octets, sizeof(octets), MSG_DONTWAIT), 9000);
	ck_assert_int_lt(recv(theirs, octets, sizeof(octets), MSG_DONTWAIT), 0);
	for (int i = 0; i < FRAME_BATCH; i++)
		frame_unref(frames[i]);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_told_apart)
{
	struct frame *frames[2];
	int error;

	make_frames(frames, 2, 60);
	close(theirs);
	theirs = -1;
	for (size_t n = 1; n <= 2; n++) {
		ck_assert_uint_eq(datagram_write(ours, frames, n, &error), 0);
		ck_assert_int_ne(error, 0);
		ck_assert_int_ne(error, EAGAIN);
	}
	frame_unref(frames[0]);
	frame_unref(frames[1]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ where_one_frame_is_the_rule_one_is_asked_for, 0 },
		{ where_many_come_many_are_asked_for, 0 },
		{ a_dry_socket_makes_it_modest_again, 0 },
		{ of_large_frames_only_a_few_are_asked_for, 0 },
		{ any_length_is_read_whole_alone_and_in_company,
		  UNIT_ROWS(lengths) },
		{ what_is_no_frame_is_left_out_alone_and_in_company, 0 },
		{ without_memory_frames_are_counted_one_by_one, 0 },
		{ an_error_is_told, 0 },
		{ the_end_is_told_behind_what_came_before_it, 2 },
		{ any_number_is_written_in_order, UNIT_ROWS(counts) },
		{ what_does_not_fit_is_left_and_said_so, 0 },
		{ a_peer_that_is_gone_is_told_apart, 0 },
		{ NULL, 0 },
	};

	return unit_run("datagram_batch", tests, setup, teardown);
}
