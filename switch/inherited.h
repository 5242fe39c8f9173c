/*
 * inherited: descriptors that a service manager passes to us when it starts us
 * (sd_listen_fds(3), by hand): sockets that listen already, and what an earlier
 * process of ours has given it to keep.
 *
 * Each stays open here until the end, so that a segment that is removed and
 * made again gets its sockets again; users work on duplicates.
 */
#ifndef SWITCH_INHERITED_H
#define SWITCH_INHERITED_H

#include <stddef.h>

struct err;
struct inherited;

enum {
	INHERITED_FIRST_FD = 3, /* as sd_listen_fds(3) has it */
	INHERITED_MAX = 8192,
};

/**
 * inherited_new() - as LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES in the
 * environment say, which are removed from it
 *
 * @first_fd: INHERITED_FIRST_FD, but for tests
 *
 * Call it before the process opens anything or forks.  Without LISTEN_PID, or
 * with somebody else's pid in it, there are none.
 * Return: returned owned; NULL with @err set when what they say cannot be.
 */
struct inherited *inherited_new(int first_fd, struct err *err);
/** inherited_free() - NULL is a no-op */
void inherited_free(struct inherited *inherited);

/**
 * inherited_listener() - the listening stream socket called @name, or else the
 * one that is bound to @path
 * @path: absolute
 *
 * Return: a duplicate the caller owns, non-blocking; -ENOENT when there is none
 * of them; -EINVAL with @err set for one called @name that is no listening unix
 * stream socket with a path.
 */
int inherited_listener(struct inherited *inherited, const char *name,
		       const char *path, struct err *err);

/**
 * inherited_take() - the next one whose name begins with @prefix
 * @name: out; the rest of its name, borrowed
 *
 * Return: the descriptor, owned by the caller from now on; -ENOENT at the end.
 */
int inherited_take(struct inherited *inherited, const char *prefix,
		   const char **name);

/** inherited_warn_unused() - log what nobody has asked for */
void inherited_warn_unused(const struct inherited *inherited);

#endif /* SWITCH_INHERITED_H */
