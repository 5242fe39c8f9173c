#include "config.h"

#include "driver/coverage/child.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { N_SIGNALS = 3 };

struct child {
	struct event_base *base;
	struct process_status status;
	bool ended, late;
	int signo; /* that came to us; 0: none */
	char *said;
};

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct child *child = arg;
	size_t used = strlen(child->said);

	(void)p;
	(void)fd;
	snprintf(child->said + used, CHILD_SAID_SIZE - used, "%.*s", (int)size,
		 (const char *)data);
}

static void
on_exit_of_child(struct process *p, const struct process_status *status,
		 void *arg)
{
	struct child *child = arg;

	(void)p;
	child->status = *status;
	child->ended = true;
	event_base_loopbreak(child->base);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct child *child = arg;

	(void)what;
	child->signo = (int)signo;
	event_base_loopbreak(child->base);
}

static void
on_late(void *arg)
{
	struct child *child = arg;

	child->late = true;
	event_base_loopbreak(child->base);
}

static int
outcome(const struct child *child, const char *name, struct err *err)
{
	if (child->signo != 0)
		return err_set(err, -EINTR, "%s: interrupted by %s", name,
			       strsignal(child->signo));
	if (child->late)
		return err_set(err, -ETIMEDOUT, "%s: has not ended within %d s",
			       name, CHILD_LIMIT_S);
	if (!child->ended)
		return err_set(err, -EIO, "%s: the event loop failed", name);
	return child->status.signaled ? 128 + child->status.code
				      : child->status.code;
}

static int
run(struct child *child, const struct child_spec *spec, struct err *err)
{
	struct process_spec process = PROCESS_SPEC_INIT;
	struct event *on_signals[N_SIGNALS];
	struct clock *clock = clock_real_new(child->base);
	struct timer *timer = timer_new(clock, on_late, child);
	struct process *p;
	int ret = -ENOENT;

	for (int i = 0; i < N_SIGNALS; i++) {
		on_signals[i] =
		    evsignal_new(child->base, signals[i], on_signal, child);
		event_add(on_signals[i], NULL);
	}
	process.argv = spec->argv;
	process.cwd = spec->cwd;
	process.stdin_fd = spec->stdin_fd;
	process.stdout_fd = spec->stdout_fd;
	process.kills_group = true;
	process.on_output = on_output;
	process.on_exit = on_exit_of_child;
	process.arg = child;
	timer_set_in(timer, CHILD_LIMIT_S * NS_PER_S);
	p = process_spawn(child->base, clock, &process, err);
	if (p != NULL) {
		while (!child->ended && !child->late && child->signo == 0 &&
		       event_base_loop(child->base, EVLOOP_ONCE) == 0)
			;
		ret = outcome(child, spec->argv[0], err);
	} else if (err != NULL) {
		ret = err->code;
	}
	process_free(p);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(on_signals[i]);
	timer_free(timer);
	clock_free(clock);
	return ret;
}

int
child_run(const struct child_spec *spec, char *said, struct err *err)
{
	struct child child = { .said = said };
	sigset_t wanted, before;
	int ret;

	said[0] = '\0';
	child.base = event_base_new();
	if (child.base == NULL)
		return err_set(err, -ENOMEM, "cannot make an event loop");
	/* After a run they are blocked, so that none makes its end another. */
	sigemptyset(&wanted);
	for (int i = 0; i < N_SIGNALS; i++)
		sigaddset(&wanted, signals[i]);
	sigprocmask(SIG_UNBLOCK, &wanted, &before);
	ret = run(&child, spec, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	event_base_free(child.base);
	return ret;
}
