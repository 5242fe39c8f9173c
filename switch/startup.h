/*
 * startup: going to the background, and telling whoever waits that we are up:
 * a parent that forked us with -d, a descriptor of --ready-fd.  (A service
 * manager is service-manager's.)
 */
#ifndef SWITCH_STARTUP_H
#define SWITCH_STARTUP_H

struct err;

/**
 * startup_fork() - continue in a child that has a session of its own
 *
 * The parent waits until the child calls startup_ready() or ends.
 * Return: in the child a descriptor >= 0 for startup_ready(); in the parent
 *         -1 and *@exit_code, for main() to return.
 */
int startup_fork(int *exit_code);

/**
 * startup_ready() - everything is up
 * @parent_fd: from startup_fork(), then we let go of the terminal and of the
 *             working directory; or -1.  Closed.
 * @ready_fd:  gets a newline and is closed; or -1
 */
void startup_ready(int parent_fd, int ready_fd);

/** startup_raise_limits() - as many descriptors as we may have */
void startup_raise_limits(void);

#endif /* SWITCH_STARTUP_H */
