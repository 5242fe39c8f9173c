#include "config.h"

#include "driver/control/standstill.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/xalloc.h"

struct standstill {
	struct process *prompt; /* owned */
	pid_t group;		/* ours, which gets the terminal back */
	standstill_over_fn *over;
	void *arg; /* borrowed */
};

bool
standstill_has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       tcgetpgrp(STDIN_FILENO) == getpgrp();
}

const char *
standstill_is_possible(void)
{
	const char *ci = getenv("CI");

	if (standstill_has_terminal() || ci == NULL || ci[0] == '\0')
		return NULL;
	return "there is no terminal, and CI is set: nobody would ever come";
}

/* In the background one must not give the terminal away, unless the signal
 * that says so is blocked. */
static void
give_terminal(pid_t group)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, &before);
	if (tcsetpgrp(STDIN_FILENO, group) < 0)
		log_warn("the terminal cannot be handed over");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
on_exit_of_prompt(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct standstill *s = arg;

	(void)p;
	(void)status;
	s->over(s->arg);
}

struct standstill *
standstill_new(struct event_base *base, struct clock *clock, const char *dir,
	       bool color, standstill_over_fn *over, void *arg, struct err *err)
{
	char program[PATH_MAX];
	const char *argv[] = { program,
			       "attach",
			       "--foreground",
			       color ? "--color=always" : "--color=never",
			       dir,
			       NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct standstill *s;

	if (paths_find(PATHS_BIN, "vdelab", program, sizeof(program), err) < 0)
		return NULL;
	s = XNEW(struct standstill);
	s->over = over;
	s->arg = arg;
	s->group = getpgrp();
	spec.name = "the prompt";
	spec.argv = argv;
	spec.stdin_fd = STDIN_FILENO;
	spec.stdout_fd = STDOUT_FILENO;
	spec.stderr_fd = STDERR_FILENO;
	spec.on_exit = on_exit_of_prompt;
	spec.arg = s;
	s->prompt = process_spawn(base, clock, &spec, err);
	if (s->prompt == NULL) {
		free(s);
		return NULL;
	}
	/* It may have been stopped already, for reading too early. */
	give_terminal(process_pid(s->prompt));
	kill(-process_pid(s->prompt), SIGCONT);
	return s;
}

void
standstill_free(struct standstill *s)
{
	if (s == NULL)
		return;
	/* A prompt that is told to end leaves the terminal in order. */
	if (process_running(s->prompt)) {
		process_stop(s->prompt, 2000);
		process_wait(s->prompt, 2000);
	}
	process_free(s->prompt);
	give_terminal(s->group);
	free(s);
}
