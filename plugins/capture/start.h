/* start: capture.start, from its parameters to a running session. */
#ifndef CAPTURE_START_H
#define CAPTURE_START_H

#include <stddef.h>

#include "plugins/capture/capture.h"

/** start_session() - what @params, checked, ask for; a descriptor that came
 * with the call is taken
 * Return: 0 with *session, which the caller owns and adds to those of @c;
 *         -errno with the reason in @error. */
int start_session(struct capture *c, const json_t *params,
		  struct session **session, char *error, size_t error_size);

/** start_check() - what is wrong with @params in any case; Return: 0; -errno
 * with the reason in @error. */
int start_check(const json_t *params, char *error, size_t error_size);

#endif /* CAPTURE_START_H */
