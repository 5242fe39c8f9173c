/* guest-shell-memory: a shell that goes on after its guest has been saved. */
#include "config.h"

#include "driver/vm/guest-shell-internal.h"

#include <errno.h>
#include <stdio.h>

#include "driver/vm/shell-link.h"

int
guest_shell_remember(const struct guest_shell *shell,
		     struct shell_memory *memory)
{
	*memory = (struct shell_memory){ .n_workers = shell->n_workers };
	if (!guest_shell_ready(shell))
		return -ENOTCONN;
	if (!TAILQ_EMPTY(&shell->queued) || !TAILQ_EMPTY(&shell->running) ||
	    !shell_slots_at_rest(&shell->slots) ||
	    !shell_link_is_drained(shell->link))
		return -EBUSY;
	snprintf(memory->nonce, sizeof(memory->nonce), "%s",
		 shell_link_nonce(shell->link));
	memory->has_base64 = shell->has_base64;
	memory->last_id = shell->last_id;
	shell_slots_copy(&memory->slots, &shell->slots);
	return 0;
}

void
guest_shell_resume(struct guest_shell *shell, int fd,
		   const struct shell_memory *memory, bool anew)
{
	guest_shell_attach(shell, -1, "another connection was made");
	shell->last_id = memory->last_id;
	shell->n_workers = memory->n_workers;
	shell_slots_copy(&shell->slots, &memory->slots);
	shell->link =
	    shell_link_resume(shell->base, shell->clock, fd, memory->nonce,
			      anew, &guest_shell_link_events, shell);
}

void
shell_memory_fini(struct shell_memory *memory)
{
	shell_slots_fini(&memory->slots);
}
