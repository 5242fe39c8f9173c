/* process-fork: what happens between fork and exec, for lib/process alone. */
#ifndef LIB_PROCESS_FORK_H
#define LIB_PROCESS_FORK_H

#include <sys/types.h>

struct err;
struct process_spec;

/**
 * process_fork() - start the program of @spec in a child set up as lib/process
 * promises, and wait until exec has succeeded
 * @name:  of the child, for messages
 * @stdio: what becomes descriptors 0, 1 and 2; borrowed
 *
 * Return: the pid of a child that is not reaped; -errno with @err set.
 */
pid_t process_fork(const struct process_spec *spec, const char *name,
		   const int stdio[3], struct err *err);

#endif /* LIB_PROCESS_FORK_H */
