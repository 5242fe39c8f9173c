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

/* Bytes of a path that fits sockaddr_un with its terminating NUL: 107. */
enum { SOCKPATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

/**
 * sockpath_fill() - @path as an address
 * Return: 0; -ENAMETOOLONG (the text gives both lengths and the remedy);
 *         -EINVAL for an empty path.
 */
int sockpath_fill(struct sockaddr_un *addr, const char *path, struct err *err);

/**
 * sockpath_runtime_dir() - where run-time directories of this user live:
 * $XDG_RUNTIME_DIR/vdelab, else /tmp/vdelab-UID; made, mode 0700, if missing
 * @path: out, @size bytes
 *
 * Return: 0; -errno, with -EPERM for a directory that others own or may write.
 */
int sockpath_runtime_dir(char *path, size_t size, struct err *err);

/**
 * sockpath_make_dir() - make @path (parents too, 0700) or accept an existing
 * directory that this user owns and nobody else may write
 * @mode: of a directory made here, e.g. 0700 or 02770
 *
 * Symbolic links are not followed in the last component.
 * Return: 0, or 1 when it existed; -errno.
 */
int sockpath_make_dir(const char *path, mode_t mode, struct err *err);

/**
 * sockpath_lock() - take the lock file @path, writing our pid into it
 *
 * Return: a file descriptor that holds the lock until closed (close on exec);
 *         -EBUSY with the owner's pid in the text; other -errno.
 */
int sockpath_lock(const char *path, struct err *err);

/**
 * sockpath_listen() - a listening unix socket, mode @mode from its first
 * moment, non-blocking and close-on-exec
 * @type: SOCK_STREAM, SOCK_SEQPACKET, or SOCK_DGRAM (bound, not listening)
 *
 * A stale socket at @path (nobody accepts) is replaced; a live one is
 * -EADDRINUSE; anything that is not a socket is -EEXIST and left alone.
 */
int sockpath_listen(const char *path, int type, mode_t mode, struct err *err);

/** sockpath_connect() - blocking connect; Return: non-blocking fd, -errno */
int sockpath_connect(const char *path, int type, struct err *err);

/** sockpath_remove_tree() - rm -r @path, not following links, not leaving the
 * file system; Return: 0 also when it does not exist; -errno */
int sockpath_remove_tree(const char *path, struct err *err);

#endif /* LIB_SOCKPATH_H */
