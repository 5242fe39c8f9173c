#include "config.h"

#include "driver/prompt/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/report/look.h"
#include "driver/report/terminal.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { LATER_MAX = 1000 }; /* events that wait to be printed */

struct session {
	struct event_base *base; /* borrowed */
	struct clock *clock;
	struct rpc_conn *conn;
	struct terminal *terminal;
	struct event *on_interrupt;
	struct event *on_input; /* NULL: stdin can always be read */
	session_hide_fn *hide;
	void *hide_arg;	   /* borrowed */
	json_t *later;	   /* events; owned */
	struct call *held; /* not waited for while the run stands still */
	bool verbose;
	bool quiet;  /* events are printed later */
	bool paused; /* since the wait for a call began */
	bool over;
	bool interrupted;
	bool readable;
	bool printed; /* since the wait for input began */
};

struct call {
	struct call *next; /* of those that are held */
	struct session *session;
	json_int_t id;
	bool done;
	json_t *result; /* owned; NULL: it failed */
	char *error;	/* then; owned */
	bool abandoned; /* nobody waits: freed when it is done */
};

/* ---- what happens in the run ---- */

/* Does terminal_show() print such an event at all? */
static bool
is_printed(const struct session *s, const char *type)
{
	static const char *const quiet[] = { "serial",	      "output",
					     "qmp",	      "machine.started",
					     "machine.ready", "machine.ended",
					     "step.begin" };

	if (s->verbose)
		return true;
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (strcmp(quiet[i], type) == 0)
			return false;
	return true;
}

static void
show(struct session *s, const json_t *event)
{
	if (is_printed(s, json_str_or(event, "type", "")))
		s->printed = true;
	terminal_show(s->terminal, event);
}

static void
on_notify(const char *method, const json_t *params, void *arg)
{
	struct session *s = arg;

	if (strcmp(method, "run.event") != 0)
		return;
	if (strcmp(json_str_or(params, "type", ""), "run.paused") == 0)
		s->paused = true;
	if (s->quiet || json_array_size(s->later) > 0 ||
	    (is_printed(s, json_str_or(params, "type", "")) &&
	     s->hide != NULL && !s->hide(s->hide_arg))) {
		if (json_array_size(s->later) < LATER_MAX)
			json_array_append(s->later, (json_t *)params);
		return;
	}
	show(s, params);
}

void
session_on_hide(struct session *s, session_hide_fn *hide, void *arg)
{
	s->hide = hide;
	s->hide_arg = arg;
}

void
session_flush(struct session *s)
{
	json_t *event;
	size_t i;

	json_array_foreach(s->later, i, event) show(s, event);
	json_array_clear(s->later);
}

static void
on_closed(void *arg)
{
	struct session *s = arg;

	s->over = true;
}

static void
on_interrupt(evutil_socket_t signo, short what, void *arg)
{
	struct session *s = arg;

	(void)signo;
	(void)what;
	s->interrupted = true;
}

static void
on_input(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	s->readable = true;
}

/* ---- life ---- */

static int
setup_events(struct session *s, struct err *err)
{
	s->on_interrupt = evsignal_new(s->base, SIGINT, on_interrupt, s);
	if (s->on_interrupt == NULL || event_add(s->on_interrupt, NULL) < 0)
		return err_set(err, -ENOMEM, "cannot watch signals");
	s->on_input = event_new(s->base, STDIN_FILENO, EV_READ, on_input, s);
	/* A file is not watched: there is always something to read in it. */
	if (s->on_input != NULL && event_add(s->on_input, NULL) < 0) {
		event_free(s->on_input);
		s->on_input = NULL;
	} else if (s->on_input != NULL) {
		event_del(s->on_input);
	}
	return 0;
}

struct session *
session_new(struct event_base *base, const char *socket,
	    const struct look *look, struct err *err)
{
	int fd = sockpath_connect(socket, SOCK_STREAM, err);
	struct look lines = *look;
	struct session *s;

	if (fd < 0)
		return NULL;
	s = XNEW(struct session);
	s->base = base;
	s->verbose = look->verbose;
	s->later = json_array();
	lines.compact = false; /* who asks for a step wants to see it */
	s->clock = clock_real_new(base);
	s->terminal = terminal_new(NULL, &lines);
	s->conn = rpc_conn_new(base, fd, on_notify, on_closed, s);
	if (s->conn == NULL)
		err_set(err, -ENOMEM, "%s: cannot be watched", socket);
	if (s->conn == NULL || setup_events(s, err) < 0) {
		session_free(s);
		return NULL;
	}
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	rpc_conn_free(s->conn);
	while (s->held != NULL) {
		struct call *call = s->held;

		s->held = call->next;
		json_decref(call->result);
		free(call->error);
		free(call);
	}
	if (s->on_interrupt != NULL)
		event_free(s->on_interrupt);
	if (s->on_input != NULL)
		event_free(s->on_input);
	terminal_free(s->terminal);
	clock_free(s->clock);
	json_decref(s->later);
	free(s);
}

/* ---- calls ---- */

static void
on_done(const json_t *result, const struct err *err, void *arg)
{
	struct call *call = arg;
	const json_t *error;

	if (call->abandoned) {
		free(call);
		return;
	}
	call->done = true;
	if (result != NULL) {
		call->result = json_incref((json_t *)result);
		return;
	}
	error = rpc_conn_error(call->session->conn);
	call->error = xstrdup(json_str_or(error, "message", err->text));
}

static void
cancel(struct session *s, json_int_t id)
{
	s->interrupted = false;
	rpc_conn_call(s->conn, "call.cancel", json_pack("{s:I}", "id", id),
		      NULL, 0, NULL, NULL);
}

/* Run the loop until @call is done, or is not to be waited for. */
static int
await_call(struct session *s, struct call *call, json_t **result, char **error)
{
	int n_interrupts = 0;
	int ret;

	s->paused = false;
	while (!call->done && n_interrupts < 2 && !s->paused &&
	       event_base_loop(s->base, EVLOOP_ONCE) == 0) {
		if (!s->interrupted || call->done)
			continue;
		n_interrupts++;
		cancel(s, call->id);
	}
	if (!call->done && s->paused) {
		call->next = s->held;
		s->held = call;
		return -EINPROGRESS;
	}
	if (!call->done) {
		call->abandoned = true;
		*error = xstrdup("not waited for any more");
		return -EIO;
	}
	*result = call->result;
	*error = call->error;
	ret = call->result != NULL	  ? 0
	      : rpc_conn_is_lost(s->conn) ? -ECONNRESET
					  : -EIO;
	free(call);
	return ret;
}

int
session_call(struct session *s, const char *method, json_t *params,
	     json_t **result, char **error)
{
	return session_call_with_fd(s, method, params, -1, result, error);
}

int
session_call_with_fd(struct session *s, const char *method, json_t *params,
		     int fd, json_t **result, char **error)
{
	struct call *call = XNEW(struct call);

	*result = NULL;
	*error = NULL;
	call->session = s;
	rpc_conn_call(s->conn, method, params, &fd, fd >= 0 ? 1 : 0, on_done,
		      call);
	if (fd >= 0)
		close(fd); /* a duplicate travels */
	call->id = rpc_conn_last_id(s->conn);
	return await_call(s, call, result, error);
}

void
session_interrupt(struct session *s)
{
	s->interrupted = true;
}

void
session_quiet(struct session *s, bool quiet)
{
	s->quiet = quiet;
	if (!quiet)
		session_flush(s);
}

struct event_base *
session_base(const struct session *s)
{
	return s->base;
}

int
session_resume(struct session *s, json_t **result, char **error)
{
	struct call *call = s->held;

	*result = NULL;
	*error = NULL;
	if (call == NULL)
		return -ENOENT;
	s->held = call->next;
	return await_call(s, call, result, error);
}

/* ---- waiting ---- */

int
session_wait_input(void *arg)
{
	struct session *s = arg;

	s->printed = false;
	s->readable = s->on_input == NULL;
	if (s->on_input != NULL)
		event_add(s->on_input, NULL);
	while (!s->readable && !s->over && !s->interrupted && !s->printed &&
	       event_base_loop(s->base, EVLOOP_ONCE) == 0)
		;
	if (s->on_input != NULL)
		event_del(s->on_input);
	if (s->over)
		return 0;
	if (s->interrupted) {
		s->interrupted = false;
		return -EINTR;
	}
	return s->printed && isatty(STDIN_FILENO) ? -EAGAIN : 1;
}

static void
on_late(void *arg)
{
	*(bool *)arg = true;
}

static void
run_until(struct session *s, const bool *flag, uint64_t ms)
{
	bool late = false;
	struct timer *timer = timer_new(s->clock, on_late, &late);

	timer_set_in(timer, ms * NS_PER_MS);
	while (!late && !s->over && !*flag &&
	       event_base_loop(s->base, EVLOOP_ONCE) == 0)
		;
	timer_free(timer);
}

bool
session_sleep(struct session *s, uint64_t ms)
{
	bool interrupted;

	run_until(s, &s->interrupted, ms);
	interrupted = s->interrupted;
	s->interrupted = false;
	return !interrupted && !s->over;
}

bool
session_is_over(const struct session *s)
{
	return s->over;
}

void
session_wait_over(struct session *s, uint64_t ms)
{
	run_until(s, &s->over, ms);
}
