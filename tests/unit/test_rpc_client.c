#include "lib/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static int peer; /* the server's end */
static struct rpc_conn *conn;
static int n_closed, n_notified, n_done;
static struct err last_err;
static json_t *last_result;

static void
on_notify(const char *method, const json_t *params, void *arg)
{
	(void)arg;
	ck_assert_str_eq(method, "port.added");
	ck_assert_int_eq(json_integer_value(json_object_get(params, "id")), 7);
	n_notified++;
}

static void
on_closed(void *arg)
{
	(void)arg;
	n_closed++;
	rpc_conn_free(conn);
	conn = NULL;
}

static void
on_done(const json_t *result, const struct err *err, void *arg)
{
	(void)arg;
	n_done++;
	json_decref(last_result);
	last_result = json_incref((json_t *)result);
	if (err != NULL)
		last_err = *err;
}

static void
setup(void)
{
	int fds[2];

	base = event_base_new();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = fds[0];
	conn = rpc_conn_new(base, fds[1], on_notify, on_closed, NULL);
	ck_assert_ptr_nonnull(conn);
}

static void
teardown(void)
{
	rpc_conn_free(conn);
	if (peer >= 0)
		close(peer);
	json_decref(last_result);
	event_base_free(base);
}

static void
spin(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
say(const char *text)
{
	ck_assert_int_eq(write(peer, text, strlen(text)),
			 (ssize_t)strlen(text));
	spin();
}

static void
expect(const char *want)
{
	char buf[4096];
	ssize_t n = recv(peer, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	ck_assert_str_eq(buf, want);
}

START_TEST(a_request_is_a_line_and_its_reply_comes_back)
{
	rpc_conn_call(conn, "a.b", json_pack("{s:i}", "x", 1), NULL, 0, on_done,
		      NULL);
	spin();
	expect("{\"jsonrpc\":\"2.0\",\"method\":\"a.b\",\"params\":{\"x\":1},"
	       "\"id\":1}\n");
	say("{\"jsonrpc\":\"2.0\",\"id\":1,\"res");
	ck_assert_int_eq(n_done, 0);
	say("ult\":[5]}\n");
	ck_assert_int_eq(n_done, 1);
	ck_assert_int_eq(json_integer_value(json_array_get(last_result, 0)), 5);
}
END_TEST

START_TEST(replies_find_their_requests_in_any_order)
{
	static int first, second;

	rpc_conn_call(conn, "a", NULL, NULL, 0, on_done, &first);
	rpc_conn_call(conn, "b", NULL, NULL, 0, on_done, &second);
	say("{\"id\":2,\"result\":true}\n{\"id\":99,\"result\":1}\n"
	    "{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no such port\","
	    "\"data\":{\"errno\":\"ENOENT\"}}}\n");
	ck_assert_int_eq(n_done, 2);
	ck_assert_int_eq(last_err.code, -ENOENT);
	ck_assert_str_eq(last_err.text, "no such port");
}
END_TEST

START_TEST(a_notification_is_told)
{
	say("{\"method\":\"port.added\",\"params\":{\"id\":7}}\n");
	ck_assert_int_eq(n_notified, 1);
}
END_TEST

START_TEST(a_lost_connection_ends_every_request)
{
	rpc_conn_call(conn, "a", NULL, NULL, 0, on_done, NULL);
	rpc_conn_call(conn, "b", NULL, NULL, 0, on_done, NULL);
	close(peer);
	peer = -1;
	spin();
	ck_assert_int_eq(n_done, 2);
	ck_assert_int_eq(last_err.code, -ECONNRESET);
	ck_assert_int_eq(n_closed, 1);
}
END_TEST

START_TEST(a_peer_that_does_not_speak_json_is_left)
{
	rpc_conn_call(conn, "a", NULL, NULL, 0, on_done, NULL);
	say("hello\n");
	ck_assert_int_eq(n_closed, 1);
	ck_assert_int_eq(n_done, 1);
}
END_TEST

START_TEST(a_line_without_end_is_cut_off)
{
	static char junk[65536];

	memset(junk, ' ', sizeof(junk));
	fcntl(peer, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 64 && n_closed == 0; i++) {
		(void)!send(peer, junk, sizeof(junk), MSG_NOSIGNAL);
		spin();
	}
	ck_assert_int_eq(n_closed, 1);
}
END_TEST

/* ---- descriptors ---- */

/* Receives a message with its descriptors, which are closed.
 * Return: how many there were. */
static size_t
receive(char *buf, size_t size, ssize_t *len)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(RPC_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = size - 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.data,
			      .msg_controllen = sizeof(control.data) };
	struct cmsghdr *cmsg;
	size_t n = 0;
	int fd;

	*len = recvmsg(peer, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	buf[*len > 0 ? *len : 0] = '\0';
	cmsg = *len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (cmsg == NULL)
		return 0;
	n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
	return n;
}

START_TEST(descriptors_travel_with_their_own_request)
{
	static char buf[500000], big[400000];
	int a[2];
	ssize_t len;
	size_t fds_of[3] = { 0 }, at = 0;
	char c;

	ck_assert_int_eq(pipe(a), 0);
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 3; i++) /* more than a socket buffer holds */
		rpc_conn_call(conn, "m", json_pack("{s:s}", "p", big), a,
			      i == 1 ? 2 : 0, NULL, NULL);
	close(a[1]); /* duplicates travel */
	for (int i = 0; i < 10000 && at < 3; i++) {
		size_t n = receive(buf, sizeof(buf), &len);

		for (ssize_t k = 0; k < len; k++)
			at += buf[k] == '\n';
		/* They came with the last of these bytes. */
		if (at < 3)
			fds_of[at] += n;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ck_assert_uint_eq(at, 3);
	ck_assert_uint_eq(fds_of[0], 0);
	ck_assert_uint_eq(fds_of[1], 2);
	ck_assert_uint_eq(fds_of[2], 0);
	/* End of file: no copy of the writing end is left. */
	ck_assert_int_eq(read(a[0], &c, 1), 0);
}
END_TEST

START_TEST(more_descriptors_than_may_travel_are_refused)
{
	int fds[RPC_FDS_MAX + 1] = { 0 };

	rpc_conn_call(conn, "m", NULL, fds, RPC_FDS_MAX + 1, on_done, NULL);
	ck_assert_int_eq(n_done, 1);
	ck_assert_int_eq(last_err.code, -EINVAL);
}
END_TEST

/* ---- blocking ---- */

/* Answers one request on @fd: another's reply first, then its own twice. */
static void
answer(int fd)
{
	char line[256], text[512];
	ssize_t n = read(fd, line, sizeof(line) - 1);
	const char *id;

	ck_assert_int_gt(n, 0);
	line[n] = '\0';
	id = strstr(line, "\"id\":");
	ck_assert_ptr_nonnull(id);
	snprintf(text, sizeof(text),
		 "{\"method\":\"x\"}\n{\"id\":7,\"result\":\"other\"}\n"
		 "{\"id\":%lld,\"result\":\"mine\"}\n"
		 "{\"id\":%lld,\"result\":\"late\"}\n",
		 atoll(id + 5), atoll(id + 5));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(a_blocking_call_takes_its_own_reply_alone)
{
	struct err err = ERR_INIT;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	if (fork() == 0) {
		answer(fds[0]);
		answer(fds[0]);
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		/* The clock that makes ids moves on by a millisecond. */
		const struct timespec pause = { .tv_nsec = 2000000 };
		json_t *result =
		    rpc_call_sync(fds[1], "m", NULL, NULL, 0, 20000, &err);

		ck_assert_msg(result != NULL, "%s", err.text);
		ck_assert_str_eq(json_string_value(result), "mine");
		json_decref(result);
		nanosleep(&pause, NULL);
	}
	ck_assert_ptr_null(rpc_call_sync(fds[1], "m", NULL, NULL, 0, 50, &err));
	ck_assert_int_eq(err.code, -ETIMEDOUT);
	close(fds[0]);
	ck_assert_ptr_null(
	    rpc_call_sync(fds[1], "m", NULL, NULL, 0, 5000, &err));
	ck_assert_int_lt(err.code, 0);
	close(fds[1]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_is_a_line_and_its_reply_comes_back, 0 },
		{ replies_find_their_requests_in_any_order, 0 },
		{ a_notification_is_told, 0 },
		{ a_lost_connection_ends_every_request, 0 },
		{ a_peer_that_does_not_speak_json_is_left, 0 },
		{ a_line_without_end_is_cut_off, 0 },
		{ descriptors_travel_with_their_own_request, 0 },
		{ more_descriptors_than_may_travel_are_refused, 0 },
		{ a_blocking_call_takes_its_own_reply_alone, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_client", tests, setup, teardown);
}
