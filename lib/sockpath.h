/*
 * sockpath: unix sockets and the directories they live in, safely.
 *
 * A directory of sockets is the whole access control of a segment: it belongs
 * to us, nobody else may write it, and each socket in it is created with its
 * final mode (umask before bind), never narrowed afterwards.
 */
#ifndef LIB_SOCKPATH_H
#define LIB_SOCKPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

struct err;

enum {
	/* Bytes of a path that fits sockaddr_un with its terminating NUL: 107. */
	SOCKPATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
	/* How long sockpath_connect() may block. */
	SOCKPATH_CONNECT_MS = 2000,
};

/**
 * sockpath_fill() - @path as an address
 * Return: 0; -ENAMETOOLONG (the text gives both lengths and the remedy);
 *         -EINVAL for an empty path.
 */
int sockpath_fill(struct sockaddr_un *addr, const char *path, struct err *err);

/**
 * sockpath_runtime_dir() - where run-time directories of this user live:
 * $XDG_RUNTIME_DIR/vdelab, else (unset, or not absolute) /tmp/vdelab-UID; made,
 * mode 0700, if missing
 * @path: out, @size bytes
 *
 * Return: 0; -ENAMETOOLONG; an error of sockpath_make_dir().
 */
int sockpath_runtime_dir(char *path, size_t size, struct err *err);

/**
 * sockpath_make_dir() - make @path (parents too, 0700) or accept an existing
 * directory that this user owns and nobody else may write
 * @mode: of a directory made here, whatever the umask, e.g. 0700 or 02770; an
 *        existing one keeps its mode, in which @mode may allow others to write
 *
 * Symbolic links are not followed in the last component.  A directory above it
 * that everybody may write needs the sticky bit, as /tmp has.
 * Return: 0, or 1 when it existed; -errno, with -EPERM for a directory that
 * others own or may write, or could replace.
 */
int sockpath_make_dir(const char *path, mode_t mode, struct err *err);

/**
 * sockpath_lock() - take the lock file @path, writing our pid into it
 *
 * The file stays when its owner ends, and is no lock then; whoever removes it
 * does so while holding the lock.
 * Return: a file descriptor that holds the lock until closed (close on exec);
 *         -EBUSY with the owner's pid in the text, which may take a moment to
 *         be known; other -errno.
 */
int sockpath_lock(const char *path, struct err *err);

/**
 * sockpath_listen() - a listening unix socket, mode @mode from its first
 * moment, non-blocking and close-on-exec
 * @type: SOCK_STREAM, SOCK_SEQPACKET, or SOCK_DGRAM (bound, not listening)
 *
 * A stale socket at @path (its owner is gone) is replaced; a live one is
 * -EADDRINUSE; anything that is not a socket is -EEXIST and left alone.  Two
 * processes that replace the same stale socket at once are kept apart by the
 * lock of the directory, which the caller holds.
 *
 * Return: a descriptor the caller owns; -errno.
 */
int sockpath_listen(const char *path, int type, mode_t mode, struct err *err);

/**
 * sockpath_connect() - connect, blocking for SOCKPATH_CONNECT_MS at most
 *
 * Return: a non-blocking, close-on-exec descriptor the caller owns; -errno:
 *         -ENOENT there is no socket, -ECONNREFUSED it is stale, -ETIMEDOUT
 *         its owner does not accept.
 */
int sockpath_connect(const char *path, int type, struct err *err);

/**
 * sockpath_remove_tree() - rm -r @path, not following links (@path itself may
 * be one), not leaving the file system
 *
 * Return: 0, also when it does not exist; the -errno of the first thing that
 *         cannot be removed, the others being gone; -ELOOP below 64 levels.
 */
int sockpath_remove_tree(const char *path, struct err *err);

#endif /* LIB_SOCKPATH_H */
