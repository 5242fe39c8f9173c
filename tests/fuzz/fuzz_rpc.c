/*
 * A client that sends anything, in any pieces, to a server of lib/rpc.
 *
 * Input: the number of pieces, a byte for each, then the bytes that are sent.
 * A piece's byte: bits 0-4 its length less one, PIECE_FD: a descriptor goes
 * with it, PIECE_RUN: the server runs before the next.  When all pieces are
 * used up they start again.
 *
 * Properties: each request with an id, and each line that is no request, gets
 * exactly one reply, in the order in which methods finish, with the code that
 * a plain reading of the line (here, without the server's code) asks for; a
 * method gets the descriptors of its line and no others; afterwards no
 * descriptor is left open.
 */
#include "config.h"

#include "lib/rpc.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PIECE_FD = 0x80,
	PIECE_RUN = 0x40,
	PIECE_LEN = 0x1f,
	PIECES_MAX = 32,
	ID_MAX = 256,
	SENT_MAX = 64 * 1024,
};

/* What is expected, and what has come. */
struct bench {
	struct event_base *base;
	struct rpc_server *server;
	int client;
	struct rpc_call *later[RPC_CALLS_MAX];
	size_t n_later;
	char *replies; /* all bytes so far, owned */
	size_t replies_size;
};

static void
want(bool holds)
{
	if (!holds)
		abort();
}

/* ---- methods ---- */

static void
echo(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)arg;
	rpc_reply(call, json_incref(json_object_get(params, "value")));
}

static void
later(struct rpc_call *call, const json_t *params, void *arg)
{
	struct bench *b = arg;

	(void)params;
	want(b->n_later < RPC_CALLS_MAX);
	b->later[b->n_later++] = call;
}

/* How many descriptors the request brought. */
static void
count(struct rpc_call *call, const json_t *params, void *arg)
{
	json_int_t n = 0;
	int fd;

	(void)params;
	(void)arg;
	while ((fd = rpc_call_take_fd(call)) >= 0) {
		want(close(fd) == 0);
		n++;
	}
	rpc_reply(call, json_integer(n));
}

static const struct rpc_method methods[] = {
	{ .name = "echo", .params = "value:any?", .fn = echo },
	{ .name = "later", .params = "", .fn = later },
	{ .name = "count", .params = "", .fn = count },
	{ .name = NULL },
};

static const struct rpc_method *
find(const char *name, void **arg, void *find_arg)
{
	*arg = find_arg;
	return rpc_find_in_table(methods, name);
}

/* ---- the client ---- */

static void
bench_init(struct bench *b)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);

	*b = (struct bench){ .base = event_base_new() };
	/* the kernel picks a name */
	want(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0);
	want(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	want(listen(fd, 1) == 0);
	b->server = rpc_server_new(b->base, fd, find, b, NULL);
	want(b->server != NULL);
	b->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	want(connect(b->client, (struct sockaddr *)&address, size) == 0);
}

static void
bench_fini(struct bench *b)
{
	rpc_server_free(b->server);
	event_base_free(b->base);
	if (b->client >= 0)
		close(b->client);
	free(b->replies);
}

/* Let the server work, and read what it says; false when it has closed. */
static bool
run(struct bench *b)
{
	for (;;) {
		char chunk[4096];
		ssize_t n;

		event_base_loop(b->base, EVLOOP_NONBLOCK);
		n = recv(b->client, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n <= 0)
			return n < 0;
		b->replies = realloc(b->replies, b->replies_size + (size_t)n);
		want(b->replies != NULL);
		memcpy(b->replies + b->replies_size, chunk, (size_t)n);
		b->replies_size += (size_t)n;
	}
}

static ssize_t
send_piece(int to, const uint8_t *data, size_t size, bool with_fd)
{
	char control[CMSG_SPACE(sizeof(int))]
	    __attribute__((aligned(sizeof(struct cmsghdr)))) = { 0 };
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	struct iovec iov = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (with_fd) {
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &to, sizeof(to));
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Send everything.  @n_fds[i]: how many descriptors went with byte i. */
static void
send_all(struct bench *b, const uint8_t *pieces, size_t n_pieces,
	 const uint8_t *data, size_t size, uint8_t *n_fds)
{
	size_t at = 0;

	for (size_t i = 0; at < size; i++) {
		uint8_t piece = n_pieces > 0 ? pieces[i % n_pieces] : PIECE_LEN;
		size_t len = (size_t)(piece & PIECE_LEN) + 1;
		bool with_fd = (piece & PIECE_FD) != 0;
		ssize_t n;

		if (len > size - at)
			len = size - at;
		while ((n = send_piece(b->client, data + at, len, with_fd)) < 0)
			want(run(b)); /* the socket is full */
		n_fds[at] += with_fd;
		at += (size_t)n;
		if ((piece & PIECE_RUN) != 0)
			want(run(b));
	}
	want(run(b));
	want(shutdown(b->client, SHUT_WR) == 0);
}

/* ---- what a line asks for ---- */

struct expected {
	json_t *replies; /* list of [id, code or 0, result] */
	json_t *last;	 /* those of calls that are finished at the end */
	size_t n_open;	 /* such calls, notifications included */
};

static void
expect(json_t *list, json_t *id, int code, json_t *result)
{
	json_array_append_new(list, json_pack("[O, i, o?]", id, code, result));
}

/* The code for a well-formed request. */
static int
judge(const struct expected *e, const json_t *request, size_t n_fds)
{
	const char *name =
	    json_string_value(json_object_get(request, "method"));
	const json_t *params = json_object_get(request, "params");
	size_t n_known = 0;

	if (n_fds > RPC_FDS_MAX)
		return RPC_INVALID_REQUEST;
	if (e->n_open == RPC_CALLS_MAX)
		return RPC_FAILED;
	if (strcmp(name, "rpc.subscribe") != 0 &&
	    rpc_find_in_table(methods, name) == NULL)
		return RPC_METHOD_NOT_FOUND;
	if (strcmp(name, "echo") == 0)
		n_known = json_object_get(params, "value") != NULL;
	if (params != NULL && !json_is_null(params) &&
	    (!json_is_object(params) || json_object_size(params) != n_known))
		return RPC_INVALID_PARAMS;
	return 0;
}

static void
expect_request(struct expected *e, json_t *request, size_t n_fds)
{
	json_t *id = json_object_get(request, "id");
	const char *name =
	    json_string_value(json_object_get(request, "method"));
	json_t *params = json_object_get(request, "params");
	json_t *result = NULL;
	int code = judge(e, request, n_fds);

	if (code == 0 && strcmp(name, "later") == 0) {
		e->n_open++;
		if (id != NULL)
			expect(e->last, id, 0, json_true());
		return;
	}
	if (id == NULL)
		return;
	if (code == 0 && strcmp(name, "echo") == 0)
		result = json_incref(json_object_get(params, "value"));
	else if (code == 0 && strcmp(name, "count") == 0)
		result = json_integer((json_int_t)n_fds);
	else if (code == 0)
		result = json_true();
	expect(e->replies, id, code, result);
}

static void
expect_line(struct expected *e, const char *line, size_t len, size_t n_fds)
{
	json_t *root = json_loadb(
	    line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	json_t *id = json_object_get(root, "id");
	bool well_formed = json_is_string(json_object_get(root, "method")) &&
			   strcmp(json_str_or(root, "jsonrpc", ""), "2.0") == 0;

	if (root == NULL) {
		expect(e->replies, json_null(), RPC_PARSE_ERROR, NULL);
	} else if (id != NULL && !json_is_number(id) && !json_is_null(id) &&
		   (!json_is_string(id) || json_string_length(id) > ID_MAX)) {
		expect(e->replies, json_null(), RPC_INVALID_REQUEST, NULL);
	} else if (!well_formed) {
		expect(e->replies, id != NULL ? id : json_null(),
		       RPC_INVALID_REQUEST, NULL);
	} else {
		expect_request(e, root, n_fds);
	}
	json_decref(root);
}

static void
expect_all(struct expected *e, const uint8_t *data, size_t size,
	   const uint8_t *n_fds)
{
	size_t start = 0, of_line = 0;

	e->replies = json_array();
	e->last = json_array();
	e->n_open = 0;
	for (size_t i = 0; i < size; i++) {
		of_line += n_fds[i];
		if (data[i] != '\n')
			continue;
		expect_line(e, (const char *)data + start, i + 1 - start,
			    of_line);
		start = i + 1;
		of_line = 0;
	}
	json_array_extend(e->replies, e->last);
	json_decref(e->last);
}

/* ---- comparison ---- */

static void
compare_reply(const json_t *expected, const char *line, size_t len)
{
	json_t *reply = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *error = json_object_get(reply, "error");
	const json_t *result = json_object_get(reply, "result");
	json_int_t code = json_integer_value(json_array_get(expected, 1));

	want(reply != NULL);
	want(strcmp(json_str_or(reply, "jsonrpc", ""), "2.0") == 0);
	want((error == NULL) != (result == NULL));
	want(json_equal(json_object_get(reply, "id"),
			json_array_get(expected, 0)));
	want(json_int_or(error, "code", 0) == code);
	if (error != NULL)
		want(json_str_or(error, "message", "")[0] != '\0');
	else
		want(json_equal(result, json_array_get(expected, 2)));
	json_decref(reply);
}

static void
compare(const struct bench *b, const struct expected *e)
{
	const char *at = b->replies;
	size_t left = b->replies_size;

	for (size_t i = 0; i < json_array_size(e->replies); i++) {
		const char *end = left > 0 ? memchr(at, '\n', left) : NULL;
		size_t len;

		want(end != NULL);
		len = (size_t)(end - at) + 1;
		compare_reply(json_array_get(e->replies, i), at, len);
		at += len;
		left -= len;
	}
	want(left == 0);
}

static size_t
open_descriptors(void)
{
	enum { LIMIT = 1024 };
	size_t n = 0;

	for (int fd = 0; fd < LIMIT; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t n_fds[SENT_MAX];
	size_t n_pieces = size > 0 ? data[0] % PIECES_MAX : 0;
	const uint8_t *pieces = data + 1;
	size_t n_open = open_descriptors();
	struct expected e;
	struct bench b;

	if (size < 1 + n_pieces || size > SENT_MAX)
		return 0;
	data += 1 + n_pieces;
	size -= 1 + n_pieces;
	memset(n_fds, 0, size);
	log_init("fuzz_rpc", LOG_ERROR);

	bench_init(&b);
	send_all(&b, pieces, n_pieces, data, size, n_fds);
	expect_all(&e, data, size, n_fds);
	want(b.n_later == e.n_open);
	run(&b);
	for (size_t i = 0; i < b.n_later; i++)
		rpc_reply(b.later[i], json_true());
	want(!run(&b)); /* it had nothing more to wait for */
	compare(&b, &e);
	json_decref(e.replies);
	bench_fini(&b);
	want(open_descriptors() == n_open);
	return 0;
}
