#include "config.h"

#include "lib/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/line-log.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum { SOCKET_BYTES = 1024 * 1024 };

struct program {
	struct supervisor *supervisor;
	char *name;
	char **argv, **env; /* owned, NULL-ended */
	enum program_restart restart;
	int final_status;
	const struct program_ops *ops;
	void *arg;
	struct process *process; /* NULL: it does not run */
	int fd;			 /* our end; -1 likewise */
	struct line_log log;
	struct log_site end_site;
	struct timer *timer; /* to say .started, or to start it again */
	bool told;	     /* .started has run */
	bool stopped;	     /* by program_stop(): nobody is told any more */
	bool ending; /* on_exit_status() frees it when it is stopped there */
	char *stop_reason; /* of program_restart(), until the end; or NULL */
	char *last_end;	   /* or NULL */
	uint64_t started_ms;
	unsigned n_quick; /* starts that did not last */
	uint64_t n_restarts;
	TAILQ_ENTRY(program) link;
};

struct supervisor {
	struct event_base *base;
	struct clock *clock;
	TAILQ_HEAD(, program) programs;
};

/* ---- running ---- */

static void
on_output(struct process *process, int fd, const void *data, size_t size,
	  void *arg)
{
	struct program *p = arg;

	(void)process;
	line_log_add(&p->log, fd == STDERR_FILENO, data, size);
}

static void
close_fd(struct program *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void
free_program(struct program *p)
{
	TAILQ_REMOVE(&p->supervisor->programs, p, link);
	timer_free(p->timer);
	process_free(p->process);
	close_fd(p);
	for (size_t i = 0; p->argv[i] != NULL; i++)
		free(p->argv[i]);
	free(p->argv);
	for (size_t i = 0; p->env[i] != NULL; i++)
		free(p->env[i]);
	free(p->env);
	free(p->name);
	free(p->stop_reason);
	free(p->last_end);
	free(p);
}

/* How long to wait before the next start, and count it. */
static uint64_t
next_delay_ms(struct program *p)
{
	uint64_t delay_ms = PROGRAM_DELAY_MIN_MS;

	if (clock_now_ms(p->supervisor->clock) - p->started_ms >=
	    PROGRAM_STABLE_MS)
		p->n_quick = 0;
	if (p->n_quick++ == 0)
		return 0;
	for (unsigned i = 2; i < p->n_quick && delay_ms < PROGRAM_DELAY_MAX_MS;
	     i++)
		delay_ms *= 2;
	return delay_ms < PROGRAM_DELAY_MAX_MS ? delay_ms
					       : PROGRAM_DELAY_MAX_MS;
}

/* It does not run any more; @again: it is to. */
static void
ended(struct program *p, const char *reason, bool again)
{
	uint64_t delay_ms = again ? next_delay_ms(p) : 0;

	free(p->last_end);
	p->last_end = xstrdup(reason);
	if (again)
		log_msg_limited(&p->end_site, LOG_WARN,
				"%s: the program has ended: %s; it is started "
				"again in %.1f s",
				p->name, reason, (double)delay_ms / 1000);
	else
		log_info("%s: the program has ended: %s", p->name, reason);
	if (again)
		timer_set_in(p->timer, delay_ms * NS_PER_MS);
}

static bool
starts_again(const struct program *p, const struct process_status *status)
{
	bool failed = status->signaled || status->code != 0;

	if (p->stop_reason != NULL)
		return true;
	if (p->final_status != 0 && !status->signaled &&
	    status->code == p->final_status)
		return false;
	return p->restart == PROGRAM_ALWAYS ||
	       (p->restart == PROGRAM_ON_FAILURE && failed);
}

static void
on_exit_status(struct process *process, const struct process_status *status,
	       void *arg)
{
	struct program *p = arg;
	bool again = starts_again(p, status);
	char text[64];

	process_status_text(status, text, sizeof(text));
	process_free(process); /* and @status */
	p->process = NULL;
	line_log_end(&p->log);
	if (p->stopped) {
		free_program(p);
		return;
	}
	timer_cancel(p->timer);
	p->ending = true;
	if (!p->told)
		p->ops->started(p->arg, p->fd);
	if (!p->stopped) {
		ended(p, p->stop_reason != NULL ? p->stop_reason : text, again);
		p->ops->ended(p->arg, p->last_end, !again);
	}
	free(p->stop_reason);
	p->stop_reason = NULL;
	close_fd(p);
	p->ending = false;
	if (p->stopped)
		free_program(p);
}

/* Return: 0 with our end and the program's in @fds; -errno. */
static int
make_pair(int fds[2])
{
	int size = SOCKET_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	/* Best effort: the kernel's limit may be lower, its default works. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	return 0;
}

/* Return: does it run?  If not, @err is set. */
static bool
spawn(struct program *p, struct err *err)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct supervisor *s = p->supervisor;
	int fds[2];
	int ret = make_pair(fds);

	if (ret < 0) {
		err_set(err, ret, "%s: cannot make a pair of sockets: %s",
			p->name, strerror(-ret));
		return false;
	}
	spec.name = p->name;
	spec.argv = (const char *const *)p->argv;
	spec.env = (const char *const *)p->env;
	spec.cwd = "/";
	spec.fd3 = fds[1];
	spec.kills_group = true;
	spec.on_output = on_output;
	spec.on_exit = on_exit_status;
	spec.arg = p;
	p->process = process_spawn(s->base, s->clock, &spec, err);
	close(fds[1]);
	if (p->process == NULL) {
		close(fds[0]);
		return false;
	}
	p->fd = fds[0];
	p->told = false;
	p->started_ms = clock_now_ms(s->clock);
	timer_set_in(p->timer, 0);
	return true;
}

/* It is time to say that it runs, or to see to it. */
static void
on_timer(void *arg)
{
	struct program *p = arg;
	struct err err = ERR_INIT;

	if (p->process != NULL) {
		p->told = true;
		p->ops->started(p->arg, p->fd);
		return;
	}
	p->n_restarts++;
	p->started_ms = clock_now_ms(p->supervisor->clock);
	if (!spawn(p, &err))
		ended(p, err.text, true);
}

/* ---- the interface ---- */

static char **
copy_texts(const char *const *texts, const char *last)
{
	size_t n = 0;
	char **copy;

	while (texts != NULL && texts[n] != NULL)
		n++;
	copy = xcalloc(n + 2, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(texts[i]);
	copy[n] = last != NULL ? xstrdup(last) : NULL;
	return copy;
}

struct supervisor *
supervisor_new(struct event_base *base, struct clock *clock)
{
	struct supervisor *s = XNEW(struct supervisor);

	s->base = base;
	s->clock = clock;
	TAILQ_INIT(&s->programs);
	return s;
}

struct program *
program_start(struct supervisor *s, const struct program_spec *spec,
	      struct err *err)
{
	const char *path = spec->argv[0];
	struct program *p;

	if (path == NULL || path[0] == '\0') {
		err_set(err, -EINVAL, "no program is named");
		return NULL;
	}
	/* nobody who asks knows our working directory */
	if (path[0] != '/' && strchr(path, '/') != NULL) {
		err_set(err, -EINVAL,
			"\"%s\" is neither an absolute path nor "
			"a name to be looked up in PATH",
			path);
		return NULL;
	}
	p = XNEW(struct program);
	p->supervisor = s;
	p->name = xstrdup(spec->name);
	p->argv = copy_texts(spec->argv, NULL);
	p->env = copy_texts(spec->env, "VDELAB_FD=3");
	p->restart = spec->restart;
	p->final_status = spec->final_status;
	p->ops = spec->ops;
	p->arg = spec->arg;
	p->fd = -1;
	p->timer = timer_new(s->clock, on_timer, p);
	line_log_init(&p->log, p->name, s->clock);
	TAILQ_INSERT_TAIL(&s->programs, p, link);
	if (spawn(p, err))
		return p;
	free_program(p);
	return NULL;
}

void
program_restart(struct program *p, const char *reason)
{
	if (p->process == NULL || p->stop_reason != NULL)
		return;
	p->stop_reason = xstrdup(reason);
	process_stop(p->process, PROGRAM_GRACE_MS);
}

void
program_stop(struct program *p)
{
	if (p == NULL)
		return;
	p->stopped = true;
	timer_cancel(p->timer);
	close_fd(p);
	if (p->process != NULL)
		process_stop(p->process, PROGRAM_GRACE_MS);
	else if (!p->ending)
		free_program(p);
}

void
supervisor_free(struct supervisor *s)
{
	uint64_t since_ms, waited_ms;
	struct clock *clock;
	struct program *p;

	if (s == NULL)
		return;
	clock = clock_real_new(NULL);
	since_ms = clock_now_ms(clock);
	TAILQ_FOREACH (p, &s->programs, link) {
		if (!p->stopped && p->process != NULL)
			process_stop(p->process, PROGRAM_GRACE_MS);
	}
	while ((p = TAILQ_FIRST(&s->programs)) != NULL) {
		waited_ms = clock_now_ms(clock) - since_ms;
		if (p->process != NULL && waited_ms < PROGRAM_GRACE_MS)
			process_wait(p->process,
				     (uint32_t)(PROGRAM_GRACE_MS - waited_ms));
		free_program(p);
	}
	clock_free(clock);
	free(s);
}

pid_t
program_pid(const struct program *p)
{
	return p->process != NULL ? process_pid(p->process) : 0;
}

uint64_t
program_n_restarts(const struct program *p)
{
	return p->n_restarts;
}

const char *
program_last_end(const struct program *p)
{
	return p->last_end;
}
