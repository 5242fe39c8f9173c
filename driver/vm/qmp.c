#include "config.h"

#include "driver/vm/qmp.h"

#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	QMP_LINE_MAX = 1024 * 1024,
	QMP_IN_FLIGHT_MAX = 8, /* QEMU's own queue; more would wait there */
};

/* A command that has not been answered. */
struct command {
	TAILQ_ENTRY(command) entry;
	json_int_t id;
	char *line;	   /* owned; NULL once it has been sent */
	int fd;		   /* goes with it; owned; -1: none */
	qmp_done_fn *done; /* or NULL */
	void *arg;	   /* borrowed */
};

struct qmp {
	struct bufferevent *bev;	/* owned; closes the socket */
	struct event *reaper;		/* owned; tells the end from the loop */
	TAILQ_HEAD(, command) commands; /* in order; the sent ones first */
	json_int_t last_id;
	size_t n_in_flight;
	bool greeted; /* it has said who it is */
	bool ready;   /* it has left negotiation mode: commands may go */
	bool closing; /* one-way */
	const char *why;
	qmp_event_fn *event;
	qmp_closed_fn *closed;
	void *arg; /* borrowed */
};

static void
qmp_close(struct qmp *qmp, const char *why)
{
	if (qmp->closing)
		return;
	qmp->closing = true;
	qmp->why = why;
	bufferevent_disable(qmp->bev, EV_READ | EV_WRITE);
	event_active(qmp->reaper, EV_TIMEOUT, 0);
}

/* ---- commands ---- */

static void
send_line(struct qmp *qmp, const char *line)
{
	if (bufferevent_write(qmp->bev, line, strlen(line)) < 0)
		qmp_close(qmp, "out of memory");
}

static void
command_free(struct command *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->line);
	free(c);
}

/* A descriptor goes with its line's first octet, so nothing may be waiting
 * before it.  Return: false when it has to wait. */
static bool
send_with_fd(struct qmp *qmp, struct command *c)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS,
				  .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { .iov_base = c->line, .iov_len = strlen(c->line) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control.space) };
	ssize_t n;

	if (evbuffer_get_length(bufferevent_get_output(qmp->bev)) > 0)
		return false;
	memcpy(CMSG_DATA(&control.header), &c->fd, sizeof(c->fd));
	n = sendmsg(bufferevent_getfd(qmp->bev), &msg,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n <= 0)
		qmp_close(qmp, "QEMU takes no descriptor");
	else if ((size_t)n < iov.iov_len)
		send_line(qmp, c->line + n);
	close(c->fd);
	c->fd = -1;
	return true;
}

/* Sends what may be sent now. */
static void
pump(struct qmp *qmp)
{
	struct command *c;

	if (!qmp->ready || qmp->closing)
		return;
	TAILQ_FOREACH (c, &qmp->commands, entry) {
		if (c->line == NULL)
			continue;
		if (qmp->n_in_flight == QMP_IN_FLIGHT_MAX)
			return;
		if (c->fd < 0)
			send_line(qmp, c->line);
		else if (!send_with_fd(qmp, c))
			return; /* on_written() goes on */
		free(c->line);
		c->line = NULL;
		qmp->n_in_flight++;
	}
}

static void
finish(struct qmp *qmp, struct command *c, const json_t *result,
       const struct err *err)
{
	TAILQ_REMOVE(&qmp->commands, c, entry);
	if (c->line == NULL && qmp->n_in_flight > 0)
		qmp->n_in_flight--;
	if (c->done != NULL)
		c->done(result, err, c->arg);
	command_free(c);
}

void
qmp_command(struct qmp *qmp, const char *command, json_t *arguments,
	    qmp_done_fn *done, void *arg)
{
	qmp_command_fd(qmp, command, arguments, -1, done, arg);
}

void
qmp_command_fd(struct qmp *qmp, const char *command, json_t *arguments, int fd,
	       qmp_done_fn *done, void *arg)
{
	struct command *c;
	json_t *request;
	char *text;

	if (qmp->closing) {
		struct err err = ERR_INIT;

		json_decref(arguments);
		err_set(&err, -ECONNRESET, "%s", qmp->why);
		if (done != NULL)
			done(NULL, &err, arg);
		return;
	}
	c = XNEW(struct command);
	c->id = ++qmp->last_id;
	c->fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	c->done = done;
	c->arg = arg;
	request = json_pack("{s:s, s:I}", "execute", command, "id", c->id);
	if (arguments != NULL)
		json_object_set_new(request, "arguments", arguments);
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	/* JSON escapes what could end the line early. */
	c->line = xasprintf("%s\r\n", text != NULL ? text : "{}");
	free(text);
	TAILQ_INSERT_TAIL(&qmp->commands, c, entry);
	pump(qmp);
}

/* ---- what QEMU says ---- */

static void
on_reply(struct qmp *qmp, const json_t *message, json_int_t id)
{
	const json_t *result = json_object_get(message, "return");
	const json_t *error = json_object_get(message, "error");
	const char *desc = json_string_value(json_object_get(error, "desc"));
	struct err err = ERR_INIT;
	struct command *c;

	TAILQ_FOREACH (c, &qmp->commands, entry)
		if (c->id == id && c->line == NULL)
			break;
	if (c == NULL)
		return; /* an answer to nothing we asked */
	if (result == NULL)
		err_set(&err, -EIO, "QEMU says: %s",
			desc != NULL ? desc : "an error without a text");
	finish(qmp, c, result, result == NULL ? &err : NULL);
	pump(qmp);
}

/* The first thing it says; then we end negotiation mode.  The answer has no
 * id and is the only one without. */
static void
on_greeting(struct qmp *qmp, const json_t *message)
{
	if (!json_is_object(json_object_get(message, "QMP"))) {
		qmp_close(qmp, "what answered is no QMP server");
		return;
	}
	qmp->greeted = true;
	send_line(qmp, "{\"execute\":\"qmp_capabilities\"}\r\n");
}

static void
on_message(struct qmp *qmp, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const char *event =
	    json_string_value(json_object_get(message, "event"));

	if (!json_is_object(message)) {
		qmp_close(qmp, "QEMU sent what is no QMP message");
	} else if (!qmp->greeted) {
		on_greeting(qmp, message);
	} else if (event != NULL) {
		qmp->event(event, json_object_get(message, "data"), qmp->arg);
	} else if (json_is_integer(id)) {
		on_reply(qmp, message, json_integer_value(id));
	} else if (!qmp->ready && json_object_get(message, "return") != NULL) {
		qmp->ready = true;
		pump(qmp);
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct qmp *qmp = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len;
	char *line;

	while (!qmp->closing &&
	       (line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF)) != NULL) {
		json_t *message;

		if (len > 0 && line[len - 1] == '\r')
			len--;
		message = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
		if (message != NULL)
			on_message(qmp, message);
		else if (len > 0)
			qmp_close(qmp, "QEMU sent what is not JSON");
		json_decref(message);
		free(line);
	}
	if (evbuffer_get_length(in) > QMP_LINE_MAX)
		qmp_close(qmp, "QEMU sent a line without end");
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	pump(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		qmp_close(arg, "QEMU closed the connection");
}

static void
fail_commands(struct qmp *qmp, const char *why)
{
	struct err err = ERR_INIT;

	err_set(&err, -ECONNRESET, "%s", why);
	while (!TAILQ_EMPTY(&qmp->commands))
		finish(qmp, TAILQ_FIRST(&qmp->commands), NULL, &err);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct qmp *qmp = arg;

	(void)fd;
	(void)what;
	fail_commands(qmp, qmp->why);
	qmp->closed(qmp->why, qmp->arg);
}

void
qmp_end(struct qmp *qmp, const char *why)
{
	if (qmp == NULL)
		return;
	qmp->closing = true;
	qmp->why = "QEMU has ended";
	bufferevent_disable(qmp->bev, EV_READ | EV_WRITE);
	event_del(qmp->reaper);
	fail_commands(qmp, why);
}

/* ---- life ---- */

struct qmp *
qmp_new(struct event_base *base, int fd, qmp_event_fn *event,
	qmp_closed_fn *closed, void *arg)
{
	struct qmp *qmp = XNEW(struct qmp);

	TAILQ_INIT(&qmp->commands);
	qmp->event = event;
	qmp->closed = closed;
	qmp->arg = arg;
	evutil_make_socket_nonblocking(fd);
	qmp->reaper = event_new(base, -1, 0, on_reap, qmp);
	qmp->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (qmp->reaper == NULL || qmp->bev == NULL)
		abort(); /* out of memory */
	bufferevent_setcb(qmp->bev, on_read, on_written, on_event, qmp);
	bufferevent_enable(qmp->bev, EV_READ | EV_WRITE);
	return qmp;
}

void
qmp_free(struct qmp *qmp)
{
	if (qmp == NULL)
		return;
	while (!TAILQ_EMPTY(&qmp->commands)) {
		struct command *c = TAILQ_FIRST(&qmp->commands);

		TAILQ_REMOVE(&qmp->commands, c, entry);
		command_free(c);
	}
	event_free(qmp->reaper);
	bufferevent_free(qmp->bev);
	free(qmp);
}
