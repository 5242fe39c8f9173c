/* host-check: can this host run the machines of a test? */
#ifndef DRIVER_HOST_CHECK_H
#define DRIVER_HOST_CHECK_H

#include <stdbool.h>

struct err;
struct host_room;
struct plan;

/**
 * host_check() - before anything is started: is there a QEMU for each machine,
 * the device that its shell needs, and memory for each by itself?
 * @room: what the host has to give
 *
 * Of memory that machines have together more than there is, only a warning is
 * printed: they take what they use, and need not run at the same time.
 * Return: 0; -ENOENT, -ENOMEM with @err set.
 */
int host_check(const struct plan *plan, const struct host_room *room,
	       struct err *err);

/** host_emulates() - has the test machines that no accelerator of this host can
 * run? */
bool host_emulates(const struct plan *plan);

#endif /* DRIVER_HOST_CHECK_H */
