/* Descriptors that the plugin watches, and its program, which the test plays. */
#include "config.h"

#include "tests/unit/fake-host-priv.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "lib/xalloc.h"

/* ---- descriptors ---- */

struct vl_watch *
vl_watch_add(struct vl_inst *inst, int fd, unsigned events, vl_watch_fn *fn,
	     void *priv)
{
	struct vl_watch *w = XNEW(struct vl_watch);

	ck_assert_msg(fcntl(fd, F_GETFD) >= 0, "watched, but not open");
	*w = (struct vl_watch){
		.inst = inst, .fd = fd, .events = events, .fn = fn, .priv = priv
	};
	TAILQ_INSERT_TAIL(&inst->watches, w, link);
	return w;
}

void
vl_watch_set(struct vl_watch *watch, unsigned events)
{
	watch->events = events;
}

void
vl_watch_free(struct vl_watch *watch)
{
	if (watch == NULL)
		return;
	ck_assert_msg(fcntl(watch->fd, F_GETFD) >= 0,
		      "its descriptor was closed while it was watched");
	TAILQ_REMOVE(&watch->inst->watches, watch, link);
	free(watch);
}

static unsigned
ready_events(const struct vl_watch *w)
{
	struct pollfd pfd = { .fd = w->fd };
	unsigned ready = 0;

	if ((w->events & VL_READ) != 0)
		pfd.events |= POLLIN;
	if ((w->events & VL_WRITE) != 0)
		pfd.events |= POLLOUT;
	if (w->events == 0 || poll(&pfd, 1, 0) <= 0)
		return 0;
	ck_assert_int_eq(pfd.revents & POLLNVAL, 0);
	if ((pfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		ready |= VL_READ;
	if ((pfd.revents & (POLLOUT | POLLHUP | POLLERR)) != 0)
		ready |= VL_WRITE;
	return ready & w->events;
}

bool
fake_io(struct fake_host *h)
{
	struct vl_watch *w;
	unsigned events;

	TAILQ_FOREACH (w, &h->inst->watches, link) {
		events = ready_events(w);
		if (events == 0)
			continue;
		/* To the end: the next one is next. */
		TAILQ_REMOVE(&h->inst->watches, w, link);
		TAILQ_INSERT_TAIL(&h->inst->watches, w, link);
		w->fn(w->priv, w->fd, events);
		return true;
	}
	return false;
}

/* ---- the program ---- */

struct vl_program *
vl_program_start(struct vl_inst *inst, const char *const *argv,
		 const struct vl_program_ops *ops, void *priv, char *error,
		 size_t error_size)
{
	struct vl_program *p;
	size_t n = 0;

	ck_assert_msg(inst->program == NULL, "a second program");
	if (inst->host->program_refused != NULL) {
		snprintf(error, error_size, "%s", inst->host->program_refused);
		return NULL;
	}
	p = XNEW(struct vl_program);
	*p = (struct vl_program){
		.inst = inst, .ops = ops, .priv = priv, .fds = { -1, -1 }
	};
	while (argv[n] != NULL)
		n++;
	p->argv = xcalloc(n + 1, sizeof(*p->argv));
	for (size_t i = 0; i < n; i++)
		p->argv[i] = xstrdup(argv[i]);
	inst->program = p;
	return p;
}

static void
close_pair(struct vl_program *p)
{
	for (int i = 0; i < 2; i++) {
		if (p->fds[i] >= 0)
			close(p->fds[i]);
		p->fds[i] = -1;
	}
}

void
vl_program_restart(struct vl_program *p, const char *reason)
{
	if (p->fds[0] < 0 || p->restart_reason != NULL)
		return;
	p->restart_reason = xstrdup(reason);
}

int
vl_program_pid(const struct vl_program *p)
{
	return p->fds[0] >= 0 ? FAKE_PROGRAM_PID : 0;
}

void
vl_program_stop(struct vl_program *p)
{
	if (p == NULL)
		return;
	p->inst->program = NULL;
	close_pair(p);
	for (size_t i = 0; p->argv[i] != NULL; i++)
		free(p->argv[i]);
	free(p->argv);
	free(p->restart_reason);
	free(p);
}

void
fake_program_refuse(struct fake_host *h, const char *reason)
{
	h->program_refused = reason;
}

const char *const *
fake_program_argv(const struct fake_host *h)
{
	return (const char *const *)h->inst->program->argv;
}

int
fake_program_run(struct fake_host *h)
{
	struct vl_program *p = h->inst->program;

	ck_assert_msg(p != NULL && p->fds[0] < 0, "there is none to run");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p->fds), 0);
	for (int i = 0; i < 2; i++)
		fcntl(p->fds[i], F_SETFL, O_NONBLOCK);
	p->ops->started(p->priv, p->fds[0]);
	return p->fds[1];
}

void
fake_program_close(struct fake_host *h)
{
	struct vl_program *p = h->inst->program;

	close(p->fds[1]);
	p->fds[1] = -1;
}

const char *
fake_program_restart_reason(const struct fake_host *h)
{
	return h->inst->program->restart_reason;
}

void
fake_program_end(struct fake_host *h, const char *reason)
{
	struct vl_program *p = h->inst->program;
	char *asked_for = p->restart_reason;
	int fds[2] = { p->fds[0], p->fds[1] };

	ck_assert_msg(p->fds[0] >= 0, "it does not run");
	p->restart_reason = NULL;
	p->fds[0] = p->fds[1] = -1;
	p->ops->ended(p->priv, asked_for != NULL ? asked_for : reason);
	for (int i = 0; i < 2; i++) {
		struct vl_watch *w;

		TAILQ_FOREACH (w, &h->inst->watches, link)
			ck_assert_msg(w->fd != fds[i],
				      "it is watched beyond its end");
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(asked_for);
}

void
fake_io_fini(struct vl_inst *inst)
{
	while (!TAILQ_EMPTY(&inst->watches))
		vl_watch_free(TAILQ_FIRST(&inst->watches));
	vl_program_stop(inst->program);
}
