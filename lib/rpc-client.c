#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/rpc-framing.h"
#include "lib/rpc-message.h"
#include "lib/xalloc.h"

enum { LINES_PER_TURN = 64 }; /* then others have theirs */

/* A request without its reply. */
struct pending {
	TAILQ_ENTRY(pending) entry;
	json_int_t id;
	rpc_done_fn *done; /* or NULL */
	void *arg;	   /* borrowed */
};

struct rpc_conn {
	int fd;					    /* owned */
	struct event *readable, *writable, *reaper; /* owned */
	struct rpc_inbox in;
	struct rpc_outbox out;
	json_int_t last_id;
	TAILQ_HEAD(, pending) pending;
	struct err lost;     /* why it is over; code 0: it is not */
	const json_t *error; /* of the reply that is being handled */
	rpc_notify_fn *notify;
	rpc_closed_fn *closed;
	void *arg; /* borrowed */
};

/* ---- the end ---- */

/* Safe anywhere; the rest follows from the loop. */
static void
conn_lose(struct rpc_conn *conn, int code, const char *why)
{
	if (conn->lost.code != 0)
		return;
	err_set(&conn->lost, code, "%s", why);
	event_del(conn->readable);
	event_del(conn->writable);
	event_active(conn->reaper, EV_TIMEOUT, 0);
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
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_conn *conn = arg;

	(void)fd;
	(void)what;
	while (!TAILQ_EMPTY(&conn->pending))
		finish(conn, TAILQ_FIRST(&conn->pending), NULL, &conn->lost);
	if (conn->closed != NULL)
		conn->closed(conn->arg);
}

/* ---- what the server says ---- */

static void
handle_reply(struct rpc_conn *conn, const json_t *reply, const json_t *id)
{
	struct err err = ERR_INIT;
	const json_t *result;
	struct pending *p;

	TAILQ_FOREACH (p, &conn->pending, entry)
		if (json_is_integer(id) && p->id == json_integer_value(id))
			break;
	if (p == NULL) {
		LOG_LIMITED(LOG_WARN,
			    "ignored a reply to a request never made");
		return;
	}
	result = rpc_message_outcome(reply, &err);
	conn->error = json_object_get(reply, "error");
	finish(conn, p, result, result == NULL ? &err : NULL);
	conn->error = NULL;
}

static void
handle_line(struct rpc_conn *conn, const char *line, size_t len)
{
	struct err err = ERR_INIT;
	json_t *message = rpc_message_load(line, len, &err);
	const json_t *id = json_object_get(message, "id");
	const char *method =
	    json_string_value(json_object_get(message, "method"));

	if (message == NULL)
		conn_lose(conn, -EPROTO, "the peer sent what is not JSON");
	else if (method != NULL && id == NULL && conn->notify != NULL)
		conn->notify(method, json_object_get(message, "params"),
			     conn->arg);
	else if (method == NULL && id != NULL)
		handle_reply(conn, message, id);
	json_decref(message);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_conn *conn = arg;

	(void)what;
	for (int i = 0; i < LINES_PER_TURN && conn->lost.code == 0; i++) {
		int ret = rpc_inbox_read(&conn->in, fd);

		if (ret == 0)
			return;
		if (ret > 0) {
			handle_line(conn, conn->in.line, conn->in.len);
			rpc_inbox_clear(&conn->in);
		} else if (ret == -ENODATA) {
			conn_lose(conn, -ECONNRESET,
				  "the peer closed the connection");
		} else if (ret == -EMSGSIZE) {
			conn_lose(conn, -EPROTO, "the peer's line is too long");
		} else {
			conn_lose(conn, ret, "the connection was lost");
		}
	}
}

/* ---- requests ---- */

static void
flush_out(struct rpc_conn *conn)
{
	/* A peer that has gone is noticed by reading, after what it said
	 * last. */
	if (rpc_outbox_send(&conn->out, conn->fd) == -EAGAIN)
		event_add(conn->writable, NULL);
	else
		event_del(conn->writable);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush_out(arg);
}

void
rpc_conn_call(struct rpc_conn *conn, const char *method, json_t *params,
	      const int *fds, size_t n_fds, rpc_done_fn *done, void *arg)
{
	struct err err = conn->lost;
	struct pending *p;

	if (err.code != 0)
		json_decref(params);
	else
		rpc_message_put(&conn->out, conn->last_id + 1, method, params,
				fds, n_fds, &err);
	if (err.code != 0) {
		if (done != NULL)
			done(NULL, &err, arg);
		return;
	}
	p = XNEW(struct pending);
	p->id = ++conn->last_id;
	p->done = done;
	p->arg = arg;
	TAILQ_INSERT_TAIL(&conn->pending, p, entry);
	flush_out(conn);
}

json_int_t
rpc_conn_last_id(const struct rpc_conn *conn)
{
	return conn->last_id;
}

const json_t *
rpc_conn_error(const struct rpc_conn *conn)
{
	return conn->error;
}

bool
rpc_conn_is_lost(const struct rpc_conn *conn)
{
	return conn->lost.code != 0;
}

/* ---- life ---- */

struct rpc_conn *
rpc_conn_new(struct event_base *base, int fd, rpc_notify_fn *notify,
	     rpc_closed_fn *closed, void *arg)
{
	struct rpc_conn *conn = XNEW(struct rpc_conn);

	conn->fd = fd;
	conn->notify = notify;
	conn->closed = closed;
	conn->arg = arg;
	TAILQ_INIT(&conn->pending);
	rpc_outbox_init(&conn->out);
	conn->readable =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	conn->writable =
	    event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, conn);
	conn->reaper = event_new(base, -1, 0, on_reap, conn);
	if (conn->readable != NULL && conn->writable != NULL &&
	    conn->reaper != NULL && event_add(conn->readable, NULL) == 0)
		return conn;
	rpc_conn_free(conn);
	return NULL;
}

void
rpc_conn_free(struct rpc_conn *conn)
{
	struct pending *p;

	if (conn == NULL)
		return;
	while ((p = TAILQ_FIRST(&conn->pending)) != NULL) {
		TAILQ_REMOVE(&conn->pending, p, entry);
		free(p);
	}
	if (conn->readable != NULL)
		event_free(conn->readable);
	if (conn->writable != NULL)
		event_free(conn->writable);
	if (conn->reaper != NULL)
		event_free(conn->reaper);
	rpc_outbox_clear(&conn->out);
	rpc_inbox_clear(&conn->in);
	free(conn->in.line);
	close(conn->fd);
	free(conn);
}
