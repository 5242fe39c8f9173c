#include "lib/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/rpc-link.h"
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
	expect("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a.b\","
	       "\"params\":{\"x\":1}}\n");
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

static struct rpc_link *server;
static char lines[8][16];
static size_t fds_of[8], n_lines;
static ino_t inode_of[8];

static void
on_line(char *line, size_t len, struct rpc_fds *fds, void *arg)
{
	struct stat st;

	(void)arg;
	(void)len;
	strncpy(lines[n_lines], line, sizeof(lines[0]) - 1);
	fds_of[n_lines] = fds->n;
	if (fds->n > 0) {
		ck_assert_int_eq(fstat(fds->fds[0], &st), 0);
		ck_assert_int_ne(fcntl(fds->fds[0], F_GETFD) & FD_CLOEXEC, 0);
		inode_of[n_lines] = st.st_ino;
	}
	n_lines++;
}

static void
on_end(const char *why, void *arg)
{
	(void)why;
	(void)arg;
	n_closed++;
}

static void
send_line(const char *text, const int *fds, size_t n)
{
	ck_assert_int_eq(rpc_send_chunk(peer, text, strlen(text), fds, n),
			 (long)strlen(text));
}

static ino_t
inode(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

START_TEST(descriptors_go_to_the_line_they_were_sent_with)
{
	int fds[2], a[2], b[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(pipe(a), 0);
	ck_assert_int_eq(pipe(b), 0);
	close(peer);
	peer = fds[0];
	server = rpc_link_new(base, fds[1], on_line, on_end, NULL);
	/* All of it is there before the server reads. */
	send_line("plain1\n", NULL, 0);
	send_line("with-a\n", a, 1);
	send_line("plain2\n", NULL, 0);
	send_line("with-b\n", b, 2);
	send_line("in-two-", &a[1], 1);
	send_line("parts\nplain3\n", NULL, 0);
	spin();
	ck_assert_uint_eq(n_lines, 6);
	ck_assert_str_eq(lines[1], "with-a");
	ck_assert_uint_eq(fds_of[0], 0);
	ck_assert_uint_eq(fds_of[1], 1);
	ck_assert_uint_eq(inode_of[1], inode(a[0]));
	ck_assert_uint_eq(fds_of[2], 0);
	ck_assert_uint_eq(fds_of[3], 2);
	ck_assert_uint_eq(inode_of[3], inode(b[0]));
	ck_assert_str_eq(lines[4], "in-two-parts");
	ck_assert_uint_eq(fds_of[4], 1);
	ck_assert_uint_eq(fds_of[5], 0);
	rpc_link_free(server);
}
END_TEST

START_TEST(descriptors_nobody_takes_are_closed)
{
	int fds[2], a[2];
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(pipe(a), 0);
	close(peer);
	peer = fds[0];
	server = rpc_link_new(base, fds[1], on_line, on_end, NULL);
	send_line("x\n", &a[1], 1);
	send_line("never ends", &a[1], 1);
	close(a[1]);
	spin();
	rpc_link_free(server);
	/* End of file: no copy of the writing end is left. */
	ck_assert_int_eq(read(a[0], &c, 1), 0);
}
END_TEST

START_TEST(descriptors_of_queued_requests_stay_with_them)
{
	static char big[400000];
	int fds[2], a[2];

	ck_assert_int_eq(pipe(a), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	server = rpc_link_new(base, fds[1], on_line, on_end, NULL);
	rpc_conn_free(conn);
	conn = rpc_conn_new(base, fds[0], on_notify, on_closed, NULL);
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 3; i++) /* more than a socket buffer holds */
		rpc_conn_call(conn, i == 1 ? "b" : "a",
			      json_pack("{s:s}", "p", big), a, i == 1 ? 2 : 0,
			      NULL, NULL);
	for (int i = 0; i < 200; i++)
		spin();
	ck_assert_uint_eq(n_lines, 3);
	ck_assert_uint_eq(fds_of[0], 0);
	ck_assert_uint_eq(fds_of[1], 2);
	ck_assert_uint_eq(fds_of[2], 0);
	rpc_link_free(server);
	server = NULL;
}
END_TEST

/* ---- blocking ---- */

START_TEST(a_blocking_call_skips_what_is_not_its_reply)
{
	static const char replies[] = "{\"method\":\"x\"}\n"
				      "{\"id\":1,\"result\":\"first\"}\n"
				      "{\"id\":1,\"result\":\"second\"}\n";
	struct err err = ERR_INIT;
	int fds[2];
	json_t *result;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(write(fds[0], replies, sizeof(replies) - 1),
			 sizeof(replies) - 1);
	result = rpc_call_sync(fds[1], "m", NULL, NULL, 0, 5000, &err);
	ck_assert_str_eq(json_string_value(result), "first");
	json_decref(result);
	result = rpc_call_sync(fds[1], "m", NULL, NULL, 0, 5000, &err);
	ck_assert_str_eq(json_string_value(result), "second");
	json_decref(result);
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
		{ descriptors_go_to_the_line_they_were_sent_with, 0 },
		{ descriptors_nobody_takes_are_closed, 0 },
		{ descriptors_of_queued_requests_stay_with_them, 0 },
		{ a_blocking_call_skips_what_is_not_its_reply, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_client", tests, setup, teardown);
}
