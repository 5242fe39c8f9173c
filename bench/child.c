#include "bench/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	OUTPUT_MAX = 1 << 20,
	GRACE_MS = 2000,
	STOP_MS = GRACE_MS + 3000,
};

/* ---- the loop ---- */

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct runner *runner = arg;

	(void)what;
	runner->signal = (int)signo;
}

void
runner_init(struct runner *runner)
{
	static const int caught[] = { SIGINT, SIGTERM };

	*runner = (struct runner){ .base = event_base_new() };
	if (runner->base == NULL)
		abort();
	runner->clock = clock_real_new(runner->base);
	for (int i = 0; i < 2; i++) {
		runner->signals[i] =
		    evsignal_new(runner->base, caught[i], on_signal, runner);
		if (runner->signals[i] == NULL)
			abort();
		event_add(runner->signals[i], NULL);
	}
}

void
runner_fini(struct runner *runner)
{
	for (int i = 0; i < 2; i++)
		event_free(runner->signals[i]);
	clock_free(runner->clock);
	event_base_free(runner->base);
}

static void
on_time(void *arg)
{
	bool *is_over = arg;

	*is_over = true;
}

/* Until *@is_done.  Return: 0; -ETIMEDOUT; -EINTR. */
static int
turn_until(struct runner *runner, const bool *is_done, unsigned ms,
	   bool stoppable)
{
	bool is_over = false;
	struct timer *timer = timer_new(runner->clock, on_time, &is_over);

	timer_set_in(timer, ms * NS_PER_MS);
	while (!*is_done && !is_over && !(stoppable && runner->signal != 0))
		event_base_loop(runner->base, EVLOOP_ONCE);
	timer_free(timer);
	if (*is_done)
		return 0;
	return is_over ? -ETIMEDOUT : -EINTR;
}

int
runner_wait(struct runner *runner, unsigned ms)
{
	static const bool never = false;

	return turn_until(runner, &never, ms, true) == -EINTR ? -EINTR : 0;
}

/* ---- children ---- */

static void
on_output(struct process *process, int fd, const void *data, size_t size,
	  void *arg)
{
	struct child *child = arg;
	char **text = fd == 1 ? &child->output : &child->errors;
	size_t *len = fd == 1 ? &child->output_len : &child->errors_len;

	(void)process;
	if (*len + size >= OUTPUT_MAX)
		return;
	*text = xrealloc(*text, *len + size + 1, 1);
	memcpy(*text + *len, data, size);
	*len += size;
	(*text)[*len] = '\0';
}

static void
on_exit_of(struct process *process, const struct process_status *status,
	   void *arg)
{
	struct child *child = arg;

	(void)process;
	child->status = *status;
	child->ended = true;
}

int
child_start(struct child *child, struct runner *runner, const char *const *argv,
	    int stdin_fd, struct err *err)
{
	struct process_spec spec = PROCESS_SPEC_INIT;

	*child = (struct child){ .runner = runner,
				 .output = xstrdup(""),
				 .errors = xstrdup("") };
	spec.argv = argv;
	spec.stdin_fd = stdin_fd;
	spec.on_output = on_output;
	spec.on_exit = on_exit_of;
	spec.arg = child;
	child->process = process_spawn(runner->base, runner->clock, &spec, err);
	if (child->process != NULL)
		return 0;
	child_free(child);
	return err != NULL ? err->code : -ENOENT;
}

int
child_wait(struct child *child, unsigned timeout_ms)
{
	return turn_until(child->runner, &child->ended, timeout_ms, true);
}

void
child_stop(struct child *child)
{
	if (child->ended)
		return;
	process_stop(child->process, GRACE_MS);
	turn_until(child->runner, &child->ended, STOP_MS, false);
}

void
child_free(struct child *child)
{
	process_free(child->process);
	free(child->output);
	free(child->errors);
	child->process = NULL;
	child->output = child->errors = NULL;
}
