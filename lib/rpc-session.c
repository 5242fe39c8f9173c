#include "config.h"

#include "lib/rpc-session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/rpc-framing.h"
#include "lib/rpc-message.h"
#include "lib/xalloc.h"

enum {
	LINES_PER_TURN = 64, /* of one client, then others have theirs */
	/* Unsent bytes from which on no further request is read, so that a
	 * client's own haste cannot make its backlog grow. */
	UNSENT_PAUSE = RPC_BACKLOG_MAX / 4,
};

TAILQ_HEAD(call_list, rpc_call);

/* Closing is safe anywhere: it cuts the client off from everything, and the
 * loop tells the owner later. */
struct rpc_session {
	struct rpc_peer peer;
	int fd; /* owned; -1 = closed, nothing happens any more */
	struct event *readable, *writable, *reaper; /* owned */
	struct rpc_inbox in;
	struct rpc_outbox out;
	struct call_list calls; /* unfinished */
	size_t n_calls;
	bool subscribed;
	bool ended; /* no more requests come; closes after the last reply */
	rpc_find_fn *find;
	void *find_arg; /* borrowed */
	rpc_session_over_fn *over;
	void *arg; /* borrowed */
};

/* Lives until it is finished, which may be after its session's end. */
struct rpc_call {
	TAILQ_ENTRY(rpc_call) link;
	struct rpc_session *session; /* NULL when over */
	struct rpc_peer peer;
	json_t *id;	    /* owned; NULL: a notification, never answered */
	struct rpc_fds fds; /* from n_taken on */
	size_t n_taken;
	/* Of a call from within the process: who is told; or NULL. */
	rpc_done_fn *done;
	void *done_arg; /* borrowed */
};

/* ---- the end ---- */

static void
session_close(struct rpc_session *s)
{
	struct rpc_call *call;

	if (s->fd < 0)
		return;
	while ((call = TAILQ_FIRST(&s->calls)) != NULL) {
		TAILQ_REMOVE(&s->calls, call, link);
		call->session = NULL;
	}
	s->n_calls = 0;
	if (s->readable != NULL)
		event_del(s->readable);
	if (s->writable != NULL)
		event_del(s->writable);
	rpc_outbox_clear(&s->out);
	close(s->fd);
	s->fd = -1;
	if (s->reaper != NULL)
		event_active(s->reaper, EV_TIMEOUT, 0);
}

/* Close because of something that a person may want to know. */
static void
session_drop(struct rpc_session *s, const char *why)
{
	LOG_LIMITED(LOG_WARN, "control: client %d (pid %d) is closed: %s",
		    s->fd, (int)s->peer.pid, why);
	session_close(s);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_session *s = arg;

	(void)fd;
	(void)what;
	s->over(s, s->arg);
}

/* ---- sending ---- */

static bool
wants_requests(const struct rpc_session *s)
{
	return !s->ended && s->out.n_bytes < UNSENT_PAUSE;
}

/* Choose what to wait for, after anything has changed. */
static void
session_update(struct rpc_session *s)
{
	if (s->fd < 0)
		return;
	if (s->ended && s->out.n_bytes == 0 && s->n_calls == 0) {
		session_close(s);
		return;
	}
	if (s->out.n_bytes > 0)
		event_add(s->writable, NULL);
	else
		event_del(s->writable);
	if (wants_requests(s))
		event_add(s->readable, NULL);
	else
		event_del(s->readable);
}

/* Send what can be sent now.  The session may be closed then. */
static void
session_flush(struct rpc_session *s)
{
	int ret = rpc_outbox_send(&s->out, s->fd);

	if (ret < 0 && ret != -EAGAIN)
		session_close(s); /* it left without waiting for us */
	session_update(s);
}

/* @line is taken; NULL means that it could not be made. */
static void
session_send(struct rpc_session *s, char *line, size_t len)
{
	if (s->fd < 0) {
		free(line);
		return;
	}
	if (line == NULL) {
		session_drop(s, "what it asked for cannot be put into JSON");
		return;
	}
	rpc_outbox_put(&s->out, line, len, NULL);
	session_flush(s);
	/* What is sent last may be long, the client had no time to read it. */
	if (s->fd >= 0 && s->out.n_bytes > RPC_BACKLOG_MAX + len)
		session_drop(s, "it does not read what it is sent");
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	session_flush(arg);
}

/* ---- calls ---- */

static struct rpc_call *
call_new(struct rpc_session *s)
{
	struct rpc_call *call = XNEW(struct rpc_call);

	call->session = s;
	call->peer = s->peer;
	call->fds = s->in.fds;
	s->in.fds.n = 0;
	TAILQ_INSERT_TAIL(&s->calls, call, link);
	s->n_calls++;
	return call;
}

/* @line is taken; ignored when nobody waits for it. */
static void
call_finish(struct rpc_call *call, char *line, size_t len)
{
	struct rpc_session *s = call->session;
	bool wanted = s != NULL && call->id != NULL;

	if (s != NULL) {
		TAILQ_REMOVE(&s->calls, call, link);
		s->n_calls--;
	}
	for (size_t i = call->n_taken; i < call->fds.n; i++)
		close(call->fds.fd[i]);
	json_decref(call->id);
	free(call);
	if (wanted) {
		session_send(s, line, len);
	} else {
		free(line);
		if (s != NULL)
			session_update(s);
	}
}

static void
call_fail(struct rpc_call *call, int code, const struct err *err)
{
	char *line = NULL;
	size_t len = 0;

	if (call->done != NULL)
		call->done(NULL, err, call->done_arg);
	if (call->id != NULL)
		line = rpc_message_error(call->id, code, err, &len);
	call_finish(call, line, len);
}

void
rpc_fail_err(struct rpc_call *call, const struct err *err)
{
	call_fail(call, RPC_FAILED, err);
}

void
rpc_fail_with(struct rpc_call *call, int code, const char *text, json_t *data)
{
	/* A character of it takes six bytes of a line at most. */
	enum { TEXT_MAX = RPC_LINE_MAX / 8 };
	char *cut = xasprintf("%.*s", TEXT_MAX, text);
	char *line = NULL;
	size_t len = 0;
	struct err err;

	if (call->done != NULL) {
		err_set(&err, -EIO, "%s", cut);
		call->done(NULL, &err, call->done_arg);
	}
	if (call->id == NULL)
		json_decref(data);
	else
		line = rpc_message_error_with(call->id, code, cut, data, &len);
	call_finish(call, line, len);
	free(cut);
}

void
rpc_fail(struct rpc_call *call, int code, const char *text)
{
	struct err err;

	err_set(&err, code, "%s", text);
	rpc_fail_err(call, &err);
}

void
rpc_reply(struct rpc_call *call, json_t *result)
{
	char *line = NULL;
	size_t len = 0;
	struct err err;

	if (result == NULL)
		result = json_null();
	if (call->done != NULL)
		call->done(result, NULL, call->done_arg);
	if (call->id == NULL || call->session == NULL)
		json_decref(result);
	else
		line = rpc_message_result(call->id, result, &len);
	if (len <= RPC_LINE_MAX + 1) {
		call_finish(call, line, len);
		return;
	}
	free(line);
	err_set(&err, -EMSGSIZE,
		"the result takes %zu bytes and a line holds %d: ask for less",
		len, RPC_LINE_MAX);
	rpc_fail_err(call, &err);
}

const struct rpc_peer *
rpc_call_peer(const struct rpc_call *call)
{
	return &call->peer;
}

const json_t *
rpc_call_id(const struct rpc_call *call)
{
	return call->id;
}

int
rpc_call_take_fd(struct rpc_call *call)
{
	if (call->n_taken == call->fds.n)
		return -ENOENT;
	return call->fds.fd[call->n_taken++];
}

/* ---- dispatch ---- */

static void
subscribe(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	(void)arg;
	call->session->subscribed = true;
	rpc_reply(call, json_true());
}

static const struct rpc_method builtin[] = {
	{ .name = "rpc.subscribe",
	  .params = "",
	  .summary = "from now on send events, too",
	  .fn = subscribe },
	{ .name = NULL },
};

/* Run @method, or say with which of JSON-RPC's codes it is refused. */
static int
run(struct rpc_call *call, const struct rpc_method *method, const char *name,
    const json_t *params, void *arg, struct err *err)
{
	if (method == NULL) {
		err_set(err, -ENOSYS,
			"no method \"%.64s\"; rpc.methods lists them", name);
		return RPC_METHOD_NOT_FOUND;
	}
	if (json_check(params, method->params, err) < 0) {
		err_prefix(err, "%s", method->name);
		return RPC_INVALID_PARAMS;
	}
	method->fn(call, params, arg);
	return 0;
}

static int
run_request(struct rpc_session *s, struct rpc_call *call,
	    const struct rpc_request *req, struct err *err)
{
	void *arg = NULL;
	const struct rpc_method *method =
	    rpc_find_in_table(builtin, req->method);

	if (method == NULL)
		method = s->find(req->method, &arg, s->find_arg);
	return run(call, method, req->method, req->params, arg, err);
}

void
rpc_call_local(rpc_find_fn *find, void *find_arg, const char *method,
	       json_t *params, int fd, rpc_done_fn *done, void *done_arg)
{
	struct rpc_call *call = XNEW(struct rpc_call);
	const struct rpc_method *row;
	struct err err = ERR_INIT;
	void *arg = NULL;
	int code;

	call->peer = (struct rpc_peer){ .pid = getpid(),
					.uid = geteuid(),
					.gid = getegid() };
	call->done = done;
	call->done_arg = done_arg;
	if (fd >= 0) {
		call->fds.fd[0] = fd;
		call->fds.n = 1;
	}
	row = find(method, &arg, find_arg); /* sets arg before it is used */
	code = run(call, row, method, params, arg, &err);
	if (code != 0)
		call_fail(call, code, &err);
	json_decref(params);
}

/* Serve the line in the client's inbox. */
static void
session_serve(struct rpc_session *s)
{
	bool fds_lost = s->in.fds_lost;
	struct rpc_call *call = call_new(s);
	struct err err = ERR_INIT;
	struct rpc_request req;
	int code = rpc_request_parse(&req, s->in.line, s->in.len, &err);

	/* Who sends nonsense is told, although there may be no id. */
	call->id = json_incref(req.id);
	if (code != 0 && call->id == NULL)
		call->id = json_null();
	if (code == 0 && fds_lost) {
		err_set(&err, -EMFILE,
			"%s: more than %d descriptors with one request",
			req.method, RPC_FDS_MAX);
		code = RPC_INVALID_REQUEST;
	} else if (code == 0 && s->n_calls > RPC_CALLS_MAX) {
		err_set(&err, -EBUSY,
			"%s: %d earlier calls of this client are unfinished",
			req.method, RPC_CALLS_MAX);
		code = RPC_FAILED;
	}
	if (code == 0)
		code = run_request(s, call, &req, &err);
	if (code != 0)
		call_fail(call, code, &err);
	rpc_request_fini(&req);
}

/* Has the peer closed both directions, so that no reply can reach it? */
static bool
peer_is_gone(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP) != 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_session *s = arg;
	int ret = 0;

	(void)what;
	for (int n = 0; n < LINES_PER_TURN; n++) {
		if (s->fd < 0 || !wants_requests(s))
			break;
		ret = rpc_inbox_read(&s->in, fd);
		if (ret <= 0)
			break;
		session_serve(s);
		rpc_inbox_clear(&s->in);
	}
	if (ret == -ENODATA && !peer_is_gone(fd))
		s->ended = true;
	else if (ret == -ENODATA || ret == -ECONNRESET)
		session_close(s);
	else if (ret == -EMSGSIZE)
		session_drop(s, "its request is too long for a line");
	else if (ret == -EMFILE)
		session_drop(s, "its descriptors could not be received");
	else if (ret < 0)
		session_drop(s, strerror(-ret));
	session_update(s);
}

/* ---- the beginning ---- */

struct rpc_session *
rpc_session_new(struct event_base *base, int fd, const struct rpc_peer *peer,
		rpc_find_fn *find, void *find_arg, rpc_session_over_fn *over,
		void *arg)
{
	struct rpc_session *s = XNEW(struct rpc_session);

	s->peer = *peer;
	s->fd = fd;
	s->find = find;
	s->find_arg = find_arg;
	s->over = over;
	s->arg = arg;
	TAILQ_INIT(&s->calls);
	rpc_outbox_init(&s->out);
	s->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable =
	    event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, s);
	s->reaper = evtimer_new(base, on_reap, s);
	if (s->readable == NULL || s->writable == NULL || s->reaper == NULL ||
	    event_add(s->readable, NULL) < 0) {
		rpc_session_free(s);
		return NULL;
	}
	return s;
}

uint64_t
rpc_session_client(const struct rpc_session *s)
{
	return s->peer.client;
}

bool
rpc_session_is_subscribed(const struct rpc_session *s)
{
	return s->subscribed && s->fd >= 0;
}

void
rpc_session_notify(struct rpc_session *s, const char *line, size_t len)
{
	char *copy;

	if (!s->subscribed)
		return;
	copy = malloc(len);
	if (copy != NULL)
		memcpy(copy, line, len);
	session_send(s, copy, len);
}

void
rpc_session_free(struct rpc_session *s)
{
	session_close(s);
	rpc_inbox_clear(&s->in);
	free(s->in.line);
	if (s->readable != NULL)
		event_free(s->readable);
	if (s->writable != NULL)
		event_free(s->writable);
	if (s->reaper != NULL)
		event_free(s->reaper);
	free(s);
}
