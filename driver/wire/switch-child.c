#include "config.h"

#include "driver/wire/switch-child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "driver/loop.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { LAST_LINE_SIZE = 512, STDERR_LINE_MAX = 4096 };

struct switch_child {
	struct event_base *base;     /* borrowed */
	struct clock *clock;	     /* borrowed */
	struct process *process;     /* owned */
	struct rpc_conn *conn;	     /* owned; NULL: not connected */
	struct evbuffer *stderr_buf; /* owned; an unfinished line */
	struct event *ready;	     /* owned; until it is up */
	int ready_fd;		     /* owned; -1 */
	bool up;		     /* it said it is ready */
	bool settled;		     /* ready, or it never will be */
	bool ended;
	bool stopping;
	struct process_status status; /* how it ended */
	char how[128];		      /* the same for people */
	char last_line[LAST_LINE_SIZE];
	switch_line_fn *on_line;
	switch_ended_fn *on_ended;
	void *arg; /* borrowed */
};

static void
tell_line(struct switch_child *child, const char *line)
{
	snprintf(child->last_line, sizeof(child->last_line), "%s", line);
	child->on_line(line, child->arg);
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct switch_child *child = arg;
	char *line;

	(void)p;
	(void)fd;
	evbuffer_add(child->stderr_buf, data, size);
	while ((line = evbuffer_readln(child->stderr_buf, NULL,
				       EVBUFFER_EOL_LF)) != NULL) {
		tell_line(child, line);
		free(line);
	}
	if (evbuffer_get_length(child->stderr_buf) > STDERR_LINE_MAX)
		evbuffer_drain(child->stderr_buf, STDERR_LINE_MAX);
}

static void
on_exit_of_switch(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct switch_child *child = arg;

	(void)p;
	child->status = *status;
	process_status_text(status, child->how, sizeof(child->how));
	child->ended = true;
	child->settled = true;
	if (!child->stopping && child->up)
		child->on_ended(child->how, child->arg);
}

/* It writes a byte when it is up, or closes its end by ending. */
static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct switch_child *child = arg;
	char c;

	(void)what;
	child->up = read(fd, &c, 1) == 1;
	if (child->up)
		child->settled = true;
	event_del(child->ready); /* else the exit follows */
}

static int
spawn(struct switch_child *child, const char *dir, struct err *err)
{
	char program[PATH_MAX], switch_dir[PATH_MAX], ready[16];
	int fds[2];
	int ret = paths_find(PATHS_BIN, "vdelab-switch", program,
			     sizeof(program), err);

	if (ret < 0)
		return ret;
	if (snprintf(switch_dir, sizeof(switch_dir), "%s/switch", dir) >=
	    (int)sizeof(switch_dir))
		return err_set(err, -ENAMETOOLONG, "%s: too long", dir);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, "pipe");
	child->ready_fd = fds[0];
	snprintf(ready, sizeof(ready), "%d", fds[1]);

	const char *argv[] = { program, "--dir",    switch_dir, "--plugin",
			       "link",	"--plugin", "capture",	"--ready-fd",
			       ready,	NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;

	spec.name = "vdelab-switch";
	spec.argv = argv;
	spec.keep_fds = &fds[1];
	spec.n_keep_fds = 1;
	/* SIGTERM: it closes its captures and removes its sockets. */
	spec.death_signal = SIGTERM;
	spec.on_output = on_output;
	spec.on_exit = on_exit_of_switch;
	spec.arg = child;
	child->process = process_spawn(child->base, child->clock, &spec, err);
	close(fds[1]);
	return child->process != NULL ? 0 : err != NULL ? err->code : -EIO;
}

static void
on_closed(void *arg)
{
	struct switch_child *child = arg;

	rpc_conn_free(child->conn);
	child->conn = NULL;
}

static int
connect_control(struct switch_child *child, const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/switch/control", dir);
	fd = sockpath_connect(path, SOCK_STREAM, err);
	if (fd < 0)
		return fd;
	child->conn = rpc_conn_new(child->base, fd, NULL, on_closed, child);
	return child->conn != NULL ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void
child_free(struct switch_child *child)
{
	rpc_conn_free(child->conn);
	process_free(child->process);
	if (child->ready != NULL)
		event_free(child->ready);
	if (child->ready_fd >= 0)
		close(child->ready_fd);
	if (child->stderr_buf != NULL)
		evbuffer_free(child->stderr_buf);
	free(child);
}

static int
start(struct switch_child *child, const char *dir, struct err *err)
{
	int ret = spawn(child, dir, err);

	if (ret < 0)
		return ret;
	child->ready = event_new(child->base, child->ready_fd,
				 EV_READ | EV_PERSIST, on_ready, child);
	if (child->ready == NULL || event_add(child->ready, NULL) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	loop_until(child->base, child->clock, &child->settled, SWITCH_START_MS);
	if (child->ended)
		return err_set(err, -ECHILD,
			       "the switch did not start (%s)%s%s", child->how,
			       child->last_line[0] != '\0' ? ": " : "",
			       child->last_line);
	if (!child->up)
		return err_set(err, -ETIMEDOUT,
			       "the switch was not ready within %d s",
			       SWITCH_START_MS / 1000);
	return connect_control(child, dir, err);
}

struct switch_child *
switch_child_start(struct event_base *base, struct clock *clock,
		   const char *dir, switch_line_fn *on_line,
		   switch_ended_fn *on_ended, void *arg, struct err *err)
{
	struct switch_child *child = XNEW(struct switch_child);

	child->base = base;
	child->clock = clock;
	child->ready_fd = -1;
	child->on_line = on_line;
	child->on_ended = on_ended;
	child->arg = arg;
	child->stderr_buf = evbuffer_new();
	if (child->stderr_buf == NULL) {
		err_set(err, -ENOMEM, "out of memory");
	} else if (start(child, dir, err) == 0) {
		return child;
	}
	child_free(child);
	return NULL;
}

void
switch_child_call(struct switch_child *child, const char *method,
		  json_t *params, const int *fds, size_t n_fds,
		  rpc_done_fn *done, void *arg)
{
	struct err err = ERR_INIT;

	if (child->conn != NULL) {
		rpc_conn_call(child->conn, method, params, fds, n_fds, done,
			      arg);
		return;
	}
	json_decref(params);
	if (child->ended)
		err_set(&err, -ENOTCONN, "%s: the switch has ended (%s)",
			method, child->how);
	else
		err_set(&err, -ENOTCONN,
			"%s: the switch has closed its connection", method);
	if (done != NULL)
		done(NULL, &err, arg);
}

struct reply {
	bool done;
	json_t *result;
	struct err *err; /* borrowed; or NULL */
};

static void
on_reply(const json_t *result, const struct err *err, void *arg)
{
	struct reply *reply = arg;

	reply->done = true;
	if (result != NULL)
		reply->result = json_incref((json_t *)result);
	else if (reply->err != NULL)
		*reply->err = *err;
}

json_t *
switch_child_call_wait(struct switch_child *child, const char *method,
		       json_t *params, const int *fds, size_t n_fds,
		       struct err *err)
{
	struct reply reply = { .err = err };

	switch_child_call(child, method, params, fds, n_fds, on_reply, &reply);
	if (!loop_until(child->base, child->clock, &reply.done,
			SWITCH_START_MS)) {
		/* The reply may still come: nothing may be left to point at
		 * our stack. */
		rpc_conn_free(child->conn);
		child->conn = NULL;
		err_set(err, -ETIMEDOUT, "%s: the switch does not answer",
			method);
	}
	return reply.result;
}

int
switch_child_stop(struct switch_child *child, struct err *err)
{
	int ret = 0;

	if (child == NULL)
		return 0;
	child->stopping = true;
	if (!child->ended) {
		process_stop(child->process, SWITCH_STOP_MS);
		loop_until(child->base, child->clock, &child->ended,
			   SWITCH_STOP_MS + 2000);
	}
	if (!child->ended || child->status.signaled || child->status.code != 0)
		ret = err_set(err, -ECHILD, "the switch ended badly: %s",
			      child->ended ? child->how : "it does not end");
	child_free(child);
	return ret;
}
