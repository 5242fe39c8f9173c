#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/rpc-link.h"
#include "lib/xalloc.h"

/* A request without its reply. */
struct pending {
	TAILQ_ENTRY(pending) entry;
	json_int_t id;
	rpc_done_fn *done; /* or NULL */
	void *arg;	   /* borrowed */
};

struct rpc_conn {
	struct rpc_link *link; /* owned */
	json_int_t last_id;
	TAILQ_HEAD(, pending) pending;
	struct err lost; /* why the link is closing; code 0: it is not */
	rpc_notify_fn *notify;
	rpc_closed_fn *closed;
	void *arg; /* borrowed */
};

/* ---- what client and blocking client share ---- */

/* One request as a line; returned owned.  NULL when @params cannot be
 * written.  Takes @params. */
static char *
request_line(json_int_t id, const char *method, json_t *params, size_t *len)
{
	json_t *request = json_pack("{s:s, s:I, s:s}", "jsonrpc", "2.0", "id",
				    id, "method", method);
	char *line;

	if (params != NULL)
		json_object_set_new(request, "params", params);
	line = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (line == NULL)
		return NULL;
	*len = strlen(line);
	line = xrealloc(line, *len + 2, 1);
	line[(*len)++] = '\n';
	line[*len] = '\0';
	return line;
}

/* The names that servers put into an error's data.errno. */
static int
errno_from_name(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "EACCES", EACCES },	{ "EADDRINUSE", EADDRINUSE },
		{ "EBUSY", EBUSY },	{ "EEXIST", EEXIST },
		{ "EINVAL", EINVAL },	{ "EIO", EIO },
		{ "EMFILE", EMFILE },	{ "ENOENT", ENOENT },
		{ "ENOMEM", ENOMEM },	{ "ENOSPC", ENOSPC },
		{ "ENOTSUP", ENOTSUP }, { "EPERM", EPERM },
		{ "EPIPE", EPIPE },	{ "ETIMEDOUT", ETIMEDOUT },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (name != NULL && strcmp(name, codes[i].name) == 0)
			return -codes[i].code;
	return -EIO;
}

/* A reply's error object into @err. */
static void
read_error(const json_t *error, struct err *err)
{
	const char *message =
	    json_string_value(json_object_get(error, "message"));
	const json_t *data = json_object_get(error, "data");
	const char *name = json_string_value(json_object_get(data, "errno"));

	err_set(err, errno_from_name(name), "%s",
		message != NULL ? message : "an error without a message");
}

/* ---- on an event loop ---- */

static struct pending *
find_pending(struct rpc_conn *conn, json_int_t id)
{
	struct pending *p;

	TAILQ_FOREACH (p, &conn->pending, entry)
		if (p->id == id)
			break;
	return p;
}

static void
finish(struct rpc_conn *conn, struct pending *p, const json_t *result,
       const struct err *err)
{
	TAILQ_REMOVE(&conn->pending, p, entry);
	if (p->done != NULL)
		p->done(result, err, p->arg);
	free(p);
}

static void
handle_reply(struct rpc_conn *conn, const json_t *reply, const json_t *id)
{
	struct pending *p = find_pending(conn, json_integer_value(id));
	const json_t *error = json_object_get(reply, "error");
	const json_t *result = json_object_get(reply, "result");
	struct err err = ERR_INIT;

	if (p == NULL || !json_is_integer(id)) {
		LOG_LIMITED(LOG_WARN,
			    "ignored a reply to a request never made");
		return;
	}
	if (error == NULL && result != NULL) {
		finish(conn, p, result, NULL);
		return;
	}
	if (error != NULL)
		read_error(error, &err);
	else
		err_set(&err, -EPROTO, "a reply without result or error");
	finish(conn, p, NULL, &err);
}

static void
on_line(char *line, size_t len, struct rpc_fds *fds, void *arg)
{
	struct rpc_conn *conn = arg;
	json_t *message = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *id = json_object_get(message, "id");
	const char *method =
	    json_string_value(json_object_get(message, "method"));

	(void)fds;
	if (message == NULL)
		rpc_link_close(conn->link, "the peer sent what is not JSON");
	else if (method != NULL && id == NULL && conn->notify != NULL)
		conn->notify(method, json_object_get(message, "params"),
			     conn->arg);
	else if (id != NULL && method == NULL)
		handle_reply(conn, message, id);
	json_decref(message);
}

static void
on_end(const char *why, void *arg)
{
	struct rpc_conn *conn = arg;

	err_set(&conn->lost, -ECONNRESET, "%s",
		why != NULL ? why : "the peer closed the connection");
	while (!TAILQ_EMPTY(&conn->pending))
		finish(conn, TAILQ_FIRST(&conn->pending), NULL, &conn->lost);
	if (conn->closed != NULL)
		conn->closed(conn->arg);
}

struct rpc_conn *
rpc_conn_new(struct event_base *base, int fd, rpc_notify_fn *notify,
	     rpc_closed_fn *closed, void *arg)
{
	struct rpc_conn *conn = XNEW(struct rpc_conn);

	TAILQ_INIT(&conn->pending);
	conn->notify = notify;
	conn->closed = closed;
	conn->arg = arg;
	conn->link = rpc_link_new(base, fd, on_line, on_end, conn);
	if (conn->link == NULL) {
		free(conn);
		return NULL;
	}
	return conn;
}

void
rpc_conn_call(struct rpc_conn *conn, const char *method, json_t *params,
	      const int *fds, size_t n_fds, rpc_done_fn *done, void *arg)
{
	struct pending *p;
	size_t len = 0;
	char *line = request_line(conn->last_id + 1, method, params, &len);
	struct err err = ERR_INIT;

	/* Both are mistakes of the caller, who hears of them at once. */
	if (line == NULL || len > RPC_LINE_MAX) {
		err_set(&err, -EINVAL, "%s: the request %s", method,
			line == NULL ? "cannot be written as JSON"
				     : "is too long");
		free(line);
		if (done != NULL)
			done(NULL, &err, arg);
		return;
	}
	if (conn->lost.code != 0) { /* inside of closed() */
		free(line);
		if (done != NULL)
			done(NULL, &conn->lost, arg);
		return;
	}
	p = XNEW(struct pending);
	p->id = ++conn->last_id;
	p->done = done;
	p->arg = arg;
	TAILQ_INSERT_TAIL(&conn->pending, p, entry);
	rpc_link_send(conn->link, line, len, fds, n_fds);
	free(line);
}

void
rpc_conn_free(struct rpc_conn *conn)
{
	if (conn == NULL)
		return;
	while (!TAILQ_EMPTY(&conn->pending)) {
		struct pending *p = TAILQ_FIRST(&conn->pending);

		TAILQ_REMOVE(&conn->pending, p, entry);
		free(p);
	}
	rpc_link_free(conn->link);
	free(conn);
}

/* ---- blocking ---- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
wait_for(int fd, short what, int64_t deadline_ms, struct err *err)
{
	struct pollfd pfd = { .fd = fd, .events = what };
	int64_t left;
	int n;

	do {
		left = deadline_ms - now_ms();
		n = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "poll");
	return n > 0 ? 0 : err_set(err, -ETIMEDOUT, "no answer in time");
}

static int
send_all(int fd, const char *line, size_t len, const int *fds, size_t n_fds,
	 int64_t deadline_ms, struct err *err)
{
	size_t sent = 0;

	while (sent < len) {
		long n = rpc_send_chunk(fd, line + sent, len - sent, fds,
					sent == 0 ? n_fds : 0);
		int ret;

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (n != -EAGAIN)
			return err_set(err, (int)n, "cannot send: %s",
				       strerror((int)-n));
		ret = wait_for(fd, POLLOUT, deadline_ms, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The next line, read no further than its LF so that what follows stays for
 * the next call; returned owned. */
static char *
receive_line(int fd, int64_t deadline_ms, size_t *len, struct err *err)
{
	size_t size = 64 * 1024, have = 0;
	char *line = xcalloc(1, size);

	for (;;) {
		ssize_t n;
		char *lf;

		if (wait_for(fd, POLLIN, deadline_ms, err) < 0)
			break;
		n = recv(fd, line + have, size - have, MSG_PEEK);
		if (n == 0) {
			err_set(err, -ECONNRESET,
				"the peer closed the connection");
			break;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0) {
			err_errno(err, "cannot receive");
			break;
		}
		lf = memchr(line + have, '\n', (size_t)n);
		if (lf != NULL)
			n = lf + 1 - (line + have);
		n = recv(fd, line + have, (size_t)n, 0);
		if (n < 0) {
			err_errno(err, "cannot receive");
			break;
		}
		have += (size_t)n;
		if (lf != NULL) {
			*len = have;
			return line;
		}
		if (have > RPC_LINE_MAX) {
			err_set(err, -EPROTO, "the peer's line is too long");
			break;
		}
		if (have == size) {
			size *= 2;
			line = xrealloc(line, size, 1);
		}
	}
	free(line);
	return NULL;
}

/* The reply to request @id: its result, returned owned; skips what else
 * comes. */
static json_t *
receive_reply(int fd, json_int_t id, int64_t deadline_ms, struct err *err)
{
	char *line;
	size_t len;

	while ((line = receive_line(fd, deadline_ms, &len, err)) != NULL) {
		json_t *reply =
		    json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
		const json_t *its_id = json_object_get(reply, "id");
		json_t *result;

		free(line);
		if (reply == NULL) {
			err_set(err, -EPROTO, "the peer sent what is not JSON");
			return NULL;
		}
		/* A server that could not read the request answers null. */
		if (its_id == NULL || (!json_is_null(its_id) &&
				       json_integer_value(its_id) != id)) {
			json_decref(reply);
			continue;
		}
		result = json_incref(json_object_get(reply, "result"));
		if (result == NULL)
			read_error(json_object_get(reply, "error"), err);
		json_decref(reply);
		return result;
	}
	return NULL;
}

json_t *
rpc_call_sync(int fd, const char *method, json_t *params, const int *fds,
	      size_t n_fds, int timeout_ms, struct err *err)
{
	enum { ID = 1 }; /* one request at a time */
	int64_t deadline_ms = now_ms() + timeout_ms;
	size_t len = 0;
	char *line = request_line(ID, method, params, &len);
	json_t *result = NULL;

	if (line == NULL || len > RPC_LINE_MAX)
		err_set(err, -EINVAL, "%s: the request %s", method,
			line == NULL ? "cannot be written as JSON"
				     : "is too long");
	else if (send_all(fd, line, len, fds, n_fds, deadline_ms, err) == 0)
		result = receive_reply(fd, ID, deadline_ms, err);
	free(line);
	return result;
}
