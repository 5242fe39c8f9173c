#include "config.h"

#include "lib/rpc-framing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int peer, ours; /* the two ends of a connection */
static int pipe_in, pipe_out;
static struct rpc_inbox in;
static struct rpc_outbox out;

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	peer = fds[0];
	ours = fds[1];
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pipe_out = fds[0];
	pipe_in = fds[1];
	memset(&in, 0, sizeof(in));
	rpc_outbox_init(&out);
}

static void
teardown(void)
{
	rpc_inbox_clear(&in);
	free(in.line);
	rpc_outbox_clear(&out);
	if (peer >= 0)
		close(peer);
	close(ours);
	close(pipe_in);
	close(pipe_out);
}

/* Send @text in one message with @n copies of pipe_in. */
static void
send_with_fds(const char *text, size_t n)
{
	char control[CMSG_SPACE(16 * sizeof(int))]
	    __attribute__((aligned(sizeof(struct cmsghdr)))) = { 0 };
	struct iovec iov = { .iov_base = (char *)text,
			     .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > 0) {
		struct cmsghdr *cmsg = (struct cmsghdr *)control;

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (size_t i = 0; i < n; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &pipe_in,
			       sizeof(int));
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(peer, &msg, 0), (ssize_t)strlen(text));
}

static void
assert_line(const char *text, size_t n_fds)
{
	ck_assert_int_eq(rpc_inbox_read(&in, ours), 1);
	ck_assert_uint_eq(in.len, strlen(text));
	ck_assert_int_eq(memcmp(in.line, text, in.len), 0);
	ck_assert_uint_eq(in.fds.n, n_fds);
	ck_assert(!in.fds_lost);
	rpc_inbox_clear(&in);
	ck_assert_uint_eq(in.fds.n, 0);
}

/* Nobody but the test itself has the writing end of the pipe any more. */
static void
assert_pipe_ends(void)
{
	struct pollfd pfd = { .fd = pipe_out, .events = POLLIN };

	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	close(pipe_in);
	pipe_in = dup(pipe_out); /* for teardown */
	ck_assert_int_eq(poll(&pfd, 1, 0), 1);
	ck_assert_int_ne(pfd.revents & POLLHUP, 0);
}

START_TEST(a_line_may_arrive_in_pieces)
{
	const char *text = "one line\n";

	for (size_t i = 0; i < strlen(text); i++) {
		ck_assert_int_eq(rpc_inbox_read(&in, ours), 0);
		ck_assert_int_eq(write(peer, text + i, 1), 1);
	}
	assert_line(text, 0);
}
END_TEST

START_TEST(lines_may_arrive_together)
{
	send_with_fds("one\n\ntwo\nthr", 0);
	assert_line("one\n", 0);
	assert_line("\n", 0);
	assert_line("two\n", 0);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), 0);
	send_with_fds("ee\n", 0);
	assert_line("three\n", 0);
}
END_TEST

START_TEST(nothing_behind_a_line_is_taken)
{
	char rest[8] = "";

	send_with_fds("one\ntwo", 0);
	assert_line("one\n", 0);
	ck_assert_int_eq(recv(ours, rest, sizeof(rest) - 1, MSG_DONTWAIT), 3);
	ck_assert_str_eq(rest, "two");
}
END_TEST

START_TEST(the_end_is_told_and_an_unfinished_line_is_lost)
{
	send_with_fds("one\ntwo", 0);
	close(peer);
	peer = -1;
	assert_line("one\n", 0);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), -ENODATA);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), -ENODATA);
}
END_TEST

/* Bytes before the LF, and whether that is a line. */
static const struct {
	size_t len;
	int want;
} lengths[] = {
	{ 4095, 1 },
	{ 4096, 1 },
	{ RPC_LINE_MAX, 1 },
	{ RPC_LINE_MAX + 1, -EMSGSIZE },
};

START_TEST(a_line_has_a_longest_length)
{
	char chunk[4096];
	size_t left = lengths[_i].len;
	int ret = 0;

	memset(chunk, 'x', sizeof(chunk));
	while (left > 0) {
		size_t n = left < sizeof(chunk) ? left : sizeof(chunk);

		ck_assert_int_eq(write(peer, chunk, n), (ssize_t)n);
		left -= n;
		ret = rpc_inbox_read(&in, ours);
		if (left > 0)
			ck_assert_int_eq(ret, 0);
		ck_assert_uint_le(in.size, RPC_LINE_MAX + 1);
	}
	/* told at once, not when more comes */
	ck_assert_int_eq(ret, lengths[_i].want < 0 ? -EMSGSIZE : 0);
	ck_assert_int_eq(write(peer, "\n", 1), 1);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), lengths[_i].want);
	if (lengths[_i].want == 1)
		ck_assert_uint_eq(in.len, lengths[_i].len + 1);
	/* a long line's memory is not kept */
	rpc_inbox_clear(&in);
	ck_assert_uint_le(in.size, 4096);
}
END_TEST

START_TEST(descriptors_come_with_their_line)
{
	struct stat sent, received;

	send_with_fds("one\n", 2);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), 1);
	ck_assert_uint_eq(in.fds.n, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_ne(fcntl(in.fds.fd[i], F_GETFD) & FD_CLOEXEC, 0);
		ck_assert_int_eq(fstat(in.fds.fd[i], &received), 0);
		ck_assert_int_eq(fstat(pipe_in, &sent), 0);
		ck_assert(received.st_ino == sent.st_ino);
	}
	rpc_inbox_clear(&in);
	assert_pipe_ends();
}
END_TEST

/* The kernel hands out the bytes of "one\n" and "two\n" in one read, together
 * with the descriptors of the second. */
START_TEST(descriptors_do_not_go_to_an_earlier_line)
{
	send_with_fds("one\n", 0);
	send_with_fds("two\n", 3);
	send_with_fds("three\n", 0);
	send_with_fds("four\n", 1);
	assert_line("one\n", 0);
	assert_line("two\n", 3);
	assert_line("three\n", 0);
	assert_line("four\n", 1);
	assert_pipe_ends();
}
END_TEST

START_TEST(descriptors_belong_to_the_line_of_their_first_byte)
{
	send_with_fds("one\ntwo\n", 1); /* both in one message */
	assert_line("one\n", 1);
	assert_line("two\n", 0);
	send_with_fds("thr", 0); /* in the middle, and then more */
	send_with_fds("e", 1);
	send_with_fds("e\nfo", 2);
	send_with_fds("ur\n", 0);
	assert_line("three\n", 3);
	assert_line("four\n", 0);
	assert_pipe_ends();
}
END_TEST

START_TEST(descriptors_without_a_whole_line_are_closed)
{
	send_with_fds("one", 2);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), 0);
	ck_assert_uint_eq(in.fds.n, 2);
	rpc_inbox_clear(&in);
	assert_pipe_ends();
}
END_TEST

START_TEST(a_line_brings_at_most_so_many_descriptors)
{
	send_with_fds("o", 4);
	send_with_fds("ne\n", 4);
	assert_line("one\n", 8);
	send_with_fds("t", 4);
	send_with_fds("wo\n", 5);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), 1);
	ck_assert_uint_eq(in.fds.n, RPC_FDS_MAX);
	ck_assert(in.fds_lost);
	rpc_inbox_clear(&in);
	ck_assert(!in.fds_lost);
	send_with_fds("three\n", 1);
	assert_line("three\n", 1);
	assert_pipe_ends();
}
END_TEST

START_TEST(a_message_with_too_many_descriptors_is_an_error)
{
	send_with_fds("one\n", RPC_FDS_MAX + 1);
	ck_assert_int_eq(rpc_inbox_read(&in, ours), -EMFILE);
	rpc_inbox_clear(&in);
	assert_pipe_ends();
}
END_TEST

/* ---- sending ---- */

static void
put(char letter, size_t size, size_t n_fds)
{
	int from[RPC_FDS_MAX];
	struct rpc_fds fds;
	char *line = malloc(size);

	memset(line, letter, size);
	line[size - 1] = '\n';
	for (size_t i = 0; i < n_fds; i++)
		from[i] = pipe_in;
	ck_assert_int_eq(rpc_fds_dup(&fds, from, n_fds), 0);
	rpc_outbox_put(&out, line, size, &fds);
	ck_assert_uint_eq(fds.n, 0);
}

START_TEST(lines_and_descriptors_survive_partial_writes)
{
	static const struct {
		size_t size, n_fds;
	} sent[] = {
		{ 10, 0 },     { 500000, 2 }, { 20, 1 },
		{ 500000, 0 }, { 300, 8 },    { 300000, 3 },
	};
	const size_t n_sent = sizeof(sent) / sizeof(sent[0]);
	size_t total = 0, n_received = 0, n_blocked = 0;

	for (size_t i = 0; i < n_sent; i++) {
		put((char)('a' + (int)i), sent[i].size, sent[i].n_fds);
		total += sent[i].size;
	}
	ck_assert_uint_eq(out.n_bytes, total);
	while (n_received < n_sent) {
		int ret = rpc_outbox_send(&out, peer);

		ck_assert(ret == (out.n_bytes > 0 ? -EAGAIN : 0));
		n_blocked += ret == -EAGAIN;
		if (rpc_inbox_read(&in, ours) == 0)
			continue;
		ck_assert_uint_eq(in.len, sent[n_received].size);
		ck_assert_uint_eq(in.fds.n, sent[n_received].n_fds);
		for (size_t i = 0; i < in.len - 1; i++)
			ck_assert(in.line[i] == (char)('a' + (int)n_received));
		rpc_inbox_clear(&in);
		n_received++;
	}
	ck_assert_uint_gt(n_blocked, 1);
	assert_pipe_ends();
}
END_TEST

START_TEST(unsent_descriptors_are_closed)
{
	put('x', 10, 3);
	put('y', 10, 3);
	rpc_outbox_clear(&out);
	ck_assert_uint_eq(out.n_bytes, 0);
	assert_pipe_ends();
}
END_TEST

START_TEST(sending_to_nobody_is_an_error_and_no_signal)
{
	close(peer);
	peer = -1;
	put('x', 10, 1);
	ck_assert_int_eq(rpc_outbox_send(&out, ours), -EPIPE);
	ck_assert_uint_eq(out.n_bytes, 10);
}
END_TEST

START_TEST(duplicates_are_all_or_none)
{
	int from[RPC_FDS_MAX + 1];
	struct rpc_fds fds;

	for (int i = 0; i <= RPC_FDS_MAX; i++)
		from[i] = pipe_in;
	ck_assert_int_eq(rpc_fds_dup(&fds, from, RPC_FDS_MAX + 1), -EINVAL);
	ck_assert_uint_eq(fds.n, 0);
	from[2] = -1;
	ck_assert_int_eq(rpc_fds_dup(&fds, from, 3), -EBADF);
	ck_assert_uint_eq(fds.n, 0);
	assert_pipe_ends();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_may_arrive_in_pieces, 0 },
		{ lines_may_arrive_together, 0 },
		{ nothing_behind_a_line_is_taken, 0 },
		{ the_end_is_told_and_an_unfinished_line_is_lost, 0 },
		{ a_line_has_a_longest_length, UNIT_ROWS(lengths) },
		{ descriptors_come_with_their_line, 0 },
		{ descriptors_do_not_go_to_an_earlier_line, 0 },
		{ descriptors_belong_to_the_line_of_their_first_byte, 0 },
		{ descriptors_without_a_whole_line_are_closed, 0 },
		{ a_line_brings_at_most_so_many_descriptors, 0 },
		{ a_message_with_too_many_descriptors_is_an_error, 0 },
		{ lines_and_descriptors_survive_partial_writes, 0 },
		{ unsent_descriptors_are_closed, 0 },
		{ sending_to_nobody_is_an_error_and_no_signal, 0 },
		{ duplicates_are_all_or_none, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_framing", tests, setup, teardown);
}
