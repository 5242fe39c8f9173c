/* shell-signal: signals for a command, each when the one before has arrived. */
#include "driver/vm/guest-shell-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <event2/buffer.h>

#include "driver/vm/shell-link.h"
#include "lib/clock.h"

/* The guest may still be about to begin the command. */
enum { RETRY_MS = 50 };

/* The first one, if the guest has been given the command; else later. */
static void
send_first(struct shell_command *command)
{
	if (command->n_signals == 0 || command->state == COMMAND_DONE)
		return;
	if (command->state == COMMAND_RUNNING)
		evbuffer_add_printf(shell_link_output(command->shell->link),
				    "vl_signal %u %" PRIu32 " %d\n",
				    command->slot, command->id,
				    command->signals[0]);
	else
		timer_set_in(command->signal_timer, RETRY_MS * NS_PER_MS);
}

static void
on_retry(void *arg)
{
	send_first(arg);
}

void
shell_signals_answered(struct shell_command *command, uint32_t n)
{
	if (command->n_signals == 0)
		return; /* nobody asked */
	if (n == 0) {
		timer_set_in(command->signal_timer, RETRY_MS * NS_PER_MS);
		return;
	}
	command->n_signals--;
	memmove(command->signals, command->signals + 1,
		command->n_signals * sizeof(command->signals[0]));
	send_first(command);
}

int
guest_shell_signal(struct shell_command *command, int signo)
{
	if (command->state == COMMAND_DONE)
		return 0;
	if (command->n_signals == SHELL_SIGNALS_MAX)
		return -EBUSY;
	if (command->signal_timer == NULL)
		command->signal_timer =
		    timer_new(command->shell->clock, on_retry, command);
	command->signals[command->n_signals++] = signo;
	if (command->n_signals == 1) /* else it is sent after the others */
		send_first(command);
	return 0;
}
