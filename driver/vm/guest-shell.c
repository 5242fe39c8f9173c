#include "config.h"

#include "driver/vm/guest-shell-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "driver/vm/shell-link.h"
#include "driver/vm/shell-proto.h"
#include "lib/clock.h"
#include "lib/xalloc.h"

enum { KILL_RETRY_MS = 250 };

/* ---- output ---- */

static void
on_stream(const void *data, size_t size, void *arg)
{
	struct output *o = arg;
	struct shell_command *command = o->command;

	if (command->spec.on_output != NULL && !command->forgotten)
		command->spec.on_output(o->fd, data, size, command->spec.arg);
	if (command->spec.discard || command->error != NULL)
		return;
	if (shell_bytes_add(&o->kept, data, size) < 0)
		command->error = xasprintf("no memory for more than %zu bytes "
					   "of a command's output",
					   o->kept.size);
}

/* ---- the end of commands ---- */

static void
free_command(struct shell_command *command)
{
	timer_free(command->timer);
	timer_free(command->signal_timer);
	if (command->feed.bytes != NULL)
		evbuffer_free(command->feed.bytes);
	for (size_t i = 0; i < 2; i++)
		free(command->outputs[i].kept.data);
	free((char *)command->spec.text);
	free((void *)command->spec.input);
	free(command->error);
	free(command);
}

static void
free_list(struct command_list *list)
{
	struct shell_command *command;

	while ((command = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, command, link);
		free_command(command);
	}
}

/* Everything about @command is known; on_done will run from the loop. */
static void
finish(struct shell_command *command, int status)
{
	struct guest_shell *shell = command->shell;

	TAILQ_REMOVE(command->state == COMMAND_RUNNING ? &shell->running
						       : &shell->queued,
		     command, link);
	TAILQ_INSERT_TAIL(&shell->done, command, link);
	command->state = COMMAND_DONE;
	timer_cancel(command->timer);
	if (command->signal_timer != NULL)
		timer_cancel(command->signal_timer);
	shell_feed_end(command);
	command->result.status = command->error != NULL ? -1 : status;
	event_active(shell->reaper, EV_TIMEOUT, 0);
}

static void
fail(struct shell_command *command, const char *reason)
{
	if (command->error == NULL)
		command->error = xstrdup(reason);
	finish(command, -1);
}

static void
fail_list(struct command_list *list, const char *reason)
{
	while (!TAILQ_EMPTY(list))
		fail(TAILQ_FIRST(list), reason);
}

void
guest_shell_set_balance(struct guest_shell *shell)
{
	uint64_t deadline_ns = shell_slots_deadline_ns(&shell->slots);

	if (deadline_ns == UINT64_MAX)
		timer_cancel(shell->balance);
	else
		timer_set(shell->balance, deadline_ns);
}

static void
finish_if_complete(struct shell_command *command)
{
	struct guest_shell *shell = command->shell;

	if (!command->has_status || !command->outputs[0].stream.ended ||
	    !command->outputs[1].stream.ended)
		return;
	shell_slots_done(&shell->slots, command->slot,
			 clock_now_ns(shell->clock));
	guest_shell_set_balance(shell);
	finish(command, command->result.timed_out ? SHELL_STATUS_TIMED_OUT
						  : command->result.status);
}

/* One command a turn: its on_done may free the shell. */
static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct guest_shell *shell = arg;
	struct shell_command *command;

	(void)fd;
	(void)what;
	if (shell->lost != NULL)
		fail_list(&shell->queued, shell->lost);
	command = TAILQ_FIRST(&shell->done);
	if (command == NULL)
		return;
	TAILQ_REMOVE(&shell->done, command, link);
	if (!TAILQ_EMPTY(&shell->done))
		event_active(shell->reaper, EV_TIMEOUT, 0);
	command->result.error = command->error;
	command->result.out = command->outputs[0].kept.data;
	command->result.out_size = command->outputs[0].kept.size;
	command->result.err = command->outputs[1].kept.data;
	command->result.err_size = command->outputs[1].kept.size;
	if (!command->forgotten)
		command->spec.on_done(&command->result, command->spec.arg);
	free_command(command);
}

/* ---- killing ---- */

static void
send_kill(struct shell_command *command)
{
	evbuffer_add_printf(shell_link_output(command->shell->link),
			    "vl_kill %u %" PRIu32 "\n", command->slot,
			    command->id);
	timer_set_in(command->timer, KILL_RETRY_MS * NS_PER_MS);
}

static void
on_timer(void *arg)
{
	struct shell_command *command = arg;
	struct guest_shell *shell = command->shell;

	if (!command->killing) {
		command->result.timed_out = true;
		guest_shell_kill(command);
	} else if (clock_now_ns(shell->clock) < command->kill_deadline_ns) {
		send_kill(command);
	} else {
		fail(command, command->answered
				  ? "the guest cannot kill the command"
				  : "the guest's shell does not answer");
	}
}

void
guest_shell_kill(struct shell_command *command)
{
	struct guest_shell *shell = command->shell;

	if (command->state == COMMAND_SENDING)
		shell_slots_release(&shell->slots, command->id);
	if (command->state < COMMAND_RUNNING)
		finish(command, SHELL_STATUS_KILLED);
	if (command->state != COMMAND_RUNNING || command->killing)
		return;
	command->killing = true;
	command->kill_deadline_ns =
	    clock_now_ns(shell->clock) + shell->kill_wait_ms * NS_PER_MS;
	send_kill(command);
}

void
guest_shell_forget(struct shell_command *command)
{
	command->forgotten = true;
	command->spec.discard = true;
	guest_shell_kill(command);
}

/* ---- what the link tells ---- */

static struct shell_command *
find_running(struct guest_shell *shell, uint32_t id)
{
	struct shell_command *command;

	TAILQ_FOREACH (command, &shell->running, link)
		if (command->id == id)
			return command;
	return NULL;
}

static void
handle_idle(struct guest_shell *shell, uint32_t id)
{
	struct shell_command *command = find_running(shell, id);

	if (command != NULL)
		fail(command, "what runs the command in the guest was killed; "
			      "is the guest out of memory?");
	shell_slots_release(&shell->slots, id);
	guest_shell_set_balance(shell);
}

static void
handle_output(struct guest_shell *shell, struct shell_command *command,
	      const struct shell_frame *frame)
{
	struct output *o = &command->outputs[frame->n[1] == 2];

	if (frame->type == SHELL_FRAME_DATA) {
		if (frame->n[2] != o->stream.next_seq++) {
			shell_link_fail(shell->link,
					"a part of a command's output was lost "
					"on the connection to the guest's "
					"shell");
			return;
		}
		shell_stream_feed(&o->stream, frame->data, frame->size,
				  on_stream, o);
	} else {
		if (frame->type == SHELL_FRAME_LOST && command->error == NULL)
			command->error =
			    xstrdup("output was lost: the guest has no room "
				    "for it in memory or in its /run");
		shell_stream_finish(&o->stream, on_stream, o);
	}
	finish_if_complete(command);
}

static void
on_frame(const struct shell_frame *frame, void *arg)
{
	struct guest_shell *shell = arg;
	struct shell_command *command = find_running(shell, frame->n[0]);

	if (frame->type == SHELL_FRAME_DATA)
		evbuffer_add_printf(shell_link_output(shell->link), "vl_ack\n");
	if (frame->type == SHELL_FRAME_IDLE) {
		handle_idle(shell, frame->n[0]);
		return;
	}
	if (command == NULL)
		return; /* what a left child writes; a late answer */
	if (frame->type == SHELL_FRAME_STATUS) {
		command->has_status = true;
		command->result.status = (int)frame->n[1];
		finish_if_complete(command);
	} else if (frame->type == SHELL_FRAME_KILLED) {
		command->answered = true;
	} else if (frame->type == SHELL_FRAME_SIGNALLED) {
		shell_signals_answered(command, frame->n[1]);
	} else if (frame->type == SHELL_FRAME_WANTS) {
		shell_feed_wanted(command);
	} else {
		handle_output(shell, command, frame);
	}
}

static void
on_ready(bool guest_has_base64, void *arg)
{
	struct guest_shell *shell = arg;

	shell->has_base64 = guest_has_base64;
	guest_shell_send(shell);
	shell->state(NULL, shell->arg);
}

static void
on_drained(void *arg)
{
	guest_shell_send(arg);
}

/* Forget the link; what the guest has been given fails. */
static void
drop_link(struct guest_shell *shell, const char *reason)
{
	struct shell_command *first;

	shell_link_free(shell->link);
	shell->link = NULL;
	timer_cancel(shell->balance);
	fail_list(&shell->running, reason);
	first = TAILQ_FIRST(&shell->queued);
	if (first != NULL && first->state == COMMAND_SENDING)
		fail(first, reason);
	shell_slots_fini(&shell->slots);
	shell->n_workers = 0;
}

static void
on_lost(const char *reason, void *arg)
{
	struct guest_shell *shell = arg;

	drop_link(shell, reason);
	free(shell->lost);
	shell->lost = xstrdup(reason);
	event_active(shell->reaper, EV_TIMEOUT, 0);
	shell->state(reason, shell->arg); /* may free the shell */
}

const struct shell_link_events guest_shell_link_events = {
	.ready = on_ready,
	.frame = on_frame,
	.drained = on_drained,
	.lost = on_lost,
};

/* ---- interface ---- */

struct guest_shell *
guest_shell_new(struct event_base *base, struct clock *clock, int fd,
		shell_state_fn *state, void *arg)
{
	struct guest_shell *shell = XNEW(struct guest_shell);

	shell->base = base;
	shell->clock = clock;
	shell->state = state;
	shell->arg = arg;
	shell->kill_wait_ms = SHELL_KILL_WAIT_MS;
	TAILQ_INIT(&shell->queued);
	TAILQ_INIT(&shell->running);
	TAILQ_INIT(&shell->done);
	shell->reaper = event_new(base, -1, 0, on_reap, shell);
	if (shell->reaper == NULL)
		abort(); /* out of memory */
	shell->balance = timer_new(clock, guest_shell_balance, shell);
	guest_shell_attach(shell, fd, NULL);
	return shell;
}

void
guest_shell_attach(struct guest_shell *shell, int fd, const char *reason)
{
	drop_link(shell, reason);
	free(shell->lost);
	shell->lost = NULL;
	if (fd >= 0)
		shell->link = shell_link_new(shell->base, shell->clock, fd,
					     &guest_shell_link_events, shell);
}

void
guest_shell_lose(struct guest_shell *shell, const char *reason)
{
	drop_link(shell, reason);
	free(shell->lost);
	shell->lost = xstrdup(reason);
	fail_list(&shell->queued, reason);
}

bool
guest_shell_ready(const struct guest_shell *shell)
{
	return shell->link != NULL && shell_link_ready(shell->link);
}

const char *
guest_shell_seen(struct guest_shell *shell)
{
	return shell->link != NULL ? shell_link_seen(shell->link) : "";
}

void
guest_shell_set_kill_wait(struct guest_shell *shell, uint64_t wait_ms)
{
	shell->kill_wait_ms = wait_ms;
}

struct shell_command *
guest_shell_run(struct guest_shell *shell, const struct shell_spec *spec)
{
	struct shell_command *command = XNEW(struct shell_command);

	command->shell = shell;
	command->spec = *spec;
	command->spec.text = xstrdup(spec->text);
	command->text_size = strlen(spec->text);
	command->timer = timer_new(shell->clock, on_timer, command);
	for (int fd = 1; fd <= 2; fd++) {
		command->outputs[fd - 1].command = command;
		command->outputs[fd - 1].fd = fd;
	}
	TAILQ_INSERT_TAIL(&shell->queued, command, link);
	if (spec->fed) {
		command->feed.bytes = evbuffer_new();
		if (command->feed.bytes == NULL ||
		    (spec->input != NULL &&
		     evbuffer_add(command->feed.bytes, spec->input,
				  spec->input_size) < 0))
			fail(command, "no memory for the command's input");
		command->spec.input = NULL;
	} else if (spec->input != NULL) {
		void *copy =
		    malloc(spec->input_size > 0 ? spec->input_size : 1);

		command->spec.input = copy;
		if (copy == NULL)
			fail(command, "no memory for the command's input");
		else
			memcpy(copy, spec->input, spec->input_size);
	}
	if (shell->lost != NULL)
		event_active(shell->reaper, EV_TIMEOUT, 0);
	else if (guest_shell_ready(shell))
		guest_shell_send(shell);
	return command;
}

void
guest_shell_free(struct guest_shell *shell)
{
	if (shell == NULL)
		return;
	free_list(&shell->queued);
	free_list(&shell->running);
	free_list(&shell->done);
	shell_link_free(shell->link);
	timer_free(shell->balance);
	event_free(shell->reaper);
	shell_slots_fini(&shell->slots);
	free(shell->lost);
	free(shell);
}
