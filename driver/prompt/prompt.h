/* prompt: Lua lines of a person, done by a run. */
#ifndef DRIVER_PROMPT_PROMPT_H
#define DRIVER_PROMPT_PROMPT_H

#include <stdbool.h>

struct session;

/**
 * prompt_run() - until the person leaves, or the run is gone
 * @leaving: what leaving means, for who reads it
 *
 * Return: an exit code: EXIT_TEST_FAILED when stdin is no terminal, and
 * something in it has failed.
 */
int prompt_run(struct session *session, const char *leaving);

#endif /* DRIVER_PROMPT_PROMPT_H */
