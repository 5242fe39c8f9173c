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

enum {
	LAST_LINE_SIZE = 512,
	STDERR_LINE_MAX = 4096,
	END_MS = 1000, /* to end when it has closed its control connection */
};

struct switch_child {
	struct event_base *base;     /* borrowed */
	struct clock *clock;	     /* borrowed */
	struct process *process;     /* owned */
	struct rpc_conn *conn;	     /* owned; NULL: not connected */
	struct evbuffer *stderr_buf; /* owned; an unfinished line */
	struct event *ready;	     /* owned */
	struct timer *patience;	     /* owned; until it is up, or has ended */
	int ready_fd;		     /* owned; -1 */
	char *control;		     /* owned; the socket's path */
	bool up;
	bool ended;
	bool stopping;
	struct process_status status; /* how it ended */
	char last_line[LAST_LINE_SIZE];
	char why[256]; /* it cannot be used; "": it can */
	const struct switch_child_events *events;
	void *arg; /* borrowed */
};

/* ---- what it says ---- */

static void
tell_line(struct switch_child *child, const char *line)
{
	snprintf(child->last_line, sizeof(child->last_line), "%s", line);
	child->events->line(line, child->arg);
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

/* ---- coming up ---- */

/* It will not do: it is ended, and .ended tells why. */
static void
give_up(struct switch_child *child, const char *why)
{
	if (child->why[0] == '\0')
		snprintf(child->why, sizeof(child->why), "%s", why);
	process_stop(child->process, SWITCH_STOP_MS);
}

static void
on_closed(void *arg)
{
	struct switch_child *child = arg;

	rpc_conn_free(child->conn);
	child->conn = NULL;
	/* Most likely it is ending, and how says more. */
	if (!child->stopping)
		timer_set_in(child->patience, END_MS * NS_PER_MS);
}

static void
on_notify(const char *event, const json_t *data, void *arg)
{
	struct switch_child *child = arg;

	child->events->event(event, data, child->arg);
}

static void
connect_control(struct switch_child *child)
{
	struct err err = ERR_INIT;
	int fd = sockpath_connect(child->control, SOCK_STREAM, &err);

	if (fd >= 0)
		child->conn = rpc_conn_new(
		    child->base, fd,
		    child->events->event != NULL ? on_notify : NULL, on_closed,
		    child);
	if (child->conn == NULL) {
		give_up(child, fd >= 0 ? "out of memory" : err.text);
		return;
	}
	child->up = true;
	if (child->events->event != NULL)
		rpc_conn_call(child->conn, "rpc.subscribe", NULL, NULL, 0, NULL,
			      NULL);
	child->events->up(child->arg);
}

/* It writes a byte when it is up, or closes its end by ending. */
static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct switch_child *child = arg;
	char c;
	bool up;

	(void)what;
	up = read(fd, &c, 1) == 1;
	event_del(child->ready);
	if (!up)
		return; /* the exit follows */
	timer_cancel(child->patience);
	if (!child->stopping)
		connect_control(child);
}

static void
on_impatient(void *arg)
{
	struct switch_child *child = arg;
	char why[64];

	snprintf(why, sizeof(why), "it was not ready within %d s",
		 SWITCH_START_MS / 1000);
	give_up(child, child->up ? "it closed its control connection" : why);
}

/* ---- the end ---- */

static void
on_exit_of_switch(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct switch_child *child = arg;
	bool explain = !child->up && child->last_line[0] != '\0';
	char how[128], why[sizeof(child->why) + LAST_LINE_SIZE + 2];

	(void)p;
	child->status = *status;
	child->ended = true;
	timer_cancel(child->patience);
	process_status_text(status, how, sizeof(how));
	snprintf(why, sizeof(why), "%s%s%s",
		 child->why[0] != '\0' ? child->why : how, explain ? ": " : "",
		 explain ? child->last_line : "");
	rpc_conn_free(child->conn);
	child->conn = NULL;
	if (!child->stopping)
		child->events->ended(why, child->arg);
}

/* ---- life ---- */

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

	/* Frames come to the plugins in this order. */
	const char *argv[] = { program,	  "--dir",	switch_dir, "--plugin",
			       "link",	  "--plugin",	"netem",    "--plugin",
			       "capture", "--ready-fd", ready,	    NULL };
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

void
switch_child_free(struct switch_child *child)
{
	if (child == NULL)
		return;
	rpc_conn_free(child->conn);
	process_free(child->process);
	timer_free(child->patience);
	if (child->ready != NULL)
		event_free(child->ready);
	if (child->ready_fd >= 0)
		close(child->ready_fd);
	if (child->stderr_buf != NULL)
		evbuffer_free(child->stderr_buf);
	free(child->control);
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
	timer_set_in(child->patience, SWITCH_START_MS * NS_PER_MS);
	return 0;
}

struct switch_child *
switch_child_new(struct event_base *base, struct clock *clock, const char *dir,
		 const struct switch_child_events *events, void *arg,
		 struct err *err)
{
	struct switch_child *child = XNEW(struct switch_child);

	child->base = base;
	child->clock = clock;
	child->ready_fd = -1;
	child->events = events;
	child->arg = arg;
	child->control = xasprintf("%s/switch/control", dir);
	child->patience = timer_new(clock, on_impatient, child);
	child->stderr_buf = evbuffer_new();
	if (child->stderr_buf == NULL)
		err_set(err, -ENOMEM, "out of memory");
	else if (start(child, dir, err) == 0)
		return child;
	switch_child_free(child);
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
	err_set(&err, -ENOTCONN, "%s: the switch is not up", method);
	if (done != NULL)
		done(NULL, &err, arg);
}

bool
switch_child_is_lost(const struct switch_child *child)
{
	return child->conn == NULL || rpc_conn_is_lost(child->conn);
}

int
switch_child_stop(struct switch_child *child, struct err *err)
{
	char how[128] = "it does not end";
	int ret = 0;

	if (child == NULL)
		return 0;
	child->stopping = true;
	if (!child->ended) {
		process_stop(child->process, SWITCH_STOP_MS);
		loop_until(child->base, child->clock, &child->ended,
			   SWITCH_STOP_MS + 2000);
	}
	if (child->ended)
		process_status_text(&child->status, how, sizeof(how));
	if (!child->ended || child->status.signaled || child->status.code != 0)
		ret = err_set(err, -ECHILD, "the switch ended badly: %s", how);
	switch_child_free(child);
	return ret;
}
