#include "config.h"

#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/process-fork.h"
#include "lib/xalloc.h"

enum {
	READ_SIZE = 64 * 1024, /* what a pipe holds */
	/* The last reads from a pipe that a descendant keeps filling. */
	LAST_READS = 16,
};

/* One captured stream. */
struct output {
	struct process *process;
	int child_fd;	     /* 1 or 2 */
	int fd;		     /* our end, owned; -1 when ended or not captured */
	struct event *event; /* owned; exists while fd does */
};

/* Invariant: until the child is reaped, its pid and the group of that number
 * are not given to anybody else, so both may be signalled; never after. */
struct process {
	char *name;
	pid_t pid;
	int pidfd;		  /* owned */
	struct event *exit_event; /* owned; the pidfd is readable */
	struct output outputs[2];
	struct clock *clock;	 /* borrowed */
	struct timer *eof_timer; /* owned; set between exit and end of output */
	struct timer *kill_timer; /* owned; set from process_stop() to exit */
	uint64_t kill_at_ns;	  /* of kill_timer */
	bool reaped;
	bool stopping; /* process_stop() was called */
	bool kills_group;
	struct process_status status;
	process_output_fn *on_output;
	process_exit_fn *on_exit;
	void *arg; /* borrowed */
};

/* ---- the end ---- */

/* SIGKILL to the child and to what else is in its group.  Return: 0; -errno
 * when the child cannot be killed. */
static int
kill_all(const struct process *p)
{
	kill(-p->pid, SIGKILL);
	/* The child may have left its group. */
	return pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0) == 0 ? 0 : -errno;
}

/* Take the child's status when it has ended; without WNOHANG in @flags wait
 * until it has.  Return: was it reaped? */
static bool
reap(struct process *p, int flags)
{
	siginfo_t info = { .si_pid = 0 };
	int ret;

	do
		ret = waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | flags);
	while (ret < 0 && errno == EINTR);
	if (ret < 0) {
		log_error("%s: somebody else took its exit status: %s", p->name,
			  strerror(errno));
		p->status = (struct process_status){ .code = 255 };
	} else if (info.si_pid == 0) {
		return false;
	} else {
		p->status.signaled = info.si_code != CLD_EXITED;
		p->status.code = info.si_status;
	}
	p->reaped = true;
	return true;
}

/* Tell the owner once everything is over, as the caller's last act. */
static void
finish_if_done(struct process *p)
{
	if (!p->reaped || p->outputs[0].fd >= 0 || p->outputs[1].fd >= 0)
		return;
	timer_cancel(p->eof_timer);
	if (p->on_exit != NULL)
		p->on_exit(p, &p->status, p->arg);
}

static void
on_exit_event(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	/* While a zombie keeps the group's number from being used again. */
	if (p->stopping || p->kills_group)
		kill(-p->pid, SIGKILL);
	if (!reap(p, WNOHANG))
		return;
	event_del(p->exit_event);
	timer_cancel(p->kill_timer);
	timer_set_in(p->eof_timer, PROCESS_EOF_GRACE_MS * NS_PER_MS);
	finish_if_done(p);
}

static void
on_kill_timer(void *arg)
{
	struct process *p = arg;
	int ret = kill_all(p);

	if (ret < 0)
		log_error("%s: cannot kill it: %s", p->name, strerror(-ret));
}

/* ---- output ---- */

static void
output_close(struct output *o)
{
	if (o->event != NULL)
		event_free(o->event);
	if (o->fd >= 0)
		close(o->fd);
	o->event = NULL;
	o->fd = -1;
}

/* Hand over what is there, READ_SIZE bytes at most.  Return: may there be
 * more at once? */
static bool
output_read(struct output *o)
{
	struct process *p = o->process;
	char data[READ_SIZE];
	ssize_t n = read(o->fd, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		output_close(o);
		return false;
	}
	p->on_output(p, o->child_fd, data, (size_t)n, p->arg);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct output *o = arg;

	(void)fd;
	(void)what;
	output_read(o);
	finish_if_done(o->process);
}

/* A descendant keeps the output open.  What the child itself wrote is in the
 * pipe by now, and nobody may have looked there for long. */
static void
on_eof_timer(void *arg)
{
	struct process *p = arg;

	for (size_t i = 0; i < 2; i++) {
		struct output *o = &p->outputs[i];

		for (int n = 0; o->fd >= 0 && n < LAST_READS; n++) {
			if (!output_read(o))
				break;
		}
		output_close(o);
	}
	finish_if_done(p);
}

/* ---- the beginning ---- */

/* What the child gets as 0-2, and which of these are ours to close. */
struct stdio {
	int fds[3];
	bool owned[3];
};

static void
stdio_close(struct stdio *io)
{
	for (int i = 0; i < 3; i++) {
		if (io->owned[i])
			close(io->fds[i]);
	}
}

static int
stdio_capture(struct stdio *io, int i, struct output *o)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	o->fd = fds[0];
	io->fds[i] = fds[1];
	io->owned[i] = true;
	return 0;
}

static int
stdio_null(struct stdio *io, int i)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	io->fds[i] = fd;
	io->owned[i] = true;
	return 0;
}

/* On failure too, @io is to be closed. */
static int
stdio_open(struct stdio *io, const struct process_spec *spec, struct process *p,
	   struct err *err)
{
	const int wanted[3] = {
		spec->stdin_fd,
		spec->stdout_fd,
		spec->stderr_fd == -2 ? STDERR_FILENO : spec->stderr_fd,
	};

	for (int i = 0; i < 3; i++) {
		int ret = 0;

		if (wanted[i] >= 0)
			io->fds[i] = wanted[i];
		else if (i > 0 && spec->on_output != NULL)
			ret = stdio_capture(io, i, &p->outputs[i - 1]);
		else
			ret = stdio_null(io, i);
		if (ret < 0)
			return err_set(err, ret, "%s: cannot open its %s: %s",
				       p->name, i == 0 ? "input" : "output",
				       strerror(-ret));
	}
	return 0;
}

static struct process *
process_new(const struct process_spec *spec, struct clock *clock)
{
	struct process *p = XNEW(struct process);

	p->name = xstrdup(spec->name != NULL ? spec->name : spec->argv[0]);
	p->pidfd = -1;
	p->reaped = true; /* there is none to reap yet */
	p->clock = clock;
	p->eof_timer = timer_new(clock, on_eof_timer, p);
	p->kill_timer = timer_new(clock, on_kill_timer, p);
	p->kills_group = spec->kills_group;
	p->on_output = spec->on_output;
	p->on_exit = spec->on_exit;
	p->arg = spec->arg;
	for (int i = 0; i < 2; i++)
		p->outputs[i] = (struct output){ .process = p,
						 .child_fd = i + 1,
						 .fd = -1 };
	return p;
}

/* Take charge of child @pid.  Return: 0; -errno, the child is dead then. */
static int
adopt(struct process *p, pid_t pid, struct err *err)
{
	siginfo_t info;
	int ret;

	p->pid = pid;
	p->pidfd = pidfd_open(pid, 0);
	if (p->pidfd >= 0) {
		p->reaped = false;
		return 0;
	}
	ret = err_errno(err, "%s: cannot watch it", p->name);
	kill(-pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	return ret;
}

static struct event *
watch(struct event_base *base, int fd, event_callback_fn fn, void *arg)
{
	struct event *event =
	    event_new(base, fd, EV_READ | EV_PERSIST, fn, arg);

	if (event != NULL && event_add(event, NULL) < 0) {
		event_free(event);
		event = NULL;
	}
	return event;
}

static int
watch_all(struct process *p, struct event_base *base, struct err *err)
{
	bool complete;

	p->exit_event = watch(base, p->pidfd, on_exit_event, p);
	complete = p->exit_event != NULL;
	for (int i = 0; i < 2; i++) {
		struct output *o = &p->outputs[i];

		if (o->fd < 0)
			continue;
		o->event = watch(base, o->fd, on_readable, o);
		complete = complete && o->event != NULL;
	}
	if (!complete)
		return err_set(err, -ENOMEM,
			       "%s: the event loop cannot watch it", p->name);
	return 0;
}

struct process *
process_spawn(struct event_base *base, struct clock *clock,
	      const struct process_spec *spec, struct err *err)
{
	struct process *p = process_new(spec, clock);
	struct stdio io = { .owned = { false } };
	pid_t pid;
	int ret = stdio_open(&io, spec, p, err);

	if (ret == 0) {
		pid = process_fork(spec, p->name, io.fds, err);
		ret = pid < 0 ? (int)pid : adopt(p, pid, err);
	}
	stdio_close(&io); /* else the output would not end with the child */
	if (ret == 0)
		ret = watch_all(p, base, err);
	if (ret < 0) {
		process_free(p);
		return NULL;
	}
	return p;
}

/* ---- the rest of the interface ---- */

pid_t
process_pid(const struct process *p)
{
	return p->pid;
}

const char *
process_name(const struct process *p)
{
	return p->name;
}

bool
process_running(const struct process *p)
{
	return !p->reaped;
}

int
process_signal(struct process *p, int signo)
{
	if (p->reaped)
		return -ESRCH;
	return pidfd_send_signal(p->pidfd, signo, NULL, 0) == 0 ? 0 : -errno;
}

void
process_stop(struct process *p, uint32_t grace_ms)
{
	uint64_t kill_at_ns = clock_now_ns(p->clock) + grace_ms * NS_PER_MS;

	if (p->reaped)
		return;
	if (!p->stopping)
		process_signal(p, SIGTERM);
	if (!p->stopping || kill_at_ns < p->kill_at_ns) {
		p->kill_at_ns = kill_at_ns;
		timer_set(p->kill_timer, kill_at_ns);
	}
	p->stopping = true;
}

bool
process_wait(const struct process *p, uint32_t timeout_ms)
{
	struct pollfd pfd = { .fd = p->pidfd, .events = POLLIN };

	return p->reaped || poll(&pfd, 1, (int)timeout_ms) > 0;
}

void
process_free(struct process *p)
{
	if (p == NULL)
		return;
	if (!p->reaped) {
		int ret = kill_all(p);

		if (ret < 0) /* it may run for ever as another user */
			log_error("%s: cannot kill it: %s", p->name,
				  strerror(-ret));
		reap(p, ret < 0 ? WNOHANG : 0);
	}
	if (p->exit_event != NULL)
		event_free(p->exit_event);
	if (p->pidfd >= 0)
		close(p->pidfd);
	for (int i = 0; i < 2; i++)
		output_close(&p->outputs[i]);
	timer_free(p->eof_timer);
	timer_free(p->kill_timer);
	free(p->name);
	free(p);
}

const char *
process_status_text(const struct process_status *status, char *text,
		    size_t size)
{
	const char *name;

	if (!status->signaled) {
		snprintf(text, size, "exit status %d", status->code);
		return text;
	}
	name = sigdescr_np(status->code);
	snprintf(text, size, "killed by signal %d (%s)", status->code,
		 name != NULL ? name : "unknown");
	return text;
}
