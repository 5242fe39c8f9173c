/*
 * bell: eventfds of others, rung without ever waiting for them.
 *
 * An eventfd is shared with whoever handed it over: he can have it filled, and
 * make it one at which a write waits, also between our last look at it and our
 * write.  So this does not write: it has the kernel complete a read of nothing
 * (io_submit(2)), which adds to an eventfd whatever is in it and never waits.
 *
 * Where the kernel has no such reads to give (it was built without, or others
 * have all of /proc/sys/fs/aio-max-nr), it writes after all, and has made sure
 * just before that this will not wait.  What remains is that moment.
 */
#ifndef SWITCH_BELL_H
#define SWITCH_BELL_H

struct bell; /* opaque; for one thread */

/** bell_new() - asks the kernel for nothing before it is rung; returned owned */
struct bell *bell_new(void);
void bell_free(struct bell *bell);

/**
 * bell_ring() - add one to what @eventfd counts; one that is full stays so, and
 * its reader is woken
 * @eventfd: borrowed
 *
 * Return: 0; -errno: it is none, or the kernel has no memory.
 */
int bell_ring(struct bell *bell, int eventfd);

#endif /* SWITCH_BELL_H */
