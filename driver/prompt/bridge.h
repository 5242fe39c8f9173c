/* bridge: our terminal, raw, as that of a machine, until Ctrl-]. */
#ifndef DRIVER_PROMPT_BRIDGE_H
#define DRIVER_PROMPT_BRIDGE_H

#include <stdbool.h>

struct session;

/**
 * bridge_run() - until the person leaves, or what is there ends; runs the loop
 * @shell: a shell of its own in the guest, else what is on its serial console
 *
 * Return: false after telling what is wrong.
 */
bool bridge_run(struct session *session, const char *machine, bool shell);

#endif /* DRIVER_PROMPT_BRIDGE_H */
