/* guest-shell-send: what the guest is told of commands, and when. */
#include "driver/vm/guest-shell-internal.h"

#include <inttypes.h>
#include <string.h>

#include <event2/buffer.h>

#include "driver/vm/shell-link.h"
#include "driver/vm/shell-text.h"
#include "lib/clock.h"

/* Have as many workers as commands need. */
static void
start_workers(struct guest_shell *shell)
{
	unsigned n_needed = shell_slots_needed(&shell->slots);

	for (; shell->n_workers < n_needed; shell->n_workers++)
		evbuffer_add_printf(shell_link_output(shell->link),
				    "vl_worker\n");
}

/* A child keeps the output of a command that is done: nobody wants to hear
 * it, and another worker may be needed. */
void
guest_shell_balance(void *arg)
{
	struct guest_shell *shell = arg;
	uint64_t now_ns = clock_now_ns(shell->clock);
	int slot;

	while ((slot = shell_slots_next_held(&shell->slots, now_ns)) >= 0)
		evbuffer_add_printf(shell_link_output(shell->link),
				    "vl_over %d %" PRIu32 "\n", slot,
				    shell->slots.items[slot].id);
	guest_shell_set_balance(shell);
	start_workers(shell);
}

static enum shell_input
input_of(const struct shell_command *command)
{
	if (command->feed.bytes != NULL)
		return SHELL_INPUT_FED;
	return command->spec.input != NULL ? SHELL_INPUT_FILE
					   : SHELL_INPUT_NONE;
}

static void
hand_over(struct shell_command *command)
{
	struct guest_shell *shell = command->shell;
	char digits[SHELL_NONCE_LEN + 1], mark[SHELL_MARK_LEN];

	shell_random_hex(digits);
	shell_mark_fill(mark, digits);
	shell_stream_init(&command->outputs[0].stream, mark);
	shell_stream_init(&command->outputs[1].stream, mark);
	shell_text_run(shell_link_output(shell->link), command->slot,
		       command->id, input_of(command), mark);
	TAILQ_REMOVE(&shell->queued, command, link);
	TAILQ_INSERT_TAIL(&shell->running, command, link);
	command->state = COMMAND_RUNNING;
	start_workers(shell);
	if (command->spec.timeout_ms > 0)
		timer_set_in(command->timer,
			     command->spec.timeout_ms * NS_PER_MS);
}

/* One line of what is to be sent for @command. */
static void
send_piece(struct shell_command *command)
{
	struct guest_shell *shell = command->shell;
	struct evbuffer *out = shell_link_output(shell->link);
	size_t n = command->text_size - command->text_sent;
	bool is_first = command->state == COMMAND_QUEUED;

	if (is_first) {
		command->id = ++shell->last_id;
		command->slot = shell_slots_take(&shell->slots, command->id);
		command->state = COMMAND_SENDING;
	}
	if (is_first || n > 0) {
		n = n < SHELL_PIECE_BYTES ? n : SHELL_PIECE_BYTES;
		shell_text_script(out, command->slot, command->id,
				  command->spec.text + command->text_sent, n,
				  is_first);
		command->text_sent += n;
	} else if (input_of(command) == SHELL_INPUT_FILE &&
		   (command->input_sent == 0 ||
		    command->input_sent < command->spec.input_size)) {
		n = command->spec.input_size - command->input_sent;
		n = n < SHELL_PIECE_BYTES ? n : SHELL_PIECE_BYTES;
		shell_text_input(
		    out, command->slot,
		    (const char *)command->spec.input + command->input_sent, n,
		    command->input_sent == 0, shell->has_base64);
		command->input_sent += n;
		if (command->input_sent == command->spec.input_size)
			hand_over(command);
	} else {
		hand_over(command);
	}
}

/* Send as much as the link takes; long texts and inputs go piece by piece, so
 * that a kill need not wait for the end of one. */
void
guest_shell_send(struct guest_shell *shell)
{
	while (!TAILQ_EMPTY(&shell->queued) && !shell_link_full(shell->link))
		send_piece(TAILQ_FIRST(&shell->queued));
}
