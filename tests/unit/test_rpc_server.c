#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

enum { PATIENCE_S = 20, TEXT_MAX = 2 * RPC_LINE_MAX };

static struct event_base *base;
static struct rpc_server *server;
static struct sockaddr_un address;
static socklen_t address_size;
static struct rpc_call *later[RPC_CALLS_MAX + 1];
static size_t n_later, n_big;
static char *text; /* TEXT_MAX + 1 bytes */

/* ---- methods ---- */

static void
echo_value(struct rpc_call *call, const json_t *params, void *arg)
{
	ck_assert_ptr_eq(arg, &base);
	rpc_reply(call, json_incref(json_object_get(params, "value")));
}

static void
always_fail(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	(void)arg;
	rpc_fail(call, -ENOENT, "no \"such\" thing \xff");
}

static void
wait_for_it(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	(void)arg;
	later[n_later++] = call;
}

/* A string of @size bytes. */
static void
big(struct rpc_call *call, const json_t *params, void *arg)
{
	size_t size = (size_t)json_int_or(params, "size", 0);
	char *bytes = malloc(size + 1);

	(void)arg;
	memset(bytes, 'x', size);
	rpc_reply(call, json_stringn(bytes, size));
	free(bytes);
	n_big++;
}

/* Writes into the first descriptor; leaves the others. */
static void
write_to(struct rpc_call *call, const json_t *params, void *arg)
{
	int fd = rpc_call_take_fd(call);

	(void)params;
	(void)arg;
	if (fd < 0) {
		rpc_fail(call, fd, "a descriptor to write to is missing");
		return;
	}
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(write(fd, "hello", 5), 5);
	close(fd);
	rpc_reply(call, NULL);
}

static void
who(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct rpc_peer *peer = rpc_call_peer(call);

	(void)params;
	(void)arg;
	rpc_reply(call, json_pack("[i, i]", (int)peer->pid, (int)peer->uid));
}

static const struct rpc_method methods[] = {
	{ "echo", "value:any?", "", echo_value },
	{ "fail", "", "", always_fail },
	{ "later", "", "", wait_for_it },
	{ "big", "size:int(0..2000000)", "", big },
	{ "write", "", "", write_to },
	{ "who", "", "", who },
	{ .name = NULL },
};

static const struct rpc_method *
find(const char *name, void **arg, void *find_arg)
{
	ck_assert_ptr_eq(find_arg, later);
	*arg = &base;
	return rpc_find_in_table(methods, name);
}

/* ---- the frame ---- */

static void
setup(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err err = ERR_INIT;

	base = event_base_new();
	text = malloc(TEXT_MAX + 1);
	address.sun_family = AF_UNIX; /* the kernel picks an abstract name */
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	address_size = sizeof(address);
	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	server = rpc_server_new(base, fd, find, later, &err);
	ck_assert_msg(server != NULL, "%s", err.text);
}

static void
teardown(void)
{
	rpc_server_free(server);
	event_base_free(base);
	free(text);
}

static void
settle(void)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
connect_client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, address_size),
			 0);
	settle();
	return fd;
}

static void
send_bytes(int fd, const char *bytes, size_t size)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		ck_assert(n > 0 || errno == EAGAIN);
		ck_assert(time(NULL) < until);
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
}

static void
send_text(int fd, const char *bytes)
{
	send_bytes(fd, bytes, strlen(bytes));
}

/* The next line, without its LF; NULL when the server has closed. */
static const char *
read_line(int fd)
{
	time_t until = time(NULL) + PATIENCE_S;
	size_t len = 0;

	for (;;) {
		/* look first: what is behind the line belongs to the next */
		ssize_t n = recv(fd, text + len, TEXT_MAX - len,
				 MSG_DONTWAIT | MSG_PEEK);
		const char *end;

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		if (n < 0) {
			ck_assert_msg(time(NULL) < until, "no reply");
			event_base_loop(base, EVLOOP_NONBLOCK);
			continue;
		}
		end = memchr(text + len, '\n', (size_t)n);
		if (end != NULL)
			n = end - (text + len) + 1;
		ck_assert_int_eq(recv(fd, text + len, (size_t)n, 0), n);
		len += (size_t)n;
		ck_assert_uint_lt(len, TEXT_MAX);
		if (end != NULL) {
			text[len - 1] = '\0';
			return text;
		}
	}
}

static void
assert_reply(int fd, const char *want)
{
	const char *line = read_line(fd);

	ck_assert_msg(line != NULL, "closed instead of %s", want);
	ck_assert_str_eq(line, want);
}

static void
assert_silent(int fd)
{
	char byte;

	settle();
	ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

#define REQUEST(id, rest) "{\"jsonrpc\":\"2.0\",\"id\":" id "," rest "}\n"
#define ECHO(id)                                                               \
	REQUEST(id, "\"method\":\"echo\",\"params\":{\"value\":" id "}")
#define LATER(id) REQUEST(id, "\"method\":\"later\"")
#define RESULT(id, value)                                                      \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" value "}"
#define ERROR(id, code, message, name)                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code         \
	",\"message\":\"" message "\",\"data\":{\"errno\":\"" name "\"}}}"

/* ---- what is asked and answered ---- */

static const struct {
	const char *request;
	const char *reply;
} dialogues[] = {
	{ ECHO("1"), RESULT("1", "1") },
	{ ECHO("\"a\""), RESULT("\"a\"", "\"a\"") },
	{ ECHO("null"), RESULT("null", "null") },
	{ ECHO("-1.5"), RESULT("-1.5", "-1.5") },
	{ REQUEST("1", "\"method\":\"echo\""), RESULT("1", "null") },
	{ REQUEST("1", "\"method\":\"echo\",\"params\":null"),
	  RESULT("1", "null") },
	{ " {\t\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1 } \r\n",
	  RESULT("1", "null") },
	{ REQUEST("1", "\"method\":\"fail\",\"more\":0"),
	  ERROR("1", "-32000", "no \\\"such\\\" thing \xef\xbf\xbd",
		"ENOENT") },
	{ REQUEST("1", "\"method\":\"absent\""),
	  ERROR("1", "-32601",
		"no method \\\"absent\\\"; rpc.methods lists them", "ENOSYS") },
	{ REQUEST("1", "\"method\":\"echo\",\"params\":{\"valu\":1}"),
	  ERROR("1", "-32602",
		"echo: unknown member \\\"valu\\\"; did you mean "
		"\\\"value\\\"?",
		"EINVAL") },
	{ REQUEST("1", "\"method\":\"echo\",\"params\":[1]"),
	  ERROR("1", "-32602",
		"echo: the arguments must be an object, not a list",
		"EINVAL") },
	{ REQUEST("[1]", "\"method\":\"echo\""),
	  ERROR("null", "-32600",
		"\\\"id\\\" must be a number or a string of at most 256 bytes",
		"EBADMSG") },
	{ REQUEST("1", "\"method\":7"),
	  ERROR("1", "-32600", "\\\"method\\\" must be a string", "EBADMSG") },
	{ "{\"id\":1,\"method\":\"echo\"}\n",
	  ERROR("1", "-32600", "\\\"jsonrpc\\\" must be \\\"2.0\\\"",
		"EBADMSG") },
	{ "{\"jsonrpc\":\"1.0\",\"method\":\"echo\"}\n",
	  ERROR("null", "-32600", "\\\"jsonrpc\\\" must be \\\"2.0\\\"",
		"EBADMSG") },
	{ "[" RESULT("1", "1") "]\n",
	  ERROR("null", "-32600",
		"batches are not served: send each request as a line of its "
		"own",
		"EBADMSG") },
	{ "7\n",
	  ERROR("null", "-32600", "a request must be an object", "EBADMSG") },
};

START_TEST(requests_are_answered)
{
	int fd = connect_client();

	send_text(fd, dialogues[_i].request);
	assert_reply(fd, dialogues[_i].reply);
	/* whatever it was, the connection goes on */
	send_text(fd, ECHO("2"));
	assert_reply(fd, RESULT("2", "2"));
	close(fd);
}
END_TEST

static void
assert_code(int fd, const char *bytes, size_t size, const char *code)
{
	char want[64];

	snprintf(want, sizeof(want),
		 "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%s,",
		 code);
	send_bytes(fd, bytes, size);
	ck_assert_ptr_nonnull(read_line(fd));
	ck_assert_int_eq(strncmp(text, want, strlen(want)), 0);
}

START_TEST(nonsense_is_answered_and_survived)
{
	static const char nul[] = "{\"jsonrpc\":\"2.0\"\0,\"id\":1}\n";
	char deep[10001], id[400];
	int fd = connect_client();

	assert_code(fd, "\n", 1, "-32700");
	assert_code(fd, "{\n", 2, "-32700");
	assert_code(fd, "\"\xff\"\n", 4, "-32700");
	assert_code(fd, nul, sizeof(nul) - 1, "-32700");
	assert_code(fd, "[\"\\u0000\"]\n", 11, "-32700");
	assert_code(fd, "{\"id\":1,\"id\":1}\n", 16, "-32700");
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\n';
	assert_code(fd, deep, sizeof(deep), "-32700");
	/* an id comes back, so it is bounded: 256 bytes and 257 */
	snprintf(id, sizeof(id), REQUEST("\"%0256d\"", "\"method\":\"who\""),
		 0);
	send_text(fd, id);
	ck_assert_ptr_nonnull(strstr(read_line(fd), "\"result\""));
	snprintf(id, sizeof(id), REQUEST("\"%0257d\"", "\"method\":\"who\""),
		 0);
	assert_code(fd, id, strlen(id), "-32600");
	close(fd);
}
END_TEST

START_TEST(notifications_are_run_and_not_answered)
{
	int fd = connect_client();

	send_text(fd, "{\"jsonrpc\":\"2.0\",\"method\":\"big\","
		      "\"params\":{\"size\":1}}\n"
		      "{\"jsonrpc\":\"2.0\",\"method\":\"fail\"}\n"
		      "{\"jsonrpc\":\"2.0\",\"method\":\"absent\"}\n"
		      "{\"jsonrpc\":\"2.0\",\"method\":\"big\"}\n"
		      "{\"jsonrpc\":\"2.0\",\"method\":\"later\"}\n" ECHO("1"));
	assert_reply(fd, RESULT("1", "1"));
	ck_assert_uint_eq(n_big, 1);
	ck_assert_uint_eq(n_later, 1);
	rpc_reply(later[0], NULL);
	assert_silent(fd);
	close(fd);
}
END_TEST

START_TEST(requests_may_be_split_anywhere)
{
	static const char both[] = ECHO("1") ECHO("2");
	int fd = connect_client();

	for (size_t at = 1; at < sizeof(both) - 1; at++) {
		send_bytes(fd, both, at);
		settle();
		send_text(fd, both + at);
		assert_reply(fd, RESULT("1", "1"));
		assert_reply(fd, RESULT("2", "2"));
	}
	close(fd);
}
END_TEST

START_TEST(requests_may_be_pipelined)
{
	char line[128];
	int fd = connect_client();

	for (int i = 0; i < 1000; i++) {
		snprintf(
		    line, sizeof(line),
		    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"echo\"}\n", i);
		send_text(fd, line);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line),
			 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":null}", i);
		assert_reply(fd, line);
	}
	close(fd);
}
END_TEST

START_TEST(replies_come_when_methods_finish)
{
	int fd = connect_client();

	send_text(fd, LATER("1") LATER("2") ECHO("3"));
	assert_reply(fd, RESULT("3", "3"));
	assert_silent(fd);
	rpc_reply(later[1], json_true());
	assert_reply(fd, RESULT("2", "true"));
	rpc_fail(later[0], -EIO, "late");
	assert_reply(fd, ERROR("1", "-32000", "late", "EIO"));
	close(fd);
}
END_TEST

START_TEST(methods_know_who_asks)
{
	char want[128];
	int fd = connect_client();

	send_text(fd, REQUEST("1", "\"method\":\"who\""));
	snprintf(want, sizeof(want),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[%d,%d]}",
		 (int)getpid(), (int)geteuid());
	assert_reply(fd, want);
	close(fd);
}
END_TEST

START_TEST(only_subscribers_get_events)
{
	json_t *params = json_pack("{s:i}", "id", 7);
	int subscriber = connect_client();
	int other = connect_client();

	rpc_server_broadcast(server, "port.added", params);
	send_text(subscriber, REQUEST("1", "\"method\":\"rpc.subscribe\""));
	assert_reply(subscriber, RESULT("1", "true"));
	rpc_server_broadcast(server, "port.removed", params);
	rpc_server_broadcast(server, "nothing", NULL);
	assert_reply(subscriber, "{\"jsonrpc\":\"2.0\",\"method\":"
				 "\"port.removed\",\"params\":{\"id\":7}}");
	assert_reply(subscriber,
		     "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}");
	assert_silent(other);
	json_decref(params);
	close(subscriber);
	close(other);
}
END_TEST

/* ---- descriptors ---- */

static void
send_with_fd(int to, const char *line, int fd)
{
	char control[CMSG_SPACE(sizeof(int))]
	    __attribute__((aligned(sizeof(struct cmsghdr)))) = { 0 };
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	struct iovec iov = { .iov_base = (char *)line,
			     .iov_len = strlen(line) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	ck_assert_int_eq(sendmsg(to, &msg, 0), (ssize_t)strlen(line));
}

static bool
has_ended(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0;
}

#define WRITE(id) REQUEST(id, "\"method\":\"write\"")

START_TEST(a_method_takes_the_descriptors_of_its_request)
{
	int fds[2], fd = connect_client();
	char bytes[8] = "";

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	send_text(fd, WRITE("1"));
	send_with_fd(fd, WRITE("2"), fds[1]);
	send_text(fd, WRITE("3"));
	close(fds[1]);
	assert_reply(fd,
		     ERROR("1", "-32000", "a descriptor to write to is missing",
			   "ENOENT"));
	assert_reply(fd, RESULT("2", "null"));
	ck_assert_ptr_nonnull(read_line(fd));
	ck_assert_int_eq(read(fds[0], bytes, sizeof(bytes)), 5);
	ck_assert(has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

START_TEST(descriptors_that_nobody_takes_are_closed)
{
	int fds[2], fd = connect_client();

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	send_with_fd(fd, "nonsense", fds[1]);
	send_with_fd(fd, "\n", fds[1]);
	ck_assert_ptr_nonnull(read_line(fd));
	send_with_fd(fd, ECHO("1"), fds[1]);
	assert_reply(fd, RESULT("1", "1"));
	send_with_fd(fd, LATER("2"), fds[1]);
	settle();
	ck_assert_uint_eq(n_later, 1);
	close(fds[1]);
	ck_assert(!has_ended(fds[0]));
	rpc_reply(later[0], NULL);
	assert_reply(fd, RESULT("2", "null"));
	ck_assert(has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

START_TEST(a_request_with_too_many_descriptors_is_refused)
{
	int fds[2], fd = connect_client();

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < RPC_FDS_MAX; i++)
		send_with_fd(fd, " ", fds[1]);
	send_with_fd(fd, WRITE("1"), fds[1]);
	assert_reply(fd, ERROR("1", "-32600",
			       "write: more than 8 descriptors with one "
			       "request",
			       "EMFILE"));
	close(fds[1]);
	ck_assert(has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

/* ---- the end of a connection ---- */

START_TEST(a_call_survives_its_client)
{
	int fds[2], fd = connect_client(), other = connect_client();

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	send_with_fd(fd, LATER("1"), fds[1]);
	send_text(fd, LATER("2"));
	close(fds[1]);
	settle();
	ck_assert_uint_eq(n_later, 2);
	close(fd);
	settle();
	ck_assert_int_eq(rpc_call_peer(later[0])->pid, getpid());
	rpc_fail(later[0], -EIO, "nobody hears this");
	ck_assert(has_ended(fds[0]));
	rpc_reply(later[1], json_object());
	send_text(other, ECHO("3"));
	assert_reply(other, RESULT("3", "3"));
	close(fds[0]);
	close(other);
}
END_TEST

START_TEST(a_call_survives_its_server)
{
	int fd = connect_client();

	send_text(fd, LATER("1") LATER("2"));
	settle();
	ck_assert_uint_eq(n_later, 2);
	rpc_server_free(server);
	server = NULL;
	rpc_reply(later[0], json_true());
	rpc_fail(later[1], -EIO, "late");
	ck_assert_ptr_null(read_line(fd));
	close(fd);
}
END_TEST

START_TEST(a_client_that_says_no_more_still_gets_its_replies)
{
	int fd = connect_client();

	send_text(fd, LATER("1") ECHO("2"));
	shutdown(fd, SHUT_WR);
	assert_reply(fd, RESULT("2", "2"));
	assert_silent(fd);
	rpc_reply(later[0], json_true());
	assert_reply(fd, RESULT("1", "true"));
	ck_assert_ptr_null(read_line(fd));
	close(fd);
}
END_TEST

/* ---- limits ---- */

START_TEST(a_line_that_is_too_long_closes_its_client_only)
{
	int fd = connect_client(), other = connect_client();
	char *line = malloc(RPC_LINE_MAX + 1);
	int frame = snprintf(line, RPC_LINE_MAX, ECHO("%d"), 1, 1);

	/* as many spaces as fit are welcome */
	memset(line + frame - 1, ' ', RPC_LINE_MAX + 1 - (size_t)frame);
	line[RPC_LINE_MAX] = '\n';
	send_bytes(fd, line, RPC_LINE_MAX + 1);
	assert_reply(fd, RESULT("1", "1"));
	line[RPC_LINE_MAX] = ' ';
	send_bytes(fd, line, RPC_LINE_MAX + 1);
	ck_assert_ptr_null(read_line(fd));
	send_text(other, ECHO("2"));
	assert_reply(other, RESULT("2", "2"));
	free(line);
	close(fd);
	close(other);
}
END_TEST

START_TEST(a_result_that_fits_no_line_is_an_error)
{
	/* what stands around the string */
	int rest = (int)strlen(RESULT("1", "\"\""));
	char line[256];
	int fd = connect_client();

	snprintf(line, sizeof(line),
		 REQUEST("1", "\"method\":\"big\",\"params\":{\"size\":%d}"),
		 RPC_LINE_MAX - rest);
	send_text(fd, line);
	ck_assert_ptr_nonnull(read_line(fd));
	ck_assert_uint_eq(strlen(text), RPC_LINE_MAX);
	snprintf(line, sizeof(line),
		 REQUEST("1", "\"method\":\"big\",\"params\":{\"size\":%d}"),
		 RPC_LINE_MAX - rest + 1);
	send_text(fd, line);
	assert_reply(fd, ERROR("1", "-32000",
			       "the result takes 1048578 bytes and a line "
			       "holds 1048576: ask for less",
			       "EMSGSIZE"));
	close(fd);
}
END_TEST

START_TEST(haste_makes_no_backlog)
{
	int fd = connect_client();

	for (int i = 0; i < 20; i++)
		send_text(fd, REQUEST("1", "\"method\":\"big\","
					   "\"params\":{\"size\":900000}"));
	settle();
	/* the second waits until the first one is read */
	ck_assert_uint_eq(n_big, 1);
	for (int i = 0; i < 20; i++) {
		ck_assert_ptr_nonnull(read_line(fd));
		ck_assert_uint_gt(strlen(text), 900000);
	}
	ck_assert_uint_eq(n_big, 20);
	close(fd);
}
END_TEST

START_TEST(a_subscriber_that_does_not_read_is_closed)
{
	json_t *params = json_object();
	int lazy = connect_client(), busy = connect_client();
	size_t n_lines = 0;

	memset(text, 'x', 10000);
	json_object_set_new(params, "x", json_stringn(text, 10000));
	send_text(lazy, REQUEST("1", "\"method\":\"rpc.subscribe\""));
	assert_reply(lazy, RESULT("1", "true"));
	send_text(busy, REQUEST("1", "\"method\":\"rpc.subscribe\""));
	assert_reply(busy, RESULT("1", "true"));
	for (int i = 0; i < 300; i++) {
		rpc_server_broadcast(server, "event", params);
		ck_assert_ptr_nonnull(read_line(busy));
	}
	while (read_line(lazy) != NULL)
		n_lines++;
	/* the backlog, and what the socket holds */
	ck_assert_uint_lt(n_lines, 300);
	ck_assert_uint_gt(n_lines, 0);
	json_decref(params);
	close(lazy);
	close(busy);
}
END_TEST

START_TEST(a_backlog_below_its_limit_is_delivered)
{
	json_t *params = json_object();
	int fd = connect_client();
	const int n = RPC_BACKLOG_MAX / 10100;

	memset(text, 'x', 10000);
	json_object_set_new(params, "x", json_stringn(text, 10000));
	send_text(fd, REQUEST("1", "\"method\":\"rpc.subscribe\""));
	assert_reply(fd, RESULT("1", "true"));
	for (int i = 0; i < n; i++)
		rpc_server_broadcast(server, "event", params);
	for (int i = 0; i < n; i++)
		ck_assert_ptr_nonnull(read_line(fd));
	assert_silent(fd);
	json_decref(params);
	close(fd);
}
END_TEST

START_TEST(unfinished_calls_are_bounded)
{
	int fd = connect_client();

	for (int i = 0; i < RPC_CALLS_MAX; i++)
		send_text(fd, LATER("1"));
	assert_silent(fd);
	ck_assert_uint_eq(n_later, RPC_CALLS_MAX);
	send_text(fd, LATER("2"));
	assert_reply(fd, ERROR("2", "-32000",
			       "later: 256 earlier calls of this client are "
			       "unfinished",
			       "EBUSY"));
	rpc_reply(later[0], NULL);
	assert_reply(fd, RESULT("1", "null"));
	send_text(fd, LATER("2"));
	assert_silent(fd);
	ck_assert_uint_eq(n_later, RPC_CALLS_MAX + 1);
	for (size_t i = 1; i < n_later; i++)
		rpc_reply(later[i], NULL);
	close(fd);
}
END_TEST

START_TEST(clients_are_bounded)
{
	int fds[RPC_CONNS_MAX], fd;

	for (int i = 0; i < RPC_CONNS_MAX; i++)
		fds[i] = connect_client();
	fd = connect_client();
	assert_reply(fd, ERROR("null", "-32000",
			       "64 clients are connected already", "EBUSY"));
	ck_assert_ptr_null(read_line(fd));
	close(fd);
	send_text(fds[RPC_CONNS_MAX - 1], ECHO("1"));
	assert_reply(fds[RPC_CONNS_MAX - 1], RESULT("1", "1"));
	close(fds[0]);
	settle();
	fds[0] = connect_client();
	send_text(fds[0], ECHO("2"));
	assert_reply(fds[0], RESULT("2", "2"));
	for (int i = 0; i < RPC_CONNS_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(without_descriptors_a_client_waits_and_the_loop_rests)
{
	struct clock *clock = clock_real_new(NULL);
	struct rlimit limit, tight;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t start_ms;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, address_size),
			 0);
	start_ms = clock_now_ms(clock);
	/* one failure each time the loop has something to do */
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_ge(clock_now_ms(clock) - start_ms, 80);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	send_text(fd, ECHO("1"));
	assert_reply(fd, RESULT("1", "1"));
	clock_free(clock);
	close(fd);
}
END_TEST

enum { SOMEBODY = 12345 };

/* Who the server is, who the client is, and whether they talk.  Only root can
 * be both, so without root only the first row says something. */
static const struct {
	uid_t server, client;
	bool served;
} users[] = {
	{ SOMEBODY, SOMEBODY, true },
	{ SOMEBODY, 0, true },
	{ 0, SOMEBODY, false },
	{ SOMEBODY + 1, SOMEBODY, false },
};

START_TEST(only_our_own_user_and_root_are_served)
{
	bool is_root = geteuid() == 0;
	int fd;

	if (!is_root && _i > 0)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(!is_root || seteuid(users[_i].client) == 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, address_size),
			 0);
	ck_assert(!is_root ||
		  (seteuid(0) == 0 && seteuid(users[_i].server) == 0));
	settle();
	if (users[_i].served) {
		send_text(fd, ECHO("1"));
		assert_reply(fd, RESULT("1", "1"));
	} else {
		assert_reply(fd, ERROR("null", "-32000",
				       "clients of user 12345 are not served",
				       "EPERM"));
		ck_assert_ptr_null(read_line(fd));
	}
	ck_assert(!is_root || seteuid(0) == 0);
	close(fd);
}
END_TEST

START_TEST(a_socket_that_does_not_listen_is_refused)
{
	struct err err = ERR_INIT;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_ptr_null(rpc_server_new(base, fds[0], find, later, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert(has_ended(fds[1])); /* it was taken nevertheless */
	close(fds[1]);
	ck_assert_ptr_null(rpc_server_new(base, -1, find, later, &err));
	ck_assert_int_eq(err.code, -EBADF);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ requests_are_answered, UNIT_ROWS(dialogues) },
		{ nonsense_is_answered_and_survived, 0 },
		{ notifications_are_run_and_not_answered, 0 },
		{ requests_may_be_split_anywhere, 0 },
		{ requests_may_be_pipelined, 0 },
		{ replies_come_when_methods_finish, 0 },
		{ methods_know_who_asks, 0 },
		{ only_subscribers_get_events, 0 },
		{ a_method_takes_the_descriptors_of_its_request, 0 },
		{ descriptors_that_nobody_takes_are_closed, 0 },
		{ a_request_with_too_many_descriptors_is_refused, 0 },
		{ a_call_survives_its_client, 0 },
		{ a_call_survives_its_server, 0 },
		{ a_client_that_says_no_more_still_gets_its_replies, 0 },
		{ a_line_that_is_too_long_closes_its_client_only, 0 },
		{ a_result_that_fits_no_line_is_an_error, 0 },
		{ haste_makes_no_backlog, 0 },
		{ a_subscriber_that_does_not_read_is_closed, 0 },
		{ a_backlog_below_its_limit_is_delivered, 0 },
		{ unfinished_calls_are_bounded, 0 },
		{ clients_are_bounded, 0 },
		{ without_descriptors_a_client_waits_and_the_loop_rests, 0 },
		{ only_our_own_user_and_root_are_served, UNIT_ROWS(users) },
		{ a_socket_that_does_not_listen_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_server", tests, setup, teardown);
}
