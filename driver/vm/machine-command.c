/* machine-command: commands of a machine, which end when it does. */
#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"

static void
command_end(struct machine_command *c, const struct shell_result *result)
{
	TAILQ_REMOVE(&c->machine->commands, c, entry);
	c->on_done(result, c->arg);
	free(c);
}

/* What they say may begin new ones, and forget others: those that begin now are
 * not touched. */
void
machine_fail_commands(struct machine *m, const char *fmt, ...)
{
	struct shell_result result = { .status = -1, .out = "", .err = "" };
	struct machine_command *c;
	char *why;
	va_list ap;

	if (TAILQ_EMPTY(&m->commands))
		return;
	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	result.error = why;
	TAILQ_FOREACH (c, &m->commands, entry)
		c->failing = true;
	for (c = TAILQ_FIRST(&m->commands); c != NULL && c->failing;
	     c = TAILQ_FIRST(&m->commands)) {
		struct shell_command *inner = c->inner;

		c->inner = NULL;
		if (inner != NULL)
			guest_shell_forget(inner);
		command_end(c, &result);
	}
	free(why);
}

static void
on_command_output(int fd, const void *data, size_t size, void *arg)
{
	struct machine_command *c = arg;

	c->on_output(fd, data, size, c->arg);
}

static void
on_command_fed(void *arg)
{
	struct machine_command *c = arg;

	c->on_fed(c->arg);
}

static void
on_command_done(const struct shell_result *result, void *arg)
{
	struct machine_command *c = arg;

	c->inner = NULL;
	command_end(c, result);
}

struct machine_command *
machine_run(struct machine *m, const struct shell_spec *spec)
{
	struct shell_spec mine = *spec;
	struct machine_command *c;
	char *text;

	if (m->shell == NULL) {
		struct shell_result result = { .status = -1,
					       .out = "",
					       .err = "",
					       .error = "the machine is off" };

		spec->on_done(&result, spec->arg);
		return NULL;
	}
	c = XNEW(struct machine_command);
	c->machine = m;
	c->on_output = spec->on_output;
	c->on_fed = spec->on_fed;
	c->on_done = spec->on_done;
	c->arg = spec->arg;
	if (spec->on_output != NULL)
		mine.on_output = on_command_output;
	if (spec->on_fed != NULL)
		mine.on_fed = on_command_fed;
	mine.on_done = on_command_done;
	mine.arg = c;
	TAILQ_INSERT_TAIL(&m->commands, c, entry);
	/* In front of its first line: errors name the lines that it has. */
	text = m->node->exports != NULL
		   ? xasprintf("%s%s", m->node->exports, spec->text)
		   : NULL;
	if (text != NULL)
		mine.text = text;
	c->inner = guest_shell_run(m->shell, &mine);
	free(text);
	return c;
}

void
machine_command_kill(struct machine_command *c)
{
	if (c->inner != NULL)
		guest_shell_kill(c->inner);
}

int
machine_command_signal(struct machine_command *c, int signo)
{
	return c->inner != NULL ? guest_shell_signal(c->inner, signo) : 0;
}

int
machine_command_write(struct machine_command *c, const void *data, size_t size)
{
	return c->inner != NULL ? guest_shell_write(c->inner, data, size)
				: -EPIPE;
}

void
machine_command_close_input(struct machine_command *c)
{
	if (c->inner != NULL)
		guest_shell_close_input(c->inner);
}

size_t
machine_command_unread(const struct machine_command *c)
{
	return c->inner != NULL ? guest_shell_unread(c->inner) : 0;
}

void
machine_command_forget(struct machine_command *c)
{
	if (c == NULL)
		return;
	TAILQ_REMOVE(&c->machine->commands, c, entry);
	if (c->inner != NULL)
		guest_shell_forget(c->inner);
	free(c);
}
