/* shell-feed: stdin for a command that runs. */
#include "driver/vm/guest-shell-internal.h"

#include <errno.h>
#include <inttypes.h>

#include <event2/buffer.h>

#include "driver/vm/shell-link.h"
#include "driver/vm/shell-text.h"

static void
tell(struct shell_command *command)
{
	if (command->spec.on_fed != NULL && !command->forgotten)
		command->spec.on_fed(command->spec.arg);
}

/* The next piece, or the end, if the guest waits for it. */
static void
feed(struct shell_command *command)
{
	struct guest_shell *shell = command->shell;
	struct shell_feed *f = &command->feed;
	struct evbuffer *out;
	size_t n = evbuffer_get_length(f->bytes);

	if (!f->wanted || (n == 0 && !f->closed))
		return;
	f->wanted = false;
	out = shell_link_output(shell->link);
	if (n > SHELL_PIECE_BYTES)
		n = SHELL_PIECE_BYTES;
	if (n > 0) {
		shell_text_input(out, command->slot,
				 evbuffer_pullup(f->bytes, (ev_ssize_t)n), n,
				 true, shell->has_base64);
		evbuffer_drain(f->bytes, n);
	}
	evbuffer_add_printf(out, "vl_feed_word %u %" PRIu32 " %s\n",
			    command->slot, command->id, n > 0 ? "go" : "end");
}

void
shell_feed_wanted(struct shell_command *command)
{
	struct shell_feed *f = &command->feed;

	if (f->bytes == NULL || f->ended)
		return;
	f->wanted = true;
	if (evbuffer_get_length(f->bytes) == 0)
		tell(command); /* may write more, or close */
	feed(command);
}

void
shell_feed_end(struct shell_command *command)
{
	struct shell_feed *f = &command->feed;

	if (f->bytes == NULL || f->ended)
		return;
	f->ended = true;
	f->wanted = false;
	evbuffer_drain(f->bytes, evbuffer_get_length(f->bytes));
}

int
guest_shell_write(struct shell_command *command, const void *data, size_t size)
{
	struct shell_feed *f = &command->feed;

	if (f->bytes == NULL || f->closed || f->ended)
		return -EPIPE;
	if (evbuffer_add(f->bytes, data, size) < 0)
		return -ENOMEM;
	feed(command);
	return 0;
}

void
guest_shell_close_input(struct shell_command *command)
{
	struct shell_feed *f = &command->feed;

	if (f->bytes == NULL || f->closed || f->ended)
		return;
	f->closed = true;
	feed(command);
}

size_t
guest_shell_unread(const struct shell_command *command)
{
	const struct shell_feed *f = &command->feed;

	if (f->bytes == NULL || f->ended)
		return 0;
	/* What was sent last is taken when more is asked for. */
	return evbuffer_get_length(f->bytes) + (f->wanted ? 0 : 1);
}
