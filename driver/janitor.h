/*
 * janitor: a small process that outlives the driver when the driver is killed,
 * and removes the directories of its runs.
 *
 * Children die with the driver by themselves (lib/process); what has no owner
 * then is what is in the file system.  The janitor knows no more than a list
 * of directories, told over a pipe; the end of the pipe is the signal.
 */
#ifndef DRIVER_JANITOR_H
#define DRIVER_JANITOR_H

struct err;
struct janitor;

/** janitor_start() - fork it; before any other child or thread
 * Return: a janitor the caller owns; NULL with @err set. */
struct janitor *janitor_start(struct err *err);
/** janitor_watch() - remove @dir, absolute, when the driver is gone */
int janitor_watch(struct janitor *janitor, const char *dir, struct err *err);
/** janitor_forget() - @dir has been removed */
void janitor_forget(struct janitor *janitor, const char *dir);
/** janitor_stop() - let it end, and wait for that; NULL is a no-op */
void janitor_stop(struct janitor *janitor);

#endif /* DRIVER_JANITOR_H */
